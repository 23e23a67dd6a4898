"""The situations of a workflow: which ways lead through its decisions, the writes of each, and which ways are twins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from msgspec import Struct

from agentgym.synthesis.arrange import Arranged

__all__ = ["Decision", "Situations", "situations"]


class Decision(Struct, frozen=True):
    """A decision on the way to a goal, and the writes that make its two cases."""

    label: str
    arranged: Arranged
    cases: tuple[str, str] = ("allowed", "denied")
    declines: bool = True
    """Whether the second case declines the goal; else it is another way to it, and the decision the last one."""

    @property
    def paths(self) -> tuple[str, str]:
        """Its cases as a leaf names them."""
        return f"{self.label}_{self.cases[0]}", f"{self.label}_{self.cases[1]}"


class Situations(Struct, frozen=True):
    """What a workflow says of its leaves."""

    arrange: dict[str, list[str]]
    """Leaf -> its writes; the first is the one in which all is done that can be."""
    twins: list[tuple[str, str]]
    """The first leaf, and another that one rule tells from it; then those that lead to a goal on another way, and one
    that declines it."""
    trapped: list[str]
    """The leaves on which believing that all is in order does harm: a goal that is ruled out fails anyway."""
    never: list[str]
    """Leaves of the tree that no world gives."""


class _Way(Struct, frozen=True):
    """A way through the decisions of one goal, and the writes that lead there."""

    path: tuple[str, ...]
    writes: tuple[str, ...]
    first: bool
    """Whether everything is as in the first case, but for what is forbidden by what was done before."""
    done: bool
    """Whether nothing is forbidden at all."""


def situations(goals: Sequence[Sequence[Decision]], ruled_out: Mapping[int, tuple[int, int]]) -> Situations:
    """The situations of goals that are decided one after the other.

    Args:
        goals: of each the decisions, outermost first.
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
        (at, way[at].done, _leaf(way))
        for at in range(len(goals))
        for way in found
        if not way[at].first and all(own.first for own in (*way[:at], *way[at + 1 :]))
    ]
    declined = [(at, leaf) for at, done, leaf in single if not done]
    others = [(leaf, next((no for of, no in declined if of == at), "")) for at, done, leaf in single if done]
    every = map(_leaf, product(*(list(_ways(decided)) for decided in goals)))
    return Situations(
        arrange, [*((whole, leaf) for _, leaf in declined), *((leaf, no) for leaf, no in others if no)],
        [leaf for at, leaf in declined if at not in ruled_out], [leaf for leaf in every if leaf not in arrange],
    )  # fmt: skip


def _leaf(way: Sequence[_Way]) -> str:
    return ".".join(label for own in way for label in own.path)


def _ways(decided: Sequence[Decision], ruled_out: int = -1) -> Iterator[_Way]:
    """The ways through the decisions of one goal, all allowed first; or, where what was done makes one of them forbid,
    that far and no further."""
    legal = tuple(one.paths[0] for one in decided)
    last = len(decided) if ruled_out < 0 else ruled_out
    end = () if ruled_out < 0 else (decided[ruled_out].paths[1],)
    yield _Way((*legal[:last], *end), _writes(decided), first=True, done=ruled_out < 0)
    for at, one in enumerate(decided[:last]):
        others = [sql for sql in _writes([*decided[:at], *decided[at + 1 :]]) if sql not in one.arranged.allowed]
        path = (*legal[:at], one.paths[1])
        yield _Way(path, (*others, *one.arranged.denied), first=False, done=not one.declines)


def _writes(decided: Sequence[Decision]) -> tuple[str, ...]:
    """The writes of the first cases, each once."""
    return tuple(dict.fromkeys(sql for one in decided for sql in one.arranged.allowed))
