"""Questions in rubrics, and their columns: in a run, an evaluation, on traces and on the page; in no score."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from agentgym.errors import PackError
from agentgym.evaluate import Plan, evaluate, read_played, report
from agentgym.judge import Declared, Judge, Verdicts, verdicts_path
from agentgym.pack import Pack, load
from agentgym.policies import policy
from agentgym.rollout import play, run
from agentgym.rubric import SCORERS, Question, Reading, Weights, scorer
from agentgym.trace import read_traces
from tests.conftest import Agentgym
from tests.judge.test_judge import Voting, saying
from tests.llm.server import Body, FakeServer, words

POLITE = "judge:\n  - id: polite\n    question: Was the agent polite?\n    votes: 1\n"
Copy = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def asking(pack_copy: Copy) -> Path:
    """A copy of the small pack whose rubric asks a question."""
    return pack_copy({"rubric.yaml": f"version: 1\n{POLITE}"})


class Fake:
    """A judge behind a server: it says yes of even requests; `down` for a server that refuses to answer."""

    def __init__(self) -> None:
        self.down = False
        self.server = FakeServer(self.answer, lambda body, number: "refused" if self.fails(body) else "")

    def fails(self, body: Body) -> bool:
        return self.down and body["messages"][0]["role"] == "system"

    def answer(self, body: Body) -> Body:
        if body["messages"][0]["role"] != "system":
            return words("OK")
        read = json.loads(body["messages"][1]["content"])
        return words(saying("yes" if "changes" in json.dumps(read["log"]) else "no"))


@pytest.fixture
def fake() -> Iterator[Fake]:
    pytest.importorskip("aiohttp")
    found = Fake()
    with found.server:
        yield found


# --- the format ---


def test_a_rubric_asks(asking: Path, mini: Pack) -> None:
    assert load(asking).rubric.judge == [Question("polite", "Was the agent polite?", 1)]
    assert mini.rubric.judge == []
    assert load(asking).digest != mini.digest


@pytest.mark.parametrize(
    ("rubric", "line", "expected"),
    [
        (POLITE + POLITE.removeprefix("judge:\n"), 6, "a second question polite"),
        (POLITE.replace("id: polite", "id: Polite!"), 3, "lower case"),
        (POLITE.replace("votes: 1", "votes: 4"), 3, "votes are odd"),
        (POLITE.replace("votes: 1", "weight: 1"), 5, "weight"),
        ("weights: {judge: 1}\n", 2, "in no score"),
    ],
)
def test_questions_that_do_not_fit_are_refused(pack_copy: Copy, rubric: str, line: int, expected: str) -> None:
    with pytest.raises(PackError, match=expected) as found:
        load(pack_copy({"rubric.yaml": f"version: 1\n{rubric}"}))
    assert found.value.line == line
    assert found.value.file.endswith("rubric.yaml")


# --- in no score ---


def test_no_scorer_can_see_a_verdict() -> None:
    for name in SCORERS:
        seen = inspect.signature(scorer(name).level).parameters
        assert list(seen) == ["reading", "ending", "weights"], name
    assert not [name for name in (*Reading.__struct_fields__, *Weights.__struct_fields__) if "judge" in name]


def test_what_a_judge_says_changes_nothing_else(asking: Path, tmp_path: Path) -> None:
    pack = load(asking)
    tasks = [(pack, pack.task(seed, "test")) for seed in range(6)]
    plan = Plan("greedy", 6, 2, "test")
    plain = evaluate(tasks, policy("greedy"), tmp_path / "run", plan)
    file = tmp_path / "run" / "traces.jsonl"
    before = file.read_bytes()
    played = read_played(tmp_path / "run")
    played.questions = tuple(pack.rubric.judge)  # it is no pack that is found by its name
    (empty,) = report(played).judge
    assert (empty.share, empty.column.unjudged, empty.column.model) == (None, 12, "")
    traces = read_traces(file)
    votes = [saying("yes"), *[saying("no")] * 40]
    judge = Judge(Voting(*votes), "m", Verdicts(verdicts_path(file)))
    judge.judge_all(traces, Declared([pack]).of, concurrency=1)
    again = report(read_played(tmp_path / "run"), plan.total)
    assert file.read_bytes() == before
    (column,) = again.judge
    assert column.column.model == "m"
    assert column.column.holds + column.column.fails == 12
    assert column.share is not None
    for name in again.__struct_fields__:
        if name != "judge":
            assert getattr(again, name) == getattr(plain, name), name


# --- on the command line ---


def test_a_run_is_judged(asking: Path, fake: Fake, agentgym: Agentgym, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    command = ("run", "--policy", "oracle", "--pack", asking, "--episodes", "8", "--split", "test")
    plain = agentgym(*command, "--json").json
    given = (*command, "--out", out, "--judge", "openai:fake", "--judge-base-url", fake.server.url)
    found = agentgym(*given, "--json")
    assert found.code == 0, found.err
    (column,) = found.json.pop("judge")
    assert found.json == {**plain, **found.json}
    assert {name: value for name, value in found.json.items() if name != "judge"} == plain
    assert (column["id"], column["holds"] + column["fails"], column["unjudged"]) == ("polite", 8, 0)
    assert 0 < column["holds"] < 8
    asked = len(fake.server.requests)
    shown = agentgym(*given)
    assert len(fake.server.requests) == asked + 2, "the word before playing and before judging; nothing is judged again"
    assert "judge (in no score)" in shown.out
    schema = fake.server.requests[2]["response_format"]["json_schema"]
    assert schema["strict"] is True
    rows = agentgym("judge", out, "--pack", asking, "--judge", "openai:fake", "--base-url", fake.server.url, "--json")
    assert len(fake.server.requests) == asked + 3
    assert sum(row["judge"]["polite"]["holds"] for row in rows.json) == column["holds"]
    without = agentgym(*command, "--judge", "openai:fake", "--judge-base-url", fake.server.url, "--json")
    assert without.json["judge"] == [column], "without --out it is judged too"


def test_a_judge_that_fails_cannot_tell_and_harms_nothing(
    asking: Path, fake: Fake, agentgym: Agentgym, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    command = ("run", "--policy", "oracle", "--pack", asking, "--episodes", "4", "--split", "test")
    plain = agentgym(*command, "--json").json
    given = (*command, "--out", out, "--judge", "openai:fake", "--judge-base-url", fake.server.url, "--json")
    fake.down = True
    found = agentgym(*given)
    assert found.code == 0
    assert "4 traces were not judged: server: fake: status 400" in found.err
    (column,) = found.json["judge"]
    assert (column["cannot_tell"], column["failed"], column["share"]) == (4, 4, None)
    assert {name: value for name, value in found.json.items() if name != "judge"} == plain
    judged = agentgym("judge", out, "--pack", asking, "--judge", "openai:fake", "--base-url", fake.server.url, "--json")
    assert judged.code == 1
    assert [row["judge"]["polite"]["holds"] for row in judged.json] == [None] * 4
    assert all(row["judge"]["polite"]["reason"].startswith("server: ") for row in judged.json)
    assert [row["score"] for row in judged.json] == [1.0] * 4
    fake.down = False
    (column,) = agentgym(*given).json["judge"]
    assert column["cannot_tell"] == 0, "the same command asks again"


def test_an_evaluation_is_judged(fake: Fake, agentgym: Agentgym, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    questions = tmp_path / "q.json"
    questions.write_text('[{"id": "wrote", "question": "Did it write?", "votes": 1}]')
    play = ("eval", "--policy", "greedy", "--pack", "clinic", "--episodes", "6", "--trials", "2", "--out", folder)
    judge = ("--judge", "openai:fake", "--judge-base-url", fake.server.url, "--questions", questions)
    plain = agentgym(*play, "--json").json
    assert plain["judge"] == []
    found = agentgym(*play, *judge, "--json").json
    kept = json.loads((folder / "report.json").read_text())
    assert kept == found
    (column,) = found["judge"]
    assert column["column"]["holds"] + column["column"]["fails"] == 12
    assert column["share"]["tasks"] == 6
    assert {k: v for k, v in found.items() if k != "judge"} == {k: v for k, v in plain.items() if k != "judge"}
    asked = len(fake.server.requests)
    shown = agentgym("eval", folder)
    assert "wrote" in shown.out
    assert "in no score" in shown.out
    assert len(fake.server.requests) == asked, "reading asks nobody"
    more = agentgym("eval", folder, *judge[:4], "--questions", "manners", "--votes", "1", "--json").json
    assert {row["column"]["id"] for row in more["judge"]} == {"wrote", "polite", "plain", "explained", "honest"}
    assert agentgym("eval", "--compare", folder, folder, *judge).code == 2


def test_what_is_wrong_is_said_before_anything_is_played(fake: Fake, agentgym: Agentgym, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    plain = ("run", "--policy", "oracle", "--pack", "clinic", "--episodes", "2", "--out", out)
    here = ("--judge-base-url", fake.server.url)
    for arguments, expected in {
        ("--judge", "gpt"): "openai:MODEL",
        ("--judge", "openai:fake", *here): "nothing to ask",
        ("--judge", "openai:fake", "--questions", "manner", *here): "cannot read questions",
        ("--judge", "openai:fake", "--questions", "manners", "--votes", "2", *here): "odd",
        ("--judge", "openai:fake", "--questions", "manners"): "OPENAI_API_KEY",
        ("--judge", "openai:fake", "--questions", "manners", "--judge-base-url", "http://127.0.0.1:9/v1"): "base URL",
        ("--questions", "manners"): "--judge",
    }.items():
        found = agentgym(*plain, *arguments)
        assert (found.code, found.out) == (2, ""), arguments
        assert expected in found.err
        assert found.err.count("\n") == 1
        assert not out.exists()
    assert agentgym(*plain).code == 0
    found = agentgym("judge", out, "--judge", "openai:fake", "--base-url", fake.server.url)
    assert "the rubrics of clinic declare no question" in found.err


def test_an_interrupt_keeps_the_verdicts(clinic: Pack, tmp_path: Path, uncovered: dict[str, str]) -> None:
    pytest.importorskip("aiohttp")
    file = tmp_path / "out.jsonl"
    run([(clinic, clinic.task(seed)) for seed in range(60)], policy("oracle"), file)
    kept = verdicts_path(file)
    with FakeServer(lambda body: words(saying("yes")), latency=0.05) as fake:
        command = [
            sys.executable, "-m", "agentgym", "judge", str(file), "--questions", "manners", "--judge", "openai:fake",
            "--base-url", fake.url, "--concurrency", "2",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=uncovered) as process:
            limit = time.monotonic() + 60
            while not (kept.exists() and kept.read_bytes().count(b"\n") >= 2) and time.monotonic() < limit:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "verdicts are kept. To go on: agentgym judge" in err
    assert "Traceback" not in err
    assert 2 <= len(Verdicts(kept)) < 240


def test_the_page_shows_the_column(clinic: Pack, agentgym: Agentgym, tmp_path: Path) -> None:
    from tests.viewer.test_page import blocks

    folder = tmp_path / "runs"
    folder.mkdir()
    file = folder / "out.jsonl"
    run([(clinic, clinic.task(seed)) for seed in range(3)], policy("oracle"), file, name="oracle")
    traces = read_traces(file)
    votes = [saying("yes"), saying("no")]
    Judge(Voting(*votes), "m", Verdicts(verdicts_path(file))).judge(traces[0], [Question("a", "A?", 1)])
    Judge(Voting(saying("no")), "m", Verdicts(verdicts_path(file))).judge(traces[1], [Question("a", "A?", 1)])
    page = tmp_path / "page.html"
    found = agentgym("view", folder, "--out", page, "--json")
    assert found.json["broken_lines"] == [], "verdicts are no traces"
    text = page.read_text(encoding="utf-8")
    assert blocks(text, "index")[0]["columns"]["judged"] == [["a holds"], ["a does not hold"], []]
    details = blocks(text, "block")[0]
    assert details[0]["judge"][0] == {
        "id": "a", "question": "A?", "model": "m", "says": "holds", "votes": "yes 1", "reason": "It seems yes.",
    }  # fmt: skip
    assert details[2]["judge"] == []


def test_a_question_nobody_asked_is_shown_as_such(asking: Path) -> None:
    from agentgym.viewer import Gatherer

    pack = load(asking)
    gatherer = Gatherer([pack])
    found = gatherer.episode(play(pack, pack.task(0), policy("oracle")))
    gatherer.close()
    (line,) = found.detail["judge"]
    assert (line["id"], line["says"]) == ("polite", None)
    assert found.row["judged"] == []
