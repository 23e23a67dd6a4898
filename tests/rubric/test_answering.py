"""Answers: compared by value, right only after what had to be asked and seen; what the calculator gives is exact."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from agentgym.bodies import FIELDS, calculator
from agentgym.errors import PackError
from agentgym.pack import load
from agentgym.rubric.answers import answers
from agentgym.types import Criterion
from agentgym.workflow import parse


def right(wanted: Any, answer: Any) -> bool:
    return answers(Criterion("", "answer", answer=wanted, tolerance=1e-6), answer)


@pytest.mark.parametrize("answer", ["1200", "1,200", " 1200 ", "1200.0", "+1200", 1200, 1200.0])
def test_a_number_is_right_however_it_is_written(answer: Any) -> None:
    assert right("1200", answer)


@pytest.mark.parametrize(
    "answer",
    [
        "1201",
        "12,00",
        "1200 pence",
        "1.2e3",
        "1200.000001",
        "",
        None,
        True,
        "0x4b0",
        "nan",
        "unknown",
        ["1200"],
        "٣",
        "01200",
    ],
)
def test_another_number_or_none_is_wrong(answer: Any) -> None:
    assert not right("1200", answer)


def test_lists_are_sets_of_values() -> None:
    assert right(["12", "Marta Oluv"], ["marta oluv", "12.0"])
    assert right([1200, 3.5], ["3.50", "1,200"])
    assert right(["12"], ["12", 12])
    assert not right(["12", "13"], ["12"])
    assert not right(["007"], ["7"])
    assert not right(["12"], "12")


def test_large_numbers_are_told_apart_and_codes_are_text() -> None:
    assert not right("123456789012", "123456789013")
    assert not right("007", "7")
    assert right("007", "007")
    assert not right("9" * 70, "9" * 71)
    assert right("Marta Oluv", "  marta   OLUV ")
    assert not right("08:05", "8:05")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", 0.3),
        ("1.1 * 3", 3.3),
        ("2 / 3 * 3", 2),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("1 / 3", 0.333333),
        ("(4500 + 1250) / 2", 2875),
        ("1e3 * 2", 2000),
    ],
)
def test_the_calculator_is_exact(expression: str, value: float) -> None:
    nothing: Any = None
    found = calculator(nothing, {"expression": expression})
    assert found == {"value": value}
    assert type(found["value"]) is type(value)
    assert tuple(found) == FIELDS["calculator"]


@pytest.mark.parametrize(
    "expression",
    ["1 / 0", "5 % 0", "10**9", "1e999", "9" * 16, "1e308 * 1e308", "x", "f(1)", "True", "", "(" * 150, "2j"],
)
def test_the_calculator_says_what_it_cannot_compute(expression: str) -> None:
    nothing: Any = None
    found = calculator(nothing, {"expression": expression})
    assert found["error"]["code"] in ("invalid", "limit")
    if found["error"]["code"] == "invalid":  # in no words of the parser, which differ between versions of Python
        message = "only numbers, + - * / // % and parentheses, and nothing by zero"
        assert found["error"]["message"] == f"cannot compute {expression[:80]!r}: {message}"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"tool": "t", "with": {}, "rest": []}, "no field"),
        ({"tool": "t", "slips": {"off_by_two": "SELECT 1"}}, "no kind of slip off_by_two"),
        ({"with": {}}, "not well formed"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(PackError, match=message):
        parse([{"answer": answer}], "w.yaml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rests: [$price.line_id]", "rests: [$nobody.line_id]"), "no name \\$nobody"),
        (("missing_step: SELECT $price.value", "missing_step: SELECT $prise.value"), "no name \\$prise"),
        (("missing_step: SELECT $price.value", "missing_step: DELETE FROM lines"), "expected SELECT"),
        (("CAST($total.value AS TEXT)", "CAST($total.amount AS TEXT)"), "no name \\$total_amount"),
    ],
)
def test_what_an_answer_refers_to_is_there(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    source = load("numbers").content.folder
    folder = tmp_path / "numbers"
    shutil.copytree(source, folder)
    shutil.copy(source.parent.parent / "tools_registry" / "numbers.yaml", folder / "tools.yaml")
    file = folder / "workflows" / "price.yaml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(PackError, match=message):
        load(folder)


def test_what_is_computed_is_used_and_what_stands_in_a_table_is_looked_up() -> None:
    pack = load("numbers")

    def process(workflow: str) -> list[tuple[str, str]]:
        task = pack.task(0, workflow=workflow, branch=pack.workflows[workflow].leaves[0])
        return [(c.kind, c.tool) for c in task.outcomes[0].criteria if c.part == "process"]

    assert process("harvest") == [("used", "calculator")]
    assert process("price") == [("looked", "submit_answer")]
