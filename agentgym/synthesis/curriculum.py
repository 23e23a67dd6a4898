"""Which tasks to play next: an estimate of how hard every branch is for the policy, and samplers that use it.

The estimate is Elo's: the policy has a skill, every family (a branch of a workflow) a difficulty, and an episode moves
both by what it was surprised by. Success is expected with probability 1 / (1 + exp(difficulty - skill)). The samplers:

    uniform   every family alike
    band      where success is expected between `low` and `high`, by p (1 - p), and what was never played: groups of
              episodes of the same task differ most there, and a group whose episodes earn the same teaches GRPO nothing
    regret    by the best score that was ever earned in a family, less the mean of late: what was done and is not done
              reliably (the maximum Monte Carlo estimate of regret, Jiang et al. 2021, prioritized level replay)
    staged    easy families first, by the decisions and calls on their way; the next quarter opens when those that are
              open are expected to succeed

A share of draws is uniform in all of them, so that nothing is given up for ever.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast, get_args

from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack
from agentgym.seeding import stream
from agentgym.types import Task
from agentgym.workflow import Workflow
from agentgym.workflow.node import CallTool, walk

__all__ = ["KINDS", "Curriculum", "Family", "Kind"]

Kind = Literal["uniform", "band", "regret", "staged"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_STEP = 0.4
"""How far one surprise moves a family's difficulty, in logits; the skill moves by a quarter of it."""
_LATE = 0.2
"""Weight of the newest episode in the mean of late."""
_OPEN = 0.7
"""Success that is expected of the open families when the next stage opens."""
_STAGES = 4


class Family(NamedTuple):
    """The tasks of one branch."""

    pack: str
    workflow: str
    branch: str


class Curriculum:
    """Tasks by how hard they are: `curriculum(seed)` is a task, `played(task, score)` tells what came of it.

    It is a sampler as `gym.make("AgentTool-v0", tasks=curriculum)` takes them. The task of a seed is a function of the
    seed and of all that was played before.

    Args:
        packs: what the tasks are of.
        kind: how they are chosen.
        split: `train` or `test`.
        without: families that are left out, such as those to be measured on.
        low, high: the band of expected success, in [0, 1].
        spread: share of draws that is uniform, in (0, 1].

    Raises:
        NotFoundError: there is no such kind.
        UsageError: numbers out of range, or no family is left.
    """

    def __init__(
        self, packs: Sequence[Pack], kind: Kind = "band", *, split: Literal["train", "test"] = "train",
        without: frozenset[Family] = frozenset(), low: float = 0.2, high: float = 0.8, spread: float = 0.1,
    ) -> None:  # fmt: skip
        if kind not in KINDS:
            raise NotFoundError("curriculum", str(kind), KINDS)
        if not 0 <= low < high <= 1 or not 0 < spread <= 1:
            raise UsageError(f"a band lies within 0 and 1, a spread in (0, 1]; found {low} to {high}, {spread}")
        self.kind, self.low, self.high, self.spread = kind, low, high, spread
        self.split: Literal["train", "test"] = split
        self._packs = {pack.name: pack for pack in packs}
        found = [Family(pack.name, *names) for pack in packs for names in pack.branches(split)]
        self.families = tuple(family for family in found if family not in without)
        if not self.families:
            raise UsageError("no family of tasks is left")
        self.skill, self.stage = 0.0, 1
        """`stage`: quarters that are open, for `staged`; what is open stays open."""
        self.difficulty = dict.fromkeys(self.families, 0.0)
        self.best = dict.fromkeys(self.families, 0.0)
        self.late = dict.fromkeys(self.families, 0.0)
        self.count = dict.fromkeys(self.families, 0)
        self._order = sorted(self.families, key=lambda family: (self._steps(family), family))

    def _steps(self, family: Family) -> tuple[int, int]:
        """How long the way is: decisions on it, and calls in the workflow."""
        workflow: Workflow = self._packs[family.pack].workflows[family.workflow]
        calls = sum(isinstance(node, CallTool) for node in walk(workflow.tree))
        leaf = workflow.leaf(family.branch)
        return 0 if leaf == "done" else leaf.count(".") + 1, calls

    # --- what is expected ---

    def expected(self, family: Family) -> float:
        """The probability of success, in (0, 1)."""
        return 1.0 / (1.0 + math.exp(max(-40.0, min(40.0, self.difficulty[family] - self.skill))))

    def weights(self) -> dict[Family, float]:
        """The probability of every family at the next draw; they sum to 1."""
        raw = getattr(self, f"_{self.kind}")()
        total, count = sum(raw.values()), len(self.families)
        even = 1.0 / count
        return {
            family: self.spread * even + (1.0 - self.spread) * (raw[family] / total if total > 0 else even)
            for family in self.families
        }

    def _uniform(self) -> dict[Family, float]:
        return dict.fromkeys(self.families, 1.0)

    def _band(self) -> dict[Family, float]:
        chances = {family: self.expected(family) for family in self.families}
        within = {
            family: p * (1 - p) if self.low <= p <= self.high else 0.0 if self.count[family] else 0.25
            for family, p in chances.items()
        }
        return within if any(within.values()) else {family: p * (1 - p) for family, p in chances.items()}

    def _regret(self) -> dict[Family, float]:
        """What was never played counts as solvable and not yet solved."""
        return {
            family: max(0.0, self.best[family] - self.late[family]) if self.count[family] else 1.0
            for family in self.families
        }

    def _staged(self) -> dict[Family, float]:
        size = -(-len(self._order) // _STAGES)
        opened = size * self.stage
        while opened < len(self._order):
            here = self._order[:opened]
            tried = all(self.count[family] for family in here)
            if not tried or sum(map(self.expected, here)) / len(here) < _OPEN:
                break
            opened += size
            self.stage += 1
        return {family: float(at < opened) for at, family in enumerate(self._order)}

    # --- playing ---

    def __call__(self, seed: int) -> Task:
        """The task of a seed, under what is known by now. Raises TaskError where its branch cannot be had."""
        source = stream("curriculum", self.split, seed)
        point = source.below(2**32) / 2**32
        weights = self.weights()
        chosen = self.families[-1]
        for family in self.families:
            point -= weights[family]
            if point < 0:
                chosen = family
                break
        return self._packs[chosen.pack].task(seed, self.split, chosen.workflow, chosen.branch)

    def played(self, task: Task, score: float, success: bool | None = None) -> None:
        """Learn from an episode.

        Args:
            score: in [0, 1]; success is a score of 1 where it is not given.
        """
        family = Family(task.pack, task.workflow, task.branch)
        if family not in self.difficulty:
            return
        won = float(score >= 1.0 - 1e-9 if success is None else success)
        surprise = won - self.expected(family)
        self.difficulty[family] -= _STEP * surprise
        self.skill += _STEP / 4 * surprise
        self.best[family] = max(self.best[family], score)
        first = not self.count[family]
        self.late[family] = score if first else (1 - _LATE) * self.late[family] + _LATE * score
        self.count[family] += 1

    # --- to go on later ---

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON holds it."""
        rows = [
            [*family, self.difficulty[family], self.best[family], self.late[family], self.count[family]]
            for family in self.families
        ]
        return {"skill": self.skill, "stage": self.stage, "families": rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave; families that are not there any more are left out."""
        self.skill, self.stage = float(state["skill"]), int(state["stage"])
        for pack, workflow, branch, difficulty, best, late, count in cast(list[Any], state["families"]):
            family = Family(pack, workflow, branch)
            if family in self.difficulty:
                self.difficulty[family], self.best[family] = float(difficulty), float(best)
                self.late[family], self.count[family] = float(late), int(count)
