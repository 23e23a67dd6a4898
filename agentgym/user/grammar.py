"""The little grammar behind `agentgym.user.acts`: plain word forms, verb classes, clauses, what scopes over a clause.

A sentence becomes its *plain form*: lower-case words and marks with one space between, contractions opened
("can't" is `can not`), common slips mended, quotations of three words or more replaced by `quoted`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from agentgym.user.deed_verbs import ACTION, ADVERB, DONE
from agentgym.user.spelling import FORMS, SPELLER

__all__ = [
    "ACTION",
    "ADVERB",
    "ADVERBS",
    "DONE",
    "ONE_ADVERB",
    "Clauses",
    "asserted",
    "clauses",
    "gathered",
    "inverted",
    "masked",
    "one_of",
    "plain",
]

ONE_ADVERB = rf"(?:(?!\w+ly\b)(?:{ADVERB})|\w+ly)\b"
"""An adverb, in one way alone: where two alternatives fit a word, a row of them takes exponential time."""
ADVERBS = rf"(?: {ONE_ADVERB})*"
"""Any number of them behind another word."""

# --- plain form -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[^\W_]+(?:['.@:][^\W_]+)*|[,;:()?!$-]")
_JOINT = re.compile(r"(?<=[a-z])[-_/](?=[a-z])")
_QUOTED = re.compile(r"\"[^\"]{0,600}\"|(?<!\w)'(?:[^'\n]|(?<=\w)'(?=\w)){1,300}'(?!\w)")


def _quoted(found: re.Match[str]) -> str:
    inner = found[0][1:-1]
    return f" {inner} " if inner.count(" ") < 2 and not _VERDICT.search(inner) else " quoted "


def masked(text: str) -> str:
    """The text with quotations that hold more than one sentence blotted out, at the same length."""
    if '"' not in text and "'" not in text:
        return text
    return _QUOTED.sub(_blotted, text)


def _blotted(found: re.Match[str]) -> str:
    quoted = found[0]
    if quoted.count(" ") < 2 or not any(mark in quoted for mark in ".?!"):
        return quoted
    return '"quoted quoted quoted"'.ljust(len(quoted))[: len(quoted)]


def plain(text: str) -> str:
    """The plain form of a sentence.

    >>> plain("I can't cancel A-12, I'm afraid.")
    'i can not cancel a-12 , i am afraid'
    """
    text = text.lower()
    if '"' in text or "'" in text:
        text = _QUOTED.sub(_quoted, text)
    if "tel " in text:
        text = _TEL.sub("tell ", text)
    if "#" in text:
        text = text.replace("#", " number ")
    text = _JOINT.sub(" ", text)
    tokens = _TOKEN.findall(text)
    form = FORMS.get
    out = " ".join([form(token) or (token if len(token) < 4 else _mended(token)) for token in tokens])
    if "'s " in out:
        out = _HAS_BEEN.sub(r"\1 is \2", out)
    if " not can " in out or " no can " in out:
        out = _NOT_CAN.sub(" can not ", out)
    if " too " in out:
        out = _TOO.sub(" to ", out)
    if " ben " in out:
        out = _BEN.sub("been ", out)
    if " been " in out:
        out = _IS_BEEN.sub(r" has \1been ", out)
    if " is been" in out or " is got " in out:
        out = out.replace(" is been", " has been").replace(" is got ", " has got ")
    if "its " in out:
        out = _ITS.sub(r"it is \1", out)
    return out


# --- patterns ------------------------------------------------------------------------------------------------------

_VERDICT = re.compile(rf"\b(?:{DONE}|done|refus\w*|declin\w*|not|reject\w*)\b")


@lru_cache(maxsize=8192)
def _mended(token: str) -> str:
    meant = SPELLER.mend(token)
    return token if meant is token else FORMS.get(meant, meant)


def gathered(pattern: str) -> str:
    """The pattern with its alternatives that begin at a word put behind one word boundary, which makes it cheaper."""
    parts: list[str] = []
    depth, start, inside = 0, 0, False
    for place, mark in enumerate(pattern):
        if place and pattern[place - 1] == "\\" and not (place > 1 and pattern[place - 2] == "\\"):
            continue
        if mark == "[":
            inside = True
        elif mark == "]":
            inside = False
        elif not inside:
            depth += (mark == "(") - (mark == ")")
            if mark == "|" and not depth:
                parts.append(pattern[start:place])
                start = place + 1
    parts.append(pattern[start:])
    words = [part[2:] for part in parts if part.startswith(r"\b")]
    others = [part for part in parts if not part.startswith(r"\b")]
    return "|".join(([rf"\b(?:{'|'.join(words)})"] if words else []) + others)


def one_of(*words: str) -> str:
    """A non-capturing alternation of the words of all arguments."""
    return "(?:" + "|".join(word for group in words for word in group.split()) + ")"


_HAS_BEEN = re.compile(
    rf"(\w)'s ((?:all |both |just |now |already )?been|down\b|offline\b|unavailable\b|broken\b|frozen\b|failing\b"
    rf"|gone\b(?! (?:blank|dead|down|wrong|missing|bad|offline|silent|dark|quiet))"
    rf"|(?:{ADVERB} )?(?:{DONE})\b|not\b|(?:now |already |back )?(?:in|off|with (?:the|dr|your)|on (?:its|the"
    rf"|your))\b"
    rf"|jammed\b|stuck\b|dead\b|crashed\b|out(?= ?[,.;!]| ?$)|(?:going|heading|headed|on its way) back\b)"
)
_IS_BEEN = re.compile(r" is ((?:now|already|just|all|since|both) )been ")
_NOT_CAN = re.compile(r" (?:do )?no(?:t)? can (?:to )?(?!do\b)")
_TOO = re.compile(
    rf" too (?=(?:an?|the|our|my|your|you|it|him|her|them|{'|'.join(ACTION)})(?<! close)(?<! open)(?<! clear)(?: |$))"
)
_TEL = re.compile(r"\btel (?=me\b|us\b)")
_BEN = re.compile(r"(?<=\bhas )ben |(?<=\bhave )ben ")
_ITS = re.compile(
    rf"\bits ((?:{ADVERB} )?(?:been|not\b|too (?:late|early|soon)|impossible|against|forbidden"
    rf"|prohibited|down|broken|all set|{DONE})\b)"
)


# --- clauses --------------------------------------------------------------------------------------------------------


class Clauses(NamedTuple):
    """A sentence taken apart: what it asserts, and what it asks (empty for a statement)."""

    stated: str
    asked: str


_OPENS_QUESTION = re.compile(
    r"(?:^|(?<=[,;:()-] )|(?<=\bbut )|(?<=\bso )|(?<=\band )|(?<=\bthen )|(?<=\bor ))(?:and |so |but |then "
    r"|or |also |first |now |otherwise |meanwhile |please |"
    r"in the meantime |before that |ok |"
    r"for what |in which |on which |at what |by what |to which |with which |to whom )*"
    r"(?:(?:is|are|was|were|am) (?:there|that|this|it|you|i|the|your|these|those|everything|all|any|not|she|he"
    r"|they|we|dr)\b"
    r"|(?:do|does|did|can|could|would|will|shall|should|may|might|have|has|had) "
    r"(?:i|you|we|it|that|this|they|the|your|there|everything|not (?:i|you|we|it|they|this|that|he|she|the|there)"
    r"|anyone|someone|he|she|dr)\b"
    r"|(?:what|which|who|whom|whose|when|where|why|how)\b|anything\b|any (?:other|more|further)\b"
    r"|something else\b|mind\b|okay\b|ok\b|shall\b)"
)


_INVERTED = re.compile(
    r"(?!what (?:i|we|you|he|she|they|it) |what (?:is|are|was|were|has been) (?:\w+ed|left|done|sent|paid|missing|due)"
    r" (?:is|are|was|were|can|could|will|may|must|has)\b)(?:and |so |then |also |ok |okay |first |now |please |hi "
    r"|hello |sorry "
    r"|hey |, |thanks |sure |great |but |well"
    r" )*(?:"
    r"(?:for |on |at |to |with |in |from |by |until )(?:what|which|whom|whose|how many)\b(?! (?:is|means|case)\b)"
    r"|(?:what|which|whose)"
    r" \w+(?: \w+)?$|(?:what|which) \w+ you (?:want|need|like|prefer|would|wish|going)\b|"
    r"(?:(?:can|could|would|will|may|might|shall|do|does|did|have) (?:i|you|we)\b|(?:is|are) (?:it|that|this"
    r"|you|there|your|the) "
    r"|should (?:i|we)\b|(?:what|who|when|where|how|why) (?:is|are|was|were|do|does|did|can|could|would|will"
    r"|shall|should|may)\b"
    r"|(?:what|which) \w+ (?:is|are|do|does|did|can|could|would|will|shall|should)\b))"
)
_TAGGED = re.compile(
    r"\b(?:is (?:it|that|this) (?:ok|okay|right|fine|correct|good|alright|all right)|yes or no|are you ok|you agree)$"
)


def inverted(form: str) -> bool:
    """Whether the sentence has the word order of a question, whatever its mark."""
    return _INVERTED.match(form) is not None or _TAGGED.search(form) is not None


def clauses(form: str, question: bool) -> Clauses:
    """The stated and the asked part of a sentence in plain form; a question without inversion is asked as a whole."""
    if not question:
        return Clauses(form, "")
    found = _OPENS_QUESTION.search(form)
    if found is None or found.start() == 0:
        return Clauses("", form)
    before = form[: found.start()].rstrip(" ,;:(-").removesuffix(" but")
    if _LEADS_IN.search(before):
        return Clauses("", form)
    return Clauses(before, form[found.start() :])


_LEADS_IN = re.compile(r"^(?:if|when|once|unless|before|after|since|as|to|in order|for)\b|\b(?:and|or|if|but)$")

_BOUNDARY = re.compile(
    r" ?[,;:()] | - |\b(?:but|so|although|(?<!as )though|however|whereas|because|therefore|yet)\b(?! (?:far|that))"
)
_NEW_SUBJECT = re.compile(
    r"\b(?:and|then) (?=(?:i|we|it|your|the|that(?! (?:it|the|you|your|this|we|i|they)\b)|this|you|now"
    r"|everything|have|just)\b)"
)
_ACROSS = re.compile(
    r"^(?:so |and |but |then |well |ok |even )*(?:(?:if|unless)(?! i am not (?:mistaken|wrong)| i may| that is all"
    r"| you"
    r" (?:check|look|open|refresh|log|go)\b[^,]{0,60} , you (?:will|can|should))|assuming|provided|suppose|supposing"
    r"|imagine|the (?:sooner|earlier|later|longer|faster)"
    r"|in case|in an emergency|had (?:i|it|we|you|(?:the|your|this|that|there)(?= [^;]{0,160} would\b))"
    r"|were (?:i|it|we|(?:the|your|this|that|there|you)(?= [^;]{0,160} would\b))"
    r"|should (?:you|it|the)|hypothetically|in theory|theoretically|whether|let us say|say|pretend|ideally"
    r"|(?:according to|from|in|as per|judging by) your (?:message|letter|note|e ?mail|words|account|report)|with your"
    r" (?:yes|ok|okay|confirmation|consent|approval|go ahead|number|details)|(?:just |please |simply )?(?:give me"
    r"|send"
    r" me|say)|(?:just )?(?:one|a single|a) (?:word|yes)|here is how|this is how|(?:the )?way (?:it|this) works|how"
    r" (?:it|this) works|in general|normally|usually"
    r"|typically|generally|to (?:my|the best of my) knowledge|by the looks? of|from what (?:i|we) (?:can )?(?:see"
    r"|tell|hear"
    r"|gather)|as far as i (?:can (?:tell|see|judge|make out)|know|am aware|understand|remember)|if memory serves"
    r"|from memory"
    r"|as i (?:understand|see|read|gather|recall|remember)|(?:from|by|judging by) the looks?|as it (?:looks|seems)"
    r"|to all appearances"
    r"|as a rule|the (?:process|procedure|usual way)|depending|according to (?:you|what you)|as you (?:said|say|claim"
    r"|put it)|from what you)\b"
)
_RESUMED = re.compile(r"\b(?:but|however|as it is|nevertheless|yet|still)\b|;")
_NOT_ASSERTED = re.compile(
    r"\b(?:not|no|never|check(?:ing)? (?:that|if|whether|everything|all|it|the|your)|ensure|verify|nothing|none"
    r"|nobody|neither|nor|without"
    r"|hardly|unable|barely|far from|too (?:early|soon) to"
    r"|think|thinks|thought|believe|believes|guess|suppose|suspect|doubt|seem|seems|appear|appears|looks? like"
    r"|probably|prob|possibly|perhaps"
    r"|maybe|likely|might|(?<!\d )may(?! \d)|could|should|would|must|will|shall|hopefully|hope|hoping|assume|assuming"
    r"|(?<!as )(?<!like )i (?:had |have )?(?:said|told you|claimed)|i (?:gather|reckon|presume|understand)|(?:said"
    r"|believed|reported|meant|ought) to|i read that|i trust|presumably|supposedly|understanding|impression"
    r"|chance|hunch|rumou?r|recollection"
    r"|(?:he|she|they|colleague|doctor|nurse|someone) (?:has |had )?(?:told|said|wrote|mentioned)"
    r"|allegedly|apparently|sure|certain|whether|if|unless|until|(?<!this )(?<!just )once|when|whenever"
    r"|after(?! (?:a|an|the|some|our|my|your) (?:\w+ )?(?:check|chat|call|look|review|talk|reply|request)\b)|before"
    r"|as soon as"
    r"|(?<!as )(?<!like )you (?:have |just |already )*(?:said|say|told|mention|mentioned|claim|claimed|wrote"
    r"|asked|stated|think|thought|"
    r"believe|heard|read|cancelled)|wish|imagine|pretend|as if|as though|need|needs|want|wants|going to|let"
    r"|see|sees|saw|tell|telling|(?<!as )you know|shows?|showed"
    r"|indicates?|according|says|see if|was told|were told|been told|am told|hear|noticed?|found|quoted|supposed"
    r"|expected?|(?<!your )(?<!the )(?<!this )claims?|ready|about"
    r"|(?:misunderstanding|myth|mistake|false|untrue|wrong|not the case) that|used to"
    r"|almost|nearly|possible|plausible|conceivable|example|instead of|rather than|nowhere)\b"
)
_PERFORMATIVE = re.compile(
    r"\b(?:i|we) (?:can|am able to|(?:am|are) (?:very )?(?:happy|pleased|glad|delighted|sorry|afraid|here) to"
    r"|would like to|"
    r"wanted to|just wanted to|want to|have to|must|regret to|need to) (?:now |just |also )?(?:confirm|say"
    r"|tell you|inform you|let you know|report|advise you|"
    r"announce|share|assure you)(?: to you)?(?: that)?|\b(?:no problem|no worries|not a problem|no trouble"
    r"|nothing to worry about|not to worry|of course"
    r"|(?<!fairly )(?<!pretty )(?<!quite )(?<!reasonably )(?<!almost )(?<!am )(?<!make )(?<!making )sure"
    r"|sure thing|certainly)\b(?! if)"
    r"|\b(?:rest assured|good news|please note|be advised|note|for sure|as (?:you|was) (?:asked|requested"
    r"|wanted|promised)|when you asked|no doubt|(?:if|unless) i am not (?:mistaken|wrong)|you (?:will|can|should|may)"
    r" (?:now |already |also )?(?:see|find|notice)(?: that)?"
    r"|(?:as soon as|when|once|after|now that|since|because) you (?:just |have )?(?:said|confirmed|asked|agreed"
    r"|approved|told me|requested|replied|wanted)"
    r"(?: (?:yes|so|it|to|me|ok|for))*|as (?:far as )?you can see"
    r"|(?:did|done|do) (?:what|as) you (?:asked|wanted|requested|said)(?: for| me to)?|(?:happy|glad|pleased"
    r"|delighted) to (?:tell|say|inform|let)(?: you)?(?: know)?|can tell you|if i may|you will be"
    r" (?:happy|glad|pleased) to (?:hear"
    r"|know)(?: that)?)\b"
)
_SOFTENED = re.compile(
    r"\b(?:i think|i believe|i guess|i suppose|i hope|probably|possibly|perhaps|maybe|hopefully|if|unless"
    r"|as far as i|it seems"
    r"|apparently|idk|dunno|not sure|not certain|who knows|or so|presumably|or maybe|in theory|not really|or not)\b"
)
_REASON = re.compile(
    r"(?:\b(?:because|given that)|(?<=[,;(-] )(?:since|as)|^since)\b(?! (?:you )?(?:requested|asked|promised"
    r"|agreed|discussed|wanted))[^,;:.]*$"
)
_HEDGED_VERB = re.compile(
    r"\b(?:probably|possibly|presumably|supposedly|allegedly|apparently|hopefully|conceivably|theoretically|likely"
    r"|seemingly|nearly|reportedly|arguably|potentially|evidently|partially|partly)\b"
)
_OF_NOTHING = re.compile(r" (?:nothing|none|neither|no one|nobody|nowhere)\b")
_TAIL_HEDGE = re.compile(
    r" , (?:it (?:seems|appears|looks)|apparently|as far as i|by the looks|i (?:think|believe|guess|suppose|gather"
    r"|hear"
    r"|am told|was told)|from what i|supposedly|allegedly|by all accounts)\b"
)
_PENDING = re.compile(r"\b(?:once|when|as soon as|until|after|before|provided|only)\b")


def supposed(form: str, at: int) -> bool:
    """Whether the sentence opens with what makes `form[at:]` a mere supposition ("imagine ...", "if ...")."""
    return _ACROSS.match(form) is not None and not _RESUMED.search(form, 0, at)


def asserted(form: str, start: int, end: int, *, pending: bool = False) -> bool:
    """Whether `form[start:end]` is asserted there: not negated, hedged, hypothetical, wished, planned or quoted.

    `pending`: a present tense that a following "once you ..." turns into a plan ("it is booked once you confirm").
    """
    if (_ACROSS.match(form) and not _RESUMED.search(form, 0, start)) or _REASON.search(form, 0, start):
        return False
    cut = 0
    for found in _BOUNDARY.finditer(form, 0, start):
        cut = found.end()
    before = form[cut:start]
    for found in _NEW_SUBJECT.finditer(form[:end]):
        if cut < found.end() <= start and not re.search(r"\b(?:if|when|once|unless|until)\b", before):
            before = form[found.end() : start]
    if _HEDGED_VERB.search(form, start, end):
        return False
    if before:
        before = _PERFORMATIVE.sub(" ", before)
        if _NOT_ASSERTED.search(before):
            return False
    stop = _BOUNDARY.search(form, end)
    after = form[end : stop.start() if stop else len(form)]
    rest = form[end : end + 60]
    if (
        _SOFTENED.search(after)
        or re.match(
            r"(?: on| off| up| out| in)? , (?:i (?:think|believe|guess|hope|suppose)|probably|hopefully|maybe|if"
            r"|or)\b",
            rest,
        )
        or _TAIL_HEDGE.search(rest)
    ):
        return False
    return not (pending and _PENDING.search(after)) and not _OF_NOTHING.match(rest)
