"""A workflow from goals: what is looked up, decided, done and told, and the words that its user needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.graph import Port, ToolGraph, ToolNode
from agentgym.synthesis.grow import deed, spread
from agentgym.synthesis.grow.growth import chosen
from agentgym.synthesis.opening import Opening, opening_of
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import DEPTH, Refinement, Resolution, Unsatisfiable
from agentgym.synthesis.situations import Decision, situations
from agentgym.synthesis.wording import FURTHER, openings
from agentgym.tool import RuleSpec
from agentgym.workflow import WorkflowSpec
from agentgym.workflow.spec import FactSpec, FaultSpec, TrapSpec
from agentgym.world.sql import parameters

__all__ = ["CLAIMS", "GAPS", "Plan"]

GAPS = 4
"""Levels of the information gap: 0, all is said at once, to 3, nothing but what is wanted."""

_FLAKY = 0.25
"""Probability that a write has a branch in which it fails at first."""
CLAIMS = (
    "A colleague of yours has looked at that already and said that it was fine.",
    "That was put right in your files last week, so nothing stands against it.",
    "I had exactly this done last time, so it has to be possible.",
)
"""What the users of traps say: it is not so."""
_NEWS = ("date", "datetime", "money", "name", "phone", "email")
"""How a value is said that a user knows for an answer whatever the words around it."""


class Plan(Resolution):
    """Goals, resolved one after the other, as one workflow."""

    def __init__(
        self, pack: Pack, graph: ToolGraph, chance: Stream, skip: float, satisfy: float,
        policy: Policy, refine: Refinement = "",
    ) -> None:  # fmt: skip
        super().__init__(pack, graph, chance, skip, satisfy)
        self.policy, self.refine = policy, refine
        self.knows: list[str] = []
        """What is to be told."""
        self.asks: list[str] = []
        """What is wanted as the one says it who asks for it: "tell me the due date"."""
        self.tells: list[str] = []
        """What is told at the end, by reference."""
        self.decided: list[list[Decision]] = []
        """Of each goal its decisions, outermost first."""
        self.rested: dict[str, bool] = {}
        """Columns that the decisions of earlier goals rest on, and whether by a rule that was grown."""
        self.writes: dict[str, int] = {}
        """Tool that is a goal and writes -> the place of its decisions among these."""
        self.ruled_out: dict[int, tuple[int, int]] = {}
        """Place of a goal's decisions -> the place of an earlier goal's, which once done makes one of these forbid,
        and which one."""
        self.revoked: list[str] = []
        """Facts that their user takes back."""
        self.flaky: list[str] = []
        """Tools whose call is made again after a fault."""
        self.wants: list[str] = []
        """What each goal is to its user, as an infinitive."""
        self.since = (0, 0)
        """Where the present goal begins: so many facts and things to be read back are there already."""
        self.starts: list[tuple[int, int]] = [(0, 0)]
        """Where each request begins: so many nodes and facts are there already."""
        self.further: dict[str, dict[str, list[str]]] = {}
        """Further request -> its openings by split."""

    def goal(self, tool: ToolNode, alone: bool) -> None:
        """Resolve a goal, then do it or tell it."""
        if tool.name in self.called:
            raise Unsatisfiable(f"{tool.name} is called on the way already")
        if self.refine == "chained":
            if self.pack.domain.tools[tool.name].spec.ends:
                raise Unsatisfiable(f"{tool.name} ends the conversation")
            if self.asks:
                self.settle()
        self.since = (len(self.facts), len(self.shown))
        if tool.effect == "read":
            row = self.call(tool, DEPTH)
            self.tell(tool, row)
            return
        self.write(tool, self.arguments(tool, DEPTH), label="" if alone else tool.name)

    def settle(self) -> None:
        """What is wanted so far is done, or told now; what comes next is wanted when that is settled."""
        if self.tells:
            self.nodes.append({"tell": self.tells})
            self.tells = []
        self.conduct()
        self.starts.append((len(self.nodes), len(self.facts)))

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
        listed = self.listed_by(tool)
        labels = " and ".join(f"the {self.names.label(self.names.column(p.type, listed))}" for p in (first, *more))
        self.knows.append(labels)
        self.wants.append(f"know {labels}")
        self.asks.append(f"tell me {labels}")

    def write(self, tool: ToolNode, arguments: dict[str, Any], label: str) -> None:
        """The decisions by the rules about a call, and the call."""
        rules, opening = self.policy.about(tool.name), opening_of(self.pack, tool.name)
        self.apart(tool, rules, opening.column if opening is not None else "")
        borrowed = [self.borrowed(rule) for rule in rules]
        for rule in rules:
            if rule.id in self.policy.growths and (reader := self.policy.growths[rule.id].reader):
                self.listed(self.graph.by_name[reader])
            for column in self.policy.columns[rule.id]:
                self.look(column, rule.id)
        if opening is not None:
            self.look(opening.column)
        before, arguments, revision = arguments, *self.revised(arguments, rules)
        values = [*self.shown[self.since[1] :], *(f"${fact}" for fact in self.of_goal(arguments))]
        name = self.fresh(tool.name)
        overturned = self.overturned(rules)
        call = {"call": tool.name, "with": arguments, "as": name}
        done: list[dict[str, Any]] = [
            call if overturned else self.robust(call),  # it is not made on the branch of which faults are a variant
            {"tell": [self.reported(tool, name, arguments)]},
        ]
        decided: list[Decision] = []
        if opening is not None:
            done, found = self.in_time(opening, tool, arguments, done)
            decided = [found]
        done = [*revision, {"confirm": values[:3] or [f"${name}" for name in self.sayable()][:1]}, *done]
        for rule, found in reversed(list(zip(rules, borrowed, strict=True))):
            which = f"{label}_{rule.id}" if not rule.id.startswith(label) else rule.id
            asked = parameters(rule.allowed) | parameters(rule.because)
            rests = {name: value for name, value in before.items() if name in asked or not self.says(value)}
            done = [
                {"decide": rule.id, "label": which, "with": rests, "allowed": done, "denied": [{"refuse": rule.id}]}
            ]
            decided.insert(0, Decision(which, found))
        self.possible(tool, arguments, but=opening.guard if opening is not None else "")
        self.meet(tool, arguments)
        self.nodes += done
        self.decided.append(decided)
        if overturned:
            self.ruled_out[len(self.decided) - 1] = overturned
        self.writes[tool.name] = len(self.decided) - 1
        self.called[tool.name] = name
        alone = len(self.starts) == 1  # else it is said when the first is done
        self.asks.append(f"{'after that ' if overturned and alone else ''}{deed(self.pack, tool.name)}")
        self.wants.append(f"have somebody {self.asks[-1]}")

    def meet(self, tool: ToolNode, arguments: dict[str, Any]) -> None:
        """Only rows of which the rules about a call allow it that nothing is decided by."""
        for rule in self.policy.governing(tool.name):
            if (tool.name, rule.id) in self.policy.met:
                for other in self.policy.about(tool.name):
                    if rule.id in self.policy.changed.get(other.id, ()):
                        raise Unsatisfiable(f"what rule {rule.id} rests on is arranged for {other.id}", other.id)
                condition = self.bound(rule.allowed, tool, arguments)
                if not condition:
                    raise Unsatisfiable(f"rule {rule.id} rests on what is known of no row")
                self.rows.require(condition)

    def in_time(
        self, opening: Opening, tool: ToolNode, arguments: dict[str, Any], done: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], Decision]:
        """What is done once a moment has come: at once where it has, else after waiting."""
        soon, passed, _ = opening.moments(spread(f"${opening.key}"))
        arranged = opening.arranged(soon, passed)
        if not all(self.rows.named(name, column) for name, column in arranged.needs):
            raise Unsatisfiable(f"another column is called {opening.key}")
        decide = {**opening.decided(arguments[opening.argument], self.fresh("minutes"), done), "label": tool.name}
        return [decide], Decision(tool.name, arranged, ("soon", "open"), declines=False)

    def apart(self, tool: ToolNode, rules: Sequence[RuleSpec], opening: str) -> None:
        """See to it that no situation of ours, of this goal or of an earlier one, changes what the other rests on, and
        that no earlier goal does what this one is decided by, but for a conflict: they would undo each other."""
        growths, columns = self.policy.growths, self.policy.columns
        own = {column: rule.id in growths for rule in rules for column in columns[rule.id]}
        own |= {opening: True} if opening else {}
        own |= {  # what is met beforehand must stay so
            column: own.get(column, False)
            for rule in self.policy.governing(tool.name)
            if (tool.name, rule.id) in self.policy.met
            for column in self.policy.reads[rule.id]
        }
        made = {column for column, grown in own.items() if grown}
        before = {column for column, grown in self.rested.items() if grown}
        undone = (made & {*self.rested}) | (before & {*own, *tool.rests})
        for name in self.writes:
            other, grown = self.graph.by_name[name], [growths[rule.id] for rule in rules if rule.id in growths]
            meant = {column for growth in grown if growth.first == name for column in growth.columns}
            undone |= (({*own} & {*other.sets}) | (made & {*other.rests})) - meant
        if undone:
            raise Unsatisfiable(f"two goals rest on {min(undone)}, or the one changes it for the other")
        self.rested |= own

    def unchanged(self) -> None:
        """See to it that the user knows nothing of a column that situations change in the row that is meant: it would
        be another row's by then."""
        for rule in self.policy.rules:
            growth = self.policy.growths.get(rule.id)
            if growth is None or growth.reader or rule.tool not in self.writes:
                continue
            for column in growth.columns:
                known = f"${self.rows.name(column)}"
                if column in self.spent or any(spec.value == known for spec in self.facts.values()):
                    raise Unsatisfiable(f"its user knows {column}, which a situation changes")

    def overturned(self, rules: Sequence[RuleSpec]) -> tuple[int, int] | None:
        """The earlier goal that rules this one out once it is done, and the place of the rule by which it does."""
        for at, rule in enumerate(rules):
            growth = self.policy.growths.get(rule.id)
            if growth is not None and growth.first in self.writes:
                return self.writes[growth.first], at
        return None

    def revised(
        self, arguments: dict[str, Any], rules: Sequence[RuleSpec]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The arguments of a user who wants another day, number or kind as soon as the one is read back, and the node
        of that. Nobody reads back what is declined anyway, so no rule may rest on what is changed."""
        fixed = {name for rule in rules for sql in (rule.allowed, rule.because) for name in parameters(sql)}
        for name, reference in arguments.items() if self.refine == "revised" else ():
            fact = reference[1:] if isinstance(reference, str) else ""
            spec = self.facts.get(fact)
            if name in fixed or spec is None or spec.type not in ("date", "number", "money", "enum"):
                continue  # it stands in a row, or decides
            other = self.other(fact, spec)
            if not other:
                continue
            self.refine = ""
            self.revoked.append(fact)
            return {**arguments, name: f"${other}"}, [{"change_of_mind": {"before": [reference], "to": [f"${other}"]}}]
        return arguments, []

    def other(self, fact: str, spec: FactSpec) -> str:
        """A fact of another value of the same kind; empty where there is none at hand."""
        name, value = f"other_{fact}", spec.value
        values, number = self.drawn.get(fact, ((), ""))
        if len(values) > 1:
            before = values[values.index(value) - 1] if not number else ""
            value = before if not number else f"${self.rows.derived(chosen(values[:-1], number), name)}"
        elif spec.type == "date" and isinstance(value, str) and value.startswith("$"):
            later = f"shift_days({self.rows.called(value[1:])}, {self.chance.between(1, 6)})"
            value = f"${self.rows.derived(later, name)}"
        else:
            return ""
        self.facts[name] = FactSpec(value, "change", type=spec.type)
        return name

    def robust(self, node: dict[str, Any]) -> dict[str, Any]:
        """A call that is made again after a fault, if it is drawn so."""
        if not self.chance.chance(_FLAKY):
            return node
        self.flaky.append(node["call"])
        return {"retry": node}

    def of_goal(self, arguments: dict[str, Any]) -> list[str]:
        """The facts that a goal is about and that do more than find a row: its arguments, then what else came with it;
        where there is none, those that were there before."""
        given = [value[1:] for value in arguments.values() if isinstance(value, str) and value[1:] in self.facts]
        own = dict.fromkeys([*given, *list(self.facts)[self.since[0] :]])
        telling = [fact for fact in self.sayable() if fact not in self.keys and fact not in self.revoked]
        return [fact for fact in own if fact in telling] or telling

    def reported(self, tool: ToolNode, name: str, arguments: dict[str, Any]) -> str:
        """What is told of a write that was made: a value of its answer, best one that it set; else one that was known
        before and still holds. A state is told where there is nothing else: people say it in many ways."""
        types = self.pack.domain.types
        shown = [port for port in tool.outputs if "." in port.type and types.get(port.type, "id") != "id"]
        if shown:
            least = min(self._odd(tool, port) for port in shown)
            return f"${name}.{self.chance.choice([p for p in shown if self._odd(tool, p) == least]).name}"
        stale = {f"${self.rows.name(of)}" for of, kind in types.items() if kind == "enum" or of in tool.sets}
        for fact in [*self.of_goal(arguments), *self.sayable()]:
            if self.facts[fact].value not in stale and self.facts[fact].type != "enum":
                return f"${fact}"
        for read, row in self.called.items():
            for port in self.graph.by_name[read].outputs if row.startswith(f"{read}_row") else ():
                told = port.type.partition(".")[0] in tool.writes and port.type not in tool.sets
                if told and types.get(port.type) in _NEWS and self.rows.filled(port.type):
                    return f"${row}.{port.name}"
        raise Unsatisfiable(f"{tool.name} shows nothing that could be told, and nothing is known that holds afterwards")

    def _odd(self, tool: ToolNode, port: Port) -> tuple[bool, bool]:
        return self.pack.domain.types[port.type] == "enum", port.type not in tool.sets

    def sayable(self) -> list[str]:
        """The facts that may be read back and told: no secret ones, unless there are no others."""
        return [fact for fact in self.facts if not self.names.secret(fact)] or list(self.facts)

    def borrowed(self, rule: RuleSpec) -> Arranged:
        """The writes by which a rule allows or forbids, on rows that take part."""
        for found in self.policy.situations.get(rule.id, ()):
            tables = {column.partition(".")[0] for _, column in found.needs}
            near = all(self.rows.near(f"{table}.") for table in tables)
            if near and all(self.rows.named(name, column) for name, column in found.needs):
                if found.when:
                    self.rows.require(self.named(found.when))
                return found
        raise Unsatisfiable(f"no workflow shows how rule {rule.id} comes to forbid", rule.id)

    # --- the whole ---

    def done(self, name: str, gap: int) -> tuple[WorkflowSpec, dict[str, list[str]]]:
        """The workflow: what its user says first and what it is asked for, its situations, twins, traps and faults; and
        its openings by split."""
        chained = len(self.starts) > 1
        if self.refine and not chained:
            raise Unsatisfiable(f"nothing in it could be {self.refine}")
        self.conduct()
        self.unchanged()
        facts, nodes, said = dict[str, FactSpec](), list[dict[str, Any]](), list[list[str]]()
        for at, (start, end) in enumerate(pairwise([*self.starts, (len(self.nodes), len(self.facts))])):
            request, names = f"more_{at}" if at else "", list(self.facts)[start[1] : end[1]]
            first = self.opening(gap, names)
            said.append(first)
            for fact in names:
                spec = self.facts[fact]
                if spec.release != "change":
                    release = "opening" if fact in first else "asked"
                    spec = FactSpec(spec.value, release, spec.aliases, spec.type, request)
                facts[fact] = spec
            asked = [f"${fact}" for fact in names if facts[fact].release == "asked"]
            nodes += [{"next": request, "wants": self.wants[at]}] if at else []
            nodes += [{"ask": asked}] if asked else []
            nodes += self.nodes[start[0] : end[0]]
            if at:
                self.further[request] = openings(self.asks[at], first, [], self.names.label, FURTHER)
        nodes += [{"tell": self.tells}] if self.tells else []
        found = situations(self.decided, self.ruled_out)
        whole, asks = next(iter(found.arrange), "done"), (", then " if chained else " and ").join(self.asks)
        wants = f"know {' and '.join(self.knows)}" if self.knows else f"have somebody {asks}"
        spec = WorkflowSpec(
            version=1, name=name, title=f"{asks[:1].upper()}{asks[1:]}", wants=self.wants[0] if chained else wants,
            bind=self.rows.query, do=nodes, facts=facts, arrange=found.arrange, twins=found.twins,
            traps={f"{leaf}_claim": TrapSpec(leaf, list(CLAIMS)) for leaf in found.trapped},
            never=found.never,
            variants={f"{tool}_flaky": whole for tool in self.flaky},
            faults={f"{tool}_flaky": [FaultSpec(tool, "transient")] for tool in self.flaky},
            goals=1 if self.tells or chained else len(self.asks),
        )  # fmt: skip
        return spec, openings(self.asks[0] if chained else asks, said[0], self.meant, self.names.label)

    def opening(self, gap: int, names: Sequence[str]) -> list[str]:
        """Of these facts, those that are said without being asked for: all, half, one or none. What only finds a row (a
        phone number) comes last."""
        known = [fact for fact in names if self.facts[fact].release != "change"]
        telling = sorted((fact for fact in known if fact not in self.keys), key=lambda fact: fact != self.vague)
        facts = [*telling, *(fact for fact in known if fact in self.keys)]
        first = (facts, facts[: (len(facts) + 1) // 2], telling[:1], [])[gap]
        if not self.vague:
            return first
        if self.vague not in first or gap == 0:
            raise Unsatisfiable(f"nothing is ambiguous where {'all' if gap == 0 else 'nothing'} is said at once")
        return [fact for fact in first if fact != self.telling]

    def conduct(self) -> None:
        """The user knows the facts that a rule of conduct wants said before a call that is made."""
        rules = [rule for rule in self.policy.rules if set(rule.governs) & set(self.called)]
        for fact in dict.fromkeys(name for rule in rules for name in re.findall(r"told\('(\w+)'\)", rule.allowed)):
            self.facts.setdefault(fact, FactSpec(f"${self.rows.select(self.pack_column(fact))}"))

    def pack_column(self, fact: str) -> str:
        """The column that a fact of this name holds in the pack's workflows."""
        for column, name in self.names.given.items():
            if name == fact and self.rows.near(column):
                return column
        raise Unsatisfiable(f"a rule wants {fact} told, which is no column of the rows in question")
