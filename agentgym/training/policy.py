"""A local language model as a batch policy: conversations become token streams, turns are sampled by an engine."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from agentgym.errors import NotFoundError
from agentgym.llm import history
from agentgym.rollout import FULL, LATER, Conversation
from agentgym.seeding import stream as named
from agentgym.training.engine import Engine, Request, Sample
from agentgym.training.stream import ChatTokens, Stream

__all__ = ["RENDERINGS", "TokenPolicy", "rendered", "signatures"]

RENDERINGS = ("full", "compact", "bare")
"""How policy and tools are written into the system message: tools as JSON Schemas; as signatures, one line a tool;
not at all, only the time (for a model that is trained on one pack and learns both by heart)."""

_CLOCK = re.compile(r"\n\nIt is (\d{4}-\d\d-\d\d \d\d:\d\d)\. ")
_SHORT = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}
_CALLS = (
    '\n\n# Tools\n\n{tools}\n\nTo call one, write\n<tool_call>\n{{"name": <name>, "arguments": <object>}}\n</tool_call>'
)

_NOTHING = Sample([], [], False)

Message = dict[str, Any]


def rendered(messages: Sequence[Mapping[str, Any]], tools: list[dict[str, Any]], rendering: str) -> list[Message]:
    """OpenAI messages of a view as a chat template takes them: calls and results as text in the manner of Hermes.

    Args:
        messages: all from the first, or those that came after the assistant's last turn.
        tools: OpenAI tool dicts.
        rendering: one of `RENDERINGS`; it matters for the system message alone.

    Raises:
        NotFoundError: there is no such rendering.
    """
    if rendering not in RENDERINGS:
        raise NotFoundError("rendering", rendering, RENDERINGS)
    system = bool(messages) and messages[0]["role"] == "system"
    out = history.text(messages, tools if system and rendering == "full" else [])
    if system and rendering == "compact":
        out[0]["content"] += _CALLS.format(tools=signatures(tools))
    elif system and rendering == "bare":
        found = _CLOCK.search(out[0]["content"])
        out[0]["content"] = f"It is {found[1]}." if found else ""
    return out


def signatures(tools: Sequence[Mapping[str, Any]]) -> str:
    """Tools as one line each: `name(parameter: type, optional?: type)  what it does`."""
    return "\n".join(_signature(tool["function"]) for tool in tools)


def _signature(function: Mapping[str, Any]) -> str:
    schema: dict[str, Any] = function.get("parameters") or {}
    required: set[str] = set(schema.get("required", ()))
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    parameters = [f"{name}{'' if name in required else '?'}: {_type(about)}" for name, about in properties.items()]
    return f"{function['name']}({', '.join(parameters)})  {function.get('description', '')}".rstrip()


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    kind = schema.get("type", "string")
    if kind == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return _SHORT.get(kind if isinstance(kind, str) else kind[0], str(kind))


class TokenPolicy:
    """Plays by sampling from an engine.

    Args:
        engine: what samples.
        chat: the model's tokenizer and chat template.
        rendering: see `RENDERINGS`.
        limit: most tokens of a turn.
        context: most tokens of a conversation. One with no room for a turn of `limit` tokens is cut short there: its
            stream says so (`cut`), its episode ends truncated (`token_limit`).
        temperature: 0 takes the most likely token.
        seed: sampling is a function of it and of the task, the sample and the turn.
        blank_results: the model reads `{}` in place of what any tool answered (a control for experiments).

    Attributes:
        streams: the tokens of each conversation, by its key.
        seconds: that turns took, the engine's time among them.
    """

    def __init__(
        self, engine: Engine, chat: ChatTokens, *, rendering: str = "full", limit: int = 320, context: int = 4096,
        temperature: float = 1.0, seed: int = 0, blank_results: bool = False,
    ) -> None:  # fmt: skip
        self.engine, self.chat, self.rendering, self.limit, self.context = engine, chat, rendering, limit, context
        self.temperature, self.seed, self.blank_results = temperature, seed, blank_results
        self.streams: dict[int, Stream] = {}
        self.seconds = 0.0
        self._begun: dict[int, Sample] = {}

    def generate(self, conversations: Sequence[Conversation], /) -> list[object]:
        """An action for each conversation: the text that was sampled, `LATER`, or `FULL`."""
        began = time.perf_counter()
        try:
            return self._turns(conversations)
        finally:
            self.seconds += time.perf_counter() - began

    def _turns(self, conversations: Sequence[Conversation]) -> list[object]:
        actions: list[object] = [FULL] * len(conversations)
        asked: list[tuple[int, int, Stream]] = []
        requests: list[Request] = []
        for at, conversation in enumerate(conversations):
            key, begun = conversation.key, self._begun.get(conversation.key, _NOTHING)
            stream = self.streams[key] if begun.ids else self._read(conversation)
            if len(stream.ids) + self.limit > self.context:
                stream.cut = True
                continue
            asked.append((at, key, stream))
            seed = self._seed(conversation, len(stream.spans))
            requests.append(Request(key, [*stream.ids, *begun.ids], seed, len(begun.ids)))
        if not requests:
            return actions
        samples = self.engine.generate(requests, limit=self.limit, temperature=self.temperature, end=self.chat.end[0])
        for (at, key, stream), sample in zip(asked, samples, strict=True):
            begun = self._begun.pop(key, _NOTHING)
            ids, logprobs = [*begun.ids, *sample.ids], [*begun.logprobs, *sample.logprobs]
            if sample.unfinished:
                self._begun[key], actions[at] = Sample(ids, logprobs, False), LATER
                continue
            stream.wrote(ids, logprobs)
            if not sample.ended:
                stream.cut = True
                stream.given(self.chat.end)
            actions[at] = self.chat.text(ids)
        return actions

    def _read(self, conversation: Conversation) -> Stream:
        stream = self.streams.get(conversation.key)
        if stream is None or len(conversation.new_messages) == len(conversation.messages):  # it begins
            stream = self.streams[conversation.key] = Stream()
            messages, tools = self._shown(conversation.messages), conversation.tools
            stream.given(self.chat.prompt(rendered(messages, tools, self.rendering)))
        else:
            stream.given(self.chat.between(rendered(self._shown(conversation.new_messages), [], self.rendering)))
        return stream

    def _shown(self, messages: list[Message]) -> list[Message]:
        if not self.blank_results:
            return messages
        return [{**message, "content": "{}"} if message["role"] == "tool" else message for message in messages]

    def _seed(self, conversation: Conversation, turn: int) -> int:
        return named("sampling", self.seed, conversation.task.id, conversation.sample, turn).below(2**31)
