"""What a rule compares, where that has to be computed: `amount + fee <= 3000` of 2,500 and 400 compares 2,900.

Verdicts never need it. Whoever explains one does, since no row holds the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

import apsw

from agentgym.errors import BudgetError
from agentgym.types import Scalar
from agentgym.world import World

__all__ = ["Comparison", "compared"]

Comparison = tuple[int | float, str, int | float]
"""Both sides as numbers, and `<=`, `>=`, `<` or `>` between them."""

_TOKEN = re.compile(r"'(?:[^']|'')*'|<=|>=|<>|!=|==|[:$]?[A-Za-z_][\w.]*|\d+|\s+|.", re.DOTALL)
_OPERATORS = frozenset({"<=", ">=", "<", ">"})
_EQUAL = frozenset({"=", "<>", "!=", "==", "is", "in"})
_END = frozenset({"from", "where", "group", "order", "limit"})
_OTHER = frozenset({"case", "between", "not", ",", ";", "union", "except", "intersect", "distinct"})
"""What makes a list of alternatives something else than comparisons side by side."""
_UNREAD = re.compile(r"[;\"`\[]|--|/\*")
"""Comments, quoted names, a second statement: what is cut in the middle of one is not what was checked."""
_PLAIN = re.compile(r"\s*[:$]?[\w.]+\s*")
_TIME = re.compile(r"\w*(?:day|date|time|now|until|age)\w*")
"""Functions of time: thoughts say how far away a day is, in its own units."""


def compared(world: World, predicate: str, values: Mapping[str, Scalar]) -> tuple[Comparison, ...]:
    """The comparisons of numbers side by side in a predicate of which one side at least is computed, as they are in
    that world. None where a side has no number, or a function of time in it, or where they cannot be computed without
    the rest of the predicate: an explanation says less then, and the verdict is as it was."""
    found = _sides(predicate)
    if found is None:
        return ()
    try:
        rows = world.query(found[0], values)
    except (ValueError, TypeError, OverflowError, apsw.SQLError, apsw.TooBigError, BudgetError):
        return ()
    cells = iter(rows[0] if rows else ())
    triples = zip(cells, found[1], cells, strict=False)
    return tuple((left, of, right) for left, of, right in triples if _number(left) and _number(right))


def _number(side: object) -> bool:
    return isinstance(side, int | float)


@lru_cache(maxsize=4096)
def _sides(predicate: str) -> tuple[str, tuple[str, ...]] | None:
    """A SELECT of the sides of those comparisons in turn, and their operators."""
    words: list[str] = _TOKEN.findall(predicate.strip())
    bare = "".join("''" if word.startswith("'") else word for word in words)
    if not words or words[0].lower() != "select" or _UNREAD.search(bare):
        return None
    depths = list(_depths(words))
    end = next((at for at, word in enumerate(words) if not depths[at] and word.lower() in _END), len(words))
    top = [word.lower() if not depths[at] else "" for at, word in enumerate(words[:end])]
    if not _OTHER.isdisjoint(top):
        return None
    cuts = [0, *(at for at, word in enumerate(top) if word in ("and", "or")), end]
    sides: list[str] = []
    operators: list[str] = []
    for first, last in pairwise(cuts):
        at = [place for place in range(first + 1, last) if top[place] in _OPERATORS | _EQUAL]
        if len(at) != 1 or top[at[0]] not in _OPERATORS:
            continue
        pair = ["".join(words[first + 1 : at[0]]), "".join(words[at[0] + 1 : last])]
        timed = any(_TIME.fullmatch(word) for word, behind in pairwise(top[first:last]) if behind == "(")
        if not all(map(_PLAIN.fullmatch, pair)) and not timed:
            sides += pair
            operators.append(top[at[0]])
    return (f"SELECT {', '.join(sides)} {''.join(words[end:])}", tuple(operators)) if sides else None


def _depths(words: list[str]) -> Iterator[int]:
    """How many parentheses each stands in; they themselves in none of their own."""
    depth = 0
    for word in words:
        depth -= word == ")"
        yield depth
        depth += word == "("
