"""Where packs are: shipped, in AGENTGYM_PACKS, in the entry-point group `agentgym.packs`, or a path."""

from __future__ import annotations

import os
import re
from importlib.metadata import entry_points
from pathlib import Path

from agentgym.errors import NotFoundError, PackError

__all__ = ["available", "find", "inside", "is_name", "root", "shipped"]

_PACKAGE = Path(__file__).resolve().parent
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def root() -> Path:
    """The folder that holds `envs/`, `tools_registry/` and `rubrics/`: inside the wheel, or the checkout."""
    packed = _PACKAGE / "_packs"
    return packed if packed.is_dir() else _PACKAGE.parent


def shipped(folder: Path) -> bool:
    """Whether a pack's folder is one of the project's own."""
    return folder.resolve().parent == (root() / "envs").resolve()


def is_name(text: str) -> bool:
    """Whether a text is a pack's name, and no path or anything else."""
    return len(text) <= 200 and _NAME.match(text) is not None


def available() -> dict[str, Path]:
    """Name -> folder of every pack that can be found by name."""
    out: dict[str, Path] = {}
    for folder in _folders():
        if folder.is_dir():
            for file in sorted(folder.glob("*/pack.yaml")):
                out.setdefault(file.parent.name, file.parent)
    for point in entry_points(group="agentgym.packs"):
        if point.name not in out:
            found = point.load()
            out[point.name] = Path(str(found() if callable(found) else found))
    return out


def _folders() -> list[Path]:
    """The folders that hold folders of packs."""
    return [root() / "envs", *map(Path, filter(None, os.environ.get("AGENTGYM_PACKS", "").split(os.pathsep)))]


def find(name: str | Path) -> Path:
    """The folder of a pack, by name or by path.

    Raises:
        NotFoundError: there is none; the message lists those there are.
    """
    text = str(name)
    if _NAME.match(text):
        for folder in _folders():
            if (folder / text / "pack.yaml").is_file():
                return folder / text
        known = available()  # what is installed is asked last: it takes a hundred times as long
        if text in known:
            return known[text]
    path = Path(name).expanduser()
    if (path / "pack.yaml").is_file():
        return path
    if os.sep in text or text.startswith("."):
        raise NotFoundError("pack (a folder with a pack.yaml)", text, available())
    raise NotFoundError("pack", text, available())


def inside(folder: Path, name: str) -> Path:
    """A file of a pack. Raises PackError when it lies outside the folder, symbolic links followed."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PackError(f"points outside the pack's folder: {path.name}", file=f"{folder.name}/{name}")
    return path
