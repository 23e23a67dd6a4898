"""How a pack's own workflows make a rule allow or forbid: writes that a sampled workflow can borrow."""

from __future__ import annotations

from msgspec import Struct

from agentgym.pack import Pack
from agentgym.workflow import Workflow
from agentgym.workflow.node import Decide, Refuse, walk
from agentgym.world.sql import parameters

__all__ = ["Arranged", "arrangements"]


class Arranged(Struct, frozen=True):
    """The writes of the situations in which one rule allows and forbids, and the columns that they name."""

    allowed: tuple[str, ...]
    denied: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]
    """Name in the writes -> `table.column`."""
    when: str = ""
    """A condition in SQL, with the same names, on the rows for which the writes do it; empty for all."""


def arrangements(pack: Pack) -> dict[str, tuple[Arranged, ...]]:
    """Rule -> what there is to borrow, in the order of the workflows."""
    out: dict[str, list[Arranged]] = {}
    for workflow in pack.workflows.values():
        for node in walk(workflow.tree):
            if isinstance(node, Decide) and node.rule:
                found = _arranged(workflow, node)
                if found is not None:
                    out.setdefault(node.rule, []).append(found)
    return {rule: tuple(found) for rule, found in out.items()}


def _arranged(workflow: Workflow, node: Decide) -> Arranged | None:
    legal, illegal = list(node.cases)
    if not any(isinstance(below, Refuse) for below in walk(node.cases[illegal])):
        return None  # another way of doing it, no ground to decline
    allowed = next((leaf for leaf in workflow.leaves if legal in leaf.split(".") and "denied" not in leaf), "")
    denied = next(
        (
            leaf
            for leaf in workflow.leaves
            if leaf.split(".")[-1] == illegal and "denied" not in leaf.removesuffix(illegal)
        ),
        "",
    )
    if not allowed or not denied:
        return None
    writes = (workflow.arrange(allowed), workflow.arrange(denied))
    if not all(writes):
        return None
    origins = dict(workflow.bind)
    names = sorted({name for part in writes for sql in part for name in parameters(sql)})
    if not all(origins.get(name) for name in names):
        return None
    return Arranged(*writes, tuple((name, origins[name]) for name in names))
