"""`agentgym show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import to_builtins
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentgym.cli.explain import about
from agentgym.cli.played import RECORDED_HELP, read_recordings
from agentgym.cli.shell import SPLITS, VIEW_HELP, check_name, console, is_file, print_json, remark
from agentgym.episode import Episode, openai_tools, system_text
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack, load
from agentgym.tasks import pack_beside, read_tasks
from agentgym.trace import Recorder
from agentgym.types import Called, Ended, Event, Said, Task
from agentgym.views import checked_view, with_view

__all__ = ["show"]

_STYLES = {"assistant": "green", "user": "blue", "tool": "yellow", "ended": "bold"}


def show(
    target: Annotated[
        str, typer.Argument(metavar="PACK|TASKS.jsonl", help="A pack's name or folder, or a file of tasks.")
    ],
    workflow: Annotated[
        str | None, typer.Option(help="A workflow of the pack; drawn by the seed where not given.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(help="A branch of the workflow; drawn by the seed where not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the task; in a file the line, from 0.")] = 0,
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    task_id: Annotated[str | None, typer.Option("--id", help="Id of a task in the file.")] = None,
    view: Annotated[str, typer.Option(help=VIEW_HELP)] = "",
    recordings: Annotated[Path | None, typer.Option(help=RECORDED_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a task: policy, opening, what the user knows, criteria, and the oracle's episode with its rewards.

    \b
    Examples:
      agentgym show clinic
      agentgym show clinic --workflow cancel --branch denied --seed 7 --split test
      agentgym show tasks.jsonl --id 0123456789abcdef --json
      agentgym show clinic --seed 7 --view renamed,distractors
      agentgym show ./my_pack --recordings answers.jsonl
    """
    check_name("split", split, SPLITS)
    if is_file(target):
        if workflow or branch:
            raise UsageError("--workflow and --branch are for packs; a file's tasks are chosen by --id or --seed")
        pack, task = _from_file(target, task_id, seed, recordings)
    elif task_id is not None:
        raise UsageError("--id needs a file of tasks; a pack's tasks are chosen by --seed, --workflow and --branch")
    else:
        pack = load(target).played(read_recordings(recordings))
        task = pack.task(seed, split, workflow, branch)  # pyright: ignore[reportArgumentType]
    task = with_view(pack, task, checked_view(view))
    found = _play(pack, task)
    if as_json:
        print_json(found)
    else:
        _print(console(), task, found)


def _from_file(path: str, task_id: str | None, seed: int, recordings: Path | None) -> tuple[Pack, Task]:
    tasks, troubles = read_tasks(path)
    for trouble in troubles:
        remark(trouble)
    if task_id is None:
        task = tasks[seed % len(tasks)]
    else:
        found = [task for task in tasks if task.id == task_id]
        if not found:
            raise NotFoundError("task id in the file", task_id, (task.id for task in tasks))
        task = found[0]
    pack = pack_beside(task.pack, path).played(read_recordings(recordings))
    pack.check(task)
    return pack, task


def _play(pack: Pack, task: Task) -> dict[str, Any]:
    with Episode(pack, task) as episode:
        recorder = Recorder(episode, "oracle", digest=False)
        steps: list[dict[str, Any]] = [
            {"events": [_line(event) for event in episode.events], "reward": 0.0, "terms": {}}
        ]
        for action in task.oracle:
            if episode.ending:
                break
            events = recorder.apply(action)
            terms = recorder.steps[-1].terms
            steps.append({"events": [_line(event) for event in events], "reward": sum(terms.values()), "terms": terms})
        return {
            "task": to_builtins(task, enc_hook=repr),
            "policy": system_text(episode),
            "tools": openai_tools(episode) if task.tool_view else [],
            "opening": task.ledger.opening,
            "ledger": to_builtins(task.ledger.facts),
            "criteria": [to_builtins(outcome.criteria) for outcome in task.outcomes],
            "oracle": steps,
            "score": episode.score,
            "ending": episode.ending or None,
        }


def _line(event: Event) -> dict[str, Any]:
    if isinstance(event, Said):
        return {"who": event.seat.partition("_")[0], "said": event.text}
    if isinstance(event, Called):
        who = event.seat.partition("_")[0]
        call = event.written or event
        return {"who": who, "called": call.name, "arguments": call.arguments, "result": event.result}
    assert isinstance(event, Ended)
    return {"who": "ended", "said": event.ending + (f": {event.reason}" if event.reason else "")}


def _print(out: Console, task: Task, found: dict[str, Any]) -> None:
    out.print(Text(f"{task.pack}  {task.workflow}/{task.branch}  task {task.id}", style="bold"))
    facts = [f"split {task.split}", f"seed {task.seed}", f"world {task.world_seed}", f"persona {task.ledger.persona}"]
    facts += [f"twin {task.twin}"] * bool(task.twin) + ["trap"] * task.trap
    if task.tool_view and task.tool_view.missing:
        facts.append(f"missing {task.tool_view.missing}")
    out.print(Text(", ".join(facts)), "", Text(found["policy"]), "", sep="\n")
    if task.tool_view:
        out.print(Text(f"Tools shown ({task.tool_view.asked})", style="bold"))
        rows = [(f["name"], " ".join(f["parameters"]["properties"])) for f in (t["function"] for t in found["tools"])]
        out.print(_table(("tool", "parameters"), rows), "")
    out.print(Text("The user wants to " + task.ledger.wants, style="bold"))
    for request in task.ledger.further:
        out.print(Text(f"and then to {request.wants}: {request.opening}"))
    out.print(_table(("fact", "value", "said"), [(f.name, str(f.value), f.release) for f in task.ledger.facts]), "")
    for number, outcome in enumerate(task.outcomes, 1):
        title = "Criteria" if len(task.outcomes) == 1 else f"Criteria of outcome {number}"
        out.print(Text(title, style="bold"))
        rows = [(c.name, c.kind, c.part, f"{c.weight:g}", about(task, c, number - 1)) for c in outcome.criteria]
        out.print(_table(("criterion", "kind", "counts for", "weight", "what"), rows), "")
    out.print(Text("The oracle", style="bold"))
    for step in found["oracle"]:
        for line in step["events"]:
            out.print(_spoken(line))
        if step["terms"]:
            terms = ", ".join(f"{name} {value:+.3f}" for name, value in step["terms"].items())
            out.print(Text(f"    reward {step['reward']:+.3f} ({terms})", style="dim"))
    score = "none" if found["score"] is None else f"{found['score']:.3f}"
    out.print(Text(f"score {score}", style="bold"))


def _spoken(line: dict[str, Any]) -> Text:
    who = line["who"]
    if "called" not in line:
        return Text(f"{who}: {line['said']}", style=_STYLES[who])
    given = ", ".join(f"{name}={value!r}" for name, value in line["arguments"].items())
    text = Text(f"{who}: {line['called']}({given})\n", style=_STYLES[who])
    return text.append(f"  -> {line['result']}", style=_STYLES["tool"])


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    table = Table(*heads, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
