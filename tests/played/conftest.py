from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentgym.certify import certify_pack
from agentgym.pack import Pack, load
from agentgym.tool import Recordings
from tests.played.mechanic import REPAIR, Mechanic

SEEDS = range(6)


@pytest.fixture
def repair() -> Pack:
    """A repair desk; a model plays its `diagnose`."""
    return load(REPAIR)


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of all that certifying the first seeds of both splits asks for."""
    file = tmp_path_factory.mktemp("answers") / "answers.jsonl"
    with Recordings(file) as kept:
        pack = load(REPAIR).played(kept, Mechanic())
        assert certify_pack(pack, SEEDS, "train").ok
        assert certify_pack(pack, SEEDS, "test").ok
    return file


@pytest.fixture
def repair_copy(tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of the pack with texts of its tools replaced, and with recordings; the folder of the copy."""

    def copy(*edits: tuple[str, str], recordings: bytes | None = None) -> Path:
        folder = tmp_path / f"copy{len(list(tmp_path.iterdir()))}" / "repair"
        shutil.copytree(REPAIR, folder)
        text = (folder / "tools.yaml").read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / "tools.yaml").write_text(text, encoding="utf-8")
        if recordings is not None:
            (folder / "recordings.jsonl").write_bytes(recordings)
        return folder

    return copy
