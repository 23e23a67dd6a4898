"""The numeric single-agent view: the assistant's seat on an episode, in vectors and numbered choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from agentgym.env.stage import SingleSeat, info_of, paid
from agentgym.episode import Episode, View
from agentgym.errors import UsageError
from agentgym.numeric.assistant import AssistantSeat
from agentgym.numeric.layout import Layout
from agentgym.pack import Pack
from agentgym.rubric import DIMENSIONS
from agentgym.tasks import Sampler
from agentgym.types import ASSISTANT, Task, User

__all__ = ["AgentToolDiscreteEnv"]

Observation = dict[str, Any]


class AgentToolDiscreteEnv(SingleSeat[Observation, int]):
    """`AgentToolEnv` in numbers: the same tasks, worlds, users and rubrics, without the language.

    Observation: `{"observation": float32 (n,) in [-1, 1], "action_mask": int8 (m,)}`. The vector says what was asked
    for and said, which typed values are known and how they compare (with what the user said, with now, with one
    another), and what the last result was; it is made from the assistant's view alone. Action: one of `m` choices, each
    a tool call with arguments bound by type from what is known, a question for a fact, a read-back, a report, a refusal
    by a rule, or a closing; `choices` lists them. A choice that the mask excludes is a malformed call.

    `info` is that of `AgentToolEnv`, less messages and tools where `messages=False`.

    Args:
        pack, split, reward, gamma, scorer, user, tasks, render_mode: as in `AgentToolEnv`.
        blank_results: results of tools are hidden from the view (a control for experiments).
        messages: keep the transcript; without it, a step is about a fifth faster and nothing can be rendered.
    """

    def __init__(
        self,
        pack: str | Path | Pack | Sequence[str | Path | Pack] | None = None,
        *,
        split: Literal["train", "test"] = "train",
        reward: Literal["step", "episode"] = "step",
        gamma: float = 1.0,
        scorer: str | None = None,
        user: Callable[[], User] | None = None,
        tasks: str | Path | Sequence[Task] | Sampler | None = None,
        blank_results: bool = False,
        messages: bool = True,
        render_mode: str | None = None,
    ) -> None:
        if render_mode is not None and not messages:
            raise UsageError("rendering needs messages=True")
        super().__init__(
            pack, split=split, reward=reward, gamma=gamma, scorer=scorer, user=user, tasks=tasks,
            render_mode=render_mode,
        )  # fmt: skip
        self.blank_results, self.messages = blank_results, messages
        self.layout = Layout(self.tasks.packs)
        self.observation_space: Any = self.layout.observation_space(ASSISTANT)
        self.action_space: Any = self.layout.action_space(ASSISTANT)
        self.seat: AssistantSeat | None = None

    def _begin(self, episode: Episode) -> None:
        name = episode.pack.name
        self._terms = dict.fromkeys(DIMENSIONS, 0.0)
        self.view = View(episode) if self.messages else None
        observation, mask = self.layout.arrays(ASSISTANT, name)
        layout = self.layout.assistants[name]
        self.seat = AssistantSeat(layout, episode, observation, mask, self.layout.offset, blank=self.blank_results)

    def step(self, action: Any) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Make a choice. Raises UsageError before `reset` and after the end."""
        episode, seat = self.episode, self.seat
        if episode is None or seat is None:
            raise UsageError("step() before reset()")
        episode.apply(seat.action(int(action)))
        seat.look()
        self._show()
        reward, self._terms = paid(episode, self.pay)
        return self._observation(), reward, episode.terminated, episode.truncated, self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """The choices possible now, as bool of shape `(m,)`: the name that sb3-contrib's MaskablePPO looks for."""
        if self.seat is None:
            raise UsageError("action_masks() before reset()")
        return self.seat.mask.astype(np.bool_)

    @property
    def choices(self) -> list[str]:
        """What each choice does in the present pack, in words."""
        if self.seat is None:
            raise UsageError("choices before reset()")
        return [choice.text for choice in self.seat.layout.choices]

    def _observation(self) -> Observation:
        assert self.seat is not None
        return {"observation": self.seat.observation.copy(), "action_mask": self.seat.mask.copy()}

    def _info(self) -> dict[str, Any]:
        episode = self.episode
        assert episode is not None
        if self.view is not None:
            return info_of(episode, self.view, self._terms)
        return {
            "task_id": episode.task.id, "turn": episode.turns, "reward_terms": dict(self._terms),
            "score": episode.score, "valid": episode.valid, "ending": episode.ending or None,
        }  # fmt: skip
