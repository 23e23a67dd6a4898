"""What stands behind `--judge openai:MODEL`: questions about a file of traces, and the columns that come of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer
from msgspec import Struct
from rich.table import Table
from rich.text import Text

from agentgym.cli.models import PREFIX
from agentgym.cli.shell import command, console, progress, remark
from agentgym.errors import UsageError
from agentgym.evaluate import Estimate
from agentgym.judge import Column, Declared, Judge, Verdict, Verdicts, columns, read_questions, verdicts_path
from agentgym.pack import Pack
from agentgym.rubric import Question
from agentgym.trace import Trace, read_traces

if TYPE_CHECKING:
    from agentgym.llm import Server

__all__ = [
    "Asking", "JudgeHelp", "Judged", "asking_of", "check_judge", "judge_file", "kept_in", "print_columns", "row_of",
]  # fmt: skip


class JudgeHelp:
    """What the options say in `--help`, the same in every command."""

    judge = "openai:MODEL: ask it the questions of the packs' rubrics about each episode. In no score."
    questions = "Ask these instead: a rubric's name, a rubric file (.yaml), or a JSON list. Default: the packs' own."
    base_url = "Server of the judge. Default: --base-url where there is one, else OpenAI."
    votes = "Times that each question is asked; odd. Default: as the question says, 3."


class Asking(Struct, frozen=True):
    """The options that concern the judge."""

    model: str
    questions: str | None = None
    base_url: str = ""
    votes: int | None = None
    temperature: float | None = None
    concurrency: int = 16
    timeout: float = 120.0
    cache: Path | None = None

    def given(self) -> tuple[Question, ...] | None:
        """The questions of `--questions`, and whether everything else can be. Raises UsageError before it costs."""
        if not self.model.startswith(PREFIX) or self.model == PREFIX:
            raise UsageError(f"--judge is {PREFIX}MODEL, found {self.model!r}")
        if self.concurrency < 1:
            raise UsageError(f"concurrency must be at least 1, found {self.concurrency}")
        if self.votes is not None and (self.votes < 1 or self.votes % 2 == 0):
            raise UsageError(f"votes must be an odd number, found {self.votes}")
        return None if self.questions is None else read_questions(self.questions)


def asking_of(
    model: str | None, questions: str | None, base_url: str, votes: int | None, concurrency: int = 16,
    timeout: float = 120.0,
) -> Asking | None:  # fmt: skip
    """The options of a command that plays, None without `--judge`. Raises UsageError."""
    if model is None:
        if questions is not None or votes is not None:
            raise UsageError(f"--questions and --votes are for a judge: give --judge {PREFIX}MODEL")
        return None
    asking = Asking(model, questions, base_url, votes, concurrency=concurrency, timeout=timeout)
    asking.given()
    return asking


def check_judge(asking: Asking, packs: Sequence[Pack]) -> None:
    """Ask the judge for a word before anything is played. Raises UsageError, also where there is nothing to ask."""
    from agentgym.llm import Client, judging

    if asking.questions is None and not any(pack.rubric.judge for pack in packs):
        raise UsageError(_nothing(pack.name for pack in packs))
    with Client(judging(_server(asking))) as client:
        client.check()


@contextmanager
def kept_in(out: Path | None, asking: Asking | None) -> Generator[Path | None]:
    """Where traces go: a judge reads them from a file, if only from one that is gone afterwards."""
    if out is not None or asking is None:
        yield out
        return
    with TemporaryDirectory() as folder:
        yield Path(folder) / "traces.jsonl"


def _nothing(packs: Iterable[str]) -> str:
    names = ", ".join(sorted(set(packs)))
    return f"nothing to ask: the rubrics of {names} declare no question; give --questions, such as --questions manners"


def _server(asking: Asking) -> Server:
    from agentgym.llm import Server

    return Server(
        asking.model.removeprefix(PREFIX), asking.base_url, temperature=asking.temperature,
        concurrency=asking.concurrency, timeout=asking.timeout,
    )  # fmt: skip


class Judged(Struct, frozen=True):
    """The traces of a file and what the judge said to each."""

    traces: list[Trace]
    verdicts: list[dict[str, Verdict]]
    columns: tuple[Column, ...]

    @property
    def failures(self) -> list[str]:
        """The reason of every verdict that the server failed to give."""
        return [one.reason for row in self.verdicts for one in row.values() if not one.votes]

    def tell_failures(self) -> None:
        """Say what the server failed to judge, and how to go on."""
        if self.failures:
            count = sum(any(not one.votes for one in row.values()) for row in self.verdicts)
            remark(f"{count} traces were not judged: {self.failures[0]}. To go on: {command()}")


def judge_file(asking: Asking, file: Path, packs: Sequence[Pack] = (), *, quiet: bool = False) -> Judged:
    """Ask about every trace of a file; what is known is not asked again. Ctrl-C keeps the verdicts and ends here.

    Args:
        packs: come before those that are found by the names in the traces.

    Raises:
        UsageError: there is nothing to ask, or the server does not take the model.
    """
    from agentgym.llm import Client, judging

    given = asking.given()
    traces, declared = read_traces(file), Declared(packs)
    asked = [given if given is not None else declared.of(trace) for trace in traces]
    if traces and not any(asked):
        raise UsageError(_nothing(trace.pack for trace in traces))
    server = _server(asking)
    verdicts = Verdicts(asking.cache or verdicts_path(file))
    questions = {id(trace): some for trace, some in zip(traces, asked, strict=True)}
    with Client(judging(server)) as client, progress("judge", len(traces), quiet) as show:
        client.check()
        judge = Judge(client, server.model, verdicts, asking.votes, asking.temperature)
        try:
            rows = judge.judge_all(traces, lambda trace: questions[id(trace)], asking.concurrency, show)
        except KeyboardInterrupt:
            remark(f"stopped; {len(verdicts)} verdicts are kept. To go on: {command()}")
            raise typer.Exit(130) from None
    return Judged(traces, rows, columns([list(row.values()) for row in rows]))


def print_columns(found: Sequence[Column], estimates: Sequence[Estimate | None] = ()) -> None:
    """What judges said, on the terminal.

    Args:
        estimates: of the share by which each holds, for a further column.
    """
    table = Table("judge (in no score)", "model", box=None, pad_edge=False, header_style="dim")
    for head in ("holds", "fails", "cannot tell", "not judged", "votes agree", "share", *["95 %"] * bool(estimates)):
        table.add_column(head, justify="right", no_wrap=True)
    for number, one in enumerate(found):
        counts = [str(one.holds), str(one.fails), str(one.cannot_tell), str(one.unjudged)]
        row = [one.id, one.model or "-", *counts, _number(one.agreement)]
        share = estimates[number] if estimates else None
        interval = f"{share.low:.3f} to {share.high:.3f}" if share and None not in (share.low, share.high) else "-"
        row += [_number(share.value if share else one.share), *[interval] * bool(estimates)]
        table.add_row(*map(Text, row))
    console().print(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def row_of(trace: Trace, verdicts: dict[str, Verdict]) -> dict[str, Any]:
    """A trace and its verdicts, as JSON data."""
    judged = {
        name: {"holds": one.holds, "votes": one.votes, "reason": one.reason, "model": one.model}
        for name, one in verdicts.items()
    }
    return {"task_id": trace.task_id, "sample": trace.sample, "score": trace.score, "judge": judged}
