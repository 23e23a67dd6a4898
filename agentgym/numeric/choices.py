"""What can be done: the numbered choices of a pack.

A tool gives several: one for each value of an enumeration, for each of the first candidates of the rows it is about,
with and without each optional argument, and for each sum that an amount may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from msgspec import Struct

from agentgym.numeric.focus import SLOTS
from agentgym.numeric.shape import Shape, Table, bare
from agentgym.pack import Pack
from agentgym.tool import Tool
from agentgym.tool.fault import RATE_LIMIT_MINUTES
from agentgym.types import Scalar

__all__ = ["Choice", "Form", "Sum", "choices_of", "summed", "sums_of", "told_apart"]

_MOST_FORMS = 24
_MOST_SUMS = 8


class Sum(Struct, frozen=True):
    """A sum of one column over the known rows of a table with a value in an enumeration, due before or after today."""

    table: str
    column: str
    where: str = ""
    value: Scalar = ""
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

    @property
    def text(self) -> str:
        """The choice in words."""
        parts = [f"{name}={_shown(part)}" for name, part in self.form.parts] if self.form else []
        return " ".join(filter(None, (self.kind, self.name))) + (f"({', '.join(parts)})" if parts else "")


def _shown(part: int | str | Sum | None) -> str:
    if isinstance(part, Sum):
        kind = f", {bare(part.where)} {part.value}" if part.where else ""
        day = f", {bare(part.when)} {'past' if part.past else 'to come'}" if part.when else ""
        return f"sum of {part.column}{kind}{day}"
    return "known" if part is None else f"candidate {part + 1}" if isinstance(part, int) else part


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
            if "minutes" in tool.spec.parameters:
                out.append(Choice("wait", tool.name, Form(tool.name, (("minutes", str(RATE_LIMIT_MINUTES)),))))
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


def told_apart(choices: Sequence[Choice], pack: Pack, shape: Shape) -> set[str]:
    """The tables of which some choice takes another than the first candidate."""
    keys = {table.key: table.name for table in shape.tables if table.key}
    out: set[str] = set()
    for choice in choices:
        for name, part in choice.form.parts if choice.form else ():
            if isinstance(part, int) and part:
                out.add(keys[dict(pack.tools[choice.name].refers)[name]])
    return out


def _options(tool: Tool, name: str, shape: Shape, varied: bool) -> Sequence[int | str | Sum | None]:
    parameter = tool.spec.parameters[name]
    if parameter.enum:
        return list(parameter.enum)
    if parameter.type == "boolean":
        return ["true", "false"]
    if varied:
        return list(range(SLOTS))
    kind = parameter.semantic or ("number" if parameter.type in ("integer", "number") else "text")
    summed = kind == "money" if tool.writes else kind in ("money", "number") and tool.ends == "answered"
    return [None, *sums_of(shape, kind)] if summed and not parameter.refers_to else [None]


def sums_of(shape: Shape, kind: str) -> list[Sum]:
    """The sums that an amount may be: of a column of that type, over all rows or one status, due or not yet due."""
    listed = [table for table in shape.tables if _is_list(table, shape)]
    found = [_sums(table, column.id) for table in listed for column in table.columns if column.type == kind]
    return [one[i] for i in range(_MOST_SUMS) for one in found if i < len(one)][:_MOST_SUMS]


def summed(choices: Sequence[Choice]) -> list[Sum]:
    """The sums that some choice takes, each once."""
    parts = [part for choice in choices if choice.form for _, part in choice.form.parts]
    return list(dict.fromkeys(part for part in parts if isinstance(part, Sum)))


def _is_list(table: Table, shape: Shape) -> bool:
    return any(shape.table_of.get(tool) == table.name for tool in shape.reads)


def _sums(table: Table, column: str) -> list[Sum]:
    days = [c.id for c in table.columns if c.type in ("date", "datetime")][:1]
    kinds = sorted((c for c in table.columns if c.values), key=lambda c: c.name != "status")[:1]
    out = [Sum(table.name, column)]
    for kind in kinds:
        out += [Sum(table.name, column, kind.id, value, day) for day in days for value in kind.values]
        out += [Sum(table.name, column, kind.id, value) for value in kind.values]
        out += [Sum(table.name, column, kind.id, value, day, past=False) for day in days for value in kind.values]
    return out
