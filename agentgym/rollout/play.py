"""Playing episodes, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

import msgspec

from agentgym import __version__
from agentgym.episode import Episode, View
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack
from agentgym.policies import Policy
from agentgym.rollout.file import Settings, TraceFile
from agentgym.rollout.summary import Result, Summary, summary
from agentgym.trace import Recorder, Trace
from agentgym.types import Task, User
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
    ending `policy_broke`; anything else that it raises is a mistake in it and passes through.

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
            except AgentGymError as trouble:
                broke = f"policy: {trouble}"
                break
            recorder.apply(action)
            view.catch_up()
        trace = recorder.trace(keep_task=keep_task, sample=sample)
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
    progress: Callable[[int, Result], None] | None = None,
) -> Summary:
    """Play every task, and sum up.

    Args:
        tasks: what to play. They are taken one at a time, so they may be made on the way.
        policy: who plays the assistant.
        out: file that the traces are added to as they end. Episodes that are in it are not played again, so that the
            same call goes on after Ctrl-C or a kill; those that ended `policy_broke` are.
        name: what the policy is called; by default its class.
        samples: episodes of each task.
        scorer: a scorer's name; by default each task's own.
        user: gives a `User` for each episode; by default the automaton. `user_name` says in the settings which one.
        keep_task: whether each trace holds its whole task, see `agentgym.trace.record`.
        progress: called with the number of episodes so far and the result, for those found in the file too.

    Raises:
        UsageError: the file was made with other settings, or is in use.
    """
    if samples < 1:
        raise UsageError(f"samples must be at least 1, found {samples}")
    name = name or type(policy).__name__.strip("_").lower()
    user_name = user_name or ("custom" if user else "automaton")
    settings = Settings(__version__, name, user_name, scorer, gamma, keep_task)
    results: list[Result] = []
    pool = Pool()
    try:
        with TraceFile(out, settings) if out is not None else nullcontext() as file:
            for pack, task in tasks:
                if file is not None:
                    file.check(pack)
                for sample in range(samples):
                    result = file.done.get((task.id, sample)) if file is not None else None
                    if result is None:
                        trace = play(
                            pack, task, policy, name=name, scorer=scorer, gamma=gamma, user=user,
                            user_name=user_name if user else "", sample=sample, keep_task=keep_task, pool=pool,
                        )  # fmt: skip
                        if file is not None:
                            file.write(trace)
                        result = _result_of(trace)
                    results.append(result)
                    if progress is not None:
                        progress(len(results), result)
    finally:
        pool.close()
    return summary(results)


def _result_of(trace: Trace) -> Result:
    return Result(
        trace.task_id, trace.pack, trace.workflow, trace.branch, trace.ending, trace.score, trace.success, trace.valid,
        trace.turns, trace.truncated, trace.sample, trace.reason,
    )  # fmt: skip
