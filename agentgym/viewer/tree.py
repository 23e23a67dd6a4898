"""The behaviour tree of a workflow as plain data, and what an episode did of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.types import USER, Called, Event, Said, Task
from agentgym.workflow.node import (
    AnyOrder,
    Ask,
    CallTool,
    ChangeOfMind,
    Confirm,
    Decide,
    Let,
    Next,
    Node,
    Pick,
    Refuse,
    Seq,
    Tell,
    UserDoes,
    walk,
)  # fmt: skip

__all__ = ["Won", "marks_of", "tree_of"]

Data = dict[str, Any]


class Won(Struct, frozen=True):
    """A criterion of the accepted outcome that counts, and the turn since which it holds (None: it does not)."""

    kind: str
    rule: str
    tool: str
    turn: int | None


def tree_of(tree: Seq) -> Data:
    """A tree: each node `{"at", "kind", "text"}` and `below` (nodes) or `cases` (label and nodes). `at` counts from 0
    in reading order."""
    return _node(tree, {id(node): at for at, node in enumerate(walk(tree))})


def _node(node: Node, number: dict[int, int]) -> Data:
    kind, text = _said(node)
    data: Data = {"at": number[id(node)], "kind": kind, "text": text}
    if isinstance(node, Seq):
        data["below"] = [_node(child, number) for child in node.nodes]
    elif isinstance(node, AnyOrder):
        data["below"] = [_node(part, number) for part in node.parts]
    elif isinstance(node, Decide):
        data["cases"] = [{"label": label, **_node(case, number)} for label, case in node.cases.items()]
    return data


def _said(node: Node) -> tuple[str, str]:
    """The kind of a node and its text."""
    if isinstance(node, Ask):
        return "ask", ", ".join(node.facts)
    if isinstance(node, CallTool):
        name = f" as {node.name}" if node.name else ""
        return "retry" if node.retry else "call", f"{node.tool}({_given(node.arguments)}){name}"
    if isinstance(node, UserDoes):
        return "user_does", f"{node.tool}({_given(node.arguments)})"
    if isinstance(node, Pick):
        where = f" where {_given(node.where)}" if node.where else ""
        which = f" first by {node.first}" if node.first else f" last by {node.last}" if node.last else ""
        return "pick", f"{'any' if node.any else 'the one'} of {node.source}{where}{which} as {node.name}"
    if isinstance(node, Let):
        return "let", "; ".join(f"{name} = {sql}" for name, (sql, _) in node.values.items())
    if isinstance(node, Decide):
        return "decide", f"{node.rule} ({_given(node.arguments)})" if node.rule else node.sql
    if isinstance(node, Confirm):
        return "confirm", _list(node.values)
    if isinstance(node, ChangeOfMind):
        return "change_of_mind", f"{_list(node.before)}, then {', '.join(node.facts)}"
    if isinstance(node, Tell):
        return "tell", _list(node.values)
    if isinstance(node, Refuse):
        return "refuse", node.rule
    if isinstance(node, Next):
        return "next", f"{node.name}: to {node.wants}"
    return ("any_order", "in any order") if isinstance(node, AnyOrder) else ("seq", "")


def _given(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _list(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def marks_of(pack: Pack, task: Task, events: Sequence[Event], won: Sequence[Won]) -> Data:
    """What an episode did of the tree of its workflow.

    Returns:
        `right`: the nodes of the right path; `done`: node -> turn (0 for the opening); `otherwise`: node -> turn of a
        call of the right tool with other arguments, or of a question that was not answered in full; `cases`: decision
        -> right label; `taken`: decision -> labels of the cases whose writes, endings or refusals were done.
    """
    workflow = pack.workflows[task.workflow]
    number = {id(node): at for at, node in enumerate(walk(workflow.tree))}
    way = _Way(workflow.leaf(task.branch))
    right = list(way.nodes(workflow.tree))
    deeds = _Deeds(pack, events, won)
    done = {number[id(node)]: turn for node in right if (turn := deeds.right(node)) is not None}
    otherwise = {number[id(node)]: turn for node, turn in deeds.otherwise}
    on_way = {id(node) for node in right}
    used = {node.tool for node in right if isinstance(node, CallTool)}
    for node in walk(workflow.tree):
        if id(node) not in on_way and (turn := deeds.wrong(node, used)) is not None:
            done[number[id(node)]] = turn
    taken: Data = {}
    for node in walk(workflow.tree):
        if isinstance(node, Decide):
            labels = [label for label, case in node.cases.items() if deeds.settled(case, number, {**done, **otherwise})]
            taken |= {str(number[id(node)]): labels} if labels else {}
    return {
        "right": sorted(number[id(node)] for node in right), "done": done, "otherwise": otherwise,
        "cases": {str(number[key]): label for key, label in way.cases.items()}, "taken": taken,
    }  # fmt: skip


class _Way:
    """Walks the path of a leaf, whose name is the labels of its decisions joined with `.`."""

    def __init__(self, leaf: str) -> None:
        self.rest = leaf
        self.cases: dict[int, str] = {}

    def nodes(self, node: Node) -> Iterator[Node]:
        yield node
        if isinstance(node, Seq):
            for child in node.nodes:
                yield from self.nodes(child)
        elif isinstance(node, AnyOrder):
            for part in node.parts:
                yield from self.nodes(part)
        elif isinstance(node, Decide):
            fitting = [label for label in node.cases if f"{self.rest}.".startswith(f"{label}.")]
            label = max(fitting, key=len, default="")
            if label:
                self.rest = self.rest[len(label) + 1 :]
                self.cases[id(node)] = label
                yield from self.nodes(node.cases[label])


class _Deeds:
    """Finds the turn at which a node was done, in the criteria that came of it and in the events."""

    def __init__(self, pack: Pack, events: Sequence[Event], won: Sequence[Won]) -> None:
        self.pack, self.events = pack, events
        self.otherwise: list[tuple[Node, int]] = []
        self.told: dict[str, int] = {}
        self.asked: dict[str, int] = {}
        for event in events:
            if isinstance(event, Said):
                for fact in event.facts if event.seat == USER else ():
                    self.told.setdefault(fact, event.turn)
                for fact in (fact for act in event.acts if act.kind == "ask" for fact in act.facts):
                    self.asked.setdefault(fact, event.turn)
        # `confirmed`, `looked` and `told` come from the oracle's steps read backwards, the others forwards
        backwards = [one for one in reversed(won) if one.kind in ("confirmed", "looked", "told")]
        self.won = [*backwards, *(one for one in won if one.kind not in ("confirmed", "looked", "told"))]

    def right(self, node: Node) -> int | None:
        """The turn of a node on the right path; each criterion is used once."""
        if isinstance(node, Ask):
            turn = self._all_of(self.told, node.facts)
            return self._otherwise(node, self._all_of(self.asked, node.facts)) if turn is None else turn
        if isinstance(node, ChangeOfMind):
            return self._all_of(self.told, node.facts)
        if isinstance(node, UserDoes):
            return self._called(node.tool, USER)
        if isinstance(node, CallTool):
            turn = self._next("called", tool=node.tool)
            return self._otherwise(node, self._called(node.tool)) if turn is None else turn
        if isinstance(node, Decide):
            return self._next("looked", rule=node.rule)
        if isinstance(node, Refuse):
            return self._next("refused", rule=node.rule)
        if isinstance(node, Confirm):
            return self._next("confirmed")
        return self._next("told") if isinstance(node, Tell) else None

    def wrong(self, node: Node, used: set[str]) -> int | None:
        """The turn of a node off the right path: of a write, an ending or a refusal that stands on no other."""
        if isinstance(node, CallTool) and node.tool not in used and self._settles(node.tool):
            return self._called(node.tool)
        return self._refused(node.rule) if isinstance(node, Refuse) else None

    def settled(self, case: Seq, number: dict[int, int], done: dict[int, int]) -> bool:
        """Whether something was done in a case that settles it."""
        return any(
            number[id(node)] in done
            for node in walk(case)
            if isinstance(node, Refuse) or (isinstance(node, CallTool) and self._settles(node.tool))
        )

    def _settles(self, name: str) -> bool:
        tool = self.pack.domain.tools.get(name)
        return tool is not None and (tool.writes or tool.ends is not None)

    def _otherwise(self, node: Node, turn: int | None) -> None:
        if turn is not None:
            self.otherwise.append((node, turn))

    @staticmethod
    def _all_of(first: dict[str, int], facts: Sequence[str]) -> int | None:
        return max((first[fact] for fact in facts), default=None) if all(fact in first for fact in facts) else None

    def _called(self, tool: str, seat: str = "assistant_0") -> int | None:
        for event in self.events:
            if isinstance(event, Called) and (event.name, event.seat, event.error) == (tool, seat, None):
                return event.turn
        return None

    def _refused(self, rule: str) -> int | None:
        for event in self.events:
            if isinstance(event, Said) and any(act.kind == "refuse" and rule in act.rules for act in event.acts):
                return event.turn
        return None

    def _next(self, kind: str, rule: str | None = None, tool: str | None = None) -> int | None:
        for at, one in enumerate(self.won):
            if one.kind == kind and rule in (None, one.rule) and tool in (None, one.tool):
                return self.won.pop(at).turn
        return None
