"""Teaching a model with random weights to copy, before it is taught anything else."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence

from agentgym.training.policy import Message

__all__ = ["Primer"]

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")
_NUMBER = re.compile(r"\b[A-Z]?\d[\d-]*\d\b")
_DIGITS = "0123456789"


class Primer:
    """Conversations in which numbers and names are others, each the same throughout.

    What is said once and needed later (a phone number, into a call; a name or an id, from one result into the next
    call) stays the same in both places, and nothing else about it can be learned: not even by heart, since no two
    draws are alike. A model of 1 M parameters copies numbers after 600 updates of 8 beginnings of such conversations;
    on the conversations as they are it takes their numbers by heart first, and copies after thousands.

    Args:
        conversations: the names are the capitalised words in JSON strings of these: what calls and results hold.
    """

    def __init__(self, conversations: Iterable[Sequence[Message]]) -> None:
        texts = {m["content"] for conversation in conversations for m in conversation if "<tool_" in m["content"]}
        found = {name for text in texts for value in _STRING.findall(text) for name in _NAME.findall(value)}
        self.names, self._known = sorted(found), frozenset(found)

    def draw(self, conversation: Sequence[Message], chance: random.Random, digits: bool = True) -> list[Message]:
        """One such conversation: a name is another, or the beginning of one and the end of another.

        Unless `digits` is false (dates and amounts then keep their meaning), digits change places; or, in every other
        conversation, each number is a name: most of what is copied are numbers, and names would come late.
        """
        places = str.maketrans(_DIGITS, "".join(chance.sample(_DIGITS, len(_DIGITS)) if digits else _DIGITS))
        named = digits and chance.random() < 0.5
        others: dict[str, str] = {}

        def other(match: re.Match[str]) -> str:
            word = match.group()
            if word not in others:
                first, last = chance.choice(self.names), chance.choice(self.names)
                others[word] = first if chance.random() < 0.5 else first[: (len(first) + 1) // 2] + last[len(last) // 2 :]
            return others[word] if word[-1].isdigit() or word in self._known else word

        def drawn(text: str) -> str:
            text = _NAME.sub(other, text) if self.names else text
            return _NUMBER.sub(other, text) if named and self.names else text.translate(places)

        return [{**m, "content": drawn(m["content"])} for m in conversation]
