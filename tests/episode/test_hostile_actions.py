"""Whatever a policy writes: nothing raises, nothing hangs, no row changes that no tool owns, and episodes stay valid."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from agentgym.episode import Episode, View
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.types import ASSISTANT, Action, Call, Called
from agentgym.world import Pool

from ..naive import dump, plausible  # noqa: TID252  the tests are no package
from ..rubric.playing import random_task, words  # noqa: TID252  the tests are no package

POOL = Pool(16)
SLOW = 10.0
"""Seconds that no single action may take, on a machine however busy."""
SQL = (
    "'; DROP TABLE patients; --",
    "' OR '1'='1",
    "x'); DELETE FROM loans; --",
    "\0",
    "%",
    "NULL",
    "{member_id}",
    ":code",
)
CONTROL = "\x00\x01\x07\x08\x1b[31m\x7f\x85\u2028\u202e\ufeff\U000e0001"


def nested(depth: int, open_: str = "[", close: str = "]") -> str:
    return open_ * depth + close * depth


def call_text(name: Any, arguments: Any) -> str:
    return msgspec.json.encode({"name": name, "arguments": arguments}).decode()


class Hostile:
    """Draws actions: some are nearly right, some are rubbish, some are made to break things."""

    def __init__(self, episode: Episode, source: Stream) -> None:
        self.episode, self.source = episode, source

    def draw(self) -> Any:
        return self.source.choice(self.kinds)()

    @property
    def kinds(self) -> list[Any]:
        return [
            self.plausible, self.plausible, self.plausible, self.oracle, self.oracle, self.spoken, self.spoken,
            self.malformed, self.malformed, self.wrong_types, self.sql, self.unknown, self.message, self.message, self.many,
            self.noise, self.rare,
        ]  # fmt: skip

    def tool(self) -> Any:
        return self.source.choice(list(self.episode.tools.values()))

    def arguments(self, tool: Any) -> dict[str, Any]:
        return plausible(tool, self.episode.world, self.source, invent=0.2)

    def plausible(self) -> Any:
        tool = self.tool()
        text = call_text(tool.name, self.arguments(tool))
        return f"<tool_call>{text}</tool_call>" if self.source.chance(0.5) else text

    def oracle(self) -> Any:
        return self.source.choice(self.episode.task.oracle)

    def spoken(self) -> Any:
        return words(self.episode, self.source)

    def malformed(self) -> Any:
        text = f"<tool_call>{call_text(self.tool().name, self.arguments(self.tool()))}</tool_call>"
        at = self.source.below(len(text))
        cut = [
            text[:at],
            text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + self.source.choice('{}[]",:\\<>') + text[at:],
        ]
        return self.source.choice(
            [*cut, text.replace('"', "'"), text.replace("tool_call", "tool"), text + text[:at], '{"name":}']
        )

    def wrong_types(self) -> Any:
        tool = self.tool()
        odd = self.source.choice([None, True, 5, -1, 2**53, 2**64, 1e308, [], [[]], {}, {"a": [None]}, "", "x" * 500])
        arguments = {name: odd if self.source.chance(0.5) else value for name, value in self.arguments(tool).items()}
        name = self.source.choice([tool.name, 5, None, [], {}, True])
        return call_text(name, self.source.choice([arguments, odd, [arguments]]))

    def sql(self) -> Any:
        tool = self.tool()
        return call_text(tool.name, {name: self.source.choice(SQL) for name in tool.spec.parameters})

    def unknown(self) -> Any:
        return call_text(
            self.source.choice(["", "rm", "x" * 90, "x" * 5000, "__import__", "find_patient ", "\u202e", "DROP TABLE"]),
            {},
        )

    def message(self) -> Any:
        """An OpenAI assistant message, more or less."""
        tool = self.tool()
        function: Any = {"name": tool.name, "arguments": msgspec.json.encode(self.arguments(tool)).decode()}
        junk = [
            None,
            5,
            "x",
            [],
            {},
            [5],
            [None],
            [[]],
            {"a": 1},
            [{}],
            [{"function": 5}],
            [{"function": {}}],
            [{"function": {"name": 5}}],
        ]
        calls: Any = self.source.choice([
            [{"id": "1", "type": "function", "function": function}], [{"function": {**function, "arguments": self.arguments(tool)}}],
            [{"function": {**function, "arguments": "{"}}], [{"function": {**function, "arguments": None}}],
            [{"function": {**function, "arguments": "[1]"}}], [{"function": {**function, "arguments": {1: {2}}}}],
            [{"function": {**function, "arguments": float("nan")}}], function, *junk,
        ])  # fmt: skip
        content = self.source.choice([None, "", "words", 5, ["parts"], {"x": 1}, "x" * 300])
        return self.source.choice([
            {"role": "assistant", "content": content, "tool_calls": calls}, {"tool_calls": calls}, {"content": content}, {},
            {"role": 5, "content": content, "tool_calls": calls, "extra": object()},
        ])  # fmt: skip

    def many(self) -> Any:
        tool = self.tool()
        one = f"<tool_call>{call_text(tool.name, self.arguments(tool))}</tool_call>"
        return one * self.source.choice([2, 16, 17, 40])

    def noise(self) -> Any:
        letters = CONTROL + "aé漢\U0001f600{}[]<>\"'\\/:,.?! 0123456789"
        return "".join(self.source.choice(letters) for _ in range(self.source.below(200)))

    def rare(self) -> Any:
        """What takes long where it is done wrong."""
        name = self.tool().name
        return self.source.choice(RARE)(name)


RARE: list[Any] = [
    lambda name: "x" * 1_000_000,
    lambda name: "? " * 100_000,
    lambda name: "R1 " * 50_000,
    lambda name: ("I can't do that because of rule R1. " * 3000),
    lambda name: "1" * 300_000,
    lambda name: "2026-03-09 10:00 " * 10_000,
    lambda name: " " * 300_000,
    lambda name: "a@" * 50_000,
    lambda name: "555-" * 50_000,
    lambda name: "<tool_call>" * 50_000,
    lambda name: "<tool_call></tool_call>" * 5_000,
    lambda name: f"<tool_call>{call_text(name, {})}</tool_call>" * 3_000,
    lambda name: call_text(name, {"x": "y" * 1_000_000}),
    lambda name: f'{{"name": "{name}", "arguments": {nested(100_000)}}}',
    lambda name: f'{{"name": "{name}", "arguments": {{"x": {nested(500)}}}}}',
    lambda name: nested(900),
    lambda name: nested(900, '{"name":', '}'),
    lambda name: f'{{"name": "{name}", "arguments": {{"x": NaN}}}}',
    lambda name: f'{{"name": "{name}", "arguments": {{"x": 1e999}}}}',
    lambda name: f'{{"name": "{name}", "arguments": {{"x": {"9" * 5000}}}}}',
    lambda name: f'{{"name": "{name}", "arguments": {{"x": "\\ud800"}}}}',
    lambda name: "\ud800 lone surrogate \udfff",
    lambda name: f'<tool_call>{{"name": "{name}", "arguments": {{"x": "\ud800"}}}}</tool_call>',
    lambda name: "<think>" * 10_000,
    lambda name: Action(calls=(Call(name, {"x": float("nan")}),)),
    lambda name: Action(calls=(Call(name, {"x": 10**400}),) * 40),
    lambda name: {"tool_calls": [{"function": {"name": name, "arguments": "{}"}}] * 5_000},
    lambda name: {"tool_calls": [{"function": {"name": name, "arguments": {"x": "y" * 1_000_000}}}]},
    lambda name: None,
    lambda name: 5,
    lambda name: b"bytes",
    lambda name: ["a", "list"],
    lambda name: object(),
]  # fmt: skip


def owned(pack: Pack) -> set[str]:
    """Tables that some tool's SQL writes."""
    out: set[str] = set()
    for tool in (*pack.tools.values(), *pack.user_tools.values()):
        split = " ".join(tool.spec.sql).replace("(", " ").split()
        out |= {word for verb, word in pairwise(split) if verb in ("INTO", "UPDATE", "FROM")}
    return out


def episodes(packs: list[Pack], source: Stream) -> Iterator[Episode]:
    while True:
        pack = source.choice(packs)
        yield Episode(pack, random_task(pack, source), pool=POOL)


def storm(packs: list[Pack], seed: int, actions: int) -> tuple[int, list[str], float]:
    """Play that many hostile actions: (episodes, reasons of invalid ones, longest action)."""
    source, done, longest = Stream(seed), 0, 0.0
    invalid: list[str] = []
    for count, episode in enumerate(episodes(packs, source)):
        if done >= actions:
            episode.close()
            return count, invalid, longest
        with episode:
            done, slow = _one(episode, source, done, actions)
            longest = max(longest, slow)
            if not episode.valid:
                invalid.append(f"{episode.task.workflow}/{episode.task.branch}: {episode.reason}")
    raise AssertionError


def _one(episode: Episode, source: Stream, done: int, actions: int) -> tuple[int, float]:
    start, longest = dump(episode.world), 0.0
    view, hostile = View(episode), Hostile(episode, source)
    while not episode.ending and done < actions:
        action = hostile.draw()
        begun = time.monotonic()
        events = episode.apply(action)
        view.catch_up()
        longest = max(longest, time.monotonic() - begun)
        assert longest < SLOW, f"{longest:.1f} s for {str(action)[:200]}"
        done += 1
        assert events
        assert episode.turns > 0
        for event in events:
            if isinstance(event, Called) and event.seat == ASSISTANT:
                assert not (event.error and event.changes)
    assert episode.score is None or -1e-9 <= episode.score <= 1 + 1e-9
    mine = owned(episode.pack)
    after = dump(episode.world)
    assert not {table for table in after if after[table] != start[table]} - mine
    told = {(c.table, c.key) for e in episode.events if isinstance(e, Called) for c in e.changes}
    for table in mine & start.keys():
        for key in start[table].keys() | after[table].keys():
            if start[table].get(key) != after[table].get(key):
                assert (table, key) in told, "a row changed that no event tells of"
    assert episode.world.query(f'SELECT count(*) FROM "{next(iter(start))}"', {}), "the world can still be read"
    return done, longest


def test_hostile_actions_do_no_harm(clinic: Pack, mini: Pack) -> None:
    count, invalid, _ = storm([clinic, mini], 1, 3000)
    assert count > 100
    assert len(invalid) <= count / 1000, invalid[:3]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_hostile_actions_do_no_harm_at_length(clinic: Pack, mini: Pack, seed: int) -> None:
    count, invalid, _ = storm([clinic, mini], 100 + seed, 10_000)
    assert count > 300
    assert len(invalid) <= count / 1000, invalid[:3]


@pytest.mark.parametrize("number", range(len(RARE)))
def test_each_rare_action_ends_soon_and_keeps_the_episode_valid(clinic: Pack, number: int) -> None:
    for tool in ("find_patients", "cancel_appointment", "calculator", "wait"):
        with Episode(clinic, clinic.task(3), pool=POOL) as episode:
            view = View(episode)
            for _ in range(3):
                if episode.ending:
                    break
                begun = time.monotonic()
                episode.apply(RARE[number](tool))
                view.catch_up()
                assert time.monotonic() - begun < SLOW
            assert episode.valid
            assert episode.world.net == {}


def test_the_same_storm_twice_is_the_same(clinic: Pack, mini: Pack) -> None:
    runs = []
    for _ in range(2):
        source, seen = Stream(9), []
        for pack in (clinic, mini) * 3:
            with Episode(pack, random_task(pack, source), pool=POOL) as episode:
                hostile = Hostile(episode, source)
                for _ in range(25):
                    if episode.ending:
                        break
                    episode.apply(hostile.draw())
                seen.append((str(episode.events), episode.world.digest(), episode.score))
        runs.append(seen)
    assert runs[0] == runs[1]


def test_a_message_nested_by_the_ten_thousand(mini: Pack) -> None:
    item: list[Any] = []
    for _ in range(20_000):
        item = [item]
    with Episode(mini, mini.task(0), pool=POOL) as episode:
        episode.apply({"tool_calls": [item]})
        assert episode.events[-1].error == "malformed_call"


def test_an_action_whose_arguments_are_no_text(clinic: Pack) -> None:
    with Episode(clinic, clinic.task(3), pool=POOL) as episode:
        view = View(episode)
        episode.apply(Action(calls=(Call("find_patients", {"phone": "\ud800"}),)))
        view.catch_up()
