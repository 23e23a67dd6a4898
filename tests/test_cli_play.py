"""`agentgym play`: lines as a person writes them, steps back, hints that win, and the score explained."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from agentgym.cli import main
from agentgym.cli.game import Game, as_typed
from agentgym.cli.line import COMMANDS, Line, complete, read_line, usage
from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.types import ASSISTANT, USER, Call, Called, Said

OPEN = ("cancel", "denied")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load("clinic")


@pytest.fixture
def game(pack: Pack) -> Iterator[Game]:
    with Game(pack, pack.task(0, "train", *OPEN)) as game:
        game.begin()
        yield game


@pytest.fixture
def played(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """The command with a script on standard input."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(script: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(script))
        with pytest.raises(SystemExit) as ended:
            main(["play", *arguments])
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


# --- lines ---


@pytest.mark.parametrize(
    ("typed", "tool", "arguments"),
    [
        ("find_patients phone=555-010-0199", "find_patients", {"phone": "555-010-0199"}),
        ('find_patients phone="555-010-0199"', "find_patients", {"phone": "555-010-0199"}),
        ("  find_patients   phone=5550100199  ", "find_patients", {"phone": "5550100199"}),
        ("wait minutes=5", "wait", {"minutes": 5}),
    ],
)
def test_a_call_is_a_name_and_values(pack: Pack, typed: str, tool: str, arguments: dict[str, Any]) -> None:
    assert read_line(typed, pack.tools) == Line(tool=tool, arguments=arguments)


def test_a_bare_value_goes_on_to_the_next_key(pack: Pack) -> None:
    tool = pack.tools["find_contacts"]
    first, second = list(tool.spec.parameters)[:2]
    assert read_line(f"{tool.name} {first}=a b c  {second}=d e", pack.tools).arguments == {
        first: "a b c",
        second: "d e",
    }


@pytest.mark.parametrize(
    "typed",
    [
        "Wait a moment, please.",
        "wait for me please",
        "What is your phone=number?",
        '{"name": "find_patients", "arguments": {"phone": "1"}}',
        "<tool_call>{broken</tool_call>",
    ],
)
def test_other_lines_are_said_or_passed_on(pack: Pack, typed: str) -> None:
    assert read_line(typed, pack.tools) == Line(typed)
    assert read_line(f"/say {typed}", pack.tools) == Line(typed)
    assert read_line(f"find_patients phone={typed}", {}).tool == "", "a seat without tools only speaks"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("find_patient phone=1", "no tool `find_patient`. Did you mean `find_patients`?"),
        ("find_patients", "missing `phone`"),
        ("find_patients 555", "it is written find_patients phone=string"),
        ("find_patients fone=1", "It is written find_patients phone=string"),
        ("find_patients phone=1 phone=2", "`phone` is given twice"),
        ('find_patients phone="1', "`phone` is no JSON value"),
        ('find_patients phone="1"2', "something follows the value of `phone`"),
        ("find_patients phone=[", "`phone` is no JSON value"),
        ("find_patients phone=" + "[" * 5000, "`phone` is no JSON value"),
        ("/hnt", "no command `/hnt`. Did you mean `/hint`?"),
        ("/", "no command `/`"),
        ("/Hint", "no command `/Hint`"),
    ],
)
def test_errors_say_how_it_is_written(pack: Pack, typed: str, says: str) -> None:
    with pytest.raises(UsageError) as trouble:
        read_line(typed, pack.tools)
    assert says in str(trouble.value)


def test_oracle_actions_can_be_typed(pack: Pack) -> None:
    """Whatever the oracle does, written as a hint, is read back as the same action."""
    seen = 0
    for seed in range(20):
        for action in pack.task(seed).oracle:
            if len(action.calls) == 1:
                line = read_line(as_typed(action), pack.tools)
                assert Call(line.tool, line.arguments) == action.calls[0]
                seen += 1
    assert seen > 40


def test_completion(pack: Pack) -> None:
    tools = pack.tools
    assert complete("/h", tools, {}) == ["/hint", "/help"]
    assert complete("find_pa", tools, {}) == [name for name in tools if name.startswith("find_pa")]
    assert set(complete("", tools, {})) == {*tools, *COMMANDS}
    assert complete("find_patients ", tools, {}) == ["phone="]
    assert complete("find_patients phone=1 ", tools, {}) == []
    tool, name = next((t, n) for t in tools.values() for n, p in t.spec.parameters.items() if p.enum)
    options = tool.spec.parameters[name].enum or []
    assert complete(f"{tool.name} {name}=", tools, {}) == [f"{name}={value}" for value in options]
    tool, (name, column) = next((t, t.refers[0]) for t in tools.values() if t.refers)
    assert complete(f"{tool.name} {name}=A", tools, {column: {"A1", "A2", "B"}}) == [f"{name}=A1", f"{name}=A2"]
    assert complete("/tools find_pa", tools, {}) == complete("find_pa", tools, {})
    assert complete("hello wor", tools, {}) == []
    assert "[" in " ".join(map(usage, tools.values())), "what may be left out stands in brackets"


# --- the game ---


@pytest.mark.parametrize("seat", [ASSISTANT, USER])
def test_who_follows_the_hints_settles_every_task(pack: Pack, seat: str) -> None:
    played = 0
    for seed in range(14):
        task = pack.task(seed, "test")
        if seat == USER and task.ledger.hands:
            continue
        with Game(pack, task, seat) as game:
            game.begin()
            while not game.ended:
                for line in game.hint().splitlines():
                    game.act(read_line(line, game.tools))
            assert game.score()["score"] == pytest.approx(1.0), (task.workflow, task.branch)
            played += 1
    assert played > 9


def test_a_hint_finds_the_way_back(game: Game) -> None:
    assert "phone" in game.hint()
    game.act(read_line("Good morning! I am happy to help.", game.tools))
    assert "phone" in game.hint(), "small talk changes nothing"
    game.act(read_line("Could you tell me your phone number and your date of birth?", game.tools))
    assert game.hint().startswith("find_patients phone="), "done in other words than the oracle's"
    game.act(read_line(game.hint(), game.tools))
    assert not game.hint().startswith("find_patients")


def test_no_hint_where_nothing_leads_to_a_score(pack: Pack) -> None:
    task = pack.task(0, "train", "cancel", "denied")
    with Game(pack, task) as game:
        game.begin()
        while not game.known.get("appointments.appointment_id"):
            game.act(read_line(game.hint(), game.tools))
        booked = min(map(str, game.known["appointments.appointment_id"]))
        game.act(Line(tool="cancel_appointment", arguments={"appointment_id": booked}))
        assert game.hint() == ""
        assert "cancel_appointment broke R2: Before each change" in game.score()["gate"]
        game.undo()
        assert game.hint() != ""
        assert game.score()["gate"] == ""


def test_undo_is_exact_and_goes_all_the_way(game: Game) -> None:
    states: list[tuple[int, str, Any]] = []
    while not game.ended:
        states.append((len(game.episode.events), game.episode.world.digest(), game.score()))
        game.act(read_line(game.hint().splitlines()[0], game.tools))
    end = game.episode.world.digest(), game.score()
    for state in reversed(states):
        game.undo()
        assert (len(game.episode.events), game.episode.world.digest(), game.score()) == state
    with pytest.raises(UsageError, match="no step to take back"):
        game.undo()
    while not game.ended:
        game.act(read_line(game.hint().splitlines()[0], game.tools))
    assert (game.episode.world.digest(), game.score()) == end
    with pytest.raises(UsageError, match="the episode has ended"):
        game.act(Line("more"))


def test_undo_in_the_users_seat(pack: Pack) -> None:
    with Game(pack, pack.task(0, "train", *OPEN), USER) as game:
        game.begin()
        before = len(game.episode.events), game.score(), game.hint()
        game.act(Line("I will not tell you that."))
        assert len(game.episode.events) > before[0]
        game.undo()
        assert (len(game.episode.events), game.score(), game.hint()) == before


def test_a_user_with_tools_in_hand_cannot_be_played(pack: Pack) -> None:
    task = next(task for seed in range(200) if (task := pack.task(seed)).ledger.hands)
    with pytest.raises(UsageError, match="tools in its own hands"):
        Game(pack, task, USER)
    with Game(pack, task) as game:
        game.begin()
        while not game.ended:
            game.act(read_line(game.hint().splitlines()[0], game.tools))
        assert game.score()["success"]


def test_the_score_is_explained_by_criterion(game: Game) -> None:
    while not game.ended:
        game.act(read_line(game.hint().splitlines()[0], game.tools))
    found = game.score()
    assert (found["ending"], found["success"], found["gate"], found["valid"]) == ("user_left", True, "", True)
    assert found["sum"] == "gate 1 x outcome 1.00 x (0.7 + 0.3 x process 1.00) = 1.000"
    outcome = [criterion for criterion in found["criteria"] if criterion["part"] == "outcome"]
    assert [(c["holds"], c["meaning"]) for c in outcome] == [
        (True, "declined by the right rule, with the facts it rests on")
    ]
    assert outcome[0]["about"].startswith("R3 ")
    assert len(found["criteria"]) == len(game.task.outcomes[0].criteria)


def test_failed_calls_close_no_gate(game: Game) -> None:
    game.act(Line(tool="cancel_appointment", arguments={"appointment_id": "A00000"}))
    assert game.score()["gate"] == ""


# --- the command ---


def test_a_script_may_be_piped_in(played: Callable[..., Any]) -> None:
    script = (
        "/help\n/tools find_patients\n\n/hint\nCould you tell me your phone number?\n/score\n/nothing\n/undo\n/undo\n"
    )
    code, out, err = played(script + "/quit\nnever read\n", "--workflow", "cancel", "--branch", "denied")
    assert code == 0
    assert err == ""
    for expected in (
        "Rules:", "user: ", "assistant> /hint", "Effect: read.", "phone: Number", "so far: V 0.000", "one step back",
        "error: no command `/nothing`", "error: there is no step to take back", "You left before the end.",
    ):  # fmt: skip
        assert expected in out, expected
    assert "never read" not in out
    assert all(f"  {name} " in out for name in COMMANDS)


def test_a_whole_episode_from_a_script(played: Callable[..., Any], pack: Pack) -> None:
    task = pack.task(3, "train", *OPEN)
    script = "".join(f"{as_typed(action)}\n" for action in task.oracle)
    code, out, _ = played(script + "hello?\n", "--workflow", "cancel", "--branch", "denied", "--seed", "3")
    assert code == 0
    assert "score: 1.000 (success)" in out
    assert "[yes] declined by the right rule" in out
    assert "gate 1 x outcome 1.00" in out
    assert "error: the episode has ended (user_left)" in out
    assert out.count("[yes]") == len(task.outcomes[0].criteria)
    assert "left before" not in out


def test_json_goes_alone_to_standard_output(played: Callable[..., Any], pack: Pack) -> None:
    code, out, err = played("Hello!\n", "clinic", "--json", "--seed", "5", "--split", "test")
    found = json.loads(out)
    assert code == 0
    assert (found["task_id"], found["seat"], found["turns"]) == (pack.task(5, "test").id, "assistant", 1)
    assert (found["score"], found["ending"], found["value"]) == (None, None, 0.0)
    assert "Rules:" in err
    assert "assistant> Hello!" in err


def test_the_users_seat_reads_its_card_and_its_terms(played: Callable[..., Any]) -> None:
    script = "I do not know.\n/tools\n/score\n"
    code, out, _ = played(script, "--seat", "user", "--workflow", "cancel", "--branch", "allowed")
    assert code == 0
    for expected in ("You are the customer.", "Manner: ", "assistant: ", "user> I do not know.", "you only speak",
                     "your part, each term from -0.20 to 0.20: answered -0.20"):  # fmt: skip
        assert expected in out, expected
    assert "Rules:" not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--seat", "guard"), "no seat `guard`"),
        (("--split", "tset"), "no split `tset`. Did you mean `test`?"),
        (("--workflow", "cancle"), "Did you mean `cancel`?"),
        (("no_such_pack",), "no pack `no_such_pack`"),
    ],
)
def test_wrong_options_are_told_in_one_line(played: Callable[..., Any], arguments: tuple[str, ...], says: str) -> None:
    code, out, err = played("", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_what_the_other_side_hears_is_what_was_said(game: Game) -> None:
    events = game.act(read_line("/say find_patients phone=1", game.tools))
    assert [type(event) for event in events] == [Said, Said]
    events = game.act(read_line('{"name": "find_patients"', game.tools))
    assert isinstance(events[0], Called | Said)


@pytest.mark.skipif(find_spec("pty") is None or find_spec("readline") is None, reason="needs a terminal")
def test_on_a_terminal_the_tab_key_completes() -> None:
    import pty

    child, terminal = pty.fork()
    if not child:
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-m", "agentgym", "play", "clinic", "--workflow", "cancel"])

    def until(text: str, press: bytes = b"") -> None:
        """Read until a text stands there, and press a key again each second: a signal that comes just before readline
        begins to wait is noticed with the next key alone."""
        seen, end = "", time.monotonic() + 60
        while text not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536).decode(errors="replace")
            else:
                os.write(terminal, press)
        assert text in seen, seen[-500:]

    try:
        until("assistant> ")
        os.write(terminal, b"find_p\t")
        until("find_patients")
        os.write(terminal, b" ph\t")
        until("phone=")
        os.write(terminal, b"555-010-0199\n")
        until("-> []")
        os.write(terminal, b"\x03")
        until("You left before the end.", press=b"\x03")
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130


def test_bytes_that_are_no_text_are_still_said() -> None:
    command = [sys.executable, "-m", "agentgym", "play", "--json"]
    done = subprocess.run(command, input=b"Hello \xff\xfe.\n", capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["turns"] == 1
