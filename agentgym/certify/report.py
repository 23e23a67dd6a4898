"""Certifying many tasks: progress, counts by gate and branch, distinct tasks, rejected rows; several processes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from agentgym.certify.certificate import Certificate, certify
from agentgym.errors import TaskError, UsageError
from agentgym.pack import Pack, load
from agentgym.tool import Recordings
from agentgym.types import Task
from agentgym.views import checked_view, with_view
from agentgym.world import Pool

__all__ = ["Report", "certify_pack", "certify_tasks"]

Split = Literal["train", "test"]


class Report(Struct):
    """What came of certifying: counts, failures by gate with one witness each, coverage of branches."""

    pack: str
    split: str
    tasks: int = 0
    certified: int = 0
    episodes: int = 0
    distinct: int = 0
    rows_tried: int = 0
    rows_rejected: int = 0
    branches: dict[str, int] = {}
    failures: dict[str, list[str]] = {}
    """Gate -> witnesses, at most five."""
    view: str = ""
    """How the tools were shown, see `agentgym.views`."""
    digest: str = ""
    """SHA-256 over the tasks' ids and end digests, in order: the same in every process."""

    @property
    def ok(self) -> bool:
        return self.tasks > 0 and self.certified == self.tasks


class _Item(Struct):
    seed: int
    name: str
    id: str
    digest: str
    certificate: Certificate
    tried: int
    rejected: int


def certify_pack(
    pack: Pack, seeds: Iterable[int], split: Split = "train", *, workers: int = 1, view: str = "",
    progress: Callable[[int], Any] | None = None,
) -> Report:  # fmt: skip
    """Make and certify the task of every seed, under a view where one is given (see `agentgym.views`).

    `progress` is called with the number done so far.

    Raises:
        UsageError: several processes, where a model plays tools or recordings are in no file.
    """
    view = checked_view(view)
    kept = pack.recordings.path if pack.recordings is not None else None
    if workers > 1 and (pack.tool_model is not None or (pack.recordings is not None and kept is None)):
        raise UsageError("a model plays tools in one process, and memory is not shared: leave out the workers")
    wanted = list(seeds)
    chunks = [wanted[i : i + 10] for i in range(0, len(wanted), 10)]
    if workers <= 1:
        items = (item for chunk in chunks for item in _certify_seeds(pack, split, view, chunk))
        return _collect(Report(pack.name, split, view=view), items, progress)
    work = partial(_certify_chunk, str(pack.content.folder), split, view, kept)
    with ProcessPoolExecutor(workers) as executor:
        items = (item for items in executor.map(work, chunks) for item in items)
        return _collect(Report(pack.name, split, view=view), items, progress)


def certify_tasks(
    pack: Pack, tasks: Iterable[Task], *, view: str = "", progress: Callable[[int], Any] | None = None
) -> Report:
    """Certify tasks from a file, under a view where one is given."""
    view = checked_view(view)
    with_pool = Pool()

    def items() -> Iterator[_Item]:
        for task in tasks:
            pack.check(task)
            task = with_view(pack, task, view)
            found = certify(pack, task, pool=with_pool)
            yield _Item(task.seed, f"{task.workflow}/{task.branch}", task.id, task.digest, found, 0, 0)

    try:
        return _collect(Report(pack.name, "file", view=view), items(), progress)
    finally:
        with_pool.close()


def _certify_chunk(folder: str, split: Split, view: str, kept: Path | None, seeds: list[int]) -> list[_Item]:
    pack = load(Path(folder))
    if kept is None:
        return list(_certify_seeds(pack, split, view, seeds))
    with Recordings(kept, add=False) as recordings:
        return list(_certify_seeds(pack.played(recordings), split, view, seeds))


def _certify_seeds(pack: Pack, split: Split, view: str, seeds: list[int]) -> Iterator[_Item]:
    pool = Pool()
    try:
        for seed in seeds:
            tried, rejected = pack.tried, sum(pack.rejected.values())
            try:
                task = with_view(pack, pack.task(seed, split, pool=pool), view)
            except TaskError as trouble:
                failed = Certificate("", False, "made", str(trouble))
                yield _Item(seed, "", "", "", failed, pack.tried - tried, sum(pack.rejected.values()) - rejected)
                continue
            found = certify(pack, task, pool=pool)
            name = f"{task.workflow}/{task.branch}"
            counts = pack.tried - tried, sum(pack.rejected.values()) - rejected
            yield _Item(seed, name, task.id, task.digest, found, *counts)
    finally:
        pool.close()


def _collect(report: Report, items: Iterable[_Item], progress: Callable[[int], Any] | None) -> Report:
    ids: set[str] = set()
    branches: Counter[str] = Counter()
    digest = hashlib.sha256()
    for item in items:
        report.tasks += 1
        report.certified += item.certificate.ok
        report.episodes += item.certificate.checks
        report.rows_tried += item.tried
        report.rows_rejected += item.rejected
        ids.add(item.id)
        branches[item.name] += 1
        digest.update(f"{item.id} {item.digest}\n".encode())
        if not item.certificate.ok:
            witnesses = report.failures.setdefault(item.certificate.gate, [])
            if len(witnesses) < 5:
                witnesses.append(f"seed {item.seed} {item.name}: {item.certificate.witness}")
        if progress is not None:
            progress(report.tasks)
    report.distinct, report.branches, report.digest = len(ids), dict(sorted(branches.items())), digest.hexdigest()
    return report
