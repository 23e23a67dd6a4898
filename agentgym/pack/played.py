"""Played tools of a pack: what their specification has to say, and the recordings that the pack brings along."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG

import apsw
from msgspec import structs

from agentgym.errors import PackError, did_you_mean
from agentgym.tool import Part, Tool, ToolSpec, parse_recording
from agentgym.world import Schema
from agentgym.world.sql import check, parameters

__all__ = ["MAX_SHIPPED", "RECORDINGS", "check_played", "read_bytes", "read_shipped", "with_result"]

RECORDINGS = "recordings.jsonl"
"""The file of a pack that holds its recordings."""
MAX_SHIPPED = 32 << 20
"""Bytes of that file at most."""
_SCALARS = ("string", "integer", "number")


def with_result(spec: ToolSpec) -> ToolSpec:
    """The tool with the types of its columns, as `result` declares them."""
    kinds = {name: p.refers_to or p.semantic for name, p in spec.result.items()}
    return structs.replace(spec, columns={name: kind for name, kind in kinds.items() if kind})


def check_played(db: apsw.Connection, schema: Schema, spec: ToolSpec, file: str, line: int) -> None:
    """Refuse a tool without one body, and one with `model` or `replay` that does not fit. Raises PackError."""
    wrong = _wrong(spec)
    if not wrong:
        for name, field in spec.result.items():
            if field.refers_to and field.refers_to not in schema.canonical:
                near = did_you_mean(field.refers_to, schema.canonical)
                wrong = f"`result`: {name} refers to unknown column {field.refers_to}.{near}"
            elif field.type not in _SCALARS or field.free:
                wrong = f"`result`: {name} is {field.type}; expected one of {', '.join(_SCALARS)}, and never `free`"
    if wrong:
        raise PackError(f"tool {spec.name}: {wrong}", file=file, line=line)
    for sql in spec.sees.values():
        check(db, sql, "read", file=file, line=line)
        unknown = parameters(sql) - set(spec.parameters)
        if unknown:
            message = f"tool {spec.name}: SQL uses unknown parameters {sorted(unknown)}"
            raise PackError(message, file=file, line=line)


def _wrong(spec: ToolSpec) -> str:
    if not spec.played:
        if bool(spec.python) == bool(spec.sql or spec.returns):
            return "expected `sql` and `returns`, or `python`, or `model` or `replay`"
        given = [name for name in ("result", "sees", "unrecorded") if getattr(spec, name)]
        return f"`{given[0]}` is for tools with `model` or `replay`" if given else ""
    if spec.python or spec.sql or spec.returns:
        return "`model` and `replay` stand in place of `python`, `sql` and `returns`"
    if spec.effect != "read" or spec.ends or spec.seat != "assistant":
        return "what a model says changes no world: `model` and `replay` are for the assistant's tools that read"
    if spec.shape == "none" or not spec.result:
        return "expected `result`, the fields of an answer, and a `shape` of one or many"
    if spec.columns or spec.report or spec.requested_by:
        return "`columns`, `report` and `requested_by` do not go with `model` and `replay`; `result` types the fields"
    return "" if spec.unrecorded is None or spec.replay else "`unrecorded` is for tools with `replay`"


def read_bytes(path: Path, name: str) -> bytes:
    """The recordings of a pack; nothing where there is no such file. Raises PackError."""
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise PackError("not a regular file", file=name)
        if status.st_size > MAX_SHIPPED:
            raise PackError(f"larger than {MAX_SHIPPED} bytes", file=name)
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as trouble:
        raise PackError(f"cannot be read: {trouble.strerror}", file=name) from None


def read_shipped(data: bytes, name: str, tools: Mapping[str, Tool], parts: Mapping[str, Part]) -> dict[bytes, bytes]:
    """Key -> JSON of the answer, of a pack's recordings that are about its tools as they are now.

    Raises:
        PackError: a line is no recording, is of another tool, or its answer does not fit; or all recordings of a tool
            with `replay` are of an older version of it.
    """
    out: dict[bytes, bytes] = {}
    kept: set[str] = set()
    seen: set[str] = set()
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found, key, answer = parse_recording(line)
        except ValueError as trouble:
            raise PackError(str(trouble), file=name, line=number) from None
        part = parts.get(found.tool)
        if part is None:
            near = did_you_mean(found.tool, parts)
            known = "is not played: it has neither `model` nor `replay`" if found.tool in tools else "is not there"
            raise PackError(f"a recording of {found.tool!r:.80}, which {known}.{near}", file=name, line=number)
        seen.add(found.tool)
        if found.contract != part.contract:
            continue  # of the tool as it once was: nobody asks for it
        problem = part.problem(found.answer)
        if problem:
            raise PackError(f"the answer does not fit {found.tool}: {problem}", file=name, line=number)
        kept.add(found.tool)
        out.setdefault(key, answer)
    for tool in sorted(seen - kept):
        if parts[tool].spec.replay:
            raise PackError(f"no recording of {tool} as it is now: what it asks for changed; record again", file=name)
    return out
