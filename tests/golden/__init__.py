"""Whole episodes as digests: what `test_determinism.py` compares between processes, dependencies and commits.

Renew the digests in this folder, once a change of content or behaviour is meant, from the root of the checkout:

    python -m tests.golden
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from agentgym.env import AgentToolEnv
from agentgym.numeric import AgentToolDiscreteEnv
from agentgym.pack import load
from agentgym.policies import CLOSING, POLICIES
from agentgym.seeding import stream

__all__ = ["FILE", "PARTS", "SEEDS", "digests", "golden", "write"]

FILE = Path(__file__).parent / "clinic.json"
POLICIES_PLAYED = ("oracle", "random", "greedy")
SPLITS = ("train", "test")
SEEDS = range(20)
PARTS = ("task", "events", "transcript", "rewards", "world")


def digests(seeds: Iterable[int], splits: Iterable[str] = SPLITS, pack: str = "clinic") -> dict[str, str]:
    """`split/seed/policy` -> the digests of PARTS, for every episode."""
    out: dict[str, str] = {}
    order = list(seeds)
    for split in splits:
        env = AgentToolEnv(pack, split=split)
        for seed in order:
            for policy in POLICIES_PLAYED:
                out[f"{split}/{seed}/{policy}"] = " ".join(map(_digest, _episode(env, seed, policy)))
        env.close()
        numeric = AgentToolDiscreteEnv(pack, split=split)
        for seed in order:
            out[f"{split}/{seed}/numeric"] = " ".join(map(_digest, _numeric(numeric, seed)))
        numeric.close()
    return out


def golden(pack: str = "clinic") -> dict[str, Any]:
    """What the file holds."""
    return {"pack": load(pack).digest, "parts": " ".join(PARTS), "episodes": digests(SEEDS)}


def write() -> None:
    """Renew the file."""
    FILE.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")


def _episode(env: AgentToolEnv, seed: int, policy: str) -> tuple[Any, ...]:
    observation, info = env.reset(seed=seed)
    episode = env.episode
    assert episode is not None
    rewards: list[Any] = []
    for action in itertools.chain(POLICIES[policy](episode), itertools.repeat(CLOSING)):
        observation, reward, terminated, truncated, info = env.act(action)
        rewards.append([reward, info["reward_terms"], terminated, truncated])
        if terminated or truncated:
            break
    shown = [observation, info["messages"], info["tools"]]
    end = [rewards, info["score"], info["ending"], info["valid"], info["turn"]]
    return episode.task, episode.events, shown, end, [episode.world.digest(), episode.world.changes()]


def _numeric(env: AgentToolDiscreteEnv, seed: int) -> tuple[Any, ...]:
    """An episode of the numeric view, with random actions that its mask allows."""
    observation, info = env.reset(seed=seed)
    episode = env.unwrapped.episode
    assert episode is not None
    source = stream("golden", seed)
    seen: list[Any] = []
    rewards: list[Any] = []
    while True:
        mask = [int(i) for i in observation["action_mask"].nonzero()[0]]
        seen.append([hashlib.sha256(observation["observation"].tobytes()).hexdigest(), mask])
        observation, reward, terminated, truncated, info = env.step(source.choice(mask))
        rewards.append([float(reward), bool(terminated), bool(truncated)])
        if terminated or truncated:
            break
    end = [rewards, info["score"], info["ending"], info["valid"], info["turn"]]
    return episode.task, episode.events, seen, end, [episode.world.digest(), episode.world.changes()]


def _digest(part: Any) -> str:
    text = json.dumps(msgspec.to_builtins(part), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]
