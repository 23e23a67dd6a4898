"""What a seat sees: OpenAI messages and a transcript, rendered once and only ever appended to."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET

from agentgym.episode.episode import Episode
from agentgym.types import ASSISTANT, Called, Said

__all__ = ["View", "openai_tools", "system_text", "tools_text", "user_card"]

_encode = msgspec.json.encode
_BREAK = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INDENTED = r"\g<0>  "
"""Where a line ends. In a transcript the lines of somebody else's message are indented, so that none of them can look
like the line of another role."""


def tools_text(tools: list[dict[str, Any]]) -> str:
    """The tools as JSON lines, as they stand in a transcript."""
    return "\n".join(_encode(tool["function"]).decode() for tool in tools)


class View:
    """One seat's growing view of an episode. `catch_up` appends what has happened since.

    `new` is the tail of the transcript after the seat's own last words or calls, at first all of it; `new_messages`
    likewise.
    """

    __slots__ = ("_at", "_calls", "_mark", "_pending", "_tail", "_text", "_tools", "episode", "messages", "seat")

    def __init__(self, episode: Episode, seat: str = ASSISTANT) -> None:
        self.episode, self.seat = episode, seat
        self._tools: list[dict[str, Any]] | None = None
        self._at = self._calls = 0
        if seat == ASSISTANT:
            system = system_text(episode)
            self._text = _opening_text(episode, system)
        else:
            system = user_card(episode)
            self._text = f"{system}\n\n"
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
        self._pending: list[str] = []
        """What the transcript has beyond `_text`."""
        self._tail: list[str] = []
        self.catch_up()
        self._tail, self._mark = [self.transcript], 0

    @property
    def transcript(self) -> str:
        """All that the seat has seen, as text: put together when it is asked for."""
        if self._pending:
            self._text = "".join([self._text, *self._pending])
            self._pending = []
        return self._text

    @property
    def new(self) -> str:
        """The transcript's tail."""
        return "".join(self._tail)

    @property
    def new_messages(self) -> list[dict[str, Any]]:
        """The messages of the tail, in a list of its own."""
        return self.messages[self._mark :]

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The OpenAI tool dicts of the seat, made for this view when first asked for: whoever has it may change it."""
        if self._tools is None:
            self._tools = openai_tools(self.episode) if self.seat == ASSISTANT else []
        return self._tools

    def catch_up(self) -> None:
        """Append what has happened since the last time."""
        events, at = self.episode.events, self._at
        self._at = end = len(events)
        while at < end:
            event = events[at]
            at += 1
            if isinstance(event, Said):
                if not event.beside:
                    self._said(event)
                    continue
                words, calls = event.text, list[Called]()
            elif isinstance(event, Called):
                words, calls = "", [event]
            else:
                continue
            while at < end and isinstance(following := events[at], Called) and following.turn == event.turn:
                if following.seat != event.seat:
                    break
                calls.append(following)
                at += 1
            if event.seat == self.seat:
                self._called(words, calls)

    def _said(self, event: Said) -> None:
        role, own = "assistant" if event.seat == ASSISTANT else "user", event.seat == self.seat
        text = f"{role}: {event.text if own else _BREAK.sub(_INDENTED, event.text)}\n"
        self._pending.append(text)
        self.messages.append({"role": role, "content": event.text})
        if own:
            self._own()
        else:
            self._tail.append(text)

    def _own(self) -> None:
        """All until here is seen or done by the seat itself: what is new begins."""
        self._tail, self._mark = [], len(self.messages)

    def _called(self, words: str, events: list[Called]) -> None:
        role = "assistant" if self.seat == ASSISTANT else "user"
        calls: list[dict[str, Any]] = []
        message: dict[str, Any] = {"role": role, "content": words}
        if events:
            message["tool_calls"] = calls
        self.messages.append(message)
        self._own()
        text, tail = f"{role}: {words}", self._tail
        for event in events:
            self._calls += 1
            identity = f"call_{self._calls}"
            call = event if event.written is UNSET else event.written
            name = call.name or "malformed_call"
            if event.error == "malformed_call":
                arguments = written = str(event.arguments.get("text", ""))
            else:
                arguments = _encode(call.arguments).decode()
                written = f'{{"name": {_encode(call.name).decode()}, "arguments": {arguments}}}'
            content = _encode(event.result).decode()
            calls.append({"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}})
            self.messages.append({"role": "tool", "tool_call_id": identity, "name": name, "content": content})
            text += f"<tool_call>{written}</tool_call>"
            tail.append(f"tool: {content}\n")
        self._pending.append(text + "\n")
        self._pending += tail


def openai_tools(episode: Episode) -> list[dict[str, Any]]:
    """The OpenAI tool dicts of the tools that the assistant is shown."""
    return episode.shown.functions


def system_text(episode: Episode) -> str:
    """The system message of the assistant, by the names of tools that it is shown."""
    return episode.shown.text(episode.pack.system_text(episode.world.image.clock))


def _opening_text(episode: Episode, system: str) -> str:
    openings = episode.shown.openings
    if system not in openings:
        openings[system] = f"{system}\n\nTools:\n{tools_text(openai_tools(episode))}\n\n"
    return openings[system]


def user_card(episode: Episode) -> str:
    """What a learned or played user is told: what it wants, what it knows and when to say it, what it is like."""
    ledger = episode.task.ledger
    lines = [f"You are the customer. You want to {ledger.wants}.", f"Manner: {ledger.persona}.", "You know:"]
    due = {
        "opening": "said in the opening",
        "asked": "say it when asked",
        "change": "say it when your first choice is read back",
        "next": "keep it to yourself before the request with which it comes",
    }
    lines += [f"- {fact.name.replace('_', ' ')}: {fact.value} ({due[fact.release]})" for fact in ledger.facts]
    if ledger.claim:
        lines.append(f"When refused you claim: {ledger.claim}")
    for request in ledger.further:
        lines.append(f"When that is settled, you want to {request.wants}. Say then, and not before: {request.opening}")
        if request.asked:
            lines.append(f"From then on you say when asked: {', '.join(request.asked).replace('_', ' ')}.")
    lines.append("Affirm only a read-back that is right. Say goodbye when your request is settled.")
    return "\n".join(lines)
