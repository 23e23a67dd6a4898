"""Tool views: the same task with its tools shown otherwise, so that a policy has to read what it is shown.

| view | what the assistant is shown |
|---|---|
| `shuffled` | the tools in another order |
| `renamed` | tools and parameters under other names, the same in all episodes of one view seed |
| `distractors`, `distractors:N` | tools of other packs besides, up to 60 tools in all; calling one does nothing |
| `missing_parameter` | schemas of which about a third do not show one required parameter; the error names it |
| `missing_function` | the tools less one that the workflow writes with first; the policy says what is right then |

Views are put together with commas, and `@SEED` (0 by default) chooses among their draws: `renamed,distractors:20@7`.
The world, the rules and the user stay what they are, and so does what is right, but where a tool that is needed is
missing; the task gets an id of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from agentgym.errors import NotFoundError, UsageError
from agentgym.pack import (
    MAX_TOOLS,
    Pack,
    available,
    instead_of,
    load,
    removable_tools,
    task_id,
    with_tools,
    without_tool,
)  # fmt: skip
from agentgym.renaming import Scheme
from agentgym.seeding import Stream, stream
from agentgym.tool import Naming, Tool
from agentgym.types import Distractor, Task, ToolView

__all__ = ["VIEWS", "checked_view", "same_view", "view_tools", "with_all_tools", "with_view"]

VIEWS = ("renamed", "shuffled", "distractors", "missing_parameter", "missing_function")
_UNLISTED = 3
"""One of so many tools does not show one of its required parameters."""


class _Wanted(Struct, frozen=True):
    names: frozenset[str]
    distractors: int
    seed: int

    @property
    def text(self) -> str:
        parts = [name for name in VIEWS if name in self.names]
        if self.distractors:
            parts[parts.index("distractors")] += f":{self.distractors}"
        return ",".join(parts) + (f"@{self.seed}" if self.seed else "")


def checked_view(view: str) -> str:
    """A view's text in its one form, empty for an empty one. Raises NotFoundError, UsageError."""
    return _wanted(view).text if view else ""


def _wanted(view: str) -> _Wanted:
    listed, _, seed = view.replace(" ", "").partition("@")
    if "@" in view and not re.fullmatch(r"[0-9]{1,18}", seed):
        raise UsageError(f"the seed of a view is a whole number, as in renamed@7; found {view!r:.80}")
    names: set[str] = set()
    count = 0
    for part in listed.split(","):
        name, colon, number = part.partition(":")
        if name not in VIEWS:
            raise NotFoundError("view", name, VIEWS)
        if colon and (name != "distractors" or not re.fullmatch(r"[1-9][0-9]{0,3}", number)):
            raise UsageError(f"only distractors has a number, of at least 1, as in distractors:20; found {part!r:.80}")
        count = int(number) if colon else count
        names.add(name)
    return _Wanted(frozenset(names), count, int(seed or 0))


def with_view(pack: Pack, task: Task, view: str) -> Task:
    """The task under a view; the task itself for an empty one.

    The same pack, task and view give the same bytes; with distractors, the same packs have to be found too. The view
    stands in the task whole, so that the result can be played where they are not.

    Raises:
        NotFoundError: no such view, or the task shows a tool that the pack does not have.
        UsageError: the view cannot be read, the task has one already, or a tool is to be missing and the pack does not
            say what is right then.
    """
    if not view:
        return task
    if task.tool_view is not UNSET:
        raise UsageError(f"task {task.id} has the view {task.tool_view.asked} already; give the task without one")
    wanted = _wanted(view)
    names = ("view", wanted.seed, task.pack, task.split, task.seed, task.workflow)  # what twins share
    for name in task.tools:
        if name not in pack.tools:
            raise NotFoundError(f"tool of {pack.name}", name, pack.tools)
    tools = {name: pack.tools[name] for name in task.tools or pack.tools}
    missing = ""
    if "missing_function" in wanted.names:
        missing = _missing(pack, task, tools, stream(*names, "missing_function"))
        if missing:
            task = without_tool(pack, task, missing)
            del tools[missing]
    order = tuple(tools)
    if "shuffled" in wanted.names:
        order = tuple(stream(*names, "shuffled").shuffled(order))
    scheme = Scheme(wanted.seed) if "renamed" in wanted.names else None
    naming = scheme.naming(pack.tools.values(), frozenset(pack.user_tools)) if scheme else Naming({}, {})
    unlisted: dict[str, str] = {}
    if "missing_parameter" in wanted.names:
        unlisted = _unlisted(tools.values(), stream(*names, "missing_parameter"))
    beside: tuple[Distractor, ...] = ()
    if "distractors" in wanted.names:
        most = min(wanted.distractors or MAX_TOOLS, MAX_TOOLS - len(order))
        taken = {*pack.domain.tools, *naming.tools.values()}
        beside = _distractors(pack, taken, scheme, len(order), most, stream(*names, "distractors"))
    shown = ToolView(wanted.text, naming.tools, naming.words, unlisted, beside, missing)
    return _under(task, order if order != tuple(pack.tools) else (), shown)


def view_tools(pack: Pack, view: str) -> list[dict[str, Any]]:
    """The OpenAI tool dicts of a pack by the names of a view; what else a view does depends on the task."""
    scheme = Scheme(_wanted(view).seed) if view and "renamed" in _wanted(view).names else None
    if scheme is None:
        return [tool.openai for tool in pack.tools.values()]
    naming = scheme.naming(pack.tools.values(), frozenset(pack.user_tools))
    return [naming.shown(tool).openai for tool in pack.tools.values()]


def same_view(pack: Pack, task: Task, other: Task) -> Task:
    """The task under the view of another one of its pack and workflow. Raises TaskError as `without_tool` does."""
    if other.tool_view is UNSET:
        return task
    if other.tool_view.missing:
        task = without_tool(pack, task, other.tool_view.missing)
    return _under(task, other.tools, other.tool_view)


def with_all_tools(pack: Pack, task: Task) -> Task:
    """The task under its view, but with the tool that is missing in it, last in the list; itself where none is.

    The tool takes the place of a distractor where there are as many as there may be. Raises TaskError where the
    workflow is gone.
    """
    view = task.tool_view
    if view is UNSET or not view.missing:
        return task
    tools = (*task.tools, view.missing)
    beside = view.distractors[: MAX_TOOLS - len(tools)]
    return _under(with_tools(pack, task), tools, msgspec.structs.replace(view, missing="", distractors=beside))


def _under(task: Task, order: tuple[str, ...], view: ToolView) -> Task:
    oracle = tuple(map(Naming(view.tools, view.words).action, task.oracle))
    done = msgspec.structs.replace(task, tools=order, tool_view=view, oracle=oracle, id="")
    return msgspec.structs.replace(done, id=task_id(done))


def _missing(pack: Pack, task: Task, tools: Collection[str], draw: Stream) -> str:
    """The tool that is taken away, the same for all branches of the workflow; empty where none of it can be."""
    found = [name for name in removable_tools(pack, task.workflow) if name in tools]
    return draw.choice(found) if found and instead_of(pack, found[0]).call.tool in tools else ""


def _unlisted(tools: Iterable[Tool], draw: Stream) -> dict[str, str]:
    """Tool -> a required parameter, for some of the tools; drawn without a look at what the task needs."""
    out: dict[str, str] = {}
    for tool in tools:
        required = [name for name, parameter in tool.spec.parameters.items() if not parameter.optional]
        if required and draw.below(_UNLISTED) == 0:
            out[tool.name] = draw.choice(required)
    return out


def _distractors(
    pack: Pack, taken: set[str], scheme: Scheme | None, own: int, most: int, draw: Stream
) -> tuple[Distractor, ...]:
    """Tools of the other packs that are found, less those whose names are taken, at places among `own` tools."""
    found: list[Tool] = []
    for name in sorted(available()):
        other = load(name)
        if other.name == pack.name:
            continue
        naming = scheme.naming(other.tools.values(), frozenset(other.user_tools)) if scheme else Naming({}, {})
        found += [naming.shown(tool) for tool in other.tools.values() if tool.name not in pack.domain.tools]
    chosen: list[Tool] = []
    for tool in draw.shuffled(found):
        if len(chosen) < most and tool.shown not in taken:
            taken.add(tool.shown)
            chosen.append(tool)
    places = sorted(draw.shuffled(range(own + len(chosen)))[: len(chosen)])
    return tuple(Distractor(place, tool.openai["function"]) for place, tool in zip(places, chosen, strict=True))
