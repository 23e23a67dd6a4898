"""Models in both seats, side by side, behind servers that misbehave."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentgym.llm import Client, LLMAssistant, LLMUser, Server, fidelity
from agentgym.pack import Pack
from agentgym.rollout import run
from agentgym.trace import read_traces, replay
from tests.llm.models import apart, customer, oracle, served
from tests.llm.server import BODIES, Body, FakeServer

pytest.importorskip("aiohttp")
FAULTS = ("down", "cut", "drop", "busy", *BODIES)


def server(fake: FakeServer) -> Server:
    return Server("fake", fake.url, timeout=30.0, retries=3, backoff=0.005, longest=0.05)


@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_what_servers_do_is_in_no_score(clinic: Pack, tmp_path: Path, count: int) -> None:
    tasks, out = apart(clinic, min(count, 200)), tmp_path / "out.jsonl"
    samples = count // len(tasks)
    lost = {task.ledger.opening for task in tasks[::8]}
    working = [False]

    def now_and_then(body: Body, number: int) -> str:
        return FAULTS[number // 6 % len(FAULTS)] if number % 6 == 0 else ""

    def and_for_good(body: Body, number: int) -> str:
        if not working[0] and any(opening in body["messages"][0]["content"] for opening in lost):
            return "broken"
        return now_and_then(body, number)

    with (
        FakeServer(oracle(clinic, tasks), now_and_then) as one,
        FakeServer(served(customer), and_for_good) as two,
        Client(server(one)) as assistant,
        Client(server(two)) as user,
    ):
        for _ in range(2):
            found = run(
                ((clinic, task) for task in tasks), LLMAssistant(assistant), out, name="openai:one", samples=samples,
                user=lambda: LLMUser(user), user_name="openai:two", concurrency=16,
            )  # fmt: skip
            assert found.score is not None
            assert (found.episodes, found.score.value) == (count, 1.0)
            working[0] = True
    traces = read_traces(out)
    invalid = [trace for trace in traces if not trace.valid]
    assert len(invalid) >= len(lost) * samples * 0.8
    for trace in traces:
        replay(trace)
        if trace.valid:
            assert trace.score == 1.0
        else:
            assert (trace.score, trace.ending) in ((None, "user_broke"), (None, "policy_broke"))
            assert trace.reason.startswith(("user: server: fake: ", "policy: server: fake: "))
    last = {(trace.task_id, trace.sample): trace.valid for trace in traces}
    assert len(last) == count
    assert sum(last.values()) >= count * 0.97
    rows = fidelity(traces)
    assert [(row.seat, row.model) for row in rows] == [("assistant_0", "openai:one"), ("user_0", "openai:two")]
    assert rows[1].fallbacks == 0
    assert rows[0].usage.retries > 0
    assert rows[1].usage.retries > 0
