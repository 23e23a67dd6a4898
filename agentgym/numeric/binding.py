"""Calls with arguments bound by type from what is known.

An argument that refers to a column takes the value of a candidate row or of a fact; a plain argument takes what fits it
best by column, name and type; an amount may be the sum of a column over the rows of one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from agentgym.numeric.choices import Form, Sum
from agentgym.numeric.codes import minute_of
from agentgym.numeric.focus import Focus
from agentgym.numeric.memory import Memory
from agentgym.numeric.shape import Shape, bare
from agentgym.tool import Tool
from agentgym.types import Fact, Scalar

__all__ = ["Binder", "Bound", "Forms", "total"]

_Rows = tuple[str, Mapping[str, Scalar]]
_Found = tuple[Any, _Rows | None]


class Bound(Struct):
    """A form with its arguments; `rows` are the candidates they come from, by table."""

    arguments: dict[str, Any]
    rows: list[_Rows]


class _Source(Struct, frozen=True):
    """Where an argument's value comes from; equal sources are looked up once."""

    kind: str
    name: str = ""
    """Column (`refers`) or argument (`plain`)."""
    place: int = 0
    tool: str = ""
    value: Any = None


class Forms:
    """The forms of a pack, each with the sources of its arguments; made once."""

    def __init__(self, shape: Shape, tools: Mapping[str, Tool]) -> None:
        self.shape, self.tools = shape, tools
        self.table_of_key = {table.key: table.name for table in shape.tables if table.key}
        self.sources: list[_Source] = []
        self._places: dict[_Source, int] = {}

    def places(self, form: Form) -> tuple[tuple[str, int], ...]:
        """(argument, place of its source in `sources`) for each argument of the form."""
        tool = self.tools[form.tool]
        return tuple((name, self._place(self._source(tool, name, part))) for name, part in form.parts)

    def _place(self, source: _Source) -> int:
        if source not in self._places:
            self._places[source] = len(self.sources)
            self.sources.append(source)
        return self._places[source]

    def _source(self, tool: Tool, name: str, part: int | str | Sum | None) -> _Source:
        refers = dict(tool.refers)
        if name in refers:
            return _Source("refers", refers[name], part if isinstance(part, int) else 0)
        if isinstance(part, str):
            kind = tool.spec.parameters[name].type
            value = part == "true" if kind == "boolean" else int(part) if kind == "integer" else part
            return _Source("constant", value=value)
        if isinstance(part, Sum):
            return _Source("sum", value=part)
        return _Source("plain", name, tool=tool.name)


class Binder:
    """Binds the forms of a pack to one state of memory."""

    def __init__(self, forms: Forms, memory: Memory, focus: Focus) -> None:
        self.forms, self.memory, self.focus = forms, memory, focus
        self._known: list[_Found | None] = [None] * len(forms.sources)

    def bind(self, form: Form, places: tuple[tuple[str, int], ...]) -> Bound | None:
        """The arguments of a form from what is known; None where something is not known or does not fit."""
        arguments: dict[str, Any] = {}
        rows: list[_Rows] = []
        tool = self.forms.tools[form.tool]
        for name, place in places:
            found = self._known[place]
            if found is None:
                found = self._known[place] = self._look_up(self.forms.sources[place])
            value = found[0] if found[0] is None else _fitting(found[0], tool, name)
            if value is None:
                return None
            arguments[name] = value
            if found[1] is not None:
                rows.append(found[1])
        return None if tool.arguments.problem(arguments) else Bound(arguments, rows)

    def _look_up(self, source: _Source) -> _Found:
        if source.kind == "constant":
            return source.value, None
        if source.kind == "refers":
            return self._referred(source.name, source.place)
        if source.kind == "sum":
            return total(source.value, self.memory), None
        return self._plain(source.name, self.forms.tools[source.tool]), None

    def _referred(self, column: str, place: int) -> _Found:
        table = self.forms.table_of_key.get(column)
        if table is not None:
            found = self.focus.candidates[table]
            if place < len(found):
                cells = found[place].cells
                return cells.get(column), (table, cells)
        if place:
            return None, None
        said = [(when, fact.value) for fact, when in self.memory.facts.values() if fact.column == column]
        return (max(said)[1] if said else self.focus.cell(column)), None

    def _plain(self, name: str, tool: Tool) -> Scalar:
        """What fits an argument that refers to nothing: by column, by name, by type; the latest first."""
        shape, parameter = self.forms.shape, tool.spec.parameters[name]
        columns = shape.columns_of.get(tool.name, ())
        own = next((c for c in columns if bare(c) == name), "")
        kind = parameter.semantic or ("number" if parameter.type in ("integer", "number") else "text")
        best: tuple[float, int, Scalar] | None = None
        for fact, when in self.memory.facts.values():
            score = _fit(fact, name, own, kind, columns)
            if score >= 2 and (best is None or (score, when) > best[:2]):
                best = (score, when, fact.value)
        if best is None or best[0] < 3:
            cell = self._cell(name, own, tool)
            if cell is not None:
                return cell
        return best[2] if best is not None else None

    def _cell(self, name: str, own: str, tool: Tool) -> Scalar:
        """A cell of a first candidate with the argument's column or name."""
        shape = self.forms.shape
        for table in shape.tables:
            head = self.focus.first(table.name)
            if head is None or (tool.writes and shape.table_of.get(tool.name) == table.name):
                continue  # what stands there already is not what is to be written
            for column, value in head.cells.items():
                alike = column == own if own and not tool.writes else bare(column) == name
                if alike and value is not None:
                    return value
        return None


def _fit(fact: Fact, name: str, own: str, kind: str, columns: Sequence[str]) -> float:
    """How well a fact fits an argument: 4 by column, 3 by name, 2 by what the tool is about; 0 for another type."""
    same = fact.type == kind or (kind == "date" and fact.type == "datetime")
    if own and fact.column == own:
        return 4.0
    if not same:
        return 0.0
    if name in (fact.name, *fact.name.split("_")):
        return 3.0
    if fact.column in columns and fact.column:
        return 2.5
    return 0.0 if fact.column else 2.0


def _fitting(value: Any, tool: Tool, name: str) -> Any:
    """The value in the argument's form: the day of a moment, a list of one; None where it is of another type."""
    parameter = tool.spec.parameters[name]
    if parameter.semantic == "date" and isinstance(value, str):
        return value[:10]
    if parameter.type == "array":
        return [value]
    if parameter.type == "string" and not isinstance(value, str):
        return None
    return value


def total(of: Sum, memory: Memory) -> int | float | None:
    """A sum over the known rows; None where there are none."""
    found: list[int | float] = []
    today = memory.now // 1440 * 1440
    for row in memory.rows[of.table].values():
        cells = row.cells
        amount = cells.get(of.column)
        if not isinstance(amount, int | float) or (of.where and cells.get(of.where) != of.value):
            continue
        if of.when:
            moment = minute_of(cells.get(of.when))
            if moment is None or (moment < today) != of.past:
                continue
        found.append(amount)
    return round(sum(found), 6) if found else None
