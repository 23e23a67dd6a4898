"""Tasks, renderings, advantages and regimes: what needs no torch."""

from __future__ import annotations

import json
from itertools import islice

import msgspec
import pytest

from agentgym.episode import Episode, View
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack, load
from agentgym.training.advantages import advantages, earned
from agentgym.training.data import TaskStream, conversations, demonstrations, held_out
from agentgym.training.policy import RENDERINGS, rendered, signatures
from agentgym.training.regimes import regime, regimes


def test_held_out_branches_are_never_trained_on(clinic: Pack) -> None:
    away = held_out(clinic, 0.2)
    assert 0.1 < len(away) / len(clinic.branches("train")) < 0.3
    trained = {(task.workflow, task.branch) for _, task in TaskStream([clinic], "train", 0.2).next(150)}
    tested = {(task.workflow, task.branch) for _, task in TaskStream([clinic], "test", 0.2, away=True).next(20)}
    assert trained
    assert not trained & away
    assert tested <= away
    assert {workflow for workflow, _ in away} <= {workflow for workflow, _ in trained}, "a workflow is gone whole"


def test_a_stream_of_tasks_goes_on_from_its_cursor(clinic: Pack) -> None:
    one, other = TaskStream([clinic], "train", 0.2), TaskStream([clinic], "train", 0.2)
    one.next(7)
    other.cursor = one.cursor
    assert [task.id for _, task in one.next(5)] == [task.id for _, task in other.next(5)]


def test_a_stream_of_some_workflows_has_their_tasks_alone(clinic: Pack) -> None:
    bank = load("bank")
    names = ("cancel", "refill")
    for options in ({}, {"split": "test"}, {"curriculum": "band"}):
        found = TaskStream([bank, clinic], hold_out=0.2, workflows=names, **options).next(30)
        assert {task.workflow for _, task in found} == set(names)
        assert {pack.name for pack, _ in found} == {"clinic"}
        assert not {(task.workflow, task.branch) for _, task in found} & held_out(clinic, 0.2)
    away = TaskStream([clinic], "test", 0.2, away=True, workflows=names).next(10)
    assert {(task.workflow, task.branch) for _, task in away} <= held_out(clinic, 0.2)
    ids = [task.id for _, task in TaskStream([clinic], workflows=names).next(8)]
    every = [task for _, task in TaskStream([clinic]).next(200)]
    assert ids == [task.id for task in every if task.workflow in names][:8], "a task is that of its seed"
    with pytest.raises(NotFoundError, match="Did you mean `cancel`"):
        TaskStream([clinic], workflows=["cancell"])
    with pytest.raises(UsageError, match="no branch of these workflows is held out"):
        TaskStream([clinic], "test", 0.2, away=True, workflows=["refill_when"])


def test_a_curriculum_learns_from_what_was_played_and_draws_nothing_held_out(clinic: Pack) -> None:
    bank = load("bank")
    away = {pack.name: held_out(pack, 0.2) for pack in (clinic, bank)}
    one = TaskStream([clinic, bank], "train", 0.2, curriculum="band", first=50)
    for pack, task in one.next(60):
        assert (task.workflow, task.branch) not in away[task.pack]
        assert pack.name == task.pack
        trace = next(demonstrations([(pack, task)]))
        one.played(task, [trace, msgspec.structs.replace(trace, valid=False, score=None)])
    assert one.curriculum is not None
    assert sum(one.curriculum.count.values()) == 60
    assert one.curriculum.skill > 0
    other = TaskStream([clinic, bank], "train", 0.2, curriculum="band")
    state = json.loads(json.dumps({"step": 3, **one.state()}))
    assert other.restore(state)["step"] == 3
    assert [task.id for _, task in one.next(5)] == [task.id for _, task in other.next(5)]
    with pytest.raises(NotFoundError, match="curriculum"):
        TaskStream([clinic], curriculum="hardest")


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_renderings_differ_in_the_system_message_alone(clinic: Pack, rendering: str) -> None:
    with Episode(clinic, clinic.task(0)) as episode:
        view = View(episode)
        full, shown = (rendered(view.messages, view.tools, name) for name in ("full", rendering))
        system = shown[0]["content"]
        assert full[1:] == shown[1:]
        assert (next(iter(clinic.rules.values())).say in system) == (rendering != "bare")
        assert ("find_patients" in system) == (rendering != "bare")
        assert "It is 2026-" in system
        assert len(system) <= len(full[0]["content"])
    with pytest.raises(NotFoundError, match="rendering"):
        rendered(view.messages, view.tools, "short")


def test_signatures_say_what_a_call_needs() -> None:
    schema = {"type": "object", "required": ["day"], "properties": {"day": {"type": "string"},
              "kind": {"enum": ["a", "b"]}, "ids": {"type": "array", "items": {"type": "integer"}}}}  # fmt: skip
    tool = {"type": "function", "function": {"name": "find", "description": "Find them.", "parameters": schema}}
    assert signatures([tool]) == "find(day: str, kind?: a|b, ids?: [int])  Find them."


def test_demonstrations_are_whole_conversations(clinic: Pack) -> None:
    found = list(conversations(demonstrations(islice(TaskStream([clinic]), 6)), "bare"))
    assert len(found) == 6
    for messages in found:
        assert messages[0]["role"] == "system"
        assert messages[1]["role"] == "user"
        assert {message["role"] for message in messages} <= {"system", "user", "assistant"}
        assert any("<tool_call>" in message["content"] for message in messages)


def test_advantages_of_episodes() -> None:
    found = advantages([[0.0, 1.0], [0.0], [0.5, 0.0, 0.0]], "episode", scale=False)
    assert found == [[0.5, 0.5], [-0.5], [0.0, 0.0, 0.0]]
    scaled = advantages([[0.0, 1.0], [0.0], [0.5, 0.0, 0.0]], "episode")
    assert scaled[0] == pytest.approx([0.5 / (1 / 6) ** 0.5] * 2, rel=1e-4)


def test_advantages_of_turns_are_what_follows_less_the_groups_mean_there() -> None:
    found = advantages([[0.2, 0.8], [0.1, -0.1], [0.0]], "turn", scale=False)
    assert found[0] == pytest.approx([1.0 - 1 / 3, 0.8 - 0.35])
    assert found[1] == pytest.approx([0.0 - 1 / 3, -0.1 - 0.35])
    assert found[2] == pytest.approx([-1 / 3])


def test_what_came_after_the_last_turn_is_the_last_ones() -> None:
    assert earned([0.1, 0.2, -0.3], 2) == pytest.approx([0.1, -0.1])
    assert earned([0.1, 0.2], 2) == [0.1, 0.2]


def test_regimes() -> None:
    losses = [3.0, 1.5, 1.005, 1.0, 1.05, 1.2, 0.99, 1.0]
    assert regimes(losses) == ["adaptive", "adaptive", "stable", "stable", "mild", "severe", "stable", "stable"]
    assert [regime(losses[: at + 1]) for at in range(6)] == [
        "stable", "adaptive", "adaptive", "stable", "mild", "severe",
    ]  # fmt: skip
    late = regimes([1.0, 1.2, 0.8, 0.9])
    assert late == ["adaptive", "adaptive", "stable", "severe"]
    assert regimes([]) == []
