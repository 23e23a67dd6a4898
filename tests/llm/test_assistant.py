"""A language model in the assistant's seat: what it does is its doing, what its server does is not."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import NotFoundError
from agentgym.llm import Client, LLMAssistant, Server
from agentgym.pack import Pack
from agentgym.policies import policy
from agentgym.rollout import Result, play, run, summary
from agentgym.trace import read_traces, replay
from agentgym.types import Called, Task
from tests.llm.models import apart, opening, oracle
from tests.llm.server import FAULTS, Body, FakeServer, Model, calling

pytest.importorskip("aiohttp")


@pytest.fixture(scope="module")
def tasks(clinic: Pack) -> list[Task]:
    return apart(clinic, 50)


def server(fake: FakeServer, **more: Any) -> Server:
    return Server("fake", fake.url, **{"timeout": 30.0, "retries": 3, "backoff": 0.005, "longest": 0.05, **more})


def pairs(pack: Pack, tasks: list[Task]) -> Iterator[tuple[Pack, Task]]:
    return ((pack, task) for task in tasks)


@pytest.mark.parametrize("style", ["native", "text"])
def test_a_model_that_knows_what_to_do_scores_1(clinic: Pack, tasks: list[Task], style: str) -> None:
    some = tasks[:12]
    with FakeServer(oracle(clinic, some, style)) as fake, Client(server(fake)) as client:
        traces = [play(clinic, task, LLMAssistant(client, style), name="openai:fake") for task in some]
    assert [trace.score for trace in traces] == [1.0] * 12
    for trace in traces:
        replay(trace)
        assert trace.models["assistant_0"]["requests"] == trace.turns
        assert trace.models["assistant_0"]["prompt_tokens"] == 100 * trace.turns
    assert all(("tools" in body) == (style == "native") for body in fake.requests)


def test_a_style_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotFoundError, match="native"):
        LLMAssistant(None, "natives")  # type: ignore[arg-type]


def alone(message: Body) -> Model:
    return lambda body: message


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (calling(("find_patients", "{not json")), "malformed_call"),
        (calling(("find patients!", {})), "unknown_tool"),
        (calling(("find_patients", {"phone": 5})), "invalid_arguments"),
        ({"role": "assistant", "content": None, "tool_calls": [{"function": {}}]}, "malformed_call"),
    ],
)
def test_a_bad_call_is_the_agents_fault(clinic: Pack, message: Body, error: str) -> None:
    with FakeServer(alone(message)) as fake, Client(server(fake)) as client:
        trace = play(clinic, clinic.task(0), LLMAssistant(client))
    assert (trace.valid, trace.score, trace.ending) == (True, 0.0, "error_limit")
    assert {entry.event.error for entry in trace.events if isinstance(entry.event, Called)} == {error}
    assert client.usage.retries == 0
    for body in fake.requests:
        for said in body["messages"]:
            for call in said.get("tool_calls", ()):
                assert isinstance(json.loads(call["function"]["arguments"]), dict)


def test_an_empty_answer_is_the_agents_turn(clinic: Pack) -> None:
    with FakeServer(alone({"role": "assistant", "content": None})) as fake, Client(server(fake)) as client:
        trace = play(clinic, clinic.task(0), LLMAssistant(client))
    assert (trace.valid, trace.score, client.usage.retries) == (True, 0.0, 0)
    assert trace.turns > 1


def sometimes(every: int) -> Callable[[Body, int], str]:
    """Every so many requests one of the faults, in turn; the check before a run is left alone."""
    return lambda body, number: FAULTS[number // every % len(FAULTS)] if number % every == 0 and number > 1 else ""


def check_faulty(pack: Pack, tasks: list[Task], samples: int, out: Path, every: int = 7) -> None:
    """Faults end as retries, or as invalid episodes with their reason; never as reward, and no episode is lost."""
    broken = {opening(pack, task) for task in tasks[::10]}
    some = sometimes(every)
    whole = [True]

    def mischief(body: Body, number: int) -> str:
        if whole[0] and len(body["messages"]) > 3 and body["messages"][1]["content"] in broken:
            return "down"
        fault = some(body, number)
        return "down" if fault == "stall" and number % 5 else fault  # a stall takes its time: fewer of them

    with FakeServer(oracle(pack, tasks), mischief) as fake:
        made = server(fake, timeout=3.0, concurrency=32)
        with Client(made) as client:
            found = run(pairs(pack, tasks), LLMAssistant(client), out, samples=samples, concurrency=32)
        first = read_traces(out)
        whole[0] = False
        asked = len(fake.requests)
        with Client(made) as client:
            again = run(pairs(pack, tasks), LLMAssistant(client), out, samples=samples, concurrency=32)
    count = len(tasks) * samples
    assert found.episodes == len(first) == again.episodes == count
    assert {(trace.task_id, trace.sample) for trace in first} == {(t.id, n) for t in tasks for n in range(samples)}
    for trace in first:
        if trace.valid:
            assert trace.score == 1.0
        else:
            assert (trace.score, trace.success, trace.ending) == (None, False, "policy_broke")
            assert trace.reason.startswith("policy: server: fake: ")
    invalid = [trace for trace in first if not trace.valid]
    assert len(broken) * samples <= len(invalid) < count / 4
    assert found.score is not None
    assert found.score.value == 1.0, "nothing of the server's faults is in the score"
    assert len(fake.requests) - asked < 20 * len(invalid), "what was valid was not played again"
    assert sum(fake.faults[fault] > 0 for fault in FAULTS) > len(FAULTS) - 3
    whole_now = {(trace.task_id, trace.sample): trace for trace in read_traces(out)}
    assert sum(trace.valid for trace in whole_now.values()) > count * 0.95


def test_a_server_that_misbehaves(clinic: Pack, tasks: list[Task], tmp_path: Path) -> None:
    check_faulty(clinic, tasks, 2, tmp_path / "out.jsonl")


@pytest.mark.slow
def test_a_server_that_misbehaves_for_1000_episodes(clinic: Pack, tmp_path: Path) -> None:
    check_faulty(clinic, apart(clinic, 250), 4, tmp_path / "out.jsonl")


def test_side_by_side_gives_what_one_by_one_gives(clinic: Pack, tasks: list[Task], tmp_path: Path) -> None:
    tasks = tasks[:24]
    with FakeServer(oracle(clinic, tasks)) as fake, Client(server(fake)) as client:
        seen: list[Result] = []
        assistant = LLMAssistant(client)
        one = run(pairs(clinic, tasks), assistant, tmp_path / "one.jsonl")
        many = run(
            pairs(clinic, tasks), assistant, tmp_path / "many.jsonl", concurrency=16,
            progress=lambda n, row: seen.append(row),
        )  # fmt: skip
    assert one == many
    assert summary(seen).episodes == len(tasks)
    lines = [(tmp_path / name).read_bytes().splitlines() for name in ("one.jsonl", "many.jsonl")]
    assert sorted(lines[0]) == sorted(lines[1])


def test_policies_without_a_server_may_be_played_side_by_side_too(clinic: Pack, tasks: list[Task]) -> None:
    assert run(pairs(clinic, tasks), policy("greedy"), concurrency=4) == run(pairs(clinic, tasks), policy("greedy"))


def test_a_mistake_in_a_policy_passes_through_and_stops_the_others(clinic: Pack, tasks: list[Task]) -> None:
    class Mistaken:
        def start(self, episode: object) -> Callable[[object], object]:
            return lambda view: 1 / 0

    with pytest.raises(ZeroDivisionError):
        run(pairs(clinic, tasks), Mistaken(), concurrency=8)


def test_an_interrupt_loses_nothing_and_leaves_no_thread(clinic: Pack, tasks: list[Task], tmp_path: Path) -> None:
    out, tasks = tmp_path / "out.jsonl", tasks[:24]

    def stop(number: int, result: Result) -> None:
        if number == 5:
            raise KeyboardInterrupt

    with FakeServer(oracle(clinic, tasks), latency=0.01) as fake, Client(server(fake)) as client:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run(pairs(clinic, tasks), LLMAssistant(client), out, concurrency=8, progress=stop)
        assert time.monotonic() - started < 20
        kept = read_traces(out)
        assert len(kept) >= 5
        found = run(pairs(clinic, tasks), LLMAssistant(client), out, concurrency=8)
    assert found.endings == dict(Counter(trace.ending for trace in read_traces(out)))
    assert len(read_traces(out)) == found.episodes == len(tasks)


def test_256_episodes_wait_together(clinic: Pack, tasks: list[Task]) -> None:
    """What share of a server's time is used is for benchmarks/throughput.py."""
    with FakeServer(oracle(clinic, tasks), latency=0.3) as fake, Client(server(fake, concurrency=256)) as client:
        found = run(pairs(clinic, tasks), LLMAssistant(client), samples=-(-256 // len(tasks)), concurrency=256)
    assert found.score is not None
    assert (found.score.value, found.invalid_rate, client.usage.retries) == (1.0, 0.0, 0)
    assert 64 < fake.most <= 256


def test_a_context_that_is_full_cuts_the_episode_short_and_excuses_nobody(clinic: Pack) -> None:
    """From the second turn on; at the first the context is too small for the pack, and nobody's doing."""

    def later(body: Body, number: int) -> str:
        return "full" if len(body["messages"]) > 3 else ""

    task = clinic.task(3)
    asks = alone({"role": "assistant", "content": "Could you tell me your phone number?"})
    with FakeServer(asks, later) as fake, Client(server(fake)) as client:
        trace = play(clinic, task, LLMAssistant(client))
    assert (trace.ending, trace.truncated, trace.valid, trace.score) == ("token_limit", True, True, 0.0)
    replay(trace, clinic)
    with FakeServer(asks, lambda body, number: "full") as fake, Client(server(fake)) as client:
        trace = play(clinic, task, LLMAssistant(client))
    assert (trace.ending, trace.valid, trace.score) == ("policy_broke", False, None)
    assert "maximum context length" in trace.reason
