"""The short way of a message that is one call and nothing else: it reads as the long way does."""

from __future__ import annotations

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from agentgym.episode import Episode, View, parse
from agentgym.episode.parse import _tagged, spoken  # pyright: ignore[reportPrivateUsage]
from agentgym.pack import Pack
from agentgym.types import Said

PIECES = st.lists(
    st.sampled_from([
        "<tool_call>", "</tool_call>", '{"name": "wait", "arguments": {"minutes": 5}}', '{"name": "x"}', "{", "words",
        "<think>", "</think>", " ", "\n", "think>", "é",
    ]),
    max_size=8,
).map("".join)  # fmt: skip


@given(PIECES, st.integers(0, 3))
@example('<tool_call>{"name": "x"}</tool_call>', 0)
@example('<tool_call>{"name": "x"}</tool_call>', 1)
@example("<tool_call>{<tool_call></tool_call>", 1)
@example("<tool_call></tool_call></tool_call>", 1)
@example("<tool_call>", 1)
def test_one_call_reads_as_any_number_of_calls(text: str, most: int) -> None:
    for whole in (text, f"<tool_call>{text}</tool_call>"):
        if "<tool_call>" in spoken(whole):
            assert parse(whole, most) == _tagged(spoken(whole), most)


def test_what_is_new_is_the_tail_whenever_it_is_looked_at(clinic: Pack) -> None:
    """One view looks at its transcript after every action, one at the end alone."""
    task = clinic.task(3)
    with Episode(clinic, task) as episode:
        often, late = View(episode), View(episode)
        seen = [often.transcript]
        assert often.new == often.transcript
        assert often.new_messages == often.messages
        for action in task.oracle:
            before = list(often.messages)
            episode.apply(action)
            often.catch_up()
            assert often.transcript.startswith(seen[-1])
            assert often.transcript.endswith(often.new)
            assert often.messages[: len(before)] == before
            assert often.messages[-len(often.new_messages) :] == often.new_messages
            assert all(message["role"] in ("tool", "user") for message in often.new_messages)
            seen.append(often.transcript)
        late.catch_up()
        assert (late.transcript, late.new, late.messages) == (often.transcript, often.new, often.messages)
        said = [event.text for event in episode.events if isinstance(event, Said) and not event.beside]
        assert [text for text in said if text not in late.transcript] == []
        assert msgspec.json.decode(msgspec.json.encode(late.messages)) == late.messages
