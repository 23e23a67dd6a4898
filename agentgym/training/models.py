# pyright: basic
"""Loading and saving language models and their tokenizers: by name, by path, or made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from agentgym.errors import UsageError
from agentgym.training.engine import Engine
from agentgym.training.tiny import SIZES, tiny_model, tiny_tokenizer

__all__ = [
    "autocast", "device_of", "engine_of", "load", "load_state", "prepared", "require", "save", "save_state",
    "with_lora",
]  # fmt: skip


def require(*modules: str) -> None:
    """Raise a UsageError that says what to install, when one of these cannot be imported."""
    from importlib.util import find_spec

    gone = [module for module in modules if find_spec(module) is None]
    if gone:
        raise UsageError(f"{' and '.join(gone)} not installed: pip install 'agentgym-tooluse[train]'")


def device_of(name: str = "auto") -> Any:
    """A torch device: `auto` takes an accelerator where there is one. Raises UsageError for one that is not there."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(
            f"--device {name}: torch {torch.__version__} sees no GPU; take --device cpu, or install torch with CUDA"
        )
    return torch.device(name)


def load(
    name: str, *, texts: Callable[[], Iterable[str]] = tuple, seed: int = 0, vocabulary: int = 1536,
    dtype: Any = None, attention: str = "sdpa",
) -> tuple[Any, Any]:  # fmt: skip
    """A causal LM and its tokenizer.

    Args:
        name: a folder, a model's name, or one of the sizes in `agentgym.training.tiny.SIZES`: then a randomly
            initialised model is made, and a tokenizer of at most `vocabulary` tokens from `texts`.
        texts: what the tokenizer of a new model is made from.
        seed: of a new model's weights.
        dtype: a torch dtype; None for float32.
        attention: as transformers has it: `sdpa`, `flash_attention_2`, `eager`.

    Raises:
        UsageError: there is no such folder or model, or something is not installed.
    """
    require("torch", "transformers")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if name in SIZES:
        tokenizer = tiny_tokenizer(texts(), vocabulary)
        return tiny_model(len(tokenizer), seed, name).to(dtype or torch.float32), tokenizer
    path = Path(name)
    if not path.exists() and (path.is_absolute() or name.startswith((".", "runs/"))):
        raise UsageError(f"no folder {name}: give a folder with a saved model, a model's name, or {', '.join(SIZES)}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype or torch.float32, attn_implementation=attention)
    except (OSError, ValueError, ImportError) as trouble:
        raise UsageError(f"cannot load {name}: {str(trouble).splitlines()[0]}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def save(folder: str | Path, model: Any, tokenizer: Any) -> None:
    """Save both, such that `load` and any program of the transformers library reads them."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def with_lora(model: Any, rank: int, seed: int = 0) -> Any:
    """The model with trainable low-rank matrices beside every linear layer but the last (LoRA, Hu et al. 2021), the
    rest frozen. Raises UsageError without the peft library."""
    require("peft")
    import torch
    from peft import LoraConfig, get_peft_model

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
        return get_peft_model(model, config)


def autocast(name: str) -> Any:
    """The torch dtype of `float32` (None: no autocast) or `bfloat16`. Raises UsageError for another name."""
    import torch

    if name not in ("float32", "bfloat16"):
        raise UsageError(f"--dtype is float32 or bfloat16, found {name}")
    return torch.bfloat16 if name == "bfloat16" else None


def prepared(model: Any, settings: Any, decay: float) -> tuple[Any, Any]:
    """A model on its device, ready to be trained, and its optimizer (AdamW).

    Args:
        settings: has `lora` (a rank, 0 for none), `seed`, `checkpointing`, `device` and `rate`.
        decay: weight decay.
    """
    import torch

    if settings.lora:
        model = with_lora(model, settings.lora, settings.seed)
    if settings.checkpointing:
        model.gradient_checkpointing_enable()
    model.to(device_of(settings.device)).train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    return model, torch.optim.AdamW(weights, lr=settings.rate, weight_decay=decay, betas=(0.9, 0.95))


def engine_of(name: str, model: Any, tokenizer: Any, context: int, dtype: str) -> Engine:
    """The engine `hf` or `vllm` for a model. Raises UsageError for another name."""
    if name == "hf":
        from agentgym.training.hf import HFEngine

        return HFEngine(model, pad=tokenizer.pad_token_id, dtype=autocast(dtype))
    if name == "vllm":
        from agentgym.training.vllm import VLLMEngine

        return VLLMEngine(model, tokenizer, context=context, dtype=dtype)
    raise UsageError(f"--engine is hf or vllm, found {name}")


def save_state(folder: str | Path, model: Any, optimizer: Any, rest: Mapping[str, Any]) -> None:
    """Write `state.pt`, from which a run goes on exactly: whole, or not at all."""
    import torch

    path = Path(folder) / "state.pt"
    torch.save({**rest, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def load_state(folder: str | Path, model: Any, optimizer: Any) -> dict[str, Any]:
    """Take over what `save_state` wrote, and return the rest. Raises UsageError where nothing was written."""
    import torch

    path = Path(folder) / "state.pt"
    if not path.exists():
        raise UsageError(f"nothing to go on from in {folder}: leave --resume out")
    state = torch.load(path, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state.pop("model"))
    optimizer.load_state_dict(state.pop("optimizer"))
    return state
