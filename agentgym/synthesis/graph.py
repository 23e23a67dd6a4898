"""The typed graph of a pack's tools: which value can become which argument, on what evidence; who sees whose writes.

A value's *type* is the column that it belongs to (`patients.patient_id`; foreign keys say which columns are the same
thing), or how it is said where it belongs to none (`date`, `money`). Evidence of an edge:

    column          the result and the argument are values of the same column
    workflow NAME   a workflow of the pack hands the one on as the other
    derived NAME    a workflow computes the one from the other
    said            a user can know it: it is no id, or a workflow's user has it

This is the graph over tools of topology-aware sampling (EnvFactory), with edges that are read off the contracts instead
of being guessed from descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, cast

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.tool import Parameter, Tool
from agentgym.workflow import Workflow
from agentgym.workflow.node import CallTool, Let, Pick, UserDoes, walk
from agentgym.world import blank
from agentgym.world.sql import touched

__all__ = ["USER", "Edge", "Port", "State", "ToolGraph", "ToolNode", "tool_graph"]

USER = "user"
"""The source of what nobody looks up."""
UNREACHABLE = 10**6
"""The depth of a tool that no order of calls leads to."""


class Port(Struct, frozen=True):
    """An argument or a field of a result. `type` is a column `table.column`, a semantic type, or empty for neither."""

    name: str
    type: str
    optional: bool = False
    choices: tuple[str, ...] = ()
    """All that it may be, where the contract lists it."""


class Edge(Struct, frozen=True, order=True):
    """A value that can be handed on as `input` of `target`: the field `output` of `source`, or a fact of the user's."""

    source: str
    output: str
    target: str
    input: str
    type: str
    evidence: tuple[str, ...]


class State(Struct, frozen=True, order=True):
    """`reader` sees what `writer` changes, in `tables`."""

    writer: str
    reader: str
    tables: tuple[str, ...]


class ToolNode(Struct, frozen=True):
    """A tool."""

    name: str
    effect: str
    seat: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    reads: tuple[str, ...]
    """Tables, guards included."""
    writes: tuple[str, ...]
    rests: tuple[str, ...] = ()
    """Columns, as `table.column`, that its guards and writes read."""
    sets: tuple[str, ...] = ()
    """Columns that it changes in rows that there are."""


class ToolGraph(Struct, frozen=True, dict=True):
    """The tools of a pack, the values that go between them, and the state that they share."""

    pack: str
    tools: tuple[ToolNode, ...]
    edges: tuple[Edge, ...]
    state: tuple[State, ...]

    @cached_property
    def by_name(self) -> dict[str, ToolNode]:
        """The tools by name."""
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def into(self) -> dict[tuple[str, str], tuple[Edge, ...]]:
        """(tool, argument) -> the edges that end there, in order."""
        out: dict[tuple[str, str], list[Edge]] = {}
        for edge in self.edges:
            out.setdefault((edge.target, edge.input), []).append(edge)
        return {place: tuple(edges) for place, edges in out.items()}

    @cached_property
    def depths(self) -> dict[str, int]:
        """Tool -> the least number of calls in a row that end with it, where a user says all that it can; a tool is
        `UNREACHABLE` if an argument that it must have can neither be said, nor chosen, nor looked up."""
        out = dict.fromkeys(self.by_name, UNREACHABLE)
        changed = True
        while changed:
            changed = False
            for tool in self.tools:
                found = 1 + max((self._least(tool, port, out) for port in tool.inputs if not port.optional), default=0)
                if found < out[tool.name]:
                    out[tool.name], changed = found, True
        return out

    def _least(self, tool: ToolNode, port: Port, depths: Mapping[str, int]) -> int:
        if port.choices or not port.type:
            return 0
        sources = [edge.source for edge in self.into.get((tool.name, port.name), ())]
        return min((0 if source == USER else depths[source] for source in sources), default=UNREACHABLE)

    def text(self) -> str:
        """The graph in words: each tool with where its arguments come from, in the order of their depths."""
        out = [f"{self.pack}: {len(self.tools)} tools, {len(self.edges)} edges of values, {len(self.state)} of state"]
        for tool in sorted(self.tools, key=lambda tool: (self.depths[tool.name], tool.name)):
            depth = self.depths[tool.name]
            reached = "cannot be reached" if depth >= UNREACHABLE else f"depth {depth}"
            out += ["", f"{tool.name}  ({tool.effect}{', the user has it' if tool.seat == USER else ''}; {reached})"]
            out += [f"  {line}" for port in tool.inputs for line in self._port(tool, port)]
            seen = [state for state in self.state if state.writer == tool.name]
            if tool.writes:
                readers = ", ".join(dict.fromkeys(state.reader for state in seen)) or "no tool"
                out.append(f"  changes {', '.join(tool.writes)}; seen by {readers}")
        return "\n".join(out)

    def _port(self, tool: ToolNode, port: Port) -> Iterator[str]:
        kind = f"one of {', '.join(port.choices)}" if port.choices else port.type or "any"
        yield f"{port.name}{'?' if port.optional else ''}: {kind}"
        for edge in self.into.get((tool.name, port.name), ()):
            yield f"  <- {edge.source}.{edge.output}  [{', '.join(edge.evidence)}]"


def tool_graph(pack: Pack) -> ToolGraph:
    """The graph of a pack's tools, those of the user's seat included. The same pack gives the same graph."""
    db, _ = blank(pack.content.script, "world.sql", pack.content.file.clock[0])
    try:
        nodes = tuple(_node(pack, tool, db) for tool in pack.domain.tools.values())
    finally:
        db.close()
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    types: dict[tuple[str, str], str] = {(node.name, port.name): port.type for node in nodes for port in node.inputs}

    def add(source: str, output: str, target: str, argument: str, evidence: str) -> None:
        if source != target and (target, argument) in types:
            found.setdefault((source, output, target, argument), {})[evidence] = None

    for workflow in pack.workflows.values():
        for source, output, target, argument, evidence in _handed_on(workflow):
            add(source, output, target, argument, evidence)
    for node in nodes:
        for port in node.inputs:
            for other in nodes:
                for output in _news(other):
                    if "." in port.type and output.type == port.type:
                        add(other.name, output.name, node.name, port.name, "column")
            if _sayable(pack, port):
                add(USER, port.name, node.name, port.name, "said")
    edges = sorted(Edge(*place, types[place[2], place[3]], tuple(sorted(said))) for place, said in found.items())
    return ToolGraph(pack.name, nodes, tuple(edges), tuple(sorted(_state(nodes))))


def _node(pack: Pack, tool: Tool, db: Any) -> ToolNode:
    inputs = tuple(
        Port(name, _type(pack, parameter), parameter.optional, tuple(parameter.enum or ()))
        for name, parameter in tool.spec.parameters.items()
        if not parameter.free
    )
    outputs = tuple(
        Port(name, column or tool.spec.columns.get(name, ""))
        for name, column in zip(tool.names, tool.columns, strict=True)
    )
    shows = [*([tool.spec.returns] if tool.spec.returns else []), *tool.spec.sees.values()]
    works = [touched(db, sql) for sql in (*(guard.sql for guard in tool.spec.require), *tool.spec.sql)]
    touches = [*works, *(touched(db, sql) for sql in shows)]
    reads = sorted({table for found, _ in touches for table, _ in found})
    writes = sorted({table for _, found in touches for table, _ in found})
    rests = sorted({f"{table}.{column}" for found, _ in works for table, column in found if column})
    sets = sorted({f"{table}.{column}" for _, found in works for table, column in found if column})
    return ToolNode(
        tool.name, tool.spec.effect, tool.spec.seat, inputs, outputs, tuple(reads), tuple(writes), tuple(rests),
        tuple(sets),
    )  # fmt: skip


def _news(tool: ToolNode) -> Iterator[Port]:
    """The fields of a result that its caller need not have known to call."""
    given = {port.type for port in tool.inputs if not port.optional}
    return (port for port in tool.outputs if port.type not in given)


def _type(pack: Pack, parameter: Parameter) -> str:
    if parameter.refers_to:
        return pack.domain.schema.canonical[parameter.refers_to]
    if parameter.semantic:
        return parameter.semantic
    return "number" if parameter.type in ("integer", "number") else ""


def _sayable(pack: Pack, port: Port) -> bool:
    """Whether a user can know it without looking it up: whatever is no id."""
    kind = pack.domain.types.get(port.type, port.type)
    return bool(kind) and kind != "id" and not port.choices


def _state(nodes: tuple[ToolNode, ...]) -> Iterator[State]:
    for writer in nodes:
        for reader in nodes:
            tables = tuple(sorted({*writer.writes} & {*reader.reads}))
            if tables and writer.name != reader.name:
                yield State(writer.name, reader.name, tables)


# --- what workflows hand on ---

_Origin = tuple[str, str]
"""A tool, or the user, and the field or fact; "" for a whole row."""


def _handed_on(workflow: Workflow) -> Iterator[tuple[str, str, str, str, str]]:
    known: dict[str, list[_Origin]] = {fact: [(USER, fact)] for fact in workflow.spec.facts}
    derived: set[str] = set()
    for node in walk(workflow.tree):
        if isinstance(node, Pick):
            known[node.name] = known.get(node.source.removeprefix("$"), [])
        elif isinstance(node, Let):
            for name, (sql, _) in node.values.items():
                known[name] = [
                    origin
                    for used, _, column in re.findall(r"\$([A-Za-z_]\w*)(\.([A-Za-z_]\w*))?", sql)
                    for origin in _origins(known, used, column)
                ]
                derived.add(name)
        elif isinstance(node, CallTool | UserDoes):
            for argument, reference in node.arguments.items():
                for one in cast(list[Any], reference if isinstance(reference, list) else [reference]):
                    if isinstance(one, str) and one.startswith("$"):
                        name, _, column = one[1:].partition(".")
                        what = "derived" if name in derived else "workflow"
                        for source, output in _origins(known, name, column):
                            yield source, output, node.tool, argument, f"{what} {workflow.name}"
            if node.name:
                known[node.name] = [(node.tool, "")]


def _origins(known: Mapping[str, list[_Origin]], name: str, column: str) -> list[_Origin]:
    return [(source, field or column) for source, field in known.get(name, []) if field or column]
