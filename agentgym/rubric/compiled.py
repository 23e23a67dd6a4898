"""An accepted outcome, compiled: what it weighs, and where to look when an event comes."""

from __future__ import annotations

from agentgym.rubric.reading import Weights
from agentgym.rubric.rows import Expected
from agentgym.types import Task
from agentgym.workflow import Domain

__all__ = ["Compiled"]


class Compiled:
    """One accepted outcome of a task: its rows, its criteria by kind, and their weights."""

    def __init__(self, task: Task, index: int, domain: Domain, weights: Weights) -> None:
        outcome = task.outcomes[index]
        self.expected = Expected(outcome.changes, domain.schema, domain.ignored)
        self.criteria = outcome.criteria
        scaled = [criterion.weight * weights.kinds.get(criterion.kind, 1.0) for criterion in self.criteria]
        self.outcome = [(i, scaled[i]) for i, c in enumerate(self.criteria) if c.part == "outcome"]
        self.process = [(i, scaled[i]) for i, c in enumerate(self.criteria) if c.part == "process"]
        self.total = sum(weight for _, weight in self.outcome)
        self.process_total = sum(weight for _, weight in self.process)
        self.by_kind: dict[str, list[int]] = {}
        for i, criterion in enumerate(self.criteria):
            self.by_kind.setdefault(criterion.kind, []).append(i)
        called = self.by_kind.get("called", ())
        self.reference = len(called)
        self.by_tool: dict[str, list[int]] = {}
        """Tool -> the criteria that ask for a call of it."""
        for i in called:
            self.by_tool.setdefault(self.criteria[i].tool, []).append(i)
        self.counted = any(self.criteria[i].part != "report" for i in called)
        """Whether such criteria count for more than the report."""
