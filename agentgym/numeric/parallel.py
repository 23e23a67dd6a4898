"""The numeric parallel view: every seat makes a choice each step, that of the seat whose turn it is counts."""

from __future__ import annotations

from typing import Any

from agentgym.env.parallel import AgentToolParallel
from agentgym.numeric.aec import AgentToolDiscreteAEC

__all__ = ["AgentToolDiscreteParallel"]


class AgentToolDiscreteParallel(AgentToolParallel):
    """As `AgentToolDiscreteAEC`, with all seats stepping together.

    `infos[agent]["to_act"]` says whose choice will count.
    """

    metadata: dict[str, Any] = {**AgentToolDiscreteAEC.metadata, "is_parallelizable": True}  # noqa: RUF012
    turns = AgentToolDiscreteAEC
