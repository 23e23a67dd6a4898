"""The shape of a world: tables, keys, and which columns name the same thing."""

from __future__ import annotations

from functools import cached_property

import apsw
from msgspec import Struct

from agentgym.errors import PackError
from agentgym.world import sql as sql_
from agentgym.world.index import add_index, is_index, made_by_index

__all__ = ["Schema", "Table", "read_schema"]


class Table(Struct, frozen=True, dict=True):
    """One STRICT table. `columns` name -> declared type; `references` column -> (table, column)."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    references: dict[str, tuple[str, str]]

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where the columns of the key stand among the columns."""
        columns = tuple(self.columns)
        return tuple(columns.index(column) for column in self.key)

    @cached_property
    def reals(self) -> tuple[int, ...]:
        """Where the columns of type REAL stand among the columns."""
        return tuple(i for i, kind in enumerate(self.columns.values()) if kind.upper() == "REAL")

    @cached_property
    def everything(self) -> str:
        """A SELECT of all rows in the order of the key."""
        columns, key = (", ".join(f'"{name}"' for name in names) for names in (self.columns, self.key))
        return f'SELECT {columns} FROM "{self.name}" ORDER BY {key}'

    @cached_property
    def has_floats(self) -> bool:
        """Whether a column may hold a float."""
        return not {kind.upper() for kind in self.columns.values()} <= {"INT", "INTEGER", "TEXT", "BLOB"}


class Schema(Struct, frozen=True, dict=True):
    """All tables of a world, and the canonical name of every column."""

    tables: dict[str, Table]

    @cached_property
    def canonical(self) -> dict[str, str]:
        """`table.column` -> the `table.column` it ultimately references: foreign keys say what is the same thing."""
        return {
            f"{table.name}.{column}": self._root(table.name, column, 0)
            for table in self.tables.values()
            for column in table.columns
        }

    def _root(self, table: str, column: str, depth: int) -> str:
        target = self.tables[table].references.get(column) if table in self.tables else None
        if target is None or depth > 16 or target == (table, column):
            return f"{table}.{column}"
        return self._root(*target, depth + 1)


def read_schema(db: apsw.Connection, script: str, file: str) -> Schema:
    """Run `world.sql` on an empty database, statement by statement, and read the shape back.

    Raises:
        PackError: a statement is not CREATE TABLE, CREATE INDEX or an index for searching (`agentgym.world.index`), a
            table is not STRICT or has no primary key.
    """
    lines: dict[str, int] = {}
    for statement, line in sql_.split_statements(script):
        known = set(_tables(db))
        if is_index(statement):
            add_index(db, statement, {name: _columns(db, name) for name in known}, file, line)
            continue
        sql_.check(db, statement, "schema", file=file, line=line)
        try:
            db.execute(statement)
        except apsw.Error as error:
            raise PackError(f"{error}", file=file, line=line) from None
        for name in _tables(db):
            if name not in known:
                lines[name] = line
    tables: dict[str, Table] = {}
    for name in _tables(db):
        tables[name] = _table(db, name, file, lines.get(name, 0))
    if not tables:
        raise PackError("expected at least one CREATE TABLE, found none", file=file, line=1)
    _check_references(tables, file, lines)
    return Schema(tables)


def _tables(db: apsw.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
    inner = made_by_index(db)
    names = [str(name) for (name,) in rows]
    return [name for name in names if not name.startswith("sqlite_") and name.lower() not in inner]


def _columns(db: apsw.Connection, name: str) -> frozenset[str]:
    return frozenset(str(column) for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (name,)))


def _table(db: apsw.Connection, name: str, file: str, line: int) -> Table:
    strict = db.execute("SELECT strict FROM pragma_table_list(?) WHERE schema = 'main'", (name,)).get
    if not strict:
        raise PackError(f"table {name} is not STRICT; write `) STRICT;`", file=file, line=line)
    info = db.execute("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", (name,)).fetchall()
    key = tuple(str(column) for column, _type, pk in sorted(info, key=lambda row: int(row[2] or 0)) if pk)
    if not key:
        raise PackError(f"table {name} has no PRIMARY KEY; changes are told apart by key", file=file, line=line)
    references = {
        str(column): (str(table), str(target) if target else "")
        for table, column, target in db.execute('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (name,))
    }
    return Table(name, {str(column): str(type_) for column, type_, _pk in info}, key, references)


def _check_references(tables: dict[str, Table], file: str, lines: dict[str, int]) -> None:
    for table in tables.values():
        for column, (target, target_column) in list(table.references.items()):
            if target not in tables:
                raise PackError(
                    f"{table.name}.{column} references unknown table {target}", file=file, line=lines[table.name]
                )
            if not target_column:
                table.references[column] = (target, tables[target].key[0])
