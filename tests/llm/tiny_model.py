"""A language model of random weights in the shape of Qwen3, with a tokenizer of its own: what a server can be tried on.

    python tests/llm/tiny_model.py FOLDER

Needs torch and transformers, and nothing from a network. The tokenizer is trained on the packs' own words, so that a
conversation takes about as many tokens as it would with a real one. The chat template writes tools and calls as
Qwen3's does (the Hermes format). A quarter of a million weights; heads of 64, the smallest that vLLM computes on a CPU.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

import agentgym
from agentgym.episode import Episode, openai_tools, system_text

LONGEST = 16384
"""Tokens of a conversation."""
VOCABULARY = 2048
END = "<|im_end|>"
SPECIAL = ["<|endoftext|>", "<|im_start|>", END]
TAGS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
"""Tokens of their own, as vLLM's parser of Hermes calls expects, that are part of the text."""
TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
{{- '# Tools\\n\\n<tools>' }}
{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson }}{%- endfor %}
{{- '\\n</tools>\\n\\nCall one by <tool_call>\\n{"name": ..., "arguments": ...}\\n</tool_call><|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- elif message.role != 'system' %}
{{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
{%- for call in message.tool_calls or [] %}
{{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
{{- '}\\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""


def texts() -> Iterator[str]:
    """What is said and shown in some episodes of the clinic."""
    pack = agentgym.load("clinic")
    for seed in range(20):
        with Episode(pack, pack.task(seed)) as episode:
            yield system_text(episode)
            yield json.dumps(openai_tools(episode))
            for action in episode.task.oracle:
                episode.apply(action)
            yield from (str(event) for event in episode.events)


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE, so that it writes and reads anything."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(TAGS), special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator(texts(), trainer)
    made.add_tokens(TAGS)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=END, pad_token="<|endoftext|>", chat_template=TEMPLATE,
        model_max_length=LONGEST, clean_up_tokenization_spaces=False,
    )  # fmt: skip


def main(folder: str) -> None:
    """Write the model and its tokenizer. The same weights each time."""
    words = tokenizer()
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=64, max_position_embeddings=LONGEST, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    Path(folder).mkdir(parents=True, exist_ok=True)
    words.save_pretrained(folder)
    Qwen3ForCausalLM(config).to(torch.float32).save_pretrained(folder)


if __name__ == "__main__":
    main(sys.argv[1])
