"""From the things that a document speaks of, and what can be done with them, to tables.

What refers to what is read off references, off names (`member_id`, `memberId`) and off where a thing is listed (the
loans of a member). An operation becomes a tool where it is known what it does to a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, field

from agentgym.synthesis.domain.build import Column, a, plural
from agentgym.synthesis.grow import singular
from agentgym.synthesis.resources.document import Schema
from agentgym.synthesis.resources.kinds import column_of
from agentgym.synthesis.resources.tables import COLUMNS, TABLES, Deed, Table, ordered, plain, shown

__all__ = ["PEOPLE", "Does", "Operation", "Thing", "phrase", "tables_of", "thing_name"]

PEOPLE = frozenset(
    "borrower caller client contact customer driver employee guest holder learner member owner passenger patient "
    "person player pupil reader renter resident student subscriber tenant user visitor".split()
)
"""What things are called that are somebody."""
_ROWS = 60
_PLAIN = frozenset(
    "a all an and another as at by existing for from given id ids in into its new of on one or out own some specified "
    "that the their to with whose".split()
)
"""Words that a description may have beside the names in question."""
_COMMON = frozenset("code date email id key label name no number phone ref slug status title type uuid".split())
"""Keys that say nothing of whose they are."""
_STATES = {
    "activate": ("active",), "begin": ("begun", "in_progress", "active"), "complete": ("done", "completed"),
    "deactivate": ("inactive",), "disable": ("inactive",), "enable": ("active",), "finish": ("done",),
    "freeze": ("frozen",), "give": ("given",), "hold": ("held", "on_hold"), "lose": ("lost",), "pay": ("paid",),
    "reactivate": ("active",), "reopen": ("open",), "resume": ("active", "running"), "send": ("sent",),
    "start": ("started", "in_progress", "active"), "stop": ("stopped",), "take": ("taken",),
    "unblock": ("active",), "unfreeze": ("active",), "unlock": ("active",), "withdraw": ("withdrawn",),
}  # fmt: skip
"""States that something is in after it was done, beside those that end in -ed."""


class Thing(Struct):
    """Something that a document speaks of."""

    name: str
    """A plain word in the singular."""
    shown: str
    """As the document has it."""
    key: str = ""
    """The property that tells one from another."""
    properties: dict[str, Schema] = field(default_factory=dict[str, Schema])
    of: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(why, thing) that it belongs to, beside what its properties say."""


Does = Literal["get", "list", "change", "delete", "create", "act"]


class Operation(Struct, frozen=True):
    """Something that can be done with a thing."""

    does: Does
    name: str
    thing: str
    of: str = ""
    """list: the thing whose own are listed."""
    gives: Mapping[str, Schema] = {}
    """What is sent along, by property."""
    word: str = ""
    """What is done, as a plain word; act: that which is not among the others."""
    says: str = ""
    """What the document says of it."""
    destroys: bool = False


def thing_name(name: str) -> str:
    """What one of a kind is called: `OrderItems` is an `order_item`."""
    return singular(plain(name, "t").rstrip("_"))


def tables_of(things: dict[str, Thing], operations: Sequence[Operation], notes: list[str]) -> dict[str, Table]:
    """The tables of things, by the names that the document has for them, those that others refer to first; what is left
    out goes to `notes`."""
    for thing in list(things.values()):
        for title in thing.properties:
            someone = plain(title, "c").removesuffix("_id")
            if someone in PEOPLE and someone != plain(title, "c"):  # who is known by an id alone may still call
                things.setdefault(someone, Thing(someone, someone))
    spoken = Counter(operation.thing for operation in operations)
    keys = _keys(things)
    spoken.update(name for thing in things.values() for _, name in _parents(thing, things, keys))
    chosen = sorted(things, key=lambda name: (-spoken[name], name))
    if len(chosen) > TABLES:
        notes.append(f"only {TABLES} of {len(chosen)} kinds of things are looked at, those that most is said of")
    kept = {name: things[name] for name in sorted(chosen[:TABLES])}
    out: dict[str, Table] = {}
    named: dict[str, str] = {}
    for name, thing in kept.items():
        own = plain(plural(name), "t")
        if own == "handovers" or thing.shown in out:
            notes.append(f"{shown(thing.shown)}: left out, a name that is taken")
            continue
        out[thing.shown] = Table(thing.shown, own, f"{singular(own)}_id", [], [], _ROWS, ())
        named[name] = thing.shown
    for name in named:
        _fill(out[named[name]], kept[name], kept, {key: out[held] for key, held in named.items()}, notes)
    found = ordered(out, notes)
    for name in named:
        mine = [operation for operation in operations if operation.thing == name]
        found[named[name]].deeds = _deeds(found[named[name]], mine, named, notes)
    return found


def _keys(things: Mapping[str, Thing]) -> dict[str, str]:
    """Key -> the thing that it is of, where that can be told."""
    return {key: name for name, one in things.items() if (key := plain(one.key, "c")) not in _COMMON and one.key}


def _parents(thing: Thing, things: Mapping[str, Thing], natural: Mapping[str, str]) -> list[tuple[str, str]]:
    """(property or reason, thing) that a thing refers to, given the keys of things."""
    out: list[tuple[str, str]] = []
    for title, schema in thing.properties.items():
        name = plain(title, "c")
        target = thing_name(schema.name) if schema.kind == "object" and schema.name else ""
        if target not in things and schema.kind in ("string", "integer", "number"):
            stem = re.sub(r"_(id|uuid|ref|key)$", "", name)
            if stem != name:
                words = stem.split("_")
                ends = ("_".join(words[at:]) for at in range(len(words)))
                target = next((end for end in ends if end in things), "")
            elif name in things and (schema.kind == "integer" or schema.held.get("format") == "uuid"):
                target = name
            elif natural.get(name, thing.name) != thing.name:
                target = natural[name]
        if target in things and title != thing.key:
            out.append((title, target))
    return out + [pair for pair in thing.of if pair[1] in things]


def _fill(
    table: Table, thing: Thing, things: Mapping[str, Thing], tables: Mapping[str, Table], notes: list[str]
) -> None:
    """The columns and references of a table."""
    what = shown(thing.shown)
    referring: set[str] = set()
    for title, target in _parents(thing, things, _keys(things)):
        referring.add(title)
        if target not in tables or target == thing.name:
            notes.append(f"{what}.{shown(title)}: left out, with what it refers to")
        elif tables[target].name not in {parent for _, parent in table.parents}:
            table.parents.append((title, tables[target].name))
            if title not in thing.properties:
                notes.append(f"{what}: each belongs to one {target.replace('_', ' ')}, read off {shown(title)}")
        elif title in thing.properties and thing_name(title) != target and f"{target}_id" != plain(title, "c"):
            notes.append(f"{what}.{shown(title)}: left out, a second reference to {shown(tables[target].name)}")
    if len(thing.properties) > COLUMNS:
        notes.append(f"{what}: only {COLUMNS} of its properties are looked at")
    keys = {table.key, *(one.key for one in tables.values())}
    person = thing.name in PEOPLE or any(
        isinstance(found := column_of(plain(title, "c"), schema, False), Column) and found.kind in ("phone", "email")
        for title, schema in thing.properties.items()
    )
    for title, schema in list(thing.properties.items())[:COLUMNS]:
        if title == thing.key or title in referring:
            continue
        column = column_of(plain(title, "c"), schema, person)
        if isinstance(column, Column) and column.name in {*keys, *(one.name for _, one in table.columns)}:
            column = "a name that is taken"
        if isinstance(column, str):
            notes.append(f"{what}.{shown(title)}: left out, {column}")
            continue
        table.columns.append((title, column))
        if schema.missing:
            notes.append(f"{what}.{shown(title)}: always has a value here, though it may be missing")


# --- what can be done ---


def _deeds(
    table: Table, operations: Sequence[Operation], named: Mapping[str, str],
    notes: list[str],
) -> tuple[Deed, ...]:  # fmt: skip
    out: dict[tuple[object, ...], Deed] = {}
    parents = {parent for _, parent in table.parents}
    for operation in operations:
        says = phrase(operation, table)
        found: list[Deed] | str = []
        if operation.does == "get":
            found = [Deed("get", operation.name, says)]
        elif operation.does == "list":
            of = named.get(operation.of, "")
            given = tuple(column.name for column in _given(table, operation) if column.kind == "name")
            found = [Deed("list", operation.name, says, of, () if of else given)] if of in ("", *parents) else []
        elif operation.does == "create":
            found = _added(table, operation, says)
        elif operation.does == "delete":
            found = [Deed("delete", operation.name, says)]
        else:
            found = _changed(table, operation, says)
        if isinstance(found, str):
            notes.append(f"{shown(operation.name)}: left out, {found}")
            continue
        for deed in found:
            out.setdefault((deed.does, deed.of, deed.columns, deed.value), deed)
    return tuple(out.values())


def _given(table: Table, operation: Operation) -> list[Column]:
    """The columns of a table that an operation sends."""
    sent = {plain(title, "c"): schema for title, schema in operation.gives.items()}
    short = {re.sub(r"^(new|updated)_", "", name): schema for name, schema in sent.items()}
    found = [(column, short.get(column.name)) for _, column in table.columns]
    return [column for column, schema in found if schema is not None and schema.held.get("readOnly") is not True]


def _changed(table: Table, operation: Operation, says: str) -> list[Deed] | str:
    columns = [column for column in _given(table, operation) if column.kind in ("enum", "date")]
    if columns:
        one = len(columns) == 1
        says = says if one and operation.does == "act" else ""  # whoever updates something has to say what of it
        return [
            Deed("set", operation.name if one else f"{operation.name}_{column.name}", says, columns=(column.name,))
            for column in columns
        ]
    if operation.does == "change":
        return "since nothing that it sends is a state or a day"
    for _, column in table.columns:
        states = [str(value) for value in column.draw.get("choice", ())] if column.kind == "enum" else []
        state = next((state for state in states if _follows(operation.word, plain(state, "v"))), "")
        if states == ["no", "yes"] and _follows(operation.word, column.name.removeprefix("is_")):
            state = "yes"
        if state:
            noun = singular(table.own).replace("_", " ")
            says = says or f"{operation.word.capitalize().replace('_', ' ')} {a(noun)}."
            return [Deed("put", operation.name, says, columns=(column.name,), value=state)]
    if operation.destroys:
        return [Deed("delete", operation.name, says)]
    return "since what it does to the data is not known"


def _added(table: Table, operation: Operation, says: str) -> list[Deed] | str:
    if not table.parents:
        return "since nothing says whose a new one is"
    lost = [column.label for _, column in table.columns if column.kind in ("phone", "email", "id")]
    if lost:
        return f"since nothing says what the {lost[0]} of a new one is"
    return [Deed("add", operation.name, says, columns=tuple(column.name for column in _given(table, operation)))]


def _follows(word: str, state: str) -> bool:
    """Whether something is in a state after it was done: cancelled after `cancel`, checked_in after `check_in`."""
    if not word:
        return False
    first, _, rest = word.partition("_")
    forms = [first, f"{first}d", f"{first}ed", f"{first}{first[-1]}ed", f"{re.sub('y$', 'i', first)}ed"]
    forms += _STATES.get(first, ())
    return state in [f"{form}_{rest}".rstrip("_") for form in forms]


def phrase(operation: Operation, table: Table) -> str:
    """What a document says of an operation, where that is no more than its names say; else nothing.

    Such texts reach models as descriptions of tools, and users' words, so none is taken that could tell anybody to do
    anything else: of a text the first sentence, and none after it, whose words stand in the names of the tool, its
    table and its columns, or in a short list of others, and which begins like the tool's name.
    """
    words = operation.says[:200].strip().split("\n")[0].split(". ")[0].rstrip(".").split(" ")
    names = [operation.name, table.own, *(thing_name(parent) for _, parent in table.parents)]
    own = [part for name in (*names, *(column.name for _, column in table.columns)) for part in name.split("_")]
    known = _PLAIN | {form for word in own for form in (word, singular(word), plural(word))}
    begins = {
        form: verb for verb in (operation.name.partition("_")[0], operation.word) for form in (verb, plural(verb))
    }
    first = begins.get(words[0].lower(), "")
    if not 2 <= len(words) <= 12 or not first:
        return ""
    if not all(re.fullmatch(r"[A-Za-z]+", word) and word.lower() in known for word in words):
        return ""
    return " ".join([first.capitalize(), *(word.lower() for word in words[1:])]) + "."
