"""JSON of data whose strings may hold anything that a Python string can, lone surrogates included.

UTF-8 has no lone surrogates, so a line that needs them is written escaped: in each of its strings a backslash is
doubled and a surrogate is written as a backslash, `u` and four hexadecimal digits. Such a line starts with
`{"escaped":true,`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import msgspec

__all__ = ["ESCAPED", "canonical", "clean", "escape", "escaped", "unescape"]

ESCAPED = b'{"escaped":true,'
_encoder = msgspec.json.Encoder(enc_hook=repr)
_SPECIAL = re.compile("[\\\\\ud800-\udfff]")
_WRITTEN = re.compile(r"\\(\\|u[0-9a-f]{4})")


def canonical(data: object) -> bytes:
    """The JSON that is hashed and compared: UTF-8, no spaces, keys in the order they have."""
    try:
        return _encoder.encode(data)
    except UnicodeEncodeError:
        return b"escaped:" + escaped(data)


def escaped(data: object) -> bytes:
    """JSON of the data with every string escaped."""
    return _encoder.encode(_walk(msgspec.to_builtins(data, enc_hook=repr), escape))


def escape(text: str) -> str:
    """A string that UTF-8 can hold, from any."""
    return _SPECIAL.sub(lambda found: "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}", text)


def unescape(data: Any) -> Any:
    """JSON data with every string as it was before `escape`."""
    return _walk(data, lambda text: _WRITTEN.sub(lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)), text))


def clean(data: Any) -> Any:
    """JSON data for programs that know no lone surrogates: each becomes U+FFFD."""
    try:
        msgspec.json.encode(data)
    except UnicodeEncodeError:
        return _walk(data, lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return data


def _walk(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, dict):
        return {change(key): _walk(value, change) for key, value in cast(dict[str, Any], data).items()}
    if isinstance(data, list | tuple):
        return [_walk(value, change) for value in cast(list[Any], data)]
    return data
