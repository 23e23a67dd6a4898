"""Sampling, log-probabilities and a step of GRPO on a GPU. `make test ARGS="-m gpu"` runs it where there is one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from agentgym.pack import load
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.engine import Request
from agentgym.training.hf import HFEngine
from agentgym.training.logprobs import chosen_logprobs, token_logprobs
from agentgym.training.tiny import tiny_model

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")]
DEVICE = "cuda"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("dtype", "far"), [(torch.float32, 1e-4), (torch.bfloat16, 0.1)])
def test_logprobs_in_pieces_are_those_of_float64(dtype: torch.dtype, far: float) -> None:
    draw = torch.Generator().manual_seed(1)
    hidden, weight = torch.randn(300, 64, generator=draw), torch.randn(5000, 64, generator=draw) / 8
    chosen = torch.randint(0, 5000, (300,), generator=draw)
    exact = [hidden.double().requires_grad_(), weight.double().requires_grad_()]
    expected = (exact[0] @ exact[1].T).log_softmax(-1).gather(-1, chosen[:, None])[:, 0]
    expected.sum().backward()
    there = [one.detach().to(DEVICE).requires_grad_() for one in (hidden, weight)]
    with torch.autocast(DEVICE, torch.bfloat16, enabled=dtype == torch.bfloat16):
        found, _ = chosen_logprobs(*there, chosen.to(DEVICE), 64)
    found.sum().backward()
    assert (found.cpu().double() - expected).abs().max() < far
    for one, other in zip(there, exact, strict=True):
        assert (one.grad.cpu().double() - other.grad).norm() < max(far / 5, 1e-5) * other.grad.norm()


def test_logprobs_of_the_engine_are_those_of_the_learner() -> None:
    """Over two turns, several rows, within 1e-3 in float32."""
    model = tiny_model(300, 0, "nano").to(DEVICE)
    engine = HFEngine(model)
    ids = {key: [5 + key, 9, 30] * (1 + key) for key in range(6)}
    for turn in range(2):
        asked = [Request(key, list(row), 10 * turn + key) for key, row in ids.items()]
        for key, sample in zip(ids, engine.generate(asked, limit=12, temperature=1.0, end=2), strict=True):
            row = torch.tensor([ids[key] + sample.ids], device=DEVICE)
            mask = torch.arange(row.shape[1], device=DEVICE)[None] >= len(ids[key])
            with torch.no_grad():
                expected, _ = token_logprobs(model, row, mask)
            assert sample.logprobs == pytest.approx(expected.tolist(), abs=1e-3)
            ids[key] += [*sample.ids, 40, 41]


@pytest.mark.parametrize("options", [["--dtype", "bfloat16", "--checkpointing"], ["--lora", "4"]])
def test_a_step_of_grpo(tmp_path: Path, options: list[str]) -> None:
    tasks = TaskStream([load("clinic")]).next(8)
    texts = [message["content"] for talk in conversations(demonstrations(tasks), "bare") for message in talk]
    for seed, name in enumerate(("init", "teacher")):
        model, tokenizer = models.load("nano", texts=lambda: texts, seed=seed, vocabulary=400)
        models.save(tmp_path / name, model, tokenizer)
    command = ["--init", tmp_path / "init", "--teacher", tmp_path / "teacher", "--groups", 2, "--group", 3, "--refills",
               0, "--limit", 10, "--evaluate", 0, "--steps", 2, "--device", DEVICE, "--out", tmp_path / "out",
               *options]  # fmt: skip
    program = [sys.executable, str(ROOT / "baselines" / "grpo.py"), *map(str, command)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()]
    assert [row["train_invalid"] for row in found] == [0, 0]
    assert all(row["gradient_norm"] > 0 for row in found)
