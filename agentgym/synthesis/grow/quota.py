"""Rules about how many rows there are: so many at most of what belongs to somebody are in a state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import USER, ToolGraph, ToolNode
from agentgym.synthesis.grow.growth import (
    FEW,
    Growth,
    Source,
    chosen,
    filled,
    quoted,
    rests,
    sources,
    spread,
    unique,
    values_of,
)
from agentgym.synthesis.grow.words import deed, noun, plural
from agentgym.tool import RuleSpec

__all__ = ["Counted", "counted", "quota"]

_TELLING = ("name", "date", "datetime", "money")
"""Kinds of values by which a refusal names rows, the best first."""
_MOST = 3
"""The highest bound."""
_OFF = 3
"""On one row in so many there are fewer than the bound where it is kept, on another one more than one too many."""


class Counted(Struct, frozen=True):
    """Rows of a table that can be counted: those that belong to one row within reach of a call, in a state."""

    owner: Source
    table: str
    key: str
    reference: str
    """The column that says whose they are."""
    state: str
    named: str
    """The column by which a refusal names them."""
    reader: str
    """The tool that lists them."""
    about: bool
    """Whether the row that the call is about is one of them."""


def counted(pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec]) -> Iterator[Counted]:
    """What can be counted: by a state that no rule about the tool rests on, and that a tool lists with all rows of one
    owner."""
    tables, rules = pack.domain.schema.tables, tuple(rules)
    named = [port.type for port in tool.inputs if not port.optional]
    seen: set[str] = set()
    for owner in sources(pack, tool):
        for table, spec in tables.items():
            references = [column for column, (to, _) in spec.references.items() if to == owner.table]
            if table == owner.table or len(references) != 1 or len(spec.key) != 1:
                continue
            if spec.references[references[0]][1] not in (None, owner.key):
                continue
            for reader in _readers(graph, f"{owner.table}.{owner.key}"):
                shown = {port.type for port in reader.outputs}
                columns = [name for name in spec.columns if f"{table}.{name}" in shown and filled(pack, table, name)]
                kinds = {name: pack.domain.types.get(f"{table}.{name}", "") for name in columns}
                telling = [name for kind in _TELLING for name in columns if kinds[name] == kind]
                telling.sort(key=lambda name, table=table: not unique(pack, table, name))  # by what tells it best
                for state in (name for name in columns if kinds[name] == "enum" and not rests(name, rules)):
                    if telling and f"{table}.{state}" not in seen and not unique(pack, table, state):
                        seen.add(f"{table}.{state}")
                        yield Counted(owner, table, spec.key[0], references[0], state, telling[0], reader.name,
                                      f"{table}.{spec.key[0]}" in named)  # fmt: skip


def _readers(graph: ToolGraph, key: str) -> Iterator[ToolNode]:
    """The tools that list rows by nothing but the key of their owner."""
    for tool in graph.tools:
        needed = [port.type for port in tool.inputs if not port.optional]
        if tool.effect == "read" and tool.seat != USER and needed == [key]:
            yield tool


def quota(pack: Pack, tool: ToolNode, of: Counted, chance: Stream) -> Growth | None:
    """A rule that so many rows at most are in a state; None where nobody has more of them."""
    image = pack.image("train", 0)
    values = values_of(image, of.table, of.state)
    if not 2 <= len(values) <= FEW or not all(isinstance(value, str) for value in values):
        return None
    held = [n for (n,) in image.query(f'SELECT count(*) FROM "{of.table}" GROUP BY "{of.reference}"')]
    able = [n for n in range(1, _MOST + 1) if sum(count > n for count in held) >= max(3, len(held) // 5)]
    if not able:
        return None
    most, right = chance.choice(able), chance.choice(values)
    here = f'"{of.table}" AS counted WHERE counted."{of.reference}" ='
    in_state = f'counted."{of.state}" = {quoted(right)}'
    whose, things = noun(pack, of.owner.table), noun(pack, of.table)
    many = re.sub(r"\W+", "_", f"number of {right} {plural(things)}")
    rule = RuleSpec(
        id=f"{tool.name}_{of.table}_{of.state}",
        say=f"You may {deed(pack, tool.name)} only if the {whose} has at most {most} "
        f"{things if most == 1 else plural(things)} whose {pack.domain.label(of.state)} is {right.replace('_', ' ')}.",
        allowed=f'SELECT (SELECT count(*) FROM {here} its."{of.owner.key}" AND {in_state}) <= {most} {of.owner.sql}',
        tool=tool.name,
        because=f'SELECT count(*) OVER () AS "{many}", counted."{of.named}" FROM {here} '
        f'(SELECT its."{of.owner.key}" {of.owner.sql}) AND {in_state} ORDER BY counted."{of.key}"',
    )
    others = [value for value in values if value != right]
    return Growth("quota", rule, _arranged(of, most, right, others), (f"{of.table}.{of.state}",), of.reader)


def _arranged(of: Counted, most: int, right: str, others: list[str]) -> Arranged:
    """As many rows as the rule allows, and one more; on some rows one fewer, and two more where there are so many.
    Never none: nobody could be seen to have looked at what is not there. Rows that need not change do not. The row that
    the call is about never does: guards may ask for its state."""
    owner = of.owner.key if of.owner.key != of.key else f"{of.owner.table}_{of.owner.key}"
    rest = f'"{of.reference}" = ${owner}' + (f' AND "{of.key}" <> ${of.key}' if of.about else "")
    own = f'(SELECT count(*) FROM "{of.table}" WHERE "{of.key}" = ${of.key} AND "{of.state}" = {quoted(right)})'
    number, row = spread(f'"{of.key}"'), spread(f"${of.key if of.about else owner}")

    def write(count: str) -> str:
        first = (
            f'SELECT "{of.key}" FROM "{of.table}" WHERE {rest} '
            f'ORDER BY "{of.state}" <> {quoted(right)}, {number} % 97, "{of.key}"'
        )
        limit = f"max(0, {count} - {own})" if of.about else count
        return (
            f'UPDATE "{of.table}" SET "{of.state}" = CASE WHEN "{of.key}" IN ({first} LIMIT {limit}) '
            f'THEN {quoted(right)} WHEN "{of.state}" = {quoted(right)} THEN {chosen(others, number)} '
            f'ELSE "{of.state}" END WHERE {rest}'
        )

    fewer = f"CASE {row} % {_OFF} WHEN 0 THEN {max(1, most - 1)} ELSE {most} END"
    more = f"CASE {row} % {_OFF} WHEN 1 THEN {most + 2} ELSE {most + 1} END"  # as many as there are

    needs = {owner: f"{of.owner.table}.{of.owner.key}"}
    enough = f'(SELECT count(*) FROM "{of.table}" WHERE {rest})'
    if of.about:
        needs[of.key] = f"{of.table}.{of.key}"
        enough = f"{enough} + {own}"
    return Arranged((write(fewer),), (write(more),), tuple(needs.items()), f"{enough} > {most}")
