"""Files that are written whole or not at all, and files and folders at which one process works at a time."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from agentgym.errors import UsageError

__all__ = ["alone", "lock", "write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all: it is made as `PATH.new` and takes its place in one step."""
    new = Path(f"{path}.new")
    new.write_bytes(data)
    os.replace(new, path)


def lock(file: int | IO[Any], busy: str) -> None:
    """Hold an open file against other processes until it is closed, where the system and the file system have locks.

    Raises:
        UsageError: another process holds it; `busy` is what it says.
    """
    if find_spec("fcntl") is None:
        return
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(busy) from None
    except OSError:
        return  # a file system without locks


@contextmanager
def alone(folder: Path, busy: str) -> Generator[None]:
    """Hold a folder against other processes meanwhile, where the system has such locks.

    Raises:
        UsageError: another process holds it; `busy` is what it says.
    """
    if find_spec("fcntl") is None:  # nor can a folder be opened there
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, busy)
        yield
    finally:
        os.close(handle)
