"""Tools that are played: a recording answers, or a language model does, once.

What an answer may rest on is its contract, the state that the tool sees and the arguments; under these three it is
recorded, and whoever asks the same again reads the recording. What a model says, and what a file holds, is untrusted:
it is checked against the tool's `result` every time that it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

import msgspec
from msgspec import Struct

from agentgym.errors import AgentGymError, BudgetError, UnansweredError, UsageError
from agentgym.tool.arguments import Arguments, parameters_schema
from agentgym.tool.recordings import Recording, Recordings, key_of
from agentgym.tool.spec import ToolSpec
from agentgym.world import Schema, World
from agentgym.world.sql import origins

__all__ = ["MAX_ROWS", "Part", "Played", "PlaysTools", "Question"]

MAX_ROWS = 50
"""Rows that a `many` tool answers at most."""
MAX_SEEN = 200_000
"""Bytes of JSON that a model is shown of the world at most."""


class Question(Struct, frozen=True):
    """One call of a tool, for a model to answer."""

    tool: str
    description: str
    instructions: str
    """The tool's `model`."""
    parameters: dict[str, Any]
    """JSON Schema of the arguments."""
    result: dict[str, Any]
    """JSON Schema of the answer."""
    sees: dict[str, Any]
    """Name -> rows, each a dict by column."""
    arguments: dict[str, Any]
    """What the caller wrote: untrusted text in it is data."""
    problem: Callable[[object], str]
    """What is wrong with an answer, in words; empty when nothing is."""


class PlaysTools(Protocol):
    """Whoever plays tools: `agentgym.llm.ToolModel`, or a function in a test."""

    name: str
    """Who it is, for the recordings."""

    def answer(self, question: Question) -> object:
        """JSON data that fits `question.result`. Raises ServerError or UnansweredError where there is none."""
        ...


class Part:
    """A tool's part: what it is asked by, what it sees, and what fits as an answer.

    Args:
        pack: name of the pack.
        spec: a tool with `model` or `replay`.
    """

    def __init__(self, pack: str, spec: ToolSpec, schema: Schema) -> None:
        self.spec, self._schema = spec, schema
        rests = {
            "name": spec.name, "description": spec.description, "parameters": spec.parameters, "shape": spec.shape,
            "model": spec.model, "result": spec.result, "sees": spec.sees,
        }  # fmt: skip
        self.contract = hashlib.sha256(msgspec.json.encode([pack, rests], order="deterministic")).hexdigest()
        """SHA-256 of all that an answer may rest on beside state and arguments."""
        self._many = spec.shape == "many"
        self._fields = ToolSpec("result", "", parameters=spec.result)
        self._check = Arguments(self._fields)
        self._arrays = [name for name, p in spec.parameters.items() if p.type == "array"]
        self._whole = [name for name, p in spec.result.items() if p.type == "integer"]
        self._known = [
            (name, *schema.canonical[p.refers_to].split(".", 1)) for name, p in spec.result.items() if p.refers_to
        ]

    @property
    def result(self) -> dict[str, Any]:
        """The JSON Schema of an answer."""
        row = parameters_schema(self._fields)
        return {"type": "array", "items": row, "maxItems": MAX_ROWS} if self._many else row

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Bound arguments as JSON data, absent ones null."""
        out = dict(values)
        for name in self._arrays:
            if out[name] is not None:
                out[name] = msgspec.json.decode(out[name])
        return out

    def seen(self, world: World, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the tool sees: rows by name. Raises BudgetError when that is too much to be shown."""
        if self.spec.sees:
            out: dict[str, Any] = {name: _rows(world, sql, values) for name, sql in self.spec.sees.items()}
        else:
            tables = self._schema.tables.values()
            out = {"now": world.clock, **{table.name: _rows(world, table.everything, {}) for table in tables}}
        if len(msgspec.json.encode(out)) > MAX_SEEN:
            raise BudgetError(f"{self.spec.name} sees more than {MAX_SEEN} bytes; narrow its `sees`")
        return out

    def state(self, world: World, values: Mapping[str, Any]) -> str:
        """The digest of what the tool sees: of the whole world where it has no `sees`."""
        if not self.spec.sees:
            return world.digest()
        return hashlib.sha256(msgspec.json.encode(self.seen(world, values))).hexdigest()

    def problem(self, answer: object, world: World | None = None) -> str:
        """What is wrong with an answer; with a world, also whether the ids in it are ids of that world."""
        if self._many:
            if not isinstance(answer, list):
                return f"expected a list of objects, found {type(answer).__name__}"
            rows = cast(list[object], answer)
            if len(rows) > MAX_ROWS:
                return f"expected at most {MAX_ROWS} rows, found {len(rows)}"
        else:
            rows = [answer]
        for row in rows:
            if not isinstance(row, dict):
                return f"expected an object, found {type(row).__name__}"
            found = self._check.problem(self._present(cast(dict[str, Any], row)))
            if found or (world is not None and (found := self._invented(cast(dict[str, Any], row), world))):
                return found
        return ""

    def plain(self, answer: object) -> dict[str, Any] | list[dict[str, Any]]:
        """An answer without problems as it is recorded: fields in order, absent ones left out, whole numbers whole."""
        rows = cast(list[dict[str, Any]], answer if self._many else [answer])
        found = [dict(zip(self.spec.result, cells, strict=True)) for cells in self.cells(rows)]
        kept = [{name: value for name, value in row.items() if value is not None} for row in found]
        return kept if self._many else kept[0]

    def cells(self, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        """Rows of an answer by the order of `result`, absent fields None."""
        whole = self._whole
        return [
            tuple(int(v) if (v := row.get(n)) is not None and n in whole else v for n in self.spec.result)
            for row in rows
        ]

    def _present(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row without the optional fields that are null."""
        fields = self.spec.result
        return {n: v for n, v in row.items() if v is not None or n not in fields or not fields[n].optional}

    def _invented(self, row: Mapping[str, Any], world: World) -> str:
        for name, table, column in self._known:
            value = row.get(name)
            sql = f'SELECT 1 FROM "{table}" WHERE "{column}" = :value'
            if value is not None and world.scalar(sql, {"value": value}) is None:
                return f"`{name}`: there is no {table}.{column} {str(value)[:60]!r}"
        return ""


class Played:
    """Who plays a tool: the pack's own recordings first, then the caller's, then a model, which is recorded.

    Args:
        shipped: key -> JSON of the answer, of the recordings in the pack's folder.
        recordings: the caller's.
        model: asked once for what is not recorded. A tool with `replay` asks nobody beside its pack.
    """

    def __init__(
        self,
        part: Part,
        shipped: Mapping[bytes, bytes],
        recordings: Recordings | None = None,
        model: PlaysTools | None = None,
    ) -> None:
        self.part, self.shipped, self.model = part, shipped, model
        self.recordings = Recordings() if recordings is None and model is not None else recordings

    def rows(self, world: World, values: Mapping[str, Any]) -> list[tuple[Any, ...]] | None:
        """The rows of the answer to a call with bound arguments, cells in the order of `result`; None where a tool
        with `unrecorded` has no recording.

        Raises:
            UnansweredError: there is no answer, or it does not fit.
            ServerError: the model's server failed.
        """
        part = self.part
        arguments = part.arguments(values)
        state = part.state(world, values)
        key = key_of(part.contract, state, arguments)
        found = self.shipped.get(key)
        if found is None and not part.spec.replay and self.recordings is not None:
            model = self.model
            try:
                if model is None:
                    found = self.recordings.find(key)
                else:
                    found = self.recordings.once(key, lambda: self._ask(model, state, arguments, world, values))
            except UsageError as trouble:  # the file was spoiled meanwhile
                raise UnansweredError(str(trouble)) from None
        if found is None:
            if part.spec.unrecorded is not None:
                return None
            raise UnansweredError(self._missing())
        answer: Any = msgspec.json.decode(found)
        problem = part.problem(answer, world)
        if problem:
            raise UnansweredError(f"what is recorded does not fit: {problem}")
        return part.cells(answer if isinstance(answer, list) else [answer])  # pyright: ignore[reportUnknownArgumentType]

    def _ask(
        self, model: PlaysTools, state: str, arguments: dict[str, Any], world: World, values: Mapping[str, Any]
    ) -> Recording:
        part, spec = self.part, self.part.spec
        question = Question(
            spec.name, spec.description, spec.model, parameters_schema(spec), part.result, part.seen(world, values),
            arguments, lambda answer: part.problem(answer, world),
        )  # fmt: skip
        try:
            answer = model.answer(question)
        except AgentGymError:
            raise
        except Exception as trouble:  # never the caller's mistake, whatever it is
            raise UnansweredError(f"{model.name}: {type(trouble).__name__}: {str(trouble)[:200]}") from trouble
        problem = part.problem(answer, world)
        if problem:
            raise UnansweredError(f"the answer of {model.name} does not fit: {problem}")
        return Recording(spec.name, part.contract, state, arguments, part.plain(answer), model.name[:200])

    def _missing(self) -> str:
        if self.part.spec.replay:
            return "the pack has no recording for these arguments in this state; give the tool an `unrecorded` answer"
        return "nothing is recorded for these arguments in this state, and there is no model to ask; give " + (
            "--tool-model, or more --recordings" if self.recordings is not None else "--tool-model or --recordings"
        )


def _rows(world: World, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = _names(world, sql)
    return [dict(zip(names, row, strict=True)) for row in world.query(sql, values)]


def _names(world: World, sql: str) -> tuple[str, ...]:
    cache: dict[str, Any] = world.image.cache.setdefault("origins", {})
    if sql not in cache:
        cache[sql] = origins(world.image.db, sql)
    return tuple(name for name, _ in cache[sql])
