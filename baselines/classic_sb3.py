"""For classic.py: PPO and MaskablePPO of stable-baselines3 and sb3-contrib on `AgentToolDiscrete-v0`.

The policy is a hidden layer beside a linear map, added to a first guess in which every kind of choice is equally
likely; the critic has the same shape. Half of the episodes are played in this process, the others in further ones.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from classic_play import Choose, Players, Share, seeds_of, work
from gymnasium import spaces
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agentgym.numeric import demonstrate

__all__ = ["Learner", "TrainingEnvs"]

_EVERY = 20.0  # seconds between two lines of progress, and two states on disk
_LAST = 0.02  # share of the step size that is left at the end
_TO_CHECK = 0.1  # share of the demonstrations that tells which weights to take
_EPOCHS = 20  # passes over the demonstrations


# --- episodes -------------------------------------------------------------------------------------------------------


class TrainingEnvs(VecEnv):
    """Episodes in several processes, the first share of them in this one.

    A turn limit ends an episode for good (no bootstrap): the share of turns that are used up is in the observation.
    """

    def __init__(self, settings: Any) -> None:
        parts = max(1, min(settings.workers, settings.envs))
        self.sizes = [len(part) for part in np.array_split(np.arange(settings.envs), parts)]
        context = multiprocessing.get_context("spawn")
        self.pipes, self.processes = list[Any](), list[Any]()
        for place, size in enumerate(self.sizes[1:], start=1):
            mine, theirs = context.Pipe()
            self.processes.append(context.Process(target=work, args=(theirs, settings, size, place), daemon=True))
            self.processes[-1].start()
            theirs.close()
            self.pipes.append(mine)
        self.share = Share(settings, self.sizes[0], 0)
        self.size, self.choices = self.share.players.observations.shape[1], self.share.players.masks.shape[1]
        super().__init__(settings.envs, spaces.Box(-1.0, 1.0, (self.size,), np.float32), spaces.Discrete(self.choices))
        self.masks = np.zeros((settings.envs, self.choices), np.bool_)
        self.ended: list[tuple[bool, float]] = []

    def reset(self) -> np.ndarray:
        for pipe in self.pipes:
            pipe.send(None)
        found = [self.share.reset(), *(pipe.recv() for pipe in self.pipes)]
        self.masks = np.concatenate([part[1] for part in found])
        return np.concatenate([part[0] for part in found])

    def step_async(self, actions: np.ndarray) -> None:
        parts = np.split(actions, np.cumsum(self.sizes)[:-1])
        for pipe, part in zip(self.pipes, parts[1:], strict=True):
            pipe.send(part)
        self._own = parts[0]

    def step_wait(self) -> Any:
        found = [self.share.step(self._own), *(pipe.recv() for pipe in self.pipes)]
        self.masks = np.concatenate([part[1] for part in found])
        ended = [one for part in found for one in part[3]]
        self.ended += [one for one in ended if one is not None]
        rewards = np.array([reward for part in found for reward in part[2]], np.float32)
        over = np.array([one is not None for one in ended])
        return np.concatenate([part[0] for part in found]), rewards, over, [{} for _ in ended]

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.close()  # the process's `recv` raises, and it ends
        for process in self.processes:
            process.join(5.0)
        self.pipes, self.processes = [], []

    def has_attr(self, attr_name: str) -> bool:
        return attr_name == "action_masks"

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        del args, indices, kwargs
        if method_name != "action_masks":
            raise AttributeError(method_name)
        return list(self.masks)

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        del attr_name, indices
        return [None] * self.num_envs  # sb3 asks for `render_mode` alone

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        del value, indices
        raise AttributeError(attr_name)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        del wrapper_class, indices
        return [False] * self.num_envs


# --- the policy -----------------------------------------------------------------------------------------------------


class Beside(nn.Module):
    """A hidden layer for the policy and one for the critic, each beside the inputs themselves."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.policy = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh())
        self.critic = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh())
        self.latent_dim_pi = self.latent_dim_vf = inputs + hidden

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_actor(x), self.forward_critic(x)

    def forward_actor(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.policy(x)], dim=1)

    def forward_critic(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.critic(x)], dim=1)


class Guess(nn.Module):
    """Logits: a linear map, nothing at first, plus the logarithm of the first guess at the end of the inputs."""

    def __init__(self, inputs: int, hidden: int, choices: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs + hidden, choices)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.start, self.end = inputs - choices, inputs

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        guess = latent[:, self.start : self.end]
        return self.linear(latent) + torch.log(torch.where(guess > 0, guess, 1.0))


class _Wide:
    """What both policies share."""

    def __init__(self, *args: Any, hidden: int = 64, **kwargs: Any) -> None:
        self.hidden = hidden
        super().__init__(*args, **kwargs)

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = Beside(self.features_dim, self.hidden)

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)  # type: ignore[misc]
        self.action_net = Guess(self.features_dim, self.hidden, int(self.action_space.n))
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1.0), **self.optimizer_kwargs)


class WidePolicy(_Wide, ActorCriticPolicy):
    """For PPO."""


class WideMaskedPolicy(_Wide, MaskableActorCriticPolicy):
    """For MaskablePPO."""


# --- learning -------------------------------------------------------------------------------------------------------


class Falling:
    """The step size: falls to almost nothing with the time that is left. SB3 calls it before each update."""

    def __init__(self, rate: float) -> None:
        self.rate, self.left = rate, 1.0

    def __call__(self, progress: float) -> float:
        del progress
        return self.rate * max(self.left, _LAST)


class Watch(BaseCallback):
    """Keeps the time, writes `metrics.jsonl` and the state, says how it goes."""

    def __init__(self, learner: Learner) -> None:
        super().__init__()
        self.learner, self.recent = learner, deque[tuple[bool, float]](maxlen=1000)
        self.start, self.said = time.perf_counter() - learner.spent, time.perf_counter()

    def _on_rollout_end(self) -> None:
        learner, ended = self.learner, self.learner.envs.ended
        learner.spent = time.perf_counter() - self.start
        learner.falling.left = learner.left()
        self.recent += ended
        line = {
            "steps": self.num_timesteps, "seconds": round(learner.spent, 2), "episodes": len(ended),
            "success": float(np.mean([won for won, _ in ended])) if ended else None,
            "return": float(np.mean([earned for _, earned in ended])) if ended else None,
            **{name.rpartition("/")[2]: round(float(value), 5) for name, value in self.logger.name_to_value.items()
               if name in _LOGGED},
        }  # fmt: skip
        ended.clear()
        with (learner.out / "metrics.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        if time.perf_counter() - self.said >= _EVERY:
            self.said = time.perf_counter()
            learner.keep()
            won = np.mean([one for one, _ in self.recent]) if self.recent else 0.0
            learner.say(f"{learner.spent:5.0f} s  {self.num_timesteps:9,} steps  training success {100 * won:5.1f} %")

    def _on_step(self) -> bool:
        return self.learner.left() > 0.0


_LOGGED = ("train/entropy_loss", "train/value_loss", "train/approx_kl", "train/explained_variance")


class Learner:
    """One of the two algorithms, its episodes and its clock."""

    def __init__(self, settings: Any, out: Path, say: Any) -> None:
        self.settings, self.out, self.say, self.spent = settings, out, say, 0.0
        self.envs, self.falling = TrainingEnvs(settings), Falling(settings.rate)
        masked = settings.algo == "maskable-ppo"
        adam = {"eps": 1e-6, "betas": (0.9, 0.99)}
        self.model: Any = (MaskablePPO if masked else PPO)(
            WideMaskedPolicy if masked else WidePolicy, self.envs, learning_rate=self.falling, n_steps=settings.length,
            batch_size=min(settings.batch, settings.length * settings.envs), n_epochs=settings.rounds,
            gamma=settings.gamma, gae_lambda=settings.decay, clip_range=settings.clip, ent_coef=settings.entropy,
            max_grad_norm=10.0, seed=settings.seed, device="cpu",
            policy_kwargs={"hidden": settings.hidden, "optimizer_kwargs": adam},
        )  # fmt: skip
        self.masked = masked

    def left(self) -> float:
        """The share of the time or of the steps that is left; of both limits the nearer one."""
        used = [self.spent / self.settings.seconds] if self.settings.seconds else []
        used += [self.model.num_timesteps / self.settings.steps] if self.settings.steps else []
        return 1.0 - max(used)

    def choose(self, *, sample: bool = False) -> Choose:
        """The policy: its most probable choice, or one drawn from it."""

        def chosen(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
            more = {"action_masks": masks} if self.masked else {}
            return self.model.predict(observations, deterministic=not sample, **more)[0]

        return chosen

    def learn(self) -> None:
        """Learn until the time is up or the steps are made; what is learned is kept, also on Ctrl-C."""
        try:
            if self.left() > 0.0:
                self.model.learn(2**62, callback=Watch(self), reset_num_timesteps=False)
        finally:
            self.keep()

    def keep(self) -> None:
        """Write `model.zip` and `state.json`, the new ones in the place of the old ones."""
        self.model.save(self.out / "new.zip", exclude=["learning_rate", "lr_schedule"])
        (self.out / "new.zip").replace(self.out / "model.zip")
        (self.out / "state.json").write_text(json.dumps({"steps": self.model.num_timesteps, "seconds": self.spent}))

    def restore(self) -> None:
        """Go on from what `keep` wrote; episodes that were under way begin anew."""
        state = json.loads((self.out / "state.json").read_text())
        self.model.set_parameters(str(self.out / "model.zip"), exact_match=True, device="cpu")
        self.model.num_timesteps, self.spent = state["steps"], state["seconds"]

    def more(self, pairs: Sequence[Any]) -> dict[str, Any]:
        """What else this algorithm has to report: nothing."""
        del pairs
        return {}

    def close(self) -> None:
        self.envs.close()

    def clone(self, number: int) -> dict[str, Any]:
        """Behaviour cloning of that many demonstrations: the oracle's choices, and what it earned for the critic.

        A tenth of the tasks is left out of the gradient, and the weights that come closest to them are taken.
        """
        players, settings = self.envs.share.players, self.settings
        tasks = [players.task(seed) for seed in seeds_of(number, settings.worlds)]
        found = [(task.pack, demonstrate(players.envs[0], task)) for task in tasks]
        good = [(pack, one.steps) for pack, one in found if one.success]
        fitted = _clone(self.model.policy, players, good, settings, self.masked)
        return {"demonstrations": len(found), "expressible": len(good) / len(found), **fitted}


def _clone(policy: Any, players: Players, demonstrations: Sequence[Any], settings: Any, masked: bool) -> dict[str, Any]:
    """Fit a policy to demonstrations by cross-entropy, and its critic to their discounted returns."""
    parts = np.random.default_rng(settings.seed).permutation(len(demonstrations))
    kept = max(1, int(len(parts) * _TO_CHECK))
    check, fit = (
        _arrays(players, [demonstrations[i] for i in part], settings) for part in (parts[:kept], parts[kept:])
    )
    optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
    source, best, weights = torch.Generator().manual_seed(settings.seed), float("inf"), policy.state_dict()
    for _ in range(_EPOCHS):
        for rows in torch.randperm(len(fit[0]), generator=source).split(512):
            loss, critic, _ = _off(policy, [array[rows] for array in fit], masked)
            optimizer.zero_grad()
            (loss + critic).backward()
            optimizer.step()
        with torch.no_grad():
            loss, _, agreement = _off(policy, check, masked)
        if loss.item() < best:
            best, weights = loss.item(), {name: value.clone() for name, value in policy.state_dict().items()}
            agreed = agreement.item()
    policy.load_state_dict(weights)
    return {"steps": len(fit[0]) + len(check[0]), "left_out_loss": best, "left_out_agreement": agreed}


def _arrays(players: Players, demonstrations: Sequence[Any], settings: Any) -> list[torch.Tensor]:
    """Observations, masks, choices and returns of all steps."""
    seen, masks, choices, returns = [], [], [], []
    for pack, steps in demonstrations:
        gain = 0.0
        for step in reversed(steps):
            gain = step.reward + settings.gamma * gain
            seen.append(players.observed(step.observation, step.mask, pack))
            masks.append(step.mask.astype(np.bool_))
            choices.append(step.choice)
            returns.append(gain)
    arrays = np.stack(seen), np.stack(masks), np.array(choices), np.array(returns, np.float32)
    return [torch.as_tensor(array) for array in arrays]


def _off(policy: Any, batch: Sequence[torch.Tensor], masked: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cross-entropy, the critic's squared error, and how often the policy's first choice is the demonstrated one."""
    seen, masks, choices, returns = batch
    more = {"action_masks": masks} if masked else {}
    values, log, _ = policy.evaluate_actions(seen, choices, **more)
    first = policy.get_distribution(seen, **more).distribution.probs.argmax(dim=1)
    return -log.mean(), ((values.flatten() - returns) ** 2).mean(), (first == choices).float().mean()
