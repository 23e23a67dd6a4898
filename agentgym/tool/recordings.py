"""Recorded answers of played tools: found by what was asked, kept in a file of JSON lines that several processes share.

A line is appended whole under a lock. Who comes second with an answer to the same question takes the first one, so that
whoever reads the file sees one answer. A last line without its end was torn by a kill and is cut off before the next
one is written.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.errors import UnansweredError, UsageError
from agentgym.waiting import wait

__all__ = ["MAX_FILE", "MAX_LINE", "Recording", "Recordings", "key_of", "parse_recording"]

MAX_LINE = 1 << 16
"""Bytes of one recording at most."""
MAX_FILE = 1 << 28
"""Bytes that a file of recordings grows to at most."""


class Recording(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer of one tool, and what it answers."""

    tool: str
    contract: str
    """SHA-256, 64 hexadecimal digits, of the pack's name and all of the tool that an answer may rest on."""
    state: str
    """SHA-256 of what the tool sees of the world."""
    arguments: dict[str, Any]
    answer: dict[str, Any] | list[dict[str, Any]]
    """The row, or the rows, by the names of the tool's `result`."""
    by: str = ""
    """Who gave it; for people to read."""

    @property
    def key(self) -> bytes:
        """What it is found by, 32 bytes."""
        return key_of(self.contract, self.state, self.arguments)


def key_of(contract: str, state: str, arguments: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON of what was asked: keys in order, whole numbers without a fraction."""
    plain = {name: _number(value) for name, value in arguments.items()}
    return hashlib.sha256(msgspec.json.encode([contract, state, plain], order="deterministic")).digest()


def _number(value: Any) -> Any:
    if isinstance(value, list):
        return [_number(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse_recording(line: bytes) -> tuple[Recording, bytes, bytes]:
    """A line of a file of recordings, with its key and the JSON of its answer.

    Raises:
        ValueError: it is none, or is too long; the message says so in words.
    """
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE} bytes")
    try:
        found = _decoder.decode(line)
        return found, found.key, msgspec.json.encode(found.answer)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError) as trouble:
        raise ValueError(f"not a recording: {str(trouble)[:200]}") from None


class Recordings:
    """Answers by what was asked. Threads and processes may share a file; `close` it, or use it as a context manager.

    Args:
        path: a JSONL file, made where it is missing; None keeps answers in memory.
        add: whether answers may be added. Without it the file has to be there and is only read.

    Raises:
        UsageError: the file cannot be read or written, is too large, or holds what is no recording.
    """

    def __init__(self, path: str | Path | None = None, *, add: bool = True) -> None:
        self.path, self.add = Path(path).absolute() if path is not None else None, add
        self._known: dict[bytes, bytes] = {}
        self._pending: dict[bytes, Future[bytes]] = {}
        self._guard = threading.RLock()
        self._end = self._lines = 0
        self._file: Any = None
        if self.path is None:
            return
        if add:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("ab", buffering=0)
            except OSError as trouble:
                raise UsageError(f"cannot write recordings {path}: {trouble.strerror}") from None
        try:
            self._refresh()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: bytes) -> bytes | None:
        """The JSON of the answer under a key, those included that another process has added meanwhile."""
        with self._guard:
            if key not in self._known and self.path is not None and self._size() > self._end:
                self._refresh()
            return self._known.get(key)

    def once(self, key: bytes, ask: Callable[[], Recording]) -> bytes:
        """The JSON of the answer under a key; where there is none yet, what `ask` gives is recorded.

        Threads that want the same answer at the same time wait for the one that asks, and get its error too.

        Raises:
            UnansweredError: the answer cannot be kept: it is too long, the file is full, or cannot be written.
        """
        found = self.find(key)
        if found is not None:
            return found
        with self._guard:
            if key in self._known:
                return self._known[key]
            under_way = self._pending.get(key)
            mine: Future[bytes] = Future()
            if under_way is None:
                mine.set_running_or_notify_cancel()  # nobody who waits for it may cancel it
                self._pending[key] = mine
        if under_way is not None:
            return wait(under_way)
        try:
            answer = self._keep(ask())
        except BaseException as trouble:
            mine.set_exception(trouble)
            raise
        else:
            mine.set_result(answer)
            return answer
        finally:
            with self._guard:
                del self._pending[key]

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Recordings:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the file ---

    def _keep(self, recording: Recording) -> bytes:
        """Add an answer, unless there is one by now; the one that stands."""
        line = msgspec.json.encode(recording) + b"\n"
        if len(line) > MAX_LINE:
            raise UnansweredError(f"an answer of {len(line)} bytes is too long, at most {MAX_LINE} are kept")
        if not self.add:
            raise UnansweredError(f"{self.path} is only read: nothing may be added")
        with self._guard, self._locked():
            if self.path is not None:
                self._refresh()
            known = self._known.get(recording.key)
            if known is not None:
                return known
            if self._file is not None:
                self._write(line)
            answer = self._known[recording.key] = msgspec.json.encode(recording.answer)
            return answer

    def _write(self, line: bytes) -> None:
        if self._end + len(line) > MAX_FILE:
            raise UnansweredError(f"{self.path} is full: {MAX_FILE} bytes of recordings")
        try:
            self._file.truncate(self._end)  # a line that was torn
            written = self._file.write(line)
            if written != len(line):
                self._file.truncate(self._end)
                raise OSError(0, "no space left")
        except (OSError, ValueError) as trouble:
            why = getattr(trouble, "strerror", None) or trouble
            raise UnansweredError(f"cannot write {self.path}: {why}") from None
        self._end += len(line)
        self._lines += 1

    def _size(self) -> int:
        assert self.path is not None
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def _refresh(self) -> None:
        """Read the whole lines that came since the last time."""
        assert self.path is not None
        if self._size() > MAX_FILE:
            raise UsageError(f"{self.path} is larger than {MAX_FILE} bytes; give another file of recordings")
        try:
            with self.path.open("rb") as lines:
                lines.seek(self._end)
                while (line := lines.readline(MAX_LINE + 1)).endswith(b"\n") or len(line) > MAX_LINE:
                    self._take(line)
        except OSError as trouble:
            raise UsageError(f"cannot read recordings {self.path}: {trouble.strerror}") from None

    def _take(self, line: bytes) -> None:
        if line.strip():
            try:
                _, key, answer = parse_recording(line)
            except ValueError as trouble:
                where = f"{self.path}:{self._lines + 1}"
                raise UsageError(f"{where}: {trouble}; remove that line, or give another file") from None
            self._known.setdefault(key, answer)
        self._end += len(line)
        self._lines += 1

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Hold the file against other processes, where the system has such locks."""
        if self._file is None or find_spec("fcntl") is None:
            yield
            return
        import fcntl  # noqa: PLC0415

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except (OSError, ValueError) as trouble:
            raise UnansweredError(f"cannot lock {self.path}: {trouble}") from None
        try:
            yield
        finally:
            with suppress(OSError, ValueError):
                fcntl.flock(self._file, fcntl.LOCK_UN)


_decoder = msgspec.json.Decoder(Recording)
