"""The wheel, built from a copy of the checkout and installed outside of it, is complete, alone, and leaves no trace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_house import DATA_FOLDERS, DISTRIBUTION, ROOT, project_files

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]  # one worker builds once


class Built(NamedTuple):
    """What `python -m build` made."""

    wheel: Path
    archive: Path


class Installed(NamedTuple):
    """A virtual environment outside the checkout that holds the wheel; its dependencies are this environment's."""

    python: Path
    site: Path
    home: Path

    def run(self, *arguments: str) -> str:
        """Runs its Python, isolated from the current folder, and returns what was printed."""
        return run(self.python, "-I", *arguments, cwd=self.home)


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command without this environment's variables; its output is the message if it fails."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed\n{done.stdout}\n{done.stderr}"
    return done.stdout


def pip(python: Path, *arguments: str | Path) -> str:
    """Runs this environment's pip on another one's Python."""
    command = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", *arguments)
    return run(*command, cwd=python.parent)


def clone(target: Path) -> Path:
    """Copies what git tracks, or would track, to `target`."""
    for name in project_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source archive, and the wheel built from it."""
    source = clone(tmp_path_factory.mktemp("source"))
    output = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", output, source, cwd=output)
    (wheel,) = output.glob("*.whl")
    (archive,) = output.glob("*.tar.gz")
    return Built(wheel, archive)


def install(wheel: Path, home: Path) -> Installed:
    """A fresh virtual environment under `home`, with the wheel in it."""
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip(python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return Installed(python, site, home)


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed."""
    return install(built.wheel, tmp_path_factory.mktemp("home"))


def everything(folder: Path) -> set[str]:
    """Every file and folder below `folder`."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    names = zipfile.ZipFile(built.wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"agentgym"}, "a stray top-level package"
    ours = {name for name in names if name.startswith("agentgym/") and not name.startswith("agentgym/_packs/")}
    assert ours == set(project_files("agentgym"))
    assert "agentgym/py.typed" in ours
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_wheel_and_archive_hold_every_data_file(built: Built, folder: str) -> None:
    expected = set(project_files(folder))
    assert expected, f"{folder}/ has no files"
    prefix = "agentgym/_packs/"
    packed = {name.removeprefix(prefix) for name in zipfile.ZipFile(built.wheel).namelist() if name.startswith(prefix)}
    assert {name for name in packed if name.startswith(f"{folder}/")} == expected
    with tarfile.open(built.archive) as archive:
        members = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert {name for name in members if name.startswith(f"{folder}/")} == expected


def test_a_missing_data_folder_stops_the_build(tmp_path: Path) -> None:
    source = clone(tmp_path / "source")
    shutil.rmtree(source / DATA_FOLDERS[-1])
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(source)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"{DATA_FOLDERS[-1]} is missing or empty" in done.stdout + done.stderr


def test_installed_package_is_not_the_checkout(installed: Installed) -> None:
    where = Path(installed.run("-c", "import agentgym; print(agentgym.__file__)").strip())
    assert where.is_relative_to(installed.site)
    version = installed.run("-c", f"from importlib.metadata import version; print(version({DISTRIBUTION!r}))")
    assert version == installed.run("-c", "import agentgym; print(agentgym.__version__)")


def test_installed_data_is_byte_equal(installed: Installed) -> None:
    names = project_files(*DATA_FOLDERS)
    different = [
        name for name in names if (installed.site / "agentgym/_packs" / name).read_bytes() != (ROOT / name).read_bytes()
    ]
    assert names
    assert not different


def test_installed_command_is_there(installed: Installed) -> None:
    assert list(installed.python.parent.glob("agentgym*")), "the wheel installs no `agentgym` command"


def test_uninstalling_leaves_nothing(built: Built, tmp_path: Path) -> None:
    fresh = install(built.wheel, tmp_path)
    fresh.run("-c", "import agentgym")  # with its caches
    pip(fresh.python, "uninstall", "--quiet", "--yes", DISTRIBUTION)
    left = [path for path in everything(tmp_path / "venv") if "agentgym" in path]
    assert not left
