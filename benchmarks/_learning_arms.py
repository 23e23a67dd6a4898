"""The arms of `learning.py`: each has `step(share)`, which trains for a moment, and `sampler`, which plays with the
present weights."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

sys.path.append(str(Path(__file__).resolve().parent.parent / "baselines"))

import grpo
import sft

from agentgym.certify.play import Mute
from agentgym.errors import UsageError
from agentgym.pack import load
from agentgym.rollout import Played
from agentgym.training import models
from agentgym.training.data import UNSEEN, TaskStream
from agentgym.training.measure import measured, played
from agentgym.training.sampling import Sampler
from agentgym.training.stream import Stream

REINFORCED: dict[str, dict[str, Any]] = {
    "grpo": {},
    "grpo-turn": {"credit": "turn"},
    "zero": {"zero_reward": True},
    "kdrl": {},
    "distill": {"reward": False},
    "distill-k2": {"reward": False, "kd": "k2"},
    "grpo-muted": {},
    "grpo-blanked": {},
}
"""What each arm of `grpo.py` has beside the common settings."""
TAUGHT = ("kdrl", "distill", "distill-k2")
START = "start"
"""Not an arm: what a seed's arms begin with, measured once."""
ARMS = (*REINFORCED, "sft", "rejection")
TRAINED_FROM, TESTED_FROM, SPACING = UNSEEN, 900_000_000, 1_000_000
"""First task seeds: of training and of tests by seed 0, and how far those of the next seed are from them."""

Tasks = Sequence[tuple[Any, Any]]


class Arm(Protocol):
    """One way of training."""

    sampler: Sampler
    model: Any
    tokenizer: Any

    def step(self, share: float) -> dict[str, Any]:
        """Train for a moment, `share` of the time being over; what is to be said of it."""
        ...


def arm_of(name: str, settings: Any, seed: int, folder: Path) -> Arm:
    """The arm of that name, ready to be trained."""
    if name == "sft":
        return MoreDemonstrations(settings, seed, folder)
    if name == "rejection":
        return Rejection(settings, seed, folder)
    return Reinforced(name, settings, seed, folder)


def place(name: str, seed: int) -> str:
    """A folder's name for a seed."""
    return name.replace("{seed}", str(seed))


def tasks_from(settings: Any, split: Any, first: int, away: bool = False) -> TaskStream:
    """Tasks of a split from a task seed on: of branches that training sees, or of those held out."""
    packs = [load(name) for name in settings.pack]
    return TaskStream(packs, split, settings.hold_out, away, first, workflows=settings.workflows)


class Reinforced:
    """`grpo.py`, step by step."""

    def __init__(self, name: str, settings: Any, seed: int, folder: Path) -> None:
        own = {**REINFORCED[name], **({"teacher": place(settings.teacher, seed)} if name in TAUGHT else {})}
        self._run = grpo.Run(
            grpo.Settings(
                init=place(settings.init, seed), pack=settings.pack, workflows=settings.workflows,
                hold_out=settings.hold_out, rendering=settings.rendering, groups=settings.groups, group=settings.group,
                rate=settings.rate, updates=settings.updates, beta=settings.beta, limit=settings.limit,
                context=settings.context, dtype=settings.dtype, device=settings.device, evaluate=0, seed=seed,
                out=str(folder), **own,
            )
        )  # fmt: skip
        self._run.tasks = tasks_from(settings, "train", TRAINED_FROM + SPACING * seed)
        self.sampler = self._run.sampler
        self.model, self.tokenizer = self._run.learner.model, self._run.learner.tokenizer
        if name == "grpo-muted":
            self.sampler.user = Mute
        if name == "grpo-blanked":
            self.sampler.options["blank_results"] = True

    def step(self, share: float) -> dict[str, Any]:
        del share
        return self._run.one()


def learner_of(settings: Any, seed: int, folder: Path, rate: float) -> sft.Learner:
    """`sft.py`'s learner on the weights that every arm begins with; its seed is not one that these were made with."""
    own = sft.Settings(
        model=place(settings.init, seed), pack=settings.pack, workflows=settings.workflows,
        hold_out=settings.hold_out, validation=0, demonstrations=settings.demonstrations,
        rendering=settings.rendering, rate=rate, seed=SPACING + seed, batch=settings.batch,
        context=max(settings.context, sft.Settings.context), dtype=settings.sft_dtype, device=settings.device,
        redraw=True, thoughts=settings.thoughts, lenient=settings.lenient, out=str(folder),
    )  # fmt: skip
    return sft.Learner(own, [])


def sampler_of(settings: Any, learner: sft.Learner) -> Sampler:
    """What plays with a learner's weights, as in `grpo.py`."""
    engine = models.engine_of("hf", learner.model, learner.tokenizer, settings.context, settings.dtype)
    return Sampler(engine, learner.chat, rendering=settings.rendering, limit=settings.limit, context=settings.context)


class MoreDemonstrations:
    """`sft.py` on the demonstrations that the first weights were made with, in an order of its own. The rate rises and
    falls over the whole time as it does there over all updates."""

    def __init__(self, settings: Any, seed: int, folder: Path) -> None:
        self._learner = learner_of(settings, seed, folder, settings.sft_rate)
        self.sampler = sampler_of(settings, self._learner)
        self.model, self.tokenizer = self._learner.model, self._learner.tokenizer
        shown, _, _ = sft.data_of(self._learner.settings)
        self._data = sft.Data(shown, self._learner.chat, self._learner.settings)
        if not self._data.streams:
            raise UsageError("no demonstration to learn from: raise --demonstrations, or --context")

    def step(self, share: float) -> dict[str, Any]:
        learner, own = self._learner, self._learner.settings
        rate = sft.rate_at(int(1000 * share), 1000, own)
        loss, norm = learner.update(self._data.update(learner.step), rate)
        return {"loss": loss, "gradient_norm": norm, "rate": rate}


class Rejection:
    """Rejection sampling: play new tasks, keep what succeeded, train on it as on demonstrations; again and again.

    A round plays `groups` tasks `group` times at temperature 1 with the present weights. At most `keep` successes of a
    task are kept, the same one not twice; each is trained on `passes` times, in batches of `sft.py`'s size. What does
    not fill a batch waits for the next round."""

    def __init__(self, settings: Any, seed: int, folder: Path) -> None:
        self.settings, self.seed = settings, seed
        self.learner = learner_of(settings, seed, folder, settings.rejection_rate)
        self.sampler = sampler_of(settings, self.learner)
        self.model, self.tokenizer = self.learner.model, self.learner.tokenizer
        self.tasks = tasks_from(settings, "train", TRAINED_FROM + SPACING * seed)
        self.round = 0
        self.waiting: list[Stream] = []

    def step(self, share: float) -> dict[str, Any]:
        del share
        settings, own, began = self.settings, self.learner.settings, time.perf_counter()
        self.sampler.seconds = self.sampler.tokens = 0.0
        seed = self.seed * 1_000_003 + self.round
        groups = self.sampler.groups(self.tasks.next(settings.groups), settings.group, 1.0, seed)
        sampled = time.perf_counter()
        kept = [stream for group in groups for stream in self.kept(group)] * settings.passes
        random.Random(f"{self.seed} {self.round}").shuffle(kept)
        self.waiting += kept
        losses: list[float] = []
        while len(self.waiting) >= own.batch:
            batch, self.waiting = self.waiting[: own.batch], self.waiting[own.batch :]
            losses.append(self.learner.update(batch, own.rate)[0])
        self.sampler.update(self.learner.model)
        self.round += 1
        traces = [episode.trace for group in groups for episode, _ in group]
        return {
            "train_success": sum(trace.success for trace in traces) / max(1, len(traces)),
            "train_episodes": len(traces), "kept": len(kept) // settings.passes, "updates": len(losses),
            "loss": sum(losses) / len(losses) if losses else None,
            "seconds_environment": sampled - began - self.sampler.seconds - self.sampler.tokens,
        }  # fmt: skip

    def kept(self, group: Sequence[tuple[Played, Stream]]) -> list[Stream]:
        """The successes of a task that are trained on."""
        won = [s for episode, s in group if episode.trace.valid and episode.trace.success and not s.cut]
        return list({tuple(stream.ids): stream for stream in won}.values())[: self.settings.keep]


# --- measuring ---


def test_sets(settings: Any, seed: int) -> dict[str, Tasks]:
    """The tasks of a seed's arms: fresh seeds of the training split, the test split, and of both the branches that
    training never sees."""
    first, count = TESTED_FROM + SPACING * seed, settings.tasks
    sets: dict[str, Tasks] = {
        "seeds": tasks_from(settings, "train", first).next(count),
        "test": tasks_from(settings, "test", first).next(count),
    }
    if settings.hold_out:
        sets["branches"] = tasks_from(settings, "train", first, away=True).next(count)
        sets["test branches"] = tasks_from(settings, "test", first, away=True).next(count)
    return sets


def control_tasks(settings: Any, seed: int) -> Tasks:
    """Tasks whose user keeps facts back until it is asked, as the certificate's gate `gap` has it."""
    tasks = iter(tasks_from(settings, "train", TESTED_FROM + SPACING * seed + SPACING // 2))
    found: list[tuple[Any, Any]] = []
    for _ in range(100 * settings.controls):
        if len(found) == settings.controls:
            break
        pack, task = next(tasks)
        if any(fact.release != "opening" for fact in task.ledger.facts):
            found.append((pack, task))
    return found


def successes(arm: Arm, sets: Mapping[str, Tasks]) -> dict[str, Any]:
    """What the present weights do on each set, greedily."""
    sampler = arm.sampler
    sampler.update(arm.model)  # it forgets what was computed with earlier weights
    return {name: measured(played(tasks, sampler.policy(blank_results=False))) for name, tasks in sets.items()}


def controlled(sampler: Sampler, tasks: Tasks) -> dict[str, Any]:
    """The same on tasks that hide facts: as they are, with a mute user, and with every result blanked."""
    if not tasks:
        return {}
    return {
        "open": measured(played(tasks, sampler.policy(blank_results=False))),
        "muted": measured(played(tasks, sampler.policy(blank_results=False), Mute)),
        "blanked": measured(played(tasks, sampler.policy(blank_results=True))),
    }


def started(settings: Any, seed: int) -> dict[str, Any]:
    """The row of what a seed's arms begin with."""
    begun = Rejection(settings, seed, Path(settings.out))  # an arm before its first step
    return {
        "arm": START, "seed": seed, "measured": successes(begun, test_sets(settings, seed)),
        "controls": controlled(begun.sampler, control_tasks(settings, seed)),
    }  # fmt: skip


def trained(name: str, settings: Any, seed: int) -> dict[str, Any]:
    """The row of an arm, from its first weights to its last evaluation. Only training counts as time.

    It stops at the end of the step that is nearest to the time given."""
    folder = Path(settings.out) / f"{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    arm, sets = arm_of(name, settings, seed, folder), test_sets(settings, seed)
    budget, total = 60.0 * settings.minutes, {"seconds": 0.0, "cpu_seconds": 0.0, "steps": 0, "episodes": 0}
    environment, last, curve = 0.0, 0.0, list[dict[str, Any]]()
    columns = TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.completed:.0f}/{task.total:.0f} s")
    with (folder / "metrics.jsonl").open("w", buffering=1) as file, Progress(*columns, TimeElapsedColumn()) as progress:
        bar = progress.add_task(f"{name}, seed {seed}", total=budget)
        while not total["steps"] or total["seconds"] + last / 2 < budget:
            began, cpu = time.perf_counter(), time.process_time()
            metrics = arm.step(min(1.0, total["seconds"] / budget))
            last = time.perf_counter() - began
            total["seconds"] += last
            total["cpu_seconds"] += time.process_time() - cpu
            total["steps"] += 1
            total["episodes"] += int(metrics.get("train_episodes", 0))
            environment += metrics.get("seconds_environment", 0.0)
            file.write(json.dumps({"step": total["steps"], "seconds": round(total["seconds"], 3), **metrics}) + "\n")
            progress.update(bar, completed=total["seconds"])
            mark = int(total["seconds"] / budget * (settings.points + 1))
            if (curve[-1]["mark"] if curve else 0) < mark <= settings.points:
                progress.update(bar, description=f"{name}, seed {seed}, evaluating")
                curve.append({"mark": mark, **total, "success": shares(successes(arm, sets))})
                progress.update(bar, description=f"{name}, seed {seed}")
        progress.update(bar, description=f"{name}, seed {seed}, evaluating")
        final = successes(arm, sets)
        curve.append({"mark": settings.points + 1, **total, "success": shares(final)})
        models.save(folder / "model", arm.model, arm.tokenizer)
        controls = controlled(arm.sampler, control_tasks(settings, seed))
    return {
        "arm": name, "seed": seed, **total, "curve": curve, "measured": final, "controls": controls,
        "environment_share": environment / total["seconds"] if name != "sft" else None,
    }  # fmt: skip


def shares(found: Mapping[str, Any]) -> dict[str, float | None]:
    """The share of successes on each set; None where no episode was valid."""
    return {name: report["success"]["value"] if report["success"] else None for name, report in found.items()}
