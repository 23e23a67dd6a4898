"""The benchmarks run and say what they should. What things cost is for `make bench`, not for a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
