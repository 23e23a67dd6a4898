"""Which rows are meant: candidates of each table, ranked by what the user said, by what they belong to, by recency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from agentgym.numeric.memory import Memory, Row
from agentgym.numeric.shape import Shape, Table, bare
from agentgym.types import Scalar

__all__ = ["SLOTS", "Candidate", "Focus", "Related", "related"]

SLOTS = 3
"""Candidates of a table that actions and features can tell apart."""


Related = Mapping[str, tuple[tuple[str, str, str], ...]]
"""Table -> (own column, other table, its column) of columns that say the same."""


class Candidate(Struct):
    """A row that may be meant. `same` and `other` count facts of the user it agrees with and contradicts; `linked` and
    `unlinked` cells that it has in common with the first candidates of other tables."""

    key: object
    cells: Mapping[str, Scalar]
    same: int
    other: int
    linked: int = 0
    unlinked: int = 0


class Focus:
    """The candidates of each table, best first. `refresh` follows the memory.

    Of rows that rank alike, the first comes first and then those that differ from it in an enumeration or a number:
    a few candidates show every kind of row.
    """

    def __init__(self, shape: Shape, shared: Related) -> None:
        self.shape, self._shared = shape, shared
        self.candidates: dict[str, list[Candidate]] = {table.name: [] for table in shape.tables}
        self.count: dict[str, int] = {table.name: 0 for table in shape.tables}
        self._kinds = {t.name: tuple(c.id for c in t.columns if c.type in ("enum", "number")) for t in shape.tables}
        self._holders: dict[str, tuple[str, ...]] = {}
        for table in shape.tables:
            for column in table.columns:
                self._holders[column.id] = (*self._holders.get(column.id, ()), table.name)
        self._keys = {table.key: table.name for table in shape.tables if table.key}

    def refresh(self, memory: Memory) -> None:
        """Rank all rows anew."""
        ranked: dict[str, list[tuple[Row, object, int, int]]] = {}
        heads: dict[str, Row] = {}  # rows that other tables may be matched with: meant by the user, or the only ones
        for name, rows in memory.rows.items():
            if not rows:
                continue
            found = ranked[name] = [(row, key, *memory.matches(row.cells)) for key, row in rows.items()]
            head = min(found, key=lambda r: (r[3] - r[2], -r[0].stamp, r[0].place))
            if head[2] or len(found) == 1:
                heads[name] = head[0]
        for name, found in ranked.items():
            self.count[name] = len(found)
            self.candidates[name] = self._ranked(name, found, heads)

    def _ranked(
        self, name: str, found: list[tuple[Row, object, int, int]], heads: Mapping[str, Row]
    ) -> list[Candidate]:
        scored: list[tuple[tuple[float, int, int], Candidate]] = []
        for row, key, same, other in found:
            belongs = 0
            for column, value in row.links.items():
                head = heads.get(self._keys.get(column, ""))
                if head is not None:
                    belongs += 1 if head.cells.get(column) == value else -1
            linked, unlinked = self._common(name, row, heads)
            score = 2.0 * (same - other) + 1.5 * belongs + 0.25 * (linked - unlinked)
            scored.append(((-score, -row.stamp, row.place), Candidate(key, row.cells, same, other, linked, unlinked)))
        scored.sort(key=lambda item: item[0])
        return self._varied(name, scored)

    def _common(self, name: str, row: Row, heads: Mapping[str, Row]) -> tuple[int, int]:
        linked = unlinked = 0
        for mine, table, theirs in self._shared[name]:
            head = heads.get(table)
            if head is None or head is row:
                continue
            a, b = row.cells.get(mine), head.cells.get(theirs)
            if a is not None and b is not None:
                linked += a == b
                unlinked += a != b
        return linked, unlinked

    def _varied(self, name: str, scored: list[tuple[tuple[float, int, int], Candidate]]) -> list[Candidate]:
        kinds = self._kinds[name]
        if len(scored) <= SLOTS or not kinds:
            return [candidate for _, candidate in scored[:SLOTS]]
        out: list[Candidate] = []
        rest: list[Candidate] = []
        seen: set[tuple[Scalar, ...]] = set()
        for _, candidate in scored:
            kind = tuple(candidate.cells.get(column) for column in kinds)
            (rest if kind in seen else out).append(candidate)
            seen.add(kind)
            if len(out) == SLOTS:
                break
        return (out + rest)[:SLOTS]

    # --- looking things up ---

    def first(self, table: str) -> Candidate | None:
        """The best candidate of a table."""
        found = self.candidates[table]
        return found[0] if found else None

    def cell(self, column: str, tables: Iterable[str] = ()) -> Scalar:
        """The column's value in the best candidate that has it, in these tables first; None where none has."""
        for table in (*tables, *self._holders.get(column, ())):
            found = self.candidates.get(table)
            if found:
                value = found[0].cells.get(column)
                if value is not None:
                    return value
        return None


def related(tables: tuple[Table, ...]) -> Related:
    """Table -> (own column, other table, its column) of columns that say the same: the same canonical column, or
    enumerations of one name."""
    out: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for table in tables:
        found: list[tuple[str, str, str]] = []
        for mine in table.columns:
            for other in tables:
                if other.name == table.name:
                    continue
                for theirs in other.columns:
                    alike = bare(mine.id) == bare(theirs.id) and mine.type == theirs.type == "enum"
                    alike = alike and bool(set(mine.values) & set(theirs.values))
                    if alike or (mine.id == theirs.id and mine.type in ("number", "enum", "name", "id")):
                        found.append((mine.id, other.name, theirs.id))
        out[table.name] = tuple(found)
    return out
