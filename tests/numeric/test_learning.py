"""The small numpy policy learns on the numeric view, and only from what the view and the reward say."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "baselines" / "numpy_grpo.py"
MINI = ROOT / "tests" / "packs" / "mini"


@cache
def program() -> Any:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("numpy_grpo", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def run(out: Path, *arguments: str) -> dict[str, Any]:
    """Train in a process of its own; what stands in `evaluation.json`."""
    command = [sys.executable, str(PROGRAM), "--out", str(out), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    return json.loads((out / "evaluation.json").read_text())


def small(out: Path, updates: int, *arguments: str) -> dict[str, Any]:
    """A short run on the small pack."""
    shape = ["--groups", "6", "--tasks", "60", "--worlds", "10", "--workers", "1", "--held-out", "60"]
    return run(out, "--pack", str(MINI), "--seconds", "0", "--updates", str(updates), *shape, *arguments)


def test_it_learns_in_a_few_seconds(tmp_path: Path) -> None:
    found = small(tmp_path / "run", 30)
    assert found["after"]["success"] >= found["before"]["success"] + 0.25
    for name in ("metrics.jsonl", "policy.npz", "state.npz", "curve.png"):
        assert (tmp_path / "run" / name).stat().st_size > 0
    assert found["before"]["low"] <= found["before"]["success"] <= found["before"]["high"]


def test_a_run_can_be_repeated_and_resumed(tmp_path: Path) -> None:
    def lines(name: str) -> list[dict[str, Any]]:
        read = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        return [{k: v for k, v in line.items() if k not in ("seconds", "processor")} for line in read]

    small(tmp_path / "whole", 6)
    small(tmp_path / "parts", 3)
    small(tmp_path / "parts", 6, "--resume")
    assert lines("whole") == lines("parts")
    assert [line["update"] for line in lines("whole")] == list(range(6))


def test_without_a_reward_the_policy_stays_what_it_was(tmp_path: Path) -> None:
    """Nothing paid is no advantage, and no advantage no gradient; what is left is the entropy bonus, off here."""
    found = small(tmp_path / "run", 6, "--zero-reward", "--entropy", "0")
    assert found["before"] == found["after"]
    with np.load(tmp_path / "run" / "policy.npz") as weights:
        inputs, choices = weights["A"].shape
        first = program().first_weights(inputs, choices, program().Settings())
        assert {name: weights[name].tobytes() for name in weights} == {name: first[name].tobytes() for name in first}
    learned = small(tmp_path / "paid", 6, "--entropy", "0")
    assert learned["before"] == found["before"]
    with np.load(tmp_path / "paid" / "policy.npz") as weights:
        assert all((weights[name] != first[name]).any() for name in first), "the same run with a reward moves them all"


def test_without_a_reward_as_many_updates_as_learn_win_nothing(tmp_path: Path) -> None:
    found = small(tmp_path / "run", 30, "--zero-reward")
    assert found["after"]["success"] <= found["before"]["high"]


@pytest.mark.slow
def test_clinic_forty_points_in_about_a_minute(tmp_path: Path) -> None:
    """Mean of three seeds, by number of updates: the clock of a shared machine says little."""
    gains = []
    for seed in range(3):
        found = run(tmp_path / str(seed), "--seconds", "0", "--updates", "110", "--seed", str(seed))
        gains.append(found["after"]["success"] - found["before"]["success"])
    assert sum(gains) / 3 >= 0.40, gains


@pytest.mark.slow
@pytest.mark.parametrize("control", ["--zero-reward", "--mute-user", "--blank-results"])
def test_controls_learn_nothing(tmp_path: Path, control: str) -> None:
    found = run(tmp_path / "run", "--seconds", "0", "--updates", "40", "--held-out", "100", control)
    hidden = found["after"]["hidden_facts"]
    assert hidden["n"] >= 50
    assert hidden["success"] <= 0.05
    if control == "--zero-reward":
        assert found["after"]["success"] <= found["before"]["high"]


@pytest.mark.slow
def test_the_demo_runs(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "baselines" / "demo.py")]
    command += ["--seconds", "3", "--certify", "12", "--episodes", "12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for part in ("Certifying", "One episode of the oracle", "score 1.000", "The panel", "held out, after"):
        assert part in done.stdout
    assert (tmp_path / "runs" / "demo" / "learning" / "curve.png").stat().st_size > 0
