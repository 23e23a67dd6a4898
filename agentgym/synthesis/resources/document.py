"""Somebody's JSON or YAML document, read as data, and the schemas in it.

The document is untrusted: it is small enough to be read, has JSON's values alone and says nothing twice. References are
followed within it, so many in all; nothing is fetched.
"""

# PyYAML has no complete types:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Any, cast

import yaml
from msgspec import Struct
from msgspec.structs import replace

from agentgym.errors import UsageError
from agentgym.synthesis.resources.tables import shown

__all__ = ["LARGEST", "Document", "Schema", "items", "mapping", "read_document"]

LARGEST = 8_000_000
"""Bytes of a document."""
_DEEPEST = 100
_FOLLOWED, _PARTS, _WIDE = 8, 12, 100
"""References one after the other; parts of an `allOf`, `oneOf` or `anyOf`; properties and values of one of them."""
_STEPS = 200_000
"""Schemas that are looked at in all; one with many keywords counts as several."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?")
_WORDS = {"": None, "~": None, **{form(word): value for word, value in (("null", None), ("true", True),
          ("false", False)) for form in (str.lower, str.title, str.upper)}}  # fmt: skip


def read_document(path: Path) -> Any:
    """The data of a file in JSON or YAML.

    Raises:
        UsageError: it cannot be read, is larger than `LARGEST`, or is neither.
    """
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise UsageError(f"{path} is no regular file")
        if status.st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST // 1_000_000} MB: leave out what is not needed")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"no file {path}") from None
    except OSError as trouble:
        raise UsageError(f"cannot read {path}: {trouble.strerror}") from None
    except UnicodeDecodeError as trouble:
        raise UsageError(f"{path} is no UTF-8 text (byte {trouble.start}): save it as UTF-8") from None
    if "\0" in text:
        raise UsageError(f"{path} has NUL characters: save it as UTF-8")
    try:
        return _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    except RecursionError:
        why = "it is nested too deeply"
    except yaml.MarkedYAMLError as trouble:
        mark = trouble.problem_mark or trouble.context_mark
        why = f"line {mark.line + 1 if mark else 0}: {trouble.problem or trouble.context}"
    except (ValueError, yaml.YAMLError) as trouble:
        why = shown(" ".join(str(trouble).split()))
    raise UsageError(
        f"{path} is neither an SQLite file, nor an OpenAPI document, nor what an MCP server lists: as JSON or YAML it "
        f"cannot be read, {why}"
    )


def _json(text: str) -> Any:
    def refused(word: str) -> Any:
        raise ValueError(f"{word} is no number of JSON")

    return json.loads(text, object_pairs_hook=_object, parse_constant=refused)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{shown(twice)!r} stands twice in one object")
    return out


def _yaml(text: str) -> Any:
    """YAML by its events, without aliases, tags of one's own and further documents. Raises ValueError."""
    open_: list[list[Any]] = [[]]
    mappings: list[bool] = [False]
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parsed: Iterator[Any] = yaml.parse(text, Loader=loader)
    for event in parsed:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"line {line}: aliases (*name) are not read, write out what is meant")  # noqa: TRY004
        if getattr(event, "tag", None) not in (None, "!"):
            raise ValueError(f"line {line}: tags (!name) are not read")
        if isinstance(event, yaml.CollectionStartEvent):
            if len(open_) > _DEEPEST:
                raise ValueError("it is nested too deeply")
            open_.append([])
            mappings.append(isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            held = open_.pop()
            if mappings.pop():
                names = held[::2]
                if not all(isinstance(name, str) for name in names):
                    raise ValueError(f"line {line}: names of properties are plain words")
                held = _object(list(zip(names, held[1::2], strict=True)))
            open_[-1].append(held)
        elif isinstance(event, yaml.ScalarEvent):
            name = mappings[-1] and len(open_[-1]) % 2 == 0
            open_[-1].append(event.value if name or not event.implicit[0] else _scalar(event.value))
        elif isinstance(event, yaml.DocumentStartEvent) and open_[0]:
            raise ValueError(f"line {line}: a second document begins")
    return open_[0][0] if open_[0] else None


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    return text if found is None else float(text) if found[2] or found[3] else int(text)


def mapping(value: Any) -> Mapping[str, Any]:
    """An object of a document; of anything else an empty one."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list of a document; of anything else an empty one."""
    return cast(list[Any], value) if isinstance(value, list) else []


class Schema(Struct, frozen=True):
    """What a schema comes to when its references are followed and its parts put together."""

    held: Mapping[str, Any]
    """Its keywords."""
    name: str = ""
    """The name under which the document has it; empty for one that stands where it is used."""
    trouble: str = ""
    """Why nothing is known of it."""

    @property
    def missing(self) -> bool:
        """Whether there may be no value."""
        return self.held.get("nullable") is True or "null" in items(self.held.get("type"))

    @property
    def kind(self) -> str:
        """string, integer, number, boolean, array or object; empty for what is not said."""
        kinds = [kind for kind in items(self.held.get("type")) or [self.held.get("type")] if kind != "null"]
        if len(kinds) == 1 and isinstance(kinds[0], str):
            return kinds[0]
        return "object" if "properties" in self.held else "string" if self.held.get("enum") else ""


class Document:
    """The schemas of a document, or of a part of one that stands for itself: `of` is then the whole, whose steps it
    takes."""

    def __init__(self, root: Any, of: Document | None = None) -> None:
        self.root = mapping(root)
        self._left = [_STEPS] if of is None else of._left

    def schema(self, value: Any, depth: int = 0) -> Schema:
        """A schema, of which one part that may be missing and several that hold together become one.

        Raises:
            UsageError: the document refers to itself too much.
        """
        held = mapping(value)
        self._left[0] -= 1 + len(held) // 20
        if self._left[0] < 0:
            raise UsageError(f"its schemas lead to more than {_STEPS} others: leave out what is not needed")
        if depth > _FOLLOWED:
            return Schema({}, trouble="since its references lead on and on")
        if "$ref" in held:
            return self._followed(held, depth)
        if held.get("allOf"):
            return self._together(held, depth)
        for word in ("oneOf", "anyOf"):
            if held.get(word):
                return self._one_of(held, word, depth)
        if "const" in held and "enum" not in held:
            held = {**held, "enum": [held["const"]]}
        return Schema(held)

    def _followed(self, held: Mapping[str, Any], depth: int) -> Schema:
        reference = held["$ref"]
        beside = {word: held[word] for word in ("readOnly", "writeOnly", "nullable") if word in held}
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return Schema({}, trouble="since it refers to another document, and nothing is fetched")
        at: Any = self.root
        parts = reference[2:300].split("/")
        for part in parts:
            at = mapping(at).get(part.replace("~1", "/").replace("~0", "~").replace("%20", " "))
        if not isinstance(at, dict):
            return Schema({}, trouble="since what it refers to is not there")
        found = self.schema(at, depth + 1)
        name = parts[-1] if len(parts) > 1 and parts[-2] in ("schemas", "definitions", "$defs") else ""
        return replace(found, held={**found.held, **beside}, name=name or found.name)

    def _together(self, held: Mapping[str, Any], depth: int) -> Schema:
        parts = items(held["allOf"])[:_PARTS]
        found = [self.schema(part, depth + 1) for part in parts]
        own = {word: value for word, value in held.items() if word != "allOf"}
        properties: dict[str, Any] = {}
        required: list[Any] = []
        merged: dict[str, Any] = {}
        for one in [*(part.held for part in found), own]:
            merged.update(one)
            properties.update(islice(mapping(one.get("properties")).items(), _WIDE))
            required += items(one.get("required"))[:_WIDE]
        if properties:
            merged |= {"properties": properties, "required": required}
        wraps = len(parts) == 1 and not own.get("properties")
        return Schema(merged, found[0].name if wraps else "", next((one.trouble for one in found if one.trouble), ""))

    def _one_of(self, held: Mapping[str, Any], word: str, depth: int) -> Schema:
        parts = items(held[word])[:_PARTS]
        found = [self.schema(part, depth + 1) for part in parts if mapping(part).get("type") != "null"]
        own = {key: value for key, value in held.items() if key != word}
        if len(found) < len(parts):
            own["nullable"] = True
        if len(found) == 1:
            return replace(found[0], held={**found[0].held, **own})
        words = [value for one in found for value in items(one.held.get("enum"))[:_WIDE]]
        if found and all(one.held.get("enum") for one in found):
            return Schema({**own, "type": "string", "enum": words})
        if own.get("properties"):
            return Schema(own)
        return Schema({}, trouble="since it may be one of several things")

    def properties(self, schema: Schema, most: int) -> Iterator[tuple[str, Schema]]:
        """The properties of an object, the first so many."""
        for name, value in islice(mapping(schema.held.get("properties")).items(), most):
            yield name, self.schema(value)
