"""Comparing the rows that changed with the rows that should have: equivalence, not equality.

Numbers compare by value, generated ids by following the references to them, ignored columns not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from agentgym.types import RowChange, Scalar
from agentgym.world import Net, Schema

__all__ = ["Expected"]

_Row = tuple[str, tuple[Scalar, ...], dict[str, Scalar]]
"""(table, key, cells) of a new row."""
_SEARCH = 5_000
"""Ways to match new rows that are tried at most."""


class Expected:
    """The row changes of one accepted outcome, ready to be compared with net changes."""

    def __init__(self, changes: Sequence[RowChange], schema: Schema, ignored: frozenset[str]) -> None:
        self.changes, self.schema, self.ignored = tuple(changes), schema, ignored
        self.rows = {(c.table, c.key): c for c in changes if c.kind != "insert"}
        self.inserts = [(i, c) for i, c in enumerate(changes) if c.kind == "insert"]
        self.room: dict[str, int] = {}
        for _, change in self.inserts:
            self.room[change.table] = self.room.get(change.table, 0) + 1

    def holds(self, net: Net) -> list[bool]:
        """Whether each expected change is there."""
        assigned = self._match(net)
        out = [False] * len(self.changes)
        for i, change in enumerate(self.changes):
            if change.kind == "insert":
                out[i] = i in assigned
                continue
            found = net.get((change.table, change.key))
            if found is None:
                out[i] = change.kind == "update" and not change.values
            elif change.kind == "delete":
                out[i] = found[1] is None
            else:
                after = found[1]
                out[i] = after is not None and all(
                    column in after and self._same(after[column], value, assigned)
                    for column, value in change.values.items()
                )
        return out

    def collateral(self, net: Net) -> bool:
        """Whether something changed outside the outcome: another row or column, or more inserts than it has."""
        used: dict[str, int] = {}
        for (table, key), (before, after) in net.items():
            if before is None:
                used[table] = used.get(table, 0) + 1
                if used[table] > self.room.get(table, 0):
                    return True
                continue
            expected = self.rows.get((table, key))
            if after is None:
                if expected is None or expected.kind != "delete":
                    return True
                continue
            stray = {c for c in after if f"{table}.{c}" not in self.ignored}
            if stray and (expected is None or expected.kind != "update" or not stray <= expected.values.keys()):
                return True
        return False

    def _match(self, net: Net) -> dict[int, Scalar]:
        """Expected insert -> key of the row that is it, each row used once; one that matches most."""
        if not self.inserts:
            return {}
        actual = [(table, key, after) for (table, key), (before, after) in net.items() if before is None and after]
        first = self._greedy(actual)
        if len(first) == len(self.inserts) or len(actual) > len(self.inserts) or max(self.room.values()) == 1:
            return first
        best = first  # rows of one table that are alike may be told apart only by what refers to them
        for choice in islice(self._choices(0, actual), _SEARCH):
            sound = self._sound(choice)
            if len(sound) > len(best):
                best = sound
            if len(best) == len(self.inserts):
                break
        return best

    def _greedy(self, actual: list[_Row]) -> dict[int, Scalar]:
        assigned: dict[int, Scalar] = {}
        used: set[tuple[str, Any]] = set()
        waiting = list(self.inserts)
        moved = True
        while waiting and moved:
            moved = False
            for i, change in list(waiting):
                for table, key, after in actual:
                    if table == change.table and (table, key) not in used and self._is(after, change, assigned):
                        assigned[i] = key[0]
                        used.add((table, key))
                        waiting.remove((i, change))
                        moved = True
                        break
        return assigned

    def _choices(self, at: int, rows: list[_Row]) -> Iterator[dict[int, _Row]]:
        """Every way to give each expected insert a row of its table with its plain values, or none."""
        if at == len(self.inserts):
            yield {}
            return
        i, change = self.inserts[at]
        for place, row in enumerate(rows):
            if row[0] == change.table and all(
                isinstance(v, dict) or row[2].get(c) == v for c, v in change.values.items()
            ):
                for rest in self._choices(at + 1, rows[:place] + rows[place + 1 :]):
                    yield {i: row, **rest}
        yield from self._choices(at + 1, rows)

    def _sound(self, choice: Mapping[int, _Row]) -> dict[int, Scalar]:
        """The part of a choice in which every reference leads to the row that it should."""
        assigned = {i: key[0] for i, (_, key, _) in choice.items()}
        while bad := [i for i in assigned if not self._is(choice[i][2], self.changes[i], assigned)]:
            for i in bad:
                del assigned[i]
        return assigned

    def _is(self, after: Mapping[str, Scalar], change: RowChange, assigned: Mapping[int, Scalar]) -> bool:
        return all(self._same(after.get(column), value, assigned) for column, value in change.values.items())

    @staticmethod
    def _same(found: Scalar, wanted: Any, assigned: Mapping[int, Scalar]) -> bool:
        if isinstance(wanted, dict):
            index: int = wanted["new"]  # pyright: ignore[reportUnknownVariableType]
            return index in assigned and found == assigned[index]
        return found == wanted
