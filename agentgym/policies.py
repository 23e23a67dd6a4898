"""Built-in policies: the oracle, the panel of bad ones that a certificate uses, and a greedy one without gold.

A policy is a function from an episode to a generator of actions; it looks at `episode.events`, where it looks at
anything. After the last action it goes on closing the conversation.

Two kinds of bad policies. *Blind* ones do not look at anything: null, refuse_all, transfer_all, claim_success, ask_all,
random. *Branch-blind* ones do the work but never decide: always_do, read_then_refuse, read_then_hand_over, read_only,
dump, enumerate, guess_reasons, write_everything. They run the workflow's tree with the decisions overruled, so they are
as good as one can be without deciding; nor do they look which tools there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from msgspec import UNSET

from agentgym.episode import Episode, View, openai_tools
from agentgym.errors import NotFoundError
from agentgym.greedy import greedy
from agentgym.pack import Pack, instead_of
from agentgym.seeding import stream
from agentgym.spaces import TextSpace
from agentgym.tool import Tool
from agentgym.types import Action, Call, Called, Task, result_rows
from agentgym.user.wording import pairs
from agentgym.workflow import Decide, Run, Step, TreeError, parts, run, script, situation_names
from agentgym.world import Pool, World

__all__ = [
    "BLIND", "BRANCH_BLIND", "CLOSING", "POLICIES", "QUIET", "Policy", "Script", "policy", "run_of", "steps_of",
]  # fmt: skip

Script = Callable[[Episode], Iterator[object]]
CLOSING = "Is there anything else I can help you with?"
_DONE = "Done! It has all been taken care of. Is there anything else?"
_SHOWN = 40
_DECISIONS = 6
"""Decisions on one path of a tree that `guess_reasons` tries."""


class Policy(Protocol):
    """Whatever plays the assistant: `start` once an episode, then one action a turn from what the seat sees."""

    def start(self, episode: Episode) -> Callable[[View], object]: ...


class _Scripted:
    """A generator of actions as a policy."""

    def __init__(self, make: Script) -> None:
        self._make = make

    def start(self, episode: Episode) -> Callable[[View], object]:
        actions = self._make(episode)
        return lambda view: next(actions, CLOSING)


# --- the oracle, and those that look at nothing ---


def oracle(episode: Episode) -> Iterator[object]:
    """Does what is right."""
    yield from episode.task.oracle


def null(episode: Episode) -> Iterator[object]:
    """Says nothing."""
    while not episode.ending:
        yield ""


def refuse_all(episode: Episode) -> Iterator[object]:
    """Declines everything, by one rule after the other."""
    for number in range(1, len(episode.pack.rules) + 1):
        yield f"I'm sorry, I can't do that: rule R{number} forbids it. Is there anything else?"


def transfer_all(episode: Episode) -> Iterator[object]:
    """Hands everybody over at once."""
    yield "I will transfer you to a colleague."
    for tool in episode.tools.values():
        if tool.ends == "transferred":
            call = Call(tool.name, {n: _filler(tool, n) for n in tool.spec.parameters})
            yield Action(calls=(episode.shown.call(call),))
    yield "You have been transferred. Goodbye."


def claim_success(_episode: Episode) -> Iterator[object]:
    """Says that it is done."""
    yield _DONE
    yield "Yes, it is done. Everything has been completed. Goodbye."


def ask_all(episode: Episode) -> Iterator[object]:
    """Asks for everything there is to ask, then says that it is done."""
    for name in episode.lexicon.facts:
        yield f"Could you tell me your {name.replace('_', ' ')}, please?"
    yield "Thank you, it is done. Is there anything else?"


def random(episode: Episode) -> Iterator[object]:
    """Says random sentences and makes random calls that fit the schemas."""
    task = episode.task
    space = TextSpace(openai_tools(episode), seed=stream("random", task.id, task.seed).below(2**31))
    while not episode.ending:
        yield space.sample()


# --- those that do the work but never decide ---


def run_of(
    pack: Pack,
    task: Task,
    decider: Callable[[Decide, str], str] | None = None,
    pool: Pool | None = None,
    missing: str | None = None,
) -> Run:
    """The run of the workflow's tree that made the task; an empty one when the workflow is not there.

    Args:
        decider: overrules decisions, as in `run`.
        missing: the tool that is taken for missing, none for ""; by default the one that is.

    Raises:
        TreeError: the tree does not fit.
    """
    workflow = pack.workflows.get(task.workflow)
    if workflow is None:
        return Run([], [], [], [])
    if missing is None:
        missing = task.tool_view.missing if task.tool_view is not UNSET else ""
    instead = instead_of(pack, missing) if missing else None
    world = World(pack.image(task.split, task.world_seed), task.situation, situation_names(task), pool)
    try:
        return run(
            workflow.tree, world, task.ledger.facts, pack.domain, faults=task.faults, decider=decider, instead=instead
        )
    finally:
        world.close()


def steps_of(
    pack: Pack,
    task: Task,
    decider: Callable[[Decide, str], str] | None = None,
    pool: Pool | None = None,
    missing: str | None = None,
) -> list[Step]:
    """The steps of `run_of`, in the order of `task.oracle`; where decisions are overruled and the tree then does not
    fit, those as far as it goes."""
    try:
        return run_of(pack, task, decider, pool, missing).steps
    except TreeError as trouble:
        if decider is None:
            raise
        return trouble.steps


def _forced(episode: Episode, choose: Callable[[Decide], str], missing: str = "") -> list[Step]:
    return steps_of(episode.pack, episode.task, lambda node, _: choose(node), episode.pool, missing)


class _Plain:
    """The oracle's words in one fixed form."""

    def ask(self, labels: Any) -> str:
        return f"Could you tell me your {' and your '.join(labels)}, please?"

    def confirm(self, values: Any) -> str:
        return f"To confirm: {pairs(values)}. Shall I go ahead?"

    def tell(self, values: Any) -> str:
        return f"Done: {pairs(values)}. Is there anything else I can help with?"

    def inform(self, values: Any) -> str:
        return f"I have looked it up: {pairs(values)}. Is there anything else I can help with?"

    def refuse(self, number: str, values: Any) -> str:
        return f"I'm sorry, I can't do that: rule {number} applies, because {pairs(values)}."

    def request(self, phrase: str) -> str:
        return f"Could you please {phrase}?"


def _actions(episode: Episode, steps: list[Step]) -> Iterator[object]:
    yield from map(episode.shown.action, script(steps, episode.pack.domain, episode.task.ledger, _Plain()))


def _first(node: Decide) -> str:
    return next(iter(node.cases))


def _last(node: Decide) -> str:
    return list(node.cases)[-1]


def always_do(episode: Episode) -> Iterator[object]:
    """Does what was asked for, whatever the rules say."""
    yield from _actions(episode, _forced(episode, _first))


def read_then_refuse(episode: Episode) -> Iterator[object]:
    """Reads what there is to read and declines, by the rule that is asked about."""
    steps = _forced(episode, _last)
    yield from _actions(episode, steps)
    if not any(step.kind == "refuse" for step in steps):
        yield "I'm sorry, I can't do that."


def read_then_hand_over(episode: Episode) -> Iterator[object]:
    """Reads what there is to read and hands over, as if the tool for the first write were missing."""
    steps = _forced(episode, _first)
    tool = next((step.tool for step in steps if step.kind == "call" and step.writes and not step.ends), "")
    if tool and episode.pack.content.file.missing_tool is not None:
        steps = _forced(episode, _first, tool)
    else:
        steps = [step for step in steps if step.kind in ("ask", "call", "user_does")]
    yield from _actions(episode, steps)
    yield "I will transfer you to a colleague."


def _reads(episode: Episode) -> Iterator[object]:
    steps = _forced(episode, _first)
    for at, span in enumerate(parts(steps)):
        if at:
            yield _DONE  # so that the user says what it wants next
        own = [steps[i] for i in span]
        yield from _actions(episode, [s for s in own if s.kind in ("ask", "call") and not s.writes and not s.ends])


def read_only(episode: Episode) -> Iterator[object]:
    """Reads and asks, then says that it is done."""
    yield from _reads(episode)
    yield _DONE


def dump(episode: Episode) -> Iterator[object]:
    """Reads, then says everything that it has seen in one message."""
    yield from _reads(episode)
    seen = "; ".join(f"{name} {value}" for name, value in _seen(episode))
    yield f"Here is everything: {seen}. It is done. I can't do that. Is there anything else?"


def enumerate_rules(episode: Episode) -> Iterator[object]:
    """Reads, then declines by every rule in turn, with everything that it has seen."""
    yield from _reads(episode)
    seen = ", ".join(f"{name} {value}" for name, value in _seen(episode))
    for number in range(1, len(episode.pack.rules) + 1):
        yield f"I'm sorry, I can't do that: rule R{number} applies, because {seen}."


def guess_reasons(episode: Episode) -> Iterator[object]:
    """Reads, then declines for every reason that the tree knows, one after the other, each with its facts."""
    yield from _reads(episode)
    for denied in range(_DECISIONS):
        count = iter(range(_DECISIONS))
        steps = _forced(episode, lambda node, d=denied, c=count: (_last if next(c) == d else _first)(node))
        for step in steps:
            if step.kind == "refuse":
                number = list(episode.pack.rules).index(step.rule) + 1
                reason = f"rule R{number} applies, because {pairs(step.values)}"
                yield f"I'm sorry, I can't do that: {reason}. What else should I know?"


def write_everything(episode: Episode) -> Iterator[object]:
    """Reads, then makes every write that the values it has seen allow."""
    yield from _reads(episode)
    for tool in episode.tools.values():
        if tool.writes and not tool.ends:
            arguments = _bound(episode, tool)
            if arguments is not None:
                yield f"To confirm: {', '.join(str(v) for v in arguments.values())}. Shall I go ahead?"
                yield Action(calls=(episode.shown.call(Call(tool.name, arguments)),))
    yield _DONE


def _seen(episode: Episode) -> list[tuple[str, Any]]:
    out: dict[tuple[str, Any], None] = {}
    for event in episode.events:
        if isinstance(event, Called) and event.error is None:
            for row in result_rows(event.result):
                out.update({(name, v): None for name, v in row.items() if isinstance(v, str | int | float)})
    return list(out)[:_SHOWN]


def _bound(episode: Episode, tool: Tool) -> dict[str, Any] | None:
    """Arguments from what is known, the first value of each column; None where one is not known."""
    arguments: dict[str, Any] = {}
    refers = dict(tool.refers)
    for name, parameter in tool.spec.parameters.items():
        if parameter.optional:
            continue
        values = [v for v in episode.tracker.known.get(refers.get(name, ""), ()) if v is not None]
        if name in refers and not values:
            return None
        arguments[name] = min(values, key=str) if name in refers else _filler(tool, name)
    return arguments


def _filler(tool: Tool, name: str) -> Any:
    parameter = tool.spec.parameters[name]
    if parameter.enum:
        return parameter.enum[0]
    fillers: dict[str, Any] = {"integer": parameter.minimum or 1, "number": 1.0, "boolean": True, "array": []}
    forms = {"date": "2026-03-12", "datetime": "2026-03-12 09:00"}
    return fillers.get(parameter.type, forms.get(parameter.semantic or "", "unknown"))


BLIND: dict[str, Script] = {
    "null": null, "refuse_all": refuse_all, "transfer_all": transfer_all, "claim_success": claim_success,
    "ask_all": ask_all, "random": random,
}  # fmt: skip
BRANCH_BLIND: dict[str, Script] = {
    "always_do": always_do, "read_then_refuse": read_then_refuse, "read_then_hand_over": read_then_hand_over,
    "read_only": read_only, "dump": dump, "enumerate": enumerate_rules, "guess_reasons": guess_reasons,
    "write_everything": write_everything,
}  # fmt: skip
QUIET = frozenset({"read_only", "dump", "enumerate", "guess_reasons"})
"""Of these the ones that read and speak and never write."""
POLICIES: dict[str, Script] = {"oracle": oracle, "greedy": greedy, **BLIND, **BRANCH_BLIND}


def policy(name: str) -> Policy:
    """The built-in policy of that name. Raises NotFoundError."""
    if name not in POLICIES:
        raise NotFoundError("policy", name, POLICIES)
    return _Scripted(POLICIES[name])
