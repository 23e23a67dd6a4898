# pyright: basic
"""A dataclass of settings as command-line options: a field `hold_out: float = 0.2  # text` becomes `--hold-out 0.2`."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from agentgym.errors import AgentGymError

__all__ = ["options", "program"]

T = TypeVar("T")


def options(settings: type[T], doc: str, given: Sequence[str] | None = None) -> T:
    """The settings by the command line.

    Args:
        settings: a dataclass whose fields all have defaults; the comment behind each field is its help.
        doc: of the program, shown by `--help`.
        given: the arguments; by default those of the process.
    """
    helps = dict(re.findall(r"^    (\w+): .*?  # (.*)$", inspect.getsource(settings), re.MULTILINE))
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(settings):  # type: ignore[arg-type]
        default: Any = field.default if field.default is not MISSING else field.default_factory()  # type: ignore[misc]
        flag = f"--{field.name.replace('_', '-')}"
        about = f"{helps.get(field.name, '')} [{' '.join(default) if isinstance(default, tuple) else default}]".replace(
            "%", "%%"
        )
        if isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default, help=about)
        elif isinstance(default, tuple):
            parser.add_argument(flag, nargs="+", default=default, help=about)
        else:
            parser.add_argument(flag, type=type(default), default=default, help=about, metavar=type(default).__name__)
    values = vars(parser.parse_args(sys.argv[1:] if given is None else list(given)))
    return settings(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def program(name: str, settings: type[T], doc: str, run: Callable[[T], object], again: str = "--resume goes on") -> int:
    """Run a program by its command line: mistakes are one line, Ctrl-C says how to go on (`again`). The exit status."""
    try:
        run(options(settings, doc))
    except AgentGymError as trouble:
        print(f"{name}: {trouble}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print(f"stopped; {again}", file=sys.stderr)  # noqa: T201
        return 130
    return 0
