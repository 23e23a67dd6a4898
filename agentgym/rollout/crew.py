"""Threads that share out a rollout's episodes: they wait for servers together and compute one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from agentgym.waiting import OneAtATime, Stopped

__all__ = ["side_by_side"]

Job = TypeVar("Job")
_NONE = object()
_POLL = 0.2
_FAREWELL = 5.0
"""Seconds in which the threads have to end after Ctrl-C."""


def side_by_side(jobs: Iterator[Job], do: Callable[[Job], None], threads: int) -> None:
    """Do every job, `threads` of them at once; see `agentgym.waiting`. Jobs are taken, and begun, in their order.

    The first exception of a job stops the others where they wait, and is raised. So does Ctrl-C.
    """
    turns = OneAtATime()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with turns.running():
                while True:
                    with turns.in_line():  # whoever makes a job may wait for a server
                        job = next(jobs, _NONE)
                    if job is _NONE:
                        return
                    do(cast(Job, job))
                    if turns.stopped:
                        return
        except Stopped:
            return
        except BaseException as trouble:  # raised again below, in the thread that called
            failed.append(trouble)
            turns.stop()

    crew = [threading.Thread(target=work, daemon=True, name=f"episodes {n}") for n in range(threads)]
    try:
        for thread in crew:
            thread.start()
        for thread in crew:
            while thread.is_alive():
                thread.join(_POLL)
    finally:
        turns.stop()
        for thread in crew:
            if thread.ident is not None:
                thread.join(_FAREWELL)
    if failed:
        raise failed[0]
