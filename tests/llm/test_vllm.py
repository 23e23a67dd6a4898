"""Models in the seats behind a real server: vLLM on a CPU, with a tiny model of random weights. `make vllm` runs it.

What the model says is noise, or, where a grammar binds it, a random choice; everything around it is as with any other.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from agentgym.cli import main
from agentgym.llm import Client, LLMAssistant, Server
from agentgym.pack import Pack
from agentgym.rollout import run
from agentgym.trace import Trace, read_traces, replay
from agentgym.types import Called

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.xdist_group("vllm"),
    pytest.mark.skipif(find_spec("vllm") is None, reason="needs vLLM and transformers: make vllm"),
]
STYLES = ("native", "text")
LENGTH = 8192
"""Tokens that the server takes; a conversation begins with about 3,600."""
START = 300.0
"""Seconds in which the server has to be up; about 45 on two cores."""
QUESTIONS = [{"name": "polite", "question": "Was the agent polite?"}]


class VLLM:
    """A vLLM server on loopback, in a process group of its own."""

    def __init__(self, model: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self._log = f"http://127.0.0.1:{port}/v1", log
        command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--served-model-name",
            "tiny", "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--enforce-eager", "--seed", "0",
            "--max-model-len", str(LENGTH), "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
        ]  # fmt: skip
        quiet = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, stdout=file, stderr=file, env={**os.environ, **quiet}, start_new_session=True
            )

    def wait(self) -> None:
        """Until it answers."""
        limit = time.monotonic() + START
        while time.monotonic() < limit and self._process.poll() is None:
            with suppress(URLError, OSError), urlopen(f"{self.url.removesuffix('/v1')}/health", timeout=5):
                return
            time.sleep(0.5)
        raise AssertionError(f"vLLM did not start:\n{self._log.read_text(errors='replace')[-4000:]}")

    def kill(self) -> None:
        """End it and its workers at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VLLM]:
    folder = tmp_path_factory.mktemp("vllm")
    maker = Path(__file__).with_name("tiny_model.py")
    subprocess.run([sys.executable, str(maker), str(folder / "model")], check=True, timeout=120)
    server = VLLM(folder / "model", folder / "log.txt")
    try:
        server.wait()
        yield server
    finally:
        server.kill()


def cli(*arguments: str) -> int:
    with pytest.raises(SystemExit) as found:
        main(arguments)
    return int(found.value.code or 0)


def checked(out: Path, count: int) -> list[Trace]:
    """The traces of a file: every episode ended, has a score or a reason, and replays."""
    traces = read_traces(out)
    assert len(traces) == count
    for trace in traces:
        assert trace.ending
        assert trace.valid == (trace.score is not None)
        assert trace.valid or trace.reason
        replay(trace)
    return traces


@pytest.mark.parametrize("style", STYLES)
def test_noise_in_the_assistants_seat_is_played_to_the_end(
    vllm: VLLM, style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    command = ["run", "--policy", "openai:tiny", "--base-url", vllm.url, "--tool-style", style, "--pack", "clinic"]
    assert cli(*command, "--episodes", "12", "--max-tokens", "32", "--out", str(out), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    traces = checked(out, 12)
    assert all(trace.valid and trace.score == 0 for trace in traces)
    (spent,) = found["models"]
    assert (spent["failures"], spent["unmetered"]) == (0, 0)
    assert spent["requests"] - 1 == sum(trace.models["assistant_0"]["requests"] for trace in traces), "and the check"
    assert spent["prompt_tokens"] > 1000 * spent["requests"]
    assert cli("replay", str(out)) == 0


@pytest.mark.parametrize("style", STYLES)
def test_calls_come_through_the_servers_parser_and_as_text(
    vllm: VLLM, clinic: Pack, style: str, tmp_path: Path
) -> None:
    """A grammar lets the model only choose; natively, vLLM's parser of Hermes calls makes `tool_calls` of it."""
    good, wrong = written("find_patients", phone="555-010-0199"), written("find_patients", phone=5)
    choice = [good, written("find_doctors") + wrong, written("find_nobody"), "Could you tell me your phone number?"]
    server = Server("tiny", vllm.url, max_tokens=128, extra={"structured_outputs": {"choice": choice}})
    out = tmp_path / "out.jsonl"
    with Client(server) as client:
        tasks = ((clinic, clinic.task(seed)) for seed in range(12))
        run(tasks, LLMAssistant(client, style), out, name="openai:tiny", concurrency=8)
        assert client.usage.retries == client.usage.failures == 0
    traces = checked(out, 12)
    assert all(trace.valid for trace in traces)
    calls = [entry.event for trace in traces for entry in trace.events if isinstance(entry.event, Called)]
    own = [event for event in calls if event.seat == "assistant_0"]
    assert {(event.name, event.error) for event in own} == {
        ("find_patients", None), ("find_doctors", None), ("find_patients", "invalid_arguments"),
        ("find_nobody", "unknown_tool"),
    }  # fmt: skip


def written(name: str, **arguments: object) -> str:
    """A call in the Hermes format."""
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def test_noise_in_the_users_seat_costs_the_oracle_nothing(
    vllm: VLLM, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    command = ["run", "--policy", "oracle", "--user", "openai:tiny", "--base-url", vllm.url, "--pack", "clinic"]
    assert cli(*command, "--episodes", "12", "--max-tokens", "32", "--out", str(out)) == 0
    assert all(trace.valid and trace.score == 1 for trace in checked(out, 12))
    capsys.readouterr()
    assert cli("fidelity", str(out), "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["seat"], row["episodes"], row["invalid"]) == ("user_0", 12, 0)
    assert 0 < row["fallbacks"] <= row["turns"], "what is due is said by the automaton"


def test_noise_in_both_seats_is_judged_by_noise(vllm: VLLM, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, questions = tmp_path / "out.jsonl", tmp_path / "questions.json"
    questions.write_text(json.dumps(QUESTIONS), encoding="utf-8")
    command = ["run", "--policy", "openai:tiny", "--user", "openai:tiny", "--base-url", vllm.url, "--pack", "clinic"]
    assert cli(*command, "--episodes", "8", "--max-tokens", "32", "--out", str(out)) == 0
    assert all(trace.valid for trace in checked(out, 8))
    capsys.readouterr()
    judge = ["judge", str(out), "--questions", str(questions), "--judge", "openai:tiny", "--base-url", vllm.url]
    assert cli(*judge, "--json") == 0
    verdicts = [row["judge"]["polite"] for row in json.loads(capsys.readouterr().out)]
    assert [sum(verdict["votes"].values()) for verdict in verdicts] == [3] * 8
    assert any(verdict["votes"]["yes"] + verdict["votes"]["no"] for verdict in verdicts), "the schema binds answers"


def test_what_the_server_refuses_is_no_score(vllm: VLLM, clinic: Pack, tmp_path: Path) -> None:
    """Answers that are so long that the server takes only some turns of them."""
    answer = " ".join(["Could you tell me your phone number?"] * 100)
    server = Server("tiny", vllm.url, max_tokens=2000, extra={"structured_outputs": {"choice": [answer]}})
    patient = [task for task in map(clinic.task, range(20)) if task.ledger.persona != "impatient"]
    out = tmp_path / "out.jsonl"
    with Client(server) as client:
        run(((clinic, task) for task in patient[:3]), LLMAssistant(client), out, name="openai:tiny", concurrency=3)
    for trace in checked(out, 3):
        assert (trace.valid, trace.ending) == (False, "policy_broke")
        assert "status 400: This model's maximum context length" in trace.reason
        assert trace.turns > 1


def test_a_server_that_dies_loses_nothing_that_has_ended(vllm: VLLM, clinic: Pack, tmp_path: Path) -> None:
    """The last test: the server is gone after it."""
    out = tmp_path / "out.jsonl"

    def strike(number: int, result: object) -> None:
        if number == 4:
            vllm.kill()

    with Client(Server("tiny", vllm.url, max_tokens=32, retries=1, backoff=0.1)) as client:
        tasks = ((clinic, clinic.task(seed)) for seed in range(12))
        found = run(tasks, LLMAssistant(client), out, name="openai:tiny", concurrency=2, progress=strike)
    assert found.endings["policy_broke"] >= 12 - 4 - 2
    for number, trace in enumerate(checked(out, 12)):
        assert trace.valid or (number >= 4 and "no connection" in trace.reason)
