"""Reading somebody's database: its tables, keys and the kinds of its values.

The file is untrusted: it is opened to be read and nothing else, its triggers and views stay unused, and only so many
tables, columns and rows of it are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.synthesis.domain.build import Column

__all__ = ["Table", "read_tables", "singular"]

_TABLES, _COLUMNS, _ROWS, _TEXT = 24, 30, 5_000, 60
"""What is looked at: tables, columns of a table, rows, characters of a text."""
_FEW = 8
"""Different values up to which a text is a state."""
_PHONE = re.compile(r"[+(]?\d[\d ()/-]{5,}\d$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}")
_MONEY = re.compile(r"(amount|price|fee|balance|total|cost|deposit|sum|cents)$")


class Table(Struct):
    name: str
    own: str
    """Its name in the pack."""
    key: str
    columns: list[tuple[str, Column]]
    """(name in the file, column)."""
    parents: list[tuple[str, str]]
    """(column, table)."""
    rows: int


def read_tables(path: Path, notes: list[str]) -> dict[str, Table]:
    """The tables of a file that a pack can have, those that others refer to first; what is left out goes to `notes`.

    Raises:
        UsageError: it cannot be opened, or is no database.
    """
    try:
        db = apsw.Connection(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        )
    except (apsw.Error, ValueError) as trouble:
        raise UsageError(f"cannot open {path}: {trouble}") from None
    try:
        db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        db.set_progress_handler(_Budget(), 10_000)
        return _tables(db, notes)
    except (apsw.Error, UnicodeDecodeError) as trouble:
        raise UsageError(f"{path} cannot be read as a database: {trouble}") from None
    finally:
        db.close()


class _Budget:
    """Stops SQLite after so many calls."""

    def __init__(self) -> None:
        self._left = 20_000

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def _tables(db: apsw.Connection, notes: list[str]) -> dict[str, Table]:
    names = [str(name) for (name,) in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )]  # fmt: skip
    if len(names) > _TABLES:
        notes.append(f"only {_TABLES} of {len(names)} tables are looked at")
    out: dict[str, Table] = {}
    taken: set[str] = set()
    for name in names[:_TABLES]:
        found = _table(db, name, taken, notes)
        if found is not None:
            out[name] = found
            taken.add(found.own)
    for table in out.values():
        kept = [(column, parent) for column, parent in table.parents if parent in out and parent != table.name]
        notes += [f"{table.name}.{column}: what it refers to is left out" for column, parent in table.parents
                  if (column, parent) not in kept]  # fmt: skip
        table.parents = kept
    return _ordered(out, notes)


def _table(db: apsw.Connection, name: str, taken: set[str], notes: list[str]) -> Table | None:
    quoted = name.replace('"', '""')
    described = list(db.execute(f'PRAGMA table_info("{quoted}")'))
    keys = [str(row[1]) for row in described if row[5]]
    own = _plain(name, "t")
    if len(keys) != 1 or own in taken:
        notes.append(
            f"{name}: left out, since it has {len(keys)} key columns"
            if len(keys) != 1
            else f"{name}: left out, a name twice"
        )
        return None
    (rows,) = next(iter(db.execute(f'SELECT count(*) FROM (SELECT 1 FROM "{quoted}" LIMIT {_ROWS})')))
    if not rows:
        notes.append(f"{name}: left out, since it is empty: nothing says what its values are like")
        return None
    parents = [(str(row[3]), str(row[2])) for row in db.execute(f'PRAGMA foreign_key_list("{quoted}")')]
    columns: list[tuple[str, Column]] = []
    for row in described[:_COLUMNS]:
        column = str(row[1])
        if column == keys[0] or column in {one for one, _ in parents}:
            continue
        inner = column.replace('"', '""')
        values = [value for (value,) in db.execute(f'SELECT "{inner}" FROM "{quoted}" LIMIT {_ROWS}')]
        found = _column(_plain(column, "c"), values)
        if isinstance(found, str):
            notes.append(f"{name}.{column}: left out, {found}")
        elif found.name not in {one.name for _, one in columns}:
            columns.append((column, found))
    return Table(name, own, f"{singular(own)}_id", columns, parents, int(rows))


def _column(name: str, values: Sequence[Any]) -> Column | str:
    """A column that is drawn like these values, or why there is none."""
    label = name.replace("_", " ")
    if any(value is None for value in values):
        return "since some of its values are missing"
    kinds: set[type] = {type(value) for value in values}
    different = sorted(set(values)) if len(kinds) == 1 and bytes not in kinds else []
    if len(different) < 2:
        return "since all its values are the same" if different else "since its values are of several types, or bytes"
    if kinds == {int}:
        low, high = int(different[0]), int(different[-1])
        if low < 0 or high > 2**40:
            return "since it has negative or very large numbers"
        kind = "money" if _MONEY.search(name) else "number"
        return Column(name, f"INTEGER NOT NULL CHECK ({name} >= 0)", {"range": [low, high]}, kind, label)
    if kinds == {float}:
        return "since it has fractions: store money as cents, and measures in small units"
    texts = [str(value) for value in different]
    if max(map(len, texts)) > _TEXT or any(not text.isprintable() or not text.strip() for text in texts):
        return "since it has long or empty texts"
    return _text(name, label, texts, [str(value) for value in values])


def _text(name: str, label: str, texts: list[str], values: list[str]) -> Column | str:
    if all(_DAY.match(text) for text in texts):
        return Column(name, "TEXT NOT NULL", {"date": [-60, 60]}, "date", label)
    if all(_MOMENT.match(text) for text in texts):
        draw = {"datetime": [-60, 60], "at": ["09:00", "10:30", "12:00", "14:30", "16:00"]}
        return Column(name, "TEXT NOT NULL", draw, "datetime", label)
    if len(texts) <= _FEW and len(values) >= 2 * len(texts):
        if any("'" in text or "{" in text or "$" in text for text in texts):
            return "since its values have quotes or braces"
        listed = ", ".join(f"'{text}'" for text in texts)
        shares = {text: values.count(text) for text in texts}
        return Column(name, f"TEXT NOT NULL CHECK ({name} IN ({listed}))", {"choice": shares}, "enum", label)
    if all(_EMAIL.match(text) for text in texts):
        return Column(
            name, "TEXT NOT NULL", {"template": "{letters}{letters}.{###}@example.org", "unique": True}, "email", label
        )
    if all(_PHONE.match(text) for text in texts):
        return Column(name, "TEXT NOT NULL", {"template": "555-{###}-{####}", "unique": True}, "phone", label)
    if len(texts) == len(values) and all(re.fullmatch(r"[A-Z0-9-]{3,20}", text) for text in texts):
        digits = re.sub(r"[A-Z0-9]+", lambda found: "{" + "#" * min(6, len(found[0])) + "}", texts[0])
        return Column(name, "TEXT NOT NULL", {"template": digits, "unique": True}, "id", label)
    clean = [text for text in texts if not re.search(r"[{}$#]", text)]
    if len(clean) < 12:
        return "since it has too few different texts to divide between the splits"
    return Column(name, "TEXT NOT NULL", {"vocabulary": clean[:400]}, "name", label)


def _ordered(tables: dict[str, Table], notes: list[str]) -> dict[str, Table]:
    """Parents first; of a circle, one reference is left out."""
    out: dict[str, Table] = {}
    waiting = dict(tables)
    while waiting:
        ready = [name for name, table in waiting.items() if all(parent in out for _, parent in table.parents)]
        if not ready:
            table = next(iter(waiting.values()))
            column, parent = next((c, p) for c, p in table.parents if p not in out)
            notes.append(f"{table.name}.{column}: left out, since {parent} leads back to it")
            table.parents = [pair for pair in table.parents if pair != (column, parent)]
            continue
        for name in ready:
            out[name] = waiting.pop(name)
    return out


def _plain(name: str, letter: str) -> str:
    """A name that SQL and tools take as it is."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    found = re.sub(r"\W+", "_", found).strip("_").lower() or letter
    found = found if found.isascii() and found[0].isalpha() else f"{letter}_{re.sub(r'[^a-z0-9_]', '', found)}"
    return f"{found}_" if found.upper() in _WORDS else found[:40]


_WORDS = frozenset(
    "ALL ALTER AND AS ASC BETWEEN BY CASE CHECK COLUMN COMMIT CREATE CROSS DEFAULT DELETE DESC DISTINCT DROP ELSE END "
    "EXISTS FOREIGN FROM FULL GROUP HAVING IN INDEX INNER INSERT INTO IS JOIN KEY LEFT LIKE LIMIT NOT NULL OF ON OR "
    "ORDER OUTER PRIMARY REFERENCES RIGHT ROW ROWS SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING "
    "VALUES VIEW WHEN WHERE WITH".split()
)
"""Words of SQL, which no column is called by."""


def singular(table: str) -> str:
    """What one row of a table is called."""
    if table.endswith("ies"):
        return f"{table[:-3]}y"
    if re.search(r"(ss|x|ch|sh)es$", table):
        return table[:-2]
    return table[:-1] if table.endswith("s") and not table.endswith("ss") else table
