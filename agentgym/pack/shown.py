"""The tools of a task as its assistant sees them, and the way from what it writes to the tools themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from agentgym.errors import NotFoundError, TaskError, did_you_mean
from agentgym.tool import Naming, Result, Tool, error
from agentgym.types import Action, Call, ToolView

__all__ = ["MAX_TOOLS", "Shown"]

MAX_TOOLS = 60
"""Tools that are shown at most when some of them are distractors."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORD = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_MOST = 10_000
"""Bytes of a distractor's function."""


class Shown:
    """The tools shown to the assistant.

    `tools` holds them by their own names, `named` by the names that the assistant has to use, both in order;
    `distractors` the OpenAI functions of those that are shown and not connected, by name.

    Raises:
        NotFoundError: the view names a tool or parameter that the pack does not have.
        TaskError: the view is not one that can be shown.
    """

    def __init__(
        self, tools: Mapping[str, Tool], view: ToolView | None = None, naming: Naming | None = None,
        taken: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.naming = naming if naming is not None and (naming.tools or naming.words) else None
        self.distractors: dict[str, dict[str, Any]] = {}
        self._places: list[tuple[int, dict[str, Any]]] = []
        self.openings: dict[str, str] = {}
        """System message -> how a transcript begins under it, kept by whoever renders it."""
        if view is None or naming is None:
            self.tools = self.named = dict(tools)
            return
        if view.missing in tools:
            raise TaskError(f"view {view.asked}: {view.missing} is missing and among the tools that are shown")
        self.tools = {
            name: naming.shown(tool, view.unlisted.get(name, "")) if self.naming or name in view.unlisted else tool
            for name, tool in tools.items()
        }
        self.named = {tool.shown: tool for tool in self.tools.values()}
        self._beside(view, taken | set(self.named))

    def _beside(self, view: ToolView, taken: set[str] | frozenset[str]) -> None:
        total = len(self.tools) + len(view.distractors)
        if view.distractors and total > MAX_TOOLS:
            raise TaskError(f"view {view.asked}: {total} tools are shown, at most {MAX_TOOLS} with distractors")
        last = -1
        for item in view.distractors:
            name = item.function.get("name")
            if not last < item.place < total:
                raise TaskError(f"view {view.asked}: distractor {name} at place {item.place} of {total}, after {last}")
            if not isinstance(name, str) or name in taken or name in self.distractors:
                raise TaskError(f"view {view.asked}: distractor {name!r:.60} has a name that is taken, or none")
            _check_function(view.asked, item.function)
            last = item.place
            self.distractors[name] = item.function
            self._places.append((item.place, item.function))

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The OpenAI tool dicts in the order shown, made anew."""
        out = [tool.openai for tool in self.named.values()]
        for place, function in self._places:  # ascending
            copy = msgspec.json.decode(msgspec.json.encode(function))
            out.insert(place, {"type": "function", "function": copy})
        return out

    def text(self, text: str) -> str:
        """A text about the tools, by the names that are shown."""
        return self.naming.text(text) if self.naming else text

    def call(self, call: Call) -> Call:
        """A call by the tools' own names, as the assistant has to write it."""
        return self.naming.call(call) if self.naming else call

    def action(self, action: Action) -> Action:
        """An action whose calls use the tools' own names, as the assistant has to write it."""
        return self.naming.action(action) if self.naming else action

    def own(self, call: Call) -> Call:
        """A call that the assistant could write, by the tools' own names; an unknown tool's as it is."""
        tool = self.named.get(call.name)
        if tool is None or not tool.altered:
            return call
        return Call(tool.name, tool.own(call.arguments))

    def absent(self, name: str) -> Result:
        """What a call of a tool that is not there answers. A distractor does nothing, whatever its arguments."""
        if name in self.distractors:
            return error(
                "not_connected",
                f"`{name}` is a tool of another desk and not connected here; nothing was done. Use this desk's tools.",
            )
        return error(
            "unknown_tool", f"there is no tool `{name}`.{did_you_mean(name, (*self.named, *self.distractors))}"
        )


def check_names(tools: Mapping[str, Tool], view: ToolView, others: frozenset[str]) -> None:
    """Refuse names that cannot be shown. `others`: the pack's tools in the user's hands.

    Raises NotFoundError and TaskError, as `Shown` does.
    """
    for own in (*view.tools, *view.unlisted, *filter(None, [view.missing])):
        if own not in tools:
            raise NotFoundError(f"tool in view {view.asked}", own, tools)
    shown = [view.tools.get(name, name) for name in tools]
    for name in view.tools.values():
        if not _NAME.fullmatch(name) or shown.count(name) != 1 or name in others:
            raise TaskError(f"view {view.asked}: {name!r:.80} is no name for a tool, or two tools have it")
    for name in (*view.words, *view.words.values()):
        if not _WORD.fullmatch(name):
            raise TaskError(f"view {view.asked}: {name!r:.80} is no name for a parameter")
    for tool in tools.values():
        for names in (tuple(tool.spec.parameters), tool.names):
            if len({view.words.get(name, name) for name in names}) < len(set(names)):
                raise TaskError(f"view {view.asked}: two parameters or columns of {tool.name} get one name")
        unlisted = view.unlisted.get(tool.name)
        if unlisted is not None and (unlisted not in (known := tool.spec.parameters) or known[unlisted].optional):
            raise TaskError(f"view {view.asked}: {tool.name} has no required parameter {unlisted!r:.60}")


class _Part(Struct, forbid_unknown_fields=True):
    type: Literal["string", "integer", "number", "boolean", "array"]
    description: str = ""
    enum: Annotated[list[str], Meta(min_length=1)] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    items: dict[str, str] | None = None


class _Schema(Struct, forbid_unknown_fields=True):
    properties: dict[str, _Part]
    required: list[str]
    type: Literal["object"]
    additionalProperties: bool = False  # noqa: N815 (JSON Schema's word)


class _Function(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=f"^{_NAME.pattern}$")]
    description: str
    parameters: _Schema


def _check_function(asked: str, function: Mapping[str, Any]) -> None:
    """Refuse a function that is not one as tools are written here, or too long to be shown."""
    try:
        found = msgspec.convert(function, _Function)
        size = len(msgspec.json.encode(function))
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError) as trouble:
        raise TaskError(f"view {asked}: a distractor is no function: {str(trouble)[:200]}") from None
    for name, part in found.parameters.properties.items():
        if part.minimum is not None and part.maximum is not None and part.minimum > part.maximum:
            raise TaskError(f"view {asked}: distractor {found.name}: `{name}` has no possible value")
    if size > _MOST or not set(found.parameters.required) <= set(found.parameters.properties):
        raise TaskError(f"view {asked}: distractor {found.name} is too long, or requires what it does not have")
