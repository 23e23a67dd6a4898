"""`agentgym run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from agentgym.cli.judging import JudgeHelp, asking_of, check_judge, judge_file, kept_in, print_columns
from agentgym.cli.models import Asked, explain_invalid, players
from agentgym.cli.played import RECORDINGS_HELP, TOOL_MODEL_HELP, tool_players
from agentgym.cli.shell import SPLITS, VIEW_HELP, check_name, command, console, print_json, progress, remark
from agentgym.errors import UsageError
from agentgym.rollout import Estimate, Result, Summary
from agentgym.rollout import run as rollout
from agentgym.rubric import SCORERS
from agentgym.tasks import Tasks, brought, packs_of, read_tasks
from agentgym.types import Task

__all__ = ["run"]


def run(
    name: Annotated[
        str,
        typer.Option("--policy", help="A built-in policy (oracle, greedy, random, null, ...), or openai:MODEL."),
    ] = "oracle",
    pack: Annotated[
        list[str] | None, typer.Option(help="A pack's name or folder; may be given again. Default: all.")
    ] = None,
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    episodes: Annotated[int | None, typer.Option(help="Tasks to play. Default: 100, or all of --tasks.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the first task; the others follow by 1.")] = 0,
    workflow: Annotated[str | None, typer.Option(help="Play only this workflow.")] = None,
    branch: Annotated[str | None, typer.Option(help="Play only this branch.")] = None,
    tasks: Annotated[Path | None, typer.Option(help="Play the tasks of this JSONL file.")] = None,
    samples: Annotated[int, typer.Option(help="Episodes of each task.")] = 1,
    scorer: Annotated[str | None, typer.Option(help="How to pay. Default: each task's own scorer.")] = None,
    view: Annotated[str, typer.Option(help=VIEW_HELP)] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write traces here as they end; the same command then resumes.")
    ] = None,
    user: Annotated[str, typer.Option(help="automaton, or openai:MODEL.")] = "automaton",
    base_url: Annotated[
        str, typer.Option(help="Server of the models, such as http://localhost:8000/v1. Default: OpenAI.")
    ] = "",
    user_base_url: Annotated[str, typer.Option(help="Server of the user's model. Default: --base-url.")] = "",
    tool_model: Annotated[str, typer.Option(help=TOOL_MODEL_HELP)] = "",
    tool_base_url: Annotated[str, typer.Option(help="Server of the tools' model. Default: --base-url.")] = "",
    recordings: Annotated[Path | None, typer.Option(help=RECORDINGS_HELP)] = None,
    tool_style: Annotated[
        str, typer.Option(help="How the model calls tools: native (the API's), or text (<tool_call>).")
    ] = "native",
    concurrency: Annotated[int, typer.Option(help="Episodes under way at once, with models.")] = 16,
    temperature: Annotated[float | None, typer.Option(help="Of the models. Default: the server's.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Of one answer. Default: the server's.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one request.")] = 120.0,
    retries: Annotated[int, typer.Option(help="Further tries of a request that failed.")] = 6,
    price_in: Annotated[float, typer.Option(help="Price of a million prompt tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Price of a million completion tokens.")] = 0.0,
    judge: Annotated[str | None, typer.Option(metavar="openai:MODEL", help=JudgeHelp.judge)] = None,
    questions: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=JudgeHelp.questions)] = None,
    judge_base_url: Annotated[str, typer.Option(help=JudgeHelp.base_url)] = "",
    votes: Annotated[int | None, typer.Option(help=JudgeHelp.votes)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play episodes with a policy and print the score, with 95 % intervals.

    A language model plays through any OpenAI-compatible server; a key is taken from OPENAI_API_KEY where there is one.

    \b
    Examples:
      agentgym run --policy oracle --pack clinic --split test --episodes 300
      agentgym run --policy greedy --pack clinic --out greedy.jsonl
      agentgym run --policy random --tasks tasks.jsonl --json
      agentgym run --policy openai:Qwen/Qwen3-8B --base-url http://localhost:8000/v1 --concurrency 64 --out qwen.jsonl
      agentgym run --policy greedy --user openai:gpt-4.1-mini --price-in 0.4 --price-out 1.6 --out user.jsonl
      agentgym run --policy oracle --pack clinic --view renamed,shuffled,distractors:20@7
      agentgym run --policy greedy --pack clinic --out greedy.jsonl --judge openai:gpt-4.1-mini --questions manners
      agentgym run --pack ./my_pack --tool-model openai:gpt-4.1-mini --recordings answers.jsonl --out oracle.jsonl
    """
    check_name("split", split, SPLITS)
    if scorer is not None:
        check_name("scorer", scorer, SCORERS)
    if episodes is not None and episodes < 1:
        raise UsageError(f"--episodes must be at least 1, found {episodes}")
    if tasks is not None and (workflow or branch):
        raise UsageError("--workflow and --branch are for packs; with --tasks every task of the file is played")
    asked = Asked(
        policy=name, user=user, base_url=base_url, user_base_url=user_base_url, tool_style=tool_style,
        concurrency=concurrency, temperature=temperature, max_tokens=max_tokens, timeout=timeout, retries=retries,
        price_in=price_in, price_out=price_out,
    )  # fmt: skip
    asking = asking_of(judge, questions, judge_base_url or base_url, votes, concurrency, timeout)
    given, troubles = read_tasks(tasks) if tasks is not None else (None, [])
    for trouble in troubles:
        remark(trouble)
    source = Tasks(packs_of(pack), cast(Literal["train", "test"], split), given, view)
    if tasks is not None:
        source.packs |= brought(tasks, given or (), source.packs)
    count = _count(episodes, given)
    options = {key: value for key, value in (("workflow", workflow), ("branch", branch)) if value is not None}
    wanted = (source.get(number, options) for number in range(seed, seed + count))
    if asking is not None:
        check_judge(asking, list(source.packs.values()))
    results: list[Result] = []
    with kept_in(out, asking) as file:
        with (
            tool_players(
                tool_model, tool_base_url or base_url, recordings, temperature=temperature, max_tokens=max_tokens,
                timeout=timeout, retries=retries, concurrency=concurrency, price_in=price_in, price_out=price_out,
            ) as tools,
            players(asked) as seats,
            progress(name, count * samples, as_json) as show,
        ):  # fmt: skip
            source.packs = {known: tools.of(found) for known, found in source.packs.items()}
            if tools.client is not None:
                seats.clients["tools"] = tools.client
                seats.options["tool_model"] = tool_model

            def seen(number: int, result: Result) -> None:
                results.append(result)
                show(number)

            try:
                found = rollout(
                    wanted, seats.policy, file, name=name, samples=samples, scorer=scorer, user=seats.user,
                    user_name=user, options=seats.options, concurrency=concurrency if seats.clients else 1,
                    view=source.view, progress=seen,
                )  # fmt: skip
            except KeyboardInterrupt:
                found = None
            spent = seats.spent()
        explain_invalid(results)
        if found is None:
            _explain(len(results), out)
            raise typer.Exit(130)
        if not as_json:
            _print(name, found, out)
            _print_spent(spent)
        judged = None
        if asking is not None and file is not None:
            judged = judge_file(asking, file, list(source.packs.values()), quiet=as_json)
    if as_json:
        more = {**({"models": spent} if spent else {}), **({"judge": judged.columns} if judged else {})}
        print_json({**msgspec.structs.asdict(found), **more} if more else found)
    elif judged is not None:
        console().print("")
        print_columns(judged.columns)
    if judged is not None:
        judged.tell_failures()


def _count(episodes: int | None, given: list[Task] | None) -> int:
    """How many tasks are played: each of a file once."""
    if given is None:
        return episodes or 100
    if episodes and episodes > len(given):
        raise UsageError(f"--episodes {episodes}: the file has {len(given)} tasks")
    return episodes or len(given)


def _explain(done: int, out: Path | None) -> None:
    """How to go on after Ctrl-C."""
    if out is None:
        remark(f"stopped after {done} episodes; nothing was kept. With --out FILE the same command can go on.")
    else:
        remark(f"stopped after {done} episodes; they are in {out}. To go on: {command()}")


def _print(name: str, found: Summary, out: Path | None) -> None:
    screen = console()
    table = Table("pack", "workflow", box=None, pad_edge=False)
    for head in ("episodes", "invalid", "score", "success", "95 %"):
        table.add_column(head, justify="right")
    for row in found.workflows:
        score = "-" if row.score is None else f"{row.score:.3f}"
        success = "-" if row.success is None else f"{row.success.value:.3f}"
        interval = "-" if row.success is None else f"{row.success.low:.3f} to {row.success.high:.3f}"
        texts = (row.pack, row.workflow, str(row.episodes), str(row.invalid), score, success, interval)
        table.add_row(*map(Text, texts))
    screen.print(table)
    screen.print()
    lines = [
        f"{name}: {found.episodes} episodes of {found.tasks} tasks",
        f"score       {_estimate(found.score)}",
        f"success     {_estimate(found.success)}",
        f"invalid     {found.invalid_rate:.3f}",
        f"truncated   {found.truncation_rate:.3f}",
        f"mean turns  {found.mean_turns:.2f}",
        "endings     " + ", ".join(f"{ending} {count}" for ending, count in found.endings.items()),
        f"intervals   {found.intervals}",
    ]
    if out is not None:
        lines.append(f"traces      {out}")
    screen.print(Text("\n".join(lines)))


def _print_spent(spent: list[dict[str, Any]]) -> None:
    for row in spent:
        tokens = f"{row['prompt_tokens']} tokens in, {row['completion_tokens']} out"
        cost = f", cost {row['cost']:.4f}" if row["cost"] else ""
        tries = f"{row['requests']} requests, {row['retries']} retries, {row['failures']} failures"
        console().print(Text(f"{row['seat']:<11} {row['model']}: {tries}, {tokens}{cost} (this run)"))


def _estimate(found: Estimate | None) -> str:
    return "no valid episode" if found is None else f"{found.value:.3f}  [{found.low:.3f}, {found.high:.3f}]"
