"""Checks of tools and workflows against their pack: everything they refer to exists, every branch can be told apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, get_args

import apsw

from agentgym.bodies import FIELDS
from agentgym.errors import PackError, did_you_mean
from agentgym.pack.formats import MissingTool, WordingFile
from agentgym.pack.played import check_played
from agentgym.pack.references import flattened, sql_of, used
from agentgym.pack.requests import requests
from agentgym.tool import Guard, ToolSpec
from agentgym.types import Limits, SemanticType
from agentgym.workflow import CallTool, Domain, Workflow, removable, walk
from agentgym.workflow.node import Ask, ChangeOfMind, Confirm, Decide, Let, Pick, Refuse, UserDoes, branches
from agentgym.world import Schema
from agentgym.world.sql import check, origins, parameters

__all__ = ["check_missing", "check_names", "check_tool", "check_workflow"]

LEAST_FORMS = 5


def check_workflow(
    db: apsw.Connection, workflow: Workflow, domain: Domain, wording: WordingFile, file: str, lines: Any
) -> None:
    """Raises PackError for the first thing that does not fit."""
    spec = workflow.spec
    unknown = parameters(spec.bind)
    if unknown:
        raise PackError(f"`bind` has no parameters, found {sorted(unknown)}", file=file, line=lines.of("$.bind"))
    named = chain(_names(workflow, domain), _references(workflow, domain), _faults(workflow, domain))
    shape = chain(_branches(workflow), requests(workflow, domain), _limits(workflow))
    for trouble, path in chain(named, shape, _words(workflow, wording)):
        raise PackError(trouble, file=file, line=lines.of(path))
    columns = {name for name, _ in workflow.bind}
    for branch, statements in spec.arrange.items():
        for i, sql in enumerate(statements):
            line = lines.of(f"$.arrange.{branch}[{i}]") if re.fullmatch(r"[\w]+", branch) else lines.of("$.arrange")
            check(db, sql, "write", file=file, line=line)
            unknown = parameters(sql) - columns
            if unknown:
                raise PackError(
                    f"arrange.{branch} uses {sorted(unknown)}, which `bind` does not give", file=file, line=line
                )
    for node in walk(workflow.tree):
        for sql in sql_of(node):
            check(db, flattened(sql), "read", file=file, line=lines.of("$.do"))


def _names(workflow: Workflow, domain: Domain) -> Iterator[tuple[str, str]]:
    facts = workflow.spec.facts
    columns = {name for name, _ in workflow.bind}
    for name, fact in facts.items():
        if isinstance(fact.value, str) and fact.value.startswith("$") and fact.value[1:] not in columns:
            yield f"fact {name}: `bind` has no column {fact.value[1:]}; it has {sorted(columns)}", f"$.facts.{name}"
    for node in walk(workflow.tree):
        if isinstance(node, Ask | ChangeOfMind):
            wanted = "asked" if isinstance(node, Ask) else "change"
            for name in node.facts:
                if name not in facts:
                    yield f"no fact {name}.{did_you_mean(name, facts)}", "$.do"
                elif facts[name].release != wanted:
                    yield f"fact {name} is released {facts[name].release}; expected {wanted} here", f"$.facts.{name}"
        elif isinstance(node, CallTool | UserDoes):
            seat = "user" if isinstance(node, UserDoes) else "assistant"
            tool = domain.tools.get(node.tool)
            if tool is None or tool.spec.seat != seat:
                known = [name for name, tool in domain.tools.items() if tool.spec.seat == seat]
                yield f"no tool {node.tool} in the {seat}'s hands.{did_you_mean(node.tool, known)}", "$.do"
            else:
                for name in sorted(set(node.arguments) - set(tool.spec.parameters)):
                    yield f"{node.tool} has no parameter {name}; it has {sorted(tool.spec.parameters)}", "$.do"
        elif isinstance(node, Confirm) and node.before and node.before not in domain.tools:
            yield f"no tool {node.before}.{did_you_mean(node.before, domain.tools)}", "$.do"
        elif isinstance(node, Decide | Refuse) and node.rule and node.rule not in domain.rules:
            yield f"no rule {node.rule}.{did_you_mean(node.rule, domain.rules)}", "$.do"


def _faults(workflow: Workflow, domain: Domain) -> Iterator[tuple[str, str]]:
    for branch, faults in workflow.spec.faults.items():
        for fault in faults:
            tool = domain.tools.get(fault.tool)
            if tool is None:
                yield f"no tool {fault.tool}.{did_you_mean(fault.tool, domain.tools)}", f"$.faults.{branch}"
            elif fault.kind in ("partial", "stale") and (tool.writes or tool.ends):
                yield (
                    f"a {fault.kind} answer is a fault of tools that read; {fault.tool} does not",
                    f"$.faults.{branch}",
                )


def _references(workflow: Workflow, domain: Domain) -> Iterator[tuple[str, str]]:
    """`$name` and `$name.column` that nothing in the tree gives, by whatever order."""
    nodes = list(walk(workflow.tree))
    known: dict[str, set[str]] = {fact: set() for fact in workflow.spec.facts}
    for node in nodes:
        if isinstance(node, CallTool | UserDoes) and node.name:
            tool = domain.tools.get(node.tool)
            body = tool.spec.python.partition(":")[2] if tool else ""
            known.setdefault(node.name, set()).update((*tool.names, *FIELDS.get(body, ())) if tool else ())
        elif isinstance(node, Let):
            known.update({name: set() for name in node.values})
    for node in nodes:
        if isinstance(node, Pick):
            known.setdefault(node.name, set()).update(known.get(node.source.removeprefix("$"), ()))
    flat = {*known, *(f"{name}_{column}" for name, columns in known.items() for column in columns)}
    for node in nodes:
        for reference in used(node):
            name, _, column = reference[1:].partition(".")
            if name not in known:
                yield f"no name ${name}.{did_you_mean(name, known)} There are: {', '.join(known)}", "$.do"
            elif column and column not in known[name]:
                columns = known[name]
                near = did_you_mean(column, columns)
                yield f"${name} has no column {column}.{near} It has: {', '.join(sorted(columns))}", "$.do"
        for sql in sql_of(node):
            for name in sorted(parameters(flattened(sql)) - flat):
                yield f"no name ${name} for {sql!r}.{did_you_mean(name, flat)}", "$.do"


def check_missing(
    missing: MissingTool, domain: Domain, workflows: Mapping[str, Workflow], file: str, lines: Any
) -> None:
    """Refuse a `missing_tool` by which no task could be settled. Raises PackError."""
    for trouble, path in _missing(missing, domain, workflows):
        raise PackError(trouble, file=file, line=lines.of(f"$.missing_tool{path}"))


def _missing(missing: MissingTool, domain: Domain, workflows: Mapping[str, Workflow]) -> Iterator[tuple[str, str]]:
    ends = [name for name, tool in domain.tools.items() if tool.ends and tool.spec.seat == "assistant"]
    if missing.call not in ends:
        near = did_you_mean(missing.call, ends)
        yield f"missing_tool calls {missing.call}, which does not end an episode.{near}", ".call"
        return
    given = missing.arguments
    problem = domain.tools[missing.call].arguments.problem(given)
    if problem:
        yield f"missing_tool: {missing.call}: {problem}", ".with"
    call = CallTool(missing.call, dict(given))
    if not any(removable(w.tree, domain.tools, w.spec.facts, call) for w in workflows.values()):
        names = sorted(str(value) for value in given.values() if str(value).startswith("$"))
        yield f"missing_tool: no workflow knows {', '.join(names) or 'what to do'} before its first write", ".with"


def _limits(workflow: Workflow) -> Iterator[tuple[str, str]]:
    known = Limits.__struct_fields__
    for name, value in workflow.spec.limits.items():
        if name not in known:
            yield f"no limit {name}.{did_you_mean(name, known)} There are: {', '.join(known)}", "$.limits"
        elif value < 1:
            yield f"limit {name} is at least 1, found {value}", "$.limits"


def _branches(workflow: Workflow) -> Iterator[tuple[str, str]]:
    spec, leaves, paths = workflow.spec, workflow.leaves, branches(workflow.tree)
    for leaf in spec.never:
        if leaf not in paths:
            yield f"no leaf {leaf} that never comes.{did_you_mean(leaf, paths)} Leaves: {', '.join(paths)}", "$.never"
    if not leaves:
        yield "every leaf never comes; leave one", "$.never"
    if len(set(leaves)) != len(leaves):
        yield "two leaves have the same name; give the decisions a `label`", "$.do"
    for branch in spec.variants:
        if spec.variants[branch] not in leaves or branch in leaves:
            yield (
                f"variant {branch} stands on unknown leaf {spec.variants[branch]}; leaves: {', '.join(leaves)}",
                "$.variants",
            )
    for name, trap in spec.traps.items():
        if workflow.spec.variants.get(trap.branch, trap.branch) not in leaves:
            yield f"trap {name} stands on unknown branch {trap.branch}; leaves: {', '.join(leaves)}", "$.traps"
    known = set(workflow.branches)
    for field, names in (("arrange", spec.arrange), ("strategies", spec.strategies), ("faults", spec.faults)):
        for branch in names:
            if branch not in known and branch != "*":
                yield (
                    f"{field} of unknown branch {branch}.{did_you_mean(branch, known)} Branches: {', '.join(known)}",
                    f"$.{field}",
                )
    for pair in spec.twins:
        for branch in pair:
            if branch not in leaves:
                yield (
                    f"twin of unknown leaf {branch}.{did_you_mean(branch, leaves)} Leaves: {', '.join(leaves)}",
                    "$.twins",
                )


def _words(workflow: Workflow, wording: WordingFile) -> Iterator[tuple[str, str]]:
    for request in ("", *workflow.requests):
        name = f"{workflow.name}.{request}" if request else workflow.name
        facts = workflow.spec.facts.items()
        opening = {fact for fact, spec in facts if spec.release == "opening" and spec.next == request}
        forms = wording.openings.get(name, [])
        if len(forms) < LEAST_FORMS:
            yield f"wording.yaml gives {len(forms)} openings for {name}; expected at least {LEAST_FORMS}", "$.name"
        for form in (*forms, *wording.held_out.openings.get(name, [])):
            places = set(re.findall(r"\{(\w+)\}", form))
            if places != opening:
                wanted = f"the facts that {request} opens with" if request else "the opening facts"
                yield f"opening {form!r} names {sorted(places)}; expected {wanted} {sorted(opening)}", "$.facts"
    for fact in workflow.spec.facts:
        for form in (*wording.facts.get(fact, ()), *wording.held_out.facts.get(fact, ())):
            if "{value}" not in form:
                yield f"form of fact {fact} has no {{value}}: {form!r}", "$.facts"


def check_names(what: str, names: Sequence[str], file: str, line: int) -> None:
    """Every column that is shown has a name of its own."""
    if len(set(names)) != len(names):
        raise PackError(f"{what} names a column twice: {', '.join(names)}", file=file, line=line)
    unnamed = next((name for name in names if not re.fullmatch(r"\w+", name)), None)
    if unnamed is not None:
        trouble = f"{what} gives `{unnamed[:60]}` without a name of letters, digits and _: write ... AS name"
        raise PackError(trouble, file=file, line=line)


def check_tool(
    db: apsw.Connection, schema: Schema, spec: ToolSpec, shipped: bool, file: str, line: int
) -> tuple[tuple[str, str], ...]:
    """Refuse a tool that does not fit; (name, origin) of each column of its result."""
    if spec.python and not shipped:
        raise PackError(f"tool {spec.name}: Python bodies are for shipped packs only; write SQL", file=file, line=line)
    check_played(db, schema, spec, file, line)
    if spec.sql and spec.effect == "read":
        raise PackError(f"tool {spec.name} writes, so its effect is write or irreversible", file=file, line=line)
    for name, parameter in spec.parameters.items():
        if parameter.refers_to and parameter.refers_to not in schema.canonical:
            near = did_you_mean(parameter.refers_to, schema.canonical)
            raise PackError(
                f"tool {spec.name}: `{name}` refers to unknown column {parameter.refers_to}.{near}",
                file=file,
                line=line,
            )
    for sql in spec.sql:
        _check_sql(db, sql, "write", spec, file, line)
    shown = filter(None, [spec.returns, *(guard.shows for guard in spec.require)])
    for sql in [*(guard.sql for guard in spec.require), *shown]:
        _check_sql(db, sql, "read", spec, file, line)
    for sentence in [*spec.require, *([spec.unrecorded] if spec.unrecorded else [])]:
        shows = sentence.shows if isinstance(sentence, Guard) else ""
        known = [*spec.parameters, *(name for name, _ in (origins(db, shows) if shows else ()))]
        if len(set(known)) != len(known):
            raise PackError(
                f"tool {spec.name}: `shows` names a parameter or a column twice: {', '.join(known)}",
                file=file,
                line=line,
            )
        _check_places(f"tool {spec.name}: {sentence.else_!r}", sentence.else_, known, file, line)
    if spec.played:
        return tuple((name, field.refers_to) for name, field in spec.result.items())
    columns = origins(db, spec.returns) if spec.returns else ()
    names = [name for name, _ in columns]
    check_names(f"tool {spec.name}: `returns`", names, file, line)
    for form in spec.report:
        _check_places(f"tool {spec.name}: {form!r}", form, names, file, line)
    for name, kind in spec.columns.items():
        if name not in names:
            raise PackError(
                f"tool {spec.name}: `columns` types {name}, but `returns` gives {names}", file=file, line=line
            )
        known = [*schema.canonical, *get_args(SemanticType)]
        if kind not in known:
            near = did_you_mean(kind, known)
            raise PackError(
                f"tool {spec.name}: `{kind}` is no semantic type and no column.{near}", file=file, line=line
            )
    return columns


def _check_places(what: str, form: str, known: Collection[str], file: str, line: int) -> None:
    for place in re.findall(r"\{(\w+)\}", form):
        if place not in known:
            raise PackError(
                f"{what} names {place}.{did_you_mean(place, known)} There are: {', '.join(known)}", file=file, line=line
            )


def _check_sql(db: apsw.Connection, sql: str, place: Any, spec: ToolSpec, file: str, line: int) -> None:
    check(db, sql, place, file=file, line=line)
    unknown = parameters(sql) - set(spec.parameters)
    if unknown:
        raise PackError(f"tool {spec.name}: SQL uses unknown parameters {sorted(unknown)}", file=file, line=line)
