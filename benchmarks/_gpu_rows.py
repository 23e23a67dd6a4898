"""What `gpu.py` measures, each row in a process of its own: models of random weights, GRPO steps, log-probabilities."""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch
from gpu import PARTS
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

import agentgym
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.logprobs import chosen_logprobs
from agentgym.training.tiny import MARKS, SIZES, tiny_model, tiny_tokenizer

PACK, RENDERING = "clinic", "compact"
QWEN3: dict[str, Any] = {
    "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
    "max_position_embeddings": 40_960, "rope_theta": 1e6,
}  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    "nano": {**SIZES["nano"], "vocab_size": 4_096},
    "0.6b": {**QWEN3, "hidden_size": 1024, "intermediate_size": 3072, "vocab_size": 151_936},
    "1.7b": {**QWEN3, "hidden_size": 2048, "intermediate_size": 6144, "vocab_size": 151_936},
}
"""Those of Qwen3-0.6B and Qwen3-1.7B, and one that shows that all of this runs."""


def made(folder: Path, name: str) -> int:
    """Save a model of a shape with random weights, and its tokenizer; how many parameters it has."""
    size = SHAPES[name]["vocab_size"]
    tasks = TaskStream([agentgym.load(PACK)]).next(24 if name == "nano" else 200)
    talks = conversations(demonstrations(tasks), RENDERING)
    tokenizer = padded(tiny_tokenizer((message["content"] for talk in talks for message in talk), size // 2), size)
    model = tiny_model(size, 0, "tiny", **SHAPES[name])
    models.save(folder, model.to(torch.bfloat16), tokenizer)
    return sum(weight.numel() for weight in model.parameters())


def padded(tokenizer: Any, size: int) -> Any:
    """The tokenizer with as many tokens as a model has: made-up words that it reads and never writes."""
    parts = json.loads(tokenizer.backend_tokenizer.to_str())
    vocabulary: dict[str, int] = parts["model"]["vocab"]
    vocabulary |= {mark: tokenizer.convert_tokens_to_ids(mark) for mark in MARKS}
    vocabulary |= {f"Ġword{number}": number for number in range(len(tokenizer), size)}
    whole = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(parts)), eos_token=tokenizer.eos_token,
        pad_token=tokenizer.pad_token, clean_up_tokenization_spaces=False,
    )  # fmt: skip
    whole.chat_template = tokenizer.chat_template
    return whole


def step_row(folder: str, rounds: int, settings: dict[str, Any]) -> dict[str, Any]:
    """GRPO steps by `baselines/grpo.py`: medians over `rounds` after a first one. Where it does not work, why."""
    try:
        with TemporaryDirectory() as out:
            run = _timed(init=folder, out=out, rendering=RENDERING, pack=(PACK,), evaluate=0, refills=0, **settings)
            run.one()
            steps = [_metrics(run) for _ in range(rounds)]
    except torch.OutOfMemoryError:
        return {"trouble": "out of memory"}
    except Exception as trouble:  # the other rows are worth having
        return {"trouble": next(iter(str(trouble).splitlines()), type(trouble).__name__)}
    found: dict[str, Any] = {name: median(step[name] for step in steps) for name in steps[0]}
    found["parts"] = {name: found.pop(name) for name in PARTS}
    totals = [step["seconds"] for step in steps]
    return {**found, "low": min(totals), "high": max(totals), "peak": peak(run.learner.device)}


def _timed(**settings: Any) -> Any:
    """`Run` of grpo.py, but every group teaches: what random weights do earns nothing, so advantages are made up. The
    work is the same."""
    path = Path(__file__).resolve().parent.parent / "baselines" / "grpo.py"
    spec = importlib.util.spec_from_file_location("grpo", path)
    assert spec is not None
    assert spec.loader is not None
    grpo = importlib.util.module_from_spec(spec)
    sys.modules["grpo"] = grpo  # dataclasses look their module up
    spec.loader.exec_module(grpo)

    class Timed(grpo.Run):
        learned_tokens = 0

        def learned(self, group: list[Any]) -> list[Any]:
            self.learned_tokens += sum(len(stream.ids) for _, stream in group)
            return [
                grpo.Episode(stream, [1.0 - 2.0 * (at % 2)] * len(stream.spans), False)
                for at, (_, stream) in enumerate(group)
            ]

    return Timed(grpo.Settings(**settings))


def _metrics(run: Any) -> dict[str, float]:
    """Seconds of one step and its parts, and tokens a second."""
    run.learned_tokens, started = 0, time.perf_counter()
    metrics = run.one()
    seconds = {name: metrics[f"seconds_{name}"] for name in PARTS}
    return {
        "seconds": time.perf_counter() - started, **seconds, "episodes": metrics["train_episodes"],
        "turns": metrics["train_turns"], "sampled": metrics["tokens_written"] / seconds["engine"],
        "learned": run.learned_tokens / seconds["learning"],
        "length": run.learned_tokens / metrics["train_episodes"],
    }  # fmt: skip


def peak(device: Any) -> int:
    """Most bytes: of what torch took on a GPU, keys and values of an engine included; of the process elsewhere."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def logprob_rows(
    name: str, tokens: int, pieces: Sequence[float], rounds: int, device: str, dtype: str
) -> list[dict[str, Any]]:
    """Log-probabilities of chosen tokens, entropies, and gradients: all logits at once, and in pieces of so many MB."""
    kind = torch.bfloat16 if dtype == "bfloat16" else torch.float32
    vocabulary, width = SHAPES[name]["vocab_size"], SHAPES[name]["hidden_size"]
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn(tokens, width, generator=draw).to(device, kind).requires_grad_()
    weight = (torch.randn(vocabulary, width, generator=draw) * width**-0.5).to(device, kind).requires_grad_()
    chosen = torch.randint(0, vocabulary, (tokens,), generator=draw).to(device)
    rows: list[dict[str, Any]] = []
    for title, work in _ways(hidden, weight, chosen, pieces):
        try:
            times = [_seconds(work, (hidden, weight), device) for _ in range(rounds + 1)][1:]
        except torch.OutOfMemoryError:
            rows.append({"name": title, "trouble": "out of memory"})
            continue
        taken = [bytes_ for _, bytes_ in times]
        rows.append({"name": title, "seconds": median(seconds for seconds, _ in times), "bytes": max(taken)})
    return rows


def _ways(
    hidden: Any, weight: Any, chosen: Any, pieces: Sequence[float]
) -> Iterator[tuple[str, Callable[[], tuple[Any, Any]]]]:
    def whole() -> tuple[Any, Any]:
        logs = (hidden @ weight.T).float().log_softmax(-1)
        with torch.no_grad():
            entropy = -(logs.exp() * logs).sum(-1)
        return logs.gather(-1, chosen[:, None])[:, 0], entropy

    yield "all logits at once", whole
    for megabytes in pieces:
        chunk = max(1, int(megabytes * 2**18) // len(weight))
        yield f"in pieces of {megabytes:g} MB", partial(chosen_logprobs, hidden, weight, chosen, chunk)


def _seconds(work: Callable[[], tuple[Any, Any]], inputs: tuple[Any, ...], device: str) -> tuple[float, int]:
    """Seconds forwards and backwards, and bytes that it took on a GPU beside what was there (0 elsewhere)."""
    for one in inputs:
        one.grad = None
    on_gpu = device.startswith("cuda")
    before = 0
    if on_gpu:
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
    started = time.perf_counter()
    work()[0].sum().backward()
    if on_gpu:
        torch.cuda.synchronize(device)
    return time.perf_counter() - started, torch.cuda.max_memory_allocated(device) - before if on_gpu else 0
