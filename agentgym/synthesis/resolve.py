"""Resolution: what a call needs first, what the user has to know, and which rows take part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from agentgym.errors import AgentGymError
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.graph import USER, Edge, Port, ToolGraph, ToolNode
from agentgym.synthesis.grow import noun
from agentgym.synthesis.grow.growth import chosen
from agentgym.synthesis.naming import Names
from agentgym.synthesis.opening import opening_of
from agentgym.synthesis.rows import Rows
from agentgym.workflow.spec import FactSpec
from agentgym.world.sql import parameters

__all__ = ["DEPTH", "Refinement", "Resolution", "Unsatisfiable"]

_PARAMETER = re.compile(r"'(?:[^']|'')*'|[:$@](\w+)")
"""A parameter in SQL, or text in quotes, where nothing is one."""
Refinement = Literal["", "latest", "ambiguous", "revised", "chained"]
_AMOUNTS = (500, 1000, 1500, 2000, 2500, 4000, 5000)
"""What a user asks for where any amount will do, in cents."""
_TELLING = {"name": 0, "date": 0, "datetime": 0, "text": 1, "enum": 2, "number": 3, "money": 4}
"""Kinds of values by which people tell things apart, the best first; money only where there is nothing else."""
_EXTREMES = {
    "date": ("earliest", "latest"), "datetime": ("earliest", "latest"), "money": ("lowest", "highest"),
    "number": ("lowest", "highest"),
}  # fmt: skip
DEPTH = 4
"""Calls in a row that are made for one argument, at most."""


class Unsatisfiable(AgentGymError):
    """No workflow comes of this draw: the message says which argument cannot be had, `rule` which rule is in
    the way."""

    def __init__(self, message: str, rule: str = "") -> None:
        super().__init__(message)
        self.rule = rule


class Resolution:
    """Nodes, facts and rows, as goals are resolved one after the other."""

    def __init__(self, pack: Pack, graph: ToolGraph, chance: Stream, skip: float, satisfy: float) -> None:
        self.pack, self.graph, self.chance, self.skip, self.satisfy = pack, graph, chance, skip, satisfy
        self.rows = Rows(pack)
        self.nodes: list[dict[str, Any]] = []
        self.facts: dict[str, FactSpec] = {}
        self.have: dict[str, str] = {}
        """Type -> the reference that gives it."""
        self.seen: set[str] = set()
        """Columns that a result shows."""
        self.called: dict[str, str] = {}
        self.spent: set[str] = set()
        """Columns that the user knows something of."""
        self.keys: set[str] = set()
        """Facts that only find a row."""
        self.names = Names(pack)
        self.drawn: dict[str, tuple[Sequence[Any], str]] = {}
        """Fact that stands in no row -> the values that it may have, in order, and SQL of the number that one of them
        is taken by; empty where it is the same in all rows."""
        self.counter = 0
        self.refine: Refinement = ""
        """What is still to be done to how things are said."""
        self.meant: list[str] = []
        """Which row is meant, in words, where the user names no value of it."""
        self.shown: list[str] = []
        """By reference, what a row that was meant so is read back by."""
        self.vague = ""
        """The fact that more than one row has: it is said first."""
        self.telling = ""
        """The fact that tells these rows apart: it is asked for."""
        openings = [opening_of(pack, tool.name) for tool in graph.tools]
        self.unsaid = {opening.column for opening in openings if opening is not None}
        """Columns by which nobody means a row, since situations write them."""

    # --- what a call needs ---

    def argument(self, tool: ToolNode, port: Port, depth: int) -> Any:
        """The reference, or the constant, that stands for an argument."""
        if port.type in self.have and "." in port.type:
            return self.have[port.type]
        if port.choices:
            return self.any_of(tool, port, port.choices, "enum")
        edges = self.graph.into.get((tool.name, port.name), ())
        below = self.graph.depths[tool.name]  # what lies deeper may need this tool first
        tools = [edge for edge in edges if self._gives(edge, port) and self.graph.depths[edge.source] < below]
        sayable = any(edge.source == USER for edge in edges)
        if tools and depth > 0 and (not sayable or self.chance.chance(self.satisfy)):
            self.call(self.graph.by_name[self.chance.choice(tools).source], depth - 1)
            if port.type in self.have:
                return self.have[port.type]
        if sayable:
            return self.said(tool, port)
        raise Unsatisfiable(f"{tool.name} needs {port.name} ({port.type or 'any'}), which nothing gives")

    def _gives(self, edge: Edge, port: Port) -> bool:
        source = self.graph.by_name.get(edge.source)
        fits = source is not None and source.effect == "read" and source.seat != USER
        return fits and "." in port.type and "column" in edge.evidence

    def call(self, tool: ToolNode, depth: int) -> str:
        """Call a tool, once; what its result shows is then known. The name of the row that counts."""
        if tool.name in self.called:
            return self.called[tool.name]
        return self.made(tool, self.arguments(tool, depth))

    def arguments(self, tool: ToolNode, depth: int) -> dict[str, Any]:
        """All that a tool must have, and of the rest what is drawn and can be had."""
        out: dict[str, Any] = {}
        given: set[str] = set()
        for port in tool.inputs:
            if port.optional and (port.type in given or self.chance.chance(self.skip)):
                continue
            if "." in port.type and port.type in given:
                raise Unsatisfiable(f"{tool.name} takes two of {port.type}, and one row of each table takes part")
            try:
                out[port.name] = self.argument(tool, port, depth)
                given.add(port.type)
            except Unsatisfiable:
                if not port.optional:
                    raise
        return out

    def made(self, tool: ToolNode, arguments: dict[str, Any]) -> str:
        """The node of a call, and the pick of the row that is meant."""
        name = self.fresh(tool.name)
        self.called[tool.name] = name
        self.nodes.append({"call": tool.name, "with": arguments, "as": name})
        self.possible(tool, arguments)
        if self.pack.domain.tools[tool.name].spec.shape == "many":
            row = self.fresh(f"{tool.name}_row")
            self.nodes.append({"pick": {"from": f"${name}", **self.meaning(tool, arguments, row), "as": row}})
            self.called[tool.name] = name = row
        elif tool.effect == "read" and any("." in p.type and self.says(arguments.get(p.name)) for p in tool.inputs):
            returns = self.bound(self.pack.domain.tools[tool.name].spec.returns or "", tool, arguments)
            if returns:
                listed = f"{self.listed_by(tool)}."
                self.found(returns, "1", [port for port in tool.outputs if port.type.startswith(listed)])
        for port in tool.outputs:
            if "." in port.type:
                self.seen.add(port.type)
                if self.pack.domain.types.get(port.type) == "id":
                    self.have.setdefault(port.type, f"${name}.{port.name}")
        return name

    def listed(self, tool: ToolNode) -> None:
        """Call a tool that lists rows, for all of them and none in particular."""
        if tool.name not in self.called:
            arguments = {port.name: self.argument(tool, port, DEPTH) for port in tool.inputs if not port.optional}
            self.called[tool.name] = name = self.fresh(tool.name)
            self.nodes.append({"call": tool.name, "with": arguments, "as": name})
            self.possible(tool, arguments)
            self.seen.update(port.type for port in tool.outputs)

    def look(self, column: str, rule: str = "") -> None:
        """See to it that a result shows a column that a rule, or the moment of a call, rests on."""
        if column in self.seen:
            return
        tools = [
            tool
            for tool in self.graph.tools
            if tool.effect == "read" and tool.seat != USER and any(port.type == column for port in tool.outputs)
        ]
        for tool in sorted(tools, key=lambda tool: (self.graph.depths[tool.name], tool.name)):
            if tool.name not in self.called:
                self.call(tool, DEPTH)
                return
        raise Unsatisfiable(f"no tool shows {column}, on which {f'rule {rule}' if rule else 'a call'} rests", rule)

    def possible(self, tool: ToolNode, arguments: dict[str, Any], but: str = "") -> None:
        """Only rows on which a call works, whatever one of its guards says."""
        for guard in self.pack.domain.tools[tool.name].spec.require:
            if guard.sql == but:
                continue
            condition = self.bound(guard.sql, tool, arguments)
            if condition:
                self.rows.require(condition)

    def meaning(self, tool: ToolNode, arguments: dict[str, Any], row: str) -> dict[str, Any]:
        """How the row of a list that is meant is told from the others; only such rows of the world take part."""
        given = {port.type: arguments[port.name] for port in tool.inputs if port.name in arguments}
        said = {column for column, reference in given.items() if "." in column and self.says(reference)}
        self.anchor(tool)
        listed = self.listed_by(tool)
        columns = [
            (_TELLING[kind], port)
            for port in tool.outputs
            if "." in port.type and (port.type not in given or port.type in said) and port.type not in self.unsaid
            and (kind := self.pack.domain.types.get(port.type, "")) in _TELLING
            and self.rows.near(port.type) and self.rows.filled(port.type)
        ]  # fmt: skip
        if not columns:
            raise Unsatisfiable(f"no user can tell one row of {tool.name} from another")
        returns = self.bound(self.pack.domain.tools[tool.name].spec.returns or "", tool, arguments)
        own = returns and any(isinstance(value, str) and "." in value for value in arguments.values())
        if self.refine == "latest" and own:
            ordered = [port for _, port in columns if self.pack.domain.types[port.type] in _EXTREMES]
            if ordered:
                self.refine = ""
                return self.extreme(tool, self.chance.choice(ordered), row, returns)
        columns = [(rank, port) for rank, port in columns if rank < _TELLING["money"]] or columns
        if not own:  # it lists everybody's
            columns = [(rank, port) for rank, port in columns if self.rows.tells(port.type)] or columns
        ports = [port for _, port in columns]
        if self.refine == "ambiguous" and own and len(ports) > 1:
            self.refine = ""
            first = min(ports, key=lambda port: (self.rows.different(port.type), port.name))
            second = self.chance.choice([port for port in ports if port is not first])
            where = {port.name: self.column(port.type, listed) for port in (first, second)}
            self.vague, self.telling = where[first.name][1:], where[second.name][1:]
            self.rows.require(
                f'(SELECT count(*) FROM ({returns}) WHERE "{first.name}" = {self.value("$" + self.vague)}) > 1'
            )
        elif enough := [port for port in ports if port.type in said]:
            where = {port.name: self.column(port.type) for port in enough}
            self.keys -= {fact[1:] for fact in where.values()}
        else:
            least = min(rank for rank, _ in columns)
            port = self.chance.choice([port for rank, port in columns if rank <= least + 1])
            where = {port.name: self.column(port.type, listed)}
        if returns:
            self.found(
                returns, " AND ".join(f'"{name}" = {self.value(fact)}' for name, fact in where.items()), tool.outputs
            )
        return {"where": where}

    def says(self, reference: Any) -> bool:
        """Whether an argument is a fact of the user's."""
        return isinstance(reference, str) and reference[1:] in self.facts

    def listed_by(self, tool: ToolNode) -> str:
        """The table whose rows a tool shows: that of the first id."""
        kinds = self.pack.domain.types
        return next((p.type.partition(".")[0] for p in tool.outputs if kinds.get(p.type) == "id"), "")

    def extreme(self, tool: ToolNode, port: Port, row: str, returns: str) -> dict[str, Any]:
        """The first or last row of a list by a column, which the user calls so."""
        low, high = _EXTREMES[self.pack.domain.types[port.type]]
        first = self.chance.chance(0.5)
        edge = f'(SELECT {"min" if first else "max"}("{port.name}") FROM ({returns}))'
        self.rows.require(f"(SELECT count(*) FROM ({returns})) > 1")
        self.found(returns, f'"{port.name}" = {edge}', tool.outputs)
        table, _, bare = port.type.partition(".")
        listed = self.listed_by(tool) or table
        by = self.names.label(bare if listed == table else self.names.column(port.type, listed))
        which = noun(self.pack, listed)
        self.meant.append(f"the {which} with the {low if first else high} {by}")
        self.shown.append(f"${row}.{port.name}")
        self.spent.add(port.type)
        return {"first" if first else "last": port.name}

    def found(self, returns: str, known: str, shown: Sequence[Port]) -> None:
        """Only rows that a call gives, by the ids that are shown of them, and no other by what is known of them."""
        ids = [
            f'"{port.name}" = {self.rows.expression(port.type)}'
            for port in shown
            if self.pack.domain.types.get(port.type) == "id" and port.type.partition(".")[0] in self.rows.tables
        ]
        self.rows.require(f"(SELECT count(*) FROM ({returns}) WHERE {known}) = 1")
        self.rows.require(f"EXISTS (SELECT 1 FROM ({returns}) WHERE {' AND '.join([known, *ids])})")

    def value(self, fact: str) -> str:
        """A fact in the query: what it is bound to, or itself."""
        value = self.facts[fact[1:]].value
        if isinstance(value, str) and value.startswith("$"):
            return self.rows.called(value[1:])
        return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"

    def bound(self, sql: str, tool: ToolNode, arguments: dict[str, Any]) -> str:
        """A SELECT of a tool over the rows that take part, in brackets; empty where an argument is none of theirs."""
        types = {port.name: port.type for port in tool.inputs}
        values: dict[str, str] = {}
        for name in parameters(sql):
            reference = arguments.get(name)
            if reference is None:
                values[name] = "NULL"
            elif isinstance(reference, str) and reference[1:] in self.facts:
                values[name] = self.value(reference)
            elif types.get(name, "").partition(".")[0] in self.rows.tables:
                values[name] = self.rows.expression(types[name])
            else:
                return ""
        return f"({_PARAMETER.sub(lambda found: values[found[1]] if found[1] else found[0], sql)})" if sql else ""

    def named(self, sql: str) -> str:
        """A condition in which names of the query stand for what they are there."""
        return _PARAMETER.sub(lambda found: self.rows.called(found[1]) if found[1] else found[0], sql)

    def anchor(self, tool: ToolNode) -> None:
        """The rows that a result is about take part."""
        for port in tool.outputs:
            if "." in port.type and self.pack.domain.types.get(port.type) == "id":
                self.rows.add(port.type.partition(".")[0])

    # --- what the user knows ---

    def said(self, tool: ToolNode, port: Port) -> str:
        """A fact that the user says for an argument."""
        if "." in port.type:
            self.rows.add(port.type.partition(".")[0])
            said = self.column(port.type)
            self.keys.add(said[1:])
            return said
        if port.type in ("number", "money"):
            parameter = self.pack.domain.tools[tool.name].spec.parameters[port.name]
            low = int(parameter.minimum if parameter.minimum is not None else 1)
            high = int(parameter.maximum if parameter.maximum is not None else max(low + 5, *_AMOUNTS))
            round_ = [amount for amount in _AMOUNTS if low <= amount <= high] if port.type == "money" else []
            few = round_ or range(low, max(low, min(high, low + 5)) + 1)
            return self.any_of(tool, port, few, port.type)
        if tool.effect != "read" and self.rows.tables:
            return self.news(tool, port)
        self.anchor(tool)
        shown = [p.type for p in tool.outputs if self._said_as(p.type, port.type) and self.rows.near(p.type)]
        if tool.effect != "read" or not shown:
            raise Unsatisfiable(f"{tool.name} needs {port.name} ({port.type}), which stands in no row")
        column = shown[0]
        self.spent.add(column)
        if port.type == "date" and self.pack.domain.types[column] == "datetime":
            name = self.rows.derived(f"date({self.rows.expression(column)})", port.name)
            return self.fact(port.name, f"${name}", "date")
        return self.column(column)

    def any_of(self, tool: ToolNode, port: Port, values: Sequence[Any], kind: Any) -> str:
        """A fact that may have any of some values: which one goes by the row, as soon as there is one. Who is to think
        better of it wants the next one at first."""
        name = self.names.argument(tool.name, port.name)
        at_first = values[1:] if self.refine == "revised" and len(values) > 1 else values
        number = f"({self.rows.number()} + {self.chance.below(len(at_first))})" if self.rows.tables else ""
        if name not in self.facts:
            self.drawn[name] = (values, number)
        elif self.drawn.get(name, ((),))[0] != values:
            raise Unsatisfiable(f"two tools want {name}, and not of the same values")
        else:
            return f"${name}"
        drawn = f"${self.rows.derived(chosen(at_first, number), name)}" if number else self.chance.choice(at_first)
        return self.fact(name, drawn, kind)

    def news(self, tool: ToolNode, port: Port) -> str:
        """A fact for what stands in no row yet: a day to come, or what is like a value of other rows."""
        row = self.rows.number()
        if port.type == "date":
            expression = f"shift_days(today(), 1 + {row} % 28)"
        else:
            like = [column for column, kind in self.pack.domain.types.items() if kind == port.type]
            held = [column for column in like if column.partition(".")[0] in self.pack.domain.schema.tables]
            held.sort(key=lambda column: column.partition(".")[2] != port.name)  # of the same name first
            if not held:
                raise Unsatisfiable(f"nothing is like {port.name} ({port.type})")
            table, _, name = held[0].partition(".")
            near = f'abs(unicode(substr("{name}", 2)) * 31 + unicode(substr("{name}", 3)) - 3000 - {row} % 1000)'
            expression = f'(SELECT "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL ORDER BY {near}, 1 LIMIT 1)'
        name = self.names.argument(tool.name, port.name)
        name = f"new_{name}" if name in self.names.given.values() else name
        return self.fact(name, f"${self.rows.derived(expression, name)}", port.type)

    def _said_as(self, column: str, kind: str) -> bool:
        found = self.pack.domain.types.get(column, "")
        return "." in column and (found == kind or (kind, found) == ("date", "datetime"))

    def column(self, column: str, listed: str = "") -> str:
        """The fact that holds a column of the rows that take part.

        Args:
            listed: the table whose rows are told apart by it; empty where nothing lists them.
        """
        bound = f"${self.rows.select(column)}"
        for name, spec in self.facts.items():
            if spec.value == bound:
                return f"${name}"
        name = self.names.column(column, listed)
        if name in self.facts:
            name = column.replace(".", "_")
        others = [w.spec.facts[name] for w in self.pack.workflows.values() if name in w.spec.facts]
        aliases = others[0].aliases if others else self.names.aliases(name)
        self.facts[name] = FactSpec(bound, aliases=list(aliases))
        return f"${name}"

    def fact(self, name: str, value: Any, kind: Any) -> str:
        """A fact of a value of its own."""
        self.facts.setdefault(name, FactSpec(value, type=kind, aliases=list(self.names.aliases(name))))
        return f"${name}"

    def fresh(self, name: str) -> str:
        """A name of its own for a result."""
        self.counter += 1
        return f"{name}_{self.counter}"
