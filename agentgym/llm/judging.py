"""The server behind a judge: asked for answers that fit its JSON schema."""

from __future__ import annotations

import msgspec

from agentgym.judge import SCHEMA
from agentgym.llm.client import Server

__all__ = ["judging"]


def judging(server: Server) -> Server:
    """The server, asked for answers by the judge's JSON schema (`response_format`, as OpenAI and vLLM have it)."""
    form = {"type": "json_schema", "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA}}
    return msgspec.structs.replace(server, extra={**server.extra, "response_format": form})
