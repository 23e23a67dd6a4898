"""What one sentence does, and a lexicon made ready to read sentences with."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentgym.types import Lexicon
from agentgym.user.facts import FactNames
from agentgym.user.hands import HAND_VERBS, forms, stem, stems
from agentgym.user.tool_deeds import ToolDeeds
from agentgym.user.verdicts import numbered_ids

__all__ = ["PRONOUN", "TO_USER", "Reading", "Ready"]

PRONOUN = re.compile(
    r"\bwhat (?:does|is|would) (?:yours|it|that|that one) (?:say|read|show|be) ?\?$"
    r"|\b(?:it|yours|one|that|them|those|this|both)\b(?: (?:is|called|named|again|exactly|out|,|for us|to us|slowly"
    r"|then|spelled|sir|madam|for me|please|with me|again|to me|once more|now))* ?[?.!]*$"
)

TO_USER = frozenset(["you", "your", "please", "me"])


class Reading(NamedTuple):
    """What one sentence does. `facts` is None where it asks nothing."""

    kinds: frozenset[str]
    facts: tuple[str, ...] | None
    tools: tuple[str, ...]
    weak: bool
    bare: bool
    polite: bool = False
    form: str = ""
    cites: tuple[int, ...] = ()
    denies: tuple[int, ...] = ()
    declined: int = 0


class Ready:
    """A lexicon made ready, with its own memory of sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names = FactNames(lexicon.facts)
        self.rules = lexicon.rules
        self.ids, self.id_numbers = numbered_ids(lexicon.rules)
        self.hands = [(tool, stems(phrase)) for tool, phrases in lexicon.hands.items() for phrase in phrases]
        self.hand_words = frozenset(word for _, wanted in self.hands for word in wanted)
        self.hand_forms = forms(self.hand_words)
        self.verb_forms = forms(HAND_VERBS.union(wanted[0] for _, wanted in self.hands if wanted))
        self.deeds = ToolDeeds(lexicon.deeds)
        self.known: dict[tuple[str, str, bool], Reading] = {}

    def hands_of(self, content: list[str]) -> frozenset[str]:
        """The tools all of whose words are said."""
        said = {stem(word) for word in content}
        return frozenset(tool for tool, wanted in self.hands if wanted and said.issuperset(wanted[1:]))
