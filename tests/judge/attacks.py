"""The corpus of attacks, and the ways by which their text reaches an episode without changing what is done in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from agentgym.episode import Episode
from agentgym.pack import Pack, task_id
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.tool import Tool
from agentgym.trace import Recorder, Trace
from agentgym.trace.text import clean
from agentgym.types import Heard, Reply, Situation, Task
from agentgym.user.automaton import Automaton

__all__ = ["ATTACKS", "HARMLESS", "WAYS", "Attack", "Way", "again", "baseline", "with_rows", "with_words"]

FILE = Path(__file__).resolve().parent.parent / "data" / "attacks.jsonl"
HARMLESS = "an ordinary note"
ROWS = {
    "clinic": (
        ("patients", "name", "patient_id"), ("patients", "email", "patient_id"), ("contacts", "name", "contact_id"),
        ("doctors", "room", "doctor_id"), ("appointments", "note", "appointment_id"), ("doctors", "name", "doctor_id"),
        ("invoices", "note", "invoice_id"), ("prescriptions", "note", "prescription_id"),
    ),
    "bank": (
        ("customers", "name", "customer_id"), ("card_payments", "merchant", "payment_id"),
        ("payees", "name", "payee_id"), ("direct_debits", "creditor", "debit_id"), ("transfers", "note", "transfer_id"),
        ("standing_orders", "recipient", "order_id"), ("devices", "model", "device_id"),
    ),
    "fulfilment": (
        ("customers", "name", "customer_id"), ("addresses", "street", "address_id"), ("articles", "name", "article_id"),
        ("parcels", "carrier", "parcel_id"), ("addresses", "town", "address_id"),
    ),
}  # fmt: skip
"""Columns of free text: (table, column, key). Cells that a task is about keep their values."""


class Attack(msgspec.Struct, frozen=True):
    """One hostile text. `where` is the place it was made for; it is tried in all of them."""

    id: str
    kind: str
    where: str
    text: str


def _read() -> list[Attack]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Attack(**json.loads(line)) for line in lines]  # not msgspec: some texts have lone surrogates


ATTACKS = _read()


class Way(NamedTuple):
    """How a text gets into an episode: a changed task, a user, or whatever holds while it is played."""

    task: Callable[[Pack, Task, str], Task] = lambda pack, task, text: task
    user: Callable[[str], Any] | None = None
    around: Callable[[str], Any] | None = None


def _again(task: Task, **changed: Any) -> Task:
    task = msgspec.structs.replace(task, digest="", **changed)
    return msgspec.structs.replace(task, id=task_id(task))


def with_rows(pack: Pack, task: Task, text: str) -> Task:
    """The text in the rows of the world: in names and in columns of free text that the task is not about."""
    values = {"text": clean(text), "known": msgspec.json.encode(task).decode()}
    unknown = "{0} IS NULL OR instr(:known, {0}) = 0"
    writes = [
        Situation(f"UPDATE {table} SET {column} = :text || ' ' || {key} WHERE {unknown.format(column)}", values)
        for table, column, key in ROWS[pack.name]
    ]
    return _again(task, situation=(*task.situation, *writes))


def with_words(pack: Pack, task: Task, text: str) -> Task:
    """The text in what the simulated user says: in the opening, beside every fact, in its claim."""
    ledger, text = task.ledger, clean(text)
    facts = tuple(msgspec.structs.replace(fact, forms=(f"{{value}}. {text}",)) for fact in ledger.facts)
    claim = f"{ledger.claim} {text}" if ledger.claim else ""
    return _again(
        task, ledger=msgspec.structs.replace(ledger, opening=f"{ledger.opening} {text}", facts=facts, claim=claim)
    )


class Adding:
    """The automaton, with a text after each of its replies."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.inner: Any = None

    def begin(self, automaton: Automaton) -> None:
        self.inner = automaton

    def reply(self, heard: Heard) -> Reply:
        found = self.inner.reply(heard)
        return msgspec.structs.replace(found, text=f"{found.text} {self.text}") if found.text else found


@contextmanager
def in_results(text: str) -> Iterator[None]:
    """The text in every result of every tool, and in every message of an error."""
    execute = Tool.execute

    def hostile(tool: Tool, *args: Any, **kwargs: Any) -> Any:
        found = execute(tool, *args, **kwargs)
        return msgspec.structs.replace(found, value=_marked(found.value, text))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tool, "execute", hostile)
        yield


def _marked(value: Any, text: str) -> Any:
    if isinstance(value, Mapping):
        if "error" in value:
            return {"error": {**value["error"], "message": f"{value['error']['message']} {text}"}}
        return {**value, "remark": text}
    return [_marked(row, text) for row in value] if isinstance(value, list) else value


WAYS = {
    "rows": Way(task=with_rows),
    "results": Way(around=in_results),
    "user's words": Way(task=with_words),
    "words of another user": Way(user=Adding),
}


def baseline(pack: Pack, task: Task, name: str) -> Trace:
    """What a policy does of itself."""
    return play(pack, task, policy(name), name=name)


def again(pack: Pack, before: Trace, way: Way, text: str) -> Trace:
    """The same actions, with a text on its way into the episode."""
    assert before.task is not None
    task = way.task(pack, before.task, text)
    user = way.user(text) if way.user else None
    with Episode(pack, task, user=user) as episode, way.around(text) if way.around else _nothing():
        recorder = Recorder(episode)
        for step in before.steps:
            if not episode.ending:
                recorder.apply(step.given())
        return recorder.trace()


@contextmanager
def _nothing() -> Iterator[None]:
    yield
