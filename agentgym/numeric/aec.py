"""The numeric PettingZoo view: both seats of an episode in vectors and numbered choices."""

from __future__ import annotations

from typing import Any, Literal

from pettingzoo import AECEnv

from agentgym.env.contract import Contract
from agentgym.env.gym_env import info_of
from agentgym.env.render import frame, human
from agentgym.episode import Episode, View
from agentgym.errors import UsageError, did_you_mean
from agentgym.numeric.assistant import AssistantSeat
from agentgym.numeric.layout import Layout
from agentgym.numeric.user import UserSeat
from agentgym.tasks import OPTIONS, Tasks, packs_of
from agentgym.types import ASSISTANT, USER
from agentgym.world import Pool

__all__ = ["AgentToolDiscreteAEC"]

Observation = dict[str, Any]


class AgentToolDiscreteAEC(AECEnv[str, Observation, int]):
    """`AgentToolAEC` in numbers. After tool calls the assistant acts again; after its words the user does.

    Observations are `{"observation": float32 (n,) in [-1, 1], "action_mask": int8 (m,)}`, of one size for both seats.
    `assistant_0` acts and is paid as in `AgentToolDiscreteEnv`. `user_0` says one of its facts, affirms, denies, does
    not know, insists, goes on, concedes or leaves, and earns the terms of its contract, in [-1, 1]. While one seat
    acts, the other's mask says what it could do now. A choice that the mask excludes is a malformed call of the
    assistant's, and silence of the user's.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "name": "AgentToolDiscrete-v0", "render_modes": ["ansi", "human", "rgb_array"], "is_parallelizable": False,
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
        self.layout = Layout(self.tasks.packs, alike=True)
        self._observation_spaces = {agent: self.layout.observation_space(agent) for agent in self.possible_agents}
        self._action_spaces = {agent: self.layout.action_space(agent) for agent in self.possible_agents}
        self.pool = Pool()
        self.episode: Episode | None = None
        self.views: dict[str, View] = {}
        self._next = 0

    def observation_space(self, agent: str) -> Any:
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        return self._action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start an episode; without a seed, the one after the last. Options as in `AgentToolAEC`."""
        options = {
            name: value for name, value in (options or {}).items() if name in OPTIONS or did_you_mean(name, OPTIONS)
        }
        chosen = self._next if seed is None else int(seed)
        self._next = chosen + 1
        pack, task = self.tasks.get(chosen, options)
        if self.episode is not None:
            self.episode.close()
        self.episode = Episode(pack, task, scorer_name=self.scorer, gamma=self.gamma, user="seat", pool=self.pool)
        self.views = {agent: View(self.episode, agent) for agent in self.possible_agents}
        offset = self.layout.offset
        self._assistant = AssistantSeat(
            self.layout.assistants[pack.name], self.episode, *self.layout.arrays(ASSISTANT, pack.name), offset
        )
        self._user = UserSeat(self.layout.users[pack.name], self.episode, *self.layout.arrays(USER, pack.name), offset)
        self._contract = Contract(self.episode)
        self.agents = list(self.possible_agents)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.agent_selection = ASSISTANT
        self._look()

    def observe(self, agent: str) -> Observation:
        seat = self._assistant if agent == ASSISTANT else self._user
        return {"observation": seat.observation.copy(), "action_mask": seat.mask.copy()}

    def step(self, action: Any) -> None:
        """The selected seat makes a choice; after the end only None is taken, as PettingZoo asks."""
        episode = self.episode
        if episode is None:
            raise UsageError("step() before reset()")
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._cumulative_rewards[agent] = 0.0
        before = sum(self._contract.level().values())
        paid = episode.reward if agent == USER else 0.0  # what the words earned before they were answered
        if agent == ASSISTANT:
            episode.apply(self._assistant.action(int(action)), agent)
        else:
            episode.apply(self._user.words(int(action)), agent)
            self._contract.judge()
        self.rewards[ASSISTANT] = episode.reward - paid
        self.rewards[USER] = sum(self._contract.level().values()) - before
        self.terminations = dict.fromkeys(self.agents, episode.terminated)
        self.truncations = dict.fromkeys(self.agents, episode.truncated)
        self._look()
        if not episode.ending:
            self.agent_selection = episode.to_act
        self._accumulate_rewards()
        if self.render_mode == "human":
            human(self.views[ASSISTANT])

    def _look(self) -> None:
        assert self.episode is not None
        self._assistant.look()
        self._user.look()
        for view in self.views.values():
            view.catch_up()
        terms = {ASSISTANT: None, USER: self._contract.level()}
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
