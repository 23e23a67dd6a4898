"""One call: guards in order, all or nothing, typed errors, and results that depend on every argument."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.errors import BudgetError
from agentgym.pack import Pack, load
from agentgym.seeding import Stream
from agentgym.tool import Guard, Parameter, Tool, ToolSpec
from agentgym.tool.tool import MAX_ROWS
from agentgym.workflow import situation_names
from agentgym.world import Image, World, build
from agentgym.world.sql import origins

from ..naive import Dump, diff, dump, plausible  # noqa: TID252  the tests are no package

SCRIPT = """
CREATE TABLE boxes (k TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0), r REAL) STRICT;
CREATE TABLE things (t TEXT PRIMARY KEY, k TEXT NOT NULL REFERENCES boxes, note TEXT) STRICT;
"""
ROWS = ["INSERT INTO boxes VALUES ('a', 1, 0.5), ('b', 0, 2)", "INSERT INTO things VALUES ('t1', 'a', NULL)"]
ENDLESS = "(WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)"


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    found = build(SCRIPT, [{"sql": sql} for sql in ROWS], {}, "2026-03-09 08:00", "tool", "1", "train", 0)
    yield found
    found.close()


@pytest.fixture
def world(image: Image) -> Iterator[World]:
    found = World(image)
    yield found
    found.close()


@pytest.fixture
def tool(image: Image) -> Callable[..., Tool]:
    """Makes a tool with the parameters k, n and note."""

    def make(**fields: Any) -> Tool:
        parameters = {
            "k": Parameter("string", "A key.", optional=True), "n": Parameter("integer", "A number.", optional=True),
            "note": Parameter("string", "A note.", optional=True, free=True),
            "keys": Parameter("array", "Keys.", optional=True),
        }  # fmt: skip
        spec = ToolSpec("tool", "A tool.", parameters=parameters, **fields)
        columns = origins(image.db, spec.returns) if spec.returns else ()
        return Tool(spec, image.schema, columns)

    return make


# --- guards -----------------------------------------------------------------------------------------------------------

GUARDS = [
    Guard("SELECT :k IS NOT NULL", "invalid", "give k"),
    Guard("SELECT 1 FROM boxes WHERE k = :k", "not_found", "no box {k}"),
    Guard("SELECT n > 0 FROM boxes WHERE k = :k", "conflict", "box {k} is empty, so {n} cannot go"),
]


@pytest.mark.parametrize("effect", ["read", "write"])
def test_the_first_guard_that_fails_answers(world: World, tool: Callable[..., Tool], effect: str) -> None:
    sql = ["UPDATE boxes SET n = n - 1 WHERE k = :k"] if effect == "write" else []
    made = tool(effect=effect, require=GUARDS, sql=sql, returns="SELECT n FROM boxes WHERE k = :k")
    answers = [made.run(world, arguments) for arguments in ({}, {"k": "z"}, {"k": "b", "n": 4}, {"k": "a"})]
    assert [a.error for a in answers] == ["invalid", "not_found", "conflict", None]
    assert [a.value["error"]["message"] for a in answers[:3]] == [
        "give k",
        "no box z",
        "box b is empty, so 4 cannot go",
    ]
    assert answers[3].value == {"n": 0 if effect == "write" else 1}


def test_a_guard_without_row_or_with_null_fails(world: World, tool: Callable[..., Tool]) -> None:
    for sql in ("SELECT 1 WHERE 0", "SELECT NULL", "SELECT 0", "SELECT ''"):
        made = tool(require=[Guard(sql, "forbidden", "no")], returns="SELECT 1 AS one")
        assert made.run(world, {}).error == "forbidden"


def test_a_sentence_names_what_the_guard_shows(world: World, tool: Callable[..., Tool]) -> None:
    shows = "SELECT n + 5 AS least, r FROM boxes WHERE k = :k"
    guard = Guard("SELECT n > 5 FROM boxes WHERE k = :k", "conflict", "{k} has to have {least}, {r}", shows)
    made = tool(require=[guard], returns="SELECT 1 AS one")
    told = [made.run(world, {"k": k}).value["error"]["message"] for k in ("a", "z")]
    assert told == ["a has to have 6, 0.5", "z has to have unknown, unknown"]
    endless = Guard("SELECT 0", "conflict", "{n}", f"SELECT {ENDLESS} AS n")
    with pytest.raises(BudgetError):
        tool(require=[endless], returns="SELECT 1 AS one").run(world, {})


def test_values_in_a_sentence_are_clipped(world: World, tool: Callable[..., Tool]) -> None:
    made = tool(require=[Guard("SELECT 0", "forbidden", "no {k}")], returns="SELECT 1 AS one")
    assert len(made.run(world, {"k": "x" * 400}).value["error"]["message"]) < 120


# --- all or nothing ---------------------------------------------------------------------------------------------------

FIRST = "INSERT INTO boxes VALUES (new_id('B'), 7, NULL)"
FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "a check": ({"sql": [FIRST, "UPDATE boxes SET n = -1"]}, "conflict"),
    "a key": ({"sql": [FIRST, "INSERT INTO boxes VALUES ('a', 1, NULL)"]}, "conflict"),
    "a reference": ({"sql": [FIRST, "INSERT INTO things VALUES ('t2', 'nowhere', NULL)"]}, "conflict"),
    "a row that is referred to": ({"sql": [FIRST, "DELETE FROM boxes WHERE k = 'a'"]}, "conflict"),
    "a NULL": ({"sql": [FIRST, "UPDATE boxes SET n = NULL"]}, "conflict"),
    "a type": ({"sql": [FIRST, "UPDATE boxes SET n = 'many'"]}, "conflict"),
    "no result": ({"sql": [FIRST], "returns": "SELECT k FROM boxes WHERE k = 'nowhere'"}, "not_found"),
    "a value too large": ({"sql": [FIRST, "UPDATE boxes SET k = printf('%*d', 1000000, 1)"]}, "invalid_arguments"),
    "a moment that is none": ({"sql": [FIRST, "UPDATE things SET note = shift('noon', 5)"]}, "invalid_arguments"),
    "an overflow": ({"sql": [FIRST, "UPDATE boxes SET n = abs(-9223372036854775807 - 1)"]}, "invalid_arguments"),
    "broken JSON": ({"sql": [FIRST, "DELETE FROM things WHERE t IN (SELECT value FROM json_each('[1,'))"]}, "invalid_arguments"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILING)
def test_a_failing_statement_undoes_the_first(world: World, tool: Callable[..., Tool], what: str) -> None:
    fields, code = FAILING[what]
    before, digest = dump(world), world.digest()
    result = tool(effect="write", **{"returns": "SELECT 1 AS one", **fields}).run(world, {})
    assert result.error == code, result.value
    assert result.value["error"]["code"] == code
    assert result.changes == ()
    assert dump(world) == before
    assert world.digest() == digest, "ids and clock included"
    assert world.net == {}


def test_a_call_that_takes_too_long_leaves_nothing_and_is_no_answer(world: World, tool: Callable[..., Tool]) -> None:
    digest = world.digest()
    for fields in (
        {"effect": "write", "sql": [FIRST, f"UPDATE boxes SET n = {ENDLESS}"]},
        {"effect": "write", "sql": [FIRST], "returns": f"SELECT {ENDLESS} AS n"},
        {"effect": "write", "require": [Guard(f"SELECT {ENDLESS}", "limit", "no")], "sql": [FIRST]},
        {"returns": f"SELECT {ENDLESS} AS n"},
        {"require": [Guard(f"SELECT {ENDLESS}", "limit", "no")], "returns": "SELECT 1 AS n"},
    ):
        with pytest.raises(BudgetError):
            tool(**fields).run(world, {})
        assert world.digest() == digest
    assert tool(effect="write", sql=[FIRST]).run(world, {}).value == {"ok": True}


def test_a_guard_that_fails_again_and_again_uses_up_no_budget(world: World, tool: Callable[..., Tool]) -> None:
    """A read whose guard refuses is bounded by itself, not by all the calls before it."""
    costly = "SELECT count(*) < 0 FROM (WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) SELECT x FROM c)"
    made = tool(require=[Guard(costly, "limit", "no")], returns="SELECT 1 AS one")
    assert {made.run(world, {}).error for _ in range(60)} == {"limit"}


# --- results ----------------------------------------------------------------------------------------------------------


def test_shapes(world: World, tool: Callable[..., Tool]) -> None:
    assert tool(returns="SELECT k, n FROM boxes ORDER BY k").run(world, {}).value == {"k": "a", "n": 1}
    many = tool(returns="SELECT k, n FROM boxes ORDER BY k", shape="many")
    assert many.run(world, {}).value == [{"k": "a", "n": 1}, {"k": "b", "n": 0}]
    assert tool(returns="SELECT k FROM boxes WHERE 0", shape="many").run(world, {}).value == []
    assert tool(returns="SELECT k FROM boxes WHERE 0").run(world, {}).error == "not_found"
    assert tool(effect="write", sql=["DELETE FROM things"]).run(world, {}).value == {"ok": True}


def test_a_list_has_at_most_50_rows(world: World, tool: Callable[..., Tool]) -> None:
    numbers = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500) SELECT x FROM c"
    result = tool(returns=numbers, shape="many").run(world, {})
    assert [row["x"] for row in result.value] == list(range(1, MAX_ROWS + 1))
    assert len(result.rows) == MAX_ROWS, "what is not shown is not known either"


def test_absent_is_null_and_arrays_are_json(world: World, tool: Callable[..., Tool]) -> None:
    echo = tool(returns="SELECT :k AS k, :n AS n, (SELECT group_concat(value, '|') FROM json_each(:keys)) AS keys")
    assert echo.run(world, {}).value == {"k": None, "n": None, "keys": None}
    assert echo.run(world, {"k": "x", "keys": ["a", "b'", '"']}).value == {"k": "x", "n": None, "keys": "a|b'|\""}


# --- arguments matter -------------------------------------------------------------------------------------------------

INSENSITIVE: dict[tuple[str, str], str] = {}
"""(tool, argument) -> the reason why no change of it shows anywhere. None so far."""
WORKED = {
    "calculator": [{"expression": "1 + 1"}, {"expression": "2 * (3 - 1.5)"}],
    "wait": [{"minutes": 5}, {"minutes": 7}],
}


def test_every_argument_matters(clinic: Pack, mini: Pack) -> None:
    """21 % of generated tool methods ignore a declared argument (a peer's measurement): here none may."""
    ignored: set[tuple[str, str]] = set()
    for pack in (clinic, mini):
        right = _right_calls(pack)
        for tool in (*pack.tools.values(), *pack.user_tools.values()):
            for name, parameter in tool.spec.parameters.items():
                if not parameter.free and not any(_matters(pack, tool, name, seed, right) for seed in range(150)):
                    ignored.add((tool.name, name))
    assert ignored == set(INSENSITIVE)


Right = dict[str, list[tuple[Any, dict[str, Any]]]]


def _right_calls(pack: Pack) -> Right:
    """Calls that the oracle makes, by tool: (task, arguments)."""
    out: Right = {name: [(None, arguments) for arguments in given] for name, given in WORKED.items()}
    for seed, (workflow, branch) in enumerate(pack.branches("train") * 2):
        task = pack.task(seed, workflow=workflow, branch=branch)
        for action in task.oracle:
            for call in action.calls:
                out.setdefault(call.name, []).append((task, call.arguments))
    return out


def _matters(pack: Pack, tool: Tool, name: str, seed: int, right: Right) -> bool:
    """Whether some change of one argument changes the answer, the rows or the clock."""
    source = Stream(seed)
    task, base = source.choice(right[tool.name]) if right.get(tool.name) and seed % 3 else (None, None)
    world = (
        World(pack.image("train", task.world_seed), task.situation, situation_names(task))
        if task
        else World(pack.image("train", 0))
    )
    try:
        arguments = base or plausible(tool, world, source)
        other = (
            plausible(tool, world, source)
            if seed % 2 or not right.get(tool.name)
            else source.choice(right[tool.name])[1]
        )
        if arguments.get(name) == other.get(name):
            return False
        changed = (
            {**arguments, name: other[name]} if name in other else {k: v for k, v in arguments.items() if k != name}
        )
        twin = world.fork()
        one, two = tool.run(world, arguments), tool.run(twin, changed)
        seen = (one.value, world.net, world.clock) != (two.value, twin.net, twin.clock)
        twin.close()
        return seen and (one.error is None or two.error is None)
    finally:
        world.close()


def test_free_arguments_change_ignored_columns_alone(clinic: Pack, mini: Pack) -> None:
    """What nobody compares must not reach what is compared."""
    for pack in (clinic, mini):
        ignored, used, done = set(pack.content.file.ignored_columns), set(), set()
        for tool in pack.tools.values():
            free = [name for name, parameter in tool.spec.parameters.items() if parameter.free]
            for seed in range(40 if free else 0):
                world = World(pack.image("train", seed % 8))
                arguments = {**plausible(tool, world, Stream(seed)), free[0]: "something to note"}
                twin = world.fork()
                tool.run(world, {k: v for k, v in arguments.items() if k not in free})
                if tool.run(twin, arguments).error is None:
                    moved = {
                        f"{table}.{column}"
                        for (table, _), (one, two) in diff(dump(world), dump(twin)).items()
                        for column in two
                        if one[column] != two[column]
                    }
                    assert moved <= ignored
                    done.add(tool.name)
                    used.add(tool.name) if moved else None
                twin.close()
                world.close()
        assert used == done, f"free arguments of {done - used} go nowhere"
        assert used


# --- hostile arguments ------------------------------------------------------------------------------------------------

NASTY: list[Any] = [
    "'; DROP TABLE patients; --", "' OR 1=1 --", '" OR ""="', "%", "_", "*", "%%%%%%%%%%", "x" * 1_000_000, "\0", "a\0b",
    "\ud800", "\udfff\ud800", "\U0001f600", "\u202e", "\r\n", "", " ", "NULL", "null", "$k", ":patient_id", "{patient_id}", "now",
    "-1", 0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63), 2**70, 10**400, 1e308, -1e308, 1.5, -0.0, float("nan"), float("inf"),
    float("-inf"), True, False, None, [], {}, [[]], {"a": {}}, ["x"] * 60, [None], ["\ud800"], [2**70], b"bytes", {1: 2},
    "9999-12-31", "0001-01-01", "0000-00-00", "2026-02-30", "9999-12-31 23:59", "١٢٣٤-٠٥-٠٦", "2026-03-09\n",
]  # fmt: skip


def _deep(n: int) -> list[Any]:
    out: list[Any] = []
    for _ in range(n):
        out = [out]
    return out


NASTY += [_deep(50), _deep(900), _deep(20_000), {"k": _deep(300)}]


def owned(tool: Tool) -> set[str]:
    """Tables that a tool's SQL names: the only ones whose rows it may change."""
    words = " ".join(tool.spec.sql).replace("(", " ").split()
    return {word for verb, word in pairwise(words) if verb in ("INTO", "UPDATE", "FROM")}


@pytest.mark.parametrize("name", ["clinic", "mini"])
def test_nothing_that_is_passed_raises_or_reaches_other_rows(name: str, request: Any) -> None:
    pack: Pack = request.getfixturevalue(name)
    image = pack.image("train", 0)
    world = World(image)
    clean: Dump = dump(world)
    for tool in (*pack.tools.values(), *pack.user_tools.values()):
        mine = owned(tool) if tool.writes else set()
        source = Stream(7)
        for parameter in tool.spec.parameters:
            for value in NASTY:
                arguments = {**plausible(tool, world, source), parameter: value}
                result = tool.run(world, arguments)
                assert (result.error is None) == (
                    "error" not in result.value if isinstance(result.value, Mapping) else True
                )
                if result.error is not None:
                    assert len(result.value["error"]["message"]) < 1200
                assert {change.table for change in result.changes} <= mine
        moved = {table for table, _ in diff(clean, dump(world))}
        assert moved <= mine, f"{tool.name} changed {moved - mine}"
        world.close()
        world = World(image)
    world.close()


@hypothesis_settings(max_examples=150)
@given(st.data())
def test_random_arguments_never_raise(clinic: Pack, mini: Pack, data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from([*clinic.tools.values(), *mini.tools.values()]))
    pack = clinic if tool.name in clinic.tools else mini
    world = World(pack.image("train", 1))
    before = dump(world)
    arguments = data.draw(
        st.dictionaries(
            st.sampled_from([*tool.spec.parameters, "x"]),
            st.one_of(st.text(), st.integers(), st.floats(), st.sampled_from(NASTY)),
            max_size=4,
        )
    )
    result = tool.run(world, arguments)
    changed = {table for table, _ in diff(before, dump(world))}
    assert changed <= (owned(tool) if tool.writes else set())
    assert bool(changed) <= (result.error is None)
    world.close()


def test_a_rule_that_cannot_be_computed_does_not_break_the_tool(pack_copy: Any) -> None:
    """Arguments for which a rule has no value are a case for the tool's own guards, not the end of an episode."""
    folder = pack_copy({
        "tools.yaml": lambda t: t.replace(
            "      note: {type: string, free: true, optional: true, description: Anything worth noting.}\n",
            "      note: {type: string, free: true, optional: true, description: Anything worth noting.}\n"
            "      since: {type: string, optional: true, description: A moment.}\n", 1),
        "rules.yaml": lambda t: t + (
            "  - id: since\n    tool: open_loan\n    say: Not before the moment.\n"
            "    allowed: SELECT minutes_until(:since) < 0 AND 'x' NOT LIKE '%' || :since\n"),
    })  # fmt: skip
    from agentgym.episode import Episode
    from agentgym.types import Action, Call

    pack = load(folder)
    with Episode(pack, pack.task(0, workflow="borrow", branch="allowed")) as episode:
        for since in ("noon", "x" * 400, "2026-99-99", "9999-12-31 23:59"):
            episode.apply(Action(calls=(Call("open_loan", {"member_id": "M1", "item_id": "I1", "since": since}),)))
            assert episode.events[-1].error == "not_found"
            assert episode.valid
