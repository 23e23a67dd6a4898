"""A workflow, read: its tree, its branches, their twins, traps and variants."""

from __future__ import annotations

from functools import cached_property

from agentgym.types import Fault
from agentgym.workflow.node import Next, Seq, branches, walk
from agentgym.workflow.spec import WorkflowSpec

__all__ = ["Workflow"]


class Workflow:
    """What the user may want, as an executable tree with named branches."""

    def __init__(self, spec: WorkflowSpec, tree: Seq, bind: tuple[tuple[str, str], ...]) -> None:
        self.spec, self.tree, self.bind = spec, tree, bind
        """`bind`: (name, origin `table.column`) of each bind column."""
        self.name = spec.name

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Leaf paths of the tree, but for those that never come."""
        return tuple(leaf for leaf in branches(self.tree) if leaf not in self.spec.never)

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """All branches that tasks are made of: leaves, then variants, then traps."""
        return (*self.leaves, *self.spec.variants, *self.spec.traps)

    @cached_property
    def requests(self) -> dict[str, str]:
        """Further request -> what the user wants then."""
        return {node.name: node.wants for node in walk(self.tree) if isinstance(node, Next)}

    def leaf(self, branch: str) -> str:
        """The leaf that a branch plays."""
        if branch in self.spec.traps:
            return self.leaf(self.spec.traps[branch].branch)
        return self.spec.variants.get(branch, branch)

    def twin(self, branch: str) -> str:
        """The sibling that looks the same and is rightly answered otherwise; empty where there is none."""
        leaf = self.leaf(branch)
        for legal, illegal in self.spec.twins:
            if leaf == legal:
                return illegal
            if leaf == illegal:
                return legal
        return ""

    def arrange(self, branch: str) -> tuple[str, ...]:
        """The writes that make a branch's situation, in order."""
        own = self.spec.arrange.get(branch)
        if own is None and branch in self.spec.traps:
            own = self.spec.arrange.get(self.spec.traps[branch].branch)
        if own is None:
            own = self.spec.arrange.get(self.leaf(branch), [])
        return (*self.spec.arrange.get("*", ()), *own)

    def faults(self, branch: str) -> tuple[Fault, ...]:
        """The declared faults of a branch."""
        return tuple(Fault(f.tool, f.kind, f.nth, f.times) for f in self.spec.faults.get(branch, ()))
