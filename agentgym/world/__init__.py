"""The world: one in-memory SQLite database per episode, built from data, copied from an image, bounded, forkable."""

from agentgym.world.image import Image, Pool, blank, build
from agentgym.world.schema import Schema, Table
from agentgym.world.world import Net, World, merge

__all__ = ["Image", "Net", "Pool", "Schema", "Table", "World", "blank", "build", "merge"]
