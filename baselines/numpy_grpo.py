"""Group-relative policy gradient on the numeric view, in numpy: no torch, no accelerator, about a minute on two cores.

    python baselines/numpy_grpo.py --pack clinic --seconds 70 --out runs/numpy

Each update plays groups of episodes of one task each, compares every episode with the others of its group, and takes a
few clipped Adam steps. Of GRPO (DeepSeekMath, Shao et al. 2024, section 4.1) this leaves out the KL term to a reference
model, since there is none to stay close to, and the division by the group's standard deviation, which would make a
group of nearly equal episodes as loud as any other (Dr. GRPO, Liu et al. 2025). There is no critic: the environment's
step reward is the difference of a potential, and `--credit step` adds up what follows an action, discounted by
`--decay` (generalized advantage estimation with the potential as its critic), less the mean of the group at the same step.

The policy is one hidden layer beside a linear map, and a softmax over the choices that the mask allows. It sees what
`AgentToolDiscrete-v0` shows and earns what it pays, nothing else. Controls: `--zero-reward` pays nothing,
`--mute-user` lets the user never answer, `--blank-results` hides what tools answer.

Writes into `--out`: `metrics.jsonl` (one line per update), `evaluation.json` (held-out success before and after, with
95 % intervals), `policy.npz`, `curve.png` (needs matplotlib), `state.npz` (to go on from: `--resume`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import multiprocessing
import os
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.types import Heard, Reply, Task

WORLDS = 64  # worlds of a split


@dataclass
class Settings:
    """Every hyper-parameter, and what it is."""

    pack: str = "clinic"  # a pack's name or folder
    seconds: float = 70.0  # time to train, wall clock; 0: until `updates`
    updates: int = 0  # updates to make; 0: until `seconds`
    seed: int = 0  # of the policy's first weights, of the choice of tasks, and of sampling
    workers: int = 2  # processes that play; the result depends on neither their number nor their speed
    groups: int = 16  # tasks per update
    group: int = 8  # episodes per task
    tasks: int = 480  # training tasks
    worlds: int = 20  # worlds they are made in: a world takes longer to make than a task
    turns: int = 20  # limit of turns while training; held-out tasks keep their own
    gamma: float = 0.95  # discount of the potential that steps are paid by, while training: who dawdles earns less
    hidden: int = 64  # units of the hidden layer
    rate: float = 5e-3  # Adam's step size
    rounds: int = 3  # gradient steps on each batch
    clip: float = 0.2  # how far the probability of an action may move in them, as a share
    entropy: float = 0.01  # weight of the entropy bonus, in nats
    decay: float = 0.75  # how much of a reward one action earlier earns, per step
    credit: str = "step"  # "step": reward-to-go; "episode": every action earns the episode's score
    held_out: int = 200  # held-out tasks, seeds 0 ... of the test split
    zero_reward: bool = False  # control: nothing is paid
    mute_user: bool = False  # control: the user never answers
    blank_results: bool = False  # control: results of tools are hidden
    out: str = "runs/numpy_grpo"  # folder for what is written
    resume: bool = False  # go on from `state.npz` in that folder


class Mute:
    """A user who says what it wants and never answers."""

    def reply(self, heard: Heard) -> Reply:
        del heard
        return Reply(text="...")


# --- the policy: logits = x A + tanh(x B + b) C + c, softmax over the choices that the mask allows ------------------

Weights = dict[str, np.ndarray]


def first_weights(inputs: int, choices: int, hidden: int, seed: int) -> Weights:
    draw = np.random.default_rng([seed, 1])
    return {
        "A": np.zeros((inputs, choices), np.float32),
        "B": (draw.standard_normal((inputs, hidden)) / 6.0).astype(np.float32),
        "b": np.zeros(hidden, np.float32),
        "C": np.zeros((hidden, choices), np.float32),
        "c": np.zeros(choices, np.float32),
    }


def kinds_of(env: AgentToolDiscreteEnv) -> np.ndarray:
    """Which kind each choice is of (a call, a question, a read-back, ...), one-hot of shape (choices, kinds)."""
    env.reset(seed=0)
    kinds = [text.split()[0] for text in env.choices] + ["none"] * (int(env.action_space.n) - len(env.choices))
    return np.array([[kind == other for other in sorted(set(kinds))] for kind in kinds], np.float32)


def forward(w: Weights, x: np.ndarray, mask: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of shape (n, choices) and hidden units of shape (n, hidden). With weights of zero, every kind of
    choice that is possible is equally likely, however many choices it has."""
    h = np.tanh(x @ w["B"] + w["b"])
    z = x @ w["A"] + h @ w["C"] + w["c"] - np.log(np.maximum(mask @ kinds, 1.0)) @ kinds.T
    z = np.where(mask, z, -1e9)
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z)
    return p / p.sum(axis=1, keepdims=True), h


@dataclass
class Batch:
    """The steps of some episodes. Shapes: (n, inputs), (n, choices), and (n,) for the others."""

    x: np.ndarray
    mask: np.ndarray
    action: np.ndarray
    advantage: np.ndarray
    before: np.ndarray  # probability of the action when it was taken


def gradient(w: Weights, batch: Batch, kinds: np.ndarray, clip: float, bonus: float) -> Weights:
    """Gradient of the sum over steps of min(r A, clip(r) A) + bonus · entropy, to be ascended; r = p(action) / before."""
    rows = np.arange(len(batch.action))
    p, h = forward(w, batch.x, batch.mask, kinds)
    log = np.log(p + 1e-12)
    entropy = -(p * log).sum(axis=1, keepdims=True)
    ratio = p[rows, batch.action] / batch.before
    outside = np.where(batch.advantage > 0, ratio > 1.0 + clip, ratio < 1.0 - clip)
    weight = np.where(outside, 0.0, ratio * batch.advantage)
    dz = -weight[:, None] * p - bonus * p * (log + entropy)
    dz[rows, batch.action] += weight
    dz = dz.astype(np.float32)
    dh = (dz @ w["C"].T) * (1.0 - h * h)
    return {"A": batch.x.T @ dz, "B": batch.x.T @ dh, "b": dh.sum(axis=0), "C": h.T @ dz, "c": dz.sum(axis=0)}


class Adam:
    """Kingma and Ba 2015, with β = (0.9, 0.99)."""

    def __init__(self, weights: Weights, rate: float) -> None:
        self.rate, self.count = rate, 0
        self.m = {name: np.zeros_like(value) for name, value in weights.items()}
        self.v = {name: np.zeros_like(value) for name, value in weights.items()}

    def step(self, weights: Weights, up: Weights) -> None:
        self.count += 1
        for name, g in up.items():
            self.m[name] += 0.1 * (g - self.m[name])
            self.v[name] += 0.01 * (g * g - self.v[name])
            m = self.m[name] / (1.0 - 0.9**self.count)
            v = self.v[name] / (1.0 - 0.99**self.count)
            weights[name] += self.rate * m / (np.sqrt(v) + 1e-6)


# --- playing --------------------------------------------------------------------------------------------------------


class Player:
    """Plays tasks, many at once in one process."""

    def __init__(self, settings: Settings, split: str, *, short: bool) -> None:
        self.settings, self.short = settings, short
        self.made: dict[int, Task] = {}
        self.envs: list[AgentToolDiscreteEnv] = []
        self.split: Any = split
        self.batch: Batch | None = None
        self.kinds = kinds_of(self.env(0))

    def env(self, place: int) -> AgentToolDiscreteEnv:
        while len(self.envs) <= place:
            user = Mute if self.settings.mute_user else None
            blank = self.settings.blank_results
            gamma = self.settings.gamma if self.short else 1.0
            env = AgentToolDiscreteEnv(
                self.settings.pack, split=self.split, gamma=gamma, user=user, blank_results=blank, messages=False
            )
            self.envs.append(env)
        return self.envs[place]

    def task(self, seed: int) -> Task:
        if seed not in self.made:
            _, task = self.env(0).tasks.get(seed)
            if self.short:
                limits = msgspec.structs.replace(task.limits, turns=min(task.limits.turns, self.settings.turns))
                task = msgspec.structs.replace(task, limits=limits)
            self.made[seed] = task
        return self.made[seed]

    def play(self, w: Weights, seeds: list[int], draws: list[int]) -> list[dict[str, Any]]:
        """One episode for each of `seeds`; episode i samples from its own generator `draws[i]`."""
        episodes: list[dict[str, Any]] = []
        for i, seed in enumerate(seeds):
            seen, _ = self.env(i).reset(options={"task": self.task(seed)})
            lists: dict[str, Any] = {name: [] for name in ("x", "mask", "action", "before", "reward")}
            episodes.append({**lists, "seen": seen, "rng": np.random.default_rng(draws[i])})
        active = list(range(len(seeds)))
        while active:
            x = np.stack([episodes[i]["seen"]["observation"] for i in active])
            mask = np.stack([episodes[i]["seen"]["action_mask"] for i in active]).astype(bool)
            p, _ = forward(w, x, mask, self.kinds)
            sums = np.cumsum(p, axis=1)
            still: list[int] = []
            for row, i in enumerate(active):
                episode = episodes[i]
                action = int(np.searchsorted(sums[row], episode["rng"].random() * sums[row, -1], side="right"))
                action = min(action, p.shape[1] - 1)
                episode["x"].append(x[row])
                episode["mask"].append(mask[row])
                episode["action"].append(action)
                episode["before"].append(p[row, action])
                seen, reward, ended, cut, _ = self.envs[i].step(action)
                episode["seen"] = seen
                episode["reward"].append(0.0 if self.settings.zero_reward else float(reward))
                if ended or cut:
                    episode["success"] = self.envs[i].episode.success
                    episode["score"] = sum(episode["reward"])
                else:
                    still.append(i)
            active = still
        return episodes


def advantages(episodes: list[dict[str, Any]], settings: Settings) -> list[np.ndarray]:
    """One array per episode of a group: what each action earned more than the group did at the same step."""
    if settings.credit == "episode":
        mean = sum(e["score"] for e in episodes) / len(episodes)
        return [np.full(len(e["reward"]), e["score"] - mean) for e in episodes]
    longest = max(len(e["reward"]) for e in episodes)
    gains = np.zeros((len(episodes), longest))
    there = np.zeros((len(episodes), longest), bool)
    for row, episode in enumerate(episodes):
        rewards = episode["reward"]
        earned = 0.0
        for step in range(len(rewards) - 1, -1, -1):
            earned = rewards[step] + settings.decay * earned
            gains[row, step] = earned
            there[row, step] = True
    mean = gains.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return [(gains[row] - mean)[: len(e["reward"])] for row, e in enumerate(episodes)]


def learn(player: Player, w: Weights, groups: list[tuple[int, int]], settings: Settings) -> dict[str, Any]:
    """Play groups, each a (task seed, draw); the sum of their gradients and of what is reported."""
    began = time.process_time()
    seeds = [seed for seed, _ in groups for _ in range(settings.group)]
    draws = [draw * settings.group + k for _, draw in groups for k in range(settings.group)]
    episodes = player.play(w, seeds, draws)
    parts: list[np.ndarray] = []
    for start in range(0, len(episodes), settings.group):
        parts += advantages(episodes[start : start + settings.group], settings)
    batch = Batch(
        *(np.concatenate([np.stack(e[name]) for e in episodes]) for name in ("x", "mask", "action")),
        np.concatenate(parts), np.concatenate([np.array(e["before"]) for e in episodes]),
    )  # fmt: skip
    player.batch = batch
    return {
        "gradient": gradient(w, batch, player.kinds, settings.clip, settings.entropy), "steps": len(batch.action),
        "success": sum(e["success"] for e in episodes), "score": sum(e["score"] for e in episodes),
        "episodes": len(episodes),
        "processor": time.process_time() - began,
    }  # fmt: skip


def work(pipe: Any, settings: Settings) -> None:
    """A process that plays what it is told until told to stop."""
    players = {"train": Player(settings, "train", short=True), "test": Player(settings, "test", short=False)}
    while (job := pipe.recv()) is not None:
        kind, w, what = job
        if kind == "learn":
            pipe.send(learn(players["train"], w, what, settings))
        elif kind == "again":
            player = players["train"]
            pipe.send(gradient(w, player.batch, player.kinds, settings.clip, settings.entropy))
        else:
            found: list[tuple[bool, float, str]] = []
            for start in range(0, len(what), 64):
                part = what[start : start + 64]
                player = players["test"]
                played = player.play(w, part, [10**9 + seed for seed in part])
                for seed, episode in zip(part, played, strict=True):
                    task = player.task(seed)
                    hides = any(fact.release == "asked" for fact in task.ledger.facts)
                    found.append((bool(episode["success"]), episode["score"], f"{task.workflow}{'*' if hides else ''}"))
            pipe.send(found)


class Team:
    """The processes that play."""

    def __init__(self, settings: Settings) -> None:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # threads of the linear algebra would only fight the processes
        context = multiprocessing.get_context("spawn")
        self.pipes: list[Any] = []
        self.processes: list[Any] = []
        for _ in range(max(1, settings.workers)):
            mine, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, settings), daemon=True)
            process.start()
            self.pipes.append(mine)
            self.processes.append(process)

    def ask(self, kind: str, w: Weights, what: list[Any]) -> list[Any]:
        """Share out a list; the answers in the order of the processes."""
        n = len(self.pipes)
        for i, pipe in enumerate(self.pipes):
            pipe.send((kind, w, what[i::n]))
        return [pipe.recv() for pipe in self.pipes]

    def close(self) -> None:
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            with contextlib.suppress(OSError):  # it broke, and said why
                pipe.send(None)
            process.join(timeout=10)


# --- measuring ------------------------------------------------------------------------------------------------------


def interval(successes: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    z, p = 1.959964, successes / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def evaluate(team: Team, w: Weights, settings: Settings) -> dict[str, Any]:
    """Success on held-out tasks, sampled from the policy as it is."""
    found = [item for part in team.ask("test", w, list(range(settings.held_out))) for item in part]
    good = sum(success for success, _, _ in found)
    hidden = [success for success, _, name in found if name.endswith("*")]
    by: dict[str, list[bool]] = {}
    for success, _, name in found:
        by.setdefault(name.rstrip("*"), []).append(success)
    low, high = interval(good, len(found))
    return {
        "success": good / len(found), "low": low, "high": high, "n": len(found),
        "score": sum(score for _, score, _ in found) / len(found),
        "hidden_facts": {"success": sum(hidden) / max(1, len(hidden)), "n": len(hidden)},
        "by_workflow": {name: sum(values) / len(values) for name, values in sorted(by.items())},
    }  # fmt: skip


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def train(settings: Settings) -> dict[str, Any]:
    """Train and measure; what is written to `evaluation.json`."""
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    probe = AgentToolDiscreteEnv(settings.pack, messages=False)
    inputs, choices = probe.observation_space["observation"].shape[0], int(probe.action_space.n)
    probe.close()
    w = first_weights(inputs, choices, settings.hidden, settings.seed)
    adam, update, spent = Adam(w, settings.rate), 0, 0.0
    before: dict[str, Any] | None = None
    if settings.resume and (out / "state.npz").exists():
        update, spent, before = restore(out, w, adam)
        say(f"going on from update {update}")
    team = Team(settings)
    try:
        if before is None:
            before = evaluate(team, w, settings)
        say(f"held out, before: {shown(before)}")
        mode = "a" if update else "w"
        with (out / "metrics.jsonl").open(mode) as log:
            start = time.perf_counter() - spent
            while not done(settings, update, time.perf_counter() - start):
                line = one_update(team, w, adam, update, settings)
                update += 1
                line["seconds"] = round(time.perf_counter() - start, 2)
                log.write(json.dumps(line) + "\n")
                log.flush()
                if update % 10 == 0:
                    say(
                        f"update {update:4d}  {line['seconds']:5.0f} s  success {line['success']:.2f}  "
                        f"score {line['score']:.2f}  steps {line['steps']:.1f}"
                    )
            spent = time.perf_counter() - start
        after = evaluate(team, w, settings)
    finally:
        team.close()
    say(f"held out, after {update} updates in {spent:.0f} s: {shown(after)}")
    result = {"settings": asdict(settings), "updates": update, "seconds": spent, "before": before, "after": after}
    (out / "evaluation.json").write_text(json.dumps(result, indent=1))
    np.savez(out / "policy.npz", **w)
    keep(out, w, adam, update, spent, before)
    draw(out, result)
    return result


def done(settings: Settings, update: int, seconds: float) -> bool:
    return bool(settings.updates and update >= settings.updates) or bool(
        settings.seconds and seconds >= settings.seconds
    )


def one_update(team: Team, w: Weights, adam: Adam, update: int, settings: Settings) -> dict[str, Any]:
    source = np.random.default_rng([settings.seed, 2, update])
    halves = [source.permutation(settings.tasks // 2)[: -(-settings.groups // 2)] * 2 + half for half in (0, 1)]
    seeds = np.stack(halves, axis=1).reshape(-1)[
        : settings.groups
    ]  # even and odd by turns: two processes share no world
    draws = source.integers(2**31, size=settings.groups)
    groups = [(train_seed(int(place), settings), int(draw)) for place, draw in zip(seeds, draws, strict=True)]
    parts = team.ask("learn", w, groups)
    episodes = sum(part["episodes"] for part in parts)
    gradients = [part["gradient"] for part in parts]
    for round_ in range(settings.rounds):
        if round_:
            gradients = team.ask("again", w, [])
        adam.step(w, {name: sum(one[name] for one in gradients) / episodes for name in w})
    return {
        "update": update, "success": sum(p["success"] for p in parts) / episodes,
        "score": sum(p["score"] for p in parts) / episodes, "steps": sum(p["steps"] for p in parts) / episodes,
        "episodes": episodes, "processor": sum(p["processor"] for p in parts),
    }  # fmt: skip


def train_seed(place: int, settings: Settings) -> int:
    """The seed of the place-th training task: a task's world is its seed modulo WORLDS."""
    return place // settings.worlds * WORLDS + place % settings.worlds


def shown(of: dict[str, Any]) -> str:
    return f"success {100 * of['success']:.1f} % [{100 * of['low']:.1f}, {100 * of['high']:.1f}] of {of['n']}"


def keep(out: Path, w: Weights, adam: Adam, update: int, spent: float, before: dict[str, Any]) -> None:
    moments = {f"m_{k}": v for k, v in adam.m.items()} | {f"v_{k}": v for k, v in adam.v.items()}
    np.savez(out / "state.npz", update=update, spent=spent, count=adam.count, before=json.dumps(before), **w, **moments)


def restore(out: Path, w: Weights, adam: Adam) -> tuple[int, float, dict[str, Any]]:
    with np.load(out / "state.npz") as kept:
        for name in w:
            w[name][:], adam.m[name][:], adam.v[name][:] = kept[name], kept[f"m_{name}"], kept[f"v_{name}"]
        adam.count = int(kept["count"])
        return int(kept["update"]), float(kept["spent"]), json.loads(str(kept["before"]))


def draw(out: Path, result: dict[str, Any]) -> None:
    """The learning curve as a picture, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        say("no picture: pip install 'agentgym-tooluse[report]'")
        return
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    figure, axes = plt.subplots(figsize=(7, 4))
    width = 10
    raw = [line["success"] for line in lines]
    smooth = [sum(raw[max(0, i - width) : i + 1]) / len(raw[max(0, i - width) : i + 1]) for i in range(len(raw))]
    seconds = [line["seconds"] for line in lines]
    axes.plot(seconds, smooth, label="training tasks (sampled, moving mean)")
    ends = [(0.0, result["before"]), (result["seconds"], result["after"])]
    for i, (at, found) in enumerate(ends):
        error = [[found["success"] - found["low"]], [found["high"] - found["success"]]]
        label = "held out" if not i else None
        axes.errorbar([at], [found["success"]], yerr=error, fmt="o", color="C1", capsize=4, label=label)
    axes.set(xlabel="seconds", ylabel="success", ylim=(0, 1), title=f"{result['settings']['pack']}: numpy GRPO")
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(out / "curve.png", dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for field in fields(Settings):
        name, default = "--" + field.name.replace("_", "-"), field.default
        if isinstance(default, bool):
            parser.add_argument(name, action="store_true")
        else:
            parser.add_argument(name, type=type(default), default=default)
    settings = Settings(**vars(parser.parse_args()))
    result = train(settings)
    print(f"before  {shown(result['before'])}\nafter   {shown(result['after'])}\nwritten to {settings.out}/")


if __name__ == "__main__":
    main()
