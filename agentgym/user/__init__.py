"""The other side of the conversation: the acts of what is said to it, values in words, the deterministic user."""

from agentgym.user.acts import derive
from agentgym.user.automaton import Automaton
from agentgym.user.conveying import conveys
from agentgym.user.interpret import interpret
from agentgym.user.values import extract, mentions, rival_in, surface
from agentgym.user.wording import Wording, pairs, wording_from

__all__ = [
    "Automaton",
    "Wording",
    "conveys",
    "derive",
    "extract",
    "interpret",
    "mentions",
    "pairs",
    "rival_in",
    "surface",
    "wording_from",
]
