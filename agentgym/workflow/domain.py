"""What a tree is run with: tools, rules, and how columns are typed and called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from agentgym.tool import RuleSpec, Tool
from agentgym.types import Scalar, SemanticType, Value
from agentgym.world import Schema

__all__ = ["Domain"]


class Domain(Struct, frozen=True):
    """The parts of a pack that trees, tasks and rubrics refer to."""

    name: str
    schema: Schema
    tools: Mapping[str, Tool]
    rules: Mapping[str, RuleSpec]
    because: Mapping[str, tuple[tuple[str, str], ...]]
    """Rule id -> (name, origin `table.column`) of each column of its `because`."""
    types: Mapping[str, SemanticType]
    """`table.column` -> how its values are said."""
    labels: Mapping[str, str]
    """Column or fact name -> how one calls it."""
    ignored: frozenset[str]
    """`table.column`s that never count in a comparison."""
    invariants: tuple[tuple[str, str], ...] = ()
    """(sentence, SELECT that must be empty)."""

    def label(self, name: str) -> str:
        """How a column or fact is called in words."""
        return self.labels.get(name) or name.replace("_", " ")

    def value(self, value: Scalar, name: str, origin: str, kind: str = "") -> Value:
        """A typed value: of a column by its origin, else of the given kind, else by what it is."""
        column = self.schema.canonical.get(origin, "")
        found: Any = self.types.get(origin) or self.types.get(column) or kind
        if not found:
            found = "number" if isinstance(value, int | float) else "text"
        return Value(value, found, self.label(name), column)
