"""From the parts of a domain to the files of a pack, with one workflow to begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.synthesis.domain.build import Builder, Entity, a, name_of, plural
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.grow import singular
from agentgym.workflow import WorkflowSpec
from agentgym.workflow.spec import FactSpec

__all__ = ["assembled", "finds"]

_DAYS = ("2026-03-16 09:20", "2026-03-17 14:05", "2026-06-08 10:40", "2026-06-09 16:15", "2026-09-21 08:55")
_STARTS = ("Please tell me", "I'd like to know", "Could you tell me", "I need to know", "Would you check")


def finds(b: Builder, person: Entity, keys: Sequence[str], shown: Sequence[str]) -> None:
    """The tool that finds who calls by what only they know."""
    said = " and ".join(b.labels[key] for key in keys)
    where = " AND ".join(f"{key} = :{key}" for key in keys)
    b.tools.append({
        "name": f"find_{name_of(person)}", "description": f"Find {a(person.noun)} by {said}.",
        "parameters": {key: {"type": "string", "refers_to": f"{person.table}.{key}",
                             "description": f"The {b.labels[key]}."} for key in keys},
        "require": [{"sql": f"SELECT 1 FROM {person.table} WHERE {where}", "code": "not_found",
                     "else": f"no {person.noun} with {'these' if len(keys) > 1 else 'this'}"}],
        "returns": f"SELECT {', '.join([person.key, *shown])} FROM {person.table} WHERE {where}", "shape": "one",
    })  # fmt: skip


def assembled(
    b: Builder, name: str, place: str, person: Entity, keys: Sequence[str], told: str,
    vocabulary: Mapping[str, Sequence[str]], shared: Mapping[str, Sequence[str]],
) -> Draft:  # fmt: skip
    """The pack of a domain.

    Args:
        place: where it is, as in "You are the desk of ...".
        person: those who call, found by `keys`, the last of which they have to say before anything else.
        told: a column of theirs that the first workflow tells.
        vocabulary: lists of words that are divided between the splits; `shared` ones are not.
    """
    _hand_over(b, person)
    _more_labels(b)
    workflow = _first(b, person, keys, told)
    pack: dict[str, Any] = {
        "version": 1, "name": name, "release": "1", "title": f"Desk of {place}",
        "description": f"You are the desk of {place}. {plural(person.noun).capitalize()} call about what they have "
        "with you. Find the caller first. Look things up before you decide, tell callers what you did, and decline "
        "what the rules below forbid.",
        "clock": list(_DAYS), "tools": [*(tool["name"] for tool in b.tools), *b.common],
        "limits": {"turns": 40, "errors": 12}, "types": b.types, "identity": person.table,
    }  # fmt: skip
    found = f"find_{name_of(person)}"
    writes = [tool["name"] for tool in b.tools if tool.get("effect", "read") != "read" and not tool.get("ends")]
    looks = [tool["name"] for tool in b.tools if tool["name"] != found and not tool.get("ends")]
    rules: list[dict[str, Any]] = [
        {"id": "identity", "tools": looks,
         "say": f"The caller has to say the {b.labels[keys[-1]]} on file before you look at or change anything, "
         "other than to find the caller or to pass them on.", "allowed": f"SELECT told('{keys[-1]}')"},
    ]  # fmt: skip
    if writes:
        rules.append({
            "id": "confirm_first", "tools": writes,
            "say": "Before each change, read back what you are about to do and wait for the caller's yes.",
            "allowed": "SELECT confirmed()",
        })  # fmt: skip
    openings = {workflow.name: [f"{start} the {b.labels[told]} you have on file for me." for start in _STARTS]}
    files: dict[str, dict[str, Any]] = {
        "pack": pack,
        "population": {"version": 1, "tables": b.population},
        "rules": {"version": 1, "rules": rules},
        "vocabulary": {"version": 1, "split": {key: list(words) for key, words in vocabulary.items()},
                       "shared": {key: list(words) for key, words in shared.items()}},
        "wording": {"version": 1, "openings": openings, "facts": {}, "labels": dict(sorted(b.labels.items()))},
        "tools": {"version": 1, "tools": b.tools},
    }  # fmt: skip
    draft = Draft(files, "\n\n".join(b.tables) + "\n", {})
    draft.add(workflow, {"train": openings[workflow.name], "test": openings[workflow.name]})
    return draft


def _more_labels(b: Builder) -> None:
    """Labels of what sampled workflows make up: facts of columns that several tables have, and of another value."""
    tables = [entry["table"] for entry in b.population if "table" in entry]
    shared = Counter(column.partition(".")[2] for column in b.types)
    for table, _, name in (column.partition(".") for column in b.types):
        if shared[name] > 1 and f"{table}_{name}" not in tables:
            label = f"{singular(table.replace('_', ' '))}'s {b.labels[name]}"
            b.labels.setdefault(f"{table}_{name}", label)
    for name in dict.fromkeys(name for tool in b.tools for name in tool["parameters"]):
        if name in b.labels:
            b.labels.setdefault(f"other_{name}", f"new {b.labels[name]}")


def _hand_over(b: Builder, person: Entity) -> None:
    b.tables.append(
        f"CREATE TABLE handovers (\n  handover_id TEXT PRIMARY KEY,\n  {person.key} TEXT NOT NULL REFERENCES "
        f"{person.table}\n) STRICT;"
    )
    b.tools.append({
        "name": "hand_over", "description": "Pass the caller on to colleagues. This ends the conversation.",
        "effect": "irreversible", "ends": "transferred", "parameters": {person.key: b.parameter(person)},
        "require": [b.there(person)], "sql": [f"INSERT INTO handovers VALUES (new_id('HX'), :{person.key})"],
        "returns": "SELECT handover_id FROM handovers WHERE handover_id = last_id()", "shape": "one",
    })  # fmt: skip


def _first(b: Builder, person: Entity, keys: Sequence[str], told: str) -> WorkflowSpec:
    """A workflow to begin with: something that the desk knows of the caller."""
    name = name_of(person)
    shown = ", ".join(dict.fromkeys([person.key, *keys, told]))
    return WorkflowSpec(
        version=1, name=f"ask_{told}", title=f"Tell the {b.labels[told]}", wants=f"know the {b.labels[told]} on file",
        bind=f"SELECT {shown} FROM {person.table} ORDER BY {person.key}",
        do=[
            {"ask": [f"${key}" for key in keys]},
            {"call": f"find_{name}", "with": {key: f"${key}" for key in keys}, "as": "person"},
            {"call": f"get_{name}", "with": {person.key: f"$person.{person.key}"}, "as": "file"},
            {"tell": [f"$file.{told}"]},
        ],
        facts={key: FactSpec(f"${key}") for key in keys},
    )  # fmt: skip
