"""Python bodies of shipped tools: what SQL cannot say. Deterministic functions of (world, arguments)."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from agentgym.world import World

__all__ = ["calculator", "wait"]


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
    """The value of an arithmetic expression with + - * / // % and parentheses, rounded to 6 places."""
    del world
    expression = str(arguments["expression"])
    try:
        value = _value(ast.parse(expression[:200], mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError, MemoryError) as trouble:
        return {"error": {"code": "invalid", "message": f"cannot compute {expression[:80]!r}: {trouble}"}}
    rounded = round(value, 6)
    return {"value": int(rounded) if float(rounded).is_integer() else rounded}


def _value(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    raise ValueError("only numbers, + - * / // % and parentheses")
