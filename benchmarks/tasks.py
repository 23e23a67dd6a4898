"""Tasks of every level and depth from shipped packs and generated domains, audited as one set.

    python benchmarks/tasks.py                    32 sets of 128 tasks: about a quarter of an hour on two cores
    python benchmarks/tasks.py --domains 4 --tasks 20 --workers 1
    python benchmarks/tasks.py --write            appends the table to benchmarks/RESULTS.md

From `clinic`, `bank` and `fulfilment`, and from the domains of the seeds 0, 1, 2, ..., `agentgym synth tasks` makes
sets in the folder `--out`: of each shipped pack one of every level of the gap, of each domain one, so that levels 0 to
3 and depths 1 to 4 go round. All sets together are then audited (`agentgym.synthesis.audit`), so what two sets share
counts. Sets that are there are not made again: the same command goes on after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from _jobs import carried_out
from kernel import RESULTS, machine

from agentgym.cli.shell import progress
from agentgym.errors import AgentGymError
from agentgym.pack import Pack, load
from agentgym.synthesis.audit import Audit, audit
from agentgym.synthesis.domain import HELD_OUT, domain
from agentgym.synthesis.plan import GAPS
from agentgym.synthesis.tasks import make_tasks
from agentgym.tasks import pack_beside, read_tasks
from agentgym.types import Task

SHIPPED = ("clinic", "bank", "fulfilment")
DEPTHS = 4


class Set(NamedTuple):
    """One file of tasks."""

    pack: str
    """A shipped pack, or a domain's seed."""
    gap: int
    depth: int

    @property
    def name(self) -> str:
        """Of its file, without the ending."""
        source = f"domain_{self.pack}" if self.pack.isdigit() else self.pack
        return f"{source}_gap{self.gap}_depth{self.depth}"


def sets(domains: int) -> Iterator[Set]:
    """Those of the shipped packs, then one of each domain."""
    for at, pack in enumerate(SHIPPED):
        yield from (Set(pack, gap, 1 + (gap + at) % DEPTHS) for gap in range(GAPS))
    for seed in range(domains):
        yield Set(str(seed), seed % GAPS, 1 + seed // GAPS % DEPTHS)


def made(one: Set, tasks: int, out: Path) -> str:
    """Make a set; why it could not be, or nothing."""
    try:
        if one.pack.isdigit():
            folder = out / "domains" / f"domain_{one.pack}"
            if not folder.exists():
                folder.parent.mkdir(exist_ok=True)
                with TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:  # whole, or not at all
                    domain(int(one.pack), Path(scratch) / folder.name)
                    os.replace(Path(scratch) / folder.name, folder)
            pack = load(folder)
        else:
            pack = load(one.pack)
        make_tasks(pack, out / f"{one.name}.jsonl", tasks, gap=one.gap, depth=one.depth)
    except AgentGymError as trouble:
        return f"{one.name}: {trouble}"
    return ""


def together(wanted: list[Set], out: Path) -> tuple[list[Task], dict[str, Pack]]:
    """The tasks of all sets, and the packs that they are of."""
    tasks: list[Task] = []
    packs: dict[str, Pack] = {}
    for one in wanted:
        path = out / f"{one.name}.jsonl"
        if path.exists():
            found = read_tasks(path)[0]
            packs |= {name: pack_beside(name, path) for name in {task.pack for task in found} - packs.keys()}
            tasks += found
    return tasks, packs


def table(wanted: list[Set], tasks: list[Task], packs: dict[str, Pack], report: Audit, troubles: list[str]) -> str:
    """What came of it, as Markdown."""
    deep = Counter(
        packs[task.pack].workflows[task.workflow].leaf(task.branch).count(".") + 1
        for task in tasks
        if task.workflow in packs[task.pack].workflows
    )
    gaps = Counter(int(task.provenance.operator.split("gap=")[1][0]) for task in tasks)
    refined = Counter(
        word for task in tasks for word in task.provenance.operator.split() if "=" not in word and ":" not in word
    )
    refined.pop("synthesis", None)
    lines = [
        "| | |", "|---|---|",
        f"| sets | {len(wanted) - len(troubles)} of {len(wanted)} |",
        f"| tasks | {len(tasks)}: {', '.join(f'{count} {split}' for split, count in sorted(report.splits.items()))} |",
        f"| workflows | {sum(len(pack.workflows) for pack in packs.values())} in {len(packs)} packs |",
        f"| tasks by gap | {', '.join(f'{gap}: {count}' for gap, count in sorted(gaps.items()))} |",
        f"| tasks by decisions | {', '.join(f'{depth}: {count}' for depth, count in sorted(deep.items()))} |",
        f"| refined | {', '.join(f'{word} {count}' for word, count in refined.most_common())} |",
        *(f"| {finding.check} | {finding.found} of {finding.of} |" for finding in report.findings),
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", type=int, default=20, help="generated domains")
    parser.add_argument("--tasks", type=int, default=128, help="tasks of a set")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/tasks"), help="folder of sets")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args()
    if options.domains < 0 or min(options.tasks, options.workers) < 1:
        parser.error("--domains is at least 0, --tasks and --workers at least 1")
    if options.domains > HELD_OUT.start:
        parser.error(f"seeds from {HELD_OUT.start} to {HELD_OUT.stop - 1} are held out")
    options.out.mkdir(parents=True, exist_ok=True)
    wanted, troubles = list(sets(options.domains)), list[str]()
    calls = [partial(made, one, options.tasks, options.out) for one in wanted]
    carried_out("sets", calls, options.workers, lambda trouble: troubles.append(trouble) if trouble else None)
    tasks, packs = together(wanted, options.out)
    with progress("tasks audited", len(tasks), False) as show:
        report = audit(tasks, packs, (), show)
    text = f"{machine()}\n\n{table(wanted, tasks, packs, report, troubles)}"
    print(text)
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    for finding in report.findings:
        for witness in finding.witnesses:
            print(f"{finding.check}: {witness}", file=sys.stderr)
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"## Tasks\n\n{text}\n\n")
    return 0 if report.ok and not troubles else 1


if __name__ == "__main__":
    sys.exit(main())
