"""Images and pools: a populated world is built once, copied for every episode, and kept warm between episodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import apsw

from agentgym.errors import BudgetError, PackError
from agentgym.types import Scalar
from agentgym.world.functions import Holder, register
from agentgym.world.population import populate
from agentgym.world.schema import Schema, read_schema

__all__ = ["Image", "Pool", "Warm", "blank", "build", "open_connection"]

OPERATIONS = 400_000
"""SQLite operations that one statement of content may take at run time (about 4 ms)."""
BUILD_OPERATIONS = 20_000_000
"""The same for populating a world."""
_STEP = 1000
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
    """Counts SQLite operations in steps of 1,000 and interrupts a statement that takes too many."""

    __slots__ = ("left", "size")

    def __init__(self, operations: int) -> None:
        self.size = self.left = operations // _STEP

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0

    def refill(self) -> None:
        self.left = self.size


def open_connection(budget: Budget) -> apsw.Connection:
    """A new in-memory database, bounded: values of at most 1 MB, no attached databases, no clock."""
    if not _vfs:
        _vfs.append(_NoClock())
    db = apsw.Connection(":memory:", vfs=_VFS, statementcachesize=200)
    db.limit(apsw.SQLITE_LIMIT_LENGTH, 1_000_000)
    db.limit(apsw.SQLITE_LIMIT_SQL_LENGTH, 20_000)
    db.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    db.limit(apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200)
    db.limit(apsw.SQLITE_LIMIT_EXPR_DEPTH, 100)
    db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    db.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    db.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    db.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    db.set_progress_handler(budget, _STEP)
    return db


class Image:
    """One populated world, frozen: the template of every episode on that world seed."""

    def __init__(self, db: apsw.Connection, schema: Schema, clock: str, id_seed: str) -> None:
        self.db, self.schema, self.clock, self.id_seed = db, schema, clock, id_seed
        self.cache: dict[str, Any] = {}
        """What others derive from the image once (bind rows, rivals)."""

    def query(self, sql: str, values: Mapping[str, Scalar] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT on the untouched world."""
        return self.db.execute(sql, values or {}).fetchall()

    def close(self) -> None:
        self.db.close()


def blank(script: str, file: str, clock: str) -> tuple[apsw.Connection, Schema]:
    """An empty world with its schema, on which SQL can be checked."""
    db = open_connection(Budget(BUILD_OPERATIONS))
    register(db, Holder(clock, ""))
    return db, read_schema(db, script, file)


def build(
    script: str, tables: Sequence[Mapping[str, Any]], words: Mapping[str, Sequence[str]], clock: str, *names: str | int
) -> Image:
    """Build and populate one world; `names` = (pack, release, split, world seed) name its streams.

    Raises:
        PackError: the population does not fit the schema.
        BudgetError: it took too many operations.
    """
    db = open_connection(Budget(BUILD_OPERATIONS))
    id_seed = "\x1f".join(map(str, names))
    register(db, Holder(clock, id_seed))
    schema = read_schema(db, script, "world.sql")
    try:
        db.execute("BEGIN")
        populate(db, schema, tables, words, clock, *names)
        db.execute("COMMIT")
    except apsw.InterruptError:
        raise BudgetError(f"population took more than {BUILD_OPERATIONS} operations") from None
    except apsw.Error as error:
        raise PackError(f"population failed: {error}") from None
    return Image(db, schema, clock, id_seed)


class Warm:
    """A connection that holds an image, with an open transaction that a ROLLBACK turns back into the image."""

    __slots__ = ("budget", "cursor", "db", "holder", "image")

    def __init__(self, image: Image) -> None:
        self.image, self.budget = image, Budget(OPERATIONS)
        self.db = open_connection(self.budget)
        with self.db.backup("main", image.db, "main") as backup:
            backup.step()
        self.holder = Holder(image.clock, image.id_seed)
        register(self.db, self.holder)
        self.cursor = self.db.cursor()
        self.cursor.execute("BEGIN")

    def reset(self) -> None:
        """Back to the image."""
        self.cursor.execute("ROLLBACK")
        self.cursor.execute("BEGIN")
        holder = self.holder
        holder.counters, holder.made = {}, []
        holder.last, holder.draws, holder.confirmed, holder.told = "", None, False, frozenset()
        holder.set_clock(self.image.clock)

    def close(self) -> None:
        self.db.close()


class Pool:
    """Idle warm connections, at most `size` of them, the longest unused dropped first.

    Memory: about 150 KB each for a world of 600 rows. `close()` gives all of it back.
    """

    def __init__(self, size: int = 64) -> None:
        self.size = size
        self.idle: OrderedDict[int, tuple[Image, list[Warm]]] = OrderedDict()
        self.count = 0

    def take(self, image: Image) -> Warm:
        """A warm connection for that image, made if none is idle."""
        entry = self.idle.get(id(image))
        if entry is None or not entry[1]:
            return Warm(image)
        self.count -= 1
        return entry[1].pop()

    def give(self, warm: Warm) -> None:
        """Take a connection back."""
        warm.reset()
        entry = self.idle.setdefault(id(warm.image), (warm.image, []))
        self.idle.move_to_end(id(warm.image))
        entry[1].append(warm)
        self.count += 1
        while self.count > self.size:
            _key, (_image, warms) = next(iter(self.idle.items()))
            if not warms:
                self.idle.popitem(last=False)
                continue
            warms.pop().close()
            self.count -= 1

    def close(self) -> None:
        """Close every idle connection."""
        for _image, warms in self.idle.values():
            for warm in warms:
                warm.close()
        self.idle.clear()
        self.count = 0
