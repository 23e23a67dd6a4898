"""One tool, compiled: a call on a world becomes a result or a typed error, all of it or nothing."""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import apsw
import msgspec
from msgspec import Struct

from agentgym.errors import AgentGymError, BudgetError
from agentgym.tool.arguments import Arguments, parameters_schema
from agentgym.tool.played import MAX_ROWS, Played
from agentgym.tool.spec import RuleSpec, ToolSpec
from agentgym.types import Change
from agentgym.world import Schema, World
from agentgym.world.sql import origins

__all__ = ["Result", "Tool"]


class Result(Struct):
    """What one call gave: `value` is what the caller reads, `error` the code when it failed, `rows` the plain rows."""

    value: Any
    error: str | None = None
    changes: tuple[Change, ...] = ()
    rows: list[tuple[Any, ...]] = []


_UNFIT = (ValueError, TypeError, OverflowError, apsw.SQLError, apsw.TooBigError, apsw.MismatchError, apsw.RangeError)
"""What checked SQL raises for some values only: no moment, too long a pattern, an overflow, malformed JSON."""


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message


class Tool:
    """A compiled tool. `names` and `columns` describe its result: names, and canonical `table.column` or empty."""

    altered = False
    """Whether it is shown otherwise than it is."""
    renamed = False
    """Whether it or a parameter of it is shown under another name."""

    def __init__(
        self,
        spec: ToolSpec,
        schema: Schema,
        result_columns: tuple[tuple[str, str], ...] = (),
        rules: tuple[tuple[str, RuleSpec], ...] = (),
    ) -> None:
        self.spec, self.name, self.rules = spec, spec.name, rules
        self.shown = spec.name
        """What the assistant calls it."""
        self.writes = spec.effect != "read"
        self.ends = spec.ends
        self.arguments = Arguments(spec)
        self.names = tuple(name for name, _ in result_columns)
        self.columns = tuple(
            schema.canonical.get(spec.columns.get(name, origin), "") if "." in spec.columns.get(name, origin) else ""
            for name, origin in result_columns
        )
        self.refers = tuple(
            (name, schema.canonical[parameter.refers_to])
            for name, parameter in spec.parameters.items()
            if parameter.refers_to and not parameter.free
        )
        self._absent = {name: None for name, parameter in spec.parameters.items() if parameter.optional}
        self._arrays = tuple(name for name, p in spec.parameters.items() if p.type == "array")
        self._single = spec.shape == "one"
        self._body: Callable[[World, Mapping[str, Any]], Any] | None = _resolve(spec.python) if spec.python else None
        self.played: Played | None = None
        """Who answers in place of `returns`; None for a tool that computes."""

    @property
    def openai(self) -> dict[str, Any]:
        """The OpenAI tool dict."""
        function = {
            "name": self.name,
            "description": self.spec.description,
            "parameters": parameters_schema(self.spec),
        }
        return {"type": "function", "function": function}

    def played_by(self, played: Played) -> Tool:
        """The same tool, answered by somebody else."""
        twin = copy.copy(self)
        twin.played = played
        return twin

    def own(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Checked arguments by the tool's own names."""
        return arguments

    def bind(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Arguments as SQL parameters: absent optional ones NULL, arrays as JSON text."""
        if not self._absent and not self._arrays:
            return arguments
        values = {**self._absent, **arguments}
        for name in self._arrays:
            if values[name] is not None:
                values[name] = msgspec.json.encode(values[name]).decode()
        return values

    def run(self, world: World, arguments: Mapping[str, Any]) -> Result:
        """Check the arguments and call the tool. Never raises for what the caller did."""
        problem = self.arguments.problem(arguments)
        return error("invalid_arguments", problem) if problem else self.execute(world, self.bind(arguments))

    def execute(self, world: World, values: Mapping[str, Any]) -> Result:
        """Call the tool with checked and bound arguments. A body that breaks its bounds raises BudgetError."""
        if not self.writes:
            world.refill()
            try:
                self._guard(world, values)
                return self._answer(world, values)
            except _Refused as refused:
                return error(refused.code, refused.message)
            except _UNFIT as trouble:
                return _unfit(trouble)
        return self._write(world, values)

    def _write(self, world: World, values: Mapping[str, Any]) -> Result:
        world.begin()
        try:
            self._guard(world, values)
            for statement in self.spec.sql:
                world.write(statement, values)
            result = self._answer(world, values)
        except _Refused as refused:
            world.undo()
            return error(refused.code, refused.message)
        except apsw.ConstraintError as trouble:
            world.undo()
            return error("conflict", f"this would break the records: {_constraint(trouble)}")
        except _UNFIT as trouble:
            world.undo()
            return _unfit(trouble)
        except BaseException:
            world.undo()
            raise
        result.changes = world.commit()
        return result

    def _guard(self, world: World, values: Mapping[str, Any]) -> None:
        execute = world.cursor.execute
        for guard in self.spec.require:
            try:
                row = execute(guard.sql, values).fetchone()
            except apsw.InterruptError:
                raise BudgetError(f"a requirement of {self.name} took too many operations") from None
            if row is None or not row[0]:
                raise _Refused(guard.code, _fill(guard.else_, {**values, **_shown(world, guard.shows, values)}))

    def _answer(self, world: World, values: Mapping[str, Any]) -> Result:
        if self._body is not None:
            value = self._body(world, values)
            if isinstance(value, dict) and "error" in value:
                raise _Refused(**cast(dict[str, Any], value)["error"])
            return Result(value)
        if self.spec.returns is not None:
            rows = world.query(self.spec.returns, values)
        elif self.played is not None:
            rows = self._ask(self.played, world, values)
        else:
            return Result({"ok": True})
        names = self.names
        if self._single:
            if not rows:
                raise _Refused("not_found", "nothing was found for these arguments")
            return Result(dict(zip(names, rows[0], strict=True)), rows=rows[:1])
        rows = rows[:MAX_ROWS]
        return Result([dict(zip(names, row, strict=True)) for row in rows], rows=rows)

    def _ask(self, played: Played, world: World, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        rows = played.rows(world, values)
        if rows is None:
            otherwise = self.spec.unrecorded
            assert otherwise is not None, "a tool without it raises"
            raise _Refused(otherwise.code, _fill(otherwise.else_, values))
        return rows


def error(code: str, message: str) -> Result:
    """A failed call: the caller reads the code and what was wrong."""
    return Result({"error": {"code": code, "message": message}}, error=code)


def _unfit(trouble: Exception) -> Result:
    return error("invalid_arguments", f"this cannot be computed for these arguments: {str(trouble)[:160]}")


def _shown(world: World, sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the row that a refusal speaks of."""
    if not sql:
        return {}
    names, rows = [name for name, _ in origins(world.image.db, sql)], world.query(sql, values)
    row = rows[0] if rows else [None] * len(names)
    return {name: "unknown" if cell is None else cell for name, cell in zip(names, row, strict=True)}


def _fill(sentence: str, values: Mapping[str, Any]) -> str:
    """The sentence with its places filled, once: what stands in a value is no place."""
    return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], place[0]))[:100], sentence)


def _constraint(trouble: apsw.ConstraintError) -> str:
    return str(trouble).removeprefix("ConstraintError: ")[:160]


def _resolve(name: str) -> Callable[[World, Mapping[str, Any]], Any]:
    module, _, attribute = name.partition(":")
    if module != "agentgym.bodies":
        raise AgentGymError(f"a Python body lives in agentgym.bodies, found {name}")
    found = getattr(importlib.import_module(module), attribute, None)
    if not callable(found):
        raise AgentGymError(f"no Python body {name}")
    return found
