"""Demonstrations that think before they decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from agentgym.pack import load
from agentgym.rollout import Conversation, rollout
from agentgym.training.data import TaskStream, conversations, demonstrations

THOUGHT = re.compile(r"<think>It is (\d{4}-\d\d-\d\d \d\d:\d\d)\. (.*)</think>")


class Recital:
    """Says what the assistant said in given conversations, one for each task."""

    def __init__(self, talks: list[list[str]]) -> None:
        self.talks = talks

    def generate(self, conversations: Sequence[Conversation], /) -> list[object]:
        return [self.talks[one.group].pop(0) for one in conversations]


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
