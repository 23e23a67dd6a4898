"""The user's side of a task, as frozen data: what the user of an episode knows, wants and says.

Shared by every floor by way of `agentgym.types`, which has these names too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

__all__ = ["Fact", "Hand", "Ledger", "Lexicon", "Request", "Revision", "Scalar", "SemanticType", "Value"]

Scalar = str | int | float | None
"""A value of a column: what SQLite stores, less blobs."""

SemanticType = Literal["id", "name", "phone", "email", "date", "datetime", "money", "number", "enum", "text"]
"""How a value is said and recognised in words. `money` is an integer of minor units (cents)."""


class Value(Struct, frozen=True):
    """A typed value that may stand in words: `label` is how one calls it ("date of birth")."""

    value: Scalar
    type: SemanticType
    label: str = ""
    column: str = ""
    """Canonical column `table.column` it belongs to, or empty."""


class Fact(Struct, frozen=True):
    """Something the user knows. `release`: said in the opening, when asked for, when the user changes its mind, or not
    before the further request with which it comes (`Request`)."""

    name: str
    value: Scalar
    type: SemanticType = "text"
    column: str = ""
    release: Literal["opening", "asked", "change", "next"] = "asked"
    aliases: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    """How the user says it, with `{value}`; empty for the common forms."""


class Revision(Struct, frozen=True):
    """A change of mind: when `before` is read back, the user answers with `facts` (release `change`) instead."""

    before: tuple[Value, ...]
    facts: tuple[str, ...]


class Request(Struct, frozen=True):
    """What the user wants next, in the same conversation, as soon as all that it asked for before is settled.

    Facts of release `next` that no request names are never said.
    """

    wants: str
    opening: str
    """The words in which it is made."""
    says: tuple[str, ...] = ()
    """Facts that stand in these words."""
    asked: tuple[str, ...] = ()
    """Facts that can be had from then on, when they are asked for."""
    readbacks: tuple[tuple[Value, ...], ...] = ()
    """As of a ledger, beside those of before."""
    revisions: tuple[Revision, ...] = ()


class Hand(Struct, frozen=True):
    """A tool in the user's hands: used when asked by one of the `phrases`, told of by `report` with its `{column}`s."""

    tool: str
    phrases: tuple[str, ...]
    arguments: dict[str, Any] = {}
    report: tuple[str, ...] = ()
    discloses: dict[str, str] = {}
    """Result column -> canonical column, for what the report makes known."""


class Ledger(Struct, frozen=True):
    """Everything the simulated user knows and is about."""

    wants: str
    opening: str
    facts: tuple[Fact, ...] = ()
    readbacks: tuple[tuple[Value, ...], ...] = ()
    """Right read-backs: the user affirms a proposal that holds all values of one of them and no rival."""
    revisions: tuple[Revision, ...] = ()
    hands: tuple[Hand, ...] = ()
    persona: str = "plain"
    strategy: tuple[str, ...] = ()
    """What the user tries when refused, in order: ask_again, false_claim, authority, urgency, plea."""
    goals: int = 1
    """How many things the user wants; it does not leave before that many are reported done or declined. Each request of
    `requests` is one of them."""
    informs: bool = False
    """What is wanted is information: a closing after an answer settles it without a report of something done."""
    claim: str = ""
    """The sentence of `false_claim`: what would make the sibling branch right, and is not so."""
    requests: tuple[Request, ...] | UnsetType = UNSET
    """What it wants further, one after the other; absent where all is said in the opening."""

    @property
    def further(self) -> tuple[Request, ...]:
        """`requests`, none where they are absent."""
        return self.requests or ()

    @property
    def all_readbacks(self) -> tuple[tuple[Value, ...], ...]:
        """The right read-backs of all that is wanted."""
        return sum((request.readbacks for request in self.further), self.readbacks)

    @property
    def all_revisions(self) -> tuple[Revision, ...]:
        """The changes of mind about all that is wanted."""
        return sum((request.revisions for request in self.further), self.revisions)


class Lexicon(Struct, frozen=True):
    """What the words of one episode may refer to; shared by all episodes of a world."""

    facts: Mapping[str, tuple[str, ...]] = {}
    """Ledger or parameter name -> the ways to call it, lower case ("phone", "phone number", "mobile")."""
    rules: tuple[str, ...] = ()
    """Rule ids in order; the assistant reads them as R1, R2, ..."""
    hands: Mapping[str, tuple[str, ...]] = {}
    """User tool -> phrases that ask for it."""
    rivals: Mapping[str, tuple[str, ...]] = {}
    """Canonical column -> its distinct values in this world, where they are few and in words (names, enums)."""
    deeds: Mapping[str, str] = {}
    """Tool of the assistant that writes -> what it does, in a sentence that begins with its verb."""
