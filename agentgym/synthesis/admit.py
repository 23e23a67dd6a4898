"""Which sampled workflows become part of a pack: those of whose every branch the certificate proves tasks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from agentgym.certify import certify
from agentgym.errors import PackError, TaskError, UsageError
from agentgym.pack import Pack
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.graph import tool_graph
from agentgym.synthesis.resolve import Unsatisfiable
from agentgym.synthesis.sample import SHAPES, Sampled, Shape, sample
from agentgym.workflow import WorkflowSpec
from agentgym.world import Pool

__all__ = ["Synthesis", "shape_of", "synthesize"]

_TRIES = 40
"""Draws for each workflow that is wanted, at most."""
_PROVED = 2
"""Tasks of each branch and split that are proved before a workflow is admitted."""


class Synthesis(Struct, frozen=True):
    """A pack of admitted workflows, and what became of the other draws."""

    pack: Pack
    admitted: tuple[Sampled, ...]
    refused: dict[str, int]
    """Reason -> draws."""


def synthesize(
    pack: Pack, name: str, folder: Path, count: int, *, shapes: Sequence[Shape] = SHAPES, seed: int = 0,
    progress: Callable[[int], Any] | None = None,
) -> Synthesis:  # fmt: skip
    """A pack of `count` sampled workflows on the world, tools and rules of another, written as a folder.

    The same arguments give the same bytes. No two workflows are alike but for names and constants.

    Args:
        name: of the new pack, which is also the folder's within `folder`.
        seed: of the first draw of each shape.
        progress: called with the number admitted so far.

    Raises:
        UsageError: so many cannot be had; the message has the most frequent reasons. Or something lies at that place.
    """
    vacant(folder / name)
    graph, draft, trial = tool_graph(pack), Draft.of(pack, name).bare(), Draft.of(pack, f"{pack.name}_try").bare()
    admitted: list[Sampled] = []
    known: set[str] = set()
    refused: Counter[str] = Counter()
    for draw in range(count * _TRIES):
        if len(admitted) == count:
            break
        try:
            found = sample(pack, graph, seed + draw // len(shapes), shapes[draw % len(shapes)])
        except Unsatisfiable as trouble:
            refused[str(trouble)] += 1
            continue
        alike = shape_of(found.spec)
        reason = "like an earlier one" if alike in known else _trouble(trial, found)
        known.add(alike)
        if reason:
            refused[reason] += 1
            continue
        admitted.append(found)
        draft.add(found.spec, found.openings)
        if progress is not None:
            progress(len(admitted))
    if len(admitted) < count:
        why = "; ".join(f"{reason} ({times})" for reason, times in refused.most_common(3))
        raise UsageError(f"{pack.name}: only {len(admitted)} of {count} workflows in {count * _TRIES} draws: {why}")
    return Synthesis(draft.write(folder / name), tuple(admitted), dict(refused.most_common()))


def shape_of(spec: WorkflowSpec) -> str:
    """A digest that is the same for workflows that differ in names and constants alone."""
    names: dict[str, str] = {}

    def renamed(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {part: renamed(inner, part) for part, inner in cast(dict[str, Any], value).items()}
        if isinstance(value, list):
            return [renamed(inner, key) for inner in cast(list[Any], value)]
        if isinstance(value, str) and (value.startswith("$") or key == "as"):
            name, _, column = value.removeprefix("$").partition(".")
            return f"{names.setdefault(name, f'n{len(names)}')}.{column}"
        return value

    bound = [spec.facts[name].value for name in spec.facts]
    held = [re.sub(r"^\$", "", value) if isinstance(value, str) and value.startswith("$") else "" for value in bound]
    return hashlib.sha256(msgspec.json.encode([renamed(spec.do), held])).hexdigest()


def _trouble(bare: Draft, found: Sampled) -> str:
    """Why a workflow is not admitted to a draft without any; empty where it is."""
    draft = bare.bare()
    draft.add(found.spec, found.openings)
    with TemporaryDirectory() as folder:
        try:
            alone = draft.write(Path(folder) / str(draft.files["pack"]["name"]))
        except PackError as trouble:
            return f"it does not load: {trouble.message}"
        try:
            return _unproved(alone, found.spec.name)
        finally:
            alone.close()


def _unproved(pack: Pack, name: str) -> str:
    pool = Pool()
    splits: tuple[Literal["train", "test"], ...] = ("train", "test")
    try:
        for split in splits:
            for branch in pack.workflows[name].branches:
                for seed in range(_PROVED):
                    task = pack.task(seed, split, workflow=name, branch=branch, pool=pool)
                    certificate = certify(pack, task, pool=pool)
                    if not certificate.ok:
                        return f"gate {certificate.gate}"
    except TaskError:
        return "no row gives a branch"
    finally:
        pool.close()
    return ""
