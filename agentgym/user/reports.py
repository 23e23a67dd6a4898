"""What a sentence reports as done or as so. It takes the stated part of a sentence in plain form."""

from __future__ import annotations

import re

from agentgym.user.deeds import DEED_WORDS, DEEDS, TERSE
from agentgym.user.grammar import ACTION, DONE, asserted, one_of
from agentgym.user.labels import (
    ACCOUNT,
    ASIDE,
    CHANGED,
    DAY_DONE,
    ENDED,
    FIELD,
    FIELD_NOUN,
    FIELD_VERB,
    LABEL,
    NOT_MINE,
    PRINTED,
    RECORDED,
)
from agentgym.user.results import (
    ACTIVE,
    ATTRIBUTE,
    BARE,
    COORDINATED,
    NOUN_DONE,
    OBJECT,
    OFFERS,
    ONCE,
    PASSIVE,
    STATE,
    STATIVE,
)
from agentgym.user.standing import (
    APPOINTED,
    BIDDEN,
    CARRIED,
    CHECK_DONE,
    CHECKED,
    CODE,
    DATED,
    DELIVERED,
    ELSEWHERE,
    ELSEWHERE_DONE,
    FIXED,
    FIXED_AS,
    FOR_ALL,
    GENERAL,
    HELD,
    HISTORY,
    MADE_OF,
    MANNER,
    NO_RESULTS,
    OFTEN,
    ON_ITS_WAY,
    OTHERS_DID,
    OWNED,
    PARTICIPIAL,
    PASSED,
    PAST_STATE,
    REBOOKED,
    RESOURCE,
    SELF,
    TAKEN,
    USUALLY,
    YOURS,
)

__all__ = ["reports", "said"]

_VERBAL = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|do|does|did|will|would|can|could|should|shall|may"
    r"|might|must|not|no|never|i|we|you|he|she|they|if|when|once|to|which|that|need|needs|get|getting|until"
    r"|before|after|without|any|every|most|all appointments|said|says|or|almost|nearly|partly)\b"
)
_WEAK = re.compile(
    r"(?:booked|scheduled|reserved|set|registered|paid|opened|recorded|blocked|locked|assigned|enrolled|marked"
    r"|made|ordered|due|logged|linked|insured|charged|filed|placed|fixed|stopped|released|disabled|closed"
    r"|suspended|issued|secured|put|saved)$"
)
_KEPT = frozenset("confirmed recorded registered logged marked entered linked saved".split())
_KNOWN = re.compile(r"\b(?:insurance|card|cover|identity|number|you|name|birth|calls?|that|which)$")
_AS = re.compile(
    r" (?:as (?:the|an?|our)|with us|here|your identity|who you|in (?:the|our) system|under|to (?:the|this|your)"
    r" (?:record|account|file|number))\b"
)
_HEAD = re.compile(r" (?:with|for|at|on|from|of|to|in|by|under) ")
_CLOCK = re.compile(r"\d")
_TELLS_TIME = re.compile(r"(?:^|[,;:(-] |\b(?:and|but|so|because|as|that) )(?:it|the time|today|my clock)(?: \w+)? $")
_PERSON = re.compile(r"\b(?:he|she|they|dr|doctor)$")
_PLACED = re.compile(r" (?:now )?(?:in|for|at \d|with|on)\b(?! (?:until|all|solid|surgery|leave|that|those))")
_RELATIVE = re.compile(r"(?:\b(?:which|who|whatever|what)|\w that) $")
_TO_NOTES = re.compile(r"^(?:noted|logged|recorded|registered|marked) (?:your|that|the|this|down|it)\b")


def reports(form: str, words: frozenset[str]) -> int:
    """3 where the speaker says to have done something, 2 where something has been done or is so as a result, 1 where
    it may only describe a state ("is booked for Friday"), 0 where it reports nothing."""
    if OFFERS.match(form) or ONCE.match(form):
        return 0
    done = not words.isdisjoint(_DONE_WORDS)
    if (done or not words.isdisjoint(_ACTED_WORDS)) and _acted(form):
        return 1 if _DOWN_FOR.search(form) else 3
    if not words.isdisjoint(DEED_WORDS) and _did(form):
        return 3
    if not words.isdisjoint(_OK) and TERSE.match(form) and not form.endswith("?"):
        return 2
    been = not words.isdisjoint(_BE)
    if been and (done or not words.isdisjoint(_STATE_WORDS)) and _became(form):
        return 2
    if not done:
        return 0
    return (been and _is_so(form)) or 2 * (_shortly(form) or _named(form))


_DOWN_FOR = re.compile(r"\b(?:have|got) you (?:\w+ )?down (?:for|as|with)\b")
"""What may only read a record: "I've got you down for two"."""
_OK = frozenset(["ok", "okay", "success"])
_DONE_WORDS = frozenset(
    form.split()[0] for form in DONE.replace("cancell?ed", "cancelled|canceled").split("|")
) | frozenset(
    "done complete completed finished sorted success successful set started opened given gone settled".split()
)
_ACTED_WORDS = frozenset(
    (
        "ahead managed able succeeded off care in down hereby did done made have had"
        " that got transferred cut written wrote drawn drafted through out opened"
    ).split()
)
_BE = frozenset(
    "stands is are am was were been be has have had got went succeeded all mission job no now that you gone".split()
)
_STATE_WORDS = frozenset(
    "now set done complete finished sorted care way gone good settled effect effective concluded wrapped yours"
    " underway"
    " deal through ahead smoothly successful success succeeded accomplished longer dusted off out over date in on"
    " down"
    " make register send book move change update waive"
    " "
    " place "
    " cancel cancell annul reschedule refund dealt seen completes concludes finalises finalizes active live valid"
    " void back"
    " split joined trimmed topped zeroed"
    " post mail checked yours slotted squeezed pencilled signed paid up file already".split()
)


def _acted(form: str) -> bool:
    """ "I have cancelled it", "just booked it for you"."""
    for found in ACTIVE.finditer(form):
        text, tail = found[0], form[found.end() : found.end() + 60]
        if found.start() == 0 and not _SPEAKER.match(text) and not _subjectless(form, tail):
            continue
        if text.startswith(("had", "i had", "we had")) and not _HAD_DONE.search(text):
            continue
        if (text.endswith("moved") and _RELOCATED.match(tail)) or (text.endswith("stopped") and tail[:7] == " short "):
            continue
        if any(verb.search(text) and object_.match(tail) for verb, object_ in NO_RESULTS):
            continue
        if asserted(form, found.start(), found.end()):
            return True
    return any(
        not _MADE_NOTE.match(form, found.end() - 4)
        and (_SPEAKER_ANYWHERE.search(form, 0, found.start()) or form.startswith("found "))
        and said(form, found)
        for found in COORDINATED.finditer(form)
    )


_FOUND_AND = re.compile(
    r"^(?:(?:ok|great|good|news|right|well|alright|perfect|now|also|so|and|,|i|we|have|just) )*(?:found|checked"
    r"|saw)\b(?!.* (?:not|that|if|whether) )[^,;]* $"
)


def said(form: str, found: re.Match[str]) -> bool:
    """Whether what follows "and" is asserted: "I found a slot and booked it"."""
    if _FOUND_AND.match(form[: found.start()]):
        return asserted(form[found.start() :], 0, found.end() - found.start())
    return asserted(form, found.start(), found.end())


def _did(form: str) -> bool:
    """ "I've put a note on your file"."""
    return any(asserted(form, found.start(), found.end()) for found in DEEDS.finditer(form))


_MADE_NOTE = re.compile(r"made (?:a |an |some |my )?(?:note|mistake|list|effort|attempt|search|check)")
_RELOCATED = re.compile(
    r" (?:(?:in)?to|into|from|over to) (?:an? |the |our )?(?:new|different|larger|bigger|house|\w+ (?:street|road))\b"
)


def _subjectless(form: str, tail: str) -> bool:
    """Whether a participle at the beginning is a report without its subject, and no attribute ("booked visits")."""
    return _AFTER_BARE.match(tail) is not None and not _ATTRIBUTE.match(form)


def _became(form: str) -> bool:
    """ "It has been cancelled", "the refund went through"."""
    for pattern in (PASSIVE, STATE):
        for found in pattern.finditer(form):
            if _RELATIVE.search(form, 0, found.start()) or " still " in found[0]:
                continue
            if _elsewhere(_subject(form, found.start()), found[0]) and not DELIVERED.search(found[0]):
                continue
            if HISTORY.match(form, found.end()) or (
                _CLOCK.search(found[0]) and _TELLS_TIME.search(form, 0, found.start())
            ):
                continue
            if OTHERS_DID.match(form, found.end()) or found[0].endswith("delayed") or OFTEN.search(found[0]):
                continue
            if found[0].endswith("delivered") and CARRIED.search(_subject(form, found.start())):
                continue
            if MANNER.match(form, found.end()) or _merely(form, found):
                continue
            past = pattern is PASSIVE and found[0].startswith(("was", "were"))
            if past and (
                found[0].endswith((" scheduled", " charged"))
                or PAST_STATE.search(form)
                or DATED.match(form, found.end())
            ):
                continue
            if asserted(form, found.start(), found.end(), pending=found[0].startswith(("is", "are", "am"))):
                return True
    return False


def _merely(form: str, found: re.Match[str]) -> bool:
    """Whether it tells of a check that is finished, of a slot that is gone, or of what would make all set."""
    text = found[0]
    if ON_ITS_WAY.search(text):
        return CARRIED.search(_subject(form, found.start())) is not None
    if text.endswith("gone") and PASSED.search(_subject(form, found.start())):
        return True
    if text.endswith(("gone", "yours")):
        return TAKEN.search(form, 0, found.start()) is not None
    if text.endswith((" open", " closed")):
        subject = _subject(form, found.start())
        return RESOURCE.search(subject) is not None and not OWNED.match(subject)
    if text.endswith("done") and ELSEWHERE_DONE.match(form, found.end()):
        return True
    if CHECK_DONE.search(text):
        return CHECKED.search(form, max(0, found.start() - 60), found.start()) is not None
    return text.endswith(("set", "done", "good", "good to go")) and _AND_WE.search(form, 0, found.start()) is not None


_AND_WE = re.compile(r"\band (?:then )?we $")


_STANDING = frozenset("set fixed blocked locked suspended frozen put".split())


def _is_so(form: str) -> int:
    """2 for "is now cancelled", 1 for "is booked", which may only describe."""
    level = 0
    for found in STATIVE.finditer(form):
        if _RELATIVE.search(form, 0, found.start()) or USUALLY.search(found["adverb"]):
            continue
        if not asserted(form, found.start(), found.end(), pending=True) or _AND_WE.search(form, 0, found.start()):
            continue
        subject = _subject(form, found.start())
        if found["done"] in _STANDING and (
            SELF.search(subject)
            or FIXED_AS.match(form, found.start("done"))
            or (FIXED.search(subject) and not found["adverb"])
        ):
            continue
        if (
            found["done"] == "delayed"
            or MADE_OF.match(form, found.start("done"))
            or FOR_ALL.match(form, found.start("done"))
            or (found["done"] == "printed" and CODE.search(subject))
        ):
            continue
        if found["done"] in HELD and YOURS.match(subject):
            level = 1
            continue
        if _elsewhere(subject, found["done"]) or HISTORY.match(form, found.end()) or PRINTED.match(form, found.end()):
            continue
        if found["done"] in _KEPT and (
            (_KNOWN.search(subject) and found["adverb"] == "" and _AS.match(form, found.end()))
            or NOT_MINE.search(subject)
        ):
            continue
        if (GENERAL.match(subject) and subject not in ("this", "yes", "thanks")) or (
            RESOURCE.search(subject) and not (_PERSON.search(subject) and _PLACED.match(form, found.end()))
        ):
            if not (OWNED.match(subject) and form.startswith((" now", " again"), found.end())):
                continue  # a general statement, or a busy resource
            return 2
        if found["adverb"].strip() or not _WEAK.search(found["done"]):
            return 2
        level = 1
    return level


def _elsewhere(subject: str, done: str) -> bool:
    """Whether the subject is none that the speaker does something to, as a test that comes back."""
    return ELSEWHERE.search(subject) is not None and not (APPOINTED.search(subject) and REBOOKED.search(done))


def _subject(form: str, at: int) -> str:
    """The head of what stands before a verb: "the visit with dr lund is ..." -> "the visit"."""
    clause = form[max(0, at - 160) : at].rpartition(" , ")[2].rpartition(" : ")[2].strip()
    return _HEAD.split(_CONJ.split(clause)[-1], maxsplit=1)[0].strip()


_CONJ = re.compile(r"\b(?:and|but|so|because|that) (?=(?:the|your|it|this|my|our|a|an)\b)")


def _shortly(form: str) -> bool:
    """ "Done.", "Cancelled for you"."""
    found = BARE.match(form)
    if (
        found is None
        or RECORDED.match(form)
        or FIELD.match(form)
        or form.startswith((" by ", " to be ", " to arrive "), found.end())
        or BIDDEN.match(form)
        or PARTICIPIAL.match(form)
        or " still " in found[0]
        or (_PAIRED.match(form) and not _PAIRED_DONE.match(form))
        or _TO_NOTES.match(form)
        or _CONFIRMED_WITH.search(form)
        or PRINTED.match(form, found.end())
    ):
        return False
    return asserted(form, found.end() - 1, found.end(), pending=True)


_REFERENCE = re.compile(r"[a-z]{0,5}(?: ?- ?)?\w*\d\w* : ")
"""A number before what became of the thing: "INV-12: late fee waived"."""


def _named(form: str) -> bool:
    """ "Refund issued", "cancellation complete"."""
    if "(" in form:
        form = ASIDE.sub("", form)
    found = NOUN_DONE.match(form)
    if (label := _REFERENCE.match(form)) and (inner := NOUN_DONE.match(form[label.end() :])):
        form, found = form[label.end() :], inner
    if found is None or "?" in form or _VERBAL.search(form, 0, found.end("noun")):
        return False
    noun = found["noun"].strip()
    if (
        (
            ":" in noun
            and (not noun.endswith(" :") or (LABEL.search(noun) and not DAY_DONE.match(form)) or noun.count(" ") > 5)
        )
        or noun.count(" ") > 6
        or (
            NOT_MINE.search(noun)
            and not (ACCOUNT.search(noun) and CHANGED.match(form, found.end("noun")) and noun.count(" ") < 3)
        )
        or (FIELD_NOUN.search(noun) and FIELD_VERB.match(form, found.end("noun")))
        or _NO_NOUN.match(noun)
        or ATTRIBUTE.search(form, found.end("noun"))
        or (ENDED.match(form, found.end("noun")) and DATED.search(form, found.end("noun")))
        or PRINTED.search(form, found.end("noun"))
    ):
        return False
    return asserted(form, found.end("noun"), found.end("noun"))


_SPEAKER = re.compile(r"(?:i|we)\b")
_SPEAKER_ANYWHERE = re.compile(r"\b(?:i|we)\b")
_HAD_DONE = re.compile(r"\bhad \w+ \w+")
_AFTER_BARE = re.compile(OBJECT)
_ATTRIBUTE = re.compile(
    r"\w+ (?:\w+ )?(?:appointments|orders|items|bookings|visits|invoices|fees|referrals|refills|payments|patients"
    r"|cards"
    r"|slots|cases|data|users)\b"
)
_PAIRED = re.compile(rf"(?:{DONE}) (?:and|or|,) (?:{DONE})\b")
_PAIRED_DONE = re.compile(rf"(?:done|sorted)\b|(?:{DONE}) , (?:and )?(?:done|sorted|finished)\b")
_CONFIRMED_WITH = re.compile(r"\bconfirmed (?:with|by|that)\b")
_NO_NOUN = re.compile(
    r"(?:well|not|nothing|already|what|how|status|please|kindly)\b"
    rf"|{one_of(*ACTION)} (?:the|this|that|it|your|my|our|all|any|everything|me|us)\b"
)
