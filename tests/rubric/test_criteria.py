"""Grounding, equivalence of rows, and what a gate is closed for, by example."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.rubric.answers import answers
from agentgym.rubric.rows import Expected
from agentgym.types import Action, Call, Criterion, RowChange, Task
from agentgym.world import Pool

POOL = Pool(4)


def call(name: str, **arguments: Any) -> Action:
    return Action(calls=(Call(name, arguments),))


def task_of(mini: Pack, workflow: str, branch: str, seed: int = 0) -> Task:
    return mini.task(seed, workflow=workflow, branch=branch)


# --- grounding --------------------------------------------------------------------------------------------------------


def without(task: Task, *tools: str) -> list[Action]:
    """The oracle's actions but for the calls of some tools."""
    return [a for a in task.oracle if not any(isinstance(c, Call) and c.name in tools for c in a.calls)]


def test_the_oracle_is_grounded(mini: Pack) -> None:
    for workflow, branch in mini.branches("train"):
        with Episode(mini, task_of(mini, workflow, branch), pool=POOL) as episode:
            for action in episode.task.oracle:
                if not episode.ending:
                    episode.apply(action)
            assert episode.reading.closed == ""
            assert all(getattr(event, "grounded", True) for event in episode.events)


def test_an_invented_argument_that_happens_to_be_right_closes_the_gate(mini: Pack) -> None:
    """Without the look-up, the right loan is a guess."""
    task = task_of(mini, "give_back", "allowed")
    with Episode(mini, task, pool=POOL) as episode:
        for action in without(task, "list_loans"):
            if not episode.ending:
                episode.apply(action)
        assert episode.reading.closed == "ungrounded"
        assert episode.reading.outcome == 1.0, "the rows are right; it is the gate that closes"
        assert episode.reading.value == 0.0


def test_a_read_with_an_invented_argument_grounds_nothing(mini: Pack) -> None:
    """The code was never said: what is found by it does not count, however right."""
    task = task_of(mini, "give_back", "allowed")
    with Episode(mini, task, pool=POOL) as episode:
        for action in task.oracle[1:]:
            if not episode.ending:
                episode.apply(action)
        found = next(event for event in episode.events if getattr(event, "name", "") == "find_member")
        assert (found.error, found.grounded) == (None, False)
        assert episode.reading.closed == "ungrounded"
        assert "members.member_id" not in episode.tracker.known


def test_a_failed_write_closes_no_gate(mini: Pack) -> None:
    task = task_of(mini, "give_back", "allowed")
    with Episode(mini, task, pool=POOL) as episode:
        episode.apply(call("close_loan", loan_id="L0"))
        assert episode.events[-1].error == "not_found"
        assert episode.reading.closed == ""


def test_every_item_of_an_array_is_grounded_or_none(mini: Pack) -> None:
    task = task_of(mini, "borrow", "allowed")
    extra = mini.image("train", task.world_seed).query(
        "SELECT item_id FROM items WHERE title NOT IN (:a, :b) AND item_id NOT IN (SELECT item_id FROM loan_lines) LIMIT 1",
        {"a": task.bind["title"], "b": task.bind["other"]},
    )[0][0]
    with Episode(mini, task, pool=POOL) as episode:
        for action in task.oracle[:-2]:
            episode.apply(action)
        write = task.oracle[-2].calls[0].arguments
        episode.apply(call("open_loan", **write, extra_ids=[extra]))
        assert episode.events[-1].error is None
        assert episode.events[-1].grounded is False


def test_optional_and_free_arguments_need_no_ground(mini: Pack) -> None:
    task = task_of(mini, "borrow", "allowed")
    with Episode(mini, task, pool=POOL) as episode:
        for action in task.oracle[:-2]:
            episode.apply(action)
        episode.apply(call("open_loan", **task.oracle[-2].calls[0].arguments, note="I made this up", extra_ids=[]))
        assert (episode.events[-1].error, episode.events[-1].grounded) == (None, True)
        assert episode.reading.outcome == 1.0
        assert episode.reading.closed == "", "a note is free"


# --- rows -------------------------------------------------------------------------------------------------------------


def expected(mini: Pack, *changes: RowChange, ignored: tuple[str, ...] = ()) -> Expected:
    return Expected(changes, mini.domain.schema, frozenset(ignored))


LOAN, LINE = "loans", "loan_lines"


def inserts(pairs: list[tuple[str, dict[str, Any]]]) -> dict[Any, Any]:
    """Net changes of new rows; their key stands first."""
    return {(table, (next(iter(row.values())),)): (None, row) for table, row in pairs}


def test_generated_ids_are_matched_by_following_references(mini: Pack) -> None:
    rows = expected(
        mini,
        RowChange(LINE, "insert", (), {"loan_id": {"new": 1}, "item_id": "I1"}),
        RowChange(LOAN, "insert", (), {"member_id": "M1", "due_on": "2026-05-18"}),
    )
    loan = {"loan_id": "whatever", "member_id": "M1", "due_on": "2026-05-18", "note": None}
    line = {"line_id": "N9", "loan_id": "whatever", "item_id": "I1"}
    net = inserts([(LOAN, loan), (LINE, line)])
    assert rows.holds(net) == [True, True]
    assert not rows.collateral(net)
    other = inserts([(LOAN, loan), (LINE, {**line, "loan_id": "another"})])
    assert rows.holds(other) == [False, True], "a line on another loan is another line"


@hypothesis_settings(max_examples=60)
@given(st.permutations(range(4)), st.booleans())
def test_equal_rows_are_told_apart_by_what_refers_to_them(mini: Pack, order: list[int], swapped: bool) -> None:
    """Two loans of one member, alike but for what lies on them: whichever comes first, both are right."""
    rows = expected(
        mini,
        RowChange(LOAN, "insert", (), {"member_id": "M1"}),
        RowChange(LOAN, "insert", (), {"member_id": "M1"}),
        RowChange(LINE, "insert", (), {"loan_id": {"new": 0}, "item_id": "I1"}),
        RowChange(LINE, "insert", (), {"loan_id": {"new": 1}, "item_id": "I2"}),
    )
    one, two = ("La", "Lb") if swapped else ("Lb", "La")
    found = [
        (LOAN, {"loan_id": "La", "member_id": "M1"}), (LOAN, {"loan_id": "Lb", "member_id": "M1"}),
        (LINE, {"line_id": "N1", "loan_id": one, "item_id": "I1"}), (LINE, {"line_id": "N2", "loan_id": two, "item_id": "I2"}),
    ]  # fmt: skip
    assert rows.holds(inserts([found[i] for i in order])) == [True] * 4


@hypothesis_settings(max_examples=40)
@given(st.permutations(range(3)))
def test_the_order_of_rows_never_matters(mini: Pack, order: list[int]) -> None:
    """A row that would do for either is not taken from the one that has no other."""
    rows = expected(
        mini,
        RowChange(LOAN, "insert", (), {"member_id": "M1"}),
        RowChange(LOAN, "insert", (), {"member_id": "M1", "due_on": "2026-05-18"}),
        RowChange(LOAN, "insert", (), {"member_id": "M2"}),
    )
    found = [
        (LOAN, {"loan_id": "La", "member_id": "M1", "due_on": "2026-05-18"}),
        (LOAN, {"loan_id": "Lb", "member_id": "M1", "due_on": "2026-06-01"}),
        (LOAN, {"loan_id": "Lc", "member_id": "M2", "due_on": "2026-06-01"}),
    ]
    assert rows.holds(inserts([found[i] for i in order])) == [True] * 3


@pytest.mark.parametrize(("found", "wanted"), [(4, 4.0), (4.0, 4), (0.5, 0.5), (-0.0, 0)])
def test_numbers_compare_by_value(mini: Pack, found: float, wanted: float) -> None:
    rows = expected(mini, RowChange("items", "update", ("I1",), {"weight": wanted}))
    net = {("items", ("I1",)): ({"item_id": "I1", "weight": 9}, {"weight": found})}
    assert rows.holds(net) == [True]
    assert not rows.collateral(net)


def test_ignored_columns_count_for_nothing(mini: Pack) -> None:
    net = {("loans", ("L1",)): ({"loan_id": "L1", "due_on": "a", "note": None}, {"due_on": "b", "note": "hm"})}
    rows = expected(mini, RowChange("loans", "update", ("L1",), {"due_on": "b"}), ignored=("loans.note",))
    assert rows.holds(net) == [True]
    assert not rows.collateral(net)
    assert expected(mini, RowChange("loans", "update", ("L1",), {"due_on": "b"})).collateral(net)
    only = {("loans", ("L2",)): ({"loan_id": "L2", "note": None}, {"note": "hm"})}
    assert not expected(mini, ignored=("loans.note",)).collateral(only)


def test_what_is_collateral(mini: Pack) -> None:
    update = RowChange("loans", "update", ("L1",), {"due_on": "b"})
    delete = RowChange("loan_lines", "delete", ("N1",))
    insert = RowChange("loans", "insert", (), {"member_id": "M1"})
    rows = expected(mini, update, delete, insert)

    def net(table: str, key: str, before: Any, after: Any) -> dict[Any, Any]:
        return {(table, (key,)): (before, after)}

    right = {
        **net("loans", "L1", {"loan_id": "L1", "due_on": "a"}, {"due_on": "b"}),
        **net("loan_lines", "N1", {"line_id": "N1"}, None),
        **net("loans", "new", None, {"loan_id": "new", "member_id": "M1"}),
    }
    assert rows.holds(right) == [True] * 3
    assert not rows.collateral(right)
    assert not rows.collateral({}), "what is not done yet is no collateral"
    stray = {
        "another row updated": net("loans", "L2", {"loan_id": "L2", "due_on": "a"}, {"due_on": "b"}),
        "another column of the row": net("loans", "L1", {"loan_id": "L1", "member_id": "M1"}, {"member_id": "M2"}),
        "another row deleted": net("loan_lines", "N2", {"line_id": "N2"}, None),
        "a row deleted that was to be updated": net("loans", "L1", {"loan_id": "L1"}, None),
        "a row updated that was to be deleted": net(
            "loan_lines", "N1", {"line_id": "N1", "item_id": "a"}, {"item_id": "b"}
        ),
        "an insert elsewhere": net("members", "M9", None, {"member_id": "M9"}),
        "one insert too many": {
            **net("loans", "n1", None, {"loan_id": "n1", "member_id": "M1"}),
            **net("loans", "n2", None, {"loan_id": "n2", "member_id": "M1"}),
        },
    }
    for what, changes in stray.items():
        assert rows.collateral(changes), what
    wrong = net("loans", "L1", {"loan_id": "L1", "due_on": "a"}, {"due_on": "c"})
    assert not rows.collateral(wrong), "a wrong value in the right cell is not collateral, it is just not right"
    assert rows.holds(wrong)[0] is False


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "given", "right"),
    [
        (4.5, 4.5, True), (4.5, "4.5", True), (4.5, 4.50000001, True), (4.5, 4.6, False), (4.5, None, False),
        (4.5, True, False), (4.5, "four", False), (0, 0.0, True), (0, 1e-3, False), (4.5, float("nan"), False),
        (["a", "b"], ["b", "a"], True), (["a", "b"], ["a"], False), (["a"], "a", False), (["a"], ["a", "a"], True),
        ("Red Tower", "red  tower", True), ("Red Tower", "Red Tow", False),
    ],
)  # fmt: skip
def test_answers_are_equal_by_value(wanted: Any, given: Any, right: bool) -> None:
    criterion = Criterion("answered", "answer", answer=wanted, tolerance=1e-6)
    assert answers(criterion, given) is right


def test_a_tolerance_is_relative(mini: Pack) -> None:
    criterion = Criterion("answered", "answer", answer=1000, tolerance=0.01)
    assert [answers(criterion, x) for x in (989, 990, 1010, 1011)] == [False, True, True, False]


# --- gates ------------------------------------------------------------------------------------------------------------


def test_a_write_without_a_yes_breaks_the_rule_for_ever(mini: Pack) -> None:
    task = task_of(mini, "give_back", "allowed")
    confirm = next(i for i, a in enumerate(task.oracle) if a.words.endswith("?") and not a.calls and i > 0)
    with Episode(mini, task, pool=POOL) as episode:
        for i, action in enumerate(task.oracle):
            if i != confirm and not episode.ending:
                episode.apply(action)
        assert episode.reading.closed == "forbidden"
        if not episode.ending:
            episode.apply(task.oracle[confirm])
            assert episode.reading.closed == "forbidden"
        assert episode.reading.value == 0.0


def test_collateral_closes_the_gate_until_it_is_undone(mini: Pack) -> None:
    """Two loans for one wish: the second is collateral, and taking it back opens the gate again."""
    task = task_of(mini, "borrow", "allowed")
    copies = [dict(zip(("item_id",), row, strict=True)) for row in mini.image("train", task.world_seed).query(
        "SELECT item_id FROM items WHERE title = :t AND item_id NOT IN (SELECT item_id FROM loan_lines)", {"t": task.bind["other"]}
    )]  # fmt: skip
    first = task.oracle[-2].calls[0].arguments
    second = next(copy["item_id"] for copy in copies if copy["item_id"] != first["item_id"])
    with Episode(mini, task, pool=POOL) as episode:
        for action in task.oracle[:-1]:
            episode.apply(action)
        assert (episode.reading.outcome, episode.reading.closed) == (1.0, "")
        episode.apply(task.oracle[-3])
        episode.apply(call("open_loan", member_id=first["member_id"], item_id=second))
        if episode.events[-1].broken:  # the yes was to another copy, or none was given twice
            pytest.skip("the user gave no second yes")
        assert episode.reading.closed == "collateral"
        assert episode.reading.value == 0.0


@pytest.mark.parametrize("weights", list(itertools.product((1.0, 3.0), (1.0, 2.0))))
def test_weights_scale_the_shares(mini: Pack, weights: tuple[float, float]) -> None:
    """O is a weighted share: criteria may weigh differently, and scaling all alike changes nothing."""
    task = task_of(mini, "borrow", "allowed")
    outcome = task.outcomes[0]
    scaled = tuple(replace(c, weight=weights[c.change] if c.kind == "changed" else c.weight) for c in outcome.criteria)
    weighted = replace(task, outcomes=(replace(outcome, criteria=scaled),), id="")
    with Episode(mini, weighted, pool=POOL) as episode:
        for action in task.oracle[:-1]:
            episode.apply(action)
        assert episode.reading.outcome == 1.0
    only_line = replace(task, outcomes=(replace(outcome, criteria=scaled[:1] + tuple(
        replace(c, part="report") if c.kind == "changed" else c for c in scaled[1:])),), id="")  # fmt: skip
    with Episode(mini, only_line, pool=POOL) as episode:
        for action in task.oracle[:-1]:
            episode.apply(action)
        assert episode.reading.outcome == 1.0
