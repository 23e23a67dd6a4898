"""What users of sampled workflows call what they know, and by what they tell one row from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from agentgym.certify import certify
from agentgym.pack import Pack, load
from agentgym.synthesis import tool_graph
from agentgym.synthesis.admit import has_rows
from agentgym.synthesis.domain import domain
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.naming import Names
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Refinement, Unsatisfiable
from agentgym.synthesis.rows import Rows
from agentgym.synthesis.sample import SHAPES, Sampled, sample
from agentgym.user.facts import names_of
from agentgym.user.grammar import plain


@pytest.fixture(scope="module")
def bank() -> Pack:
    return load("bank")


def free(pack: Pack, *goals: str) -> Policy:
    """The policy less what some tools are decided by."""
    policy = Policy.of(pack)
    return policy.without([rule.id for goal in goals for rule in policy.about(goal)])


def drawn(pack: Pack, count: int, *goals: str, refine: Refinement = "") -> Iterator[Sampled]:
    """Workflows of the first seeds that come to something."""
    graph, policy = tool_graph(pack), free(pack, *goals)
    for seed in range(count):
        for shape in ("resolve",) if goals else SHAPES:
            with suppress(Unsatisfiable):
                yield sample(pack, graph, seed, shape, goals=goals, policy=policy, refine=refine, gap=1)


def written(pack: Pack, found: Sampled, folder: Path) -> Pack:
    """A pack of one workflow."""
    draft = Draft.of(pack, "said").bare()
    draft.rules(free(pack, *found.goals).rules)
    draft.add(found.spec, found.openings, found.further)
    return draft.write(folder / "said")


def nodes(tree: Any, kind: str) -> Iterator[Any]:
    """What stands under a key anywhere in a tree."""
    for name, node in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        if name == kind:
            yield node
        yield from nodes(node, kind)


def test_a_column_that_several_tables_have_says_whose_it_is(bank: Pack, clinic: Pack) -> None:
    names = Names(bank)
    assert names.column("branches.name") == "branch_name"
    assert names.label("branch_name") == "branch's name"
    assert names.column("accounts.balance") == "balance"
    assert names.column("customers.name") == "holder", "the pack's own workflows call it so"
    own = Names(clinic)
    assert own.column("patients.name") == "name", "it is the caller's"
    assert own.column("slots.minutes", "slots") == "minutes"
    assert own.label(own.column("slots.minutes", "appointments")) == "slot's length in minutes"


def test_an_argument_is_called_by_what_its_tool_is_about(bank: Pack, clinic: Pack) -> None:
    names = Names(bank)
    takers = ("set_daily_limit", "send_transfer", "move_money", "change_standing_order")
    facts = [names.argument(tool, "amount") for tool in takers]
    assert len({*facts}) == len(takers)
    assert [names.label(fact) for fact in facts] == ["new limit", "transfer amount", "money amount", "new amount"]
    assert Names(clinic).argument("start_plan", "instalments") == "instalments", "the pack has words for it"
    assert names.label(f"other_{facts[0]}") == "changed limit"


def test_a_question_may_use_the_words_of_the_tool(bank: Pack) -> None:
    names = Names(bank)
    assert "new daily limit" in names.aliases(names.argument("set_daily_limit", "amount"))
    assert "what happened" in names.aliases(names.argument("block_card", "reason"))


def test_what_a_list_shows_of_another_table_tells_which_of_its_own_rows_is_meant(clinic: Pack) -> None:
    names = Names(clinic)
    assert "which appointment" not in names.aliases("slot_minutes")
    fact = names.column("slots.minutes", "appointments")
    assert names.aliases(fact).count("which appointment") == 1
    names.column("slots.minutes", "appointments")
    assert names.aliases(fact).count("which appointment") == 1


def test_a_label_with_an_owner_is_understood() -> None:
    names = names_of({
        "kit_title": ("kit's title", "title", "title of kit"), "boat_title": ("boat's title", "title", "title of boat"),
    })  # fmt: skip
    for text in ("What is your kit's title?", "What is the title of the kit?", "The kit title, please?"):
        assert names.asked(plain(text)) == ("kit_title",), text
    assert names.asked(plain("May I have the boat's title and the kit's title?")) == ("boat_title", "kit_title")
    assert {*names.asked(plain("What is the title?"))} == {"kit_title", "boat_title"}


def test_a_written_pack_has_the_words_that_are_used_and_no_others(bank: Pack, tmp_path: Path) -> None:
    found = next(drawn(bank, 20, "set_daily_limit"))
    pack = written(bank, found, tmp_path)
    assert pack.domain.label("daily_limit_amount") == "new limit"
    assert "send_transfer_amount" not in pack.domain.labels
    assert {**bank.domain.labels, **pack.domain.labels} == pack.domain.labels


def test_amounts_differ_from_task_to_task_and_who_thinks_better_of_one_wants_less(bank: Pack, tmp_path: Path) -> None:
    found = next(one for one in drawn(bank, 40, "set_daily_limit", refine="revised") if has_rows(bank, one))
    facts = ("daily_limit_amount", "other_daily_limit_amount")
    columns = ", ".join(f'"{str(found.spec.facts[fact].value)[1:]}"' for fact in facts)
    rows = bank.image("train", 0).query(f"SELECT {columns} FROM ({found.spec.bind})")
    assert len({first for first, _ in rows}) > 2
    assert all(0 < then < first for first, then in rows)
    pack = written(bank, found, tmp_path)
    tasks = [pack.task(seed) for seed in range(4)]
    assert len({fact.value for task in tasks for fact in task.ledger.facts if fact.name == facts[0]}) > 1
    assert all(certify(pack, task).ok for task in tasks)


@pytest.mark.parametrize("name", ["bank", "clinic"])
def test_rows_are_not_told_apart_by_money_and_secrets_are_not_read_back(name: str) -> None:
    pack, picked, read = load(name), 0, 0
    for found in drawn(pack, 12):
        for pick in nodes(found.spec.do, "pick"):
            tool = pack.tools[pick["from"][1:].rpartition("_")[0]]
            kinds = dict(zip(tool.names, (pack.domain.types.get(column, "") for column in tool.columns), strict=True))
            by = [kinds[column] for column in pick.get("where", ())]
            picked += len(by)
            assert "money" not in by or not {*kinds.values()} & {"date", "datetime", "name", "enum"}, pick
        for values in nodes(found.spec.do, "confirm"):
            read += 1
            assert not {"$code_word", "$date_of_birth"} & {*values} or len(values) == 1
    assert picked > 10
    assert read


def test_a_value_that_many_rows_have_tells_none_apart(mini: Pack) -> None:
    rows = Rows(mini)
    assert rows.tells("items.shelf")
    assert not rows.tells("items.title")
    for found in drawn(mini, 12, "open_loan"):
        (pick,) = [node for node in nodes(found.spec.do, "pick") if node["from"].startswith("$list_items")]
        assert "shelf" in pick["where"]
        shelf = found.spec.facts[pick["where"]["shelf"][1:]].value
        bind = mini.image("train", 0).query(f'SELECT "{str(shelf)[1:]}", "item_id" FROM ({found.spec.bind})')
        places = {row: shelf for shelf, row in bind}
        assert len({*places.values()}) == len(places)


def test_what_is_reported_of_a_deletion_is_no_state_of_what_is_gone(tmp_path: Path) -> None:
    pack = domain(11, tmp_path / "domain_11").synthesis.pack
    states = {name for name, kind in pack.domain.types.items() if kind == "enum"}
    reported = Counter[str]()
    for found in drawn(pack, 30, "stop_purchase_order"):
        origins = {f"${fact}": f"{spec.value}" for fact, spec in found.spec.facts.items()}
        for reference in (one for told in nodes(found.spec.do, "tell") for one in told):
            column = origins.get(reference, reference).rpartition(".")[2].removeprefix("$")
            reported[column] += 1
            assert not any(state.endswith(f".{column}") for state in states), reference
    assert len(reported) > 1
