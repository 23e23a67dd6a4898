"""Which tools of a workflow can be taken away so that one thing is right without them, and what then is no question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentgym.tool import Tool
from agentgym.workflow.node import CallTool, ChangeOfMind, Decide, Let, Path, Pick, Refuse, Seq, UserDoes, paths
from agentgym.workflow.spec import FactSpec

__all__ = ["moot", "removable"]


def removable(tree: Seq, tools: Mapping[str, Tool], facts: Mapping[str, FactSpec], call: CallTool) -> tuple[str, ...]:
    """Tools of the tree that write, and in whose place `call` can end every run that would come to them.

    On every path to such a tool nothing is written before it, by either seat, so that nothing is left half done; the
    user does not change its mind, which it does at a read-back; and the names that `call` refers to are known.
    """
    found = paths(tree)
    names = dict.fromkeys(
        node.tool for path in found for node, _ in path if isinstance(node, CallTool) and _writes(node, tools)
    )
    first = {name for name, fact in facts.items() if not fact.next}
    wanted = {reference[1:] for reference in map(str, call.arguments.values()) if reference.startswith("$")}
    return tuple(name for name in names if all(_first(name, path, tools, set(first), wanted) for path in found))


def _first(name: str, path: Path, tools: Mapping[str, Tool], known: set[str], wanted: set[str]) -> bool:
    """Whether nothing on the path stands in the way before the tool is called; so too where it never is."""
    lists: dict[str, tuple[str, ...]] = {}
    for node, _ in path:
        if isinstance(node, CallTool) and node.tool == name:
            return wanted <= known
        if isinstance(node, ChangeOfMind) or (isinstance(node, CallTool | UserDoes) and _writes(node, tools)):
            return not any(isinstance(later, CallTool) and later.tool == name for later, _ in path)
        if isinstance(node, CallTool | UserDoes):
            lists[node.name] = tools[node.tool].names
            if tools[node.tool].spec.shape != "many":
                known |= {f"{node.name}.{column}" for column in lists[node.name]}
        elif isinstance(node, Pick):
            known |= {f"{node.name}.{column}" for column in lists.get(node.source[1:], ())}
        elif isinstance(node, Let):
            known |= set(node.values)
    return True


def moot(tree: Seq, tool: str) -> frozenset[int]:
    """The decisions of the tree, by `id`, on which nothing hangs when the tool is not there.

    What would follow each of their labels, up to the tool, is the same: they only choose with what it is called.
    """
    follows: dict[int, dict[str, set[tuple[Any, ...]]]] = {}
    for path in paths(tree):
        for i, (node, label) in enumerate(path):
            if isinstance(node, Decide):
                follows.setdefault(id(node), {}).setdefault(label, set()).add(_ending(path[i + 1 :], tool))
    return frozenset(one for one, labels in follows.items() if len(set(map(frozenset, labels.values()))) == 1)


def _ending(path: Path, tool: str) -> tuple[Any, ...]:
    """What is decided, refused or called on the rest of a path up to the tool; decisions and refusals by what they are
    about."""
    out: list[Any] = []
    for node, label in path:
        if isinstance(node, CallTool) and node.tool == tool:
            return (*out, tool)
        if isinstance(node, Decide):
            out.append((node.rule, node.sql, label))
        elif isinstance(node, Refuse):
            out.append(node.rule)
        elif isinstance(node, CallTool):
            out.append((node.tool, repr(node.arguments)))
    return tuple(out)


def _writes(node: Any, tools: Mapping[str, Tool]) -> bool:
    return tools[node.tool].writes and not tools[node.tool].ends
