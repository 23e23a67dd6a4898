"""What every process of `peers.py` has in common: the recorded calls, the tool function, and the answers to the parent.

A worker measures one framework in one environment of its own. It reads one JSON object a line from standard input and
answers each with one: `{"do": "round"}`, `{"do": "memory", "live": n}`. What the framework prints goes to standard
error.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

import msgspec

import agentgym
from agentgym.types import Task
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

PACK = "clinic"
PROMPT = "Please help me."
LAST = "Is there anything else I can help you with? Goodbye."
"""The message without a call that ends an episode."""
_encode = msgspec.json.encode


class Case(NamedTuple):
    """One task and what the oracle does on it: words for the user, or one call as (name, arguments as JSON)."""

    task: Task
    turns: tuple[str | tuple[str, str], ...]

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [turn for turn in self.turns if not isinstance(turn, str)]


def record(pack: Any, count: int) -> list[Case]:
    """The first `count` tasks of train that need nothing that a framework without a user lacks: no tools in the user's
    hands, no declared faults, no more than one call in a message, and two calls at least."""
    found: list[Case] = []
    seed = -1
    while len(found) < count:
        seed += 1
        task = pack.task(seed)
        turns = tuple(
            (action.calls[0].name, _encode(action.calls[0].arguments).decode()) if action.calls else action.words
            for action in task.oracle
        )
        case = Case(task, turns)
        single = all(len(action.calls) <= 1 for action in task.oracle)
        if not task.ledger.hands and not task.faults and single and len(case.calls) > 1:
            found.append(case)
    return found


def as_text(call: tuple[str, str]) -> str:
    """A call as a model writes it."""
    return f'<tool_call>{{"name": "{call[0]}", "arguments": {call[1]}}}</tool_call>'


class Work:
    """The recorded cases, and the tool function that every framework calls."""

    def __init__(self, tasks: int) -> None:
        self.pack = agentgym.load(PACK)
        self.pool = Pool(256)
        self.cases = record(self.pack, tasks)
        self.count = sum(len(case.calls) for case in self.cases)
        self.functions = [tool.openai["function"] for tool in self.pack.tools.values()]

    def world(self, case: Case) -> World:
        """A task's world, on a warm connection."""
        task = case.task
        return World(self.pack.image(task.split, task.world_seed), task.situation, situation_names(task), self.pool)

    def call(self, world: World, name: str, arguments: dict[str, Any]) -> str:
        """The tool function: checks the arguments, runs guards, writes and answer, and gives the result as JSON."""
        return _encode(self.pack.tools[name].run(world, arguments).value).decode()


class Round:
    """What one round took: nanoseconds of each step, of each reset with its first call, of each whole episode (from its
    start over all calls and a last message to what is left of it), and what the tools said."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.resets: list[int] = []
        self.episodes: list[int] = []
        self.calls = 0
        """Tool calls in these episodes."""
        self._said = hashlib.sha256()

    def episode(self, spent: int, calls: int) -> None:
        """Add a whole episode."""
        self.episodes.append(spent)
        self.calls += calls

    def said(self, result: str) -> None:
        self._said.update(result.encode() + b"\n")

    def as_json(self) -> dict[str, Any]:
        spent = {"steps": self.steps, "resets": self.resets, "episodes": self.episodes}
        return {**spent, "calls": self.calls, "said": self._said.hexdigest()}


class Peer(ABC):
    """One framework with the clinic inside. `distributions` are those whose versions are reported."""

    distributions: tuple[str, ...] = ()

    def __init__(self, tasks: int) -> None:
        self.work = Work(tasks)

    @abstractmethod
    def round(self) -> Round:
        """Play every case once."""

    @abstractmethod
    def live(self, count: int) -> Callable[[], object]:
        """Bring up `count` environments that have made their first call; gives what ends them."""

    def close(self) -> None:  # noqa: B027 most have nothing left
        """Give back what is left."""


class Stepper(Peer):
    """A framework that is stepped from outside: `begin` an episode, `call` a tool and read the answer, `end` it."""

    @abstractmethod
    def begin(self, case: Case) -> Any: ...

    @abstractmethod
    def call(self, env: Any, call: tuple[str, str]) -> Any: ...

    def result(self, env: Any, given: Any) -> str:
        """The tool's result in what `call` gave."""
        del env
        return given

    def say(self, env: Any, words: str) -> None:
        """Words of the assistant: nothing, in a framework that has no user."""

    def last(self, env: Any) -> None:
        """The last message, and what the framework does with it."""

    def end(self, env: Any) -> None:
        """Give an episode's world back."""

    def round(self) -> Round:
        out = Round()
        for case in self.work.cases:
            env = self.begin(case)
            for turn in case.turns:
                if isinstance(turn, str):
                    self.say(env, turn)
                    continue
                start = perf_counter_ns()
                given = self.call(env, turn)
                out.steps.append(perf_counter_ns() - start)
                out.said(self.result(env, given))
            self.end(env)
            first = case.calls[0]
            start = perf_counter_ns()
            env = self.begin(case)
            self.call(env, first)
            out.resets.append(perf_counter_ns() - start)
            self.end(env)
            start = perf_counter_ns()
            env = self.begin(case)
            for call in case.calls:
                self.call(env, call)
            self.last(env)
            self.end(env)
            out.episode(perf_counter_ns() - start, len(case.calls))
        return out

    def live(self, count: int) -> Callable[[], object]:
        envs: list[Any] = []
        for number in range(count):
            case = self.work.cases[number % len(self.work.cases)]
            envs.append(self.begin(case))
            self.call(envs[-1], case.calls[0])

        def end() -> None:
            for env in envs:
                self.end(env)

        return end


def resident() -> int:
    """Bytes of memory of this process and its children."""
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    children = [entry.read_text().split() for entry in Path("/proc/self/task").glob("*/children")]
    for pid in [str(os.getpid()), *(pid for row in children for pid in row)]:
        total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
    return total


def memory(peer: Peer, count: int) -> float:
    """Bytes for each of `count` live environments."""
    peer.live(1)()  # what is made once
    gc.collect()
    before = resident()
    end = peer.live(count)
    found = (resident() - before) / count
    end()
    return found


def timed_round(peer: Peer) -> dict[str, Any]:
    """One round, the garbage collector at rest."""
    gc.collect()
    gc.disable()
    try:
        return peer.round().as_json()
    finally:
        gc.enable()


def serve(variants: Mapping[str, Callable[[int], Peer]]) -> None:
    """Answer the parent until it closes standard input. The program's arguments: a variant, and the number of tasks."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a framework prints is no answer
    peer = variants[sys.argv[1]](int(sys.argv[2]))

    def answer(data: dict[str, Any]) -> None:
        answers.write(json.dumps(data) + "\n")
        answers.flush()

    answer({"versions": {name: version(name) for name in peer.distributions}, "calls": peer.work.count})
    for line in sys.stdin:
        wish = json.loads(line)
        answer(timed_round(peer) if wish["do"] == "round" else {"bytes": memory(peer, wish["live"])})
    peer.close()
