"""Arguments: the shown schema and the documented bounds decide, and words say what is wrong and what would be right."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agentgym.pack import Pack
from agentgym.tool.arguments import Arguments, parameters_schema
from agentgym.tool.spec import Parameter, ToolSpec

SPEC = ToolSpec(
    "order",
    "Order something.",
    parameters={
        "item": Parameter("string", "What.", max_length=20),
        "kind": Parameter("string", "Which kind.", enum=["small", "large"], optional=True),
        "count": Parameter("integer", "How many.", minimum=1, maximum=9, optional=True),
        "price": Parameter("number", "At most.", optional=True),
        "day": Parameter("string", "When.", semantic="date", optional=True),
        "at": Parameter("string", "At what time.", semantic="datetime", optional=True),
        "gift": Parameter("boolean", "As a gift.", optional=True),
        "tags": Parameter("array", "Words.", optional=True),
        "sizes": Parameter("array", "Sizes.", items="integer", optional=True),
    },
)
ARGUMENTS = Arguments(SPEC)
SHOWN = jsonschema_rs.validator_for(parameters_schema(SPEC))
SAFE = 2**53


def problem(**arguments: Any) -> str:
    return ARGUMENTS.problem({"item": "x", **arguments})


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"itm": "y"}, ["`order` has no parameter", "itm", "Did you mean `item`?", "Allowed: item, kind"]),
        ({"item": 5}, ["`item` must be a string, not integer 5"]),
        ({"item": None}, ["`item` must be a string, not null"]),
        ({"item": True}, ["`item` must be a string, not boolean True"]),
        ({"item": ["x"]}, ["`item` must be a string, not array"]),
        ({"item": {"x": 1}}, ["`item` must be a string, not object"]),
        ({"item": "x" * 21}, ["`item` is longer than 20 characters"]),
        ({"kind": "smal"}, ["`kind` must be one of small, large", "Did you mean `small`?"]),
        ({"kind": 1}, ["`kind` must be a string, not integer 1"]),
        ({"count": "3"}, ["`count` must be an integer, not string '3'"]),
        ({"count": 2.5}, ["`count` must be an integer, not number 2.5"]),
        ({"count": True}, ["`count` must be an integer, not boolean True"]),
        ({"count": 0}, ["`count` must lie between 1 and 9; found 0"]),
        ({"count": 10}, ["`count` must lie between 1 and 9; found 10"]),
        ({"count": 2**70}, ["`count` must lie between 1 and 9"]),
        ({"price": "1.5"}, ["`price` must be a number, not string"]),
        ({"price": 2**60}, ["`price` must lie between"]),
        ({"price": float("nan")}, ["`price`"]),
        ({"price": float("inf")}, ["`price` must lie between"]),
        ({"day": "3 March"}, ["`day` must be written YYYY-MM-DD; found '3 March'"]),
        ({"day": "2026-02-30"}, ["`day` is not a possible date: '2026-02-30'"]),
        ({"day": "2026-03-03 10:00"}, ["`day` must be written YYYY-MM-DD"]),
        ({"at": "2026-03-03"}, ["`at` must be written YYYY-MM-DD HH:MM"]),
        ({"at": "2026-03-03 25:00"}, ["`at` is not a possible datetime"]),
        ({"at": "2026-03-03T10:00"}, ["`at` must be written YYYY-MM-DD HH:MM"]),
        ({"gift": "yes"}, ["`gift` must be a boolean, not string 'yes'"]),
        ({"gift": 1}, ["`gift` must be a boolean, not integer 1"]),
        ({"tags": "a"}, ["`tags` must be an array, not string 'a'"]),
        ({"tags": [1]}, ["`tags` must be a list of at most 50 strings"]),
        ({"tags": ["x"] * 51}, ["`tags` must be a list of at most 50 strings"]),
        ({"sizes": ["1"]}, ["`sizes` must be a list of at most 50 integers"]),
    ],
)
def test_each_mistake_is_named(arguments: dict[str, Any], words: list[str]) -> None:
    found = problem(**arguments)
    for word in words:
        assert word in found


def test_what_is_missing_is_explained() -> None:
    assert ARGUMENTS.problem({}) == "missing `item`: What."
    assert ARGUMENTS.problem({"kind": "small"}) == "missing `item`: What."


@pytest.mark.parametrize(
    "arguments",
    [
        {}, {"kind": "large"}, {"count": 9}, {"count": 3.0}, {"price": 1}, {"price": -1.5}, {"day": "2024-02-29"},
        {"at": "2026-03-03 00:00"}, {"gift": False}, {"tags": []}, {"tags": ["a", ""]}, {"sizes": [1, 2, 3]}, {"item": ""},
        {"item": "Größe 'x'; DROP"}, {"item": "a\0b"}, {"item": "\U0001f600" * 20},
    ],
)  # fmt: skip
def test_what_is_right_has_no_problem(arguments: dict[str, Any]) -> None:
    assert problem(**arguments) == ""


# --- exactly the schema and the bounds --------------------------------------------------------------------------------

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-12, 12), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, width=64),
    st.text(max_size=25), st.sampled_from(["small", "large", "2026-03-09", "2026-02-30", "2026-03-09 10:00", "2026-13-01 99:99"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers(0, 5), st.booleans()), max_size=4), st.just(["x"] * 51),
    st.just(["y" * 401]), st.dictionaries(st.text(max_size=2), st.integers(), max_size=1), st.just("z" * 500),
)  # fmt: skip


def within_bounds(arguments: dict[str, Any]) -> bool:
    """What the documentation says beyond the shown schema: lengths, sizes, safe numbers, possible days and moments."""
    for name, value in arguments.items():
        parameter = SPEC.parameters.get(name)
        if parameter is None:
            continue
        if isinstance(value, str):
            if len(value) > parameter.max_length:
                return False
            if parameter.semantic in ("date", "datetime") and not _possible(value, parameter.semantic):
                return False
        elif isinstance(value, list):
            if len(value) > 50 or any(isinstance(item, str) and len(item) > 400 for item in value):
                return False
        elif isinstance(value, int | float) and not isinstance(value, bool) and not -SAFE <= value <= SAFE:
            return False
    return True


def _possible(text: str, kind: str) -> bool:
    day, _, clock = text.partition(" ")
    try:
        right = date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False
    if kind == "date":
        return right and text == day
    hour, _, minute = clock.partition(":")
    return right and len(clock) == 5 and (hour + minute).isdigit() and int(hour) < 24 and int(minute) < 60


@hypothesis_settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*SPEC.parameters, "other"]), PLAIN, max_size=4))
def test_no_problem_means_the_schema_and_the_bounds_are_kept(arguments: dict[str, Any]) -> None:
    arguments.setdefault("item", "x")
    assert (ARGUMENTS.problem(arguments) == "") == (SHOWN.is_valid(arguments) and within_bounds(arguments))


@hypothesis_settings(max_examples=150)
@given(st.data())
def test_it_holds_for_the_shipped_tools(clinic: Pack, mini: Pack, data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from([*clinic.tools.values(), *mini.tools.values()]))
    known = st.sampled_from([*tool.spec.parameters, "other"])
    arguments = data.draw(st.dictionaries(known, PLAIN, max_size=3))
    found = tool.arguments.problem(arguments)
    shown = jsonschema_rs.validator_for(tool.openai["function"]["parameters"])
    if found == "":
        assert shown.is_valid(arguments)
    if not shown.is_valid(arguments):
        assert found


@hypothesis_settings(max_examples=60)
@given(
    st.dictionaries(
        st.text(max_size=8), st.recursive(PLAIN, lambda x: st.lists(x) | st.dictionaries(st.text(), x)), max_size=3
    )
)
def test_words_never_fail_and_are_short(arguments: dict[str, Any]) -> None:
    found = ARGUMENTS.problem(arguments)
    assert isinstance(found, str)
    if "item" not in arguments:
        assert found
    assert len(found) < 1000


def test_the_openai_dict_is_the_shown_schema(clinic: Pack) -> None:
    for tool in clinic.tools.values():
        assert tool.openai["type"] == "function"
        function = tool.openai["function"]
        assert function["name"] == tool.name
        assert jsonschema_rs.meta.is_valid(function["parameters"])
        assert function["parameters"]["additionalProperties"] is False
