"""A domain that a model thinks up, stage by stage, each behind a gate of code.

    persona -> domain -> tools -> rules -> workflows -> openings of each -> notes

What a stage gave is handed to the next as data. Tables, tools and rules are structured, so that all SQL is ours;
workflows are names of tools, which are resolved and proved as in the synthesis without a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import forget
from agentgym.places import is_name
from agentgym.seeding import stream
from agentgym.synthesis.admit import Synthesis
from agentgym.synthesis.domain.words import NOUNS, THEMES
from agentgym.synthesis.draft import vacant
from agentgym.synthesis.plan import GAPS
from agentgym.synthesis.resources.skeleton import NOTES
from agentgym.synthesis.sample import Sampled
from agentgym.synthesis.teacher import forms, stages
from agentgym.synthesis.teacher.ask import Teacher
from agentgym.synthesis.teacher.gates import Base, Gates, Ruled, notes_of, persona_of
from agentgym.synthesis.teacher.openings import Kept, kept_of, proved, question_of, request_of
from agentgym.synthesis.teacher.report import Report, report_of, write_report

__all__ = ["Taught", "teach"]

_TRAIN, _TEST = 8, 4
"""Openings that are asked for of a workflow."""
_LEAST = (5, 2)
"""Those of them that must be good in the end."""


class Taught(Struct, frozen=True):
    """A pack that a teacher thought up."""

    synthesis: Synthesis
    report: Report
    notes: dict[str, str]
    """Workflow -> the teacher's note on it."""


def teach(teacher: Teacher, folder: Path, *, seed: int = 0, gap: int = 2) -> Taught:
    """A pack of a teacher's making, written as a folder whose name is the pack's, and a report beside it.

    The same answers give the same bytes.

    Args:
        seed: of the words that the teacher starts from.
        gap: what users keep to themselves, see `agentgym.synthesis.sample.sample`.

    Raises:
        Unfinished: the teacher passed no gate of a stage, or its budget is spent, or its server failed; the report says
            how far it came.
        UsageError: something lies at that place, it is no pack's name, or the server does not take the model.
    """
    vacant(folder)
    if not is_name(folder.name) or seed < 0 or not 0 <= gap < GAPS:
        raise UsageError(
            f"the folder's name is the pack's, lower case words joined by _, seeds are from 0 and gaps 0 to {GAPS - 1}"
            f"; found {folder.name!r}, {seed} and {gap}"
        )
    try:
        with TemporaryDirectory() as scratch:
            made, notes, about = _Course(teacher, seed, Gates(folder.name, gap, Path(scratch))).taken(folder)
    except AgentGymError as trouble:
        write_report(report_of(teacher, seed, str(trouble)), folder)
        raise
    report = report_of(teacher, seed)
    write_report(report, folder)
    _write_notes(made, notes, about, report, folder)
    return Taught(made, report, notes)


class _Course:
    """The stages of one run."""

    def __init__(self, teacher: Teacher, seed: int, gates: Gates) -> None:
        self.teacher, self.seed, self.gates = teacher, seed, gates

    def taken(self, folder: Path) -> tuple[Synthesis, dict[str, str], forms.Persona]:
        """The pack, the notes by workflow, and who calls where."""
        ask, gates = self.teacher.ask, self.gates
        persona = ask(stages.PERSONA, {"words": self.words()}, persona_of)
        told: dict[str, Any] = {"persona": persona}
        domain = ask(stages.DOMAIN, _plain(told), lambda answer: gates.domain(answer, persona))
        told["domain"] = domain
        base = ask(stages.TOOLS, _plain(told), lambda answer: gates.tools(answer, domain, persona))
        try:
            told["tools"] = _tools(base)
            ruled = ask(stages.RULES, _plain(told), lambda answer: gates.rules(answer, base))
            told["rules"] = [growth.rule.say for growth in ruled.grown]
            found = ask(stages.WORKFLOWS, _plain(told), lambda answer: gates.workflows(answer, base, ruled))
            said = [self.opened(one, base, ruled, told) for one in found]
            notes = ask(stages.NOTES, _plain({**told, "workflows": _workflows(said)}), lambda a: notes_of(a, said))
            return self.written(folder, base, ruled, said), notes, persona
        finally:
            forget(base.pack)

    def words(self) -> list[str]:
        """Where to start from."""
        chance = stream("teacher", self.seed)
        nouns = sorted({noun for found in NOUNS.values() for noun in found})
        return [chance.choice(THEMES)[0], *chance.shuffled(nouns)[:4]]

    def opened(self, found: Sampled, base: Base, ruled: Ruled, told: Mapping[str, Any]) -> Sampled:
        """A workflow with the teacher's openings."""
        draft = base.draft.copy()
        draft.rules(ruled.policy.rules)
        draft.add(found.spec, found.openings)
        pack = self.gates.loaded(draft, [])
        if pack is None:
            raise UsageError(f"{found.spec.name} does not load any more")
        try:
            workflow = pack.workflows[found.spec.name]
            request = request_of(pack, workflow)
            given = {"persona": told["persona"], **question_of(pack, workflow, _TRAIN, _TEST)}
        finally:
            forget(pack)

        def gate(answer: forms.Openings) -> tuple[Kept | None, list[str]]:
            kept, troubles = kept_of(answer, request, None, (_TRAIN, _TEST))
            if not kept.many(*_LEAST):
                return None, troubles
            draft.add(found.spec, {"train": list(kept.train), "test": list(kept.test)})
            pack = self.gates.loaded(draft, troubles)
            if pack is None:
                return None, troubles
            try:
                kept, more = proved(pack, found.spec.name, kept)
            finally:
                forget(pack)
            return (kept if kept.many(*_LEAST) else None), [*troubles, *more]

        kept = self.teacher.ask(stages.OPENINGS, _plain(given), gate, found.spec.name)
        return replace(found, openings={"train": list(kept.train), "test": list(kept.test)})

    # --- the whole ---

    def written(self, folder: Path, base: Base, ruled: Ruled, found: list[Sampled]) -> Synthesis:
        """The pack, less rules about what nobody wants."""
        done = {tool for one in found for tool in one.goals}
        idle = [growth for growth in ruled.grown if growth.rule.tool not in done]
        draft = base.draft.copy()
        draft.rules(ruled.policy.without([growth.rule.id for growth in idle]).rules)
        for one in found:
            draft.add(one.spec, one.openings)
        kept = tuple(growth for growth in ruled.grown if growth not in idle)
        return Synthesis(draft.write(folder), tuple(found), {}, kept)


def _tools(base: Base) -> list[dict[str, Any]]:
    """The tools as later stages read them."""
    out: list[dict[str, Any]] = []
    for tool in base.graph.tools:
        spec = base.pack.domain.tools[tool.name].spec
        if not spec.ends:
            columns = sorted({port.type for port in tool.outputs if "." in port.type})
            changes = tool.effect != "read"
            out.append({"name": tool.name, "description": spec.description, "changes": changes, "shows": columns})
    return out


def _workflows(said: list[Sampled]) -> list[dict[str, Any]]:
    return [{"workflow": one.spec.name, "wants": one.spec.wants, "tools": list(one.goals)} for one in said]


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return msgspec.to_builtins(told)


def _write_notes(made: Synthesis, notes: Mapping[str, str], about: forms.Persona, report: Report, folder: Path) -> None:
    lines = [
        f"# {made.pack.name}, thought up by {' '.join(report.model.split())[:100]}", "",
        ("A language model chose the words, tables, tools, rules and wishes below; nobody has read them. Every "
         "workflow is proved on every branch. The notes are for people, and in no reward."), "", about.about, "",
    ]  # fmt: skip
    for one in made.admitted:
        lines += [f"## {one.spec.name}", "", f"{one.spec.title}. {notes.get(one.spec.name, '')}".strip(), ""]
    took = [line for line in report.lines if not line.startswith(" ")]  # what is indented quotes the model
    lines += ["## What it took", "", *(f"* {line}" for line in took)]
    (folder / NOTES).write_text("\n".join(lines) + "\n", encoding="utf-8")
