"""For classic.py: many episodes of the numeric view at once, and what a policy wins on held-out tasks.

An observation is the view's vector and behind it one number for each choice: 0 where it is not possible, else one over
how many choices of its kind (a call, a question, a read-back, ...) are. A network whose first guess is that number
tries every kind equally often, and one without action masking at least sees what is possible.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.rollout.summary import wilson
from agentgym.tasks import packs_of
from agentgym.types import Task

__all__ = ["WORLDS", "Choose", "Players", "Share", "held_out", "measure", "rate", "seeds_of", "shown", "work"]

_FORGET = 0.05  # weight of the newest episode in the share of a branch that is won
WORLDS = 64  # worlds of a split: a task's world is its seed modulo WORLDS
Choose = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From observations (n, size) and masks (n, choices) to n choices."""


def seeds_of(tasks: int, worlds: int) -> list[int]:
    """Seeds of that many tasks in as few worlds: a world takes longer to make than a task."""
    return [place // worlds * WORLDS + place % worlds for place in range(tasks)]


class Players:
    """`size` episodes of one split in one process.

    Args:
        turns: limit of turns; 0 leaves each task its own.
        gamma: discount of the potential that steps are paid by.
    """

    def __init__(
        self, pack: str, split: Literal["train", "test"], size: int, *, reward: Literal["step", "episode"] = "step",
        gamma: float = 1.0, turns: int = 0,
    ) -> None:  # fmt: skip
        packs = packs_of(pack)
        self.envs = [
            AgentToolDiscreteEnv(packs, split=split, reward=reward, gamma=gamma, messages=False) for _ in range(size)
        ]
        self._kinds = {name: self._kinds_of(name) for name in self.envs[0].layout.assistants}
        self.turns, self._made = turns, dict[int, Task]()
        inputs, choices = self.envs[0].observation_space["observation"].shape[0], int(self.envs[0].action_space.n)
        self.observations = np.zeros((size, inputs + choices), np.float32)
        self.masks = np.zeros((size, choices), np.bool_)

    def _kinds_of(self, pack: str) -> np.ndarray:
        """The number of each choice's kind; choices that the pack does not have are of kind 0."""
        kinds = [choice.kind for choice in self.envs[0].layout.assistants[pack].choices]
        names = sorted(set(kinds))
        numbers = np.zeros(int(self.envs[0].action_space.n), np.int64)
        numbers[: len(kinds)] = [names.index(kind) for kind in kinds]
        return numbers

    def task(self, seed: int) -> Task:
        if seed not in self._made:
            self._made[seed] = self.cut(self.envs[0].tasks.get(seed)[1])
        return self._made[seed]

    def cut(self, task: Task) -> Task:
        """The task with the players' limit of turns."""
        turns = min(task.limits.turns, self.turns or task.limits.turns)
        return replace(task, limits=replace(task.limits, turns=turns))

    def begin(self, place: int, task: Task) -> None:
        self._see(place, self.envs[place].reset(options={"task": task})[0])

    def step(self, place: int, choice: int) -> tuple[float, bool]:
        """What the choice earns, and whether the episode is over."""
        seen, reward, ended, cut, _ = self.envs[place].step(choice)
        self._see(place, seen)
        return float(reward), ended or cut

    def won(self, place: int) -> bool:
        episode = self.envs[place].episode
        return episode is not None and episode.success

    def _see(self, place: int, seen: dict[str, Any]) -> None:
        seat = self.envs[place].seat
        assert seat is not None
        self.observations[place] = self.observed(seen["observation"], seen["action_mask"], seat.layout.pack.name)
        self.masks[place] = seen["action_mask"]

    def observed(self, observation: np.ndarray, mask: np.ndarray, pack: str) -> np.ndarray:
        """The view's vector with the shares of the possible choices behind it."""
        kinds = self._kinds[pack]
        shares = mask / np.maximum(np.bincount(kinds, weights=mask), 1.0)[kinds]
        return np.concatenate([observation, shares.astype(np.float32)])

    def play(self, choose: Choose, tasks: Sequence[Task]) -> list[bool]:
        """Play each task once; which were won."""
        out = [False] * len(tasks)
        size = len(self.envs)
        for start in range(0, len(tasks), size):
            active = list(range(min(size, len(tasks) - start)))
            for place in active:
                self.begin(place, tasks[start + place])
            while active:
                choices = choose(self.observations[active], self.masks[active])
                over = [self.step(place, int(choice))[1] for place, choice in zip(active, choices, strict=True)]
                for place in (place for place, end in zip(active, over, strict=True) if end):
                    out[start + place] = self.won(place)
                active = [place for place, end in zip(active, over, strict=True) if not end]
        return out


# --- training tasks -------------------------------------------------------------------------------------------------


class Share:
    """Some of the training episodes, in this process: each that ends is followed by another of a random task.

    Tasks of branches that are won are drawn less often than others, by `settings.focus` times the share that is won.
    """

    def __init__(self, settings: Any, size: int, place: int) -> None:
        self.players = Players(
            settings.pack, "train", size, reward=settings.reward, gamma=settings.shaping, turns=settings.turns
        )
        self.seeds, self.focus = seeds_of(settings.tasks, settings.worlds), settings.focus
        self.source = np.random.default_rng([settings.seed, place])
        self.won: dict[tuple[str, str, str], float] = {}
        self.branch: list[tuple[str, str, str]] = [("", "", "")] * size
        self.earned = np.zeros(size)

    def reset(self) -> tuple[np.ndarray, np.ndarray]:
        for place in range(len(self.players.envs)):
            self._begin(place)
        return self.players.observations, self.players.masks

    def _begin(self, place: int) -> None:
        while True:
            task = self.players.task(self.seeds[int(self.source.integers(len(self.seeds)))])
            branch = task.pack, task.workflow, task.branch
            if self.source.random() >= self.focus * self.won.get(branch, 0.0):
                break
        self.earned[place], self.branch[place] = 0.0, branch
        self.players.begin(place, task)

    def _end(self, place: int) -> tuple[bool, float]:
        won, before = self.players.won(place), self.won.get(self.branch[place], 0.0)
        self.won[self.branch[place]] = before + _FORGET * (won - before)
        return won, float(self.earned[place])

    def step(
        self, choices: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray, list[float], list[tuple[bool, float] | None]]:
        """Observations, masks, rewards, and of the episodes that ended (success, return)."""
        rewards: list[float] = []
        ended: list[tuple[bool, float] | None] = []
        for place, choice in enumerate(choices):
            reward, over = self.players.step(place, int(choice))
            self.earned[place] += reward
            rewards.append(reward)
            ended.append(self._end(place) if over else None)
            if over:
                self._begin(place)
        return self.players.observations, self.players.masks, rewards, ended


def work(pipe: Any, settings: Any, size: int, place: int) -> None:
    """Another process's share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to answer
    share = Share(settings, size, place)
    while True:
        try:
            choices = pipe.recv()
        except EOFError:
            return
        pipe.send(share.reset() if choices is None else share.step(choices))


# --- held-out tasks -------------------------------------------------------------------------------------------------


def held_out(players: Players, number: int) -> list[tuple[Task, Task | None]]:
    """The first tasks of the split, each with its twin, if it has one."""
    out: list[tuple[Task, Task | None]] = []
    for seed in range(number):
        pack, task = players.envs[0].tasks.get(seed)
        out.append((task, pack.twin(task)))
    return out


def measure(players: Players, choose: Choose, pairs: Sequence[tuple[Task, Task | None]]) -> dict[str, Any]:
    """Success with Wilson's 95 % intervals: on tasks, on tasks and twins, on both of a pair, and by what is right."""
    tasks = [task for task, _ in pairs]
    twins = {task.id: twin for task, twin in pairs if twin is not None}
    every = list({task.id: task for task in (*tasks, *twins.values())}.values())
    won = dict(zip((task.id for task in every), players.play(choose, every), strict=True))
    kinds = {kind: [won[t.id] for t in every if _kind(t) == kind] for kind in ("act", "refuse", "trap")}
    branches: dict[str, list[bool]] = {}
    for task in sorted(every, key=lambda task: (task.pack, task.workflow, task.branch)):
        branches.setdefault(f"{task.workflow}/{task.branch}", []).append(won[task.id])
    return {
        "tasks": rate(won[task.id] for task in tasks),
        "tasks_and_twins": rate(won.values()),
        "pairs": rate(won[one] and won[twin.id] for one, twin in twins.items()),
        **{kind: rate(found) for kind, found in kinds.items()},
        "by_branch": {name: f"{sum(found)}/{len(found)}" for name, found in branches.items()},
    }  # fmt: skip


def _kind(task: Task) -> str:
    """`trap`: the user claims what is not so; `refuse`: a rule is in the way; `act`: what is asked for can be done."""
    if task.trap:
        return "trap"
    return "refuse" if any(c.kind == "refused" for c in task.outcomes[0].criteria) else "act"


def rate(found: Iterable[bool]) -> dict[str, Any]:
    """A share with its interval; None of none."""
    values = [float(one) for one in found]
    estimate = wilson(values)
    if estimate is None:
        return {"success": None, "low": None, "high": None, "n": 0}
    return {"success": estimate.value, "low": estimate.low, "high": estimate.high, "n": len(values)}


def shown(of: dict[str, Any]) -> str:
    """A rate in words."""
    if not of["n"]:
        return "none"
    return f"{100 * of['success']:5.1f} % [{100 * of['low']:.1f}, {100 * of['high']:.1f}] of {of['n']}"
