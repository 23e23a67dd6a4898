"""Pools and memory: worlds are cheap, come back clean, and give back what they took."""

from __future__ import annotations

import gc

import apsw
import pytest

from agentgym.episode import Episode
from agentgym.errors import TaskError
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.types import Situation
from agentgym.world import Pool, World

from ..naive import plausible  # noqa: TID252  the tests are no package

MB = 1_000_000


def test_a_connection_comes_back_clean(clinic: Pack) -> None:
    image, pool, source = clinic.image("train", 1), Pool(2), Stream(5)
    clean = World(image)
    digest = clean.digest()
    clean.close()
    for _ in range(5):
        world = World(image, pool=pool)
        assert world.digest() == digest
        assert (world.holder.confirmed, len(world.holder.told), world.holder.made, world.net) == (False, 0, [], {})
        for _ in range(10):
            tool = source.choice(list(clinic.tools.values()))
            tool.run(world, plausible(tool, world, source))
        world.holder.confirmed, world.holder.told = True, {"phone"}
        world.wait(10)
        world.close()
    assert pool.count == 1
    pool.close()


def test_a_world_closed_in_mid_call_comes_back_clean(mini: Pack) -> None:
    image, pool = mini.image("train", 1), Pool(2)
    world = World(image, pool=pool)
    digest = world.digest()
    world.begin()
    world.write("DELETE FROM loan_lines", {})
    world.close()
    again = World(image, pool=pool)
    assert again.digest() == digest
    again.close()
    pool.close()


def test_a_pool_keeps_so_many_and_drops_the_longest_unused(mini: Pack) -> None:
    pool, before = Pool(3), len(apsw.connections())
    images = [mini.image("train", seed) for seed in range(5)]
    base = len(apsw.connections())
    for image in images:
        World(image, pool=pool).close()
    assert pool.count == 3
    assert len(apsw.connections()) == base + 3
    assert pool.take(images[0]).image is images[0], "dropped, so made anew"
    assert pool.count == 3
    warm = pool.take(images[4])
    assert (warm.image, pool.count) == (images[4], 2)
    warm.close()
    pool.close()
    assert pool.count == 0
    assert len(apsw.connections()) <= base + 1
    assert before <= base


def test_many_worlds_of_one_image_live_at_once(mini: Pack) -> None:
    image, pool = mini.image("train", 2), Pool(4)
    worlds = [World(image, pool=pool) for _ in range(10)]
    for world in worlds[::2]:
        world.begin()
        world.write("DELETE FROM loan_lines", {})
        world.commit()
    left = [world.scalar("SELECT count(*) FROM loan_lines", {}) for world in worlds]
    assert left[::2] == [0] * 5
    assert all(left[1::2])
    for world in worlds:
        world.close()
    assert pool.count == 4
    pool.close()


def test_closing_twice_is_harmless(mini: Pack) -> None:
    pool = Pool(4)
    world = World(mini.image("train", 0), pool=pool)
    world.close()
    world.close()
    assert pool.count == 1
    pool.close()


def test_a_situation_that_fails_gives_its_connection_back(mini: Pack) -> None:
    pool = Pool(4)
    image = mini.image("train", 0)
    with pytest.raises(TaskError, match="situation"):
        World(image, [Situation("UPDATE members SET level = 'king'")], ("x",), pool)
    assert pool.count == 1
    pool.close()


# --- memory -----------------------------------------------------------------------------------------------------------


def test_a_thousand_live_worlds_take_less_than_200_mb_and_give_it_back(clinic: Pack) -> None:
    images = [clinic.image("train", seed) for seed in range(4)]
    start = apsw.memory_used()
    worlds = [World(images[i % 4]) for i in range(1000)]
    for world in worlds:
        world.query("SELECT count(*) FROM patients", {})
    assert apsw.memory_used() - start < 200 * MB
    for world in worlds:
        world.close()
    assert apsw.memory_used() - start < MB


def test_a_thousand_live_episodes_take_less_than_200_mb_and_give_it_back(clinic: Pack) -> None:
    tasks = [clinic.task(seed) for seed in range(8)]
    for task in tasks:
        Episode(clinic, task).close()
    start = apsw.memory_used()
    episodes = [Episode(clinic, tasks[i % 8]) for i in range(1000)]
    for episode in episodes[:50]:
        for action in episode.task.oracle[:4]:
            if not episode.ending:
                episode.apply(action)
    assert apsw.memory_used() - start < 200 * MB
    for episode in episodes:
        episode.close()
    assert apsw.memory_used() - start < MB


def test_nothing_waits_for_the_garbage_collector(mini: Pack) -> None:
    """Closed or simply forgotten: with the collector off, connections go with their worlds."""
    task = mini.task(0)
    Episode(mini, task).close()
    gc.collect()
    gc.disable()
    try:
        base = len(apsw.connections())
        for _ in range(50):
            World(mini.image("train", 0)).close()
            forgotten = World(mini.image("train", 0))
            forgotten.begin()
            forgotten.undo()
            twin = forgotten.fork()
            del forgotten, twin
            episode = Episode(mini, task)
            for action in task.oracle[:3]:
                episode.apply(action)
            episode.fork().close()
            del episode
        assert len(apsw.connections()) == base
    finally:
        gc.enable()
