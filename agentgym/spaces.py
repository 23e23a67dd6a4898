"""Spaces of text: any Unicode string, with samples that look like what seats say and do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from gymnasium import Space

__all__ = ["TextSpace"]

_WORDS = (
    "Could you tell me your date of birth?", "Done. Is there anything else?", "I am sorry, I cannot do that.",
    "My phone number is 555-0100.", "Yes, please.", "No, thank you. Goodbye.", "One moment — I'll check.", "Ça va ?",
)  # fmt: skip


class TextSpace(Space[str]):
    """Every string is in it, which makes `contains` O(1).

    `sample` gives plausible text: sentences and, where `tools` (OpenAI tool dicts) are given, calls that fit them.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]] = (), seed: int | np.random.Generator | None = None) -> None:
        self._tools = [tool["function"] for tool in tools]
        super().__init__(shape=None, dtype=str, seed=seed)  # pyright: ignore[reportArgumentType]

    @property
    def is_np_flattenable(self) -> bool:
        return False

    def contains(self, x: Any) -> bool:
        return isinstance(x, str)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A sentence or a tool call. Masks have no meaning for text and must be None."""
        if mask is not None or probability is not None:
            raise ValueError("a text space has no mask and no probability")
        random = self.np_random
        if not self._tools or random.random() < 0.4:
            return str(_WORDS[random.integers(len(_WORDS))])
        function = self._tools[random.integers(len(self._tools))]
        schema = function["parameters"]
        required = set(schema["required"])
        arguments = {
            name: _value(random, part)
            for name, part in schema["properties"].items()
            if name in required or random.random() < 0.3
        }
        text = msgspec.json.encode({"name": function["name"], "arguments": arguments}).decode()
        return f"<tool_call>{text}</tool_call>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSpace) and self._tools == other._tools

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"TextSpace({len(self._tools)} tools)" if self._tools else "TextSpace()"

    def to_jsonable(self, sample_n: Sequence[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return list(sample_n)

    def from_jsonable(self, sample_n: list[Any]) -> list[str]:
        return [str(sample) for sample in sample_n]


def _value(random: np.random.Generator, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][random.integers(len(schema["enum"]))]
    kind = schema["type"]
    if kind == "integer":
        low = int(schema.get("minimum", 0))
        return int(random.integers(low, int(schema.get("maximum", low + 1000)) + 1))
    if kind == "number":
        return round(float(random.random()) * 100, 2)
    if kind == "boolean":
        return bool(random.integers(2))
    if kind == "array":
        return []
    if "YYYY-MM-DD" in schema.get("description", ""):
        day = f"2026-{random.integers(1, 13):02d}-{random.integers(1, 29):02d}"
        return f"{day} {random.integers(8, 18):02d}:00" if "HH:MM" in schema["description"] else day
    return f"{'ABCDEP'[random.integers(6)]}{random.integers(1000, 99999)}"
