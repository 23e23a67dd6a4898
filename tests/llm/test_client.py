"""The client against a server that misbehaves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentgym.errors import (
    ServerAnswerError,
    ServerBusyError,
    ServerError,
    ServerRefusedError,
    ServerTimeoutError,
    ServerUnreachableError,
    UsageError,
)
from agentgym.llm import Client, Server
from tests.llm.server import BODIES, FAULTS, Body, FakeServer, words

pytest.importorskip("aiohttp")
HELLO = [{"role": "user", "content": "Hello."}]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def server(fake: FakeServer, **more: object) -> Server:
    return Server("fake", fake.url, **{"timeout": 30.0, "retries": 2, "backoff": 0.01, **more})  # type: ignore[arg-type]


def test_an_answer_is_counted_and_priced() -> None:
    fields: dict[str, Any] = {"temperature": 0.5, "max_tokens": 64, "extra": {"top_p": 0.9}}
    with FakeServer(lambda body: words("Hi.")) as fake:
        made = server(fake, price_in=2.0, price_out=10.0, **fields)
        with Client(made) as client:
            tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
            assert client.chat(HELLO, tools).text == "Hi."
            assert client.chat([{"role": "user", "content": "half a \ud800 pair"}]).text == "Hi."
            assert (client.usage.requests, client.usage.prompt_tokens, client.usage.completion_tokens) == (2, 200, 20)
            assert client.usage.cost(made) == pytest.approx((200 * 2 + 20 * 10) / 1e6)
    first, second = fake.requests
    assert first == {
        "model": "fake", "messages": HELLO, "top_p": 0.9, "tools": tools, "temperature": 0.5, "max_tokens": 64,
    }  # fmt: skip
    assert "tools" not in second
    assert second["messages"][0]["content"] == "half a \ufffd pair"


KINDS = {
    "stall": ServerTimeoutError, "cut": ServerUnreachableError, "drop": ServerUnreachableError, "busy": ServerBusyError,
    "busy_date": ServerBusyError, "broken": ServerBusyError, "down": ServerBusyError,
    **dict.fromkeys(BODIES, ServerAnswerError),
}  # fmt: skip


def test_every_fault_is_tried_again() -> None:
    seen: set[str] = set()

    def first_time(body: Body, number: int) -> str:
        fault = body["messages"][0]["content"]
        return "" if fault in seen or seen.add(fault) else fault

    with (
        FakeServer(lambda body: words("Hi."), first_time) as fake,
        Client(server(fake)) as client,
        Client(server(fake, timeout=0.3)) as hasty,
    ):
        for fault in FAULTS:
            asked = hasty if fault == "stall" else client
            answer = asked.chat([{"role": "user", "content": fault}])
            assert (answer.text, answer.attempts >= 2) == ("Hi.", True), fault
        counts = client.usage
        assert (counts.requests, counts.retries, counts.failures) == (len(FAULTS) - 1, len(FAULTS) - 1, 0)
    assert all(fake.faults[fault] == 1 for fault in FAULTS)


def test_a_fault_that_stays_is_an_error_of_its_kind() -> None:
    with (
        FakeServer(lambda body: words("Hi."), lambda body, number: body["messages"][0]["content"]) as fake,
        Client(server(fake, retries=1)) as client,
        Client(server(fake, retries=1, timeout=0.3)) as hasty,
    ):
        for fault in FAULTS:
            asked = hasty if fault == "stall" else client
            with pytest.raises(ServerError, match=r"^server: fake: .*\(2 tries\)$") as found:
                asked.chat([{"role": "user", "content": fault}])
            assert type(found.value) is KINDS[fault], fault
        assert client.usage.failures == client.usage.retries == len(FAULTS) - 1
    assert all(fake.faults[fault] == 2 for fault in FAULTS if fault != "stall")


def test_what_another_try_cannot_better_is_not_tried() -> None:
    with (
        FakeServer(lambda body: words("Hi."), lambda body, number: "refused") as fake,
        Client(server(fake)) as client,
        pytest.raises(ServerRefusedError, match="status 400"),
    ):
        client.chat(HELLO)
    assert len(fake.requests) == 1
    with FakeServer(lambda body: words("Hi."), lambda body, number: "busy_long") as fake:
        with Client(server(fake)) as client, pytest.raises(ServerBusyError) as found:
            client.chat(HELLO)
        assert found.value.after == 3600
    assert len(fake.requests) == 1


def test_newer_models_want_another_name_for_the_limit() -> None:
    def mischief(body: Body, number: int) -> str:
        return "max_completion_tokens" if "max_tokens" in body else ""

    with FakeServer(lambda body: words("Hi."), mischief) as fake, Client(server(fake, max_tokens=9)) as client:
        assert client.chat(HELLO).text == "Hi."
        assert client.chat(HELLO).attempts == 1
    assert [body.get("max_completion_tokens") for body in fake.requests] == [None, 9, 9]


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    with FakeServer(lambda body: words("Hi."), lambda body, number: "no_key") as fake, Client(server(fake)) as client:
        with pytest.raises(ServerRefusedError, match="status 401") as found:
            client.chat(HELLO)
        with pytest.raises(UsageError) as refused:
            client.check()
        shown = f"{found.value!r} {found.value} {refused.value} {client.server!r}"
    assert fake.headers[0]["authorization"] == "Bearer sk-very-secret"
    assert "secret" not in shown
    assert "***" in shown


def test_a_server_of_ones_own_needs_no_key_and_openai_does() -> None:
    with FakeServer(lambda body: words("Hi.")) as fake, Client(server(fake)) as client:
        assert client.chat(HELLO).text == "Hi."
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        Client(Server("gpt"))
    with pytest.raises(UsageError, match="concurrency"):
        Client(Server("x", "http://127.0.0.1:1/v1", concurrency=0))


def test_no_more_requests_than_allowed_are_under_way() -> None:
    with (
        FakeServer(lambda body: words("Hi."), latency=0.02) as fake,
        Client(server(fake, concurrency=10)) as client,
        ThreadPoolExecutor(40) as threads,
    ):
        answers = list(threads.map(lambda n: client.chat(HELLO), range(60)))
    assert [answer.text for answer in answers] == ["Hi."] * 60
    assert 5 < fake.most <= 10


def test_coroutines_may_ask_too() -> None:
    async def ask(client: Client) -> list[str]:
        return [answer.text for answer in await asyncio.gather(*(client.chat_async(HELLO) for _ in range(5)))]

    with FakeServer(lambda body: words("Hi.")) as fake, Client(server(fake)) as client:
        assert asyncio.run(ask(client)) == ["Hi."] * 5


def test_a_check_finds_what_is_wrong_before_anything_is_played() -> None:
    with (
        Client(Server("fake", "http://127.0.0.1:9/v1", timeout=2)) as client,
        pytest.raises(UsageError, match="base URL"),
    ):
        client.check()
    with FakeServer(lambda body: words("Hi."), lambda body, number: "down") as fake, Client(server(fake)) as client:
        client.check()


def test_a_closed_client_is_gone() -> None:
    with FakeServer(lambda body: words("Hi."), lambda body, number: "stall") as fake:
        client = Client(server(fake, timeout=60))
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(client.chat, HELLO)
            while not fake.requests:
                time.sleep(0.01)
            client.close()
            client.close()
            assert waiting.exception(10) is not None
        with pytest.raises(UsageError, match="closed"):
            client.chat(HELLO)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("client of")]


def test_a_client_that_is_forgotten_ends_too() -> None:
    program = """
import gc, threading
from agentgym.llm import Client, Server
client = Client(Server("fake", %r))
print(client.chat([{"role": "user", "content": "Hello."}]).text)
del client
gc.collect()
print(sum(thread.name.startswith("client of") for thread in threading.enumerate()))
kept = Client(Server("fake", %r))
kept.chat([{"role": "user", "content": "Hello."}])
"""
    with FakeServer(lambda body: words("Hi.")) as fake:
        command = [sys.executable, "-c", program % (fake.url, fake.url)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hi.\n0\n", "")
