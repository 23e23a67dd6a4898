"""What a tool call costs in other frameworks and in ours: the same worlds, tools and calls, in one interleaved run.

    python benchmarks/peers.py             some minutes; --quick for a look, --json for programs, --write for RESULTS.md
    python benchmarks/peers.py --cache DIR --only gem-llm

Every framework lives in a throw-away environment of its own, which is kept in a folder (--cache) so that a second run
is quick, and is measured by a process in it. One that cannot be installed here has a line that says why.

What is compared. One function calls a tool of the pack `clinic` on a world of its own (arguments checked, guards,
writes and answer in SQL, the result as JSON). It is agentgym's, and every framework calls the same one in the way that
one writes tools for it, on warm connections, so that what differs is the framework around it. An own world on sqlite3
for each would compare our skill in writing them. All results are hashed, and a row whose tools said anything else than
the tool alone is marked. The calls are those of the oracle in tasks that need no tool in the user's hands and meet no
fault, one after the other and without the words between them, since the others have no user to hear them; one of our
rows says the words too, untimed, which leaves less of a call in the processor's caches.

What is not the same. Our step also checks the policy's rules before each call, records the rows that it changed, judges
the criteria, pays a reward by dimension and keeps the transcript and the OpenAI messages. gem and verifiers hand over
the tool's answer and count; rewards come at the end, from whoever writes the environment. The row "gem-llm, our episode
in its tool" does in gem what our step does. verifiers drives its rollouts itself, so a step there is the time between
the model's answer and the next request to it; "our rollout loop" is measured in the same way, and keeps a trace.

A *step* of these rows is narrow: verifiers and our loop are handed calls that are read already, and gem's observation
is the tool's answer alone. Three rows have more of what a user pays at every turn: gem writes the conversation by a
chat template; verifiers and our loop make OpenAI's messages and tools of it, and read OpenAI's answer, with their own
clients' code; the openai package, the network and the model are left out.

An *episode* is the whole: started, all calls, a last message without one, scored where the framework scores, and the
record that it keeps; its time is given by call. gem keeps and scores nothing. verifiers is run by `run_rollout`, with a
rubric of one function that pays 1 beside the metrics that it adds by itself. Ours answers the last message by its user;
our loop also takes the digest of the final world and gives the whole trace.

A *reset* lasts until the answer to the first call. Rounds go through all rows, each round beginning with another, after
one to warm up. A row's number is, as in `kernel.py`, the mean over the calls of their medians over the rounds;
"min-max" are the same with the best and the worst round of each; "less the tool" is what stands around the tool
function. Ratios within one run hold better than microseconds. *KB live* is what a process and its children grow by for
each environment that is alive and has made its first call.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

from _peers_env import Setup, Unavailable, Worker, default_cache, ready
from kernel import RESULTS, machine

GEM = Setup("gem-llm", ("gem-llm", "jinja2"))
VERIFIERS_0 = Setup("verifiers-0.1.14", ("verifiers==0.1.14",))
VERIFIERS = Setup("verifiers", ("verifiers>=0.4",))
AT_MOST_OF_GEM = 1.0
AT_LEAST_OF_VERIFIERS = 5.0


class Row(NamedTuple):
    """One line of the table: a program in an environment (None: this one). `live`: environments for the memory."""

    name: str
    program: str
    variant: str
    setup: Setup | None = None
    rounds: int = 99
    live: int = 200


OURS = Row("agentgym, Gymnasium step", "_peers_ours.py", "gym")
TOOL = Row("the tool alone, no framework", "_peers_ours.py", "tool")
PLAIN_GEM = Row("gem-llm, ToolEnvWrapper", "_peers_gem.py", "plain", GEM)
LOOP = Row("agentgym, our rollout loop", "_peers_ours.py", "loop")
OLD_VERIFIERS = Row("verifiers 0.1.14, StatefulToolEnv", "_peers_verifiers.py", "rollout", VERIFIERS_0)
ROWS = (
    TOOL,
    OURS,
    Row("agentgym, words between the calls", "_peers_ours.py", "words"),
    LOOP,
    Row("agentgym, our loop, OpenAI messages", "_peers_ours.py", "model"),
    PLAIN_GEM,
    Row("gem-llm, with its ObservationWrapper", "_peers_gem.py", "concat", GEM),
    Row("gem-llm, the same by a chat template", "_peers_gem.py", "chat", GEM),
    Row("gem-llm, our episode in its tool", "_peers_gem.py", "judged", GEM),
    OLD_VERIFIERS,
    Row("verifiers 0.1.14, OpenAI messages", "_peers_verifiers.py", "openai", VERIFIERS_0),
    Row("verifiers, newest, Toolset over MCP", "_peers_verifiers_v1.py", "tools", VERIFIERS, 3, 2),
)


# --- measuring ------------------------------------------------------------------------------------------------------


def environment(setup: Setup, options: argparse.Namespace, tried: dict[Setup, Path | Unavailable]) -> str:
    """The Python of an environment, made at most once in a run. Raises Unavailable."""
    if setup not in tried:
        try:
            tried[setup] = ready(setup, options.cache, options.fresh)
        except Unavailable as trouble:
            tried[setup] = trouble
    found = tried[setup]
    if isinstance(found, Unavailable):
        raise found
    return str(found)


def measure(
    rows: Sequence[Row], workers: dict[str, Any], rounds: int, tell: Callable[[str], None]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str], bool]:
    """Rounds by row, why rows have failed, and whether all was done (False: stopped by Ctrl-C)."""
    found: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    failed: dict[str, str] = {}
    order = deque(row for row in rows if row.name in workers)
    try:
        for number in range(-1, rounds):  # the first to warm up
            for row in list(order):
                if row.name in failed or number >= row.rounds:
                    continue
                tell(f"round {number + 1} of {rounds}: {row.name}")
                try:
                    took = workers[row.name].ask({"do": "round"})
                except Unavailable as trouble:
                    failed[row.name] = str(trouble)
                    continue
                if number >= 0:
                    found[row.name].append(took)
            order.rotate(-1)
    except KeyboardInterrupt:
        return found, failed, False
    return found, failed, True


def over_rounds(rounds: Sequence[Sequence[int]], choose: Callable[[Sequence[int]], float]) -> float:
    """Microseconds: of each thing timed the median (or best, or worst) of the rounds, and of those the mean."""
    return mean(choose(column) for column in zip(*rounds, strict=True)) / 1000


def line(row: Row, rounds: Sequence[Mapping[str, Any]], reference: Mapping[str, Any] | None) -> dict[str, Any]:
    """A row's figures: µs a step and a reset, with ranges, and those of an episode by call; `agrees`: its tools said
    what the tool alone said."""
    steps, resets, episodes = ([took[what] for took in rounds] for what in ("steps", "resets", "episodes"))
    return {
        "name": row.name, "step": over_rounds(steps, median), "low": over_rounds(steps, min),
        "high": over_rounds(steps, max), "reset": over_rounds(resets, median), "rounds": len(rounds),
        "episode": over_rounds(episodes, median) * len(episodes[0]) / rounds[0]["calls"],
        "agrees": reference is None or all(took["said"] == reference["said"] for took in rounds),
    }  # fmt: skip


def lines(rows: Sequence[Row], found: Mapping[str, Any], failed: Mapping[str, str]) -> list[dict[str, Any]]:
    """The table's lines in order; those that could not be measured say why."""
    spoken = found.get(TOOL.name) or [None]
    out: list[dict[str, Any]] = []
    for row in rows:
        if row.name in failed or not found[row.name]:
            out.append({"name": row.name, "why": failed.get(row.name, "no round was finished")})
        else:
            out.append(line(row, found[row.name], spoken[0]))
    steps = {entry["name"]: entry["step"] for entry in out if "step" in entry}
    ours, alone = steps.get(OURS.name), steps.get(TOOL.name)
    for entry in out:
        if "step" in entry:
            entry["ratio"] = entry["step"] / ours if ours else None
            entry["around"] = entry["step"] - alone if alone else None
    return out


# --- the report -----------------------------------------------------------------------------------------------------


def micros(value: float) -> str:
    """Microseconds with as many digits as are worth reading."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def table(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The lines of the table, in Markdown."""
    head = f"| {'row':<38} | {'step µs':>8} | {'min-max':>15} | {'/ ours':>7} | {'less the tool':>13} "
    out = [
        f"{head}| {'reset µs':>10} | {'episode µs, by call':>19} | {'KB live':>8} |",
        f"|{'-' * 40}|{'-' * 9}:|{'-' * 16}:|{'-' * 8}:|{'-' * 14}:|{'-' * 11}:|{'-' * 20}:|{'-' * 9}:|",
    ]
    for entry in entries:
        if "why" in entry:
            out.append(f"| {entry['name']:<38} | not measured: {entry['why'].replace('|', '/')} | | | | | | |")
            continue
        spread = f"{micros(entry['low'])}-{micros(entry['high'])}"
        ratio = "" if entry["ratio"] is None else f"{entry['ratio']:.2f}"
        around = "" if entry["around"] is None else micros(entry["around"])
        size = "" if entry.get("bytes") is None else f"{entry['bytes'] / 1000:,.0f}"
        name = entry["name"] if entry["agrees"] else f"{entry['name']} (!)"
        out.append(
            f"| {name:<38} | {micros(entry['step']):>8} | {spread:>15} | {ratio:>7} | {around:>13} "
            f"| {micros(entry['reset']):>10} | {micros(entry['episode']):>19} | {size:>8} |"
        )
    return out


def aims(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was aimed at and what was measured, in a sentence each: of steps, and of whole episodes."""
    found = {entry["name"]: entry for entry in entries if "step" in entry}
    out: list[str] = []
    for what, ours in (("step", OURS), ("episode", OURS)):
        if ours.name in found and PLAIN_GEM.name in found:
            ratio = found[ours.name][what] / found[PLAIN_GEM.name][what]
            out.append(
                f"- our {what} takes {ratio:.2f} times as long as gem-llm's around the same tool; the aim is at most "
                f"{AT_MOST_OF_GEM:g}: {'met' if ratio <= AT_MOST_OF_GEM else 'missed'}."
            )
    for what, ours in (("step", OURS), ("episode", LOOP)):
        if ours.name in found and OLD_VERIFIERS.name in found:
            ratio = found[OLD_VERIFIERS.name][what] / found[ours.name][what]
            out.append(
                f"- verifiers 0.1.14 takes {ratio:.2f} times as long as we for one {what}; the aim is at least "
                f"{AT_LEAST_OF_VERIFIERS:g}: "
                f"{'met' if ratio >= AT_LEAST_OF_VERIFIERS else 'missed'}."
            )
    return out


def report(found: Mapping[str, Any]) -> str:
    """Everything, in Markdown."""
    head = (
        f"`{found['command']}`: {found['rounds']} rounds over {found['tasks']} tasks with {found['calls']} calls"
        f"{'' if found['complete'] else ', stopped before the end'}; {found['versions']}"
    )
    parts = [found["machine"], head, "", *table(found["rows"])]
    sayings = aims(found["rows"])
    if not all(entry.get("agrees", True) for entry in found["rows"]):
        sayings.append("- (!): the tools of this row did not say what the tool alone said.")
    return "\n".join([*parts, "", *sayings] if sayings else parts)


def versions(workers: Mapping[str, Any]) -> str:
    """The versions of everything that was measured."""
    return ", ".join(
        sorted(
            {f"{name} {version}" for worker in workers.values() for name, version in worker.about["versions"].items()}
        )
    )


# --- the program ----------------------------------------------------------------------------------------------------


def chosen(only: Sequence[str] | None) -> list[Row]:
    """The rows of some frameworks, ours among them. Raises ValueError for an unknown name."""
    names = {row.setup.name for row in ROWS if row.setup}
    unknown = set(only or ()) - names
    if unknown:
        raise ValueError(f"no framework {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    return [row for row in ROWS if row.setup is None or only is None or row.setup.name in only]


def run(rows: Sequence[Row], options: argparse.Namespace) -> dict[str, Any]:
    """Start the processes, measure, and end them."""

    def tell(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)

    workers: dict[str, Any] = {}
    failed: dict[str, str] = {}
    complete = False
    found: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    sizes: dict[str, float] = {}
    tried: dict[Setup, Path | Unavailable] = {}
    try:
        for row in rows:
            tell(f"starting {row.name}")
            try:
                python = sys.executable
                if row.setup is not None:
                    python = environment(row.setup, options, tried)
                workers[row.name] = Worker(python, row.program, row.variant, options.tasks)
            except (Unavailable, OSError) as trouble:
                failed[row.name] = str(trouble)
        found, broken, complete = measure(rows, workers, options.rounds, tell)
        failed |= broken
        for row in rows if complete else ():
            if row.name in workers and row.name not in failed:
                tell(f"memory: {row.name}")
                live = min(row.live, options.live)
                with suppress(Unavailable):
                    sizes[row.name] = workers[row.name].ask({"do": "memory", "live": live})["bytes"]
        about = versions(workers)
        calls = max((worker.about["calls"] for worker in workers.values()), default=0)
    except KeyboardInterrupt:
        complete, about, calls = False, versions(workers), 0
    finally:
        tell("")
        for worker in workers.values():
            worker.close()
    entries = lines(rows, found, failed)
    for entry in entries:
        entry["bytes"] = sizes.get(entry["name"])
    return {
        "machine": machine(), "rounds": options.rounds, "tasks": options.tasks, "calls": calls, "versions": about,
        "complete": complete, "rows": entries,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What a tool call costs in other frameworks and in ours.")
    parser.add_argument("--rounds", type=int, default=9, help="rounds over all rows")
    parser.add_argument("--tasks", type=int, default=60, help="tasks whose calls are made")
    parser.add_argument("--live", type=int, default=200, help="live environments for the memory, at most")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the environments are kept")
    parser.add_argument("--fresh", action="store_true", help="install the environments anew, in their newest versions")
    parser.add_argument("--only", action="append", help="measure this framework (and ours); may be given again")
    parser.add_argument("--ours", action="store_true", help="measure our rows alone, without installing anything")
    parser.add_argument("--quick", action="store_true", help="a look: shows that it runs, not what things cost")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.tasks, options.live = 2, 6, 20
    if min(options.rounds, options.tasks, options.live) < 1:
        parser.error("--rounds, --tasks and --live must be at least 1")
    try:
        rows = [row for row in ROWS if row.setup is None] if options.ours else chosen(options.only)
    except ValueError as trouble:
        parser.error(str(trouble))
    command = f"python benchmarks/peers.py --rounds {options.rounds} --tasks {options.tasks}"
    found = {"command": command, **run(rows, options)}
    print(json.dumps(found, indent=2) if options.json else report(found))
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"{report(found)}\n\n")


if __name__ == "__main__":
    main()
