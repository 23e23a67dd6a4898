"""Where many worlds live, most are without a connection: they go on exactly as if they had one."""

from __future__ import annotations

import apsw
import pytest

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.world import Pool, World, image


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """No world keeps a connection between two calls."""
    monkeypatch.setattr(image, "LIVE", -1)


def _played(pack: Pack, seed: int, pool: Pool | None) -> tuple[object, ...]:
    task = pack.task(seed)
    with Episode(pack, task, pool=pool) as episode:
        terms: list[object] = []
        for action in task.oracle:
            if not episode.ending:
                episode.apply(action)
                terms.append(episode.terms)
        return list(episode.events), terms, episode.score, episode.world.digest(), episode.world.changes()


@pytest.mark.parametrize("pooled", [False, True])
def test_episodes_in_a_crowd_are_the_same(clinic: Pack, pooled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool() if pooled else None
    alone = [_played(clinic, seed, pool) for seed in range(40)]
    monkeypatch.setattr(image, "LIVE", -1)
    assert [_played(clinic, seed, pool) for seed in range(40)] == alone
    if pool is not None:
        pool.close()


@pytest.mark.usefixtures("crowd")
def test_a_world_rests_between_calls_and_not_within(mini: Pack) -> None:
    world = World(mini.image("train", 0))
    open_before = len(apsw.connections())
    count = world.scalar("SELECT count(*) FROM loan_lines", {})
    assert len(apsw.connections()) == open_before, "a lone query takes a connection and gives it back"
    world.begin()
    world.write("DELETE FROM loan_lines", {})
    assert world.scalar("SELECT count(*) FROM loan_lines", {}) == 0
    assert len(apsw.connections()) == open_before + 1
    world.undo()
    world.rest()
    assert world.scalar("SELECT count(*) FROM loan_lines", {}) == count
    world.begin()
    world.write("DELETE FROM loan_lines", {})
    assert world.commit()
    world.rest()
    twin = world.fork()
    assert twin.scalar("SELECT count(*) FROM loan_lines", {}) == 0
    assert twin.digest() == world.digest()
    twin.close()
    world.close()
    assert len(apsw.connections()) == open_before


def test_pools_keep_none_where_the_process_has_enough(mini: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "CONNECTIONS", -1)
    pool = Pool(4)
    for _ in range(3):
        World(mini.image("train", 0), pool=pool).close()
    assert pool.count == 0
    pool.close()


def test_no_more_worlds_than_that_hold_a_connection(mini: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(apsw.connections())
    worlds = [World(mini.image("train", 0)) for _ in range(2)]
    base = len(apsw.connections()) - 2
    monkeypatch.setattr(image, "LIVE", 5)
    worlds += [World(mini.image("train", 0)) for _ in range(20)]
    assert [world.scalar("SELECT count(*) > 0 FROM members", {}) for world in worlds] == [1] * 22
    assert len(apsw.connections()) - base <= 5
    for world in worlds:
        world.close()
    assert len(apsw.connections()) == base >= before
