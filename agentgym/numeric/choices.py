"""What can be done: the numbered choices of a pack, and calls with arguments bound by type from what is known.

An argument that refers to a column takes the value of a candidate row or of a fact; an enumeration gives one choice for
each value; a plain argument takes what fits it best by column, name and type; an amount may be the sum of a column over
the rows of one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from msgspec import Struct

from agentgym.numeric.codes import minute_of
from agentgym.numeric.focus import SLOTS, Focus
from agentgym.numeric.memory import Memory
from agentgym.numeric.shape import Shape, Table, bare
from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.types import Fact, Scalar

__all__ = ["Bound", "Choice", "Form", "Sum", "bind", "choices_of", "sums_of"]

_MOST_FORMS = 24
_MOST_SUMS = 10


class Sum(Struct, frozen=True):
    """A sum of one column over the known rows of a table with a value in an enumeration, due before or after today."""

    table: str
    column: str
    where: str = ""
    value: str = ""
    when: str = ""
    """Column of a day, or empty."""
    past: bool = True


class Form(Struct, frozen=True):
    """One way to call a tool: for each argument, which candidate, constant or sum it takes; None for what fits best."""

    tool: str
    parts: tuple[tuple[str, int | str | Sum | None], ...]


class Choice(Struct, frozen=True):
    """One numbered choice. `kind`: finish, tell, proceed, wait, ask, request, refuse, inform, call, confirm."""

    kind: str
    name: str = ""
    """The fact, tool, rule or table in question."""
    form: Form | None = None


class Bound(Struct):
    """A form with its arguments; `rows` are the candidates they come from, by table."""

    arguments: dict[str, Any]
    rows: list[tuple[str, Mapping[str, Scalar]]]


# --- the list of choices --------------------------------------------------------------------------------------------


def choices_of(pack: Pack, shape: Shape) -> list[Choice]:
    """All choices of a pack, in a fixed order."""
    out = [Choice("finish"), Choice("tell"), Choice("proceed")]
    out += [Choice("ask", name) for name in shape.facts]
    out += [Choice("request", name) for name in shape.hands]
    out += [Choice("refuse", rule) for rule in shape.rules]
    out += [Choice("inform", table.name) for table in shape.tables if table.name not in shape.hands]
    for tool in pack.tools.values():
        forms = _forms(tool, shape)
        if tool.spec.python:
            out += [Choice("wait", tool.name, form) for form in forms[:1] if "minutes" in tool.spec.parameters]
            continue
        out += [Choice("call", tool.name, form) for form in forms]
        if tool.writes and not tool.ends:
            out += [Choice("confirm", tool.name, form) for form in forms]
    return out


def _forms(tool: Tool, shape: Shape) -> list[Form]:
    parameters = {name: p for name, p in tool.spec.parameters.items() if not p.free}
    required = [name for name, p in parameters.items() if not p.optional]
    optional = [name for name, p in parameters.items() if p.optional]
    sets = [required, *([*required, name] for name in optional)]
    varied = _varied(tool, shape)
    out: dict[Form, None] = {}
    for names in sets:
        options = [_options(tool, name, shape, name == varied) for name in names]
        for combination in product(*options):
            out[Form(tool.name, tuple(zip(names, combination, strict=True)))] = None
    return list(out)[:_MOST_FORMS]


def _varied(tool: Tool, shape: Shape) -> str:
    """The argument whose candidates are told apart: the last that names a row other than whom it is all about."""
    keys = {table.key for table in shape.tables if table.key}
    found = [name for name, column in tool.refers if column in keys and column != shape.hub]
    required = [name for name in found if not tool.spec.parameters[name].optional]
    return (required or found or [""])[-1]


def _options(tool: Tool, name: str, shape: Shape, varied: bool) -> Sequence[int | str | Sum | None]:
    parameter = tool.spec.parameters[name]
    if parameter.enum:
        return list(parameter.enum)
    if parameter.type == "boolean":
        return ["true", "false"]
    if varied:
        return list(range(SLOTS))
    if tool.writes and parameter.semantic == "money" and not parameter.refers_to:
        return [None, *sums_of(shape)]
    return [None]


def sums_of(shape: Shape) -> list[Sum]:
    """The sums that an amount may be: of a money column, over all rows or those of one status, due or not yet due."""
    plain: list[Sum] = []
    for table in shape.tables:
        if not _is_list(table, shape):
            continue
        for column in table.columns:
            if column.type == "money":
                plain += _sums(table, column.id)
    return plain[:_MOST_SUMS]


def _is_list(table: Table, shape: Shape) -> bool:
    return any(shape.table_of.get(tool) == table.name for tool in shape.reads)


def _sums(table: Table, column: str) -> list[Sum]:
    days = [c.id for c in table.columns if c.type in ("date", "datetime")][:1]
    kinds = sorted((c for c in table.columns if c.values), key=lambda c: c.name != "status")[:1]
    out = [Sum(table.name, column)]
    for kind in kinds:
        out += [Sum(table.name, column, kind.id, value) for value in kind.values]
        out += [Sum(table.name, column, kind.id, v, day, past) for day in days for v in kind.values for past in (True, False)]
    return out


# --- binding --------------------------------------------------------------------------------------------------------


def bind(form: Form, tool: Tool, memory: Memory, focus: Focus, shape: Shape) -> Bound | None:
    """The arguments of a form from what is known; None where something is not known or does not fit."""
    arguments: dict[str, Any] = {}
    rows: list[tuple[str, Mapping[str, Scalar]]] = []
    refers = dict(tool.refers)
    for name, part in form.parts:
        if name in refers:
            value = _referred(refers[name], part if isinstance(part, int) else 0, memory, focus, shape, rows)
        elif isinstance(part, str):
            value = part if tool.spec.parameters[name].type != "boolean" else part == "true"
        elif isinstance(part, Sum):
            value = total(part, memory)
        else:
            value = _plain(name, tool, memory, focus, shape)
        value = _fitting(value, tool, name)
        if value is None:
            return None
        arguments[name] = value
    if tool.arguments.problem(arguments):
        return None
    return Bound(arguments, rows)


def _referred(
    column: str, place: int, memory: Memory, focus: Focus, shape: Shape, rows: list[tuple[str, Mapping[str, Scalar]]]
) -> Scalar:
    for table in shape.tables:
        if table.key == column:
            found = focus.candidates[table.name]
            if place < len(found):
                rows.append((table.name, found[place].cells))
                return found[place].cells.get(column)
            if place == 0:
                break
            return None
    said = [(when, fact.value) for fact, when in memory.facts.values() if fact.column == column]
    return max(said)[1] if said else focus.cell(column)


def _plain(name: str, tool: Tool, memory: Memory, focus: Focus, shape: Shape) -> Scalar:
    """What fits an argument that refers to nothing: by column first, then by name, then by type; lately said before."""
    parameter = tool.spec.parameters[name]
    columns = shape.columns_of.get(tool.name, ())
    own = next((c for c in columns if bare(c) == name), "")
    kind = parameter.semantic or ("number" if parameter.type in ("integer", "number") else "text")
    best: tuple[float, int, Scalar] | None = None
    for fact, when in memory.facts.values():
        score = _fit(fact, name, own, kind, columns)
        if score >= 2 and (best is None or (score, when) > best[:2]):
            best = (score, when, fact.value)
    if best is not None and best[0] >= 3:
        return best[2]
    for table in shape.tables:
        head = focus.first(table.name)
        for column in table.columns if head else ():
            if tool.writes and shape.table_of.get(tool.name) == table.name:
                continue  # what stands there already is not what is to be written
            alike = column.id == own if own and not tool.writes else bare(column.id) == name
            value = head.cells.get(column.id) if head and alike else None
            if value is not None and (best is None or best[0] < 3):
                best = (3.0, 0, value)
    return best[2] if best is not None else None


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
    """The value in the argument's form: the day of a moment, a list of one, a number within its bounds."""
    parameter = tool.spec.parameters[name]
    if value is None:
        return None
    if parameter.semantic == "date" and isinstance(value, str):
        return value[:10]
    if parameter.type == "array":
        return [value]
    if parameter.type == "string" and not isinstance(value, str):
        return None
    return value


def total(of: Sum, memory: Memory) -> int | None:
    """A sum over the known rows; None where there are none."""
    found: list[int] = []
    for row in memory.rows[of.table].values():
        cells = row.cells
        amount = cells.get(of.column)
        if not isinstance(amount, int) or (of.where and cells.get(of.where) != of.value):
            continue
        if of.when:
            moment = minute_of(cells.get(of.when))
            today = memory.now // 1440 * 1440
            if moment is None or (moment < today) != of.past:
                continue
        found.append(amount)
    return sum(found) if found else None
