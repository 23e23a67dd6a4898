"""Group-relative advantages: how much better an episode, or what follows one of its turns, was than in its group.

GRPO (Shao et al. 2024, equation 3) compares an episode's return with the mean of its group, in standard deviations;
Dr.GRPO (Liu et al. 2025) leaves the standard deviation out: with it, groups of nearly equal returns are as loud as
others.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["advantages", "earned"]


def advantages(rewards: Sequence[Sequence[float]], credit: str = "episode", scale: bool = True) -> list[list[float]]:
    """The advantage of each turn of each episode of a group, from what each turn earned.

    `episode`: R_i − mean(R) for all turns of episode i, R_i its return. `turn`: G_it − mean_j(G_jt), G_it what is
    earned from turn t on, the mean over the episodes that have a turn t. Both over the standard deviation of the
    returns.
    """
    returns = [sum(turns) for turns in rewards]
    mean = sum(returns) / len(returns)
    deviation = (sum((value - mean) ** 2 for value in returns) / len(returns)) ** 0.5
    unit = deviation + 1e-6 if scale else 1.0
    if credit == "episode":
        return [[(value - mean) / unit] * len(turns) for value, turns in zip(returns, rewards, strict=True)]
    to_go = [[sum(turns[at:]) for at in range(len(turns))] for turns in rewards]
    out = [list(turns) for turns in to_go]
    for at in range(max(map(len, to_go))):
        here = [turns[at] for turns in to_go if len(turns) > at]
        for turns in out:
            if len(turns) > at:
                turns[at] = (turns[at] - sum(here) / len(here)) / unit
    return out


def earned(rewards: Sequence[float], turns: int) -> list[float]:
    """What each of so many turns earned: what came after the last, when an episode was cut short, is the last one's."""
    return [*rewards[: turns - 1], sum(rewards[turns - 1 :])]
