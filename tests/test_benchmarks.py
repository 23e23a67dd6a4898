"""The benchmarks run and say what they should. What things cost is for `make bench`, not for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
KERNEL, THROUGHPUT = FOLDER / "kernel.py", FOLDER / "throughput.py"
REQUIRED = {
    "bare loop, a call", "Episode.apply, a call", "AEC step, a call", "Gymnasium step, a call",
    "user turn, tasks never played before", "reset of a compiled task, first call, close", "fork halfway, and close",
    "final score, all judged anew", "cold seed: a task compiled",
}  # fmt: skip


def test_kernel_quick_prints_the_whole_table_and_writes_nothing() -> None:
    before = sorted(KERNEL.parent.iterdir()), [path.read_bytes() for path in KERNEL.parent.glob("*.md")]
    command = [sys.executable, "-B", str(KERNEL), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {row["name"]: row for row in found["rows"]}
    assert rows.keys() >= REQUIRED
    assert all(row["micros"] > 0 and row["low"] <= row["micros"] <= row["high"] for row in rows.values())
    assert rows["bare loop, a call"]["ratio"] == 1
    assert found["memory"]["left"] == 0, "bytes that SQLite still holds when all episodes and their pool are closed"
    assert found["mix"]["writes"] > 0
    assert set(found["steps"]) == {"1", "2"}
    assert before == (sorted(KERNEL.parent.iterdir()), [path.read_bytes() for path in KERNEL.parent.glob("*.md")])


def test_throughput_quick_prints_the_whole_table() -> None:
    pytest.importorskip("aiohttp")
    command = [sys.executable, "-B", str(THROUGHPUT), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert list(rows) == ["rollout, 4 episodes", "rollout, 16 episodes", "agentgym run, 16 episodes"]
    for row in rows.values():
        assert 0 < row["low"] <= row["share"] <= row["high"] <= 1, "nobody is faster than the ideal"
        assert row["cpu_ms"] > 0
        assert row["requests"] >= 13 * row["episodes"]


def run(name: str, *arguments: object, cwd: Path) -> str:
    command = [sys.executable, "-B", str(FOLDER / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mutants_are_counted_and_survivors_named(tmp_path: Path) -> None:
    mini = Path(__file__).parent / "packs" / "mini"
    options = ("--pack", mini, "--n", 16, "--generated", 0, "--workers", 2, "--out", tmp_path / "rows.jsonl")
    text = run("mutants.py", *options, cwd=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert len(rows) == 16
    assert {row["part"] for row in rows} >= {"predicate", "guard", "effect", "mapping"}
    changed = [row for row in rows if row["end"] == "changed"]
    caught = [row for row in changed if row["kept"] or row["fresh"]]
    assert changed
    assert f"| mini | all | 16 | {sum(row['end'] == 'refused' for row in rows)} |" in text
    assert f"Survivors: {len(changed) - len(caught)}" in text
    flipped = [row for row in changed if row["part"] == "predicate" and row["operator"] == "operator flipped"]
    assert all(row["kept"] for row in flipped), "a rule that is turned round breaks every kept task that it decides"


@pytest.mark.slow
def test_domains_are_counted_and_not_made_twice(tmp_path: Path) -> None:
    options = ("--n", 1, "--tasks", 2, "--workers", 1, "--out", tmp_path / "rows.jsonl")
    text = run("domains.py", *options, cwd=tmp_path)
    assert "| distinct without names | 1 of 1 |" in text
    assert "| fresh tasks certified | 4 of 4 |" in text
    before = (tmp_path / "rows.jsonl").read_bytes()
    assert run("domains.py", *options, cwd=tmp_path) == text
    assert (tmp_path / "rows.jsonl").read_bytes() == before


JOBS = """
import sys
import time
from pathlib import Path
from typing import NamedTuple
from _jobs import finished

class Job(NamedTuple):
    name: str
    seed: int

def run(job):
    if job.seed == 9:
        raise KeyboardInterrupt
    if job.seed >= 20:
        time.sleep(0.1)
        Path(sys.argv[1]).with_name(f"ran {job.seed}").touch()
    return {**job._asdict(), "by": sys.argv[2]}

jobs = [Job("a", int(seed)) for seed in sys.argv[3:]]
print([row["by"] for row in finished("jobs", jobs, run, Path(sys.argv[1]), 1)])
"""


def test_jobs_that_are_done_are_not_run_again(tmp_path: Path) -> None:
    rows, own = tmp_path / "rows.jsonl", {**os.environ, "PYTHONPATH": f"{FOLDER}{os.pathsep}{FOLDER.parent}"}

    def jobs(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-B", "-c", JOBS, str(rows), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=own)

    before = '{"name": "a", "seed": 2, "by": "before"}\n{"name": "b", "seed": 1, "by": "other"}\n{"name": "a", "se'
    rows.write_text(before, encoding="utf-8")
    stopped = jobs("first", 3, 9, 2, 1, *range(20, 40))
    assert (stopped.returncode, stopped.stdout) == (130, "")
    assert stopped.stderr == "stopped with 2 of 24 jobs; the same command goes on\n"
    assert len(list(tmp_path.glob("ran *"))) < 20, "what waits is not begun any more"
    done = jobs("second", 3, 2, 1)
    assert done.stdout == "['first', 'before', 'second']\n", done.stderr
    added = [{"name": "a", "seed": seed, "by": by} for seed, by in ((3, "first"), (1, "second"))]
    assert rows.read_text(encoding="utf-8") == before + "\n" + "".join(json.dumps(row) + "\n" for row in added)


def gpu(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(FOLDER / "gpu.py"), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)


def test_gpu_without_one_says_so_in_one_line() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = gpu()
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "sees no GPU; --device cpu --model nano runs all of it without one" in done.stderr


def test_gpu_times_steps_that_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row in this process: the parts are most of the whole, and every episode taught."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    monkeypatch.syspath_prepend(str(FOLDER))
    import _gpu_rows

    assert _gpu_rows.made(tmp_path, "nano") > 100_000
    settings = {"groups": 1, "group": 2, "limit": 4, "context": 4096, "tokens": 4096, "dtype": "float32",
                "engine": "hf", "checkpointing": False, "device": "cpu"}  # fmt: skip
    row = _gpu_rows.step_row(str(tmp_path), 1, settings)
    assert row["low"] == row["seconds"] == row["high"]
    assert 0.8 * row["seconds"] < sum(row["parts"].values()) <= row["seconds"]
    assert set(row["parts"]) == {"engine", "tokens", "environment", "learning", "weights"}
    assert min(row["parts"][name] for name in ("engine", "tokens", "environment", "learning")) > 0
    assert row["episodes"] == 2
    assert row["sampled"] * row["parts"]["engine"] == pytest.approx(2 * 4 * row["turns"])
    assert row["learned"] * row["parts"]["learning"] == pytest.approx(2 * row["length"])
    assert _gpu_rows.step_row(str(tmp_path), 1, {**settings, "context": 9000})["trouble"].startswith("--context 9000")


def test_gpu_tokenizers_have_as_many_tokens_as_their_models() -> None:
    pytest.importorskip("transformers")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        import _gpu_rows
    from agentgym.training.tiny import tiny_tokenizer

    text = "<|im_start|>user\nCall 555-0172.<|im_end|>\n<tool_call>{}</tool_call>"
    plain = tiny_tokenizer([text], 290)
    whole = _gpu_rows.padded(plain, 5000)
    assert len(whole) == 5000
    assert whole.encode(text) == plain.encode(text)
    assert whole.decode([4321, 4999]) == " word4321 word4999"
    assert (whole.eos_token_id, whole.pad_token_id) == (plain.eos_token_id, plain.pad_token_id)


@pytest.mark.slow
def test_gpu_small_prints_both_tables() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    done = gpu("--device", "cpu", "--model", "nano", "--engine", "hf", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(row["engine"], row["checkpointing"]) for row in found["rows"]] == [("hf", False), ("hf", True)]
    assert all(row["seconds"] > 0 and row["peak"] > 1e8 for row in found["rows"])
    names = ["all logits at once", "in pieces of 0.25 MB", "in pieces of 0.5 MB"]
    assert [row["name"] for row in found["logprobs"]] == names
    assert all(row["seconds"] > 0 for row in found["logprobs"])
    assert report_of(found) == [{12}, {4}]
    found["rows"][0] = {"model": "nano", "engine": "hf", "checkpointing": False, "trouble": "out of memory"}
    assert report_of(found) == [{12}, {4}]


def report_of(found: dict[str, Any]) -> list[set[int]]:
    """How many bars the lines of each table have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        import gpu as program
    return [{line.count("|") for line in table.splitlines()} for table in program.report(found).split("\n\n")[1:]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--device", "cpu"], "--device cpu takes --model nano and no other"),
        (["--device", "cpu", "--model", "nano", "--write"], "--write takes what was measured on a GPU"),
        (["--rounds", "0"], "--rounds must be at least 1"),
    ],
)
def test_gpu_refuses_what_it_cannot_measure(options: list[str], expected: str) -> None:
    done = gpu(*options)
    assert done.returncode == 2
    assert expected in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_the_flywheel_is_compared_with_as_many_samples(tmp_path: Path) -> None:
    mini = Path(__file__).parent / "packs" / "mini"
    options = (
        "--pack",
        mini,
        "--seeds",
        1,
        "--rounds",
        1,
        "--samples",
        10,
        "--updates",
        30,
        "--tasks",
        6,
        "--out",
        tmp_path,
    )
    text = run("flywheel.py", *options, cwd=tmp_path)
    assert "| *flywheel* less *same*, round 1 |" in text
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(row["arm"] for row in rows) == ["flywheel", "fresh", "same"]
    assert all(row["curve"][0] == rows[0]["curve"][0] for row in rows), "all begin alike"
    assert all(bool(row["made"]) == (row["arm"] == "flywheel") for row in rows)
    assert run("flywheel.py", *options, cwd=tmp_path) == text, "what is done is not done again"


@pytest.mark.slow
def test_more_domains_are_compared_with_fewer(tmp_path: Path) -> None:
    options = ("--domains", 1, 2, "--seeds", 1, "--samples", 20, "--updates", 30, "--tasks", 4, "--held-out", 1,
               "--no-ablations", "--out", tmp_path)  # fmt: skip
    text = run("environments.py", *options, cwd=tmp_path)
    assert "| *2 domains* less *1 domain* |" in text
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["used"] + row["short"] for row in rows] == [20, 20]
    assert set(rows[0]["success"]) == {"clinic", "bank", "fulfilment", "held out"}
