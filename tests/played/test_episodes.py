"""Episodes with a tool that is played: the same recordings give the same bytes, and no answer gives no score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import msgspec
import pytest

import agentgym  # noqa: F401  registers the environments
from agentgym.certify import certify, certify_pack, certify_tasks
from agentgym.episode import Episode
from agentgym.errors import ReplayError, UsageError, unanswered
from agentgym.pack import Pack, load
from agentgym.policies import policy
from agentgym.rollout import play, run
from agentgym.tool import Question, Recordings
from agentgym.trace import dumps, read_traces, replay
from agentgym.types import Called
from agentgym.views import with_view
from tests.played.conftest import SEEDS
from tests.played.mechanic import REPAIR, Mechanic, diagnosis

CALL = '<tool_call>{"name": "diagnose", "arguments": {"machine_id": "%s"}}</tool_call>'


def calls(episode: Episode) -> list[Called]:
    return [event for event in episode.events if isinstance(event, Called)]


def machines(pack: Pack, task: Any) -> list[str]:
    return [found for (found,) in pack.image(task.split, task.world_seed).query("SELECT machine_id FROM machines")]


def test_the_same_recordings_give_the_same_bytes(repair: Pack, answers: Path) -> None:
    lines: list[list[str]] = []
    for model in (None, Mechanic(lambda question: pytest.fail("all is recorded"))):
        with Recordings(answers, add=False) as kept:
            pack = repair.played(kept, model)
            lines.append([dumps(play(pack, pack.task(seed, "test"), policy("oracle"))) for seed in SEEDS])
    assert lines[0] == lines[1]
    traces = [
        play(load(REPAIR).played(Recordings(answers, add=False)), repair_task(answers, n), policy("oracle"))
        for n in SEEDS
    ]
    assert [dumps(trace) for trace in traces] == lines[0]
    assert {trace.score for trace in traces} == {1.0}


def repair_task(answers: Path, seed: int) -> Any:
    with Recordings(answers, add=False) as kept:
        return load(REPAIR).played(kept).task(seed, "test")


def test_a_model_is_asked_once(repair: Pack) -> None:
    mechanic = Mechanic()
    pack = repair.played(model=mechanic)
    task = pack.task(0)
    assert len(mechanic.asked) == 1
    for _ in range(2):
        with Episode(pack, task) as episode:
            for action in task.oracle:
                episode.apply(action)
            assert episode.score == 1.0
            first = [call for call in calls(episode) if call.name == "diagnose"]
    assert len(mechanic.asked) == 1
    assert list(first[0].result) == ["part_id", "percent", "remark"], (
        "as a row of SQL: fields in order, absent ones null"
    )
    assert first[0].result["percent"] == 70
    assert type(first[0].result["percent"]) is int
    question = mechanic.asked[0]
    assert question.arguments == {"machine_id": first[0].arguments["machine_id"]}
    assert set(question.sees) == {"machine", "parts"}


def test_without_an_answer_an_episode_is_invalid_and_says_why(repair: Pack, answers: Path) -> None:
    task = repair_task(answers, 0)
    trace = play(repair, task, policy("oracle"))
    assert (trace.ending, trace.valid, trace.score) == ("tool_broke", False, None)
    assert trace.reason == (
        "tool diagnose: no answer: nothing is recorded for these arguments in this state, and there is no model to "
        "ask; give --tool-model or --recordings"
    )
    assert unanswered(trace.reason)
    replay(trace, repair)
    with Recordings(answers, add=False) as kept:
        whole = repair.played(kept)
        replay(play(whole, task, policy("oracle")), whole)
        with pytest.raises(ReplayError):
            replay(trace, whole)
        with pytest.raises(ReplayError, match="diagnose"):
            replay(play(whole, task, policy("oracle")), repair)


WRONG: dict[str, tuple[Callable[[Question], object], str]] = {
    "another type": (lambda q: "P1", "expected an object"),
    "a list": (lambda q: [diagnosis(q.sees)], "expected an object"),
    "a field too few": (lambda q: {"percent": 3}, "missing `part_id`"),
    "a field too many": (lambda q: {**diagnosis(q.sees), "cost": 3}, "no parameter `'cost'`"),
    "out of bounds": (lambda q: {**diagnosis(q.sees), "percent": 0}, "between 1 and 100"),
    "too long": (lambda q: {**diagnosis(q.sees), "remark": "x" * 201}, "longer than 200"),
    "an id that was made up": (lambda q: {**diagnosis(q.sees), "part_id": "P00000"}, "there is no parts.part_id"),
    "no text": (lambda q: {**diagnosis(q.sees), "remark": "\ud800"}, "surrogates"),
    "a mistake of its own": (lambda q: 1 // 0, "mechanic: ZeroDivisionError"),
    "a mistake that looks like the caller's": (lambda q: int("x"), "mechanic: ValueError"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_answer_that_does_not_fit_is_not_used(repair: Pack, answers: Path, tmp_path: Path, what: str) -> None:
    answer, words = WRONG[what]
    with Recordings(tmp_path / "new.jsonl") as kept:
        trace = play(repair.played(kept, Mechanic(answer)), repair_task(answers, 0), policy("oracle"))
        assert len(kept) == 0
    assert (trace.ending, trace.valid, trace.score) == ("tool_broke", False, None)
    assert unanswered(trace.reason)
    assert words in trace.reason
    assert dumps(trace)


def test_a_recording_is_checked_when_it_is_used(repair: Pack, answers: Path, tmp_path: Path) -> None:
    file = tmp_path / "forged.jsonl"
    for old, new, words in (
        (b'"percent":70', b'"percent":700', "does not fit: `percent` must lie"),
        (b'"answer":{"part_id":"P', b'"answer":{"part_id":"X', "there is no parts.part_id"),
    ):
        file.write_bytes(answers.read_bytes().replace(old, new))
        with Recordings(file, add=False) as kept:
            trace = play(repair.played(kept), repair_task(answers, 0), policy("oracle"))
        assert not trace.valid
        assert words in trace.reason


def test_a_file_that_is_spoiled_meanwhile_is_no_answer(repair: Pack, answers: Path, tmp_path: Path) -> None:
    file = tmp_path / "spoiled.jsonl"
    file.write_bytes(b"")
    with Recordings(file) as kept:
        pack = repair.played(kept, Mechanic())
        file.write_bytes(b"nonsense\n")
        trace = play(pack, repair_task(answers, 0), policy("oracle"))
    assert unanswered(trace.reason)
    assert "spoiled.jsonl:1: not a recording" in trace.reason


def test_a_guard_answers_before_anybody_is_asked(repair: Pack, answers: Path) -> None:
    mechanic = Mechanic()
    with Episode(repair.played(model=mechanic), repair_task(answers, 0)) as episode:
        episode.apply(CALL % "M00000")
        assert calls(episode)[-1].error == "not_found"
        assert not episode.ending
    assert not mechanic.asked


def test_an_answer_grounds_what_it_names(repair: Pack, answers: Path) -> None:
    task = repair_task(answers, 0)
    with Episode(repair.played(model=Mechanic()), task) as episode:
        for action in task.oracle[:2]:
            episode.apply(action)
        episode.apply(CALL % calls(episode)[-1].result["machine_id"])
        found = calls(episode)[-1]
        assert found.result["part_id"] in episode.tracker.known["parts.part_id"]
        twin = episode.fork()
        twin.apply(CALL % found.arguments["machine_id"])
        assert calls(twin)[-1].result == found.result
        twin.close()


def test_one_answers_in_place_of_nothing_recorded(repair_copy: Callable[..., Path], answers: Path) -> None:
    """A policy that asks something else does not get away with an invalid episode."""
    otherwise = (
        '    replay: true\n    unrecorded: {code: not_found, else: "nobody knows about {machine_id}"}\n    sees:\n'
    )
    pack = load(repair_copy(("    sees:\n", otherwise), recordings=answers.read_bytes()))
    task = pack.task(0)
    with Episode(pack, task) as episode:
        other = next(name for name in machines(pack, task) if name != task.bind["machine_id"])
        episode.apply(CALL % other)
        assert calls(episode)[-1].result == {"error": {"code": "not_found", "message": f"nobody knows about {other}"}}
        assert (episode.errors, episode.ending) == (1, "")
        for action in task.oracle:
            episode.apply(action)
        assert episode.score == 1.0
    assert certify(pack, task).ok


def test_replay_asks_its_pack_alone(repair_copy: Callable[..., Path], answers: Path) -> None:
    mechanic = Mechanic()
    task = load(repair_copy(recordings=answers.read_bytes())).task(0)
    pack = load(repair_copy(("    sees:\n", "    replay: true\n    sees:\n"))).played(
        Recordings(answers, add=False), mechanic
    )
    task = msgspec.structs.replace(task, pack_digest=pack.digest)
    assert "no answer: the pack has no recording" in play(pack, task, policy("oracle")).reason
    assert not mechanic.asked


def test_views_ask_the_same(repair: Pack, answers: Path) -> None:
    with Recordings(answers, add=False) as kept:
        pack = repair.played(kept)
        task = with_view(pack, pack.task(0), "renamed,shuffled,distractors")
        assert pack.shown(task).tools["diagnose"].shown != "diagnose"
        assert play(pack, task, policy("oracle")).score == 1.0
        assert certify(pack, task).ok


# --- certificates ---


def test_a_certificate_needs_the_recordings(repair: Pack, answers: Path) -> None:
    report = certify_pack(repair, range(2))
    assert not report.ok
    assert "no answer: nothing is recorded" in report.failures["made"][0]
    found = certify(repair, repair_task(answers, 0))
    assert (found.ok, found.gate) == (False, "recordings")
    assert "no answer: nothing is recorded" in found.witness


def test_an_episode_without_an_answer_proves_nothing(repair: Pack, answers: Path) -> None:
    """`essential` wants variants of the oracle to fail: failing for want of an answer does not count."""
    task = repair_task(answers, 0)
    other = next(name for name in machines(repair, task) if name != task.bind["machine_id"])
    with Recordings(answers, add=False) as kept:
        pack = repair.played(kept)
        assert certify(pack, task).ok
        oracle = tuple(
            msgspec.structs.replace(
                action,
                calls=tuple(
                    msgspec.structs.replace(call, arguments={"machine_id": other}) if call.name == "diagnose" else call
                    for call in action.calls
                ),
            )
            for action in task.oracle
        )
        assert certify(pack, msgspec.structs.replace(task, oracle=oracle)).gate == "recordings"


def test_several_processes_certify_from_a_file(repair: Pack, answers: Path) -> None:
    with Recordings(answers, add=False) as kept:
        pack = repair.played(kept)
        one, two = (certify_pack(pack, SEEDS, "test", workers=n) for n in (1, 2))
        assert two.ok
        assert one.digest == two.digest
        assert certify_tasks(pack, [pack.task(0)]).ok
    for played in (repair.played(kept, Mechanic()), repair.played(Recordings())):
        with pytest.raises(UsageError, match="workers"):
            certify_pack(played, SEEDS, workers=2)


# --- rollouts and environments ---


def test_a_rollout_plays_again_what_had_no_answer(repair: Pack, answers: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    tasks = [repair_task(answers, seed) for seed in SEEDS]
    found = run([(repair, task) for task in tasks], policy("oracle"), out, name="oracle")
    assert found.invalid_rate == 1.0
    assert found.score is None
    with Recordings(answers, add=False) as kept:
        pack = repair.played(kept)
        found = run([(pack, task) for task in tasks], policy("oracle"), out, name="oracle", concurrency=3)
    assert found.invalid_rate == 0.0
    assert found.score is not None
    assert found.score.value == 1.0
    assert len(read_traces(out)) == 2 * len(tasks)


def test_environments_take_a_pack_that_is_played(repair: Pack) -> None:
    mechanic = Mechanic()
    pack = repair.played(model=mechanic)
    env = gym.make("AgentTool-v0", pack=pack)
    _, info = env.reset(seed=0)
    assert len(mechanic.asked) == 1
    env.close()
    envs = gym.make_vec("AgentTool-v0", num_envs=4, group=2, pack=pack)
    envs.reset(seed=0)
    envs.close()
    discrete = gym.make("AgentToolDiscrete-v0", pack=pack)
    observation, info = discrete.reset(seed=0)
    while not info["ending"]:
        discrete.action_space.seed(0)
        action = discrete.action_space.sample(mask=observation["action_mask"])
        observation, _, _, _, info = discrete.step(action)
    assert info["valid"]
    discrete.close()
