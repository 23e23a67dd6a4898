"""Full-text indexes of a world: declared in world.sql, made and kept up to date by the engine.

One form is understood, `CREATE VIRTUAL TABLE name USING fts5(column, ..., content=table)`: columns of one table of the
world, as SQLite's FTS5 reads them (words folded, stemmed, without accents). The index holds no text of its own.
Triggers follow every change of a row, so situations, calls, forks and undone calls are all seen. Content reads an index
with MATCH and never writes it; what lies behind it is closed to content (`agentgym.world.sql.check`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import apsw

from agentgym.errors import PackError, did_you_mean

__all__ = ["add_index", "is_index", "made_by_index", "search_words"]

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_FORM = re.compile(
    rf"\s*CREATE\s+VIRTUAL\s+TABLE\s+({_NAME})\s+USING\s+fts5\s*\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*,\s*"
    rf"content\s*=\s*({_NAME})\s*\)\s*;?\s*",
    re.IGNORECASE,
)
_ANY = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*")
_TOKENIZER = "porter unicode61 remove_diacritics 2"
_WORD = re.compile(r"\w+")
_WORDS = 32


def is_index(statement: str) -> bool:
    """Whether a statement of world.sql makes a virtual table, of whatever kind."""
    return _ANY.match(_COMMENT.sub("", statement)) is not None


def add_index(db: apsw.Connection, statement: str, columns: Mapping[str, frozenset[str]], file: str, line: int) -> None:
    """Make the index that a statement declares, and the triggers that follow its table.

    Args:
        columns: the tables made so far -> their columns.

    Raises:
        PackError: the statement has another form, or names what is not there.
    """
    found = _FORM.fullmatch(_COMMENT.sub("", statement))
    if found is None:
        raise PackError(
            "an index is written `CREATE VIRTUAL TABLE name USING fts5(column, ..., content=table)`, nothing else",
            file=file,
            line=line,
        )
    name, table = found[1], found[3]
    named = [column.strip() for column in found[2].split(",")]
    if table not in columns:
        raise PackError(
            f"index {name} is of unknown table {table}.{did_you_mean(table, columns)}; make the table first",
            file=file,
            line=line,
        )
    for column in named:
        if column not in columns[table]:
            near = did_you_mean(column, columns[table])
            raise PackError(f"index {name}: {table} has no column {column}.{near}", file=file, line=line)
    listed = ", ".join(f'"{column}"' for column in named)
    new, old = (", ".join(f'{row}."{column}"' for column in named) for row in ("new", "old"))
    come = f'INSERT INTO "{name}"(rowid, {listed}) VALUES (new.rowid, {new});'
    gone = f"""INSERT INTO "{name}"("{name}", rowid, {listed}) VALUES ('delete', old.rowid, {old});"""
    try:
        db.execute(
            f"""CREATE VIRTUAL TABLE "{name}" USING fts5({listed}, content="{table}", tokenize="{_TOKENIZER}")"""
        )
        for event, body in (("INSERT", come), ("DELETE", gone), ("UPDATE", f"{gone} {come}")):
            db.execute(f'CREATE TRIGGER "{name}_{event.lower()}" AFTER {event} ON "{table}" BEGIN {body} END')
    except apsw.Error as error:
        raise PackError(f"index {name}: {error}", file=file, line=line) from None


def made_by_index(db: apsw.Connection) -> dict[str, str]:
    """The indexes of a world and the tables behind them, lower case -> "virtual" or "shadow"."""
    rows = db.execute(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')"
    )
    return {str(name).lower(): str(kind) for name, kind in rows}


def search_words(text: str | None) -> str | None:
    """Free words as a query of FTS5: any of the first 32 different ones, whatever else stands between them.

    Without a word it is `""`, which finds nothing.

    >>> search_words('the "Lamp" of O\\'Dell*')
    '"the" OR "lamp" OR "of" OR "o" OR "dell"'
    """
    if text is None:
        return None
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
    return " OR ".join(f'"{word}"' for word in words[:_WORDS] or [""])
