"""Surface forms: how the simulated user and the oracle say things.

Forms are data: a common file for what every domain says, a pack's own for its openings, facts and labels. A form has
`{places}`; which form is taken is drawn from a stream. `train` uses the forms, `test` the held-out ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

from msgspec import Struct

from agentgym.errors import PackError
from agentgym.seeding import Stream
from agentgym.types import Value
from agentgym.user.values import surface

__all__ = ["Wording", "fill", "listed", "pairs", "wording_from"]

Forms = Mapping[str, tuple[str, ...]]

_PLACE = re.compile(r"\{(\w+)\}")


class Wording(Struct, frozen=True):
    """Forms by meaning. `user` also holds styles as `meaning.style` ("fact.terse")."""

    user: Forms = {}
    assistant: Forms = {}
    openings: Forms = {}
    """Workflow -> openings, with the opening facts as places."""
    facts: Forms = {}
    """Fact -> how the user says it, with `{value}`."""
    labels: Mapping[str, str] = {}
    """Fact or column -> what it is called in words."""

    def label(self, name: str) -> str:
        """What a fact or column is called: its own label, or its name in words."""
        return (
            self.labels.get(name)
            or self.labels.get(name.rpartition(".")[2])
            or name.rpartition(".")[2].replace("_", " ")
        )

    def of_user(self, meaning: str, style: str, stream: Stream) -> str:
        """A form of the user's for the meaning, in the style if it has any in that style."""
        forms = self.user.get(f"{meaning}.{style}") or self.user.get(meaning)
        return stream.choice(forms) if forms else ""

    def of_assistant(self, meaning: str, stream: Stream) -> str:
        """A form of the oracle's for the meaning."""
        forms = self.assistant.get(meaning)
        return stream.choice(forms) if forms else ""


def fill(form: str, places: Mapping[str, str]) -> str:
    """The form with its places filled; an unknown place is left empty.

    >>> fill("My {label} is {value}.", {"label": "phone", "value": "555"})
    'My phone is 555.'
    """
    return _PLACE.sub(lambda found: places.get(found[1], ""), form)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as a list in prose: "a, b and c"."""
    items = list(dict.fromkeys(word for word in words if word))
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def pairs(values: Iterable[Value], stream: Stream | None = None) -> str:
    """Labels and values as the oracle says them: "doctor: Dr. Adler, start: 2026-03-12 09:30".

    Without a stream, values come in their plainest form. `mentions` finds every value in the result.
    """
    drawn = stream or Stream(0)
    out: list[str] = []
    for value in values:
        text = (
            surface(value.value, value.type, drawn) if stream or value.type in ("money", "enum") else str(value.value)
        )
        label = value.label or value.column.rpartition(".")[2].replace("_", " ")
        out.append(f"{label}: {text}" if label else text)
    return ", ".join(out)


def _forms(of: object, where: str) -> dict[str, tuple[str, ...]]:
    """Forms by meaning, and by `meaning.style` where a meaning has styles."""
    if of is None:
        return {}
    if not isinstance(of, Mapping):
        raise PackError(f"`{where}` is {type(of).__name__}, expected a mapping from meanings to lists of forms")
    out: dict[str, tuple[str, ...]] = {}
    for meaning, forms in cast(Mapping[str, object], of).items():
        if isinstance(forms, Mapping):
            for style, styled in cast(Mapping[str, object], forms).items():
                key = str(meaning) if style == "plain" else f"{meaning}.{style}"
                out[key] = _texts(styled, f"{where}.{meaning}.{style}")
        else:
            out[str(meaning)] = _texts(forms, f"{where}.{meaning}")
    return out


def _texts(of: object, where: str) -> tuple[str, ...]:
    if isinstance(of, str):
        of = [of]
    if not isinstance(of, (list, tuple)) or not of or not all(isinstance(item, str) for item in cast(list[object], of)):
        raise PackError(f"`{where}` is {of!r:.80}, expected a list of forms, each a text")
    return tuple(cast(list[str], of))


def _for_split(held: Mapping[str, object], part: str, split: str) -> dict[str, tuple[str, ...]]:
    """The forms of a part: the held-out ones for `test`, and only where a meaning has none, its others."""
    forms = _forms(held.get(part), part)
    if split != "test":
        return forms
    apart = cast(object, held.get("held_out") or {})
    if not isinstance(apart, Mapping):
        raise PackError("`held_out` is not a mapping of parts")
    kept = _forms(cast(Mapping[str, object], apart).get(part), f"held_out.{part}")
    return {key: of for key, of in forms.items() if key not in kept and key.partition(".")[0] not in kept} | kept


def wording_from(common: Mapping[str, object], pack: Mapping[str, object], split: str) -> Wording:
    """The wording of one pack for `train` or `test`, from the contents of the two wording files.

    A meaning that both files have is the pack's. Raises `PackError` where the contents have another shape.
    """
    if split not in ("train", "test"):
        raise PackError(f"split `{split}`: expected `train` or `test`")

    def part(name: str) -> dict[str, tuple[str, ...]]:
        own = _for_split(pack, name, split)
        return {
            key: of for key, of in _for_split(common, name, split).items() if key.partition(".")[0] not in own
        } | own

    labels: dict[str, str] = {}
    for source in (common, pack):
        given = cast(object, source.get("labels") or {})
        if not isinstance(given, Mapping):
            raise PackError("`labels` is not a mapping from names to words")
        labels.update({str(key): str(text) for key, text in cast(Mapping[str, object], given).items()})
    return Wording(
        user=part("user"), assistant=part("assistant"), openings=part("openings"), facts=part("facts"), labels=labels
    )
