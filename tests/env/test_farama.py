"""Farama's own tests, unmodified, and their wrappers, vectors, specs and renderings around our environments.

Warnings are errors here (pyproject.toml), with the exceptions that stand there (advice of `api_test` on observations
that are not arrays, of `check_env` on environments without a spec) and one more: its advice on actions of text.
"""

from __future__ import annotations

import copy
import importlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import PassiveEnvChecker, RecordEpisodeStatistics, TimeLimit
from pettingzoo.test import api_test, parallel_api_test, seed_test

import agentgym
from agentgym.errors import NotFoundError, UsageError
from agentgym.spaces import TextSpace

TEXT = ("AgentTool-v0", "AgentTool-Clinic-v0")
NUMERIC = ("AgentToolDiscrete-v0", "AgentToolDiscrete-Clinic-v0")
ALL = TEXT + NUMERIC
SEATS = ("assistant_0", "user_0")
ASK = "Could you tell me your phone number, please?"


def numeric_is_there() -> bool:
    """Whether the numeric view has been written."""
    try:
        numeric = importlib.import_module("agentgym.numeric")
    except ImportError:
        return False
    return all(hasattr(numeric, f"AgentToolDiscrete{view}") for view in ("Env", "AEC", "Parallel"))


@pytest.fixture(autouse=True)
def _needs_numeric(request: pytest.FixtureRequest) -> None:
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name in NUMERIC and not numeric_is_there():
        pytest.skip("agentgym.numeric is not written yet")


# --- registration ---


def test_ids_are_registered() -> None:
    assert set(ALL) <= set(gymnasium.registry)
    for name in ALL:
        spec = gymnasium.spec(name)
        assert isinstance(spec.entry_point, str), "a worker has to be able to make it"
        assert isinstance(spec.to_json(), str)
    importlib.reload(agentgym.registration)
    agentgym.registration.register_envs()  # a second time changes nothing and warns of nothing


@pytest.mark.parametrize("name", ALL)
def test_spec_survives_copy_pickle_and_json(name: str) -> None:
    env = gymnasium.make(name)
    spec = env.spec
    assert spec is not None
    for twin in (
        copy.deepcopy(spec),
        pickle.loads(pickle.dumps(spec)),  # noqa: S301
        gymnasium.envs.registration.EnvSpec.from_json(spec.to_json()),
    ):
        assert twin == spec
        again = gymnasium.make(twin)
        first, second = env.reset(seed=3), again.reset(seed=3)
        assert str(first) == str(second)
        again.close()
    env.close()


def test_arguments_of_make_stand_in_the_spec() -> None:
    env = gymnasium.make("AgentTool-v0", pack="clinic", split="test", reward="episode", gamma=0.9, seat="user_0")
    spec = env.spec
    assert spec is not None
    assert spec.kwargs == {"pack": "clinic", "split": "test", "reward": "episode", "gamma": 0.9, "seat": "user_0"}
    env.close()


def isolated(program: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_make_imports_the_module_that_it_names(tmp_path: Path) -> None:
    program = (
        "import gymnasium as gym, sys; assert 'agentgym' not in sys.modules; e = gym.make('agentgym:AgentTool-v0');"
        "o, i = e.reset(seed=0); print(sorted(o), i['ending'], e.spec.id); e.close()"
    )
    assert isolated(program, tmp_path) == "['new', 'transcript'] None AgentTool-v0"


def test_making_one_imports_no_heavy_library(tmp_path: Path) -> None:
    program = (
        "import sys, gymnasium as gym, agentgym; e = gym.make('AgentTool-v0');"
        "e.reset(seed=0); e.step('Hello.'); e.close();"
        "print([n for n in ('torch', 'PIL', 'rich', 'matplotlib', 'pygame', 'pettingzoo.test') if n in sys.modules])"
    )
    assert isolated(program, tmp_path) == "[]"


# --- Gymnasium ---


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("seat", SEATS)
def test_check_env(name: str, seat: str) -> None:
    env = gymnasium.make(name, seat=seat)
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("name", NUMERIC)
def test_check_env_numeric(name: str) -> None:
    env = gymnasium.make(name)
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("mode", ["ansi", "human", "rgb_array"])
def test_check_env_with_a_render_mode(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    env = gymnasium.make("AgentTool-v0", render_mode=mode)
    check_env(env.unwrapped)
    env.close()


@pytest.mark.parametrize("name", ALL)
def test_passive_checker_finds_nothing(name: str) -> None:
    env = PassiveEnvChecker(gymnasium.make(name, disable_env_checker=True).unwrapped)
    env.action_space.seed(0)
    for seed in range(3):
        observation, _ = env.reset(seed=seed)
        done = False
        while not done:
            mask = observation.get("action_mask")
            action = env.action_space.sample() if mask is None else env.action_space.sample(np.asarray(mask, np.int8))
            observation, _, terminated, truncated, _ = env.step(action)
            done = terminated or truncated
    env.close()


@pytest.mark.parametrize("name", TEXT)
def test_time_limit_truncates(name: str) -> None:
    env = TimeLimit(gymnasium.make(name), max_episode_steps=2)
    env.reset(seed=0)
    assert env.step(ASK)[2:4] == (False, False)
    assert env.step(ASK)[2:4] == (False, True)
    env.close()


def test_make_takes_max_episode_steps() -> None:
    env = gymnasium.make("AgentTool-v0", max_episode_steps=1)
    env.reset(seed=0)
    assert env.step(ASK)[3] is True
    env.close()


def test_episode_statistics_wrap() -> None:
    env = RecordEpisodeStatistics(gymnasium.make("AgentTool-Clinic-v0"))
    env.reset(seed=0)
    task = env.unwrapped.episode.task
    total, info = 0.0, {}
    for action in task.oracle:
        _, reward, terminated, _, info = env.unwrapped.act(action)
        total += float(reward)
        if terminated:
            break
    assert total == pytest.approx(info["score"])
    env.close()


# --- PettingZoo ---


@pytest.mark.filterwarnings(
    "ignore:Action space for each agent probably should be:UserWarning:pettingzoo.test.api_test"
)
@pytest.mark.parametrize("name", ALL)
def test_api(name: str) -> None:
    api_test(pettingzoo.make("aec", name), num_cycles=200)


@pytest.mark.parametrize("name", ALL)
def test_parallel_api(name: str) -> None:
    parallel_api_test(pettingzoo.make("parallel", name), num_cycles=200)


@pytest.mark.parametrize("name", ALL)
def test_seed(name: str) -> None:
    seed_test(lambda: pettingzoo.make("aec", name), num_cycles=30)


@pytest.mark.parametrize("kind", ["aec", "parallel"])
@pytest.mark.parametrize("name", ALL)
def test_spaces_are_the_same_objects(kind: str, name: str) -> None:
    env: Any = pettingzoo.make(kind, name)
    for agent in env.possible_agents:
        assert env.observation_space(agent) is env.observation_space(agent)
        assert env.action_space(agent) is env.action_space(agent)
    env.close()


# --- vectors ---


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasium_vectors_take_our_spaces(mode: str) -> None:
    options: dict[str, Any] = {"shared_memory": False} if mode == "async" else {}
    vector = gymnasium.make_vec("AgentTool-Clinic-v0", num_envs=2, vectorization_mode=mode, vector_kwargs=options)
    single = gymnasium.make("AgentTool-Clinic-v0")
    observations, infos = vector.reset(seed=[4, 5])
    assert set(observations) == {"transcript", "new"}
    for i, seed in enumerate((4, 5)):
        expected, info = single.reset(seed=seed)
        assert {key: observations[key][i] for key in observations} == expected
        assert infos["task_id"][i] == info["task_id"]
        assert infos["messages"][i] == info["messages"]
    observations, rewards, terminations, truncations, infos = vector.step([ASK, ASK])
    expected, reward, terminated, truncated, info = single.step(ASK)
    assert {key: observations[key][1] for key in observations} == expected
    assert (rewards[1], terminations[1], truncations[1]) == (reward, terminated, truncated)
    assert infos["new_messages"][1] == info["new_messages"]
    vector.close()
    single.close()


def test_shared_memory_fails_loudly() -> None:
    """Gymnasium's own Text space returns garbage there, in silence."""
    with pytest.raises(Exception, match=r"(?i)shared|space"):
        gymnasium.make_vec("AgentTool-Clinic-v0", num_envs=2, vectorization_mode="async")


def test_make_vec_gives_our_own_vector() -> None:
    vector = gymnasium.make_vec("AgentTool-Clinic-v0", num_envs=2)
    assert type(vector).__module__.startswith("agentgym.")
    observations, infos = vector.reset(seed=[4, 5])
    assert len(infos["task_id"]) == 2
    assert len(observations["new"]) == 2
    vector.close()


# --- the space of texts ---


def test_text_space_is_a_space() -> None:
    env = gymnasium.make("AgentTool-Clinic-v0")
    space = env.action_space
    assert isinstance(space, TextSpace)
    env.reset(seed=0)
    space.seed(1)
    first = [space.sample() for _ in range(20)]
    space.seed(1)
    assert [space.sample() for _ in range(20)] == first
    assert any("<tool_call>" in text for text in first)
    assert any("<tool_call>" not in text for text in first)
    assert all(space.contains(text) for text in first)
    assert "" in space
    assert "\x00é—🙂\ud800" in space
    assert not any(thing in space for thing in (None, 1, b"x", ["a"], {"a": 1}))
    for twin in (copy.deepcopy(space), pickle.loads(pickle.dumps(space))):  # noqa: S301
        assert twin == space
    assert space.from_jsonable(space.to_jsonable(first)) == first
    assert env.observation_space["new"] == TextSpace()
    assert env.observation_space["new"] != space
    with pytest.raises(ValueError, match="mask"):
        space.sample(mask=1)
    env.close()


def test_sampled_calls_fit_their_schemas() -> None:
    env: Any = gymnasium.make("AgentTool-Clinic-v0").unwrapped
    env.reset(seed=0)
    env.action_space.seed(0)
    codes: dict[str, int] = {}
    for seed in range(40):
        env.reset(seed=seed)
        while not env.episode.ending:
            env.step(env.action_space.sample())
        for event in env.episode.events:
            code = getattr(event, "error", None)
            if code:
                codes[code] = codes.get(code, 0) + 1
    assert codes
    assert not set(codes) & {"malformed_call", "invalid_arguments", "unknown_tool", "internal"}, codes
    env.close()


# --- rendering ---


@pytest.mark.parametrize("seat", SEATS)
def test_render_ansi_is_the_transcript(seat: str) -> None:
    env = gymnasium.make("AgentTool-v0", render_mode="ansi", seat=seat)
    observation, _ = env.reset(seed=0)
    assert env.render() == observation["transcript"]
    observation, *_ = env.step("All right.")
    assert env.render() == observation["transcript"]
    env.close()


def test_render_human_prints_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    env = gymnasium.make("AgentTool-v0", render_mode="human")
    env.reset(seed=0)
    capsys.readouterr()
    observation, *_ = env.step("Hello [bold]you[/bold].")
    printed = capsys.readouterr().out
    words = observation["new"].strip().split()
    assert words[0] in printed
    assert words[-1] in printed
    assert env.render() is None
    env.close()


def test_render_rgb_array_is_a_picture() -> None:
    pytest.importorskip("PIL")
    env = gymnasium.make("AgentTool-v0", render_mode="rgb_array")
    env.reset(seed=0)
    before: Any = env.render()
    assert (before.dtype, before.ndim, before.shape[2]) == (np.uint8, 3, 3)
    assert before.shape[0] % 2 == before.shape[1] % 2 == 0, "video codecs want even sizes"
    env.step(ASK)
    after: Any = env.render()
    assert after.shape == before.shape
    assert (after != before).any()
    assert (env.render() == after).all()
    env.close()


def test_render_none_and_before_reset() -> None:
    env = gymnasium.make("AgentTool-v0").unwrapped
    with pytest.raises(UsageError, match="before reset"):
        env.render()
    env.reset(seed=0)
    assert env.render() is None
    env.close()
    with pytest.raises(NotFoundError, match="ansi, human, rgb_array"):
        agentgym.AgentToolEnv(render_mode="hologram")


@pytest.mark.parametrize("kind", ["aec", "parallel"])
def test_pettingzoo_renders_too(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("PIL")
    for mode in ("ansi", "human", "rgb_array"):
        env: Any = pettingzoo.make(kind, "AgentTool-v0", render_mode=mode)
        with pytest.raises(UsageError, match="before reset"):
            env.render()
        env.reset(seed=0)
        picture = env.render()
        assert isinstance(picture, {"ansi": str, "human": type(None), "rgb_array": np.ndarray}[mode])
        env.close()


def test_record_video_gets_frames(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    try:
        import moviepy  # noqa: F401
    except ImportError:
        frames = gymnasium.wrappers.RenderCollection(gymnasium.make("AgentTool-v0", render_mode="rgb_array"))
        frames.reset(seed=0)
        frames.step(ASK)
        found: Any = frames.render()
        assert [frame.shape for frame in found] == [found[0].shape] * 2
        frames.close()
        return
    env = gymnasium.wrappers.RecordVideo(gymnasium.make("AgentTool-v0", render_mode="rgb_array"), str(tmp_path))
    env.reset(seed=0)
    done = False
    while not done:
        _, _, terminated, truncated, _ = env.step(ASK)
        done = terminated or truncated
    env.close()
    assert [path.stat().st_size > 1000 for path in tmp_path.glob("*.mp4")] == [True]
