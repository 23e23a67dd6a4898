"""docs/pack-format.md is true and complete: its examples are read by the loader's own types, every field is in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from agentgym.pack import schemas
from agentgym.pack.formats import FILES
from agentgym.pack.yaml import read
from agentgym.rubric import SCORERS
from agentgym.types import Fault
from agentgym.workflow import node as nodes
from agentgym.workflow import parse, walk
from agentgym.workflow.node import _SHAPES as NODES
from agentgym.world import blank
from agentgym.world.population import KINDS, check_population
from tests.docs.reading import ROOT, Block, blocks

PAGE = ROOT / "docs/pack-format.md"
EXAMPLES = {block.heading: block for block in blocks(PAGE, "yaml")}
KIND_OF = {f"{kind}.yaml": kind for kind in FILES if kind != "workflow"} | {"workflows": "workflow"}


def structs(type_: Any, seen: set[type] | None = None) -> set[type]:
    """The structs that a type is made of."""
    seen = set() if seen is None else seen
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct) and type_ not in seen:
        seen.add(type_)
        for part in get_type_hints(type_).values():
            structs(part, seen)
    for part in get_args(type_):
        structs(part, seen)
    return seen


FIELDS = sorted(
    (struct.__name__, field)
    for struct in {found for file in FILES.values() for found in structs(file)}
    for field in struct.__struct_encode_fields__
)


def data(block: Block, folder: Path) -> Any:
    """A block's data, read as the loader reads it."""
    (folder / "example.yaml").write_text(block.text, encoding="utf-8")
    return read(folder / "example.yaml", f"pack-format.md:{block.line}")


@pytest.mark.parametrize("heading", KIND_OF)
def test_every_file_has_an_example_that_fits(heading: str, tmp_path: Path) -> None:
    msgspec.convert(data(EXAMPLES[heading], tmp_path), FILES[KIND_OF[heading]])


@pytest.mark.parametrize(("struct", "field"), FIELDS)
def test_every_field_is_described(struct: str, field: str) -> None:
    described = "\n".join(line for line in PAGE.read_text(encoding="utf-8").splitlines() if "`" in line)
    assert re.search(rf"`[^`]*\b{field}\b[^`]*`", described), f"{struct}.{field}"


@pytest.mark.parametrize(
    "heading", ["pack.yaml", "tools.yaml", "rules.yaml", "workflows", "wording.yaml", "rubric.yaml"]
)
def test_examples_show_every_field(heading: str) -> None:
    """An example for each construct: no field of the format is without one."""
    shown = EXAMPLES[heading].text
    fields = {field for struct in structs(FILES[KIND_OF[heading]]) for field in struct.__struct_encode_fields__}
    assert not {field for field in fields if not re.search(rf"\b{field}\b", shown)}


def test_every_node_has_an_example(tmp_path: Path) -> None:
    tree = parse(data(EXAMPLES["Nodes"], tmp_path), "pack-format.md")
    shown = EXAMPLES["Nodes"].text
    assert not {kind for kind in NODES if f"{kind}:" not in shown}
    assert not {field for fields in NODES.values() for field in fields if f"{field}:" not in shown}
    kinds = {type(node).__name__ for node in walk(tree)}
    assert kinds >= set(nodes.__all__) - {"Node", "Path", "Seq", "AnyOrder", "branches", "parse", "paths", "walk"}


def test_every_draw_has_an_example_that_fits(tmp_path: Path) -> None:
    """The example's population fits a schema with its columns."""
    tables = data(EXAMPLES["population.yaml"], tmp_path)["tables"]
    made = [entry for entry in tables if "table" in entry]
    columns = {entry["table"]: [f"{name} ANY" for name in entry["columns"]] for entry in made}
    script = "\n".join(
        f"CREATE TABLE {name} ({of[0]} PRIMARY KEY, {', '.join(of[1:])}) STRICT;" for name, of in columns.items()
    )
    db, schema = blank(script, "world.sql", "2026-05-04 09:15")
    try:
        words = {"first_names": ["Abel"], "last_names": ["Aoki"], "cities": ["Oslo"]}
        assert not list(check_population(schema, tables, words))
    finally:
        db.close()
    drawn = {kind for entry in made for spec in entry["columns"].values() for kind in KINDS if kind in spec}
    assert drawn == set(KINDS)


def test_the_world_example_is_a_world() -> None:
    (block,) = [block for block in blocks(PAGE, "sql") if block.heading == "world.sql"]
    db, schema = blank(block.text, "world.sql", "2026-05-04 09:15")
    db.close()
    assert schema.canonical["rentals.bike_id"] == "bikes.bike_id"


def test_every_function_is_described() -> None:
    from agentgym.world.functions import register

    names: list[str] = []
    connection: Any = SimpleNamespace(create_scalar_function=lambda name, *_, **__: names.append(name))
    nothing: Any = None
    register(connection, nothing)
    text = PAGE.read_text(encoding="utf-8")
    assert names
    assert not [name for name in names if f"`{name}(" not in text]


def test_every_kind_of_fault_and_scorer_is_described() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not [kind for kind in get_args(get_type_hints(Fault)["kind"]) if f"`{kind}`" not in text]
    rewards = (ROOT / "docs/rewards.md").read_text(encoding="utf-8")
    assert not [name for name in SCORERS if f"`{name}`" not in rewards]


def test_gates_and_criteria_are_described() -> None:
    from agentgym.certify import GATES
    from agentgym.types import Criterion

    rewards = (ROOT / "docs/rewards.md").read_text(encoding="utf-8")
    gates = re.findall(r"^\| `(\w+)` \|", rewards.partition("## The certificate")[2], re.MULTILINE)
    assert gates == list(GATES), "every gate, in their order"
    kinds = get_args(get_type_hints(Criterion)["kind"])
    assert not [kind for kind in kinds if f"`{kind}`" not in rewards and f"**{kind}**" not in rewards]


@pytest.mark.parametrize("name", FILES)
def test_the_exported_schema_is_up_to_date(name: str) -> None:
    file = ROOT / f"docs/schemas/{name}.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == schemas()[name], (
        "write them again: agentgym list --schemas docs/schemas"
    )


def test_there_are_no_other_schemas() -> None:
    assert {file.name for file in (ROOT / "docs/schemas").iterdir()} == {f"{name}.schema.json" for name in FILES}
