"""How different generated domains are, and whether what is in them holds.

    python benchmarks/domains.py                  200 domains: about half an hour on two cores
    python benchmarks/domains.py --n 20 --workers 1
    python benchmarks/domains.py --write          appends the table to benchmarks/RESULTS.md

Domains of the seeds 0, 1, 2, ... are made by `agentgym.synthesis.domain.domain`, and of each `--tasks` tasks of both
splits are certified that were not looked at when it was made. *Distinct* are domains that differ without their names:
by the colours of Weisfeiler and Lehman of the graph of tools and tables, and the trees of the workflows
(`agentgym.synthesis.domain.structure`). A line is added to `--out` when a domain is done, and seeds that stand there
are not made again: the same command goes on after Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from _jobs import finished
from kernel import RESULTS, machine

from agentgym import __version__
from agentgym.certify import certify_pack
from agentgym.errors import AgentGymError
from agentgym.pack import forget
from agentgym.synthesis.domain import HELD_OUT, domain, structure
from agentgym.synthesis.domain.motifs import MOTIFS

HELD = "seeds from {} to {} are held out: nothing may be trained on them"


class Job(NamedTuple):
    """One domain."""

    seed: int
    version: str
    asked: int
    """Tasks of each split to certify."""


def made(job: Job) -> dict[str, Any]:
    """Make it; what is to be said of it."""
    started = time.process_time()
    with TemporaryDirectory() as scratch:
        try:
            found = domain(job.seed, Path(scratch) / f"domain_{job.seed}")
        except AgentGymError as trouble:
            return {**job._asdict(), "trouble": str(trouble)}
        pack = found.synthesis.pack
        seconds = time.process_time() - started
        reports = [certify_pack(pack, range(1000, 1000 + job.asked), split) for split in ("train", "test")]
        row = {
            **job._asdict(), "structure": structure(pack), "motifs": list(found.motifs),
            "tools": len(pack.tools), "workflows": len(pack.workflows), "rules": len(found.synthesis.grown),
            "operators": [growth.operator for growth in found.synthesis.grown],
            "depths": [max(leaf.count(".") + 1 for leaf in one.leaves) for one in pack.workflows.values()],
            "tasks": sum(report.tasks for report in reports), "certified": sum(report.certified for report in reports),
            "failures": {gate: held for report in reports for gate, held in report.failures.items()},
            "seconds": seconds,
        }  # fmt: skip
        forget(pack)
        return row


def table(rows: Sequence[dict[str, Any]]) -> str:
    """What came of it, as Markdown."""
    good = [row for row in rows if "trouble" not in row]
    if not good:
        return "no domain came of any seed"
    distinct = len({row["structure"] for row in good})
    motifs = Counter(motif for row in good for motif in row["motifs"])
    operators = Counter(operator for row in good for operator in row["operators"])
    depths = Counter(depth for row in good for depth in row["depths"])
    tasks, certified = (sum(row[name] for row in good) for name in ("tasks", "certified"))

    def span(name: str) -> str:
        values = sorted(row[name] for row in good)
        return f"{values[0]} to {values[-1]}, median {values[len(values) // 2]}"

    seconds = sorted(row["seconds"] for row in good)
    lines = [
        f"| {len(rows)} domains | |", "|---|---|",
        f"| came to nothing | {len(rows) - len(good)} |",
        f"| distinct without names | {distinct} of {len(good)} |",
        f"| tools | {span('tools')} |",
        f"| workflows | {span('workflows')} |",
        f"| workflows by depth | {', '.join(f'{depth}: {count}' for depth, count in sorted(depths.items()))} |",
        f"| rules added | {', '.join(f'{name} {count}' for name, count in operators.most_common())} |",
        f"| fresh tasks certified | {certified} of {tasks} |",
        f"| motifs | {', '.join(f'{name} {motifs[name]}' for name in sorted(MOTIFS, key=lambda m: (-motifs[m], m)))} |",
        f"| seconds of a core for one | median {seconds[len(seconds) // 2]:.1f}, most {seconds[-1]:.1f} |",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200, help="domains")
    parser.add_argument("--tasks", type=int, default=10, help="fresh tasks of each split to certify in every domain")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/domains.jsonl"), help="file of rows")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args()
    if min(options.n, options.tasks, options.workers) < 1:
        parser.error("--n, --tasks and --workers are at least 1")
    if options.n > HELD_OUT.start:
        parser.error(HELD.format(HELD_OUT.start, HELD_OUT.stop - 1))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    jobs = [Job(seed, __version__, options.tasks) for seed in range(options.n)]
    rows = finished("domains", jobs, made, options.out, options.workers)
    text = f"{machine()}\n\n{table(rows)}"
    print(text)
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"## Generated domains\n\n{text}\n\n")
    return 0 if all("trouble" not in row and row["certified"] == row["tasks"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
