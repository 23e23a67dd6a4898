"""One world: the SQLite database of one episode, what has changed in it, its clock and its ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import apsw
import msgspec

from agentgym.errors import BudgetError, TaskError
from agentgym.seeding import stream
from agentgym.types import Change, Scalar, Situation
from agentgym.world.functions import from_minutes
from agentgym.world.image import Image, Pool, Warm

__all__ = ["Net", "World", "merge"]

Net = dict[tuple[str, tuple[Scalar, ...]], tuple[dict[str, Scalar] | None, dict[str, Scalar] | None]]
"""Net changes by (table, key): what the changed cells were before and are after; None where there is no row."""

_NO_CHANGE = apsw.no_change


class World:
    """A world of one episode, made from an image.

    Reads go through `query`; writes through `begin`, `write`, then `commit` (which tells what changed) or `undo`. `net` is what
    has changed since the situation was set. A world is forked in mid-episode by replaying its few writes.
    """

    __slots__ = ("_log", "_names", "_pool", "_session", "_situation", "_warm", "cursor", "image", "net")

    def __init__(
        self,
        image: Image,
        situation: Iterable[Situation] = (),
        names: tuple[str | int, ...] = (),
        pool: Pool | None = None,
    ) -> None:
        self.image, self._pool = image, pool
        self._warm: Warm | None = pool.take(image) if pool is not None else Warm(image)
        self.cursor = self._warm.cursor
        self._situation, self._names = tuple(situation), names
        self._log: list[bytes] = []
        self._session: apsw.Session | None = None
        self.net: Net = {}
        if self._situation:
            self._set_situation()

    # --- reading ---

    @property
    def holder(self) -> Any:
        """What SQL functions see: clock, counters, dialogue."""
        assert self._warm is not None, "this world is closed"
        return self._warm.holder

    @property
    def clock(self) -> str:
        """The moment it is in this world, `YYYY-MM-DD HH:MM`."""
        return self.holder.clock

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. Raises BudgetError when it takes too many operations."""
        assert self._warm is not None, "this world is closed"
        self._warm.budget.refill()
        try:
            return self.cursor.execute(sql, values).fetchall()
        except apsw.InterruptError:
            raise BudgetError(f"a query took too many operations: {sql[:120]}") from None

    def scalar(self, sql: str, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, None where there is none."""
        rows = self.query(sql, values)
        return rows[0][0] if rows else None

    def holds(self, sql: str, values: Mapping[str, Any]) -> bool | None:
        """Whether a predicate is true; None when it gives no row or NULL."""
        value = self.scalar(sql, values)
        return None if value is None else bool(value)

    # --- writing ---

    def begin(self) -> None:
        """Start a call: all that follows is kept by `commit` or forgotten by `undo`."""
        assert self._warm is not None, "this world is closed"
        self.cursor.execute("SAVEPOINT call")
        self._session = apsw.Session(self._warm.db, "main")
        self._session.attach()
        self._warm.budget.refill()

    def write(self, sql: str, values: Mapping[str, Any]) -> None:
        """Run one write inside a call. Raises apsw.ConstraintError and BudgetError; the caller then undoes."""
        try:
            self.cursor.execute(sql, values)
        except apsw.InterruptError:
            raise BudgetError(f"a write took too many operations: {sql[:120]}") from None

    def commit(self) -> tuple[Change, ...]:
        """Keep the call; its row changes, in the order of table and key."""
        assert self._session is not None, "commit without begin"
        data = self._session.changeset()
        self._session.close()
        self._session = None
        self.cursor.execute("RELEASE call")
        if not data:
            return ()
        self._log.append(data)
        changes = self._read(data)
        for change in changes:
            merge(self.net, change)
        return changes

    def undo(self) -> None:
        """Forget the call."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self.cursor.execute("ROLLBACK TO call")
        self.cursor.execute("RELEASE call")

    def wait(self, minutes: int) -> None:
        """Move the clock forward."""
        self.holder.set_clock(from_minutes(self.holder.minutes + minutes))

    def _read(self, data: bytes) -> tuple[Change, ...]:
        tables = self.image.schema.tables
        out: list[Change] = []
        for item in apsw.Changeset.iter(data):
            table = tables[item.name]
            columns = tuple(table.columns)
            old, new = item.old, item.new
            values: Any = old if old is not None else new
            key = tuple(values[columns.index(column)] for column in table.key)
            out.append(Change(item.name, key, _cells(columns, old), _cells(columns, new)))
        out.sort(key=_order)
        return tuple(out)

    # --- situation, fork, digest ---

    def _set_situation(self) -> None:
        holder = self.holder
        holder.draws = stream(*self._names, "arrange")
        try:
            for write in self._situation:
                self._warm.budget.refill()  # pyright: ignore[reportOptionalMemberAccess]
                self.cursor.execute(write.sql, write.values)
        except apsw.Error as error:
            self.close()
            raise TaskError(f"the situation cannot be set: {error}") from None
        holder.draws = None

    def fork(self) -> World:
        """An independent world in the same state, clock, ids and pending changes included."""
        assert self._session is None, "fork inside a call"
        twin = World(self.image, self._situation, self._names, self._pool)
        assert twin._warm is not None
        for data in self._log:
            apsw.Changeset.apply(data, twin._warm.db)
        twin._log = list(self._log)
        twin.net = dict(self.net)
        mine, its = self.holder, twin.holder
        its.counters, its.last, its.made = dict(mine.counters), mine.last, list(mine.made)
        its.clock, its.minutes, its.confirmed, its.told = mine.clock, mine.minutes, mine.confirmed, mine.told
        return twin

    def changes(self) -> tuple[Change, ...]:
        """Net changes since the situation was set, in the order of table and key."""
        found = [Change(table, key, before, after) for (table, key), (before, after) in self.net.items()]
        return tuple(sorted(found, key=_order))

    def digest(self) -> str:
        """SHA-256 over all rows in an order of their own, numbers by value, with clock and id counters.

        Two worlds with equal rows have equal digests however they came to be.
        """
        out = hashlib.sha256()
        for name, table in self.image.schema.tables.items():
            order = ", ".join(f'"{column}"' for column in table.key)
            columns = ", ".join(f'"{column}"' for column in table.columns)
            rows = self.query(f'SELECT {columns} FROM "{name}" ORDER BY {order}', {})
            out.update(name.encode() + b"\x00")
            out.update(msgspec.json.encode([[_number(cell) for cell in row] for row in rows]))
        counters = sorted(self.holder.counters.items())
        out.update(msgspec.json.encode([self.clock, counters]))
        return out.hexdigest()

    def close(self) -> None:
        """Give the connection back. A closed world can be closed again; nothing else."""
        warm, self._warm = self._warm, None
        if self._session is not None:
            self._session.close()
            self._session = None
        if warm is None:
            return
        if self._pool is not None:
            self._pool.give(warm)
        else:
            warm.close()


def merge(net: Net, change: Change) -> None:
    """Add one row change to net changes; a row that is as it was drops out."""
    spot = (change.table, change.key)
    if spot not in net:
        net[spot] = (change.before, change.after)
        return
    first, _ = net[spot]
    last = change.after
    if first is None and last is None:
        del net[spot]
        return
    if first is None:
        _, prior = net[spot]
        net[spot] = (None, {**(prior or {}), **(last or {})})
        return
    if last is None:
        net[spot] = ({**(change.before or {}), **first}, None)
        return
    _, prior = net[spot]
    before, after = {**(change.before or {}), **first}, {**(prior or first), **last}
    moved = [column for column in after if after[column] != before.get(column)]
    if moved:
        net[spot] = ({c: before.get(c) for c in moved}, {c: after[c] for c in moved})
    else:
        del net[spot]


def _cells(columns: tuple[str, ...], values: tuple[Any, ...] | None) -> dict[str, Scalar] | None:
    if values is None:
        return None
    return {c: v for c, v in zip(columns, values, strict=True) if v is not _NO_CHANGE}


def _order(change: Change) -> tuple[str, str]:
    return change.table, msgspec.json.encode(change.key).decode()


def _number(cell: Scalar) -> Scalar:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
