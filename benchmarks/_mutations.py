"""Mechanical mutations of a pack's content, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple, cast

from agentgym.pack import Pack
from agentgym.synthesis.draft import Draft

__all__ = ["Mutant", "mutants"]

_TOKEN = re.compile(r"'(?:[^']|'')*'|>=|<=|<>|[<>=]|[:$]?[A-Za-z_]\w*|!=|==|\d+|\s+|.", re.DOTALL)
_Path = tuple[str | int, ...]
_FLIPPED = {">=": "<", "<=": ">", "<>": "=", ">": "<=", "<": ">=", "=": "<>"}


class Mutant(NamedTuple):
    """A pack's content with one change."""

    part: str
    """predicate, guard, effect, mapping."""
    operator: str
    where: str
    """`rule notice_24h`, `tool cancel_appointment`, `workflow cancel`."""
    change: str
    path: tuple[str | int, ...]
    """Where it stands in the draft: `workflows`, or a file and on."""
    value: Any
    """What stands there instead; None where something is left out."""

    def draft(self, whole: Draft) -> Draft:
        """The content with this change."""
        out = whole.copy()
        if self.path[0] == "workflows":
            name = str(self.path[1])
            out.workflows[name] = {**whole.workflows[name], "do": self.value}
            return out
        at: Any = out.files
        for step in self.path[:-1]:
            at = at[step]
        if self.value is None:
            del at[self.path[-1]]
        else:
            at[self.path[-1]] = self.value
        return out


def mutants(pack: Pack, whole: Draft) -> Iterator[Mutant]:
    """Every mutant of a pack's rules, tools and workflows, in an order that is the same everywhere.

    Args:
        whole: the pack's content (`Draft.of`).
    """
    enums = _enums(whole.script)
    for at, rule in enumerate(whole.files["rules"]["rules"]):
        for field, part in (("allowed", "predicate"), ("because", "mapping")):
            for operator, sql in _sql(rule.get(field, ""), pack, enums):
                path = ("rules", "rules", at, field)
                yield Mutant(part, operator, f"rule {rule['id']}", _difference(rule[field], sql), path, sql)
    for at, tool in enumerate(whole.files["tools"]["tools"]):
        if tool["name"] in pack.tools:
            yield from _of_tool(tool, ("tools", "tools", at), pack, enums)
    for name, workflow in whole.workflows.items():
        for change, do in _trees(workflow["do"], pack):
            yield Mutant("mapping", change.split(":")[0], f"workflow {name}", change, ("workflows", name), do)


def _of_tool(tool: dict[str, Any], path: _Path, pack: Pack, enums: dict[str, str]) -> Iterator[Mutant]:
    where = f"tool {tool['name']}"
    for i, guard in enumerate(tool.get("require", [])):
        for operator, sql in _sql(guard["sql"], pack, enums):
            yield Mutant("guard", operator, where, _difference(guard["sql"], sql), (*path, "require", i, "sql"), sql)
        yield Mutant("guard", "dropped", where, guard["sql"], (*path, "require", i), None)
    for i, statement in enumerate(tool.get("sql", [])):
        for operator, sql in _sql(statement, pack, enums):
            yield Mutant("effect", operator, where, _difference(statement, sql), (*path, "sql", i), sql)
        if len(tool["sql"]) > 1:
            yield Mutant("effect", "dropped", where, statement, (*path, "sql", i), None)
    for operator, sql in _sql(tool.get("returns") or "", pack, enums):
        yield Mutant("mapping", operator, where, _difference(tool["returns"], sql), (*path, "returns"), sql)


def _enums(script: str) -> dict[str, str]:
    """Value -> another value of the same enumeration."""
    out: dict[str, str] = {}
    for listed in re.findall(r"IN \(([^)]*)\)", script):
        values = re.findall(r"'([^']*)'", listed)
        out.update(zip(values, values[1:] + values[:1], strict=True))
    return out


def _sql(sql: str, pack: Pack, enums: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(operator, mutated statement)."""
    tokens = _TOKEN.findall(sql)
    words = [token.upper() for token in tokens]
    assigns = words[:1] == ["UPDATE"]
    bound = words.index("WHERE") if "WHERE" in words else len(words)
    for at, token in enumerate(tokens):
        if token in _FLIPPED and not (assigns and at < bound and token == "=") and words[0] != "INSERT":
            yield "operator flipped", _with(tokens, at, _FLIPPED[token])
        elif token.isdigit():
            yield "constant shifted", _with(tokens, at, str(int(token) + 1))
        elif token.startswith("'") and token[1:-1] in enums:
            yield "constant shifted", _with(tokens, at, f"'{enums[token[1:-1]]}'")
        elif re.fullmatch(r"[A-Za-z_]\w*", token) and (other := _like(token, pack)):
            yield "column swapped", _with(tokens, at, other)
    for found in re.finditer(r"(\w+(?:\.\w+)?)\s*=\s*:\w+", sql):
        if not assigns or found.start() > sql.upper().find(" WHERE "):
            yield "argument ignored", f"{sql[: found.start()]}{found[1]} = {found[1]}{sql[found.end() :]}"
    for start, end in _clauses(tokens):
        yield "clause dropped", "".join(tokens[:start] + tokens[end:])


def _with(tokens: list[str], at: int, token: str) -> str:
    return "".join([*tokens[:at], token, *tokens[at + 1 :]])


def _like(column: str, pack: Pack) -> str:
    """Another column of the same table that is said in the same way."""
    for table in pack.domain.schema.tables.values():
        if column in table.columns:
            kind = pack.domain.types.get(f"{table.name}.{column}")
            for other in table.columns:
                if other != column and pack.domain.types.get(f"{table.name}.{other}") == kind:
                    return other
    return ""


def _clauses(tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Where the parts of conjunctions lie, each with its AND."""
    depth, starts = 0, list[tuple[int, int]]()
    for at, token in enumerate(tokens):
        if token in "()" and token.strip():
            depth += 1 if token == "(" else -1
        if token.upper() == "AND" and not _between(tokens, at):
            starts.append((at, depth))
    for at, level in starts:
        end, inner = at + 1, level
        while end < len(tokens):
            token = tokens[end].upper()
            inner += (token == "(") - (token == ")")
            if inner < level or (
                inner == level and token in ("AND", "OR", "ORDER", "GROUP", "LIMIT", "THEN", "ELSE", "END")
            ):
                break
            end += 1
        yield at, end


def _between(tokens: list[str], at: int) -> bool:
    before = [token.upper() for token in tokens[:at] if token.strip()]
    return "BETWEEN" in before[-3:]


def _trees(do: list[Any], pack: Pack) -> Iterator[tuple[str, list[Any]]]:
    """Trees with one node otherwise."""
    for path, node in _nodes(do, ()):
        if "with" in node:
            names = list(node["with"])
            for one, other in pairwise(names):
                if node["with"][one] != node["with"][other]:
                    swapped = {**node["with"], one: node["with"][other], other: node["with"][one]}
                    yield f"arguments swapped: {one} and {other}", _put(do, path, {**node, "with": swapped})
        if "pick" in node and len(node["pick"].get("where", {})) > 1:
            for name in node["pick"]["where"]:
                rest = {key: value for key, value in node["pick"]["where"].items() if key != name}
                yield f"condition dropped: {name}", _put(do, path, {**node, "pick": {**node["pick"], "where": rest}})
        for kind in ("confirm", "tell", "ask"):
            if kind in node:
                yield f"node dropped: {kind}", _put(do, path, None)
        if isinstance(node.get("decide"), str) and node["decide"] in pack.rules:
            cases = {key: value for key, value in node.items() if key in ("allowed", "denied")}
            if len(cases) == 2:
                turned = {**node, "allowed": cases["denied"], "denied": cases["allowed"]}
                yield "cases exchanged: " + node["decide"], _put(do, path, turned)


def _nodes(part: Any, path: _Path) -> Iterator[tuple[_Path, dict[str, Any]]]:
    if isinstance(part, list):
        for at, inner in enumerate(cast(list[Any], part)):
            yield from _nodes(inner, (*path, at))
    elif isinstance(part, dict):
        held = cast(dict[str, Any], part)
        if path and isinstance(path[-1], int):
            yield path, held
        for key, inner in held.items():
            if isinstance(inner, list | dict) and key not in ("with", "pick"):
                yield from _nodes(inner, (*path, key))


def _put(do: list[Any], path: _Path, node: Any) -> list[Any]:
    out = deepcopy(do)
    at: Any = out
    for step in path[:-1]:
        at = at[step]
    if node is None:
        del at[path[-1]]
    else:
        at[path[-1]] = node
    return out


def _difference(before: str, after: str) -> str:
    """What a statement says otherwise, with some of what stands around it."""
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    back = next(
        (i for i, (a, b) in enumerate(zip(before[::-1], after[::-1], strict=False)) if a != b),
        min(len(before), len(after)),
    )
    back = min(back, len(before) - start, len(after) - start)
    near = slice(max(0, start - 20), start)
    return f"...{before[near]}[{before[start : len(before) - back]} -> {after[start : len(after) - back]}]"
