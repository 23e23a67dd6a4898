"""What somebody finds out who may look but not ask: the other side of the information gap."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product, zip_longest
from typing import Any

from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.types import Scalar, Task
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

__all__ = ["BUDGET", "found_by_search"]

BUDGET = 200
"""Calls of a search."""
_EACH = 8
"""Values of one argument that are tried."""

_COMMON = ("number", "enum", "text")
"""Semantic types whose values coincide: what has no column is not recognised by these."""

_Known = Mapping[str, Mapping[Scalar, None]]
"""Column, or semantic type -> values."""


def found_by_search(pack: Pack, task: Task, budget: int = BUDGET, pool: Pool | None = None) -> tuple[str, ...]:
    """The facts that a user keeps back and that calls of the task's reading tools give away, without a question.

    Where there are further requests, it is searched before each of them anew, with all that was said in their words.
    What one of them says itself is found if it is found before.
    """
    told = {fact.name for fact in task.ledger.facts if fact.release == "opening"}
    found = _found(pack, task, told, budget, pool)
    for request in task.ledger.further:
        told |= {*request.says}
        found += _found(pack, task, told, budget, pool)
    return tuple(dict.fromkeys(found))


def _found(pack: Pack, task: Task, told: Collection[str], budget: int, pool: Pool | None) -> tuple[str, ...]:
    """What a search finds that starts with what has been `told`.

    In rounds, it calls every tool on all combinations of what it knew when the round began, with and without arguments
    that may be left out, a call of one tool after a call of the other, and enumerations from the contract. Of a result
    with several rows it takes those that agree with what was told of the same columns; where one is left, that is the
    row that is meant, and what it shows is known. A fact is found when a value that is equal to it, and of its column,
    or of its semantic type where it has no column, is known so; numbers, enumerations and text without a column
    coincide too often to tell.
    """
    due = {name for request in task.ledger.further for name in (*request.says, *request.asked)}
    hidden = {f.name: f for f in task.ledger.facts if f.name not in told and (f.release != "next" or f.name in due)}
    if not hidden:
        return ()
    schema = pack.domain.schema
    known: dict[str, dict[Scalar, None]] = {}

    def learn(kind: str, column: str, value: Scalar) -> bool:
        """Whether a value was news."""
        places = [place for place in (schema.canonical.get(column, column), kind) if place]
        news = any(value not in known.get(place, ()) for place in places)
        for place in places:
            known.setdefault(place, {})[value] = None
        return news

    for fact in task.ledger.facts:
        if fact.name in told:
            learn(fact.type, fact.column, fact.value)
    said = {place: set(values) for place, values in known.items() if "." in place}
    tools = [tool for tool in pack.shown(task).tools.values() if not tool.writes and tool.played is None]
    own = Pool() if pool is None else pool
    world = World(pack.image(task.split, task.world_seed), task.situation, situation_names(task), own)
    seen: set[tuple[str, tuple[tuple[str, Scalar], ...]]] = set()
    shown: dict[str, dict[Scalar, None]] = {}
    """What single rows have shown, as `known`."""
    try:
        news = True
        while news and len(seen) < budget:
            news = False
            for tool, arguments in _calls(pack, tools, {place: dict(values) for place, values in known.items()}):
                call = (tool.name, tuple(arguments.items()))
                if len(seen) >= budget:
                    break
                if call in seen:
                    continue
                seen.add(call)
                result = tool.run(world, arguments)
                row = None if result.error else _meant(pack, tool, result.rows, said)
                for (name, column), value in zip(zip(tool.names, tool.columns, strict=True), row or (), strict=False):
                    if value is None:
                        continue
                    kind = pack.domain.types.get(column, "") or tool.spec.columns.get(name, "")
                    news |= learn(kind, column, value)
                    for place in (schema.canonical.get(column, column), kind):
                        shown.setdefault(place, {})[value] = None
                    if kind == "datetime":
                        shown.setdefault("date", {})[str(value)[:10]] = None
    finally:
        world.close()
        if pool is None:
            own.close()
    places = {name: schema.canonical.get(fact.column, fact.column) or fact.type for name, fact in hidden.items()}
    return tuple(
        name
        for name, fact in hidden.items()
        if places[name] not in _COMMON and fact.value in shown.get(places[name], ())
    )


def _calls(pack: Pack, tools: list[Tool], known: _Known) -> Iterator[tuple[Tool, dict[str, Scalar]]]:
    """Calls of each tool, one of each in turn."""
    for turn in zip_longest(*(_combinations(pack, tool, known) for tool in tools)):
        yield from ((tool, given) for tool, given in zip(tools, turn, strict=True) if given is not None)


def _combinations(pack: Pack, tool: Tool, known: _Known) -> Iterator[dict[str, Scalar]]:
    """Arguments of a tool, few optional ones first."""
    left_out = object()
    choices: dict[str, list[Any]] = {}
    for name, parameter in tool.spec.parameters.items():
        if parameter.free:
            continue
        kind = pack.domain.schema.canonical.get(parameter.refers_to, "") if parameter.refers_to else parameter.semantic
        found: list[Any] = list(parameter.enum or known.get(kind or "", ()))[:_EACH]
        choices[name] = [left_out, *found] if parameter.optional else found
    for chosen in product(*choices.values()):
        yield {name: value for name, value in zip(choices, chosen, strict=True) if value is not left_out}


def _meant(pack: Pack, tool: Tool, rows: list[tuple[Any, ...]], said: Mapping[str, set[Scalar]]) -> Any:
    """The only row, or the only one of several that agrees with what was told; None where none stands out."""
    if len(rows) == 1:
        return rows[0]
    canonical = pack.domain.schema.canonical
    places = [canonical.get(column, column) for column in tool.columns]
    telling = [at for at, place in enumerate(places) if place in said]
    left = [row for row in rows if telling and all(row[at] in said[places[at]] for at in telling)]
    return left[0] if len(left) == 1 else None
