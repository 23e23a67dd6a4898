"""Building a domain: tables, how they are filled, and the tools over them, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from agentgym.seeding import Stream
from agentgym.synthesis.domain.words import ATTRIBUTES, CLASSES, NOUNS, TITLES
from agentgym.synthesis.grow import plural

__all__ = ["Builder", "Column", "Entity", "a", "identifier", "name_of", "plural"]


class Column(Struct, frozen=True):
    """A column of a table, how it is drawn and how it is said."""

    name: str
    declared: str
    """Its SQL type and constraints."""
    draw: dict[str, Any]
    kind: str
    """Semantic type."""
    label: str


class Entity(Struct, frozen=True):
    """A table of things of a kind."""

    table: str
    noun: str
    key: str
    columns: tuple[Column, ...]
    prefix: str = "X"
    """The letters that its ids begin with."""
    refers: tuple[str, ...] = ()
    """Columns that refer to other things than what it belongs to."""

    @property
    def named(self) -> str:
        """The column that tells those of a kind apart, the first."""
        return self.columns[0].name


class Builder:
    """A domain as it grows."""

    def __init__(self, chance: Stream, caller: str) -> None:
        self.chance, self.caller = chance, caller
        self.tables: list[str] = []
        self.population: list[dict[str, Any]] = []
        self.tools: list[dict[str, Any]] = []
        self.common: list[str] = []
        """Tools of every pack that this one has, too."""
        self.labels: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.vocabulary: dict[str, list[str]] = {}
        self._nouns: set[str] = set()
        self._attributes: set[str] = set()
        self._prefixes: set[str] = set()

    # --- names ---

    def noun(self, kind: str) -> str:
        """A noun for the thing of a motif that nothing else has."""
        noun = self.chance.choice([noun for noun in NOUNS[kind] if noun not in self._nouns])
        self._nouns.add(noun)
        return noun

    def prefix(self, noun: str) -> str:
        """The capital letters that ids of a kind begin with."""
        letters = noun.upper().replace(" ", "")
        tries = [letters[:1], letters[:2], letters[:3], *(letters[:1] + other for other in letters[2:])]
        tries += [f"{letters[:1] or 'X'}{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(676)]
        found = next(prefix for prefix in tries if prefix and prefix not in self._prefixes)
        self._prefixes.add(found)
        return found

    def table(self, noun: str) -> str:
        """The table of things that are called so; what one of them is called is kept."""
        table = identifier(plural(noun))
        self.labels[table] = noun
        return table

    # --- columns ---

    def attribute(self, thing: str, *types: str) -> Column:
        """A property of a semantic type that things of a kind have; seldom one that another table has."""
        fitting = [one for kind in CLASSES[thing] for one in ATTRIBUTES[kind] if one[1] in types]
        fresh = [one for one in fitting if one[0] not in self._attributes]
        name, kind, values, label = self.chance.choice(fresh or fitting)
        self._attributes.add(name)
        self.labels[name] = label
        if kind == "enum":
            return Column(name, _one_of(name, values), {"choice": list(values)}, kind, label)
        if kind == "date":
            return Column(name, "TEXT NOT NULL", {"date": list(values)}, kind, label)
        scale = 100 if kind == "money" else 1
        low, high = values
        draw: dict[str, Any] = {"range": [low * scale, high * scale]}
        if scale > 1:
            draw["step"] = 50
        return Column(name, f"INTEGER NOT NULL CHECK ({name} >= 0)", draw, kind, label)

    def state(self, *values: str, later: str = "") -> Column:
        """The state that something is in; the first is the one in which most can be done. Rules and their situations
        give any row any of these, whatever its days are.

        Args:
            later: a state that nothing is in but what a tool has brought there.
        """
        shares = {value: 1 if at else 4 for at, value in enumerate(values)}
        self.labels["status"] = "status"
        declared = _one_of("status", [*values, later] if later else values)
        return Column("status", declared, {"choice": shares}, "enum", "status")

    def title(self, noun: str, what: str = "", template: str = "{first_words} {second_words}") -> Column:
        """What tells things of a kind apart: the name that they are called by ("the locker Quiet Arch"), or `what` else
        it is ("the letter subject Quiet Arch")."""
        if "{first_words}" in template:
            for at, part in enumerate(("first_words", "second_words")):
                self.vocabulary[part] = list(TITLES[at])
        name, label = f"{identifier(noun)}_{what or 'name'}", f"{noun} {what}".rstrip()
        self.labels[name] = label
        return Column(name, "TEXT NOT NULL", {"template": template}, "name", label)

    def number(self, name: str, low: int, high: int, label: str, kind: str = "number", step: int = 1) -> Column:
        """A count, or an amount of money in cents."""
        self.labels[name] = label
        declared = f"INTEGER NOT NULL CHECK ({name} >= 0)"
        return Column(name, declared, {"range": [low, high], **({"step": step} if step > 1 else {})}, kind, label)

    def day(self, name: str, low: int, high: int, label: str) -> Column:
        """A day so many days from today."""
        self.labels[name] = label
        return Column(name, "TEXT NOT NULL", {"date": [low, high]}, "date", label)

    def moment(self, name: str, low: int, high: int, label: str) -> Column:
        """A moment of a day so many days from today."""
        self.labels[name] = label
        times = [f"{hour:02d}:{minute:02d}" for hour in range(8, 20) for minute in range(0, 60, 5)]
        return Column(name, "TEXT NOT NULL", {"datetime": [low, high], "at": times}, "datetime", label)

    # --- tables ---

    def entity(
        self, noun: str, columns: list[Column], *, of: Entity | None = None, each: tuple[int, int] = (1, 3),
        rows: int = 0, to: dict[str, Entity] | None = None,
    ) -> Entity:  # fmt: skip
        """A table.

        Args:
            noun: what a row is called, one that `noun` gave.
            of: what a row belongs to; each such row has from `each[0]` to `each[1]`.
            rows: how many there are, where they belong to nothing.
            to: further columns that refer to other entities.
        """
        table, key = self.table(noun), f"{identifier(noun)}_id"
        prefix = self.prefix(noun)
        draws: dict[str, Any] = {key: {"id": prefix, "digits": 5}}
        lines = [f"{key} TEXT PRIMARY KEY"]
        if of is not None:
            lines.append(f"{of.key} TEXT NOT NULL REFERENCES {of.table}")
            draws[of.key] = {"value": "$whose"}
        for name, other in (to or {}).items():
            lines.append(f"{name} TEXT NOT NULL REFERENCES {other.table}")
            draws[name] = {"reference": f"{other.table}.{other.key}"}
        for column in columns:
            lines.append(f"{column.name} {column.declared}")
            draws[column.name] = column.draw
            self.types[f"{table}.{column.name}"] = column.kind
        body = ",\n  ".join(lines)
        self.tables.append(f"CREATE TABLE {table} (\n  {body}\n) STRICT;")
        entry: dict[str, Any] = {"table": table, "columns": draws}
        if of is None:
            entry["rows"] = rows
        else:
            numbers = ", ".join(f"({n})" for n in range(1, each[1] + 1))
            entry["each"] = (
                f"WITH n (k) AS (VALUES {numbers}) SELECT {of.key} AS whose FROM {of.table}, n "
                f"WHERE k <= {each[0]} + unicode(substr({of.key}, -1)) % {each[1] - each[0] + 1} ORDER BY {of.key}, k"
            )
            self.tables.append(f"CREATE INDEX {table}_by_{of.key} ON {table} ({of.key});")
        self.population.append(entry)
        if of is not None:
            self._apart(table, key, of, columns)
        return Entity(table, noun, key, tuple(columns), prefix, tuple(to or ()))

    def _apart(self, table: str, key: str, of: Entity, columns: Sequence[Column]) -> None:
        """No two things of one owner have the same name, or day: nobody could tell them apart by it."""
        telling = next((one.name for kind in ("name", "date", "money") for one in columns if one.kind == kind), "")
        if telling:
            same = " AND ".join(f"other.{name} = {table}.{name}" for name in (of.key, telling))
            twice = f"SELECT 1 FROM {table} AS other WHERE {same} AND other.{key} < {table}.{key}"
            self.population.append({"sql": f"DELETE FROM {table} WHERE EXISTS ({twice})"})

    # --- tools ---

    def parameter(self, entity: Entity) -> dict[str, Any]:
        """An argument that is the id of something."""
        return {
            "type": "string",
            "refers_to": f"{entity.table}.{entity.key}",
            "description": f"The {entity.noun}'s id.",
        }

    def there(self, entity: Entity) -> dict[str, str]:
        """The guard that something exists."""
        return {
            "sql": f"SELECT 1 FROM {entity.table} WHERE {entity.key} = :{entity.key}", "code": "not_found",
            "else": f"no {entity.noun} {{{entity.key}}}",
        }  # fmt: skip

    def guard(self, entity: Entity, condition: str, sentence: str) -> dict[str, str]:
        """A guard on a row."""
        sql = f"SELECT {condition} FROM {entity.table} WHERE {entity.key} = :{entity.key}"
        return {"sql": sql, "code": "conflict", "else": sentence}

    def opened(self, entity: Entity, name: str) -> dict[str, str]:
        """The guard that a moment has come; a refusal says which."""
        guard = self.guard(entity, f"{name} <= now()", f"{entity.noun} {{{entity.key}}} opens at {{moment}}")
        shows = f"SELECT {name} AS moment FROM {entity.table} WHERE {entity.key} = :{entity.key}"
        return {**guard, "shows": shows}

    def lists(self, entity: Entity, of: Entity, shown: list[str]) -> None:
        """A tool that lists what belongs to something."""
        columns = ", ".join([entity.key, *shown])
        self.tools.append({
            "name": f"list_{entity.table}", "description": f"The {plural(entity.noun)} of {a(of.noun)}.",
            "parameters": {of.key: self.parameter(of)}, "require": [self.there(of)],
            "returns": f"SELECT {columns} FROM {entity.table} WHERE {of.key} = :{of.key} ORDER BY {entity.key}",
            "shape": "many",
        })  # fmt: skip

    def gets(self, entity: Entity, shown: list[str]) -> None:
        """A tool that shows one thing."""
        self.tools.append({
            "name": f"get_{name_of(entity)}", "description": f"What is on file about {a(entity.noun)}.",
            "parameters": {entity.key: self.parameter(entity)}, "require": [self.there(entity)],
            "returns": f"SELECT {', '.join([entity.key, *shown])} FROM {entity.table} "
            f"WHERE {entity.key} = :{entity.key}",
            "shape": "one",
        })  # fmt: skip

    def shows(self, entity: Entity, of: Entity) -> None:
        """How one gets to see an entity: all in the list, or a part of it in a tool of its own."""
        names = [column.name for column in entity.columns]
        others = list(entity.refers)
        if len(names) > 2 and self.chance.chance(0.6):
            cut = self.chance.between(2, len(names) - 1)
            self.lists(entity, of, names[:cut] + others)
            self.gets(entity, names[cut:])
        else:
            self.lists(entity, of, names + others)

    def writes(
        self, name: str, says: str, entity: Entity, sql: list[str], shown: list[str], guards: list[dict[str, str]],
        more: dict[str, Any] | None = None, others: list[Entity] | None = None, effect: str = "write",
        new: bool = False,
    ) -> None:  # fmt: skip
        """A tool that changes something.

        Args:
            more: further arguments; `others`: further things that it is about.
            new: a row of the entity is made, so the call is not about one.
        """
        about = [*([] if new else [entity]), *(others or [])]
        where = f"{entity.key} = {'last_id()' if new else f':{entity.key}'}"
        self.tools.append({
            "name": name, "description": says, "effect": effect,
            "parameters": {**{one.key: self.parameter(one) for one in about}, **(more or {})},
            "require": [*(self.there(one) for one in about), *guards], "sql": sql,
            "returns": f"SELECT {', '.join([entity.key, *shown])} FROM {entity.table} WHERE {where}", "shape": "one",
        })  # fmt: skip

    def sets(
        self, name: str, says: str, entity: Entity, change: str, shown: list[str], guards: list[dict[str, str]],
        more: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """A tool that makes a `change` (`column = expression`) of one row."""
        sql = f"UPDATE {entity.table} SET {change} WHERE {entity.key} = :{entity.key}"
        self.writes(name, says, entity, [sql], shown, guards, more)

    def deletes(
        self, name: str, says: str, entity: Entity, guards: list[dict[str, str]] | None = None,
        first: list[str] | None = None,
    ) -> None:  # fmt: skip
        """A tool that deletes a row, after what is to be written `first`; it answers with the id."""
        sql = [*(first or []), f"DELETE FROM {entity.table} WHERE {entity.key} = :{entity.key}"]
        self.writes(name, says, entity, sql, [], guards or [], effect="irreversible")
        self.tools[-1]["returns"] = f"SELECT :{entity.key} AS {entity.key}"
        self.tools[-1]["columns"] = {entity.key: f"{entity.table}.{entity.key}"}

    def looks_up(self, entity: Entity, by: Column, shown: list[str]) -> None:
        """A tool that finds things by a text, whatever its capitals."""
        what = "name" if by.label == entity.noun else by.label
        self.tools.append({
            "name": f"find_{entity.table}", "description": f"Find {plural(entity.noun)} by {what}.",
            "parameters": {by.name: {"type": "string", "refers_to": f"{entity.table}.{by.name}",
                                     "description": f"The {entity.noun}'s {what}."}},
            "returns": f"SELECT {', '.join([entity.key, *shown])} FROM {entity.table} "
            f"WHERE lower({by.name}) = lower(trim(:{by.name})) ORDER BY {entity.key}",
            "shape": "many",
        })  # fmt: skip


def identifier(noun: str) -> str:
    """A noun as tables and columns are named."""
    return re.sub("[ -]", "_", noun)


def _one_of(name: str, values: Sequence[str]) -> str:
    """The declaration of a column that holds one of some texts."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"TEXT NOT NULL CHECK ({name} IN ({listed}))"


def a(noun: str) -> str:
    """One of them, whichever."""
    return f"{'an' if re.match('[aeio]|u(?!ni|s[aeiou]|t[aeiou])', noun) else 'a'} {noun}"


def name_of(entity: Entity) -> str:
    """How tools call one."""
    return entity.key.removesuffix("_id")
