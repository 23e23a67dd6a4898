"""The house: what holds for the project as a whole, whatever the modules do."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import agentgym

ROOT = Path(__file__).resolve().parent.parent
DATA_FOLDERS = ("envs", "tools_registry", "rubrics")
DISTRIBUTION = "agentgym-tooluse"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages([str(ROOT / "agentgym")], "agentgym.", onerror=lambda name: None)
    if info.name != "agentgym.__main__"
)

# What a distribution is called on import, where that is not its own name with "-" turned into "_".
IMPORT_NAMES = {"pyyaml": "yaml", "pillow": "PIL"}
# Floors that may import an extra, and only where it is used.
EXTRA_USERS = ("adapters", "cli", "env", "judge", "report", "serve", "synthesis", "training")


def project_files(*folders: str) -> list[str]:
    """Every file under `folders` that git tracks or would track, relative to the root, sorted."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *folders]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("needs a git checkout")
    return sorted({name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()})


def import_names(requirements: list[str]) -> set[str]:
    """The top-level modules of a list of requirements."""
    names = {re.split(r"[\[<>=~!; ]", requirement)[0].lower() for requirement in requirements}
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names - {DISTRIBUTION}}


def imports_of(path: Path) -> tuple[set[str], set[str]]:
    """The top-level names that a file imports: (when it is imported, at any time)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))

    def names(nodes: list[ast.AST]) -> set[str]:
        found: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
        return found

    return names(list(tree.body)), names(list(ast.walk(tree)))


def test_version_is_one() -> None:
    assert metadata.version(DISTRIBUTION) == agentgym.__version__, "reinstall: pip install -e . --no-deps"
    headings = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] in {"Unreleased", agentgym.__version__}, "the changelog's newest section is not this version"


@pytest.mark.parametrize("name", ["agentgym", *MODULES])
def test_all_names_exist(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        extras = set().union(*(import_names(extra) for extra in PYPROJECT["project"]["optional-dependencies"].values()))
        if error.name in extras and name.split(".")[1] in EXTRA_USERS:
            pytest.skip(f"{error.name} is an extra and not installed")
        raise
    public: list[str] = getattr(module, "__all__", [])
    assert not [entry for entry in public if not hasattr(module, entry)], "__all__ names what is not there"
    assert len(set(public)) == len(public), "__all__ names something twice"


def test_imports_respect_the_floors() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))",
    ]
    check = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_third_party_imports_are_declared() -> None:
    core = import_names(PYPROJECT["project"]["dependencies"])
    extras = set().union(*(import_names(extra) for extra in PYPROJECT["project"]["optional-dependencies"].values()))
    known = set(sys.stdlib_module_names) | {"agentgym"}
    wrong: list[str] = []
    for name in project_files("agentgym/*.py"):
        at_import, ever = imports_of(ROOT / name)
        allowed = extras if Path(name).parts[1].removesuffix(".py") in EXTRA_USERS else set()
        wrong += [f"{name}: {other} is no core dependency" for other in sorted(at_import - core - known - allowed)]
        wrong += [
            f"{name}: {other} is not declared in pyproject.toml" for other in sorted(ever - core - known - extras)
        ]
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_import_is_light() -> None:
    heavy = ("torch", "transformers", "aiohttp", "faker", "pettingzoo.test", "matplotlib", "PIL", "rich", "typer")
    program = f"import sys, agentgym; print(*[name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not loaded, f"`import agentgym` imports {loaded}"


def test_oldest_versions_are_the_lower_bounds() -> None:
    lines = (ROOT / "tests/oldest.txt").read_text(encoding="utf-8").splitlines()
    oldest = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    found = [re.match(r"([\w-]+)>=([\d.]+)", requirement) for requirement in PYPROJECT["project"]["dependencies"]]
    assert all(found), "every core dependency starts with its lower bound: name>=version"
    bounds = {bound[1]: bound[2] for bound in found if bound}
    assert oldest.keys() == bounds.keys()
    for name, bound in bounds.items():
        assert oldest[name] == bound or oldest[name].startswith(f"{bound}."), (
            f"{name}: {oldest[name]} is not >={bound}'s floor"
        )
        assert set(oldest[name].removeprefix(bound)) <= set(".0"), f"{name}: {oldest[name]} is above the bound {bound}"


def test_source_files_are_short() -> None:
    lengths = {
        name: (ROOT / name).read_bytes().count(b"\n")
        for name in project_files("agentgym/*.py", "baselines/*.py", "benchmarks/*.py")
    }
    assert len(lengths) > 1
    assert not {name: lines for name, lines in lengths.items() if lines > 400}, "over 400 lines: make it a package"


def test_no_file_names_this_machine() -> None:
    machine = re.compile(
        rb"(?<![\w.*/-])/(?:work|root|opt|home|Users)/\w|(?:extra-)?index-url|--find-links|(?:127\.0\.0\.1|localhost):\d{4}/simple"
    )
    hits = [
        f"{name}:{number}: {line.decode(errors='replace').strip()[:120]}"
        for name in project_files()
        for number, line in enumerate((ROOT / name).read_bytes().split(b"\n"), start=1)
        if machine.search(line) and name != "tests/test_house.py"
    ]
    assert not hits, "paths or package indexes of one machine:\n" + "\n".join(hits)


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_data_folders_hold_data_only(folder: str) -> None:
    names = project_files(folder)
    assert names, f"{folder}/ has no files"
    assert not [name for name in names if name.endswith((".py", ".pyc", ".so"))], "code belongs in agentgym/"
    assert not [name for name in names if not (ROOT / name).stat().st_size], "an empty file says nothing"


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_no_data_is_ignored_by_git(folder: str) -> None:
    """A pack called `demo` or `build` would match .gitignore and be missing from every clone."""
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert not shipped - set(project_files(folder))
