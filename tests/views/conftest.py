"""The shipped packs, one after the other, and copies of one that may be changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentgym import places
from agentgym.pack import Pack, load

Edit = tuple[str, str, str]
"""A file of the pack, what stands there once, what shall stand there."""


@pytest.fixture(params=["bank", "clinic", "fulfilment"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return load(request.param)


@pytest.fixture
def changed_clinic(tmp_path: Path) -> Iterator[Callable[..., Pack]]:
    """Makes the clinic with a few lines changed, a folder of its own."""
    made: list[Pack] = []

    def change(*edits: Edit) -> Pack:
        folder = tmp_path / f"changed_{len(made)}" / "clinic"
        shutil.copytree(places.root() / "envs" / "clinic", folder)
        shutil.copy(places.root() / "tools_registry" / "clinic.yaml", folder / "tools.yaml")
        for name, old, new in edits:
            text = (folder / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{name} must hold once: {old!r}"
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        made.append(load(folder))
        return made[-1]

    yield change
    for pack in made:
        pack.close()
