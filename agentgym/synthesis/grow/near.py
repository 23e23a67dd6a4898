"""Rules about how long somebody is waited with: what opens too late is declined."""

from __future__ import annotations

from agentgym.pack import Pack
from agentgym.synthesis.graph import ToolNode
from agentgym.synthesis.grow.growth import Growth, spread
from agentgym.synthesis.grow.words import deed, noun
from agentgym.synthesis.opening import MOST, Opening
from agentgym.tool import RuleSpec

__all__ = ["near"]


def near(pack: Pack, tool: ToolNode, opening: Opening) -> Growth:
    """The rule that what works from a moment on has to work soon. It counts from the beginning of the conversation, so
    that no waiting makes it hold."""
    whose, label = noun(pack, opening.table), pack.domain.label(opening.name)
    source = opening.source(f":{opening.argument}")
    rule = RuleSpec(
        id=f"{tool.name}_{opening.name}",
        say=f"You may {deed(pack, tool.name)} only if the {whose}'s {label} lies at most {MOST} minutes after the "
        "beginning of the conversation; where it has not come yet, wait for it.",
        allowed=f'SELECT its."{opening.name}" <= shift(began(), {MOST}) {source}',
        tool=tool.name,
        because=f'SELECT its."{opening.name}" {source}',
    )
    soon, _, late = opening.moments(spread(f"${opening.key}"))
    return Growth("near", rule, opening.arranged(soon, late), (opening.column,))
