"""The PettingZoo view: `assistant_0` and `user_0` take turns; each may be a learner, a callable or built in."""

from __future__ import annotations

from typing import Any, Literal

import gymnasium
from pettingzoo import AECEnv

from agentgym.env.contract import Contract
from agentgym.env.gym_env import info_of
from agentgym.env.render import frame, human
from agentgym.episode import Episode, View
from agentgym.errors import UsageError, did_you_mean
from agentgym.spaces import TextSpace
from agentgym.tasks import OPTIONS, Tasks, packs_of
from agentgym.types import ASSISTANT, USER
from agentgym.world import Pool

__all__ = ["AgentToolAEC"]


class AgentToolAEC(AECEnv[str, Any, Any]):
    """Two seats on one episode. After tool calls the assistant acts again; after its words the user does.

    `assistant_0` earns the task's reward, `user_0` the terms of its contract, in [-1, 1]. Observations are
    `{"transcript", "new"}`, actions strings; `infos` as in the Gymnasium view. Arguments are those of `AgentToolEnv`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "name": "AgentTool-v0", "render_modes": ["ansi", "human", "rgb_array"], "is_parallelizable": False,
        "render_fps": 2,
    }  # fmt: skip

    def __init__(
        self, pack: Any = None, *, split: Literal["train", "test"] = "train", gamma: float = 1.0,
        scorer: str | None = None, tasks: Any = None, render_mode: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.tasks = Tasks(packs_of(pack), split, tasks)
        self.gamma, self.scorer, self.render_mode = gamma, scorer, render_mode
        self.possible_agents = [ASSISTANT, USER]
        self._observation_spaces, self._action_spaces = self._spaces()
        self.pool = Pool()
        self.episode: Episode | None = None
        self.views: dict[str, View] = {}
        self._next = 0

    def _spaces(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Observation and action spaces by agent."""
        tools = [tool.openai for found in self.tasks.packs.values() for tool in found.tools.values()]
        observed = {
            agent: gymnasium.spaces.Dict({"transcript": TextSpace(), "new": TextSpace()})
            for agent in self.possible_agents
        }
        return observed, {ASSISTANT: TextSpace(tools), USER: TextSpace()}

    def observation_space(self, agent: str) -> Any:
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        return self._action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start an episode; without a seed, the one after the last.

        Options as in `AgentToolEnv`. PettingZoo's own tests pass an option that no environment knows, so here one
        that does not even resemble a known one is ignored.
        """
        given = (options or {}).items()
        options = {name: value for name, value in given if name in OPTIONS or did_you_mean(name, OPTIONS)}
        chosen = self._next if seed is None else int(seed)
        self._next = chosen + 1
        pack, task = self.tasks.get(chosen, options)
        if self.episode is not None:
            self.episode.close()
        self.episode = Episode(pack, task, scorer_name=self.scorer, gamma=self.gamma, user="seat", pool=self.pool)
        self.views = {agent: View(self.episode, agent) for agent in self.possible_agents}
        self._contract = Contract(self.episode)
        self._before: dict[str, float] = {}
        self._seat(self.episode)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.agent_selection = ASSISTANT
        self._look()

    def _seat(self, episode: Episode) -> None:
        """For other views of the seats: what they need for a new episode."""

    def _act(self, agent: str, action: Any) -> object:
        """What an action of this view is in text."""
        del agent
        return action

    def observe(self, agent: str) -> dict[str, Any]:
        view = self.views[agent]
        return {"transcript": view.transcript, "new": view.new}

    def step(self, action: Any) -> None:
        """The selected seat acts; after the end only None is taken, as PettingZoo asks."""
        if self.episode is None:
            raise UsageError("step() before reset()")
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        self._before = self._contract.level()
        self.episode.apply(self._act(agent, action), agent)
        if agent == USER:
            self._contract.judge()
        self.rewards[ASSISTANT] = self.episode.reward
        self.rewards[USER] = sum(self._contract.level().values()) - sum(self._before.values())
        self.terminations = dict.fromkeys(self.agents, self.episode.terminated)
        self.truncations = dict.fromkeys(self.agents, self.episode.truncated)
        self._look()
        if not self.episode.ending:
            self.agent_selection = self.episode.to_act
        self._accumulate_rewards()
        if self.render_mode == "human":
            human(self.views[ASSISTANT])

    def _look(self) -> None:
        assert self.episode is not None
        for view in self.views.values():
            view.catch_up()
        level = self._contract.level()
        terms = {ASSISTANT: None, USER: {term: level[term] - self._before.get(term, level[term]) for term in level}}
        self.infos = {agent: info_of(self.episode, self.views[agent], terms[agent]) for agent in self.agents}

    def render(self) -> Any:
        if not self.views:
            raise UsageError("render() before reset()")
        view = self.views[ASSISTANT]
        if self.render_mode == "ansi":
            return view.transcript
        return frame(view) if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Give back all memory."""
        if self.episode is not None:
            self.episode.close()
            self.episode = None
        self.pool.close()
