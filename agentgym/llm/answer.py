"""What a server of chat completions sent, read with care: an answer, or the server's fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from agentgym.errors import ServerAnswerError

__all__ = ["Answer", "complaint", "read_answer"]


class Answer(Struct, frozen=True):
    """One chat completion. What the model wrote is not judged here: a call that does not parse is still an answer."""

    text: str
    """The words; empty where there were none. A refusal of the model in a field of its own counts as words."""
    calls: tuple[dict[str, Any], ...] = ()
    """The tool calls as sent: OpenAI dicts, of which only the shape `{"function": {...}}` was checked."""
    reasoning: str = ""
    """What a reasoning server sent beside the words."""
    finish: str = ""
    """Why the model stopped: "stop", "length", "tool_calls", "content_filter", or what the server calls it. What a
    filter left of an answer is the answer: a model that provokes one is not excused."""
    prompt_tokens: int | None = None
    """As the server counts them; None where it does not say."""
    completion_tokens: int | None = None
    attempts: int = 1
    """Requests that it took."""

    def message(self) -> dict[str, Any]:
        """The OpenAI assistant message, ready for `Episode.apply`."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = list(self.calls)
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        return message


def read_answer(body: str | bytes) -> Answer:
    """The answer in the body of a response of `/chat/completions`.

    Raises:
        ServerAnswerError: it is not one; the message says what was found and what was expected.
    """
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    if not body.strip():
        raise ServerAnswerError("it answered with an empty body")
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError) as trouble:
        raise ServerAnswerError(f"its answer is no JSON: {str(trouble)[:100]}") from None
    whole = _object(data, "the answer")
    if whole.get("error"):
        raise ServerAnswerError(f"it answered with an error: {_shown(whole['error'])}")
    choices = whole.get("choices")
    if not isinstance(choices, list) or not choices:
        raise ServerAnswerError(f"expected `choices`, found {_shown(cast(object, choices))}")
    choice = _object(cast(list[object], choices)[0], "a choice")
    finish = choice.get("finish_reason")
    if finish == "error":
        raise ServerAnswerError("it stopped the model: finish_reason error")
    message = _object(choice.get("message"), "the message")
    role = message.get("role")
    if role != "assistant":
        raise ServerAnswerError(f"expected a message of the role assistant, found {_shown(role)}")
    usage = whole.get("usage")
    counts: Mapping[str, Any] = cast(Mapping[str, Any], usage) if isinstance(usage, Mapping) else {}
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    return Answer(
        _words(message), _calls(message), reasoning if isinstance(reasoning, str) else "",
        finish if isinstance(finish, str) else "", _count(counts, "prompt_tokens"), _count(counts, "completion_tokens"),
    )  # fmt: skip


def complaint(body: str) -> str:
    """What a server says in the body of a refusal: its message, where it stands in one of the usual fields."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return body
    for name in ("error", "message", "detail"):
        if isinstance(found, Mapping) and (inner := cast(Mapping[str, Any], found).get(name)):
            found = inner
    return found if isinstance(found, str) else body


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ServerAnswerError(f"{what}: expected an object, found {_shown(value)}")
    return cast(Mapping[str, Any], value)


def _words(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if content is None:
        refusal = message.get("refusal")
        return refusal if isinstance(refusal, str) else ""
    if isinstance(content, list):
        parts = [cast(Mapping[str, Any], part) for part in cast(list[object], content) if isinstance(part, Mapping)]
        return "\n".join(text for part in parts if isinstance(text := part.get("text"), str))
    if not isinstance(content, str):
        raise ServerAnswerError(f"`content`: expected text, found {_shown(content)}")
    return content


def _calls(message: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    calls = message.get("tool_calls")
    if calls is None:
        return ()
    if not isinstance(calls, list):
        raise ServerAnswerError(f"`tool_calls`: expected a list, found {_shown(calls)}")
    for call in cast(list[object], calls):
        if not isinstance(_object(call, "a tool call").get("function"), Mapping):
            raise ServerAnswerError(f"a tool call: expected a function, found {_shown(call)}")
    return tuple(cast(list[dict[str, Any]], calls))


def _count(counts: Mapping[str, Any], name: str) -> int | None:
    value = counts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _shown(value: object) -> str:
    return " ".join(repr(value)[:120].split())
