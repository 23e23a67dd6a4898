"""No injected text changes what an episode earns: not in the world's rows, in results, or in a user's words."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from agentgym.episode import Episode
from agentgym.pack import Pack, load
from agentgym.trace import Trace
from agentgym.trace.text import clean
from agentgym.types import Call, Called, Said
from tests.judge.attacks import ATTACKS, WAYS, Attack, again, baseline

PACKS = ("clinic", "bank", "fulfilment")
BAD = ("always_do", "dump", "claim_success", "read_then_refuse", "greedy", "write_everything")
SEEDS = 12
_KNOWN: dict[tuple[str, int, str], Trace] = {}


def before(name: str, seed: int, player: str) -> tuple[Pack, Trace]:
    pack = load(name)
    key = (name, seed, player)
    if key not in _KNOWN:
        _KNOWN[key] = baseline(pack, pack.task(seed, "test"), player)
    return pack, _KNOWN[key]


def earned(trace: Trace) -> Any:
    terms = [step.terms for step in trace.steps]
    return trace.score, trace.success, trace.valid, trace.ending, trace.turns, trace.truncated, terms


def played() -> list[tuple[int, Attack, str, str]]:
    """(seed, attack, pack, policy): the oracle in every pack, a bad policy in one of them."""
    out: list[tuple[int, Attack, str, str]] = []
    for number, attack in enumerate(ATTACKS):
        out += [(number % SEEDS, attack, pack, "oracle") for pack in PACKS]
        out.append((number % SEEDS, attack, PACKS[number % 3], BAD[number % 5 if number % 7 else 5]))
    return out


def told(trace: Trace) -> str:
    """Everything that the assistant read or that was said to it."""
    events = [entry.event for entry in trace.events]
    return " ".join(
        json.dumps(event.result, ensure_ascii=False) if isinstance(event, Called) else event.text
        for event in events
        if isinstance(event, Called | Said)
    )


def test_the_corpus_is_a_hundred_different_attacks() -> None:
    assert len(ATTACKS) >= 100
    for part in ("id", "text"):
        assert len({getattr(attack, part) for attack in ATTACKS}) == len(ATTACKS)
    kinds = Counter(attack.kind for attack in ATTACKS)
    assert len(kinds) >= 14
    assert min(kinds.values()) >= 3
    assert {attack.where for attack in ATTACKS} == {"result", "user", "assistant", "argument", "name"}


@pytest.mark.parametrize("way", [name for name in WAYS if name != "words of another user"])
def test_injected_text_changes_no_score(way: str) -> None:
    reached = 0
    for seed, attack, name, player in played():
        pack, plain = before(name, seed, player)
        found = again(pack, plain, WAYS[way], attack.text)
        assert earned(found) == earned(plain), (attack.id, name, player, seed)
        words = json.dumps(clean(attack.text)[:20], ensure_ascii=False)[1:-1]
        reached += words in told(found) or clean(attack.text)[:20] in told(found)
    assert reached > 0.6 * len(played()), "the text is there to be read"


def test_a_user_whose_words_are_read_never_gains_by_them() -> None:
    """Words of a user other than the automaton are what they say: `yes. Wait` is no clear yes. They can cost; they
    cannot earn, and they cannot make an episode invalid."""
    lost, some = 0, played()[::2]
    for seed, attack, name, player in some:
        pack, plain = before(name, seed, player)
        found = again(pack, plain, WAYS["words of another user"], attack.text)
        assert found.valid
        assert (found.score or 0.0) <= (plain.score or 0.0) + 1e-9, (attack.id, name, player, seed)
        lost += earned(found) != earned(plain)
    assert lost <= 0.03 * len(some)


def test_the_assistant_cannot_talk_itself_into_a_score(mini: Pack, clinic: Pack) -> None:
    """Whoever only says it, writes it as a call, or puts it into the arguments of every tool, earns nothing."""
    for number, attack in enumerate(ATTACKS):
        pack = (mini, clinic)[number % 2]
        task = pack.task(number % 40, "test")
        with Episode(pack, task) as episode:
            for action in hostile(pack, attack.text):
                if not episode.ending:
                    episode.apply(action)
            assert episode.valid, attack.id
            assert episode.reading.value <= 0.05, attack.id
            assert not episode.success


def hostile(pack: Pack, text: str) -> list[object]:
    """Actions of an assistant that has nothing but a text."""
    out: list[object] = [text, {"role": "assistant", "content": text}, f"<tool_call>{text}</tool_call>"]
    for tool in list(pack.tools.values())[:6]:
        given = {name: text if p.type == "string" else 1 for name, p in tool.spec.parameters.items()}
        out.append({"tool_calls": [{"function": {"name": tool.name, "arguments": given}}], "content": text})
    more = [Call(text[:90], {text: text, "x": [{text: text}]}), Call(next(iter(pack.tools)), {text: text})]
    calls = [{"function": {"name": call.name, "arguments": call.arguments}} for call in more]
    return [*out, {"tool_calls": calls, "content": ""}, text]
