"""GRPO on a language model that talks to users and calls tools: from `sft.py`'s folder, or any causal LM.

    python baselines/grpo.py --init runs/sft --pack clinic --out runs/grpo
    python baselines/grpo.py --init Qwen/Qwen3-0.6B --rendering compact --engine vllm --dtype bfloat16 --lora 32 \\
        --rate 1e-5 --out runs/qwen
    python baselines/grpo.py --init runs/weak --teacher runs/sft/best --out runs/kdrl

One step: (1) play `--groups` tasks `--group` times each; groups whose episodes all earned the same say nothing and are
replaced by others (DAPO, Yu et al. 2025, section 3.2); episodes that something else than the policy broke are left out.
(2) An episode's advantage is its return less the mean of its group, over the group's standard deviation (GRPO, Shao
et al. 2024, equation 3; `--no-scale` leaves the division out: Dr.GRPO, Liu et al. 2025). `--credit turn` takes the
rewards from a turn on in place of the whole return, and the mean over the group at that turn. (3) Ascend the clipped
surrogate with the upper bound raised (clip-higher), mean over tokens (DAPO, sections 3.1 and 3.3). Tokens that the
model did not write are masked. (4) With a `--teacher`, add β · KL(π || π_T) at each of the student's own tokens (KDRL,
Xu et al. 2025), over the whole vocabulary or estimated (`--kd k2`) by ½ (log π − log π_T)²; β falls to `--beta-min`.

Tokens are sampled at temperature 1, and ratios taken to the log-probabilities recorded then. Where engine and learner
compute otherwise (vLLM, bfloat16) the latter's are taken, and min(π_learner / π_engine, `--truncate`) weighs tokens.

Left out: the KL term to a reference policy and the critic (these papers go without); dynamic lengths and overlong
shaping (an episode that is cut keeps the score that it had); asynchronous sampling; several GPUs (docs/train.md).

Writes into `--out`: `model/`, `metrics.jsonl`, TensorBoard's files, `curve.png`, `transcripts.md`, `evaluation.json`,
`settings.json`, `state.pt` (`--resume` goes on exactly).
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

try:
    import torch
except ImportError:
    sys.exit("grpo: torch is not installed: pip install 'agentgym-tooluse[train]'")

from agentgym.errors import UsageError
from agentgym.pack import load
from agentgym.rollout import Played
from agentgym.training import models
from agentgym.training.advantages import advantages, earned
from agentgym.training.batches import padded, split_by_tokens
from agentgym.training.data import FRESH, TaskStream, unseen
from agentgym.training.log import Log, draw, profiled
from agentgym.training.logprobs import chosen_logprobs, reverse_kl, written
from agentgym.training.measure import measured, played, success_line, transcripts
from agentgym.training.options import program
from agentgym.training.policy import RENDERINGS
from agentgym.training.sampling import Sampler
from agentgym.training.stream import ChatTokens, Stream


@dataclass
class Settings:
    """Every hyper-parameter, and what it is."""

    init: str = "runs/sft"  # folder or name of the model to begin with; the best of a run, if it is a run's folder
    pack: tuple[str, ...] = ("clinic",)  # packs' names or folders
    workflows: tuple[str, ...] = ()  # of these alone; all when none is named
    hold_out: float = 0.15  # share of each workflow's branches that training never sees
    curriculum: str = ""  # tasks by what came of earlier ones: uniform, band, regret, staged; empty: branches in turn
    rendering: str = "bare"  # policy and tools in the prompt: full, compact, bare
    steps: int = 20  # steps to make
    groups: int = 8  # tasks a step
    group: int = 8  # episodes a task
    refills: int = 2  # rounds in which groups of equal returns are replaced
    updates: int = 2  # updates of Adam a step, each on a part of the groups
    rate: float = 1e-4  # learning rate; a few 1e-6 for a pretrained model
    clip_low: float = 0.2  # how far a token's probability may fall in a step, as a share
    clip_high: float = 0.28  # and rise
    credit: str = "episode"  # episode: the return; turn: what is earned from a turn on
    scale: bool = True  # divide by the group's standard deviation
    zero_reward: bool = False  # control: nothing is paid
    limit: int = 320  # most tokens a turn
    context: int = 3072  # most tokens a conversation
    engine: str = "hf"  # what samples: hf, vllm
    truncate: float = 2.0  # highest weight of a token where engine and learner differ
    teacher: str = ""  # folder or name of a model with the same tokenizer, for KDRL
    reward: bool = True  # --no-reward with a teacher: distillation alone
    beta: float = 5e-3  # weight of the teacher at first
    beta_min: float = 1e-3  # and at last
    beta_step: float = 5e-5  # what is taken off it in each step
    kd: str = "exact"  # the divergence from the teacher: exact, or k2, an estimate by the sampled token
    kd_mask: str = "none"  # tokens without the teacher: none; response: of successes; group: of groups with a success
    evaluate: int = 100  # held-out tasks to play before and after; half as many of held-out branches
    evaluate_every: int = 10  # steps
    seed: int = 0  # of tasks, sampling and order
    tokens: int = 16384  # tokens computed at once, padding counted
    lora: int = 0  # rank of LoRA's matrices; 0 trains all weights
    dtype: str = "float32"  # of the computation: float32, bfloat16 (weights stay float32)
    device: str = "auto"  # auto, cpu, cuda, cuda:1, ...
    checkpointing: bool = False  # gradient checkpointing
    save_every: int = 5  # steps
    minutes: float = 0.0  # stop after so long (0: never)
    profile: bool = False  # say where the time of the third step goes, and stop
    out: str = "runs/grpo"  # folder for what is written
    resume: bool = False  # go on from `state.pt` in that folder


CHOICES = {
    "credit": ("episode", "turn"),
    "kd": ("exact", "k2"),
    "kd_mask": ("none", "response", "group"),
    "engine": ("hf", "vllm"),
    "dtype": ("float32", "bfloat16"),
    "rendering": RENDERINGS,
}


# --- learning ---


@dataclass
class Episode:
    """What is learned from: a token stream, the advantage of each of its turns, and whether it succeeded."""

    stream: Stream
    advantages: list[float]
    teach: bool  # whether the teacher speaks on it

    def per_token(self) -> list[float]:
        """The advantage of each written token, in order."""
        return [
            a for (first, end), a in zip(self.stream.spans, self.advantages, strict=False) for _ in range(first, end)
        ]

    def sampled(self) -> list[float]:
        return [self.stream.logprobs[at] for first, end in self.stream.spans for at in range(first, end)]


class Learner:
    """The model, its optimizer, and how far they are."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.device = settings, models.device_of(settings.device)
        self.model, self.tokenizer = models.load(settings.init)
        self.model, self.optimizer = models.prepared(self.model, settings, 0.0)
        self.teacher = None
        if settings.teacher:
            self.teacher, tokenizer = models.load(settings.teacher)
            if tokenizer.get_vocab() != self.tokenizer.get_vocab():
                raise UsageError(f"--teacher {settings.teacher} has another tokenizer than {settings.init}")
            self.teacher.to(self.device).eval()
        self.step = 0
        self.recomputes = settings.engine != "hf" or settings.dtype != "float32"

    def logprobs(self, model: Any, episodes: Sequence[Episode]) -> tuple[Any, Any, Any]:
        """Log-probabilities and entropies of what the assistant wrote, episode after episode, and what gave them."""
        ids, mask = padded([episode.stream for episode in episodes], self.tokenizer.pad_token_id, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.dtype == "bfloat16"):
            states = written(model, ids, mask)
            return *chosen_logprobs(*states), states

    def loss(self, episodes: Sequence[Episode], old: Any, sampled: Any, beta: float) -> tuple[Any, dict[str, float]]:
        """The loss summed over tokens, and sums of what is logged."""
        settings = self.settings
        weight = (old - sampled).exp().clamp(max=settings.truncate)
        new, entropy, states = self.logprobs(self.model, episodes)
        advantage = torch.tensor([a for episode in episodes for a in episode.per_token()], device=self.device)
        ratio = (new - old).exp()
        clipped = ratio.clamp(1 - settings.clip_low, 1 + settings.clip_high)
        loss = -(weight * torch.minimum(ratio * advantage, clipped * advantage)).sum()
        sums = {
            "entropy": entropy.sum().item(),
            "clipped": ((ratio * advantage) > (clipped * advantage)).sum().item(),
            "kl_old": (old - new).sum().item(),
            "engine_gap": (old - sampled).abs().sum().item(),
        }
        if self.teacher is not None:
            with torch.no_grad():
                taught, _, theirs = self.logprobs(self.teacher, episodes)
            apart = reverse_kl(*states[:2], *theirs[:2]) if settings.kd == "exact" else 0.5 * (new - taught) ** 2
            speaks = torch.tensor([e.teach for e in episodes for _ in e.per_token()], device=self.device)
            loss = loss + beta * (apart * speaks).sum()
            sums["kl_teacher"] = (new - taught).sum().item()
        return loss, sums

    def learn(self, groups: list[list[Episode]], beta: float) -> dict[str, float]:
        """The updates of a step."""
        groups = list(groups)
        random.Random(f"{self.settings.seed} {self.step}").shuffle(groups)
        count = min(self.settings.updates, len(groups))
        shares = [[e for group in groups[at::count] for e in group] for at in range(count)]
        prepared = [
            [self._old([share[at] for at in part])
             for part in split_by_tokens([len(e.stream.ids) for e in share], self.settings.tokens)]
            for share in shares
        ]  # fmt: skip
        totals: dict[str, float] = {}
        for parts in prepared:
            written = sum(len(old) for _, old, _ in parts)
            for episodes, old, sampled in parts:
                loss, sums = self.loss(episodes, old, sampled, beta)
                (loss / written).backward()
                for name, value in {**sums, "loss": loss.item(), "tokens": len(old)}.items():
                    totals[name] = totals.get(name, 0.0) + value
            norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0))
            totals["gradient_norm"] = totals.get("gradient_norm", 0.0) + norm / count
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        tokens = totals.pop("tokens", 0.0)
        return {name: value if name == "gradient_norm" else value / max(tokens, 1) for name, value in totals.items()}

    def _old(self, episodes: list[Episode]) -> tuple[list[Episode], Any, Any]:
        """Log-probabilities before the update, and those that the engine had."""
        sampled = torch.tensor([value for episode in episodes for value in episode.sampled()], device=self.device)
        with torch.no_grad():
            old = self.logprobs(self.model, episodes)[0] if self.recomputes else sampled
        return episodes, old, sampled


# --- the run ---


class Run:
    """All of it together."""

    def __init__(self, settings: Settings) -> None:
        for name, known in CHOICES.items():
            if (found := getattr(settings, name)) not in known:
                raise UsageError(f"--{name.replace('_', '-')} is one of {', '.join(known)}; found {found}")
        if not settings.reward and not settings.teacher:
            raise UsageError("--no-reward leaves nothing to learn from: give a --teacher")
        self.settings, self.out = settings, Path(settings.out)
        self.packs = [load(name) for name in settings.pack]
        self.stream = partial(TaskStream, self.packs, hold_out=settings.hold_out, workflows=settings.workflows)
        self.tasks = self.stream(first=unseen(settings.seed), curriculum=settings.curriculum)
        self.learner = Learner(settings)
        model, tokenizer = self.learner.model, self.learner.tokenizer
        engine = models.engine_of(settings.engine, model, tokenizer, settings.context, settings.dtype)
        options_ = {name: getattr(settings, name) for name in ("rendering", "limit", "context")}
        self.sampler = Sampler(engine, ChatTokens(tokenizer), **options_)
        if settings.resume:
            state = models.load_state(self.out, model, self.learner.optimizer)
            self.learner.step = self.tasks.restore(state)["step"]
            self.sampler.update(model)
        else:
            models.begin(self.out)
            (self.out / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")

    def sample(self) -> tuple[list[list[Episode]], dict[str, float]]:
        """Groups that say something, and what all groups were like."""
        settings = self.settings
        kept: list[list[Episode]] = []
        seen: list[tuple[Played, Stream]] = []
        equal = 0
        for round_ in range(settings.refills + 1):
            tasks = self.tasks.next(settings.groups - len(kept))
            seed = (settings.seed * 1_000_003 + self.learner.step) * 101 + round_
            groups = self.sampler.groups(tasks, settings.group, 1.0, seed)
            for (_, task), group in zip(tasks, groups, strict=True):
                seen += group
                self.tasks.played(task, [played.trace for played, _ in group])
                learned = self.learned(group)
                equal += not learned
                kept += [learned] if learned else []
            if len(kept) >= settings.groups:
                break
        traces = [played.trace for played, _ in seen]
        valid = [trace for trace in traces if trace.valid and trace.score is not None]
        return kept, {
            "reward": sum(trace.score or 0.0 for trace in valid) / max(1, len(valid)),
            "train_success": sum(trace.success for trace in valid) / max(1, len(valid)),
            "train_invalid": float(len(traces) - len(valid)),
            "train_truncated": sum(trace.truncated for trace in traces) / max(1, len(traces)),
            "equal_groups": float(equal),
            "train_turns": sum(trace.turns for trace in traces) / max(1, len(traces)),
            "train_episodes": float(len(traces)),
            "tokens_written": float(sum(sum(stream.mask) for _, stream in seen)),
        }

    def learned(self, group: list[tuple[Played, Stream]]) -> list[Episode]:
        """What a group teaches; nothing where its returns are equal and there is no teacher to learn from."""
        settings = self.settings
        group = [(p, s) for p, s in group if p.trace.valid and p.trace.score is not None and s.spans]
        rewards = [earned(played.rewards, len(stream.spans)) for played, stream in group]
        if not settings.reward or settings.zero_reward:
            rewards = [[0.0] * len(turns) for turns in rewards]
        returns = [sum(turns) for turns in rewards]
        solved = any(played.trace.success for played, _ in group)
        teach = self.learner.teacher is not None and not (settings.kd_mask == "group" and solved)
        if len(group) < 2 or (max(returns) - min(returns) < 1e-6 and not teach):
            return []
        found = advantages(rewards, settings.credit, settings.scale)
        return [
            Episode(stream, values, teach and not (settings.kd_mask == "response" and played.trace.success))
            for (played, stream), values in zip(group, found, strict=True)
        ]

    def evaluation(self) -> dict[str, Any]:
        """Tasks played greedily: of the test split, of branches that training sees and of those that it does not; and
        of the training split, with seeds that training does not reach."""
        settings, policy = self.settings, self.sampler.policy()
        fresh = played(self.stream(first=FRESH).next(settings.evaluate), policy)
        known = played(self.stream("test").next(settings.evaluate), policy)
        away = self.stream("test", away=True).next(settings.evaluate // 2) if settings.hold_out else []
        new = played(away, policy)
        with (self.out / "transcripts.md").open("a", encoding="utf-8", errors="replace") as file:
            shown = transcripts(known[:4] + fresh[:4] + new[:2], self.packs)
            file.write(f"# After step {self.learner.step}\n\n{shown}\n")
        report = {**measured(known), "fresh": measured(fresh)}
        if new:
            report["held_out"] = measured(new)
        return report

    def go(self) -> dict[str, Any]:
        """Train; what `evaluation.json` says."""
        settings, learner = self.settings, self.learner
        log = Log(self.out, settings.steps, learner.step, ("reward", "train_success", "success"), settings.minutes)
        try:
            if settings.evaluate and not learner.step:
                report = self.evaluation()
                log.say(f"before: {shown(report)}")
                log.add(0, {**report, "seconds": 0.0})
            began = time.monotonic() - (log.rows[-1]["seconds"] if log.rows else 0.0)
            last = learner.step >= settings.steps
            while not last:
                if settings.profile and learner.step == 2:
                    return profiled(self.one, self.out)
                metrics = self.one()
                metrics["seconds"] = round(time.monotonic() - began, 2)
                late = bool(settings.minutes) and time.monotonic() - began > 60 * settings.minutes
                last = late or learner.step == settings.steps
                if settings.evaluate and (last or learner.step % settings.evaluate_every == 0):
                    metrics |= self.evaluation()
                log.add(learner.step, metrics)
                if last or learner.step % settings.save_every == 0:
                    now = self.tasks.state() | {"step": learner.step}
                    models.save_state(self.out, learner.model, learner.optimizer, now)
        finally:
            log.close()
        return self.report(log)

    def one(self) -> dict[str, Any]:
        """One step: sample, learn, hand the weights over."""
        settings, learner = self.settings, self.learner
        start, self.sampler.seconds, self.sampler.tokens = time.perf_counter(), 0.0, 0.0
        groups, metrics = self.sample()
        sampled = time.perf_counter()
        beta = max(settings.beta - settings.beta_step * learner.step, settings.beta_min)
        if groups:
            metrics |= learner.learn(groups, beta)
        if learner.device.type == "cuda":
            torch.cuda.synchronize(learner.device)
        learned = time.perf_counter()
        self.sampler.update(learner.model)
        learner.step += 1
        done = time.perf_counter()
        environment = sampled - start - self.sampler.seconds - self.sampler.tokens
        return metrics | {
            "seconds_engine": self.sampler.seconds,
            "seconds_tokens": self.sampler.tokens,
            "seconds_environment": environment,
            "seconds_learning": learned - sampled,
            "seconds_weights": done - learned,
            "environment_share": environment / (done - start),
        }

    def report(self, log: Log) -> dict[str, Any]:
        evaluated = [row for row in log.rows if "success" in row]
        result = {"steps": self.learner.step, "before": None, "after": None}
        if evaluated:
            result |= {"before": evaluated[0], "after": evaluated[-1]}
            print(f"before: {shown(evaluated[0])}\nafter:  {shown(evaluated[-1])}")
        (self.out / "evaluation.json").write_text(json.dumps(result, indent=2) + "\n")
        models.save(self.out / "model", self.learner.model, self.learner.tokenizer)

        def line(name: str, *inside: str) -> list[tuple[float, float]]:
            points = [(row["step"], row.get(name)) for row in log.rows]
            for key in inside:
                points = [(step, value[key]) for step, value in points if value]
            return [(step, value) for step, value in points if value is not None]

        lines = {"test split": line("success", "value"), "test split, held-out branches":
                 line("held_out", "success", "value"), "training split, fresh seeds": line("fresh", "success", "value"),
                 "training, sampled": line("train_success")}  # fmt: skip
        reward, entropy = ({"": line(name)} for name in ("reward", "entropy"))
        panels: list[Any] = [("success", lines), ("reward", reward), ("entropy, nats", entropy)]
        draw(self.out / "curve.png", panels, "steps")
        print(f"{self.learner.step} steps; see {self.out}/")
        return result


def shown(report: dict[str, Any]) -> str:
    return f"test split {success_line(report)}; fresh seeds of the training split {success_line(report['fresh'])}"


def main() -> int:
    return program("grpo", Settings, __doc__ or "", lambda settings: Run(settings).go())


if __name__ == "__main__":
    sys.exit(main())
