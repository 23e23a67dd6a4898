"""`agentgym synth teach` and `agentgym synth paraphrase`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from msgspec import Struct, to_builtins
from rich.text import Text

from agentgym.cli.models import PREFIX, model_of
from agentgym.cli.shell import command, console, print_json, progress, remark
from agentgym.errors import UsageError
from agentgym.pack import load

if TYPE_CHECKING:
    from agentgym.synthesis.teacher import Report, Teacher

__all__ = ["paraphrase", "teach"]

Model = Annotated[str, typer.Option("--model", help="openai:MODEL.")]
BaseUrl = Annotated[str, typer.Option(help="Server of the model, such as http://localhost:8000/v1. Default: OpenAI.")]
Record = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.jsonl", help="Answers, kept as they come and not asked for again. Default: OUT.answers.jsonl."
    ),
]
Requests = Annotated[int, typer.Option(help="Requests at most, tries that fail included.")]
Money = Annotated[
    float | None, typer.Option(help="Cost at most; needs the prices, and --max-tokens for the most of one answer.")
]
Repairs = Annotated[int, typer.Option(help="Times that a refused answer is asked for again.")]
Temperature = Annotated[float | None, typer.Option(help="Default: the server's.")]
MaxTokens = Annotated[int, typer.Option(help="Of one answer.")]
Timeout = Annotated[float, typer.Option(help="Seconds for one try.")]
Retries = Annotated[int, typer.Option(help="Further tries of a request that failed.")]
PriceIn = Annotated[float, typer.Option(help="Price of a million prompt tokens.")]
PriceOut = Annotated[float, typer.Option(help="Price of a million completion tokens.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _Asking(Struct, frozen=True):
    """The options that concern the model."""

    model: str
    base_url: str
    record: Path | None
    requests: int
    money: float | None
    repairs: int
    temperature: float | None
    max_tokens: int
    timeout: float
    retries: int
    price_in: float
    price_out: float


def teach(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write; its name is the pack's.")],
    seed: Annotated[int, typer.Option(help="Another seed, other words to start from.")] = 0,
    gap: Annotated[int, typer.Option(help="What users keep back until asked, from 0 to 3.")] = 2,
    base_url: BaseUrl = "",
    record: Record = None,
    budget_requests: Requests = 60,
    budget_usd: Money = None,
    repairs: Repairs = 3,
    temperature: Temperature = None,
    max_tokens: MaxTokens = 6000,
    timeout: Timeout = 120.0,
    retries: Retries = 2,
    price_in: PriceIn = 0.0,
    price_out: PriceOut = 0.0,
    as_json: AsJson = False,
) -> None:
    """A whole new domain that a model thinks up, behind the gates of `synth domain`. Exit code 1 if nothing came of it.

    The same command goes on where it was stopped, and with all answers recorded it needs no server.

    \b
    Examples:
      agentgym synth teach --model openai:gpt-4.1-mini --price-in 0.4 --price-out 1.6 --budget-usd 1 --out marina
      agentgym synth teach --model openai:Qwen/Qwen3-8B --base-url http://localhost:8000/v1 --seed 3 --out d3
    """
    from agentgym.synthesis.teacher import Unfinished
    from agentgym.synthesis.teacher import teach as taught

    asking = _Asking(
        model, base_url, record, budget_requests, budget_usd, repairs, temperature, max_tokens, timeout, retries,
        price_in, price_out,
    )  # fmt: skip
    try:
        with _teacher(asking, out, as_json) as teacher:
            made = taught(teacher, out, seed=seed, gap=gap)
    except Unfinished as trouble:
        _told_unfinished(str(trouble), out)
    if as_json:
        found = made.synthesis
        names = [sampled.spec.name for sampled in found.admitted]
        rules = [growth.rule.say for growth in found.grown]
        print_json({"name": found.pack.name, "tools": list(found.pack.tools), "workflows": names, "rules": rules,
                    "report": to_builtins(made.report)})  # fmt: skip
        return
    say = console().print
    say(Text(f"{made.synthesis.pack.title}: {len(made.synthesis.pack.tools)} tools, "
             f"{len(made.synthesis.admitted)} workflows, in {out}"))  # fmt: skip
    _say_report(made.report)


def paraphrase(
    pack: Annotated[str, typer.Argument(metavar="PACK|FOLDER", help="A pack.")],
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write; its name is the copy's.")],
    workflow: Annotated[list[str] | None, typer.Option(help="Only this one; may be given again.")] = None,
    train: Annotated[int, typer.Option(help="Openings to add to each workflow.")] = 4,
    test: Annotated[int, typer.Option(help="Openings to add to each for the test split.")] = 2,
    base_url: BaseUrl = "",
    record: Record = None,
    budget_requests: Requests = 60,
    budget_usd: Money = None,
    repairs: Repairs = 3,
    temperature: Temperature = None,
    max_tokens: MaxTokens = 6000,
    timeout: Timeout = 120.0,
    retries: Retries = 2,
    price_in: PriceIn = 0.0,
    price_out: PriceOut = 0.0,
    as_json: AsJson = False,
) -> None:
    """A copy of a pack whose users begin in more ways, in a model's words. Exit code 1 if nothing came of it.

    \b
    Examples:
      agentgym synth paraphrase clinic --model openai:gpt-4.1-mini --out clinic_said_otherwise
      agentgym synth paraphrase d7 --workflow ask_name --model openai:qwen --base-url http://localhost:8000/v1 --out d7b
    """
    from agentgym.synthesis.teacher import Unfinished
    from agentgym.synthesis.teacher import paraphrase as paraphrased

    asking = _Asking(
        model, base_url, record, budget_requests, budget_usd, repairs, temperature, max_tokens, timeout, retries,
        price_in, price_out,
    )  # fmt: skip
    try:
        with _teacher(asking, out, as_json) as teacher:
            made = paraphrased(teacher, load(pack), out, workflows=workflow or (), train=train, test=test)
    except Unfinished as trouble:
        _told_unfinished(str(trouble), out)
    if as_json:
        print_json({"name": made.pack.name, "added": to_builtins(made.added), "report": to_builtins(made.report)})
        return
    count = sum(len(kept.train) + len(kept.test) for kept in made.added.values())
    console().print(Text(f"{count} openings for {len(made.added)} workflows in {out}"))
    _say_report(made.report)


@contextmanager
def _teacher(asking: _Asking, out: Path, quiet: bool) -> Generator[Teacher]:
    """The teacher of a command, with its answers recorded."""
    from agentgym.llm import Server
    from agentgym.synthesis.draft import vacant
    from agentgym.synthesis.teacher import ANSWERS, Budget
    from agentgym.synthesis.teacher import Teacher as Asked
    from agentgym.tool.recordings import Recordings

    if not asking.model.startswith(PREFIX):
        raise UsageError(f"--model is {PREFIX}MODEL, found {asking.model!r}")
    if asking.max_tokens < 1:
        raise UsageError(f"--max-tokens is at least 1, found {asking.max_tokens}")
    server = Server(
        model_of(asking.model), asking.base_url, temperature=asking.temperature, max_tokens=asking.max_tokens,
        timeout=asking.timeout, retries=asking.retries, price_in=asking.price_in, price_out=asking.price_out,
    )  # fmt: skip
    vacant(out)
    with (
        Recordings(asking.record or Path(f"{out}{ANSWERS}")) as answers,
        progress("answers", asking.requests, quiet) as show,
        Asked(server, answers, Budget(asking.requests, asking.money), repairs=asking.repairs, progress=show) as teacher,
    ):
        try:
            yield teacher
        except KeyboardInterrupt:
            remark(f"stopped; {len(answers)} answers are kept. To go on: {command()}")
            raise typer.Exit(130) from None


def _told_unfinished(why: str, out: Path) -> NoReturn:
    """Say that nothing came of it, and where the report is. Raises typer.Exit."""
    from agentgym.synthesis.teacher import REPORT

    remark(f"{why}; what each gate said is in {out}{REPORT}")
    raise typer.Exit(1)


def _say_report(report: Report) -> None:
    for line in report.lines:
        console().print(Text(f"  {line}", style="dim"))
