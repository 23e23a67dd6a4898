"""`agentgym replay`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from agentgym.cli.played import RECORDED_HELP, read_recordings
from agentgym.cli.shell import console, lines_of, print_json, progress, remark
from agentgym.errors import AgentGymError, ReplayError, TaskError
from agentgym.pack import Pack, load
from agentgym.tasks import brought, packs_of, read_tasks
from agentgym.tool import Recordings
from agentgym.trace import Trace, iter_traces
from agentgym.trace import replay as play_again
from agentgym.types import Task
from agentgym.world import Pool

__all__ = ["replay"]


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Traces, one JSON line each.")],
    pack: Annotated[
        list[str] | None,
        typer.Option(help="A pack's name or folder; may be given again. Default: by the name in the trace."),
    ] = None,
    tasks: Annotated[Path | None, typer.Option(help="The tasks, where the traces left them out.")] = None,
    recordings: Annotated[Path | None, typer.Option(help=RECORDED_HELP)] = None,
    line: Annotated[int | None, typer.Option(help="Replay this line alone, counted from 1.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play traces again and compare events, rewards and worlds. Exit code 1: names the first difference of each.

    \b
    Examples:
      agentgym replay traces.jsonl
      agentgym replay traces.jsonl --pack ./my_pack
      agentgym replay traces.jsonl --line 17
      agentgym replay traces.jsonl --tasks tasks.jsonl --json
      agentgym replay traces.jsonl --pack ./my_pack --recordings answers.jsonl
    """
    known = {task.id: task for task in read_tasks(tasks)[0]} if tasks is not None else {}
    failures: list[dict[str, Any]] = []
    beside = brought(tasks, known.values()) if tasks is not None else {}
    player = _Player(known, [*(packs_of(pack) if pack else ()), *beside.values()], read_recordings(recordings))
    count = 0

    def broken(number: int, trouble: AgentGymError) -> None:
        nonlocal count
        if line not in (None, number):
            return
        count += 1
        failures.append({"line": number, "task_id": None, "event": None, "message": str(trouble)})

    with progress("replay", lines_of(file), as_json) as show:
        try:
            for number, trace in iter_traces(file, broken):
                if line not in (None, number):
                    continue
                count += 1
                try:
                    player.play(trace)
                except AgentGymError as trouble:
                    index = trouble.index if isinstance(trouble, ReplayError) else None
                    failures.append({"line": number, "task_id": trace.task_id, "event": index, "message": str(trouble)})
                show(number)
        except KeyboardInterrupt:
            remark(f"stopped after {count} traces, {len(failures)} of which differ")
            raise typer.Exit(130) from None
    if line is not None and not count:
        raise TaskError(f"{file} has no trace in line {line}; its lines are 1 to {lines_of(file)}")
    failures.sort(key=lambda failure: failure["line"])
    if as_json:
        print_json({"traces": count, "failed": len(failures), "failures": failures})
    else:
        for failure in failures:
            where = f"task {failure['task_id']}: " if failure["task_id"] else ""
            console().print(f"{file}:{failure['line']}: {where}{failure['message']}", markup=False, soft_wrap=True)
        text = f"{count} traces replay" if not failures else f"{len(failures)} of {count} traces do not replay"
        console().print(text)
    if failures:
        raise typer.Exit(1)


class _Player:
    """Replays traces, with each pack looked up once; those that are given come first."""

    def __init__(self, tasks: dict[str, Task], packs: Iterable[Pack], answers: Recordings | None) -> None:
        self._tasks, self._answers, self._pool = tasks, answers, Pool()
        self._packs = {pack.name: pack.played(answers) for pack in packs}

    def play(self, trace: Trace) -> None:
        """Replay one. Raises AgentGymError."""
        if trace.pack not in self._packs:
            self._packs[trace.pack] = load(trace.pack).played(self._answers)
        task = None if trace.task is not None else self._tasks.get(trace.task_id)
        play_again(trace, self._packs[trace.pack], task, self._pool)
