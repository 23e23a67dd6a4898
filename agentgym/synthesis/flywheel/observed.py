"""What a policy did, family by family: where it succeeds, where it fails, and where it guesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from agentgym.episode import Episode
from agentgym.errors import AgentGymError
from agentgym.pack import Pack
from agentgym.synthesis.curriculum import Family
from agentgym.synthesis.slips import slip_of
from agentgym.trace import Trace, replay
from agentgym.types import ASSISTANT, Called, Said, Task
from agentgym.world import Pool

__all__ = ["Seen", "observe"]


class Seen(Struct):
    """The episodes of one family. Episodes are named by the task's id and the number of the sample: `ID/0`."""

    family: Family
    won: list[str] = []
    failed: list[str] = []
    """Those that were lost otherwise."""
    guessed: list[str] = []
    """Those that were lost where it was acted, or declined, by a rule whose facts had not been looked at, or that a
    call broke."""
    slipped: dict[str, list[str]] = {}
    """Kind of error -> those that were lost by a wrong answer, see `agentgym.synthesis.slips`."""
    missed: dict[str, int] = {}
    """Criterion -> episodes in which it did not hold, the most frequent first."""

    @property
    def episodes(self) -> int:
        return len(self.won) + len(self.failed) + len(self.guessed) + sum(map(len, self.slipped.values()))

    @property
    def success(self) -> float:
        """In [0, 1]."""
        return len(self.won) / self.episodes


class _End(Struct):
    """How an episode ended when it was played again."""

    success: bool
    valid: bool
    unmet: list[tuple[str, str]]
    """(name, kind) of the criteria that do not hold."""
    slip: str


def observe(
    traces: Iterable[Trace], tasks: Mapping[str, Task], packs: Mapping[str, Pack],
    progress: Callable[[int], Any] | None = None,
) -> tuple[list[Seen], dict[str, int]]:  # fmt: skip
    """The families of traces in alphabetical order, and why traces were left out: reason -> traces.

    A trace is played again, and counts by how it ends then. Of an episode that stands there twice the first counts.

    Args:
        tasks: those that were played, by id. Tasks of the test split are left out: nothing may be learned from them.
        packs: what they are of, by name.
        progress: called with the number of traces so far.
    """
    found: dict[Family, Seen] = {}
    missed: dict[Family, Counter[str]] = {}
    left: Counter[str] = Counter()
    known: set[tuple[str, int]] = set()
    pool = Pool()
    try:
        for number, trace in enumerate(traces, 1):
            if progress is not None:
                progress(number)
            task = tasks.get(trace.task_id)
            again = (trace.task_id, trace.sample) in known
            known.add((trace.task_id, trace.sample))
            if task is None or task.split != "train" or again:
                left["of another task" if task is None else "there twice" if again else "of the test split"] += 1
                continue
            pack = packs[task.pack]
            if task.workflow not in pack.workflows or task.branch not in pack.workflows[task.workflow].branches:
                left["of a workflow that its pack has not"] += 1
                continue
            end = _end(trace, task, pack, pool) if trace.ending else None
            if end is None or not end.valid:
                left["not ended" if not trace.ending else "does not replay" if end is None else "invalid"] += 1
                continue
            family = Family(task.pack, task.workflow, task.branch)
            seen = found.setdefault(family, Seen(family))
            if end.slip:
                where = seen.slipped.setdefault(end.slip, [])
            else:
                where = seen.won if end.success else seen.guessed if _guessed(trace, end) else seen.failed
            where.append(f"{task.id}/{trace.sample}")
            missed.setdefault(family, Counter()).update(name for name, _ in end.unmet)
    finally:
        pool.close()
    for family, seen in found.items():
        seen.missed = dict(sorted(missed[family].items(), key=lambda pair: (-pair[1], pair[0])))
    return [found[family] for family in sorted(found)], dict(left.most_common())


def _end(trace: Trace, task: Task, pack: Pack, pool: Pool) -> _End | None:
    """How a trace ends when it is played again; None where it comes out otherwise."""
    out: list[_End] = []
    answered = any(criterion.kind == "answer" for criterion in task.outcomes[0].criteria)

    def watch(episode: Episode) -> None:
        if not episode.ending:
            return
        unmet = [(c.name, c.kind) for c, held in episode.tracker.criteria() if not held and c.part != "report"]
        slip = slip_of(pack, task, episode.events) if answered and not episode.success else None
        out.append(_End(episode.success, episode.valid, unmet, slip.kind if slip else ""))

    try:
        replay(trace, pack, task, pool=pool, watch=watch)
    except (AgentGymError, TypeError, KeyError, AttributeError):  # a step may hold anything
        return None
    if trace.ending == "policy_broke":
        return _End(False, False, [], "")
    return out[-1] if out else None


def _guessed(trace: Trace, end: _End) -> bool:
    calls = [e.event for e in trace.events if isinstance(e.event, Called) and e.event.seat == ASSISTANT]
    if any(call.broken for call in calls):
        return True
    said = [e.event for e in trace.events if isinstance(e.event, Said) and e.event.seat == ASSISTANT]
    acted = any(call.changes for call in calls) or any(act.kind == "refuse" for event in said for act in event.acts)
    return acted and any(kind == "looked" for _, kind in end.unmet)
