"""What stands behind `--tool-model openai:MODEL` and `--recordings FILE`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentgym.cli.models import PREFIX, model_of
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack
from agentgym.tool import PlaysTools, Recordings

if TYPE_CHECKING:
    from agentgym.llm import Client

__all__ = ["RECORDED_HELP", "RECORDINGS_HELP", "TOOL_MODEL_HELP", "ToolPlayers", "read_recordings", "tool_players"]

TOOL_MODEL_HELP = "Plays tools that packs leave to a model: openai:MODEL. Needs --recordings."
RECORDINGS_HELP = "JSONL file of what such tools answered; with --tool-model new answers are added."
RECORDED_HELP = "JSONL file of what tools answered that are left to a model."


class ToolPlayers(Struct):
    """Who answers for tools that are played."""

    recordings: Recordings | None = None
    model: PlaysTools | None = None
    client: Client | None = None

    def of(self, pack: Pack) -> Pack:
        """The pack, with its played tools answered."""
        return pack if self.recordings is None else pack.played(self.recordings, self.model)


def read_recordings(path: Path | None) -> Recordings | None:
    """The recordings of a file, to be read; None where no file is given. Raises UsageError."""
    return None if path is None else Recordings(path, add=False)


@contextmanager
def tool_players(
    name: str, base_url: str = "", recordings: Path | None = None, **server: Any
) -> Generator[ToolPlayers]:
    """Who answers for tools that are played; the server is checked before, everything closed after.

    Args:
        name: `openai:MODEL`, or empty for recordings alone, which are then only read.
        server: further fields of `agentgym.llm.Server`.

    Raises:
        NotFoundError, UsageError: there is no such model, a server that does not take it, or no file to keep answers.
    """
    with ExitStack() as opened:
        if not name:
            yield ToolPlayers(read_recordings(recordings))
            return
        if not name.startswith(PREFIX):
            raise NotFoundError("tool model", name, [f"{PREFIX}MODEL"])
        model = model_of(name)
        if recordings is None:
            raise UsageError(
                "--tool-model needs --recordings FILE: what it answers is kept there, and traces replay from it"
            )

        from agentgym.llm import Client, Server, ToolModel

        client = opened.enter_context(Client(Server(model, base_url, **server)))
        kept = opened.enter_context(Recordings(recordings))
        client.check()
        yield ToolPlayers(kept, ToolModel(client, name), client)
