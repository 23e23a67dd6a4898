"""A pack in which a member brings something back, and only when that is settled wants to borrow something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agentgym.pack import Pack, load
from tests.conftest import MINI

HERE = Path(__file__).parent
WORDS = """  back_and_on:
    - "Here is {title}, I want to give it back."
    - "I bring back {title}."
    - "{title} goes back to you."
    - "I've finished {title} and bring it back."
    - "Please take {title} back."
  back_and_on.borrow:
    - "Now I'd like to borrow {wish}."
    - "One more thing: may I take {wish} home?"
    - "And then I came for {wish}."
    - "Could I have {wish} as well?"
    - "There is something else: I'd like to have {wish}."
facts:
"""


def further_copy(folder: Path) -> Path:
    """A copy of `mini` with that workflow."""
    shutil.copytree(MINI, folder / "mini")
    wording = folder / "mini" / "wording.yaml"
    wording.write_text(wording.read_text(encoding="utf-8").replace("facts:\n", WORDS, 1), encoding="utf-8")
    shutil.copy(HERE / "back_and_on.yaml", folder / "mini" / "workflows")
    return folder / "mini"


@pytest.fixture(scope="session")
def further(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The pack, loaded."""
    return load(further_copy(tmp_path_factory.mktemp("further")))
