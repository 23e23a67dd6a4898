"""Reports in the verbs of a pack's own tools."""

from __future__ import annotations

import pytest

from agentgym.types import Lexicon
from agentgym.user import derive
from agentgym.user.tool_deeds import past_forms

LEXICON = Lexicon(
    deeds={
        "return_trial_slot": "Give back a reserved trial slot.",
        "restrict_delegate": "Limit the role of a delegate.",
        "lend_kit": "Lend a kit to a member.",
        "put_back_stock": "Put a piece back into stock.",
        "check_in_guest": "Check in a guest.",
        "write_letter": "Write a letter to the insurer.",
        "take_back_loan": "Take back a loan.",
        "pay_out_deposit": "Pay out the deposit of a booking.",
        "show_list": "Show a list.",
    }
)
DONE = [
    "I have given back the slot.",
    "I've given the slot back for you.",
    "We gave it back.",
    "The slot has been given back.",
    "I found the booking and gave back the slot.",
    "I've lent the kit to you.",
    "I have written the letter.",
    "I've put the piece back into stock.",
    "The role is now limited.",
    "The delegate's role has been limited.",
    "I took the loan back.",
    "I've paid out the deposit.",
    "I have now limited your delegate's role, and a letter is on its way.",
    "I have checked in the guest.",
    "Sorry for the wait: I have now given back the trial slot.",
]
NOT_DONE = [
    "I have not given back the slot.",
    "I haven't given back the slot yet.",
    "I could have given back the slot.",
    "Once I have given back the slot, you will get a letter.",
    "If I had given back the slot, you would have lost the fee.",
    "Have I given back the slot?",
    "Shall I give back the slot?",
    "I will have given back the slot by noon.",
    "I can give back the slot.",
    "I have given you the details of the slot.",
    "I have limited information about the delegate.",
    "We have limited slots.",
    "I have checked the guest.",
    "I put back the slot?",
    "I think I have given back the slot.",
    "I would have given back the slot, but a rule forbids it.",
    "You have given back the slot.",
    "A colleague has given back the slot.",
    "The slot has not been given back.",
    "The slot could have been given back.",
    "Before I have paid out the deposit I need your yes.",
    "I have given the loan some thought.",
    "I have almost given back the slot.",
    "I have shown the list.",
    "I have taken your loan to my supervisor.",
    "I have taken that into account.",
    "I have left the slot as it is.",
    "I have written that your deposit cannot be paid out.",
]


@pytest.mark.parametrize("text", DONE)
def test_a_deed_in_a_tools_own_verb_is_a_report(text: str) -> None:
    assert "report" in {act.kind for act in derive(text, LEXICON)}


@pytest.mark.parametrize("text", NOT_DONE)
def test_what_is_offered_denied_or_supposed_is_none(text: str) -> None:
    assert "report" not in {act.kind for act in derive(text, LEXICON)}


def test_the_verbs_are_those_of_the_lexicon() -> None:
    assert not derive("I have lent the kit to you.", Lexicon())


def test_the_past_of_verbs() -> None:
    verbs = "give limit swap cancel rename carry stay open print put"
    assert [past_forms(verb)[0] for verb in verbs.split()] == (
        "given limited swapped cancelled renamed carried stayed opened printed put".split()
    )


@pytest.mark.parametrize("start", ["I have", "I looked it up and", "I can", "The slot was", "We", "That is"])
def test_adverbs_without_a_verb_take_no_time(start: str) -> None:
    text = f"{start} {'finally really also now ' * 60}stared at the cancelled one, it is not possible."
    derive(text, LEXICON)  # each of these took exponential time, and would not end
