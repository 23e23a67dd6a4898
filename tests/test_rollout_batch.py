"""Rollouts against batch policies: groups, places that are filled at once, faults that are never reward, truncation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import ServerTimeoutError, UsageError
from agentgym.pack import Pack
from agentgym.rollout import FULL, LATER, Conversation, Played, Settings, TraceFile, rollout
from agentgym.trace import loads, replay

QUESTION, CLOSING = "Could you tell me your phone number?", "I cannot help you. Goodbye."


def tasks(pack: Pack, count: int) -> list[tuple[Pack, Any]]:
    return [(pack, pack.task(seed)) for seed in range(count)]


def answer(conversation: Conversation) -> str:
    return QUESTION if len(conversation.messages) < 4 else CLOSING


class Batch:
    """Answers all at once, and notes how many it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def generate(self, conversations: Sequence[Conversation]) -> list[object]:
        self.asked.append([conversation.key for conversation in conversations])
        return [answer(conversation) for conversation in conversations]


class Waiting:
    """A server with delays of its own."""

    def __init__(self) -> None:
        self.live = self.most = 0

    async def generate(self, conversations: Sequence[Conversation]) -> list[object]:
        assert len(conversations) == 1
        self.live += 1
        self.most = max(self.most, self.live)
        await asyncio.sleep(0.001 * (conversations[0].key % 5))
        self.live -= 1
        return [answer(conversations[0])]


def steps_of(played: list[Played]) -> dict[tuple[int, int], Any]:
    return {(one.group, one.sample): (one.trace.task_id, one.trace.steps, one.trace.score) for one in played}


def test_batches_and_coroutines_play_the_same_episodes(clinic: Pack) -> None:
    one = list(rollout(tasks(clinic, 6), Batch(), samples=3, concurrency=7))
    other = list(rollout(tasks(clinic, 6), Waiting(), samples=3, concurrency=7))
    assert steps_of(one) == steps_of(other)
    assert set(steps_of(one)) == {(group, sample) for group in range(6) for sample in range(3)}
    assert len({played.key for played in one}) == 18


def test_who_is_still_at_a_turn_is_asked_again_beside_the_others(clinic: Pack) -> None:
    class Slow(Batch):
        def __init__(self) -> None:
            super().__init__()
            self.seen: dict[int, list[int]] = {}

        def generate(self, conversations: Sequence[Conversation]) -> list[object]:
            actions = super().generate(conversations)
            for at, conversation in enumerate(conversations):
                seen = self.seen.setdefault(conversation.key, [])
                seen.append(len(conversation.messages))
                if seen.count(seen[-1]) <= conversation.key % 3:
                    actions[at] = LATER
            return actions

    class SlowServer(Slow):
        async def generate(self, conversations: Sequence[Conversation]) -> list[object]:  # pyright: ignore[reportIncompatibleMethodOverride]
            return Slow.generate(self, conversations)

    expected = steps_of(list(rollout(tasks(clinic, 6), Batch(), samples=2, concurrency=5)))
    for policy in (Slow(), SlowServer()):
        assert steps_of(list(rollout(tasks(clinic, 6), policy, samples=2, concurrency=5))) == expected
        for key, seen in policy.seen.items():
            assert {seen.count(count) for count in seen} == {1 + key % 3}


def test_places_are_filled_at_once_and_never_more_than_there_are(clinic: Pack) -> None:
    batch, waiting = Batch(), Waiting()
    list(rollout(tasks(clinic, 10), batch, samples=2, concurrency=4))
    assert max(map(len, batch.asked)) == 4
    assert all(len(keys) == 4 for keys in batch.asked if max(keys) < 19), "a place stayed empty while there were tasks"
    list(rollout(tasks(clinic, 10), waiting, samples=2, concurrency=4))
    assert waiting.most == 4


def test_rewards_by_turn_sum_to_the_score(clinic: Pack) -> None:
    for played in rollout(tasks(clinic, 5), Batch()):
        assert len(played.rewards) == played.trace.turns
        assert sum(played.rewards) == pytest.approx(played.trace.score)


@pytest.mark.parametrize("raised", [True, False])
def test_a_fault_is_played_anew_and_never_paid(clinic: Pack, raised: bool) -> None:
    class Faulty(Batch):
        def generate(self, conversations: Sequence[Conversation]) -> list[object]:
            fault = ServerTimeoutError("no answer")
            if raised and len(self.asked) == 1:
                self.asked.append([])
                raise fault
            actions = super().generate(conversations)
            broken = [not raised and conversation.group == 1 for conversation in conversations]
            return [fault if bad else action for bad, action in zip(broken, actions, strict=True)]

    played = list(rollout(tasks(clinic, 3), Faulty(), samples=2, retries=2))
    assert len(played) == 6
    for one in played:
        broken = one.group == 1 and not raised
        assert one.trace.valid is not broken
        if broken:
            assert (one.trace.ending, one.trace.score) == ("policy_broke", None)
            assert "no answer" in one.trace.reason
        else:
            assert one.trace.score is not None


def test_a_full_context_truncates_and_replays(clinic: Pack) -> None:
    class Small(Batch):
        def generate(self, conversations: Sequence[Conversation]) -> list[object]:
            return [FULL if len(c.messages) > 3 else QUESTION for c in conversations]

    for played in rollout(tasks(clinic, 4), Small()):
        trace = played.trace
        assert (trace.ending, trace.truncated, trace.valid) == ("token_limit", True, True)
        assert sum(played.rewards) == pytest.approx(trace.score)
        replay(trace, clinic)


def test_a_file_keeps_what_was_played(clinic: Pack, tmp_path: Path) -> None:
    path, settings = tmp_path / "out.jsonl", Settings("0", "batch")
    with TraceFile(path, settings) as out:
        some = rollout(tasks(clinic, 4), Batch(), samples=2, concurrency=2, out=out)
        first = [next(some) for _ in range(3)]
        some.close()
    with TraceFile(path, settings) as out:
        rest = list(rollout(tasks(clinic, 4), Batch(), samples=2, concurrency=2, out=out))
    assert len(first) + len(rest) == 8
    lines = [loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({(trace.task_id, trace.sample) for trace in lines}) == 8


def test_a_policy_that_does_not_answer_for_all_is_told(clinic: Pack) -> None:
    class Short(Batch):
        def generate(self, conversations: Sequence[Conversation]) -> list[object]:
            return super().generate(conversations)[1:]

    with pytest.raises(UsageError, match="asked for 2 actions and gave 1"):
        list(rollout(tasks(clinic, 2), Short()))
    with pytest.raises(UsageError, match="samples must be at least 1"):
        list(rollout(tasks(clinic, 2), Batch(), samples=0))
