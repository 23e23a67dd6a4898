"""The environments: Gymnasium and PettingZoo views of an episode. Importing `agentgym` registers their ids."""

from agentgym.env.aec import AgentToolAEC
from agentgym.env.gym_env import AgentToolEnv
from agentgym.env.parallel import AgentToolParallel

__all__ = ["AgentToolAEC", "AgentToolEnv", "AgentToolParallel"]
