"""Cues of the acts that are told by their phrases: a closing, a transfer.

All functions take a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re

__all__ = ["CLOSE_WORDS", "TRANSFER_WORDS", "closes", "courteous", "transfers"]

_GOOD = (
    r"(?:nice|good|great|lovely|wonderful|pleasant|fantastic|fab|fabulous|amazing|awesome|beautiful|blessed|excellent|superb"
    r"|terrific|splendid|fine|brilliant|relaxing|restful|calm|quiet|safe|super|happy|marvellous|marvelous|productive|cosy|cozy"
    r"|sunny|speedy|swift|delightful|healthy|merry|better|very|really|most|truly|rest of (?:the|your)|wonderful|peaceful"
    r"|enjoyable|smashing|cracking|continuation of (?:the|your)|rest of)"
)
_TIME = (
    r"(?:day|evening|afternoon|morning|weekend|week|night|one|time|trip|journey|stay|rest|holidays?|vacation|recovery|sleep"
    r"|lunch|dinner|christmas|easter|bank holiday|drive|summer|winter|spring|autumn|monday|tuesday|wednesday|thursday|friday"
    r"|saturday|sunday|today|tomorrow|continuation|end of (?:the )?(?:day|week))"
)
_CLOSE = re.compile(
    r"\b(?:anything|owt|sth|smth) (?:else|more|further|other)\b|\bany ?(?:thing )?(?:other|further|more) (?:\w+ )?(?:matters?|thing|things|help"
    r"|needs?|issues?|topics?|points?|enquir\w+|inquir\w+|wishes|assistance|business|way)\b"
    r"|\bany (?:other|further|more) (?:\w+ ){0,2}?(?:in which |with which |that |where )?(?:i|we) (?:can|could|may) (?:\w+ )?(?:help|assist|be of|do)\b"
    rf"|\bwish(?:ing)? you (?:all )?(?:a|an|the) (?:\w+ ){{0,5}}?{_TIME}\b"
    r"|\b(?:something|what|owt|sth|some thing|other thing|another thing) ?(?:else|more|further|other)\b(?=[^?]*\?)"
    r"|\b(?:need|want|help|with|for|about) (?:of )?(?:another|other|some other|any other|one more) things?\b"
    r"|\b(?:help|need|assist|should|if|let|whenever|do)\b.{0,60}\b(?:something|nothing|anything) (?:else|more|further)\b"
    r"|\bnothing else\b.{0,30}\?|^(?:so |and |, |will |would |is )*(?:that|this|is that|is this|will that be|would that be)"
    r"(?: be)? (?:all|everything|it)(?: for)?(?: now| today| then| you| from me| ,)* \?"
    r"|\b(?:any|other) (?:other |more |further )?(?:questions?|requests?|concerns?)\b|\bfurther (?:questions|assistance"
    r"|help|requests|queries|concerns|enquiries|inquiries)\b"
    rf"|\b(?:have|enjoy|wish you|wishing you|wish|with|wishing you all)(?: yourself| yourselves)? (?:a |an |the |your )?"
    rf"(?:{_GOOD} (?:and )?(?:,)? ?){{1,5}}{_TIME}\b|\benjoy (?:your|the|this)(?: rest of (?:the|your))? {_TIME}\b"
    rf"|\bhave (?:yourself )?(?:a )?(?:good|nice|great|lovely) (?:one|day|rest)\b"
    rf"|^(?:[\w ]{{0,40}}[,!.] )?(?:and )?(?:good|nice|happy|lovely|great|wonderful) (?:night|weekend|health|continuation)(?: to you| ahead"
    r"| then| sir| madam| all| everyone| and [\w ]{1,20})*(?: [!.,]|$)"
    r"|\b(?:goodbye|good bye|bye+|farewell|cheerio|cheers then|so long(?! as)|good night|ciao|adios|tata|ta ra|toodle\w*|tschuss"
    r"|adieu|au revoir|arrivederci|laters?(?= gator| alligator| , gator| , alligator)|over and out|signing off|so long"
    r"|take care(?! of)|(?:speak|talk) (?:to you |with you )?(?:soon|later|again|then|next)|until next time|till next time"
    r"|until then|all the (?:very )?best|best wishes|warm(?:est)? (?:regards|wishes)|mind how you go|stay (?:safe|well|healthy)"
    r"|be well|keep well|(?<!not )(?<!to )(?<!you )(?:get|feel) (?:well|better)(?: \w+)?(?= ?[!.,]| ?$)|(?:safe|good) (?:travels?|journey|trip)"
    r"|look after yourself|god bless|catch you later|good luck|bon \w+|fare you well|(?:a )?speedy recovery"
    r"|take it easy|sleep well|rest well)\b"
    r"|(?:^|[,.!;-] |\band |\bthanks |\bthen |\bok )(?:i will |hope to |until i )?see (?:you|ya)(?= (?:then|soon|later|on|there|at|tomorrow|next|around"
    r"|again|in|mon|tue|wed|thu|fri|sat|sun|when|the)| ?[.!,]| ?$)"
    r"|\b(?:do not hesitate|feel free|reach out|get in touch|contact us|give us a (?:call|ring|shout)|drop us a line|call back"
    r"|come back|let me know|call us|ring us|write again|write back|write to us|message us|just ask|i am here|we are here"
    r"|at your (?:service|disposal))\b.{0,40}\b(?:if(?= you (?:\w+ )?(?:need|have|want|require) (?:\w+ )?(?:any|further|more|help|me|us|else))|should (?:you|any)"
    r"|any ?time(?! slot)|again|whenever)\b|\b(?:do not hesitate|feel free) to (?:reach out|get in touch|contact|call|write|ask|message|come back)\b"
    r"|\b(?:if|should) (?:you )?(?:ever )?(?:need|have|require|want) (?:any|further|more)(?: (?:more|other|further))?"
    r" (?:help|assistance|questions?|thing|support|concerns?|information|info)?\b"
    r"|\b(?:is|will|would) (?:that|this) (?:be )?(?:all|everything)(?= ?\?| for | then| you| i )"
    r"|\bhelp (?:you )?(?:with )?(?:any ?more|further|else)\b|\b(?:closing|ending|end|close) (?:this|our|the) (?:chat"
    r"|conversation|call|session)\b|\b(?:that|this) (?:concludes|completes|ends) (?:our|this|the|your)\b"
    r"|\b(?:may|can|could|shall) (?:i|we) (?:\w+ )?(?:assist|help)(?: you)? (?:any )?further\b|\bof (?:any )?(?:further|more|other) (?:help|assistance|service)\b"
    r"|\bthat is all (?:from (?:me|us|my side)|then)\b|\bwas (?:that|this) (?:all|everything)\b"
    r"|\b(?:looking forward|look forward) to (?:seeing|welcoming) you\b"
)
_CLOSE_WEAK = re.compile(
    r"\b(?:thank you|thanks)(?: (?:so|very|ever so|a lot|a million|again|much|once more|kindly))* for (?:calling|contacting|choosing"
    r"|reaching out|getting in touch|chatting|using|visiting|telephoning|ringing|phoning|messaging|writing|stopping by|being a"
    r"|your (?:call|visit|business|custom|loyalty|message|contact|trust|time))\b"
    r"|\b(?:you are (?:very |most )?welcome(?! to)|my pleasure|(?:glad|happy|pleased) (?:i|we) (?:could|was able"
    r"|were able)|happy to have helped|(?:glad|happy|pleased|delighted) to have (?:helped|been)|good (?:day|evening)(?: to you| then| sir| madam| ahead)* ?[.!]?$|pleasure (?:helping|assisting"
    r"|talking|serving|to (?:help|assist|serve))|(?:always )?(?:glad|happy|pleased) to (?:help|be of)(?= ?[.!,]| ?$| you ?[.!]?$)"
    r"|^any ?time ?[.!]?$|do not mention it|not at all ?[.!]?$)\b"
)
"""Courtesies that close a message which asks nothing more."""
_GREETS = re.compile(r"(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|welcome|dear|greetings)\b")
_NOT_CLOSE = re.compile(
    r"^(?:todo|plan|next|next steps?|steps?|to do|checklist|outline) [:(]|\b(?:before|first|without|no|never|not) (?:\w+ ){0,3}(?:anything|something|goodbye|bye|closing|ending|end|close|owt)\b|\bsay(?:ing)? (?:goodbye|bye|farewell)\b"
    r"|\bneed (?:one|something) (?:else|more)(?! \?)\b|\banything (?:else|more|further) (?:you (?:can|could|would like to|want to) (?:tell"
    r"|add|share|remember|give|recall)|i (?:need|should|must|can use) (?:to )?know|about (?:the|your)|on (?:the|your) (?:card|bill|screen"
    r"|invoice)|that (?:could|would|might) (?:identify|help me))"
    r"|\bsomething else (?:is|i need|happened|went)\b|\bnothing (?:else|more) (?:i|we) can\b"
    r"|\bany (?:other )?issues? (?:with|was|were)\b|\bwhat (?:else|more) (?:(?:i|we) (?:can|could|need)|do|should|can (?:you|i|we)|is|could (?:i|you))\b"
    r"|\bdo you (?:still |also |perhaps )?have (?:a|an|any|the)\b.{0,30}\b(?:day|time|week|one)\b|\bany (?:other )?(?:way|ways)\b"
    r"|\bany other (?:\w+ )?(?:name|number|date|id|detail|information|record|proof)"
    r"|\bif (?:anything|something) (?:else )?(?:changes|is wrong|goes|looks)\b|\b(?:had|was|were) a (?:good|nice)\b"
)
_PERSON = (
    r"(?:humans?|persons?|people|agents?|colleagues?|coworkers?|co workers?|representatives?|reps?|supervisors?|managers?"
    r"|specialists?|someone|somebody|teams?|departments?|staff|operators?|front desk|reception\w*|advis[oe]rs?|experts?"
    r"|members?|desk|associates?|doctors?|nurses?|human beings?|clinicians?|billing|responsible|officers?|consultants?"
    r"|physicians?|pharmacists?|offices?|assistants?|professionals?|coordinators?|superiors?|secretary|accounting"
    r"|facturation|support|employees?|lead|boss|technicians?|switchboard|hotline|helpdesk)"
)
_MODS = r"(?: (?!to\b|and\b|if\b|for\b|who\b|with\b|is\b|that\b)[\w'-]+){0,4}?"
_MOVE = (
    r"(?:transfer(?:ring|red)?|connect(?:ing|ed)?|escalat\w+|refer(?:ring|red)?|rout(?:e|ing|ed)|redirect\w*"
    r"|forward\w*|hand(?:ing|ed)?|pass(?:ing|ed)?|put(?:ting)?|patch\w*|switch\w*|loop\w*|send(?:ing)?|sent|giv(?:e|ing)"
    r"|gave|turn(?:ing)?|bring(?:ing)?|get(?:ting)?|direct(?:ing)?|tak(?:e|ing)|mov(?:e|ing)|rais(?:e|ing|ed)"
    r"|hook(?:ing)?)"
)
_CASE = (
    r"(?:you|(?:this|it|that|everything|them)|(?:your|the|this|that|my) (?:\w+ ){0,2}?(?:call|case|request|issue|chat"
    r"|conversation|matter|question|message|problem|inquiry|enquiry|query|concern|complaint|ticket|file|situation|details|line))"
)
_TRANSFER = re.compile(
    rf"\b{_MOVE} {_CASE}(?: (?:directly|right|straight|over|on|through|across|along|back|now|off|up|down|immediately))*"
    rf" (?:to|with|through to|onto|in touch with|in contact with|in front of)(?: [\w'-]+){{0,5}}? {_PERSON}\b"
    rf"|\b{_MOVE} you (?:directly |right |straight |now )*(?:over|on|through|across|along)(?: to\b(?! date| speed)| with| now"
    rf"| ?[.!,?]| ?$| if| for| right| so| and| straight| then)"
    r"|\b(?:giv(?:e|ing)|hand(?:ing)?|pass(?:ing)?|transfer(?:ring)?|connect(?:ing)?|switch(?:ing)?|rout(?:e|ing)) you"
    r" (?:on |over )?(?:to|with) (?:him|her|them|my|our|an?|one|some\w+|the (?:\w+ ){0,2}?(?:person|nurse|team|desk|department"
    r"|colleague|office|manager)|billing|clinical|accounts?|records|reception)\b"
    r"|\b(?:transfer(?:ring|red)?|connect(?:ing)?|escalat(?:e|ing|ed)|patch(?:ing)?|hand(?:ing)?) "
    rf"{_CASE}(?: (?:over|through|up|across|now))?(?= [.!?,;]| ?$| to (?:a|my|our|the|one|some|him|her|them|human|billing|level)"
    r"| now| right| if| for| when| so)"
    rf"|\b(?:let you|like to|want to|wish to|prefer to|can|could|will|shall|may|should|have|make|making|rather|to|you|suggest|recommend|be) (?:you )?(?:speak(?:ing)?"
    rf"|talk(?:ing)?|chat(?:ting)?|discuss (?:it|this))(?: directly| now)? (?:to|with) (?:a|an|the|our|my|one of our|one of my|someone"
    rf"|somebody|another|some)(?: [\w'-]+){{0,4}}? ?{_PERSON}?\b"
    rf"|\b{_PERSON}(?: (?:in|from|at|of|on) (?:the |our |my )?[\w'-]+(?: (?:team|desk|office|department))?)? (?:\w+ly )?(?:will|can|is going to"
    r"|are going to|would|should be able to|shall|is about to) (?:\w+ly |then |now |also |soon )?(?:take (?:over|it from|care of (?:you|this|it)|this)|help"
    r" (?:you|with)|assist you|contact you|be (?:with|in touch|happy|able|able to help)|call you|ring you|get back"
    r"|handle|pick|look after|see (?:to|with)|phone you|reach out|join|sort|answer|explain|deal with)"
    r"|\b(?:human|live|real) (?:agent|representative|operator|colleague|assistance|support|help|handover|person|being)s?\b"
    r"(?! (?:is|are) not)|\b(?:being|be|been|get) (?:transferred|escalated|connected|handed over|put through|forwarded|passed on)\b"
    rf"|\b(?:get|getting|grab|grabbing|fetch|fetching|call|calling|find|finding)(?: (?:you|for you))?(?: \w+ly)? (?:a|an|my|our|one of (?:our|my)"
    rf"|the|some|another)(?: (?!from\b|with\b)[\w'-]+){{0,3}}? ?(?:human|nurse|colleague|supervisor|manager|person|agent|representative"
    r"|member|members|specialist|operator|staff|expert|clinician)\b(?! (?:name|number|to confirm))"
    rf"|\b(?:get|getting) someone\b|^(?:[\w ,]{{0,30}}[,-] )?transferring(?: (?:now|you|call|the call))*(?: [.,!].*)?$"
    rf"|\bhave (?:(?:a|an|my|our|one of (?:our|my)|the)(?: [\w'-]+){{0,3}}? {_PERSON}|someone|somebody)(?: from (?:our|the) \w+)?(?: \w+)?"
    r" (?:call|contact|take (?:a|over|this|it|care)"
    r"|look|handle|get (?:back|in)|help|reach|ring|phone|speak|join|step in|explain)"
    r"|\bsomeone (?:from|in|at) (?:our|the) (?:\w+ )?(?:team|desk|office|department)? ?(?:will|can)"
    r"|\b(?:human|agent|colleague|supervisor|manager|specialist|nurse) (?:takes|is taking|to take) over\b"
    r"|\braised (?:this|it|your \w+) with\b"
    rf"|\b(?:pass|passing|passed|forward\w*|escalat\w+|rais\w+|refer\w*|send|sending|sent|hand|handing) {_CASE}(?: (?:on|over|along|up|further))?"
    rf" (?:to|with)(?: [\w'-]+){{0,5}}? {_PERSON}\b"
    r"|\b(?:bring|loop|pull)(?:ing)? (?:in )?(?:a|my|our|another|one of) (?:\w+ )?(?:colleague|supervisor|manager|specialist|expert|human|nurse)"
    r"|\b(?:in|into|to) (?:the|a) queue (?:for|to|of)\b|\b(?:in|into) (?:the|a) queue\b|\barrang\w+ (?:for )?(?:a|an|one of (?:our|my)) (?:\w+ )?"
    r"(?:colleague|specialist|agent|human|callback|call back|supervisor|manager|nurse)(?: to)?"
    r"|\bescalat(?:e|ing) (?:this|it|your|the)\b|\bi have (?:escalated|transferred|handed)\b|\btransfer to (?:a |an |the |our )?(?:human|nurse|colleague|agent|desk|team)\b"
    r"|\bhand(?:ing)? (?:you|this|it|over|the (?:call|case|chat)) (?:over|off|to)\b|\bon the line for you\b"
    r"|\b(?:a |one )(?:matter|question|one|case|job) for (?:a|an|my|our|the) (?:\w+ ){0,2}?(?:colleague|nurse|team|supervisor|manager)\b.{0,20}\bpass"
)
TRANSFER_WORDS = frozenset(
    "raised raising raise queue arranged arrange arranging takes taking handled transfer transferring transferred connect"
    " connecting connected escalate escalating escalated escalation refer referring referred route routing routed"
    " redirect redirecting forward forwarding forwarded hand handing handed handover pass passing passed put putting patch"
    " patching speak talk chat human colleague colleagues supervisor manager nurse nurses direct directing turn turning"
    " representative specialist specialists team someone live real operator staff agent switch switching bring bringing get getting loop"
    " send sending sent give giving gave grab fetch take hook move somebody expert clinician person member".split()
)
_TRANSFER_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|nobody|no one|none|neither|nor|rather than|instead of|unable|before|(?:may|might)"
    r" (?:\w+ )?(?:have to|need to)|if i could|wish)\b|(?<!do )(?<!would )(?<!did )(?<!if )(?<!should )\byou (?:said|asked"
    r"|want(?:ed)?|told)\b(?: \w+){0,5} (?:transfer|human|speak)"
)
_TRANSFER_DENIED = re.compile(
    r"\bactually , no\b|\bno , (?:wait|i can|actually)\b|\b(?:is|are|will be) not (?:needed|necessary)\b"
)
_TRANSFER_CUT = re.compile(
    r" [,;:()-] |\b(?:but|so|because|therefore|however|which means)\b|\band (?=(?:i |we )?(?:will|am|can|shall|would)\b)"
)
CLOSE_WORDS = frozenset(
    "else more further other questions question day evening afternoon morning weekend week night one goodbye"
    " bye farewell cheerio care welcome pleasure ciao adios tata ta laters later signing regards wishes mind stay safe"
    " glad hesitate free all everything see calling contacting choosing reaching touch chatting using visiting"
    " good long concerns concern requests telephoning ringing phoning messaging writing contact call visit business"
    " assistance closing ending chat conversation best soon time enjoy anytime need any anything well better health"
    " journey trip recovery luck bless luck that help assist service disposal ask then holiday rest happy adieu revoir"
    " arrivederci forward again owt thing nice lovely sleep easy bon mention".split()
)
_BYE = re.compile(r"\bby+e+[sz]?\b")


def closes(form: str) -> bool:
    """Whether the sentence offers to end the talk, or ends it."""
    return _CLOSE.search(form) is not None and _NOT_CLOSE.search(form) is None


def courteous(form: str) -> bool:
    """Whether it is a courtesy that closes a message which asks nothing more."""
    return _CLOSE_WEAK.search(form) is not None and _GREETS.match(form) is None


def transfers(form: str) -> bool:
    """Whether handing over to a human is offered or announced."""
    for found in _TRANSFER.finditer(form):
        before = _TRANSFER_CUT.split(form[max(0, found.start() - 200) : found.end()])[-1]
        if not _TRANSFER_NOT.search(before) and not _TRANSFER_DENIED.search(form, found.end()):
            return True
    return False
