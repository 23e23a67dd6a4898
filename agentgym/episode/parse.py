"""From what a model wrote to an action. Nothing that it writes raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentgym.types import Action, Call, Malformed

__all__ = ["parse", "spoken", "words_of"]

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_THINK, _THOUGHT = "<think>", "</think>"
_ANY_THINK = "think>"
_SHOWN = 200
_DEEPEST = 64
"""Most brackets of arguments inside one another: how many can be read hangs on how deep the caller stands."""
_TOO_DEEP = f"the arguments are nested deeper than {_DEEPEST}"
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|$)|([\[{])|[\]}]', re.DOTALL)


class _Call(Struct):
    name: str
    arguments: dict[str, Any] | str = {}


_decode = msgspec.json.Decoder(_Call, strict=True).decode
_decode_dict = msgspec.json.Decoder(dict[str, Any]).decode


def parse(action: object, most: int = 16) -> Action:
    """An action from a string, an OpenAI assistant message, or an `Action`; anything else is malformed.

    A string is one or several `<tool_call>{...}</tool_call>`, one bare JSON object `{"name": ..., "arguments": {...}}`,
    or words. What was thought (`<think>...</think>`) is neither said nor done.

    Args:
        most: calls in one message; the one after the last allowed is malformed, and what follows is dropped.
    """
    if isinstance(action, str):
        return _text(action, most)
    if isinstance(action, Action):
        words = cast(object, action.words)
        return Action(words if isinstance(words, str) else "", tuple(map(_plain, tuple(action.calls)[:most])))
    if isinstance(action, Mapping):
        return _message(cast(Mapping[str, Any], action), most)
    return Action(calls=(Malformed(str(type(action).__name__), "an action is a string or an assistant message"),))


def _plain(call: object) -> Call | Malformed:
    """A call whose arguments are JSON, or malformed."""
    if isinstance(call, Malformed):
        return call
    if not isinstance(call, Call) or not isinstance(cast(object, call.name), str):
        return Malformed(_shown(call), "a call has a name and arguments")
    try:
        text = msgspec.json.encode(call.arguments).decode()
        call.name.encode()
    except UnicodeError:
        return Malformed(repr(call.name)[:_SHOWN], "the name is no text")
    except RecursionError:
        return Malformed(type(call.arguments).__name__, _TOO_DEEP)
    except (TypeError, ValueError, OverflowError) as trouble:
        return Malformed(_shown(call.arguments), f"the arguments are not JSON: {trouble}"[:_SHOWN])
    return Malformed(text[:_SHOWN], _TOO_DEEP) if _too_deep(text) else call


def _too_deep(text: str) -> bool:
    """Whether more brackets than that are open at once; those in strings are none."""
    if text.count("{") + text.count("[") <= _DEEPEST:
        return False
    depth = 0
    for found in _BRACKET.finditer(text):
        if found[1]:
            depth += 1
            if depth > _DEEPEST:
                return True
        elif found[0] in ("]", "}"):
            depth -= 1
    return False


def _shown(item: object) -> str:
    try:
        return str(item)[:_SHOWN]
    except (RecursionError, ValueError):
        return type(item).__name__


def words_of(action: object) -> str:
    """The words of a seat that only speaks: a string, or an OpenAI message; without what was thought."""
    if isinstance(action, Mapping):
        return spoken(_content(cast(Mapping[str, Any], action).get("content")))
    return spoken(action) if isinstance(action, str) else ""


def spoken(text: str) -> str:
    """The text without what was thought.

    Thoughts are `<think>...</think>`; what stands before a `</think>` that was not opened, since templates open it in
    the prompt; and what stands after a `<think>` that is not closed.
    """
    start, end = text.find(_THINK), text.find(_THOUGHT)
    if start < 0 and end < 0:
        return text
    kept: list[str] = []
    at = 0
    while end >= 0:
        if 0 <= start < end:
            kept.append(text[at:start])
        else:
            kept.clear()
        at = end + len(_THOUGHT)
        end = text.find(_THOUGHT, at)
        if 0 <= start < at:
            start = text.find(_THINK, at)
    kept.append(text[at:] if start < 0 else text[at:start])
    return " ".join(kept).lstrip()


def _text(text: str, most: int) -> Action:
    if _ANY_THINK in text:
        text = spoken(text)
    if _OPEN in text:
        if most > 0 and text.startswith(_OPEN) and text.endswith(_CLOSE) and text.count(_CLOSE) == 1:
            return Action("", (_call(text[len(_OPEN) : -len(_CLOSE)]),))  # one call and nothing else, as it mostly is
        return _tagged(text, most)
    bare = text.strip()
    if bare.startswith("{") and bare.endswith("}") and '"name"' in bare[:2000]:
        return Action(calls=(_call(bare),))
    return Action(text)


def _tagged(text: str, most: int) -> Action:
    calls: list[Call | Malformed] = []
    words: list[str] = []
    at = 0
    while True:
        start = text.find(_OPEN, at)
        if start < 0:
            words.append(text[at : at + 8000])
            break
        words.append(text[at:start])
        if len(calls) == most:
            calls.append(
                Malformed(text[start : start + _SHOWN], f"more than {most} calls in one message; the rest was dropped")
            )
            break
        end = text.find(_CLOSE, start)
        if end < 0:
            calls.append(Malformed(text[start : start + _SHOWN], "no closing </tool_call>"))
            break
        calls.append(_call(text[start + len(_OPEN) : end]))
        at = end + len(_CLOSE)
    return Action("".join(words).strip(), tuple(calls))


def _call(text: str) -> Call | Malformed:
    if _too_deep(text):
        return Malformed(text.strip()[:_SHOWN], _TOO_DEEP)
    try:
        found = _decode(text)
        return _made(found.name, found.arguments, text)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as trouble:
        return Malformed(text.strip()[:_SHOWN], _why(text, trouble))


def _made(name: str, arguments: Any, text: str) -> Call | Malformed:
    if isinstance(arguments, str):
        if _too_deep(arguments):
            return Malformed(text.strip()[:_SHOWN], _TOO_DEEP)
        arguments = _decode_dict(arguments) if arguments.strip() else {}
    if len(name) > 100:
        return Malformed(text.strip()[:_SHOWN], "the name is longer than 100 characters")
    if not name.isascii():
        name.encode()  # half of a pair of surrogates is no text: UnicodeError
    return Call(name, arguments)


def _why(text: str, trouble: Exception) -> str:
    shape = '{"name": "...", "arguments": {...}}'
    reason = str(trouble).split("\n")[0][:160]
    return f"not a call of the form {shape}: {reason}" if text.strip() else f"empty call; expected {shape}"


def _mapping(item: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], item) if isinstance(item, Mapping) else {}


def _content(content: object) -> str:
    """The text of an OpenAI message: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = cast(list[object], content) if isinstance(content, list) else []
    texts = [_mapping(part).get("text") for part in parts]
    return "\n".join(text for text in texts if isinstance(text, str))


def _message(message: Mapping[str, Any], most: int) -> Action:
    words = spoken(_content(message.get("content")))
    raw = message.get("tool_calls")
    if raw is None or (isinstance(raw, list | tuple) and not raw):
        return Action(words)
    calls: list[Call | Malformed] = []
    items = list(cast(list[object], raw)) if isinstance(raw, list | tuple) else [raw]
    for item in items[:most]:
        function = _mapping(_mapping(item).get("function"))
        name, arguments = function.get("name"), function.get("arguments", "")
        if not isinstance(name, str):
            calls.append(Malformed(_shown(item), "a tool call has a function with a name"))
            continue
        try:
            plain: Any = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
            calls.append(_made(name, plain, plain))
        except RecursionError:
            calls.append(Malformed(type(arguments).__name__, _TOO_DEEP))
        except (msgspec.DecodeError, UnicodeError, ValueError, TypeError, OverflowError) as trouble:
            calls.append(Malformed(_shown(arguments), _why("x", trouble)))
    if len(items) > most:
        calls.append(Malformed("", f"more than {most} calls in one message; the rest was dropped"))
    return Action(words, tuple(calls))
