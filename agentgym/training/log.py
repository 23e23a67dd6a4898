# pyright: basic
"""What a training run leaves behind: `metrics.jsonl`, TensorBoard's files, a picture; and the line on the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Log", "draw", "profiled"]


class Log:
    """The metrics of a run. Lines of an earlier part of it, up to `step`, are kept; later ones are cut off.

    Args:
        folder: where the files go.
        total: steps of the whole run, for the bar.
        step: steps that were done before.
        show: metrics that are shown on the terminal.
        minutes: after which it ends before that (0: never); `seconds` among the metrics say how many are over.
    """

    def __init__(
        self, folder: str | Path, total: int, step: int = 0, show: Sequence[str] = (), minutes: float = 0.0
    ) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows: list[dict[str, Any]] = []
        path = self.folder / "metrics.jsonl"
        if step and path.exists():
            self.rows = [row for row in map(json.loads, path.read_text().splitlines()) if row["step"] <= step]
        path.write_text("".join(json.dumps(row) + "\n" for row in self.rows))
        self._file = path.open("a")
        self._board = None
        if find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self.folder / "tensorboard"), purge_step=step or None)
        self._show, self._now, self._total, self._minutes = show, "", total, minutes
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[now]}"),
        )  # fmt: skip
        self._task = self._bar.add_task(self._steps(step), total=1.0, now="")
        self._bar.update(self._task, completed=step / max(1, total))
        self._bar.start()

    def add(self, step: int, metrics: Mapping[str, Any]) -> None:
        """One line: `step` and the metrics, numbers or nested."""
        row = {"step": step, **metrics}
        self.rows.append(row)
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()
        numbers = dict(_numbers(metrics))
        if self._board is not None:
            for name, number in numbers.items():
                self._board.add_scalar(name, number, step)
        shown = "  ".join(f"{name} {numbers[name]:.3g}" for name in self._show if name in numbers)
        self._now = shown or self._now
        over = float(numbers.get("seconds", 0.0)) / (60 * self._minutes) if self._minutes else 0.0
        done = min(1.0, max(over, step / max(1, self._total)))
        self._bar.update(self._task, description=self._steps(step), completed=done, now=self._now)

    def _steps(self, step: int) -> str:
        """Where time ends the run nobody knows of how many."""
        return str(step) if self._minutes else f"{step}/{self._total}"

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Close all files."""
        self._bar.stop()
        self._file.close()
        if self._board is not None:
            self._board.close()


def _numbers(metrics: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Every number by its name: a share by its value, and what was measured of other tasks by both names."""
    for name, value in metrics.items():
        if isinstance(value, Mapping) and "value" in value:
            value = value["value"]
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{name}/")
        elif isinstance(value, int | float):
            yield f"{before}{name}", value


def draw(path: str | Path, panels: Sequence[tuple[str, Mapping[str, Sequence[tuple[float, float]]]]], x: str) -> bool:
    """A picture with one panel for each (title, {name: [(x, y)]}); False without matplotlib."""
    if not find_spec("matplotlib"):
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(panels), 3.2), layout="constrained")
    for axes, (title, lines) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, points in lines.items():
            if points:
                axes.plot(*zip(*points, strict=True), label=name, marker="." if len(points) < 20 else None)
        axes.set_title(title)
        axes.set_xlabel(x)
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)
    return True


def profiled(step: Callable[[], Any], out: Path) -> dict[str, Any]:
    """Run a step under torch's profiler: the table on the terminal, all of it in `profile.json` for a trace viewer."""
    import torch

    kinds = [torch.profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=kinds) as profile:
        metrics = step()
    key = "self_cuda_time_total" if len(kinds) > 1 else "self_cpu_time_total"
    screen = Console()
    screen.out(profile.key_averages().table(sort_by=key, row_limit=20, max_name_column_width=48))
    profile.export_chrome_trace(str(out / "profile.json"))
    seconds = {name: value for name, value in metrics.items() if name.startswith("seconds_")}
    screen.out(", ".join(f"{name.removeprefix('seconds_')} {value:.2f} s" for name, value in seconds.items()))
    return metrics
