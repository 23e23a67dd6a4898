"""Injected text stays text where people look: on a terminal, in the viewer's page, in what trainers read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from agentgym.cli.shell import console
from agentgym.env.render import human
from agentgym.episode import Episode, View
from agentgym.inert import UNSEEN
from agentgym.judge import Verdict, Verdicts
from agentgym.pack import Pack
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.trace import Recorder, Trace, dumps, grpo_groups, loads, sft_rows, to_messages, write_jsonl
from agentgym.trace.text import clean
from agentgym.viewer import Gatherer, Page
from tests.conftest import Agentgym
from tests.judge.attacks import ATTACKS, HARMLESS, with_rows, with_words
from tests.viewer.chromium import Browser
from tests.viewer.conftest import browser, quiet  # noqa: F401  fixtures

ACTIVE = re.compile(f"[{UNSEEN}]")


def spoken(pack: Pack, texts: list[str], seed: int = 0) -> Trace:
    """A trace in which texts are said, called and written about the world."""
    task = with_rows(pack, with_words(pack, pack.task(seed, "test"), texts[0]), texts[-1])
    with Episode(pack, task) as episode:
        recorder = Recorder(episode, texts[0])
        for text in texts:
            call = {"name": "find_patients", "arguments": {"phone": text, text: text}}
            for action in ({"content": text}, {"content": text, "tool_calls": [{"function": call}]}):
                if not episode.ending:
                    recorder.apply({"role": "assistant", **action})
        return recorder.trace()


def verdict_of(text: str) -> Verdict:
    return Verdict("polite", text, text, None, {"yes": 1, "no": 1, "unknown": 1}, text)


def groups() -> list[list[str]]:
    texts = [attack.text for attack in ATTACKS]
    return [texts[at : at + 8] for at in range(0, len(texts), 8)]


@pytest.fixture(scope="module")
def traces(clinic: Pack) -> list[Trace]:
    return [spoken(clinic, texts, seed) for seed, texts in enumerate(groups())]


def test_every_trace_comes_back(traces: list[Trace]) -> None:
    for trace in traces:
        line = dumps(trace)
        assert "\n" not in line
        assert dumps(loads(line)) == line


def test_the_terminal_is_not_steered(
    traces: list[Trace], clinic: Pack, agentgym: Agentgym, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, tasks = tmp_path / "traces.jsonl", tmp_path / "tasks.jsonl"
    broken = [msgspec.structs.replace(trace, ending=trace.seats["assistant_0"]) for trace in traces]
    file.write_text("".join(dumps(trace) + "\n" for trace in broken), encoding="utf-8")
    tasks.write_bytes(b"".join(msgspec.json.encode(trace.task) + b"\n" for trace in traces))
    shown = [agentgym("replay", file), agentgym("replay", file, "--json"), agentgym("view", file, "--out", "no.txt")]
    for number in range(5):
        shown += [agentgym("show", tasks, "--seed", number), agentgym("show", tasks, "--seed", number, "--json")]
    assert [one.code for one in shown[3:]] == [0] * 10
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        for attack in ATTACKS:
            console().print(attack.text.encode("utf-8", "replace").decode(), markup=False)
    out, err = capsys.readouterr()
    for text in [out, err, *(part for one in shown for part in (one.out, one.err))]:
        assert not ACTIVE.search(text)
    assert "\\x1b[2J" in out
    assert "\\u202e" in out


def test_rendering_an_episode_is_not_steered(clinic: Pack, capsys: pytest.CaptureFixture[str]) -> None:
    for attack in ATTACKS:
        task = with_words(clinic, clinic.task(0, "test"), attack.text)
        with Episode(clinic, task) as episode:
            human(View(episode))
    out, _ = capsys.readouterr()
    assert not ACTIVE.search(out)
    assert "\\x1b]8;;https://example.org" in out


def test_no_line_of_a_transcript_is_forged(clinic: Pack) -> None:
    roles = re.compile(r"^(?:system|user|assistant|tool|developer):", re.MULTILINE)
    for attack in ATTACKS:
        found: list[list[str]] = []
        for text in (attack.text, HARMLESS):
            with Episode(clinic, with_words(clinic, clinic.task(1, "test"), text)) as episode:
                view = View(episode)
                for action in ("What is your phone number?", "Could you tell me your date of birth?"):
                    episode.apply(action)
                    view.catch_up()
                transcript = view.transcript
            lines = [line for line in transcript.splitlines() if roles.match(line)]
            found.append([line.partition(":")[0] for line in lines])
        assert found[0] == found[1], attack.id
    assert found[0].count("assistant") == 2


def test_what_trainers_read_keeps_its_roles(clinic: Pack, tmp_path: Path) -> None:
    played: list[Trace] = []
    task = next(task for task in (clinic.task(n, "test") for n in range(99)) if task.ledger.persona == "plain")
    for attack in ATTACKS:
        pair = [
            play(clinic, with_rows(clinic, with_words(clinic, task, text), text), policy("oracle"))
            for text in (attack.text, HARMLESS)
        ]
        (found, mask), (plain, wanted) = (to_messages(trace, clinic) for trace in pair)
        assert [m["role"] for m in found] == [m["role"] for m in plain], attack.id
        assert mask == wanted
        assert [len(m.get("tool_calls", ())) for m in found] == [len(m.get("tool_calls", ())) for m in plain]
        assert clean(attack.text) in " ".join(m["content"] for m in found)
        played.append(pair[0])
    for name, rows in (("sft", sft_rows(played, clinic)), ("grpo", grpo_groups(played, clinic))):
        path = tmp_path / f"{name}.jsonl"
        assert write_jsonl(path, rows) == len(ATTACKS)
        lines = path.read_bytes().split(b"\n")
        assert len(lines) == len(ATTACKS) + 1
        assert all(isinstance(json.loads(line), dict) for line in lines[:-1])


def test_verdicts_keep_what_a_model_wrote(traces: list[Trace], tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    kept = Verdicts(path)
    for attack in ATTACKS:
        kept.add(verdict_of(clean(attack.text)))
    assert path.read_bytes().count(b"\n") == len(ATTACKS) == len(Verdicts(path))


def page_of(traces: list[Trace], path: Path) -> str:
    gatherer, page = Gatherer(again=False), Page(ATTACKS[0].text)
    for number, (trace, texts) in enumerate(zip(traces, groups(), strict=True)):
        page.add(gatherer.episode(trace, f"{texts[0]}.jsonl", number, [verdict_of(text) for text in texts]))
    gatherer.close()
    page.write(path, gatherer.packs)
    return path.read_text(encoding="utf-8")


def test_the_page_holds_no_text_outside_its_data(traces: list[Trace], tmp_path: Path) -> None:
    text = page_of(traces, tmp_path / "page.html")
    outside = re.sub(r'<script type="text/plain" id="[\w-]+">[A-Za-z0-9+/=]*</script>', "", text)
    assert outside.count("<script") == outside.count("</script>") == 1
    for attack in ATTACKS[1:]:
        assert attack.text not in outside, attack.id


@pytest.mark.xdist_group("browser")
def test_nothing_runs_in_the_browser(quiet: Browser, traces: list[Trace], tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "page.html"
    page_of(traces, path)
    quiet.open(path)
    assert quiet.text("#count") == f"{len(traces)} of {len(traces)} episodes"
    for number in range(len(traces)):
        quiet.run(f"document.getElementById('row-{number}')?.click(), 0")
        quiet.wait("document.querySelector('.episode .criteria') !== null")
        assert "cannot tell" in quiet.run("document.querySelector('.panels').innerText")
        quiet.run("for (const one of document.querySelectorAll('details')) one.open = true, 0")
    assert quiet.run("document.querySelectorAll('iframe, img, object, embed, .episode script').length") == 0
