"""vLLM as the engine of training, on a processor: its log-probabilities are the learner's, before and after an update.
`make vllm` runs it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from agentgym.errors import UsageError
from agentgym.pack import load
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.engine import Request, Sample
from agentgym.training.hf import HFEngine
from agentgym.training.tiny import tiny_model
from agentgym.training.vllm import VLLMEngine

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.xdist_group("vllm"),
    pytest.mark.skipif(find_spec("vllm") is None, reason="needs vLLM and transformers: make vllm"),
    pytest.mark.filterwarnings("default"),  # vLLM's own
]
END, VOCABULARY, CONTEXT = 2, 300, 1536
ROOT = Path(__file__).resolve().parents[2]


def made(seed: int) -> Any:
    """A model of random weights with opinions."""
    model = tiny_model(VOCABULARY, seed, "nano")
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(3)
    return model.eval()


@pytest.fixture(scope="module")
def model() -> Any:
    return made(0)


@pytest.fixture(scope="module")
def shared(model: Any) -> VLLMEngine:
    return VLLMEngine(model, context=CONTEXT)


@pytest.fixture
def engine(shared: VLLMEngine, model: Any) -> VLLMEngine:
    shared.update(model)
    return shared


def prompts(count: int, length: int = 40, seed: int = 0) -> list[Request]:
    draw = random.Random(seed)
    ids = [[draw.randrange(3, VOCABULARY) for _ in range(1 + draw.randrange(length))] for _ in range(count)]
    return [Request(key, row, 7 * key) for key, row in enumerate(ids)]


def difference(model: Any, requests: Sequence[Request], samples: Sequence[Sample]) -> float:
    """The greatest between the recorded log-probabilities and those of a forward pass."""
    worst = 0.0
    for request, sample in zip(requests, samples, strict=True):
        ids = [*request.ids, *sample.ids]
        with torch.no_grad():
            logs = model(input_ids=torch.tensor([ids])).logits.log_softmax(-1)[0]
        for at, value in enumerate(sample.logprobs, len(request.ids)):
            worst = max(worst, abs(value - float(logs[at - 1, ids[at]])))
    return worst


def test_conversations_grow_and_logprobs_are_the_learners(engine: VLLMEngine, model: Any) -> None:
    """Within 1e-3 in float32 over turns, earlier ones from the prefix cache; also where the temperature is another."""
    draw = random.Random(1)
    grown = {request.key: list(request.ids) for request in prompts(24, 200)}
    asked, cached = engine.prompt_tokens, engine.cached_tokens
    for turn in range(5):
        keys = draw.sample(sorted(grown), 16)
        requests = [Request(key, list(grown[key]), 100 * turn + key) for key in keys]
        samples = engine.generate(requests, limit=24, temperature=(1.0, 0.7)[turn % 2], end=END)
        assert difference(model, requests, samples) < 1e-3
        for key, sample in zip(keys, samples, strict=True):
            assert 0 < len(sample.ids) == len(sample.logprobs) <= 24
            assert sample.ended == (sample.ids[-1] == END)
            assert END not in sample.ids[:-1]
            assert sample.ended or len(sample.ids) == 24
            grown[key] += sample.ids + [draw.randrange(3, VOCABULARY) for _ in range(60)]
    assert engine.cached_tokens - cached > 0.3 * (engine.prompt_tokens - asked)


def test_an_update_takes_effect(engine: VLLMEngine, model: Any) -> None:
    requests, other = prompts(12), made(1)
    engine.generate(requests, limit=16, temperature=1.0, end=END)
    engine.update(other)
    cached = engine.cached_tokens
    samples = engine.generate(requests, limit=16, temperature=1.0, end=END)
    assert engine.cached_tokens == cached, "keys and values of the old weights"
    assert difference(other, requests, samples) < 1e-3
    assert difference(model, requests, samples) > 1


def test_the_same_requests_give_the_same_samples(engine: VLLMEngine) -> None:
    """Together and alone, from the cache and anew."""
    requests = prompts(20, 300)
    together = engine.generate(requests, limit=16, temperature=1.0, end=END)
    again = engine.generate(requests, limit=16, temperature=1.0, end=END)
    alone = [engine.generate([request], limit=16, temperature=1.0, end=END)[0] for request in requests[:8]]
    assert [sample.ids for sample in together] == [sample.ids for sample in again]
    assert [sample.ids for sample in together[:8]] == [sample.ids for sample in alone]
    other = engine.generate([r._replace(seed=r.seed + 1) for r in requests], limit=16, temperature=1.0, end=END)
    assert sum(a.ids == b.ids for a, b in zip(together, other, strict=True)) < 5


def test_greedy_turns_are_those_of_the_other_engine(engine: VLLMEngine, model: Any) -> None:
    requests = prompts(20)
    expected = HFEngine(model).generate(requests, limit=16, temperature=0.0, end=END)
    assert [s.ids for s in engine.generate(requests, limit=16, temperature=0.0, end=END)] == [s.ids for s in expected]


def test_more_tokens_than_are_computed_at_once(engine: VLLMEngine, model: Any) -> None:
    """vLLM's chunks of prompts and seeds do not go together on a processor; prompts are computed whole there."""
    draw = random.Random(3)
    requests = [Request(key, [draw.randrange(3, VOCABULARY) for _ in range(1400)], key) for key in range(9)]
    samples = engine.generate(requests, limit=8, temperature=1.0, end=END)
    assert difference(model, requests[:3], samples[:3]) < 1e-3


def test_matrices_of_lora_are_handed_over(engine: VLLMEngine, model: Any) -> None:
    pytest.importorskip("peft")
    adapted = models.with_lora(made(0), 4)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.3, generator=torch.Generator().manual_seed(weight.numel()))
    before = {name: value.clone() for name, value in adapted.state_dict().items()}
    engine.update(adapted.eval())
    requests = prompts(12)
    samples = engine.generate(requests, limit=16, temperature=1.0, end=END)
    assert difference(adapted, requests, samples) < 1e-3
    assert difference(model, requests, samples) > 0.1
    assert all(torch.equal(value, before[name]) for name, value in adapted.state_dict().items())


def test_what_vllm_refuses_is_one_line(model: Any) -> None:
    with pytest.raises(UsageError, match=r"max_model_len \(8192\) is greater") as found:
        VLLMEngine(model, context=8192)
    assert "\n" not in str(found.value)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models with one tokenizer, `init` and `teacher`: with a teacher there is something to learn."""
    folder = tmp_path_factory.mktemp("models")
    tasks = TaskStream([load("clinic")]).next(8)
    texts = [message["content"] for talk in conversations(demonstrations(tasks), "bare") for message in talk]
    for seed, name in enumerate(("init", "teacher")):
        model, tokenizer = models.load("nano", texts=lambda: texts, seed=seed, vocabulary=400)
        models.save(folder / name, model, tokenizer)
    return folder


def grpo(two: Path, out: Path, *options: object) -> list[dict[str, Any]]:
    """The program with vLLM; its rows, without times."""
    command = ["--init", two / "init", "--teacher", two / "teacher", "--engine", "vllm", "--groups", 2, "--group", 3,
               "--refills", 0, "--limit", 10, "--rate", 0.1, "--out", out, *options]  # fmt: skip
    program = [sys.executable, str(ROOT / "baselines" / "grpo.py"), *map(str, command)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if "second" not in name and "share" not in name}
            for row in found]  # fmt: skip


@pytest.mark.parametrize("rank", [0, 4])
def test_grpo_learns_from_what_vllm_samples(two: Path, tmp_path: Path, rank: int) -> None:
    """Engine and learner stay together while the weights change."""
    found = grpo(two, tmp_path, "--steps", 2, "--evaluate", 2, "--lora", rank)
    assert [row["step"] for row in found] == [0, 1, 2]
    for row in found[1:]:
        assert row["train_episodes"] == 6
        assert row["train_invalid"] == 0
        assert row["engine_gap"] < 1e-3
    before, after = (dict(models.weights(models.load(str(at))[0])) for at in (two / "init", tmp_path / "model"))
    assert max(float((before[name] - after[name]).abs().max()) for name in before) > 1e-2


def test_grpo_goes_on_exactly(two: Path, tmp_path: Path) -> None:
    whole = grpo(two, tmp_path / "whole", "--steps", 3, "--evaluate", 0)
    grpo(two, tmp_path / "part", "--steps", 1, "--evaluate", 0)
    assert grpo(two, tmp_path / "part", "--steps", 3, "--evaluate", 0, "--resume") == whole
    assert len(whole) == 3
