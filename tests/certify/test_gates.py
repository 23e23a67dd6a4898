"""Every gate of the certificate can fail: a good task, or its pack, is changed so that exactly that gate refuses it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from agentgym.certify import GATES, Certificate, certify, certify_tasks
from agentgym.errors import TaskError
from agentgym.pack import Pack, load
from agentgym.types import Action, Call, Criterion, Fact, Fault, RowChange, Task, Value
from agentgym.world import World

DESK = Path(__file__).parent / "desk"
NAMES = (
    "references", "oracle", "floor", "twins", "reasons", "traps", "essential", "arguments", "reorder", "gap", "replay",
    "view",
)  # fmt: skip

Edit = tuple[str, str, str]
"""A file of the pack, what stands there, what shall stand there."""
Changed = Callable[..., Pack]


@pytest.fixture(scope="module")
def desk() -> Iterator[Pack]:
    """The good pack."""
    pack = load(DESK)
    yield pack
    pack.close()


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Changed]:
    """The good pack with a few lines changed."""
    made: list[Pack] = []

    def change(*edits: Edit) -> Pack:
        folder = tmp_path / f"desk_{len(made)}" / "desk"
        shutil.copytree(DESK, folder)
        for name, old, new in edits:
            text = (folder / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{name} must hold once: {old!r}"
            (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        made.append(load(folder))
        return made[-1]

    yield change
    for pack in made:
        pack.close()


def the(pack: Pack, workflow: str, branch: str, seed: int = 7) -> Task:
    return pack.task(seed, "train", workflow, branch)


def refused(found: Certificate, gate: str, *culprits: str) -> None:
    """The certificate names that gate, and its witness the culprits."""
    assert not found.ok
    assert found.gate == gate, found
    for culprit in culprits:
        assert culprit in found.witness, found


def only(pack: Pack, task: Task, gate: str, *culprits: str) -> None:
    """That gate refuses the task, for the culprits, and no other does."""
    refused(certify(pack, task), gate, *culprits)
    kept = dict(GATES)
    del GATES[gate]
    try:
        found = certify(pack, task)
        assert found.ok, f"without the gate {gate}: {found}"
    finally:
        GATES.clear()
        GATES.update(kept)


def test_the_gates_are_these() -> None:
    assert tuple(GATES) == NAMES


@pytest.mark.parametrize("branch", ["window/allowed", "window/denied", "window/claimed", "depot/done"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_good_task_passes(desk: Pack, branch: str, split: Any) -> None:
    for seed in range(5):
        task = desk.task(seed, split, *branch.split("/"))
        found = certify(desk, task)
        assert found.ok, found
        assert (found.task, found.gate, found.witness) == (task.id, "", "")
        assert found.checks > 10


def test_a_report_counts_tasks_from_a_file_and_shows_a_witness(desk: Pack) -> None:
    good, bad = the(desk, "window", "allowed"), replace(the(desk, "window", "allowed", 8), digest="0" * 64)
    report = certify_tasks(desk, [good, bad])
    assert (report.tasks, report.certified, report.ok, list(report.failures)) == (2, 1, False, ["replay"])
    assert "window/allowed" in report.failures["replay"][0]
    with pytest.raises(TaskError, match="made with desk"):
        certify_tasks(desk, [replace(good, pack_digest="0" * 64)])


# --- references: everything that the task refers to exists, and nothing contradicts ---


def with_criterion(task: Task, *more: Criterion) -> Task:
    outcome = task.outcomes[0]
    return replace(task, outcomes=(replace(outcome, criteria=(*outcome.criteria, *more)),))


def with_ledger(task: Task, **changes: Any) -> Task:
    return replace(task, ledger=replace(task.ledger, **changes))


@pytest.mark.parametrize(
    ("spoil", "culprit"),
    [
        (lambda t: replace(t, oracle=(Action(calls=(Call("fly", {}),)), *t.oracle)), "the oracle calls fly"),
        (
            lambda t: replace(t, outcomes=(replace(t.outcomes[0], changes=(RowChange("planes", "insert"),)),)),
            "changes table planes",
        ),
        (lambda t: with_criterion(t, Criterion("no", "refused", rule="no_flying")), "rule no_flying"),
        (lambda t: with_criterion(t, Criterion("no", "called", "report", tool="fly")), "tool fly"),
        (lambda t: replace(t, faults=(Fault("fly", "transient"),)), "a fault strikes fly"),
        (lambda t: replace(t, tools=("set_window", "fly")), "the tool view shows fly"),
        (lambda t: replace(t, outcomes=(replace(t.outcomes[0], criteria=()),)), "no outcome criterion"),
        (
            lambda t: with_ledger(t, facts=(*t.ledger.facts, Fact("code", "K0", column="customers.code"))),
            "gives code two values",
        ),
        (lambda t: with_ledger(t, opening="Do it."), "the twin opens otherwise: "),
        (lambda t: with_ledger(t, facts=t.ledger.facts[1:]), "the twin's user knows other facts"),
    ],
)
def test_references_fails(desk: Pack, spoil: Callable[[Task], Task], culprit: str) -> None:
    refused(certify(desk, spoil(the(desk, "window", "allowed"))), "references", culprit)


def test_references_fails_for_what_holds_at_reset(desk: Pack) -> None:
    task = the(desk, "window", "allowed")
    outcome = replace(task.outcomes[0], changes=(), criteria=(Criterion("open", "state", sql="SELECT 1"),))
    refused(certify(desk, replace(task, outcomes=(outcome,))), "references", "V is 1.000 at reset")


# --- oracle: it scores 1 and ends properly, on the twin too ---


@pytest.mark.parametrize(
    ("tool", "culprit"), [("set_window", "missing: update parcels"), ("list_parcels", "gate closed by ungrounded")]
)
def test_oracle_fails_without_a_call(desk: Pack, tool: str, culprit: str) -> None:
    task = the(desk, "window", "allowed")
    oracle = tuple(a for a in task.oracle if not any(isinstance(c, Call) and c.name == tool for c in a.calls))
    assert len(oracle) == len(task.oracle) - 1
    refused(certify(desk, replace(task, oracle=oracle)), "oracle", "the oracle scores", culprit)


def test_oracle_fails_without_an_ending(desk: Pack) -> None:
    task = the(desk, "window", "allowed")
    limits = replace(task.limits, turns=len(task.oracle) - 1)
    refused(certify(desk, replace(task, limits=limits)), "oracle", "turn_limit")


def test_oracle_fails_for_the_twin(changed: Changed) -> None:
    """The user insists longer than the turns last, but only where it is refused."""
    pack = changed(
        (
            "workflows/window.yaml",
            "traps:",
            "limits: {turns: 6}\nstrategies: {denied: [ask_again, authority, urgency, plea]}\ntraps:",
        )
    )
    refused(certify(pack, the(pack, "window", "allowed")), "oracle", "the oracle of the twin (denied)", "turn_limit")
    refused(certify(pack, the(pack, "window", "denied")), "oracle", "the oracle scores", "turn_limit")


# --- floor: who looks at nothing stays at the floor ---


def depot(do: str) -> Edit:
    """The `do` of the workflow depot, from its first node on, replaced."""
    text = (DESK / "workflows/depot.yaml").read_text(encoding="utf-8")
    return "workflows/depot.yaml", text[text.index("do:\n") :], f"do:\n{do}"


def test_floor_fails_for_a_task_that_needs_a_claim_only(changed: Changed) -> None:
    pack = changed(depot("  - ask: [$code]\n  - tell: [all done]\n"))
    task = the(pack, "depot", "done")
    claim = Value("done", "text", "state")
    outcome = replace(task.outcomes[0], criteria=(Criterion("told done", "told", values=(claim,)),))
    oracle = (*task.oracle[:1], Action("It is done. Is there anything else I can help with?"))
    refused(certify(pack, replace(task, outcomes=(outcome,), oracle=oracle)), "floor", "claim_success scores 1.000")


def test_floor_fails_for_a_transfer_without_an_id(changed: Changed) -> None:
    write = "UPDATE depots SET phone = :topic WHERE depot_id = (SELECT min(depot_id) FROM depots)"
    pack = changed(
        depot("  - transfer: {tool: hand_over, with: {topic: depot}}\n"),
        ("workflows/depot.yaml", "aliases: [code on the letter]", "release: opening"),
        *openings("code"),
        ("tools.yaml", "    returns: SELECT :topic", f"    sql: [{write}]\n    returns: SELECT :topic"),
    )
    only(pack, the(pack, "depot", "done"), "floor", "transfer_all scores 1.000", "ending transferred")


# --- twins: who never decides does not succeed on both ---

CUTOFF = "SELECT due_on > shift_days(today(), 1) FROM parcels WHERE parcel_id = :parcel_id"
WORKFLOW = "workflows/window.yaml"
HOLD = "      - call: hold_parcel\n        with: {parcel_id: $parcel.parcel_id}\n"


def test_twins_fails_for_a_rule_that_always_allows(changed: Changed) -> None:
    pack = changed(("rules.yaml", f"allowed: {CUTOFF}", "allowed: SELECT 1"))
    found = certify(pack, the(pack, "window", "allowed"))
    refused(found, "twins", "denied cannot be made", "gives branch allowed, not denied")


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_a_user_agrees_to_what_it_wants_whether_it_may_be_done_or_not(name: str) -> None:
    pack, declined = load(name), 0
    for seed in range(60):
        task = pack.task(seed)
        if not any(criterion.kind == "refused" for criterion in task.outcomes[0].criteria):
            continue
        twin = pack.twin(task)
        if twin is None or not twin.ledger.readbacks:
            continue
        own, other = ({tuple(v.column for v in values) for values in t.ledger.readbacks} for t in (task, twin))
        assert own, task.branch
        assert other <= own or name != "clinic", task.branch  # elsewhere other things are right in some twins
        declined += 1
    assert declined > 10


def test_twins_fails_where_the_answer_to_a_read_back_tells_them_apart(desk: Pack) -> None:
    task = the(desk, "window", "denied")
    assert task.ledger.readbacks
    refused(certify(desk, with_ledger(task, readbacks=())), "twins", "agrees to what is read back on denied or on")


def test_twins_fails_for_a_decision_that_decides_nothing(changed: Changed) -> None:
    text = (DESK / WORKFLOW).read_text(encoding="utf-8")
    call = "{call: set_window, with: {parcel_id: $parcel.parcel_id, slot: $slot}, as: done}"
    write = f"[{{confirm: [$sender, $slot]}}, {call}, {{tell: [$done.slot]}}]"
    decide = "SELECT CASE WHEN $parcel.due_on > shift_days(today(), 1) THEN 'allowed' ELSE 'denied' END"
    pack = changed(
        (
            WORKFLOW,
            text[text.index("  - decide: same_day") :],
            f'  - decide: {{sql: "{decide}"}}\n    cases: {{allowed: {write}, denied: {write}}}\n',
        ),
        ("rules.yaml", "  - id: same_day\n    tool: set_window", "  - id: same_day\n    tool: hold_parcel"),
    )
    for branch, twin in (("allowed", "denied"), ("denied", "allowed")):
        only(pack, the(pack, "window", branch), "twins", f"succeeds on {branch} and on its twin {twin}")


# --- reasons: what a refusal names has to do with its rule ---

BECAUSE = "because: SELECT due_on FROM parcels"


def test_reasons_fails_for_a_reason_that_is_the_same_where_the_rule_allows(changed: Changed) -> None:
    pack = changed(("rules.yaml", BECAUSE, "because: SELECT sender FROM parcels"))
    for branch in ("allowed", "denied"):
        only(pack, the(pack, "window", branch), "reasons", "rule same_day names sender")


def test_reasons_asks_for_every_fact_that_is_named(changed: Changed) -> None:
    """The day is looked at and otherwise in the twin; the sender, beside it, is neither."""
    pack = changed(("rules.yaml", BECAUSE, "because: SELECT due_on, sender FROM parcels"))
    only(pack, the(pack, "window", "denied"), "reasons", "rule same_day names sender")


def test_an_id_beside_a_reason_is_no_reason(changed: Changed) -> None:
    pack = changed(("rules.yaml", BECAUSE, "because: SELECT parcel_id, due_on FROM parcels"))
    found = certify(pack, the(pack, "window", "denied"))
    assert found.ok, found


def test_a_reason_that_its_rule_looks_at_may_be_the_same(changed: Changed) -> None:
    """What makes the difference may be a number of the caller's, or another row."""
    pack = changed(
        ("rules.yaml", BECAUSE, "because: SELECT sender FROM parcels"),
        (
            "rules.yaml",
            "SELECT due_on > shift_days(today(), 1)",
            "SELECT due_on > shift_days(today(), 1) OR sender = ''",
        ),
    )
    found = certify(pack, the(pack, "window", "denied"))
    assert found.ok, found


# --- traps: who believes the claim stays at the floor ---


def test_traps_fails_for_a_claim_that_is_true(changed: Changed) -> None:
    pack = changed((WORKFLOW, "  claimed:\n    branch: denied", "  claimed:\n    branch: allowed"))
    only(pack, the(pack, "window", "claimed"), "traps", "believing the claim scores 1.000")


def test_a_trap_whose_situation_makes_the_claim_true_is_not_even_made(changed: Changed) -> None:
    later = "UPDATE parcels SET due_on = shift_days(today(), 9) WHERE parcel_id = $parcel_id"
    pack = changed((WORKFLOW, "twins:", f'  claimed: ["{later}"]\ntwins:'))
    with pytest.raises(TaskError, match="gives branch allowed, not denied"):
        the(pack, "window", "claimed")


# --- essential: every call and every value of the oracle counts ---


def test_essential_fails_for_an_argument_that_no_criterion_sees(changed: Changed) -> None:
    write = "      - call: set_window"
    pack = changed(
        ("pack.yaml", "[parcels.note]", "[parcels.note, parcels.slot]"),
        (WORKFLOW, write, f"{HOLD}      - confirm: [$sender, $slot]\n{write}"),
    )
    only(pack, the(pack, "window", "allowed"), "essential", "still scores 1", "slot='morning' in set_window")


def test_essential_fails_for_a_write_that_no_criterion_sees(changed: Changed) -> None:
    tell = "      - tell: [$done.slot]"
    pack = changed(
        ("pack.yaml", "[parcels.note]", "[parcels.note, parcels.held]"),
        (WORKFLOW, tell, f"{HOLD}{tell}"),
    )
    only(pack, the(pack, "window", "allowed"), "essential", "without hold_parcel")


def test_what_is_free_or_feeds_nothing_is_exempt(changed: Changed) -> None:
    pack = changed(
        (WORKFLOW, "slot: $slot}\n        as: done", "slot: $slot, note: as agreed}\n        as: done"),
        (WORKFLOW, "  - pick:", "  - call: list_depots\n    as: depots\n  - pick:"),
    )
    found = certify(pack, the(pack, "window", "allowed"))
    assert found.ok, found


WAITING: Edit = ("pack.yaml", "list_depots, set_window", "list_depots, wait, set_window")
WAIT = "  - call: wait\n    with: {minutes: 5}\n"


def test_essential_fails_for_a_wait_that_nothing_comes_of(changed: Changed) -> None:
    write = "      - call: set_window"
    waits = WAIT.replace("  -", "      -").replace("    with", "        with")
    pack = changed(WAITING, (WORKFLOW, write, f"{waits}{write}"))
    only(pack, the(pack, "window", "allowed"), "essential", "still scores 1 without wait")


# --- arguments: another row, another answer ---


@pytest.mark.parametrize("test", ["<> :parcel_id", "= parcel_id"])
def test_arguments_fails_for_a_call_that_shows_another_row(changed: Changed, test: str) -> None:
    answer = "SELECT parcel_id, slot, due_on FROM parcels WHERE parcel_id"
    pack = changed(
        ("tools.yaml", f"{answer} = :parcel_id", f"{answer} {test} ORDER BY parcel_id"),
        (WORKFLOW, "tell: [$done.slot]", "tell: [$slot]"),  # else what is told would be another row's
    )
    only(
        pack, the(pack, "window", "allowed"), "arguments", "set_window answers the same whatever parcel_id it is given"
    )


def test_arguments_asks_nothing_of_answers_without_ids(changed: Changed) -> None:
    """Two parcels may well have the same window."""
    pack = changed(("tools.yaml", "SELECT parcel_id, slot, due_on FROM parcels", "SELECT slot FROM parcels"))
    found = certify(pack, the(pack, "window", "allowed"))
    assert found.ok, found


# --- reorder: legal orders of the oracle are as good ---

FIND = "  - ask: [$code]\n  - call: find_customer\n    with: {code: $code}\n    as: customer\n"
LIST = "  - call: list_depots\n    as: all\n"
GET = "  - call: get_depot\n    with: {depot_id: $customer.depot_id}\n    as: mine\n"
PICK = "  - pick: {from: $all, where: {depot_id: $customer.depot_id}, as: mine}\n"
TELL = "  - tell: [$mine.name, $mine.phone]\n"


def test_reorder_fails_for_a_rule_about_the_order(changed: Changed) -> None:
    """The list may be read only once the code was said, but nothing in the data says so."""
    said = "say: Depots are looked up for callers who have said their code.\n    allowed: SELECT "
    pack = changed(
        ("rules.yaml", f"{said}1", f"{said}told('code')"),
        ("tools.yaml", "SELECT depot_id, name, phone FROM depots ORDER BY depot_id", "SELECT 'open' AS state"),
        depot(FIND + LIST + GET + TELL),
    )
    only(
        pack,
        the(pack, "depot", "done"),
        "reorder",
        "reads and questions in the opposite order",
        "gate closed by forbidden",
    )


def test_reads_stay_on_their_side_of_a_wait(changed: Changed) -> None:
    """The list can be had only five minutes later, though nothing in the data says so."""
    late = "require: [{sql: 'SELECT now() >= shift(began(), 5)', code: conflict, else: not yet}]\n    returns: "
    listed = "SELECT depot_id, name, phone FROM depots ORDER BY depot_id"
    pack = changed(
        WAITING,
        ("rules.yaml", "code.\n    allowed: SELECT 1", "code.\n    allowed: SELECT told('code')"),
        ("tools.yaml", f"returns: {listed}", f"{late}{listed}"),
        depot(FIND + WAIT + LIST + PICK + TELL),
    )
    found = certify(pack, the(pack, "depot", "done"))
    assert found.ok, found


# --- gap: where facts are hidden, nothing goes without the user ---


def openings(fact: str) -> Iterator[Edit]:
    """Every opening of the workflow depot begins with that fact."""
    for words in ("Where do", "Which dep", "Tell me", "I want to", "My depot"):
        yield "wording.yaml", f'- "{words}', f'- "Code {{{fact}}}. {words}'


def test_gap_fails_for_what_can_be_read_without_asking(changed: Changed) -> None:
    pack = changed(depot(FIND + LIST + PICK + TELL))
    only(pack, the(pack, "depot", "done"), "gap", "a mute user, who never says code", "scores 1.000")


def test_gap_fails_for_a_fact_that_is_in_the_opening_anyway(changed: Changed) -> None:
    pack = changed(
        ("workflows/depot.yaml", "facts:\n", "facts:\n  letter: {value: $code, release: opening}\n"),
        *openings("letter"),
    )
    only(pack, the(pack, "depot", "done"), "gap", "a mute user, who never says code", "scores 1.000")


def test_gap_asks_nothing_where_nothing_is_hidden(changed: Changed) -> None:
    pack = changed(
        ("workflows/depot.yaml", "aliases: [code on the letter]", "release: opening"),
        ("workflows/depot.yaml", "  - ask: [$code]\n", ""),
        *openings("code"),
    )
    found = certify(pack, the(pack, "depot", "done"))
    assert found.ok, found


# --- replay: the same world comes out ---


def test_replay_fails_for_another_digest(desk: Pack) -> None:
    task = the(desk, "window", "denied")
    only(desk, replace(task, digest="0" * 64), "replay", task.digest[:12], "the task says 000000000000")


def test_replay_fails_for_worlds_that_differ(desk: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    task = the(desk, "depot", "done")
    digests = (f"{i:064d}" for i in count())
    monkeypatch.setattr(World, "digest", lambda self: next(digests))
    only(desk, task, "replay", "two runs of the oracle end in worlds")
