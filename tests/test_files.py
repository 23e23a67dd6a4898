"""Files are there whole or as they were, and one process works at them at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentgym import files
from agentgym.errors import UsageError
from agentgym.files import alone, lock, write_whole


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path, other = tmp_path / "out.json", tmp_path / "out.json.part"
    other.write_bytes(b"of somebody else")
    for data in (b"old", b"new"):
        write_whole(path, data)
        assert path.read_bytes() == data
    assert sorted(tmp_path.iterdir()) == [path, other]
    assert other.read_bytes() == b"of somebody else"


def test_a_file_stays_as_it_was_where_the_new_one_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_whole(path, b"old")
    (tmp_path / "out.json.new").mkdir()
    with pytest.raises(OSError, match=r"out\.json\.new"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_file_is_held_until_it_is_closed(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "rows"
    with path.open("ab") as ours, path.open("ab") as theirs:
        lock(ours, "busy: wait")
        with pytest.raises(UsageError, match="busy: wait"):
            lock(theirs, "busy: wait")
        ours.close()
        lock(theirs, "busy: wait")


def test_a_folder_is_held_meanwhile_whatever_happens_there(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")

    def work() -> None:
        with alone(tmp_path, "busy"):
            with pytest.raises(UsageError, match="busy"), alone(tmp_path, "busy"):
                pytest.fail("two are at work")
            raise BlockingIOError("of the work")

    for _ in range(2):
        with pytest.raises(BlockingIOError, match="of the work"):
            work()
    assert not list(tmp_path.iterdir())


def test_where_there_are_no_locks_nothing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    path = tmp_path / "rows"
    with path.open("ab") as ours, path.open("ab") as theirs:
        lock(ours, "busy")
        lock(theirs, "busy")
    with alone(tmp_path, "busy"), alone(tmp_path / "none", "busy"):
        pass
