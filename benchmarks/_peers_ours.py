"""agentgym's own rows of `peers.py`: the tool function alone, the Gymnasium step, the loop that records a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import Any

import msgspec
from _peers_work import LAST, PACK, Case, Peer, Round, Stepper, as_text, serve
from msgspec.structs import replace

from agentgym.env import AgentToolEnv
from agentgym.episode import Episode, View
from agentgym.llm import LLMAssistant
from agentgym.llm.answer import Answer, read_answer
from agentgym.policies import Policy
from agentgym.rollout import play
from agentgym.trace import Recorder
from agentgym.trace.text import clean
from agentgym.types import Called, Limits
from agentgym.world import World

_encode = msgspec.json.encode


class ToolAlone(Stepper):
    """The tool function, with no framework around it: JSON in, JSON out."""

    def begin(self, case: Case) -> World:
        return self.work.world(case)

    def call(self, env: World, call: tuple[str, str]) -> str:
        return self.work.call(env, call[0], msgspec.json.decode(call[1]))

    def end(self, env: World) -> None:
        env.close()


class OurGym(Stepper):
    """The Gymnasium environment: a call from the model's text to observation, reward and info. With `speaks` the words
    between the calls are said too, untimed."""

    distributions = ("gymnasium", "apsw")

    def __init__(self, tasks: int, speaks: bool = False) -> None:
        super().__init__(tasks)
        self.speaks = speaks
        self.idle: list[AgentToolEnv] = []

    def begin(self, case: Case) -> AgentToolEnv:
        env = self.idle.pop() if self.idle else AgentToolEnv(PACK)
        env.reset(options={"task": case.task})
        return env

    def call(self, env: AgentToolEnv, call: tuple[str, str]) -> Any:
        return env.step(as_text(call))

    def result(self, env: AgentToolEnv, given: Any) -> str:
        del env
        return given[4]["new_messages"][0]["content"]

    def say(self, env: AgentToolEnv, words: str) -> None:
        if self.speaks and env.episode is not None and not env.episode.ending:
            env.step(words)

    def last(self, env: AgentToolEnv) -> None:
        if env.episode is not None and not env.episode.ending:
            env.step(LAST)

    def end(self, env: AgentToolEnv) -> None:
        if env.episode is not None:
            env.episode.close()
        self.idle.append(env)


class OurLoop(Peer):
    """`agentgym.rollout.play` with a policy that is asked for every turn and a trace that is kept: from the moment at
    which the policy has answered with a call to the moment at which it is asked again. The last message is the last
    turn that the task allows, so that an episode has as many turns as one without a user."""

    def __init__(self, tasks: int) -> None:
        super().__init__(tasks)
        self.tasks = [replace(case.task, limits=Limits(turns=len(case.calls) + 1)) for case in self.work.cases]

    def policy(self, case: Case, asked: list[int], answered: list[int]) -> Policy:
        """What plays a case and notes when it is asked and has answered."""
        return _Scripted(case, asked, answered)

    def round(self) -> Round:
        out = Round()
        for case, task in zip(self.work.cases, self.tasks, strict=True):
            asked: list[int] = []
            answered: list[int] = []
            policy = self.policy(case, asked, answered)
            start = perf_counter_ns()
            trace = play(self.work.pack, task, policy, pool=self.work.pool)
            out.episode(perf_counter_ns() - start, len(case.calls))
            took = [after - before for before, after in zip(answered, asked[1:], strict=False)][: len(case.calls)]
            out.steps += took
            out.resets.append(asked[0] - start + took[0])
            for entry in trace.events:
                if isinstance(entry.event, Called):
                    out.said(_encode(entry.event.result).decode())
        return out

    def live(self, count: int) -> Callable[[], object]:
        episodes = [Episode(self.work.pack, self.work.cases[n % len(self.work.cases)].task) for n in range(count)]
        kept = [(episode, Recorder(episode), View(episode)) for episode in episodes]
        for number, (_, recorder, view) in enumerate(kept):
            recorder.apply(as_text(self.work.cases[number % len(self.work.cases)].calls[0]))
            view.catch_up()
        return lambda: [episode.close() for episode in episodes]


class _Scripted:
    """A policy that makes a case's calls and then takes its leave, and notes when it is asked and has answered."""

    def __init__(self, case: Case, asked: list[int], answered: list[int]) -> None:
        self.case, self.asked, self.answered = case, asked, answered

    def start(self, episode: Episode) -> Callable[[View], object]:
        del episode
        texts = iter([as_text(call) for call in self.case.calls])

        def act(view: View) -> str:
            del view
            self.asked.append(perf_counter_ns())
            text = next(texts, LAST)
            self.answered.append(perf_counter_ns())
            return text

        return act


class OurModelLoop(OurLoop):
    """The same loop with a language model in the seat, as OpenAI's messages and tools: from the text of a response to
    the body of the next request. What sends and receives is left out, see `_Recorded`."""

    def policy(self, case: Case, asked: list[int], answered: list[int]) -> Policy:
        return LLMAssistant(_Recorded(case, asked, answered))


class _Recorded:
    """What `agentgym.llm.Client` does to a request and to a response, and between them the record in place of a
    server."""

    def __init__(self, case: Case, asked: list[int], answered: list[int]) -> None:
        self.asked, self.answered = asked, answered
        self.responses = iter(
            [*(_response(number, call) for number, call in enumerate(case.calls)), _response(0, None)]
        )

    def chat(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()) -> Answer:
        _body = {"model": "recorded", "messages": clean(list(messages)), "tools": clean(list(tools))}
        self.asked.append(perf_counter_ns())
        text = next(self.responses)
        self.answered.append(perf_counter_ns())
        return read_answer(text)


def _response(number: int, call: tuple[str, str] | None) -> str:
    """The body of a chat completion with a call, or with the last message."""
    message: dict[str, Any] = {"role": "assistant", "content": None if call else LAST}
    if call:
        function = {"name": call[0], "arguments": call[1]}
        message["tool_calls"] = [{"id": f"call_{number}", "type": "function", "function": function}]
    choice = {"index": 0, "finish_reason": "tool_calls" if call else "stop", "message": message}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return _encode({"id": "r", "object": "chat.completion", "choices": [choice], "usage": usage}).decode()


if __name__ == "__main__":
    serve({
        "tool": ToolAlone,
        "gym": OurGym,
        "words": lambda tasks: OurGym(tasks, speaks=True),
        "loop": OurLoop,
        "model": OurModelLoop,
    })  # fmt: skip
