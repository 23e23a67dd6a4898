"""Somebody's database: its tables, keys and the kinds of its values.

What can be read off is read off: which tables belong to which, which columns are states, days, amounts or names, the
shares of states and the range of numbers. The words of columns with many different texts are used as lists, divided
between the splits.

The file is untrusted: it is opened to be read and nothing else, its triggers and views stay unused, and only so many
tables, columns and rows of it are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import apsw

from agentgym.errors import UsageError
from agentgym.synthesis.domain.build import Column
from agentgym.synthesis.grow import singular
from agentgym.synthesis.resources.kinds import INVENTED, SECRET, are_states, known_as
from agentgym.synthesis.resources.tables import COLUMNS, MONEY, TABLES, TEXT, Table, label_of, ordered, plain, shown

__all__ = ["SAID", "read_tables"]

SAID = "Rows are drawn anew. States, and texts that are said to be in vocabulary.yaml, are those of the original."
"""What of a database is in its pack."""

_ROWS = 5_000
"""Rows that are looked at."""
_FEW = 8
"""Different values up to which a text is a state."""
_PHONE = re.compile(r"(?!\d+\.\d+$)[+(]?\d[\d ()./-]{5,18}\d$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}")
_OTHER_DAY = re.compile(r"(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2})\b")
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_.$-]{16,}$")


def read_tables(path: Path, notes: list[str]) -> dict[str, Table]:
    """The tables of a file that a pack can have, those that others refer to first; what is left out goes to `notes`.

    Raises:
        UsageError: it cannot be opened, or is no database.
    """
    if not path.is_file():
        raise UsageError(f"no file {path}")
    for beside in ("-wal", "-journal"):
        other = Path(f"{path}{beside}")
        if other.is_file() and other.stat().st_size:
            raise UsageError(f"{path} is in use: {other.name} has changes that are not in it; close what uses it first")
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
    if len(names) > TABLES:
        notes.append(f"only {TABLES} of {len(names)} tables are looked at")
    out: dict[str, Table] = {}
    taken: set[str] = set()
    for name in names[:TABLES]:
        found = _table(db, name, taken, notes)
        if found is not None:
            out[name] = found
            taken |= {found.own, singular(found.own)}
    by_name = {name.lower(): name for name in out}
    for table in out.values():
        kept: list[tuple[str, str]] = []
        for column, parent in table.parents:
            to = by_name.get(parent.lower(), "")
            if not to or to == table.name:
                notes.append(f"{shown(table.name)}.{shown(column)}: left out, with what it refers to")
            elif to in {one for _, one in kept}:
                notes.append(f"{shown(table.name)}.{shown(column)}: left out, a second reference to {shown(to)}")
            else:
                kept.append((column, to))
        table.parents = kept
        table.without({out[to].key for _, to in kept}, notes)
    return ordered(out, notes)


def _table(db: apsw.Connection, name: str, taken: set[str], notes: list[str]) -> Table | None:
    quoted = name.replace('"', '""')
    described = list(db.execute(f'PRAGMA table_info("{quoted}")'))
    keys = [str(row[1]) for row in described if row[5]]
    own = plain(name, "t")
    if len(keys) != 1 or own in taken or singular(own) in taken or own == "handovers":
        why = "a name that is taken" if len(keys) == 1 else f"since it has {len(keys)} key columns"
        notes.append(f"{shown(name)}: left out, {why}")
        return None
    (rows,) = next(iter(db.execute(f'SELECT count(*) FROM (SELECT 1 FROM "{quoted}" LIMIT {_ROWS})')))
    if not rows:
        notes.append(f"{shown(name)}: left out, since it is empty: nothing says what its values are like")
        return None
    if len(described) > COLUMNS:
        notes.append(f"{shown(name)}: only {COLUMNS} of {len(described)} columns are looked at")
    order = [str(row[1]) for row in db.execute(f'PRAGMA table_xinfo("{quoted}")')]  # those that are computed as well
    keyed = [(str(row[3]), str(row[2])) for row in db.execute(f'PRAGMA foreign_key_list("{quoted}")')]
    parents = sorted(keyed, key=lambda pair: order.index(pair[0]))
    key = f"{singular(own)}_id"
    columns: list[tuple[str, Column]] = []
    for row in described[:COLUMNS]:
        column = str(row[1])
        if column == keys[0] or column in {one for one, _ in parents}:
            continue
        found = _column(plain(column, "c"), _values(db, quoted, column))
        if isinstance(found, Column) and found.name in {key, *(one.name for _, one in columns)}:
            found = "a name that is taken"
        if isinstance(found, str):
            notes.append(f"{shown(name)}.{shown(column)}: left out, {found}")
            continue
        columns.append((column, found))
        words = found.draw.get("vocabulary")
        if isinstance(words, list):
            count = len(cast(list[str], words))
            notes.append(f"{shown(name)}.{shown(column)}: {count} of its texts are in vocabulary.yaml")
    return Table(name, own, key, columns, parents, int(rows))


def _values(db: apsw.Connection, table: str, column: str) -> list[Any]:
    """The values of a column, of long texts the beginning, bytes as such."""
    inner = column.replace('"', '""')
    cases = f"WHEN 'text' THEN substr(\"{inner}\", 1, {TEXT + 1}) WHEN 'blob' THEN x''"
    short = f'CASE typeof("{inner}") {cases} ELSE "{inner}" END'
    return [value for (value,) in db.execute(f'SELECT {short} FROM "{table}" LIMIT {_ROWS}')]


def _column(name: str, values: Sequence[Any]) -> Column | str:
    """A column that is drawn like these values, or why there is none."""
    label = name.replace("_", " ")
    if SECRET.search(name):
        return "since it looks like a secret"
    if any(value is None for value in values):
        return "since some of its values are missing"
    kinds: set[type] = {type(value) for value in values}
    different = sorted(set(values)) if len(kinds) == 1 and bytes not in kinds else []
    if len(different) < 2:
        return "since all its values are the same" if different else "since its values are of several types, or bytes"
    if kinds == {int}:
        low, high = int(different[0]), int(different[-1])
        if known_as(name) == "phone" and _mostly(different, lambda number: number >= 10**6):
            return _known(name, "phone", label)
        if low < 0 or high > 2**40:
            return "since it has negative or very large numbers"
        kind = "money" if MONEY.search(name) else "number"
        return Column(name, f"INTEGER NOT NULL CHECK ({name} >= 0)", {"range": [low, high]}, kind, label)
    if kinds == {float}:
        return "since it has fractions: store money as cents, and measures in small units"
    texts = [str(value) for value in different]
    if max(map(len, texts)) > TEXT or any(not text.isprintable() or not text.strip() for text in texts):
        return "since it has long or empty texts"
    return _text(name, label, texts, [str(value) for value in values])


def _text(name: str, label: str, texts: list[str], values: list[str]) -> Column | str:
    if all(_DAY.match(text) for text in texts):
        long_ago = int(texts[-1][:4]) - int(texts[0][:4]) > 8
        draw: dict[str, Any] = {"date": [-28000, -7000] if long_ago else [-60, 60]}
        return Column(name, "TEXT NOT NULL", draw, "date", label_of(name, "date"))
    if all(_MOMENT.match(text) for text in texts):
        draw = {"datetime": [-60, 60], "at": ["09:00", "10:30", "12:00", "14:30", "16:00"]}
        return Column(name, "TEXT NOT NULL", draw, "datetime", label_of(name, "datetime"))
    if _mostly(texts, _OTHER_DAY.match):
        return "since its days are not written YYYY-MM-DD"
    known = known_as(name)
    for kind, form, sign in (("email", _EMAIL, "@"), ("phone", _PHONE, r"\d")):
        if _mostly(texts, form.match) or (known == kind and _mostly(texts, re.compile(sign).search)):
            return _known(name, kind, label)
    if _mostly(texts, _LONG_WORD.match):
        return "since its texts look like keys or secrets"
    if len(texts) <= _FEW and len(values) >= 2 * len(texts):
        if not are_states(texts) or any(_PHONE.match(text) for text in texts):
            return "since its values have quotes, braces or other signs, or are long"
        listed = ", ".join(f"'{text}'" for text in texts)
        shares = {text: values.count(text) for text in texts}
        return Column(name, f"TEXT NOT NULL CHECK ({name} IN ({listed}))", {"choice": shares}, "enum", label)
    codes = len(texts) == len(values) and all(re.fullmatch(r"[A-Z0-9-]{3,20}", text) for text in texts)
    if codes and len(re.sub(r"\W", "", texts[0])) >= 4:
        digits = re.sub(r"[A-Z0-9]+", lambda found: "{" + "#" * min(6, len(found[0])) + "}", texts[0])
        return Column(name, "TEXT NOT NULL", {"template": digits, "unique": True}, "id", label)
    if known == "id":
        return _known(name, "id", label)
    clean = [text for text in texts if not re.search(r"[{}$#@]", text) and not _PHONE.match(text)]
    if len(clean) < 12:
        return "since it has too few different texts to divide between the splits"
    return Column(name, "TEXT NOT NULL", {"vocabulary": clean[:400]}, "name", label)


def _mostly(values: Sequence[Any], holds: Callable[[Any], Any]) -> bool:
    return 2 * sum(bool(holds(value)) for value in values) > len(values)


def _known(name: str, kind: str, label: str) -> Column:
    """A column of what somebody is known by, which is made up."""
    _, draw = INVENTED[kind]
    return Column(name, "TEXT NOT NULL", dict(draw), kind, label)
