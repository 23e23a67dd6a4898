"""The situations of a workflow: which ways lead through its decisions, the writes of each, and which ways are twins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from msgspec import Struct

from agentgym.synthesis.arrange import Arranged

__all__ = ["Decisions", "Situations", "situations"]

Decisions = Sequence[tuple[str, Arranged]]
"""Of one goal: the labels of its decisions, and the writes that make their cases, outermost first."""


class Situations(Struct, frozen=True):
    """What a workflow says of its leaves."""

    arrange: dict[str, list[str]]
    """Leaf -> its writes; the first is the one in which all is done that can be."""
    twins: list[tuple[str, str]]
    """The first leaf, and another that one rule tells from it."""
    trapped: list[str]
    """Of these the leaves on which believing that all is in order does harm: a goal that is ruled out fails anyway."""
    never: list[str]
    """Leaves of the tree that no world gives."""


class _Way(Struct, frozen=True):
    """A way through the decisions of one goal, and the writes that lead there."""

    path: tuple[str, ...]
    writes: tuple[str, ...]
    first: bool
    """Whether nothing is forbidden but by what was done before."""
    done: bool = False
    """Whether nothing is forbidden at all."""


def situations(goals: Sequence[Decisions], ruled_out: Mapping[int, tuple[int, int]]) -> Situations:
    """The situations of goals that are decided one after the other.

    Args:
        ruled_out: place of a goal -> the place of an earlier one that rules it out once it is done, and the place of
            the decision by which it does.
    """
    found: list[tuple[_Way, ...]] = [()]
    for at, decided in enumerate(goals):
        earlier, rule = ruled_out.get(at, (-1, -1))
        found = [
            (*way, own)
            for way in found
            for own in _ways(decided, rule if earlier >= 0 and way[earlier].done else -1)
        ]  # fmt: skip
    if not any(goals):
        return Situations({}, [], [], [])
    arrange = {_leaf(way): [sql for own in way for sql in own.writes] for way in found}
    whole = next(iter(arrange))
    single = [
        (at, _leaf(way))
        for at in range(len(goals))
        for way in found
        if not way[at].first and all(own.first for own in (*way[:at], *way[at + 1 :]))
    ]
    every = map(_leaf, product(*(list(_ways(decided)) for decided in goals)))
    return Situations(
        arrange, [(whole, leaf) for _, leaf in single], [leaf for at, leaf in single if at not in ruled_out],
        [leaf for leaf in every if leaf not in arrange],
    )  # fmt: skip


def _leaf(way: Sequence[_Way]) -> str:
    return ".".join(label for own in way for label in own.path)


def _ways(decided: Decisions, ruled_out: int = -1) -> Iterator[_Way]:
    """The ways through the decisions of one goal, all allowed first; or, where what was done makes one of them forbid,
    that far and no further."""
    legal = tuple(f"{label}_allowed" for label, _ in decided)
    allowed = tuple(sql for _, found in decided for sql in found.allowed)
    last = len(decided) if ruled_out < 0 else ruled_out
    end = () if ruled_out < 0 else (f"{decided[ruled_out][0]}_denied",)
    yield _Way((*legal[:last], *end), allowed, first=True, done=ruled_out < 0)
    for at, (label, found) in enumerate(decided[:last]):
        others = [sql for other, (_, kept) in enumerate(decided) if other != at for sql in kept.allowed]
        yield _Way((*legal[:at], f"{label}_denied"), (*others, *found.denied), first=False)
