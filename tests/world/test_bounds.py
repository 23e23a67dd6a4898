"""Bounded: whatever content runs ends soon, in little memory, with a typed error."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import time
from collections.abc import Iterator

import apsw
import pytest

from agentgym.errors import BudgetError, PackError
from agentgym.world import Image, World, build

ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
DIGITS = "json_each('[1,2,3,4,5,6,7,8,9]')"
SOON = 5.0
"""Seconds: a thousand times what these take, and far below what they would take."""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    script = "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) STRICT;"
    found = build(script, [{"sql": "INSERT INTO t VALUES ('a', 'b')"}], {}, "2026-03-09 08:00", "b", "1", "train", 0)
    yield found
    found.close()


@pytest.fixture
def world(image: Image) -> Iterator[World]:
    found = World(image)
    yield found
    found.close()


TOO_MUCH = {
    "an endless query": f"{ENDLESS} SELECT count(*) FROM c",
    "endless rows": f"{ENDLESS} SELECT x FROM c",
    "endless text": f"{ENDLESS} SELECT group_concat(x) FROM c",
    "a cross join": f"SELECT count(*) FROM {DIGITS} a, {DIGITS} b, {DIGITS} c, {DIGITS} d, {DIGITS} e, {DIGITS} f, {DIGITS} g",
    "an endless sort": f"{ENDLESS} SELECT x FROM c ORDER BY -x LIMIT 1",
    "long texts by the thousand": f"{ENDLESS} SELECT printf('%.*c', 100000, 'x') FROM c",
    "an endless exists": f"SELECT EXISTS ({ENDLESS} SELECT 1 FROM c WHERE x < 0)",
}


@pytest.mark.parametrize("sql", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_too_much_work_is_a_budget_error(world: World, sql: str) -> None:
    start = time.monotonic()
    with pytest.raises(BudgetError):
        world.query(sql, {})
    assert time.monotonic() - start < SOON
    assert world.query("SELECT * FROM t", {}) == [("a", "b")], "the world goes on"


TOO_LARGE = {
    "a wide number": "SELECT printf('%2000000000d', 1)",
    "a run of characters": "SELECT printf('%.*c', 2000000000, 'x')",
    "a chain of replacements": "SELECT " + "replace(" * 7 + "'aaaaaaaaaa'" + ", 'a', 'aaaaaaaaaa')" * 7,
    "joined texts": f"{ENDLESS} SELECT group_concat(printf('%.*c', 90000, 'x')) FROM (SELECT x FROM c LIMIT 20)",
    "hexadecimal": "SELECT hex(hex(hex(hex(hex(hex(hex(printf('%.*c', 20000, 'x'))))))))",
    "a giant list": f"SELECT 1 WHERE 1 IN ({','.join('5' * 1 for _ in range(90_000))})",
    "a long pattern": "SELECT 'x' LIKE '" + "%a" * 200 + "'",
    "a deep expression": "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "a deep sum": "SELECT " + "+".join("1" * 1 for _ in range(2000)),
    "many columns": "SELECT " + ",".join("1" for _ in range(500)),
    "a huge sum": "SELECT sum(9223372036854775807) FROM (SELECT 1 UNION ALL SELECT 2)",
    "an absolute": "SELECT abs(-9223372036854775807 - 1)",
    "broken JSON": "SELECT * FROM json_each('[1,')",
}


@pytest.mark.parametrize("sql", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_too_large_a_value_is_a_typed_error(world: World, sql: str) -> None:
    start = time.monotonic()
    with pytest.raises(apsw.Error) as caught:
        world.query(sql, {})
    assert isinstance(caught.value, apsw.TooBigError | apsw.SQLError)
    assert time.monotonic() - start < SOON


@pytest.mark.parametrize("sql", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_predicate_without_value_does_not_apply(world: World, sql: str) -> None:
    """Nobody can end an episode by arguments for which a rule has no value."""
    assert world.holds(sql, {}) is None


def test_one_slow_function_is_stopped_by_the_clock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations do not count what a function does inside; time is the last resort."""
    monkeypatch.setattr("agentgym.world.image.SECONDS", 0.2)
    start = time.monotonic()
    slow = "sum(instr(printf('%.*c', 150000, 'a'), printf('%.*c', 75000, 'a') || 'b'))"
    with pytest.raises(BudgetError):
        world.query(f"{ENDLESS} SELECT {slow} FROM c", {})
    assert time.monotonic() - start < 30.0


def test_a_process_that_is_starved_is_not_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the processor's time: a busy machine, or one that was asleep, changes no outcome."""
    monkeypatch.setattr("agentgym.world.image.SECONDS", 0.2)
    naps: list[float] = []

    def nap() -> int:
        time.sleep(0.5)
        naps.append(0.5)
        return 1

    connection = world.cursor.connection
    connection.create_scalar_function("nap", nap, 0)
    try:
        rows = "(SELECT x FROM c LIMIT 10000)"
        total = world.scalar(f"{ENDLESS} SELECT sum(CASE WHEN x = 5000 THEN nap() ELSE 1 END) FROM {rows}", {})
    finally:
        connection.create_scalar_function("nap", None, 0)
    assert (total, naps) == (10_000, [0.5])


def test_a_plan_does_not_hang_on_what_is_bound(world: World) -> None:
    """Else SQLite would prepare the statement anew at every execution, and rows might come in another order."""
    connection = world.cursor.connection
    assert connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1


def test_the_budget_is_full_for_every_statement(world: World) -> None:
    """A hundred statements of a quarter of the budget each: none pays for another."""
    for _ in range(100):
        assert world.scalar(f"{ENDLESS} SELECT count(*) FROM (SELECT x FROM c LIMIT 10000)", {}) == 10_000


# --- populating -------------------------------------------------------------------------------------------------------

SCRIPT = "CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) STRICT;"
COLUMNS = {"k": {"id": "K", "digits": 9}, "v": {"value": "x"}}


def populate(*entries: dict[str, object]) -> None:
    build(SCRIPT, entries, {}, "2026-03-09 08:00", "p", "1", "train", 0).close()


ENDLESS_POPULATIONS = {
    "each": {"table": "t", "each": f"{ENDLESS} SELECT x FROM c", "columns": COLUMNS},
    "sql": {"sql": f"INSERT INTO t {ENDLESS} SELECT x, 'v' FROM c"},
    "a column": {"table": "t", "rows": 3, "columns": {**COLUMNS, "v": {"sql": f"({ENDLESS} SELECT count(*) FROM c)"}}},
    "long rows": {"sql": f"INSERT INTO t {ENDLESS} SELECT x, printf('%.*c', 90000, 'x') FROM c"},
}


@pytest.mark.parametrize("entry", ENDLESS_POPULATIONS.values(), ids=ENDLESS_POPULATIONS.keys())
def test_an_endless_population_is_stopped(entry: dict[str, object]) -> None:
    with pytest.raises(BudgetError):
        populate(entry)


IMPOSSIBLE = {
    "more unique words than there are": {
        "table": "t",
        "rows": 50,
        "columns": {**COLUMNS, "k": {"id": "K", "digits": 1}},
    },
    "a value too large": {
        "table": "t",
        "rows": 1,
        "columns": {**COLUMNS, "v": {"sql": "printf('%.*c', 999999999, 'x')"}},
    },
    "a key twice": {"table": "t", "rows": 2, "columns": {**COLUMNS, "k": {"value": "same"}}},
    "a wrong type": {"table": "t", "rows": 1, "columns": {**COLUMNS, "k": {"value": None}}},
    "no moment": {"table": "t", "rows": 1, "columns": {**COLUMNS, "v": {"sql": "shift('yesterday', 5)"}}},
    "no text": {"table": "t", "rows": 1, "columns": {**COLUMNS, "v": {"sql": "CAST(x'ff' AS TEXT)"}}},
}


@pytest.mark.parametrize("entry", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_population_is_a_pack_error(entry: dict[str, object]) -> None:
    with pytest.raises(PackError):
        populate(entry)
