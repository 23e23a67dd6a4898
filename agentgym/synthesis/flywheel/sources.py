"""What each operator works on: families of tasks, in packs that have them or are made to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from agentgym.errors import UsageError
from agentgym.pack import Pack, forget, load
from agentgym.synthesis.admit import synthesize
from agentgym.synthesis.curriculum import Family
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.flywheel.observed import Seen
from agentgym.synthesis.plan import CLAIMS
from agentgym.workflow.node import CallTool, walk
from agentgym.workflow.spec import TrapSpec

__all__ = ["OPERATORS", "SCRATCH", "Operator", "Source", "Sources"]

Operator = Literal["twin", "trap", "mutate", "grow", "again"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
SCRATCH = ".round-"
"""How folders begin in which something is being made."""
_MASTERED = 0.8
"""Share of a workflow's episodes that are won where it is mastered; no branch of it below half."""
_LEAST = 4
"""Episodes of it, at least."""
_WORKFLOWS = 6
"""Workflows of a grown pack."""
_DEPTH = 4
"""Decisions in a row at most."""


class Source(NamedTuple):
    """A family to draw a task of, and the episode that asks for it."""

    family: Family
    parent: str
    slip: str = ""
    """The kind of error that the episode was lost by."""


class Sources:
    """The sources of each operator, one for each episode that asks for it.

    Args:
        packs: what was played, by name. Packs that come about are added.
        folder: where these are written.
        tag: in their names, so that other rounds have others.
        told: called with what is being done.
    """

    def __init__(
        self, packs: dict[str, Pack], folder: Path, tag: str, seed: int, gap: int, told: Callable[[str, int], Any]
    ) -> None:
        self._packs, self._folder, self._tag, self._seed, self._gap, self._told = packs, folder, tag, seed, gap, told
        self.gave_up: list[str] = []
        self.fresh: list[str] = []
        """Packs that came about."""

    def of(self, seen: Sequence[Seen]) -> Mapping[Operator, list[Source]]:
        """For what was seen; `again` has all of it."""
        out: dict[Operator, list[Source]] = {operator: [] for operator in OPERATORS}
        for one in seen:
            out["twin"] += [Source(one.family, parent) for parent in one.failed]
            out["trap"] += self._traps(one)
            slipped = [(kind, parent) for kind, parents in sorted(one.slipped.items()) for parent in parents]
            out["mutate"] += [Source(one.family, parent, kind) for kind, parent in slipped]
            played = (*one.failed, *one.guessed, *one.won, *(parent for _, parent in slipped))
            out["again"] += [Source(one.family, parent) for parent in played]
        for pack, mastered in _mastered(seen).items():
            out["grow"] += self._grown(self._packs[pack], mastered)
        return out

    def _traps(self, one: Seen) -> Iterator[Source]:
        """The trap of a forbidden side of a family's situation, in the pack itself, or in one that is the same but for
        traps."""
        if not one.guessed:
            return
        workflow = self._packs[one.family.pack].workflows[one.family.workflow]
        leaf = workflow.leaf(one.family.branch)
        denied = next((illegal for legal, illegal in workflow.spec.twins if leaf in (legal, illegal)), "")
        trap = next((name for name, spec in workflow.spec.traps.items() if spec.branch == denied), "")
        name = one.family.pack
        if denied and not trap:
            name, trap = self._with_traps(self._packs[name]), f"{denied}_claim"
        for parent in one.guessed:
            yield Source(Family(name, workflow.name, trap) if trap else one.family, parent)

    def _with_traps(self, pack: Pack) -> str:
        """The pack in which every forbidden side of a pair has a trap."""
        name = f"{pack.name}_t{self._tag}"
        if name not in self._packs and not (self._folder / name / "pack.yaml").is_file():
            draft = Draft.of(pack, name)
            for workflow in pack.workflows.values():
                trapped = {spec.branch for spec in workflow.spec.traps.values()}
                bare = [illegal for _, illegal in workflow.spec.twins if illegal not in trapped]
                traps = {f"{leaf}_claim": TrapSpec(leaf, list(CLAIMS)) for leaf in bare}
                spec = msgspec.structs.replace(workflow.spec, traps={**workflow.spec.traps, **traps})
                draft.workflows[workflow.name] = msgspec.to_builtins(spec)
            with TemporaryDirectory(dir=self._folder, prefix=SCRATCH) as scratch:
                forget(draft.write(Path(scratch) / name))
                os.replace(Path(scratch) / name, self._folder / name)
        return self._taken(name)

    def _grown(self, pack: Pack, mastered: Sequence[Seen]) -> Iterator[Source]:
        """The families of a pack that is grown from what is mastered, one for each episode that was won."""
        name = f"{pack.name}_g{self._tag}"
        if not (self._folder / name / "pack.yaml").is_file() and not self._grow(pack, name, mastered):
            return
        grown = self._packs[self._taken(name)]
        families = [Family(name, *pair) for pair in grown.branches("train")]
        wanted = min(_deepest(pack, mastered) + 1, _DEPTH)
        depth = max(len(leaf.split(".")) for workflow in grown.workflows.values() for leaf in workflow.leaves)
        if depth < wanted:
            self.gave_up.append(f"grow: {wanted} decisions in a row cannot be had of {pack.name}: {depth} are")
        for place, parent in enumerate(parent for one in mastered for parent in one.won):
            yield Source(families[place % len(families)], parent)

    def _grow(self, pack: Pack, name: str, mastered: Sequence[Seen]) -> bool:
        """Write the pack that is one decision deeper than what is mastered, or as deep as its tools let it be."""
        tools: dict[str, None] = {}
        for one in mastered:
            workflow = pack.workflows[one.family.workflow]
            called = [node.tool for node in walk(workflow.tree) if isinstance(node, CallTool)]
            tools |= dict.fromkeys(tool for tool in called if tool in pack.tools and pack.tools[tool].writes)
        reason = "no mastered workflow writes"
        for depth in range(min(_deepest(pack, mastered) + 1, _DEPTH), 0, -1) if tools else ():
            self._told(f"growing {pack.name}", depth)
            with TemporaryDirectory(dir=self._folder, prefix=SCRATCH) as scratch:
                try:
                    found = synthesize(
                        pack, name, Path(scratch), _WORKFLOWS, least=1, seed=self._seed, gap=self._gap, depth=depth,
                        among=list(tools),
                    )  # fmt: skip
                except UsageError as trouble:
                    reason = str(trouble)
                    continue
                forget(found.pack)
                os.replace(Path(scratch) / name, self._folder / name)
                return True
        self.gave_up.append(f"grow: {reason}")
        return False

    def _taken(self, name: str) -> str:
        if name not in self._packs:
            self._packs[name] = load(self._folder / name)
            self.fresh.append(name)
        return name


def _deepest(pack: Pack, mastered: Sequence[Seen]) -> int:
    """The most decisions on the way of a family that is mastered."""
    found = [(pack.workflows[one.family.workflow], one.family.branch) for one in mastered]
    return max(len(flow.leaf(branch).split(".")) if flow.spec.twins else 0 for flow, branch in found)


def _mastered(seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    """Pack -> families of its workflows that are mastered."""
    workflows: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        workflows.setdefault((one.family.pack, one.family.workflow), []).append(one)
    out: dict[str, list[Seen]] = {}
    for (pack, _), families in workflows.items():
        episodes, won = sum(one.episodes for one in families), sum(len(one.won) for one in families)
        if episodes >= _LEAST and won >= _MASTERED * episodes and min(one.success for one in families) >= 0.5:
            out.setdefault(pack, []).extend(families)
    return out
