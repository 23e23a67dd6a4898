"""A problem that was answered wrongly, changed in as little as can be: its truth is computed again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from agentgym.errors import TaskError
from agentgym.pack import WORLDS, Pack
from agentgym.seeding import Stream
from agentgym.synthesis.tasks import rows_of
from agentgym.types import Task
from agentgym.workflow import Rejected

__all__ = ["mutated"]

_LOOKED_AT = 12
"""Rows that are tried, the most alike first."""


def mutated(pack: Pack, origin: Task, slip: str, chance: Stream, known: Collection[tuple[Any, ...]]) -> Task:
    """The same question about another row of the same world, which differs in what is said, and in as few values as can
    be: another number, unit, bound or name. Where such a row is at hand, the same error can be made there.

    Args:
        origin: the task that was lost.
        slip: the kind of error, see `agentgym.synthesis.slips`.
        known: tasks that there are, as `agentgym.synthesis.tasks.rows_of` names them.

    Raises:
        TaskError: no other row gives the branch.
    """
    image = pack.image(origin.split, origin.world_seed)
    workflow = pack.workflows[origin.workflow]
    values = [spec.value for spec in workflow.spec.facts.values()]
    said = [value[1:] for value in values if isinstance(value, str) and value.startswith("$")]
    others = [row for row in pack.rows(image, workflow) if any(row[name] != origin.bind.get(name) for name in said)]
    rows = chance.shuffled(others)
    rows.sort(key=lambda row: sum(row[name] != origin.bind.get(name) for name in row))
    seed = origin.world_seed + WORLDS * chance.below(2**20)
    spare: Task | None = None
    for row in rows[:_LOOKED_AT]:
        try:
            task = pack.compile(workflow, origin.branch, row, seed, origin.split)
        except Rejected:
            continue
        if rows_of(task) in known:
            continue
        if slip in _computed(task) or slip not in _computed(origin):
            return task
        spare = spare or task
    if spare is None:
        raise TaskError(f"{pack.name}: no other row gives {origin.workflow}/{origin.branch}")
    return spare


def _computed(task: Task) -> set[str]:
    """The kinds of errors whose answers a task keeps."""
    return {kind for c in task.outcomes[0].criteria for kind in c.slips}
