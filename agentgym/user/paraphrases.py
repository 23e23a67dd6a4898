"""How usual kinds of fact are called besides the aliases of a lexicon, and where such a word means something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["IMPLIED", "KINDS", "unmeant"]

KINDS: dict[str, tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]] = {
    kind: (frozenset(triggers.split()), tuple(nouns.split("|")), tuple(numbered.split()))
    for kind, triggers, nouns, numbered in (
        (
            "birth",
            "birth dob birthday birthdate born",
            (
                "date of birth|birth date|birthdate|birthday|birth day|dob|day of birth|year of birth|birth year|born"
                "|date born|month and day of birth|day and month of birth|birthdays|bdate|date of birthday"
                "|birth details"
            ),
            "",
        ),
        (
            "mail",
            "email mail",
            (
                "email|e mail|email address|e mail address|mail address|email id|electronic mail|electronic mail"
                " address"
                "|electronic address|email contact|new mail|your mail|e-mail|e-mail address|mailbox"
            ),
            "",
        ),
        (
            "phone",
            "phone telephone mobile cell cellphone tel",
            (
                "phone|phone number|telephone|telephone number|mobile|mobile number|mobile phone|mobile phone"
                " number|cell"
                "|cell number|cell phone|cell phone number|cellphone|cellphone number|contact number|callback number"
                "|call back number|landline|handphone|contact phone|daytime number|number you are calling from"
                "|number you call from|telefon number|contact telephone|handset number|tel number|telephone contact"
                "|phone contact"
            ),
            "phone telephone mobile cell",
        ),
        (
            "invoice",
            "invoice bill",
            (
                "invoice|invoice number|bill|bill number|billing number|number of the bill|invoice reference|bill"
                " reference"
                "|reference on the invoice|reference on the bill|invoice code"
            ),
            "invoice bill",
        ),
        (
            "policy",
            "policy member membership insurance",
            (
                "policy number|insurance number|member number|membership number|insurance policy number|policy id"
                "|insurance policy|insurance id|member id|membership id|health insurance number|insurance policy"
                " reference"
                "|insurance member number|insurer number|policy reference|insured number|cover number|coverage number"
                "|insurance reference"
            ),
            "insurance policy insurer member membership coverage cover",
        ),
        (
            "drug",
            "prescription medication medicine drug medicament",
            (
                "medication|medicine|prescription|drug|medicament|meds|med|tablets|tablet|pills|pill|medications"
                "|remedy|script"
            ),
            "",
        ),
        (
            "doctor",
            "doctor physician gp practitioner therapist clinician",
            "doctor|physician|doc|dr|gp|clinician|practitioner|general practitioner|family doctor|medic|doctors",
            "",
        ),
        (
            "reason",
            "reason purpose",
            (
                "reason|purpose|motive|nature of the visit|nature of your visit|nature of the appointment|nature"
                " of your"
                " appointment|purpose of the visit|nature of your complaint|nature of the problem|nature of your"
                " problem"
                "|cause of your visit|grounds|complaint|chief complaint|nature of your concern|motif|ailment"
            ),
            "",
        ),
        ("time", "time hour", "time|hour|time of day", ""),
        ("day", "day date weekday", "day|date|weekday|day of the week", ""),
        (
            "name",
            "name surname forename",
            (
                "name|full name|first name|last name|surname|family name|forename|given name|first and last name"
                "|last and first name|complete name|names|whole name|name and surname|christian name|second name"
            ),
            "",
        ),
    )
}
"""Kind of fact -> words in a fact's name that tell the kind, ways to call such a fact, nouns whose number it is."""

_YOU = r"(?:you|he|she|they|(?:the|your) (?:patient|child|son|daughter|husband|wife|mother|father|kid|baby))"

IMPLIED: dict[str, tuple[frozenset[str], re.Pattern[str]]] = {
    kind: (frozenset(triggers.split()), re.compile(pattern))
    for kind, triggers, pattern in (
        (
            "birth",
            "old age",
            rf"\bhow old (?:are|is) {_YOU}\b|\bhow old {_YOU} (?:are|is)\b|\b(?:your|patient's|current|his|her) age\b",
        ),
        (
            "phone",
            "reach call ring contact text telephone cell callback",
            (
                r"\bnumber\b.{0,40}\b(?:reach|call|ring|contact|text)\b(?! you are| from)|\b(?:reach|call|ring"
                r"|text|contact"
                r"|phone) you (?:back )?(?:on|at|under|by)\b(?! (?:email|e mail|mail))"
                r"|\b(?:how|where) (?:can|do|may|should|could|might|would|best) (?:i|we|the \w+|someone) (?:best )?"
                r"(?:reach|call|ring|contact|phone|get hold of|get in touch with) you\b|\bhow (?:best )?to (?:reach"
                r"|contact)"
                r" you\b"
            ),
        ),
        (
            "mail",
            "mail email inbox where",
            (
                r"\bwhere (?:can|should|do|may|shall|could|would|might) (?:i|we) (?:(?:e ?)?e?mail\b|send\b(?! (?:you"
                r" )?(?:the |your )?(?:prescription|refill|medic|tablets)))|\binbox\b"
                r"|\b(?:e?mail|send) (?:it|this|that|them|you) (?:by email )?(?:to|at) (?:which|what) (?:e?mail"
                r" )?address\b"
            ),
        ),
        (
            "name",
            "who whom whose call called spell spelled spelt",
            (
                r"\bwho(?:m)? (?:am i|i am|is this|is that|are you|is calling|do i have|have i got|i have|is on"
                r" the line|am"
                r" speaking)\b(?! (?:seeing|booked|with\b|calling (?:about|for)|going|trying))"
                r"|\b(?:what|how) (?:should|do|can|may|shall|might|would|must) i (?:call|address) you\b"
                r"|\band you are \?|\bwhat are you called\b|\bwho is (?:the patient|this for|it for"
                r"|the (?:appointment|visit"
                r"|booking|refill"
                r"|prescription) for)\b|\bwhose (?:name|account|file|record|appointment|booking|prescription|chart)\b"
                r"|\bwho(?:m)? (?:i have|do i have|have i) (?:the )?(?:pleasure|honou?r)\b|\bwho (?:the )?(?:patient"
                r"|appointment|visit|caller|account) (?:is|belongs)\b|\bwho is (?:the )?(?:caller|account holder)\b"
                r"|\bwho (?:is speaking|is there|may i say is calling)\b"
            ),
        ),
        (
            "doctor",
            "who whom whose",
            (
                rf"\bwhose (?:patient|list|care|practice) (?:are|is) {_YOU}\b|\bwho(?:m)? (?:are|is|did|do|does"
                rf"|would|will|were|should|shall|was) {_YOU} (?:\w+ )??(?:seeing"
                rf"|see|saw"
                r"|like to see|want to see|wish to see|prefer|prefer to see|like (?:the|your|an?) (?:visit|appointment)"
                r"|be seeing|want|usually see|normally see|booked with|scheduled with|to see)\b"
                r"|\bwho(?:m)?\b(?! am i| do i| i have| have i)[^?]{0,60}\b(?:visit|appointment|consultation|it|seen"
                r"|booked|book|check up)\b[^?]{0,20} with ?(?:\?|$)|\bwho is your (?:gp|appointment with|visit with)\b"
                r"|\b(?:with|by) who(?:m)? (?:would|do|did|is|was|are|were|should|shall)"
                r" (?!i speak|am i|i have|i am)|\bwho(?:m)? (?:is|was) (?:it|this|that|the (?:appointment|visit"
                r"|consultation)"
                r"|your (?:appointment|visit|consultation)) (?:booked |scheduled |going to be )?with\b"
                r"|\bwho(?:m)? (?:referred|treated|treats|examined|prescribed|is treating|saw|sees) (?:you|it|this"
                r"|him|her"
                r"|them|that)\b"
                r"|\bwho (?:you would|you want|you wish|you are|you were|you usually|you saw|you see|you prefer)(?:"
                r" \w+){0,2}"
                r" (?:see|seeing|with|saw|prefer)\b"
            ),
        ),
        (
            "reason",
            (
                "brings brought bring about regarding going help know decide for why bothering troubling problem"
                " trouble wrong"
                " matter symptoms made makes"
                " hurts hurting pain pains look looked seen leads prompted ails concern concerns complaint led"
            ),
            (
                r"\bwhat (?:\w+ )?(?:brings|brought|bring|leads|led|prompted|prompts) (?:you|him|her|them|your)\b"
                r"|\bwhat (?:is )?(?:the |your |this |that |it )?(?:\w+ )?(?:visit|appointment|consultation|it|this"
                r"|that) ?(?:is"
                r"|was|would be|will be|is going to be|you need is)? (?:all )?(?:about|for|regarding)\b"
                r"|\bwhat (?:is|was|would) (?:it|that|(?:the|this) (?:visit|appointment|consultation)|your"
                r" (?:visit|appointment"
                r"|consultation)) (?:be )?(?:about|for|regarding)\b"
                r"|\bwhat (?:is|has been|are|seems to be(?! the )) (?:currently |been )?(?:bothering|troubling"
                r"|ailing|hurting"
                r"|worrying"
                r"|the (?:problem|trouble|matter|issue)|wrong|your symptoms|concerning)\b(?! with (?:the app|your app"
                r"|the order))"
                r"|\bwhat is (?:going on|the matter|up) (?:with (?:you|him|her)|\?)|\b(?:concerns?|complaints?"
                r"|problems?|symptoms?|issues?) (?:that )?you"
                r" (?:want|would like|wish|need) (?:the doctor|us|dr \w+|to (?:discuss|raise|have looked))"
                r"|\bwhat is going on with (?:him|her)\b|\b(?:what|how) (?:can|could|may|should) (?:the|our"
                r"|a) doctor (?:help|do)\b|\bwhat (?:are|is|will|would) (?:we|the doctor) (?:be )?(?:seeing|see)"
                r" you for\b|\bwhat (?:do|would"
                r"|did|are|should|can) (?:you|we|i) [^?]{0,40}(?:come in|coming in|see (?:the|a|our) doctor|see dr \w+"
                r"|seen|visit|appointment) (?:for|about)\b|\bwhat (?:has )?(?:made|makes) (?:you|him|her) (?:want|need"
                r"|call|come|book|think|decide|choose|ask)\b"
                rf"|\b(?:why|for what|what for|for which reason|how come) (?:is it )?(?:that )?(?:are|do|does|would"
                rf"|did|have|is"
                rf"|{_YOU}) ?(?:{_YOU} )?(?:would |are |need |want |wish |like |is |have |can |could |do |did )*(?:not"
                rf" |to |you )*"
                r"(?:com(?:e|ing)|see|be seen|seeing|visit(?:ing)?|make it|move|book(?:ing)?"
                r"|mov(?:e|ing)|chang(?:e|ing)|attend|reschedul\w+|(?:\w+ ){0,4}(?:looked at|checked|seen|examined)"
                r"|\w+ (?:to )?(?:see|visit|come))\b"
                r"|\b(?:why|for what|for which reason|how come|what) (?:\w+ ){0,2}?you (?:need|want|would like|are"
                r" after|would need) (?:the|an?|this|that|to have) "
                r"(?:\w+ )?(?:appointment|visit|consultation|check up|checkup)\b|\bwhat (?:would|do|should|did|can|is"
                r" it)(?: it)? (?:you|we|he|she)"
                r" (?:\w+ ){0,2}?(?:the doctor|dr \w+|us|her|him|them|the nurse|a doctor|looked|checked|seen)(?: to)?"
                r" (?:look|check|examine|see|help|discuss|at|over)"
                r"\b(?! you with$)"
                r"|\bwhat (?:\w+ )?symptoms\b|\bwhat (?:would|do|did|should) (?:you|he|she) (?:like|want|need"
                r"|wish)(?: us)?"
                r"(?: to (?:see|have|talk to|speak to|consult|discuss with|raise with))(?: \w+){0,3} (?:about|for"
                r"|looked at"
                r"|checked|seen|examined|with)\b"
                r"|\bwhat (?:the|your) (?:\w+ )?(?:visit|appointment|consultation|problem|trouble|complaint|issue)"
                r" (?:is|was)\b"
                r"|\bwhere (?:does it|is it) (?:hurt|pain)\w*|\bwhat hurts\b|\bwhat (?:is|was) wrong\b"
            ),
        ),
        (
            "day",
            "when soon",
            (
                r"\bwhen (?:in the week |in the month |exactly |this week |next week )(?:would|do|should|shall|can"
                r"|could)\b"
                r"|\bwhen (?:and (?:\w+ ){1,4})?(?:would|do|does|should|shall|can|could|might|will) (?:you|we|i|he|she"
                r"|it|that|your"
                r" \w+|the \w+|your) (?:\w+ ){0,5}?(?:like|want|prefer|come|need|book|schedule|be|suit|work|visit|see"
                r"|attend"
                r"|make it|drop|pop|wish|have in mind|seen|free|move|convenient)\b"
                r"|\bwhen (?:suits|works|would (?:be|suit|work)|is (?:it\b(?! booked)|(?:your|the) (?:\w+"
                r" )?(?:appointment|visit|consultation|booking|slot)|a good|best\b|good\b|convenient\b|he\b|she\b)"
                r"|are you (?:free|available|thinking|hoping|planning|able|looking|coming)|will you be|might you"
                r"|were you"
                r" (?:thinking|hoping|planning|looking))\b"
                r"|\bwhen (?:you|he|she) (?:would|want|wish|prefer|need|are (?:free|available|thinking|hoping"
                r"|planning)|were"
                r" (?:hoping|thinking)|can (?:come|make)|could (?:come|make))\b"
                r"|\bwhen (?:the|your) (?:appointment|visit) (?:is|was|should)\b|\bhow soon (?:would|do|can|could)\b"
                r"|\bfor when\b"
            ),
        ),
        (
            "time",
            "time hour when",
            r"\bwhat hours?\b|\bhow (?:early|late)\b|\bat what o'clock\b",
        ),
        (
            "drug",
            "taking running refilled renewed take renew refill low",
            (
                r"\bwhat (?:are|is|were) (?:you|he|she) (?:\w+ )?(?:taking|running (?:low on|out of|short of)|out of)\b"
                r"|\bwhat (?:do|would|did|should|can|may|is it) (?:you|we|i)(?: \w+){0,4} (?:refilled|renewed"
                r"|refill|renew"
                r"|prescribed)\b|\bwhat (?:needs|is to be) (?:refilling|renewing|refilled|renewed|a refill)\b"
                r"|\bwhich (?:one|ones)? ?(?:do|would|should) (?:you|we|i)(?: \w+){0,4} (?:refilled|renewed|refill"
                r"|renew)\b"
            ),
        ),
    )
}
"""Kind of fact -> words without which the pattern cannot match, and how it is asked for without a name."""

_MODIFIED = frozenset(
    "appointment appointments visit visits call calls line lines system systems app team desk service services"
    " consultation consultations record records department refill refills request requests office reminder reminders"
    " confirmation message messages notice plan plans letter history queue support book search field check care"
    " template format charge list lists shop store pharmacy".split()
)
"""Nouns before which a fact's name only tells of what sort they are."""
_MEANS = frozenset("by via over per".split())
_OTHER_DATE = frozenset(
    "due expiry expiration start end issue renewal delivery billing payment out up to today's current earliest next"
    " previous last expiring same every each all one per working business good two three".split()
)
_OWN_DAY = frozenset("which what preferred a the your for on new my any best".split())


def unmeant(alias: str, words: Sequence[str], place: int, size: int) -> bool:
    """Whether the alias at `words[place]` modifies another noun, names a means or stands in an idiom."""
    before = words[place - 1] if place else ""
    after = words[place + size] if place + size < len(words) else ""
    if after in _MODIFIED and size == 1 and before not in ("which", "what") and alias != "name":
        return True
    if before in ("many", "much", "few", "more") or (before == "of" and "many" in words[max(0, place - 3) : place]):
        return True
    if before in _MEANS or (before in ("the", "your") and place > 1 and words[place - 2] in ("over", "via", "by")):
        if before != "per" and ("identify" in words or "yourself" in words):
            return False
        return (before != "per" or size == 1) and not alias.startswith(("which", "what"))
    check = _CHECKS.get(alias)
    return check is not None and check(before, after, words, place)


def _day(before: str, after: str, words: Sequence[str], place: int) -> bool:
    earlier = words[place - 2] if place > 1 else ""
    if before == "any" and earlier in ("choose", "pick", "select", "take", "on", "come"):
        return True
    if before in ("of", "to") and earlier in ("out", "up"):
        return True
    if before == "the" and words[max(0, place - 3) : place - 1] == ["time", "of"]:
        return True
    if before in ("big", "busy", "long", "rainy", "hot", "tough"):
        return True
    if before in ("good", "nice", "great", "lovely", "wonderful"):
        return earlier not in ("a", "another") or "have" in words[max(0, place - 4) : place - 1]
    if before in _OTHER_DATE:
        return not (before == "next" and earlier in ("which", "what"))
    if (
        before == "a"
        and earlier
        and after not in ("", "?", "that", "in", "for", "and", "or", "which", "when", "please")
    ):
        return True
    return before.isdigit() or (after == "of" and words[place + 1 : place + 3][-1:] in (["week"], ["month"]))


def _reason(before: str, after: str, words: Sequence[str], place: int) -> bool:
    if words[place].endswith("s"):
        return True
    if before in ("security", "this", "that", "same", "legal", "privacy", "medical", "safety", "good", "some", "data"):
        return True
    if before in ("the", "one", "another"):
        return (
            after in ("is", "we", "i", "being", "why")
            and words[place + 2 : place + 3] != ["for"]
            and (after != "why" or words[place + 2 : place + 3] in (["we"], ["i"]))
        )
    return before in ("no", "with")


def _plain_word(before: str, _after: str, _words: Sequence[str], _place: int) -> bool:
    """A word that names the fact only with a determiner or on its own."""
    return bool(before) and before not in _DETERMINED and not before.endswith("'s")


_DETERMINED = frozenset("your the which what a an of his her new my and or , : # for this any".split())


def _born(before: str, after: str, _words: Sequence[str], _place: int) -> bool:
    return before in ("new", "first", "being") or (after in ("in", "to", "with") and before not in (
        "were", "was", "you", "are", "is", "patient",
    ))  # fmt: skip


def _named(before: str, after: str, words: Sequence[str], place: int) -> bool:
    if after in ("the", "which", "any", "one", "a", "it") and before not in _DETERMINED:
        return True  # "please name the medicine"
    return words[max(0, place - 2) : place] == ["in", "the"] or (
        after == "of" and words[place + 2 : place + 4][-1:] == ["pharmacy"]
    )


def _title(before: str, after: str, _words: Sequence[str], _place: int) -> bool:
    return before not in ("which", "what", "your", "preferred") or after not in (
        "", "?", "please", "you", "do", "would", "and", "or", "is", ",", "should", "did",
    )  # fmt: skip


def _checked(before: str, after: str, words: Sequence[str], place: int) -> bool:
    return before == "your" and place > 1 and words[place - 2] in ("check", "checking", "open", "see") and after in (
        "", "for", "in", "regularly", "shortly", "soon", "later", "and", ",", "inbox",
    )  # fmt: skip


def _patient_list(before: str, after: str, _words: Sequence[str], _place: int) -> bool:
    return before in ("no", "more", "your") and after in ("left",)


_CHECKS = {
    **dict.fromkeys(("day", "date", "time", "hour"), _day),
    **dict.fromkeys(("reason", "purpose"), _reason),
    **dict.fromkeys(
        ("bill", "script", "cell", "med", "doc", "cover", "complaint", "motive", "tablet", "pill"), _plain_word
    ),
    "born": _born,
    "dr": _title,
    "email": _checked,
    "name": _named,
    "prescription": _patient_list,
}
