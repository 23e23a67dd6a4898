"""What is trained and tested on: tasks of seeds, with branches held out, and demonstrations of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Literal, cast

from agentgym.errors import NotFoundError, TaskError, UsageError
from agentgym.pack import Pack
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.seeding import stream
from agentgym.synthesis.curriculum import Curriculum, Family, Kind
from agentgym.trace import Trace
from agentgym.trace.export import sft_rows
from agentgym.training.lenient import Lenient, lenient_run
from agentgym.training.policy import Message, rendered
from agentgym.training.thoughts import with_thoughts
from agentgym.types import Task
from agentgym.world import Pool

__all__ = ["FRESH", "UNSEEN", "TaskStream", "conversations", "demonstrations", "held_out", "unseen"]

UNSEEN = 1_000_000
"""Demonstrations are of task seeds below; reinforcement learning begins here, with tasks that none of them showed."""
FRESH = 800_000_000
"""Task seeds from here on are for measuring: training does not come so far."""

Branch = tuple[str, str]


def unseen(seed: int) -> int:
    """The first task seed of a run of reinforcement learning with that seed: each has a million of its own."""
    return UNSEEN * (1 + seed % 700)


def held_out(pack: Pack, share: float, seed: int = 0) -> frozenset[Branch]:
    """(workflow, branch) pairs that are kept from training: this share of those of each workflow with at least two, by
    a draw of their names. A workflow keeps at least one."""
    out: set[Branch] = set()
    for workflow in sorted(pack.workflows):
        branches = sorted({b for w, b in pack.branches("train") if w == workflow})
        order = stream("held out", pack.name, workflow, seed).shuffled(branches)
        out.update((workflow, branch) for branch in order[: min(int(share * len(branches) + 0.5), len(branches) - 1)])
    return frozenset(out)


class TaskStream:
    """Tasks of a split, of several packs in turn, without end. `cursor` says how far it is; set it to go on from there.

    Args:
        packs: what the tasks are of.
        split: `train` or `test`.
        hold_out: share of each workflow's branches that is left out, see `held_out`.
        away: the other way round: those branches alone.
        first: the seed to begin with.
        curriculum: how tasks are chosen by what came of earlier ones (`agentgym.synthesis.curriculum`); empty for all
            branches in turn.
        workflows: those that the tasks are of, by name; empty for all.

    Raises:
        NotFoundError: no pack has such a workflow.
        UsageError: a curriculum of held-out branches is asked for, or no task is left.
    """

    def __init__(
        self, packs: Sequence[Pack], split: Literal["train", "test"] = "train", hold_out: float = 0.0,
        away: bool = False, first: int = 0, curriculum: str = "", workflows: Collection[str] = (),
    ) -> None:  # fmt: skip
        self.packs, self.cursor = packs, first if curriculum else first * len(packs)
        if curriculum and away:
            raise UsageError("a curriculum is of what is trained on, and held-out branches are not")
        known = {name for pack in packs for name in pack.workflows}
        if unknown := [name for name in workflows if name not in known]:
            raise NotFoundError("workflow", unknown[0], known)
        self.split: Literal["train", "test"] = split
        self._families = frozenset(
            Family(pack.name, workflow, branch)
            for pack, held in ((pack, held_out(pack, hold_out)) for pack in packs)
            for workflow, branch in pack.branches(split)
            if workflow in (workflows or known) and ((workflow, branch) in held) == away
        )
        if not self._families:
            what = "no branch of these workflows is held out: it takes two at least, and a larger share of them"
            raise UsageError(what if away else f"no task of the {split} split is of these workflows")
        without = {Family(pack.name, *names) for pack in packs for names in pack.branches(split)} - self._families
        self.curriculum = (
            Curriculum(packs, cast(Kind, curriculum), split=split, without=frozenset(without)) if curriculum else None
        )

    def __iter__(self) -> Iterator[tuple[Pack, Task]]:
        by_name = {pack.name: pack for pack in self.packs}
        while self.curriculum is not None:
            self.cursor += 1
            with suppress(TaskError):  # a world that has no row for a branch
                task = self.curriculum(self.cursor - 1)
                yield by_name[task.pack], task
        within = {family.pack for family in self._families}
        while True:
            pack = self.packs[self.cursor % len(self.packs)]
            self.cursor += 1
            if pack.name in within:
                task = pack.task((self.cursor - 1) // len(self.packs), self.split)
                if (pack.name, task.workflow, task.branch) in self._families:
                    yield pack, task

    def next(self, count: int) -> list[tuple[Pack, Task]]:
        """So many tasks more."""
        return list(islice(self, count))

    def played(self, task: Task, traces: Iterable[Trace]) -> None:
        """Tell the curriculum, where there is one, what came of a task's episodes."""
        for trace in traces:
            if self.curriculum is not None and trace.valid and trace.score is not None:
                self.curriculum.played(task, trace.score, trace.success)

    def state(self) -> dict[str, Any]:
        """What `restore` goes on from."""
        return {"cursor": self.cursor, "curriculum": self.curriculum.state() if self.curriculum is not None else None}

    def restore(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """Go on where a stream was; the state, which may say more."""
        self.cursor = state["cursor"]
        if self.curriculum is not None and state.get("curriculum") is not None:
            self.curriculum.restore(state["curriculum"])
        return state


def demonstrations(tasks: Iterable[tuple[Pack, Task]], lenient: float = 0.0) -> Iterator[Trace]:
    """The oracle's episode of each task.

    Args:
        lenient: the share of what a rule forbids that is granted all the same (`agentgym.training.lenient`).
    """
    pool, name = Pool(), "lenient" if lenient else "oracle"
    demonstrator = Lenient(lenient) if lenient else policy("oracle")
    try:
        for pack, task in tasks:
            yield play(pack, task, demonstrator, name=name, pool=pool)
    finally:
        pool.close()


def conversations(
    traces: Iterable[Trace], rendering: str, least: float = 1.0, thoughts: Sequence[Pack] = (), lenient: float = 0.0,
    packs: Sequence[Pack] = (),
) -> Iterator[list[Message]]:  # fmt: skip
    """The messages of each valid episode with a score of at least `least`, as a chat template takes them.

    Args:
        thoughts: packs whose oracle thinks aloud before it decides (`agentgym.training.thoughts`).
        lenient: as the demonstrations were made; then they count whatever their score.
        packs: of the episodes, those that are not found by name.
    """
    thinking, known = {pack.name for pack in thoughts}, {pack.name: pack for pack in (*packs, *thoughts)}
    least = -math.inf if lenient else least
    for trace in traces:
        pack = known.get(trace.pack)
        for row in sft_rows([trace], pack, least=least):
            messages = row["messages"]
            if trace.task is not None and pack is not None and pack.name in thinking:
                messages = with_thoughts(messages, trace, pack, lenient_run(pack, trace.task, lenient))
            yield rendered(messages, row["tools"], rendering)
