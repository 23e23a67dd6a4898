"""A server of chat completions on loopback that misbehaves when it is told to; standard library only.

As a program it plays one model that always says the same, in a process of its own:

    python tests/llm/server.py --latency 0.2 --say "Could you tell me your phone number?"

prints the base URL and serves until its standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]
Model = Callable[[Body], Body]
"""From a request to the assistant message that answers it."""
Mischief = Callable[[Body, int], str]
"""From a request and its number (from 1) to a fault of `FAULTS`, or "" for none."""

STATUS = {
    "busy": 429,
    "busy_date": 429,
    "busy_long": 429,
    "broken": 500,
    "down": 503,
    "refused": 400,
    "no_key": 401,
    "max_completion_tokens": 400,
    "full": 400,
}
BODIES = {
    "empty": "",
    "no_json": '{"choices": [',
    "html": "<html><body>Bad gateway</body></html>",
    "list": "[]",
    "no_choices": '{"choices": []}',
    "no_message": '{"choices": [{}]}',
    "error": '{"error": {"message": "the engine died"}}',
    "wrong_role": '{"choices": [{"message": {"role": "user", "content": "Done!"}}]}',
    "number": '{"choices": [{"message": {"role": "assistant", "content": 7}}]}',
    "calls": '{"choices": [{"message": {"role": "assistant", "content": null, "tool_calls": ["cancel"]}}]}',
    "stopped": '{"choices": [{"finish_reason": "error", "message": {"role": "assistant", "content": ""}}]}',
}
"""Bodies with status 200 that are no answers."""
FAULTS = (
    "stall",
    "cut",
    "drop",
    *BODIES,
    *(name for name in STATUS if name in ("busy", "busy_date", "broken", "down")),
)
"""Everything that another try may better."""


def words(text: str) -> Body:
    """An assistant message that says something."""
    return {"role": "assistant", "content": text}


def calling(*calls: tuple[str, Any]) -> Body:
    """An assistant message with tool calls: (name, arguments as JSON data or as raw text)."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"c{n}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for n, (name, given) in enumerate(calls)
        ],
    }


class FakeServer:
    """A model behind a server that misbehaves on schedule; serves in a thread while its `with` block runs."""

    def __init__(self, model: Model, mischief: Mischief | None = None, latency: float = 0.0) -> None:
        self.model, self.mischief, self.latency = model, mischief or (lambda body, number: ""), latency
        self.requests: list[Body] = []
        self.keeps = True
        """Whether requests are kept. Thousands of them make Python's collector slow, and the server with it."""
        self.headers: list[dict[str, str]] = []
        self.faults: Counter[str] = Counter()
        self.under_way = self.most = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> FakeServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self.start())
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24, backlog=512)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        if self.keeps:
            self.requests.append(body)
            self.headers.append({"": head[0], **headers})
        fault = self.mischief(body, len(self.requests))
        self.faults[fault] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(3600 if fault == "stall" else self.latency)
        finally:
            self.under_way -= 1
        if fault == "drop":
            return False
        status, text, more = self._response(body, fault)
        data = text.encode()
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(data)}", "content-type: application/json", *more]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + data
        writer.write(whole[: len(whole) - len(data) // 2] if fault == "cut" else whole)
        await writer.drain()
        return fault != "cut"

    def _response(self, body: Body, fault: str) -> tuple[int, str, list[str]]:
        if fault in STATUS:
            after = {"busy": "retry-after-ms: 20", "busy_long": "retry-after: 3600"}.get(fault)
            after = "retry-after: Thu, 01 Jan 1970 00:00:00 GMT" if fault == "busy_date" else after
            reason = "This model's maximum context length is 4096 tokens" if fault == "full" else f"{fault} on purpose"
            said = {"error": {"message": f"{reason}; key {self.headers[-1].get('authorization')}"}}
            return STATUS[fault], json.dumps(said), [after] if after else []
        if fault in BODIES:
            return 200, BODIES[fault], []
        message = self.model(body)
        finish = message.pop("finish_reason", "tool_calls" if "tool_calls" in message else "stop")
        choice = {"index": 0, "message": message, "finish_reason": finish}
        usage = message.pop("usage", {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
        return 200, json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}), []


async def _program(latency: float, say: str) -> None:
    server = FakeServer(lambda body: words(say), latency=latency)
    server.keeps = False
    await server.start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--say", default="Hello.")
    given = parser.parse_args()
    asyncio.run(_program(given.latency, given.say))
