"""What a run of a tree leaves behind: its steps, its decisions and choices; and what takes a missing tool's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct, structs

from agentgym.errors import AgentGymError
from agentgym.tool import Tool
from agentgym.types import Fact, Value, result_rows
from agentgym.workflow.compared import Comparison
from agentgym.workflow.node import CallTool, Decide, Let, Pick

__all__ = ["Instead", "Note", "Run", "Step", "TreeError", "needed", "parts"]


class TreeError(AgentGymError):
    """The tree does not fit this world: a pick is not unique, a call fails. The bind row is then rejected.

    `steps` are those done before.
    """

    steps: list[Step] = []  # noqa: RUF012  set by `run` before it is raised further


class Step(Struct):
    """One thing the oracle does. `needs` are indices of earlier steps whose results it uses."""

    kind: str
    """ask, call, user_does, confirm, change, look (a decision was made), tell, refuse, next (the user wants more)."""
    facts: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    rests: tuple[Value, ...] = ()
    """The ids that a decision is about; the values without which an answer is a guess."""
    used: tuple[str, ...] = ()
    """Of an answer: the tools that computed what it rests on."""
    slips: dict[str, list[Any]] = {}
    """Of an answer: kind of error -> wrong answers."""
    tool: str = ""
    arguments: dict[str, Any] = {}
    rule: str = ""
    request: str = ""
    """Of a `next`: the request that is made."""
    writes: bool = False
    ends: bool = False
    fault: bool = False
    needs: frozenset[int] = frozenset()
    data: frozenset[int] = frozenset()
    """Those of `needs` whose results it is made of: not the decisions before it, nor whatever else was read."""
    result: Any = None
    """Of a call, what it answered; of `next`, the net changes by then."""
    moot: bool = False
    """Of a decision: nothing hangs on it where a tool is not there."""


class Note(Struct):
    """What the tree found out between two steps, without doing anything: a row, a value, what is to be done."""

    before: int
    """The place of the first step that can rest on it."""
    node: Pick | Let | Decide
    row: dict[str, Value] = {}
    """Of a pick."""
    passed: tuple[dict[str, Value], ...] = ()
    """Of a pick: the rows before it in the list."""
    values: tuple[Value, ...] = ()
    """Of a `let`, in its order; of a decision, those that it rests on."""
    label: str = ""
    """Of a decision: the case."""
    given: dict[str, Any] = {}
    """Of a decision by a rule: the arguments of the call that it is about."""
    compared: tuple[Comparison, ...] = ()
    """Of a decision by a rule: what it compares."""


class Run(Struct):
    """A finished run."""

    steps: list[Step]
    path: list[str]
    options: list[int]
    """How many choices each `pick any` had."""
    notes: list[Note]
    """None where the run ended at a tool that is not there."""
    lacked: bool = False
    """Whether it ended at a tool that is not there, with the call that is right in its place."""


class Instead(Struct, frozen=True):
    """A tool that is not there, and the call that ends a run where it would be called."""

    missing: str
    call: CallTool


def parts(steps: Sequence[Step]) -> list[range]:
    """The places of the steps for each request in turn, the first one's first; a `next` opens its own."""
    starts = [0, *(at for at, step in enumerate(steps) if step.kind == "next"), len(steps)]
    return [range(start, end) for start, end in pairwise(starts)]


def needed(steps: Sequence[Step], tools: Mapping[str, Tool], facts: Sequence[Fact]) -> list[Step]:
    """The steps on which the last one, the decisions and what is told or refused before it rest, and these themselves.

    Left out are read-backs of what is not done, and decisions, questions and reads that only served it.
    """
    columns = {fact.name: (fact.column, fact.value) for fact in facts if fact.column}
    gives = [_gives(step, tools, columns) for step in steps]
    wanted = {i for i, step in enumerate(steps) if step.kind in ("look", "tell", "refuse", "next") and not step.moot}
    wanted.add(len(steps) - 1)
    said = {columns[fact.name] for fact in facts if fact.release in ("opening", "next") and fact.name in columns}
    for i in range(len(steps) - 1, -1, -1):
        if i in wanted:
            wanted |= steps[i].data
            for value in (*steps[i].values, *steps[i].rests):
                known = (value.column, value.value)
                if value.column and known not in said:
                    wanted.update([j for j in range(i) if known in gives[j]][:1])
    places = {old: new for new, old in enumerate(sorted(wanted))}

    def moved(indices: frozenset[int]) -> frozenset[int]:
        return frozenset(places[j] for j in indices if j in places)

    return [structs.replace(steps[i], needs=moved(steps[i].needs), data=moved(steps[i].data)) for i in sorted(wanted)]


def _gives(step: Step, tools: Mapping[str, Tool], columns: Mapping[str, tuple[str, Any]]) -> set[tuple[str, Any]]:
    """The (canonical column, value) pairs that a step makes known."""
    if step.kind == "ask":
        return {columns[name] for name in step.facts if name in columns}
    if step.kind not in ("call", "user_does") or step.fault:
        return set()
    named = list(zip(tools[step.tool].names, tools[step.tool].columns, strict=True))
    return {(column, row.get(name)) for row in result_rows(step.result) for name, column in named if column}
