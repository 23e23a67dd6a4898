"""What tests compare the kernel with, plainly: whole tables read by SELECT, and arguments picked by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.seeding import Stream
from agentgym.tool import Tool
from agentgym.world import Schema, World

Dump = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""table -> key -> row."""
Net = dict[tuple[str, tuple[Any, ...]], tuple[dict[str, Any] | None, dict[str, Any] | None]]
"""(table, key) -> (whole row before, whole row after), None where there is no row."""


def dump(world: World) -> Dump:
    """Every row of every table."""
    out: Dump = {}
    for name, table in world.image.schema.tables.items():
        columns = list(table.columns)
        rows = world.cursor.execute(f'SELECT {", ".join(columns)} FROM "{name}"').fetchall()
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        out[name] = {tuple(row[column] for column in table.key): row for row in found}
        assert len(out[name]) == len(rows), f"two rows of {name} with one key"
    return out


def diff(before: Dump, after: Dump) -> Net:
    """What differs between two dumps."""
    out: Net = {}
    for table in before:
        for key in before[table].keys() | after[table].keys():
            one, two = before[table].get(key), after[table].get(key)
            if one != two:
                out[table, key] = (one, two)
    return out


def cells(net: Mapping[Any, Any], schema: Schema) -> dict[Any, Any]:
    """Net changes in one form: inserts and deletes whole, updates by their changed cells alone."""
    out: dict[Any, Any] = {}
    for (table, key), (before, after) in net.items():
        if before is None or after is None:
            out[table, key] = (before, after)
            continue
        changed = {c for c, value in after.items() if before.get(c) != value and c not in schema.tables[table].key}
        out[table, key] = ({c: before[c] for c in changed}, {c: after[c] for c in changed})
    return out


WORDS = ("insurance", "self", "M1234567", "2026-03-12", "new@example.org", "a", "Dr.", "")


def plausible(tool: Tool, world: World, source: Stream, invent: float = 0.0) -> dict[str, Any]:
    """Arguments as an agent might choose them: ids that exist, or (with chance `invent`) words that do not."""
    return {
        name: _value(parameter, world, source, invent)
        for name, parameter in tool.spec.parameters.items()
        if not parameter.optional or source.chance(0.5)
    }


def _value(parameter: Any, world: World, source: Stream, invent: float) -> Any:
    if parameter.type == "array":
        one = _Item(parameter)
        return [_value(one, world, source, invent) for _ in range(source.below(3))]
    if parameter.enum:
        return source.choice(parameter.enum)
    if parameter.type in ("integer", "number"):
        low, high = int(parameter.minimum or 0), int(parameter.maximum or 40_000)
        return source.between(low, high)
    if parameter.type == "boolean":
        return source.chance(0.5)
    if parameter.refers_to and not source.chance(invent):
        table, _, column = parameter.refers_to.partition(".")
        rows = world.cursor.execute(f'SELECT "{column}" FROM "{table}" ORDER BY 1').fetchall()
        if rows:
            return source.choice(rows)[0]
    if parameter.semantic == "date":
        return source.choice(["2026-03-09", "2026-03-11", "2026-03-13", "2027-01-01"])
    return source.choice(WORDS)


class _Item:
    """The parameter of one item of an array."""

    def __init__(self, parameter: Any) -> None:
        self.type, self.refers_to, self.enum, self.semantic = parameter.items, parameter.refers_to, None, None
        self.minimum = self.maximum = None
