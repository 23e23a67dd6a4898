"""The parallel view: every seat gives an action each step, that of the seat whose turn it is counts."""

from __future__ import annotations

from typing import Any

from pettingzoo import ParallelEnv

from agentgym.env.aec import AgentToolAEC
from agentgym.errors import UsageError

__all__ = ["AgentToolParallel"]


class AgentToolParallel(ParallelEnv[str, Any, Any]):
    """As `AgentToolAEC`, with all seats stepping together. `infos[agent]["to_act"]` says whose action will count."""

    metadata: dict[str, Any] = {**AgentToolAEC.metadata, "is_parallelizable": True}  # noqa: RUF012
    turns: type[AgentToolAEC] = AgentToolAEC
    """The view by turns that this one steps."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.aec = self.turns(*args, **kwargs)
        self.possible_agents = list(self.aec.possible_agents)
        self.agents: list[str] = []
        self.render_mode = self.aec.render_mode

    def observation_space(self, agent: str) -> Any:
        return self.aec.observation_space(agent)

    def action_space(self, agent: str) -> Any:
        return self.aec.action_space(agent)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        self.aec.reset(seed, options)
        self.agents = list(self.possible_agents)
        return self._observations(), self._infos()

    def step(self, actions: dict[str, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """One action counts: that of the seat whose turn it is."""
        if not self.agents:
            raise UsageError("step() before reset() or after the end")
        acting = self.aec.agent_selection
        if acting not in actions:
            raise UsageError(f"it is the turn of {acting}, and there is no action of it")
        self.aec.step(actions[acting])
        observations, infos = self._observations(), self._infos()
        out = observations, dict(self.aec.rewards), dict(self.aec.terminations), dict(self.aec.truncations), infos
        if any(out[2].values()) or any(out[3].values()):
            self.agents = []
        return out

    def _observations(self) -> dict[str, Any]:
        return {agent: self.aec.observe(agent) for agent in self.agents}

    def _infos(self) -> dict[str, dict[str, Any]]:
        to_act = self.aec.agent_selection
        return {agent: {**self.aec.infos[agent], "to_act": agent == to_act} for agent in self.agents}

    def render(self) -> Any:
        return self.aec.render()

    def close(self) -> None:
        self.aec.close()
