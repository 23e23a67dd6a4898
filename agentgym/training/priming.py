"""Teaching a model with random weights to copy, before it is taught anything else."""

from __future__ import annotations

import random
from typing import Any

from agentgym.training.stream import Stream

__all__ = ["digit_tokens", "primed"]

BEGINNING = 192
"""Tokens of a conversation that copying is learned on."""


def digit_tokens(tokenizer: Any) -> list[int]:
    """Ids of the tokens that are a single digit."""
    return [at for text, at in sorted(tokenizer.get_vocab().items()) if len(text) == 1 and text.isdecimal()]


def primed(stream: Stream, digits: list[int], draw: random.Random) -> Stream:
    """The beginning of a conversation in which the digits have changed places: each 3, say, is an 8 throughout.

    What is said once and needed later (a phone number, into a call; an id, from one result into the next call) stays
    the same in both places, and nothing else about a number can be learned: not even by heart, since draws are
    hardly ever alike. A model of 1 M parameters had 95 % of the digits of its calls right after 640 updates of 8 such
    beginnings, and 73 % after 440 updates of 32 beginnings as they are (one run each).
    """
    changed = digits.copy()
    draw.shuffle(changed)
    other = dict(zip(digits, changed, strict=True))
    return Stream([other.get(at, at) for at in stream.ids[:BEGINNING]], stream.mask[:BEGINNING])
