"""The demonstration: proof, one episode, the panel of policies, and a policy that learns. No torch.

    make demo                          (or: python baselines/demo.py --pack clinic --seconds 65)

1. Certifies tasks of the pack: every branch at least once.
2. Prints one episode of the oracle as a transcript, with the reward of each step.
3. Plays the panel of built-in policies on held-out seeds.
4. Trains the small numpy policy of `numpy_grpo.py` on the numeric view and shows held-out success before and after.

Under three minutes on two cores. What it writes lies in `runs/demo/` of the current folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from numpy_grpo import Settings, shown, train  # beside this file

from agentgym.certify import certify_pack
from agentgym.episode import Episode
from agentgym.pack import Pack, load
from agentgym.policies import POLICIES, policy
from agentgym.rollout import run
from agentgym.types import ASSISTANT, Called, Ended, Malformed, Said

OUT = Path("runs/demo")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--pack", default="clinic", help="a pack's name or folder")
    parser.add_argument("--seconds", type=float, default=65.0, help="time to train")
    parser.add_argument("--certify", type=int, default=150, help="tasks to certify")
    parser.add_argument("--episodes", type=int, default=200, help="held-out seeds for the panel and the learner")
    given = parser.parse_args()
    start = time.perf_counter()
    OUT.mkdir(parents=True, exist_ok=True)
    pack = load(given.pack)
    print(f"agentgym: {pack.title} ({len(pack.tools)} tools, {len(pack.rules)} rules, {len(pack.workflows)} workflows)")
    certified = prove(pack, given.certify)
    tell(pack)
    best = panel(pack, given.episodes)
    result = learn(given.pack, given.seconds, given.episodes)
    head("What happened")
    before, after = result["before"], result["after"]
    print(f"  {certified}")
    print(f"  panel: {best}")
    change = f"{100 * before['success']:.0f} % -> {100 * after['success']:.0f} %"
    print(f"  numpy policy: {change} of {after['n']} held-out tasks")
    print(f"  it took {time.perf_counter() - start:.0f} s")
    print(f"  look at {OUT}/learning/curve.png and evaluation.json beside it; the panel's episodes are {OUT}/*.jsonl")


def head(text: str) -> None:
    print(f"\n== {text} " + "=" * max(0, 96 - len(text)), flush=True)


def bar(done: int, of: int, what: str) -> None:
    """Progress on standard error, where that is a terminal."""
    if sys.stderr.isatty():
        print(f"\r  {what}: {done}/{of} ", end="\n" if done == of else "", file=sys.stderr, flush=True)


class Bar:
    """`bar` as `run` calls it."""

    def __init__(self, name: str, of: int) -> None:
        self.name, self.of = name, of

    def __call__(self, done: int, result: object) -> None:
        del result
        bar(done, self.of, self.name)


# --- 1. proof -------------------------------------------------------------------------------------------------------


def prove(pack: Pack, most: int) -> str:
    head(f"1. Certifying {most} tasks: each played by the oracle, by mutants of it and by bad policies")
    report = certify_pack(pack, range(most), workers=2, progress=lambda done: bar(done, most, "certified"))
    branches = {f"{workflow}/{branch}" for workflow, branch in pack.branches("train")}
    print(f"  {report.certified} of {report.tasks} certified, {report.episodes} episodes played")
    print(f"  {len(branches & set(report.branches))} of {len(branches)} branches met")
    for gate, witnesses in report.failures.items():
        print(f"  gate {gate}: {witnesses[0]}")
    return f"{report.certified} of {report.tasks} tasks certified with {report.episodes} episodes"


# --- 2. one episode -------------------------------------------------------------------------------------------------


def tell(pack: Pack) -> None:
    """One episode of the oracle, with what each step earned."""
    task = next(
        task for task in (pack.task(seed, "test") for seed in range(1000))
        if len(task.oracle) >= 6 and any(change for outcome in task.outcomes for change in outcome.changes)
    )  # fmt: skip
    head(f"2. One episode of the oracle: {task.workflow}/{task.branch}, test seed {task.seed}")
    with Episode(pack, task) as episode:
        show(episode.events[0])
        for action in task.oracle:
            if episode.ending:
                break
            for event in episode.apply(action):
                show(event)
            terms = ", ".join(f"{name} {value:+.3f}" for name, value in episode.reward_terms.items() if value)
            print(f"{'':>12}  [reward {episode.reward:+.3f}{': ' + terms if terms else ''}]")
        print(f"{'':>12}  [score {episode.score:.3f}, {'success' if episode.success else 'no success'}]")


def show(event: Any) -> None:
    if isinstance(event, Said):
        print(f"{'assistant' if event.seat == ASSISTANT else 'user':>12}: {event.text}")
    elif isinstance(event, Called):
        arguments = ", ".join(f"{name}={value!r}" for name, value in event.arguments.items())
        print(f"{'calls':>12}: {event.name}({arguments})")
        result = str(event.result)
        print(f"{'result':>12}: {result if len(result) <= 160 else result[:157] + '...'}")
    elif isinstance(event, Ended):
        print(f"{'end':>12}: {event.ending}")
    assert not isinstance(event, Malformed)


# --- 3. the panel ---------------------------------------------------------------------------------------------------


def panel(pack: Pack, episodes: int) -> str:
    head(f"3. The panel of policies on {episodes} held-out seeds (split test)")
    tasks = []
    for seed in range(episodes):
        tasks.append((pack, pack.task(seed, "test")))
        bar(seed + 1, episodes, "tasks made")
    print(f"  {'policy':18} {'success':>8}  {'95 % interval':16} {'score':>6}")
    best = ("", 0.0)
    for name in POLICIES:
        path = OUT / f"{name}.jsonl"
        path.unlink(missing_ok=True)
        found = run(tasks, policy(name), path, name=name, keep_task=False, progress=Bar(name, episodes))
        success, score = found.success, found.score
        if success is None or score is None:
            print(f"  {name:18} no valid episode")
            continue
        rate, low, high = 100 * success.value, 100 * success.low, 100 * success.high
        print(f"  {name:18} {rate:6.1f} %  [{low:5.1f}, {high:5.1f}]   {score.value:6.3f}", flush=True)
        if name != "oracle" and success.value >= best[1]:
            best = (name, success.value)
    return f"without the oracle, {best[0]} does best, with {100 * best[1]:.0f} %"


# --- 4. learning ----------------------------------------------------------------------------------------------------


def learn(pack: str, seconds: float, episodes: int) -> dict[str, Any]:
    head(f"4. Learning on the numeric view: numpy, group-relative policy gradient, {seconds:.0f} s, two processes")
    result = train(Settings(pack=pack, seconds=seconds, held_out=episodes, out=str(OUT / "learning")))
    print(f"  held out, before: {shown(result['before'])}")
    print(f"  held out, after:  {shown(result['after'])}")
    for name, value in result["after"]["by_workflow"].items():
        print(f"    {name:20} {100 * result['before']['by_workflow'].get(name, 0.0):4.0f} % -> {100 * value:4.0f} %")
    return result


if __name__ == "__main__":
    main()
