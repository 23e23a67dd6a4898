"""`agentgym bench`."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated, Any

import typer
from rich.table import Table

from agentgym.cli.shell import console, print_json, progress
from agentgym.episode import Episode
from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.trace import Recorder, dumps, loads
from agentgym.trace import replay as play_again
from agentgym.types import Task
from agentgym.world import Pool

__all__ = ["bench"]

_TASKS = 24


def bench(
    pack: Annotated[str, typer.Option(help="A pack's name or folder.")] = "clinic",
    seconds: Annotated[float, typer.Option(help="How long to play.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how fast episodes play on this machine: one process, the oracle as the policy, no model.

    The benchmarks of a checkout (`make bench`) measure each part of the kernel against a bare loop.

    \b
    Examples:
      agentgym bench
      agentgym bench --pack clinic --seconds 10 --json
    """
    if not 0.0 < seconds <= 600.0:
        raise UsageError(f"--seconds must lie in (0, 600], found {seconds:g}")
    with progress("bench", 3, as_json) as show:
        found = _measure(load(pack), seconds, show)
    if as_json:
        print_json(found)
        return
    table = Table("measure", box=None, pad_edge=False)
    table.add_column("", justify="right")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), value if isinstance(value, str) else f"{value:,.4g}")
    console().print(table)


def _measure(pack: Pack, seconds: float, show: Any) -> dict[str, Any]:
    pool = Pool()
    try:
        started = perf_counter()
        tasks = [pack.task(seed, pool=pool) for seed in range(_TASKS)]
        cold = perf_counter() - started
        started = perf_counter()
        for seed in range(_TASKS):
            pack.task(seed, pool=pool)
        warm = perf_counter() - started
        show(1)
        played = _play(pack, tasks, pool, seconds)
        show(2)
        traced = _trace(pack, tasks, pool)
        show(3)
    finally:
        pool.close()
    return {
        "pack": f"{pack.name} {pack.release}",
        "task_with_new_world_ms": cold / _TASKS * 1e3,
        "task_ms": warm / _TASKS * 1e3,
        **played,
        **traced,
    }


def _play(pack: Pack, tasks: list[Task], pool: Pool, seconds: float) -> dict[str, float]:
    for task in tasks:
        Episode(pack, task, pool=pool).close()
    episodes = steps = 0
    started = perf_counter()
    while perf_counter() - started < seconds:
        with Episode(pack, tasks[episodes % len(tasks)], pool=pool) as episode:
            for action in episode.task.oracle:
                if episode.ending:
                    break
                episode.apply(action)
            episodes, steps = episodes + 1, steps + episode.turns
    spent = perf_counter() - started
    return {
        "episodes_per_second": episodes / spent,
        "steps_per_second": steps / spent,
        "step_us": spent / steps * 1e6,
    }


def _trace(pack: Pack, tasks: list[Task], pool: Pool) -> dict[str, float]:
    lines: list[str] = []
    written = 0.0
    for task in tasks:
        with Episode(pack, task, pool=pool) as episode:
            recorder = Recorder(episode, "oracle")
            for action in task.oracle:
                if not episode.ending:
                    recorder.apply(action)
            started = perf_counter()
            lines.append(dumps(recorder.trace()))
            written += perf_counter() - started
    started = perf_counter()
    for line in lines:
        play_again(loads(line), pack, pool=pool)
    replayed = perf_counter() - started
    return {
        "trace_us": written / len(lines) * 1e6,
        "trace_bytes": sum(map(len, lines)) / len(lines),
        "replay_ms": replayed / len(lines) * 1e3,
    }
