"""What an episode is put together from: its compiled rubric, its simulated user, and the size of what was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from msgspec import Struct

from agentgym.episode.parse import spoken
from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.rubric import Rubric, Weights
from agentgym.seeding import stream
from agentgym.tool import Result, Tool, answer
from agentgym.types import Action, Event, Fact, Limits, Malformed, Reply, Said, Task, User
from agentgym.user.automaton import PATIENCE, Automaton
from agentgym.user.interpret import interpret
from agentgym.user.values import mentions
from agentgym.world import World

__all__ = [
    "LEFT_EARLY",
    "automaton_of",
    "believed",
    "checked_reply",
    "limit_reached",
    "requests_at_first",
    "rubric_of",
    "says",
    "size_of",
    "struck",
    "too_early",
    "user_of",
]

LEFT_EARLY = "user left before anything was settled"
"""The reason of an episode that a user other than the automaton made invalid by leaving."""
_PATIENCE = min(PATIENCE.values())
"""Actions of the assistant after which a user may leave without anything settled."""


class _Cached(Struct):
    task: Task
    rubric: Rubric


_rubrics: dict[str, _Cached] = {}


def rubric_of(pack: Pack, task: Task) -> Rubric:
    """The compiled rubric of a task, kept for the tasks that are played again and again (groups)."""
    found = _rubrics.get(task.id)
    if found is not None and found.task is task and found.rubric.domain is pack.domain:
        return found.rubric
    content = pack.rubric
    rubric = Rubric(task, pack.domain, Weights(content.beta, content.progress, content.weights))
    if len(_rubrics) >= 512:
        _rubrics.pop(next(iter(_rubrics)))
    _rubrics[task.id] = _Cached(task, rubric)
    return rubric


def checked_reply(given: object) -> Reply:
    """What a user gave, which must be a Reply. Raises UsageError."""
    if not isinstance(given, Reply) or not isinstance(cast(object, given.text), str):
        raise UsageError(f"reply() gave {type(given).__name__}; expected a Reply")
    return given


def believed(reply: Reply, task: Task, proposed: bool) -> Reply:
    """What the words of a user other than the automaton amount to: what it declares and does not say does not count."""
    text = spoken(reply.text)
    said = interpret(text, task.ledger, proposed)
    return Reply(
        text, said.facts, said.affirms, reply.concedes or said.concedes, reply.leaves or said.leaves, reply.calls
    )


def too_early(events: Sequence[Event], turns: int) -> bool:
    """Whether a user that leaves now leaves before anything was reported, declined, handed over or closed."""
    kinds = {act.kind for event in events if isinstance(event, Said) for act in event.acts}
    return turns < _PATIENCE and not kinds & {"report", "refuse", "transfer", "failure", "close"}


def limit_reached(limits: Limits, errors: int, turns: int, tokens: int) -> str:
    """The ending by the first limit that is reached, empty where none is."""
    if errors >= limits.errors:
        return "error_limit"
    if turns >= limits.turns:
        return "turn_limit"
    return "token_limit" if tokens >= limits.tokens else ""


def struck(fault: Any, tool: Tool, world: World, arguments: dict[str, Any]) -> Result:
    """What a call answers that a fault strikes."""
    answers = fault.kind == "partial" and not tool.writes
    whole = tool.execute(world, tool.bind(arguments)).value if answers else None
    return Result(*answer(fault, whole, tool.shown))


def says(reply: Reply, fact: Fact, *, declares: bool) -> bool:
    """Whether a reply says a fact; of a user that does not declare what it says, the words are read too."""
    return fact.name in reply.facts or (not declares and mentions(reply.text, fact.value, fact.type))


def automaton_of(pack: Pack, task: Task, lexicon: Any) -> Automaton:
    """The default user of a task."""
    source = stream(task.pack, task.split, task.seed, task.workflow, "user")
    return Automaton(task.ledger, lexicon, pack.content.wording[task.split], source)


def user_of(given: User | str | None, pack: Pack, task: Task, lexicon: Any) -> User | None:
    """Who sits on the other side: the automaton for None, nobody for "seat". A user that has `begin` is handed the
    automaton, whose ledger it speaks for."""
    if given is None:
        return automaton_of(pack, task, lexicon)
    if isinstance(given, str):
        return None
    begin = getattr(given, "begin", None)
    if begin is not None:
        begin(automaton_of(pack, task, lexicon))
    return given


def requests_at_first(user: User | None, task: Task) -> int:
    """The further requests that count as made at first: all, where the user does not tell when it makes them."""
    return 0 if hasattr(user, "made") else len(task.ledger.further)


def size_of(action: Action, raw: object) -> int:
    """UTF-8 bytes of what the model wrote, or an estimate where it is not text."""
    if isinstance(raw, str):
        return len(raw) if raw.isascii() else len(raw.encode("utf-8", "surrogatepass"))
    size = len(action.words)
    for call in action.calls:
        size += len(call.text) if isinstance(call, Malformed) else 20 + len(str(call.arguments))
    return size
