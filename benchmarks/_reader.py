"""A tiny policy that reads: it scores the numbered choices of any pack by the words of tools, rules and the user.

The numeric view binds arguments and lists what can be done; its spaces differ from pack to pack. Here a choice is
described by features that every pack has: what kind it is, how well the tool's words fit the caller's, whether the rows
agree with what was said, and how the value that a rule rests on stands to the rule's sentence (in it or not, less or
more than its number, together with words such as "at most"). A feature is a string, hashed into a table of weights;
a choice is taken with probability softmax of its sum. So what is learned on one pack can be used on another.

Learning is by the logarithm of the likelihood of demonstrations, with Adagrad.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agentgym.episode import Episode, View
from agentgym.numeric.assistant import AssistantLayout, AssistantSeat
from agentgym.numeric.choices import Choice
from agentgym.numeric.codes import day_of
from agentgym.numeric.demonstration import demonstrate
from agentgym.numeric.gym_env import AgentToolDiscreteEnv
from agentgym.numeric.shape import bare
from agentgym.pack import Pack
from agentgym.seeding import stream
from agentgym.types import USER, Action, Said, Task

__all__ = ["Reader", "Shown", "fit", "one_aim", "shown"]

SIZE = 2**16
"""Weights."""
_COMPARING = (
    "at most", "at least", "more than", "less than", "or more", "or less", "or longer", "or later", "or earlier",
    "under", "over", "within", "before", "after", "until", "ago", "ahead", "never", "not", "only", "left", "already",
    "valid", "still", "no",
)  # fmt: skip
_SMALL = frozenset(
    "a an and are as at be but by can could do for from have how i if in is it its me my of on one or out please that "
    "the their them they this to up want was what when which with would you your".split()
)


class Shown(Struct):
    """One decision of a demonstration: the features of each possible choice, and which was taken."""

    features: list[NDArray[np.uint32]]
    choice: int


@cache
def _place(text: str) -> int:
    return zlib.crc32(text.encode()) % SIZE


@lru_cache(maxsize=65536)
def _words(text: str) -> frozenset[str]:
    """The words of a text without their endings."""
    found = {re.sub(r"(ing|ed|es|s|ment|ation)$", "", word) for word in re.findall(r"[a-z]+", text.lower())}
    return frozenset(word for word in found if len(word) > 1) - _SMALL


class _Reading:
    """What of a pack is read once."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.layout = pack, AssistantLayout(pack)
        shape = self.layout.shape
        label = pack.domain.label
        self.tools = {n: _words(f"{n.replace('_', ' ')} {t.spec.description}") for n, t in pack.tools.items()}
        self.tables = {t.name: _words(" ".join(label(bare(c.id)) for c in t.columns)) for t in shape.tables}
        self.governing = {
            tool: [rule for rule in shape.rules if tool in pack.domain.rules[rule].governs] for tool in pack.tools
        }
        self.facts = {name: _words(label(name)) for name in shape.facts}
        self.policy = _words(pack.policy)
        self.identity = _words(" ".join(rule.say for rule in pack.rules.values() if not rule.because))
        parts = {name: {name, *name.split("_")} for name in shape.facts}
        self.takes = {
            name: [
                n for n, t in pack.tools.items() if any(q in parts[name] or name.endswith(q) for q in t.spec.parameters)
            ]
            for name in shape.facts
        }
        columns = {c.name: c.type for table in shape.tables for c in table.columns}
        self.kinds = {
            name: next((columns[part] for part in (name, *reversed(name.split("_"))) if part in columns), "text")
            for name in shape.facts
        }
        counts: dict[str, int] = {}
        for words in (*self.tools.values(), *self.tables.values()):
            for word in words:
                counts[word] = counts.get(word, 0) + 1
        self.rare = {word: 1.0 / count for word, count in counts.items()}
        self.sentences = {rule: pack.domain.rules[rule].say for rule in shape.rules}
        self.gives = {tool: set(columns) for tool, columns in shape.columns_of.items()}
        keys = {table.key for table in shape.tables}
        self.needs = {n: {c for _, c in t.refers if c in keys} for n, t in pack.tools.items()}

    def fit(self, words: frozenset[str], said: frozenset[str]) -> float:
        """The share of a text's rare words that were said, in [0, 1]."""
        whole = sum(self.rare.get(word, 1.0) for word in words)
        return sum(self.rare.get(word, 1.0) for word in words & said) / whole if whole else 0.0


@lru_cache(maxsize=256)
def reading_of(pack: Pack) -> _Reading:
    return _Reading(pack)


def _bucket(value: float) -> int:
    return min(4, int(value * 5))


class _State:
    """One moment, as features are made of it."""

    def __init__(self, reading: _Reading, seat: AssistantSeat) -> None:
        self.reading, self.seat = reading, seat
        memory = seat.memory
        said = " ".join(e.text for e in seat.episode.events if isinstance(e, Said) and e.seat == USER)
        first = next((e.text for e in seat.episode.events if isinstance(e, Said) and e.seat == USER), "")
        self.opening, self.said = _words(first), _words(said)
        tools = seat.episode.tools
        fits = {name: reading.fit(words, self.opening) for name, words in reading.tools.items() if name in tools}
        writes = sorted((n for n in fits if tools[n].writes), key=lambda n: (-fits[n], n))
        self.rank = {name: min(place, 3) for place, name in enumerate(writes)}
        self.fits = fits
        self.wanted = [name for name in writes if fits[name] > 0][:2]
        self.informs = {name: reading.fit(words, self.opening) for name, words in reading.tables.items()}
        best_write = fits[writes[0]] if writes else 0.0
        best_table = max(self.informs.values(), default=0.0)
        self.leaning = "write" if best_write >= best_table else "tell"
        self.rules: dict[str, list[str]] = {}
        missing = {
            column
            for name in self.wanted[:1]
            for rule in reading.governing[name]
            for _, column in reading.pack.domain.because[rule]
            if seat.focus.cell(column) is None
        }
        needed = {c for name in self.wanted[:1] for c in reading.needs[name] if seat.focus.cell(c) is None}
        self.useful = missing | needed
        proposed = bool(seat.memory.affirmed)
        told = "told" if memory.told else "written" if memory.written is not None else ""
        self.head = f"{memory.last}|{memory.last_code}|{proposed}|{told}"
        self.known = min(4, len(memory.facts))
        self.asked = min(4, sum(memory.asked.values()))
        unknown = [name for name in seat.layout.shape.facts if name not in memory.facts and name not in memory.asked]
        left = min(2, sum(bool(reading.facts[name] & reading.identity) for name in unknown))
        places = np.flatnonzero(seat.mask).tolist()
        calls = [c for c in (seat.layout.choices[i] for i in places) if c.kind == "call"]
        new = {c.name for c in calls if not tools[c.name].writes and not memory.calls.get(c.name)}
        giving = {name for name in new if reading.gives.get(name, set()) & self.useful}
        self.stage = f"{left}|{min(2, len(new))}|{bool(giving)}|{self.leaning}"
        order = sorted(new, key=lambda name: (-fits[name], name))
        self.read_rank = {name: min(place, 4) for place, name in enumerate(order)}
        self.refused = sum(memory.refused.values())

    def rule(self, rule: str) -> list[str]:
        """How the values that a rule rests on stand to its sentence."""
        if rule not in self.rules:
            self.rules[rule] = list(self._rule(rule))
        return self.rules[rule]

    def _rule(self, rule: str) -> Iterator[str]:
        reading, seat = self.reading, self.seat
        sentence = reading.sentences[rule]
        text = sentence.lower()
        compared = [phrase for phrase in _COMPARING if re.search(rf"\b{phrase}\b", text)]
        numbers = [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", sentence)]
        governed = seat.layout.words._governed[rule]
        for _, column in reading.pack.domain.because[rule]:
            value = seat.focus.cell(column, governed)
            if value is None:
                yield "unknown"
                continue
            kind = reading.pack.domain.types.get(column, "number" if isinstance(value, int | float) else "text")
            days = day_of(value) if kind in ("date", "datetime") else None
            if days is not None:
                distance = days - seat.memory.now // 1440
                stands = [_against(abs(distance), number) for number in numbers[:2]] or ["-"]
                found = [f"day {'past' if distance < 0 else 'today' if distance == 0 else 'ahead'} {s}" for s in stands]
            elif isinstance(value, int | float):
                amount = value / 100 if kind == "money" else value
                found = [f"number {_against(amount, number)}" for number in numbers[:2]] or [f"number {min(value, 2)}"]
            else:
                found = [f"text {'in' if str(value).replace('_', ' ').lower() in text else 'out'}"]
            for one in found:
                yield one
                yield from (f"{one} {phrase}" for phrase in compared)

    def features(self, number: int, choice: Choice) -> list[str]:
        """A possible choice's."""
        kind, name, reading, seat = choice.kind, choice.name, self.reading, self.seat
        out = [
            kind,
            f"{kind}|stage {self.stage}",
            f"{kind}|asked {self.asked}|{self.stage}",
            f"{kind}|{self.head}|{self.stage}",
            f"{kind}|{self.head}",
            f"{kind}|{self.leaning}|{self.known}",
            f"{kind}|refused {self.refused}",
        ]
        if name:
            about = {"confirm": "do", "call": "do"}.get(kind, kind)
            out += [f"word {word}|{about}|{name}" for word in self.opening]
        if choice.form is not None:
            tool = seat.episode.tools[name]
            effect = "end" if tool.ends else "write" if tool.writes else "read"
            rank, fit = self.rank.get(name, 9), _bucket(self.fits[name])
            called = min(2, seat.memory.calls.get(name, 0))
            k = f"{kind} {effect}"
            gives = len(reading.gives.get(name, set()) & self.useful)
            out += [k, f"{k}|rank {rank}|{self.leaning}", f"{k}|fit {fit}", f"{k}|called {called}",
                    f"{k}|gives {min(gives, 2)}|called {called}", f"{k}|known {self.known}|called {called}",
                    f"{k}|{self.head}|rank {min(rank, 1)}"]  # fmt: skip
            if effect == "read" and kind == "call":
                place = self.read_rank.get(name, 9)
                words = reading.tables.get(seat.layout.shape.table_of.get(name, ""), frozenset())
                table_fit = _bucket(reading.fit(words, self.opening))
                out += [f"read rank {place}|gives {min(gives, 2)}|{self.leaning}",
                        f"read {place}|{self.stage}|{min(gives, 1)}", f"read table {table_fit}|{place}",
                        f"read optional {len(choice.form.parts)}",
                        f"read needs {min(2, len(reading.needs[name]))}|{self.stage}|{called}"]  # fmt: skip
            for table, cells in seat.bound[number].rows:
                found = seat.focus.candidates[table]
                candidate = next((c for c in found if c.cells is cells), None)
                if candidate is not None:
                    first = candidate is found[0]
                    out.append(f"{k}|row {first} {min(candidate.same, 2)} {min(candidate.other, 1)}")
                    out.append(f"{k}|linked {first} {min(candidate.unlinked, 1)}")
            parts = [part for _, part in choice.form.parts if isinstance(part, str)]
            for part in parts:
                out.append(f"{k}|value said {bool(_words(part) & self.said)}")
            if effect == "write" and kind in ("call", "confirm"):
                evidence = [one for rule in reading.governing[name] for one in self.rule(rule)]
                out += [f"{kind} rule|{one}" for one in evidence] or [f"{kind} no rule"]
                out.append(f"{kind} rule unknown {'unknown' in evidence}")
        elif kind == "refuse":
            about = [tool for tool in reading.pack.domain.rules[name].governs if tool in self.rank]
            rank = min((self.rank[tool] for tool in about), default=9)
            out += [f"refuse rank {rank}|{self.leaning}", f"refuse again {seat.memory.refused.get(name, 0)}"]
            out += [f"refuse rule|{one}|{min(rank, 1)}" for one in self.rule(name)]
        elif kind == "ask":
            words, types = reading.facts[name], reading.kinds[name]
            opens = [tool for tool in reading.takes[name] if not seat.memory.calls.get(tool)]
            first = any(not reading.needs[tool] for tool in opens)
            wanted = any(tool in opens for tool in self.wanted[:1])
            rules = [rule for tool in self.wanted[:1] for rule in reading.governing[tool]]
            ruled = any(words & _words(reading.sentences[rule]) for rule in rules)
            said = bool(words & self.opening)
            told = _bucket(reading.fit(words, reading.policy))
            out += [f"ask policy {told}|{self.known}", f"ask said {said}|{self.known}",
                    f"ask opens {min(len(opens), 2)}|first {first}|{self.known}", f"ask wanted {wanted}|{self.leaning}",
                    f"ask ruled {ruled}|{wanted}", f"ask type {types}|{self.known}", f"ask {self.head}|first {first}",
                    f"ask identity {bool(words & reading.identity)}|{self.known}|{types}"]  # fmt: skip
        elif kind == "inform":
            order = sorted(self.informs, key=lambda table: (-self.informs[table], table))
            out += [f"inform rank {min(order.index(name), 3)}|{self.leaning}", f"inform {self.head}|{self.leaning}",
                    f"inform fit {_bucket(self.informs[name])}"]  # fmt: skip
        return out


def _against(value: float, number: float) -> str:
    return "less" if value < number else "same" if value == number else "more"


def _seen(seat: AssistantSeat, reading: _Reading) -> tuple[list[int], list[NDArray[np.uint32]]]:
    """The possible choices, and the features of each."""
    state = _State(reading, seat)
    places = np.flatnonzero(seat.mask).tolist()
    found = [state.features(i, seat.layout.choices[i]) for i in places]
    return places, [np.array(sorted({_place(text) for text in texts}), np.uint32) for texts in found]


def one_aim(task: Task) -> bool:
    """Whether one write, or none, is what it is about: the numeric view reads back one call at a time."""
    confirmed = [c for c in task.outcomes[0].criteria if c.kind == "confirmed"]
    return len(confirmed) + sum(c.kind == "refused" for c in task.outcomes[0].criteria) <= 1


def shown(pack: Pack, tasks: Iterable[Task], most: int) -> tuple[list[Shown], int]:
    """The oracle's decisions on at most so many tasks that can be shown to their end, and how many these are."""
    env = AgentToolDiscreteEnv(pack, messages=False)
    reading = reading_of(pack)
    out: list[Shown] = []
    whole = 0
    for task in tasks:
        if whole == most:
            break
        found = demonstrate(env, task)
        if not found.success:
            continue
        whole += 1
        env.reset(options={"task": task})
        for step in found.steps:
            assert env.seat is not None
            places, features = _seen(env.seat, reading)
            if len(places) > 1:
                out.append(Shown(features, places.index(step.choice)))
            env.step(step.choice)
    env.close()
    return out, whole


def fit(
    steps: Sequence[Shown], updates: int, *, seed: int = 0, weights: NDArray[np.float32] | None = None,
    rate: float = 0.3, batch: int = 64, decay: float = 1e-5,
) -> NDArray[np.float32]:  # fmt: skip
    """Weights of shape (SIZE,) after so many updates of `batch` decisions each, drawn alike."""
    w = np.zeros(SIZE, np.float32) if weights is None else weights.copy()
    squares = np.full(SIZE, 1e-6, np.float32)
    draw = np.random.default_rng([stream("reader", seed).below(2**31)])
    for _ in range(updates):
        gradient = np.zeros(SIZE, np.float32)
        for at in draw.integers(len(steps), size=batch):
            step = steps[int(at)]
            p = _probabilities(w, step.features)
            for number, features in enumerate(step.features):
                amount = (number == step.choice) - p[number]
                if abs(amount) > 1e-4:
                    gradient[features] += amount
        gradient = gradient / batch - decay * w
        squares += gradient * gradient
        w += rate * gradient / np.sqrt(squares)
    return w


def _probabilities(w: NDArray[np.float32], features: Sequence[NDArray[np.uint32]]) -> NDArray[np.float64]:
    scores = np.array([w[places].sum() for places in features], np.float64)
    found = np.exp(scores - scores.max())
    return found / found.sum()


class Reader:
    """The policy of some weights: the most probable choice."""

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self.weights = weights

    def start(self, episode: Episode) -> Callable[[View], object]:
        reading = reading_of(episode.pack)
        layout = reading.layout
        observation, mask = np.zeros(layout.size, np.float32), np.zeros(len(layout.choices), np.int8)
        seat = AssistantSeat(layout, episode, observation, mask)
        begun = False

        def act(view: View) -> Action | Any:
            nonlocal begun
            del view
            if begun:
                seat.look()
            begun = True
            places, features = _seen(seat, reading)
            scores = [float(self.weights[found].sum()) for found in features]
            return seat.action(places[int(np.argmax(scores))])

        return act
