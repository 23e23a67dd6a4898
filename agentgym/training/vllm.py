# pyright: basic
"""Sampling with vLLM in this process: paged keys and values, prefix caching, weights handed over after each update."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from agentgym.errors import UsageError
from agentgym.training import models
from agentgym.training.engine import Request, Sample

__all__ = ["VLLMEngine"]


class VLLMEngine:
    """Samples with vLLM; earlier turns of a conversation come from its prefix cache.

    Args:
        model: the learner, a causal LM of the transformers library. It is written to a folder once for vLLM to read
            its shape.
        tokenizer: its tokenizer.
        context: most tokens of a conversation.
        dtype: `float32` or `bfloat16`.
        memory: share of a GPU's memory that vLLM may take.

    Raises:
        UsageError: vLLM is not installed, or refuses the model.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, context: int = 4096, dtype: str = "float32", memory: float = 0.4
    ) -> None:
        os.environ.setdefault(
            "VLLM_ENABLE_V1_MULTIPROCESSING", "0"
        )  # in this process: weights are handed over in memory
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        try:
            from vllm import LLM  # pyright: ignore[reportAttributeAccessIssue]
        except ImportError as trouble:
            raise UsageError(f"--engine vllm: {trouble}; pip install vllm, or take --engine hf") from None
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            models.save(folder, merged(model), tokenizer)
            try:
                self._llm = LLM(
                    model=folder, dtype=dtype, max_model_len=context, enable_prefix_caching=True, enforce_eager=True,
                    gpu_memory_utilization=memory, disable_log_stats=True, logprobs_mode="raw_logprobs",
                )  # fmt: skip
            except (ValueError, RuntimeError, NotImplementedError) as trouble:
                raise UsageError(f"vLLM does not take this model: {str(trouble).splitlines()[0]}") from None

    def update(self, model: Any) -> None:
        """Take over the learner's weights, and forget what was computed with the old ones."""
        self._llm.collective_rpc(
            "reload_weights",
            kwargs={"weights_iterator": iter(merged(model).state_dict().items()), "is_checkpoint_format": True},
        )
        self._llm.reset_prefix_cache()

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """A turn for each request, see `agentgym.training.engine.Engine`."""
        from vllm import SamplingParams  # pyright: ignore[reportAttributeAccessIssue]

        params = [
            SamplingParams(
                max_tokens=limit, temperature=temperature, seed=request.seed, stop_token_ids=[end], logprobs=0,
                detokenize=False,
            )
            for request in requests
        ]  # fmt: skip
        prompts: Any = [{"prompt_token_ids": list(request.ids)} for request in requests]
        samples: list[Sample] = []
        for output in self._llm.generate(prompts, params, use_tqdm=False):
            found = output.outputs[0]
            ids = list(found.token_ids)
            logprobs = [step[token].logprob for token, step in zip(ids, found.logprobs, strict=True)]
            samples.append(Sample(ids, logprobs, bool(ids) and ids[-1] == end))
        return samples


def merged(model: Any) -> Any:
    """The model with LoRA's matrices added to its weights, in a copy; itself without LoRA."""
    if not hasattr(model, "merge_and_unload"):
        return model
    from copy import deepcopy

    return deepcopy(model).merge_and_unload()
