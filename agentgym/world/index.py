"""Full-text indexes of a world: declared in world.sql, made and kept up to date by the engine.

One form is understood, `CREATE VIRTUAL TABLE name USING fts5(column, ..., content=table)`: columns of one table of the
world, as SQLite's FTS5 reads them (words folded, stemmed, without accents). The index holds no text of its own.
Triggers follow every change of a row, so situations, calls, forks and undone calls are all seen. Content reads an index
with MATCH and never writes it; what lies behind it is closed to content (`agentgym.world.sql.check`).

What FTS5 answers beside words is not of the world: the column named like the index counts queries, `MATCH '*reads'`
tells of its pages, and rows of one rank come in the order of rowids, which a replayed call may give anew. So content
names an index in few places, asks for `search_words(...)` alone, and ends every order with the key (`misread`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import apsw

from agentgym.errors import PackError, did_you_mean

__all__ = ["add_index", "is_index", "made_by_index", "misread", "search_words"]

_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_FORM = re.compile(
    rf"\s*CREATE\s+VIRTUAL\s+TABLE\s+({_NAME})\s+USING\s+fts5\s*\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*,\s*"
    rf"content\s*=\s*({_NAME})\s*\)\s*;?\s*",
    re.IGNORECASE,
)
_ANY = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*")
_OF = re.compile(r'content="(\w+)"')
_ASKED = re.compile(r"\s*search_words\s*\([^()]*\)\s*(?:$|[);,]|(?:AND|ORDER|GROUP|LIMIT|UNION)\b)", re.IGNORECASE)
_ORDERED = re.compile(r"\bORDER\s+BY\b|\bLIMIT\b", re.IGNORECASE)
_TERM_END = re.compile(r"[(),;]|\bLIMIT\b", re.IGNORECASE)
_DIRECTION = re.compile(r"\s+(?:ASC|DESC)$", re.IGNORECASE)
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


def misread(db: apsw.Connection, name: str, bare: str, quoted: str) -> str:
    """What a statement does that content may not do with an index that it reads, or nothing.

    Args:
        bare: the statement without comments and what is quoted.
        quoted: all that is quoted in it.
    """
    low = name.lower()
    places = rf"""
        \b(?:FROM|JOIN)\s+{name}\b(?!\s*[(.])
        | (?<![.\w$]){name}\s*\.\s*(?!{name}\b)\w
        | (?<![.\w$]){name}\s+(?=MATCH\b)
        | \b(?:bm25|snippet|highlight)\s*\(\s*{name}\s*[,)]"""
    if low in quoted.lower():
        return f"names the index {name} in quotes"
    if re.search(rf"\b{name}\b", re.sub(places, " MATCHED ", bare, flags=re.IGNORECASE | re.VERBOSE), re.IGNORECASE):
        return (
            f"names the index {name} elsewhere than after FROM or JOIN, before a column or MATCH, "
            "or first in bm25, snippet or highlight"
        )
    if any(not _ASKED.match(bare, found.end()) for found in re.finditer(r"\bMATCH\b", bare, re.IGNORECASE)):
        return "has another thing than search_words(...) after MATCH"
    of = _OF.search(str(db.execute("SELECT sql FROM sqlite_schema WHERE lower(name) = ?", (low,)).get))
    rows = db.execute("SELECT name FROM pragma_table_info(?) WHERE pk", (of[1] if of else "",))
    key = {str(column).lower() for (column,) in rows}
    ended: set[int] = set()
    for found in _ORDERED.finditer(bare):
        if found.group().upper() == "LIMIT":
            if found.start() not in ended:
                return "has a LIMIT without ORDER BY"
            continue
        terms, end = _terms(bare, found.end())
        ended.add(end)
        last = [_DIRECTION.sub("", term.strip()).partition(".") for term in terms[-len(key) :]]
        if {column.strip().lower() for _, dot, column in last if dot} != key:
            return f"has an ORDER BY that does not end with the key, as in `t.{', t.'.join(sorted(key))}`"
    return ""


def _terms(bare: str, start: int) -> tuple[list[str], int]:
    """The terms of an ORDER BY that begin there, and where they end."""
    depth, since, terms = 0, start, list[str]()
    for found in _TERM_END.finditer(bare, start):
        sign = found.group()
        if sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif not depth:
            terms.append(bare[since : found.start()])
            since = found.end()
            if sign != ",":
                return terms, found.start()
    return [*terms, bare[since:]], len(bare)


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
