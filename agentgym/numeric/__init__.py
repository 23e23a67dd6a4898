"""The numeric view: an episode in vectors and numbered choices, for learners without language."""

from agentgym.numeric.aec import AgentToolDiscreteAEC
from agentgym.numeric.demonstration import Demonstration, demonstrate
from agentgym.numeric.gym_env import AgentToolDiscreteEnv
from agentgym.numeric.parallel import AgentToolDiscreteParallel

__all__ = ["AgentToolDiscreteAEC", "AgentToolDiscreteEnv", "AgentToolDiscreteParallel", "Demonstration", "demonstrate"]
