"""What a sentence decides or tells of (refusal, failure, report), and what the sentences of a message do together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agentgym.user.handover import transfers
from agentgym.user.refusals import CERTAIN, STALLING, WEAK, judged
from agentgym.user.reports import reports

__all__ = ["decided", "numbered_ids", "retracts", "verdict", "with_numbers"]

_POLICY = re.compile(
    r"\b(?:rules?|(?<!your )(?<!that )(?<!this )(?<!insurance )(?<!no )(?<!any )polic(?:y|ies)\b(?! (?:number|no|nr"
    r"|id|holder|code"
    r"|document))"
    r"|r ?\d{1,2}|terms|guidelines?|regulations?)\b"
)
_UNHEARD = re.compile(
    r"\b(?:did|could|can|do) not (?:quite |fully )?(?:catch|get|hear|understand|read|make out|receive|have)\b"
)
_CONTRAST = re.compile(r", (?:but|however|though|yet) | but (?:i|we) ")
_WAITS = re.compile(r"\b(?:unless|until|without|before|if you|as long as)\b")
_BESIDES = re.compile(
    r"(?:,|;|\band|\bbut) (?:(?:and|but|so) )?(?:in any case|either way|anyway|anyhow|besides|regardless"
    r"|at any rate|even so"
    r"|even then|all the same|in any event|apart from that|what is more|on top of that)\b ?,? "
)
"""What leads to a decision that stands whatever could not be found."""
_RETRACTS = re.compile(
    r"(?:no|oh|oops|sorry|hmm|hold on|actually|ah|my mistake|apologies|but)?(?: ,)? ?(?:no , )?(?:wait|scratch that"
    r"|correction"
    r"|i take that back|i was wrong|that was (?:wrong|a mistake|premature|not right|not true)|that is (?:wrong|not"
    r" (?:true"
    r"|right|correct))|i misspoke|my mistake|strike that|forget that)\b(?! (?:a|one|for|until|while|please|you)\b)"
)


def verdict(
    stated: str, form: str, words: frozenset[str], facts: tuple[str, ...] | None, *, transfer: bool
) -> tuple[list[str], int, int]:
    """The kinds of act, how surely something is reported (`reports`), and how surely something is declined without
    being so in any case (`refuses`)."""
    kinds: list[str] = []
    ruled = _POLICY.search(stated) is not None
    declined = 0
    if not (facts and (_WAITS.search(form) or _UNHEARD.search(form))):
        failed, declined = judged(stated, words, ruled=ruled)
        if declined == CERTAIN:
            kinds.append("refuse")
        elif failed:
            kinds.append("failure")
            besides = _BESIDES.search(stated)
            if besides and judged(stated[besides.end() :], words, ruled=ruled)[1] == CERTAIN:
                kinds.append("refuse")
                declined = CERTAIN
    level = _before_transfer(stated) if transfer else reports(stated, words)
    if (declined == CERTAIN and level < (2 if _CONTRAST.search(stated) else 3)) or ("failure" in kinds and level == 1):
        level = 0  # what a refusal or failure says to be so is its reason
    if level:
        kinds.append("report")
    return kinds, level, 0 if declined == CERTAIN else declined


_THEN = re.compile(
    r" [,;] (?:(?:and|but|so|then|now) )*(?=(?:i|we|a|one|our|my|the|let|someone)\b)"
    r"|\b(?:and|but) (?=(?:now |then )?(?:will|am|shall|i (?:will|am)|we (?:will|are)|our|a (?:nurse|colleague"
    r"|human))\b)"
)


def _before_transfer(stated: str) -> int:
    """How surely something is reported in front of the clause that hands the user over."""
    told = _THEN.split(stated, maxsplit=1)[0]
    return 0 if told == stated or transfers(told) else reports(told, frozenset(told.split()))


def retracts(form: str) -> bool:
    """Whether a sentence takes back what was said before it."""
    return _RETRACTS.match(form) is not None


def decided(levels: Iterable[int], forms: Sequence[str], *, cited: bool, asks: bool) -> int | None:
    """The place of the sentence that declines in a message where none does so in any case."""
    for place, level in enumerate(levels):
        if (level == STALLING and not asks) or (cited and (level == WEAK or (level == STALLING and not asks))):
            return place
        if cited and not level and _FLAT_NO.fullmatch(forms[place]):
            return place
    return None


_REFERENCE = (
    r"(?:(?:sorry|unfortunately|i am sorry|i am afraid|apologies|rules?|r ?\d++|\d++|per|under|by|due to"
    r"|because of|see|policy|number|applies|and|so|the|says|is|it|that|this|request|[,:;()!-]) ?){0,24}"
)
_FLAT_NO = re.compile(
    rf"{_REFERENCE}(?:no|nope|nah|negative|denied|declined|refused|rejected|impossible|forbidden|prohibited"
    rf"|blocked|can not|not (?:allowed|possible|permitted|ok|okay)|no go|no (?:\w+ )?(?:refunds?|cancellations?"
    rf"|changes?|refills?|exceptions?|bookings?))(?: |$){_REFERENCE}"
)


def numbered_ids(rules: tuple[str, ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """A pattern of the rule ids that no common words could be, and their numbers: "cancel_24h" is "rule r3"."""
    numbers = {rule.lower(): f" rule r{number} " for number, rule in enumerate(rules, 1) if "_" in rule}
    if not numbers:
        return None, {}
    return re.compile(
        r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(numbers, key=len, reverse=True))) + r")(?!\w)"
    ), numbers


def with_numbers(text: str, pattern: re.Pattern[str], numbers: dict[str, str]) -> str:
    """The text with rule ids written as numbers."""
    return pattern.sub(lambda found: numbers[found[0]], text.lower())
