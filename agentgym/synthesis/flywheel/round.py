"""One turn of the flywheel: a file of tasks and what was played of it in, the next file of tasks out."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct

from agentgym import __version__
from agentgym.errors import AgentGymError, UsageError
from agentgym.files import alone, write_whole
from agentgym.pack import Pack, available, load
from agentgym.seeding import stream
from agentgym.synthesis.curriculum import Family
from agentgym.synthesis.flywheel.mutate import mutated
from agentgym.synthesis.flywheel.observed import Seen, observe
from agentgym.synthesis.flywheel.sources import OPERATORS, SCRATCH, Operator, Source, Sources
from agentgym.synthesis.plan import GAPS
from agentgym.synthesis.tasks import born_of, rows_of, unproved
from agentgym.tasks import PACKS, pack_beside, read_tasks
from agentgym.trace import iter_traces
from agentgym.types import Provenance, Task
from agentgym.views import same_view
from agentgym.workflow import Rejected
from agentgym.world import Pool

__all__ = ["OPERATORS", "Operator", "Round", "next_round"]

_CONTENT = (".yaml", ".sql", ".jsonl", ".md")
"""Endings of a pack's files."""
_TRIES = 6
"""Draws for each task that is wanted of an operator, before it gives up."""


class Round(Struct, frozen=True):
    """What a round holds, and why. Written beside its tasks, as `FILE.round.json`."""

    round: int
    tasks: int
    made: dict[str, int]
    """Operator -> tasks; `replay` are those of earlier rounds."""
    seen: list[dict[str, Any]]
    """Each family: episodes, success, guesses, errors by kind, what was missed."""
    left_out: dict[str, int]
    """Why traces were not counted -> traces."""
    refused: dict[str, int]
    """Why draws were not admitted -> draws."""
    gave_up: list[str]
    """Operators that could not make what was wanted of them, and why."""
    packs: list[str]
    """Those that came about in this round."""


def next_round(
    tasks: Path, traces: Path, out: Path, count: int, *, packs: Sequence[Pack] = (), seed: int = 0, gap: int = 2,
    replayed: float = 0.25, progress: Callable[[str, int], Any] | None = None,
) -> Round:  # fmt: skip
    """Write the next round's tasks to `out`, the packs that they are of to `OUT.packs`, and `OUT.round.json`.

    The same arguments and files give the same bytes. A call that was stopped goes on where it was.

    Args:
        tasks: the file that was played.
        traces: what was played of it, as `agentgym run --out` writes it.
        count: tasks of the next round.
        packs: what tasks are of that neither came with their file nor are found by name.
        gap: what users of grown workflows keep back, from 0 to 3.
        replayed: share of the next round that was in this one, in [0, 1).
        progress: called with what is being done, and how much of it is.

    Raises:
        UsageError: numbers out of range, something else lies at `out`, no trace can be used, or so many tasks cannot be
            had, and why.
        TaskError: a file cannot be read.
    """
    if count < 1 or not 0 <= replayed < 1 or seed < 0 or not 0 <= gap < GAPS:
        raise UsageError(
            f"a round has 1 task or more, seeds are from 0, gaps 0 to {GAPS - 1}, shares in [0, 1); "
            f"found {count}, {seed}, {gap} and {replayed}"
        )
    given, _ = read_tasks(tasks)
    known = {pack.name: pack for pack in packs}
    names = sorted({task.pack for task in given})
    used = {name: known[name] if name in known else pack_beside(name, tasks) for name in names}
    told = progress or _silent
    broken = list[int]()
    found = (trace for _, trace in iter_traces(traces, lambda number, trouble: broken.append(number)))
    by_id = {task.id: task for task in given}
    seen, left = observe(found, by_id, used, lambda done: told("traces", done))
    if broken:
        left["no trace"] = len(broken)
    if not seen:
        why = "; ".join(f"{reason} ({times})" for reason, times in left.items()) or "it is empty"
        raise UsageError(f"{traces} has no trace that can be used: {why}")
    versions = " ".join([__version__, *(f"{name}@{used[name].digest}" for name in names)])
    order = f"{_digest(tasks)} {_digest(traces)} {versions} {count} {seed} {gap} {replayed}"
    turn = _Turn(given, by_id, used, out, count, order, told)
    return turn.made(seen, left, seed, gap, replayed)


class _Step(Struct):
    """What came of one draw."""

    operator: str
    tasks: list[Task]
    refused: str = ""


class _Turn:
    """One turn of the wheel. What is done goes to a file `OUT.part` draw by draw, and is taken from there."""

    def __init__(
        self, given: Sequence[Task], by_id: Mapping[str, Task], packs: dict[str, Pack], out: Path, count: int,
        order: str, told: Callable[[str, int], Any],
    ) -> None:  # fmt: skip
        self._given, self._by_id, self._packs = given, by_id, packs
        self._out, self._count, self._order, self._told = out, count, order, told
        self._number = 1 + max(task.provenance.round for task in given)
        self._folder, self._part, self._report = Path(f"{out}.{PACKS}"), Path(f"{out}.part"), Path(f"{out}.round.json")
        self._refused: Counter[str] = Counter()
        self._gave_up: list[str] = []
        self._known = {rows_of(task) for task in given}
        self._pool = Pool()

    def made(self, seen: Sequence[Seen], left: dict[str, int], seed: int, gap: int, replayed: float) -> Round:
        """Make it, or what is left of it to make."""
        if self._report.exists() or (self._out.exists() and not self._part.exists()):
            self._part.unlink(missing_ok=True)
            raise UsageError(f"{self._out}, or what goes with it, is there already: name another file")
        self._folder.mkdir(parents=True, exist_ok=True)
        with alone(self._folder, f"another run is at work in {self._folder}; wait for it, or name another file"):
            return self._made(seen, left, seed, gap, replayed)

    def _made(self, seen: Sequence[Seen], left: dict[str, int], seed: int, gap: int, replayed: float) -> Round:
        before = self._begun()
        tag = hashlib.sha256(self._order.encode()).hexdigest()[:6]
        sources = Sources(self._packs, self._folder, tag, seed, gap, self._told)
        try:
            found = sources.of(seen)
            kept = self._kept(round(self._count * replayed))
            new = self._new(_shares(self._count - len(kept), found), found, before)
        finally:
            self._pool.close()
        tasks = stream("flywheel", "order", self._order).shuffled([*kept, *new])
        needed = {task.pack for task in tasks}
        made = Counter(task.provenance.operator.split()[0] for task in new)
        report = Round(
            self._number, len(tasks), {**dict(sorted(made.items())), "replay": len(kept)},
            [_row(one) for one in seen], left, dict(self._refused.most_common()),
            [*sources.gave_up, *self._gave_up], [name for name in sources.fresh if name in needed],
        )  # fmt: skip
        self._write(tasks, needed, report)
        return report

    def _begun(self) -> list[_Step]:
        """What is there already of the same turn."""
        head = msgspec.json.encode(self._order)
        lines = self._part.read_bytes().split(b"\n")[:-1] if self._part.exists() else []  # a torn line is left out
        if not lines and any(self._folder.iterdir()):
            raise UsageError(f"{self._folder} holds something else already: name another file")
        if lines and lines[0] != head:
            raise UsageError(f"{self._part} is of another round that was begun: move it away, or name another file")
        try:
            steps = [msgspec.json.decode(line, type=_Step) for line in lines[1:]]
        except msgspec.DecodeError:
            raise UsageError(f"{self._part} cannot be read: move it away, with {self._folder}") from None
        for left in self._folder.glob(f"{SCRATCH}*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        write_whole(self._part, b"".join(line + b"\n" for line in (lines or [head])))
        return steps

    def _kept(self, wanted: int) -> list[Task]:
        """Tasks that are played again: of every family as many, as far as they go. Their packs are what they were."""
        chance = stream("flywheel", "replay", self._order)
        families: dict[Family, list[Task]] = {}
        fitting = [task for task in self._given if task.split == "train" and self._fits(task)]
        for task in chance.shuffled(fitting):
            families.setdefault(Family(task.pack, task.workflow, task.branch), []).append(task)
        out: list[Task] = []
        while len(out) < wanted and any(families.values()):
            for family in sorted(families):
                if families[family] and len(out) < wanted:
                    out.append(families[family].pop())
        return out

    def _fits(self, task: Task) -> bool:
        with suppress(AgentGymError):
            self._packs[task.pack].check(task)
            return True
        return False

    def _new(
        self, wanted: dict[Operator, int], sources: Mapping[Operator, Sequence[Source]], before: Sequence[_Step]
    ) -> list[Task]:
        """The tasks of all operators, in turns."""
        chance = stream("flywheel", "sources", self._order)
        queues = {operator: chance.shuffled(sources[operator]) for operator in OPERATORS}
        tries: dict[Operator, int] = {operator: _TRIES * wanted[operator] for operator in OPERATORS}
        drawn: Counter[str] = Counter()
        out: list[Task] = []
        with self._part.open("ab") as file:
            while any(wanted.values()):
                for operator in OPERATORS:
                    if not wanted[operator]:
                        continue
                    if drawn[operator] >= tries[operator]:
                        self._hand_on(operator, wanted, tries)
                        continue
                    place = drawn.total()
                    if place < len(before):
                        step = before[place]
                        if step.operator != operator:
                            raise UsageError(f"{self._part} does not fit: move it away, with {self._folder}")
                    else:
                        queue = queues[operator]
                        step = self._step(operator, queue[drawn[operator] % len(queue)], place)
                        file.write(msgspec.json.encode(step) + b"\n")
                        file.flush()
                    drawn[operator] += 1
                    if step.refused:
                        self._refused[step.refused] += 1
                    self._known |= {rows_of(task) for task in step.tasks}
                    taken = step.tasks[: wanted[operator]]
                    wanted[operator] -= len(taken)
                    out += taken
                    self._told("tasks", len(out))
        return out

    def _hand_on(self, operator: Operator, wanted: dict[Operator, int], tries: dict[Operator, int]) -> None:
        """What an operator cannot make is wanted of `again`; what that cannot, of nobody."""
        own = [(reason, times) for reason, times in self._refused.most_common() if reason.startswith(f"{operator}:")]
        why = "; ".join(f"{reason.partition(': ')[2]} ({times})" for reason, times in own[:3])
        if operator == "again":
            raise UsageError(f"{wanted[operator]} of {self._count} tasks are missing and cannot be had: {why}")
        self._gave_up.append(f"{operator}: {wanted[operator]} tasks short: {why}")
        wanted["again"] += wanted[operator]
        tries["again"] += _TRIES * wanted[operator]
        wanted[operator] = 0

    def _step(self, operator: Operator, source: Source, place: int) -> _Step:
        """One draw: a task, and its twin where that is what it is about."""
        family, pack = source.family, self._packs[source.family.pack]
        origin = self._by_id[source.parent.partition("/")[0]]
        chance = stream("flywheel", self._order, place)
        born = Provenance(source.parent, f"{operator} {source.slip}".strip(), self._number)
        try:
            if operator == "mutate":
                made = [mutated(pack, origin, source.slip, chance, self._known)]
            else:
                task = pack.task(chance.below(2**31), "train", family.workflow, family.branch, pool=self._pool)
                twin = pack.twin(task) if operator == "twin" else None
                made = [task, twin] if twin is not None else [task]
            if pack.name == origin.pack:  # shown as the one was that asks for it
                made = [same_view(pack, one, origin) for one in made]
        except (AgentGymError, Rejected):
            return _Step(operator, [], f"{operator}: no row gives the branch")
        made = [born_of(one, born) for one in made]
        if any(rows_of(one) in self._known for one in made):
            return _Step(operator, [], f"{operator}: there already")
        reason = next((why for one in made if (why := unproved(pack, one, self._pool))), "")
        return _Step(operator, [], f"{operator}: {reason}") if reason else _Step(operator, made)

    def _write(self, tasks: Sequence[Task], needed: set[str], report: Round) -> None:
        """The files of the round; the report comes last."""
        for name in sorted(needed):
            if not (self._folder / name).exists() and not _is_found(self._packs[name]):
                with TemporaryDirectory(dir=self._folder, prefix=SCRATCH) as scratch:
                    _copy(self._packs[name].content.folder, Path(scratch) / name)
                    os.replace(Path(scratch) / name, self._folder / name)
        write_whole(self._out, b"".join(msgspec.json.encode(task) + b"\n" for task in tasks))
        write_whole(self._report, msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        self._part.unlink()


def _is_found(pack: Pack) -> bool:
    """Whether this very pack is found by its name."""
    return pack.name in available() and load(pack.name).digest == pack.digest


def _copy(folder: Path, to: Path) -> None:
    """The files of a pack, and nothing else that lies there; links are not followed."""
    for at, _, names in os.walk(folder):
        for name in sorted(names):
            file = Path(at) / name
            if file.suffix in _CONTENT and file.is_file() and not file.is_symlink():
                place = to / file.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)


def _shares(count: int, sources: Mapping[Operator, Sequence[Source]]) -> dict[Operator, int]:
    """What is wanted of each operator: by the episodes that ask for it, `again` where nothing does."""
    total = sum(len(sources[operator]) for operator in OPERATORS if operator != "again")
    out: dict[Operator, int] = {"twin": 0, "trap": 0, "mutate": 0, "grow": 0, "again": 0}
    asking: list[Operator] = [operator for operator in OPERATORS if operator != "again" and total]
    for operator in asking:
        out[operator] = count * len(sources[operator]) // total
    rest: Operator = max(asking, key=lambda operator: len(sources[operator])) if asking else "again"
    out[rest] += count - sum(out.values())
    return out


def _silent(what: str, done: int) -> None:
    del what, done


def _row(one: Seen) -> dict[str, Any]:
    return {
        **one.family._asdict(), "episodes": one.episodes, "success": round(one.success, 4),
        "guessed": len(one.guessed), "slips": {kind: len(found) for kind, found in sorted(one.slipped.items())},
        "missed": one.missed,
    }  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
