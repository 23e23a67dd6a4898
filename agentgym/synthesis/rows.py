"""The rows that take part in a sampled workflow, one of each table, as one `bind` query."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from agentgym.pack import Pack
from agentgym.world import Schema

__all__ = ["Rows"]

_MOST, _COUNTED = 600, 500_000
"""About how many combinations of rows that nothing joins are kept, and how far they are counted."""
_NEAR = 2


class Rows:
    """Tables joined along foreign keys as they come, and the columns that are asked for."""

    def __init__(self, pack: Pack) -> None:
        self._schema: Schema = pack.domain.schema
        self._image = pack.image("train", 0)
        self.tables: list[str] = []
        self._joins: list[str] = []
        self._loose: list[str] = []
        """Tables that no key joins to an earlier one."""
        self._columns: dict[str, str] = {}
        """Name in the query -> expression."""
        self._names: dict[str, str] = {}
        """Column -> name in the query."""
        self._conditions: dict[str, None] = {}

    def add(self, table: str) -> None:
        """A row of this table takes part: joined by all keys that lead to those before it, or by one of them where
        such rows are not there (somebody's mandate is seldom for an account of their own), theirs to it first."""
        if table in self.tables:
            return
        if not any(self._keys(table, other) for other in self.tables):
            for step in self._path([table], self.tables)[-2:0:-1]:  # those between, from the ones that take part
                self.add(step)
        keys = [text for other in reversed(self.tables) for text in self._keys(table, other)]
        choices = [keys, *([key] for key in keys), list[str]()] if len(keys) > 1 else [keys]
        for chosen in choices:
            on = f" ON {' AND '.join(chosen)}" if chosen else ""
            joined = f'{"JOIN " if self.tables else ""}"{table}" AS {_its(table)}{on}'
            if chosen is choices[-1] or self._image.query(f"SELECT 1 FROM {' '.join([*self._joins, joined])} LIMIT 1"):
                self._joins.append(joined)
                if self.tables and not chosen:
                    self._loose.append(table)
                break
        self.tables.append(table)

    def _keys(self, one: str, other: str) -> list[str]:
        """The foreign keys between two tables, either way, those of the second first."""
        found: list[str] = []
        for table, target in ((other, one), (one, other)):
            for column, (to, key) in self._schema.tables[table].references.items():
                if to == target and one != other:
                    found.append(f'{_its(table)}."{column}" = {_its(to)}."{key or self._schema.tables[to].key[0]}"')
        return found

    def _path(self, starts: Sequence[str], ends: Sequence[str]) -> list[str]:
        """The tables from a start along foreign keys to an end, both included; empty where that is too far."""
        queue = deque((start, [start]) for start in starts)
        while queue:
            at, path = queue.popleft()
            if at in ends:
                return path
            if len(path) <= _NEAR:
                queue.extend((to, [*path, to]) for to, _ in self._schema.tables[at].references.values())
        return []

    def near(self, column: str) -> bool:
        """Whether a column belongs to a row that takes part, or to one that such a row leads to."""
        return bool(self._path(self.tables, [column.partition(".")[0]]))

    def filled(self, column: str) -> bool:
        """Whether every row has a value of a column."""
        table, _, name = column.partition(".")
        return not self._image.query(f'SELECT 1 FROM "{table}" WHERE "{name}" IS NULL LIMIT 1')

    def different(self, column: str) -> int:
        """How many different values a column has."""
        table, _, name = column.partition(".")
        return int(self._image.query(f'SELECT count(DISTINCT "{name}") FROM "{table}"')[0][0])

    def tells(self, column: str) -> bool:
        """Whether a value of a column is one row's, half the time or so."""
        table, _, _ = column.partition(".")
        return self.different(column) * 2 >= int(self._image.query(f'SELECT count(*) FROM "{table}"')[0][0])

    def expression(self, column: str) -> str:
        """A column in the query; the row that it belongs to takes part from now on."""
        table, _, name = column.partition(".")
        for step in self._path(self.tables, [table]) or [table]:
            self.add(step)
        return f'{_its(table)}."{name}"'

    def called(self, name: str) -> str:
        """What stands behind a name in the query."""
        return self._columns[name]

    def require(self, condition: str) -> None:
        """Keep only rows of which this holds."""
        self._conditions[condition] = None

    def number(self) -> str:
        """A number that differs from row to row, more or less."""
        table = self.tables[0]
        key = f'{_its(table)}."{self._schema.tables[table].key[0]}"'
        return f"(unicode(substr({key}, -1)) + 10 * unicode(substr({key}, -2)))"

    def select(self, column: str) -> str:
        """The name of a column in the query."""
        if column not in self._names:
            expression = self.expression(column)
            name = column.partition(".")[2]
            if self._columns.get(name, expression) != expression:
                name = column.replace(".", "_")
            self._columns[name], self._names[column] = expression, name
        return self._names[column]

    def named(self, name: str, column: str) -> bool:
        """Ask for a column under a name; False where another one has it."""
        expression = self.expression(column)
        return self._columns.setdefault(name, expression) == expression

    def derived(self, expression: str, name: str) -> str:
        """The name of a computed column in the query."""
        while self._columns.get(name, expression) != expression:
            name = f"{name}_"
        self._columns[name] = expression
        return name

    def name(self, column: str) -> str:
        """The name of a column that was asked for; empty for others."""
        return self._names.get(column, "")

    @property
    def query(self) -> str:
        """The SELECT; of rows that nothing joins, a share that is spread evenly."""
        for table in self.tables:
            for key in self._schema.tables[table].key:
                self.select(f"{table}.{key}")
        chosen = ", ".join(f'{expression} AS "{name}"' for name, expression in self._columns.items())
        counted = f"SELECT count(*) FROM (SELECT 1 FROM {' '.join(self._joins)} LIMIT {_COUNTED})"
        share = max(1, int(self._image.query(counted)[0][0]) // _MOST) if self._loose else 1
        conditions = [f"({condition})" for condition in self._conditions]
        if share > 1:
            primes = (7919, 6101, 4799, 3571, 2741)
            spread = " + ".join(f"{_its(table)}.rowid * {primes[at % 5]}" for at, table in enumerate(self.tables))
            conditions.insert(0, f"({spread}) % {share} = 0")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        keys = ", ".join(f'{_its(table)}."{key}"' for table in self.tables for key in self._schema.tables[table].key)
        return f"SELECT {chosen} FROM {' '.join(self._joins)}{where} ORDER BY {keys}"


def _its(table: str) -> str:
    """The alias of a row: no table is called so, and no subquery hides it."""
    return f'"its {table}"'
