"""What the user of a task says and is like: forms and a manner, drawn from streams of the seed and workflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentgym.pack.content import Content, Split
from agentgym.seeding import Stream, stream
from agentgym.tool import Tool
from agentgym.types import Fact, Hand, Scalar
from agentgym.user.speech import PERSONAS
from agentgym.user.values import surface
from agentgym.workflow import Domain, Words, Workflow, facts_of

__all__ = ["words_of"]


def words_of(
    content: Content, domain: Domain, hands: Mapping[str, Tool], workflow: Workflow, branch: str,
    row: Mapping[str, Scalar], seed: int, split: Split,
) -> Words:  # fmt: skip
    """The words of one bind row, by the seed and workflow alone, so that twins say the same.

    Args:
        hands: the tools in the user's own hands.
    """
    names = (content.file.name, content.file.release, split, seed, workflow.name)
    facts = facts_of(workflow, domain, row, {})
    forms = content.openings[split]
    source = stream(*names, "opening")
    opening = _filled(source.choice(forms[workflow.name]), (f for f in facts if f.release == "opening"), source)
    requests: dict[str, str] = {}
    for name in workflow.requests:
        source = stream(*names, "next", name)
        requests[name] = _filled(source.choice(forms[f"{workflow.name}.{name}"]), facts, source)
    trap = workflow.spec.traps.get(branch)
    claim = stream(*names, "claim").choice(trap.claim) if trap else ""
    leaf = workflow.leaf(branch)
    strategy = (
        ("false_claim",)
        if trap
        else tuple(workflow.spec.strategies.get(branch, workflow.spec.strategies.get(leaf, ())))
    )
    return Words(
        opening=opening, forms={f.name: content.fact_forms[split].get(f.name, ()) for f in facts},
        persona=stream(*names, "persona").choice(PERSONAS), strategy=strategy, claim=claim,
        hands=_hands(hands, workflow), requests=requests,
    )  # fmt: skip


def _filled(form: str, facts: Iterable[Fact], source: Stream) -> str:
    """A form with the facts that it has places for."""
    for fact in facts:
        if (place := "{" + fact.name + "}") in form:
            form = form.replace(place, surface(fact.value, fact.type, source))
    return form


def _hands(tools: Mapping[str, Tool], workflow: Workflow) -> tuple[Hand, ...]:
    used = {tool for tool in tools if f"'{tool}'" in repr(workflow.spec.do)}
    return tuple(
        Hand(
            tool.name, tuple(tool.spec.requested_by), {}, tuple(tool.spec.report),
            {name: column for name, column in zip(tool.names, tool.columns, strict=True) if column},
        )
        for tool in tools.values()
        if tool.name in used
    )  # fmt: skip
