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
from agentgym.world.changes import Moved, changes_of, changeset, order, settle
from agentgym.world.functions import Holder, from_minutes
from agentgym.world.image import Image, Pool, Warm, crowded, digested, fetch

__all__ = ["Net", "World", "merge"]

Net = dict[tuple[str, tuple[Scalar, ...]], tuple[dict[str, Scalar] | None, dict[str, Scalar] | None]]
"""Net changes by (table, key): what the changed cells were before and are after; None where there is no row."""


class World:
    """A world of one episode, made from an image.

    Reads go through `query`; writes through `begin`, `write`, then `commit` (which tells what changed) or `undo`. `net`
    is what has changed since the situation was set; `holder` is what SQL functions see. A world is no more than its
    situation, its log of changes and its holder: where many live, the connection that shows it is given back between
    calls (`rest`) and taken again (`wake`), so that thousands fit; a fork takes its own when it needs one.
    """

    __slots__ = (
        "_calling", "_closed", "_ids", "_log", "_names", "_pool", "_situation", "_warm", "holder", "image", "net",
    )  # fmt: skip

    def __init__(
        self,
        image: Image,
        situation: Iterable[Situation] = (),
        names: tuple[str | int, ...] = (),
        pool: Pool | None = None,
    ) -> None:
        self.image, self._pool = image, pool
        self._situation, self._names = tuple(situation), names
        self._log: list[list[Moved] | bytes] = []
        """What each call did to rows; as a change set once that was wanted."""
        self._ids: tuple[dict[str, int], int] = ({}, 0)
        self._calling = False
        self.net: Net = {}
        self.holder = Holder(image.clock, image.id_seed)
        self._closed = False
        self._warm: Warm | None = None
        self._show(self._take(), self.holder)
        self.rest()

    # --- the connection ---

    def _take(self) -> Warm:
        assert not self._closed, "this world is closed"
        warm = self._pool.take(self.image) if self._pool is not None else Warm(self.image)
        self._warm = warm.hold()
        return warm

    def _wake(self) -> Warm:
        """A connection that shows this world again."""
        return self._show(self._take(), Holder(self.image.clock, self.image.id_seed))

    def _show(self, warm: Warm, holder: Holder) -> Warm:
        """From the image to the present state: the situation, as `holder` sees it, and the log of changes."""
        warm.cell.holder = holder
        if self._situation:
            holder.draws = stream(*self._names, "arrange")
            try:
                for write in self._situation:
                    warm.budget.refill()
                    warm.cursor.execute(write.sql, write.values)
            except apsw.Error as error:
                self.close()
                raise TaskError(f"the situation cannot be set: {error}") from None
            holder.draws = None
        warm.budget.refill()
        for i, data in enumerate(self._log):  # what foreign keys did is in the data
            if not isinstance(data, bytes):
                data = self._log[i] = changeset(data, self.image.schema.tables)
            apsw.Changeset.apply(data, warm.db, flags=apsw.SQLITE_CHANGESETAPPLY_FKNOACTION)
        warm.cell.holder = self.holder
        return warm

    def wake(self) -> None:
        """Before several calls: have a connection until `rest`."""
        if self._warm is None:
            self._wake()

    def rest(self) -> None:
        """After a call: give the connection back where too many are open."""
        if crowded():
            self.release()

    def release(self) -> None:
        """Give the connection back; the next call takes one again."""
        warm, self._warm, self._calling = self._warm, None, False
        if warm is None:
            return
        if self._pool is not None:
            self._pool.give(warm)
        else:
            warm.close()

    def close(self) -> None:
        """Give the connection back. A closed world can be closed again; nothing else."""
        self._closed = True
        self.release()

    # --- reading ---

    @property
    def cursor(self) -> apsw.Cursor:
        """A cursor on the world as it is. Ask for it anew in every call."""
        return (self._warm or self._wake()).cursor

    @property
    def clock(self) -> str:
        """The moment it is in this world, `YYYY-MM-DD HH:MM`."""
        return self.holder.clock

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. Raises BudgetError when it takes too many operations."""
        warm = self._warm
        if warm is None:
            self._wake()
            try:
                return self.query(sql, values)
            finally:
                self.rest()
        warm.budget.refill()
        try:
            return fetch(warm.cursor.execute(sql, values))
        except apsw.InterruptError:
            raise BudgetError(f"a query took too many operations: {sql[:120]}") from None

    def scalar(self, sql: str, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, None where there is none."""
        rows = self.query(sql, values)
        return rows[0][0] if rows else None

    def holds(self, sql: str, values: Mapping[str, Any]) -> bool | None:
        """Whether a predicate is true; None when it gives no row or NULL, or has no value for these arguments."""
        try:
            rows = self.query(sql, values)
        except (ValueError, TypeError, OverflowError, apsw.SQLError, apsw.TooBigError):
            return None
        value = rows[0][0] if rows else None
        return None if value is None else bool(value)

    def refill(self) -> None:
        """Start a read call: a full budget of operations."""
        (self._warm or self._wake()).budget.refill()

    # --- writing ---

    def begin(self) -> None:
        """Start a call: all that follows is kept by `commit` or forgotten by `undo`."""
        warm, holder = self._warm or self._wake(), self.holder
        self._ids = (dict(holder.counters), len(holder.made))
        holder.last = ""
        warm.cursor.execute("SAVEPOINT call")
        self._calling, warm.watch.rows = True, []
        warm.budget.refill()

    def write(self, sql: str, values: Mapping[str, Any]) -> None:
        """Run one write inside a call. Raises apsw.ConstraintError and BudgetError; the caller then undoes."""
        try:
            self.cursor.execute(sql, values).fetchall()  # to its end, RETURNING or not
        except apsw.InterruptError:
            raise BudgetError(f"a write took too many operations: {sql[:120]}") from None
        except apsw.FullError:
            raise BudgetError(f"a write made the world too large: {sql[:120]}") from None

    def commit(self) -> tuple[Change, ...]:
        """Keep the call; its row changes, in the order of table and key."""
        warm = self._warm
        assert warm is not None and self._calling, "commit without begin"  # noqa: PT018
        rows, warm.watch.rows = warm.watch.rows, None
        self._calling = False
        warm.cursor.execute("RELEASE call")
        tables = self.image.schema.tables
        moved = settle(rows, tables) if rows else None
        if not moved:
            return ()
        self._log.append(moved)
        changes = changes_of(moved, tables)
        for change in changes:
            merge(self.net, change)
        return changes

    def undo(self) -> None:
        """Forget the call, the ids it made included."""
        warm, holder = self._warm, self.holder
        assert warm is not None, "undo without begin"
        self._calling, warm.watch.rows = False, None
        counters, made = self._ids
        holder.counters, holder.last = counters, ""
        del holder.made[made:]
        if warm.db.in_transaction:
            warm.cursor.execute("ROLLBACK TO call")
            warm.cursor.execute("RELEASE call")
        else:  # SQLite gave up the whole transaction: a write was interrupted, or the world was full
            self.release()

    def wait(self, minutes: int) -> None:
        """Move the clock forward."""
        self.holder.set_clock(from_minutes(self.holder.minutes + minutes))

    # --- fork, digest ---

    def fork(self) -> World:
        """An independent world in the same state, clock, ids and pending changes included."""
        assert not self._calling, "fork inside a call"
        assert not self._closed, "this world is closed"
        twin = World.__new__(World)
        twin.image, twin._pool, twin._situation, twin._names = self.image, self._pool, self._situation, self._names
        twin._log, twin.net, twin.holder = list(self._log), dict(self.net), self.holder.fork()
        twin._ids, twin._calling, twin._closed, twin._warm = ({}, 0), False, False, None
        return twin

    def changes(self) -> tuple[Change, ...]:
        """Net changes since the situation was set, in the order of table and key."""
        found = [Change(table, key, before, after) for (table, key), (before, after) in self.net.items()]
        return tuple(sorted(found, key=order))

    def digest(self) -> str:
        """SHA-256 over all rows in an order of their own, numbers by value, with clock and id counters.

        Two worlds with equal rows have equal digests however they came to be.
        """
        out, slept = hashlib.sha256(), self._warm is None
        touched = (self._warm or self._wake()).watch.touched
        for name, table in self.image.schema.tables.items():
            if name in touched:
                out.update(digested(table, self.query(table.everything, {})))
            else:
                out.update(self.image.digested(name))
        if slept:
            self.rest()
        counters = sorted(self.holder.counters.items())
        out.update(msgspec.json.encode([self.clock, counters]))
        return out.hexdigest()


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
