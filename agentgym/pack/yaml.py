"""Reading YAML as data: JSON's values only, bounded, every error with file and line."""

# PyYAML's loader has no complete types:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
from __future__ import annotations

import re
from collections.abc import Hashable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import Any, TypeVar

import msgspec
import yaml

from agentgym.errors import PackError, did_you_mean

__all__ = ["MAX_BYTES", "read", "read_as", "text"]

MAX_BYTES = 2_000_000
T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of JSON: `no` and `09:30` and `2026-03-09` are words; no anchors, no tags of its own."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012  PyYAML's own protocol

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(
                None, None, "aliases (*name) are not allowed", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "keys are plain words", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", list("tf")),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("tag:yaml.org,2002:float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def text(path: Path, name: str) -> str:
    """A file's text, UTF-8, at most 2 MB. `name` is how errors call it."""
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise PackError("not a regular file", file=name)
        if status.st_size > MAX_BYTES:
            raise PackError(f"larger than {MAX_BYTES} bytes", file=name)
        data = path.read_bytes()
    except FileNotFoundError:
        raise PackError("missing file", file=name) from None
    except OSError as trouble:
        raise PackError(f"cannot be read: {trouble.strerror}", file=name) from None
    try:
        found = data.decode("utf-8")
    except UnicodeDecodeError as trouble:
        line = data.count(b"\n", 0, trouble.start) + 1
        raise PackError(
            f"not UTF-8 text: {trouble.reason} {data[trouble.start : trouble.start + 4]!r}", file=name, line=line
        ) from None
    if "\0" in found:
        raise PackError("a NUL character", file=name, line=found.count("\n", 0, found.index("\0")) + 1)
    return found.replace("\r\n", "\n")


@lru_cache(maxsize=64)
def _compose(source: str, name: str) -> tuple[Any, Any]:
    """The data and the nodes of a text, which nobody changes; of packs that differ in one file the rest is known."""
    loader = None
    try:
        loader = _Loader(source)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as trouble:
        mark = trouble.problem_mark or trouble.context_mark
        line = mark.line + 1 if mark else 0
        raise PackError(f"not plain YAML: {trouble.problem or trouble.context}", file=name, line=line) from None
    except yaml.reader.ReaderError as trouble:
        line = source.count("\n", 0, trouble.position) + 1
        raise PackError(f"not plain YAML: the character {trouble.character!r}", file=name, line=line) from None
    except RecursionError:
        line = loader.line + 1 if loader is not None else 0
        raise PackError("not plain YAML: nested too deeply", file=name, line=line) from None
    except (yaml.YAMLError, ValueError) as trouble:
        raise PackError(f"not plain YAML: {str(trouble)[:200]}", file=name) from None
    finally:
        if loader is not None:
            loader.dispose()
    return data, node


def read(path: Path, name: str) -> Any:
    """A YAML file as plain data of one's own."""
    return deepcopy(_compose(text(path, name), name)[0])


def read_as(path: Path, name: str, type_: type[T]) -> tuple[T, Lines]:
    """A YAML file as a struct, and where its parts stand."""
    data, node = _compose(text(path, name), name)
    lines = Lines(node, name)
    try:
        return msgspec.convert(data, type_), lines
    except msgspec.ValidationError as trouble:
        message, _, where = str(trouble).partition(" - at `")
        where = where.rstrip("`")
        unknown = re.match(r"Object contains unknown field `(.*)`", message)
        if unknown:
            known = _fields(type_, where)
            near = did_you_mean(unknown[1], known)
            message = f"no field `{unknown[1]}`.{near} There are: {', '.join(known)}"
            raise PackError(
                f"{message} (at {where or '$'})", file=name, line=lines.of(f"{where or '$'}.{unknown[1]}")
            ) from None
        raise PackError(f"{message} (at {where or '$'})", file=name, line=lines.of(where)) from None


def _fields(type_: Any, path: str) -> tuple[str, ...]:
    """Field names of the struct that stands at a path of msgspec's."""
    info: Any = msgspec.inspect.type_info(type_)
    for index, key in re.findall(r"(\[[^\]]*\])|\.([\w-]+)", path):
        if isinstance(info, msgspec.inspect.UnionType):
            info = next((t for t in info.types if isinstance(t, msgspec.inspect.StructType)), info)
        if isinstance(info, msgspec.inspect.StructType):
            info = next((field.type for field in info.fields if field.encode_name == key), None)
        elif index:
            info = getattr(info, "item_type", None) or getattr(info, "value_type", None)
        else:
            info = getattr(info, "value_type", None)
    return tuple(field.encode_name for field in getattr(info, "fields", ()))


class Lines:
    """Line numbers of the parts of a YAML document, by path (`$.tools[3].sql`)."""

    def __init__(self, node: Any, file: str) -> None:
        self._node, self.file = node, file

    def of(self, path: str) -> int:
        """The line (from 1) of the nearest part on that path."""
        node = self._node
        for part in re.findall(r"\[(\d+)\]|\[\.\.\.\]|\.?([A-Za-z_][\w-]*)", path.removeprefix("$")):
            index, key = part
            below = _child(node, index, key)
            if below is None:
                break
            node = below
        return node.start_mark.line + 1 if node is not None else 0


def _child(node: Any, index: str, key: str) -> Any:
    if index and isinstance(node, yaml.SequenceNode):
        return node.value[int(index)] if int(index) < len(node.value) else None
    if key and isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    return None
