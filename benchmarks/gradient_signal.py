"""How much of a gradient is signal: of GRPO, of successes alone, and of demonstrations, at the same weights.

    python benchmarks/gradient_signal.py --init runs/sft/best
    python benchmarks/gradient_signal.py --init runs/sft/best --batches 8 --write
    python benchmarks/gradient_signal.py --init runs/weak --teacher runs/sft/best

Each way of training takes `--batches` gradients at the weights of `--init`, of independent tasks. What they have in
common is the gradient that infinitely many tasks would give, G; what is left is noise. With the mean product of two
batches' gradients for |G|² and the mean square of one for E|g|²,

    signal       |G|² / E|g|², the share of a batch's gradient that is not noise
    noise scale  B · (1 / signal − 1) conversations, B those of a batch: with so many, signal and noise are alike
                 (McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", section 2.2)

Below its noise scale a way of training gains from conversations in proportion to their number, so `B / noise scale`
for each minute of playing and of computing is how fast it can learn. Intervals are jackknifed over batches, 95 %.

    grpo, grpo-turn   advantages by episode, by turn; groups of equal returns are left out, but played
    successes         rejection sampling: every success of these episodes, and nothing else
    demonstrations    the oracle's, of as many tasks as were played
    kd, kd-k2         with a --teacher: the divergence from it on all of the episodes, over the whole vocabulary, and
                      estimated by the sampled tokens
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel import RESULTS, machine
from rich.progress import track

from agentgym.errors import UsageError
from agentgym.training.options import program

sys.path.append(str(Path(__file__).resolve().parent.parent / "baselines"))


@dataclass
class Settings:
    """What is measured, and on how much."""

    init: str = "runs/sft/best"  # folder or name of the model
    teacher: str = ""  # folder or name of a model with the same tokenizer
    pack: tuple[str, ...] = ("clinic",)  # packs' names or folders
    hold_out: float = 0.15  # share of each workflow's branches that is left out
    thoughts: bool = True  # whether the oracle thinks aloud in demonstrations, as --init was trained
    lenient: float = 0.0  # share of what a rule forbids that they grant all the same, as --init was trained
    rendering: str = "bare"  # policy and tools in the prompt: full, compact, bare
    batches: int = 6  # gradients of each kind
    groups: int = 16  # tasks in each
    group: int = 8  # episodes a task
    limit: int = 320  # most tokens a turn
    context: int = 3072  # most tokens a conversation
    device: str = "auto"  # auto, cpu, cuda, cuda:1, ...
    threads: int = 0  # of torch on a processor; 0 for its own choice
    seed: int = 0  # of tasks and sampling
    write: bool = False  # append the table to RESULTS.md


def signal(gradients: Sequence[Any]) -> float:
    """|G|² / E|g|² of independent gradients of the same distribution."""
    total = sum(gradients[1:], gradients[0])
    squares, count = sum(float(g @ g) for g in gradients), len(gradients)
    return (float(total @ total) - squares) / (count - 1) / squares


def jackknifed(gradients: Sequence[Any]) -> tuple[float, float]:
    """The signal, and its standard error."""
    count = len(gradients)
    left = [signal([*gradients[:at], *gradients[at + 1 :]]) for at in range(count)]
    mean = sum(left) / count
    return signal(gradients), math.sqrt((count - 1) / count * sum((value - mean) ** 2 for value in left))


@dataclass
class Kind:
    """The gradients of one way of training."""

    gradients: list[Any]
    conversations: float = 0.0
    seconds: float = 0.0

    def add(self, found: Any, conversations: int, seconds: float) -> None:
        if found is not None:
            self.gradients.append(found)
        self.conversations += conversations
        self.seconds += seconds


def measure(settings: Settings) -> dict[str, Kind]:
    """The gradients of each kind, of the same number of tasks."""
    import grpo
    import torch

    from agentgym.training.batches import split_by_tokens
    from agentgym.training.data import conversations, demonstrations

    if settings.threads:
        torch.set_num_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        own = grpo.Settings(
            init=settings.init, pack=settings.pack, hold_out=settings.hold_out, rendering=settings.rendering,
            limit=settings.limit, context=settings.context, device=settings.device, seed=settings.seed, out=folder,
            teacher=settings.teacher,
        )  # fmt: skip
        run = grpo.Run(own)
    model, chat, device = run.learner.model, run.sampler.chat, run.learner.device
    teacher, run.learner.teacher = run.learner.teacher, None  # with one, groups of equal returns would count

    def weighed(shown: list[Any]) -> Any:
        weights = torch.tensor([a for episode in shown for a in episode.per_token()], device=device)
        return -(run.learner.logprobs(model, shown)[0] * weights).sum()

    def taught(shown: list[Any]) -> Any:
        sampled = torch.tensor([value for episode in shown for value in episode.sampled()], device=device)
        return run.learner.loss(shown, sampled, sampled, 1.0)[0]  # of advantages of 0 nothing else is in it

    def gradient(episodes: list[Any], loss: Any = weighed) -> Any:
        """Of the mean over tokens, as in an update; None where there is nothing to learn."""
        tokens = sum(len(episode.per_token()) for episode in episodes)
        for part in split_by_tokens([len(episode.stream.ids) for episode in episodes], own.tokens):
            (loss([episodes[at] for at in part]) / tokens).backward()
        found = [weight.grad.flatten() for weight in model.parameters() if weight.grad is not None]
        model.zero_grad(set_to_none=True)
        return torch.cat(found) if found else None

    kd = (("kd", "exact"), ("kd-k2", "k2")) if teacher is not None else ()
    kinds = {name: Kind([]) for name in ("grpo", "grpo-turn", "successes", "demonstrations", *dict(kd))}
    for batch in track(range(settings.batches), "gradients"):
        began = time.perf_counter()
        tasks = run.tasks.next(settings.groups)
        groups = run.sampler.groups(tasks, settings.group, 1.0, settings.seed * 1_000_003 + batch)
        playing, episodes = time.perf_counter() - began, sum(map(len, groups))
        won = [grpo.Episode(s, [1.0] * len(s.spans), False) for g in groups for p, s in g if p.trace.success]
        learned: dict[str, list[Any]] = {"successes": won}
        for name, own.credit in (("grpo", "episode"), ("grpo-turn", "turn")):
            learned[name] = [e for g in groups for e in run.learned(g)]
        for name, found in learned.items():
            began = time.perf_counter()
            kinds[name].add(gradient(found), episodes, playing + time.perf_counter() - began)
        run.learner.teacher = teacher
        every = [grpo.Episode(s, [0.0] * len(s.spans), True) for g in groups for _, s in g if s.spans]
        for name, own.kd in kd:
            began = time.perf_counter()
            kinds[name].add(gradient(every, taught), episodes, playing + time.perf_counter() - began)
        run.learner.teacher = None
        began = time.perf_counter()
        thinking = run.packs if settings.thoughts else ()
        traces = demonstrations(run.tasks.next(episodes), settings.lenient)
        talks = conversations(traces, settings.rendering, thoughts=thinking, lenient=settings.lenient, packs=run.packs)
        shown = [grpo.Episode(s, [1.0] * len(s.spans), False) for s in map(chat.stream, talks)]
        kinds["demonstrations"].add(gradient(shown), len(shown), time.perf_counter() - began)
    return kinds


def table(settings: Settings, kinds: dict[str, Kind]) -> str:
    """One row for each way of training."""
    lines = [
        f"### Signal in a gradient: {settings.init}, {', '.join(settings.pack)}",
        "",
        f"{settings.batches} batches of {settings.groups} tasks, {settings.group} episodes each. {machine()}",
        "",
        "| | conversations a batch | seconds a batch | signal, % [95 %] | noise scale, conversations | a minute |",
        "|---|---|---|---|---|---|",
    ]
    for name, kind in kinds.items():
        size, seconds = kind.conversations / settings.batches, kind.seconds / settings.batches
        if len(kind.gradients) < 3:
            lines.append(f"| {name} | {size:.0f} | {seconds:.1f} | nothing to learn in too many batches | | |")
            continue
        value, error = jackknifed(kind.gradients)
        share = f"{100 * value:.2f} [{100 * (value - 1.96 * error):.2f}, {100 * (value + 1.96 * error):.2f}]"
        if value <= 0:
            lines.append(f"| {name} | {size:.0f} | {seconds:.1f} | {share} | none was found | |")
            continue
        scale = size * (1 / value - 1)
        lines.append(
            f"| {name} | {size:.0f} | {seconds:.1f} | {share} | {scale:,.0f} | {60 / seconds * size / scale:.3f} |"
        )
    return "\n".join(lines)


def compare(settings: Settings) -> None:
    """Measure, and print the table."""
    if settings.batches < 3:
        raise UsageError("--batches must be at least 3: what gradients have in common is measured between them")
    text = table(settings, measure(settings))
    print(text)
    if settings.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")


def main() -> int:
    return program("gradient_signal", Settings, __doc__ or "", compare, "nothing was written")


if __name__ == "__main__":
    sys.exit(main())
