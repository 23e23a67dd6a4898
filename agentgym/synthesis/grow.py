"""Growth of a policy: a further rule about a tool, the sentence that says it, and the situations on either side of it.

AgenticQwen grows linear workflows into behaviour trees by asking a model for branches. Here an operator makes a rule of
a column that tools show, with one predicate from which everything else follows:

    state    a column holds one of its values       You may ... only if the invoice's kind is laboratory.
    limit    a number is on one side of a value     ... only if the prescription's refills left is at most 3.
    window   a day is on one side of a distance     ... only if the referral's valid until lies 5 days ahead or later.

Each comes with the writes that make a row allowed, or forbidden by this rule alone (branch inversion). Whether a rule
goes together with the tool's guards, with other rules and with the pack's invariants is for the certificate to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import USER, ToolGraph, ToolNode
from agentgym.tool import RuleSpec
from agentgym.world import Image

__all__ = ["Growth", "Test", "deed", "growth_of", "growths", "noun", "singular"]

Test = Literal["is", "at_most", "at_least", "from_day", "until_day"]
"""How a rule of somebody's choice looks at its column."""

_FEW = 8
"""Values up to which a number is drawn from those that there are."""


class Growth(Struct, frozen=True):
    """A rule that a policy can be grown by."""

    operator: Literal["state", "limit", "window"]
    rule: RuleSpec
    arranged: Arranged
    column: str
    """What it rests on."""


class _Place(Struct, frozen=True):
    """A column within reach of a call: of the row that the call is about, or of one that this row leads to."""

    column: str
    table: str
    name: str
    source: str
    """FROM and WHERE of the one row, which is called "its"."""
    key: str
    """Key column of the table."""


def growths(
    pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec], chance: Stream
) -> Iterator[Growth]:
    """Rules that could be added about a tool, in a drawn order, each about another column; neither the tool nor one of
    the `rules` that there are about it rests on that."""
    image = pack.image("train", 0)
    for place in chance.shuffled(_free(pack, graph, tool, rules)):
        kind = pack.domain.types.get(place.column, "")
        found = _state(pack, tool, place, image, chance) if kind == "enum" else None
        if kind in ("number", "money"):
            found = _limit(pack, tool, place, image, chance, kind == "money")
        if kind == "date":
            found = _window(pack, tool, place, image, chance)
        if found is not None:
            yield found


def _free(pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec]) -> list[_Place]:
    """The places that neither the tool nor one of the rules about it rests on."""
    spec = pack.domain.tools[tool.name].spec
    resting = [*(guard.sql for guard in spec.require), *spec.sql]
    used = " ".join([*resting, *(sql for rule in rules for sql in (rule.allowed, rule.because))])
    return [place for place in _places(pack, graph, tool) if not re.search(rf"\b{place.name}\b", used)]


def _places(pack: Pack, graph: ToolGraph, tool: ToolNode) -> Iterator[_Place]:
    schema = pack.domain.schema
    image = pack.image("train", 0)
    worlds = (image, pack.image("train", 1), pack.image("test", 0))
    shown = {p.type for node in graph.tools if node.effect == "read" and node.seat != USER for p in node.outputs}
    seen: set[str] = set()
    for port in tool.inputs:
        table, _, key = port.type.partition(".")
        if port.optional or table not in schema.tables or schema.tables[table].key != (key,):
            continue
        sources = [(table, key, f'FROM "{table}" AS its WHERE its."{key}" = :{port.name}')]
        leads = [to for to, _ in schema.tables[table].references.values()]
        for column, (to, named) in schema.tables[table].references.items():
            if leads.count(to) > 1:  # whose would it be?
                continue
            if image.query(f'SELECT 1 FROM "{table}" WHERE "{column}" IS NULL LIMIT 1'):
                continue
            other = named or schema.tables[to].key[0]
            joined = f'FROM "{table}" AS held JOIN "{to}" AS its ON its."{other}" = held."{column}"'
            if to != table and schema.tables[to].key == (other,):
                sources.append((to, other, f'{joined} WHERE held."{key}" = :{port.name}'))
        for where, its, source in sources:
            for name in schema.tables[where].columns:
                column = f"{where}.{name}"
                empty = f'SELECT 1 FROM "{where}" WHERE "{name}" IS NULL LIMIT 1'
                if column in shown and column not in seen and not any(world.query(empty) for world in worlds):
                    seen.add(column)
                    yield _Place(column, where, name, source, its)


def _state(pack: Pack, tool: ToolNode, place: _Place, image: Image, chance: Stream) -> Growth | None:
    values = _values(place, image)
    if not 2 <= len(values) <= _FEW or not all(isinstance(value, str) for value in values):
        return None
    return _state_is(pack, tool, place, values, chance.choice(values))


def _state_is(pack: Pack, tool: ToolNode, place: _Place, values: Sequence[Any], right: Any) -> Growth:
    others = [value for value in values if value != right]
    condition = f'its."{place.name}" = {_quoted(right)}'
    said = f"is {str(right).replace('_', ' ')}"
    return _growth(pack, tool, place, "state", condition, said, _drawn([right]), _drawn(others))


def _limit(pack: Pack, tool: ToolNode, place: _Place, image: Image, chance: Stream, money: bool) -> Growth | None:
    values = _values(place, image)
    whole = all(isinstance(value, int) for value in values)
    if len(values) < 2 or (money and (not whole or values[0] < 0)):
        return None
    least = max(1, len(values) // 5)  # of the values, a fifth or more on either side
    edge = values[chance.between(least, len(values) - least)]  # the first of the higher ones
    most = chance.chance(0.5)
    if whole and len(values) > _FEW and money and values[0] < edge // 1000 * 1000:
        edge = edge // 1000 * 1000
    return _limit_at(pack, tool, place, values, edge, most, money)


def _limit_at(
    pack: Pack, tool: ToolNode, place: _Place, values: Sequence[Any], edge: Any, most: bool, money: bool
) -> Growth:
    """A limit between what is below an edge, which is allowed where `most`, and the others."""
    if len(values) > _FEW and all(isinstance(value, int) for value in values):
        bound = edge - 1 if most else edge
        low, high = f"draw({values[0]}, {edge - 1})", f"draw({edge}, {values[-1]})"
    else:
        below, above = [value for value in values if value < edge], [value for value in values if value >= edge]
        bound = below[-1] if most else edge
        low, high = _drawn(below[-_FEW:]), _drawn(above[:_FEW])
    allowed, denied = (low, high) if most else (high, low)
    said = f"{bound // 100}.{bound % 100:02d}" if money else f"{bound:g}"
    condition = f'its."{place.name}" {"<=" if most else ">="} {bound}'
    return _growth(
        pack, tool, place, "limit", condition, f"is {'at most' if most else 'at least'} {said}", allowed, denied
    )


def _window(pack: Pack, tool: ToolNode, place: _Place, image: Image, chance: Stream) -> Growth | None:
    days = _days(place, image)
    if len(days) < 6 or days[-1] - days[0] > 2000:  # dates of birth are no deadlines
        return None
    bound = days[chance.between(len(days) // 5 + 1, len(days) - 2 - len(days) // 5)]
    return _window_at(pack, tool, place, days, bound, chance.chance(0.5))


def _window_at(pack: Pack, tool: ToolNode, place: _Place, days: Sequence[int], bound: int, later: bool) -> Growth:
    edge = bound if later else bound + 1
    early, late = (f"shift_days(today(), draw({low}, {high}))" for low, high in ((days[0], edge - 1), (edge, days[-1])))
    condition = f'days_until(its."{place.name}") {">=" if later else "<="} {bound}'
    sides = (late, early) if later else (early, late)
    return _growth(pack, tool, place, "window", condition, f"lies {_distance(bound, later)}", *sides)


def growth_of(
    pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec], column: str, test: Test, value: str | int
) -> Growth:
    """A rule of somebody's choice.

    Args:
        rules: those that there are about the tool.
        column: `table.column` that the rule rests on.
        test: `is` a state, `at_most` or `at_least` a number, `from_day` or `until_day` so many days from today.
        value: the state, the number or the days.

    Raises:
        UsageError: there is no such rule, and why.
    """
    place = next((place for place in _free(pack, graph, tool, rules) if place.column == column), None)
    if place is None:
        raise UsageError(f"{column} is not shown by a tool, not within reach of {tool.name}, or decides there already")
    kind, image = pack.domain.types.get(column, ""), pack.image("train", 0)
    if test == "is" and kind == "enum":
        values = _values(place, image)
        if value in values and len(values) >= 2:
            return _state_is(pack, tool, place, values, value)
        raise UsageError(f"{column} is never {value}; it is one of {', '.join(map(str, values))}")
    if isinstance(value, int) and test in ("at_most", "at_least") and kind in ("number", "money"):
        values = _values(place, image)
        edge = next((one for one in values if (one > value if test == "at_most" else one >= value)), None)
        if edge is not None and edge > values[0]:
            edge = edge if len(values) <= _FEW else value + (test == "at_most")
            return _limit_at(pack, tool, place, values, edge, test == "at_most", kind == "money")
        raise UsageError(f"{column} lies between {values[0]} and {values[-1]}: {value} has nothing on one side")
    if isinstance(value, int) and test in ("from_day", "until_day") and kind == "date":
        days = _days(place, image)
        if days[-1] - days[0] <= 2000 and days[0] < value + (test == "until_day") <= days[-1]:
            return _window_at(pack, tool, place, days, value, test == "from_day")
        raise UsageError(f"{column} lies {days[0]} to {days[-1]} days from today: {value} is no deadline there")
    raise UsageError(f"{column} is {kind or 'no column'}, which cannot be tested by {test}")


def _distance(bound: int, later: bool) -> str:
    days = "1 day" if abs(bound) == 1 else f"{abs(bound)} days"
    where = "today" if bound == 0 else f"{days} {'ahead' if bound > 0 else 'back'}"
    return f"{where} or {'later' if later else 'earlier'}"


def _growth(
    pack: Pack, tool: ToolNode, place: _Place, operator: Any, condition: str, said: str, allowed: str, denied: str
) -> Growth:
    whose = f"{noun(pack, place.table)}'s {pack.domain.label(place.name)}"
    rule = RuleSpec(
        id=f"{tool.name}_{place.name}",
        say=f"You may {deed(pack, tool.name)} only if the {whose} {said}.",
        allowed=f"SELECT {condition} {place.source}",
        tool=tool.name,
        because=f'SELECT its."{place.name}" {place.source}',
    )  # fmt: skip
    where = f'WHERE "{place.key}" = ${place.key}'
    legal, illegal = (f'UPDATE "{place.table}" SET "{place.name}" = {value} {where}' for value in (allowed, denied))
    arranged = Arranged((legal,), (illegal,), ((place.key, f"{place.table}.{place.key}"),))
    return Growth(operator, rule, arranged, place.column)


def _values(place: _Place, image: Image) -> list[Any]:
    return [value for (value,) in image.query(f'SELECT DISTINCT "{place.name}" FROM "{place.table}" ORDER BY 1')]


def _drawn(values: Sequence[Any]) -> str:
    """SQL that draws one of some values."""
    if len(values) == 1:
        return _quoted(values[0])
    cases = " ".join(f"WHEN {at} THEN {_quoted(value)}" for at, value in enumerate(values[:-1]))
    return f"CASE draw(0, {len(values) - 1}) {cases} ELSE {_quoted(values[-1])} END"


def _days(place: _Place, image: Image) -> list[int]:
    query = f'SELECT DISTINCT days_until("{place.name}") FROM "{place.table}" ORDER BY 1'
    return [int(day) for (day,) in image.query(query)]


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def deed(pack: Pack, tool: str) -> str:
    """What whoever calls a tool does: the first sentence of its description."""
    said = pack.domain.tools[tool].spec.description.strip().split(". ")[0].rstrip(".")
    return said[:1].lower() + said[1:]


def noun(pack: Pack, table: str) -> str:
    """What one row of a pack's table is called: by the pack's labels, else by its name."""
    return pack.domain.labels.get(table) or singular(table.replace("_", " "))


def singular(table: str) -> str:
    """What one row of a table is called."""
    if table.endswith("ies") and len(table) > 4:
        return f"{table[:-3]}y"
    if re.search(r"(ss|x|ch|sh)es$", table):
        return table[:-2]
    return table[:-1] if len(table) > 2 and table.endswith("s") and not table.endswith("ss") else table
