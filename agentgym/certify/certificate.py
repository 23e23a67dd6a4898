"""The proof of a task: it can be solved, it cannot be solved without looking, and every step of the solution counts.

One function for tests, command line and generators. A task is admitted when every gate passes; a certificate names the
gate that failed and shows the shortest witness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from msgspec import UNSET, Struct

from agentgym.certify.answers import unmoved
from agentgym.certify.mutants import altered, dropped, reordered
from agentgym.certify.play import Mute, Played, Trunk, play, play_policy
from agentgym.certify.view import view_troubles
from agentgym.episode import Episode
from agentgym.errors import NotFoundError, ServerError, TaskError, UnansweredError, UsageError, unanswered
from agentgym.pack import Pack
from agentgym.policies import BLIND, BRANCH_BLIND, POLICIES, QUIET, steps_of
from agentgym.rubric import PROPER
from agentgym.types import Call, Criterion, Outcome, Task
from agentgym.views import same_view, with_all_tools
from agentgym.workflow import Rejected, Step
from agentgym.world import Pool

__all__ = ["FLOOR", "GATES", "Certificate", "certify", "missing_names"]

FLOOR = 0.05
"""What a policy that does not look may score."""


class Certificate(Struct, frozen=True):
    """Whether a task is admitted. `gate` is the first that failed, `witness` shows how, `checks` counts episodes."""

    task: str
    ok: bool
    gate: str = ""
    witness: str = ""
    checks: int = 0


class _Failed(Exception):
    def __init__(self, gate: str, witness: str) -> None:
        self.gate, self.witness = gate, witness
        super().__init__(f"{gate}: {witness}")


class _Subject:
    """A task under proof, its twin, and how many episodes were played for it.

    Where a tool that is needed is missing, the same task with that tool is `whole`, another twin.
    """

    def __init__(self, pack: Pack, task: Task, twin: Task | None, whole: Task | None, pool: Pool | None) -> None:
        self.pack, self.task, self.twin, self.whole, self.pool = pack, task, twin, whole, pool
        self.trunk = Trunk(pack, task, task.oracle, pool)
        self.played = 0

    @cached_property
    def steps(self) -> list[Step]:
        """What the oracle does, as its workflow's tree has it."""
        return steps_of(self.pack, self.task, pool=self.pool)

    def play(self, actions: Any, task: Task | None = None, **options: Any) -> Played:
        """An episode from the start."""
        self.played += 1
        return _answered(play(self.pack, task or self.task, actions, pool=self.pool, **options))

    def vary(self, actions: Sequence[object], **options: Any) -> Played:
        """An episode of the task that goes like the oracle's as far as the actions are the same."""
        self.played += 1
        return _answered(self.trunk.play(actions, **options))

    def start(self, task: Task | None = None) -> Episode:
        """An episode of the task, to be played by hand."""
        self.played += 1
        return Episode(self.pack, task or self.task, pool=self.pool, scorer_name="potential")

    def policy(self, name: str, task: Task | None = None) -> Played:
        self.played += 1
        return _answered(play_policy(self.pack, task or self.task, POLICIES[name], pool=self.pool))


def _answered(found: Played) -> Played:
    """An episode in which every tool that is played had an answer: one without proves nothing."""
    if unanswered(found.reason):
        raise _Failed("recordings", found.reason)
    return found


def certify(pack: Pack, task: Task, *, pool: Pool | None = None) -> Certificate:
    """Prove a task, or show why it cannot be admitted.

    The gates, in order: references, oracle, floor, twins, reasons, traps, essential, arguments, reorder, gap, replay,
    view (`GATES`). Where a tool that is played has no answer, the certificate fails with "recordings" in place of a
    gate.
    """
    played = 0
    try:
        subject = _Subject(pack, task, _twin(pack, task), _whole(pack, task), pool)
        try:
            for gate in GATES.values():
                gate(subject)
        finally:
            played = subject.played
            subject.trunk.close()
    except _Failed as failed:
        return Certificate(task.id, False, failed.gate, failed.witness, played)
    except (UnansweredError, ServerError) as trouble:
        return Certificate(task.id, False, "recordings", str(trouble), played)
    return Certificate(task.id, True, checks=played)


def _twin(pack: Pack, task: Task) -> Task | None:
    try:
        pack.shown(task)
    except (NotFoundError, TaskError) as trouble:
        raise _Failed("references", str(trouble)) from None
    try:
        twin = pack.twin(task)
        return same_view(pack, twin, task) if twin is not None else None
    except (Rejected, TaskError, UsageError) as reason:
        raise _Failed("twins", f"the twin branch {task.twin} cannot be made from the same row: {reason}") from None


def _whole(pack: Pack, task: Task) -> Task | None:
    """The task with the tool that is missing, where that makes a difference; None elsewhere."""
    if task.tool_view is UNSET or not task.tool_view.missing or task.workflow not in pack.workflows:
        return None
    try:
        whole = with_all_tools(pack, task)
    except (TaskError, UsageError) as reason:
        raise _Failed("twins", f"the task with all its tools cannot be made: {reason}") from None
    return whole if whole.outcomes != task.outcomes else None


# --- gates ---


def references(subject: _Subject) -> None:
    """Everything that the task refers to exists, nothing contradicts, and V is 0 at reset."""
    pack, task = subject.pack, subject.task
    for name in missing_names(pack, task):
        raise _Failed("references", name)
    if not any(c.part == "outcome" for outcome in task.outcomes for c in outcome.criteria):
        raise _Failed("references", "the task has no outcome criterion: nothing to reach")
    facts: dict[str, Any] = {}
    for fact in task.ledger.facts:
        if facts.setdefault(fact.name, fact.value) != fact.value:
            raise _Failed("references", f"the ledger gives {fact.name} two values")
    for name in (name for request in task.ledger.further for name in (*request.says, *request.asked)):
        if name not in facts:
            raise _Failed("references", f"a further request comes with {name}, which the ledger does not have")
    twin = subject.twin
    if twin is not None:
        if twin.ledger.opening != task.ledger.opening:
            raise _Failed("references", f"the twin opens otherwise: {twin.ledger.opening!r}, {task.ledger.opening!r}")
        if [(f.name, f.value) for f in twin.ledger.facts] != [(f.name, f.value) for f in task.ledger.facts]:
            raise _Failed("references", "the twin's user knows other facts")
    with Episode(pack, task, pool=subject.pool) as episode:
        if episode.reading.value != 0.0:
            raise _Failed("references", f"V is {episode.reading.value:.3f} at reset; it must be 0")


def missing_names(pack: Pack, task: Task) -> Iterator[str]:
    """A sentence for each tool, table and rule that a task names and its pack does not have."""
    known = pack.tools if task.tool_view is UNSET else pack.shown(task).named
    for action in task.oracle:
        for call in action.calls:
            if isinstance(call, Call) and call.name not in known:
                yield f"the oracle calls {call.name}, which the pack does not have"
    for outcome in task.outcomes:
        for change in outcome.changes:
            if change.table not in pack.domain.schema.tables:
                yield f"an outcome changes table {change.table}, which the world does not have"
        for criterion in outcome.criteria:
            if criterion.rule and criterion.rule not in pack.rules:
                yield f"criterion {criterion.name} names rule {criterion.rule}, which the policy does not have"
            if criterion.tool and criterion.tool not in pack.domain.tools:
                yield f"criterion {criterion.name} names tool {criterion.tool}, which the pack does not have"
    for fault in task.faults:
        if fault.tool not in pack.domain.tools:
            yield f"a fault strikes {fault.tool}, which the pack does not have"
    for tool in task.tools:
        if tool not in pack.tools:
            yield f"the tool view shows {tool}, which the pack does not have"


def oracle(subject: _Subject) -> None:
    """The oracle scores 1 and ends properly, on the task and on its twins."""
    names = {
        "the oracle": subject.task,
        f"the oracle of the twin ({subject.task.twin})": subject.twin,
        "the oracle with all tools": subject.whole,
    }
    for which, task in names.items():
        if task is None:
            continue
        found = subject.vary(task.oracle) if task is subject.task else subject.play(task.oracle, task)
        if found.score < 1.0 - 1e-9 or found.ending not in PROPER or not found.valid:
            raise _Failed("oracle", f"{which} scores {found.score:.3f}, {_end(found)}")


def floor(subject: _Subject) -> None:
    """Policies that look at nothing stay at the floor."""
    for name in BLIND:
        found = subject.policy(name)
        if found.score > FLOOR:
            raise _Failed("floor", f"{name} scores {found.score:.3f}, {_end(found)}")
        if not found.valid:
            raise _Failed("floor", f"{name} makes the episode invalid: {found.reason}")


def twins(subject: _Subject) -> None:
    """Policies that never decide do not succeed on both of two twins, nor what is right in one of them in the other;
    nor does the user's answer to a read-back tell which of them it is."""
    twin, whole = subject.twin, subject.whole
    if twin is not None:
        for what, said in (("agrees to what is read back", "all_readbacks"), ("changes its mind", "all_revisions")):
            if bool(getattr(subject.task.ledger, said)) != bool(getattr(twin.ledger, said)):
                raise _Failed("twins", f"its user {what} on {subject.task.branch} or on {twin.branch}, not on both")
    if twin is not None and whole is not None and _same_right(subject.task, twin):
        twin = None  # without the tool both come to the same
    if twin is None and whole is None:
        return
    for name in BRANCH_BLIND:
        within = [task for task in (twin, whole) if task is not None and _within(subject.pack, name, task)]
        if not within or not _within(subject.pack, name, subject.task) or not subject.policy(name).success:
            continue
        if twin in within and subject.policy(name, twin).success:
            raise _Failed("twins", f"{name} succeeds on {subject.task.branch} and on its twin {twin.branch}")
        if whole in within and subject.policy(name, whole).success:
            raise _Failed("twins", f"{name} succeeds without the tool that is missing and with it")
    if whole is None:
        return
    for what, script, task in (("without the tool", subject.task, whole), ("with the tool", whole, subject.task)):
        found = subject.play(script.oracle, task)
        if found.score > FLOOR:
            raise _Failed("twins", f"what is right {what} scores {found.score:.3f} otherwise, {_end(found)}")


def _within(pack: Pack, name: str, task: Task) -> bool:
    """Whether a policy could succeed at all: who writes nothing reaches no rows that have to change."""
    if name not in QUIET or any(tool.writes for tool in pack.user_tools.values()):
        return True
    return not all(any(_moves(outcome, c) for c in outcome.criteria) for outcome in task.outcomes)


def _moves(outcome: Outcome, criterion: Criterion) -> bool:
    """Whether a criterion holds only when something was written; an update of nothing always does."""
    if criterion.kind != "changed" or criterion.change is None:
        return False
    row = outcome.changes[criterion.change]
    return bool(row.values) or row.kind != "update"


def _same_right(one: Task, other: Task) -> bool:
    """Whether the same rows and words are right in both."""

    def right(task: Task) -> list[Any]:
        return [(o.changes, [c for c in o.criteria if c.part == "outcome"]) for o in task.outcomes]

    return right(one) == right(other)


def traps(subject: _Subject) -> None:
    """Believing a trap's claim stays at the floor."""
    if not subject.task.trap:
        return
    lacking = subject.task.tool_view is not UNSET and subject.task.tool_view.missing
    for name in ("always_do", "read_then_hand_over") if lacking and subject.whole is None else ("always_do",):
        found = subject.policy(name)
        if found.score > FLOOR:
            raise _Failed("traps", f"believing the claim scores {found.score:.3f} ({name}), {_end(found)}")


def essential(subject: _Subject) -> None:
    """Without one of its calls, or with another value in it, the oracle fails."""
    pack, task, steps = subject.pack, subject.task, subject.steps
    for what, actions in (*dropped(pack, task, steps), *altered(pack, task, steps)):
        found = subject.vary(actions)
        if found.score >= 1.0 - 1e-9:
            raise _Failed("essential", f"the oracle still scores 1 {what}")


def reasons(subject: _Subject) -> None:
    """Whatever a refusal names is what its rule looks at, or is otherwise in the twin, where the same rule allows."""
    pack, task, twin = subject.pack, subject.task, subject.twin
    if twin is None:
        return
    here, there = (
        {(step.rule, step.rests): step.values for step in steps if step.kind == "look"}
        for steps in (subject.steps, steps_of(pack, twin, pool=subject.pool))
    )
    one, other = ({c.rule for o in side.outcomes for c in o.criteria if c.kind == "refused"} for side in (task, twin))
    for (rule, rests), values in here.items():
        if rule not in one ^ other or (rule, rests) not in there:
            continue
        looked_at = _columns(pack, pack.rules[rule].allowed)
        types = pack.domain.types
        for column in dict.fromkeys(value.column for value in values if types.get(value.column) != "id"):
            said, otherwise = ([v for v in found if v.column == column] for found in (values, there[rule, rests]))
            named = {column.rpartition(".")[2]} if column else _columns(pack, pack.rules[rule].because)
            if said == otherwise and not named & looked_at:
                fact = ", ".join(f"{value.label} {value.value}" for value in said)
                raise _Failed(
                    "reasons", f"rule {rule} names {fact}, which it does not look at and is so where it allows"
                )


def _columns(pack: Pack, sql: str) -> set[str]:
    """Names of columns that a statement speaks of, but for ids, by which it finds its rows."""
    named = set(re.findall(r"\w+", sql))
    types, tables = pack.domain.types, pack.domain.schema.tables
    return {
        c for t, table in tables.items() for c in table.columns if c in named and types.get(f"{t}.{c}", "id") != "id"
    }


def arguments(subject: _Subject) -> None:
    """The calls of the oracle answer otherwise for other rows."""
    trouble = next(unmoved(subject.pack, subject.task, subject.trunk), None)
    if trouble is not None:
        raise _Failed("arguments", trouble)


def reorder(subject: _Subject) -> None:
    """Legal reorderings of the oracle score 1 too."""
    for what, actions in reordered(subject.pack, subject.task, subject.steps):
        found = subject.vary(actions)
        if found.score < 1.0 - 1e-9:
            raise _Failed("reorder", f"{what} scores {found.score:.3f}, {_end(found)}")


def gap(subject: _Subject) -> None:
    """Where facts are hidden, the oracle fails without the user."""
    hidden = [fact.name for fact in subject.task.ledger.facts if fact.release != "opening"]
    if not hidden:
        return
    found = subject.play(subject.task.oracle, user=Mute())
    if found.success or found.score > FLOOR:
        silent = f"with a mute user, who never says {', '.join(hidden)}"
        raise _Failed("gap", f"{silent}, the oracle scores {found.score:.3f}, {_end(found)}")


def replay(subject: _Subject) -> None:
    """Playing the oracle again gives the world digest that the task carries."""
    found = subject.vary(subject.task.oracle, digest=True)
    again = subject.play(subject.task.oracle, digest=True)
    if found.digest != again.digest:
        raise _Failed("replay", f"two runs of the oracle end in worlds {found.digest[:12]} and {again.digest[:12]}")
    if subject.task.digest and found.digest != subject.task.digest:
        raise _Failed(
            "replay", f"the oracle ends in world {found.digest[:12]}, the task says {subject.task.digest[:12]}"
        )


def view(subject: _Subject) -> None:
    """Through a tool view: no old name is spoken of or works, distractors do nothing, errors tell what lacks, and
    nothing else does what a missing tool would."""
    trouble = next(view_troubles(subject.pack, subject.task, subject.whole, subject.start), None)
    if trouble is not None:
        raise _Failed("view", trouble)


def _end(found: Played) -> str:
    parts = [f"ending {found.ending or 'none'}"]
    if found.closed:
        parts.append(f"gate closed by {found.closed}")
    if found.missing:
        parts.append(f"missing: {'; '.join(found.missing)}")
    if found.reason:
        parts.append(found.reason)
    return ", ".join(parts)


GATES: dict[str, Callable[[_Subject], None]] = {
    gate.__name__: gate
    for gate in (references, oracle, floor, twins, reasons, traps, essential, arguments, reorder, gap, replay, view)
}
