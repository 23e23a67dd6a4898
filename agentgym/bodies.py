"""Python bodies of shipped tools: what SQL cannot say. Deterministic functions of (world, arguments)."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from agentgym.world import World

__all__ = ["FIELDS", "WAIT", "calculator", "wait"]

WAIT = "agentgym.bodies:wait"
"""The body of tools that move the clock, as their specifications name it."""
FIELDS: dict[str, tuple[str, ...]] = {"calculator": ("value",), "wait": ("now",)}
"""Body -> the fields of its result."""
_LARGEST = 10**15
"""What a calculator's results stay below: such numbers are whole in every reader of JSON."""

_UNDERSTOOD = "only numbers, + - * / // % and parentheses, and nothing by zero"
"""What a calculator says of all else, in the same words whatever Python's parser says in this version."""


def wait(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let `minutes` pass on the world's clock; the only thing that moves it."""
    world.wait(int(arguments["minutes"]))
    return {"now": world.clock}


_operator: Any = operator
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _operator.add, ast.Sub: _operator.sub, ast.Mult: _operator.mul, ast.Div: _operator.truediv,
    ast.FloorDiv: _operator.floordiv, ast.Mod: _operator.mod, ast.USub: _operator.neg, ast.UAdd: _operator.pos,
}  # fmt: skip


def calculator(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The value of an arithmetic expression with + - * / // % and parentheses, rounded to 6 places, halves to even.

    Computed in fractions, so that 0.1 + 0.2 is 0.3 and nothing is lost before the end.
    """
    del world
    expression = str(arguments["expression"])
    try:
        value = _value(ast.parse(expression[:200], mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
        return {"error": {"code": "invalid", "message": f"cannot compute {expression[:80]!r}: {_UNDERSTOOD}"}}
    if abs(value) >= _LARGEST:
        return {"error": {"code": "limit", "message": f"the result has more than 15 digits: {expression[:80]!r}"}}
    rounded = round(value, 6)
    return {"value": int(rounded) if rounded.denominator == 1 else float(rounded)}


def _value(node: ast.AST) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Fraction(str(node.value))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return Fraction(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    raise ValueError(_UNDERSTOOD)
