"""Tasks with a further request: they are proved like all others, forked, replayed, searched and refused."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from agentgym.certify import certify
from agentgym.episode import Episode
from agentgym.errors import PackError, TaskError
from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.pack import Pack, load, removable_tools
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.synthesis import tool_graph
from agentgym.synthesis.admit import Synthesis, Trial, synthesize
from agentgym.synthesis.audit import audit
from agentgym.synthesis.domain import domain
from agentgym.synthesis.draft import Draft
from agentgym.synthesis.policy import Policy
from agentgym.synthesis.resolve import Unsatisfiable
from agentgym.synthesis.sample import sample
from agentgym.synthesis.search import found_by_search
from agentgym.trace import replay
from agentgym.types import Fact, Said, Situation, Task
from agentgym.workflow.node import Next, walk
from agentgym.world import Pool
from tests.conftest import Edit, spoil
from tests.further.conftest import further_copy
from tests.further.test_user import parted, task_of

BRANCHES = (
    "due_allowed.level_allowed",
    "due_allowed.level_denied",
    "due_denied.level_allowed",
    "due_denied.level_denied",
    "level_claim",
)


@pytest.mark.parametrize("branch", BRANCHES)
def test_the_oracle_wins_every_branch_and_the_certificate_holds(further: Pack, pool: Pool, branch: str) -> None:
    assert further.workflows["back_and_on"].branches == BRANCHES
    for split in ("train", "test"):
        for seed in range(3):
            task = further.task(seed, split, workflow="back_and_on", branch=branch)
            found = certify(further, task, pool=pool)
            assert found.ok, (found.gate, found.witness)


@pytest.mark.parametrize("branch", BRANCHES)
def test_who_stops_after_the_first_does_not_succeed(further: Pack, branch: str) -> None:
    task = further.task(1, workflow="back_and_on", branch=branch)
    before, after = parted(task)
    with Episode(further, task) as episode:
        for action in before:
            episode.apply(action)
        assert 0.0 < episode.reading.value < 1.0
        while not episode.ending:
            episode.apply("Goodbye.")
        assert not episode.success
        assert episode.score is not None
        assert episode.score < 0.8
    with Episode(further, task) as episode:
        for action in (*before[:1], *after):
            if not episode.ending:
                episode.apply(action)
        assert not episode.reading.reached


@pytest.mark.parametrize(
    "lie",
    [
        "Done! It has all been taken care of. Is there anything else?",
        "I'm sorry, I can't do that: rule R1 forbids it. Is there anything else?",
    ],
)
def test_what_was_not_done_when_the_next_request_came_never_counts(further: Pack, lie: str) -> None:
    """Else a lie would bring the next request, with all that belongs to it, for nothing."""
    task = further.task(1, workflow="back_and_on", branch="due_allowed.level_allowed")
    with Episode(further, task) as episode:
        for _ in range(3):
            if task.ledger.further[0].opening not in " ".join(e.text for e in episode.events if isinstance(e, Said)):
                episode.apply(lie)
        assert episode.tracker.request == 1
        for action in task.oracle:
            if not episode.ending:
                episode.apply(action)
        held = [c.request for c, holds in episode.tracker.criteria() if c.kind == "changed" and holds]
        assert 0 not in held
        assert not episode.success
        assert not episode.reading.reached


def test_one_refusal_settles_one_request(tmp_path: Path) -> None:
    """Both are declined by the same rule, for the same reason; the second was not even made when the first was."""
    folder = further_copy(tmp_path)
    path = folder / "workflows" / "back_and_on.yaml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("arrange:"), text.index("strategies:")
    level = "[\"UPDATE members SET level = '{}' WHERE member_id = $member_id\"]"
    text = (
        f"{text[:start]}arrange:\n  due_allowed.level_allowed: {level.format('regular')}\n"
        f"  due_denied.level_denied: {level.format('blocked')}\n"
        f"never: [due_allowed.level_denied, due_denied.level_allowed]\n"
        f"twins: [[due_allowed.level_allowed, due_denied.level_denied]]\n{text[text.index('do:', end) :]}"
    )
    text = text.replace("decide: overdue\n", "decide: blocked\n").replace("refuse: overdue", "refuse: blocked")
    path.write_text(
        text.replace("with: {loan_id: $loan.loan_id}\n    allowed", "with: {member_id: $member.member_id}\n    allowed")
    )
    pack = load(folder)
    task = pack.task(1, workflow="back_and_on", branch="due_denied.level_denied")
    refusal = next(at for at, action in enumerate(task.oracle) if re.search(r"\bR\d", action.words))
    with Episode(pack, task) as episode:
        for action in task.oracle[: refusal + 1]:
            episode.apply(action)
        assert [holds for c, holds in episode.tracker.criteria() if c.kind == "refused"] == [True, False]
        while not episode.ending:
            episode.apply("I cannot help with that one. Goodbye.")
        assert not episode.success
    with Episode(pack, task) as episode:
        for action in task.oracle:
            episode.apply(action)
        assert episode.success


def test_a_user_that_does_not_tell_when_it_asks_is_believed_from_the_start(further: Pack) -> None:
    task = further.task(1, workflow="back_and_on", branch="due_allowed.level_allowed")
    with Episode(further, task, user="seat") as episode:
        assert episode.tracker.request == len(task.ledger.further) == 1


def test_the_steps_sum_to_the_score_and_the_request_itself_pays_nothing(further: Pack) -> None:
    for branch in BRANCHES:
        task = further.task(2, workflow="back_and_on", branch=branch)
        before, after = parted(task)
        with Episode(further, task) as episode:
            rewards, known = list[float](), 0.0
            for action in before:
                known = episode.reading.facts
                episode.apply(action)
                rewards.append(episode.reward)
            assert episode.reading.facts == known  # what the request says was not obtained by asking
            for action in after:
                if not episode.ending:
                    episode.apply(action)
                    rewards.append(episode.reward)
            assert episode.score == pytest.approx(1.0)
            assert sum(rewards) == pytest.approx(1.0)


def test_a_fork_goes_on_as_its_origin_would(further: Pack) -> None:
    task = further.task(0, workflow="back_and_on", branch="due_allowed.level_allowed")
    before, after = parted(task)
    with Episode(further, task) as episode:
        for action in before[:-1]:
            episode.apply(action)
        with episode.fork() as early:
            episode.apply(before[-1])
            early.apply("Is there anything else?")
            assert "wish" not in [fact for event in early.events if isinstance(event, Said) for fact in event.facts]
            with episode.fork() as late:
                for action in after:
                    if not episode.ending:
                        assert episode.apply(action) == late.apply(action)
                assert late.score == episode.score == 1.0
            early.apply(before[-1])
            for action in after:
                if not early.ending:
                    early.apply(action)
            assert early.score == pytest.approx(1.0)


def test_it_replays(further: Pack) -> None:
    for branch in BRANCHES:
        trace = play(further, further.task(4, "test", workflow="back_and_on", branch=branch), policy("oracle"))
        assert trace.score == 1.0
        replay(trace, pack=further)


def test_the_numeric_views_show_it(further: Pack) -> None:
    env = AgentToolDiscreteEnv(str(further.content.folder))
    for seed in range(6):
        env.reset(seed=seed, options={"workflow": "back_and_on"})
        for _ in range(3):
            _, _, terminated, truncated, _ = env.step(int(env.action_masks().argmax()))
            if terminated or truncated:
                break
    env.close()


# --- what can be found without asking ---


_ONE = """UPDATE items SET title = 'No. ' || item_id WHERE title = $wish
AND item_id <> (SELECT min(item_id) FROM items WHERE title = $wish)"""


def of_one_copy(further: Pack) -> Task:
    """A task in which the wish names one copy, so that its place can be looked up once the wish is known."""
    task = task_of(further, "due_allowed.level_allowed")
    task = replace(task, situation=(*task.situation, Situation(_ONE, task.bind)))
    query = "SELECT shelf FROM items WHERE title = :wish ORDER BY item_id"
    shelf = further.image(task.split, task.world_seed).query(query, {"wish": task.bind["wish"]})[0][0]
    place = Fact("kind", shelf, "name", "items.shelf", "next")
    facts = (*(fact for fact in task.ledger.facts if fact.name != "kind"), place)
    return replace(task, ledger=replace(task.ledger, facts=facts))


def test_what_the_words_of_a_request_lead_to_is_found(further: Pack) -> None:
    task = task_of(further, "due_allowed.level_allowed")
    assert found_by_search(further, task) == ()
    task = of_one_copy(further)
    assert found_by_search(further, task) == ("kind",)
    silent = replace(task.ledger.further[0], says=(), asked=("wish", "kind"))
    assert found_by_search(further, replace(task, ledger=replace(task.ledger, requests=(silent,)))) == ()


def test_the_audit_reads_what_is_said_later(further: Pack) -> None:
    task = further.task(0, workflow="back_and_on", branch="due_allowed.level_allowed")
    found = audit([task], {"mini": further}, [task.ledger.further[0].opening])
    failed = [finding.check for finding in found.findings if not finding.ok]
    assert failed == ["found in the list"]


# --- sampled ---


@pytest.fixture(scope="module")
def bank() -> Pack:
    return load("bank")


def proved(pack: Pack, seeds: range, folder: Path, most: int = 99) -> list[Task]:
    """A task of each of the chained draws that are admitted, the first ones."""
    graph, known, out = tool_graph(pack), Policy.of(pack), list[Task]()
    trial = Trial(Draft.of(pack, "chained").bare(), folder)
    for seed in seeds:
        if len(out) == most:
            break
        with suppress(Unsatisfiable):
            found = sample(pack, graph, seed, "merge", refine="chained")
            if trial(found, known):
                continue
            draft = Draft.of(pack, "chained").bare()
            draft.add(found.spec, found.openings, found.further)
            made = draft.write(folder / str(seed) / "chained")
            with suppress(TaskError):
                out.append(made.task(0))
                assert [node.name for node in walk(made.workflows[found.spec.name].tree) if isinstance(node, Next)]
                assert found.refined == "chained"
                assert not set(found.openings["train"]) & set(found.openings["test"])
                assert not set(found.further["more_1"]["train"]) & set(found.further["more_1"]["test"])
    return out


@pytest.mark.parametrize("name", ["clinic", "bank"])
def test_sampled_chains_are_proved(name: str, tmp_path: Path) -> None:
    (task,) = proved(load(name), range(40), tmp_path, most=1)
    (request,) = task.ledger.further
    assert task.ledger.goals == 2
    first = task.ledger.opening
    assert request.wants.removeprefix("know ").removeprefix("have somebody ") not in first
    assert not any(fact.name in request.asked and str(fact.value) in first for fact in task.ledger.facts)


@pytest.mark.slow
def test_chains_of_a_generated_domain_are_proved(tmp_path: Path) -> None:
    made = domain(3, tmp_path / "mine", count=3).synthesis.pack
    tasks = proved(made, range(12), tmp_path)
    assert len(tasks) >= 3
    for task in tasks:
        assert len(task.ledger.further) == 1
        assert {fact.release for fact in task.ledger.facts} <= {"opening", "asked", "next"}


def test_a_pack_of_chains_is_the_same_again_and_passes_the_audit(bank: Pack, tmp_path: Path) -> None:
    def made(folder: str) -> Synthesis:
        return synthesize(bank, "chains", tmp_path / folder, 2, shapes=["merge"], seed=30, refine=["chained"])

    one, other = made("one"), made("other")
    assert one.pack.digest == other.pack.digest
    name = next(found.spec.name for found in one.admitted if found.refined == "chained")
    tasks: list[Task] = []
    for seed in range(4):
        for split in ("train", "test"):
            task = one.pack.task(seed, split, workflow=name)
            assert task == other.pack.task(seed, split, workflow=name)
            assert play(one.pack, task, policy("oracle")).score == 1.0
            tasks.append(task)
    found = audit(tasks, {"chains": one.pack})
    assert found.ok, [finding for finding in found.findings if not finding.ok]


def test_one_thing_cannot_be_chained(mini: Pack) -> None:
    with pytest.raises(Unsatisfiable, match="nothing in it could be chained"):
        sample(mini, tool_graph(mini), 0, "resolve", goals=["close_loan"], refine="chained")


# --- mistakes ---

MISTAKES: dict[str, tuple[str, Edit, str]] = {
    "no words": ("wording.yaml", ("back_and_on.borrow:", "back_and_on.lend:"), "gives 0 openings for back_and_on.borrow"),
    "too few words": ("wording.yaml", ('    - "Could I have {wish} as well?"\n', ""), "gives 4 openings for back_and_on"),
    "a place of another": ("wording.yaml", ("Now I'd like to borrow {wish}", "Instead of {title} I want {wish}"), "the facts that borrow opens with"),
    "a place before its time": ("wording.yaml", ('back_and_on:\n    - "Here is {title}', 'back_and_on:\n    - "For {wish} here is {title}'), "expected the opening facts"),
    "no place": ("wording.yaml", ("Now I'd like to borrow {wish}", "Now I'd like to borrow something"), "the facts that borrow opens with"),
    "a fact of no request": ("workflows/back_and_on.yaml", ("{value: $kind, next: borrow", "{value: $kind, next: borow"), "fact kind comes with borow, which no node `next` makes. Did you mean `borrow`"),
    "a change of mind with a next": ("workflows/back_and_on.yaml", ("$kind, next", "$kind, release: change, next"), "fact kind is"),
    "a fact before its request": ("workflows/back_and_on.yaml", ("  - ask: [$code]", "  - ask: [$code, $kind]"), "fact kind is used before `next: borrow`"),
    "a value before its request": ("workflows/back_and_on.yaml", ("confirm: [$title, $loan.due_on]", "confirm: [$title, $wish]"), "fact wish is used before `next: borrow`"),
    "no wants": ("workflows/back_and_on.yaml", ("    wants: borrow something\n", ""), "`next: borrow` says what the user `wants` then"),
    "a name that is none": ("workflows/back_and_on.yaml", ("next: borrow\n", "next: Borrow It\n"), "lower case words joined by _"),
    "nothing before it": ("workflows/back_and_on.yaml", ("      - tell: [$title]\n", ""), "`next: borrow` is never made"),
    "nothing after it": ("workflows/back_and_on.yaml", ("      - tell: [$new.due_on]\n", ""), "`next: borrow` is never settled"),
    "twice": ("workflows/back_and_on.yaml", ("  - ask: [$kind]", "  - tell: [$title]\n  - {next: borrow, wants: borrow something}\n  - ask: [$kind]"), "made twice on one path"),
    "two wants": ("workflows/back_and_on.yaml", ("      - refuse: overdue", "      - refuse: overdue\n      - {next: borrow, wants: buy}\n      - tell: [$title]"), "wants two things"),
    "in any order": ("workflows/back_and_on.yaml", ("  - next: borrow\n    wants: borrow something\n", "  - any_order: [[{next: borrow, wants: borrow something}], [{ask: [$code]}]]\n"), "does not stand in `any_order`"),
    "an unknown field": ("workflows/back_and_on.yaml", ("    wants: borrow something", "    want: borrow something"), "node `next` has no field ['want']"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(name: str, tmp_path: Path) -> None:
    file, edit, words = MISTAKES[name]
    folder = further_copy(tmp_path)
    spoil(folder / file, edit)
    with pytest.raises(PackError) as error:
        load(folder)
    assert words in str(error.value)
    assert "back_and_on.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_task_file_names_facts_that_there_are(further: Pack) -> None:
    task = further.task(0, workflow="back_and_on", branch="due_allowed.level_allowed")
    wrong = replace(task.ledger.further[0], says=("colour",))
    found = certify(further, replace(task, ledger=replace(task.ledger, requests=(wrong,))))
    assert (found.gate, "colour" in found.witness) == ("references", True)


def test_a_tool_that_is_missing_waits_for_no_second_request(further: Pack, pack_copy: Callable[..., Path]) -> None:
    missing = "missing_tool: {say: Hand over., call: hand_over, with: {member_id: $member.member_id, topic: dispute}}\n"
    folder = further.content.folder
    text = (folder / "pack.yaml").read_text(encoding="utf-8")
    edits: dict[str, Edit] = {
        "pack.yaml": text if "missing_tool" in text else text + missing,
        "workflows/back_and_on.yaml": (folder / "workflows" / "back_and_on.yaml").read_text(encoding="utf-8"),
        "wording.yaml": (folder / "wording.yaml").read_text(encoding="utf-8"),
    }
    pack = load(pack_copy(edits))
    assert removable_tools(pack, "back_and_on") == ("close_loan",)
