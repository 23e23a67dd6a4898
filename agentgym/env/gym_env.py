"""The single-agent view: one seat is played, the others are simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, SupportsFloat

import gymnasium

from agentgym.env.contract import TERMS, Contract
from agentgym.env.stage import SingleSeat, check, info_of, paid
from agentgym.episode import Episode, View
from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.rubric import DIMENSIONS
from agentgym.spaces import TextSpace
from agentgym.tasks import Sampler
from agentgym.types import ASSISTANT, USER, Task, User

__all__ = ["AgentToolEnv"]

Observation = dict[str, str]


class AgentToolEnv(SingleSeat[Observation, str]):
    """A customer, a desk of tools and a policy: solve the customer's request by talking and by calling tools.

    Action: a string. `<tool_call>{"name": ..., "arguments": {...}}</tool_call>` (one or several), one bare JSON object
    of that shape, or words, which are said to the other seat; what stands in `<think>...</think>` is neither done nor
    said. Observation: `{"transcript", "new"}`, both strings; `transcript` only ever grows and `new` is its tail since
    the seat last acted. `info` has `messages`, `new_messages`, `tools`, `task_id`, `turn`, `reward_terms`, `score`,
    `valid` and `ending` at every step.

    Args:
        pack: a pack's name or folder, a `Pack`, several of them, or None for all that can be found.
        split: `train` or `test`; they share no world, vocabulary or wording.
        reward: `step` pays every step (the steps sum to the score); `episode` pays the score at the end.
        gamma: discount of the step potential, in (0, 1].
        scorer: a scorer's name; by default each task's own.
        seat: `assistant_0` or `user_0`.
        user: who plays the user when the seat is the assistant: None for the automaton, or a function of no arguments
            that gives a `User` for each episode.
        assistant: who plays the assistant when the seat is the user: a function of the assistant's `View` that gives an
            action; by default the oracle's script.
        tasks: a JSONL file, a list of tasks, or a function from seed to task, in place of the packs' workflows.
        render_mode: `ansi`, `human` or `rgb_array`.
        view: how the tools are shown, see `agentgym.views`: `renamed`, `shuffled,distractors:20@7`; by default as they
            are.
    """

    def __init__(
        self,
        pack: str | Path | Pack | Sequence[str | Path | Pack] | None = None,
        *,
        split: Literal["train", "test"] = "train",
        reward: Literal["step", "episode"] = "step",
        gamma: float = 1.0,
        scorer: str | None = None,
        seat: str = ASSISTANT,
        user: Callable[[], User] | None = None,
        assistant: Callable[[View], object] | None = None,
        tasks: str | Path | Sequence[Task] | Sampler | None = None,
        render_mode: str | None = None,
        view: str = "",
    ) -> None:
        check("seat", seat, (ASSISTANT, USER))
        super().__init__(
            pack, split=split, reward=reward, gamma=gamma, scorer=scorer, user=user, tasks=tasks,
            render_mode=render_mode, view=view,
        )  # fmt: skip
        self.seat, self._assistant = seat, assistant
        self._other: View | None = None
        self._script = 0
        self._ended = False
        """Whether the assistant ended the episode before the user could speak: `reset` cannot say so, the step after it
        does."""
        self._contract: Contract | None = None
        spaces: Any = gymnasium.spaces.Dict({"transcript": TextSpace(), "new": TextSpace()})
        self.observation_space = spaces
        self.action_space = TextSpace(self.tasks.tools if seat == ASSISTANT else ())

    # --- Gymnasium ---

    def _simulated(self) -> User | str | None:
        return "seat" if self.seat == USER else super()._simulated()

    def _begin(self, episode: Episode) -> None:
        self.view = View(episode, self.seat)
        self._terms = dict.fromkeys(TERMS if self.seat == USER else DIMENSIONS, 0.0)
        if self.seat == USER:
            self._other, self._script = View(episode, ASSISTANT), 0
            self._contract = Contract(episode)
            self._play_assistant()
            self.view.catch_up()
            self._ended = bool(episode.ending)

    def step(self, action: Any) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Act. Never raises for what the action says; raises UsageError before `reset` and after the end."""
        return self.act(action)

    def act(self, action: object) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """`step` for anything that `Episode.apply` takes: a string, an OpenAI assistant message, an `Action`."""
        episode = self.episode
        if episode is None:
            raise UsageError("step() before reset()")
        if self.seat == ASSISTANT:
            episode.apply(action)
            reward, self._terms = paid(episode, self.pay)
        elif self._ended:
            reward, self._ended = 0.0, False
        else:
            reward = self._user_step(episode, action)
        self._show()
        truncated = episode.truncated
        return self._observation(), reward, bool(episode.ending) and not truncated, truncated, self._info()

    # --- the other seat ---

    def _user_step(self, episode: Episode, action: object) -> float:
        assert self._contract is not None
        before = self._contract.level()
        episode.apply(action, USER)
        self._contract.judge()
        if not episode.ending:
            self._play_assistant()
        after = self._contract.level()
        self._terms = {term: after[term] - before[term] for term in after}
        return sum(self._terms.values())

    def _play_assistant(self) -> None:
        """Let the assistant act until it is the user's turn again."""
        episode, view = self.episode, self._other
        assert episode is not None
        assert view is not None
        while not episode.ending and episode.to_act == ASSISTANT:
            view.catch_up()
            episode.apply(self._assistant(view) if self._assistant else self._next_of_script(episode))

    def _next_of_script(self, episode: Episode) -> object:
        self._script += 1
        oracle = episode.task.oracle
        return (
            oracle[self._script - 1] if self._script <= len(oracle) else "Is there anything else I can help you with?"
        )

    # --- pieces ---

    def _observation(self) -> Observation:
        assert self.view is not None
        return {"transcript": self.view.transcript, "new": self.view.new}

    def _info(self) -> dict[str, Any]:
        assert self.episode is not None
        assert self.view is not None
        return info_of(self.episode, self.view, self._terms)
