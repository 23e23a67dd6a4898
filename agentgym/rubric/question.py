"""Criteria of kind `judge`: questions that a model answers about an episode. They are in no score."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Question", "trouble_of"]

_LONG = 1000
_MOST = 15


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """One question about an episode; the criterion holds when the answer is yes."""

    id: str
    """The column's name: lower case words joined by _."""
    question: str
    """What a yes or a no answers, at most 1,000 characters."""
    votes: int = 3
    """Times that it is asked: odd, at most 15."""


def trouble_of(questions: Sequence[Question]) -> tuple[int, str] | None:
    """The first question (from 0) that does not fit and why; None where all do."""
    known: set[str] = set()
    texts: dict[str, str] = {}
    for number, one in enumerate(questions):
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", one.id):
            return number, f"the id of a question is lower case words joined by _, found {one.id[:80]!r}"
        if one.id in known:
            return number, f"a second question {one.id}"
        known.add(one.id)
        if not one.question.strip() or len(one.question) > _LONG:
            return number, f"question {one.id}: expected 1 to {_LONG} characters, found {len(one.question.strip())}"
        if texts.setdefault(one.question, one.id) != one.id:
            return number, f"question {one.id} asks what {texts[one.question]} asks"
        if not 1 <= one.votes <= _MOST or one.votes % 2 == 0:
            return number, f"question {one.id}: votes are odd, 1 to {_MOST}, found {one.votes}"
    return None
