"""The pack `archive`: every branch is proved, answers stand in what was opened, and hops cannot be left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentgym.certify import certify_pack
from agentgym.episode import Episode
from agentgym.errors import TaskError
from agentgym.pack import Pack, load
from agentgym.synthesis.draft import Draft
from agentgym.types import Action, Call, Called, Criterion, Said, Task
from agentgym.world import World

SEEDS = range(36)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load("archive")


def answer_of(task: Task) -> Criterion:
    return next(c for c in task.outcomes[0].criteria if c.kind == "answer")


def call(name: str, **arguments: str) -> Action:
    return Action(calls=(Call(name, arguments),))


def played(pack: Pack) -> Iterator[tuple[Task, Episode]]:
    for split in ("train", "test"):
        for seed in SEEDS:
            task = pack.task(seed, split)
            with Episode(pack, task) as episode:
                for action in task.oracle:
                    episode.apply(action)
                yield task, episode


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_branch_is_certified(pack: Pack, split: str) -> None:
    report = certify_pack(pack, range(len(pack.branches("train"))), split)
    assert report.ok, report.failures


def test_searches_use_words_that_were_said_or_read(pack: Pack) -> None:
    for task, episode in played(pack):
        known = ""
        for event in episode.events:
            if isinstance(event, Said):
                known += f" {event.text}"
            elif isinstance(event, Called) and event.name == "search":
                assert event.arguments["words"] in known, task.ledger.opening
            elif isinstance(event, Called) and event.name == "open":
                known += f" {event.result['title']} {event.result['body']}"


def test_an_answer_that_is_no_count_stands_in_what_was_opened(pack: Pack) -> None:
    for task, episode in played(pack):
        right = answer_of(task).answer
        opened = [e.result for e in episode.events if isinstance(e, Called) and e.name == "open"]
        if right != "unknown" and task.workflow != "count":
            assert any(right in f"{document['title']} {document['body']}" for document in opened), task.ledger.opening


def test_an_unknown_answer_stands_nowhere(pack: Pack) -> None:
    """What the twin answers was taken out of the document that the question is about."""
    for seed in SEEDS:
        task = pack.task(seed, workflow="founder", branch="unknown")
        with Episode(pack, task) as episode:
            founder = str(task.bind["founder"])
            rows = episode.world.query(
                "SELECT body FROM documents WHERE subject = $house", {"house": task.bind["house"]}
            )
        assert rows
        assert not any(founder in body for (body,) in rows)


def test_chains_cannot_be_had_from_one_search(pack: Pack) -> None:
    """Whoever searches once, with all words of the question, and opens all that comes, misses the chain."""
    seen = {"birthplace": 0, "river": 0, "count": 0}
    for workflow in seen:
        for seed in SEEDS:
            task = pack.task(seed, workflow=workflow)
            needed = {v.value for c in task.outcomes[0].criteria if c.kind in ("answer", "looked") for v in c.values}
            with Episode(pack, task) as episode:
                episode.apply(call("search", words=task.ledger.opening))
                hits = episode.events[-1]
                assert isinstance(hits, Called)
                marks: set[str] = set()
                for hit in hits.result:
                    episode.apply(call("open", document_id=hit["document_id"]))
                    opened = episode.events[-1]
                    assert isinstance(opened, Called)
                    marks.add(opened.result["mark"])
            seen[workflow] += needed <= marks
    assert seen["birthplace"] <= len(SEEDS) // 5
    assert (seen["river"], seen["count"]) == (0, 0)


def test_the_later_document_wins_and_the_earlier_loses(pack: Pack) -> None:
    for branch, wins in (("corrected", "other"), ("superseded", "founder")):
        task = pack.task(6, workflow="founder", branch=branch)
        assert answer_of(task).answer == task.bind[wins]


@pytest.mark.parametrize("workflow", ["birthplace", "namesake", "river"])
def test_a_town_or_river_that_was_not_read_is_a_guess(pack: Pack, workflow: str) -> None:
    """A split has few of them."""
    task = pack.task(3, workflow=workflow, branch="stated")
    for dropped, wanted in ((None, 1.0), ("open", 0.0)):
        with Episode(pack, task) as episode:
            for action in task.oracle:
                if dropped not in [call.name for call in action.calls if isinstance(call, Call)]:
                    episode.apply(action)
            assert episode.score == pytest.approx(wanted)


def test_namesakes_are_two_and_the_user_tells_which(pack: Pack) -> None:
    task = pack.task(0, workflow="namesake", branch="stated")
    wanted = answer_of(task)
    assert wanted.facts == ("trade",)
    assert wanted.slips["wrong_value"]
    assert wanted.slips["wrong_value"][0] != wanted.answer
    with Episode(pack, task) as episode:
        for action in task.oracle[1:]:
            episode.apply(action)
        assert episode.score == 0.0


def test_search_finds_by_words_in_any_form_and_order(pack: Pack) -> None:
    image = pack.image("train", 0)
    house = image.query("SELECT name FROM houses ORDER BY house_id")[0][0]
    task = pack.task(64 * 3, "train")
    assert task.world_seed == 0
    with Episode(pack, task) as episode:
        for words in (house, house.lower(), " ".join(reversed(house.split())), f'"{house}" OR ( NEAR * ^ -'):
            episode.apply(call("search", words=words))
            found = episode.events[-1]
            assert isinstance(found, Called)
            assert house in [row["title"] for row in found.result], words
            assert "body" not in found.result[0]
        episode.apply(call("search", words="?!"))
        empty = episode.events[-1]
        assert isinstance(empty, Called)
        assert empty.error == "invalid"


def test_documents_of_a_world_are_many_and_short(pack: Pack) -> None:
    for split in ("train", "test"):
        bodies = [body for (body,) in pack.image(split, 5).query("SELECT body FROM documents")]
        assert 60 <= len(bodies) <= 200
        assert max(map(len, bodies)) < 400
        assert not [body for body in bodies if re.search(r"[{}$]|null", body)]


def test_a_column_that_the_index_does_not_have_is_an_answer(tmp_path: Path) -> None:
    """SQLite tells of it only when a row is found."""
    draft = Draft.of(load("archive"), "beyond")
    tool = next(tool for tool in draft.files["tools"]["tools"] if tool["name"] == "search")
    tool["returns"] = tool["returns"].replace("snippet(documents_search, 1,", "snippet(documents_search, 7,")
    pack = draft.write(tmp_path / "beyond")
    title = pack.image("train", 0).query("SELECT title FROM documents ORDER BY title LIMIT 1")[0][0]
    world = World(pack.image("train", 0))
    assert pack.domain.tools["search"].run(world, {"words": title}).error is not None
    world.close()
    with pytest.raises(TaskError):
        pack.task(0)
