"""The assistant's seat in numbers: what it sees, what it can do, and what a choice comes to."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentgym.episode import Episode
from agentgym.errors import UsageError
from agentgym.numeric.binding import Binder, Bound, Forms
from agentgym.numeric.choices import Choice, Form, choices_of, summed, told_apart
from agentgym.numeric.features import Features
from agentgym.numeric.focus import Focus, related
from agentgym.numeric.memory import Memory
from agentgym.numeric.request import Requests
from agentgym.numeric.shape import Shape, shape_of
from agentgym.numeric.words import Words
from agentgym.pack import Pack
from agentgym.types import Action, Call, Malformed, Said, Value

__all__ = ["AssistantLayout", "AssistantSeat"]

_AGAIN = 1
"""How often a fact or a user's tool is asked for."""


class AssistantLayout:
    """One pack's choices and features, made once. `size` floats, `len(choices)` choices."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.shape: Shape = shape_of(pack)
        self.requests = Requests(pack)
        self.choices = choices_of(pack, self.shape)
        lists = told_apart(self.choices, pack, self.shape)
        self.features = Features(self.shape, len(self.requests.names), lists, summed(self.choices))
        self.words = Words(pack, self.shape)
        self.refers = {tool.name: tool.refers for tool in pack.tools.values()}
        self.size = self.features.size
        self.bindable = Forms(self.shape, pack.tools)
        forms: dict[Form, list[int]] = {}
        for i, choice in enumerate(self.choices):
            if choice.form is not None:
                forms.setdefault(choice.form, []).append(i)
        self.forms = [(form, self.bindable.places(form), places) for form, places in forms.items()]
        self.related = related(self.shape.tables)
        self.says = [
            (i, c) for i, c in enumerate(self.choices) if c.form is None and c.kind not in ("refuse", "inform")
        ]
        self.states = [(i, c) for i, c in enumerate(self.choices) if c.kind in ("refuse", "inform")]


class _Proposed(Struct):
    """The call that the last read-back was about."""

    tool: str
    arguments: dict[str, Any]
    values: list[Value]


class AssistantSeat:
    """One episode seen from the assistant's seat. `observation` and `mask` follow `look()`.

    Args:
        offset: where the pack's features begin in `observation`; what stands before is the caller's.
        blank: results of tools leave no trace in the observation and bind nothing.
    """

    def __init__(
        self, layout: AssistantLayout, episode: Episode, observation: NDArray[np.float32], mask: NDArray[np.int8],
        offset: int = 0, *, blank: bool = False,
    ) -> None:  # fmt: skip
        if any(tool.renamed for tool in episode.tools.values()):
            raise UsageError("the numeric view knows tools by their own names; choose a view without `renamed`")
        self.layout, self.episode = layout, episode
        self.observation, self.mask = observation, mask
        self._out = observation[offset : offset + layout.size]
        facts = {fact.name: fact for fact in episode.task.ledger.facts}
        self.memory = Memory(layout.shape, layout.refers, facts, episode.world.image.clock, blank=blank)
        self.focus = Focus(layout.shape, layout.related)
        self._at = 0
        self._seen = -1
        self.bound: dict[int, Bound] = {}
        """The calls that can be made now, and read back, with their arguments."""
        self._texts: dict[int, str] = {}
        self._keys: dict[int, tuple[str, str]] = {}
        self._proposed: _Proposed | None = None
        opening = episode.events[0]
        self._request = layout.requests.read(opening.text) if isinstance(opening, Said) else 0
        self.look()

    # --- seeing ---

    def look(self) -> None:
        """Take in what has happened, and write the observation and the mask anew."""
        events, memory = self.episode.events, self.memory
        while self._at < len(events):
            memory.take(events[self._at])
            self._at += 1
        if memory.version != self._seen:
            self._seen = memory.version
            self.focus.refresh(memory)
            self._bind()
            self._phrase()
            self.layout.features.put_known(self._out, memory, self.focus)
        limits = self.episode.task.limits
        self.layout.features.put_dialogue(
            self._out, memory, self._request, self._proposed.tool if self._proposed else "",
            min(1.0, self.episode.turns / limits.turns), min(1.0, self.episode.errors / limits.errors),
        )  # fmt: skip
        self._mask()

    def _bind(self) -> None:
        """The calls that can be made; a call and its read-back are bound alike, and of equal calls the first counts."""
        self.bound.clear()
        self._keys.clear()
        binder = Binder(self.layout.bindable, self.memory, self.focus)
        taken: set[tuple[str, str]] = set()
        tools = self.episode.tools
        for form, sources, places in self.layout.forms:
            bound = binder.bind(form, sources) if form.tool in tools else None
            if bound is None:
                continue
            key = (form.tool, repr(bound.arguments))
            if key not in taken:
                taken.add(key)
                for place in places:
                    self.bound[place], self._keys[place] = bound, key

    def _phrase(self) -> None:
        """The refusals and pieces of information that can be put into words."""
        words, focus = self.layout.words, self.focus
        self._texts.clear()
        for i, choice in self.layout.states:
            text = words.refuse(choice.name, focus) if choice.kind == "refuse" else words.inform(choice.name, focus)
            if text is not None:
                self._texts[i] = text

    def _mask(self) -> None:
        mask, memory = self.mask, self.memory
        mask[:] = 0
        if self.episode.ending:
            mask[0] = 1
            return
        for i, choice in self.layout.says:
            mask[i] = self._can_say(choice)
        for i in self._texts:
            mask[i] = 1
        for i, bound in self.bound.items():
            choice = self.layout.choices[i]
            if choice.kind == "wait":
                mask[i] = memory.limited
            elif choice.kind == "confirm":
                mask[i] = not (self._proposed and self._is(choice, bound) and memory.affirmed)
            else:
                mask[i] = memory.done.get(self._keys[i]) != memory.epoch

    def _is(self, choice: Choice, bound: Bound) -> bool:
        proposed = self._proposed
        return proposed is not None and proposed.tool == choice.name and proposed.arguments == bound.arguments

    def _can_say(self, choice: Choice) -> bool:
        memory, kind, name = self.memory, choice.kind, choice.name
        if kind == "ask":
            return name not in memory.facts and memory.asked.get(name, 0) < _AGAIN
        if kind == "request":
            return memory.requested.get(name, 0) < _AGAIN
        if kind == "tell":
            return memory.written is not None and not memory.told and not memory.blank
        if kind == "proceed":
            proposed = self._proposed
            done = proposed is None or memory.done.get((proposed.tool, repr(proposed.arguments))) == memory.epoch
            return memory.affirmed and not done
        return True

    # --- acting ---

    def action(self, number: int) -> Action:
        """What a choice comes to; one that is not possible now is a malformed call."""
        memory, words = self.memory, self.layout.words
        if not (0 <= number < len(self.layout.choices)) or not self.mask[number]:
            return Action(calls=(Malformed(str(number), f"choice {number} is not possible now"),))
        choice = self.layout.choices[number]
        kind, name = choice.kind, choice.name
        if kind in ("call", "wait"):
            return Action(calls=(Call(name, dict(self.bound[number].arguments)),))
        if kind == "proceed":
            assert self._proposed is not None
            proposed = self._proposed
            return Action(calls=(Call(proposed.tool, dict(proposed.arguments)),))
        memory.last = kind
        text: str | None
        if kind == "confirm":
            bound = self.bound[number]
            assert choice.form is not None
            values = words.details(choice.form, self.episode.tools[name], bound, memory)
            self._proposed = _Proposed(name, bound.arguments, values)
            text = words.confirm(values)
        elif kind == "ask":
            memory.asked[name] = memory.asked.get(name, 0) + 1
            text = words.ask(name, self.episode.lexicon)
        elif kind == "request":
            memory.requested[name] = memory.requested.get(name, 0) + 1
            text = words.request(name)
        elif kind == "refuse":
            memory.refused[name] = memory.refused.get(name, 0) + 1
            text = self._texts[number]
        elif kind == "tell":
            text = words.tell(memory, self._proposed.values if self._proposed else [])
            memory.told = True
        elif kind == "inform":
            text = self._texts[number]
        else:
            text = words.finish()
        return Action(text or words.finish())
