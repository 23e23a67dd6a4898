"""A greedy policy without gold: it follows the schemas.

It asks for what parameters need and the user may know, calls every read tool whose arguments are known, then the write
whose name fits the user's words best, reads it back first, and reports. It never thinks about the rules: a floor to beat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentgym.episode import Episode
from agentgym.tool import Tool
from agentgym.types import USER, Action, Call, Called, Said, result_rows

__all__ = ["greedy"]

_READS = 12


def greedy(episode: Episode) -> Iterator[object]:
    """Actions of the greedy policy."""
    opening = next(e.text for e in episode.events if isinstance(e, Said) and e.seat == USER)
    memory = _Memory(episode)
    target = _target(episode, opening)
    yield from _ask(episode, target)
    made: set[str] = set()
    for _ in range(_READS):
        call = _next_read(episode, memory, made)
        if call is None:
            break
        made.add(f"{call.name} {call.arguments}")
        yield Action(calls=(call,))
    if target is not None:
        arguments = memory.bind(target)
        if arguments is not None:
            values = ", ".join(f"{n.replace('_', ' ')}: {v}" for n, v in {**arguments, **memory.row(arguments)}.items())
            yield f"To confirm: {target.name.replace('_', ' ')}, {values}. Shall I go ahead?"
            yield Action(calls=(Call(target.name, arguments),))
            yield f"Done: {memory.last()}. Is there anything else I can help with?"
    yield f"I have looked it up: {memory.last()}. Is there anything else I can help with?"


class _Memory:
    """Values by canonical column, the newest row first, and what the user said."""

    def __init__(self, episode: Episode) -> None:
        self.episode = episode

    def rows(self) -> list[tuple[Tool, dict[str, Any]]]:
        out: list[tuple[Tool, dict[str, Any]]] = []
        for event in self.episode.events:
            if isinstance(event, Called) and event.error is None and event.name in self.episode.tools:
                tool = self.episode.tools[event.name]
                out += [(tool, row) for row in result_rows(event.result)]
        said = " ".join(e.text for e in self.episode.events if isinstance(e, Said) and e.seat == USER)
        return sorted(out, key=lambda pair: sum(str(v) in said for v in pair[1].values() if v is not None))

    def known(self) -> dict[str, Any]:
        """Canonical column -> the value that fits what the user said best, the newest of equals."""
        out: dict[str, Any] = {}
        for tool, row in self.rows():
            for name, column in zip(tool.names, tool.columns, strict=True):
                if column and row.get(name) is not None:
                    out[column] = row[name]
        facts = {fact.name: fact for fact in self.episode.task.ledger.facts}
        for event in self.episode.events:
            if isinstance(event, Said) and event.seat == USER:
                out.update({facts[n].column or n: facts[n].value for n in event.facts if n in facts})
        return out

    def bind(self, tool: Tool) -> dict[str, Any] | None:
        known, refers, out = self.known(), dict(tool.refers), dict[str, Any]()
        for name, parameter in tool.spec.parameters.items():
            value = known.get(refers.get(name, name))
            if value is None and parameter.enum:
                value = parameter.enum[0]
            if value is not None and _fits(value, parameter.type):
                out[name] = value
            elif not parameter.optional:
                return None
        return out

    def row(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of the row that the arguments were taken from."""
        wanted = set(map(str, arguments.values()))
        for _, row in reversed(self.rows()):
            if wanted & set(map(str, row.values())):
                return row
        return {}

    def last(self) -> str:
        for event in reversed(self.episode.events):
            if isinstance(event, Called) and event.error is None and isinstance(event.result, dict):
                return ", ".join(f"{n.replace('_', ' ')}: {v}" for n, v in event.result.items())  # pyright: ignore
        return "nothing"


def _fits(value: Any, kind: str) -> bool:
    return (
        isinstance(value, str) if kind == "string" else isinstance(value, int | float) and kind in ("integer", "number")
    )


def _words(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z]{3,}", text.lower())}


def _target(episode: Episode, opening: str) -> Tool | None:
    """The write whose name and description share most words with what the user wants."""
    wanted = _words(opening)
    writes = [tool for tool in episode.tools.values() if tool.writes and not tool.ends]
    best = max(
        writes, key=lambda t: (len(wanted & _words(t.name)), len(wanted & _words(t.spec.description))), default=None
    )
    return best if best is not None and wanted & (_words(best.name) | _words(best.spec.description)) else None


def _ask(episode: Episode, target: Tool | None) -> Iterator[object]:
    """Ask for the parameters that no tool returns: the user must have them."""
    produced = {column for tool in episode.tools.values() for column in tool.columns}
    names: dict[str, None] = {}
    for tool in (*(t for t in episode.tools.values() if not t.writes), *([target] if target else [])):
        for name, column in tool.refers:
            if column not in produced or name in episode.lexicon.facts:
                names[name] = None
    asked = [name.replace("_", " ") for name in names if name in episode.lexicon.facts]
    identity = [name.replace("_", " ") for name in ("phone", "date_of_birth") if name in episode.lexicon.facts]
    wanted = list(dict.fromkeys([*asked, *identity]))
    if wanted:
        yield f"Could you tell me your {' and your '.join(wanted)}, please?"


def _next_read(episode: Episode, memory: _Memory, made: set[str]) -> Call | None:
    for tool in episode.tools.values():
        if tool.writes or tool.ends or not tool.spec.parameters or tool.spec.python:
            continue
        arguments = memory.bind(tool)
        if arguments and f"{tool.name} {arguments}" not in made and any(name in arguments for name, _ in tool.refers):
            return Call(tool.name, arguments)
    return None
