"""What a task says of how its tools are shown: other names, a parameter or a tool left out, tools of other desks
beside them.

`agentgym.views` makes it, `agentgym.pack.shown` plays through it. It stands in the task whole, so that a task file
needs no pack but its own.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = ["Distractor", "ToolView"]


class Distractor(Struct, frozen=True):
    """A tool that is shown and not connected: its `place` in the list of tools, from 0, and its OpenAI function."""

    place: int
    function: dict[str, Any]


class ToolView(Struct, frozen=True, omit_defaults=True):
    """How the tools of a task are shown. Everything else in a task speaks of tools and parameters by their own names,
    but for the oracle's calls, which are written as the assistant has to write them."""

    asked: str
    """The view by name: `renamed,shuffled@7`."""
    tools: dict[str, str] = {}
    """Own name -> shown name."""
    words: dict[str, str] = {}
    """Own name -> shown name of parameters, and of result columns that are called like one."""
    unlisted: dict[str, str] = {}
    """Tool -> its required parameter that the schema does not show."""
    distractors: tuple[Distractor, ...] = ()
    missing: str = ""
    """The tool that is not there, by its own name; what is right without it stands in the task."""
