"""Deeds that no single verb names: "I've put a note on your file", "I turned it off", "booking ok"."""

from __future__ import annotations

import re

from agentgym.user.grammar import ACTION, ADVERBS, gathered, one_of

__all__ = ["DEEDS", "DEED_WORDS", "TERSE"]

_PLACE = (
    r"(?:files?|charts?|records?|accounts?|profiles?|bookings?|orders?|system|notes?|case|ticket|calendar|reservation"
    r"|history|driver|nurse|doctor|team|kitchen|courier|host|crew|staff|pharmacist|referral|complaint|claim|log)"
)
_SLIP = (
    r"(?! (?:an? |the |some |your |that )?(?:\w+ ){0,2}?(?:mistake|error|typo|slip|search|check|attempt|effort"
    r"|number|name"
    r"|date|birth|dob|code|email|phone|details|hold|call)\b)"
)
_DOCUMENT = (
    r"(?:refill|prescription|script|order|referral|claim|payment|form|application|documents?|papers?|request"
    r"|samples?)"
)
DEEDS = re.compile(
    rf"(?:^|\b(?:i|we)(?: have)?{ADVERBS} )(?:"
    + gathered(
        rf"\b(?:noted|documented|recorded|jotted|flagged|written|attached|marked)"
        rf"(?: (?!that\b|if\b|whether\b|not\b)[\w'.:$-]+){{1,8}}?"
        rf" (?:in|on|to|into|under|against) (?:the|your|his|her|our|this)(?: \w+){{0,2}}? {_PLACE}\b"
        rf"|\b(?:put|left|made|added|entered|logged|placed){_SLIP}(?: (?!that\b|if\b|whether\b"
        rf"|not\b)[\w'.:$-]+){{1,8}}?"
        rf" (?:in|on|to|into|under|against|for) (?:the|your|his|her|our|this)(?: \w+){{0,2}}? {_PLACE}\b"
        rf"|\b(?:documented|lodged|disputed|flagged) (?:your|the|this|that|it|a|an)\b"
        rf"|\braised (?:a|an|the|your|another)(?: \w+)? (?:ticket|claim|case|dispute|complaint|request|query|order)\b"
        rf"|\breported (?:your|the|it|this|that)(?: [\w'-]+){{0,4}}? (?:stolen|lost|missing|broken|as \w+|to (?:the"
        rf"|your"
        rf"|our))\b"
        rf"|\b(?:texted|messaged|faxed|couriered|e mailed) (?:you|it|them|him|her|the|your|a|an)\b"
        rf"|\b(?:raised|split|joined|trimmed|topped up|unlinked|rolled over|carried over|bundled|cleared|zeroed"
        rf"|emptied)"
        rf"(?: out| up)? (?:your|the|that|this|both|all)(?! (?:issue|matter|question|concern|point|problem|topic"
        rf"|case|team)s?\b)"
        rf"(?! \w+ with\b)"
        rf"|\brequested (?:an?|the|your|another)(?: new| \w+)? (?:replacement|refill|refund|copy|card|transfer"
        rf"|pick ?up"
        rf"|referral|prescription|repeat|delivery|letter|renewal|reprint|statement|upgrade|wheelchair|taxi)\b"
        rf"|\b(?:got|gotten) (?:the|your|that|this) (?:\w+ )?(?:order|request|booking|claim|refill|application) in\b"
        rf"|\b(?:notified|informed|alerted) (?:the|your|dr|both|all)\b"
        rf"|\bleft (?:(?:an?|the|your|my|another) )?(?:\w+ )?(?:message|word|note|voicemail|memo|instructions)"
        rf" (?:for|with|at|on|to) (?:the|your|his|her|our|my|dr|them|him|mr|mrs|ms)\b"
        rf"|\b(?:passed|relayed|handed) (?:your|the|that|this) (?:message|note|request|instructions|word)"
        rf"(?: on| along| over)? to (?:the|your|our|my|dr|mr|mrs|ms)\b(?! (?:colleague|team|supervisor|manager))"
        rf"|\b(?:turned|switched|toggled) (?:(?:the|your|it|that|this)(?: [\w-]+){{0,3}}? (?:on|off)|on|off)\b"
        rf"|\b(?:gave|given) (?:you|him|her|them) (?:the|an?|another|your)(?: (?!of\b|about\b)[\w-]+){{0,3}}? (?:seat"
        rf"|slot|refund"
        rf"|discount"
        rf"|credit|extension|room|upgrade|spot|voucher|table|place|allowance|waiver|exemption|pass)\b"
        rf"|\b(?:got|gotten|fitted|fit|put|squeezed|slotted) (?:you|him|her|them) in(?! (?:touch|contact|front"
        rf"|the queue"
        rf"|a queue|line|charge|danger))\b"
        rf"|\b(?:seen|saw) to (?:it|that|the|your)(?! that)\b"
        rf"|\b(?:got|have|gotten) you (?:on|onto) the (?:\d|\w+day|list|waiting|early|late|next|first|last|morning"
        rf"|evening)"
        rf"|\b(?:got|gotten) you (?:an?|the|your)(?: [\w-]+)? (?:seat|room|table|refund|spot|place|ticket|upgrade"
        rf"|discount"
        rf"|replacement|extension|waiver)\b"
        rf"|\b(?:got|gotten) (?:them|him|her|the \w+|my \w+) to {one_of(*ACTION)}\b"
        rf"|\b(?:hit|pressed|clicked|pushed) (?:send|submit|confirm|cancel|save|enter)\b(?! (?:and|but)\b)"
        rf"|\blet (?:the|that|this|your)(?: \w+)? (?:fee|charge|fine|penalty) (?:go|slide|drop)\b"
        rf"|\b(?:passed|forwarded) (?:your|the|that|this)(?: \w+)? {_DOCUMENT}(?: on| along| over)? to\b"
        rf"|\bchecked (?:you|him|her|them|both of you|your (?:bags?|luggage)) in\b|\bopted you (?:in|out)\b"
        rf"|\blined up (?:an?|the|your)\b|\b(?:sorted|straightened|cleared|squared|ironed) (?:out|up|away) (?:the"
        rf"|your"
        rf"|that|it|this)\b"
    )
    + ")"
)
"""What the speaker has done, in words that report nothing by themselves."""
DEED_WORDS = frozenset(
    "noted documented recorded jotted flagged written attached marked put left made added entered logged placed"
    " lodged"
    " disputed raised reported texted messaged faxed couriered mailed notified informed alerted turned switched"
    " toggled"
    " gave given got gotten fitted fit squeezed slotted hit pressed clicked pushed let passed forwarded checked opted"
    " seen saw have raised split joined trimmed topped unlinked rolled carried bundled zeroed emptied requested"
    " lined sorted straightened cleared squared ironed relayed handed".split()
)
"""Words of which one stands in each of them."""
TERSE = re.compile(
    r"(?:(?:your|the|ok|[,!-]) )*(?:\w+ )?(?:booking|cancellation|cancel|cancelling|refund|reschedul\w+|refill"
    r"|renewal"
    r"|payment|update|order|transfer|book|booked|cancelled|refunded|moved|move|change|registration) (?:is |was "
    r"|went |all"
    r" )?(?:ok|okay|a success)(?= ?[,.;:!(-]| ?$| id\b| ref\w*\b| number\b| see\b)"
)
"""Telegrams of success."""
