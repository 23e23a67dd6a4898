"""Cells of a world as typed values: what a rule or a decision rests on, and the ids that a call is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agentgym.tool import Tool
from agentgym.types import Value
from agentgym.workflow.domain import Domain
from agentgym.world import World
from agentgym.world.sql import origins

__all__ = ["because_values", "cells_of", "flat", "ids_of"]


def because_values(domain: Domain, world: World, rule: str, arguments: Mapping[str, Any]) -> tuple[Value, ...]:
    """The facts on which a rule rests for a call, typed; empty for a rule without `because`."""
    sql = domain.rules[rule].because
    if not sql:
        return ()
    rows = world.query(sql, arguments)
    return tuple(
        dict.fromkeys(
            domain.value(cell, name, origin)
            for row in rows
            for (name, origin), cell in zip(domain.because[rule], row, strict=True)
            if cell is not None
        )
    )


def ids_of(governed: Tool, arguments: Mapping[str, Any]) -> tuple[Value, ...]:
    """The arguments of a call that are ids."""
    refers = governed.refers
    return tuple(Value(arguments[name], "id", "", column) for name, column in refers if arguments.get(name) is not None)


def cells_of(domain: Domain, world: World, sql: str, values: Mapping[str, Any]) -> tuple[Value, ...]:
    """Every cell of a SELECT, typed by its column."""
    described = _described(world, sql)
    return tuple(
        domain.value(cell, name, origin)
        for row in world.query(sql, values)
        for (name, origin), cell in zip(described, row, strict=True)
        if cell is not None
    )


def _described(world: World, sql: str) -> tuple[tuple[str, str], ...]:
    cache = world.image.cache.setdefault("origins", {})
    if sql not in cache:
        cache[sql] = origins(world.image.db, sql)
    return cache[sql]


def flat(sql: str) -> str:
    """`$name.column` inside SQL is the parameter `$name_column`."""
    return re.sub(r"\$([A-Za-z_]\w*)\.([A-Za-z_]\w*)", r"$\1_\2", sql)
