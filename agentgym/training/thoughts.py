"""Demonstrations that think: what was heard and found, and what a decision rests on, in front of what is then done.

The oracle acts without a word, since it runs the workflow's tree. Whoever learns from it has to infer, from a single
token, which row was meant and by which of its cells, which values were compared, and how. The run of the tree says all
of that, so it can be stated, each thing when it is known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from agentgym.pack import Pack
from agentgym.trace import Trace
from agentgym.types import USER, Fact, Said, Task, Value
from agentgym.workflow import Decide, Let, Note, Pick, Run, turns
from agentgym.workflow.compared import Comparison
from agentgym.world import blank
from agentgym.world.sql import touched

__all__ = ["added", "comparison", "distance", "with_thoughts"]

_CLOCK = re.compile(r"(?:\bIt is |\"now\": ?\")(\d{4}-\d\d-\d\d \d\d:\d\d)\b")
_CELL = re.compile(r"\$(\w+)\.(\w+)")
_AS_WRITTEN = ("id", "phone", "email")
_WORDS = ("id", "name", "phone", "email", "text")


def with_thoughts(messages: Sequence[dict[str, Any]], trace: Trace, pack: Pack, run: Run) -> list[dict[str, Any]]:
    """The messages of an oracle's episode, with thoughts where something new is known.

    * What the user said, days and amounts as they are written: `doctor Dr. Ines Moreno. date of birth 1988-06-23.`
      Numbers that go into a call as they were said are left out.
    * A row that was looked for: what it is known by, the rows of the list up to it, and whatever else is in it and is
      no name: `date of birth 1988-06-23: P80263 1985-01-18, P76240 1988-06-23.` To go through a list is to copy it
      forwards; a small model finds the value that comes after one much sooner than the id that came before.
    * A value that is computed from days: the time, how far away they are, and the value.
    * A decision: the time, the rule's number, the values and whether they allow it, or what the case is. Beside what
      one explains it with are the other cells that the rule reads of the rows it is about, the numbers of the call that
      it reads, and what it compares:
      `It is 2026-03-10 10:25. R11: days of supply 56, last fill 2026-01-22 <= 2026-01-20: 2 > 0, no.`
      A sum is added up digit by digit, and a comparison says where two numbers or days first differ:
      `R18: amount 1275, amount 1600 (2275, 2875), 2875 <= 3000: 2 < 3, yes.` In steps that are small enough any model
      reckons (Nye et al. 2021, "Show your work"); one of a million parameters that was to say totals and distances at
      once had 26 of 61 thoughts right after 43 minutes.

    An episode of a task without a tree, or with a tool missing, is thought about only where the user says something.

    Args:
        messages: of the trace, each action of the assistant one message.
        trace: an episode of the oracle, with its task.
        run: of the tree, that the episode followed.
    """
    if trace.task is None:
        return list(messages)
    task = trace.task
    heard, places = _heard(trace, task), turns(run.steps, task.ledger)
    notes, new, clock = list(run.notes), list[Fact](), ""
    picked = {note.node.name: note for note in notes if isinstance(note.node, Pick)}
    out: list[dict[str, Any]] = []
    for message in messages:
        content = message.get("content") or ""
        if message["role"] != "assistant":
            if message["role"] == "user":
                new += next(heard, ())
            else:
                clock = [clock, *_CLOCK.findall(content)][-1]
            out.append(message)
            continue
        at, _ = next(places, (len(run.steps), ()))
        ready = [note for note in notes if note.before <= at]
        notes = notes[len(ready) :]
        said = _told(new, pack)
        said += _found(ready, picked, pack, datetime.fromisoformat(clock)) if clock else []
        new = []
        thought = f"<think>{' '.join(dict.fromkeys(said))}</think>" if said else ""
        out.append({**message, "content": thought + content} if thought else message)
    return out


def distance(now: datetime, when: date | datetime) -> str:
    """How far away a day or a moment is: `(in 3 days)`, `(47 days ago)`, and `(in 23 h)` if that is less than a day.

    Days between two moments are times of 24 hours; days and hours are whole.
    """
    if isinstance(when, datetime):
        minutes = int((when - now).total_seconds()) // 60
        if abs(minutes) < 1440:
            length = f"{abs(minutes) // 60} h"
            return f"({length} ago)" if minutes < 0 else f"(in {length})"
        days = abs(minutes) // 1440 * (1 if minutes > 0 else -1)
    else:
        days = (when - now.date()).days
    if days == 0:
        return "(today)"
    length = f"{abs(days)} day{'s' * (abs(days) > 1)}"
    return f"({length} ago)" if days < 0 else f"(in {length})"


def _heard(trace: Trace, task: Task) -> Iterator[list[Fact]]:
    """The facts to be noted of each of the user's messages: those that it is the first to say."""
    left = {fact.name: fact for fact in task.ledger.facts}
    for entry in trace.events:
        if isinstance(entry.event, Said) and entry.event.seat == USER:
            said = [left.pop(name) for name in entry.event.facts if name in left]
            yield [fact for fact in said if fact.type not in _AS_WRITTEN]


def _told(facts: Sequence[Fact], pack: Pack) -> list[str]:
    return [f"{pack.domain.label(fact.name)} {fact.value}." for fact in facts]


def _found(notes: Sequence[Note], picked: Mapping[str, Note], pack: Pack, now: datetime) -> list[str]:
    """A sentence for each row and value that was found, and for each decision that rests on anything.

    Args:
        picked: the rows that are looked for, by name.
    """
    numbers = {name: number for number, name in enumerate(pack.domain.rules, 1)}
    taken = {str(of)[1:] for note in notes if isinstance(note.node, Decide) for of in note.node.arguments.values()}
    waiting: dict[str, Value] = {}
    out: list[str] = []
    for note in notes:
        node = note.node
        if isinstance(node, Pick):
            out.append(_row(note, node))
        elif isinstance(node, Let):
            for name, value in zip(node.values, note.values, strict=True):
                if name in taken:
                    waiting[name] = value
                elif value.type != "id":
                    out.append(f"{_from(node.values[name][0], picked, now)}{_plain(value)}.")
        elif note.values:
            about = [str(of)[1:] for of in node.arguments.values()]
            more = [waiting[of] for of in about if of in waiting]
            rows = [picked[name] for of in about if (name := of.split(".")[0]) in picked]
            said = {value.column for value in note.values}  # as they are now: what was read may have been changed since
            cells = _read(rows, _cells(pack).get(node.rule, frozenset()) - said)
            known = {cell for row in rows for cell in row.row.values()}
            because = sorted(note.values, key=lambda value: value not in known)  # what was read last comes first
            values = list(dict.fromkeys((*_handed(note, pack, more), *because, *cells)))
            verdict = "yes" if note.label == next(iter(node.cases)) else "no"
            clock = f"It is {now:%Y-%m-%d %H:%M}. " if any(map(_is_day, values)) else ""
            rest = ", ".join(_weighed(note, values, more, now))
            out.append(f"{clock}R{numbers[node.rule]}: {rest}, {verdict}." if node.rule else f"{clock}{rest}.")
    return out


def _weighed(note: Note, values: Sequence[Value], more: Sequence[Value], now: datetime) -> Iterator[str]:
    """What a decision rests on: its values, those that were computed for it, and what is compared, under its name."""
    goals = {one.left for one in note.compared if not one.name} | {value.value for value in more}
    sides = [side for one in note.compared for side in (one.left, one.right)]
    total = _added(values, goals, sides)
    named, names = [*more] if total else [*values, *more], list[Value | None]()
    for one in note.compared:
        names.append(next((value for value in named if value not in names and _is_left(value, one)), None))
    if total:
        yield total
    elif rest := [value for value in values if value not in names]:
        yield _all_said(rest, None if any(isinstance(side, str) for side in sides) else now)
    yield from (_plain(value) for value in more if value not in names)
    for name, one in zip(names, note.compared, strict=True):
        yield f"{name.label if name else ''} {comparison(one.left, one.sign, one.right)}".strip()


def _is_left(value: Value, one: Comparison) -> bool:
    """Whether it is what stands on the left of a comparison by itself: that column, or what the call hands over, which
    may be a cell of the same name; of a moment the day alone."""
    same = value.value == one.left or str(value.value).startswith(f"{one.left} ")
    column = value.column.rpartition(".")[2]
    return same and (column == one.name.removeprefix(":") != "" or (not column and one.name.startswith(":")))


def _handed(note: Note, pack: Pack, said: Sequence[Value]) -> Iterator[Value]:
    """Numbers of the call that the rule is asked about and reads, but for computed ones that are said anyway."""
    if note.given and isinstance(note.node, Decide):
        read = re.findall(r":(\w+)", pack.rules[note.node.rule].allowed)
        known = [value.value for value in said]
        for name, value in note.given.items():
            if name in read and type(value) is int and value not in known:
                yield pack.domain.value(value, name, "")


@lru_cache(maxsize=8)
def _cells(pack: Pack) -> dict[str, frozenset[str]]:
    """Rule -> the columns that it reads."""
    db, schema = blank(pack.content.script, "world.sql", pack.content.file.clock[0])
    try:
        found = {rule.id: touched(db, rule.allowed)[0] for rule in pack.rules.values()}
        return {rule: frozenset(schema.canonical.get(of := f"{table}.{name}", of) for table, name in reads)
                for rule, reads in found.items()}  # fmt: skip
    finally:
        db.close()


def _read(rows: Iterable[Note], columns: Collection[str]) -> Iterator[Value]:
    """The cells of some columns, but for ids and what the row is known by."""
    for note in rows:
        known = note.node.where if isinstance(note.node, Pick) else ()
        for name, cell in note.row.items():
            if cell.column in columns and name not in known and cell.type != "id" and cell.value is not None:
                yield cell


def _from(sql: str, picked: Mapping[str, Note], now: datetime) -> str:
    """What a day's distance is computed from, `last fill 2026-01-22 ..., days of supply 56: `; nothing where no day is
    among it, or not all of it is a row that was looked for."""
    named = dict.fromkeys(_CELL.findall(sql))
    cells = [picked[row].row[column] for row, column in named if row in picked and column in picked[row].row]
    if not any(map(_is_day, cells)) or len(cells) < len(named):
        return ""
    return f"It is {now:%Y-%m-%d %H:%M}. {_all_said([cell for cell in cells if cell.type != 'id'], now)}: "


def _row(note: Note, node: Pick) -> str:
    """What the row is known by; the rows of the list up to it, each its id and the same cells; and what else is in it
    and is no name."""
    known = [_plain(note.row[column]) for column in node.where]
    if not known and (order := node.first or node.last):
        known = [f"{'first' if node.first else 'last'} {note.row[order].label}"]
    listed = [" ".join(str(value) for value in (_id(row), *(row[c].value for c in node.where)) if value is not None)
              for row in (*note.passed, note.row)]  # fmt: skip
    rest = [_plain(cell) for column, cell in note.row.items()
            if column not in node.where and cell.type not in _WORDS and cell.value is not None]  # fmt: skip
    return f"{', '.join(known)}: {', '.join([*listed, *rest])}."


def _id(row: Mapping[str, Value]) -> object:
    return next((cell.value for cell in row.values() if cell.type == "id"), None)


def _all_said(values: Iterable[Value], now: datetime | None) -> str:
    """The values; from a time on, days with how far away they are, and a number of days behind a day with how far away
    their end is."""
    out: list[str] = []
    day: date | None = None
    for value in values:
        text, when = _plain(value), None
        if _is_day(value):
            moment = datetime.fromisoformat(str(value.value))
            when = moment.date() if value.type == "date" and moment.time() == time.min else moment
            day = moment.date()
        elif day and isinstance(value.value, int) and re.search(r"\bdays\b", value.label):
            when = day + timedelta(days=value.value)
        out.append(f"{text} {distance(now, when)}" if now and when else text)
    return ", ".join(out)


def _added(values: Sequence[Value], goals: Collection[object], sides: Collection[object]) -> str:
    """Numbers that are added up, `amount 5900 (15850, 16750)`, beside the limits that their sum is compared with.
    Nothing where they come to none of the goals."""
    alternatives = [list(values), [value for value in values if value.value not in sides]]
    parts = next((some for some in alternatives if _sum(some) in goals), list[Value]())
    out, sofar = list[str](), 0
    for value in values if parts else ():
        out.append(_plain(value))
        if value in parts and isinstance(value.value, int):
            steps = added(sofar, value.value)
            out[-1] += f" ({', '.join(map(str, steps))})" if value is not parts[0] else ""
            sofar = steps[-1]
    return ", ".join(out)


def _sum(values: Sequence[Value]) -> int | None:
    """Of two numbers or more, and nothing else."""
    numbers = [value.value for value in values if isinstance(value.value, int)]
    return sum(numbers) if 1 < len(numbers) == len(values) else None


def added(first: int, then: int) -> list[int]:
    """What two numbers come to, by one digit of the second after the other: 10850 and 5900 to 15850 and 16750."""
    digits, sign = str(abs(then)), -1 if then < 0 else 1
    parts = [int(digit) * 10**place for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True)]
    return list(accumulate((sign * part for part in parts if part), initial=first))[1:] or [first]


def comparison(left: object, of: str, right: object) -> str:
    """Two numbers, days or moments, and where they first differ: `2875 <= 3000: 2 < 3`, `902 <= 3000: 3 < 4 digits`,
    `2026-03-11 >= 2026-03-11: same`. Of negative numbers and fractions nothing but what is compared."""
    one, other = str(left), str(right)
    said = f"{one} {of} {other}"
    if not re.fullmatch(r"[\d :-]*", bare := one + other) or bare.startswith("-") or other.startswith("-"):
        return said
    if len(one) != len(other):
        return f"{said}: {len(one)} {_sign(len(one), len(other))} {len(other)} digits"
    first = next((pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]), None)
    return f"{said}: {first[0]} {_sign(*first)} {first[1]}" if first else f"{said}: same"


def _sign(one: Any, other: Any) -> str:
    return "<" if one < other else ">"


def _plain(value: Value) -> str:
    return f"{value.label} {value.value}".strip()


def _is_day(value: Value) -> bool:
    return value.type in ("date", "datetime")
