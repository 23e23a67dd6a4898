"""The flywheel against the same number of samples without it.

    python benchmarks/flywheel.py                      3 rounds, 5 seeds: about 20 minutes on two cores
    python benchmarks/flywheel.py --seeds 1 --rounds 1 --samples 60 --tasks 20
    python benchmarks/flywheel.py --write              appends the table to benchmarks/RESULTS.md

A tiny policy (`_reader.py`) learns from the oracle's demonstrations of a first round of tasks. Then, round for round,
it gets as many demonstrations again:

    flywheel   of the tasks that `agentgym synth round` makes of what it did: twins where it failed, traps where it
               guessed, deeper decisions where it mastered, a quarter of the round before
    fresh      of further tasks like those of the first round
    same       of the first round's tasks, again

The flywheel plays other tasks than those that it learns from: every second one of a round, and in the place of the
first round as many fresh ones. Rounds know nothing of what is measured, and may come upon the same rules. All arms
have the same number of updates, on all demonstrations so far. Measured are tasks of the pack's test split, pairs of
twins (both are won), traps, and workflows that were grown from the pack under another seed, with rules about each of
its tools in turn. Only tasks count whose oracle the numeric view can play, with one aim of the user.

What was expected before the first run, in points of success after three rounds: the flywheel ahead of `same` by 3 to
12, by 5 to 20 on pairs and on traps, by 10 to 30 on grown workflows; against `fresh` -5 to 5 on the test split, 0 to 10
on pairs and traps, 5 to 25 on grown workflows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from _jobs import finished, success_table
from _learning_report import less
from _reader import Reader, Shown, fit, one_aim, shown
from kernel import RESULTS, machine

from agentgym import __version__
from agentgym.errors import TaskError, UsageError
from agentgym.pack import Pack, load
from agentgym.rollout import play
from agentgym.rollout import run as rollout
from agentgym.synthesis.admit import synthesize
from agentgym.synthesis.flywheel import next_round
from agentgym.synthesis.graph import tool_graph
from agentgym.synthesis.sample import writers
from agentgym.tasks import pack_beside, read_tasks, write_tasks
from agentgym.types import Task
from agentgym.workflow import Rejected
from agentgym.world import Pool

ARMS = ("flywheel", "fresh", "same")
GROWN = 77
"""The seed of the workflows that are measured on; rounds have others."""
MEASURE = 2
"""Raised when what is measured changes, so that older rows are not mixed in."""


class Job(NamedTuple):
    """One arm and seed."""

    arm: str
    seed: int
    pack: str
    rounds: int
    samples: int
    updates: int
    tasks: int
    folder: str
    measure: int
    """Which sets are measured on: rows of other ones are no part of the table."""


def samples_of(pack: Pack, seed: int, number: int, wanted: int) -> tuple[list[Task], list[Shown]]:
    """So many tasks of a seed's stream that can be shown, and their decisions; `number` is that of the round."""
    tasks: list[Task] = []
    steps: list[Shown] = []
    pool = Pool()
    for place in range(40 * wanted):
        if len(tasks) == wanted:
            break
        try:
            task = pack.task((seed * 64 + number) * 40 * wanted + place, pool=pool)
        except TaskError:
            continue
        found, whole = shown(pack, [task], 1) if one_aim(task) else ([], 0)
        if whole:
            tasks.append(task)
            steps += found
    pool.close()
    if len(tasks) < wanted:
        raise UsageError(f"{pack.name} has {len(tasks)} tasks that can be shown in {40 * wanted}; {wanted} are wanted")
    return tasks, steps


def demonstrations(tasks: Sequence[Task], packs: Mapping[str, Pack], wanted: int) -> tuple[list[Shown], int]:
    """Decisions of at most so many tasks that can be shown, and how many these are."""
    steps: list[Shown] = []
    used = 0
    for task in tasks:
        if used == wanted:
            break
        found, whole = shown(packs[task.pack], [task], 1) if one_aim(task) else ([], 0)
        steps += found
        used += whole
    return steps, used


@cache
def measured_on(pack: str, wanted: int, traps: bool) -> list[tuple[Pack, Task, Task | None]]:
    """Tasks of the test split that can be shown, and the twin of each that has one which can be shown, too."""
    found: list[tuple[Pack, Task, Task | None]] = []
    one, pool = load(pack), Pool()
    for seed in range(40 * wanted):
        if len(found) == wanted:
            break
        try:
            task = one.task(seed, "test", pool=pool)
            twin = one.twin(task)
        except (TaskError, Rejected):
            continue
        if task.trap == traps and one_aim(task) and shown(one, [task], 1)[1]:
            found.append((one, task, twin if twin is not None and shown(one, [twin], 1)[1] else None))
    pool.close()
    return found


def measure(job: Job, reader: Reader) -> dict[str, float]:
    """Success in percent on each set."""
    pool = Pool()

    def won(pack: Pack, task: Task) -> bool:
        return play(pack, task, reader, pool=pool).success

    test = [(won(pack, task), twin is not None and won(pack, task) and won(pack, twin), twin is not None)
            for pack, task, twin in measured_on(job.pack, job.tasks, False)]  # fmt: skip
    traps = [won(pack, task) for pack, task, _ in measured_on(job.pack, job.tasks // 2, True)]
    places = grown_of(job.pack, job.folder)
    of_each = -(-job.tasks // max(1, len(places)))
    grown = [won(pack, task) for place in places for pack, task, _ in measured_on(str(place), of_each, False)]
    pool.close()
    pairs = [both for _, both, paired in test if paired]
    sets = {"test": [one for one, _, _ in test], "pairs": pairs, "traps": traps, "grown": grown}
    return {name: 100 * sum(found) / len(found) for name, found in sets.items() if found}


def run(job: Job) -> dict[str, Any]:
    """All rounds of an arm."""
    pack = load(job.pack)
    digest = hashlib.sha256(f"{job} {pack.digest} {__version__}".encode()).hexdigest()[:6]
    folder = Path(job.folder) / f"{job.arm}_{job.seed}_{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    tasks, steps = samples_of(pack, job.seed, 0, job.samples)
    first = list(steps)
    weights = fit(steps, job.updates, seed=job.seed)
    curve: list[dict[str, float]] = [{"used": len(tasks), **measure(job, Reader(weights))}]
    made: list[dict[str, Any]] = []
    packs = {pack.name: pack}
    aside = samples_of(pack, job.seed, job.rounds + 1, job.samples)[0] if job.arm == "flywheel" else []
    for number in range(1, job.rounds + 1):
        used = job.samples
        if job.arm == "flywheel":
            played, traces, out = (folder / f"{number}{end}.jsonl" for end in (".played", ".traces", ""))
            if not Path(f"{out}.round.json").exists():
                write_tasks(played, aside)
                rollout([(packs[task.pack], task) for task in aside], Reader(weights), traces, name="reader")
                next_round(played, traces, out, 3 * job.samples, packs=list(packs.values()), seed=job.seed)
            tasks, _ = read_tasks(out)
            packs |= {name: pack_beside(name, out) for name in {task.pack for task in tasks} - packs.keys()}
            found, used = demonstrations(tasks[::2], packs, job.samples)
            rest = (task for task in tasks[1::2] if one_aim(task) and shown(packs[task.pack], [task], 1)[1])
            aside = list(islice(rest, job.samples))
            report = json.loads(Path(f"{out}.round.json").read_text(encoding="utf-8"))
            made.append({"made": report["made"], "gave_up": report["gave_up"]})
            steps += found
        elif job.arm == "fresh":
            steps += samples_of(pack, job.seed, number, job.samples)[1]
        else:
            steps += first
        weights = fit(steps, job.updates, seed=job.seed)
        curve.append({"used": used, **measure(job, Reader(weights))})
    return {**job._asdict(), "curve": curve, "made": made}


def table(rows: Sequence[dict[str, Any]], rounds: int) -> str:
    """Success by arm and round, and differences after the last, with Student's intervals over seeds."""
    places = ("test", "pairs", "traps", "grown")

    def by_seed(arm: str, number: int, place: str) -> dict[int, float]:
        of_arm = {row["seed"]: row["curve"][number] for row in rows if row["arm"] == arm}
        return {seed: found[place] for seed, found in of_arm.items() if place in found}

    lines: list[tuple[str, list[dict[int, float]]]] = []
    for arm in ARMS:
        for number in range(0 if arm == ARMS[0] else 1, rounds + 1):
            name = f"{arm}, round {number}" if number else "first round"
            lines.append((name, [by_seed(arm, number, place) for place in places]))
    for other in ARMS[1:]:
        differences = [less(by_seed(ARMS[0], rounds, place), by_seed(other, rounds, place)) for place in places]
        lines.append((f"*flywheel* less *{other}*, round {rounds}", differences))
    return success_table(places, lines)


def grown_of(pack: str, folder: str) -> list[Path]:
    """Where the workflows are that are measured on, a pack for each tool that rules were grown about."""
    return sorted(path.parent for path in _grown_in(pack, folder).glob("*/pack.yaml"))


def _grown_in(pack: str, folder: str) -> Path:
    return Path(folder) / f"grown_{load(pack).digest[:6]}"


def grow(name: str, folder: str) -> None:
    """Make them, two decisions deep, or as deep as the pack lets them."""
    pack, place = load(name), _grown_in(name, folder)
    for tool in writers(pack, tool_graph(pack)):
        for depth in (2, 1):
            if not (place / tool / "pack.yaml").is_file():
                with suppress(UsageError):
                    synthesize(pack, tool, place, 2, least=1, seed=GROWN, depth=depth, among=[tool])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="clinic", help="a pack's name or folder")
    parser.add_argument("--seeds", type=int, default=5, help="seeds: tasks, rounds and the order of learning")
    parser.add_argument("--rounds", type=int, default=3, help="rounds after the first")
    parser.add_argument("--samples", type=int, default=120, help="demonstrations of a round")
    parser.add_argument("--updates", type=int, default=1000, help="updates of 64 decisions in each round")
    parser.add_argument("--tasks", type=int, default=80, help="tasks of each set to measure on")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/flywheel"), help="folder of rounds and rows")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args()
    if min(options.seeds, options.rounds, options.samples, options.updates, options.workers) < 1 or options.tasks < 2:
        parser.error("all numbers are at least 1, --tasks at least 2")
    options.out.mkdir(parents=True, exist_ok=True)
    grow(options.pack, str(options.out))
    shape = (options.pack, options.rounds, options.samples, options.updates, options.tasks, str(options.out), MEASURE)
    jobs = [Job(arm, seed, *shape) for seed in range(options.seeds) for arm in ARMS]
    rows = finished("arms", jobs, run, options.out / "rows.jsonl", options.workers)
    text = f"{machine()}\n\n{table(rows, options.rounds)}"
    short = [
        f"{row['arm']}, seed {row['seed']}" for row in rows if any(c["used"] < options.samples for c in row["curve"])
    ]
    text += f"\n\nFewer demonstrations than asked for: {'; '.join(short)}." if short else ""
    print(text)
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"## The flywheel\n\n{text}\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
