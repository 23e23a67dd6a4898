"""Domains from motifs: whatever is composed loads, can be used, and is more than other names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agentgym.certify import certify_pack
from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.seeding import stream
from agentgym.synthesis import tool_graph
from agentgym.synthesis.domain import Domain, build, domain, make, structure
from agentgym.synthesis.domain.make import draft_of
from agentgym.synthesis.domain.motifs import MOTIFS
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.graph import UNREACHABLE
from agentgym.synthesis.grow import growths, singular
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.sample import sample, writers


def composed(folder: Path, *motifs: str, seed: int = 0) -> Pack:
    return draft_of(stream("test", seed), folder.name, motifs).write(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """A domain of three workflows."""
    return domain(3, tmp_path_factory.mktemp("domains") / "mine", count=3)


@pytest.mark.parametrize("motif", sorted(MOTIFS))
def test_every_motif_loads_is_within_reach_and_can_be_used(motif: str, tmp_path: Path) -> None:
    pack = composed(tmp_path / "one", motif)
    graph = tool_graph(pack)
    assert all(depth < UNREACHABLE for depth in graph.depths.values())
    for split in ("train", "test"):
        assert certify_pack(pack, range(2), split).ok
    policy, used = Policy.of(pack), 0
    for tool in writers(pack, graph):
        for draw in range(6):
            bind = sample(pack, graph, draw, "resolve", goals=[tool], policy=policy).spec.bind
            if any(pack.image("train", world).query(f"SELECT 1 FROM ({bind}) LIMIT 1") for world in range(3)):
                used += 1
                break
    assert used == len(writers(pack, graph)) > 0, "each write has rows on which it can be made"
    pack.close()


@pytest.mark.parametrize("seed", range(6))
def test_motifs_compose(seed: int, tmp_path: Path) -> None:
    chance = stream("compose", seed)
    pack = composed(tmp_path / "many", *chance.shuffled(sorted(MOTIFS))[:5], seed=seed)
    assert len(writers(pack, tool_graph(pack))) >= 5
    assert all(depth < UNREACHABLE for depth in tool_graph(pack).depths.values())
    assert certify_pack(pack, range(1), "test").ok
    pack.close()


def test_what_tools_do_is_said_with_the_right_article() -> None:
    said: set[str] = set()
    for seed in range(40):
        chance = stream("test", seed)
        for tool in draft_of(chance, "one", chance.shuffled(sorted(MOTIFS))[:5]).files["tools"]["tools"]:
            said.add(tool["description"])
    wrong = [text for text in said if re.search(r"\b[Aa] [aeio]|\b[Aa]n [^aeiou]", text)]
    assert not wrong
    assert any(" an in" in text for text in said), "an incident, an inquiry, an instrument"


def every_draft(count: int = 60) -> list[Draft]:
    """Drafts in which every motif and most words come."""
    chances = [stream("drafts", seed) for seed in range(count)]
    return [draft_of(chance, "one", chance.shuffled(sorted(MOTIFS))[:5]) for chance in chances]


def filled(draft: Draft) -> list[dict[str, Any]]:
    """How its tables are filled."""
    return [entry for entry in draft.files["population"]["tables"] if "table" in entry]


def test_every_column_has_a_label_and_every_table_a_noun() -> None:
    for draft in every_draft():
        labels = draft.files["wording"]["labels"]
        assert "title" not in labels, "what a thing is called is asked for by what it is"
        columns = {column.partition(".")[2] for column in draft.files["pack"]["types"]}
        tables = {entry["table"] for entry in filled(draft)}
        assert not tables & columns, "the label of the one would be that of the other"
        for name in columns:
            head = re.split(" (?:of|in|up) ", labels[name])[0]
            assert not re.search(r"[^s]s$", head.replace("status", "state")), f"the {labels[name]} is ..."
        for table in tables:
            assert singular(table) == labels[table].replace(" ", "_").replace("-", "_")
        for parameter in {name for tool in draft.files["tools"]["tools"] for name in tool["parameters"]}:
            assert parameter in labels or parameter.endswith("_id")


def test_facts_of_columns_that_two_tables_have_are_told_apart() -> None:
    labels = draft_of(stream("test", 0), "one", ("messages", "billing")).files["wording"]["labels"]
    both = sorted(label for name, label in labels.items() if name.endswith("_status"))
    assert len(both) == 2
    assert all(label.endswith("'s status") for label in both)


def test_attributes_are_of_things_that_can_have_them() -> None:
    owned = {one[0]: kind for kind, found in build.ATTRIBUTES.items() for one in found}
    assert len(owned) == sum(map(len, build.ATTRIBUTES.values())), "each name is of one class"
    kinds = {noun: kind for kind, nouns in build.NOUNS.items() for noun in nouns}
    seen: set[str] = set()
    for draft in every_draft():
        for entry in filled(draft):
            kind = kinds.get(draft.files["wording"]["labels"][entry["table"]], "person")
            classes = {owned[name] for name in entry["columns"] if name in owned}
            assert classes <= set(build.CLASSES.get(kind, ())), (entry["table"], classes)
            seen |= classes
    assert seen == set(build.ATTRIBUTES)


def test_nothing_is_claimed_before_somebody_claims_it(tmp_path: Path) -> None:
    """Not in a world, nor in what a rule can make of one: it would contradict the opening time."""
    pack = composed(tmp_path / "one", "release", "inspections")
    table = next(name for name, spec in pack.domain.schema.tables.items() if "opens_at" in spec.columns)
    for split in ("train", "test"):
        states = {state for (state,) in pack.image(split, 0).query(f"SELECT status FROM {table}")}
        assert states == {"reserved", "returned"}
    claim, back = (next(name for name in pack.tools if name.startswith(verb)) for verb in ("claim_", "return_"))
    graph = tool_graph(pack)
    for seed in range(20):
        for tool, before in ((claim, back), (back, claim)):
            for growth in growths(pack, graph, graph.by_name[tool], (), stream("test", seed), (before,)):
                assert "claimed" not in " ".join((*growth.arranged.allowed, *growth.arranged.denied))
    pack.close()


def test_no_two_things_of_one_owner_are_told_by_the_same_name_or_day(tmp_path: Path) -> None:
    pack = composed(tmp_path / "one", "billing", "waitlist", "inspections")
    checked = 0
    for table, spec in pack.domain.schema.tables.items():
        kinds = {pack.domain.types.get(f"{table}.{name}", ""): name for name in spec.columns}
        told = kinds.get("name") or kinds.get("date")
        for world in range(20) if spec.references and told else ():
            twice = f"SELECT 1 FROM {table} GROUP BY {next(iter(spec.references))}, {told} HAVING count(*) > 1"
            assert not pack.image("train", world).query(twice)
            checked += 1
    assert checked == 60
    pack.close()


def test_days_fit_every_state() -> None:
    """Rules move days and states one by one, so either all days lie ahead, or none, or the state says nothing of it."""
    for draft in every_draft():
        for entry in filled(draft):
            days = {name: draw["date"] for name, draw in entry["columns"].items() if "date" in draw}
            for name, (low, high) in days.items() if "status" in entry["columns"] else ():
                assert high <= 0 or low > 0 or name == "payable_on", (entry["table"], name)
                states = entry["columns"]["status"]["choice"]
                assert low <= 0 or not {"done", "passed", "failed", "attended"} & set(states), entry["table"]


def test_the_identity_rule_holds_for_all_that_it_says() -> None:
    for draft in every_draft(12):
        rule = draft.files["rules"]["rules"][0]
        tools = [tool["name"] for tool in draft.files["tools"]["tools"]]
        free = [name for name in tools if name not in rule["tools"]]
        assert free == [tools[0], "hand_over"]
        assert tools[0].startswith("find_")
        assert "look at or change anything" in rule["say"]


def test_nothing_hangs_on_what_can_be_deleted_and_ids_are_of_their_table() -> None:
    for seed in range(120):
        chance = stream("hangs", seed)
        draft = draft_of(chance, "one", chance.shuffled(sorted(MOTIFS))[:5])
        statements = [sql for tool in draft.files["tools"]["tools"] for sql in tool.get("sql", [])]
        for table in {sql.split()[2] for sql in statements if sql.startswith("DELETE FROM")}:
            assert f"REFERENCES {table}\n" not in draft.script
            assert f"REFERENCES {table}," not in draft.script, (seed, table)
        prefixes = {
            entry["table"]: draw["id"] for entry in filled(draft) for draw in entry["columns"].values() if "id" in draw
        }
        for sql in statements:
            if sql.startswith("INSERT INTO") and "handovers" not in sql:
                assert f"new_id('{prefixes[sql.split()[2]]}')" in sql


def test_a_domain_is_proved_on_tasks_that_were_not_looked_at(made: Domain) -> None:
    pack = made.synthesis.pack
    assert len(pack.workflows) == 3
    assert 3 <= len(made.motifs) <= 5
    assert made.synthesis.grown
    for split in ("train", "test"):
        report = certify_pack(pack, range(100, 120), split)
        assert report.ok, report.failures
    people = {
        split: pack.image(split, 0).query(f"SELECT name FROM {pack.content.file.identity}")
        for split in ("train", "test")
    }
    assert not {*people["train"]} & {*people["test"]}


def test_structure_is_the_same_in_other_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    motifs = ("lending", "capacity", "approval")
    one = composed(tmp_path / "one", *motifs, seed=4)
    monkeypatch.setattr(make, "THEMES", tuple((f"{place} by the sea", f"sea {noun}") for place, noun in make.THEMES))
    nouns = {kind: tuple(f"odd {noun}" for noun in found) for kind, found in build.NOUNS.items()}
    monkeypatch.setattr(build, "NOUNS", nouns)
    other = composed(tmp_path / "two", *motifs, seed=4)
    assert not set(one.domain.schema.tables) & set(other.domain.schema.tables) - {"handovers"}
    assert structure(one) == structure(other)


def test_structure_is_what_is_left_without_names(made: Domain, clinic: Pack, tmp_path: Path) -> None:
    one = composed(tmp_path / "one", "billing", "renewal")
    words = draft_of(stream("test", 0), "two", ("billing", "renewal"))
    words.files["pack"]["title"] = "Another place"
    words.files["wording"]["labels"] = {name: f"my {label}" for name, label in words.files["wording"]["labels"].items()}
    other = words.write(tmp_path / "two")
    assert structure(one) == structure(other)
    assert structure(one) != structure(composed(tmp_path / "three", "billing", "quota"))
    assert structure(one) != structure(composed(tmp_path / "four", "renewal", "billing", "quota"))
    assert structure(clinic) not in (structure(one), structure(made.synthesis.pack))


@pytest.mark.slow
def test_the_command(made: Domain, tmp_path: Path) -> None:
    from agentgym.cli import app

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    out = tmp_path / "d2"
    found = run("synth", "domain", "--seed", 2, "--out", out, "--json")
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)
    assert said["name"] == "d2"
    assert said["tools"] == list(load(out).tools)
    assert run("certify", out, "--seeds", 4).exit_code == 0
    assert "holds a pack" in str(run("synth", "domain", "--out", out).exception)
    assert "lower case words" in str(run("synth", "domain", "--out", tmp_path / "My Domain").exception)
    with pytest.raises(UsageError, match="seeds are from 0"):
        domain(-1, tmp_path / "minus")
    assert made.synthesis.pack.name == "mine"


@pytest.mark.slow
def test_the_same_bytes_in_another_process(made: Domain, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from agentgym.synthesis.domain import domain;"
        "print(domain(3, Path(sys.argv[1]), count=3).synthesis.pack.digest)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "mine")], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == made.synthesis.pack.digest
