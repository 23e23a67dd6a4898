"""What an episode was: the data of a trace, and the recorder that keeps what the episode itself forgets."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import msgspec
from msgspec import UNSET, Struct

from agentgym import __version__
from agentgym.episode import Episode, parse
from agentgym.errors import UsageError
from agentgym.rubric import DIMENSIONS, ZERO
from agentgym.trace.text import canonical
from agentgym.types import ASSISTANT, USER, Action, Call, Event, Malformed, Task
from agentgym.user.automaton import Automaton

__all__ = ["Entry", "Recorder", "Step", "Trace", "chain", "record"]


class Step(Struct, frozen=True, omit_defaults=True):
    """One action of one seat: what it wrote, and what the assistant earned by it."""

    seat: str
    action: Any
    """As given: a string or an OpenAI message. Anything else is kept as the `Action` it was read as (`parsed`).
    None where the episode was cut short since the seat's player had no room for another turn."""
    at: int
    """Index of the first event that came of it."""
    terms: dict[str, float] = {}
    """Reward terms by dimension, those that are not 0."""
    parsed: bool = False

    def given(self) -> object:
        """The action, to be applied again."""
        if not self.parsed:
            return self.action
        return Action(self.action["words"], tuple(_call(call) for call in self.action["calls"]))


class Entry(Struct, frozen=True):
    """One event with its running hash: SHA-256 over the hash before it and the event's JSON, change set included."""

    event: Event
    hash: str


class Trace(Struct, frozen=True, omit_defaults=True):
    """One episode, whole: with the pack it replays to the same events, rewards and world."""

    agentgym: str
    """Version of the package that played it."""
    pack: str
    release: str
    pack_digest: str
    task_id: str
    seed: int
    split: Literal["train", "test"]
    workflow: str
    branch: str
    seats: dict[str, str]
    """Seat -> who played it."""
    user: Literal["automaton", "seat", "scripted"]
    """How the other side comes back in a replay: derived again, by its own actions, or by its recorded replies."""
    scorer: str
    steps: tuple[Step, ...]
    events: tuple[Entry, ...]
    ending: str
    """Empty for an episode that was left before its end."""
    score: float | None
    success: bool
    valid: bool
    turns: int
    reason: str = ""
    """Why the episode is invalid."""
    truncated: bool = False
    world: str = ""
    """Digest of the final world; empty where it was not taken."""
    gamma: float = 1.0
    sample: int = 0
    """Which of several episodes of one task and policy it is, from 0."""
    task: Task | None = None
    """The task; where it is left out, (pack, split, seed, workflow, branch) make it again."""
    models: dict[str, dict[str, Any]] = {}
    """Seat -> what its player noted, where it notes anything: a language model's requests, tokens and drafts."""
    version: int = 1
    view: str = ""
    """How the tools were shown, see `agentgym.views`; empty for as they are."""
    closed: str = ""
    """What closed the score's gate: `forbidden`, `ungrounded`, `collateral`, the first of these that applies; empty
    while it is open, and in traces from before this was kept."""

    @property
    def reward(self) -> float:
        """What the assistant's steps earned together."""
        return sum(value for step in self.steps for value in step.terms.values())


class Recorder:
    """Plays an episode and keeps what a trace needs: `Recorder(episode, assistant="greedy").apply(action)`.

    Args:
        episode: one on which nothing was done yet.
        assistant: who plays the assistant, in a word.
        user: who plays the user; by default the name of what sits there.
        digest: whether to take the digest of the final world (about 0.5 ms).
    """

    def __init__(self, episode: Episode, assistant: str = "", user: str = "", digest: bool = True) -> None:
        if episode.turns or len(episode.events) > 1:
            raise UsageError("this episode has begun; record it from its start")
        self.episode, self.digest = episode, digest
        self.seats = {ASSISTANT: assistant or "unnamed", USER: user or _player(episode)}
        self.steps: list[Step] = []
        self.world = ""

    def apply(self, action: object, seat: str = ASSISTANT) -> list[Event]:
        """`Episode.apply`, recorded. Raises what that raises, and then records nothing."""
        kept, parsed = _kept(action)
        return self._step(seat, kept, parsed, lambda: self.episode.apply(action, seat))

    def truncate(self) -> list[Event]:
        """`Episode.truncate`, recorded."""
        return self._step(ASSISTANT, None, False, self.episode.truncate)

    def _step(self, seat: str, kept: Any, parsed: bool, do: Callable[[], list[Event]]) -> list[Event]:
        episode = self.episode
        before = ZERO if seat == ASSISTANT else episode.terms
        at = len(episode.events)
        events = do()
        terms = {
            name: after - prior
            for name, after, prior in zip(DIMENSIONS, episode.terms, before, strict=True)
            if after != prior
        }
        self.steps.append(Step(seat, kept, at, terms, parsed))
        if episode.ending and self.digest:
            self.world = episode.world.digest()
        return events

    def trace(self, *, keep_task: bool = True, sample: int = 0) -> Trace:
        """The episode so far; see `record`."""
        return record(self.episode, self.steps, self.seats, world=self.world, keep_task=keep_task, sample=sample)


def record(
    episode: Episode,
    steps: Sequence[Step],
    seats: Mapping[str, str],
    *,
    world: str = "",
    keep_task: bool = True,
    sample: int = 0,
) -> Trace:
    """The trace of an episode.

    Args:
        steps: the actions that were done, in order, as `Recorder` keeps them.
        seats: seat -> who played it.
        world: digest of the final world, where it was taken.
        keep_task: whether the whole task stands in the trace. Without it the trace is about half as long, and a replay
            needs the workflow or the task's file.
        sample: which of several episodes of one task it is.
    """
    task = episode.task
    events = list(episode.events)
    hashes = chain(task.pack_digest, task.id, events)
    return Trace(
        agentgym=__version__, pack=task.pack, release=episode.pack.release,
        pack_digest=task.pack_digest, task_id=task.id, seed=task.seed, split=task.split, workflow=task.workflow,
        branch=task.branch, seats=dict(seats), user=_kind(episode), scorer=episode.scorer.name, steps=tuple(steps),
        events=tuple(map(Entry, events, hashes)), ending=episode.ending, score=episode.score, success=episode.success,
        valid=episode.valid, turns=episode.turns, reason=episode.reason, truncated=episode.truncated, world=world,
        gamma=episode.gamma, sample=sample, task=task if keep_task else None,
        view=task.tool_view.asked if task.tool_view is not UNSET else "", closed=episode.reading.closed,
    )  # fmt: skip


def chain(pack_digest: str, task_id: str, events: Iterable[Event]) -> list[str]:
    """The running hash after each event; the first hangs on the pack and the task."""
    running = hashlib.sha256(f"{pack_digest} {task_id}".encode()).digest()
    hashes: list[str] = []
    for event in events:
        link = hashlib.sha256(running + canonical(event))
        running = link.digest()
        hashes.append(link.hexdigest())
    return hashes


def _kind(episode: Episode) -> Literal["automaton", "seat", "scripted"]:
    if episode.user is None:
        return "seat"
    return "automaton" if type(episode.user) is Automaton else "scripted"


def _player(episode: Episode) -> str:
    return "seat" if episode.user is None else type(episode.user).__name__.lower()


def _call(call: Mapping[str, Any]) -> Call | Malformed:
    if "message" in call:
        return Malformed(call["text"], call["message"])
    return Call(call["name"], call["arguments"])


def _kept(action: object) -> tuple[Any, bool]:
    """The action as plain JSON data, and whether it stands for the `Action` it was read as."""
    if isinstance(action, str):
        return str(action), False
    if type(action) is dict and _is_plain(cast(object, action)):
        return _plain(cast(object, action)), False
    read = parse(cast(object, action))
    calls = [
        {"name": call.name, "arguments": _plain(call.arguments)}
        if isinstance(call, Call)
        else {"text": call.text, "message": call.message}
        for call in read.calls
    ]
    return {"words": read.words, "calls": calls}, True


def _is_plain(value: object, room: int = 100) -> bool:
    """Whether it is JSON data, of as many levels at most."""
    if isinstance(value, dict):
        items = cast(dict[object, object], value).items()
        return room > 0 and all(type(key) is str and _is_plain(item, room - 1) for key, item in items)
    if type(value) is list:
        return room > 0 and all(_is_plain(item, room - 1) for item in cast(list[object], value))
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def _plain(value: object) -> Any:
    """A copy as JSON data; what JSON cannot say is kept as its `repr`."""
    try:
        return msgspec.to_builtins(value, enc_hook=repr, str_keys=True)
    except (TypeError, ValueError):
        return repr(value)
