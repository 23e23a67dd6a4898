"""`agentgym synth`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from rich.table import Table
from rich.text import Text

from agentgym.cli.shell import console, lines_of, print_json, progress, remark
from agentgym.cli.teach import paraphrase, teach
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack, load
from agentgym.synthesis import tool_graph
from agentgym.tasks import pack_beside, read_tasks
from agentgym.types import Task

__all__ = ["synth"]

synth = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
synth.command("teach")(teach)
synth.command("paraphrase")(paraphrase)


@synth.callback()
def _synth() -> None:
    """Synthesis: what new tasks are made from."""


@synth.command("graph")
def graph(
    pack: Annotated[str, typer.Argument(metavar="PACK|FOLDER", help="A pack.")],
    png: Annotated[Path | None, typer.Option(help="Draw it into this file; .svg and .pdf go as well.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The typed graph of a pack's tools: which value can become which argument, and on what evidence.

    \b
    Examples:
      agentgym synth graph clinic
      agentgym synth graph clinic --png graph.png
      agentgym synth graph ./my_pack --json
    """
    found = tool_graph(load(pack))
    if png is not None:
        from agentgym.synthesis.picture import draw

        draw(found, png)
    if as_json:
        print_json({**to_builtins(found), "depths": found.depths})
    else:
        console().print(found.text(), markup=False, soft_wrap=True)
    if png is not None:
        remark(f"drawn into {png}")


@synth.command("domain")
def domain(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write; its name is the pack's.")],
    seed: Annotated[int, typer.Option(help="Another seed, another domain.")] = 0,
    gap: Annotated[int, typer.Option(help="What users keep back until asked, from 0 to 3.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A whole new domain that no author wrote: a world, tools, rules, workflows and words, proved on every branch.

    \b
    Examples:
      agentgym synth domain --seed 7 --out d7 && agentgym certify d7 --seeds 200
      agentgym play d7
      agentgym synth tasks --pack d7 --n 1000 --out tasks.jsonl
    """
    from agentgym.synthesis.domain import domain as made

    with progress("workflows", 8, as_json) as show:
        whole = made(seed, out, gap=gap, progress=show)
    found = whole.synthesis
    rules = [growth.rule.say for growth in found.grown]
    if as_json:
        names = [sampled.spec.name for sampled in found.admitted]
        print_json(
            {
                "name": found.pack.name,
                "tools": list(found.pack.tools),
                "workflows": names,
                "rules": rules,
                "motifs": list(whole.motifs),
            }
        )
        return
    say = console().print
    say(Text(f"{found.pack.title}: {len(found.pack.tools)} tools, {len(found.admitted)} workflows, in {out}"))
    say(Text(f"  motifs: {', '.join(whole.motifs)}", style="dim"))
    for sampled in found.admitted:
        say(Text(f"  {sampled.spec.title}"))
    for rule in rules:
        say(Text(f"  rule: {rule}", style="dim"))


@synth.command("from")
def from_(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write; its name is the pack's.")],
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="An SQLite file, an OpenAPI document (3.x, Swagger 2.0; JSON or YAML), or an MCP server's answer to "
            "tools/list. It is read and nothing else.",
        ),
    ] = None,
    mcp: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help="In place of a file: an MCP server to start, which is asked what tools it has. None is called.",
        ),
    ] = "",
    caller: Annotated[
        str,
        typer.Option(
            metavar="TABLE",
            help="The table of those who call, which gets what it lacks; left out, the one most others refer to.",
        ),
    ] = "",
    depth: Annotated[int, typer.Option(help="Decisions in a row on the way to what is wanted, from 1.")] = 1,
    gap: Annotated[int, typer.Option(help="What users keep back until asked, from 0 to 3.")] = 2,
    seed: Annotated[int, typer.Option(help="Another seed, other rules and workflows.")] = 0,
) -> None:
    """A pack to begin with from what one has: a database, an OpenAPI document, or an MCP server's tools.

    Of a database tables, keys and kinds of values, not its rows; of a document or a server schemas and operations.
    What could not be read off is listed, on the screen and in NOTES.md. Nothing is fetched.

    \b
    Examples:
      agentgym synth from shop.db --out shop
      agentgym synth from openapi.yaml --caller Member --out library
      agentgym synth from --mcp "python server.py --read-only" --out desk
      agentgym synth from tools.json --depth 2 --out desk && agentgym certify desk --seeds 100
    """
    from agentgym.synthesis.resources.resource import pack_from
    from agentgym.synthesis.resources.skeleton import NOTES

    with progress("workflows", 8, False) as show:
        made, notes = pack_from(
            source, out, mcp=mcp, caller=caller, depth=depth, gap=gap, seed=seed, progress=show
        )  # fmt: skip
    say = console().print
    say(Text(f"{len(made.pack.tools)} tools and {len(made.admitted)} workflows in {out}; for you to see to ({NOTES}):"))
    for note in notes:
        say(Text(f"  {note}"))


@synth.command("tasks")
def tasks(
    out: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="The file of tasks; its packs go to FILE.packs.")],
    pack: Annotated[str, typer.Option(metavar="PACK|FOLDER", help="Whose world, tools and rules to start from.")],
    count: Annotated[int, typer.Option("--n", help="Tasks.")] = 500,
    gap: Annotated[
        int, typer.Option(help="What users keep back until asked: 0 nothing, 1 half, 2 all but one fact, 3 everything.")
    ] = 2,
    depth: Annotated[int, typer.Option(help="Decisions in a row on the way to what is wanted, from 1.")] = 2,
    seed: Annotated[int, typer.Option(help="Another seed, other packs and tasks.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes. The bytes are the same for any number.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Proved tasks that no author wrote, on packs whose policy grows until decisions are deep enough.

    A run that was stopped goes on with the same command.

    \b
    Examples:
      agentgym synth tasks --pack clinic --gap 2 --depth 3 --n 500 --out tasks.jsonl
      agentgym synth tasks --pack ./my_pack --n 10000 --workers 8 --out many.jsonl
      agentgym run --policy oracle --tasks tasks.jsonl
    """
    from agentgym.synthesis.tasks import make_tasks

    with progress("tasks", count, as_json) as show:
        try:
            made = make_tasks(
                load(pack), out, count, gap=gap, depth=depth, seed=seed, workers=workers, progress=show
            )  # fmt: skip
        except KeyboardInterrupt:
            remark("stopped; the same command goes on with the packs that are not done")
            raise typer.Exit(130) from None
    if as_json:
        print_json(to_builtins(made))
        return
    console().print(
        Text(f"{made.tasks} certified tasks of {len(made.packs)} packs in {out}; the packs are in {out}.packs")
    )
    for reason, times in list(made.refused.items())[:8]:
        console().print(Text(f"  not taken: {reason} ({times})", style="dim"))


@synth.command("round")
def round_(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS.jsonl", help="The tasks that were played.")],
    traces: Annotated[Path, typer.Argument(metavar="TRACES.jsonl", help="What was played of them.")],
    out: Annotated[Path, typer.Option(metavar="FILE.jsonl", help="The next round's tasks; packs go to FILE.packs.")],
    count: Annotated[int, typer.Option("--n", help="Tasks of the next round.")] = 500,
    pack: Annotated[
        list[str] | None,
        typer.Option(metavar="FOLDER", help="A pack of tasks that is not found by name; may be repeated."),
    ] = None,
    replayed: Annotated[float, typer.Option("--replay", help="Share of them that were in this round.")] = 0.25,
    gap: Annotated[int, typer.Option(help="What users of grown workflows keep back until asked, from 0 to 3.")] = 2,
    seed: Annotated[int, typer.Option(help="Another seed, other tasks.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The next round of tasks, from what a policy did on this one.

    Twins where it fails, traps where it guesses, deeper decisions where it masters, and some of this round again.
    Why, and what came of it, stands in FILE.jsonl.round.json. A call that was stopped goes on with the same command.

    \b
    Examples:
      agentgym run --policy greedy --tasks round0.jsonl --out round0.traces.jsonl
      agentgym synth round round0.jsonl round0.traces.jsonl --n 500 --out round1.jsonl
    """
    from agentgym.synthesis.flywheel import next_round

    played = lines_of(traces)
    with progress("traces and tasks", played + count, as_json) as show:

        def told(what: str, done: int) -> None:
            if what in ("traces", "tasks"):
                show(done if what == "traces" else played + done)

        try:
            made = next_round(
                tasks, traces, out, count, packs=[load(one) for one in pack or ()], seed=seed, gap=gap,
                replayed=replayed, progress=told,
            )  # fmt: skip
        except KeyboardInterrupt:
            remark("stopped; the same command goes on where it was")
            raise typer.Exit(130) from None
    if as_json:
        print_json(to_builtins(made))
        return
    say = console().print
    kinds = ", ".join(f"{number} {operator}" for operator, number in made.made.items())
    episodes = sum(one["episodes"] for one in made.seen)
    say(Text(f"round {made.round}: {made.tasks} certified tasks ({kinds}) from {episodes} episodes, in {out}"))
    for line in made.gave_up:
        say(Text(f"  gave up: {line}", style="dim"))
    for reason, times in [*made.left_out.items(), *made.refused.items()][:8]:
        say(Text(f"  not taken: {reason} ({times})", style="dim"))


@synth.command("audit")
def audit(
    target: Annotated[Path, typer.Argument(metavar="FILE.jsonl|FOLDER", help="Tasks, or a folder of such files.")],
    against: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A text whose lines no task may have: a test set that people evaluate on."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What is wrong with a set of tasks: each alone, and all together. Exit code 1 if a check fails.

    \b
    Examples:
      agentgym synth audit tasks.jsonl
      agentgym synth audit ./my_sets --against benchmark.txt
    """
    from agentgym.synthesis.audit import audit as audited

    files = sorted(target.glob("*.jsonl")) if target.is_dir() else [target]
    if not files:
        raise UsageError(f"{target} holds no file of tasks (.jsonl)")
    found: list[Task] = []
    packs: dict[str, Pack] = {}
    troubles: list[str] = []
    for file in files:
        given, broken = read_tasks(file)
        found += given
        troubles += broken
        for name in sorted({task.pack for task in given} - packs.keys()):
            try:
                packs[name] = pack_beside(name, file)
            except AgentGymError as trouble:
                troubles.append(f"{file}: {trouble}")
    lines = [against.read_text(encoding="utf-8", errors="replace")] if against is not None else []
    with progress("audit", len(found), as_json) as show:
        report = audited(found, packs, lines, show)
    for trouble in troubles:
        remark(trouble)
    if as_json:
        print_json({**to_builtins(report), "ok": report.ok and not troubles, "troubles": troubles})
    else:
        splits = ", ".join(f"{count} {split}" for split, count in sorted(report.splits.items()))
        console().print(Text(f"{report.tasks} tasks ({splits}) of {len(report.packs)} packs"))
        table = Table("check", "found", "", "first", box=None, pad_edge=False, header_style="dim")
        for finding in report.findings:
            verdict = "ok" if finding.ok and finding.fails else "" if finding.ok else "FAILS"
            first = Text(finding.witnesses[0] if finding.witnesses else "")
            table.add_row(finding.check, f"{finding.found} of {finding.of}", verdict, first)
        console().print(table)
    if troubles or not report.ok:
        raise typer.Exit(1)
