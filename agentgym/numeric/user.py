"""The user's seat in numbers: what the caller knows and hears, and what it can say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentgym.episode import Episode
from agentgym.numeric.request import Requests
from agentgym.pack import Pack
from agentgym.seeding import stream
from agentgym.types import ASSISTANT, USER, Fact, Said, Value
from agentgym.user.values import mentions, rival_in, surface

__all__ = ["SAYINGS", "UserLayout", "UserSeat"]

SAYINGS = ("affirm", "deny", "dont_know", "insist", "go_on", "concede", "leave")
"""Choices beside saying a fact: a yes, a no, "I don't know", the request again, "go on", giving in, goodbye."""
_KINDS = ("ask", "propose", "refuse", "report", "failure", "close", "transfer", "request")
_FORMS = {
    "affirm": "affirm", "deny": "not_right", "insist": "wants", "go_on": "go_on", "concede": "concede",
    "leave": "thanks_leave",
}  # fmt: skip
_RELEASES = ("opening", "asked", "change")
_LATE = {"next": "change"}
"""Not due at first, either of them."""
_PER_FACT = 8


class UserLayout:
    """One pack's choices and features of the caller.

    Features: the request; for each fact whether the caller has it, when it is due (3), whether it was said, asked for,
    heard right, heard wrong; what the assistant's words do; the turn.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.requests = Requests(pack).names
        self.facts = tuple(sorted({name for workflow in pack.workflows.values() for name in workflow.spec.facts}))
        self.choices = (*(("say", name) for name in self.facts), *((saying, "") for saying in SAYINGS))
        self.size = len(self.requests) + _PER_FACT * len(self.facts) + len(_KINDS) + 2


class UserSeat:
    """One episode seen from the caller's seat: its own ledger, and the words of the assistant."""

    def __init__(
        self,
        layout: UserLayout,
        episode: Episode,
        observation: NDArray[np.float32],
        mask: NDArray[np.int8],
        offset: int = 0,
    ) -> None:
        self.layout, self.episode = layout, episode
        self.observation, self.mask = observation, mask
        self._out = observation[offset : offset + layout.size]
        self._facts = {fact.name: fact for fact in episode.task.ledger.facts}
        self._said = {fact.name for fact in self._facts.values() if fact.release == "opening"}
        task = episode.task
        self._stream = stream(task.pack, task.split, task.seed, task.workflow, "numeric user")
        self.look()

    def look(self) -> None:
        """Write the observation and the mask anew."""
        episode, out = self.episode, self._out
        heard: Said | None = None
        for event in reversed(episode.events):
            if isinstance(event, Said) and not event.beside:
                if event.seat == ASSISTANT and heard is None:
                    heard = event
                elif event.seat == USER:
                    self._said.update(event.facts)
        out[:] = 0.0
        wants = episode.task.ledger.wants
        if wants in self.layout.requests:
            out[self.layout.requests.index(wants)] = 1.0
        asked = {name for act in heard.acts for name in act.facts} if heard else set[str]()
        at = len(self.layout.requests)
        for name in self.layout.facts:
            fact = self._facts.get(name)
            out[at + 5] = name in asked
            if fact is not None:
                out[at] = 1.0
                out[at + 1 + _RELEASES.index(_LATE.get(fact.release, fact.release))] = 1.0
                out[at + 4] = name in self._said
                if heard is not None:
                    out[at + 6], out[at + 7] = self._heard(fact, heard.text)
            at += _PER_FACT
        for act in heard.acts if heard else ():
            out[at + _KINDS.index(act.kind)] = 1.0
        at += len(_KINDS)
        out[at] = min(1.0, episode.turns / episode.task.limits.turns)
        out[at + 1] = heard is not None
        self._mask()

    def _heard(self, fact: Fact, text: str) -> tuple[bool, bool]:
        if mentions(text, fact.value, fact.type):
            return True, False
        value = Value(fact.value, fact.type, "", fact.column)
        return False, rival_in(text, value, self.episode.lexicon.rivals.get(fact.column, ()))

    def _mask(self) -> None:
        mask = self.mask
        mask[:] = 0
        for i, (kind, name) in enumerate(self.layout.choices):
            mask[i] = name in self._facts if kind == "say" else 1

    def words(self, number: int) -> str:
        """What a choice says; one that is not possible says nothing."""
        if not 0 <= number < len(self.layout.choices) or not self.mask[number]:
            return ""
        kind, name = self.layout.choices[number]
        wording = self.layout.pack.content.wording[self.episode.task.split]
        if kind == "say":
            fact = self._facts[name]
            value = surface(fact.value, fact.type, self._stream)
            return f"The {wording.label(name)} is {value}."
        if kind == "dont_know":
            return "I don't know."
        form = wording.of_user(_FORMS[kind], "plain", self._stream)
        return form.replace("{wants}", self.episode.task.ledger.wants)
