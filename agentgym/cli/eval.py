"""`agentgym eval`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, cast

import msgspec
import typer

from agentgym.cli.eval_tables import print_comparison, print_report
from agentgym.cli.judging import Asking, JudgeHelp, asking_of, check_judge, judge_file
from agentgym.cli.models import explain_invalid
from agentgym.cli.played import RECORDINGS_HELP, TOOL_MODEL_HELP, tool_players
from agentgym.cli.shell import SPLITS, VIEW_HELP, check_name, command, print_json, progress, remark
from agentgym.errors import UsageError
from agentgym.evaluate import (
    Plan,
    Played,
    Report,
    compare,
    evaluate,
    plan_of,
    read_played,
    report,
    report_again,
    traces_path,
)  # fmt: skip
from agentgym.pack import Pack
from agentgym.policies import policy
from agentgym.rollout import Result
from agentgym.rubric import SCORERS
from agentgym.tasks import Tasks, brought, packs_of, read_tasks
from agentgym.types import Task

__all__ = ["eval_"]


def eval_(
    made: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR|TRACES.jsonl]", help="Report on a run that was made; nothing is played."),
    ] = None,
    pair: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A B", help="Compare two runs that were made, task by task: B minus A."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--policy", help="Play this built-in policy: oracle, greedy, random, null, ...")
    ] = None,
    pack: Annotated[
        list[str] | None, typer.Option(help="A pack's name or folder; may be given again. Default: all.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="train or test. Default: test.")] = None,
    episodes: Annotated[int | None, typer.Option(help="Tasks to play. Default: 100, or all of --tasks.")] = None,
    trials: Annotated[
        int | None, typer.Option(help="Episodes of each task: k of pass^k goes up to here. Default: 4.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the first task; the others follow by 1. Default: 0.")
    ] = None,
    workflow: Annotated[str | None, typer.Option(help="Play only this workflow.")] = None,
    branch: Annotated[str | None, typer.Option(help="Play only this branch.")] = None,
    tasks: Annotated[Path | None, typer.Option(help="Play the tasks of this JSONL file.")] = None,
    scorer: Annotated[str | None, typer.Option(help="How to pay. Default: each task's own scorer.")] = None,
    view: Annotated[str | None, typer.Option(help=VIEW_HELP)] = None,
    tool_model: Annotated[str | None, typer.Option(help=TOOL_MODEL_HELP)] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Server of the tools' model, such as http://localhost:8000/v1. Default: OpenAI.")
    ] = None,
    recordings: Annotated[Path | None, typer.Option(help=RECORDINGS_HELP)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for traces and report.json; the same command then resumes.")
    ] = None,
    judge: Annotated[str | None, typer.Option(metavar="openai:MODEL", help=JudgeHelp.judge)] = None,
    questions: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=JudgeHelp.questions)] = None,
    judge_base_url: Annotated[str, typer.Option(help=JudgeHelp.base_url)] = "",
    votes: Annotated[int | None, typer.Option(help=JudgeHelp.votes)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Evaluate a policy: several trials of each task, success, pass^k, refusals, with 95 % intervals; compare two runs.

    \b
    Examples:
      agentgym eval --policy greedy --pack clinic --trials 4 --episodes 100 --out runs/greedy
      agentgym eval runs/greedy
      agentgym eval --compare runs/greedy runs/other
      agentgym eval --policy greedy --pack clinic --episodes 50 --json
      agentgym eval --policy greedy --pack clinic --view renamed --out runs/renamed
      agentgym eval runs/greedy --judge openai:gpt-4.1-mini --questions manners
      agentgym eval --policy greedy --pack ./my_pack --recordings answers.jsonl --out runs/mine
    """
    if sum(source is not None for source in (made, pair, name)) != 1:
        raise UsageError("give one of: --policy NAME to play, a DIR to report on, or --compare A B")
    given = (pack, split, episodes, trials, seed, workflow, branch, tasks, scorer, view, out, tool_model, base_url,
             recordings)  # fmt: skip
    if name is None and any(option is not None for option in given):
        raise UsageError("a run that was made is read as it is; only --json goes with it. To play, give --policy NAME")
    asking = asking_of(judge, questions, judge_base_url, votes)
    if pair is not None:
        if asking is not None:
            raise UsageError("judge one run at a time: agentgym eval DIR --judge openai:MODEL")
        found = compare(_read(pair[0], as_json), _read(pair[1], as_json), (str(pair[0]), str(pair[1])))
        if as_json:
            print_json(found)
        else:
            print_comparison(found)
        return
    if made is not None:
        if asking is not None:
            judge_file(asking, traces_path(made), quiet=as_json).tell_failures()
        plan = plan_of(made)
        shown = report(_read(made, as_json), plan.total if plan is not None else None)
    else:
        assert name is not None
        packs = packs_of(pack)
        if asking is not None:
            check_judge(asking, packs)
        source, wanted, plan = _wanted(
            name, packs, split or "test", episodes, trials, seed or 0, workflow, branch, tasks, view
        )
        with tool_players(tool_model or "", base_url or "", recordings) as tools:
            if tool_model:
                plan = msgspec.structs.replace(plan, choice={**plan.choice, "tool_model": tool_model})
            source.packs = {known: tools.of(found) for known, found in source.packs.items()}
            shown = _play(wanted, plan, scorer, out, as_json, asking, list(source.packs.values()))
    if as_json:
        print_json(shown)
    else:
        print_report(shown, out or made)


def _read(path: Path, quiet: bool) -> Played:
    file = traces_path(path)
    with file.open("rb") as lines:
        count = sum(1 for _ in lines)
    with progress(f"read {path.name}", count, quiet) as show:
        return read_played(path, show)


def _wanted(
    name: str, packs: list[Pack], split: str, episodes: int | None, trials: int | None, seed: int,
    workflow: str | None, branch: str | None, tasks: Path | None, view: str | None,
) -> tuple[Tasks, Iterable[tuple[Pack, Task]], Plan]:  # fmt: skip
    """Where the tasks come from, the tasks to play, made on the way, and the plan that they follow."""
    check_name("split", split, SPLITS)
    for option, number in (("--episodes", episodes), ("--trials", trials)):
        if number is not None and number < 1:
            raise UsageError(f"{option} must be at least 1, found {number}")
    if tasks is not None and (workflow or branch):
        raise UsageError("--workflow and --branch are for packs; with --tasks every task of the file is played")
    given, troubles = read_tasks(tasks) if tasks is not None else (None, [])
    for trouble in troubles:
        remark(trouble)
    source = Tasks(packs, cast(Literal["train", "test"], split), given, view or "")
    if tasks is not None:
        source.packs |= brought(tasks, given or (), source.packs)
    count = episodes or (len(given) if given is not None else 100)
    if given is not None and count > len(given):
        raise UsageError(f"{tasks} has {len(given)} tasks, --episodes asks for {count}; give more --trials instead")
    options = {key: value for key, value in (("workflow", workflow), ("branch", branch)) if value is not None}
    choice = {"packs": ", ".join(sorted(source.packs)), **options}
    if source.view:
        choice["view"] = source.view
    if given is not None:
        choice["tasks"] = hashlib.sha256("\n".join(task.id for task in given).encode()).hexdigest()[:16]
    wanted = (source.get(number, options) for number in range(seed, seed + count))
    return source, wanted, Plan(name, count, trials or 4, "" if given is not None else split, seed, choice)


def _play(
    wanted: Iterable[tuple[Pack, Task]], plan: Plan, scorer: str | None, out: Path | None, quiet: bool,
    asking: Asking | None, packs: list[Pack],
) -> Report:  # fmt: skip
    player = policy(plan.policy)
    if scorer is not None:
        check_name("scorer", scorer, SCORERS)
    results: list[Result] = []
    with ExitStack() as close:
        folder = out or Path(close.enter_context(TemporaryDirectory()))
        show = close.enter_context(progress(plan.policy, plan.total, quiet))

        def seen(number: int, result: Result) -> None:
            results.append(result)
            show(number)

        try:
            found = evaluate(wanted, player, folder, plan, scorer=scorer, progress=seen)
        except KeyboardInterrupt:
            found = None
        if found is not None and asking is not None:
            judge_file(asking, traces_path(folder), packs, quiet=quiet).tell_failures()
            found = report_again(folder, plan)
    explain_invalid(results)
    if found is not None:
        return found
    if out is None:
        remark(f"stopped after {len(results)} episodes; nothing was kept. With --out DIR the same command can go on.")
    else:
        remark(f"stopped after {len(results)} episodes; they are in {out}. To go on: {command()}")
    raise typer.Exit(130)
