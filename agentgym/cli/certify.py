"""`agentgym certify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from msgspec import to_builtins
from rich.table import Table
from rich.text import Text

from agentgym.certify import GATES, Report, certify_pack, certify_tasks
from agentgym.cli.played import RECORDINGS_HELP, TOOL_MODEL_HELP, ToolPlayers, tool_players
from agentgym.cli.shell import SPLITS, VIEW_HELP, check_name, console, is_file, print_json, progress, remark
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack
from agentgym.tasks import pack_beside, packs_of, read_tasks
from agentgym.types import Task

__all__ = ["certify"]


def certify(
    target: Annotated[
        str | None, typer.Argument(metavar="PACK|FOLDER|TASKS.jsonl", help="A pack, or a file of tasks.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All packs that are found.")] = False,
    seeds: Annotated[int, typer.Option(help="Tasks to make of the pack and prove, for each split.")] = 1000,
    seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    split: Annotated[str, typer.Option(help="train, test or both.")] = "both",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    view: Annotated[str, typer.Option(help=VIEW_HELP)] = "",
    tool_model: Annotated[str, typer.Option(help=TOOL_MODEL_HELP)] = "",
    base_url: Annotated[
        str, typer.Option(help="Server of the tools' model, such as http://localhost:8000/v1. Default: OpenAI.")
    ] = "",
    recordings: Annotated[Path | None, typer.Option(help=RECORDINGS_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove tasks: each can be solved, cannot be solved without looking, and replays. Exit code 1 if one fails.

    \b
    Examples:
      agentgym certify clinic --seeds 1000 --split both --workers 2
      agentgym certify ./my_pack --seeds 100 --json
      agentgym certify tasks.jsonl
      agentgym certify --all --seeds 100
      agentgym certify clinic --view renamed,shuffled,distractors --seeds 100
      agentgym certify ./my_pack --tool-model openai:gpt-4.1-mini --recordings answers.jsonl
    """
    check_name("split", split, (*SPLITS, "both"))
    if seeds < 1 or workers < 1:
        raise UsageError(f"--seeds and --workers must be at least 1, found {seeds} and {workers}")
    if (target is None) != everything:
        raise UsageError("name a pack, a folder or a file of tasks, or give --all for all packs")
    if tool_model and workers > 1:
        raise UsageError("--tool-model asks in one process: leave out --workers or, once all is recorded, the model")
    troubles: list[str] = []
    try:
        with tool_players(tool_model, base_url, recordings) as tools:
            if target is not None and is_file(target):
                reports = _tasks(target, troubles, view, tools, as_json)
            else:
                packs = [tools.of(pack) for pack in packs_of(None if target is None else [target])]
                wanted = range(seed, seed + seeds)
                reports = [report for pack in packs for report in _pack(pack, wanted, split, workers, view, as_json)]
    except KeyboardInterrupt:
        kept = "; what the model answered is kept" if tool_model else ""
        remark(f"stopped; a certificate is made in one go: choose fewer --seeds or more --workers{kept}")
        raise typer.Exit(130) from None
    for trouble in troubles:
        remark(trouble)
    if as_json:
        print_json([{**to_builtins(report), "ok": report.ok} for report in reports])
    else:
        for report in reports:
            _print(report)
    if troubles or not all(report.ok for report in reports):
        raise typer.Exit(1)


def _pack(pack: Pack, seeds: range, split: str, workers: int, view: str, quiet: bool) -> list[Report]:
    splits: tuple[Literal["train", "test"], ...] = ("train", "test")
    reports: list[Report] = []
    for part in splits:
        if split in (part, "both"):
            with progress(f"{pack.name} {part}", len(seeds), quiet) as show:
                reports.append(certify_pack(pack, seeds, part, workers=workers, view=view, progress=show))
    return reports


def _tasks(path: str, troubles: list[str], view: str, tools: ToolPlayers, quiet: bool) -> list[Report]:
    tasks, broken = read_tasks(path)
    troubles += broken
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.pack, []).append(task)
    reports: list[Report] = []
    for name, group in groups.items():
        fitting: list[Task] = []
        try:
            pack = tools.of(pack_beside(name, path))
        except AgentGymError as trouble:
            troubles.append(f"{path}: {len(group)} tasks: {trouble}")
            continue
        for task in group:
            try:
                pack.check(task)
                fitting.append(task)
            except AgentGymError as trouble:
                troubles.append(f"{path}: {trouble}")
        with progress(name, len(fitting), quiet) as show:
            reports.append(certify_tasks(pack, fitting, view=view, progress=show))
    return reports


def _print(report: Report) -> None:
    out = console()
    verdict = "certified" if report.ok else "NOT certified"
    under = f" under {report.view}" if report.view else ""
    head = f"{report.pack} {report.split}{under}: {verdict}, {report.certified} of {report.tasks} tasks"
    out.print(Text(head, style="bold green" if report.ok else "bold red"))
    least = min(report.branches.items(), key=_count, default=("none", 0))
    rejected = report.rows_rejected / report.rows_tried if report.rows_tried else 0.0
    lines = [
        f"{report.distinct} distinct tasks, {report.episodes} episodes played",
        f"{len(report.branches)} branches, the rarest {least[0]} with {least[1]}; bind rows rejected {rejected:.2%}",
        f"digest {report.digest[:16]}",
    ]
    out.print(Text("\n".join(lines)))
    table = Table("gate", "", "first witness", box=None, pad_edge=False, header_style="dim")
    for gate in dict.fromkeys(["made"] * ("made" in report.failures) + [*GATES, *report.failures]):
        witnesses = report.failures.get(gate, [])
        table.add_row(gate, "failed" if witnesses else "ok", Text(witnesses[0] if witnesses else ""))
    out.print(table, "")


def _count(item: tuple[str, Any]) -> int:
    return item[1]
