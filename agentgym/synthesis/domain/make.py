"""A domain of one seed: people, motifs on them and on each other, and workflows that are proved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from msgspec import Struct

from agentgym.errors import UsageError
from agentgym.pack import Pack, forget
from agentgym.places import is_name
from agentgym.seeding import Stream, stream
from agentgym.synthesis.admit import Synthesis, synthesize
from agentgym.synthesis.domain.assemble import assembled, finds
from agentgym.synthesis.domain.build import Builder, Column, Entity, identifier
from agentgym.synthesis.domain.motifs import MOTIFS
from agentgym.synthesis.domain.words import FIRST, LAST, PLACES, THEMES
from agentgym.synthesis.draft import Draft, vacant
from agentgym.synthesis.graph import tool_graph
from agentgym.synthesis.plan import GAPS

__all__ = ["HELD_OUT", "Domain", "domain", "draft_of", "structure"]

HELD_OUT = range(1_000_000, 1_000_020)
"""Seeds of domains to be measured on: nothing is trained on them."""
_WORKFLOWS = 8
_DRAWS = 6


class Domain(Struct, frozen=True):
    """A new domain."""

    synthesis: Synthesis
    motifs: tuple[str, ...]
    """What it is composed of, in order; the same motif comes once."""


def domain(
    seed: int, folder: Path, *, gap: int = 2, count: int = _WORKFLOWS, progress: Callable[[int], Any] | None = None
) -> Domain:
    """A new domain, written as a folder whose name is the pack's. The same seed and name give the same bytes.

    Three to five motifs are composed on the people who call and on each other; the policy is then grown until decisions
    are one to three deep, and workflows are sampled and proved (`agentgym.synthesis.admit.synthesize`).

    Args:
        gap: what users keep to themselves, see `agentgym.synthesis.sample.sample`.
        count: workflows, at most.
        progress: called with the number of workflows so far.

    Raises:
        UsageError: something lies at that place, it is no pack's name, or nothing that is proved came of the seed's
            draws.
    """
    vacant(folder)
    if not is_name(folder.name) or seed < 0:
        raise UsageError(
            "the folder's name is the pack's, lower case words joined by _, and seeds are from 0; "
            f"found {folder.name!r} and {seed}"
        )
    if not 0 <= gap < GAPS or count < 1:
        raise UsageError(f"gaps are 0 to {GAPS - 1} and workflows at least 1; found {gap} and {count}")
    trouble = ""
    for attempt in range(_DRAWS):
        chance = stream("domain", seed, attempt)
        motifs = chance.shuffled(sorted(MOTIFS))[: chance.between(3, 5)]
        draft = draft_of(chance, folder.name, motifs)
        with TemporaryDirectory() as scratch:
            base = draft.write(Path(scratch) / folder.name)
            try:
                found = synthesize(
                    base, folder.name, folder.parent, count, least=min(count, 3), seed=chance.below(2**31), gap=gap,
                    depth=chance.between(1, 3), progress=progress,
                )  # fmt: skip
                return Domain(found, tuple(motifs))
            except UsageError as reason:
                trouble = str(reason)
            finally:
                forget(base)
    raise UsageError(f"seed {seed}: {_DRAWS} draws of a domain came to nothing; the last: {trouble}")


def draft_of(chance: Stream, name: str, motifs: Sequence[str]) -> Draft:
    """A domain of some motifs, the first of them on the people who call, with one workflow to begin with."""
    place, caller = chance.choice(THEMES)
    builder = Builder(chance, caller)
    person, keys = _people(builder)
    anchors = [person]
    for motif in motifs:
        of = person if len(anchors) == 1 or chance.chance(0.7) else chance.choice(anchors[1:])
        made = MOTIFS[motif](builder, of)
        if not any(f"DELETE FROM {made.table} " in sql for tool in builder.tools for sql in tool.get("sql", ())):
            anchors.append(made)  # what others hang on cannot be deleted
    vocabulary = {"first_names": list(FIRST), "last_names": list(LAST), **builder.vocabulary}
    return assembled(builder, name, place, person, keys, "name", vocabulary, {"towns": list(PLACES)})


def _people(b: Builder) -> tuple[Entity, tuple[str, str]]:
    """Those who call, and the two columns by which the desk knows one."""
    known = {
        "phone": Column("phone", "TEXT NOT NULL", {"template": "555-{###}-{####}", "unique": True}, "phone",
                        "phone number"),
        "code": Column("code", "TEXT NOT NULL", {"template": "{####}-{##}", "unique": True}, "id", "customer code"),
        "email": Column("email", "TEXT NOT NULL", {"sql": "lower(replace($name, ' ', '.')) || '@example.org'"}, "email",
                        "e-mail address"),
        "date_of_birth": Column("date_of_birth", "TEXT NOT NULL", {"date": [-28000, -7000]}, "date", "date of birth"),
        "postcode": Column("postcode", "TEXT NOT NULL", {"template": "{#####}", "unique": True}, "text", "postcode"),
    }  # fmt: skip
    first, second = b.chance.choice((("phone", "date_of_birth"), ("code", "date_of_birth"), ("email", "postcode"),
                                     ("phone", "postcode"), ("code", "phone")))  # fmt: skip
    named = Column("name", "TEXT NOT NULL", {"template": "{first_names} {last_names}", "unique": True}, "name", "name")
    town = Column("town", "TEXT NOT NULL", {"vocabulary": "towns"}, "enum", "town")
    columns = [
        named,
        known[first],
        known[second],
        town,
        b.attribute("person", "enum"),
        b.attribute("person", "number", "date"),
    ]
    for column in columns:
        b.labels[column.name] = column.label
    noun = b.caller
    table, key = b.table(noun), f"{identifier(noun)}_id"
    body = ",\n  ".join([f"{key} TEXT PRIMARY KEY", *(f"{column.name} {column.declared}" for column in columns)])
    b.tables.append(f"CREATE TABLE {table} (\n  {body}\n) STRICT;")
    draws: dict[str, Any] = {key: {"id": b.prefix(noun), "digits": 5}, **{c.name: c.draw for c in columns}}
    b.population.append({"table": table, "rows": 24, "columns": draws})
    b.types.update({f"{table}.{column.name}": column.kind for column in columns})
    person = Entity(table, noun, key, tuple(columns))
    finds(b, person, (first, second), ["name"])
    b.gets(person, ["name", *(column.name for column in columns[3:])])
    return person, (first, second)


def structure(pack: Pack) -> str:
    """A digest of what a pack is when its names are stripped: of the graph of its tools, of the states that things go
    through and of its workflows,
    by the colours of Weisfeiler and Lehman. Packs that differ in words alone have the same.
    """
    graph = tool_graph(pack)
    kinds = pack.domain.types
    colours: dict[str, str] = {}
    for tool in graph.tools:
        ports = [sorted(kinds.get(port.type, port.type) for port in side) for side in (tool.inputs, tool.outputs)]
        colours[f"tool {tool.name}"] = _hash("tool", tool.effect, tool.seat, ports, len(tool.reads), len(tool.writes))
    for table in pack.domain.schema.tables.values():
        columns = sorted(kinds.get(f"{table.name}.{column}", "") for column in table.columns)
        colours[f"table {table.name}"] = _hash("table", columns)
    edges = [(f"tool {e.source}", f"tool {e.target}", kinds.get(e.type, e.type)) for e in graph.edges]
    edges += [(f"tool {t.name}", f"table {name}", "reads") for t in graph.tools for name in t.reads]
    edges += [(f"tool {t.name}", f"table {name}", "writes") for t in graph.tools for name in t.writes]
    edges += [
        (f"table {table.name}", f"table {to}", "refers")
        for table in pack.domain.schema.tables.values()
        for to, _ in table.references.values()
    ]
    for _ in range(3):
        nearby: dict[str, list[str]] = {node: [] for node in colours}
        for one, other, kind in edges:
            for here, there, way in ((one, other, "out"), (other, one, "in")):
                if here in nearby:
                    nearby[here].append(_hash(way, kind, colours.get(there, there.partition(" ")[0])))
        colours = {node: _hash(colour, sorted(nearby[node])) for node, colour in colours.items()}
    workflows = sorted(_hash(_shape(workflow.spec.do, colours)) for workflow in pack.workflows.values())
    return _hash(sorted(colours.values()), workflows)


def _shape(node: Any, colours: Mapping[str, str]) -> Any:
    """A tree without its names: kinds of nodes, and what the tools are that it calls."""
    if isinstance(node, list):
        return [_shape(inner, colours) for inner in cast(list[Any], node)]
    if isinstance(node, dict):
        held = cast(dict[str, Any], node)
        return {
            key: colours.get(f"tool {inner}", "")
            if key == "call"
            else len(inner)
            if key in ("with", "where")
            else _shape(inner, colours)
            for key, inner in held.items()
            if key not in ("as", "label")
        }
    return ""


def _hash(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
