"""What the tests share: the packs that they play, and copies of the small one that may be spoiled."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from agentgym.pack import Pack, load
from agentgym.world import Pool

MINI = Path(__file__).resolve().parent / "packs" / "mini"

# Machines that run tests are shared: what is slow is a benchmark's business. Failures are the same for everybody.
settings.register_profile(
    "house", deadline=None, derandomize=True, print_blob=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("house")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

Edit = Callable[[str], str] | str | bytes | tuple[str, str] | None
"""What happens to a file of the copy: a function of its text, a new text or bytes, (old, new), or None: it goes."""


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Agentgym = Callable[..., Ended]


@pytest.fixture
def agentgym(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Agentgym:
    """The command, in this process."""
    from agentgym.cli import main

    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return call


@pytest.fixture(scope="session")
def uncovered() -> dict[str, str]:
    """The environment of a process that gets a signal: one that strikes while coverage writes down a line leaves its
    lock behind, and the process waits for ever."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


@pytest.fixture(scope="session")
def clinic() -> Pack:
    """The shipped clinic."""
    return load("clinic")


@pytest.fixture(scope="session")
def mini() -> Pack:
    """A small lending library, self-contained: what a pack from outside looks like."""
    return load(MINI)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Warm connections for a session."""
    found = Pool()
    yield found
    found.close()


@pytest.fixture
def pack_copy(tmp_path: Path) -> Callable[[Mapping[str, Edit]], Path]:
    """Makes a copy of `mini` with edits by file name; the folder of the copy."""

    def copy(edits: Mapping[str, Edit]) -> Path:
        folder = tmp_path / f"copy{len(list(tmp_path.iterdir()))}" / "mini"
        shutil.copytree(MINI, folder)
        for name, edit in edits.items():
            spoil(folder / name, edit)
        return folder

    return copy


def spoil(path: Path, edit: Edit) -> None:
    """Apply one edit to one file."""
    if edit is None:
        path.unlink()
    elif isinstance(edit, bytes):
        path.write_bytes(edit)
    elif isinstance(edit, str):
        path.write_text(edit, encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        if isinstance(edit, tuple):
            old, new = edit
            assert text.count(old) >= 1, f"{path.name} has no {old!r}"
            text = text.replace(old, new, 1)
        else:
            text = edit(text)
        path.write_text(text, encoding="utf-8")
