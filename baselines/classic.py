"""Well-known learners on the numeric view: PPO, MaskablePPO, and both seats learning at once.

    python baselines/classic.py --algo maskable-ppo --pack clinic
    python baselines/classic.py --algo ppo --pack clinic --seconds 300 --out runs/ppo
    python baselines/classic.py --algo maskable-ppo --pack bank --demonstrations 0
    python baselines/classic.py --algo two-seats --pack clinic --tasks 8
    python baselines/classic.py --algo maskable-ppo --seconds 600 --out runs/classic --resume

`ppo` (stable-baselines3) and `maskable-ppo` (sb3-contrib) play the assistant's seat of `AgentToolDiscrete-v0`; of the
two only the second is kept from choices that are not possible. `two-seats` (TorchRL) plays both seats of the PettingZoo
environment of that name, each with a policy of its own and its own reward: the assistant the task's, the user that of
its contract. None sees more than the view shows. The first two begin with behaviour cloning from the oracle's actions
on training tasks (`--demonstrations 0`: from nothing), and what that alone wins is measured, too.

Writes into `--out`: `metrics.jsonl` (a line per update), `evaluation.json` (held-out success before and after, with
95 % intervals), `curve.png`, `model.zip` or `model.pt`, and what `--resume` goes on from. Ctrl-C ends the learning, and
what was learned is measured and kept.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
ALGORITHMS = {
    "ppo": ("classic_sb3", ("torch", "stable_baselines3", "sb3_contrib")),
    "maskable-ppo": ("classic_sb3", ("torch", "stable_baselines3", "sb3_contrib")),
    "two-seats": ("classic_seats", ("torch", "tensordict", "torchrl")),
}
"""The module of each algorithm, and what it needs."""


@dataclass
class Settings:
    """Every hyper-parameter. The text of each is its help."""

    algo: str = "maskable-ppo"  # ppo, maskable-ppo or two-seats
    pack: str = "clinic"  # a pack's name or folder
    out: str = "runs/classic"  # folder for what is written
    resume: bool = False  # go on from what lies in that folder, with these settings
    seconds: float = 240.0  # time to learn after the demonstrations, wall clock; 0: until `steps`
    steps: int = 0  # steps to make, of all episodes together; 0: until `seconds`
    seed: int = 0  # of the first weights, the order of tasks and sampling
    held_out: int = 232  # held-out tasks, seeds 0 ... of the test split; their twins are played too
    demonstrations: int = -1  # training tasks whose oracle is imitated first; -1: 2048, but none for two-seats
    workers: int = 2  # processes that play
    tasks: int = 2048  # training tasks
    worlds: int = 32  # worlds they are made in: a world takes longer to make than a task
    focus: float = 0.7  # how much rarer training tasks are drawn whose branch is always won; 0: all alike
    turns: int = 20  # limit of turns while training; held-out tasks keep their own
    reward: str = "step"  # "step": differences of a potential; "episode": the score, once
    shaping: float = 0.95  # discount of that potential, while training: who dawdles earns less
    gamma: float = 0.75  # discount of the learner
    decay: float = 1.0  # λ of generalized advantage estimation
    envs: int = 64  # episodes at once
    length: int = 32  # steps of each episode between two updates
    batch: int = 2048  # steps in a gradient
    rounds: int = 4  # passes over the steps of an update
    rate: float = 0.0  # Adam's step size at first, then falling to a fiftieth; 0: 5e-4 after demonstrations, else 4e-3
    clip: float = 0.2  # how far the probability of a choice may move in an update, as a share
    entropy: float = -1.0  # weight of the entropy bonus, in nats; -1: 0.01 after demonstrations, else 0.05
    hidden: int = 64  # units of each hidden layer
    frozen_user: str = ""  # two-seats: folder of an earlier run, whose user plays and does not learn

    def __post_init__(self) -> None:
        if self.demonstrations < 0:
            self.demonstrations = 0 if self.algo == "two-seats" else 2048
        self.rate = self.rate or (5e-4 if self.demonstrations else 4e-3)
        if self.entropy < 0:
            self.entropy = 0.01 if self.demonstrations else 0.05


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parsed(arguments: list[str] | None = None) -> Settings:
    """Settings of the command line; the comment behind a setting is its help."""
    summary, examples, rest = __doc__.split("\n\n", 2)
    parser = argparse.ArgumentParser(
        description=f"{summary}\n\n{examples}", epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    helps = _comments()
    for field in fields(Settings):
        name, default = "--" + field.name.replace("_", "-"), field.default
        if isinstance(default, bool):
            parser.add_argument(name, action="store_true", help=helps[field.name])
            continue
        choices = {"algo": tuple(ALGORITHMS), "reward": ("step", "episode")}.get(field.name)
        text = helps[field.name] + (f" (default: {default})" if default != "" else "")
        parser.add_argument(
            name, type=type(default), default=default, choices=choices, metavar=None if choices else "X", help=text
        )
    settings = Settings(**vars(parser.parse_args(arguments)))
    if settings.seconds <= 0 and settings.steps <= 0:
        parser.error("give --seconds or --steps: one of them has to end the learning")
    for name in ("tasks", "worlds", "envs", "length", "batch", "rounds", "hidden", "held_out"):
        if getattr(settings, name) < 1:
            parser.error(f"--{name.replace('_', '-')} is at least 1")
    return settings


def _comments() -> dict[str, str]:
    """The comment behind each setting, as help: `%` is argparse's own sign."""
    lines = [line.strip() for line in Path(__file__).read_text(encoding="utf-8").splitlines()]
    return {
        line.partition(":")[0]: line.partition("  # ")[2].replace("%", "%%") for line in lines if "  # " in line
    }  # fmt: skip


def learner_of(settings: Settings) -> Any:
    """The module of the algorithm; its extras are imported here."""
    module, packages = ALGORITHMS[settings.algo]
    try:
        for name in packages:
            importlib.import_module(name)
    except ImportError as trouble:
        raise SystemExit(f"{trouble.name or name} is not installed: pip install 'agentgym-tooluse[classic]'") from None
    importlib.import_module("torch").set_num_threads(1)
    return importlib.import_module(module)


def run(settings: Settings) -> dict[str, Any]:
    """Learn and measure; what is written to `evaluation.json`."""
    module = learner_of(settings)
    from classic_play import Players, held_out, measure, shown

    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    start = processor()
    players = Players(settings.pack, "test", min(64, settings.held_out))
    say(f"making {settings.held_out} held-out tasks and their twins")
    pairs = held_out(players, settings.held_out)
    learner = module.Learner(settings, out, say)
    result: dict[str, Any] = {"settings": asdict(settings)}
    try:
        if settings.resume and (out / "state.json").exists():
            result |= {name: found for name, found in _read(out / "before.json").items() if name != "settings"}
            learner.restore()
            say(f"going on after {learner.model.num_timesteps:,} steps")
        else:
            (out / "metrics.jsonl").write_text("")
            result["before"] = measure(players, learner.choose(sample=True), pairs)
            say(f"held out, before: {shown(result['before']['tasks'])}")
            if settings.demonstrations:
                result["cloning"] = learner.clone(settings.demonstrations)
                result["cloned"] = measure(players, learner.choose(), pairs)
                say(f"held out, after cloning: {shown(result['cloned']['tasks'])}")
            (out / "before.json").write_text(json.dumps(result, indent=1))
        try:
            learner.learn()
        except KeyboardInterrupt:
            say("stopped; measuring what was learned (Ctrl-C again to leave; --resume goes on)")
        result["after"] = measure(players, learner.choose(), pairs)
        result["after_sampled"] = measure(players, learner.choose(sample=True), pairs)
        result |= learner.more(pairs)
    finally:
        learner.close()
    result |= {"steps": learner.model.num_timesteps, "seconds": round(learner.spent, 1)}
    result["processor_seconds"] = round(processor() - start, 1)
    (out / "evaluation.json").write_text(json.dumps(result, indent=1))
    draw(out, result)
    return result


def processor() -> float:
    """Processor time of this process and of those that it ended, in seconds, where the system counts it."""
    return sum(os.times()[:4])


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def draw(out: Path, result: dict[str, Any]) -> None:
    """The learning curve as a picture, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        say("no picture: pip install 'agentgym-tooluse[report]'")
        return
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line["success"] is not None]
    figure, axes = plt.subplots(figsize=(7, 4), layout="tight")
    steps = [line["steps"] for line in lines]
    axes.plot(steps, [line["success"] for line in lines], linewidth=1, label="training tasks, sampled")
    measured = [(0, result["before"]), (0, result.get("cloned")), (result["steps"], result["after"])]
    for place, (at, found) in enumerate((at, found["tasks"]) for at, found in measured if found):
        error = [[found["success"] - found["low"]], [found["high"] - found["success"]]]
        label = None if place else "held-out tasks"
        axes.errorbar([at], [found["success"]], yerr=error, fmt="o", color="C1", capsize=4, label=label)
    settings = result["settings"]
    axes.set(xlabel="steps", ylabel="success", ylim=(0, 1), title=f"{settings['pack']}: {settings['algo']}")
    axes.legend(loc="lower right")
    figure.savefig(out / "curve.png", dpi=120)
    plt.close(figure)


def table(result: dict[str, Any]) -> str:
    """What was measured, in lines."""
    from classic_play import shown

    names = {
        "tasks": "held-out tasks",
        "tasks_and_twins": "tasks and twins",
        "pairs": "both of a pair",
        "act": "acting is right",
        "refuse": "refusing is right",
        "trap": "the user claims what is not so",
    }
    times = {"before": "before", "cloned": "after cloning", "after": "after", "after_sampled": "after, sampled"}
    out = [
        f"{result['steps']:,} steps in {result['seconds']:.0f} s, {result['processor_seconds']:.0f} s of processor time"
    ]
    for time_of, label in times.items():
        if time_of in result:
            out.append(f"{label}:")
            out += [f"  {names[name]:32}{shown(found)}" for name, found in result[time_of].items() if name in names]
    if "with_learned_user" in result:
        found = result["with_learned_user"]
        out.append(f"after, facing the learned user, sampled:\n  {names['tasks']:32}{shown(found)}")
        out.append(f"  the user's contract, in [-1, 1]  {found['contract']:+.2f}")
    weak = sorted((_share(text), name, text) for name, text in result["after"]["by_branch"].items())
    failing = [f"{name} {text}" for share, name, text in weak if share <= 0.5]
    return "\n".join([*out, "branches that fail: " + (", ".join(failing) or "none")])


def _share(text: str) -> float:
    """The share of `won/played`."""
    won, _, played = text.partition("/")
    return int(won) / int(played)


def main() -> None:
    settings = parsed()
    print(f"{table(run(settings))}\nwritten to {settings.out}/")


if __name__ == "__main__":
    main()
