"""`benchmarks/peers.py`: its arithmetic, its table and its processes; what others cost is for the benchmark to say."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
PROGRAM = BENCHMARKS / "peers.py"


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The program as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)
    yield importlib.import_module("peers")
    for name in set(sys.modules) - before:
        if name in ("peers", "kernel") or name.startswith(("_peers", "_kernel")):
            del sys.modules[name]


@pytest.fixture
def env(peers: Any) -> Any:
    return importlib.import_module("_peers_env")


def took(steps: list[int], said: str = "same") -> dict[str, Any]:
    return {"steps": steps, "resets": [100_000, 300_000], "episodes": [400_000, 800_000], "calls": 4, "said": said}


def test_a_row_is_the_mean_over_calls_of_their_medians(peers: Any) -> None:
    rounds = [took([10_000, 100_000]), took([30_000, 300_000]), took([20_000, 200_000])]
    found = peers.line(peers.OURS, rounds, None)
    assert (found["low"], found["step"], found["high"]) == (55.0, 110.0, 165.0)
    assert (found["reset"], found["rounds"], found["agrees"]) == (200.0, 3, True)
    assert found["episode"] == 300.0, "microseconds of all episodes over all their calls"


def test_ratios_are_to_our_step_and_the_tool_is_taken_off(peers: Any) -> None:
    rows = [peers.TOOL, peers.OURS, peers.PLAIN_GEM, peers.OLD_VERIFIERS]
    found = {
        peers.TOOL.name: [took([20_000])], peers.OURS.name: [took([50_000])], peers.PLAIN_GEM.name: [],
        peers.OLD_VERIFIERS.name: [took([200_000], "other")],
    }  # fmt: skip
    entries = peers.lines(rows, found, {peers.PLAIN_GEM.name: "cannot be installed: no | network"})
    assert [entry.get("ratio") for entry in entries] == [0.4, 1.0, None, 4.0]
    assert [entry.get("around") for entry in entries] == [0.0, 30.0, None, 180.0]
    assert [entry.get("agrees") for entry in entries] == [True, True, None, False]
    text = peers.table([{**entry, "bytes": 4_200} for entry in entries])
    assert len({line.count("|") for line in text}) == 1, "every line has as many columns"
    assert "not measured: cannot be installed: no / network" in text[4]
    assert "(!)" in text[5]
    assert " 4.00 " in text[5]
    assert [peers.micros(value) for value in (9.26, 999.0, 1234.5)] == ["9.3", "999.0", "1,234"]


@pytest.mark.parametrize(
    ("ours", "gem", "verifiers", "verdicts"),
    [
        (50, 50, 250, ["met", "met", "met", "met"]),
        (51, 50, 250, ["missed", "missed", "missed", "missed"]),
        (50, None, 400, ["met", "met"]),
    ],
)
def test_aims_are_judged_either_way(
    peers: Any, ours: int, gem: int | None, verifiers: int, verdicts: list[str]
) -> None:
    times = {peers.OURS: ours, peers.LOOP: ours, peers.PLAIN_GEM: gem, peers.OLD_VERIFIERS: verifiers}
    entries = [
        {"name": row.name, "step": time, "episode": 2 * time} if time else {"name": row.name, "why": "x"}
        for row, time in times.items()
    ]
    assert [line.rsplit(" ", 1)[1].rstrip(".") for line in peers.aims(entries)] == verdicts


def test_rows_are_interleaved_and_failures_do_not_stop_the_others(peers: Any) -> None:
    asked: list[str] = []
    unavailable = importlib.import_module("_peers_env").Unavailable

    class Fake:
        def __init__(self, name: str, fails: bool = False) -> None:
            self.name, self.fails = name, fails

        def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
            asked.append(self.name)
            if self.fails:
                raise unavailable("it broke")
            return took([1])

    rows = [peers.TOOL, peers.OURS, peers.PLAIN_GEM]
    workers = {row.name: Fake(row.name, row is peers.PLAIN_GEM) for row in rows}
    found, failed, complete = peers.measure(rows, workers, 2, lambda what: None)
    assert complete
    assert failed == {peers.PLAIN_GEM.name: "it broke"}
    assert [len(found[row.name]) for row in rows] == [2, 2, 0]
    tool, ours, gem = (row.name for row in rows)
    assert asked == [tool, ours, gem, ours, tool, tool, ours], "a round to warm up, then each begins with another row"


def test_what_was_measured_before_ctrl_c_is_kept(peers: Any) -> None:
    class Stopped:
        left = 3

        def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return took([1])

    found, _, complete = peers.measure([peers.OURS], {peers.OURS.name: Stopped()}, 9, lambda what: None)
    assert not complete
    assert len(found[peers.OURS.name]) == 2


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("WARNING: x\nERROR: No matching distribution for y\n[notice] z", "ERROR: No matching distribution for y"),
        ("Traceback ...\n  File ...\nModuleNotFoundError: No module 'gem'\n", "ModuleNotFoundError: No module 'gem'"),
        ("something\nelse\n", "else"),
        ("", "it said nothing"),
        ("error: " + "x" * 500, "error: " + "x" * 150 + "..."),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_one_line(env: Any, output: str, line: str) -> None:
    assert env.why(output) == line


def test_environments_are_kept_by_what_is_in_them(env: Any, tmp_path: Path) -> None:
    one, two = env.Setup("a", ("x==1",)), env.Setup("a", ("x==2",))
    assert env.folder_of(one, tmp_path) == env.folder_of(one, tmp_path)
    assert env.folder_of(one, tmp_path) != env.folder_of(two, tmp_path)
    assert any(line.startswith("apsw") for line in env.kernel_requirements())
    assert not any(line.startswith(("typer", "rich", "pytest")) for line in env.kernel_requirements())


def test_an_environment_that_cannot_be_is_a_reason_and_no_crash(peers: Any, env: Any, tmp_path: Path) -> None:
    with pytest.raises(env.Unavailable, match="needs Python 4"):
        env.ready(env.Setup("later", ("x",), (4, 0)), tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(env.Unavailable, match="no environment in"):
        env.ready(env.Setup("nowhere", ("x",)), tmp_path / "file")
    with pytest.raises(env.Unavailable, match="failed: KeyError: 'nothing'"):
        env.Worker(sys.executable, "_peers_ours.py", "nothing", 1)


def test_an_environment_is_tried_once(peers: Any, env: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, bool]] = []

    def ready(setup: Any, cache: Path, fresh: bool) -> Path:
        tried.append((setup.name, fresh))
        if setup is peers.GEM:
            raise env.Unavailable("no network")
        return cache

    class Silent:
        def __init__(self, *_: object) -> None:
            self.about = {"versions": {}, "calls": 1}

        def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
            return took([1_000]) if wish["do"] == "round" else {"bytes": 1}

        def close(self) -> None:
            pass

    monkeypatch.setattr(peers, "ready", ready)
    monkeypatch.setattr(peers, "Worker", Silent)
    options = argparse.Namespace(tasks=1, cache=tmp_path, fresh=True, rounds=1, live=1)
    found = peers.run(peers.ROWS, options)
    assert [name for name, _ in tried] == ["gem-llm", "verifiers-0.1.14", "verifiers"]
    assert all(fresh for _, fresh in tried)
    why = {row["name"]: row["why"] for row in found["rows"] if "why" in row}
    assert why == dict.fromkeys([row.name for row in peers.ROWS if row.setup is peers.GEM], "no network")
    assert "not measured: no network" in peers.report({"command": "x", **found})


def test_only_known_frameworks_are_chosen(peers: Any) -> None:
    assert {row.setup.name for row in peers.chosen(["gem-llm"]) if row.setup} == {"gem-llm"}
    with pytest.raises(ValueError, match="no framework gem; there are gem-llm, "):
        peers.chosen(["gem"])


def measured(*arguments: str, timeout: int = 300) -> dict[str, Any]:
    command = [sys.executable, "-B", str(PROGRAM), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_processes_make_the_same_calls(env: Any) -> None:
    said: dict[str, str] = {}
    for variant in ("tool", "gym", "loop", "model"):
        worker = env.Worker(sys.executable, "_peers_ours.py", variant, 2)
        try:
            found = worker.ask({"do": "round"})
            assert len(found["steps"]) == worker.about["calls"] >= 4
            assert len(found["resets"]) == len(found["episodes"]) == 2
            assert found["calls"] == worker.about["calls"]
            assert min(found["steps"] + found["resets"]) > 0
            assert worker.ask({"do": "memory", "live": 4})["bytes"] != 0
        finally:
            worker.close()
        said[variant] = found["said"]
    assert said["tool"] == said["gym"]


@pytest.mark.slow
def test_our_rows_need_no_installation(peers: Any) -> None:
    found = measured("--ours", "--rounds", "2", "--tasks", "4", "--live", "4")
    rows = {row["name"]: row for row in found["rows"]}
    assert {peers.TOOL.name, peers.OURS.name} <= set(rows)
    assert all(row["agrees"] and row["low"] <= row["step"] <= row["high"] for row in rows.values())
    assert rows[peers.OURS.name]["ratio"] == 1
    assert found["complete"]


@pytest.mark.slow
def test_another_framework_makes_the_same_calls(peers: Any, tmp_path: Path) -> None:
    """Installs gem-llm into a fresh environment; a machine that cannot do so gets a reason in the table."""
    found = measured("--quick", "--only", "gem-llm", "--cache", str(tmp_path), timeout=1500)
    for row in found["rows"]:
        if "gem-llm" in row["name"] and "why" in row:
            pytest.skip(row["why"])
        assert row["agrees"], row["name"]
    assert any(path.name.startswith("gem-llm-") for path in tmp_path.iterdir())
