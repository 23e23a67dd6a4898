"""Token streams: built by appending, never tokenised anew, masked, and what the template would have written."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import UsageError
from agentgym.training.stream import ChatTokens

pytest.importorskip("transformers")

CONVERSATION = [
    {"role": "system", "content": "You are the desk."},
    {"role": "user", "content": "Please cancel A17."},
    {"role": "assistant", "content": '<tool_call>\n{"name": "cancel", "arguments": {"id": "A17"}}\n</tool_call>'},
    {"role": "user", "content": '<tool_response>\n{"id": "A17", "status": "cancelled"}\n</tool_response>'},
    {"role": "assistant", "content": "Done: A17 is cancelled."},
    {"role": "user", "content": "Thanks, bye."},
]

# Plain forms of what families of public models write: how roles are marked, how a turn ends, where the system message
# goes.
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HEADERS = (
    "{{ '<|begin|>' }}{% for m in messages %}<|head|>{{ m['role'] }}<|/head|>\n\n{{ m['content'] | trim }}<|eot|>"
    "{% endfor %}{% if add_generation_prompt %}<|head|>assistant<|/head|>\n\n{% endif %}"
)
TURNS = (
    "{{ '<bos>' }}{% if messages[0]['role'] == 'system' %}{% set s = messages[0]['content'] ~ '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set s = '' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ s if loop.first else '' }}{{ m['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
INSTRUCT = (
    "{{ '<s>' }}{% for m in messages %}{% if m['role'] == 'user' %}[INST]{{ m['content'] }}[/INST]"
    "{% elif m['role'] == 'system' %}[SYS]{{ m['content'] }}[/SYS]{% else %}{{ m['content'] }}</s>{% endif %}"
    "{% endfor %}"
)
FAMILIES = {"chatml": (CHATML, "<|im_end|>"), "headers": (HEADERS, "<|eot|>"), "turns": (TURNS, "<end_of_turn>"),
            "instruct": (INSTRUCT, "</s>")}  # fmt: skip
MARKS = ["<|im_start|>", "<|im_end|>", "<|begin|>", "<|head|>", "<|/head|>", "<|eot|>", "<bos>", "<start_of_turn>",
         "<end_of_turn>", "<s>", "</s>", "[INST]", "[/INST]", "[SYS]", "[/SYS]",
         "<|eot_id|>", "<|end|>"]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from agentgym.training.tiny import tiny_tokenizer

    made = tiny_tokenizer((message["content"] for message in CONVERSATION), 512)
    made.add_special_tokens({"additional_special_tokens": MARKS})
    return made


def stream_and_template(tokenizer: Any, template: str) -> tuple[Any, list[int], ChatTokens]:
    tokenizer.chat_template = template
    chat = ChatTokens(tokenizer)
    whole = tokenizer.apply_chat_template(CONVERSATION, tokenize=False, add_generation_prompt=False)
    return chat.stream(CONVERSATION), tokenizer.encode(whole, add_special_tokens=False), chat


@pytest.mark.parametrize("family", FAMILIES)
def test_stream_is_what_the_template_writes(tokenizer: Any, family: str) -> None:
    template, end = FAMILIES[family]
    stream, whole, chat = stream_and_template(tokenizer, template)
    assert stream.ids == whole[: len(stream.ids)]
    assert chat.end == tokenizer.encode(end, add_special_tokens=False)
    assert len(stream.ids) == len(stream.mask) == len(stream.logprobs)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_mask_is_on_what_the_assistant_wrote_and_its_end(tokenizer: Any, family: str) -> None:
    template, end = FAMILIES[family]
    stream, _, _ = stream_and_template(tokenizer, template)
    written = [tokenizer.decode(stream.ids[first:last]) for first, last in stream.spans]
    assert written == [f"{m['content']}{end}" for m in CONVERSATION if m["role"] == "assistant"]
    assert sum(stream.mask) == sum(last - first for first, last in stream.spans)
    assert all(stream.mask[at] for first, last in stream.spans for at in range(first, last))


def test_what_was_sampled_is_kept_as_it_was_sampled(tokenizer: Any) -> None:
    """Ids that a tokenizer would not have chosen for their text stay what they are."""
    tokenizer.chat_template = CHATML
    chat = ChatTokens(tokenizer)
    odd = [tokenizer.encode(letter, add_special_tokens=False)[0] for letter in "Done"]
    assert odd != tokenizer.encode("Done", add_special_tokens=False)
    stream = chat.stream(CONVERSATION[:2])
    stream.given(chat.prompt(CONVERSATION[:2]))
    stream.wrote([*odd, *chat.end], [-0.5] * 5)
    stream.given(chat.between(CONVERSATION[3:4]))
    first, last = stream.spans[0]
    assert stream.ids[first:last] == [*odd, *chat.end]
    assert chat.text(stream.ids[first:last]) == "Done"
    assert stream.logprobs[first:last] == [-0.5] * 5
    assert set(stream.logprobs[:first] + stream.logprobs[last:]) == {0.0}


def test_a_template_that_drops_thoughts_still_keeps_what_was_sampled(tokenizer: Any) -> None:
    """Some templates cut thoughts out of earlier turns; the stream has them, as the model wrote them."""
    tokenizer.chat_template = CHATML.replace("{{ m['content'] }}", "{{ m['content'].split('</think>')[-1] }}")
    chat = ChatTokens(tokenizer)
    conversation = [*CONVERSATION[:2], {"role": "assistant", "content": "<think>hm</think>Yes."}, CONVERSATION[3]]
    stream = chat.stream([*conversation, CONVERSATION[4]])
    assert "<think>hm</think>Yes." in tokenizer.decode(stream.ids)


def test_without_a_template_it_says_what_to_do(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    with pytest.raises(UsageError, match="no chat template: take an instruct model"):
        ChatTokens(tokenizer)


def test_a_template_that_hides_the_assistant_is_refused(tokenizer: Any) -> None:
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}{% endfor %}"
    with pytest.raises(UsageError, match="does not show what the assistant said"):
        ChatTokens(tokenizer)


def test_a_template_that_refuses_a_conversation_is_named(tokenizer: Any) -> None:
    refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    tokenizer.chat_template = refuses + CHATML
    with pytest.raises(UsageError, match="the chat template refuses a conversation: no system role"):
        ChatTokens(tokenizer)


@pytest.mark.skipif(find_spec("trl") is None, reason="needs the templates that come with trl")
@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "llama3_2", "gemma3", "phi3_5", "lfm2"])
def test_templates_of_public_models(tokenizer: Any, name: str) -> None:
    import trl

    tokenizer.bos_token = "<bos>"
    folder = Path(trl.__file__).parent / "chat_templates"
    stream, whole, _ = stream_and_template(tokenizer, (folder / f"{name}.jinja").read_text(encoding="utf-8"))
    assert stream.ids == whole[: len(stream.ids)]
    assert len(stream.spans) == 2
