"""`agentgym synth`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from agentgym.cli.shell import console, print_json, remark
from agentgym.pack import load
from agentgym.synthesis import tool_graph

__all__ = ["synth"]

synth = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


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
