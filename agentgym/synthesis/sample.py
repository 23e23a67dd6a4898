"""Workflows sampled from the tool graph of a pack: what a caller may want, and a tree that does it, on any world.

A sampler chooses goals; *resolution* (agentgym.synthesis.resolve) then finds what each call needs first, as
topology-aware sampling does (EnvFactory): an argument is looked up by a tool that gives its type, or said by the user;
optional arguments are left out with probability `skip`, and what both a tool and the user could give is looked up with
probability `satisfy`. One row of each table plays a part, so that a patient's id is the same patient's everywhere. From
the rows' tables comes the `bind` query, joined along foreign keys; from the rules about the last call come its
decisions; what makes a rule allow or forbid is borrowed from a workflow of the pack that decides by it.

What comes out is a draft like an author's, not yet a task: worlds reject rows that do not fit, and the certificate
everything that proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.seeding import Stream, stream
from agentgym.synthesis.graph import UNREACHABLE, USER, ToolGraph, ToolNode
from agentgym.synthesis.plan import Plan
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Refinement, Unsatisfiable
from agentgym.workflow import WorkflowSpec

__all__ = ["REFINEMENTS", "SHAPES", "Sampled", "Shape", "sample", "writers"]

Shape = Literal["resolve", "walk", "merge", "fan_in", "fan_out"]
REFINEMENTS: tuple[Refinement, ...] = ("latest", "ambiguous", "revised", "chained")
SHAPES: tuple[Shape, ...] = ("resolve", "walk", "merge", "fan_in", "fan_out")


class Sampled(Struct, frozen=True):
    """A workflow and the words that it needs."""

    spec: WorkflowSpec
    openings: dict[str, list[str]]
    shape: Shape
    goals: tuple[str, ...]
    """The tools that it ends with."""
    refined: Refinement = ""
    further: dict[str, dict[str, list[str]]] = {}
    """Further request -> its openings by split."""


def sample(
    pack: Pack, graph: ToolGraph, seed: int, shape: Shape, *, gap: int = 2, depth: int | None = None,
    goals: Sequence[str] = (), among: Sequence[str] = (), policy: Policy | None = None, refine: Refinement = "",
    skip: float = 0.6, satisfy: float = 0.9,
) -> Sampled:  # fmt: skip
    """A workflow of one seed.

    Args:
        shape: how goals are chosen. resolve: one tool; walk: the end of a random walk along values; merge: two tools
            that one user wants in turn; fan_in: a tool of several looked-up arguments; fan_out: several readings of one
            row.
        gap: what the user keeps to itself until it is asked: 0 nothing, 1 half of what it knows, 2 all but one fact,
            3 everything but what it wants (SynthAgent's information gap).
        depth: decisions in a row on the way to what is wanted, one after the other where the user wants several things;
            the goals are then writes, one for `resolve`, else as many as it takes. None: as it comes.
        goals: the tools to end with, in place of a choice.
        among: the tools to choose from where depth is asked for; empty for all that write.
        policy: the rules to decide by; None for the pack's.
        refine: how a request is made harder to understand (EnvFactory's calibrated refinement). latest: the row that is
            meant is the latest, earliest, highest or lowest, and no value of it is named; ambiguous: what is said first
            fits several rows, so that only a question tells which; revised: the user wants another value as soon as the
            first is read back; chained: of several things each is wanted when the one before is settled, and what is
            known of it is not said before.
        skip: probability that an optional argument is left out.
        satisfy: probability that a tool gives what the user could say, too.

    Raises:
        Unsatisfiable: nothing comes of it; another seed may do.
    """
    chance = stream("synthesis", pack.name, pack.digest, shape, seed, *(() if depth is None else (depth,)))
    policy = policy or Policy.of(pack)
    plan = Plan(pack, graph, chance, skip, satisfy, policy, refine)
    if not goals and depth is None:
        goals = _goals(graph, chance, shape, mixed=refine == "chained")
    elif not goals and depth is not None:
        counts = {name: len(policy.about(name)) for name in among or writers(pack, graph)}
        pairs = [pair for pair in policy.conflicts() if all(counts.get(name) for name in pair)]
        goals = _deep(pack, graph, chance, counts, depth, shape == "resolve", pairs)
    for goal in goals:
        plan.goal(graph.by_name[goal], alone=len(goals) == 1)
    spec, openings = plan.done(f"{shape}_{seed}", gap)
    return Sampled(spec, openings, shape, tuple(goals), refine, plan.further)


def writers(pack: Pack, graph: ToolGraph) -> list[str]:
    """The tools that write, can be reached, and do not end the conversation."""
    return [
        tool.name
        for tool in graph.tools
        if tool.effect != "read" and tool.seat != USER and graph.depths[tool.name] < UNREACHABLE
        and not pack.domain.tools[tool.name].spec.ends
    ]  # fmt: skip


def _deep(
    pack: Pack, graph: ToolGraph, chance: Stream, decided: Mapping[str, int], depth: int, alone: bool,
    pairs: Sequence[tuple[str, str]],
) -> list[str]:  # fmt: skip
    """Writes about the same rows whose decisions come to so many, half the time from a pair of which the one rules out
    the other, if there are some."""
    fitting = [name for name, count in sorted(decided.items()) if (count == depth if alone else 0 < count <= depth)]
    if not fitting:
        raise Unsatisfiable(f"no write has {depth} decisions" if alone else f"no write has 1 to {depth} decisions")
    ruling = [pair for pair in pairs if not alone and decided[pair[0]] + decided[pair[1]] <= depth]
    goals = list(chance.choice(ruling)) if ruling and chance.chance(0.5) else [chance.choice(fitting)]
    kin = _kin(pack, graph.by_name[goals[0]])
    left = depth - sum(decided[name] for name in goals)
    while left > 0 and not alone:
        others = [
            name
            for name, count in sorted(decided.items())
            if name not in goals and 0 < count <= left and _kin(pack, graph.by_name[name]) & kin
        ]
        if not others:
            break
        goals.append(chance.choice(others))
        left -= decided[goals[-1]]
    if left:
        raise Unsatisfiable(f"{' and '.join(goals)} come to {depth - left} decisions")
    return goals


def _goals(graph: ToolGraph, chance: Stream, shape: Shape, mixed: bool = False) -> list[str]:
    tools = [tool for tool in graph.tools if tool.seat != USER and graph.depths[tool.name] < UNREACHABLE]
    useful = [tool.name for tool in tools if tool.outputs and any("." in port.type for port in tool.inputs)]
    if shape == "walk":
        return [_walked(graph, chance, useful)]
    if shape == "fan_in":
        many = [name for name in useful if _looked_up(graph, graph.by_name[name]) >= 2]
        return [chance.choice(many or useful)]
    if shape == "fan_out":
        reads = [name for name in useful if graph.by_name[name].effect == "read"]
        first = chance.choice(reads or useful)
        same = [name for name in reads if name != first and _ids(graph.by_name[name]) == _ids(graph.by_name[first])]
        return [first, *chance.shuffled(same)[:1]]
    first = chance.choice(useful)
    if shape == "merge":
        tool = graph.by_name[first]
        others = [
            name
            for name in useful
            if name != first and _ids(graph.by_name[name]) & _ids(tool)
            and (mixed or (graph.by_name[name].effect == "read") == (tool.effect == "read"))  # who is told leaves
        ]  # fmt: skip
        if not others:
            raise Unsatisfiable(f"nothing shares a row with {first}")
        return [first, chance.choice(others)]
    return [first]


def _walked(graph: ToolGraph, chance: Stream, useful: Sequence[str]) -> str:
    """Where a walk of two to five steps ends that follows what tools give each other."""
    starts = [name for name in graph.by_name if graph.depths[name] == 1]
    at = chance.choice(starts)
    for _ in range(chance.between(2, 5)):
        onward = sorted({edge.target for edge in graph.edges if edge.source == at and edge.target in useful})
        if not onward:
            break
        at = chance.choice(onward)
    if at not in useful:
        raise Unsatisfiable(f"a walk ends at {at}, which needs nothing looked up")
    return at


def _looked_up(graph: ToolGraph, tool: ToolNode) -> int:
    return sum(any(e.source != USER for e in graph.into.get((tool.name, p.name), ())) for p in tool.inputs)


def _ids(tool: ToolNode) -> frozenset[str]:
    return frozenset(port.type for port in tool.inputs if "." in port.type and not port.optional)


def _kin(pack: Pack, tool: ToolNode) -> set[str]:
    """The tables of the rows that a call is about, and those that these rows belong to."""
    tables = {port.partition(".")[0] for port in _ids(tool)}
    return tables | {to for table in tables for to, _ in pack.domain.schema.tables[table].references.values()}
