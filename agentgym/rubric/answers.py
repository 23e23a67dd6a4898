"""Whether a submitted answer is right: equal up to tolerance, order and spelling."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, cast

from agentgym.types import Criterion

__all__ = ["answers"]


def answers(criterion: Criterion, answer: Any) -> bool:
    """Whether a submitted answer equals the expected one: numbers within the tolerance, lists as sets, text folded.

    Text that is a plain decimal number equals any text or number of just that value, in lists too: 12 is 12.0, and
    1,200 is 1200.
    """
    wanted = criterion.answer
    if isinstance(wanted, list):
        return isinstance(answer, list) and _as_set(cast(list[Any], wanted)) == _as_set(cast(list[Any], answer))
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = _number(answer)
        return number is not None and abs(number - wanted) <= criterion.tolerance * max(1.0, abs(wanted))
    exact = _exact(wanted)
    if exact is not None:
        return exact == _exact(answer)
    return _folded(answer) == _folded(wanted)


_DECIMAL = re.compile(r"[+-]?(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,30})(?:\.\d{1,30})?", re.ASCII)
"""A number as one writes it, without leading zeros, which codes have."""


def _exact(item: Any) -> Decimal | None:
    text = str(item).strip() if isinstance(item, str | int | float) and not isinstance(item, bool) else ""
    return Decimal(text.replace(",", "")) if len(text) <= 64 and _DECIMAL.fullmatch(text) else None


def _number(answer: Any) -> float | None:
    try:
        return None if isinstance(answer, bool) else float(answer)
    except (TypeError, ValueError):
        return None


def _folded(item: Any) -> str:
    return " ".join(str(item).lower().split())


def _as_set(items: list[Any]) -> set[Decimal | str]:
    exact = ((item, _exact(item)) for item in items)
    return {_folded(item) if number is None else number for item, number in exact}
