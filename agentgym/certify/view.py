"""What a tool view has to keep: no name that is gone is spoken of or works, distractors do nothing, errors help, and
nothing else does what a missing tool would."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import UNSET

from agentgym.episode import Episode, openai_tools, system_text
from agentgym.pack import Pack
from agentgym.rubric import Reading
from agentgym.types import ASSISTANT, Action, Call, Called, Task, ToolView

__all__ = ["view_troubles"]

Start = Callable[..., Episode]

_TRIED = 3
"""Distractors that are called before the oracle begins."""


def view_troubles(pack: Pack, task: Task, whole: Task | None, start: Start) -> Iterator[str]:
    """What is wrong with the view of a task, in sentences; nothing without a view.

    Args:
        whole: the task with the tool that is missing, where that makes a difference.
        start: begins an episode of the task, or of another one that it is given.
    """
    view = task.tool_view
    if view is UNSET:
        return
    yield from _old_names(pack, task, view, start)
    yield from _distractors(pack, task, start)
    yield from _unlisted(pack, task, view, start)
    if view.missing:
        yield from _gone(pack, view, start)
    if whole is not None:
        yield from _replaced(pack, whole, view, start)


def _old_names(pack: Pack, task: Task, view: ToolView, start: Start) -> Iterator[str]:
    """Names that are gone stand in no text, and calls by them find no tool."""
    gone = {*view.tools, *view.words} - {*view.tools.values(), *view.words.values()}
    if not gone:
        return
    shown = pack.shown(task)
    bare = "|".join(sorted(name for name in gone if "_" in name))
    mention = re.compile("|".join(f"`{name}`" for name in sorted(gone)) + (rf"|\b(?:{bare})\b" if bare else ""))
    with start() as episode:
        for action in task.oracle:
            if not episode.ending:
                episode.apply(action)
        own = [t for t in openai_tools(episode) if t["function"]["name"] not in shown.distractors]
        read = [e.result for e in episode.events if isinstance(e, Called) and e.seat == ASSISTANT]
        guards = [guard.else_ for tool in shown.tools.values() for guard in tool.spec.require]
        errors = re.sub(r"\{\w+\}", "", "\n".join(guards))
        texts = {"policy": system_text(episode), "tools": _json(own), "results": _json(read), "errors": errors}
        for place, text in texts.items():
            found = mention.search(text)
            if found:
                yield f"the {place} speak of {found[0]}, which has another name here"
    with start() as episode:
        for action in task.oracle:
            calls = tuple(shown.own(call) for call in action.calls if isinstance(call, Call))
            if calls and not episode.ending:
                episode.apply(Action(calls=calls))
        for event in episode.events:
            if isinstance(event, Called) and event.name in gone and event.error != "unknown_tool":
                yield f"{event.name} can still be called by that name"


def _distractors(pack: Pack, task: Task, start: Start) -> Iterator[str]:
    """Calls of distractors fail, change and tell nothing, and do not keep the oracle from its score."""
    names = list(pack.shown(task).distractors)
    size = min(task.limits.errors - 1, task.limits.calls)
    for first in range(0, len(names) if size else 0, max(size, 1)):
        with start() as episode:
            before = episode.reading
            episode.apply(_calls(names[first : first + size]))
            for event in episode.events:
                if isinstance(event, Called) and (event.error != "not_connected" or event.changes):
                    yield f"the distractor {event.name} answers {event.error or 'something'}"
            now = episode.reading
            if episode.world.net or (now.value, now.facts, now.found) != (before.value, before.facts, before.found):
                yield "calling distractors changes the world or what is known"
    if names and size >= _TRIED:
        score = _score(start, [_calls(names[:_TRIED]), *task.oracle])
        if score < 1.0 - 1e-9:
            yield f"after {_TRIED} calls of distractors the oracle scores {score:.3f}"


def _unlisted(pack: Pack, task: Task, view: ToolView, start: Start) -> Iterator[str]:
    """A call that only lacks what is not shown is told so, and costs nothing but the call."""
    shown = pack.shown(task)
    actions: list[Action] = []
    lacking: list[str] = []
    for action in task.oracle:
        calls: list[Call] = []
        for call in (call for call in action.calls if isinstance(call, Call)):
            own = shown.own(call)
            name = view.unlisted.get(own.name)
            if name is not None and len(lacking) < task.limits.errors - 1:
                calls.append(shown.call(Call(own.name, {k: v for k, v in own.arguments.items() if k != name})))
                lacking.append(view.words.get(name, name))
            calls.append(call)
        actions.append(Action(action.words, tuple(calls)))
    if not lacking:
        return
    with start() as episode:
        for action in actions:
            if not episode.ending:
                episode.apply(action)
        errors = [e for e in episode.events if isinstance(e, Called) and e.error == "invalid_arguments"]
        told = [f"missing `{name}`" in str(event.result) for event, name in zip(errors, lacking, strict=False)]
        if len(told) < len(lacking) or not all(told):
            yield f"a call without {', '.join(lacking)} is not told what it lacks"
        if episode.reading.value < 1.0 - 1e-9:
            yield f"after calls without {', '.join(lacking)} the oracle scores {episode.reading.value:.3f}"


def _gone(pack: Pack, view: ToolView, start: Start) -> Iterator[str]:
    """The missing tool is not shown and cannot be called; what is right then stands in the policy."""
    name = view.tools.get(view.missing, view.missing)
    with start() as episode:
        if any(tool["function"]["name"] == name for tool in openai_tools(episode)):
            yield f"{name} is missing and shown"
        file = pack.content.file
        if file.missing_tool is None or episode.shown.text(file.missing_tool.say.strip()) not in system_text(episode):
            yield "the policy does not say what is right when a tool is missing"
    for called in dict.fromkeys((name, view.missing)):
        with start() as episode:
            episode.apply(_calls([called]))
            if any(isinstance(event, Called) and event.error != "unknown_tool" for event in episode.events):
                yield f"{called} is missing and can be called"


def _replaced(pack: Pack, whole: Task, view: ToolView, start: Start) -> Iterator[str]:
    """No other tool that is shown brings about what the missing one would, with the values that the oracle has."""
    shown = pack.shown(whole)
    own = [[shown.own(call) for call in action.calls if isinstance(call, Call)] for action in whole.oracle]
    values: dict[str, object] = {}
    for call in (call for calls in own for call in calls):
        for name, column in pack.tools[call.name].refers:
            values[column] = call.arguments.get(name)
        values.update(call.arguments)
    for tool in shown.tools.values():
        if not tool.writes or tool.ends or tool.name == view.missing:
            continue
        columns = dict(tool.refers)
        found = {name: values.get(name, values.get(columns.get(name, ""))) for name in tool.spec.parameters}
        given = {name: value for name, value in found.items() if value is not None}
        if any(not p.optional and name not in given for name, p in tool.spec.parameters.items()):
            continue
        put = shown.action(Action(calls=(Call(tool.name, given),)))
        missing = [any(call.name == view.missing for call in calls) for calls in own]
        actions = [put if gone else action for action, gone in zip(whole.oracle, missing, strict=True)]
        if _played(start, actions, whole).reached:
            yield f"{tool.name} does what the missing {view.missing} would"


def _calls(names: Sequence[str]) -> Action:
    return Action(calls=tuple(Call(name, {}) for name in names))


def _score(start: Start, actions: Sequence[Action]) -> float:
    return _played(start, actions).value


def _played(start: Start, actions: Sequence[Action], task: Task | None = None) -> Reading:
    with start(task) as episode:
        for action in actions:
            if not episode.ending:
                episode.apply(action)
        return episode.reading if episode.valid else Reading()


def _json(data: object) -> str:
    return msgspec.json.encode(data).decode()
