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
from agentgym.pack import Pack, forget
from agentgym.places import is_name
from agentgym.seeding import stream
from agentgym.synthesis.admit import Synthesis, synthesize
from agentgym.synthesis.domain.assemble import assembled, finds
from agentgym.synthesis.domain.build import Builder, Column, Entity
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.grow import singular
from agentgym.synthesis.resources.callers import caller_of
from agentgym.synthesis.resources.desk import acts, looks, unused
from agentgym.synthesis.resources.tables import NOTED, Table, ordered

__all__ = ["NOTES", "Skeleton", "Tools", "grown_from", "skeleton"]

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
        caller: the table of those who call; empty for the one that most others belong to
            (`agentgym.synthesis.resources.callers.caller_of`).
        notes: what its author has to see to already.
        place: where it is, as in "You are the desk of ..."; empty for the name.
        known_by: the columns by which callers are known, of phone numbers, e-mail addresses or codes; empty for those
            that there are, two at most. Where it is given nothing is made up that a table lacks.
        tools: adds the tools other than those that find and show who calls; None for what can be guessed from columns.

    Raises:
        UsageError: that is no name of a pack, or nobody in the tables could call.
    """
    if not is_name(name):
        raise UsageError(f"a pack's name is lower case words joined by _, found {name!r}")
    said = list(notes)
    person, keys = caller_of(tables, caller, said, known_by)
    where = place or name.replace("_", " ")
    draft = _draft(ordered(tables, said), person, keys, name, said, where, tools)
    unique = list(dict.fromkeys(said))
    if len(unique) > NOTED:
        unique[NOTED:] = [f"and {len(unique) - NOTED} more"]
    return Skeleton(draft, tuple(unique))


def grown_from(
    found: Skeleton, source: str, said: str, folder: Path, *, seed: int = 0, gap: int = 2, depth: int = 1,
    progress: Callable[[int], Any] | None = None,
) -> tuple[Synthesis, tuple[str, ...]]:  # fmt: skip
    """The pack with rules and workflows that are made up and proved, and `NOTES.md` in it, whose notes are given back.
    Where no rule can be proved, workflows do without.

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
            made = _grown(base, folder, depth, seed, gap, progress)
            notes = found.notes
        except UsageError:  # nothing is written, or no rule about it can be proved
            made = _grown(base, folder, None, seed, gap, progress)
            notes = (
                *found.notes,
                "no workflow decides anything, since no rule was found that can be proved: write some",
            )
        finally:
            forget(base)
    lines = [f"# {folder.name}, from {source}", "", said, "", *(f"* {note}" for note in notes)]
    (folder / NOTES).write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
    return made, notes


def _grown(
    base: Pack, folder: Path, depth: int | None, seed: int, gap: int, progress: Callable[[int], Any] | None
) -> Synthesis:
    return synthesize(
        base, folder.name, folder.parent, _WORKFLOWS, least=1, seed=seed, gap=gap, depth=depth, progress=progress
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
    """Tools that the columns suggest, or that the source has."""
    made_up = [str(b.tools[0]["name"])]
    for table in tables.values():
        if table is not person:
            made_up += looks(b, entities[table.name], table, entities, notes)
        else:
            unused(table, (), notes, f"who calls is found by {b.tools[0]['name']} and shown by {b.tools[1]['name']}")
    for table in tables.values():
        children = any(parent == table.name for other in tables.values() for _, parent in other.parents)
        if table is not person or table.deeds is not None:
            acts(b, entities[table.name], table, entities, notes, children)
    if any(table.deeds is None for table in tables.values()):
        notes.append(
            "every tool that changes something was guessed from a column: delete those that nobody at the desk has"
        )
    else:
        notes.append(
            "made up, since callers and their things have to be found and nothing else does it: " + ", ".join(made_up)
        )
        notes.append(
            "what tools write was guessed from what they are called and given: change what they do in tools.yaml"
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
