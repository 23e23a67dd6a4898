"""Verdicts on many episodes as columns: one for each question and each model that was asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from agentgym.judge.verdicts import Verdict
from agentgym.rubric import Question

__all__ = ["Column", "by_column", "columns"]


class Column(Struct, frozen=True):
    """What one judge said to one question. Counts are of episodes."""

    id: str
    question: str
    model: str
    """Empty where no judge was asked."""
    holds: int
    fails: int
    cannot_tell: int
    failed: int
    """Of those that it cannot tell: the server failed."""
    unjudged: int
    """Episodes that nobody asked about."""
    share: float | None
    """holds / (holds + fails), in [0, 1]; None where neither was said."""
    agreement: float | None
    """Mean share of the votes that the most frequent answer had; None without votes."""


Name = tuple[str, str, str]


def by_column(row: Iterable[Verdict]) -> dict[Name, Verdict]:
    """The verdicts on one episode by (id, question, model). Of one asked again in another way the last counts."""
    return {(verdict.id, verdict.question, verdict.model): verdict for verdict in row}


def columns(rows: Sequence[Iterable[Verdict]], declared: Iterable[Question] = ()) -> tuple[Column, ...]:
    """The columns of a table with a row of verdicts for each episode.

    Args:
        declared: questions that have a column even where nobody asked them.
    """
    found: dict[Name, list[Verdict]] = {}
    for row in rows:
        for name, verdict in by_column(row).items():
            found.setdefault(name, []).append(verdict)
    asked = {(name, question) for name, question, _ in found}
    for one in declared:
        if (one.id, one.question) not in asked:
            found.setdefault((one.id, one.question, ""), [])
    return tuple(_column(key, found[key], len(rows)) for key in sorted(found))


def _column(key: Name, verdicts: Sequence[Verdict], episodes: int) -> Column:
    holds, fails = (sum(verdict.holds is wanted for verdict in verdicts) for wanted in (True, False))
    voted = [verdict.votes.values() for verdict in verdicts if verdict.votes]
    return Column(
        *key, holds=holds, fails=fails, cannot_tell=len(verdicts) - holds - fails, failed=len(verdicts) - len(voted),
        unjudged=episodes - len(verdicts), share=holds / (holds + fails) if holds + fails else None,
        agreement=sum(max(votes) / sum(votes) for votes in voted) / len(voted) if voted else None,
    )  # fmt: skip
