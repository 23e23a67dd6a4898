"""What samples tokens. Two engines stand behind one method: `HFEngine` (transformers) and `VLLMEngine` (in process)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["Engine", "Request", "Sample"]


class Request(NamedTuple):
    """One row of tokens to go on from.

    Attributes:
        key: of the conversation. An engine may keep what it computed for a key, and use it when the ids go on from
            there.
        ids: all tokens so far.
        seed: of this turn's sampling.
        written: how many of the last ids are of this turn: those of a sample that came back unfinished.
    """

    key: Hashable
    ids: Sequence[int]
    seed: int
    written: int = 0


class Sample(NamedTuple):
    """What was sampled.

    Attributes:
        ids: the tokens, the one that ends the turn included where it came.
        logprobs: natural logarithm of each token's probability under the model at temperature 1, before any cut of the
            distribution: what a learner compares itself with.
        ended: whether the turn ended by itself, and not at the limit.
        unfinished: it has not ended, and there is more to come.
    """

    ids: list[int]
    logprobs: list[float]
    ended: bool
    unfinished: bool = False


class Engine(Protocol):
    """Samples turns; the same requests and weights give the same samples."""

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """A turn for each request, or what is left of it. An engine may hand over some unfinished when others have
        ended: they are asked for again, beside the next turns of these.

        Args:
            limit: most tokens of a turn.
            temperature: 0 takes the most likely token; else the logits are divided by it.
            end: the token that ends a turn.
        """
        ...

    def update(self, model: Any) -> None:
        """Take over the learner's weights."""
        ...
