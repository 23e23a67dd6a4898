"""Tool views: what is shown changes, what is right does not; the same view gives the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from msgspec import structs

from agentgym.certify import certify_pack, certify_tasks
from agentgym.episode import Episode, View, system_text
from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack, load, task_id
from agentgym.renaming import Scheme
from agentgym.types import Action, Call, Fault, Task
from agentgym.views import VIEWS, checked_view, same_view, with_view
from tests.views.looking import called, names_of, view_of

ALL = ",".join(VIEWS)
SHOWN = ",".join(name for name in VIEWS if name != "missing_function")
"""The views that leave what is right as it is."""


# --- names of views ---


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("", ""),
        ("renamed", "renamed"),
        ("shuffled, renamed", "renamed,shuffled"),
        ("distractors:7,shuffled@0", "shuffled,distractors:7"),
        ("missing_parameter@12", "missing_parameter@12"),
    ],
)
def test_a_view_has_one_form(given: str, found: str) -> None:
    assert checked_view(given) == found
    assert checked_view(found) == found


@pytest.mark.parametrize(
    "bad", ["renaming", "renamed:3", "distractors:0", "distractors:x", "renamed@", "renamed@-1", ",", "@1"]
)
def test_what_is_no_view_is_refused_in_one_line(bad: str, clinic: Pack) -> None:
    with pytest.raises((NotFoundError, UsageError)) as caught:
        checked_view(bad)
    assert "\n" not in str(caught.value)
    with pytest.raises((NotFoundError, UsageError)):
        with_view(clinic, clinic.task(0), bad)


def test_a_task_has_one_view(clinic: Pack) -> None:
    with pytest.raises(UsageError, match="has the view renamed already"):
        with_view(clinic, with_view(clinic, clinic.task(0), "renamed"), "shuffled")


# --- no view, no change ---


def test_without_a_view_nothing_is_there(pack: Pack) -> None:
    task = pack.task(3)
    assert with_view(pack, task, "") is task
    assert b"tool_view" not in msgspec.json.encode(task)
    with Episode(pack, task) as episode:
        for action in task.oracle:
            episode.apply(action)
        assert b"written" not in msgspec.json.encode(episode.events)
        assert list(episode.tools) == names_of(pack, task) == list(pack.tools)


# --- what every view keeps ---


@pytest.mark.parametrize("view", [*VIEWS, ALL, f"{ALL}@9"])
def test_tasks_are_certified_through_a_view(pack: Pack, view: str) -> None:
    for split in ("train", "test"):
        report = certify_pack(pack, range(3), split, view=view)
        assert report.ok, report.failures
        assert report.view == view
        assert report.digest != certify_pack(pack, range(1), split).digest


@pytest.mark.slow
@pytest.mark.parametrize("view", [*VIEWS, ALL])
def test_many_tasks_are_certified_through_a_view(pack: Pack, view: str) -> None:
    for split in ("train", "test"):
        report = certify_pack(pack, range(100), split, view=view)
        assert report.ok, report.failures


def test_the_same_view_gives_the_same_bytes_in_any_process(pack: Pack) -> None:
    program = (
        "import sys, msgspec, hashlib; from agentgym.pack import load; from agentgym.views import with_view\n"
        "pack = load(sys.argv[1])\n"
        "tasks = [with_view(pack, pack.task(seed, 'test'), sys.argv[2]) for seed in range(3)]\n"
        "print(*[f'{t.id} {hashlib.sha256(msgspec.json.encode(t)).hexdigest()}' for t in tasks], sep='\\n')"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program, pack.name, f"{ALL}@3"], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    here = [with_view(pack, pack.task(seed, "test"), f"{ALL}@3") for seed in range(3)]
    assert len(seen) == 1
    assert [line.split()[0] for line in seen.pop().splitlines()] == [task.id for task in here]


def test_only_what_is_shown_changes(pack: Pack) -> None:
    for seed in range(5):
        task = pack.task(seed)
        seen = with_view(pack, task, SHOWN)
        assert seen.id == task_id(seen) != task.id
        for name in set(Task.__struct_fields__) - {"id", "tools", "tool_view", "oracle"}:
            assert getattr(seen, name) == getattr(task, name), name
        own = pack.shown(seen)
        assert [tuple(map(own.own, calls_of(action))) for action in seen.oracle] == list(map(calls_of, task.oracle))


def calls_of(action: Action) -> tuple[Call, ...]:
    return tuple(call for call in action.calls if isinstance(call, Call))


def test_twins_are_shown_the_same(pack: Pack) -> None:
    found = 0
    for seed in range(20):
        task = pack.task(seed)
        twin = pack.twin(task)
        if twin is not None:
            found += 1
            seen = with_view(pack, task, ALL)
            assert same_view(pack, twin, seen) == with_view(pack, twin, ALL)
            assert view_of(with_view(pack, twin, ALL)) == view_of(seen)
    assert found > 3


# --- shuffled ---


def test_shuffled_is_another_order_of_the_same_tools(pack: Pack) -> None:
    orders = {tuple(names_of(pack, with_view(pack, pack.task(seed), "shuffled"))) for seed in range(5)}
    assert len(orders) == 5
    assert {frozenset(order) for order in orders} == {frozenset(pack.tools)}
    task = pack.task(0)
    assert names_of(pack, with_view(pack, task, "shuffled@1")) != names_of(pack, with_view(pack, task, "shuffled@2"))


def test_a_subset_of_the_tools_stays_a_subset(clinic: Pack) -> None:
    few = structs.replace(clinic.task(0), tools=("find_patients", "wait", "get_patient", "hand_over"))
    shown = names_of(clinic, with_view(clinic, few, "shuffled@1"))
    assert sorted(shown) == sorted(few.tools)
    beside = names_of(clinic, with_view(clinic, few, "distractors:5"))
    assert [name for name in beside if name in few.tools] == list(few.tools)
    assert len(beside) == 9
    assert not set(beside) - set(few.tools) & set(clinic.tools)


# --- renamed ---


def test_renamed_is_the_same_for_all_episodes_of_a_seed(pack: Pack) -> None:
    views = [
        view_of(with_view(pack, pack.task(seed, split), "renamed@4"))
        for seed in range(4)
        for split in ("train", "test")
    ]
    assert len({msgspec.json.encode((view.tools, view.words)) for view in views}) == 1
    schemes = [Scheme(seed).naming(pack.tools.values()) for seed in range(12)]
    assert len({tuple(naming.tools.values()) for naming in schemes}) > 8


def test_every_name_is_another_one(pack: Pack) -> None:
    parameters = {name for tool in pack.tools.values() for name in tool.spec.parameters}
    for seed in range(30):
        naming = Scheme(seed).naming(pack.tools.values(), frozenset(pack.user_tools))
        assert naming.tools.keys() == pack.tools.keys()
        assert naming.words.keys() == parameters
        assert not set(naming.tools.values()) & set(pack.domain.tools)
        assert not set(naming.words.values()) & parameters
        assert len(set(naming.tools.values())) == len(naming.tools)
        assert len(set(naming.words.values())) == len(naming.words)


def test_a_scheme_never_gives_a_name_twice() -> None:
    """Two verbs may have one synonym, and a tool may be called like another's new name."""
    clinic = load("clinic")
    spec = clinic.tools["wait"].spec

    class Named:
        names = ()

        def __init__(self, name: str) -> None:
            self.name, self.spec = name, structs.replace(spec, name=name)

    names = [f"{verb}_{thing}" for verb in ("open", "start", "update", "change", "file") for thing in ("case", "x")]
    names += ["case_open", "case_start", "openCase", "caseOpen", "start", "run_start", "start_run"]
    tools: Any = [Named(name) for name in names]
    for seed in range(60):
        shown = list(Scheme(seed).naming(tools).tools.values())
        assert len(set(shown)) == len(names)
        assert not set(shown) & set(names)


def test_old_names_do_not_work_and_are_not_spoken_of(clinic: Pack) -> None:
    task = with_view(clinic, clinic.task(0, workflow="cancel", branch="allowed"), "renamed")
    view = view_of(task)
    with Episode(clinic, task) as episode:
        text = system_text(episode)
        assert "guardian_id" in clinic.policy
        assert "guardian_id" not in text
        assert f"as {view.words['guardian_id']}." in text
        episode.apply(Action(calls=(Call("find_patients", {"phone": "555-010-0199"}),)))
        assert called(episode)[-1].error == "unknown_tool"
        find, get = view.tools["find_patients"], view.tools["get_patient"]
        episode.apply(Action(calls=(Call(find, {"phone": "555-010-0199"}),)))
        assert called(episode)[-1].error == "invalid_arguments"
        assert f"missing `{view.words['phone']}`" in str(called(episode)[-1].result) or "has no parameter" in str(
            called(episode)[-1].result
        )
        episode.apply(Action(calls=(Call(get, {view.words["patient_id"]: "P1"}),)))
        assert find in called(episode)[-1].result["error"]["message"], "a sentence names the tool as it is shown"
        assert episode.errors == 3


def test_events_keep_own_names_and_the_transcript_what_was_written(clinic: Pack) -> None:
    plain = clinic.task(0, workflow="cancel", branch="allowed")
    task = with_view(clinic, plain, "renamed")
    with Episode(clinic, task) as episode, Episode(clinic, plain) as other:
        view = View(episode)
        for action, same in zip(task.oracle, plain.oracle, strict=True):
            episode.apply(action)
            other.apply(same)
            assert episode.terms == other.terms
        view.catch_up()
        assert (episode.score, episode.world.digest()) == (1.0, other.world.digest())
        assert [(e.name, e.arguments) for e in called(episode)] == [(e.name, e.arguments) for e in called(other)]
        wrote = [call["function"] for m in view.messages for call in m.get("tool_calls", ())]
        assert [call["name"] for call in wrote] == [view_of(task).tools[event.name] for event in called(other)]
        assert "find_patients" not in view.transcript
        assert "patient_id" not in view.transcript
        assert episode.fork().score == 1.0


def test_a_fault_speaks_of_the_tool_as_it_is_shown(clinic: Pack) -> None:
    plain = clinic.task(0, workflow="cancel", branch="allowed")
    struck = structs.replace(plain, faults=(Fault("find_patients", "transient"),), id="")
    task = with_view(clinic, struck, "renamed")
    with Episode(clinic, task) as episode:
        first = next(action for action in task.oracle if action.calls)
        episode.apply(first)
        assert called(episode)[0].fault == "transient"
        assert f"`{view_of(task).tools['find_patients']}`" in called(episode)[0].result["error"]["message"]


def test_files_of_tasks_are_certified_under_a_view(clinic: Pack) -> None:
    report = certify_tasks(clinic, [clinic.task(seed) for seed in range(3)], view="shuffled,renamed")
    assert report.ok
    assert report.view == "renamed,shuffled"
