"""What certificates catch: a pack's content is changed mechanically, one place at a time.

    python benchmarks/mutants.py                       150 mutants of each shipped pack, 25 of each of 20 domains
    python benchmarks/mutants.py --n 0 --generated-n 0 all of them: hours
    python benchmarks/mutants.py --pack clinic --generated 0      of one pack
    python benchmarks/mutants.py --write               appends the table and the survivors to benchmarks/RESULTS.md

About ten minutes on two cores. Rows are kept in `--out`, domains beside it: the same command goes on after Ctrl-C.

Comparisons are turned round, constants shifted, columns swapped, clauses, guards, statements and nodes dropped, and
arguments ignored, in predicates and guards, in effects, and in what results and workflows map to what. A mutant that
does not load is *refused*. Of the others, two tasks of every branch that has to do with the place are looked at:

    kept     tasks that were certified before the change, certified again on the changed pack: does what was proved
             still hold? (A set of tasks with its certificates guards a pack as tests guard a program.)
    fresh    tasks that the changed pack makes itself: does the content contradict itself?

A mutant *changes behaviour* where an episode of those tasks goes otherwise than before: of the oracle, of five built-in
policies, of the twin, or one that the certificate plays. Others are not counted, and there is no telling whether a
wider search would see them. Where no task has to do with the place it is *not exercised*. `--n` mutants are drawn
evenly over all that there are.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
from _jobs import carried_out, finished
from _mutations import Mutant, mutants
from kernel import RESULTS, machine

from agentgym import __version__
from agentgym.certify import certify
from agentgym.certify.play import play, play_policy
from agentgym.errors import AgentGymError, PackError, TaskError
from agentgym.pack import Pack, forget, load
from agentgym.policies import POLICIES
from agentgym.synthesis.domain import domain
from agentgym.synthesis.draft import Draft
from agentgym.types import Call, Task
from agentgym.world import Pool

PROBES = ("greedy", "always_do", "read_then_refuse", "write_everything", "enumerate")
PARTS = ("predicate", "guard", "effect", "mapping")
SHIPPED = ("bank", "clinic", "fulfilment", "numbers", "archive")
GENERATED = "generated"


class Job(NamedTuple):
    """One mutant of a pack."""

    content: str
    """The pack's name or folder."""
    digest: str
    version: str
    group: str
    """The part of the table."""
    at: int


@lru_cache(maxsize=4)
def listed(name: str) -> tuple[Draft, list[Mutant]]:
    """A pack's content, and all its mutants."""
    pack = load(name)
    whole = Draft.of(pack, pack.name)
    return whole, list(mutants(pack, whole))


@lru_cache(maxsize=4)
def kept(name: str) -> tuple[Pack, list[Task], Pool]:
    """A pack and two certified tasks of each of its branches."""
    pack, pool = load(name), Pool()
    found: list[Task] = []
    for workflow, branch in pack.branches("train"):
        for seed in range(2):
            try:
                task = pack.task(seed, "train", workflow, branch, pool)
            except TaskError:
                continue
            if certify(pack, task, pool=pool).ok:
                found.append(task)
    return pack, found, pool


def concerned(pack: Pack, tasks: Sequence[Task], where: str) -> list[tuple[int, Task]]:
    """The tasks that have to do with a place, numbered."""
    kind, name = where.split(" ", 1)
    tools = {name} if kind == "tool" else set(pack.rules[name].governs) if kind == "rule" else set[str]()

    def has_to_do(task: Task) -> bool:
        called = {call.name for action in task.oracle for call in action.calls if isinstance(call, Call)}
        named = {c.rule for outcome in task.outcomes for c in outcome.criteria}
        return task.workflow == name if kind == "workflow" else bool(called & tools) or name in named

    return [(place, task) for place, task in enumerate(tasks) if has_to_do(task)]


def behaviour(pack: Pack, task: Task, pool: Pool) -> list[Any]:
    """What comes of the oracle and of some policies."""
    out: list[Any] = []
    try:
        out.append(play(pack, task, task.oracle, pool=pool, digest=True))
        out += [play_policy(pack, task, POLICIES[name], pool=pool, digest=True) for name in PROBES]
        twin = pack.twin(task)
        out.append((twin.outcomes, twin.digest) if twin is not None else None)
    except AgentGymError as trouble:
        out.append(type(trouble).__name__)
    return out


@lru_cache(maxsize=512)
def before(name: str, place: int) -> list[Any]:
    """What comes of the unchanged pack's kept task at that place."""
    pack, tasks, pool = kept(name)
    return behaviour(pack, tasks[place], pool)


def tried(job: Job) -> dict[str, Any]:
    """What becomes of one mutant."""
    name = job.content
    pack, tasks, _ = kept(name)
    whole, every = listed(name)
    mutant = every[job.at]
    row = {**job._asdict(), "pack": pack.name, "part": mutant.part, "operator": mutant.operator,
           "where": mutant.where, "change": mutant.change}  # fmt: skip
    with TemporaryDirectory() as scratch:
        try:
            other = mutant.draft(whole).write(Path(scratch) / pack.name)
        except (PackError, AgentGymError) as trouble:
            return {**row, "end": "refused", "why": str(trouble)[:200]}
        own = Pool()
        try:
            changed, again, fresh = False, "", ""
            looked_at = concerned(pack, tasks, mutant.where)
            for place, task in looked_at:
                same = msgspec.structs.replace(task, pack_digest=other.digest)
                changed = changed or before(name, place) != behaviour(other, same, own)
                again = again or _gate(other, same, own)
                fresh = fresh or _remade(other, task, own)
                changed = changed or bool(fresh) or bool(again)
                if again and fresh:
                    break
        finally:
            own.close()
            forget(other)
    end = "changed" if changed else "no change" if looked_at else "not exercised"
    return {**row, "end": end, "kept": again, "fresh": fresh}


def _gate(pack: Pack, task: Task, pool: Pool) -> str:
    try:
        return certify(pack, task, pool=pool).gate
    except AgentGymError as trouble:
        return type(trouble).__name__


def _remade(pack: Pack, task: Task, pool: Pool) -> str:
    try:
        made = pack.compile(pack.workflows[task.workflow], task.branch, task.bind, task.seed, "train", pool)
        return certify(pack, made, pool=pool).gate
    except AgentGymError:
        return "made"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Shares by pack and part, as Markdown, and all that survived."""
    lines = [
        "| pack | part | mutants | refused | not exercised | unchanged | changed | kept tasks catch | fresh | either |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["group"] for row in rows):
        for part in (*PARTS, "all"):
            here = [row for row in rows if row["group"] == name and part in (row["part"], "all")]
            ends = Counter(row["end"] for row in here)
            changed = [row for row in here if row["end"] == "changed"]
            if not here:
                continue
            caught = [[bool(row["kept"]), bool(row["fresh"]), bool(row["kept"] or row["fresh"])] for row in changed]
            sums = [sum(column) for column in zip(*caught, strict=True)] if caught else [0, 0, 0]
            shares = [f"{count} ({count / max(1, len(changed)):.1%})" for count in sums]
            cells = [
                name,
                part,
                len(here),
                ends["refused"],
                ends["not exercised"],
                ends["no change"],
                len(changed),
                *shares,
            ]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    survivors = [row for row in rows if row["end"] == "changed" and not row["kept"] and not row["fresh"]]
    lines += ["", f"Survivors: {len(survivors)}"]
    lines += [f"* {row['pack']}, {row['where']}, {row['operator']}: `{row['change']}`" for row in survivors]
    return "\n".join(lines)


def made(seed: int, folder: Path) -> str:
    """The folder of a generated domain, made where it is not there yet; nothing where none comes of the seed."""
    path = folder / f"domain_{seed}"
    if not (path / "pack.yaml").is_file():
        try:
            domain(seed, path)
        except AgentGymError as trouble:
            print(f"seed {seed}: {trouble}", file=sys.stderr)
            return ""
    return str(path)


def jobs_of(name: str, group: str, count: int) -> list[Job]:
    """So many mutants of a pack, 0 for all, drawn evenly."""
    digest, there = load(name).digest, len(listed(name)[1])
    drawn = sorted({i * there // count for i in range(count)}) if 0 < count < there else range(there)
    return [Job(name, digest, __version__, group, at) for at in drawn]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", nargs="*", default=SHIPPED, help="packs' names or folders")
    parser.add_argument("--n", type=int, default=150, help="mutants of each pack; 0: all")
    parser.add_argument("--generated", type=int, default=20, help="domains that are generated, of the seeds from 0")
    parser.add_argument("--generated-n", type=int, default=25, help="mutants of each of these; 0: all")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs/mutants.jsonl"), help="file of rows")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args()
    folder = options.out.with_suffix(".domains")
    folder.mkdir(parents=True, exist_ok=True)
    domains: list[str] = []
    carried_out(
        "domains", [partial(made, seed, folder) for seed in range(options.generated)], options.workers, domains.append
    )
    jobs = [job for name in options.pack for job in jobs_of(name, load(name).name, options.n)]
    jobs += [job for name in sorted(filter(None, domains)) for job in jobs_of(name, GENERATED, options.generated_n)]
    rows = finished("mutants", jobs, tried, options.out, options.workers)
    text = f"{machine()}\n\n{table(rows)}"
    print(text)
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"## Mutants\n\n{text}\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
