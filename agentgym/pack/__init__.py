"""Packs: the only reader of content. A folder of data in, typed objects out."""

from agentgym.pack.formats import schemas
from agentgym.pack.load import forget, load
from agentgym.pack.missing import instead_of, removable_tools, with_tools, without_tool
from agentgym.pack.pack import PERSONAS, WORLDS, Pack, task_id
from agentgym.pack.rubric import read_rubric
from agentgym.pack.shown import MAX_TOOLS, Shown
from agentgym.places import available, find, root

__all__ = [
    "MAX_TOOLS",
    "PERSONAS",
    "WORLDS",
    "Pack",
    "Shown",
    "available",
    "find",
    "forget",
    "instead_of",
    "load",
    "read_rubric",
    "removable_tools",
    "root",
    "schemas",
    "task_id",
    "with_tools",
    "without_tool",
]
