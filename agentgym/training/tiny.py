# pyright: basic
"""A language model small enough for a processor, and its tokenizer, made on the spot from a pack's own text.

The model has the shape of Qwen3 with a few hundred thousand to some million parameters and random weights. It is saved
and loaded like any other, so that what trains it trains a real one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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


def tiny_tokenizer(texts: Iterable[str], size: int = 1024, words: Sequence[str] = ()) -> Any:
    """Byte-level BPE of at most `size` tokens over the texts, and a token for each of the words, a blank before it or
    not. Every digit is a token, too: so ids and names can be copied."""
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
    names = re.compile(rf" ?\b(?:{'|'.join(map(re.escape, words))})\b") if words else None
    bpe.train_from_iterator((names.sub("", text) for text in texts) if names else texts, trainer)
    bpe.add_tokens([AddedToken(mark, normalized=False) for mark in MARKS])
    bpe.add_tokens([AddedToken(word, normalized=False, single_word=True) for word in words])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def tiny_model(vocabulary: int, seed: int, size: str = "tiny", **shape: Any) -> Any:
    """A randomly initialised causal LM of Qwen3's shape, in float32.

    Weights are drawn with a standard deviation of 1/√(hidden size). At 0.02, which is right for hidden sizes in the
    thousands, attention of so small a model says nothing for hundreds of updates. What else is done lets it learn
    early to find a value by what stands beside it (`agentgym.training.priming`). Six values of five digits were
    recalled by their keys after 300 to 500 updates of 8 lists in five of five draws, at a rate of 1e-3; without it, in
    none of two after 800.

    * The heads of the first layer look back by one, two, ... tokens at first. A later layer needs to know what stood
      before a token (Olsson et al. 2022, "In-context learning and induction heads").
    * Queries are half their keys, so that like finds like (Trockman & Kolter 2023, "Mimetic initialization").
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
        model = Qwen3ForCausalLM(config).float()
    _look_for_like(model)
    _look_back(model)
    return model


def _look_for_like(model: Any, share: float = 0.5) -> None:
    """Make queries partly what the keys are, in all layers."""
    size, groups = model.config.head_dim, model.config.num_key_value_heads
    for layer in model.model.layers:
        query, key = layer.self_attn.q_proj.weight.data, layer.self_attn.k_proj.weight.data
        keys = key.view(groups, 1, size, -1).expand(-1, query.shape[0] // key.shape[0], -1, -1)
        query.mul_(1 - share).add_(keys.reshape(query.shape), alpha=share)


def _look_back(model: Any, constant: float = 0.5, sharp: float = 1.5) -> None:
    """Make head h of the first layer look back by h + 1 tokens.

    All tokens get the same first component. Of it, keys become the vector whose rotary pairs are all (1, 0), and
    queries that vector turned back by so many places: their product is largest where they are that far apart.
    """
    import torch

    config, attention = model.config, model.model.layers[0].self_attn
    half = config.head_dim // 2
    model.model.embed_tokens.weight.data[:, 0] = constant
    angle = model.model.rotary_emb.inv_freq
    query, key = attention.q_proj.weight.data, attention.k_proj.weight.data
    query.mul_(0.1)
    key.mul_(0.1)
    for head in range(config.num_attention_heads):
        turned = torch.cat([torch.cos((head + 1) * angle), -torch.sin((head + 1) * angle)])
        query[head * 2 * half : (head + 1) * 2 * half, 0] = turned
    key[:, 0] = torch.cat([torch.ones(half), torch.zeros(half)]).repeat(config.num_key_value_heads)
    attention.q_norm.weight.data.fill_(sharp)
    attention.k_norm.weight.data.fill_(sharp)
