"""Growth of a policy: a rule, its sentence and both sides of it come from one predicate."""

from __future__ import annotations

import re

import pytest

from agentgym.errors import TaskError
from agentgym.pack import load
from agentgym.seeding import stream
from agentgym.synthesis import tool_graph
from agentgym.synthesis.grow import Growth, growths
from agentgym.synthesis.policy import Policy
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
    policy = Policy.of(pack).meeting("renewal")
    assert policy.rules == tuple(pack.rules.values()), "its text is the same"
    found = sample(pack, tool_graph(pack), 0, "resolve", goals=["refill_prescription"], policy=policy)
    assert "renewal" not in str(found.spec.do)
    image, allowed = pack.image("train", 0), pack.rules["renewal"].allowed
    rows = [row for (row,) in image.query(f"SELECT prescription_id FROM ({found.spec.bind})")]
    others = [row for (row,) in image.query("SELECT prescription_id FROM prescriptions") if row not in rows]
    assert rows
    assert all(image.query(allowed, {"prescription_id": row})[0][0] for row in rows)
    assert any(not image.query(allowed, {"prescription_id": row})[0][0] for row in others)
