"""What went wrong with a wrong answer: one kind of error for each, read off the answer and the calls before it.

A task that ends with an answer keeps the wrong answers that typical errors give (`slips` in its workflow), computed in
its own world. Where the value says nothing, the calls do: what the right way looks up and the episode did not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.rubric.answers import answers
from agentgym.types import ASSISTANT, USER, Call, Called, Criterion, Event, Said, Task, result_rows

__all__ = ["KINDS", "Slip", "SlipKind", "slip_of"]

SlipKind = Literal["early_answer", "unit", "off_by_one", "missing_step", "wrong_tool", "wrong_value"]
KINDS: tuple[SlipKind, ...] = ("early_answer", "unit", "off_by_one", "missing_step", "wrong_tool", "wrong_value")
"""Kinds of errors, in the order in which they are looked for."""


class Slip(Struct, frozen=True):
    """An error: its kind, why it is that one, what was right and what was submitted (None where nothing was)."""

    kind: SlipKind
    why: str
    right: Any
    given: Any


def slip_of(pack: Pack, task: Task, events: Iterable[Event]) -> Slip | None:
    """The error in an episode of a task that ends with an answer; None where the answer was right and had a basis.

    Args:
        events: of an episode (`Episode.events`) or a trace (`entry.event for entry in trace.events`).

    In this order:

    * `early_answer`: a fact was not asked for that the answer hangs on, nothing at all was looked up or computed, or
      what makes a right answer more than a guess was not seen;
    * `unit`, `off_by_one`, `missing_step`, `wrong_value`: the answer is one of those that the task keeps for it;
    * `wrong_tool`: calls of the right way were not made, and others were, of another tool or with another choice from
      a list in place of them;
    * `missing_step`: calls of the right way were not made, or nothing was submitted;
    * `wrong_value`: all was looked up, and the answer is another.

    Raises:
        UsageError: the task is not one that ends with an answer.
    """
    wanted = next((c for outcome in task.outcomes for c in outcome.criteria if c.kind == "answer"), None)
    if wanted is None:
        raise UsageError(f"task {task.id[:12]} does not end with an answer; slips are told apart only where one does")
    past = list(events)
    ends = {name for name, tool in pack.tools.items() if tool.ends == "answered"}
    at = next((i for i, event in enumerate(past) if _gave(event) and cast(Called, event).name in ends), len(past))
    made = [event for event in past[:at] if isinstance(event, Called) and _gave(event)]
    given = next(iter(cast(Called, past[at]).arguments.values()), None) if at < len(past) else None

    def slip(kind: SlipKind, why: str) -> Slip:
        return Slip(kind, why, wanted.answer, given)

    needed = _signatures(pack, (call for call in _calls(pack, task) if call.name not in ends))
    lacking = needed - _signatures(pack, _distinct(made))
    foreign = _signatures(pack, _distinct(made)) - needed
    right = at < len(past) and answers(wanted, given)
    if at == len(past):
        return slip("missing_step", "nothing was submitted")
    unsaid = [fact for fact in wanted.facts if fact not in _said(past[:at])]
    if unsaid:
        return slip("early_answer", f"submitted before {', '.join(unsaid)} was asked for")
    if needed and not made and not (right and not wanted.values):
        return slip("early_answer", "submitted before anything was looked up or computed")
    if right:
        unseen = [value.value for value in wanted.values if value.value not in _cells(made)]
        return slip("early_answer", f"submitted before {unseen[0]} was seen") if unseen else None
    for kind, values in wanted.slips.items():
        if any(answers(Criterion("", "answer", answer=value, tolerance=1e-6), given) for value in values):
            return slip(cast(SlipKind, kind), "the answer that this error gives")
    if lacking and foreign:
        return slip("wrong_tool", f"{_first(foreign)} in place of {_first(lacking)}")
    if lacking:
        return slip("missing_step", f"no call of {_first(lacking)}")
    return slip("wrong_value", "everything was looked up, and the answer is another")


_Signature = tuple[str, ...]
"""The name of a tool, and what a call chose from lists."""


def _gave(event: Event) -> bool:
    return isinstance(event, Called) and event.seat == ASSISTANT and event.error is None


def _calls(pack: Pack, task: Task) -> list[Call]:
    """The oracle's calls, by the tools' own names."""
    own = pack.shown(task).own
    return [own(call) for action in task.oracle for call in action.calls if isinstance(call, Call)]


def _distinct(made: Sequence[Called]) -> list[Call]:
    """The calls that were made, the same one once."""
    found = {(e.name, msgspec.json.encode(e.arguments, order="deterministic")): Call(e.name, e.arguments) for e in made}
    return list(found.values())


def _signatures(pack: Pack, calls: Iterable[Call]) -> Counter[_Signature]:
    out: Counter[_Signature] = Counter()
    for call in calls:
        tool = pack.tools.get(call.name)
        lists = [name for name, parameter in tool.spec.parameters.items() if parameter.enum] if tool else []
        out[(call.name, *(str(call.arguments[name]) for name in lists if name in call.arguments))] += 1
    return out


def _first(calls: Counter[_Signature]) -> str:
    return " ".join(min(calls.elements()))


def _said(events: Iterable[Event]) -> set[str]:
    return {fact for event in events if isinstance(event, Said) and event.seat == USER for fact in event.facts}


def _cells(made: Sequence[Called]) -> set[Any]:
    rows = [row for event in made if event.grounded and event.fault is None for row in result_rows(event.result)]
    return {cell for row in rows for cell in row.values() if isinstance(cell, str | int | float)}
