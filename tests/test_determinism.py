"""An episode is a function of (content, seed, actions): nothing else in the world can change a byte of it.

Whole episodes (task, events, transcript and messages, rewards, end of the world) of the oracle, of a random and of a
greedy policy, and of a random one in the numeric view, are compared: between processes with other hash seeds, clocks,
time zones, locales, folders and orders, with the oldest dependencies that pyproject.toml allows, and with the digests
in tests/golden (`python -m tests.golden` renews those).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentgym.env import AgentToolEnv
from agentgym.pack import load
from agentgym.pack.load import _loaded
from agentgym.rubric import SCORERS
from tests import golden
from tests.test_house import PYPROJECT, ROOT

MANY = range(100)
CLOCK = '''
"""Every clock that Python has is some years off, and runs backwards."""
import datetime, time

_start, _off = time.time(), -123_456_789.5

def _shifted():
    return _start + _off - 1000.0 * (time_() - _start)

time_ = time.time
time.time = _shifted
time.time_ns = lambda: int(_shifted() * 1e9)
_localtime, _gmtime = time.localtime, time.gmtime
time.localtime = lambda at=None: _localtime(_shifted() if at is None else at)
time.gmtime = lambda at=None: _gmtime(_shifted() if at is None else at)

class _Moment(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_shifted(), tz)
    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(_shifted(), datetime.timezone.utc).replace(tzinfo=None)
    @classmethod
    def today(cls):
        return cls.now()

class _Day(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(_shifted())

datetime.datetime, datetime.date = _Moment, _Day
'''


def start(
    seeds: Sequence[int], splits: Sequence[str], cwd: Path, python: str | Path = sys.executable, **environment: str
) -> subprocess.Popen[str]:
    """A process that prints the digests of some episodes."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHON", "LC_", "LANG", "TZ", "COV"))}
    path = os.pathsep.join(filter(None, (environment.pop("path", ""), str(ROOT))))
    command = [
        str(python), "-B", "-m", "tests.golden", "--seeds", ",".join(map(str, seeds)), "--splits", ",".join(splits),
    ]  # fmt: skip
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=cwd, env={**clean, **environment, "PYTHONPATH": path}, stdout=pipe, stderr=pipe, text=True
    )


def result(process: subprocess.Popen[str]) -> dict[str, str]:
    out, trouble = process.communicate(timeout=300)
    assert process.returncode == 0, trouble
    return json.loads(out)


def same(found: dict[str, str], expected: dict[str, str]) -> None:
    """The first episode that differs, and in which part, is the message."""
    assert sorted(found) == sorted(expected)
    for name, wanted in expected.items():
        parts = zip(golden.PARTS, found[name].split(), wanted.split(), strict=True)
        wrong = [part for part, a, b in parts if a != b]
        assert not wrong, f"{name}: {', '.join(wrong)} differ"


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    """The digests in this process."""
    return golden.digests(golden.SEEDS)


def test_two_processes_with_other_hash_seeds_and_orders(tmp_path: Path) -> None:
    """A hundred seeds; the second process goes through them in another order."""
    mixed = list(MANY)
    random.Random(5).shuffle(mixed)
    one = start(MANY, ["train"], tmp_path, PYTHONHASHSEED="0")
    other = start(mixed, ["train"], tmp_path, PYTHONHASHSEED="4242")
    same(result(other), result(one))


def test_another_clock_zone_and_locale(tmp_path: Path, here: dict[str, str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    far = start(
        golden.SEEDS, golden.SPLITS, tmp_path, path=str(tmp_path), PYTHONHASHSEED="99", TZ="Pacific/Kiritimati",
        LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0",
    )  # fmt: skip
    near = start(golden.SEEDS, golden.SPLITS, ROOT, TZ="America/St_Johns", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    same(result(far), here)
    same(result(near), here)


def test_the_shifted_clock_is_shifted(tmp_path: Path) -> None:
    """The test of the test: all of Python's clocks are off, and time runs backwards."""
    (tmp_path / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    program = (
        "import time, datetime as d; a = time.time(); time.sleep(.01);"
        "print(time.time() < a, int(a), time.gmtime().tm_year, d.datetime.now().year, d.date.today().year)"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    backwards, at, *years = done.stdout.split()
    assert backwards == "True"
    assert time.time() - int(at) > 100_000_000
    assert len(set(years)) == 1
    assert abs(int(years[0]) - time.gmtime(int(at)).tm_year) <= 1


def test_golden_digests(here: dict[str, str]) -> None:
    """What this commit plays is what is written down; where a change is meant, `python -m tests.golden` renews it."""
    written = json.loads(golden.FILE.read_text(encoding="utf-8"))
    renew = "if that is meant, run: python -m tests.golden"
    assert written["parts"].split() == list(golden.PARTS)
    assert written["pack"] == load("clinic").digest, f"the content of clinic has changed; {renew}"
    try:
        same(here, written["episodes"])
    except AssertionError as difference:
        raise AssertionError(f"{difference}; {renew}") from None


def test_the_digests_tell_episodes_apart(here: dict[str, str]) -> None:
    """The test of the tests: the digests are not all of nothing."""
    assert len(here) == 2 * 4 * len(golden.SEEDS)
    parts = [set(column) for column in zip(*(digest.split() for digest in here.values()), strict=True)]
    tasks = 2 * len(golden.SEEDS)
    assert len(parts[0]) == tasks
    assert all(len(found) > tasks for found in (parts[1], parts[2]))
    assert all(len(found) > 10 for found in parts[3:])


def test_playing_twice_in_one_process_is_the_same(here: dict[str, str]) -> None:
    seeds = list(golden.SEEDS)[::-2]
    again = golden.digests(seeds)
    same(again, {name: here[name] for name in again})


def test_the_order_of_making_tasks_does_not_matter() -> None:
    """Neither what was made before nor what is cached: up, down, mixed, and in a pack loaded anew."""
    pack = load("clinic")
    up = [pack.task(seed, "test").id for seed in range(70)]  # seed 64 comes back to the world of seed 0
    down = [pack.task(seed, "test").id for seed in reversed(range(70))]
    assert down[::-1] == up
    for seed in (3, 69, 5):
        task = pack.task(seed, "test")
        pack.twin(task)
        pack.task(seed, "train")
        pack.task(seed, "test", task.workflow)
        assert pack.task(seed, "test").id == up[seed]
    kept = dict(_loaded)
    _loaded.clear()
    try:
        fresh = load("clinic")
        assert fresh is not pack
        assert [fresh.task(seed, "test").id for seed in (69, 0, 33)] == [up[69], up[0], up[33]]
        fresh.close()
    finally:
        _loaded.clear()
        _loaded.update(kept)


def test_how_one_is_paid_and_drawn_changes_no_event() -> None:
    """Scorer, discount, reward mode and rendering are views: the events of an episode do not depend on them."""

    def events(**arguments: object) -> object:
        env = AgentToolEnv("clinic", **arguments)
        env.reset(seed=11)
        assert env.episode is not None
        for action in env.episode.task.oracle:
            if not env.episode.ending:
                env.act(action)
        found = list(env.episode.events), env.episode.world.digest()
        env.close()
        return found

    expected = events()
    for arguments in (
        *({"scorer": name} for name in SCORERS),
        {"gamma": 0.5},
        {"reward": "episode"},
        {"render_mode": "ansi"},
    ):
        assert events(**arguments) == expected, arguments


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the oldest dependencies have wheels up to Python 3.12")
def test_the_oldest_dependencies(tmp_path: Path, here: dict[str, str]) -> None:
    home = tmp_path / "oldest"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", ROOT / "tests/oldest.txt"]
    done = subprocess.run([*pip, *PYPROJECT["project"]["dependencies"]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    versions = [python, "-c", "import apsw, gymnasium, msgspec, numpy; print(gymnasium.__version__, numpy.__version__)"]
    found = subprocess.run(versions, capture_output=True, text=True, check=True).stdout.split()
    oldest = dict(
        line.split("==")
        for line in (ROOT / "tests/oldest.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    assert found == [oldest["gymnasium"], oldest["numpy"]]
    same(result(start(golden.SEEDS, golden.SPLITS, tmp_path, python, PYTHONHASHSEED="7")), here)
