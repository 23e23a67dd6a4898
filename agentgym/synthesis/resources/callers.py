"""Who calls: the table of those whose things the others are, and what the desk knows one by."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.errors import UsageError
from agentgym.synthesis.domain.build import Column
from agentgym.synthesis.grow import singular
from agentgym.synthesis.resources.kinds import INVENTED, names_of
from agentgym.synthesis.resources.tables import Table, shown

__all__ = ["caller_of"]

_TOLD = ("name", "date", "datetime", "money")
_ORDER = {"phone": 0, "email": 1, "id": 2}


def caller_of(
    tables: dict[str, Table], caller: str, notes: list[str], known_by: Sequence[str] = ()
) -> tuple[Table, list[str]]:
    """Those who call, and the one or two columns by which the desk knows one.

    Args:
        caller: their table. What it lacks (a code, a name, something that belongs to it) is then made up, and noted.
            Empty for the table that most others belong to, of those that lack nothing, and rather one of people who
            have a phone number or an e-mail address.
        known_by: those columns; nothing is made up then. Empty for those that there are.

    Raises:
        UsageError: there is no such table, or none that could be it; the message names those that can be chosen.
    """
    if not tables:
        raise UsageError("nobody in it could call: there is nothing in it that a pack could have as a table")
    if caller:
        called = {form: table for table in tables.values() for form in (table.own, singular(table.own))}
        found = tables.get(caller) or called.get(caller.lower())
        if found is None:
            raise UsageError(f"no table {shown(caller)} that could be read; there are: {', '.join(map(shown, tables))}")
        if not known_by:
            _complete(tables, found, notes)
            return found, _keys(found)
        if _keys(found) and _told(found) and _children(tables, found.name):
            return found, list(known_by)
    children = {name: len(_children(tables, name)) for name in tables}
    reached = {name: any(c.kind in ("phone", "email") for _, c in table.columns) for name, table in tables.items()}
    for name in sorted(tables, key=lambda name: (not reached[name], -children[name], name)):
        if not caller and children[name] and _keys(tables[name]) and _told(tables[name]):
            return tables[name], list(known_by) or _keys(tables[name])
    raise UsageError(
        "nobody in it could call: a table that others refer to needs a column of phone numbers, e-mail addresses or "
        "codes, and one of names or days; with --caller TABLE what is missing is made up; there are: "
        + ", ".join(map(shown, sorted(tables, key=lambda name: (-children[name], name))))
    )


def _keys(table: Table) -> list[str]:
    unique = sorted((_ORDER[column.kind], column.name) for _, column in table.columns if column.kind in _ORDER)
    return [name for _, name in unique[:2]]


def _told(table: Table) -> bool:
    return any(column.kind in _TOLD for _, column in table.columns)


def _children(tables: dict[str, Table], name: str) -> list[Table]:
    return [table for table in tables.values() if any(parent == name for _, parent in table.parents)]


def _complete(tables: dict[str, Table], table: Table, notes: list[str]) -> None:
    """Make up what a table lacks whose rows are to call."""
    noun = singular(table.own)
    if not _keys(table):
        kind, draw = INVENTED["id"]
        _add(table, "code", Column("", "TEXT NOT NULL", dict(draw), kind, ""), noun, notes)
    if not _told(table):
        names = Column("", "TEXT NOT NULL", {"vocabulary": names_of("name", True)}, "name", "")
        _add(table, "name", names, noun, notes)
    if not _children(tables, table.name):
        leaves = [one for one in tables.values() if one is not table and not _children(tables, one.name)]
        if not leaves:
            raise UsageError(f"{shown(table.name)} cannot call: there is nothing else in it that could be theirs")
        for leaf in leaves:
            leaf.parents.append((f"{noun}_id", table.name))
            leaf.without({table.key}, notes)
            notes.append(f"{shown(leaf.name)}: each belongs to one {noun}, which is made up: nothing refers to that")


def _add(table: Table, name: str, like: Column, noun: str, notes: list[str]) -> None:
    taken = {table.key, *(column.name for _, column in table.columns)}
    own = next(one for one in (name, f"{noun}_{name}", f"caller_{name}", f"caller_{name}_too") if one not in taken)
    table.columns.append((own, Column(own, like.declared, like.draw, like.kind, own.replace("_", " "))))
    notes.append(f"{shown(table.name)}.{own} is made up: there has to be something by which a caller is known")
