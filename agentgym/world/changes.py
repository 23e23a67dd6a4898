"""What a call does to rows: watched as it happens, settled at its end, and written as a change set to be applied again.

SQLite tells of each row before it is written (the preupdate hook, on which its sessions rest too). A session says the
same in the end, but prepares several statements for every call that writes, which takes longer than the writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Protocol

import apsw
import msgspec

from agentgym.types import Change, Scalar
from agentgym.world.schema import Table

__all__ = ["Moved", "Watch", "changes_of", "changeset", "order", "settle"]

_Row = tuple[Any, ...]
Moved = tuple[str, _Row | None, _Row | None]
"""(table, whole row before, whole row after) of one row; None where there is none."""


class _Update(Protocol):
    table_name: str
    old: _Row | None
    new: _Row | None


class Watch:
    """The preupdate hook of a connection: while `rows` is a list, what happens to rows is added to it; `touched` are
    the tables in which anything happened since the image."""

    __slots__ = ("rows", "touched")

    def __init__(self) -> None:
        self.rows: list[Moved] | None = None
        self.touched: set[str] = set()

    def __call__(self, update: _Update) -> None:
        self.touched.add(update.table_name)
        if self.rows is not None:
            self.rows.append((update.table_name, update.old, update.new))


def settle(rows: Iterable[Moved], tables: Mapping[str, Table]) -> list[Moved]:
    """What remains of what happened to rows one after the other: each row once, by its key, and only where it differs.

    A row whose key changes is one that goes and one that comes.
    """
    net: dict[tuple[str, _Row], tuple[_Row | None, _Row | None]] = {}
    for table, old, new in rows:
        if table not in tables:
            continue
        places, reals = tables[table].places, tables[table].reals
        if reals:
            old, new = _with_reals(old, reals), _with_reals(new, reals)
        gone = None if old is None else (table, tuple([old[i] for i in places]))
        come = None if new is None else (table, tuple([new[i] for i in places]))
        if gone is not None and gone != come:
            net[gone] = (net[gone][0] if gone in net else old, None)
        if come is not None:
            first = net[come][0] if come in net else old if gone == come else None
            net[come] = (first, new)
    return [(table, old, new) for (table, _), (old, new) in net.items() if not _same(old, new)]


def _with_reals(row: _Row | None, reals: tuple[int, ...]) -> _Row | None:
    """The row as a SELECT gives it: before SQLite 3.53 the hook tells of whole numbers in a column REAL as integers."""
    if row is None:
        return None
    return tuple([float(cell) if i in reals and isinstance(cell, int) else cell for i, cell in enumerate(row)])


def _same(old: _Row | None, new: _Row | None) -> bool:
    """Whether two rows are the same, 1 and 1.0 apart."""
    return old == new and (old is None or new is None or [*map(type, old)] == [*map(type, new)])


def changes_of(moved: Iterable[Moved], tables: Mapping[str, Table]) -> tuple[Change, ...]:
    """Settled rows as changes, in the order of table and key."""
    out = [_change(tables[table], old, new) for table, old, new in moved]
    if len(out) > 1:
        out.sort(key=order)
    return tuple(out)


def _change(table: Table, old: _Row | None, new: _Row | None) -> Change:
    row = new if new is not None else old
    assert row is not None
    key = tuple([row[i] for i in table.places])
    if old is None or new is None:
        whole: dict[str, Scalar] = dict(zip(table.columns, row, strict=True))
        return Change(table.name, key, whole if new is None else None, whole if old is None else None)
    before: dict[str, Scalar] = {}
    after: dict[str, Scalar] = {}
    for i, column in enumerate(table.columns):
        if _differs(old[i], new[i]):
            before[column], after[column] = old[i], new[i]
        elif i in table.places:
            before[column] = old[i]
    return Change(table.name, key, before, after)


def _differs(one: Any, other: Any) -> bool:
    return one != other or type(one) is not type(other)


def order(change: Change) -> tuple[str, str]:
    """By table, then by key."""
    return change.table, msgspec.json.encode(change.key).decode()


# --- the change set -------------------------------------------------------------------------------------------------


def changeset(moved: Iterable[Moved], tables: Mapping[str, Table]) -> bytes:
    """Settled rows as `apsw.Changeset.apply` takes them, in the format of SQLite's session extension: for each table a
    header, for each row what is done, and the values of old and new that matter."""
    out = bytearray()
    for name, rows in groupby(sorted(moved, key=lambda row: row[0]), key=lambda row: row[0]):
        table = tables[name]
        marks = bytes([table.places.index(i) + 1 if i in table.places else 0 for i in range(len(table.columns))])
        out += b"T" + _length(len(marks)) + marks + name.encode() + b"\0"
        for _, old, new in rows:
            if old is None or new is None:
                out += bytes([apsw.SQLITE_DELETE if new is None else apsw.SQLITE_INSERT, 0])
                for value in old or new or ():
                    out += _value(value)
                continue
            moves = [_differs(one, other) for one, other in zip(old, new, strict=True)]
            out += bytes([apsw.SQLITE_UPDATE, 0])
            for mark, moves_here, value in zip(marks, moves, old, strict=True):
                out += _value(value) if mark or moves_here else b"\0"
            for moves_here, value in zip(moves, new, strict=True):
                out += _value(value) if moves_here else b"\0"
    return bytes(out)


def _value(value: Any) -> bytes:
    if value is None:
        return b"\5"
    if isinstance(value, int):
        return b"\1" + value.to_bytes(8, "big", signed=True)
    if isinstance(value, float):
        return b"\2" + struct.pack(">d", value)
    data: bytes = value.encode() if isinstance(value, str) else value
    return (b"\3" if isinstance(value, str) else b"\4") + _length(len(data)) + data


def _length(size: int) -> bytes:
    """SQLite's integer of variable length, for sizes below 2**56."""
    out = bytes([size & 0x7F])
    while size := size >> 7:
        out = bytes([size & 0x7F | 0x80]) + out
    return out
