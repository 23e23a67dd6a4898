"""What the numeric view needs of a pack: the tables that results fill, their typed columns, facts, rules and requests.

Everything here comes from what an assistant may read: tool contracts, rule sentences, names of facts. Nothing comes
from a task.
"""

from __future__ import annotations

import re

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.types import SemanticType

__all__ = ["Column", "Shape", "Table", "bare", "shape_of"]

_CHECKED = re.compile(r"CHECK\s*\(\s*(\w+)\s+IN\s*\(([^)]*)\)", re.IGNORECASE)
_CREATED = re.compile(r"CREATE\s+TABLE\s+(\w+)", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


class Column(Struct, frozen=True):
    """One column of a table. `id` is canonical (`table.column`), or `tool.name` for what SQL computes."""

    id: str
    name: str
    type: SemanticType
    values: tuple[str | int, ...] = ()
    """The values of an enumeration, where the schema lists them."""


class Table(Struct, frozen=True):
    """Rows that results are about: all results that begin with the same primary key fill one table.

    `key` is the key's column, empty where results have none; then `name` is the tool's.
    """

    name: str
    key: str
    columns: tuple[Column, ...]


class Shape(Struct, frozen=True):
    """One pack, as the numeric view sees it."""

    name: str
    tables: tuple[Table, ...]
    table_of: dict[str, str]
    """Tool -> table that its results fill."""
    columns_of: dict[str, tuple[str, ...]]
    """Tool -> ids of its result columns, by position."""
    facts: tuple[str, ...]
    """Names of facts that can be asked for."""
    changes: tuple[str, ...]
    """Names of facts that are only said as a change of mind."""
    rules: tuple[str, ...]
    """Rules that can be a ground to decline."""
    hands: tuple[str, ...]
    """Tools of the user's seat."""
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    hub: str
    """The key column that most tools refer to: whom it is all about."""


def bare(column: str) -> str:
    """The column's own name: `starts_at` of `slots.starts_at`."""
    return column.rpartition(".")[2]


def shape_of(pack: Pack) -> Shape:
    """The shape of a pack."""
    tools = {**pack.tools, **pack.user_tools}
    schema = pack.domain.schema
    keys = {f"{t.name}.{t.key[0]}" for t in schema.tables.values() if len(t.key) == 1}
    keys = {column for column in keys if schema.canonical[column] == column}
    values = _enumerations(pack)
    found: dict[str, tuple[str, dict[str, Column]]] = {}
    table_of: dict[str, str] = {}
    columns_of: dict[str, tuple[str, ...]] = {}
    for tool in tools.values():
        if not tool.names:
            continue
        ids = [column or f"{tool.name}.{name}" for name, column in zip(tool.names, tool.columns, strict=True)]
        key = next((column for column in ids if column in keys), "")
        name = key.partition(".")[0] if key else tool.name
        table_of[tool.name], columns_of[tool.name] = name, tuple(ids)
        columns = found.setdefault(name, (key, {}))[1]
        for column, plain in zip(ids, tool.names, strict=True):
            if column not in columns:
                columns[column] = Column(
                    column, plain, _type(pack, tool, plain, column, values), values.get(column, ())
                )
    counts: dict[str, int] = {}
    for tool in pack.tools.values():
        for _, column in tool.refers:
            if column in keys:
                counts[column] = counts.get(column, 0) + 1
    facts = {
        n: f.release for w in pack.workflows.values() for n, f in sorted(w.spec.facts.items()) if f.release == "change"
    }
    facts |= {n: f.release for w in pack.workflows.values() for n, f in w.spec.facts.items() if f.release != "change"}
    return Shape(
        pack.name, tuple(Table(name, key, tuple(columns.values())) for name, (key, columns) in found.items()),
        table_of, columns_of, tuple(sorted(n for n, r in facts.items() if r != "change")),
        tuple(sorted(n for n, r in facts.items() if r == "change")),
        tuple(rule for rule, columns in pack.domain.because.items() if columns), tuple(pack.user_tools),
        tuple(t.name for t in pack.tools.values() if not t.writes and not t.ends),
        tuple(t.name for t in pack.tools.values() if t.writes or t.ends),
        max(counts, key=lambda column: (counts[column], column)) if counts else "",
    )  # fmt: skip


def _type(pack: Pack, tool: Tool, name: str, column: str, values: dict[str, tuple[str | int, ...]]) -> SemanticType:
    if column in values and isinstance(values[column][0], str):
        return "enum"
    declared = tool.spec.columns.get(name, "")
    found = pack.domain.types.get(column) or pack.domain.types.get(declared)
    if found:
        return found
    return declared if declared and "." not in declared else "text"  # pyright: ignore[reportReturnType]


def _enumerations(pack: Pack) -> dict[str, tuple[str | int, ...]]:
    """Canonical column -> the values that its CHECK lists."""
    out: dict[str, tuple[str | int, ...]] = {}
    for part in re.split(r"(?=CREATE\s+TABLE)", pack.content.script, flags=re.IGNORECASE):
        created = _CREATED.match(part)
        if created is None:
            continue
        for found in _CHECKED.finditer(part):
            listed = tuple(value.replace("''", "'") for value in _QUOTED.findall(found[2]))
            listed = listed or tuple(int(part) for part in found[2].split(",") if part.strip().isdigit())
            if listed:
                out[f"{created[1]}.{found[1]}"] = listed
    return out
