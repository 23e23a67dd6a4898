"""The clinic in verifiers 0.1, as one row of `peers.py`.

One writes it as a `StatefulToolEnv`: functions as tools, the world in the rollout's state, `update_tool_args` between.
Its `rollout` drives everything, so a step is measured from inside: from the moment at which the model has answered
with a call to the moment at which it is asked again. In `rollout` the model is a verifiers client that answers from
the record, so that turning messages into a provider's and back is left out. In `openai` it is verifiers' own client of
OpenAI's chat completions, and the record stands in place of the openai package under it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import verifiers as vf
from _peers_work import LAST, PROMPT, Case, Peer, Round, Work, serve
from datasets import Dataset
from openai.types.chat import ChatCompletion
from verifiers.clients import Client, OpenAIChatCompletionsClient
from verifiers.types import Response, ResponseMessage, Tool, ToolCall


class Recorded(Client):
    """A model that plays a case and notes when it is asked and when it has answered. `gate`, when given, is waited for
    after the first call."""

    def __init__(self, case: Case, gate: asyncio.Event | None = None) -> None:
        super().__init__(object())
        self.gate, self.turn = gate, 0
        self.answers = [self._call(number, *call) for number, call in enumerate(case.calls)]
        self.answers.append(self._response(ResponseMessage(content=LAST, finish_reason="stop", is_truncated=False)))
        self.asked: list[int] = []
        self.answered: list[int] = []

    def _response(self, message: ResponseMessage) -> Response:
        return Response(id="r", created=0, model="recorded", message=message)

    def _call(self, number: int, name: str, arguments: str) -> Response:
        calls = [ToolCall(id=f"call_{number}", name=name, arguments=arguments)]
        return self._response(ResponseMessage(tool_calls=calls, finish_reason="tool_calls", is_truncated=False))

    async def get_response(self, *_: Any, **__: Any) -> Response:
        self.asked.append(perf_counter_ns())
        if self.gate is not None and self.turn == 1:
            await self.gate.wait()
        answer = self.answers[self.turn]
        self.turn += 1
        self.answered.append(perf_counter_ns())
        return answer

    def setup_client(self, config: Any) -> Any: ...
    async def to_native_tool(self, tool: Any) -> Any: ...
    async def to_native_prompt(self, messages: Any) -> Any: ...
    async def get_native_response(self, *_: Any, **__: Any) -> Any: ...
    async def raise_from_native_response(self, response: Any) -> None: ...
    async def from_native_response(self, response: Any) -> Any: ...
    async def close(self) -> None: ...


class Native:
    """What verifiers' client calls of an `AsyncOpenAI`, `chat.completions.create`, answering from the record."""

    def __init__(self, case: Case) -> None:
        self.chat = self.completions = self
        self.answers = iter([*(self._answer(number, call) for number, call in enumerate(case.calls)), self._answer(0)])
        self.asked: list[int] = []
        self.answered: list[int] = []

    @staticmethod
    def _answer(number: int, call: tuple[str, str] | None = None) -> ChatCompletion:
        message: dict[str, Any] = {"role": "assistant", "content": None if call else LAST}
        if call:
            function = {"name": call[0], "arguments": call[1]}
            message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": function}]
        choice = {"index": 0, "finish_reason": "tool_calls" if call else "stop", "message": message}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        return ChatCompletion.model_validate({
            "id": "r", "object": "chat.completion", "created": 0, "model": "recorded", "choices": [choice],
            "usage": usage,
        })  # fmt: skip

    async def create(self, **_: Any) -> ChatCompletion:
        self.asked.append(perf_counter_ns())
        answer = next(self.answers)
        self.answered.append(perf_counter_ns())
        return answer


def ended(completion: Any) -> float:
    """The least that a rubric can pay for: that there is a last message."""
    return float(bool(completion))


class Clinic(vf.StatefulToolEnv):
    """The clinic's tools over the world of the rollout's case."""

    def __init__(self, work: Work) -> None:
        rows = [{"question": PROMPT, "answer": "", "info": {"case": n}} for n in range(len(work.cases))]
        super().__init__(dataset=Dataset.from_list(rows), max_turns=-1, rubric=vf.Rubric(funcs=[ended]))
        self.work = work
        for function in work.functions:
            name = function["name"]
            self.tool_map[name] = self._tool(name)
            self.tool_defs.append(
                Tool(name=name, description=function["description"], parameters=function["parameters"])
            )
            self.tool_monitor_rubric.add_tool_metric(name)

    def _tool(self, name: str) -> Callable[..., str]:
        def tool(world: Any, arguments: dict[str, Any]) -> str:
            return self.work.call(world, name, arguments)

        return tool

    async def setup_state(self, state: Any) -> None:
        state["world"] = self.work.world(self.work.cases[state["info"]["case"]])

    def update_tool_args(self, tool_name: str, tool_args: dict, messages: Any, state: Any, **_: Any) -> dict:  # noqa: ARG002
        return {"world": state["world"], "arguments": tool_args}

    @vf.cleanup
    async def give_back(self, state: Any) -> None:
        state.pop("world").close()


class Verifiers(Peer):
    """Rollouts, one after the other in one event loop."""

    distributions = ("verifiers",)

    def __init__(self, tasks: int, openai: bool = False) -> None:
        super().__init__(tasks)
        self.openai = openai
        self.env = Clinic(self.work)
        self.loop = asyncio.new_event_loop()

    @staticmethod
    def _row(number: int) -> dict[str, Any]:
        return {"prompt": [{"role": "user", "content": PROMPT}], "example_id": number, "info": {"case": number}}

    async def _rollout(self, number: int, client: Client) -> Any:
        return await self.env.rollout(self._row(number), client, "recorded")

    async def _scored(self, number: int, client: Client) -> Any:
        """A rollout as its user runs it: played, scored, and turned into its record."""
        return await self.env.run_rollout(self._row(number), client, "recorded", {})

    def _client(self, case: Case) -> tuple[Client, Recorded | Native]:
        """The client, and what notes when it is asked."""
        if not self.openai:
            recorded = Recorded(case)
            return recorded, recorded
        native: Any = Native(case)
        return OpenAIChatCompletionsClient(native), native

    def round(self) -> Round:
        out = Round()
        for number, case in enumerate(self.work.cases):
            client, model = self._client(case)
            start = perf_counter_ns()
            found = self.loop.run_until_complete(self._scored(number, client))
            out.episode(perf_counter_ns() - start, len(case.calls))
            if found.get("error") is not None:
                raise RuntimeError(f"the rollout of case {number} failed: {found['error']!r}")
            took = [after - before for before, after in zip(model.answered, model.asked[1:], strict=False)]
            out.steps += took
            out.resets.append(model.asked[0] - start + took[0])
            for message in found["completion"]:
                if message["role"] == "tool":
                    out.said(message["content"])
        return out

    def live(self, count: int) -> Callable[[], object]:
        cases = self.work.cases
        gate = asyncio.Event()
        clients = [Recorded(cases[n % len(cases)], gate) for n in range(count)]
        rollouts = [self.loop.create_task(self._rollout(n % len(cases), client)) for n, client in enumerate(clients)]

        async def up() -> None:
            while not all(len(client.asked) == 2 for client in clients):
                await asyncio.sleep(0)

        async def down() -> None:
            gate.set()
            await asyncio.gather(*rollouts)

        self.loop.run_until_complete(up())
        return lambda: self.loop.run_until_complete(down())

    def close(self) -> None:
        self.loop.close()


if __name__ == "__main__":
    serve({"rollout": Verifiers, "openai": lambda tasks: Verifiers(tasks, openai=True)})
