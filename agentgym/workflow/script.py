"""From the oracle's steps to actions: the words it says and the calls it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from agentgym.types import Action, Call, Ledger, Value
from agentgym.user.speech import AT_ONCE
from agentgym.workflow.domain import Domain
from agentgym.workflow.step import Step, parts

__all__ = ["Phrases", "script", "turns"]


class Phrases(Protocol):
    """Words for what the oracle says."""

    def ask(self, labels: Sequence[str]) -> str: ...
    def confirm(self, values: Sequence[Value]) -> str: ...
    def tell(self, values: Sequence[Value]) -> str: ...
    def inform(self, values: Sequence[Value]) -> str: ...
    def refuse(self, number: str, values: Sequence[Value]) -> str: ...
    def request(self, phrase: str) -> str: ...


def script(steps: Sequence[Step], domain: Domain, ledger: Ledger, phrases: Phrases) -> tuple[Action, ...]:
    """The actions of the oracle against a user with that ledger. Steps of kind `look` and `next` do nothing."""
    rules = list(domain.rules)
    out: list[Action] = []
    informs = _informing(steps) if ledger.further else frozenset[int]()
    last = -1
    for at, facts in turns(steps, ledger):
        step, again, last = steps[at], at == last, at
        if step.kind == "refuse" and again:
            out.append(out[-1])
        elif step.kind == "call":
            out.append(Action(calls=(Call(step.tool, step.arguments),)))
        elif step.kind == "ask":
            out.append(Action(phrases.ask([domain.label(fact) for fact in facts])))
        elif step.kind in ("confirm", "change"):
            out.append(Action(phrases.confirm(step.values)))
        elif step.kind == "tell":
            out.append(Action((phrases.inform if ledger.informs or at in informs else phrases.tell)(step.values)))
        elif step.kind == "user_does":
            hand = next(hand for hand in ledger.hands if hand.tool == step.tool)
            out.append(Action(phrases.request(hand.phrases[0])))
        else:
            words = phrases.refuse(f"R{rules.index(step.rule) + 1}", step.values)
            out.append(Action(words))
    return tuple(out)


def turns(steps: Sequence[Step], ledger: Ledger) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The place of the step that each action of the oracle takes, and the facts that the action asks for.

    A question is put in as many turns as the user needs to answer it, a refusal as often as the user insists.
    """
    for at, step in enumerate(steps):
        if step.kind == "ask":
            several = AT_ONCE.get(ledger.persona, max(1, len(step.facts)))
            for first in range(0, len(step.facts), several):
                yield at, step.facts[first : first + several]
        elif step.kind == "refuse":
            yield from [(at, ())] * (1 + len(ledger.strategy))
        elif step.kind not in ("look", "next"):
            yield at, ()


def _informing(steps: Sequence[Step]) -> frozenset[int]:
    """Of several requests, what is told for one in which nothing is written or refused."""
    return frozenset(
        at
        for span in parts(steps)
        if not any(steps[i].writes or steps[i].kind == "refuse" for i in span)
        for at in span
        if steps[at].kind == "tell"
    )
