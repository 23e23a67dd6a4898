"""Rules about a single cell: a state, a limit or a window of days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import ToolGraph, ToolNode
from agentgym.synthesis.grid import reach, rounded
from agentgym.synthesis.grow.growth import (
    BOUND,
    FEW,
    Growth,
    Operator,
    Place,
    free,
    measure,
    quoted,
    side_of,
    step,
    values_of,
)
from agentgym.synthesis.grow.words import deed, noun
from agentgym.tool import RuleSpec
from agentgym.world import Image

__all__ = ["Test", "cell", "days_of", "distance", "growth_of", "state_is"]

Test = Literal["is", "at_most", "at_least", "from_day", "until_day"]
"""How a rule of somebody's choice looks at its column."""


def cell(pack: Pack, tool: ToolNode, place: Place, chance: Stream) -> Growth | None:
    """A rule about a cell, by what kind it is; None where it has too few values for one."""
    kind, image = pack.domain.types.get(place.column, ""), pack.image("train", 0)
    if kind == "enum":
        return _state(pack, tool, place, image, chance)
    if kind in ("number", "money"):
        return _limit(pack, tool, place, image, chance, kind)
    return _window(pack, tool, place, image, chance) if kind == "date" else None


def _state(pack: Pack, tool: ToolNode, place: Place, image: Image, chance: Stream) -> Growth | None:
    values = values_of(image, place.table, place.name)
    if not 2 <= len(values) <= FEW or not all(isinstance(value, str) for value in values):
        return None
    return state_is(pack, tool, place, values, chance.choice(values))


def state_is(pack: Pack, tool: ToolNode, place: Place, values: Sequence[Any], right: Any) -> Growth:
    """The rule that a cell holds one of its values."""
    others = [value for value in values if value != right]
    condition = f'its."{place.name}" = {quoted(right)}'
    said = f"is {str(right).replace('_', ' ')}"
    return _growth(pack, tool, place, "state", condition, said, _drawn([right]), _drawn(others))


def _limit(pack: Pack, tool: ToolNode, place: Place, image: Image, chance: Stream, kind: str) -> Growth | None:
    values = values_of(image, place.table, place.name)
    whole, money = all(isinstance(value, int) for value in values), kind == "money"
    if len(values) < 2 or (money and (not whole or values[0] < 0)):
        return None
    least = max(1, len(values) // 5)  # of the values, a fifth or more on either side
    at = chance.between(least, len(values) - least)  # the first of the higher ones
    side = side_of(pack, place) or chance.choice(("at_most", "at_least"))
    most = side == "at_most"
    if most and money and values[at - 1] == 0:  # nothing at all is no limit
        at += 1
    if at == len(values):
        return None
    bound = values[at - 1] if most else values[at]
    if whole and len(values) > FEW:
        bound = rounded(bound, values, step(pack, place))
    return _limit_at(pack, tool, place, values, bound, most, kind)


def _limit_at(
    pack: Pack, tool: ToolNode, place: Place, values: Sequence[Any], bound: Any, most: bool, kind: str
) -> Growth:
    """A limit that allows what is at most the bound where `most`, else what is at least that. It is on the values'
    grid, and so is what is arranged: at the bound, or near to it."""
    if len(values) > FEW and all(isinstance(value, int) for value in values):
        apart = step(pack, place)
        edge = bound + apart if most else bound
        first, last = reach(values, edge)
        low, high = _nearing(edge - apart, first, apart), _nearing(edge, last, apart)
    else:
        below = [value for value in values if (value <= bound if most else value < bound)]
        low, high = _drawn(below[-FEW:]), _drawn(values[len(below) :][:FEW])
    allowed, denied = (low, high) if most else (high, low)
    condition = f'its."{place.name}" {"<=" if most else ">="} {bound}'
    said = f"is {'at most' if most else 'at least'} {measure(bound, kind)}"
    return _growth(pack, tool, place, "limit", condition, said, allowed, denied)


def _window(pack: Pack, tool: ToolNode, place: Place, image: Image, chance: Stream) -> Growth | None:
    days = days_of(place, image)
    if len(days) < 6 or days[-1] - days[0] > 2000:  # dates of birth are no deadlines
        return None
    bound = days[chance.between(len(days) // 5 + 1, len(days) - 2 - len(days) // 5)]
    return _window_at(pack, tool, place, days, bound, chance.chance(0.5))


def _window_at(pack: Pack, tool: ToolNode, place: Place, days: Sequence[int], bound: int, later: bool) -> Growth:
    edge = bound if later else bound + 1
    first, last = reach(days, edge)
    early, late = (f"shift_days(today(), {_nearing(*side, 1)})" for side in ((edge - 1, first), (edge, last)))
    condition = f'days_until(its."{place.name}") {">=" if later else "<="} {bound}'
    sides = (late, early) if later else (early, late)
    return _growth(pack, tool, place, "window", condition, f"lies {distance(bound, later)}", *sides)


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
    place = next((place for place in free(pack, graph, tool, rules) if place.column == column), None)
    if place is None:
        raise UsageError(f"{column} is not shown by a tool, not within reach of {tool.name}, or decides there already")
    kind, image = pack.domain.types.get(column, ""), pack.image("train", 0)
    if test == "is" and kind == "enum":
        values = values_of(image, place.table, place.name)
        if value in values and len(values) >= 2:
            return state_is(pack, tool, place, values, value)
        raise UsageError(f"{column} is never {value}; it is one of {', '.join(map(str, values))}")
    if isinstance(value, int) and test in ("at_most", "at_least") and kind in ("number", "money"):
        values = values_of(image, place.table, place.name)
        most = test == "at_most"
        if values[0] <= value < values[-1] if most else values[0] < value <= values[-1]:
            return _limit_at(pack, tool, place, values, _on_grid(pack, place, values, value, most), most, kind)
        raise UsageError(f"{column} lies between {values[0]} and {values[-1]}: {value} has nothing on one side")
    if isinstance(value, int) and test in ("from_day", "until_day") and kind == "date":
        days = days_of(place, image)
        if days[-1] - days[0] <= 2000 and days[0] < value + (test == "until_day") <= days[-1]:
            return _window_at(pack, tool, place, days, value, test == "from_day")
        raise UsageError(f"{column} lies {days[0]} to {days[-1]} days from today: {value} is no deadline there")
    raise UsageError(f"{column} is {kind or 'no column'}, which cannot be tested by {test}")


def distance(bound: int, later: bool) -> str:
    """A day so many days from today, and the side of it, as a rule says them."""
    days = "1 day" if abs(bound) == 1 else f"{abs(bound)} days"
    where = "today" if bound == 0 else f"{days} {'ahead' if bound > 0 else 'back'}"
    return f"{where} or {'later' if later else 'earlier'}"


def _growth(
    pack: Pack, tool: ToolNode, place: Place, operator: Operator, condition: str, said: str, allowed: str, denied: str
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
    return Growth(operator, rule, arranged, (place.column,))


def _on_grid(pack: Pack, place: Place, values: Sequence[Any], value: int, most: bool) -> Any:
    """The bound that divides a column's values as `value` does and is like one of them."""
    if len(values) <= FEW or not all(isinstance(one, int) for one in values):
        return max(one for one in values if one <= value) if most else min(one for one in values if one >= value)
    apart = step(pack, place)
    over = (value - values[0]) % apart
    return value - over if most or not over else value - over + apart


def _nearing(nearest: int, farthest: int, apart: int) -> str:
    """SQL that draws a number of a grid between two, one draw in some the nearest."""
    if nearest == farthest:
        return str(nearest)
    among = _along(min(nearest, farthest), max(nearest, farthest), apart)
    return f"CASE draw(0, {BOUND - 1}) WHEN 0 THEN {nearest} ELSE {among} END"


def _along(first: int, last: int, apart: int) -> str:
    """SQL that draws a number of a grid."""
    return f"draw({first}, {last})" if apart == 1 else f"{first} + {apart} * draw(0, {(last - first) // apart})"


def _drawn(values: Sequence[Any]) -> str:
    """SQL that draws one of some values."""
    if len(values) == 1:
        return quoted(values[0])
    cases = " ".join(f"WHEN {at} THEN {quoted(value)}" for at, value in enumerate(values[:-1]))
    return f"CASE draw(0, {len(values) - 1}) {cases} ELSE {quoted(values[-1])} END"


def days_of(place: Place, image: Image) -> list[int]:
    """The different days of a column, from today, in order."""
    query = f'SELECT DISTINCT days_until("{place.name}") FROM "{place.table}" ORDER BY 1'
    return [int(day) for (day,) in image.query(query)]
