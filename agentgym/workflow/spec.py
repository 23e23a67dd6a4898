"""What content says of a workflow: the data, as `workflows/NAME.yaml` holds it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from agentgym.types import SemanticType

__all__ = ["FactSpec", "FaultSpec", "TrapSpec", "WorkflowSpec"]


class FactSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something the user knows: a `$column` of the bind row, or a constant. `next`: the further request with which it
    comes; it is then said in the words of that request (release `opening`), or when asked for from then on."""

    value: str | int | float
    release: Literal["opening", "asked", "change"] = "asked"
    aliases: list[str] = []
    type: SemanticType | None = None
    next: str = ""


class TrapSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """A branch whose user claims what would make the sibling right."""

    branch: str
    claim: list[str]


class FaultSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A declared fault of a branch."""

    tool: str
    kind: Literal["transient", "permission", "partial", "stale", "rate_limit"]
    nth: int = 1
    times: int = 1


class WorkflowSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One workflow: what the user may want, and how it is rightly done."""

    version: Literal[1]
    name: str
    title: str
    wants: str
    bind: str
    do: list[dict[str, Any]]
    facts: dict[str, FactSpec] = {}
    arrange: dict[str, list[str]] = {}
    twins: list[tuple[str, str]] = []
    traps: dict[str, TrapSpec] = {}
    strategies: dict[str, list[Literal["ask_again", "false_claim", "authority", "urgency", "plea"]]] = {}
    faults: dict[str, list[FaultSpec]] = {}
    variants: dict[str, str] = {}
    never: list[str] = []
    """Leaves of the tree that no world gives, since an earlier call settles a later decision."""
    split: Literal["both", "train", "test"] = "both"
    goals: int = 1
    limits: dict[str, int] = {}
