"""Packs to begin with from what somebody has: a database, an OpenAPI document, a list of an MCP server's tools."""

from agentgym.synthesis.resources.resource import from_file, from_server, pack_from

__all__ = ["from_file", "from_server", "pack_from"]
