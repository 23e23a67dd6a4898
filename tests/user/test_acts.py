"""Dialogue acts from text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgym.types import Lexicon
from agentgym.user import derive
from tests.user import scoring

HERE = Path(__file__).parent
EXAMPLES = scoring.examples(HERE / "acts_examples.txt")


def test_the_table_is_large_enough() -> None:
    assert len(EXAMPLES) >= 200
    assert sum("negated" in line.tags for line in EXAMPLES) >= 60


def test_own_examples_are_read_right(lexicon: Lexicon) -> None:
    total = scoring.score(EXAMPLES, lexicon)
    assert total.precision >= 0.99, total.misses
    assert total.recall >= 0.99, total.misses
    assert total.accepted == 0, total.misses


def test_a_read_back_holds_what_comes_before_the_question_and_the_list_after_it(lexicon: Lexicon) -> None:
    (act,) = derive("Dr. Adler, 12 March at 9:30. Shall I cancel it? Thanks.", lexicon)
    assert act.text == "Dr. Adler, 12 March at 9:30. Shall I cancel it?"
    (act,) = derive("Shall I go ahead with this?\n- Doctor: Dr. Adler\n- Start: 9:30", lexicon)
    assert "Dr. Adler" in act.text
    assert "9:30" in act.text


def test_rules_are_given_by_id_and_unknown_numbers_kept(lexicon: Lexicon) -> None:
    assert derive("I can't do that: rule R3.", lexicon)[0].rules == ("cancel_24h",)
    assert derive("I can't do that: rule R77.", lexicon)[0].rules == ("R77",)


def test_the_cache_changes_nothing(lexicon: Lexicon) -> None:
    first = [derive(line.text, lexicon) for line in EXAMPLES]
    other = Lexicon(facts={}, rules=(), hands={})
    for line in EXAMPLES:
        derive(line.text, other)
    assert [derive(line.text, lexicon) for line in EXAMPLES] == first


@given(st.text(max_size=500))
@settings(max_examples=150)
def test_no_text_raises(lexicon: Lexicon, text: str) -> None:
    assert derive(text, lexicon) == derive(text, lexicon)


@given(st.lists(st.sampled_from([word for line in EXAMPLES for word in line.text.split()]), max_size=60))
@settings(max_examples=150)
def test_no_shuffled_words_raise(lexicon: Lexicon, words: list[str]) -> None:
    derive(" ".join(words), lexicon)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "(",
        "?!",
        "\n",
        "\0",
        "ä€ ",
        "<think>",
        "I can't ",
        "not be ",
        "if you ",
        "a, ",
        "your phone number ",
        "R1 and ",
        "done ",
        "please confirm ",
        "'",
        '"a b c ',
        "- a\n",
        "anything else you ",
        "no no ",
        "i ",
    ],
)
def test_a_megabyte_is_read_in_bounded_time(lexicon: Lexicon, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    derive(text, lexicon)
    assert time.process_time() - started < 0.25
