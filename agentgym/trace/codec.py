"""A trace as one line of JSON, and back."""

from __future__ import annotations

from typing import Any

import msgspec

from agentgym.errors import TaskError
from agentgym.trace.record import Trace
from agentgym.trace.text import ESCAPED, escaped, unescape

__all__ = ["dumps", "loads"]

_encoder = msgspec.json.Encoder(enc_hook=repr)
_decoder = msgspec.json.Decoder(Trace)
_any = msgspec.json.Decoder(dict[str, Any])


def dumps(trace: Trace) -> str:
    """The trace as one line of JSON, without the line's end. Any string survives, lone surrogates included."""
    try:
        return _encoder.encode(trace).decode()
    except UnicodeEncodeError:
        return (ESCAPED + escaped(trace)[1:]).decode()


def loads(line: str | bytes) -> Trace:
    """The trace of a line.

    Raises:
        TaskError: the line is no trace; the message says why.
    """
    try:
        data = line.encode() if isinstance(line, str) else line
        if data.startswith(ESCAPED):
            return msgspec.convert(unescape(_any.decode(data)), Trace)
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as trouble:
        raise TaskError(f"not a trace: {trouble}") from None
