"""Typed values in words: whether a text mentions a value, states it, names another one instead; how a person says it.

`spans` reads a text once into typed values with their places; everything else compares against that or against a
small pattern made from the value. Only the first `READ` characters of a text are read, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from agentgym.seeding import Stream
from agentgym.types import Scalar, SemanticType, Value
from agentgym.user.patterns import anchor, pattern_of, places, stands
from agentgym.user.text import READ, Sentence, fold, sentences, visible

__all__ = [
    "MONTHS",
    "WEEKDAYS",
    "Span",
    "extract",
    "finds",
    "mentions",
    "pieces",
    "rival_in",
    "spans",
    "surface",
    "surfaces",
]

MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

_MONTH = {name.lower()[:3]: number for number, name in enumerate(MONTHS, 1)}
_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NAME = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_DAY_FORMS = 4
_AMOUNT = r"(?:\d{1,3}(?:,\d{3})+|\d{1,12})(?:[.,]\d{1,2})?(?![\d])"
_UNIT = r"(?:us )?dollars?|euros?|pounds?(?: sterling)?|bucks|francs?|usd|eur|gbp|chf|€|\$|£"
_TIME = r"""(?P<{p}h>[01]?\d|2[0-4])(?:[:h](?P<{p}m>[0-5]\d)(?::[0-5]\d)?(?:[ ]?(?P<{p}a>[ap])\.?m\b\.?)?
            |(?:\.(?P<{p}n>[0-5]\d))?[ ]?(?P<{p}b>[ap])\.?m\b\.?|[ ](?P<{p}o>o'clock))"""

_LETTERS_FIRST = (
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|us|eur|gbp|chf|noon|mid|[a-z]{1,6}-?\d|\w[\w.+-]{0,63}@"
)
_SCAN = re.compile(
    rf"""(?=[\d$€£+(]|(?<!\w)(?:{_LETTERS_FIRST}))(?:  # no value begins inside a word, few words begin one
        (?P<email>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,4}})
      | (?<![\w.-])(?P<iy>\d{{4}})-(?P<im>\d\d)-(?P<id>\d\d)
        (?:(?:T|[ ])(?P<ih>[01]\d|2[0-4]):(?P<in>[0-5]\d)(?::[0-5]\d)?)?(?![\w-])
      | (?<![\w./-])(?P<s1>\d{{1,2}})(?P<sep>[/.-])(?P<s2>\d{{1,2}})(?P=sep)(?P<sy>\d{{4}}|\d\d)(?![\w/-])
      | (?<![\w.:,/-])(?P<dd>\d{{1,2}})(?:st|nd|rd|th)?[ ]?(?:of[ ])?
        (?P<dm>{_MONTH_NAME})\b\.?,?(?:[ ](?P<dy>\d{{4}})\b(?!:))?
      | \b(?P<mm>{_MONTH_NAME})\b\.?[ ](?:the[ ])?(?P<md>\d{{1,2}})(?:st|nd|rd|th)?
        (?![\w:]|[.,/]\d)(?:,?[ ](?P<my>\d{{4}})\b(?!:))?
      | (?P<sign>us\$|[$€£]|\b(?:usd|eur|gbp|chf)(?=[ \d]))[ ]?(?P<sa>{_AMOUNT})
      | (?<![\w.:,/-])(?P<da>{_AMOUNT})[ ]?(?P<unit>{_UNIT})(?!\w)(?:[ ]and[ ](?P<plus>\d\d?)[ ](?:cents?|pence)\b)?
      | (?<![\w.:,/-])(?P<ca>{_AMOUNT})[ ]?(?:cents?\b|pence\b|¢)
      | (?<![\w.:,/-]){_TIME.format(p="t")}(?![\d])
      | \b(?P<word>noon|midday|midnight)\b
      | (?<![\w.:,/-])(?P<bare>(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,12}})\.\d\d)(?![\w%-]|[.,:]\d)
      | (?<![\w@-])(?P<ident>[a-z]{{1,6}}-?\d{{2,12}})(?![\w@]|-\w)
      | (?<![\w.-])(?P<phone>\+?\(?\d{{1,4}}\)?(?:[ ./-]{{1,2}}\(?\d{{2,8}}\)?){{1,6}})(?![\w-]|\.\d))
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Span(NamedTuple):
    """A typed value at a place. `value` is canonical; a date without a year reads `-MM-DD`, a time `HH:MM` (type
    `datetime` without a day), an amount without a currency has type `number` and counts minor units."""

    start: int
    end: int
    type: SemanticType
    value: str | int
    other: str = ""
    """The other reading of an ambiguous date."""


def _day(year: str | None, month: int, day: int) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    if year and len(year) == 2:
        year = ("19" if int(year) > 50 else "20") + year
    return f"{year or ''}-{month:02d}-{day:02d}"


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    value = int(hour) % 12 + (12 if half and half.lower() == "p" else 0) if half else int(hour)
    return f"{value % 24:02d}:{minute or '00'}"


def _cents(amount: str) -> int:
    """Minor units of an amount as written: "1,200.50", "45,00", "45"."""
    cut = max(amount.rfind("."), amount.rfind(","))
    if cut != -1 and len(amount) - cut - 1 in (1, 2):
        whole, part = amount[:cut], amount[cut + 1 :].ljust(2, "0")
    else:
        whole, part = amount, "00"
    return int(re.sub(r"\D", "", whole) or "0") * 100 + int(part)


def _read(found: re.Match[str]) -> Span | None:
    group = found.groupdict()
    start, end = found.span()
    if group["email"]:
        return Span(start, end, "email", group["email"].lower().rstrip("."))
    if group["iy"]:
        value = _day(group["iy"], int(group["im"]), int(group["id"]))
        if value and group["ih"]:
            return Span(start, end, "datetime", f"{value} {group['ih']}:{group['in']}")
        return Span(start, end, "date", value) if value else None
    if group["s1"]:
        one, two, year = int(group["s1"]), int(group["s2"]), group["sy"]
        readings = [day for day in (_day(year, two, one), _day(year, one, two)) if day]
        if not readings:
            return None
        return Span(start, end, "date", readings[0], readings[-1] if readings[-1] != readings[0] else "")
    if group["dd"] or group["mm"]:
        month, day, year = group["dm"] or group["mm"], group["dd"] or group["md"], group["dy"] or group["my"]
        value = _day(year, _MONTH[month[:3].lower()], int(day))
        return Span(start, end, "date", value) if value else None
    if group["sa"]:
        return Span(start, end, "money", _cents(group["sa"]))
    if group["da"]:
        return Span(start, end, "money", _cents(group["da"]) + int(group["plus"] or 0))
    if group["ca"]:
        return Span(start, end, "money", _cents(group["ca"]) // 100)
    if group["th"]:
        value = _clock(group["th"], group["tm"] or group["tn"], group["ta"] or group["tb"])
        return Span(start, end, "datetime", value)
    if group["word"]:
        return Span(start, end, "datetime", "00:00" if group["word"].lower() == "midnight" else "12:00")
    if group["ident"]:
        return Span(start, end, "id", group["ident"].upper())
    if group["phone"]:
        digits = re.sub(r"\D", "", group["phone"])
        return Span(start, end, "phone", digits) if 7 <= len(digits) <= 15 else None
    return Span(start, end, "number", _cents(group["bare"]))


_BETWEEN = re.compile(rf"[ ,(]*(?:on|of)?[ ,(]*(?:{_DAY_NAME})?[ ,(]*(?:the[ ])?", re.IGNORECASE)


def _paired(found: list[Span], text: str) -> list[Span]:
    """Times joined with the day they belong to: the one that follows at once, else the last, else the next one."""
    if not any(span.type == "datetime" for span in found):
        return found
    out: list[Span] = []
    used: set[int] = set()
    for place, span in enumerate(found):
        if span.type != "datetime" or " " in str(span.value):
            continue
        before = next((i for i in range(place - 1, -1, -1) if found[i].type == "date"), -1)
        after = next((i for i in range(place + 1, len(found)) if found[i].type == "date"), -1)
        near = after != -1 and _BETWEEN.fullmatch(text, span.end, found[after].start)
        day = after if near or before == -1 else before
        if day != -1:
            used.add(day)
            both = found[day]
            other = f"{both.other} {span.value}" if both.other else ""
            out.append(Span(span.start, span.end, "datetime", f"{both.value} {span.value}", other))
            used.add(place)
    return sorted([span for i, span in enumerate(found) if i not in used] + out)


@lru_cache(maxsize=512)
def _pieces(text: str) -> tuple[Span, ...]:
    return tuple(span for match in _SCAN.finditer(text) if (span := _read(match)) is not None)


@lru_cache(maxsize=512)
def _sentence_spans(text: str) -> tuple[Span, ...]:
    return tuple(_paired(list(_pieces(text)), text))


_MAY_HOLD = re.compile(r"[\d@]|[Nn](?:oon|OON)|[Mm](?:id|ID)")
"""What stands in every text that `spans` finds anything in."""


def spans(sentence: str) -> tuple[Span, ...]:
    """The typed values of one sentence with their places, days and times joined."""
    return _sentence_spans(sentence[:READ]) if _MAY_HOLD.search(sentence) else ()


def pieces(sentence: str) -> tuple[Span, ...]:
    """As `spans`, but that days and times stand for themselves."""
    return _pieces(sentence[:READ]) if _MAY_HOLD.search(sentence) else ()


_HEARD = 4 * READ
"""Characters of a message that are looked at for values, with its thinking and calls."""


@lru_cache(maxsize=256)
def _read_text(text: str) -> tuple[Sentence, ...]:
    return sentences(visible(text))


def extract(text: str) -> list[Value]:
    """The typed values that stand in the text, in order and once each: moments, days, money, ids, phones, e-mails.

    A day without a year comes as `-MM-DD`, a time without a day as `HH:MM`, an amount in cents."""
    seen: dict[tuple[str, str | int], Value] = {}
    for sentence in _read_text(text[:_HEARD]):
        for span in spans(sentence.text):
            seen.setdefault((span.type, span.value), Value(value=span.value, type=span.type))
    return list(seen.values())


def _same(span: Span, value: str) -> bool:
    """A day or moment as read against a canonical one; a missing year fits."""
    for read in (str(span.value), span.other):
        if read and (read == value or (read[0] == "-" and read == value[4:])):
            return True
    return False


# --- where values stand -----------------------------------------------------------------------------------------------


def finds(sentence: str, value: Scalar, type: SemanticType) -> list[tuple[int, int]]:
    """Where the value stands in one sentence, as (start, end) offsets."""
    if value is None or anchor(value, type) not in sentence.lower():
        return []
    if type in ("date", "datetime"):
        wanted = str(value)[:16].replace("T", " ")
        out: list[tuple[int, int]] = []
        for span in spans(sentence):
            if span.type == "datetime" and type == "date" and " " in str(span.value):
                span = span._replace(value=str(span.value)[:-6], other=span.other[:-6])
            if span.type in ("date", "datetime") and _same(span, wanted):
                out.append((span.start, span.end))
        return out
    if type == "money":
        return [(s.start, s.end) for s in spans(sentence) if s.type in ("money", "number") and s.value == value]
    found = _places(sentence, sentence.lower(), value, type)
    if type == "number" and found:
        taken = [(s.start, s.end) for s in spans(sentence) if s.type in ("date", "datetime", "phone", "id", "email")]
        found = [p for p in found if not any(a <= p[0] and p[1] <= b for a, b in taken)]
    return found


def _places(sentence: str, lower: str, value: Scalar, type: SemanticType) -> list[tuple[int, int]]:
    """Where a value of a kind that is not read by `spans` stands."""
    if anchor(value, type) not in lower:
        return []
    if len(lower) == len(sentence) and (found := places(lower, value, type)) is not None:
        return found
    pattern = pattern_of(value, type)
    return [found.span() for found in pattern.finditer(sentence)] if pattern else []


@lru_cache(maxsize=64)
def _folded(text: str) -> tuple[str, str]:
    folded = fold(text)
    return folded, folded.lower()


def mentions(text: str, value: Scalar, type: SemanticType) -> bool:
    """Whether the value stands in the text, in any usual form of its type, on token bounds."""
    if value is None:
        return False
    if type not in ("date", "datetime", "money", "number"):
        folded, lower = _folded(text[:READ])
        if anchor(value, type) not in lower:
            return False
        if stands(lower, value, type):
            return True
        if type == "phone" and places(lower, value, type) == []:
            return False
        pattern = pattern_of(value, type)
        return pattern is not None and pattern.search(folded) is not None
    if anchor(value, type) not in text:
        return False
    read = _read_text(text[:_HEARD])
    if any(finds(sentence.text, value, type) for sentence in read):
        return True
    if type != "datetime":
        return False
    days: set[str] = set()  # a day and a time on lines of their own, the only ones in the text
    times: set[str] = set()
    for sentence in read:
        for span in spans(sentence.text):
            if span.type == "date":
                days.add(str(span.value))
            elif span.type == "datetime":
                times.add(str(span.value))
    wanted = str(value).replace("T", " ")
    day, _, time = wanted.partition(" ")
    return len(days) == 1 and times == {time[:5]} and days <= {day, day[4:]}


# --- other values --------------------------------------------------------------------------------------------------


def rivals_at(sentence: str, value: Value, rivals: Iterable[str] = ()) -> list[tuple[int, int, str | int]]:
    """Other values of the same kind in one sentence: (start, end, value as read)."""
    kind = value.type
    if kind in ("date", "datetime", "money", "email", "phone", "id") and not (kind == "id" and not _prefix(value)):
        own = finds(sentence, value.value, kind)
        out: list[tuple[int, int, str | int]] = []
        for span in spans(sentence):
            same_kind = span.type == kind and (kind != "datetime" or " " in str(span.value))
            if kind == "id" and same_kind:
                same_kind = str(span.value).rstrip("0123456789") == _prefix(value)
            if same_kind and (span.start, span.end) not in own and not any(a <= span.start < b for a, b in own):
                out.append((span.start, span.end, span.value))
        return out
    lower = sentence.lower()
    own_places = _places(sentence, lower, value.value, kind)
    listed: list[tuple[int, int, str | int]] = []
    for rival in rivals:
        if rival != value.value:
            listed.extend(
                (start, end, rival)
                for start, end in _places(sentence, lower, rival, kind)
                if not any(a < end and start < b for a, b in own_places)
            )
    return listed


def _prefix(value: Value) -> str:
    text = str(value.value).upper()
    letters = text.rstrip("0123456789")
    return letters if letters and letters != text else ""


def rival_in(text: str, value: Value, rivals: Iterable[str] = (), beside: Iterable[Value] = ()) -> bool:
    """Whether the text mentions another value of the same kind than `value` and those of `beside`.

    Moments, days, money, phones, e-mails and ids with the same prefix are read from the text; the rest are looked up
    in `rivals`."""
    known = list(rivals)
    fine = [other for other in beside if other.type == value.type]
    for sentence in _read_text(text[:_HEARD]):
        for start, end, _ in rivals_at(sentence.text, value, known):
            if not any((start, end) in finds(sentence.text, other.value, other.type) for other in fine):
                return True
    return False


# --- saying it -----------------------------------------------------------------------------------------------------


def surface(value: Scalar, type: SemanticType, stream: Stream) -> str:
    """How a person says the value. Ids, phones, names and e-mails come verbatim; days and moments in one of several
    forms, money with its currency; `mentions` accepts every form."""
    if type in ("date", "datetime"):
        return _spoken_day("" if value is None else str(value), type, stream.below(_DAY_FORMS))
    return surfaces(value, type)[0]


def surfaces(value: Scalar, type: SemanticType) -> tuple[str, ...]:
    """All that `surface` may say."""
    text = "" if value is None else str(value)
    if type == "money" and isinstance(value, int):
        return (f"${value // 100:,}.{value % 100:02d}" if value >= 0 else text,)
    if type in ("date", "datetime"):
        return tuple(_spoken_day(text, type, form) for form in range(_DAY_FORMS))
    return (text.replace("_", " ") if type == "enum" else text,)


def _spoken_day(text: str, type: SemanticType, form: int) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    month, time = MONTHS[day.month - 1], text[11:16] if type == "datetime" else ""
    if form == 0:
        return text
    if form == 1:
        return f"{WEEKDAYS[day.weekday()]} {day.day} {month} {day.year}" + (f" at {time}" if time else "")
    if form == 2:
        return f"{day.day} {month} {day.year}" + (f" at {time}" if time else "")
    return f"{month} {day.day}, {day.year}" + (f" at {time}" if time else "")
