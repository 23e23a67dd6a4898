"""What an assistant knows: a typed memory of facts said and rows read, filled from the events of its view alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from agentgym.numeric.codes import minute_of
from agentgym.numeric.shape import Shape, bare
from agentgym.types import ASSISTANT, USER, Called, Event, Fact, Said, Scalar, result_rows
from agentgym.user.values import mentions

__all__ = ["Memory", "Refers", "Row"]

_RECOVERABLE = frozenset({"unavailable", "rate_limited", "permission_denied"})


Refers = Mapping[str, tuple[tuple[str, str], ...]]
"""Tool -> (argument, canonical column) of its arguments that refer to a column."""


class Row:
    """One remembered row: its cells by column id, and the arguments of the call that found it as `links`."""

    __slots__ = ("cells", "links", "place", "stamp")

    def __init__(self) -> None:
        self.cells: dict[str, Scalar] = {}
        self.links: dict[str, Scalar] = {}
        self.stamp = self.place = 0


class Memory:
    """Fill it with `take(event)`. With `blank`, results of tools leave no trace in it (a control for experiments).

    Of `facts`, the user's ledger, it keeps those that the user's words disclose, and looks at no other.
    """

    def __init__(
        self, shape: Shape, refers: Refers, facts: Mapping[str, Fact], clock: str, *, blank: bool = False
    ) -> None:
        self.shape, self._refers, self._facts, self.blank = shape, refers, facts, blank
        self._tables = {table.name: table for table in shape.tables}
        self._hand: Called | None = None
        self.now = minute_of(clock) or 0
        self.facts: dict[str, tuple[Fact, int]] = {}
        """Facts that the user said, with when: later ones have the greater number."""
        self.rows: dict[str, dict[object, Row]] = {table.name: {} for table in shape.tables}
        self.version = 0
        """Grows when something new is known."""
        self.epoch = 0
        """Grows when a call may answer otherwise than before: after a write or a wait."""
        self.done: dict[tuple[str, str], int] = {}
        """Calls that need no repeating -> the epoch they were made in."""
        self.calls: dict[str, int] = {}
        """Tool -> calls that gave a result."""
        self.asked: dict[str, int] = {}
        self.requested: dict[str, int] = {}
        self.reported: set[str] = set()
        self.refused: dict[str, int] = {}
        self.last = ""
        """What the last action was: `call`, or the kind of what was said."""
        self.last_tool, self.last_code = "", ""
        self.limited = False
        """A rate limit was met and nothing was waited for since."""
        self.written: Called | None = None
        """The last write that took effect."""
        self.told = False
        self.affirmed = self.conceded = False
        self.news = 0
        """Facts said in the user's last words."""
        self.heard = 0
        self._stamp = 0

    def take(self, event: Event) -> None:
        """Remember what an event of the assistant's view shows."""
        if isinstance(event, Said):
            if event.seat == USER:
                self._heard(event)
        elif isinstance(event, Called):
            if event.seat == ASSISTANT:
                self._called(event)
            elif event.error is None:
                self._hand = event

    def _heard(self, event: Said) -> None:
        self.heard += 1
        self.affirmed, self.conceded = event.affirms, event.concedes
        self.news = 0
        for name in event.facts:
            fact = self._facts.get(name)
            if fact is None:
                continue
            self.news += name not in self.facts
            self._stamp += 1
            self.facts[name] = (fact, self._stamp)
            self.version += 1
        if self._hand is not None:
            self._reported(self._hand, event.text)
            self._hand = None

    def _reported(self, event: Called, text: str) -> None:
        """What a tool of the user's showed, as far as it stands in the user's words."""
        table = self.shape.table_of.get(event.name)
        self.reported.add(event.name)
        if table is None or self.blank:
            return
        columns = {column.id: column for column in self._tables[table].columns}
        for row in result_rows(event.result):
            kept = {
                column: value
                for column, value in zip(self.shape.columns_of[event.name], row.values(), strict=True)
                if value is not None and mentions(text, value, columns[column].type)
            }
            if kept:
                self._put(table, kept, {}, 0)

    def _called(self, event: Called) -> None:
        self.last, self.last_tool = "call", event.name
        self.last_code = event.error or ""
        if event.error in _RECOVERABLE:
            self.limited = self.limited or event.error == "rate_limited"
            return
        if event.error is not None:
            self.done[(event.name, repr(event.arguments))] = self.epoch
            return
        result = event.result
        if isinstance(result, dict) and ("incomplete" in result or "cached" in result):
            self.last_code = "partial"
            result = cast(dict[str, Any], result).get("rows", [])
        else:
            self.done[(event.name, repr(event.arguments))] = self.epoch
        self.calls[event.name] = self.calls.get(event.name, 0) + 1
        if event.effect != "read" or event.changes:
            self.epoch += 1
            self.written, self.told = event, False
            self.done[(event.name, repr(event.arguments))] = self.epoch
        if event.name in self.shape.table_of and not self.blank:
            self._read(event, result)
        elif isinstance(result, dict) and "now" in result:
            self.now = minute_of(cast(dict[str, Any], result)["now"]) or self.now
            self.limited = False
            self.epoch += 1
            self.version += 1

    def _read(self, event: Called, result: Any) -> None:
        table, columns = self.shape.table_of[event.name], self.shape.columns_of[event.name]
        links = {
            column: event.arguments[name]
            for name, column in self._refers.get(event.name, ())
            if isinstance(event.arguments.get(name), str | int)
        }
        self._stamp += 1
        for place, row in enumerate(result_rows(result)):
            self._put(table, dict(zip(columns, row.values(), strict=True)), links, place)
        self.version += 1

    def _put(self, table: str, cells: dict[str, Scalar], links: dict[str, Scalar], place: int) -> None:
        key = self._tables[table].key
        rows = self.rows[table]
        name: object = cells.get(key) if key else tuple(cells.values())
        row = rows.get(name)
        if row is None:
            row = rows[name] = Row()
        row.cells.update(cells)
        row.links.update(links)
        row.stamp, row.place = self._stamp, place
        self.version += 1

    def matches(self, cells: Mapping[str, Scalar]) -> tuple[int, int]:
        """How many facts that the user said a row agrees with, and how many it contradicts."""
        same = other = 0
        groups: dict[str, bool] = {}
        for fact, _ in self.facts.values():
            found = _agrees(fact, cells)
            if found is not None:
                group = fact.column or fact.type
                groups[group] = groups.get(group, False) or found
        for agrees in groups.values():
            same += agrees
            other += not agrees
        return same, other


def _agrees(fact: Fact, cells: Mapping[str, Scalar]) -> bool | None:
    """Whether a row agrees with a fact; None where it says nothing about it."""
    value = fact.value
    if fact.column:
        return cells[fact.column] == value if fact.column in cells and cells[fact.column] is not None else None
    if fact.type in ("date", "datetime") and isinstance(value, str):
        moments = [cell for cell in cells.values() if isinstance(cell, str) and minute_of(cell) is not None]
        return any(cell[: len(value)] == value for cell in moments) if moments else None
    for column, cell in cells.items():
        if bare(column) == fact.name:
            return cell == value
    return None
