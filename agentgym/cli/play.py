"""`agentgym play`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec
import typer
from rich.text import Text

from agentgym.cli.game import Game
from agentgym.cli.line import COMMANDS, Line, complete, read_line, usage
from agentgym.cli.played import RECORDED_HELP, read_recordings
from agentgym.cli.shell import SPLITS, Screen, check_name, print_json, remark
from agentgym.errors import AgentGymError, NotFoundError
from agentgym.pack import load
from agentgym.rubric import SCORERS
from agentgym.types import ASSISTANT, USER, Called, Ended, Event, Said

__all__ = ["play"]

_SEATS = {"assistant": ASSISTANT, "user": USER}
_STYLES = {"assistant": "green", "user": "blue"}
_HELP = """\
What you type is said to the other side. As the assistant you also call tools:
  find_patients phone=555-010-0199          key=value; a value with JSON signs is JSON, any other is text
  {"name": "find_patients", "arguments": {"phone": "555-010-0199"}}      as a model writes it, sent as it is
A call that does not fit its tool is not sent, and costs nothing. Tab completes tools, arguments and values.
"""


def play(
    pack: Annotated[str, typer.Argument(metavar="PACK|FOLDER", help="A pack's name or folder.")] = "clinic",
    seat: Annotated[str, typer.Option(help="assistant or user: who you are.")] = "assistant",
    workflow: Annotated[
        str | None, typer.Option(help="A workflow of the pack; drawn by the seed if not given.")
    ] = None,
    branch: Annotated[
        str | None, typer.Option(help="A branch of the workflow; drawn by the seed if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the task.")] = 0,
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    scorer: Annotated[str | None, typer.Option(help="How to pay. Default: the task's own scorer.")] = None,
    recordings: Annotated[Path | None, typer.Option(help=RECORDED_HELP)] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON; the conversation goes to standard error.")
    ] = False,
) -> None:
    """Play a task yourself, as the assistant or as the user; the other side is simulated. Lines may be piped in.

    \b
    Examples:
      agentgym play clinic
      agentgym play clinic --seat user --workflow cancel --seed 3
      printf 'Could you tell me your phone number?\\n/hint\\n/score\\n' | agentgym play clinic --json
    """
    check_name("seat", seat, _SEATS)
    check_name("split", split, SPLITS)
    if scorer is not None:
        check_name("scorer", scorer, SCORERS)
    found = load(pack).played(read_recordings(recordings))
    task = found.task(seed, cast(Literal["train", "test"], split), workflow, branch)
    out = Screen(highlight=False, stderr=as_json)
    with Game(found, task, _SEATS[seat], scorer) as game:
        stopped = _Session(game, out).run()
        if as_json:
            who = {
                "seat": seat,
                "pack": found.name,
                "task_id": task.id,
                "workflow": task.workflow,
                "branch": task.branch,
            }
            print_json({**who, "turns": game.episode.turns, **game.score()})
    if stopped:
        raise typer.Exit(130)


class _Session:
    """The conversation on a screen, or with a script."""

    def __init__(self, game: Game, out: Screen) -> None:
        self.game, self.out = game, out
        self.terminal = sys.stdin.isatty()
        reconfigure: Any = getattr(sys.stdin, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")  # a line that is no text is still a line

    def run(self) -> bool:
        """Play until the person leaves. Gives whether it was by Ctrl-C."""
        game = self.game
        self._print(game.briefing, "dim")
        self._print("\n/help tells how to write a line, /quit leaves.\n", "dim")
        self._events(game.begin())
        stopped = False
        try:
            for typed in self._lines():
                try:
                    if not self._obey(typed):
                        break
                except AgentGymError as trouble:
                    self._print(f"error: {trouble}", "red")
        except KeyboardInterrupt:
            stopped = True
            remark("\nstopped")
        if not game.ended:
            self._print("You left before the end.", "bold")
            self._score()
        return stopped

    # --- lines ---

    def _lines(self) -> Iterator[str]:
        """What the person types, line by line, up to the end of the input."""
        prompt = f"{'assistant' if self.game.seat == ASSISTANT else 'user'}> "
        if self.terminal:
            _listen(self.game)
            aside = self.out.stderr  # standard output is kept for the result
            while True:
                if aside:
                    self.out.print(Text(prompt), end="")
                try:
                    typed = input("" if aside else prompt)
                except EOFError:
                    return
                yield typed
        for line in sys.stdin:
            self._print(f"{prompt}{line.rstrip()}")
            yield line

    def _obey(self, typed: str) -> bool:
        """Do what a line says; False to leave."""
        if not typed.strip():
            return True
        game = self.game
        line = read_line(typed, game.tools)
        if line.command == "/quit":
            return False
        if line.command:
            self._command(line)
            return True
        self._events(game.act(line))
        if game.ended:
            self._score()
            self._print("/undo takes the last step back, /quit leaves.", "dim")
        return True

    def _command(self, line: Line) -> None:
        game = self.game
        if line.command == "/hint":
            self._print(
                game.hint() or "no hint: nothing leads to a score from here; /undo takes a step back", "magenta"
            )
        elif line.command == "/undo":
            game.undo()
            self._print("one step back; before it:", "dim")
            said = [event for event in game.episode.events if isinstance(event, Said | Called) and _heard(event, game)]
            self._events(said[-1:])
        elif line.command == "/score":
            self._score()
        elif line.command == "/tools":
            self._tools(line.text)
        elif line.command == "/policy":
            self._print(game.briefing)
        elif line.command == "/help":
            self._print(_HELP + "\n".join(f"  {name:<9} {what}" for name, what in COMMANDS.items()))

    # --- what is shown ---

    def _print(self, text: str, style: str = "") -> None:
        self.out.print(Text(text, style=style))

    def _events(self, events: Sequence[Event]) -> None:
        """Events as they look from the person's seat."""
        for event in events:
            if isinstance(event, Ended):
                self._print(f"the end: {event.ending}" + (f" ({event.reason})" if event.reason else ""), "bold")
            elif _heard(event, self.game):
                who = event.seat.partition("_")[0]
                if isinstance(event, Said):
                    self._print(f"{who}: {event.text}", _STYLES[who])
                else:
                    self._print(f"  -> {_result(event)}", "red" if event.error else "yellow")

    def _tools(self, name: str) -> None:
        tools = self.game.tools
        if not tools:
            self._print("The user has no tools here; you only speak.")
        elif not name:
            for tool in tools.values():
                self._print(f"{usage(tool)}\n    {tool.spec.description}")
        elif name in tools:
            spec = tools[name].spec
            lines = [usage(tools[name]), f"    {spec.description} Effect: {spec.effect}."]
            lines += [f"    {key}: {parameter.description}" for key, parameter in spec.parameters.items()]
            self._print("\n".join(lines))
        else:
            raise NotFoundError("tool", name, tools)

    def _score(self) -> None:
        """Before the end the shares alone, since the criteria would give the answer away; at the end everything."""
        found, game = self.game.score(), self.game
        if game.seat == USER:
            terms = ", ".join(f"{name} {value:+.2f}" for name, value in found["contract"].items())
            self._print(f"your part, each term from -0.20 to 0.20: {terms}")
        if not game.ended:
            gate = f"; the gate is closed: {found['gate']}" if found["gate"] else ""
            self._print(
                f"so far: V {found['value']:.3f}, outcome {found['outcome']:.2f}, process {found['process']:.2f}{gate}"
            )
            return
        whose = "score" if game.seat == ASSISTANT else "the assistant's score"
        worth = "none, the episode is invalid" if found["score"] is None else f"{found['score']:.3f}"
        self._print(f"{whose}: {worth}{' (success)' if found['success'] else ''}", "bold")
        for criterion in found["criteria"]:
            self._print(*_criterion(criterion))
        if found["gate"]:
            self._print(f"  [closed] {found['gate']}", "red")
        self._print(f"  {found['sum']}", "dim")


def _criterion(found: dict[str, Any]) -> tuple[str, str]:
    """A criterion's line and its style."""
    mark = "yes" if found["holds"] else "no "
    counts = "reported only" if found["part"] == "nothing" else f"{found['part']}, weight {found['weight']:g}"
    style = "dim" if found["part"] == "nothing" else "green" if found["holds"] else "red"
    return f"  [{mark}] {found['meaning']}: {found['about']} ({counts})", style


def _heard(event: Event, game: Game) -> bool:
    """Whether the person hears of an event: words of the other side, and results of its own calls."""
    if isinstance(event, Said):
        return event.seat != game.seat and not event.beside
    return isinstance(event, Called) and event.seat == game.seat


def _result(event: Called) -> str:
    return msgspec.json.encode(event.result).decode()


def _listen(game: Game) -> None:
    """Completion and line editing, where Python has GNU readline or libedit; without it lines are typed as they are."""
    try:
        import readline
    except ImportError:
        remark("no completion: this Python has no readline")
        return
    found: list[str] = []

    def offer(_text: str, number: int) -> str | None:
        if number == 0:
            before = readline.get_line_buffer()[: readline.get_endidx()]
            found[:] = complete(before, game.tools, game.known)
        return found[number] if number < len(found) else None

    readline.set_completer_delims(" ")
    readline.set_completer(offer)
    binding = "bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete"
    readline.parse_and_bind(binding)
