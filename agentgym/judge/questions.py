"""Where questions come from: a file that is given, or the rubrics of the packs that were played."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agentgym import places
from agentgym.errors import AgentGymError, PackError, UsageError
from agentgym.pack import Pack, load, read_rubric
from agentgym.rubric import Question
from agentgym.rubric.question import trouble_of
from agentgym.trace import Trace

__all__ = ["Declared", "read_questions"]


def read_questions(name: str | Path) -> tuple[Question, ...]:
    """The questions of a rubric, `rubrics/NAME.yaml` or a file in that form, or of a JSON file.

    JSON: `[{"id": "polite", "question": "Was the agent polite?"}, ...]`, with `votes` where they are not 3.

    Raises:
        UsageError: it cannot be read, is not of that form, or has no questions.
    """
    path = Path(name)
    shipped = places.root() / "rubrics" / f"{name}.yaml"
    if re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) and not path.exists() and shipped.is_file():
        path = shipped
    try:
        data = path.read_bytes()
        yaml = path.suffix in (".yaml", ".yml")
        found = read_rubric(path).judge if yaml else msgspec.json.decode(data, type=list[Question])
    except OSError as trouble:
        raise UsageError(f"cannot read questions from {name}: {trouble.strerror}") from None
    except PackError as trouble:
        raise UsageError(str(trouble)) from None
    except (msgspec.DecodeError, UnicodeError) as trouble:
        raise UsageError(f'{path}: expected [{{"id": ..., "question": ...}}, ...]: {trouble}') from None
    wrong = trouble_of(found)
    if wrong is not None:
        raise UsageError(f"{path}: {wrong[1]}")
    if not found:
        raise UsageError(f"{path} asks no question: add some under `judge`")
    return tuple(found)


class Declared:
    """The questions that the packs of traces declare. Packs that are not found declare none.

    Args:
        packs: come before those that are found by the name in a trace.
    """

    def __init__(self, packs: Iterable[Pack] = ()) -> None:
        self._of: dict[str, tuple[Question, ...]] = {pack.name: tuple(pack.rubric.judge) for pack in packs}

    def of(self, trace: Trace) -> tuple[Question, ...]:
        """The questions about a trace."""
        name = trace.pack
        if name not in self._of:
            try:
                found = tuple(load(name).rubric.judge) if name.isidentifier() else ()  # a name and never a path
            except AgentGymError:
                found = ()
            self._of[name] = found
        return self._of[name]
