"""The pack `numbers`: every branch is proved, what is right follows from the lines looked up, and pays as it should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import gymnasium as gym
import pytest

from agentgym.certify import certify, certify_pack
from agentgym.episode import Episode
from agentgym.pack import Pack, load
from agentgym.types import Action, Call, Called, Criterion, Task

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load("numbers")


def answer_of(task: Task) -> Criterion:
    return next(c for c in task.outcomes[0].criteria if c.kind == "answer")


def submit(answer: str) -> Action:
    return Action(calls=(Call("submit_answer", {"answer": answer}),))


def score(pack: Pack, task: Task, actions: Any) -> float | None:
    with Episode(pack, task) as episode:
        for action in actions:
            episode.apply(action)
        return episode.score


def each(pack: Pack, workflow: str, seeds: range = range(12)) -> Iterator[tuple[Task, dict[str, Any], list[Any]]]:
    """Tasks of a workflow whose answer is known: the facts, and the rows that the oracle looks up."""
    for split in ("train", "test"):
        for seed in seeds:
            task = pack.task(seed, split, workflow=workflow)
            if answer_of(task).answer == "unknown":
                continue
            with Episode(pack, task) as episode:
                for action in task.oracle:
                    episode.apply(action)
                looked = [e.result for e in episode.events if isinstance(e, Called) and e.name == "table_lookup"]
            yield task, {fact.name: fact.value for fact in task.ledger.facts}, [row for rows in looked for row in rows]


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_branch_is_certified(pack: Pack, split: str) -> None:
    report = certify_pack(pack, range(len(pack.branches("train"))), split)
    assert report.ok, report.failures


def test_price_by_hand(pack: Pack) -> None:
    for task, facts, rows in each(pack, "price"):
        prices = [r for r in rows if r["detail"] == facts["shop"] and r["first_day"] <= facts["day"] <= r["last_day"]]
        assert [facts["count"] * int(r["value"]) for r in prices] == [int(answer_of(task).answer)], task.ledger.opening


def test_open_days_by_hand(pack: Pack) -> None:
    for task, facts, rows in each(pack, "open_days"):
        first, last = (date.fromisoformat(facts[name]) for name in ("start", "finish"))
        count = (last - first).days + (1 if facts["bound"] == "both days included" else 0)
        days = [first + timedelta(n) for n in range(count)]
        closed = {row["first_day"] for row in rows if row["value"] == "all shops closed"}
        rest = next(row["value"] for row in rows if row["item"] == facts["shop"])
        open_ = [day for day in days if DAYS[day.weekday()] != rest and day.isoformat() not in closed]
        assert len(open_) == int(answer_of(task).answer), task.ledger.opening


def test_late_fee_by_hand(pack: Pack) -> None:
    for task, facts, rows in each(pack, "late_fee"):
        terms = {row["detail"]: int(row["value"]) for row in rows}
        kept = (date.fromisoformat(facts["returned"]) - date.fromisoformat(facts["borrowed"])).days
        due = min(terms["at most"], max(0, kept - terms["free days"]) * terms["for each day after that"])
        assert due == int(answer_of(task).answer), task.ledger.opening


def test_arrival_by_hand(pack: Pack) -> None:
    for task, facts, rows in each(pack, "arrival"):
        at = {row["detail"]: int(row["value"]) for row in rows}
        hour, minute = map(int, facts["time"].split(":"))
        minutes = hour * 60 + minute + at[facts["target"]] - at[facts["stop"]]
        assert f"{minutes // 60:02d}:{minutes % 60:02d}" == answer_of(task).answer, task.ledger.opening


def test_mixture_convert_postage_and_crates_by_hand(pack: Pack) -> None:
    for task, facts, rows in each(pack, "mixture"):
        parts = {row["detail"]: int(row["value"]) for row in rows if row["unit"] == "parts"}
        per = next(int(row["value"]) for row in rows if row["item"] == facts["big_unit"])
        share = facts["count"] * per * parts[facts["ingredient"]]
        assert divmod(share, sum(parts.values())) == (int(answer_of(task).answer), 0)
    for task, facts, rows in each(pack, "convert"):
        per = {row["item"]: (int(row["value"]), row["unit"]) for row in rows}
        many, middle = per[facts["big_unit"]]
        assert per[middle][1] == facts["small_unit"]
        assert facts["count"] * many * per[middle][0] == int(answer_of(task).answer)
    for task, facts, rows in each(pack, "postage"):
        fits = [r for r in rows if int(r["detail"].split()[2]) >= facts["weight"]]
        price = min(fits, key=lambda row: int(row["detail"].split()[2]))
        assert facts["count"] * int(price["value"]) == int(answer_of(task).answer)
    for task, facts, rows in each(pack, "crates"):
        assert -(-facts["count"] // int(rows[0]["value"])) == int(answer_of(task).answer)


def test_a_bound_on_its_very_day_or_weight_belongs_to_it(pack: Pack) -> None:
    """The variants stand on the bound: what an error by one gives is kept, and is another answer."""
    for workflow, branch in (("price", "first_day"), ("price", "last_day"), ("postage", "bound")):
        wanted = answer_of(pack.task(0, workflow=workflow, branch=branch))
        assert wanted.slips["off_by_one"], branch
        assert wanted.answer not in wanted.slips["off_by_one"]


def test_the_pay_is_1_with_a_tool_less_a_tenth_without_and_nothing_when_wrong(pack: Pack) -> None:
    for workflow in ("price", "convert", "late_fee"):
        task = pack.task(1, workflow=workflow, branch=pack.workflows[workflow].leaves[0])
        right = answer_of(task).answer
        assert score(pack, task, task.oracle) == pytest.approx(1.0)
        assert score(pack, task, [submit(right)]) == pytest.approx(0.9)
        assert score(pack, task, [submit(f"{right}.0")]) == pytest.approx(0.9)
        assert score(pack, task, [*task.oracle[:-1], submit("-1")]) == 0.0
        assert score(pack, task, [submit(f"{right} or {right}1 or something else again")]) == 0.0


def test_computing_counts_where_there_is_nothing_to_look_up(pack: Pack) -> None:
    task = pack.task(4, workflow="harvest")
    ask, compute, answer = task.oracle
    assert score(pack, task, [ask, compute, answer]) == pytest.approx(1.0)
    assert score(pack, task, [ask, answer]) == pytest.approx(0.9)


@pytest.mark.parametrize("workflow", ["harvest", "which_shop", "mixture"])
def test_an_answer_to_a_question_that_was_left_open_is_none(pack: Pack, workflow: str) -> None:
    task = pack.task(2, workflow=workflow, branch=pack.workflows[workflow].leaves[0])
    assert score(pack, task, task.oracle[1:]) == 0.0


def test_unknown_counts_only_where_it_is_and_after_a_look(pack: Pack) -> None:
    for workflow in pack.workflows.values():
        if "unknown" not in workflow.leaves:
            continue
        task = pack.task(5, workflow=workflow.name, branch="unknown")
        twin = pack.twin(task)
        assert twin is not None
        assert twin.ledger.opening == task.ledger.opening
        assert score(pack, task, task.oracle) == pytest.approx(1.0)
        assert score(pack, task, [submit("unknown")]) == 0.0
        assert score(pack, twin, task.oracle) == 0.0


@pytest.mark.parametrize("workflow", ["arrival", "crates", "mixture", "open_days"])
def test_what_could_be_guessed_counts_only_after_a_look(pack: Pack, workflow: str) -> None:
    task = pack.task(1, workflow=workflow, branch="given")
    assert score(pack, task, task.oracle) == pytest.approx(1.0)
    asked = [action for action in task.oracle if action.words]
    assert score(pack, task, [*asked, submit(str(answer_of(task).answer))]) == 0.0


def asked_and_drawn(task: Task) -> tuple[Any, Any]:
    """What a rule learned in training could go by, and what it would have to say."""
    bind, right = task.bind, str(answer_of(task).answer)
    if task.workflow == "postage":
        return (len(bind["zone"]), bind["weight"] > 500), int(right) / bind["count"]
    if task.workflow == "arrival":
        start, end = (int(time[:2]) * 60 + int(time[3:]) for time in (bind["time"], right))
        return (), end - start
    return bind["count"] % 12, right


@pytest.mark.parametrize("workflow", ["arrival", "crates", "postage"])
def test_no_rule_from_training_says_the_answer_without_a_look(pack: Pack, workflow: str) -> None:
    seen: dict[Any, Counter[Any]] = {}
    for seed in range(60):
        asked, drawn = asked_and_drawn(pack.task(seed, workflow=workflow, branch="given"))
        seen.setdefault(asked, Counter())[drawn] += 1
    right = 0
    for seed in range(60):
        asked, drawn = asked_and_drawn(pack.task(seed, "test", workflow=workflow, branch="given"))
        right += asked in seen and seen[asked].most_common(1)[0][0] == drawn
    assert right <= 12


def test_feasts_count_without_being_arranged(pack: Pack) -> None:
    """Else the days of a question would say nearly all."""
    closed = 0
    for seed in range(20):
        task = pack.task(seed, workflow="open_days", branch="given")
        closed += len(answer_of(task).slips["missing_step"]) == 2  # without feasts, and without feasts and rests
    assert 3 <= closed <= 17


def test_splits_share_no_number_word_or_name(pack: Pack) -> None:
    words = pack.content.words
    for name in words["train"]:
        assert not set(words["train"][name]) & set(words["test"][name]), name


def test_another_bind_row_is_another_problem_with_its_own_truth(pack: Pack) -> None:
    """How errors become tasks: other numbers, another bound, another unit, and the certificate holds."""
    task = pack.task(3, workflow="open_days", branch="feast")
    other = "the last day not counted" if task.bind["bound"] == "both days included" else "both days included"
    workflow = pack.workflows["open_days"]
    turned = pack.compile(workflow, "feast", {**task.bind, "bound": other}, task.seed, task.split)
    assert turned.id != task.id
    assert abs(int(answer_of(turned).answer) - int(answer_of(task).answer)) <= 1
    assert certify(pack, turned).ok
    price = pack.task(3, workflow="price", branch="given")
    more = pack.compile(pack.workflows["price"], "given", {**price.bind, "count": 61}, price.seed, price.split)
    each_ = int(answer_of(price).slips["missing_step"][0])
    assert int(answer_of(more).answer) == 61 * each_
    assert certify(pack, more).ok


def test_it_is_an_environment() -> None:
    env = gym.make("AgentTool-v0", pack="numbers", split="test")
    observation, _ = env.reset(seed=11, options={"workflow": "price", "branch": "given"})
    assert "table_lookup" in observation["transcript"]
    _, reward, terminated, _, info = env.step('{"name": "submit_answer", "arguments": {"answer": "1"}}')
    assert (reward, terminated, info["ending"]) == (0.0, True, "answered")
    env.close()
