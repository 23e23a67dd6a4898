"""What a sentence decides or reports: a refusal, a result, a technical failure; and the rule numbers that it cites.

All functions take the stated part of a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re

from agentgym.user.grammar import ACTION, ADVERB, DONE, asserted, one_of

__all__ = ["VERDICT_WORDS", "cited", "fails", "refuses", "reports"]

# --- reports --------------------------------------------------------------------------------------------------------

_ADV = rf"(?: (?:{ADVERB}|\w+ly))*"
_OBJECT = r"(?: (?:it|that|this|them|everything|both|you|your|the|all|an?|my|its|and|for|in|on|to|from|off|as|at|with|up|out|successfully|through|by|now|[,.;:()!-]|\d)|$)"
_FOUND_FORMS = one_of("find found locate see check look tell retrieve access verify identify understand read hear determine reach")
_ACTIVE = re.compile(
    rf"(?:^|\b(?:i|we)|\b(?:i|we) (?:did|do)|^(?:ok|okay|great|perfect|good|alright|sure|thanks|yes|so|right|there|and|well) )(?: have| had)?{_ADV} (?:{DONE})\b(?! by\b| for (?:free|all|any)\b)"
    rf"|\b(?:i|we)(?: have)?{_ADV} (?:gone|went) ahead\b(?! if| once)"
    rf"|\b(?:i|we)(?: have)?{_ADV} (?:managed|been able|was able|were able|succeeded)(?: to| in)?(?: (?:go ahead and|successfully))? (?!{_FOUND_FORMS}\b)\w+"
    rf"|\b(?:i|we)(?: have)?{_ADV} (?:got|gotten|had|taken|took)(?: \w+){{1,5}}? (?:{DONE}|off|care of|in for|down for)\b"
    rf"|\b(?:i|we) hereby \w+|\b(?:i|we) did (?:\w+ly |indeed |already |just )?{one_of(*ACTION)}\b|\bthat is you (?:all )?(?:{DONE}|sorted|done|all set)\b"
)
_COORDINATED = re.compile(rf"\band(?: then| also| now| have|{_ADV})* (?:{DONE})(?= (?:it|your|the|that|this|an?|you|both|everything|them)\b)")
_PASSIVE = re.compile(
    rf"\b(?:has|have|had){_ADV} been{_ADV} (?:{DONE})\b|\b(?:was|were){_ADV} (?:{DONE})\b|\bgot (?:{DONE})\b"
)
_STATIVE = re.compile(rf"\b(?:is|are|am)(?P<adverb>{_ADV}) (?P<done>{DONE})\b(?! by (?:our|the)|ment| to\b(?= (?:be|arrive|start)\b))")
_STATE = re.compile(
    rf"\b(?:is|are|am)(?P<adverb>{_ADV}) (?:set(?! (?:for|to|up|at))|done|complete|completed|finished|sorted|finali[sz]ed|in place|taken care of|on its way|on the way|gone|good to go|settled|in effect|effective|concluded|wrapped up|all yours|underway|a done deal)\b"
    rf"|\b(?:is|are) now{_ADV} (?!\\d|in a position|able|going|ready to|being|at|time|what|when|the|a |an |not )\w+"
    rf"|\b(?:has|have) (?:gone|went|come) through\b|\bwent (?:through|ahead|smoothly)\b|\b(?:was|is|were|been){_ADV} (?:a )?(?:successful|success)\b|\bsucceeded\b"
    rf"|\ball (?:done|set|sorted|finished|taken care of|good now)\b|\b(?:mission|job) (?:accomplished|done)\b|\bno longer (?:booked|active|scheduled|open)\b|\byou now have\b|\bhas taken effect\b|\bdone and dusted\b"
)
_BARE = re.compile(
    rf"^(?:(?:all|ok|okay|great|perfect|good|alright|right|sure|thanks|thank you|yes|and|so|well|excellent|wonderful|fantastic|there|hi|hello|hey|done|that is|it is|great news|good news|absolutely|certainly|of course|no problem|got it|sorted|lovely|brilliant|status|update|result|[!,.:-]) )*(?:{ADVERB} )*"
    rf"(?:(?:{DONE}|done|complete|finished|sorted|success|there you go|all set|that is that|you are all set)(?={_OBJECT}))"
)
_NOUN_DONE = re.compile(
    rf"^(?:[!,.:-] )?(?:(?:your|the|this|new|ok|great|perfect|and|all|both) )*(?P<noun>(?:[\w.:-]+ ){{1,8}}?)(?:{ADVERB} )*(?:{DONE}|done|complete|successful)(?: (?:successfully|now|already|today|as requested|for you|!|\.|,|:|-|for .*|on .*|to .*|with .*|and .*))*$"
)
_VERBAL = re.compile(
    r"\b(?:is|are|was|were|be|been|being|am|has|have|had|do|does|did|will|would|can|could|should|shall|may|might|must|not|no|never|i|we|you|he|she|they|if|when|once|to|which|that|need|needs|get|getting|until|before|after|without|any|every|most|all appointments|said|says|or|almost|nearly|partly)\b"
)
_WEAK = re.compile(r"(?:booked|scheduled|reserved|set|registered|paid|opened|recorded|blocked|locked|assigned|enrolled|marked|made|ordered|due|logged|linked|insured|charged|filed|placed|fixed|stopped|released|disabled|closed|suspended|issued|secured|put|saved)$")
_PAST_STATE = re.compile(r"\b(?:last|previous|previously|originally|ago|yesterday|earlier this|back (?:in|on|then)|by (?:you|the clinic|someone|another)|in (?:19|20)\d\d|last (?:year|month|week)|first)\b")
_DATED = re.compile(r" (?:(?:only|first|\w+ly|to \w+|for \w+) )*(?:on|in|at|since) (?:the |mon|tue|wed|thu|fri|sat|sun)?\w*,? ?(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
_NOT_MINE = re.compile(r"(?:identity|file|record|account|profile|details|request|question|message|note|inquiry|enquiry|call|chat|policy|concern|information|preference|frustration|urgency)s?$")
_RELATIVE = re.compile(r"(?:\b(?:which|who|whatever|what)|\w that|\bones?) $")
_TO_NOTES = re.compile(r"^(?:noted|logged|recorded|registered|marked) (?:your|that|the|this|down|it)\b")


def reports(form: str) -> int:
    """3 where the speaker says to have done something, 2 where something has been done or is so as a result, 1 where it may only describe a
    state ("is booked for Friday"), 0 where it reports nothing."""
    for found in _ACTIVE.finditer(form):
        text = found[0]
        begins = form[: found.start()].rstrip()
        if not re.match(r"(?:i|we)\b", text) and begins == "" and not _subjectless(form, text):
            continue
        if text.startswith(("had", "i had", "we had")) and " had " in f" {text} " and not re.search(r"\bhad \w+ \w+", text):
            continue
        tail = form[found.end() : found.end() + 40].split(" ,")[0]
        if re.search(r"\b(?:confirmed|opened|processed|updated|entered|logged|recorded|registered|marked|completed)$", text) and re.match(
            r" (?:your|that|the|this|all)(?: \w+){0,2}? (?:identity|file|record|profile|details|request|question|concern|message|preference|frustration)s?\b(?! (?:and|with)\b)", tail
        ) and not re.search(r"\b(?:processed|updated|completed)$", text):
            continue
        if re.search(r"\bconfirmed$", text) and re.match(r" (?:that |with |in |who |what )", tail) and not re.search(r"\b(?:is|has|been|was|are)\b", tail):
            continue
        if asserted(form, found.start(), found.end()):
            return 3
    for found in _COORDINATED.finditer(form):
        if re.search(r"\b(?:i|we)\b", form[: found.start()]) and asserted(form, found.start(), found.end()):
            return 3
    for pattern in (_PASSIVE, _STATE):
        for found in pattern.finditer(form):
            if _RELATIVE.search(form, 0, found.start()):
                continue
            if pattern is _PASSIVE and re.match(r"was|were", found[0]) and (_PAST_STATE.search(form) or _DATED.match(form, found.end())):
                continue
            if asserted(form, found.start(), found.end(), pending=found[0].startswith(("is", "are", "am", "was"))):
                return 2
    weak = 0
    for found in _STATIVE.finditer(form):
        if _RELATIVE.search(form, 0, found.start()) or not asserted(form, found.start(), found.end(), pending=True):
            continue
        if re.search(r"\b(?:usually|always|normally|generally|often|only|typically|automatically|sometimes|still)\b", found["adverb"]):
            continue
        subject = form[: found.start()].split(" , ")[-1].strip()
        if re.match(r"(?:\w+s|all \w+s|most \w+s|any \w+|such \w+|every \w+)$", subject) and not re.match(r"(?:this|yes|thanks)$", subject):
            continue  # a general statement
        if found["adverb"].strip() or not _WEAK.search(found["done"]):
            return 2
        weak = 1
    if weak:
        return weak
    found = _BARE.match(form)
    if found and not re.match(rf"(?:{DONE}) (?:and|or|,) (?:{DONE})\b", form):
        if asserted(form, found.end() - 1, found.end(), pending=True) and not _TO_NOTES.match(form) and not re.search(r"\bconfirmed (?:with|by|that)\b", form):
            return 2
    found = _NOUN_DONE.match(form)
    if found and not _VERBAL.search(form[: found.end("noun")]) and len(found["noun"].split()) <= 7 and "?" not in form:
        noun = found["noun"].strip()
        if ":" not in noun and not _NOT_MINE.search(noun) and not re.match(r"(?:well|not|nothing|already|what|how|status)\b", noun) and asserted(form, found.end("noun"), found.end("noun")):
            return 2
    return 0


def _subjectless(form: str, text: str) -> bool:
    rest = form[len(text) :]
    return bool(re.match(r"(?:have |just |successfully |now |already |all |\w+ )*", text)) and bool(re.match(_OBJECT, rest)) and not re.match(r"\w+ (?:appointments|orders|items|bookings)", form)


# --- refusals and failures -------------------------------------------------------------------------------------------

_NEG = (
    r"(?:can(?: \w+ly| also| still| really| just)? not|could(?: \w+ly)? not|can no longer|can never|(?:am|are|was|were|is|have been|has been)(?: \w+ly| just| simply| also| still| really)? (?:not (?:\w+ly )?(?:able|allowed|permitted|authori[sz]ed|in a position|going|empowered|at liberty|entitled|prepared|willing) to"
    r"|unable to|prohibited from|forbidden from|barred from|prevented from|not willing to|forbidden to|not able to)|will not(?: be (?:able|allowed|permitted) to)?|would not be able to|must not|may not|do not have (?:the |any )?(?:\w+ )?(?:permission|authority|ability|authori[sz]ation|means|power|right|option) to"
    r"|have no (?:\w+ )?(?:authority|way|permission|means|power|option|ability)(?: to| of)?|(?:did|do) not (?:manage|get|seem to be able) to|failed to|did not)"
)
_INABILITY = re.compile(
    rf"(?:\b(?P<who>i|we|you|nobody here|no one here|our (?:team|system|staff|clinic|office)|the (?:clinic|team|system|office|store|shop|hotel|bank|policy|airline|library|company))(?: \w+ly| just| also| simply| really| still| myself| therefore| hence)* |^(?:sorry |unfortunately |regrettably |sadly |apologies |no |and |so |ok |, |- |: )*|(?:, |- |: |\bbut |\bso |\band |\btherefore |; )(?=unable|not able|can not|not allowed|will not))"
    rf"(?P<neg>{_NEG}|(?:unable|not able|not allowed|not permitted|not authori[sz]ed) to)(?: (?:\w+ly|just|simply|actually|even|in good conscience|legally|also|currently|either|do anything to|go ahead and|go ahead with|help (?:you )?(?:to )?(?=cancel|chang|book|mov)))* ?(?P<verb>\w+)?(?P<object>.*)"
)
_TALK = frozenset(
    "say wait promise guarantee confirm believe imagine stress emphasise emphasize thank remember recall understand think refuse decline deny reject be rule complain argue express "
    "blame assume know remotely overstate predict speculate comment judge foresee tell see need forget bother hesitate keep take mind".split()
)
_FIND = frozenset(
    "find locate see access reach retrieve look lookup identify pull connect load fetch match verify detect hear search view log recognise recognize trace establish get read spot determine validate authenticate query discover".split()
)
_ACTS = frozenset(ACTION) | frozenset("help assist comply proceed go be let continue agree have support".split())
_ERROR = re.compile(
    r"\b(?:(?:system|server|service|database|tool|website|network|connection|booking system|internal|technical|timeout|unexpected|temporary|api|lookup|http|processing|software|unknown|another|returned an?|got an?|gave an?|with an?|by an?|hit an?|an) (?:\w+ ){0,2}?(?:error|errors|failure|issue|issues|problem|problems|fault|difficult\w+|outage|glitch\w*|hiccup|trouble|exception)\b"
    r"|errors? (?:occurred|came|message|code|has|was|while|when|\d+|in|from|on|out|again|:)|timed? out|time ?out|went wrong|gone wrong|(?:is|are|was|were|currently|seems?|appears?|be|been|gone|went|has been|temporarily) (?:\w+ ){0,2}?(?:down|offline|unavailable|unresponsive|not responding|not working|out of service|unreachable|frozen|overloaded|broken|acting up|misbehaving|playing up|stuck|unstable|unsuccessful|lost|buggy)"
    r"|(?:system|database|server|tool|app|application|service|api|website|connection|network|page|line|computer)(?: \w+)? (?:is (?:\w+ )?(?:locked|busy|slow|being|under)|froze|hung|broke|crashed|died|lost|dropped|refused|reset|will not|would not|does not (?:want|let|allow|permit|accept|recognise|recognize)|refuses|keeps|rejected)"
    r"|(?:came|comes|come|came back|comes back) (?:back |up )?(?:empty|blank|with nothing|with no)|return(?:ed|s) (?:nothing|no|zero|null|empty|an empty|a blank)|(?:zero|0|empty) (?:results?|records?|matches|hits?)|(?:got|get|getting|returned|gave|received|threw|status|code) (?:an? |me an? )?(?:http )?[45]\d\d\b|something broke|unsuccessful|(?:no|bad) luck with"
    r"|not (?:respond|responding|work|working|go through|gone through|load|loading|succeed|successful|complete|completed|processed|accept|reach\w*|answer\w*)\b|glitch|outage|crash(?:ed|es)?|technical (?:issue|problem|difficult\w+|error|fault|trouble|reasons|hitch|failure)s?|(?:having|had|experiencing|ran into|run into|running into|encountered|encountering|hit|facing|met) (?:\w+ ){0,3}?(?:trouble|difficult\w+|issues?|problems?|errors?|snags?|hiccups?|obstacle)"
    r"|(?:call|attempt|request|update|cancellation|booking|transaction|payment|operation|it|lookup|search|tool|system|refund|action|that|process|query|which|and|change|connection|try) (?:\w+ )?(?:failed|has failed|keeps failing|fails|did not (?:work|go through|succeed))|failed (?:due|because|with|again|to)|try (?:it )?again (?:later|shortly|in a)|permission denied|access denied|rate limit\w*|too many requests|server (?:error|failure))\b"
)
_NO_ERROR = re.compile(r"\b(?:no|without|any|not|avoid|never|free of|zero|my|your own|human|in case of|if|corrected?|fix(?:ed)?|resolved|until|unless) (?:\w+ ){0,2}(?:error|errors|failure|issues?|problems?|trouble|outage|glitch\w*|exception|difficult\w+|went wrong|hiccups?|fail\w*|down|time ?out|timed out)\b|\bif\b|\bno (?:problem|trouble)\b|\bdid not fail\b")
_NOT_FOUND = re.compile(
    r"\b(?:can not|could not|can no longer|not|no|unable to|not seeing|not finding|not getting|did not|do not|does not|cannot|never|failed to|nothing) (?:\w+ ){0,5}?(?:found|find|match\w*|locate[d]?|exist|exists|show(?:s|ing)? up|on (?:file|record)|come up|came up|turned up|in (?:the|our) system|see (?:any|an|a|your|that|it)|results?|returned|appear)\b|\bno (?:\w+ ){0,4}(?:found|record|records|results|match|matches|matching|such)\b|\bnothing (?:came|comes|turned|under|matching|found|matches)\b"
)
_WITHOUT = re.compile(r"\b(?:unless|until|without|before|if (?:you|i) (?:do|can|have)|as long as|not have)\b(?P<rest>.*)")
_NEEDS_USER = re.compile(r"\b(?:you|your|i (?:have|know|get|can|am)|knowing|verif\w+|confirm\w*|more|some|further|that|it|this|first|checking|identif\w+|information|details|proof)\b")
_PRESENT = re.compile(r"\b(?:could not|was|were|did not|failed|have been|has been)\b")
_SUBJECT = r"(?:it|that|this|these|those|they|(?:your|the|such an?|any|this|that|a|an|my) (?:[\w.:'-]+ ){0,7}?[\w.:'-]+|\w+ing(?: \w+){0,4}|refunds?|cancellations?|changes|which|appointments|bookings|orders|requests like this|there|what you (?:ask|want|are asking)\w*(?: for)?)"
_IMPERSONAL = re.compile(
    rf"(?:^|\b){_SUBJECT} (?:can|may|could|must|will|is|are) (?:\w+ly |just |also |simply )?(?:not|no longer)(?: \w+ly)* (?:able to be |allowed to be |permitted to be |to be |be )(?:\w+ly )?(?P<done>{DONE}|undone|allowed|permitted|provided|shared|disclosed|accommodated|done|given|offered|waived|possible|considered|accepted|brought|arranged|overridden|overruled|bent|taken)\b"
    r"|\b(?:is|are|was|am|would be|will be)(?: \w+ly| just| simply| really| also| still)* (?:not|no longer) (?:\w+ly |really )?(?:something (?:that )?(?:i|we) (?:can|could|am|are)|possible|allowed|permitted|permissible|eligible|refundable|an option|within (?:my|our)|doable|feasible|acceptable|authori[sz]ed|entitled|able to (?:have|get|be|cancel|change|receive)|cancellable|covered|on the cards|qualified|in (?:my|our) power|up to me|going to (?:happen|be possible)|granted|approved|valid for|in line with)\b"
    r"|^(?:(?:sorry|unfortunately|no|but|so|,|-|regrettably|sadly|that is|it is) )*not (?:possible|allowed|permitted|eligible|an option|authori[sz]ed)\b|\b(?:is|are) (?:\w+ly )?(?:impossible|ineligible|out of (?:my|our) hands|out of the question|beyond (?:my|our)|off the table|outside (?:my|our|of (?:my|our))|against|prohibited|forbidden|disallowed|ruled out|not on)\b"
    r"|\b(?:is|are|was|has been|have been|have|had been|must be|am|will be|hereby)(?: \w+ly| now| also| hereby)* (?:denied|declined|rejected|refused|turned down|not (?:granted|approved))\b|\b(?:do|does) not (?:\w+ly )?(?:qualify|meet (?:the|our|all)|satisfy|entitle)\b"
    r"|\b(?:polic\w+|rules?|r ?\d+|guidelines?|regulations?|terms|it|that|this|which|we|contract|fare|plan|law|clinic|hotel|airline)(?: number)?(?: \d+)?(?: \( ?r?\d+ ?\))? (?:\w+ly |also |just |here )?(?:do|does|will|would) not (?:\w+ly )?(?:allow|permit|let|authori[sz]e|enable|support|cover)\b"
    r"|\b(?:polic\w+|rules?|r ?\d+|guidelines?|regulations?|terms|that|this|which|it)(?: number)?(?: \d+)?(?: \( ?r?\d+ ?\))?(?: here| that| which| also| clearly| strictly| expressly| explicitly| \w+ly)* (?:prohibits?|forbids?|prevents?|bars?|disallows?|precludes?|rules? (?:this |that |it )?out|blocks?|stops?|prohibit|excludes?|stands? in the way|says no)\b"
    r"|\b(?:against|contrary to|in (?:breach|violation|conflict) (?:of|with)|violat\w+|breach\w*|breaks?|breaking|contravene\w*|conflicts? with) (?:the |our |clinic |company |my |hotel |store |bank |this )*(?:polic\w+|rules?|r ?\d+|guidelines|terms|regulations)\b"
    r"|\btoo (?:late|close|early|soon|near|old|far) (?:to|for|in|now)\b|\b(?:can|could) (?:\w+ly )?not be (?:done|helped|changed|cancell?ed|refunded|undone)\b|\bnothing (?:else |more |that |further )*(?:i|we) can do\b|\bno (?:\w+ ){1,4}?(?:is |are |can be )?(?:possible|allowed|permitted|made|given|issued|granted|available under|permissible)\b"
    r"|\b(?:the|my|our) (?:final )?(?:answer|decision|response) (?:is|has to be|must be|remains|stays)(?: \w+)? ?(?:a )?(?:no|negative|not|the same)\b|\b(?:unfortunately|sorry|afraid|regrettably|sadly)(?: ,)?(?: but| the answer is| it is| that is)?(?: a)? (?:not|no)(?: ,| \.| !|$)|\bno can do\b|\bit is a (?:firm )?no\b|\bhave to say no\b|\bmust say no\b|\bno exceptions?\b"
)
_DECLINE = re.compile(r"\b(?:declin(?:e|ing|ed)|refus(?:e|ing|ed)|reject(?:ing|ed)?|deny(?:ing)?|denied|turn(?:ing|ed)? (?:this|that|it|you|your \w+|the \w+) down|turn(?:ing|ed)? down)\b")
_DECLINE_SUBJECT = re.compile(r"(?:^|\b)(?:i|we)\b(?: \w+){0,7} $|^(?:(?:respectfully|request|sorry|so|therefore|must|have|to|but|,|unfortunately|:|hereby|and|regrettably|no|, ) ?)*$|\b(?:forced|obliged|required|bound|compelled|choice but|reason|grounds|position) to $|\b(?:your|the|this) (?:\w+ ){0,3}(?:is|has been|was|must be) (?:\w+ly )?$")
_DECLINE_NOT = re.compile(r"\b(?:not|no|never|nor|without|rather than|instead of|see why|why|avoid|hesitate|nothing|neither|hate to|want to|wish|before|if|once|when|whether|might|may|could|would(?! have to| need to)|you (?:can|may|could|have|are|want)|should|perhaps|maybe|possibly|probably|asked|said|reserve|right to|free to|able to|unless|until|going to have to think|card|patient|they|he|she|bank|insurer)\b")
_REFUSE_HEDGE = re.compile(
    r"\b(?:may|might|perhaps|maybe|probably|possibly|think|believe|guess|suppose|seems?|appears?|likely|not sure|unsure|whether|imagine|pretend|hopefully|worried|fear|(?<!as )(?<!like )you (?:have |just |already )*(?:said|say|told|mentioned|claimed|claim|wrote|think|heard|asked)|quoted|wonder|in case|would have|doubt|assuming|depends|not that|not true|not as if|not saying|say that|do not mean|does not mean|not mean|no reason|no rule|nothing)\b|\b(?:never|not|nor) (?:\w+ )?(?:said|say|saying|claim\w*|suggest\w*|mean|meant|imply|implying|told|telling)\b"
)
_EVEN = re.compile(r"\beven (?:if|when|though)\b|\bif (?:that|this) helps\b|\bas if\b|\bif you (?:check|look|read|like|must know|will)\b")
_QUALIFIED = re.compile(r"\b(?:if|in case|should (?:it|the|you)|unless|whenever|when (?:the|it|an?|there)|once)\b")


def fails(form: str, *, ruled: bool = False) -> bool:
    """Whether the sentence reports trouble: a technical error, or something that could not be found."""
    found = _ERROR.search(form)
    if found and not _NO_ERROR.search(form, max(0, found.start() - 40), found.end()) and not re.search(r"\b(?:you (?:said|mentioned|reported|told)|might|may|could (?:be|have)|would)\b", form[: found.end()]):
        return True
    found = _NOT_FOUND.search(form)
    if found and not _QUALIFIED.search(form, 0, found.end()) and not ruled and not re.search(r"\bno (?:rule|reason|need|problem)\b|\b(?:not|do not) (?:\w+ )?see (?:any|a) (?:reason|problem|issue|rule|grounds)", form):
        return True
    for found in _INABILITY.finditer(form):
        if found["who"] == "you" or _QUALIFIED.search(form, 0, found.start()) or ruled:
            continue
        verb = found["verb"] or ""
        before = _clause(form, found.start())
        if _REFUSE_HEDGE.search(before):
            continue
        if found["neg"] == "did not" and verb not in ("manage", "get", "succeed", "work"):
            continue
        if verb in _FIND and not _WITHOUT.search(found["object"]) and not re.match(r" (?:a|any) (?:reason|problem|rule)| why", found["object"]):
            return True
        if _PRESENT.search(found["neg"]) and (verb in _ACTS or not verb) and not re.search(r"\bif\b", form):
            return True
    return False


def _clause(form: str, at: int) -> str:
    return re.split(r" [,;:()-] |\bbut\b|\bso\b|\bbecause\b", form[:at])[-1]


def refuses(form: str, *, ruled: bool = False) -> bool:
    """Whether the sentence declines what the user wants. `ruled`: the message cites a rule or the policy."""
    for found in _INABILITY.finditer(form):
        verb, wanted = found["verb"] or "", found["object"]
        if found["who"] and "system" in found["who"] and not ruled:
            continue
        before = form[: found.start()]
        if _REFUSE_HEDGE.search(_clause(form, found.start())) or re.search(r"\b(?:think|believe|guess|probably|perhaps|maybe)\b(?! you)", wanted):
            continue
        if re.match(r"(?:so |and |but |then |well )*(?:if|unless|assuming|suppose|whether|in case|imagine|when|once|should)\b", form) or _conditional(before, wanted):
            continue
        neg = found["neg"]
        if neg in ("will not", "must not", "may not", "did not") and verb not in _ACTS:
            continue
        if neg in ("did not", "failed to") or (neg == "may not" and verb == "be"):
            continue
        if neg == "will not" and verb in ("be", "take", "need", "charge", "have", "keep", "set", "put", "send", "let") and not re.match(r" (?:cancelling|changing|doing|booking|processing|making|able)", wanted):
            continue
        if _PRESENT.search(neg) and not ruled:
            continue
        if found["who"] == "you" and (verb not in _ACTS or re.match(r" (?:wrong|back)", wanted)):
            continue
        if verb in _TALK and not (verb == "tell" and re.match(r" (?:you )?(?:that|this|about|his|her|their|the|your|anything)\b(?! (?:if|whether|it))", wanted)) and not (verb == "confirm" and ruled and False):
            continue
        if verb in _FIND and not (ruled and verb in ("get", "let")):
            continue
        if verb == "help" and re.match(r" (?:but|noticing|wondering|feeling)\b", wanted):
            continue
        if re.search(r"\byet\b|\b(?:right now|at the moment) (?:because|due|as)\b|^ (?:any|more|further|faster)\b(?! (?:exceptions?|refunds?|changes))", wanted) or _needs_more(wanted):
            continue
        return True
    for found in _IMPERSONAL.finditer(form):
        clause = _clause(form, found.start())
        after = form[found.end() : found.end() + 60]
        if _REFUSE_HEDGE.search(clause) or re.search(r"\b(?:not|nothing|never|without|neither|would not)\b", clause):
            continue
        if _leads_if(form) or _conditional(form[: found.start()], after) or _needs_more(form[found.end() :]):
            continue
        if re.search(r"\bnot (?:prohibited|forbidden|against|denied|declined)\b|\byet\b", found[0] + after[:20]):
            continue
        if re.search(r"\b(?:you|i|we) have (?:denied|refused|declined)", found[0]) or (re.match(r"^(?:appointments|bookings|orders)\b", found[0]) and not ruled):
            continue
        return True
    for found in _DECLINE.finditer(form):
        before = _clause(form, found.start())
        if _DECLINE_NOT.search(before) or _leads_if(form) or _conditional(form[: found.start()], form[found.end() :]):
            continue
        if _DECLINE_SUBJECT.search(before) and not re.search(r"\b(?:not|never)\b", form[found.start() : found.end() + 4]):
            return True
    return False


def _leads_if(form: str) -> bool:
    return re.match(r"(?:so |and |but |then |well )*(?:if|unless|assuming|suppose|whether|in case|imagine|when|once|should|had|were)\b", form) is not None and not _EVEN.search(form)


def _conditional(before: str, after: str) -> bool:
    """Whether a condition makes the decision hypothetical."""
    near = re.split(r" [;:()] | \. ", after)[0]
    return bool(re.search(r"\b(?:if|in case|assuming|provided)\b", near)) and not _EVEN.search(near) and not re.search(r"\bif you (?:do not|have no)\b", near)


def _needs_more(after: str) -> bool:
    """Whether the inability only waits for something from the user."""
    found = _WITHOUT.search(after)
    return found is not None and bool(_NEEDS_USER.search(found["rest"])) and not re.search(r"\b(?:24|48|\d+) (?:hours|days)|\bmore than\b|\bat least\b", found["rest"])


# --- rules ----------------------------------------------------------------------------------------------------------

_NUMBERED = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_NUMBERED |= {word: str(n) for n, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)}
_RULE = re.compile(
    r"\b(?:(?P<o>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|\dth) (?:rule|policy|clause)|(?:rules?|polic(?:y|ies)|clauses?|section|article) (?:(?:number|no|nr|id|item|point|,|:|\(|-) )*(?:r ?-? ?)?(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)|r(?: ?- ?| number | |\.)?(?P<r>\d{1,2}))\b(?!:|\.\d| (?:days|hours|months|weeks|minutes|times|people)\b)"
    r"|(?P<more>(?<=\d )(?:and|or|,|, and|nor|, or|but not|not) (?P<m>\d{1,2})\b(?! (?:days|hours|months|weeks|minutes|march|april|may|june|july|august|september|october|november|december|january|february)|:))"
)
_DENIED_BEFORE = re.compile(r"\b(?:scratch|forget|ignore|ignoring|leaving aside|setting aside|regardless of|apart from|aside from|irrespective of|wrongly cited|mistakenly cited|mis ?cited|i (?:first |earlier |previously )?(?:said|mentioned|cited|wrote)|although|even though|while|though|not (?:\w+ ){1,5}(?:because of|due to|under|on|by|from|with)|not|nor|neither|rather than|instead of|other than|unlike|no longer|nothing to do with|neither (?:rules? )?(?:r ?)?\d+ nor|contrary to|not because of|than|is not about)(?: (?:under|by|per|because of|due to|about|on|through|from|for|the|of|via|with|a matter of|a case of))* (?:the )?$")
_DENIED_AFTER = re.compile(
    r"^(?: here| itself| alone| , [^,]{1,40} ,)?(?: (?:nor|or|and) (?:rule )?r?\d+)? (?:does not|do not|did not|would not|will not|is not|are not|is no|can not|would (?:allow|permit|be|not)|might|may have been|could be|looked|is out|is off|was (?:my|a|not|wrong|cited|the wrong)|seems?|permits|has nothing|has no bearing|is irrelevant|is fine|is met|are met|is satisfied|is fulfilled|is ok|is okay|allows|permits|passes|is unrelated|no longer|plays no|seems? irrelevant|is beside)(?: \w+ly| the| really| what| one| an?| longer)*"
    r"(?: (?:apply|applies|matter|reason|rule|relevant|issue|concern|cover|play|stops?|prevent|block|here|ground|problem|point|obstacle|affect|come|hold|stand|to do|at issue|in play|blocks|one|case|bearing|forbid|prohibit|decides|count)\b|$| ,| ;| :| \.|(?<=irrelevant)|(?<=fine)|(?<=met)|(?<=satisfied)|(?<=allows)|(?<=permits)|(?<=unrelated)|(?<=fulfilled)|(?<=ok)|(?<=okay)|(?<=nothing)|(?<=would allow)|(?<=would permit)|(?<=would be)|(?<=is out)|(?<=is off)|(?<=was wrong)|(?<=was my)|(?<=was a)|(?<=the wrong))"
)


def cited(form: str) -> tuple[list[int], list[int]]:
    """Rule numbers in a sentence: (asserted, denied)."""
    yes: list[int] = []
    no: list[int] = []
    previous = ""
    for found in _RULE.finditer(form):
        if found["more"] and not previous:
            continue
        text = found["n"] or found["r"] or found["m"] or found["o"]
        number = int(_NUMBERED.get(text) or text.rstrip("stndrh"))
        before = form[max(0, found.start() - 48) : found.start()]
        denied = _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(form[found.end() :])
        if found["more"]:
            denied = denied or "not" in found["more"] or (previous == "no" and "nor" in found["more"])
        (no if denied else yes).append(number)
        previous = "no" if denied else "yes"
    return yes, no


VERDICT_WORDS = frozenset(
    " ".join(
        [
            DONE.replace("cancell?ed", "cancelled canceled").replace("|", " "),
            "not unable never no done complete completed set finished sorted through went gone managed succeeded success successful able care now",
            "hereby way decline declining declined refuse refusing refused reject rejecting rejected deny denies denied denying turn turning turned",
            "impossible ineligible forbid forbids forbidden prohibit prohibits prohibited prevent prevents prevented bar bars barred block blocks stop",
            "stops preclude precludes exclude excludes rule rules against violate violates violating violation breach breaches break breaks breaking",
            "too beyond outside hands error errors fail fails failed failing failure timeout timed time wrong down offline unavailable glitch glitches",
            "outage crash crashed crashes technical trouble difficulty difficulties nothing issue issues problem problems limit limited responding contrary",
            "conflict conflicts contravene contravenes disallow disallows disallowed stand stands off taken got took effect yours again cards decision",
            "empty blank zero null broke froze hung locked busy slow died lost dropped unsuccessful stuck unstable misbehaving acting playing keeps luck out 500 404 503 403 502 400 429",
            "answer snag hiccup fault faults exception unresponsive frozen overloaded broken unreachable did dusted",
        ]
    ).split()
)
"""Words of which one stands in every sentence that refuses, reports or fails."""
