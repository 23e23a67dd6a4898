# pyright: basic
"""Loading and saving language models and their tokenizers: by name, by path, or made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentgym.errors import UsageError
from agentgym.training.engine import Engine
from agentgym.training.tiny import SIZES, tiny_model, tiny_tokenizer

__all__ = [
    "autocast", "base", "begin", "device_of", "engine_of", "load", "load_state", "prepared", "require", "save",
    "save_state", "weights", "with_lora",
]  # fmt: skip


def require(*modules: str, extra: str = "train") -> None:
    """Raise a UsageError that says what to install, when one of these cannot be imported."""
    from importlib.util import find_spec

    gone = [module for module in modules if find_spec(module) is None]
    if gone:
        raise UsageError(f"{' and '.join(gone)} not installed: pip install 'agentgym-tooluse[{extra}]'")


def device_of(name: str = "auto") -> Any:
    """A torch device: `auto` takes an accelerator where there is one. Raises UsageError for one that is not there."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(
            f"--device {name}: torch {torch.__version__} sees no GPU; take --device cpu, or install torch with CUDA"
        )
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as trouble:
        raise UsageError(f"--device {name}: {str(trouble).splitlines()[0]}") from None


def load(
    name: str, *, texts: Callable[[], Iterable[str]] = tuple, words: Sequence[str] = (), seed: int = 0,
    vocabulary: int = 1536, dtype: Any = None, attention: str | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """A causal LM and its tokenizer.

    Args:
        name: a folder, of a model or of a run (its `best`, else its `model`), a model's name, or one of the sizes in
            `agentgym.training.tiny.SIZES`: then a randomly initialised model is made, and a tokenizer of at most
            `vocabulary` tokens from `texts`.
        texts: what the tokenizer of a new model is made from.
        words: they are a token each, besides.
        seed: of a new model's weights.
        dtype: a torch dtype; None for float32.
        attention: as transformers has it: `sdpa`, `flash_attention_2`, `eager`; None for the best that the model takes.

    Raises:
        UsageError: there is no such folder or model, or something is not installed, or the model's log-probabilities
            would be other than `agentgym.training.logprobs` computes them.
    """
    require("torch", "transformers")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if name in SIZES:
        tokenizer = tiny_tokenizer(texts(), vocabulary, words)
        return tiny_model(len(tokenizer), seed, name).to(dtype or torch.float32), tokenizer
    path = Path(name)
    if path.is_dir() and not (path / "config.json").exists():
        name = str(next((path / part for part in ("best", "model") if (path / part).is_dir()), path))
    if not path.exists() and (path.is_absolute() or name.startswith((".", "runs/"))):
        raise UsageError(f"no folder {name}: give a folder with a saved model, a model's name, or {', '.join(SIZES)}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype or torch.float32, attn_implementation=attention)
    except (OSError, ValueError, ImportError) as trouble:
        raise UsageError(f"cannot load {name}: {str(trouble).splitlines()[0]}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    _check_logits(model)
    return model, tokenizer


def save(folder: str | Path, model: Any, tokenizer: Any) -> None:
    """Save both, such that `load` and any program of the transformers library reads them: LoRA's matrices are added to
    the weights that they stand beside, so that what is saved needs no other model."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    base(model).save_pretrained(folder, state_dict=dict(weights(model)))
    tokenizer.save_pretrained(folder)


def base(model: Any) -> Any:
    """The model of the transformers library, without what LoRA puts around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def weights(model: Any) -> Iterator[tuple[str, Any]]:
    """Names and weights of a model, as the transformers library has them; LoRA's matrices are added to those that they
    stand beside, one at a time."""
    import torch

    core = base(model)
    for name, value in core.state_dict().items():
        owner, beside, rest = name.partition(".base_layer.")
        if beside and rest == "weight":
            layer = core.get_submodule(owner)
            with torch.no_grad():
                value = sum((layer.get_delta_weight(adapter) for adapter in layer.active_adapters), start=value)
        if ".lora_" not in name:
            yield name.replace(".base_layer.", "."), value


def with_lora(model: Any, rank: int, seed: int = 0) -> Any:
    """The model with trainable low-rank matrices beside every linear layer but the last (LoRA, Hu et al. 2021), the
    rest frozen. Raises UsageError without the peft library."""
    require("peft", extra="lora")
    import warnings

    import torch
    from peft import LoraConfig, get_peft_model

    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between these two libraries
        torch.manual_seed(seed)
        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
        return get_peft_model(model, config)


def autocast(name: str) -> Any:
    """The torch dtype of `float32` (None: no autocast) or `bfloat16`. Raises UsageError for another name."""
    import torch

    if name not in ("float32", "bfloat16"):
        raise UsageError(f"--dtype is float32 or bfloat16, found {name}")
    return torch.bfloat16 if name == "bfloat16" else None


def prepared(model: Any, settings: Any, decay: float, optimizer: str = "adamw") -> tuple[Any, Any]:
    """A model on its device, ready to be trained, and its optimizer.

    Args:
        settings: has `lora` (a rank, 0 for none), `seed`, `checkpointing`, `device`, `rate` and `context`.
        decay: weight decay.
        optimizer: `adamw`, or `muon` (`agentgym.training.muon`).

    Raises:
        UsageError: no such device or optimizer, no peft for LoRA, or a context that the model does not have.
    """
    import torch

    if optimizer not in ("adamw", "muon"):
        raise UsageError(f"--optimizer is adamw or muon, found {optimizer}")

    room = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if room and settings.context > room:
        raise UsageError(f"--context {settings.context}: this model reads at most {room} tokens")
    if settings.lora:
        model = with_lora(model, settings.lora, settings.seed)
    if settings.checkpointing:
        (getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable)()
    model.to(device_of(settings.device)).train()
    if optimizer == "muon":
        from agentgym.training.muon import Muon

        return model, Muon(model, settings.rate, decay)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return model, torch.optim.AdamW(trained, lr=settings.rate, weight_decay=decay, betas=(0.9, 0.95))


def _check_logits(model: Any) -> None:
    """Refuse a model whose logits are more than its last hidden states times its output layer."""
    import torch

    from agentgym.training.logprobs import token_logprobs

    was = model.training
    model.eval()
    ids = torch.arange(8)[None]
    with torch.no_grad():
        found, _ = token_logprobs(model, ids, ids >= 0)
        logs = model(input_ids=ids).logits.float().log_softmax(-1)
    model.train(was)
    if not torch.allclose(found, logs[0, :-1].gather(-1, ids[0, 1:, None])[:, 0], atol=1e-2):
        raise UsageError(
            f"{type(model).__name__} changes its logits after the output layer (softcapping or the like), which is not "
            "supported: take another model"
        )


def engine_of(name: str, model: Any, tokenizer: Any, context: int, dtype: str) -> Engine:
    """The engine `hf` or `vllm` for a model. Raises UsageError for another name."""
    if name == "hf":
        from agentgym.training.hf import HFEngine

        return HFEngine(model, pad=tokenizer.pad_token_id, dtype=autocast(dtype), parts=True)
    if name == "vllm":
        from agentgym.training.vllm import VLLMEngine

        return VLLMEngine(model, context=context, dtype=dtype)
    raise UsageError(f"--engine is hf or vllm, found {name}")


def save_state(folder: str | Path, model: Any, optimizer: Any, rest: Mapping[str, Any]) -> None:
    """Write `state.pt`, from which a run goes on exactly: whole, or not at all. Frozen weights are not in it."""
    import torch

    path, gone = Path(folder) / "state.pt", _frozen(model)
    own = {name: value for name, value in model.state_dict().items() if name not in gone}
    torch.save({**rest, "model": own, "optimizer": optimizer.state_dict()}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def begin(folder: str | Path) -> None:
    """Make the folder of a run that begins anew: nothing is left there from which another could be gone on with."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "state.pt").unlink(missing_ok=True)


def load_state(folder: str | Path, model: Any, optimizer: Any) -> dict[str, Any]:
    """Take over what `save_state` wrote, and return the rest. Raises UsageError where nothing was written, or that of
    another model."""
    import torch

    path = Path(folder) / "state.pt"
    if not path.exists():
        raise UsageError(f"nothing to go on from in {folder}: leave --resume out")
    state = torch.load(path, map_location=next(model.parameters()).device, weights_only=True)
    try:
        missing, other = model.load_state_dict(state.pop("model"), strict=False)
        if other or set(missing) - _frozen(model):
            raise ValueError("other weights")
        rates = [group["lr"] for group in optimizer.param_groups]
        optimizer.load_state_dict(state.pop("optimizer"))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):  # it may be another from here on
            group["lr"] = rate
    except (KeyError, RuntimeError, ValueError):
        raise UsageError(f"{path} is of another model: give the options of {folder}/settings.json again") from None
    return state


def _frozen(model: Any) -> set[str]:
    """Names of the weights that training leaves alone."""
    named = model.named_parameters(remove_duplicate=False)
    return {name for name, weight in named if not weight.requires_grad}
