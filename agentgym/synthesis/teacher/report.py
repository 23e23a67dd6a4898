"""What became of a teacher's run: on the screen, beside the pack, and for its readers."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.synthesis.teacher.ask import Asked, Spent, Teacher

__all__ = ["ANSWERS", "REPORT", "Report", "report_of", "write_report"]

REPORT, ANSWERS = ".report.json", ".answers.jsonl"
"""How the files beside a pack's folder end: what became of the run, and the recorded answers."""


class Report(Struct, frozen=True):
    """What became of a run."""

    model: str
    seed: int
    ended: str
    """Why it came to no end; empty where the pack is there."""
    stages: tuple[Asked, ...]
    spent: Spent

    @property
    def lines(self) -> list[str]:
        """For people: each stage, what its gate refused at last, and the bill."""
        out: list[str] = []
        for asked in self.stages:
            refused = f", {len(asked.refused)} refused" if asked.refused else ""
            out.append(f"{asked.stage}: {asked.answers} answer{'s' if asked.answers != 1 else ''}{refused}")
            out += [f"  left out: {trouble}" for trouble in asked.left_out]
        if self.ended and self.stages and self.stages[-1].refused:
            out += [f"  refused: {trouble}" for trouble in self.stages[-1].refused[-1]]
        spent = self.spent
        out.append(
            f"{spent.requests} requests, {spent.prompt_tokens} tokens in and {spent.completion_tokens} out, "
            f"cost {spent.cost:.4f}"
        )
        return out


def report_of(teacher: Teacher, seed: int, ended: str = "") -> Report:
    """The report of a run so far."""
    return Report(teacher.server.model, seed, ended, tuple(teacher.asked), teacher.spent)


def write_report(report: Report, folder: Path) -> Path:
    """Write a report beside a pack's folder, in place of an earlier one; where.

    Raises:
        UsageError: it cannot be written.
    """
    path = Path(f"{folder}{REPORT}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    except OSError as trouble:
        raise UsageError(f"cannot write {path}: {trouble.strerror}") from None
    return path
