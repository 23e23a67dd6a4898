"""The rubric once more, naively: everything from the definitions, from the whole history, at every step anew.

It shares with `agentgym.rubric` the data (tasks, events, weights) and the two functions that read values in words, and nothing
else. Rows are compared by what whole tables held at the start and hold now; what is known is gathered from the events again.
"""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from agentgym.pack import Pack
from agentgym.types import ASSISTANT, Called, Criterion, Event, Outcome, RowChange, Said, Task
from agentgym.user.conveying import conveys, gives
from agentgym.user.values import mentions

from ..naive import Net  # noqa: TID252  the tests are no package

Known = dict[str, set[Any]]


class Moment(Struct):
    """One event, and how the rows differed from the start after it."""

    event: Event
    net: Net


class Full(Struct):
    """What holds at the end of a history."""

    value: float
    outcome: float
    process: float
    has_process: bool
    closed: str
    facts: float
    found: float
    reference: float
    extra: int
    malformed: int
    holds: tuple[bool, ...] = ()


def evaluate(pack: Pack, task: Task, history: Sequence[Moment]) -> Full:
    """The best reading of all accepted outcomes: by V, then by O, then by I; the first of equals."""
    readings = [_Outcome(pack, task, outcome, history).full() for outcome in task.outcomes]
    best = max(readings, key=lambda full: (full.value, full.outcome, full.process))
    return next(
        full
        for full in readings
        if (full.value, full.outcome, full.process) == (best.value, best.outcome, best.process)
    )


def collateral(pack: Pack, task: Task, net: Net) -> list[bool]:
    """Whether something changed outside each accepted outcome."""
    return [_Rows(pack, outcome, net).collateral() for outcome in task.outcomes]


# --- what is known ----------------------------------------------------------------------------------------------------


def known_before(pack: Pack, task: Task, history: Sequence[Moment], end: int) -> Known:
    """Canonical column -> values that the user said or a grounded call returned before event `end`."""
    known: Known = {}
    facts = {fact.name: fact for fact in task.ledger.facts}
    for moment in history[:end]:
        event = moment.event
        if isinstance(event, Said):
            for name in event.facts if event.seat != ASSISTANT else ():
                if name in facts and facts[name].column:
                    known.setdefault(facts[name].column, set()).add(facts[name].value)
        elif event_counts(pack, known, event):
            for column, value in returned(pack, event):
                known.setdefault(column, set()).add(value)
    return known


def event_counts(pack: Pack, known: Known, event: Event) -> bool:
    """Whether what a call returned is known by it: whole, and of the user's own tools or grounded."""
    whole = isinstance(event, Called) and event.error is None and event.fault is None
    return whole and (event.seat != ASSISTANT or is_grounded(pack, known, event))


def is_grounded(pack: Pack, known: Known, event: Called) -> bool:
    """Whether each argument that names a value of a column is known for that column."""
    canonical = pack.domain.schema.canonical
    for name, parameter in pack.domain.tools[event.name].spec.parameters.items():
        value = event.arguments.get(name)
        if not parameter.refers_to or parameter.free or value is None:
            continue
        wanted = value if isinstance(value, list) else [value]
        if any(one not in known.get(canonical[parameter.refers_to], ()) for one in wanted):
            return False
    return True


def returned(pack: Pack, event: Called) -> Iterator[tuple[str, Any]]:
    """(canonical column, value) of each cell that a call returned and whose column is known."""
    tool = pack.domain.tools[event.name]
    columns = dict(zip(tool.names, tool.columns, strict=True))
    for row in event.result if isinstance(event.result, list) else [event.result]:
        for name, value in row.items():
            if columns.get(name):
                yield columns[name], value


# --- rows -------------------------------------------------------------------------------------------------------------


class _Rows:
    """The net changes of a world against one accepted outcome."""

    def __init__(self, pack: Pack, outcome: Outcome, net: Net) -> None:
        self.pack, self.outcome, self.net = pack, outcome, net
        self.ignored = set(pack.content.file.ignored_columns)
        self.matched = self._best_match()

    def holds(self, index: int) -> bool:
        change = self.outcome.changes[index]
        if change.kind == "insert":
            return index in self.matched
        before, after = self.net.get((change.table, change.key), (None, None))
        if change.kind == "delete":
            return before is not None and after is None
        if before is None or after is None:
            return False
        return all(before[c] != after[c] and self._equal(after[c], v, self.matched) for c, v in change.values.items())

    def collateral(self) -> bool:
        inserted: dict[str, int] = {}
        expected = {(change.table, change.key): change for change in self.outcome.changes if change.kind != "insert"}
        for (table, key), (before, after) in self.net.items():
            change = expected.get((table, key))
            if before is None:
                inserted[table] = inserted.get(table, 0) + 1
            elif after is None:
                if change is None or change.kind != "delete":
                    return True
            else:
                moved = {c for c in after if after[c] != before[c] and f"{table}.{c}" not in self.ignored}
                if moved and (change is None or change.kind != "update" or moved - set(change.values)):
                    return True
        room: dict[str, int] = {}
        for change in self.outcome.changes:
            if change.kind == "insert":
                room[change.table] = room.get(change.table, 0) + 1
        return any(count > room.get(table, 0) for table, count in inserted.items())

    def _best_match(self) -> dict[int, Any]:
        """Expected insert -> key of the row that is it: of all one-to-one matches one that matches most."""
        waiting = [i for i, change in enumerate(self.outcome.changes) if change.kind == "insert"]
        rows = [(table, key, after) for (table, key), (before, after) in self.net.items() if before is None]
        best: dict[int, Any] = {}
        for match in self._matches(waiting, rows, {}):
            sound = dict(match)
            while True:  # a row that follows a key of an unmatched row is not matched either
                bad = [i for i in sound if not self._row_is(self.outcome.changes[i], self._row(i, sound[i]), sound)]
                if not bad:
                    break
                for i in bad:
                    del sound[i]
            if len(sound) > len(best):
                best = sound
        return best

    def _row(self, index: int, key: Any) -> Mapping[str, Any]:
        after = self.net[self.outcome.changes[index].table, key][1]
        assert after is not None
        return after

    def _matches(self, waiting: list[int], rows: list[Any], so_far: dict[int, Any]) -> Iterator[dict[int, Any]]:
        if not waiting:
            yield so_far
            return
        first, rest = waiting[0], waiting[1:]
        for i, (table, key, _) in enumerate(rows):
            if table == self.outcome.changes[first].table:
                yield from self._matches(rest, rows[:i] + rows[i + 1 :], {**so_far, first: key})
        yield from self._matches(rest, rows, so_far)

    def _row_is(self, change: RowChange, row: Mapping[str, Any], match: Mapping[int, Any]) -> bool:
        return all(self._equal(row[c], v, match) for c, v in change.values.items())

    @staticmethod
    def _equal(found: Any, wanted: Any, match: Mapping[int, Any]) -> bool:
        if isinstance(wanted, dict):
            return wanted["new"] in match and match[wanted["new"]] == (found,)
        return found == wanted


# --- one outcome ------------------------------------------------------------------------------------------------------


class _Outcome:
    def __init__(self, pack: Pack, task: Task, outcome: Outcome, history: Sequence[Moment]) -> None:
        self.pack, self.task, self.outcome, self.history = pack, task, outcome, history

    def full(self) -> Full:
        criteria = self.outcome.criteria
        holds = tuple(self.holds(criterion) for criterion in criteria)
        calls = self._reference(criteria)
        holds = tuple(calls.get(i, held) for i, held in enumerate(holds))
        share, process = self._share(holds, "outcome", 0.0), self._share(holds, "process", 1.0)
        closed, beta = self.closed(), self.pack.rubric.beta
        facts, found = self._milestones()
        own = [m.event for m in self.history if isinstance(m.event, Called) and m.event.seat == ASSISTANT]
        return Full(
            value=0.0 if closed else share * (1 - beta + beta * process), outcome=share, process=process,
            has_process=any(c.part == "process" for c in criteria), closed=closed, facts=facts, found=found,
            reference=sum(calls.values()) / len(calls) if calls else 1.0, extra=max(0, len(own) - len(calls)),
            malformed=sum(event.error in ("malformed_call", "unknown_tool") for event in own), holds=holds,
        )  # fmt: skip

    def _share(self, holds: Sequence[bool], part: str, empty: float) -> float:
        kinds = self.pack.rubric.weights
        weights = [
            (criterion.weight * kinds.get(criterion.kind, 1.0), held)
            for criterion, held in zip(self.outcome.criteria, holds, strict=True)
            if criterion.part == part
        ]
        total = sum(weight for weight, _ in weights)
        return sum(weight for weight, held in weights if held) / total if total else empty

    def closed(self) -> str:
        calls = [m.event for m in self.history if isinstance(m.event, Called) and m.event.seat == ASSISTANT]
        forbidden, ungrounded = any(call.broken and call.error is None for call in calls), False
        for i, event in self._governed():
            ungrounded = ungrounded or not is_grounded(
                self.pack, known_before(self.pack, self.task, self.history, i), event
            )
        if forbidden:
            return "forbidden"
        if ungrounded:
            return "ungrounded"
        return "collateral" if _Rows(self.pack, self.outcome, self._net(len(self.history))).collateral() else ""

    def _governed(self, tool: str = "") -> Iterator[tuple[int, Called]]:
        """The assistant's calls that took effect: writes and endings."""
        for i, moment in enumerate(self.history):
            event = moment.event
            if isinstance(event, Called) and event.seat == ASSISTANT and event.error is None:
                spec = self.pack.domain.tools[event.name].spec
                if (spec.effect != "read" or spec.ends) and tool in ("", event.name):
                    yield i, event

    def _net(self, end: int) -> Net:
        return self.history[end - 1].net if end else {}

    def _said(self) -> Iterator[tuple[int, Said]]:
        for i, moment in enumerate(self.history):
            event = moment.event
            if isinstance(event, Said) and event.seat == ASSISTANT and not event.beside:
                yield i, event

    def _knows(self, criterion: Criterion, end: int) -> bool:
        known = known_before(self.pack, self.task, self.history, end)
        return all(not v.column or v.value in known.get(v.column, ()) for v in (*criterion.values, *criterion.rests))

    # --- criteria ---

    def holds(self, criterion: Criterion) -> bool:
        if criterion.kind == "called":
            return False  # all of them together, see _reference
        return bool(getattr(self, f"_{criterion.kind}")(criterion))

    def _changed(self, criterion: Criterion) -> bool:
        assert criterion.change is not None
        return _Rows(self.pack, self.outcome, self._net(len(self.history))).holds(criterion.change)

    def _answer(self, criterion: Criterion) -> bool:
        held = False
        for _, event in self._governed():
            if self.pack.domain.tools[event.name].ends == "answered":
                found, wanted = next(iter(event.arguments.values()), None), criterion.answer
                if isinstance(wanted, list):
                    held = isinstance(found, list) and set(map(str, found)) == set(map(str, wanted))
                elif isinstance(wanted, int | float):
                    held = abs(float(found) - wanted) <= criterion.tolerance * max(1.0, abs(wanted))
                else:
                    held = str(found).lower() == str(wanted).lower()
        return held

    def _refused(self, criterion: Criterion) -> bool:
        if self._guessed(len(self.history)):
            return False
        return any(self._refuses(criterion, i, event) for i, event in self._said())

    def _guessed(self, end: int) -> bool:
        """Whether a wrong reason was named alone before event `end`: what is declined after that counts for nothing."""
        right = {c.rule for c in self.outcome.criteria if c.kind == "refused"}
        for i, event in self._said():
            named = {rule for act in event.acts if act.kind == "refuse" for rule in act.rules}
            if i < end and len(named) == 1 and not named <= right:
                return True
        return False

    def _refuses(self, criterion: Criterion, i: int, event: Said) -> bool:
        acts = [act for act in event.acts if act.kind == "refuse"]
        if {rule for act in acts for rule in act.rules} != {criterion.rule} or not self._knows(criterion, i):
            return False
        if not all(gives(event.text, v) for v in criterion.values):
            return False
        known = known_before(self.pack, self.task, self.history, i)
        right = {(v.column, v.value) for v in criterion.values}
        rivals = [(v, r) for v in criterion.values for r in known.get(v.column, ()) if (v.column, r) not in right]
        return not any(rival is not None and mentions(event.text, rival, v.type) for v, rival in rivals)

    def _misinforms(self, criterion: Criterion, i: int, event: Said) -> bool:
        known = known_before(self.pack, self.task, self.history, i)
        return any(
            not mentions(event.text, v.value, v.type) and conveys(event.text, structs.replace(v, value=rival))
            for v in criterion.values
            if v.column
            for rival in known.get(v.column, ())
            if rival is not None and rival != v.value
        )

    def _told(self, criterion: Criterion) -> bool:
        rows = [c.change for c in self.outcome.criteria if c.kind == "changed"]
        if criterion.part == "outcome" and any(self._misinforms(criterion, i, event) for i, event in self._said()):
            return False
        for i, event in self._said():
            if any(act.kind == "propose" for act in event.acts):
                continue
            if criterion.tool:
                there = _Rows(self.pack, self.outcome, self._net(i))
                if rows and not any(there.holds(change) for change in rows if change is not None):
                    continue
            elif not self._knows(criterion, i):
                continue
            known = known_before(self.pack, self.task, self.history, i)
            if all(
                conveys(
                    event.text,
                    v,
                    [str(r) for r in known.get(v.column, ()) if v.column and r is not None and r != v.value],
                )
                for v in criterion.values
            ):
                return True
        return False

    def _confirmed(self, criterion: Criterion) -> bool:
        """The user affirmed a read-back with all values after the previous write and before this one."""
        for end, _ in self._governed(criterion.tool):
            readback, affirmed = "", []
            for moment in self.history[:end]:
                event = moment.event
                if isinstance(event, Said) and event.seat == ASSISTANT and not event.beside:
                    readback = event.text if any(act.kind == "propose" for act in event.acts) else ""
                elif isinstance(event, Said) and event.affirms:
                    affirmed.append(readback)
                elif isinstance(event, Called) and event.seat == ASSISTANT and event.changes:
                    affirmed = []
            if any(all(mentions(text, v.value, v.type) for v in criterion.values) for text in affirmed):
                return True
        return False

    def _looked(self, criterion: Criterion) -> bool:
        """What the decision rests on was read before the governed write, or before the right refusal."""
        if criterion.tool:
            return any(self._knows(criterion, i) for i, _ in self._governed(criterion.tool))
        refusals = [c for c in self.outcome.criteria if c.kind == "refused"]
        for refused in refusals:
            first = next((i for i, event in self._said() if self._refuses(refused, i, event)), None)
            if first is not None and not self._guessed(first) and self._knows(criterion, first):
                return True
        return False

    def _asked(self, criterion: Criterion) -> bool:
        return set(criterion.facts) <= self._disclosed()

    def _disclosed(self) -> set[str]:
        said = [m.event for m in self.history if isinstance(m.event, Said) and m.event.seat != ASSISTANT]
        return {name for event in said for name in event.facts}

    def _state(self, criterion: Criterion) -> bool:
        raise NotImplementedError("no workflow makes it")

    def _reference(self, criteria: Sequence[Criterion]) -> dict[int, bool]:
        """Each reference call is made when a call of its own equals it."""
        waiting = {i: False for i, criterion in enumerate(criteria) if criterion.kind == "called"}
        for moment in self.history:
            event = moment.event
            if isinstance(event, Called) and event.seat == ASSISTANT and event.error is None:
                for i, made in waiting.items():
                    if not made and criteria[i].tool == event.name and criteria[i].arguments == event.arguments:
                        waiting[i] = True
                        break
        return waiting

    def _milestones(self) -> tuple[float, float]:
        if not self.task.milestones:
            return 0.0, 0.0
        known = known_before(self.pack, self.task, self.history, len(self.history))
        disclosed, count = self._disclosed(), len(self.task.milestones)
        facts = sum(m.label in disclosed for m in self.task.milestones if not m.column)
        found = sum(m.value in known.get(m.column, ()) for m in self.task.milestones if m.column)
        return facts / count, found / count
