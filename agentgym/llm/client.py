"""A client of any OpenAI-compatible server of chat completions: vLLM, llama.cpp, SGLang, Ollama, OpenAI itself.

Requests run on one event loop in a thread of the client's own, so the same client serves threads (`chat`) and
coroutines (`chat_async`). What the server does wrong is tried again, with exponential backoff and jitter; what stays
wrong is a `ServerError`. Nothing that decides a result depends on the clock.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import weakref
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from agentgym import __version__
from agentgym.errors import (
    ContextFullError,
    ServerAnswerError,
    ServerBusyError,
    ServerError,
    ServerRefusedError,
    ServerUnreachableError,
    UsageError,
)
from agentgym.llm.answer import Answer, complaint, read_answer
from agentgym.llm.pause import pause, retry_after
from agentgym.llm.transport import Response, Transport
from agentgym.seeding import stream
from agentgym.trace.text import clean
from agentgym.waiting import wait

__all__ = ["KEY", "Chat", "Client", "Server", "Usage"]

KEY = "OPENAI_API_KEY"
"""The environment variable that holds the key, where none is given."""
_OPENAI = "https://api.openai.com/v1"
_ACCOUNT = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""Environment variables that say to OpenAI who pays, and the headers that they go into."""
_AGAIN = frozenset({408, 409, 425, 429})
"""Statuses below 500 that another try may better."""
_FULL = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum (context|model) length|context (length|window|size)"
    r"|max_model_len",
    re.IGNORECASE,
)
"""How servers say that a conversation is too long: OpenAI's code, and the words of vLLM, SGLang, llama.cpp (now and
then with status 500) and others."""


class Chat(Protocol):
    """Whatever answers a conversation: a `Client`, a recording."""

    def chat(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()) -> Answer: ...


class Server(Struct, frozen=True):
    """Which model, where, and how it is asked. The key is not part of it."""

    model: str
    base_url: str = ""
    """Such as `http://localhost:8000/v1`; empty for `OPENAI_BASE_URL`, else OpenAI."""
    temperature: float | None = None
    """Sampling temperature; None for the server's own."""
    max_tokens: int | None = None
    """Most tokens of one answer; None for the server's own limit."""
    timeout: float = 120.0
    """Seconds for one try, from the request to the last byte."""
    retries: int = 6
    """Further tries after one that failed."""
    concurrency: int = 64
    """Most requests under way at once."""
    backoff: float = 0.5
    """Seconds before the second try; doubled with each further one."""
    longest: float = 60.0
    """Most seconds between two tries. A server that asks for more is not asked again."""
    price_in: float = 0.0
    """Price of a million prompt tokens, in any currency."""
    price_out: float = 0.0
    """Price of a million completion tokens."""
    extra: dict[str, Any] = {}
    """Further fields of each request (`top_p`, `chat_template_kwargs`, ...)."""


class Usage(Struct):
    """What was asked of a server and what it took."""

    requests: int = 0
    """Conversations that were to be answered; tries are not counted apart."""
    retries: int = 0
    failures: int = 0
    """Requests that stayed without an answer."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    unmetered: int = 0
    """Answers whose tokens the server did not count."""

    def add(self, answer: Answer) -> None:
        """Count an answer."""
        self.requests += 1
        self.retries += answer.attempts - 1
        self.prompt_tokens += answer.prompt_tokens or 0
        self.completion_tokens += answer.completion_tokens or 0
        self.unmetered += answer.prompt_tokens is None or answer.completion_tokens is None

    def cost(self, server: Server) -> float:
        """What the tokens cost at the server's prices, in their currency."""
        return (self.prompt_tokens * server.price_in + self.completion_tokens * server.price_out) / 1e6


class Client:
    """A client of one model. Threads may share it; `close` it, or use it as a context manager.

    Args:
        server: which model, where, and how it is asked.
        api_key: by default that of the environment variable OPENAI_API_KEY. Servers of one's own need none. It is
            sent to the server and nowhere else.

    Raises:
        AgentGymError: the aiohttp package is missing.
        UsageError: there is neither a key nor a server of one's own, or no server can be at the base URL.
    """

    def __init__(self, server: Server, api_key: str | None = None) -> None:
        if server.timeout <= 0 or server.concurrency < 1 or server.retries < 0:
            raise UsageError("timeout must be positive, concurrency at least 1, retries at least 0")
        self.server, self.usage = server, Usage()
        base = server.base_url or os.environ.get("OPENAI_BASE_URL", "")
        self._key = api_key or os.environ.get(KEY, "")
        if not base and not self._key:
            raise UsageError(f"set {KEY}, or give the base URL of a server of your own (http://localhost:8000/v1)")
        self._transport = Transport(base or _OPENAI, self._headers(), server.timeout)
        self._limit = "max_tokens"
        self._number = 0
        self._under_way: set[Future[Any]] = set()
        self._closed = False
        self._slots = asyncio.Semaphore(server.concurrency)
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name=f"client of {server.model}", daemon=True)
        thread.start()
        self._end = weakref.finalize(self, _end, self._transport, self._loop, thread)

    # --- asking ---

    def chat(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = (), *,
        extra: Mapping[str, Any] | None = None, retries: int | None = None,
    ) -> Answer:  # fmt: skip
        """The model's answer to a conversation; other episodes of the same rollout play meanwhile.

        Args:
            messages: OpenAI messages.
            tools: OpenAI tool dicts.
            extra: further fields of this request alone.
            retries: further tries at most, in place of the server's.

        Raises:
            ServerError: the server failed, after all tries.
        """
        body = {**self._body(messages, tools), **(extra or {})}
        return wait(self._start(self._answer(body, self.server.retries if retries is None else retries)))

    async def chat_async(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> Answer:
        """`chat`, for coroutines on any event loop."""
        return await asyncio.wrap_future(self._start(self._answer(self._body(messages, tools), self.server.retries)))

    def check(self) -> None:
        """Ask the model for a word, so that a wrong address, name or key is known before anything is played.

        A server that is busy or slow passes. Raises UsageError.
        """
        hint = f"check the base URL (it often ends in /v1), the model's name and {KEY}"
        body = self._body([{"role": "user", "content": "Say OK."}], ())
        try:
            wait(self._start(self._answer(body, 0)))
        except (ServerRefusedError, ServerUnreachableError) as trouble:
            raise UsageError(f"{trouble}; {hint}") from None
        except ServerError:
            return

    def close(self) -> None:
        """Cancel what is under way and end the thread. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        for future in list(self._under_way):
            future.cancel()
        self._end()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- one request ---

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": f"agentgym/{__version__}"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers | {header: os.environ[name] for name, header in _ACCOUNT.items() if os.environ.get(name)}

    def _start(self, answer: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        if self._closed:
            answer.close()
            raise UsageError("this client is closed; make another")
        future = asyncio.run_coroutine_threadsafe(answer, self._loop)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def _body(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        server = self.server
        body: dict[str, Any] = {"model": server.model, "messages": list(messages), **server.extra}
        if tools:
            body["tools"] = list(tools)
        if server.temperature is not None:
            body["temperature"] = server.temperature
        if server.max_tokens is not None:
            body["max_tokens"] = server.max_tokens
        return body

    async def _answer(self, body: dict[str, Any], retries: int) -> Answer:
        """The answer, with its usage counted. Runs on the client's loop, and there alone the counts are changed."""
        self._number += 1
        source = stream("llm", "backoff", self.server.model, self._number)
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = msgspec.structs.replace(await self._once(body), attempts=attempt)
                self.usage.add(answer)
                return answer
            except ServerError as trouble:
                last = attempt > retries or isinstance(trouble, ServerRefusedError)
                if last or trouble.after > self.server.longest:
                    self.usage.requests += 1
                    self.usage.retries += attempt - 1
                    self.usage.failures += 1
                    raise self._final(trouble, attempt) from None
                seconds = pause(attempt, self.server.backoff, self.server.longest, trouble.after, source)
            await asyncio.sleep(seconds)

    async def _once(self, body: dict[str, Any]) -> Answer:
        if self._limit != "max_tokens" and "max_tokens" in body:
            body[self._limit] = body.pop("max_tokens")
        async with self._slots:
            response = await self._transport.post("/chat/completions", _encoded(body))
        if 200 <= response.status < 300:
            try:
                return read_answer(response.body)
            except ServerAnswerError:
                if self._key and self._key.encode() in response.body:
                    read_answer(response.body.replace(self._key.encode(), b"***"))  # says it without the key
                    raise ServerAnswerError("its answer holds the key") from None
                raise
        raise self._fault(response, body)

    def _fault(self, response: Response, body: Mapping[str, Any]) -> ServerError:
        status, text = response.status, response.body.decode(errors="replace")
        said = f"status {status}: {self._safe(complaint(text))}"
        if status == 400 and "max_tokens" in body and "max_completion_tokens" in text:
            self._limit = "max_completion_tokens"  # what newer models of OpenAI call it
            return ServerBusyError(said, status=status)
        kind = ServerBusyError if status >= 500 or status in _AGAIN else ServerRefusedError
        if status not in _AGAIN and _FULL.search(text):
            kind = ContextFullError
        return kind(said, status=status, after=retry_after(response.headers))

    def _final(self, trouble: ServerError, attempts: int) -> ServerError:
        what = str(trouble).removeprefix("server: ")
        tries = f" ({attempts} tries)" if attempts > 1 else ""
        return type(trouble)(f"{self.server.model}: {what}{tries}", status=trouble.status, after=trouble.after)

    def _safe(self, text: str) -> str:
        """A line of what the server said, without the key."""
        if self._key:
            text = text.replace(self._key, "***")
        return " ".join(text.split())[:200]


def _end(transport: Transport, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Close the connections and end the thread; also where a client is forgotten, or the process ends."""
    if threading.current_thread() is thread:  # it was the last to know the client, and cannot wait for itself
        loop.stop()
        return
    with suppress(TimeoutError, OSError, RuntimeError):  # they go with the process
        asyncio.run_coroutine_threadsafe(transport.close(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    if not loop.is_running():
        loop.close()


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return msgspec.json.encode(clean(body))
