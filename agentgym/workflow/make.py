"""Compiling: a workflow, a branch and a bind row become a task, by running the oracle once for every right choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import product
from typing import Any

from msgspec import UNSET, Struct

from agentgym.errors import AgentGymError
from agentgym.types import (
    Change,
    Criterion,
    Fact,
    Fault,
    Hand,
    Ledger,
    Limits,
    Outcome,
    Request,
    Revision,
    RowChange,
    Scalar,
    Situation,
    Task,
    Value,
)  # fmt: skip
from agentgym.workflow.agreed import agreed
from agentgym.workflow.domain import Domain
from agentgym.workflow.run import run
from agentgym.workflow.step import Instead, Run, Step, TreeError, parts
from agentgym.workflow.workflow import Workflow
from agentgym.world import Image, Pool, World

__all__ = ["MAX_OUTCOMES", "Rejected", "Words", "make", "remake", "situation_names"]

MAX_OUTCOMES = 32


class Rejected(AgentGymError):
    """The bind row does not give the branch: the reason says why; another row is tried."""


class Words(Struct, frozen=True):
    """What the user of a task says and is like, chosen by the caller."""

    opening: str
    forms: Mapping[str, tuple[str, ...]]
    """Fact -> how it is said."""
    persona: str
    strategy: tuple[str, ...] = ()
    claim: str = ""
    hands: tuple[Hand, ...] = ()
    requests: Mapping[str, str] = {}
    """Further request -> the words in which it is made."""


def situation_names(task: Task) -> tuple[str | int, ...]:
    """The names of the stream that `draw()` uses while the situation is set."""
    return (task.pack, task.split, task.seed, task.workflow, task.branch)


def facts_of(
    workflow: Workflow, domain: Domain, row: Mapping[str, Scalar], forms: Mapping[str, Any]
) -> tuple[Fact, ...]:
    """The user's facts for one bind row."""
    origin = dict(workflow.bind)
    out: list[Fact] = []
    for name, spec in workflow.spec.facts.items():
        column = spec.value[1:] if isinstance(spec.value, str) and spec.value.startswith("$") else ""
        value = row[column] if column else spec.value
        typed = domain.value(value, name, origin.get(column, ""), spec.type or "")
        kind = spec.type or typed.type
        release = "next" if spec.next else spec.release
        out.append(Fact(name, value, kind, typed.column, release, tuple(spec.aliases), tuple(forms.get(name, ()))))
    return tuple(out)


def make(
    workflow: Workflow,
    domain: Domain,
    image: Image,
    row: Mapping[str, Scalar],
    draft: Task,
    words: Words,
    pool: Pool | None = None,
) -> tuple[Task, list[Run]]:
    """The task of one bind row and branch, with one run of the oracle per accepted outcome.

    Args:
        draft: a task that holds pack, seeds, workflow and branch; everything else is filled in.

    Raises:
        Rejected: the row does not give the branch, or an invariant does not hold.
    """
    facts = facts_of(workflow, domain, row, words.forms)
    situation = tuple(Situation(sql, dict(row)) for sql in workflow.arrange(draft.branch))
    with ExitStack() as close:
        if pool is None:  # one connection after the other
            pool = Pool(1)
            close.callback(pool.close)
        world = World(image, situation, situation_names(draft), pool)
        close.callback(world.close)
        _check_invariants(domain, world, "in the situation")
        start = world.fork()  # takes no connection of its own before it is asked
        runs, nets = _runs(workflow, domain, world, facts, workflow.faults(draft.branch))
        wished = [agreed(workflow.tree, start.fork, facts, domain, found) for found in runs]
    leaf = workflow.leaf(draft.branch)
    for found in runs:
        path = ".".join(found.path) or "done"
        if path != leaf:
            raise Rejected(f"the row gives branch {path}, not {leaf}")
    first, *further = _requests(workflow, words, runs, wished)
    outcomes = tuple(_outcome(domain, r, changes, made) for r, (changes, made, _) in zip(runs, nets, strict=True))
    informs = all(c.kind == "told" for o in outcomes for c in o.criteria if c.part == "outcome")
    ledger = Ledger(
        wants=workflow.spec.wants, opening=words.opening, facts=facts, readbacks=first.readbacks,
        revisions=first.revisions, hands=_hands(words.hands, runs[0]), persona=words.persona,
        strategy=words.strategy, claim=words.claim, goals=workflow.spec.goals + len(further), informs=informs,
        requests=tuple(further) or UNSET,
    )  # fmt: skip
    limits = Limits(**{**_plain(draft.limits), **workflow.spec.limits})
    return _replace(
        draft, situation=situation, ledger=ledger, outcomes=outcomes, milestones=_milestones(domain, runs[0], facts),
        faults=workflow.faults(draft.branch), twin=workflow.twin(draft.branch), limits=limits,
        trap=draft.branch in workflow.spec.traps, digest=nets[0][2], difficulty=float(len(runs[0].steps)),
    ), runs  # fmt: skip


def remake(
    workflow: Workflow, domain: Domain, image: Image, task: Task, instead: Instead | None, pool: Pool | None = None
) -> tuple[Task, list[Run]]:
    """What is right in a made task when a tool is not there, or when all are: other outcomes, milestones and digest.

    The situation, the user and its words stay as they are; so does the oracle, which the caller writes from the runs.

    Raises:
        Rejected: the tree does not fit the task's world, or some right choices need the tool and others do not.
    """
    facts = task.ledger.facts
    with ExitStack() as close:
        if pool is None:
            pool = Pool(1)
            close.callback(pool.close)
        world = World(image, task.situation, situation_names(task), pool)
        close.callback(world.close)
        runs, nets = _runs(workflow, domain, world, facts, task.faults, instead)
    if len({found.lacked for found in runs}) > 1:
        raise Rejected("some right choices need the tool and others do not")
    outcomes = [_outcome(domain, r, changes, made) for r, (changes, made, _) in zip(runs, nets, strict=True)]
    if instead is not None:  # choices that only the missing tool tells apart come to the same
        outcomes = [outcome for i, outcome in enumerate(outcomes) if outcome not in outcomes[:i]]
    return _replace(
        task, outcomes=tuple(outcomes), milestones=_milestones(domain, runs[0], facts), digest=nets[0][2],
        difficulty=float(len(runs[0].steps)),
    ), runs  # fmt: skip


def _requests(
    workflow: Workflow, words: Words, runs: Sequence[Run], wished: Sequence[Mapping[int, Sequence[Step]]]
) -> list[Request]:
    """What the user wants, one thing after the other, with what it affirms and takes back then, whether it may be done
    or not: the first of them is what it opens with."""
    out: list[Request] = []
    spans = [parts(found.steps) for found in runs]
    for at, span in enumerate(spans[0]):
        own = [runs[0].steps[i] for i in span]
        name = own[0].request if at else ""
        every = [found.steps[i] for found, its in zip(runs, spans, strict=True) for i in its[at]]
        every += [step for one in wished for step in one.get(at, ())]
        own += wished[0].get(at, ())
        facts = [(fact, spec.release) for fact, spec in workflow.spec.facts.items() if name and spec.next == name]
        out.append(
            Request(
                workflow.requests.get(name, ""), words.requests.get(name, ""),
                tuple(fact for fact, release in facts if release == "opening"),
                tuple(fact for fact, release in facts if release == "asked"),
                tuple(dict.fromkeys(step.values for step in every if step.kind == "confirm")),
                tuple(dict.fromkeys(Revision(step.values, step.facts) for step in own if step.kind == "change")),
            )
        )  # fmt: skip
    return out


def _hands(hands: Sequence[Hand], found: Run) -> tuple[Hand, ...]:
    """The user's tools with the arguments that the tree gives them."""
    given = {step.tool: step.arguments for step in found.steps if step.kind == "user_does"}
    return tuple(_replace(hand, arguments=given.get(hand.tool, {})) for hand in hands)


_Net = tuple[tuple[Change, ...], list[str], str]


def _runs(
    workflow: Workflow, domain: Domain, world: World, facts: Sequence[Fact], faults: Sequence[Fault],
    instead: Instead | None = None,
) -> tuple[list[Run], list[_Net]]:  # fmt: skip
    """Run the tree once for each choice; the world is used up."""

    def once(twin: World, choices: Sequence[int]) -> tuple[Run, _Net]:
        clock = twin.clock
        try:
            found = run(
                workflow.tree, twin, facts, domain, choices=choices, faults=faults, instead=instead
            )  # fmt: skip
            if twin.net or twin.clock != clock:
                _check_invariants(domain, twin, "after the oracle")
            return found, (twin.changes(), list(twin.holder.made), "" if choices else twin.digest())
        except TreeError as trouble:
            raise Rejected(str(trouble)) from None
        finally:
            twin.close()

    start = world.fork()  # takes no connection of its own before it is asked
    first, net = once(world, ())
    runs, nets = [first], [net]
    if first.options:
        combinations = list(product(*(range(count) for count in first.options)))[1:MAX_OUTCOMES]
        for choices in combinations:
            found, net = once(start.fork(), choices)
            runs.append(found)
            nets.append(net)
    return runs, nets


def _check_invariants(domain: Domain, world: World, when: str) -> None:
    for sentence, sql in domain.invariants:
        if world.query(sql, {}):
            raise Rejected(f"invariant broken {when}: {sentence}")


def _outcome(domain: Domain, found: Run, changes: tuple[Change, ...], made: list[str]) -> Outcome:
    rows = _row_changes(domain, changes, made)
    criteria = [
        Criterion(
            f"{row.kind} {row.table}" + (f" {i}" if len(rows) > 1 else ""),
            "changed",
            change=i,
            request=_settled_by(found, changes[i]),
        )
        for i, row in enumerate(rows)
        if row.values or row.kind != "update"
    ]
    writes = bool(criteria)
    spans = parts(found.steps)
    tools = [step for step in found.steps if step.kind == "call"]
    for step in tools:
        if domain.tools[step.tool].ends == "answered":
            criteria += _answer(found, step)
    requests = [at for at, span in enumerate(spans) for _ in span]
    criteria += [
        Criterion(
            f"refused by {step.rule}", "refused", rule=step.rule, values=step.values, rests=step.rests, request=request
        )
        for step, request in zip(found.steps, requests, strict=True)
        if step.kind == "refuse"
    ]
    governed = ""
    for at in range(len(found.steps) - 1, -1, -1):  # what a read-back or a look governs is the next write, or refusal
        step = found.steps[at]
        if step.writes:
            governed = step.tool
        elif step.kind == "refuse":
            governed = ""
        elif step.kind == "confirm":
            name = step.tool or governed
            criteria.append(Criterion(f"confirmed {name}", "confirmed", "process", values=step.values, tool=name))
        elif step.kind == "look" and step.values:
            what = step.rule or "the facts"
            criteria.append(
                Criterion(
                    f"looked at {what}",
                    "looked",
                    "process",
                    values=step.values,
                    rests=step.rests,
                    tool=governed,
                    rule=step.rule,
                )
            )
        elif step.kind == "tell":
            request = requests[at]
            tied = governed_write(found.steps[spans[request].start : at]) if writes else ""
            part = "process" if _settled(domain, [found.steps[i] for i in spans[request]], writes) else "outcome"
            told = f"told {_labels(step.values)}"
            criteria.append(Criterion(told, "told", part, values=step.values, tool=tied, request=request))
    for step in found.steps:
        if step.kind == "ask":
            criteria.append(Criterion(f"asked {', '.join(step.facts)}", "asked", "report", facts=step.facts))
        elif step.kind == "call" and not step.fault:
            criteria.append(
                Criterion(f"called {step.tool}", "called", "report", tool=step.tool, arguments=step.arguments)
            )
    return Outcome(tuple(rows), tuple(_distinct(criteria)))


def _settled_by(found: Run, change: Change) -> int:
    """The request by which a row was what it is in the end."""
    then = [step.result.get((change.table, change.key)) for step in found.steps if step.kind == "next"]
    return next((at for at, net in enumerate(then) if net == (change.before, change.after)), len(then))


def governed_write(before: Sequence[Step]) -> str:
    """The tool of the last write before a `tell`, of the same request; its rows must hold when the values are told."""
    return next((step.tool for step in reversed(before) if step.writes), "")


def _settled(domain: Domain, steps: Sequence[Step], writes: bool) -> bool:
    """Whether a request is settled by more than words that tell: by a write, a refusal or an answer."""
    return any(
        (step.writes and writes)
        or step.kind == "refuse"
        or (step.kind == "call" and domain.tools[step.tool].ends == "answered")
        for step in steps
    )


def _answer(found: Run, step: Step) -> list[Criterion]:
    """The answer, right only after what had to be asked and seen; and what it is to rest on: rows, else computation."""
    asked = tuple(fact for other in found.steps if other.kind == "ask" for fact in other.facts)
    right = next(iter(step.arguments.values()), None)
    out = [
        Criterion("answered", "answer", answer=right, tolerance=1e-6, facts=asked, values=step.rests, slips=step.slips)
    ]
    if step.values:
        out.append(Criterion("looked before answering", "looked", "process", values=step.values, tool=step.tool))
    elif step.used:
        out += [Criterion(f"used {tool}", "used", "process", tool=tool) for tool in step.used]
    return out


def _labels(values: Sequence[Value]) -> str:
    return ", ".join(value.label or str(value.value) for value in values)


def _distinct(criteria: Sequence[Criterion]) -> list[Criterion]:
    seen: dict[str, int] = {}
    out: list[Criterion] = []
    for criterion in criteria:
        count = seen[criterion.name] = seen.get(criterion.name, 0) + 1
        out.append(criterion if count == 1 else _replace(criterion, name=f"{criterion.name} ({count})"))
    return out


def _row_changes(domain: Domain, changes: Sequence[Change], made: Sequence[str]) -> list[RowChange]:
    """Expected row changes: ignored columns left out, generated ids replaced by the change that makes them."""
    keys = {
        change.key[0]: i
        for i, change in enumerate(changes)
        if change.before is None and len(change.key) == 1 and change.key[0] in made
    }
    out: list[RowChange] = []
    for i, change in enumerate(changes):
        table = domain.schema.tables[change.table]
        if change.after is None:
            out.append(RowChange(change.table, "delete", change.key))
            continue
        values: dict[str, Any] = {}
        for column, value in change.after.items():
            if f"{change.table}.{column}" in domain.ignored:
                continue
            if value in keys and keys[value] != i:
                values[column] = {"new": keys[value]}
            elif change.before is not None or column not in table.key or value not in made:
                values[column] = value
        update = change.before is not None
        out.append(RowChange(change.table, "update" if update else "insert", change.key if update else (), values))
    return out


def _milestones(domain: Domain, found: Run, facts: Sequence[Fact]) -> tuple[Value, ...]:
    """What the oracle comes to know: facts it asks for, and what calls or an answer rest on and the user never said."""
    said = {(fact.column, fact.value) for fact in facts}
    out: dict[Value, None] = {}
    for step in found.steps:
        if step.kind in ("ask", "change"):
            for name in step.facts:
                out[Value(None, "text", name)] = None
        elif step.kind == "call":
            for name, column in domain.tools[step.tool].refers:
                value = step.arguments.get(name)
                if value is not None and (column, value) not in said:
                    out[Value(value, "id", "", column)] = None
            for found_value in (*step.values, *step.rests):
                if found_value.column and (found_value.column, found_value.value) not in said:
                    out[Value(found_value.value, "id", "", found_value.column)] = None
    return tuple(out)


def _plain(struct: Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _replace(struct: Any, **changes: Any) -> Any:
    return type(struct)(**{**_plain(struct), **changes})
