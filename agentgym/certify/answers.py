"""Calls whose answer stays the same whatever rows they name: an argument is ignored, or another row is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from agentgym.certify.play import Trunk
from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.types import Action, Call, Called, Malformed, Task, result_rows

__all__ = ["unmoved"]

_OTHERS = 64
"""Ids that are tried in place of one, at most."""
_CALLS = 64
"""Calls that are looked at, at most, each tool with the same arguments once."""
_SAME, _OTHERWISE, _FAILED = 4, 1, 20
"""Ids that must give the same answer before it is taken for unmoved, and that may give another one: the row that is
shown to all others is not shown to itself, or is changed by the call. Where more fail, there is no telling."""


def unmoved(pack: Pack, task: Task, trunk: Trunk) -> Iterator[str]:
    """A sentence for each call of the oracle that names rows by their ids, shows ids that were there before, and
    answers the same with the ids of others in place of each.

    Two rows may well be in the same state, and a new row's id is the same whoever it is for: hence the ids. What is
    played is left out, since it answers what it was recorded for; and so is what fails.
    """
    shown = pack.shown(task)
    seen: list[Call] = []
    for at, action in enumerate(task.oracle):
        for place, written in enumerate(action.calls):
            if not isinstance(written, Call) or written.name not in shown.named or written in seen:
                continue
            if len(seen) == _CALLS:
                return
            seen.append(written)
            call, tool = shown.own(written), shown.named[written.name]
            named = [(name, column) for name, column in tool.refers if isinstance(call.arguments.get(name), str)]
            if not named or tool.played is not None:
                continue
            with trunk.before(at) as episode:
                spot = _Spot(pack, task, episode, action.calls[:place], call)
                answer = None if episode.ending else spot.answer(call)
                if answer is None or not spot.stored(answer, tool.columns):
                    continue
                if all(spot.same(answer, name, column) for name, column in named):
                    yield f"{call.name} answers the same whatever {' and '.join(name for name, _ in named)} it is given"


class _Spot(Struct, frozen=True):
    """A call of the oracle, by its own names."""

    pack: Pack
    task: Task
    episode: Episode
    """As it is before the action that the call is in."""
    before: tuple[Call | Malformed, ...]
    """The calls before it in that action."""
    call: Call

    def answer(self, call: Call) -> Any:
        """What another call in its place answers; None where it fails. Faults strike writes here, and no reads."""
        tool = self.pack.domain.tools[call.name]
        if not tool.writes and not self.before:  # nothing is changed by it
            self.episode.world.wake()
            found = tool.run(self.episode.world, call.arguments)
            return None if found.error is not None else found.value
        with self.episode.fork() as episode:
            events = episode.apply(Action(calls=(*self.before, self.pack.shown(self.task).call(call))))
        made = [event for event in events if isinstance(event, Called)]
        if len(made) <= len(self.before) or made[-1].error is not None or made[-1].fault is not None:
            return None
        return made[-1].result

    def stored(self, answer: Any, columns: tuple[str, ...]) -> bool:
        """Whether an answer shows the id of a row that the world began with."""
        return any(
            self._query(column, "=", value)
            for row in result_rows(answer)
            for column, value in zip(columns, row.values(), strict=False)
            if column and self.pack.domain.types.get(column, "id") == "id" and isinstance(value, str)
        )

    def same(self, answer: Any, name: str, column: str) -> bool:
        """Whether the ids of others give the same answer."""
        same = otherwise = failed = 0
        for other in self._query(column, "<>", self.call.arguments[name]):
            found = self.answer(Call(self.call.name, {**self.call.arguments, name: other}))
            same += found == answer
            otherwise += found is not None and found != answer
            failed += found is None
            if otherwise > _OTHERWISE or failed > _FAILED:
                return False
        return same >= _SAME

    def _query(self, column: str, test: str, value: str) -> list[str]:
        table, _, cell = column.partition(".")
        query = f'SELECT "{cell}" FROM "{table}" WHERE "{cell}" {test} :value ORDER BY 1 LIMIT {_OTHERS}'
        return [
            found for (found,) in self.pack.image(self.task.split, self.task.world_seed).query(query, {"value": value})
        ]
