"""The gates of a teacher's stages: what an answer has to do, tried out on packs that are written for it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from agentgym.errors import AgentGymError, PackError, UsageError
from agentgym.pack import Pack, forget
from agentgym.synthesis.admit import Trial, has_rows, shape_of, unproved_by
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.graph import UNREACHABLE, ToolGraph, tool_graph
from agentgym.synthesis.grow import Growth, growth_of
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Unsatisfiable
from agentgym.synthesis.resources.skeleton import Skeleton, skeleton
from agentgym.synthesis.sample import Sampled, sample, writers
from agentgym.synthesis.teacher import forms
from agentgym.synthesis.teacher.parts import tables_of, tool_troubles, tools_of
from agentgym.synthesis.teacher.texts import text_trouble

__all__ = ["Base", "Gates", "Ruled", "notes_of", "persona_of"]

_DRAWS = 12
"""Draws of a workflow of a teacher's goals."""
_TRIALS = 3
"""Those of them that are proved, at most."""
_WISHES, _RULES, _ABOUT = 8, 8, 3
"""Workflows and rules at most, and rules about one tool."""


class Base(Struct, frozen=True):
    """A pack with tools, and what is asked of it."""

    pack: Pack
    graph: ToolGraph
    draft: Draft
    trial: Trial


class Ruled(Struct, frozen=True):
    """The policy that a teacher chose."""

    policy: Policy
    grown: tuple[Growth, ...]


class Gates:
    """The gates of one run.

    Args:
        name: of the pack.
        gap: what users keep to themselves.
        scratch: a folder for packs that are tried.
    """

    def __init__(self, name: str, gap: int, scratch: Path) -> None:
        self.name, self.gap, self.scratch = name, gap, scratch
        self._written = 0

    def domain(self, answer: forms.Domain, persona: forms.Persona) -> tuple[forms.Domain | None, list[str]]:
        """The tables, where they make a pack whose worlds can be drawn."""
        found, troubles = self.skeleton(answer, None, persona)
        if found is None:
            return None, troubles
        pack = self.loaded(found.draft, troubles)
        if pack is not None:
            forget(pack)
        return (None if troubles else answer), troubles

    def skeleton(
        self, answer: forms.Domain, tools: forms.Tools | None, persona: forms.Persona
    ) -> tuple[Skeleton | None, list[str]]:
        """The pack of tables and tools, or why there is none."""
        tables, troubles = tables_of(answer)
        if troubles:
            return None, troubles
        adds = tools_of(tools) if tools is not None else None  # else guesses, to see whether tables do
        try:
            return skeleton(
                tables, self.name, answer.caller, [], place=persona.place, known_by=answer.known_by, tools=adds
            ), []  # fmt: skip
        except UsageError as trouble:
            return None, [str(trouble)]

    def loaded(self, draft: Draft, troubles: list[str]) -> Pack | None:
        """A draft as a pack; None, and the reason among the troubles, where it does not load or has no worlds."""
        self._written += 1
        pack: Pack | None = None
        try:
            pack = draft.write(self.scratch / str(self._written) / self.name)
            for split in ("train", "test"):
                pack.image(split, 0)
        except AgentGymError as trouble:
            troubles.append(trouble.message if isinstance(trouble, PackError) else str(trouble))
            if pack is not None:
                forget(pack)
            return None
        return pack

    def tools(self, answer: forms.Tools, domain: forms.Domain, persona: forms.Persona) -> tuple[Base | None, list[str]]:
        """The pack with its tools: each within reach, and each change possible on rows that there are."""
        troubles = tool_troubles(answer, domain)
        if troubles:
            return None, troubles
        found, troubles = self.skeleton(domain, answer, persona)
        pack = self.loaded(found.draft, troubles) if found is not None else None
        if found is None or pack is None:
            return None, troubles
        graph = tool_graph(pack)
        for tool in graph.tools:
            if graph.depths[tool.name] >= UNREACHABLE:
                troubles.append(f"tool {tool.name}: nothing shows the keys that it takes; add a tool that lists them")
        for name in writers(pack, graph):
            reason = _cannot(pack, graph, name)
            if reason:
                troubles.append(f"tool {name}: no caller can have it used: {reason}")
        if troubles:
            forget(pack)
            return None, troubles
        bare = found.draft.bare()
        return Base(pack, graph, bare, Trial(bare, self.scratch)), []

    def rules(self, answer: forms.Rules, base: Base) -> tuple[Ruled | None, list[str]]:
        """The policy of the rules by each of which a workflow decides that is proved on every branch."""
        pack, graph, troubles = base.pack, base.graph, list[str]()
        policy, grown = Policy.of(pack), list[Growth]()
        if not 1 <= len(answer.rules) <= _RULES:
            troubles.append(f"expected 1 to {_RULES} rules, found {len(answer.rules)}")
        able = writers(pack, graph)
        for at, rule in enumerate(answer.rules[:_RULES], 1):
            where = f"rule {at} ({rule.tool[:40]}, {rule.column[:80]})"
            if rule.tool not in able:
                troubles.append(f"{where}: no tool of this name changes anything; there are {', '.join(able)}")
                continue
            if len(policy.about(rule.tool)) == _ABOUT:
                troubles.append(f"{where}: there are {_ABOUT} rules about this tool already")
                continue
            value = rule.value[:60] if rule.test == "is" else max(-(10**9), min(10**9, rule.number))
            try:
                growth = growth_of(
                    pack, graph, graph.by_name[rule.tool], policy.about(rule.tool), rule.column[:100], rule.test, value
                )
            except UsageError as trouble:
                troubles.append(f"{where}: {trouble}")
                continue
            longer = policy.grown(growth)
            reason = unproved_by(pack, graph, longer, [rule.tool], base.trial)
            if reason:
                hint = "; it may be what callers tell rows apart by" if "`pick`" in reason else ""
                troubles.append(f"{where}: no workflow that decides by it is proved: {reason[:200]}{hint}")
                continue
            policy = longer
            grown.append(growth)
        return (Ruled(policy, tuple(grown)) if grown else None), troubles

    def workflows(self, answer: forms.Wishes, base: Base, ruled: Ruled) -> tuple[tuple[Sampled, ...] | None, list[str]]:
        """The workflows that are proved on every branch."""
        troubles: list[str] = []
        if not 1 <= len(answer.wishes) <= _WISHES:
            troubles.append(f"expected 1 to {_WISHES} wishes, found {len(answer.wishes)}")
        found: list[Sampled] = []
        known: set[str] = set()
        for at, wish in enumerate(answer.wishes[:_WISHES], 1):
            goals = [tool[:40] for tool in wish.tools]
            where = f"wish {at} ({', '.join(goals[:3])})"
            reason = _no_goals(goals, base) or (
                "like an earlier one" if any(one.goals == tuple(goals) for one in found) else ""
            )
            one = None
            if not reason:
                one, reason = self.workflow(goals, len(found) + 1, base, ruled, known)
            if one is None:
                troubles.append(f"{where}: {reason}")
            else:
                found.append(one)
        return (tuple(found) or None), troubles

    def workflow(
        self, goals: list[str], number: int, base: Base, ruled: Ruled, known: set[str]
    ) -> tuple[Sampled | None, str]:
        """The first proved workflow of some goals, or why there is none."""
        reason, tried = "", 0
        for draw in range(_DRAWS):
            shape = "resolve" if len(goals) == 1 else "merge"
            try:
                found = sample(
                    base.pack, base.graph, draw, shape, gap=self.gap, goals=goals, policy=ruled.policy
                )  # fmt: skip
            except Unsatisfiable as trouble:
                reason = reason or str(trouble)
                continue
            if not has_rows(base.pack, found):
                reason = reason or "there are no rows for it"
                continue
            alike = shape_of(found.spec)
            if alike in known:
                reason = "like an earlier one"
                continue
            found = replace(found, spec=replace(found.spec, name=f"{'_and_'.join(goals)}_{number}"))
            reason = base.trial(found, ruled.policy)
            tried += 1
            if not reason:
                known.add(alike)
                return found, ""
            if tried == _TRIALS:
                break
        return None, reason


def persona_of(answer: forms.Persona) -> tuple[forms.Persona | None, list[str]]:
    """Who calls where, in few plain words: the place stands in what the assistant is told."""
    place = answer.place
    troubles = {
        "place": text_trouble(place, 5, 60),
        "caller": text_trouble(answer.caller, 3, 30),
        "about": text_trouble(answer.about, 10, 400),
    }
    if not troubles["place"] and (
        not place.lower().startswith(("a ", "an ")) or len(place.split()) > 7 or "." in place
    ):
        troubles["place"] = "expected two to seven words that begin with a or an"
    found = [f"{part}: {trouble}" for part, trouble in troubles.items() if trouble]
    return (None if found else answer), found


def notes_of(answer: forms.Notes, said: list[Sampled]) -> tuple[dict[str, str] | None, list[str]]:
    """The note on each workflow."""
    names = [one.spec.name for one in said]
    notes: dict[str, str] = {}
    troubles: list[str] = []
    for one in answer.notes[: 2 * _WISHES]:
        trouble = text_trouble(one.note, 10, 500)
        if one.workflow not in names or one.workflow in notes:
            trouble = f"one note for each of {', '.join(names)}"
        if trouble:
            troubles.append(f"note on {one.workflow[:80]!a}: {trouble}")
        else:
            notes[one.workflow] = one.note
    troubles += [f"no note on {name}" for name in names if name not in notes]
    return (notes or None), troubles


def _cannot(pack: Pack, graph: ToolGraph, tool: str) -> str:
    """Why nobody can have a tool used, in any of the first worlds; empty where somebody can."""
    reason = "no rows on which it works"
    for draw in range(_DRAWS):
        try:
            if has_rows(pack, sample(pack, graph, draw, "resolve", goals=[tool])):
                return ""
        except Unsatisfiable as trouble:
            reason = str(trouble)
    return reason


def _no_goals(goals: list[str], base: Base) -> str:
    """Why these cannot be the goals of one workflow; empty where they can."""
    if not 1 <= len(goals) <= 2 or len({*goals}) != len(goals):
        return "expected one tool or two different ones"
    for name in goals:
        tool = base.graph.by_name.get(name)
        if tool is None or base.pack.domain.tools[name].ends:
            return f"no tool {name!a}"
        if len(goals) == 2 and tool.effect == "read":
            return f"{name} changes nothing; of two tools both do"
    return ""
