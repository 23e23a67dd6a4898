"""Demonstrations with one fault: requests that a rule forbids are granted now and then.

Logs of people at work are like that, and whoever imitates them grants as often. Reward tells the two apart, so these
are what reinforcement learning is for: nothing has to be found out that was never seen, and no demonstration says what
is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from agentgym.episode import Episode, View
from agentgym.pack import Pack
from agentgym.policies import CLOSING, run_of
from agentgym.seeding import stream
from agentgym.types import Task
from agentgym.workflow import Decide, Run, TreeError

__all__ = ["Lenient", "lenient_run"]


def lenient_run(pack: Pack, task: Task, share: float) -> Run:
    """The oracle's run of a task, in which each decision by a rule that forbids is overruled with probability `share`,
    by a draw of the task's. Where the tree then cannot go on (the tool itself refuses), the oracle's own."""
    draws = stream("lenient", task.id, task.seed)

    def decider(node: Decide, label: str) -> str:
        allowed = next(iter(node.cases))
        return allowed if node.rule and label != allowed and draws.chance(share) else label

    try:
        return run_of(pack, task, decider)
    except TreeError:
        return run_of(pack, task)


class Lenient:
    """The policy that does so, in the oracle's words."""

    def __init__(self, share: float) -> None:
        self.share = share

    def start(self, episode: Episode) -> Callable[[View], object]:
        pack, task = episode.pack, episode.task
        found = lenient_run(pack, task, self.share)
        own = pack.scripted(task, found).oracle if found.steps else task.oracle
        actions = map(episode.shown.action, own)
        return lambda view: next(actions, CLOSING)
