"""From what a teacher says of tables and tools to a domain's: checked name by name, and all SQL is ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentgym.synthesis.domain import build
from agentgym.synthesis.domain.build import Builder, Entity, name_of
from agentgym.synthesis.domain.words import FIRST, LAST
from agentgym.synthesis.grow import singular
from agentgym.synthesis.resources.desk import chooses
from agentgym.synthesis.resources.tables import Table, ordered
from agentgym.synthesis.teacher.forms import Act, Column, Domain, Look, Tools
from agentgym.synthesis.teacher.texts import name_trouble, text_trouble

__all__ = ["tables_of", "tool_troubles", "tools_of"]

_TABLES, _COLUMNS, _PARENTS, _TOOLS = (2, 6), (1, 7), 2, (1, 10)
_STATES, _TITLES = (2, 6), (15, 60)
_MOST = {"number": 10**6, "money": 10**8, "day": 28_000, "moment": 730}
"""Largest value of a range; days lie so far back at most, too."""
_KINDS = {
    "state": "enum", "number": "number", "money": "money", "day": "date", "moment": "datetime", "person": "name",
    "title": "name", "phone": "phone", "email": "email", "code": "id",
}  # fmt: skip
_MADE = {"phone": "555-{###}-{####}", "email": "{letters}{letters}.{###}@example.org", "code": "{####}-{##}"}
_AT = ["09:00", "10:30", "12:00", "14:30", "16:00"]
_TAKEN = ("handovers", "hand_over", "wait", "calculator", "value", "day")
_VALUE = {"state": re.compile(r"[a-z]+([ -][a-z]+)*"), "title": re.compile(r"[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*")}
_PEOPLE = [f"{FIRST[(7 * at) % len(FIRST)]} {LAST[(at + at // 48) % len(LAST)]}" for at in range(240)]
"""Names of people."""


# --- tables ---


def tables_of(answer: Domain) -> tuple[dict[str, Table], list[str]]:
    """The tables of a domain, those that others refer to first, and what is wrong with them; none where anything is."""
    troubles = list(_table_troubles(answer))
    if troubles:
        return {}, troubles
    tables = {
        one.name: Table(
            one.name, one.name, f"{singular(one.name)}_id", [(column.name, _column(column)) for column in one.columns],
            [(f"{singular(parent)}_id", parent) for parent in one.belongs_to], 24 if one.name == answer.caller else 50,
        )
        for one in answer.tables
    }  # fmt: skip
    found = ordered(tables, troubles)
    return ({}, troubles) if troubles else (found, [])


def _table_troubles(answer: Domain) -> Iterator[str]:
    names = [one.name for one in answer.tables]
    if not _TABLES[0] <= len(names) <= _TABLES[1]:
        yield f"expected {_TABLES[0]} to {_TABLES[1]} tables, found {len(names)}"
        return
    taken = {*_TAKEN}
    for one in answer.tables:
        yield from filter(None, [name_trouble(one.name, "table", taken)])
        taken |= {one.name, singular(one.name)}
        if not _COLUMNS[0] <= len(one.columns) <= _COLUMNS[1]:
            yield f"table {one.name[:40]}: expected {_COLUMNS[0]} to {_COLUMNS[1]} columns, found {len(one.columns)}"
            continue
        if len({*one.belongs_to}) != len(one.belongs_to) or len(one.belongs_to) > _PARENTS:
            yield f"table {one.name[:40]} belongs to {len(one.belongs_to)} tables, at most {_PARENTS} different ones"
        for parent in one.belongs_to:
            if parent not in names or parent == one.name:
                yield f"table {one.name[:40]} belongs to {parent[:40]!a}, and there is no other table of this name"
        keys = {f"{singular(name)}_id" for name in (one.name, *one.belongs_to)}
        used = {*_TAKEN, *keys}
        for column in one.columns:
            where = f"column {one.name[:40]}.{column.name[:40]}"
            yield from filter(None, [name_trouble(column.name, where, used)])
            used.add(column.name)
            yield from (f"{where}: {trouble}" for trouble in _column_troubles(column))
    caller = next((one for one in answer.tables if one.name == answer.caller), None)
    if caller is None:
        yield f"the caller's table is {answer.caller[:40]!a}, which is none of the tables"
        return
    if caller.belongs_to:
        yield "the caller's table belongs to another one: callers come first"
    known = [column.name for column in caller.columns if column.kind in _MADE]
    if not answer.known_by or not {*answer.known_by} <= {*known} or len({*answer.known_by}) > 2:
        yield f"callers are known by one or two of the columns {', '.join(known) or '(there is none)'}"
    if not any(column.kind in ("person", "day", "moment", "money") for column in caller.columns):
        yield "the caller's table has no column of person, day or money"


def _column_troubles(column: Column) -> Iterator[str]:
    if column.kind in ("state", "title"):
        least, most = _STATES if column.kind == "state" else _TITLES
        if not least <= len({*column.values}) == len(column.values) <= most:
            yield f"expected {least} to {most} different values, found {len(column.values)}"
        for value in column.values:
            trouble = text_trouble(value, 1, 40)
            if not trouble and not _VALUE[column.kind].fullmatch(value):
                trouble = "expected lower case words" if column.kind == "state" else "expected words, no marks"
            if trouble:
                yield f"value {value[:40]!a}: {trouble}"
                return
    elif column.kind in _MOST:
        most = _MOST[column.kind]
        least = -most if column.kind in ("day", "moment") else 0
        if not least <= column.low < column.high <= most:
            yield f"expected {least} <= low < high <= {most}, found {column.low} and {column.high}"


def _column(column: Column) -> build.Column:
    kind, name = _KINDS[column.kind], column.name
    declared, draw = "TEXT NOT NULL", dict[str, Any]()
    if column.kind == "state":
        listed = ", ".join(f"'{value}'" for value in column.values)
        declared, draw = f"TEXT NOT NULL CHECK ({name} IN ({listed}))", {"choice": dict.fromkeys(column.values, 1)}
    elif column.kind in ("number", "money"):
        declared, draw = f"INTEGER NOT NULL CHECK ({name} >= 0)", {"range": [column.low, column.high]}
    elif column.kind == "day":
        draw = {"date": [column.low, column.high]}
    elif column.kind == "moment":
        draw = {"datetime": [column.low, column.high], "at": _AT}
    elif column.kind in ("person", "title"):
        draw = {"vocabulary": _PEOPLE if column.kind == "person" else list(column.values)}
    else:
        draw = {"template": _MADE[column.kind], "unique": True}
    return build.Column(name, declared, draw, kind, name.replace("_", " "))


# --- tools ---


def tool_troubles(answer: Tools, domain: Domain) -> list[str]:
    """What is wrong with the tools of a domain; nothing where they can be built."""
    return list(_tool_troubles(answer, domain))


def _tool_troubles(answer: Tools, domain: Domain) -> Iterator[str]:
    for what, tools in (("looks", answer.looks), ("acts", answer.acts)):
        if not _TOOLS[0] <= len(tools) <= _TOOLS[1]:
            yield f"expected {_TOOLS[0]} to {_TOOLS[1]} {what}, found {len(tools)}"
            return
    tables = {one.name: one for one in domain.tables}
    caller = singular(domain.caller)
    owned = {domain.caller}
    for _ in domain.tables:
        owned |= {one.name for one in domain.tables if owned & {*one.belongs_to}}
    taken = {*_TAKEN, f"find_{caller}", f"get_{caller}"}
    says: set[str] = set()
    for tool in (*answer.looks, *answer.acts):
        yield from filter(None, [name_trouble(tool.name, "tool", taken)])
        taken.add(tool.name)
        where = f"tool {tool.name[:40]}"
        if tool.table not in tables:
            yield f"{where}: no table {tool.table[:40]!a}; there are {', '.join(tables)}"
            continue
        trouble = _description_trouble(tool.description, singular(tool.table).replace("_", " "))
        if not trouble and tool.description.lower() in says:
            trouble = "another tool says the same"
        says.add(tool.description.lower())
        if trouble:
            yield f"{where}: description: {trouble}"
        columns = {column.name: column for column in tables[tool.table].columns}
        if isinstance(tool, Look):
            yield from (f"{where}: {trouble}" for trouble in _look_troubles(tool, tables[tool.table], columns))
        else:
            if tool.table not in owned:
                yield f"{where}: {tool.table} do not belong to a caller, so none can want them changed"
            below = [one.name for one in domain.tables if tool.table in one.belongs_to]
            yield from (f"{where}: {trouble}" for trouble in _act_troubles(tool, columns, below))
    shown = {tool.table for tool in answer.looks} | {domain.caller}
    for name in tables:
        if name not in shown:
            yield f"table {name}: no tool shows it"


def _description_trouble(text: str, noun: str) -> str:
    """Why a sentence cannot say what a tool does; empty where it can."""
    trouble = text_trouble(text, 8, 100)
    if trouble:
        return trouble
    if ". " in text or not text.endswith("."):
        return "expected one sentence that ends with a full stop"
    if any(character.isdigit() for character in text):
        return "expected no digits"
    return "" if noun in text.lower() else f"expected the word {noun} in it"


def _look_troubles(tool: Look, table: Any, columns: Mapping[str, Column]) -> Iterator[str]:
    if tool.shows == "list" and tool.of not in table.belongs_to:
        yield f"{table.name} does not belong to {tool.of[:40]!a}; it belongs to {', '.join(table.belongs_to) or 'none'}"
    if tool.shows == "find" and (tool.by not in columns or columns[tool.by].kind not in ("title", "person")):
        yield f"nothing is found by {tool.by[:40]!a}: it takes a title or person column of {table.name}"


def _act_troubles(tool: Act, columns: Mapping[str, Column], below: list[str]) -> Iterator[str]:
    if tool.only_column:
        only = columns.get(tool.only_column)
        if only is None or only.kind != "state":
            yield f"only_column: no state column {tool.only_column[:40]!a}"
        elif tool.only_value not in only.values:
            yield f"only_value: {tool.only_column} is never {tool.only_value[:40]!a}; it is {', '.join(only.values)}"
    if tool.does == "delete":
        if below:
            yield f"a row that others belong to cannot be deleted: {', '.join(below)}"
        return
    column = columns.get(tool.column)
    if column is None:
        yield f"no column {tool.column[:40]!a}; there are {', '.join(columns)}"
        return
    kinds = {"set": ("state",), "choose": ("state", "day"), "move": ("day", "moment"), "add": ("number", "money")}
    if column.kind not in kinds[tool.does]:
        yield f"{tool.does} takes a column of {' or '.join(kinds[tool.does])}, and {tool.column} is {column.kind}"
    elif tool.does == "set" and tool.value not in column.values:
        yield f"{tool.column} is never {tool.value[:40]!a}; it is {', '.join(column.values)}"
    elif tool.does == "set" and tool.only_column == tool.column and tool.only_value == tool.value:
        yield f"it sets {tool.column} to what it has to be already"
    elif tool.does in ("move", "add") and not 0 < abs(tool.amount) <= (365 if tool.does == "move" else column.high):
        yield f"amount is not 0 and at most {365 if tool.does == 'move' else column.high} either way: {tool.amount}"


def tools_of(answer: Tools) -> Callable[[Builder, Mapping[str, Entity]], None]:
    """What adds tools without troubles to a domain."""

    def add(b: Builder, entities: Mapping[str, Entity]) -> None:
        for look in answer.looks:
            _look(b, look, entities)
            b.tools[-1] |= {"name": look.name, "description": look.description}
        for act in answer.acts:
            _act(b, act, entities[act.table])

    return add


def _look(b: Builder, tool: Look, entities: Mapping[str, Entity]) -> None:
    entity = entities[tool.table]
    names = [column.name for column in entity.columns]
    if tool.shows == "list":
        of = entities[tool.of]
        b.lists(entity, of, [*names, *(key for key in entity.refers if key != of.key)])
    elif tool.shows == "one":
        b.gets(entity, [*names, *entity.refers])
    else:
        by = next(column for column in entity.columns if column.name == tool.by)
        b.looks_up(entity, by, names)


def _act(b: Builder, tool: Act, entity: Entity) -> None:
    column, its = tool.column, f"{name_of(entity).replace('_', ' ')} {{{entity.key}}}"
    guards: list[dict[str, str]] = []
    if tool.only_column:
        guards.append(b.guard(entity, f"{tool.only_column} = '{tool.only_value}'", f"{its} is not {tool.only_value}"))
    shown = [*[one.name for one in entity.columns if one.name != column and one.kind == "name"][:1], column]
    if tool.does == "delete":
        b.deletes(tool.name, tool.description, entity, guards)
    elif tool.does == "choose":
        chosen = next(one for one in entity.columns if one.name == column)
        chooses(b, tool.name, tool.description, entity, chosen, guards)
    elif tool.does == "set":
        if tool.only_column != column:
            guards.append(b.guard(entity, f"{column} <> '{tool.value}'", f"{its} is {tool.value} already"))
        b.sets(tool.name, tool.description, entity, f"{column} = '{tool.value}'", shown, guards)
    elif tool.does == "move":
        minutes = next(one for one in entity.columns if one.name == column).kind == "datetime"
        moved = f"shift({column}, {tool.amount * 1440})" if minutes else f"shift_days({column}, {tool.amount})"
        b.sets(tool.name, tool.description, entity, f"{column} = {moved}", shown, guards)
    else:
        if tool.amount < 0:
            guards.append(b.guard(entity, f"{column} >= {-tool.amount}", f"the {column} of {its} is too low"))
        b.sets(tool.name, tool.description, entity, f"{column} = {column} + ({tool.amount})", shown, guards)
