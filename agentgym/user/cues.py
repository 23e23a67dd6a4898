"""Cues of the acts that are told by their phrases: a closing, a transfer.

All functions take a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re

__all__ = ["CLOSE_WORDS", "TRANSFER_WORDS", "closes", "courteous", "transfers"]

_CLOSE = re.compile(
    r"\banything (?:else|more|further)\b|\b(?:something|what) else\b(?=[^?]*\?)|\b(?:help|need|assist|should"
    r"|if|let|whenever|do)\b.{0,60}\b(?:something|nothing|anything) (?:else|more|further)\b"
    r"|\bnothing else\b.{0,30}\?"
    r"|\b(?:any|other) (?:other |more |further )?(?:questions?|requests?|concerns?)\b|\bfurther (?:questions"
    r"|assistance|help)\b"
    r"|\b(?:have|enjoy|wish you|wishing you)(?: yourself)? (?:a |an |the |your )(?:\w+ ){0,3}(?:day|evening"
    r"|afternoon|morning|weekend|week|night|one|time|trip|stay|rest|holiday)\b"
    r"|\b(?:goodbye|good bye|bye|farewell|cheerio|so long(?! as)|good night"
    r"|(?<!i )(?<!can )(?<!could )see you(?= (?:then|soon|later|on|there|at|tomorrow|next|around)\b| ?[.!,]?$)"
    r"|take care(?! of)|speak soon|talk soon|until next time|all the best)\b"
    r"|\b(?:do not hesitate|feel free|reach out|get in touch|contact us|give us a call)\b.{0,40}\b(?:if|should"
    r"|any ?time|again|when)\b|\b(?:if|should) (?:you )?(?:need|have|require|ever need) (?:any|further|more)\b"
    r"|\b(?:is|will|would) (?:that|this) (?:be )?(?:all|everything)(?= ?\?| for | then| you| i )"
    r"|\bhelp (?:you )?(?:with )?(?:any ?more|further|else)\b|\b(?:closing|ending|end|close) (?:this|our"
    r"|the) (?:chat|conversation|call|session)\b"
)
_CLOSE_WEAK = re.compile(
    r"\b(?:thank you|thanks) for (?:calling|contacting|choosing|reaching out|getting in touch|chatting|using"
    r"|visiting|your (?:call|visit|business))\b"
    r"|\b(?:you are (?:very |most )?welcome|my pleasure|(?:glad|happy|pleased) (?:i|we) (?:could|was able"
    r"|were able)|happy to have helped|(?:glad|happy) to have (?:helped|been)|pleasure (?:helping"
    r"|assisting))\b"
)
"""Courtesies that close a message which asks nothing more."""
_NOT_CLOSE = re.compile(
    r"\b(?:before|first|not|without|no|never) (?:\w+ ){0,3}(?:anything|something|goodbye|bye|closing|ending"
    r"|end|close)\b|\bneed something else\b|\banything else (?:you (?:can|could|would like to|want to) (?:tell"
    r"|add|share)|i (?:need|should|must) (?:to )?know|about (?:the|your))"
    r"|\bsomething else (?:is|i need|happened|went)\b|\bnothing (?:else|more) (?:i|we) can\b"
    r"|\bany (?:other )?issues? (?:with|was|were)\b|\bwhat (?:else|more) (?:do|should|can you)\b"
)
_PERSON = (
    r"(?:human|person|agent|colleague|coworker|co worker|representative|rep|supervisor|manager|specialist"
    r"|someone|somebody|team|department|staff|operator|front desk|reception\w*|advisor|adviser|expert|member"
    r"|desk|live|associate|doctor|nurse|human being)"
)
_TRANSFER = re.compile(
    rf"\b(?:transfer(?:ring|red)?|connect(?:ing|ed)?|escalat\w+|refer(?:ring|red)?|route|routing|redirect\w*"
    rf"|forward\w*|hand(?:ing|ed)?|pass(?:ing|ed)?|put(?:ting)?|patch\w*|switch\w*|bring(?:ing)? in|get|loop\w*"
    rf"|send(?:ing)?)\b(?: \w+){{0,6}}? (?:over to|to|with|through(?: to)?|in|on to|onto|up to"
    rf"|off to)\b(?: \w+){{0,3}}? {_PERSON}\b"
    rf"|\b(?:transfer(?:ring|red)?|connect(?:ing)?|escalat(?:e|ing|ed)|putting|put|patch(?:ing)?"
    rf"|hand(?:ing)?) (?:you|this|it|your (?:call|case|request|issue)|the (?:case|call|chat|conversation|matter"
    rf"|issue|request))(?: (?:over|through|up|across|now))?(?= [.!?,;]| ?$| to| now| right)"
    rf"|\b(?:speak|talk|chat)(?:ing)? (?:to|with) (?:a|an|the|our|one of our|someone"
    rf"|another)(?: \w+){{0,3}}? ?{_PERSON}?\b|\b{_PERSON} (?:\w+ )?(?:will|can|is going to|should"
    rf"|would) (?:\w+ )?(?:take over|take it from|help you|assist you|contact you|be with you|call you|get back"
    rf"|handle|pick)"
    r"|\b(?:human|live) (?:agent|representative|operator|colleague|assistance|support|help|handover)\b"
    r"|\b(?:being|be|been) (?:transferred|escalated|connected|handed over|put through)\b"
    r"|\bget (?:you )?(?:a human|a colleague|(?:my|a|the) (?:supervisor|manager|colleague)|someone)\b"
    r"|^transferring(?: \.+)?$|\bhave (?:a|my|one of (?:our|my)|someone)(?: \w+)? ?(?:colleagues?|supervisor"
    r"|manager|specialist|from (?:our|the) \w+) (?:call|contact|take|look|handle|get|help|reach)"
    r"|\bsomeone from (?:our|the) (?:\w+ )?team (?:will|can)|\b(?:human|agent|colleague|supervisor|manager"
    r"|specialist) (?:takes|is taking|to take) over\b|\braised (?:this|it|your \w+) with\b"
    r"|\bbring(?:ing)? (?:in )?(?:a|my|our|another|one of) (?:\w+ )?(?:colleague|supervisor|manager|specialist"
    r"|expert|human)|\b(?:in|into|to) (?:the|a) queue\b|\barrang\w+ (?:for )?(?:a|an|one of (?:our"
    r"|my)) (?:\w+ )?(?:colleague|specialist|agent|human|callback|call back|supervisor|manager)"
    r"|\bescalate (?:this|it)|\bi have (?:escalated|transferred|handed)\b|\btransfer to (?:a )?human\b"
    r"|\bhand (?:you|this|it) (?:over|off)\b"
)
TRANSFER_WORDS = frozenset(
    "raised queue arranged arrange consult bringing takes handled transfer transferring transferred connect"
    " connecting connected escalate escalating escalated escalation refer referring referred route routing"
    " redirect "
    "redirecting forward forwarding forwarded hand handing handed handover pass passing put putting patch"
    " patching speak talk chat human colleague supervisor manager "
    "representative specialist team someone live operator staff agent switch bring get loop send sending"
    " speaking talking".split()
)
_TRANSFER_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|nobody|no one|none|neither|nor|rather than|instead of|unable|before"
    r"|if i could|wish)\b|\byou (?:said|asked|want(?:ed)?|told)\b(?: \w+){0,5} (?:transfer|human|speak)"
)
CLOSE_WORDS = frozenset(
    "else more further other questions question day evening afternoon morning weekend week night one goodbye"
    " bye farewell cheerio care welcome pleasure "
    "glad hesitate free all everything see calling contacting choosing reaching touch chatting using visiting"
    " good long concerns concern requests "
    "assistance closing ending chat conversation best soon time enjoy anytime need".split()
)


def closes(form: str) -> bool:
    """Whether the sentence offers to end the talk, or ends it."""
    return _CLOSE.search(form) is not None and _NOT_CLOSE.search(form) is None


def courteous(form: str) -> bool:
    """Whether it is a courtesy that closes a message which asks nothing more."""
    return _CLOSE_WEAK.search(form) is not None


def transfers(form: str) -> bool:
    """Whether handing over to a human is offered or announced."""
    return _TRANSFER.search(form) is not None and not _untransferred(form)


def _untransferred(form: str) -> bool:
    """Whether the handing over is denied in its own clause."""
    found = _TRANSFER.search(form)
    if found is None:
        return True
    before = re.split(
        r" [,;:()-] |\b(?:but|so|because|therefore|however)\b|\band (?=(?:i |we )?(?:will|am|can|shall|would)\b)",
        form[: found.end()],
    )
    return _TRANSFER_NOT.search(before[-1]) is not None
