"""Verdicts, and the file that keeps them by content: `FILE.verdicts.jsonl` beside a file of traces."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.jsonl import read_lines
from agentgym.judge.log import document, event_log
from agentgym.trace import Trace

__all__ = ["SUFFIX", "Verdict", "Verdicts", "digest_of", "verdicts_path"]

SUFFIX = ".verdicts.jsonl"

Key = tuple[str, str, str, int, float | None, str]


class Verdict(Struct, frozen=True, omit_defaults=True):
    """What a judge says to one question about one episode."""

    id: str
    question: str
    model: str
    holds: bool | None
    """True: more than half of the votes are yes. False: no. None: cannot tell."""
    votes: dict[str, int] = {}
    """How often each of `yes`, `no` and `unknown` was answered; empty where the server failed."""
    reason: str = ""
    """A sentence: of a vote on the side that won, or why it cannot tell. A model wrote it."""
    asked: int = 1
    """Votes that were asked for."""
    temperature: float | None = None
    log: str = ""
    """SHA-256 of what was judged."""
    prompt: str = ""
    """The first 16 digits of the SHA-256 of how it was asked."""

    @property
    def key(self) -> Key:
        """What it is kept by."""
        return (self.log, self.question, self.model, self.asked, self.temperature, self.prompt)


def verdicts_path(traces: str | Path) -> Path:
    """Where the verdicts on a file of traces stand."""
    return Path(f"{traces}{SUFFIX}")


def digest_of(log: list[dict[str, Any]]) -> str:
    """SHA-256 of a log as a judge reads it, in hexadecimal digits."""
    return hashlib.sha256(document(log, "").encode()).hexdigest()


class Verdicts:
    """Verdicts by content. With a path they are read from it, and added to it as they are given.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else None
        self._known: dict[Key, Verdict] = {}
        self._by_log: dict[str, dict[Key, Verdict]] = {}
        self._lock = Lock()
        self._torn = False
        """Whether a kill cut the last line short."""
        if self.path is not None and self.path.exists():
            self._read(self.path)

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: Key) -> Verdict | None:
        """The verdict of that key, if it is known; one that was left without votes by its server is not."""
        found = self._known.get(key)
        return found if found is not None and found.votes else None

    def of(self, trace: Trace) -> tuple[Verdict, ...]:
        """All verdicts on a trace, of every question and model, in the order in which they were given."""
        if not self._known:
            return ()
        return tuple(self._by_log.get(digest_of(event_log(entry.event for entry in trace.events)), {}).values())

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict. Raises UsageError where it cannot be written."""
        with self._lock:
            known = self._known.get(verdict.key)
            self._take(verdict)
            if self.path is None or verdict == known:
                return
            try:
                if self._torn:
                    whole = self.path.read_bytes()
                    if not whole.endswith(b"\n"):  # nobody else has mended it meanwhile
                        with self.path.open("r+b") as file:
                            file.truncate(whole.rfind(b"\n") + 1)
                    self._torn = False
                with self.path.open("ab") as file:
                    file.write(msgspec.json.encode(verdict) + b"\n")
            except OSError as trouble:
                raise UsageError(f"cannot write {self.path}: {trouble.strerror}") from None

    def _take(self, verdict: Verdict) -> None:
        self._known[verdict.key] = self._by_log.setdefault(verdict.log, {})[verdict.key] = verdict

    def _read(self, path: Path) -> None:
        for number, line in read_lines(path, "verdicts"):
            if not line.endswith(b"\n"):
                self._torn = True
                return
            try:
                self._take(msgspec.json.decode(line, type=Verdict))
            except (msgspec.DecodeError, UnicodeError):
                raise UsageError(f"{path}:{number}: not a verdict; remove that line, or give another file") from None
