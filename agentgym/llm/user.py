"""A language model in the user's seat, on the ledger of the task, with the ledger's own user behind it.

The automaton hears every message too; what it would answer is the measure of what the model says (`faults_of`). A reply
with a fault is asked for once more, with what was wrong; if that has a fault too, the automaton's words are said. So
the facts, the yes and the goodbye come when they are due whoever speaks, and the model gives them their form. The
user's own tools are used, and reported on, by the automaton, which also makes further requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.episode.parse import spoken
from agentgym.errors import ServerRefusedError, TaskError, UsageError
from agentgym.llm import prompt
from agentgym.llm.answer import Answer
from agentgym.llm.assistant import notes_of
from agentgym.llm.checks import faults_of
from agentgym.llm.client import Chat, Usage
from agentgym.trace import Trace
from agentgym.types import USER, Fact, Heard, Reply, Request
from agentgym.user import Automaton, interpret

__all__ = ["Draft", "LLMUser", "Turn", "recorded_user"]

_KEPT = 4000
"""Characters of a draft that are kept and judged; a reply that long is out of role anyway."""
_HEARD = 8000
"""Characters of the assistant's message that the model is shown."""
_CONTENT = frozenset({400, 413, 422})
"""Statuses by which a server refuses what is said. The assistant may have brought that about, and nothing that it says
makes an episode invalid: the automaton speaks."""


class Draft(Struct, frozen=True, omit_defaults=True):
    """What the model wrote for one turn, without its thoughts, and what was wrong with it."""

    text: str
    faults: tuple[str, ...] = ()


class Turn(Struct, frozen=True, omit_defaults=True):
    """One turn of the user: the drafts, the last of which was said unless it has faults; then the automaton spoke.

    Without drafts the automaton used the user's own tools, reported on them, or said what the user wants next.
    """

    drafts: tuple[Draft, ...] = ()

    @property
    def fell_back(self) -> bool:
        """Whether the model was asked and the automaton spoke."""
        return bool(self.drafts and self.drafts[-1].faults)


class LLMUser:
    """A user that asks a model for its words; one for each episode.

    `Episode` hands it the task's automaton by `begin`, before anything is said.
    """

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.turns: list[Turn] = []
        self._automaton: Automaton | None = None
        self._usage = Usage()
        self._messages: list[dict[str, Any]] = []
        self._said: frozenset[str] = frozenset()
        self._spoken: tuple[str, ...] = ()
        self._overdue = False

    def begin(self, automaton: Automaton) -> None:
        """Take the ledger's own user, at the start of an episode."""
        ledger = automaton.ledger
        self._automaton = automaton
        self.turns, self._usage, self._overdue = [], Usage(), False
        self._said = frozenset(automaton.opening().facts)
        self._spoken = (ledger.opening, ledger.claim)
        self._messages = [{"role": "system", "content": prompt.instructions(ledger)}]

    def reply(self, heard: Heard) -> Reply:
        """The answer to a message of the assistant, or to the results of the user's own tools.

        Raises:
            ServerError: the model's server failed, after all tries, for another reason than what was said.
            UsageError: `begin` was not called.
        """
        if self._automaton is None:
            raise UsageError("an LLMUser plays in an Episode, which gives it the ledger; give it as `user=`")
        made = self._automaton.made
        reference = self._automaton.reply(heard)
        if not heard.results:
            self._messages.append({"role": "user", "content": f"<agent>{_contained(heard.text)}</agent>"})
        if self._automaton.made > made:
            self._open(self._automaton.ledger.further[made])
        if heard.results or reference.calls or self._automaton.made > made:
            self.turns.append(Turn())
            return self._take(reference, heard) if reference.text else reference
        return self._take(self._worded(heard, reference, self._automaton), heard)

    def fork(self) -> LLMUser:
        """An independent copy; the model itself may answer it otherwise."""
        twin = LLMUser(self.chat)
        twin.__dict__.update(self.__dict__)
        twin.turns, twin._messages = list(self.turns), list(self._messages)
        twin._usage = msgspec.structs.replace(self._usage)
        twin._automaton = self._automaton.fork() if self._automaton else None
        return twin

    def notes(self) -> dict[str, Any]:
        """For the trace: what was asked of the model, and every draft."""
        return {**notes_of(self._usage), "turns": msgspec.to_builtins(self.turns)}

    def _worded(self, heard: Heard, reference: Reply, automaton: Automaton) -> Reply:
        """The model's words for what is due, or the automaton's."""
        ledger = automaton.ledger
        direction = self._change(reference, automaton)
        drafts: list[Draft] = []
        for _ in range(2):
            try:
                answer = self.chat.chat(self._asked(direction, drafts))
            except ServerRefusedError as refused:
                if refused.status not in _CONTENT:
                    raise
                drafts.append(Draft("", ("refused",)))
                break
            self._usage.add(answer)
            text = spoken(answer.text)[:_KEPT].strip()
            faults = faults_of(
                text, heard, reference, ledger, automaton.lexicon, self._said, "\n".join(reversed(self._spoken)),
                self._overdue,
            )  # fmt: skip
            drafts.append(Draft(text, faults))
            if not faults:
                break
            direction = prompt.correction(faults, reference.text)
        self.turns.append(Turn(tuple(drafts)))
        if self.turns[-1].fell_back:
            return reference
        said = interpret(drafts[-1].text, ledger, any(act.kind == "propose" for act in heard.acts))
        self._overdue = reference.leaves and not said.leaves
        return said

    @property
    def made(self) -> int:
        """Further requests made."""
        return self._automaton.made if self._automaton is not None else 0

    def _open(self, request: Request) -> None:
        """Tell the model of a further request, beside the agent's words that it answers; the automaton makes it."""
        told = prompt.further(request, self._automaton.ledger.facts if self._automaton else ())
        last = self._messages[-1]
        self._messages[-1] = {**last, "content": f"{last['content']}\n\n{told}"}

    def _change(self, reference: Reply, automaton: Automaton) -> str:
        changed: list[Fact] = [
            fact
            for fact in automaton.ledger.facts
            if fact.release == "change" and fact.name in reference.facts and fact.name not in self._said
        ]
        return prompt.change(changed) if changed else ""

    def _asked(self, direction: str, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
        """The conversation so far, with a direction beside the agent's last words."""
        if not direction:
            return list(self._messages)
        tried = f'\n\nYou wanted to say: "{drafts[-1].text[:500]}"' if drafts else ""
        last = self._messages[-1]
        return [*self._messages[:-1], {**last, "content": f"{last['content']}{tried}\n\n{direction}"}]

    def _take(self, reply: Reply, heard: Heard) -> Reply:
        """Note what is said."""
        self._said |= set(reply.facts)
        self._spoken = (*self._spoken, heard.text, reply.text)
        self._messages.append({"role": "assistant", "content": reply.text})
        return reply


def recorded_user(trace: Trace) -> LLMUser:
    """The language model of a trace's user seat, answering again what is recorded there, without a server.

    In an episode with the trace's actions it gives the same replies and notes, as long as the checks are the same.

    Raises:
        TaskError: no language model played the user.
    """
    notes = trace.models.get(USER)
    if notes is None or "turns" not in notes:
        raise TaskError("no language model is recorded in this trace's user seat")
    turns = msgspec.convert(notes["turns"], list[Turn])
    return LLMUser(_Recorded([draft for turn in turns for draft in turn.drafts]))


class _Recorded:
    """A chat that says again what was recorded."""

    def __init__(self, drafts: list[Draft]) -> None:
        self._drafts, self._next = drafts, 0

    def chat(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()) -> Answer:
        del messages, tools
        if self._next >= len(self._drafts):
            raise TaskError("the recorded model was asked more often than it answered")
        self._next += 1
        draft = self._drafts[self._next - 1]
        if "refused" in draft.faults:
            raise ServerRefusedError("recorded", status=400)
        return Answer(draft.text)


def _contained(text: str) -> str:
    """The agent's words, without what would end their frame."""
    text = text[:_HEARD]
    while "<agent>" in text or "</agent>" in text:  # what is left may be one again
        text = text.replace("<agent>", "").replace("</agent>", "")
    return text
