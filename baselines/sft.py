"""Supervised fine-tuning of a language model on demonstrations: the oracle's, or any file of traces.

    python baselines/sft.py --model tiny --pack clinic --out runs/sft
    python baselines/sft.py --model Qwen/Qwen3-0.6B --rendering compact --pack clinic --lora 16 --rate 1e-4 \\
        --dtype bfloat16 --out runs/sft
    python baselines/sft.py --model runs/sft/best --traces own.jsonl --out runs/own

Each conversation is one row of tokens by the model's chat template, and the loss (cross-entropy, mean over tokens) is
taken on what the assistant wrote, its end-of-turn tokens included, and on nothing else. `--model tiny` makes a model
of Qwen3's shape and a tokenizer on the spot, for a processor.

Validation is on demonstrations of the test split: of branches that training saw (`val_loss`) and of those that are
held out (`val_loss_held_out`, with `--hold-out`). Each line of metrics names the regime of SFT-then-RL that its
validation loss lies in (agentgym.training.regimes): reinforcement learning is best begun in *stable*.

Writes into `--out`: `model/` (the last weights), `best/` (those of the least validation loss), `metrics.jsonl`,
TensorBoard's files, `curve.png`, `settings.json`, `evaluation.json` (with `--evaluate`), `state.pt` (`--resume` goes on
from it, exactly).
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

try:
    import torch
except ImportError:
    sys.exit("sft: torch is not installed: pip install 'agentgym-tooluse[train]'")

from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.trace import iter_traces
from agentgym.training import models
from agentgym.training.batches import padded, split_by_tokens
from agentgym.training.data import FRESH, TaskStream, conversations, demonstrations
from agentgym.training.hf import HFEngine
from agentgym.training.log import Log, draw
from agentgym.training.logprobs import token_logprobs
from agentgym.training.measure import measured, played, success_line
from agentgym.training.options import program
from agentgym.training.policy import TokenPolicy
from agentgym.training.priming import Days, Recall, Reckoning, Redrawn, Rows, names, small_forms, words
from agentgym.training.regimes import regime, regimes
from agentgym.training.stream import ChatTokens, Stream
from agentgym.training.tiny import SIZES


@dataclass
class Settings:
    """Every hyper-parameter, and what it is."""

    model: str = "tiny"  # `tiny`, `small`, a folder, or a name
    pack: tuple[str, ...] = ("clinic",)  # packs' names or folders
    workflows: tuple[str, ...] = ()  # of these alone; all when none is named
    traces: str = ""  # a file of traces to learn from, in place of the oracle's
    demonstrations: int = 2000  # episodes of the oracle, all packs together
    lenient: float = 0.0  # share of what a rule forbids that demonstrations grant all the same: a fault to be mended
    hold_out: float = 0.15  # share of each workflow's branches that training never sees
    validation: int = 100  # demonstrations to validate on
    rendering: str = "bare"  # policy and tools in the prompt: full, compact, bare
    epochs: float = 4.0  # passes over the data
    batch: int = 0  # conversations per update (0: 1 for random weights, else 8)
    minutes: float = 0.0  # of updates: what does not fit in is left out, and the rate falls as fast (0: never)
    prime: int = -1  # updates before that, to recall and to reckon (-1: 1800 for random weights, else 0)
    thoughts: bool = True  # the oracle thinks aloud before it decides: the values of each rule that it rests on
    redraw: bool = True  # other ids, names and words of the user in a conversation whenever it is seen
    rate: float = 1e-3  # highest learning rate; a few 1e-5 for a pretrained model
    optimizer: str = ""  # adamw, muon (empty: muon for random weights, else adamw)
    decay: float = 0.01  # weight decay
    warmup: float = 0.03  # share of the updates with a rising rate; then it falls as a cosine to a fiftieth
    tokens: int = 4096  # tokens computed at once, padding counted
    context: int = 4096  # longer conversations are left out, and counted
    vocabulary: int = 1536  # tokens of a tokenizer that is made on the spot; names are tokens besides
    validate_every: int = 250  # updates
    stop_success: float = 0.0  # stop when this share of 100 training tasks is solved, sampled greedily (0: never)
    evaluate: int = 100  # tasks of the test split, and fresh ones of the training split, to play at the end
    seed: int = 0  # of the first weights and of the order of the data
    lora: int = 0  # rank of LoRA's matrices; 0 trains all weights
    dtype: str = "bfloat16"  # of the computation: float32, bfloat16 (weights stay float32)
    device: str = "auto"  # auto, cpu, cuda, cuda:1, ...
    checkpointing: bool = False  # gradient checkpointing: less memory, a third more time
    out: str = "runs/sft"  # folder for what is written
    resume: bool = False  # go on from `state.pt` in that folder
    threads: int = 0  # of torch on a processor; 0 for its own choice

    def __post_init__(self) -> None:
        if self.prime < 0:
            self.prime = 1800 if self.model in SIZES else 0
        if self.batch < 1:
            self.batch = 1 if self.model in SIZES else 8
        self.optimizer = self.optimizer or ("muon" if self.model in SIZES else "adamw")


def packs_of(settings: Settings) -> list[Pack]:
    return [load(name) for name in settings.pack]


def data_of(settings: Settings) -> tuple[list[Any], list[Any], list[Any]]:
    """Conversations to learn from, to validate on, and to validate on of held-out branches."""
    if not 0 <= settings.lenient <= 1:
        raise UsageError(f"--lenient is a share, from 0 to 1; found {settings.lenient}")

    packs = packs_of(settings)

    def shown(split: Any, count: int, away: bool = False) -> list[Any]:
        chosen = TaskStream(packs, split, settings.hold_out, away, workflows=settings.workflows).next(count)
        traces = demonstrations(chosen, settings.lenient)
        thoughts = packs if settings.thoughts else ()
        return list(conversations(traces, settings.rendering, thoughts=thoughts, lenient=settings.lenient, packs=packs))

    known = shown("test", settings.validation)
    new = shown("test", settings.validation, True) if settings.hold_out else []
    if settings.traces:
        traces = (trace for _, trace in iter_traces(settings.traces))
        return list(conversations(traces, settings.rendering, packs=packs)), known, new
    return shown("train", settings.demonstrations), known, new


class Learner:
    """The model, its optimizer and how far they are."""

    def __init__(self, settings: Settings, texts: list[Any]) -> None:
        models.autocast(settings.dtype)  # refuses what it does not know
        self.settings, self.device = settings, models.device_of(settings.device)
        if settings.threads:
            torch.set_num_threads(settings.threads)
        packs = packs_of(settings)
        whole = [*words(packs), *small_forms(names(packs), texts)] if settings.model in SIZES else []
        self.model, self.tokenizer = models.load(
            settings.model, texts=lambda: (m["content"] for c in texts for m in c), words=whole, seed=settings.seed,
            vocabulary=settings.vocabulary,
        )  # fmt: skip
        self.model, self.optimizer = models.prepared(self.model, settings, settings.decay, settings.optimizer)
        self.chat = ChatTokens(self.tokenizer)
        self.step, self.losses, self.best = 0, list[float](), math.inf
        self.seconds, self.primed = 0.0, 0.0
        """Of updates so far, and of those that came before the conversations."""

    def loss(self, streams: list[Stream]) -> tuple[Any, int]:
        """Sum of the cross-entropies of what the assistant wrote in some conversations, and of how many tokens."""
        ids, mask = padded(streams, self.tokenizer.pad_token_id, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.dtype == "bfloat16"):
            logprobs, _ = token_logprobs(self.model, ids, mask)
        return -logprobs.sum(), len(logprobs)

    def update(self, streams: list[Stream], rate: float) -> tuple[float, float]:
        """One step of Adam on the mean loss; that, and the norm of its gradient."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        written = sum(sum(stream.mask) for stream in streams)
        total = 0.0
        for part in split_by_tokens([len(stream.ids) for stream in streams], self.settings.tokens):
            loss, _ = self.loss([streams[at] for at in part])
            (loss / written).backward()
            total += loss.item()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return total / written, float(norm)

    def validation(self, streams: list[Stream]) -> float:
        """Mean loss per written token."""
        total, written = 0.0, 0
        self.model.eval()
        with torch.no_grad():
            for part in split_by_tokens([len(stream.ids) for stream in streams], self.settings.tokens):
                loss, count = self.loss([streams[at] for at in part])
                total, written = total + loss.item(), written + count
        self.model.train()
        return total / max(written, 1)

    def success(self, tasks: Any) -> list[Any]:
        """The traces of tasks, played greedily."""
        engine = HFEngine(self.model, pad=self.tokenizer.pad_token_id, parts=True)
        policy = TokenPolicy(
            engine, self.chat, rendering=self.settings.rendering, temperature=0.0, context=self.settings.context
        )
        return played(tasks, policy)

    def save(self, folder: Path, whole: bool) -> None:
        """What a run goes on from, and as a whole the model besides."""
        if whole:
            models.save(folder / "model", self.model, self.tokenizer)
        rest = {name: getattr(self, name) for name in KEPT}
        models.save_state(folder, self.model, self.optimizer, rest)

    def resume(self, folder: Path) -> None:
        state = models.load_state(folder, self.model, self.optimizer)
        for name in KEPT:
            setattr(self, name, state[name])

    def share(self) -> float:
        """How much of `--minutes` is over, from the first conversation on; 0 without them."""
        if not self.settings.minutes or self.step < self.settings.prime:
            return 0.0
        return (self.seconds - self.primed) / max(1e-9, 60 * self.settings.minutes - self.primed)


SAVED = 60.0
"""Seconds between savings, at least."""
KEPT = ("step", "losses", "best", "seconds", "primed")
"""What a learner's state holds beside its weights and their optimizer."""
LISTS, RECKONED = 4, 2
"""Lists in an update of `--prime`, and how many of them are at last to be reckoned where the oracle thinks aloud; one
more is read then, days or rows. With Muon recall began after 250 updates by eights and after 350, in the same time, by
fours; with AdamW after 500 to 700 by eights, and by twos it had not after 3,000."""
AGAIN = 0.3
"""The share of conversations that such a list, read or reckoned, goes behind afterwards: an eighth of all tokens."""
STAGES = (0.2, 0.33)
"""Shares of `--prime` after which lists to recall become harder."""


class Data:
    """The conversations to learn from, as each update sees them, and what comes before them with `--prime`."""

    def __init__(self, conversations: list[Any], chat: ChatTokens, settings: Settings) -> None:
        streams = [chat.stream(conversation) for conversation in conversations]
        self.settings = settings
        self.streams = [stream for stream in streams if len(stream.ids) <= settings.context]
        self.skipped = len(streams) - len(self.streams)
        self.updates = settings.prime + max(1, int(settings.epochs * max(1, len(self.streams) // settings.batch)))
        packs = packs_of(settings)
        self.recall = Recall(chat.tokenizer, words(packs), self.streams) if settings.prime else None
        thinks = bool(settings.prime and settings.thoughts)
        self.read = [Days(chat.tokenizer, packs), Rows(chat.tokenizer, words(packs), packs)] if thinks else []
        self.reckon = [Reckoning(chat.tokenizer, packs)] if thinks else []
        self.redrawn = Redrawn(chat.tokenizer, names(packs)) if settings.redraw else None

    def update(self, step: int) -> list[Stream]:
        """The conversations of an update."""
        settings, chance = self.settings, random.Random(f"{self.settings.seed} {step}")
        if self.recall and step < settings.prime:
            stage = sum(step >= share * settings.prime for share in STAGES)
            kinds = [chance.choice(self.read), *self.reckon * RECKONED] if self.read and stage > 1 else []
            lists = [practice(chance) for practice in kinds]
            return [*lists, *(self.recall(chance, stage) for _ in range(LISTS - len(lists)))]
        rows = order(len(self.streams), settings.batch, settings.seed, step - settings.prime)
        streams = [self.redrawn(self.streams[at], chance) if self.redrawn else self.streams[at] for at in rows]
        kinds = [*self.read, *self.reckon * RECKONED]
        return [
            joined(one, chance.choice(kinds)(chance)) if kinds and chance.random() < AGAIN else one for one in streams
        ]


def joined(first: Stream, then: Stream) -> Stream:
    """One behind the other: in a row of its own, a short list would be padded to a conversation's length."""
    return Stream(first.ids + then.ids, first.mask + then.mask)


def order(count: int, batch: int, seed: int, step: int) -> list[int]:
    """The conversations of an update: each epoch is a shuffle of its own."""
    per_epoch = max(1, count // batch)
    epoch, at = divmod(step, per_epoch)
    indices = list(range(count))
    random.Random(f"{seed} {epoch}").shuffle(indices)
    return indices[at * batch : (at + 1) * batch]


def rate_at(step: int, total: int, settings: Settings, share: float = 0.0) -> float:
    """It rises, stays while recall is taught, and falls as a cosine to a fiftieth; `share` is that of the time that is
    over, from where it begins to fall."""
    rising = max(1, int(settings.warmup * total))
    if step < rising:
        return settings.rate * (step + 1) / rising
    first = max(rising, settings.prime)
    done = max(share, max(0, step - first) / max(1, total - first))
    return settings.rate * (0.51 + 0.49 * math.cos(math.pi * min(done, 1.0)))


def train(settings: Settings) -> dict[str, Any]:
    """The whole run; what `evaluation.json` says."""
    out = Path(settings.out)
    if settings.validation < 1:
        raise UsageError("--validation: at least one demonstration")
    started = time.monotonic()
    train_on, known, new = data_of(settings)
    if not train_on:
        raise UsageError("no demonstration to learn from: the traces need valid episodes with a score of 1")
    learner = Learner(settings, train_on)
    data = Data(train_on, learner.chat, settings)
    if not data.streams:
        raise UsageError(f"all {data.skipped} demonstrations are longer than --context {settings.context} tokens")
    checks = {
        "val_loss": [learner.chat.stream(c) for c in known],
        "val_loss_held_out": [learner.chat.stream(c) for c in new],
    }
    if settings.resume:
        learner.resume(out)
    else:
        models.begin(out)
        (out / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")
    total = data.updates
    log = Log(out, total, learner.step, ("loss", "val_loss", "success"), settings.minutes)
    parameters = sum(weight.numel() for weight in learner.model.parameters())
    lengths = sorted(len(stream.ids) for stream in data.streams)
    log.say(
        f"{len(lengths)} demonstrations ({data.skipped} too long), median {lengths[len(lengths) // 2]} tokens, "
        f"{parameters:,} parameters, {learner.device}, {time.monotonic() - started:.0f} s to prepare"
    )
    began = time.monotonic() - (log.rows[-1]["seconds"] if log.rows else 0.0)
    due = time.monotonic() + SAVED
    try:
        while learner.step < total:
            rate, start = rate_at(learner.step, total, settings, learner.share()), time.monotonic()
            loss, norm = learner.update(data.update(learner.step), rate)
            learner.seconds += time.monotonic() - start
            if learner.step <= settings.prime:
                learner.primed = learner.seconds
            if learner.step == settings.prime and learner.primed > 30 * settings.minutes > 0:
                said = f"--prime took {learner.primed / 60:.1f} of {settings.minutes:g} minutes"
                log.say(f"{said}: conversations have more time with more --minutes, or with a smaller --prime")
            metrics: dict[str, Any] = {"loss": loss, "gradient_norm": norm, "rate": rate}
            last = learner.step == total or learner.share() >= 1
            validated = learner.step % settings.validate_every == 0 or last
            if validated:
                metrics |= validate(learner, checks, out)
                last = last or 0 < settings.stop_success <= metrics.get("success", 0.0)
            log.add(learner.step, {**metrics, "seconds": round(time.monotonic() - began, 2)})
            if validated or time.monotonic() > due:
                before = time.monotonic()
                learner.save(out, whole=validated)
                due = time.monotonic() + max(SAVED, 20 * (time.monotonic() - before))
            if last:
                break
    finally:
        log.close()
    result = {"updates": learner.step, "seconds": time.monotonic() - began, "val_loss": learner.best,
              "regimes": drawn(log, list(checks)), "too_long": data.skipped}  # fmt: skip
    if settings.evaluate:
        for name, split, first in (("evaluation", "test", 0), ("evaluation_fresh", "train", FRESH)):
            result[name] = measured(learner.success(tasks(settings, split, settings.evaluate, first)))
            print(f"{split} split: {success_line(result[name])}")
    (out / "evaluation.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"{learner.step} updates in {result['seconds']:.0f} s, least validation loss {learner.best:.4f}; see {out}/")
    return result


def validate(learner: Learner, checks: dict[str, list[Stream]], out: Path) -> dict[str, Any]:
    """Validation losses, the regime, success where it may stop the run; the best weights are saved."""
    settings = learner.settings
    metrics: dict[str, Any] = {name: learner.validation(some) for name, some in checks.items() if some}
    learner.losses.append(metrics["val_loss"])
    metrics["regime"] = regime(learner.losses)
    if metrics["val_loss"] < learner.best:
        learner.best = metrics["val_loss"]
        models.save(out / "best", learner.model, learner.tokenizer)
    if settings.stop_success:
        report = measured(learner.success(tasks(settings, "train", 100)))
        metrics["success"] = report["success"]["value"] if report["success"] else 0.0
    return metrics


def drawn(log: Log, checks: list[str]) -> list[list[Any]]:
    """Draw `curve.png`; the regime of each validation in hindsight, as [update, regime]."""
    rows = [row for row in log.rows if "val_loss" in row]
    lines = {"training": [(row["step"], row["loss"]) for row in log.rows]}
    for name in checks:
        lines[name.replace("_", " ")] = [(row["step"], row[name]) for row in rows if name in row]
    draw(log.folder / "curve.png", [("loss per token", lines)], "updates")
    names = regimes([row["val_loss"] for row in rows])
    return [[row["step"], name] for row, name in zip(rows, names, strict=True)]


def tasks(settings: Settings, split: Any, count: int, first: int = 0) -> list[Any]:
    """Tasks of branches that training sees."""
    packs, held_out = packs_of(settings), settings.hold_out
    return TaskStream(packs, split, held_out, first=first, workflows=settings.workflows).next(count)


def main() -> int:
    return program("sft", Settings, __doc__ or "", train)


if __name__ == "__main__":
    sys.exit(main())
