"""What a rule compares, with what."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgym.pack import load
from agentgym.workflow.compared import _sides, compared
from agentgym.world import World, blank


class Table:
    """One row of numbers and a day, in place of a world. It is 2026-01-05 09:00."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        db = sqlite3.connect(":memory:")
        for name, count, function in (
            ("today", 0, lambda: "2026-01-05"),
            ("now", 0, lambda: "2026-01-05 09:00"),
            ("days_until", 1, lambda day: day and (date.fromisoformat(day[:10]) - date(2026, 1, 5)).days),
            (
                "minutes_until",
                1,
                lambda at: (
                    (datetime.fromisoformat(at) - datetime.fromisoformat("2026-01-05 09:00")).total_seconds() // 60
                ),
            ),
            ("shift_days", 2, lambda day, by: day and f"{date.fromisoformat(day) + timedelta(by)}"),
            ("shift", 2, lambda at, by: f"{datetime.fromisoformat(at) + timedelta(minutes=by):%Y-%m-%d %H:%M}"),
        ):
            db.create_function(name, count, function)
        try:
            db.executescript(
                "CREATE TABLE t (id, a, b, day, at, text, unset);"
                "INSERT INTO t VALUES (1, 30, 7, '2026-01-02', '2026-01-05 10:30', 'x', NULL)"
            )
            return db.execute(sql, values).fetchall()
        except sqlite3.Error as trouble:
            raise apsw.SQLError(str(trouble)) from None
        finally:
            db.close()


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        ("SELECT a + b <= 40 FROM t", ((37, "<=", 40),)),
        ("select :n * 4 <= a from t where id = 1", ((20, "<=", 30),)),
        ("SELECT a - :n >= 2 FROM t", ((25, ">=", 2),)),
        ("SELECT a <= b FROM t", ((30, "<=", 7),)),
        ("SELECT :n <= a", ()),  # no such column
        ("SELECT a < (SELECT sum(b) FROM t) FROM t", ((30, "<", 7),)),
        ("SELECT text = 'a <= b' OR a - b > 2 AND 2 * b < a FROM t", ((23, ">", 2), (14, "<", 30))),
        ("SELECT a + coalesce((SELECT b FROM t WHERE days_until(day) < 0), 0) <= 40 FROM t", ((37, "<=", 40),)),
        # between
        ("SELECT a + b BETWEEN 1 AND 40 FROM t", ((37, ">=", 1), (37, "<=", 40))),
        ("SELECT :n between b and a AND text = 'x' FROM t", ((5, ">=", 7), (5, "<=", 30))),
        ("SELECT a - 1 > 2 OR :n BETWEEN 1 AND b - 1 AND b * 2 < a FROM t",
         ((29, ">", 2), (5, ">=", 1), (5, "<=", 6), (14, "<", 30))),
        ("SELECT text BETWEEN 'a' AND 'y' FROM t", ()),
        ("SELECT a NOT BETWEEN 1 AND 40 OR b > 5 FROM t", ((7, ">", 5),)),
        ("SELECT a BETWEEN 1 AND b = 1 FROM t", ()),
        # days
        ("SELECT day <= today() FROM t", (("2026-01-02", "<=", "2026-01-05"),)),
        ("SELECT day <= date(at) FROM t", (("2026-01-02", "<=", "2026-01-05"),)),
        ("SELECT day <= at FROM t", ()),  # a day and a moment
        ("SELECT days_until(day) >= -14 FROM t", (("2026-01-02", ">=", "2025-12-22"),)),
        ("SELECT days_until(at) >= :n FROM t", (("2026-01-05", ">=", "2026-01-10"),)),
        ("SELECT nothing IS NULL OR days_until(unset) <= -365 FROM t", ()),
        ("SELECT days_until(shift_days(day, b)) <= 4 FROM t", (("2026-01-02", "<=", "2026-01-02"),)),
        ("SELECT days_until( shift_days( day , b + 1 ) ) <= 4 FROM t", (("2026-01-02", "<=", "2026-01-01"),)),
        ("SELECT days_until(day) BETWEEN -5 AND 0 AND a + b < 40 FROM t",
         (("2026-01-02", ">=", "2025-12-31"), ("2026-01-02", "<=", "2026-01-05"), (37, "<", 40))),
        ("SELECT days_until(day) >= CASE text WHEN 'x' THEN -60 ELSE -30 END FROM t",
         (("2026-01-02", ">=", "2025-11-06"),)),
        ("SELECT minutes_until(at) >= 1440 FROM t", (("2026-01-05 10:30", ">=", "2026-01-06 09:00"),)),
        ("SELECT MINUTES_UNTIL(day) >= -60 FROM t", (("2026-01-02 00:00", ">=", "2026-01-05 08:00"),)),
        ("SELECT days_until(day) - 1 >= -3 FROM t", ((-4, ">=", -3),)),  # no distance by itself
        ("SELECT days_until(day) >= text FROM t", ()),
        # what is held to be true or not
        ("SELECT (text = 'x') = (a + b <= 40) FROM t", ((37, "<=", 40),)),
        ("SELECT :n IN (1, 2) AND (a) = (b) FROM t", ()),
        ("SELECT (a) > (b) FROM t", ((30, ">", 7),)),
        # what is not side by side
        ("SELECT CASE text WHEN 'x' THEN a + 1 < 2 ELSE 1 END FROM t", ()),
        ("SELECT NOT EXISTS (SELECT 1 FROM t WHERE a + b < 2)", ()),
        ("SELECT NOT a < b AND b < a FROM t", ((7, "<", 30),)),
        ("SELECT a < b, 1 FROM t", ()),
        ("SELECT a < b UNION SELECT 1", ()),
        ("SELECT a + b <= 40 FROM t WHERE id = 2", ()),  # no row
        ("SELECT a + missing <= 40 FROM t", ()),
        ("SELECT text || 'y' <= 'z' FROM t", ()),  # neither numbers nor days
        ('SELECT "a and b" + 1 <= 40 FROM t', ()),  # read wrongly, and nothing comes of it
        ("WITH u AS (SELECT 1) SELECT a + b <= 40 FROM t", ()),
        ("SELECT", ()),
        ("SELECT < FROM t", ()),
    ],
)  # fmt: skip
def test_sides_are_found(predicate: str, found: tuple[Any, ...]) -> None:
    assert tuple(one[:3] for one in compared(cast(World, Table()), predicate, {"n": 5})) == found


@pytest.mark.parametrize(
    ("predicate", "names"),
    [
        ("SELECT a - b <= 40 OR a >= 2 FROM t", ["", "a"]),
        ("SELECT :n BETWEEN b AND 40 FROM t", [":n", ":n"]),
        ("SELECT days_until( t.day ) <= 4 AND days_until(shift_days(day, 1)) <= 3 FROM t", ["day", "day"]),
        ("SELECT days_until(shift_days(shift_days(day, 1), 1)) <= 4 OR minutes_until(at) < 2 FROM t", ["", "at"]),
        ("SELECT 5 < a AND today() > day FROM t", ["", ""]),
    ],
)
def test_what_stands_on_the_left_by_itself_has_its_name(predicate: str, names: list[str]) -> None:
    assert [one.name for one in compared(cast(World, Table()), predicate, {"n": 5})] == names


class Rows(Table):
    """Three rows, and an index that a query which reads one column alone goes by."""

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        db = sqlite3.connect(":memory:")
        db.executescript(
            "CREATE TABLE t (a, b, c, s); INSERT INTO t VALUES (30, 7, 1, 'x'), (3, 9, 5, 'y'), (12, 9, 4, 'x');"
            "CREATE INDEX by_a ON t (a)"
        )
        try:
            return db.execute(sql, values).fetchall()
        except sqlite3.Error as trouble:
            raise apsw.SQLError(str(trouble)) from None
        finally:
            db.close()


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        ("SELECT max(c) = 5 AND a < 5 FROM t", ((3, "<", 5),)),
        ("SELECT a < 5 FROM t ORDER BY 1 DESC LIMIT 1", ((3, "<", 5),)),
        ("SELECT a < 5 AS ok FROM t WHERE ok", ((3, "<", 5),)),
        ("SELECT a < 5 AND row_number() OVER (ORDER BY c DESC) = 1 FROM t", ((3, "<", 5),)),
        ("SELECT a < 6 AND b = 1 FROM t", ((30, "<", 6),)),
        ("SELECT count(*) < 5 AND s = 'y' FROM t WHERE a < 12", ((1, "<", 5),)),
    ],
)
def test_sides_are_of_the_row_that_decides(predicate: str, found: tuple[Any, ...]) -> None:
    rows = Rows()
    assert tuple(one[:3] for one in compared(cast(World, rows), predicate, {})) == found
    verdict = bool(rows.query(predicate, {})[0][0])
    assert verdict == all(left < right for left, _, right in found) or "b = 1" in predicate


@pytest.mark.parametrize(
    "predicate",
    [
        "SELECT a < b ISNULL FROM t",
        "SELECT a < b NOTNULL FROM t",
        "SELECT a < s LIKE 'x' FROM t",
        "SELECT a LIKE b < 3 FROM t",
        "SELECT a < b GLOB '0' FROM t",
        "SELECT a BETWEEN 1 AND 2 ISNULL FROM t",
        "SELECT a = b < 3 FROM t",
        "SELECT a IN (SELECT a FROM t WHERE b < 3) FROM t",
        "SELECT s -> '$.a' FROM t",
        "SELECT 1 < 2 AND @from sqlite_schema FROM t AS sqlite_schema",
        "SELECT a < ?1 FROM t",
        "SELECT a < :1and FROM t",
        "SELECT a < \u00e9and FROM t",
        "SELECT a < end AND max(a < 2 AND b) < 3 FROM t",
    ],
)
def test_what_is_more_or_other_than_a_side_is_left_alone(predicate: str) -> None:
    table = Table()
    assert compared(cast(World, table), predicate, {"n": 5}) == ()
    assert not table.asked


@pytest.mark.parametrize(
    "predicate",
    [
        "SELECT a + 1 < 2 /* or b < 3 from t; DELETE FROM t; -- */ FROM t",
        "SELECT a + 1 < 2 -- from t; DELETE FROM t\n FROM t",
        'SELECT a + 1 < 2 AS "x from t; DELETE FROM t; --" FROM t',
        "SELECT a + 1 < 2 AS [x from t; DELETE FROM t; --] FROM t",
        "SELECT a + 1 < 2 AS `x from t; DELETE FROM t; --` FROM t",
    ],
)
def test_nothing_is_cut_out_of_a_comment_or_a_quoted_name(predicate: str) -> None:
    """The SELECT of the sides would be another statement than the one that was admitted."""
    table = Table()
    assert compared(cast(World, table), predicate, {}) == ()
    assert not table.asked


WORDS = [
    "a",
    "b",
    "1",
    "+",
    "<=",
    ">",
    "=",
    "(",
    ")",
    "'x'",
    "'",
    ",",
    "AND",
    "BETWEEN",
    "LIKE",
    "ISNULL",
    "CASE",
    "END",
    "days_until(day)",
    "OR",
    "NOT",
    "SELECT",
    "FROM t",
    "WHERE",
    ".",
]


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_text_is_read(found: list[str]) -> None:
    """What is no predicate has no sides, or some that give no row: never an error. What is one is asked whole."""
    table, predicate = Table(), f"SELECT a + {' '.join(found)} FROM t"
    compared(cast(World, table), predicate, {})
    assert all(asked.startswith(predicate.partition(" FROM t")[0]) for asked in table.asked)


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_all_comparisons_of_the_shipped_packs_are_sql(name: str) -> None:
    """Each SELECT that is cut out of a rule can be asked of a blank world: no column is missing, no parenthesis."""
    pack = load(name)
    db, _ = blank(pack.content.script, "world.sql", pack.content.file.clock[0])
    found = 0
    for rule in pack.rules.values():
        if sides := _sides(rule.allowed):
            db.execute(sides[0], dict.fromkeys(re.findall(r":(\w+)", sides[0])))
            found += 1
    assert found > 8
