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

from agentgym.types import Act, Lexicon
from agentgym.user.asking import COUNTED
from agentgym.user.asks import agenda, elliptic, requested
from agentgym.user.confirming import confirmation, wants_confirmation
from agentgym.user.cues import CLOSE_WORDS, closes, courteous
from agentgym.user.facts import NUMBER, FactNames
from agentgym.user.grammar import DONE, clauses, inverted, masked, plain
from agentgym.user.handover import TRANSFER_WORDS, transfers
from agentgym.user.hands import hands_asked, stem, stems
from agentgym.user.message import joined
from agentgym.user.proposals import PROPOSE_WORDS, accepts, proposes
from agentgym.user.questions import OPEN, WOULD_SAY, settled, whole
from agentgym.user.readings import PRONOUN, TO_USER, Reading, Ready
from agentgym.user.refusals import CERTAIN, judged
from agentgym.user.reports import reports
from agentgym.user.rules import cited as cited_in
from agentgym.user.text import Sentence, sentences, visible
from agentgym.user.typical import LONG, Values, typical, values_of
from agentgym.user.verdict_words import VERDICT_WORDS
from agentgym.user.verdicts import verdict, with_numbers

__all__ = ["derive"]

_CACHED = 4_096
"""Sentences remembered for each lexicon."""


_ready: dict[int, tuple[Lexicon, Ready, Values]] = {}
_shared: dict[object, Ready] = {}
"""The same for all lexicons that differ in nothing but rivals, as those of one pack's worlds do."""


def _made_ready(lexicon: Lexicon) -> tuple[Lexicon, Ready, Values]:
    """The lexicon made ready, and what its values look like."""
    held = _ready.get(id(lexicon))
    if held is None or held[0] is not lexicon:
        if len(_ready) >= 512:
            _ready.clear()
        ready = _made_once(lexicon)
        meant = _TELLING | ready.names.heads.keys() | ready.hand_forms
        held = _ready[id(lexicon)] = (lexicon, ready, values_of(lexicon, meant))
    return held


def _made_once(lexicon: Lexicon) -> Ready:
    key = (tuple(lexicon.facts.items()), lexicon.rules, tuple(lexicon.hands.items()), tuple(lexicon.deeds.items()))
    found = _shared.get(key)
    if found is None:
        if len(_shared) >= 64:
            _shared.clear()
        found = _shared[key] = Ready(lexicon)
    return found


# --- one sentence ---------------------------------------------------------------------------------------------------

_MORE = frozenset(["else", "more", "further", "other", "another", "all", "everything"])
_AND_ASK = re.compile(
    r"(?:,|;|\band|\balso) (?=(?:and |also |please |kindly |then )*(?:let (?:me|us) (?:know|have)|tell|give"
    r"|provide|send|state|share|what|which|(?:under|for|on|in|at|by|with|to|from) (?:what|which|whose|whom)"
    r"|could you|can you|may i|i need|we need|your)\b)"
)
_IF_FINE = re.compile(r"\bif (?:that|this|it) (?:is|would be) (?:all right|alright|ok|okay|fine|good)\b")
_NEW_CLAUSE = re.compile(
    r"(?<!may)(?<!can)(?<!could)(?<!shall) ?[,;-]? (?:and |so |but |then )*(?=(?:i|we|what|which|when|who|could"
    r"|can|may|please|kindly|let|tell|give"
    r"|leave|one)\b)"
)
_EXPLICIT = re.compile(
    r"(?:please|kindly|first|just|could you|can you|would you|may i|can i|what|which|when|who|tell|give|leave"
    r"|let me have"
    r"|(?:i|we) (?:\w+ )?(?:need|require))\b"
)
_FIGURES = frozenset(["digits", "number", "numbers"])
_OR_ASKED = re.compile(r" ,? ?or (?=(?:would|shall|should|do|can|may|could|will) )")
_FINITE = re.compile(
    r"\b(?:can|do|does|did|is|are|was|were) not\b|\b(?:i|we|it|you) (?:can|could|will|would|have|am|is|are|was|were"
    r"|do|did)\b"
)
_DUMPED = frozenset("you your please me , ? and or the it that this : then".split())
_CODED = re.compile(r"[a-z]_[a-z]|=\?")
_UNMARKED = ("", ".", "\u2022")
_CONFIRMING = frozenset(["confirm", "confirming", "verify", "check", "approve", "acknowledge", "double"])
_MAYBE_RULE = re.compile(r"\br[ .-]{0,3}(?:number )?\d|\brules?\b|\bpolic|\bclauses?\b|\bsection\b|\barticle\b")
_RULE_SAYS = re.compile(
    r"\b(?:rules?|polic(?:y|ies)|terms|regulations?|guidelines?|handbook|manual|rulebook|house rules)(?: (?:here"
    r"|clearly|also"
    r"|expressly|that|which|on this))* (?:(?:is|are) )?(?:states?|says?|reads?|stipulates?|specif\w+|provides?|is"
    r"|here)?"
    r" ?(?:as follows|that)? ?(?:: |, )?quoted\b|\bquoted (?:is|says|in|from) (?:the|our) (?:rules?|polic)"
)
_FUNCTION = frozenset(
    "i you we it he she they me us your my our the a an this that these those is are was were be been am has"
    " have had so but because if means no to of in on at for with by from both there would will could"
    " should may might must do does did while during since".split()
)
_TELLING = (
    VERDICT_WORDS
    | CLOSE_WORDS
    | PROPOSE_WORDS
    | TRANSFER_WORDS
    | frozenset("cancel book refund rule policy r1 r2 r3 r4 r5 r6 r7 r8 r9 can not help error report".split())
)


_SCREEN_SAYS = re.compile(
    r"\b(?:system|tool|screen|app|server|site|page|database|computer|terminal|portal|it)(?: just| now| only| still"
    r"| keeps)?"
    r" (?:says|said|saying|shows|showed|reads|reports|returned|gives|gave|answers|answered|displays)(?: me"
    r"| back)?[:,]? ?"
    r'"(?=[^"]{0,60}(?:error|not found|time ?out|timed out|unavailable|failed|invalid|no (?:results?|match|record)))',
    re.IGNORECASE,
)
"""An error message read out: it counts as said."""

_PARTING = CLOSE_WORDS | {"get", "talk", "speak", "take", "now"}


class _Said(NamedTuple):
    """A sentence in plain form, with its parts."""

    form: str
    words: frozenset[str]
    question: bool
    stated: str
    asked: str


def _opened(text: str, ready: Ready) -> str:
    """The text with an error message read out of its quotation marks, and rule ids as numbers."""
    if '"' in text and _SCREEN_SAYS.search(text):
        text = text.replace('"', " ")
    return text if ready.ids is None or "_" not in text else with_numbers(text, ready.ids, ready.id_numbers)


def _read(sentence: Sentence, ready: Ready) -> Reading:
    text = sentence.text
    if '"' in text or "_" in text:
        text = _opened(text, ready)
    form = ready.names.mend(plain(text))
    words = form.split()
    content = [word for word in words if word[:1].isalnum()]
    if not content or text.count(" / ") >= 3 or (len(content) >= 5 and _heap(form, content, ready)):
        return Reading(frozenset(), None, (), False, True)  # a heap of keywords says nothing
    coded = _CODED.search(sentence.text) is not None and TO_USER.isdisjoint(words)
    question = sentence.mark == "?" or form.endswith("?") or (sentence.mark in _UNMARKED and inverted(form))
    said = _Said(form, frozenset(words), question, *clauses(form, question))
    tools = () if coded else _tools(said, words, ready)
    kinds = _parting(said)
    polite = not kinds and not said.words.isdisjoint(CLOSE_WORDS) and courteous(form)
    facts: tuple[str, ...] | None = None
    if tools:
        facts = _besides(said, ready) or None
    elif not kinds and not coded:
        proposed, facts = _asked(said, ready.names)
        if proposed:
            kinds.add("propose")
    elif kinds == {"transfer"}:
        facts = _beside_transfer(said, ready.names) or None
        if question and " or " in form and any(map(_offered, _OR_ASKED.split(form))):
            kinds.add("propose")
    elif kinds == {"close"}:
        if question and said.words.isdisjoint(_MORE):  # "do you have a preferred day?"
            facts = _asked(said, ready.names)[1] or None
            if facts:
                kinds.clear()
        elif said.stated and said.asked:
            facts = requested(said.stated, False, ready.names) or None
    more, level, declined = _verdict(said, facts, ready, transfer="transfer" in kinds)
    kinds.update(more)
    if facts == () and ("refuse" in kinds or (level == 3 and not question)):
        facts = None
    if level and "propose" in kinds and not question:
        kinds.discard("propose")
    yes, no = _cited(form, text)
    return Reading(frozenset(kinds), facts, tools, level == 1, len(content) <= 2, polite, form, yes, no, declined)


def _verdict(said: _Said, facts: tuple[str, ...] | None, ready: Ready, *, transfer: bool) -> tuple[list[str], int, int]:
    """As `verdict`, for a sentence that states something; a deed of the pack's own tools is a report too."""
    kinds: list[str] = []
    level = declined = 0
    if said.stated and not said.words.isdisjoint(VERDICT_WORDS):
        kinds, level, declined = verdict(said.stated, said.form, said.words, facts, transfer=transfer)
    if not level and not transfer and ready.deeds.told(said.stated, said.words):
        return [*kinds, "report"], 3, declined
    return kinds, level, declined


def _parting(said: _Said) -> set[str]:
    """Whether it closes, or hands over to a human."""
    kinds: set[str] = set()
    if not said.words.isdisjoint(CLOSE_WORDS) and closes(said.form, said.words):
        kinds.add("close")
    if not said.words.isdisjoint(TRANSFER_WORDS) and transfers(said.form):
        kinds.add("transfer")
    return kinds


def _cited(form: str, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rule numbers that the sentence cites and denies, with those that a rule quoted in it has."""
    yes, no = cited_in(form) if _MAYBE_RULE.search(form) else ((), ())
    if "quoted" in form and _RULE_SAYS.search(form):
        yes = (*yes, *cited_in(plain(text.replace('"', " ")))[0])
    return tuple(yes), tuple(no)


def _tools(said: _Said, words: list[str], ready: Ready) -> tuple[str, ...]:
    if said.words.isdisjoint(ready.hand_forms):
        return ()
    return hands_asked(said.form, words, [stem(word) for word in words], ready.hands)


def _asked(said: _Said, names: FactNames) -> tuple[bool, tuple[str, ...] | None]:
    """Whether the sentence proposes, and the facts that it asks for (None: it does not ask)."""
    form, question = said.form, said.question
    if counted := COUNTED.match(form):
        form = form[counted.end() :]
        said = _Said(form, said.words, question, *clauses(form, question))
        if not question and (facts := elliptic(form, names)):
            return False, facts
    if agenda(form) or (" i " in f" {form}" and WOULD_SAY.match(form)):
        return False, None
    if question and (facts := settled(form, names)) is not OPEN:
        return False, facts
    confirmed = None if said.words.isdisjoint(_CONFIRMING) else confirmation(form, question, names)
    if isinstance(confirmed, tuple):
        return False, confirmed
    if confirmed is False:
        return False, ()
    proposed = (question or not said.words.isdisjoint(PROPOSE_WORDS)) and proposes(
        form, question, said.asked or form, said.stated == ""
    )
    if proposed or (confirmed and not _declared(form, question)):
        stated = said.stated or ("" if question else form)
        facts = requested(stated, False, names) if stated and not wants_confirmation(stated) else None
        if not facts and (more := _AND_ASK.search(form)):
            facts = requested(form[more.end() :], question, names)
        elif facts and not question and not confirmed and _IF_FINE.search(form):
            return False, facts  # "I need your date of birth, if that's all right"
        elif question and (fine := _IF_FINE.search(form)) and (asked := requested(form[: fine.start()], True, names)):
            return False, asked  # "could I have your phone number, if that's all right?"
        return True, facts or None
    if not (question and said.stated):
        return False, whole(form, question, names)
    facts = requested(said.asked, True, names)
    if not facts:
        facts = requested(said.stated, False, names) or facts
    if not facts and PRONOUN.search(said.asked):
        facts = names.asked(said.stated)
    return False, facts


_TWO_DONE = re.compile(rf"(?:\w+ ){{1,3}}(?:{DONE}) , (?:and )?(?:\w+ ){{1,4}}(?:{DONE})$")
"""Two results in telegram style: "card blocked, new one ordered"."""


def _heap(form: str, content: list[str], ready: Ready) -> bool:
    """Whether the words are a heap of keywords: none that makes a sentence, no "label: value", and most of them words
    that act or name."""
    spans = ready.names.spans(form)
    if len(spans) >= 5 and not form.endswith("?") and len(content) < 2 * len(spans) and TO_USER.isdisjoint(content):
        return " : " not in form
    if not _FUNCTION.isdisjoint(content) and (
        len(content) < 8
        or not _DUMPED.isdisjoint(content)
        or 4 * sum(word in _FUNCTION for word in content) > len(content)
        or "," in form
        or "?" in form
        or _FINITE.search(form)
    ):
        return False
    if " , " in form and _TWO_DONE.match(form):
        return False
    if " : " in form or "please" in form or any(word.isdigit() for word in content):
        return False
    named = {word for _, _, alias in spans for word in alias.split()}
    if (hands := sum(stem(word) in ready.hand_words for word in content)) >= 2 and _DUMPED.isdisjoint(form.split()):
        known = sum(word in _TELLING or word in named or stem(word) in ready.hand_words for word in content)
        if known == len(content) > hands or len(ready.hands_of(content)) > 1:
            return True
    telling = sum(word in _TELLING and word not in named for word in content)
    if telling and all(word in _PARTING for word in content if word in _TELLING):
        return False
    return telling >= 2 and telling + sum(word in named for word in content) >= 0.6 * len(content)


_AND_DO = re.compile(r" ,? ?(?:and|then|plus|also|after that)(?: then| also| please| finally)* (?=[a-z]+ )")


def _besides(said: _Said, ready: Ready) -> tuple[str, ...]:
    """The facts asked for next to the use of a tool: not those whose name is a part of the tool's phrase."""
    form = said.form
    facts = requested(form, said.question, ready.names) or ()
    if not facts and ready.names.spans(form):
        for found in _AND_DO.finditer(form):  # "your name, your date of birth, and then read out the code"
            facts = elliptic(form[: found.start()], ready.names) or facts
    facts = tuple(name for name in facts if not ready.names.place(name).search(form))
    own = {
        name
        for _, _, alias in ready.names.spans(form)
        if ready.hand_words.issuperset(stems(alias))
        for name in ready.names.names[alias]
    }
    if NUMBER in facts or not said.words.isdisjoint(_FIGURES):  # "the digits on your card"
        named = {name for alias, held in ready.names.names.items() if alias in form for name in held}
        own |= {name for name in facts if name not in named}
    return tuple(name for name in facts if name not in own)


def _beside_transfer(said: _Said, names: FactNames) -> tuple[str, ...]:
    """The facts asked for next to an offer of a transfer: "leave me your name, and I'll put you through"."""
    if not names.spans(said.form):
        return ()
    out: list[str] = []
    for part in _NEW_CLAUSE.split(said.form):
        if _EXPLICIT.match(part) and names.spans(part) and not transfers(part):
            out += requested(part, inverted(part), names) or ()
    return tuple(dict.fromkeys(out))


def _offered(part: str) -> bool:
    """Whether a part of "shall I file it, or would you rather talk to a person?" proposes something else."""
    return part.count(" ") > 3 and not transfers(part) and accepts(part)


def _declared(form: str, question: bool) -> bool:
    """Whether "to confirm, ..." only introduces a statement of what is so."""
    if question:
        return False
    words = frozenset(form.split())
    return reports(form, words) >= 2 or judged(form, words)[1] == CERTAIN


# --- the message ----------------------------------------------------------------------------------------------------


def derive(text: str, lexicon: Lexicon) -> tuple[Act, ...]:
    """The dialogue acts of an assistant's message, in order of appearance, at most one of each kind but `ask`,
    `request`.

    `facts` of an `ask` are lexicon names (empty: it asks for something else), `rules` of a `refuse` the ids of all
    rules that the message cites and does not deny (a number that does not exist stays as "R12"), `text` of a
    `propose` the message up to its question. Reads the first 8,000 characters.
    """
    _, ready, values = _made_ready(lexicon)
    shown = visible(text)
    read = sentences(masked(shown))
    readings: list[Reading] = []
    known = ready.known
    for sentence in read[:400]:
        text = typical(sentence.text, values)
        key = (text, sentence.mark, sentence.item)
        reading = known.get(key)
        if reading is None:
            reading = _read(sentence._replace(text=text), ready)
            if len(known) >= _CACHED:
                known.clear()
            if len(text) <= LONG:
                known[key] = reading
        readings.append(reading)
    return joined(shown, read, readings, ready)
