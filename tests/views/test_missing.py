"""A tool that is needed and not there: what is right then, that nothing else is, and how the certificate proves it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from msgspec import UNSET, structs

from agentgym import places
from agentgym.certify import certify
from agentgym.episode import Episode, system_text
from agentgym.errors import NotFoundError, PackError, TaskError, UsageError
from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.pack import Pack, load, removable_tools, task_id
from agentgym.policies import BRANCH_BLIND, POLICIES
from agentgym.types import Action, Call, Task
from agentgym.views import with_all_tools, with_view
from tests.views.looking import called, names_of, view_of

VIEW = "missing_function"
Changed = Callable[..., Pack]
SUBJECT = {"clinic": ("cancel", "allowed"), "bank": ("refund_fee", "allowed"), "fulfilment": ("stop", "allowed")}
"""Of each pack a task that is done with one write."""


def lacking(pack: Pack, seed: int = 3, branch: str = "", view: str = VIEW) -> Task:
    workflow, allowed = SUBJECT[pack.name]
    return with_view(pack, pack.task(seed, "train", workflow, branch or allowed), view)


def scored(pack: Pack, task: Task, actions: Sequence[object]) -> float:
    """The score of some actions, less whatever comes after the end."""
    with Episode(pack, task) as episode:
        for action in actions:
            if not episode.ending:
                episode.apply(action)
        return episode.reading.value


# --- what is taken away ---


def test_the_tool_is_one_with_which_the_workflow_writes(pack: Pack) -> None:
    needed = 0
    for seed in range(30):
        plain = pack.task(seed)
        task = with_view(pack, plain, VIEW)
        missing, removable = view_of(task).missing, removable_tools(pack, plain.workflow)
        assert (missing in removable) if removable else (missing == "")
        assert names_of(pack, task) == [name for name in pack.tools if name != missing]
        needed += task.outcomes != plain.outcomes
        if task.outcomes == plain.outcomes:
            assert (task.oracle, task.digest) == (plain.oracle, plain.digest)
            assert missing not in {call.name for action in task.oracle for call in action.calls}
    assert 5 < needed < 25, "some tasks need it and some do not"


def test_all_branches_of_a_workflow_lack_the_same_tool(pack: Pack) -> None:
    """Else a policy could tell by the tools alone what is right."""
    for name in pack.workflows:
        branches = [branch for workflow, branch in pack.branches("train") if workflow == name]
        tasks = [pack.task(5, "train", name, branch) for branch in branches]
        assert len({view_of(with_view(pack, task, VIEW)).missing for task in tasks}) == 1


def test_view_seeds_take_different_tools() -> None:
    bank = load("bank")
    task = bank.task(1, "train", "transfer")
    assert {view_of(with_view(bank, task, f"{VIEW}@{n}")).missing for n in range(12)} == {
        "send_transfer",
        "schedule_transfer",
    }


@pytest.mark.parametrize(
    ("name", "workflow", "expected"),
    [
        ("bank", "lost_card", ("block_card",)),  # order_replacement comes after it
        ("bank", "close_savings", ("move_money",)),  # close_account comes after it on one path, alone on another
        ("bank", "raise_more", ()),  # the user changes its mind at the read-back
        ("clinic", "next_visit", ()),  # nothing is written
        ("clinic", "cancel_and_refill", ("cancel_appointment",)),
        ("fulfilment", "missing", ("resend_parcel", "credit_order", "open_trace")),
        ("fulfilment", "gone", ()),
    ],
)
def test_only_first_writes_can_be_taken_away(name: str, workflow: str, expected: tuple[str, ...]) -> None:
    assert removable_tools(load(name), workflow) == expected


def test_most_workflows_have_a_tool_that_can_be_taken_away(pack: Pack) -> None:
    without = [name for name in pack.workflows if not removable_tools(pack, name)]
    assert len(without) <= len(pack.workflows) / 5


# --- what is right then ---


def test_what_is_right_is_said_and_done(pack: Pack) -> None:
    plain = pack.task(3, "train", *SUBJECT[pack.name])
    task = lacking(pack)
    assert task.id == task_id(task) != plain.id
    (call,) = task.oracle[-1].calls
    assert isinstance(call, Call)
    assert (call.name, call.arguments["topic"]) == ("hand_over", "outage")
    with Episode(pack, task) as episode, Episode(pack, plain) as other:
        assert system_text(episode) == system_text(other), "the policy is the same, only the tools differ"
        assert "out of order" in system_text(episode)
        for action in task.oracle:
            episode.apply(action)
        assert (episode.score, episode.ending) == (1.0, "transferred")
        assert [change.table for change in episode.world.changes()] == ["handovers"]
    kinds = {criterion.kind for outcome in task.outcomes for criterion in outcome.criteria}
    assert {"changed", "looked"} <= kinds, "it is looked at whether it would be allowed"
    for name in ("ledger", "situation", "world_seed", "faults", "twin", "trap", "limits"):
        assert getattr(task, name) == getattr(plain, name), name


def test_the_oracle_does_nothing_that_only_the_tool_needs() -> None:
    clinic = load("clinic")
    task = with_view(clinic, clinic.task(3, "train", "first_come"), VIEW)
    names = [call.name for action in task.oracle for call in action.calls if isinstance(call, Call)]
    assert names == ["find_patients", "hand_over"]
    asked = with_view(clinic, clinic.task(3, "train", "cancel", "allowed"), VIEW)
    assert not any("?" in action.words and "confirm" in action.words.lower() for action in asked.oracle)


def test_what_a_rule_forbids_is_declined_all_the_same(pack: Pack) -> None:
    plain = pack.task(3, "train", SUBJECT[pack.name][0], "denied")
    task = lacking(pack, branch="denied")
    assert view_of(task).missing
    assert (task.outcomes, task.oracle) == (plain.outcomes, plain.oracle)
    handed = lacking(pack).oracle[-1]
    assert scored(pack, task, [*task.oracle[:-1], handed]) == 0.0


def test_the_task_with_all_its_tools_is_the_one_that_was_made(pack: Pack) -> None:
    for seed in range(8):
        plain = pack.task(seed)
        task = with_view(pack, plain, VIEW)
        whole = with_all_tools(pack, task)
        assert (whole.outcomes, whole.oracle, whole.digest, whole.milestones) == (
            plain.outcomes,
            plain.oracle,
            plain.digest,
            plain.milestones,
        )
        assert set(names_of(pack, whole)) == set(pack.tools)
    assert with_all_tools(pack, plain) is plain


# --- what is not right ---


def test_nothing_else_scores(pack: Pack) -> None:
    """The other topics, another write before, the tool itself, a claim, a refusal, going away."""
    plain, task = pack.task(3, "train", *SUBJECT[pack.name]), lacking(pack)
    worked, handed = list(task.oracle[:-1]), task.oracle[-1]
    (call,) = handed.calls
    assert isinstance(call, Call)
    topics = pack.tools["hand_over"].spec.parameters["topic"].enum or []
    wrong: dict[str, Sequence[object]] = {
        f"topic {topic}": [*worked, Action(calls=(Call("hand_over", {**call.arguments, "topic": topic}),))]
        for topic in topics
        if topic != "outage"
    }
    wrong["the tool all the same"] = plain.oracle
    wrong["a claim"] = [*worked, "Done! It has been taken care of. Is there anything else?"]
    wrong["a refusal"] = [*worked, "I'm sorry, I can't do that: rule R1 applies. Is there anything else?"] * 2
    wrong["words alone"] = [*worked, "The tool is out of order. I will hand you over. Goodbye."] * 2
    wrong["no look"] = [handed]
    assert scored(pack, task, task.oracle) == 1.0
    for what, actions in wrong.items():
        assert scored(pack, task, actions) == 0.0, what


def test_no_other_write_may_come_first(clinic: Pack) -> None:
    """Of two things that a caller wants, the second is not done either: colleagues see to all of it."""
    plain = clinic.task(3, "train", "cancel_and_refill", "visit_allowed.refill_allowed")
    task = with_view(clinic, plain, VIEW)
    assert view_of(task).missing == "cancel_appointment"
    before = [action for action in plain.oracle if not any(c.name == "cancel_appointment" for c in calls_of(action))]
    with Episode(clinic, task) as episode:
        for action in [*before[:-1], task.oracle[-1]]:
            episode.apply(action)
        assert {change.table for change in episode.world.changes()} == {"prescriptions", "handovers"}
        assert (episode.ending, episode.score, episode.reading.closed) == ("transferred", 0.0, "collateral")


def calls_of(action: Action) -> list[Call]:
    return [call for call in action.calls if isinstance(call, Call)]


def test_handing_over_unseen_earns_less(pack: Pack) -> None:
    """Who hands over without a look at what the rules rest on has not kept the process."""
    task = lacking(pack)
    reads = [i for i, action in enumerate(task.oracle[:-1]) if action.calls]
    without = [action for i, action in enumerate(task.oracle) if i != reads[-1]]
    assert 0.0 < scored(pack, task, without) < 1.0


def test_where_nothing_is_missing_handing_over_gains_nothing(pack: Pack) -> None:
    for seed in range(6):
        task = with_view(pack, pack.task(seed), VIEW)
        whole = with_all_tools(pack, task)
        assert whole.outcomes == task.outcomes or scored(pack, whole, task.oracle) == 0.0
        with Episode(pack, pack.task(seed)) as episode:
            for action in POLICIES["read_then_hand_over"](episode):
                if not episode.ending:
                    episode.apply(action)
            assert episode.reading.value == 0.0


def test_the_user_hears_out_who_explains_before_handing_over(clinic: Pack) -> None:
    task = lacking(clinic)
    for words in (
        "I'm afraid the tool for that is out of order at the moment. I will hand you over to a colleague.",
        "I can't cancel this here because the system for it isn't available; I'll transfer you to my colleagues.",
        "Our cancellation system is down. I'm handing you over; they will take on your request.",
    ):
        assert scored(clinic, task, [*task.oracle[:-1], words, task.oracle[-1]]) == 1.0, words


def test_the_numeric_view_cannot_choose_it(clinic: Pack) -> None:
    del clinic
    env = AgentToolDiscreteEnv("clinic", tasks=lambda seed: lacking(load("clinic"), seed))
    for seed in range(3):
        observation, _ = env.reset(seed=seed)
        for _ in range(6):
            numbers = np.flatnonzero(observation["action_mask"])
            assert not [n for n in numbers if "cancel_appointment" in env.choices[int(n)]]
            observation, *_ = env.step(int(numbers[-1]))
    env.close()


# --- who cannot have it ---


def test_a_pack_that_does_not_say_what_is_right_is_refused(mini: Pack) -> None:
    with pytest.raises(UsageError, match="pack mini does not say what is right when a tool is missing") as caught:
        with_view(mini, mini.task(0), f"shuffled,{VIEW}")
    assert "\n" not in str(caught.value)


def test_a_task_whose_workflow_is_gone_keeps_its_tools(clinic: Pack) -> None:
    gone = structs.replace(clinic.task(3, "train", "cancel", "allowed"), workflow="gone")
    task = with_view(clinic, gone, VIEW)
    assert (view_of(task).missing, task.oracle) == ("", gone.oracle)


def test_where_nobody_can_be_handed_over_nothing_is_missing(clinic: Pack) -> None:
    plain = clinic.task(3, "train", "cancel", "allowed")
    few = structs.replace(plain, tools=tuple(name for name in clinic.tools if name != "hand_over"))
    assert view_of(with_view(clinic, few, VIEW)).missing == ""
    kept = structs.replace(
        plain, tools=("hand_over", "wait", "find_patients", "list_appointments", "cancel_appointment")
    )
    assert with_view(clinic, kept, VIEW).tools == kept.tools[:4]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("call: hand_over", "call: hand_ovr", "which does not end an episode. Did you mean `hand_over`"),
        ("call: hand_over", "call: find_patients", "find_patients, which does not end an episode"),
        ("topic: outage}", "topic: outrage}", "found 'outrage'. Did you mean `outage`"),
        ("{patient_id: $patient.patient_id, topic", "{topic", "missing `patient_id`"),
        ("{patient_id: $patient.", "{patient: $patient.", "has no parameter"),
        ("$patient.patient_id,", "$caller.patient_id,", "no workflow knows $caller.patient_id before its first write"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_line(changed_clinic: Changed, old: str, new: str, words: str) -> None:
    with pytest.raises(PackError) as caught:
        changed_clinic(("pack.yaml", old, new))
    assert words in str(caught.value)
    assert "clinic/pack.yaml:" in str(caught.value)


def test_a_task_that_shows_the_missing_tool_is_refused(clinic: Pack) -> None:
    task = lacking(clinic)
    for bad in (
        structs.replace(task, tools=()),
        structs.replace(task, tools=(*task.tools, "cancel_appointment")),
        structs.replace(task, tool_view=structs.replace(view_of(task), missing="fly")),
    ):
        bad = structs.replace(bad, id=task_id(bad))
        with pytest.raises((TaskError, NotFoundError)):
            clinic.check(bad)
        assert certify(clinic, bad).gate == "references"


# --- the certificate ---


def test_twins_that_come_to_the_same_without_the_tool_are_none() -> None:
    """A mailed card or one to be picked up: without the tool that blocks the old one it is handed over either way."""
    bank = load("bank")
    task = next(t for t in (bank.task(seed, "train", "lost_card") for seed in range(9)) if t.twin)
    found = certify(bank, with_view(bank, task, VIEW))
    assert found.ok, found.witness


def test_the_gates_see_a_policy_that_does_not_say_it(clinic: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinic, "policy", "Be kind.")
    found = certify(clinic, lacking(clinic))
    assert (found.gate, "does not say what is right" in found.witness) == ("view", True), found


def test_the_gates_see_a_tool_that_can_still_be_called(clinic: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    task = lacking(clinic)
    shown = clinic.shown(task)
    named = {**shown.named, "cancel_appointment": clinic.tools["cancel_appointment"]}
    monkeypatch.setattr(shown, "named", named)
    monkeypatch.setattr(clinic, "shown", lambda one: shown if one is task else Pack.shown(clinic, one))
    found = certify(clinic, task)
    assert (found.gate, "cancel_appointment" in found.witness) == ("view", True), found


def test_the_gates_see_another_tool_that_does_the_same(changed_clinic: Changed) -> None:
    again = (
        "  - name: annul_appointment\n    description: Annul an appointment.\n    effect: write\n    parameters:\n"
        "      appointment_id: {type: string, refers_to: appointments.appointment_id, description: The appointment.}\n"
        "    sql:\n      - UPDATE appointments SET status = 'cancelled' WHERE appointment_id = :appointment_id\n"
    )
    pack = changed_clinic(
        ("tools.yaml", "\ntools:\n", f"\ntools:\n{again}"),
        ("pack.yaml", "  - cancel_appointment\n", "  - cancel_appointment\n  - annul_appointment\n"),
    )
    found = certify(pack, lacking(pack))
    assert (found.gate, "annul_appointment does what the missing" in found.witness) == ("view", True), found


def test_the_gates_see_what_can_be_won_without_deciding(changed_clinic: Changed) -> None:
    """Where the outage has the topic that is right for the twin, handing over wins both."""
    pack = changed_clinic(("pack.yaml", "topic: outage}", "topic: renewal}"))
    task = with_view(pack, pack.task(3, "train", "refill", "class_allowed.left_denied"), VIEW)
    twin = pack.twin(pack.task(3, "train", "refill", "class_allowed.left_denied"))
    assert twin is not None
    found = certify(pack, task)
    assert (found.gate, "read_then_hand_over succeeds" in found.witness) == ("twins", True), found


def test_the_gates_see_what_is_right_with_the_tool_too(clinic: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is said to need its tool and can be handed over all the same."""
    task = lacking(clinic)
    easy = structs.replace(with_all_tools(clinic, task), outcomes=task.outcomes[:1], oracle=task.oracle)
    harder = structs.replace(
        task, outcomes=(structs.replace(task.outcomes[0], criteria=task.outcomes[0].criteria[:2]),)
    )
    monkeypatch.setattr("agentgym.certify.certificate.with_all_tools", lambda *_: easy)
    found = certify(clinic, harder)
    assert found.gate == "twins", found
    assert "with it" in found.witness or "otherwise" in found.witness


def test_a_trap_is_not_believed_by_handing_over(clinic: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule forbids it, whatever the user claims: nobody is handed over for a tool that would not be used."""
    trap = next(branch for name, branch in clinic.branches("train") if name == "cancel" and "claim" in branch)
    task = lacking(clinic, branch=trap)
    assert task.trap
    assert certify(clinic, task).ok
    monkeypatch.setitem(POLICIES, "read_then_hand_over", lambda e: iter(e.task.oracle if e.task.trap else ()))
    found = certify(clinic, task)
    assert (found.gate, "believing the claim scores 1.000 (read_then_hand_over)" in found.witness) == ("traps", True)


def test_the_panel_does_not_look_at_the_tools(clinic: Pack) -> None:
    """Bad policies do the same with the tool and without it, so that none wins by the list of tools alone."""
    task = lacking(clinic)
    whole = with_all_tools(clinic, task)
    for name in BRANCH_BLIND:
        made: list[list[Any]] = []
        for one in (task, whole):
            with Episode(clinic, one) as episode:
                for action in POLICIES[name](episode):
                    if not episode.ending:
                        episode.apply(action)
                made.append([event.name for event in called(episode)])
        if name not in ("write_everything", "dump", "enumerate"):  # those read off what answers them
            shorter = min(map(len, made))
            assert made[0][:shorter] == made[1][:shorter], name
    assert task.tool_view is not UNSET
    assert all(one <= two for one, two in pairwise(sorted(task.tools)))


def test_the_page_names_the_workflows_that_are_shown_whole(pack: Pack) -> None:
    page = (places.root() / "docs" / "tool-views.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page.partition("are shown whole:")[2].partition("A pack says")[0]))
    assert {name for name in pack.workflows if not removable_tools(pack, name)} == named & set(pack.workflows)
