"""Group-relative policy gradient on the numeric view, in numpy: no torch, no accelerator, about a minute on two cores.

    python baselines/numpy_grpo.py --pack clinic --seconds 70 --out runs/numpy

Each update plays groups of episodes of one task each, compares every episode with the others of its group, and takes a
few clipped Adam steps. Of GRPO (DeepSeekMath, Shao et al. 2024, section 4.1) this leaves out the KL term to a reference
model, since there is none to stay close to, and the division by the group's standard deviation, which would make a
group of nearly equal episodes as loud as any other (Dr. GRPO, Liu et al. 2025). There is no critic: the environment's
step reward is the difference of a potential, and `--credit step` adds up what follows an action, discounted by
`--decay` (generalized advantage estimation with the potential as its critic), less the mean of the group at that step.

The policy is one hidden layer beside a linear map, and a softmax over the choices that the mask allows; at first every
kind of choice (a call, a question, a read-back, a refusal, ...) is equally likely. It sees what `AgentToolDiscrete-v0`
shows and earns what that pays, nothing else; no demonstration, no oracle. Controls: `--zero-reward` pays nothing,
`--mute-user` lets the user never answer, `--blank-results` hides what tools answer.

Writes into `--out`: `metrics.jsonl` (one line per update), `evaluation.json` (held-out success before and after, with
95 % intervals), `policy.npz`, `curve.png` (needs matplotlib), `state.npz` (to go on from: `--resume`).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from agentgym.certify.play import Mute
from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.rollout.summary import wilson
from agentgym.types import Task

WORLDS = 64  # worlds of a split
NAMES = ("x", "mask", "action", "before", "reward")  # of a step; `before` is the probability that its action had


@dataclass
class Settings:
    """Every hyper-parameter, and what it is."""

    pack: str = "clinic"  # a pack's name or folder
    seconds: float = 70.0  # time to train, wall clock; 0: until `updates`
    updates: int = 0  # updates to make; 0: until `seconds`
    seed: int = 0  # of the first weights, the choice of tasks, and sampling
    workers: int = 2  # processes that play; the same number gives the same result, at any speed
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
    credit: str = "step"  # "step": reward-to-go; "episode": every action earns all that the episode earned
    held_out: int = 200  # held-out tasks, seeds 0 ... of the test split
    zero_reward: bool = False  # control: nothing is paid
    mute_user: bool = False  # control: the user never answers
    blank_results: bool = False  # control: results of tools are hidden
    out: str = "runs/numpy_grpo"  # folder for what is written
    resume: bool = False  # go on from `state.npz` in that folder


# --- the policy -----------------------------------------------------------------------------------------------------

Weights = dict[str, np.ndarray]


def first_weights(inputs: int, choices: int, settings: Settings) -> Weights:
    draw = np.random.default_rng([settings.seed, 1])
    hidden = settings.hidden
    shapes = {"A": (inputs, choices), "B": (inputs, hidden), "b": hidden, "C": (hidden, choices), "c": choices}
    w = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    w["B"] += draw.standard_normal(w["B"].shape).astype(np.float32) / 6.0
    return w


def kinds_of(env: AgentToolDiscreteEnv) -> np.ndarray:
    """Which kind each choice is of (a call, a question, a read-back, ...), one-hot of shape (choices, kinds)."""
    env.reset(seed=0)
    kinds = [text.split()[0] for text in env.choices] + ["none"] * (int(env.action_space.n) - len(env.choices))
    return np.array([[kind == other for other in sorted(set(kinds))] for kind in kinds], np.float32)


def forward(w: Weights, x: np.ndarray, mask: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of shape (n, choices) and hidden units of shape (n, hidden): softmax of x A + tanh(x B + b) C + c,
    less the logarithm of how many choices of the same kind are possible."""
    h = np.tanh(x @ w["B"] + w["b"])
    z = x @ w["A"] + h @ w["C"] + w["c"] - np.log(np.maximum(mask @ kinds, 1.0)) @ kinds.T
    z = np.where(mask, z, -1e9)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True), h


def gradient(w: Weights, batch: dict[str, np.ndarray], kinds: np.ndarray, settings: Settings) -> Weights:
    """Gradient of the sum over steps of min(r A, clip(r) A) + bonus · entropy, to ascend; r is p(action) / before."""
    x, action, advantage, rows = batch["x"], batch["action"], batch["advantage"], np.arange(len(batch["x"]))
    p, h = forward(w, x, batch["mask"], kinds)
    log = np.log(p + 1e-12)
    entropy = -(p * log).sum(axis=1, keepdims=True)
    ratio = p[rows, action] / batch["before"]
    outside = np.where(advantage > 0, ratio > 1.0 + settings.clip, ratio < 1.0 - settings.clip)
    weight = np.where(outside, 0.0, ratio * advantage)
    dz = -weight[:, None] * p - settings.entropy * p * (log + entropy)
    dz[rows, action] += weight
    dz = dz.astype(np.float32)
    dh = (dz @ w["C"].T) * (1.0 - h * h)
    return {"A": x.T @ dz, "B": x.T @ dh, "b": dh.sum(axis=0), "C": h.T @ dz, "c": dz.sum(axis=0)}


class Adam:
    """Kingma and Ba 2015, with β = (0.9, 0.99)."""

    def __init__(self, weights: Weights, rate: float) -> None:
        self.rate, self.count = rate, 0
        self.m, self.v = ({name: np.zeros_like(value) for name, value in weights.items()} for _ in range(2))

    def step(self, weights: Weights, up: Weights) -> None:
        self.count += 1
        for name, g in up.items():
            self.m[name] += 0.1 * (g - self.m[name])
            self.v[name] += 0.01 * (g * g - self.v[name])
            m, v = self.m[name] / (1.0 - 0.9**self.count), self.v[name] / (1.0 - 0.99**self.count)
            weights[name] += self.rate * m / (np.sqrt(v) + 1e-6)


class Player:
    """Plays tasks of one split, many at once, in one process."""

    def __init__(self, settings: Settings, split: Any) -> None:
        self.settings, self.split, self.training = settings, split, split == "train"
        self.made, self.envs, self.batch = dict[int, Task](), list[AgentToolDiscreteEnv](), dict[str, np.ndarray]()
        self.kinds = kinds_of(self.env(0))

    def env(self, place: int) -> AgentToolDiscreteEnv:
        while len(self.envs) <= place:
            gamma, user = self.settings.gamma if self.training else 1.0, Mute if self.settings.mute_user else None
            more = {"blank_results": self.settings.blank_results, "messages": False}
            self.envs.append(AgentToolDiscreteEnv(self.settings.pack, split=self.split, gamma=gamma, user=user, **more))
        return self.envs[place]

    def task(self, seed: int) -> Task:
        if seed not in self.made:
            task = self.env(0).tasks.get(seed)[1]
            turns = min(task.limits.turns, self.settings.turns if self.training else 1000)
            self.made[seed] = replace(task, limits=replace(task.limits, turns=turns))
        return self.made[seed]

    def play(self, w: Weights, seeds: list[int], draws: list[int]) -> list[dict[str, Any]]:
        """One episode for each of `seeds`; episode i samples from its own generator `draws[i]`."""
        episodes: list[dict[str, Any]] = []
        for i, seed in enumerate(seeds):
            seen = self.env(i).reset(options={"task": self.task(seed)})[0]
            episodes.append({"seen": seen, "draw": np.random.default_rng(draws[i])} | {name: [] for name in NAMES})
        active = list(range(len(seeds)))
        while active:
            x = np.stack([episodes[i]["seen"]["observation"] for i in active])
            mask = np.stack([episodes[i]["seen"]["action_mask"] for i in active]).astype(bool)
            p = forward(w, x, mask, self.kinds)[0]
            sums = np.cumsum(p, axis=1)
            still: list[int] = []
            for row, i in enumerate(active):
                episode = episodes[i]
                action = int(np.searchsorted(sums[row], episode["draw"].random() * sums[row, -1], side="right"))
                action = min(action, int(np.flatnonzero(mask[row])[-1]))
                episode["seen"], reward, ended, cut, _ = self.envs[i].step(action)
                reward = 0.0 if self.settings.zero_reward else float(reward)
                for name, value in zip(NAMES, (x[row], mask[row], action, p[row, action], reward), strict=True):
                    episode[name].append(value)
                if ended or cut:
                    episode["success"] = bool(self.envs[i].episode.success)
                else:
                    still.append(i)
            active = still
        return episodes


def advantages(episodes: list[dict[str, Any]], settings: Settings) -> list[np.ndarray]:
    """One array per episode of a group: what each action earned more than the group did at the same step."""
    if settings.credit == "episode":
        mean = sum(sum(e["reward"]) for e in episodes) / len(episodes)
        return [np.full(len(e["reward"]), sum(e["reward"]) - mean) for e in episodes]
    lengths = np.array([len(e["reward"]) for e in episodes])
    gains = np.zeros((len(episodes), lengths.max() + 1))
    for row, episode in enumerate(episodes):
        for step in range(lengths[row] - 1, -1, -1):
            gains[row, step] = episode["reward"][step] + settings.decay * gains[row, step + 1]
    there = np.arange(gains.shape[1]) < lengths[:, None]
    mean = gains.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return [(gains[row] - mean)[:length] for row, length in enumerate(lengths)]


def learn(player: Player, w: Weights, groups: list[tuple[int, int]], settings: Settings) -> dict[str, Any]:
    """Play groups, each a (task seed, draw); the sum of their gradients and of what is reported."""
    size = settings.group
    jobs = [(seed, draw * size + k) for seed, draw in groups for k in range(size)]
    episodes = player.play(w, [seed for seed, _ in jobs], [draw for _, draw in jobs])
    parts = [a for start in range(0, len(episodes), size) for a in advantages(episodes[start : start + size], settings)]
    player.batch = {name: np.concatenate([np.stack(e[name]) for e in episodes]) for name in NAMES}
    player.batch["advantage"] = np.concatenate(parts)
    return {
        "gradient": gradient(w, player.batch, player.kinds, settings), "steps": len(player.batch["action"]),
        "success": sum(e["success"] for e in episodes), "earned": sum(sum(e["reward"]) for e in episodes),
        "episodes": len(episodes),
    }  # fmt: skip


def test(player: Player, w: Weights, seeds: list[int]) -> list[tuple[str, bool, bool]]:
    """(workflow, whether it hides facts, success) of each task."""
    parts = [seeds[start : start + 64] for start in range(0, len(seeds), 64)]
    episodes = [e for part in parts for e in player.play(w, part, [10**9 + seed for seed in part])]
    tasks = [player.task(seed) for seed in seeds]
    hides = [any(fact.release == "asked" for fact in task.ledger.facts) for task in tasks]
    return [(t.workflow, h, e["success"]) for t, h, e in zip(tasks, hides, episodes, strict=True)]


def work(pipe: Any, settings: Settings) -> None:
    """A process that plays what it is told until told to stop."""
    trainer, tester = Player(settings, "train"), Player(settings, "test")
    while True:
        try:
            kind, w, what = pipe.recv()
        except EOFError:
            return
        if kind == "learn":
            pipe.send(learn(trainer, w, what, settings))
        elif kind == "again":
            pipe.send(gradient(w, trainer.batch, trainer.kinds, settings))
        else:
            pipe.send(test(tester, w, what))


class Team:
    """The processes that play."""

    def __init__(self, settings: Settings) -> None:
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # threads of the linear algebra would only fight the processes
        context = multiprocessing.get_context("spawn")
        self.pipes: list[Any] = []
        for _ in range(max(1, settings.workers)):
            mine, theirs = context.Pipe()
            context.Process(target=work, args=(theirs, settings), daemon=True).start()
            theirs.close()
            self.pipes.append(mine)

    def ask(self, kind: str, w: Weights, what: list[Any]) -> list[Any]:
        """Share out a list; the answers in the order of the processes."""
        for i, pipe in enumerate(self.pipes):
            pipe.send((kind, w, what[i :: len(self.pipes)]))
        return [pipe.recv() for pipe in self.pipes]

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.close()  # the process's `recv` raises, and it ends


def one_update(team: Team, w: Weights, adam: Adam, update: int, settings: Settings) -> dict[str, Any]:
    source = np.random.default_rng([settings.seed, 2, update])
    halves = [source.permutation(settings.tasks // 2)[: -(-settings.groups // 2)] * 2 + half for half in (0, 1)]
    places = np.stack(halves, axis=1).reshape(-1)[: settings.groups]  # even, odd, ...: two processes share no world
    seeds = places // settings.worlds * WORLDS + places % settings.worlds  # a task's world is its seed modulo WORLDS
    draws = source.integers(2**31, size=settings.groups)
    parts = team.ask("learn", w, list(zip(seeds.tolist(), draws.tolist(), strict=True)))
    n = sum(part["episodes"] for part in parts)
    gradients = [part["gradient"] for part in parts]
    for place in range(settings.rounds):
        gradients = team.ask("again", w, []) if place else gradients
        adam.step(w, {name: sum(one[name] for one in gradients) / n for name in w})
    return {
        "update": update,
        **{name: sum(part[name] for part in parts) / n for name in ("success", "earned", "steps")},
    }


def evaluate(team: Team, w: Weights, settings: Settings) -> dict[str, Any]:
    """Success on held-out tasks, sampled from the policy as it is."""
    found = [item for part in team.ask("test", w, list(range(settings.held_out))) for item in part]
    hidden = [success for _, hides, success in found if hides]
    by: dict[str, list[bool]] = {}
    for workflow, _, success in sorted(found):
        by.setdefault(workflow, []).append(success)
    rate = wilson([float(success) for _, _, success in found])
    assert rate is not None
    return {
        "success": rate.value, "low": rate.low, "high": rate.high, "n": len(found),
        "hidden_facts": {"success": sum(hidden) / max(1, len(hidden)), "n": len(hidden)},
        "by_workflow": {name: sum(values) / len(values) for name, values in by.items()},
    }  # fmt: skip


def shown(of: dict[str, Any]) -> str:
    return f"success {100 * of['success']:.1f} % [{100 * of['low']:.1f}, {100 * of['high']:.1f}] of {of['n']}"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def train(settings: Settings) -> dict[str, Any]:
    """Train and measure; what is written to `evaluation.json`."""
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    probe = AgentToolDiscreteEnv(settings.pack, messages=False)
    w = first_weights(probe.observation_space["observation"].shape[0], int(probe.action_space.n), settings)
    adam, update, spent, before = Adam(w, settings.rate), 0, 0.0, None
    team = Team(settings)
    try:
        if settings.resume and (out / "state.npz").exists():
            update, spent, before = restore(out, w, adam)
        before = before or evaluate(team, w, settings)
        say(f"held out, before: {shown(before)}" + (f"; going on from update {update}" if update else ""))
        old = (out / "metrics.jsonl").read_text().splitlines(keepends=True)[:update] if update else []
        with (out / "metrics.jsonl").open("w") as log:
            log.writelines(old)
            start = time.perf_counter() - spent
            while not (0 < settings.updates <= update or 0 < settings.seconds <= time.perf_counter() - start):
                line = one_update(team, w, adam, update, settings)
                update, spent = update + 1, time.perf_counter() - start
                log.write(json.dumps({**line, "seconds": round(spent, 2)}) + "\n")
                if update % 10 == 0:
                    log.flush()
                    keep(out, w, adam, update, spent, before)
                    say(f"update {update:4d}  {spent:4.0f} s  success {line['success']:.2f}  steps {line['steps']:.1f}")
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


def keep(out: Path, w: Weights, adam: Adam, update: int, spent: float, before: dict[str, Any]) -> None:
    moments = {f"m_{k}": v for k, v in adam.m.items()} | {f"v_{k}": v for k, v in adam.v.items()}
    np.savez(out / "new.npz", update=update, spent=spent, count=adam.count, before=json.dumps(before), **w, **moments)
    (out / "new.npz").replace(out / "state.npz")


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
    figure, axes = plt.subplots(figsize=(7, 4), layout="tight")
    sums = np.cumsum([0.0] + [line["success"] for line in lines])
    smooth = [(sums[i + 1] - sums[max(0, i - 9)]) / (i + 1 - max(0, i - 9)) for i in range(len(lines))]
    axes.plot([line["seconds"] for line in lines], smooth, label="training tasks (mean of ten updates)")
    for at, found, label in ((0.0, result["before"], "held-out tasks"), (result["seconds"], result["after"], None)):
        error = [[found["success"] - found["low"]], [found["high"] - found["success"]]]
        axes.errorbar([at], [found["success"]], yerr=error, fmt="o", color="C1", capsize=4, label=label)
    axes.set(xlabel="seconds", ylabel="success", ylim=(0, 1), title=f"{result['settings']['pack']}: numpy GRPO")
    axes.legend(loc="lower right")
    figure.savefig(out / "curve.png", dpi=120)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for field in fields(Settings):
        name, default = "--" + field.name.replace("_", "-"), field.default
        kind = {"action": "store_true"} if isinstance(default, bool) else {"type": type(default), "default": default}
        parser.add_argument(name, **kind)
    settings = Settings(**vars(parser.parse_args()))
    result = train(settings)
    print(f"before  {shown(result['before'])}\nafter   {shown(result['after'])}\nwritten to {settings.out}/")


if __name__ == "__main__":
    main()
