"""What a proof is made of: played scripts, and the steps of a workflow's tree."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agentgym.certify.mutants import altered, dropped, reordered
from agentgym.certify.play import Trunk, play, play_policy
from agentgym.episode import Episode
from agentgym.episode.parts import automaton_of
from agentgym.pack import Pack, load
from agentgym.policies import BLIND, BRANCH_BLIND, POLICIES, QUIET, steps_of
from agentgym.types import Called, Heard, Reply, Said
from agentgym.workflow import Decide, TreeError, turns


@pytest.mark.parametrize("name", ["oracle", *BLIND, *BRANCH_BLIND])
def test_success_is_what_the_episode_says_at_its_end(clinic: Pack, name: str) -> None:
    for seed in range(6):
        task = clinic.task(seed)
        found = play_policy(clinic, task, POLICIES[name])
        with Episode(clinic, task) as episode:
            for action in POLICIES[name](episode):
                if episode.ending:
                    break
                episode.apply(action)
            while not episode.ending:
                episode.apply("Is there anything else I can help you with?")
            assert (found.success, found.valid) == (episode.success, episode.valid)
            assert episode.success == (episode.valid and episode.reading.reached)


def test_an_episode_that_is_cut_counts_as_it_stands(clinic: Pack) -> None:
    """Else a policy would pass for failed because the customer stayed on the line."""
    task = clinic.task(0)

    class Clinging:
        def __init__(self) -> None:
            self.user = automaton_of(clinic, task, clinic.lexicon(clinic.image(task.split, task.world_seed)))
            self.user.opening()

        def reply(self, heard: Heard) -> Reply:
            reply = self.user.reply(heard)
            return Reply("Hm.") if reply.leaves else reply

    found = play(clinic, task, task.oracle, user=Clinging())
    assert (found.ending, found.success, found.score) == ("", True, pytest.approx(1.0))
    found = play(clinic, task, [], user=Clinging())
    assert (found.ending, found.success, found.score) == ("", False, 0.0)


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment", "numbers", "archive"])
def test_what_parts_from_the_oracle_late_goes_as_from_the_start(name: str) -> None:
    """World, user, faults and rubric are forked together, whatever was played from the trunk before."""
    pack, seen = load(name), set[bool]()
    for seed in range(16):
        task = pack.task(seed)
        steps, trunk = steps_of(pack, task), Trunk(pack, task, task.oracle)
        variants = [*dropped(pack, task, steps), *altered(pack, task, steps), *reordered(pack, task, steps)]
        scripts = [*(actions for _, actions in variants), task.oracle, task.oracle[:2], [*task.oracle, "Bye."], []]
        for actions in reversed(scripts):
            found = trunk.play(actions, digest=True)
            assert found == play(pack, task, actions, digest=True)
            seen.add(found.success)
        trunk.close()
    assert seen == {True, False}


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment", "numbers", "archive"])
def test_quiet_policies_write_nothing(name: str) -> None:
    """So they need not be played where rows have to change (gate `twins`)."""
    pack, wins = load(name), 0
    for seed in range(20):
        task = pack.task(seed)
        for policy in sorted(QUIET):
            with Episode(pack, task) as episode:
                for action in POLICIES[policy](episode):
                    if episode.ending:
                        break
                    episode.apply(action)
                assert not any(event.changes for event in episode.events if isinstance(event, Called))
                success = episode.valid and episode.reading.reached
            wins += success
            assert not (success and all(outcome.changes for outcome in task.outcomes))
    assert wins or name in ("bank", "numbers", "archive"), "else this says nothing"


def test_the_steps_of_the_tree_are_those_of_the_oracle(clinic: Pack) -> None:
    for seed in range(12):
        task = clinic.task(seed)
        steps = steps_of(clinic, task)
        assert len(list(turns(steps, task.ledger))) == len(task.oracle)
        assert [s.tool for s in steps if s.kind == "call"] == [c.name for a in task.oracle for c in a.calls]


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_the_oracle_has_heard_what_it_asked_for(name: str) -> None:
    """A terse user tells two things at a time: it is asked again."""
    pack, terse = load(name), 0
    for seed in range(60):
        task = pack.task(seed)
        with Episode(pack, task) as episode:
            for action in task.oracle:
                episode.apply(action)
            said = {name for event in episode.events if isinstance(event, Said) for name in event.facts}
        asked = {fact for step in steps_of(pack, task) if step.kind == "ask" for fact in step.facts}
        assert asked <= said, task.id
        terse += task.ledger.persona == "terse" and any(len(s.facts) > 2 for s in steps_of(pack, task))
    assert terse or name == "bank", "bank never asks for three things"


def test_without_its_workflow_a_task_has_no_steps(clinic: Pack) -> None:
    assert steps_of(clinic, replace(clinic.task(0), workflow="gone")) == []


def test_a_tree_that_does_not_fit_is_an_error_unless_it_was_overruled(clinic: Pack) -> None:
    """Facts of another task: the tree looks for what this world has not."""

    def overrule(node: Decide, label: str) -> str:
        return label

    failed = 0
    for seed in range(12):
        task, other = clinic.task(seed), clinic.task(seed + 64 * 5, workflow=clinic.task(seed).workflow)
        wrong = replace(task, world_seed=(task.world_seed + 1) % 64, situation=(), ledger=other.ledger)
        try:
            steps_of(clinic, wrong)
        except TreeError:
            failed += 1
            whole = steps_of(clinic, task)
            assert len(steps_of(clinic, wrong, overrule)) <= len(whole)
    assert failed
