"""Reading a rubric: rubric.yaml of a pack, or rubrics/NAME.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

from agentgym.errors import PackError, did_you_mean
from agentgym.pack import yaml
from agentgym.pack.formats import RubricFile
from agentgym.rubric import SCORERS
from agentgym.rubric.question import trouble_of
from agentgym.types import Criterion

__all__ = ["read_rubric"]


def read_rubric(path: Path, name: str = "") -> RubricFile:
    """The rubric of a file; `name` is how errors call it. Raises PackError."""
    name = name or path.name
    found, lines = yaml.read_as(path, name, RubricFile)
    if found.scorer not in SCORERS:
        near = did_you_mean(found.scorer, SCORERS)
        raise PackError(
            f"no scorer {found.scorer}.{near} There are: {', '.join(SCORERS)}", file=name, line=lines.of("$.scorer")
        )
    for field, value in (("beta", found.beta), ("progress", found.progress)):
        if not 0 <= value <= 1:
            raise PackError(f"{field} lies between 0 and 1, found {value}", file=name, line=lines.of(f"$.{field}"))
    kinds: tuple[str, ...] = get_args(get_type_hints(Criterion)["kind"])
    for kind, weight in found.weights.items():
        line = lines.of(f"$.weights.{kind}")
        if kind == "judge":
            raise PackError("a judge has no weight: what it says is in no score", file=name, line=line)
        if kind not in kinds:
            near = did_you_mean(kind, kinds)
            raise PackError(f"no kind of criterion {kind}.{near} There are: {', '.join(kinds)}", file=name, line=line)
        if weight < 0:
            raise PackError(f"the weight of {kind} is not negative, found {weight}", file=name, line=line)
    wrong = trouble_of(found.judge)
    if wrong is not None:
        raise PackError(wrong[1], file=name, line=lines.of(f"$.judge[{wrong[0]}]"))
    return found
