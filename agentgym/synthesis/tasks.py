"""Many proved tasks from one pack: further packs are grown from it, one after the other, each with tasks of its own.

A *unit* is one such pack and its tasks. Units hang on nothing but the order and their number, so any number of
processes makes the same bytes, and a run that was stopped goes on with the units that are not there yet.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.certify import certify
from agentgym.errors import TaskError, UsageError
from agentgym.pack import Pack, forget, load, task_id
from agentgym.seeding import stream
from agentgym.synthesis.admit import Synthesis, synthesize
from agentgym.synthesis.search import found_by_search
from agentgym.tasks import PACKS
from agentgym.types import Provenance, Task
from agentgym.world import Pool

__all__ = ["Made", "Order", "make_tasks"]

_UNIT, _UNITS = 250, 40
"""Tasks of a pack, at least; packs, at most."""
_WORKFLOWS = 6
"""Workflows of a pack."""
_HELD_OUT = 5
"""One task of so many is of the test split."""
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

    @property
    def unit(self) -> int:
        """Tasks of one pack."""
        return max(_UNIT, -(-self.count // _UNITS))

    def name(self, number: int) -> str:
        """The pack of a unit."""
        return f"{self.pack}_g{self.gap}d{self.depth}s{self.seed}_{number}"


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

    Every fifth task is of the test split: other worlds, names and words. Of every task the certificate is made, and a
    search without questions does not find what its user keeps back. No two are of the same branch, world and rows.

    Args:
        progress: called with the number of tasks that are there, twice a second or so.

    Raises:
        UsageError: another order has been begun at that place; or so many cannot be had of the pack, and why.
    """
    if count < 1 or workers < 1:
        raise UsageError(f"tasks and workers must be at least 1, found {count} and {workers}")
    order = Order(pack.name, pack.digest, count, gap, depth, seed)
    folder = Path(f"{out}.{PACKS}")
    _begin(folder, order)
    numbers = range(-(-count // order.unit))
    parts = [_lines(folder, order, number) for number in numbers]
    if not out.exists():
        source = pack.content.folder.resolve()
        waiting = [number for number in numbers if not parts[number].exists()]
        if workers == 1:
            for number in waiting:
                _unit(order, source, folder, number, progress)
        else:
            _together(order, source, folder, waiting, workers, progress)
        whole = folder / "whole.part"
        with whole.open("wb") as file:
            for part in parts:
                file.write(part.read_bytes())
        os.replace(whole, out)
    refused: Counter[str] = Counter()
    for part in parts:
        part.unlink(missing_ok=True)
        refused.update(msgspec.json.decode(part.with_suffix(".json").read_bytes(), type=dict[str, int]))
    return Made(count, tuple(order.name(number) for number in numbers), dict(refused.most_common()))


def _begin(folder: Path, order: Order) -> None:
    """Write the order down, or see that it is the one that was begun."""
    path, said = folder / "order.json", msgspec.json.format(msgspec.json.encode(order))
    if path.exists():
        if path.read_bytes() != said:
            raise UsageError(f"{folder} holds tasks of another order, see {path}: name another file")
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(said)


def _lines(folder: Path, order: Order, number: int) -> Path:
    return folder / f"{order.name(number)}.jsonl"


def _together(
    order: Order, source: Path, folder: Path, waiting: list[int], workers: int, progress: Callable[[int], Any] | None
) -> None:
    with ProcessPoolExecutor(workers) as executor:
        running: list[Future[None]] = [executor.submit(_unit, order, source, folder, number) for number in waiting]
        try:
            while not all(future.done() for future in running):
                time.sleep(0.5)
                if progress is not None:
                    progress(sum(path.read_bytes().count(b"\n") for path in folder.glob("*.jsonl*")))
                for future in running:
                    if future.done():
                        future.result()
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _unit(order: Order, source: Path, folder: Path, number: int, progress: Callable[[int], Any] | None = None) -> None:
    """Make one pack and its tasks; the file of its tasks appears when all is there."""
    name, done = order.name(number), order.unit * number
    wanted = min(order.unit, order.count - done)
    found = _pack(order, source, folder, number)
    pack, refused = load(folder / name), Counter[str]()
    operator = f"synthesis gap={order.gap} depth={order.depth}" + "".join(
        f" {growth.operator}:{growth.column}" for growth in found.grown
    )
    born = Provenance(f"{order.pack}@{order.digest[:12]}", operator)
    lines = _lines(folder, order, number)
    part = lines.with_suffix(".jsonl.part")
    pool = Pool()
    try:
        with part.open("wb") as file:
            known: set[tuple[Any, ...]] = set()
            for attempt in range(wanted * _TRIES):
                task = _proved(pack, attempt, born, known, refused, pool)
                if task is None:
                    continue
                file.write(msgspec.json.encode(task) + b"\n")
                file.flush()
                wanted -= 1
                done += 1
                if progress is not None:
                    progress(done)
                if not wanted:
                    break
    finally:
        pool.close()
    forget(pack)
    if wanted:
        why = "; ".join(f"{reason} ({times})" for reason, times in refused.most_common(3))
        raise UsageError(f"{name}: {wanted} of {order.unit} tasks are missing: {why}")
    lines.with_suffix(".json").write_bytes(msgspec.json.encode(dict(sorted(refused.items()))))
    os.replace(part, lines)


def _pack(order: Order, source: Path, folder: Path, number: int) -> Synthesis:
    """The pack of a unit; where a draw has no workflow at all, the next one."""
    name, trouble = order.name(number), UsageError("")
    for attempt in range(_DRAWS):
        first = stream("synthesis", "unit", order.seed, number, attempt).below(2**31)
        with TemporaryDirectory(dir=folder, prefix=".") as scratch:
            try:
                found = synthesize(
                    load(source), name, Path(scratch), _WORKFLOWS, least=1, seed=first, gap=order.gap, depth=order.depth
                )
            except UsageError as reason:
                trouble = reason
                continue
            shutil.rmtree(folder / name, ignore_errors=True)
            os.replace(Path(scratch) / name, folder / name)
            return found
    raise trouble


def _proved(
    pack: Pack, attempt: int, born: Provenance, known: set[tuple[Any, ...]], refused: Counter[str], pool: Pool
) -> Task | None:
    block, place = divmod(attempt, _HELD_OUT)
    test = place == _HELD_OUT - 1
    try:
        task = pack.task(block if test else attempt - block, "test" if test else "train", pool=pool)
    except TaskError:
        refused["no row gives the branch"] += 1
        return None
    same = (task.split, task.workflow, task.branch, task.world_seed, *task.bind.values())
    if same in known:
        refused["there already"] += 1
        return None
    known.add(same)
    if given := found_by_search(pack, task, pool=pool):
        refused[f"search finds {', '.join(given)}"] += 1
        return None
    task = msgspec.structs.replace(task, provenance=born)
    task = msgspec.structs.replace(task, id=task_id(task))
    certificate = certify(pack, task, pool=pool)
    if not certificate.ok:
        refused[f"gate {certificate.gate}"] += 1
        return None
    return task
