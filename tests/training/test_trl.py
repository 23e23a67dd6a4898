"""The recipe for TRL: what `Rollouts` hands over, and two steps of TRL's own trainer on it, where trl is installed.

pip install -e '.[test,trl]' && python -m pytest tests/training/test_trl.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from agentgym.errors import UsageError
from agentgym.pack import load
from agentgym.training.data import TaskStream, conversations, demonstrations
from agentgym.training.engine import Request, Sample
from agentgym.training.stream import ChatTokens
from agentgym.training.tiny import tiny_model, tiny_tokenizer
from agentgym.training.trl import Rollouts, reward
from tests.docs.reading import blocks

ROOT = Path(__file__).resolve().parents[2]
NEEDS_TRL = pytest.mark.skipif(
    find_spec("trl") is None or find_spec("datasets") is None, reason="needs trl: pip install 'agentgym-tooluse[trl]'"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    traces = list(demonstrations(TaskStream([load("clinic")]).next(12)))
    return tiny_tokenizer((m["content"] for row in conversations(traces, "bare") for m in row), 400)


class Oracle:
    """Says what the oracle would to the first of each group, and nonsense to the others; with a weight of its own."""

    def __init__(self, chat: ChatTokens, scripts: list[list[str]], size: int) -> None:
        self.chat, self.scripts, self.size = chat, scripts, size
        self.turns: dict[Any, int] = {}
        self.updates = 0

    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        out: list[Sample] = []
        for request in requests:
            turn = self.turns[request.key] = self.turns.get(request.key, -1) + 1
            script = self.scripts[request.key // self.size]
            good = request.key % self.size == 0 and turn < len(script)
            ids = self.chat.turn(script[turn] if good else "Hm.")
            out.append(Sample(ids, [-0.5] * len(ids), True))
        return out

    def update(self, model: Any) -> None:
        self.updates += 1


def trainer(tokenizer: Any, **more: Any) -> Any:
    """As much of a trainer as is looked at."""
    fields: dict[str, Any] = {
        "num_generations": 2, "num_generations_eval": 2, "tools": [], "temperature": 1.0,
        "processing_class": tokenizer, "model": SimpleNamespace(training=True),
        "accelerator": SimpleNamespace(unwrap_model=lambda model: model), "state": SimpleNamespace(global_step=0),
    }  # fmt: skip
    return SimpleNamespace(**{**fields, **more})


def scripted(tokenizer: Any, count: int = 2, **options: Any) -> tuple[Rollouts, Oracle]:
    tasks, chat = TaskStream([load("clinic")]).next(count), ChatTokens(tokenizer)
    scripts = [
        [message["content"] for message in row if message["role"] == "assistant"]
        for row in conversations(demonstrations(tasks), "bare")
    ]
    oracle = Oracle(chat, scripts, 2)
    return Rollouts(tasks, rendering="bare", engine=lambda _: oracle, **options), oracle


def twice(rollouts: Rollouts) -> list[str]:
    return [row["prompt"] for row in rollouts.rows for _ in range(2)]


def test_a_conversation_is_one_row_with_a_mask(tokenizer: Any) -> None:
    rollouts, oracle = scripted(tokenizer)
    found = rollouts(twice(rollouts), trainer(tokenizer))
    assert {name: len(values or ()) for name, values in found.items()} == dict.fromkeys(
        ("prompt_ids", "completion_ids", "env_mask", "logprobs", "reward", "success"), 4
    )
    assert found["success"] == [True, False, True, False], "the oracle's words, and the group in order"
    assert found["reward"] is not None
    assert found["reward"][0] == pytest.approx(1)
    assert found["reward"][1] < found["reward"][0]
    assert oracle.updates == 1, "present weights"
    fields = (found["prompt_ids"], found["completion_ids"], found["env_mask"], found["logprobs"])
    for at, (prompt, ids, mask, logprobs) in enumerate(zip(*fields, strict=True)):  # type: ignore[arg-type]
        assert tokenizer.decode(prompt).endswith("<|im_start|>assistant\n")
        assert len(ids) == len(mask) == len(logprobs)
        assert mask[0] == mask[-1] == 1, "from the model's first word to its last"
        assert logprobs == [-0.5 * one for one in mask]
        written = tokenizer.decode([one for one, own in zip(ids, mask, strict=True) if own])
        if at % 2 == 0:
            assert written == "".join(f"{text}<|im_end|>" for text in oracle.scripts[at // 2])
        given = tokenizer.decode([one for one, own in zip(ids, mask, strict=True) if not own])
        assert given.count("<|im_start|>assistant\n") == written.count("<|im_end|>") - 1
    assert found["prompt_ids"][0] == found["prompt_ids"][1]


def test_nothing_is_lost_where_the_context_is_full(tokenizer: Any) -> None:
    rollouts, _ = scripted(tokenizer, limit=8, context=12)
    found = rollouts(twice(rollouts), trainer(tokenizer))
    end = ChatTokens(tokenizer).end[:1]
    assert found["completion_ids"] == [end] * 4, "TRL takes no empty one"
    assert found["env_mask"] == [[0]] * 4
    assert found["reward"] == [None] * 4


def test_another_temperature_has_other_logprobs(tokenizer: Any) -> None:
    rollouts, _ = scripted(tokenizer, 1)
    assert rollouts(twice(rollouts), trainer(tokenizer, temperature=0.7))["logprobs"] is None


def test_rewards_are_handed_on_and_success_is_logged() -> None:
    logged: dict[str, float] = {}
    found = reward(completions=["a", "b"], reward=[0.5, None], success=[True, False], log_metric=logged.__setitem__)
    assert found == [0.5, None]
    assert logged == {"success": 0.5}


@pytest.mark.parametrize(
    ("prompts", "more", "expected"),
    [
        ([0, 0, 0], {}, "no whole groups of 2"),
        ([0, 1], {}, "no whole groups of 2"),
        ([0, 0], {"tools": [print]}, "reads no env_mask"),
        (["x", "x"], {}, "no task 'x'"),
    ],
)
def test_mistakes_say_what_to_do(tokenizer: Any, prompts: list[Any], more: dict[str, Any], expected: str) -> None:
    rollouts, _ = scripted(tokenizer)
    asked = [one if isinstance(one, str) else rollouts.rows[one]["prompt"] for one in prompts]
    with pytest.raises(UsageError, match=expected):
        rollouts(asked, trainer(tokenizer, **more))


# --- TRL itself ---


@NEEDS_TRL
@pytest.mark.filterwarnings("ignore")
def test_the_recipe_of_the_documentation_trains(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block of docs/train.md, as it stands, on a nano model and two steps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = tiny_model(len(tokenizer), 0, "nano")
    model.save_pretrained("model")
    tokenizer.save_pretrained("model")
    (block,) = [block for block in blocks(ROOT / "docs/train.md", "python") if "GRPOTrainer" in block.text]
    text = block.text
    for old, new in (
        ("Qwen/Qwen3-0.6B", "model"), ("compact", "bare"), (".next(2000)", ".next(8)"), ("limit=320", "limit=6"),
        ("max_steps=200", "max_steps=4"), ("num_generations=8", "num_generations=2"),
        ("per_device_train_batch_size=8", "per_device_train_batch_size=4"),
        ("gradient_accumulation_steps=8", "gradient_accumulation_steps=1"),
        ("steps_per_generation=8", "steps_per_generation=2"), ("bf16=True", "bf16=False, use_cpu=True"),
    ):  # fmt: skip
        assert old in text, old
        text = text.replace(old, new)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(text, f"docs/train.md:{block.line}", "exec"), names)
    trained = names["trainer"]
    history = trained.state.log_history
    assert [row["step"] for row in history if "loss" in row] == [1, 2, 3, 4]
    assert all("rewards/reward/mean" in row and "success" in row for row in history if "num_tokens" in row)
    check_logprobs(trained)


def check_logprobs(trained: Any) -> None:
    """What TRL computed for each token of its last samples, before it learned from them, is what was sampled with: its
    rows are ours."""
    import torch

    compared = 0
    for batch in trained._buffered_inputs:
        own = (batch["completion_mask"] * batch["tool_mask"]).bool()
        assert own.any(1).all()
        assert not own.all()
        torch.testing.assert_close(
            batch["old_per_token_logps"][own], batch["sampling_per_token_logps"][own], atol=2e-4, rtol=1e-3
        )
        compared += int(own.sum())
    assert compared > 50


@NEEDS_TRL
@pytest.mark.slow
def test_the_benchmark_compares_the_same_samples() -> None:
    command = [sys.executable, "-B", str(ROOT / "benchmarks/trl.py"), "--quick", "--model", "nano", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--reward", "drawn"], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["name"] for row in found["rows"]] == ["ours", "TRL, our engine", "TRL, its generation"]
    assert all(len(steps) == 2 and steps[0]["episodes"] == 4 for steps in found["steps"].values())
    assert found["equal"] == 0, "what is drawn tells the episodes of a group apart"
    ours, engine = found["steps"]["ours"][0], found["steps"]["engine"][0]
    same = ("tokens", "written", "turns", "reward")
    assert [ours[name] for name in same] == [engine[name] for name in same], "before anything is learned"


def test_the_benchmark_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    before = set(sys.modules)
    try:
        spec = spec_from_file_location("benchmarks_trl", ROOT / "benchmarks" / "trl.py")
        assert spec is not None
        assert spec.loader is not None
        program = module_from_spec(spec)
        spec.loader.exec_module(program)
        monkeypatch.setattr(program, "installed", lambda name: name != "trl")
        assert program.main(["--init", "runs/nowhere"]) == 2
        assert "no folder runs/nowhere: make it" in capsys.readouterr().err
        assert program.main(["--model", "tiny"]) == 2
        assert capsys.readouterr().err == "trl: trl not installed: pip install 'agentgym-tooluse[trl]'\n"
        with pytest.raises(SystemExit):
            program.main(["--groups", "3", "--group", "3"])
    finally:
        for name in set(sys.modules) - before:
            if name == "kernel" or name.startswith("_kernel"):
                del sys.modules[name]
