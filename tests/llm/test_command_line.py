"""`agentgym run` with models, `agentgym fidelity`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentgym.cli import main
from agentgym.pack import Pack
from agentgym.trace import read_traces, replay
from tests.llm.models import apart, customer, opening, oracle, served
from tests.llm.server import Body, FakeServer, words


def cli(*arguments: str) -> int:
    with pytest.raises(SystemExit) as found:
        main(arguments)
    return int(found.value.code or 0)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_extra_is_named_where_it_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    assert cli("run", "--policy", "openai:x", "--base-url", "http://127.0.0.1:9/v1") == 2
    assert capsys.readouterr().err == (
        "error: language models need the aiohttp package: pip install 'agentgym-tooluse[llm]'\n"
    )


def test_what_is_wrong_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("aiohttp")
    for arguments, expected in {
        ("--policy", "openai:"): "which model?",
        ("--policy", "openai:x"): "OPENAI_API_KEY",
        ("--policy", "openai:x", "--base-url", "http://127.0.0.1:9/v1"): "base URL",
        ("--policy", "openai:x", "--base-url", "127.0.0.1"): "error: ",
        ("--policy", "openai:x", "--tool-style", "natives"): "native",
        ("--policy", "oracel"): "Did you mean `oracle`?",
        ("--user", "gpt"): "openai:MODEL",
    }.items():
        assert cli("run", "--pack", "clinic", "--episodes", "1", *arguments) == 2, arguments
        err = capsys.readouterr().err
        assert expected in err, arguments
        assert err.startswith("error: ")
        assert err.count("\n") == 1


def test_a_model_plays_and_is_paid_for(capsys: pytest.CaptureFixture[str], clinic: Pack, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    tasks = apart(clinic, 12)
    broken = opening(clinic, tasks[0])

    def mischief(body: Body, number: int) -> str:
        return "refused" if body["messages"][1:] and body["messages"][1]["content"] == broken else ""

    out, file = tmp_path / "out.jsonl", tmp_path / "tasks.jsonl"
    file.write_bytes(b"".join(_encoded(task) + b"\n" for task in tasks))
    with FakeServer(oracle(clinic, tasks), mischief) as fake:
        command = [
            "run", "--policy", "openai:fake", "--base-url", fake.url, "--tasks", str(file), "--pack", "clinic",
            "--out", str(out), "--price-in", "10", "--price-out", "100", "--concurrency", "4", "--temperature", "0.2",
        ]  # fmt: skip
        assert cli(*command, "--json") == 0
        shown = capsys.readouterr()
        found = json.loads(shown.out)
        assert (found["episodes"], found["score"]["value"], found["endings"]["policy_broke"]) == (12, 1.0, 1)
        (spent,) = found["models"]
        assert spent["failures"] == 1
        assert spent["cost"] == pytest.approx((spent["prompt_tokens"] * 10 + spent["completion_tokens"] * 100) / 1e6)
        assert "invalid: 1 x policy: server: fake: status 400" in shown.err
        asked = len(fake.requests)
        assert cli(*command) == 0
        assert len(fake.requests) == asked + 2, "the check, and the one that was invalid"
        assert "score       1.000" in capsys.readouterr().out
        assert cli(*command[:-1], "0.3") == 2
        assert "temperature" in capsys.readouterr().err
    for trace in read_traces(out):
        replay(trace)
    assert cli("replay", str(out)) == 0


def test_a_model_plays_the_user(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    out = tmp_path / "out.jsonl"
    with FakeServer(served(customer)) as fake:
        run = ["run", "--policy", "oracle", "--pack", "clinic", "--episodes", "10", "--user", "openai:fake", "--json"]
        assert cli(*run, "--user-base-url", fake.url, "--out", str(out)) == 0
    assert json.loads(capsys.readouterr().out)["score"]["value"] == 1.0
    assert cli("replay", str(out)) == 0
    assert "10 traces replay" in capsys.readouterr().out
    assert cli("fidelity", str(out)) == 0
    assert "openai:fake as the user" in capsys.readouterr().out
    assert cli("fidelity", str(out), "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["seat"], row["episodes"], row["invalid"]) == ("user_0", 10, 0)
    assert row["turns"] >= row["clean"] > 0
    assert cli("run", "--pack", "clinic", "--episodes", "2", "--out", str(tmp_path / "plain.jsonl")) == 0
    capsys.readouterr()
    assert cli("fidelity", str(tmp_path / "plain.jsonl")) == 0
    assert "no language model" in capsys.readouterr().err


def test_an_interrupt_keeps_what_has_ended(tmp_path: Path, uncovered: dict[str, str]) -> None:
    pytest.importorskip("aiohttp")
    out = tmp_path / "out.jsonl"
    with FakeServer(lambda body: words("One moment, please."), latency=0.05) as fake:
        command = [
            sys.executable, "-m", "agentgym", "run", "--policy", "openai:fake", "--base-url", fake.url, "--pack",
            "clinic", "--episodes", "400", "--out", str(out), "--concurrency", "4",
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=uncovered
        ) as process:
            limit = time.monotonic() + 60
            while not (out.exists() and out.read_bytes().count(b"\n") >= 2) and time.monotonic() < limit:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "To go on: agentgym run" in err
    assert "Traceback" not in err
    kept = read_traces(out)
    assert 2 <= len(kept) < 400
    assert all(trace.ending and trace.valid for trace in kept)


def _encoded(task: object) -> bytes:
    import msgspec

    return msgspec.json.encode(task)
