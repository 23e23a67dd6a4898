"""Numbers for typed values: each semantic type has one fixed code, with entries in [-1, 1].

Amounts, counts and moments are coded as thermometers over round thresholds (1, 2, 5, 10, ...; a day, a week, a year),
the same for every column of a type. An entry is 1 above its threshold, 0.5 at it and 0 below, so that "at least" and
"more than" can be told apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agentgym.types import Scalar
from agentgym.world.functions import minutes_of

__all__ = ["DATES", "MONEY", "NUMBERS", "TIMES", "Array", "Thermometer", "day_of", "minute_of"]

Array = NDArray[np.float32]


class Thermometer:
    """Codes a number as `size` entries in [0, 1]: one for each threshold, and a last one that says "no value"."""

    def __init__(self, thresholds: Sequence[float]) -> None:
        self.thresholds = list(thresholds)
        n = len(self.thresholds)
        self.size = n + 1
        place = np.arange(2 * n + 1)[:, None]
        code = np.clip((place - 2 * np.arange(n)[None, :]) / 2.0, 0.0, 1.0)
        self._codes = np.concatenate([code, np.zeros((2 * n + 1, 1))], axis=1).astype(np.float32)
        self.nothing = np.zeros(self.size, dtype=np.float32)
        self.nothing[-1] = 1.0

    def code(self, x: float | None) -> Array:
        """The code of `x`, float32 of shape `(size,)`; of None, the code of "no value"."""
        if x is None:
            return self.nothing
        return self._codes[bisect_left(self.thresholds, x) + bisect_right(self.thresholds, x)]


DAY = 1440
NUMBERS = Thermometer([0, 1, 2, 3, 5, 10, 20, 50, 100])
"""Counts and other plain numbers."""
MONEY = Thermometer([100 * unit for unit in (10, 20, 50, 100, 200, 500, 1000, 2000)])
"""Amounts, in minor units."""
DATES = Thermometer([-6575, -365, -90, -30, -7, -1, 0, 1, 2, 3, 7, 14, 30, 90, 365])
"""Whole days from today."""
TIMES = Thermometer([DAY * d for d in (-30, -7, -1)] + [0, 60, 240, 720] + [DAY * d for d in (1, 2, 3, 7, 14, 30)])
"""Minutes from now."""


@lru_cache(maxsize=65536)
def _minutes(moment: str) -> int | None:
    try:
        return minutes_of(moment)
    except ValueError:
        return None


def minute_of(value: Scalar) -> int | None:
    """A moment or day as minutes since 1970; None where it is neither."""
    return _minutes(value) if isinstance(value, str) else None


def day_of(value: Scalar) -> int | None:
    """A moment or day as whole days since 1970; None where it is neither."""
    minutes = minute_of(value)
    return None if minutes is None else minutes // DAY
