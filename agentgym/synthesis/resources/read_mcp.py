"""Reading the tools that an MCP server lists: what they are about become tables, what they do tools.

A tool's name is a verb and what it is about (`renew_loan`, `list_loans`); what a tool is given (`loan_id`) and shows
(`outputSchema`) says which things there are, what they belong to and what they hold. No tool is ever called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.synthesis.resources.document import Document, Schema, items, mapping
from agentgym.synthesis.resources.tables import COLUMNS, Table, plain, shown
from agentgym.synthesis.resources.things import Does, Operation, Thing, tables_of, thing_name

__all__ = ["TOOLS", "is_tools", "read_tools"]

TOOLS = 500
"""Tools that a server may have."""
_KINDS = 1_000
"""Kinds of things that are looked at, of which those become tables that most is said of."""
_VERBS: dict[Does, str] = {
    "get": "get fetch read show describe view retrieve lookup load check inspect",
    "list": "list search find query browse filter all",
    "change": "update edit change modify set patch adjust reschedule move put",
    "delete": "delete remove destroy erase drop",
    "create": "create add new insert register make book place open submit schedule reserve post request",
}
"""What a tool does, by the first word of its name."""
_DOES: dict[str, Does] = {verb: does for does, verbs in _VERBS.items() for verb in verbs.split()}
_READS = ("get", "list")
_TAIL = re.compile(r"_(by|for|of|from|in|to|with)_.*$|_(details?|info|information|status|data|record)$")
_WRAPS = ("result", "results", "data", "items", "content", "value")


class _Tool(Struct, frozen=True):
    name: str
    verb: str
    about: str
    """What follows the verb, in the singular."""
    many: bool
    """Whether that was in the plural."""
    given: Mapping[str, Schema]
    shows: Mapping[str, Schema]
    lists: bool
    """Whether it shows several."""
    says: str
    reads: bool | None
    destroys: bool


def is_tools(data: Any) -> bool:
    """Whether data looks like an answer to `tools/list`, or the list in it."""
    listed = _listed(data)
    return bool(listed) and all(isinstance(mapping(tool).get("name"), str) for tool in listed[:3])


def read_tools(data: Any, notes: list[str]) -> dict[str, Table]:
    """What a server's tools are about, as tables, those that others refer to first; what is left out goes to `notes`.

    Raises:
        UsageError: there are no tools, more than `TOOLS`, or they are about nothing.
    """
    listed = _listed(data)
    if len(listed) > TOOLS:
        raise UsageError(f"the server has {len(listed)} tools, more than {TOOLS}: list those that are wanted in a file")
    tools = list(_tools([mapping(tool) for tool in listed], notes))
    things = _things(tools, notes)
    if not things:
        raise UsageError(
            "its tools are about nothing that could be a table: names like get_order or list_orders are expected"
        )
    operations = [found for tool in tools if (found := _operation(tool, things, notes))]
    return tables_of(things, operations, notes)


def _listed(data: Any) -> list[Any]:
    held = mapping(data)
    return items(mapping(held.get("result", held)).get("tools")) or items(data)


def _tools(listed: Sequence[Mapping[str, Any]], notes: list[str]) -> Iterator[_Tool]:
    named = [(tool, plain(tool["name"], "t")) for tool in listed if isinstance(tool.get("name"), str)]
    before = {name.partition("_")[0] for _, name in named}
    prefix = f"{before.pop()}_" if len(before) == 1 and len(named) > 1 else ""
    whole = Document(None)
    for tool, name in named:
        words = name.removeprefix(prefix if prefix.rstrip("_") not in _DOES else "").split("_")
        if words[0] not in _DOES and words[-1] in _DOES:
            words = [words[-1], *words[:-1]]
        about = _TAIL.sub("", "_".join(words[1:]))
        hints = mapping(tool.get("annotations"))
        reads = hints.get("readOnlyHint", hints.get("read_only_hint"))
        destroys = hints.get("destructiveHint", hints.get("destructive_hint"))
        says = tool.get("description")
        shows, lists = _shown(Document(tool.get("outputSchema", tool.get("output_schema")), whole))
        document = Document(tool.get("inputSchema", tool.get("input_schema")), whole)
        given = dict(document.properties(document.schema(document.root), COLUMNS + 1))
        if not about:
            notes.append(f"{shown(tool['name'])}: left out, since its name does not say what it is about")
            continue
        yield _Tool(
            name, words[0], thing_name(about), thing_name(about) != plain(about, "t"), given, shows, lists,
            says if isinstance(says, str) else "", reads if isinstance(reads, bool) else None, destroys is True,
        )  # fmt: skip


def _shown(document: Document) -> tuple[dict[str, Schema], bool]:
    """The properties of what a tool shows, and whether it shows several; what is wrapped is unwrapped."""
    schema, many = document.schema(document.root), False
    for _ in range(3):
        if schema.kind == "array":
            schema, many = document.schema(schema.held.get("items")), True
            continue
        held = dict(document.properties(schema, COLUMNS + 1))
        inner = [one for one in held.values() if one.kind == "array" or (one.kind == "object" and len(held) == 1)]
        if len(inner) != 1 or (len(held) > 4 and not set(held) & set(_WRAPS)):
            break
        schema = inner[0]
    return dict(document.properties(schema, COLUMNS + 1)), many


def _things(tools: Sequence[_Tool], notes: list[str]) -> dict[str, Thing]:
    """What there is: what several tools are about, what is read, and what an id is given of."""
    named: dict[str, int] = {}
    for tool in tools:
        if _DOES.get(tool.verb) and (tool.shows or f"{tool.about}_id" in tool.given or "id" in tool.given):
            named[tool.about] = named.get(tool.about, 0) + TOOLS
        for title in tool.given:
            if re.search(r"._(id|uuid)$", plain(title, "c")):
                named[_stem(title)] = named.get(_stem(title), 0) + 1
    if len(named) > _KINDS:
        notes.append(f"only {_KINDS} of {len(named)} kinds of things are looked at, those that most is said of")
        named = dict(sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))[:_KINDS])
    out = {name: Thing(name, name) for name in named}
    for tool in sorted(tools, key=lambda tool: _DOES.get(tool.verb) not in _READS):  # what is read says most
        if tool.about in out:
            _learn(out[tool.about], tool)
    found_by: dict[str, str] = {}
    for tool in tools:
        if not tool.lists and _DOES.get(tool.verb) == "get" and len(tool.given) == 1:
            (title,) = tool.given
            if tool.about in out and title in out[tool.about].properties:
                found_by.setdefault(tool.about, title)
    for name, one in out.items():
        ids = ("id", "uuid", f"{name}_id", f"{name}_uuid")
        one.key = next((title for title in one.properties if plain(title, "c") in ids), "") or found_by.get(name, "")
    for tool in tools:
        if tool.about in out and _listing(tool):
            of = next((found for title in tool.given if (found := _stem(title)) in out and found != tool.about), "")
            if of:
                out[tool.about].of.append((tool.name, of))
    return out


def _learn(thing: Thing, tool: _Tool) -> None:
    """What a tool shows of a thing, and what one that changes things is given of it."""
    reads = _DOES.get(tool.verb) in _READS
    known = {plain(one, "c") for one in thing.properties}
    for title, schema in {**tool.shows, **({} if reads else tool.given)}.items():
        if re.sub(r"^(new|updated)_", "", plain(title, "c")) not in known and len(known) <= COLUMNS:
            thing.properties[title] = schema
            known.add(plain(title, "c"))


def _listing(tool: _Tool) -> bool:
    return _DOES.get(tool.verb) == "list" or (_DOES.get(tool.verb) == "get" and (tool.lists or tool.many))


def _operation(tool: _Tool, things: Mapping[str, Thing], notes: list[str]) -> Operation | None:
    verb, about = _parted(tool, things)
    if not about:
        notes.append(f"{shown(tool.name)}: left out, since it is about nothing that is a table")
        return None
    does: Does = _DOES.get(verb, "act")
    if (does in _READS) is not tool.reads and tool.reads is not None:
        what = "changes nothing" if tool.reads else "changes something"
        notes.append(f"{shown(tool.name)}: left out, since it says that it {what}, and its name says otherwise")
        return None
    of = next((found for title in tool.given if (found := _stem(title)) in things and found != about), "")
    about_one = any(plain(title, "c") in ("id", f"{about}_id") for title in tool.given)
    if does == "create" and about_one:
        does = "act"  # open_account(account_id)
    if does == "get" and _listing(tool):
        does = "list"
    return Operation(
        does, tool.name, about, of if does == "list" else "", tool.given, verb, tool.says, tool.destroys
    )  # fmt: skip


def _parted(tool: _Tool, things: Mapping[str, Thing]) -> tuple[str, str]:
    """What a tool does and the thing that it does it to: of `check_in_booking` the verb has two words."""
    if tool.about in things:
        return tool.verb, tool.about
    words = [tool.verb, *tool.about.split("_")]
    at = next((at for at in range(1, len(words)) if "_".join(words[at:]) in things), 0)
    return "_".join(words[:at]), "_".join(words[at:]) if at else ""


def _stem(title: str) -> str:
    return thing_name(re.sub(r"_(id|uuid)$", "", plain(title, "c")))
