"""What guessing earns: nothing. One reason after the other, one value after the other, a reason that is denied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentgym.certify.play import play, play_policy
from agentgym.pack import Pack
from agentgym.policies import POLICIES
from agentgym.types import Action, Call, Task


def tasks(pack: Pack, kind: str) -> Iterator[Task]:
    """One task of each branch with a single outcome criterion, of that kind."""
    for workflow, branch in pack.branches("test"):
        task = pack.task(5, "test", workflow, branch)
        if [c.kind for c in task.outcomes[0].criteria if c.part == "outcome"] == [kind]:
            yield task


def test_a_wrong_reason_first_loses_the_right_one(clinic: Pack) -> None:
    found = list(tasks(clinic, "refused"))
    assert len(found) >= 20
    for task in found:
        right = next(c.rule for c in task.outcomes[0].criteria if c.kind == "refused")
        wrong = 1 + next(i for i, rule in enumerate(clinic.rules) if rule != right)
        said = [i for i, action in enumerate(task.oracle) if action.words]
        first = max(i for i in said if i < len(task.oracle) - len(task.ledger.strategy))
        guess = Action(f"I'm sorry, I can't do that: rule R{wrong} forbids it. Could you tell me your e-mail address?")
        assert play(clinic, task, task.oracle).score == pytest.approx(1.0)
        assert play(clinic, task, [*task.oracle[:first], guess, *task.oracle[first:]]).score == 0.0


def test_guessing_reasons_wins_no_more_than_the_first_guess(clinic: Pack) -> None:
    for task in tasks(clinic, "refused"):
        twin = clinic.twin(task)
        assert twin is not None
        assert not play_policy(clinic, twin, POLICIES["guess_reasons"]).success


def test_a_reason_that_is_denied_is_none(clinic: Pack) -> None:
    for task in tasks(clinic, "refused"):
        criterion = next(c for c in task.outcomes[0].criteria if c.kind == "refused")
        number = list(clinic.rules).index(criterion.rule) + 1
        start = next(i for i, action in enumerate(task.oracle) if f"R{number}" in action.words)
        for form in ("It is not {}.", "<!-- {} -->"):
            reason = " ".join(form.format(value.value) for value in criterion.values)
            words = Action(f"I'm sorry, I can't do that: rule R{number} forbids it. {reason}")
            assert play(clinic, task, [*task.oracle[:start], words]).score == 0.0, words


def test_one_value_after_the_other_is_no_answer(clinic: Pack) -> None:
    task = clinic.task(41, "test", "next_visit", "done")
    image = clinic.image("test", task.world_seed)
    right = {value.value for c in task.outcomes[0].criteria if c.kind == "told" for value in c.values}
    calls = [call for action in task.oracle for call in action.calls if isinstance(call, Call)]
    patient = next(call.arguments["patient_id"] for call in calls if "patient_id" in call.arguments)
    query = (
        "SELECT s.starts_at FROM appointments a JOIN slots s USING (slot_id) "
        "WHERE a.patient_id = :patient AND a.status = 'booked'"
    )
    others = [start for (start,) in image.query(query, {"patient": patient}) if start not in right]
    if not others:
        pytest.skip("this patient has one visit")
    wrong = Action(f"I have found it: your next visit is on {others[0]}.")
    assert play(clinic, task, task.oracle).score == pytest.approx(1.0)
    assert play(clinic, task, [*task.oracle[:-1], wrong, task.oracle[-1]]).score == 0.0
