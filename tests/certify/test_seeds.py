"""Every seed of the shipped pack is proved: the first fifty by default, a thousand of each split with `-m slow`."""

from __future__ import annotations

from typing import Literal

import pytest

from agentgym.certify import Report, certify_pack, certify_tasks
from agentgym.episode import Episode
from agentgym.pack import load

Split = Literal["train", "test"]
SPLITS: tuple[Split, Split] = ("train", "test")


def certified(report: Report) -> None:
    witnesses = "\n".join(f"{gate}: {witness}" for gate, found in report.failures.items() for witness in found)
    assert report.ok, f"{report.certified} of {report.tasks} tasks of {report.split} are certified\n{witnesses}"


@pytest.mark.parametrize("split", SPLITS)
def test_the_first_seeds_certify(split: Split) -> None:
    certified(certify_pack(load("clinic"), range(50), split))


@pytest.mark.parametrize("split", SPLITS)
def test_every_branch_certifies(split: Split) -> None:
    """Two seeds of each branch, whatever the seeds draw."""
    pack = load("clinic")
    certified(certify_tasks(pack, [pack.task(900 + s, split, *b) for b in pack.branches(split) for s in range(2)]))


@pytest.mark.parametrize(("split", "seed"), [("train", 912), ("test", 798)])
def test_twins_that_are_answered_by_numbers_have_different_ones(split: Split, seed: int) -> None:
    """How many are there is told by the number alone, and so is how many come in."""
    pack = load("fulfilment")
    certified(certify_tasks(pack, [pack.task(seed, split)]))
    for task in [pack.task(seed + i, split, "arrival", "now") for i in range(20)]:
        with Episode(pack, task) as episode:
            (stock,) = [call for action in task.oracle for call in action.calls if call.name == "get_stock"]
            free, coming = (
                episode.world.query(f"SELECT {column} FROM {table} WHERE article_id = :article_id", stock.arguments)
                for column, table in (("free", "stock"), ("pieces", "arrivals"))
            )
        assert len(coming) == 2
        assert not set(free) & set(coming)


def test_several_processes_give_the_same_report() -> None:
    pack = load("clinic")
    alone, together = (certify_pack(pack, range(25), "test", workers=n) for n in (1, 2))
    assert together == alone
    assert together.digest


@pytest.fixture(scope="module", params=SPLITS)
def thousand(request: pytest.FixtureRequest) -> Report:
    """The report on a thousand seeds of a split."""
    return certify_pack(load("clinic"), range(1000), request.param)


@pytest.mark.slow
@pytest.mark.xdist_group("thousand")
class TestAThousandSeeds:
    def test_all_are_certified(self, thousand: Report) -> None:
        assert thousand.tasks == 1000
        certified(thousand)

    def test_at_least_900_are_distinct(self, thousand: Report) -> None:
        assert thousand.distinct >= 900

    def test_every_branch_gets_one_percent(self, thousand: Report) -> None:
        names = {f"{workflow}/{branch}" for workflow, branch in load("clinic").branches(thousand.split)}
        short = {name: thousand.branches.get(name, 0) for name in names if thousand.branches.get(name, 0) < 10}
        assert not short, f"under 1 % of 1000 seeds of {thousand.split}: {short}"
        assert set(thousand.branches) == names

    def test_at_most_one_percent_of_bind_rows_is_rejected(self, thousand: Report) -> None:
        assert thousand.rows_tried >= 1000
        assert thousand.rows_rejected <= 0.01 * thousand.rows_tried
