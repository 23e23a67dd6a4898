"""Groups of episodes of one task, with the tokens of each: what GRPO learns from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from agentgym.pack import Pack
from agentgym.rollout import Played, rollout
from agentgym.training.engine import Engine, Request, Sample
from agentgym.training.policy import TokenPolicy
from agentgym.training.stream import ChatTokens, Stream
from agentgym.types import Task, User

__all__ = ["Sampler"]

Tasks = Sequence[tuple[Pack, Task]]


class Sampler:
    """Plays tasks with an engine.

    Args:
        engine: what samples.
        chat: the model's tokenizer and chat template.
        options: of `TokenPolicy`: rendering, limit, context, blank_results.

    Attributes:
        seconds: that the engine took since this was set to 0.
        tokens: seconds that groups took for what is around it: rendering, tokens and text.
        user: gives the other side of the groups that are played; None for the tasks' own.
    """

    def __init__(self, engine: Engine, chat: ChatTokens, **options: Any) -> None:
        self.engine, self.chat, self.options = engine, chat, options
        self.seconds = self.tokens = 0.0
        self.user: Callable[[], User] | None = None

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """The engine's turns, timed."""
        began = time.perf_counter()
        try:
            return self.engine.generate(requests, limit=limit, temperature=temperature, end=end)
        finally:
            self.seconds += time.perf_counter() - began

    def update(self, model: Any) -> None:
        """Hand the learner's weights to the engine."""
        self.engine.update(model)

    def policy(self, temperature: float = 0.0, seed: int = 0, **options: Any) -> TokenPolicy:
        """A policy with the present weights; `options` in place of the sampler's own."""
        return TokenPolicy(self, self.chat, temperature=temperature, seed=seed, **{**self.options, **options})

    def groups(self, tasks: Tasks, size: int, temperature: float, seed: int) -> list[list[tuple[Played, Stream]]]:
        """`size` episodes of each task, all at once, in order; each with its tokens."""
        policy, groups = self.policy(temperature, seed), [list[tuple[Played, Stream]]() for _ in tasks]
        together, before = max(1, size * len(tasks)), self.seconds
        for episode in rollout(tasks, policy, samples=size, concurrency=together, user=self.user):
            groups[episode.group].append((episode, policy.streams.pop(episode.key, Stream())))
        self.tokens += policy.seconds - (self.seconds - before)
        return [sorted(group, key=lambda pair: pair[0].sample) for group in groups]
