"""docs/write-a-pack.md builds a pack that loads, certifies and plays, from nothing but what stands on the page."""

from __future__ import annotations

import re
from pathlib import Path

import gymnasium as gym
import pytest

import agentgym
from agentgym.certify import certify_pack
from agentgym.policies import policy
from agentgym.rollout import play
from tests.docs.reading import ROOT, blocks

PAGE = ROOT / "docs/write-a-pack.md"
FILES = {block.file: block.text for block in blocks(PAGE) if block.file}
BRANCHES = {("extend", "allowed"), ("extend", "denied"), ("extend", "denied_claim"), ("rent", "done")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the pack's folder, written from the page."""
    out = tmp_path_factory.mktemp("tutorial")
    for name, text in FILES.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return out


def test_the_page_is_what_it_says(folder: Path) -> None:
    pack = agentgym.load(folder / "bikes")
    counts = {
        "tables": len(pack.domain.schema.tables), "tools": len(pack.tools), "rules": len(pack.rules),
        "workflows": len(pack.workflows),
    }  # fmt: skip
    for what, count in counts.items():
        assert f"{count} {what}" in " ".join(PAGE.read_text(encoding="utf-8").split())
    assert set(pack.branches("train")) == set(pack.branches("test")) == BRANCHES


@pytest.mark.parametrize("split", ["train", "test"])
def test_it_certifies(folder: Path, split: str) -> None:
    report = certify_pack(agentgym.load(folder / "bikes"), range(60), split)  # type: ignore[arg-type]
    assert report.ok, report.failures
    assert report.distinct == report.tasks == 60
    assert report.rows_rejected == 0
    assert set(report.branches) == {f"{workflow}/{branch}" for workflow, branch in BRANCHES}


def test_it_plays_in_the_environment(folder: Path) -> None:
    env = gym.make("AgentTool-v0", pack=str(folder / "bikes"), split="test")
    try:
        for seed in range(10):
            env.reset(seed=seed)
            episode = env.unwrapped.episode
            total, done = 0.0, False
            for action in episode.task.oracle:
                _, reward, terminated, truncated, info = env.unwrapped.act(action)
                total, done = total + float(reward), terminated or truncated
            assert done
            assert info["score"] == pytest.approx(1.0)
            assert total == pytest.approx(1.0)
    finally:
        env.close()


@pytest.mark.parametrize("name", ["always_do", "read_then_refuse"])
def test_who_does_not_decide_fails_a_twin(folder: Path, name: str) -> None:
    pack = agentgym.load(folder / "bikes")
    won = [
        play(pack, pack.task(3, "train", "extend", branch), policy(name)).success for branch in ("allowed", "denied")
    ]
    assert sum(won) <= 1


@pytest.mark.parametrize("block", [pytest.param(b, id=b.heading) for b in blocks(PAGE, "python")])
def test_its_examples_run(folder: Path, block: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    exec(compile(block.text, f"write-a-pack.md:{block.line}", "exec"), {"__name__": "example"})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("file", "old", "new", "branch"),
    [
        ("bikes/rules.yaml", r"\n    because: .*due_on FROM.*", "", "denied"),
        ("bikes/workflows/extend.yaml", r"-draw\(1, 9\)", "draw(1, 9)", "denied"),
    ],
    ids=["without because", "one situation for both"],
)
def test_the_two_experiments(folder: Path, tmp_path: Path, file: str, old: str, new: str, branch: str) -> None:
    """Both end as the page says: no task of the branch can be made."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        changed = re.sub(old, new, text) if name == file else text
        assert name != file or changed != text
        (tmp_path / name).write_text(changed, encoding="utf-8")
    with pytest.raises(agentgym.AgentGymError, match=f"no task for extend/{branch}"):
        agentgym.load(tmp_path / "bikes").task(0, "train", "extend", branch)
