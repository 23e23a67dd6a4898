"""The files of a pack as structs: what each may hold. Their JSON Schemas are exported from here."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from agentgym.rubric import Question
from agentgym.tool import RuleSpec, ToolSpec
from agentgym.types import SemanticType
from agentgym.workflow import WorkflowSpec

__all__ = ["FILES", "Invariant", "MissingTool", "PackFile", "RubricFile", "RulesFile", "ToolsFile", "schemas"]

Name = str


class Invariant(Struct, frozen=True, forbid_unknown_fields=True):
    """A SELECT that must be empty in every world, situation and oracle end."""

    say: str
    sql: str


class MissingTool(Struct, frozen=True, forbid_unknown_fields=True, rename={"arguments": "with"}):
    """What is right where a tool that a request needs is not among those shown: `say` stands in the policy, and the
    call of a tool that ends the episode, with constants and `$name`s of the workflows, is how it is done."""

    say: str
    call: Name
    arguments: dict[str, str | int | float] = {}


class PackFile(Struct, frozen=True, forbid_unknown_fields=True):
    """pack.yaml"""

    version: Literal[1]
    name: Name
    release: str
    title: str
    description: str
    clock: list[str]
    tools: list[Name]
    rubric: Name = "default"
    limits: dict[Literal["turns", "errors", "tokens", "calls"], int] = {}
    invariants: list[Invariant] = []
    ignored_columns: list[str] = []
    types: dict[str, SemanticType] = {}
    identity: str = ""
    missing_tool: MissingTool | None = None


class ToolsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """tools.yaml, tools_registry/NAME.yaml"""

    version: Literal[1]
    tools: list[ToolSpec]


class RulesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """rules.yaml"""

    version: Literal[1]
    rules: list[RuleSpec]


class VocabularyFile(Struct, frozen=True, forbid_unknown_fields=True):
    """vocabulary.yaml"""

    version: Literal[1]
    split: dict[str, list[str]] = {}
    shared: dict[str, list[str]] = {}


class PopulationFile(Struct, frozen=True, forbid_unknown_fields=True):
    """population.yaml"""

    version: Literal[1]
    tables: list[dict[str, Any]]


class WordingPart(Struct, frozen=True, forbid_unknown_fields=True):
    """Openings by workflow and facts by name, several forms each."""

    openings: dict[str, list[str]] = {}
    facts: dict[str, list[str]] = {}


class WordingFile(Struct, frozen=True, forbid_unknown_fields=True):
    """wording.yaml"""

    version: Literal[1]
    openings: dict[str, list[str]]
    facts: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    held_out: WordingPart = WordingPart()


class RubricFile(Struct, frozen=True, forbid_unknown_fields=True):
    """rubric.yaml, rubrics/NAME.yaml: weights by criterion kind, numbers of the score, questions for a judge."""

    version: Literal[1]
    scorer: str = "potential"
    beta: float = 0.3
    progress: float = 0.2
    weights: dict[str, float] = {}
    judge: list[Question] = []


FILES: dict[str, type[Struct]] = {
    "pack": PackFile,
    "tools": ToolsFile,
    "rules": RulesFile,
    "vocabulary": VocabularyFile,
    "population": PopulationFile,
    "workflow": WorkflowSpec,
    "wording": WordingFile,
    "rubric": RubricFile,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every file of a pack, by name."""
    return {name: msgspec.json.schema(type_) for name, type_ in FILES.items()}
