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
from agentgym.trace import Trace, replay
from agentgym.types import ASSISTANT, Called, Said
from agentgym.world import Pool

__all__ = ["Seen", "observe"]


class Seen(Struct):
    """The episodes of one family. Episodes are named by the task's id and the number of the sample: `ID/0`."""

    family: Family
    won: list[str] = []
    failed: list[str] = []
    """Those that were lost and are no guesses."""
    guessed: list[str] = []
    """Those that were lost where it was acted, or declined, by a rule whose facts had not been looked at, or that a
    call broke."""
    missed: dict[str, int] = {}
    """Criterion -> episodes in which it did not hold, the most frequent first."""

    @property
    def episodes(self) -> int:
        return len(self.won) + len(self.failed) + len(self.guessed)

    @property
    def success(self) -> float:
        """In [0, 1]."""
        return len(self.won) / self.episodes


def observe(
    traces: Iterable[Trace], packs: Mapping[str, Pack], progress: Callable[[int], Any] | None = None
) -> tuple[list[Seen], dict[str, int]]:
    """The families of traces in alphabetical order, and why traces were left out: reason -> traces.

    A trace is played again before it is believed. Invalid episodes are left out.

    Args:
        packs: what the traces were played on, by name.
        progress: called with the number of traces so far.
    """
    found: dict[Family, Seen] = {}
    missed: dict[Family, Counter[str]] = {}
    left: Counter[str] = Counter()
    pool = Pool()
    try:
        for number, trace in enumerate(traces, 1):
            if progress is not None:
                progress(number)
            if not trace.valid:
                left["invalid"] += 1
                continue
            if trace.pack not in packs:
                left[f"of pack {trace.pack}, which is not there"] += 1
                continue
            try:
                holds = _criteria(trace, packs[trace.pack], pool)
            except AgentGymError as trouble:
                left[f"does not replay: {trouble}"] += 1
                continue
            family = Family(trace.pack, trace.workflow, trace.branch)
            seen = found.setdefault(family, Seen(family, [], [], [], {}))
            where = seen.won if trace.success else seen.guessed if _guessed(trace, holds) else seen.failed
            where.append(f"{trace.task_id}/{trace.sample}")
            missed.setdefault(family, Counter()).update(name for name, _, held in holds if not held)
    finally:
        pool.close()
    for family, seen in found.items():
        seen.missed = dict(sorted(missed[family].items(), key=lambda pair: (-pair[1], pair[0])))
    return [found[family] for family in sorted(found)], dict(left.most_common())


def _criteria(trace: Trace, pack: Pack, pool: Pool) -> list[tuple[str, str, bool]]:
    """(name, kind, whether it holds) of each criterion at the end."""
    out: list[tuple[str, str, bool]] = []

    def watch(episode: Episode) -> None:
        out[:] = [(c.name, c.kind, held) for c, held in episode.tracker.criteria() if c.part != "report"]

    replay(trace, pack, pool=pool, watch=watch)
    return out


def _guessed(trace: Trace, holds: list[tuple[str, str, bool]]) -> bool:
    calls = [e.event for e in trace.events if isinstance(e.event, Called) and e.event.seat == ASSISTANT]
    if any(call.broken for call in calls):
        return True
    said = [e.event for e in trace.events if isinstance(e.event, Said) and e.event.seat == ASSISTANT]
    acted = any(call.changes for call in calls) or any(act.kind == "refuse" for event in said for act in event.acts)
    return acted and any(kind == "looked" and not held for _, kind, held in holds)
