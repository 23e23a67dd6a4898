"""Reading somebody's OpenAPI document (3.x, Swagger 2.0): its schemas become tables, its operations tools.

A schema that has an id, or of which a path shows one, is a thing; what is sent to make or change one (`BookCreate`) and
what wraps several (`BookList`) are forms of it. Of an operation its path and method say what it does: `GET
/members/{id}/loans` lists, `POST /loans/{id}/renew` acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.synthesis.resources.document import Document, Schema, items, mapping
from agentgym.synthesis.resources.tables import COLUMNS, Table, plain, shown
from agentgym.synthesis.resources.things import Does, Operation, Thing, tables_of, thing_name

__all__ = ["is_openapi", "read_openapi"]

_SCHEMAS, _PATHS = 1_000, 2_000
"""What is looked at of a document."""
_METHODS = ("get", "post", "put", "patch", "delete")
_OF_ONE: dict[str, Does] = {"get": "get", "put": "change", "patch": "change", "post": "change", "delete": "delete"}
_OF_ALL: dict[str, Does] = {"get": "list", "post": "create", "put": "change", "patch": "change"}
_NEUTRAL = re.compile(r"_(dto|model|schema|entity|vo)$")
_SHOWN = re.compile(r"_(read|out|output|response|resource|view)$")
"""How a schema is called that is the thing itself, as it is shown."""
_SENT = re.compile(
    r"^(new|create|update|patch|paginated|partial)_|"
    r"_(create|creation|update|input|in|request|req|body|payload|patch|base|new|params|form|list|page|collection|summary"
    r"|brief|envelope|result|results|response)$"
)
"""How it is called that is sent in its place, or wraps one or several."""
_ID = ("id", "uuid", "guid")


def is_openapi(data: Any) -> bool:
    """Whether data looks like an OpenAPI document."""
    return isinstance(mapping(data).get("openapi", mapping(data).get("swagger")), str | int | float)


def read_openapi(data: Any, notes: list[str]) -> dict[str, Table]:
    """The things of a document that a pack can have as tables, those that others refer to first; what is left out goes
    to `notes`.

    Raises:
        UsageError: its version is not known, or nothing in it has an id.
    """
    document = Document(data)
    version = str(document.root.get("openapi", document.root.get("swagger")))
    if not version.startswith(("3.", "2.0")) and version != "3":
        raise UsageError(f"OpenAPI 3 and Swagger 2.0 are read, and it says {shown(version)}")
    return _Reader(document, notes).tables()


class _Path(Struct, frozen=True):
    """A path: the names in it, and the parameter behind the last of them."""

    text: str
    segments: tuple[tuple[str, str], ...]
    """(name, parameter behind it or empty)"""
    item: Mapping[str, Any]


class _Reader:
    def __init__(self, document: Document, notes: list[str]) -> None:
        self.document, self.notes = document, notes
        root = document.root
        self.schemas = mapping(mapping(root.get("components")).get("schemas")) or mapping(root.get("definitions"))
        if len(self.schemas) > _SCHEMAS:
            notes.append(f"only {_SCHEMAS} of {len(self.schemas)} schemas are looked at")
        self.paths = list(self._paths(mapping(root.get("paths"))))
        self.called = _called(islice(self.schemas, _SCHEMAS))
        self.things: dict[str, Thing] = {}
        self.known_by: dict[str, str] = {}
        """Segment of a path -> thing."""

    def tables(self) -> dict[str, Table]:
        named = self._read_schemas()
        for path in self.paths:
            self._shown_by(path, named)
        shown_by = {*self.known_by.values()}
        for name, thing in named.items():
            thing.key = thing.key or next(
                (title for title in thing.properties if plain(title, "c") in (*_ID, f"{name}_id", f"{name}_uuid")), ""
            )
            if thing.key or name in shown_by:
                self.things[name] = thing
            elif thing.properties:
                self.notes.append(f"{shown(thing.shown)}: left out, since it has no id and no path shows one")
        if not self.things:
            raise UsageError(
                "nothing in it could be a table: a schema with an id is expected, or a path like /books/{id}"
            )
        operations = [one for path in self.paths for one in self._operations(path)]
        for one in operations:
            if one.does == "list" and one.of and one.of != one.thing:
                self.things[one.thing].of.append((one.name, one.of))
        self._children()
        return tables_of(self.things, operations, self.notes)

    def _read_schemas(self) -> dict[str, Thing]:
        """The objects among the schemas, those of one name as one."""
        out: dict[str, Thing] = {}
        for title, (name, itself) in self.called.items():
            schema = self.document.schema(self.schemas[title])
            if schema.trouble:
                self.notes.append(f"{shown(title)}: left out, {schema.trouble}")
            if schema.kind != "object" or not itself or schema.trouble:
                continue
            thing = out.setdefault(name, Thing(name, title))
            for one, held in self._properties(title, schema):
                thing.properties.setdefault(one, held)
        return out

    def _properties(self, title: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
        count = len(mapping(schema.held.get("properties")))
        if count > COLUMNS + 1:
            self.notes.append(f"{shown(title)}: only {COLUMNS + 1} of {count} properties are looked at")
        for one, held in self.document.properties(schema, COLUMNS + 1):
            name = self.called.get(held.name, ("", False))[0]
            yield one, Schema(held.held, name, held.trouble)

    # --- paths ---

    def _paths(self, paths: Mapping[str, Any]) -> Iterator[_Path]:
        if len(paths) > _PATHS:
            self.notes.append(f"only {_PATHS} of {len(paths)} paths are looked at")
        for text, item in islice(paths.items(), _PATHS):
            segments: list[tuple[str, str]] = []
            for part in re.split(r"[/:]", text[:300].partition("?")[0]):
                if part.startswith("{"):
                    if segments:
                        segments[-1] = (segments[-1][0], part.strip("{}"))
                elif part:
                    segments.append((plain(part, "t"), ""))
            if segments and isinstance(item, dict):
                yield _Path(text, tuple(segments[-3:]), mapping(item))

    def _shown_by(self, path: _Path, named: dict[str, Thing]) -> None:
        """Which thing the last name of a path stands for, and by which property one is found: what its GET shows."""
        (segment, parameter), held = path.segments[-1], mapping(path.item.get("get"))
        if not held:
            return
        schema, many = self._answer(held)
        name = thing_name(segment)
        if schema.name in named:
            name = schema.name
        elif name not in named and schema.kind == "object" and parameter:
            named[name] = Thing(name, segment, properties=dict(self._properties(segment, schema)))
        if name in named and (parameter or many):
            self.known_by.setdefault(segment, name)
            thing = named[name]
            if parameter in thing.properties and not any(plain(one, "c") in _ID for one in thing.properties):
                thing.key = thing.key or parameter

    def _answer(self, held: Mapping[str, Any]) -> tuple[Schema, bool]:
        """What an operation shows, and whether it is a list; what is wrapped is unwrapped."""
        answers = mapping(held.get("responses"))
        answer = next((answers[code] for code in ("200", "201", "202", "2XX", "default") if code in answers), None)
        schema = self._body(answer)
        for _ in range(2):
            if schema.kind == "array":
                return self._named(self.document.schema(schema.held.get("items"))), True
            inner = [one for _, one in self.document.properties(schema, 6) if one.kind in ("array", "object")]
            if schema.name or len(inner) != 1:
                break
            schema = self._named(inner[0])
        return schema, False

    def _body(self, held: Any) -> Schema:
        """The schema of a body, of either version."""
        found = self._followed(held)
        content = mapping(found.get("content"))
        kind = next((kind for kind in content if "json" in kind), next(iter(content), ""))
        return self._named(self.document.schema(mapping(content.get(kind)).get("schema") or found.get("schema")))

    def _followed(self, value: Any) -> Mapping[str, Any]:
        """A part of the document, or the one that is referred to in its place."""
        return self.document.schema(value).held if "$ref" in mapping(value) else mapping(value)

    def _named(self, schema: Schema) -> Schema:
        """A schema under its thing's name; what wraps several of a thing has none."""
        name, itself = self.called.get(schema.name, ("", False))
        wraps = not itself and any(one.kind == "array" for _, one in self.document.properties(schema, COLUMNS))
        return Schema(schema.held, "" if wraps else name, schema.trouble)

    # --- operations ---

    def _operations(self, path: _Path) -> Iterator[Operation]:
        for method in _METHODS:
            if method not in path.item:
                continue
            held = mapping(path.item[method])
            found = self._operation(path, method, held)
            if found is None:
                called = held.get("operationId")
                what = f"{method.upper()} {path.text}" + (f" ({called})" if isinstance(called, str) else "")
                self.notes.append(f"{shown(what)}: left out, since it is about nothing that is a table")
            else:
                yield found

    def _operation(self, path: _Path, method: str, held: Mapping[str, Any]) -> Operation | None:
        """What an operation does with what; None where that is nothing in particular."""
        (last, parameter), before = path.segments[-1], path.segments[-2] if len(path.segments) > 1 else ("", "")
        thing, owner = self._thing(last), self._thing(before[0]) if before[1] else ""
        about, of, word = thing, "", ""
        does: Does | None
        if thing and parameter:
            does = _OF_ONE.get(method)
            name = f"{'update' if does == 'change' else does}_{thing}"
        elif thing:
            does, of = _OF_ALL.get(method), owner
            name = f"list_{last}" + (f"_of_{of}" if of else "") if does == "list" else f"{does}_{thing}"
        elif owner and not parameter and method != "get":
            does, about, word, name = "act", owner, last, f"{last}_{owner}"
            if method in ("put", "patch") and any(plain(one, "c") == last for one in self._sent(path, held, "")):
                does, name = "change", f"update_{owner}_{last}"
        else:
            return None
        if not does:
            return None
        gives = self._sent(path, held, "query" if does == "list" else "")
        if does == "list" and not of:
            of = next((found for one in gives if (found := _stem(one, self.things)) not in ("", thing)), "")
        text = next((text for text in (held.get("summary"), held.get("description")) if isinstance(text, str)), "")
        return Operation(
            does, self._tool(path, method, held) or name[:40].rstrip("_"), about, of, gives, word, text,
            destroys=method == "delete",
        )  # fmt: skip

    def _thing(self, segment: str) -> str:
        name = self.known_by.get(segment) or thing_name(segment)
        return name if name in self.things else ""

    def _sent(self, path: _Path, held: Mapping[str, Any], where: str) -> dict[str, Schema]:
        """What is sent along: the body's properties and form fields, or the parameters of a query."""
        out: dict[str, Schema] = {}
        given = [*items(path.item.get("parameters"))[:COLUMNS], *items(held.get("parameters"))[:COLUMNS]]
        for value in given:
            one = self._followed(value)
            place, name = one.get("in"), one.get("name")
            if place == "body":
                out.update(self.document.properties(self._body(one), COLUMNS + 1))
            elif isinstance(name, str) and place in ((where,) if where else ("formData", "query")):
                out[name] = self.document.schema(one.get("schema") or {k: one[k] for k in ("type", "enum") if k in one})
        if not where:
            body = self._followed(held.get("requestBody"))
            out.update(self.document.properties(self._body(body), COLUMNS + 1))
        return out

    def _tool(self, path: _Path, method: str, held: Mapping[str, Any]) -> str:
        """The name of an operation, without the path and method that frameworks write behind it."""
        called = held.get("operationId")
        if not isinstance(called, str) or not called.strip():
            return ""
        found = re.sub(r"[^A-Za-z0-9]+", "_", called[:200])
        tail = re.sub(r"[^A-Za-z0-9]+", "_", f"{path.text[:200]}_{method}")
        short = found.removesuffix(tail) if found.endswith(tail) else found
        return plain(short, "o") if re.search("[A-Za-z]", short) else ""

    def _children(self) -> None:
        """What a list of references within a thing says: each of those belongs to one."""
        for name, thing in self.things.items():
            for title, schema in list(thing.properties.items()):
                inner = self.document.schema(schema.held.get("items")) if schema.kind == "array" else Schema({})
                child = self.called.get(inner.name, ("", False))[0]
                if child in self.things and child != name:
                    del thing.properties[title]
                    self.things[child].of.append((f"{thing.shown}.{title}", name))


def _called(names: Iterable[str]) -> dict[str, tuple[str, bool]]:
    """Schema -> the thing that it is a form of by its name, and whether it is that itself."""
    plainly = {name: _NEUTRAL.sub("", plain(name, "t").rstrip("_")) for name in names}
    bare = {thing_name(name) for name in plainly.values()}
    shows = {thing_name(_SHOWN.sub("", name)) for name in plainly.values() if _SHOWN.search(name)}
    out: dict[str, tuple[str, bool]] = {}
    for title, name in plainly.items():
        sent = thing_name(_SENT.sub("", name)) if _SENT.search(name) else ""
        if sent in bare or (sent in shows and not _SHOWN.search(name)):
            out[title] = (sent, False)
        else:
            out[title] = (thing_name(_SHOWN.sub("", name)), True)
    return out


def _stem(name: str, things: Mapping[str, Thing]) -> str:
    stem = re.sub(r"_(id|uuid)$", "", plain(name, "c"))
    return stem if stem in things else ""
