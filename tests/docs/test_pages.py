"""The documentation as a whole: links lead somewhere, examples run, commands exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.reading import PAGES, ROOT, Block, anchors, blocks, prose

README = ROOT / "README.md"
EXAMPLES = [pytest.param(block, id=f"README.md:{block.line}") for block in blocks(README, "python")]
SMALL = {"--n": "6", "--depth": "1", "--seeds": "2", "--episodes": "3"}


def commands() -> list[list[str]]:
    """Every `agentgym ...` line in the shell blocks of the README."""
    lines = [line for block in blocks(README, "bash") for line in block.text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("agentgym ")]


def small(arguments: list[str]) -> list[str]:
    """The same command with few seeds and episodes."""
    out = [SMALL.get(before, word) for before, word in zip(["", *arguments], arguments, strict=False)]
    return [*out, "--seconds", "0.1"] if out[0] == "bench" else out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            broken.append(f"{target}: no such file")
        elif anchor and anchor not in anchors(file):
            broken.append(f"{target}: no such heading; there are {sorted(anchors(file))}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("block", EXAMPLES)
def test_examples_of_the_readme_run(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, f"README.md:{block.line}", "exec"), {"__name__": "example"})


def test_first_example_is_about_five_lines() -> None:
    first = blocks(README, "python")[0].text.splitlines()
    assert len([line for line in first if line and not line.startswith(("import", "print"))]) <= 5


def test_commands_of_the_readme_run(tmp_path: Path) -> None:
    assert commands()
    for arguments in commands():
        if any(word.startswith("openai:") for word in arguments):
            continue  # needs a server; tests/llm runs it with a fake one
        line = [sys.executable, "-m", "agentgym", *small(arguments)]
        done = subprocess.run(line, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"agentgym {shlex.join(small(arguments))}\n{done.stdout}\n{done.stderr}"


def test_every_command_is_in_the_documentation() -> None:
    from agentgym.cli import app

    names = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not {name for name in names if not re.search(rf"agentgym {name}\b", text)}
    assert {arguments[0] for arguments in commands()} == names, "the README shows every command once"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)
    assert not set(found) - targets


def test_modules_named_in_the_documentation_exist() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    files = set(re.findall(r"`(agentgym/[\w/.]+\.py)`", text))
    names = set(re.findall(r"`(agentgym(?:\.\w+)+)(?:\([^`]*)?`", text))
    assert files
    assert names
    assert not {path for path in files if not (ROOT / path).is_file()}
    assert not {name for name in names if not exists(name)}


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one. The entry-point group `agentgym.packs` is neither."""
    if name == "agentgym.packs":
        return True
    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(import_module(module), attribute) or find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_floors_are_those_that_are_checked() -> None:
    """The table of floors in architecture.md is the layers of import-linter, highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    checked = [set(re.findall(r"\w+", layer)) for layer in layers]
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.MULTILINE)
    assert [set(re.findall(r"\w+", modules)) for _, modules in rows] == checked
    assert [int(floor) for floor, _ in rows] == list(range(len(checked) - 1, -1, -1))
