"""`agentgym judge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentgym.cli.judging import Asking, JudgeHelp, judge_file, print_columns, row_of
from agentgym.cli.shell import print_json
from agentgym.tasks import packs_of

__all__ = ["judge"]


def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Traces, one JSON line each.")],
    model: Annotated[str, typer.Option("--judge", help="openai:MODEL.")],
    questions: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=JudgeHelp.questions)] = None,
    pack: Annotated[
        list[str] | None,
        typer.Option(help="A pack's name or folder; may be given again. Default: by the name in the trace."),
    ] = None,
    base_url: Annotated[str, typer.Option(help="Server of the model. Default: OpenAI.")] = "",
    votes: Annotated[int | None, typer.Option(help=JudgeHelp.votes)] = None,
    cache: Annotated[Path | None, typer.Option(help="Verdicts, kept by content. Default: FILE.verdicts.jsonl.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Default: the server's.")] = None,
    concurrency: Annotated[int, typer.Option(help="Traces under way at once.")] = 16,
    timeout: Annotated[float, typer.Option(help="Seconds for one request.")] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a row for each trace.")] = False,
) -> None:
    """Ask a model questions about recorded episodes: a criterion holds, does not, or it cannot tell. In no score.

    \b
    Examples:
      agentgym judge traces.jsonl --judge openai:gpt-4.1-mini
      agentgym judge traces.jsonl --questions manners --judge openai:Qwen/Qwen3-8B --base-url http://localhost:8000/v1
      agentgym judge traces.jsonl --questions questions.json --votes 5 --judge openai:gpt-4.1-mini --json
    """
    asking = Asking(model, questions, base_url, votes, temperature, concurrency, timeout, cache)
    found = judge_file(asking, file, packs_of(pack) if pack else (), quiet=as_json)
    if as_json:
        print_json([row_of(*row) for row in zip(found.traces, found.verdicts, strict=True)])
    else:
        print_columns(found.columns)
    found.tell_failures()
    if found.failures:
        raise typer.Exit(1)
