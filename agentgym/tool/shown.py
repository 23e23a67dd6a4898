"""A tool as it is shown: under other names, or with a parameter left out of its schema. Underneath it is the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec import structs

from agentgym.tool.arguments import Arguments, parameters_schema
from agentgym.tool.spec import Parameter, ToolSpec
from agentgym.tool.tool import Tool
from agentgym.types import Action, Call

__all__ = ["Naming", "ShownTool"]


class Naming:
    """Other names for tools, and for parameters and the columns that are called like them: own name -> shown name."""

    def __init__(self, tools: Mapping[str, str], words: Mapping[str, str]) -> None:
        self.tools, self.words = dict(tools), dict(words)
        self._made: dict[tuple[str, str], ShownTool] = {}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted(map(re.escape, {*self.words, *self.tools}))
        bare = [name for name in names if "_" in name]  # a name of one word may be an ordinary word
        found = r"\{\w+\}"  # places that are filled in later keep their names
        if names:
            found += rf"|`(?:{'|'.join(names)})`"
        if bare:
            found += rf"|\b(?:{'|'.join(bare)})\b"
        return re.compile(found)

    def text(self, text: str) -> str:
        """A text with the shown names in place of the own ones; `{places}` stay as they are."""
        return self._pattern.sub(self._shown, text)

    def _shown(self, match: re.Match[str]) -> str:
        found = match[0]
        name = found.strip("`")
        return found.replace(name, self.tools.get(name) or self.words.get(name, name))

    def call(self, call: Call) -> Call:
        """A call by own names, as it has to be written."""
        words = self.words
        return Call(
            self.tools.get(call.name, call.name),
            {words.get(name, name): value for name, value in call.arguments.items()},
        )

    def action(self, action: Action) -> Action:
        """An action whose calls are by own names, as it has to be written."""
        if not action.calls:
            return action
        return Action(action.words, tuple(self.call(c) if isinstance(c, Call) else c for c in action.calls))

    def shown(self, tool: Tool, unlisted: str = "") -> ShownTool:
        """A tool under these names, made once."""
        key = (tool.name, unlisted)
        if key not in self._made:
            self._made[key] = ShownTool(tool, self, unlisted)
        return self._made[key]


class ShownTool(Tool):
    """A tool under other names. `name`, `spec.parameters` and `refers` stay its own; `shown`, `openai`, `names`, what
    `arguments` checks and every sentence that it answers are in the shown names.

    Args:
        unlisted: a required parameter, by its own name, that the schema does not show. It is required all the same,
            and the error says so.
    """

    altered = True

    def __init__(self, tool: Tool, naming: Naming, unlisted: str = "") -> None:
        self.__dict__.update(tool.__dict__)
        words, spec = naming.words, tool.spec
        self.renamed = bool(naming.tools or naming.words)
        self.shown, self.unlisted = naming.tools.get(tool.name, tool.name), words.get(unlisted, unlisted)
        parameters = {words.get(name, name): _told(p, naming) for name, p in spec.parameters.items()}
        self.listed: ToolSpec = structs.replace(
            spec, name=self.shown, description=naming.text(spec.description), parameters=parameters
        )
        guards = [structs.replace(guard, else_=naming.text(guard.else_)) for guard in spec.require]
        otherwise = spec.unrecorded
        if otherwise is not None:
            otherwise = structs.replace(otherwise, else_=naming.text(otherwise.else_))
        self.spec = structs.replace(spec, require=guards, unrecorded=otherwise)
        self.arguments = Arguments(self.listed)
        self.names = tuple(words.get(name, name) for name in tool.names)
        self._own = {words.get(name, name): name for name in spec.parameters}

    @property
    def openai(self) -> dict[str, Any]:
        """The OpenAI tool dict, as it is shown."""
        schema = parameters_schema(self.listed)
        if self.unlisted:
            del schema["properties"][self.unlisted]
            schema["required"].remove(self.unlisted)
            schema["additionalProperties"] = True
        function = {"name": self.shown, "description": self.listed.description, "parameters": schema}
        return {"type": "function", "function": function}

    def own(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments by the tool's own names; what it does not know stays as it is."""
        return {self._own.get(name, name): value for name, value in arguments.items()}


def _told(parameter: Parameter, naming: Naming) -> Parameter:
    return structs.replace(parameter, description=naming.text(parameter.description))
