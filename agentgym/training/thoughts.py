"""Demonstrations that think before they decide: what the decision rests on, rule by rule.

The oracle decides without a word, since it knows the branch. Whoever learns from it has to infer, from one token,
which of the values in a conversation were compared. A task's rubric says which (its criteria `looked`), so they can be
stated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from agentgym.pack import Pack
from agentgym.types import Task

__all__ = ["with_thoughts"]

_CLOCK = re.compile(r"It is (\d{4}-\d\d-\d\d \d\d:\d\d)\.")
_REFUSAL = re.compile(r"\brule R\d")


def with_thoughts(messages: Sequence[dict[str, Any]], task: Task, pack: Pack) -> list[dict[str, Any]]:
    """The messages of an oracle's episode, with a thought before the first deed, refusal or asking for a yes.

    `<think>It is 2026-03-09 11:00. R9: class ordinary. R11: last fill 2026-01-22, days of supply 56.</think>`: the
    time, and for each rule that is decided on its number and the values. Tasks that rest on no rule stay as they are.
    """
    numbers = {name: number for number, name in enumerate(pack.domain.rules, 1)}
    looked = [criterion for criterion in task.outcomes[0].criteria if criterion.kind == "looked"]
    at = _decision(messages, pack)
    if not looked or at is None:
        return list(messages)
    parts = [f"It is {found[1]}." for found in [_CLOCK.search(messages[0]["content"])] if found]
    for criterion in reversed(looked):
        values = ", ".join(f"{value.label} {value.value}".strip() for value in criterion.values)
        number = numbers.get(criterion.rule)
        parts.append(f"R{number}: {values}." if number else f"{values}.")
    out = list(messages)
    out[at] = {**out[at], "content": f"<think>{' '.join(parts)}</think>{out[at].get('content') or ''}"}
    return out


def _decision(messages: Sequence[dict[str, Any]], pack: Pack) -> int | None:
    """Where the first message is that only follows from a decision."""
    said: int | None = None
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        tools = [pack.domain.tools[call["function"]["name"]] for call in message.get("tool_calls", ())
                 if call["function"]["name"] in pack.domain.tools]  # fmt: skip
        if any(tool.writes and not tool.ends for tool in tools):
            return at if said is None else said  # what it asked a yes for
        if any(tool.ends for tool in tools) or _REFUSAL.search(message.get("content") or ""):
            return at
        said = None if message.get("tool_calls") else at
    return None
