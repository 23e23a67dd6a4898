# pyright: basic
"""A language model small enough for a processor, and its tokenizer, made on the spot from a pack's own text.

The model has the shape of Qwen3 with a few hundred thousand to some million parameters and random weights. It is saved
and loaded like any other, so that what trains it trains a real one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agentgym.errors import UsageError

__all__ = ["SIZES", "tiny_model", "tiny_tokenizer"]

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML, in the plainest form."""

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]

SIZES: dict[str, dict[str, int]] = {
    "nano": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
    "tiny": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4},
    "small": {"hidden_size": 192, "intermediate_size": 576, "num_hidden_layers": 6},
}


def tiny_tokenizer(texts: Iterable[str], size: int = 1024) -> Any:
    """Byte-level BPE of at most `size` tokens over the texts; every digit is a token, so that ids can be copied."""
    try:
        from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
        from transformers import PreTrainedTokenizerFast
    except ImportError as trouble:
        raise UsageError(f"{trouble}: pip install agentgym-tooluse[train]") from None
    bpe = Tokenizer(models.BPE())
    split = r"\d|[\]}\[{,\"]*\"[a-z_]+\": ?[\[{\"]*| ?[A-Za-z]+|[\]}\[{\",]+|[^\sA-Za-z\d]|\s+"
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(MARKS), special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    bpe.train_from_iterator(texts, trainer)
    bpe.add_tokens([AddedToken(mark, normalized=False) for mark in MARKS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def tiny_model(vocabulary: int, seed: int, size: str = "tiny", **shape: Any) -> Any:
    """A randomly initialised causal LM of Qwen3's shape, in float32.

    Weights are drawn with a standard deviation of 1/√(hidden size). At 0.02, which is right for hidden sizes in the
    thousands, attention of so small a model says nothing for hundreds of updates, and it does not learn to copy ids.
    """
    try:
        import torch
        from transformers import Qwen3Config, Qwen3ForCausalLM
    except ImportError as trouble:
        raise UsageError(f"{trouble}: pip install agentgym-tooluse[train]") from None
    config = Qwen3Config(
        **{
            "vocab_size": vocabulary, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
            "max_position_embeddings": 4096, "tie_word_embeddings": True, "rope_theta": 10000.0,
            "bos_token_id": None, "eos_token_id": 2, "pad_token_id": 0, **SIZES[size], **shape,
        }
    )  # fmt: skip
    config.initializer_range = config.hidden_size**-0.5
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Qwen3ForCausalLM(config).float()
