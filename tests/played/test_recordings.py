"""A file of recordings: one answer to a question, whoever asks, whoever writes, whatever tears."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentgym.errors import UnansweredError, UsageError
from agentgym.rollout import side_by_side
from agentgym.tool import Recording, Recordings
from agentgym.tool import recordings as module
from agentgym.tool.recordings import key_of


def recording(number: int = 1, answer: Any = None, by: str = "") -> Recording:
    return Recording("tool", "c" * 64, "s" * 64, {"n": number}, answer or {"a": number}, by)


def lines(file: Path) -> list[Recording]:
    return [msgspec.json.decode(line, type=Recording) for line in file.read_bytes().splitlines()]


def keep(kept: Recordings, given: Recording) -> Any:
    return msgspec.json.decode(kept.once(given.key, lambda: given))


def test_what_was_answered_once_is_not_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "answers.jsonl"
    with Recordings(file) as kept:
        assert keep(kept, recording(1)) == {"a": 1}
        assert keep(kept, recording(1, {"a": 2})) == {"a": 1}
        assert kept.find(recording(2).key) is None
        assert keep(kept, recording(2, [{"a": None}])) == [{"a": None}]
    assert lines(file) == [recording(1), recording(2, [{"a": None}])]
    before = file.read_bytes()
    with Recordings(file, add=False) as kept:
        assert len(kept) == 2
        assert kept.find(recording(1).key) == b'{"a":1}'
        with pytest.raises(UnansweredError, match="only read"):
            keep(kept, recording(3))
    assert file.read_bytes() == before


def test_the_key_is_by_value() -> None:
    assert key_of("c", "s", {"a": 1, "b": [2.0]}) == key_of("c", "s", {"b": [2], "a": 1.0})
    keys = {
        key_of(*parts)
        for parts in [
            ("c", "s", {"a": 1}), ("d", "s", {"a": 1}), ("c", "t", {"a": 1}), ("c", "s", {"a": "1"}),
            ("c", "s", {"a": 1.5}), ("c", "s", {"a": None}), ("c", "s", {}), ("c", "s", {"a": True}),
        ]
    }  # fmt: skip
    assert len(keys) == 8


def test_a_torn_line_is_cut_off_by_who_writes_next(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    whole = msgspec.json.encode(recording(1)) + b"\n"
    file.write_bytes(whole + whole[:40])
    with Recordings(file, add=False) as kept:
        assert len(kept) == 1
    assert file.read_bytes() == whole + whole[:40]
    with Recordings(file) as kept:
        assert len(kept) == 1
        keep(kept, recording(2))
    assert lines(file) == [recording(1), recording(2)]


def test_of_two_files_open_the_first_answer_stands(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    with Recordings(file) as one, Recordings(file) as other:
        given = recording(1)

        def slow() -> Recording:
            keep(other, recording(1, {"a": "first"}))
            return given

        assert msgspec.json.decode(one.once(given.key, slow)) == {"a": "first"}
        keep(one, recording(2))
        assert other.find(recording(2).key) is not None
    assert [found.answer for found in lines(file)] == [{"a": "first"}, {"a": 2}]


WRITER = """
import sys
from agentgym.tool import Recording, Recordings
with Recordings(sys.argv[1]) as kept:
    for n in range(150):
        given = Recording("tool", "c" * 64, "s" * 64, {"n": n}, {"a": "x" * 300, "who": sys.argv[2]})
        kept.once(given.key, lambda: given)
"""


def test_processes_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(n)]) for n in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    found = lines(file)
    assert sorted(one.arguments["n"] for one in found) == list(range(150)), "each once, no line torn"


def test_threads_wait_for_the_one_that_asks() -> None:
    kept = Recordings()
    asked, found = list[int](), list[bytes]()
    begun, go = threading.Event(), threading.Event()

    def ask() -> Recording:
        asked.append(1)
        begun.set()
        assert go.wait(10)
        return recording(1)

    threads = [threading.Thread(target=lambda: found.append(kept.once(recording(1).key, ask))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    assert not found
    go.set()
    for thread in threads:
        thread.join(10)
    assert (len(asked), found) == (1, [b'{"a":1}'] * 4)


def test_who_waits_gets_the_error_too() -> None:
    kept = Recordings()
    begun, failed = threading.Event(), list[str]()

    def ask() -> Recording:
        begun.set()
        threading.Event().wait(0.2)
        raise UnansweredError("broken")

    def one() -> None:
        try:
            kept.once(recording(1).key, ask)
        except UnansweredError as trouble:
            failed.append(str(trouble))

    first = threading.Thread(target=one)
    first.start()
    assert begun.wait(10)
    one()
    first.join(10)
    assert failed == ["no answer: broken"] * 2
    assert keep(kept, recording(1)) == {"a": 1}, "and the next one asks again"


def test_jobs_may_wait_while_they_are_made() -> None:
    """The iterator of jobs asks, as tasks do whose oracle calls a played tool; episodes ask the same meanwhile."""
    from concurrent.futures import Future

    from agentgym.waiting import wait

    kept = Recordings()
    asked: list[int] = []
    done: list[int] = []

    def ask(number: int) -> Recording:
        asked.append(number)
        later: Future[None] = Future()
        threading.Timer(0.01, later.set_result, [None]).start()
        wait(later)
        return recording(number)

    def jobs() -> Any:
        for n in range(20):
            kept.once(recording(n // 2).key, lambda n=n: ask(n // 2))
            yield n

    def do(n: int) -> None:
        kept.once(recording(n // 2 + 1).key, lambda: ask(n // 2 + 1))
        done.append(n)

    side_by_side(jobs(), do, 5)
    assert sorted(done) == list(range(20))
    assert sorted(asked) == sorted(set(asked)) == list(range(11))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}\n", ":1: not a recording"),
        (b"\n" + msgspec.json.encode(recording()) + b"\nnonsense\n", ":3: not a recording"),
        (b'{"tool":"t","contract":"c","state":"s","arguments":{},"answer":7}\n', ":1: not a recording"),
        (b'{"tool":"t","contract":"c","state":"s","arguments":{},"answer":{},"extra":1}\n', ":1: not a recording"),
        (b"\xff\xfe\n", ":1: not a recording"),
        (b"[" * 60_000 + b"\n", ":1: "),
        (b"x" * 70_000, ":1: longer than 65536 bytes"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=words):
        Recordings(file)
    assert file.read_bytes() == data


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "answers.jsonl"
    with Recordings(file) as kept:
        with pytest.raises(UnansweredError, match="too long"):
            keep(kept, recording(1, {"a": "x" * module.MAX_LINE}))
        monkeypatch.setattr(module, "MAX_FILE", 500)
        keep(kept, recording(1))
        keep(kept, recording(2))
        with pytest.raises(UnansweredError, match="is full"):
            keep(kept, recording(3))
    assert file.stat().st_size <= 500
    monkeypatch.setattr(module, "MAX_FILE", 100)
    with pytest.raises(UsageError, match="larger than 100 bytes"):
        Recordings(file)


def test_a_file_that_cannot_be_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read recordings .*No such file"):
        Recordings(tmp_path / "none.jsonl", add=False)
    with pytest.raises(UsageError, match="cannot write recordings"):
        Recordings(tmp_path)
