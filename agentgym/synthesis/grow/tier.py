"""Rules of two cells: how far a number, an amount or a day may go depends on a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import ToolNode
from agentgym.synthesis.grid import reach, rounded
from agentgym.synthesis.grow.cells import days_of, distance
from agentgym.synthesis.grow.growth import (
    BOUND,
    FEW,
    Growth,
    Place,
    chosen,
    measure,
    quoted,
    side_of,
    spread,
    step,
    values_of,
)
from agentgym.synthesis.grow.words import deed, noun
from agentgym.tool import RuleSpec

__all__ = ["tier"]

_KINDS = 3
"""Kinds of twins, each on one row in so many: both of the tier, both of another one, and one of each. In the first two
the number decides, in the last the tier: so neither cell tells alone what is right on more than two rows in three."""


class _Zones(Struct, frozen=True):
    """SQL of a value that everybody may have, only one tier, and nobody, and the two bounds in SQL and in words."""

    all: str
    some: str
    none: str
    bounds: tuple[int | float, int | float]
    """For everybody else, and for the tier."""
    said: tuple[str, str]
    operator: str


def tier(pack: Pack, tool: ToolNode, measured: Place, graded: Place, chance: Stream) -> Growth | None:
    """A limit on one cell that is wider where another cell holds one of its values; None where there are too few
    values on either side."""
    grades = values_of(pack.image("train", 0), graded.table, graded.name)
    if measured.name == graded.name or not 2 <= len(grades) <= FEW or not all(isinstance(one, str) for one in grades):
        return None
    number = spread(f"${_parameters(measured, graded)[0]}")
    zones = _zones(pack, measured, chance, number)
    if zones is None:
        return None
    right = chance.choice(grades)
    wrong = [grade for grade in grades if grade != right]
    value, grade = (f'(SELECT its."{place.name}" {place.source})' for place in (measured, graded))
    tested = f"days_until({value})" if pack.domain.types[measured.column] == "date" else value
    few, many = zones.bounds
    bound = f"CASE {grade} WHEN {quoted(right)} THEN {many} ELSE {few} END"
    whose, whoever = (
        f"the {noun(pack, place.table)}'s {pack.domain.label(place.name)}" for place in (measured, graded)
    )
    rule = RuleSpec(
        id=f"{tool.name}_{measured.name}_by_{graded.name}",
        say=f"You may {deed(pack, tool.name)} only if {whose} {zones.said[0]}, or {zones.said[1]} where {whoever} is "
        f"{right.replace('_', ' ')}.",
        allowed=f"SELECT {tested} {zones.operator} {bound}",
        tool=tool.name,
        because=f'SELECT {value} AS "{measured.name}", {grade} AS "{graded.name}"',
    )
    return Growth("tier", rule, _arranged(measured, graded, zones, right, wrong), (measured.column, graded.column))


def _arranged(measured: Place, graded: Place, zones: _Zones, right: str, wrong: Sequence[str]) -> Arranged:
    """The same value that only the tier may have, with the tier one way or the other; on most rows the same tier, and
    the value on either side of its bound."""
    one, other = _parameters(measured, graded)
    same = f"{spread(f'${one}')} / 7 % {_KINDS}"  # 0: the tier, 1: another one
    others = chosen(wrong, spread(f"${other}"))
    sides = (
        (f"CASE {same} WHEN 1 THEN {others} ELSE {quoted(right)} END",
         f"CASE {same} WHEN 1 THEN {zones.all} ELSE {zones.some} END"),
        (f"CASE {same} WHEN 0 THEN {quoted(right)} ELSE {others} END",
         f"CASE {same} WHEN 0 THEN {zones.none} ELSE {zones.some} END"),
    )  # fmt: skip
    legal, illegal = (
        (
            f'UPDATE "{graded.table}" SET "{graded.name}" = {grade} WHERE "{graded.key}" = ${other}',
            f'UPDATE "{measured.table}" SET "{measured.name}" = {value} WHERE "{measured.key}" = ${one}',
        )
        for grade, value in sides
    )
    needs = {one: f"{measured.table}.{measured.key}", other: f"{graded.table}.{graded.key}"}
    return Arranged(legal, illegal, tuple(needs.items()))


def _parameters(measured: Place, graded: Place) -> tuple[str, str]:
    """What the keys of the two rows are called in writes."""
    if measured.table != graded.table and measured.key == graded.key:
        return measured.key, f"{graded.table}_{graded.key}"
    return measured.key, graded.key


def _zones(pack: Pack, place: Place, chance: Stream, number: str) -> _Zones | None:
    image, kind = pack.image("train", 0), pack.domain.types.get(place.column, "")
    if kind == "date":
        values: list[Any] = days_of(place, image)
        fits = len(values) >= 9 and values[-1] - values[0] <= 2000  # dates of birth are no deadlines
    else:
        values = values_of(image, place.table, place.name)
        whole = all(isinstance(value, int) for value in values)
        fits = len(values) >= 3 and (whole or (kind == "number" and len(values) <= FEW)) and values[0] >= 0
    if not fits:
        return None
    least = max(1, len(values) // 5)  # of the values, a fifth or more in each zone
    first = chance.between(least, len(values) - 2 * least)
    second = chance.between(first + least, len(values) - least)
    side = (side_of(pack, place) if kind != "date" else None) or chance.choice(("at_most", "at_least"))
    most = side == "at_most"
    lower, upper = (values[at - 1 if most else at] for at in (first, second))
    if kind == "money" and most and lower == 0:  # nothing at all is no limit
        return None
    if kind != "date" and len(values) <= FEW:
        parts = values[:first], values[first:second], values[second:]
        low, middle, high = (chosen(part, number) for part in parts)
    else:
        apart = 1
        if kind != "date":
            apart = step(pack, place)
            near = rounded(lower, values, apart), rounded(upper, values, apart)
            lower, upper = near if near[0] < near[1] else (lower, upper)
        first, second = (lower + apart, upper + apart) if most else (lower, upper)
        below, above = first - apart, second - apart
        low = _near(reach(values, first)[0], below, (below,), apart, number)
        middle = _near(first, above, (first, above), apart, number)
        high = _near(second, reach(values, second)[1], (second,), apart, number)
        if kind == "date":
            low, middle, high = (f"shift_days(today(), {day})" for day in (low, middle, high))
    bounds = (lower, upper) if most else (upper, lower)
    if kind == "date":
        said = (f"lies {distance(bounds[0], not most)}", f"lies {distance(bounds[1], not most)}")
    else:
        side = "at most" if most else "at least"
        said = (f"is {side} {measure(bounds[0], kind)}", f"{side} {measure(bounds[1], kind)}")
    every, nobody = (low, high) if most else (high, low)
    return _Zones(every, middle, nobody, bounds, said, "<=" if most else ">=")


def _near(first: int, last: int, bounds: Sequence[int], apart: int, number: str) -> str:
    """SQL that takes a number of a grid, from the first to the last, by a number; one in some is at each of the
    bounds."""
    cases = " ".join(f"WHEN {at} THEN {bound}" for at, bound in enumerate(bounds))
    among = f"{first} + {apart} * ({number} / {BOUND} % {(last - first) // apart + 1})"
    return f"CASE {number} % {BOUND} {cases} ELSE {among} END"
