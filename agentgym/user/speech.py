"""How a persona speaks: it changes the form of a sentence and never a fact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from agentgym.seeding import Stream
from agentgym.user.interpret import KEY_WORDS
from agentgym.user.wording import Wording, fill

__all__ = ["AT_ONCE", "PERSONAS", "Speech", "row_of"]

PERSONAS = ("plain", "terse", "chatty", "formal", "typos", "off_topic", "impatient")
AT_ONCE = {"terse": 2}
"""Most facts that a persona tells in one turn, however many it is asked for; any number where not named."""

_WORD = re.compile(r"\{\w+\}|[A-Za-z']+")
_EXTRA = {"chatty": ("chatter", 0.4), "off_topic": ("aside", 0.5), "impatient": ("hurry", 0.3)}


class Speech:
    """Forms in a persona's manner, drawn from a stream that the caller owns."""

    __slots__ = ("persona", "wording")

    def __init__(self, wording: Wording, persona: str) -> None:
        self.wording, self.persona = wording, persona

    def say(self, meaning: str, stream: Stream, places: Mapping[str, str] | None = None, form: str = "") -> str:
        """One sentence of that meaning (or of that `form`) with its places filled."""
        form = form or self.wording.of_user(meaning, self.persona, stream)
        if self.persona == "typos":
            form = _mistyped(form, stream, frozenset())
        return fill(form, places or {})

    def manner(self, text: str, stream: Stream) -> str:
        """The words with what the persona adds to them."""
        extra = _EXTRA.get(self.persona)
        if extra is None or not stream.chance(extra[1]):
            return text
        return f"{text} {self.wording.of_user(extra[0], '', stream)}".strip()

    def opening(self, text: str, stream: Stream, kept: frozenset[str]) -> str:
        """The opening words in the persona's manner; the words of `kept` stay as they are."""
        if self.persona == "typos":
            return _mistyped(text, stream, kept)
        greeting = self.wording.user.get(f"greeting.{self.persona}")
        if greeting:
            text = f"{stream.choice(greeting)} {text}"
        return self.manner(text, stream) if self.persona == "off_topic" else text

    def request(self, text: str, stream: Stream, kept: frozenset[str]) -> str:
        """The words of a further request, which come without a greeting."""
        return _mistyped(text, stream, kept) if self.persona == "typos" else text


def _mistyped(text: str, stream: Stream, kept: frozenset[str]) -> str:
    """The text with slips in some words of five letters and more, none of them a place, a kept or a key word."""

    def slip(found: re.Match[str]) -> str:
        word = found[0]
        if word[0] == "{" or len(word) < 5 or "'" in word or word.lower() in KEY_WORDS or word.lower() in kept:
            return word
        if not stream.chance(0.2):
            return word
        at = stream.between(1, len(word) - 3)
        if stream.chance(0.5):
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :]

    return _WORD.sub(slip, text)


def row_of(result: object) -> dict[str, str]:
    """The columns of a result's first row, in words."""
    if isinstance(result, (list, tuple)) and result:
        result = cast(list[object], result)[0]
    if not isinstance(result, Mapping):
        return {}
    return {
        str(key): "nothing" if value is None else str(value)
        for key, value in cast(Mapping[object, object], result).items()
    }
