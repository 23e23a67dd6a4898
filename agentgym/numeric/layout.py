"""Fixed spaces for one pack or a mix of packs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from agentgym.numeric.assistant import AssistantLayout
from agentgym.numeric.user import UserLayout
from agentgym.pack import Pack
from agentgym.types import ASSISTANT, USER

__all__ = ["Layout"]


class Layout:
    """The spaces of both seats: as large as the largest pack needs, with a one-hot of the pack before a mix's features.

    With `alike`, both seats have the size of the larger one: one network can serve both.

    An observation is `{"observation", "action_mask"}`: float32 of shape `(size[seat],)` in [-1, 1], and int8 of shape
    `(choices[seat],)`, 1 where a choice is possible.
    """

    def __init__(self, packs: Mapping[str, Pack], *, alike: bool = False) -> None:
        self.assistants = {name: AssistantLayout(pack) for name, pack in packs.items()}
        self.users = {name: UserLayout(pack) for name, pack in packs.items()}
        self.packs = {name: i for i, name in enumerate(sorted(packs))}
        self.offset = len(packs) if len(packs) > 1 else 0
        both = {ASSISTANT: list(self.assistants.values()), USER: list(self.users.values())}
        self.size = {seat: self.offset + max(one.size for one in found) for seat, found in both.items()}
        self.choices = {seat: max(len(one.choices) for one in found) for seat, found in both.items()}
        if alike:
            self.size = dict.fromkeys(self.size, max(self.size.values()))
            self.choices = dict.fromkeys(self.choices, max(self.choices.values()))

    def observation_space(self, seat: str) -> gymnasium.spaces.Dict:
        return gymnasium.spaces.Dict(
            {
                "observation": gymnasium.spaces.Box(-1.0, 1.0, (self.size[seat],), np.float32),
                "action_mask": gymnasium.spaces.MultiBinary(self.choices[seat]),
            }
        )

    def action_space(self, seat: str) -> gymnasium.spaces.Discrete[Any]:
        return gymnasium.spaces.Discrete(self.choices[seat])

    def arrays(self, seat: str, pack: str) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """An observation and a mask of a seat, empty but for the pack."""
        observation = np.zeros(self.size[seat], dtype=np.float32)
        if self.offset:
            observation[self.packs[pack]] = 1.0
        return observation, np.zeros(self.choices[seat], dtype=np.int8)
