"""What a rule compares, where that is computed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, cast

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgym.pack import load
from agentgym.workflow.compared import compared
from agentgym.world import World


class Table:
    """One row of numbers, in place of a world."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        db = sqlite3.connect(":memory:")
        db.create_function("days_until", 1, lambda day: -3)
        try:
            db.executescript("CREATE TABLE t (id, a, b, day, text); INSERT INTO t VALUES (1, 30, 7, '2026-01-02', 'x')")
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
        ("SELECT a < (SELECT sum(b) FROM t) FROM t", ((30, "<", 7),)),
        ("SELECT text = 'a <= b' OR a - b > 2 AND 2 * b < a FROM t", ((23, ">", 2), (14, "<", 30))),
        ("SELECT a + coalesce((SELECT b FROM t WHERE days_until(day) < 0), 0) <= 40 FROM t", ((37, "<=", 40),)),
        ("SELECT days_until(day) <= -3 OR :n * 4 <= a FROM t", ((20, "<=", 30),)),
        ("SELECT a <= b FROM t", ()),  # both are cells
        ("SELECT :n <= a FROM t", ()),
        ("SELECT a <= 5 FROM t", ()),
        ("SELECT days_until(day) >= -14 FROM t", ()),
        ("SELECT (text = 'x') = (a + b <= 40) FROM t", ()),
        ("SELECT a + b BETWEEN 1 AND 40 FROM t", ()),
        ("SELECT CASE text WHEN 'x' THEN a + 1 < 2 ELSE 1 END FROM t", ()),
        ("SELECT NOT EXISTS (SELECT 1 FROM t WHERE a + b < 2)", ()),
        ("SELECT a + b <= 40 FROM t WHERE id = 2", ()),  # no row
        ("SELECT a + missing <= 40 FROM t", ()),
        ("SELECT text || 'y' <= 'z' FROM t", ()),  # no numbers
        ('SELECT "a and b" + 1 <= 40 FROM t', ()),  # read wrongly, and nothing comes of it
        ("WITH u AS (SELECT 1) SELECT a + b <= 40 FROM t", ()),
    ],
)
def test_computed_sides_are_found(predicate: str, found: tuple[Any, ...]) -> None:
    assert compared(cast(World, Table()), predicate, {"n": 5}) == found


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
    "OR",
    "NOT",
    "SELECT",
    "FROM t",
    "WHERE",
    ".",
]


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_text_is_read(found: list[str]) -> None:
    """What is no predicate has no sides, or some that give no row: never an error."""
    assert isinstance(compared(cast(World, Table()), f"SELECT a + {' '.join(found)} FROM t", {}), tuple)


def test_no_query_is_made_where_nothing_is_computed() -> None:
    for rule in load("clinic").rules.values():
        table = Table()
        assert compared(cast(World, table), rule.allowed, {}) == ()
        assert not table.asked, rule.id
