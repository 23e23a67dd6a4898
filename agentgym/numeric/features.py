"""From what is known to numbers: the observation of the assistant's seat, float32 with entries in [-1, 1]."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from agentgym.numeric.binding import total
from agentgym.numeric.choices import Sum
from agentgym.numeric.codes import DATES, DAY, MONEY, NUMBERS, TIMES, Array, Thermometer, day_of, minute_of
from agentgym.numeric.focus import SLOTS, Candidate, Focus
from agentgym.numeric.memory import Memory
from agentgym.numeric.shape import Column, Shape, Table
from agentgym.types import Scalar

__all__ = ["CODES", "Features"]

CODES = (
    "", "not_found", "conflict", "forbidden", "invalid", "limit", "unavailable", "rate_limited", "permission_denied",
    "partial",
)  # fmt: skip
"""What the last call gave: a result (the empty code) or an error."""
_LAST = ("call", "ask", "confirm", "tell", "refuse", "request", "inform", "finish")
_MOST_PAIRS = 64
_THERMOMETERS = {"number": NUMBERS, "money": MONEY, "date": DATES, "datetime": TIMES}
_HEAD = 5


class _Coded:
    """A column's code at its place: of a candidate's cell."""

    def __init__(self, column: Column, at: int) -> None:
        self.column, self.at = column, at
        self.places: dict[Scalar, int] = {value: i for i, value in enumerate(column.values)}
        self.thermometer: Thermometer | None = _THERMOMETERS.get(column.type)
        if self.places:
            self.thermometer = None
        self.size = self.thermometer.size if self.thermometer else len(column.values) + 1 if column.values else 0

    def put(self, out: Array, value: Scalar, now: int) -> None:
        if self.thermometer is not None:
            out[self.at : self.at + self.size] = self.thermometer.code(_number(value, self.column.type, now))
        else:
            out[self.at + self.places.get(value, self.size - 1)] = 1.0


class _Block:
    """The entries of one table: how many rows, its candidates, and sums of a day and a number of days."""

    def __init__(self, table: Table, at: int, slots: int) -> None:
        self.table, self.at = table, at
        at += 2
        self.heads: list[tuple[int, list[_Coded]]] = []
        for place in range(slots):
            start = at
            at += _HEAD
            coded: list[_Coded] = []
            for column in table.columns:
                found = _Coded(column, at)
                if found.size and (place == 0 or found.places):
                    coded.append(found)
                    at += found.size
            self.heads.append((start, coded))
        days = [c.id for c in table.columns if c.type == "date" and slots]
        spans = [c.id for c in table.columns if c.type == "number" and "day" in c.name]
        self.spans: list[tuple[str, str, int]] = []
        for day in days:
            for span in spans:
                self.spans.append((day, span, at))
                at += DATES.size
        self.end = at

    def put(self, out: Array, count: int, found: list[Candidate], now: int) -> None:
        out[self.at : self.end] = 0.0
        if not found:
            return
        out[self.at] = 1.0
        out[self.at + 1] = min(count, 10) / 10.0
        for candidate, (start, coded) in zip(found, self.heads, strict=False):
            cells = candidate.cells
            out[start] = 1.0
            out[start + 1] = min(candidate.same, 3) / 3.0
            out[start + 2] = min(candidate.other, 3) / 3.0
            out[start + 3] = min(candidate.linked, 3) / 3.0
            out[start + 4] = min(candidate.unlinked, 3) / 3.0
            for one in coded:
                if one.column.id in cells:
                    one.put(out, cells[one.column.id], now)
        first = found[0].cells
        for day, span, at in self.spans:
            start_day, days = day_of(first.get(day)), first.get(span)
            if start_day is not None and isinstance(days, int | float):
                out[at : at + DATES.size] = DATES.code(start_day + days - now // DAY)


class Features:
    """The layout of a pack's observations.

    `lists` are the tables whose candidates choices tell apart, `sums` the sums that choices take.
    """

    def __init__(self, shape: Shape, requests: int, lists: Collection[str], sums: Sequence[Sum]) -> None:
        self.shape = shape
        self.names: dict[str, int] = {}
        self.tools = (*shape.reads, *shape.writes)
        at = 0
        for name, size in (
            ("request", requests), ("said", len(shape.facts) + len(shape.changes)), ("asked", len(shape.facts)),
            ("called", len(self.tools)), ("last_tool", len(self.tools)), ("last", len(_LAST)), ("code", len(CODES)),
            ("proposed", len(shape.writes)), ("affirmed", len(shape.writes)), ("requested", len(shape.hands)),
            ("reported", len(shape.hands)), ("refused", len(shape.rules)), ("state", 10),
        ):  # fmt: skip
            self.names[name] = at
            at += size
        self.dialogue = at
        self.blocks: list[_Block] = []
        filled = {shape.table_of.get(tool) for tool in (*shape.reads, *shape.hands)}
        for table in shape.tables:
            read = table.name in filled
            block = _Block(table, at, 0 if not read else SLOTS if table.name in lists else 1)
            self.blocks.append(block)
            at = block.end
        self.sums: list[tuple[Sum, Thermometer, int]] = []
        kinds = {column.id: column.type for table in shape.tables for column in table.columns}
        for one in sums:
            scale = MONEY if kinds[one.column] == "money" else NUMBERS
            self.sums.append((one, scale, at))
            at += scale.size
        self.pairs = _pairs(shape)
        self.pairs_at = at
        self.size = at + len(self.pairs)
        self._facts = {name: i for i, name in enumerate((*shape.facts, *shape.changes))}
        self._tools = {name: i for i, name in enumerate(self.tools)}
        self._writes = {name: i for i, name in enumerate(shape.writes)}
        self._rules = {name: i for i, name in enumerate(shape.rules)}
        self._hands = {name: i for i, name in enumerate(shape.hands)}

    def put_known(self, out: Array, memory: Memory, focus: Focus) -> None:
        """Write the entries that follow rows and facts."""
        for block in self.blocks:
            block.put(out, focus.count[block.table.name], focus.candidates[block.table.name], memory.now)
        for one, scale, at in self.sums:
            if memory.rows[one.table]:
                out[at : at + scale.size] = scale.code(total(one, memory))
        for i, (one, mine, other, theirs) in enumerate(self.pairs):
            a, b = focus.first(one), focus.first(other)
            if a is not None and b is not None:
                x, y = day_of(a.cells.get(mine)), day_of(b.cells.get(theirs))
                if x is not None and y is not None:
                    out[self.pairs_at + i] = float(np.sign(x - y)) if x != y else 0.5

    def put_dialogue(self, out: Array, memory: Memory, request: int, proposed: str, used: float, failed: float) -> None:
        """Write the entries of the dialogue. `used` and `failed` are shares of the limits of turns and errors."""
        names = self.names
        out[: self.dialogue] = 0.0
        out[names["request"] + request] = 1.0
        for name in memory.facts:
            if name in self._facts:
                out[names["said"] + self._facts[name]] = 1.0
        for name in memory.asked:
            out[names["asked"] + self._facts[name]] = 1.0
        for name in memory.calls:
            out[names["called"] + self._tools[name]] = 1.0
        if memory.last == "call":
            if memory.last_tool in self._tools:
                out[names["last_tool"] + self._tools[memory.last_tool]] = 1.0
            if memory.last_code in CODES:
                out[names["code"] + CODES.index(memory.last_code)] = 1.0
        if memory.last in _LAST:
            out[names["last"] + _LAST.index(memory.last)] = 1.0
        if proposed in self._writes:
            out[names["affirmed" if memory.affirmed else "proposed"] + self._writes[proposed]] = 1.0
        for name in memory.requested:
            out[names["requested"] + self._hands[name]] = 1.0
        for name in memory.reported:
            out[names["reported"] + self._hands[name]] = 1.0
        for name in memory.refused:
            out[names["refused"] + self._rules[name]] = 1.0
        state = names["state"]
        out[state : state + 10] = (
            used, failed, memory.affirmed, memory.conceded, memory.written is not None and not memory.told,
            memory.told, memory.news > 0, min(sum(memory.refused.values()), 4) / 4.0, memory.limited, bool(proposed),
        )  # fmt: skip


def _number(value: Scalar, kind: str, now: int) -> float | None:
    if kind == "date":
        day = day_of(value)
        return None if day is None else day - now // DAY
    if kind == "datetime":
        minute = minute_of(value)
        return None if minute is None else minute - now
    return value if isinstance(value, int | float) else None


def _pairs(shape: Shape) -> list[tuple[str, str, str, str]]:
    """Pairs of day columns of two tables, whose order may matter."""
    days = [(t.name, c.id) for t in shape.tables for c in t.columns if c.type in ("date", "datetime")]
    out = [(*a, *b) for i, a in enumerate(days) for b in days[i + 1 :] if a[0] != b[0]]
    return out[:_MOST_PAIRS]
