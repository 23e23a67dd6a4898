"""Playing an oracle's script in numbers: each of its actions by the choice that comes to the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from agentgym.episode import Episode
from agentgym.numeric.assistant import AssistantLayout, AssistantSeat
from agentgym.pack import Pack
from agentgym.types import Action, Call, Malformed, Task
from agentgym.user.acts import derive
from agentgym.user.values import mentions


def imitate(pack: Pack, layout: AssistantLayout, task: Task) -> tuple[bool, str]:
    """Whether the oracle's script, mapped choice by choice, succeeds; else where it could not be followed."""
    observation, mask = np.zeros(layout.size, np.float32), np.zeros(len(layout.choices), np.int8)
    with Episode(pack, task) as episode:
        seat = AssistantSeat(layout, episode, observation, mask)
        for place, action in enumerate(task.oracle):
            for number in _numbers(seat, task, place, action):
                if episode.ending:
                    break
                if number < 0:
                    return False, f"{task.workflow}/{task.branch}: {action.words or action.calls}"
                episode.apply(seat.action(number))
                seat.look()
        for _ in range(3):
            if not episode.ending:
                episode.apply(seat.action(0))
                seat.look()
        return episode.success, f"{task.workflow}/{task.branch}: {episode.events[-3:]}"


def _numbers(seat: AssistantSeat, task: Task, place: int, action: Action) -> list[int]:
    layout = seat.layout
    if action.calls:
        return [_call(seat, call) for call in action.calls]
    acts = derive(action.words, seat.episode.lexicon)
    kinds = {act.kind for act in acts}
    if "propose" in kinds:
        return [_confirm(seat, task, place, action.words)]
    if "refuse" in kinds:
        rules = {rule for act in acts for rule in act.rules}
        return [_find(seat, "refuse", rule) for rule in rules]
    if "request" in kinds:
        return [_find(seat, "request", act.tool) for act in acts if act.kind == "request"]
    if "ask" in kinds:
        return [_find(seat, "ask", name) for act in acts for name in act.facts]
    if task.ledger.informs:
        values = [v for c in task.outcomes[0].criteria if c.kind == "told" for v in c.values]
        for i, choice in enumerate(layout.choices):
            if choice.kind == "inform" and seat.mask[i]:
                text = layout.words.inform(choice.name, seat.focus) or ""
                if all(mentions(text, v.value, v.type) for v in values):
                    return [i]
        return [-1]
    return [_find(seat, "tell", "")]


def _find(seat: AssistantSeat, kind: str, name: str) -> int:
    for i, choice in enumerate(seat.layout.choices):
        if choice.kind == kind and choice.name == name and seat.mask[i]:
            return i
    return -1


def _call(seat: AssistantSeat, call: Call | Malformed) -> int:
    assert isinstance(call, Call)
    for i in np.flatnonzero(seat.mask):
        choice = seat.layout.choices[i]
        made = choice.kind == "wait" or (choice.kind == "call" and seat._bound[i].arguments == call.arguments)
        if made and choice.name == call.name:
            return int(i)
    return -1


def _confirm(seat: AssistantSeat, task: Task, place: int, text: str) -> int:
    wanted: Any = None
    for later in task.oracle[place + 1 :]:
        for call in later.calls:
            if isinstance(call, Call) and seat.episode.pack.tools[call.name].writes and wanted is None:
                wanted = call
    values = [v for group in (*task.ledger.readbacks, *(r.before for r in task.ledger.revisions)) for v in group]
    said = [v for v in values if mentions(text, v.value, v.type)]
    for strict in (True, False):
        for i in np.flatnonzero(seat.mask):
            choice = seat.layout.choices[i]
            if choice.kind != "confirm":
                continue
            bound = seat._bound[i]
            if strict and not (wanted and wanted.name == choice.name and wanted.arguments == bound.arguments):
                continue
            words = seat.layout.words
            readback = words.confirm(words.details(choice.form, seat.episode.tools[choice.name], bound, seat.memory))
            if all(mentions(readback, v.value, v.type) for v in said):
                return int(i)
    return -1
