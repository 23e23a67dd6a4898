"""The flywheel: what a policy did decides what comes next, every task is proved and says why it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import pytest
from typer.testing import CliRunner

from agentgym.certify import certify
from agentgym.cli import app
from agentgym.episode import Episode, View
from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.policies import Policy, policy
from agentgym.rollout import play, run
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.flywheel import next_round, observe
from agentgym.synthesis.slips import KINDS
from agentgym.tasks import pack_beside, read_tasks, write_tasks
from agentgym.trace import read_traces
from agentgym.types import Action, Call, Task
from agentgym.views import with_view
from agentgym.world import Pool

MINI = Path(__file__).parents[1] / "packs" / "mini"
EPISODES, COUNT = 36, 24


class Fails:
    """Is of no use to those who give something back, and does everything else as the oracle does."""

    def start(self, episode: Episode) -> Callable[[View], object]:
        if episode.task.workflow == "give_back":
            return lambda view: "No."
        return policy("oracle").start(episode)


def played(mini: Pack, folder: Path, player: Policy, name: str) -> tuple[Path, Path]:
    """A first round of tasks, and what a policy did on them."""
    folder.mkdir(exist_ok=True)
    tasks, traces = folder / f"{name}0.jsonl", folder / f"{name}0.traces.jsonl"
    write_tasks(tasks, [mini.task(seed) for seed in range(EPISODES)])
    run([(mini, task) for task in read_tasks(tasks)[0]], player, traces, name=name)
    return tasks, traces


def by_operator(out: Path) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in read_tasks(out)[0]:
        found.setdefault(task.provenance.operator, []).append(task)
    return found


def bytes_of(out: Path) -> dict[str, bytes]:
    files = [out, Path(f"{out}.round.json"), *sorted(p for p in Path(f"{out}.packs").rglob("*") if p.is_file())]
    return {str(path.relative_to(out.parent)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def fails(mini: Pack, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return played(mini, tmp_path_factory.mktemp("fails"), Fails(), "fails")


def test_twins_where_it_fails_and_growth_where_it_masters(
    fails: tuple[Path, Path], tmp_path: Path, mini: Pack, pool: Pool
) -> None:
    out = tmp_path / "1.jsonl"
    made = next_round(*fails, out, COUNT, packs=[mini])
    found = by_operator(out)
    assert made.made == {**{name: len(tasks) for name, tasks in sorted(found.items()) if name != "workflow"},
                         "replay": COUNT // 4}  # fmt: skip
    assert set(found) == {"twin", "grow", "workflow"}
    twins = {(task.world_seed, *task.bind.values()): set[str]() for task in found["twin"]}
    for task in found["twin"]:
        assert task.workflow == "give_back"
        twins[task.world_seed, *task.bind.values()].add(task.branch)
    assert sum(branches == {"allowed", "denied"} for branches in twins.values()) >= len(twins) - 1, (
        "the last may be cut"
    )
    lost = {f"{t.task_id}/{t.sample}" for t in read_traces(fails[1]) if not t.success}
    won = {f"{t.task_id}/{t.sample}" for t in read_traces(fails[1]) if t.success}
    assert {task.provenance.parent for task in found["twin"]} <= lost
    assert {task.provenance.parent for task in found["grow"]} <= won
    (name,) = made.packs
    grown = pack_beside(name, out)
    assert {task.pack for task in found["grow"]} == {name}
    called = {task.workflow for task in found["grow"]}
    assert all("give_back" not in workflow for workflow in called), "what it fails at does not grow"
    assert max(leaf.count(".") + 1 for workflow in grown.workflows.values() for leaf in workflow.leaves) == 2
    for task in (*found["twin"], *found["grow"]):
        assert task.split == "train"
        assert certify(pack_beside(task.pack, out), task, pool=pool).ok
    assert {task.provenance.round for task in (*found["twin"], *found["grow"])} == {1}
    given = {task.id for task in read_tasks(fails[0])[0]}
    assert {task.id for task in found["workflow"]} <= given, "replayed tasks are the same"
    rows = [one for one in made.seen if one["workflow"] == "give_back"]
    assert [one["success"] for one in rows] == [0, 0]
    assert all(one["missed"] for one in rows)


def test_traps_where_it_guesses(mini: Pack, tmp_path: Path, pool: Pool) -> None:
    tasks, traces = played(mini, tmp_path, policy("always_do"), "always")
    seen, left = observe(read_traces(traces), {task.id: task for task in read_tasks(tasks)[0]}, {mini.name: mini})
    assert not left
    assert sum(len(one.guessed) for one in seen) > 0
    assert all(one.family.branch in ("denied", "heavy") for one in seen if one.guessed)
    out = tmp_path / "1.jsonl"
    made = next_round(tasks, traces, out, COUNT, packs=[mini], replayed=0)
    traps = by_operator(out)["trap"]
    assert traps
    assert all(task.trap for task in traps)
    for task in traps:
        pack = pack_beside(task.pack, out)
        assert pack.name in made.packs
        assert certify(pack, task, pool=pool).ok
    env = gymnasium.make("AgentTool-v0", tasks=out)
    env.reset(seed=1)
    env.close()


def test_rounds_follow_each_other(mini: Pack, tmp_path: Path) -> None:
    tasks, traces = played(mini, tmp_path, policy("oracle"), "oracle")
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    assert next_round(tasks, traces, first, 12, packs=[mini]).round == 1
    player = policy("oracle")
    run(
        [(pack_beside(task.pack, first), task) for task in read_tasks(first)[0]],
        player,
        tmp_path / "1.t",
        name="oracle",
    )
    made = next_round(first, tmp_path / "1.t", second, 12)
    assert made.round == 2
    tasks_of = read_tasks(second)[0]
    assert {task.provenance.round for task in tasks_of} <= {0, 1, 2}
    for task in tasks_of:
        pack_beside(task.pack, second).check(task)


def test_the_same_bytes_again_and_after_a_stop(fails: tuple[Path, Path], tmp_path: Path, mini: Pack) -> None:
    once, stopped = tmp_path / "a" / "1.jsonl", tmp_path / "b" / "1.jsonl"
    for path in (once, stopped):
        path.parent.mkdir()
    next_round(*fails, once, COUNT, packs=[mini])

    def stop(what: str, done: int) -> None:
        if what == "tasks" and done > 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next_round(*fails, stopped, COUNT, packs=[mini], progress=stop)
    assert not stopped.exists()
    part = Path(f"{stopped}.part")
    part.write_bytes(part.read_bytes() + b'{"tasks": [')  # torn
    with pytest.raises(UsageError, match="another round"):
        next_round(*fails, stopped, COUNT + 1, packs=[mini])
    next_round(*fails, stopped, COUNT, packs=[mini])
    assert bytes_of(once) == bytes_of(stopped)
    with pytest.raises(UsageError, match="is there already"):
        next_round(*fails, once, COUNT, packs=[mini])


def test_traces_that_cannot_be_believed_are_left_out(fails: tuple[Path, Path], tmp_path: Path, mini: Pack) -> None:
    lines = fails[1].read_text(encoding="utf-8").splitlines()
    forged = lines[0].replace('"success":false', '"success":true') if '"success":false' in lines[0] else ""
    forged = forged or lines[0].replace('"success":true', '"success":false')
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([forged, "no trace", lines[1]]) + "\n", encoding="utf-8")
    made = next_round(fails[0], path, tmp_path / "1.jsonl", 4, packs=[mini])
    assert made.left_out == {"does not replay": 1, "no trace": 1}
    assert sum(one["episodes"] for one in made.seen) == 1
    path.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="no trace that can be used"):
        next_round(fails[0], path, tmp_path / "2.jsonl", 4, packs=[mini])


@pytest.mark.parametrize("wrong", [{"count": 0}, {"replayed": 1.0}, {"gap": 4}, {"seed": -1}])
def test_numbers_out_of_range(fails: tuple[Path, Path], tmp_path: Path, wrong: dict[str, float]) -> None:
    given: dict[str, Any] = {"count": 4, **wrong}
    with pytest.raises(UsageError, match="found"):
        next_round(*fails, tmp_path / "1.jsonl", **given)


def test_on_the_command_line(fails: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "1.jsonl"
    found = CliRunner().invoke(
        app,
        ["synth", "round", str(fails[0]), str(fails[1]), "--pack", str(MINI), "--n", "8", "--out", str(out), "--json"],
    )
    assert found.exit_code == 0, found.output
    made = json.loads(found.stdout)
    assert made["round"] == 1
    assert made["tasks"] == len(read_tasks(out)[0]) == 8
    assert msgspec.json.decode(Path(f"{out}.round.json").read_bytes()) == made


class Slips:
    """Goes the right way, and submits the last of the wrong answers that its task keeps."""

    def start(self, episode: Episode) -> Callable[[View], object]:
        actions = list(episode.task.oracle)
        (call,) = (call for call in actions[-1].calls if isinstance(call, Call))
        wanted = next(c for c in episode.task.outcomes[0].criteria if c.kind == "answer")
        wrong = [value for values in wanted.slips.values() for value in values] or ["17"]
        actions[-1] = Action(calls=(Call(call.name, dict.fromkeys(call.arguments, wrong[-1])),))
        following = iter(actions)
        return lambda view: next(following)


@pytest.mark.parametrize("name", ["numbers", "archive"])
def test_what_was_answered_wrongly_comes_again_changed_in_little(name: str, tmp_path: Path, pool: Pool) -> None:
    pack = load(name)
    given = [pack.task(seed) for seed in range(27)]
    tasks, traces, out = tmp_path / "0.jsonl", tmp_path / "0.traces", tmp_path / "1.jsonl"
    write_tasks(tasks, given)
    run([(pack, task) for task in given], Slips(), traces, name="slips")
    made = next_round(tasks, traces, out, 20)
    assert sum(sum(one["slips"].values()) for one in made.seen) == 27
    assert made.made["mutate"] >= 12
    by_id = {task.id: task for task in given}
    for task in read_tasks(out)[0]:
        kind, _, slip = task.provenance.operator.partition(" ")
        if kind != "mutate":
            continue
        origin = by_id[task.provenance.parent.partition("/")[0]]
        assert (task.workflow, task.branch, task.world_seed) == (origin.workflow, origin.branch, origin.world_seed)
        assert [f.value for f in task.ledger.facts] != [f.value for f in origin.ledger.facts]
        assert slip in KINDS
        assert certify(pack, task, pool=pool).ok


def test_what_counts_is_what_happens_again(mini: Pack, tmp_path: Path) -> None:
    """A failure that is said to be a win, one that stands there twice, a test, and a task that was not given."""
    given = [mini.task(seed, "test" if seed == 2 else "train") for seed in range(4)]
    traces = [play(mini, task, policy("greedy"), keep_task=seed != 1) for seed, task in enumerate(given)]
    lost = [trace for trace in traces if not trace.success]
    assert lost
    broke = [msgspec.structs.replace(trace, ending="policy_broke", success=True, valid=True) for trace in lost]
    tasks = {task.id: task for task in given[:3]}
    seen, left = observe([*traces, traces[0]], tasks, {mini.name: mini})
    assert sum(one.episodes for one in seen) == 2
    assert left == {"of the test split": 1, "of another task": 1, "there twice": 1}
    assert not observe(broke, tasks, {mini.name: mini})[0]


def test_a_pack_that_is_not_the_one_of_its_name_goes_along(clinic: Pack, tmp_path: Path) -> None:
    edited = Draft.of(clinic, "clinic")
    edited.files["pack"]["title"] = "Another clinic"
    own = edited.write(tmp_path / "clinic")
    (tmp_path / "secret").write_text("a key")
    (tmp_path / "clinic" / "notes.md").symlink_to(tmp_path / "secret")
    tasks, traces, out = tmp_path / "0.jsonl", tmp_path / "0.traces", tmp_path / "1.jsonl"
    given = [own.task(seed) for seed in range(6)]
    write_tasks(tasks, given)
    run([(own, task) for task in given], policy("greedy"), traces, name="greedy")
    next_round(tasks, traces, out, 4, packs=[own])
    for task in read_tasks(out)[0]:
        pack_beside(task.pack, out).check(task)
    assert not list(tmp_path.glob("1.jsonl.packs/**/notes.md")), "links are not followed"


def test_nothing_of_anybodys_is_touched(fails: tuple[Path, Path], tmp_path: Path, mini: Pack) -> None:
    out = tmp_path / "1.jsonl"
    (tmp_path / "1.jsonl.packs" / ".git").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds something else"):
        next_round(*fails, out, 4, packs=[mini])
    assert (tmp_path / "1.jsonl.packs" / ".git").is_dir()
    Path(f"{out}.part").touch()  # killed when it began
    (tmp_path / "1.jsonl.packs" / ".git").rmdir()
    assert next_round(*fails, out, 4, packs=[mini]).tasks == 4


def test_views_stay_what_they_were(tmp_path: Path) -> None:
    pack = load("numbers")
    given = [with_view(pack, pack.task(seed), "renamed") for seed in range(6)]
    tasks, traces, out = tmp_path / "0.jsonl", tmp_path / "0.traces", tmp_path / "1.jsonl"
    write_tasks(tasks, given)
    run([(pack, task) for task in given], Slips(), traces, name="slips")
    made = next_round(tasks, traces, out, 4, replayed=0)
    assert {kind for one in made.seen for kind in one["slips"]} <= {"wrong_value", "off_by_one", "unit", "missing_step"}
    assert all(task.tool_view is not msgspec.UNSET for task in read_tasks(out)[0])
