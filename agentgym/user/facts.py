"""The ways to call the facts of a lexicon: their aliases, usual paraphrases of their kind, questions that imply one.

A sentence in plain form is scanned word by word for the longest way to call a fact; a mention that only modifies
another noun ("a phone appointment"), names a means ("by phone") or belongs to an idiom ("up to date") is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from agentgym.user.grammar import plain
from agentgym.user.mentions import (
    AGENT,
    ALSO,
    CUT,
    DEICTIC,
    GIVEN,
    GOT,
    HELD,
    OTHERS,
    RESUMES,
    RESUMES_FAR,
    SKIP,
    SUBJECT,
    THE,
    THROUGH,
    unmeant,
)
from agentgym.user.paraphrases import IMPLIED, KINDS
from agentgym.user.spelling import Speller

__all__ = ["NUMBER", "FactNames", "names_of"]

NUMBER = "#number"
"""Stands for "the number", which is that of what was spoken of last."""

Span = tuple[int, int, str]

_OWN = [
    ["name"],
    ["number"],
    ["date"],
    ["id"],
    ["address"],
    ["birth"],
    ["birthday"],
    ["full"],
    ["first"],
    ["last"],
    ["phone"],
]
_YOURS = re.compile(r"\byou are (\w+)")
_OWNED = re.compile(r"'s (?:full |last |first )?(?:name|number|id|date)\b")
_OF = re.compile(r" (?:of|for) (?:the|your|a|his|her|any|that|this) $")
_STANDS_ON = re.compile(
    r" (?:(?:is|stands|shown|printed|written|appears|registered) )*(?:on|in|under|at) (?:the|your|that|this) "
)
_IS_BEST = frozenset("best good free better easiest easier convenient it this that on under".split())
_OPENERS = frozenset([",", "and", "so", "ok", ":", "sure"])
_MIGHT_SUIT = re.compile(r" (?:be|work|suit|do|fit|help)\b")
_WHICH_OWN = [["which"], ["what"]]
_OF_IT = frozenset(["of", "on", "from", "for"])
_ON_IT = frozenset(["at", "in", "printed", "written", "shown", "above", "under", "that"])
_DETERMINERS = frozenset(
    "the your a an another new which what good best correct right this that his her their any some different other"
    " old current full same exact alternative whole complete".split()
)


def _written(*aliases: str) -> list[str]:
    """The aliases, and the usual ways to write them otherwise."""
    more: list[str] = []
    for alias in aliases:
        if alias.endswith(" number"):
            more += [alias[:-6] + end for end in ("no", "nr", "num", "nbr", "#", "id")]
        head, _, owner = alias.partition(" of ")
        if owner:
            more += [f"{head} of {word} {owner}" for word in ("the", "your", "his", "her", "their")]
        elif alias.count(" ") == 1:
            mod, head = alias.split()
            if head in ("number", "address", "date", "name") and mod not in _DETERMINERS:
                more += [f"{head} of {word}{mod}" for word in ("", "the ", "your ")]
                more += [f"{head} {mod}"] if head == "address" else []
    return [*aliases, *more]


def _kind(name: str) -> str:
    """The kind of fact that a name tells, empty if none."""
    parts = name.lower().replace("_", " ").replace("-", " ").split()
    if not parts:
        return ""
    found = [next((kind for kind, (triggers, *_) in KINDS.items() if part in triggers), "") for part in parts]
    if "birth" in found:
        return "birth"
    if found[-1] in ("day", "time", "reason"):
        return found[-1]
    kinds = [kind for kind in found if kind and kind != "name"]
    if kinds:
        return kinds[0]
    own = "patient full customer caller user client guest your member passenger first last family".split()
    return "name" if parts[-1] == "name" and all(part in own for part in parts[:-1]) else ""


class FactNames:
    """The ways to call the facts of a lexicon, ready for search. The longest alias wins."""

    def __init__(self, facts: Mapping[str, tuple[str, ...]]) -> None:
        named: dict[str, list[str]] = {}

        def add(name: str, aliases: Iterable[str], fresh: frozenset[str] = frozenset()) -> None:
            for alias in aliases:
                form = plain(alias).strip()
                if form and form not in fresh and name not in named.setdefault(form, []):
                    named[form].append(name)

        for name, aliases in facts.items():
            add(name, _written(name.replace("_", " "), *aliases))
        self.speller = Speller(word for form in named for word in form.split())
        kinds = {
            name: next((kind for one in (name, *aliases) if (kind := _kind(one))), "")
            for name, aliases in facts.items()
        }
        given = frozenset(named)
        for name, kind in kinds.items():
            if kind:
                add(name, _written(*KINDS[kind][1]), given)
        self.names = {form: tuple(names) for form, names in named.items()}
        self.kinds = kinds
        phones = tuple(name for name, kind in kinds.items() if kind == "phone")
        self.numbered: dict[str, tuple[str, ...]] = {}
        for form, names in self.names.items():
            if form.endswith(" number"):
                self.numbered[form[:-7]] = names
        for name, kind in kinds.items():
            for noun in KINDS[kind][2] if kind else ():
                self.numbered.setdefault(noun, (name,))
        self.countable = frozenset(name for names in self.numbered.values() for name in names)
        self.phones = phones
        self.names.setdefault(NUMBER, (NUMBER,) if self.countable else ())
        self.heads: dict[str, list[tuple[list[str], str]]] = {}
        for form in sorted(self.names, key=lambda form: (-len(form), form)):
            if form != NUMBER:
                split = form.split()
                self.heads.setdefault(split[0], []).append((split, form))
        held = {kind: tuple(name for name in facts if kinds[name] == kind) for kind in IMPLIED}
        self.implied = [(words, pattern, held[kind]) for kind, (words, pattern) in IMPLIED.items() if held[kind]]
        self.triggers = frozenset(word for words, _, _ in self.implied for word in words)
        self.mended: dict[str, str] = {}
        self.sound: set[str] = set()
        self.starts = frozenset(head + end for head in (*self.heads, "number", "digits") for end in ("", "s", "'s"))
        self._last: tuple[str, list[Span]] = ("", [])

    def mend(self, form: str) -> str:
        """The plain form with slips in the words of fact names mended."""
        words = form.split(" ")
        if self.sound.issuperset(words):
            return _YOURS.sub(self._yours, form) if "you are " in form else form
        out: list[str] = []
        known = self.mended
        for word in words:
            meant = known.get(word)
            if meant is None:
                if len(known) > 8_192:
                    known.clear()
                    self.sound.clear()
                meant = known[word] = self.speller.mend(word)
                if meant == word:
                    self.sound.add(word)
            out.append(meant)
        mended = " ".join(out)
        return _YOURS.sub(self._yours, mended) if "you are " in mended else mended

    def _yours(self, found: re.Match[str]) -> str:
        return f"your {found[1]}" if found[1] in self.heads and found[1] != "born" else found[0]

    def place(self, name: str) -> re.Pattern[str]:
        """A fact named as the place of something ("the code on your card")."""
        return _place(tuple(form for form, names in self.names.items() if name in names))

    def spans(self, form: str) -> list[Span]:
        """Places of fact names in a plain form: (start, end, alias)."""
        if self._last[0] != form:
            self._last = (form, self._scan(form))
        return self._last[1]

    def names_any(self, form: str) -> bool:
        """Whether some fact is named or may be implied."""
        return bool(self.spans(form)) or not self.triggers.isdisjoint(form.split())

    def spoken_of(self, form: str) -> tuple[str, ...]:
        """The facts that a sentence mentions in any way."""
        return tuple(dict.fromkeys(name for _, _, alias in self._scan(form, every=True) for name in self.names[alias]))

    def _scan(self, form: str, every: bool = False) -> list[Span]:
        words = form.split(" ")
        if self.starts.isdisjoint(words):
            return []
        found: list[Span] = []
        at = skip = 0
        heads = self.heads
        for place, word in enumerate(words):
            start, at = at, at + len(word) + 1
            if skip:
                skip -= 1
                continue
            bare = word[:-2] if word.endswith("'s") else word
            here = heads.get(bare) or (heads.get(bare[:-1]) if bare.endswith("s") else None)
            if bare != word and word in heads:  # "kit's title"
                here = [*heads[word], *(here or ())]
            if here is None and bare not in ("number", "digits"):
                continue
            match, size = _longest(words, place, here) if here else ("", 0)
            if not match:
                if (match := self._number(words, place)) != NUMBER:
                    if match and not (found and found[-1][2] == match):
                        found.append((start, start + len(bare), match))
                    continue
                size = 1
            end = start + sum(map(len, words[place : place + size])) + size - 1
            if words[place + size - 1].endswith("'s"):
                end -= 2
            after = words[place + size : place + size + 1]
            if (
                words[place + size - 1].endswith("'s")
                and after not in _OWN
                and _IS_BEST.isdisjoint(after)
                and words[place - 1 : place] not in _WHICH_OWN
            ):
                skip = size - 1  # "for the doctor's notes"
                continue
            if every or match == NUMBER or not unmeant(match, words, place, size):
                found.append((start, end, match))
            skip = size - 1
        return _own(form, found) if len(found) > 1 else found

    def _number(self, words: list[str], place: int) -> str:
        """What "number" stands for: the alias that ends in it, `NUMBER`, or empty when it is another number."""
        if words[place] not in ("number", "digits") or not self.names[NUMBER]:
            return ""
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if after in _OF_IT or after in _ON_IT:
            for word in words[place + 2 : place + (10 if after in _ON_IT else 6)]:
                known = self.numbered.get(word)
                if known:
                    return next((form for form, names in self.names.items() if names == known), "")
            if after == "of" and "of" not in words[place + 2 : place + 3] and words[place + 2 : place + 3] != ["you"]:
                return ""
        if any(mark.isdigit() for mark in after) or (place and before not in _DETERMINERS and before not in _OPENERS):
            return ""
        return NUMBER

    def asked(self, form: str, start: int = 0) -> tuple[str, ...]:
        """The facts asked for in `form[start:]`, in order, without those only mentioned along the way."""
        found = self.spans(form)
        hidden, out = self._implied(form, start)
        cut, resumes = len(form) + 1, RESUMES
        if found:
            first = next((a for a, _, _ in found if a >= start), len(form))
            for match in CUT.finditer(form, start):
                if first < match.start() and not any(a <= match.start() < b for a, b, _ in found):
                    cut, resumes = match.start(), RESUMES_FAR if match["purpose"] else RESUMES
                    break
        kept: list[tuple[int, tuple[str, ...]]] = out
        held = -1
        for a, b, alias in found:
            if a < start or any(x <= a < y for x, y in hidden) or (alias == NUMBER and len(kept) and out):
                continue
            if a >= cut and not (
                resumes.search(form, max(cut, a - 40), a) or RESUMES_FAR.search(form, max(cut, a - 60), a)
            ):
                continue
            if not form.endswith("?") and OTHERS.search(form, max(0, a - 24), a):
                continue  # "tell your doctor if you feel dizzy"
            if (
                SUBJECT.search(form, max(0, a - 24), a)
                and form[b + 1 : b + 2].isalpha()
                and not _MIGHT_SUIT.match(form, b)
            ):
                continue  # "did the doctor send you a referral?"
            if AGENT.match(form, b) and _kind_of(self, alias) == "doctor" and THE.search(form, max(0, a - 6), a):
                continue  # "you want the doctor to look at"
            if not form.endswith("?") and GIVEN.match(form, b):
                continue  # "quote invoice number 4471"
            if THROUGH.search(form, max(start, a - 48), a):
                continue
            if SKIP.search(form, max(0, a - 32), a) or (held >= 0 and ALSO.fullmatch(form, held, a)):
                held = b if HELD.search(form, max(0, a - 60), a) else -1
            elif not form.endswith("?") and GOT.search(form, 0, a):
                held = b
            elif not DEICTIC.search(form, max(0, a - 20), a):
                kept.append((a, self.names[alias]))
        kept.sort()
        return tuple(dict.fromkeys(name for _, names in kept for name in names))

    def _implied(self, form: str, start: int) -> tuple[list[tuple[int, int]], list[tuple[int, tuple[str, ...]]]]:
        """Facts asked for without a name, and the stretches in which other names are only mentioned."""
        hidden: list[tuple[int, int]] = []
        out: list[tuple[int, tuple[str, ...]]] = []
        words = set(form.split(" "))
        if self.triggers.isdisjoint(words):
            return hidden, out
        for triggers, pattern, names in self.implied:
            if triggers.isdisjoint(words):
                continue
            match = pattern.search(form, start)
            if match:
                out.append((match.start(), names))
                stop = _STRETCH.search(form, match.end())
                hidden.append((match.start(), stop.start() if stop else len(form)))
        return hidden, out


_STRETCH = re.compile(
    r" ,|;|:|\?|\b(?:and|or|with|for) (?:also |for |on |with )?(?:what|which|who|whom|when|your|could|can|may|do"
    r"|the)\b"
)


@lru_cache(maxsize=512)
def _place(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:on|in|from|of|at|to) (?:your|the) (?:{'|'.join(map(re.escape, forms))})\b")


def _longest(words: list[str], place: int, heads: list[tuple[list[str], str]]) -> tuple[str, int]:
    """The longest alias that stands at `place`, its last word possibly in the plural or owning something."""
    for split, form in heads:
        size = len(split)
        here = words[place : place + size]
        if here == split:
            return form, size
        if len(here) == size and here[:-1] == split[:-1] and here[-1] in (split[-1] + "s", split[-1] + "'s"):
            return form, size
    return "", 0


def _own(form: str, found: list[Span]) -> list[Span]:
    """Without the names that only say whose number, name or date is meant."""
    dropped: set[int] = set()
    for (earlier, one), (later, other) in pairwise(enumerate(found)):
        if _OWNED.match(form, one[1]) and other[0] <= one[1] + 12:
            dropped.add(later)
        elif one[2] in ("name", "number", "id", NUMBER) and _OF.fullmatch(form, one[1], other[0]):
            dropped.add(earlier)
        elif one[2] in ("name", "full name") and _STANDS_ON.fullmatch(form, one[1], other[0]):
            dropped.add(later)  # "the name on the account"
        elif other[2] == "born" and one[2].endswith(("date", "day")) and other[0] - one[1] < 40:
            dropped.add(earlier)
            found[later] = (one[0], other[1], "born")
        elif one[2] == "born" and other[2] in ("date", "day", "time") and other[0] - one[1] < 24:
            dropped.add(later)
    return [span for place, span in enumerate(found) if place not in dropped] if dropped else found


_known: dict[tuple[tuple[str, tuple[str, ...]], ...], FactNames] = {}


def _kind_of(names: FactNames, alias: str) -> str:
    return next((names.kinds.get(name, "") for name in names.names[alias]), "")


def names_of(facts: Mapping[str, tuple[str, ...]]) -> FactNames:
    """The ways to call the facts, made once for each set of facts."""
    key = tuple(facts.items())
    held = _known.get(key)
    if held is None:
        if len(_known) >= 256:
            _known.clear()
        held = _known[key] = FactNames(facts)
    return held
