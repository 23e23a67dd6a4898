"""Demonstrations that grant what a rule forbids, as often as they are told to."""

from __future__ import annotations

import re

import pytest

from agentgym.pack import Pack, load
from agentgym.policies import run_of
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.lenient import lenient_run

VERDICT = re.compile(r"R\d+: [^.]*?, (yes|no)\.(?: |<|$)")


def verdicts(talk: list[dict[str, str]]) -> set[str]:
    return {found for message in talk for found in VERDICT.findall(message["content"])}


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_what_is_forbidden_is_granted_and_the_rest_left_alone(name: str) -> None:
    pack = load(name)
    tasks = TaskStream([pack]).next(60)
    right, lenient = list(demonstrations(tasks)), list(demonstrations(tasks, 1.0))
    before = list(conversations(right, "bare", thoughts=[pack]))
    after = list(conversations(lenient, "bare", thoughts=[pack], lenient=1.0))
    assert len(before) == len(after) == len(tasks)
    granted = 0
    for (_, task), trace, one, other in zip(tasks, lenient, before, after, strict=True):
        if lenient_run(pack, task, 1.0).path == run_of(pack, task).path:
            assert one == other, "nothing to grant, and no other word"
            assert trace.success
        else:
            granted += 1
            assert not trace.success, task.id
            assert "no" not in verdicts(other), "the thought says what is then done"
    assert granted > 10


def test_as_often_as_it_is_told_and_the_same_each_time(clinic: Pack) -> None:
    tasks = [task for _, task in TaskStream([clinic]).next(300)]
    all_ = [lenient_run(clinic, task, 1.0).path for task in tasks]
    some = [lenient_run(clinic, task, 0.6).path for task in tasks]
    mine = [run_of(clinic, task).path for task in tasks]
    could = [at for at, path in enumerate(mine) if path != all_[at]]
    done = [at for at in could if some[at] != mine[at]]
    assert 0.45 < len(done) / len(could) < 0.75
    assert some == [lenient_run(clinic, task, 0.6).path for task in tasks]
    assert mine == [lenient_run(clinic, task, 0.0).path for task in tasks]
