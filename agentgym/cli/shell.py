"""What the commands share: where output goes, progress, and what a name on the command line stands for."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment

from agentgym.errors import NotFoundError
from agentgym.inert import inert, inert_json

__all__ = [
    "SPLITS",
    "VIEW_HELP",
    "Screen",
    "check_name",
    "command",
    "complain",
    "console",
    "is_file",
    "lines_of",
    "print_json",
    "progress",
    "remark",
]

SPLITS = ("train", "test")
VIEW_HELP = (
    "How tools are shown: renamed, shuffled, distractors[:N], missing_parameter, missing_function; commas join, "
    "@SEED draws."
)


class Screen(Console):
    """A terminal that texts of models and worlds cannot steer: see `agentgym.inert`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is printed, their text inert."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(inert(segment.text), segment.style)


def console() -> Console:
    """Where results go."""
    return Screen(highlight=False, soft_wrap=False)


def complain(message: str) -> None:
    """One line of an error."""
    print("error: " + inert(" ".join(message.split())), file=sys.stderr)


def remark(message: str) -> None:
    """A line beside the results."""
    print(inert(message), file=sys.stderr)


def print_json(data: Any) -> None:
    """Data as JSON on standard output."""
    encoded = msgspec.json.encode(data, enc_hook=repr)
    print(inert_json(msgspec.json.format(encoded, indent=2).decode()))


def check_name(kind: str, name: str, known: Any) -> None:
    """Raises NotFoundError for a name that is not known."""
    if name not in known:
        raise NotFoundError(kind, name, known)


def is_file(target: str) -> bool:
    """Whether a target is a file of tasks and not a pack."""
    return target.endswith(".jsonl") or Path(target).is_file()


def lines_of(file: Path) -> int:
    """How many lines a file has; 0 where it cannot be read."""
    try:
        with file.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError:
        return 0


def command() -> str:
    """The command line that was given, to be given again."""
    return shlex.join(["agentgym", *sys.argv[1:]])


@contextmanager
def progress(what: str, total: int, quiet: bool) -> Generator[Callable[[int], None]]:
    """A progress bar on standard error, where somebody looks; gives a function that is told the number done."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
