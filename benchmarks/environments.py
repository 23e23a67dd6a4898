"""Do more environments help? A tiny policy learns from 1, 5, 20 or 100 generated domains, and plays others.

    python benchmarks/environments.py                           100 domains, 5 seeds: about an hour on two cores
    python benchmarks/environments.py --domains 1 5 --seeds 2 --samples 100 --tasks 20
    python benchmarks/environments.py --write                   appends the table to benchmarks/RESULTS.md

Every arm learns from the same number of the oracle's demonstrations, and as many updates, drawn from fewer or more
domains (`agentgym synth domain`), and never sees what it is measured on: the shipped packs, written by hand, and
domains of held-out seeds. A seed of the benchmark draws which domains, of as many as the largest arm has, and the
order of learning: intervals are over that, on the same tasks. The policy (`_reader.py`) is log-linear over features
that every pack has. Only tasks count whose oracle the numeric view can play, with one aim of the user: the others
nobody could win here. Ablations at the largest number of domains but one: users who say everything at once (gap 0),
no branches (tasks that are granted alone), no traps; without a gap the domains are those of the first seeds, made
with gap 0, and so others.

What was expected before the first run, in points of success: on held-out domains 20 domains are 15 to 40 ahead of 1,
and 100 hardly ahead of 20; on the shipped packs all arms stay below 20, since the callers' words there are seldom those
of the tools, and 20 domains are 2 to 10 ahead of 1. Without branches 20 to 50 are lost on held-out domains, without
traps 0 to 5; without a gap 10 to 30, since nothing is ever asked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from _jobs import carried_out, finished, success_table
from _learning_report import less
from _reader import Reader, Shown, fit, one_aim, shown
from kernel import RESULTS, machine

from agentgym.errors import AgentGymError, TaskError
from agentgym.pack import Pack, load
from agentgym.rollout import play
from agentgym.seeding import stream
from agentgym.synthesis.domain import HELD_OUT, domain
from agentgym.types import Task
from agentgym.world import Pool

SHIPPED = ("clinic", "bank", "fulfilment")
ABLATIONS = ("no gap", "no branches", "no traps")


class Job(NamedTuple):
    """One arm and seed."""

    arm: str
    domains: int
    seed: int
    samples: int
    updates: int
    tasks: int
    most: int
    held_out: int
    folder: str


def make(seed: int, gap: int, folder: Path) -> str:
    """Make a domain where it is not there yet; its folder, or nothing where none came of the seed."""
    path = folder / f"domain_{seed}_gap{gap}"
    if not (path / "pack.yaml").is_file():
        try:
            domain(seed, path, gap=gap)
        except AgentGymError as trouble:
            print(f"seed {seed}: {trouble}", file=sys.stderr)
            return ""
    return str(path)


def tasks_of(pack: Pack, split: Any, ablation: str) -> Iterator[Task]:
    """Tasks of one aim, as many as there are in 4,000 seeds."""
    pool = Pool()
    for seed in range(4000):
        try:
            task = pack.task(seed, split, pool=pool)
        except TaskError:
            continue
        refused = any(criterion.kind == "refused" for criterion in task.outcomes[0].criteria)
        if one_aim(task) and not (ablation == "no traps" and task.trap) and not (ablation == "no branches" and refused):
            yield task
    pool.close()


@lru_cache(maxsize=256)
def demonstrations(folder: str, count: int, ablation: str) -> tuple[list[Shown], int]:
    """Decisions of at most so many demonstrations of a domain, and how many those are."""
    return shown(load(folder), tasks_of(load(folder), "train", ablation), count)


@lru_cache(maxsize=256)
def measured_on(name: str, count: int) -> list[Task]:
    """Tasks of the test split of a pack that the numeric view can play."""
    pack = load(name)
    found: list[Task] = []
    for task in tasks_of(pack, "test", ""):
        if len(found) == count:
            break
        found += [task] if shown(pack, [task], 1)[1] else []
    return found


def run(job: Job) -> dict[str, Any]:
    """Learn and measure."""
    gap = 0 if job.arm == "no gap" else 2
    ablation = job.arm if job.arm in ABLATIONS else ""
    folders = sorted(str(path) for path in Path(job.folder).glob(f"domain_*_gap{gap}"))
    order = [f for f in folders if int(Path(f).name.split("_")[1]) < job.most]
    chosen = stream("environments", job.seed).shuffled(order)[: job.domains]
    steps: list[Shown] = []
    used = 0
    for place, folder in enumerate(chosen):
        want = (job.samples - used) // (len(chosen) - place)
        found, count = demonstrations(folder, want, ablation)
        steps += found
        used += count
    weights = fit(steps, job.updates, seed=job.seed)
    rates: dict[str, list[float]] = {}
    held_out = [str(Path(job.folder) / f"domain_{seed}_gap2") for seed in HELD_OUT]
    held_out = [folder for folder in held_out if Path(folder).is_dir()]
    pool = Pool()
    for name in (*SHIPPED, *held_out[: job.held_out]):
        pack, where = load(name), name if name in SHIPPED else "held out"
        for task in measured_on(name, job.tasks if name in SHIPPED else max(10, job.tasks // 4)):
            rates.setdefault(where, []).append(float(play(pack, task, Reader(weights), pool=pool).success))
    pool.close()
    return {
        **job._asdict(), "used": used, "short": job.samples - used, "decisions": len(steps),
        "success": {where: 100 * sum(found) / len(found) for where, found in rates.items()},
        "episodes": {where: len(found) for where, found in rates.items()},
    }  # fmt: skip


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Success by arm, and what more domains and each ablation change, with Student's intervals over seeds."""
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    places = ["held out", *SHIPPED]

    def by_seed(arm: str, place: str) -> dict[int, float]:
        return {row["seed"]: row["success"][place] for row in rows if row["arm"] == arm and place in row["success"]}

    counted = [arm for arm in arms if arm not in ABLATIONS]
    base = counted[-2] if len(counted) > 1 else counted[-1]
    pairs = [(arm, counted[0]) for arm in counted[1:]] + [(arm, base) for arm in arms if arm in ABLATIONS]
    lines = [(arm, [by_seed(arm, place) for place in places]) for arm in arms]
    for arm, other in pairs:
        differences = [less(by_seed(arm, place), by_seed(other, place)) for place in places]
        lines.append((f"*{arm}* less *{other}*", differences))
    return success_table(places, lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", type=int, nargs="+", default=[1, 5, 20, 100], help="numbers of domains")
    parser.add_argument("--seeds", type=int, default=5, help="seeds: which domains, and the order of learning")
    parser.add_argument("--samples", type=int, default=600, help="demonstrations in all")
    parser.add_argument("--updates", type=int, default=1500, help="updates of 64 decisions")
    parser.add_argument("--tasks", type=int, default=80, help="tasks of each shipped pack, a quarter of each other")
    parser.add_argument("--held-out", type=int, default=10, help="domains to measure on, of at most 20")
    parser.add_argument("--no-ablations", action="store_true", help="the numbers of domains alone")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/environments"), help="folder of domains and rows")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args()
    numbers = sorted(set(options.domains))
    if min(*numbers, options.seeds, options.samples, options.updates, options.tasks, options.workers) < 1:
        parser.error("all numbers are at least 1")
    if not 1 <= options.held_out <= len(HELD_OUT):
        parser.error(f"there are {len(HELD_OUT)} held-out domains")
    folder: Path = options.out / "domains"
    folder.mkdir(parents=True, exist_ok=True)
    most, middle = numbers[-1], numbers[-2] if len(numbers) > 1 else numbers[-1]
    ablations = () if options.no_ablations else ABLATIONS
    wanted = [(seed, 2) for seed in (*range(most), *list(HELD_OUT)[: options.held_out])]
    wanted += [(seed, 0) for seed in range(middle)] if "no gap" in ablations else []
    shape = (options.samples, options.updates, options.tasks, most, options.held_out)
    jobs = [
        Job(arm, count, seed, *shape, str(folder))
        for seed in range(options.seeds)
        for arm, count in [
            *((f"{count} domains" if count > 1 else "1 domain", count) for count in numbers),
            *((arm, middle) for arm in ablations),
        ]
    ]
    making = [partial(make, seed, gap, folder) for seed, gap in wanted]
    carried_out("domains", making, options.workers, lambda _: None)
    rows = finished("arms", jobs, run, options.out / "rows.jsonl", options.workers)
    text = f"{machine()}\n\n{table(rows)}"
    short = [f"{row['arm']}, seed {row['seed']}: {row['short']}" for row in rows if row["short"]]
    text += f"\n\nFewer demonstrations than asked for: {'; '.join(short)}." if short else ""
    print(text)
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"## Training on generated domains\n\n{text}\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
