"""The grid that a column's values lie on, so that what is arranged looks like what was there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import gcd
from typing import Any

from agentgym.pack import Pack
from agentgym.world import Image

__all__ = ["first_worlds", "reach", "rounded", "samples", "step_of"]

_MANY = 1000
"""Values of a column in a world that are looked at, at most."""
_PARTS = 8
"""Bounds are rounded to no more than one part in so many of the values' span."""
_NEAR, _LEAST = 5, 4
"""One value in so many is near to a bound on either side of it, and as many values as this at least."""


def first_worlds(pack: Pack) -> tuple[Image, ...]:
    """The worlds that say what a column's values are like."""
    return pack.image("train", 0), pack.image("train", 1), pack.image("test", 0)


def samples(pack: Pack, table: str, name: str) -> list[Any]:
    """Different values of a column in each of the first worlds, one world after the other."""
    query = f'SELECT DISTINCT "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL ORDER BY 1 LIMIT {_MANY}'
    return [value for world in first_worlds(pack) for (value,) in world.query(query)]


def step_of(numbers: Iterable[int]) -> int:
    """The greatest common divisor of the differences of whole numbers: 1 or more, 1 where all are one."""
    numbers = list(numbers)
    return gcd(*(number - numbers[0] for number in numbers)) or 1


def reach(values: Sequence[int], edge: int) -> tuple[int, int]:
    """The least and the greatest value that lie near to a bound between them: a fifth of the values on either side.

    Args:
        values: different ones, in order, on both sides of the edge.
        edge: the bound, or what is next to it: the first number above, whether it is a value or not.
    """
    at, near = bisect_left(values, edge), max(_LEAST, len(values) // _NEAR)
    return values[max(0, at - near)], values[min(len(values), at + near) - 1]


def rounded(bound: int, values: Sequence[int], step: int) -> int:
    """A round number near below a bound, on the same grid and above the least of the values; the bound itself where
    there is none.

    Args:
        bound: one of the grid.
        values: in order.
        step: of their grid. Round is a multiple of it that is one of 1, 2 or 5 times a power of ten.
    """
    most = (values[-1 - len(values) // 10] - values[len(values) // 10]) // _PARTS
    units = [digit * 10**power for power in range(len(str(max(most, 1)))) for digit in (1, 2, 5)]
    unit = max((unit for unit in units if unit <= most and unit % step == 0), default=step)
    found = bound // unit * unit
    return found if values[0] % step == 0 and found > values[0] else bound
