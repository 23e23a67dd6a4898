"""A pack from something that somebody has: a database, an OpenAPI document, or what an MCP server lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentgym.errors import UsageError
from agentgym.synthesis.admit import Synthesis
from agentgym.synthesis.draft import vacant
from agentgym.synthesis.resources.document import read_document
from agentgym.synthesis.resources.mcp_client import listed_tools
from agentgym.synthesis.resources.read_mcp import is_tools, read_tools
from agentgym.synthesis.resources.read_openapi import is_openapi, read_openapi
from agentgym.synthesis.resources.read_sqlite import SAID, read_tables
from agentgym.synthesis.resources.skeleton import Skeleton, grown_from, skeleton
from agentgym.synthesis.resources.tables import Table, shown

__all__ = ["from_file", "from_server", "pack_from"]

_SAID = (
    "Rows are made up. The names of tables, columns and tools, and the values of enumerations, are those of the "
    "original; what else it says is not in the pack, but for descriptions that say no more than names do."
)
_SERVER = "what an MCP server lists"


def from_file(path: Path, name: str, caller: str = "") -> Skeleton:
    """What can be read off a file, as a pack without workflows. An SQLite file is known by its first bytes, an OpenAPI
    document by `openapi` or `swagger`, a saved answer of an MCP server to `tools/list` by `tools`.

    Args:
        name: of the pack.
        caller: the table of those who call; empty for the one that most others belong to.

    Raises:
        UsageError: the file cannot be read, is nothing that can be read so, or has nobody in it who could call.
    """
    notes: list[str] = []
    return skeleton(_tables(path, notes), name, caller, notes)


def from_server(command: str, name: str, caller: str = "") -> Skeleton:
    """The same of an MCP server: it is started, asked what tools it has, and stopped. None of them is called.

    Args:
        command: the program and its arguments, as a shell would take them; no shell is used.

    Raises:
        UsageError: it cannot be started, does not answer as it should or in time, or has nobody in it who could call.
    """
    notes: list[str] = []
    return skeleton(read_tools(listed_tools(command), notes), name, caller, notes)


def pack_from(
    path: Path | None, folder: Path, *, mcp: str = "", caller: str = "", seed: int = 0, gap: int = 2, depth: int = 1,
    progress: Callable[[int], Any] | None = None,
) -> tuple[Synthesis, tuple[str, ...]]:  # fmt: skip
    """A pack of a file or a server, with rules and workflows that are made up and proved, and the notes for its author.

    Args:
        path: the file; None for a server.
        folder: where to write it; its name is the pack's.
        mcp: the command of a server, as `from_server` takes it.
        caller: as `from_file` takes it.
        seed, gap, depth: as `agentgym.synthesis.admit.synthesize` takes them.

    Raises:
        UsageError: as `from_file` and `from_server`; both or neither is given; or no workflow can be proved on what was
            found, and why.
    """
    vacant(folder)
    if (path is None) == (not mcp):
        raise UsageError("name a file, or with --mcp the command of a server")
    found = from_server(mcp, folder.name, caller) if path is None else from_file(path, folder.name, caller)
    source, said = (_SERVER, _SAID) if path is None else (shown(path.name), SAID if _is_sqlite(path) else _SAID)
    return grown_from(found, source, said, folder, seed=seed, gap=gap, depth=depth, progress=progress)


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def _tables(path: Path, notes: list[str]) -> dict[str, Table]:
    if _is_sqlite(path):
        return read_tables(path, notes)
    data = read_document(path)
    if is_openapi(data):
        return read_openapi(data, notes)
    if is_tools(data):
        return read_tools(data, notes)
    raise UsageError(
        f"{path} is neither an SQLite file, nor an OpenAPI document (`openapi` or `swagger`), nor what an MCP server "
        "answers to tools/list (`tools`)"
    )
