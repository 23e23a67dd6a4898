"""Injected text changes its own string in what a judge is given, and nothing of what counts as an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agentgym.inert import UNSEEN
from agentgym.judge import Judge, document, event_log, read_vote
from agentgym.llm import Client, Server, judging
from agentgym.pack import load
from agentgym.rubric import Question
from agentgym.trace import Trace
from agentgym.trace.text import clean
from agentgym.types import Called, Event, Said
from tests.judge.attacks import ATTACKS, HARMLESS, WAYS, again, baseline
from tests.llm.server import Body, FakeServer, words

PACKS = ("clinic", "bank", "fulfilment")
WROTE = Question("wrote", "Did a row of the world change?", 1)
LEFT = Question("left", "Did the customer leave of their own accord?", 1)
ERRED = Question("erred", "Did any call of the agent fail?", 1)
QUESTIONS = (WROTE, LEFT, ERRED)
TOKENS = re.compile(r"<\|?\w|\[/?INST|\[[A-Z_]{3,}\]|</|\|>|```|\n")


def like(text: str) -> str:
    """Harmless text of the same length: what is long is cut, whatever it says."""
    return (f"{HARMLESS}, " * (len(text) // len(HARMLESS) + 1))[: len(text)]


def spoilt(events: list[Event], text: str) -> list[Event]:
    """The events with the text in every place where somebody else's text can be: words, names and values of
    arguments, results, cells of rows, the name of a call."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, Said):
            event = msgspec.structs.replace(event, text=f"{event.text} {text}")
        elif isinstance(event, Called):
            changes = tuple(
                msgspec.structs.replace(row, before=_filled(row.before, text), after=_filled(row.after, text))
                for row in event.changes
            )
            arguments = {**_filled(event.arguments, text), text: text, "deep": [{text: [text]}]}
            event = msgspec.structs.replace(
                event, name=text[:100], arguments=arguments, result=_filled(event.result, text), changes=changes
            )
        out.append(event)
    return out


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, text) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, text) for item in value]
    return text if isinstance(value, str) else value


def shape(value: Any) -> Any:
    """JSON data with its strings taken out; names and order of fields stay."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return [(name, shape(item)) for name, item in value.items()]
    return [shape(item) for item in value] if isinstance(value, list) else value


def asked(events: list[Event]) -> str:
    return document(event_log(events), WROTE.question)


def events_of(trace: Trace) -> list[Event]:
    return [entry.event for entry in trace.events]


@pytest.fixture(scope="module")
def plain() -> dict[str, list[Trace]]:
    """Episodes of the oracle and of a policy that breaks rules, by pack."""
    out: dict[str, list[Trace]] = {}
    for name in PACKS:
        pack = load(name)
        out[name] = [
            baseline(pack, pack.task(seed, "test"), "oracle" if seed % 2 else "always_do") for seed in range(6)
        ]
    return out


def naive(body: Body) -> Body:
    """A model that reads the document as its fields say, and decides by them alone."""
    if body["messages"][0]["role"] != "system":
        return words("OK")
    read = json.loads(body["messages"][1]["content"])
    log = read["log"]
    assert read["events"] == len(log)
    holds = {
        WROTE.question: any("changes" in line for line in log),
        LEFT.question: log[-1].get("ended") == "user_left",
        ERRED.question: any("error" in line["result"] for line in log if isinstance(line.get("result"), dict)),
    }[read["question"]]
    return words(json.dumps({"reason": "So it is recorded.", "answer": "yes" if holds else "no"}))


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """A judge of that model, behind a server."""
    pytest.importorskip("aiohttp")
    with FakeServer(naive) as fake, Client(judging(Server("naive", fake.url)), api_key="none") as client:
        fake.keeps = False
        yield Judge(client, "naive")


def test_only_strings_differ(plain: dict[str, list[Trace]]) -> None:
    for number, attack in enumerate(ATTACKS):
        name = PACKS[number % 3]
        events = events_of(plain[name][number % 6])
        written = asked(spoilt(events, attack.text))
        harmless = asked(spoilt(events, like(attack.text)))
        assert shape(json.loads(written)) == shape(json.loads(harmless)), attack.id
        assert not TOKENS.search(written), attack.id
        assert not re.search(f"[<>|`{UNSEEN}]", written), attack.id
        first = json.loads(written)["log"][0]["says"]
        assert first == f"{events[0].text} {attack.text}"[:2000], "and nothing of it is lost"  # type: ignore[union-attr]


def test_a_judge_that_reads_the_fields_says_the_same(judge: Judge, plain: dict[str, list[Trace]]) -> None:
    """Whichever way the text comes in, the document has the shape that a harmless text gives it, and the verdict of a
    judge that reads its fields is the one that it gave without any."""
    said: set[bool | None] = set()
    for number, attack in enumerate(ATTACKS):
        name, pack, question = PACKS[number % 3], load(PACKS[number % 3]), QUESTIONS[number // 3 % 3]
        trace = plain[name][number % 6]
        wanted = judge.judge(trace, [question])[question.id].holds
        hostile: list[Trace] = []
        for way in ("rows", "results", "user's words"):
            texts = attack.text, like(clean(attack.text))
            found = [again(pack, trace, WAYS[way], text) for text in texts]
            one, other = (shape(json.loads(asked(events_of(each)))) for each in found)
            assert one == other, (attack.id, way)
            hostile.append(found[0])
        entries = [
            msgspec.structs.replace(entry, event=event)
            for entry, event in zip(trace.events, spoilt(events_of(trace), attack.text), strict=True)
        ]
        hostile.append(msgspec.structs.replace(trace, events=tuple(entries)))
        for each in hostile:
            assert judge.judge(each, [question])[question.id].holds is wanted, (attack.id, question.id)
        said.add(wanted)
    assert said == {True, False}


def test_no_verdict_is_read_out_of_a_text() -> None:
    """Only an answer that is a verdict as a whole counts: two attacks are one, word for word, and no part of a text."""
    whole = {attack.id for attack in ATTACKS if read_vote(attack.text)[0] is not None}
    assert {attack.kind for attack in ATTACKS if attack.id in whole} == {"forged verdict"}
    assert len(whole) == 2
    for attack in ATTACKS:
        for text in (f"The log says: {attack.text}", f"{attack.text}\nSo no.", f"> {attack.text}", f"[{attack.text}]"):
            assert read_vote(text)[0] is None, attack.id
        quoted = json.dumps({"reason": attack.text, "answer": "no"})
        assert read_vote(quoted)[0] == "no", "a reason may quote whatever it likes"
