"""Which sampled workflows become part of a pack: those of whose every branch the certificate proves tasks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agentgym.certify import certify
from agentgym.errors import PackError, TaskError, UsageError
from agentgym.pack import WORLDS, Pack, forget
from agentgym.seeding import Stream, stream
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.graph import ToolGraph, tool_graph
from agentgym.synthesis.grow import Growth, growths, paired
from agentgym.synthesis.opening import opening_of
from agentgym.synthesis.plan import GAPS
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Refinement, Unsatisfiable
from agentgym.synthesis.sample import SHAPES, Sampled, Shape, sample, writers
from agentgym.workflow import WorkflowSpec
from agentgym.world import Pool

__all__ = ["Synthesis", "Trial", "has_rows", "shape_of", "synthesize", "unproved_by"]

_TRIES = 20
"""Draws for each workflow that is wanted, at most."""
_PROVED = 2
"""Tasks of each branch and split that are proved before a workflow is admitted."""
_WORLDS = 8
"""Worlds that are looked into for them."""
_PLENTY = 16
"""Rows of a workflow in the first worlds with which no world is taken to be without one."""
_GROWN = 5
"""Tools about which a policy grows, at most."""
_FEW = 2
"""Tools of which each is decided as deep alone as is asked for: where there are no more, two wants may not add up."""
_ALIKE = 2
"""Workflows of the same goals in a pack, at most, where depth is asked for."""
_DRAWS = 4
"""The square of this: workflows that are drawn with a rule before it is withdrawn."""
_TRIALS = 2
"""Those of them that are tried, and of workflows that differ in names and constants alone."""


class Synthesis(Struct, frozen=True):
    """A pack of admitted workflows, and what became of the other draws."""

    pack: Pack
    admitted: tuple[Sampled, ...]
    refused: dict[str, int]
    """Reason -> draws."""
    grown: tuple[Growth, ...] = ()
    """Rules that its policy has and that of the original has not."""


def synthesize(
    pack: Pack, name: str, folder: Path, count: int, *, shapes: Sequence[Shape] = SHAPES, seed: int = 0, gap: int = 2,
    depth: int | None = None, among: Sequence[str] = (), refine: Sequence[Refinement] = (),
    least: int | None = None, progress: Callable[[int], Any] | None = None,
) -> Synthesis:  # fmt: skip
    """A pack of `count` sampled workflows on the world, tools and rules of another, written as a folder.

    The same arguments give the same bytes. No two workflows are alike but for names and constants.

    Args:
        name: of the new pack, which is also the folder's within `folder`.
        seed: of the first draw of each shape.
        gap: what users keep to themselves, from 0 to 3, see `agentgym.synthesis.sample.sample`.
        depth: decisions in a row on the way to what is wanted, from 1. The policy grows by rules where it has too few
            (`agentgym.synthesis.grow`), and the shapes are then resolve and merge. None: rules and depths as they come.
        among: where depth is asked for, the tools that are wanted and decided; empty for all that write.
        refine: how requests may be made harder to understand, see `sample`; half of the draws are so.
        least: workflows to be content with; None for `count`.
        progress: called with the number admitted so far.

    Raises:
        UsageError: so many cannot be had; the message has the most frequent reasons. Or something lies at that place.
    """
    vacant(folder / name)
    if not 0 <= gap < GAPS or (depth is not None and depth < 1):
        raise UsageError(f"gaps are 0 to {GAPS - 1} and depths from 1; found gap {gap} and depth {depth}")
    graph, policy, draft = tool_graph(pack), Policy.of(pack), Draft.of(pack, name).bare()
    admitted: list[Sampled] = []
    known: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    goals: Counter[tuple[str, ...]] = Counter()
    grown: list[Growth] = []
    able, tools = list[str](), list[str]()
    with TemporaryDirectory() as scratch:
        trial = Trial(draft, Path(scratch))
        if depth is not None:
            shapes = ("resolve", "merge")
            chance = stream("growth", pack.name, pack.digest, seed, depth)
            tools = [name for name in writers(pack, graph) if name in among or not among]
            if not tools:
                raise UsageError(f"{pack.name}: none of {', '.join(among) or 'its tools'} writes and can be reached")
            policy, grown, able = _grown(pack, graph, policy, tools, depth, chance, trial, refused)
        for draw in range(count * _TRIES):
            if len(admitted) == count:
                break
            shape, number = shapes[draw % len(shapes)], seed + draw // len(shapes)
            how = _refinement(pack, refine, number, shape)
            try:
                found = sample(
                    pack, graph, number, shape, gap=gap, depth=depth, among=able or tools, policy=policy, refine=how
                )
            except Unsatisfiable as trouble:
                refused[str(trouble)] += 1
                continue
            if not has_rows(pack, found):
                refused["no rows"] += 1
                continue
            found = replace(found, spec=replace(found.spec, name=f"{'_and_'.join(found.goals)}_{len(admitted) + 1}"))
            if depth is not None and goals[found.goals] == _ALIKE:
                refused["of goals that there are enough of"] += 1
                continue
            alike = shape_of(found.spec)
            reason = "like an earlier one" if known[alike] >= _TRIALS else trial(found, policy)
            known[alike] += 1
            if reason:
                refused[reason] += 1
                continue
            known[alike] += _TRIALS
            admitted.append(found)
            goals[found.goals] += 1
            if progress is not None:
                progress(len(admitted))
    if len(admitted) < (count if least is None else least):
        why = "; ".join(f"{reason} ({times})" for reason, times in refused.most_common(3))
        raise UsageError(f"{pack.name}: only {len(admitted)} of {count} workflows in {count * _TRIES} draws: {why}")
    done = {tool for found in admitted for tool in found.goals}
    idle = [growth for growth in grown if growth.rule.tool not in done]
    draft.rules(policy.without([growth.rule.id for growth in idle]).rules)
    for found in admitted:
        draft.add(found.spec, found.openings, found.further)
    pairs = {pair for found in admitted for pair in combinations(found.goals, 2)}
    kept = tuple(  # a conflict that nobody has is a state that is asked for
        replace(growth, operator="state", first="") if growth.first and growth.goals not in pairs else growth
        for growth in grown
        if growth not in idle
    )
    return Synthesis(draft.write(folder / name), tuple(admitted), dict(refused.most_common()), kept)


def _refinement(pack: Pack, refine: Sequence[Refinement], number: int, shape: str) -> Refinement:
    chance = stream("refinement", pack.name, pack.digest, number, shape)
    fit: list[Refinement] = [
        how for how in refine if how != "chained" or shape in ("merge", "fan_out")
    ]  # the others want one thing
    return chance.choice(fit) if fit and chance.chance(0.5) else ""


def _grown(
    pack: Pack, graph: ToolGraph, policy: Policy, tools: Sequence[str], depth: int, chance: Stream, trial: Trial,
    refused: Counter[str],
) -> tuple[Policy, list[Growth], list[str]]:  # fmt: skip
    """Another policy: rules that no situation can be had for are met beforehand, and others added until decisions are
    deep enough, each after a workflow that decides by it has been proved on every branch. And the tools that are
    decided."""
    grown: list[Growth] = []
    able: list[str] = []
    # A conflict takes a first deed that is decided; what may have to be waited for is seldom, so it comes before all.
    ordered = paired(pack, graph, chance.shuffled(tools))
    for name in sorted(ordered, key=lambda name: opening_of(pack, name) is None):
        if len({growth.rule.tool for growth in grown}) == _GROWN:
            break
        policy, count = _met(pack, graph, policy, name)
        alone = len(tools) <= _FEW or chance.chance(0.5)
        wanted = depth if alone else max(1, depth // 2)  # two wants of one user add up
        if count > 0:
            able.append(name)
        if not 0 <= count < wanted:
            continue
        own: set[str] = set()
        taken = {column for growth in grown for column in growth.columns}
        found = growths(pack, graph, graph.by_name[name], policy.governing(name), chance, able)
        for growth in sorted(
            found, key=lambda one: not one.first and not taken.isdisjoint(one.columns)
        ):  # goals add up
            ahead = len(policy.about(growth.first)) if growth.first else 0
            if own & {*growth.columns} or ahead + count + bool(ahead) > depth:
                continue
            longer = policy.grown(growth)
            reason = unproved_by(pack, graph, longer, growth.goals, trial)
            if reason:
                refused[f"rule {growth.rule.id}: {reason}"] += 1
                continue
            policy, count = longer, count + 1
            grown.append(growth)
            own |= {*growth.columns}
            wanted = min(wanted, depth - ahead)
            able += [name] if name not in able else []
            if count == wanted:
                break
    return policy, grown, sorted(able)


def _met(pack: Pack, graph: ToolGraph, policy: Policy, tool: str) -> tuple[Policy, int]:
    """The policy with those rules to be met beforehand that keep a workflow of this tool from being sampled, and how
    many are left by which it is decided; -1 where something else keeps it."""
    met = policy
    for draw in range(len(policy.rules) + _DRAWS):
        try:
            if has_rows(pack, sample(pack, graph, draw, "resolve", goals=[tool], policy=met)):
                return met, len(met.about(tool))
        except Unsatisfiable as trouble:
            if trouble.rule:
                met = met.meeting(tool, trouble.rule)
    return policy, -1


def unproved_by(pack: Pack, graph: ToolGraph, policy: Policy, goals: Sequence[str], trial: Trial) -> str:
    """Why no workflow of some goals is proved under a policy; empty where one is."""
    reason, tried = "", 0
    for draw in range(_DRAWS * _DRAWS):
        try:
            found = sample(pack, graph, draw, "resolve", goals=goals, policy=policy)
        except Unsatisfiable as trouble:
            reason = str(trouble)
            continue
        if not has_rows(pack, found):
            reason = reason or "no rows"
            continue
        reason = trial(found, policy)
        tried += 1
        if not reason or tried == _TRIALS:
            break
    return reason


def has_rows(pack: Pack, found: Sampled) -> bool:
    """Whether there are rows for a workflow in one of the first worlds, whatever comes of them."""
    return any(pack.image("train", world).query(f"SELECT 1 FROM ({found.spec.bind}) LIMIT 1") for world in range(3))


def shape_of(spec: WorkflowSpec) -> str:
    """A digest that is the same for workflows that differ in names and constants alone, in what is told of a call that
    was made, or in whether it fails at first."""
    names: dict[str, str] = {}

    def renamed(value: Any, key: str = "", agreed: bool = False) -> Any:
        if isinstance(value, dict):
            held = cast(dict[str, Any], value)
            if "retry" in held:
                return renamed(held["retry"], key, agreed)
            return {part: renamed(inner, part, agreed) for part, inner in held.items()}
        if isinstance(value, list):
            kept: list[Any] = []
            made = False
            for inner in cast(list[Any], value):
                node = cast(dict[str, Any], inner) if isinstance(inner, dict) else {}
                agreed = agreed or "confirm" in node
                if agreed and made and "tell" in node:
                    agreed = False  # the write has been reported: what follows is something else
                else:
                    kept.append(renamed(inner, key, agreed))
                made = "call" in node or "retry" in node
            return kept
        if isinstance(value, str) and (value.startswith("$") or key == "as"):
            name, _, column = value.removeprefix("$").partition(".")
            return f"{names.setdefault(name, f'n{len(names)}')}.{column}"
        return value

    bound = [spec.facts[name].value for name in spec.facts]
    held = [re.sub(r"^\$", "", value) if isinstance(value, str) and value.startswith("$") else "" for value in bound]
    return hashlib.sha256(msgspec.json.encode([renamed(spec.do), held])).hexdigest()


def _scarce(pack: Pack, name: str, split: Literal["train", "test"]) -> bool:
    """Whether a workflow has no rows in some world. Where the first worlds have plenty the others are not asked."""
    query = f"SELECT count(*) FROM (SELECT 1 FROM ({pack.workflows[name].spec.bind}) LIMIT {_PLENTY})"
    counts = (pack.image(split, world).query(query)[0][0] for world in range(WORLDS))
    first = list(islice(counts, _PROVED * 2))
    return min(first) < _PLENTY and not (all(first) and all(counts))


class Trial:
    """Tries workflows, each alone in a pack.

    Args:
        bare: the pack without workflows.
        scratch: a folder to write in.
    """

    def __init__(self, bare: Draft, scratch: Path) -> None:
        self._bare, self._scratch = bare, scratch

    def __call__(self, found: Sampled, policy: Policy) -> str:
        """Why a workflow is not admitted under a policy; empty where it is."""
        draft = self._bare.copy()
        draft.rules(policy.rules)
        draft.add(found.spec, found.openings, found.further)
        with TemporaryDirectory(dir=self._scratch) as folder:
            try:
                alone = draft.write(Path(folder) / str(draft.files["pack"]["name"]))
            except PackError as trouble:
                return f"it does not load: {trouble.message}"
            try:
                return _unproved(alone, found.spec.name)
            finally:
                forget(alone)


def _unproved(pack: Pack, name: str) -> str:
    """Why not every branch of a workflow has proved tasks in both splits; empty where it has."""
    pool, found, missed = Pool(), 0, 0
    splits: tuple[Literal["train", "test"], ...] = ("train", "test")
    try:
        for split in splits:
            for branch in pack.workflows[name].branches:
                proved, seed, why = 0, 0, ""
                while proved < _PROVED and seed < _WORLDS:
                    try:
                        task = pack.task(seed, split, workflow=name, branch=branch, pool=pool)
                        certificate = certify(pack, task, pool=pool)
                        if not certificate.ok and "cannot be made from the same row" not in certificate.witness:
                            return f"gate {certificate.gate}"
                        why = certificate.witness
                        proved += certificate.ok
                    except TaskError as trouble:
                        why = str(trouble).rpartition(": ")[2]
                    seed += 1
                if proved < _PROVED:
                    return f"no row gives a branch: {why}"
                found, missed = found + proved, missed + seed - proved
            if _scarce(pack, name, split):
                return "no rows in some worlds"
        if missed > found:
            return f"most rows give no task, or no twin: {missed} for {found} that do"
    finally:
        pool.close()
    return ""
