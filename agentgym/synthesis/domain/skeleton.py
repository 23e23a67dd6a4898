"""A pack to begin with from tables that somebody has: their keys and the kinds of their values, never their rows.

Worlds are drawn anew. What cannot be known is listed for whoever goes on: what tools may do, which rules hold, what
people call things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from agentgym.errors import PackError, UsageError
from agentgym.pack import forget
from agentgym.places import is_name
from agentgym.seeding import stream
from agentgym.synthesis.admit import Synthesis, synthesize
from agentgym.synthesis.domain.assemble import assembled, finds
from agentgym.synthesis.domain.build import Builder, Column, Entity, name_of
from agentgym.synthesis.domain.tables import Table, shown
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.grow import singular

__all__ = ["NOTES", "Skeleton", "Tools", "chooses", "grown_from", "skeleton"]

NOTES = "NOTES.md"
"""The file of what its author has to see to, in the folder of the pack."""

_WORKFLOWS = 8

Tools = Callable[[Builder, Mapping[str, Entity]], None]
"""Adds tools to a domain, given what its tables became."""


class Skeleton(Struct, frozen=True):
    """A pack to begin with, and what its author has to see to."""

    draft: Draft
    notes: tuple[str, ...]


def skeleton(
    tables: dict[str, Table], name: str, caller: str, notes: Sequence[str], *, place: str = "",
    known_by: Sequence[str] = (), tools: Tools | None = None,
) -> Skeleton:  # fmt: skip
    """The pack of tables, those that others refer to first.

    Args:
        name: of the pack.
        caller: the table of those who call; empty for the one that most others belong to.
        notes: what its author has to see to already.
        place: where it is, as in "You are the desk of ..."; empty for the name.
        known_by: the columns by which callers are known, of phone numbers, e-mail addresses or codes; empty for those
            that there are, two at most.
        tools: adds the tools other than those that find and show who calls; None for what can be guessed from columns.

    Raises:
        UsageError: that is no name of a pack, or nobody in the tables could call.
    """
    if not is_name(name):
        raise UsageError(f"a pack's name is lower case words joined by _, found {name!r}")
    person, keys = _person(tables, caller)
    said = list(notes)
    draft = _draft(tables, person, list(known_by) or keys, name, said, place or name.replace("_", " "), tools)
    return Skeleton(draft, tuple(dict.fromkeys(said)))


def grown_from(
    found: Skeleton, source: str, said: str, folder: Path, *, seed: int = 0, gap: int = 2, depth: int = 1,
    progress: Callable[[int], Any] | None = None,
) -> Synthesis:  # fmt: skip
    """The pack with rules and workflows that are made up and proved, and `NOTES.md` in it.

    Args:
        source: what it was read from, for people.
        said: a sentence on what of the source is in the pack.
        folder: where to write it; its name is the pack's.
        seed, gap, depth: as `agentgym.synthesis.admit.synthesize` takes them.

    Raises:
        UsageError: something lies at that place, or no workflow can be proved on what was found, and why.
    """
    vacant(folder)
    with TemporaryDirectory() as scratch:
        try:
            base = found.draft.write(Path(scratch) / folder.name)
        except PackError as trouble:
            raise UsageError(f"{source}: what was found in it makes no pack: {trouble.message}") from None
        try:
            made = synthesize(
                base, folder.name, folder.parent, _WORKFLOWS, least=1, seed=seed, gap=gap, depth=depth,
                progress=progress,
            )  # fmt: skip
        finally:
            forget(base)
    lines = [f"# {folder.name}, from {source}", "", said, "", *(f"* {note}" for note in found.notes)]
    (folder / NOTES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made


def _person(tables: dict[str, Table], caller: str) -> tuple[Table, list[str]]:
    """Those who call, and the columns by which the desk knows one."""
    if caller and caller not in tables:
        raise UsageError(
            f"no table {shown(caller)} that could be read; there are: {', '.join(map(shown, tables)) or 'none'}"
        )
    children = {
        name: sum(parent == name for table in tables.values() for _, parent in table.parents) for name in tables
    }
    for name in [caller] if caller else sorted(tables, key=lambda name: (-children[name], name)):
        table = tables[name]
        order = {"phone": 0, "email": 1, "id": 2}
        unique = sorted((order[column.kind], column.name) for _, column in table.columns if column.kind in order)
        named = [column.name for _, column in table.columns if column.kind in ("name", "date", "datetime", "money")]
        if unique and named and children[name]:
            return table, [found for _, found in unique[:2]]
    raise UsageError(
        "nobody in it could call: a table that others refer to needs a column of phone numbers, e-mail addresses or "
        "codes, and one of names or days" + ("" if caller else "; say which with --caller TABLE")
    )


def _draft(
    tables: dict[str, Table], person: Table, keys: list[str], name: str, notes: list[str], place: str,
    tools: Tools | None,
) -> Draft:  # fmt: skip
    b = Builder(stream("skeleton", name), singular(person.own).replace("_", " "))
    entities: dict[str, Entity] = {}
    vocabulary: dict[str, list[str]] = {
        "letters": ["ad", "be", "co", "di", "el", "fa", "go", "hu", "is", "jo", "ka", "lu", "mo", "ni"]
    }
    for table in tables.values():
        entities[table.name] = _entity(b, table, tables, vocabulary)
    caller = entities[person.name]
    told = next(
        c.name for c in caller.columns if c.kind in ("name", "date", "datetime", "money") and c.name not in keys
    )
    finds(b, caller, keys, [])
    b.gets(caller, [column.name for column in caller.columns if column.name not in keys])
    if tools is not None:
        tools(b, entities)
    else:
        _guessed(b, person, tables, entities, notes)
    return assembled(b, name, place, caller, keys, told, vocabulary, {})


def _guessed(
    b: Builder, person: Table, tables: dict[str, Table], entities: dict[str, Entity], notes: list[str]
) -> None:
    """Tools that the columns suggest."""
    for table in tables.values():
        entity = entities[table.name]
        if table is not person:
            _looks(b, entity, table, entities)
            _acts(b, entity, table, tables, notes)
    notes.append(
        "every tool that changes something was guessed from a column: delete those that nobody at the desk has"
    )
    notes.append(
        "the rules are made up from columns: write your own in rules.yaml, and wording.yaml in your users' words"
    )


def _entity(b: Builder, table: Table, tables: dict[str, Table], vocabulary: dict[str, list[str]]) -> Entity:
    prefix = b.prefix(singular(table.own))
    draws: dict[str, Any] = {table.key: {"id": prefix, "digits": 5}}
    lines = [f"{table.key} TEXT PRIMARY KEY"]
    refers: list[str] = []
    for _, parent in table.parents:
        key = tables[parent].key
        if key not in refers:
            refers.append(key)
            lines.append(f"{key} TEXT NOT NULL REFERENCES {tables[parent].own}")
            draws[key] = {"reference": f"{tables[parent].own}.{key}"}
    columns: list[Column] = []
    for _, column in table.columns:
        draw = column.draw
        if isinstance(draw.get("vocabulary"), list):
            words = f"{table.own}_{column.name}"
            vocabulary[words] = draw["vocabulary"]
            draw = {"vocabulary": words}
        lines.append(f"{column.name} {column.declared}")
        draws[column.name] = draw
        b.types[f"{table.own}.{column.name}"] = column.kind
        b.labels[column.name] = column.label
        columns.append(column)
    body = ",\n  ".join(lines)
    b.tables.append(f"CREATE TABLE {table.own} (\n  {body}\n) STRICT;")
    b.population.append(
        {"table": table.own, "rows": max(12, min(table.rows, 60 if table.parents else 24)), "columns": draws}
    )
    return Entity(table.own, singular(table.own).replace("_", " "), table.key, tuple(columns), prefix, tuple(refers))


def _looks(b: Builder, entity: Entity, table: Table, entities: dict[str, Entity]) -> None:
    names = [column.name for column in entity.columns]
    for _, parent in table.parents:
        of = entities[parent]
        if not any(tool["name"] == f"list_{entity.table}_of_{name_of(of)}" for tool in b.tools):
            others = [key for key in entity.refers if key != of.key]
            b.lists(entity, of, [*names, *others])
            b.tools[-1]["name"] = f"list_{entity.table}_of_{name_of(of)}"
    b.gets(entity, names or list(entity.refers))
    text = next((column for column in entity.columns if column.kind == "name"), None)
    if not table.parents and text is not None:
        b.looks_up(entity, text, names)


def _acts(b: Builder, entity: Entity, table: Table, tables: dict[str, Table], notes: list[str]) -> None:
    if not table.parents or not table.changes:
        return
    for column in entity.columns:
        tool = f"change_{name_of(entity)}_{column.name}"
        if "change" not in table.changes or any(one["name"] == tool for one in b.tools):
            continue
        chooses(b, tool, f"Change the {column.label} of a {entity.noun}.", entity, column, [])
    if "delete" in table.changes and not any(
        parent == table.name for other in tables.values() for _, parent in other.parents
    ):
        b.deletes(f"delete_{name_of(entity)}", f"Delete a {entity.noun} for good.", entity)
    notes.append(f"{shown(table.name)}: which of its {entity.noun}s a caller may change is not known")


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
