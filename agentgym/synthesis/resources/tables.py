"""Tables that a pack can have, read from wherever: from a database, or from schemas."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Literal

import apsw
from msgspec import Struct

from agentgym.synthesis.domain.build import Column

__all__ = ["COLUMNS", "MONEY", "NOTED", "TABLES", "TEXT", "Deed", "Table", "label_of", "ordered", "plain", "shown"]

TABLES, COLUMNS, TEXT = 24, 30, 60
"""What is looked at: tables, columns of a table, characters of a text."""
NOTED = 300
"""Notes for an author, at most."""
MONEY = re.compile(r"(^|_)(amount|price|fee|balance|total|cost|deposit|sum|cents)$")
"""Names of columns that hold money."""


class Deed(Struct, frozen=True):
    """What the source lets somebody do with the rows of a table."""

    does: Literal["get", "list", "set", "put", "delete", "add"]
    name: str
    """Of the tool."""
    says: str = ""
    """Its description; empty for one that follows from the rest."""
    of: str = ""
    """list: the table whose row they are listed by; empty for a search by name."""
    columns: tuple[str, ...] = ()
    """Columns by their names in the pack. set: the one that gets a new value; put: the one that gets `value`; add:
    those whose values are given."""
    value: str = ""


class Table(Struct):
    """What a pack can have of a table, or of a schema."""

    name: str
    own: str
    """Its name in the pack."""
    key: str
    columns: list[tuple[str, Column]]
    """(name in the file, column)."""
    parents: list[tuple[str, str]]
    """(column, table)."""
    rows: int
    deeds: tuple[Deed, ...] | None = None
    """What may be done with its rows; None where nobody says, and all is supposed that the columns suggest."""

    def without(self, keys: Collection[str], notes: list[str]) -> None:
        """Leave out columns whose names are those of keys that it refers to."""
        notes += [
            f"{shown(self.name)}.{shown(title)}: left out, a name that is taken"
            for title, column in self.columns
            if column.name in keys
        ]
        self.columns = [(title, column) for title, column in self.columns if column.name not in keys]


def ordered(tables: dict[str, Table], notes: list[str]) -> dict[str, Table]:
    """Parents first; of a circle, one reference is left out."""
    out: dict[str, Table] = {}
    waiting = dict(tables)

    def leads_to(start: str, end: str, seen: set[str]) -> bool:
        seen.add(start)
        nexts = [parent for _, parent in waiting[start].parents if parent in waiting]
        return end in nexts or any(leads_to(one, end, seen) for one in nexts if one not in seen)

    while waiting:
        ready = [name for name, table in waiting.items() if all(parent in out for _, parent in table.parents)]
        if not ready:
            table = next(table for name, table in waiting.items() if leads_to(name, name, set()))
            column, parent = next(
                (c, p) for c, p in table.parents if p in waiting and (p == table.name or leads_to(p, table.name, set()))
            )
            notes.append(f"{shown(table.name)}.{shown(column)}: left out, since {shown(parent)} leads back to it")
            table.parents = [pair for pair in table.parents if pair != (column, parent)]
            continue
        for name in ready:
            out[name] = waiting.pop(name)
    return out


def shown(name: str) -> str:
    """A name from a file, as it can be printed."""
    text = "".join(character if character.isprintable() else "?" for character in name[: TEXT + 1])
    return text if len(text) <= TEXT else f"{text[: TEXT - 3]}..."


def label_of(name: str, kind: str) -> str:
    """How one calls a column."""
    words = name.replace("_", " ").strip()
    found = re.fullmatch(r"(\w+)_(?:on|date)", name) if kind == "date" else re.fullmatch(r"(\w+)_at", name)
    if found is None or kind not in ("date", "datetime"):
        return words
    return f"{found[1].replace('_', ' ')} {'day' if kind == 'date' else 'time'}"


def plain(name: str, letter: str) -> str:
    """A name that SQL and tools take as it is."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:200])
    found = re.sub(r"[^A-Za-z0-9]+", "_", found).strip("_").lower()[:40].rstrip("_")
    if not found or not found[0].isalpha() or found.startswith("sqlite"):
        found = f"{letter}_{found}".rstrip("_")
    return found if _usable(found) else f"{found}_"


@lru_cache(maxsize=2048)
def _usable(name: str) -> bool:
    """Whether SQL takes a word for a name, and nobody for something else."""
    if name.startswith("current_") or name in ("rowid", "oid", "now", "localtime", "utc", "random", "true", "false"):
        return False
    if re.search("[_0-9]", name):  # no other word of SQL has these
        return True
    if name.upper() not in apsw.keywords:
        return True
    db = apsw.Connection(":memory:")
    try:
        db.execute(f"CREATE TABLE {name} ({name} INTEGER); SELECT {name} FROM {name} WHERE {name} = 1")
    except apsw.Error:
        return False
    finally:
        db.close()
    return True
