"""The acts of a message from what its sentences do: lists, pronouns, offers taken up, rules denied elsewhere."""

from __future__ import annotations

import re

from agentgym.types import Act, ActKind
from agentgym.user.facts import NUMBER, FactNames
from agentgym.user.grammar import inverted, plain
from agentgym.user.hands import hands_asked, stem
from agentgym.user.readings import PRONOUN, TO_USER, Reading, Ready
from agentgym.user.text import Sentence
from agentgym.user.verdicts import decided, retracts

__all__ = ["joined"]

_PROPOSAL: frozenset[str] = frozenset(["propose"])
_BESIDE = frozenset(["failure", "refuse"])

_IT = frozenset(["it", "that", "them", "one", "those", "there"])


def _tools_spoken_of(readings: list[Reading], place: int, ready: Ready) -> tuple[str, ...]:
    """The tools that "read it out to me" asks for, after what was said before."""
    words = readings[place].form.split()
    if _IT.isdisjoint(words) or ready.verb_forms.isdisjoint(words):
        return ()
    stemmed = [stem(word) for word in words]
    context = {stem(word) for reading in readings[max(0, place - 3) : place] for word in reading.form.split()}
    return hands_asked(readings[place].form, words, stemmed, ready.hands, context & ready.hand_words)


def joined(shown: str, read: tuple[Sentence, ...], readings: list[Reading], ready: Ready) -> tuple[Act, ...]:
    """The acts of the sentences put together."""
    if _telegram(shown, readings):
        return ()
    readings = _with_lists(read, readings, ready)
    _settle(readings)
    if "?" in shown and len(readings) > 1:
        _answered(read, readings)
    proposed = any("propose" in reading.kinds for reading in readings)
    more = proposed and any("propose" in one.kinds and _ON_TOP.search(one.form) for one in readings)
    acts: dict[tuple[str, str], Act] = {}
    asked: dict[str, None] = {}
    for place, (sentence, reading) in enumerate(zip(read, readings, strict=False)):
        facts, tools = _resolved(readings, place, ready)
        if facts is not None:
            fresh = tuple(name for name in dict.fromkeys(facts) if name not in asked)
            asked.update(dict.fromkeys(fresh))
            if fresh or not facts:
                acts["ask", str(place)] = Act("ask", sentence.text, fresh)
        for tool in tools:
            acts.setdefault(("request", tool), Act("request", sentence.text, tool=tool))
        for kind in _ORDER if reading.kinds else ():
            if kind not in reading.kinds or (kind == "report" and reading.weak and proposed and not more):
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
    vague = not proposed and not _covered(acts, ready)
    return tuple(
        act
        for act in acts.values()
        if act.kind != "ask"
        or act.facts
        or (vague and (not asked or _NATURAL.match(act.text)))
        or _CHOOSES.match(act.text)
    )


def _telegram(shown: str, readings: list[Reading]) -> bool:
    """Whether the message is a heap of keywords, each with a full stop."""
    if len({kind for reading in readings for kind in reading.kinds}) >= 3 and all(one.bare for one in readings):
        return True
    told = [one.form for one in readings if one.form]
    if _KEYWORDS.match(shown):
        return "?" not in shown
    if any("please" in form for form in told):
        return False
    if len(readings) >= 4 and all(one.bare and one.facts for one in readings) and "?" not in shown:
        return True
    short = sum(form.count(" ") < 3 for form in told) if len(told) >= 6 and "?" not in shown else 0
    return short > 0 and short >= 0.8 * len(told)


def _settle(readings: list[Reading]) -> None:
    """Takes back what a later sentence says otherwise: reports retracted, and proposals that only ask whether a
    transfer offered before is wanted."""
    taken = 0
    for place in range(1, len(readings)):
        reading = readings[place]
        if reading.kinds == _PROPOSAL and _ABSORBED.search(reading.form):
            before = readings[max(0, place - 2) : place]
            if any("transfer" in one.kinds for one in before) and not any("propose" in one.kinds for one in before):
                readings[place] = _NOTHING
        if retracts(reading.form):
            taken = place
    readings[:taken] = [one._replace(kinds=one.kinds - {"report"}) for one in readings[:taken]]


def _resolved(readings: list[Reading], place: int, ready: Ready) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The facts and tools that a sentence asks for, with "it" and "the number" made what they stand for."""
    reading = readings[place]
    facts, tools = reading.facts, reading.tools
    if (
        place
        and facts == ()
        and readings[place - 1].kinds <= _BESIDE
        and (PRONOUN.search(reading.form) or _ANEW.match(reading.form))
    ):
        before = readings[place - 1].form
        facts = ready.names.asked(before) or ready.names.spoken_of(before)[-1:]
    if place and facts == () and _HAVE_IT.search(reading.form) and _NONE_HELD.search(readings[place - 1].form):
        facts = ready.names.spoken_of(readings[place - 1].form)[-2:]
    if place and facts == () and _WHAT_STANDS.match(reading.form) and readings[place - 1].kinds <= _BESIDE:
        facts = ready.names.spoken_of(readings[place - 1].form)[-1:]
    if place and facts == () and _TELLS.match(reading.form) and _LACKS.search(readings[place - 1].form):
        facts = ready.names.asked(readings[place - 1].form)
    if facts and NUMBER in facts:
        facts = _numbered(readings, place, facts, ready.names)
    if place and not tools and ready.hands and not reading.kinds and reading.form:
        tools = _tools_spoken_of(readings, place, ready)
        if tools and not facts:
            facts = None
    return facts, tools


def _covered(acts: dict[tuple[str, str], Act], ready: Ready) -> bool:
    """Whether a question for nothing in particular only repeats the request for the use of a tool."""
    return any(kind == "request" for kind, _ in acts) and any(
        _DO_IT.search(act.text) or not ready.hand_words.isdisjoint(map(stem, plain(act.text).split()))
        for act in acts.values()
        if act.kind == "ask"
    )


def _numbered(readings: list[Reading], place: int, facts: tuple[str, ...], names: FactNames) -> tuple[str, ...]:
    """The facts of a reading with "the number" made that of what was spoken of last."""
    meant = names.phones
    for reading in readings[place::-1]:
        spoken = [name for _, _, alias in names.spans(reading.form) for name in names.names[alias]]
        found = next((name for name in reversed(spoken) if name in names.countable), None)
        if found is not None:
            meant = (found,)
            break
    return tuple(dict.fromkeys(one for name in facts for one in (meant if name == NUMBER else (name,))))


def _with_lists(read: tuple[Sentence, ...], readings: list[Reading], ready: Ready) -> list[Reading]:
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
            out[place] = _NOTHING._replace(tools=reading.tools, form=reading.form) if reading.tools else _NOTHING
            continue
        lead = -1
        listed = place + 1 < len(read) and read[place + 1].item and read[place + 1].mark != "?"
        if planned and sentence.item and TO_USER.isdisjoint(reading.form.split()):
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
    r"^(?:so |and |, |ok |then )*(?:shall i|may i|(?:would|do) you (?:like|want|prefer) (?:that|this|me to|it"
    r"|to)(?: do (?:so|that|it))?"
    r"|(?:would|is|will|does) (?:that|this|it) [^?]{0,24}|(?:ok|okay|all right|alright|want (?:that|me to))(?:"
    r" with you)?|should i"
    r"(?: do (?:so|that|it))?|shall i do (?:so|that|it)|are you [^?]{0,24}|do you agree|sound good|sounds good)"
    r" ?(?:then |, |please )*\??$"
)
"""Questions that only ask whether what was offered before is wanted."""

_DO_IT = re.compile(r"\b(?:do|try) (?:that|this|it|so)\b|[^?]$")
"""What adds nothing to the request for the use of a tool."""

_TELLS = re.compile(
    r"(?:and |so |ok |, )*(?:(?:could|can|would|will) you|would you mind|please|kindly)(?: (?:please|kindly|just"
    r"|perhaps))* (?:tell|telling|give|giving"
    r"|provide|share|sharing|help|supply|let me know|let me have|let us know|send|fill)(?: (?:me|us|in|that|it|this"
    r"|these|those|them|out|with|to|for"
    r"|please|again|now|one|both))* ?[?.!]?$"
)
_LACKS = re.compile(
    r"\b(?:not|missing|lack\w*|need\w*|requires?|without|forgot\w*|unsure|no record|blank|empty|unclear)\b"
)
_WHAT_STANDS = re.compile(
    r"(?:and |so |then |now )*what (?:does|is|would|was) (?:yours|it|that|that one|the one you have)"
    r"(?: (?:say|read|show|begin with|start with|be|look like))?(?: (?:on|in) (?:your|the) \w+)? ?\?"
)
_HAVE_IT = re.compile(
    r"\b(?:do|have|would|could|can|may|might) (?:you|i) (?:\w+ )?(?:have|got|give|find|tell|share|read|see|send|add"
    r"|get|take|provide)"
    r"(?: me| us)? (?:it|that|them|one|those)\b"
    r"|^(?:so |and )*what (?:should (?:i|it|we) (?:put|say|enter|write|note|be|read)|is it|would it be|shall i"
    r" (?:put|enter|write))\b"
)
_NONE_HELD = re.compile(
    r"^(?:ok |but |and |so |, )*(?:no|missing)\b|\b(?:there is|i see|i have|we have|i find|has) no\b|\bnot (?:have"
    r"|see|find|on file|there"
    r"|in (?:your|the) file)\b|\bmissing\b|\b(?:field|blank|empty)\b|\b(?:have|need) to (?:put|enter|fill|note)\b"
)
_ANEW = re.compile(
    r"(?:and |so |ok |, )*(?:(?:can|could|would|will) you|please|kindly)(?: \w+)? (?:check|double check|repeat|try"
    r"|say|spell|give|tell"
    r"|send|read|verify)\b[^?]{0,50}\b(?:again|once more)\b"
)
_PLANNED = re.compile(
    r"\b(?:plan|steps?|(?<!what )(?<!things )to do|todo|agenda|rules|procedure|process|workflow|checklist|policy"
    r"|policies|how (?:we|i|it"
    r"|this) (?:will|works?|do))\b"
)

_ON_TOP = re.compile(
    r"(?<!me )\b(?:too|as well|also|while i am at it|while we are at it)\b|^(?:and )?(?:shall|should|can"
    r"|may) i also\b"
)
"""What offers something more: "shall I book the 4:30 for you too?"."""
_NATURAL = re.compile(r"(?:And |So |Then )?(?:[Ww]hich|[Ww]hen|[Ww]as|[Ii]s it|[Ww]hat should)\b[^?]*\?")
"""Questions that may ask for a fact without its name, next to others that name theirs."""
_CHOOSES = re.compile(
    r"(?:And |So |Then )?(?:[Hh]ow (?:many|much|long|often)\b[^?]*\?|[Ww]hich (?:one|of|slot|time|option|visit"
    r"|appointment)\b[^?]*\?)"
)


def _heads(item: str, names: FactNames) -> bool:
    """Whether a list item holds values, so that what stands above it is a heading."""
    return any(mark.isdigit() for mark in item) or not names.spoken_of(plain(item)[:80])


_KEYWORDS = re.compile(r"(?:keywords?|tags?|topics?|labels?|search terms?|vocabulary|intents?) *:", re.IGNORECASE)
_SELF_ASKED = re.compile(
    r"(?:and |so |but )*(?:what happened|what went wrong|what (?:does|do|did) (?:this|that|it|these) mean"
    r"|why(?: is that| so| not)?|how come"
    r"|why can not (?:i|we)\b[^?]*|what now|as you (?:asked|wanted)\b[^?]*|(?:the|your|our) (?:\w+ )?\w+) \?$"
)
_RHETORIC = re.compile(
    r"(?:and |so |but |well |, )*(?:what (?:does|did) (?:this|that) mean(?: for you| now| exactly)?"
    r"|why did (?:this|that) happen"
    r"|what happens (?:now|next|then)|how does (?:this|that|it) work|why is (?:this|that)|what (?:now|next)"
    r"|what is next"
    r"|the (?:good|bad) news|the (?:catch|upshot|result|reason)) \?$"
)
"""Questions that a speaker asks only to answer them."""
_RESTATED = re.compile(
    r"(?:and |so |but |ok |, )*(?:you (?:want|would like|wanted|need|wish|are asking|asked|mean)\b|as you asked\b"
    r"|(?:can|could|may|will|would) (?:i|we)"
    r" (?!please|have|ask|get|also|go|proceed)\w+|do you know (?:what|why))"
)
_ANSWERED = re.compile(
    r"(?:(?:well|oh|so|but|and|,) )*(?:no|nope|yes|sadly|unfortunately|regrettably|sorry|i am (?:sorry|afraid"
    r"|unable)|i (?:can|could) not|we can not"
    r"|because|it (?:says|means|is not)|(?:that|this|it) is not|that (?:can|will) not|not (?:possible|allowed)"
    r"|impossible|can not|could not|will not|not (?:today|here|this)|of course not|afraid not)\b"
)
_HELD = re.compile(
    r"(?:(?:i|we) (?:already )?(?:have|got|see|know) (?:that|it|those|them|this|these|all)\b|not needed|no need"
    r"|got (?:it|that)|already (?:have|got))"
)


def _answered(read: tuple[Sentence, ...], readings: list[Reading]) -> None:
    """Takes back the questions that the speaker answers in the next breath: "The result? It is booked."."""
    for place in range(min(len(read), len(readings)) - 1):
        reading, after = readings[place], readings[place + 1]
        if (
            read[place].mark != "?"
            or (reading.facts is None and "propose" not in reading.kinds)
            or read[place + 1].mark == "?"
        ):
            continue
        if reading.facts and not reading.kinds:
            gone = _HELD.match(after.form) is not None
        else:
            told = not after.kinds.isdisjoint(_TOLD)
            gone = (
                (_RHETORIC.match(reading.form) is not None and after.facts is None and after.form.count(" ") > 1)
                or (told and _SELF_ASKED.match(reading.form) is not None)
                or (_fragment(reading) and _ANSWERED.match(after.form) is not None)
                or (_RESTATED.match(reading.form) is not None and _ANSWERED.match(after.form) is not None)
                or (_SELF_ASKED.match(reading.form) is not None and _ANSWERED.match(after.form) is not None)
            )
        if gone:
            readings[place] = reading._replace(kinds=reading.kinds - {"propose"}, facts=None)


def _fragment(reading: Reading) -> bool:
    """Whether a question only takes up what the user wants: "booking for your neighbour? can not do that"."""
    return (
        not reading.facts
        and reading.form.count(" ") < 9
        and not inverted(reading.form)
        and _TAKEN_UP.match(reading.form) is not None
    )


_TAKEN_UP = re.compile(
    r"(?:and |so |but |ok |, )*(?:\w+ing|a|an|the|your|early|another|more|that|this|no|cancel|book|move|change"
    r"|refund|transfer"
    r"|refill)\b(?!.*\b(?:ok|okay|right|correct|yes|fine|alright|agreed|deal)\b)"
)
_TOLD = frozenset(["report", "failure", "refuse"])
_NOTHING = Reading(frozenset(), None, (), False, False)


def _decide(
    read: tuple[Sentence, ...], readings: list[Reading], rules: tuple[str, ...], acts: dict[tuple[str, str], Act]
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
