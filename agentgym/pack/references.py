"""What a node of a tree refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentgym.workflow import CallTool, Decide, Let, Pick
from agentgym.workflow.node import ChangeOfMind, Confirm, Tell, UserDoes

__all__ = ["flattened", "sql_of", "used"]


def used(node: Any) -> Iterator[str]:
    found: list[Any] = []
    if isinstance(node, CallTool | UserDoes | Decide):
        found = list(node.arguments.values())
    elif isinstance(node, Pick):
        found = [node.source, *node.where.values()]
    elif isinstance(node, Confirm | Tell):
        found = list(node.values)
    elif isinstance(node, ChangeOfMind):
        found = list(node.before)
    if isinstance(node, CallTool):
        found += [*node.rests, *node.grounds]
    yield from (reference for reference in found if isinstance(reference, str) and reference.startswith("$"))


def sql_of(node: Any) -> list[str]:
    if isinstance(node, Let):
        return [sql for sql, _ in node.values.values()]
    if isinstance(node, CallTool):
        return [sql for several in node.slips.values() for sql in several]
    return [node.sql, *filter(None, [node.because])] if isinstance(node, Decide) and not node.rule else []


def flattened(sql: str) -> str:
    """`$name.column` inside SQL is the parameter `$name_column`."""
    return re.sub(r"\$([A-Za-z_]\w*)\.([A-Za-z_]\w*)", r"$\1_\2", sql)
