"""The forms in which something is asked for: patterns over plain forms, and the words without which none matches."""

from __future__ import annotations

import re

from agentgym.user.grammar import ACTION, gathered, one_of

__all__ = [
    "AGENDA",
    "ASKING",
    "ASKS_WHAT",
    "BY_MEANS",
    "COURTESY",
    "DIRECT",
    "DIRECTLY",
    "ECHO",
    "GIVING",
    "GLUE",
    "IF_GIVEN",
    "IMPERATIVE",
    "INFORMATION",
    "IS_GIVEN",
    "JUDGED",
    "LATER",
    "LEADING",
    "LEAVING",
    "LEFT",
    "MOMENT",
    "NEED",
    "NOT_NEEDED",
    "NOUNS_TOO",
    "OTHER_WANT",
    "PARTS",
    "PLANS",
    "POLITE",
    "PREFACE",
    "REQUIRED",
    "REQUIRING",
    "SERVES",
    "SMALL",
    "SPEAKS_OF",
    "SUPPOSED",
    "TO_YOU",
    "UNLESS",
    "UNREAL",
    "UNTOLD",
    "WANTED",
    "WH",
]

_VERB = one_of(
    "provide give tell share send specify enter state supply indicate clarify describe repeat spell submit"
    " type confirm verify remind "
    "advise choose "
    " pick select mention read name drop list help furnish include reply respond revert answer"
    " say pop put jot attach leave hand tap key spell input quote dictate communicate say pass write forward"
    " furnish disclose recite recall state restate reconfirm retype resend quote declare"
)
_SOFT = r"(?:(?:also|do|first|just|kindly|please|quickly|briefly|now|then|again|simply|next|still|maybe|perhaps) )*"
IMPERATIVE = re.compile(
    rf"(?:(?:\bplease(?: to)?|\bkindly|\bneed you to|\blike you to|\bask(?:ing)? you to|\b(?:ask|request"
    rf"|require) that you|\bif you (?:would|could|can|might)|\b(?:could|can|would|will) you|\byou (?:could|can"
    rf"|would|will|must|need to|have to|should|may|might|may want to|might want to|might like to)"
    rf"|\byou will (?:need|have) to|\bwould you mind|\bmind|\bable to|\bbe so kind as to|\bthen|\band|\bfirst"
    rf"|\bso|\bor|\bbut) |^|, |: ){_SOFT}"
    rf"(?:(?:{_VERB}|fill (?:in|out)|identify yourself|telling|giving|sharing|confirming|providing"
    rf"|sending)(?: back)?(?: (?:to|with))?(?: (?:me"
    rf"|us))?|let (?:me|us) (?:have|know|get(?= your)|start with|begin with|try)|have (?=(?:your|the)"
    rf" .{2, 60}(?:ready|handy|at hand|to hand|available|with you))|help me (?:with"
    rf"|out with))\b(?P<object>.*)"
)
_ADVERBS = (
    r"(?: (?:will be|might|may|could|will|would|do|am going to|going to|still|just|also|only|really|first|now|then|to"
    r"|absolutely|simply|merely|actually|possibly|probably|perhaps|maybe|must|shall|should|have to|therefore|kindly"
    r"|so|first of all|quickly|am|are|be|next|always|usually|in fact|please|ever|indeed|hereby|further|again|at least"
    r"|got to|ought to|necessarily))*"
)
NEED = re.compile(
    r"(?:\b(?:i|we|what i|all i|clinic|office|practice|surgery|undersigned|reception|front desk|administration"
    r"|secretariat|records department|registry)|^(?:(?:ok|so|and|but|still|just|also|only|, |now|great"
    r"|thanks) ?)*(?=(?:need|require"
    r"|requesting|needing|must have|will need|needed)\b)|, (?=(?:need|require)\b))"
    + _ADVERBS
    + r" ?(?:(?:would be|am|are|will be|should be) (?:most |very |ever so |much |so )?(?:grateful|thankful|obliged"
    r"|glad) (?:for"
    r"|to have|to know|to receive|to get|to be told|of|if i (?:could|might|may) (?:have|know|get))|appreciate"
    r"|welcome|await"
    r"|ascertain|must (?:to )?(?:know|have|obtain|ask|get|hear|receive|request|take|see|be told|collect|establish"
    r"|verify)"
    r"|have yet to (?:receive|get|hear)|need(?:s|ing)?|requesting|requiring|requests?|requires?|want|lack(?:ing)?"
    r"|missing"
    r"|have (?:got )?to (?:know|ask|get|hear|have|obtain|request|take|collect)|ought to (?:know|have|ask)"
    r"|would like|waiting for|waiting on|after(?= your| the| a)|desire|seek|seeking"
    r"|would love|could use|do not (?:yet |still |seem to )?(?:have|know)|have not (?:yet |still )?(?:got|received"
    r"|had|seen|been given|been told)|still do not have"
    r"|(?:can|could|may|might|shall|should)(?: i| we)? (?:also )?(?:have|ask(?: you)? for|get|take|know|trouble"
    r" you for|borrow|grab|note)"
    r"(?= (?:down )?your)|did not (?:get|catch|receive) (?=your)|looking for|(?:did|do|could|can) not (?:quite "
    r"|fully |yet )?(?:catch|get|hear"
    r"|understand|read|make out|receive))\b"
    r"(?: (?:you to|that you \w+|to (?:know|have|get|ask|verify|confirm|collect|see|be told|obtain|take|request"
    r"|note|hear|establish"
    r"|learn|receive|find out|be given|record|put down|write down|understand)|for"
    r"|is|from you|now|first|just|only|also|please))*(?P<object>.*)"
)
REQUIRED = re.compile(
    gathered(
        r"(?:(?:\b(?:is|are|will be)|^)(?: (?:also|still|first|now|all|both|only|usually))* ?(?:required|needed"
        r"|missing|necessary|mandatory|outstanding|(?:hereby |kindly )?requested|awaited|sought|all i need"
        r"|what i need|to be provided)|^(?!.*\b(?:i|we)\b).{4,60} next(?= ?[.!]?$)|\b(?:required|needed"
        r"|missing)(?= ?[.!,]?$| to\b| first| for)"
        r"|\b(?:must|should|shall|has to|have to|needs? to|is to|are to|ought to|will) (?:\w+ )?be (?:\w+ )?(?:stated"
        r"|supplied|given|furnished|indicated|specified|disclosed|communicated|submitted|declared|quoted|named"
        r"|included)\b(?! on| with)"
        r"|\b(?:would|will) (?:be (?:\w+ )?(?:helpful|useful|great|nice|good|handy|appreciated|needed|required"
        r"|perfect|best|ideal|lovely|wonderful|fine|enough|ok|okay"
        r"|all)|tell me|settle (?:it|that)|clear (?:it|that) up|help|do|let me|allow me|suffice)|\bhelps? (?:\w+"
        r" )?to (?:know|have))\b"
    )
)
BY_MEANS = re.compile(
    r"\b(?:i|we) can (?!not|help|assist|answer|also help)(?:(?!not|only)\w+ ){1,6}?(?:with|by|from|given|using"
    r"|through|via) (?:just |only |either )?(?P<object>.*)"
)
COURTESY = re.compile(
    r" ,? ?(?:if you (?:do not mind|would|please|can|have it|could)|when(?:ever)? you (?:can|are ready"
    r"|get a (?:moment|chance))|if (?:possible|i may|(?:that|it) is (?:ok|okay|all right|alright|fine)|it is not"
    r" too much trouble|you would be so (?:kind|good)|i may ask|you can)|i mean|would you|will you|mate|sir|madam"
    r"|ma'am|love|dear|friend)(?= ?[?.!]?$)"
)
PLANS = re.compile(
    gathered(
        r"\b(?:i|we|they|he|she|it|system|clinic|colleague|team|nurse|doctor|let me|let us) (?:\w+ )?(?:will|would"
        r"|can|could"
        r"|shall|may|might|going to|have|has|had|did|let|am|to)\b|\blet (?:me|us)\b|\b(?:i|we) (?:always|usually"
        r"|normally|first)\b|\b(?:i|we) \w+ed\b"
    )
)
DIRECT = re.compile(r" (?:me|us|your|which|what|how|whether|both|more|the|a|an)\b")
UNTOLD = re.compile(
    r"\byou (?:have not|did not|never|still have not|forgot to|need to)(?: yet| still)? (?:told|given|give"
    r"|tell|provide|provided|mention|mentioned|say|said|shared|share|sent|send|include|included"
    r"|specified)(?: me| us)?(?P<object>.*)"
    r"|\b(?:message|form|request|e?mail|note|you) (?:do|does|did) not (?:include|contain|mention|say|give|show"
    r"|come with|state)(?P<part>.*)"
    r"|^(?:still |now |just |, )*(?:awaiting|waiting for|waiting on|missing|needing|lacking"
    r"|pending)(?P<rest>.*)"
)
UNLESS = re.compile(
    r"\b(?:unless|until|without|before|as long as|if (?=you|i (?:have|know|do)\b))\b(?! the (?:right|correct"
    r"|matching|valid))(?P<object>.*)"
)
IF_GIVEN = re.compile(
    r"\b(?:if|once|when|as soon as|after|until|unless|provided)(?: that)? (?:you|i (?:have|know|get|had|hear)"
    r"|we (?:have|know|get|hear))\b"
    r"(?: (?:could|can|would|will|please|just|also|first|kindly))*(?P<object>.*)"
)
GIVING = re.compile(
    r"\b(?:give|tell|provide|share|send|let me know|supply|specify|confirm|verify|state|have|know|get|got|had"
    r"|told|shared|given|provided|gave|sent|mentioned|supplied)\b"
)
MOMENT = re.compile(
    r"^ ?(?:me |us )?(?:a |one |just |another )*(?:moment|second|minute|sec|bit of time|little time|time"
    r"|couple of minutes)\b"
    r"(?: (?:please|or two))*(?: ?[.!]?$|,? (?:while|to|so|and i|as i|until|till|for me|i)\b)"
)
LATER = re.compile(
    r"^(?:\w+ )?(?:possibly|perhaps|maybe|probably)\b ,? ?(?:i|we|they|he|she|it|the \w+) (?:would|will|might|may"
    r"|could)"
    r" (?:\w+ )?(?:need|ask|require|want|have to)\b"
    r"|^(?:if|suppose|supposing|imagine) (?:\w+ ){1,2}(?:wanted|were|had|asked|came"
    r"|called)\b.*\bwould (?:then )?(?:ask|need|want|require)\b"
    r"|^(?:in case of|in the (?:case|event) of|in (?:that|such a|this) case|in the event)\b.*\b(?:would|will|might"
    r"|may) (?:\w+ )?(?:need"
    r"|ask|require|want|have to)\b"
    r"|^(?:were (?:it|this|that|the)|had (?:you|i|it|this))\b.*\bwould (?:then |have )?(?:ask|need|want|require)"
    r"|^first ,? ?(?:i|we) (?:would|will|shall|am going to|are going to) (?:need to |have to |want to "
    r"|like to )?(?:verify|check|look"
    r"|confirm|find|identify|open|ask|collect|get)\b.*\bthen\b"
    r"|\blooking (?:for|up)\b.{0,80}\b(?:now|right now|at the moment|in the system|on the system|in our \w+)\b"
    r"|\bwaiting (?:for|on)\b.{0,80} from (?:your|the) (?:insurer|doctor|lab|hospital|pharmacy|bank)\b"
    r"|\bbut (?:that|it|this) (?:is (?:fine|ok|okay|no problem|not (?:a problem|important|needed))|does not matter)\b"
    r"|\bneeded only (?:for|if|when)\b|\bonly needed (?:if|when)\b|\bdoes not matter\b|\bmakes no difference\b"
    r"|\bis up to you\b|^what matters\b"
    r"|\b(?:ask|need|require|want|take|get|collect)\b.{0,160}\b(?:later(?: on)?|at some (?:later )?(?:point|stage)"
    r"|eventually|afterwards"
    r"|at a later (?:stage|point|time)|down the (?:line|road)|some other time|next time)(?: ,? ?(?:though|too|maybe"
    r"|perhaps))? ?[.!]?$"
)
"""What may be asked for some other time is not asked for now."""
SPEAKS_OF = re.compile(
    r"^ ?(?:if|when|once|in case|should) (?:it|the|this|that|your|anything|something|you (?:\w+ )?(?:have|need|get"
    r"|feel|notice|run"
    r"|can not|do not|experience))\b"
    r"|^ ?(?:me |us )?(?:a |one |just )*(?:moment|second|minute|sec|bit(?! more)|while|couple|few|hand|call|break|time"
    r"|chance|it a|note)\b"
    r"|^ ?(?:that|it|this|him|her|them)\b(?! (?:you|is|again|for (?:me|us)|to (?:me|us)|out|once|one|please|slowly"
    r"|letter|then)| ?[?.!]? ?$)|^ ?(?:me|us) (?:that|it)\b"
    r"|^ ?(?:through|you|your (?:friends?|family|colleagues)|(?:hi|hello|thanks|goodbye|bye|sorry) to|yourself"
    r"|carefully|the (?:policy|terms|button|link|app|message|instructions))\b"
)
WANTED = re.compile(
    r"^ ?(?:(?:me|us|with|of|about|for|on|in|to|a|an|the|your|some|any|more|further|additional|which|what|how"
    r"|whether|when|where|who|why|following|these|those|both|all|"
    r"few|couple|one|two|three|at least|details?|information|info|by|is|if|valid|current|from|first)\b|:|$)"
)
INFORMATION = re.compile(
    r"\b(?:your (?:\w+ ){0,3}\w+|more (?:details|information|info)|(?:details|information|info)\b|following"
    r"|the (?:\w+ ){0,2}(?:number|name|date|code|id|address|details|amount|time|reason)|which|what|how|when"
    r"|where|who|from you|these|a few|some|couple)\b"
)
SMALL = frozenset(
    "your the and or please also first a an valid full current me for as well plus then ok okay thanks thank"
    " you again both , ( ) ? ! : - ; "
    "are were was this time only instead either on file record account here there born when who whose where whom"
    " then her his their child child's patient patient's caller holder policyholder her its by first ahead tell"
    " say over under profile system next now just got it great perfect sure exact of is alright still finally"
    " lastly last name number to"
    " start with too along pls kindly "
    "what about how which any it my one more not but rather instead start begin thing new old so well hi"
    " hello right year month".split()
)
GLUE = frozenset(", ; : - ( ) and or ! . plus".split())
NOT_NEEDED = re.compile(
    gathered(
        r"\b(?:not|no longer|never|no) (?:\w+ )?(?:need|require|needed|required|necessary|want|have to|missing"
        r"|mandatory)\b|\bno (?:\w+ ){1,3}(?:is|are) (?:needed|required|necessary)\b|\bneed not\b|\bno need\b"
        r"|\b(?:not|never|without|no longer|stop) (?:going to |about to |\w+ )?(?:asking|ask"
        r"|require|tell|give|share|send"
        r"|provide|say|repeat) (?:me |us |you )?(?:for |again )?(?:your|the|any|a)\b(?<!unless you give me the)(?!"
        r" right)"
    )
)
PARTS = re.compile(r" , | but | ; | - |\bjust\b|\bonly\b")
OTHER_WANT = re.compile(
    r"^ (?:a |another |just |one )+(?:minute|moment|second|sec|bit|while)\b|^ your (?:patience|understanding|time"
    r"|help|cooperation|business|call|feedback|interest|trust|kindness|loyalty)\b"
    r"|^ (?:to |you to )?(?:check|look|make|take|see|find|help|be|do|go|clarify|apologi\w+|thank|wait|inform"
    r"|let|point|note|remind|explain|say|transfer|double|escalate|mention|decline|refuse|"
    + "|".join(a for a in ACTION if a not in ("give", "provide", "share", "confirm", "send", "submit", "enter"))
    + r")\b"
)
WH = re.compile(
    r"^(?:and |so |then |now |ok |also |first |thanks |, |: |just |to confirm |to start "
    r"|to begin )*(?:for what |in which |on which |at what )?(?:what|which|who|whom|whose|when|where|why"
    r"|how)(?: (?:is|are|was|were|do|does|did|would|should|can|could|\w+ (?:is|are|do|did|would|should|was"
    r"|were)))\b"
)
UNREAL = re.compile(
    r"\b(?:was|were) (?:just )?(?:going|about) to\b|\bwould have (?!to\b|you\b)|\bshould have (?!your|the|a)"
    r"|\bused to\b"
)
PREFACE = re.compile(r"^(?:for|to|in order to|next|now|then|as|since|because|before|so that|after)\b[^,:]* [,:] ")
SUPPOSED = re.compile(
    r"(?:if|had|were|suppose|supposing|imagine)\b.*\b(?:knew|(?:would|could|might|should) have|were to|had had|asked)\b"
)
ASKS_WHAT = re.compile(r"(?:\w+ ){0,2}(?:what|which|whose|whom|who|when)\b")
ECHO = re.compile(r"(?:no|not|nothing|still no|still nothing) ?(?:\w+ ){0,2}\?")
ASKING = frozenset(
    "need needs needed needing require required requires requiring requesting requested request want like"
    " appreciate welcome await ascertain must lack lacking"
    " missing have seek desire waiting looking get take necessary mandatory outstanding provide give tell share"
    " send specify enter state supply"
    " indicate clarify describe repeat spell submit type confirm verify remind advise choose pick select mention"
    " read name drop list help furnish"
    " include reply respond revert answer say pop put jot attach leave hand tap key input quote dictate"
    " communicate pass write disclose recite recall"
    " awaiting pending let asking ask remains leaves telling giving sharing confirming providing sending"
    " mind could use love glad grateful obliged thankful".split()
)
"""Words without one of which a statement that names no fact asks nothing."""
REQUIRING = frozenset(
    "required needed missing necessary mandatory outstanding requested awaited sought all what next stated supplied"
    " given"
    " furnished indicated specified disclosed communicated submitted declared quoted named included"
    " provided would will helps help".split()
)
LEAVING = frozenset(
    "left missing remaining outstanding lacking need want require needed required ask know lack wanted leaves"
    " everything all let asking necessary essential"
    " important imperative vital crucial if feel start begin kick go now next then first only just last lastly"
    " finally takes requires needs calls help helps"
    " great good nice useful helpful perfect best handy remains".split()
)
SERVES = re.compile(
    gathered(
        r"\b(?:how|what|which \w+|in what way) (?:else )?(?:can|may|could|might|should|shall|would) (?:i|we)"
        r" (?:\w+ ){0,2}?(?:help|assist|do (?:for"
        r"|about)|be of|serve|support)\b|\bwhat (?:can|could|may) (?:i|we) do\b|\bwhat (?:would|do|did) you (?:\w+"
        r" )?(?:like|want|need|wish)(?: me"
        r"| us)? to (?:do|happen|arrange|change|know)\b"
    )
)
AGENDA = re.compile(
    r"^(?:the |my |our |your )?(?:next|first|last|final|second|third|following)? ?(?:steps?|plan|to ?do|todo"
    r"|agenda|keywords?|tags|topics?|labels|note to self|procedure"
    r"|process|workflow|request type|action|status|task|summary|reminder|rules?|internal note|note)(?: \d+| list|"
    r" is)?(?: :| -|$)"
)
TO_YOU = re.compile(r"\b(?:you|your|please|me)\b|\?")
JUDGED = re.compile(
    r"\b(?:right|ok|okay|correct|good|alright|perfect|great)\b[ ?]*$|^how (?:is|are|was)\b|^(?:is|are|was|does|do"
    r"|not)\b"
)
POLITE = re.compile(r"\b(?:please|kindly|you|mind|kind)\b")
LEADING = re.compile(
    r"^(?:[\w,]+ ){0,3}?(?:to|for|in order|so|before|if|when|once|as|since|because|while|after|until|unless|though"
    r"|with)\b[^,:]*[,:]"
)
"""A clause in front of the request, whose plans and means are not its own."""
NOUNS_TOO = ("help ", "list ", "read ", "name ", "mind ", "drop ")
LEFT = re.compile(
    gathered(
        r"\b(?:all|thing|things|detail|details|piece|item|information|info|bit|what|that|which|one|question|point"
        r"|everything|only)"
        r"(?: that)?(?: (?:i am|we are|i|we|is|are|still|now|else|of information|you need to (?:give|tell|send)(?:"
        r" me| us)?|to"
        r"|would|do|really|also|just|then))* (?:left|missing|remaining|outstanding|lacking|need|want|require"
        r"|needed|required"
        r"|ask|know|lack|wanted)(?: (?:now|still|here|from you|for (?:this|that|now)|to (?:know|do|ask|get|have"
        r"|find you|go on)"
        r"|before \w+ \w+ \w+|is|are|would be|will be|then))*(?= (?:is|are|would be|will be|:|-)| your| the| a )"
        r"|\b(?:that|this|which) (?:just |only |still )?leaves|\b(?:everything|all) (?:\w+ )?(?:except|but)"
        r"|\blet us (?:do|take|have)|\b(?:let us|will|would|can|let me|could|may|shall) (?:i |we )?(?:please |just"
        r" )?(?:start|begin|kick off|go on) with|\bremains (?:is|only|just|for)\b|(?<!be )(?<!later )(?<!always"
        r" )(?<!usually )(?<!normally )(?<!will )(?<!then )(?<!never )\bask(?:ing)?(?: you)? for"
        r"|\b(?:necessary|essential|important|imperative|vital|crucial|required) (?:that|for) (?:i|we|me|us) (?:to"
        r" )?(?:have|know|get"
        r"|receive|obtain|hear)|\bif i (?:might|may|could) (?:also )?(?:have|ask|get|know|take)|\bfeel free to"
        r" (?:share|send|give|tell)"
        r"|\b(?:now|next|then|first|only|just|last|lastly|finally) (?:up |comes |is |come |for |please )+(?=your |the )"
        r"|\b(?:it|this|that) (?:takes|requires|needs|calls for|will need|would need)"
        r"|\b(?:helps?|great|good|nice|useful|helpful|perfect|best|handy) (?:\w+ )?(?:to (?:know|have|hear|get)|if"
        r" i (?:had|knew|have"
        r"|know)|would be)\b"
    )
)
DIRECTLY = re.compile(r" (?:(?:your|the|a|any) )?(?:\w+ )?$")
IS_GIVEN = re.compile(r" (?:you|i)(?: (?:can|could|first|please))* (?:give|tell|provide|share|send|know|have)\b")
