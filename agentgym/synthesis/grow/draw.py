"""Which rules a policy can grow by, in a drawn order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.synthesis.graph import ToolGraph, ToolNode
from agentgym.synthesis.grow.cells import cell
from agentgym.synthesis.grow.conflict import conflict, overturned
from agentgym.synthesis.grow.growth import Growth, free, rests
from agentgym.synthesis.grow.near import near
from agentgym.synthesis.grow.quota import counted, quota
from agentgym.synthesis.grow.tier import tier
from agentgym.synthesis.opening import opening_of
from agentgym.tool import RuleSpec

__all__ = ["growths"]

_TIERS, _QUOTAS, _CONFLICTS = 2, 1, 2
"""Rules of more than one cell that are drawn, at most: there are many pairs, and more quotas than others are proved."""
_MEASURES = ("number", "money", "date")


def growths(
    pack: Pack, graph: ToolGraph, tool: ToolNode, rules: Iterable[RuleSpec], chance: Stream,
    before: Iterable[str] = (),
) -> Iterator[Growth]:  # fmt: skip
    """Rules that could be added about a tool, in a drawn order; that about how long it is waited for comes first. None
    of the `rules` that there are about it rests on one of their columns, nor does the tool, but for what a quota
    counts, what a conflict is about and what is waited for. Two of them may be about the same column: of these one can
    be added.

    Args:
        before: tools that are decided already, one of which the same user may want first.
    """
    rules, opening = tuple(rules), opening_of(pack, tool.name)
    if opening is not None and not rests(opening.name, rules):
        yield near(pack, tool, opening)
    cells = free(pack, graph, tool, rules)
    kinds = {place.column: pack.domain.types.get(place.column, "") for place in cells}
    measured = [place for place in cells if kinds[place.column] in _MEASURES]
    graded = [place for place in cells if kinds[place.column] == "enum"]
    pairs = [(one, other) for one in measured for other in graded]
    drawn: list[Callable[[], Growth | None]] = [partial(cell, pack, tool, place, chance) for place in cells]
    drawn += [partial(tier, pack, tool, *pair, chance) for pair in chance.shuffled(pairs)[:_TIERS]]
    rows = chance.shuffled(list(counted(pack, graph, tool, rules)))[:_QUOTAS]
    drawn += [partial(quota, pack, tool, of, chance) for of in rows]
    ends = chance.shuffled(list(overturned(pack, graph, tool, rules, before)))[:_CONFLICTS]
    ruling: list[Callable[[], Growth | None]] = [partial(conflict, pack, tool, of, chance) for of in ends]
    if chance.chance(0.5):  # few pairs of tools have one, so half the time these come first
        drawn = [*ruling, *chance.shuffled(drawn)]
    else:
        drawn = chance.shuffled([*drawn, *ruling])
    for make in drawn:
        found = make()
        if found is not None:
            yield found
