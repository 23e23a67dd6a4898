# pyright: basic
"""Tasks played inside TRL's `GRPOTrainer`, by its `rollout_func`. Nothing of TRL is imported here.

    rollouts = Rollouts(TaskStream([load("clinic")]).next(400), rendering="compact")
    GRPOTrainer(
        model, args=args, rollout_func=rollouts, reward_funcs=reward, train_dataset=Dataset.from_list(rollouts.rows)
    )

What TRL calls a prompt is a task's id here, since a `rollout_func` sees no other column of the data set. It is given
back the whole conversation as one row: the first messages as `prompt_ids`, all that follows as `completion_ids`,
results and the user's words included, and an `env_mask` that is 1 where the model wrote. Read from TRL 1.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agentgym.errors import UsageError
from agentgym.pack import Pack
from agentgym.rollout import Played
from agentgym.training.engine import Engine
from agentgym.training.sampling import Sampler
from agentgym.training.stream import ChatTokens, Stream
from agentgym.types import Task

__all__ = ["Rollouts", "reward"]


class Rollouts:
    """A `rollout_func`: plays the tasks that the prompts name, with the trainer's present weights and temperature.

    Args:
        tasks: what may be asked for.
        rendering: see `agentgym.training.policy.RENDERINGS`.
        limit: most tokens of a turn. TRL's `max_completion_length` cuts nothing here.
        context: most tokens of a conversation, the prompt included.
        engine: what samples for a trainer, made at the first call; by default `HFEngine` on the trainer's own model.
        seed: sampling is a function of it, of the trainer's step, the task, the sample and the turn.

    Attributes:
        rows: the data set, [{"prompt": id of a task}], in the order of the tasks.
    """

    def __init__(
        self, tasks: Iterable[tuple[Pack, Task]], *, rendering: str = "full", limit: int = 320, context: int = 4096,
        engine: Callable[[Any], Engine] | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        self._tasks = {task.id: (pack, task) for pack, task in tasks}
        self.rows = [{"prompt": key} for key in self._tasks]
        self.seed, self._engine, self._sampler = seed, engine or own_model, None
        self._options = {"rendering": rendering, "limit": limit, "context": context}

    def __call__(self, prompts: Sequence[str], trainer: Any) -> dict[str, list[Any] | None]:
        """The fields that TRL wants, and for reward functions `reward` and `success`.

        Args:
            prompts: ids of tasks, each as often as it is to be played, those of a group side by side.
            trainer: a `GRPOTrainer`.

        Raises:
            UsageError: groups that are not whole, tools in the trainer (it would not read the mask), unknown tasks.
        """
        size = trainer.num_generations if trainer.model.training else trainer.num_generations_eval
        asked = list(prompts[::size])
        if list(prompts) != [prompt for prompt in asked for _ in range(size)]:
            raise UsageError(
                f"a process was given {len(prompts)} prompts that are no whole groups of {size}: make "
                "per_device_train_batch_size × steps_per_generation a multiple of num_generations"
            )
        if trainer.tools:
            raise UsageError("leave out tools and environment_factory: TRL reads no env_mask beside them")
        unknown = [prompt for prompt in asked if prompt not in self._tasks]
        if unknown:
            raise UsageError(f"no task {unknown[0]!r}: take `Rollouts.rows` as the data set")
        sampler = self.sampler(trainer)
        seed = self.seed * 1_000_003 + trainer.state.global_step
        groups = sampler.groups([self._tasks[prompt] for prompt in asked], size, trainer.temperature, seed)
        fields = _fields([pair for group in groups for pair in group], sampler.chat.end)
        if trainer.temperature != 1:
            fields["logprobs"] = None  # TRL's are those of the logits over the temperature
        return fields

    def sampler(self, trainer: Any) -> Sampler:
        """What plays, with the trainer's present weights."""
        if self._sampler is None:
            self._sampler = Sampler(self._engine(trainer), ChatTokens(tokenizer_of(trainer)), **self._options)
        self._sampler.update(trainer.accelerator.unwrap_model(trainer.model))
        return self._sampler


def reward(*, reward: Sequence[float | None], success: Sequence[bool], log_metric: Any = None, **_: Any) -> list[Any]:
    """The reward function: what `Rollouts` found. None, where an engine or a server broke an episode, counts nowhere.
    The share of successes is logged beside it."""
    if log_metric is not None:
        log_metric("success", sum(success) / len(success))
    return list(reward)


def own_model(trainer: Any) -> Engine:
    """`HFEngine` on the trainer's model, in the precision that it trains in."""
    import torch

    from agentgym.training.hf import HFEngine

    dtype = torch.bfloat16 if trainer.args.bf16 else torch.float16 if trainer.args.fp16 else None
    pad = tokenizer_of(trainer).pad_token_id
    return HFEngine(trainer.accelerator.unwrap_model(trainer.model), pad=pad, dtype=dtype, parts=True)


def tokenizer_of(trainer: Any) -> Any:
    """The trainer's tokenizer; of a model that also sees, that of its processor."""
    return getattr(trainer.processing_class, "tokenizer", trainer.processing_class)


def _fields(pairs: Sequence[tuple[Played, Stream]], end: Sequence[int]) -> dict[str, list[Any] | None]:
    """An entry for each episode in each field; what stands behind the model's last word is left out."""
    out: dict[str, list[Any]] = {
        name: [] for name in ("prompt_ids", "completion_ids", "env_mask", "logprobs", "reward", "success")
    }
    for played, stream in pairs:
        first, last = (stream.spans[0][0], stream.spans[-1][1]) if stream.spans else (len(stream.ids), None)
        counts = played.trace.valid and played.trace.score is not None and bool(stream.spans)
        row = {
            "prompt_ids": stream.ids[:first],
            # a row without a completion, where the prompt fills the context, is more than TRL takes
            "completion_ids": stream.ids[first:last] or list(end[:1]),
            "env_mask": stream.mask[first:last] or [0],
            "logprobs": stream.logprobs[first:last] or [0.0],
            "reward": sum(played.rewards) if counts else None,
            "success": played.trace.success,
        }
        for name, value in row.items():
            out[name].append(value)
    return dict(out)
