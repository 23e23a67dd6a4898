"""Traces: what was played comes back, byte for byte, and whatever does not is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgym import AgentToolEnv
from agentgym.episode import Episode, View
from agentgym.errors import AgentGymError, ReplayError, TaskError, UsageError
from agentgym.pack import Pack, load
from agentgym.policies import policy
from agentgym.trace import (
    Recorder,
    Step,
    Trace,
    dumps,
    grpo_groups,
    iter_traces,
    loads,
    preference_pairs,
    read_traces,
    replay,
    sft_rows,
    to_messages,
    write_jsonl,
)
from agentgym.trace.record import Entry, chain
from agentgym.types import ASSISTANT, USER, Action, Call, Called, Heard, Reply, Said

POLICIES = ("oracle", "null", "random", "ask_all")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load("clinic")


def played(pack: Pack, name: str = "oracle", seed: int = 0, keep_task: bool = True, **task: Any) -> Trace:
    with Episode(pack, pack.task(seed, **task)) as episode:
        recorder, view = Recorder(episode, name), View(episode)
        act = policy(name).start(episode)
        while not episode.ending:
            recorder.apply(act(view))
            view.catch_up()
        return recorder.trace(keep_task=keep_task)


def altered(trace: Trace, index: int, change: Callable[[Any], Any]) -> Trace:
    """The trace with one event changed, and hashes that fit."""
    events = [entry.event for entry in trace.events]
    events[index] = change(events[index])
    hashes = chain(trace.pack_digest, trace.task_id, events)
    return msgspec.structs.replace(trace, events=tuple(map(Entry, events, hashes)))


def has(text: str) -> Callable[[Any], Any]:
    return lambda event: isinstance(event, Said) and text in event.text


# --- there and back ---


@pytest.mark.parametrize("name", POLICIES)
def test_a_trace_is_one_line_that_comes_back_and_replays(pack: Pack, name: str) -> None:
    for seed in range(6):
        trace = played(pack, name, seed, split="test")
        line = dumps(trace)
        assert "\n" not in line
        assert loads(line) == trace
        assert loads(line.encode()) == trace
        replay(loads(line))


def test_a_trace_says_who_what_and_how(pack: Pack) -> None:
    task = pack.task(3, "test")
    trace = played(pack, "null", 3, split="test")
    assert (trace.pack, trace.release, trace.pack_digest) == (pack.name, pack.release, pack.digest)
    assert (trace.task_id, trace.seed, trace.split, trace.task) == (task.id, 3, "test", task)
    assert trace.seats == {ASSISTANT: "null", USER: "automaton"}
    assert [step.action for step in trace.steps] == [""] * trace.turns
    assert trace.ending
    assert trace.world
    assert len({entry.hash for entry in trace.events}) == len(trace.events)


@pytest.mark.parametrize("name", POLICIES)
def test_the_terms_of_the_steps_sum_to_the_score(pack: Pack, name: str) -> None:
    for seed in range(10):
        trace = played(pack, name, seed)
        assert trace.score is not None
        assert trace.reward == pytest.approx(trace.score, abs=1e-9)


def test_a_trace_without_its_task_makes_it_again(pack: Pack) -> None:
    whole, short = played(pack, seed=2), played(pack, seed=2, keep_task=False)
    assert short.task is None
    assert len(dumps(short)) < len(dumps(whole))
    replay(loads(dumps(short)))
    assert to_messages(short) == to_messages(whole)
    with pytest.raises(TaskError, match="was played on"):
        replay(msgspec.structs.replace(short, seed=4))
    with pytest.raises(TaskError, match="was played on"):
        replay(msgspec.structs.replace(whole, task=pack.task(5)))


def test_a_trace_replays_in_another_process(pack: Pack) -> None:
    lines = "".join(dumps(played(pack, name, 7)) + "\n" for name in POLICIES)
    program = "import sys; from agentgym.trace import loads, replay; [replay(loads(line)) for line in sys.stdin.buffer]"
    environment = {"PYTHONHASHSEED": "12345", "PYTHONUTF8": "0", "LC_ALL": "C", "PATH": ""}
    check = subprocess.run(
        [sys.executable, "-c", program], input=lines.encode(), env=environment, capture_output=True, check=False
    )
    assert check.returncode == 0, check.stderr.decode()


def test_an_unfinished_episode_has_a_trace(pack: Pack) -> None:
    with Episode(pack, pack.task(1)) as episode:
        recorder = Recorder(episode)
        recorder.apply("Hello, one moment please.")
        trace = recorder.trace()
    assert (trace.ending, trace.score, trace.world) == ("", None, "")
    replay(loads(dumps(trace)))


def test_recording_begins_at_the_start(pack: Pack) -> None:
    with Episode(pack, pack.task(1)) as episode:
        episode.apply("Hello.")
        with pytest.raises(UsageError, match="from its start"):
            Recorder(episode)


def test_nothing_is_recorded_of_an_action_out_of_turn(pack: Pack) -> None:
    with Episode(pack, pack.task(1)) as episode:
        recorder = Recorder(episode)
        with pytest.raises(UsageError):
            recorder.apply("I am the user", USER)
        assert recorder.steps == []


# --- any action survives ---

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
ACTIONS = (
    ANY_TEXT
    | ANY_TEXT.map(
        lambda text: f'<tool_call>{{"name": "find_patients", "arguments": {{"phone": "{text}"}}}}</tool_call>'
    )
    | st.dictionaries(ANY_TEXT, JSON, max_size=3)
    | ANY_TEXT.map(lambda text: {"role": "assistant", "content": text})
    | ANY_TEXT.map(
        lambda text: {"content": text, "tool_calls": [{"function": {"name": "find_patients", "arguments": text}}]}
    )
    | JSON
    | st.binary(max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, min_size=1, max_size=4))
def test_any_action_survives(actions: list[Any]) -> None:
    pack = load("clinic")
    with Episode(pack, pack.task(1)) as episode:
        recorder = Recorder(episode)
        for action in actions:
            if not episode.ending:
                recorder.apply(action)
        trace = recorder.trace()
    line = dumps(trace)
    line.encode("utf-8")
    assert dumps(loads(line)) == line
    replay(loads(line))
    for step, action in zip(trace.steps, actions, strict=False):
        if isinstance(action, str):
            assert loads(line).steps[trace.steps.index(step)].action == action
    messages, mask = to_messages(trace)
    msgspec.json.encode(messages)
    assert len(messages) == len(mask)


@pytest.mark.parametrize(
    "text", ["\ud800", "\ud83d\ude00", "\udfff\ud800 \\ud800 \\\\", "a\u2028b\u0085c\nd\r\x00", "\\", "😀 ñ \u202e"]
)
def test_odd_text_comes_back_as_it_was(pack: Pack, text: str) -> None:
    with Episode(pack, pack.task(1)) as episode:
        recorder = Recorder(episode)
        recorder.apply(text)
        line = dumps(recorder.trace())
    assert loads(line).steps[0].action == text
    assert len(line.encode().split(b"\n")) == 1


def test_actions_that_are_no_json_are_kept_as_they_were_read(pack: Pack) -> None:
    for action in (42, None, b"bytes", object(), {1: 2}, {"content": "x", "tool_calls": [object()]}):
        with Episode(pack, pack.task(1)) as episode:
            recorder = Recorder(episode)
            recorder.apply(action)
            trace = loads(dumps(recorder.trace()))
        assert trace.steps[0].parsed
        replay(trace)


def test_arguments_that_are_no_json_can_be_recorded(pack: Pack) -> None:
    for value in ({1, 2}, object(), float("nan"), 1j, {(1, 2): 3}):
        with Episode(pack, pack.task(1)) as episode:
            recorder = Recorder(episode)
            recorder.apply(Action(calls=(Call("find_patients", {"phone": value}),)))
            assert loads(dumps(recorder.trace())).steps[0].parsed


# --- what does not replay is named ---


def test_an_altered_event_is_named(pack: Pack) -> None:
    trace = played(pack)
    for index in range(len(trace.events)):
        entry = trace.events[index]
        event = entry.event
        changes = {"text": "x"} if isinstance(event, Said) else {"reason": "x"}
        changed = Entry(
            msgspec.structs.replace(event, **({"result": 1} if isinstance(event, Called) else changes)), entry.hash
        )
        events = (*trace.events[:index], changed, *trace.events[index + 1 :])
        with pytest.raises(ReplayError, match=f"event {index} .* altered") as caught:
            replay(msgspec.structs.replace(trace, events=events))
        assert caught.value.index == index


def test_the_first_event_that_comes_out_otherwise_is_named(pack: Pack) -> None:
    trace = played(pack)
    index = next(i for i, entry in enumerate(trace.events) if isinstance(entry.event, Called))
    wrong = altered(trace, index, lambda event: msgspec.structs.replace(event, result={"patient_id": "P1"}))
    with pytest.raises(
        ReplayError, match=rf"event {index} \(assistant_0 called .*`result`: expected .*P1.*, found"
    ) as caught:
        replay(wrong)
    assert caught.value.index == index
    wrong = altered(trace, 0, lambda event: msgspec.structs.replace(event, text="Hello"))
    with pytest.raises(ReplayError, match=r'event 0 \(user_0 said\): `text`: expected "Hello", found'):
        replay(wrong)


def test_another_action_differs_where_it_was_done(pack: Pack) -> None:
    trace = played(pack)
    steps = list(trace.steps)
    steps[1] = msgspec.structs.replace(steps[1], action="Something else entirely.", parsed=False)
    with pytest.raises(ReplayError) as caught:
        replay(msgspec.structs.replace(trace, steps=tuple(steps)))
    assert caught.value.index == steps[1].at


@pytest.mark.parametrize(
    ("field", "value"),
    [("score", 0.5), ("ending", "turn_limit"), ("valid", False), ("success", False), ("turns", 1), ("world", "0" * 64)],
)
def test_a_wrong_end_is_named(pack: Pack, field: str, value: Any) -> None:
    trace = next(t for t in (played(pack, seed=s) for s in range(20)) if t.score == pytest.approx(1.0))
    with pytest.raises(ReplayError, match=f"after event .*{field if field != 'world' else 'digest'}"):
        replay(msgspec.structs.replace(trace, **{field: value}))


def test_wrong_terms_and_missing_steps_are_named(pack: Pack) -> None:
    trace = played(pack)
    steps = (*trace.steps[:-1], msgspec.structs.replace(trace.steps[-1], terms={"task": 9.0}))
    with pytest.raises(ReplayError, match=f"step {len(steps)}: expected the terms"):
        replay(msgspec.structs.replace(trace, steps=steps))
    with pytest.raises(ReplayError, match="found no more events"):
        replay(msgspec.structs.replace(trace, steps=trace.steps[:-1]))
    more = (*trace.steps, Step(ASSISTANT, "Hello?", len(trace.events)))
    with pytest.raises(ReplayError, match="has ended"):
        replay(msgspec.structs.replace(trace, steps=more))


def test_another_version_of_the_pack_is_refused(pack: Pack) -> None:
    trace = played(pack)
    task = msgspec.structs.replace(pack.task(0), pack_digest="0" * 64)
    with pytest.raises(TaskError):
        replay(msgspec.structs.replace(trace, task=task))


def test_what_is_no_trace_is_refused() -> None:
    for line in ("", "{}", "[]", "not json", '{"escaped":true,}', "\ud800", b"\xff", "[" * 100_000):
        with pytest.raises(TaskError, match="not a trace"):
            loads(line)


# --- the other seat ---


class Model:
    """A user that no replay can derive."""

    def __init__(self, breaks: bool = False) -> None:
        self.turn, self.breaks = 0, breaks

    def reply(self, heard: Heard) -> Reply:
        self.turn += 1
        if self.breaks and self.turn == 2:
            raise AgentGymError("the server does not answer")
        return Reply(f"Reply {self.turn} to {len(heard.text)} characters.", leaves=self.turn == 3, concedes=True)


def test_a_user_that_cannot_be_derived_says_again_what_it_said(pack: Pack) -> None:
    for breaks, ending in ((False, "user_left"), (True, "user_broke")):
        with Episode(pack, pack.task(4), user=Model(breaks)) as episode:
            recorder = Recorder(episode, "me", "my model")
            while not episode.ending:
                recorder.apply("Is there anything else I can help with?")
            trace = loads(dumps(recorder.trace()))
        assert (trace.ending, trace.valid, trace.user) == (ending, not breaks, "scripted")
        assert trace.seats[USER] == "my model"
        replay(trace)


def test_both_seats_played_are_both_recorded(pack: Pack) -> None:
    with Episode(pack, pack.task(4), user="seat") as episode:
        recorder = Recorder(episode, "me", "you")
        while not episode.ending and len(recorder.steps) < 6:
            if episode.to_act == USER:
                recorder.apply("I do not know. \ud800", USER)
            else:
                recorder.apply("What is your phone number?")
        trace = loads(dumps(recorder.trace()))
    assert [step.seat for step in trace.steps] == [ASSISTANT, USER] * 3
    replay(trace)


# --- exports ---


@pytest.mark.parametrize("name", POLICIES)
def test_messages_are_those_of_the_environment(pack: Pack, name: str) -> None:
    trace = played(pack, name, 5)
    env = AgentToolEnv("clinic")
    _, info = env.reset(seed=5)
    for step in trace.steps:
        *_, info = env.act(step.given())
    messages, mask = to_messages(trace)
    assert messages == info["messages"]
    assert [bool(bit) for bit in mask] == [message["role"] == "assistant" for message in messages]
    assert sum(mask) == trace.turns
    env.close()


def test_sft_rows_are_good_valid_episodes(pack: Pack) -> None:
    traces = [played(pack, name, seed) for name in ("oracle", "null") for seed in range(8)]
    rows = list(sft_rows(traces))
    assert len(rows) == sum(trace.score is not None and trace.score > 1 - 1e-9 for trace in traces) > 0
    for row in rows:
        assert row["tools"][0]["type"] == "function"
        assert [message["role"] for message in row["messages"][:2]] == ["system", "user"]
        for message in row["messages"]:
            for call in message.get("tool_calls", ()):
                assert isinstance(msgspec.json.decode(call["function"]["arguments"]), dict)


def test_preference_pairs_part_at_a_message_of_the_assistant(pack: Pack) -> None:
    traces = [played(pack, name, seed) for name in ("null", "oracle", "ask_all") for seed in range(8)]
    pairs = list(preference_pairs(traces))
    best = {t.task_id for t in traces if t.score is not None and t.score > 0}
    assert {pair["task_id"] for pair in pairs} == best
    for pair in pairs:
        assert pair["scores"][0] > pair["scores"][1]
        assert pair["chosen"][0]["role"] == pair["rejected"][0]["role"] == "assistant"
        assert pair["chosen"][0] != pair["rejected"][0]
        assert pair["prompt"][0]["role"] == "system"
    assert not list(preference_pairs(traces, margin=2.0))


def test_groups_have_one_reward_a_completion(pack: Pack) -> None:
    traces = [played(pack, name, seed) for seed in range(3) for name in ("null", "oracle", "ask_all")]
    traces[0] = msgspec.structs.replace(traces[0], valid=False, score=None)
    groups = list(grpo_groups(traces))
    assert len(groups) == 3
    for group in groups:
        assert len(group["completions"]) == len(group["masks"]) == len(group["rewards"]) == 3
        for completion, mask in zip(group["completions"], group["masks"], strict=True):
            assert completion[0]["role"] == "assistant"
            assert len(completion) == len(mask)
    assert groups[0]["rewards"][0] is None


# --- files ---


def test_files_name_the_broken_line_and_pass_over_a_torn_one(pack: Pack, tmp_path: Any) -> None:
    line = dumps(played(pack))
    path = tmp_path / "traces.jsonl"
    path.write_text(f"{line}\n\n{line}\n{line[:100]}", encoding="utf-8")
    assert [number for number, _ in iter_traces(path)] == [1, 3]
    path.write_text(f"{line}\nbroken\n{line}\n", encoding="utf-8")
    with pytest.raises(TaskError, match=r"traces.jsonl:2: not a trace"):
        read_traces(path)
    found: list[int] = []
    assert [number for number, _ in iter_traces(path, lambda number, _: found.append(number))] == [1, 3]
    assert found == [2]
    with pytest.raises(TaskError, match="No such file"):
        read_traces(tmp_path / "missing.jsonl")
    assert write_jsonl(tmp_path / "sft.jsonl", sft_rows([loads(line)], least=0.0)) == 1


def test_a_task_is_only_taken_for_itself(pack: Pack) -> None:
    with pytest.raises(TaskError, match="was played on"):
        replay(played(pack, keep_task=False), task=pack.task(9))
