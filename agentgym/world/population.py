"""Filling a world with rows: every column is drawn from a named stream, in the order the specification gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import apsw

from agentgym.errors import BudgetError, PackError, did_you_mean
from agentgym.seeding import Stream, stream
from agentgym.types import Scalar
from agentgym.world.functions import from_minutes, minutes_of
from agentgym.world.schema import Schema, Table

__all__ = ["check_population", "populate"]

Draw = Callable[[dict[str, Scalar], Stream], Scalar]
Words = Mapping[str, Sequence[str]]

_PLACE = re.compile(r"\{([^{}]+)\}")
_TRIES = 400
MAX_ROWS = 100_000
"""Rows of one table."""
KINDS = ("id", "vocabulary", "choice", "range", "template", "date", "datetime", "reference", "sql", "value")


def populate(
    db: apsw.Connection, tables: Sequence[Mapping[str, Any]], words: Words, clock: str, *names: str | int
) -> None:
    """Draw all rows. `names` name the streams: (pack, release, split, world seed)."""
    for i, entry in enumerate(tables):
        if "sql" in entry:
            db.execute(str(entry["sql"]))
            continue
        name = str(entry["table"])
        columns: Mapping[str, Any] = entry["columns"]
        draws = {column: _compile(db, spec, words, clock, name, column) for column, spec in columns.items()}
        source = stream(*names, "population", i, name)
        marks = ", ".join("?" * len(columns))
        quoted = ", ".join(f'"{column}"' for column in columns)
        insert = f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})'
        db.executemany(insert, list(_rows(db, entry, draws, source)))


def _rows(
    db: apsw.Connection, entry: Mapping[str, Any], draws: Mapping[str, Draw], source: Stream
) -> Iterator[tuple[Scalar, ...]]:
    keep = float(entry.get("keep", 1.0))
    for row in _starts(db, entry):
        if keep < 1.0 and not source.chance(keep):
            continue
        for column, draw in draws.items():
            row[column] = draw(row, source)
        yield tuple([row[column] for column in draws])


def _starts(db: apsw.Connection, entry: Mapping[str, Any]) -> Iterator[dict[str, Scalar]]:
    if "each" not in entry:
        for _ in range(int(entry["rows"])):
            yield {}
        return
    cursor = db.execute(str(entry["each"]))
    try:
        names = [description[0] for description in cursor.description]
    except apsw.ExecutionCompleteError:  # no rows
        return
    rows = list(islice(cursor, MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        raise BudgetError(f"`each` gives more than {MAX_ROWS} rows: {entry['each']}")
    for row in rows:
        yield dict(zip(names, cast(tuple[Scalar, ...], row), strict=True))


def _compile(db: apsw.Connection, spec: Any, words: Words, clock: str, table: str, column: str) -> Draw:
    kind = next(kind for kind in KINDS if kind in spec)
    draw = _BUILDERS[kind](db, spec, words, clock)
    return _unique(draw, f"{table}.{column}") if spec.get("unique") and kind != "reference" else draw


def _unique(draw: Draw, where: str) -> Draw:
    seen: set[Scalar] = set()

    def unique(row: dict[str, Scalar], source: Stream) -> Scalar:
        for _ in range(_TRIES):
            value = draw(row, source)
            if value not in seen:
                seen.add(value)
                return value
        raise PackError(f"{where}: no unused value found in {_TRIES} draws; give it more words or digits")

    return unique


def _id(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words, clock
    prefix, digits = str(spec["id"]), int(spec.get("digits", 5))
    low, high = 10 ** (digits - 1), 9 * 10 ** (digits - 1) - 1
    return _unique(lambda row, source: f"{prefix}{source.between(low, high)}", f"id {prefix}")


def _vocabulary(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, clock
    items = words[spec["vocabulary"]]
    return lambda row, source: source.choice(items)


def _choice(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words, clock
    options = spec["choice"]
    if isinstance(options, Mapping):
        named = cast(Mapping[Scalar, Any], options)
        weights = {key: float(weight) for key, weight in named.items()}
        return lambda row, source: source.weighted(weights)
    items: list[Scalar] = list(options)
    return lambda row, source: source.choice(items)


def _range(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words, clock
    (low, high), step = spec["range"], int(spec.get("step", 1))
    count = (int(high) - int(low)) // step + 1
    return lambda row, source: int(low) + step * source.below(count)


def _template(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, clock
    pieces = _PLACE.split(spec["template"])  # words, place, words, place, ..., words
    form, places = "{}".join(piece.replace("{", "{{").replace("}", "}}") for piece in pieces[::2]), pieces[1::2]
    draws = [_place(name, words) for name in places]
    return lambda row, source: form.format(*[draw(row, source) for draw in draws])


def _place(name: str, words: Words) -> Draw:
    """What stands at one place of a template: a column of the row, digits, or a word of a list."""
    if name.startswith("$"):
        return lambda row, source: row[name[1:]]
    if name.startswith("#"):
        return lambda row, source: "".join([str(source.below(10)) for _ in name])
    items = words[name]
    return lambda row, source: source.choice(items)


def _day(spec: Any, bounds: Any, clock: str) -> Callable[[Stream], int]:
    """Draws a day as minutes since 0001-01-01, uniform over an offset range in days; optionally only weekdays."""
    (low, high), today, weekdays = bounds, minutes_of(clock[:10]), bool(spec.get("weekdays"))

    def draw(source: Stream) -> int:
        while True:
            day = today + source.between(int(low), int(high)) * 1440
            if not weekdays or (day // 1440 - 1) % 7 < 5:
                return day

    return draw


def _date(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words
    day = _day(spec, spec["date"], clock)
    return lambda row, source: from_minutes(day(source))[:10]


def _datetime(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words
    day, times = _day(spec, spec["datetime"], clock), [str(time) for time in spec["at"]]
    return lambda row, source: f"{from_minutes(day(source))[:10]} {source.choice(times)}"


def _reference(db: apsw.Connection, spec: Any, words: Words, clock: str) -> Draw:
    del words, clock
    table, column = str(spec["reference"]).split(".")
    where = f" WHERE {spec['where']}" if "where" in spec else ""
    query = f'SELECT "{column}" FROM "{table}"{where} ORDER BY rowid'
    null, unique, per_row = float(spec.get("null", 0.0)), bool(spec.get("unique")), "$" in where
    pool: list[Scalar] = []

    def candidates(row: dict[str, Scalar]) -> list[Scalar]:
        if per_row:
            return [value for (value,) in db.execute(query, row)]
        if not pool:
            pool.extend(value for (value,) in db.execute(query))
        return pool

    def draw(row: dict[str, Scalar], source: Stream) -> Scalar:
        if null and source.chance(null):
            return None
        options = candidates(row)
        if not options:
            raise PackError(f"no row of {table} is left to refer to ({query})")
        return options.pop(source.below(len(options))) if unique else source.choice(options)

    return draw


def _sql(db: apsw.Connection, spec: Any, words: Words, clock: str) -> Draw:
    del words, clock
    query = f"SELECT {spec['sql']}"
    return lambda row, source: db.execute(query, row).get  # pyright: ignore[reportReturnType]


def _value(db: Any, spec: Any, words: Words, clock: str) -> Draw:
    del db, words, clock
    value = spec["value"]
    if isinstance(value, str) and value.startswith("$"):
        name = value[1:]
        return lambda row, source: row[name]
    return lambda row, source: value


_BUILDERS: dict[str, Callable[[apsw.Connection, Any, Words, str], Draw]] = {
    "id": _id, "vocabulary": _vocabulary, "choice": _choice, "range": _range, "template": _template, "date": _date,
    "datetime": _datetime, "reference": _reference, "sql": _sql, "value": _value,
}  # fmt: skip


def check_population(schema: Schema, tables: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    """What does not fit: unknown tables, columns, vocabulary lists, draws. Each is one sentence."""
    for entry in tables:
        if "sql" in entry:
            if set(entry) != {"sql"}:
                yield f"an entry with `sql` has nothing else, found {sorted(set(entry) - {'sql'})}"
            continue
        name = str(entry.get("table"))
        table = schema.tables.get(name)
        if table is None:
            yield f"population of unknown table {name}.{did_you_mean(name, schema.tables)}"
            continue
        yield from _entry(entry, table, words)


def _entry(entry: Mapping[str, Any], table: Table, words: Words) -> Iterator[str]:
    unknown_keys = sorted(set(entry) - {"table", "rows", "each", "keep", "columns"})
    if unknown_keys:
        yield f"{table.name}: no such field: {', '.join(unknown_keys)}; expected table, rows or each, keep, columns"
    rows, keep = entry.get("rows"), entry.get("keep", 1.0)
    if ("each" in entry) == ("rows" in entry):
        yield f"{table.name}: expected `rows: N`, or `each: SELECT ...`"
    if "rows" in entry and (type(rows) is not int or not 0 <= rows <= MAX_ROWS):
        yield f"{table.name}: `rows` is a number of at most {MAX_ROWS}, found {rows!r}"
    if type(keep) not in (int, float) or not 0 <= keep <= 1:
        yield f"{table.name}: `keep` is a share between 0 and 1, found {keep!r}"
    found: Any = entry.get("columns", {})
    if not isinstance(found, dict):
        yield f"{table.name}: `columns` maps each column to how it is drawn"
        return
    columns = cast(dict[str, Any], found)
    missing = [column for column in table.columns if column not in columns]
    unknown = [column for column in columns if column not in table.columns]
    if missing or unknown:
        near = did_you_mean(unknown[0], table.columns) if unknown else ""
        yield f"{table.name}: columns not drawn: {missing or 'none'}; unknown columns: {unknown or 'none'}.{near}"
    for column, spec in columns.items():
        where = f"{table.name}.{column}"
        kinds = [kind for kind in KINDS if kind in spec] if _is_a(spec, dict) else []
        if len(kinds) != 1:
            yield f"{where}: expected one of {', '.join(KINDS)}, found {spec!r}"
        elif not _WELL_FORMED[kinds[0]](spec):
            yield f"{where}: `{kinds[0]}` is not well formed: {spec!r}"
        else:
            yield from _unknown_words(where, spec, words)


def _whole(value: Any) -> bool:
    return type(value) is int


def _is_a(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def _bounds(value: Any) -> bool:
    return _is_a(value, list) and [type(x) for x in cast(list[Any], value)] == [int, int] and value[0] <= value[1]


def _options(value: Any) -> bool:
    if _is_a(value, dict):
        weights = list(cast(dict[str, Any], value).values())
        return all(type(w) in (int, float) and w >= 0 for w in weights) and sum(weights) > 0
    return _is_a(value, list) and bool(value)


_WELL_FORMED: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "id": lambda spec: isinstance(spec["id"], str) and _whole(d := spec.get("digits", 5)) and 1 <= d <= 15,
    "vocabulary": lambda spec: isinstance(spec["vocabulary"], str),
    "choice": lambda spec: _options(spec["choice"]),
    "range": lambda spec: _bounds(spec["range"]) and _whole(step := spec.get("step", 1)) and step > 0,
    "template": lambda spec: isinstance(spec["template"], str),
    "date": lambda spec: _bounds(spec["date"]),
    "datetime": lambda spec: _bounds(spec["datetime"]) and _options(spec.get("at")),
    "reference": lambda spec: isinstance(spec["reference"], str) and spec["reference"].count(".") == 1,
    "sql": lambda spec: isinstance(spec["sql"], str),
    "value": lambda spec: spec["value"] is None or type(spec["value"]) in (str, int, float),
}


def _unknown_words(where: str, spec: Mapping[str, Any], words: Words) -> Iterator[str]:
    names = [spec["vocabulary"]] if "vocabulary" in spec else _PLACE.findall(str(spec.get("template", "")))
    for name in names:
        if not name.startswith(("$", "#")) and not words.get(name):
            yield f"{where}: no vocabulary list {name}"
