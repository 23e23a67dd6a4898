"""Demonstrations: an oracle's script played in numbers, each of its actions by the choice that comes to the same.

This is the only part of the numeric view that reads a task's answer; no environment uses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentgym.numeric.assistant import AssistantSeat
from agentgym.numeric.gym_env import AgentToolDiscreteEnv
from agentgym.types import Action, Call, Malformed, Task
from agentgym.user.acts import derive
from agentgym.user.values import mentions

__all__ = ["Demonstration", "Shown", "demonstrate"]

_CLOSINGS = 3
"""How often the conversation is closed, where the user does not leave at once."""


class Shown(Struct, frozen=True):
    """One step of a demonstration: what the seat saw, could do and did, and what it earned."""

    observation: NDArray[np.float32]
    mask: NDArray[np.int8]
    choice: int
    reward: float


class Demonstration(Struct, frozen=True):
    """A task's script in numbers. `steps` end where it could not be followed further; `trouble` says where."""

    steps: list[Shown]
    success: bool
    trouble: str = ""


def demonstrate(env: AgentToolDiscreteEnv, task: Task) -> Demonstration:
    """Play the oracle's script of a task choice by choice in an environment, which it resets."""
    steps: list[Shown] = []
    seen, _ = env.reset(options={"task": task})
    episode, seat = env.episode, env.seat
    assert episode is not None
    assert seat is not None

    def do(number: int) -> None:
        nonlocal seen
        before = seen
        seen, reward, _, _, _ = env.step(number)
        steps.append(Shown(before["observation"], before["action_mask"], number, float(reward)))

    for place, action in enumerate(task.oracle):
        for number in _numbers(seat, task, place, action):
            if episode.ending:
                break
            if number < 0:
                trouble = f"{task.workflow}/{task.branch}: {action.words or action.calls}"
                return Demonstration(steps, False, trouble)
            do(number)
    for _ in range(_CLOSINGS):
        if not episode.ending:
            do(0)
    trouble = "" if episode.success else f"{task.workflow}/{task.branch}: {episode.events[-3:]}"
    return Demonstration(steps, episode.success, trouble)


def _numbers(seat: AssistantSeat, task: Task, place: int, action: Action) -> list[int]:
    layout = seat.layout
    if action.calls:
        return [_call(seat, call) for call in action.calls]
    acts = derive(action.words, seat.episode.lexicon)
    kinds = {act.kind for act in acts}
    if "propose" in kinds:
        return [_confirm(seat, task, place, action.words)]
    if "refuse" in kinds:
        rules = dict.fromkeys(rule for act in acts for rule in act.rules)
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
    for i in np.flatnonzero(seat.mask).tolist():
        choice = seat.layout.choices[i]
        made = choice.kind == "wait" or (choice.kind == "call" and seat.bound[i].arguments == call.arguments)
        if made and choice.name == call.name:
            return i
    return -1


def _confirm(seat: AssistantSeat, task: Task, place: int, text: str) -> int:
    wanted: Any = None
    for later in task.oracle[place + 1 :]:
        for call in later.calls:
            if isinstance(call, Call) and seat.episode.pack.tools[call.name].writes and wanted is None:
                wanted = call
    overturned = (revision.before for revision in task.ledger.all_revisions)
    values = [v for group in (*task.ledger.all_readbacks, *overturned) for v in group]
    said = [v for v in values if mentions(text, v.value, v.type)]
    for strict in (True, False):
        for i in np.flatnonzero(seat.mask).tolist():
            choice = seat.layout.choices[i]
            if choice.kind != "confirm" or choice.form is None:
                continue
            bound = seat.bound[i]
            if strict and not (wanted and wanted.name == choice.name and wanted.arguments == bound.arguments):
                continue
            words = seat.layout.words
            readback = words.confirm(words.details(choice.form, seat.episode.tools[choice.name], bound, seat.memory))
            if all(mentions(readback, v.value, v.type) for v in said):
                return i
    return -1
