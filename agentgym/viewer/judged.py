"""What judges said of an episode, ready for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agentgym.judge import Verdict
from agentgym.rubric import Question

__all__ = ["judged_of", "labels_of"]

Data = dict[str, Any]
_WORDS = {True: "holds", False: "does not hold", None: "cannot tell"}


def judged_of(verdicts: Sequence[Verdict], declared: Iterable[Question]) -> list[Data]:
    """A line for each verdict, and for each question of the pack that nobody asked (`says` is then None)."""
    out: list[Data] = [
        {
            "id": one.id, "question": one.question, "model": one.model, "says": _WORDS[one.holds],
            "votes": ", ".join(f"{word} {count}" for word, count in one.votes.items() if count), "reason": one.reason,
        }
        for one in verdicts
    ]  # fmt: skip
    asked = {(one.id, one.question) for one in verdicts}
    out += [
        {"id": one.id, "question": one.question, "model": "", "says": None, "votes": "", "reason": ""}
        for one in declared
        if (one.id, one.question) not in asked
    ]
    return out


def labels_of(verdicts: Iterable[Verdict]) -> list[str]:
    """What the list shows and filters by: `polite holds`."""
    return sorted({f"{one.id} {_WORDS[one.holds]}" for one in verdicts})
