"""What a schema says of single values: a column that is drawn so, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from agentgym.synthesis.domain.build import Column
from agentgym.synthesis.domain.words import FIRST, LAST, TITLES
from agentgym.synthesis.resources.document import Schema, items
from agentgym.synthesis.resources.tables import MONEY, label_of

__all__ = ["INVENTED", "PHONE", "SECRET", "are_states", "column_of", "known_as", "names_of"]

INVENTED = {
    "phone": ("phone", {"template": "555-{###}-{####}", "unique": True}),
    "email": ("email", {"template": "{letters}{letters}.{###}@example.org", "unique": True}),
    "id": ("id", {"template": "{####}-{##}", "unique": True}),
}
"""How values are made up by which somebody or something is known."""
_MOST, _WORDS = 12, 240
"""Values of an enumeration; names."""
_HIGH = 100
SECRET = re.compile(
    r"(^|_)(password|passwd|pwd|passphrase|passcode|secret|token|(api|private|access)_?key|hash|salt|pin|cvv|credential)"
    r"s?(_|$)"
)
"""Names of what nobody is to see."""
_MONEY = re.compile(r"(^|_)(charge|fine|fees|premium|refund|rent|salary|tax|tip|toll|wage)$")
_DAY = re.compile(r"(_on|_date|_day|_until)$|^(date|day|birthday|born)(_|$)")
PHONE = re.compile(r"(^|_)(phone|mobile|telephone|tel|cell|fax)(_?(number|no))?$")
"""Names of phone numbers."""
_EMAIL = re.compile(r"(^|_)e?_?mail(_address)?$")
_CODE = re.compile(r"(^|_)(code|number|no|num|reference|ref|sku|isbn|barcode|serial|plate|vin|iban|uuid|guid)$")
_NAME = re.compile(r"(^|_)(name|title|label|subject|headline|model|make|brand)$")
_PERSON = re.compile(r"^(full_?|display_?|customer_?|user_?|contact_?)?name$")
_STATE = re.compile(r"[A-Za-z0-9][\w .+/-]{0,29}", re.ASCII)


def are_states(words: Iterable[str]) -> bool:
    """Whether words can be the values of a state: they come to stand in rules that models read, and in tools."""
    return all(_STATE.fullmatch(word) for word in words)


def known_as(name: str) -> str:
    """By the name of a column: email, phone or id (a code) where that is what somebody or something is known by."""
    return next(
        (kind for kind, names in (("email", _EMAIL), ("phone", PHONE), ("id", _CODE)) if names.search(name)), ""
    )


def column_of(name: str, schema: Schema, person: bool) -> Column | str:
    """A column.

    Args:
        name: as SQL takes it.
        person: whether it is of somebody, who has somebody's name.
    """
    if schema.trouble:
        return schema.trouble
    held, kind, form = schema.held, schema.kind, schema.held.get("format")
    if held.get("writeOnly") is True or form == "password" or SECRET.search(name):
        return "since it looks like a secret"
    if kind == "boolean":
        return _enum(name, ["no", "yes"])
    if held.get("enum") and kind in ("string", "integer", "number", ""):
        return _enum(name, items(held["enum"]))
    if kind in ("integer", "number"):
        return _number(name, held, kind)
    return _text(name, form, person) if kind == "string" else "since it is no single value"


def _enum(name: str, values: list[Any]) -> Column | str:
    words = [str(value) for value in values[: _MOST + 1] if value is not None and not isinstance(value, list | dict)]
    if not 2 <= len(words) <= _MOST or len({word.lower() for word in words}) < len(words):
        return f"since it has not 2 to {_MOST} different values"
    if not are_states(words):
        return "since its values have quotes, braces or other signs, or are long"
    among = ", ".join(f"'{word}'" for word in words)
    return _column(name, f"TEXT NOT NULL CHECK ({name} IN ({among}))", {"choice": words}, "enum")


def _number(name: str, held: Any, kind: str) -> Column | str:
    money = bool(MONEY.search(name) or _MONEY.search(name))
    if kind == "number" and not money:
        return "since it has fractions: store measures in small units"
    low, high = held.get("minimum"), held.get("maximum")
    low = int(low) if isinstance(low, int | float) and 0 <= low <= 2**40 else 0
    high = int(high) if isinstance(high, int | float) and low < high <= 2**40 else low + _HIGH
    scale = 100 if money and not name.endswith("cents") else 1
    draw: dict[str, Any] = {"range": [low * scale, max(high, low + 1) * scale]}
    if scale > 1:
        draw["step"] = 50
    return _column(name, f"INTEGER NOT NULL CHECK ({name} >= 0)", draw, "money" if money else "number")


def _text(name: str, form: Any, person: bool) -> Column | str:
    if form == "date" or (form is None and _DAY.search(name)):
        born = re.search(r"birth|born", name)
        return _column(name, "TEXT NOT NULL", {"date": [-28000, -7000] if born else [-60, 60]}, "date")
    if form == "date-time" or (form is None and name.endswith("_at")):
        draw = {"datetime": [-60, 60], "at": ["09:00", "10:30", "12:00", "14:30", "16:00"]}
        return _column(name, "TEXT NOT NULL", draw, "datetime")
    known = form if form in ("email", "phone") else known_as(name) or ("id" if form == "uuid" else "")
    if known:
        kind, draw = INVENTED[known]
        return _column(name, "TEXT NOT NULL", dict(draw), kind)
    if _NAME.search(name):
        return _column(name, "TEXT NOT NULL", {"vocabulary": names_of(name, person)}, "name")
    return "since nothing says what its texts are like: give it an enum or a format"


def names_of(name: str, person: bool) -> list[str]:
    """Names for a column: of people where it is somebody's, else of things."""
    if re.match(r"(first|given)_?name$", name):
        return list(FIRST)
    if re.match(r"(last|family|sur)_?name$", name):
        return list(LAST)
    if person and _PERSON.match(name):
        return [f"{FIRST[at % len(FIRST)]} {LAST[at % len(LAST)]}" for at in range(_WORDS)]
    one, other = TITLES
    return [f"{one[at % len(one)]} {other[(at + at // len(one)) % len(other)]}" for at in range(_WORDS)]


def _column(name: str, declared: str, draw: dict[str, Any], kind: str) -> Column:
    return Column(name, declared, draw, kind, label_of(name, kind))
