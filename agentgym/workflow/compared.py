"""What a rule compares, with what: `amount + fee <= 3000` of 2,500 and 400 compares 2,900.

Verdicts never need it. Whoever explains one does, since no row holds the sum, or the day that is the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import apsw

from agentgym.errors import BudgetError
from agentgym.types import Scalar
from agentgym.world import World

__all__ = ["Comparison", "compared"]

Side = int | float | str


class Comparison(NamedTuple):
    """Both sides, numbers, days or moments, and `<=`, `>=`, `<` or `>` between them."""

    left: Side
    sign: str
    right: Side
    name: str
    """Of the column, or `:name` of the argument, that the left one is (of a moment perhaps its day); empty where it is
    computed."""


_TOKEN = re.compile(r"'(?:[^']|'')*'|->>?|<<|>>|\|\||<=|>=|<>|!=|==|[:$]?[A-Za-z_][\w.]*|\d+|\s+|.", re.DOTALL)
_OPERATORS = frozenset({"<=", ">=", "<", ">"})
_EQUAL = frozenset({"=", "<>", "!=", "==", "is", "in", "isnull", "notnull", "like", "glob", "match", "regexp"})
"""As weak as `=`: beside one of them, a side of a comparison is not all that stands there."""
_END = frozenset({"from", "where", "group", "order", "limit"})
_OTHER = frozenset({",", "union", "except", "intersect", "distinct"})
"""What makes a list of alternatives something else than comparisons side by side."""
_UNREAD = re.compile(r"[;\"`\[@#$?]|--|/\*|:\d|[^\x00-\x7f]")
"""Comments, quoted names, a second statement, names of other forms: what is cut in the middle of one is not what was
checked."""
_PLAIN = re.compile(r"(?:\w+\.)*(:?[A-Za-z_]\w*)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


def compared(world: World, predicate: str, values: Mapping[str, Scalar]) -> tuple[Comparison, ...]:
    """The comparisons of numbers, days or moments side by side in a predicate, as they are in that world; of a
    `BETWEEN`, both.

    What is so far away in time is compared with what is as far away as the rule says: `days_until(collected_on) >= -56`
    on 2026-10-08 compares 2026-08-21 with 2026-08-13. To look at two days is easier than to count those between.

    None where a side is something else, or where they cannot be computed without the rest of the predicate: an
    explanation says less then, and the verdict is as it was."""
    found = _sides(predicate)
    if found is None:
        return ()
    try:
        rows = world.query(found[0], values)
    except (ValueError, TypeError, OverflowError, apsw.SQLError, apsw.TooBigError, BudgetError):
        return ()
    cells: Iterator[Any] = iter(rows[0] if rows else ())
    next(cells, None)  # the predicate itself
    all_ = (Comparison(left, sign, right, name)
            for left, (sign, name), right in zip(cells, found[1], cells, strict=False))  # fmt: skip
    return tuple(one for one in all_ if _kind(one.left) == _kind(one.right) != "")


def _kind(side: object) -> str:
    if isinstance(side, int | float):
        return "number"
    found = _DAY.fullmatch(side) if isinstance(side, str) else None
    return "" if found is None else "moment" if found[1] else "day"


@lru_cache(maxsize=4096)
def _sides(predicate: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """A SELECT of the predicate and of the sides of those comparisons in turn; of each its sign and its left's name.

    The predicate comes along because the row hangs on it: on its aggregates, its aliases, on how SQLite goes about it.
    """
    words: list[str] = _TOKEN.findall(predicate.strip())
    bare = "".join("''" if word.startswith("'") else word for word in words)
    small = [word.lower() for word in words]
    if small[:1] != ["select"] or small.count("case") != small.count("end") or _UNREAD.search(bare):
        return None
    end = next((at for at, word in enumerate(_top(words)) if word in _END), len(words))
    found = list(_comparisons(words[1:end]))
    if not found:
        return None
    sides = ", ".join(f"{left}, {right}" for left, _, right, _ in found)
    cut = f"{''.join(words[:end])}, {sides} {''.join(words[end:])}"
    return cut, tuple((sign, name) for _, sign, _, name in found)


def _comparisons(words: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Of alternatives or conditions side by side, and of what one of them holds in parentheses to be true or not."""
    top = _top(words)
    if not _OTHER.isdisjoint(top):
        return
    for first, last in pairwise([-1, *_cuts(top), len(words)]):
        at = [place for place in range(first + 1, last) if top[place] in _OPERATORS | _EQUAL | {"between", "and"}]
        parts = [_stripped(words[begin + 1 : stop]) for begin, stop in pairwise([first, *at, last])]
        texts = ["".join(part) for part in parts]
        match [top[place] for place in at]:
            case _ if "not" in top[first + 1 : last] or not all(texts):
                pass
            case ["between", "and"]:
                yield _since(parts[0], ">=", texts[1])
                yield _since(parts[0], "<=", texts[2])
            case [of] if of in _EQUAL:
                for part in parts:
                    if _whole(part) and part[1].lower() not in ("select", "with", "values"):
                        yield from _comparisons(part[1:-1])
            case [of]:
                yield _since(parts[0], of, texts[1])
            case _:
                pass


def _since(left: list[str], sign: str, right: str) -> tuple[str, str, str, str]:
    """A comparison, and what stands on the left by itself; of a distance in time, of the day or the moment that it is
    counted to with the one that is that far away."""
    function = left[0].lower()
    if function not in ("days_until", "minutes_until") or not _whole(left[1:]):
        return "".join(left), sign, right, _name(left)
    inner = _stripped(left[2:-1])
    if function == "minutes_until":
        return f"shift({''.join(inner)}, 0)", sign, f"shift(now(), {right})", _name(inner)
    comma = [at for at, word in enumerate(_top(inner[2:-1]), 2) if word == ","]
    if inner[0].lower() == "shift_days" and _whole(inner[1:]) and comma:
        inner, right = _stripped(inner[2 : comma[0]]), f"({right}) - ({''.join(inner[comma[0] + 1 : -1])})"
    return f"substr({''.join(inner)}, 1, 10)", sign, f"shift_days(today(), {right})", _name(inner)


def _name(side: list[str]) -> str:
    """Of a column without its table, or of an argument; nothing where it is neither."""
    found = _PLAIN.fullmatch("".join(side))
    return found[1] if found else ""


def _cuts(top: list[str]) -> Iterator[int]:
    """Where one alternative ends and the next begins: not at the `AND` of a `BETWEEN`."""
    between = False
    for at, word in enumerate(top):
        if word == "or" or (word == "and" and not between):
            yield at
        between = word == "between" or (between and word != "and")


def _stripped(words: list[str]) -> list[str]:
    """Without blanks around."""
    full = [at for at, word in enumerate(words) if not word.isspace()]
    return words[full[0] : full[-1] + 1] if full else []


def _whole(words: list[str]) -> bool:
    """Whether it is one pair of parentheses and what they hold."""
    return words[:1] == ["("] and words[-1] == ")" and not any(_top(words)[1:-1])


def _top(words: list[str]) -> list[str]:
    """The words that stand in no parentheses and no CASE, in small letters; nothing in place of the others."""
    depth, out = 0, list[str]()
    for word in map(str.lower, words):
        depth -= word in (")", "end")
        out.append("" if depth > 0 or word.isspace() else word)
        depth += word in ("(", "case")
    return out
