"""Checks of further requests: each comes when what was wanted before is settled, and its facts not before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentgym.errors import did_you_mean
from agentgym.pack.references import flattened, sql_of, used
from agentgym.workflow import CallTool, Domain, Workflow, walk
from agentgym.workflow.node import AnyOrder, Ask, Next, Refuse, Tell, paths
from agentgym.world.sql import parameters

__all__ = ["requests"]


def requests(workflow: Workflow, domain: Domain) -> Iterator[tuple[str, str]]:
    """What does not fit, and where."""
    known = workflow.requests
    for name, fact in workflow.spec.facts.items():
        if fact.next and fact.next not in known:
            near = did_you_mean(fact.next, known)
            yield f"fact {name} comes with {fact.next}, which no node `next` makes.{near}", f"$.facts.{name}"
        elif fact.next and fact.release == "change":
            yield f"fact {name} is said at its read-back; leave out its `next`", f"$.facts.{name}"
    if not known:
        return
    for node in walk(workflow.tree):
        if isinstance(node, Next) and node.wants != known[node.name]:
            yield f"next: {node.name} wants two things: {node.wants!r} and {known[node.name]!r}", "$.do"
        elif isinstance(node, AnyOrder) and any(isinstance(below, Next) for below in walk(node)):
            yield "a further request has its place: `next` does not stand in `any_order`", "$.do"
    for path in paths(workflow.tree):
        yield from _along(workflow, domain, [node for node, _ in path])


def _along(workflow: Workflow, domain: Domain, path: list[Any]) -> Iterator[tuple[str, str]]:
    facts, made, spans = workflow.spec.facts, list[str](), [list[Any]()]
    for node in path:
        if isinstance(node, Next):
            made.append(node.name)
            spans.append([])
        else:
            spans[-1].append(node)
    if len(set(made)) < len(made):
        yield f"a request is made twice on one path: {', '.join(made)}", "$.do"
    for at, nodes in enumerate(spans):
        settled = any(isinstance(node, Tell | Refuse) for node in nodes)
        if at < len(made) and not settled:
            yield f"`next: {made[at]}` is never made: nothing is told or refused before it that it could follow", "$.do"
        elif 0 < at == len(made) and not (settled or any(_ends(node, domain) for node in nodes)):
            yield f"`next: {made[-1]}` is never settled: nothing is told or refused after it", "$.do"
        for name in (name for node in nodes for name in _names(node)):
            if name in facts and facts[name].next and facts[name].next not in made[:at]:
                yield f"fact {name} is used before `next: {facts[name].next}`, with which it comes", f"$.facts.{name}"


def _names(node: Any) -> Iterator[str]:
    """The names that a node uses, those of columns in SQL as they stand there."""
    yield from (reference[1:].partition(".")[0] for reference in used(node))
    yield from (name for sql in sql_of(node) for name in sorted(parameters(flattened(sql))))
    yield from node.facts if isinstance(node, Ask) else ()


def _ends(node: Any, domain: Domain) -> bool:
    return isinstance(node, CallTool) and bool((tool := domain.tools.get(node.tool)) and tool.ends)
