"""The file that a rollout writes: JSONL of traces, its settings beside it in `FILE.meta.json`.

A line is written and flushed whole. A last line without its end was torn by a kill and is cut off when the file is
opened again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agentgym.errors import SERVER_FAULT, UsageError, unanswered
from agentgym.files import lock, write_whole
from agentgym.pack import Pack
from agentgym.rollout.summary import Result
from agentgym.trace import Trace, dumps
from agentgym.trace.text import ESCAPED, unescape
from agentgym.types import Task

__all__ = ["Settings", "TraceFile", "settings_path"]


class Settings(Struct, frozen=True):
    """What all episodes of a file have in common. `packs`: name -> digest."""

    agentgym: str
    policy: str
    user: str = "automaton"
    scorer: str | None = None
    gamma: float = 1.0
    keep_task: bool = True
    options: dict[str, Any] = {}
    """What else decides the results: a model's temperature, its style of tool calls."""
    packs: dict[str, str] = {}
    version: int = 1
    view: str = ""
    """How the tools are shown, see `agentgym.views`; empty for as the tasks say."""


def settings_path(path: str | Path) -> Path:
    """Where the settings of a file of traces stand."""
    return Path(f"{path}.meta.json")


class TraceFile:
    """A file of traces, open for more. `done` has the results that are in it, by (task id, sample).

    Raises:
        UsageError: the file was made with other settings, is in use by another run, or is no file of traces.
    """

    def __init__(self, path: str | Path, settings: Settings) -> None:
        self.path, self.settings = Path(path), settings
        self.done: dict[tuple[str, int], Result] = {}
        self.torn = False
        """Whether a torn last line was cut off."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as trouble:
            raise UsageError(f"cannot write {path}: {trouble.strerror}") from None
        try:
            lock(self._file, f"another run is writing {self.path}; wait for it, or write another file")
            self._resume()
        except BaseException:
            self._file.close()
            raise

    def check(self, pack: Pack) -> None:
        """Take note of a pack that is played. Raises UsageError when the file has traces of another version of it."""
        known = self.settings.packs.get(pack.name)
        if known is None:
            packs = {**self.settings.packs, pack.name: pack.digest}
            self.settings = msgspec.structs.replace(self.settings, packs=packs)
            self._write_settings()
        elif known != pack.digest:
            raise UsageError(
                f"{self.path} has traces of {pack.name} {known[:12]}; that pack is now {pack.digest[:12]}: "
                "write another file"
            )

    def once(self, task: Task, seen: set[str]) -> None:
        """Note a task. Raises UsageError where it was there before: its traces could not be told from the others."""
        if task.id in seen:
            raise UsageError(f"task {task.id} is there twice: for several episodes of a task take samples, or trials")
        seen.add(task.id)

    def write(self, trace: Trace) -> None:
        """Add a trace: all of its line, or nothing that a later run would take for one."""
        self._file.write(dumps(trace).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file and give up the lock."""
        self._file.close()

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _resume(self) -> None:
        self._file.seek(0)
        whole = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                if not whole and not settings_path(self.path).exists() and not _begun(line):
                    raise UsageError(f"{self.path} is no file of traces: write another file")
                self.torn = True
                break
            whole += len(line)
            if line.strip():
                self._take(number, line)
        if self.torn:
            self._file.truncate(whole)
        self._file.seek(0, os.SEEK_END)
        if whole:
            self._check_settings()
        else:
            self._write_settings()

    def _take(self, number: int, line: bytes) -> None:
        try:
            if line.startswith(ESCAPED):
                result = msgspec.convert(unescape(msgspec.json.decode(line)), Result)
            else:
                result = _result.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as trouble:
            raise UsageError(
                f"{self.path}:{number}: not a trace: {trouble}; remove that line, or write another file"
            ) from None
        again = result.reason.startswith(_USERS_SERVER) or unanswered(result.reason)
        if result.ending != "policy_broke" and not again:
            self.done[result.task_id, result.sample] = result

    def _check_settings(self) -> None:
        path = settings_path(self.path)
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Settings)
        except (OSError, msgspec.DecodeError):
            raise UsageError(
                f"{self.path} has traces, but {path.name} does not say how they were made: write another file"
            ) from None
        for name in Settings.__struct_fields__:
            old, new = getattr(found, name), getattr(self.settings, name)
            if name != "packs" and old != new:
                raise UsageError(
                    f"{self.path} was made with {name} {old!r}, this run has {new!r}: "
                    "write another file, or give the same settings"
                )
        self.settings = found

    def _write_settings(self) -> None:
        text = msgspec.json.format(msgspec.json.encode(self.settings), indent=2) + b"\n"
        write_whole(settings_path(self.path), text)


_USERS_SERVER = f"user: {SERVER_FAULT}"
_result = msgspec.json.Decoder(Result)


def _begun(line: bytes) -> bool:
    """Whether it may be the beginning of a trace."""
    return any(mark.startswith(line[: len(mark)]) for mark in (b'{"agentgym":', ESCAPED))
