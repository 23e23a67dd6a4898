"""The report of one run: what was played, what is left out of which number, the estimates, and where it went wrong."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from agentgym import __version__
from agentgym.evaluate.estimators import Detectable, PassK, by_task, detectable, pass_k, tally
from agentgym.evaluate.intervals import Estimate, bounded_mean, plain_mean, score_mean
from agentgym.evaluate.refusals import Refusals, RuleTable, refusals, rule_tables
from agentgym.evaluate.trial import PackVersion, Played, Trial
from agentgym.judge import Column, by_column, columns
from agentgym.rubric import DIMENSIONS, Question

__all__ = ["METHODS", "Counts", "Dimension", "Group", "JudgeColumn", "Report", "report"]

METHODS = {
    "unit": "the task: a task's trials are averaged first, and every task counts the same",
    "success": "mean over tasks of c/n; c successes in n valid trials",
    "all_of_k": "pass^k: mean of C(c,k)/C(n,k) over the tasks with n >= k, unbiased",
    "any_of_k": "pass@k: mean of 1-C(n-c,k)/C(n,k) over the tasks with n >= k, unbiased",
    "interval": "95 %: Wilson's score interval at the effective number of tasks (cluster-robust); "
    "dimensions, and scores outside [0, 1]: Student's interval over tasks",
    "detectable": "smallest true difference of success found at 5 % (two-sided) with power 0.8",
    "denominators": "invalid episodes are in no estimate; truncated ones are in all, with what they had reached",
}


class Counts(Struct, frozen=True):
    """Episodes and tasks: the denominators."""

    planned: int | None
    """Episodes that the run was to have; None for a file that does not say."""
    episodes: int
    valid: int
    """In every estimate."""
    invalid: int
    """In none: not the policy's doing."""
    truncated: int
    """Valid, cut short by a limit, in every estimate with what they had reached."""
    truncated_successes: int
    tasks: int
    tasks_valid: int
    """With at least one valid trial: what success and score rest on."""
    tasks_complete: int
    """With as many valid trials as any task has trials: what the last row by k rests on."""
    tasks_alike: int
    """Of those with several valid trials: all of them went alike, event by event."""
    mean_turns: float | None
    """Actions of the assistant in a valid episode."""
    endings: dict[str, int]
    invalid_reasons: dict[str, int]
    """The ten most frequent."""


class Dimension(Struct, frozen=True):
    """Mean reward of one dimension per episode; the dimensions sum to the score."""

    name: str
    reward: Estimate | None


class Group(Struct, frozen=True):
    """One line of a breakdown."""

    pack: str
    workflow: str
    branch: str
    """Empty in the lines of a pack or workflow, like `workflow` in those of a pack."""
    tasks: int
    episodes: int
    invalid: int
    truncated: int
    success: Estimate | None
    score: Estimate | None
    all_of_k: Estimate | None
    """pass^k at the run's number of trials."""


class JudgeColumn(Struct, frozen=True):
    """What one model said to one question about the valid episodes."""

    column: Column
    share: Estimate | None
    """Share of the episodes in which it holds, of those in which it holds or does not, averaged by task. None where
    nobody was asked, never 0 for that."""


class Report(Struct, frozen=True):
    """An evaluation; docs/evaluate.md explains every part."""

    policy: str
    agentgym: str
    """Version that made the report; `played_with` are those that played."""
    played_with: tuple[str, ...]
    python: str
    packs: dict[str, PackVersion]
    users: tuple[str, ...]
    scorers: tuple[str, ...]
    gammas: tuple[float, ...]
    splits: tuple[str, ...]
    seeds: tuple[int, int]
    """The least and the greatest."""
    trials: int
    """Trials of a task: the most that any has."""
    counts: Counts
    success: Estimate | None
    success_bounds: tuple[float, float]
    """The success rate if all invalid episodes had failed, and if all had succeeded."""
    score: Estimate | None
    by_k: tuple[PassK, ...]
    detectable: Detectable | None
    dimensions: tuple[Dimension, ...]
    by_pack: tuple[Group, ...]
    by_workflow: tuple[Group, ...]
    by_branch: tuple[Group, ...]
    refusals: Refusals
    by_rule: tuple[RuleTable, ...]
    methods: dict[str, str]
    remarks: tuple[str, ...]
    """What a reader should know before believing the numbers."""
    judge: tuple[JudgeColumn, ...] = ()
    """What judges said of the valid episodes, question by question; no other number rests on it."""
    version: int = 1


def report(played: Played, planned: int | None = None) -> Report:
    """Evaluate a run.

    Args:
        planned: the episodes that it was to have.
    """
    trials = sorted(played.trials, key=lambda trial: (trial.pack, trial.seed, trial.task_id, trial.sample))
    most = max(Counter(trial.task_id for trial in trials).values())
    counts = _counts(trials, most, planned)
    seeds = [trial.seed for trial in trials]
    success = by_task(trials, lambda trial: float(trial.success))
    return Report(
        policy=played.policy, agentgym=__version__, played_with=played.versions, python=platform.python_version(),
        packs=played.packs, users=played.users, scorers=played.scorers, gammas=played.gammas,
        splits=tuple(sorted({trial.split for trial in trials})), seeds=(min(seeds), max(seeds)), trials=most,
        counts=counts, success=bounded_mean(list(success.values())), success_bounds=_bounds(trials),
        score=_score(trials), by_k=pass_k(list(tally(trials).values()), most),
        detectable=detectable(list(success.values())), dimensions=_dimensions(trials),
        by_pack=_groups(trials, most, lambda trial: (trial.pack, "", "")),
        by_workflow=_groups(trials, most, lambda trial: (trial.pack, trial.workflow, "")),
        by_branch=_groups(trials, most, lambda trial: (trial.pack, trial.workflow, trial.branch)),
        refusals=refusals(trials), by_rule=rule_tables(trials), methods=METHODS,
        remarks=tuple(_remarks(played, counts, most)), judge=_judge(trials, played.questions),
    )  # fmt: skip


def _counts(trials: Sequence[Trial], most: int, planned: int | None) -> Counts:
    valid = [trial for trial in trials if trial.valid]
    by_task: dict[str, list[Trial]] = {}
    for trial in valid:
        by_task.setdefault(trial.task_id, []).append(trial)
    several = [group for group in by_task.values() if len(group) > 1]
    reasons = Counter(trial.reason or trial.ending for trial in trials if not trial.valid)
    cut = [trial for trial in valid if trial.truncated]
    return Counts(
        planned=planned, episodes=len(trials), valid=len(valid), invalid=len(trials) - len(valid), truncated=len(cut),
        truncated_successes=sum(trial.success for trial in cut), tasks=len({trial.task_id for trial in trials}),
        tasks_valid=len(by_task), tasks_complete=sum(len(group) == most for group in by_task.values()),
        tasks_alike=sum(len({trial.last for trial in group}) == 1 for group in several),
        mean_turns=sum(trial.turns for trial in valid) / len(valid) if valid else None,
        endings=dict(sorted(Counter(trial.ending for trial in trials).items())),
        invalid_reasons=dict(reasons.most_common(10)),
    )  # fmt: skip


def _bounds(trials: Sequence[Trial]) -> tuple[float, float]:
    low: dict[str, list[bool]] = {}
    high: dict[str, list[bool]] = {}
    for trial in trials:
        low.setdefault(trial.task_id, []).append(trial.valid and trial.success)
        high.setdefault(trial.task_id, []).append(not trial.valid or trial.success)
    first, last = (sum(sum(g) / len(g) for g in groups.values()) / len(groups) for groups in (low, high))
    return first, last


def _score(trials: Sequence[Trial]) -> Estimate | None:
    return score_mean(list(by_task(trials, lambda trial: trial.score or 0.0).values()))


def _dimensions(trials: Sequence[Trial]) -> tuple[Dimension, ...]:
    return tuple(
        Dimension(name, plain_mean(list(by_task(trials, lambda trial, n=name: trial.terms.get(n, 0.0)).values())))
        for name in DIMENSIONS
    )


def _groups(trials: Sequence[Trial], most: int, key: Callable[[Trial], tuple[str, str, str]]) -> tuple[Group, ...]:
    groups: dict[tuple[str, str, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(key(trial), []).append(trial)
    return tuple(_group(name, group, most) for name, group in sorted(groups.items()))


def _group(name: tuple[str, str, str], trials: Sequence[Trial], most: int) -> Group:
    return Group(
        *name,
        tasks=len({trial.task_id for trial in trials}),
        episodes=len(trials),
        invalid=sum(not trial.valid for trial in trials),
        truncated=sum(trial.valid and trial.truncated for trial in trials),
        success=bounded_mean(list(by_task(trials, lambda trial: float(trial.success)).values())),
        score=_score(trials),
        all_of_k=pass_k(list(tally(trials).values()), most)[-1].all_of_k,
    )


def _judge(trials: Sequence[Trial], declared: Sequence[Question]) -> tuple[JudgeColumn, ...]:
    valid = [trial for trial in trials if trial.valid]
    shares: dict[tuple[str, str, str], dict[str, list[bool]]] = {}
    for trial in valid:
        for name, verdict in by_column(trial.judged).items():
            if verdict.holds is not None:
                shares.setdefault(name, {}).setdefault(trial.task_id, []).append(verdict.holds)
    out: list[JudgeColumn] = []
    for column in columns([trial.judged for trial in valid], declared):
        groups = shares.get((column.id, column.question, column.model), {}).values()
        out.append(JudgeColumn(column, bounded_mean([sum(group) / len(group) for group in groups])))
    return tuple(out)


def _remarks(played: Played, counts: Counts, most: int) -> list[str]:
    out: list[str] = []
    if counts.planned is not None and counts.episodes < counts.planned:
        out.append(f"incomplete: {counts.episodes} of {counts.planned} planned episodes were played")
    if counts.invalid:
        out.append(f"{counts.invalid} invalid episodes are in no estimate; success_bounds says what they could change")
    if counts.tasks_complete < counts.tasks:
        missing = counts.tasks - counts.tasks_complete
        out.append(f"{missing} of {counts.tasks} tasks have less than {most} valid trials and are not in pass^{most}")
    if most > 1 and counts.tasks_alike and counts.tasks_alike == counts.tasks_valid:
        out.append("all trials of every task went alike: the policy is deterministic here, more trials tell nothing")
    if counts.tasks_valid < 50:
        out.append(f"{counts.tasks_valid} tasks are few: the intervals were tried on 50 tasks and more")
    if len(played.scorers) > 1:
        out.append(f"scores of several scorers are mixed: {', '.join(played.scorers)}")
    if len(played.versions) > 1 or played.versions != (__version__,):
        out.append(f"played with agentgym {', '.join(played.versions)}, read with {__version__}")
    return out
