"""The ids of the environments, registered as strings, so that nothing is imported before it is made."""

from __future__ import annotations

from typing import Any

import gymnasium
import pettingzoo

from agentgym.places import available

__all__ = ["register_envs"]


def register_envs() -> None:
    """Register `AgentTool-v0`, `AgentToolDiscrete-v0` and one `AgentTool-<Pack>-v0` for each pack found by name."""
    _register("AgentTool-v0", "AgentToolDiscrete-v0", {})
    for name in available():
        title = "".join(word.capitalize() for word in name.split("_"))
        _register(f"AgentTool-{title}-v0", f"AgentToolDiscrete-{title}-v0", {"pack": name})


def _register(text_id: str, numeric_id: str, kwargs: dict[str, str]) -> None:
    if text_id in gymnasium.registry:
        return
    gym: Any = gymnasium
    gym.register(
        text_id, entry_point="agentgym.env:AgentToolEnv", vector_entry_point="agentgym.vector:AgentToolVectorEnv",
        kwargs=dict(kwargs),
    )  # fmt: skip
    gym.register(numeric_id, entry_point="agentgym.numeric:AgentToolDiscreteEnv", kwargs=dict(kwargs))
    registry: Any = pettingzoo
    for kind, name in (("aec", "AEC"), ("parallel", "Parallel")):
        text, numeric = f"agentgym.env:AgentTool{name}", f"agentgym.numeric:AgentToolDiscrete{name}"
        registry.register(kind, text_id, entry_point=text, kwargs=dict(kwargs))
        registry.register(kind, numeric_id, entry_point=numeric, kwargs=dict(kwargs))
