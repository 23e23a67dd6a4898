"""Rules of more than one cell: permission tiers, quotas and conflicting requests, and what is made of them."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentgym.certify import certify
from agentgym.errors import PackError, TaskError
from agentgym.pack import Pack, load
from agentgym.policies import pairs, policy
from agentgym.rollout import play
from agentgym.seeding import stream
from agentgym.synthesis import tool_graph
from agentgym.synthesis.admit import has_rows, synthesize
from agentgym.synthesis.arrange import Arranged
from agentgym.synthesis.domain.make import draft_of
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.grow import Growth, growths, paired
from agentgym.synthesis.grow.growth import Source
from agentgym.synthesis.grow.quota import Counted, _arranged
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Unsatisfiable
from agentgym.synthesis.sample import Sampled, sample, writers
from agentgym.synthesis.situations import Decision, situations
from agentgym.types import Action, Call, Situation, Task, Value
from agentgym.world import Image, Pool, World
from agentgym.world.sql import origins


@lru_cache
def grown(name: str, operator: str, seeds: int = 4) -> list[Growth]:
    """Rules of an operator about the tools of a pack that writes decide, each once."""
    pack = load(name)
    graph, own = tool_graph(pack), Policy.of(pack)
    decided = [tool for tool in writers(pack, graph) if own.about(tool)]
    found = [
        growth
        for seed in range(seeds)
        for tool in writers(pack, graph)
        for growth in growths(pack, graph, graph.by_name[tool], own.about(tool), stream("test", seed), decided)
    ]
    return list({growth.rule.say: growth for growth in found if growth.operator == operator}.values())


class Case(NamedTuple):
    """A rule on one row of a world: the arguments of the call, and what its writes are given."""

    arguments: dict[str, Any]
    row: dict[str, Any]


def cases(pack: Pack, growth: Growth, image: Image, count: int) -> Iterator[Case]:
    """Rows that a rule can be arranged on, as a sampled workflow would bind them."""
    graph, own = tool_graph(pack), Policy.of(pack)
    policy = own.without([rule.id for rule in own.rules]).grown(growth)
    ports = [port for port in graph.by_name[growth.rule.tool].inputs if f":{port.name}" in growth.rule.allowed]
    for draw in range(4):
        try:
            bind = sample(pack, graph, draw, "resolve", goals=[growth.rule.tool], policy=policy).spec.bind
        except Unsatisfiable:
            continue
        bound = origins(image.db, bind)
        for row in image.query(f"SELECT * FROM ({bind}) LIMIT {count}"):
            by_type = {origin: value for (_, origin), value in zip(bound, row, strict=True)}
            named = {name: value for (name, _), value in zip(bound, row, strict=True)}
            yield Case({port.name: by_type[port.type] for port in ports}, named)
        return


def arranged(image: Image, writes: tuple[str, ...], case: Case, pool: Pool) -> World:
    return World(image, [Situation(sql, case.row) for sql in writes], ("test",), pool)


@pytest.mark.parametrize("name", ["bank", "clinic"])
def test_a_tier_decides_by_both_cells_and_twins_differ_in_one(name: str, pool: Pool) -> None:
    pack, checked, differing = load(name), 0, Counter[str]()
    image = pack.image("train", 1)
    for growth in grown(name, "tier"):
        for case in cases(pack, growth, image, 6):
            shown: list[tuple[Any, ...]] = []
            for writes, right in ((growth.arranged.allowed, True), (growth.arranged.denied, False)):
                try:
                    world = arranged(image, writes, case, pool)
                except TaskError:  # a constraint of the table: such a row gives no task
                    break
                assert bool(world.query(growth.rule.allowed, case.arguments)[0][0]) is right, growth.rule
                shown += world.query(growth.rule.because, case.arguments)
                world.close()
            if len(shown) < 2:
                continue
            (value, grade), (other, another) = shown
            assert (value == other) != (grade == another), "in one of the two"
            differing["tier" if value == other else "value"] += 1
            checked += 1
    assert checked > 20
    assert differing["value"] > differing["tier"] > 0


def test_no_cell_of_a_tier_decides_alone_and_values_lie_near_the_bounds(clinic: Pack, pool: Pool) -> None:
    """Of what is right, the best guess by one cell: the majority for each state, and for each zone of the number."""
    right: dict[str, Counter[tuple[Any, bool]]] = {"state": Counter(), "number": Counter()}
    at_bound, rows = 0, 0
    images = [clinic.image("train", world) for world in range(4)]
    found = [growth for growth in grown("clinic", "tier") if growth.columns[0] == "invoices.amount"]
    for growth in found:
        bounds = sorted(int(bound) for bound in re.findall(r"(?:THEN|ELSE) (\d+)", growth.rule.allowed))
        most = "<= CASE" in growth.rule.allowed
        edges = {bounds[0], bounds[1], *(bound + (50 if most else -50) for bound in bounds)}
        for image in images:
            for case in cases(clinic, growth, image, 40 // len(found)):
                for holds, writes in ((True, growth.arranged.allowed), (False, growth.arranged.denied)):
                    world = arranged(image, writes, case, pool)
                    ((value, grade),) = world.query(growth.rule.because, case.arguments)
                    assert bool(world.query(growth.rule.allowed, case.arguments)[0][0]) is holds
                    world.close()
                    zone = sum(value > bound if most else value >= bound for bound in bounds)
                    right["state"][(growth.rule.id, grade), holds] += 1
                    right["number"][(growth.rule.id, zone), holds] += 1
                    at_bound += value in edges
                    rows += 1
    assert rows > 200
    for counts in right.values():
        best = sum(max(counts[cell, True], counts[cell, False]) for cell in {cell for cell, _ in counts})
        assert best / rows < 0.75
    assert 0.2 < at_bound / rows < 0.5


def test_a_tier_has_two_bounds_and_says_them(clinic: Pack, pool: Pool) -> None:
    image = clinic.image("train", 0)
    rules = [growth for growth in grown("clinic", "tier") if growth.columns == ("invoices.amount", "patients.standing")]
    growth = next(growth for growth in rules if growth.rule.tool == "waive_fee")
    few, many = (int(bound) for bound in re.findall(r"THEN (\d+) ELSE (\d+)", growth.rule.allowed)[0][::-1])
    (right,) = re.findall(r"WHEN '(\w+)' THEN", growth.rule.allowed)
    most = "<= CASE" in growth.rule.allowed
    side = "at most" if most else "at least"
    bounds = [f"{side} {bound // 100}.{bound % 100:02d}" for bound in (few, many)]
    assert growth.rule.say.endswith(
        f"only if the invoice's amount is {bounds[0]}, or {bounds[1]} where the patient's standing is {right}."
    )
    wrong = {"new": "established", "established": "new"}[right]
    step = 1 if most else -1
    ((invoice, patient),) = image.query("SELECT invoice_id, patient_id FROM invoices LIMIT 1")
    for amount, standing, holds in (
        (few, wrong, True), (few + step, wrong, False), (few + step, right, True), (many, right, True),
        (many + step, right, False), (many, wrong, False),
    ):  # fmt: skip
        writes = (
            f"UPDATE invoices SET amount = {amount} WHERE invoice_id = $invoice_id",
            f"UPDATE patients SET standing = '{standing}' WHERE patient_id = $patient_id",
        )
        case = Case({"invoice_id": invoice}, {"invoice_id": invoice, "patient_id": patient})
        world = arranged(image, writes, case, pool)
        assert bool(world.query(growth.rule.allowed, case.arguments)[0][0]) is holds, (amount, standing)
        assert world.query(growth.rule.because, case.arguments) == [(amount, standing)]
        world.close()


@pytest.mark.parametrize("name", ["bank", "clinic"])
def test_a_quota_counts_as_many_as_it_allows_and_one_more_or_further_off(name: str, pool: Pool) -> None:
    pack, off = load(name), Counter[int]()
    image = pack.image("train", 1)
    for growth in grown(name, "quota"):
        (most,) = map(int, re.findall(r"<= (\d)", growth.rule.allowed))
        assert f" has at most {most} " in growth.rule.say
        for case in cases(pack, growth, image, 6):
            for writes, holds in ((growth.arranged.allowed, True), (growth.arranged.denied, False)):
                try:
                    world = arranged(image, writes, case, pool)
                except TaskError:  # a constraint of the table: such a row gives no task
                    continue
                count = len(world.query(growth.rule.because, case.arguments))
                assert bool(world.query(growth.rule.allowed, case.arguments)[0][0]) is holds is (count <= most)
                assert 1 <= count <= most + 2
                off[count - most] += 1
                world.close()
    assert off[0] > 15
    assert off[1] > 15
    assert off[0] + off[1] > 2 * (off.total() - off[0] - off[1])


def test_a_quota_of_more_than_one_is_kept_with_fewer_as_well_and_never_with_none() -> None:
    owner = Source("people", "person_id", "")
    of = Counted(owner, "things", "thing_id", "person_id", "state", "name", "list_things", about=False)
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE things (thing_id TEXT, person_id TEXT, state TEXT)")
    for person in range(60):
        rows = [(f"T{person}{thing}", f"P{person * 7}", "open" if thing < person % 5 else "shut") for thing in range(6)]
        db.executemany("INSERT INTO things VALUES (?, ?, ?)", rows)
    for most, allowed, denied in ((1, {1}, {2, 3}), (3, {2, 3}, {4, 5})):
        made = _arranged(of, most, "open", ["shut"])
        for writes, counts in ((made.allowed, allowed), (made.denied, denied)):
            for person in range(60):
                db.execute(writes[0].replace("$", ":"), {"person_id": f"P{person * 7}"})
            found = db.execute("SELECT sum(state = 'open') FROM things GROUP BY person_id")
            assert {count for (count,) in found} == counts


def test_a_quota_changes_no_more_rows_than_it_has_to(clinic: Pack, pool: Pool) -> None:
    image, checked, kept = clinic.image("train", 1), 0, 0
    for growth in grown("clinic", "quota"):
        table, state = growth.columns[0].split(".")
        (value,) = re.findall(rf"counted\.\"{state}\" = '([^']+)'\) <=", growth.rule.allowed)
        (key,) = image.schema.tables[table].key
        for case in cases(clinic, growth, image, 6):
            before = image.query(f"SELECT {key}, {state} FROM {table} ORDER BY 1")
            for writes in (growth.arranged.allowed, growth.arranged.denied):
                world = arranged(image, writes, case, pool)
                after = world.query(f"SELECT {key}, {state} FROM {table} ORDER BY 1", {})
                world.close()
                moved = [(old, new) for (_, old), (_, new) in zip(before, after, strict=True) if old != new]
                assert all((old == value) != (new == value) for old, new in moved)
                assert len({old for old, _ in moved} & {value}) + len({new for _, new in moved} & {value}) <= 1
                checked += 1
                kept += not moved
    assert checked > kept > 0


def test_a_quota_leaves_the_row_in_question_as_it_is(clinic: Pack, pool: Pool) -> None:
    """The invoice that is waived is one of those that are counted, and has to stay open."""
    image, checked = clinic.image("train", 1), 0
    for growth in grown("clinic", "quota"):
        if growth.rule.tool != "waive_fee" or not growth.columns[0].startswith("invoices."):
            continue
        state = growth.columns[0].partition(".")[2]
        for case in cases(clinic, growth, image, 5):
            sql = f"SELECT {state} FROM invoices WHERE invoice_id = :invoice_id"
            before = image.query(sql, case.arguments)
            for writes in (growth.arranged.allowed, growth.arranged.denied):
                world = arranged(image, writes, case, pool)
                assert world.query(sql, case.arguments) == before
                world.close()
                checked += 1
    assert checked > 10


def test_the_same_seed_gives_the_same_rules_and_what_rules_out_another_comes_before_it(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    tool, before = graph.by_name["start_plan"], ["waive_fee"]
    one, other = (list(growths(clinic, graph, tool, (), stream("test", 1), before)) for _ in range(2))
    assert one == other
    assert len({growth.rule.id for growth in one}) == len(one)
    assert {"tier", "quota", "conflict"} <= {growth.operator for growth in one}
    assert not any(growth.first for growth in growths(clinic, graph, tool, (), stream("test", 1)))
    for order in (["start_plan", "record_payment", "waive_fee"], ["waive_fee", "record_payment", "start_plan"]):
        assert paired(clinic, graph, order) == ["waive_fee", "start_plan", "record_payment"]


def test_what_was_drawn_about_single_cells_is_drawn_still(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    found = Counter(
        growth.operator
        for seed in range(3)
        for tool in writers(clinic, graph)
        for growth in growths(clinic, graph, graph.by_name[tool], (), stream("test", seed))
    )
    assert {"state", "limit", "window", "tier", "quota"} == set(found)


def test_no_rule_rests_on_what_another_rule_rests_on(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    tool = graph.by_name["start_plan"]
    for growth in growths(clinic, graph, tool, (), stream("test", 1), ["waive_fee"]):
        for longer in growths(clinic, graph, tool, [growth.rule], stream("test", 2), ["waive_fee"]):
            assert not {*growth.columns} & {*longer.columns}, (growth.rule.say, longer.rule.say)


# --- what is made of them ---


class Made(NamedTuple):
    pack: Pack
    found: Sampled


def made(pack: Pack, growth: Growth, folder: Path, good: Callable[[Sampled], bool] = lambda _: True) -> Made:
    """The first workflow that a rule decides and that has rows, alone in a pack."""
    graph = tool_graph(pack)
    longer = Policy.of(pack).grown(growth)
    for draw in range(16):
        try:
            found = sample(pack, graph, draw, "resolve", goals=growth.goals, policy=longer)
        except Unsatisfiable:
            continue
        if has_rows(pack, found) and good(found):
            draft = Draft.of(pack, pack.name).bare()
            draft.rules(longer.rules)
            draft.add(found.spec, found.openings)
            return Made(draft.write(folder / pack.name), found)
    raise AssertionError("no draw has rows")


@pytest.mark.parametrize("operator", ["tier", "quota", "conflict"])
def test_the_oracle_succeeds_everywhere_and_who_ignores_the_rule_loses_a_twin(
    operator: str, clinic: Pack, pool: Pool, tmp_path: Path
) -> None:
    tool = "start_plan" if operator == "conflict" else "waive_fee"
    growth = next(growth for growth in grown("clinic", operator) if growth.rule.tool == tool)
    pack, found = made(clinic, growth, tmp_path)
    workflow = pack.workflows[found.spec.name]
    played = 0
    for branch in workflow.branches:
        for seed in range(6):
            try:
                task = pack.task(seed, workflow=workflow.name, branch=branch, pool=pool)
                certificate = certify(pack, task, pool=pool)
            except TaskError:
                continue
            if "cannot be made from the same row" in certificate.witness:
                continue
            assert certificate.ok, (branch, certificate)
            played += 1
            assert play(pack, task, policy("oracle"), pool=pool).success
            assert not any("SELECT" in action.words for action in task.oracle)
            twin = pack.twin(task)
            if twin is not None:
                assert not all(play(pack, side, policy("always_do"), pool=pool).success for side in (task, twin))
            break
    assert played == len(workflow.branches) > 2
    assert any(
        trap.branch in {b for pair in workflow.spec.twins for b in pair} for trap in workflow.spec.traps.values()
    )


def test_a_refusal_by_a_quota_names_how_many_there_are_and_every_row_that_is_counted(
    clinic: Pack, pool: Pool, tmp_path: Path
) -> None:
    growth = next(g for g in grown("clinic", "quota") if g.rule.tool == "waive_fee" and "at most 1" in g.rule.say)
    pack, found = made(clinic, growth, tmp_path)
    leaf = next(leaf for leaf in pack.workflows[found.spec.name].leaves if leaf.endswith(f"{growth.rule.id}_denied"))
    ((column, table),) = re.findall(r'counted\."(\w+)" FROM "(\w+)"', growth.rule.because)
    named_by = f"{table}.{column}"
    assert Policy.of(pack).columns[growth.rule.id] == (named_by,), "the number is no column"
    refused, looked = 0, 0
    for seed in range(4):
        try:
            task = pack.task(seed, workflow=found.spec.name, branch=leaf, pool=pool)
        except TaskError:
            continue
        criteria = task.outcomes[0].criteria
        named = [value for c in criteria if c.kind == "refused" for value in c.values]
        number, *rows = named
        assert number.value in (2, 3)
        assert (number.column, number.type) == ("", "number")
        assert re.fullmatch(r"number of \w+ \w+s", number.label)
        assert {value.column for value in rows} == {named_by}
        assert len(rows) == number.value
        refused += 1
        looked += sum(c.kind == "looked" and {*named} <= {*c.values} for c in criteria)
        calls = [call.name for action in task.oracle for call in action.calls if isinstance(call, Call)]
        assert growth.reader in calls
        assert play(pack, task, _Refuses(task, named), pool=pool).success
        for less in (named[:2], [number], rows):
            trace = play(pack, task, _Refuses(task, less), pool=pool)
            assert trace.valid
            assert not trace.success, "a part of them is not enough"
    assert refused == looked > 0


class _Refuses:
    """The oracle, whose refusal names these values alone."""

    def __init__(self, task: Task, values: Sequence[Value]) -> None:
        self.task, self.values = task, values

    def start(self, episode: Any) -> Callable[[Any], object]:
        actions = iter(self.task.oracle)

        def act(view: Any) -> object:
            action = next(actions, Action("Goodbye."))
            rule = re.search(r"\bR\d+\b", action.words)
            said = f"I'm sorry, I can't do that: rule {rule[0]} applies, because {pairs(self.values)}." if rule else ""
            return Action(said) if said else action

        return act


def test_of_two_wishes_the_first_rules_out_the_second(clinic: Pack, pool: Pool, tmp_path: Path) -> None:
    growth = next(growth for growth in grown("clinic", "conflict") if growth.goals == ("waive_fee", "start_plan"))
    assert growth.rule.say.endswith("only if the invoice's status is open.")
    pack, found = made(clinic, growth, tmp_path)
    spec, workflow = found.spec, pack.workflows[found.spec.name]
    assert spec.goals == 2
    assert all(" and after that let the patient pay " in text for text in found.openings["train"])
    denied = f"{growth.rule.id}_denied"
    first = [leaf for leaf in workflow.leaves if "waiver_yearly_allowed" in leaf]
    assert first
    assert all(leaf.endswith("_denied") for leaf in first), "what is done first rules the second out"
    assert set(spec.never) == {leaf.removesuffix(denied) + f"{growth.rule.id}_allowed" for leaf in first
                               if leaf.endswith(denied)}  # fmt: skip
    whole, twin = spec.twins[0]
    for leaf, done, not_done in ((whole, "waive_fee", "start_plan"), (twin, "start_plan", "waive_fee")):
        task = pack.task(0, workflow=spec.name, branch=leaf, pool=pool)
        calls = [call.name for action in task.oracle for call in action.calls if isinstance(call, Call)]
        assert done in calls
        assert not_done not in calls
        state = pack.image("train", task.world_seed).query(
            "SELECT status FROM invoices WHERE invoice_id = :invoice_id", {"invoice_id": task.bind["invoice_id"]}
        )
        assert state == [("open",)], "nothing stands against it in the beginning"
        assert not play(pack, task, policy("always_do"), pool=pool).success


def test_leaves_where_an_earlier_goal_rules_out_a_later_one() -> None:
    one, two, three = (Arranged((f"{name} yes",), (f"{name} no",), ()) for name in "abc")
    goals = [[Decision("a", one)], [Decision("b", two), Decision("c", three)]]
    plain = situations(goals, {})
    assert list(plain.arrange) == [
        "a_allowed.b_allowed.c_allowed", "a_allowed.b_denied", "a_allowed.b_allowed.c_denied",
        "a_denied.b_allowed.c_allowed", "a_denied.b_denied", "a_denied.b_allowed.c_denied",
    ]  # fmt: skip
    assert plain.arrange["a_denied.b_allowed.c_denied"] == ["a no", "b yes", "c no"]
    assert [illegal for _, illegal in plain.twins] == plain.trapped
    assert plain.trapped == ["a_denied.b_allowed.c_allowed", "a_allowed.b_denied", "a_allowed.b_allowed.c_denied"]
    assert plain.never == []
    ruled = situations(goals, {1: (0, 1)})
    assert ruled.arrange["a_allowed.b_allowed.c_denied"] == ["a yes", "b yes", "c yes"], "it is so by what was done"
    assert ruled.never == ["a_allowed.b_allowed.c_allowed"]
    assert ruled.twins == [
        ("a_allowed.b_allowed.c_denied", "a_denied.b_allowed.c_allowed"),
        ("a_allowed.b_allowed.c_denied", "a_allowed.b_denied"),
    ]
    assert ruled.trapped == ["a_denied.b_allowed.c_allowed"]
    earlier = situations(goals, {1: (0, 0)})
    assert earlier.never == ["a_allowed.b_allowed.c_allowed", "a_allowed.b_allowed.c_denied"]
    chain = situations([[Decision("a", one)], [Decision("b", two)], [Decision("c", three)]], {1: (0, 0), 2: (1, 0)})
    assert set(chain.arrange) == {
        "a_allowed.b_denied.c_allowed", "a_allowed.b_denied.c_denied", "a_denied.b_allowed.c_denied",
        "a_denied.b_denied.c_allowed", "a_denied.b_denied.c_denied",
    }, "what is not done rules nothing out"  # fmt: skip
    nothing = situations([[]], {})
    assert (nothing.arrange, nothing.twins) == ({}, [])
    after = situations([[], [Decision("c", three)]], {1: (0, 0)})
    assert list(after.arrange) == ["c_denied"], "an undecided goal is always done"


@pytest.mark.parametrize(
    ("never", "message"),
    [(["allowed_"], "no leaf allowed_ that never comes. Did you mean `allowed`?"),
     (["allowed", "denied"], "every leaf never comes")],
)  # fmt: skip
def test_what_never_comes_is_a_leaf_and_not_all_of_them(
    never: list[str], message: str, mini: Pack, tmp_path: Path
) -> None:
    draft = Draft.of(mini, "mini")
    name = next(name for name, found in mini.workflows.items() if found.leaves == ("allowed", "denied"))
    draft.workflows[name]["never"] = never
    with pytest.raises(PackError, match=re.escape(message)):
        draft.write(tmp_path / "mini")


def test_two_goals_are_not_decided_by_the_same_column(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    about = ["waive_fee", "record_payment"]
    longer = Policy.of(clinic)
    for tool in about:
        found = growths(clinic, graph, graph.by_name[tool], (), stream("test", 0))
        longer = longer.grown(next(growth for growth in found if growth.columns == ("patients.standing",)))
    with pytest.raises(Unsatisfiable, match=r"two goals rest on patients\.standing, or the one changes"):
        sample(clinic, graph, 0, "merge", goals=about, policy=longer)


@pytest.mark.parametrize(
    ("rule", "goals", "column"),
    [("start_plan_kind", ("start_plan", "waive_fee"), "invoices.kind"),  # the tool of the other goal asks for it
     ("start_plan_kind", ("waive_fee", "start_plan"), "invoices.kind"),
     ("send_result_invoices_status", ("waive_fee", "send_result"), "invoices.status"),  # and here it changes it
     ("start_plan_invoices_status", ("waive_fee", "start_plan"), "invoices.status")],
)  # fmt: skip
def test_no_situation_of_a_goal_changes_what_the_tool_of_another_rests_on(
    rule: str, goals: tuple[str, str], column: str, clinic: Pack
) -> None:
    graph = tool_graph(clinic)
    tool = next(tool for tool in goals if rule.startswith(tool))
    found = growths(clinic, graph, graph.by_name[tool], (), stream("test", 0))
    longer = Policy.of(clinic).grown(next(growth for growth in found if growth.rule.id == rule))
    for draw in range(8):
        with pytest.raises(Unsatisfiable) as trouble:
            sample(clinic, graph, draw, "merge", goals=goals, policy=longer)
        if str(trouble.value) == f"two goals rest on {column}, or the one changes it for the other":
            return
    raise AssertionError(trouble.value)


@pytest.mark.slow
def test_a_pack_has_a_conflict_that_is_played(tmp_path: Path, pool: Pool) -> None:
    base = draft_of(stream("test", 0), "base", ("rota", "billing")).write(tmp_path / "base")
    seen: set[str] = set()
    for seed in range(2):
        found = synthesize(base, f"more_{seed}", tmp_path, 8, depth=2, least=2, seed=seed)
        for growth in found.grown:
            seen.add(growth.operator)
            pairs = [one.spec for one in found.admitted if one.goals[:2] == growth.goals]
            assert growth.operator != "conflict" or any(spec.never for spec in pairs)
        for workflow in found.pack.workflows.values():
            if workflow.spec.never:
                for seed in range(2):
                    task = found.pack.task(seed, workflow=workflow.name, pool=pool)
                    assert certify(found.pack, task, pool=pool).ok
    assert "conflict" in seen
