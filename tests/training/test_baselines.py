"""The programs `sft.py` and `grpo.py`, on a model of a few thousand parameters: they run, resume exactly, and say
what is wrong."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from agentgym.pack import load
from agentgym.training import models
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.engine import Request
from agentgym.training.hf import HFEngine
from agentgym.training.measure import played
from agentgym.training.priming import Days, Recall, Reckoning, Redrawn, Rows, names, small_forms, words
from agentgym.training.sampling import Sampler
from agentgym.training.stream import ChatTokens, Stream
from agentgym.training.thoughts import added, comparison
from agentgym.training.tiny import tiny_model, tiny_tokenizer
from agentgym.user import mentions

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--demonstrations", "24", "--validation", "6", "--batch", "6", "--validate-every", "2", "--vocabulary", "400",
         "--prime", "0", "--no-redraw", "--no-thoughts", "--hold-out", "0", "--evaluate", "0",
         "--dtype", "float32"]  # fmt: skip
SHORT = ["--groups", "2", "--group", "3", "--refills", "0", "--limit", "10", "--evaluate", "2", "--save-every", "1"]


def program(name: str, *options: object, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "baselines" / f"{name}.py"), *map(str, options)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", **(env or {})}
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def module(name: str) -> Any:
    """A program as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"baselines_{name}", ROOT / "baselines" / f"{name}.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


def run(name: str, *options: object, code: int = 0) -> str:
    """Run a program in this process; what it says on either stream."""
    said, argv = io.StringIO(), sys.argv
    try:
        sys.argv = [name, *map(str, options)]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert module(name).main() == code, said.getvalue()
    finally:
        sys.argv = argv
    return said.getvalue()


def rows(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [
        {name: value for name, value in row.items() if "seconds" not in name and "share" not in name} for row in found
    ]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model after a few updates, by the program."""
    out = tmp_path_factory.mktemp("sft")
    run("sft", "--model", "nano", "--pack", "clinic", *SMALL, "--epochs", "1", "--out", out)
    return out


def test_sft_writes_what_it_says(tuned: Path) -> None:
    assert {"model", "best", "metrics.jsonl", "settings.json", "state.pt", "evaluation.json"} <= set(os.listdir(tuned))
    found = rows(tuned)
    assert [row["step"] for row in found] == [1, 2, 3, 4]
    assert found[-1]["loss"] < found[0]["loss"]
    assert {"val_loss", "regime"} <= set(found[1])
    result = json.loads((tuned / "evaluation.json").read_text())
    assert result["val_loss"] == min(row["val_loss"] for row in found if "val_loss" in row)


def test_sft_learns_from_a_file_of_traces(tuned: Path, tmp_path: Path) -> None:
    tasks = TaskStream([load("clinic")]).next(7)
    with (tmp_path / "own.jsonl").open("wb") as file:
        for trace in demonstrations(tasks):
            file.write(msgspec.json.encode(trace) + b"\n")
    said = run("sft", "--model", tuned / "best", "--traces", tmp_path / "own.jsonl", *SMALL, "--epochs", "1",
               "--out", tmp_path / "own")  # fmt: skip
    assert "7 demonstrations" in said
    assert len(rows(tmp_path / "own")) == 1


def test_sft_learns_from_demonstrations_with_a_fault(tuned: Path, tmp_path: Path) -> None:
    some = ("--model", tuned / "best", *SMALL, "--epochs", "1", "--thoughts")
    said = run("sft", *some, "--lenient", "1", "--out", tmp_path / "lenient")
    assert "24 demonstrations" in said, "those that fail are among them"
    run("sft", *some, "--out", tmp_path / "oracle")
    first = [rows(tmp_path / name)[0]["loss"] for name in ("lenient", "oracle")]
    assert first[0] != first[1], "they are other conversations"
    assert "from 0 to 1" in run("sft", *some, "--lenient", "1.5", "--out", tmp_path / "bad", code=2)


def test_recall_asks_for_each_value_once_by_its_key() -> None:
    tokenizer = tiny_tokenizer(['{"name": "Ana Bo", 0123456789}'], 300, ["Ana", "Bo", "Cy"])
    recall = Recall(tokenizer, ["Ana", "Bo", "Cy", "unknown"], [Stream([7] * 40, [0] * 40)])
    values_of = {tokenizer.convert_tokens_to_ids(text) for text in [*"0123456789", "Ana", "Bo", "Cy"]}
    for seed in range(60):
        stage = seed % 3
        stream = recall(random.Random(seed), stage)
        asked = [stream.ids[first:end] for first, end in stream.spans]
        assert all(set(value) <= values_of for value in asked)
        if not stage:
            assert len(asked) == 6
            assert {len(value) for value in asked} == {5}
        text = " ".join(map(str, stream.ids[: stream.spans[0][0]]))
        assert all(" ".join(map(str, value)) in text for value in asked)  # each stands in the list
        assert sum(stream.mask) == sum(map(len, asked))


def test_redrawing_changes_ids_and_names_alike_and_nothing_else() -> None:
    text = "Ana Bo, call 555-017-2234; id P17263 of 2026-03-12, 10263 due. P17263 is Ana, 555-017-2234"
    tokenizer = tiny_tokenizer([text], 300, ["Ana", "Bo", "Cy", "Di"])
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    redrawn = Redrawn(tokenizer, ["Ana", "Bo", "Cy", "Di"])
    stream = Stream(ids, [1] * len(ids))
    texts = {tokenizer.decode(redrawn(stream, random.Random(seed)).ids) for seed in range(20)}
    assert len(texts) == 20
    for other in texts:
        found = re.fullmatch(
            r"(\w\w+) (\w\w+), call 555-(\d{3}-\d{4}); id P(\d{5}) of 2026-03-12, 10263 due. "
            r"P(\d{5}) is (\w\w+), 555-(\d{3}-\d{4})",
            other,
        )
        assert found
        ana, bo, phone, id_, again, name, number = found.groups()
        assert (ana, phone, id_) == (name, number, again)
        assert ana != bo
    assert tokenizer.decode(Redrawn(tokenizer, ["Ana", "Eve"])(stream, random.Random(0)).ids).startswith("Ana Bo")


def test_redrawing_reaches_the_names_of_a_pack_and_what_its_users_say() -> None:
    pack = load("clinic")
    talks = list(conversations(demonstrations(TaskStream([pack]).next(20)), "bare"))
    tokenizer = tiny_tokenizer((m["content"] for talk in talks for m in talk), 900, words([pack]))
    chat, known = ChatTokens(tokenizer), set(names([pack]))
    redrawn, reworded = Redrawn(tokenizer, names([pack])), 0
    for seed, talk in enumerate(talks):
        stream = chat.stream(talk)
        other = redrawn(stream, random.Random(seed))
        assert other.mask == stream.mask
        before, after = (tokenizer.decode(one.ids).split("<|im_start|>")[1:] for one in (stream, other))
        assert {w for turn in before for w in re.findall("[A-Z][A-Za-z]+", turn)} & known
        same = [_plain(one, known) == _plain(two, known) for one, two in zip(before, after, strict=True)]
        spoken = [turn.startswith("user") and "<tool_response>" not in turn for turn in before]
        assert all(alike or said for alike, said in zip(same, spoken, strict=True))
        reworded += not all(same)
        mine, theirs = ([w for turn in turns for w in re.findall("[A-Z][A-Za-z]+", turn) if w in known]
                        for turns in (before, after))  # fmt: skip
        assert mine != theirs
    assert 4 <= reworded <= 16


@pytest.mark.parametrize("name", ["clinic", "bank", "fulfilment"])
def test_what_a_call_passes_on_is_said_as_it_was(name: str) -> None:
    """Words of the user are exchanged, but none that the assistant has to copy, and no number."""
    pack = load(name)
    talks = list(conversations(demonstrations(TaskStream([pack]).next(25)), "bare"))
    whole = [*words([pack]), *small_forms(names([pack]), talks)]
    tokenizer = tiny_tokenizer((m["content"] for talk in talks for m in talk), 900, whole)
    chat, redrawn, found, exchanged = ChatTokens(tokenizer), Redrawn(tokenizer, names([pack])), 0, 0
    for seed, talk in enumerate(talks * 3):
        stream = chat.stream(talk)
        before, after = (tokenizer.decode(one.ids) for one in (stream, redrawn(stream, random.Random(seed))))
        old, new = (_said_and_passed_on(text) for text in (before, after))
        for was, now in zip(old[1], new[1], strict=True):
            if len(was) > 2 and was in old[0]:
                assert now in new[0], (was, now, new[0])
                found += 1
        exchanged += len(set(re.findall("[a-z]{3,}", old[0])) - set(re.findall("[a-z]{3,}", new[0])))
    assert found >= 40
    assert exchanged >= 150


def _said_and_passed_on(text: str) -> tuple[str, list[str]]:
    """What the user says, and the values in calls."""
    turns = [turn for turn in text.split("<|im_start|>") if turn.startswith("user") and "<tool_response>" not in turn]
    calls = [json.loads(call)["arguments"] for call in re.findall("<tool_call>(.*?)</tool_call>", text, re.DOTALL)]
    return " ".join(turns), [str(value) for call in calls for value in call.values()]


def test_of_a_tokenizer_that_knows_no_names_no_word_is_exchanged() -> None:
    """That is a pretrained model's, which knows language."""
    pack = load("clinic")
    talk = next(conversations(demonstrations(TaskStream([pack]).next(1)), "bare"))
    tokenizer = tiny_tokenizer((m["content"] for m in talk), 900)
    stream, redrawn = ChatTokens(tokenizer).stream(talk), Redrawn(tokenizer, names([pack]))
    plain = re.sub(r"\d", "0", tokenizer.decode(stream.ids))
    others = [tokenizer.decode(redrawn(stream, random.Random(seed)).ids) for seed in range(8)]
    assert all(re.sub(r"\d", "0", other) == plain for other in others)
    assert len(set(others)) == 8, "ids are others"


@pytest.mark.parametrize(("name", "argument"), [("bank", "code_word"), ("fulfilment", "email")])
def test_what_the_caller_is_known_by_is_another_wherever_it_is_said(name: str, argument: str) -> None:
    """A small word, or a name in small letters. Where one stays, or changes in what the user says alone, copying it is
    not learned."""
    pack = load(name)
    talks = list(conversations(demonstrations(TaskStream([pack]).next(12)), "bare"))
    whole = [*words([pack]), *small_forms(names([pack]), talks)]
    tokenizer = tiny_tokenizer((m["content"] for talk in talks for m in talk), 900, whole)
    chat, redrawn, changed = ChatTokens(tokenizer), Redrawn(tokenizer, names([pack])), 0
    known = {form for one in names([pack]) for form in (one, one.lower())}
    for seed, talk in enumerate(talks):
        stream = chat.stream(talk)
        before, after = (tokenizer.decode(one.ids) for one in (stream, redrawn(stream, random.Random(seed))))
        old, new = (re.findall(rf'"{argument}":"([^"]+)"', text) for text in (before, after))
        assert len(old) == len(new)
        for value in (found.split("@")[0] for found in new):
            assert value in after.split(f'"{argument}"', 1)[0], "it stands in what the user said"
            assert known.issuperset(re.findall("[a-z]+", value))
        changed += old != new
    assert changed >= 10


def test_small_forms_are_of_names_in_addresses_that_the_assistant_writes() -> None:
    said = [{"role": "user", "content": "I am Rose Bell, rose.bell@example.net, and the bell is broken."}]
    mailed = [{"role": "assistant", "content": '{"email":"rose.bell@example.net"}'}]
    assert small_forms(["Bell", "Oak", "Rose", "tin"], [said, mailed]) == ["oak", "rose"], "bell is a word besides"
    assert small_forms(["Bell", "Oak", "Rose"], [said]) == []
    assert small_forms(["Bell", "Rose"], [said, [{"role": "assistant", "content": "A rose, sir?"}]]) == []


def test_names_change_in_small_letters_as_with_a_capital() -> None:
    text = "Ana Bo <ana.bo@x.net> tin can Old"
    tokenizer = tiny_tokenizer([text], 300, ["Ana", "Bo", "Cy", "Old", "New", "ana", "bo", "cy", "tin", "can"])
    redrawn = Redrawn(tokenizer, ["Ana", "Bo", "Cy", "Old", "New", "tin", "can"])
    ids = tokenizer.encode(text)
    for seed in range(20):
        other = tokenizer.decode(redrawn(Stream(ids, [1] * len(ids)), random.Random(seed)).ids)
        found = re.fullmatch(r"(Ana|Bo|Cy) (Ana|Bo|Cy) <(\w+)\.(\w+)@x.net> (tin can|can tin) (Old|New)", other)
        assert found
        assert (found[1].lower(), found[2].lower()) == (found[3], found[4])


def _plain(turn: str, known: set[str]) -> str:
    """A turn without names and digits."""
    return re.sub(r"\d", "0", re.sub("[A-Z][A-Za-z]+", lambda found: "NAME" if found[0] in known else found[0], turn))


def test_lists_of_days_say_them_in_numbers() -> None:
    packs = [load("clinic"), load("bank")]
    tokenizer = tiny_tokenizer(["It is 2026-03-10 10:25."], 300)
    lists = Days(tokenizer, packs)
    spoken = 0
    for seed in range(20):
        stream = lists(random.Random(seed))
        clock = tokenizer.decode(stream.ids)[len("It is ") :][:16]
        assert any(clock in pack.content.file.clock for pack in packs)
        for first, end in stream.spans:
            before, written = tokenizer.decode(stream.ids[:first]), tokenizer.decode(stream.ids[first:end])
            found = re.fullmatch(r" (\d{4}-\d\d-\d\d( \d\d:\d\d)?)", written)
            assert found
            assert mentions(before[-45:], found[1], "datetime" if found[2] else "date")
            spoken += f" {found[1]}." not in before[-20:]
    assert spoken > 80


def test_what_is_reckoned_in_lists_is_true() -> None:
    """Sums are made of true steps, comparisons name the first digits that differ, and verdicts of both kinds follow."""
    tokenizer = tiny_tokenizer(["amount 20 (30), 20 <= 30: 2 < 3, yes, same, no, digits"], 300)
    lists = Reckoning(tokenizer, [load("clinic"), load("bank")])
    verdicts, sums = [], 0
    for seed in range(60):
        stream = lists(random.Random(seed))
        for first, end in stream.spans:
            before, written = tokenizer.decode(stream.ids[:first]), tokenizer.decode(stream.ids[first:end])
            if found := re.search(r"amount (\d+)(?: \((?:\d+, )*(\d+)\))?, amount (\d+)$", before):
                assert list(map(int, written[2:-1].split(", "))) == added(int(found[2] or found[1]), int(found[3]))
                sums += 1
                continue
            left, of, right = re.search(r"(?:^|,) ([\d :-]+) (<=|>=|<|>) ([\d :-]+)$", before).groups()
            reason, verdict = re.fullmatch(r": (.+), (yes|no)", written).groups()
            assert comparison(left, of, right) == f"{left} {of} {right}: {reason}"
            one, other = (int(side) if side.isdigit() else side for side in (left, right))
            assert (verdict == "yes") == {"<=": le, ">=": ge, "<": lt, ">": gt}[of](one, other)
            kind = "number" if left.isdigit() else "day" if len(left) == 10 else "moment"
            verdicts.append((kind, reason == "same", verdict))
    assert sums > 200
    assert len(set(verdicts)) == 12


def test_lists_of_rows_are_gone_through_to_the_row_that_is_meant() -> None:
    packs = [load("clinic")]
    tokenizer = tiny_tokenizer(['[{"id":"S10293","minutes":20,"day":"2026-03-10 10:25"}]'], 300, words(packs))
    lists = Rows(tokenizer, words(packs), packs)
    lengths = set[int]()
    for seed in range(40):
        stream = lists(random.Random(seed))
        assert len(stream.spans) == 2
        for first, end in stream.spans:
            before, written = tokenizer.decode(stream.ids[:first]), tokenizer.decode(stream.ids[first:end])
            result, asked = before.rsplit("\n", 2)[-2:]
            table = json.loads(result[result.index("[{") :])
            key, sought = re.fullmatch(r"(\w+) (.*):", asked).groups()
            meant = next(at for at, row in enumerate(table) if str(row[key]) == sought)
            passed = [f"{row['id']} {row[key]}" for row in table[: meant + 1]]
            rest = [f"{name} {cell}" for name, cell in table[meant].items() if name not in ("id", key)]
            assert written == f" {', '.join([*passed, *rest])}."
            lengths.add(meant)
    assert lengths >= {0, 1, 2, 3}


def test_such_lists_are_behind_three_conversations_in_ten() -> None:
    tokenizer = tiny_tokenizer(["It is 2026-03-10 10:25. (in 3 days), (today), (2 h ago), total"], 300)
    sft = module("sft")
    settings = sft.Settings(prime=1, epochs=1.0, batch=1, redraw=False)
    spoken = [{"role": "user", "content": "It is 3 days ago."}, {"role": "assistant", "content": "In 10 days."}]
    data = sft.Data([spoken] * 400, ChatTokens(tokenizer), settings)
    alone = data.streams[0]
    size, lists = len(alone.ids), list[list[int]]()
    for step in range(1, 401):
        (stream,) = data.update(step)
        assert (stream.ids[:size], stream.mask[:size]) == (alone.ids, alone.mask)
        if stream.ids[size:]:
            assert sum(stream.mask[size:]) > 20
            lists.append(stream.ids[size:])
    assert 90 < len(lists) < 150
    texts = [tokenizer.decode(ids) for ids in lists]
    days = sum(text.startswith("It is 20") for text in texts)
    rows = sum(text.startswith('[{"id"') for text in texts)
    assert 0.15 < days / len(texts) < 0.35
    assert 0.15 < rows / len(texts) < 0.35
    data.read = data.reckon = []
    assert all(data.update(step)[0].ids == alone.ids for step in range(1, 401))


def test_a_new_model_looks_back_at_first() -> None:
    model = tiny_model(300, 0, "tiny", attn_implementation="eager").eval()
    ids = torch.randint(0, 300, (1, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        first = model(ids, output_attentions=True).attentions[0][0]  # heads, tokens, tokens
    for head, weights in enumerate(first):
        back = weights.diagonal(-head - 1)
        assert back[8:].mean() > 2 * weights.diagonal(-head - 3)[6:].mean(), head


def test_sft_goes_on_exactly_after_a_kill(tuned: Path, tmp_path: Path) -> None:
    options = ["--model", "nano", *SMALL, "--epochs", "2", "--prime", "2", "--redraw", "--thoughts"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run("sft", *options, "--out", whole)
    process = program("sft", *options, "--out", killed)
    kill_when(process, killed, 4)
    run("sft", *options, "--out", killed, "--resume")
    assert rows(killed) == rows(whole)


def test_a_run_that_begins_anew_leaves_nothing_of_the_one_before_to_go_on_from(tuned: Path, tmp_path: Path) -> None:
    """Ctrl-C in its first minute, and `--resume` would go on from other weights."""
    out = tmp_path / "run"
    sft = module("sft")
    shutil.copytree(tuned, out)
    assert (out / "state.pt").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sft.Learner, "update", interrupted)
        patch.setattr(sys, "argv", ["sft", "--model", "nano", *SMALL, "--out", str(out)])
        assert sft.main() == 130
    assert "nothing to go on from" in run("sft", "--model", "nano", *SMALL, "--out", out, "--resume", code=2)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_sft_keeps_what_it_has_between_validations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sft, updates = module("sft"), list[int]()
    monkeypatch.setattr(sft, "SAVED", 0.0)
    whole = sft.Learner.update

    def update(learner: Any, *rest: Any) -> Any:
        if len(updates) == 3:
            raise KeyboardInterrupt
        updates.append(1)
        return whole(learner, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(sft.Learner, "update", update)
        patch.setattr(sys, "argv", ["sft", "--model", "nano", *SMALL, "--out", str(tmp_path)])
        assert sft.main() == 130
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] >= 1
    run("sft", "--model", "nano", *SMALL, "--out", tmp_path, "--resume")
    found = rows(tmp_path)
    assert [row["step"] for row in found] == list(range(1, len(found) + 1))


def test_sft_ends_in_time_with_a_rate_that_has_fallen(tmp_path: Path) -> None:
    """Priming is not cut; what comes after it is, and is learned from once at least."""
    out = tmp_path / "late"
    said = run("sft", "--model", "nano", *SMALL, "--prime", "3", "--epochs", "50", "--minutes", "1e-6", "--out", out)
    assert "of 1e-06 minutes: conversations have more time" in " ".join(said.split())
    found = rows(out)
    assert [row["step"] for row in found] == [1, 2, 3, 4]
    assert "val_loss" in found[-1]
    sft = module("sft")
    whole = sft.Settings(prime=10, rate=1.0, warmup=0.0)
    assert sft.rate_at(60, 110, whole) == pytest.approx(0.51)
    assert sft.rate_at(10, 110, whole, share=0.5) == pytest.approx(0.51)
    assert sft.rate_at(60, 110, whole, share=1.3) == pytest.approx(0.02)


def test_a_policy_that_plays_again_begins_anew(tuned: Path) -> None:
    model, tokenizer = models.load(str(tuned / "model"))
    sampler = Sampler(HFEngine(model, pad=tokenizer.pad_token_id), ChatTokens(tokenizer), rendering="bare", limit=24)
    packs = [load("clinic")]
    first, second = TaskStream(packs).next(3), TaskStream(packs, "test").next(3)
    policy = sampler.policy()
    played(first, policy)
    assert [trace.events for trace in played(second, policy)] == [
        trace.events for trace in played(second, sampler.policy())
    ]


def test_turns_that_come_in_parts_are_the_same_episodes(tuned: Path) -> None:
    class Noting(HFEngine):
        def generate(self, requests: Any, *, end: int, **options: Any) -> list[Any]:
            del end  # it hardly ever says that
            again[self.parts] += sum(request.written > 0 for request in requests)
            return super().generate(requests, end=often, **options)

    model, tokenizer = models.load(str(tuned / "model"))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(8)  # so that some tokens come more often than others
    ((said, *_),) = HFEngine(model).generate([Request(0, [5, 6, 7], 0)], limit=60, temperature=1.0, end=-1)
    often = max(set(said), key=said.count)
    tasks = TaskStream([load("clinic")]).next(4)
    found, again = {}, {False: 0, True: 0}
    for parts in again:
        engine = Noting(model, pad=tokenizer.pad_token_id, parts=parts)
        sampler = Sampler(engine, ChatTokens(tokenizer), rendering="bare", limit=40, context=600)
        found[parts] = [
            [(one.trace.events, one.rewards, stream.ids, stream.mask, stream.spans) for one, stream in group]
            for group in sampler.groups(tasks, 3, 1.0, seed=5)
        ]
    assert found[True] == found[False]
    assert again[True] > 0
    assert again[False] == 0


@pytest.mark.slow
def test_grpo_goes_on_exactly_after_a_kill(tuned: Path, tmp_path: Path) -> None:
    options = ["--init", tuned / "best", *SHORT, "--steps", "5", "--evaluate-every", "2", "--credit", "turn",
               "--curriculum", "band", "--teacher", tuned / "model"]  # fmt: skip
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run("grpo", *options, "--out", whole)
    process = program("grpo", *options, "--out", killed)
    kill_when(process, killed, 2)
    run("grpo", *options, "--out", killed, "--resume")
    assert rows(killed) == rows(whole)
    assert [row["step"] for row in rows(whole)] == list(range(6))


@pytest.mark.parametrize("name", ["sft", "grpo"])
def test_lora_goes_on_exactly_after_it_was_stopped(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Ctrl-C right behind the second state; what was trained is a whole model that another program goes on with."""
    pytest.importorskip("peft")
    options: list[object] = ["--lora", "4"]
    if name == "sft":
        options += ["--model", tuned / "best", *SMALL, "--epochs", "1.5"]
    else:
        model, tokenizer = models.load(str(tuned / "best"))
        with torch.no_grad():
            model.get_input_embeddings().weight.mul_(2)
        models.save(tmp_path / "teacher", model, tokenizer)
        options += ["--init", tuned / "best", *SHORT, "--evaluate", "0", "--steps", "4"]
        options += ["--teacher", tmp_path / "teacher", "--rate", "0.01"]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(name, *options, "--out", whole)
    saved = list[int]()

    def save_state(folder: Path, model: Any, optimizer: Any, rest: dict[str, Any]) -> None:
        save(folder, model, optimizer, rest)
        saved.append(rest["step"])
        if len(saved) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        save = models.save_state
        patch.setattr(models, "save_state", save_state)
        assert "stopped; --resume goes on" in run(name, *options, "--out", stopped, code=130)
    assert saved[1] < rows(whole)[-1]["step"]
    run(name, *options, "--out", stopped, "--resume")
    assert rows(stopped) == rows(whole)
    one, other = (dict(models.weights(models.load(str(at / "model"))[0])) for at in (whole, stopped))
    assert all(torch.equal(value, other[key]) for key, value in one.items())
    first = dict(models.weights(models.load(str(tuned / "best"))[0]))
    changed = {key for key, value in one.items() if not torch.equal(value, first[key])}
    assert changed
    assert all("_proj" in key for key in changed)
    run("grpo", "--init", whole / "model", *SHORT, "--evaluate", "0", "--steps", "1", "--out", tmp_path / "on")


def kill_when(process: subprocess.Popen[str], folder: Path, step: int) -> None:
    """`kill -9` as soon as that step has been written, and its state with it."""
    path, until = folder / "metrics.jsonl", time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        lines = path.read_text().splitlines() if path.exists() else []
        if (folder / "state.pt").exists() and any(json.loads(line)["step"] >= step for line in lines[:-1]):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it was killed"


def test_grpo_learns_from_groups_and_writes_what_it_says(tuned: Path, tmp_path: Path) -> None:
    out = tmp_path / "grpo"
    said = run("grpo", "--init", tuned / "best", *SHORT, "--steps", "2", "--teacher", tuned / "model", "--out", out)
    assert "before: test split success" in said
    assert "fresh seeds of the training split" in " ".join(said.split())
    assert {"model", "metrics.jsonl", "settings.json", "state.pt", "evaluation.json", "transcripts.md"} <= set(
        os.listdir(out)
    )
    found = rows(out)
    assert found[1]["train_episodes"] == 6
    assert found[1]["tokens_written"] > 0
    assert found[1]["entropy"] > 0
    assert "kl_teacher" in found[1]


def test_a_teacher_alone_draws_the_student_to_itself(tuned: Path, tmp_path: Path) -> None:
    model, tokenizer = models.load(str(tuned / "best"))
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(2)
    models.save(tmp_path / "teacher", model, tokenizer)
    options = ["--init", tuned / "best", "--teacher", tmp_path / "teacher", *SHORT, "--evaluate", "0", "--steps", "8"]
    apart = dict[str, list[float]]()
    for kd in ("exact", "k2"):
        run("grpo", *options, "--no-reward", "--updates", "1", "--rate", "3e-3", "--kd", kd, "--out", tmp_path / kd)
        apart[kd] = [row["kl_teacher"] for row in rows(tmp_path / kd)]
    assert apart["exact"][-1] < 0.8 * apart["exact"][0]
    assert apart["exact"][0] == apart["k2"][0], "the first samples are the same"
    assert apart["exact"][1:] != apart["k2"][1:]
    assert "--kd is one of exact, k2" in run("grpo", *options, "--kd", "k3", "--out", tmp_path / "bad", code=2)


def test_a_pack_may_be_any_folder(tmp_path: Path) -> None:
    mini, sft, grpo = ROOT / "tests" / "packs" / "mini", tmp_path / "sft", tmp_path / "grpo"
    run("sft", "--model", "nano", "--pack", mini, *SMALL, "--thoughts", "--epochs", "1", "--out", sft)
    run("grpo", "--init", sft, "--pack", mini, *SHORT, "--hold-out", "0", "--steps", "1", "--out", grpo)
    assert "**assistant**" in (grpo / "transcripts.md").read_text(encoding="utf-8")


def test_some_workflows_are_trained_on_alone(tuned: Path, tmp_path: Path) -> None:
    sft, grpo, clinic = module("sft"), module("grpo"), load("clinic")
    some = {"workflows": ("cancel", "refill"), "hold_out": 0.2}
    shown, _, _ = sft.data_of(sft.Settings(demonstrations=4, validation=2, thoughts=False, **some))
    tasks = TaskStream([clinic], **some).next(4)
    assert shown == list(conversations(demonstrations(tasks), "bare"))
    going = grpo.Run(grpo.Settings(init=str(tuned / "best"), out=str(tmp_path), **some))
    for stream in (going.tasks, going.stream("test"), going.stream("test", away=True)):
        assert {task.workflow for _, task in stream.next(12)} == set(some["workflows"])


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sft", ["--model", "./nowhere"], "no folder ./nowhere"),
        ("sft", ["--model", "nano", "--device", "cuda"], "sees no GPU; take --device cpu"),
        ("sft", ["--model", "nano", "--rendering", "short"], "no rendering `short`"),
        ("sft", ["--model", "nano", "--resume"], "nothing to go on from"),
        ("sft", ["--model", "nano", "--workflows", "cancel", "refil"], "no workflow `refil`. Did you mean `refill`?"),
        ("grpo", ["--workflows", "refil"], "no workflow `refil`. Did you mean `refill`?"),
        ("grpo", ["--engine", "other"], "--engine is one of hf, vllm; found other"),
        ("sft", ["--model", "nano", "--validation", "0"], "--validation: at least one"),
        ("grpo", ["--no-reward"], "--no-reward leaves nothing to learn from: give a --teacher"),
        ("grpo", ["--credit", "step"], "--credit is one of episode, turn"),
        ("grpo", ["--dtype", "float16"], "--dtype is one of float32, bfloat16"),
        ("grpo", ["--init", "./nowhere"], "no folder ./nowhere"),
        ("grpo", ["--device", "cuda:1"], "--device cuda:1: torch"),
        ("grpo", ["--device", "gpu"], "--device gpu"),
        ("grpo", ["--context", "9000"], "--context 9000: this model reads at most 4096 tokens"),
        ("grpo", ["--engine", "vllm"], "pip install 'agentgym-tooluse[vllm]', or take --engine hf"),
        ("sft", ["--context", "9000"], "--context 9000: this model reads at most 4096 tokens"),
        ("sft", ["--model", "nano", "--context", "50"], "all 24 demonstrations are longer than --context 50"),
    ],
)
def test_mistakes_are_one_line_that_says_what_to_do(
    tuned: Path, tmp_path: Path, name: str, options: list[str], expected: str
) -> None:
    if "cuda" in str(options) and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    if "vllm" in options and importlib.util.find_spec("vllm"):
        pytest.skip("there is vLLM")
    base = SMALL if name == "sft" else ["--init", str(tuned / "best"), *SHORT]
    said = run(name, *base, *options, "--out", tmp_path / "out", code=2)
    lines = [line for line in said.splitlines() if line.startswith(f"{name}: ")]
    assert len(lines) == 1
    assert expected in lines[0]
    assert "Traceback" not in said


def test_a_model_without_a_chat_template_is_refused(tuned: Path, tmp_path: Path) -> None:
    shutil.copytree(tuned / "best", tmp_path / "plain")
    (tmp_path / "plain" / "chat_template.jinja").unlink()
    for name, option in (("sft", "--model"), ("grpo", "--init")):
        base = SMALL if name == "sft" else SHORT
        said = run(name, *base, option, tmp_path / "plain", "--out", tmp_path / "out", code=2)
        assert f"{name}: this tokenizer has no chat template: take an instruct model" in said


def test_a_context_that_overflows_is_counted(tuned: Path, tmp_path: Path) -> None:
    out = tmp_path / "grpo"
    run("grpo", "--init", tuned / "best", *SHORT, "--steps", "1", "--context", "120", "--evaluate", "0", "--out", out)
    assert rows(out)[-1]["train_truncated"] > 0
