"""What the opening words ask for: the request of the pack whose forms come closest to them, by words alone."""

from __future__ import annotations

import math
import re

from agentgym.pack import Pack

__all__ = ["Requests"]

_WORD = re.compile(r"[a-z']+")
_PLACE = re.compile(r"\{\w+\}")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_PLACE.sub(" ", text).lower()))


class Requests:
    """Reads openings. `names` are the pack's requests, each a thing that users may want ("cancel an appointment").

    Workflows that want the same are one request: what becomes of it cannot be told from the opening.
    """

    def __init__(self, pack: Pack) -> None:
        wants = {name: workflow.spec.wants for name, workflow in pack.workflows.items()}
        self.names = tuple(dict.fromkeys(wants.values()))
        forms: dict[tuple[frozenset[str], int], None] = {}
        for openings in pack.content.openings.values():
            for workflow, texts in openings.items():
                if workflow in wants:
                    place = self.names.index(wants[workflow])
                    forms.update(((_words(text), place), None) for text in texts)
        self._forms = list(forms)
        self._read: dict[str, int] = {}
        count: dict[str, int] = {}
        for words, _ in self._forms:
            for word in words:
                count[word] = count.get(word, 0) + 1
        self._weight = {word: math.log(1.0 + len(self._forms) / n) for word, n in count.items()}
        self._total = [sum(self._weight[word] for word in sorted(words)) for words, _ in self._forms]

    def read(self, text: str) -> int:
        """Index into `names` of the closest request: that with the form of which most words, by weight, stand there."""
        found = self._read.get(text)
        if found is None:
            if len(self._read) >= 4096:
                self._read.clear()
            found = self._read[text] = self._closest(_words(text))
        return found

    def _closest(self, held: frozenset[str]) -> int:
        best, place = -1.0, 0
        for (words, index), total in zip(self._forms, self._total, strict=True):
            share = sum(self._weight[word] for word in words & held)
            score = share / total + 0.02 * share if total else 0.0
            if score > best + 1e-9:
                best, place = score, index
        return place
