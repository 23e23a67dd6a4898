"""Natural questions that name no fact: "which payee is it?", "how much should I send?", "was it lost or stolen?".

What is asked for is looked up among the few things that a user knows, by the table that a fact is of, by its type, by
the words of its names. A question that two facts answer equally well, or that speaks of something else than the user
and its facts, has no answer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from agentgym.types import Fact, Lexicon
from agentgym.user.grammar import plain
from agentgym.user.values import mentions

__all__ = ["parts", "placed", "which_row"]

_SMALL = frozenset(
    "a an the this that these those it its your yours you i we me us my our they them one ones is are was were be been"
    " am do does did will would shall should can could may might must has have had to of for on in at from by with and"
    " or so then please kindly just now ok okay also what which who when how much many kind exact exactly right thanks"
    " like want wish need prefer mean have give tell say share know let provide confirm want going supposed meant again"
    " today there here if about as more there's could sure great day date amount money sum value total high large big"
    " ask whether ? ! . , : ; - ( )".split()
)
"""Words that say nothing of what a question is about."""
_AFTER = _SMALL - frozenset("date amount day sum value total money kind".split())
"""What may follow the noun of "which payee is it?": no other noun, which it would only modify."""

_WHICH = re.compile(r"\b(which|what)((?: (?:one|ones|of|the|your|these|those|my|our))*) ((?:[a-z]+ ){0,4}[a-z]+)")
_HOW_MUCH = re.compile(r"\bhow (much|many|high|large|big)\b(?: ([a-z]+))?")
_WHEN = re.compile(r"(?:^|\b(?:and|so|me|know) |, )when\b|\b(?:what|which) (?:day|date)\b")
_BE = re.compile(r"\b(?:what (?:should|shall|would|will|is)|to what)\b")
_WANTING = re.compile(
    r"\b(?:(?:would|do|did|will) you (?:\w+ )?(?:like|want|wish|need|prefer)|you (?:would like|want|wish|need)"
    r"|should|shall|(?:am|are) (?:i|we) (?:to|going|supposed)|(?:do|can|may|will) (?:i|we)|is to|are to"
    r"|how (?:much|many) to)\b"
)
"""A question for what is to be, as opposed to what is."""
_ONES_OWN = re.compile(r"\b(?:born|birth|birthday|old|age)\b")
_EITHER = re.compile(
    r"(?:[a-z]+ ){0,6}whether (?:it|this|that|the|your)\b"
    r"|(?:(?:and|so|ok|but|please|then|,) )*(?:(?:is|was|are|were|has) (?:it|this|that|the|your|one|they|you|he|she)\b"
    r"|do you (?:mean|have)\b|which\b|what\b|(?!shall|should|can|could|may|might|do|does|did|would|will|have|has)"
    r"(?:[a-z]+ ){1,4}or\b)"
)
"""How a choice is put before somebody; "shall I block the lost or stolen card?" is none."""


_PARTS = re.compile(
    r"(?:,| and|, and) (?=(?:how (?:much|many)|when|which|what|who|whose|for which|on which)\b)", re.IGNORECASE
)


def parts(text: str) -> list[str]:
    """The questions that a sentence puts one after the other."""
    return _PARTS.split(text, maxsplit=_AT_ONCE - 1) if text else []


def _one(word: str) -> str:
    """A noun in the singular."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word


def _root(word: str) -> str:
    """A word without the ending of its number or time: "added" -> "add"."""
    word = _one(word.removesuffix("'s"))
    for end in ("ing", "ed"):
        if word.endswith(end) and len(word) > len(end) + 2:
            word = word[: -len(end)]
            return word[:-1] if word[-1] == word[-2] and word[-1] not in "sldz" else word.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


def _roots(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(_root(word) for text in texts for word in plain(text).split() if word not in _SMALL)


_SECRET = re.compile(r"\b(?:code ?word|pass ?word|pass ?phrase|pass ?code|secret|token|pin|cvv)\b")
"""What only its owner is to know: it is told to who names it."""
_HAPPENS = _roots(["take place happen start begin due go leave come"])
"""What any date may be said to do."""
_SENDS = _roots(["send transfer pay move wire remit put"])
_COUNTED = {"much": ("money",), "many": ("number",)}
_AT_ONCE = 8
"""Questions of one sentence that are looked at."""


class _Known:
    """A fact with the words that go with it."""

    def __init__(self, fact: Fact, label: Callable[[str], str], aliases: Iterable[str]) -> None:
        self.fact = fact
        self.table = fact.column.partition(".")[0]
        called = [label(fact.name), fact.name.replace("_", " "), *aliases]
        self.called = " ".join(called[:2]).lower()
        self.label = _roots(called[:1])
        table = [self.table.replace("_", " "), label(self.table)] if self.table else []
        self.nouns = {tuple(map(_one, text.split())) for text in table}
        self.nouns |= {tuple(map(_one, text.split()[1:])) for text in aliases if text.startswith("which ")}
        self.words = _roots([*called, *table])


def placed(
    text: str,
    facts: Sequence[Fact],
    wants: str,
    label: Callable[[str], str],
    lexicon: Lexicon,
) -> tuple[str, ...]:
    """Names of the facts that a question asks for without naming them, in order; empty where none or several fit.

    Args:
        facts: what the user may say now.
        wants: what it wants, in words.
        label: fact or table -> what it is called.
        lexicon: what else facts are called, and the values that columns have in this world.
    """
    form = plain(text)
    known = [_Known(fact, label, (*lexicon.facts.get(fact.name, ()), *fact.aliases)) for fact in facts]
    wanted = _roots([wants])
    found = _chosen(form, known, wanted, lexicon.rivals) or [
        *_rows(form, known, wanted),
        *_of_type(form, known, wanted),
    ]
    return tuple(dict.fromkeys(one.fact.name for one in found or _in_full(form, known)))


def which_row(text: str, facts: Sequence[Fact], wants: str, label: Callable[[str], str]) -> tuple[str, ...]:
    """The facts by which the user knows the row that a "which payee ...?" is about."""
    known = [_Known(fact, label, fact.aliases) for fact in facts]
    return tuple(one.fact.name for one in _rows(plain(text), known, _roots([wants])))


def _rows(form: str, known: Sequence[_Known], wanted: frozenset[str]) -> list[_Known]:
    """The facts of the rows whose noun follows "which", where the question speaks of nothing else."""
    out: list[_Known] = []
    open_ = [one for one in known if not _SECRET.search(one.called)]
    of_all = wanted.union(*(one.words for one in known))
    for found in _WHICH.finditer(form):
        if not _roots([re.split(r" [,;:.?!-] ?", form[found.start() :])[0]]) <= of_all:
            continue
        words = [_one(word.removesuffix("'s")) if word not in _SMALL else word for word in found[3].split()]
        after = form[found.end() :].split()[:1]
        for start in range(3 if found[1] == "which" else 1):
            best = max((_fits(words[start:], after, noun) for one in open_ for noun in one.nouns), default=0)
            if best:
                fits = [one for one in open_ if any(_fits(words[start:], after, noun) == best for noun in one.nouns)]
                named = {tuple(words[start : start + best])}
                exact = [one for one in fits if one.nouns & named]
                tables = {one.table for one in exact or fits}
                out += (exact or fits) if exact or len(tables) == 1 else []
                break
    return out


def _fits(words: Sequence[str], after: Sequence[str], noun: Sequence[str]) -> int:
    """How many of the words are the noun or its end, none where they only modify another noun."""
    for size in range(min(len(noun), len(words)), 0, -1):
        rest = [*words[size:], *after]
        if tuple(words[:size]) == tuple(noun[-size:]) and (not rest or rest[0] in _AFTER or not rest[0].isalpha()):
            return size
    return 0


def _of_type(form: str, known: Sequence[_Known], wanted: frozenset[str]) -> list[_Known]:
    """What "how much", "how many", "when", "what should it be" ask for."""
    out: list[_Known] = []
    wanting = _WANTING.search(form) is not None
    said = _roots([form])
    if (found := _HOW_MUCH.search(form)) and _counts(found[2], known):
        types = _COUNTED.get(found[1], ("money", "number"))
        about = (said - _SENDS) if said & _SENDS and wanted & _SENDS else said
        out += _only(about, [one for one in known if one.fact.type in types], wanted, wanting)
    if _WHEN.search(form) and not _ONES_OWN.search(form):
        dates = [one for one in known if one.fact.type in ("date", "datetime") and not one.label & {"birth", "born"}]
        out += _only(said - _HAPPENS, dates, wanted, wanting)
    if not out and said and (wanting or form.startswith("to ")) and _BE.search(form):
        out += _only(said, [one for one in known if not one.fact.column], frozenset(), True)
    return out


def _counts(word: str | None, known: Sequence[_Known]) -> bool:
    """Whether what follows "how much" is nothing else than what some fact counts."""
    return word is None or word in _SMALL or any(_root(word) in one.words for one in known)


def _only(said: frozenset[str], fits: Sequence[_Known], wanted: frozenset[str], wanting: bool) -> list[_Known]:
    """The one fact that fits best, none where the question speaks of something else or two fit equally.

    What is yet to be stands in no row, and what is so does.
    """
    own = [one for one in fits if not one.fact.column]
    if wanting:
        fits = own or fits
    else:
        fits = [one for one in fits if one.fact.column or (said & one.words and said <= one.words)]
    fits = [one for one in fits if said <= one.words | wanted]
    most = max((len(said & one.words) for one in fits), default=0)
    best = [one for one in fits if len(said & one.words) == most]
    return best if len(best) == 1 else []


def _chosen(
    form: str, known: Sequence[_Known], wanted: frozenset[str], rivals: Mapping[str, Sequence[str]]
) -> list[_Known]:
    """The fact that a choice between two of its values asks for; where only its own value is known, one other word may
    stand for the other."""
    if " or " not in form or not _EITHER.match(form):
        return []
    left, _, right = form.rpartition(" or ")
    sides = " ".join(left.split()[-5:]), " ".join(right.split()[:5])
    out: list[_Known] = []
    for one in known:
        others = rivals.get(one.fact.column, ()) if one.fact.column else ()
        if not isinstance(one.fact.value, str) or not (one.fact.type == "enum" or (one.fact.type == "text" and others)):
            continue
        choices = dict.fromkeys(value.replace("_", " ") for value in (one.fact.value, *others))
        named = [[value for value in choices if mentions(side, value, "text")] for side in sides]
        own = one.fact.value.replace("_", " ")
        foreign = _roots([form]) - one.words - wanted - _roots([own])
        alone = not others and len(foreign) <= 1 and all(_roots([side]) - one.words for side in sides)
        if named[0] != named[1] and ((named[0] and named[1]) or (alone and [own] in named)):
            out.append(one)
    return out if len(out) == 1 else []


def _in_full(form: str, known: Sequence[_Known]) -> list[_Known]:
    """The fact all of whose label stands in the question, between other words of its own."""
    said = _roots([form])
    fits = [one for one in known if len(one.label) > 1 and one.label <= said <= one.words]
    return fits if len(fits) == 1 else []
