"""The vector environment: what Gymnasium's own makes of the same sub-environments, step by step; and groups."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from agentgym import AgentToolEnv, AgentToolVectorEnv
from agentgym.errors import NotFoundError, UsageError
from agentgym.types import Action, Call

MODES = ("NextStep", "SameStep", "Disabled")
N = 4


def same(ours: Any, theirs: Any, where: str = "") -> None:
    """Equal, types and shapes included."""
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key in theirs:
            same(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, np.ndarray):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), where
        for one, other in zip(ours, theirs, strict=True):
            same(one, other, where)
    elif isinstance(theirs, tuple):
        assert type(ours) is tuple, where
        for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{where}[{i}]")
    elif isinstance(theirs, float | np.floating) and np.isnan(theirs):
        assert np.isnan(ours), where
    else:
        assert type(ours) is type(theirs), where
        assert ours == theirs, where


def written(action: Action) -> str:
    """An action as a model would write it."""
    calls = [msgspec.json.encode(call).decode() for call in action.calls if isinstance(call, Call)]
    return action.words + "".join(f"<tool_call>{call}</tool_call>" for call in calls)


def oracles(envs: Any) -> list[str]:
    """The next action of each episode's oracle; odd sub-environments do something else now and then."""
    actions: list[str] = []
    for i, env in enumerate(envs):
        episode = env.episode
        at = episode.turns if episode is not None else 0
        script = episode.task.oracle if episode is not None else ()
        if i % 2 and at % 3 == 1:
            actions.append("<tool_call>no json</tool_call>" if at < 9 else "Goodbye. \ud800")
        else:
            actions.append(written(script[at]) if at < len(script) else "It is done. Anything else?")
    return actions


def pair(mode: str, **arguments: Any) -> tuple[AgentToolVectorEnv, SyncVectorEnv]:
    ours = AgentToolVectorEnv(N, "clinic", autoreset_mode=mode, **arguments)
    makers: list[Callable[[], Any]] = [lambda: AgentToolEnv("clinic", **arguments)] * N
    return ours, SyncVectorEnv(makers, autoreset_mode=mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("arguments", [{}, {"split": "test", "reward": "episode"}, {"seat": "user_0"}], ids=str)
def test_it_is_what_gymnasium_makes_of_the_same_environments(mode: str, arguments: dict[str, Any]) -> None:
    ours, theirs = pair(mode, **arguments)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.metadata == theirs.metadata
    same(ours.reset(seed=5), theirs.reset(seed=5))
    ended = 0
    for _ in range(60):
        actions = oracles(ours.envs)
        assert actions == oracles(theirs.envs)
        found = ours.step(actions)
        same(found, theirs.step(actions))
        done = found[2] | found[3]
        ended += int(done.sum())
        if mode == "Disabled" and done.any():
            same(ours.reset(options={"reset_mask": done}), theirs.reset(options={"reset_mask": done.copy()}))
    assert ended >= N
    same(ours.reset(), theirs.reset())
    same(ours.reset(seed=[3, None, 7, 3]), theirs.reset(seed=[3, None, 7, 3]))
    for env in (ours, theirs):
        env.close()


def test_options_reach_every_episode() -> None:
    ours, theirs = pair("Disabled")
    options = {"workflow": "cancel"}
    same(ours.reset(seed=1, options=options), theirs.reset(seed=1, options=options))
    assert {env.episode.task.workflow for env in ours.envs if env.episode} == {"cancel"}
    mask = np.array([True, False, False, True])
    given = {"workflow": "book", "reset_mask": mask}
    same(ours.reset(seed=9, options=given), theirs.reset(seed=9, options={**given}))
    assert set(given) == {"workflow", "reset_mask"}, "the caller's options stay as they are"
    ours.close()
    theirs.close()


@pytest.mark.parametrize("vectorization_mode", [None, "vector_entry_point"])
def test_gymnasium_makes_it(vectorization_mode: str | None) -> None:
    arguments: dict[str, Any] = {"vectorization_mode": vectorization_mode} if vectorization_mode else {}
    env = gymnasium.make_vec("AgentTool-v0", num_envs=8, pack="clinic", group=4, **arguments)
    assert isinstance(env, AgentToolVectorEnv)
    assert (env.num_envs, env.group) == (8, 4)
    assert env.metadata["autoreset_mode"] is AutoresetMode.DISABLED
    observations, infos = env.reset(seed=0)
    assert env.observation_space.contains(observations)
    assert list(infos["task_id"]) == [infos["task_id"][0]] * 4 + [infos["task_id"][4]] * 4
    env.step(env.action_space.sample())
    assert "AgentTool-v0" in repr(env)
    env.close()
    env.close()


# --- groups ---


def ids(env: AgentToolVectorEnv) -> list[str]:
    return [one.episode.task.id for one in env.envs if one.episode is not None]


def groups_agree(env: AgentToolVectorEnv) -> bool:
    found = ids(env)
    return all(len(set(found[i : i + env.group])) == 1 for i in range(0, len(found), env.group))


def test_a_group_shares_its_task() -> None:
    env = AgentToolVectorEnv(6, "clinic", group=3)
    env.reset(seed=10)
    assert [one.episode.task.seed for one in env.envs if one.episode] == [10, 10, 10, 11, 11, 11]
    first = ids(env)
    for _ in range(3):
        env.reset()
        assert groups_agree(env)
        assert ids(env) != first
    env.reset(seed=[10, 11])
    assert ids(env) == first
    env.reset(seed=[10] * 3 + [11] * 3)
    assert ids(env) == first
    env.reset(options={"reset_mask": np.array([True] * 3 + [False] * 3)})
    assert groups_agree(env)
    assert ids(env)[3:] == first[3:]
    with pytest.raises(ValueError, match="6 seeds, or 2"):
        env.reset(seed=[1, 2, 3])
    env.close()


def test_an_unseeded_group_shares_its_task_too() -> None:
    env, other = AgentToolVectorEnv(4, "clinic", group=2), AgentToolVectorEnv(4, "clinic", group=2)
    env.reset()
    other.reset()
    assert groups_agree(env)
    assert ids(env) != ids(other)
    env.reset(seed=1)
    other.reset(seed=1)
    env.reset()
    other.reset()
    assert ids(env) == ids(other)
    env.close()
    other.close()


def test_the_kth_episode_of_each_member_is_the_same() -> None:
    env = AgentToolVectorEnv(4, "clinic", group=2, autoreset_mode="SameStep")
    env.reset(seed=1)
    played: list[list[str]] = [[one] for one in ids(env)]
    for _ in range(120):
        *_, terminations, truncations, _ = env.step(oracles(env.envs))
        for i in np.flatnonzero(terminations | truncations):
            played[i].append(ids(env)[i])
    assert min(map(len, played)) > 3
    for one, other in ((0, 1), (2, 3)):
        count = min(len(played[one]), len(played[other]))
        assert played[one][:count] == played[other][:count]
    assert len(played[0]) != len(played[1]), "a member that does worse is slower"
    env.close()


# --- off is off ---


def test_an_episode_that_has_ended_waits() -> None:
    env = AgentToolVectorEnv(2, "clinic")
    env.reset(seed=0)
    done = np.zeros(2, np.bool_)
    for _ in range(60):
        actions: list[Any] = oracles(env.envs)
        if done[0]:
            break
        observations, _, terminations, truncations, _ = env.step(actions)
        done = terminations | truncations
    assert list(done) == [True, False]
    with pytest.raises(UsageError, match="sub-environment 0 has ended"):
        env.step(actions)
    actions[0] = None
    later, rewards, terminations, truncations, infos = env.step(actions)
    assert later["transcript"][0] == observations["transcript"][0]
    assert rewards[0] == 0.0
    assert terminations[0] or truncations[0]
    assert not infos["_task_id"][0]
    assert infos["_task_id"][1]
    env.close()


def test_rewards_sum_to_the_score() -> None:
    env = AgentToolVectorEnv(8, "clinic")
    _, infos = env.reset(seed=0)
    done, total, scores = np.zeros(8, np.bool_), np.zeros(8), [None] * 8
    while not done.all():
        actions = [None if over else action for over, action in zip(done, oracles(env.envs), strict=True)]
        _, rewards, terminations, truncations, infos = env.step(actions)
        total += rewards
        done = terminations | truncations
        for i in range(8):
            if infos["_score"][i] and infos["score"][i] is not None:
                scores[i] = infos["score"][i]
    assert total == pytest.approx(np.array(scores, float), abs=1e-9)
    env.close()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="multiple of group"):
        AgentToolVectorEnv(6, "clinic", group=4)
    with pytest.raises(UsageError, match="multiple of group"):
        AgentToolVectorEnv(0, "clinic")
    with pytest.raises(NotFoundError, match="SameStep"):
        AgentToolVectorEnv(2, "clinic", autoreset_mode="same")
    with pytest.raises(NotFoundError, match="clinic"):
        AgentToolVectorEnv(2, "clinc")
    env = AgentToolVectorEnv(2, "clinic")
    with pytest.raises(UsageError):
        env.step(["Hello.", "Hello."])
    with pytest.raises(UsageError, match="all sub-environments"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    with pytest.raises(UsageError, match="expected 2 actions, found 1"):
        env.step(["Hello."])
    for mask, error in (
        ([True, False], TypeError),
        (np.ones(2), TypeError),
        (np.ones(3, bool), ValueError),
        (np.zeros(2, bool), ValueError),
    ):
        with pytest.raises(error):
            env.reset(options={"reset_mask": mask})
    with pytest.raises(NotFoundError, match="reset option"):
        env.reset(options={"workflw": "cancel"})
    env.close()


def test_rendering_is_one_for_each() -> None:
    env = AgentToolVectorEnv(2, "clinic", render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == tuple(one.view.transcript for one in env.envs if one.view)
    env.close()


def test_closing_gives_the_memory_back() -> None:
    def once() -> None:
        env = AgentToolVectorEnv(16, "clinic")
        env.reset(seed=0)
        env.step(["Hello, one moment."] * 16)
        env.close()
        assert env.pool.count == 0
        assert all(one.episode is None for one in env.envs)

    once()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(5):
        once()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 300_000
