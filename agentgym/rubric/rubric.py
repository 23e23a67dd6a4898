"""The rubric of a task: criteria as functions of (world, changes, events), kept up to date event by event.

The default score is V = gate · O · (1 − β + β·I). O is the weighted share of the outcome criteria, I that of the
process criteria (1 where there are none), and the gate is closed by a broken rule, by collateral changes or by an
ungrounded write. Of several accepted outcomes the best counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from agentgym.rubric.answers import answers
from agentgym.rubric.compiled import Compiled
from agentgym.rubric.reading import Reading, Weights
from agentgym.tool import Tool
from agentgym.types import Called, Criterion, Fact, Said, Scalar, Task, Value
from agentgym.user.conveying import conveys, gives
from agentgym.user.values import mentions
from agentgym.workflow import Domain
from agentgym.world import World

__all__ = ["Rubric", "Tracker"]


class Rubric:
    """The criteria of one task, compiled. `start()` gives the state that an episode carries."""

    def __init__(self, task: Task, domain: Domain, weights: Weights) -> None:
        self.task, self.domain, self.weights = task, domain, weights
        self.outcomes = [Compiled(task, i, domain, weights) for i in range(len(task.outcomes))]
        self.facts = {fact.name: fact for fact in task.ledger.facts}
        self.numbers = {rule: i for i, rule in enumerate(domain.rules)}
        self.tracked: dict[str, tuple[tuple[int, str], ...]] = {}
        self._wanted = self._columns()
        kinds = {c.kind for outcome in self.outcomes for c in outcome.criteria}
        self.listens = bool(kinds & {"told", "refused"})
        self.fact_milestones = frozenset(v.label for v in task.milestones if not v.column)
        self.row_milestones = tuple((v.column, v.value) for v in task.milestones if v.column)
        self.milestones = len(self.fact_milestones) + len(self.row_milestones)

    def _columns(self) -> frozenset[str]:
        columns = {column for tool in self.domain.tools.values() for _, column in tool.refers}
        for outcome in self.outcomes:
            for criterion in outcome.criteria:
                columns |= {value.column for value in (*criterion.values, *criterion.rests) if value.column}
        return frozenset(columns)

    def columns_of(self, tool: Tool) -> tuple[tuple[int, str], ...]:
        """(index, canonical column) of the result columns that something refers to."""
        found = self.tracked.get(tool.name)
        if found is None:
            found = tuple((i, column) for i, column in enumerate(tool.columns) if column in self._wanted)
            self.tracked[tool.name] = found
        return found

    def start(self) -> Tracker:
        """The state at reset: the opening facts are known, nothing holds."""
        tracker = Tracker(self)
        for fact in self.task.ledger.facts:
            if fact.release == "opening":
                tracker.learn(fact)
        return tracker


class Tracker:
    """The state of a rubric in one episode: what is known, what was affirmed, which criteria hold."""

    __slots__ = (
        "_base", "_made", "_missing", "_spoiled", "affirmed", "asked", "broken", "called_count", "collateral", "holds",
        "known", "malformed", "reading", "request", "rubric", "ungrounded",
    )  # fmt: skip

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self.known: dict[str, set[Scalar]] = {}
        """Canonical column -> values that the user said or a grounded call returned."""
        self.asked: set[str] = set()
        """Facts disclosed."""
        self.affirmed: list[str] = []
        """Read-backs affirmed since the last write."""
        self.broken: tuple[str, ...] = ()
        self.ungrounded = False
        self.malformed = 0
        self.called_count = 0
        self.holds = [[False] * len(outcome.criteria) for outcome in rubric.outcomes]
        self.collateral = [False] * len(rubric.outcomes)
        self._base: tuple[float, float, float, bool, str, int] | None = None
        """What of the reading rests on the criteria, and the outcome that it is of; None when they have changed."""
        self._made = [0] * len(rubric.outcomes)
        """Reference calls made, of each outcome."""
        self._spoiled: set[tuple[int, int]] = set()
        """(outcome, criterion) of answers and refusals that were guessed, wrong ones came first; and of what did not
        hold when the user went on to its next request."""
        self.request = 0
        """Further requests that the user has made."""
        self._missing = list(rubric.row_milestones)
        """Rows not found yet."""
        self.reading = Reading()

    def fork(self) -> Tracker:
        """An independent copy."""
        twin = Tracker.__new__(Tracker)
        twin.rubric = self.rubric
        twin.known = {column: set(values) for column, values in self.known.items()}
        twin.asked, twin.affirmed = set(self.asked), list(self.affirmed)
        twin.broken, twin.ungrounded, twin.malformed = self.broken, self.ungrounded, self.malformed
        twin.called_count = self.called_count
        twin.holds = [list(holds) for holds in self.holds]
        twin.collateral = list(self.collateral)
        twin._base, twin._missing, twin._spoiled = self._base, list(self._missing), set(self._spoiled)
        twin._made, twin.request = list(self._made), self.request
        twin.reading = self.reading
        return twin

    # --- what is known ---

    def learn(self, fact: Fact) -> None:
        """The user said a fact."""
        self.asked.add(fact.name)
        if fact.column:
            self.known.setdefault(fact.column, set()).add(fact.value)
            self._missing = [pair for pair in self._missing if pair != (fact.column, fact.value)]

    def grounded(self, tool: Tool, arguments: Mapping[str, Any]) -> bool:
        """Whether every referring argument is a value that the user said or a grounded call returned."""
        known = self.known
        for name, column in tool.refers:
            value = arguments.get(name)
            if value is None:
                continue
            values = known.get(column)
            if values is None:
                return False
            if isinstance(value, list):
                if not values.issuperset(value):  # pyright: ignore[reportUnknownArgumentType]
                    return False
            elif value not in values:
                return False
        return True

    def _see(self, tool: Tool, rows: list[tuple[Any, ...]]) -> None:
        known = self.known
        for index, column in self.rubric.columns_of(tool):
            values = known.get(column)
            if values is None:
                values = known[column] = set()
            for row in rows:
                values.add(row[index])
        if self._missing:
            self._missing = [(column, value) for column, value in self._missing if value not in known.get(column, ())]

    def _knows(self, values: tuple[Value, ...], rests: tuple[Value, ...] = ()) -> bool:
        return all(not v.column or v.value in self.known.get(v.column, ()) for v in (*values, *rests))

    # --- events ---

    def called(self, event: Called, tool: Tool, rows: list[tuple[Any, ...]], world: World) -> None:
        """A call of the assistant that gave a result."""
        self.called_count += 1
        if event.error is not None:
            self.update()
            return
        if tool.writes or tool.ends:
            self._base = None
            self._governed(event, tool)
            if not event.grounded:
                self.ungrounded = True
        if event.broken:
            self._base = None
            self.broken += event.broken
        if event.grounded and event.fault is None:
            self._see(tool, rows)
        self._reported(event)
        if event.changes:
            self.affirmed = []
            self.rows_changed(world)
        self.update()

    def _governed(self, event: Called, tool: Tool) -> None:
        for outcome, holds in zip(self.rubric.outcomes, self.holds, strict=True):
            for i in outcome.by_kind.get("confirmed", ()):
                criterion = outcome.criteria[i]
                if criterion.tool == tool.name and not holds[i]:
                    holds[i] = any(all(mentions(t, v.value, v.type) for v in criterion.values) for t in self.affirmed)
            for i in outcome.by_kind.get("looked", ()):
                criterion = outcome.criteria[i]
                if criterion.tool == tool.name and not holds[i]:
                    holds[i] = self._knows(criterion.values, criterion.rests)
            if tool.ends == "answered":
                for i in outcome.by_kind.get("answer", ()):
                    wanted = outcome.criteria[i]
                    right = answers(wanted, next(iter(event.arguments.values()), None))
                    holds[i] = right and self.asked.issuperset(wanted.facts) and self._knows(wanted.values)

    def _reported(self, event: Called) -> None:
        for k, outcome in enumerate(self.rubric.outcomes):
            holds = self.holds[k]
            for i in outcome.by_kind.get("used", ()):
                if outcome.criteria[i].tool == event.name and event.grounded and not holds[i]:
                    holds[i], self._base = True, None
            for i in outcome.by_tool.get(event.name, ()):
                if not holds[i] and outcome.criteria[i].arguments == event.arguments:
                    holds[i] = True
                    self._made[k] += 1
                    if outcome.counted:
                        self._base = None
                    break

    def rows_changed(self, world: World) -> None:
        """Compare the net changes of the world with every accepted outcome."""
        net = world.net
        self._base = None
        for k, (outcome, holds) in enumerate(zip(self.rubric.outcomes, self.holds, strict=True)):
            there = outcome.expected.holds(net)
            for i in outcome.by_kind.get("changed", ()):
                index = outcome.criteria[i].change
                assert index is not None
                holds[i] = there[index] and (k, i) not in self._spoiled
            for i in outcome.by_kind.get("state", ()):
                holds[i] = world.holds(outcome.criteria[i].sql, {}) is True
            self.collateral[k] = outcome.expected.collateral(net)

    def said(self, event: Said) -> None:
        """Words of the assistant to the user."""
        if not self.rubric.listens:
            return
        self._base = None
        rules = {rule for act in event.acts if act.kind == "refuse" for rule in act.rules}
        declines = any(act.kind == "refuse" for act in event.acts)
        for k, (outcome, holds) in enumerate(zip(self.rubric.outcomes, self.holds, strict=True)):
            for i in outcome.by_kind.get("told", ()):
                criterion = outcome.criteria[i]
                if criterion.request > self.request:
                    continue
                if criterion.part == "outcome" and self._misinforms(event.text, criterion):
                    self._spoiled.add((k, i))
                holds[i] = (k, i) not in self._spoiled and (holds[i] or self._told(event, outcome, holds, criterion))
            if declines:
                self._declined(k, event.text, rules)
        self.update()

    def _declined(self, k: int, text: str, rules: set[str]) -> None:
        """A refusal: it holds when its one rule and its facts are right, and no other rule was ever named alone."""
        outcome, holds = self.rubric.outcomes[k], self.holds[k]
        right = {outcome.criteria[i].rule for i in outcome.by_kind.get("refused", ())}
        for i in outcome.by_kind.get("refused", ()):
            if len(rules) == 1 and not rules <= right:
                self._spoiled.add((k, i))
            if (k, i) in self._spoiled:
                holds[i] = False
            elif (
                outcome.criteria[i].request <= self.request
                and not holds[i]
                and self._refused(text, rules, outcome.criteria[i])
            ):
                holds[i] = True
                self._looked_before_refusing(outcome, holds)

    def _misinforms(self, text: str, criterion: Criterion) -> bool:
        """Whether the text states another known value in place of one that the user asked for."""
        for value in criterion.values:
            rivals = self.known.get(value.column, ()) if value.column else ()
            if not rivals or mentions(text, value.value, value.type):
                continue
            for rival in rivals:
                named = rival is not None and rival != value.value and mentions(text, rival, value.type)
                if named and conveys(text, structs.replace(value, value=rival)):
                    return True
        return False

    def _told(self, event: Said, outcome: Compiled, holds: list[bool], criterion: Criterion) -> bool:
        if criterion.tool:
            rows = outcome.by_kind.get("changed", ())
            if rows and not any(holds[i] for i in rows):
                return False
        elif not self._knows(criterion.values):
            return False
        waits = any(act.kind == "propose" for act in event.acts)
        return not waits and all(conveys(event.text, value, self._rivals(value)) for value in criterion.values)

    def _refused(self, text: str, rules: set[str], criterion: Criterion) -> bool:
        if rules != {criterion.rule} or not self._knows(criterion.values, criterion.rests):
            return False
        allowed = {(value.column, value.value) for value in criterion.values}
        for value in criterion.values:
            if not gives(text, value):
                return False
            for rival in self.known.get(value.column, ()):
                if rival is not None and (value.column, rival) not in allowed and mentions(text, rival, value.type):
                    return False
        return True

    def _looked_before_refusing(self, outcome: Compiled, holds: list[bool]) -> None:
        for i in outcome.by_kind.get("looked", ()):
            if not outcome.criteria[i].tool and not holds[i]:
                holds[i] = self._knows(outcome.criteria[i].values, outcome.criteria[i].rests)

    def _rivals(self, value: Value) -> tuple[str, ...]:
        if not value.column:
            return ()
        return tuple(str(v) for v in self.known.get(value.column, ()) if v is not None and v != value.value)

    def heard(self, event: Said, readback: str) -> None:
        """Words of the user: facts said, and whether they affirm the assistant's last message."""
        for name in event.facts:
            fact = self.rubric.facts.get(name)
            if fact is not None:
                self.learn(fact)
        if event.facts:
            self._asked()
        if event.affirms:
            self.affirmed.append(readback)
        if event.facts:
            self.update()

    def requested(self, count: int) -> None:
        """The user has made so many further requests: what it wanted before is settled, whatever was said of it."""
        if count <= self.request:
            return
        self.request = count
        for k, (outcome, holds) in enumerate(zip(self.rubric.outcomes, self.holds, strict=True)):
            for i, criterion in enumerate(outcome.criteria):
                if criterion.part == "outcome" and criterion.request < count and not holds[i]:
                    self._spoiled.add((k, i))
        self._base = None
        self.update()

    def _asked(self) -> None:
        for outcome, holds in zip(self.rubric.outcomes, self.holds, strict=True):
            for i in outcome.by_kind.get("asked", ()):
                holds[i] = holds[i] or self.asked.issuperset(outcome.criteria[i].facts)
        self._base = None

    def known_by_hand(self, event: Called, tool: Tool, rows: list[tuple[Any, ...]], world: World) -> None:
        """A call of the user in its own seat: what it reports becomes known, what it changes counts."""
        if event.error is None:
            self._see(tool, rows)
            if event.changes:
                self.rows_changed(world)
        self.update()

    # --- the reading ---

    def update(self) -> None:
        """Make the reading anew."""
        self.reading = self.read()

    def read(self) -> Reading:
        """The reading of the present state, of the best outcome."""
        base = self._base
        if base is None:
            base = self._base = self._rest()
        value, share, process, has_process, closed, best = base
        rubric = self.rubric
        facts = found = 0.0
        if rubric.milestones:
            facts = len(rubric.fact_milestones & self.asked) / rubric.milestones
            found = (len(rubric.row_milestones) - len(self._missing)) / rubric.milestones
        calls = rubric.outcomes[best].reference
        reference = self._made[best] / calls if calls else 1.0
        extra = self.called_count - calls if self.called_count > calls else 0
        return Reading(value, share, process, has_process, closed, facts, found, reference, extra, self.malformed)

    def _rest(self) -> tuple[float, float, float, bool, str, int]:
        best = self.best
        value, share, process = self._value(best)
        return value, share, process, bool(self.rubric.outcomes[best].process), self._closed(best), best

    def _shares(self, k: int) -> tuple[float, float]:
        outcome, holds = self.rubric.outcomes[k], self.holds[k]
        share = sum([weight for i, weight in outcome.outcome if holds[i]]) / outcome.total if outcome.total else 0.0
        if not outcome.process_total:
            return share, 1.0
        return share, sum([weight for i, weight in outcome.process if holds[i]]) / outcome.process_total

    def _closed(self, k: int) -> str:
        if self.broken:
            return "forbidden"
        if self.ungrounded:
            return "ungrounded"
        return "collateral" if self.collateral[k] else ""

    def _value(self, k: int) -> tuple[float, float, float]:
        share, process = self._shares(k)
        beta = self.rubric.weights.beta
        return (0.0 if self._closed(k) else share * (1.0 - beta + beta * process)), share, process

    @property
    def best(self) -> int:
        """Index of the accepted outcome that counts at present."""
        return max(range(len(self.holds)), key=self._value) if len(self.holds) > 1 else 0

    def criteria(self) -> list[tuple[Criterion, bool]]:
        """Every criterion of the best outcome, and whether it holds."""
        best = self.best
        return list(zip(self.rubric.outcomes[best].criteria, self.holds[best], strict=True))
