"""Rules that what was done before stands in the way of: of two things that one user wants, the first rules out the
second."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.graph import ToolGraph, ToolNode
from agentgym.synthesis.grow.cells import state_is
from agentgym.synthesis.grow.growth import FEW, Growth, Place, places, rests, values_of
from agentgym.tool import RuleSpec

__all__ = ["Overturned", "conflict", "overturned", "paired"]


class Overturned(Struct, frozen=True):
    """A column of the row that a call is about, and a tool that gives it one value."""

    place: Place
    first: str
    value: str


def overturned(
    pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec], before: Iterable[str]
) -> Iterator[Overturned]:
    """What one of the tools `before` changes in the row that a call of this tool is about, and shows then. Guards of
    the tool may rest on it, rules may not."""
    rules, keys = tuple(rules), {port.type: port.name for port in tool.inputs if not port.optional}
    for name in before:
        other = graph.by_name[name]
        shown = {port.type for port in other.outputs}
        for place in places(pack, graph, tool) if name != tool.name else ():
            key = f"{place.table}.{place.key}"
            port = next((port.name for port in other.inputs if port.type == key and not port.optional), "")
            if port and key in keys and place.column in shown and not rests(place.name, rules):
                for sql in pack.domain.tools[name].spec.sql:
                    value = _given(sql, place, port)
                    if value:
                        yield Overturned(place, name, value)


def paired(pack: Pack, graph: ToolGraph, tools: Sequence[str]) -> list[str]:
    """Tools in their order, but each after one that rules it out, if there is one, and before one that it rules out."""
    firsts = {name: [of.first for of in overturned(pack, graph, graph.by_name[name], (), tools)] for name in tools}
    out: dict[str, None] = {}
    for name in tools:
        after = [other for other in tools if name in firsts[other]]
        out |= dict.fromkeys([*firsts[name][:1], name, *after[:1]])
    return list(out)


def _given(sql: str, place: Place, port: str) -> str:
    """The text that a statement sets a column of one row to; empty where it does not."""
    table, name, key = map(re.escape, (place.table, place.name, place.key))
    whole = re.fullmatch(rf"\s*UPDATE\s+\"?{table}\"?\s+SET\s(.*)\sWHERE\s+\"?{key}\"?\s*=\s*:{port}\s*",
                         sql, re.DOTALL | re.IGNORECASE)  # fmt: skip
    found = re.search(rf"(?:^|,)\s*\"?{name}\"?\s*=\s*'([^']*)'\s*(?:,|$)", whole[1]) if whole else None
    return found[1] if found else ""


def conflict(pack: Pack, tool: ToolNode, of: Overturned, chance: Stream) -> Growth | None:
    """A rule that the column holds another value than the first tool gives it; None where there is none."""
    place = of.place
    values = values_of(pack.image("train", 0), place.table, place.name)
    others = [value for value in values if value != of.value]
    if not 1 <= len(others) < FEW or not all(isinstance(value, str) for value in values):
        return None
    guards = " ".join(guard.sql for name in (tool.name, of.first) for guard in pack.domain.tools[name].spec.require)
    asked = [value for value in others if f"'{value}'" in guards]  # what both work on
    right = chance.choice(asked or others)
    grown = state_is(pack, tool, place, [right, of.value], right)
    return replace(grown, operator="conflict", first=of.first)
