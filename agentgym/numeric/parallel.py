"""The numeric parallel view: every seat makes a choice each step, that of the seat whose turn it is counts."""

from __future__ import annotations

from typing import Any

from pettingzoo import ParallelEnv

from agentgym.errors import UsageError
from agentgym.numeric.aec import AgentToolDiscreteAEC

__all__ = ["AgentToolDiscreteParallel"]


class AgentToolDiscreteParallel(ParallelEnv[str, dict[str, Any], int]):
    """As `AgentToolDiscreteAEC`, with all seats stepping together.

    `infos[agent]["to_act"]` says whose choice will count.
    """

    metadata: dict[str, Any] = {**AgentToolDiscreteAEC.metadata, "is_parallelizable": True}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.aec = AgentToolDiscreteAEC(*args, **kwargs)
        self.possible_agents = list(self.aec.possible_agents)
        self.agents: list[str] = []
        self.render_mode = self.aec.render_mode

    def observation_space(self, agent: str) -> Any:
        return self.aec.observation_space(agent)

    def action_space(self, agent: str) -> Any:
        return self.aec.action_space(agent)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        self.aec.reset(seed, options)
        self.agents = list(self.possible_agents)
        return self._observations(), self._infos()

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """One choice counts: that of the seat whose turn it is."""
        if not self.agents:
            raise UsageError("step() before reset() or after the end")
        self.aec.step(actions[self.aec.agent_selection])
        observations, infos = self._observations(), self._infos()
        out = observations, dict(self.aec.rewards), dict(self.aec.terminations), dict(self.aec.truncations), infos
        if any(out[2].values()) or any(out[3].values()):
            self.agents = []
        return out

    def _observations(self) -> dict[str, dict[str, Any]]:
        return {agent: self.aec.observe(agent) for agent in self.agents}

    def _infos(self) -> dict[str, dict[str, Any]]:
        to_act = self.aec.agent_selection
        return {agent: {**self.aec.infos[agent], "to_act": agent == to_act} for agent in self.agents}

    def render(self) -> Any:
        return self.aec.render()

    def close(self) -> None:
        self.aec.close()
