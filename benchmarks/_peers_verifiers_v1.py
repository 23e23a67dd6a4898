"""The clinic in verifiers 0.4 (its v1 interface), as one row of `peers.py`.

There a rollout's tools are a `Toolset`, a server process of its own that is reached over MCP on HTTP. What is measured
is that part, by verifiers' own functions: `serve` brings the process up, `connect_mcp` lists the tools, `call_mcp`
makes a call. The agent's own process and the way of its requests to a model are left out; they come on top. A server
process takes seconds to start, so a round starts few of them, and the steps of all cases are made on one that stays,
whose world is changed between the cases, untimed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from time import perf_counter_ns

from _peers_verifiers_v1_tools import NEXT_CASE, Clinic, ClinicConfig
from _peers_work import Peer, Round, serve
from verifiers.v1.harnesses.utils.mcp import call_mcp, connect_mcp
from verifiers.v1.mcp.launch import serve as serve_toolset

_STARTS = 2
"""Server processes that a round starts."""


class _Connection:
    """One toolset's process and the client that a rollout has of it."""

    def __init__(self, tasks: int, case: int) -> None:
        self._stack = AsyncExitStack()
        self._config = ClinicConfig(tasks=tasks, case=case)

    async def open(self) -> None:
        url = await self._stack.enter_async_context(serve_toolset(Clinic(self._config)))
        found = await connect_mcp({"mcpServers": {"": {"url": url}}}, self._stack)
        _, self.dispatch, self.servers = found

    async def call(self, name: str, arguments: str) -> str:
        return str(await call_mcp(self.servers, self.dispatch, name, json.loads(arguments)))

    async def next_case(self, case: int) -> None:
        await self.servers[""].run(lambda client: client.call_tool(NEXT_CASE, {"case": case}))

    async def close(self) -> None:
        await self._stack.aclose()


class VerifiersV1(Peer):
    """Tool calls over MCP."""

    distributions = ("verifiers", "mcp")

    def __init__(self, tasks: int) -> None:
        super().__init__(tasks)
        self.tasks = tasks
        self.runner = asyncio.Runner()
        self.kept: _Connection | None = None
        self.started = 0

    async def _open(self, case: int) -> _Connection:
        connection = _Connection(self.tasks, case)
        await connection.open()
        return connection

    async def _round(self) -> Round:
        out = Round()
        cases = self.work.cases
        if self.kept is None:
            self.kept = await self._open(0)
        for number, case in enumerate(cases):
            await self.kept.next_case(number)
            for call in case.calls:
                start = perf_counter_ns()
                given = await self.kept.call(*call)
                out.steps.append(perf_counter_ns() - start)
                out.said(given)
        for number in range(min(_STARTS, len(cases))):
            start = perf_counter_ns()
            connection = await self._open(number)
            await connection.call(*cases[number].calls[0])
            out.resets.append(perf_counter_ns() - start)
            for call in cases[number].calls[1:]:
                await connection.call(*call)
            await connection.close()
            out.episode(perf_counter_ns() - start, len(cases[number].calls))
        return out

    def round(self) -> Round:
        return self.runner.run(self._round())

    def live(self, count: int) -> Callable[[], object]:
        async def up() -> list[_Connection]:
            connections: list[_Connection] = []
            for number in range(count):
                connections.append(await self._open(number % len(self.work.cases)))
                await connections[-1].call(*self.work.cases[number % len(self.work.cases)].calls[0])
            return connections

        async def down(connections: list[_Connection]) -> None:
            for connection in reversed(connections):
                await connection.close()

        found = self.runner.run(up())
        return lambda: self.runner.run(down(found))

    def close(self) -> None:
        if self.kept is not None:
            self.runner.run(self.kept.close())
        self.runner.close()


if __name__ == "__main__":
    serve({"tools": VerifiersV1})
