"""Playing episodes, one after the other or side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agentgym import __version__
from agentgym.episode import Episode, View
from agentgym.errors import AgentGymError, ContextFullError, UsageError
from agentgym.pack import Pack
from agentgym.policies import Policy
from agentgym.rollout.crew import side_by_side
from agentgym.rollout.file import Settings, TraceFile
from agentgym.rollout.summary import Result, Summary, summary
from agentgym.trace import Recorder, Trace
from agentgym.types import ASSISTANT, USER, Task, User
from agentgym.world import Pool

__all__ = ["play", "run"]


def play(
    pack: Pack,
    task: Task,
    policy: Policy,
    *,
    name: str = "",
    scorer: str | None = None,
    gamma: float = 1.0,
    user: Callable[[], User] | None = None,
    user_name: str = "",
    sample: int = 0,
    keep_task: bool = True,
    pool: Pool | None = None,
) -> Trace:
    """Play one episode to its end.

    A policy that raises an `AgentGymError` (a model's server that does not answer) makes the episode invalid, with the
    ending `policy_broke`, but one whose model's context is full after its first turn is cut short (`token_limit`) and
    keeps its score; anything else that it raises is a mistake in it and passes through. What the policy's
    function of one episode, or the user, gives as `notes()` is kept in the trace.

    Args:
        name: what the policy is called in the trace.
        user: gives the `User` for the episode; by default the automaton.
    """
    with Episode(pack, task, scorer_name=scorer, gamma=gamma, user=user() if user else None, pool=pool) as episode:
        recorder, view, broke = Recorder(episode, name, user_name), View(episode), ""
        act: Callable[[View], object] | None = None
        while not episode.ending:
            try:
                act = act or policy.start(episode)
                action = act(view)
            except ContextFullError as trouble:
                if not episode.turns:
                    broke = f"policy: {trouble}"
                    break
                recorder.truncate()
                break
            except AgentGymError as trouble:
                broke = f"policy: {trouble}"
                break
            recorder.apply(action)
            view.catch_up()
        trace = recorder.trace(keep_task=keep_task, sample=sample)
        models = {seat: notes for seat, who in ((ASSISTANT, act), (USER, episode.user)) if (notes := _notes(who))}
    if models:
        trace = msgspec.structs.replace(trace, models=models)
    if broke:
        return msgspec.structs.replace(
            trace, ending="policy_broke", valid=False, score=None, success=False, reason=broke
        )
    return trace


def run(
    tasks: Iterable[tuple[Pack, Task]],
    policy: Policy,
    out: str | Path | None = None,
    *,
    name: str = "",
    samples: int = 1,
    scorer: str | None = None,
    gamma: float = 1.0,
    user: Callable[[], User] | None = None,
    user_name: str = "",
    keep_task: bool = True,
    options: Mapping[str, Any] | None = None,
    concurrency: int = 1,
    view: str = "",
    progress: Callable[[int, Result], None] | None = None,
) -> Summary:
    """Play every task, and sum up.

    Args:
        tasks: what to play. They are taken one at a time, so they may be made on the way.
        policy: who plays the assistant.
        out: file that the traces are added to as they end. Episodes that are in it are not played again, so that the
            same call goes on after Ctrl-C or a kill; those that a policy or a model's server broke are.
        name: what the policy is called; by default its class.
        samples: episodes of each task.
        scorer: a scorer's name; by default each task's own.
        user: gives a `User` for each episode; by default the automaton. `user_name` says in the settings which one.
        keep_task: whether each trace holds its whole task, see `agentgym.trace.record`.
        options: what else decides the results (temperature, ...), as JSON data: kept in the settings of the file.
        concurrency: episodes under way at once. They wait for servers together and compute one at a time, see
            `agentgym.waiting`; with more than 1 the file has its lines in the order in which episodes end.
        view: the view that all tasks were given, for the settings; it is not applied here.
        progress: called with the number of episodes so far and the result, for those found in the file too.

    Raises:
        UsageError: the file was made with other settings, or is in use.
    """
    for what, number in (("samples", samples), ("concurrency", concurrency)):
        if number < 1:
            raise UsageError(f"{what} must be at least 1, found {number}")
    name = name or type(policy).__name__.strip("_").lower()
    user_name = user_name or ("custom" if user else "automaton")
    settings = Settings(__version__, name, user_name, scorer, gamma, keep_task, dict(options or {}), view=view)
    results: dict[int, Result] = {}
    pool = Pool()
    try:
        with TraceFile(out, settings) if out is not None else nullcontext() as file:

            def one(job: _Job) -> None:
                result = file.done.get((job.task.id, job.sample)) if file is not None else None
                if result is None:
                    trace = play(
                        job.pack, job.task, policy, name=name, scorer=scorer, gamma=gamma, user=user,
                        user_name=user_name if user else "", sample=job.sample, keep_task=keep_task, pool=pool,
                    )  # fmt: skip
                    if file is not None:
                        file.write(trace)
                    result = _result_of(trace)
                results[job.number] = result
                if progress is not None:
                    progress(len(results), result)

            jobs = _jobs(tasks, samples, file)
            if concurrency > 1:
                side_by_side(jobs, one, concurrency)
            else:
                for job in jobs:
                    one(job)
    finally:
        pool.close()
    return summary(results[number] for number in sorted(results))


class _Job(NamedTuple):
    number: int
    pack: Pack
    task: Task
    sample: int


def _jobs(tasks: Iterable[tuple[Pack, Task]], samples: int, file: TraceFile | None) -> Iterator[_Job]:
    number, seen = count(), set[str]()
    for pack, task in tasks:
        if file is not None:
            file.check(pack)
            file.once(task, seen)
        for sample in range(samples):
            yield _Job(next(number), pack, task, sample)


def _notes(who: object) -> dict[str, Any]:
    """What a player noted for the trace."""
    notes: Callable[[], dict[str, Any]] | None = getattr(who, "notes", None)
    return notes() if callable(notes) else {}


def _result_of(trace: Trace) -> Result:
    return Result(
        trace.task_id, trace.pack, trace.workflow, trace.branch, trace.ending, trace.score, trace.success, trace.valid,
        trace.turns, trace.truncated, trace.sample, trace.reason,
    )  # fmt: skip
