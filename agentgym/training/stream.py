"""An episode as one growing row of token ids: what the model wrote is kept as it was sampled, all else is masked.

A trainer that renders the whole conversation anew in every turn trains on tokens that the model never sampled: a
tokenizer splits text otherwise than it was written, and templates drop or move parts of earlier turns (thoughts, for
one). Here a turn's ids are appended once and never touched. What comes between two turns of the assistant (results
and the user's words, with the template's marks around them) is cut out of a rendering of the same chat template in
which the assistant's words are a marker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from agentgym.errors import UsageError

__all__ = ["ChatTokens", "Stream", "Tokenizer"]

_MARK = "\u241ewords\u241e"


class Tokenizer(Protocol):
    """What is used of a tokenizer of the transformers library."""

    eos_token_id: int | None
    chat_template: Any

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...
    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool) -> str: ...
    def apply_chat_template(self, conversation: Any, **options: Any) -> Any: ...


class Stream(Struct):
    """The tokens of one conversation.

    All lists have one entry a token, `spans` one (first, end) for each turn of the assistant.
    """

    ids: list[int] = field(default_factory=list[int])
    mask: list[int] = field(default_factory=list[int])
    """1 where the assistant wrote the token: the loss is taken there and nowhere else."""
    logprobs: list[float] = field(default_factory=list[float])
    """Logarithm of the probability with which the token was sampled; 0.0 where it was not sampled."""
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    cut: bool = False
    """Whether a turn was cut off at a limit of tokens, or the context was full."""

    def given(self, ids: Sequence[int]) -> None:
        """Append what the assistant reads."""
        self.ids += ids
        self.mask += [0] * len(ids)
        self.logprobs += [0.0] * len(ids)

    def wrote(self, ids: Sequence[int], logprobs: Sequence[float] | None = None) -> None:
        """Append what the assistant wrote in a turn, its end-of-turn token included."""
        self.spans.append((len(self.ids), len(self.ids) + len(ids)))
        self.ids += ids
        self.mask += [1] * len(ids)
        self.logprobs += [0.0] * len(ids) if logprobs is None else logprobs


class ChatTokens:
    """Token ids of conversations by a tokenizer's own chat template.

    Args:
        tokenizer: one of the transformers library, with a chat template.
        options: for the template, such as `enable_thinking=False`.

    Raises:
        UsageError: there is no chat template, or it changes what it is given, or refuses it.
    """

    def __init__(self, tokenizer: Tokenizer, options: Mapping[str, Any] | None = None) -> None:
        if not tokenizer.chat_template:
            raise UsageError(
                "this tokenizer has no chat template: take an instruct model, or set tokenizer.chat_template"
            )
        self.tokenizer, self._options = tokenizer, dict(options or {})
        self.end = self._end()
        self._render([{"role": "system", "content": "Help."}, *_OPENING], begin=True)  # some take no system message

    def prompt(self, messages: Sequence[Mapping[str, Any]]) -> list[int]:
        """The first messages, up to where the assistant begins to write."""
        return self._encode(self._render(messages, begin=True))

    def between(self, messages: Sequence[Mapping[str, Any]]) -> list[int]:
        """What stands between two turns of the assistant: these messages, with the marks of the template around
        them."""
        text = self._render([*_OPENING, {"role": "assistant", "content": _MARK}, *messages], begin=True)
        return self._encode(self._after(text))

    def turn(self, text: str) -> list[int]:
        """A turn that was not sampled (of a demonstration), with its end."""
        return self.tokenizer.encode(text, add_special_tokens=False) + self.end

    def text(self, ids: Sequence[int]) -> str:
        """What a sampled turn says, without its end and other special tokens."""
        return self.tokenizer.decode(_without(list(ids), self.end), skip_special_tokens=False)

    def stream(self, messages: Sequence[Mapping[str, Any]]) -> Stream:
        """A whole conversation, as it would have been built turn by turn."""
        stream, waiting = Stream(), list[Mapping[str, Any]]()
        for message in messages:
            if message["role"] != "assistant":
                waiting.append(message)
                continue
            stream.given(self.between(waiting) if stream.ids else self.prompt(waiting))
            stream.wrote(self.turn(message["content"]))
            waiting = []
        return stream

    def _end(self) -> list[int]:
        """The tokens that end a turn of the assistant, by the template; the tokenizer's end of text if it has none."""
        text = self._render([*_OPENING, {"role": "assistant", "content": _MARK}], begin=False)
        _, found, rest = text.partition(_MARK)
        if not found:
            raise UsageError("the chat template does not show what the assistant said; it cannot be trained with")
        ids = self._encode(rest.rstrip())
        if ids:
            return ids[:1]
        if self.tokenizer.eos_token_id is None:
            raise UsageError("neither the chat template nor the tokenizer says how a turn of the assistant ends")
        return [self.tokenizer.eos_token_id]

    def _after(self, text: str) -> str:
        """What follows the end of the assistant's turn in a rendering."""
        rest = text.partition(_MARK)[2]
        end = self.tokenizer.decode(self.end, skip_special_tokens=False)
        return rest[rest.index(end) + len(end) :] if end in rest else rest

    def _render(self, messages: Sequence[Mapping[str, Any]], begin: bool) -> str:
        try:
            return self.tokenizer.apply_chat_template(
                [dict(message) for message in messages], tokenize=False, add_generation_prompt=begin, **self._options
            )
        except Exception as trouble:  # a template is a program of somebody else's
            raise UsageError(f"the chat template refuses a conversation: {trouble}") from None

    def _encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)


_OPENING = ({"role": "user", "content": "Hello."},)


def _without(ids: list[int], end: list[int]) -> list[int]:
    return ids[: -len(end)] if ids[-len(end) :] == end else ids
