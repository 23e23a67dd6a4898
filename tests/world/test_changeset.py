"""Rows watched one by one give the change set that SQLite's own session gives, to the byte."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.world import Schema, blank
from agentgym.world.changes import Moved, Watch, changes_of, changeset, settle

SCRIPT = """
CREATE TABLE a (k TEXT PRIMARY KEY, n INTEGER UNIQUE, r REAL) STRICT;
CREATE TABLE b (v TEXT, y INTEGER, x TEXT, w ANY, PRIMARY KEY (x, y)) STRICT;
CREATE TABLE c (i INTEGER PRIMARY KEY, k TEXT REFERENCES a ON DELETE CASCADE ON UPDATE SET NULL, d BLOB) STRICT;
CREATE TABLE d (x TEXT, y TEXT, v REAL, PRIMARY KEY (y, x)) STRICT, WITHOUT ROWID;
"""
START = (
    "INSERT INTO a VALUES ('p', 1, 1.5), ('q', 2, NULL), ('é', 3, -2)",
    "INSERT INTO b VALUES ('one', 1, 'p', 1), ('two', 2, 'p', 2.0), (NULL, 1, 'q', 'text')",
    "INSERT INTO c VALUES (1, 'p', x'00ff'), (2, 'q', NULL)",
    "INSERT INTO d VALUES ('p', 'q', 1), ('q', 'p', 2)",
)
WRITES = (
    "INSERT OR REPLACE INTO a VALUES ('{k}', {n}, {n})",
    "UPDATE OR REPLACE a SET n = {n} WHERE k = '{k}'",
    "UPDATE a SET r = r + {n} - 1",
    "UPDATE OR IGNORE a SET k = '{k}' WHERE n = {n}",
    "DELETE FROM a WHERE n >= {n}",
    "DELETE FROM b",
    "INSERT INTO b VALUES ('{k}', {n}, '{k}', {n}.0) ON CONFLICT DO UPDATE SET v = v || '+', w = CAST(w AS INTEGER)",
    "UPDATE OR REPLACE b SET y = {n}",
    "INSERT INTO b VALUES ('long' || printf('%.*c', 20000 * {n}, 'é'), {n}, 'new', NULL) ON CONFLICT DO NOTHING",
    "UPDATE c SET d = CAST('{k}' AS BLOB)",
    "INSERT OR IGNORE INTO c VALUES (-{n} * 9223372036854775, NULL, zeroblob({n}))",
    "DELETE FROM c WHERE i = {n}",
    "UPDATE d SET v = {n} / 4.0 WHERE x = '{k}'",
    "UPDATE OR REPLACE d SET x = '{k}', y = 'q'",
    "INSERT OR REPLACE INTO d VALUES ('{k}', '{k}', 1e300 * {n})",
)
CALL = st.lists(
    st.tuples(st.sampled_from(WRITES), st.integers(1, 4), st.sampled_from("pqé")), min_size=1, max_size=5
)  # fmt: skip


def opened() -> tuple[apsw.Connection, Schema]:
    db, schema = blank(SCRIPT, "world.sql", "2026-03-09 08:00")
    for sql in START:
        db.execute(sql)
    db.execute("BEGIN")
    return db, schema


def session(db: apsw.Connection, writes: list[str]) -> bytes:
    watched = apsw.Session(db, "main")
    watched.attach()
    for sql in writes:
        db.execute(sql)
    data = watched.changeset()
    watched.close()
    return data


def watch(db: apsw.Connection, schema: Schema, writes: list[str]) -> list[Moved]:
    seen = Watch()
    db.preupdate_hook(seen)
    seen.rows = []
    for sql in writes:
        db.execute(sql)
    db.preupdate_hook(None)
    return settle(seen.rows, schema.tables)


def read(data: bytes) -> set[tuple[object, ...]]:
    """A change set's changes, without their order."""
    return {
        (item.name, item.op, repr(item.old), repr(item.new), tuple(item.pk_columns))
        for item in apsw.Changeset.iter(data)
    }


def rows(db: apsw.Connection, schema: Schema) -> dict[str, str]:
    return {name: repr(db.execute(table.everything).fetchall()) for name, table in schema.tables.items()}


@hypothesis_settings(max_examples=150, deadline=None)
@given(CALL)
@example([(WRITES[4], 1, "p"), (WRITES[0], 1, "p")])
@example([(WRITES[5], 1, "p"), (WRITES[6], 1, "p")])
def test_a_call_gives_the_change_set_of_a_session(call: list[tuple[str, int, str]]) -> None:
    writes = [sql.format(n=n, k=k) for sql, n, k in call]
    (one, schema), (two, _), (three, _) = opened(), opened(), opened()
    try:
        try:
            theirs = session(one, writes)
        except apsw.ConstraintError:
            with pytest.raises(apsw.ConstraintError):
                watch(two, schema, writes)
            return
        moved = watch(two, schema, writes)
        ours = changeset(moved, schema.tables)
        assert read(ours) == read(theirs)
        assert len(ours) == len(theirs), "the same bytes, in another order at most"
        changes = changes_of(moved, schema.tables)
        assert [(c.table, c.key) for c in changes] == sorted(((c.table, c.key) for c in changes), key=repr)
        apsw.Changeset.apply(ours, three, flags=apsw.SQLITE_CHANGESETAPPLY_FKNOACTION)
        assert rows(three, schema) == rows(two, schema) == rows(one, schema)
    finally:
        for db in (one, two, three):
            db.close()


def test_one_row_is_the_same_to_the_byte() -> None:
    for sql in ("UPDATE b SET v = 'x', w = 1.0 WHERE x = 'p' AND y = 1", "DELETE FROM d WHERE x = 'p'", WRITES[8]):
        (one, schema), (two, _) = opened(), opened()
        write = sql.format(n=1, k="p")
        assert changeset(watch(two, schema, [write]), schema.tables) == session(one, [write])
        one.close()
        two.close()


def test_what_comes_back_is_no_change() -> None:
    db, schema = opened()
    back_and_forth = [
        "UPDATE a SET r = 7 WHERE k = 'p'", "UPDATE a SET r = 1.5 WHERE k = 'p'", "INSERT INTO a VALUES ('z', 9, 9)",
        "DELETE FROM a WHERE k = 'z'", "UPDATE a SET k = 'y' WHERE k = 'q'", "UPDATE a SET k = 'q' WHERE k = 'y'",
        "DELETE FROM d WHERE x = 'p'", "INSERT INTO d VALUES ('p', 'q', 1)", "UPDATE a SET n = n",
        "UPDATE c SET k = 'q' WHERE i = 2",
    ]  # fmt: skip
    assert watch(db, schema, back_and_forth) == []
    assert changeset([], schema.tables) == b""
    db.close()
