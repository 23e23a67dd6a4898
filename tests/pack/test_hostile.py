"""Packs from outside are untrusted data: what they may not do is refused when they load, with file and line, or stopped."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import BudgetError, HostileSQLError, PackError
from agentgym.pack import load

Copy = Callable[[Mapping[str, Any]], Path]
ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


def refusal(folder: Path) -> PackError:
    with pytest.raises(PackError) as caught:
        load(folder)
    return caught.value


# --- SQL, wherever it stands ------------------------------------------------------------------------------------------

PLACES: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "a tool's result": ("tools.yaml", "returns: SELECT code FROM members WHERE present = 1", "returns: {}".format),
    "a tool's guard": (
        "tools.yaml", 'sql: "SELECT :title IS NOT NULL OR :kind IS NOT NULL"', "sql: {}".format,
    ),
    "a rule": ("rules.yaml", "allowed: SELECT confirmed()", "allowed: {}".format),
    "a rule's reasons": (
        "rules.yaml", "because: SELECT due_on FROM loans WHERE loan_id = :loan_id", "because: {}".format,
    ),
    "an invariant": (
        "pack.yaml", "sql: SELECT 1 FROM loans l WHERE NOT EXISTS (SELECT 1 FROM loan_lines n WHERE n.loan_id = l.loan_id)",
        "sql: {}".format,
    ),
    "a decision": ("workflows/weigh.yaml", "sql: SELECT CASE WHEN $total > 30 THEN 'heavy' ELSE 'light' END", "sql: {}".format),
    "a population": ("population.yaml", "- table: members\n", "- sql: {}\n  - table: members\n".format),
    "an arrangement": (
        "workflows/weigh.yaml", 'light: ["UPDATE items SET weight = 0.5 * draw(1, 12) WHERE item_id = $item_id"]',
        "light: [{}]".format,
    ),
}  # fmt: skip
WRITING = ("a population", "an arrangement")

READS = [
    "SELECT random() > 0", "SELECT length(randomblob(4))", "SELECT date('now')", 'SELECT date("now")', "SELECT date('NOW')",
    "SELECT datetime('n' || 'ow')", "SELECT CURRENT_TIMESTAMP", "SELECT CURRENT_DATE", "SELECT strftime('%s')",
    "SELECT unixepoch()", "SELECT datetime('2026-01-01', 'localtime')", "SELECT load_extension('evil')",
    "SELECT zeroblob(2000000000)", "SELECT hex(zeroblob(10))", "SELECT sqlite_version()", "SELECT fts5_source_id()",
    "SELECT last_insert_rowid()", "SELECT changes()", "SELECT name FROM sqlite_schema", "SELECT name FROM sqlite_master",
    "SELECT count(*) FROM pragma_table_info('items')", "SELECT count(*) FROM dbstat", "SELECT new_id('X')",
    "SELECT draw(1, 2)", "ATTACH 'x.db' AS x", "DETACH main", "PRAGMA writable_schema = 1", "BEGIN", "COMMIT", "ROLLBACK",
    "SAVEPOINT s", "RELEASE s", "VACUUM INTO 'x.db'", "ANALYZE", "REINDEX", "EXPLAIN SELECT 1", "DELETE FROM items",
    "WITH x AS (SELECT 1) DELETE FROM items", "UPDATE items SET title = 'x'", "DROP TABLE items",
    "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)", "ALTER TABLE items ADD COLUMN x", "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE items", "SELECT :loan_id(') IS 1", "SELECT $a::b() IS 1", "SELECT :n('x') IS 1", "",
]  # fmt: skip
WRITES = [
    "ATTACH 'x.db' AS x", "PRAGMA foreign_keys = 0", "BEGIN", "COMMIT", "END", "ROLLBACK TO call", "SAVEPOINT s",
    "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)", "CREATE TRIGGER x AFTER INSERT ON items BEGIN SELECT 1; END",
    "CREATE VIEW x AS SELECT 1", "CREATE VIRTUAL TABLE x USING fts5(y)", "DROP TABLE items", "VACUUM", "SELECT 1",
    "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 2, 'CREATE TABLE x (y)')", "DELETE FROM sqlite_schema",
    "UPDATE items SET title = random()", "UPDATE items SET title = date('now')", "UPDATE OR ROLLBACK items SET shelf = 'x'",
    "UPDATE items SET title = load_extension('x')", "DELETE FROM items; DELETE FROM items", "DELETE FROM pragma_table_info",
]  # fmt: skip
FEW = (
    "SELECT random() > 0",
    "SELECT date('now')",
    "PRAGMA writable_schema = 1",
    "ATTACH 'x.db' AS x",
    "SELECT 1; SELECT 2",
)
CASES = [
    (place, sql)
    for place in PLACES
    for sql in (WRITES if place in WRITING else READS)
    if place in ("a tool's result", "a population") or sql in FEW or sql in ("", "BEGIN", "DELETE FROM sqlite_schema")
]
"""Everything in one place of each kind, and in the others enough to see that they are checked."""
CASES.remove(("a rule's reasons", ""))  # a duty has none


@pytest.mark.parametrize(("place", "sql"), CASES, ids=[f"{place}: {sql[:40]}" for place, sql in CASES])
def test_sql_that_content_may_not_run_is_refused(pack_copy: Copy, place: str, sql: str) -> None:
    file, old, made = PLACES[place]
    folder = pack_copy({file: (old, made('"' + sql.replace('"', '\\"') + '"'))})
    error = refusal(folder)
    assert error.file == f"mini/{file}"
    line = (folder / file).read_text().split("\n")[error.line - 1]
    assert error.line > 1, f"no line: {error}"
    assert line.strip(), f"line {error.line} of {file} is empty"


def test_nothing_hostile_was_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack_copy: Copy) -> None:
    monkeypatch.chdir(tmp_path)
    for sql in ("ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'"):
        refusal(pack_copy({"rules.yaml": ("SELECT confirmed()", f'"{sql}"')}))
    assert not (tmp_path / "x.db").exists()


def test_sequences_of_sqlite_are_not_written(pack_copy: Copy) -> None:
    folder = pack_copy(
        {
            "world.sql": lambda text: (
                f"{text}\nCREATE TABLE log (n INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT) STRICT;\n"
            ),
            "population.yaml": ("- table: members\n", "- sql: DELETE FROM sqlite_sequence\n  - table: members\n"),
        }
    )
    error = refusal(folder)
    assert isinstance(error, HostileSQLError)
    assert (error.file, error.line) == ("mini/population.yaml", 3)


SCHEMAS = [
    "CREATE TRIGGER x AFTER INSERT ON items BEGIN DELETE FROM members; END;", "CREATE VIEW x AS SELECT 1;",
    "CREATE VIRTUAL TABLE x USING fts5(y);", "CREATE TEMP TABLE x (y TEXT PRIMARY KEY) STRICT;",
    "CREATE TEMPORARY TABLE x (y TEXT PRIMARY KEY) STRICT;", "CREATE TABLE temp.x (y TEXT PRIMARY KEY) STRICT;",
    "CREATE /* a table */ TRIGGER x AFTER INSERT ON items BEGIN SELECT 1; END;", "PRAGMA journal_mode = OFF;",
    "ATTACH 'x.db' AS x;", "INSERT INTO items VALUES ('a', 'b', 'book', 'c', 1);", "DROP TABLE items;", "BEGIN;",
    "CREATE TABLE x (y TEXT);", "CREATE TABLE x (y TEXT) STRICT;", "CREATE TABLE x AS SELECT 1 AS y;",
    "CREATE TABLE x (y TEXT PRIMARY KEY, z TEXT DEFAULT CURRENT_TIMESTAMP) STRICT;",
    "CREATE TABLE x (y TEXT PRIMARY KEY, z TEXT UNIQUE ON CONFLICT ROLLBACK) STRICT;",
    "CREATE TABLE x (y TEXT PRIMARY KEY, z TEXT REFERENCES nothing) STRICT;",
    "CREATE TABLE x (y TEXT PRIMARY KEY, z WORD) STRICT;", "CREATE TABLE items (y TEXT PRIMARY KEY) STRICT;",
    "CREATE TABLE sqlite_x (y TEXT PRIMARY KEY) STRICT;", "CREATE INDEX x ON items (random());",
    f"CREATE TABLE x AS {ENDLESS} SELECT x FROM c;", "SELECT load_extension('x');", "CREATE TABLE",
]  # fmt: skip


@pytest.mark.parametrize("statement", SCHEMAS)
def test_a_schema_is_tables_and_indexes(pack_copy: Copy, statement: str) -> None:
    folder = pack_copy({"world.sql": lambda text: f"{text}\n{statement}\n"})
    error = refusal(folder)
    assert error.file == "mini/world.sql"
    assert error.line == len((folder / "world.sql").read_text().rstrip().split("\n"))


# --- what only shows when it runs -------------------------------------------------------------------------------------


def test_an_endless_population_is_stopped(pack_copy: Copy) -> None:
    old = "  - sql: DELETE FROM loans WHERE"
    folder = pack_copy(
        {"population.yaml": (old, f'  - sql: "DELETE FROM loans WHERE ({ENDLESS} SELECT count(*) FROM c)"\n{old}')}
    )
    pack = load(folder)
    with pytest.raises(BudgetError):
        pack.image("train", 0)


def test_an_endless_bind_is_stopped(pack_copy: Copy) -> None:
    old = "bind: >-\n  SELECT m.member_id,"
    folder = pack_copy(
        {
            "workflows/borrow.yaml": (
                old,
                f"bind: >-\n  {ENDLESS} SELECT m.member_id + (SELECT count(*) FROM c) AS member_id,",
            )
        }
    )
    pack = load(folder)
    with pytest.raises(BudgetError):
        pack.task(0, workflow="borrow")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.yaml", "SELECT level <> 'blocked' FROM", f"{ENDLESS} SELECT (SELECT count(*) FROM c) FROM"),
        ("tools.yaml", "returns: SELECT member_id, name, level", f"returns: {ENDLESS} SELECT member_id, name, (SELECT count(*) FROM c) AS level"),
        ("pack.yaml", "HAVING count(*) > 1", f"HAVING ({ENDLESS} SELECT count(*) FROM c) > 1"),
        ("workflows/borrow.yaml", "UPDATE members SET present = 1", f"{ENDLESS} UPDATE members SET present = (SELECT count(*) FROM c)"),
        ("tools.yaml", "returns: SELECT member_id, name, level", "returns: SELECT member_id, printf('%2000000000d', 1) AS name, level"),
    ],
    ids=["a rule", "a tool", "an invariant", "an arrangement", "a value of 2 GB"],
)  # fmt: skip
def test_what_never_ends_makes_no_task(pack_copy: Copy, file: str, old: str, new: str) -> None:
    """Each is stopped after its operations, and says so: an error of this package, not a hang."""
    from agentgym.errors import AgentGymError

    pack = load(pack_copy({file: (old, new)}))
    start = time.monotonic()
    with pytest.raises(AgentGymError):
        pack.task(0, workflow="borrow")
    assert time.monotonic() - start < 20


# --- files ------------------------------------------------------------------------------------------------------------

BAD_FILES: dict[str, tuple[str, Any, int, str]] = {
    "a Python object": ("rules.yaml", "version: 1\nrules: !!python/object/apply:os.system ['true']\n", 2, "YAML"),
    "a Python name": ("rules.yaml", "version: !!python/name:os.system\n", 1, "YAML"),
    "a tag of its own": ("rules.yaml", "version: 1\nrules: !rule []\n", 2, "YAML"),
    "a binary": ("rules.yaml", "version: 1\nrules: !!binary aGVsbG8=\n", 2, ""),
    "an alias": ("rules.yaml", "version: 1\nrules: &r []\nmore: *r\n", 3, "aliases"),
    "a billion laughs": (
        "vocabulary.yaml", "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)), 2, "aliases",
    ),
    "a merge key": ("rules.yaml", "base: &b {version: 1}\n<<: *b\nrules: []\n", 2, "aliases"),
    "a key twice": ("rules.yaml", "version: 1\nrules: []\nrules: []\n", 3, "duplicate"),
    "a key twice below": ("pack.yaml", lambda t: t.replace("limits: {turns: 30,", "limits: {turns: 30, turns: 31,"), 10, "duplicate"),
    "a list as key": ("rules.yaml", "version: 1\n? [a, b]\n: c\n", 2, "keys"),
    "two documents": ("rules.yaml", "version: 1\nrules: []\n---\nversion: 1\n", 3, "YAML"),
    "no YAML": ("rules.yaml", "version: 1\nrules: [\n", 3, "YAML"),
    "a tab": ("rules.yaml", "version: 1\n\trules: []\n", 2, "YAML"),
    "deep nesting": ("rules.yaml", "version: 1\nrules: " + "[" * 50_000, 2, "deep"),
    "deep nesting by indentation": ("rules.yaml", "".join(" " * i + "a:\n" for i in range(1200)), 1, "deep"),
    "a NUL": ("rules.yaml", b"version: 1\nrules: [\0]\n", 2, "NUL"),
    "a bell": ("rules.yaml", b"version: 1\nrules: [\x07]\n", 2, "character"),
    "no UTF-8": ("rules.yaml", b"version: 1\n# caf\xe9\nrules: []\n", 2, "UTF-8"),
    "no UTF-8 in SQL": ("world.sql", b"-- fine\n-- caf\xe9\n", 2, "UTF-8"),
    "a NUL in SQL": ("world.sql", b"-- fine\nCREATE TABLE t\0", 2, "NUL"),
    "a huge number": ("rules.yaml", "version: " + "9" * 6000, 0, "YAML"),
    "nothing": ("rules.yaml", "", 0, ""),
    "a word": ("rules.yaml", "rules", 1, "object"),
    "a list": ("rules.yaml", "[1, 2]", 1, "object"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_plain_data_is_refused(pack_copy: Copy, name: str) -> None:
    file, content, line, words = BAD_FILES[name]
    error = refusal(pack_copy({file: content}))
    assert error.file == f"mini/{file}"
    assert error.line >= line if name.startswith("deep") else error.line == line
    assert words.lower() in str(error).lower()


@pytest.mark.parametrize("file", ["rules.yaml", "world.sql", "vocabulary.yaml", "workflows/borrow.yaml", "notes.yaml"])
def test_a_file_of_3_mb_is_refused_unread(pack_copy: Copy, file: str) -> None:
    start = time.monotonic()
    folder = pack_copy({})
    (folder / file).write_text("#" * 3_000_000)
    error = refusal(folder)
    assert error.file == f"mini/{file}"
    assert "larger than 2000000 bytes" in str(error)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("file", ["rules.yaml", "world.sql", "tools.yaml", "workflows/borrow.yaml", "notes.yaml"])
def test_a_link_out_of_the_folder_is_refused(pack_copy: Copy, tmp_path: Path, file: str) -> None:
    folder = pack_copy({})
    secret = tmp_path / "secret.yaml"
    secret.write_text((folder / file).read_text() if (folder / file).exists() else "version: 1\n")
    (folder / file).unlink(missing_ok=True)
    (folder / file).symlink_to(secret)
    error = refusal(folder)
    assert error.file == f"mini/{file}"
    assert "outside" in str(error)


def test_a_link_of_a_whole_folder_is_refused(pack_copy: Copy, tmp_path: Path) -> None:
    folder = pack_copy({})
    (folder / "workflows").rename(tmp_path / "elsewhere")
    (folder / "workflows").symlink_to(tmp_path / "elsewhere")
    error = refusal(folder)
    assert error.file.startswith("mini/workflows")
    assert "outside" in str(error)


def test_links_inside_the_folder_are_fine(pack_copy: Copy) -> None:
    folder = pack_copy({})
    (folder / "rules.yaml").rename(folder / "my_rules.yaml")
    (folder / "rules.yaml").symlink_to("my_rules.yaml")
    assert load(folder).name == "mini"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_block(pack_copy: Copy) -> None:
    folder = pack_copy({"rules.yaml": None})
    os.mkfifo(folder / "rules.yaml")
    error = refusal(folder)
    assert error.file == "mini/rules.yaml"


NAMES = {
    "a name that climbs": ("pack.yaml", ("name: mini", "name: ../mini"), 2),
    "a name with a slash": ("pack.yaml", ("name: mini", "name: a/b"), 2),
    "a name in capitals": ("pack.yaml", ("name: mini", "name: Mini"), 2),
    "an empty name": ("pack.yaml", ("name: mini", 'name: ""'), 2),
    "a rubric that climbs": ("pack.yaml", ("limits:", "rubric: ../../etc/passwd\nlimits:"), 10),
    "an absolute rubric": ("pack.yaml", ("limits:", "rubric: /etc/passwd\nlimits:"), 10),
    "a tool that climbs": ("pack.yaml", ("tools: [find_member,", "tools: [../find_member,"), 9),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names_and_not_paths(pack_copy: Copy, name: str) -> None:
    file, edit, line = NAMES[name]
    error = refusal(pack_copy({file: edit}))
    assert (error.file, error.line) == (f"mini/{file}", line)


@pytest.mark.parametrize("body", ["os:system", "agentgym.bodies:wait", "agentgym.bodies:calculator", "builtins:eval"])
def test_packs_from_outside_bring_no_code(pack_copy: Copy, body: str) -> None:
    edit = ("returns: SELECT code FROM members WHERE present = 1", f"python: {body}")
    error = refusal(pack_copy({"tools.yaml": edit}))
    assert error.file == "mini/tools.yaml"
    assert error.line > 90
    assert "Python" in str(error)


def test_a_python_file_beside_is_never_imported(pack_copy: Copy) -> None:
    folder = pack_copy({})
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "conftest.py").write_text("raise SystemExit('imported')")
    assert load(folder).name == "mini"
