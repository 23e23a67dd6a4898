"""Ways to say that something is not to be: impersonal refusals, and a flat "no" that is one next to a rule."""

from __future__ import annotations

import re

__all__ = ["FLAT", "IMPERSONAL", "LASTING", "NEUTRAL_PASSIVE", "PARTICIPLE"]

_ADV = r"(?: (?:\w+ly|just|also|simply|really|still|now|therefore|hence|thus|even|always|unfortunately|sadly))*"
PARTICIPLE = re.compile(
    rf"\b(?P<modal>can|could|may|must|will|shall|is|are|should|would){_ADV} (?:not|no longer|never|neither|in no way){_ADV}"
    rf" (?:able to be |allowed to be |permitted to be |to be |meant to be |going to be |be ){_ADV.lstrip()}(?:\w+ly )?"
    r"(?P<done>\w+(?:ed|wn|one|ade|ent|aid|old|ven|ken|ought|idden|ung|iven)|set|put|done|cut|let|lifted|bent|met|split|shown"
    r"|possible)\b"
)
"""A negated passive: "it cannot be refunded"."""
NEUTRAL_PASSIVE = re.compile(
    r"(?:found|located|retrieved|seen|verified|identified|matched|reached|loaded|recogni[sz]ed|traced|determined|read"
    r"|ruled|excluded|emphasi[sz]ed|stressed|surprised|disappointed|worried|alarmed|concerned|said|needed|required|denied"
    r"|guaranteed|promised|assumed|told|confused|involved|displayed|opened|accessed|detected|heard|connected|bothered"
    r"|transferred|disturbed|used|called|contacted|reminded|asked|tired|bored)"
)
LASTING = re.compile(
    r"(?:charged|billed|affected|changed|lost|deleted|shared|disclosed|touched|cancelled|disturbed|needed|used|stored|moved"
    r"|forgotten|asked|put|called|notified|removed|told|informed)"
)
"""Passives that "will not be ..." promises rather than declines."""

_RULE = r"(?:polic\w+|rules?|r ?\d+|guidelines?|regulations?|terms)"
_NUM = r"(?: (?:number|no|nr))?(?: \d+)?(?: \( ?[^()]{1,40} ?\))?"
IMPERSONAL = re.compile(
    rf"\b(?:is|are|was|were|am|be|would be|will be|it|that|this){_ADV} (?:not|no longer|neither|nor){_ADV} (?:something (?:that )?"
    r"(?:i|we)(?: \w+ly)? (?:can|could|am|are|do|offer)|possible|allowed|permitted|permissible|eligible|refundable|an option"
    r"|within (?:my|our)|doable|feasible|acceptable|authori[sz]ed to|entitled|able to (?:have|get|be|cancel|change|receive)"
    r"|cancellable|covered|on the cards|qualified|in (?:my|our) (?:power|gift|hands|remit)|up to me"
    r"|going to (?:happen|be (?:possible|able|allowed)|work)|granted|approved|valid for|in line with|open to|negotiable"
    r"|a thing (?:i|we) can|for me to (?:say|decide|judge|change|waive)|mine to|transferable|exchangeable|waivable"
    r"|reimbursable|billable|justified)\b"
    r"|^(?:(?:[\w#.:-]+ ){1,4}[:=-] |(?:sorry|unfortunately|no|but|so|,|-|regrettably|sadly|that is|it is) )*not (?:possible"
    r"|allowed|permitted|eligible|an option|authori[sz]ed|doable|feasible)\b"
    r"|(?:is|are|be)(?: \w+ly| just| also| therefore| now)* (?:impossible|ineligible|out of (?:my|our) hands"
    r"|out of the question|beyond (?:my|our)|off the table|outside (?:my|our|of (?:my|our))|against|prohibited|forbidden"
    r"|disallowed|ruled out|not on|off limits|a no go|non refundable|barred)\b"
    r"|\b(?:is|are|was|has been|have been|have|had been|must be|am|will be|hereby)(?: \w+ly| now| also"
    r"| hereby| therefore| thus)* (?:denied|declined|rejected|refused|turned down|not (?:granted|approved))\b|\b(?:do"
    r"|does) not (?:\w+ly )?(?:qualify|meet (?:the|our|all)|satisfy|entitle|fall (?:within|under)|count as)\b"
    rf"|\b(?:{_RULE}|it|that|this|which|we|contract|fare|plan|law|clinic|hotel|airline){_NUM}(?: \w+ly| also| just| here)*"
    r" (?:do|does|will|would) not (?:\w+ly )?(?:allow|permit|let|authori[sz]e|enable|support|cover|make (?:any )?exceptions?"
    r"|leave (?:me|us|any)|give me)\b"
    rf"|\b(?:{_RULE}|that|this|which|it){_NUM}(?: here| that| which| also| clearly| strictly| expressly| explicitly"
    r"| \w+ly)* (?:prohibits?|forbids?|prevents?|bars?|disallows?|precludes?|rules? (?:this |that |it )?out"
    r"|blocks?|stops? (?:me|us|it|this|that)|prohibit|excludes?|stands? in the way|says no|ties (?:my|our) hands|gets in the way"
    r"|keeps (?:me|us) from|makes (?:it|this|that) impossible|will have none|leaves no room)\b"
    r"|\b(?:against|contrary to|in (?:breach|violation|conflict) (?:of|with)|violat\w+|breach\w*|breaks?|break"
    r"|breaking|contravene\w*|conflicts? with|forbidden by|prohibited by|barred by|blocked by|excluded by|ruled out by"
    r"|bound by) (?:the |our |clinic |company |my |hotel |store |bank |this )*(?:polic\w+|rules?|r ?\d+|guidelines|terms"
    r"|regulations)\b|\btoo (?:late|early|close|soon|near|old|far) (?:to|for|in|now)\b"
    r"|\b(?:nothing (?:else |more |that |further |at all )*(?:i|we) can do|there is nothing (?:for me |else )*to be done)\b"
    r"|\bno (?:\w+ ){1,4}?(?:is |are )?(?:possible|allowed|permitted|permissible|can be (?:\w+ )?(?:made|given|issued|granted"
    r"|booked|opened|sent|arranged|refunded|cancelled|waived|moved))\b"
    r"|\b(?:there is|there are|i have|we have|i see|have|see) (?:\w+ )?no (?:\w+ )?(?:way|means|possibility|room|scope|leeway)"
    r" (?:\w+ ){0,3}?(?:to|of|for|i|we|around|round)\b(?! (?:find|know|tell|see|look))"
    r"|\bno way (?:around|round|for (?:me|us)|i can|we can)\b"
    r"|\b(?:answer|decision|response|verdict|reply)(?: [\w.:-]+){0,6}? (?:is|are|has to be|must be|remains|stays|will be)"
    r"(?: \w+){0,2}? ?(?:a )?(?:no|negative|the same)(?= ?[,.;:!()-]| ?$| under| because| on| for| from| here| as| here)"
    r"|\b(?:is|it|remains|be|stays)(?: \w+){0,2}? a (?:(?:firm|clear|hard|definite|flat|big|polite|sad|straight) )*no"
    r"(?= ?[,.;:!()-]| ?$| under| because| on| for| from| here| as| i| by)"
    r"|\b(?:unfortunately|sorry|afraid|regrettably|sadly)(?: ,)?(?: but| the answer is| it is| that is)?(?: a)? (?:not|no)"
    r"(?: ,| \.| !|$)|\bno can do\b|\bhands are tied\b|\b(?:outside|beyond|more than) what (?:i|we) (?:can|am|are|may|could)\b"
    r"|\b(?:instructed|told|ordered|required|obliged) not to\b|\b(?:i|we) (?:would|had|will) rather not\b"
    r"|\b(?:i|we) do not (?:\w+ly )?(?:offer|give|provide|make|issue|grant|accept|process|permit|allow|sell|take|do(?! anything| nothing| not| it yet)|treat"
    r"|handle|discuss|share|refund|waive|bill|cover)\b(?! (?:mistake|mind|it personally|any charge))"
    r"|\b(?:have|has|must|need|going) (?:to )?say no\b|\bmust say no\b|\bno exceptions?\b(?! (?:is|are|was|were) (?:needed))"
    r"|\b(?:i|we) can(?! not)(?: [\w'.-]+){1,8} , but not (?:the|your|that|this|for|on|to|with|a|one|those|these|any)\b"
    r"|[,:-] not (?:by|over|via|through|on|in) (?:the |this )?(?:phone|telephone|chat|email|e mail|line|here)\b"
    r"|\b(?:neither|none) (?:\w+ ){0,4}?(?:is|are|will be|can be|would be) (?:possible|allowed|permitted|an option|done"
    r"|granted|cancelled|moved|feasible|waived|refunded|booked)\b"
    r"|\bi (?:have to|must|need to|will|shall) leave (?:it|that|this|them|things|the \w+|everything) (?:as|to|where|the way)\b"
    r"|\b(?:the|your|this) (?:\w+ ){1,3}i (?:have to|must|need to) leave (?:as|where|in)\b"
    r"|\b(?:i|we) (?:have to|must|need to|am obliged to|am bound to) (?:keep|uphold|enforce|respect|stick (?:to|with)|insist on)"
    r" (?:it|that|this|the (?:fee|charge|rule|booking|visit)|rule|to)\b(?! (?:short|brief))"
)
"""Refusals without an inability of the speaker."""

_THING = (
    r"(?:refunds?|cancellations?|changes?|refills?|exceptions?|bookings?|waivers?|appointments?|visits?|reschedul\w+"
    r"|referrals?|billing|prescriptions?|reductions?|discounts?|extensions?|moves?|cancelling|moving|second|reversals?"
    r"|renewals?|repeats?|credit|compensation|payments?|one|more|sale|switch|swap|deal)"
)
FLAT = re.compile(
    rf"(?:^|[,:;(=-] |\b(?:so|but|and|therefore|hence|means|is|still|thus|sorry|unfortunately|then) )(?:it is |a |just |still "
    rf"|clear |flat )*(?:no|nope|nah)(?= ?[,.;:!()=-]| ?$| (?:\w+ ){{0,2}}?{_THING}\b(?! (?:is|are|was|were|on|in|found|under)))"
    r"|^(?:[\w ]{0,30}[:=,] )?(?:too (?:late|early|soon|close|near|young|old|recent|expensive|high|much|many)\b|not (?:possible|allowed|eligible"
    r"|permitted|ok|okay|by phone|covered|refundable|before|until)|denied|declined|refused|rejected|negative|impossible|forbidden"
    r"|prohibited|blocked|can not)\b"
    r"|\b(?:is|are|was|it|comes) (?:\w+ )?(?:too (?:late|early|soon|close|near|young|recent|high|much)|over the|above the"
    r"|past the|outside the|beyond the|above what|over what|more than)\b|\b(?:exceeds?|goes beyond|falls outside)\b"
    r"|\b(?:stays?|remains?|stands)(?: \w+){0,2}?(?: as (?:it|they|is)\b| due| payable| in place| put| where| though| on the)"
    r"|\b(?:has|have) to (?:stay|stand|remain)\b|(?:fee|charge|visit|appointment|invoice|booking|cancellation)s? (?:[\w.]+ ){0,4}?"
    r"(?:stays|remains|stands)\b|\b(?:out|off)(?: the table)?$"
)
"""A flat no, which declines something in a message that cites a rule."""
