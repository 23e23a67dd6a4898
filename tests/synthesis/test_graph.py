"""The typed graph of tools: what the contracts say, what workflows do, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentgym.pack import Pack, load
from agentgym.synthesis import USER, ToolGraph, tool_graph
from agentgym.synthesis.graph import UNREACHABLE
from agentgym.types import Called
from agentgym.workflow.node import CallTool, walk

SHIPPED = ("bank", "clinic", "fulfilment")


def sources(graph: ToolGraph, tool: str, argument: str) -> dict[str, tuple[str, ...]]:
    return {f"{edge.source}.{edge.output}": edge.evidence for edge in graph.into.get((tool, argument), ())}


def test_what_the_contracts_and_the_workflows_of_a_small_pack_say(mini: Pack) -> None:
    graph = tool_graph(mini)
    assert sources(graph, "list_loans", "member_id") == {
        "find_member.member_id": ("column", "workflow give_back", "workflow weigh")
    }
    card = sources(graph, "find_member", "code")
    assert card["look_at_card.code"] == ("column", "workflow borrow")
    assert {"said", "workflow give_back"} <= set(card[f"{USER}.code"])
    assert "list_loans.item_id" in sources(graph, "open_loan", "extra_ids"), "lists take values of the same column"
    assert not sources(graph, "list_items", "kind"), "what a contract lists is chosen"
    seen = {(state.writer, state.reader): state.tables for state in graph.state}
    assert seen["open_loan", "list_items"] == ("loan_lines",)
    assert seen["open_loan", "list_loans"] == ("loan_lines", "loans")
    assert ("list_items", "open_loan") not in seen, "who writes nothing changes nothing"
    assert graph.depths["find_member"] == 1
    assert graph.depths["open_loan"] == 2


def test_the_columns_that_a_tool_rests_on_and_those_that_it_changes(clinic: Pack) -> None:
    tools = tool_graph(clinic).by_name
    waive, book = tools["waive_fee"], tools["book_appointment"]
    assert {"invoices.kind", "invoices.status"} < {*waive.rests}, "its guards ask for them"
    assert "invoices.amount" not in waive.rests, "it is shown, and decides nothing"
    assert waive.sets == ("invoices.note", "invoices.status", "patients.last_waiver_on")
    assert "appointments" in book.writes
    assert book.sets == (), "a row that is inserted changes none that there is"


def test_what_goes_in_and_comes_out_again_is_no_news(clinic: Pack) -> None:
    """`update_email` answers with the patient's id, which it was given."""
    graph = tool_graph(clinic)
    assert all(edge.source not in ("update_email", "get_patient") for edge in graph.edges if edge.input == "patient_id")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_tools_are_all_within_reach_and_every_hand_over_is_an_edge(name: str) -> None:
    pack = load(name)
    graph = tool_graph(pack)
    assert all(depth < UNREACHABLE for depth in graph.depths.values())
    assert all(edge.evidence for edge in graph.edges)
    for workflow in pack.workflows.values():
        for node in walk(workflow.tree):
            if isinstance(node, CallTool):
                for argument, reference in node.arguments.items():
                    known = isinstance(reference, str) and reference.startswith("$")
                    if known and ("." in reference or reference[1:] in workflow.spec.facts):
                        said = [one for found in sources(graph, node.tool, argument).values() for one in found]
                        assert any(one.endswith(f" {workflow.name}") for one in said), (workflow.name, node)


@pytest.mark.parametrize("name", SHIPPED)
def test_ids_in_the_oracles_calls_come_from_where_the_graph_says(name: str, pool: Any) -> None:
    """Of 60 tasks: whatever id a call has, an earlier result of one of its sources held it, or the user knows it."""
    from agentgym.episode import Episode

    pack = load(name)
    graph, checked = tool_graph(pack), 0
    for seed in range(60):
        task = pack.task(seed)
        with Episode(pack, task, pool=pool) as episode:
            held: dict[tuple[str, str], set[Any]] = {}
            said = {fact.value for fact in task.ledger.facts}
            for action in task.oracle:
                for event in episode.apply(action):
                    if not isinstance(event, Called):
                        continue
                    for argument, value in event.arguments.items():
                        edges = graph.into.get((event.name, argument), ())
                        if edges and isinstance(value, str) and value not in said and "." in edges[0].type:
                            places = [(edge.source, edge.output) for edge in edges]
                            assert any(value in held.get(place, ()) for place in places), (event.name, argument, value)
                            checked += 1
                    rows = event.result if isinstance(event.result, list) else [event.result]
                    for row in rows:
                        for field, value in row.items():
                            if not isinstance(value, str):
                                continue
                            held.setdefault((event.name, field), set()).add(value)
    assert checked > 60


def test_a_tool_that_nothing_leads_to(pack_copy: Callable[[Mapping[str, Any]], Path]) -> None:
    lost = """
  - name: open_vault
    description: Open a vault.
    parameters:
      loan_id: {type: string, refers_to: loans.loan_id, description: The loan.}
      item_id: {type: string, refers_to: loan_lines.line_id, description: What nobody is told.}
    returns: SELECT loan_id FROM loans WHERE loan_id = :loan_id
    shape: one
"""
    folder = pack_copy(
        {
            "tools.yaml": lambda text: text + lost,
            "pack.yaml": lambda text: text.replace("tools: [", "tools: [open_vault, "),
        }
    )
    graph = tool_graph(load(folder))
    assert graph.depths["open_vault"] == UNREACHABLE
    assert "open_vault  (read; cannot be reached)" in graph.text()


def test_the_same_in_every_process(clinic: Pack) -> None:
    names = "from agentgym.pack import load; from agentgym.synthesis import tool_graph"
    code = f"{names}; print(tool_graph(load('clinic')).text())"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert texts == {tool_graph(clinic).text() + "\n"}


def test_the_command_prints_and_draws(agentgym: Any, tmp_path: Path) -> None:
    done = agentgym("synth", "graph", "clinic", "--png", tmp_path / "graph.png")
    assert done.code == 0
    assert "<- find_patients.patient_id  [column, workflow book" in done.out
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    found = agentgym("synth", "graph", "bank", "--json").json
    assert found["pack"] == "bank"
    assert set(found["depths"]) == {tool["name"] for tool in found["tools"]}
    bad = agentgym("synth", "graph", "clinic", "--png", tmp_path / "graph.txt")
    assert bad.code == 2
    assert bad.err.startswith("error: cannot write")
    assert len(bad.err.splitlines()) == 1
    assert agentgym("synth", "graph", "clinik").code == 2
