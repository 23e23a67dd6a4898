"""LoRA: what it trains, what sampling sees of it, what is saved; states to go on from; models that are refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from agentgym.errors import UsageError
from agentgym.training import models
from agentgym.training.engine import Request
from agentgym.training.hf import HFEngine
from agentgym.training.logprobs import token_logprobs
from agentgym.training.muon import Muon, orthogonal
from agentgym.training.tiny import tiny_model, tiny_tokenizer

RANK = 3
IDS = torch.arange(3, 43).view(2, 20)
EVERYTHING = torch.ones_like(IDS, dtype=torch.bool)


def prepared(seed: int = 0, optimizer: str = "adamw", **settings: Any) -> tuple[Any, Any]:
    given = {"lora": RANK, "seed": seed, "checkpointing": False, "device": "cpu", "rate": 0.05, "context": 512}
    return models.prepared(tiny_model(300, seed, "nano"), SimpleNamespace(**{**given, **settings}), 0.0, optimizer)


def trained(model: Any, optimizer: Any, updates: int = 2) -> None:
    for _ in range(updates):
        logprobs, _ = token_logprobs(model, IDS, EVERYTHING)
        (-logprobs.mean()).backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.fixture
def adapted() -> tuple[Any, Any]:
    pytest.importorskip("peft")
    model, optimizer = prepared()
    trained(model, optimizer)
    return model, optimizer


@pytest.mark.parametrize("checkpointing", [False, True])
def test_lora_changes_its_matrices_and_nothing_else(checkpointing: bool) -> None:
    pytest.importorskip("peft")
    model, optimizer = prepared(checkpointing=checkpointing)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trained(model, optimizer)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if ".lora_" in name}
    assert len(changed) == 2 * 7 * 2, "two matrices beside the seven linear layers of each of two blocks"


def test_what_lora_learned_is_saved_as_a_whole_model(adapted: tuple[Any, Any], tmp_path: Path) -> None:
    model, _ = adapted
    tokenizer = tiny_tokenizer(["nothing"], 300)
    models.save(tmp_path, model, tokenizer)
    assert not (tmp_path / "adapter_config.json").exists()
    loaded, _ = models.load(str(tmp_path))
    expected, _ = token_logprobs(model, IDS, EVERYTHING)
    found, _ = token_logprobs(loaded, IDS, EVERYTHING)
    assert torch.allclose(found, expected, atol=1e-4)
    first = dict(models.weights(tiny_model(300, 0, "nano")))
    ranks = {name: int(torch.linalg.matrix_rank(value - first[name], rtol=1e-3))
             for name, value in models.weights(loaded) if value.dim() == 2}  # fmt: skip
    assert {rank for name, rank in ranks.items() if "_proj" in name} == {RANK}
    assert {rank for name, rank in ranks.items() if "_proj" not in name} == {0}


def test_sampling_sees_the_matrices(adapted: tuple[Any, Any]) -> None:
    """Over two turns, at train time as at rest."""
    model, _ = adapted
    engine = HFEngine(model)
    ids = {key: [5 + key, 9, 30] for key in range(4)}
    for turn in range(2):
        asked = [Request(key, list(row), 10 * turn + key) for key, row in ids.items()]
        for key, sample in zip(ids, engine.generate(asked, limit=8, temperature=1.0, end=2), strict=True):
            row = torch.tensor([ids[key] + sample.ids])
            mask = torch.arange(row.shape[1])[None] >= len(ids[key])
            with torch.no_grad():
                expected, _ = token_logprobs(model, row, mask)
                frozen, _ = token_logprobs(tiny_model(300, 0, "nano"), row, mask)
            assert sample.logprobs == pytest.approx(expected.tolist(), abs=1e-3)
            assert sample.logprobs != pytest.approx(frozen.tolist(), abs=1e-2)
            ids[key] += [*sample.ids, 40, 41]


def test_a_state_has_no_frozen_weights_and_goes_on_exactly(adapted: tuple[Any, Any], tmp_path: Path) -> None:
    model, optimizer = adapted
    models.save_state(tmp_path, model, optimizer, {"step": 2})
    trained(model, optimizer)
    other, its = prepared()
    assert models.load_state(tmp_path, other, its) == {"step": 2}
    trained(other, its)
    own = other.state_dict()
    assert all(torch.equal(value, own[name]) for name, value in model.state_dict().items())
    saved = torch.load(tmp_path / "state.pt", weights_only=True)["model"]
    assert all(".lora_" in name for name in saved)


@pytest.mark.parametrize("settings", [{"lora": 0}, {"lora": RANK + 1}])
def test_a_state_of_another_model_is_refused(adapted: tuple[Any, Any], tmp_path: Path, settings: Any) -> None:
    models.save_state(tmp_path, *adapted, {"step": 2})
    with pytest.raises(UsageError, match="of another model: give the options of"):
        models.load_state(tmp_path, *prepared(**settings))


def test_muon_is_that_of_torch_with_adamw_for_the_rest() -> None:
    ours, theirs = tiny_model(300, 0, "nano"), tiny_model(300, 0, "nano")
    optimizer = Muon(ours, 0.01, 0.1, scale=1.0)
    matrices = [weight for name, weight in theirs.named_parameters() if "_proj" in name]
    rest = [weight for name, weight in theirs.named_parameters() if "_proj" not in name]
    assert len(matrices) == 2 * 7
    reference = [
        torch.optim.Muon(matrices, lr=0.01, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=0.01, weight_decay=0.1, betas=(0.9, 0.95)),
    ]
    first = {name: value.clone() for name, value in ours.state_dict().items()}
    for update in range(3):
        chance = torch.Generator().manual_seed(update)
        for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            own.grad = torch.randn(own.shape, generator=chance)
            other.grad = own.grad.clone()
        optimizer.step()
        for one in reference:
            one.step()
    for (name, own), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        moved = (other - first[name]).norm()
        assert (own - other).norm() < (0.02 if "_proj" in name else 1e-6) * moved, f"{name}: torch's is in bfloat16"
    optimizer.zero_grad()
    assert all(weight.grad is None for weight in ours.parameters())


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (20, 20)])
def test_orthogonal_keeps_directions_and_not_sizes(shape: tuple[int, int]) -> None:
    matrices = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0)) * 7
    found = orthogonal(matrices)
    sizes = torch.linalg.svdvals(found)
    assert sizes.min() > 0.5
    assert sizes.max() < 1.3
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    exact = left @ right
    alike = (found * exact).sum((1, 2)) / (found.norm(dim=(1, 2)) * exact.norm(dim=(1, 2)))
    assert alike.min() > 0.97


def test_what_goes_on_has_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    model, optimizer = prepared(lora=0, rate=1e-3)
    models.save_state(tmp_path, model, optimizer, {})
    other, its = prepared(lora=0, rate=1e-5)
    models.load_state(tmp_path, other, its)
    assert {group["lr"] for group in its.param_groups} == {1e-5}
    models.begin(tmp_path)
    with pytest.raises(UsageError, match="nothing to go on from"):
        models.load_state(tmp_path, other, its)


def test_muon_goes_on_exactly_and_is_no_adamw(tmp_path: Path) -> None:
    settings = {"lora": 0, "rate": 1e-3}
    model, optimizer = prepared(optimizer="muon", **settings)
    trained(model, optimizer)
    models.save_state(tmp_path, model, optimizer, {"step": 2})
    trained(model, optimizer)
    other, its = prepared(1, optimizer="muon", **settings)
    assert models.load_state(tmp_path, other, its) == {"step": 2}
    trained(other, its)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    with pytest.raises(UsageError, match="of another model: give the options of"):
        models.load_state(tmp_path, *prepared(optimizer="adamw", **settings))
    models.save_state(tmp_path, *prepared(optimizer="adamw", **settings), {"step": 2})
    with pytest.raises(UsageError, match="of another model: give the options of"):
        models.load_state(tmp_path, other, its)
    with pytest.raises(UsageError, match="--optimizer is adamw or muon, found sgd"):
        prepared(optimizer="sgd", **settings)


def test_a_context_beyond_the_models_is_refused() -> None:
    with pytest.raises(UsageError, match="--context 5000: this model reads at most 4096 tokens"):
        prepared(lora=0, context=5000)


def test_a_model_that_changes_its_logits_is_refused(tmp_path: Path) -> None:
    from transformers import Gemma2Config, Gemma2ForCausalLM

    shape = {"vocab_size": 300, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 16,
             "num_attention_heads": 2, "num_key_value_heads": 1, "pad_token_id": 0}  # fmt: skip
    for cap in (None, 0.01):
        model = Gemma2ForCausalLM(Gemma2Config(**shape, final_logit_softcapping=cap))
        models.save(tmp_path / str(cap), model, tiny_tokenizer(["nothing"], 300))
    models.load(str(tmp_path / "None"))
    with pytest.raises(UsageError, match="Gemma2ForCausalLM changes its logits after the output layer"):
        models.load(str(tmp_path / "0.01"))


def test_extras_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"peft not installed: pip install 'agentgym-tooluse\[lora\]'"):
        models.with_lora(None, 4)
    with pytest.raises(UsageError, match=r"torch and transformers not installed: pip install .*\[train\]'"):
        models.load("nano")


def test_the_folder_of_a_run_stands_for_its_best_model(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(["nothing"], 300)
    models.save(tmp_path / "model", tiny_model(300, 1, "nano"), tokenizer)
    last = models.load(str(tmp_path))[0]
    models.save(tmp_path / "best", tiny_model(300, 2, "nano"), tokenizer)
    best = models.load(str(tmp_path))[0]
    for found, seed in ((last, 1), (best, 2)):
        assert torch.equal(found.lm_head.weight, tiny_model(300, seed, "nano").lm_head.weight)
    with pytest.raises(UsageError, match="cannot load"):
        models.load(str(tmp_path.parent))
