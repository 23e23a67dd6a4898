"""A rule that a policy can be grown by, and the columns within reach of a call that one can be about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import USER, ToolGraph, ToolNode
from agentgym.synthesis.grid import first_worlds, samples, step_of
from agentgym.tool import RuleSpec
from agentgym.world import Image

__all__ = [
    "BOUND", "FEW", "Growth", "Operator", "Place", "Source", "free", "measure", "places", "quoted", "rests", "side_of",
    "sources", "spread", "step", "values_of",
]  # fmt: skip

Operator = Literal["state", "limit", "window", "tier", "quota", "conflict", "near"]
FEW = 8
"""Values up to which a number is drawn from those that there are."""
BOUND = 4
"""One value that is arranged in so many lies as near to a bound as it can."""


class Growth(Struct, frozen=True):
    """A rule that a policy can be grown by."""

    operator: Operator
    rule: RuleSpec
    arranged: Arranged
    columns: tuple[str, ...]
    """What it rests on."""
    reader: str = ""
    """Of a quota: the tool that lists the rows which are counted."""
    first: str = ""
    """Of a conflict: the tool after which the rule forbids what it is about."""

    @property
    def goals(self) -> tuple[str, ...]:
        """The tools that one user has to want, in this order, for the rule to show what it is for."""
        return (self.first, self.rule.tool) if self.first else (self.rule.tool,)


class Source(Struct, frozen=True):
    """A row within reach of a call: the one that it is about, or one that this row belongs to."""

    table: str
    key: str
    """Key column of the table."""
    sql: str
    """FROM and WHERE of the one row, which is called "its"."""


class Place(Struct, frozen=True):
    """A column of a row within reach of a call."""

    column: str
    table: str
    name: str
    source: str
    key: str


def sources(pack: Pack, tool: ToolNode) -> Iterator[Source]:
    """The rows within reach of a call, those that it names before those that they belong to."""
    schema, image = pack.domain.schema, pack.image("train", 0)
    for port in tool.inputs:
        table, _, key = port.type.partition(".")
        if port.optional or table not in schema.tables or schema.tables[table].key != (key,):
            continue
        yield Source(table, key, f'FROM "{table}" AS its WHERE its."{key}" = :{port.name}')
        leads = [to for to, _ in schema.tables[table].references.values()]
        for column, (to, named) in schema.tables[table].references.items():
            if leads.count(to) > 1:  # whose would it be?
                continue
            if image.query(f'SELECT 1 FROM "{table}" WHERE "{column}" IS NULL LIMIT 1'):
                continue
            other = named or schema.tables[to].key[0]
            joined = f'FROM "{table}" AS held JOIN "{to}" AS its ON its."{other}" = held."{column}"'
            if to != table and schema.tables[to].key == (other,):
                yield Source(to, other, f'{joined} WHERE held."{key}" = :{port.name}')


def places(pack: Pack, graph: ToolGraph, tool: ToolNode) -> Iterator[Place]:
    """The columns of rows within reach of a call that a tool shows, that are never empty and that any row may have
    any value in, each once."""
    shown = {p.type for node in graph.tools if node.effect == "read" and node.seat != USER for p in node.outputs}
    seen: set[str] = set()
    for source in sources(pack, tool):
        for name in pack.domain.schema.tables[source.table].columns:
            column, table = f"{source.table}.{name}", source.table
            if column in shown - seen and filled(pack, table, name) and not unique(pack, table, name):
                seen.add(column)
                yield Place(column, source.table, name, source.sql, source.key)


def filled(pack: Pack, table: str, name: str) -> bool:
    """Whether a column has a value in every row of the first worlds."""
    query = f'SELECT 1 FROM "{table}" WHERE "{name}" IS NULL LIMIT 1'
    return not any(world.query(query) for world in first_worlds(pack))


def unique(pack: Pack, table: str, name: str) -> bool:
    """Whether an index wants a column, or several with it, to be of one row alone: no situation may then set it."""
    indexes = 'pragma_index_list(:table) AS one JOIN pragma_index_info(one.name) AS part WHERE one."unique"'
    query = f"SELECT 1 FROM {indexes} AND part.name = :name"
    return bool(pack.image("train", 0).query(query, {"table": table, "name": name}))


def rests(name: str, rules: Iterable[RuleSpec]) -> bool:
    """Whether one of some rules rests on a column of this name."""
    used = " ".join(sql for rule in rules for sql in (rule.allowed, rule.because))
    return re.search(rf"\b{re.escape(name)}\b", used) is not None


def free(pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec]) -> list[Place]:
    """The places that neither the tool nor one of the rules about it rests on."""
    spec, rules = pack.domain.tools[tool.name].spec, tuple(rules)
    used = " ".join([*(guard.sql for guard in spec.require), *spec.sql])
    return [
        place
        for place in places(pack, graph, tool)
        if not re.search(rf"\b{re.escape(place.name)}\b", used) and not rests(place.name, rules)
    ]


def values_of(image: Image, table: str, name: str) -> list[Any]:
    """The different values of a column, in order."""
    return [value for (value,) in image.query(f'SELECT DISTINCT "{name}" FROM "{table}" ORDER BY 1')]


def step(pack: Pack, place: Place) -> int:
    """How far the whole numbers of a column are apart at least."""
    return step_of(value for value in samples(pack, place.table, place.name) if isinstance(value, int))


def side_of(pack: Pack, place: Place) -> Literal["at_most", "at_least"] | None:
    """The side on which a number is limited by what the tools do to it: `at_least` if one takes away from it, as from a
    stock, `at_most` if tools only add to it, as to what somebody has had; None where none does either."""
    table, name = re.escape(place.table), re.escape(place.name)
    change = re.compile(rf'[\s,]"?{name}"?\s*=\s*(?:\w+\(\s*)*(?:"?{table}"?\.)?"?{name}"?\s*([+-])', re.IGNORECASE)
    update = re.compile(rf'\s*UPDATE\s+"?{table}"?\s', re.IGNORECASE)
    writes = [sql for tool in pack.domain.tools.values() for sql in tool.spec.sql if update.match(sql)]
    signs = {sign for sql in writes for sign in change.findall(sql)}
    return None if not signs else "at_least" if "-" in signs else "at_most"


def measure(value: Any, kind: str) -> str:
    """A number as a rule says it; money is in cents."""
    return f"{value // 100}.{value % 100:02d}" if kind == "money" else f"{value:g}"


def quoted(value: Any) -> str:
    """A value in SQL."""
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def spread(key: str) -> str:
    """SQL of a number from 0 that goes by a key alone, so that it is the same in twins."""
    ends = (f"{prime} * unicode(substr({key}, {-at}))" for at, prime in enumerate((17, 1009, 99991), 1))
    return f"({' + '.join(ends)})"


def chosen(values: Sequence[Any], number: str) -> str:
    """SQL that takes one of some values by a number."""
    if len(values) == 1:
        return quoted(values[0])
    cases = " ".join(f"WHEN {at} THEN {quoted(value)}" for at, value in enumerate(values[:-1]))
    return f"CASE {number} % {len(values)} {cases} ELSE {quoted(values[-1])} END"
