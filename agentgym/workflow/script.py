"""From the oracle's steps to actions: the words it says and the calls it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agentgym.types import Action, Call, Ledger, Value
from agentgym.workflow.domain import Domain
from agentgym.workflow.step import Step

__all__ = ["Phrases", "script"]


class Phrases(Protocol):
    """Words for what the oracle says."""

    def ask(self, labels: Sequence[str]) -> str: ...
    def confirm(self, values: Sequence[Value]) -> str: ...
    def tell(self, values: Sequence[Value]) -> str: ...
    def inform(self, values: Sequence[Value]) -> str: ...
    def refuse(self, number: str, values: Sequence[Value]) -> str: ...
    def request(self, phrase: str) -> str: ...


def script(steps: Sequence[Step], domain: Domain, ledger: Ledger, phrases: Phrases) -> tuple[Action, ...]:
    """The actions of the oracle against a user with that ledger. Steps of kind `look` do nothing."""
    rules = list(domain.rules)
    out: list[Action] = []
    for step in steps:
        if step.kind == "call":
            out.append(Action(calls=(Call(step.tool, step.arguments),)))
        elif step.kind == "ask":
            out.append(Action(phrases.ask([domain.label(fact) for fact in step.facts])))
        elif step.kind in ("confirm", "change"):
            out.append(Action(phrases.confirm(step.values)))
        elif step.kind == "tell":
            out.append(Action((phrases.inform if ledger.informs else phrases.tell)(step.values)))
        elif step.kind == "user_does":
            hand = next(hand for hand in ledger.hands if hand.tool == step.tool)
            out.append(Action(phrases.request(hand.phrases[0])))
        elif step.kind == "refuse":
            words = phrases.refuse(f"R{rules.index(step.rule) + 1}", step.values)
            out.extend([Action(words)] * (1 + len(ledger.strategy)))
    return tuple(out)
