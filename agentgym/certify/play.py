"""Playing scripts: an episode from a list of actions, and what came of it; and what parts from one late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.policies import CLOSING, Script
from agentgym.types import Heard, Reply, Task
from agentgym.world import Pool

__all__ = ["Mute", "Played", "Trunk", "play", "play_policy"]

_CLOSINGS = 2


class Played(Struct, frozen=True):
    """The end of one episode."""

    score: float
    success: bool
    """What the episode's success is when it ends here: one that was cut was going to be closed."""
    valid: bool
    ending: str
    closed: str
    digest: str = ""
    missing: tuple[str, ...] = ()
    """Criteria that do not hold."""
    reason: str = ""


class Mute:
    """A user that never says anything."""

    def reply(self, heard: Heard) -> Reply:
        del heard
        return Reply("...")

    def fork(self) -> Mute:
        return self


def play(
    pack: Pack,
    task: Task,
    actions: Iterable[object],
    *,
    user: Any = None,
    pool: Pool | None = None,
    digest: bool = False,
) -> Played:
    """Play actions until they or the episode end; then try to close the conversation, and cut what still goes on."""
    return play_policy(pack, task, lambda _: iter(actions), user=user, pool=pool, digest=digest)


def play_policy(
    pack: Pack, task: Task, script: Script, *, user: Any = None, pool: Pool | None = None, digest: bool = False
) -> Played:
    """Play a built-in policy like `play`."""
    with Episode(pack, task, user=user, pool=pool, scorer_name="potential") as episode:
        return _finished(episode, script(episode), digest)


class Trunk:
    """The episode of some actions, kept as it stood before each of them: what begins like them is played from where it
    parts."""

    def __init__(self, pack: Pack, task: Task, actions: Sequence[object], pool: Pool | None = None) -> None:
        self._actions = actions
        self._start = partial(Episode, pack, task, pool=pool, scorer_name="potential")
        self._top: Episode | None = None
        self._before: list[Episode] = []

    def play(self, actions: Sequence[object], *, digest: bool = False) -> Played:
        """Play like the function of this name, from the last moment at which nothing is otherwise."""
        same = 0
        while same < min(len(actions), len(self._actions)) and actions[same] == self._actions[same]:
            same += 1
        with self.before(same) as episode:
            return _finished(episode, actions[same:], digest)

    def before(self, place: int) -> Episode:
        """An episode of one's own, before the action at that place; where it ends sooner, at its end."""
        self._top = self._top or self._start()
        while len(self._before) <= place:
            if self._before and not self._top.ending:
                self._top.apply(self._actions[len(self._before) - 1])
            self._before.append(self._top.fork())
        self._top.world.release()
        return self._before[place].fork()

    def close(self) -> None:
        """Give the worlds back."""
        for episode in self._before:
            episode.close()
        if self._top is not None:
            self._top.close()


def _finished(episode: Episode, actions: Iterable[object], digest: bool) -> Played:
    """Play what is left and close."""
    for action in actions:
        if episode.ending:
            break
        episode.apply(action)
    for _ in range(_CLOSINGS):
        if not episode.ending:
            episode.apply(CLOSING)
    return _played(episode, digest)


def _played(episode: Episode, digest: bool) -> Played:
    reading = episode.reading
    score = reading.value if episode.valid else 0.0
    missing = tuple(c.name for c, holds in episode.tracker.criteria() if not holds and c.part != "report")
    return Played(
        score, episode.valid and reading.reached, episode.valid, episode.ending, reading.closed,
        episode.world.digest() if digest else "", missing,
        episode.reason,
    )  # fmt: skip
