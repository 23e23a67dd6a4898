"""More openings for a pack that is there, in a model's words, with what they say kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack, forget
from agentgym.places import is_name
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.teacher import forms, stages
from agentgym.synthesis.teacher.ask import Teacher
from agentgym.synthesis.teacher.openings import Kept, kept_of, proved, question_of, request_of
from agentgym.synthesis.teacher.report import Report, report_of, write_report
from agentgym.workflow import Workflow

__all__ = ["Paraphrased", "paraphrase"]

_SHOWN = 12
"""Openings of a split that a model is shown."""


class Paraphrased(Struct, frozen=True):
    """A copy of a pack with more openings."""

    pack: Pack
    added: dict[str, Kept]
    """Workflow -> what is new."""
    report: Report


def paraphrase(
    teacher: Teacher, pack: Pack, folder: Path, *, workflows: Sequence[str] = (), train: int = 4, test: int = 2
) -> Paraphrased:
    """A copy of a pack, under the folder's name, with more openings for its workflows, and a report beside it.

    The copy is a pack of another name, so its worlds are others. Recordings of played tools are not taken along.

    Args:
        workflows: those to write for; empty for all.
        train, test: openings to add to each, 1 to 20 of train and 0 to 20 of test, where it has tasks of that split.

    Raises:
        Unfinished: as `agentgym.synthesis.teacher.teach`; a workflow for which no opening passed is such an end.
        UsageError: something lies at that place, there is no such workflow, or the server does not take the model.
    """
    vacant(folder)
    if not is_name(folder.name) or not 1 <= train <= 20 or not 0 <= test <= 20:
        raise UsageError(
            "the folder's name is the pack's, lower case words joined by _, with 1 to 20 openings for train and 0 to "
            f"20 for test; found {folder.name!r}, {train} and {test}"
        )
    unknown = [name for name in workflows if name not in pack.workflows]
    if unknown:
        raise UsageError(f"{pack.name} has no workflow {unknown[0]}; it has {', '.join(pack.workflows)}")
    draft, added = Draft.of(pack, folder.name), dict[str, Kept]()
    try:
        with TemporaryDirectory() as scratch:
            for name, workflow in pack.workflows.items():
                if not workflows or name in workflows:
                    many = (
                        train if workflow.spec.split != "test" else 0,
                        test if workflow.spec.split != "train" else 0,
                    )
                    added[name] = _more(teacher, pack, workflow, draft, many, Path(scratch))
                    draft = _with(draft, name, added[name])
    except AgentGymError as trouble:
        write_report(report_of(teacher, 0, str(trouble)), folder)
        raise
    report = report_of(teacher, 0)
    made = draft.write(folder)
    write_report(report, folder)
    return Paraphrased(made, added, report)


def _more(teacher: Teacher, pack: Pack, workflow: Workflow, draft: Draft, many: tuple[int, int], scratch: Path) -> Kept:
    name = workflow.spec.name
    openings = pack.content.openings
    there = Kept(openings["train"].get(name, ()), openings["test"].get(name, ()))
    request = request_of(pack, workflow, [*there.train, *there.test])
    given = {**question_of(pack, workflow, *many), "known": [*there.train[:_SHOWN], *there.test[:_SHOWN]]}
    tried = 0

    def gate(answer: forms.Openings) -> tuple[Kept | None, list[str]]:
        nonlocal tried
        tried += 1
        kept, troubles = kept_of(answer, request, there, many)
        if not kept.train and not kept.test:
            return None, troubles
        trial = _with(draft, name, kept).write(scratch / f"{name}_{tried}" / str(draft.files["pack"]["name"]))
        try:
            kept, more = proved(trial, name, kept)
        finally:
            forget(trial)
        return (kept if kept.train or kept.test else None), [*troubles, *more]

    return teacher.ask(stages.PARAPHRASES, given, gate, name)


def _with(draft: Draft, name: str, more: Kept) -> Draft:
    """A draft with more openings of a workflow."""
    out = draft.copy()
    wording = out.files["wording"]
    wording["openings"][name] = [*wording["openings"][name], *more.train]
    if more.test:
        held = wording.setdefault("held_out", {}).setdefault("openings", {})
        held[name] = [*held.get(name, []), *more.test]
    return out
