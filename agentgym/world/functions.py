"""The functions that content may call in SQL, all of them functions of the world alone.

They read a `Holder`, not the connection, so that a connection refers to its holder and nothing refers back: no
reference cycle, and one registration for as long as a connection lives in a pool.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import apsw

from agentgym.seeding import Stream, stream

__all__ = ["Holder", "from_minutes", "minutes_of", "register"]


class Holder:
    """What SQL functions see beside the tables: clock, id counters, the draw stream, the dialogue."""

    __slots__ = ("clock", "confirmed", "counters", "draws", "id_seed", "last", "made", "minutes", "told")

    def __init__(self, clock: str, id_seed: str) -> None:
        self.id_seed = id_seed
        self.counters: dict[str, int] = {}
        self.last = ""
        self.made: list[str] = []
        self.draws: Stream | None = None
        self.confirmed = False
        self.told: frozenset[str] | set[str] = frozenset()
        self.set_clock(clock)

    def set_clock(self, moment: str) -> None:
        self.clock, self.minutes = moment, minutes_of(moment)


@lru_cache(maxsize=65536)
def minutes_of(moment: str) -> int:
    """`YYYY-MM-DD HH:MM` or `YYYY-MM-DD` as minutes since 0001-01-01. Raises ValueError for anything else."""
    days = date.fromisoformat(moment[:10]).toordinal()
    if len(moment) == 10:
        return days * 1440
    if len(moment) != 16 or moment[10] != " " or moment[13] != ":":
        raise ValueError(f"not a moment `YYYY-MM-DD HH:MM`: {moment!r}")
    return days * 1440 + int(moment[11:13]) * 60 + int(moment[14:16])


def from_minutes(minutes: int) -> str:
    """The moment of so many minutes since 0001-01-01."""
    days, rest = divmod(minutes, 1440)
    return f"{date.fromordinal(days).isoformat()} {rest // 60:02d}:{rest % 60:02d}"


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


def _age(holder: Holder, born: str) -> int:
    today = holder.clock
    return int(today[:4]) - int(born[:4]) - (today[5:10] < born[5:10])


def _shift_days(moment: str, days: int) -> str:
    return from_minutes(minutes_of(moment) + days * 1440)[: len(moment)]


def register(db: apsw.Connection, holder: Holder) -> None:
    """Register every function on a connection, once."""

    def null_safe(name: str, count: int, function: Any) -> None:
        def call(*arguments: Any) -> Any:
            return None if None in arguments else function(*arguments)

        db.create_scalar_function(name, call, count)

    def draw(low: int, high: int) -> int:
        if holder.draws is None:
            raise ValueError("draw() is only for arrange")
        return holder.draws.between(low, high)

    db.create_scalar_function("now", lambda: holder.clock, 0)
    db.create_scalar_function("today", lambda: holder.clock[:10], 0)
    null_safe("minutes_until", 1, lambda moment: minutes_of(moment) - holder.minutes)
    null_safe("days_until", 1, lambda moment: minutes_of(moment[:10]) // 1440 - holder.minutes // 1440)
    null_safe("shift", 2, lambda moment, minutes: from_minutes(minutes_of(moment) + minutes))
    null_safe("shift_days", 2, _shift_days)
    null_safe("weekday", 1, lambda moment: date.fromisoformat(moment[:10]).isoweekday())
    null_safe("age", 1, lambda born: _age(holder, born))
    null_safe("new_id", 1, lambda prefix: _new_id(holder, prefix))
    db.create_scalar_function("last_id", lambda: holder.last, 0)
    null_safe("draw", 2, draw)
    db.create_scalar_function("confirmed", lambda: int(holder.confirmed), 0)
    null_safe("told", 1, lambda fact: int(fact in holder.told))
