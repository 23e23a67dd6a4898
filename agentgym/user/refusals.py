"""Whether a sentence declines what the user wants. It takes the stated part of a sentence in plain form."""

from __future__ import annotations

import re
from itertools import islice

from agentgym.user.failures import FIND, TROUBLE_WORDS, failed_search, troubled
from agentgym.user.grammar import ACTION, supposed
from agentgym.user.impossible import FLAT, IMPERSONAL, LASTING, NEUTRAL_PASSIVE, PARTICIPLE
from agentgym.user.verdict_words import DECLINE_WORDS, FLAT_WORDS, HARD, LOST, NEGATIVES

__all__ = ["CERTAIN", "STALLING", "WEAK", "judged"]

_MOST = 24
"""Places of one sentence that are looked at."""
WEAK, STALLING, CERTAIN = 1, 2, 3
"""A refusal next to a rule only; one unless the message asks for something; one in any case."""

_ADV = r"(?: (?:\w+ly|just|also|still|therefore|hence|thus|really|now|myself|then|so|in fact|indeed|even|already))*"
_NEG = (
    rf"(?:can{_ADV} not|(?:am|are|is|being|be) in no (?:position|place) to|could(?: \w+ly)? not|can no longer"
    rf"|can never|can neither|can in no way|can under no"
    rf" circumstances"
    rf"|(?:am|are|was|were|is|be|have been|has been){_ADV} (?:(?:not|no longer|neither|never) (?:\w+ly |going to be )?"
    r"(?:able|allow(?:ed)?|permit(?:ted)?|authori[sz]ed|in a position|going|empowered|at liberty|entitled|prepared"
    r"|willing|free"
    r"|meant|supposed|licensed|qualified|equipped|cleared|inclined) to|unable to|prohibited from|forbidden from|barred"
    r" from"
    r"|prevented from|stopped from|restricted from|not willing to|forbidden to|obliged not to|required not to|bound not"
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
    rf"|oh+ |h+m+ |ugh |yikes |oof |eek |argh |nah |nope |well |look |hey |hi |alas |right |yeah |yes |uh |um |er |eh "
    rf"|gosh |damn |shame |bummer |listen |afraid |really |still |! )*"
    rf"|(?:[,:;(=-]|\bbut"
    rf"|\bso|\band|\btherefore|\bhence|\bthus|\bor|\bafraid) (?=unable|not able|can not|not allowed|will not|not"
    rf" permitted)"
    rf"|\b(?P<other>\w+) (?=(?:can|may|must) not (?!be\b)))"
    rf"(?P<neg>{_NEG}|(?:unable|unwilling|not able|not allowed|not permitted|not authori[sz]ed|not going) to|(?:am"
    rf"|are) not"
    rf" (?:allow|permit|authori[sz]e)d? (?:to|for))"
    rf"(?: (?:\w+ly|just|simply|even|in good conscience|also|do anything to|at this (?:point|time|stage)|at the moment"
    rf"|right now|therefore|for you|under (?:rule )?r?\d+|go ahead and|go ahead with"
    rf"|help (?:you )?(?:to )?(?=cancel|chang|book|mov)))*(?: (?P<verb>\w+))?"
)
_TALK = frozenset(
    "say wait promise guarantee confirm believe imagine stress emphasise emphasize thank remember recall"
    " understand think refuse decline deny reject be rule complain argue express blame assume know remotely overstate"
    " predict speculate comment judge foresee tell see need forget bother hesitate mind seem recommend apologise"
    " apologize"
    " wish hope blame vouch exclude possibly".split()
)
_TRANSFERS = frozenset("hand transfer connect pass escalate forward route redirect".split())
_ACTS = frozenset(ACTION) | frozenset(
    "help assist comply proceed go be let continue agree have support follow skip ignore bill waive bend answer discuss"
    " advise diagnose interpret prescribe offer fit squeeze hold keep see get fulfill move treat cover accept reveal"
    " release"
    " read provide".split()
)
_STALLS = frozenset("proceed continue go skip help assist move advance start begin bypass do get".split())
_PRESENT = re.compile(r"\b(?:could not|was|were|did not|failed|have been|has been)\b")
_NOT_STALLED = re.compile(r" (?:\w+ing|the |your |a |an |any |visits?|appointments?|with (?:the|your|this|that) \w+)")
_DECLINE = re.compile(
    r"\b(?:declin(?:e|ing|ed)|refus(?:e|ing|ed)|reject(?:ing|ed)?|deny(?:ing)?|denied|turn(?:ing|ed)? (?:it"
    r"|you|this|that|(?:your|the|this|that) (?:\w+ ){1,4}?)down|turn(?:ing|ed)? (?:this|that|it|you) down|turn(?:ing"
    r"|ed)? down)\b"
)
_DECLINE_SUBJECT = re.compile(
    r"\b(?:i|we)\b(?: \w+){0,7} $|^(?:(?:respectfully|request|sorry|so|therefore|must|have|to|but|,"
    r"|unfortunately|:|hereby|and|regrettably|no|refund|cancellation|booking|change|refill|application|waiver) ?)*$"
    r"|\b(?:forced|obliged|required|bound|compelled|choice but|reason|grounds|position|need) to $"
    r"|\b(?:your|the|this|that|it) (?:[\w'.:-]+ ){0,5}(?:is|has been|was|must be|has to be|needs to be|will be)"
    r" (?:\w+ly |therefore |hence |thus |hereby |now |being )*$|(?:\w+ ){0,4}(?:request|booking|refund|waiver) $"
)
_BARE_VERB = re.compile(r"(?:decline|refuse|reject|deny)$")
_BARE_SUBJECT = re.compile(r"\b(?:i|we|to|must)\b|respectfully")
_DECLINE_NOT = re.compile(
    r"\b(?:usually|normally|generally|typically|often|sometimes|ordinarily|not|no|never|nor|without|rather than"
    r"|instead of|see why|why|avoid|hesitate|nothing|neither|hate to"
    r"|want to|wish|before|if|once|when|whether|might|may(?! \d)|could|would(?! have to| need to)|you (?:can|may"
    r"|could|have|are|want)|should|perhaps|maybe|possibly|probably|asked|said|reserve|right to|free to|able to"
    r"|in that case|in which case|otherwise|unless|until|going to have to think|card|payment|transaction|patient|they"
    r"|he|she|bank|insurer)\b"
)
_REFUSE_HEDGE = re.compile(
    r"\b(?:may(?! not| \d)(?<!\d may)|might|perhaps|maybe|probably|possibly|think|believe|guess|suppose|seems?|appears?"
    r"|likely|not sure|unsure|whether|imagine|pretend|hopefully|worried|fear|(?<!as )(?<!like )you (?:have |just "
    r"|already )*(?:said|say|told|mentioned|claimed|claim|wrote|think|heard|asked(?! for))|quoted|wonder|in case"
    r"|(?:he|she|they|colleagues?|agent|website|site|letter|page|leaflet|doctor|insurer|bank|someone|somebody|people"
    r"|note|brochure|app|message)"
    r" (?:has |had |have |just )?(?:said|says|say|told|claims?|wrote|writes|thinks?|believes?|reads)|would have|doubt"
    r"|assuming|depends|not that|not true|not as if|not saying|say that|do not mean"
    r"|does not mean|not mean|no reason|no rule|nothing)\b|\b(?:never|not|nor) (?:\w+ )?(?:said|say|saying"
    r"|claim\w*|suggest\w*|mean|meant|imply|implying|told|telling)\b"
)
_EVEN = re.compile(
    r"\beven (?:if|when|though)\b|\bif (?:that|this) helps\b|\bas if\b|\bif you (?:check|look|read|like"
    r"|must know|will)\b"
)
_QUALIFIED = re.compile(r"\b(?:if|in case|should (?:it|the|you)|unless|whenever|when (?:the|it|an?|there)|once)\b")
_WITHOUT = re.compile(
    r"\b(?:unless|until|without|before|if (?:you|i) (?:do|can|have)|as long as|not have|(?:just|only) (?:with|by|from)"
    r"|with (?:just|only))\b"
)
_NEEDS_USER = re.compile(
    r"\b(?:you|your|i (?:have|know|get|can|am)|knowing|verif\w+|confirm\w*|more|some|further|that|it|this"
    r"|first|checking|identif\w+|information|details|proof|phone|name|number|date|a yes|these|those|them)\b"
)
_WITHOUT_IT = re.compile(
    r"\b(?:without|until i (?:have|get)|lacking|unless i (?:have|get)) (?:it|that|this|them|these|those|your|the|any|a"
    r"|knowing|having|one|both|either|you)\b(?! (?:guardian|parent|referral))"
)


def judged(form: str, words: frozenset[str], *, ruled: bool = False) -> tuple[bool, int]:
    """Whether the sentence reports trouble (a technical error, or something that could not be found), and how surely it
    declines what the user wants (`CERTAIN`, `STALLING`, `WEAK`, 0; 0 where it only reports trouble). `words`: those of
    the form. `ruled`: it cites a rule or the policy."""
    negated = not words.isdisjoint(NEGATIVES)
    unable = list(islice(_INABILITY.finditer(form), _MOST)) if negated else []
    failed = (negated or not words.isdisjoint(TROUBLE_WORDS)) and troubled(form)
    if not failed and not ruled and (negated or not words.isdisjoint(LOST)):
        failed = failed_search(form) or any(_failed(form, found) for found in unable)
    return failed, _refuses(form, words, unable, ruled) if not failed or ruled else 0


_YET_CAN = re.compile(r"\bbut (?:\w+ )?(?:i|we|it) (?:can|did|could|worked|is|does|has)\b(?! not)")


def _failed(form: str, found: re.Match[str]) -> bool:
    """Whether the inability is one to find, or one in the past, without a decision."""
    if found["who"] == "you" or found["other"] or _QUALIFIED.search(form, 0, found.start()):
        return False
    verb, neg = found["verb"] or "", found["neg"]
    wanted = form[found.end() : found.end() + 160]
    if supposed(form, found.start()) or _YET_CAN.search(form, found.end()):
        return False
    if _REFUSE_HEDGE.search(_clause(form, found.start())) or _WITHOUT_IT.search(form, 0, found.start()):
        return False
    if (
        (neg == "did not" and verb not in ("manage", "succeed", "work"))
        or " from here" in wanted
        or " in your " in wanted
    ):
        return False
    if verb in ("hear", "read") and "file" not in wanted and "record" not in wanted:
        return False
    if verb == "bring" and not wanted.startswith((" up", " it up", " you up", " your ", " that up")):
        return False
    if verb == "seem" or (verb in FIND and not _DISCLOSES.match(verb + wanted) and "will" not in neg):
        return not _needs_more(wanted) and not _REASON_OBJECT.match(wanted)
    return (
        _PRESENT.search(neg) is not None
        and (verb in _ACTS or not verb)
        and " news" not in wanted
        and " if " not in form
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
        _declines(form, found) for found in islice(_DECLINE.finditer(form), _MOST)
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
    if _hypothetical(form, found.start(), wanted) or _OPINION.search(wanted) or ("system" in who and not ruled):
        return 0
    if neg in ("did not", "failed to") or (_PRESENT.search(neg) and not ruled and "even if" not in form):
        return 0
    if neg in ("will not", "must not", "may not") and (verb not in _ACTS or (neg, verb) == ("may not", "be")):
        return 0
    if neg == "will not" and verb in _WILL_NOT and not _WILL_NOT_ACT.match(wanted):
        return 0
    if who == "you" and (
        verb not in _ACTS or _NOT_WRONG.match(wanted) or (verb == "make" and wanted.startswith(" it"))
    ):
        return 0
    if ("will" in neg or "going" in neg) and _REASSURES.search(form, 0, found.start()):
        return 0
    if verb in _TRANSFERS and ("will" in neg or "going" in neg):
        return 0
    if verb == "have" and wanted.startswith(" both"):
        return 0
    if verb in _TALK and not (
        (verb == "tell" and _TELL_THAT.match(wanted)) or (verb == "be" and _WILL_NOT_ACT.match(wanted))
    ):
        return 0
    if (verb in FIND or (verb == "make" and wanted.startswith(" out"))) and not (
        _DISCLOSES.match(verb + wanted) or (ruled and verb == "get")
    ):
        return 0
    if verb == "help" and _CAN_NOT_HELP_BUT.match(wanted):
        return 0
    if _needs_more(wanted) or (_WITHOUT_IT.search(form) and not ruled):
        return 0
    if found["other"]:
        return WEAK if verb in _ACTS else 0
    if _NOT_YET.search(wanted):
        return WEAK
    return STALLING if verb in _STALLS and not _NOT_STALLED.match(wanted) else CERTAIN


def _passive(form: str, found: re.Match[str], ruled: bool) -> int:
    """ "It cannot be refunded"."""
    done, after = found["done"], form[found.end() : found.end() + 160]
    if (
        (found["modal"] == "may" and done == "possible")
        or NEUTRAL_PASSIVE.fullmatch(done)
        or (found["modal"] == "will" and LASTING.fullmatch(done))
    ):
        return 0
    if (
        _hypothetical(form, found.start(), after[:60])
        or _needs_more(after)
        or _WITHOUT_IT.search(form, 0, found.start())
    ):
        return 0
    if found["modal"] == "could":
        return CERTAIN if ruled else 0
    if not ruled and _GENERALLY.search(_clause(form, found.start()).strip()):
        return WEAK
    return WEAK if done in ("undone", "reversed") or _NOT_YET.search(after) else CERTAIN


def _impossible(form: str, found: re.Match[str], ruled: bool) -> int:
    """ "That is not possible", "rule R3 forbids it"."""
    after = form[found.end() : found.end() + 160]
    if _hypothetical(form, found.start(), after[:60]) or _needs_more(after):
        return 0
    if _NEGATED_CLAUSE.search(_clause(form, found.start())) or _NOT_FORBIDDEN.search(found[0] + after[:20]):
        return 0
    if found[0].startswith(("was ", "were ")) and not ruled:
        return WEAK
    return 0 if _WE_HAVE.search(form, max(0, found.start() - 8), found.end()) else CERTAIN


def _declines(form: str, found: re.Match[str]) -> bool:
    """ "I have to decline"."""
    before = _clause(form, found.start())
    if _DECLINE_NOT.search(before) or _hypothetical(form, found.start(), form[found.end() :], hedge=False):
        return False
    if _BARE_VERB.match(found[0]) and not _BARE_SUBJECT.search(before):
        return False
    return _DECLINE_SUBJECT.search(before) is not None and not _NEVER.search(form, found.start(), found.end() + 4)


def _hypothetical(form: str, at: int, after: str, *, hedge: bool = True) -> bool:
    """Whether what begins at `at` is only thought of: hedged, or under a condition before or after it."""
    if hedge and _REFUSE_HEDGE.search(_clause(form, at)):
        return True
    return _leads_if(_resumed(form, at)) or _conditional(after)


_CLAUSES = re.compile(r" [,;:()-] |\bbut\b|\bso\b|\bbecause\b")
_REASON_OBJECT = re.compile(r" (?:a|any) (?:reason|problem|rule)| why")
_OPINION = re.compile(
    r"\bbut (?:let me|i will|i can) (?:check|see|look|ask|find|try)\b|\b(?:think|believe|guess|probably|perhaps"
    r"|maybe)\b(?! you)"
)
_WILL_NOT = frozenset("be take need charge have keep set put send let get see go read bill ignore hold".split())
_WILL_NOT_ACT = re.compile(
    r" (?:cancelling|changing|doing|booking|processing|making|able|moving|waiving|issuing|refunding|granting"
    r"|approving|extending|prescribing|renewing|refilling|rescheduling|reversing|removing|reducing|lowering|dropping"
    r"|allowing|accepting|reimbursing|crediting|opening|creating|arranging|scheduling|releasing|overriding|ordering"
    r"|writing|fitting|squeezing|splitting|adding|deleting|going ahead|proceeding|handing out|giving (?:you|out|any)"
    r"|letting|replacing|exchanging|discussing|answering|paying)\b"
)
_REASSURES = re.compile(r"\b(?:do not (?:worry|fear)|no worries|no need to worry|rest assured|relax)\b")
_NOT_WRONG = re.compile(r" (?:wrong|back)")
_TELL_THAT = re.compile(
    r" (?:you )?(?:(?:that|this|about|his|her|their|the|your|anything|what (?:dose|medic\w+|to (?:take|do)|(?:the|your"
    r"|these"
    r"|those|it|this|that|his|her) (?:\w+ )?(?:mean|say|show|contain|is|are)\w*)|whose|which)\b(?! (?:if|whether|it)))"
)
_DISCLOSES = re.compile(
    r"read (?:\w+ ){0,3}(?:out|to you|aloud|over the phone)\b|(?:open|make|establish|pull|fetch|get|load) (?:(?:you|up"
    r"|him|her|them"
    r") )?(?:a|an|another|any|exceptions?|two|more|second|new|changes?|further|additional|that (?:change|booking)|this"
    r" (?:change|booking|payment)|bookings?|appointments?|payments?|it (?:happen|work|possible))\b(?! (?:connection"
    r"|sense))"
    r"|(?:access|see|view|hear|open) (?:someone else|another|other|anyone)|get (?:it|that|this|the (?:fee|visit)) \w+"
    r"|bring (?:it|that|this|the \w+|your \w+) (?:forward|back|down)\b"
    r"|get (?:(?:you|him|her|them) )?(?:(?:that|this|the|a|an|any|your|another) )?(?:\w+ )?(?:refund|refill|discount"
    r"|waiver|exception|extension|reduction|renewal|cancellation|reimbursement|money back|appointment moved"
    r"|fee (?:waived|removed|dropped|lifted))\b"
)
_CAN_NOT_HELP_BUT = re.compile(r" (?:but|noticing|wondering|feeling)\b")
_NOT_YET = re.compile(
    r"\byet\b|\b(?:right now|at the moment) (?:because|due|as)\b"
    r"|^ (?:any|more|further|faster)\b(?! (?:exceptions?|refunds?|changes|more|payments?|appointments?|bookings?))"
)
_NEGATED_CLAUSE = re.compile(r"\b(?:not|nothing|never|without|would not)\b|\bno $")
_NOT_FORBIDDEN = re.compile(
    r"\bonly (?:forbid|prohibit|prevent|bar|block|exclude|stop)"
    r"|\bnot (?:prohibited|forbidden|against|denied|declined)\b|\byet\b"
)
_GENERALLY = re.compile(r"^(?:\w+ )?(?:appointments|bookings|orders|visits|refunds|invoices|fees|payments)$")
_WE_HAVE = re.compile(r"\b(?:you|i|we) have (?:denied|refused|declined)")
_NEVER = re.compile(r"\b(?:not|never)\b")
_OPENS_IF = re.compile(
    r"(?:so |and |but |then |well )*(?:if|unless|assuming|suppose|whether|in case|imagine|when|once|should|had|were)\b"
)
_RESUMES = re.compile(
    r"\b(?:but|however|as it is|nevertheless)\b|;|(?<!even )(?<!or )(?<!and )\b(?:so|hence|therefore) (?:, )?"
    r"(?:no , )?(?:unfortunately )?(?=i\b|we\b|it\b|that\b|this\b|the\b|your\b)"
)


def _resumed(form: str, at: int) -> str:
    """The sentence from where a condition before `at` was left behind ("if ..., but ...")."""
    cut = 0
    for found in _RESUMES.finditer(form, 0, at + 4):
        cut = found.end()
    return form[cut:].lstrip()


def _leads_if(form: str) -> bool:
    return _OPENS_IF.match(form) is not None and not _EVEN.search(form)


def _conditional(after: str) -> bool:
    """Whether a condition makes the decision hypothetical."""
    near = _STOPS.split(after[:160])[0]
    return bool(_IF.search(near)) and not _EVEN.search(near) and not _IF_NOT.search(near)


_STOPS = re.compile(r" [;:()] | \. ")
_IF = re.compile(r"\b(?:if|in case|assuming|provided)\b")
_IF_NOT = re.compile(r"\bif you (?:do not|have no)\b")
_SPANS = re.compile(r"\b(?:24|48|\d+) (?:hours|days)|\bmore than\b|\bat least\b")


_BEFORE_ACT = re.compile(
    r" (?:i|we|you|verif\w+|confirm\w*|know\w*|check\w*|identif\w+|receiving|getting|having|seeing|your|that|this|it"
    r"|one|more|some|the (?:verif|identi|confirm|name|number|phone|date of|policy))"
)


def _needs_more(after: str) -> bool:
    """Whether the inability only waits for something from the user."""
    found = _WITHOUT.search(after)
    if found is None or (found[0] == "before" and not _BEFORE_ACT.match(after, found.end())):
        return False
    rest = after[found.end() :]
    return _NEEDS_USER.search(rest) is not None and not _SPANS.search(rest)
