"""Openings that a model wrote: looked at word by word, then each said in a task that the certificate has to prove."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from agentgym.certify import certify
from agentgym.errors import TaskError
from agentgym.pack import Pack
from agentgym.synthesis.grow import deed
from agentgym.synthesis.teacher.forms import Openings
from agentgym.synthesis.teacher.texts import Request, alike, opening_trouble
from agentgym.types import Ledger, Task
from agentgym.user import interpret
from agentgym.user.values import surfaces
from agentgym.workflow import CallTool, Workflow
from agentgym.workflow.node import walk
from agentgym.world import Pool

__all__ = ["Kept", "kept_of", "proved", "question_of", "request_of", "says"]

_SEEDS, _FAILURES = 120, 3
"""Seeds in which an opening has to turn up, and tasks with it that may fail, which need not be its doing."""
_DISTINCT = 2_000
"""Values of one column that are told apart."""


class Kept(Struct, frozen=True):
    """The openings that passed, by split."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    def many(self, train: int, test: int) -> bool:
        """Whether there are so many."""
        return len(self.train) >= train and len(self.test) >= test


def question_of(pack: Pack, workflow: Workflow, train: int, test: int) -> dict[str, Any]:
    """What a teacher has to know to write so many openings of a workflow."""
    first, kept_back = _gaps(workflow)
    return {
        "wants": workflow.spec.wants, "places": first, "meaning": {name: pack.domain.label(name) for name in first},
        "not_to_be_said": kept_back, "train": train, "test": test,
    }  # fmt: skip


def _gaps(workflow: Workflow) -> tuple[list[str], list[str]]:
    """The facts of a workflow that its opening says, and those that its user keeps back."""
    facts = workflow.spec.facts
    first = [name for name, fact in facts.items() if fact.release == "opening" and not fact.next]
    return first, [name for name in facts if name not in first]


def request_of(pack: Pack, workflow: Workflow, known: Sequence[str] = ()) -> Request:
    """What the openings of a workflow have to say and must not.

    Args:
        known: openings that there are, whose words may be said.
    """
    own = {node.tool for node in walk(workflow.tree) if isinstance(node, CallTool)}
    writes = [tool.name for tool in pack.domain.tools.values() if tool.spec.effect != "read" and not tool.ends]
    deeds = {name: deed(pack, name) for name in writes}
    others = {deeds[name].split()[0].lower() for name in writes if name not in own and deeds[name].split()}
    labels = [pack.domain.label(name) for name in _gaps(workflow)[0]]
    wants = [workflow.spec.wants, workflow.spec.title, *labels, *(deeds[name] for name in writes if name in own)]
    return Request(
        " , ".join([*wants, *(re.sub(r"\{\w*\}", " , ", text) for text in known)]), tuple(_gaps(workflow)[0]),
        _values(pack), frozenset(others),
    )  # fmt: skip


def _values(pack: Pack) -> frozenset[str]:
    """Words that stand for something in one of the first worlds: states, names and titles."""
    found: set[str] = set()
    splits: tuple[Literal["train", "test"], ...] = ("train", "test")
    for split in splits:
        image = pack.image(split, 0)
        for column, kind in pack.domain.types.items():
            table, _, name = column.partition(".")
            if kind in ("enum", "name", "email") and name in pack.domain.schema.tables[table].columns:
                query = f'SELECT DISTINCT "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL LIMIT {_DISTINCT}'
                found |= {str(value) for (value,) in image.query(query)}
        for key, words in pack.content.words[split].items():
            if key != "letters":
                found |= {*words}
    plain = (" ".join(re.findall(r"[a-z\u00c0-\u024f]+", value.lower())) for value in found)
    return frozenset(value for value in plain if len(value) > 1)


def kept_of(answer: Openings, request: Request, there: Kept | None, many: tuple[int, int]) -> tuple[Kept, list[str]]:
    """The openings that can be said as far as words show, and what is wrong with the others.

    Args:
        there: openings that there are, which none may be like.
        many: how many are wanted at most, of train and of test.
    """
    troubles: list[str] = []
    seen = [*there.train, *there.test] if there is not None else []
    out: list[tuple[str, ...]] = []
    for split, texts, most in (("train", answer.train, many[0]), ("test", answer.test, many[1])):
        if len(texts) > 2 * most:
            troubles.append(f"{split}: expected {most}, found {len(texts)}")
        texts = texts[: 2 * most]
        near = alike(texts, seen)
        kept: list[str] = []
        for text, twin in zip(texts, near, strict=True):
            trouble = opening_trouble(text, request) or twin
            if trouble:
                troubles.append(f"{split}: {text[:100]!a}: {trouble}")
            elif len(kept) < most:
                kept.append(text)
        seen += kept
        if len(kept) < most:
            troubles.append(f"{split}: {len(kept)} of {most} are good")
        out.append(tuple(kept))
    return Kept(out[0], out[1]), troubles


def proved(pack: Pack, name: str, texts: Kept) -> tuple[Kept, list[str]]:
    """Of openings that a pack has already, those with which tasks may begin, and what is wrong with the others.

    Each is said in a task of its split that the certificate proves. There the words say what they are to say and
    nothing that is kept back, as the user's own words are read.
    """
    pool, out = Pool(), dict[str, str]()
    splits: tuple[tuple[Literal["train", "test"], tuple[str, ...]], ...] = (
        ("train", texts.train),
        ("test", texts.test),
    )
    try:
        for split, wanted in splits:
            waiting, failed = dict.fromkeys(wanted), Counter[str]()
            for seed in range(_SEEDS):
                if not waiting:
                    break
                try:
                    task = pack.task(seed, split, workflow=name, pool=pool)
                except TaskError:
                    continue
                text = next((text for text in waiting if says(text, task.ledger)), None)
                if text is None:
                    continue
                trouble = _said_wrong(task)
                certificate = certify(pack, task, pool=pool)
                failed[text] += not certificate.ok and "cannot be made from the same row" not in certificate.witness
                if failed[text] == _FAILURES:
                    trouble = trouble or f"tasks with it fail at {certificate.gate}: {certificate.witness[:120]}"
                if trouble:
                    out[text] = trouble
                if trouble or certificate.ok:
                    del waiting[text]
            out |= dict.fromkeys(waiting, f"no task of {_SEEDS} seeds was proved with it")
    finally:
        pool.close()
    good = Kept(*(tuple(text for text in part if text not in out) for part in (texts.train, texts.test)))
    return good, [f"{text[:100]!a}: {reason}" for text, reason in out.items()]


def says(text: str, ledger: Ledger) -> bool:
    """Whether an opening is that of a ledger, whose own values stand in its places."""
    values = {
        "{" + fact.name + "}": "|".join(re.escape(said) for said in surfaces(fact.value, fact.type))
        for fact in ledger.facts
        if fact.release == "opening"
    }
    parts = re.split(r"(\{\w+\})", text)
    form = "".join(f"(?:{values[part]})" if part in values else re.escape(part) for part in parts)
    return re.fullmatch(form, ledger.opening) is not None


def _said_wrong(task: Task) -> str:
    """What is wrong with the words that a task begins with, as a user's words are read."""
    ledger = task.ledger
    reply = interpret(ledger.opening, ledger, False)
    first = {str(fact.value) for fact in ledger.facts if fact.release == "opening"}
    for fact in ledger.facts:
        if fact.release == "opening" and fact.name not in reply.facts:
            return f"{fact.name} is not understood in it"
        if fact.release != "opening" and fact.name in reply.facts and str(fact.value) not in first:
            return f"it gives away {fact.name}, which is kept back"
    return ""
