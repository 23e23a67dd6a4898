"""The tools of a desk over tables: those that their source names, and those without which nobody could work there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.synthesis.domain.build import Builder, Column, Entity, a, name_of, plural
from agentgym.synthesis.resources.tables import Deed, Table, shown

__all__ = ["acts", "chooses", "looks", "unused"]

_RESERVED = frozenset(("wait", "calculator", "hand_over"))
"""Tools that every pack has."""


def looks(b: Builder, entity: Entity, table: Table, entities: Mapping[str, Entity], notes: list[str]) -> list[str]:
    """Tools that list the rows of a table by each that they belong to, show one, and find one by name where they belong
    to nothing. Those that the source does not name are given back."""
    before, used = len(b.tools), list[Deed | None]()
    names = [column.name for column in entity.columns]
    for _, parent in table.parents:
        of = entities[parent]
        others = [key for key in entity.refers if key != of.key]
        deed = _deed(table, "list", parent)
        used.append(deed)
        b.lists(entity, of, [*names, *others])
        b.tools[-1]["description"] = f"The {plural(entity.noun)} of {a(of.noun)}."
        _call(b, deed, f"list_{entity.table}_of_{name_of(of)}", notes)
    b.gets(entity, names or list(entity.refers))
    b.tools[-1]["description"] = f"What is on file about {a(entity.noun)}."
    used.append(_deed(table, "get"))
    _call(b, used[-1], f"get_{name_of(entity)}", notes)
    text = next((column for column in entity.columns if column.kind == "name"), None)
    if not table.parents and text is not None:
        b.looks_up(entity, text, names)
        deed = _deed(table, "list")
        used.append(deed if deed is not None and text.name in deed.columns else None)
        _call(b, used[-1], f"find_{entity.table}", notes)
    unused(table, used, notes, "rows are listed by whom they belong to, shown one by one, or found by name")
    known = {deed.name for deed in table.deeds or ()}
    return [str(tool["name"]) for tool in b.tools[before:] if tool["name"] not in known]


def unused(table: Table, used: Sequence[Deed | None], notes: list[str], why: str) -> None:
    """Note the looks of a source that a pack does without."""
    notes += [
        f"{deed.name}: left out, since {why}"
        for deed in table.deeds or ()
        if deed.does in ("get", "list") and deed not in used
    ]


def acts(b: Builder, entity: Entity, table: Table, entities: Mapping[str, Entity], notes: list[str], children: bool
         ) -> None:  # fmt: skip
    """Tools that change rows of a table: those that its source names; where it names none at all, one for each state
    and each day of what belongs to something, and one that deletes what has no `children`."""
    deeds = table.deeds
    if deeds is None:
        deeds = _supposed(entity, children) if table.parents else ()
    columns = {column.name: column for column in entity.columns}
    before = len(b.tools)
    for deed in deeds:
        if deed.does in ("set", "put"):
            _sets(b, entity, columns[deed.columns[0]], deed)
        elif deed.does == "delete" and children:
            notes.append(f"{deed.name}: left out, since others belong to {a(entity.noun)}")
            continue
        elif deed.does == "delete":
            b.deletes(deed.name, f"Delete {a(entity.noun)} for good.", entity)
        elif deed.does == "add":
            _adds(b, entity, [entities[parent] for _, parent in table.parents], deed, notes)
        if deed.does not in ("get", "list"):
            _call(b, deed, f"{deed.name}_{name_of(entity)}", notes)
    if len(b.tools) > before:
        notes.append(f"{shown(table.name)}: which of its {entity.noun}s a caller may change is not known")


def _supposed(entity: Entity, children: bool) -> tuple[Deed, ...]:
    """What somebody may do where nothing but columns is known."""
    name = name_of(entity)
    sets = [
        Deed("set", f"change_{name}_{column.name}", columns=(column.name,))
        for column in entity.columns
        if column.kind in ("enum", "date")
    ]
    return (*sets, *(() if children else (Deed("delete", f"delete_{name}"),)))


def _deed(table: Table, does: str, of: str = "") -> Deed | None:
    return next((deed for deed in table.deeds or () if deed.does == does and deed.of == of), None)


def _call(b: Builder, deed: Deed | None, otherwise: str, notes: list[str]) -> None:
    """Give the last tool the name and the description that the source has for it, or else a name that is free."""
    tool = b.tools[-1]
    taken = _RESERVED | {str(one["name"]) for one in b.tools[:-1]}
    deed = deed or Deed("get", otherwise)
    tries = (deed.name, otherwise, *(f"{otherwise}_{at}" for at in range(2, len(taken) + 2)))
    tool["name"] = next(name for name in tries if name not in taken)
    if tool["name"] != deed.name:
        notes.append(f"{deed.name}: called {tool['name']}, since there is another tool of that name")
    tool["description"] = deed.says or tool["description"]


def _sets(b: Builder, entity: Entity, column: Column, deed: Deed) -> None:
    """A tool that gives a column a value, the caller's or always the same."""
    says = f"Change the {column.label} of {a(entity.noun)}."
    if deed.does == "put":
        value = "'" + deed.value.replace("'", "''") + "'"
        same = b.guard(entity, f"{column.name} <> {value}", f"its {column.label} is {deed.value} already")
        b.sets(deed.name, says, entity, f"{column.name} = {value}", [column.name], [same])
    else:
        chooses(b, deed.name, says, entity, column, [])


def chooses(b: Builder, tool: str, says: str, entity: Entity, column: Column, guards: Sequence[dict[str, str]]) -> bool:
    """A tool that gives a state or a day another value, of the caller's choice; whether the column is one of these."""
    if column.kind == "enum":
        values = list(column.draw["choice"])
        more: dict[str, Any] = {"value": {"type": "string", "enum": values, "description": f"The new {column.label}."}}
        b.labels["value"] = "new value"
        same = b.guard(entity, f"{column.name} <> :value", f"that is its {column.label} already")
        b.sets(tool, says, entity, f"{column.name} = :value", [column.name], [*guards, same], more)
    elif column.kind == "date":
        more = {"day": {"type": "string", "semantic": "date", "description": "The new day, YYYY-MM-DD."}}
        b.labels["day"] = "new day"
        b.sets(tool, says, entity, f"{column.name} = :day", [column.name], list(guards), more)
    return column.kind in ("enum", "date")


def _adds(b: Builder, entity: Entity, parents: list[Entity], deed: Deed, notes: list[str]) -> None:
    """A tool that makes a row. What it is not given begins with today, the least number or the first state."""
    values = {entity.key: f"new_id('{entity.prefix}')", **{parent.key: f":{parent.key}" for parent in parents}}
    more: dict[str, Any] = {}
    for column in entity.columns:
        begins = _begins(column)
        if column.name in deed.columns or not begins:
            values[column.name] = f":{column.name}"
            more[column.name] = _argument(column)
        else:
            values[column.name] = begins
            notes.append(f"{deed.name}: the {column.label} of a new {entity.noun} is supposed to be {begins}")
    sql = f"INSERT INTO {entity.table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
    told = [column.name for column in entity.columns]
    b.writes(
        deed.name, f"Add {a(entity.noun)}.", entity, [sql], told, [], more, parents, new=True
    )  # fmt: skip


def _begins(column: Column) -> str:
    """The value of a new row, as SQL; empty where it has to be given."""
    if column.kind == "enum":
        return "'" + str(next(iter(column.draw["choice"]))).replace("'", "''") + "'"
    low = column.draw.get("range", [0])[0]
    return {"date": "today()", "datetime": "now()", "number": str(low), "money": str(low)}.get(column.kind, "")


def _argument(column: Column) -> dict[str, Any]:
    described = {"description": f"The {column.label}."}
    if column.kind == "enum":
        return {"type": "string", "enum": list(column.draw["choice"]), **described}
    if column.kind in ("number", "money"):
        low, high = column.draw["range"]
        kind = {"semantic": "money"} if column.kind == "money" else {}
        return {"type": "integer", **kind, "minimum": low, "maximum": high, **described}
    return {"type": "string", "semantic": column.kind, **described}
