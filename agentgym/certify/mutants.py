"""Variants of the oracle: without a call, with a value altered (both must fail), in another legal order (must pass)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agentgym.bodies import WAIT
from agentgym.pack import Pack
from agentgym.types import Action, Call, Task, result_rows
from agentgym.workflow import Step, turns

__all__ = ["altered", "dropped", "reordered"]

Variant = tuple[str, list[Action]]


def _spans(task: Task, steps: Sequence[Step]) -> dict[int, tuple[int, int]]:
    """Step index -> its actions [start, end)."""
    out: dict[int, tuple[int, int]] = {}
    for at, (i, _) in enumerate(turns(steps, task.ledger)):
        out[i] = (out.get(i, (at, at))[0], at + 1)
    return out


def _feeds(steps: Sequence[Step]) -> set[int]:
    """Steps whose results another step uses, directly or through a decision."""
    return {need for step in steps for need in step.needs}


def dropped(pack: Pack, task: Task, steps: Sequence[Step]) -> Iterator[Variant]:
    """The oracle without one of its essential calls, values kept. Reads that feed nothing and retries are exempt; a
    wait is essential."""
    spans, feeds = _spans(task, steps), _feeds(steps)
    for i, step in enumerate(steps):
        if step.kind != "call" or step.fault:
            continue
        if not (step.writes or step.ends or _waits(pack, step)) and not (i in feeds and _named(steps, i)):
            continue
        start, end = spans[i]
        yield f"without {step.tool}", [*task.oracle[:start], *task.oracle[end:]]


def _waits(pack: Pack, step: Step) -> bool:
    """Whether a step moves the clock, by which what comes after it may differ from what came before."""
    return step.kind == "call" and pack.domain.tools[step.tool].spec.python == WAIT


def _named(steps: Sequence[Step], index: int) -> bool:
    """Whether a read's own result gives a value that a later step uses and no other source has given before."""
    before = {value for j in range(index) for value in _cells(steps[j].result)}
    fresh = {value for value in _cells(steps[index].result) if value not in before}
    for step in steps[index + 1 :]:
        if step.kind == "change":  # a read-back that the user is going to overturn
            continue
        used: set[Any] = {v for v in step.arguments.values() if isinstance(v, str)}
        used |= {value.value for value in step.values if value.column}
        if index in step.needs and used & fresh:
            return True
    return False


def _cells(result: Any) -> set[Any]:
    rows = result_rows(result)
    return {cell for row in rows for cell in row.values() if isinstance(cell, str | int)}


def altered(pack: Pack, task: Task, steps: Sequence[Step]) -> Iterator[Variant]:
    """The oracle with another value in one argument of a write; `free` ones and calls that fail anyhow are exempt."""
    struck = {start for i, (start, _) in _spans(task, steps).items() if steps[i].fault}
    shown = pack.shown(task)
    for i, action in enumerate(task.oracle):
        for written in action.calls:
            if not isinstance(written, Call) or written.name not in shown.named or i in struck:
                continue
            call, tool = shown.own(written), shown.named[written.name]
            if not (tool.writes or tool.ends):
                continue
            for name, parameter in tool.spec.parameters.items():
                if name not in call.arguments or parameter.free:
                    continue
                other = _other(pack, task, tool, name, call.arguments[name])
                if other is not None:
                    changed = Action(calls=(shown.call(Call(call.name, {**call.arguments, name: other})),))
                    yield f"with {name}={other!r} in {call.name}", [*task.oracle[:i], changed, *task.oracle[i + 1 :]]


def _other(pack: Pack, task: Task, tool: Any, name: str, value: Any) -> Any:
    parameter = tool.spec.parameters[name]
    if parameter.enum:
        return next((item for item in parameter.enum if item != value), None)
    column = dict(tool.refers).get(name)
    if column and isinstance(value, str):
        table, _, cell = column.partition(".")
        query = f'SELECT "{cell}" FROM "{table}" WHERE "{cell}" > :value ORDER BY 1 LIMIT 1'
        rows = pack.image(task.split, task.world_seed).query(query, {"value": value})
        return rows[0][0] if rows else value + "0"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}1" if isinstance(value, str) and parameter.semantic not in ("date", "datetime") else None


_SERIAL = ("confirm", "change", "tell", "refuse", "user_does", "next")


def reordered(pack: Pack, task: Task, steps: Sequence[Step]) -> Iterator[Variant]:
    """Legal reorderings: between two words, writes or waits, asks and reads in any order that their data allow."""
    spans = _spans(task, steps)
    fixed = {
        i
        for i, step in enumerate(steps)
        if step.kind in _SERIAL or step.writes or step.ends or step.fault or _waits(pack, step)
    }
    for what, late in (("reads and questions in the opposite order", True), ("questions first", False)):
        order = _order(steps, fixed, late)
        if order != list(range(len(steps))):
            actions: list[Action] = []
            for i in order:
                if i in spans:
                    actions += task.oracle[spans[i][0] : spans[i][1]]
            if actions != list(task.oracle):
                yield what, actions


def _order(steps: Sequence[Step], fixed: set[int], late: bool) -> list[int]:
    out: list[int] = []
    segment: list[int] = []
    for i in range(len(steps)):
        if i in fixed:
            out += _sorted(steps, segment, late)
            segment = []
            out.append(i)
        else:
            segment.append(i)
    return out + _sorted(steps, segment, late)


def _sorted(steps: Sequence[Step], segment: list[int], late: bool) -> list[int]:
    """A topological order of a segment: the latest possible first, or questions as early as their data allow."""
    waiting, out, inside = list(segment), list[int](), set(segment)
    while waiting:
        ready = [i for i in waiting if not ((steps[i].needs & inside) - set(out))]
        pick = max(ready) if late else min(ready, key=lambda i: (steps[i].kind != "ask", i))
        waiting.remove(pick)
        out.append(pick)
    return out
