"""What a sentence asks for: the ledger facts it names, and whether it is a question or request at all."""

from __future__ import annotations

import re

from agentgym.user.facts import FactNames
from agentgym.user.grammar import ACTION, gathered, one_of

__all__ = ["FactNames", "agenda", "elliptic", "requested"]

_VERB = one_of(
    "provide give tell share send specify enter state supply indicate clarify describe repeat spell submit"
    " type confirm verify remind "
    "advise choose "
    " pick select mention read name drop list help furnish include reply respond revert answer"
    " say pop put jot attach leave hand tap key spell input quote dictate communicate say pass write forward furnish disclose recite recall state"
)
_SOFT = r"(?:(?:also|do|first|just|kindly|please|quickly|briefly|now|then|again|simply|next|still|maybe|perhaps) )*"
_IMPERATIVE = re.compile(
    rf"(?:(?:\bplease(?: to)?|\bkindly|\bneed you to|\blike you to|\bask(?:ing)? you to|\b(?:ask|request"
    rf"|require) that you|\bif you (?:would|could|can|might)|\b(?:could|can|would|will) you|\byou (?:could|can"
    rf"|would|will|must|need to|have to|should|may|might|may want to|might want to|might like to)"
    rf"|\byou will (?:need|have) to|\bwould you mind|\bmind|\bable to|\bbe so kind as to|\bthen|\band|\bfirst"
    rf"|\bso|\bor|\bbut) |^|, |: ){_SOFT}"
    rf"(?:(?:{_VERB}|telling|giving|sharing|confirming|providing|sending)(?: back)?(?: (?:to|with))?(?: (?:me"
    rf"|us))?|let (?:me|us) (?:have|know|get(?= your)|start with|begin with|try)|have (?=(?:your|the) .{2, 60}(?:ready|handy|at hand|to hand|available|with you))|help me (?:with"
    rf"|out with))\b(?P<object>.*)"
)
_ADVERBS = (
    r"(?: (?:will be|might|may|could|will|would|do|am going to|going to|still|just|also|only|really|first|now|then|to"
    r"|absolutely|simply|merely|actually|possibly|probably|perhaps|maybe|must|shall|should|have to|therefore|kindly"
    r"|so|first of all|quickly|am|are|be|next|always|usually|in fact|please|ever|indeed|hereby|further|again|at least"
    r"|got to|ought to|necessarily))*"
)
_NEED = re.compile(
    r"(?:\b(?:i|we|what i|all i)|^(?:(?:ok|so|and|but|still|just|also|only|, |now|great|thanks) ?)*(?=(?:need|require"
    r"|requesting|needing|must have|will need|needed)\b)|, (?=(?:need|require)\b))"
    + _ADVERBS
    + r" ?(?:(?:would be|am|are|will be|should be) (?:most |very |ever so |much |so )?(?:grateful|thankful|obliged|glad) (?:for"
    r"|to have|to know|to receive|to get|to be told|of|if i (?:could|might|may) (?:have|know|get))|appreciate|welcome|await"
    r"|ascertain|must (?:to )?(?:know|have|obtain|ask|get|hear|receive|request|take|see|be told|collect|establish|verify)"
    r"|have yet to (?:receive|get|hear)|need(?:ing)?|requesting|requiring|request|require|want|lack(?:ing)?|missing"
    r"|have (?:got )?to (?:know|ask|get|hear|have|obtain|request|take|collect)|ought to (?:know|have|ask)"
    r"|would like|waiting for|waiting on|after(?= your| the| a)|desire|seek|seeking"
    r"|would love|could use|do not (?:yet |still |seem to )?(?:have|know)|still do not have"
    r"|(?:can|could|may|might|shall|should)(?: i| we)? (?:also )?(?:have|ask(?: you)? for|get|take|know|trouble you for|borrow|grab|note)"
    r"(?= (?:down )?your)|did not (?:get|catch|receive) (?=your)|looking for|(?:did|do|could|can) not (?:quite |fully |yet )?(?:catch|get|hear"
    r"|understand|read|make out|receive))\b"
    r"(?: (?:you to|to (?:know|have|get|ask|verify|confirm|collect|see|be told|obtain|take|request|note|hear|establish"
    r"|learn|receive|find out|be given|record|put down|write down|understand)|for"
    r"|is|from you|now|first|just|only|also|please))*(?P<object>.*)"
)
_REQUIRED = re.compile(
    gathered(
        r"(?:(?:\b(?:is|are|will be)|^)(?: (?:also|still|first|now|all|both|only|usually))* ?(?:required|needed"
        r"|missing|necessary|mandatory|outstanding|(?:hereby |kindly )?requested|awaited|sought|all i need"
        r"|what i need|to be provided)|^(?!.*\b(?:i|we)\b).{4,60} next(?= ?[.!]?$)|\b(?:required|needed|missing)(?= ?[.!,]?$| to\b| first| for)"
        r"|\b(?:would|will) (?:be (?:\w+ )?(?:helpful|useful|great|nice|good|handy|appreciated|needed|required|perfect|best|ideal|lovely|wonderful|fine|enough|ok|okay"
        r"|all)|help|do|let me|allow me|suffice)|\bhelps? (?:\w+ )?to (?:know|have))\b"
    )
)
_BY_MEANS = re.compile(
    r"\b(?:i|we) can (?!not|help|assist|answer|also help)(?:(?!not|only)\w+ ){1,6}?(?:with|by|from|given|using|through|via) (?:just |only |either )?(?P<object>.*)"
)
_COURTESY = re.compile(
    r" ,? ?(?:if you (?:do not mind|would|please|can|have it|could)|when(?:ever)? you (?:can|are ready"
    r"|get a (?:moment|chance))|if (?:possible|i may|(?:that|it) is (?:ok|okay|all right|alright|fine)|it is not too much trouble|you would be so (?:kind|good)|i may ask|you can)|i mean|would you|will you|mate|sir|madam"
    r"|ma'am|love|dear|friend)(?= ?[?.!]?$)"
)
_PLANS = re.compile(
    gathered(
        r"\b(?:i|we|they|he|she|it|system|clinic|colleague|team|nurse|doctor|let me|let us) (?:\w+ )?(?:will|would|can|could"
        r"|shall|may|might|going to|have|has|had|did|let|am|to)\b|\blet (?:me|us)\b|\b(?:i|we) (?:always|usually|normally|first)\b|\b(?:i|we) \w+ed\b"
    )
)
_DIRECT = re.compile(r" (?:me|us|your|which|what|how|whether|both|more|the|a|an)\b")
_UNTOLD = re.compile(
    r"\byou (?:have not|did not|never|still have not|forgot to|need to)(?: yet| still)? (?:told|given|give"
    r"|tell|provide|provided|mention|mentioned|say|said|shared|share|sent|send|include|included"
    r"|specified)(?: me| us)?(?P<object>.*)"
    r"|^(?:still |now |just |, )*(?:awaiting|waiting for|waiting on|missing|needing|lacking"
    r"|pending)(?P<rest>.*)"
)
_UNLESS = re.compile(
    r"\b(?:unless|until|without|before|as long as|if (?=you|i (?:have|know|do)\b))\b(?! the (?:right|correct|matching|valid))(?P<object>.*)"
)
_IF_GIVEN = re.compile(
    r"\b(?:if|once|when|as soon as|after|until|unless|provided)(?: that)? (?:you|i (?:have|know|get|had|hear)"
    r"|we (?:have|know|get|hear))\b"
    r"(?: (?:could|can|would|will|please|just|also|first|kindly))*(?P<object>.*)"
)
_GIVING = re.compile(
    r"\b(?:give|tell|provide|share|send|let me know|supply|specify|confirm|verify|state|have|know|get|got|had"
    r"|told|shared|given|provided|gave|sent|mentioned|supplied)\b"
)
_SPEAKS_OF = re.compile(
    r"^ ?(?:me |us )?(?:a |one |just )*(?:moment|second|minute|sec|bit(?! more)|while|couple|few|hand|call|break|time"
    r"|chance|it a|note)\b"
    r"|^ ?(?:that|it|this|him|her|them)\b(?! (?:you|is|again|for (?:me|us)|to (?:me|us)|out|once|one|please|slowly|letter|then)| ?[?.!]? ?$)|^ ?(?:me|us) (?:that|it)\b"
    r"|^ ?(?:through|you|yourself|carefully|the (?:policy|terms|button|link|app|message|instructions))\b"
)
_WANTED = re.compile(
    r"^ ?(?:(?:me|us|with|of|about|for|on|in|to|a|an|the|your|some|any|more|further|additional|which|what|how"
    r"|whether|when|where|who|why|following|these|those|both|all|"
    r"few|couple|one|two|three|at least|details?|information|info|by|is|if|valid|current|from|first)\b|:|$)"
)
_INFORMATION = re.compile(
    r"\b(?:your (?:\w+ ){0,3}\w+|more (?:details|information|info)|(?:details|information|info)\b|following"
    r"|the (?:\w+ ){0,2}(?:number|name|date|code|id|address|details|amount|time|reason)|which|what|how|when"
    r"|where|who|from you|these|a few|some|couple)\b"
)
_SMALL = frozenset(
    "your the and or please also first a an valid full current me for as well plus then ok okay thanks thank"
    " you again both , ( ) ? ! : - ; "
    "are were was this time only instead either on file record account here there born when who whose where whom then her his their child child's patient patient's caller holder policyholder her its by first ahead tell say over under profile system next now just got it great perfect sure exact of is alright still finally lastly last name number to"
    " start with too along pls kindly "
    "what about how which any it my one more not but rather instead start begin thing new old so well hi"
    " hello right".split()
)
_GLUE = frozenset(", ; : - ( ) and or ! . plus".split())
_NOT_NEEDED = re.compile(
    gathered(
        r"\b(?:not|no longer|never|no) (?:\w+ )?(?:need|require|needed|required|necessary|want|have to|missing"
        r"|mandatory)\b|\bneed not\b|\bno need\b|\b(?:not|never|without|no longer|stop) (?:\w+ )?(?:asking|ask|require|tell|give|share|send"
        r"|provide|say|repeat) (?:me |us |you )?(?:for |again )?(?:your|the|any|a)\b(?<!unless you give me the)(?! right)"
    )
)
_PARTS = re.compile(r" , | but | ; | - |\bjust\b|\bonly\b")
_OTHER_WANT = re.compile(
    r"^ your (?:patience|understanding|time|help|cooperation|business|call|feedback|interest|trust|kindness|loyalty)\b"
    r"|^ (?:to |you to )?(?:check|look|make|take|see|find|help|be|do|go|clarify|apologi\w+|thank|wait|inform"
    r"|let|point|note|remind|explain|say|transfer|double|escalate|mention|decline|refuse|"
    + "|".join(a for a in ACTION if a not in ("give", "provide", "share", "confirm", "send", "submit", "enter"))
    + r")\b"
)
_WH = re.compile(
    r"^(?:and |so |then |now |ok |also |first |thanks |, |: |just |to confirm |to start "
    r"|to begin )*(?:for what |in which |on which |at what )?(?:what|which|who|whom|whose|when|where|why"
    r"|how)(?: (?:is|are|was|were|do|does|did|would|should|can|could|\w+ (?:is|are|do|did|would|should|was"
    r"|were)))\b"
)


def requested(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """The facts that a sentence in plain form asks for: empty when it asks for something else, None when it does not
    ask."""
    spans = names.spans(form)
    if spans:
        named = _elliptic(form, question, names, spans)
        if named is not _UNDECIDED:
            return named
    if question and _SERVES.search(form):
        return ()  # "how can I help with your invoice?"
    if agenda(form):
        return None
    words = form.split()
    if not question and not spans and _ASKING.isdisjoint(words) and not _WH.match(form):
        return None
    if _NOT_NEEDED.search(form):
        return _without_denied(form, question, names)
    if _ECHO.fullmatch(form) or (not question and _UNREAL.search(form)):
        return None  # "No luck?"
    found = _imperative(form, question, bool(spans))
    vague: tuple[str, ...] | None = None
    if found:
        if facts := names.asked(form, found.start("object")):
            return facts
        wanted = found["object"]
        if _SPEAKS_OF.search(wanted):
            if question:
                return None  # "could you hold on a moment?"
        elif question or _WANTED.search(wanted):
            if question or not spans:
                return ()
            vague = ()
    if (facts := _needed(form, question, names)) is not None:
        return facts
    if question:
        return names.asked(form)
    if (spans or names.names_any(form)) and (facts := _indirect(form, names)) is not None:
        return facts
    return names.asked(form) if _WH.search(form) else vague


_UNREAL = re.compile(
    r"\b(?:was|were) (?:just )?(?:going|about) to\b|\bwould have (?!to\b|you\b)|\bshould have (?!your|the|a)|\bused to\b"
)
_ECHO = re.compile(r"(?:no|not|nothing|still no|still nothing) ?(?:\w+ ){0,2}\?")

_ASKING = frozenset(
    "need needs needed needing require required requires requiring requesting requested request want like appreciate welcome await ascertain must lack lacking"
    " missing have seek desire waiting looking get take necessary mandatory outstanding provide give tell share send specify enter state supply"
    " indicate clarify describe repeat spell submit type confirm verify remind advise choose pick select mention read name drop list help furnish"
    " include reply respond revert answer say pop put jot attach leave hand tap key input quote dictate communicate pass write disclose recite recall"
    " awaiting pending let asking ask remains leaves telling giving sharing confirming providing sending mind could use love glad grateful obliged thankful".split()
)
"""Words without one of which a statement that names no fact asks nothing."""
_REQUIRING = frozenset(
    "required needed missing necessary mandatory outstanding requested awaited sought all what next provided would will helps help".split()
)
_LEAVING = frozenset(
    "left missing remaining outstanding lacking need want require needed required ask know lack wanted leaves everything all let asking necessary essential"
    " important imperative vital crucial if feel start begin kick go now next then first only just last lastly finally takes requires needs calls help helps"
    " great good nice useful helpful perfect best handy remains".split()
)
_SERVES = re.compile(
    gathered(
        r"\b(?:how|what|which \w+|in what way) (?:else )?(?:can|may|could|might|should|shall|would) (?:i|we) (?:\w+ ){0,2}?(?:help|assist|do (?:for"
        r"|about)|be of|serve|support)\b|\bwhat (?:can|could|may) (?:i|we) do\b|\bwhat (?:would|do|did) you (?:\w+ )?(?:like|want|need|wish)(?: me"
        r"| us)? to (?:do|happen|arrange|change|know)\b"
    )
)
_AGENDA = re.compile(
    r"^(?:the |my |our |your )?(?:next|first|last|final|second|third|following)? ?(?:steps?|plan|to ?do|todo|agenda|note to self|procedure"
    r"|process|workflow|request type|action|status|task|summary|reminder|rules?|internal note|note)(?: \d+| list| is)?(?: :| -|$)"
)


def agenda(form: str) -> bool:
    """Whether it is a line of somebody's plan: "next step: check the invoice"."""
    return _AGENDA.match(form) is not None and _TO_YOU.search(form) is None


_TO_YOU = re.compile(r"\b(?:you|your|please|me)\b|\?")


def elliptic(form: str, names: FactNames) -> tuple[str, ...]:
    """The facts asked for by a question of fact names and little else, empty if it is none."""
    if _JUDGED.search(form):
        return ()
    named = _elliptic(form, True, names, names.spans(form))
    return () if named is _UNDECIDED or named is None else named


_JUDGED = re.compile(r"\b(?:right|ok|okay|correct|good|alright|perfect|great)\b[ ?]*$|^(?:is|are|was|does|do|not)\b")
_UNDECIDED: tuple[str, ...] = ("?",)


def _elliptic(form: str, question: bool, names: FactNames, spans: list[tuple[int, int, str]]) -> tuple[str, ...] | None:
    """A sentence of fact names and little else: "your phone number, please"."""
    small = form
    for start, end, _ in reversed(spans):
        small = small[:start] + small[end:]
    rest = _COURTESY.sub("", small).split()
    glue = all(word in _GLUE for word in rest)
    if glue and len(spans) > 5:
        return None  # a list of all there is asks for nothing
    if all(word in _SMALL for word in rest) and (question or "please" in rest or "your" in form or glue):
        return names.asked(form) or None
    return _UNDECIDED


def _without_denied(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """What is asked for besides that which is said not to be needed."""
    kept = [part.strip() for part in _PARTS.split(form) if part.strip() and not _NOT_NEEDED.search(part)]
    if not kept:
        return None
    return requested(", ".join(kept) + " please", question, names)


def _imperative(form: str, question: bool, named: bool) -> re.Match[str] | None:
    """A request in the imperative, or "could you ...", that is not part of a plan of the speaker's own."""
    found = _IMPERATIVE.search(form)
    if found is None:
        return None
    if not question and not named and found.start() == 0 and form.startswith(_NOUNS_TOO):
        return None
    polite = _POLITE.search(found[0][: found.start("object") - found.start()]) is not None
    if not polite and _PLANS.search(_LEADING.sub("", form[: found.start() + 1])):
        return None
    if form.startswith(" you ", found.start("object")) or (
        found[0][0] in ",:" and not polite and not _DIRECT.match(found["object"])
    ):
        return None
    return found


_POLITE = re.compile(r"\b(?:please|kindly|you|mind|kind)\b")
_LEADING = re.compile(
    r"^(?:[\w,]+ ){0,3}?(?:to|for|in order|so|before|if|when|once|as|since|because|while|after|until|unless|though|with)\b[^,:]*[,:]"
)
"""A clause in front of the request, whose plans and means are not its own."""
_NOUNS_TOO = ("help ", "list ", "read ", "name ", "mind ", "drop ")


def _needed(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """ "I need your ...", "your ... is required"."""
    found = _NEED.search(form)
    if found and not _OTHER_WANT.match(found["object"]):
        at = found.start("object")
        facts = names.asked(form, at)
        lacking = "not" in form[found.start() : at]
        first = next((start for start, _, _ in names.spans(form) if start >= at), at)
        if facts and not (lacking and not _DIRECTLY.match(form[at:first])):
            return facts
        if not question and not lacking and _INFORMATION.search(found["object"]):
            return ()
    if question:
        return None
    named = found is not None or names.names_any(form)
    found = _LEFT.search(form) if named and not _LEAVING.isdisjoint(form.split()) else None
    if found and (facts := names.asked(form, found.end())):
        return facts
    if (
        not _REQUIRING.isdisjoint(form.split())
        and _REQUIRED.search(form)
        and not form.startswith(("if ", "when ", "in case "))
    ):
        facts = names.asked(form)
        if facts or re.search(r"\byour \w+", form):
            return facts
    return None


_LEFT = re.compile(
    gathered(
        r"\b(?:all|thing|things|detail|details|piece|item|information|info|bit|what|that|which|one|question|point|everything|only)"
        r"(?: that)?(?: (?:i am|we are|i|we|is|are|still|now|else|of information|you need to (?:give|tell|send)(?: me| us)?|to"
        r"|would|do|really|also|just|then))* (?:left|missing|remaining|outstanding|lacking|need|want|require|needed|required"
        r"|ask|know|lack|wanted)(?: (?:now|still|here|from you|for (?:this|that|now)|to (?:know|do|ask|get|have|find you|go on)"
        r"|before \w+ \w+ \w+|is|are|would be|will be|then))*(?= (?:is|are|would be|will be|:|-)| your| the| a )"
        r"|\b(?:that|this|which) (?:just |only |still )?leaves|\b(?:everything|all) (?:\w+ )?(?:except|but)"
        r"|\blet us (?:do|take|have)|\b(?:let us|will|would|can|let me|could|may|shall) (?:i |we )?(?:please |just )?(?:start|begin|kick off|go on) with|\bremains (?:is|only|just|for)\b|(?<!be )(?<!later )(?<!always )(?<!usually )(?<!normally )(?<!will )(?<!then )(?<!never )\bask(?:ing)?(?: you)? for"
        r"|\b(?:necessary|essential|important|imperative|vital|crucial|required) (?:that|for) (?:i|we|me|us) (?:to )?(?:have|know|get"
        r"|receive|obtain|hear)|\bif i (?:might|may|could) (?:also )?(?:have|ask|get|know|take)|\bfeel free to (?:share|send|give|tell)"
        r"|\b(?:now|next|then|first|only|just|last|lastly|finally) (?:up |comes |is |come |for |please )+(?=your |the )"
        r"|\b(?:it|this|that) (?:takes|requires|needs|calls for|will need|would need)"
        r"|\b(?:helps?|great|good|nice|useful|helpful|perfect|best|handy) (?:\w+ )?(?:to (?:know|have|hear|get)|if i (?:had|knew|have"
        r"|know)|would be)\b"
    )
)
_DIRECTLY = re.compile(r" (?:(?:your|the|a|any) )?(?:\w+ )?$")


def _indirect(form: str, names: FactNames) -> tuple[str, ...] | None:
    """ "With your ... I can find it", "you haven't told me your ...", "I can't unless you give me your ..."."""
    found = _BY_MEANS.search(form)
    if found and "have" not in form and "found" not in form and (facts := names.asked(form, found.start("object"))):
        return facts
    found = _UNTOLD.search(form)
    if found and (facts := names.asked(form, found.start("object") if found["object"] else found.start("rest"))):
        return facts
    found = _IF_GIVEN.search(form)
    if found and _GIVING.search(found[0]) and (facts := names.asked(form, found.start("object"))):
        return facts
    found = _UNLESS.search(form) if "not" in form or "unable" in form else None
    if found:
        facts = names.asked(form, found.start("object"))
        if facts or _IS_GIVEN.match(found["object"]):
            return facts
    return None


_IS_GIVEN = re.compile(r" (?:you|i)(?: (?:can|could|first|please))* (?:give|tell|provide|share|send|know|have)\b")
