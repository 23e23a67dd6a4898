"""What a sentence reports as done or as so. It takes the stated part of a sentence in plain form."""

from __future__ import annotations

import re

from agentgym.user.grammar import ACTION, ADVERB, DONE, asserted, gathered, one_of

__all__ = ["reports"]

_ADV = rf"(?: (?:{ADVERB}|\w+ly))*"
_OBJECT = (
    r"(?: (?:it|that|this|them|everything|both|you|your|the|all|an?|my|its|and|for|in|on|to|from|off|as|at"
    r"|with|up|out|successfully|through|now|[,.;:()!-]|\w?\d|mon\w*|tue\w*|wed\w*|thur?s?\w*|fri|friday|sat|saturday"
    r"|sun|sunday|today|tomorrow|by|there|with|dr"
    r"|me|at|no|nothing|under|into|until|appointment|appt|visit|booking|then|again|ok|okay|please|just|new|old|as|like"
    r"|right|properly|instead|together|a-?\d\w*)(?!\w)|$)"
)
_FOUND_FORMS = one_of(
    "find found locate see check look tell retrieve access verify identify understand read hear determine reach"
)
_ACTIVE = re.compile(
    gathered(
        rf"(?:^|\b(?:i|we)|\b(?:i|we) (?:did|do)|^(?:ok|okay|great|perfect|good|alright|sure|thanks|yes|so|right"
        rf"|there|and|well) )(?: have| had)?{_ADV} (?:{DONE})\b(?! by\b| for (?:free|all|any)\b)"
        rf"|\b(?:i|we)(?: have)?{_ADV} (?:gone|went) ahead\b(?! if| once)"
        rf"|\b(?:i|we)(?: have)?{_ADV} (?:(?:managed|been able|was able|were able) to|succeeded in)(?: (?:go ahead and"
        rf"|successfully))*"
        rf" (?!go ahead|successfully|{_FOUND_FORMS}\b)\w+"
        rf"|\b(?:i|we) (?:have|had){_ADV} (?:cancel|book|move|send|change|update|reschedule|refund|waive|issue|create"
        rf"|register"
        rf"|transfer|save|rebook|delete|add|remove|order|do|did|make|maked|fix|pay|reserve|process) (?:the|your|it|this"
        rf"|that|an?|for"
        rf"|him|her|everything)\b"
        rf"|\b(?:i|we)(?: have)?{_ADV} (?:got|gotten|had|taken|took|knocked|called|put|pushed|moved|squeezed|crossed|struck"
        rf"|pulled|brought|dropped|fit|fitted|slotted|pencilled|swapped|wiped|cleared)(?: [\w'.:-]+){{1,5}}? (?:{DONE}"
        rf"|off|out(?! (?:of (?:my|our) (?:hands|power|depth)|that|what|whether|how|why))|care of|through(?! (?:the|your|our|all|it)\b)|in for"
        rf"|down for)\b"
        rf"|\b(?:i|we) (?:have|have got) you (?:\w+ly |now |all )?(?:{DONE}|down) (?:in|for|with|on|at)\b(?! \w+ing\b)"
        rf"|\b(?:i|we) (?:just |already |have |now )*(?:did|done) (?:it|that|so|this|both)\b"
        rf"|^(?:ok |okay |right |there |alright |yes |great |, )*did (?:it|that)\b|\bthat is (?:the|your|you|it|all"
        rf"|both"
        rf"|everything) (?:[\w.:-]+ ){{0,4}}?(?:{DONE}|gone|done|sorted)\b"
        rf"|\bwhat (?:i|we) (?:did|have done|just did)(?: \w+){{0,3}}? (?:was|is)(?: to)? (?!check|look|search|ask|read|note|find)"
        rf"\w+(?: up| out)? (?:the|your|it|a|an|him|her|them|you|this|that|both)\b"
        rf"|\b(?:i|we)(?: have)? (?:did|done|made)(?: already| now| just| also)* (?:the|your|that|this|both) (?:\w+ ){{0,2}}?"
        rf"(?:booking|cancellation|change|refund|refill|referral|appointment|reschedul\w+|payment|reservation|transfer"
        rf"|renewal|correction|update)s?\b"
        rf"|\b(?:i|we)(?: have)?{_ADV} opened (?:the|a|an|your|this|that)(?: new)? (?:\w+ )?(?:referral|ticket|claim|case"
        rf"|request|complaint|order)\b"
        rf"|\b(?:i|we) hereby \w+|\b(?:i|we) did (?:\w+ly |indeed |already |just )?{one_of(*ACTION)}\b"
        rf"|\bthat is you (?:all )?(?:{DONE}|sorted|done|all set)\b"
    )
)
_COORDINATED = re.compile(
    rf"\band(?: then| also| now| have|{_ADV})* (?:{DONE})(?= (?:it|your|the|that|this|an?|you|both|everything|them)\b)"
)
_PASSIVE = re.compile(
    rf"\b(?:has|have|had){_ADV} been{_ADV} (?:\w+ed(?: and|,| ,){_ADV} )?(?:(?!made (?:aware|clear|up))(?:{DONE})"
    rf"|started|opened|given)\b|\b(?:was|were){_ADV} (?:{DONE})\b|\bgot (?:{DONE})\b"
)
_STATIVE = re.compile(
    rf"\b(?:is|are|am|stands)(?P<adverb>{_ADV}) (?P<done>(?!set to\b)(?:{DONE}))\b(?! by (?:our|the|an?|us)\b|ment| on"
    rf" an?\b|"
    rf" (?:during|under|only|in the presence)| to\b(?= (?:be|arrive|start)\b))"
)
_STATE = re.compile(
    gathered(
        rf"\b(?:is|are|am)(?P<adverb>{_ADV}) (?:set(?! (?:for|to|up|at))|done|complete|completed|finished|sorted"
        rf"|finali[sz]ed|in place|taken care of|on its way|on the way|gone|good to go|settled|in effect|effective"
        rf"|concluded|wrapped up|all yours|underway|a done deal)\b"
        rf"|\b(?:is|are) now{_ADV} (?:(?!required|needed|supposed|expected|expired|asked|allowed|confused|interested"
        rf"|worried|fulfilled"
        r"|located|concerned|considered|verified|identified|authenticated|connected|overdue|delayed|tired|changed to"
        r" developer)\w+ed"
        r"|(?:in|on|under) (?:the|our|your|its|file|record) ?(?!developer|position|process|way|same|line|phone)\w*|on"
        r" (?:for |the )?(?:mon|tue|wed|thu|fri|sat|sun|\d)\w*"
        r"|(?:at |on |for )?\d+(?!\d*[/-]\d+[/-]| ?pm| ?am| o clock)|at \d|for \w+day|down (?:for|as|to)|in for|set|put"
        r"|sent|paid|active|void"
        r"|valid|closed|lifted|effective|live|current|reflected|visible|open(?! to)|your \w+|on order|[\w.]+@\S+|with"
        r" (?:dr"
        r"|doctor)"
        r"|yours|off the|free of|gone|up to date|clear|zero|nil)\b"
        rf"|\byou are{_ADV} (?:in|down|on|slotted in|squeezed in|pencilled in|signed up|paid up|covered|registered"
        rf"|enrolled)(?: now)?"
        r" (?:for (?:\w+day|\d|the|tomorrow|next|an?|half|mon|tue|wed|thu|fri)|in the (?:book|books|diary|calendar"
        r"|system"
        r"|schedule)|on the (?:\w+ )?(?:list|schedule|books))"
        rf"|\byou are{_ADV} (?:in the (?:book|books|diary|calendar|schedule)|on the (?:\w+ )?(?:list|schedule|books)"
        rf"|paid"
        rf" up|signed"
        rf" up|slotted in|squeezed in)\b"
        rf"|\b(?:is|are){_ADV} (?:on (?:file|record)|in (?:the|our) (?:system|book|books|diary|calendar|schedule))"
        rf" (?:now"
        rf"|already)\b"
        rf"|\b(?:is|are|was|were|been){_ADV} (?:cancel|send|book|move|change|refund|reschedule|update|waive|make"
        rf"|register)(?= (?:successful\w*|for (?:you|your)|to"
        rf" (?:the|your|friday|monday)|now|already|today)| ?[.,!]| ?$)|\b(?:visit|appointment|booking|refund|fee"
        rf"|payment)"
        rf" has{_ADV} (?:{DONE})\b"
        rf"|\b(?:is|are) (?:now )?(?:cancel|cancell|annul|reschedule|refund)(?: now| already)?\b(?! (?:the|your|it"
        rf"|fee))"
        rf"|(?<!\bi )(?<!\bwe )\b(?:has|have) (?:gone|went|come) through\b|\bwent (?:through|ahead|smoothly)\b|\b(?:was|is|were"
        rf"|been){_ADV} (?:a )?(?:successful|success)\b|\bsucceeded\b"
        rf"|\ball (?:done|set(?! to)|sorted|finished|taken care of|good now)\b|\b(?:mission|job) (?:accomplished"
        rf"|done)\b"
        rf"|\bno longer (?:booked|active|scheduled|open)\b|\byou now have\b|\bhas taken effect\b"
        rf"|\bdone and dusted\b"
        r"|\b(?:visit|appointment|booking|slot|check up|session|plan|cover)(?: with dr \w+)? (?:now (?:starts|begins"
        r"|takes"
        r" place|runs|falls|is)|(?:starts|begins|takes place"
        r"|runs|falls) now|is now)\b(?! (?:in|at) (?:a |an )?(?:minute|moment|risk))|\byou no longer (?:have|owe|need"
        r" to"
        r" (?:come|pay))\b"
        r"|\bno longer (?:appears?|shows?|exists?|stands|due|owed|on (?:your|the))\b|\b(?:is|are)(?: now| all|"
        r" completely)?"
        r" off (?:your|the|our) (?:account|calendar|bill|record"
        r"|schedule|list|books?|file|invoice|diary|system)\b|\bhas(?: now| already| just)? gone (?:off|out|over) to\b"
        r"|(?<!i )(?<!we )\bhas (?:got )?(?:your|the) (?:[\w-]+ ){1,3}now\b|\b(?:is|are) (?:now )?up to date(?: now)?\b"
    )
)
_BARE = re.compile(
    rf"^(?:(?:all|ok|okay|great|perfect|good|alright|right|sure|thanks|thank you|yes|and|so|well|excellent"
    rf"|wonderful|fantastic|there|hi|hello|hey|done|that is|it is|great news|good news|absolutely|certainly"
    rf"|of course|no problem|got it|sorted|boom|bam|bingo|yay|woohoo|hooray|hurray|voila|ta da|presto|cool|nice|super"
    rf"|sweet|aaand|ready|lovely|brilliant|status|update|result|[!,.:-]) )*(?:{ADVERB} )*"
    rf"(?:(?:{DONE}|done|complete|finished|sorted|success|there you go|all set|that is that"
    rf"|you are all set)(?={_OBJECT}))"
)
_NOUN_DONE = re.compile(
    rf"^(?:[!,.:-] )?(?:(?:your|the|this|new|ok|great|perfect|and|all"
    rf"|both) )*(?P<noun>(?:[\w.:-]+ ){{1,8}}?)(?:{ADVERB} )*(?:{DONE}|done|complete"
    rf"|successful)(?: (?:successfully|now|already|today|as requested|for you|: .*|, \w+|!|\.|,|:|-|for .*|on .*|to .*"
    rf"|with .*|and .*))*$"
)
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
_PAST_STATE = re.compile(
    r"\b(?:last|previous|previously|originally|(?<!moment )(?<!moments )(?<!second )(?<!seconds )(?<!minute )"
    r"(?<!minutes )ago|yesterday|(?:week|weeks|days?|months?|years?) later|afterwards|at the time|earlier this|back (?:in|on|then)|by (?:you|him|her|them"
    r"|(?:the|your|my|his|her|our|an?) (?!end|time|way)\w+|someone|another|dr|mr|mrs|ms)|in (?:19|20)\d\d|last (?:year"
    r"|month|week)|first)\b"
)
_DATED = re.compile(
    r" (?:(?:only|first|\w+ly|to \w+|for \w+|to you|by \w+|over the phone) )*(?:on|in|at|since) (?:(?:the )?(?:mon|tue"
    r"|wed|thu|fri|sat|sun)\w*|(?:the )?\w*,? ?(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
_HISTORY = re.compile(
    r" (?:(?:\w+ly|just|already|only|now) )*(?:(?:so far|once|twice|three times|\d+ times|several times|before|in the"
    r" past|this year|last \w+"
    r"|that year|many times|previously|originally|a (?:while|week|month|year) ago|since (?:\d|january|february|march"
    r"|april|may|june|july"
    r"|august|september|october|november|december|last)|in (?:19|20)\d\d|back in|by (?:the|your|our|an?|another)"
    r" (?:insurer|other|previous|bank"
    r"|doctor|hospital|registration|office|pharmacy|court|state))\b)"
)
_ELSEWHERE = re.compile(
    r"\b(?:rules?|polic(?:y|ies)|r ?\d{1,2}|tests?|results?|x ?rays?|scans?|faults?|outages?|errors?|glitch|samples?"
    r"|labs?|sentence|step|reason|reference|mention|last (?:one|waiver"
    r"|visit|refill|payment|change)|previous|latest|earlier)$"
)
_KEPT = frozenset("confirmed recorded registered logged marked entered linked saved".split())
_KNOWN = re.compile(r"\b(?:insurance|card|cover|identity|number|you|name|birth|calls?|that|which)$")
_AS = re.compile(
    r" (?:as (?:the|an?|our)|with us|here|your identity|who you|in (?:the|our) system|under|to (?:the|this|your)"
    r" (?:record|account|file|number))\b"
)
_DELIVERED = re.compile(r"(?:sent|released|shared|forwarded|emailed|mailed|uploaded|posted|delivered|booked|ordered)$")
_PRINTED = re.compile(
    r" (?:on|in|at|under|above|below|next to|across) (?:the|its|your) (?:bar code|barcode|logo|name|photo|reverse|back|front|top|bottom|left|right|side|letter|card|label|invoice|bill|corner|end)\b"
)
_HEAD = re.compile(r" (?:with|for|at|on|from|of|to|in|by|under) ")
_CLOCK = re.compile(r"\d")
_TELLS_TIME = re.compile(r"(?:^|[,;:(-] |\b(?:and|but|so|because|as|that) )(?:it|the time|today|my clock)(?: \w+)? $")
_PERSON = re.compile(r"\b(?:he|she|they|dr|doctor)$")
_PLACED = re.compile(r" (?:now )?(?:in|for|at \d|with|on)\b(?! (?:until|all|solid|surgery|leave|that|those))")
_RESOURCE = re.compile(
    r"\b(?:slots?|times?|openings?|lines?|doctor|dr|he|she|they|clinic|office|pharmacy|shop|store|card|practice|surgery"
    r"|branch|team|reception|counter|library|hotel|bank|program|computer|screen|app|site"
    r"|calendar|schedule|database|system|server|day|week|room|desk|department|hotline"
    r"|door)\b(?! (?:appointment|change|booking))"
)
_NOT_MINE = re.compile(
    r"(?:identity|file|record|account|profile|details|request|question|message|note|inquiry|enquiry|call|chat"
    r"|policy|concern|information|preference|frustration|urgency|service|system|connection|server|access|network|step"
    r"|part|test|search|check"
    r"|verification|lookup|review)s?$"
)
_RELATIVE = re.compile(r"(?:\b(?:which|who|whatever|what)|\w that) $")
_TO_NOTES = re.compile(r"^(?:noted|logged|recorded|registered|marked) (?:your|that|the|this|down|it)\b")


def reports(form: str, words: frozenset[str]) -> int:
    """3 where the speaker says to have done something, 2 where something has been done or is so as a result, 1 where
    it may only describe a state ("is booked for Friday"), 0 where it reports nothing."""
    done = not words.isdisjoint(_DONE_WORDS)
    if (done or not words.isdisjoint(_ACTED_WORDS)) and _acted(form):
        return 3
    been = not words.isdisjoint(_BE)
    if been and (done or not words.isdisjoint(_STATE_WORDS)) and _became(form):
        return 2
    if not done:
        return 0
    return (been and _is_so(form)) or 2 * (_shortly(form) or _named(form))


_DONE_WORDS = frozenset(
    form.split()[0] for form in DONE.replace("cancell?ed", "cancelled|canceled").split("|")
) | frozenset(
    "done complete completed finished sorted success successful set started opened given gone settled".split()
)
_ACTED_WORDS = frozenset(
    "ahead managed able succeeded off care in down hereby did done made have had that through out opened".split()
)
_BE = frozenset(
    "stands is are am was were been be has have had got went succeeded all mission job no now that you gone".split()
)
_STATE_WORDS = frozenset(
    "now set done complete finished sorted place care way gone good settled effect effective concluded wrapped yours"
    " underway"
    " deal through ahead smoothly successful success succeeded accomplished longer dusted off out over date in on down"
    " make register send book move change update waive"
    " cancel cancell annul reschedule refund slotted squeezed pencilled signed paid up file already".split()
)


def _acted(form: str) -> bool:
    """ "I have cancelled it", "just booked it for you"."""
    for found in _ACTIVE.finditer(form):
        text, tail = found[0], form[found.end() : found.end() + 60]
        if found.start() == 0 and not _SPEAKER.match(text) and not _subjectless(form, tail):
            continue
        if text.startswith(("had", "i had", "we had")) and not _HAD_DONE.search(text):
            continue
        if text.endswith("moved") and _RELOCATED.match(tail):
            continue
        if any(verb.search(text) and object_.match(tail) for verb, object_ in _NO_RESULTS):
            continue
        if asserted(form, found.start(), found.end()):
            return True
    return any(
        _SPEAKER_ANYWHERE.search(form, 0, found.start()) and asserted(form, found.start(), found.end())
        for found in _COORDINATED.finditer(form)
    )


_RELOCATED = re.compile(
    r" (?:(?:in)?to|into|from|over to) (?:an? |the |our )?(?:new|different|larger|bigger|house|\w+ (?:street|road))\b"
)


def _subjectless(form: str, tail: str) -> bool:
    """Whether a participle at the beginning is a report without its subject, and no attribute ("booked visits")."""
    return _AFTER_BARE.match(tail) is not None and not _ATTRIBUTE.match(form)


def _became(form: str) -> bool:
    """ "It has been cancelled", "the refund went through"."""
    for pattern in (_PASSIVE, _STATE):
        for found in pattern.finditer(form):
            if _RELATIVE.search(form, 0, found.start()) or " still " in found[0]:
                continue
            if _ELSEWHERE.search(_subject(form, found.start())) and not _DELIVERED.search(found[0]):
                continue
            if _HISTORY.match(form, found.end()) or (
                _CLOCK.search(found[0]) and _TELLS_TIME.search(form, 0, found.start())
            ):
                continue
            if _MANNER.match(form, found.end()):
                continue
            past = pattern is _PASSIVE and found[0].startswith(("was", "were"))
            if past and (_PAST_STATE.search(form) or _DATED.match(form, found.end())):
                continue
            if asserted(form, found.start(), found.end(), pending=found[0].startswith(("is", "are", "am"))):
                return True
    return False


def _is_so(form: str) -> int:
    """2 for "is now cancelled", 1 for "is booked", which may only describe."""
    level = 0
    for found in _STATIVE.finditer(form):
        if _RELATIVE.search(form, 0, found.start()) or _USUALLY.search(found["adverb"]):
            continue
        if not asserted(form, found.start(), found.end(), pending=True):
            continue
        subject = _subject(form, found.start())
        if _ELSEWHERE.search(subject) or _HISTORY.match(form, found.end()) or _PRINTED.match(form, found.end()):
            continue
        if found["done"] in _KEPT and (
            (_KNOWN.search(subject) and found["adverb"] == "" and _AS.match(form, found.end()))
            or _NOT_MINE.search(subject)
        ):
            continue
        if (_GENERAL.match(subject) and subject not in ("this", "yes", "thanks")) or (
            _RESOURCE.search(subject) and not (_PERSON.search(subject) and _PLACED.match(form, found.end()))
        ):
            continue  # a general statement, or a busy resource
        if found["adverb"].strip() or not _WEAK.search(found["done"]):
            return 2
        level = 1
    return level


def _subject(form: str, at: int) -> str:
    """The head of what stands before a verb: "the visit with dr lund is ..." -> "the visit"."""
    clause = form[max(0, at - 160) : at].rpartition(" , ")[2].rpartition(" : ")[2].strip()
    return _HEAD.split(_CONJ.split(clause)[-1], maxsplit=1)[0].strip()


_MANNER = re.compile(
    r" (?:according to|in accordance with|in line with|in keeping with|by|following) (?:the |our |all |every |my )*"
    r"(?:rules?|book|polic\w+|procedures?|regulations?|guidelines?|letter|instructions?)\b"
)
"""How things were done, which tells of no thing done."""
_CONJ = re.compile(r"\b(?:and|but|so|because|that) (?=(?:the|your|it|this|my|our|a|an)\b)")


def _shortly(form: str) -> bool:
    """ "Done.", "Cancelled for you"."""
    found = _BARE.match(form)
    if (
        found is None
        or _RECORDED.match(form)
        or (_PAIRED.match(form) and not form.startswith(("done", "sorted")))
        or _TO_NOTES.match(form)
        or _CONFIRMED_WITH.search(form)
        or _PRINTED.match(form, found.end())
    ):
        return False
    return asserted(form, found.end() - 1, found.end(), pending=True)


def _named(form: str) -> bool:
    """ "Refund issued", "cancellation complete"."""
    found = _NOUN_DONE.match(form)
    if found is None or "?" in form or _VERBAL.search(form, 0, found.end("noun")):
        return False
    noun = found["noun"].strip()
    if (
        (
            ":" in noun
            and (not noun.endswith(" :") or (_LABEL.search(noun) and not _DAY_DONE.match(form)) or noun.count(" ") > 5)
        )
        or noun.count(" ") > 6
        or _NOT_MINE.search(noun)
        or _NO_NOUN.match(noun)
        or (_ENDED.match(form, found.end("noun")) and _DATED.search(form, found.end("noun")))
        or _PRINTED.search(form, found.end("noun"))
    ):
        return False
    return asserted(form, found.end("noun"), found.end("noun"))


_SPEAKER = re.compile(r"(?:i|we)\b")
_SPEAKER_ANYWHERE = re.compile(r"\b(?:i|we)\b")
_HAD_DONE = re.compile(r"\bhad \w+ \w+")
_AFTER_BARE = re.compile(_OBJECT)
_ATTRIBUTE = re.compile(
    r"\w+ (?:\w+ )?(?:appointments|orders|items|bookings|visits|invoices|fees|referrals|refills|payments|patients|cards"
    r"|slots|cases|data|users)\b"
)
_NO_RESULTS = (
    (
        re.compile(r"\b(?:completed|finished|done)$"),
        re.compile(
            r" (?:(?:my|the|a) )?(?:search|checks?|review|look\w*|checking|reviewing|searching|reading|research)\b"
        ),
    ),
    (
        re.compile(r"\b(?:confirmed|entered|logged|recorded|registered|marked)$"),
        re.compile(
            r" (?:your|that|the|this|all)(?: \w+){0,2}? (?:identity|file|record|profile|details|request|question"
            r"|concern|message|preference|frustration)s?\b(?! (?:and|with)\b)"
        ),
    ),
    (
        re.compile(r"\b(?:entered|logged|taken|got|marked)$"),
        re.compile(
            r" (?:your|that|the|this)(?: \w+){0,3}? (?:number|name|date|birth|dob|code|email|phone|reason|doctor)\b"
        ),
    ),
    (re.compile(r"\bconfirmed$"), re.compile(r" (?:that|with|in|who|what) (?!.*\b(?:is|has|been|was|are)\b)")),
)
"""Verbs with objects that make no result: "I have completed my search"."""
_USUALLY = re.compile(r"\b(?:usually|always|normally|generally|often|only|typically|automatically|sometimes|still)\b")
_GENERAL = re.compile(r"(?:an? [a-z]\w+.*|\w+s|all \w+s|most \w+s|any \w+|such \w+|every \w+)$")
_PAIRED = re.compile(rf"(?:{DONE}) (?:and|or|,) (?:{DONE})\b")
_CONFIRMED_WITH = re.compile(r"\bconfirmed (?:with|by|that)\b")
_RECORDED = re.compile(
    r"well done|sorted by|(?:last )?(?:paid|issued|charged|filed|created|opened|billed|recorded|registered|posted"
    r"|placed) (?:on|in|at)"
    r" (?:the )?(?:\d|jan|feb|mar|apr"
    r"|may|jun|jul|aug|sep|oct|nov|dec)"
)
_LABEL = re.compile(
    r"(?:status|state|note|example|output|label|result|report|field|type|value|key|mon|tue|wed|thu|fri|sat|sun|\w+day"
    r"|hours|weekend|action|step \d*|plan|todo|is|at|from)s? :"
)
_NO_NOUN = re.compile(
    r"(?:well|not|nothing|already|what|how|status|please|kindly)\b"
    rf"|{one_of(*ACTION)} (?:the|this|that|it|your|my|our|all|any|everything|me|us)\b"
)
_DAY_DONE = re.compile(
    r"(?:[,:-] )*(?:\w+ )?\w+day(?: \w+){0,2} : (?:now )?(?:cancelled|canceled|rebooked|moved|refunded|rescheduled)\b"
)
_ENDED = re.compile(r"(?:ended|closed|stopped|lapsed|changed|moved|merged|shifted|dropped|paid|printed|charged)\b")
