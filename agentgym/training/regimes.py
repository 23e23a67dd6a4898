"""When to stop supervised training and begin reinforcement learning, by the validation loss.

The regimes are those of "Plasticity-Ceiling" (RETU, SFT-then-RL): with L_min the least validation loss, *adaptive* is
before the first point with L ≤ 1.02 L_min, *stable* are the points with L ≤ 1.02 L_min, *mild* those after it with
L < 1.10 L_min, *severe* those with L ≥ 1.10 L_min. The paper's advice is to switch in *stable*. L_min is known only
in hindsight: during a run the least so far stands for it, and all points are named anew at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["STABLE", "regime", "regimes"]

STABLE, SEVERE = 1.02, 1.10


def regimes(losses: Sequence[float]) -> list[str]:
    """The regime of each point of a curve of validation losses, in hindsight.

    >>> regimes([3.0, 1.5, 1.01, 1.0, 1.05, 1.2])
    ['adaptive', 'adaptive', 'stable', 'stable', 'mild', 'severe']
    """
    if not losses:
        return []
    least = min(losses)
    first = next(at for at, loss in enumerate(losses) if loss <= STABLE * least)
    return [
        "adaptive"
        if at < first
        else "stable"
        if loss <= STABLE * least
        else "mild"
        if loss < SEVERE * least
        else "severe"
        for at, loss in enumerate(losses)
    ]


def regime(losses: Sequence[float]) -> str:
    """The regime of the last point, by what is known so far: while the loss still falls that is *stable* at best."""
    if len(losses) > 1 and losses[-1] <= min(losses) and losses[-1] < min(losses[:-1]) / STABLE:
        return "adaptive"
    return regimes(losses)[-1] if losses else "adaptive"
