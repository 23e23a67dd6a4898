"""Many episodes at once against a policy that answers many conversations at once.

    for played in rollout(tasks, policy, samples=8):
        played.trace.score, played.rewards

A batch policy has `generate(conversations)`, which gives one action for each. Where it is a coroutine function, each
conversation is awaited by itself, so that a slow one holds up nobody; else all that wait for an action are asked for at
once, and an episode that ends gives its place to the next one at once. Nothing waits for the end of others.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, Protocol, cast

from msgspec import structs

from agentgym.episode import Episode, View
from agentgym.errors import SERVER_FAULT, AgentGymError, ContextFullError, UsageError
from agentgym.pack import Pack
from agentgym.rollout.file import TraceFile
from agentgym.trace import Recorder, Trace
from agentgym.types import Task, User
from agentgym.world import Pool

__all__ = ["FULL", "LATER", "BatchPolicy", "Conversation", "Played", "rollout"]

FULL = object()
"""What a batch policy answers when a conversation has no room for another turn: the episode is cut short there."""
LATER = object()
"""What a batch policy answers when it is still at a turn: it is asked again, beside those that have gone on."""


class Conversation:
    """An episode under way, as a policy sees it.

    Attributes:
        key: a number that no other episode of the rollout has, nor another try at the same one.
        group: number of its task in the rollout, from 0: the episodes of one task have it in common.
        sample: which of the task's episodes it is, from 0.
        view: what the assistant sees: `messages`, `new_messages`, `tools`.
    """

    __slots__ = ("_open", "group", "key", "recorder", "sample", "tries", "view")

    def __init__(self, key: int, job: _Job, tries: int, options: dict[str, Any], name: str) -> None:
        self.key, self.group, self.sample, self.tries = key, job.group, job.sample, tries
        user: Callable[[], User] | None = options["user"]
        self._open = ExitStack()
        episode = self._open.enter_context(
            Episode(
                job.pack, job.task, scorer_name=options["scorer"], gamma=options["gamma"],
                user=user() if user else None, pool=options["pool"],
            )
        )  # fmt: skip
        self.recorder, self.view = Recorder(episode, name), View(episode)

    @property
    def task(self) -> Task:
        """The task that is played."""
        return self.view.episode.task

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All OpenAI messages so far."""
        return self.view.messages

    @property
    def new_messages(self) -> list[dict[str, Any]]:
        """Those since the assistant's last turn, at first all."""
        return self.view.new_messages

    @property
    def tools(self) -> list[dict[str, Any]]:
        """OpenAI tool dicts."""
        return self.view.tools

    def close(self) -> None:
        """Give the world back."""
        self._open.close()


class BatchPolicy(Protocol):
    """What plays the assistant in many conversations: an action for each, in their order, or `FULL`, or `LATER`.

    An `AgentGymError` in place of an action is a fault of what generates, not of the assistant: that episode is played
    anew, and is invalid when it goes on. One that is raised stands for all conversations of the call.
    """

    def generate(self, conversations: Sequence[Conversation], /) -> Sequence[object] | Awaitable[Sequence[object]]: ...


class Played:
    """An episode that has ended.

    Attributes:
        trace: all of it. `trace.score` is None where it is invalid.
        rewards: what each turn of the assistant earned; with the default scorer they sum to the score.
        key, group, sample: as in its `Conversation`.
    """

    __slots__ = ("group", "key", "rewards", "sample", "trace")

    def __init__(self, conversation: Conversation, trace: Trace) -> None:
        self.key, self.group, self.sample = conversation.key, conversation.group, conversation.sample
        self.trace = trace
        self.rewards = [sum(step.terms.values()) for step in trace.steps]


class _Job:
    __slots__ = ("group", "pack", "sample", "task")

    def __init__(self, pack: Pack, task: Task, group: int, sample: int) -> None:
        self.pack, self.task, self.group, self.sample = pack, task, group, sample


def rollout(
    tasks: Iterable[tuple[Pack, Task]],
    policy: BatchPolicy,
    *,
    samples: int = 1,
    concurrency: int = 256,
    retries: int = 2,
    name: str = "",
    scorer: str | None = None,
    gamma: float = 1.0,
    user: Callable[[], User] | None = None,
    out: TraceFile | None = None,
    pool: Pool | None = None,
) -> Iterator[Played]:
    """Play every task `samples` times; the episodes, in the order in which they end.

    Args:
        tasks: what to play, taken as places come free.
        policy: who plays the assistant.
        samples: episodes of each task, a group.
        concurrency: episodes under way at once.
        retries: how often an episode is played anew that a server's or an engine's fault broke. After that it is
            yielded
            invalid: ending `policy_broke` or `user_broke`, no score, the fault in `trace.reason`.
        name: what the policy is called in traces; by default its class.
        out: file that traces are added to. Episodes that are in it are not played and not yielded.

    Raises:
        UsageError: numbers out of range, or a policy that gives another number of actions than it was asked for.
    """
    for what, number, least in (("samples", samples, 1), ("concurrency", concurrency, 1), ("retries", retries, 0)):
        if number < least:
            raise UsageError(f"{what} must be at least {least}, found {number}")
    own = Pool() if pool is None else None
    options = {"scorer": scorer, "gamma": gamma, "user": user, "pool": pool or own}
    crowd = _Crowd(_jobs(tasks, samples, out), options, name or type(policy).__name__, concurrency, retries, out)
    try:
        waits = inspect.iscoroutinefunction(policy.generate)
        yield from (_side_by_side if waits else _in_step)(crowd, policy)
    finally:
        crowd.close()
        if own is not None:
            own.close()


def _jobs(tasks: Iterable[tuple[Pack, Task]], samples: int, out: TraceFile | None) -> Iterator[_Job]:
    seen = set[str]()
    for group, (pack, task) in enumerate(tasks):
        if out is not None:
            out.check(pack)
            out.once(task, seen)
        for sample in range(samples):
            if out is None or (task.id, sample) not in out.done:
                yield _Job(pack, task, group, sample)


class _Crowd:
    """The episodes under way, and those to come."""

    def __init__(
        self, jobs: Iterator[_Job], options: dict[str, Any], name: str, room: int, retries: int, out: TraceFile | None
    ) -> None:
        self._jobs, self._options, self._name, self._room, self._retries = jobs, options, name, room, retries
        self._out, self._next = out, 0
        self.live: dict[int, tuple[_Job, Conversation]] = {}

    def fill(self) -> list[Conversation]:
        """Begin episodes until there is no room, or no task; those that began."""
        begun: list[Conversation] = []
        while len(self.live) < self._room:
            job = next(self._jobs, None)
            if job is None:
                break
            begun.append(self._begin(job, 0))
        return begun

    def _begin(self, job: _Job, tries: int) -> Conversation:
        conversation = Conversation(self._next, job, tries, self._options, self._name)
        self.live[conversation.key] = job, conversation
        self._next += 1
        return conversation

    def act(self, conversation: Conversation, action: object) -> Played | Conversation | None:
        """Do what was answered. The episode where it has ended, its next try where it was broken, else None."""
        if action is LATER:
            return None
        recorder, fault = conversation.recorder, ""
        full = action is FULL or (isinstance(action, ContextFullError) and recorder.episode.turns > 0)
        if isinstance(action, AgentGymError) and not full:
            fault = f"policy: {action}"
        elif full:
            recorder.truncate()
        else:
            recorder.apply(action)
            conversation.view.catch_up()
        episode = recorder.episode
        if not fault and not episode.ending:
            return None
        broken = bool(fault) or episode.reason.startswith(f"user: {SERVER_FAULT}")
        if broken and conversation.tries < self._retries:
            job = self._end(conversation)
            return self._begin(job, conversation.tries + 1)
        trace = recorder.trace(sample=conversation.sample)
        if fault:
            trace = structs.replace(trace, ending="policy_broke", valid=False, score=None, success=False, reason=fault)
        self._end(conversation)
        if self._out is not None:
            self._out.write(trace)
        return Played(conversation, trace)

    def _end(self, conversation: Conversation) -> _Job:
        conversation.close()
        return self.live.pop(conversation.key)[0]

    def close(self) -> None:
        for _, conversation in self.live.values():
            conversation.close()
        self.live.clear()


def _in_step(crowd: _Crowd, policy: BatchPolicy) -> Iterator[Played]:
    """All that wait are asked for at once."""
    crowd.fill()
    while crowd.live:
        waiting = [conversation for _, conversation in crowd.live.values()]
        try:
            actions = cast(Sequence[object], policy.generate(waiting))
        except AgentGymError as trouble:
            actions = [trouble] * len(waiting)
        _check(actions, waiting)
        for conversation, action in zip(waiting, actions, strict=True):
            outcome = crowd.act(conversation, action)
            if isinstance(outcome, Played):
                yield outcome
        crowd.fill()


def _side_by_side(crowd: _Crowd, policy: BatchPolicy) -> Iterator[Played]:
    """Each conversation is awaited by itself."""
    generate = cast(Callable[[Sequence[Conversation]], Awaitable[Sequence[object]]], policy.generate)

    async def answer(conversation: Conversation) -> tuple[Conversation, object]:
        try:
            actions = await generate([conversation])
        except AgentGymError as trouble:
            return conversation, trouble
        _check(actions, [conversation])
        return conversation, actions[0]

    async def some(pending: set[asyncio.Task[tuple[Conversation, object]]]) -> tuple[list[Played], Any]:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        ended: list[Played] = []
        for task in done:
            conversation, action = task.result()
            outcome = crowd.act(conversation, action)
            if isinstance(outcome, Played):
                ended.append(outcome)
            else:
                pending.add(asyncio.ensure_future(answer(outcome or conversation)))
        pending |= {asyncio.ensure_future(answer(conversation)) for conversation in crowd.fill()}
        return ended, pending

    async def begin() -> set[asyncio.Task[tuple[Conversation, object]]]:
        return {asyncio.ensure_future(answer(conversation)) for conversation in crowd.fill()}

    with closing(asyncio.new_event_loop()) as loop:
        pending = loop.run_until_complete(begin())
        try:
            while pending:
                ended, pending = loop.run_until_complete(some(pending))
                yield from ended
        finally:
            for task in pending:
                task.cancel()
            if pending:
                loop.run_until_complete(asyncio.wait(pending))


def _check(actions: Sequence[object], waiting: Sequence[Conversation]) -> None:
    if len(actions) != len(waiting):
        raise UsageError(
            f"the policy was asked for {len(waiting)} actions and gave {len(actions)}: one for each, in order"
        )
