"""Proved tasks in any number: the same bytes in any way they are made, and what is hidden is hidden."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import pytest
from typer.testing import CliRunner

from agentgym.certify import certify
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack, task_id
from agentgym.synthesis import tasks as making
from agentgym.synthesis.search import BUDGET, found_by_search
from agentgym.synthesis.tasks import make_tasks
from agentgym.tasks import Tasks, brought, pack_beside, read_tasks, write_tasks
from agentgym.types import Fact, Task
from agentgym.workflow.node import Decide, walk
from agentgym.world import Pool


def bytes_of(out: Path) -> dict[str, bytes]:
    folder = Path(f"{out}.packs")
    files = [out, *sorted(path for path in folder.rglob("*") if path.is_file())]
    return {str(path.relative_to(out.parent)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made(mini: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty tasks of the lending library, one rule deeper than it is."""
    out = tmp_path_factory.mktemp("made") / "tasks.jsonl"
    make_tasks(mini, out, 30, depth=2)
    return out


def test_every_task_is_proved_and_plays_with_the_packs_that_came_along(made: Path, pool: Pool) -> None:
    tasks, troubles = read_tasks(made)
    packs = brought(made, tasks)
    assert len(tasks) == 30
    assert not troubles
    assert len({task.id for task in tasks}) == 30
    assert {task.split for task in tasks} == {"train", "test"}
    for task in tasks:
        pack = packs[task.pack]
        assert certify(pack, task, pool=pool).ok
        assert not found_by_search(pack, task, pool=pool)
        assert task.provenance.parent.startswith("mini@")
        assert "gap=2 depth=2" in task.provenance.operator
    env = gymnasium.make("AgentTool-v0", tasks=made)
    _, info = env.reset(seed=3)
    assert info["task_id"] == tasks[3].id
    env.close()


def test_as_deep_as_asked_for(made: Path) -> None:
    tasks, _ = read_tasks(made)
    for name, pack in brought(made, tasks).items():
        for workflow in pack.workflows.values():
            assert max(leaf.count(".") + 1 for leaf in workflow.leaves) == 2, (name, workflow.name)
            decided = {node.rule for node in walk(workflow.tree) if isinstance(node, Decide)}
            assert decided <= pack.rules.keys()
        assert all(rule.say in pack.policy for rule in pack.rules.values()), "the policy says what is decided by"


def test_the_same_bytes_from_one_process_and_from_two(
    mini: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_UNIT", 8)
    # processes that are not forked know nothing but the order
    monkeypatch.setattr(making, "ProcessPoolExecutor", partial(ProcessPoolExecutor, mp_context=get_context("spawn")))
    found: list[dict[str, bytes]] = []
    for workers in (1, 2):
        out = tmp_path / str(workers) / "tasks.jsonl"
        out.parent.mkdir()
        seen: list[int] = []
        made = make_tasks(mini, out, 16, depth=1, workers=workers, progress=seen.append)
        assert made.tasks == 16
        assert len(made.packs) == 2
        found.append(bytes_of(out))
    assert found[0] == found[1]


def test_a_run_that_was_stopped_goes_on(mini: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_UNIT", 8)
    whole, out = tmp_path / "a" / "tasks.jsonl", tmp_path / "b" / "tasks.jsonl"
    whole.parent.mkdir()
    out.parent.mkdir()
    make_tasks(mini, whole, 16, depth=1)

    def stop(done: int) -> None:
        if done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_tasks(mini, out, 16, depth=1, progress=stop)
    assert not out.exists()
    seen: list[int] = []
    make_tasks(mini, out, 16, depth=1, progress=seen.append)
    assert seen[0] == 9, "the first pack is not made again"
    assert bytes_of(out) == bytes_of(whole)
    seen.clear()
    assert make_tasks(mini, out, 16, depth=1, progress=seen.append).tasks == 16
    assert not seen, "what is there is there"
    with pytest.raises(UsageError, match="holds something else already"):
        make_tasks(mini, out, 17, depth=1)


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_user_keeps_back_what_was_asked_for(mini: Pack, tmp_path: Path, gap: int) -> None:
    out = tmp_path / "tasks.jsonl"
    make_tasks(mini, out, 8, gap=gap, depth=1)
    for task in read_tasks(out)[0]:
        said = [fact for fact in task.ledger.facts if fact.release == "opening"]
        count = len(task.ledger.facts)
        assert len(said) == {0: count, 1: (count + 1) // 2, 3: 0}[gap]
        asks = [act for act in task.oracle if act.words]
        assert asks
        if gap == 3:
            assert not any(str(fact.value) in task.ledger.opening for fact in task.ledger.facts)


def test_what_cannot_be_had_is_said_and_blocks_nothing(mini: Pack, tmp_path: Path) -> None:
    out = tmp_path / "tasks.jsonl"
    with pytest.raises(UsageError, match=r"mini: only 0 of \d+ workflows in \d+ draws: no write has 7 decisions"):
        make_tasks(mini, out, 5, depth=7)
    with pytest.raises(UsageError, match="found gap 4, depth 1 and seed 0"):
        make_tasks(mini, out, 5, gap=4, depth=1)
    assert not out.exists()
    (Path(f"{out}.packs") / ".killed").mkdir()
    assert make_tasks(mini, out, 3, depth=1).tasks == 3, "an order of which nothing is there gives way"
    assert not (Path(f"{out}.packs") / ".killed").exists()


def test_nothing_of_anybodys_is_overwritten_or_taken_for_its_own(mini: Pack, tmp_path: Path) -> None:
    out = tmp_path / "tasks.jsonl"
    out.write_text("three years of work")
    with pytest.raises(UsageError, match="holds something else already"):
        make_tasks(mini, out, 3, depth=1)
    assert out.read_text() == "three years of work"
    out.unlink()
    make_tasks(mini, out, 3, depth=1)
    made = out.read_bytes()
    out.write_bytes(made[:100])
    with pytest.raises(UsageError, match="has been changed since it was made"):
        make_tasks(mini, out, 3, depth=1)
    out.unlink()
    make_tasks(mini, out, 3, depth=1)
    assert out.read_bytes() == made


def test_a_search_finds_what_a_tool_shows_and_nothing_else(clinic: Pack, pool: Pool) -> None:
    """An e-mail address that the file has is no secret of somebody's whose phone number is known and nobody else's."""
    image = clinic.image("train", 0)
    ((patient, phone, email, other),) = image.query(
        "SELECT patient_id, phone, email, (SELECT email FROM patients o WHERE o.patient_id <> p.patient_id LIMIT 1)"
        " FROM patients p WHERE (SELECT count(*) FROM patients o WHERE o.phone = p.phone) = 1 LIMIT 1"
    )
    assert patient
    task = clinic.task(0, workflow="refill")
    task = msgspec.structs.replace(task, situation=(), world_seed=0)

    def hiding(value: str, release: Any = "opening", budget: int = BUDGET) -> tuple[str, ...]:
        facts = (
            Fact("phone", phone, "phone", "patients.phone", release),
            Fact("email", value, "email", "patients.email", "asked"),
        )
        ledger = msgspec.structs.replace(task.ledger, facts=facts)
        return found_by_search(clinic, msgspec.structs.replace(task, ledger=ledger), budget, pool)

    assert hiding(email) == ("email",)
    assert hiding(other) == ()
    assert hiding(email, release="asked") == (), "nothing to begin with"
    assert hiding(email, budget=1) == ()


def test_a_search_takes_the_row_that_the_opening_describes_and_optional_arguments(clinic: Pack, pool: Pool) -> None:
    image = clinic.image("train", 0)
    ((name, specialty),) = image.query("SELECT name, specialty FROM doctors LIMIT 1")
    task = msgspec.structs.replace(clinic.task(0, workflow="refill"), situation=(), world_seed=0)

    def finds(*facts: Fact) -> tuple[str, ...]:
        ledger = msgspec.structs.replace(task.ledger, facts=facts)
        return found_by_search(clinic, msgspec.structs.replace(task, ledger=ledger), pool=pool)

    known = Fact("doctor", name, "name", "doctors.name", "opening")
    assert finds(known, Fact("specialty", specialty, "enum", "doctors.specialty")) == ("specialty",)
    assert finds(known, Fact("room", "no such room", "text", "doctors.room")) == ()
    rows = image.query(
        "SELECT p.phone, p.date_of_birth, r.medicine, r.last_filled_on FROM prescriptions r JOIN patients p "
        "ON p.patient_id = r.patient_id "
        "WHERE (SELECT count(*) FROM prescriptions o WHERE o.patient_id = r.patient_id) > 1 "
        "AND (SELECT count(*) FROM patients o WHERE o.phone = p.phone) = 1 LIMIT 1"
    )
    ((phone, born, medicine, filled),) = rows
    hidden = Fact("last_fill", filled, "date", "prescriptions.last_filled_on")
    caller = [Fact("phone", phone, "phone", "patients.phone", "opening"),
              Fact("date_of_birth", born, "date", "patients.date_of_birth", "opening")]  # fmt: skip
    assert finds(*caller, hidden) == (), "one of several, and nothing tells which"
    assert finds(*caller, Fact("medicine", medicine, "name", "prescriptions.medicine", "opening"), hidden) == (
        "last_fill",
    )


@pytest.mark.parametrize("name", ["", "..", "../outside", "~", "a" * 300, "x/y", "{absolute}"])
def test_what_a_file_calls_a_pack_is_a_name_and_no_path(name: str, made: Path, mini: Pack, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(mini.content.folder, outside)
    name = name.replace("{absolute}", str(outside))
    task = read_tasks(made)[0][0]
    evil = msgspec.structs.replace(task, pack=name, pack_digest=mini.digest)
    evil = msgspec.structs.replace(evil, id=task_id(evil))
    path = tmp_path / "tasks.jsonl"
    Path(f"{path}.packs").mkdir()
    write_tasks(path, [evil])
    with pytest.raises(AgentGymError, match="no pack"):
        pack_beside(name, path)
    assert brought(path, [evil]) == {}
    assert set(Tasks([mini], "train", path).packs) == {"mini"}


def test_a_link_out_of_the_folder_is_no_pack(made: Path, mini: Pack, tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    Path(f"{path}.packs").mkdir()
    (Path(f"{path}.packs") / "mini").symlink_to(mini.content.folder)
    with pytest.raises(AgentGymError):
        pack_beside("mini", path)
    assert pack_beside(read_tasks(made)[0][0].pack, made).workflows


def test_the_command(made: Path, tmp_path: Path) -> None:
    from agentgym.cli import app

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    folder = Path(__file__).parent.parent / "packs" / "mini"
    out = tmp_path / "tasks.jsonl"
    found = run("synth", "tasks", "--pack", folder, "--depth", 2, "--n", 30, "--out", out, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["tasks"] == 30
    assert bytes_of(out) == bytes_of(made)
    assert run("certify", out).exit_code == 0
    assert run("synth", "audit", out).exit_code == 0
    assert "user" in run("show", out, "--seed", 2).output
    played = run("run", "--policy", "oracle", "--tasks", out, "--json")
    assert played.exit_code == 0, played.output


def test_rows_of_one_task_are_not_played_twice(made: Path) -> None:
    def key(task: Task) -> tuple[Any, ...]:
        return task.split, task.workflow, task.branch, task.world_seed, *task.bind.items()

    tasks, _ = read_tasks(made)
    assert len({key(task) for task in tasks}) == len(tasks)
