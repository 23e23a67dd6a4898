"""How requests reach a server: addresses, proxies, keys, connections."""

from __future__ import annotations

import pytest

from agentgym.errors import ServerUnreachableError, UsageError
from agentgym.llm import Client, Server
from agentgym.llm.transport import Transport, proxy_of
from tests.llm.server import Body, FakeServer, words

pytest.importorskip("aiohttp")
HELLO = [{"role": "user", "content": "Hello."}]
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Elsewhere(FakeServer):
    """A server that sends everybody on to another one."""

    def __init__(self, to: str, status: int) -> None:
        super().__init__(lambda body: words("Not here."))
        self.to, self.status = to, status

    def _response(self, body: Body, fault: str) -> tuple[int, str, list[str]]:
        return self.status, "", [f"location: {self.to}/chat/completions"]


@pytest.mark.parametrize(
    "base", ["127.0.0.1", "localhost:8000/v1", "http://", "http://:8000", "http://[::1", "ftp://x/v1", "http://x:99999"]
)
def test_what_is_no_address_is_refused_before_anything_is_sent(base: str) -> None:
    with pytest.raises(UsageError, match="cannot use the base URL") as found:
        Client(Server("fake", base))
    assert str(found.value).count("\n") == 0


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="take a key instead") as found:
        Client(Server("fake", "http://me:secret@127.0.0.1:9/v1"))
    assert "secret" not in str(found.value)


def test_proxies_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_of("http://models.example/v1") is None
    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    monkeypatch.setenv("https_proxy", "https://proxy.example")
    monkeypatch.setenv("no_proxy", "localhost,near.example")
    assert proxy_of("http://models.example/v1") == "http://proxy.example:3128"
    assert proxy_of("https://models.example:8000/v1") == "https://proxy.example"
    assert proxy_of("http://localhost:8000/v1") is None
    assert proxy_of("https://near.example/v1") is None
    monkeypatch.setenv("https_proxy", "socks5://proxy.example")
    with pytest.raises(UsageError, match="socks5"):
        Transport("https://models.example/v1", {}, 1.0)
    monkeypatch.delenv("http_proxy")
    monkeypatch.setenv("all_proxy", "http://all.example")
    assert proxy_of("http://models.example/v1") == "http://all.example"


def test_a_proxy_is_asked_for_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(lambda body: words("Hi.")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        with Client(Server("fake", "http://models.invalid/v1")) as client:
            assert client.chat(HELLO).text == "Hi."
    assert proxy.headers[0][""].split()[:2] == ["POST", "http://models.invalid/v1/chat/completions"]


def test_what_a_server_is_told_of_us(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer(lambda body: words("Hi.")) as fake:
        with Client(Server("fake", fake.url)) as client:
            client.chat(HELLO)
        monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
        with Client(Server("fake", f"{fake.url}/"), api_key="sk-1") as client:
            client.chat(HELLO)
    bare, whole = fake.headers
    assert (bare[""], whole[""]) == ("POST /v1/chat/completions HTTP/1.1",) * 2
    assert not {"authorization", "openai-organization", "cookie"} & bare.keys()
    assert bare["content-type"] == "application/json"
    assert bare["user-agent"].startswith("agentgym/")
    assert (whole["authorization"], whole["openai-organization"]) == ("Bearer sk-1", "org-1")


def test_the_key_does_not_follow_to_another_host() -> None:
    with (
        FakeServer(lambda body: words("Hi.")) as there,
        Elsewhere(there.url, 307) as here,
        Client(Server("fake", here.url), api_key="sk-1") as client,
    ):
        assert client.chat(HELLO).text == "Hi."
    assert here.headers[0]["authorization"] == "Bearer sk-1"
    assert "authorization" not in there.headers[0]
    assert there.requests[0]["messages"] == HELLO


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_connection_is_said_without_the_address(host: str) -> None:
    with (
        Client(Server("fake", f"http://{host}:9/v1", retries=0)) as client,
        pytest.raises(ServerUnreachableError, match=r"^server: fake: no connection: \S") as found,
    ):
        client.chat(HELLO)
    assert host not in str(found.value)
    assert "9)" not in str(found.value)


def test_connections_are_kept() -> None:
    opened: list[int] = []

    class Counting(FakeServer):
        async def _serve(self, reader: object, writer: object) -> None:
            opened.append(1)
            await super()._serve(reader, writer)  # type: ignore[arg-type]

    with Counting(lambda body: words("Hi.")) as fake, Client(Server("fake", fake.url)) as client:
        for _ in range(20):
            client.chat(HELLO)
    assert (len(fake.requests), len(opened)) == (20, 1)
