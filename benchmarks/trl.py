"""GRPO by `baselines/grpo.py` and by TRL's `GRPOTrainer`: seconds a step, and reward after as many samples.

    python benchmarks/trl.py                                 from runs/sft/best, which sft.py has made
    python benchmarks/trl.py --model tiny --reward drawn     speed alone: random weights, random rewards
    python benchmarks/trl.py --model 0.6b --reward drawn --device cuda --micro 4
    python benchmarks/trl.py --init ... --write              appends the table to benchmarks/RESULTS.md

It needs trl: pip install 'agentgym-tooluse[trl]'. All learners begin with the same weights and play the same tasks in
the same groups, with the same temperature and limits, and make the same number of updates of AdamW with the same
learning rate on the same surrogate (clip-higher, mean over tokens, no KL term), in the same precision. What they sample
is the same in the first step of `--seed 0`; from there on each draws its own.

* *ours*: `baselines/grpo.py`, its evaluation switched off, and no new groups in place of equal ones, so that each step
  has the same number of samples.
* *TRL, our engine*: `GRPOTrainer` with `agentgym.training.trl.Rollouts`, the recipe of docs/train.md. What samples is
  the same; what differs is the learner.
* *TRL, its generation*: the same with TRL's own sampling, by the `generate` of transformers, turn by turn.

Each lives in a process of its own, and they make their steps in turn, so that what else runs on the machine falls on
all. The first step warms up, and counts for the rewards alone. Seconds are medians over the other steps; *ratio* is the
median of a learner's seconds over ours in the same step, with the least and the greatest. *learning* is all that is
neither sampling nor environment. *equal* is the share of groups whose episodes were all paid the same: they teach
nothing, ours leaves them out of its updates, TRL computes them. `--reward drawn` pays every episode a random number
besides, so that none is equal; the rewards shown are without it. *peak* is the most memory: of the process, or on the
GPU what torch had given out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from kernel import RESULTS, machine

WORKER = Path(__file__).with_name("_trl_worker.py")
ROWS = {"ours": "ours", "engine": "TRL, our engine", "generate": "TRL, its generation"}
TARGET = 1.5
"""How many times as fast as TRL with our engine ours is to be on a processor."""

MODELS = ("nano", "tiny", "small", "0.6b", "1.7b")


def random_model(name: str, folder: str) -> None:
    """Save a model of that size with random weights, and a tokenizer made of a pack's conversations."""
    from _gpu_rows import SHAPES

    from agentgym import load
    from agentgym.training import models
    from agentgym.training.data import TaskStream, conversations, demonstrations
    from agentgym.training.tiny import SIZES, tiny_model, tiny_tokenizer

    traces = demonstrations(TaskStream([load("clinic")]).next(100))
    texts = [message["content"] for row in conversations(traces, "compact") for message in row]
    tokenizer = tiny_tokenizer(texts, 1536)
    if name in SIZES:
        model = tiny_model(len(tokenizer), 0, name)
    else:
        model = tiny_model(SHAPES[name]["vocab_size"], 0, **SHAPES[name])
    models.save(folder, model, tokenizer)


# --- measuring ---


@contextmanager
def learner(row: str, settings: Mapping[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process that makes steps."""
    command = [sys.executable, "-P", str(WORKER), row, json.dumps(dict(settings))]  # or this file is its `trl`
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            heard(process, row)
            yield process
        except RuntimeError as trouble:
            errors.seek(0)
            last = [line for line in errors.read().splitlines() if line.strip()][-12:]
            raise RuntimeError("\n".join([str(trouble), *last])) from None
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], row: str) -> dict[str, Any]:
    """The next line of a learner. Raises RuntimeError where it has ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{ROWS[row]} ended")
    return json.loads(line)


def measure(rows: Sequence[str], settings: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Each row's steps, one of each in turn, each round beginning with another."""
    found: dict[str, list[dict[str, Any]]] = {row: [] for row in rows}
    with ExitStack() as stack:
        processes = {row: stack.enter_context(learner(row, settings)) for row in rows}
        for step in range(settings["steps"]):
            for at in range(len(rows)):
                row = rows[(step + at) % len(rows)]
                stdin = processes[row].stdin
                assert stdin is not None
                stdin.write("go\n")
                stdin.flush()
                found[row].append(heard(processes[row], row))
            said = ", ".join(f"{ROWS[row]} {found[row][-1]['seconds']:.2f} s" for row in rows)
            print(f"step {step + 1}/{settings['steps']}: {said}", file=sys.stderr)
    return found


# --- reporting ---


def row_of(name: str, steps: Sequence[Mapping[str, float]], base: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The line of one row."""
    timed, ends = steps[1:], max(1, len(steps) // 4)
    ratios = [one["seconds"] / other["seconds"] for one, other in zip(timed, base[1:], strict=True)]
    middle = {part: median(step[part] for step in timed) for part in ("seconds", "sampling", "environment", "learning")}
    return {
        "name": name, **middle, "samples": sum(step["episodes"] for step in timed) / sum(s["seconds"] for s in timed),
        "ratio": median(ratios), "low": min(ratios), "high": max(ratios),
        "first": mean(step["reward"] for step in steps[:ends]), "last": mean(step["reward"] for step in steps[-ends:]),
        "peak": max(step["peak"] for step in steps),
    }  # fmt: skip


def report(found: Mapping[str, Any]) -> str:
    """The table, as Markdown."""
    settings, steps = found["settings"], found["settings"]["steps"]
    ends = max(1, steps // 4)
    head = (
        f"`{found['command']}`: {settings['init_name']}, {found['parameters'] / 1e6:.1f} M parameters, "
        f"{settings['dtype']}; {steps} steps of {settings['groups']} × {settings['group']} episodes, "
        f"{settings['updates']} updates; {found['tokens']:.0f} tokens an episode, {found['written']:.0f} of them "
        f"written, {found['turns']:.1f} turns; {found['equal']:.0%} of groups equal; {found['versions']}"
    )
    titles = (
        "| row                 |  s / step | sampling | environment | learning | samples / s | ratio |     min-max "
        f"| reward, first {ends} steps | last {ends} | peak GB |"
    )
    rule = (
        "|---------------------|----------:|---------:|------------:|---------:|------------:|------:|------------:"
        "|----------------------:|-------:|--------:|"
    )
    lines = [found["machine"], head, "", titles, rule]
    for row in found["rows"]:
        span = f"{row['low']:.2f}-{row['high']:.2f}"
        lines.append(
            f"| {row['name']:<19} | {row['seconds']:>9.2f} | {row['sampling']:>8.2f} | {row['environment']:>11.2f} "
            f"| {row['learning']:>8.2f} | {row['samples']:>11.2f} | {row['ratio']:>5.2f} | {span:>11} "
            f"| {row['first']:>21.3f} | {row['last']:>6.3f} | {row['peak'] / 1e9:>7.2f} |"
        )
    rivals = [row for row in found["rows"] if row["name"] == ROWS["engine"]]
    for row in rivals:
        verdict = "ok" if row["ratio"] >= TARGET else "missed"
        lines += ["", f"- ours is {row['ratio']:.2f} times as fast as {row['name']}; the aim is {TARGET:g}: {verdict}."]
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    out.add_argument("--init", default="runs/sft", help="folder or name of the model to begin with; of a run, its best")
    out.add_argument("--model", default="", choices=MODELS, help="in place of --init: random weights, of this size")
    out.add_argument("--reward", default="score", choices=("score", "drawn"), help="what is paid")
    out.add_argument("--rows", nargs="+", default=list(ROWS), choices=list(ROWS), help="which learners, ours first")
    out.add_argument("--pack", nargs="+", default=["clinic"], help="packs' names or folders")
    out.add_argument("--hold-out", type=float, default=0.15, help="share of branches that are not trained on")
    out.add_argument("--rendering", default="bare", help="policy and tools in the prompt: full, compact, bare")
    out.add_argument("--steps", type=int, default=4, help="steps of each learner, one to warm up")
    out.add_argument("--groups", type=int, default=8, help="tasks a step")
    out.add_argument("--group", type=int, default=8, help="episodes a task")
    out.add_argument("--updates", type=int, default=2, help="updates a step")
    out.add_argument("--rate", type=float, default=2e-4, help="learning rate")
    out.add_argument("--limit", type=int, default=320, help="most tokens a turn")
    out.add_argument("--context", type=int, default=3072, help="most tokens a conversation")
    out.add_argument("--tokens", type=int, default=16384, help="ours: tokens computed at once, padding counted")
    out.add_argument("--micro", type=int, default=0, help="TRL: episodes computed at once; 0 for all of an update")
    out.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"), help="of the computation")
    out.add_argument("--checkpointing", action="store_true", help="gradient checkpointing")
    out.add_argument("--device", default="auto", help="auto, cpu, cuda")
    out.add_argument("--threads", type=int, default=1, help="of torch, on a processor")
    out.add_argument("--seed", type=int, default=0, help="of sampling")
    out.add_argument("--quick", action="store_true", help="two small steps: shows that it runs, not what it takes")
    out.add_argument("--json", action="store_true", help="print JSON")
    out.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    return out


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit status."""
    parser_ = parser()
    options = parser_.parse_args(arguments)
    if options.quick:
        options.steps, options.groups, options.group, options.limit, options.context = 2, 2, 2, 8, 1024
    share, odd = divmod(options.groups * options.group, options.updates)
    if odd or options.steps < 2 or options.group < 2 or (options.micro and share % options.micro):
        parser_.error("--groups × --group must be a multiple of --updates × --micro; --steps and --group at least 2")
    if options.rows[0] != "ours":
        parser_.error("--rows begins with ours: the others are compared with it")
    if not options.model and options.init.startswith((".", "/", "runs/")) and not Path(options.init).is_dir():
        advice = "make it (python baselines/sft.py), give another --init, or --model tiny"
        print(f"trl: no folder {options.init}: {advice}", file=sys.stderr)
        return 2
    gone = [name for name in ("torch", "transformers", "trl", "datasets") if not installed(name)]
    if gone:
        print(f"trl: {' and '.join(gone)} not installed: pip install 'agentgym-tooluse[trl]'", file=sys.stderr)
        return 2
    given = sys.argv[1:] if arguments is None else arguments
    with TemporaryDirectory() as folder:
        settings = {**vars(options), "drawn": options.reward == "drawn"}
        settings["init_name"] = f"random weights, {options.model}" if options.model else options.init
        if options.model:
            random_model(options.model, folder)
            settings["init"] = folder
        try:
            steps = measure(options.rows, settings)
        except RuntimeError as trouble:
            print(f"trl: {trouble}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("stopped; nothing was written", file=sys.stderr)
            return 130
        found = summed(steps, settings, " ".join(["python benchmarks/trl.py", *given]))
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else report(found))
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"{report(found)}\n\n")
    return 0


def installed(name: str) -> bool:
    """Whether there is a distribution of that name. A module `trl` is found in any case: this one."""
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def busy() -> str:
    """How many programs wanted a processor in the last quarter of an hour, on average."""
    return f"{os.getloadavg()[2]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def summed(steps: Mapping[str, list[dict[str, Any]]], settings: Mapping[str, Any], command: str) -> dict[str, Any]:
    """All that is reported."""
    every = [step for found in steps.values() for step in found]
    episodes = sum(step["episodes"] for step in every)
    groups = len(every) * settings["groups"]
    return {
        "command": command, "machine": f"{machine()}, load {busy()}", "settings": dict(settings),
        "parameters": every[0]["parameters"],
        "versions": ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "trl")),
        "tokens": sum(step["tokens"] for step in every) / episodes,
        "written": sum(step["written"] for step in every) / episodes,
        "turns": mean(step["turns"] for step in every), "equal": sum(step["equal"] for step in every) / groups,
        "rows": [row_of(ROWS[row], found, steps["ours"]) for row, found in steps.items()], "steps": dict(steps),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
