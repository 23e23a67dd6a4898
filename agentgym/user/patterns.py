"""What a value looks like in words: cheap tests whether it stands in a text, and a pattern for the forms it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agentgym.types import Scalar, SemanticType
from agentgym.user.text import fold

__all__ = ["anchor", "pattern_of", "places", "stands"]

_TITLE = r"(?:dr|doctor|prof(?:essor)?|mr|mister|mrs|ms|miss|mx|sir|madam|nurse)\.?"
_TITLED = re.compile(rf"^(?:{_TITLE}\s+)+", re.IGNORECASE)
_NO_DIGIT = re.compile(r"\D")
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def _loose(text: str) -> str:
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", text.strip()) if part)


@lru_cache(maxsize=4096, typed=True)  # 5 and 5.0 are written otherwise
def pattern_of(value: Scalar, type: SemanticType) -> re.Pattern[str] | None:
    """What a value of that type looks like in folded text; None where it is read by `spans` or has no words."""
    text = fold(str(value)).strip()[:400]
    if not text:
        return None
    if type == "name":
        bare = _TITLED.sub("", text).split()
        if not bare:
            return None
        full = r"\s+".join(map(re.escape, bare))
        if len(bare) == 1:
            return re.compile(rf"(?<!\w){full}(?!\w)", re.IGNORECASE)
        last = re.escape(bare[-1])
        first = r"\s+".join(map(re.escape, bare[:-1]))
        return re.compile(rf"(?<!\w)(?:{full}|{last},\s?{first}|{_TITLE}\s*(?<!\w){last})(?!\w)", re.IGNORECASE)
    if type == "phone":
        digits = re.sub(r"\D", "", text)
        if not digits:
            return None
        joined = r"[\s().\-/]{0,3}".join(digits)
        return re.compile(rf"(?<!\d)(?:\+\d{{1,3}}[\s(.-]{{1,2}})?{joined}(?!\d)")
    if type == "number":
        forms = [_number_form(text)]
        if text.isdigit() and int(text) < len(_NUMBER_WORDS):
            forms.append(_NUMBER_WORDS[int(text)])
        return re.compile(rf"(?<![\w.,:/-])(?:{'|'.join(forms)})(?![\w/-]|[.,:]\d)", re.IGNORECASE)
    if type == "enum":
        loose = _loose(text).replace("cancelled", "cancell?ed")
        return re.compile(rf"(?<![\w-]){loose}(?:e?s)?(?![\w-])", re.IGNORECASE)
    if type == "text":
        return re.compile(rf"(?<!\w){_loose(text)}(?!\w)", re.IGNORECASE)
    return re.compile(rf"(?<![\w-]){re.escape(text)}(?!\w|-\w|\.\w)", re.IGNORECASE)


@lru_cache(maxsize=4096, typed=True)  # 5 and 5.0 are written otherwise
def anchor(value: Scalar, type: SemanticType) -> str:
    """What stands in every text, in lower case, that mentions the value; empty where there is no such thing."""
    if type == "money" and isinstance(value, int):
        whole = abs(value) // 100
        return "" if not whole else str(whole) if whole < 1000 else f"{whole % 1000:03d}"
    text = fold(str(value)).strip()[:400].lower()
    if type in ("date", "datetime"):
        return text[8:10].lstrip("0") if text[8:10].isdigit() else ""
    if type in ("phone", "number", "money") or not text.isascii():
        return ""
    if type == "name":
        return text.split()[-1] if text else ""
    parts = [part for part in re.split(r"[\s_-]+", text) if part]
    return parts[0] if parts and "cancelled" not in parts[0] else ""


def stands(text: str, value: Scalar, type: SemanticType) -> bool:
    """Whether the value stands in a text of lower case just as it is written: told without making a pattern."""
    wanted = _written(value, type)
    return wanted != "" and next(_standing(text, wanted), None) is not None


def places(text: str, value: Scalar, type: SemanticType) -> list[tuple[int, int]] | None:
    """Where the value stands in a text of lower case, if nowhere but just as it is written; None where that takes its
    pattern."""
    wanted, part = _written(value, type), anchor(value, type)
    if type == "phone":
        digits = _NO_DIGIT.sub("", wanted)
        if not digits or "+" in text:
            return None
        count = _NO_DIGIT.sub("", text).count(digits)
        if not count:
            return []
    elif part:
        count = text.count(part)
    else:
        return None
    found = [(at, at + len(wanted)) for at in _standing(text, wanted)] if wanted else []
    return found if len(found) == count else None


def _written(value: Scalar, type: SemanticType) -> str:
    wanted = fold(str(value)).strip()[:400].lower()
    return "" if type == "number" else _TITLED.sub("", wanted) if type == "name" else wanted


def _standing(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before, after = text[at - 1 : at], text[end : end + 2]
        free = not (_inner(before) or before == "-") and not (_inner(after[:1]) or after[:1] == "-")
        if free and (after[:1] != "." or not _inner(after[1:])):
            yield at
        at = text.find(wanted, end)


def _inner(character: str) -> bool:
    return character.isalnum() or character == "_"


def _number_form(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return re.escape(text)
    if not abs(number) < 1e15:
        return re.escape(text)
    if number == int(number):
        plain, grouped = str(int(number)), f"{int(number):,}"
        return rf"(?:{plain}|{grouped})(?:\.0{{1,2}})?"
    return re.escape(repr(number)) + "0?"
