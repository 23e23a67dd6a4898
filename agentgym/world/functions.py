"""The functions that content may call in SQL, all of them functions of the world alone.

They read the `Holder` in a `Cell`, not the connection, so that a connection refers to its cell and nothing refers back:
no reference cycle, and one registration for as long as a connection lives in a pool, whichever world it serves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

import apsw

from agentgym.seeding import Stream, stream
from agentgym.world.index import search_words

__all__ = ["Cell", "Holder", "from_days", "from_minutes", "minutes_of", "register"]


class Holder:
    """What SQL functions see beside the tables: clock, id counters, the draw stream, the dialogue."""

    __slots__ = (
        "began",
        "clock",
        "confirmed",
        "counters",
        "days",
        "draws",
        "id_seed",
        "last",
        "made",
        "minutes",
        "today",
        "told",
    )

    def __init__(self, clock: str, id_seed: str) -> None:
        self.id_seed = id_seed
        self.counters: dict[str, int] = {}
        self.last = ""
        self.made: list[str] = []
        self.draws: Stream | None = None
        self.confirmed = False
        self.told: frozenset[str] | set[str] = frozenset()
        self.began = clock
        self.set_clock(clock)

    def set_clock(self, moment: str) -> None:
        self.clock, self.minutes, self.today = moment, minutes_of(moment), moment[:10]
        self.days = self.minutes // 1440

    def fork(self) -> Holder:
        """An independent copy; `told` is shared until its owner gives another."""
        twin = Holder.__new__(Holder)
        twin.id_seed, twin.began = self.id_seed, self.began
        twin.clock, twin.minutes, twin.today, twin.days = self.clock, self.minutes, self.today, self.days
        twin.counters, twin.made, twin.last = dict(self.counters), list(self.made), self.last
        twin.draws, twin.confirmed, twin.told = None, self.confirmed, self.told
        return twin


class Cell:
    """Where the functions of a connection find the holder: that of the world which has the connection."""

    __slots__ = ("holder",)

    def __init__(self, holder: Holder) -> None:
        self.holder = holder


@lru_cache(maxsize=65536)
def minutes_of(moment: str) -> int:
    """`YYYY-MM-DD HH:MM` or `YYYY-MM-DD` as minutes since 0001-01-01. Raises ValueError for anything else."""
    days = date.fromisoformat(moment[:10]).toordinal()
    if len(moment) == 10:
        return days * 1440
    if len(moment) != 16 or moment[10] != " " or moment[13] != ":":
        raise ValueError(f"not a moment `YYYY-MM-DD HH:MM`: {moment!r}")
    return days * 1440 + int(moment[11:13]) * 60 + int(moment[14:16])


@lru_cache(maxsize=65536)
def _days_of(day: str) -> int:
    return minutes_of(day) // 1440


def from_minutes(minutes: int) -> str:
    """The moment of so many minutes since 0001-01-01."""
    days, rest = divmod(minutes, 1440)
    return f"{from_days(days)} {rest // 60:02d}:{rest % 60:02d}"


@lru_cache(maxsize=65536)
def from_days(days: int) -> str:
    """The day of so many days since 0000-12-31."""
    return date.fromordinal(days).isoformat()


@lru_cache(maxsize=4096)
def _id_walk(id_seed: str, prefix: str) -> tuple[int, int]:
    """Start and step of a walk through all numbers below 100,000: the step shares no factor with 10."""
    source = stream("new_id", id_seed, prefix)
    step = 2 * source.below(50_000) + 1
    return source.below(100_000), step + 2 if step % 5 == 0 else step


def _new_id(holder: Holder, prefix: str) -> str:
    start, step = _id_walk(holder.id_seed, prefix)
    count = holder.counters.get(prefix, 0)
    holder.counters[prefix] = count + 1
    holder.last = f"{prefix}9{(start + count * step) % 100_000:05d}"
    holder.made.append(holder.last)
    return holder.last


@lru_cache(maxsize=65536)
def _age(today: str, born: str) -> int:
    return int(today[:4]) - int(born[:4]) - (today[5:] < born[5:])


# All functions give NULL for NULL. `typed`: 1 is not 1.0. What is remembered is short: longer texts are no moments.


@lru_cache(maxsize=16384, typed=True)
def _shift(moment: str | None, minutes: int | None) -> str | None:
    return None if moment is None or minutes is None else from_minutes(minutes_of(moment) + minutes)


@lru_cache(maxsize=16384, typed=True)
def _shift_days(moment: str | None, days: int | None) -> str | None:
    if moment is None or days is None:
        return None
    return from_minutes(minutes_of(moment) + days * 1440)[: len(moment)]


def _weekday(moment: str | None) -> int | None:
    return None if moment is None else date.fromisoformat(moment[:10]).isoweekday()


def _of(cell: Cell) -> dict[tuple[str, int], Callable[..., Any]]:
    """(name, number of arguments) -> function."""

    def minutes_until(moment: str | None) -> int | None:
        return None if moment is None else minutes_of(moment) - cell.holder.minutes

    def days_until(moment: str | None) -> int | None:
        return None if moment is None else _days_of(moment[:10]) - cell.holder.days

    def age(born: str | None) -> int | None:
        return None if born is None else _age(cell.holder.today, born[:10])

    def draw(low: int | None, high: int | None) -> int | None:
        if low is None or high is None:
            return None
        draws = cell.holder.draws
        if draws is None:
            raise ValueError("draw() is only for arrange")
        return draws.between(low, high)

    def new_id(prefix: str | None) -> str | None:
        return None if prefix is None else _new_id(cell.holder, prefix)

    def now() -> str:
        return cell.holder.clock

    def began() -> str:
        return cell.holder.began

    def today() -> str:
        return cell.holder.today

    def last_id() -> str:
        return cell.holder.last

    def confirmed() -> int:
        return int(cell.holder.confirmed)

    def told(fact: str | None) -> int | None:
        return None if fact is None else int(fact in cell.holder.told)

    return {
        ("now", 0): now, ("began", 0): began, ("today", 0): today,
        ("minutes_until", 1): minutes_until, ("days_until", 1): days_until,
        ("shift", 2): _shift, ("shift_days", 2): _shift_days, ("weekday", 1): _weekday, ("age", 1): age,
        ("new_id", 1): new_id, ("last_id", 0): last_id, ("draw", 2): draw, ("confirmed", 0): confirmed,
        ("told", 1): told, ("search_words", 1): search_words,
    }  # fmt: skip


_STILL = frozenset({"now", "began", "today"})
"""Functions of no argument that stay the same throughout a statement: SQLite need not call them for every row."""


def register(db: apsw.Connection, cell: Cell) -> None:
    """Register every function on a connection, once."""
    for (name, count), function in _of(cell).items():
        db.create_scalar_function(name, function, count, deterministic=name in _STILL)
