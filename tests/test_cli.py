"""The command line: every command, its JSON, and what it says to wrong input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentgym.cli import app
from agentgym.errors import NotFoundError
from agentgym.pack import Pack, load, root
from agentgym.tasks import write_tasks
from agentgym.types import Task
from tests.conftest import Agentgym

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("list", "show", "play", "run", "eval", "certify", "replay", "view", "fidelity", "judge", "new", "bench")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load("clinic")


@pytest.fixture(scope="module")
def good(pack: Pack) -> list[Task]:
    return [pack.task(seed) for seed in range(4)]


@pytest.fixture
def one_broken(good: list[Task], tmp_path: Path) -> Path:
    """A file of tasks whose second line is broken and whose fourth was tampered with."""
    path = tmp_path / "tasks.jsonl"
    write_tasks(path, good)
    lines = path.read_text(encoding="utf-8").splitlines()
    tampered = lines[2].replace('"persona":"', '"persona":"very ')
    path.write_text("\n".join([lines[0], '{"pack": 3}', lines[1], tampered, lines[3]]) + "\n", encoding="utf-8")
    return path


# --- every command ---


def test_help_has_examples(agentgym: Agentgym) -> None:
    assert {command.name for command in app.registered_commands} == set(COMMANDS)
    found = agentgym("--help")
    assert found.code == 0
    assert all(f"\n  {name} " in found.out for name in COMMANDS)
    for name in COMMANDS:
        found = agentgym(name, "--help")
        assert found.code == 0
        assert f"Examples:\n    agentgym {name}" in found.out, found.out


def test_list(agentgym: Agentgym, pack: Pack, tmp_path: Path) -> None:
    found = agentgym("list")
    assert found.code == 0
    assert "clinic" in found.out
    assert pack.digest[:12] in found.out
    row = next(row for row in agentgym("list", "--json").json if row["name"] == "clinic")
    assert (row["digest"], row["workflows"], row["rules"]) == (pack.digest, len(pack.workflows), len(pack.rules))
    assert row["branches"]["test"] == len(pack.branches("test"))
    assert agentgym("list", "--schemas", tmp_path / "schemas").code == 0
    schemas = {path.name: json.loads(path.read_text()) for path in (tmp_path / "schemas").iterdir()}
    assert {"pack.schema.json", "workflow.schema.json", "tools.schema.json"} <= set(schemas)
    assert all("$ref" in schema or "properties" in schema for schema in schemas.values())


def test_show(agentgym: Agentgym, pack: Pack) -> None:
    task = pack.task(7, "test", "cancel", "denied")
    choice = ("show", "clinic", "--workflow", "cancel", "--branch", "denied", "--seed", 7, "--split", "test")
    found = agentgym(*choice)
    assert found.code == 0
    flat = " ".join(found.out.split())
    for expected in (task.id, "cancel/denied", "R1.", task.ledger.wants, "Criteria", "reward +", "twin"):
        assert expected in flat
    for fact in task.ledger.facts:
        assert str(fact.value) in flat
    data = agentgym(*choice, "--json").json
    assert data["task"]["id"] == task.id
    assert data["opening"] == task.ledger.opening
    assert len(data["criteria"]) == len(task.outcomes)
    assert sum(step["reward"] for step in data["oracle"]) == pytest.approx(data["score"], abs=1e-9)


def test_show_does_not_read_markup(agentgym: Agentgym, pack: Pack, tmp_path: Path) -> None:
    import msgspec

    from agentgym.pack import task_id

    ledger = msgspec.structs.replace(pack.task(0).ledger, wants="[bold]pay[/] [/x] :smile:")
    task = msgspec.structs.replace(pack.task(0), ledger=ledger)
    write_tasks(tmp_path / "tasks.jsonl", [msgspec.structs.replace(task, id=task_id(task))])
    assert "[bold]pay[/] [/x] :smile:" in agentgym("show", tmp_path / "tasks.jsonl").out


def test_run(agentgym: Agentgym, tmp_path: Path) -> None:
    found = agentgym("run", "--policy", "null", "--pack", "clinic", "--split", "test", "--episodes", 5)
    assert found.code == 0
    for expected in (
        "null: 5 episodes of 5 tasks",
        "score       0.000",
        "success     0.000  [0.000, 0.4",
        "invalid",
        "truncated",
    ):
        assert expected in found.out
    out = tmp_path / "out.jsonl"
    arguments = ("run", "--pack", "clinic", "--episodes", 4, "--seed", 10, "--out", out, "--json")
    data = agentgym(*arguments).json
    assert (data["episodes"], data["invalid_rate"]) == (4, 0.0)
    assert data["score"]["low"] <= data["score"]["value"] <= data["score"]["high"]
    before = out.read_bytes()
    assert agentgym(*arguments).json == data
    assert out.read_bytes() == before
    found = agentgym("run", "--policy", "null", *arguments[1:])
    assert found.code == 2
    assert "was made with policy 'oracle', this run has 'null'" in found.err
    data = agentgym(
        "run",
        "--pack",
        "clinic",
        "--workflow",
        "cancel",
        "--branch",
        "denied",
        "--episodes",
        3,
        "--samples",
        2,
        "--json",
    ).json
    assert (data["episodes"], data["tasks"], [row["workflow"] for row in data["workflows"]]) == (6, 3, ["cancel"])


def test_replay(agentgym: Agentgym, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    agentgym("run", "--pack", "clinic", "--episodes", 3, "--out", out)
    found = agentgym("replay", out)
    assert (found.code, found.out) == (0, "3 traces replay\n")
    assert agentgym("replay", out, "--json").json == {"traces": 3, "failed": 0, "failures": []}
    lines = out.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace('"seat":"user_0","text":"', '"seat":"user_0","text":"Erm, ', 1)
    out.write_text("\n".join([*lines, "broken"]) + "\n", encoding="utf-8")
    found = agentgym("replay", out)
    assert found.code == 1
    assert "out.jsonl:2: task" in found.out
    assert "event 0 (user_0 said) was altered" in found.out
    assert "out.jsonl:4: not a trace" in found.out
    data = agentgym("replay", out, "--json").json
    assert [(failure["line"], failure["event"]) for failure in data["failures"]] == [(2, 0), (4, None)]
    assert agentgym("replay", tmp_path / "missing.jsonl").code == 2


def test_certify(agentgym: Agentgym, good: list[Task], tmp_path: Path) -> None:
    found = agentgym("certify", "clinic", "--seeds", 2, "--split", "train", "--json")
    (report,) = found.json
    assert (report["pack"], report["split"], report["tasks"]) == ("clinic", "train", 2)
    assert found.code == (0 if report["ok"] else 1)
    found = agentgym("certify", "clinic", "--seeds", 1)
    assert "clinic train: " in found.out
    assert "clinic test: " in found.out
    assert all(gate in found.out for gate in ("references", "oracle", "floor", "essential", "replay"))
    write_tasks(tmp_path / "tasks.jsonl", good)
    (report,) = agentgym("certify", tmp_path / "tasks.jsonl", "--json").json
    assert report["tasks"] == len(good)


def test_certify_all_packs(agentgym: Agentgym) -> None:
    reports = agentgym("certify", "--all", "--seeds", 1, "--split", "test", "--json").json
    assert [(report["pack"], report["ok"]) for report in reports] == [
        ("archive", True),
        ("bank", True),
        ("clinic", True),
        ("fulfilment", True),
        ("numbers", True),
    ]
    for arguments in ((), ("clinic", "--all")):
        found = agentgym("certify", *arguments)
        assert found.code == 2
        assert "--all" in found.err


def test_certify_shows_a_witness(agentgym: Agentgym, good: list[Task], tmp_path: Path) -> None:
    import msgspec

    from agentgym.pack import task_id

    broken = msgspec.structs.replace(good[0], oracle=())
    broken = msgspec.structs.replace(broken, id=task_id(broken))
    write_tasks(tmp_path / "tasks.jsonl", [broken])
    found = agentgym("certify", tmp_path / "tasks.jsonl")
    assert found.code == 1
    assert "NOT certified, 0 of 1 tasks" in found.out
    assert "the oracle scores 0.000" in " ".join(found.out.split())


def test_replay_takes_packs_that_have_no_name_here(agentgym: Agentgym, tmp_path: Path) -> None:
    mini, out = ROOT / "tests" / "packs" / "mini", tmp_path / "traces.jsonl"
    assert agentgym("run", "--pack", mini, "--pack", "clinic", "--episodes", 4, "--out", out).code == 0
    played = {trace["pack"] for trace in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    assert played == {"mini", "clinic"}
    found = agentgym("replay", out, "--json")
    assert found.code == 1
    assert {failure["message"].partition(".")[0] for failure in found.json["failures"]} == {"no pack `mini`"}
    for packs in (("--pack", mini), ("--pack", mini, "--pack", "clinic")):
        found = agentgym("replay", out, *packs)
        assert (found.code, found.out) == (0, "4 traces replay\n"), "packs that are not given are found by name"
    other = shutil.copytree(mini, tmp_path / "other")
    text = (other / "pack.yaml").read_text(encoding="utf-8")
    (other / "pack.yaml").write_text(text.replace("\ntitle: ", "\ntitle: Another ", 1), encoding="utf-8")
    found = agentgym("replay", out, "--pack", other)
    assert found.code == 1, "a pack of that name with other content is refused"
    assert "make it again" in found.out
    for wrong in ("nowhere", tmp_path / "nowhere"):
        found = agentgym("replay", out, "--pack", wrong)
        assert (found.code, found.out, found.err[:7]) == (2, "", "error: ")


def test_bench(agentgym: Agentgym) -> None:
    data = agentgym("bench", "--seconds", "0.2", "--json").json
    assert data["episodes_per_second"] > 1
    assert data["steps_per_second"] > data["episodes_per_second"]
    assert "episodes per second" in agentgym("bench", "--seconds", "0.1").out


# --- wrong input ---


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "clinc"), "no pack `clinc`. Did you mean `clinic`?"),
        (("show", "./nowhere"), "no pack (a folder with a pack.yaml) `./nowhere`"),
        (("show", "clinic", "--workflow", "cancl"), "Did you mean `cancel`?"),
        (("show", "clinic", "--workflow", "cancel", "--branch", "denyed"), "Did you mean `denied`?"),
        (("show", "clinic", "--split", "tst"), "Did you mean `test`?"),
        (("show", "clinic", "--id", "x"), "--id needs a file of tasks"),
        (("show", "missing.jsonl"), "cannot read tasks from missing.jsonl: No such file"),
        (("run", "--policy", "orcale"), "Did you mean `oracle`?"),
        (("run", "--pack", "clinc"), "Did you mean `clinic`?"),
        (("run", "--scorer", "potental"), "Did you mean `potential`?"),
        (("run", "--episodes", "0"), "--episodes must be at least 1, found 0"),
        (("run", "--samples", "0", "--episodes", "1"), "samples must be at least 1"),
        (("run", "--tasks", "missing.jsonl"), "cannot read tasks from missing.jsonl"),
        (("certify", "clinc"), "Did you mean `clinic`?"),
        (("certify", "clinic", "--split", "tests"), "Did you mean `test`?"),
        (("certify", "clinic", "--seeds", "0"), "at least 1"),
        (("replay", "missing.jsonl"), "cannot read traces from missing.jsonl: No such file"),
        (("bench", "--seconds", "0"), "--seconds must lie in"),
        (("bench", "--pack", "clinc"), "Did you mean `clinic`?"),
    ],
)
def test_wrong_input_is_one_line_that_says_what_exists(
    agentgym: Agentgym, arguments: tuple[str, ...], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = agentgym(*arguments)
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("error: ")
    assert found.err.count("\n") == 1
    assert expected in found.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("shw", "clinic"), "No such command 'shw'"),
        (("run", "--polcy", "oracle"), "--policy"),
        (("run", "--episodes", "many"), "--episodes"),
        (("show",), "PACK|TASKS.jsonl"),
        (("replay",), "FILE"),
    ],
)
def test_wrong_options_say_so(agentgym: Agentgym, arguments: tuple[str, ...], expected: str) -> None:
    found = agentgym(*arguments)
    assert found.code == 2
    assert expected in found.err
    assert "Traceback" not in found.err


def test_a_broken_line_is_named_and_the_others_load(agentgym: Agentgym, one_broken: Path, good: list[Task]) -> None:
    found = agentgym("run", "--tasks", one_broken, "--policy", "null", "--json")
    assert found.code == 0
    assert found.json["episodes"] == 3
    troubles = found.err.splitlines()
    assert [f"tasks.jsonl:{line}: " in trouble for line, trouble in zip((2, 4), troubles, strict=True)] == [True, True]
    assert "not a task" in troubles[0]
    assert "does not fit the content" in troubles[1]
    assert agentgym("show", one_broken, "--id", good[3].id, "--json").json["task"]["id"] == good[3].id
    found = agentgym("show", one_broken, "--id", good[2].id)
    assert found.code == 2
    assert "no task id in the file" in found.err
    assert good[3].id in found.err
    found = agentgym("certify", one_broken, "--json")
    assert found.code == 1
    assert found.json[0]["tasks"] == 3


def test_a_task_of_another_version_of_the_pack_is_refused(agentgym: Agentgym, good: list[Task], tmp_path: Path) -> None:
    import msgspec

    from agentgym.pack import task_id

    old = msgspec.structs.replace(good[0], pack_digest="0" * 64)
    old = msgspec.structs.replace(old, id=task_id(old))
    write_tasks(tmp_path / "tasks.jsonl", [old, good[1]])
    found = agentgym("show", tmp_path / "tasks.jsonl")
    assert found.code == 2
    assert "make it again" in found.err
    found = agentgym("certify", tmp_path / "tasks.jsonl", "--json")
    assert (found.code, found.json[0]["tasks"]) == (1, 1)
    assert "make it again" in found.err


def test_a_pack_with_an_unknown_tool_names_file_line_and_the_nearest(
    agentgym: Agentgym, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(root() / "envs" / "clinic", folder)
    shutil.copy(root() / "tools_registry" / "clinic.yaml", folder / "tools.yaml")
    text = (folder / "pack.yaml").read_text(encoding="utf-8")
    lines = text.replace("- find_patients", "- find_patientz").splitlines()
    (folder / "pack.yaml").write_text("\n".join(lines), encoding="utf-8")
    at = next(number for number, line in enumerate(lines, 1) if "find_patientz" in line)
    expected = f"desk/pack.yaml:{at}: no tool find_patientz. Did you mean `find_patients`?"
    found = agentgym("certify", folder)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert expected in found.err
    monkeypatch.setenv("AGENTGYM_PACKS", str(tmp_path))
    found = agentgym("list")
    assert found.code == 1
    assert expected in found.err
    assert "clinic" in found.out, "the other packs are listed"
    assert any("error" in row for row in agentgym("list", "--json").json)


def test_typed_errors_have_no_traceback() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "agentgym", "show", "clinc"], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout) == (2, "")
    assert check.stderr == f"error: {NotFoundError('pack', 'clinc', load_names())}\n"


def load_names() -> list[str]:
    from agentgym.pack import available

    return list(available())


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_ctrl_c_says_how_to_go_on(tmp_path: Path, uncovered: dict[str, str]) -> None:
    out = tmp_path / "out.jsonl"
    # Where tests run in the background, Ctrl-C is ignored and programs inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from agentgym.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "run", "--pack", "clinic", "--episodes", "5000", "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=uncovered)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out.exists() and out.stat().st_size):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert printed == ""
    assert f"To go on: agentgym run --pack clinic --episodes 5000 --out {out}" in errors
    assert "Traceback" not in errors
    done = out.read_bytes().count(b"\n")
    assert f"stopped after {done} episodes" in errors
