"""Ships the data folders: in the wheel as agentgym/_packs/<folder>, in the source archive at their own places.

An editable install ships nothing: `agentgym.pack.root()` finds the folders of the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("envs", "tools_registry", "rubrics")


def data_files(root: Path) -> list[str]:
    """Every file of the data folders below `root`, relative, sorted; hidden files and caches are not data."""
    found: list[str] = []
    for folder in FOLDERS:
        paths = [path.relative_to(root) for path in sorted((root / folder).rglob("*")) if path.is_file()]
        names = [path.as_posix() for path in paths if not any(part.startswith((".", "__")) for part in path.parts)]
        if not names:
            raise FileNotFoundError(
                f"{root / folder} is missing or empty: a build without it would ship no environments"
            )
        found += names
    return found


class BuildHook(BuildHookInterface):
    """Adds the data folders to what hatchling builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling once per target; `version` is "standard" or "editable"."""
        if self.target_name == "wheel" and version == "editable":
            return
        root = Path(self.root)
        prefix = "agentgym/_packs/" if self.target_name == "wheel" else ""
        build_data["force_include"].update({str(root / name): prefix + name for name in data_files(root)})
