"""Many proved tasks from one pack: further packs are grown from it, one after the other, each with tasks of its own.

A *unit* is one such pack and its tasks. Units hang on nothing but the order and their number, so any number of
processes makes the same bytes, and a run that was stopped goes on with the units that are not there yet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct

from agentgym import __version__
from agentgym.certify import certify
from agentgym.errors import TaskError, UsageError
from agentgym.files import write_whole
from agentgym.pack import Pack, forget, load, task_id
from agentgym.seeding import stream
from agentgym.synthesis.admit import Synthesis, synthesize
from agentgym.synthesis.plan import GAPS
from agentgym.synthesis.sample import REFINEMENTS
from agentgym.synthesis.search import found_by_search
from agentgym.tasks import PACKS
from agentgym.types import Provenance, Task
from agentgym.world import Pool

__all__ = ["Made", "Order", "born_of", "make_tasks", "rows_of", "unproved"]

_UNIT, _UNITS = 250, 40
"""Tasks of a pack, at least; packs, at most."""
_WORKFLOWS = 6
"""Workflows of a pack."""
_HELD_OUT = 5
"""One task of so many that are tried is of the test split."""
_DRAWS = 4
"""Draws of a pack that has workflows, at most."""
_TRIES = 4
"""Tasks that are tried for each that is wanted, at most."""


class Order(Struct, frozen=True):
    """What is wanted. The same order gives the same bytes."""

    pack: str
    """Its name."""
    digest: str
    count: int
    gap: int
    depth: int
    seed: int
    unit: int
    """Tasks of one pack."""
    version: str = ""
    """Of this package: another one may make other tasks."""

    def name(self, number: int) -> str:
        """The pack of a unit: another one where the original is another."""
        return f"{self.pack}_{self.digest[:6]}_g{self.gap}d{self.depth}s{self.seed}_{number}"


class Made(Struct, frozen=True):
    """What came of it."""

    tasks: int
    packs: tuple[str, ...]
    refused: dict[str, int]
    """Reason -> tasks that were made and not taken."""


def make_tasks(
    pack: Pack, out: Path, count: int, *, gap: int = 2, depth: int = 2, seed: int = 0, workers: int = 1,
    progress: Callable[[int], Any] | None = None,
) -> Made:  # fmt: skip
    """Write `count` certified tasks to `out`, one to a line, and the packs that they are of to the folder `OUT.packs`.

    About one task in five is of the test split: other worlds, names and words. Of every task the certificate is made,
    and a search without questions does not find what its user keeps back. No two are of the same branch, world and
    rows.

    Args:
        progress: called with the number of tasks that are there, twice a second or so.

    Raises:
        UsageError: another order has been begun at that place; or so many cannot be had of the pack, and why.
    """
    if count < 1 or workers < 1:
        raise UsageError(f"tasks and workers must be at least 1, found {count} and {workers}")
    if not 0 <= gap < GAPS or depth < 1 or seed < 0:
        raise UsageError(
            f"gaps are 0 to {GAPS - 1}, depths from 1 and seeds from 0; found gap {gap}, depth {depth} and seed {seed}"
        )
    unit = max(_UNIT, -(-count // _UNITS))
    order = Order(pack.name, pack.digest, count, gap, depth, seed, unit, __version__)
    folder = Path(f"{out}.{PACKS}")
    numbers = range(-(-count // order.unit))
    parts = [_lines(folder, order, number) for number in numbers]
    refused = _done(out, folder, order)
    for left in folder.glob(".*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    if refused is None:
        source = pack.content.folder.resolve()
        waiting = [number for number in numbers if not parts[number].exists()]
        if workers == 1:
            for number in waiting:
                _unit(order, source, folder, number, progress)
        else:
            _together(order, source, folder, waiting, workers, progress)
        refused = _joined(out, folder, parts)
    for part in parts:
        part.unlink(missing_ok=True)
        part.with_suffix(".json").unlink(missing_ok=True)
    return Made(count, tuple(order.name(number) for number in numbers), refused)


def _done(out: Path, folder: Path, order: Order) -> dict[str, int] | None:
    """What was refused where the order is carried out already; None where there is something to do.

    Raises:
        UsageError: what lies there is of another order, of none, or has been changed.
    """
    path, said, end = folder / "order.json", msgspec.json.format(msgspec.json.encode(order)), folder / "done.json"
    if path.exists() and path.read_bytes() == said:
        if not end.exists() and out.exists():
            raise UsageError(f"{out} was put there by somebody else: move it away, or name another file")
        if not out.exists():
            return None
        done = msgspec.json.decode(end.read_bytes())
        if hashlib.sha256(out.read_bytes()).hexdigest() != done["digest"]:
            raise UsageError(f"{out} has been changed since it was made: move it away, or name another file")
        return done["refused"]
    begun = any(folder.glob("*.jsonl")) if path.exists() else folder.is_dir() and any(folder.iterdir())
    if out.exists() or begun:
        raise UsageError(f"{out}, or {folder}, holds something else already: name another file")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, said)
    return None


def _joined(out: Path, folder: Path, parts: list[Path]) -> dict[str, int]:
    """Make the file of its parts; what was refused."""
    refused: Counter[str] = Counter()
    digest = hashlib.sha256()
    whole = folder / "whole.part"
    with whole.open("wb") as file:
        for part in parts:
            data = part.read_bytes()
            digest.update(data)
            file.write(data)
            refused.update(msgspec.json.decode(part.with_suffix(".json").read_bytes(), type=dict[str, int]))
    counts = dict(refused.most_common())
    write_whole(folder / "done.json", msgspec.json.encode({"digest": digest.hexdigest(), "refused": counts}))
    os.replace(whole, out)
    return counts


def _lines(folder: Path, order: Order, number: int) -> Path:
    return folder / f"{order.name(number)}.jsonl"


def _together(
    order: Order, source: Path, folder: Path, waiting: list[int], workers: int, progress: Callable[[int], Any] | None
) -> None:
    with ProcessPoolExecutor(workers) as executor:
        running: list[Future[None]] = [executor.submit(_unit, order, source, folder, number) for number in waiting]
        try:
            while True:
                ended = [future for future in running if future.done()]
                for future in ended:
                    future.result()
                if len(ended) == len(running):
                    return
                time.sleep(0.5)
                if progress is not None:
                    progress(sum(path.read_bytes().count(b"\n") for path in folder.glob("*.jsonl*")))
        except BaseException:
            executor.shutdown(cancel_futures=True)  # and waits: leaving the block at once would undo the cancelling
            raise


def _unit(order: Order, source: Path, folder: Path, number: int, progress: Callable[[int], Any] | None = None) -> None:
    """Make one pack and its tasks; the file of its tasks appears when all is there. Where a draw has no workflow, or
    not tasks enough, the next one is taken."""
    name, trouble = order.name(number), ""
    for attempt in range(_DRAWS):
        first = stream("synthesis", "unit", order.seed, number, attempt).below(2**31)
        original = load(source)
        if original.digest != order.digest:
            raise UsageError(f"{source} has changed since the tasks were ordered: name another file")
        with TemporaryDirectory(dir=folder, prefix=".") as scratch:
            try:
                found = synthesize(
                    original, name, Path(scratch), _WORKFLOWS, least=1, seed=first, gap=order.gap, depth=order.depth,
                    refine=REFINEMENTS,
                )  # fmt: skip
            except UsageError as reason:
                trouble = str(reason)
                continue
            forget(found.pack)
            shutil.rmtree(folder / name, ignore_errors=True)
            os.replace(Path(scratch) / name, folder / name)
        trouble = _filled(order, folder, number, found, progress)
        if not trouble:
            return
    raise UsageError(trouble)


def _filled(order: Order, folder: Path, number: int, found: Synthesis, progress: Callable[[int], Any] | None) -> str:
    """Write the tasks of a unit; why there are not enough of them, or nothing."""
    done = order.unit * number
    count = min(order.unit, order.count - done)
    operators = [f"synthesis gap={order.gap} depth={order.depth}"]
    operators += [f"{growth.operator}:{'+'.join(growth.columns)}" for growth in found.grown]
    parent = f"{order.pack}@{order.digest[:12]}"
    born = {
        sampled.spec.name: Provenance(parent, " ".join([*operators, *([sampled.refined] if sampled.refined else [])]))
        for sampled in found.admitted
    }
    pack, pool, refused = load(folder / order.name(number)), Pool(), Counter[str]()
    lines = _lines(folder, order, number)
    part = lines.with_suffix(".jsonl.part")
    written = 0
    try:
        with part.open("wb") as file:
            known: set[tuple[Any, ...]] = set()
            for attempt in range(count * _TRIES):
                task = _proved(pack, attempt, born, known, refused, pool)
                if task is None:
                    continue
                file.write(msgspec.json.encode(task) + b"\n")
                file.flush()
                written += 1
                if progress is not None:
                    progress(done + written)
                if written == count:
                    break
    finally:
        pool.close()
        forget(pack)
    if written < count:
        why = "; ".join(f"{reason} ({times})" for reason, times in refused.most_common(3))
        return f"{pack.name}: {written} of {count} tasks could be had: {why}"
    write_whole(lines.with_suffix(".json"), msgspec.json.encode(dict(sorted(refused.items()))))
    os.replace(part, lines)
    return ""


def _proved(
    pack: Pack,
    attempt: int,
    born: Mapping[str, Provenance],
    known: set[tuple[Any, ...]],
    refused: Counter[str],
    pool: Pool,
) -> Task | None:
    block, place = divmod(attempt, _HELD_OUT)
    test = place == _HELD_OUT - 1
    try:
        task = pack.task(block if test else attempt - block, "test" if test else "train", pool=pool)
    except TaskError:
        refused["no row gives the branch"] += 1
        return None
    same = rows_of(task)
    if same in known:
        refused["there already"] += 1
        return None
    known.add(same)
    task = born_of(task, born[task.workflow])
    if reason := unproved(pack, task, pool):
        refused[reason] += 1
        return None
    return task


def rows_of(task: Task) -> tuple[Any, ...]:
    """What no two tasks have in common: branch, world and rows."""
    return (task.pack, task.split, task.workflow, task.branch, task.world_seed, *task.bind.values())


def born_of(task: Task, provenance: Provenance) -> Task:
    """A task with where it comes from, and the id that goes with that."""
    task = msgspec.structs.replace(task, provenance=provenance)
    return msgspec.structs.replace(task, id=task_id(task))


def unproved(pack: Pack, task: Task, pool: Pool) -> str:
    """Why a task is not admitted: a search finds what its user keeps back, or a gate of the certificate; or nothing."""
    if given := found_by_search(pack, task, pool=pool):
        return f"search finds {', '.join(given)}"
    certificate = certify(pack, task, pool=pool)
    return "" if certificate.ok else f"gate {certificate.gate}"
