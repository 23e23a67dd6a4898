"""Running a behaviour tree on a world: the oracle.

What comes out is a list of steps (what to ask, call, confirm, tell or refuse, in order, and which steps each needs) and
the path of decisions taken. Deterministic: the same world gives the same run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from agentgym.bodies import WAIT
from agentgym.tool import RATE_LIMIT_MINUTES, Tool
from agentgym.types import Fact, Fault, Scalar, Value
from agentgym.workflow.cells import because_values, cells_of, flat, ids_of
from agentgym.workflow.compared import Comparison, compared
from agentgym.workflow.domain import Domain
from agentgym.workflow.node import (
    AnyOrder,
    Ask,
    CallTool,
    ChangeOfMind,
    Confirm,
    Decide,
    Let,
    Next,
    Node,
    Pick,
    Refuse,
    Seq,
    Tell,
    UserDoes,
)  # fmt: skip
from agentgym.workflow.removable import moot
from agentgym.workflow.step import Instead, Note, Run, Step, TreeError, needed
from agentgym.world import World

__all__ = ["run"]


class _Known(Struct):
    """A name in the tree: typed columns of one row, or rows, or one value; and the steps it came from."""

    steps: frozenset[int]
    value: Value | None = None
    row: dict[str, Value] | None = None
    rows: list[dict[str, Value]] | None = None


Decider = Callable[[Decide, str], str]


def run(
    tree: Seq,
    world: World,
    facts: Sequence[Fact],
    domain: Domain,
    *,
    choices: Sequence[int] = (),
    faults: Sequence[Fault] = (),
    decider: Decider | None = None,
    instead: Instead | None = None,
) -> Run:
    """Run the tree; the world is changed by it.

    Args:
        choices: which match each `pick any` takes, 0 where not given.
        decider: overrules decisions, given the node and the true label (branch-blind policies do).
        instead: a tool that is not there, and the call that ends the run where it would be called.

    Raises:
        TreeError: the tree does not fit this world.
    """
    runner = _Runner(tree, world, facts, domain, choices, faults, decider, instead)
    lacked = False
    try:
        try:
            runner.visit(tree)
        except _Lacking as missing:
            runner.call(missing.call)
            runner.steps = needed(runner.steps, domain.tools, facts)
            lacked = True
    except TreeError as trouble:
        trouble.steps = runner.steps
        raise
    return Run(runner.steps, runner.path, runner.options, [] if lacked else runner.notes, lacked)


class _Lacking(Exception):
    """The run has come to the tool that is not there; `call` is right in its place."""

    def __init__(self, call: CallTool) -> None:
        self.call = call
        super().__init__(call.tool)


class _Runner:
    def __init__(
        self, tree: Seq, world: World, facts: Sequence[Fact], domain: Domain, choices: Sequence[int],
        faults: Sequence[Fault], decider: Decider | None, instead: Instead | None,
    ) -> None:  # fmt: skip
        self.world, self.domain, self.decider, self.choices = world, domain, decider, list(choices)
        self.instead = instead
        self.moot = moot(tree, instead.missing) if instead else frozenset[int]()
        self.faults = {fault.tool: fault for fault in faults}
        self.known: dict[str, _Known] = {
            fact.name: _Known(frozenset(), Value(fact.value, fact.type, domain.label(fact.name), fact.column))
            for fact in facts
        }
        self.steps: list[Step] = []
        self.notes: list[Note] = []
        self.path: list[str] = []
        self.options: list[int] = []
        self.control: frozenset[int] = frozenset()
        self.decision: tuple[str, Mapping[str, Any]] = ("", {})

    def visit(self, node: Node) -> None:
        _VISITS[type(node)](self, node)

    # --- references ---

    def resolve(self, reference: Any) -> tuple[Value, frozenset[int]]:
        """A `$name`, `$name.column` or constant, typed, and the steps it rests on."""
        if not isinstance(reference, str) or not reference.startswith("$"):
            kind = "number" if isinstance(reference, int | float) else "text"
            return Value(reference, kind), frozenset()
        name, _, column = reference[1:].partition(".")
        known = self.known.get(name)
        if known is None:
            raise TreeError(f"no name ${name}; there are {', '.join('$' + n for n in self.known)}")
        if not column:
            if known.value is None:
                raise TreeError(f"${name} is a row; write ${name}.column")
            return known.value, known.steps
        if known.row is None or column not in known.row:
            raise TreeError(f"${name} has no column {column}; it has {', '.join(known.row or ())}")
        return known.row[column], known.steps

    def values(self, references: Sequence[Any]) -> tuple[tuple[Value, ...], frozenset[int]]:
        found = [self.resolve(reference) for reference in references]
        return tuple(value for value, _ in found), frozenset[int]().union(*(steps for _, steps in found))

    def arguments(self, references: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[int]]:
        needs: frozenset[int] = frozenset()
        out: dict[str, Any] = {}
        for name, reference in references.items():
            several = isinstance(reference, list)
            found, steps = self.values(cast(list[Any], reference) if several else [reference])
            out[name] = [value.value for value in found] if several else found[0].value
            needs |= steps
        return out, needs

    def scalars(self) -> dict[str, Scalar]:
        """All single values by `name` and `name_column`, for SQL inside the tree (`$name`, `$name_column`)."""
        out: dict[str, Scalar] = {}
        for name, known in self.known.items():
            if known.value is not None:
                out[name] = known.value.value
            for column, value in (known.row or {}).items():
                out[f"{name}_{column}"] = value.value
        return out

    def add(self, step: Step) -> frozenset[int]:
        if step.kind != "look":
            step.data = step.needs
        step.needs |= self.control
        self.steps.append(step)
        return frozenset({len(self.steps) - 1})

    # --- nodes ---

    def seq(self, node: Seq) -> None:
        for child in node.nodes:
            self.visit(child)

    def any_order(self, node: AnyOrder) -> None:
        for part in node.parts:
            self.visit(part)

    def ask(self, node: Ask) -> None:
        step = self.add(Step("ask", facts=node.facts))
        for fact in node.facts:
            self.known[fact].steps |= step

    def call(self, node: CallTool) -> None:
        if self.instead is not None and node.tool == self.instead.missing:
            raise _Lacking(self.instead.call)
        tool = self.domain.tools[node.tool]
        arguments, needs = self.arguments(node.arguments)
        fault = self.faults.get(node.tool) if node.retry else None
        if fault is not None:
            for _ in range(fault.times if fault.kind != "rate_limit" else 1):
                needs |= self.add(Step("call", tool=node.tool, arguments=arguments, needs=needs, fault=True))
            if fault.kind == "rate_limit":
                needs |= self.wait(needs)
        slips = self.slips(node.slips, arguments) if node.slips else {}
        (rests, below), (grounds, under) = self.values(node.rests), self.values(node.grounds)
        result = tool.run(self.world, arguments)
        if result.error is not None:
            raise TreeError(f"{node.tool}({arguments}) failed: {result.value}")
        step = self.add(
            Step("call", tool=node.tool, arguments=arguments, writes=tool.writes, ends=tool.ends is not None,
                 needs=needs | below | under, result=result.value, values=tuple(v for v in rests if v.column),
                 rests=grounds, used=self.computing(node.rests), slips=slips)
        )  # fmt: skip
        if node.name and tool.spec.python:
            computed = cast(dict[str, Scalar], result.value)
            row = {field: self.domain.value(value, field, "") for field, value in computed.items()}
            self.known[node.name] = _Known(step, row=row)
        elif node.name:
            self.bind(node.name, tool, result.rows, step)

    def slips(self, wanted: Mapping[str, Sequence[str]], arguments: Mapping[str, Any]) -> dict[str, list[Any]]:
        """The wrong answers that come of each kind of error, those that are right after all left out."""
        right, names = next(iter(arguments.values()), None), self.scalars()
        found = {kind: [self.world.scalar(flat(sql), names) for sql in several] for kind, several in wanted.items()}
        kept = {kind: [v for v in values if v is not None and str(v) != str(right)] for kind, values in found.items()}
        return {kind: list(dict.fromkeys(values)) for kind, values in kept.items() if values}

    def computing(self, rests: Sequence[Any]) -> tuple[str, ...]:
        """The tools whose results are those of the values that belong to no column."""
        found = [steps for value, steps in map(self.resolve, rests) if not value.column]
        calls = [self.steps[i] for i in sorted(frozenset[int]().union(*found))]
        return tuple(dict.fromkeys(step.tool for step in calls if step.kind == "call"))

    def wait(self, needs: frozenset[int]) -> frozenset[int]:
        waits = [tool for tool in self.domain.tools.values() if tool.spec.python == WAIT]
        if not waits:
            raise TreeError(f"a rate limit needs a tool with the body {WAIT}")
        arguments = {"minutes": RATE_LIMIT_MINUTES}
        waits[0].run(self.world, arguments)
        return self.add(Step("call", tool=waits[0].name, arguments=arguments, needs=needs, fault=True))

    def bind(self, name: str, tool: Tool, rows: list[tuple[Any, ...]], step: frozenset[int]) -> None:
        kinds = tool.spec.columns
        typed = [
            {
                column: self.domain.value(
                    cell, column, origin, "" if "." in kinds.get(column, "") else kinds.get(column, "")
                )
                for (column, origin), cell in zip(zip(tool.names, tool.columns, strict=True), row, strict=True)
            }
            for row in rows
        ]
        if tool.spec.shape == "many":
            self.known[name] = _Known(step, rows=typed)
        else:
            self.known[name] = _Known(step, row=typed[0] if typed else {})

    def pick(self, node: Pick) -> None:
        known = self.known.get(node.source.removeprefix("$"))
        if known is None or known.rows is None:
            raise TreeError(f"`pick` from {node.source}, which is not a list")
        where = {column: self.resolve(reference) for column, reference in node.where.items()}
        needs = known.steps.union(*(steps for _, steps in where.values()))
        rows = [row for row in known.rows if all(_same(row, column, value) for column, (value, _) in where.items())]
        if node.first or node.last:
            rows = _extreme(rows, node.first or node.last, least=bool(node.first))
        if node.any and rows:
            turn = len(self.options)
            self.options.append(len(rows))
            rows = [rows[self.choices[turn] if turn < len(self.choices) else 0]]
        if len(rows) != 1:
            raise TreeError(f"`pick` as {node.name} found {len(rows)} rows where one is expected")
        self.known[node.name] = _Known(needs, row=rows[0])
        passed = tuple(known.rows[: next(at for at, row in enumerate(known.rows) if row is rows[0])])
        self.notes.append(Note(len(self.steps), node, row=rows[0], passed=passed))

    def let(self, node: Let) -> None:
        values: list[Value] = []
        for name, (sql, kind) in node.values.items():
            values.append(self.domain.value(self.world.scalar(flat(sql), self.scalars()), name, "", kind))
            self.known[name] = _Known(self.reads(), values[-1])
        self.notes.append(Note(len(self.steps), node, values=tuple(values)))

    def steps_in(self, sql: str) -> frozenset[int]:
        """The steps that the names in a SELECT come from."""
        found = [self.known[name].steps for name in re.findall(r"\$([A-Za-z_]\w*)", sql) if name in self.known]
        return frozenset[int]().union(*found)

    def reads(self) -> frozenset[int]:
        return frozenset(i for i, step in enumerate(self.steps) if step.kind == "call" and not step.writes)

    def decide(self, node: Decide) -> None:
        arguments, needs = self.arguments(node.arguments)
        rests: tuple[Value, ...] = ()
        sides: tuple[Comparison, ...] = ()
        if node.rule:
            rule = self.domain.rules[node.rule]
            governed = self.domain.tools[rule.governs[0]]
            rests = ids_of(governed, arguments)
            values = {**dict.fromkeys(governed.spec.parameters), **arguments}
            verdict = self.world.holds(rule.allowed, values)
            labels = list(node.cases)
            label = labels[0] if verdict is not False else labels[1]
            because = because_values(self.domain, self.world, node.rule, values)
            sides = compared(self.world, rule.allowed, values)
            self.decision = (node.rule, arguments)
        else:
            values = {**self.scalars(), **arguments}
            needs |= self.steps_in(node.sql)
            case = self.world.scalar(flat(node.sql), values)
            label = f"{node.label}_{case}" if node.label else str(case)
            because = cells_of(self.domain, self.world, flat(node.because), values) if node.because else ()
        if self.decider is not None:
            label = self.decider(node, label)
        if label not in node.cases:
            raise TreeError(f"a decision gave {label!r}; the cases are {', '.join(node.cases)}")
        look = self.add(
            Step("look", rule=node.rule, values=because, rests=rests, needs=needs | self.reads(), data=needs,
                 moot=id(node) in self.moot)
        )  # fmt: skip
        self.notes.append(
            Note(
                len(self.steps), node, values=because, label=label, given=arguments if node.rule else {}, compared=sides
            )
        )
        self.path.append(label)
        before, self.control = self.control, self.control | look
        self.visit(node.cases[label])
        self.control = before

    def confirm(self, node: Confirm) -> None:
        values, needs = self.values(node.values)
        step = self.add(Step("confirm", values=values, tool=node.before, needs=needs))
        self.control |= step

    def change(self, node: ChangeOfMind) -> None:
        values, needs = self.values(node.before)
        step = self.add(Step("change", values=values, facts=node.facts, needs=needs))
        for fact in node.facts:
            self.known[fact].steps |= step
        self.control |= step

    def tell(self, node: Tell) -> None:
        values, needs = self.values(node.values)
        writes = frozenset(i for i, step in enumerate(self.steps) if step.writes)
        self.add(Step("tell", values=values, needs=needs | writes))

    def refuse(self, node: Refuse) -> None:
        rule, arguments = self.decision
        if rule != node.rule:
            raise TreeError(f"`refuse: {node.rule}` stands outside a decision by that rule")
        governed = self.domain.tools[self.domain.rules[rule].governs[0]]
        values = {**dict.fromkeys(governed.spec.parameters), **arguments}
        because = because_values(self.domain, self.world, rule, values)
        if not because:
            raise TreeError(f"rule {rule} gives no facts (`because`) for {arguments}")
        self.add(Step("refuse", rule=rule, values=because, rests=ids_of(governed, arguments)))

    def next(self, node: Next) -> None:
        self.control |= self.add(Step("next", request=node.name, result=dict(self.world.net)))

    def user_does(self, node: UserDoes) -> None:
        tool = self.domain.tools[node.tool]
        arguments, needs = self.arguments(node.arguments)
        result = tool.run(self.world, arguments)
        if result.error is not None:
            raise TreeError(f"the user's {node.tool}({arguments}) failed: {result.value}")
        step = self.add(
            Step("user_does", tool=node.tool, arguments=arguments, writes=tool.writes, needs=needs, result=result.value)
        )
        if node.name:
            self.bind(node.name, tool, result.rows, step)


_VISITS: dict[type, Callable[[_Runner, Any], None]] = {
    Seq: _Runner.seq, AnyOrder: _Runner.any_order, Ask: _Runner.ask, CallTool: _Runner.call, Pick: _Runner.pick,
    Let: _Runner.let, Decide: _Runner.decide, Confirm: _Runner.confirm, ChangeOfMind: _Runner.change,
    Tell: _Runner.tell, Refuse: _Runner.refuse, UserDoes: _Runner.user_does, Next: _Runner.next,
}  # fmt: skip


def _same(row: Mapping[str, Value], column: str, value: Value) -> bool:
    if column not in row:
        raise TreeError(f"`pick` by {column}, which is not among {', '.join(row)}")
    return row[column].value == value.value


def _extreme(rows: list[dict[str, Value]], column: str, least: bool) -> list[dict[str, Value]]:
    if not rows:
        return rows
    values: list[Any] = [row[column].value for row in rows]
    if None in values:
        raise TreeError(f"`pick` by {column}, of which a row has none")
    best = min(values) if least else max(values)
    return [row for row in rows if row[column].value == best]
