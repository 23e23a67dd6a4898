"""Rendering a view: rich on a terminal, a picture for videos. Both libraries are imported only here, when asked for."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agentgym.episode import View
from agentgym.errors import UsageError
from agentgym.inert import inert

__all__ = ["frame", "human"]

WIDTH, HEIGHT = 800, 608
_COLOURS = {"user:": (20, 90, 160), "assistant:": (20, 120, 60), "tool:": (130, 90, 20)}
_STYLES = {"user:": "blue", "assistant:": "green", "tool:": "yellow"}


def human(view: View) -> None:
    """Print what is new."""
    from rich.console import Console

    console = Console(highlight=False)
    for line in inert(view.new).rstrip("\n").split("\n"):
        style = next((style for role, style in _STYLES.items() if line.startswith(role)), None)
        console.print(line, style=style, markup=False)
    if view.episode.ending:
        console.print(f"({view.episode.ending}; score {view.episode.score})", style="bold", markup=False)


def frame(view: View) -> NDArray[np.uint8]:
    """The end of the transcript as a picture, uint8 of shape (608, 800, 3). Needs Pillow, the extra `render`."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise UsageError("render_mode='rgb_array' needs Pillow: pip install 'agentgym-tooluse[render]'") from None
    font: Any = ImageFont.load_default(13)
    image = Image.new("RGB", (WIDTH, HEIGHT), (252, 252, 250))
    draw = ImageDraw.Draw(image)
    lines: list[tuple[str, tuple[int, int, int]]] = []
    for line in view.transcript[-8000:].splitlines():
        colour = next((colour for role, colour in _COLOURS.items() if line.startswith(role)), (60, 60, 60))
        lines += [(part, colour) for part in textwrap.wrap(line, 108)] or [("", colour)]
    for i, (line, colour) in enumerate(lines[-(HEIGHT - 32) // 16 :]):
        draw.text((8, 4 + 16 * i), line, fill=colour, font=font)
    score = "" if view.episode.score is None else f"  score {view.episode.score:.2f}"
    footer = f"{view.episode.pack.name}  turn {view.episode.turns}  {view.episode.ending}{score}"
    draw.text((8, HEIGHT - 20), footer, fill=(120, 20, 20), font=font)
    return np.asarray(image, dtype=np.uint8)
