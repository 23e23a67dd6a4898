"""Forks: an independent world in the same state, at any moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

from ..naive import dump, plausible  # noqa: TID252  the tests are no package


def started(pack: Pack, seed: int, pool: Pool | None) -> World:
    """The world of a task, its situation set."""
    task = pack.task(seed)
    return World(pack.image(task.split, task.world_seed), task.situation, situation_names(task), pool)


def act(pack: Pack, world: World, source: Stream, count: int) -> list[object]:
    """A few random calls, clock included; what they answered."""
    out: list[object] = []
    for _ in range(count):
        if source.chance(0.1):
            world.wait(source.between(1, 90))
        tool = source.choice(list(pack.tools.values()))
        out.append(tool.run(world, plausible(tool, world, source)).value)
    return out


@hypothesis_settings(max_examples=40)
@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_a_fork_goes_on_as_its_origin_would(clinic: Pack, mini: Pack, seed: int, pooled: bool, small: bool) -> None:
    pack, source = mini if small else clinic, Stream(seed)
    pool = Pool(4) if pooled else None
    world = started(pack, source.below(60), pool)
    act(pack, world, source, source.below(10))
    twin = world.fork()
    assert twin.digest() == world.digest()
    assert (twin.clock, twin.holder.counters, twin.holder.made) == (
        world.clock,
        world.holder.counters,
        world.holder.made,
    )
    assert twin.net == world.net
    one, two = source.copy(), source.copy()
    assert act(pack, world, one, 8) == act(pack, twin, two, 8)
    assert twin.digest() == world.digest()
    assert twin.net == world.net
    twin.close()
    world.close()
    if pool:
        pool.close()


@hypothesis_settings(max_examples=25)
@given(st.integers(0, 2**32), st.booleans())
def test_writes_of_one_never_reach_the_other(clinic: Pack, mini: Pack, seed: int, small: bool) -> None:
    pack, source = mini if small else clinic, Stream(seed)
    world = started(pack, source.below(60), None)
    act(pack, world, source, source.below(8))
    twin = world.fork()
    before, clock, net = dump(world), world.clock, dict(world.net)
    act(pack, twin, source, 10)
    twin.wait(30)
    twin.holder.confirmed = True
    assert dump(world) == before
    assert (world.clock, world.net, world.holder.confirmed) == (clock, net, False)
    after = dump(twin)
    act(pack, world, source, 10)
    assert dump(twin) == after
    child = twin.fork()
    twin.close()
    assert dump(child) == after, "a fork of a fork lives on without its origin"
    child.close()
    world.close()


def test_ids_are_unique_and_the_same_after_undo_and_fork(mini: Pack) -> None:
    world = World(mini.image("train", 0))
    taken = {row[0] for row in world.query("SELECT loan_id FROM loans", {})}

    def fresh(world: World, keep: bool = True) -> str:
        world.begin()
        member = world.query("SELECT member_id FROM members ORDER BY 1 LIMIT 1", {})[0][0]
        world.write("INSERT INTO loans VALUES (new_id('L'), :m, today(), NULL)", {"m": member})
        made = world.holder.last
        world.commit() if keep else world.undo()
        return made

    made = [fresh(world)]
    undone = fresh(world, keep=False)
    assert world.holder.made == made
    twin = world.fork()
    assert fresh(world) == fresh(twin) == undone, "an undone call uses up no id, and a fork counts on from the same"
    made += [fresh(world) for _ in range(300)]
    assert len(set(made)) == len(made)
    assert not taken & set(made)
    twin.close()
    world.close()


def test_last_id_is_of_this_call_alone(mini: Pack) -> None:
    world = World(mini.image("train", 0))
    world.begin()
    member = world.query("SELECT member_id FROM members LIMIT 1", {})[0][0]
    world.write("INSERT INTO loans VALUES (new_id('L'), :m, today(), NULL)", {"m": member})
    assert world.scalar("SELECT last_id()", {}) == world.holder.made[-1]
    world.commit()
    world.begin()
    assert world.scalar("SELECT last_id()", {}) == ""
    world.undo()
    world.close()
