"""What all environments do alike: check their arguments, start the episode of a seed, show it, give it back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import gymnasium
from gymnasium.core import ActType, ObsType

from agentgym.env.render import frame, human
from agentgym.episode import Episode, View
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack
from agentgym.rubric import DIMENSIONS, SCORERS, ZERO
from agentgym.tasks import Sampler, Tasks, packs_of
from agentgym.types import Task, User
from agentgym.world import Pool

__all__ = ["SingleSeat", "Stage", "check", "info_of", "paid"]

_RENDER_MODES = ("ansi", "human", "rgb_array")
_SEEDS = 2**31 - 1


class Stage:
    """One episode after the other, and what they are started with. Arguments as in `AgentToolEnv`.

    `episode` is the present one, `view` the one that is rendered, `pool` keeps worlds warm between episodes.
    """

    metadata: dict[str, Any] = {"render_modes": list(_RENDER_MODES), "render_fps": 2}  # noqa: RUF012

    def __init__(
        self,
        pack: str | Path | Pack | Sequence[str | Path | Pack] | None = None,
        *,
        split: Literal["train", "test"] = "train",
        reward: Literal["step", "episode"] = "step",
        gamma: float = 1.0,
        scorer: str | None = None,
        tasks: str | Path | Sequence[Task] | Sampler | None = None,
        render_mode: str | None = None,
        view: str = "",
    ) -> None:
        check("reward", reward, ("step", "episode"))
        if scorer is not None:
            check("scorer", scorer, SCORERS)
        if render_mode is not None:
            check("render mode", render_mode, _RENDER_MODES)
        if not 0.0 < gamma <= 1.0:
            raise UsageError(f"gamma must lie in (0, 1], found {gamma}")
        self.tasks = Tasks(packs_of(pack), split, tasks, view)
        self.split, self.pay, self.gamma, self.scorer, self.render_mode = split, reward, gamma, scorer, render_mode
        self.pool = Pool()
        self.episode: Episode | None = None
        self.view: View | None = None

    def _start(self, seed: int, options: Mapping[str, Any] | None, user: User | str | None) -> Episode:
        """The episode of a seed, in the place of the one before."""
        pack, task = self.tasks.get(seed, options)
        self._drop()
        self.episode = Episode(pack, task, scorer_name=self.scorer, gamma=self.gamma, user=user, pool=self.pool)
        return self.episode

    def _show(self) -> None:
        """Let the view see what has happened, and print it where that is wanted."""
        if self.view is not None:
            self.view.catch_up()
            if self.render_mode == "human":
                human(self.view)

    def render(self) -> Any:
        """The transcript (`ansi`), a picture of its end (`rgb_array`), or nothing (`human` prints while stepping)."""
        if self.view is None:
            raise UsageError("render() before reset()")
        if self.render_mode == "ansi":
            return self.view.transcript
        return frame(self.view) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Give back all memory: the episode's world and the warm ones."""
        self._drop()
        self.pool.close()

    def _drop(self) -> None:
        if self.episode is not None:
            self.episode.close()
            self.episode = None


class SingleSeat(Stage, gymnasium.Env[ObsType, ActType]):
    """The Gymnasium environments: one seat is played, the other simulated. `user` as in `AgentToolEnv`."""

    def __init__(self, *args: Any, user: Callable[[], User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        self._terms: dict[str, float] = {}
        """What the last step earned by dimension, or by term of the contract."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[ObsType, dict[str, Any]]:
        """Start an episode. The same seed and options give the same episode in any process.

        Args:
            seed: the task's seed; without one, the next of the environment's own generator.
            options: `task` (a `Task`, its JSON dict, or an id from the tasks file), `pack`, `workflow`, `branch`, and
                `view` in place of the environment's. Any other raises NotFoundError, but for `options`, which
                PettingZoo's tests pass and which says nothing.
        """
        super().reset(seed=seed)
        chosen = int(seed) if seed is not None else int(self.np_random.integers(_SEEDS))
        self._begin(self._start(chosen, options, self._simulated()))
        self._show()
        return self._observation(), self._info()

    def _simulated(self) -> User | str | None:
        """Who sits in the user's seat of a new episode."""
        return self._user() if self._user else None

    def _begin(self, episode: Episode) -> None:
        """What a view needs for a new episode."""
        raise NotImplementedError

    def _observation(self) -> ObsType:
        raise NotImplementedError

    def _info(self) -> dict[str, Any]:
        raise NotImplementedError


def check(kind: str, value: str, known: Collection[str]) -> None:
    """Raises NotFoundError for a name that is not known."""
    if cast(object, value) not in known:
        raise NotFoundError(kind, str(value), known)


def paid(episode: Episode, pay: str) -> tuple[float, dict[str, float]]:
    """The step's reward and the terms that sum to it: of every step, or (`episode`) all of them at the end."""
    if pay == "step":
        if episode.terms is ZERO:
            return 0.0, dict.fromkeys(DIMENSIONS, 0.0)
        return episode.reward, episode.reward_terms
    if episode.score is None:
        return 0.0, dict.fromkeys(DIMENSIONS, 0.0)
    return episode.score, episode.level_terms


def info_of(episode: Episode, view: View, terms: Mapping[str, float]) -> dict[str, Any]:
    """The info dict: the same keys at every step, no clock, no gold, no rubric text."""
    return {
        "messages": list(view.messages),
        "new_messages": view.new_messages,
        "tools": view.tools,
        "task_id": episode.task.id,
        "turn": episode.turns,
        "reward_terms": dict(terms),
        "score": episode.score,
        "valid": episode.valid,
        "ending": episode.ending or None,
    }
