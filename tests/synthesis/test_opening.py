"""What opens by itself at a set time: the oracle waits for it, declines what is too far off, and no shortcut wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentgym.certify import certify, certify_pack
from agentgym.episode import Episode
from agentgym.errors import TaskError
from agentgym.pack import Pack
from agentgym.seeding import stream
from agentgym.synthesis import tool_graph
from agentgym.synthesis.admit import synthesize
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.domain.make import draft_of
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.grow import Growth, growths, spread
from agentgym.synthesis.opening import MOST, Opening, opening_of
from agentgym.synthesis.plan import CLAIMS
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.sample import sample
from agentgym.synthesis.situations import Decision, situations
from agentgym.types import Action, Call, Called, Task, result_rows
from agentgym.world import Pool, World
from agentgym.world.functions import minutes_of

STEP = 5
"""Minutes that the opening times of generated domains are apart, from full hours on, as their clocks are."""


class Desk(NamedTuple):
    pack: Pack
    tool: str
    growth: Growth
    workflow: str

    def branch(self, ending: str) -> str:
        return next(leaf for leaf in self.pack.workflows[self.workflow].branches if leaf.endswith(ending))

    def tasks(self, ending: str, split: Any = "train") -> Iterator[tuple[Task, int]]:
        """Tasks of a branch, and the minutes until the thing opens."""
        for seed in range(40):
            try:
                task = self.pack.task(seed, split, self.workflow, self.branch(ending))
            except TaskError:  # nobody there has one
                continue
            with Episode(self.pack, task) as episode:
                opening = opening_of(self.pack, self.tool)
                assert opening is not None
                key = task.situation[0].values[opening.key]
                (moment,) = episode.world.query(
                    f'SELECT "{opening.name}" FROM "{opening.table}" WHERE "{opening.key}" = :key', {"key": key}
                )[0]
                yield task, minutes_of(moment) - minutes_of(episode.world.clock)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A domain of the one motif, a policy that is grown by the rule about it, and a workflow."""
    folder = tmp_path_factory.mktemp("opening")
    made = draft_of(stream("test", 0), "one", ["release"]).write(folder / "one")
    graph, policy = tool_graph(made), Policy.of(made)
    tool = next(node for node in graph.tools if node.name.startswith("claim_"))
    growth = next(growths(made, graph, tool, policy.about(tool.name), stream("opening"), ()))
    policy = policy.grown(growth)
    draft = Draft.of(made, "grown").bare()
    draft.rules(policy.rules)
    found = sample(made, graph, 0, "resolve", goals=[tool.name], policy=policy)
    draft.add(found.spec, found.openings)
    pack = draft.write(folder / "grown")
    yield Desk(pack, tool.name, growth, found.spec.name)
    made.close()
    pack.close()


def calls_of(task: Task) -> list[Call]:
    return [call for action in task.oracle for call in action.calls if isinstance(call, Call)]


def played(pack: Pack, task: Task, actions: Any) -> tuple[bool, list[Called]]:
    with Episode(pack, task) as episode:
        for action in actions:
            if not episode.ending:
                episode.apply(action)
        return episode.reading.reached, [event for event in episode.events if isinstance(event, Called)]


def without(task: Task, tool: str, *instead: Action) -> list[Action]:
    out: list[Action] = []
    for action in task.oracle:
        out += instead if any(isinstance(c, Call) and c.name == tool for c in action.calls) else [action]
    return out


def test_the_oracle_waits_until_it_opens_and_no_longer(desk: Desk) -> None:
    seen: set[int] = set()
    for split in ("train", "test"):
        for task, minutes in list(desk.tasks("_soon", split))[:8]:
            assert minutes in range(STEP, MOST + 1, STEP)
            wait, claim = calls_of(task)[-2:]
            assert (wait.name, wait.arguments) == ("wait", {"minutes": minutes})
            assert claim.name == desk.tool
            won, called = played(desk.pack, task, task.oracle)
            assert won
            assert not any(event.error for event in called)
            assert certify(desk.pack, task).ok
            seen.add(minutes)
    assert MOST in seen
    assert len(seen) > 3


def test_who_does_not_wait_loses(desk: Desk) -> None:
    for task, minutes in list(desk.tasks("_soon"))[:6]:
        short = Action(calls=(Call("wait", {"minutes": minutes - 1}),))
        for instead in ((), (short,) if minutes > 1 else ()):
            won, called = played(desk.pack, task, without(task, "wait", *instead))
            assert not won
            assert called[-1].error == "conflict"
            (key,) = called[-1].arguments.items()
            moments = [row["opens_at"] for c in called for row in result_rows(c.result) if key in row.items()]
            assert f"opens at {moments[0]}" in called[-1].result["error"]["message"]


def test_what_has_opened_is_done_at_once(desk: Desk) -> None:
    found = list(desk.tasks("_open"))[:8]
    for task, minutes in found:
        assert minutes <= 0
        assert "wait" not in [call.name for call in calls_of(task)]
        assert certify(desk.pack, task).ok
    assert 0 in {minutes for _, minutes in found}


def test_what_is_too_far_off_is_declined_however_long_one_waits(desk: Desk) -> None:
    found = list(desk.tasks("_opens_at_denied"))[:8]
    assert MOST + STEP in {minutes for _, minutes in found}
    for task, minutes in found:
        assert minutes in range(MOST + STEP, 3000, STEP)
        assert certify(desk.pack, task).ok
        twin = desk.pack.twin(task)
        assert twin is not None
        assert twin.branch.endswith("_soon")
        assert twin.ledger.opening == task.ledger.opening
        if minutes == MOST + STEP:  # the same row, a step earlier
            assert calls_of(twin)[-2].arguments == {"minutes": MOST}
            longer = Action(calls=(Call("wait", {"minutes": MOST + STEP}),))
            won, called = played(desk.pack, task, without(twin, "wait", longer))
            assert called[-1].name == desk.tool
            assert called[-1].error is None, "it has opened by then"
            assert not won
            assert desk.growth.rule.id in called[-1].broken


@pytest.mark.slow
def test_waiting_is_admitted_with_other_decisions_and_proved_on_tasks_that_were_not_looked_at(tmp_path: Path) -> None:
    made = draft_of(stream("test", 1), "one", ["release"]).write(tmp_path / "one")
    claim = next(name for name in made.tools if name.startswith("claim_"))
    found = synthesize(made, "more", tmp_path, 1, depth=2, among=[claim])
    assert "near" in {growth.operator for growth in found.grown}
    assert {shape.goals for shape in found.admitted} == {(claim,)}
    for split in ("train", "test"):
        waits = 0
        report = certify_pack(found.pack, range(300, 312), split)
        assert report.ok, report.failures
        for seed in range(300, 312):
            waits += "wait" in [call.name for call in calls_of(found.pack.task(seed, split))]
        assert waits
    made.close()
    found.pack.close()


def test_what_is_too_far_off_is_so_today_as_often_as_not(desk: Desk, pool: Pool) -> None:
    opening = opening_of(desk.pack, desk.tool)
    assert opening is not None
    late, days = opening.moments(spread(":key"))[2], Counter[str]()
    for seed in range(6):
        image = desk.pack.image("train", seed)
        world = World(image, (), ("test", seed), pool)
        now = minutes_of(world.clock)
        for (key,) in image.query(f"SELECT {opening.key} FROM {opening.table}"):
            moment = minutes_of(world.query(f"SELECT {late}", {"key": key})[0][0])
            far = moment - now > MOST + STEP
            days["bound" if not far else "today" if moment // 1440 == now // 1440 else "tomorrow"] += 1
        world.close()
    assert days.total() > 50
    assert min(days.values()) > days.total() / 8
    assert abs(days["today"] / days.total() - 0.5) < 0.2


@pytest.mark.parametrize(
    ("step", "first", "last"), [(1, 0, 1439), (5, 480, 1195), (20, 545, 1005), (30, 1020, 1020), (60, 15, 1395)]
)
def test_moments_are_those_of_the_grid_whatever_the_clock_says(
    desk: Desk, step: int, first: int, last: int, pool: Pool
) -> None:
    opening = Opening("", "t", "opens_at", "k", "k", "wait", step, first, last)
    sql = f"SELECT {', '.join(opening.moments(':number'))}"
    clocks: set[str] = set()
    for seed in range(6):
        world = World(desk.pack.image("train", seed), (), ("test", seed), pool)
        now = minutes_of(world.clock)
        midnight = now - now % 1440
        found = [row for n in range(0, 400, 7) for row in world.query(sql, {"number": n})]
        rows = [tuple(minutes_of(moment) - now for moment in row) for row in found]
        world.close()
        assert all((now + minutes - first) % step == 0 for row in rows for minutes in row)
        soon, passed, late = (sorted({row[side] for row in rows}) for side in range(3))
        ahead = next(minutes for minutes in range(1, step + 1) if (now + minutes - first) % step == 0)
        assert set(soon) <= {*range(ahead, MOST + 1, step)}
        assert (soon[-1], passed[-1], late[0]) == (ahead + MOST - step, ahead - step, ahead + MOST)
        assert 0 < soon[0] <= soon[-1] <= MOST < late[0]
        assert passed[-1] <= 0
        assert all(now + minutes >= midnight + first for minutes in passed[:-1]), "since the first of today"
        afterwards = [now + minutes - midnight for minutes in late[1:]]
        today = [minutes for minutes in afterwards if minutes < 1440]
        assert all(first <= minutes % 1440 <= last for minutes in afterwards)
        assert bool(today) is (midnight + last >= now + late[0] + step), "where its hours leave room"
        assert len(today) < len(afterwards)
        clocks.add(world.clock)
    assert len(clocks) > 2


def test_the_grid_of_moments_is_that_of_the_worlds(desk: Desk, tmp_path: Path) -> None:
    grids = {("09:10", "10:40"): (30, 550, 640), ("09:00", "12:00"): (60, 540, 720), ("09:07", "10:20"): (1, 547, 620)}
    for at, grid in grids.items():
        draft = draft_of(stream("test", 0), "one", ["release"])
        for table in draft.files["population"]["tables"]:
            table.get("columns", {}).get("opens_at", {})["at"] = list(at)
        pack = draft.write(tmp_path / at[0].replace(":", "_"))
        opening = opening_of(pack, desk.tool)
        assert opening is not None
        assert (opening.step, opening.first, opening.last) == grid
        pack.close()


def test_a_claim_that_it_is_in_order_changes_nothing(desk: Desk) -> None:
    for task, _ in list(desk.tasks("_denied_claim"))[:3]:
        assert task.trap
        assert task.ledger.claim in CLAIMS
        assert certify(desk.pack, task).ok


def test_a_caller_never_means_a_thing_by_its_opening_time(desk: Desk) -> None:
    graph, policy = tool_graph(desk.pack), Policy.of(desk.pack)
    for draw in range(12):
        found = sample(desk.pack, graph, draw, "resolve", goals=[desk.tool.replace("claim", "return")], policy=policy)
        assert "opens_at" not in found.spec.facts


@pytest.mark.parametrize(
    ("guard", "wait", "is_one"),
    [
        ("SELECT opens_at <= now() FROM {t} WHERE {k} = :{k}", True, True),
        ('select now() >= "opens_at" from "{t}" where "{k}" = :{k}', True, True),
        ("SELECT opens_at <= now() FROM {t} WHERE {k} = :{k}", False, False),
        ("SELECT opens_at < now() FROM {t} WHERE {k} = :{k}", True, False),
        ("SELECT status <= now() FROM {t} WHERE {k} = :{k}", True, False),
        ("SELECT opens_at <= now() FROM {t} WHERE status = :{k}", True, False),
        ("SELECT opens_at <= now() FROM {t} WHERE {k} = :{k} AND status = 'reserved'", True, False),
    ],
)
def test_a_guard_of_this_form_is_about_the_time(guard: str, wait: bool, is_one: bool, tmp_path: Path) -> None:
    draft = draft_of(stream("test", 0), "one", ["release"])
    tool = next(tool for tool in draft.files["tools"]["tools"] if tool["name"].startswith("claim_"))
    key = next(iter(tool["parameters"]))
    table = tool["parameters"][key]["refers_to"].partition(".")[0]
    tool["require"][-1]["sql"] = guard.format(t=table, k=key)
    if not wait:
        draft.files["pack"]["tools"].remove("wait")
    pack = draft.write(tmp_path / "one")
    found = opening_of(pack, tool["name"])
    assert (found is not None) is is_one
    assert found is None or (found.column, found.argument) == (f"{table}.opens_at", key)
    assert opening_of(pack, tool["name"].replace("claim", "return")) is None
    pack.close()


def test_another_way_to_a_goal_is_a_leaf_and_no_refusal() -> None:
    rule = Decision("rule", Arranged(("soon",), ("late",), ()))
    state = Decision("state", Arranged(("right",), ("wrong",), ()))
    time = Decision("time", Arranged(("soon",), ("past",), ()), ("soon", "open"), declines=False)
    found = situations([[rule, state, time]], {})
    assert found.arrange == {
        "rule_allowed.state_allowed.time_soon": ["soon", "right"],
        "rule_denied": ["right", "late"],
        "rule_allowed.state_denied": ["soon", "wrong"],
        "rule_allowed.state_allowed.time_open": ["right", "past"],
    }
    whole, *_, other = found.arrange
    assert found.twins == [(whole, "rule_denied"), (whole, "rule_allowed.state_denied"), (other, "rule_denied")]
    assert found.trapped == ["rule_denied", "rule_allowed.state_denied"]
    assert not found.never


def test_what_is_done_after_waiting_rules_out_what_it_rules_out() -> None:
    time = Decision("time", Arranged(("soon",), ("past",), ()), ("soon", "open"), declines=False)
    state = Decision("state", Arranged(("right",), ("wrong",), ()))
    found = situations([[time], [state]], {1: (0, 0)})
    assert list(found.arrange) == ["time_soon.state_denied", "time_open.state_denied"]
    assert found.never == ["time_soon.state_allowed", "time_open.state_allowed"]
