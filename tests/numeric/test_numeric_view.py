"""The numeric view: what it shows, what it lets one do, and that it knows no more than the assistant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from agentgym.episode import Episode
from agentgym.errors import NotFoundError, UsageError
from agentgym.numeric import AgentToolDiscreteAEC, AgentToolDiscreteEnv, AgentToolDiscreteParallel, demonstrate
from agentgym.numeric.assistant import AssistantLayout, AssistantSeat
from agentgym.numeric.codes import DATES, MONEY, NUMBERS, TIMES
from agentgym.numeric.request import Requests
from agentgym.pack import Pack
from agentgym.types import ASSISTANT, USER, Called, Heard, Reply, Said, Task

MINI = Path(__file__).resolve().parent.parent / "packs" / "mini"
SEEDS = range(40)


class Mute:
    """Never answers."""

    def reply(self, heard: Heard) -> Reply:
        return Reply(text="...")


def walk(env: AgentToolDiscreteEnv, seed: int, choose: Callable[[np.ndarray], int]) -> list[Any]:
    """One episode: (observation, mask, reward) of each step."""
    seen, _ = env.reset(seed=seed)
    out: list[Any] = [(seen["observation"], seen["action_mask"], 0.0)]
    ended = False
    while not ended:
        seen, reward, terminated, truncated, _ = env.step(choose(seen["action_mask"]))
        out.append((seen["observation"], seen["action_mask"], reward))
        ended = terminated or truncated
    return out


def at_random(seed: int) -> Callable[[np.ndarray], int]:
    source = np.random.default_rng(seed)
    return lambda mask: int(source.choice(np.flatnonzero(mask)))


@pytest.fixture(scope="module")
def env() -> AgentToolDiscreteEnv:
    return AgentToolDiscreteEnv("clinic")


@pytest.fixture(scope="module")
def layout(clinic: Pack) -> AssistantLayout:
    return AssistantLayout(clinic)


# --- spaces ---


def test_sizes_are_reasonable(env: AgentToolDiscreteEnv) -> None:
    (size,) = env.observation_space["observation"].shape
    assert 200 <= size <= 1000
    assert 50 <= env.action_space.n <= 300
    env.reset(seed=0)
    texts = env.choices
    assert len(texts) == len(set(texts)) == env.action_space.n, "every choice says what it is"


def test_a_mix_has_room_for_every_pack() -> None:
    mixed = AgentToolDiscreteEnv(["clinic", MINI])
    clinic, mini = AgentToolDiscreteEnv("clinic"), AgentToolDiscreteEnv(MINI)
    sizes = [e.observation_space["observation"].shape[0] for e in (clinic, mini)]
    assert mixed.observation_space["observation"].shape == (max(sizes) + 2,), "a one-hot of the pack comes first"
    assert mixed.action_space.n == max(clinic.action_space.n, mini.action_space.n)
    for seed in range(6):
        for observation, mask, _ in walk(mixed, seed, at_random(seed)):
            assert mixed.observation_space.contains({"observation": observation, "action_mask": mask})
            assert observation[:2].sum() == 1.0


def test_observations_lie_in_their_space(env: AgentToolDiscreteEnv) -> None:
    for seed in range(25):
        for observation, mask, _ in walk(env, seed, at_random(seed)):
            assert env.observation_space.contains({"observation": observation, "action_mask": mask})
            assert mask.any(), "something can always be done"


def test_action_masks_are_the_observation_s(env: AgentToolDiscreteEnv) -> None:
    seen, _ = env.reset(seed=4)
    assert env.action_masks().dtype == np.bool_
    assert (env.action_masks() == seen["action_mask"].astype(bool)).all()


def test_both_seats_of_the_aec_have_one_size() -> None:
    found = AgentToolDiscreteAEC("clinic")
    assert found.observation_space(ASSISTANT) == found.observation_space(USER)
    assert found.action_space(ASSISTANT) == found.action_space(USER)


def test_mistakes_of_the_caller_are_named() -> None:
    with pytest.raises(NotFoundError, match="potential"):
        AgentToolDiscreteEnv("clinic", scorer="potentail")
    with pytest.raises(UsageError, match="gamma"):
        AgentToolDiscreteEnv("clinic", gamma=0.0)
    with pytest.raises(UsageError, match="reset"):
        AgentToolDiscreteEnv("clinic").step(0)


@pytest.mark.parametrize("thermometer", [NUMBERS, MONEY, DATES, TIMES])
def test_thermometers_tell_at_least_from_more_than(thermometer: Any) -> None:
    for place, threshold in enumerate(thermometer.thresholds):
        below, at, above = (thermometer.code(threshold + d)[place] for d in (-1e-6, 0, 1e-6))
        assert (below, at, above) == (0.0, 0.5, 1.0)
    assert thermometer.code(None)[-1] == 1.0


# --- choices ---


def test_what_the_mask_allows_is_a_well_formed_call(clinic: Pack, layout: AssistantLayout) -> None:
    """A possible choice never gives a malformed call, an unknown tool or invalid arguments, and never invents an id."""
    source = np.random.default_rng(7)
    for seed in range(40):
        observation, mask = np.zeros(layout.size, np.float32), np.zeros(len(layout.choices), np.int8)
        with Episode(clinic, clinic.task(seed)) as episode:
            seat = AssistantSeat(layout, episode, observation, mask)
            while not episode.ending:
                for event in episode.apply(seat.action(int(source.choice(np.flatnonzero(mask))))):
                    if isinstance(event, Called) and event.seat == ASSISTANT:
                        assert event.error not in ("invalid_arguments", "unknown_tool", "malformed_call"), event
                        assert event.grounded, event
                seat.look()


def test_questions_are_heard_as_questions(clinic: Pack, layout: AssistantLayout) -> None:
    with Episode(clinic, clinic.task(0)) as episode:
        for fact in layout.shape.facts:
            (heard,) = [
                e for e in episode.fork().apply(layout.words.ask(fact, episode.lexicon)) if isinstance(e, Said)
            ][:1]
            assert [act.facts for act in heard.acts if act.kind == "ask"] == [(fact,)], heard.text


def test_an_impossible_choice_is_a_malformed_call(env: AgentToolDiscreteEnv) -> None:
    seen, _ = env.reset(seed=0)
    env.step(int(np.flatnonzero(seen["action_mask"] == 0)[0]))
    assert env.episode is not None
    assert [e.error for e in env.episode.events if isinstance(e, Called)] == ["malformed_call"]


@pytest.mark.parametrize("name", ["clinic", "mini"])
def test_most_tasks_can_be_solved_in_numbers(name: str, request: pytest.FixtureRequest) -> None:
    pack: Pack = request.getfixturevalue(name)
    env = AgentToolDiscreteEnv(pack, messages=False)
    found = [demonstrate(env, pack.task(seed)) for seed in range(100)]
    share = sum(one.success for one in found) / len(found)
    assert share >= 0.85, [one.trouble for one in found if not one.success]


def test_the_request_is_read_from_the_opening_words(clinic: Pack) -> None:
    requests = Requests(clinic)
    for split in ("train", "test"):
        for seed in SEEDS:
            task = clinic.task(seed, split)  # type: ignore[arg-type]
            with Episode(clinic, task) as episode:
                opening = episode.events[0]
            assert isinstance(opening, Said)
            assert requests.names[requests.read(opening.text)] == task.ledger.wants, opening.text


# --- no gold ---


def test_twins_look_the_same_at_reset(clinic: Pack) -> None:
    env = AgentToolDiscreteEnv("clinic", messages=False)
    pairs = 0
    for seed in SEEDS:
        task = clinic.task(seed)
        twin = clinic.twin(task)
        if twin is None:
            continue
        seen, other = (env.reset(options={"task": one})[0] for one in (task, twin))
        assert seen["observation"].tobytes() == other["observation"].tobytes()
        assert seen["action_mask"].tobytes() == other["action_mask"].tobytes()
        pairs += 1
    assert pairs >= 12


def test_nothing_hidden_shows(clinic: Pack, layout: AssistantLayout) -> None:
    """The same events give the same observations, whatever the task holds that the assistant cannot know."""

    def stripped(task: Task) -> Task:
        facts = tuple(
            fact if fact.release == "opening" else msgspec.structs.replace(fact, value="nothing", type="text")
            for fact in task.ledger.facts
        )
        ledger = msgspec.structs.replace(task.ledger, facts=facts, readbacks=(), revisions=(), wants="", claim="")
        return msgspec.structs.replace(
            task, ledger=ledger, oracle=(), milestones=(), branch="", twin="", workflow="", bind={}, digest="",
            outcomes=tuple(msgspec.structs.replace(o, changes=(), criteria=()) for o in task.outcomes[:1]),
        )  # fmt: skip

    class Bare:
        """An episode of which only the view's part is left."""

        def __init__(self, episode: Episode) -> None:
            self.task, self.tools, self.lexicon, self.world = (
                stripped(episode.task),
                episode.tools,
                episode.lexicon,
                episode.world,
            )
            self.events, self.turns, self.errors, self.ending = (
                episode.events,
                episode.turns,
                episode.errors,
                episode.ending,
            )

    for seed in range(20):
        arrays = [np.zeros(layout.size, np.float32), np.zeros(len(layout.choices), np.int8)]
        bare = [array.copy() for array in arrays]
        with Episode(clinic, clinic.task(seed)) as episode:
            seat = AssistantSeat(layout, episode, *arrays)
            AssistantSeat(layout, Bare(episode), *bare)  # type: ignore[arg-type]
            assert all((a == b).all() for a, b in zip(arrays, bare, strict=True))
            episode.apply(
                seat.action(next(i for i, c in enumerate(layout.choices) if c.name == "find_doctors" and arrays[1][i]))
            )
            seat.look()
            fresh = AssistantSeat(layout, Bare(episode), *bare)  # type: ignore[arg-type]
            fresh.look()
            assert all((a == b).all() for a, b in zip(arrays, bare, strict=True))


def test_blanked_results_show_and_bind_nothing() -> None:
    open_, blank = AgentToolDiscreteEnv("clinic"), AgentToolDiscreteEnv("clinic", blank_results=True)
    find = next(i for i, c in enumerate(open_.layout.assistants["clinic"].choices) if c.text == "call find_doctors")
    masks = []
    for env in (open_, blank):
        env.reset(seed=0)
        masks.append(env.step(find)[0]["action_mask"])
        assert env.seat is not None
    assert masks[1].sum() < masks[0].sum()
    assert blank.seat is not None
    assert not any(blank.seat.focus.candidates.values())


# --- determinism ---


def test_the_same_seed_gives_the_same_bytes(env: AgentToolDiscreteEnv) -> None:
    other = AgentToolDiscreteEnv("clinic")
    for seed in range(10):
        a, b = (walk(one, seed, at_random(seed)) for one in (env, other))
        assert len(a) == len(b)
        for (x, m, r), (y, n, s) in zip(a, b, strict=True):
            assert x.tobytes() == y.tobytes()
            assert m.tobytes() == n.tobytes()
            assert r == s


def test_messages_change_nothing_but_the_info() -> None:
    env, plain = AgentToolDiscreteEnv("clinic"), AgentToolDiscreteEnv("clinic", messages=False)
    for seed in range(5):
        a, b = (walk(one, seed, at_random(seed)) for one in (env, plain))
        assert [x[0].tobytes() for x in a] == [x[0].tobytes() for x in b]
    assert {"messages", "new_messages", "tools"} == set(env.reset(seed=0)[1]) - set(plain.reset(seed=0)[1])


# --- the user's seat ---


def test_a_numeric_user_gives_what_it_is_asked_for() -> None:
    env = AgentToolDiscreteAEC("clinic")
    env.reset(seed=0)
    assert env.episode is not None
    choices = env.layout.assistants["clinic"].choices
    phone = next(i for i, c in enumerate(choices) if (c.kind, c.name) == ("ask", "phone"))
    env.step(phone)
    assert env.agent_selection == USER
    says = env.layout.users["clinic"].choices.index(("say", "phone"))
    assert env.observe(USER)["action_mask"][says]
    env.step(says)
    assert "phone" in {name for e in env.episode.events if isinstance(e, Said) and e.seat == USER for name in e.facts}
    assert env.rewards[USER] > 0


def test_parallel_and_aec_agree() -> None:
    aec, parallel = AgentToolDiscreteAEC("clinic"), AgentToolDiscreteParallel("clinic")
    aec.reset(seed=3)
    parallel.reset(seed=3)
    source = np.random.default_rng(0)
    while parallel.agents:
        acting = aec.agent_selection
        seen = aec.observe(acting)
        choice = int(source.choice(np.flatnonzero(seen["action_mask"])))
        aec.step(choice)
        observations, rewards, _, _, _ = parallel.step({ASSISTANT: choice, USER: choice})
        assert rewards == aec.rewards
        for agent, found in observations.items():
            assert found["observation"].tobytes() == aec.observe(agent)["observation"].tobytes()


# --- controls ---


@pytest.mark.parametrize("control", [{"user": Mute}, {"blank_results": True}])
def test_controls_leave_nothing_to_win(control: dict[str, Any]) -> None:
    """Without answers, or without results, no hidden fact is found, so that nothing succeeds."""
    env = AgentToolDiscreteEnv("clinic", messages=False, **control)
    won = 0
    for seed in range(60):
        walk(env, seed, at_random(seed))
        assert env.episode is not None
        won += env.episode.success
    assert won <= 0.05 * 60
