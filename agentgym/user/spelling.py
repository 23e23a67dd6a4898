"""Mending slips of the keyboard in the words that carry a dialogue act.

A word is mended only when it is no known form itself, shares its first letter with exactly one known word, and is
one slip away from it (a letter left out, put in, changed or swapped with its neighbour).
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Speller"]

_NEIGHBOURS = frozenset(
    "cancels cancelling cancellations confirms confirming conform conforms conformed contract contacts content contain contains concern concerns "
    "number numbers numbered numb member members please pleased pleases pleasure phones phoned phony dates dated birth births booked "
    "booking bookings books cooked looked hooked refunds refunding refunder declined declines declining refuses refused refusal refer refers "
    "transfers transferring transferred transform systems thanks thanked thanking think thing things provides provided provider police polite "
    "polices letter better latter later reason reasons reasonable season complete completed completes completely compete competed complain "
    "appointments appointed apply applied applies happy reply replied unable enable usable possible possibly passable helped helping "
    "policies rules ruled ruler errors terror failed fails filed filled failing falling faded services served timely times moved removed "
    "issues issued tissue update updated updates upgrade processed processes process progress mediation meditation doctors docket invoices "
    "invoiced involve involved voice emails emailed address addressed addresses dress mobiles noble closed close closes clothes chance change "
    "changed changes charge charged charges charging changing chase shared share shares shall shell small could would should world cloud "
    "proceed proceeds proceeded precede preceded another other others rather further everything anything nothing something correct corrects "
    "collect collected connect connected connects contact contacted content colleague colleagues college today going doing done gone send sent "
    "sends spend needs needed seed where there three these those their then than them when were was want wants wanted wait waits waited went "
    "with wish will well wall tell tall call called calls told hold sold bold cold which while white whole whose whom what that this thus "
    "great good goods food your yours you tour four hour pour have gave save cave live give given gives love move make made take taken took "
    "back book look took full name names named same came game from form for her here hear dear near year years first fast last least list "
    "lists listed best rest test next text need must just such much most cost post past part party paid pain said such each after again "
    "about above along alone among found sound round bound count court course cause case cash card cards care hard yard still style until "
    "under user used using uses being been seen seem seems green agree agreed agrees three tried tries try trying dry day days say says way "
    "ways pay pays may per via visit visits visited valid value values sorry story store start started starts state stated states status "
    "stay right night light might sight tight eight fight high help held able table cable final finally fine find finds mind kind kindly "
    "exact exactly except expect expected accept accepted access assess assist assisted assistant assistance insist available unavailable "
    "confident confused confuse human humans woman staff stuff agent agents urgent patient patients patience person persons personal reopen "
    "report reports reported record records recorded restart restarts restate reset reason read reads ready reach red code codes mode app "
    "apps apt insurance assurance assured insured ensure sure cure pure".split()
)


def _deletions(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


class Speller:
    """A set of words to mend towards. Words shorter than `least` letters are left alone."""

    def __init__(self, words: Iterable[str], least: int = 4) -> None:
        self.words = frozenset(word for word in words if len(word) >= least and word.isalpha())
        self.least = least
        self.near: dict[str, set[str]] = {}
        for word in self.words:
            for form in (word, *_deletions(word)):
                self.near.setdefault(form, set()).add(word)

    def mend(self, word: str) -> str:
        """The word meant, or the word as it is.

        >>> Speller(["appointment", "number"]).mend("appointmnet")
        'appointment'
        """
        if len(word) < self.least or word in self.words or word in _NEIGHBOURS or not word.isalpha() or len(word) > 24:
            return word
        found: set[str] = set(self.near.get(word, ()))
        for form in _deletions(word):
            found |= self.near.get(form, set())
        meant = [known for known in found if known[0] == word[0] and _one_slip(word, known)]
        return meant[0] if len(meant) == 1 else word


def _one_slip(a: str, b: str) -> bool:
    """Whether two words of at least four letters differ by one slip; a changed letter counts from six letters on."""
    if len(a) == len(b):
        apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        if len(apart) == 1:
            return len(a) >= 6
        return len(apart) == 2 and apart[1] == apart[0] + 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]
    short, long = sorted((a, b), key=len)
    return len(long) - len(short) == 1 and len(long) >= 5 and short in _deletions(long)
