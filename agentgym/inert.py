"""Text that does nothing but be read: what steers a terminal, or cannot be seen, is written out."""

from __future__ import annotations

import re

__all__ = ["UNSEEN", "escape", "inert", "inert_json"]

UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0e\ufeff\uffa0"
    "\ufff0-\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U0010ffff"
)
"""Characters without a shape of their own, as a class of a regular expression without its brackets: controls less tab
and line feed, formats (directions, zero width, tags), line and paragraph separators, fillers, variation selectors less
the one of emoji, lone surrogates, private use."""
_UNSEEN = re.compile(f"[{UNSEEN}]")


def inert(text: str) -> str:
    """The text for a terminal: escape sequences, overwriting and reordering characters become `\\x1b`, `\\u202e`."""
    return _UNSEEN.sub(_written, text)


def inert_json(text: str) -> str:
    """The same for a JSON document, which stays one and says the same."""
    return _UNSEEN.sub(lambda found: escape(found[0]), text)


def escape(character: str) -> str:
    """A character as JSON's `\\uXXXX`, two of them where it takes two."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
