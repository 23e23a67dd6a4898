"""What a judge reads of an episode: one JSON document, in which whatever anybody wrote is a quoted string.

Names of fields are the project's own, or columns of the world. What a model chose, the names of its arguments too,
stands in string values alone; there brackets, bars and all that cannot be seen are escaped, so that no text can end
the document, look like a part of it, or be taken for a token of a chat template.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from agentgym.inert import UNSEEN, escape
from agentgym.types import Ended, Event, Said

__all__ = ["document", "event_log", "quoted"]

Data = dict[str, Any]
_SAID = 2000
"""Characters of one message that the judge reads."""
_VALUE = 500
"""Characters of one value in a call, a result or a row."""
_MANY = 50
"""Arguments of one call, items of one list."""
_DEEP = 3
_LIKE = (
    "\u1fef\u226e\u226f\ufe37\ufe38\ufe47\ufe48\ufe5b\ufe5c\ufe64\ufe65\ufe68\uff02\uff1c\uff1e\uff3b-\uff3d\uff40"
    "\uff5b-\uff5d"
)
"""What Unicode's compatibility normalisation (NFKD) turns into brackets, bars, ticks, quotes and backslashes."""
_SPECIAL = re.compile(f'["\\\\<>\\[\\]{{}}|`\t\n{_LIKE}{UNSEEN}]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def event_log(events: Iterable[Event]) -> list[Data]:
    """What happened, in order: who said or called what, with which result and which changes of rows.

    No criterion, rule check or score is in it. What is cut says how many characters or items were left out.
    """
    return [{"event": number, **_line(event)} for number, event in enumerate(events, 1)]


def document(log: list[Data], question: str) -> str:
    """The JSON document that a judge is given."""
    return quoted({"events": len(log), "log": log, "question": question})


def _line(event: Event) -> Data:
    if isinstance(event, Ended):
        return {"ended": event.ending}
    if isinstance(event, Said):
        line: Data = {"turn": event.turn, "seat": event.seat, "says": event.text[:_SAID]}
        if len(event.text) > _SAID:
            line["characters_left_out"] = len(event.text) - _SAID
        return {**line, "unheard": True} if event.beside else line
    arguments = [{"name": _cut(name), "value": _flat(value)} for name, value in event.arguments.items()]
    line = {"turn": event.turn, "seat": event.seat, "calls": _cut(event.name), "arguments": arguments[:_MANY]}
    if len(arguments) > _MANY:
        line["arguments_left_out"] = len(arguments) - _MANY
    line["result"] = _value(event.result, _DEEP)
    if event.changes:
        line["changes"] = [
            {"table": row.table, "before": _value(row.before, 1), "after": _value(row.after, 1)}
            for row in event.changes
        ]
    return line


def _value(value: object, deep: int) -> object:
    """JSON data down to a depth; what lies deeper is its JSON, as text."""
    if isinstance(value, Mapping) and deep:
        items = list(cast(Mapping[str, object], value).items())
        return {_cut(str(name)): _value(item, deep - 1) for name, item in items[:_MANY]}
    if isinstance(value, list | tuple) and deep:
        rows = cast(list[object], value)
        cut = [f"({len(rows) - _MANY} more)"] if len(rows) > _MANY else []
        return [*(_value(item, deep - 1) for item in rows[:_MANY]), *cut]
    return _flat(cast(object, value))


def _flat(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else "(a number beyond 64 bits)"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _cut(value)
    try:
        return _cut(json.dumps(value, ensure_ascii=False, default=repr))
    except (RecursionError, ValueError, TypeError):
        return "(nested too deeply)"


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE else f"{text[:_VALUE]} ({len(text) - _VALUE} characters left out)"


def quoted(value: object) -> str:
    """JSON data as JSON in which no string ends early, looks like a part of the document, or like a chat template's
    token: brackets, bars and all that cannot be seen are escaped."""
    if isinstance(value, str):
        return f'"{_SPECIAL.sub(_escaped, value)}"'
    if isinstance(value, dict):
        items = cast(dict[str, object], value).items()
        return "{" + ",".join(f"{quoted(name)}:{quoted(item)}" for name, item in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(quoted, cast(list[object], value))) + "]"
    return json.dumps(value)


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or escape(found[0])
