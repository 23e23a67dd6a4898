"""Dialogue acts of an assistant's message: one function from text, for every kind of user.

`derive` reads a message sentence by sentence. Words that can trigger a kind of act are looked up first; only then
the patterns of that kind run, on the sentence's plain form (`agentgym.user.grammar`), and only what is asserted counts:
a negated, hedged, planned, hypothetical or quoted report reports nothing. Readings that are settled:

* "Could you confirm your phone number?" asks; a read-back that waits for a yes proposes, partial or not.
* "I can't unless you give me your phone number" asks for it; a technical failure is no refusal.
* An announced transfer is an offer of one; "Is it booked?" closes nothing.
* Of several rule numbers the denied ones are dropped ("not R2, it is R9"); what is left is cited.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from agentgym.types import Act, ActKind, Lexicon
from agentgym.user import verdicts
from agentgym.user.asks import FactNames, requested
from agentgym.user.grammar import ACTION, clauses, masked, one_of, plain
from agentgym.user.text import Sentence, sentences, visible
from agentgym.user.verdicts import VERDICT_WORDS

__all__ = ["derive"]

_CACHED = 4_096
"""Sentences remembered for each lexicon."""


class _Reading(NamedTuple):
    """What one sentence does. `facts` is None where it asks nothing."""

    kinds: frozenset[str]
    facts: tuple[str, ...] | None
    tools: tuple[str, ...]
    weak: bool
    bare: bool
    polite: bool = False


class _Lexicon:
    """A lexicon made ready, with its own memory of sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names = FactNames(lexicon.facts)
        self.rules = lexicon.rules
        self.hands = [(tool, _stems(phrase)) for tool, phrases in lexicon.hands.items() for phrase in phrases]
        self.hand_words = frozenset(word for _, stems in self.hands for word in stems)
        self.known: dict[tuple[str, str, bool], _Reading] = {}


_ready: dict[int, tuple[Lexicon, _Lexicon]] = {}


def _made_ready(lexicon: Lexicon) -> _Lexicon:
    held = _ready.get(id(lexicon))
    if held is None or held[0] is not lexicon:
        if len(_ready) >= 64:
            _ready.clear()
        held = _ready[id(lexicon)] = (lexicon, _Lexicon(lexicon))
    return held[1]


# --- words that give a kind away ------------------------------------------------------------------------------------

_CLOSE = re.compile(
    r"\banything (?:else|more|further)\b|\b(?:something|what) else\b(?=[^?]*\?)|\b(?:help|need|assist|should|if|let|whenever|do)\b.{0,60}\b(?:something|nothing|anything) (?:else|more|further)\b|\bnothing else\b.{0,30}\?"
    r"|\b(?:any|other) (?:other |more |further )?(?:questions?|requests?|concerns?)\b|\bfurther (?:questions|assistance|help)\b"
    r"|\b(?:have|enjoy|wish you|wishing you)(?: yourself)? (?:a |an |the |your )(?:\w+ ){0,3}(?:day|evening|afternoon|morning|weekend|week|night|one|time|trip|stay|rest|holiday)\b"
    r"|\b(?:goodbye|good bye|bye|farewell|cheerio|so long(?! as)|good night|(?<!i )(?<!can )(?<!could )see you(?= (?:then|soon|later|on|there|at|tomorrow|next|around)\b| ?[.!,]?$)|take care(?! of)|speak soon|talk soon|until next time|all the best)\b"
    r"|\b(?:do not hesitate|feel free|reach out|get in touch|contact us|give us a call)\b.{0,40}\b(?:if|should|any ?time|again|when)\b|\b(?:if|should) (?:you )?(?:need|have|require|ever need) (?:any|further|more)\b"
    r"|\b(?:is|will|would) (?:that|this) (?:be )?(?:all|everything)(?= ?\?| for | then| you| i )|\bhelp (?:you )?(?:with )?(?:any ?more|further|else)\b|\b(?:closing|ending|end|close) (?:this|our|the) (?:chat|conversation|call|session)\b"
)
_CLOSE_WEAK = re.compile(
    r"\b(?:thank you|thanks) for (?:calling|contacting|choosing|reaching out|getting in touch|chatting|using|visiting|your (?:call|visit|business))\b"
    r"|\b(?:you are (?:very |most )?welcome|my pleasure|(?:glad|happy|pleased) (?:i|we) (?:could|was able|were able)|happy to have helped|(?:glad|happy) to have (?:helped|been)|pleasure (?:helping|assisting))\b"
)
"""Courtesies that close a message which asks nothing more."""
_NOT_CLOSE = re.compile(
    r"\b(?:before|first|not|without|no|never) (?:\w+ ){0,3}(?:anything|something|goodbye|bye|closing|ending|end|close)\b|\bneed something else\b|\banything else (?:you (?:can|could|would like to|want to) (?:tell|add|share)|i (?:need|should|must) (?:to )?know|about (?:the|your))"
    r"|\bsomething else (?:is|i need|happened|went)\b|\bnothing (?:else|more) (?:i|we) can\b|\bany (?:other )?issues? (?:with|was|were)\b|\bwhat (?:else|more) (?:do|should|can you)\b"
)
_CONFIRM_SHORT = one_of(
    "correct right ok okay yes agreed alright confirm confirmed proceed good fine yeah yep sure happy deal understood?"
)
_BASE = one_of(*[verb for verb in ACTION if verb not in ("do", "give", "take", "share", "provide", "disclose", "allow", "permit")])
_PROPOSE_ASKED = re.compile(
    rf"\b(?:shall|should) (?:i|we)\b(?! (?:have|know|ask|expect|call))|\b(?:may|can|could|might) (?:i|we) (?:\w+ )?(?:go ahead|proceed|continue|carry on|do (?:it|that|so|this)|{_BASE})\b(?! (?:a |the )?note\b| out)"
    r"|\b(?:want|like) me to\b|\bmind if i (?:go|proceed|cancel|book|do|make|move|continue)|\bany objections?\b|\bwould (?:that|this|it) be (?:ok|okay|fine|alright|all right|good|correct|right|acceptable|suitable|convenient)\b|\bis that so\b|\b(?:have|did) i understood?(?: \w+)* (?:correctly|right)|\bthumbs up\b|\bgood to go\b|\bshall we\b|\bis (?:that|this|it) (?:[^?]{0,60} )?(?:you want|you wanted|you mean|you meant|you would like|you are after)\b"
    r"|\b(?:do|would|did) you (?:still |really |just )?(?:want|like|prefer|wish|need)(?: for)? (?:me|us) to\b"
    rf"|\b(?:do|would|did) you (?:still |really |definitely )?(?:want|like|wish) to (?:\w+ly )?(?:go ahead|go for|proceed|continue|keep|have|{_BASE})\b"
    r"|\bdo you (?:confirm|agree|approve|consent|accept|authori[sz]e|give)\b"
    r"|\b(?:is|are) (?:that|this|it|these|those|everything|all|the|your|my) ?(?:[^?]{0,80} )?(?:correct|right|accurate|acceptable|good|alright|all right|in order|what you (?:want|wanted|meant|mean|had in mind|asked)|ok|okay|fine)\b"
    r"|\b(?:did|have|do|am) (?:i|we) (?:get |got |have |understand |understood |gotten )?(?:that |it |this |all |everything |you |your \w+ )*(?:all )?(?:right|correct|correctly|down correctly)\b"
    r"|\bdo(?:es)? (?:that|this|it|everything|these|all|the) (?:[^?]{0,50} )?(?:work|sound|look|suit|seem|match|fit)\b|\b(?:sounds?|looks?|work|works) (?:good|right|ok|okay|correct|fine|for you|alright)\b"
    rf"|(?:^|[,:;()-] |\. |\band )(?:is (?:that|this|it) )?{_CONFIRM_SHORT}(?: (?:so far|with you|by you|to proceed|to go ahead|then|or no|or not|now))? (?:\?|!)*\?"
    r"|\b(?:all|everything|details|that|this)(?: \w+)? (?:correct|right|ok|okay|good|fine|clear|accurate|in order)(?: so far)? \?|\b(?:yes or no|yes no|y n|go ahead|proceed)\b(?: [^?]{0,80})? \?|\b(?:shall|may) i \?"
    r"|\bare you (?:sure|certain|happy|ok|okay|fine|comfortable|ready|satisfied|in agreement|good|willing|absolutely)\b|\b(?:ready|ok|okay|good|happy|fine|alright|safe|all right) (?:for me )?(?:to|if i|with (?:that|this|it)|for you)\b"
    r"|\bis it (?:ok|okay|alright|fine|all right|correct|right|true) (?:if|for|to|with|that)\b|\b(?:can|could|would|will|do|may) you (?:please |kindly |just |also )*(?:confirm|verify|approve) (?:this|that|these|it|if|whether|(?:that )?(?:you|i|we)\b|all (?:of )?(?:this|that)|the (?:above|following|details|change|order|cancellation|booking|information))"
    r"|\b(?:can|may|do) i (?:have|get) your (?:\w+ )?(?:confirmation|approval|go ahead|ok|okay|consent|permission|agreement|yes)\b|\bmy understanding correct\b|\bthe one you (?:want|mean)\b|\bthe correct one\b"
)
_PROPOSE_ANY = re.compile(
    r"\b(?:reply|say|respond|answer|type|write|send|text|enter|tell me|give me|press)(?: \w+){0,3}? (?:a )?(?:yes|confirm|ok|okay|y|go ahead|go|proceed|i confirm)\b"
    r"|\b(?:(?:need|require|await|awaiting|waiting for|wait for|waiting on|want|give me|give|seek|ask for|like|asking for|requires?) (?:me )?(?:(?:your|explicit|final|clear|the|an?) )+|(?:have|get|got|with|without|pending|upon|subject to|only after) (?:(?:your|explicit|final|clear|the) )+)(?:\w+ )?(?:confirmation|approval|go ahead|consent|permission|ok|okay|yes|green light|authori[sz]ation|agreement|nod)\b(?! (?:denied|error|e?mail|number|code|message|letter|page))|\bsay the word\b|\bconfirm ?(?:\( ?)?(?:y|yes) ?(?:n|no|or no)?\b"
    r"|\b(?:if|once|when|as soon as|after|until|unless) (?:you|i get your|that|this|it|everything|all|the above|the details) (?:[\w,]+ ){0,5}?(?:confirm|confirmed|agree|approve|say yes|say so|say the word|correct|right|okay|happy|looks? (?:good|right|correct)|go ahead|give (?:me )?(?:the|your) (?:go ahead|ok|okay|green light|nod))\b"
    r"|\blet me know (?:if|whether|that|when) (?:that|this|it|everything|these|you|i|the|all|to)\b(?! (?:need|have any|have (?:further|more|other)|require|want (?:anything|something|any)|would like (?:anything|any|further|more)|can (?:be|help)|are (?:any|ready for)))"
    r"|\bconfirmation (?:is )?(?:required|needed)\b"
)
_OURS_CONFIRM = re.compile(r"\b(?:i|we|they|will|would|shall|let me|let us|team|system|going) (?:\w+ ){0,8}?(?:and|then|so|or|to|,) ?$")
_PLEASE_CONFIRM = re.compile(
    r"(?:(?:\bplease|\bkindly|\bneed you to|\blike you to|\bask you to|\b(?:can|could|would|will) you|\byou (?:need to|must|have to|should|to)|\bjust|\band|\bto|\blet me|\blet us|\bi am|\bso|\bneed to|\blike to|\bwant to|\bfirst|\bmust|\bhave to) |^|: |, )"
    r"(?:(?:please|kindly|also|first|just|quickly|now|then|explicitly|simply) )*(?:confirm|verify|double check|approve|confirming|check|acknowledge)(?P<object>\b.*)"
)
_PERSON = r"(?:human|person|agent|colleague|coworker|co worker|representative|rep|supervisor|manager|specialist|someone|somebody|team|department|staff|operator|front desk|reception\w*|advisor|adviser|expert|member|desk|live|associate|doctor|nurse|human being)"
_TRANSFER = re.compile(
    rf"\b(?:transfer(?:ring|red)?|connect(?:ing|ed)?|escalat\w+|refer(?:ring|red)?|route|routing|redirect\w*|forward\w*|hand(?:ing|ed)?|pass(?:ing|ed)?|put(?:ting)?|patch\w*|switch\w*|bring(?:ing)? in|get|loop\w*|send(?:ing)?)\b(?: \w+){{0,6}}? (?:over to|to|with|through(?: to)?|in|on to|onto|up to|off to)\b(?: (?:a|an|the|our|my|one|of|live|senior|another|human|real|billing|support|some))* ?{_PERSON}\b"
    rf"|\b(?:transfer(?:ring|red)?|connect(?:ing)?|escalat(?:e|ing|ed)|putting|put|patch(?:ing)?|hand(?:ing)?) (?:you|this|it|your (?:call|case|request|issue)|the (?:case|call|chat|conversation|matter|issue|request))(?: (?:over|through|up|across|now))?(?= [.!?,;]| ?$| to| now| right)"
    rf"|\b(?:speak|talk|chat)(?:ing)? (?:to|with) (?:a|an|the|our|one of our|someone|another)(?: \w+){{0,3}}? ?{_PERSON}?\b|\b{_PERSON} (?:\w+ )?(?:will|can|is going to|should|would) (?:\w+ )?(?:take over|take it from|help you|assist you|contact you|be with you|call you|get back|handle|pick)"
    r"|\b(?:human|live) (?:agent|representative|operator|colleague|assistance|support|help|handover)\b|\b(?:being|be|been) (?:transferred|escalated|connected|handed over|put through)\b|\bget (?:you )?(?:a human|a colleague|(?:my|a|the) (?:supervisor|manager|colleague)|someone)\b|^transferring(?: \.+)?$|\bhave (?:a|my|one of (?:our|my)|someone)(?: \w+)? ?(?:colleagues?|supervisor|manager|specialist|from (?:our|the) \w+) (?:call|contact|take|look|handle|get|help|reach)|\bsomeone from (?:our|the) (?:\w+ )?team (?:will|can)|\b(?:in|into|to) (?:the|a) queue\b|\barrang\w+ (?:for )?(?:a|an|one of (?:our|my)) (?:\w+ )?(?:colleague|specialist|agent|human|callback|call back|supervisor|manager)|\bescalate (?:this|it)|\bi have (?:escalated|transferred|handed)\b|\btransfer to (?:a )?human\b|\bhand (?:you|this|it) (?:over|off)\b"
)
_TRANSFER_WORDS = frozenset(
    "transfer transferring transferred connect connecting connected escalate escalating escalated escalation refer referring referred route routing redirect "
    "redirecting forward forwarding forwarded hand handing handed handover pass passing put putting patch patching speak talk chat human colleague supervisor manager "
    "representative specialist team someone live operator staff agent switch bring get loop send sending speaking talking".split()
)
_TRANSFER_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|nobody|no one|none|neither|nor|rather than|instead of|unable|before|if i could|wish)\b|\byou (?:said|asked|want(?:ed)?|told)\b(?: \w+){0,5} (?:transfer|human|speak)"
)
_STOP = frozenset("the a an your you on of in and to for me please it is at from back out this that my".split())
_DIRECTS = re.compile(
    r"^(?:then |now |next |first |ok |so |and |also |, )*(?:\w+)|\b(?:please|could you|can you|would you|will you|need you to|like you to|ask you to|try|you (?:should|can|could|may|must|need to|have to|will need to|will have to)|go ahead and|what does|tell me|mind|let us)\b"
)
_DIRECTED_NOT = re.compile(r"\b(?:if|when|once|after|had|were|whether) (?:\w+ ){0,2}(?:were to |had |could |would )?(?:\w+ )?$|\b(?:i|we) (?:will|may|might|am going to|would) (?:\w+ )?(?:ask|have|tell|let) you (?:to )?(?:\w+ )?$|\bhave you (?:\w+ )?$|\byou (?:could|should|would) have (?:\w+ )?$|\b(?:not|no need to|never|without|do not) (?:\w+ ){0,3}$|\b(?:you|i|we) (?:have |has |had |already |just )+(?:\w+ )?$|\b(?:i|we) (?:will|can|could|have|am going to|shall)? ?(?:\w+ )?$|\b(?:after|when|if|once) you (?:\w+ )?$|\bthanks? (?:you )?for $")  # fmt: skip
_CLOSE_WORDS = frozenset(
    "else more further other questions question day evening afternoon morning weekend week night one goodbye bye farewell cheerio care welcome pleasure "
    "glad hesitate free all everything see calling contacting choosing reaching touch chatting using visiting good long concerns concern requests "
    "assistance closing ending chat conversation best soon time enjoy anytime need".split()
)
_PROPOSE_WORDS = frozenset(
    "confirm confirming confirmation confirmed verify approve approval yes ok okay go proceed consent permission agree correct right know shall should may can could "
    "do would want like happy is are does did sounds sound looks look ready sure good fine alright y green authorisation authorization ahead check acknowledge have "
    "agreed deal accurate nod say".split()
)


def _untransferred(form: str) -> bool:
    """Whether the handing over is denied in its own clause."""
    found = _TRANSFER.search(form)
    if found is None:
        return True
    before = re.split(r" [,;:()-] |\b(?:but|so|because|therefore|however)\b|\band (?=(?:i |we )?(?:will|am|can|shall|would)\b)", form[: found.end()])
    return _TRANSFER_NOT.search(before[-1]) is not None


def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in plain(phrase).split() if word not in _STOP and word.isalnum())


def _stem(word: str) -> str:
    return word[:-3] if len(word) > 6 and word.endswith("ing") else word[:-1] if len(word) > 3 and word.endswith("s") else word


_PERCEIVE = frozenset("read check look see tell say give find view inspect show examine".split())


def _tools(form: str, stems: list[str], ready: _Lexicon) -> tuple[str, ...]:
    """The user's tools that the sentence asks to be used: all content words of a phrase, in a directive. Ways of
    looking are one verb: "what does the code on your card say" is "read the code on your card"."""
    out: dict[str, None] = {}
    held = set(stems)
    for tool, wanted in ready.hands:
        if tool in out or not wanted:
            continue
        verb = wanted[0]
        if not held.issuperset(wanted[1:]):
            continue
        if verb not in held:
            said = held & _PERCEIVE
            if verb not in _PERCEIVE or not said or len(wanted) < 3:
                continue
            verb = next(word for word in stems if word in said)
        at = form.find(verb)
        if _DIRECTS.search(form) and not _DIRECTED_NOT.search(form, 0, max(at, 0)):
            out[tool] = None
    return tuple(out)


_VALUED = re.compile(r"\d{2}|\b(?:is|are) (?!on\b|correct\b)|: \w|\bdr\b")


def _confirmation(form: str, question: bool, names: FactNames) -> tuple[str, ...] | bool | None:
    """How "confirm ..." is meant: facts asked for, True for a read-back, False for an unknown fact, None for neither."""
    found = _PLEASE_CONFIRM.search(form)
    if found is None or _OURS_CONFIRM.search(form, 0, found.start() + (4 if form.startswith("and ", found.start()) else 2)):
        return None
    wanted = found["object"].strip(" .!?:,;-")
    lead = found[0][: found.start("object") - found.start()]
    ours = re.match(r"(?:to|let me|let us|i am|need to|like to|want to|must|have to)\b", lead.strip()) is not None
    after = re.match(r"(?:me |with me |to me |for me |back )*", wanted)
    rest = wanted[after.end() :] if after else wanted
    spans = names.spans(rest)
    if spans and re.fullmatch(r"(?:(?:your|the|both|a|an|me|also|current|full|by|sending|giving|telling|what) )*", rest[: spans[0][0]]):
        if not _VALUED.search(rest, spans[0][1]):
            return names.asked(rest)
        return True
    if ours and not question and lead.strip().endswith(("check", "verify")):
        return None
    if re.match(r"(?:what|which|who|when|where|how)\b", rest):
        return names.asked(rest) or False
    if re.match(r"(?:your|the) (?:\w+ )?(?:identity|details|information|account|address|age|insurance)\b", rest) and not _VALUED.search(rest):
        return names.asked(rest) or False
    return True


# --- one sentence ---------------------------------------------------------------------------------------------------

_POLICY = re.compile(r"\b(?:rules?|polic\w+|r ?\d{1,2}|terms|guidelines?|regulations?)\b")
_POINTS = re.compile(r"\b(?:following|below|these|this|details|information|need|to know|me with)\b")
_DECLARED_ASK = re.compile(
    r"(?!(?:and |so |but |then |or |also |ok |, )*(?:is|are|was|were|do|does|did|can|could|would|will|shall|should|may|might|have|has|had|am|what|which|who|whom|whose|when|where|why|how|any|anything|got|mind)\b)"
)
_VALUE_LIKE = re.compile(r"\b[a-z]{0,3}-?\d{3,}|\d[:.]\d\d|\bdr\b|\b\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|[$]")
_WH_OPEN = re.compile(r"(?:and |so |but |then |or |also |ok |, )*(?:what|which|who|whom|whose|when|where|why|how)\b(?! (?:does|do|about|is|would) (?:that|this|it)\b)")
_UNHEARD = re.compile(r"\b(?:did|could|can|do) not (?:quite |fully )?(?:catch|get|hear|understand|read|make out|receive|have)\b")
_WAITS = re.compile(r"\b(?:unless|until|without|before|if you|as long as)\b")
_FUNCTION = frozenset(
    "i you we it he she they me us your my our the a an this that these those is are was were be been am has have had do does did will would can could shall should may might must not "
    "to of in on at for with by from and or but so if as no please all set yes there here what which who when where why how let anything thanks ok".split()
)


def _read(sentence: Sentence, ready: _Lexicon) -> _Reading:
    form = ready.names.mend(plain(sentence.text))
    words = form.split()
    question = sentence.mark == "?" or form.endswith("?")
    held = set(words)
    content = [word for word in words if word[:1].isalnum()]
    if not content:
        return _Reading(frozenset(), None, (), False, True)
    if len(content) >= 5 and _heap(form, content, ready.names):
        return _Reading(frozenset(), None, (), False, True)  # a heap of keywords says nothing
    kinds: set[str] = set()
    facts: tuple[str, ...] | None = None
    tools: tuple[str, ...] = ()
    parts = clauses(form, question)
    asked = parts.asked or form

    if ready.hands and not held.isdisjoint(ready.hand_words):
        stems = [_stem(word) for word in words]
        if not ready.hand_words.isdisjoint(stems):
            tools = _tools(form, stems, ready)
    elif ready.hands:
        stems = [_stem(word) for word in words]
        if not ready.hand_words.isdisjoint(stems):
            tools = _tools(form, stems, ready)
    if not held.isdisjoint(_CLOSE_WORDS) and _CLOSE.search(form) and not _NOT_CLOSE.search(form):
        kinds.add("close")
    if not held.isdisjoint(_TRANSFER_WORDS) and _TRANSFER.search(form) and not _untransferred(form):
        kinds.add("transfer")
    polite = "close" not in kinds and not held.isdisjoint(_CLOSE_WORDS) and _CLOSE_WEAK.search(form) is not None
    offered = bool(kinds) or bool(tools)
    if not offered:
        confirmation = _confirmation(form, question, ready.names) if "confirm" in form or "verify" in form or "check" in form or "approve" in form else None
        if not held.isdisjoint(_PROPOSE_WORDS) and (
            (question and not _WH_OPEN.match(asked) and _PROPOSE_ASKED.search(asked if asked.endswith("?") else asked + " ?")) or _PROPOSE_ANY.search(form)
        ):
            kinds.add("propose")
        elif question and re.match(rf"(?:so |ok |then |and |, |just |to confirm |- )*(?:{_BASE}|you (?:want|would like|wish|are looking|need) )\b", form):
            kinds.add("propose")
        elif question and parts.stated == "" and _DECLARED_ASK.match(form) and ready.names.pattern is not None and _VALUE_LIKE.search(form):
            kinds.add("propose")
        if confirmation is True and not _declared(form, question):
            kinds.add("propose")
        elif confirmation is not None and confirmation is not True:
            kinds.discard("propose")
            facts = confirmation or ()
        if "propose" in kinds:
            facts = None
            if not question or parts.stated:
                wanted = requested(parts.stated or form, False, ready.names)
                if wanted and not _PLEASE_CONFIRM.search(parts.stated or form):
                    facts = wanted
        elif facts is None:
            facts = requested(form if not question or not parts.stated else asked, question, ready.names)
            if parts.stated and question and not facts:
                facts = requested(parts.stated, False, ready.names) or facts
    elif tools:
        facts = _besides(form, question, ready) or None
    elif kinds == {"close"} and parts.stated and parts.asked:
        facts = requested(parts.stated, False, ready.names) or None
    weak = False
    stated = parts.stated
    if stated and not held.isdisjoint(VERDICT_WORDS):
        ruled = _POLICY.search(stated) is not None
        if not (facts and (_WAITS.search(form) or _UNHEARD.search(form))):
            failed = verdicts.fails(stated, ruled=ruled)
            if (not failed or ruled) and verdicts.refuses(stated, ruled=ruled):
                kinds.add("refuse")
            elif failed:
                kinds.add("failure")
        if "transfer" not in kinds:
            level = verdicts.reports(stated)
            if level and not ("refuse" in kinds and level < 3) and not ("failure" in kinds and level == 1):
                kinds.add("report")
                weak = level == 1
    if "refuse" in kinds and facts == ():
        facts = None
    if kinds & {"report"} and "propose" in kinds and not question:
        kinds.discard("propose")
    return _Reading(frozenset(kinds), facts, tools, weak, len(content) <= 2, polite)


def _heap(form: str, content: list[str], names: FactNames) -> bool:
    """Whether the words are a heap of keywords: no word that makes a sentence, and more than a list of facts."""
    if any(word in _FUNCTION for word in content):
        return False
    spans = names.spans(form)
    return not spans or len(content) - sum(len(alias.split()) for _, _, alias in spans) >= 2


def _besides(form: str, question: bool, ready: _Lexicon) -> tuple[str, ...]:
    """The facts asked for next to the use of a tool: not those whose name is a part of the tool's phrase."""
    facts = requested(form, question, ready.names) or ()
    own = {name for _, _, alias in ready.names.spans(form) if ready.hand_words.issuperset(_stems(alias)) for name in ready.names.names[alias]}
    return tuple(name for name in facts if name not in own)


def _declared(form: str, question: bool) -> bool:
    """Whether "to confirm, ..." only introduces a statement of what is so."""
    return not question and (verdicts.reports(form) >= 2 or verdicts.refuses(form))


# --- the message ----------------------------------------------------------------------------------------------------


def derive(text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """The dialogue acts of an assistant's message, in order of appearance, at most one of each kind but `ask`,
    `request`.

    `facts` of an `ask` are lexicon names (empty: it asks for something else), `rules` of a `refuse` the ids of all
    rules that the message cites and does not deny (a number that does not exist stays as "R12"), `text` of a
    `propose` the message up to its question. Reads the first 8,000 characters.
    """
    ready = _made_ready(lexicon)
    shown = visible(text)
    read = sentences(masked(shown))
    readings: list[_Reading] = []
    known = ready.known
    for sentence in read[:400]:
        key = (sentence.text, sentence.mark, sentence.item)
        reading = known.get(key)
        if reading is None:
            if len(known) >= _CACHED:
                known.clear()
            reading = known[key] = _read(sentence, ready)
        readings.append(reading)
    return _joined(shown, read, readings, ready)


def _joined(shown: str, read: tuple[Sentence, ...], readings: list[_Reading], ready: _Lexicon) -> tuple[Act, ...]:
    kinds = {kind for reading in readings for kind in reading.kinds}
    asks = any(reading.facts is not None for reading in readings)
    if len(kinds) >= 3 and all(reading.bare for reading in readings):
        return ()
    acts: list[Act] = []
    taken: set[str] = set()
    asked: dict[str, None] = {}
    listing = False
    proposed = -1
    for place, (sentence, reading) in enumerate(zip(read, readings, strict=False)):
        facts = reading.facts
        form = ""
        if listing and sentence.item and sentence.mark != "?":
            facts = (*(facts or ()), *ready.names.asked(ready.names.mend(plain(sentence.text))[:80]))
            reading = reading._replace(kinds=frozenset(), tools=(), polite=False)
        elif listing and len(sentence.text) < 60:
            form = plain(sentence.text)
            if reading.kinds or (sentence.mark in ".!?" and sentence.mark and not sentence.item):
                listing = False
            else:
                facts = (*(facts or ()), *ready.names.asked(form))
        else:
            listing = False
        if facts is not None:
            fresh = tuple(name for name in dict.fromkeys(facts) if name not in asked)
            if fresh:
                asked.update(dict.fromkeys(fresh))
                if listing and acts and acts[-1].kind == "ask":
                    fresh, sentence = (*acts[-1].facts, *fresh), sentence._replace(text=acts[-1].text)
                    acts.pop()
                acts.append(Act("ask", sentence.text, fresh))
            elif not facts:
                acts.append(Act("ask", sentence.text))
            if sentence.mark == ":" or (place + 1 < len(read) and read[place + 1].item and not sentence.item):
                listing = True
        for tool in reading.tools:
            if "request" + tool not in taken:
                taken |= {"request", "request" + tool}
                acts.append(Act("request", sentence.text, tool=tool))
        for kind in _ORDER:
            if kind not in reading.kinds:
                continue
            if kind == "propose":
                proposed = place
            if kind in taken or (kind == "report" and reading.weak and "propose" in kinds):
                continue
            taken.add(kind)
            acts.append(Act(kind, sentence.text))
    if "close" not in taken and not asks and not taken & {"propose", "request"}:
        courtesy = next((sentence for sentence, reading in zip(read, readings, strict=False) if reading.polite), None)
        if courtesy is not None:
            acts.append(Act("close", courtesy.text))
    if any(act.facts for act in acts):
        acts = [act for act in acts if act.kind != "ask" or act.facts]
    elif "propose" in taken or "request" in taken:
        acts = [act for act in acts if act.kind != "ask"]
    rules = _rules(read, ready)
    if "refuse" not in taken and rules:
        flat = next((sentence.text for sentence in read if _FLAT_NO.fullmatch(plain(sentence.text))), "")
        if flat:
            taken.add("refuse")
            acts.append(Act("refuse", flat))
    if "refuse" in taken:
        acts = [Act("refuse", act.text, rules=rules) if act.kind == "refuse" else act for act in acts]
    if proposed >= 0:
        acts = [Act("propose", _readback(shown, read, proposed)) if act.kind == "propose" else act for act in acts]
    return tuple(acts)


_REFERENCE = r"(?:(?:sorry|unfortunately|i am sorry|i am afraid|apologies|rules?|r ?\d+|\d+|per|under|by|due to|because of|see|policy|number|applies|and|so|the|says|is|it|that|this|request|[,:;()!-]) ?)*"
_FLAT_NO = re.compile(rf"{_REFERENCE}(?:no|nope|nah|negative|denied|declined|refused|rejected|impossible|forbidden|prohibited|blocked|can not|not (?:allowed|possible|permitted|ok|okay)|no go|no (?:\w+ )?(?:refunds?|cancellations?|changes?|refills?|exceptions?|bookings?))(?: |$){_REFERENCE}")
_ORDER: tuple[ActKind, ...] = ("report", "failure", "refuse", "transfer", "propose", "close")


def _readback(shown: str, read: tuple[Sentence, ...], place: int) -> str:
    """The message up to the question, with the list that follows it."""
    end = place
    while end + 1 < len(read) and read[end + 1].item:
        end += 1
    return shown[: read[end].end].strip()


def _rules(read: tuple[Sentence, ...], ready: _Lexicon) -> tuple[str, ...]:
    cited: dict[int, None] = {}
    denied: set[int] = set()
    for sentence in read:
        if "ule" in sentence.text or "olic" in sentence.text or "R" in sentence.text or "r" in sentence.text:
            yes, no = verdicts.cited(plain(sentence.text))
            cited.update(dict.fromkeys(yes))
            denied.update(no)
    rules = ready.rules
    return tuple(rules[n - 1] if 1 <= n <= len(rules) else f"R{n}" for n in cited if n not in denied)
