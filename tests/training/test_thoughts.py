"""Demonstrations that think before they decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

import pytest

from agentgym.pack import load
from agentgym.rollout import Conversation, rollout
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.thoughts import distance

THOUGHT = re.compile(r"<think>It is (\d{4}-\d\d-\d\d \d\d:\d\d)\. (.*)</think>")


class Recital:
    """Says what the assistant said in given conversations, one for each task."""

    def __init__(self, talks: list[list[str]]) -> None:
        self.talks = talks

    def generate(self, conversations: Sequence[Conversation], /) -> list[object]:
        return [self.talks[one.group].pop(0) for one in conversations]


NOW = datetime.fromisoformat("2026-03-10 10:25")


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-03-10", "(today)"),
        ("2026-03-11", "(in 1 day)"),
        ("2026-01-22", "(47 days ago)"),
        ("2026-03-09", "(1 day ago)"),
        ("2026-03-10 10:25", "(in 0:00 h)"),
        ("2026-03-11 10:20", "(in 23:55 h)"),
        ("2026-03-11 10:25", "(in 1 day)"),
        ("2026-03-13 10:20", "(in 2 days)"),
        ("2026-03-10 09:21", "(1:04 h ago)"),
        ("2026-03-08 10:25", "(2 days ago)"),
    ],
)
def test_days_are_counted_whole(when: str, said: str) -> None:
    assert distance(NOW, datetime.fromisoformat(when) if ":" in when else date.fromisoformat(when)) == said


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_verdicts_are_those_of_the_branch(name: str) -> None:
    pack = load(name)
    tasks = TaskStream([pack]).next(80)
    talks = conversations(demonstrations(tasks), "bare", thoughts=[pack])
    refused, verdicts = 0, set[str]()
    for (_, task), talk in zip(tasks, talks, strict=True):
        thought = next((found[2] for m in talk for found in [THOUGHT.match(m["content"])] if found), "")
        said = dict(re.findall(r"R(\d+): [^.]*?, (yes|no)\.(?: |$)", thought))
        verdicts |= set(said.values())
        for rule in {c.rule for c in task.outcomes[0].criteria if c.kind == "refused"}:
            number = str(list(pack.domain.rules).index(rule) + 1)
            if number in said:
                assert said[number] == "no", task.id
                refused += 1
    assert refused > 5
    assert verdicts == {"yes", "no"}


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_the_oracle_says_what_it_decides_on_and_wins_as_before(name: str) -> None:
    pack = load(name)
    tasks = TaskStream([pack]).next(60)
    traces = list(demonstrations(tasks))
    plain, thinking = (list(conversations(traces, "bare", thoughts=packs)) for packs in ((), [pack]))
    thoughts = 0
    for (_, task), before, after in zip(tasks, plain, thinking, strict=True):
        changed = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
        rests = [c for c in task.outcomes[0].criteria if c.kind == "looked"]
        assert len(changed) <= (1 if rests else 0)
        for at in changed:
            found = THOUGHT.match(after[at]["content"])
            assert found
            assert after[at]["content"][found.end() :].strip() == before[at]["content"]
            assert all(str(value.value) in found[2] for criterion in rests for value in criterion.values)
            decided = [i for i, m in enumerate(before) if re.search(r"\brule R\d", m["content"])]
            assert not decided or at <= decided[0]
            thoughts += 1
    assert thoughts > 30
    recital = Recital([[m["content"] for m in talk if m["role"] == "assistant"] for talk in thinking])
    assert all(played.trace.success for played in rollout(tasks, recital))
