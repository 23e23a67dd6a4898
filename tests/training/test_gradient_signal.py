"""`benchmarks/gradient_signal.py`: the estimate where the signal is known, and the program on a small model."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from agentgym.pack import load
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.tiny import tiny_model, tiny_tokenizer


@pytest.fixture(scope="module")
def program(benchmark_module: Callable[[str], Any]) -> Any:
    """The program as a module."""
    return benchmark_module("gradient_signal")


@pytest.mark.parametrize("share", [0.5, 0.05, 0.0])
def test_the_signal_is_the_share_that_gradients_have_in_common(program: Any, share: float) -> None:
    """|G|² is `share` of E|g|²; the estimate is right on average, and within 2.5 errors nearly always."""
    size, found, within = 4000, list[float](), 0
    for seed in range(40):
        chance = torch.Generator().manual_seed(seed)
        common = torch.randn(size, generator=chance)
        gradients = [share**0.5 * common + (1 - share) ** 0.5 * torch.randn(size, generator=chance) for _ in range(6)]
        value, error = program.jackknifed(gradients)
        found.append(value)
        within += abs(value - share) < 2.5 * error
    assert sum(found) / len(found) == pytest.approx(share, abs=0.01)
    assert within >= 34


def test_an_order_of_batches_changes_nothing(program: Any) -> None:
    gradients = [torch.randn(50, generator=torch.Generator().manual_seed(seed)) for seed in range(5)]
    shuffled = random.Random(1).sample(gradients, 5)
    assert program.jackknifed(shuffled) == pytest.approx(program.jackknifed(gradients))


def test_the_program_measures_all_kinds_and_leaves_the_weights_alone(program: Any, tmp_path: Path) -> None:
    shown = conversations(demonstrations(TaskStream([load("clinic")]).next(8)), "bare")
    tokenizer = tiny_tokenizer((message["content"] for conversation in shown for message in conversation), 400)
    models.save(tmp_path, tiny_model(len(tokenizer), 0, "nano"), tokenizer)
    settings = program.Settings(init=str(tmp_path), batches=3, groups=2, group=2, limit=6, context=300)
    kinds = program.measure(settings)
    assert {name: len(kind.gradients) for name, kind in kinds.items()} == {
        "grpo": 0, "grpo-turn": 0, "successes": 0, "demonstrations": 3,
    }  # fmt: skip
    assert all(kind.conversations == 12 and kind.seconds > 0 for kind in kinds.values())
    rows = program.table(settings, kinds).splitlines()[-4:]
    assert all(row.count("|") == 7 for row in rows)
    assert "nothing to learn in too many batches" in rows[0]
    assert rows[3].startswith("| demonstrations | 4 |")


def test_what_a_teacher_says_is_measured_on_the_same_episodes(program: Any, tmp_path: Path) -> None:
    shown = conversations(demonstrations(TaskStream([load("clinic")]).next(8)), "bare")
    tokenizer = tiny_tokenizer((message["content"] for conversation in shown for message in conversation), 400)
    for seed, name in enumerate(("student", "teacher")):
        models.save(tmp_path / name, tiny_model(len(tokenizer), seed, "nano"), tokenizer)
    settings = program.Settings(
        init=str(tmp_path / "student"), teacher=str(tmp_path / "teacher"), batches=3, groups=4, group=4, limit=24,
        context=400,
    )  # fmt: skip
    kinds = program.measure(settings)
    exact, estimated = (sum(kinds[name].gradients) for name in ("kd", "kd-k2"))
    assert float(exact @ estimated) > 0.5 * float(exact.norm() * estimated.norm()), "on average they are the same"
    assert [kinds[name].conversations for name in ("kd", "kd-k2")] == [48, 48]
    assert program.signal(kinds["kd"].gradients) > program.signal(kinds["kd-k2"].gradients) > 0


def test_too_few_batches_are_refused(program: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["gradient_signal", "--batches", "2"])
    assert program.main() == 2
    assert capsys.readouterr().err == (
        "gradient_signal: --batches must be at least 3: what gradients have in common is measured between them\n"
    )
