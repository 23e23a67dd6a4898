"""The command line: `agentgym list`, `show`, `play`, `run`, `eval`, `certify`, `replay`, `view`, `fidelity`, and more.

A thin shell. An error on the user's side is one line and exit code 2; exit code 1 says that something was checked and
found wanting. With `--json` only JSON goes to standard output; progress and remarks go to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

import typer

from agentgym.cli.bench import bench
from agentgym.cli.certify import certify
from agentgym.cli.eval import eval_
from agentgym.cli.fidelity import fidelity
from agentgym.cli.judge import judge
from agentgym.cli.new import new
from agentgym.cli.packs import list_packs
from agentgym.cli.play import play
from agentgym.cli.replay import replay
from agentgym.cli.run import run
from agentgym.cli.shell import complain
from agentgym.cli.show import show
from agentgym.cli.synth import synth
from agentgym.cli.view import view
from agentgym.errors import AgentGymError

__all__ = ["app", "main"]

app = typer.Typer(
    name="agentgym",
    help="Executable, stateful, verifiable environments for tool-use language agents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(list_packs)
app.command("show")(show)
app.command("play")(play)
app.command("run")(run)
app.command("eval")(eval_)
app.command("certify")(certify)
app.command("replay")(replay)
app.command("view")(view)
app.command("fidelity")(fidelity)
app.command("judge")(judge)
app.command("new")(new)
app.command("bench")(bench)
app.add_typer(synth, name="synth")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line; ends in SystemExit."""
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="agentgym")
    except AgentGymError as trouble:
        complain(str(trouble))
        raise SystemExit(2) from None
