"""Cues of the acts that are told by their phrases: a closing, a transfer, a proposal, the use of the user's own tools.

All functions take a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentgym.user.asks import FactNames
from agentgym.user.grammar import ACTION, one_of, plain

__all__ = [
    "CLOSE_WORDS",
    "PROPOSE_WORDS",
    "TRANSFER_WORDS",
    "closes",
    "confirmation",
    "courteous",
    "hands_asked",
    "proposes",
    "stem",
    "stems",
    "transfers",
    "wants_confirmation",
]

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
_STOP = frozenset("the a an your you on of in and to for me please it is at from back out this that my".split())
_DIRECTS = re.compile(
    r"^(?:then |now |next |first |ok |so |and |also |, )*(?:\w+)|\b(?:please|could you|can you|would you"
    r"|will you|need you to|like you to|ask you to|try|you (?:should|can|could|may|must|need to|have to"
    r"|will need to|will have to)|go ahead and|what does|tell me|mind|let us)\b"
)
_DIRECTED_NOT = re.compile(
    r"\b(?:if|when|once|after|had|were|whether) (?:\w+ ){0,2}(?:were to |had |could |would )?(?:\w+ )?$|\b(?:i"
    r"|we) (?:will|may|might|am going to|would) (?:\w+ )?(?:ask|have|tell|let) you (?:to )?(?:\w+ )?$"
    r"|\bhave you (?:\w+ )?$|\byou (?:could|should|would) have (?:\w+ )?$|\b(?:not|no need to|never|without"
    r"|do not) (?:\w+ ){0,3}$|\b(?:you|i|we) (?:have |has |had |already |just )+(?:\w+ )?$|\b(?:i|we) (?:will"
    r"|can|could|have|am going to|shall)? ?(?:\w+ )?$|\b(?:after|when|if|once) you (?:\w+ )?$"
    r"|\bthanks? (?:you )?for $"
)
CLOSE_WORDS = frozenset(
    "else more further other questions question day evening afternoon morning weekend week night one goodbye"
    " bye farewell cheerio care welcome pleasure "
    "glad hesitate free all everything see calling contacting choosing reaching touch chatting using visiting"
    " good long concerns concern requests "
    "assistance closing ending chat conversation best soon time enjoy anytime need".split()
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


def closes(form: str) -> bool:
    """Whether the sentence offers to end the talk, or ends it."""
    return _CLOSE.search(form) is not None and _NOT_CLOSE.search(form) is None


def courteous(form: str) -> bool:
    """Whether it is a courtesy that closes a message which asks nothing more."""
    return _CLOSE_WEAK.search(form) is not None


def transfers(form: str) -> bool:
    """Whether handing over to a human is offered or announced."""
    return _TRANSFER.search(form) is not None and not _untransferred(form)


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


def stems(phrase: str) -> tuple[str, ...]:
    """The content words of a phrase, in stems."""
    return tuple(stem(word) for word in plain(phrase).split() if word not in _STOP and word.isalnum())


_ALIKE = {
    "relaunch": "restart",
    "reboot": "restart",
    "relaunching": "restart",
    "rebooting": "restart",
    "quit": "close",
    "exit": "close",
    "shut": "close",
    "kill": "close",
    "relaunched": "restart",
    "application": "app",
    "apps": "app",
}


def stem(word: str) -> str:
    """A word without its endings, and one word for those that mean the same."""
    word = _ALIKE.get(word, word)
    return (
        word[:-3]
        if len(word) > 6 and word.endswith("ing")
        else word[:-1]
        if len(word) > 3 and word.endswith("s")
        else word
    )


_PERCEIVE = frozenset(
    "read check look see tell say give find view inspect show examine consult relay glance locate enter type".split()
)


def hands_asked(
    form: str, words: Sequence[str], stemmed: Sequence[str], hands: Sequence[tuple[str, tuple[str, ...]]]
) -> tuple[str, ...]:
    """The user's tools that the sentence asks to be used: all content words of a phrase, in a directive. Ways of
    looking are one verb: "what does the code on your card say" is "read the code on your card"."""
    out: dict[str, None] = {}
    held = set(stemmed)
    if "again" in held and not held.isdisjoint(("open", "start", "launch")):
        held |= {"reopen", "restart"}
    for tool, wanted in hands:
        if tool in out or not wanted:
            continue
        verb = wanted[0]
        if not held.issuperset(wanted[1:]):
            continue
        if verb not in held:
            said = held & _PERCEIVE
            if verb not in _PERCEIVE or not said or len(wanted) < 3:
                continue
            verb = next(word for word in stemmed if word in said)
        at = next((i for i, word in enumerate(stemmed) if word == verb), 0)
        at = sum(len(word) + 1 for word in words[:at])
        if _DIRECTS.search(form) and not _DIRECTED_NOT.search(form, 0, max(at, 0)):
            out[tool] = None
    return tuple(out)


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
