"""Threads that play episodes side by side: one of them runs at a time, except while it waits for a server.

Worlds, pools and caches are made for one thread. What waits for something outside (a language model) calls `wait`,
and while it waits the others play on. A policy that waits in another way works too; it only holds up the others.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["OneAtATime", "Stopped", "wait"]

T = TypeVar("T")
_here = threading.local()


class Stopped(BaseException):
    """What a thread was doing is no longer wanted."""


class OneAtATime:
    """A lock that its threads give up while they wait, and a way to call all of them back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guard = threading.Lock()
        self._line = threading.Lock()
        self._awaited: set[Future[Any]] = set()
        self.stopped = False

    @contextmanager
    def running(self) -> Generator[None]:
        """Run in this thread while no other does. Raises Stopped after `stop`."""
        with self._lock:
            if self.stopped:
                raise Stopped
            _here.turns = self
            try:
                yield
            finally:
                _here.turns = None

    @contextmanager
    def in_line(self) -> Generator[None]:
        """Do something that one thread at a time may be in the middle of, though it waits in it, such as taking the
        next job. Called by the thread that runs; others run until it is its turn. Raises Stopped after `stop`."""
        if not self._line.acquire(blocking=False):
            self._lock.release()
            try:
                self._line.acquire()
            finally:
                self._lock.acquire()
        try:
            if self.stopped:
                raise Stopped
            yield
        finally:
            self._line.release()

    def stop(self) -> None:
        """Cancel what is waited for; every thread that waits, or wants to run, gets Stopped."""
        with self._guard:
            self.stopped = True
            awaited = list(self._awaited)
        for future in awaited:
            future.cancel()

    def wait(self, future: Future[T]) -> T:
        """The result of a future, with the lock given up meanwhile; called by the thread that runs."""
        with self._guard:
            if self.stopped:
                future.cancel()
            self._awaited.add(future)
        self._lock.release()
        try:
            return future.result()
        except CancelledError:
            if self.stopped:
                raise Stopped from None
            raise
        finally:
            self._lock.acquire()
            with self._guard:
                self._awaited.discard(future)


def wait(future: Future[T]) -> T:
    """The result of a future. Other episodes of the same rollout play meanwhile. Raises what the future raises; when
    the wait is interrupted, the future is cancelled."""
    turns: OneAtATime | None = getattr(_here, "turns", None)
    if turns is not None:
        return turns.wait(future)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
