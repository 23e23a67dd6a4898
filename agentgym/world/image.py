"""Images and pools: a populated world is built once, copied for every episode, and kept warm between episodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from time import thread_time
from typing import Any
from weakref import WeakSet

import apsw
import msgspec

from agentgym.errors import BudgetError, PackError
from agentgym.types import Scalar
from agentgym.world.changes import Watch
from agentgym.world.functions import Cell, Holder, register
from agentgym.world.population import populate
from agentgym.world.schema import Schema, Table, read_schema

__all__ = ["Image", "Pool", "Warm", "blank", "build", "crowded", "digested", "fetch", "open_connection"]

OPERATIONS = 400_000
"""SQLite operations that one statement of content may take at run time (about 4 ms)."""
BUILD_OPERATIONS = 20_000_000
"""The same for populating a world."""
SECONDS = 20.0
"""Processor time that one statement at run time, or populating a world, may take at most."""
MAX_VALUE = 200_000
"""Bytes of one value."""
PAGE = 2048
"""Bytes of a page: small tables waste less of it."""
MAX_BYTES = 64 << 20
"""Bytes that a world may grow to."""
LIVE = 256
"""Worlds of this process that hold a connection, beyond which a world gives its own back when it is not in a call."""
CONNECTIONS = 400
"""Connections of this process, held and idle, beyond which no pool keeps another."""
_STEP = 1000
_CHUNK = 200
_VFS = "agentgym-no-clock"


class _NoClock(apsw.VFS):
    """SQLite's own clock stands still: date('now') is NULL in every world."""

    def __init__(self) -> None:
        super().__init__(_VFS, "")

    def xCurrentTime(self) -> float:
        return 0.0

    def xCurrentTimeInt64(self) -> int:
        return 0


_vfs: list[_NoClock] = []


class Budget:
    """Counts SQLite operations in steps of 1,000 and interrupts a statement that takes too many.

    One operation may be a function on a long text: what takes more than `SECONDS` of its thread's processor time is
    stopped as well, as a last resort that honest content is a thousand times below. Time on a clock would make a
    process that is starved or suspended fail.
    """

    __slots__ = ("left", "since", "size")

    def __init__(self, operations: int) -> None:
        self.size = self.left = operations // _STEP
        self.since = 0.0

    def __call__(self) -> bool:
        if self.left == self.size:
            self.since = thread_time()
        self.left -= 1
        return self.left < 0 or thread_time() - self.since > SECONDS

    def refill(self) -> None:
        self.left = self.size


def open_connection(budget: Budget) -> apsw.Connection:
    """A new in-memory database, bounded: values of at most 200 KB, 64 MB in all, no attached databases, no clock."""
    if not _vfs:
        _vfs.append(_NoClock())
    db = apsw.Connection(":memory:", vfs=_VFS, statementcachesize=200)
    db.limit(apsw.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    db.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, 20_000)
    db.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    db.limit(apsw.SQLITE_LIMIT_COLUMN, 100)
    db.limit(apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200)
    db.limit(apsw.SQLITE_LIMIT_EXPR_DEPTH, 100)
    db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    db.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    db.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # one plan whatever is bound; else most queries are prepared again
    db.pragma("recursive_triggers", 1)  # else an index does not hear of the row that a REPLACE removes
    db.pragma("page_size", PAGE)
    db.pragma("max_page_count", MAX_BYTES // PAGE)
    db.set_progress_handler(budget, _STEP)
    return db


def fetch(cursor: apsw.Cursor) -> list[tuple[Any, ...]]:
    """All rows. Raises BudgetError when they hold more than 64 MB of text."""
    rows: list[tuple[Any, ...]] = list(islice(cursor, _CHUNK))
    if len(rows) < _CHUNK:
        return rows
    size, more = 0, rows
    while len(more) == _CHUNK:
        size += sum([len(cell) for row in more for cell in row if isinstance(cell, (str, bytes))])
        if size > MAX_BYTES:
            raise BudgetError("a query gave too many rows")
        more = list(islice(cursor, _CHUNK))
        rows += more
    return rows


class Image:
    """One populated world, frozen: the template of every episode on that world seed."""

    def __init__(self, db: apsw.Connection, schema: Schema, clock: str, id_seed: str, budget: Budget) -> None:
        self.db, self.schema, self.clock, self.id_seed, self._budget = db, schema, clock, id_seed, budget
        self.cache: dict[str, Any] = {}
        """What others derive from the image once (bind rows, rivals)."""

    def query(self, sql: str, values: Mapping[str, Scalar] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT on the untouched world. Raises BudgetError when it takes too many operations."""
        self._budget.refill()
        try:
            return fetch(self.db.execute(sql, values or {}))
        except apsw.InterruptError:
            raise BudgetError(f"a query took too many operations: {sql[:120]}") from None

    def digested(self, name: str) -> bytes:
        """What a table of the image adds to the digest of a world that left it alone."""
        key = f"digested {name}"
        if key not in self.cache:
            table = self.schema.tables[name]
            self.cache[key] = digested(table, self.query(table.everything))
        return self.cache[key]

    def close(self) -> None:
        self.db.close()


def digested(table: Table, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """What a table with these rows adds to a digest: its name and its rows, numbers by value."""
    plain: Sequence[Any] = [[_number(cell) for cell in row] for row in rows] if table.has_floats else rows
    return table.name.encode() + b"\x00" + msgspec.json.encode(plain)


def _number(cell: Scalar) -> Scalar:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def blank(script: str, file: str, clock: str) -> tuple[apsw.Connection, Schema]:
    """An empty world with its schema, on which SQL can be checked."""
    db = open_connection(Budget(BUILD_OPERATIONS))
    register(db, Cell(Holder(clock, "")))
    return db, read_schema(db, script, file)


def copy(source: apsw.Connection, target: apsw.Connection) -> None:
    """Copy a whole database."""
    with target.backup("main", source, "main") as backup:
        backup.step()


class _Builder:
    """A connection on which worlds of one schema are made one after the other, so that SQL is prepared only once."""

    def __init__(self, script: str) -> None:
        self.budget, self.cell = Budget(BUILD_OPERATIONS), Cell(Holder("0001-01-01", ""))
        self.db = open_connection(self.budget)
        register(self.db, self.cell)
        self.schema = read_schema(self.db, script, "world.sql")

    def make(
        self, tables: Sequence[Mapping[str, Any]], words: Mapping[str, Sequence[str]], holder: Holder, *names: str | int
    ) -> bytes:
        """A populated world as the bytes of its database; the connection is empty again."""
        self.cell.holder = holder
        self.budget.refill()
        self.db.execute("BEGIN")
        populate(self.db, tables, words, holder.clock, *names)
        if self.db.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0]:
            raise apsw.ConstraintError("FOREIGN KEY constraint failed")
        self.db.execute("SAVEPOINT whole; RELEASE whole")  # what indexes still hold in memory is written
        data = self.db.serialize("main")
        self.db.execute("ROLLBACK")
        return data


@lru_cache(maxsize=16)
def _builders(_script: str) -> list[_Builder]:
    """Those of a schema that rest. One that fails does not come back."""
    return []


def build(
    script: str, tables: Sequence[Mapping[str, Any]], words: Mapping[str, Sequence[str]], clock: str, *names: str | int
) -> Image:
    """Build and populate one world; `names` = (pack, release, split, world seed) name its streams.

    Raises:
        PackError: the population does not fit the schema.
        BudgetError: it took too many operations.
    """
    resting = _builders(script)
    try:
        builder = resting.pop()
    except IndexError:
        builder = _Builder(script)
    id_seed = "\x1f".join(map(str, names))
    try:
        data = builder.make(tables, words, Holder(clock, id_seed), *names)
    except apsw.InterruptError:
        raise BudgetError(f"population took more than {BUILD_OPERATIONS} operations") from None
    except apsw.FullError:
        raise BudgetError("population made the world too large") from None
    except (apsw.Error, ValueError, TypeError, KeyError) as error:
        raise PackError(f"population failed: {error}") from None
    resting.append(builder)
    budget = Budget(BUILD_OPERATIONS)
    db = open_connection(budget)
    db.deserialize("main", data)
    db.pragma("cache_size", 1)  # its pages lie in memory as they are
    register(db, Cell(Holder(clock, id_seed)))
    return Image(db, builder.schema, clock, id_seed, budget)


_open: WeakSet[Warm] = WeakSet()
_held: WeakSet[Warm] = WeakSet()


def crowded() -> bool:
    """Whether more worlds of this process hold a connection than should."""
    return len(_held) > LIVE


class Warm:
    """A connection that holds an image, with an open transaction that a ROLLBACK turns back into the image."""

    __slots__ = ("__weakref__", "budget", "cell", "cursor", "db", "image", "watch")

    def __init__(self, image: Image) -> None:
        self.image, self.budget = image, Budget(OPERATIONS)
        self.db = open_connection(self.budget)
        copy(image.db, self.db)
        self.cell = Cell(Holder(image.clock, image.id_seed))
        register(self.db, self.cell)
        self.watch = Watch()
        self.db.preupdate_hook(self.watch)
        self.cursor = self.db.cursor()
        self.cursor.execute("BEGIN")
        _open.add(self)

    def reset(self) -> None:
        """Back to the image; no world has it any more."""
        _held.discard(self)
        self.watch.rows = None
        self.watch.touched.clear()
        if self.db.in_transaction:
            self.cursor.execute("ROLLBACK")
        self.cursor.execute("BEGIN")

    def hold(self) -> Warm:
        """A world has it from now on."""
        _held.add(self)
        return self

    def close(self) -> None:
        self.db.close()
        _open.discard(self)
        _held.discard(self)


class Pool:
    """Idle warm connections, at most `size` of them, the longest unused dropped first. `close()` gives them all back.

    A connection takes about 300 KB for a world of 900 rows.
    """

    def __init__(self, size: int = 64) -> None:
        self.size = size
        self.idle: OrderedDict[int, tuple[Image, list[Warm]]] = OrderedDict()
        self.count = 0

    def take(self, image: Image) -> Warm:
        """A warm connection for that image, made if none is idle."""
        entry = self.idle.get(id(image))
        if entry is None:
            return Warm(image)
        warm = entry[1].pop()
        self.count -= 1
        if not entry[1]:
            del self.idle[id(image)]
        return warm

    def give(self, warm: Warm) -> None:
        """Take a connection back."""
        warm.reset()
        entry = self.idle.setdefault(id(warm.image), (warm.image, []))
        self.idle.move_to_end(id(warm.image))
        entry[1].append(warm)
        self.count += 1
        if self.count > self.size or len(_open) > CONNECTIONS:
            oldest, (_image, warms) = next(iter(self.idle.items()))
            warms.pop().close()
            self.count -= 1
            if not warms:
                del self.idle[oldest]

    def close(self) -> None:
        """Close every idle connection."""
        for _image, warms in self.idle.values():
            for warm in warms:
                warm.close()
        self.idle.clear()
        self.count = 0
