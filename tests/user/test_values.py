"""Typed values in words."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgym.seeding import stream
from agentgym.types import Value
from agentgym.user import conveys, extract, mentions, rival_in, surface

MOMENT = "2026-03-12 09:30"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (MOMENT, "datetime", "2026-03-12 09:30"),
        (MOMENT, "datetime", "2026-03-12T09:30:00"),
        (MOMENT, "datetime", "on 12 March at 9:30"),
        (MOMENT, "datetime", "March 12, 2026 at 9:30 am"),
        (MOMENT, "datetime", "9.30 am on March 12th"),
        (MOMENT, "datetime", "Thursday the 12th of March, you are expected at 9:30"),
        (MOMENT, "datetime", "12/03/2026 9:30"),
        (MOMENT, "datetime", "- Date: 12 March 2026\n- Time: 09:30"),
        ("2026-03-12 12:00", "datetime", "at noon on 12 March"),
        ("2026-03-12", "date", "March 12th"),
        ("2026-03-12", "date", "the 12th of March"),
        ("2026-03-12", "date", "03/12/2026"),
        ("2026-03-12", "date", "12.03.2026"),
        (4500, "money", "$45"),
        (4500, "money", "it costs 45.00"),
        (4500, "money", "EUR 45"),
        (4500, "money", "45 dollars"),
        (4500, "money", "45,00 €"),
        (4500, "money", "4500 cents"),
        (450000, "money", "$4,500"),
        ("A4821", "id", "the a4821."),
        ("A4821", "id", "A4821's"),
        ("Dr. Mona Adler", "name", "doctor Adler"),
        ("Dr. Mona Adler", "name", "mona  ADLER"),
        ("Dr. Mona Adler", "name", "Dr.Adler"),
        ("555-123-4567", "phone", "(555) 123 4567"),
        ("555-123-4567", "phone", "+1 555.123.4567"),
        ("kim@example.org", "email", "Kim@Example.org."),
        (5, "number", "five"),
        (1200, "number", "1,200"),
        ("in_progress", "enum", "it is In progress"),
        ("dermatology", "enum", "Dermatology"),
        ("cancelled", "enum", "canceled"),
    ],
)
def test_usual_forms_are_mentions(value: Any, kind: Any, text: str) -> None:
    assert mentions(text, value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (MOMENT, "datetime", "12 March"),
        (MOMENT, "datetime", "March 12 at 9:30 pm"),
        (MOMENT, "datetime", "on Thursday at 9:30"),
        (MOMENT, "datetime", "12 March at 10:00, 13 March at 9:30"),
        ("2026-03-12", "date", "Thursday"),
        ("2026-03-12", "date", "12 March 2025"),
        (4500, "money", "45"),
        (4500, "money", "$450"),
        (4500, "money", "$45.50"),
        ("A4821", "id", "A48210"),
        ("A4821", "id", "BA4821"),
        ("A4821", "id", "A4821-B"),
        ("Dr. Mona Adler", "name", "Adler"),
        ("Dr. Mona Adler", "name", "Mona Adlerson"),
        ("555-123-4567", "phone", "1555123456788"),
        (5, "number", "5.5"),
        (5, "number", "at 5:30"),
        (5, "number", "on 5 March"),
        (None, "text", "None"),
    ],
)
def test_others_are_not(value: Any, kind: Any, text: str) -> None:
    assert not mentions(text, value, kind)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Your appointment is on 12 March at 9:30.", True),
        ("It has been moved from 11 March at 9:30 to 12 March at 9:30.", True),
        ("Done: doctor: Dr. Adler, start: 2026-03-12 09:30. Anything else?", True),
        ("It is not on 12 March at 9:30.", False),
        ("Is it on 12 March at 9:30?", False),
        ("It might be on 12 March at 9:30.", False),
        ("I think it is on 12 March at 9:30.", False),
        ("If it were on 12 March at 9:30, I could help.", False),
        ("It is on 12 March at 9:30 or 10:00.", False),
        ("It is either 11 March at 9:30 or 12 March at 9:30.", False),
        ("You said it is on 12 March at 9:30.", False),
        ("It isn't booked for 12 March at 9:30.", False),
        ("12 March at 8:00, 12 March at 9:00, 12 March at 9:30, 12 March at 10:00, 12 March at 11:00.", False),
    ],
)
def test_stating_is_more_than_mentioning(text: str, stated: bool) -> None:
    assert conveys(text, Value(MOMENT, "datetime")) is stated


def test_rivals_are_read_from_the_text_or_looked_up() -> None:
    assert rival_in("12 March at 9:30 or 10:00", Value(MOMENT, "datetime"))
    assert not rival_in("12 March at 9:30", Value(MOMENT, "datetime"))
    assert rival_in("A4821 and A4822", Value("A4821", "id"))
    assert not rival_in("A4821 for P1234", Value("A4821", "id"))
    assert rival_in("Dr. Singh", Value("Dr. Mona Adler", "name"), ["Dr. Raj Singh", "Dr. Mona Adler"])
    assert not rival_in("$45 and $50", Value(4500, "money"), (), [Value(5000, "money")])


def test_extract_reads_typed_values_in_order() -> None:
    found = extract("A4821 on 2026-03-12 at 9:30 for $45, write to a@b.org or call 555-123-4567")
    assert [(v.type, v.value) for v in found] == [
        ("id", "A4821"), ("datetime", MOMENT), ("money", 4500), ("email", "a@b.org"), ("phone", "5551234567"),
    ]  # fmt: skip


@given(
    st.one_of(
        st.tuples(
            st.datetimes().filter(lambda d: 1951 < d.year < 2050).map(lambda d: f"{d:%Y-%m-%d %H:%M}"),
            st.just("datetime"),
        ),
        st.tuples(st.dates().filter(lambda d: 1951 < d.year < 2050).map(str), st.just("date")),
        st.tuples(st.integers(0, 10_000_000), st.just("money")),
        st.tuples(st.integers(0, 100_000), st.just("number")),
        st.tuples(st.from_regex(r"[A-Z][0-9]{4}", fullmatch=True), st.just("id")),
        st.tuples(st.sampled_from(["Dr. Mona Adler", "Rex", "José Ñuñez"]), st.just("name")),
    ),
    st.integers(0, 50),
)
def test_what_is_said_is_a_mention(pair: tuple[Any, Any], seed: int) -> None:
    value, kind = pair
    said = surface(value, kind, stream("surface", seed))
    assert mentions(f"It is {said}.", value, kind)
    assert conveys(f"It is {said}.", Value(value, kind))


@given(st.text(max_size=400))
def test_nothing_raises(text: str) -> None:
    extract(text)
    for value, kind in (
        (MOMENT, "datetime"),
        (4500, "money"),
        ("A1", "id"),
        (5, "number"),
        (text, "text"),
        (text, "name"),
    ):
        mentions(text, value, kind)  # type: ignore[arg-type]
        conveys(text, Value(value, kind))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "piece", ["a", "(", "?!", "\n", "\0", "ä€ 1", "<think>", "1 ", "1,", "1 mar 10:00 ", "5 and ", "a@"]
)
def test_a_megabyte_is_read_in_bounded_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    mentions(text, MOMENT, "datetime")
    conveys(text, Value("Mona Adler", "name"))
    assert time.process_time() - started < 0.25


def test_what_was_looked_for_before_changes_nothing() -> None:
    """5.0 equals 5, and is written otherwise."""
    assert not mentions("nothing of it", 5.0, "number")
    assert mentions("five of them", 5, "number")
