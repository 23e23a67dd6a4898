"""Surface forms."""

from __future__ import annotations

from typing import Any

import pytest

from agentgym.errors import PackError
from agentgym.seeding import stream
from agentgym.types import Lexicon, Value
from agentgym.user import conveys, derive, mentions, pairs, wording_from
from tests.user.conftest import DOCTOR, START

VALUES = (
    DOCTOR,
    START,
    Value(4500, "money", "fee"),
    Value("A4821", "id", "appointment id"),
    Value("in_progress", "enum", "state"),
)
KINDS = {
    "ask": {"ask"}, "confirm": {"propose"}, "tell": {"report", "close"}, "inform": {"close"}, "refuse": {"refuse"},
    "request": {"request"}, "close": {"close"},
}  # fmt: skip


def test_every_meaning_has_five_forms_and_two_held_out(common: dict[str, Any]) -> None:
    for part in ("user", "assistant"):
        for meaning, forms in common[part].items():
            apart: Any = common["held_out"][part][meaning]
            styled = "plain" in forms or "chatty" in forms
            styles: dict[str, list[str]] = forms if styled else {"plain": forms}
            for style, listed in styles.items():
                held: list[str] = apart[style] if styled else apart
                assert (len(listed) >= 5, len(held) >= 2) == (True, True), (part, meaning, style)
                assert not set(listed) & set(held), (part, meaning, style)


def test_test_uses_held_out_forms_only(common: dict[str, Any]) -> None:
    train, test = wording_from(common, {}, "train"), wording_from(common, {}, "test")
    assert set(train.user) == set(test.user)
    assert set(train.assistant) == set(test.assistant)
    for meaning in train.user:
        assert not set(train.user[meaning]) & set(test.user[meaning])


def test_a_pack_adds_and_replaces(common: dict[str, Any]) -> None:
    pack = {
        "openings": {"cancel": ["Cancel {doctor}."]},
        "user": {"leave": ["Ciao. Bye."]},
        "labels": {"starts_at": "start"},
    }
    wording = wording_from(common, pack, "train")
    assert wording.openings["cancel"] == ("Cancel {doctor}.",)
    assert wording.user["leave"] == ("Ciao. Bye.",)
    assert wording.label("appointments.starts_at") == "start"
    assert wording.label("date_of_birth") == "date of birth"


@pytest.mark.parametrize("bad", [{"user": []}, {"user": {"leave": 3}}, {"labels": 5}, {"facts": {"phone": []}}])
def test_another_shape_is_refused(common: dict[str, Any], bad: dict[str, Any]) -> None:
    with pytest.raises(PackError, match=r"expected|not a mapping"):
        wording_from(common, bad, "train")


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_oracle_is_read_as_it_means_it(common: dict[str, Any], lexicon: Lexicon, split: str) -> None:
    wording = wording_from(common, {}, split)
    for meaning, kinds in KINDS.items():
        for form in wording.assistant[meaning]:
            for seed in range(6):
                drawn = pairs(VALUES, stream("pairs", seed))
                text = form.format(
                    labels="phone number and date of birth",
                    pairs=drawn,
                    rule="R3",
                    phrase="read out the code on the back of your insurance card",
                )
                acts = derive(text, lexicon)
                assert {act.kind for act in acts} == kinds, (text, acts)
                if meaning == "ask":
                    assert acts[0].facts == ("phone", "date_of_birth"), text
                if meaning == "refuse":
                    assert acts[0].rules == ("cancel_24h",), text
                if meaning == "confirm":
                    assert all(mentions(acts[0].text, value.value, value.type) for value in VALUES), text
                if meaning in ("tell", "inform", "refuse"):
                    assert all(conveys(text, value) for value in VALUES), text


def test_pairs_say_every_value() -> None:
    for seed in range(50):
        text = pairs(VALUES, stream("pairs", seed))
        assert all(mentions(text, value.value, value.type) for value in VALUES), text
    assert pairs(VALUES[:2]) == "doctor: Dr. Mona Adler, start: 2026-03-12 09:30"
