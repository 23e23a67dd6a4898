"""What works from a moment on that comes by itself: the guard that says so, and the situations before and after it."""

from __future__ import annotations

import re
from math import gcd
from typing import Any

from msgspec import Struct

from agentgym.bodies import WAIT
from agentgym.pack import Pack
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.grid import samples, step_of
from agentgym.world.functions import minutes_of

__all__ = ["MOST", "Opening", "opening_of"]

MOST = 60
"""Minutes that somebody is waited with, at most, whole hours: a call of `wait` takes up to 120."""
_BOUND = 4
"""One row in so many lies at a bound."""
_TODAY = 3
"""Of the other moments that are too far off, all but one in so many are of today, if its hours leave room."""
_DAY = 1440
"""Minutes."""
_GUARD = re.compile(
    r'\s*SELECT\s+(?:"?(?P<after>\w+)"?\s*<=\s*now\(\)|now\(\)\s*>=\s*"?(?P<before>\w+)"?)'
    r'\s+FROM\s+"?(?P<table>\w+)"?\s+WHERE\s+"?(?P<key>\w+)"?\s*=\s*:(?P<argument>\w+)\s*',
    re.IGNORECASE,
)  # fmt: skip


class Opening(Struct, frozen=True):
    """A guard of a tool: the moment in a column of the row that a call is about has come."""

    guard: str
    table: str
    name: str
    key: str
    argument: str
    """The tool's argument that is the key of the row."""
    wait: str
    """The tool that lets minutes pass."""
    step: int
    """Minutes that moments are apart at least, a divisor of an hour: 30 where all are at full and half hours."""
    first: int
    """The earliest of them in a day, in minutes from midnight."""
    last: int
    """The latest, whole steps after it."""

    @property
    def column(self) -> str:
        """`table.column`"""
        return f"{self.table}.{self.name}"

    def source(self, row: str) -> str:
        """FROM and WHERE of the row that is called "its", by SQL of its key."""
        return f'FROM "{self.table}" AS its WHERE its."{self.key}" = {row}'

    def moments(self, spread: str) -> tuple[str, str, str]:
        """SQL of a moment that is waited for, of one that has come, and of one that is too far off, each at its bound
        for one row in some: as near to it as the steps allow. Of the others, what has come did so since the first
        moment of the day, and what is too far off comes later today or at a time of tomorrow.

        Args:
            spread: SQL of a number that goes by the row.
        """
        step, within, number = self.step, MOST // self.step, f"{spread} / {_BOUND}"
        day = "(-minutes_until(today()))"  # minutes from midnight
        ahead = f"({step} - ({day} + {step - self.first % step}) % {step})"  # to the next moment of the grid
        gone = f"max(1, ({day} - {self.first}) / {step} + 1)"
        opens, closes, again = (  # steps to the hours of today, and to those of tomorrow
            f"({minutes} - {day} - {ahead}) / {step}" for minutes in (self.first, self.last, _DAY + self.first)
        )
        opens = f"max({within + 1}, {opens})"
        today = f"{opens} + {number} / {_TODAY} % ({closes} - {opens} + 1)"
        tomorrow = f"max({within}, {again} + {number} / {_TODAY} % {(self.last - self.first) // step + 1})"
        far = f"iif({number} % {_TODAY} AND {closes} > {within}, {today}, {tomorrow})"
        steps = (
            (within - 1, f"{within - 1} - {number} % {within}"),
            (-1, f"-1 - {number} % {gone}"),
            (within, far),
        )
        soon, passed, late = (
            f"shift(now(), {ahead} + {step} * CASE {spread} % {_BOUND} WHEN 0 THEN {bound} ELSE {other} END)"
            for bound, other in steps
        )
        return soon, passed, late

    def arranged(self, allowed: str, denied: str) -> Arranged:
        """The writes that give the row one moment or the other."""
        first, second = (
            (f'UPDATE "{self.table}" SET "{self.name}" = {moment} WHERE "{self.key}" = ${self.key}',)
            for moment in (allowed, denied)
        )
        return Arranged(first, second, ((self.key, f"{self.table}.{self.key}"),))

    def decided(self, row: str, minutes: str, done: list[dict[str, Any]]) -> dict[str, Any]:
        """The node by which something is done once the moment has come: `open` at once, `soon` after waiting.

        Args:
            row: the reference that gives the row's key.
            minutes: the name that the time to wait is known by.
        """
        source = self.source(row)
        return {
            "decide": {
                "sql": f"SELECT iif(its.\"{self.name}\" <= now(), 'open', 'soon') {source}",
                "because": f'SELECT its."{self.name}" {source}',
            },
            "cases": {
                "soon": [
                    {"let": {minutes: f'SELECT minutes_until(its."{self.name}") {source}'}},
                    {"call": self.wait, "with": {"minutes": f"${minutes}"}},
                    *done,
                ],
                "open": done,
            },
        }


def opening_of(pack: Pack, tool: str) -> Opening | None:
    """The guard of a tool that asks for a moment to have come, in the form `SELECT column <= now() FROM table WHERE
    key = :argument`. None where there is none, or no tool to wait with."""
    tools, schema = pack.domain.tools, pack.domain.schema.tables
    waits = [name for name, found in tools.items() if found.spec.python == WAIT]
    for guard in tools[tool].spec.require if waits else ():
        found = _GUARD.fullmatch(guard.sql)
        if found and found["table"] in schema and schema[found["table"]].key == (found["key"],):
            table, name = found["table"], found["after"] or found["before"]
            if pack.domain.types.get(f"{table}.{name}") == "datetime":
                grid = _grid(pack, table, name)
                return Opening(guard.sql, table, name, found["key"], found["argument"], waits[0], *grid)
    return None


def _grid(pack: Pack, table: str, name: str) -> tuple[int, int, int]:
    """How many minutes the moments of a column are apart at least, as a divisor of an hour, and the first and last of
    a day; each minute of it where there are none, or what is no moment."""
    try:
        minutes = [minutes_of(moment) for moment in samples(pack, table, name)]
    except (TypeError, ValueError):
        minutes = []
    if not minutes:
        return 1, 0, _DAY - 1
    times = [minute % _DAY for minute in minutes]
    return gcd(step_of(minutes), 60), min(times), max(times)
