"""A pack's content in memory: taken from a pack, changed by operators, written as a folder that loads like any."""

# PyYAML has no complete types:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.pack import Pack, load
from agentgym.pack.yaml import read
from agentgym.places import inside
from agentgym.synthesis.naming import Names
from agentgym.tool import RuleSpec
from agentgym.workflow import WorkflowSpec

__all__ = ["Draft", "vacant"]

_FILES = ("pack", "population", "rules", "vocabulary", "wording")


class Draft(Struct):
    """The files of a pack as plain data, by name. Tools are its own: a draft of a shipped pack is self-contained."""

    files: dict[str, dict[str, Any]]
    """pack, population, rules, vocabulary, wording, tools, and rubric where the pack has its own."""
    script: str
    """world.sql"""
    workflows: dict[str, dict[str, Any]]
    labels: dict[str, str] = {}
    """Fact of a sampled workflow -> its words, where these are not the pack's; those that are used are written."""

    @classmethod
    def of(cls, pack: Pack, name: str) -> Draft:
        """The content of a pack, under another name; without recordings of tools that are played."""
        folder = pack.content.folder
        files = {part: read(inside(folder, f"{part}.yaml"), f"{folder.name}/{part}.yaml") for part in _FILES}
        files["pack"] = {**files["pack"], "name": name}
        own = [tool.spec for tool in pack.domain.tools.values() if not tool.spec.python]  # these are everybody's
        files["tools"] = {"version": 1, "tools": msgspec.to_builtins(own)}
        if (rubric := inside(folder, "rubric.yaml")).is_file():
            files["rubric"] = read(rubric, f"{folder.name}/rubric.yaml")
        workflows = {name: msgspec.to_builtins(found.spec) for name, found in pack.workflows.items()}
        return cls(files, pack.content.script, workflows, Names(pack).labels)

    def add(
        self, workflow: WorkflowSpec, openings: Mapping[str, list[str]],
        further: Mapping[str, Mapping[str, list[str]]] | None = None,
    ) -> None:  # fmt: skip
        """A further workflow, its openings by split, and those of its further requests."""
        self.workflows[workflow.name] = msgspec.to_builtins(workflow)
        wording = self.files["wording"]
        held = wording.setdefault("held_out", {}).setdefault("openings", {})
        for request, forms in {"": openings, **(further or {})}.items():
            name = f"{workflow.name}.{request}" if request else workflow.name
            wording["openings"][name], held[name] = list(forms["train"]), list(forms["test"])
        words = {fact: self.labels[fact] for fact in workflow.facts if fact in self.labels}
        wording["labels"] = {**words, **(wording.get("labels") or {})}

    def rules(self, rules: Iterable[RuleSpec]) -> None:
        """Another policy."""
        self.files["rules"]["rules"] = [msgspec.to_builtins(rule) for rule in rules]

    def copy(self) -> Draft:
        """An independent copy."""
        return Draft(deepcopy(self.files), self.script, dict(self.workflows), self.labels)

    def bare(self) -> Draft:
        """A copy without workflows, their openings, and what is right where a tool lacks: that names their steps."""
        twin = self.copy()
        twin.workflows.clear()
        twin.files["pack"].pop("missing_tool", None)
        for part in (twin.files["wording"], twin.files["wording"].get("held_out", {})):
            part["openings"] = {}
        return twin

    def write(self, folder: Path) -> Pack:
        """Write the folder, whose name is the pack's, and load it.

        Raises:
            UsageError: there is something at that place.
            PackError: the content does not fit.
        """
        vacant(folder)
        (folder / "workflows").mkdir(parents=True)
        (folder / "world.sql").write_text(self.script, encoding="utf-8")
        for name, content in self.files.items():
            _dump(folder / f"{name}.yaml", content)
        for name, content in self.workflows.items():
            _dump(folder / "workflows" / f"{name}.yaml", content)
        return load(folder)


def vacant(folder: Path) -> None:
    """Refuse a place where something lies: somebody may have worked on it. Raises UsageError."""
    if folder.exists():
        what = "a pack" if (folder / "pack.yaml").is_file() else "no pack"
        raise UsageError(f"{folder} is there and holds {what}: name another folder")


class _Dumper(yaml.SafeDumper):
    """No anchors: content has no aliases. Whatever would be read back as something else is quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _dump(path: Path, content: Any) -> None:
    path.write_text(_text(msgspec.json.encode(content)), encoding="utf-8")


@lru_cache(maxsize=64)
def _text(content: bytes) -> str:
    """Content, given as JSON, as YAML; of drafts that are tried one after the other most files are the same."""
    return yaml.dump(msgspec.json.decode(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
