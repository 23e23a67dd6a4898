"""Reading a user that only produces text: which facts it says, whether it affirms, accepts a refusal, leaves."""

from __future__ import annotations

import re

from agentgym.types import Ledger, Reply
from agentgym.user.grammar import plain
from agentgym.user.text import sentences, visible
from agentgym.user.values import mentions

__all__ = ["KEY_WORDS", "interpret"]

KEY_WORDS = frozenset(
    "yes yeah correct right confirm please ahead agree accept agreed understand enough never mind goodbye"
    " thanks thank that's "
    "proceed exactly wrong actually mistake changed second thoughts leave leaving day pleasant possible which"
    " accepted don't "
    "can't isn't won't wouldn't couldn't haven't doesn't there's you've i've what's before agreeing hearing"
    " without instead else".split()
)
"""Words that carry what a reply means; a persona that mistypes leaves them alone."""

_AFFIRM = re.compile(
    r"\b(?:yes|yep|yeah|yup|aye|correct|exactly|confirmed|agreed|absolutely|definitely|indeed|(?:i"
    r"|we) (?:do )?(?:confirm|agree|approve)|(?:that is|all|looks|sounds|quite|you are) (?:right|good|correct"
    r"|fine|it|the one)"
    r"|(?:please )?(?:go ahead|proceed|go for it|do it|do so|do that|make it so)|please do|right"
    r"|sure(?! about)|of course|ok|okay|alright|all right|perfect|fine)\b"
)
_NO = re.compile(r"\b(?:no|not|nope|never|unless|if|sure about|have no)\b|\?")
_OBJECTS = re.compile(
    r"\b(?:wrong|incorrect|but|actually|instead|rather|wait|hold on|stop|except|mistake|changed my mind"
    r"|second thoughts|before|differently"
    r"|what about|not (?:right|correct|so|yet|that|quite|what|after all)|which|until|without|change of plan"
    r"|different plan|let me change)\b|^(?:no|nope)\b"
)
_CONCEDE = re.compile(
    r"\b(?:(?:i|we|shall|will|must|and|to) (?:\w+ )?accept|accept (?:that|it|this|your)|fair enough|never mind"
    r"|nothing to be done|i understand(?: that)? (?:and|then)|so be it|i (?:will|can) live with (?:that|it)"
    r"|leave it(?: at that| then)?(?= ?[.,!]| ?$)|forget it|if that is how it is)\b"
)
_NOT_CONCEDE = re.compile(
    r"\b(?:not|never|cannot|will not|do not|refuse to|hard to) (?:\w+ )?(?:accept|understand|live)\b"
)
_LEAVE = re.compile(
    r"\b(?:goodbye|good bye|bye|farewell|see you|cheerio|have a (?:\w+ )?(?:day|evening|afternoon|weekend|one)"
    r"|i am (?:off|leaving|done here|giving up)|i give up|that is all (?:i needed|for today"
    r"|for now)?,? ?(?:thanks|thank you)"
    r"|(?:that is all|that will be all|that is everything)(?= ?[.!]| ?$))\b|\bthat is all$"
)


def _agrees(shown: str) -> bool:
    """Whether one sentence says yes and none objects."""
    forms = [plain(sentence.text) for sentence in sentences(shown)]
    if any(_OBJECTS.search(form) for form in forms):
        return False
    return any(_AFFIRM.search(form) and not _NO.search(form) for form in forms)


def interpret(text: str, ledger: Ledger, proposed: bool) -> Reply:
    """What words of a user amount to: a fact is said when its value stands in them; they affirm only when something
    was `proposed`, by a yes without objection; they concede and leave by the usual phrases. Never raises."""
    shown = visible(text)
    form = plain(shown)
    facts = tuple(fact.name for fact in ledger.facts if mentions(shown, fact.value, fact.type))
    affirms = proposed and _agrees(shown)
    concedes = _CONCEDE.search(form) is not None and _NOT_CONCEDE.search(form) is None
    leaves = _LEAVE.search(form) is not None
    return Reply(text=text, facts=facts, affirms=affirms, concedes=concedes, leaves=leaves)
