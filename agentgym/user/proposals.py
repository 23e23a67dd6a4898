"""When a sentence waits for a yes, and how "confirm ..." is meant.

All functions take a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re

from agentgym.user.asks import FactNames
from agentgym.user.grammar import ACTION, one_of

__all__ = ["PROPOSE_WORDS", "confirmation", "proposes", "wants_confirmation"]

_CONFIRM_SHORT = one_of(
    "correct right ok okay yes agreed alright confirm confirmed proceed good fine yeah yep sure happy deal go"
)
_BASE = one_of(
    *[verb for verb in ACTION if verb not in ("do", "give", "take", "share", "provide", "disclose", "allow", "permit")]
)
_PROPOSE_ASKED = re.compile(
    rf"\b(?:shall|should) (?:i|we)\b(?! (?:have|know|ask|expect|call))|\b(?:may|can|could|might) (?:i"
    rf"|we) (?:\w+ )?(?:go ahead|proceed|continue|carry on|do (?:it|that|so|this)|{_BASE})\b(?! (?:a "
    rf"|the )?note\b| out)"
    r"|\b(?:want|like) me to\b|\bmind if i (?:go|proceed|cancel|book|do|make|move|continue)"
    r"|\bany objections?\b|\bwould (?:that|this|it) be (?:ok|okay|fine|alright|all right|good|correct|right"
    r"|acceptable|suitable|convenient)\b|\bis that so\b|\bis (?:that|this|it) the (?:one|right|correct)\b"
    r"|\b(?:have|did) i understood?(?: \w+)* (?:correctly"
    r"|right)|\bthumbs up\b|\bgood to go\b|\bshall we\b|\bis (?:that|this|it) (?:[^?]{0,60} )?(?:you want"
    r"|you wanted|you mean|you meant|you would like|you are after)\b"
    r"|\b(?:do|would|did) you (?:still |really |just )?(?:want|like|prefer|wish|need)(?: for)? (?:me|us) to\b"
    rf"|\b(?:do|would|did) you (?:still |really |definitely )?(?:want|like|wish) to (?:\w+ly )?(?:go ahead"
    rf"|go for|proceed|continue|keep|have|{_BASE})\b"
    r"|\bdo you (?:confirm|agree|approve|consent|accept|authori[sz]e|give)\b"
    r"|\b(?:is|are) (?:that|this|it|these|those|everything|all|the|your|my) ?(?:[^?]{0,80} )?(?:correct|right"
    r"|accurate|acceptable|good|alright|all right|in order|what you (?:want|wanted|meant|mean|had in mind"
    r"|asked)|ok|okay|fine)\b"
    r"|\b(?:did|have|do|am) (?:i|we) (?:get |got |have |understand |understood |gotten )?(?:that |it |this "
    r"|all |everything |you |your \w+ )*(?:all )?(?:right|correct|correctly|down correctly)\b"
    r"|\bdo(?:es)? (?:that|this|it|everything|these|all|the) (?:[^?]{0,50} )?(?:work|sound|look|suit|seem"
    r"|match|fit)\b|\b(?:sounds?|looks?|work|works) (?:good|right|ok|okay|correct|fine|for you|alright)\b"
    rf"|(?:^|[,:;()-] |\. |\band )(?:is (?:that|this|it) )?{_CONFIRM_SHORT}(?: (?:so far|with you|by you"
    rf"|to proceed|to go ahead|then|or no|or not|now))? (?:\?|!)*\?"
    r"|\b(?:all|everything|details|that|this)(?: \w+)? (?:correct|right|ok|okay|good|fine|clear|accurate"
    r"|in order)(?: so far)? \?|\b(?:yes or no|yes no|y n|go ahead|proceed)\b(?: [^?]{0,80})? \?|\b(?:shall"
    r"|may) i \?"
    r"|\bare you (?:sure|certain|happy|ok|okay|fine|comfortable|ready|satisfied|in agreement|good|willing"
    r"|absolutely)\b|\b(?:ready|ok|okay|good|happy|fine|alright|safe|all right) (?:for me )?(?:to|if i"
    r"|with (?:that|this|it)|for you)\b"
    r"|\bis it (?:ok|okay|alright|fine|all right|correct|right|true) (?:if|for|to|with|that)\b|\b(?:can|could"
    r"|would|will|do|may) you (?:please |kindly |just |also )*(?:confirm|verify|approve) (?:this|that|these|it"
    r"|if|whether|(?:that )?(?:you|i|we)\b|all (?:of )?(?:this|that)|the (?:above|following|details|change"
    r"|order|cancellation|booking|information))"
    r"|\b(?:can|may|do) i (?:have|get) your (?:\w+ )?(?:confirmation|approval|go ahead|ok|okay|consent"
    r"|permission|agreement|yes)\b|\bmy understanding correct\b|\bthe one you (?:want|mean)\b"
    r"|\bthe correct one\b"
)
_PROPOSE_ANY = re.compile(
    r"\b(?:reply|say|respond|answer|type|write|send|text|enter|tell me|give me"
    r"|press)(?: \w+){0,3}? (?:a )?(?:yes|confirm|ok|okay|y|go ahead|proceed|i confirm)\b"
    r"|\b(?:(?:need|require|await|awaiting|waiting for|wait for|waiting on|want|give me|give|seek|ask for|like"
    r"|asking for|requires?) (?:me )?(?:(?:your|explicit|final|clear|the|an?) )+|(?:have|get|got|with|without"
    r"|pending|upon|subject to|only after) (?:(?:your|explicit|final|clear|the) )+)(?:\w+ )?(?:confirmation"
    r"|approval|go ahead|consent|permission|ok|okay|yes|green light|authori[sz]ation|agreement"
    r"|nod)\b(?! (?:denied|error|e?mail|number|code|message|letter|page))|\bsay the word\b"
    r"|\bconfirm ?(?:\( ?)?(?:y|yes) ?(?:n|no|or no)?\b"
    r"|\b(?:if|once|when|as soon as|after|until|unless) (?:you|i get your|that|this|it|everything|all"
    r"|the above|the details) (?:[\w,]+ ){0,5}?(?:confirm|confirmed|agree|approve|say yes|say so|say the word"
    r"|correct|right|okay|happy|looks? (?:good|right|correct)|go ahead|give (?:me )?(?:the|your) (?:go ahead"
    r"|ok|okay|green light|nod))\b"
    r"|\blet me know (?:if|whether|that|when) (?:that|this|it|everything|these|you|i|the|all|to)\b(?! (?:need"
    r"|have any|have (?:further|more|other)|require|want (?:anything|something|any)|would like (?:anything|any"
    r"|further|more)|can (?:be|help)|are (?:any|ready for)))"
    r"|\bconfirmation (?:is )?(?:required|needed)\b|^(?:ok|okay|happy|good|fine|ready|alright) to \w+"
)
_UNCONFIRMED = re.compile(
    r"\b(?:not|no need|never|without|no reason)\b(?: \w+){0,4} (?:confirm|verify|approve|double check|check)\b"
    r"|\byou (?:have |had |just |already )*(?:asked|told|wanted|said)\b"
)
_OURS_CONFIRM = re.compile(
    r"\b(?:i|we|they|will|would|shall|let me|let us|team|system|going) (?:\w+ ){0,8}?(?:and|then|so|or|to|,) ?$"
)
_PLEASE_CONFIRM = re.compile(
    r"(?:(?:\bplease|\bkindly|\bneed you to|\blike you to|\bask you to|\b(?:can|could|would|will) you"
    r"|\byou (?:need to|must|have to|should|to)|\bjust|\band|(?:^|, |\bjust |\blike |\bneed |\bwant |\bhave "
    r"|\bsure |: )to|\blet me|\blet us|\bi am|\bso|\bneed to|\blike to|\bwant to|\bfirst|\bmust|\bhave to) |^"
    r"|: |, )"
    r"(?:(?:please|kindly|also|first|just|quickly|now|then|explicitly|simply) )*(?:confirm|verify|double check"
    r"|approve|confirming|check|acknowledge)(?P<object>\b.*)"
)
PROPOSE_WORDS = frozenset(
    "confirm confirming confirmation confirmed verify approve approval yes ok okay go proceed consent"
    " permission agree correct right know shall should may can could "
    "do would want like happy is are does did sounds sound looks look ready sure good fine alright y green"
    " authorisation authorization ahead check acknowledge have "
    "agreed deal accurate nod say".split()
)
_DECLARED_ASK = re.compile(
    r"(?!(?:and |so |but |then |or |also |ok |, )*(?:is|are|was|were|do|does|did|can|could|would|will|shall"
    r"|should|may|might|have|has|had|am|what|which|who|whom|whose|when|where|why|how|any|anything|got|mind)\b)"
)
_VALUE_LIKE = re.compile(
    r"\b[a-z]{0,3}-?\d{3,}|\d[:.]\d\d|\bdr\b|\b\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|feb|mar|apr|may|jun|jul"
    r"|aug|sep|oct|nov|dec)|[$]"
)
_PROPOSE_BARE = re.compile(
    rf"(?:so |ok |then |and |, |just |to confirm |- )*(?:{_BASE}|you (?:want|would like|wish|are looking|need) )\b"
)
_WH_OPEN = re.compile(
    r"(?:and |so |but |then |or |also |ok |, )*(?:is|are) there (?:any|another|some|a|other)\b|"
    r"(?:and |so |but |then |or |also |ok |, )*(?:what|which|who|whom|whose|when|where|why|how)\b(?! (?:does"
    r"|do|about|is|would) (?:that|this|it)\b)"
)


def proposes(form: str, question: bool, asked: str, whole: bool) -> bool:
    """Whether the sentence waits for a yes. `asked` is its asked part, `whole` that all of it is asked."""
    if _PROPOSE_ANY.search(form):
        return True
    if not question:
        return False
    if not _WH_OPEN.match(asked) and _PROPOSE_ASKED.search(asked if asked.endswith("?") else asked + " ?"):
        return True
    if _PROPOSE_BARE.match(form):
        return True
    return whole and _DECLARED_ASK.match(form) is not None and _VALUE_LIKE.search(form) is not None


def wants_confirmation(form: str) -> bool:
    """Whether it asks in so many words to confirm something."""
    return _PLEASE_CONFIRM.search(form) is not None


_VALUED = re.compile(r"\d{2}|\b(?:is|are) (?!on\b|correct\b)|: \w|\bdr\b")


def confirmation(form: str, question: bool, names: FactNames) -> tuple[str, ...] | bool | None:
    """How "confirm ..." is meant: facts asked for, True for a read-back, False for something else, None for neither."""
    found = _PLEASE_CONFIRM.search(form)
    if found is None or _UNCONFIRMED.search(form, 0, found.start("object")):
        return None
    if not found[0].lstrip(" ,:").startswith(("please", "kindly")) and _OURS_CONFIRM.search(
        form, 0, found.start() + (4 if form.startswith("and ", found.start()) else 2)
    ):
        return None
    wanted = found["object"].strip(" .!?:,;-")
    lead = found[0][: found.start("object") - found.start()]
    ours = re.match(r"(?:to|let me|let us|i am|need to|like to|want to|must|have to)\b", lead.strip()) is not None
    after = re.match(r"(?:me |with me |to me |for me |back )*", wanted)
    rest = wanted[after.end() :] if after else wanted
    spans = names.spans(rest)
    if spans and re.fullmatch(
        r"(?:(?:your|the|both|a|an|me|also|current|full|by|sending|giving|telling|what) )*", rest[: spans[0][0]]
    ):
        if not _VALUED.search(rest, spans[0][1]):
            return names.asked(rest)
        return True
    if ours and not question and lead.strip().endswith(("check", "verify")):
        return None
    if re.match(r"(?:what|which|who|when|where|how)\b", rest):
        return names.asked(rest) or False
    if re.match(
        r"(?:your|the) (?:\w+ )?(?:identity|details|information|account|address|age|insurance)\b", rest
    ) and not _VALUED.search(rest):
        return names.asked(rest) or False
    return True
