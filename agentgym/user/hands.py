"""The use of the user's own tools that a sentence asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentgym.user.grammar import plain

__all__ = ["hands_asked", "stem", "stems"]

_STOP = frozenset("the a an your you on of in and to for me please it is at from back out this that my".split())
_DIRECTS = re.compile(
    r"^(?:then |now |next |first |ok |so |and |also |, )*(?:\w+)|\b(?:please|could you|can you|would you"
    r"|will you|need you to|like you to|ask you to|try|you (?:should|can|could|may|must|need to|have to"
    r"|will need to|will have to)|go ahead and|what does|tell me|mind|let us)\b"
)
_DIRECTED_NOT = re.compile(
    r"\b(?:if|when|once|after|had|were|whether) (?:\w+ ){0,2}(?:were to |had |could |would )?(?:\w+ )?$|\b(?:i"
    r"|we) (?:will|may|might|am going to|would) (?:\w+ )?(?:ask|have|tell|let) you (?:to )?(?:\w+ )?$"
    r"|\bhave you (?:\w+ )?$|\byou (?:could|should|would) have (?:\w+ )?$|\b(?:not|no need to|never|without"
    r"|do not) (?:\w+ ){0,3}$|\b(?:you|i|we) (?:have |has |had |already |just )+(?:\w+ )?$|\b(?:i|we) (?:will"
    r"|can|could|have|am going to|shall)? ?(?:\w+ )?$|\b(?:after|when|if|once) you (?:\w+ )?$"
    r"|\bthanks? (?:you )?for $"
)


def stems(phrase: str) -> tuple[str, ...]:
    """The content words of a phrase, in stems."""
    return tuple(stem(word) for word in plain(phrase).split() if word not in _STOP and word.isalnum())


_ALIKE = {
    "relaunch": "restart",
    "reboot": "restart",
    "relaunching": "restart",
    "rebooting": "restart",
    "quit": "close",
    "exit": "close",
    "shut": "close",
    "kill": "close",
    "relaunched": "restart",
    "application": "app",
    "apps": "app",
}


def stem(word: str) -> str:
    """A word without its endings, and one word for those that mean the same."""
    word = _ALIKE.get(word, word)
    return (
        word[:-3]
        if len(word) > 6 and word.endswith("ing")
        else word[:-1]
        if len(word) > 3 and word.endswith("s")
        else word
    )


_PERCEIVE = frozenset(
    "read check look see tell say give find view inspect show examine consult relay glance locate enter type".split()
)


def hands_asked(
    form: str, words: Sequence[str], stemmed: Sequence[str], hands: Sequence[tuple[str, tuple[str, ...]]]
) -> tuple[str, ...]:
    """The user's tools that the sentence asks to be used: all content words of a phrase, in a directive. Ways of
    looking are one verb: "what does the code on your card say" is "read the code on your card"."""
    out: dict[str, None] = {}
    held = set(stemmed)
    if "again" in held and not held.isdisjoint(("open", "start", "launch")):
        held |= {"reopen", "restart"}
    for tool, wanted in hands:
        if tool in out or not wanted:
            continue
        verb = wanted[0]
        if not held.issuperset(wanted[1:]):
            continue
        if verb not in held:
            said = held & _PERCEIVE
            if verb not in _PERCEIVE or not said or len(wanted) < 3:
                continue
            verb = next(word for word in stemmed if word in said)
        at = next((i for i, word in enumerate(stemmed) if word == verb), 0)
        at = sum(len(word) + 1 for word in words[:at])
        if _DIRECTS.search(form) and not _DIRECTED_NOT.search(form, 0, max(at, 0)):
            out[tool] = None
    return tuple(out)
