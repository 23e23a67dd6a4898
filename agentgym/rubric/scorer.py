"""Scorers: from readings of a rubric to rewards by step and the score of an episode.

Each pays its steps so that they sum to the score. Most are a level, a function of the reading, and a step pays the
difference of levels; the ATR scorers fold the differences of V.

| name | score | source |
|---|---|---|
| potential | V = gate · O · (1 − β + β·I); before the end the level is V + p·progress | shaping, Ng et al. 1999 |
| atr_strict | Σ(ΔV)⁺ − 1.5·Σ(ΔV)⁻ | Agentic SQL's ATR without threshold: closed loops never pay |
| atr | Σ M[z₋, z]·|ΔV|, low→high +1, high→low −1.5, else 0, z by V ≥ 0.5 | Agentic SQL, as published |
| synthagent | no forbidden · mean of subgoal and interaction shares | SynthAgent |
| agenticqwen | share of subgoals, gated by policy and a proper ending | AgenticQwen |
| envfactory | max(0, τ·trace + (1−τ)·state − min(.5, .05·extra) − min(.5, .05·malformed)), τ = .5 | EnvFactory |
| tau | 1 when every outcome criterion holds and the gate is open, else 0 | tau-bench's product |
"""

from __future__ import annotations

from collections.abc import Callable

from agentgym.errors import NotFoundError
from agentgym.rubric.reading import Reading, Weights

__all__ = ["DIMENSIONS", "PROPER", "SCORERS", "Scorer", "scorer"]

DIMENSIONS = ("task", "interaction", "policy", "grounding", "efficiency", "format")
PROPER = frozenset({"user_left", "transferred", "answered"})
"""Endings that an assistant can be proud of."""

Terms = tuple[float, float, float, float, float, float]
"""Rewards or levels by dimension, in the order of DIMENSIONS."""
ZERO: Terms = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
Level = Callable[[Reading, str, Weights], Terms]
ATR_DESCENT = 1.5
ATR_THRESHOLD = 0.5


class Scorer:
    """One way to pay. `pay` gives the terms of a step between two readings; `ending` is empty before the end."""

    def __init__(self, name: str, level: Level, fold: Callable[[float, float], float] | None = None) -> None:
        self.name, self._fold = name, fold
        self.level = level
        """(reading, ending, weights) -> the level by dimension; its sum is what a step's difference is taken of."""
        self.folds = fold is not None
        """Whether the score is a sum over the steps and not the last level alone."""

    def pay(self, before: Terms, after: Terms, gamma: float) -> Terms:
        """Terms of a step from level to level: γ·after − before, or the fold of the difference."""
        if self._fold is not None:
            return (self._fold(sum(before), sum(after)), 0.0, 0.0, 0.0, 0.0, 0.0)
        a, b = after, before
        if gamma == 1.0:
            return (a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3], a[4] - b[4], a[5] - b[5])
        g = gamma
        return (
            g * a[0] - b[0], g * a[1] - b[1], g * a[2] - b[2], g * a[3] - b[3], g * a[4] - b[4], g * a[5] - b[5],
        )  # fmt: skip


def _gated(reading: Reading, task: float, interaction: float) -> Terms:
    """A level of two parts, taken back in the dimension that closed the gate."""
    lost = -(task + interaction) if reading.closed else 0.0
    ungrounded = reading.closed == "ungrounded"
    return (task, interaction, 0.0 if ungrounded else lost, lost if ungrounded else 0.0, 0.0, 0.0)


def _potential(reading: Reading, ending: str, weights: Weights) -> Terms:
    beta, progress = weights.beta, 0.0 if ending else weights.progress
    task = reading.outcome * (1.0 - beta)
    interaction = reading.outcome * beta * reading.process
    if not reading.closed:
        return (task + progress * reading.found, interaction + progress * reading.facts, 0.0, 0.0, 0.0, 0.0)
    a, b, c, d, _, _ = _gated(reading, task, interaction)
    return (a + progress * reading.found, b + progress * reading.facts, c, d, 0.0, 0.0)


def _value(reading: Reading, ending: str, weights: Weights) -> Terms:
    del ending, weights
    return (reading.value, 0.0, 0.0, 0.0, 0.0, 0.0)


def _synthagent(reading: Reading, ending: str, weights: Weights) -> Terms:
    del ending, weights
    if not reading.has_process:
        return _gated(reading, reading.outcome, 0.0)
    return _gated(reading, reading.outcome / 2.0, reading.process / 2.0)


def _agenticqwen(reading: Reading, ending: str, weights: Weights) -> Terms:
    del weights
    return _gated(reading, reading.outcome, 0.0) if ending in PROPER else ZERO


def _envfactory(reading: Reading, ending: str, weights: Weights) -> Terms:
    del ending, weights
    worth = 0.5 * reading.reference + 0.5 * reading.outcome
    efficiency, shape = -min(0.5, 0.05 * reading.extra), -min(0.5, 0.05 * reading.malformed)
    floor = max(0.0, -(worth + efficiency + shape))
    return (worth + floor, 0.0, 0.0, 0.0, efficiency, shape)


def _tau(reading: Reading, ending: str, weights: Weights) -> Terms:
    del ending, weights
    return (1.0 if reading.outcome >= 1.0 and not reading.closed else 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _strict(before: float, after: float) -> float:
    moved = after - before
    return moved if moved >= 0.0 else ATR_DESCENT * moved


def _published(before: float, after: float) -> float:
    low, high = before < ATR_THRESHOLD, after >= ATR_THRESHOLD
    if low and high:
        return after - before
    if not low and not high:
        return ATR_DESCENT * (after - before)
    return 0.0


SCORERS: dict[str, Scorer] = {
    found.name: found
    for found in (
        Scorer("potential", _potential),
        Scorer("atr_strict", _value, _strict),
        Scorer("atr", _value, _published),
        Scorer("synthagent", _synthagent),
        Scorer("agenticqwen", _agenticqwen),
        Scorer("envfactory", _envfactory),
        Scorer("tau", _tau),
    )
}


def scorer(name: str) -> Scorer:
    """The scorer of that name. Raises NotFoundError."""
    if name not in SCORERS:
        raise NotFoundError("scorer", name, SCORERS)
    return SCORERS[name]
