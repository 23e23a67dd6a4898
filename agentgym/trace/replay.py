"""Playing a trace again: every event, reward and the final world must come out as recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentgym.episode import LEFT_EARLY, Episode
from agentgym.errors import AgentGymError, ReplayError, TaskError, UsageError
from agentgym.pack import Pack, load, task_id
from agentgym.trace.record import Recorder, Trace, chain
from agentgym.trace.text import canonical
from agentgym.types import USER, Call, Called, Ended, Event, Heard, Reply, Said, Task
from agentgym.views import with_view
from agentgym.world import Pool

__all__ = ["replay", "task_of"]

_SHOWN = 160


def replay(
    trace: Trace,
    pack: Pack | None = None,
    task: Task | None = None,
    pool: Pool | None = None,
    watch: Callable[[Episode], None] | None = None,
) -> None:
    """Play the recorded actions again and compare everything.

    Args:
        pack: the pack; by default the one of that name.
        task: the task, where the trace left it out and its workflow is not at hand.
        pool: warm connections, for many replays.
        watch: called with the episode at its start and after each step that came out as recorded, to read off what a
            trace does not hold. It must not act.

    Raises:
        ReplayError: something came out otherwise; `index` is the first event that differs.
        TaskError, NotFoundError: the pack or the task is not the one that was played.
    """
    pack = pack or load(trace.pack)
    task = task_of(trace, pack, task)
    pack.check(task)
    _check_hashes(trace)
    user: Any = {"automaton": None, "seat": "seat"}.get(trace.user) or (
        _Scripted(trace) if trace.user == "scripted" else None
    )
    with Episode(pack, task, scorer_name=trace.scorer, gamma=trace.gamma, user=user, pool=pool) as episode:
        recorder = Recorder(episode, digest=bool(trace.world))
        if watch is not None:
            watch(episode)
        for number, step in enumerate(trace.steps):
            try:
                if step.action is None:
                    recorder.truncate()
                else:
                    recorder.apply(step.given(), step.seat)
            except UsageError as trouble:
                raise ReplayError(f"step {number + 1} of {step.seat}: {trouble}", step.at) from None
            _compare(trace, episode.events, step.at)
            found = recorder.steps[-1]
            if (found.terms, found.at) != (step.terms, step.at):
                message = f"step {number + 1}: expected the terms {step.terms}, found {found.terms}"
                raise ReplayError(message, step.at)
            if watch is not None:
                watch(episode)
        _compare(trace, episode.events, 0, whole=True)
        _compare_end(trace, recorder)


def task_of(trace: Trace, pack: Pack, given: Task | None = None) -> Task:
    """The task of a trace: its own, the given one, or made again of its seed. Raises TaskError for another."""
    task = trace.task or given
    where = "in the trace" if trace.task else "that was given"
    if task is None:
        task = with_view(pack, pack.task(trace.seed, trace.split, trace.workflow, trace.branch), trace.view)
        where = f"that {pack.name} makes of seed {trace.seed}" + (f" under {trace.view}" if trace.view else "")
    if task.id != trace.task_id or task_id(task) != trace.task_id:
        raise TaskError(f"the task {where} is {task_id(task)}; the trace was played on {trace.task_id}: give that task")
    return task


def _check_hashes(trace: Trace) -> None:
    events = [entry.event for entry in trace.events]
    for index, (entry, link) in enumerate(
        zip(trace.events, chain(trace.pack_digest, trace.task_id, events), strict=True)
    ):
        if entry.hash != link:
            found = f"its hash is {entry.hash[:12]}, its content gives {link[:12]}"
            raise ReplayError(f"event {index} ({_name(entry.event)}) was altered: {found}", index)


def _compare(trace: Trace, found: list[Event], start: int, whole: bool = False) -> None:
    for index in range(start, len(found)):
        if index >= len(trace.events):
            raise ReplayError(f"event {index}: expected no more events, found {_shown(found[index])}", index)
        difference = _difference(trace.events[index].event, found[index])
        if difference:
            raise ReplayError(f"event {index} ({_name(trace.events[index].event)}): {difference}", index)
    if whole and len(found) < len(trace.events):
        index = len(found)
        expected = _shown(trace.events[index].event)
        raise ReplayError(f"event {index}: expected {expected}, found no more events", index)


def _difference(expected: Event, found: Event) -> str:
    if canonical(expected) == canonical(found):
        return ""
    if type(expected) is not type(found):
        return f"expected {_shown(expected)}, found {_shown(found)}"
    for name in expected.__struct_fields__:
        one, other = canonical(getattr(expected, name)), canonical(getattr(found, name))
        if one != other:
            return f"`{name}`: expected {_cut(one, other)}, found {_cut(other, one)}"
    return "differs"


def _compare_end(trace: Trace, recorder: Recorder) -> None:
    last, episode = len(trace.events) - 1, recorder.episode
    if trace.ending == "policy_broke":
        return
    for name in ("ending", "score", "success", "valid", "turns"):
        expected, found = getattr(trace, name), getattr(episode, name)
        if expected != found:
            raise ReplayError(f"after event {last}: expected {name} {expected}, found {found}", last)
    if trace.world != recorder.world:
        message = f"after event {last}: expected a world of digest {trace.world[:12]}, found {recorder.world[:12]}"
        raise ReplayError(message, last)


class _Scripted:
    """A user that says again what it said: for users that cannot be derived, such as language models."""

    def __init__(self, trace: Trace) -> None:
        self.replies: list[Reply | str] = []
        calls: list[Call] = []
        events = [entry.event for entry in trace.events]
        for event, after in zip(events[1:], [*events[2:], None], strict=True):
            if isinstance(event, Called) and event.seat == USER:
                calls.append(Call(event.name, event.arguments))
            elif isinstance(event, Said) and event.seat == USER:
                if calls:
                    self.replies.append(Reply(calls=tuple(calls)))
                    calls = []
                leaves = isinstance(after, Ended) and (after.ending == "user_left" or after.reason == LEFT_EARLY)
                self.replies.append(Reply(event.text, event.facts, event.affirms, event.concedes, leaves))
            elif isinstance(event, Ended) and event.ending == "user_broke" and event.reason.startswith("user: "):
                if calls:
                    self.replies.append(Reply(calls=tuple(calls)))
                    calls = []
                self.replies.append(event.reason.removeprefix("user: "))
        self._next = 0

    def reply(self, heard: Heard) -> Reply:
        del heard
        if self._next >= len(self.replies):
            return Reply("(the recorded user said no more)")
        self._next += 1
        reply = self.replies[self._next - 1]
        if isinstance(reply, str):
            raise AgentGymError(reply)
        return reply


def _name(event: Event) -> str:
    if isinstance(event, Said):
        return f"{event.seat} said"
    return f"{event.seat} called {event.name}" if isinstance(event, Called) else "ended"


def _shown(event: Event) -> str:
    return f"{_name(event)} {canonical(event)[:_SHOWN].decode('utf-8', 'replace')}"


def _cut(text: bytes, other: bytes) -> str:
    """A readable piece of a value, around the place where it differs from another."""
    if len(text) <= _SHOWN:
        return text.decode("utf-8", "replace")
    at = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    start = max(0, at - 40)
    return f"...{text[start : start + _SHOWN].decode('utf-8', 'replace')}..."
