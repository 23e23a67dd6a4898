"""Demonstrations that think before they decide."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

import pytest

from agentgym.pack import load
from agentgym.policies import run_of
from agentgym.rollout import Conversation, rollout
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.thoughts import added, comparison, distance
from agentgym.views import with_view
from agentgym.workflow.compared import _sides

THOUGHT = re.compile(r"<think>(.*?)</think>\n?", re.DOTALL)


class Recital:
    """Says what the assistant said in given conversations, one for each task."""

    def __init__(self, talks: list[list[str]]) -> None:
        self.talks = talks

    def generate(self, conversations: Sequence[Conversation], /) -> list[object]:
        return [self.talks[one.group].pop(0) for one in conversations]


NOW = datetime.fromisoformat("2026-03-10 10:25")


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-03-10", "(today)"),
        ("2026-03-11", "(in 1 day)"),
        ("2026-01-22", "(47 days ago)"),
        ("2026-03-09", "(1 day ago)"),
        ("2026-03-10 10:25", "(in 0 h)"),
        ("2026-03-11 10:20", "(in 23 h)"),
        ("2026-03-11 10:25", "(in 1 day)"),
        ("2026-03-13 10:20", "(in 2 days)"),
        ("2026-03-10 09:21", "(1 h ago)"),
        ("2026-03-08 10:25", "(2 days ago)"),
    ],
)
def test_days_are_counted_whole(when: str, said: str) -> None:
    assert distance(NOW, datetime.fromisoformat(when) if ":" in when else date.fromisoformat(when)) == said


def test_what_is_computed_from_a_day_says_how_far_away_that_is() -> None:
    pack = load("clinic")
    tasks = [(pack, pack.task(seed, workflow="refill_when")) for seed in range(4)]
    for talk in conversations(demonstrations(tasks), "bare", thoughts=[pack]):
        said = " ".join(thoughts_of(talk))
        found = re.search(
            r"It is (.{16})\. last fill (\S+) (\(.*?\)), days of supply (\d+) (\(.*?\)): days until the refill (\d+)\.",
            said,
        )
        assert found
        clock, filled, away, supply, end, left = found.groups()
        now, when = datetime.fromisoformat(clock), date.fromisoformat(filled)
        assert away == distance(now, when)
        assert end == distance(now, when + timedelta(days=int(supply)))
        assert int(left) == int(supply) - (now.date() - when).days - 7


def thoughts_of(talk: list[dict[str, str]]) -> list[str]:
    return [found for message in talk for found in THOUGHT.findall(message["content"])]


PACKS = pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])


@PACKS
def test_verdicts_are_those_of_the_branch(name: str) -> None:
    pack = load(name)
    tasks = TaskStream([pack]).next(80)
    talks = conversations(demonstrations(tasks), "bare", thoughts=[pack])
    refused, verdicts = 0, set[str]()
    for (_, task), talk in zip(tasks, talks, strict=True):
        said = dict(re.findall(r"R(\d+): [^.]*?, (yes|no)\.(?: |$)", " ".join(thoughts_of(talk))))
        verdicts |= set(said.values())
        for rule in {c.rule for c in task.outcomes[0].criteria if c.kind == "refused"}:
            number = str(list(pack.domain.rules).index(rule) + 1)
            if number in said:
                assert said[number] == "no", task.id
                refused += 1
    assert refused > 5
    assert verdicts == {"yes", "no"}


@PACKS
def test_the_oracle_thinks_and_wins_as_before(name: str) -> None:
    pack = load(name)
    tasks = TaskStream([pack]).next(60)
    traces = list(demonstrations(tasks))
    plain, thinking = (list(conversations(traces, "bare", thoughts=packs)) for packs in ((), [pack]))
    thoughts = 0
    for (_, task), before, after in zip(tasks, plain, thinking, strict=True):
        for one, other in zip(before, after, strict=True):
            assert THOUGHT.sub("", other["content"]).strip() == one["content"].strip()
            assert other["role"] == "assistant" or other == one
        said = " ".join(thoughts_of(after))
        looked = [c for c in task.outcomes[0].criteria if c.kind == "looked"]
        assert all(str(value.value) in said for criterion in looked for value in criterion.values)
        thoughts += len(thoughts_of(after))
    assert thoughts > 120
    recital = Recital([[m["content"] for m in talk if m["role"] == "assistant"] for talk in thinking])
    assert all(played.trace.success for played in rollout(tasks, recital))


@PACKS
def test_nothing_is_thought_before_it_is_known(name: str) -> None:
    """Each id of a thought stands in what was said or read before; of clinic, which computes no day, each day too, but
    for the one that a rule compares another with."""
    pack = load(name)
    ids = days = 0
    for talk in conversations(demonstrations(TaskStream([pack]).next(60)), "bare", thoughts=[pack]):
        heard = ""
        for message in talk:
            thought = " ".join(THOUGHT.findall(message["content"]))
            for value in re.findall(r"[:,] ([A-Z]\d{4,})\b", thought):
                ids += 1
                assert value in heard, thought
            for value in re.findall(r"(?<![<>]= )\b\d{4}-\d\d-\d\d\b", thought) if name == "clinic" else ():
                days += 1
                day = date.fromisoformat(value)
                words = rf"\b{day.day} \w+ {day.year}|\w+ {day.day}, {day.year}"  # a user may mistype the month
                assert value in heard or re.search(words, heard), thought
            heard += f"\n{message['content']}"
    assert ids > 60
    assert days > 60 or name != "clinic"


def free_slots(talk: list[dict[str, str]]) -> list[dict[str, Any]]:
    (found,) = [m["content"] for m in talk if m["role"] == "user" and '[{"slot_id"' in m["content"]]
    return json.loads(found.removeprefix("<tool_response>").removesuffix("</tool_response>"))


def test_a_row_is_known_by_what_was_asked_for_and_a_day_said_in_words_is_noted() -> None:
    pack = load("clinic")
    task = pack.task(2, workflow="book", branch="allowed")
    (talk,) = conversations(demonstrations([(pack, task)]), "bare", thoughts=[pack])
    known = {fact.name: fact.value for fact in task.ledger.facts}
    said = " ".join(thoughts_of(talk))
    assert f"date of birth {known['date_of_birth']}." in said
    assert f" {task.bind['patient_id']} {known['date_of_birth']}." in said
    row = f" {task.bind['slot_id']} {known['visit_time']}, length in minutes {task.bind['minutes']}."
    found = re.search(rf"day and time {known['visit_time']}:((?: S\d+ [\d: -]+,)*){row}", said)
    assert found
    assert known["visit_time"] not in found[1]
    before = [row["slot_id"] for row in free_slots(talk) if row["starts_at"] < str(known["visit_time"])]
    assert re.findall(r"S\d+", found[1]) == before
    assert re.search(rf"R5: standing (new|established), length in minutes {task.bind['minutes']}, yes\.", said)


def test_what_is_added_up_stands_behind_its_parts_digit_by_digit() -> None:
    pack = load("clinic")
    task = pack.task(3, workflow="settle", branch="card_allowed")
    (talk,) = conversations(demonstrations([(pack, task)]), "bare", thoughts=[pack])
    found = re.search(
        r"R16: ((?:amount [\d (),]+, )+)total (\d+) <= 50000: \d < \d( digits)?, yes\.",
        " ".join(thoughts_of(talk)),
    )
    assert found
    first, *more = re.findall(r"amount (\d+)(?: \(([\d, ]+)\))?", found[1])
    sofar = int(first[0])
    for amount, steps in more:
        assert list(map(int, steps.split(", "))) == added(sofar, int(amount))
        sofar += int(amount)
    assert more
    assert sofar == int(found[2])


@pytest.mark.parametrize(
    ("first", "then", "steps"),
    [
        (1275, 1600, [2275, 2875]),
        (10850, 5900, [15850, 16750]),
        (7, 90, [97]),
        (0, 305, [300, 305]),
        (12, 0, [12]),
        (500, -120, [400, 380]),
        (-30, 41, [10, 11]),
    ],
)
def test_numbers_are_added_by_one_digit_after_the_other(first: int, then: int, steps: list[int]) -> None:
    assert added(first, then) == steps


@pytest.mark.parametrize(
    ("left", "of", "right", "said"),
    [
        (2875, "<=", 3000, "2875 <= 3000: 2 < 3"),
        (2399, ">=", 2391, "2399 >= 2391: 9 > 1"),
        (902, "<=", 3000, "902 <= 3000: 3 < 4 digits"),
        (30, "<", 7, "30 < 7: 2 > 1 digits"),
        (2, "<", 2, "2 < 2: same"),
        (-1, ">=", 2, "-1 >= 2"),
        (2.5, ">=", 2, "2.5 >= 2"),
        ("2026-01-22", "<=", "2026-01-20", "2026-01-22 <= 2026-01-20: 2 > 0"),
        ("2025-12-31", ">=", "2026-01-01", "2025-12-31 >= 2026-01-01: 5 < 6"),
        ("2026-03-11 09:50", ">=", "2026-03-11 09:50", "2026-03-11 09:50 >= 2026-03-11 09:50: same"),
    ],
)
def test_comparisons_say_where_two_first_differ(left: object, of: str, right: object, said: str) -> None:
    assert comparison(left, of, right) == said


HOLDS = {"<=": le, ">=": ge, "<": lt, ">": gt}
SIDE = r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?|\d+"


@pytest.mark.parametrize(
    ("name", "workflow", "rule"),
    [
        ("clinic", "cancel", "notice_24h"),
        ("clinic", "refill", "refill_due"),
        ("clinic", "card", "card_current"),
        ("clinic", "waive", "waiver_yearly"),
        ("clinic", "specialist", "referral_valid"),
        ("clinic", "move", "move_twice"),
        ("bank", "refund_fee", "fee_goodwill"),
        ("bank", "transfer", "funds"),
        ("bank", "return_debit", "debit_weeks"),
        ("bank", "recall", "recall_hour"),
        ("bank", "add_payee", "app_age"),
        ("fulfilment", "points", "points_half"),
        ("fulfilment", "missing", "claims_150"),
        ("fulfilment", "recall", "recall_batch"),
        ("fulfilment", "stop", "wave_2h"),
    ],
)
def test_what_a_rule_compares_agrees_with_the_verdict(name: str, workflow: str, rule: str) -> None:
    pack = load(name)
    number = list(pack.domain.rules).index(rule) + 1
    tasks = TaskStream([pack], workflows=[workflow]).next(40)
    verdicts = set[str]()
    for talk in conversations(demonstrations(tasks), "bare", thoughts=[pack]):
        for thought, verdict in re.findall(rf"R{number}: ([^.]*), (yes|no)\.", " ".join(thoughts_of(talk))):
            sides = re.findall(rf"({SIDE}) (<=|>=|<|>) ({SIDE}): (?:\d [<>] \d(?: digits)?|same)", thought)
            assert sides
            numbers = [(of, int(one), int(other)) if one.isdigit() else (of, one, other) for one, of, other in sides]
            assert (verdict == "yes") == all(HOLDS[of](one, other) for of, one, other in numbers), thought
            verdicts.add(verdict)
    assert verdicts == {"yes", "no"}


def test_numbers_of_the_call_that_a_rule_reads_are_said() -> None:
    pack = load("fulfilment")
    tasks = TaskStream([pack], workflows=["recall"]).next(12)
    for talk in conversations(demonstrations(tasks), "bare", thoughts=[pack]):
        found = re.search(r"R\d+: first batch \d+, last batch \d+, batch (\d+) >= \d+: ", " ".join(thoughts_of(talk)))
        assert found
        said = [m["content"] for m in talk if m["role"] == "user" and "<tool_response>" not in m["content"]]
        assert any(re.search(rf"\b{found[1]}\b", text) for text in said), "the user read it out"


def test_what_was_read_last_is_said_first() -> None:
    """The fee that is meant stands right before the rule, and what was refunded before is added to it."""
    pack = load("bank")
    others = 0
    for talk in conversations(
        demonstrations(TaskStream([pack], workflows=["refund_fee"]).next(40)), "bare", thoughts=[pack]
    ):
        found = re.search(
            r"amount (\d+), date of the charge \S+\. R\d+: amount (\d+)(?:, amount (\d+))?", " ".join(thoughts_of(talk))
        )
        if found:
            assert found[1] == found[2]
            others += found[3] not in (None, found[1])
    assert others > 5


def test_what_is_added_to_a_number_of_the_call_is_added_up_beside_the_limit() -> None:
    pack = load("bank")
    number = list(pack.domain.rules).index("daily_limit") + 1
    sums = 0
    for talk in conversations(
        demonstrations(TaskStream([pack], workflows=["transfer"]).next(40)), "bare", thoughts=[pack]
    ):
        for found in re.findall(
            rf"R{number}: amount (\d+), daily limit (\d+), amount (\d+) \(([\d, ]+)\), (\d+) <= (\d+): ",
            " ".join(thoughts_of(talk)),
        ):
            assert list(map(int, found[3].split(", "))) == added(int(found[0]), int(found[2]))
            assert int(found[0]) + int(found[2]) == int(found[4])
            assert found[1] == found[5]
            sums += 1
    assert sums > 3


@PACKS
def test_what_is_compared_has_the_name_of_what_the_rule_reads(name: str) -> None:
    """A name before a comparison is that of the column or argument on the rule's left side, and never another's."""
    pack = load(name)
    lefts = {
        number: {pack.domain.label(left.removeprefix(":")) for _, left in (_sides(rule.allowed) or ("", ()))[1] if left}
        for number, rule in enumerate(pack.domain.rules.values(), 1)
    }
    named = 0
    for talk in conversations(demonstrations(TaskStream([pack]).next(120)), "bare", thoughts=[pack]):
        for number, thought in re.findall(r"R(\d+): ([^.]*), (?:yes|no)\.", " ".join(thoughts_of(talk))):
            for label in re.findall(rf"(?:^|, )([a-z][a-z -]*) (?:{SIDE}) (?:<=|>=|<|>) ", thought):
                assert label in lefts[int(number)] | {"total"}, thought
                named += 1
    assert named > 30


def test_what_the_call_before_changed_is_said_as_it_is_now() -> None:
    """A limit that was raised, a balance after a transfer: the cell that was read before is not said beside it."""
    pack = load("bank")
    tasks = TaskStream([pack], workflows=["raise_and_pay", "two_transfers"]).next(60)
    limits = 0
    for talk in conversations(demonstrations(tasks), "bare", thoughts=[pack]):
        for thought in re.findall(r"R\d+: ([^.]*), (?:yes|no)\.", " ".join(thoughts_of(talk))):
            for label in ("daily limit", "balance", "arranged overdraft"):
                found = re.findall(rf"(?<!other ){label} (\d+)", thought)
                assert len(found) <= 1, thought
                limits += len(found)
    assert limits > 40


def test_where_a_tool_is_missing_only_what_the_user_says_is_thought() -> None:
    pack = load("clinic")
    seen = 0
    for seed in range(40):
        task = with_view(pack, pack.task(seed), "missing_function")
        if not run_of(pack, task).lacked:
            continue
        (talk,) = conversations(demonstrations([(pack, task)]), "bare", thoughts=[pack])
        assert not re.search(r"R\d+:|: [A-Z]\d{4}", " ".join(thoughts_of(talk)))
        seen += 1
    assert seen > 5
