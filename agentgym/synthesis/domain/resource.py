"""A pack from something that somebody has: a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentgym.synthesis.admit import Synthesis
from agentgym.synthesis.domain.read_sqlite import SAID, read_tables
from agentgym.synthesis.domain.skeleton import Skeleton, grown_from, skeleton
from agentgym.synthesis.domain.tables import shown
from agentgym.synthesis.draft import vacant

__all__ = ["from_file", "pack_from"]


def from_file(path: Path, name: str, caller: str = "") -> Skeleton:
    """What can be read off a file, as a pack without workflows.

    Args:
        name: of the pack.
        caller: the table of those who call; empty for the one that most others belong to.

    Raises:
        UsageError: the file cannot be read, is nothing that can be read so, or has nobody in it who could call.
    """
    notes: list[str] = []
    tables = read_tables(path, notes)
    return skeleton(tables, name, caller, notes)


def pack_from(
    path: Path, folder: Path, *, caller: str = "", seed: int = 0, gap: int = 2, depth: int = 1,
    progress: Callable[[int], Any] | None = None,
) -> tuple[Synthesis, tuple[str, ...]]:  # fmt: skip
    """A pack of a file, with rules and workflows that are made up and proved, and the notes for its author.

    Args:
        folder: where to write it; its name is the pack's.
        caller: as `from_file` takes it.
        seed, gap, depth: as `agentgym.synthesis.admit.synthesize` takes them.

    Raises:
        UsageError: as `from_file`; or no workflow can be proved on what was found, and why.
    """
    vacant(folder)
    found = from_file(path, folder.name, caller)
    made = grown_from(found, shown(path.name), SAID, folder, seed=seed, gap=gap, depth=depth, progress=progress)
    return made, found.notes
