"""What a pack may say of a played tool, and the recordings that it brings along."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agentgym.certify import certify_pack
from agentgym.errors import PackError, TaskError
from agentgym.pack import Pack, load
from agentgym.tool import Recording
from tests.played.conftest import SEEDS
from tests.played.mechanic import Mechanic

Copy = Callable[..., Path]
REPLAY = ("    sees:\n", "    replay: true\n    sees:\n")

MISTAKES: dict[str, tuple[str, str, str]] = {
    "two bodies": ("    sees:\n", "    returns: SELECT 1 AS part_id\n    sees:\n", "stand in place of"),
    "a write": (
        "    description: Say which part a machine needs.\n",
        "    description: Say which part a machine needs.\n    effect: write\n",
        "changes no world",
    ),
    "a tool in the user's hands": (
        "    description: Say which part a machine needs.\n",
        "    description: Say which part a machine needs.\n    seat: user\n",
        "changes no world",
    ),
    "an end": ("    sees:\n", "    ends: answered\n    sees:\n", "changes no world"),
    "no shape": ("    sees:\n", "    shape: none\n    sees:\n", "shape"),
    "columns": ("    sees:\n", "    columns: {percent: number}\n    sees:\n", "`result` types the fields"),
    "an unknown column": ("refers_to: parts.part_id, description: The id of", "refers_to: parts.part, description: The id of", "Did you mean `parts.part_id`"),
    "a list in a row": ("{type: integer, minimum: 1, maximum: 100,", "{type: array,", "percent is array"),
    "a free field": ("optional: true, description: What", "free: true, description: What", "never `free`"),
    "an unknown parameter": ("WHERE machine_id = :machine_id\n      parts", "WHERE machine_id = :machine\n      parts", "unknown parameters"),
    "a write in `sees`": ("SELECT part_id, name FROM parts ORDER BY part_id", "DELETE FROM parts", "expected SELECT"),
    "the real clock in `sees`": ("SELECT part_id, name FROM parts ORDER BY part_id", "SELECT date('now')", "real clock"),
    "another answer without `replay`": ("    sees:\n", "    unrecorded: {code: invalid, else: no}\n    sees:\n", "`unrecorded` is for"),
    "a sentence about nothing": ("    sees:\n", '    replay: true\n    unrecorded: {code: invalid, else: "{part}"}\n    sees:\n', "names part"),
    "fields without a player": ("    returns: SELECT machine_id, symptom", "    sees: {a: SELECT 1}\n    returns: SELECT machine_id, symptom", "`sees` is for tools with"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_are_refused_with_file_and_line(repair_copy: Copy, what: str) -> None:
    old, new, words = MISTAKES[what]
    with pytest.raises(PackError) as found:
        load(repair_copy((old, new)))
    assert words in str(found.value)
    assert found.value.file == "repair/tools.yaml"
    assert found.value.line > 1


def test_no_field_means_no_result(repair_copy: Copy) -> None:
    folder = repair_copy()
    text = (folder / "tools.yaml").read_text()
    start = text.index("    result:\n")
    (folder / "tools.yaml").write_text(text[:start] + text[text.index("  - name: find_part") :])
    with pytest.raises(PackError, match="expected `result`"):
        load(folder)


# --- recordings in the folder ---


def test_a_pack_with_its_recordings_certifies_alone(repair_copy: Copy, answers: Path) -> None:
    data = answers.read_bytes()
    plain, frozen = (load(repair_copy(*edits, recordings=data)) for edits in ((), (REPLAY,)))
    reports = [certify_pack(pack, SEEDS, split) for pack in (plain, frozen) for split in ("train", "test")]
    assert all(report.ok for report in reports), [report.failures for report in reports]
    fewer = load(repair_copy(REPLAY, recordings=data[: data.index(b"\n") + 1]))
    assert len({plain.digest, frozen.digest, fewer.digest}) == 3, "tasks rest on the recordings"


def test_what_plays_is_no_part_of_the_contract(repair_copy: Copy, answers: Path, repair: Pack) -> None:
    """An author records with a model, and freezes the tool by a line; other changes make other questions."""
    first = msgspec.json.decode(answers.read_bytes().splitlines()[0], type=Recording)
    contracts: dict[str, str] = {}
    for name, edits in {
        "as it is": (), "frozen": (REPLAY,), "another guard": (('"no machine {machine_id}"}\n    model', "nothing}\n    model"),),
        "instructions": (("an experienced mechanic", "a mechanic"),), "result": (("maximum: 100", "maximum: 99"),),
        "sees": (("ORDER BY part_id", "ORDER BY name"),), "description": (("Say which part", "Tell which part"),),
    }.items():  # fmt: skip
        played = load(repair_copy(*edits)).tools["diagnose"].played
        assert played is not None
        contracts[name] = played.part.contract
    assert contracts["as it is"] == contracts["frozen"] == contracts["another guard"] == first.contract
    others = [contracts[name] for name in ("instructions", "result", "sees", "description")]
    assert len({first.contract, *others}) == 5


def test_the_whole_world_is_the_state_where_nothing_is_named(repair_copy: Copy) -> None:
    sees = """    sees:
      machine: SELECT symptom FROM machines WHERE machine_id = :machine_id
      parts: SELECT part_id, name FROM parts ORDER BY part_id
"""
    mechanic = Mechanic(lambda question: {"part_id": question.sees["parts"][0]["part_id"], "percent": 1})
    pack = load(repair_copy((sees, ""))).played(model=mechanic)
    task = pack.task(0)
    question = mechanic.asked[0]
    assert set(question.sees) == {"now", "machines", "parts", "repairs"}
    assert set(question.sees["machines"][0]) == {"machine_id", "number", "symptom", "worth"}
    assert task.workflow == "fix"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line: line.replace(b'"tool":"diagnose"', b'"tool":"find_part"'), "1: .*is not played"),
        (lambda line: line.replace(b'"tool":"diagnose"', b'"tool":"diagnos"'), "1: .*Did you mean `diagnose`"),
        (lambda line: line.replace(b'"percent":70', b'"percent":170'), "1: .*between 1 and 100"),
        (lambda line: line.replace(b'"percent":70', b'"percent":"70"'), "1: .*must be an integer"),
        (lambda line: line.replace(b'"percent":70', b'"sure":70'), "1: .*no parameter `'sure'`"),
        (lambda line: line[:-2], "1: not a recording"),
        (lambda line: b"\n" + b'{"a":' * 20_000, "2: "),
        (lambda line: b"\n\n" + b" " * 70_000, None),
        (lambda line: line + b"\xff", "2: not a recording"),
    ],
)
def test_recordings_are_data_to_be_checked(
    repair_copy: Copy, answers: Path, change: Callable[[bytes], bytes], words: str | None
) -> None:
    line = answers.read_bytes().splitlines(keepends=True)[0]
    folder = repair_copy(recordings=change(line))
    if words is None:
        load(folder)
        return
    with pytest.raises(PackError, match=f"repair/recordings.jsonl:{words}"):
        load(folder)


def test_recordings_of_a_tool_that_has_changed_are_old(repair_copy: Copy, answers: Path) -> None:
    data, changed = answers.read_bytes(), ("an experienced mechanic", "a mechanic")
    with pytest.raises(TaskError, match="nothing is recorded"):
        load(repair_copy(changed, recordings=data)).task(0)
    with pytest.raises(PackError, match=r"no recording of diagnose as it is now.*record again"):
        load(repair_copy(changed, REPLAY, recordings=data))


def test_no_recordings_from_outside_the_folder(repair_copy: Copy, answers: Path) -> None:
    folder = repair_copy()
    (folder / "recordings.jsonl").symlink_to(answers)
    with pytest.raises(PackError, match="points outside the pack's folder"):
        load(folder)
    (folder / "recordings.jsonl").unlink()
    os.mkfifo(folder / "recordings.jsonl")
    with pytest.raises(PackError, match="not a regular file"):
        load(folder)
    (folder / "recordings.jsonl").unlink()
    with (folder / "recordings.jsonl").open("wb") as file:
        file.truncate((32 << 20) + 1)
    with pytest.raises(PackError, match="larger than"):
        load(folder)


def test_new_recordings_are_seen(repair_copy: Copy, answers: Path) -> None:
    folder = repair_copy(REPLAY)
    with pytest.raises(TaskError, match="give the tool an `unrecorded` answer"):
        load(folder).task(0)
    (folder / "recordings.jsonl").write_bytes(answers.read_bytes())
    assert load(folder).task(0).oracle


def test_a_pack_without_played_tools_is_left_as_it_is(mini: Pack) -> None:
    assert mini.played(model=Mechanic()) is mini
    assert all(tool.played is None for tool in mini.tools.values())
