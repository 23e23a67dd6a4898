"""Growth of a policy: a rule, its sentence and both sides of it come from one predicate."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from agentgym.errors import TaskError
from agentgym.pack import load
from agentgym.seeding import stream
from agentgym.synthesis import tool_graph
from agentgym.synthesis.grid import reach, rounded, step_of
from agentgym.synthesis.grow import Growth, growth_of, growths
from agentgym.synthesis.grow.growth import FEW, Place, places, side_of, unique
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Unsatisfiable
from agentgym.synthesis.sample import sample, writers
from agentgym.types import Situation
from agentgym.world import Pool, World


def grown(name: str, seed: int = 0) -> list[Growth]:
    """Rules about a single cell."""
    pack = load(name)
    graph, policy = tool_graph(pack), Policy.of(pack)
    chance = stream("test", seed)
    return [
        growth
        for tool in writers(pack, graph)
        for growth in growths(pack, graph, graph.by_name[tool], policy.about(tool), chance)
        if growth.operator in ("state", "limit", "window")
    ]


@pytest.mark.parametrize("name", ["bank", "clinic", "fulfilment"])
def test_a_rule_holds_where_it_was_arranged_to_hold_and_nowhere_else(name: str, pool: Pool) -> None:
    pack, checked = load(name), 0
    image = pack.image("train", 1)
    for growth in [*grown(name), *grown(name, 1)]:
        key = growth.arranged.needs[0]
        table, column = key[1].split(".")
        held, parameter = re.findall(r'(?:its|held)\."(\w+)" = :(\w+)$', growth.rule.allowed)[0]
        about = re.findall(r'FROM "(\w+)"', growth.rule.allowed)[0]
        joined = re.findall(r'ON its\."\w+" = held\."(\w+)"', growth.rule.allowed)
        its = f'(SELECT "{joined[0]}" FROM "{about}" WHERE "{held}" = here."{held}")' if joined else f'here."{held}"'
        rows = image.query(f'SELECT here."{held}", {its} FROM "{about}" AS here LIMIT 3')
        for subject, owner in rows:
            for writes, right in ((growth.arranged.allowed, True), (growth.arranged.denied, False)):
                situation = tuple(Situation(sql, {key[0]: owner}) for sql in writes)
                try:
                    world = World(image, situation, ("test", growth.rule.id, right), pool)
                except TaskError:  # a constraint of the table: such a row gives no task
                    assert name != "clinic"
                    continue
                found = world.query(growth.rule.allowed, {parameter: subject})
                shown = world.query(growth.rule.because, {parameter: subject})
                world.close()
                assert bool(found[0][0]) is right, (growth.rule, situation)
                assert shown[0][0] is not None
                checked += 1
        assert table in pack.domain.schema.tables
        assert column in pack.domain.schema.tables[table].columns
    assert checked > 100


def test_what_a_rule_says_is_what_it_asks() -> None:
    found = {growth.rule.id: growth for growth in [*grown("clinic"), *grown("clinic", 5)]}
    limit = next(g for g in found.values() if g.operator == "limit" and g.columns == ("invoices.amount",))
    bound = int(re.findall(r"[<>]= (\d+)", limit.rule.allowed)[0])
    side = "at most" if "<=" in limit.rule.allowed else "at least"
    assert f"invoice's amount is {side} {bound // 100}.{bound % 100:02d}." in limit.rule.say
    state = next(g for g in found.values() if g.operator == "state" and g.columns == ("patients.standing",))
    value = re.findall(r"= '(\w+)'", state.rule.allowed)[0]
    assert state.rule.say.endswith(f"only if the patient's standing is {value}.")
    window = next(g for g in found.values() if g.operator == "window")
    days = int(re.findall(r"[<>]= (-?\d+)", window.rule.allowed)[0])
    assert str(abs(days)) in window.rule.say or days == 0


GRIDS = {
    "clinic": {"invoices.amount": (2600, 50)},
    "bank": {"customers.monthly_income": (200000, 5000), "direct_debits.amount": (1080, 10)},
}
"""The least value of some columns in the first world, and how far their values are apart: population.yaml."""


@pytest.mark.parametrize("name", ["bank", "clinic"])
def test_what_is_arranged_lies_on_the_grid_of_its_column_and_so_does_the_bound(name: str, pool: Pool) -> None:
    image, checked = load(name).image("train", 0), 0
    for growth in [growth for seed in range(4) for growth in grown(name, seed)]:
        if growth.columns[0] not in GRIDS[name]:
            continue
        first, step = GRIDS[name][growth.columns[0]]
        table, column = growth.columns[0].split(".")
        bound = int(re.findall(r"[<>]= (\d+)", growth.rule.allowed)[0])
        assert bound % 500 == 0, "a round amount"
        assert (bound - first) % step == 0
        found: dict[str, set[int]] = {"allowed": set(), "denied": set()}
        ((key, column_of),) = growth.arranged.needs
        for row in range(12):
            ((owner,),) = image.query(f'SELECT "{key}" FROM "{table}" LIMIT 1 OFFSET {row}')
            for side, values in found.items():
                writes = [Situation(sql, {key: owner}) for sql in getattr(growth.arranged, side)]
                world = World(image, tuple(writes), ("test", growth.rule.id, row), pool)
                ((value,),) = world.query(f'SELECT "{column}" FROM "{table}" WHERE "{key}" = :key', {"key": owner})
                world.close()
                assert (value - first) % step == 0
                values.add(value)
        assert column_of == f"{table}.{key}"
        below, above = ("allowed", "denied") if "<=" in growth.rule.allowed else ("denied", "allowed")
        assert max(found[below]) <= bound <= min(found[above]) + (step if below == "allowed" else 0)
        assert len(found[below]) > 3
        checked += 1
    assert checked > 2


@pytest.mark.parametrize("name", ["bank", "clinic"])
def test_what_is_arranged_lies_near_the_bound_and_often_at_it(name: str, pool: Pool) -> None:
    """Of a column's values no more than a fifth lie between it and the bound; one row in four has the nearest."""
    image = load(name).image("train", 0)
    nearest, rows = Counter[bool](), Counter[bool]()
    for growth in [growth for seed in range(3) for growth in grown(name, seed) if growth.operator != "state"]:
        table, column = growth.columns[0].split(".")
        tested = f'days_until("{column}")' if growth.operator == "window" else f'"{column}"'
        values = [value for (value,) in image.query(f'SELECT DISTINCT {tested} FROM "{table}" ORDER BY 1')]
        if len(values) <= FEW or not all(isinstance(value, int) for value in values):
            continue
        bound = int(re.findall(r"[<>]= (-?\d+)$", growth.rule.allowed.partition(" FROM")[0])[0])
        step = step_of(values) if growth.operator == "limit" else 1
        near = max(4, len(values) // 5)
        ((key, _),) = growth.arranged.needs
        for row in range(12):
            ((owner,),) = image.query(f'SELECT "{key}" FROM "{table}" LIMIT 1 OFFSET {row}')
            for allowed in (True, False):
                writes = growth.arranged.allowed if allowed else growth.arranged.denied
                try:
                    world = World(
                        image, [Situation(sql, {key: owner}) for sql in writes], ("test", growth.rule.id, row), pool
                    )
                except TaskError:  # a constraint of the table: such a row gives no task
                    continue
                ((value,),) = world.query(f'SELECT {tested} FROM "{table}" WHERE "{key}" = :key', {"key": owner})
                world.close()
                low, high = sorted((value, bound))
                assert sum(low < one < high for one in values) <= near, growth.rule.say
                nearest[allowed] += value == bound if allowed else abs(value - bound) <= step
                rows[allowed] += 1
    for allowed in (True, False):
        assert rows[allowed] > 100
        assert 0.2 < nearest[allowed] / rows[allowed] < 0.45


@pytest.mark.parametrize(
    ("edge", "expected"), [(500, (300, 690)), (505, (310, 700)), (30, (10, 220)), (1000, (800, 1000)), (20, (10, 210))]
)
def test_near_is_a_fifth_of_the_values_on_either_side(edge: int, expected: tuple[int, int]) -> None:
    assert reach(range(10, 1010, 10), edge) == expected


def test_of_few_values_four_are_near() -> None:
    assert reach([1, 2, 3, 5, 8, 13, 21, 34, 55], 8) == (1, 34)


@pytest.mark.parametrize(
    ("values", "bound", "step", "expected"),
    [
        (range(50, 4000, 50), 1850, 50, 1800),
        (range(50, 4000, 50), 400, 50, 400),
        (range(5, 400), 187, 1, 180),
        (range(65302, 4000000, 100), 381702, 100, 381702),
        (range(499, 5000, 500), 2999, 500, 2999),
        (range(1, 10), 4, 1, 4),
        (range(0, 12000, 3000), 9000, 3000, 9000),
    ],
)
def test_a_bound_is_round_where_the_grid_has_round_numbers(values: range, bound: int, step: int, expected: int) -> None:
    found = rounded(bound, values, step)
    assert found == expected
    assert found in values or values[0] < found < values[-1]


def test_the_step_of_numbers_is_what_all_differences_are_a_multiple_of() -> None:
    assert step_of([500, 3500, 750]) == 250
    assert step_of([40, 90, 41]) == 1
    assert step_of(iter([7, 7])) == step_of([]) == 1


@pytest.mark.parametrize(
    ("name", "column", "side"),
    [
        ("clinic", "appointments.moves", "at most"),
        ("bank", "accounts.balance", "at least"),
    ],
)
def test_what_tools_add_to_has_a_most_and_what_they_take_from_a_least(name: str, column: str, side: str) -> None:
    pack = load(name)
    graph = tool_graph(pack)
    said = [
        growth.rule.say
        for seed in range(8)
        for tool in writers(pack, graph)
        for growth in growths(pack, graph, graph.by_name[tool], (), stream("test", seed))
        if growth.operator in ("limit", "tier") and growth.columns[0] == column
    ]
    other = {"at most": "at least", "at least": "at most"}[side]
    assert len(said) > 2
    assert all(side in say and other not in say for say in said)


@pytest.mark.parametrize(
    ("name", "column", "side"),
    [
        ("clinic", "prescriptions.refills_left", "at_least"),
        ("clinic", "invoices.amount", None),
        ("bank", "limits.daily_limit", None),
        ("fulfilment", "orders.points_used", "at_most"),
        ("fulfilment", "point_lots.points", "at_least"),
        ("fulfilment", "stock.free", "at_least"),
    ],
)
def test_the_side_follows_from_what_the_tools_do(name: str, column: str, side: str | None) -> None:
    table, _, cell = column.partition(".")
    assert side_of(load(name), Place(column, table, cell, "", "")) == side


def test_what_no_tool_counts_is_limited_either_way_and_no_amount_to_nothing() -> None:
    said = [growth.rule.say for seed in range(12) for growth in grown("bank", seed) if growth.operator == "limit"]
    overdraft = [say for say in said if "overdraft" in say]
    assert {"at most", "at least"} == {side for say in overdraft for side in re.findall(r"at (?:most|least)", say)}
    assert not any("at most 0.00" in say for say in said)


def test_a_bound_of_somebodys_choice_that_no_value_has_divides_them_as_the_next_one_does() -> None:
    pack = load("clinic")
    graph = tool_graph(pack)
    tool = graph.by_name["waive_fee"]
    for test, value, said in (
        ("at_most", 6017, "at most 60.00"), ("at_least", 6017, "at least 60.50"), ("at_most", 6050, "at most 60.50"),
    ):  # fmt: skip
        growth = growth_of(pack, graph, tool, (), "invoices.amount", test, value)  # type: ignore[arg-type]
        assert growth.rule.say.endswith(f"amount is {said}.")


def test_no_rule_is_about_what_the_tool_or_another_rule_rests_on() -> None:
    pack = load("clinic")
    policy = Policy.of(pack)
    for growth in grown("clinic"):
        tool, column = growth.rule.tool, growth.columns[0].partition(".")[2]
        spec = pack.domain.tools[tool].spec
        resting = [*(guard.sql for guard in spec.require), *spec.sql]
        resting += [sql for rule in policy.about(tool) for sql in (rule.allowed, rule.because)]
        assert not any(re.search(rf"\b{column}\b", sql) for sql in resting), (growth.rule.id, column)


def test_a_policy_is_grown_and_reduced_without_touching_the_pack() -> None:
    pack = load("clinic")
    policy, growth = Policy.of(pack), grown("clinic")[0]
    longer = policy.grown(growth)
    assert longer.rules[-1] == growth.rule
    assert len(longer.about(growth.rule.tool)) == len(policy.about(growth.rule.tool)) + 1
    assert longer.without([growth.rule.id]).rules == policy.rules == tuple(pack.rules.values())
    assert not any(rule.id == "confirm_first" for rule in policy.about("cancel_appointment")), "conduct decides nothing"


def test_a_rule_that_nothing_is_decided_by_stays_and_is_met() -> None:
    pack = load("clinic")
    policy = Policy.of(pack)
    for rule in ("renewal", "controlled", "refill_due"):
        policy = policy.meeting("refill_prescription", rule)
    assert policy.rules == tuple(pack.rules.values()), "its text is the same"
    found = sample(pack, tool_graph(pack), 0, "resolve", goals=["refill_prescription"], policy=policy)
    assert "renewal" not in str(found.spec.do)
    image, allowed = pack.image("train", 0), pack.rules["renewal"].allowed
    rows = [row for (row,) in image.query(f"SELECT prescription_id FROM ({found.spec.bind})")]
    others = [row for (row,) in image.query("SELECT prescription_id FROM prescriptions") if row not in rows]
    assert rows
    assert all(image.query(allowed, {"prescription_id": row})[0][0] for row in rows)
    assert any(not image.query(allowed, {"prescription_id": row})[0][0] for row in others)


def test_no_situation_changes_what_a_rule_that_is_met_rests_on() -> None:
    pack = load("bank")
    policy = Policy.of(pack)
    assert policy.changed["dispute_window"] == {"dispute_booked", "dispute_credit"}, "its situations set the amount"
    with pytest.raises(Unsatisfiable, match="dispute_credit rests on is arranged for dispute_") as found:
        sample(
            pack,
            tool_graph(pack),
            0,
            "resolve",
            goals=["open_dispute"],
            policy=policy.meeting("open_dispute", "dispute_credit"),
        )
    assert found.value.rule in ("dispute_booked", "dispute_window")


def test_no_situation_sets_what_is_unique() -> None:
    pack = load("fulfilment")
    assert unique(pack, "addresses", "label")  # with customer_id
    assert not unique(pack, "addresses", "town")
    graph = tool_graph(pack)
    found = [place.column for tool in writers(pack, graph) for place in places(pack, graph, graph.by_name[tool])]
    assert "addresses.zone" in found
    assert "addresses.label" not in found
