"""`--tool-model` and `--recordings` of `run`, `eval`, `certify` and `replay`."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentgym.trace import read_traces
from tests.conftest import Agentgym
from tests.llm.server import FakeServer
from tests.played.mechanic import REPAIR, served

pytest.importorskip("aiohttp")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_record_run_replay(agentgym: Agentgym, tmp_path: Path) -> None:
    out, kept = tmp_path / "out.jsonl", tmp_path / "answers.jsonl"
    pack = ("--pack", REPAIR, "--recordings", kept)
    with FakeServer(served()) as fake:
        model = ("--tool-model", "openai:fake", "--tool-base-url", fake.url)
        done = agentgym("run", *pack, *model, "--episodes", 6, "--out", out, "--concurrency", 3, "--json")
        assert done.code == 0, done.err
        assert done.json["score"]["value"] == 1.0
        (spent,) = done.json["models"]
        assert (spent["seat"], spent["model"], spent["requests"]) == ("tools", "fake", 7)
        asked = len(fake.requests)
        certified = agentgym(
            "certify", REPAIR, "--seeds", 6, "--split", "train", *pack[2:], "--tool-model", "openai:fake", "--base-url",
            fake.url,
        )  # fmt: skip
        assert certified.code == 0, certified.out
        assert len(fake.requests) == asked + 1, "the check; all else is recorded"
        again = agentgym("run", *pack, *model, "--episodes", 6, "--out", out)
        assert "tools       fake: 1 requests" in again.out
    assert kept.read_bytes().count(b"\n") == 6
    assert agentgym("replay", out, *pack).out == "6 traces replay\n"
    without = agentgym("replay", out, *pack[:2], "--json")
    assert (without.code, without.json["failed"]) == (1, 6)
    assert agentgym("certify", REPAIR, "--seeds", 6, "--split", "train", *pack[2:], "--workers", 2).code == 0
    evaluated = agentgym(
        "eval", "--policy", "oracle", *pack, "--split", "train", "--episodes", 6, "--trials", 2, "--json"
    )
    assert evaluated.code == 0, evaluated.err
    assert evaluated.json["success"]["value"] == 1.0
    other = agentgym("run", *pack, "--episodes", 6, "--out", out)
    assert other.code == 2
    assert "options" in other.err


def test_an_evaluation_asks_too(agentgym: Agentgym, tmp_path: Path) -> None:
    with FakeServer(served()) as fake:
        done = agentgym(
            "eval", "--policy", "oracle", "--pack", REPAIR, "--episodes", 2, "--trials", 2, "--tool-model",
            "openai:fake", "--base-url", fake.url, "--recordings", tmp_path / "kept.jsonl", "--out", tmp_path / "run",
            "--json",
        )  # fmt: skip
        assert done.code == 0, done.err
        assert len(fake.requests) == 3
    assert done.json["success"]["value"] == 1.0
    assert json.loads((tmp_path / "run" / "plan.json").read_bytes())["choice"]["tool_model"] == "openai:fake"


def test_what_is_wrong_is_said_in_a_line(agentgym: Agentgym, tmp_path: Path) -> None:
    kept, url = tmp_path / "answers.jsonl", "http://127.0.0.1:9/v1"
    model = ("--tool-model", "openai:x")
    (tmp_path / "no.jsonl").write_text("{}\n")
    run = ("run", "--pack", REPAIR, "--episodes", 1)
    certify = ("certify", REPAIR, "--seeds", 1)
    for arguments, words in {
        run: "no answer: nothing is recorded for these arguments in this state, and there is no model to ask",
        (*run, *model): "--tool-model needs --recordings FILE",
        (*run, *model, "--recordings", kept): "OPENAI_API_KEY",
        (*run, *model, "--recordings", kept, "--tool-base-url", url): "base URL",
        (*run, *model, "--recordings", kept, "--base-url", url): "base URL",
        (*run, "--tool-model", "x", "--recordings", kept): "openai:MODEL",
        (*run, "--tool-model", "openai:", "--recordings", kept): "which model?",
        (*run, "--recordings", tmp_path / "none.jsonl"): "cannot read recordings",
        (*run, "--recordings", tmp_path / "no.jsonl"): "no.jsonl:1: not a recording",
        (*certify, *model, "--recordings", kept, "--workers", 2): "leave out --workers",
        ("eval", tmp_path, "--recordings", kept): "read as it is",
        ("replay", kept, "--recordings", tmp_path / "none.jsonl"): "cannot read recordings",
    }.items():
        done = agentgym(*arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert words in done.err, arguments
        assert done.err.startswith("error: ")
        assert done.err.count("\n") == 1
    done = agentgym(*certify)
    assert (done.code, done.err) == (1, "")
    assert "no answer: nothing is recorded" in " ".join(done.out.split())


def test_the_extra_is_named_where_it_is_missing(
    agentgym: Agentgym, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    done = agentgym(
        "certify",
        REPAIR,
        "--tool-model",
        "openai:x",
        "--recordings",
        tmp_path / "a.jsonl",
        "--base-url",
        "http://127.0.0.1:9/v1",
    )
    assert done.err == "error: language models need the aiohttp package: pip install 'agentgym-tooluse[llm]'\n"
    assert not (tmp_path / "a.jsonl").exists()


def test_an_interrupt_keeps_what_was_answered(tmp_path: Path, uncovered: dict[str, str]) -> None:
    kept = tmp_path / "answers.jsonl"
    with FakeServer(served(), latency=0.05) as fake:
        command = [
            sys.executable, "-m", "agentgym", "certify", str(REPAIR), "--seeds", "500", "--recordings", str(kept),
            "--tool-model", "openai:fake", "--base-url", fake.url,
        ]  # fmt: skip
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=uncovered
        ) as process:
            limit = time.monotonic() + 60
            while not (kept.exists() and kept.read_bytes().count(b"\n") >= 2) and time.monotonic() < limit:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "what the model answered is kept" in err
    assert "Traceback" not in err
    lines = kept.read_bytes()
    assert lines.endswith(b"\n")
    assert 2 <= lines.count(b"\n") < 500


def test_traces_of_a_model_without_an_answer_say_so(agentgym: Agentgym, tmp_path: Path) -> None:
    out, kept, tasks = tmp_path / "out.jsonl", tmp_path / "answers.jsonl", tmp_path / "tasks.jsonl"
    with FakeServer(served()) as fake:
        model = ("--tool-model", "openai:fake", "--tool-base-url", fake.url, "--recordings", kept)
        assert agentgym("run", "--pack", REPAIR, "--episodes", 2, *model, "--out", out).code == 0
    tasks.write_bytes(b"".join(_task(trace) + b"\n" for trace in read_traces(out)))
    done = agentgym("run", "--pack", REPAIR, "--tasks", tasks, "--json")
    assert done.code == 0
    assert (done.json["invalid_rate"], done.json["score"]) == (1.0, None)
    assert "invalid: 2 x tool diagnose: no answer: nothing is recorded" in done.err


def _task(trace: object) -> bytes:
    import msgspec

    return msgspec.json.encode(trace.task)  # type: ignore[attr-defined]


def test_every_look_at_a_pack_reads_recordings(
    agentgym: Agentgym, tmp_path: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, kept = tmp_path / "out.jsonl", ("--recordings", answers)
    shown = agentgym("show", REPAIR, *kept, "--seed", 2, "--json")
    assert shown.code == 0
    assert "diagnose" in shown.out
    monkeypatch.setattr("sys.stdin", io.StringIO("/hint\n/quit\n"))
    played = agentgym("play", REPAIR, *kept, "--seed", 2)
    assert played.code == 0, played.err
    assert agentgym("run", "--pack", REPAIR, *kept, "--episodes", 3, "--out", out).code == 0
    seen = agentgym("view", out, "--pack", REPAIR, *kept, "--out", tmp_path / "page.html", "--json")
    assert (seen.json["replayed"], seen.json["differ"]) == (3, [])
    assert "--pack" in agentgym("view", out, *kept, "--out", tmp_path / "page.html").err
