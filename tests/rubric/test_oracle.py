"""The rubric kept up to date event by event reads the same as the definitions applied to the whole history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.types import Called, Task
from agentgym.world import Pool

from ..naive import Dump, diff, dump  # noqa: TID252  the tests are no package
from .oracle import Full, Moment, collateral, evaluate
from .playing import play, random_task

POOL = Pool(8)


def compared(pack: Pack, task: Task, source: Stream, steps: int, loyal: float) -> Full:
    """Play and compare after every step; the last reading."""
    with Episode(pack, task, pool=POOL) as episode:
        start: Dump = dump(episode.world)
        history: list[Moment] = []
        net = {}

        def compare() -> Full:
            nonlocal net
            new = episode.events[len(history) :]
            if any(isinstance(event, Called) and event.changes for event in new):
                net = diff(start, dump(episode.world))
            # words are said before anything that the user's own tools change
            history.extend(Moment(event, net) for event in new)
            full, reading = evaluate(pack, task, history), episode.reading
            said = episode.events[-6:]
            for name in ("outcome", "process", "value", "facts", "found", "reference"):
                assert getattr(reading, name) == pytest.approx(getattr(full, name), abs=1e-12), f"{name} after {said}"
            for name in ("has_process", "closed", "extra", "malformed"):
                assert getattr(reading, name) == getattr(full, name), f"{name} after {said}"
            # a gate that is closed for two reasons names one: this one stands behind the others
            assert episode.tracker.collateral == collateral(pack, task, net), f"collateral after {said}"
            return full

        compare()
        for _ in play(episode, source, steps, loyal):
            compare()
        last = compare()
        assert diff(start, dump(episode.world)) == net, "rows changed that no event tells of"
        return last


@hypothesis_settings(max_examples=110)
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([1.0, 0.9, 0.7, 0.3, 0.0]))
def test_the_reading_is_what_the_definitions_say(
    clinic: Pack, mini: Pack, seed: int, small: bool, loyal: float
) -> None:
    source, pack = Stream(seed), mini if small else clinic
    compared(pack, random_task(pack, source), source, 16, loyal)


@pytest.mark.parametrize("seed", range(24))
def test_the_oracle_alone(clinic: Pack, mini: Pack, seed: int) -> None:
    for pack in (clinic, mini):
        compared(pack, pack.task(seed), Stream(seed), 40, 1.0)


@pytest.mark.slow
@hypothesis_settings(max_examples=1500)
@given(st.integers(0, 2**40), st.booleans(), st.floats(0, 1))
def test_the_reading_is_what_the_definitions_say_at_length(
    clinic: Pack, mini: Pack, seed: int, small: bool, loyal: float
) -> None:
    source, pack = Stream(seed), mini if small else clinic
    compared(pack, random_task(pack, source), source, 30, loyal)


def test_random_play_reaches_what_is_compared(clinic: Pack, mini: Pack) -> None:
    """The comparison is worth something only if all of it happens: gates of each kind, shares between 0 and 1."""
    seen: set[str] = set()
    partial = full = stray = 0
    for seed in range(120):
        source, pack = Stream(seed), mini if seed % 2 else clinic
        with Episode(pack, random_task(pack, source), pool=POOL) as episode:
            for _ in play(episode, source, 16, 0.9 if seed % 3 else 0.4):
                seen.add(episode.reading.closed)
                stray += any(episode.tracker.collateral)
                partial += 0 < episode.reading.outcome < 1
                full += episode.reading.value > 0.9
    assert seen >= {"", "forbidden", "ungrounded"}
    assert stray > 20
    assert partial > 2
    assert full > 20
