"""What SQL content may run: checked once when it is loaded, by SQLite's own authorizer and by its words.

Packs and task files are untrusted data. A statement is admitted when it is one statement, prepares against the pack's
schema, does only what its place allows, and calls nothing that depends on anything but the world.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import apsw

from agentgym.errors import HostileSQLError, PackError
from agentgym.world.index import made_by_index, misread

__all__ = ["Place", "check", "origins", "split_statements", "touched"]

Place = Literal["schema", "read", "write"]
"""Where a statement stands: `schema` (world.sql), `read` (predicates, queries), `write` (tool bodies, situations)."""

_FORBIDDEN_FUNCTIONS = frozenset({
    "random", "randomblob", "load_extension", "last_insert_rowid", "changes", "total_changes", "current_timestamp",
    "current_time", "current_date", "sqlite_version", "sqlite_source_id", "sqlite_compileoption_used",
    "sqlite_compileoption_get", "sqlite_log", "sqlite_offset", "fts3_tokenizer", "readfile", "writefile", "edit",
    "zeroblob", "likelihood", "likely", "unlikely", "subtype", "fts5", "fts5_source_id", "fts5_locale",
    "fts5_insttoken", "rtreecheck", "rtreenode", "rtreedepth", "matchinfo", "optimize",
})  # fmt: skip
_WRITES_ONLY = frozenset({"new_id", "draw"})
"""Functions that leave a trace: a fresh id, a draw. A read has none."""
_INNER = ("sqlite_", "pragma_", "dbstat", "bytecode", "tables_used")
"""Tables of SQLite's own: its schema, sequences, statistics, settings."""
_ALWAYS = {apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_FUNCTION, apsw.SQLITE_RECURSIVE}
_ALLOWED = {
    "read": _ALWAYS,
    "write": _ALWAYS | {apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE},
    "schema": _ALWAYS
    | {apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_REINDEX},
}
_ON_TABLES = {
    apsw.SQLITE_READ: "reads", apsw.SQLITE_INSERT: "writes", apsw.SQLITE_UPDATE: "writes", apsw.SQLITE_DELETE: "writes",
}  # fmt: skip
_TOKEN = re.compile(r"--[^\n]*|/\*.*?(?:\*/|$)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|;", re.DOTALL)
_CLOCK = re.compile(r"\b(date|time|datetime|julianday|unixepoch|strftime|timediff)[\"'`\]]?\s*\(", re.IGNORECASE)
_NO_MOMENT = re.compile(
    r"\b(?:(?:date|time|datetime|julianday|unixepoch)[\"'`\]]?\s*\(\s*\)|strftime[\"'`\]]?\s*\(\s*(?:'[^']*')?\s*\))",
    re.IGNORECASE,
)
_ZONE = re.compile(r"""(['"])\s*(?:localtime|utc)\s*\1""", re.IGNORECASE)
_PARAMETER = re.compile(r"[:$@#]([^\x00-\x23\x25-\x2f\x3b-\x40\x5b-\x5e\x60\x7b-\x7f]+)(\()?|\?(\d+)")
"""SQLite's own rule for names: letters, digits, `_`, `$`, all beyond ASCII, and `::` inside. A `(` that follows begins
a part of the name in which anything may stand: refused."""
_NOW = re.compile(r"""(['"])\s*now\s*\1|n['"]\s*\|\|""", re.IGNORECASE)
_FIRST = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)


def split_statements(text: str) -> Iterator[tuple[str, int]]:
    """The statements of a script, each with its first line (from 1), comments and quotes respected."""
    start = 0
    for token in _TOKEN.finditer(text):
        if token.group() == ";":
            piece = text[start : token.end()]
            if piece.strip(" \t\r\n;"):
                yield piece.strip(), _line(text, start)
            start = token.end()
    rest = text[start:]
    if _TOKEN.sub("", rest).strip() or _uncommented(rest):
        yield rest.strip(), _line(text, start)


def _uncommented(text: str) -> bool:
    return bool(_TOKEN.sub(lambda t: "" if t.group()[:2] in ("--", "/*") else t.group(), text).strip())


def _line(text: str, start: int) -> int:
    skip = len(text[start:]) - len(text[start:].lstrip())
    return text.count("\n", 0, start + skip) + 1


def check(db: apsw.Connection, sql: str, place: Place, *, file: str = "", line: int = 0) -> None:
    """Refuse `sql` unless content in that place may run it; it is prepared on `db`, never run.

    Raises:
        HostileSQLError: it does what no content may do (ATTACH, PRAGMA, transactions, non-deterministic functions).
        PackError: it does not prepare (unknown table or column, syntax), or is not one statement.
    """
    _check_words(sql, place, file, line)
    found: list[str] = []
    read = set[str]()  # indexes

    def authorize(action: int, one: str | None, two: str | None, _db: str | None, trigger: str | None) -> int:
        name = str(apsw.mapping_authorizer_function.get(action, action)).removeprefix("SQLITE_")
        if action == apsw.SQLITE_FUNCTION and (two or "").lower() in _FORBIDDEN_FUNCTIONS:
            found.append(f"calls {two}()")
        elif action == apsw.SQLITE_FUNCTION and place == "read" and (two or "").lower() in _WRITES_ONLY:
            found.append(f"calls {two}() in a read")
        elif action not in _ALLOWED[place]:
            found.append(f"{name} {one or ''}".strip())
        elif place != "schema" and action in _ON_TABLES and closed((one or "").lower(), action, trigger is not None):
            found.append(f"{_ON_TABLES[action]} {one}")
        elif action == apsw.SQLITE_READ and trigger is None and inner.get((one or "").lower()) == "virtual":
            read.add(one or "")
            return apsw.SQLITE_OK
        else:
            return apsw.SQLITE_OK
        return apsw.SQLITE_DENY

    inner = made_by_index(db)  # triggers are those of indexes: no content has others

    def closed(table: str, action: int, inside: bool) -> bool:
        """Whether that table is not content's: SQLite's own, or of an index, which is read and follows by itself."""
        kind = "" if inside else inner.get(table, "")
        return table.startswith(_INNER) or kind == "shadow" or (kind == "virtual" and action != apsw.SQLITE_READ)

    before = db.authorizer
    db.authorizer = authorize
    try:
        _prepare(db, sql)
    except apsw.Error as error:
        if found:
            raise HostileSQLError(
                f"this SQL may not be run here: {found[0]}: {_short(sql)}", file=file, line=line
            ) from None
        raise PackError(f"{error}: {_short(sql)}", file=file, line=line) from None
    finally:
        db.authorizer = before
    quoted = " ".join(token for token in _TOKEN.findall(sql) if token[:1] in "'\"`[")
    for name in sorted(read):
        if trouble := misread(db, name, _strip_quoted(sql), quoted):
            raise HostileSQLError(f"this SQL {trouble}: {_short(sql)}", file=file, line=line)


def _check_words(sql: str, place: Place, file: str, line: int) -> None:
    if "\0" in sql:
        raise HostileSQLError("a NUL character stands in this SQL", file=file, line=line)
    if len(list(split_statements(sql))) != 1:
        raise PackError(f"expected one SQL statement, found several or none: {_short(sql)}", file=file, line=line)
    shown = _strip_comments(sql)
    if _CLOCK.search(shown) and (_NOW.search(shown) or _NO_MOMENT.search(shown)):
        raise HostileSQLError(
            f"'now' reads the real clock; use now() or today(), the world's clock: {_short(sql)}", file=file, line=line
        )
    if _CLOCK.search(shown) and _ZONE.search(shown):
        raise HostileSQLError(
            f"'localtime' and 'utc' read this machine's time zone; moments have none: {_short(sql)}",
            file=file,
            line=line,
        )
    bare = _strip_quoted(sql)
    if odd := next((found for found in _PARAMETER.finditer(bare) if found[2]), None):
        raise HostileSQLError(f"expected a parameter's name, found {odd[0]!r}: {_short(sql)}", file=file, line=line)
    if re.search(r"\bROLLBACK\b", bare, re.IGNORECASE):
        raise HostileSQLError(f"ROLLBACK would undo more than this statement: {_short(sql)}", file=file, line=line)
    first = _FIRST.match(sql)
    word = first.group(1).upper() if first else ""
    allowed = {
        "read": ("SELECT", "WITH", "VALUES"),
        "write": ("INSERT", "UPDATE", "DELETE", "WITH", "REPLACE"),
        "schema": ("CREATE",),
    }[place]
    if word not in allowed:
        raise HostileSQLError(
            f"expected {' or '.join(allowed)} here, found {word or 'nothing'}: {_short(sql)}", file=file, line=line
        )
    if place == "schema" and re.match(r"\s*CREATE\s+(TEMP\w*\s+|TRIGGER|VIEW|VIRTUAL)", shown, re.IGNORECASE):
        raise HostileSQLError(
            f"world.sql holds only CREATE TABLE and CREATE INDEX, and indexes by fts5: {_short(sql)}",
            file=file,
            line=line,
        )


def _strip_comments(sql: str) -> str:
    return _TOKEN.sub(lambda t: " " if t.group()[:2] in ("--", "/*") else t.group(), sql)


def _strip_quoted(sql: str) -> str:
    return _TOKEN.sub(lambda t: " " if t.group() != ";" else ";", sql)


class _Prepared(Exception):
    pass


def _prepare(db: apsw.Connection, sql: str) -> tuple[tuple[str | None, ...], ...]:
    """Prepare without running; the description as (name, declared type, database, table, column) per result column."""
    got: list[tuple[tuple[str | None, ...], ...]] = []
    cursor = db.cursor()

    def stop(cursor: apsw.Cursor, _sql: str, _bindings: object) -> bool:
        try:
            got.append(tuple(cursor.description_full))
        except apsw.ExecutionCompleteError:
            got.append(())
        raise _Prepared

    cursor.exec_trace = stop
    try:
        cursor.execute(sql, _Anything(), can_cache=False)
    except _Prepared:
        pass
    finally:
        cursor.exec_trace = None
        cursor.close()
    return got[0] if got else ()


class _Anything(dict[str, None]):
    """Bindings for a statement that is only prepared: every name is NULL."""

    def __missing__(self, key: str) -> None:
        return None


def origins(db: apsw.Connection, sql: str) -> tuple[tuple[str, str], ...]:
    """(name, `table.column` or empty) of each result column of a checked SELECT. Computed columns have no origin."""
    return tuple(
        (str(name), f"{table}.{column}" if table and column else "")
        for name, _type, _db, table, column in _prepare(db, sql)
    )


def touched(db: apsw.Connection, sql: str) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """The (table, column) that a checked statement reads, and those that it writes. The column is empty where whole
    rows are inserted, deleted or counted."""
    reads, writes = set[tuple[str, str]](), set[tuple[str, str]]()

    def authorize(action: int, one: str | None, two: str | None, _db: str | None, trigger: str | None) -> int:
        del trigger
        if action in _ON_TABLES and one:
            columned = action in (apsw.SQLITE_READ, apsw.SQLITE_UPDATE)
            (reads if action == apsw.SQLITE_READ else writes).add((one, (two or "") if columned else ""))
        return apsw.SQLITE_OK

    before = db.authorizer
    db.authorizer = authorize
    try:
        _prepare(db, sql)
    finally:
        db.authorizer = before
    return frozenset(reads), frozenset(writes)


def parameters(sql: str) -> frozenset[str]:
    """Names of the parameters in a statement: `:name`, `$name`, and whatever else SQLite takes for one."""
    return frozenset(name or number for name, _, number in _PARAMETER.findall(_strip_quoted(sql)))


def _short(sql: str) -> str:
    flat = " ".join(sql.split())
    return flat if len(flat) <= 120 else flat[:117] + "..."
