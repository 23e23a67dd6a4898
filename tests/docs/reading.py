"""Reading the documentation: its pages, and the blocks of code in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\*\*([\w./-]+)\*\*\s*\Z")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A block of code: `file` is the bold name in the line before it, `heading` the nearest above, `line` from 1."""

    language: str
    text: str
    file: str
    heading: str
    line: int


def blocks(page: Path, language: str = "") -> list[Block]:
    """The blocks of a page, in order; of one language where given."""
    text = page.read_text(encoding="utf-8")
    out: list[Block] = []
    for found in _BLOCK.finditer(text):
        before = text[: found.start()]
        name, headings = _NAME.search(before), _HEADING.findall(_BLOCK.sub("", before))
        line = before.count("\n") + 1
        out.append(Block(found[1], found[2], name[1] if name else "", headings[-1] if headings else "", line))
    return [block for block in out if language in ("", block.language)]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link into the page may point to: its headings, as GitHub names them."""
    headings = _HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower().replace(" ", "-") for heading in headings}
