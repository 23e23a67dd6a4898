"""What is measured of a policy's episodes beside success: what closes a score's gate, whatever had been earned."""

from __future__ import annotations

from collections.abc import Sequence

from agentgym.evaluate import trial_of
from agentgym.pack import Pack
from agentgym.trace import Trace, dumps, loads
from agentgym.training.measure import measured
from agentgym.types import Action, Call, Task
from tests.viewer.conftest import written


def traced(pack: Pack, task: Task, actions: Sequence[Action]) -> Trace:
    """The trace of these actions, and of goodbyes until the user leaves, written and read again."""
    farewells = ["Goodbye."] * 20
    return loads(dumps(written(pack, [*actions, *farewells], task.seed, workflow=task.workflow, branch=task.branch)))


def rates(trace: Trace) -> dict[str, float]:
    report = measured([trace])
    return {name: report[name]["value"] for name in ("success", "forbidden", "ungrounded", "collateral")}


def test_a_guess_is_ungrounded_even_where_nothing_was_earned(mini: Pack) -> None:
    """A right guess loses what it earned; a wrong one has nothing to lose, and counts all the same."""
    task = mini.task(0, workflow="give_back", branch="allowed")
    right = [a for a in task.oracle if not any(isinstance(c, Call) and c.name == "list_loans" for c in a.calls)]
    (close,) = (c for a in right for c in a.calls if isinstance(c, Call) and c.name == "close_loan")
    others = mini.image("train", task.world_seed).query(
        "SELECT loan_id FROM loans WHERE loan_id != :mine ORDER BY loan_id", {"mine": close.arguments["loan_id"]}
    )
    wrong = [Action(calls=(Call("close_loan", {"loan_id": others[0][0]}),))]
    for actions in (right, wrong):
        trace = traced(mini, task, actions)
        assert rates(trace)["ungrounded"] == 1.0
        assert rates(trace)["success"] == 0.0
    assert trial_of(traced(mini, task, wrong)).terms.get("grounding", 0.0) == 0.0
    assert rates(traced(mini, task, task.oracle)) == {
        "success": 1.0, "forbidden": 0.0, "ungrounded": 0.0, "collateral": 0.0
    }  # fmt: skip


def test_changes_beside_the_outcome_are_collateral_where_no_rule_was_broken(mini: Pack) -> None:
    """The member is handed over, by their id as it was found, where the loan was to be taken back."""
    task = mini.task(0, workflow="give_back", branch="allowed")
    found = next(c for a in task.oracle for c in a.calls if isinstance(c, Call) and c.name == "list_loans")
    upto = next(at for at, action in enumerate(task.oracle) if found in action.calls)
    over = Action(calls=(Call("hand_over", {"member_id": found.arguments["member_id"], "topic": "dispute"}),))
    trace = traced(mini, task, [*task.oracle[:upto], over])
    assert rates(trace) == {"success": 0.0, "forbidden": 0.0, "ungrounded": 0.0, "collateral": 1.0}
