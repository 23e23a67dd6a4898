"""What the language models in traces did: requests and tokens by seat, and how the users kept to their ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.llm.checks import FAULTS
from agentgym.llm.client import Usage
from agentgym.llm.user import Turn
from agentgym.trace import Trace

__all__ = ["Fidelity", "fidelity"]


class Fidelity(Struct, frozen=True):
    """One model in one seat, over all its episodes."""

    seat: str
    model: str
    """Who played, as the trace names it."""
    episodes: int
    invalid: int
    """Episodes that ended invalid, whoever's doing it was."""
    usage: Usage
    turns: int = 0
    """User's seat: turns in which the model was asked."""
    clean: int = 0
    """User's seat: turns whose first draft had no fault."""
    fallbacks: int = 0
    """User's seat: turns in which the automaton spoke, after two drafts with faults."""
    faults: dict[str, int] = {}
    """User's seat: drafts with each fault, see `agentgym.llm.checks.FAULTS`."""


def fidelity(traces: Iterable[Trace]) -> list[Fidelity]:
    """Sum up by seat and model, in the order in which they first appear; of an episode that was played again the last
    time alone. Traces without language models add nothing."""
    counts: dict[tuple[str, str], _Count] = {}
    last: dict[tuple[object, ...], Trace] = {}  # of an episode that was played again; what happened in it is not needed
    for trace in traces:
        last[trace.task_id, trace.sample, *sorted(trace.seats.items())] = msgspec.structs.replace(
            trace, events=trace.events[:0], task=None
        )
    for trace in last.values():
        for seat, notes in trace.models.items():
            name = trace.seats.get(seat, "")
            count = counts.setdefault((seat, name), _Count(seat, name))
            count.add(trace, notes)
    return [count.sum() for count in counts.values()]


class _Count:
    def __init__(self, seat: str, model: str) -> None:
        self.seat, self.model = seat, model
        self.episodes = self.invalid = self.turns = self.clean = self.fallbacks = 0
        self.usage: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.user = False

    def add(self, trace: Trace, notes: dict[str, Any]) -> None:
        self.episodes += 1
        self.invalid += not trace.valid
        self.usage.update({name: notes[name] for name in Usage.__struct_fields__ if name in notes})
        self.user = self.user or "turns" in notes
        for turn in msgspec.convert(notes.get("turns", []), list[Turn]):
            if turn.drafts:
                self.turns += 1
                self.clean += not turn.drafts[0].faults
                self.fallbacks += turn.fell_back
                self.faults.update(fault for draft in turn.drafts for fault in draft.faults)

    def sum(self) -> Fidelity:
        faults = {name: self.faults[name] for name in FAULTS} if self.user else {}
        return Fidelity(
            self.seat, self.model, self.episodes, self.invalid, Usage(**self.usage),
            self.turns, self.clean, self.fallbacks, faults,
        )  # fmt: skip
