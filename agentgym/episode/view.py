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

    __slots__ = ("_at", "_calls", "_tail", "_tools", "episode", "messages", "new", "new_messages", "seat", "transcript")

    def __init__(self, episode: Episode, seat: str = ASSISTANT) -> None:
        self.episode, self.seat = episode, seat
        self._tools: list[dict[str, Any]] | None = None
        self._at = self._calls = 0
        if seat == ASSISTANT:
            system = system_text(episode)
            self.transcript = _opening_text(episode, system)
        else:
            system = user_card(episode)
            self.transcript = f"{system}\n\n"
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}]
        self._tail: list[str] = []
        self.new_messages: list[dict[str, Any]] = []
        self.catch_up()
        self._tail, self.new, self.new_messages = [self.transcript], self.transcript, list(self.messages)

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The OpenAI tool dicts of the seat, made for this view when first asked for: whoever has it may change it."""
        if self._tools is None:
            self._tools = openai_tools(self.episode) if self.seat == ASSISTANT else []
        return self._tools

    def catch_up(self) -> None:
        """Append what has happened since the last time."""
        events, at = self.episode.events, self._at
        if at == len(events):
            return
        self._at = len(events)
        self.new_messages = list(self.new_messages)  # whoever was given the list keeps it as it was
        while at < len(events):
            event = events[at]
            at += 1
            if isinstance(event, Said):
                if not event.beside:
                    self._said(event)
                    continue
                words, calls = event.text, list[Called]()
            elif isinstance(event, Called):
                words, at, calls = "", at - 1, list[Called]()
            else:
                continue
            while at < len(events) and isinstance(following := events[at], Called) and following.turn == event.turn:
                if following.seat != event.seat:
                    break
                calls.append(following)
                at += 1
            if event.seat == self.seat:
                self._called(words, calls)
        self.new = "".join(self._tail)

    def _put(self, text: str, message: dict[str, Any], own: bool) -> None:
        self.transcript += text
        self.messages.append(message)
        if own:
            self._tail, self.new_messages = [], []
        else:
            self._tail.append(text)
            self.new_messages.append(message)

    def _said(self, event: Said) -> None:
        role, own = "assistant" if event.seat == ASSISTANT else "user", event.seat == self.seat
        text = event.text if own else _BREAK.sub(r"\g<0>  ", event.text)
        self._put(f"{role}: {text}\n", {"role": role, "content": event.text}, own)

    def _called(self, words: str, events: list[Called]) -> None:
        role = "assistant" if self.seat == ASSISTANT else "user"
        calls: list[dict[str, Any]] = []
        text: list[str] = [f"{role}: {words}"]
        for event in events:
            self._calls += 1
            arguments = _arguments(event)
            name = _name(event) or "malformed_call"
            calls.append(
                {"id": f"call_{self._calls}", "type": "function", "function": {"name": name, "arguments": arguments}}
            )
            text.append(f"<tool_call>{_call_text(event, arguments)}</tool_call>")
        text.append("\n")
        message: dict[str, Any] = {"role": role, "content": words}
        if calls:
            message["tool_calls"] = calls
        self._put("".join(text), message, own=True)
        for call, event in zip(calls, events, strict=True):
            content = _encode(event.result).decode()
            answer = {"role": "tool", "tool_call_id": call["id"], "name": call["function"]["name"], "content": content}
            self._put(f"tool: {content}\n", answer, own=False)


def _arguments(event: Called) -> str:
    if event.error == "malformed_call":
        return str(event.arguments.get("text", ""))
    return _encode(event.arguments if event.written is UNSET else event.written.arguments).decode()


def _name(event: Called) -> str:
    return event.name if event.written is UNSET else event.written.name


def _call_text(event: Called, arguments: str) -> str:
    if event.error == "malformed_call":
        return arguments
    return f'{{"name": {_encode(_name(event)).decode()}, "arguments": {arguments}}}'


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
    }
    lines += [f"- {fact.name.replace('_', ' ')}: {fact.value} ({due[fact.release]})" for fact in ledger.facts]
    if ledger.claim:
        lines.append(f"When refused you claim: {ledger.claim}")
    lines.append("Affirm only a read-back that is right. Say goodbye when your request is settled.")
    return "\n".join(lines)
