"""One learner of `trl.py`, in a process of its own: it makes a step each time that it reads a line.

    python benchmarks/_trl_worker.py ROW SETTINGS

Each step is answered by a line of JSON with what it took (seconds) and what the episodes were like.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

import torch

from agentgym import load
from agentgym.rollout import Played
from agentgym.seeding import stream
from agentgym.training import models
from agentgym.training.data import TaskStream, unseen
from agentgym.training.engine import Engine, Request, Sample
from agentgym.training.sampling import Sampler, Tasks
from agentgym.training.stream import Stream
from agentgym.training.trl import Rollouts, reward

OURS = (
    "init", "rendering", "groups", "group", "updates", "rate", "limit", "context", "tokens", "dtype",
    "device", "checkpointing", "hold_out", "seed",
)  # fmt: skip
"""Settings of `baselines/grpo.py` that are settings here."""

BASELINE = Path(__file__).resolve().parent.parent / "baselines" / "grpo.py"
WORDS = os.fdopen(os.dup(1), "w", buffering=1)
"""To the program that started this one: libraries print what they like elsewhere."""


class Watched(Sampler):
    """A sampler that remembers what was sampled. Where `drawn`, each episode is paid a draw of its own besides, so that
    no group is equal and all of them are learned from."""

    drawn = False
    said: dict[str, float]

    def groups(self, tasks: Tasks, size: int, temperature: float, seed: int) -> list[list[tuple[Played, Stream]]]:
        began, self.seconds = time.perf_counter(), 0.0
        groups = super().groups(tasks, size, temperature, seed)
        pairs = [pair for group in groups for pair in group]
        traces = [played.trace for played, _ in pairs]
        self.said = {
            "sampling": self.seconds, "environment": time.perf_counter() - began - self.seconds,
            "episodes": len(pairs), "reward": sum(trace.score or 0.0 for trace in traces) / len(traces),
            "success": sum(trace.success for trace in traces) / len(traces),
            "tokens": sum(len(stream.ids) for _, stream in pairs),
            "written": sum(sum(stream.mask) for _, stream in pairs),
            "turns": sum(trace.turns for trace in traces) / len(traces),
        }  # fmt: skip
        if self.drawn:
            for played, _ in pairs:
                played.rewards.append(stream("paid", seed, played.trace.task_id, played.sample).below(1000) / 1000)
        self.said["equal"] = sum(len({round(sum(p.rewards), 6) for p, _ in group}) == 1 for group in groups)
        return groups


class Clock:
    """Steps on demand."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.began, self.parameters = device, 0.0, 0

    def now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def wait(self) -> None:
        """Until the next step is wanted; the end of the program when none is."""
        if not sys.stdin.readline():
            os._exit(0)
        self.began = self.now()

    def said(self, sampler: Watched) -> None:
        """Tell what the step took."""
        seconds = self.now() - self.began
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(self.device)
        else:
            peak = 1024 * getrusage(RUSAGE_SELF).ru_maxrss
        learning = seconds - sampler.said["sampling"] - sampler.said["environment"]
        took = {"seconds": seconds, "learning": learning, "peak": peak, "parameters": self.parameters}
        print(json.dumps({**sampler.said, **took}), file=WORDS)


# --- ours ---


def ours(settings: dict[str, Any], folder: str) -> None:
    """`baselines/grpo.py`, without its evaluation and without new groups in place of equal ones."""
    spec = importlib.util.spec_from_file_location("baselines_grpo", BASELINE)
    assert spec is not None
    assert spec.loader is not None
    grpo = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grpo)
    chosen = {name: settings[name] for name in OURS}
    run = grpo.Run(grpo.Settings(**chosen, pack=tuple(settings["pack"]), refills=0, evaluate=0, out=folder))
    options = {name: settings[name] for name in ("rendering", "limit", "context")}
    run.sampler = Watched(run.sampler.engine, run.sampler.chat, **options)
    run.sampler.drawn = settings["drawn"]
    clock = Clock(run.learner.device)
    clock.parameters = run.learner.model.num_parameters()
    print(json.dumps({"ready": True}), file=WORDS)
    while True:
        clock.wait()
        run.one()
        clock.said(run.sampler)


# --- TRL ---


class Generation:
    """TRL's own sampling as an engine: the `generate` of transformers, on the whole conversation in every turn."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """As `Engine` wants it; limit, temperature and end are the trainer's, which are the same."""
        assert (limit, temperature) == (self.trainer.max_completion_length, self.trainer.temperature)
        rows = [list(request.ids) for request in requests]
        found, _ = self.trainer._generate_single_turn(rows, None, {}, self.trainer.num_generations)
        return [Sample(ids, [0.0] * len(ids), bool(ids) and ids[-1] == end) for ids in found]

    def update(self, model: Any) -> None:
        """Nothing to do: it samples with the learner itself."""


class Watching(Rollouts):
    """The recipe's `rollout_func`, with the clock, and with a sampler that remembers."""

    def __init__(self, clock: Clock, drawn: bool, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.clock, self.drawn = clock, drawn

    def __call__(self, prompts: Sequence[str], trainer: Any) -> Any:
        if self._sampler is not None:
            self.clock.said(self._sampler)  # type: ignore[arg-type]
        self.clock.wait()
        return super().__call__(prompts, trainer)

    def sampler(self, trainer: Any) -> Sampler:
        sampler = super().sampler(trainer)
        if not isinstance(sampler, Watched):
            self._sampler = Watched(sampler.engine, sampler.chat, **self._options)
            self._sampler.drawn = self.drawn
        assert self._sampler is not None
        return self._sampler


def trl(settings: dict[str, Any], folder: str, engine: Any) -> None:
    """TRL's trainer with the same objective: as many updates, AdamW, clip-higher, mean over tokens, no KL term."""
    warnings.simplefilter("ignore")
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    device = models.device_of(settings["device"])
    clock = Clock(device)
    packs = [load(name) for name in settings["pack"]]
    tasks = TaskStream(packs, "train", settings["hold_out"], first=unseen(settings["seed"]))
    options = {name: settings[name] for name in ("rendering", "limit", "context", "seed")}
    wanted = tasks.next(settings["groups"] * settings["steps"])
    rollouts = Watching(clock, settings["drawn"], wanted, engine=engine, **options)
    share = settings["groups"] * settings["group"] // settings["updates"]
    micro = settings["micro"] or share
    args = GRPOConfig(
        output_dir=folder, max_steps=settings["steps"] * settings["updates"], num_generations=settings["group"],
        per_device_train_batch_size=micro, gradient_accumulation_steps=share // micro,
        steps_per_generation=share // micro * settings["updates"], max_completion_length=settings["limit"],
        temperature=1.0, learning_rate=settings["rate"], lr_scheduler_type="constant",
        adam_beta2=0.95, weight_decay=0.0, max_grad_norm=1.0, epsilon=0.2, epsilon_high=0.28, loss_type="dapo",
        use_cpu=device.type == "cpu", bf16=settings["dtype"] == "bfloat16", shuffle_dataset=False,
        gradient_checkpointing=settings["checkpointing"], report_to="none", save_strategy="no", logging_steps=10**6,
        disable_tqdm=True, seed=settings["seed"],
    )  # fmt: skip

    class End(TrainerCallback):
        def on_train_end(self, *_: Any, **__: Any) -> None:
            clock.said(rollouts._sampler)  # type: ignore[arg-type]

    model, tokenizer = models.load(settings["init"])
    clock.parameters = model.num_parameters()
    trainer = GRPOTrainer(
        model, reward, args, Dataset.from_list(rollouts.rows), processing_class=tokenizer, rollout_func=rollouts,
        callbacks=[End()],
    )  # fmt: skip
    print(json.dumps({"ready": True}), file=WORDS)
    trainer.train()


def main() -> None:
    row, settings = sys.argv[1], json.loads(sys.argv[2])
    os.dup2(2, 1)
    torch.set_num_threads(settings["threads"])
    with TemporaryDirectory() as folder:
        if row == "ours":
            ours(settings, folder)
        else:
            engine: type[Engine] | None = Generation if row == "generate" else None
            trl(settings, folder, engine)


if __name__ == "__main__":
    main()
