"""What the tools of a pack do, told in their own verbs: "I have given back the slot", "the role has been limited".

The verbs that any assistant may use are in `agentgym.user.deed_verbs`; here are those of one pack, with what its
tools are about, since "given" or "put" alone tells of anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentgym.user.grammar import ADVERBS, asserted, plain
from agentgym.user.reports import said

__all__ = ["ToolDeeds", "past_forms"]

_IRREGULAR = {
    form.split()[0]: tuple(form.split()[1:])
    for form in (
        "bid bid; bind bound; break broken broke; bring brought; build built; buy bought; cast cast; catch "
        "caught; choose chosen chose; cut cut; deal dealt; dig dug; draw drawn drew; drive driven drove; drop "
        "dropped; feed fed; fly flown flew; forbid forbidden forbade; freeze frozen froze; give given gave; grow "
        "grown grew; hang hung; hide hidden hid; hold held; lay laid; lead led; leave left; lend lent; let let; "
        "light lit lighted; lose lost; make made; override overridden overrode; pay paid; put put; rebuild "
        "rebuilt; redo redone redid; repay repaid; resell resold; resend resent; reset reset; retake retaken "
        "retook; rewrite rewritten rewrote; ride ridden rode; run run ran; sell sold; send sent; set set; shake "
        "shaken shook; shut shut; sing sung sang; spend spent; split split; spread spread; steal stolen stole; "
        "stick stuck; strike struck stricken; sweep swept; swing swung; take taken took; teach taught; tear torn "
        "tore; throw thrown threw; undo undone undid; wear worn wore; weave woven wove; wind wound; withdraw "
        "withdrawn withdrew; write written wrote"
    ).split(";")
}
"""Verb -> its past participle and what else its past may be."""
_DOUBLES = re.compile(r"(?:[^aeiou]*|qu)[aeiou][bdgklmnprt]|(?:un|re)?(?:plug|pin|tag|ship|stop|wrap)")
"""Verbs of one syllable whose last letter doubles."""
_DOUBLED = re.compile(
    r"(?:cancel|transfer|refer|defer|submit|permit|commit|admit|omit|enrol|remit|annul|fulfil|label)$"
)
_IDLE = frozenset(
    "find look see read check get show note ask offer request view list search fetch quote tell inform let have be do"
    " keep hold use say hear know think need want try help wait".split()
)
"""Verbs whose doing changes nothing, or may mean anything."""
_PARTICLES = frozenset("back out off up down in away over on through".split())
_PRONOUNS = frozenset("it them that this both everything those these".split())
_DETERMINERS = frozenset("the your a an his her their this that these those both all my our one two three its".split())
_ABOUT = frozenset(
    "about on for to from with in at by until regarding under as into onto before after , ; : ( ) - . ! and but so"
    " because".split()
)
"""What ends that which something is done to."""
_LIGHT = frozenset("bring give leave make move put raise record report set start take use".split())
"""Verbs that say little alone: what they were done to has to be named."""
_IDIOM = re.compile(
    r"[^.!?;]{0,60}?(?: as (?:it|they|this|that) (?:is|was|are|were)\b| into account\b| into consideration\b| on hold\b"
    r"| in (?:my|our|the) notes?\b| (?:to|with|up with) (?:my|our) (?!records?\b)| to a vote\b"
    r"| by (?:you|him|her|somebody|someone)\b)"
)
"""What behind a verb makes it tell of something else, or of what somebody else did."""
_SHORT = 12
"""Words of a description that tell what a tool does."""


def past_forms(verb: str) -> tuple[str, ...]:
    """The past participle of a verb and its simple past, as far as they differ.

    >>> past_forms("give"), past_forms("limit"), past_forms("swap")
    (('given', 'gave'), ('limited',), ('swapped',))
    """
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return (verb + "d",)
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeou"):
        return (verb[:-1] + "ied",)
    if _DOUBLES.fullmatch(verb):
        return (verb + verb[-1] + "ed",)
    if _DOUBLED.fullmatch(verb):
        return (verb + verb[-1] + "ed", verb + "ed")
    return (verb + "ed",)


class _Deed:
    """A verb of a tool, with the particle that belongs to it."""

    def __init__(self, verb: str, particle: str, about: frozenset[str]) -> None:
        self.verb, self.particle, self.about = verb, particle, about
        self.clear = bool(particle) or verb not in _LIGHT

    def done_to(self, words: list[str]) -> bool:
        """Whether the words behind the verb are what the tool does it to."""
        cut = next((place for place, word in enumerate(words) if word in _ABOUT and word != self.particle), len(words))
        words = words[:cut]
        if self.particle:
            if self.particle not in words:
                return False
            words.remove(self.particle)
        if not words or words[0] not in _PRONOUNS | _DETERMINERS:
            return False
        if words[0] == "that" and {*words[1:2]} & _DETERMINERS:
            return False  # a clause: "I recorded that your loan ..."
        return (words[0] in _PRONOUNS and len(words) == 1 and self.clear) or not self.about.isdisjoint(
            map(_noun, words[1:])
        )

    def done_by(self, subject: list[str], rest: list[str]) -> bool:
        """Whether a passive tells that it was done to what stands before it."""
        if self.particle and rest[:1] != [self.particle]:
            return False
        if rest[:1] == ["that"]:
            return False
        return (len(subject) == 1 and subject[0] in _PRONOUNS and self.clear) or not self.about.isdisjoint(
            map(_noun, subject)
        )


def _noun(word: str) -> str:
    word = word.removesuffix("'s")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class ToolDeeds:
    """The deeds of a pack's tools, ready to be heard.

    Args:
        tools: tool -> what it does, in a sentence that begins with its verb.
    """

    def __init__(self, tools: Mapping[str, str]) -> None:
        self._by_form: dict[str, list[_Deed]] = {}
        for tool, description in tools.items():
            phrases = [plain(tool.replace("_", " ")).split(), plain(description.partition(".")[0]).split()[:_SHORT]]
            about = frozenset(_noun(word) for words in phrases for word in words[1:] if word.isalpha()) - _SMALL
            for words in phrases:
                particle = words[1] if len(words) > 1 and words[1] in _PARTICLES else ""
                if not words or not words[0].isalpha() or (words[0] in _IDLE and not particle):
                    continue
                deed = _Deed(words[0], particle, about)
                for form in past_forms(words[0]):
                    self._by_form.setdefault(form, []).append(deed)
        forms = "|".join(sorted(map(re.escape, self._by_form), key=lambda form: (-len(form), form)))
        self._active = re.compile(rf"\b(?:i|we)(?P<have> have)?{ADVERBS} (?P<verb>{forms})\b")
        self._conjoined = re.compile(rf"\band(?P<have> have)?{ADVERBS} (?P<verb>{forms})\b")
        self._passive = re.compile(rf"\b(?:(?:has|have){ADVERBS} been{ADVERBS}|(?:is|are) now) (?P<verb>{forms})\b")

    def told(self, form: str, words: frozenset[str]) -> bool:
        """Whether a statement in plain form tells that one of the deeds was done: not offered, denied or supposed."""
        if words.isdisjoint(self._by_form):
            return False
        for found in self._active.finditer(form):
            if self._did(form, found) and asserted(form, found.start(), found.end()):
                return True
        for found in self._conjoined.finditer(form):
            if _SPEAKER.search(form, 0, found.start()) and self._did(form, found) and said(form, found):
                return True
        for found in self._passive.finditer(form):
            subject = _CLAUSE.split(form[: found.start()])[-1].split()
            rest = form[found.end() :].split()
            done = any(deed.done_by(subject, rest) for deed in self._by_form[found["verb"]])
            pending = found[0].startswith(("is", "are"))
            if (
                done
                and not _IDIOM.match(form, found.end())
                and asserted(form, found.start(), found.end(), pending=pending)
            ):
                return True
        return False

    def _did(self, form: str, found: re.Match[str]) -> bool:
        rest = form[found.end() :].split()[:10]
        return not _IDIOM.match(form, found.end()) and any(
            (found["have"] or deed.verb != found["verb"]) and deed.done_to(rest)
            for deed in self._by_form[found["verb"]]
        )


_SPEAKER = re.compile(r"\b(?:i|we)\b")
_CLAUSE = re.compile(r" [,;:] |\b(?:and|but|so|because|that|which|who) ")
_SMALL = frozenset("a an the this that of for on in to from with by at or and its it one any some".split()) | _PARTICLES
