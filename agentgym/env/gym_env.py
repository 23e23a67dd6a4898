"""The single-agent view: one seat is played, the others are simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, SupportsFloat

import gymnasium

from agentgym.env.contract import TERMS, Contract
from agentgym.env.render import frame, human
from agentgym.episode import Episode, View
from agentgym.errors import NotFoundError, UsageError
from agentgym.rubric import DIMENSIONS, SCORERS
from agentgym.spaces import TextSpace
from agentgym.tasks import Sampler, Tasks, packs_of
from agentgym.types import ASSISTANT, USER, Task, User
from agentgym.world import Pool

__all__ = ["AgentToolEnv", "info_of", "paid"]

Observation = dict[str, str]


class AgentToolEnv(gymnasium.Env[Observation, str]):
    """A customer, a desk of tools and a policy: solve the customer's request by talking and by calling tools.

    Action: a string. `<tool_call>{"name": ..., "arguments": {...}}</tool_call>` (one or several), one bare JSON object
    of that shape, or words, which are said to the other seat. Observation: `{"transcript", "new"}`, both strings;
    `transcript` only ever grows and `new` is its tail since the seat last acted. `info` has `messages`, `new_messages`,
    `tools`, `task_id`, `turn`, `reward_terms`, `score`, `valid` and `ending` at every step.

    Args:
        pack: a pack's name or folder, several of them, or None for all that can be found.
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
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "human", "rgb_array"], "render_fps": 2}  # noqa: RUF012

    def __init__(
        self,
        pack: str | Path | Sequence[str | Path] | None = None,
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
    ) -> None:
        _check("reward", reward, ("step", "episode"))
        _check("seat", seat, (ASSISTANT, USER))
        if scorer is not None:
            _check("scorer", scorer, SCORERS)
        if render_mode is not None:
            _check("render mode", render_mode, self.metadata["render_modes"])
        if not 0.0 < gamma <= 1.0:
            raise UsageError(f"gamma must lie in (0, 1], found {gamma}")
        self.tasks = Tasks(packs_of(pack), split, tasks)
        self.split, self.seat, self.gamma, self.pay = split, seat, gamma, reward
        self.scorer, self._user, self._assistant = scorer, user, assistant
        self.render_mode = render_mode
        self.pool = Pool()
        self.episode: Episode | None = None
        self.view: View | None = None
        self._other: View | None = None
        self._script = 0
        self._contract: Contract | None = None
        self._terms: dict[str, float] = {}
        """What the last step earned by dimension, or by term of the contract."""
        tools = [tool.openai for found in self.tasks.packs.values() for tool in found.tools.values()]
        spaces: Any = gymnasium.spaces.Dict({"transcript": TextSpace(), "new": TextSpace()})
        self.observation_space = spaces
        self.action_space = TextSpace(tools if seat == ASSISTANT else ())

    # --- Gymnasium ---

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode. The same seed and options give the same episode in any process.

        Args:
            seed: the task's seed; without one, the next of the environment's own generator.
            options: `task` (a `Task`, its JSON dict, or an id from the tasks file), `pack`, `workflow`, `branch`.
        """
        super().reset(seed=seed)
        chosen = int(seed) if seed is not None else int(self.np_random.integers(2**31 - 1))
        pack, task = self.tasks.get(chosen, options)
        self._drop()
        user: Any = "seat" if self.seat == USER else self._user() if self._user else None
        self.episode = Episode(pack, task, scorer_name=self.scorer, gamma=self.gamma, user=user, pool=self.pool)
        self.view = View(self.episode, self.seat)
        self._terms = dict.fromkeys(TERMS if self.seat == USER else DIMENSIONS, 0.0)
        if self.seat == USER:
            self._other, self._script = View(self.episode, ASSISTANT), 0
            self._contract = Contract(self.episode)
            self._play_assistant()
            self.view.catch_up()
            self.view.new = self.view.transcript
            self.view.new_messages = list(self.view.messages)
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Act. Never raises for what the action says; raises UsageError before `reset` and after the end."""
        return self.act(action)

    def act(self, action: object) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """`step` for anything that `Episode.apply` takes: a string, an OpenAI assistant message, an `Action`."""
        episode, view = self.episode, self.view
        if episode is None or view is None:
            raise UsageError("step() before reset()")
        if self.seat == ASSISTANT:
            episode.apply(action)
            reward, self._terms = paid(episode, self.pay)
        else:
            reward = self._user_step(episode, action)
        view.catch_up()
        if self.render_mode == "human":
            human(view)
        return self._observation(), reward, episode.terminated, episode.truncated, self._info()

    def render(self) -> Any:
        """The transcript (`ansi`), a picture of its end (`rgb_array`), or nothing (`human` prints while stepping)."""
        if self.view is None:
            raise UsageError("render() before reset()")
        if self.render_mode == "ansi":
            return self.view.transcript
        if self.render_mode == "rgb_array":
            return frame(self.view)
        return None

    def close(self) -> None:
        """Give back all memory: the episode's world and the warm ones."""
        self._drop()
        self.pool.close()

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

    def _drop(self) -> None:
        if self.episode is not None:
            self.episode.close()
            self.episode = None

    def _observation(self) -> Observation:
        assert self.view is not None
        return {"transcript": self.view.transcript, "new": self.view.new}

    def _info(self) -> dict[str, Any]:
        assert self.episode is not None
        assert self.view is not None
        return info_of(self.episode, self.view, self._terms)


def paid(episode: Episode, pay: str) -> tuple[float, dict[str, float]]:
    """The step's reward and the terms that sum to it: of every step, or (`episode`) all of them at the end."""
    if pay == "step":
        return episode.reward, episode.reward_terms
    if episode.score is None:
        return 0.0, dict.fromkeys(DIMENSIONS, 0.0)
    return episode.score, episode.level_terms


def info_of(episode: Episode, view: View, terms: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The info dict: the same keys at every step, no clock, no gold, no rubric text."""
    return {
        "messages": list(view.messages),
        "new_messages": view.new_messages,
        "tools": view.tools,
        "task_id": episode.task.id,
        "turn": episode.turns,
        "reward_terms": dict(terms) if terms is not None else episode.reward_terms,
        "score": episode.score,
        "valid": episode.valid,
        "ending": episode.ending or None,
    }


def _check(kind: str, value: str, known: Any) -> None:
    if value not in known:
        raise NotFoundError(kind, str(value), known)
