"""Errors by kind: each wrong answer that a task keeps is wrong, pays nothing, and is recognised."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from agentgym.episode import Episode
from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.synthesis.slips import KINDS, Slip, slip_of
from agentgym.types import Action, Call, Criterion, Task

PACKS = ("numbers", "archive")


def answer_of(task: Task) -> Criterion:
    return next(c for c in task.outcomes[0].criteria if c.kind == "answer")


def submit(answer: str) -> Action:
    return Action(calls=(Call("submit_answer", {"answer": answer}),))


def lookup(table: str, entry: str) -> Action:
    return Action(calls=(Call("table_lookup", {"table": table, "entry": entry}),))


def outcome(pack: Pack, task: Task, actions: Iterable[Action]) -> tuple[Slip | None, float | None]:
    with Episode(pack, task) as episode:
        for action in actions:
            episode.apply(action)
        return slip_of(pack, task, episode.events), episode.score


@pytest.mark.parametrize("name", PACKS)
def test_every_kept_wrong_answer_is_wrong_and_recognised(name: str) -> None:
    pack = load(name)
    kinds: set[str] = set()
    for seed in range(len(pack.branches("train"))):
        task = pack.task(seed)
        wanted = answer_of(task)
        assert outcome(pack, task, task.oracle) == (None, pytest.approx(1.0))
        before: set[str] = set()
        for kind, values in wanted.slips.items():
            for value in values:
                found, score = outcome(pack, task, [*task.oracle[:-1], submit(value)])
                assert score == 0.0, (task.ledger.opening, kind, value)
                assert found is not None
                assert found.kind == kind or value in before, (task.ledger.opening, found)
                assert (found.right, found.given) == (wanted.answer, value)
            before |= set(values)
        kinds |= set(wanted.slips)
    assert kinds >= {"missing_step", "wrong_value", "off_by_one"}
    assert kinds <= set(KINDS)


def test_an_answer_before_its_time() -> None:
    pack = load("numbers")
    task = pack.task(3, workflow="which_shop", branch="given")
    ask, *rest = task.oracle
    found, score = outcome(pack, task, rest)
    assert found == Slip(
        "early_answer", "submitted before shop was asked for", answer_of(task).answer, found and found.given
    )
    assert score == 0.0
    found, _ = outcome(pack, task, [ask, submit("1")])
    assert found is not None
    assert (found.kind, found.why) == ("early_answer", "submitted before anything was looked up or computed")
    unknown = pack.task(3, workflow="price", branch="unknown")
    found, score = outcome(pack, unknown, [lookup("weeks", "week 1"), submit("unknown")])
    assert found is not None
    assert (found.kind, score) == ("early_answer", 0.0)


def test_the_wrong_tool_a_step_too_few_and_a_wrong_value() -> None:
    pack = load("numbers")
    task = pack.task(2, workflow="convert", branch="given")
    unit = str(task.bind["big"])
    found, _ = outcome(pack, task, [lookup("prices", unit), submit("1")])
    assert found is not None
    assert (found.kind, found.why) == ("wrong_tool", "table_lookup prices in place of calculator")
    found, _ = outcome(pack, task, [task.oracle[0], submit("1")])
    assert found is not None
    assert (found.kind, found.why) == ("missing_step", "no call of calculator")
    found, _ = outcome(pack, task, [*task.oracle[:-1], submit("1")])
    assert found is not None
    assert found.kind == "wrong_value"
    found, _ = outcome(pack, task, task.oracle[:-1])
    assert found is not None
    assert (found.kind, found.given) == ("missing_step", None)


def test_a_hop_too_few_is_a_missing_step() -> None:
    pack = load("archive")
    task = pack.task(2, workflow="river", branch="stated")
    found, _ = outcome(pack, task, [*task.oracle[:4], submit("Nowhere")])
    assert found is not None
    assert (found.kind, found.why) == ("missing_step", "no call of open")
    found, _ = outcome(pack, task, [*task.oracle[:4], submit(str(task.bind["town"]))])
    assert found is not None
    assert (found.kind, found.why) == ("missing_step", "the answer that this error gives")


def test_a_right_answer_without_a_tool_is_no_slip() -> None:
    pack = load("numbers")
    task = pack.task(2, workflow="convert", branch="given")
    assert outcome(pack, task, [submit(answer_of(task).answer)]) == (None, pytest.approx(0.9))


def test_tasks_without_an_answer_have_no_slips() -> None:
    pack = load("clinic")
    with pytest.raises(UsageError, match="does not end with an answer"):
        slip_of(pack, pack.task(0), [])
