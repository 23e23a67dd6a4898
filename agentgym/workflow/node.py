"""The nodes of a behaviour tree, and reading them from plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from msgspec import Struct

from agentgym.errors import PackError, did_you_mean

__all__ = [
    "AnyOrder", "Ask", "CallTool", "ChangeOfMind", "Confirm", "Decide", "Let", "Next", "Node", "Path", "Pick", "Refuse",
    "Seq", "Tell", "UserDoes", "branches", "parse", "paths", "walk",
]  # fmt: skip


_SLIPS = ("unit", "off_by_one", "missing_step", "wrong_value")
"""Errors that a wrong answer shows by its value: the wrong unit, a bound taken in or left out, the last step left out,
the value of another row."""


class Seq(Struct, frozen=True):
    nodes: tuple[Node, ...]


class AnyOrder(Struct, frozen=True):
    parts: tuple[Seq, ...]


class Ask(Struct, frozen=True):
    facts: tuple[str, ...]


class CallTool(Struct, frozen=True):
    """`call`, `transfer` and `answer`; `retry` when it meets a declared fault and recovers."""

    tool: str
    arguments: dict[str, Any]
    name: str = ""
    retry: bool = False
    rests: tuple[Any, ...] = ()
    """Of an answer: the values that it rests on."""
    grounds: tuple[Any, ...] = ()
    """Of an answer: the values without which it is a guess."""
    slips: dict[str, tuple[str, ...]] = {}
    """Of an answer: kind of error -> SELECTs of the wrong answers that it gives."""


class Pick(Struct, frozen=True):
    source: str
    where: dict[str, Any]
    name: str
    first: str = ""
    last: str = ""
    any: bool = False


class Let(Struct, frozen=True):
    """Name -> (SELECT of one value, semantic type or empty)."""

    values: dict[str, tuple[str, str]]


class Decide(Struct, frozen=True):
    """By `rule`, or by the value of `sql`; `cases` label -> subtree."""

    rule: str
    sql: str
    because: str
    arguments: dict[str, Any]
    label: str
    cases: dict[str, Seq]


class Confirm(Struct, frozen=True):
    values: tuple[Any, ...]
    before: str = ""


class ChangeOfMind(Struct, frozen=True):
    before: tuple[Any, ...]
    facts: tuple[str, ...]


class Tell(Struct, frozen=True):
    values: tuple[Any, ...]


class Refuse(Struct, frozen=True):
    rule: str


class UserDoes(Struct, frozen=True):
    tool: str
    arguments: dict[str, Any]
    name: str = ""


class Next(Struct, frozen=True):
    """What was wanted so far is settled; the user now wants something else. `name` is the request's."""

    name: str
    wants: str


Node = Seq | AnyOrder | Ask | CallTool | Pick | Let | Decide | Confirm | ChangeOfMind | Tell | Refuse | UserDoes | Next

Path = tuple[tuple[Node, str], ...]
"""The nodes of one path through a tree, in order; a decision with the label that it takes on that path."""

_SHAPES: dict[str, frozenset[str]] = {
    "ask": frozenset(), "call": frozenset({"with", "as"}), "retry": frozenset(), "pick": frozenset(),
    "let": frozenset(), "decide": frozenset({"with", "allowed", "denied", "cases", "label"}),
    "confirm": frozenset({"before"}), "change_of_mind": frozenset(), "tell": frozenset(), "refuse": frozenset(),
    "transfer": frozenset(), "answer": frozenset(), "user_does": frozenset({"with", "as"}), "seq": frozenset(),
    "any_order": frozenset(), "next": frozenset({"wants"}),
}  # fmt: skip


def parse(raw: Sequence[Mapping[str, Any]], file: str = "") -> Seq:
    """Nodes from plain data. Raises PackError for anything that is not a node."""
    return Seq(tuple(_node(item, file) for item in raw))


def _node(raw: Mapping[str, Any], file: str) -> Node:
    kinds = [kind for kind in _SHAPES if kind in raw]
    if len(kinds) != 1:
        raise PackError(f"expected one node ({', '.join(_SHAPES)}), found {sorted(raw)}", file=file)
    kind = kinds[0]
    extra = set(raw) - {kind} - _SHAPES[kind]
    if extra:
        raise PackError(f"node `{kind}` has no field {sorted(extra)}; it may have {sorted(_SHAPES[kind])}", file=file)
    try:
        return _READERS[kind](raw, file)
    except (KeyError, TypeError, AttributeError) as trouble:
        raise PackError(f"node `{kind}` is not well formed: {trouble!r} in {dict(raw)}", file=file) from None


def _call(raw: Mapping[str, Any], file: str) -> Node:
    del file
    return CallTool(raw["call"], dict(raw.get("with") or {}), raw.get("as", ""))


def _inner(kind: str, retry: bool = False) -> Any:
    def read(raw: Mapping[str, Any], file: str) -> Node:
        del file
        inner = raw[kind]
        return CallTool(inner.get("tool") or inner["call"], dict(inner.get("with") or {}), inner.get("as", ""), retry)

    return read


def _answer(raw: Mapping[str, Any], file: str) -> Node:
    inner = raw["answer"]
    unknown = set(inner) - {"tool", "with", "rests", "grounds", "slips"}
    if unknown:
        raise PackError(f"`answer` has no field {sorted(unknown)}", file=file)
    slips: dict[str, Any] = dict(inner.get("slips") or {})
    strange = sorted(set(slips) - set(_SLIPS))
    if strange:
        raise PackError(f"no kind of slip {strange[0]}.{did_you_mean(strange[0], _SLIPS)}", file=file)
    return CallTool(
        inner["tool"], dict(inner.get("with") or {}), rests=tuple(inner.get("rests") or ()),
        grounds=tuple(inner.get("grounds") or ()),
        slips={kind: (of,) if isinstance(of, str) else tuple(of) for kind, of in slips.items()},
    )  # fmt: skip


def _pick(raw: Mapping[str, Any], file: str) -> Node:
    inner = raw["pick"]
    unknown = set(inner) - {"from", "where", "as", "first", "last", "any"}
    if unknown:
        raise PackError(f"`pick` has no field {sorted(unknown)}", file=file)
    return Pick(
        inner["from"], dict(inner.get("where") or {}), inner["as"], inner.get("first", ""), inner.get("last", ""),
        bool(inner.get("any", False)),
    )  # fmt: skip


def _decide(raw: Mapping[str, Any], file: str) -> Node:
    what, label = raw["decide"], raw.get("label", "")
    if isinstance(what, str):
        cases = {case: parse(raw[case], file) for case in ("allowed", "denied")}
        rule, sql, because = what, "", ""
    else:
        cases = {str(case): parse(nodes, file) for case, nodes in raw["cases"].items()}
        rule, sql, because = "", what["sql"], what.get("because", "")
    named = {f"{label}_{case}" if label else case: nodes for case, nodes in cases.items()}
    return Decide(rule, sql, because, dict(raw.get("with") or {}), label, named)


def _confirm(raw: Mapping[str, Any], file: str) -> Node:
    del file
    return Confirm(tuple(raw["confirm"]), raw.get("before", ""))


def _change_of_mind(raw: Mapping[str, Any], file: str) -> Node:
    del file
    inner = raw["change_of_mind"]
    return ChangeOfMind(tuple(inner["before"]), tuple(map(_name, inner["to"])))


def _user_does(raw: Mapping[str, Any], file: str) -> Node:
    del file
    return UserDoes(raw["user_does"], dict(raw.get("with") or {}), raw.get("as", ""))


def _next(raw: Mapping[str, Any], file: str) -> Node:
    name, wants = raw["next"], raw.get("wants")
    if not (isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name)):
        raise PackError(f"a further request has a name of lower case words joined by _, found {name!r}", file=file)
    if not (isinstance(wants, str) and wants.strip()):
        raise PackError(f"`next: {name}` says what the user `wants` then, as an infinitive", file=file)
    return Next(name, wants)


def _plain(kind: str, make: Callable[[Any], Node]) -> Callable[[Mapping[str, Any], str], Node]:
    def read(raw: Mapping[str, Any], file: str) -> Node:
        del file
        return make(raw[kind])

    return read


def _seq(raw: Mapping[str, Any], file: str) -> Node:
    return parse(raw["seq"], file)


def _any_order(raw: Mapping[str, Any], file: str) -> Node:
    return AnyOrder(tuple(parse(part, file) for part in raw["any_order"]))


def _ask(inner: Any) -> Node:
    return Ask(tuple(map(_name, inner)))


def _let(inner: Any) -> Node:
    return Let({n: (of, "") if isinstance(of, str) else (of["sql"], of["type"]) for n, of in inner.items()})


def _tell(inner: Any) -> Node:
    return Tell(tuple(inner))


_READERS: dict[str, Callable[[Mapping[str, Any], str], Node]] = {
    "ask": _plain("ask", _ask),
    "call": _call,
    "transfer": _inner("transfer"),
    "answer": _answer,
    "retry": _inner("retry", retry=True),
    "pick": _pick,
    "let": _plain("let", _let),
    "decide": _decide,
    "confirm": _confirm,
    "change_of_mind": _change_of_mind,
    "tell": _plain("tell", _tell),
    "refuse": _plain("refuse", Refuse),
    "user_does": _user_does,
    "seq": _seq,
    "any_order": _any_order,
    "next": _next,
}


def _name(reference: str) -> str:
    if not reference.startswith("$"):
        raise PackError(f"a fact is referred to as $name, found {reference!r}")
    return reference[1:]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    yield node
    below: Sequence[Node] = ()
    if isinstance(node, Seq):
        below = node.nodes
    elif isinstance(node, AnyOrder):
        below = node.parts
    elif isinstance(node, Decide):
        below = tuple(node.cases.values())
    for child in below:
        yield from walk(child)


def branches(tree: Seq) -> tuple[str, ...]:
    """Names of all leaf paths, in reading order: labels joined with `.`, `done` where nothing is decided."""
    return tuple(".".join(path) or "done" for path in _paths(tree))


def _paths(node: Node) -> list[tuple[str, ...]]:
    if isinstance(node, Seq):
        return [sum(parts, ()) for parts in product(*(_paths(child) for child in node.nodes))]
    if isinstance(node, AnyOrder):
        return [sum(parts, ()) for parts in product(*(_paths(part) for part in node.parts))]
    if isinstance(node, Decide):
        return [(label, *path) for label, case in node.cases.items() for path in _paths(case)]
    return [()]


def paths(node: Node) -> list[Path]:
    """Every path through a tree; `any_order` as it is written."""
    if isinstance(node, Seq | AnyOrder):
        below = node.nodes if isinstance(node, Seq) else node.parts
        return [sum(parts, ()) for parts in product(*map(paths, below))]
    if isinstance(node, Decide):
        return [((node, label), *path) for label, case in node.cases.items() for path in paths(case)]
    return [((node, ""),)]
