"""Random play: a mix of what the oracle does, calls with plausible arguments, and words of all kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.seeding import Stream
from agentgym.types import Action, Call, Task

from ..naive import plausible  # noqa: TID252  the tests are no package

PHRASES = (
    "Could you tell me your {fact}, please?", "May I have your {fact} and {other}?", "Is it done? Anything else?",
    "I'm sorry, I can't do that: rule R{rule} forbids it, because {value}.", "Rule R{rule} applies, so no. {value}.",
    "To confirm: {value}, {more}. Shall I go ahead?", "Done: {value}. Is there anything else I can help with?",
    "It is {value}.", "One moment, please.", "I will transfer you to a colleague.", "The answer is {value} or {more}.",
    "Done! It has all been taken care of. Goodbye.", "I need you to look at your card, please.", "",
)  # fmt: skip


def random_task(pack: Pack, source: Stream) -> Task:
    return pack.task(source.below(500), source.choice(("train", "test")))


def play(episode: Episode, source: Stream, steps: int, loyal: float = 0.6) -> Iterator[Any]:
    """At most `steps` actions of the oracle, in order but for what is left out or done twice, with others between."""
    script = list(episode.task.oracle)
    at = 0
    for _ in range(steps):
        if episode.ending:
            return
        if at < len(script) and source.chance(loyal):
            action: Any = script[at]
            if source.chance(0.9):
                at += 1
            if source.chance(0.05):
                at += 1
        else:
            action = other(episode, source)
        yield action
        episode.apply(action)


def other(episode: Episode, source: Stream) -> Any:
    """Something that the oracle would perhaps not do."""
    if source.chance(0.5):
        return words(episode, source)
    calls = []
    for _ in range(1 + source.below(2)):
        tool = source.choice(list(episode.tools.values()))
        calls.append(Call(tool.name, plausible(tool, episode.world, source, invent=0.1)))
    if source.chance(0.05):
        calls.append(Call("no_such_tool", {}))
    return Action("thinking" if source.chance(0.1) else "", tuple(calls))


def words(episode: Episode, source: Stream) -> str:
    ledger = episode.task.ledger
    values = [value for outcome in episode.task.outcomes for c in outcome.criteria for value in c.values]
    pool = (
        [str(v.value) for v in values] + [str(f.value) for f in ledger.facts] + ["2026-03-11 09:00", "booked", "12.50"]
    )
    names = [f.name.replace("_", " ") for f in ledger.facts] or ["phone"]
    rule = 1 + source.below(len(episode.pack.rules))
    if source.chance(0.5):
        rules = list(episode.pack.rules)
        wanted = [c.rule for outcome in episode.task.outcomes for c in outcome.criteria if c.rule in rules]
        rule = rules.index(source.choice(wanted)) + 1 if wanted else rule
    return source.choice(PHRASES).format(
        fact=source.choice(names),
        other=source.choice(names),
        rule=rule,
        value=source.choice(pool),
        more=source.choice(pool),
    )
