"""What the files of a pack hold, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from agentgym.pack.formats import PackFile, RubricFile
from agentgym.user.wording import Wording

__all__ = ["Content", "Split"]

Split = Literal["train", "test"]


class Content(Struct, frozen=True):
    """The parsed files of a pack."""

    folder: Path
    file: PackFile
    script: str
    tables: Sequence[Mapping[str, Any]]
    words: Mapping[Split, Mapping[str, Sequence[str]]]
    wording: Mapping[Split, Wording]
    openings: Mapping[Split, Mapping[str, tuple[str, ...]]]
    fact_forms: Mapping[Split, Mapping[str, tuple[str, ...]]]
    assistant_forms: Mapping[str, tuple[str, ...]]
    rubric: RubricFile
    digest: str
