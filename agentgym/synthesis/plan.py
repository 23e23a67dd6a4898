"""A workflow from goals: what is looked up, decided, done and told, and the words that its user needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged, arrangements
from agentgym.synthesis.graph import USER, ToolGraph, ToolNode
from agentgym.synthesis.resolve import DEPTH, Resolution, Unsatisfiable
from agentgym.tool import RuleSpec
from agentgym.workflow import WorkflowSpec
from agentgym.workflow.spec import FactSpec

__all__ = ["Plan"]

_NEWS = ("date", "datetime", "money", "name", "phone", "email")
"""How a value is said that a user knows for an answer whatever the words around it."""


class Plan(Resolution):
    """Goals, resolved one after the other, as one workflow."""

    def __init__(self, pack: Pack, graph: ToolGraph, chance: Stream, skip: float, satisfy: float) -> None:
        super().__init__(pack, graph, chance, skip, satisfy)
        self.known = arrangements(pack)
        self.wants: list[str] = []
        self.tells: list[str] = []
        """What is told at the end, by reference."""
        self.decided: list[list[tuple[str, Arranged]]] = []
        """Of each goal the labels of its decisions, and the writes that make their cases, outermost first."""

    def goal(self, tool: ToolNode, alone: bool) -> None:
        """Resolve a goal, then do it or tell it."""
        if tool.name in self.called:
            raise Unsatisfiable(f"{tool.name} is called on the way already")
        if tool.effect == "read":
            row = self.call(tool, DEPTH)
            self.tell(tool, row)
            return
        self.write(tool, self.arguments(tool, DEPTH), label="" if alone else tool.name)

    def tell(self, tool: ToolNode, row: str) -> None:
        """Tell what the user does not know yet of the row that was found."""
        known = {spec.value for spec in self.facts.values()}
        told = [
            port
            for port in tool.outputs
            if "." in port.type and self.pack.domain.types.get(port.type, "id") != "id"
            and f"${self.rows.name(port.type)}" not in known and port.type not in self.spent
            and self.rows.filled(port.type)
        ]  # fmt: skip
        if not told:
            raise Unsatisfiable(f"{tool.name} shows nothing that its caller does not know")
        types = self.pack.domain.types
        telling = [port for port in told if types[port.type] in _NEWS]
        if not telling:
            raise Unsatisfiable(f"{tool.name} shows nothing by which its caller would know the answer")
        first = self.chance.choice(telling)
        more = self.chance.shuffled([port for port in told if port is not first])[: self.chance.between(0, 1)]
        self.tells += [f"${row}.{port.name}" for port in (first, *more)]
        labels = " and ".join(f"the {self.pack.domain.label(port.name)}" for port in (first, *more))
        self.wants.append(f"know {labels}")

    def write(self, tool: ToolNode, arguments: dict[str, Any], label: str) -> None:
        """The decisions by the rules about a call, and the call."""
        rules = [rule for rule in self.pack.rules.values() if tool.name in rule.governs and not _conduct(rule)]
        borrowed = [self.borrowed(rule) for rule in rules]
        for rule in rules:
            for _, origin in self.pack.domain.because[rule.id]:
                self.look(self.pack.domain.schema.canonical.get(origin, origin))
        values = [f"${name}" for name in self.facts if name not in self.keys]
        name = self.fresh(tool.name)
        done: list[dict[str, Any]] = [
            {"confirm": values[:3] or [f"${name}" for name in self.facts][:1]},
            {"call": tool.name, "with": arguments, "as": name},
            {"tell": [self.reported(tool, name)]},
        ]
        decided: list[tuple[str, Arranged]] = []
        for rule, found in reversed(list(zip(rules, borrowed, strict=True))):
            which = f"{label}_{rule.id}" if label else rule.id
            done = [
                {"decide": rule.id, "label": which, "with": arguments, "allowed": done, "denied": [{"refuse": rule.id}]}
            ]
            decided.insert(0, (which, found))
        self.possible(tool, arguments)
        self.nodes += done
        self.decided.append(decided)
        self.called[tool.name] = name
        self.wants.append(_wish(tool, self.pack))

    def reported(self, tool: ToolNode, name: str) -> str:
        """What is told of a write that was made: a value of its answer, else one that the user knows."""
        types = self.pack.domain.types
        shown = [port for port in tool.outputs if "." in port.type and types.get(port.type, "id") != "id"]
        if shown:
            return f"${name}.{self.chance.choice(shown).name}"
        return f"${next(fact for fact in self.facts)}"

    def borrowed(self, rule: RuleSpec) -> Arranged:
        """The writes by which a rule allows or forbids, on rows that take part."""
        for found in self.known.get(rule.id, ()):
            tables = {column.partition(".")[0] for _, column in found.needs}
            near = all(self.rows.near(f"{table}.") for table in tables)
            if near and all(self.rows.named(name, column) for name, column in found.needs):
                return found
        raise Unsatisfiable(f"no workflow shows how rule {rule.id} comes to forbid")

    def look(self, column: str) -> None:
        """See to it that a result shows a column that a rule rests on."""
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
        raise Unsatisfiable(f"no tool shows {column}, on which a rule rests")

    # --- the whole ---

    def done(self, name: str) -> tuple[WorkflowSpec, dict[str, list[str]]]:
        """The workflow: what its user is asked for first, its situations and twins; and its openings by split."""
        for fact in self.told_first():
            self.facts.setdefault(fact, FactSpec(f"${self.rows.select(self.pack_column(fact))}"))
        opening = next((fact for fact in self.facts if fact not in self.keys), "")
        facts = {
            fact: FactSpec(spec.value, "opening" if fact == opening else "asked", spec.aliases, spec.type)
            for fact, spec in self.facts.items()
        }
        asked = [f"${fact}" for fact, spec in facts.items() if spec.release == "asked"]
        nodes = [*([{"ask": asked}] if asked else []), *self.nodes, *([{"tell": self.tells}] if self.tells else [])]
        leaves, twins = self.situations()
        spec = WorkflowSpec(
            version=1, name=name, title=", ".join(self.wants).capitalize(), wants=" and ".join(self.wants),
            bind=self.rows.query, do=nodes, facts=facts, arrange=leaves, twins=twins,
            goals=1 if self.tells else len(self.wants),
        )  # fmt: skip
        return spec, _openings(spec.wants, opening, self.pack)

    def told_first(self) -> list[str]:
        """Facts that a rule of conduct wants said before a call that is made."""
        rules = [rule for rule in self.pack.rules.values() if set(rule.governs) & set(self.called)]
        return list(dict.fromkeys(name for rule in rules for name in re.findall(r"told\('(\w+)'\)", rule.allowed)))

    def pack_column(self, fact: str) -> str:
        """The column that a fact of this name holds in the pack's workflows."""
        for column, name in self.names.items():
            if name == fact and self.rows.near(column):
                return column
        raise Unsatisfiable(f"a rule wants {fact} told, which is no column of the rows in question")

    def situations(self) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
        """The writes of each leaf, and the pairs of what is allowed and what one rule forbids."""
        out: dict[str, list[str]] = {}
        paths = [list(_cases(decided)) for decided in self.decided if decided]
        for chosen in product(*paths):
            out[".".join(path for path, _ in chosen)] = [sql for _, writes in chosen for sql in writes]
        if not paths:
            return {}, []
        leaves = list(out)
        whole = leaves[0]  # all that every rule allows
        single = [
            ".".join(path if at == other else found[0][0] for other, found in enumerate(paths))
            for at, cases in enumerate(paths)
            for path, _ in cases[1:]
        ]
        return out, [(whole, leaf) for leaf in single]


def _cases(decided: Sequence[tuple[str, Arranged]]) -> Iterator[tuple[str, list[str]]]:
    """The ways through the decisions of one goal, all allowed first, each with the writes that lead there."""
    legal = [f"{label}_allowed" for label, _ in decided]
    yield ".".join(legal), [sql for _, found in decided for sql in found.allowed]
    for at, (label, found) in enumerate(decided):
        others = [sql for other, (_, kept) in enumerate(decided) if other != at for sql in kept.allowed]
        yield ".".join([*legal[:at], f"{label}_denied"]), [*others, *found.denied]


def _conduct(rule: RuleSpec) -> bool:
    """Whether a rule is about how, never whether: it asks the dialogue alone."""
    return not rule.because


def _wish(tool: ToolNode, pack: Pack) -> str:
    """What somebody wants who wants a tool called: its description, as an infinitive."""
    said = pack.domain.tools[tool.name].spec.description.strip().split(". ")[0].rstrip(".")
    return said[:1].lower() + said[1:]


_OPENINGS = {
    "train": ("I want to {wants}.", "I'd like to {wants}, please.", "Could you help me? I need to {wants}.",
              "It's about this: I would like to {wants}.", "please {wants}", "Today I have to {wants}."),
    "test": ("What I am after is to {wants}.", "Would you be so kind as to help me {wants}?", "My wish is to {wants}."),
}  # fmt: skip


def _openings(wants: str, fact: str, pack: Pack) -> dict[str, list[str]]:
    about = f" It is about the {pack.domain.label(fact)} {{{fact}}}." if fact else ""
    return {split: [form.format(wants=wants) + about for form in forms] for split, forms in _OPENINGS.items()}
