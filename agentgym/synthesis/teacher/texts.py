"""What a model may have written: plain words of a bounded length that say nothing which is not theirs to say.

Everything here is code that looks at characters and words. That a sentence *means* what it should is not known by it;
the certificate, which plays tasks with it, is the other half of the gate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from agentgym.synthesis.resources.tables import plain

__all__ = ["Request", "alike", "name_trouble", "opening_trouble", "text_trouble"]

_PLAIN = re.compile(r"[A-Za-z\u00c0-\u024f0-9 ,.;:!?'\u2019\u201c\u201d\"()\u2013\u2014&%+-]*")
"""Letters, digits and the marks of prose: no brackets, braces, slashes or ticks, and nothing that cannot be seen."""
_STEERING = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rule|polic|prompt|above|previous|"
    r"everything|gate|check)|(?:system|developer) (?:prompt|message)|you are (?:now|an? (?:ai|assistant|model|agent))|"
    r"as an? (?:ai|assistant|language model)|jailbreak|tool.?call|new instructions?|instead of the (?:rules|policy)|"
    r"always (?:grant|allow|approve|comply|say yes|agree)|never (?:refuse|decline|ask|confirm)|https?|www\b|"
    r"(?:assistant|system|user|human)\s*:)",
    re.IGNORECASE,
)
"""Words to a model, where there should be words to people. No list is complete; what it misses is still only data."""
_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half"
)
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday january february april june july august september "
    "october november december tomorrow yesterday today tonight noon midnight weekend fortnight"
)
_VALUES = frozenset(f"{_NUMBERS} {_DAYS}".split())
"""Words that say a number or a day."""
_LEAVING = re.compile(r"\b(?:good ?bye|bye|farewell|see you|never ?mind|forget it)\b", re.IGNORECASE)
_PLACE = re.compile(r"\{(\w*)\}")
_SHORT, _LONG = 8, 240
"""Characters of an opening."""
_NEAR = 0.9
"""How alike two openings may be, as `difflib` measures it."""
_EMPTY = frozenset(
    "a an and are at be by can could do for from have help how i if in is it its let like make me my need of on one or "
    "our out please so that the their them there this to up want was we what with would you your".split()
)
"""Words that say nothing of what is wanted."""


class Request(Struct, frozen=True):
    """What the openings of a workflow have to say, and what they must not."""

    wants: str
    """What its user wants, and whatever else may be said."""
    places: tuple[str, ...]
    """Facts that every opening says."""
    values: frozenset[str] = frozenset()
    """Values of the world, in lower case words."""
    others: frozenset[str] = frozenset()
    """Words for what other tools do, in lower case."""


def text_trouble(text: str, least: int, most: int) -> str:
    """Why a text is no plain prose of `least` to `most` characters; empty where it is."""
    if not least <= len(text) <= most or text != text.strip():
        return f"expected {least} to {most} characters without spaces around them, found {len(text)}"
    if not _PLAIN.fullmatch(text):
        odd = next(character for character in text if not _PLAIN.fullmatch(character))
        return f"the character {odd!a} is none of plain prose"
    if _STEERING.search(text):
        return "it speaks to a model, or of instructions, and not to people"
    return ""


def name_trouble(name: str, what: str, taken: Collection[str] = ()) -> str:
    """Why a name cannot be used; empty where it can."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > 40:
        return f"{what} {name[:40]!a}: names are lower case words joined by _, of at most 40 characters"
    if plain(name, "x") != name:
        return f"{what} {name}: that word is one of SQL's"
    if _STEERING.search(name.replace("_", " ")):
        return f"{what} {name}: it speaks to a model"
    return f"{what} {name}: the name is taken" if name in taken else ""


def opening_trouble(text: str, request: Request) -> str:
    """Why an opening cannot be said; empty where it can, as far as words show.

    It names each place once and no other, and no digit, number word, day or value of the world that is not in what is
    wanted anyway; it has a word in common with that, and no more of what other tools do.
    """
    places = _PLACE.findall(text)
    if sorted(places) != sorted(request.places):
        expected = " and ".join(f"{{{place}}}" for place in request.places) or "no place"
        return f"expected {expected}, each once, found {' and '.join(f'{{{p}}}' for p in places)[:80] or 'none'}"
    bare = _PLACE.sub("so and so", text)
    trouble = text_trouble(bare, _SHORT, _LONG)
    if trouble:
        return trouble
    if re.search(r"\d", bare):
        return "it has digits: what is known of the caller stands in places alone"
    if _LEAVING.search(bare):
        return "it takes leave already"
    words, known = _words(_PLACE.sub(" , ", text)), _words(request.wants)
    told, wanted = f" {' '.join(words)} ", f" {' '.join(known)} "
    for value in (*sorted(_VALUES & {*words}), *sorted(request.values)):
        if f" {value} " in told and f" {value} " not in wanted:
            return f"it says {value}, which is not to be said, or not yet"
    if not {*words} & {*known} - _EMPTY:
        return "it has no word in common with what is wanted"
    other = next((word for word in words if word in request.others and word not in {*known, *_EMPTY}), "")
    return f"it says {other}, which is what another tool does" if other else ""


def alike(texts: Sequence[str], known: Iterable[str] = ()) -> list[str]:
    """A trouble for each text that is much like an earlier one, or one of those `known`; empty for the others."""
    seen = [_told(text) for text in known]
    out: list[str] = []
    for text in texts:
        told = _told(text)
        near = any(SequenceMatcher(None, told, other, autojunk=False).ratio() >= _NEAR for other in seen)
        out.append("it is much like another one" if near else "")
        seen.append(told)
    return out


def _told(text: str) -> str:
    return " ".join(_words(text[: 2 * _LONG]))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z\u00c0-\u024f]+", text.lower().replace("\u2019", "'").replace("'", ""))
