"""What somebody finds out who may look but not ask: the other side of the information gap."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.types import Scalar, Task
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

__all__ = ["BUDGET", "found_by_search"]

BUDGET = 200
"""Calls of a search."""
_EACH = 8
"""Values of one type that are tried in a call."""


def found_by_search(pack: Pack, task: Task, budget: int = BUDGET, pool: Pool | None = None) -> tuple[str, ...]:
    """The facts that a user keeps back and that calls of the assistant's reading tools give away, without a question.

    The search starts with what the opening says and calls every reading tool on every combination of values that it
    knows, breadth first, arguments that may be left out being left out. It goes on with what a call shows that has one
    row: of several, nothing tells which is meant. Enumerations are tried from the contract.
    """
    schema = pack.domain.schema
    own = Pool() if pool is None else pool
    hidden = {
        fact.name: (schema.canonical.get(fact.column, fact.column), fact.value)
        for fact in task.ledger.facts
        if fact.release != "opening" and fact.column
    }
    known: dict[str, dict[Scalar, None]] = {}
    for fact in task.ledger.facts:
        if fact.release == "opening":
            for kind in (schema.canonical.get(fact.column, fact.column), fact.type):
                known.setdefault(kind, {})[fact.value] = None
    seen: set[tuple[str, tuple[tuple[str, Scalar], ...]]] = set()
    found: dict[str, None] = {}
    image = pack.image(task.split, task.world_seed)
    world = World(image, task.situation, situation_names(task), own)
    try:
        fresh = True
        while fresh and len(seen) < budget:
            fresh = False
            for tool in [tool for tool in pack.tools.values() if not tool.writes and tool.played is None]:
                for arguments in _combinations(pack, tool, known):
                    call = (tool.name, tuple(arguments.items()))
                    if call in seen or len(seen) >= budget:
                        continue
                    seen.add(call)
                    result = tool.run(world, arguments)
                    if result.error or len(result.rows) != 1:
                        continue
                    for column, value in zip(tool.columns, result.rows[0], strict=True):
                        kind = schema.canonical.get(column, column)
                        if kind and value is not None and value not in known.setdefault(kind, {}):
                            known[kind][value] = None
                            fresh = True
                            found.update((name, None) for name, held in hidden.items() if held == (kind, value))
    finally:
        world.close()
        if pool is None:
            own.close()
    return tuple(found)


def _combinations(pack: Pack, tool: Tool, known: dict[str, dict[Scalar, None]]) -> Iterator[dict[str, Scalar]]:
    names: list[str] = []
    choices: list[list[Scalar]] = []
    for name, parameter in tool.spec.parameters.items():
        if parameter.optional or parameter.free:
            continue
        kind = pack.domain.schema.canonical.get(parameter.refers_to, "") if parameter.refers_to else parameter.semantic
        names.append(name)
        choices.append(list(parameter.enum or known.get(kind or "", ()))[:_EACH])
    yield from (dict(zip(names, chosen, strict=True)) for chosen in product(*choices))
