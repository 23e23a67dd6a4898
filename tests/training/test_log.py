"""What a run writes down, and how far its bar has come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from agentgym.training.log import Log


def bar(log: Log) -> tuple[str, float]:
    task: Any = log._bar.tasks[0]  # pyright: ignore[reportPrivateUsage]
    return task.description, task.completed


def test_the_bar_of_a_run_that_time_ends_is_of_its_time(tmp_path: Path) -> None:
    log = Log(tmp_path, 1000, minutes=2.0)
    assert bar(log) == ("0", 0.0)
    log.add(7, {"seconds": 30.0})
    assert bar(log) == ("7", 0.25)
    log.add(900, {"seconds": 31.0})  # steps may end it first
    assert bar(log) == ("900", 0.9)
    log.add(950, {"seconds": 150.0})
    assert bar(log) == ("950", 1.0)
    log.close()


def test_the_bar_of_any_other_run_is_of_its_steps(tmp_path: Path) -> None:
    log = Log(tmp_path, 8, 2)
    assert bar(log) == ("2/8", 0.25)
    log.add(4, {"seconds": 1e6})
    assert bar(log) == ("4/8", 0.5)
    log.close()


def test_what_was_measured_of_other_tasks_is_a_number_of_its_own(tmp_path: Path) -> None:
    log, written = Log(tmp_path, 8, show=("success",)), dict[str, float]()

    class Board:
        def add_scalar(self, name: str, value: float, step: int) -> None:
            written[name] = value

        def close(self) -> None: ...

    setattr(log, "_board", Board())  # noqa: B010
    share = {"value": 0.5, "low": 0.3, "high": 0.7, "episodes": 20}
    log.add(
        1, {"loss": 2.0, "success": share, "regime": "stable", "fresh": {"success": share, "trap": {"value": None}}}
    )
    log.close()
    assert written == {"loss": 2.0, "success": 0.5, "fresh/success": 0.5}


def test_lines_up_to_where_it_goes_on_are_kept(tmp_path: Path) -> None:
    first = Log(tmp_path, 4)
    for step in (1, 2, 3):
        first.add(step, {"loss": float(step)})
    first.close()
    again = Log(tmp_path, 4, 2)
    again.add(3, {"loss": 30.0})
    again.close()
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["step"], row["loss"]) for row in rows] == [(1, 1.0), (2, 2.0), (3, 30.0)]
