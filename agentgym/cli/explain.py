"""A score explained: which criteria hold, what closed the gate, and the sum that they make."""

from __future__ import annotations

from typing import Any

from agentgym.episode import Episode
from agentgym.types import USER, Called, Criterion, Task

__all__ = ["about", "explain"]

_MEANINGS = {
    "changed": "the records were changed as wanted",
    "answer": "the answer was right",
    "refused": "declined by the right rule, with the facts it rests on",
    "told": "the value was told",
    "confirmed": "read back and agreed to before the write",
    "looked": "looked up before deciding",
    "asked": "the facts were obtained",
    "called": "the call was made",
    "used": "the tool was used",
    "state": "the records are as wanted",
    "forbidden": "what must not happen happened",
}
_PARTS = {"outcome": "outcome", "process": "process", "report": "nothing"}


def about(task: Task, criterion: Criterion, outcome: int, rule: str = "") -> str:
    """What a criterion is about: rule (by its id, or as given), tool, facts, values, the row change."""
    parts = [rule or criterion.rule, criterion.tool, " ".join(criterion.facts)]
    parts += [f"{value.label or value.column}={value.value}" for value in criterion.values]
    if criterion.change is not None:
        change = task.outcomes[outcome].changes[criterion.change]
        values = ", ".join(f"{name}={value}" for name, value in change.values.items())
        parts.append(f"{change.kind} {change.table} {' '.join(map(str, change.key))} {values}")
    return " ".join(" ".join(filter(None, parts)).split())


def explain(episode: Episode) -> dict[str, Any]:
    """The score of an episode, or what it would come to if it ended here. The criteria give the right answer away.

    Returns:
        `ending`, `valid`, `success`, `score` (None before the end and of an invalid episode), `value` (V at this
        moment, in [0, 1]), `outcome` and `process` (shares), `criteria` (a list: `name`, `holds`, `part`, `weight`,
        `meaning`, `about`), `gate` (why it is closed, empty while it is open), `sum` (how V comes about) and `reason`
        (of an invalid episode).
    """
    reading, task, weights = episode.reading, episode.task, episode.rubric.weights
    found = episode.tracker.criteria()
    best = next((n for n, o in enumerate(task.outcomes) if found and o.criteria and o.criteria[0] is found[0][0]), 0)
    numbers = {rule: f"R{number}" for number, rule in enumerate(episode.pack.domain.rules, 1)}
    criteria = [
        {
            "name": criterion.name,
            "holds": holds,
            "part": _PARTS[criterion.part],
            "weight": criterion.weight * weights.kinds.get(criterion.kind, 1.0),
            "meaning": _MEANINGS[criterion.kind],
            "about": about(task, criterion, best, numbers.get(criterion.rule, "")),
        }
        for criterion, holds in found
    ]
    return {
        "ending": episode.ending or None,
        "valid": episode.valid,
        "reason": episode.reason,
        "success": episode.success,
        "score": episode.score,
        "value": reading.value,
        "outcome": reading.outcome,
        "process": reading.process,
        "criteria": criteria,
        "gate": _gate(episode),
        "sum": _sum(episode),
    }


def _gate(episode: Episode) -> str:
    """What closed the gate, in a sentence."""
    closed = episode.reading.closed
    calls = [event for event in episode.events if isinstance(event, Called) and event.seat != USER]
    if closed == "forbidden":
        rules = episode.pack.domain.rules
        numbers = {rule: number for number, rule in enumerate(rules, 1)}
        broken = dict.fromkeys((rule, event.name) for event in calls for rule in event.broken)
        return "; ".join(f"{tool} broke R{numbers[rule]}: {rules[rule].say}" for rule, tool in broken)
    if closed == "ungrounded":
        names = dict.fromkeys(event.name for event in calls if event.guessed)
        return f"{', '.join(names)} used an id that neither the user nor a tool had given"
    if closed == "collateral":
        return "records were changed that should have stayed as they were"
    return ""


def _sum(episode: Episode) -> str:
    """How the score comes about."""
    reading, beta = episode.reading, episode.rubric.weights.beta
    gate = 0 if reading.closed else 1
    value = f"gate {gate} x outcome {reading.outcome:.2f} x ({1 - beta:g} + {beta:g} x process {reading.process:.2f})"
    if episode.scorer.name == "potential":
        return f"{value} = {reading.value:.3f}"
    return f"scorer {episode.scorer.name}; V would be {value} = {reading.value:.3f}"
