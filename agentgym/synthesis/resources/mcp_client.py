"""What tools an MCP server has: the handshake and `tools/list` of the Model Context Protocol over standard streams.

The server is a program that the user names. It is started without a shell and with no more of the environment than a
program needs to start, asked for its tools, and stopped. None of its tools is called, and nothing else that it offers
is asked for. What it writes is untrusted: so many bytes, messages and seconds, and one line of what went wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from contextlib import suppress
from typing import Any

from agentgym import __version__
from agentgym.errors import UsageError
from agentgym.synthesis.resources.document import LARGEST, items, mapping
from agentgym.synthesis.resources.read_mcp import TOOLS
from agentgym.synthesis.resources.tables import shown

__all__ = ["PROTOCOL", "SECONDS", "listed_tools"]

PROTOCOL = "2025-06-18"
"""The version of the protocol that is spoken; a server may answer with an older one."""
SECONDS = 60.0
"""For all of it."""
_MESSAGES, _PAGES, _NOISE = 1_000, 100, 20
"""Messages, pages of tools, and lines that are no messages: some servers greet where they should not."""
_GRACE = 2.0
"""Seconds in which a server may stop by itself when nobody listens any more."""
_KEPT = (
    "APPDATA", "COMSPEC", "HOME", "HOMEDRIVE", "HOMEPATH", "LANG", "LOCALAPPDATA", "LOGNAME", "PATH", "PATHEXT",
    "PROGRAMFILES", "SHELL", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TERM", "TMPDIR", "USER", "USERNAME", "USERPROFILE",
)  # fmt: skip
"""Of the environment what a server gets: no keys of other services."""


def listed_tools(command: str, seconds: float = SECONDS) -> dict[str, Any]:
    """What a server answers to `tools/list`, all pages as one: `{"tools": [...]}`.

    Args:
        command: the program and its arguments, as a shell would take them.
        seconds: for all of it, before the server is stopped.

    Raises:
        UsageError: it cannot be started, ends, answers with something else, with too much or too late.
    """
    try:
        words = shlex.split(command)
    except ValueError as trouble:
        raise UsageError(f"the server's command cannot be read: {trouble}") from None
    if not words or "\0" in command:
        raise UsageError("the server's command is empty: name a program and its arguments")
    return asyncio.run(_asked(words, seconds))


async def _asked(words: list[str], seconds: float) -> dict[str, Any]:
    pipe = asyncio.subprocess.PIPE
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=pipe, stdout=pipe, stderr=pipe, limit=LARGEST, env=environment, start_new_session=True
        )
    except (OSError, ValueError) as trouble:
        why = trouble.strerror if isinstance(trouble, OSError) else str(trouble)
        raise UsageError(f"cannot start the server {shown(words[0])}: {why}") from None
    said = _Last()
    listening = asyncio.create_task(said.listen(process.stderr))
    grace = 0.0
    try:
        async with asyncio.timeout(seconds):
            found = await _Session(process).tools()
        grace = _GRACE
        return {"tools": found}
    except TimeoutError:
        why = f"has not listed its tools within {seconds:g} seconds"
    except _Unheard as trouble:
        why = str(trouble)
    finally:
        await _stopped(process, listening, grace)
    raise UsageError(f"the server {why}" + (f"; its last line: {said.line}" if said.line else ""))


class _Unheard(Exception):
    """A server that does not answer as it should: "the server ...\""""


class _Last:
    """The last line that a server complained in."""

    def __init__(self) -> None:
        self.line = ""

    async def listen(self, stream: asyncio.StreamReader | None) -> None:
        """Read to the end, keep little."""
        rest = b""
        while stream is not None and (found := await stream.read(4096)):
            rest = (rest + found)[-4096:]
            lines = [line for line in rest.decode(errors="replace").splitlines() if line.strip()]
            self.line = shown(lines[-1].strip()) if lines else self.line


class _Session:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self._messages = self._bytes = self._asked = self._noise = 0

    async def tools(self) -> list[Any]:
        """All tools, page by page."""
        about = {"name": "agentgym", "version": __version__}
        begun = await self._request(
            "initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": about}
        )
        if not isinstance(begun.get("protocolVersion"), str):
            raise _Unheard("does not speak the Model Context Protocol: its first answer names no protocolVersion")
        await self._write({"method": "notifications/initialized"})
        found: list[Any] = []
        cursor: Any = None
        for _ in range(_PAGES):
            page = await self._request("tools/list", {"cursor": cursor} if cursor else {})
            if not isinstance(page.get("tools"), list):
                raise _Unheard("answers tools/list without tools")
            found += items(page["tools"])
            if len(found) > TOOLS:
                raise _Unheard(f"has more than {TOOLS} tools: save those that are wanted as a file")
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                return found
        raise _Unheard(f"lists its tools on more than {_PAGES} pages")

    async def _request(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        await self._write({"id": self._asked, "method": method, "params": given})
        while True:
            message = await self._read(method)
            if message is None:
                continue
            if "method" in message:
                if "id" in message:  # it asks: alive we are, and there is nothing else for it here
                    gives: dict[str, Any] = {"result": {}}
                    if message["method"] != "ping":
                        gives = {"error": {"code": -32601, "message": "not offered"}}
                    await self._write({"id": message["id"], **gives})
            elif message.get("id") == self._asked:
                if isinstance(message.get("result"), dict):
                    return dict(mapping(message["result"]))
                why = mapping(message.get("error")).get("message")
                raise _Unheard(f"refuses {method}: {shown(str(why)) if why else 'it gives no result'}")

    async def _write(self, message: dict[str, Any]) -> None:
        try:
            self._in.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            await self._in.drain()
        except (ConnectionError, RuntimeError):
            raise _Unheard("has ended") from None

    async def _read(self, method: str) -> dict[str, Any] | None:
        try:
            line = await self._out.readline()
        except ValueError:
            raise _Unheard(f"writes a message of more than {LARGEST // 1_000_000} MB") from None
        self._messages, self._bytes = self._messages + 1, self._bytes + len(line)
        if not line:
            raise _Unheard(f"has ended without an answer to {method}")
        if self._messages > _MESSAGES or self._bytes > LARGEST:
            raise _Unheard(f"writes more than {_MESSAGES} messages or {LARGEST // 1_000_000} MB")
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return dict(mapping(found))
        self._noise += 1
        if self._noise > _NOISE:
            raise _Unheard(f"writes what is no message: {shown(line[:80].decode(errors='replace').strip())}")
        return None


async def _stopped(process: asyncio.subprocess.Process, listening: asyncio.Task[None], grace: float) -> None:
    """Let a server stop within so many seconds; then stop it and its group of processes, so what has not left that."""
    assert process.stdin is not None
    process.stdin.close()
    emptied = asyncio.create_task(_emptied(process.stdout))  # a process counts as ended when its pipes are read out
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):  # somebody else may hold its pipes
        async with asyncio.timeout(_GRACE):
            await asyncio.gather(emptied, listening, process.wait())


async def _emptied(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(65_536):
        pass
