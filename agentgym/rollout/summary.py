"""What many episodes amount to: means and rates with 95 % intervals.

The unit is the task: the results of several samples of one task are averaged first, so they do not count as
independent. A rate has Wilson's score interval (Wilson 1927) on the number of tasks, the mean score a percentile
bootstrap over tasks (Efron 1979; 2,000 resamples, always the same ones). Both speak of other tasks of the same kind,
not of another policy or pack. A bootstrap of equal scores has no width: then read the success rate's interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import sqrt

import numpy as np
from msgspec import Struct

__all__ = ["Estimate", "Result", "Summary", "Table", "bootstrap", "summary", "wilson"]

_Z = 1.959963984540054
_RESAMPLES = 2000


class Result(Struct, frozen=True):
    """One episode's result: the part of a trace that a summary needs (a trace's line can be read as one)."""

    task_id: str
    pack: str
    workflow: str
    branch: str
    ending: str
    score: float | None
    success: bool
    valid: bool
    turns: int
    truncated: bool = False
    sample: int = 0
    reason: str = ""


class Estimate(Struct, frozen=True):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


class Table(Struct, frozen=True):
    """One line of the table by workflow. `score` and `success` are None where no episode was valid."""

    pack: str
    workflow: str
    episodes: int
    invalid: int
    score: float | None
    success: Estimate | None


class Summary(Struct, frozen=True):
    """The results of a rollout. Rates are in [0, 1]; scores and successes are of valid episodes."""

    episodes: int
    tasks: int
    score: Estimate | None
    """Mean score: percentile bootstrap over tasks."""
    success: Estimate | None
    """Success rate: Wilson's interval on the number of tasks."""
    invalid_rate: float
    """Share of episodes that are invalid: not the policy's doing, left out of score and success."""
    truncation_rate: float
    """Share of episodes that a turn or token limit cut short."""
    mean_turns: float
    endings: dict[str, int]
    workflows: tuple[Table, ...]
    intervals: str = (
        "95 %: score by percentile bootstrap over tasks, success by Wilson's interval on the number of tasks"
    )


def summary(results: Iterable[Result]) -> Summary:
    """Sum up results."""
    rows = list(results)
    tables: list[Table] = []
    for pack, workflow in sorted({(row.pack, row.workflow) for row in rows}):
        part = [row for row in rows if (row.pack, row.workflow) == (pack, workflow)]
        scores = _by_task(part, lambda row: row.score or 0.0)
        tables.append(
            Table(
                pack,
                workflow,
                len(part),
                sum(not row.valid for row in part),
                float(np.mean(scores)) if scores else None,
                wilson(_by_task(part, lambda row: float(row.success))),
            )
        )
    count = len(rows)
    return Summary(
        episodes=count,
        tasks=len({row.task_id for row in rows}),
        score=bootstrap(_by_task(rows, lambda row: row.score or 0.0)),
        success=wilson(_by_task(rows, lambda row: float(row.success))),
        invalid_rate=sum(not row.valid for row in rows) / count if count else 0.0,
        truncation_rate=sum(row.truncated for row in rows) / count if count else 0.0,
        mean_turns=sum(row.turns for row in rows) / count if count else 0.0,
        endings=dict(sorted(Counter(row.ending for row in rows).items())),
        workflows=tuple(tables),
    )


def wilson(shares: Sequence[float]) -> Estimate | None:
    """Mean of shares in [0, 1], one a task, with Wilson's interval; None of none."""
    n = len(shares)
    if not n:
        return None
    p = sum(shares) / n
    middle, spread = p + _Z * _Z / (2 * n), _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
    scale = 1 + _Z * _Z / n
    return Estimate(p, max(0.0, min(p, (middle - spread) / scale)), min(1.0, max(p, (middle + spread) / scale)))


def bootstrap(values: Sequence[float]) -> Estimate | None:
    """Mean of values with a percentile bootstrap interval; None of none. The resamples are seeded."""
    if not values:
        return None
    array, random = np.asarray(values), np.random.default_rng(0)
    means = [float(array[random.integers(len(array), size=len(array))].mean()) for _ in range(_RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(array.mean()), float(low), float(high))


def _by_task(rows: Iterable[Result], value: Callable[[Result], float]) -> list[float]:
    """The mean of each task's valid results."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.valid and row.score is not None:
            groups.setdefault(row.task_id, []).append(value(row))
    return [sum(group) / len(group) for group in groups.values()]
