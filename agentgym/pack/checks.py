"""Checks of a workflow against its pack: everything it refers to exists, every branch can be told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import apsw

from agentgym.errors import PackError, did_you_mean
from agentgym.pack.formats import WordingFile
from agentgym.workflow import Domain, Workflow, walk
from agentgym.workflow.node import Ask, CallTool, ChangeOfMind, Confirm, Decide, Let, Refuse, UserDoes
from agentgym.world.sql import check, parameters

__all__ = ["check_workflow"]

LEAST_FORMS = 5


def check_workflow(
    db: apsw.Connection, workflow: Workflow, domain: Domain, wording: WordingFile, file: str, lines: Any
) -> None:
    """Raises PackError for the first thing that does not fit."""
    spec = workflow.spec
    for trouble, path in (*_names(workflow, domain), *_branches(workflow), *_words(workflow, wording)):
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
        statements = list(node.values.values()) if isinstance(node, Let) else []
        if isinstance(node, Decide) and node.sql:
            statements += [node.sql, *filter(None, [node.because])]
        for sql in statements:
            check(
                db,
                re.sub(r"\$([A-Za-z_]\w*)\.([A-Za-z_]\w*)", r"$\1_\2", sql),
                "read",
                file=file,
                line=lines.of("$.do"),
            )


def _names(workflow: Workflow, domain: Domain) -> Iterator[tuple[str, str]]:
    spec, facts = workflow.spec, workflow.spec.facts
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
                for name in set(node.arguments) - set(tool.spec.parameters):
                    yield f"{node.tool} has no parameter {name}; it has {sorted(tool.spec.parameters)}", "$.do"
        elif isinstance(node, Confirm) and node.before and node.before not in domain.tools:
            yield f"no tool {node.before}.{did_you_mean(node.before, domain.tools)}", "$.do"
        elif isinstance(node, Decide | Refuse) and node.rule and node.rule not in domain.rules:
            yield f"no rule {node.rule}.{did_you_mean(node.rule, domain.rules)}", "$.do"
    for branch, faults in spec.faults.items():
        for fault in faults:
            if fault.tool not in domain.tools:
                yield f"no tool {fault.tool}.{did_you_mean(fault.tool, domain.tools)}", f"$.faults.{branch}"


def _branches(workflow: Workflow) -> Iterator[tuple[str, str]]:
    spec, leaves = workflow.spec, workflow.leaves
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
    name = workflow.name
    opening = {fact for fact, spec in workflow.spec.facts.items() if spec.release == "opening"}
    forms = wording.openings.get(name, [])
    if len(forms) < LEAST_FORMS:
        yield f"wording.yaml gives {len(forms)} openings for {name}; expected at least {LEAST_FORMS}", "$.name"
    for form in (*forms, *wording.held_out.openings.get(name, [])):
        places = set(re.findall(r"\{(\w+)\}", form))
        if places != opening:
            yield f"opening {form!r} names {sorted(places)}; expected the opening facts {sorted(opening)}", "$.facts"
    for fact in workflow.spec.facts:
        for form in (*wording.facts.get(fact, ()), *wording.held_out.facts.get(fact, ())):
            if "{value}" not in form:
                yield f"form of fact {fact} has no {{value}}: {form!r}", "$.facts"
