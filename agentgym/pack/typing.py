"""How the values of each column are said: by how they are drawn, by their name, or as the pack declares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.types import SemanticType
from agentgym.world import Schema

__all__ = ["column_types"]

_BY_NAME: tuple[tuple[re.Pattern[str], SemanticType], ...] = (
    (re.compile(r"phone|mobile"), "phone"),
    (re.compile(r"e?mail"), "email"),
    (re.compile(r"(_at|_from|_until|start|starts|ends)$"), "datetime"),
    (re.compile(r"(_on|^day|^date|_day|_date|born|_of_birth)$|date_of_birth"), "date"),
    (re.compile(r"(cents|amount|fee|price|balance|total|cost|paid|due|limit)$"), "money"),
    (re.compile(r"name$"), "name"),
)


def column_types(
    schema: Schema, tables: Sequence[Mapping[str, Any]], declared: Mapping[str, SemanticType]
) -> dict[str, SemanticType]:
    """`table.column` -> semantic type, declared ones first."""
    drawn = {
        f"{entry['table']}.{column}": spec
        for entry in tables
        if "table" in entry
        for column, spec in entry["columns"].items()
    }
    out: dict[str, SemanticType] = {}
    for table in schema.tables.values():
        for column, sql_type in table.columns.items():
            name = f"{table.name}.{column}"
            out[name] = declared.get(name) or _guess(column, sql_type, drawn.get(name, {}))
    for name, root in schema.canonical.items():
        if name not in declared and root != name:
            out[name] = out[root]
    return out


def _guess(column: str, sql_type: str, spec: Mapping[str, Any]) -> SemanticType:
    for kind in ("id", "date", "datetime"):
        if kind in spec:
            return kind  # pyright: ignore[reportReturnType]
    text = sql_type.upper() == "TEXT"
    if text and column.endswith("_id"):
        return "id"
    if "choice" in spec and text:
        return "enum"
    for pattern, kind in _BY_NAME:
        if pattern.search(column) and text == (kind != "money"):
            return kind
    return "text" if text else "number"
