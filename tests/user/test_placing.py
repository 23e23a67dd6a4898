"""Natural questions that name no fact, and those that have no answer or two."""

from __future__ import annotations

from typing import Any

import pytest

from agentgym.seeding import stream
from agentgym.types import Fact, Heard, Ledger, Lexicon
from agentgym.user import Automaton, wording_from

LEXICON = Lexicon(
    facts={
        "phone": ("phone number",),
        "added_on": ("date added",),
        "transfer_amount": ("transfer amount", "amount"),
        "card_reason": ("card reason",),
        "card_kind": ("kind of card",),
        "payee_name": ("payee", "payee's name"),
        "class_held_on": ("class's event date", "which booking"),
    },
    rivals={"cards.kind": ("credit", "debit")},
)
LEDGER = Ledger(
    wants="send money from a current account to one of its payees and block a lost or stolen card",
    opening="Please send money and block a card.",
    facts=(
        Fact("phone", "555-010-0199", "phone", "customers.phone"),
        Fact("added_on", "2026-01-09", "date", "saved_payees.added_on"),
        Fact("transfer_amount", 2_500, "money"),
        Fact("later_amount", 9_900, "money", release="change"),
        Fact("card_reason", "stolen", "enum"),
        Fact("card_kind", "debit", "enum", "cards.kind"),
        Fact("card_status", "active", "text", "cards.status"),
    ),
)
PLACED = {
    "Which payee is it?": {"added_on"},
    "Which payee do you mean? I see Arvid Kessler and Oldfield Nursery.": {"added_on"},
    "Which of your saved payees is it?": {"added_on"},
    "When did you add that payee?": {"added_on"},
    "When was it?": {"added_on"},
    "How much would you like to send?": {"transfer_amount"},
    "Please tell me how much to send.": {"transfer_amount"},
    "How much should I transfer?": {"transfer_amount"},
    "Which payee is it, and how much would you like to send?": {"added_on", "transfer_amount"},
    "What is your phone number, and which payee is it?": {"phone", "added_on"},
    "What is your phone number? Which payee is it?": {"phone", "added_on"},
    "Was the card lost or stolen?": {"card_reason"},
    "Was the card lost or was it stolen?": {"card_reason"},
    "May I ask whether the card was lost or stolen?": {"card_reason"},
    "Which card is it, debit or credit?": {"card_kind"},
    "Is it the debit card or the credit card?": {"card_kind"},
    "Which card do you mean?": {"card_kind", "card_status"},
    "What is the date on which the payee was added?": {"added_on"},
}
UNPLACED = [
    "How much is it now?",
    "How much is in the account?",
    "How much do you earn?",
    "How many payees would you like to send it to?",
    "When did you move house?",
    "When were you born?",
    "Which payee number is it?",
    "Which account is it?",
    "Which one?",
    "What should I do?",
    "What should it be?",
    "Was it stolen?",
    "Is it urgent or can it wait?",
    "Shall I block the lost or stolen card?",
    "Who should the money go to?",
    "Is the weather warm or stolen?",
    "Do you have it stolen or what?",
    "Which payee helped the other member of your family?",
]
NO_QUESTIONS = [
    "I see which payee it is.",
    "I know how much you would like to send.",
    "The card was lost or stolen.",
    "I have found out when you added that payee.",
]


def heard(ledger: Ledger, common: dict[str, Any], text: str) -> set[str]:
    it = Automaton(ledger, LEXICON, wording_from(common, {}, "train"), stream("user"))
    it.opening()
    return set(it.reply(Heard(text=text)).facts)


@pytest.mark.parametrize("text", PLACED)
def test_a_natural_question_gets_what_it_is_about(common: dict[str, Any], text: str) -> None:
    assert heard(LEDGER, common, text) == PLACED[text]


@pytest.mark.parametrize("text", [*UNPLACED, *NO_QUESTIONS])
def test_what_has_no_answer_gets_none(common: dict[str, Any], text: str) -> None:
    assert heard(LEDGER, common, text) == set()


def test_two_that_fit_equally_are_none_and_words_of_their_own_tell_them_apart(common: dict[str, Any]) -> None:
    two = Ledger(
        wants="move two visits",
        opening="Please move my visits.",
        facts=(
            Fact("visit_start", "2026-01-09", "date", "visits.start"),
            Fact("test_start", "2026-02-09", "date", "tests.start"),
        ),
    )
    assert heard(two, common, "When is it?") == set()
    assert heard(two, common, "When is the test?") == {"test_start"}
    assert heard(two, common, "Which visit?") == {"visit_start"}


def test_a_number_is_counted_by_its_own_noun_or_by_none(common: dict[str, Any]) -> None:
    one = Ledger(
        wants="buy lamps",
        opening="I should like to buy lamps.",
        facts=(Fact("pieces", 3, "number", aliases=("number of lamps",)), Fact("price", 900, "money", "goods.price")),
    )
    for text in ("How many would you like?", "How many lamps would you like to buy?", "How many pieces do you want?"):
        assert heard(one, common, text) == {"pieces"}, text
    for text in ("How many visitors would you like to bring?", "How many people live with you?"):
        assert heard(one, common, text) == set(), text


def test_a_row_of_another_table_is_known_by_what_the_aliases_say(common: dict[str, Any]) -> None:
    one = Ledger(
        wants="give back a place",
        opening="Please give it back.",
        facts=(Fact("class_held_on", "2026-07-05", "date", "classes.held_on"),),
    )
    for text in ("Which booking is it?", "Which class do you mean?", "Which bookings?"):
        assert heard(one, common, text) == {"class_held_on"}, text


def test_a_row_that_is_read_aloud_asks_at_most_for_what_it_calls_missing(common: dict[str, Any]) -> None:
    row = "That is not possible: rule R4 forbids it, as {} added: 2024-11-14, {}: missing."
    assert heard(LEDGER, common, row.format("date", "verification")) == set()
    assert heard(LEDGER, common, row.format("date", "phone number")) == {"phone"}
    assert heard(LEDGER, common, "Your phone number is missing.") == {"phone"}
