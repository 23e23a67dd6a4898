"""Arguments of a call: JSON Schema compiled once, and words that say what is wrong and what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from agentgym.errors import did_you_mean
from agentgym.tool.spec import Parameter, ToolSpec
from agentgym.world.functions import minutes_of

__all__ = ["Arguments", "parameters_schema"]

_FORMS = {"date": "YYYY-MM-DD", "datetime": "YYYY-MM-DD HH:MM"}
_PATTERNS = {"date": r"^\d{4}-\d{2}-\d{2}$", "datetime": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"}
_SAFE = 2**53


def parameters_schema(spec: ToolSpec) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, as it stands in the OpenAI tool dict."""
    return {
        "type": "object",
        "properties": {name: _property(parameter) for name, parameter in spec.parameters.items()},
        "required": [name for name, parameter in spec.parameters.items() if not parameter.optional],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    out: dict[str, Any] = {"type": parameter.type, "description": parameter.description}
    if parameter.enum is not None:
        out["enum"] = parameter.enum
    if parameter.minimum is not None:
        out["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        out["maximum"] = parameter.maximum
    if parameter.type == "array":
        out["items"] = {"type": parameter.items}
    return out


def _strict(parameter: Parameter) -> dict[str, Any]:
    """The shown schema and the bounds that every value keeps: lengths, sizes, safe integers."""
    out = _property(parameter)
    if parameter.type in ("integer", "number"):
        out.setdefault("minimum", -_SAFE)
        out.setdefault("maximum", _SAFE)
    elif parameter.type == "array":
        out["maxItems"] = 50
        out["items"] = {"type": parameter.items, **({"maxLength": 400} if parameter.items == "string" else {})}
    elif parameter.type == "string":
        out["maxLength"] = parameter.max_length
        if parameter.semantic in _PATTERNS:
            out["pattern"] = _PATTERNS[parameter.semantic]
    return out


class Arguments:
    """Checks the arguments of one tool."""

    def __init__(self, spec: ToolSpec) -> None:
        self.spec = spec
        schema = parameters_schema(spec)
        schema["properties"] = {name: _strict(parameter) for name, parameter in spec.parameters.items()}
        self._valid = jsonschema_rs.Draft202012Validator(schema).is_valid
        self._moments = [n for n, p in spec.parameters.items() if p.semantic in _PATTERNS and p.type == "string"]

    def problem(self, arguments: Mapping[str, Any]) -> str:
        """What is wrong with the arguments, in words; empty when nothing is. Never raises."""
        try:
            return self._problem(arguments)
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return f"the arguments of `{self.spec.name}` are not plain JSON values"

    def _problem(self, arguments: Mapping[str, Any]) -> str:
        if not self._valid(arguments):
            return self._explain(arguments)
        for name, value in arguments.items():
            if not (isinstance(value, str) and value.isascii()) and not _encodable(value):
                return f"`{name}` holds characters that are no Unicode text (lone surrogates)"
        for name in self._moments:
            value = arguments.get(name)
            if value is not None and not _is_moment(value):
                return f"`{name}` is not a possible {self.spec.parameters[name].semantic}: {value!r}"
        return ""

    def _explain(self, arguments: Mapping[str, Any]) -> str:
        known = self.spec.parameters
        for name in arguments:
            if name not in known:
                allowed = ", ".join(known) or "none"
                near = did_you_mean(name, known)
                return f"`{self.spec.name}` has no parameter `{_clip(name)}`.{near} Allowed: {allowed}."
        for name, parameter in known.items():
            if name not in arguments:
                if not parameter.optional:
                    return f"missing `{name}`: {parameter.description}"
                continue
            words = _wrong(name, parameter, arguments[name])
            if words:
                return words
        return f"arguments do not fit the schema of `{self.spec.name}`"


def _encodable(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_encodable, value))  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_moment(value: str) -> bool:
    try:
        minutes_of(value)
    except ValueError:
        return False
    return len(value) == 10 or (int(value[11:13]) < 24 and int(value[14:16]) < 60)


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
}  # fmt: skip


def _wrong(name: str, parameter: Parameter, value: Any) -> str:
    kinds = _TYPES[parameter.type]
    whole = parameter.type == "integer" and isinstance(value, float) and value.is_integer()
    if (isinstance(value, bool) and parameter.type != "boolean") or not (isinstance(value, kinds) or whole):
        article = "an" if parameter.type in ("integer", "array") else "a"
        return f"`{name}` must be {article} {parameter.type}, not {_kind(value)} {_clip(value)}"
    if parameter.enum is not None and value not in parameter.enum:
        near = did_you_mean(str(value), parameter.enum)
        return f"`{name}` must be one of {', '.join(parameter.enum)}; found {_clip(value)}.{near}"
    return _out_of_bounds(name, parameter, value)


def _out_of_bounds(name: str, parameter: Parameter, value: Any) -> str:
    if parameter.type in ("integer", "number"):
        low = -_SAFE if parameter.minimum is None else parameter.minimum
        high = _SAFE if parameter.maximum is None else parameter.maximum
        if not low <= value <= high:
            return f"`{name}` must lie between {low} and {high}; found {_clip(value)}"
    if isinstance(value, str):
        if len(value) > parameter.max_length:
            return f"`{name}` is longer than {parameter.max_length} characters"
        form = _FORMS.get(parameter.semantic or "")
        if form and not re.match(_PATTERNS[parameter.semantic or ""], value):
            return f"`{name}` must be written {form}; found {_clip(value)}"
    if isinstance(value, list):
        return f"`{name}` must be a list of at most 50 {parameter.items}s"
    return ""


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds: dict[type, str] = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array"}
    kind: type = type(value)  # pyright: ignore[reportUnknownVariableType]
    return kinds.get(kind, "object")


def _clip(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
