"""Sampling with kept keys and values: what a fresh forward pass gives, however turns and rows come and go."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from agentgym.training.engine import Request, Sample  # noqa: E402
from agentgym.training.hf import HFEngine  # noqa: E402
from agentgym.training.tiny import tiny_model  # noqa: E402

END, VOCABULARY = 2, 40


@pytest.fixture(scope="module")
def model() -> Any:
    made = tiny_model(VOCABULARY, 0, "tiny", hidden_size=32, intermediate_size=64, num_hidden_layers=2)
    with torch.no_grad():
        for weight in made.parameters():
            if weight.dim() > 1:
                weight.mul_(8)  # random weights are nearly uniform; these have opinions
    return made.eval()


def rows(turn: int, ids: dict[int, list[int]], keys: list[int]) -> list[Request]:
    return [Request(key, ids[key], 1000 * turn + key) for key in keys]


def grown(ids: dict[int, list[int]], keys: list[int], samples: list[Sample], turn: int) -> None:
    for key, sample in zip(keys, samples, strict=True):
        ids[key] += sample.ids + [3 + (key * turn) % 30] * (1 + key % 5)


@pytest.mark.parametrize("batch", [3, 256])
def test_kept_turns_give_what_fresh_ones_give(model: Any, batch: int) -> None:
    engine = HFEngine(model, batch=batch)
    ids = {key: [3 + (7 * key + at) % 37 for at in range(2 + 3 * key)] for key in range(9)}
    for turn, keys in enumerate([[0, 1, 2, 3, 4, 5], [5, 3, 0, 1, 4], [0, 1, 3, 6, 7, 8], [8, 1]]):
        asked = rows(turn, ids, keys)
        kept = engine.generate(asked, limit=12, temperature=1.0, end=END)
        fresh = HFEngine(model).generate(asked, limit=12, temperature=1.0, end=END)
        assert [sample.ids for sample in kept] == [sample.ids for sample in fresh]
        for one, other in zip(kept, fresh, strict=True):
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
        grown(ids, keys, kept, turn + 1)


def test_logprobs_are_those_of_the_learner(model: Any) -> None:
    """Within 1e-3 in float32, over several turns (the bound of a GRPO step's ratio)."""
    engine, ids, wanted = HFEngine(model), {key: [4 + key, 9, 11] for key in range(6)}, {}
    for turn in range(3):
        keys = list(ids)
        samples = engine.generate(rows(turn, ids, keys), limit=10, temperature=0.7, end=END)
        for key, sample in zip(keys, samples, strict=True):
            wanted.setdefault(key, []).append((len(ids[key]), sample.logprobs))
        grown(ids, keys, samples, turn + 1)
    for key, turns in wanted.items():
        with torch.no_grad():
            logs = model(input_ids=torch.tensor([ids[key]])).logits.log_softmax(-1)[0]
        for first, logprobs in turns:
            for at, value in enumerate(logprobs, first):
                assert value == pytest.approx(float(logs[at - 1, ids[key][at]]), abs=1e-3)


def test_a_row_samples_the_same_beside_any_others(model: Any) -> None:
    asked = [Request(key, [5, 6, 7 + key], 40 + key) for key in range(8)]
    together = HFEngine(model).generate(asked, limit=16, temperature=1.0, end=END)
    alone = [HFEngine(model).generate([request], limit=16, temperature=1.0, end=END)[0] for request in asked]
    assert [sample.ids for sample in together] == [sample.ids for sample in alone]


def test_turns_end_at_the_end_token_or_at_the_limit(model: Any) -> None:
    asked = [Request(key, [5, key + 3], key) for key in range(30)]
    for sample in HFEngine(model).generate(asked, limit=20, temperature=1.5, end=END):
        assert len(sample.ids) == len(sample.logprobs) <= 20
        assert sample.ended == (sample.ids[-1] == END)
        assert END not in sample.ids[:-1]
        assert sample.ended or len(sample.ids) == 20


@pytest.mark.parametrize("batch", [4, 256])
@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_turns_in_parts_are_those_of_one_piece(model: Any, batch: int, temperature: float) -> None:
    """Whoever has ended takes its next turn beside those that are still at theirs."""
    first = {key: [5, 6, *[7 + key] * (1 + key % 4)] for key in range(12)}
    (said,) = HFEngine(model).generate([Request(0, first[0], 0)], limit=14, temperature=temperature, end=END)
    options = {"limit": 14, "temperature": temperature, "end": said.ids[4]}
    engine, ids = HFEngine(model, batch=batch, parts=True), {key: list(found) for key, found in first.items()}
    turns, begun, calls = dict.fromkeys(ids, 0), dict[int, Sample](), 0
    found: dict[int, list[Sample]] = {key: [] for key in ids}
    while keys := [key for key, turn in turns.items() if turn < 3]:
        calls += 1
        nothing = Sample([], [], False)
        asked = [Request(key, [*ids[key], *begun.get(key, nothing).ids], 1000 * turns[key] + key,
                         len(begun.get(key, nothing).ids)) for key in keys]  # fmt: skip
        for key, sample in zip(keys, engine.generate(asked, **options), strict=True):
            before = begun.pop(key, nothing)
            whole = Sample(before.ids + sample.ids, before.logprobs + sample.logprobs, sample.ended)
            assert sample.unfinished == (not whole.ended and len(whole.ids) < 14)
            if sample.unfinished:
                begun[key] = whole
                continue
            found[key].append(whole)
            ids[key] += [*whole.ids, 4, 9]
            turns[key] += 1
    assert calls > 3, "nothing came back in parts"
    for key, prompt in first.items():
        alone, row = HFEngine(model), list(prompt)
        for turn, sample in enumerate(found[key]):
            (expected,) = alone.generate([Request(key, row, 1000 * turn + key)], **options)
            assert (sample.ids, sample.ended) == (expected.ids, expected.ended)
            assert sample.logprobs == pytest.approx(expected.logprobs, abs=1e-4)
            row += [*sample.ids, 4, 9]


def test_samples_follow_the_distribution(model: Any) -> None:
    """Of 4,000 first tokens each is about as frequent as its probability."""
    asked = [Request(key, [5, 6, 7], key) for key in range(4000)]
    counts = torch.zeros(VOCABULARY)
    for sample in HFEngine(model, batch=4000).generate(asked, limit=1, temperature=1.0, end=END):
        counts[sample.ids[0]] += 1
    with torch.no_grad():
        expected = model(input_ids=torch.tensor([[5, 6, 7]])).logits[0, -1].softmax(-1)
    assert (counts / 4000 - expected).abs().max() < 0.03


def test_a_key_that_comes_again_with_other_tokens_is_computed_anew(model: Any) -> None:
    engine = HFEngine(model)
    engine.generate([Request(0, [5, 6, 7, 8, 9], 1)], limit=8, temperature=1.0, end=END)
    for ids in ([5, 6], [5, 6, 7, 8, 9], [9, 9, 9, 9, 9, 9, 9, 9]):
        found = engine.generate([Request(0, ids, 2)], limit=8, temperature=1.0, end=END)
        fresh = HFEngine(model).generate([Request(0, ids, 2)], limit=8, temperature=1.0, end=END)
        assert found[0].ids == fresh[0].ids


def test_new_weights_are_used(model: Any) -> None:
    copy = tiny_model(VOCABULARY, 1, "tiny", hidden_size=32, intermediate_size=64, num_hidden_layers=2)
    engine, asked = HFEngine(copy), [Request(0, [5, 6, 7], 3)]
    engine.generate(asked, limit=8, temperature=0.0, end=END)
    engine.update(model)
    assert engine.generate(asked, limit=8, temperature=0.0, end=END) == HFEngine(model).generate(
        asked, limit=8, temperature=0.0, end=END
    )
