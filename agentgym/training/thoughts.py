"""Demonstrations that think before they decide: what the decision rests on, rule by rule.

The oracle decides without a word, since it knows the branch. Whoever learns from it has to infer, from one token,
which of the values in a conversation were compared, and how. The workflow's tree says it, so it can be stated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from agentgym.pack import Pack
from agentgym.policies import steps_of
from agentgym.types import Task, Value
from agentgym.workflow.node import Decide

__all__ = ["distance", "with_thoughts"]

_CLOCK = re.compile(r"(?:\bIt is |\"now\": ?\")(\d{4}-\d\d-\d\d \d\d:\d\d)\b")
_REFUSAL = re.compile(r"\brule R\d")


def with_thoughts(messages: Sequence[dict[str, Any]], task: Task, pack: Pack) -> list[dict[str, Any]]:
    """The messages of an oracle's episode, with a thought before the first deed, refusal or asking for a yes.

    `<think>It is 2026-03-10 10:25. R9: class ordinary, yes. R11: last fill 2026-01-22 (47 days ago), days of supply
    56, no.</think>`: the time, and for each decision the rule's number, the values and whether they allow it; or what
    the case is. Tasks without a decision stay as they are.
    """
    at = _decision(messages, pack)
    if at is None:
        return list(messages)
    heard = " ".join(str(message["content"]) for message in messages[:at] if message["role"] in ("system", "tool"))
    clock = _CLOCK.findall(heard)
    decisions = _decisions(task, pack, datetime.fromisoformat(clock[-1])) if clock else []
    if not decisions:
        return list(messages)
    out = list(messages)
    thought = f"<think>It is {clock[-1]}. {' '.join(decisions)}</think>"
    out[at] = {**out[at], "content": thought + (out[at].get("content") or "")}
    return out


def distance(now: datetime, when: date | datetime) -> str:
    """How far away a day or a moment is: `(in 3 days)`, `(47 days ago)`, and `(in 1:25 h)` if that is less than a day.

    Days between two moments are times of 24 hours, and whole.
    """
    if isinstance(when, datetime):
        minutes = int((when - now).total_seconds()) // 60
        if abs(minutes) < 1440:
            length = f"{abs(minutes) // 60}:{abs(minutes) % 60:02} h"
            return f"({length} ago)" if minutes < 0 else f"(in {length})"
        days = abs(minutes) // 1440 * (1 if minutes > 0 else -1)
    else:
        days = (when - now.date()).days
    if days == 0:
        return "(today)"
    length = f"{abs(days)} day{'s' * (abs(days) > 1)}"
    return f"({length} ago)" if days < 0 else f"(in {length})"


def _decisions(task: Task, pack: Pack, now: datetime) -> list[str]:
    """A sentence for each decision of the workflow that rests on values of the world."""
    made: list[tuple[Decide, str]] = []

    def note(node: Decide, label: str) -> str:
        made.append((node, label))
        return label

    looks = [step for step in steps_of(pack, task, note) if step.kind == "look"]
    numbers = {name: number for number, name in enumerate(pack.domain.rules, 1)}
    out: list[str] = []
    left = iter(made)
    for step in looks:  # where a tool is missing, fewer than were made
        node, label = next((node, label) for node, label in left if node.rule == step.rule)
        if step.values:
            values = ", ".join(_said(value, now) for value in step.values)
            verdict = "yes" if label == next(iter(node.cases)) else "no"
            out.append(f"R{numbers[node.rule]}: {values}, {verdict}." if node.rule else f"{values}.")
    return list(dict.fromkeys(out))


def _said(value: Value, now: datetime) -> str:
    text = f"{value.label} {value.value}".strip()
    if value.type not in ("date", "datetime"):
        return text
    when = datetime.fromisoformat(str(value.value))
    day = value.type == "date" and when.time() == time.min
    return f"{text} {distance(now, when.date() if day else when)}"


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
