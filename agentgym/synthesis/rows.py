"""The rows that take part in a sampled workflow, one of each table, as one `bind` query."""

from __future__ import annotations

from collections import deque

from agentgym.pack import Pack
from agentgym.world import Schema

__all__ = ["Rows"]

_MOST = 600
"""About how many combinations of rows that nothing joins are kept."""
_NEAR = 2


class Rows:
    """Tables joined along foreign keys as they come, and the columns that are asked for."""

    def __init__(self, pack: Pack) -> None:
        self._schema: Schema = pack.domain.schema
        image = pack.image("train", 0)
        self._counts = {
            name: max(1, int(image.query(f'SELECT count(*) FROM "{name}"')[0][0])) for name in self._schema.tables
        }
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
        """A row of this table takes part."""
        if table in self.tables:
            return
        keys = [text for other in self.tables for text in self._keys(table, other)]
        self._join(table, keys)

    def _join(self, table: str, keys: list[str]) -> None:
        if not self.tables:
            self._joins.append(f'"{table}" AS {_its(table)}')
        else:
            self._joins.append(f'JOIN "{table}" AS {_its(table)}' + (f" ON {' AND '.join(keys)}" if keys else ""))
            if not keys:
                self._loose.append(table)
        self.tables.append(table)

    def _keys(self, one: str, other: str) -> list[str]:
        """The foreign keys between two tables, either way."""
        found: list[str] = []
        for table, target in ((one, other), (other, one)):
            for column, (to, key) in self._schema.tables[table].references.items():
                if to == target and one != other:
                    found.append(f'{_its(table)}."{column}" = {_its(to)}."{key or self._schema.tables[to].key[0]}"')
        return found

    def _path(self, table: str) -> list[str] | None:
        """The tables from one that takes part, along foreign keys to what they refer to, up to the wanted one."""
        queue = deque((start, [start]) for start in self.tables)
        while queue:
            at, path = queue.popleft()
            if at == table:
                return path
            if len(path) <= _NEAR:
                queue.extend((to, [*path, to]) for to, _ in self._schema.tables[at].references.values())
        return None

    def near(self, column: str) -> bool:
        """Whether a column belongs to a row that takes part, or to one that such a row leads to."""
        return self._path(column.partition(".")[0]) is not None

    def expression(self, column: str) -> str:
        """A column in the query; the row that it belongs to takes part from now on."""
        table, _, name = column.partition(".")
        for step in self._path(table) or [table]:
            self.add(step)
        return f'{_its(table)}."{name}"'

    def called(self, name: str) -> str:
        """What stands behind a name in the query."""
        return self._columns[name]

    def require(self, condition: str) -> None:
        """Keep only rows of which this holds."""
        self._conditions[condition] = None

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
        product = 1
        for table in {self.tables[0], *self._loose} if self._loose else set[str]():
            product *= self._counts[table]
        share = max(1, product // _MOST)
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
