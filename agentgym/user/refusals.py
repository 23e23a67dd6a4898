"""Whether a sentence declines, or only tells of trouble. It takes the stated part of a sentence in plain form."""

from __future__ import annotations

import re

from agentgym.user.grammar import ACTION, DONE

__all__ = ["VERDICT_WORDS", "fails", "refuses"]

_NEG = (
    r"(?:can(?: \w+ly| also| still| really| just)? not|could(?: \w+ly)? not|can no longer|can never"
    r"|can neither|(?:am|are|was|were|is|have been|has been)(?: \w+ly| just| simply| also| still"
    r"| really)? (?:not (?:\w+ly )?(?:able|allowed|permitted|authori[sz]ed|in a position|going|empowered"
    r"|at liberty|entitled|prepared|willing) to"
    r"|unable to|prohibited from|forbidden from|barred from|prevented from|not willing to|forbidden to"
    r"|not able to)|will not(?: be (?:able|allowed|permitted) to)?|would not be able to|must not|may not"
    r"|do not have (?:the |any )?(?:\w+ )?(?:permission|authority|ability|authori[sz]ation|means|power|right"
    r"|option) to"
    r"|have no (?:\w+ )?(?:authority|way|permission|means|power|option|ability)(?: to| of)?|(?:did"
    r"|do) not (?:manage|get|seem to be able) to|failed to|did not)"
)
_INABILITY = re.compile(
    rf"(?:\b(?P<who>i|we|you|nobody here|no one here|our (?:team|system|staff|clinic|office)|the (?:clinic|team"
    rf"|system|office|store|shop|hotel|bank|policy|airline|library|company))(?: \w+ly| just| also| simply"
    rf"| really| still| myself| therefore| hence)* |^(?:sorry |unfortunately |regrettably |sadly |apologies "
    rf"|no |and |so |ok |, |- |: )*|(?:, |- |: |\bbut |\bso |\band |\btherefore |; )(?=unable|not able|can not"
    rf"|not allowed|will not))"
    rf"(?P<neg>{_NEG}|(?:unable|not able|not allowed|not permitted|not authori[sz]ed) to)(?: (?:\w+ly|just"
    rf"|simply|actually|even|in good conscience|legally|also|currently|either|do anything to|go ahead and"
    rf"|go ahead with|help (?:you )?(?:to )?(?=cancel|chang|book|mov)))* ?(?P<verb>\w+)?(?P<object>.*)"
)
_TALK = frozenset(
    "say wait promise guarantee confirm believe imagine stress emphasise emphasize thank remember recall"
    " understand think refuse decline deny reject be rule complain argue express "
    "blame assume know remotely overstate predict speculate comment judge foresee tell see need forget bother"
    " hesitate keep take mind".split()
)
_FIND = frozenset(
    "find locate see access reach retrieve look lookup identify pull connect load fetch match verify detect"
    " hear search view log recognise recognize trace establish get read spot determine validate authenticate"
    " query discover".split()
)
_ACTS = frozenset(ACTION) | frozenset("help assist comply proceed go be let continue agree have support".split())
_ERROR = re.compile(
    r"\b(?:(?:system|server|service|database|tool|website|network|connection|booking system|internal|technical"
    r"|timeout|unexpected|temporary|api|lookup|http|processing|software|unknown|another|returned an?|got an?"
    r"|gave an?|with an?|by an?|hit an?|an) (?:\w+ ){0,2}?(?:error|errors|failure|issue|issues|problem"
    r"|problems|fault|difficult\w+|outage|glitch\w*|hiccup|trouble|exception)\b"
    r"|errors? (?:occurred|came|message|code|has|was|while|when|\d+|in|from|on|out|again|:)|timed? out"
    r"|time ?out|went wrong|gone wrong|(?:is|are|was|were|currently|seems?|appears?|be|been|gone|went|has been"
    r"|temporarily) (?:\w+ ){0,2}?(?:down|offline|unavailable|unresponsive|not responding|not working"
    r"|out of service|unreachable|frozen|overloaded|broken|acting up|misbehaving|playing up|stuck|unstable"
    r"|unsuccessful|lost|buggy)"
    r"|(?:system|database|server|tool|app|application|service|api|website|connection|network|page|line"
    r"|computer)(?: \w+)? (?:is (?:\w+ )?(?:locked|busy|slow|being|under)|froze|hung|broke|crashed|died|lost"
    r"|dropped|refused|reset|will not|would not|does not (?:want|let|allow|permit|accept|recognise|recognize)"
    r"|refuses|keeps|rejected)"
    r"|(?:came|comes|come|came back|comes back) (?:back |up )?(?:empty|blank|with nothing|with no)|return(?:ed"
    r"|s) (?:nothing|no|zero|null|empty|an empty|a blank)|(?:zero|0|empty) (?:results?|records?|matches|hits?)"
    r"|(?:got|get|getting|returned|gave|received|threw|status|code) (?:an? |me an? )?(?:http )?[45]\d\d\b"
    r"|something broke|unsuccessful|(?:no|bad) luck with|without success|\bnot have access"
    r"|could not be (?:\w+ly )?(?:complet|process|sav|cancel|book|submit|updat|perform|execut|chang|mov|sent"
    r"|done|made|reach)\w*"
    r"|not (?:respond|responding|work|working|go through|gone through|load|loading|succeed|successful|complete"
    r"|completed|processed|accept|reach\w*|answer\w*)\b|glitch|outage|crash(?:ed|es)?|technical (?:issue"
    r"|problem|difficult\w+|error|fault|trouble|reasons|hitch|failure)s?|(?:having|had|experiencing|ran into"
    r"|run into|running into|encountered|encountering|hit|facing|met) (?:\w+ ){0,3}?(?:trouble|difficult\w+"
    r"|issues?|problems?|errors?|snags?|hiccups?|obstacle)"
    r"|(?:call|attempt|request|update|cancellation|booking|transaction|payment|operation|it|lookup|search|tool"
    r"|system|refund|action|that|process|query|which|and|change|connection|try) (?:\w+ )?(?:failed|has failed"
    r"|keeps failing|fails|did not (?:work|go through|succeed))|failed (?:due|because|with|again|to)"
    r"|try (?:it )?again (?:later|shortly|in a)|permission denied|access denied|rate limit\w*"
    r"|too many requests|server (?:error|failure))\b"
)
_NO_ERROR = re.compile(
    r"\b(?:no|without|any|not|avoid|never|free of|zero|my|your own|human|in case of|if|corrected?|fix(?:ed)?"
    r"|resolved|until|unless) (?:\w+ ){0,2}(?:error|errors|failure|issues?|problems?|trouble|outage|glitch\w*"
    r"|exception|difficult\w+|went wrong|hiccups?|fail\w*|down|time ?out|timed out)\b|\bif\b|\bno (?:problem"
    r"|trouble)\b|\bdid not fail\b"
)
_NOT_FOUND = re.compile(
    r"\bnot (?:seeing|finding|getting) any\b|\b(?:can not|could not|can no longer|not|no|unable to|not seeing"
    r"|not finding|not getting|did not|do not"
    r"|does not|cannot|never|failed to|nothing) (?:\w+ ){0,5}?(?:found|find|match\w*|locate[d]?|exist|exists"
    r"|show(?:s|ing)? up|on (?:file|record)|come up|came up|turned up|in (?:the|our) system|see (?:any|an|a"
    r"|your|that|it)|results?|return(?:ed)?|appear)\b|\bno (?:\w+ ){0,4}(?:found|record|records|results|match"
    r"|matches|matching|such)\b|\bnothing (?:came|comes|turned|under|matching|found|matches)\b"
)
_WITHOUT = re.compile(
    r"\b(?:unless|until|without|before|if (?:you|i) (?:do|can|have)|as long as|not have)\b(?P<rest>.*)"
)
_NEEDS_USER = re.compile(
    r"\b(?:you|your|i (?:have|know|get|can|am)|knowing|verif\w+|confirm\w*|more|some|further|that|it|this"
    r"|first|checking|identif\w+|information|details|proof)\b"
)
_PRESENT = re.compile(r"\b(?:could not|was|were|did not|failed|have been|has been)\b")
_SUBJECT = (
    r"(?:it|that|this|these|those|they|(?:your|the|such an?|any|this|that|a|an"
    r"|my) (?:[\w.:'-]+ ){0,7}?[\w.:'-]+|\w+ing(?: \w+){0,4}|refunds?|cancellations?|changes|which"
    r"|appointments|bookings|orders|requests like this|there|what you (?:ask|want|are asking)\w*(?: for)?)"
)
_IMPERSONAL = re.compile(
    rf"(?:^|\b){_SUBJECT} (?:can|may|could|must|will|is|are) (?:\w+ly |just |also |simply )?(?:not"
    rf"|no longer)(?: \w+ly)* (?:able to be |allowed to be |permitted to be |to be "
    rf"|be )(?:\w+ly )?(?P<done>{DONE}|undone|allowed|permitted|provided|shared|disclosed|accommodated|done"
    rf"|given|offered|waived|possible|considered|accepted|brought|arranged|overridden|overruled|bent|taken)\b"
    r"|\b(?:is|are|was|am|would be|will be)(?: \w+ly| just| simply| really| also| still)* (?:not"
    r"|no longer) (?:\w+ly |really )?(?:something (?:that )?(?:i|we) (?:can|could|am|are)|possible|allowed"
    r"|permitted|permissible|eligible|refundable|an option|within (?:my|our)|doable|feasible|acceptable"
    r"|authori[sz]ed|entitled|able to (?:have|get|be|cancel|change|receive)|cancellable|covered|on the cards"
    r"|qualified|in (?:my|our) power|up to me|going to (?:happen|be possible)|granted|approved|valid for"
    r"|in line with)\b"
    r"|^(?:(?:sorry|unfortunately|no|but|so|,|-|regrettably|sadly|that is|it is) )*not (?:possible|allowed"
    r"|permitted|eligible|an option|authori[sz]ed)\b|\b(?:is|are) (?:\w+ly )?(?:impossible|ineligible"
    r"|out of (?:my|our) hands|out of the question|beyond (?:my|our)|off the table|outside (?:my|our|of (?:my"
    r"|our))|against|prohibited|forbidden|disallowed|ruled out|not on)\b"
    r"|\b(?:is|are|was|has been|have been|have|had been|must be|am|will be|hereby)(?: \w+ly| now| also"
    r"| hereby)* (?:denied|declined|rejected|refused|turned down|not (?:granted|approved))\b|\b(?:do"
    r"|does) not (?:\w+ly )?(?:qualify|meet (?:the|our|all)|satisfy|entitle)\b"
    r"|\b(?:polic\w+|rules?|r ?\d+|guidelines?|regulations?|terms|it|that|this|which|we|contract|fare|plan|law"
    r"|clinic|hotel|airline)(?: (?:number|no|nr))?(?: \d+)?(?: \( ?r?\d+ ?\))? (?:\w+ly |also |just "
    r"|here )?(?:do|does|will|would) not (?:\w+ly )?(?:allow|permit|let|authori[sz]e|enable|support|cover)\b"
    r"|\b(?:polic\w+|rules?|r ?\d+|guidelines?|regulations?|terms|that|this|which|it)(?: (?:number|no"
    r"|nr))?(?: \d+)?(?: \( ?r?\d+ ?\))?(?: here| that| which| also| clearly| strictly| expressly| explicitly"
    r"| \w+ly)* (?:prohibits?|forbids?|prevents?|bars?|disallows?|precludes?|rules? (?:this |that |it )?out"
    r"|blocks?|stops?|prohibit|excludes?|stands? in the way|says no)\b"
    r"|\b(?:against|contrary to|in (?:breach|violation|conflict) (?:of|with)|violat\w+|breach\w*|breaks?"
    r"|breaking|contravene\w*|conflicts? with) (?:the |our |clinic |company |my |hotel |store |bank "
    r"|this )*(?:polic\w+|rules?|r ?\d+|guidelines|terms|regulations)\b"
    r"|\btoo (?:late|close|early|soon|near|old|far) (?:to|for|in|now)\b|\b(?:can"
    r"|could) (?:\w+ly )?not be (?:done|helped|changed|cancell?ed|refunded|undone)\b|\bnothing (?:else |more "
    r"|that |further )*(?:i|we) can do\b|\bno (?:\w+ ){1,4}?(?:is |are |can be )?(?:possible|allowed|permitted"
    r"|made|given|issued|granted|available under|permissible)\b"
    r"|\b(?:the|my|our) (?:final )?(?:answer|decision|response) (?:is|has to be|must be|remains"
    r"|stays)(?: \w+)? ?(?:a )?(?:no|negative|not|the same)\b|\b(?:unfortunately|sorry|afraid|regrettably"
    r"|sadly)(?: ,)?(?: but| the answer is| it is| that is)?(?: a)? (?:not|no)(?: ,| \.| !|$)|\bno can do\b"
    r"|\bhands are tied\b|\b(?:outside|beyond|more than) what (?:i|we)\b|\b(?:instructed|told|ordered|required"
    r"|obliged) not to\b|\b(?:i|we) (?:would|had|will) rather not\b|\b(?:i|we) do not (?:\w+ly )?(?:offer|give"
    r"|provide|make|issue|grant|accept|process|permit|allow)\b|\bit is a (?:firm )?no\b|\bhave to say no\b"
    r"|\bmust say no\b|\bno exceptions?\b"
)
_DECLINE = re.compile(
    r"\b(?:declin(?:e|ing|ed)|refus(?:e|ing|ed)|reject(?:ing|ed)?|deny(?:ing)?|denied|turn(?:ing|ed)? (?:this"
    r"|that|it|you|your \w+|the \w+) down|turn(?:ing|ed)? down)\b"
)
_DECLINE_SUBJECT = re.compile(
    r"(?:^|\b)(?:i|we)\b(?: \w+){0,7} $|^(?:(?:respectfully|request|sorry|so|therefore|must|have|to|but|,"
    r"|unfortunately|:|hereby|and|regrettably|no|, ) ?)*$|\b(?:forced|obliged|required|bound|compelled"
    r"|choice but|reason|grounds|position) to $|\b(?:your|the|this) (?:\w+ ){0,3}(?:is|has been|was"
    r"|must be) (?:\w+ly )?$"
)
_DECLINE_NOT = re.compile(
    r"\b(?:not|no|never|nor|without|rather than|instead of|see why|why|avoid|hesitate|nothing|neither|hate to"
    r"|want to|wish|before|if|once|when|whether|might|may|could|would(?! have to| need to)|you (?:can|may"
    r"|could|have|are|want)|should|perhaps|maybe|possibly|probably|asked|said|reserve|right to|free to|able to"
    r"|unless|until|going to have to think|card|patient|they|he|she|bank|insurer)\b"
)
_REFUSE_HEDGE = re.compile(
    r"\b(?:may|might|perhaps|maybe|probably|possibly|think|believe|guess|suppose|seems?|appears?|likely"
    r"|not sure|unsure|whether|imagine|pretend|hopefully|worried|fear|(?<!as )(?<!like )you (?:have |just "
    r"|already )*(?:said|say|told|mentioned|claimed|claim|wrote|think|heard|asked)|quoted|wonder|in case"
    r"|would have|doubt|assuming|depends|not that|not true|not as if|not saying|say that|do not mean"
    r"|does not mean|not mean|no reason|no rule|nothing)\b|\b(?:never|not|nor) (?:\w+ )?(?:said|say|saying"
    r"|claim\w*|suggest\w*|mean|meant|imply|implying|told|telling)\b"
)
_EVEN = re.compile(
    r"\beven (?:if|when|though)\b|\bif (?:that|this) helps\b|\bas if\b|\bif you (?:check|look|read|like"
    r"|must know|will)\b"
)
_QUALIFIED = re.compile(r"\b(?:if|in case|should (?:it|the|you)|unless|whenever|when (?:the|it|an?|there)|once)\b")


def fails(form: str, *, ruled: bool = False) -> bool:
    """Whether the sentence reports trouble: a technical error, or something that could not be found."""
    found = _ERROR.search(form)
    denied = found and _NO_ERROR.search(form, max(0, found.start() - 40), found.end())
    if found and not denied and not _UNSURE_ERROR.search(form, 0, found.end()):
        return True
    if ruled:
        return False
    found = _NOT_FOUND.search(form)
    if found and not _QUALIFIED.search(form, 0, found.end()) and not _NO_REASON.search(form):
        return True
    return any(_failed(form, found) for found in _INABILITY.finditer(form))


def _failed(form: str, found: re.Match[str]) -> bool:
    """Whether the inability is one to find, or one in the past, without a decision."""
    if found["who"] == "you" or _QUALIFIED.search(form, 0, found.start()):
        return False
    verb, neg = found["verb"] or "", found["neg"]
    if _REFUSE_HEDGE.search(_clause(form, found.start())):
        return False
    if neg == "did not" and verb not in ("manage", "get", "succeed", "work"):
        return False
    if verb in _FIND and not _WITHOUT.search(found["object"]) and not _REASON_OBJECT.match(found["object"]):
        return True
    return _PRESENT.search(neg) is not None and (verb in _ACTS or not verb) and " if " not in form


def _clause(form: str, at: int) -> str:
    """What stands before `at` in the same clause."""
    return _CLAUSES.split(form[:at])[-1]


def refuses(form: str, *, ruled: bool = False) -> bool:
    """Whether the sentence declines what the user wants. `ruled`: it cites a rule or the policy."""
    return (
        any(_unable(form, found, ruled) for found in _INABILITY.finditer(form))
        or any(_impossible(form, found, ruled) for found in _IMPERSONAL.finditer(form))
        or any(_declines(form, found) for found in _DECLINE.finditer(form))
    )


def _unable(form: str, found: re.Match[str], ruled: bool) -> bool:
    """ "I can't cancel it": an inability or unwillingness to act, neither past nor to find, say or know something."""
    verb, wanted, neg, who = found["verb"] or "", found["object"], found["neg"], found["who"] or ""
    if _hypothetical(form, found.start(), wanted) or _OPINION.search(wanted) or ("system" in who and not ruled):
        return False
    if neg in ("did not", "failed to") or (_PRESENT.search(neg) and not ruled):
        return False
    if neg in ("will not", "must not", "may not") and (verb not in _ACTS or (neg, verb) == ("may not", "be")):
        return False
    if neg == "will not" and verb in _WILL_NOT and not _WILL_NOT_ACT.match(wanted):
        return False
    if who == "you" and (verb not in _ACTS or _NOT_WRONG.match(wanted)):
        return False
    if verb in _TALK and not (verb == "tell" and _TELL_THAT.match(wanted)):
        return False
    if verb in _FIND and not (ruled and verb == "get"):
        return False
    if verb == "help" and _CAN_NOT_HELP_BUT.match(wanted):
        return False
    return not _NOT_YET.search(wanted) and not _needs_more(wanted)


def _impossible(form: str, found: re.Match[str], ruled: bool) -> bool:
    """ "That is not possible", "rule R3 forbids it"."""
    after = form[found.end() :]
    if _hypothetical(form, found.start(), after[:60]) or _needs_more(after):
        return False
    if _NEGATED_CLAUSE.search(_clause(form, found.start())) or _NOT_FORBIDDEN.search(found[0] + after[:20]):
        return False
    if not ruled and ("could not be" in found[0] or _GENERALLY.match(found[0])):
        return False
    return not _WE_HAVE.search(found[0])


def _declines(form: str, found: re.Match[str]) -> bool:
    """ "I have to decline"."""
    before = _clause(form, found.start())
    if _DECLINE_NOT.search(before) or _hypothetical(form, found.start(), form[found.end() :], hedge=False):
        return False
    return _DECLINE_SUBJECT.search(before) is not None and not _NEVER.search(form, found.start(), found.end() + 4)


def _hypothetical(form: str, at: int, after: str, *, hedge: bool = True) -> bool:
    """Whether what begins at `at` is only thought of: hedged, or under a condition before or after it."""
    if hedge and _REFUSE_HEDGE.search(_clause(form, at)):
        return True
    return _leads_if(_resumed(form, at)) or _conditional(after)


_CLAUSES = re.compile(r" [,;:()-] |\bbut\b|\bso\b|\bbecause\b")
_UNSURE_ERROR = re.compile(
    r"\b(?:you (?:said|mentioned|reported|told|wrote|say|claim\w*)|might|may|could (?:be|have)|would)\b"
)
_NO_REASON = re.compile(
    r"\bno (?:rule|reason|need|problem)\b|\b(?:not|do not) (?:\w+ )?see (?:any|a) (?:reason|problem|issue|rule|grounds)"
)
_REASON_OBJECT = re.compile(r" (?:a|any) (?:reason|problem|rule)| why")
_OPINION = re.compile(r"\b(?:think|believe|guess|probably|perhaps|maybe)\b(?! you)")
_WILL_NOT = frozenset("be take need charge have keep set put send let".split())
_WILL_NOT_ACT = re.compile(r" (?:cancelling|changing|doing|booking|processing|making|able)")
_NOT_WRONG = re.compile(r" (?:wrong|back)")
_TELL_THAT = re.compile(r" (?:you )?(?:that|this|about|his|her|their|the|your|anything)\b(?! (?:if|whether|it))")
_CAN_NOT_HELP_BUT = re.compile(r" (?:but|noticing|wondering|feeling)\b")
_NOT_YET = re.compile(
    r"\byet\b|\b(?:right now|at the moment) (?:because|due|as)\b"
    r"|^ (?:any|more|further|faster)\b(?! (?:exceptions?|refunds?|changes))"
)
_NEGATED_CLAUSE = re.compile(r"\b(?:not|nothing|never|without|neither|would not)\b|\bno $")
_NOT_FORBIDDEN = re.compile(r"\bnot (?:prohibited|forbidden|against|denied|declined)\b|\byet\b")
_GENERALLY = re.compile(r"(?:appointments|bookings|orders)\b")
_WE_HAVE = re.compile(r"\b(?:you|i|we) have (?:denied|refused|declined)")
_NEVER = re.compile(r"\b(?:not|never)\b")
_OPENS_IF = re.compile(
    r"(?:so |and |but |then |well )*(?:if|unless|assuming|suppose|whether|in case|imagine|when|once|should|had|were)\b"
)
_RESUMES = re.compile(r"\b(?:but|however|as it is|nevertheless)\b|;|(?<!even )(?<!or )(?<!and )\bso (?=i\b|we\b)")


def _resumed(form: str, at: int) -> str:
    """The sentence from where a condition before `at` was left behind ("if ..., but ...")."""
    cut = 0
    for found in _RESUMES.finditer(form, 0, at):
        cut = found.end()
    return form[cut:].lstrip()


def _leads_if(form: str) -> bool:
    return _OPENS_IF.match(form) is not None and not _EVEN.search(form)


def _conditional(after: str) -> bool:
    """Whether a condition makes the decision hypothetical."""
    near = re.split(r" [;:()] | \. ", after)[0]
    return (
        bool(re.search(r"\b(?:if|in case|assuming|provided)\b", near))
        and not _EVEN.search(near)
        and not re.search(r"\bif you (?:do not|have no)\b", near)
    )


def _needs_more(after: str) -> bool:
    """Whether the inability only waits for something from the user."""
    found = _WITHOUT.search(after)
    return (
        found is not None
        and bool(_NEEDS_USER.search(found["rest"]))
        and not re.search(r"\b(?:24|48|\d+) (?:hours|days)|\bmore than\b|\bat least\b", found["rest"])
    )


VERDICT_WORDS = frozenset(DONE.replace("cancell?ed", "cancelled|canceled").split("|")) | frozenset(
    (
        "neither not unable never no done complete completed set finished sorted through went gone managed succeeded "
        "success successful able care now hereby way decline declining declined refuse refusing refused reject "
        "rejecting rejected deny denies denied denying turn turning turned impossible ineligible forbid forbids "
        "forbidden prohibit prohibits prohibited prevent prevents prevented bar bars barred block blocks stop "
        "stops preclude precludes exclude excludes rule rules against violate violates violating violation breach "
        "breaches break breaks breaking too beyond outside hands error errors fail fails failed failing failure "
        "timeout timed time wrong down offline unavailable glitch glitches outage crash crashed crashes technical "
        "trouble difficulty difficulties nothing issue issues problem problems limit limited responding contrary "
        "conflict conflicts contravene contravenes disallow disallows disallowed stand stands off taken got took "
        "effect yours again cards decision empty blank zero null broke froze hung locked busy slow died lost "
        "dropped unsuccessful stuck unstable misbehaving acting playing keeps luck out 500 404 503 403 502 400 "
        "429 answer snag hiccup fault faults exception unresponsive frozen overloaded broken unreachable did "
        "dusted "
    ).split()
)
"""Words of which one stands in every sentence that refuses, reports or fails."""
