"""What a choice says: the pack's own forms, filled with values that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from agentgym.numeric.binding import Bound
from agentgym.numeric.choices import Form
from agentgym.numeric.focus import Focus
from agentgym.numeric.memory import Memory
from agentgym.numeric.shape import Shape, bare
from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.types import Lexicon, Scalar, SemanticType, Value, result_rows
from agentgym.user.acts import derive
from agentgym.user.wording import pairs

__all__ = ["Words"]


class Words:
    """The sentences of one pack's assistant."""

    def __init__(self, pack: Pack, shape: Shape) -> None:
        self.pack, self.shape = pack, shape
        self._forms = pack.content.assistant_forms
        self._types: dict[str, SemanticType] = {c.id: c.type for table in shape.tables for c in table.columns}
        self._names = {c.id: c.name for table in shape.tables for c in table.columns}
        self._asks: dict[str, str] = {}
        self._governed = {rule: _tables(pack, shape, rule) for rule in shape.rules}

    def _form(self, meaning: str, place: str, text: str) -> str:
        forms = self._forms[meaning]
        return forms[1 % len(forms)].replace("{" + place + "}", text)

    def ask(self, fact: str, lexicon: Lexicon) -> str:
        """A question for the fact: the first form that is heard as one."""
        text = self._asks.get(fact)
        if text is None:
            forms = [form.replace("{labels}", self.pack.domain.label(fact)) for form in self._forms["ask"]]
            heard = (f for f in forms if [a.facts for a in derive(f, lexicon) if a.kind == "ask"] == [(fact,)])
            text = self._asks[fact] = next(heard, forms[0])
        return text

    def request(self, tool: str) -> str:
        return self._form("request", "phrase", self.pack.user_tools[tool].spec.requested_by[0])

    def finish(self) -> str:
        return self._forms["close"][0]

    def confirm(self, values: Sequence[Value]) -> str:
        """A read-back that waits for a yes."""
        return self._form("confirm", "pairs", pairs(values))

    def details(self, form: Form, tool: Tool, bound: Bound, memory: Memory) -> list[Value]:
        """What to read back of a call: cells of its rows and plain arguments, each once; of ids those the user said."""
        values: dict[tuple[str, Scalar], Value] = {}
        for table, cells in bound.rows:
            if self._key(table) != self.shape.hub:
                for value in self._cells(cells):
                    values.setdefault((value.column, value.value), value)
        said = {(fact.value, fact.type): fact for fact, _ in memory.facts.values()}
        named = {fact.column for fact, _ in memory.facts.values()}
        refers = dict(tool.refers)
        for name, _ in form.parts:
            parameter, argument = tool.spec.parameters[name], bound.arguments[name]
            if isinstance(argument, list):
                (argument,) = cast(list[Scalar], argument)
            column = refers.get(name, "")
            if column and column not in named and any(self._key(table) == column for table, _ in bound.rows):
                continue
            kind: SemanticType = parameter.semantic or ("enum" if parameter.enum else self._types.get(column, "text"))
            if parameter.type in ("integer", "number") and parameter.semantic is None:
                kind = "number"
            fact = said.get((argument, kind))
            value = Value(argument, kind, self.pack.domain.label(name), fact.column if fact else column)
            values.setdefault((value.column, value.value), value)
        if not values:
            for _, cells in bound.rows:
                values.update(((v.column, v.value), v) for v in self._cells(cells))
        return list(values.values())

    def refuse(self, rule: str, focus: Focus) -> str | None:
        """A refusal by the rule with its facts; None where one of them is not known."""
        values: list[Value] = []
        for name, column in self.pack.domain.because[rule]:
            value = focus.cell(column, self._governed[rule])
            if value is not None:
                values.append(self._value(value, name, column))
        if not values:
            return None
        number = tuple(self.pack.domain.rules).index(rule) + 1
        return self._form("refuse", "pairs", pairs(values)).replace("{rule}", f"R{number}")

    def tell(self, memory: Memory, details: Sequence[Value]) -> str | None:
        """A report of the last write, with `details` where its result says nothing; None where nothing can be told."""
        event = memory.written
        if event is None or memory.blank:
            return None
        columns = self.shape.columns_of.get(event.name, ())
        rows = cast(list[Mapping[str, Scalar]], result_rows(event.result))[:1]
        values = [v for row in rows for v in self._cells(dict(zip(columns, row.values(), strict=False)))]
        return self._form("tell", "pairs", pairs(values or details)) if values or details else None

    def inform(self, table: str, focus: Focus) -> str | None:
        """What the first candidate of a table and the rows that belong to it say; None where there is none."""
        head = focus.first(table)
        if head is None:
            return None
        values = {value.column: value for value in self._cells(head.cells)}
        for other in self.shape.tables:
            row = focus.first(other.name)
            if row is None or other.name == table or other.key == self.shape.hub or other.name in self.shape.hands:
                continue
            shared = [c for c in row.cells if c in head.cells and self._types[c] in ("id", "name")]
            if shared and all(row.cells[c] == head.cells[c] for c in shared):
                for value in self._cells(row.cells):
                    values.setdefault(value.column, value)
        return self._form("inform", "pairs", pairs(values.values())) if values else None

    def _cells(self, cells: Mapping[str, Scalar]) -> Sequence[Value]:
        return [
            self._value(value, self._names[column], column)
            for column, value in cells.items()
            if value is not None and self._types[column] != "id"
        ]

    def _value(self, value: Scalar, name: str, column: str) -> Value:
        kind = self._types.get(column) or self.pack.domain.types.get(column, "text")
        if kind in ("text", "enum") and not isinstance(value, str):
            kind = "number"
        return Value(value, kind, self.pack.domain.label(name if name != bare(column) else bare(column)), column)

    def _key(self, table: str) -> str:
        return next(t.key for t in self.shape.tables if t.name == table)


def _tables(pack: Pack, shape: Shape, rule: str) -> tuple[str, ...]:
    """The tables that the tools governed by a rule refer to: what its facts are looked up in first."""
    keys = {table.key: table.name for table in shape.tables if table.key}
    found: dict[str, None] = {}
    for name in pack.domain.rules[rule].governs:
        tool = pack.domain.tools.get(name)
        for _, column in tool.refers if tool else ():
            if column in keys and column != shape.hub:
                found[keys[column]] = None
    return tuple(found)
