"""What rules and wishes call things: deeds by the descriptions of tools, rows by their tables."""

from __future__ import annotations

import re

from agentgym.pack import Pack

__all__ = ["deed", "noun", "plural", "singular"]


def deed(pack: Pack, tool: str) -> str:
    """What whoever calls a tool does: the first sentence of its description."""
    said = pack.domain.tools[tool].spec.description.strip().split(". ")[0].rstrip(".")
    return said[:1].lower() + said[1:]


def noun(pack: Pack, table: str) -> str:
    """What one row of a pack's table is called: by the pack's labels, else by its name."""
    return pack.domain.labels.get(table) or singular(table.replace("_", " "))


def singular(table: str) -> str:
    """What one row of a table is called."""
    if table.endswith("ies") and len(table) > 4:
        return f"{table[:-3]}y"
    if re.search(r"(ss|x|ch|sh)es$", table):
        return table[:-2]
    return table[:-1] if len(table) > 2 and table.endswith("s") and not table.endswith("ss") else table


def plural(noun: str) -> str:
    """Several of them."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
