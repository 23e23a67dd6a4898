"""What content says of tools and rules: the data, as `tools.yaml` and `rules.yaml` hold it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from agentgym.types import SemanticType

__all__ = ["Guard", "Otherwise", "Parameter", "RuleSpec", "ToolSpec"]


class Parameter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One argument of a tool."""

    type: Literal["string", "integer", "number", "boolean", "array"]
    description: str
    refers_to: str = ""
    """`table.column` it names a value of; such arguments must be grounded when the call writes."""
    semantic: SemanticType | None = None
    enum: list[str] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    max_length: int = 400
    items: Literal["string", "integer"] = "string"
    free: bool = False
    """Words in the model's own choosing, ignored by every criterion."""
    optional: bool = False


class Guard(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"else_": "else"}):
    """A requirement on a call: unless `sql` is true, the call answers with `code` and the sentence `else_`."""

    sql: str
    code: Literal["not_found", "conflict", "forbidden", "invalid", "limit"]
    else_: str
    shows: str = ""
    """A SELECT of one row, whose columns the sentence may name beside the arguments."""


class Otherwise(Struct, frozen=True, forbid_unknown_fields=True, rename={"else_": "else"}):
    """What a call answers for which nothing is recorded: `code` and the sentence `else_`."""

    code: Literal["not_found", "conflict", "forbidden", "invalid", "limit"]
    else_: str


class ToolSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One tool: a contract and, as its body, SQL, the dotted name of a function, or somebody who plays it.

    A tool is played where it has `model` or `replay`; `result`, `sees` and `unrecorded` are for such tools.
    """

    name: str
    description: str
    effect: Literal["read", "write", "irreversible"] = "read"
    seat: Literal["assistant", "user"] = "assistant"
    ends: Literal["answered", "transferred"] | None = None
    parameters: dict[str, Parameter] = {}
    require: list[Guard] = []
    sql: list[str] = []
    returns: str | None = None
    shape: Literal["one", "many", "none"] = "one"
    columns: dict[str, str] = {}
    python: str = ""
    requested_by: list[str] = []
    report: list[str] = []
    model: str = ""
    """What a language model is told that plays the tool."""
    replay: bool = False
    """Whether only the pack's own recordings answer."""
    result: dict[str, Parameter] = {}
    """The fields of an answer, or of each of its rows."""
    sees: dict[str, str] = {}
    """Name -> SELECT of what an answer may rest on; the whole world where there is none."""
    unrecorded: Otherwise | None = None

    @property
    def played(self) -> bool:
        """Whether a model or recordings answer."""
        return bool(self.model) or self.replay


class RuleSpec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule of the policy, as one predicate and one sentence. The tools do not enforce it."""

    id: str
    say: str
    allowed: str
    tool: str = ""
    tools: list[str] = field(default_factory=list[str])
    because: str = ""

    @property
    def governs(self) -> tuple[str, ...]:
        """Names of the tools whose calls the rule is about."""
        return tuple(self.tools) if self.tools else (self.tool,)
