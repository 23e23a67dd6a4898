"""Cues of the acts that are told by their phrases: a closing, a transfer.

All functions take a sentence in plain form (`agentgym.user.grammar`).
"""

from __future__ import annotations

import re

from agentgym.user.grammar import gathered

__all__ = ["CLOSE_WORDS", "TRANSFER_WORDS", "closes", "courteous", "transfers"]

_GOOD = (
    r"(?:nice|good|great|lovely|wonderful|pleasant|fantastic|fab|fabulous|amazing|awesome|beautiful|blessed|excellent"
    r"|superb"
    r"|terrific|splendid|fine|brilliant|relaxing|restful|calm|quiet|safe|super|happy|marvellous|marvelous|productive"
    r"|cosy|cozy"
    r"|sunny|speedy|swift|delightful|healthy|merry|better|very|really|most|truly|rest of (?:the|your)|wonderful"
    r"|peaceful"
    r"|enjoyable|smashing|cracking|continuation of (?:the|your)|rest of)"
)
_TIME = (
    r"(?:day|evening|afternoon|morning|weekend|week|night|one|time|trip|journey|stay|rest|holidays?|vacation|recovery"
    r"|sleep"
    r"|lunch|dinner|christmas|easter|bank holiday|drive|summer|winter|spring|autumn|monday|tuesday|wednesday|thursday"
    r"|friday"
    r"|saturday|sunday|today|tomorrow|continuation|end of (?:the )?(?:day|week))"
)
_OTHER = re.compile(
    r"\b(?:anything|owt|sth|smth) (?:else|more|further|other)\b|\bany ?(?:thing )?(?:other|further|more) (?:\w+"
    r" )?(?:matters?|thing"
    r"|things|help|needs?|issues?|topics?|points?|enquir\w+|inquir\w+|wishes|assistance|business|way)\b"
    r"|\bany (?:other|further|more) (?:\w+ ){0,2}?(?:in which |with which |that |where )?(?:i|we) (?:can|could|may)"
    r" (?:\w+ )?(?:help|assist|be of|do)\b"
    r"|\b(?:something|what|owt|sth|some thing|other thing|another thing) ?(?:else|more|further|other(?! (?!things?\b"
    r"|matters?\b|questions?\b|help\b|issues?\b|can\b|could\b|may\b|would\b)\w))\b(?=[^?]*\?)"
    r"|\b(?:need|want|help|with|for|about) (?:of )?(?:another|other|some other|any other|one more) things?\b"
    r"|\b(?:help|need|assist|should|if|let|whenever|do)\b.{0,60}\b(?:something|nothing|anything) (?:else|more"
    r"|further)\b"
    r"|(?<!and )(?<!but )\bnothing else\b.{0,30}\?"
    r"|(?<!the )(?<!your )(?<!an)\b(?:any|other) (?:other |more |further )?(?:questions?|requests?|concerns?)\b"
    r"|\bfurther (?:questions|assistance"
    r"|help|requests|queries|concerns|enquiries|inquiries)\b"
    r"|\b(?:if|should) (?:you )?(?:ever )?(?:need|have|require|want) (?:any|further|more)(?: (?:more|other|further))?"
    r" (?:help|assistance|questions?|thing|support|concerns?|information|info)?\b"
    r"|\bneed (?:any )?more help\b|\b(?:just )?(?:ask|shout|call|write) if there is (?:more|anything)\b"
    r"|\bhelp (?:you )?(?:with )?(?:any ?more|further|else)\b"
    r"|\b(?:may|can|could|shall) (?:i|we) (?:\w+ )?(?:assist|help)(?: you)? (?:any )?further\b"
    r"|\bof (?:any )?(?:further|more|other) (?:help|assistance|service)\b"
)
_WISH = re.compile(
    gathered(
        rf"\bwish(?:ing)? you (?:all )?(?:a|an|the) (?:\w+ ){{0,5}}?{_TIME}\b"
        rf"|\b(?:have|enjoy|wish you|wishing you|wish|with|wishing you all)(?: yourself| yourselves)? (?:a |an |the "
        rf"|your"
        rf" )?"
        rf"(?:{_GOOD} (?:and )?(?:,)? ?){{1,5}}{_TIME}\b|\benjoy (?:your|the|this)(?: rest of (?:the|your))? {_TIME}\b"
        r"|^enjoy the \w+ ?[.!]?$|\bhave (?:yourself )?(?:a )?(?:good|nice|great|lovely) (?:one|day|rest)\b"
        r"|^(?:[\w ]{0,40}[,!.] )?(?:and )?(?:good|nice|happy|lovely|great|wonderful) (?:night|weekend|health"
        r"|continuation)"
        r"(?: to you| ahead| then| sir| madam| all| everyone| and [\w ]{1,20})*(?: [!.,]|$)"
    )
)
_PARTING = re.compile(
    r"\b(?:goodbye|good bye|bye+|farewell|cheerio|cheers then|so long(?! as)|good night|ciao|adios|tata|ta ra|toodle\w*"
    r"|tschuss"
    r"|adieu|au revoir|arrivederci|laters?(?= gator| alligator| , gator| , alligator)|over and out|signing off"
    r"|take care(?! of)|(?:speak|talk) (?:to you |with you )?(?:soon|later|again|then|next)|until next time|till next"
    r" time"
    r"|until (?:then|\w+day)(?= ,| ?[.!]| ?$)|goodnight|all the (?:very )?best|best wishes|warm(?:est)? (?:regards"
    r"|wishes)|mind how you go|stay (?:safe|well"
    r"|healthy)"
    r"|be well|keep well|(?<!not )(?<!to )(?<!you )(?:get|feel) (?:well|better)(?: \w+)?(?= ?[!.,]| ?$)"
    r"|hope you (?:\w+ )?(?:feel|get|are|be) (?:\w+ )?(?:better|well)(?: again)?(?: \w+)?(?= ?[!.,]| ?$)|(?:safe|good)"
    r" (?:travels?|journey|trip)|look after yourself|god bless|catch you later|good luck|bon \w+|fare you well"
    r"|(?:a )?speedy recovery|take it easy|sleep well|rest well)\b"
    r"|(?:^|[,.!;-] |\band |\bthanks |\bthen |\bok )(?:i will |hope to |until i )?see (?:you|ya)(?= (?:then|soon|later"
    r"|on"
    r"|there|at|tomorrow|next|around|again|in|mon|tue|wed|thu|fri|sat|sun|when|the)| ?[.!,]| ?$)"
    r"|\b(?:looking forward|look forward) to (?:seeing|welcoming) you\b"
)
_INVITES = re.compile(
    r"\b(?:do not hesitate|feel free|reach out|get in touch|contact us|give us a (?:call|ring|shout)|drop us a line"
    r"|call back"
    r"|come back|let me know|call us|ring us|write again|write back|write to us|message us|just ask|(?:i am"
    r"|we are) (?:always |just |only |still )?(?:here|around|available|reachable|a call away|a message away)"
    r"|at your (?:service|disposal))\b.{0,40}\b(?:if(?= you (?:\w+ )?(?:need|have|want|require) (?:\w+ )?(?:any|further"
    r"|more"
    r"|help|me|us|else))|should (?:you|any)|any ?time(?! slot)|again|whenever)\b"
    r"|\b(?:do not hesitate|feel free|be sure|(?:you are|you will be) (?:always |very "
    r"|most )?welcome) to (?:reach out|get (?:back )?(?:in touch|to)"
    r"|contact|call|write|ask|message|come back|ring|return|drop|ping|turn to|approach)\b"
    r"|\b(?:remain|stay|are|am) (?:always |entirely |happily |ever )?(?:at|in) your (?:\w+ )?(?:disposal|service)\b"
    r"|\b(?:if|should) (?:\w+ ){1,3}(?:comes? up|crops? up|occurs?|arises?)\b.{0,60}\b(?:contact|call|write|us|touch"
    r"|here)\b"
)
_ENDS = re.compile(
    r"^(?:so |and |, |will |would |is )*(?:that|this|is that|is this|will that be|would that be)"
    r"(?: be)? (?:all|everything|it)(?: for)?(?: now| today| then| you| from me| ,)* \?"
    r"|\b(?:is|will|would) (?:that|this) (?:be )?(?:all|everything)(?= ?\?| for | then| you| i )"
    r"|\b(?:closing|ending|end|close) (?:this|our|the) (?:chat|conversation|call|session)(?! on)\b"
    r"|\b(?:that|this) (?:concludes|completes|ends) (?:our|this|the|your)\b"
    r"|\bthat is all (?:, i will let|from (?:me|us|my side)|then)\b|\bwas (?:that|this) (?:all|everything)\b"
)
_CLOSES: tuple[tuple[frozenset[str], re.Pattern[str]], ...] = (
    (
        frozenset(
            "else more further other another question questions request requests concern concerns any anymore".split()
        ),
        _OTHER,
    ),
    (
        frozenset(
            "day evening afternoon morning weekend week night one time trip journey stay rest holiday holidays vacation"
            " recovery sleep lunch dinner christmas easter drive summer winter spring autumn monday tuesday wednesday"
            " thursday friday saturday sunday sunshine today tomorrow continuation health wish wishing enjoy".split()
        ),
        _WISH,
    ),
    (
        frozenset(
            "until goodnight goodbye bye byee byeee byeeee byeeeee farewell cheerio cheers long night ciao adios tata"
            " ta toodle toodles"
            " toodeloo tschuss adieu revoir arrivederci later laters over signing care soon again next then best wishes"
            " regards mind stay well better"
            " travel travels journey trip after bless luck bon recovery easy see forward".split()
        ),
        _PARTING,
    ),
    (
        frozenset(
            "hesitate free reach touch contact us call come know ask here disposal service line write message".split()
        ),
        _INVITES,
    ),
    (frozenset("all everything it closing ending end close concludes completes ends".split()), _ENDS),
)
"""Ways to close, each with the words of which one must stand in the sentence."""
_CLOSE_WEAK = re.compile(
    r"\b(?:thank you|thanks)(?: (?:so|very|ever so|a lot|a million|again|much|once more|kindly))* for (?:calling"
    r"|contacting|choosing"
    r"|reaching out|getting in touch|chatting|using|visiting|telephoning|ringing|phoning|messaging|writing|stopping by"
    r"|being a"
    r"|your (?:call|visit|business|custom|loyalty|message|contact|trust|time))\b"
    r"|\b(?:you are (?:very |most )?welcome(?! to)|my pleasure|(?:glad|happy|pleased) (?:i|we) (?:could|was able"
    r"|were able)|happy to have helped|(?:glad|happy|pleased|delighted) to have (?:helped|been)|good (?:day|evening)(?:"
    r" to you| then| sir| madam| ahead)* ?[.!]?$|pleasure (?:helping|assisting"
    r"|talking|serving|to (?:help|assist|serve))|(?:always )?(?:glad|happy|pleased) to (?:help|be of)(?= ?[.!,]| ?$|"
    r" you ?[.!]?$)"
    r"|^any ?time ?[.!]?$|do not mention it|not at all ?[.!]?$)\b"
)
"""Courtesies that close a message which asks nothing more."""
_GREETS = re.compile(r"(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|welcome|dear|greetings)\b")
_NOT_CLOSE = re.compile(
    gathered(
        r"^(?:todo|plan|next|next steps?|steps?|to do|checklist|outline) [:(]|\b(?:before|first|without|no|never|not)"
        r" (?:\w+ ){0,3}(?:anything|something|goodbye|bye|closing|ending|end|close|owt)\b|\bsay(?:ing)? (?:goodbye|bye"
        r"|farewell)\b"
        r"|\bneed (?:one|something) (?:else|more)(?! \?)\b|\banything (?:else|more|further) (?:you (?:can|could|would"
        r" like"
        r" to|want to) (?:tell"
        r"|add|share|remember|give|recall)|i (?:need|should|must|can use) (?:to )?know|about (?:the|your)|on (?:the"
        r"|your)"
        r" (?:card|bill|screen"
        r"|invoice)|that (?:could|would|might) (?:identify|help me))"
        r"|\bsomething else (?:is|i need|happened|went)\b|\bnothing (?:else|more) (?:i|we) can\b"
        r"|\bany (?:other )?issues? (?:with|was|were)\b|\bwhat (?:else|more) (?:(?:i|we) (?:can|could|need)|do|should"
        r"|can"
        r" you|is|could you)\b"
        r"|\bdo you (?:still |also |perhaps )?have (?:a|an|any|the)\b.{0,30}\b(?:day|time|week|one)\b|\bany (?:other"
        r" )?(?:way|ways)\b"
        r"|\bany other (?:\w+ )?(?:name|number|date|id|detail|information|record|proof)"
        r"|\bif (?:anything|something) (?:else )?(?:changes|is wrong|goes|looks)\b|\bquestions? (?:about|on|regarding)"
        r" (?:the|this|that) (?:read|summary)|\b(?:on|of) (?:the|your) (?:other|first) (?:line|phone)|\b(?:had|was"
        r"|were) a"
        r" (?:good|nice)\b"
    )
)
_PERSON = (
    r"(?:humans?|persons?|people|agents?|colleagues?|coworkers?|co workers?|representatives?|reps?|supervisors?"
    r"|managers?"
    r"|specialists?|someone|somebody|teams?|departments?|staff|operators?|front desk|reception\w*|advis[oe]rs?|experts?"
    r"|members?|desk|associates?|nurses?|human beings?|clinicians?|billing|responsible|officers?|consultants?"
    r"|offices?|assistants?|professionals?|coordinators?|superiors?|secretary|accounting"
    r"|facturation|support|employees?|lead|boss|technicians?|chief|heads?|management|switchboard|hotline|helpdesk)"
)
_MODS = r"(?: (?!to\b|and\b|if\b|for\b|who\b|with\b|is\b|that\b)[\w'-]+){0,4}?"
_MOVE = (
    r"(?:transfer(?:ring|red)?|connect(?:ing|ed)?|escalat\w+|refer(?:ring|red)?|rout(?:e|ing|ed)|redirect\w*"
    r"|forward\w*|hand(?:ing|ed)?|pass(?:ing|ed)?|put(?:ting)?|patch\w*|switch\w*|loop\w*|send(?:ing)?|sent|giv(?:e"
    r"|ing)"
    r"|gave|turn(?:ing)?|bring(?:ing)?|get(?:ting)?|direct(?:ing)?|tak(?:e|ing)|mov(?:e|ing)|rais(?:e|ing|ed)"
    r"|hook(?:ing)?)"
)
_CASE = (
    r"(?:you|(?:this|it|that|everything|them)|(?:your|the|this|that|my) (?:\w+ ){0,2}?(?:call|case|request|issue|chat"
    r"|conversation|matter|question|message|problem|inquiry|enquiry|query|concern|complaint|ticket|file|situation"
    r"|details|line))"
)
_TRANSFER = re.compile(
    gathered(
        rf"\b{_MOVE} {_CASE}(?: (?:directly|right|straight|over|on|through|across|along|back|now|off|up|down"
        rf"|immediately))*"
        rf" (?:to|with|through to|onto|in touch with|in contact with|in front of)(?: [\w'-]+){{0,5}}? {_PERSON}\b"
        rf"|\b{_MOVE} you (?:directly |right |straight |now )*(?:over|on|through|across|along)(?: to\b(?! date| speed)|"
        rf" with| now"
        rf"| ?[.!,?]| ?$| if| for| right| so| and| straight| then)"
        r"|\b(?:giv(?:e|ing)|hand(?:ing)?|pass(?:ing)?|transfer(?:ring)?|connect(?:ing)?|switch(?:ing)?|rout(?:e|ing)"
        r"|forward(?:ing)?|direct(?:ing)?|redirect(?:ing)?|refer(?:ring)?|send(?:ing)?|patch(?:ing)?|bring(?:ing)?)"
        r" you"
        r" (?:on |over )?(?:to|with) (?:him|her|them|my|our|an?|one|some\w+|the (?:\w+ ){0,2}?(?:person|nurse|team|desk"
        r"|department"
        r"|colleague|office|manager)|billing|clinical|accounts?|records|reception)\b"
        r"|\b(?:transfer(?:ring|red)?|connect(?:ing)?|escalat(?:e|ing|ed)|patch(?:ing)?|hand(?:ing)?) "
        rf"{_CASE}(?: (?:over|through|up|across|now))?(?= [.!?,;]| ?$| to (?:a|my|our|the|one|some|him|her|them|human"
        rf"|billing|level)"
        r"| now| right| if| for| when| so)"
        rf"|\b(?:let you|like to|want to|wish to|prefer to|can|could|will|shall|may|should|have|make|making|rather|to"
        rf"|you"
        rf"|suggest|recommend|be) (?:you )?(?:speak(?:ing)?"
        rf"|talk(?:ing)?|chat(?:ting)?|discuss (?:it|this))(?: directly| now)? (?:to|with) (?:a|an|the|our|my|one of"
        rf" our"
        rf"|one of my|someone"
        rf"|somebody|another|some)(?: [\w'-]+){{0,4}}? ?{_PERSON}?\b"
        rf"|\b{_PERSON}(?: (?:in|from|at|of|on) (?:the |our |my )?[\w'-]+(?: (?:team|desk|office|department))?|"
        rf" (?!name)\w+)? (?:\w+ly )?(?:will|can|is going to"
        r"|are going to|would|should be able to|shall|is about to) (?:\w+ly |then |now |also "
        r"|soon )?(?:be (?:taking (?:over"
        r"|care|this|it)|contacting|calling|ringing|handling|joining|helping|assisting|looking (?:after|into)|reaching"
        r"|speaking|talking|coming|on (?:the line|it)|along|right with)|take (?:over|it"
        r" from|care of (?:you|this|it)|this)|help"
        r" (?:you|with)|assist you|contact you|be (?:with|in touch|happy|able|able to help)|call you|ring you|get back"
        r"|handle|pick|look after|see (?:to|with)|phone you|reach out|join|sort|answer|explain|deal with)"
        r"|\b(?:human|live|real) (?:agent|representative|operator|colleague|assistance|support|help|handover|person"
        r"|being)s?\b"
        r"(?! (?:is|are) not)|\b(?:being|be|been|get) (?:transferred|escalated|connected|handed over|put through"
        r"|forwarded"
        r"|passed on)\b"
        rf"|\b(?:get|getting|grab|grabbing|fetch|fetching|call|calling|find|finding)(?: in)?(?: (?:you"
        rf"|for you))?(?: \w+ly)?"
        rf" (?:a"
        rf"|an|my|our|one of (?:our|my)"
        rf"|the|some|another)(?: (?!from\b|with\b)[\w'-]+){{0,3}}? ?(?:human|nurse|colleague|supervisor|manager|person"
        rf"|agent|representative"
        r"|member|members|specialist|operator|staff|expert|clinician)\b(?! (?:name|number|to confirm))"
        rf"|\b(?:asked|ask|asking|have asked) (?:a|an|my|our|one of (?:our|my)|someone|the) ?(?:[\w-]+"
        rf" ){{0,3}}?(?:{_PERSON} )?to (?:take over|call you|ring you|help you|contact you|look at this|get back)\b"
        rf"|\b(?:being|be|been) (?:\w+ly )?(?:handed|redirected|routed|referred|passed|forwarded|put|sent|moved)(?:"
        rf" (?:on"
        rf"|over|through|along))? to (?:[\w-]+ ){{0,3}}?{_PERSON}\b"
        rf"|\b(?:has|have|needs?) to (?:go|be decided|be handled|be approved) (?:to|by|through) (?:[\w-]+"
        rf" ){{0,2}}?{_PERSON}\b|\b{_PERSON}(?: from our team)? takes over\b"
        rf"|\b{_PERSON} (?:is|are) (?:\w+ly |now |already |just )?(?:coming (?:on|in|over|to)|joining|taking (?:over"
        rf"|this"
        rf"|it)|about to (?:join|take|come|call)|on (?:the|their|his|her) (?:line|way)|stepping in|here to (?:take|help"
        rf"|talk)|waiting (?:for you|to (?:help|talk|take))|calling you|going to (?:join|take over))\b"
        rf"|\b(?:want|like|need|prefer|rather have|care for|fancy) (?:to (?:have|get|deal with) )?(?:a|an|some|another)"
        rf" (?:\w+ )?(?:human|real person|live agent|person instead|colleague|supervisor)\b"
        rf"|\b(?:one|some|any) of (?:the|our|my) (?:\w+ )?(?:humans|colleagues|agents|people|staff"
        rf"|team)\b(?= (?:here|to"
        rf"|for|will|can|instead|over)\b| ?[.!?]| ?$)(?<!not)"
        rf"|\b(?:involve|involving|consult(?:ing)?|rope in|roping in|alert|alerting) (?:a|an|my|our|one of (?:our|my"
        rf"|the)|someone"
        rf"|the) ?(?:[\w-]+ ){{0,2}}?(?:{_PERSON}|else)\b"
        rf"|\b(?:get|getting|bring|bringing) (?:a|an|my|our|one of (?:our|my"
        rf"|the)) (?:\w+ ){{0,2}}?{_PERSON} (?:involved|in|on)\b"
        rf"|\b(?:get|getting) someone\b|\b(?:pass|give|send|hand) you (?:to )?(?:my|our|the) {_PERSON}\b|\blet (?:a|an"
        rf"|my"
        rf"|our|one of (?:our|my)) (?:[\w-]+ ){{0,3}}?{_PERSON} (?:handle|take"
        rf"|help|look|deal|decide|answer|check|sort)\b|^(?:[\w ,]{{0,30}}[,-] )?transferring(?: (?:now|you|call|the"
        rf" call|chat|over))*(?: to (?:an? |the |our |my )?(?:\w+ )?{_PERSON})?(?: (?:now|asap))?(?: [.,!].*)?$"
        rf"|\bhave (?:(?:a|an|my|our|one of (?:our|my)|the)(?: [\w'-]+){{0,3}}? {_PERSON}|someone|somebody)(?: from"
        rf" (?:our"
        rf"|the) \w+)?(?: \w+)?"
        r" (?:call|contact|take (?:a|over|this|it|care)"
        r"|look|handle|get (?:back|in)|help|reach|ring|phone|speak|join|step in|explain)"
        r"|\bsomeone (?:from|in|at) (?:our|the) (?:\w+ )?(?:team|desk|office|department)? ?(?:will|can)"
        r"|\b(?:human|agent|colleague|supervisor|manager|specialist|nurse) (?:takes|took|is taking|to take) over\b"
        r"|\braised (?:this|it|your \w+) with\b"
        rf"|\b(?:pass|passing|passed|forward\w*|escalat\w+|rais\w+|refer\w*|send|sending|sent|hand|handing) {_CASE}(?:"
        rf" (?:on|over|along|up|further))?"
        rf" (?:to|with)(?: [\w'-]+){{0,5}}? {_PERSON}\b"
        r"|\b(?:bring|loop|pull)(?:ing)? (?:in )?(?:a|my|our|another|one of) (?:\w+ )?(?:colleague|supervisor|manager"
        r"|specialist|expert|human|nurse)"
        r"|\b(?<!place )(?:in|into|to) (?:the|a) queue (?:for|to|of)\b|(?<!place )(?<!spot )(?<!turn )\b(?:in"
        r"|into) (?:the|a) queue\b|\barrang\w+ (?:for )?(?:a"
        r"|an"
        r"|one of (?:our|my)) (?:\w+ )?"
        r"(?:colleague|specialist|agent|human|callback|call back|supervisor|manager|nurse)(?: to)?"
        r"|\bescalat(?:e|ing) (?:this|it|your|the)\b|\bi have (?:escalated|transferred|handed)\b|\btransfer to (?:a |an"
        r" "
        r"|the |our )?(?:human|nurse|colleague|agent|desk|team)\b"
        r"|\bhand(?:ing)? (?:you|this|it|over|the (?:call|case|chat)) (?:over|off|to)\b|\bon the line for you\b"
        r"|\b(?:a |one )(?:matter|question|one|case|job) for (?:a|an|my|our|the) (?:\w+ ){0,2}?(?:colleague|nurse|team"
        r"|supervisor|manager)\b.{0,20}\bpass"
    )
)
TRANSFER_WORDS = frozenset(
    "humans agents people involve involving consult consulting rope roping alert alerting rather fancy want need"
    " raised raising raise queue arranged arrange arranging takes taking handled transfer transferring transferred"
    " connect"
    " connecting connected escalate escalating escalated escalation refer referring referred route routing routed go"
    " asked ask asking"
    " redirect redirecting forward forwarding forwarded hand handing handed handover pass passing passed put putting"
    " patch"
    " patching speak talk chat human colleague colleagues supervisor manager nurse nurses direct directing turn turning"
    " representative specialist specialists team someone live real operator staff agent switch switching bring bringing"
    " get getting loop"
    " send sending sent give giving gave grab fetch take hook move somebody expert clinician person member".split()
)
_TRANSFER_NOT = re.compile(
    r"\b(?:not|no|never|without|cannot|nobody|no one|none|neither|nor|rather than|instead of|unable|before|(?:may"
    r"|might)"
    r" (?:\w+ )?(?:have to|need to)|if i could|wish)\b|(?<!do )(?<!would )(?<!did )(?<!if )(?<!should )\byou (?:said"
    r"|asked"
    r"|want(?:ed)?|told)\b(?: \w+){0,5} (?:transfer|human|speak)"
)
_TRANSFER_DENIED = re.compile(
    r"\bactually , no\b|\bno , (?:wait|i can|actually)\b|\b(?:is|are|will be) not (?:needed|necessary)\b"
)
_UNREAL = re.compile(
    r"(?:so |and |but )*(?:if (?:you|i|we|it|this|that|there|the \w+|your \w+) (?:\w+ )?(?:had|were|was|did"
    r"|(?!(?:need|feed)\b)"
    r"\w+ed)\b[^?]* would\b(?! (?:you|like))|(?:had|were) (?:you|i|we|it|this|the|there|your)\b[^?]* would\b"
    r"|(?:in|for) (?:an|such|any) (?:emergency|emergencies|case|cases|event)\b|normally|usually|ordinarily|in theory"
    r"|in general|generally|hypothetically|in principle|theoretically)"
)
"""What makes a transfer that would be a mere supposition."""
_PAPERS = re.compile(
    r"\b(?:referrals?|refills?|prescriptions?|letters?|invoices?|cop(?:y|ies)|forms?|results?|applications?|reports?"
    r"|bills?"
    r"|documents?|papers?|payments?|samples?|orders?|receipts?|records?|scripts?|refunds?)\b"
)
_PASSED_ON = re.compile(r"(?:being|be|been|get) (?:\w+ly )?(?:forwarded|passed|sent|transferred|moved|routed|handed)")
_TO_DOCTOR = re.compile(
    r"(?: on| over)?(?: (?:directly|straight|now))? to (?:dr|doctor|st|prof\w*|the (?:pharmacy|hospital|lab\w*"
    r"|insurer|insurance))\b"
)
_REMINDS = re.compile(
    r"[^,;]{0,40}\b(?:(?:on |in )?the (?:day|morning|evening|night|week) before|(?:\d+|\w+) (?:days?"
    r"|hours?) (?:before|ahead"
    r"|prior)|before (?:the|your) (?:visit|appointment)|when it is ready|to remind)\b"
)
"""Calls that belong to a visit and hand nobody over."""
_IF_STUCK = re.compile(
    r"(?:if|should|in case) (?:i|we|it|this|that|nothing|none|the \w+)\b[^,]*\b(?:not|fails?|nothing|fail)\b"
)
_TRANSFER_CUT = re.compile(
    r" [,;:()-] |\b(?:but|so|because|therefore|however|which means)\b|\band (?=(?:i |we )?(?:will|am|can|shall"
    r"|would)\b)"
)
CLOSE_WORDS = frozenset(
    "byee byeee byeeee byeeeee around available reachable hope else more further other questions question day"
    " evening afternoon morning weekend week night one goodbye"
    " bye farewell cheerio care welcome pleasure ciao adios tata ta laters later signing regards wishes mind stay safe"
    " glad hesitate free all everything see calling contacting choosing reaching touch chatting using visiting"
    " good long concerns concern requests telephoning ringing phoning messaging writing contact call visit business"
    " assistance closing ending chat conversation best soon time enjoy anytime need any anything well better health"
    " journey trip recovery luck bless luck that help assist service disposal ask then holiday rest happy adieu revoir"
    " arrivederci forward again owt thing nice lovely sleep easy bon mention".split()
)
_BYE = re.compile(r"\bby+e+[sz]?\b")


def closes(form: str, words: frozenset[str]) -> bool:
    """Whether the sentence offers to end the talk, or ends it. `words`: those of the form."""
    for keys, pattern in _CLOSES:
        if not words.isdisjoint(keys) and pattern.search(form):
            return _NOT_CLOSE.search(form) is None
    return False


def courteous(form: str) -> bool:
    """Whether it is a courtesy that closes a message which asks nothing more."""
    return _CLOSE_WEAK.search(form) is not None and _GREETS.match(form) is None


def transfers(form: str) -> bool:
    """Whether handing over to a human is offered or announced."""
    if _IF_STUCK.match(form) or (" would " in form and _UNREAL.match(form)):
        return False
    for found in _TRANSFER.finditer(form):
        if _REMINDS.match(form, found.end()) or (
            _PASSED_ON.match(found[0])
            and (_PAPERS.search(form, max(0, found.start() - 80), found.start()) or _TO_DOCTOR.match(form, found.end()))
        ):
            continue
        before = _TRANSFER_CUT.split(form[max(0, found.start() - 200) : found.end()])[-1]
        if not _TRANSFER_NOT.search(before) and not _TRANSFER_DENIED.search(form, found.end()):
            return True
    return False
