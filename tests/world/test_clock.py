"""The virtual clock: only `wait` moves it, and nobody sees the machine's own."""

# ruff: noqa: DTZ001, E501  moments have no zone here; a table reads best with one case a line

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.errors import HostileSQLError, PackError
from agentgym.pack import Pack
from agentgym.types import Situation
from agentgym.world import Image, World, blank, build
from agentgym.world.sql import check

START = "2026-03-09 08:25"


@pytest.fixture(scope="module")
def image() -> Image:
    found = build("CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT) STRICT;", [], {}, START, "clock", "1", "train", 0)
    yield found
    found.close()


@pytest.fixture
def world(image: Image) -> World:
    found = World(image)
    yield found
    found.close()


def value(world: World, expression: str) -> object:
    return world.scalar(f"SELECT {expression}", {})


def test_now_is_the_worlds_clock(world: World) -> None:
    assert (value(world, "now()"), value(world, "today()"), world.clock) == (START, START[:10], START)


def test_wait_moves_it_forward_over_midnight(world: World) -> None:
    world.wait(16 * 60)
    assert (value(world, "now()"), value(world, "today()")) == ("2026-03-10 00:25", "2026-03-10")


def test_the_conversation_began_when_the_world_did(world: World) -> None:
    world.wait(16 * 60)
    twin = world.fork()
    twin.wait(5)
    assert (value(world, "began()"), value(twin, "began()")) == (START, START)
    assert value(twin, "minutes_until(began())") == -965
    twin.close()


def test_a_new_world_starts_at_the_images_clock(image: Image, world: World) -> None:
    world.wait(100)
    other = World(image)
    assert other.clock == START
    other.close()


def test_the_clock_is_part_of_the_digest(image: Image, world: World) -> None:
    before = world.digest()
    world.wait(1)
    assert world.digest() != before


MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)).map(lambda d: d.replace(second=0, microsecond=0))


@hypothesis_settings(max_examples=200)
@given(MOMENTS, st.integers(-500_000, 500_000), st.integers(-3000, 3000))
def test_functions_of_moments_agree_with_datetime(world: World, moment: datetime, minutes: int, days: int) -> None:
    text, day, start = f"{moment:%Y-%m-%d %H:%M}", f"{moment:%Y-%m-%d}", datetime.fromisoformat(START)
    values = {"m": text, "d": day, "minutes": minutes, "days": days}
    row = world.query(
        "SELECT minutes_until(:m), days_until(:m), days_until(:d), shift(:m, :minutes), shift_days(:m, :days),"
        " shift_days(:d, :days), weekday(:m), weekday(:d)",
        values,
    )[0]
    whole = (moment.date() - start.date()).days
    assert row == (
        (moment - start) // timedelta(minutes=1), whole, whole, f"{moment + timedelta(minutes=minutes):%Y-%m-%d %H:%M}",
        f"{moment + timedelta(days=days):%Y-%m-%d %H:%M}", f"{moment + timedelta(days=days):%Y-%m-%d}",
        moment.isoweekday(), moment.isoweekday(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("born", "age"), [("2008-03-09", 18), ("2008-03-10", 17), ("2008-02-29", 18), ("2026-03-09", 0), ("1999-12-31", 26)]
)
def test_age_counts_birthdays(world: World, born: str, age: int) -> None:
    assert value(world, f"age('{born}')") == age


def test_functions_of_null_are_null(world: World) -> None:
    names = ["minutes_until(NULL)", "days_until(NULL)", "shift(NULL, 1)", "shift('2026-01-01', NULL)", "weekday(NULL)"]
    assert world.query(f"SELECT {', '.join(names)}, age(NULL), shift_days(NULL, 1)", {}) == [(None,) * 7]


# --- SQLite's own clock -----------------------------------------------------------------------------------------------

REFUSED = [
    "date('now')", "date('NOW')", "date('Now ')", 'date("now")', "datetime('now', '+1 day')", "time('now')",
    "julianday('now')", "unixepoch('now')", "strftime('%s', 'now')", "timediff('now', '2020-01-01')", "date()", "time()",
    "datetime()", "julianday()", "unixepoch( )", "strftime('%s')", "date /* c */ ('now')", "\"date\"('now')",
    "[date]('now')", "`date`('now')", "date('n' || 'ow')", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME",
    "datetime('2026-01-01', 'localtime')", "datetime('2026-01-01 10:00', 'UTC')", "random()", "randomblob(4)",
    "abs(random())", "sqlite_version()", "last_insert_rowid()", "changes()", "total_changes()",
]  # fmt: skip


@pytest.mark.parametrize("expression", REFUSED)
def test_what_depends_on_the_machine_is_refused(image: Image, expression: str) -> None:
    with pytest.raises(HostileSQLError) as caught:
        check(image.db, f"SELECT {expression}", "read", file="tools.yaml", line=7)
    assert (caught.value.file, caught.value.line) == ("tools.yaml", 7)


EVASIONS = [
    "date('no' || 'w')", "date(lower('N' || 'OW'))", "date(replace('xow', 'x', 'n'))", "\"date\"()", "date(:now)",
    "time('subsec')", "date('subsecond')", "strftime('%Y', :now)", "datetime(:now, '+1 day')", "unixepoch(:now)",
    "julianday(substr('knows', 2, 3))", "date(char(110, 111, 119))", "timediff(:now, '2020-01-01')",
]  # fmt: skip


@pytest.mark.parametrize("expression", EVASIONS)
def test_what_slips_through_sees_no_clock(image: Image, world: World, expression: str) -> None:
    """No check of words is complete; SQLite's clock itself stands still."""
    try:
        check(image.db, f"SELECT {expression}", "read")
    except PackError:
        return
    assert world.scalar(f"SELECT {expression}", {"now": "now"}) is None


def test_defaults_see_no_clock_either() -> None:
    with pytest.raises(HostileSQLError) as caught:
        blank("\nCREATE TABLE t (k TEXT PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP) STRICT;", "world.sql", START)
    assert (caught.value.file, caught.value.line) == ("world.sql", 2)


def test_draw_is_only_for_situations(image: Image) -> None:
    rows = [Situation("INSERT INTO t VALUES ('a', draw(1, 1000000))")]
    one, two, three = (World(image, rows, names) for names in (("t", 1), ("t", 1), ("t", 2)))
    drawn = [w.scalar("SELECT v FROM t", {}) for w in (one, two, three)]
    assert drawn[0] == drawn[1] != drawn[2]
    for found in (one, two, three):
        found.begin()
        with pytest.raises(ValueError, match="arrange"):
            found.write("INSERT INTO t VALUES ('b', draw(1, 2))", {})
        found.undo()
        found.close()
    with pytest.raises(HostileSQLError, match="draw"):
        check(image.db, "SELECT draw(1, 2)", "read")


def test_a_read_makes_no_id(image: Image) -> None:
    with pytest.raises(HostileSQLError, match="new_id"):
        check(image.db, "SELECT new_id('X')", "read")


@pytest.mark.slow
def test_a_time_zone_changes_nothing(clinic: Pack) -> None:
    program = (
        "from agentgym.pack import load\nfrom agentgym.world import World\n"
        "pack = load('clinic')\nprint(*[pack.task(s).digest for s in range(20)])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "TZ": zone}
        ).stdout
        for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns")
    }
    assert len(runs) == 1
