"""`benchmarks/learning.py` on a model of a few thousand parameters: every arm runs, the controls hide what they say
they hide, what is done is not done again, verdicts follow their rule. What training reaches is for the benchmark."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from agentgym.certify.play import Mute
from agentgym.pack import load
from agentgym.trace import to_messages
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.engine import Request, Sample
from agentgym.training.measure import played
from agentgym.training.sampling import Sampler
from agentgym.training.stream import ChatTokens, Stream
from agentgym.training.tiny import tiny_model, tiny_tokenizer

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SMALL = ["--minutes", "1e-5", "--points", "0", "--tasks", "1", "--controls", "1", "--groups", "2", "--group", "2",
         "--demonstrations", "8", "--limit", "6", "--context", "250", "--batch", "8"]  # fmt: skip
GRPO = ("grpo", "grpo-turn", "zero", "kdrl", "distill", "distill-k2", "grpo-muted", "grpo-blanked")


@pytest.fixture(scope="module")
def learning(benchmark_module: Callable[[str], Any]) -> Any:
    """The program as a module."""
    return benchmark_module("learning")


@pytest.fixture(scope="module")
def arms(learning: Any) -> Any:
    return importlib.import_module("_learning_arms")


@pytest.fixture(scope="module")
def said(learning: Any) -> Any:
    return importlib.import_module("_learning_report")


@pytest.fixture(scope="module")
def init(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights and a tokenizer of the clinic's words."""
    folder = tmp_path_factory.mktemp("init")
    shown = conversations(demonstrations(TaskStream([load("clinic")]).next(8)), "bare")
    tokenizer = tiny_tokenizer((message["content"] for conversation in shown for message in conversation), 400)
    models.save(folder, tiny_model(len(tokenizer), 0, "nano"), tokenizer)
    return folder


def run(learning: Any, *options: object, code: int = 0) -> None:
    argv = sys.argv
    try:
        sys.argv = ["learning", *map(str, options)]
        assert learning.main() == code
    finally:
        sys.argv = argv


# --- the arms ---


def test_every_arm_runs_and_is_measured(learning: Any, arms: Any, init: Path, tmp_path: Path) -> None:
    names = [*GRPO, "sft", "rejection"]
    assert set(names) == set(arms.ARMS)
    run(learning, "--init", init, "--teacher", init, "--arms", *names, "--seeds", "3", *SMALL, "--out", tmp_path)
    rows = {row["arm"]: row for row in learning.rows_of(tmp_path / "results.jsonl")}
    assert set(rows) == {"start", *names}
    for name, row in rows.items():
        assert row["seed"] == 3
        assert set(row["measured"]) == {"seeds", "test", "branches", "test branches"}
        assert set(row["controls"]) == {"open", "muted", "blanked"}
        if name != "start":
            assert row["steps"] == 1, "it stops at the end of a step"
            assert (tmp_path / f"{name}-3" / "model").is_dir()
            assert row["curve"][-1]["seconds"] == row["seconds"] > 0
    assert [name for name in names if rows[name]["episodes"] == 0] == ["sft"]
    first = weights(init)
    assert weights(tmp_path / "zero-3" / "model") == first, "nothing was paid"
    assert weights(tmp_path / "rejection-3" / "model") == first, "nothing succeeded"
    assert weights(tmp_path / "sft-3" / "model") != first
    assert weights(tmp_path / "distill-3" / "model") == first, "the teacher was the student"
    before = (tmp_path / "results.jsonl").read_bytes()
    run(learning, "--init", init, "--teacher", init, "--arms", *names, "--seeds", "3", *SMALL, "--out", tmp_path)
    assert (tmp_path / "results.jsonl").read_bytes() == before, "what is done is not done again"


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_sets_are_of_seeds_that_training_never_uses_and_of_their_branches(learning: Any, arms: Any) -> None:
    settings = learning.Settings(tasks=6, controls=4)
    sets, other = arms.test_sets(settings, 0), arms.test_sets(settings, 1)
    trained = arms.tasks_from(settings, "train", arms.TRAINED_FROM).next(100)
    known = {(task.workflow, task.branch) for _, task in trained}
    for name, tasks in sets.items():
        branches = {(task.workflow, task.branch) for _, task in tasks}
        assert bool(branches & known) != name.endswith("branches")
        assert {task.split for _, task in tasks} == {"test" if name.startswith("test") else "train"}
        assert all(task.seed >= arms.TESTED_FROM > max(t.seed for _, t in trained) for _, task in tasks)
        assert not {task.seed for _, task in tasks} & {task.seed for _, task in other[name]}
    control = arms.control_tasks(settings, 0)
    assert len(control) == 4
    assert all(any(fact.release != "opening" for fact in task.ledger.facts) for _, task in control)


def test_rejection_trains_on_successes_alone(learning: Any, arms: Any, init: Path, tmp_path: Path) -> None:
    settings = learning.Settings(init=str(init), keep=2, passes=2, batch=8)
    arm = arms.Rejection(settings, 0, tmp_path)

    def episode(ids: list[int], success: bool, valid: bool = True, cut: bool = False) -> Any:
        return SimpleNamespace(trace=SimpleNamespace(success=success, valid=valid)), Stream(ids, cut=cut)

    group = [
        episode([1], False), episode([2], True), episode([2], True), episode([3], True, valid=False),
        episode([4], True, cut=True), episode([5], True), episode([6], True),
    ]  # fmt: skip
    assert [stream.ids for stream in arm.kept(group)] == [[2], [5]], "at most two, none twice, no failure"
    taught: list[list[int]] = []
    arm.sampler.groups = lambda *_: [group, [episode([7], False)], [episode([8], True)], group]
    arm.learner.update = lambda streams, rate: taught.append([s.ids[0] for s in streams]) or (0.5, 1.0)
    said = arm.step(0.0)
    assert said["kept"] == 5
    assert [len(batch) for batch in taught] == [8]
    arm.step(0.5)
    assert [len(batch) for batch in taught] == [8, 8], "two of the first ten and six of the second"
    assert len(arm.waiting) == 4
    assert {first for batch in taught for first in batch} <= {2, 5, 8}


# --- the controls ---


class Scripted:
    """An engine that writes the oracle's turns, whatever it reads."""

    def __init__(self, chat: ChatTokens, scripts: Sequence[Sequence[str]]) -> None:
        self.chat, self.scripts = chat, scripts
        self.turns: dict[Any, int] = {}

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        out: list[Sample] = []
        for request in requests:
            turn = self.turns.get(request.key, 0)
            self.turns[request.key] = turn + 1
            script = self.scripts[request.key]
            ids = self.chat.turn(script[turn] if turn < len(script) else "Is there anything else?")
            out.append(Sample(ids, [0.0] * len(ids), True))
        return out

    def update(self, model: object) -> None:
        self.turns.clear()


@pytest.fixture
def oracle(init: Path) -> tuple[list[Any], Callable[[], Sampler]]:
    """Tasks, and a sampler that plays them as the oracle does."""
    tasks = TaskStream([load("clinic")]).next(6)
    shown = conversations(demonstrations(tasks), "bare")
    scripts = [[m["content"] for m in conversation if m["role"] == "assistant"] for conversation in shown]
    chat = ChatTokens(models.load(str(init))[1])
    return tasks, lambda: Sampler(Scripted(chat, scripts), chat, rendering="bare", context=8192, limit=8)


def read(sampler: Sampler, stream: Stream) -> str:
    """What the model read of a conversation: all that it did not write."""
    ids = [token for token, own in zip(stream.ids, stream.mask, strict=True) if not own]
    return sampler.chat.tokenizer.decode(ids, skip_special_tokens=False)


def test_a_mute_user_tells_no_fact_and_nothing_is_solved(oracle: Any) -> None:
    tasks, made = oracle
    assert all(trace.success for trace in played(tasks, made().policy()))
    for trace in played(tasks, made().policy(), Mute):
        words = [message["content"] for message in to_messages(trace)[0] if message["role"] == "user"]
        assert set(words[1:]) == {"..."}
        assert trace.valid
        assert not trace.success
    sampler = made()
    sampler.user = Mute
    ((episode, stream),) = sampler.groups(tasks[:1], 1, 1.0, 0)[0]
    asked = [str(fact.value) for fact in tasks[0][1].ledger.facts if fact.release == "asked"]
    assert asked
    assert not episode.trace.success
    before, results, _ = read(sampler, stream).partition("<tool_response>")
    assert not [value for value in asked if value in before], "until a tool answers, no fact is there"
    assert results


def test_blank_results_show_nothing_of_what_tools_answer(oracle: Any) -> None:
    tasks, made = oracle
    for blank in (False, True):
        sampler = made()
        policy = sampler.policy(blank_results=blank)
        played(tasks, policy)
        bodies = [
            answer.partition("</tool_response>")[0].strip()
            for stream in policy.streams.values()
            for answer in read(sampler, stream).split("<tool_response>")[1:]
        ]
        assert len(bodies) > len(tasks)
        assert all(body == "{}" for body in bodies) == blank
        assert all(len(body) > 2 for body in bodies) != blank


def test_controls_are_those_of_the_arms_that_are_trained_with_them(
    learning: Any, arms: Any, init: Path, tmp_path: Path
) -> None:
    settings = learning.Settings(init=str(init))
    made = {name: arms.arm_of(name, settings, 0, tmp_path / name).sampler for name in ("grpo-muted", "grpo-blanked")}
    assert made["grpo-muted"].user is Mute
    assert not made["grpo-muted"].policy().blank_results
    assert made["grpo-blanked"].user is None
    assert made["grpo-blanked"].policy().blank_results
    assert not made["grpo-blanked"].policy(blank_results=False).blank_results, "it is measured with results"


# --- what is done, and what is wrong ---


def measured(share: float, episodes: int = 100) -> dict[str, Any]:
    return {"success": {"value": share, "episodes": episodes}}


def row(learning: Any, arm: str, seed: int, share: float, **more: Any) -> dict[str, Any]:
    sets = {name: measured(share) for name in ("seeds", "test", "branches", "test branches")}
    curve = [{"mark": 4, "seconds": 360.0, "episodes": 64, "success": dict.fromkeys(sets, share)}]
    return {
        "arm": arm, "seed": seed, "measured": sets, "curve": curve, "seconds": 360.0, "cpu_seconds": 700.0, "steps": 5,
        "episodes": 64, "controls": {name: measured(share) for name in ("open", "muted", "blanked")},
        "environment_share": 0.02, "settings": learning.common_of(learning.Settings()), **more,
    }  # fmt: skip


def test_an_interrupted_comparison_goes_on(
    learning: Any, arms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[tuple[str, int]] = []

    def trained(name: str, settings: Any, seed: int) -> dict[str, Any]:
        if len(done) == 2:
            done.append(("interrupted", 0))
            raise KeyboardInterrupt
        done.append((name, seed))
        return row(learning, name, seed, 0.5)

    monkeypatch.setattr(arms, "trained", trained)
    monkeypatch.setattr(arms, "started", lambda settings, seed: row(learning, "start", seed, 0.3))
    options = ["--arms", "grpo", "sft", "--seeds", "0", "1", "--out", tmp_path]
    run(learning, *options, code=130)
    assert "the same command goes on" in capsys.readouterr().err
    path = tmp_path / "results.jsonl"
    with path.open("a") as file:
        file.write('{"arm": "grpo", "se')  # what a kill leaves
    run(learning, *options)
    assert done == [("grpo", 0), ("sft", 0), ("interrupted", 0), ("grpo", 1), ("sft", 1)]
    found = [(found["arm"], found["seed"]) for found in learning.rows_of(path)]
    assert found == [("start", 0), ("grpo", 0), ("sft", 0), ("start", 1), ("grpo", 1), ("sft", 1)]
    run(learning, *options, "--minutes", "7", code=2)
    assert "has rows of --minutes 4.0, not 7.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--arms", "ppo"], "--arms are among grpo, "),
        (["--arms", "kdrl"], "kdrl needs a --teacher"),
        (["--seeds", "one"], "--seeds are numbers from 0 to 799; found one"),
        (["--minutes", "0"], "--minutes must be positive"),
        (["--tasks", "0"], "--tasks must be at least 1"),
        (["--report"], "nothing to report in"),
        (["--init", "./nowhere"], "no folder ./nowhere"),
    ],
)
def test_mistakes_are_one_line(
    learning: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    run(learning, *options, "--out", tmp_path, code=2)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("learning: ")
    assert expected in line


# --- the report ---


def test_intervals_are_students(said: Any) -> None:
    assert said.interval([]) is None
    assert said.interval([4.0])[:3] == (4.0, None, None)
    for count, point in ((2, 12.706), (3, 4.303), (5, 2.776), (10, 2.262)):
        values = [1.0, -1.0] * (count // 2) + [0.0] * (count % 2)
        deviation = (sum(value**2 for value in values) / (count - 1)) ** 0.5
        assert said.interval(values).high == pytest.approx(point * deviation / count**0.5, rel=2e-3)


@pytest.mark.parametrize(
    ("low", "high", "least", "most"),
    [
        (10.0, 14.0, "reached", "missed"),
        (9.9, 14.0, "inconclusive", "missed"),
        (2.0, 9.9, "missed", "inconclusive"),
        (2.0, 5.0, "missed", "reached"),
        (None, None, "inconclusive", "inconclusive"),
    ],
)
def test_a_verdict_needs_the_whole_interval(said: Any, low: float, high: float, least: str, most: str) -> None:
    assert said.verdict(said.Interval(5.0, low, high, 3), least=10) == least
    assert said.verdict(said.Interval(5.0, low, high, 3), most=5) == most
    assert said.verdict(None, least=10) == "inconclusive"


def test_the_report_says_what_was_reached(
    learning: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = {"start": 0.30, "grpo": 0.62, "sft": 0.35, "rejection": 0.53}
    rows = [row(learning, arm, seed, share + 0.01 * seed + (0.02 * seed if arm == "rejection" else 0))
            for seed in range(3) for arm, share in shares.items()]  # fmt: skip
    for found in rows:
        found["controls"]["muted"] = measured(0.0)
    out, results = tmp_path / "two", tmp_path / "RESULTS.md"
    out.mkdir()
    (out / "results.jsonl").write_text("".join(json.dumps(found) + "\n" for found in rows))
    monkeypatch.setattr(learning, "RESULTS", results)
    monkeypatch.setattr(learning, "IMAGES", tmp_path)
    run(learning, "--report", "--write", "--out", out)
    text = capsys.readouterr().out
    assert text.strip() in results.read_text()
    table = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    lines = {first: rest for first, *rest in reversed(table)}
    assert lines["start"][:2] == ["3", "31.0 [28.5, 33.5]"]
    assert lines["less sft"][2].startswith("27.0 [27.0, 27.0]")
    assert lines["GRPO beats more demonstrations, branches"] == ["3", "27.0 [27.0, 27.0]", "≥ 10", "5 to 25", "reached"]
    assert lines["GRPO beats rejection sampling, branches"][-1] == "inconclusive"
    assert lines["GRPO gains from a start of 20 to 60 %, seeds"][-1] == "reached"
    assert lines["the user muted at test"][1:] == ["0.0 [0.0, 1.3]", "≤ 5", "0 to 3", "reached"]
    assert lines["results blanked at test"][-1] == "missed"
    assert lines["the environment's share of a step"][-1] == "reached"
    assert "KDRL" not in text, "what was not run is not spoken of"
    assert "--arms grpo sft rejection --seeds 0 1 2 --minutes 4.0`" in text
    if importlib.util.find_spec("matplotlib"):
        assert (tmp_path / "learning-two.png").stat().st_size > 10_000
        assert "learning-two.png" in results.read_text()


def test_claims_are_of_starts_that_they_are_about(learning: Any, said: Any) -> None:
    (gain,) = (claim for claim in learning.EXPECTED if claim.start == (20, 60))
    for first, minutes, expected in (
        (0.3, 6.0, ""),
        (0.7, 6.0, "the start is at 70.0, not in 20 to 60"),
        (0.3, 30.0, "30 minutes are more than 20"),
    ):
        rows = {("start", 0): row(learning, "start", 0, first), ("grpo", 0): row(learning, "grpo", 0, 0.9)}
        for found in rows.values():
            found["settings"] = {**found["settings"], "minutes": minutes}
        assert said.unfit(rows, gain) == (f"not tested: {expected}" if expected else "")
    (muted, *_) = (claim for claim in learning.EXPECTED if claim.where == "muted")
    for share, expected in ((0.3, ""), (0.1, "not tested: no arm solves more than 10.0 as they are")):
        assert said.unfit({("grpo", 0): row(learning, "grpo", 0, share)}, muted) == expected


def test_every_claim_has_a_bound_and_what_was_expected(learning: Any, arms: Any, said: Any) -> None:
    places = {*said.SETS, *said.CONTROLS, "environment"}
    for claim in (*learning.EXPECTED, *learning.LENIENT):
        assert (claim.least is None) != (claim.most is None)
        assert claim.expected[0] <= claim.expected[1]
        assert claim.why
        assert claim.where in places
        assert claim.of in arms.ARMS
        assert claim.minus in (*arms.ARMS, arms.START, "")
