# pyright: basic
"""Sampling with vLLM in this process: paged keys and values, prefix caching, weights handed over after each update."""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import deepcopy
from tempfile import TemporaryDirectory
from typing import Any

from agentgym.errors import UsageError
from agentgym.training import models
from agentgym.training.engine import Request, Sample

__all__ = ["VLLMEngine"]

_ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # these are the learner's threads too
}


class VLLMEngine:
    """Samples with vLLM; earlier turns of a conversation come from its prefix cache.

    Each request samples with a seed of its own. On a processor that gives the same tokens however requests are batched,
    but for rounding, as `HFEngine` does; on a GPU rounding hangs on the batch, and now and then turns a token.

    Attributes:
        prompt_tokens: of all requests so far.
        cached_tokens: how many of these came from the prefix cache.

    Args:
        model: the learner, a causal LM of the transformers library, LoRA around it or not.
        context: most tokens of a conversation.
        dtype: `float32` or `bfloat16`.
        memory: share of a GPU's memory that vLLM may take.

    Raises:
        UsageError: vLLM is not installed or does not start, or refuses the model.
    """

    def __init__(self, model: Any, *, context: int = 4096, dtype: str = "float32", memory: float = 0.4) -> None:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # in this process: weights are handed over in memory
        try:
            from vllm import LLM  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
            from vllm.platforms import current_platform  # pyright: ignore[reportMissingImports]
        except ImportError as trouble:
            wanted = "pip install 'agentgym-tooluse[vllm]', or take --engine hf"
            raise UsageError(f"--engine vllm: {_line(trouble)}; {wanted}") from None
        except RuntimeError as trouble:  # builds of torch and torchvision that do not belong together
            raise UsageError(f"--engine vllm: vLLM does not start: {_line(trouble)}") from None
        core = models.base(model)
        config = deepcopy(core.config)
        config.architectures = [type(core).__name__]
        # On a processor prompts are computed whole: after a piece of one vLLM sets the request's generator back, which
        # generators there cannot be. Nor is anything compiled.
        plain = {"enforce_eager": True, "enable_chunked_prefill": False, "max_num_batched_tokens": max(4096, context)}
        with TemporaryDirectory() as folder:
            config.save_pretrained(folder)
            try:
                self._llm = LLM(
                    model=folder, load_format="dummy", skip_tokenizer_init=True, dtype=dtype, max_model_len=context,
                    enable_prefix_caching=True, gpu_memory_utilization=memory, disable_log_stats=True,
                    logprobs_mode="raw_logprobs", **(plain if current_platform.is_cpu() else {}),
                )  # fmt: skip
            except (ValueError, RuntimeError, NotImplementedError) as trouble:
                raise UsageError(f"--engine vllm: vLLM does not take this model: {_line(trouble)}") from None
        self.prompt_tokens = self.cached_tokens = 0
        self.update(model)

    def update(self, model: Any) -> None:
        """Take over the learner's weights, and forget what was computed with the old ones."""
        self._llm.collective_rpc(
            "reload_weights", kwargs={"weights_iterator": models.weights(model), "is_checkpoint_format": True}
        )
        if not self._llm.reset_prefix_cache():
            raise RuntimeError("vLLM keeps keys and values that were computed with earlier weights")

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """A turn for each request, see `agentgym.training.engine.Engine`."""
        from vllm import SamplingParams  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

        params = [
            SamplingParams(
                max_tokens=limit, temperature=temperature, seed=request.seed, stop_token_ids=[end], ignore_eos=True,
                logprobs=0, detokenize=False,
            )
            for request in requests
        ]  # fmt: skip
        prompts: Any = [{"prompt_token_ids": list(request.ids)} for request in requests]
        samples: list[Sample] = []
        for output in self._llm.generate(prompts, params, use_tqdm=False):
            self.prompt_tokens += len(output.prompt_token_ids)
            self.cached_tokens += output.num_cached_tokens or 0
            found = output.outputs[0]
            ids = list(found.token_ids)
            logprobs = [step[token].logprob for token, step in zip(ids, found.logprobs, strict=True)]
            samples.append(Sample(ids, logprobs, bool(ids) and ids[-1] == end))
        return samples


def _line(trouble: Exception) -> str:
    """What an exception says, in one line; of pydantic's, what is wrong and not how many things are."""
    lines = str(trouble).splitlines() or [type(trouble).__name__]
    if len(lines) > 1 and "validation error" in lines[0]:
        return lines[1].strip().removeprefix("Value error, ").partition(". ")[0]
    return lines[0]
