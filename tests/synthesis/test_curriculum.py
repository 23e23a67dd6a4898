"""Curricula: the estimate finds how hard tasks are, and each sampler plays what it is meant to play."""

from __future__ import annotations

import json
from collections import Counter

import gymnasium
import pytest

from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import Pack
from agentgym.seeding import stream
from agentgym.synthesis.curriculum import KINDS, Curriculum, Family, Kind
from agentgym.types import Task


def learner(curriculum: Curriculum, chance: dict[Family, float], episodes: int, first: int = 0) -> Counter[Family]:
    """Play with a policy that succeeds with these probabilities; how often each family came."""
    seen: Counter[Family] = Counter()
    for seed in range(first, first + episodes):
        task = curriculum(seed)
        family = Family(task.pack, task.workflow, task.branch)
        seen[family] += 1
        curriculum.played(task, float(stream("learner", seed).chance(chance[family])))
    return seen


def spread(curriculum: Curriculum) -> dict[Family, float]:
    """Families from never to always."""
    families = curriculum.families
    return {family: at / (len(families) - 1) for at, family in enumerate(families)}


def test_a_task_is_of_the_drawn_family_and_the_same_again(clinic: Pack) -> None:
    one, other = Curriculum([clinic], "uniform"), Curriculum([clinic], "uniform")
    tasks = [one(seed) for seed in range(60)]
    assert [task.id for task in tasks] == [other(seed).id for seed in range(60)]
    assert len({(task.workflow, task.branch) for task in tasks}) > 25
    assert sum(one.weights().values()) == pytest.approx(1)
    assert max(one.weights().values()) == pytest.approx(min(one.weights().values()))


def test_the_estimate_comes_near_the_truth(mini: Pack) -> None:
    curriculum = Curriculum([mini], "uniform")
    truth = spread(curriculum)
    learner(curriculum, truth, 900)
    for family, chance in truth.items():
        assert curriculum.expected(family) == pytest.approx(chance, abs=0.22), family
    order = sorted(truth, key=curriculum.expected)
    assert order[0] == curriculum.families[0]
    assert order[-1] == curriculum.families[-1]


def test_a_band_plays_what_is_neither_certain_nor_hopeless(mini: Pack) -> None:
    curriculum = Curriculum([mini], "band")
    truth = spread(curriculum)
    learner(curriculum, truth, 300)
    seen = learner(curriculum, truth, 300, 300)
    within = sum(count for family, count in seen.items() if 0.15 <= truth[family] <= 0.85)
    share = sum(0.15 <= chance <= 0.85 for chance in truth.values()) / len(truth)
    assert within / 300 > share + 0.1
    assert all(seen[family] for family in curriculum.families), "nothing is given up"
    for family in curriculum.families:
        curriculum.difficulty[family] = -9.0
    weights = curriculum.weights()
    assert max(weights.values()) < 2 * min(weights.values()), (
        "where the band is empty all are drawn, the likeliest most"
    )


def test_regret_is_what_was_done_and_is_not_done_reliably(mini: Pack) -> None:
    curriculum = Curriculum([mini], "regret")
    always, never, sometimes, *rest = curriculum.families
    for family in (always, never, sometimes):
        task = mini.task(0, "train", family.workflow, family.branch)
        for at in range(12):
            curriculum.played(task, {always: 1.0, never: 0.0, sometimes: float(at % 3 == 0)}[family])
    weights = curriculum.weights()
    assert weights[sometimes] > 3 * weights[always]
    assert weights[never] == pytest.approx(weights[always]), "what was never done is not known to be possible"
    assert all(weights[family] > weights[sometimes] for family in rest), "what was never played comes first"


def test_stages_open_one_after_the_other(clinic: Pack) -> None:
    curriculum = Curriculum([clinic], "staged", spread=0.01)

    def opened() -> int:
        return sum(weight > 0.02 / len(curriculum.families) for weight in curriculum.weights().values())

    first = opened()
    assert first <= len(curriculum.families) / 4 + 1
    easy = {family for family, weight in curriculum.weights().items() if weight > 1 / len(curriculum.families)}
    assert all("." not in clinic.workflows[family.workflow].leaf(family.branch) for family in easy)
    learner(curriculum, dict.fromkeys(curriculum.families, 0.0), 80)
    assert opened() == first, "who fails stays"
    learner(curriculum, dict.fromkeys(curriculum.families, 1.0), 500, 80)
    assert opened() > first


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_learned_is_kept(mini: Pack, kind: Kind) -> None:
    curriculum = Curriculum([mini], kind)
    learner(curriculum, spread(curriculum), 60)
    other = Curriculum([mini], kind)
    other.restore(json.loads(json.dumps(curriculum.state())))
    assert other.weights() == curriculum.weights()
    assert [other(seed).id for seed in range(20)] == [curriculum(seed).id for seed in range(20)]
    left = frozenset(curriculum.families[:3])
    fewer = Curriculum([mini], kind, without=left)
    fewer.restore(curriculum.state())
    assert not left & {*fewer.weights()}


def test_it_is_a_sampler_of_environments(mini: Pack) -> None:
    curriculum = Curriculum([mini], "band")
    env = gymnasium.make("AgentTool-v0", pack=str(mini.content.folder), tasks=curriculum)
    _, info = env.reset(seed=5)
    assert info["task_id"] == curriculum(5).id
    env.close()
    other = Task("atlantis", "", 0, "train", 0, "w", "b", (), curriculum(0).ledger, ())
    curriculum.played(other, 1.0)  # of a family that is none of its own
    assert not any(curriculum.count.values())


def test_wrong_input(mini: Pack) -> None:
    with pytest.raises(NotFoundError, match=r"no curriculum `bend`\. Did you mean"):
        Curriculum([mini], "bend")  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="a band lies within 0 and 1"):
        Curriculum([mini], low=0.9, high=0.1)
    with pytest.raises(UsageError, match="no family of tasks is left"):
        Curriculum([mini], without=frozenset(Curriculum([mini]).families))
