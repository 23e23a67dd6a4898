"""What the user would agree to where the policy declines: a read-back must not tell what is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from agentgym.types import Fact
from agentgym.workflow.domain import Domain
from agentgym.workflow.node import Confirm, Decide, Node, Refuse, Seq, walk
from agentgym.workflow.run import run
from agentgym.workflow.step import Run, Step, TreeError
from agentgym.world import World

__all__ = ["agreed"]


def agreed(
    tree: Seq, start: Callable[[], World], facts: Sequence[Fact], domain: Domain, found: Run
) -> dict[int, list[Step]]:
    """Place of a request -> what is read back, and taken back, where a decision by which something is declined, or that
    leads past every read-back, comes out the other way.

    Args:
        start: gives the world that the run began with.
        found: the run.
    """
    out: dict[int, list[Step]] = {}
    decisions = [note for note in found.notes if isinstance(note.node, Decide)]
    for at, note in enumerate(decisions):
        assert isinstance(note.node, Decide)
        chosen = note.node.cases[note.label]
        others = [case for label, case in note.node.cases.items() if label != note.label]
        if (_reads_back(chosen) and not _declines(chosen)) or not any(map(_reads_back, others)):
            continue
        labels = [one.label for one in decisions[:at]]
        world = start()
        try:
            steps = run(tree, world, facts, domain, decider=_other_way(labels, note.label)).steps
        except TreeError as trouble:
            steps = trouble.steps
        finally:
            world.close()
        looks = [place for place, step in enumerate(steps) if step.kind == "look"]
        if len(looks) <= at:
            continue
        request = sum(step.kind == "next" for step in steps[: looks[at]])
        for step in steps[looks[at] :]:
            if step.writes or step.kind == "next":
                break
            if step.kind in ("confirm", "change"):
                out.setdefault(request, []).append(step)
    return out


def _reads_back(node: Node) -> bool:
    return any(isinstance(below, Confirm) for below in walk(node))


def _declines(node: Node) -> bool:
    """Whether it begins by declining, whatever comes then."""
    return isinstance(node, Seq) and any(isinstance(below, Refuse) for below in node.nodes)


def _other_way(labels: Sequence[str], chosen: str) -> Callable[[Decide, str], str]:
    """Decisions as they came out so far, then not as `chosen`, and from then on those that lead to a read-back."""
    places = count()

    def decider(node: Decide, label: str) -> str:
        place = next(places)
        if place < len(labels):
            return labels[place]
        barred = chosen if place == len(labels) else ""
        names = [name for name, case in node.cases.items() if name != barred and _reads_back(case)]
        return names[0] if names and label not in names else label

    return decider
