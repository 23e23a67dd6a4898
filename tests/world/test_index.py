"""Full-text indexes: they follow every row through situations, calls, undone calls, forks; content only reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from agentgym.errors import HostileSQLError, PackError
from agentgym.types import Situation
from agentgym.world import Image, Pool, World, blank, build
from agentgym.world.index import search_words
from agentgym.world.sql import check

SCRIPT = """
CREATE TABLE notes (note_id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL) STRICT;
-- what is searched
CREATE VIRTUAL TABLE notes_search USING fts5(title, body, content=notes);
"""
ROWS = [
    {"sql": "INSERT INTO notes VALUES ('a', 'Lamps', 'A brass lamp hangs in the hall.')"},
    {"sql": "INSERT INTO notes VALUES ('b', 'Halls', 'The old hall burned down.')"},
]
FIND = """SELECT n.note_id FROM notes_search JOIN notes n ON n.rowid = notes_search.rowid
    WHERE notes_search MATCH search_words(:words) ORDER BY round(bm25(notes_search), 6), n.note_id"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    found = build(SCRIPT, ROWS, {}, "2026-03-09 08:00", "i", "1", "train", 0)
    yield found
    found.close()


def find(world: World, words: str) -> list[str]:
    return [note for (note,) in world.query(FIND, {"words": words})]


def write(world: World, sql: str) -> tuple[Any, ...]:
    world.begin()
    world.write(sql, {})
    return world.commit()


def test_what_was_populated_is_found_in_any_form(image: Image) -> None:
    world = World(image)
    assert set(image.schema.tables) == {"notes"}
    assert find(world, "lamps") == ["a"]
    assert sorted(find(world, "HALL")) == ["a", "b"]
    assert find(world, "chandelier") == find(world, "?") == []
    world.close()


def test_situations_calls_and_forks_are_seen(image: Image) -> None:
    pool = Pool(2)
    situation = (Situation("UPDATE notes SET body = 'A copper kettle.' WHERE note_id = 'a'"),)
    world = World(image, situation, ("i", 1), pool)
    assert find(world, "brass") == []
    assert find(world, "kettle") == ["a"]
    changes = write(world, "INSERT INTO notes VALUES ('c', 'Stairs', 'Nine marble steps.')")
    assert [change.table for change in changes] == ["notes"]
    assert find(world, "marble") == ["c"]
    twin = world.fork()
    write(world, "DELETE FROM notes WHERE note_id = 'c'")
    assert (find(world, "marble"), find(twin, "marble")) == ([], ["c"])
    assert world.digest() != twin.digest()
    twin.begin()
    twin.write("UPDATE notes SET body = 'granite' WHERE note_id = 'c'", {})
    assert find(twin, "granite") == ["c"]
    twin.undo()
    assert (find(twin, "granite"), find(twin, "marble")) == ([], ["c"])
    twin.close()
    world.close()
    fresh = World(image, (), (), pool)
    assert find(fresh, "brass") == ["a"]
    fresh.close()
    pool.close()


@pytest.mark.parametrize(
    "sql",
    [
        "REPLACE INTO notes VALUES ('a', 'Lamps', 'A copper kettle.')",
        "INSERT OR REPLACE INTO notes VALUES ('a', 'Lamps', 'A copper kettle.')",
        "UPDATE OR REPLACE notes SET note_id = 'a', body = 'A copper kettle.' WHERE note_id = 'b'",
    ],
)
def test_a_row_that_another_replaces_is_forgotten(image: Image, sql: str) -> None:
    world = World(image)
    write(world, sql)
    twin = world.fork()
    for one in (world, twin):
        assert (find(one, "brass"), find(one, "kettle")) == ([], ["a"])
        assert one.query("SELECT title FROM notes_search WHERE notes_search MATCH search_words('brass')", {}) == []
        one.close()


HOSTILE = [
    ("write", "INSERT INTO notes_search(notes_search) VALUES ('rebuild')"),
    ("write", "INSERT INTO notes_search(notes_search, rank) VALUES ('automerge', 1)"),
    ("write", "DELETE FROM notes_search"),
    ("write", "UPDATE notes_search SET title = 'x'"),
    ("write", "DELETE FROM notes_search_data"),
    ("read", "SELECT block FROM notes_search_data"),
    ("read", "SELECT * FROM NOTES_SEARCH_CONFIG"),
]


@pytest.mark.parametrize(("place", "sql"), HOSTILE)
def test_an_index_is_read_and_what_lies_behind_it_is_closed(place: Any, sql: str) -> None:
    db, _ = blank(SCRIPT, "world.sql", "2026-03-09 08:00")
    with pytest.raises((HostileSQLError, PackError)):
        check(db, sql, place)
    check(db, FIND, "read")
    check(db, "UPDATE notes SET body = 'x' WHERE note_id = 'a'", "write")
    check(db, "DELETE FROM notes", "write")
    db.close()


FROM = "FROM notes_search JOIN notes n ON n.rowid = notes_search.rowid WHERE notes_search MATCH search_words(:w)"
NOT_OF_THE_WORLD = [
    "SELECT notes_search AS n, body FROM notes_search WHERE notes_search MATCH search_words(:w)",
    "SELECT s.notes_search FROM notes_search s WHERE s.notes_search MATCH search_words(:w)",
    "SELECT notes_search.notes_search FROM notes_search WHERE notes_search MATCH search_words(:w)",
    'SELECT "notes_search" FROM notes_search',
    "SELECT notes_search.'notes_search' FROM notes_search",
    "SELECT x FROM (SELECT NOTES_search AS x FROM notes_search)",
    "SELECT title FROM notes_search WHERE notes_search MATCH '*reads'",
    "SELECT title FROM notes_search WHERE notes_search MATCH :w",
    "SELECT title FROM notes_search WHERE notes_search MATCH search_words(:w) || '*id'",
    "SELECT title FROM notes_search WHERE notes_search = '*id'",
    "SELECT title FROM notes_search WHERE match('*id', notes_search)",
    "SELECT title FROM notes_search('*id')",
    f"SELECT n.title {FROM} LIMIT 3",
    f"SELECT n.title {FROM} ORDER BY rank LIMIT 3",
    f"SELECT n.title {FROM} ORDER BY n.note_id, rank",
    f"SELECT n.title AS note_id {FROM} ORDER BY rank, note_id",
    f"SELECT 1 WHERE EXISTS (SELECT 1 {FROM} ORDER BY round(bm25(notes_search), 6) LIMIT 1)",
    f"SELECT * FROM (SELECT n.note_id {FROM} LIMIT 3) n ORDER BY n.note_id",
]


@pytest.mark.parametrize("sql", NOT_OF_THE_WORLD)
def test_what_a_query_gives_is_a_function_of_the_rows(sql: str) -> None:
    db, _ = blank(SCRIPT, "world.sql", "2026-03-09 08:00")
    with pytest.raises((HostileSQLError, PackError)):
        check(db, sql, "read")
    db.close()


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT snippet(notes_search, 1, '', '', ' ... ', 8) AS part {FROM} ORDER BY rank, n.note_id DESC LIMIT 8",
        f"SELECT count(*) {FROM} AND n.body <> 'MATCH'",
        f"SELECT 1 WHERE EXISTS (SELECT 1 {FROM})",
        "SELECT notes_search.title FROM notes_search WHERE notes_search MATCH search_words('brass lamp')",
    ],
)
def test_plain_searches_are_admitted(sql: str) -> None:
    db, _ = blank(SCRIPT, "world.sql", "2026-03-09 08:00")
    check(db, sql, "read")
    db.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE VIRTUAL TABLE s USING fts5(title, content=nothing)", "unknown table nothing"),
        ("CREATE VIRTUAL TABLE s USING fts5(name, content=notes)", "no column name"),
        ("CREATE VIRTUAL TABLE s USING fts5(title)", "nothing else"),
        ("CREATE VIRTUAL TABLE s USING fts5(title, content=notes, tokenize='x')", "nothing else"),
        ("CREATE VIRTUAL TABLE s USING fts4(title, content=notes)", "nothing else"),
        ("CREATE VIRTUAL TABLE s USING rtree(id, x, y)", "nothing else"),
        ("CREATE VIRTUAL TABLE temp.s USING fts5(title, content=notes)", "nothing else"),
        ("CREATE VIRTUAL TABLE notes USING fts5(title, content=notes)", "already exists"),
        ("CREATE VIRTUAL TABLE sqlite_s USING fts5(title, content=notes)", "reserved"),
    ],
)
def test_other_virtual_tables_are_refused(statement: str, message: str) -> None:
    table = "CREATE TABLE notes (note_id TEXT PRIMARY KEY, title TEXT NOT NULL) STRICT;\n"
    with pytest.raises(PackError, match=message):
        blank(f"{table}{statement};", "world.sql", "2026-03-09 08:00")


def test_queries_are_words_whatever_was_written() -> None:
    assert search_words(None) is None
    assert search_words("?!") == '""'
    assert search_words('NEAR("a b", 2) AND -x* ^y: col') == (
        '"near" OR "a" OR "b" OR "2" OR "and" OR "x" OR "y" OR "col"'
    )
    assert search_words(" ".join(f"w{n}" for n in range(99))) == " OR ".join(f'"w{n}"' for n in range(32))
    db = apsw.Connection(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    for text in ("", '"', "a'b", "ünï_code 漢字", "* OR", "\x00"):
        assert db.execute("SELECT * FROM t WHERE t MATCH ?", (search_words(text),)).fetchall() == []
    db.close()
