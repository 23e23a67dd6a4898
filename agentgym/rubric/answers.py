"""Whether a submitted answer is right: equal up to tolerance, order and spelling."""

from __future__ import annotations

from typing import Any, cast

from agentgym.types import Criterion

__all__ = ["answers"]


def answers(criterion: Criterion, answer: Any) -> bool:
    """Whether a submitted answer equals the expected one: numbers within the tolerance, lists as sets, text folded."""
    wanted = criterion.answer
    if isinstance(wanted, list):
        return isinstance(answer, list) and _as_set(cast(list[Any], wanted)) == _as_set(cast(list[Any], answer))
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        number = _number(answer)
        return number is not None and abs(number - wanted) <= criterion.tolerance * max(1.0, abs(wanted))
    return _folded(answer) == _folded(wanted)


def _number(answer: Any) -> float | None:
    try:
        return None if isinstance(answer, bool) else float(answer)
    except (TypeError, ValueError):
        return None


def _folded(item: Any) -> str:
    return " ".join(str(item).lower().split())


def _as_set(items: list[Any]) -> set[str]:
    return set(map(_folded, items))
