"""What a teacher is asked for: one struct an answer, whose JSON Schema goes with the question.

Every field must be there and no other may be, which is the form that servers constrain most strictly. Sizes are left
out of the schemas, since not all servers know such bounds: the gates look at them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from agentgym.synthesis.grow import Test

__all__ = [
    "Act", "Column", "Domain", "Look", "Note", "Notes", "Openings", "Persona", "Relation", "Rule", "Rules", "Tools",
    "Wish", "Wishes", "schema_of",
]  # fmt: skip


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever is answered."""


class Persona(_Form, frozen=True):
    """Who calls where."""

    place: Annotated[str, Meta(description='Where, in two to six words that begin with a or an: "a boat harbour".')]
    caller: Annotated[str, Meta(description='Who calls there, one or two words in the singular: "skipper".')]
    about: Annotated[str, Meta(description="What about, in one or two sentences.")]


class Column(_Form, frozen=True):
    """A column of a table."""

    name: Annotated[str, Meta(description="Lower case words joined by _.")]
    kind: Annotated[
        Literal["state", "number", "money", "day", "moment", "person", "title", "phone", "email", "code"],
        Meta(
            description="state: one of `values`. number: whole, from `low` to `high`. money: in cents, from `low` to "
            "`high`. day, moment: `low` to `high` days from today, the past is negative. person: somebody's name. "
            "title: what a thing is called, one of 15 to 60 `values`. phone, email, code: made up, each once."
        ),
    ]
    values: Annotated[list[str], Meta(description="Of a state, 2 to 6 lower case words; of a title; else empty.")]
    low: Annotated[int, Meta(description="0 where there is no range.")]
    high: Annotated[int, Meta(description="0 where there is no range.")]


class Relation(_Form, frozen=True):
    """A table. It has a key of its own, and one to each table that it belongs to: leave keys out of `columns`."""

    name: Annotated[str, Meta(description="A plural in lower case words joined by _: work_orders.")]
    belongs_to: Annotated[list[str], Meta(description="Tables of which each row has one; at most 2.")]
    columns: list[Column]


class Domain(_Form, frozen=True):
    """The tables of a domain."""

    tables: Annotated[list[Relation], Meta(description="2 to 6 tables of 2 to 7 columns.")]
    caller: Annotated[str, Meta(description="The table of those who call; others belong to it.")]
    known_by: Annotated[
        list[str], Meta(description="One or two of its columns, of phone, email or code, by which a caller is known.")
    ]


class Look(_Form, frozen=True):
    """A tool that shows something."""

    name: Annotated[str, Meta(description="A verb and a thing: list_bookings.")]
    description: Annotated[str, Meta(description='One sentence: "The bookings of a guest."')]
    table: str
    shows: Annotated[
        Literal["list", "one", "find"],
        Meta(
            description="list: the rows that belong to one row of the table `of`. one: the row of a key. find: the "
            "rows whose title is given, of the column `by`."
        ),
    ]
    of: Annotated[str, Meta(description="Of list: a table that `table` belongs to. Else empty.")]
    by: Annotated[str, Meta(description="Of find: a title or person column. Else empty.")]


class Act(_Form, frozen=True):
    """A tool that changes one row."""

    name: Annotated[str, Meta(description="A verb and a thing: cancel_booking.")]
    description: Annotated[
        str, Meta(description='What it does to the thing, a command of one sentence: "Cancel an open booking."')
    ]
    table: Annotated[str, Meta(description="The caller's table, or one that belongs to it, over others or not.")]
    does: Annotated[
        Literal["set", "choose", "move", "add", "delete"],
        Meta(
            description="set: a state becomes `value`. choose: a state or day becomes what the caller chooses. move: "
            "a day or moment becomes `amount` days later, or earlier where negative. add: a number or money becomes "
            "more by `amount`, or less where negative. delete: the row goes; no table may belong to this one."
        ),
    ]
    column: Annotated[str, Meta(description="Which column changes; empty of delete.")]
    value: Annotated[str, Meta(description="Of set; else empty.")]
    amount: Annotated[int, Meta(description="Of move and add; else 0.")]
    only_column: Annotated[str, Meta(description="A state column that must be `only_value`; empty for no condition.")]
    only_value: str


class Tools(_Form, frozen=True):
    """The tools of a desk, beside those that find and show who calls, which are there."""

    looks: Annotated[list[Look], Meta(description="2 to 10 tools; every table must be shown by one.")]
    acts: Annotated[list[Act], Meta(description="2 to 10 tools.")]


class Rule(_Form, frozen=True):
    """You may use the tool only if the column passes the test."""

    tool: Annotated[str, Meta(description="A tool that changes something.")]
    column: Annotated[
        str,
        Meta(
            description="table.column: of the row that is changed or of one that it belongs to, shown by a tool. "
            "Neither the tool itself nor another rule about it may look at or change this column."
        ),
    ]
    test: Annotated[
        Test,
        Meta(
            description="is: a state is `value`. at_most, at_least: a number, or money in cents, against `number`. "
            "from_day, until_day: a day lies `number` days from today or later, or earlier."
        ),
    ]
    value: Annotated[str, Meta(description="Of is; else empty.")]
    number: Annotated[int, Meta(description="Of the other tests; else 0.")]


class Rules(_Form, frozen=True):
    """The policy of a desk."""

    rules: Annotated[list[Rule], Meta(description="1 to 8 rules, at most 3 about one tool.")]


class Wish(_Form, frozen=True):
    """What one caller wants."""

    tools: Annotated[
        list[str],
        Meta(description="One tool, or two that change something for the same caller, in turn; each from the tools."),
    ]


class Wishes(_Form, frozen=True):
    """What callers want."""

    wishes: Annotated[list[Wish], Meta(description="1 to 8, no two alike.")]


class Openings(_Form, frozen=True):
    """The first words of a caller, said in different ways."""

    train: list[str]
    test: Annotated[list[str], Meta(description="Said otherwise than all in `train`.")]


class Note(_Form, frozen=True):
    """A note on one workflow."""

    workflow: str
    note: Annotated[str, Meta(description="One to three sentences: what a good agent does here, and what is hard.")]


class Notes(_Form, frozen=True):
    """Notes for people who read the pack."""

    notes: list[Note]


def schema_of(form: type[Struct]) -> dict[str, Any]:
    """The JSON Schema of an answer, an object at its root."""
    whole = msgspec.json.schema(form)
    parts: dict[str, Any] = whole["$defs"]
    root: dict[str, Any] = parts.pop(form.__name__)
    return {**root, "$defs": parts} if parts else root
