"""Whether a sentence declines what the user wants. It takes the stated part of a sentence in plain form."""

from __future__ import annotations

import re
from itertools import islice

from agentgym.user.declining import (
    BARE_SUBJECT,
    BARE_VERB,
    BEFORE_ACT,
    BY_MISTAKE,
    DECLINE,
    DECLINE_NOT,
    DECLINE_SUBJECT,
    EVEN,
    IF,
    IF_NOT,
    NEEDS_USER,
    NEVER,
    NEW,
    NO_DEED,
    OPENS_IF,
    REFUSE_HEDGE,
    RESUMES,
    SPANS,
    STOPS,
    WE_HAVE,
    WITHOUT,
    WITHOUT_IT,
    WOULD,
    YET_CAN,
)
from agentgym.user.failures import TROUBLE_WORDS, troubled
from agentgym.user.grammar import ACTION, supposed
from agentgym.user.impossible import FLAT, IMPERSONAL, LASTING, NEUTRAL_PASSIVE, PARTICIPLE
from agentgym.user.inability import (
    ALONE,
    AS_FAR,
    CAN_NOT_HELP_BUT,
    CHARGES_YOU,
    CONFIDENTIAL,
    DISCLOSES,
    FORBIDDEN,
    GENERALLY,
    INCOMPLETE,
    LOOKS,
    MORE_THAN,
    NO_DECISION,
    NOT_DUE,
    NOT_FORBIDDEN,
    NOT_WRONG,
    NOT_YET,
    OPINION,
    PRIVATE,
    PROMISES,
    REASON_OBJECT,
    REASSURES,
    SAYING,
    SECRETS,
    TALK,
    TELL_THAT,
    TOGETHER,
    TRANSFERS,
    TURNED,
    UNWILLING,
    WILL_NOT,
    WILL_NOT_ACT,
    WILL_NOT_DO,
    WITHHOLDS,
)
from agentgym.user.searching import FIND, failed_search, neutral
from agentgym.user.verdict_words import DECLINE_WORDS, FLAT_WORDS, HARD, LOST, NEGATIVES

__all__ = ["CERTAIN", "STALLING", "WEAK", "judged"]

_MOST = 24
"""Places of one sentence that are looked at."""
WEAK, STALLING, CERTAIN = 1, 2, 3
"""A refusal next to a rule only; one unless the message asks for something; one in any case."""

_ADV = r"(?: (?:\w+ly|just|also|still|therefore|hence|thus|now|myself|then|so|in fact|indeed|even|already))*"
_NEG = (
    rf"(?:could not possibly|can{_ADV} not|(?:am|are|is|being|be) in no (?:position|place) to|could(?: \w+ly)? not"
    rf"|can no longer"
    rf"|can never|can neither|can in no way|can under no"
    rf" circumstances"
    rf"|(?:am|are|was|were|is|be|have been|has been){_ADV} (?:(?:not|no longer|neither|never) (?:\w+ly "
    rf"|going to be )?"
    r"(?:able|allow(?:ed)?|permit(?:ted)?|authori[sz]ed|in a position|going|empowered|at liberty|entitled|prepared"
    r"|willing|free"
    r"|meant|supposed|licensed|qualified|equipped|cleared|inclined) to|unable to|prohibited from|forbidden from"
    r"|barred"
    r" from"
    r"|prevented from|stopped from|restricted from|not willing to|forbidden to|obliged not to|required not to"
    r"|bound not"
    r" to)"
    r"|(?:will|shall) not(?: be (?:able|allowed|permitted) to)?|would not be able to|must not|may not"
    r"|do not (?:\w+ly )?have (?:the |any |an )?(?:\w+ )?(?:permission|authority|ability|authori[sz]ation|means|power"
    r"|right"
    r"|rights|option|clearance|mandate|freedom|discretion) to"
    r"|have no (?:\w+ )?(?:authority|way|permission|means|power|option|ability|right|choice but not|discretion"
    r"|mandate)(?: to| of)?|(?:did|do) not (?:manage|get|seem to be able) to|failed to|did not)"
)
_INABILITY = re.compile(
    rf"(?:\b(?P<who>i|we|you|nobody here|no one here|our (?:team|system|staff|clinic|office|desk)"
    rf"|(?:the|this|our) (?:clinic|team|system|office|store|shop|hotel|bank|policy|airline|library|company|desk"
    rf"|practice|front desk|surgery|hospital|department|cent(?:er|re)|management|undersigned(?: \w+)?|agency|provider"
    rf"|branch|administration))"
    rf"{_ADV} (?:(?:sees?|finds?|feels?) (?:it|my|our)sel\w+ )?|^(?:sorry |unfortunately |regrettably |sadly "
    rf"|apologies |no |and |so |ok |but |, |- |: |i am |aw+ |ah+ "
    rf"|oh+ |h+m+ |ugh |yikes |oof |eek |argh |nah |nope |well |look |hey |hi |alas |right |yeah |yes |uh |um |er "
    rf"|eh "
    rf"|gosh |damn |shame |bummer |listen |afraid |really |still |! )*"
    rf"|(?:[,:;(=-]|\bbut"
    rf"|\bso|\band|\btherefore|\bhence|\bthus|\bor|\bafraid) (?=unable|not able|can not|not allowed|will not|not"
    rf" permitted)"
    rf"|\b(?P<other>\w+) (?=(?:can|may|must) not (?!be\b)))"
    rf"(?P<neg>{_NEG}|(?:unable|unwilling|not able|not allowed|not permitted|not authori[sz]ed|not going) to|(?:am"
    rf"|are) not"
    rf" (?:allow|permit|authori[sz]e)d? (?:to|for))"
    rf"(?: (?:\w+ly|just|simply|even|quite|in good conscience|also|yet|do anything to|at this (?:point|time|stage)"
    rf"|at the moment"
    rf"|right now|therefore|for you|under (?:rule )?r?\d+|go ahead and|go ahead with"
    rf"|help (?:you )?(?:to )?(?=cancel|chang|book|mov)))*(?: (?P<verb>\w+))?"
)
_ACTS = frozenset(ACTION) | frozenset(
    "help assist comply proceed go be let continue agree have support follow skip ignore bill waive bend answer"
    " discuss"
    " advise diagnose interpret prescribe offer fit squeeze hold keep see get fulfill move treat cover accept reveal"
    " release"
    " read provide come discuss override reopen reinstate borrow lend sell board exchange".split()
)
_STALLS = frozenset("proceed continue go skip help assist move advance start begin bypass do get".split())
_PRESENT = re.compile(r"\b(?:could not(?! possibly)|was|were|did not|failed|have been|has been)\b")
_NOT_STALLED = re.compile(r" (?:\w+ing|the |your |a |an |any |visits?|appointments?|with (?:the|your|this|that) \w+)")
_ENDS = re.compile(r" ?(?:[.,!;]|$)")
_QUALIFIED = re.compile(r"\b(?:if|in case|should (?:it|the|you)|unless|whenever|when (?:the|it|an?|there)|once)\b")


def judged(form: str, words: frozenset[str], *, ruled: bool = False) -> tuple[bool, int]:
    """Whether the sentence reports trouble (a technical error, or something that could not be found), and how"
    " surely it
    declines what the user wants (`CERTAIN`, `STALLING`, `WEAK`, 0; 0 where it only reports trouble). `words`: those of
    the form. `ruled`: it cites a rule or the policy."""
    negated = not words.isdisjoint(NEGATIVES)
    unable = list(islice(_INABILITY.finditer(form), _MOST)) if negated else []
    failed = (negated or not words.isdisjoint(TROUBLE_WORDS)) and troubled(form)
    if not failed and not ruled and (negated or not words.isdisjoint(LOST)):
        failed = failed_search(form) or any(_failed(form, found) for found in unable)
        if failed and any(_withholds(form, found) for found in unable):
            return False, CERTAIN  # "your date of birth does not match, so I can't discuss it"
    return failed, _refuses(form, words, unable, ruled) if not failed or ruled else 0


def _withholds(form: str, found: re.Match[str]) -> bool:
    """Whether it declines to hand something out, or to look at all, whatever could not be found."""
    return (found["verb"] in WITHHOLDS or UNWILLING.search(found["neg"]) is not None) and (
        _unable(form, found, False) == CERTAIN
    )


def _failed(form: str, found: re.Match[str]) -> bool:
    """Whether the inability is one to find, or one in the past, without a decision."""
    if found["who"] == "you" or found["other"] or _QUALIFIED.search(form, 0, found.start()):
        return False
    verb, neg = found["verb"] or "", found["neg"]
    wanted = form[found.end() : found.end() + 160]
    if _OTHER_TIMES.match(form) or supposed(form, found.start()) or YET_CAN.search(form, found.end()):
        return False
    if REFUSE_HEDGE.search(_clause(form, found.start())) or WITHOUT_IT.search(form, 0, found.start()):
        return False
    if (
        (neg == "did not" and verb not in ("manage", "succeed", "work"))
        or " from here" in wanted
        or wanted.startswith(" what ")
        or (" in your " in wanted and " in your name" not in wanted)
    ):
        return False
    if form[: found.start()].endswith(("why ", "reason ")):
        return False
    if MORE_THAN.match(wanted):
        return False
    if verb in ("hear", "read") and "file" not in wanted and "record" not in wanted:
        return False
    if verb == "bring" and not wanted.startswith((" up", " it up", " you up", " your ", " that up")):
        return False
    if TOGETHER.match(wanted) or (verb in FIND and neutral(wanted, 0)):
        return False
    if verb == "seem" or (verb in FIND and not DISCLOSES.match(verb + wanted) and not UNWILLING.search(neg)):
        return not _needs_more(wanted) and not REASON_OBJECT.match(wanted)
    return (
        _PRESENT.search(neg) is not None
        and (verb in _ACTS or not verb)
        and " news" not in wanted
        and " if " not in form
        and not INCOMPLETE.search(form)
    )


def _clause(form: str, at: int) -> str:
    """What stands before `at` in the same clause."""
    return _CLAUSES.split(form[max(0, at - 200) : at])[-1]


def _refuses(form: str, words: frozenset[str], unable: list[re.Match[str]], ruled: bool) -> int:
    """How surely the sentence declines."""
    level = 0
    for found in unable:
        level = max(level, _unable(form, found, ruled))
        if level == CERTAIN:
            return level
    if not words.isdisjoint(DECLINE_WORDS) and any(
        _declines(form, found) for found in islice(DECLINE.finditer(form), _MOST)
    ):
        return CERTAIN
    if not words.isdisjoint(NEGATIVES):
        for found in islice(PARTICIPLE.finditer(form), _MOST):
            level = max(level, _passive(form, found, ruled))
    if level < CERTAIN and not (words.isdisjoint(NEGATIVES) and words.isdisjoint(HARD)):
        for found in islice(IMPERSONAL.finditer(form), _MOST):
            level = max(level, _impossible(form, found, ruled))
    if not level and not words.isdisjoint(FLAT_WORDS) and FLAT.search(form) and not _leads_if(form):
        return WEAK
    return level


def _unable(form: str, found: re.Match[str], ruled: bool) -> int:
    """ "I can't cancel it": an inability or unwillingness to act, neither past nor to find, say or know something."""
    verb, neg, who = found["verb"] or "", found["neg"].replace("shall", "will"), found["who"] or ""
    wanted = form[found.end() : found.end() + 160]
    if _hypothetical(form, found.start(), wanted) or OPINION.search(wanted) or ("system" in who and not ruled):
        return 0
    if neg in ("did not", "failed to") or (_PRESENT.search(neg) and not ruled and "even if" not in form):
        return 0
    if neg == "will not" and not verb and _ENDS.match(wanted) and not REASSURES.search(form):
        return STALLING  # "you asked me to skip it; I won't"
    if neg in ("will not", "must not", "may not") and (verb not in _ACTS or (neg, verb) == ("may not", "be")):
        return 0
    if ("will" in neg or "going" in neg) and _promised(form, found.start(), verb, neg, wanted):
        return 0
    if who == "you" and (verb not in _ACTS or NOT_WRONG.match(wanted) or (verb == "make" and wanted.startswith(" it"))):
        return 0
    if verb in TALK and not (
        (verb == "tell" and TELL_THAT.match(wanted))
        or (verb == "be" and WILL_NOT_ACT.match(wanted))
        or (verb in SECRETS and (FORBIDDEN.search(neg) or CONFIDENTIAL.search(form)))
    ):
        return 0
    if (verb in FIND or (verb == "make" and wanted.startswith(" out"))) and not (
        DISCLOSES.match(verb + wanted) or (ruled and verb in LOOKS) or (verb in LOOKS and UNWILLING.search(neg))
    ):
        return 0
    if (verb == "help" and CAN_NOT_HELP_BUT.match(wanted)) or (verb == "have" and wanted.startswith(" both")):
        return 0
    if (
        TURNED.search(wanted)
        or NO_DECISION.match(verb + wanted)
        or CHARGES_YOU.match(verb + wanted)
        or TOGETHER.match(wanted)
        or ALONE.search(wanted)
        or AS_FAR.search(wanted)
    ):
        return 0
    if _needs_more(wanted) or (WITHOUT_IT.search(form) and not ruled):
        return 0
    if found["other"]:
        return WEAK if verb in _ACTS else 0
    if NOT_YET.search(wanted) and not NOT_DUE.search(wanted):
        return WEAK
    stalls = verb in _STALLS and not _NOT_STALLED.match(wanted) and not (ruled and verb == "do")
    return STALLING if stalls else CERTAIN


def _promised(form: str, at: int, verb: str, neg: str, wanted: str) -> bool:
    """Whether what will not be done is a promise or a trifle: "we won't share your data", "it won't take long"."""
    if verb in TRANSFERS or REASSURES.search(form, 0, at):
        return True
    if neg != "will not":
        return False
    trifle = verb in WILL_NOT and not WILL_NOT_ACT.match(wanted) and not WILL_NOT_DO.match(verb + wanted)
    return trifle or PROMISES.match(verb + wanted) is not None


def _passive(form: str, found: re.Match[str], ruled: bool) -> int:
    """ "It cannot be refunded"."""
    done, after = found["done"], form[found.end() : found.end() + 160]
    if (
        (found["modal"] == "may" and done == "possible")
        or (
            NEUTRAL_PASSIVE.fullmatch(done)
            and not (done in ("opened", "used") and (ruled or NEW.search(form, 0, found.start())))
        )
        or (found["modal"] == "will" and LASTING.fullmatch(done))
        or (done in ("charged", "billed", "fined") and form.endswith("you ", 0, found.start()))
    ):
        return 0
    if (
        _hypothetical(form, found.start(), after[:60])
        or _needs_more(after)
        or WITHOUT_IT.search(form, 0, found.start())
        or TURNED.search(after)
    ):
        return 0
    if found["modal"] == "could":
        return CERTAIN if ruled else 0
    if not ruled and GENERALLY.search(_clause(form, found.start()).strip()):
        return WEAK
    waits = NOT_YET.search(after) is not None and not after.startswith((" any further", " any longer", " any more"))
    return WEAK if waits or (done in ("undone", "reversed") and found["modal"] != "will") else CERTAIN


def _impossible(form: str, found: re.Match[str], ruled: bool) -> int:
    """ "That is not possible", "rule R3 forbids it"."""
    after = form[found.end() : found.end() + 160]
    if _hypothetical(form, found.start(), after[:60]) or _needs_more(after):
        return 0
    if _NEGATED_CLAUSE.search(_clause(form, found.start())) or NOT_FORBIDDEN.search(found[0] + after[:20]):
        return 0
    if found[0].startswith(("have been", "have had", "have de", "have re")) and form[: found.start()].endswith(WOULD):
        return 0  # "it would have been declined last month"
    if PRIVATE.search(form, max(found.start(), found.end() - 9)):
        return 0
    if found[0].startswith(("was ", "were ")) and not ruled:
        return WEAK
    if ALONE.search(after) or TURNED.search(after):
        return 0
    if _SOME.search(form, 0, found.start()) and not _REGRETS.search(form) and _WHEN.search(found[0] + after[:20]):
        return 0  # "a request is declined when the form is incomplete"
    return 0 if WE_HAVE.search(form, max(0, found.start() - 8), found.end()) else CERTAIN


_REGRETS = re.compile(r"\b(?:sorry|afraid|unfortunately|regret)\b")
_SOME = re.compile(r"^(?:usually|normally|typically|generally|as a rule|often)\b|^(?:an?|such|some|many|most) [^,;]*$")
_WHEN = re.compile(
    r"(?:declined|denied|refused|rejected|turned down)(?: ?$| when\b| if\b| whenever\b| as soon\b| ?[.,])"
)


def _declines(form: str, found: re.Match[str]) -> bool:
    """ "I have to decline"."""
    before = _clause(form, found.start())
    if DECLINE_NOT.search(before) or _hypothetical(form, found.start(), form[found.end() :], hedge=False):
        return False
    if NO_DEED.match(form) or BY_MISTAKE.match(form, found.end()):
        return False
    if BARE_VERB.match(found[0]) and not BARE_SUBJECT.search(before):
        return False
    return DECLINE_SUBJECT.search(before) is not None and not NEVER.search(form, found.start(), found.end() + 4)


def _hypothetical(form: str, at: int, after: str, *, hedge: bool = True) -> bool:
    """Whether what begins at `at` is only thought of: hedged, or under a condition before or after it."""
    if hedge and REFUSE_HEDGE.search(SAYING.sub(" ", _clause(form, at))):
        return True
    resumed = _resumed(form, at)
    if _OTHER_TIMES.match(resumed) or _OTHERS.search(form[max(0, at - 60) : at]):
        return True
    return _leads_if(resumed) or _conditional(after)


_OTHER_TIMES = re.compile(
    r"(?:so |but |and |well )*(?:under the (?:old|former|previous|earlier)\b"
    r"|in (?:an|half an|another) hour\b|in (?:a few|a couple of|\w+) minutes\b|soon\b|from (?:tomorrow|then"
    r"|\w+day) on\b"
    r"|(?:a few|\w+) years ago\b|last year\b|in the past\b|back then\b|tomorrow (?:it|that|this)\b|later (?:it|that)\b"
    r"|(?:with|for|on|after) (?:an? )?(?:[\w-]+ ){1,4}(?:, )?(?:i|we|it|you) (?:could|would) not\b)"
)
_OTHERS = re.compile(r"(?:^|[,;:] )(?:(?:but|and|so) )?(?:other|only|some|most|many|few) (?:\w+ ){1,2}$")
"""What holds at other times or for other things: "under the old rules ...", "other fares can't be changed"."""
_CLAUSES = re.compile(r" [,;:()-] |\bbut\b|\bso\b|\bbecause\b")
_NEGATED_CLAUSE = re.compile(r"\b(?:not|nothing|never|without|would not)\b|\bno $")


def _resumed(form: str, at: int) -> str:
    """The sentence from where a condition before `at` was left behind ("if ..., but ...")."""
    cut = 0
    for found in RESUMES.finditer(form, 0, at + 4):
        cut = found.end()
    return form[cut:].lstrip()


def _leads_if(form: str) -> bool:
    return OPENS_IF.match(form) is not None and not EVEN.search(form)


def _conditional(after: str) -> bool:
    """Whether a condition makes the decision hypothetical."""
    near = STOPS.split(after[:160])[0]
    return bool(IF.search(near)) and not EVEN.search(near) and not IF_NOT.search(near)


def _needs_more(after: str) -> bool:
    """Whether the inability only waits for something from the user."""
    found = WITHOUT.search(after)
    if found is None or (found[0] == "before" and not BEFORE_ACT.match(after, found.end())):
        return False
    rest = after[found.end() :]
    return NEEDS_USER.search(rest) is not None and not SPANS.search(rest)
