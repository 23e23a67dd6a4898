"""Sampled workflows: drafts like an author's, of which only what is proved becomes part of a pack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentgym.certify import certify, certify_pack
from agentgym.errors import TaskError, UsageError
from agentgym.pack import Pack, load
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.synthesis import tool_graph
from agentgym.synthesis.admit import Synthesis, shape_of, synthesize
from agentgym.synthesis.arrange import arrangements
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.resolve import Refinement, Unsatisfiable
from agentgym.synthesis.rows import Rows
from agentgym.synthesis.sample import SHAPES, Sampled, sample
from agentgym.synthesis.wording import openings
from agentgym.types import Call, Called, Task, Value, result_rows
from agentgym.workflow import WorkflowSpec
from agentgym.workflow.node import Decide, Tell, walk
from agentgym.workflow.run import _extreme
from agentgym.workflow.step import TreeError


def text_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def more(clinic: Pack, tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """Eight workflows that the clinic's author did not write."""
    return synthesize(clinic, "more", tmp_path_factory.mktemp("synthesis"), 8)


@pytest.mark.parametrize("name", ["bank", "clinic", "fulfilment"])
def test_a_draft_of_a_pack_is_the_pack(name: str, tmp_path: Path) -> None:
    pack = load(name)
    twin = Draft.of(pack, name).write(tmp_path / name)
    assert list(twin.tools) == list(pack.tools)
    assert twin.policy == pack.policy
    for seed in range(12):
        for split in ("train", "test"):
            one, other = pack.task(seed, split), twin.task(seed, split)
            assert msgspec.structs.replace(one, id="", pack_digest="") == msgspec.structs.replace(
                other, id="", pack_digest=""
            )


def test_a_draft_overwrites_nothing(clinic: Pack, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("three years of work")
    with pytest.raises(UsageError, match="holds no pack"):
        Draft.of(clinic, "mine").write(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    Draft.of(clinic, "own").write(tmp_path / "own")
    with pytest.raises(UsageError, match="holds a pack: name another folder"):
        synthesize(clinic, "own", tmp_path, 1)


def test_rows_are_joined_along_keys_and_loose_ones_are_spread(clinic: Pack) -> None:
    image = clinic.image("train", 0)
    rows = Rows(clinic)
    for table in ("patients", "appointments"):
        rows.add(table)
    name, key = rows.select("doctors.name"), rows.select("appointments.appointment_id")
    found = image.query(rows.query)
    assert len(found) == image.query("SELECT count(*) FROM appointments")[0][0], "one row for each appointment"
    right = dict(
        image.query(
            "SELECT a.appointment_id, d.name FROM appointments a JOIN slots s ON s.slot_id = a.slot_id "
            "JOIN doctors d ON d.doctor_id = s.doctor_id"
        )
    )
    columns = [part.rsplit(" AS ", 1)[1].strip('"') for part in rows.query.split(" FROM ")[0].split(", ")]
    assert all(right[row[columns.index(key)]] == row[columns.index(name)] for row in found)
    loose = Rows(clinic)
    for table in ("patients", "doctors", "slots"):
        loose.add(table)
    spread = image.query(loose.query)
    assert 200 < len(spread) < 2000
    assert len({row[0] for row in spread}) > 50, "of many patients"


def test_what_can_be_borrowed_makes_a_rule_allow_and_forbid(clinic: Pack) -> None:
    found = arrangements(clinic)
    assert {"notice_24h", "visit_length"} <= set(found)
    assert "cover_valid" not in found, "no ground to decline: the visit is paid for otherwise"
    for several in found.values():
        for one in several:
            assert one.allowed
            assert one.denied
            assert one.allowed != one.denied


def test_the_same_seed_gives_the_same_workflow_and_a_refusal_says_what_is_lacking(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    drawn, lacking = 0, set[str]()
    for shape in SHAPES:
        for seed in range(6):
            try:
                found = sample(clinic, graph, seed, shape)
            except Unsatisfiable as trouble:
                lacking.add(str(trouble))
                continue
            assert sample(clinic, graph, seed, shape) == found
            drawn += 1
    assert drawn >= 6
    assert any("which stands in no row" in said or "comes to forbid" in said for said in lacking)


def test_admitted_workflows_hold_on_tasks_that_were_not_looked_at(more: Synthesis) -> None:
    assert len(more.admitted) == len(more.pack.workflows) == 8
    for split in ("train", "test"):
        report = certify_pack(more.pack, range(100, 148), split)
        assert report.certified >= 0.97 * report.tasks, report.failures
        assert report.distinct >= report.tasks - 1
    leaves = {branch for workflow in more.pack.workflows.values() for branch in workflow.branches}
    assert {"done"} < leaves, "some decide"


def test_admitted_workflows_are_unlike_each_other_and_of_several_shapes(more: Synthesis) -> None:
    assert len({shape_of(found.spec) for found in more.admitted}) == 8
    assert len({found.shape for found in more.admitted}) >= 3
    kinds = [
        {type(node) for node in walk(more.pack.workflows[found.spec.name].tree)} & {Decide, Tell}
        for found in more.admitted
    ]
    assert {Tell} in kinds
    assert {Decide, Tell} in kinds


def test_twins_of_sampled_workflows_are_told_apart_by_looking(more: Synthesis, pool: Any) -> None:
    pairs = 0
    for workflow in more.pack.workflows.values():
        for legal, illegal in workflow.spec.twins:
            task = more.pack.task(7, "train", workflow=workflow.name, branch=legal, pool=pool)
            assert task.twin
            twin = more.pack.task(7, "train", workflow=workflow.name, branch=illegal, pool=pool)
            assert certify(more.pack, twin, pool=pool).ok
            pairs += 1
    assert pairs


def test_the_same_arguments_give_the_same_bytes(clinic: Pack, tmp_path: Path) -> None:
    folders = [tmp_path / place for place in ("one", "other")]
    for folder in folders:
        synthesize(clinic, "few", folder, 3, seed=5)
    assert text_of(folders[0]) == text_of(folders[1])


def test_names_and_constants_make_no_other_shape(more: Synthesis) -> None:
    spec = more.admitted[0].spec
    plain = msgspec.to_builtins(spec)
    text = msgspec.json.encode({**plain, "bind": "", "arrange": {}}).decode()
    first = next(node["as"] for node in spec.do if "as" in node)
    other = msgspec.json.decode(text.replace(first, "something_else"), type=type(spec))
    assert shape_of(other) == shape_of(spec)
    shorter = msgspec.structs.replace(spec, do=spec.do[:-1])
    assert shape_of(shorter) != shape_of(spec)


def test_what_is_told_of_a_call_and_whether_it_fails_at_first_make_no_other_shape(more: Synthesis) -> None:
    for spec in (found.spec for found in more.admitted):
        told = msgspec.json.encode(spec.do).decode()
        done = re.search(
            r'\{"(?:retry":\{")?call":"(\w+)"[^{}]*\{[^{}]*\},"as":"(\w+)"\}\}?,\{"tell":\["([^"]+)"\]\}', told
        )
        if done is None or '"confirm"' not in told:
            continue
        other = msgspec.structs.replace(spec, do=msgspec.json.decode(told.replace(done[3], "$phone")))
        assert other.do != spec.do
        assert shape_of(other) == shape_of(spec)
        return
    raise AssertionError("no write is reported")


@pytest.mark.slow
def test_more_than_there_is_cannot_be_had(mini: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mini: only \d+ of 60 workflows in \d+ draws: "):
        synthesize(mini, "lots", tmp_path, 60, shapes=("fan_in",))


# --- refinement ---


def refined(pack: Pack, kind: Refinement, folder: Path) -> tuple[Pack, Sampled]:
    """A pack of the first workflow of a refinement that is proved."""
    graph = tool_graph(pack)
    for seed in range(40):
        with suppress(Unsatisfiable):
            found = sample(pack, graph, seed, "resolve", refine=kind)
            draft = Draft.of(pack, "refined").bare()
            draft.add(found.spec, found.openings)
            made = draft.write(folder / f"{kind}_{seed}" / "refined")
            with suppress(TaskError):
                if all(certify(made, made.task(at)).ok for at in range(4)):
                    assert found.refined == kind
                    return made, found
    raise AssertionError(f"no workflow is {kind}")


def picks_of(spec: WorkflowSpec) -> dict[str, Any]:
    return next(node["pick"] for node in reversed(spec.do) if "pick" in node)


def rows_seen(pack: Pack, task: Task, pick: str) -> list[dict[str, Any]]:
    """The rows of the list that a row is picked from, as the oracle sees them."""
    tool = pick.removeprefix("$").rpartition("_")[0]
    trace = play(pack, task, policy("oracle"))
    return next(list(result_rows(e.event.result)) for e in trace.events
                if isinstance(e.event, Called) and e.event.name == tool and e.event.error is None)  # fmt: skip


def test_the_latest_is_named_by_no_value(clinic: Pack, tmp_path: Path) -> None:
    pack, found = refined(clinic, "latest", tmp_path)
    pick = picks_of(found.spec)
    column = pick.get("first") or pick["last"]
    for seed in range(6):
        task = pack.task(seed)
        rows = rows_seen(pack, task, pick["from"])
        assert len(rows) > 1
        values = sorted(row[column] for row in rows)
        assert values[0 if "first" in pick else -1] not in values[1:-1]
        told = {fact.name for fact in task.ledger.facts}
        assert column not in told
        assert re.search(r"with the (earliest|latest|lowest|highest) ", task.ledger.opening)


def test_a_row_that_lacks_the_value_rejects_the_list() -> None:
    rows = [{"due_on": Value(value, "date")} for value in ("2026-03-01", None)]
    with pytest.raises(TreeError, match="`pick` by due_on, of which a row has none"):
        _extreme(rows, "due_on", least=True)


def test_what_is_said_first_fits_several_rows(clinic: Pack, tmp_path: Path) -> None:
    pack, found = refined(clinic, "ambiguous", tmp_path)
    pick = picks_of(found.spec)
    assert len(pick["where"]) == 2
    for seed in range(6):
        task = pack.task(seed)
        facts = {fact.name: fact for fact in task.ledger.facts}
        said = [name for name, value in pick["where"].items() if facts[value[1:]].release == "opening"]
        asked = [name for name, value in pick["where"].items() if facts[value[1:]].release == "asked"]
        assert (len(said), len(asked)) == (1, 1)
        rows = rows_seen(pack, task, pick["from"])
        assert sum(row[said[0]] == facts[pick["where"][said[0]][1:]].value for row in rows) > 1


def test_nothing_is_ambiguous_where_all_or_nothing_is_said(clinic: Pack) -> None:
    graph = tool_graph(clinic)
    kept: list[Sampled] = []
    for gap in range(4):
        for seed in range(12):
            with suppress(Unsatisfiable):
                kept.append(sample(clinic, graph, seed, "resolve", gap=gap, refine="ambiguous"))
                assert gap in (1, 2)
    assert kept
    for found in kept:
        facts = {name[1:]: found.spec.facts[name[1:]].release for name in picks_of(found.spec)["where"].values()}
        assert sorted(facts.values()) in (["asked", "opening"], ["opening"], ["asked"])


def test_a_user_who_thinks_better_of_it(clinic: Pack, tmp_path: Path) -> None:
    pack, found = refined(clinic, "revised", tmp_path)
    (change,) = [node["change_of_mind"] for node in _nodes(found.spec.do) if "change_of_mind" in node]
    for seed in range(8):
        task = pack.task(seed)
        assert task.ledger.revisions, "whether it may be done or not"
        facts = {fact.name: fact.value for fact in task.ledger.facts}
        before, after = (facts[change[part][0][1:]] for part in ("before", "to"))
        assert before != after
        calls = [call for action in task.oracle for call in action.calls if isinstance(call, Call)]
        writes = [call for call in calls if pack.tools[call.name].writes]
        assert all(after in call.arguments.values() and before not in call.arguments.values() for call in writes)


def test_what_cannot_be_refined_so_says_so(mini: Pack) -> None:
    graph = tool_graph(mini)
    with pytest.raises(Unsatisfiable, match="nothing in it could be revised"):
        sample(mini, graph, 0, "resolve", goals=["close_loan"], refine="revised")


def test_openings_are_sentences(clinic: Pack) -> None:
    found = openings("waive a fee", ["phone"], [], clinic.domain.label)
    assert "Please waive a fee. It is about the phone number {phone}." in found["train"]
    assert "Could you waive a fee? It is about the phone number {phone}." in found["train"]
    assert all(text[-1] in ".?" for text in openings("waive a fee", [], [], clinic.domain.label)["train"])


def test_of_two_wants_each_is_read_back_by_what_it_is_about(clinic: Pack) -> None:
    graph, seen = tool_graph(clinic), 0
    for draw in range(12):
        with suppress(Unsatisfiable):
            found = sample(clinic, graph, draw, "merge", goals=("start_plan", "cancel_appointment"))
            first, second = ({*node["confirm"]} for node in _nodes(found.spec.do) if "confirm" in node)
            assert not first & second, found.spec.do
            assert "$instalments" in first | second
            seen += 1
    assert seen


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    for node in tree if isinstance(tree, list) else tree.values() if isinstance(tree, dict) else ():
        yield from _nodes(node)
    if isinstance(tree, dict):
        yield tree
