"""The vocabulary: frozen data that every floor shares, JSON in and out.

Nothing here does anything. A `Task` is what is played, an `Action` what a seat does, an `Event` what came of it,
a `Fact` what the user knows. Everything can be written as JSON by `msgspec.json.encode` and read back.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, cast

from msgspec import UNSET, Struct, UnsetType

from agentgym.ledger import Fact, Hand, Ledger, Lexicon, Request, Revision, Scalar, SemanticType, Value
from agentgym.toolview import Distractor, ToolView

__all__ = [
    "ASSISTANT",
    "GUARD",
    "USER",
    "Act",
    "Action",
    "Call",
    "Called",
    "Change",
    "Criterion",
    "Distractor",
    "Ended",
    "Event",
    "Fact",
    "Fault",
    "Hand",
    "Heard",
    "Ledger",
    "Lexicon",
    "Limits",
    "Malformed",
    "Outcome",
    "Provenance",
    "Reply",
    "Request",
    "Revision",
    "RowChange",
    "Said",
    "Scalar",
    "SemanticType",
    "Situation",
    "Task",
    "ToolView",
    "User",
    "Value",
    "result_rows",
]

ASSISTANT = "assistant_0"
USER = "user_0"
GUARD = "guard_0"

ActKind = Literal["ask", "propose", "refuse", "report", "failure", "close", "transfer", "request"]
"""What a sentence of the assistant does; `agentgym.user.acts.derive` says when."""


# --- actions --------------------------------------------------------------------------------------------------------


class Call(Struct, frozen=True, tag="call"):
    """One tool call, as the model wrote it."""

    name: str
    arguments: dict[str, Any]


class Malformed(Struct, frozen=True, tag="malformed"):
    """Something that was meant as a tool call and could not be read as one."""

    text: str
    message: str


class Action(Struct, frozen=True):
    """What a seat does in one turn: words, or tool calls (then `words` stay in the trace and are not said)."""

    words: str = ""
    calls: tuple[Call | Malformed, ...] = ()


# --- what happened --------------------------------------------------------------------------------------------------


class Act(Struct, frozen=True):
    """One dialogue act of the assistant.

    `facts` are the ledger names asked for (`ask`), `rules` the rule ids cited (`refuse`), `tool` the user's tool that
    is asked to be used (`request`), `text` the sentence the act was read from.
    """

    kind: ActKind
    text: str = ""
    facts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    tool: str = ""


class Change(Struct, frozen=True):
    """One row's change in the world: an insert has no `before`, a delete no `after`; both are whole rows.

    An update has in `before` the key and the changed cells as they were, in `after` the changed cells as they are.
    """

    table: str
    key: tuple[Scalar, ...]
    before: dict[str, Scalar] | None
    after: dict[str, Scalar] | None


class Said(Struct, frozen=True, tag="said"):
    """Words from one seat to the other.

    Of the assistant: `acts`. Of the user: `facts` disclosed (ledger names), `affirms` (the words affirm the read-back
    in the assistant's last message), `concedes` (a refusal was accepted).
    """

    seat: str
    text: str
    acts: tuple[Act, ...] = ()
    facts: tuple[str, ...] = ()
    affirms: bool = False
    concedes: bool = False
    beside: bool = False
    """True for words beside a tool call: kept in the trace, said to nobody."""
    turn: int = 0
    """The action of the assistant it belongs to, from 1; 0 for the opening."""


class Called(Struct, frozen=True, tag="called"):
    """One tool call and what came of it. `result` is what the seat read, `error` its code where it failed."""

    seat: str
    name: str
    arguments: dict[str, Any]
    result: Any
    effect: str = "read"
    error: str | None = None
    fault: str | None = None
    broken: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    grounded: bool = True
    turn: int = 0
    written: Call | UnsetType = UNSET
    """The call as the assistant wrote it, where the tool is shown under other names."""

    @property
    def guessed(self) -> bool:
        """Whether it is a write that took effect with an id that nobody said or showed."""
        return not self.grounded and self.error is None and self.effect != "read"


class Ended(Struct, frozen=True, tag="ended"):
    """The end: `ending` names it; `reason` says why when the episode is invalid."""

    ending: str
    reason: str = ""


Event = Said | Called | Ended


def result_rows(result: object) -> list[dict[str, Any]]:
    """The rows of a tool's result: of a list its rows (of a partial answer those that came), of one row itself, of an
    error its one entry."""
    held = cast(dict[str, object], result).get("rows") if isinstance(result, dict) else result
    items = cast(list[object], held if isinstance(held, list) else [result])
    return [cast(dict[str, Any], item) for item in items if isinstance(item, dict)]


# --- what is heard and said ------------------------------------------------------------------------------------------


class Heard(Struct, frozen=True):
    """What reaches the user: the assistant's words, or the results of the user's own tool calls."""

    text: str = ""
    acts: tuple[Act, ...] = ()
    results: tuple[Called, ...] = ()


class Reply(Struct, frozen=True):
    """What the user does: words, what they disclose and affirm, tools it uses first, and whether it leaves."""

    text: str = ""
    facts: tuple[str, ...] = ()
    affirms: bool = False
    concedes: bool = False
    leaves: bool = False
    calls: tuple[Call, ...] = ()


class User(Protocol):
    """Whatever sits on the other side: the automaton, a language model, a person, a learner.

    One with `begin(automaton)` gets the ledger's own user at the start, one with `notes()` has these in the trace."""

    def reply(self, heard: Heard) -> Reply: ...


# --- tasks ----------------------------------------------------------------------------------------------------------


class Situation(Struct, frozen=True):
    """One write that makes the situation, before the change set opens: bound SQL from the workflow's `arrange`."""

    sql: str
    values: dict[str, Scalar] = {}


class RowChange(Struct, frozen=True):
    """One expected change of one row. `key` names the row of an update or delete; an insert has none.

    `values`: the columns that count; `{"new": i}` is the key generated by the i-th expected change of the outcome."""

    table: str
    kind: Literal["insert", "update", "delete"]
    key: tuple[Scalar, ...] = ()
    values: dict[str, Any] = {}


class Criterion(Struct, frozen=True, omit_defaults=True):
    """One requirement on an episode; `agentgym.rubric` says when each kind holds.

    `part`: what it counts for, the outcome O, the interaction and process share I, or the report alone."""

    name: str
    kind: Literal[
        "changed", "answer", "refused", "told", "confirmed", "looked", "asked", "called", "used", "state", "forbidden"
    ]
    part: Literal["outcome", "process", "report"] = "outcome"
    weight: float = 1.0
    change: int | None = None
    """`changed`: index into the outcome's `changes`."""
    rule: str = ""
    """`refused`, `looked`, `forbidden`: rule id."""
    values: tuple[Value, ...] = ()
    """`refused`, `told`, `confirmed`, `looked`: the values in question; `answer`: those that must be known by then."""
    rests: tuple[Value, ...] = ()
    """`refused`, `looked`: the ids that the decision is about; they must be known, and need not be said."""
    tool: str = ""
    """`called`, `used`, `confirmed`, `looked`: the tool (for `confirmed` and `looked`: of the governed call)."""
    arguments: dict[str, Any] = {}
    facts: tuple[str, ...] = ()
    """`asked`: ledger names; `answer`: those that must have been said by then."""
    sql: str = ""
    """`state`: a SELECT that is true."""
    answer: Any = None
    tolerance: float = 0.0
    slips: dict[str, list[Any]] = {}
    """`answer`: kind of error -> the wrong answers that it gives."""
    request: int = 0
    """`changed`, `refused`, `told`: place of the request that it belongs to; 0 for what the user opens with."""


class Outcome(Struct, frozen=True):
    """One accepted outcome: the net row changes and the criteria that go with it."""

    changes: tuple[RowChange, ...]
    criteria: tuple[Criterion, ...]


class Fault(Struct, frozen=True):
    """A declared fault: the `nth` call (from 1) of `tool` fails by `kind`, `times` times in a row."""

    tool: str
    kind: Literal["transient", "permission", "partial", "stale", "rate_limit"]
    nth: int = 1
    times: int = 1


class Limits(Struct, frozen=True):
    """Bounds of an episode. `turns` counts actions of the assistant, `errors` its failed calls (faults excepted),
    `tokens` its output at four UTF-8 bytes a token, `calls` the tool calls in one message."""

    turns: int = 40
    errors: int = 12
    tokens: int = 32_768
    calls: int = 16


class Provenance(Struct, frozen=True):
    """Where a task comes from."""

    parent: str = ""
    operator: str = "workflow"
    round: int = 0


class Task(Struct, frozen=True):
    """An instance to play: plain JSON, replayable without the workflow it came from."""

    pack: str
    pack_digest: str
    world_seed: int
    split: Literal["train", "test"]
    seed: int
    workflow: str
    branch: str
    situation: tuple[Situation, ...]
    ledger: Ledger
    outcomes: tuple[Outcome, ...]
    milestones: tuple[Value, ...] = ()
    """What the oracle comes to know on its way: facts by name (`column` empty, `label` the fact), rows by id."""
    oracle: tuple[Action, ...] = ()
    digest: str = ""
    """World digest after the oracle."""
    id: str = ""
    bind: dict[str, Scalar] = {}
    """The bind row it was made of."""
    twin: str = ""
    """The sibling branch that looks the same and is rightly answered otherwise."""
    trap: bool = False
    scorer: str = "potential"
    limits: Limits = Limits()
    faults: tuple[Fault, ...] = ()
    tools: tuple[str, ...] = ()
    """Tool view: names shown to the assistant, in order; empty for all of the pack's."""
    difficulty: float = 0.0
    provenance: Provenance = Provenance()
    version: int = 1
    tool_view: ToolView | UnsetType = UNSET
    """How the tools are shown otherwise than they are; absent where they are shown as they are."""
