"""How much of a model server's capacity a rollout uses: episodes side by side against a server that takes 200 ms.

    python benchmarks/throughput.py            about three minutes; --quick for a look, --json for programs
    python benchmarks/throughput.py --write    appends the table to benchmarks/RESULTS.md

The server is the fake one of the tests, in a process of its own on the same machine. It answers every request after the
latency, always with the same question, and any number at once; so N episodes side by side could at best have N
requests answered in each latency. That is the *ideal*; what is missing of it is our time between an answer and the next
request, and time lost at the beginning and the end. All episodes have the same number of turns (those of impatient
users, who leave sooner, are not taken), so that none waits for a longer one.

The rows "rollout" time `agentgym.rollout.run` with an `LLMAssistant`, after a first pass. The row "agentgym run" times
the whole command, from the start of its process to its end, with traces written. *CPU* is the processor's time that our
process took, and that the server's took, for each request; both run on the same cores. A row's numbers are those of its
round with the median share; "min-max" are the shares of all rounds. A busy machine shows in them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from kernel import RESULTS, machine

import agentgym
from agentgym.llm import Client, LLMAssistant, Server
from agentgym.rollout import run
from agentgym.types import Task

SERVER = Path(__file__).resolve().parent.parent / "tests" / "llm" / "server.py"
SAYS = "Could you tell me your phone number?"
PACK = "clinic"
TARGET = 0.9
"""Share of the ideal at 64 episodes."""


class Round(NamedTuple):
    """One measurement: seconds, and processor seconds of our process and of the server."""

    requests: int
    seconds: float
    ours: float
    servers: float


@contextmanager
def serving(latency: float) -> Iterator[tuple[str, int]]:
    """The fake server in a process of its own: its base URL, and its process."""
    command = [sys.executable, str(SERVER), "--latency", str(latency), "--say", SAYS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.stdin.close()


def processor_seconds(pid: int) -> float:
    """What a process has taken; 0 where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def patient_tasks(wanted: int) -> list[Task]:
    """Tasks whose users all stay equally long with somebody who never understands."""
    pack = agentgym.load(PACK)
    return list(islice((task for task in map(pack.task, count()) if task.ledger.persona != "impatient"), wanted))


def rollouts(episodes: int, samples: int, latency: float, rounds: int) -> list[Round]:
    """`samples` episodes one after the other in each of `episodes` places, in this process."""
    pack, tasks = agentgym.load(PACK), patient_tasks(episodes)
    found: list[Round] = []
    with serving(latency) as (url, pid), Client(Server("fake", url, concurrency=episodes)) as client:
        for number in range(rounds + 1):
            asked, started, ours, servers = (
                client.usage.requests, time.perf_counter(), time.process_time(), processor_seconds(pid)
            )  # fmt: skip
            run(
                ((pack, task) for task in tasks), LLMAssistant(client), concurrency=episodes,
                samples=samples if number else 1,
            )  # fmt: skip
            if number:
                found.append(
                    Round(
                        client.usage.requests - asked, time.perf_counter() - started, time.process_time() - ours,
                        processor_seconds(pid) - servers,
                    )
                )  # fmt: skip
    return found


def commands(episodes: int, samples: int, latency: float, rounds: int) -> list[Round]:
    """The same by the command line, in a process of its own."""
    found: list[Round] = []
    with serving(latency) as (url, pid), tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder) / "tasks.jsonl"
        tasks.write_bytes(b"".join(msgspec.json.encode(task) + b"\n" for task in patient_tasks(episodes)))
        for number in range(rounds):
            command = [
                sys.executable, "-m", "agentgym", "run", "--policy", "openai:fake", "--base-url", url, "--pack", PACK,
                "--tasks", str(tasks), "--samples", str(samples), "--concurrency", str(episodes), "--json",
                "--out", str(Path(folder) / f"{number}.jsonl"),
            ]  # fmt: skip
            before, started, servers = os.times(), time.perf_counter(), processor_seconds(pid)
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, after = time.perf_counter() - started, os.times()
            ours = after.children_user + after.children_system - before.children_user - before.children_system
            requests = json.loads(done.stdout)["models"][0]["requests"]
            found.append(Round(requests, seconds, ours, processor_seconds(pid) - servers))
    return found


def row_of(name: str, episodes: int, latency: float, rounds: Sequence[Round]) -> dict[str, Any]:
    """The line of one row: the round with the median share, and all shares."""
    ideal = episodes / latency
    ranked = sorted(rounds, key=lambda one: one.requests / one.seconds)
    middle = ranked[(len(ranked) - 1) // 2]
    shares = [one.requests / one.seconds / ideal for one in ranked]
    return {
        "name": name, "episodes": episodes, "requests": middle.requests, "ideal": ideal,
        "got": middle.requests / middle.seconds, "share": middle.requests / middle.seconds / ideal,
        "low": shares[0], "high": shares[-1], "cpu_ms": 1e3 * middle.ours / middle.requests,
        "server_cpu_ms": 1e3 * middle.servers / middle.requests,
    }  # fmt: skip


def report(found: Mapping[str, Any]) -> str:
    """The table, as Markdown."""
    lines = [
        found["machine"],
        f"`{found['command']}`: latency {found['latency'] * 1e3:.0f} ms, {found['rounds']} rounds",
        "",
        f"| {'row':<30} | requests | ideal / s |   got / s |  share | {'min-max':>13} | CPU ms | server's |",
        f"|{'-' * 32}|{'-' * 9}:|{'-' * 10}:|{'-' * 10}:|{'-' * 7}:|{'-' * 14}:|{'-' * 7}:|{'-' * 9}:|",
    ]
    for row in found["rows"]:
        span = f"{row['low']:.3f}-{row['high']:.3f}"
        lines.append(
            f"| {row['name']:<30} | {row['requests']:>8,} | {row['ideal']:>9,.0f} | {row['got']:>9,.0f} "
            f"| {row['share']:>6.3f} | {span:>13} | {row['cpu_ms']:>6.2f} | {row['server_cpu_ms']:>8.2f} |"
        )
    (target,) = (row for row in found["rows"] if row["name"].startswith("agentgym run"))
    verdict = "ok" if target["share"] >= TARGET else "missed"
    aim = f"- the whole command reaches {target['share']:.0%} of the ideal; the aim is {TARGET:.0%}: {verdict}."
    return "\n".join([*lines, "", aim])


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that the server takes for an answer")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each row")
    parser.add_argument("--quick", action="store_true", help="a few seconds: shows that it runs, not what it reaches")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args(arguments)
    rounds, samples, latency = options.rounds, 4, options.latency
    sizes, whole = (16, 64, 256), 64
    if options.quick:
        rounds, samples, latency, sizes, whole = 1, 1, 0.02, (4, 16), 16
    if rounds < 1 or latency <= 0:
        parser.error("--rounds must be at least 1 and --latency positive")
    rows: list[dict[str, Any]] = []
    for size in sizes:
        rows.append(row_of(f"rollout, {size} episodes", size, latency, rollouts(size, samples, latency, rounds)))
        print(f"{rows[-1]['name']}: {rows[-1]['share']:.3f} of the ideal", file=sys.stderr)
    measured = commands(whole, 2 * samples, latency, rounds)
    rows.append(row_of(f"agentgym run, {whole} episodes", whole, latency, measured))
    given = sys.argv[1:] if arguments is None else arguments
    found = {
        "command": " ".join(["python benchmarks/throughput.py", *given]), "machine": machine(), "latency": latency,
        "rounds": rounds, "rows": rows,
    }  # fmt: skip
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else report(found))
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"{report(found)}\n\n")


if __name__ == "__main__":
    main()
