"""The rule numbers that a sentence in plain form cites, and those that it denies."""

from __future__ import annotations

import re

__all__ = ["cited"]

_NUMBERED = {
    word: str(number)
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve",
        "zeroth first second third fourth fifth sixth seventh eighth ninth tenth",
    )
    for number, word in enumerate(words.split())
}
_RULE = re.compile(
    r"\b(?:(?P<o>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|\dth) (?:rule"
    r"|policy|clause)|(?:rules?|polic(?:y|ies)|clauses?|section|article) (?:(?:number|no|nr|id|item|point|,|:"
    r"|\(|-) )*(?:r ?-? ?)?(?P<n>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)|r(?: ?- ?| number "
    r"| |\.)?(?P<r>\d{1,2}))\b(?!:|\.\d| (?:days|hours|months|weeks|minutes|times|people)\b)"
    r"|(?P<more>(?<=\d )(?:and|or|,|, and|nor|, or|but not|not) (?P<m>\d{1,2})\b(?! (?:days|hours|months|weeks"
    r"|minutes|march|april|may|june|july|august|september|october|november|december|january|february)|:))"
)
_DENIED_BEFORE = re.compile(
    r"\b(?:scratch|forget|ignore|ignoring|leaving aside|setting aside|regardless of|apart from|aside from"
    r"|irrespective of|wrongly cited|mistakenly cited|mis ?cited|i (?:first |earlier |previously )?(?:said"
    r"|mentioned|cited|wrote)|not (?:declin\w+|refus\w+|saying no|turning \w+ down|denying"
    r"|rejecting)(?: \w+){0,3} (?:because of|due to|under|on|by|from|with)"
    r"|(?<!can )(?<!could )(?<!may )(?<!must )(?<!will )(?<!do )not|nor|neither|rather than|instead of"
    r"|other than|unlike|no longer|nothing to do with|neither (?:rules? )?(?:r ?)?\d+ nor|contrary to"
    r"|(?<!can )(?<!could )(?<!may )(?<!will )not because of|than|is not about)(?: (?:under|by|per|because of"
    r"|due to|about|on|through|from|for|the|of|via|with|a matter of|a case of))* (?:the )?$"
)
_DENIED_AFTER = re.compile(
    r"^(?: here| itself| alone| , [^,]{1,40} ,)?(?: (?:nor|or|and) (?:rule )?r?\d+)? (?:does not|do not"
    r"|did not|would not|will not|is not|are not|is no|can not|would (?:allow|permit|not)|is out|is off"
    r"|was (?:my|a|not|wrong|the wrong)|permits|has nothing|has no bearing|is irrelevant|is fine|is met"
    r"|are met|is satisfied|is fulfilled|is ok|is okay|allows|permits|passes|is unrelated|no longer|plays no"
    r"|seems? irrelevant|is beside)(?: \w+ly| the| really| what| one| an?| longer)*"
    r"(?: (?:apply|applies|matter|reason|rule|relevant|issue|concern|cover|play|stops?|prevent|block|here"
    r"|ground|problem|point|obstacle|affect|come|hold|stand|to do|at issue|in play|blocks|one|case|bearing"
    r"|forbid|prohibit|decides|count)\b|$| ,| ;| :| \.|(?<=irrelevant)|(?<=fine)|(?<=met)|(?<=satisfied)"
    r"|(?<=allows)|(?<=permits)|(?<=unrelated)|(?<=fulfilled)|(?<=ok)|(?<=okay)|(?<=nothing)|(?<=would allow)"
    r"|(?<=would permit)|(?<=is out)|(?<=is off)|(?<=was wrong)|(?<=was my)|(?<=was a)|(?<=the wrong))"
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
