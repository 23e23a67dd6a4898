"""Playing an evaluation into a folder: the plan, the traces as they end, the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.evaluate.report import Report, report
from agentgym.evaluate.trial import TRACES, read_played
from agentgym.files import write_whole
from agentgym.pack import Pack
from agentgym.policies import Policy
from agentgym.rollout import Result, run
from agentgym.types import Task

__all__ = ["PLAN", "REPORT", "Plan", "evaluate", "plan_of", "report_again"]

PLAN, REPORT = "plan.json", "report.json"


class Plan(Struct, frozen=True):
    """What an evaluation is to play. `episodes` (tasks) and `trials` may be raised later, in the same folder."""

    policy: str
    episodes: int
    trials: int
    split: str = ""
    seed: int = 0
    choice: Mapping[str, str] = {}
    """What else chose the tasks, by name: packs, workflow, branch, the digest of a file of tasks."""
    version: int = 1

    @property
    def total(self) -> int:
        """Episodes in all."""
        return self.episodes * self.trials


def plan_of(path: str | Path) -> Plan | None:
    """The plan of a folder; None of a file of traces, or where it is not there.

    Raises:
        UsageError: it cannot be read.
    """
    file = Path(path) / PLAN
    try:
        return msgspec.json.decode(file.read_bytes(), type=Plan)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError) as trouble:
        raise UsageError(f"cannot read {file}: {trouble}; evaluate into another folder") from None


def evaluate(
    tasks: Iterable[tuple[Pack, Task]],
    policy: Policy,
    folder: str | Path,
    plan: Plan,
    *,
    scorer: str | None = None,
    progress: Callable[[int, Result], None] | None = None,
) -> Report:
    """Play what is not in the folder yet, write `report.json`, and give the report.

    Args:
        tasks: `plan.episodes` tasks, the same ones in every call with the same plan.
        folder: gets `plan.json`, `traces.jsonl` (with its settings) and `report.json`. Traces are added as episodes
            end, so the same call goes on after Ctrl-C or a kill.
        scorer: a scorer's name; by default each task's own.
        progress: called with the number of episodes so far and the result, for those found in the folder too.

    Raises:
        UsageError: the folder has an evaluation of something else, or is in use.
    """
    folder = Path(folder)
    old = _check_plan(folder, plan)
    try:
        run(tasks, policy, folder / TRACES, name=plan.policy, samples=plan.trials, scorer=scorer, progress=progress)
    except UsageError:
        if old is not None:  # what was refused has raised nothing
            _write(folder / PLAN, old)
        raise
    return report_again(folder, plan)


def report_again(folder: str | Path, plan: Plan) -> Report:
    """The report on what is in a folder by now, written to its `report.json`. Raises what `read_played` raises."""
    found = report(read_played(folder), plan.total)
    _write(Path(folder) / REPORT, found)
    return found


def _check_plan(folder: Path, plan: Plan) -> Plan | None:
    """Write the plan; the one that was there."""
    old = plan_of(folder)
    if old is None:
        if (folder / TRACES).exists():
            raise UsageError(f"{folder} has {TRACES} but no {PLAN}: evaluate into another folder")
    else:
        for name in Plan.__struct_fields__:
            before, now = getattr(old, name), getattr(plan, name)
            if before == now or (name in ("episodes", "trials") and before < now):
                continue
            may = " (it may only be raised)" if name in ("episodes", "trials") else ""
            raise UsageError(
                f"{folder} is an evaluation with {name} {_shown(before)}, this one has {_shown(now)}{may}: "
                "choose another folder, or give the same options"
            )
    if old != plan:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / PLAN, plan)
        except OSError as trouble:
            raise UsageError(f"cannot write {folder}: {trouble.strerror}") from None
    return old


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text}" for key, text in value.items()) or "of nothing"  # pyright: ignore[reportUnknownVariableType]
    return repr(value)


def _write(path: Path, data: Struct) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")
