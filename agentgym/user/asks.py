"""What a sentence asks for: the ledger facts it names, and whether it is a question or request at all."""

from __future__ import annotations

import re

from agentgym.user.asking import (
    ADDS,
    AGENDA,
    ASKING,
    ASKS_WHAT,
    COUNTED,
    COURTESY,
    DIRECT,
    ECHO,
    GLUE,
    IMPERATIVE,
    JUDGED,
    JUST,
    LATER,
    LEADING,
    MOMENT,
    NOT_NEEDED,
    NOUNS_TOO,
    PARTS,
    PLANS,
    POLITE,
    PREFACE,
    SERVES,
    SMALL,
    SPEAKS_OF,
    THEN,
    TO_YOU,
    WANTED,
    WH,
)
from agentgym.user.facts import NUMBER, FactNames
from agentgym.user.lacking import (
    BY_MEANS,
    DIRECTLY,
    GIVING,
    IF_GIVEN,
    INFORMATION,
    IS_GIVEN,
    LEAVING,
    LEFT,
    NEED,
    ON_SCREEN,
    OTHER_WANT,
    REQUIRED,
    REQUIRING,
    SUPPOSED,
    UNLESS,
    UNREAL,
    UNTOLD,
    WITH_IT,
)

__all__ = ["FactNames", "agenda", "elliptic", "requested"]


def requested(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """The facts that a sentence in plain form asks for now: empty when it asks for something else, None when it does
    not ask."""
    facts = _requested(form, question, names)
    return None if facts is not None and not question and LATER.search(form) else facts


def _requested(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """The facts that a sentence in plain form asks for: empty when it asks for something else, None when it does not
    ask."""
    if (counted := COUNTED.match(form)) and names.names_any(form):
        form = form[counted.end() :]
        if not question and (facts := elliptic(form, names)):
            return facts
    spans = names.spans(form)
    if spans and (named := _bare(form, question, names, spans)) is not _UNDECIDED:
        return named
    if question and SERVES.search(form) and not _WHICH.search(form):
        return ()  # "how can I help with your invoice?"
    if not question and (_ALL_HELD.match(form) or ("ask" in form and _ASKS_OTHERS.match(form))):
        return None
    if ECHO.fullmatch(form) or agenda(form) or (spans and not question and " : " in form and _FOUND.search(form)):
        return None
    if not question and (
        (not spans and ASKING.isdisjoint(form.split()) and not WH.match(form))
        or UNREAL.search(form)
        or SUPPOSED.match(form)
    ):
        return None
    if NOT_NEEDED.search(form) and " unless " not in form:
        return _without_denied(form, question, names)
    facts, vague = _directed(form, question, names, bool(spans))
    if facts is not _UNDECIDED:
        return facts
    if (facts := _needed(form, question, names)) is not None:
        return facts
    if question:
        return _unless_mentioned(form, names)
    if (spans or names.names_any(form)) and (facts := _indirect(form, names)) is not None:
        return facts
    return names.asked(form) if WH.search(form) or (spans and _STRAY.search(form)) else vague


_STRAY = re.compile(
    r"(?:\bplease|,|\bso|\band|\bnumber|\bok) (?:tell )?(?:what|which) (?:is|are|was) ?(?:your|the|full|patient|his"
    r"|her)\b(?! (?:\w+ ){0,2}of the)"
)
_IS_SO = re.compile(
    r"(?:great |perfect |ok |and |so |, )*(?:your|the) [^,:]* (?:is|are) (?:still |now |also "
    r"|already )?(?:on (?:file|record)|here|there|ok|okay|fine|valid"
    r"|great|perfect|exact|alright|all right|correct|right)\b"
)
_FOUND = re.compile(
    r" : (?:all |both |also |now )*(?:found|received|verified|checked|ok|okay|confirmed|noted|got it|got them|done"
    r"|matched|correct|on file|known|present)\b"
)
_ALL_HELD = re.compile(
    r"(?:\w+ |, ){0,3}?(?:i|we) (?:now |already )?(?:have|got|have got|have received) (?:all|everything"
    r"|every)\b(?!.*\b(?:but|except|missing)\b)"
)
_ASKS_OTHERS = re.compile(
    r"(?:\w+ |, ){0,6}?ask (?:with )?(?:the|our|my|a|dr) (?:\w+ )?(?:doctor|nurse|pharmacist|colleagues?|team"
    r"|insurer|manager|pharmacy|lab"
    r"|supervisor)\b"
)
_WHICH = re.compile(r", (?:what|which|on which|for which)\b")


def _bare(form: str, question: bool, names: FactNames, spans: list[tuple[int, int, str]]) -> tuple[str, ...] | None:
    """A sentence of fact names and little else, possibly behind a clause that says what for."""
    rest = PREFACE.sub("", form)
    if (
        rest != form
        and not question
        and form.startswith(("so ", "to ", "in order ", "before ", "first "))
        and " : " in form
    ):
        rest += " please"
    if rest != form and spans[0][0] >= len(form) - len(rest):
        named = _elliptic(rest, question, names, names.spans(rest))
        if named is not _UNDECIDED:
            return named
    named = _elliptic(form, question, names, spans)
    if named is _UNDECIDED and not question and " : " in form and form.endswith("please"):
        tail = form.partition(" : ")[2]
        if len(form) - len(tail) <= spans[0][0]:  # "let's get you verified: your name, please"
            named = _elliptic(tail, question, names, names.spans(tail))
    if named is _UNDECIDED and (cut := THEN.search(form)) and spans[0][0] < cut.start():
        head = form[: cut.start()] + " please"
        named = _elliptic(head, question, names, names.spans(head))
        if named is not _UNDECIDED and named is not None:
            rest = form[cut.end() :]
            more = (
                names.asked(rest)
                if rest.startswith(("what", "which", "who", "when"))
                else requested(rest, question, names)
            )
            more = more or ()
            return tuple(dict.fromkeys(named + more))
        return _UNDECIDED
    return named


def _directed(
    form: str, question: bool, names: FactNames, named: bool
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """What is asked for in the imperative or by "could you ...", `_UNDECIDED` if that does not settle it; and whether
    it asks for something at all."""
    found = _imperative(form, question, named)
    if found is None:
        return _UNDECIDED, None
    if MOMENT.match(found["object"]):
        return None, None  # "give me a second while I look for the invoice"
    if facts := names.asked(form, found.start("object")):
        return facts, None
    wanted = found["object"]
    if SPEAKS_OF.search(wanted) or _TO_OTHERS.match(wanted):
        return (None if question else _UNDECIDED), None  # "could you hold on a moment?"
    if question:
        return (names.asked(form) if named and ASKS_WHAT.match(form) else ()), None
    if WANTED.search(wanted):
        return (_UNDECIDED, ()) if named else ((), None)
    return _UNDECIDED, None


def agenda(form: str) -> bool:
    """Whether it is a line of somebody's plan: "next step: check the invoice"."""
    return AGENDA.match(form) is not None and TO_YOU.search(form) is None


def elliptic(form: str, names: FactNames) -> tuple[str, ...]:
    """The facts asked for by a question of fact names and little else, empty if it is none."""
    if JUDGED.search(form):
        return ()
    named = _elliptic(form, True, names, names.spans(form))
    return () if named is _UNDECIDED or named is None else named


_AT_PLACE = re.compile(
    r" (?:at|on|in|from|off|printed|written|shown|of) (?:the|your|that|this) [^,?:]{1,40}?(?= ,| please| [?.!]|$)"
)
_MEANT = re.compile(
    r" (?:that |which )?you (?:are |would |have |will )?(?:need|want|like|after|in mind|calling about|looking for"
    r"|mean"
    r"|meant|thinking of|use|used|gave|have|prefer|hoping for|talking about)\b(?: (?:refilled|renewed|changed|booked"
    r"|for|with|about))?"
)
_UNDECIDED: tuple[str, ...] = ("?",)


_SOME_OF = re.compile(r"(?:and |so |but )*(?:was|were|is|are|did|do|does|has|have) (?:any|some|all|most|one) of\b")


def _elliptic(form: str, question: bool, names: FactNames, spans: list[tuple[int, int, str]]) -> tuple[str, ...] | None:
    """A sentence of fact names and little else: "your phone number, please"."""
    if not question and "please" not in form and _IS_SO.match(form):
        return None
    if question and _SOME_OF.match(form):
        return _UNDECIDED
    small = form
    for start, end, _ in reversed(spans):
        small = small[:start] + small[end:]
    small = _MEANT.sub("", COURTESY.sub("", small))
    rest = (_AT_PLACE.sub("", small) if question or "please" in small else small).split()
    glue = all(word in GLUE for word in rest)
    if glue and not question and "please" not in rest and (len(spans) > 3 or (len(spans) == 3 and not rest)):
        return None  # a list of all there is asks for nothing
    if all(word in SMALL for word in rest) and (
        question or "please" in rest or "your" in form or glue or JUST.match(form) or ADDS.search(form)
    ):
        return names.asked(form) or None
    return _UNDECIDED


def _without_denied(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """What is asked for besides that which is said not to be needed."""
    parts = [part.strip() for part in PARTS.split(form)]
    kept = [part for part in parts if part and part not in ("no", "nope", "please") and not NOT_NEEDED.search(part)]
    if not kept:
        return None
    return requested(" , ".join(kept) + " please", question, names)


def _imperative(form: str, question: bool, named: bool) -> re.Match[str] | None:
    """A request in the imperative, or "could you ...", that is not part of a plan of the speaker's own."""
    found = None if form.startswith(("name : ", "name and ", "name , ")) else IMPERATIVE.search(form)
    if found is None or (not question and _FREE.search(form)):
        return None
    if not question and not named and found.start() == 0 and form.startswith(NOUNS_TOO):
        return None
    polite = POLITE.search(found[0][: found.start("object") - found.start()]) is not None
    if not polite and PLANS.search(LEADING.sub("", form[: found.start() + 1])):
        return None
    if (
        _TO_OTHERS.match(found["object"])
        or form.startswith(" you ", found.start("object"))
        or (found[0][0] in ",:" and not polite and not DIRECT.match(found["object"]))
    ):
        return None
    return found


_ABOUT = re.compile(
    r"(?:and |so |but |ok |then |now |also |oh |, )*(?:(?:did|was|were|has|does|had) (?:you|the|your|it|this|that"
    r"|he|she)\b|(?:was|were|is|are) (?:any|some|one|all|most) of (?:the|those|these|your)\b"
    r"|have you (?:\w+ )*?(?:paid|received|got|taken|tried|seen|been|had|picked|collected|used|spoken|talked|told"
    r"|asked|started|stopped"
    r"|finished|run|missed|lost)\b|(?:is|are) (?:the|this|that|it)\b|how (?:often|long|many|much|is|are|was|were"
    r"|did|does|has|soon"
    r"|do you (?:take|like|feel|find|get on))\b|why\b|where did\b|when (?:did|was|were)\b|what (?:did|does"
    r"|do) (?:the|your)\b(?! \w+ (?:put|start|prescribe|give|switch) you)"
    r"|what (?:amount|dose|dosage|strength|sum|colou?r)\b|do you (?:\w+ )?(?:take|pay|like|owe|trust)\b)"
)
_CERTAIN_ONE = re.compile(
    r"\b(?:a|an|any|which|what|certain|particular|prefer\w*|number|name|mind|called|known?|handy|want|like|remember"
    r"|who|spel\w+|written"
    r"|say|hand|calling|asking)\b"
)
_THINGS = frozenset(["doctor", "drug", "invoice"])


def _unless_mentioned(form: str, names: FactNames) -> tuple[str, ...]:
    """What a question asks for; "did you pay the invoice?" asks for no invoice."""
    facts = names.asked(form)
    if facts and (about := _ABOUT.match(form)) and not _CERTAIN_ONE.search(form, about.end()):
        return tuple(name for name in facts if names.kinds.get(name, "") not in _THINGS and name != NUMBER)
    return facts


_OTHERS_ASK = re.compile(
    r"\b(?:pharmacist|nurse|they|he|she|colleagues?|doctor|staff|insurer|hospital|desk|someone|system|app|form"
    r"|website|bank|pharmacy"
    r"|people) (?:\w+ ){0,2}$"
)
_TO_OTHERS = re.compile(
    r" (?:hi|hello|thanks|goodbye|sorry) to\b| (?:hi |hello |it |this |that )?(?:to )?(?:the|your|our|a|his"
    r"|her) (?:doctor|nurse|friends?|family|pharmacist"
    r"|colleagues?|team"
    r"|pharmacy|insurer|driver|receptionist|gp) (?:about|that|if|your|it|this|how|when|what|to|on|from|at|soon)\b"
)
_NEEDY = frozenset(
    "i we need needs needing needed require requires requesting must will"
    " clinic office practice surgery undersigned reception"
    " desk administration secretariat department registry".split()
)
_FREE = re.compile(r"(?<!\bif )\byou (?:can|may|could) (?:also |then |always )?(?:choose|pick|select|read)\b")


def _needed(form: str, question: bool, names: FactNames) -> tuple[str, ...] | None:
    """ "I need your ...", "your ... is required"."""
    found = None if _NEEDY.isdisjoint(form.split()) else NEED.search(form)
    if found and not OTHER_WANT.match(found["object"]) and not _TO_OTHERS.match(found["object"]):
        at = found.start("object")
        facts = names.asked(form, at)
        lacking = "not" in form[found.start() : at]
        first = next((start for start, _, _ in names.spans(form) if start >= at), at)
        if facts and not (lacking and not DIRECTLY.match(form[at:first])):
            return facts
        if not question and not lacking and INFORMATION.search(found["object"]):
            return ()
    if question:
        return None
    named = found is not None or names.names_any(form)
    found = LEFT.search(form) if named and not LEAVING.isdisjoint(form.split()) else None
    if found and not _OTHERS_ASK.search(form, 0, found.start()) and (facts := names.asked(form, found.end())):
        return facts
    if (
        not REQUIRING.isdisjoint(form.split())
        and REQUIRED.search(form)
        and not form.startswith(("if ", "when ", "in case "))
    ):
        value = _IS_VALUE.search(form)
        facts = names.asked(value[1] if value else form)
        if facts or (not value and re.search(r"\byour \w+", form)):
            return facts
    return None


_IS_VALUE = re.compile(r"(?:^|[:,;] )([^:,;]+) : (?:required|needed|missing|outstanding) ?[.!]?$")
"""A row read aloud: "due: 2026-04-01, verification: missing" may ask for the verification, and for nothing else."""


def _indirect(form: str, names: FactNames) -> tuple[str, ...] | None:
    """ "With your ... I can find it", "you haven't told me your ...", "I can't unless you give me your ..."."""
    found = BY_MEANS.search(form)
    if found and "have" not in form and "found" not in form and (facts := names.asked(form, found.start("object"))):
        return facts
    found = (
        ON_SCREEN.search(form) if "asking" in form or "you" in form or "before" in form else None
    ) or WITH_IT.match(form)
    if found and (facts := names.asked(form, found.start("object"))):
        return facts
    found = UNTOLD.search(form)
    if found and (facts := names.asked(form, max(map(found.start, ("object", "part", "held", "owed", "rest"))))):
        return facts
    found = IF_GIVEN.search(form)
    if found and GIVING.search(found[0]) and (facts := names.asked(form, found.start("object"))):
        return facts
    found = UNLESS.search(form) if "not" in form or "unable" in form else None
    if found:
        facts = names.asked(form, found.start("object"))
        if facts or IS_GIVEN.match(found["object"]):
            return facts
    return None
