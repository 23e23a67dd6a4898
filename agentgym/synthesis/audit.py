"""Audit of a data set of tasks: what its certificate would say of each, and what only shows in all of them together.

The checks are those that audits of published sets have failed: things that do not exist, tasks that are won without
deciding, hidden facts that are not hidden, arguments that do not matter, copies, and test tasks that training has seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentgym.certify import certify, missing_names
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack, task_id
from agentgym.seeding import Stream
from agentgym.synthesis.search import found_by_search
from agentgym.types import Fact, Provenance, Task
from agentgym.user.values import surface
from agentgym.world import Pool

__all__ = ["Audit", "Finding", "audit"]

_WITNESSES = 5
_NEAR = 0.01
"""Share of near duplicates that passes."""
_PERSONAL = ("id", "name", "phone", "email")
"""Kinds of values by which somebody is known."""
_SHORT = 8
"""A line to be compared with is at least so long."""
_GATES = {
    "recordings": "a played tool has no answer",
    "references": "phantom references",
    "oracle": "the oracle fails",
    "floor": "won without looking",
    "twins": "branch-blind success",
    "reasons": "a refusal's reason has nothing to do with its rule",
    "traps": "a false claim is paid",
    "essential": "a call or an argument does not matter",
    "arguments": "an argument changes nothing of what is shown",
    "reorder": "a legal order fails",
    "gap": "the oracle does not need its user",
    "replay": "replay differs",
    "view": "the tool view leaks",
}
"""Gate of the certificate -> what it means that tasks fail there, in the order of the gates."""
_UNFIT = (AgentGymError, KeyError, ValueError, TypeError)
"""What playing a task may raise that is data from anywhere."""
_ALWAYS = ("references", "twins", "essential", "gap")
"""Gates that are shown where nothing failed at them, too."""


class Finding(Struct):
    """One check: how many of how many, and the first few."""

    check: str
    found: int = 0
    of: int = 0
    fails: bool = True
    """Whether what was found speaks against the set; else it is for information."""
    witnesses: list[str] = []

    def add(self, witness: str) -> None:
        """One more."""
        self.found += 1
        if len(self.witnesses) < _WITNESSES:
            self.witnesses.append(witness)

    @property
    def ok(self) -> bool:
        """Whether the set passes."""
        share = self.found / self.of if self.of else 0.0
        return not self.fails or (share < _NEAR if self.check == "near duplicates" else not self.found)


class Audit(Struct):
    """What was found in a set of tasks."""

    tasks: int
    splits: dict[str, int]
    packs: dict[str, int]
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether every check passes."""
        return self.tasks > 0 and all(finding.ok for finding in self.findings)


def audit(
    tasks: Sequence[Task], packs: Mapping[str, Pack], against: Collection[str] = (),
    progress: Callable[[int], Any] | None = None,
) -> Audit:  # fmt: skip
    """Audit tasks, each of one of the packs.

    Args:
        against: texts that no task may share a line with (a test set that people evaluate on).
        progress: called with the number of tasks that have been played.
    """
    findings = [
        *_each(tasks, packs, progress),
        _exact(tasks),
        _near(tasks),
        _leakage(tasks, packs),
        *_coverage(tasks, packs),
    ]
    if against:
        findings.append(_contamination(tasks, against))
    return Audit(
        len(tasks), dict(Counter(task.split for task in tasks)), dict(sorted(Counter(t.pack for t in tasks).items())),
        findings,
    )  # fmt: skip


def _each(tasks: Sequence[Task], packs: Mapping[str, Pack], progress: Callable[[int], Any] | None) -> Iterator[Finding]:
    """What is found by playing every task alone. A gate is only reached by what passes those before it."""
    by_gate = {gate: Finding(what) for gate, what in _GATES.items()}
    search = Finding("search finds what is hidden")
    pool = Pool()
    try:
        for number, task in enumerate(tasks, 1):
            pack = packs.get(task.pack)
            try:
                failed, witness = _proof(pack, task, pool)
            except _UNFIT as trouble:
                failed, witness = "references", f"it cannot be played: {trouble}"
            for gate, finding in by_gate.items():
                finding.of += 1
                if gate == failed:
                    finding.add(f"{task.id}: {witness}")
                    break
            if pack is not None and any(fact.release != "opening" for fact in task.ledger.facts):
                with suppress(*_UNFIT):
                    given = found_by_search(pack, task, pool=pool)
                    search.of += 1
                    if given:
                        search.add(f"{task.id}: {', '.join(given)}")
            if progress is not None:
                progress(number)
    finally:
        pool.close()
    yield from (found for gate, found in by_gate.items() if found.found or gate in _ALWAYS)
    yield search


def _proof(pack: Pack | None, task: Task, pool: Pool) -> tuple[str, str]:
    """The gate that a task fails at, and why; two empty texts where it passes all."""
    if pack is None:
        return "references", f"there is no pack {task.pack}"
    missing = next(missing_names(pack, task), "")
    if missing:
        return "references", missing
    pack.check(task)
    certificate = certify(pack, task, pool=pool)
    return certificate.gate, certificate.witness


def _exact(tasks: Sequence[Task]) -> Finding:
    """Tasks that differ in nothing but their number, their provenance and how the oracle words itself."""
    finding = Finding("exact duplicates", of=len(tasks))
    seen: dict[str, str] = {}
    for task in tasks:
        digest = task_id(msgspec.structs.replace(task, seed=0, provenance=Provenance(), oracle=()))
        if digest in seen:
            finding.add(f"{task.id} is {seen[digest]}")
        seen.setdefault(digest, task.id)
    return finding


def _near(tasks: Sequence[Task]) -> Finding:
    """Tasks of one branch and world with a user that knows the same, whatever it says first."""
    finding = Finding("near duplicates", of=len(tasks))
    seen: dict[tuple[Any, ...], str] = {}
    for task in tasks:
        facts = tuple((fact.name, fact.value, fact.release) for fact in task.ledger.facts)
        rows = tuple(sorted(task.bind.items()))
        view = repr(task.tool_view)
        key = (task.pack, task.split, task.world_seed, task.workflow, task.branch, facts, rows, task.tools, view)
        if key in seen:
            finding.add(f"{task.id} is like {seen[key]}")
        seen.setdefault(key, task.id)
    return finding


def _leakage(tasks: Sequence[Task], packs: Mapping[str, Pack]) -> Finding:
    """Openings, and people, that both splits have. A person is two values or more, one of them an id, a name, a phone
    number or an e-mail address, the other such a one or a date: one alone may coincide. Words of a list that both
    splits draw from are nobody's."""
    finding = Finding("shared by train and test")
    held: dict[str, dict[str, str]] = {"train": {}, "test": {}}
    for task in tasks:
        for text in _texts(task, _shared_words(packs.get(task.pack))):
            held[task.split].setdefault(text, task.id)
    finding.of = len(held["test"])
    for text, one in held["test"].items():
        if text in held["train"]:
            finding.add(f"{text!r} of {one} and {held['train'][text]}")
    return finding


def _shared_words(pack: Pack | None) -> frozenset[str]:
    if pack is None:
        return frozenset()
    words = pack.content.words
    return frozenset(
        word for name in words["train"] for word in {*words["train"][name]} & {*words["test"].get(name, ())}
    )


def _texts(task: Task, shared: Collection[str]) -> Iterator[str]:
    opening = task.ledger.opening
    further = [request.opening for request in task.ledger.further]
    personal: list[str] = []
    known = False
    for fact in task.ledger.facts:
        if fact.type in (*_PERSONAL, "date") and fact.value and fact.value not in shared:
            personal.append(f"{fact.type} {fact.value}")
            known |= fact.type in _PERSONAL
        if fact.release == "opening":
            for form in range(4):
                said = _said(fact, form)
                opening = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", "...", opening) if said else opening
        elif fact.release == "next":
            said = [re.escape(text) for form in range(4) if (text := _said(fact, form))]
            if said:
                further = [re.sub(rf"(?<!\w)(?:{'|'.join(said)})(?!\w)", "...", words) for words in further]
    if known and len(personal) > 1:
        yield " and ".join(sorted(personal))
    for words in (opening, *further):
        yield re.sub(r"\d+", "0", words)


class _Form:
    """A stream that draws one number."""

    def __init__(self, form: int) -> None:
        self._form = form

    def below(self, n: int) -> int:
        return self._form % n


def _said(fact: Fact, form: int) -> str:
    return surface(fact.value, fact.type, cast(Stream, _Form(form)))


def _coverage(tasks: Sequence[Task], packs: Mapping[str, Pack]) -> Iterator[Finding]:
    """Leaves of the workflows that no task plays, and twins of which one side has none."""
    leaves = Finding("leaves without a task", fails=False)
    pairs = Finding("twins of which one side has no task", fails=False)
    played = {(task.pack, task.workflow, _leaf(task, packs)) for task in tasks}
    for name, workflow in sorted({(pack, workflow) for pack, workflow, _ in played}):
        if name not in packs or workflow not in packs[name].workflows:
            continue
        known = packs[name].workflows[workflow]
        for leaf in known.leaves:
            leaves.of += 1
            if (name, workflow, leaf) not in played:
                leaves.add(f"{name} {workflow}/{leaf}")
        for pair in known.spec.twins:
            pairs.of += 1
            if sum((name, workflow, known.leaf(side)) in played for side in pair) == 1:
                pairs.add(f"{name} {workflow}: {pair[0]} and {pair[1]}")
    yield from (leaves, pairs)


def _leaf(task: Task, packs: Mapping[str, Pack]) -> str:
    pack = packs.get(task.pack)
    workflow = pack.workflows.get(task.workflow) if pack is not None else None
    return workflow.leaf(task.branch) if workflow is not None else task.branch


def _contamination(tasks: Sequence[Task], against: Iterable[str]) -> Finding:
    """Tasks that say, want or name a line of a list, or whose opening is a part of one."""
    finding = Finding("found in the list", of=len(tasks))
    lines = sorted({_plain(line) for text in against for line in text.splitlines()})
    whole = "\n".join(lines)
    lines = [line for line in lines if len(line) >= _SHORT]
    if not lines:
        raise UsageError(f"no line of the list has {_SHORT} characters: there is nothing to compare with")
    for task in tasks:
        requests = [text for request in task.ledger.further for text in (request.opening, request.wants)]
        said = [task.ledger.opening, task.ledger.wants, *requests, *(str(fact.value) for fact in task.ledger.facts)]
        text = "\n".join(map(_plain, said))
        opening = _plain(task.ledger.opening)
        line = next((line for line in lines if line in text), opening if opening and opening in whole else "")
        if line:
            finding.add(f"{task.id}: {line}")
    return finding


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
