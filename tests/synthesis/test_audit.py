"""The audit finds what was put in, and nothing where nothing was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from agentgym.certify.certificate import GATES
from agentgym.errors import UsageError
from agentgym.pack import Pack, load, task_id
from agentgym.synthesis import audit as audited
from agentgym.synthesis.audit import Audit, Finding, audit
from agentgym.tasks import write_tasks
from agentgym.types import Call, Task, ToolView


@pytest.fixture(scope="module")
def tasks(clinic: Pack) -> list[Task]:
    """Every branch of a workflow in both splits."""
    branches = clinic.workflows["refill"].branches
    return [clinic.task(0, split, "refill", branch) for split in ("train", "test") for branch in branches]


def found(given: list[Task], **options: Any) -> dict[str, Finding]:
    packs = {name: load(name) for name in {task.pack for task in given} if name == "clinic"}
    return {finding.check: finding for finding in audit(given, packs, **options).findings}


def changed(task: Task, **changes: Any) -> Task:
    other = replace(task, **changes)
    return replace(other, id=task_id(other))


def test_a_good_set_passes(tasks: list[Task], clinic: Pack) -> None:
    seen: list[int] = []
    report = audit(tasks, {"clinic": clinic}, ["no such line in any task"], seen.append)
    assert report.ok, [(f.check, f.witnesses) for f in report.findings if not f.ok]
    assert seen[-1] == len(tasks) == report.tasks
    assert report.splits == {"train": len(tasks) // 2, "test": len(tasks) // 2}
    by_name = {finding.check: finding for finding in report.findings}
    assert by_name["leaves without a task"].of == 4
    assert not by_name["leaves without a task"].found
    assert by_name["found in the list"].of == len(tasks)


def test_copies(tasks: list[Task]) -> None:
    exact = changed(tasks[0], seed=99)
    other = changed(tasks[1], ledger=replace(tasks[1].ledger, opening="Me again."))
    report = found([*tasks, exact, other])
    assert report["exact duplicates"].witnesses == [f"{exact.id} is {tasks[0].id}"]
    assert report["near duplicates"].found == 2
    assert not report["near duplicates"].ok
    assert not found(tasks)["near duplicates"].found


def test_what_does_not_exist(tasks: list[Task]) -> None:
    (action, *rest) = [action for action in tasks[0].oracle if action.calls]
    del rest
    phantom = replace(action, calls=(Call("teleport", {}),))
    broken = changed(tasks[0], oracle=(phantom, *tasks[0].oracle))
    elsewhere = changed(tasks[0], pack="atlantis")
    stale = changed(tasks[0], pack_digest="0" * 64)
    report = found([broken, elsewhere, stale])["phantom references"]
    assert report.found == 3
    assert not report.ok
    assert "teleport" in report.witnesses[0]
    assert "atlantis" in report.witnesses[1]
    assert "make it again" in report.witnesses[2]


def test_what_is_won_without_deciding(tasks: list[Task]) -> None:
    """A task whose oracle is another's: the gates of the certificate are named by what they mean."""
    legal, illegal = tasks[0], tasks[1]
    wrong = changed(legal, oracle=illegal.oracle)
    report = found([wrong])
    assert report["the oracle fails"].found == 1
    assert not report["the oracle fails"].ok
    assert report["branch-blind success"].of == 0, "what fails at a gate does not reach the next"
    assert "the oracle fails" not in found(tasks), "gates at which nothing failed are not all listed"


def test_every_gate_is_a_check_in_the_order_of_the_gates() -> None:
    assert [gate for gate in audited._GATES if gate != "recordings"] == [*GATES], "a task that fails there would pass"


def test_what_cannot_be_played_is_a_finding_and_no_crash(tasks: list[Task]) -> None:
    task = tasks[0]
    view = ToolView(asked="renamed", tools={"nothing": "other"})
    situation = replace(task.situation[0], sql="UPDATE patients SET name = NULL WHERE patient_id = $patient_id")
    broken = [changed(task, tool_view=view), changed(task, situation=(situation,)), changed(task, bind={})]
    report = found([*broken, tasks[1]])
    assert sum(finding.found for finding in report.values() if finding.fails) >= 3
    assert report["phantom references"].of == 4


def test_leakage_between_the_splits(tasks: list[Task]) -> None:
    train = next(task for task in tasks if task.split == "train")
    leaked = changed(train, split="test")
    report = found([*tasks, leaked])["shared by train and test"]
    assert not report.ok
    assert any("phone" in witness for witness in report.witnesses)
    assert any("..." in witness for witness in report.witnesses), "the same opening, whatever the values"
    assert not found(tasks)["shared by train and test"].found


def test_lines_of_a_list(tasks: list[Task]) -> None:
    phone = next(str(fact.value) for fact in tasks[0].ledger.facts if fact.name == "phone")
    report = found(tasks, against=[f"something\n  {phone} \nREFILL", "x"])["found in the list"]
    assert report.found >= 1
    assert phone in report.witnesses[0]
    whole = found(tasks, against=['{"text": "' + tasks[0].ledger.opening.replace(" ", "  ") + '"}'])[
        "found in the list"
    ]
    assert whole.found >= 1, "a line that has an opening in it"
    with pytest.raises(UsageError, match="nothing to compare with"):
        found(tasks, against=["short"])


def test_leaves_and_twins_are_counted_and_fail_nothing(tasks: list[Task]) -> None:
    some = [task for task in tasks if not {"denied", "claim"} & set(task.branch.replace("_", ".").split("."))]
    report = found(some)
    assert report["leaves without a task"].found == 3
    assert report["twins of which one side has no task"].found == 3
    assert report["leaves without a task"].ok
    assert Audit(0, {}, {}, []).ok is False


def test_a_search_is_part_of_it(tasks: list[Task], clinic: Pack) -> None:
    """A user that says its phone number at once hides nothing that the file of a single person shows."""
    task = tasks[0]
    ((phone, email),) = clinic.image("train", task.world_seed).query(
        "SELECT phone, email FROM patients p"
        " WHERE (SELECT count(*) FROM patients o WHERE o.phone = p.phone) = 1 LIMIT 1"
    )
    facts = [
        replace(
            task.ledger.facts[0], name="phone", value=phone, type="phone", column="patients.phone", release="opening"
        ),
        replace(
            task.ledger.facts[0], name="email", value=email, type="email", column="patients.email", release="asked"
        ),
    ]
    open_book = changed(task, ledger=replace(task.ledger, facts=tuple(facts)))
    report = found([open_book])["search finds what is hidden"]
    assert report.witnesses == [f"{open_book.id}: email"]
    assert not report.ok


def test_the_command_fails_and_says_where(tasks: list[Task], tmp_path: Path) -> None:
    from agentgym.cli import app

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, ["synth", "audit", *(str(argument) for argument in arguments)])

    write_tasks(tmp_path / "good.jsonl", tasks)
    assert run(tmp_path / "good.jsonl").exit_code == 0
    write_tasks(tmp_path / "more.jsonl", [changed(tasks[0], seed=99)])
    both = run(tmp_path, "--json")
    assert both.exit_code == 1
    report = json.loads(both.stdout)
    assert report["ok"] is False
    assert next(f for f in report["findings"] if f["check"] == "exact duplicates")["found"] == 1
    shown = run(tmp_path)
    assert "FAILS" in shown.output
    with (tmp_path / "good.jsonl").open("a") as file:
        file.write("{}\n")
    assert run(tmp_path / "good.jsonl").exit_code == 1, "a line that is no task is not passed over"
    (tmp_path / "empty").mkdir()
    assert "holds no file of tasks" in str(run(tmp_path / "empty").exception)
    list_ = tmp_path / "list.txt"
    list_.write_text(tasks[0].ledger.opening)
    assert run(tmp_path / "more.jsonl", "--against", list_).exit_code == 1
