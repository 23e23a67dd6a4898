"""The well-known learners learn on the numeric view, and what they report is what they did."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.types import ASSISTANT, USER

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "baselines" / "classic.py"
MINI = ROOT / "tests" / "packs" / "mini"
SMALL = ["--pack", str(MINI), "--seconds", "0", "--tasks", "60", "--worlds", "10", "--held-out", "30"]


@pytest.fixture(autouse=True)
def _baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "baselines"))


def module(name: str, *needs: str) -> Any:
    """A module of the program; skips the test where an extra is missing."""
    for need in needs:
        pytest.importorskip(need, reason="needs the extra `classic`", exc_type=ImportError)
    return importlib.import_module(name)


def run(out: Path, *arguments: str) -> dict[str, Any]:
    """Train in a process of its own; what stands in `evaluation.json`."""
    command = [sys.executable, "-W", "ignore", str(PROGRAM), "--out", str(out), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    return json.loads((out / "evaluation.json").read_text())


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


# --- what all of them share ---


def test_help_says_what_every_setting_is() -> None:
    done = subprocess.run([sys.executable, str(PROGRAM), "--help"], capture_output=True, text=True, check=True)
    settings = importlib.import_module("classic").Settings()
    for name in vars(settings):
        assert f"--{name.replace('_', '-')}" in done.stdout
    assert "python baselines/classic.py --algo maskable-ppo --pack clinic" in done.stdout
    assert not [text for text in importlib.import_module("classic")._comments().values() if not text.strip()]


def test_a_missing_package_is_one_line() -> None:
    program = (
        f"import sys; sys.modules['torch'] = None; sys.argv = ['classic']; sys.path.insert(0, {str(PROGRAM.parent)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import classic; classic.main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["torch is not installed: pip install 'agentgym-tooluse[classic]'"]


def test_a_first_guess_tries_every_kind_equally_often() -> None:
    play = importlib.import_module("classic_play")
    players = play.Players(str(MINI), "train", 1)
    env = players.envs[0]
    players.begin(0, players.task(0))
    inputs = env.observation_space["observation"].shape[0]
    guess, mask = players.observations[0, inputs:], players.masks[0]
    assert ((guess > 0) == mask).all()
    kinds = np.array([text.split()[0] for text in env.choices])
    sums = [guess[: len(kinds)][kinds == kind].sum() for kind in sorted(set(kinds[mask[: len(kinds)]]))]
    assert len(sums) >= 3
    assert np.allclose(sums, 1.0)


def test_twins_are_measured_with_their_tasks() -> None:
    play = importlib.import_module("classic_play")
    players = play.Players(str(MINI), "test", 8)
    pairs = play.held_out(players, 12)
    assert sum(twin is not None for _, twin in pairs) >= 6
    found = play.measure(players, lambda seen, masks: masks.argmax(axis=1), pairs)
    assert found["tasks"]["n"] == 12
    assert found["tasks_and_twins"]["n"] == 12 + found["pairs"]["n"]
    assert found["act"]["n"] + found["refuse"]["n"] + found["trap"]["n"] == found["tasks_and_twins"]["n"]
    assert found["tasks"]["success"] == 0.0, "who only ends the conversation wins nothing"


# --- PPO and MaskablePPO ---


def test_an_update_moves_the_weights_and_a_state_brings_them_back(tmp_path: Path) -> None:
    sb3 = module("classic_sb3", "torch", "stable_baselines3", "sb3_contrib")
    settings = importlib.import_module("classic").Settings(
        pack=str(MINI), seconds=0, steps=256, envs=8, length=16, batch=128, tasks=20, worlds=5, workers=1
    )
    learner = sb3.Learner(settings, tmp_path, lambda text: None)
    first = {name: value.clone() for name, value in learner.model.policy.state_dict().items()}
    guess = learner.choose(sample=True)(learner.envs.reset(), learner.envs.masks)
    assert learner.envs.masks[range(8), guess].all(), "only possible choices are made"
    learner.learn()
    learner.close()
    moved = learner.model.policy.state_dict()
    assert any((moved[name] != first[name]).any() for name in first)
    other = sb3.Learner(settings, tmp_path, lambda text: None)
    other.restore()
    other.close()
    assert other.model.num_timesteps == learner.model.num_timesteps >= 256
    assert all((other.model.policy.state_dict()[name] == moved[name]).all() for name in moved)
    loaded = sb3.MaskablePPO.load(tmp_path / "model.zip", device="cpu")
    assert all((loaded.policy.state_dict()[name] == moved[name]).all() for name in moved)


@pytest.mark.slow
def test_maskable_ppo_learns_and_resumes(tmp_path: Path) -> None:
    module("classic_sb3", "torch", "stable_baselines3", "sb3_contrib")
    shape = ["--envs", "16", "--length", "32", "--batch", "512", "--workers", "2"]
    found = run(tmp_path / "run", *SMALL, *shape, "--steps", "30000")
    before, after = found["before"]["tasks_and_twins"], found["after"]["tasks_and_twins"]
    assert after["success"] >= before["success"] + 0.3
    assert after["low"] <= after["success"] <= after["high"]
    for name in ("metrics.jsonl", "model.zip", "curve.png"):
        assert (tmp_path / "run" / name).stat().st_size > 0
    again = run(tmp_path / "run", *SMALL, *shape, "--steps", "32000", "--resume")
    assert again["before"] == found["before"]
    assert again["steps"] > found["steps"]
    steps = [line["steps"] for line in lines(tmp_path / "run")]
    assert steps == sorted(set(steps))


@pytest.mark.slow
def test_demonstrations_give_a_head_start(tmp_path: Path) -> None:
    module("classic_sb3", "torch", "stable_baselines3", "sb3_contrib")
    found = run(tmp_path / "run", *SMALL, "--steps", "512", "--envs", "8", "--length", "32", "--demonstrations", "60")
    assert found["cloned"]["tasks"]["success"] >= found["before"]["tasks"]["success"] + 0.3
    assert found["cloning"]["expressible"] >= 0.9


def test_tasks_of_branches_that_are_won_become_rare() -> None:
    play, settings = importlib.import_module("classic_play"), importlib.import_module("classic").Settings
    share = play.Share(settings(pack=str(MINI), tasks=24, worlds=4, focus=0.9), 1, 0)
    drawn: dict[Any, int] = {}
    share.won = {("mini", "give_back", "allowed"): 1.0}
    for _ in range(300):
        share._begin(0)
        drawn[share.branch[0]] = drawn.get(share.branch[0], 0) + 1
    others = [number for branch, number in drawn.items() if branch not in share.won]
    assert len(others) >= 4
    assert 0 < drawn["mini", "give_back", "allowed"] < 0.5 * min(others)


# --- both seats ---


def test_a_seats_turn_earns_all_until_its_next() -> None:
    """Rewards that fall to a seat while the other acts belong to its turn before; none is lost, none counted twice."""
    seats = module("classic_seats", "torch", "tensordict", "torchrl")
    import torch
    from tensordict import TensorDict

    #                 A  A  U  A  U | A  U  A
    mask = torch.tensor([1, 1, 0, 1, 0, 1, 0, 1], dtype=torch.bool)
    reward = torch.tensor([1.0, 2, 4, 8, 16, 32, 64, 128])
    done = torch.tensor([0, 0, 0, 0, 1, 0, 0, 1], dtype=torch.bool)

    def seat(mask: Any) -> Any:
        return {
            "mask": mask.reshape(1, 8, 1), "observation": {"observation": torch.zeros(1, 8, 1, 3)},
            "action_mask": torch.ones(1, 8, 1, 2, dtype=torch.bool), "action": torch.zeros(1, 8, 1),
            "log_prob": torch.zeros(1, 8, 1),
        }  # fmt: skip

    after = {name: {"reward": reward.reshape(1, 8, 1, 1)} for name in (ASSISTANT, USER)}
    played = TensorDict(
        {ASSISTANT: seat(mask), USER: seat(~mask), "next": {**after, "done": done.reshape(1, 8, 1)}}, batch_size=[1, 8]
    )

    def earned(name: str) -> list[float]:
        def critic(turns: Any) -> Any:
            return {(name, "value"): torch.zeros(len(turns), 1, 1)}

        turns = seats.turns_of(name, played, critic, 1.0, 1.0)
        return turns[name, "reward"].flatten().tolist()

    assert earned(ASSISTANT) == [1.0, 2 + 4, 8 + 16, 32 + 64, 128]
    assert earned(USER) == [4 + 8, 16, 64 + 128]


@pytest.mark.slow
def test_both_seats_learn(tmp_path: Path) -> None:
    module("classic_seats", "torch", "tensordict", "torchrl")
    found = run(
        tmp_path / "run", "--algo", "two-seats", "--pack", str(MINI), "--tasks", "4", "--worlds", "2",
        "--held-out", "8", "--seconds", "0", "--steps", "16000", "--envs", "8", "--length", "128",
    )  # fmt: skip
    updates = lines(tmp_path / "run")
    for seat in (ASSISTANT, USER):
        assert all(line[f"{seat}_turns"] >= 10 for line in updates), "transitions of both seats reach the learners"
        earned = [line[f"{seat}_reward"] for line in updates]
        assert np.mean(earned[-4:]) > np.mean(earned[:2]) + 0.05
    won = [line["success"] or 0.0 for line in updates]
    assert np.mean(won[-4:]) >= np.mean(won[:2]) + 0.2
    assert found["with_learned_user"]["n"] == 8
    frozen = run(
        tmp_path / "frozen", "--algo", "two-seats", "--pack", str(MINI), "--tasks", "4", "--worlds", "2",
        "--held-out", "4", "--seconds", "0", "--steps", "2048", "--envs", "8", "--length", "128", "--frozen-user",
        str(tmp_path / "run"),
    )  # fmt: skip
    assert frozen["settings"]["frozen_user"]
    import torch

    users = [torch.load(tmp_path / name / "model.pt", weights_only=True)[USER]["actor"] for name in ("run", "frozen")]
    assert all((users[0][name] == users[1][name]).all() for name in users[0]), "a frozen user does not learn"


def test_the_users_reward_is_its_contract() -> None:
    seats = module("classic_seats", "torch", "tensordict", "torchrl")
    settings = importlib.import_module("classic").Settings(pack=str(MINI), tasks=4, worlds=2)
    table = seats.Seats(settings, 0)
    env = AgentToolDiscreteEnv(MINI)
    source, earned = np.random.default_rng(0), {ASSISTANT: 0.0, USER: 0.0}
    table.reset()
    while not any(table.terminations.values()) and not any(table.truncations.values()):
        table.step(int(source.choice(np.flatnonzero(table.observe(table.agent_selection)["action_mask"]))))
        for seat in earned:
            earned[seat] += table.rewards[seat]
    ((won, level),) = table.ended
    assert earned[USER] == pytest.approx(level)
    assert not won
    assert env.observation_space["observation"].shape <= table.observation_space(ASSISTANT)["observation"].shape
