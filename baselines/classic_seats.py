"""For classic.py: both seats learn at once, in TorchRL, on the PettingZoo environment `AgentToolDiscrete-v0`.

Independent PPO (de Witt et al. 2020, "Is independent learning all you need in the StarCraft multi-agent challenge?"):
each seat has a policy and a critic of its own, sees its own observation and earns its own reward. The assistant is paid
for the task, the user for keeping to its contract: answering what it is asked, saying nothing undue, contradicting
nothing, affirming what is right, leaving when it is time. A seat's turn lasts until it acts again; what it earns
meanwhile, for instance when the other seat ends the episode, is that turn's.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from classic_play import Choose, rate, seeds_of
from msgspec.structs import replace
from tensordict import TensorDict
from tensordict.nn import TensorDictModule, TensorDictSequential
from torch import nn
from torchrl.envs import PettingZooWrapper, SerialEnv
from torchrl.modules import MaskedCategorical, ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value.functional import generalized_advantage_estimate

from agentgym.episode import Episode
from agentgym.numeric import AgentToolDiscreteAEC
from agentgym.types import ASSISTANT, USER, Task

__all__ = ["Learner", "Seats", "turns_of"]

SEATS = (ASSISTANT, USER)
_EVERY = 20.0  # seconds between two lines of progress, and two states on disk
_LAST = 0.02  # share of the step size that is left at the end


class Seats(AgentToolDiscreteAEC):
    """Both seats on random tasks out of some, or on the tasks in `queue` as long as there are any.

    The infos are empty: a learner in numbers has no use for transcripts, and copying them takes most of a step.
    """

    def __init__(self, settings: Any, place: int, split: str = "train") -> None:
        training = split == "train"
        super().__init__(
            settings.pack, split=split, reward=settings.reward, gamma=settings.shaping if training else 1.0
        )  # type: ignore[arg-type]
        self.seeds = seeds_of(settings.tasks, settings.worlds)
        self.turns, self.source = settings.turns if training else 0, np.random.default_rng([settings.seed, place])
        self.queue: list[Task] = []
        self.ended: list[tuple[bool, float]] = []

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        del seed, options  # the wrapper's; which task comes next is said by `seeds` and `queue`
        task = self.queue.pop(0) if self.queue else self.tasks.get(int(self.source.choice(self.seeds)))[1]
        turns = min(task.limits.turns, self.turns or task.limits.turns)
        super().reset(options={"task": replace(task, limits=replace(task.limits, turns=turns))})

    def step(self, action: Any) -> None:
        super().step(action)
        if self.episode is not None and self.episode.ending:
            self.ended.append((self.episode.success, sum(self._contract.level().values())))

    def _look(self, episode: Episode) -> None:
        del episode
        self._assistant.look()
        self._user.look()
        self.infos = {agent: {} for agent in self.agents}


# --- networks -------------------------------------------------------------------------------------------------------


class Net(nn.Module):
    """A hidden layer beside a linear map, which is nothing at first."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh())
        self.linear = nn.Linear(inputs + hidden, outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.cat([x, self.hidden(x)], dim=-1))


class Seat:
    """What one seat has: a policy, a critic, a loss and its optimizer."""

    def __init__(self, name: str, inputs: int, choices: int, settings: Any) -> None:
        self.name, self.settings = name, settings
        keys = (name, "observation", "observation")
        policy = TensorDictModule(Net(inputs, settings.hidden, choices), in_keys=[keys], out_keys=[(name, "logits")])
        self.actor = ProbabilisticActor(
            policy, in_keys={"logits": (name, "logits"), "mask": (name, "action_mask")}, out_keys=[(name, "action")],
            distribution_class=MaskedCategorical, return_log_prob=True, log_prob_key=(name, "log_prob"),
        )  # fmt: skip
        self.critic = ValueOperator(Net(inputs, settings.hidden, 1), in_keys=[keys], out_keys=[(name, "value")])
        self.loss = ClipPPOLoss(
            self.actor, self.critic, clip_epsilon=settings.clip, entropy_coeff=settings.entropy, critic_coeff=0.5,
            normalize_advantage=True,
        )  # fmt: skip
        self.loss.set_keys(
            advantage=(name, "advantage"), value_target=(name, "value_target"), value=(name, "value"),
            action=(name, "action"), sample_log_prob=(name, "log_prob"),
        )  # fmt: skip
        self.optimizer = torch.optim.Adam(self.loss.parameters(), lr=settings.rate, eps=1e-6, betas=(0.9, 0.99))

    def learn(self, batch: TensorDict, left: float) -> None:
        """A few passes over the seat's turns; the step size falls with the time that is `left`."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * left
        for _ in range(self.settings.rounds):
            for rows in torch.randperm(len(batch)).split(self.settings.batch):
                if len(rows) < 2:
                    continue
                losses = self.loss(batch[rows])
                total = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
                self.optimizer.zero_grad()
                total.backward()
                self.optimizer.step()

    def state(self) -> dict[str, Any]:
        return {
            "actor": self.actor.state_dict(), "critic": self.critic.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self.actor.load_state_dict(state["actor"])
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])


def turns_of(seat: str, played: TensorDict, critic: Any, gamma: float, decay: float) -> TensorDict:
    """One seat's turns out of what both played, with advantages and targets of the critic.

    `played` has shape (episodes at once, steps). A turn's reward is all that the seat earns until its next turn, or the
    end of the episode; of an episode that is still going on, its last turn only says what the one before led to.
    """
    out: list[TensorDict] = []
    for row in played.unbind(0):
        acting = row[seat, "mask"].flatten().nonzero().flatten().tolist()
        rewards, over = row["next", seat, "reward"].flatten(), row["next", "done"].flatten()
        ends = over.nonzero().flatten().tolist()
        gained, last = [], []
        for this, after in zip(acting, [*acting[1:], len(rewards)], strict=True):
            end = next((e for e in ends if this <= e < after), None)
            gained.append(rewards[this : after if end is None else end + 1].sum())
            last.append(end is not None)
        if len(acting) < 2:
            continue
        turns = row[acting]
        with torch.no_grad():
            values = critic(turns.select((seat, "observation")))[seat, "value"].reshape(-1, 1)
        whole = len(acting) if last[-1] else len(acting) - 1
        after = torch.cat([values[1:], torch.zeros(1, 1)])[:whole]
        reward, done = torch.stack(gained).reshape(-1, 1)[:whole], torch.tensor(last).reshape(-1, 1)[:whole]
        advantage, target = generalized_advantage_estimate(gamma, decay, values[:whole], after, reward, done, done)
        turns = turns[:whole].select(
            (seat, "observation"), (seat, "action_mask"), (seat, "action"), (seat, "log_prob")
        )  # fmt: skip
        turns[seat, "advantage"], turns[seat, "value_target"] = advantage.unsqueeze(-1), target.unsqueeze(-1)
        turns[seat, "reward"] = reward.unsqueeze(-1)
        out.append(turns)
    return torch.cat(out)


# --- learning -------------------------------------------------------------------------------------------------------


class Clock:
    """How many steps were made: what `Learner.model` is in the other algorithms."""

    num_timesteps = 0


class Learner:
    """Both seats, their episodes and the clock."""

    def __init__(self, settings: Any, out: Path, say: Any) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.out, self.say, self.spent, self.model = settings, out, say, 0.0, Clock()
        if settings.demonstrations:
            raise SystemExit("--demonstrations is for ppo and maskable-ppo")
        self.tables = [Seats(settings, place) for place in range(min(settings.envs, 16))]
        self.envs = SerialEnv(
            len(self.tables), [lambda table=table: PettingZooWrapper(table, use_mask=True) for table in self.tables]
        )
        space = self.tables[0].observation_space(ASSISTANT)
        inputs, choices = space["observation"].shape[0], int(self.tables[0].action_space(ASSISTANT).n)
        self.seats = {name: Seat(name, inputs, choices, settings) for name in SEATS}
        self.inputs = inputs
        if settings.frozen_user:
            state = torch.load(Path(settings.frozen_user) / "model.pt", weights_only=True)
            self.seats[USER].restore(state[USER])
        self.policy = TensorDictSequential(*(seat.actor for seat in self.seats.values()))

    def left(self) -> float:
        """The share of the time or of the steps that is left; of both limits the nearer one."""
        used = [self.spent / self.settings.seconds] if self.settings.seconds else []
        used += [self.model.num_timesteps / self.settings.steps] if self.settings.steps else []
        return 1.0 - max(used)

    def learn(self) -> None:
        """Learn until the time is up or the steps are made; what is learned is kept, also on Ctrl-C."""
        start = said = time.perf_counter()
        start -= self.spent
        seen: Any = self.envs.reset()
        try:
            with (self.out / "metrics.jsonl").open("a") as log:
                while self.left() > 0.0:
                    with torch.no_grad():
                        played = self.envs.rollout(
                            self.settings.length, self.policy, auto_reset=False, tensordict=seen,
                            break_when_any_done=False,
                        )  # fmt: skip
                    seen = self.envs.step_mdp(played[:, -1])
                    seen = self.envs.maybe_reset(seen)
                    line = self._update(played)
                    self.spent = time.perf_counter() - start
                    log.write(json.dumps(line | {"seconds": round(self.spent, 2)}) + "\n")
                    if time.perf_counter() - said >= _EVERY:
                        said = time.perf_counter()
                        log.flush()
                        self.keep()
                        self.say(
                            f"{self.spent:5.0f} s  {self.model.num_timesteps:9,} steps  earned in a turn: assistant "
                            f"{line['assistant_0_reward']:+.3f}, user {line['user_0_reward']:+.3f}"
                        )
        finally:
            self.keep()

    def _update(self, played: TensorDict) -> dict[str, Any]:
        self.model.num_timesteps += played.numel()
        ended = [one for table in self.tables for one in table.ended]
        for table in self.tables:
            table.ended.clear()
        line: dict[str, Any] = {
            "steps": self.model.num_timesteps, "episodes": len(ended),
            "success": float(np.mean([won for won, _ in ended])) if ended else None,
            "contract": float(np.mean([level for _, level in ended])) if ended else None,
        }  # fmt: skip
        for name, seat in self.seats.items():
            gamma, decay = (1.0, 0.9) if name == USER else (self.settings.gamma, self.settings.decay)
            turns = turns_of(name, played, seat.critic, gamma, decay)
            line |= {f"{name}_turns": len(turns), f"{name}_reward": turns[name, "reward"].mean().item()}
            if not (name == USER and self.settings.frozen_user):
                seat.learn(turns, max(self.left(), _LAST))
        return line

    # --- measuring ---

    def choose(self, *, sample: bool = False) -> Choose:
        """The assistant's policy, for the single-seat view: there the built-in user sits opposite."""

        def chosen(observations: np.ndarray, masks: np.ndarray) -> np.ndarray:
            size = masks.shape[1]
            width = observations.shape[1] - size  # the seat's own; here both seats' vectors are as long as the longer
            seen = np.zeros((len(masks), self.inputs), np.float32)
            seen[:, :width] = observations[:, :width]
            possible = np.zeros((len(masks), int(self.tables[0].action_space(ASSISTANT).n)), np.bool_)
            possible[:, :size] = masks
            with torch.no_grad():
                logits = self.seats[ASSISTANT].actor[0].module(torch.as_tensor(seen))
            found = MaskedCategorical(logits=logits, mask=torch.as_tensor(possible))
            return (found.sample() if sample else found.probs.argmax(dim=-1)).numpy()

        return chosen

    def more(self, pairs: Any) -> dict[str, Any]:
        """Held-out success and the user's contract with the two policies facing each other."""
        table = Seats(self.settings, len(self.tables), "test")
        env = PettingZooWrapper(table, use_mask=True)  # it resets once, to see what comes
        table.queue = [task for task, _ in pairs]
        while table.queue:
            with torch.no_grad():
                env.rollout(1000, self.policy)
        levels = [level for _, level in table.ended]
        return {"with_learned_user": rate(won for won, _ in table.ended) | {"contract": float(np.mean(levels))}}

    def keep(self) -> None:
        """Write `model.pt` and `state.json`, the new ones in the place of the old ones."""
        torch.save({name: seat.state() for name, seat in self.seats.items()}, self.out / "new.pt")
        (self.out / "new.pt").replace(self.out / "model.pt")
        (self.out / "state.json").write_text(json.dumps({"steps": self.model.num_timesteps, "seconds": self.spent}))

    def restore(self) -> None:
        """Go on from what `keep` wrote; episodes that were under way begin anew."""
        state = json.loads((self.out / "state.json").read_text())
        for name, found in torch.load(self.out / "model.pt", weights_only=True).items():
            self.seats[name].restore(found)
        self.model.num_timesteps, self.spent = state["steps"], state["seconds"]

    def close(self) -> None:
        if not self.envs.is_closed:
            self.envs.close()
