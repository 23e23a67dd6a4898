"""What a call changed, what has changed since the start, and what an undone call leaves: nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.episode import Episode
from agentgym.errors import BudgetError
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.types import Change
from agentgym.world import Image, Pool, World, build, merge

from ..naive import cells, diff, dump, plausible  # noqa: TID252  the tests are no package

SCRIPT = """
CREATE TABLE owners (k TEXT PRIMARY KEY, n INTEGER UNIQUE, r REAL) STRICT;
CREATE TABLE owned (k TEXT PRIMARY KEY, o TEXT REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE) STRICT;
CREATE TABLE pairs (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b)) STRICT;
CREATE TABLE bare (a TEXT, b TEXT, v INTEGER, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;
CREATE TABLE counted (i INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT) STRICT;
"""
ROWS = [
    "INSERT INTO owners VALUES ('a', 1, 1.5), ('b', 2, 2.0), ('c', 3, NULL)",
    "INSERT INTO owned VALUES ('x', 'a'), ('y', 'a'), ('z', 'b')",
    "INSERT INTO pairs VALUES ('p', 1, 'one'), ('p', 2, 'two'), ('q', 1, NULL)",
    "INSERT INTO bare VALUES ('p', 'q', 1)",
    "INSERT INTO counted (x) VALUES ('1'), ('2')",
]
WRITES = [
    "INSERT INTO owners VALUES (new_id('O'), {n}, {n} / 2.0)",
    "UPDATE owners SET r = r + 1 WHERE n > {n}",
    "UPDATE owners SET r = r - 1 WHERE n > {n}",
    "UPDATE owners SET n = {n} WHERE k = '{k}'",
    "UPDATE owners SET k = k || 'k' WHERE n = {n}",
    "DELETE FROM owners WHERE k = '{k}'",
    "INSERT OR REPLACE INTO owners VALUES ('{k}', {n}, NULL)",
    "INSERT OR IGNORE INTO owners VALUES ('{k}', {n}, 7)",
    "INSERT INTO owned VALUES (new_id('W'), '{k}')",
    "UPDATE owned SET o = '{k}'",
    "DELETE FROM owned WHERE o = '{k}'",
    "INSERT INTO pairs VALUES ('{k}', {n}, 'new') ON CONFLICT (a, b) DO UPDATE SET v = v || '+'",
    "UPDATE pairs SET v = NULL WHERE b = {n}",
    "DELETE FROM pairs WHERE b = {n} RETURNING a",
    "UPDATE bare SET v = v + {n}",
    "DELETE FROM bare",
    "INSERT INTO bare VALUES ('p', 'q', 1)",
    "INSERT INTO counted (x) VALUES ('{k}')",
    "DELETE FROM counted WHERE i > {n}",
]


@pytest.fixture(scope="module")
def image() -> Image:
    found = build(SCRIPT, [{"sql": sql} for sql in ROWS], {}, "2026-03-09 08:00", "changes", "1", "train", 0)
    yield found
    found.close()


def call(world: World, *statements: str) -> tuple[Change, ...] | None:
    """One call of several statements; None when it failed."""
    world.begin()
    try:
        for sql in statements:
            world.write(sql, {})
    except (apsw.ConstraintError, BudgetError):
        world.undo()
        return None
    return world.commit()


# --- examples ---------------------------------------------------------------------------------------------------------


def test_an_update_tells_key_and_changed_cells(image: Image) -> None:
    world = World(image)
    (change,) = call(world, "UPDATE pairs SET v = 'x' WHERE a = 'p' AND b = 1")
    assert change == Change("pairs", ("p", 1), {"a": "p", "b": 1, "v": "one"}, {"v": "x"})
    world.close()


def test_insert_and_delete_tell_whole_rows(image: Image) -> None:
    world = World(image)
    assert call(world, "INSERT INTO pairs VALUES ('r', 9, NULL)") == (
        Change("pairs", ("r", 9), None, {"a": "r", "b": 9, "v": None}),
    )
    assert call(world, "DELETE FROM pairs WHERE a = 'r'") == (
        Change("pairs", ("r", 9), {"a": "r", "b": 9, "v": None}, None),
    )
    assert world.net == {}
    world.close()


def test_what_a_foreign_key_does_is_told_as_well(image: Image) -> None:
    world = World(image)
    changes = call(world, "DELETE FROM owners WHERE k = 'a'")
    assert [(c.table, c.key) for c in changes] == [("owned", ("x",)), ("owned", ("y",)), ("owners", ("a",))]
    world.close()


def test_a_write_that_changes_no_value_is_no_change(image: Image) -> None:
    world = World(image)
    assert call(world, "UPDATE owners SET n = n") == ()
    assert call(world, "UPDATE owners SET n = 9 WHERE k = 'a'", "UPDATE owners SET n = 1 WHERE k = 'a'") == ()
    assert world.net == {}
    world.close()


def test_equal_numbers_of_other_types_are_no_change(image: Image) -> None:
    world = World(image)
    assert call(world, "UPDATE owners SET r = 2 WHERE k = 'b'") == ()
    world.close()


# --- always -----------------------------------------------------------------------------------------------------------

OPERATION = st.tuples(st.sampled_from(WRITES), st.integers(1, 5), st.sampled_from("abcpq"))


def sentence(operation: tuple[str, int, str]) -> str:
    template, n, k = operation
    return template.format(n=n, k=k)


@hypothesis_settings(max_examples=120)
@given(st.lists(st.lists(OPERATION, min_size=1, max_size=3), max_size=8))
def test_changes_equal_a_naive_diff_of_whole_tables(image: Image, calls: list[list[tuple[str, int, str]]]) -> None:
    world = World(image)
    start = dump(world)
    merged: dict[Any, Any] = {}
    for statements in calls:
        before, digest = dump(world), world.digest()
        changes = call(world, *map(sentence, statements))
        after = dump(world)
        if changes is None:
            assert after == before
            assert world.digest() == digest, "an undone call leaves something: rows, ids or the clock"
            continue
        told = {(c.table, c.key): (c.before, c.after) for c in changes}
        assert cells(told, image.schema) == cells(diff(before, after), image.schema)
        for change in changes:
            merge(merged, change)
        assert cells(world.net, image.schema) == cells(diff(start, after), image.schema), "net changes of the episode"
    assert cells(merged, image.schema) == cells(world.net, image.schema)
    assert {(c.table, c.key) for c in world.changes()} == set(world.net)
    twin = world.fork()
    assert dump(twin) == dump(world)
    assert twin.digest() == world.digest()
    twin.close()
    world.close()


@hypothesis_settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 63), st.integers(2, 14))
def test_tools_change_what_they_say(mini: Pack, clinic: Pack, seed: int, world_seed: int, length: int) -> None:
    source = Stream(seed)
    pack = source.choice([mini, clinic])
    world = World(pack.image("train", world_seed))
    start, schema = dump(world), world.image.schema
    writers = [tool for tool in pack.tools.values() if tool.writes]
    for _ in range(length):
        before, digest = dump(world), world.digest()
        tool = source.choice(writers)
        result = tool.run(world, plausible(tool, world, source))
        after = dump(world)
        if result.error is not None:
            assert world.digest() == digest
        told = {(c.table, c.key): (c.before, c.after) for c in result.changes}
        assert cells(told, schema) == cells(diff(before, after), schema)
    assert cells(world.net, schema) == cells(diff(start, dump(world)), schema)
    world.close()


@hypothesis_settings(max_examples=150)
@given(
    st.lists(
        st.one_of(st.none(), st.fixed_dictionaries({"v": st.integers(0, 2), "w": st.integers(0, 2)})),
        min_size=2,
        max_size=8,
    )
)
def test_merging_step_by_step_equals_first_against_last(states: list[dict[str, int] | None]) -> None:
    """merge() is a fold: a row's history comes to what lies between its first and last state."""

    def rows(state: dict[str, int] | None) -> dict[str, Any] | None:
        return None if state is None else {"k": 1, **state}

    net: dict[Any, Any] = {}
    for one, two in pairwise(states):
        before, after = rows(one), rows(two)
        if before == after:
            continue
        if before is not None and after is not None:
            moved = [c for c in after if after[c] != before[c]]
            change = Change("t", (1,), {"k": 1, **{c: before[c] for c in moved}}, {c: after[c] for c in moved})
        else:
            change = Change("t", (1,), before, after)
        merge(net, change)
    first, last = rows(states[0]), rows(states[-1])
    if first == last:
        assert net == {}
        return
    before, after = net["t", (1,)]
    if first is None or last is None:
        assert (before, after) == (first, last)
        return
    assert after == {c: last[c] for c in last if last[c] != first[c]}
    assert {c: before[c] for c in after} == {c: first[c] for c in after}


# --- digests ----------------------------------------------------------------------------------------------------------


def test_the_digest_does_not_know_the_order_of_writes(image: Image) -> None:
    one, two = World(image), World(image)
    writes = ["INSERT INTO pairs VALUES ('m', 1, 'x')", "INSERT INTO pairs VALUES ('c', 2, 'y')", "DELETE FROM bare"]
    for sql in writes:
        call(one, sql)
    for sql in reversed(writes):
        call(two, sql)
    assert one.digest() == two.digest()
    call(two, "UPDATE pairs SET v = 'z' WHERE a = 'c'")
    assert one.digest() != two.digest()
    one.close()
    two.close()


def test_the_digest_is_that_of_all_rows(clinic: Pack) -> None:
    """What tables of the image add is remembered; read from the rows it is the same, in a situation, after calls."""
    for seed in range(12):
        task = clinic.task(seed)
        with Episode(clinic, task) as episode:
            for action in task.oracle:
                episode.apply(action)
            world = episode.world
            warm: Any = world._warm  # pyright: ignore[reportPrivateUsage]
            touched: set[str] = warm.watch.touched
            assert {table for table, _ in world.net} <= touched < world.image.schema.tables.keys()
            short = world.digest()
            touched.update(world.image.schema.tables)
            assert world.digest() == short


def test_the_digest_takes_numbers_by_value(image: Image) -> None:
    one, two = World(image), World(image)
    call(one, "UPDATE owners SET r = 3.0 WHERE k = 'a'")
    call(two, "UPDATE owners SET r = 3 WHERE k = 'a'")
    assert one.digest() == two.digest()
    for value in ("1e300", "-9e999", "0.1", "-0.0"):
        call(one, f"UPDATE owners SET r = {value} WHERE k = 'a'")
        assert one.digest() == one.digest()
    one.close()
    two.close()


# --- what SQLite gives up by itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pooled", [False, True])
def test_a_write_that_is_interrupted_undoes_itself_alone(image: Image, pooled: bool) -> None:
    """SQLite rolls the whole transaction back when a write is interrupted; the calls before it must stay."""
    pool = Pool() if pooled else None
    world = World(image, pool=pool)
    call(world, "INSERT INTO owners VALUES (new_id('O'), 77, 7)")
    world.wait(5)
    before, digest = dump(world), world.digest()
    endless = "WITH RECURSIVE c (x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c) "
    world.begin()
    world.write("INSERT INTO owners VALUES (new_id('O'), 78, 7)", {})
    with pytest.raises(BudgetError):
        world.write(f"INSERT INTO pairs {endless} SELECT 'e', x, NULL FROM c", {})
    world.undo()
    assert dump(world) == before
    assert world.digest() == digest
    assert call(world, "INSERT INTO owners VALUES (new_id('O'), 78, 7)")
    twin = world.fork()
    assert twin.digest() == world.digest()
    twin.close()
    world.close()
    if pool:
        again = World(image, pool=pool)
        assert again.digest() == World(image).digest()
        again.close()
        pool.close()


def test_a_write_that_fills_the_world_is_stopped(image: Image) -> None:
    world = World(image)
    digest = world.digest()
    many = "WITH RECURSIVE c (x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) "
    world.begin()
    with pytest.raises(BudgetError, match="too large"):
        world.write(f"INSERT INTO pairs {many} SELECT 'e', x, printf('%.*c', 100000, 'x') FROM c", {})
    world.undo()
    assert world.digest() == digest
    world.close()
