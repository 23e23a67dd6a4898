"""What servers send, and what they are sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from agentgym.episode import Episode, View
from agentgym.errors import ServerAnswerError
from agentgym.llm import Answer, history, read_answer
from agentgym.llm.answer import complaint
from agentgym.llm.pause import pause, retry_after
from agentgym.pack import Pack
from agentgym.seeding import stream
from tests.llm.server import BODIES, calling, words


def body(message: Any, **more: Any) -> str:
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], **more})


# --- answers ---


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_answer_is_the_servers_fault(name: str) -> None:
    with pytest.raises(ServerAnswerError, match=r"^server: "):
        read_answer(BODIES[name])


@pytest.mark.parametrize("text", ["null", "1e999", "[" * 100_000, '{"choices": {"0": 1}}', "\x00", "9" * 5000])
def test_hostile_bodies_are_faults_and_not_crashes(text: str) -> None:
    with pytest.raises(ServerAnswerError):
        read_answer(text)


def test_what_the_model_wrote_is_an_answer_whatever_it_is() -> None:
    assert read_answer(body(words("Hello."))) == Answer("Hello.", finish="stop")
    assert read_answer(body({"role": "assistant", "content": None})).text == ""
    assert read_answer(body({"role": "assistant", "content": None, "refusal": "I will not."})).text == "I will not."
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, "x", {"type": "text", "text": "b"}]
    assert read_answer(body({"role": "assistant", "content": parts})).text == "a\nb"
    assert read_answer(body(words("half a \\ud800 pair"))).text
    broken = calling(("cancel", "{not json"))
    answer = read_answer(body(broken, usage={"prompt_tokens": 7, "completion_tokens": -1}))
    assert answer.message() == {**broken, "content": ""}
    assert (answer.prompt_tokens, answer.completion_tokens) == (7, None)
    filtered = {"choices": [{"message": words(""), "finish_reason": "content_filter"}]}
    assert read_answer(json.dumps(filtered)) == Answer("", finish="content_filter")
    thinking = read_answer(body({"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}))
    assert thinking.message() == {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}


# --- pauses ---


def test_pauses_grow_with_jitter_and_are_the_same_every_time() -> None:
    def pauses(name: str) -> list[float]:
        source = stream(name)
        return [pause(attempt, 0.5, 60.0, 0.0, source) for attempt in range(1, 12)]

    found = pauses("one")
    assert found == pauses("one")
    assert found != pauses("two")
    for attempt, seconds in enumerate(found):
        step = min(60.0, 0.5 * 2**attempt)
        assert step / 2 <= seconds <= step
    assert pause(1, 0.5, 60.0, 20.0, stream("x")) >= 20.0
    assert pause(10**6, 0.5, 60.0, 0.0, stream("x")) <= 60.0


def test_retry_after_is_read_in_all_its_forms() -> None:
    assert retry_after({}) == 0.0
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after": "1.5", "retry-after-ms": "250"}) == 0.25
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < retry_after({"retry-after": later}) <= 90
    for odd in ("soon", "-5", "nan", "", "inf", "9" * 400, "Thu, 01 Jan 1970 00:00:00 GMT"):
        assert retry_after({"retry-after": odd}) in (0.0, 1e6)
        assert retry_after({"retry-after-ms": odd}) in (0.0, 1e6)


# --- conversations ---


def played(pack: Pack, *actions: object) -> View:
    with Episode(pack, pack.task(0, "test")) as episode:
        view = View(episode)
        for action in actions:
            episode.apply(action)
            view.catch_up()
        return view


BAD = calling(("find patients!", {"x": 1}), ("find_patients", "{not json"), ("find_patients", "[1]"))


def test_native_history_is_such_that_any_server_takes_it(clinic: Pack) -> None:
    view = played(clinic, "Your phone number?", BAD, calling(("find_patients", {"phone": "1"})))
    messages = history.native(view.messages)
    assert [message["role"] for message in messages] == [
        "system", "user", "assistant", "user", "assistant", "tool", "tool", "tool", "assistant", "tool",
    ]  # fmt: skip
    ids: list[str] = []
    for message in messages:
        for call in message.get("tool_calls", ()):
            ids.append(call["id"])
            assert call["function"]["name"].replace("_", "").isalnum()
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == ids
    assert "{not json" in json.loads(messages[4]["tool_calls"][1]["function"]["arguments"])["text"]
    assert view.messages[4]["tool_calls"][1]["function"]["arguments"] == "{not json", "the view itself stays as it was"


def test_text_history_alternates_and_lists_the_tools(clinic: Pack) -> None:
    view = played(
        clinic, "Your phone number?", BAD, '<tool_call>{"name": "find_patients", "arguments": {}}</tool_call>'
    )
    messages = history.text(view.messages, view.tools)
    assert [message["role"] for message in messages] == [
        "system", "user", "assistant", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    assert all(set(message) == {"role", "content"} for message in messages)
    listed = messages[0]["content"].partition("<tools>\n")[2].partition("\n</tools>")[0].splitlines()
    assert [json.loads(line) for line in listed] == view.tools
    assert messages[5]["content"].count("<tool_response>\n") == 3
    assert messages[6]["content"] == '<tool_call>\n{"name": "find_patients", "arguments": {}}\n</tool_call>'
    assert "<tools>" not in view.messages[0]["content"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"error": {"message": "too long", "code": 400}}', "too long"),
        ('{"error": "no such model"}', "no such model"),
        ('{"object": "error", "message": "too long"}', "too long"),
        ('{"detail": "Not Found"}', "Not Found"),
        ('{"detail": [{"loc": "x"}]}', '{"detail": [{"loc": "x"}]}'),
        ("<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_what_a_server_refuses_with_is_found(text: str, said: str) -> None:
    assert complaint(text) == said
