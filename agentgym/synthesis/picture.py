"""The picture of a tool graph: tools in columns by how many calls lead to them, values as arrows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentgym.errors import UsageError
from agentgym.synthesis.graph import UNREACHABLE, USER, ToolGraph, ToolNode

__all__ = ["draw"]

_COLOURS = {"read": "#dbe9f6", "write": "#fde3b8", "irreversible": "#f6c1b5", USER: "#d9ead3"}
_NAMES = {"read": "reads", "write": "writes", "irreversible": "cannot be undone", USER: "in the user's hands"}
_SHARED, _POSSIBLE = "#33475b", "#b9c4cf"
_WIDE, _HIGH = 3.1, 0.62


def draw(graph: ToolGraph, path: Path) -> None:
    """Draw a graph into a PNG, SVG or PDF file.

    Raises:
        UsageError: matplotlib is not installed, or cannot write such a file.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("a picture needs matplotlib: pip install 'agentgym-tooluse[report]'") from None
    columns = _columns(graph)
    height = max(len(column) for column in columns)
    figure: Any = Figure(figsize=(_WIDE * len(columns) + 0.4, _HIGH * height + 1.1), layout="constrained")
    axes = figure.add_subplot()
    places = {
        name: (x * 1.0, (len(column) - 1) / 2 - y)
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
    }  # fmt: skip
    pairs: dict[tuple[str, str], bool] = {}
    for edge in graph.edges:
        used = any(not said.startswith(("column", "said")) for said in edge.evidence)
        pairs[edge.source, edge.target] = pairs.get((edge.source, edge.target), False) or used
    for (source, target), used in sorted(pairs.items(), key=lambda item: item[1]):
        _arrow(axes, places[source], places[target], used)
    tools = graph.by_name
    for name, place in places.items():
        _box(axes, place, name, tools.get(name))
    _legend(axes, graph)
    axes.set_xlim(-0.42, len(columns) - 0.58)
    axes.set_ylim(-(height - 1) / 2 - 0.7, (height - 1) / 2 + 0.7)
    axes.axis("off")
    axes.set_title(f"{graph.pack}: who gives what to whom", loc="left", fontsize=11)
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as trouble:
        raise UsageError(f"cannot write {path}: {trouble}") from None


def _columns(graph: ToolGraph) -> list[list[str]]:
    """The user, then tools by depth; each column in the order of the middle of what leads to it."""
    depths = {name: depth for name, depth in graph.depths.items() if depth < UNREACHABLE}
    deepest = max(depths.values(), default=0)
    columns: list[list[str]] = [[USER], *([] for _ in range(deepest))]
    columns += [[name for name in graph.by_name if name not in depths]] if len(depths) < len(graph.tools) else []
    for name in sorted(depths):
        columns[depths[name]].append(name)
    rank = {USER: 0.0}
    for column in columns[1:]:
        sources = {
            name: [rank[edge.source] for edge in graph.edges if edge.target == name and edge.source in rank]
            for name in column
        }
        column.sort(key=lambda name: (sum(sources[name]) / max(1, len(sources[name])), name))
        rank |= {name: at / max(1, len(column) - 1) for at, name in enumerate(column)}
    return columns


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], used: bool) -> None:
    same = start[0] == end[0]
    axes.annotate(
        "", xy=(end[0] - (0 if same else 0.33), end[1]), xytext=(start[0] + (0 if same else 0.33), start[1]),
        arrowprops={
            "arrowstyle": "-|>", "color": _SHARED if used else _POSSIBLE, "linewidth": 1.0 if used else 0.7,
            "shrinkA": 16 if same else 0, "shrinkB": 16 if same else 0,
            "connectionstyle": "arc3,rad=0.35" if same else "arc3,rad=0.06",
        },
        zorder=2 if used else 1,
    )  # fmt: skip


def _box(axes: Any, place: tuple[float, float], name: str, tool: ToolNode | None) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = "#ffffff" if tool is None else _COLOURS[USER if tool.seat == USER else tool.effect]
    axes.add_patch(
        FancyBboxPatch(
            (place[0] - 0.31, place[1] - 0.3), 0.62, 0.6, boxstyle="round,pad=0.02,rounding_size=0.06",
            facecolor=colour, edgecolor=_SHARED, linewidth=0.8, zorder=3,
        )
    )  # fmt: skip
    needs = "" if tool is None else ", ".join(f"{port.name}{'?' if port.optional else ''}" for port in tool.inputs)
    needs = needs if len(needs) <= 44 else f"{needs[:42]}…"
    axes.text(place[0], place[1] + (0.1 if needs else 0), name, ha="center", va="center", fontsize=8, zorder=4)
    axes.text(place[0], place[1] - 0.14, needs, ha="center", va="center", fontsize=5.5, color="#555555", zorder=4)


def _legend(axes: Any, graph: ToolGraph) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    kinds = dict.fromkeys(USER if tool.seat == USER else tool.effect for tool in graph.tools)
    entries: list[Any] = [Patch(facecolor=_COLOURS[kind], edgecolor=_SHARED, label=_NAMES[kind]) for kind in kinds]
    entries.append(Line2D([], [], color=_SHARED, label="a workflow hands it on"))
    entries.append(Line2D([], [], color=_POSSIBLE, label="types fit"))
    axes.legend(
        handles=entries, loc="lower center", bbox_to_anchor=(0.5, -0.04), ncols=len(entries), fontsize=7, frameon=False
    )
