"""Many episodes in one process, stepped together: Gymnasium's vector interface, with groups for GRPO.

Waiting for a model costs thousands of times what a step costs, so there are no worker processes: batch the model's
calls, not the episodes.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from agentgym.env import AgentToolEnv
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack
from agentgym.world import Pool

__all__ = ["AgentToolVectorEnv"]

Observations = dict[str, tuple[str, ...]]
Info = dict[str, Any]
_SEEDS = 2**31 - 1


class AgentToolVectorEnv(gymnasium.vector.VectorEnv[Observations, Sequence[Any], NDArray[Any]]):
    """`num_envs` episodes that are stepped together and share packs, tasks and warm worlds.

    Observations are batched by key: `{"transcript": (str, ...), "new": (str, ...)}`. Rewards are float64 and endings
    bool, each of shape `(num_envs,)`. Infos are in Gymnasium's vector form: for each key an array and a mask `_key`.

    Autoreset is off by default: an episode that has ended waits until `reset(options={"reset_mask": mask})` starts
    another in its place, with `mask` a bool array of shape `(num_envs,)`; until then its action must be None.
    `NextStep` and `SameStep` are as in `gymnasium.vector.SyncVectorEnv`.

    A group is `group` consecutive sub-environments that play the same tasks: the k-th episode of each has the same
    seed.

    Args:
        num_envs: how many episodes; a multiple of `group`.
        pack: as for `AgentToolEnv`, like all other arguments.
        group: sub-environments that share a task.
        autoreset_mode: `Disabled`, `NextStep` or `SameStep`, or Gymnasium's enumeration.
    """

    metadata: dict[str, Any] = {**AgentToolEnv.metadata, "autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(
        self,
        num_envs: int = 1,
        pack: str | Path | Pack | Sequence[str | Path | Pack] | None = None,
        *,
        group: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.DISABLED,
        **arguments: Any,
    ) -> None:
        super().__init__()
        self.envs: list[AgentToolEnv] = []
        if num_envs < 1 or group < 1 or num_envs % group:
            raise UsageError(f"num_envs must be a positive multiple of group, found num_envs={num_envs}, group={group}")
        self.num_envs, self.group, self.autoreset_mode = num_envs, group, _mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        first = AgentToolEnv(pack, **arguments)
        first.pool = self.pool = Pool(max(64, num_envs))
        self.envs = [first, *(copy.copy(first) for _ in range(num_envs - 1))]
        self.render_mode = first.render_mode
        self.single_observation_space, self.single_action_space = first.observation_space, first.action_space
        self.observation_space = gymnasium.vector.utils.batch_space(first.observation_space, num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(first.action_space, num_envs)
        self._observed: list[dict[str, str] | None] = [None] * num_envs
        self._rewards = np.zeros(num_envs, np.float64)
        self._terminations, self._truncations = np.zeros(num_envs, np.bool_), np.zeros(num_envs, np.bool_)

    # --- Gymnasium ---

    def reset(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Info]:
        """Start episodes: all, or those of `options["reset_mask"]`.

        Args:
            seed: of the first group, the others following by 1; or one for each group or each sub-environment; or None:
                each goes on with its own generator.
            options: `reset_mask`, and the options of `AgentToolEnv.reset` for every episode that is started.
        """
        options = dict(options or {})
        mask = self._mask(options.pop("reset_mask", None))
        seeds = self._seeds(seed, mask)
        infos: list[Info | None] = [None] * self.num_envs
        for i in np.flatnonzero(mask):
            self._observed[i], infos[i] = self.envs[i].reset(seed=seeds[i], options=options or None)
        self._terminations[mask] = False
        self._truncations[mask] = False
        return self._observations(), _batched(infos)

    def step(
        self, actions: Sequence[Any] | NDArray[Any]
    ) -> tuple[Observations, NDArray[Any], NDArray[Any], NDArray[Any], Info]:
        """One action for each sub-environment.

        Raises:
            UsageError: before the first reset, or for an action on an episode that has ended while autoreset is off.
        """
        if len(actions) != self.num_envs:
            raise UsageError(f"expected {self.num_envs} actions, found {len(actions)}")
        infos: list[Info | None] = [None] * self.num_envs
        finals: list[Info | None] = [None] * self.num_envs
        final_observations = np.full(self.num_envs, None, dtype=object)
        done = self._terminations | self._truncations
        for i, env in enumerate(self.envs):
            if done[i] and self.autoreset_mode is AutoresetMode.NEXT_STEP:
                self._observed[i], infos[i] = env.reset()
                self._rewards[i], self._terminations[i], self._truncations[i] = 0.0, False, False
                continue
            if done[i] and self.autoreset_mode is AutoresetMode.DISABLED:
                self._rest(i, actions[i])
                continue
            self._observed[i], self._rewards[i], self._terminations[i], self._truncations[i], infos[i] = env.act(
                actions[i]
            )
            if self.autoreset_mode is AutoresetMode.SAME_STEP and (self._terminations[i] or self._truncations[i]):
                final_observations[i], finals[i] = self._observed[i], infos[i]
                self._observed[i], infos[i] = env.reset()
        batched = _batched(infos)
        if any(final is not None for final in finals):
            ended = np.array([final is not None for final in finals])
            batched |= {"final_obs": final_observations, "_final_obs": ended}
            batched |= {"final_info": _batched(finals), "_final_info": ended.copy()}
        return (
            self._observations(),
            self._rewards.copy(),
            self._terminations.copy(),
            self._truncations.copy(),
            batched,
        )

    def render(self) -> tuple[Any, ...]:
        """What each sub-environment renders."""
        return tuple(env.render() for env in self.envs)

    def close_extras(self, **_: Any) -> None:
        """Give back all memory: every episode's world and the warm ones."""
        for env in self.envs:
            env.close()

    # --- pieces ---

    def _rest(self, i: int, action: Any) -> None:
        """Let an ended episode be."""
        if action is not None:
            raise UsageError(
                f"the episode of sub-environment {i} has ended: give it the action None, or start another with "
                'reset(options={"reset_mask": ...})'
            )
        self._rewards[i] = 0.0

    def _observations(self) -> Observations:
        if None in self._observed:
            raise UsageError("reset all sub-environments before some of them")
        observed = cast(list[dict[str, str]], self._observed)
        return {key: tuple(one[key] for one in observed) for key in sorted(observed[0])}

    def _mask(self, given: Any) -> NDArray[np.bool_]:
        if given is None:
            return np.ones(self.num_envs, np.bool_)
        if not isinstance(given, np.ndarray) or cast(NDArray[Any], given).dtype != np.bool_:
            raise TypeError(f"options['reset_mask'] must be a NumPy array of bool, found {type(given).__name__}")  # pyright: ignore[reportUnknownArgumentType]
        mask = cast(NDArray[np.bool_], given)
        if mask.shape != (self.num_envs,):
            raise ValueError(f"options['reset_mask'] must have shape ({self.num_envs},), found {mask.shape}")
        if not mask.any():
            raise ValueError("options['reset_mask'] must be true somewhere")
        return mask

    def _seeds(self, seed: Any, mask: NDArray[np.bool_]) -> list[int | None]:
        """A seed for each sub-environment."""
        groups = self.num_envs // self.group
        if seed is None:
            return self._own_seeds(mask)
        if not isinstance(seed, Sequence | np.ndarray):
            seed = [operator.index(seed) + j for j in range(groups)]
        given = [None if one is None else operator.index(one) for one in cast(Sequence[Any], seed)]
        if len(given) == self.num_envs:
            return given
        if len(given) != groups:
            raise ValueError(f"expected {self.num_envs} seeds, or {groups} for the groups; found {len(given)}")
        return [one for one in given for _ in range(self.group)]

    def _own_seeds(self, mask: NDArray[np.bool_]) -> list[int | None]:
        """None for each, but one number for each group that starts together: its members may have got out of step."""
        seeds: list[int | None] = [None] * self.num_envs
        if self.group > 1:
            for start in range(0, self.num_envs, self.group):
                members = slice(start, start + self.group)
                if mask[members].all():
                    seeds[members] = [int(self.envs[start].np_random.integers(_SEEDS))] * self.group
        return seeds


def _mode(mode: str | AutoresetMode) -> AutoresetMode:
    known = {found.value: found for found in AutoresetMode}
    name = mode.value if isinstance(mode, AutoresetMode) else mode
    if name not in known:
        raise NotFoundError("autoreset mode", str(name), known)
    return known[name]


def _batched(infos: Sequence[Mapping[str, Any] | None]) -> Info:
    """Infos in the form of `VectorEnv._add_info`, made in one pass; None for a sub-environment that has none.

    As there, the first value of a key decides the type of its array.
    """
    present = [i for i, info in enumerate(infos) if info is not None]
    if not present:
        return {}
    mask = np.zeros(len(infos), np.bool_)
    mask[present] = True
    first = cast(Mapping[str, Any], infos[present[0]])
    batched: Info = {}
    for key, value in first.items():
        if isinstance(value, dict):
            batched[key] = _batched([info[key] if info is not None else None for info in infos])
        else:
            kind = cast(Any, type(value))
            array: NDArray[Any] = np.zeros(len(infos), kind if kind in (int, float, bool) else object)
            if array.dtype == object:
                array.fill(None)
            for i in present:
                array[i] = cast(Mapping[str, Any], infos[i])[key]
            batched[key] = array
        batched[f"_{key}"] = mask.copy()
    return batched
