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
from agentgym.user.asks import agenda, elliptic, requested
from agentgym.user.facts import NUMBER, FactNames
from agentgym.user.cues import CLOSE_WORDS, TRANSFER_WORDS, closes, courteous, transfers
from agentgym.user.grammar import clauses, inverted, masked, plain
from agentgym.user.hands import HAND_VERBS, forms, hands_asked, stem, stems
from agentgym.user.proposals import PROPOSE_WORDS, confirmation, proposes, wants_confirmation
from agentgym.user.refusals import CERTAIN, VERDICT_WORDS, judged
from agentgym.user.reports import reports
from agentgym.user.rules import cited as cited_in
from agentgym.user.text import Sentence, sentences, visible
from agentgym.user.verdicts import decided, numbered_ids, retracts, verdict, with_numbers

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
    form: str = ""
    cites: tuple[int, ...] = ()
    denies: tuple[int, ...] = ()
    declined: int = 0


class _Lexicon:
    """A lexicon made ready, with its own memory of sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.names = FactNames(lexicon.facts)
        self.rules = lexicon.rules
        self.ids, self.id_numbers = numbered_ids(lexicon.rules)
        self.hands = [(tool, stems(phrase)) for tool, phrases in lexicon.hands.items() for phrase in phrases]
        self.hand_words = frozenset(word for _, wanted in self.hands for word in wanted)
        self.hand_forms = forms(self.hand_words)
        self.verb_forms = forms(HAND_VERBS.union(wanted[0] for _, wanted in self.hands if wanted))
        self.known: dict[tuple[str, str, bool], _Reading] = {}


_ready: dict[int, tuple[Lexicon, _Lexicon]] = {}
_shared: dict[object, _Lexicon] = {}
"""The same for all lexicons that differ in nothing but rivals, as those of one pack's worlds do."""


def _made_ready(lexicon: Lexicon) -> _Lexicon:
    held = _ready.get(id(lexicon))
    if held is None or held[0] is not lexicon:
        if len(_ready) >= 512:
            _ready.clear()
        held = _ready[id(lexicon)] = (lexicon, _made_once(lexicon))
    return held[1]


def _made_once(lexicon: Lexicon) -> _Lexicon:
    key = (tuple(lexicon.facts.items()), lexicon.rules, tuple(lexicon.hands.items()))
    found = _shared.get(key)
    if found is None:
        if len(_shared) >= 64:
            _shared.clear()
        found = _shared[key] = _Lexicon(lexicon)
    return found


# --- one sentence ---------------------------------------------------------------------------------------------------

_PRONOUN = re.compile(
    r"\b(?:it|yours|one|that|them|those|this|both)\b(?: (?:is|called|named|again|exactly|out|,|for us|to us|slowly|then|spelled|sir|madam|for me|please|with me|again|to me|once more|now))* ?[?.!]*$"
)
_MORE = frozenset(["else", "more", "further", "other", "another", "all", "everything"])
_AND_ASK = re.compile(
    r"(?:,|;|\band|\balso) (?=(?:and |also |please |kindly |then )*(?:let (?:me|us) (?:know|have)|tell|give|provide|send|state|share|what|which"
    r"|could you|can you|may i|i need|we need|your)\b)"
)
_IF_FINE = re.compile(r"\bif (?:that|this|it) (?:is|would be) (?:all right|alright|ok|okay|fine|good)\b")
_CODED = re.compile(r"[a-z]_[a-z]|=\?")
_TO_USER = frozenset(["you", "your", "please", "me"])
_BESIDE = frozenset(["failure", "refuse"])
_ANY_OF = re.compile(
    r"\b(?:any|another|a different|a particular|a specific|a preferred|some other)\b(?! (?:objections?|problem))"
)
_BY_US = re.compile(r"\b(?:shall|should|may|can|could) (?:i|we) (?!have|get|ask|know)|\b(?:me|us) to\b")
_IT = frozenset(["it", "that", "them", "one", "those", "there"])
_UNMARKED = ("", ".", "\u2022")
_CONFIRMING = frozenset(["confirm", "confirming", "verify", "check", "approve", "acknowledge", "double"])
_MAYBE_RULE = re.compile(r"\br[ .-]{0,3}(?:number )?\d|\brules?\b|\bpolic|\bclauses?\b|\bsection\b|\barticle\b")
_FUNCTION = frozenset(
    "i you we it he she they me us your my our the a an this that these those is are was were be been am has"
    " have had so but because if means to of in on at for with by from both there would will could should may might must do does did".split()
)
_TELLING = (
    VERDICT_WORDS
    | CLOSE_WORDS
    | PROPOSE_WORDS
    | TRANSFER_WORDS
    | frozenset("cancel book refund rule policy r1 r2 r3 r4 r5 r6 r7 r8 r9 can not help error report".split())
)


_PARTING = CLOSE_WORDS | {"get", "talk", "speak", "take"}


class _Said(NamedTuple):
    """A sentence in plain form, with its parts."""

    form: str
    words: frozenset[str]
    question: bool
    stated: str
    asked: str


def _read(sentence: Sentence, ready: _Lexicon) -> _Reading:
    text = sentence.text
    if "_" in text and ready.ids is not None:
        text = with_numbers(text, ready.ids, ready.id_numbers)
    form = ready.names.mend(plain(text))
    words = form.split()
    content = [word for word in words if word[:1].isalnum()]
    if not content or text.count(" / ") >= 3 or (len(content) >= 5 and _heap(form, content, ready.names)):
        return _Reading(frozenset(), None, (), False, True)  # a heap of keywords says nothing
    coded = _CODED.search(sentence.text) is not None and _TO_USER.isdisjoint(words)
    question = sentence.mark == "?" or form.endswith("?") or (sentence.mark in _UNMARKED and inverted(form))
    said = _Said(form, frozenset(words), question, *clauses(form, question))
    tools = () if coded else _tools(said, words, ready)
    kinds: set[str] = set()
    if not said.words.isdisjoint(CLOSE_WORDS) and closes(form, said.words):
        kinds.add("close")
    if not said.words.isdisjoint(TRANSFER_WORDS) and transfers(form):
        kinds.add("transfer")
    polite = not kinds and not said.words.isdisjoint(CLOSE_WORDS) and courteous(form)
    facts: tuple[str, ...] | None = None
    if tools:
        facts = _besides(said, ready) or None
    elif not kinds and not coded:
        proposed, facts = _asked(said, ready.names)
        if proposed:
            kinds.add("propose")
    elif kinds == {"close"}:
        if question and said.words.isdisjoint(_MORE):  # "do you have a preferred day?"
            facts = _asked(said, ready.names)[1] or None
            if facts:
                kinds.clear()
        elif said.stated and said.asked:
            facts = requested(said.stated, False, ready.names) or None
    level = declined = 0
    if said.stated and not said.words.isdisjoint(VERDICT_WORDS):
        more, level, declined = verdict(said.stated, form, said.words, facts, transfer="transfer" in kinds)
        kinds.update(more)
    if "refuse" in kinds and facts == ():
        facts = None
    if level and "propose" in kinds and not question:
        kinds.discard("propose")
    yes, no = cited_in(form) if _MAYBE_RULE.search(form) else ((), ())
    return _Reading(
        frozenset(kinds), facts, tools, level == 1, len(content) <= 2, polite, form, tuple(yes), tuple(no), declined
    )


def _tools(said: _Said, words: list[str], ready: _Lexicon) -> tuple[str, ...]:
    if said.words.isdisjoint(ready.hand_forms):
        return ()
    return hands_asked(said.form, words, [stem(word) for word in words], ready.hands)


def _tools_spoken_of(readings: list[_Reading], place: int, ready: _Lexicon) -> tuple[str, ...]:
    """The tools that "read it out to me" asks for, after what was said before."""
    words = readings[place].form.split()
    if _IT.isdisjoint(words) or ready.verb_forms.isdisjoint(words):
        return ()
    stemmed = [stem(word) for word in words]
    context = {stem(word) for reading in readings[max(0, place - 3) : place] for word in reading.form.split()}
    return hands_asked(readings[place].form, words, stemmed, ready.hands, context & ready.hand_words)


def _asked(said: _Said, names: FactNames) -> tuple[bool, tuple[str, ...] | None]:
    """Whether the sentence proposes, and the facts that it asks for (None: it does not ask)."""
    form, question = said.form, said.question
    if agenda(form):
        return False, None
    if question and names.spans(form) and (facts := elliptic(form, names)):
        return False, facts
    if (
        question
        and _ANY_OF.search(form)
        and not _BY_US.search(form)
        and names.spans(form)
        and (facts := requested(form, question, names))
    ):
        return False, facts  # "does any particular day suit you?"
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
        return True, facts or None
    if not (question and said.stated):
        return False, requested(form, question, names)
    facts = requested(said.asked, True, names)
    if not facts:
        facts = requested(said.stated, False, names) or facts
    if not facts and _PRONOUN.search(said.asked):
        facts = names.asked(said.stated)
    return False, facts


def _heap(form: str, content: list[str], names: FactNames) -> bool:
    """Whether the words are a heap of keywords: none that makes a sentence, no "label: value", and most of them words
    that act or name."""
    if " : " in form or "please" in form or any(word in _FUNCTION or word.isdigit() for word in content):
        return False
    spans = names.spans(form)
    named = {word for _, _, alias in spans for word in alias.split()}
    telling = sum(word in _TELLING and word not in named for word in content)
    if telling and all(word in _PARTING for word in content if word in _TELLING):
        return False
    return telling >= 2 and telling + sum(word in named for word in content) >= 0.6 * len(content)


def _besides(said: _Said, ready: _Lexicon) -> tuple[str, ...]:
    """The facts asked for next to the use of a tool: not those whose name is a part of the tool's phrase."""
    form = said.form
    facts = requested(form, said.question, ready.names) or ()
    facts = tuple(name for name in facts if not ready.names.place(name).search(form))
    own = {
        name
        for _, _, alias in ready.names.spans(form)
        if ready.hand_words.issuperset(stems(alias))
        for name in ready.names.names[alias]
    }
    return tuple(name for name in facts if name not in own)


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
    """The acts of the sentences put together."""
    if len({kind for reading in readings for kind in reading.kinds}) >= 3 and all(one.bare for one in readings):
        return ()  # a heap of keywords, each with a full stop
    readings = _with_lists(read, readings, ready)
    acts: dict[tuple[str, str], Act] = {}
    asked: dict[str, None] = {}
    for place in range(1, len(readings)):
        if readings[place].kinds == {"propose"} and _ABSORBED.search(readings[place].form):
            before = readings[max(0, place - 2) : place]
            if any("transfer" in one.kinds for one in before) and not any("propose" in one.kinds for one in before):
                readings[place] = _NOTHING
    proposed = any("propose" in reading.kinds for reading in readings)
    for place in range(1, len(readings)):
        if retracts(readings[place].form):
            readings[:place] = [one._replace(kinds=one.kinds - {"report"}) for one in readings[:place]]
    for place, (sentence, reading) in enumerate(zip(read, readings, strict=False)):
        if reading.facts == () and place and readings[place - 1].kinds <= _BESIDE and _PRONOUN.search(reading.form):
            before = readings[place - 1].form
            reading = reading._replace(facts=ready.names.asked(before) or ready.names.spoken_of(before)[-1:])
        if reading.facts and NUMBER in reading.facts:
            reading = reading._replace(facts=_numbered(readings, place, reading.facts, ready.names))
        if reading.facts is not None:
            fresh = tuple(name for name in dict.fromkeys(reading.facts) if name not in asked)
            asked.update(dict.fromkeys(fresh))
            if fresh or not reading.facts:
                acts["ask", str(place)] = Act("ask", sentence.text, fresh)
        tools = reading.tools
        if ready.hands and not tools and place and not reading.kinds and reading.form:
            tools = _tools_spoken_of(readings, place, ready)
            if tools and reading.facts == ():
                acts.pop(("ask", str(place)), None)
        for tool in tools:
            acts.setdefault(("request", tool), Act("request", sentence.text, tool=tool))
        for kind in _ORDER:
            if kind not in reading.kinds or (kind == "report" and reading.weak and proposed):
                continue
            if kind == "propose":
                acts.pop(("propose", ""), None)
                acts["propose", ""] = Act("propose", _readback(shown, read, place))
            acts.setdefault((kind, ""), Act(kind, sentence.text))
    _decide(read, readings, ready.rules, acts)
    if not any(kind in ("ask", "propose", "request", "close") for kind, _ in acts):
        courtesy = next((one for one, reading in zip(read, readings, strict=False) if reading.polite), None)
        if courtesy is not None:
            acts["close", ""] = Act("close", courtesy.text)
    vague = not asked and not proposed
    if any(kind == "request" for kind, _ in acts):
        vague = vague and not any(
            _DO_IT.search(act.text) or not ready.hand_words.isdisjoint(map(stem, plain(act.text).split()))
            for act in acts.values()
            if act.kind == "ask"
        )
    return tuple(act for act in acts.values() if act.kind != "ask" or act.facts or vague or _CHOOSES.match(act.text))


def _numbered(readings: list[_Reading], place: int, facts: tuple[str, ...], names: FactNames) -> tuple[str, ...]:
    """The facts of a reading with "the number" made that of what was spoken of last."""
    meant = names.phones
    for reading in readings[place::-1]:
        spoken = [name for _, _, alias in names.spans(reading.form) for name in names.names[alias]]
        found = next((name for name in reversed(spoken) if name in names.countable), None)
        if found is not None:
            meant = (found,)
            break
    return tuple(dict.fromkeys(one for name in facts for one in (meant if name == NUMBER else (name,))))


def _with_lists(read: tuple[Sentence, ...], readings: list[_Reading], ready: _Lexicon) -> list[_Reading]:
    """The readings, with the facts of a list moved to the request that leads into it."""
    out = list(readings)
    lead, planned = -1, False
    for place, sentence in enumerate(read[: len(readings)]):
        reading = out[place]
        item = sentence.item and sentence.mark != "?"
        if lead >= 0 and (
            item or (len(sentence.text) < 60 and not reading.kinds and sentence.mark not in (".", "!", "?"))
        ):
            facts = ready.names.asked((reading.form or plain(sentence.text))[:80])
            out[lead] = out[lead]._replace(facts=(*(out[lead].facts or ()), *facts))
            out[place] = _NOTHING
            continue
        lead = -1
        listed = place + 1 < len(read) and read[place + 1].item and read[place + 1].mark != "?"
        if planned and sentence.item and _TO_USER.isdisjoint(reading.form.split()):
            out[place] = reading = reading._replace(facts=None, tools=(), kinds=reading.kinds - {"propose"})
        else:
            planned = listed and reading.facts is None and _PLANNED.search(reading.form) is not None
        if listed and reading.facts and reading.bare and _heads(read[place + 1].text, ready.names):
            out[place] = reading = reading._replace(facts=None)  # a heading
        leads = sentence.mark == ":" or (place + 1 < len(read) and read[place + 1].item and not sentence.item)
        if reading.facts is not None and leads:
            lead = place
    return out


_ABSORBED = re.compile(
    r"^(?:so |and |, |ok |then )*(?:shall i|may i|(?:would|do) you (?:like|want|prefer) (?:that|this|me to|it|to)(?: do (?:so|that|it))?"
    r"|(?:would|is|will|does) (?:that|this|it) [^?]{0,24}|(?:ok|okay|all right|alright|want (?:that|me to))(?: with you)?|should i"
    r"(?: do (?:so|that|it))?|shall i do (?:so|that|it)|are you [^?]{0,24}|do you agree|sound good|sounds good) ?(?:then |, |please )*\??$"
)
"""Questions that only ask whether what was offered before is wanted."""
_DO_IT = re.compile(r"\b(?:do|try) (?:that|this|it|so)\b|[^?]$")
"""What adds nothing to the request for the use of a tool."""
_PLANNED = re.compile(
    r"\b(?:plan|steps?|to do|todo|agenda|rules|procedure|process|workflow|checklist|policy|policies|how (?:we|i|it|this) (?:will|works?|do))\b"
)
_CHOOSES = re.compile(r"(?:And |So |Then )?[Ww]hich (?:one|of|slot|time|option|visit|appointment)\b[^?]*\?")


def _heads(item: str, names: FactNames) -> bool:
    """Whether a list item holds values, so that what stands above it is a heading."""
    return any(mark.isdigit() for mark in item) or not names.spoken_of(plain(item)[:80])


_NOTHING = _Reading(frozenset(), None, (), False, False)


def _decide(
    read: tuple[Sentence, ...], readings: list[_Reading], rules: tuple[str, ...], acts: dict[tuple[str, str], Act]
) -> None:
    """Gives a refusal the rules that the message cites and nowhere denies; a flat "no" next to a rule is one."""
    denied = {number for reading in readings for number in reading.denies}
    cited = dict.fromkeys(n for reading in readings for n in reading.cites if n not in denied)
    refusal = acts.get(("refuse", ""))
    if refusal is None:
        asks = any(act.kind == "ask" and act.facts for act in acts.values())
        place = decided(
            [one.declined for one in readings], [one.form for one in readings], cited=bool(cited), asks=asks
        )
        refusal = None if place is None else Act("refuse", read[place].text)
    if refusal is not None:
        named = tuple(rules[n - 1] if 1 <= n <= len(rules) else f"R{n}" for n in cited)
        acts["refuse", ""] = Act("refuse", refusal.text, rules=named)


_ORDER: tuple[ActKind, ...] = ("report", "failure", "refuse", "transfer", "propose", "close")


def _readback(shown: str, read: tuple[Sentence, ...], place: int) -> str:
    """The message up to the question, with the list that follows it."""
    end = place
    while end + 1 < len(read) and read[end + 1].item:
        end += 1
    return shown[: read[end].end].strip()
