# pyright: basic
"""Streams as right-padded batches of about equal numbers of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from agentgym.training.stream import Stream

__all__ = ["padded", "split_by_tokens"]


def split_by_tokens(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Indices in batches of at most `most` tokens, padding counted, longest first; one that is longer stands alone.
    None is half padding: what is shorter than half of a batch's longest begins another."""
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        longest = lengths[batches[-1][0]] if batches else 0
        if batches and (len(batches[-1]) + 1) * longest <= most and 2 * lengths[at] >= longest:
            batches[-1].append(at)
        else:
            batches.append([at])
    return batches


def padded(streams: Sequence[Stream], pad: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask (True where the assistant wrote) of shape (rows, longest)."""
    length = max(len(stream.ids) for stream in streams)
    ids = torch.full((len(streams), length), pad)
    mask = torch.zeros((len(streams), length), dtype=torch.bool)
    for row, stream in enumerate(streams):
        ids[row, : len(stream.ids)] = torch.tensor(stream.ids)
        mask[row, : len(stream.ids)] = torch.tensor(stream.mask, dtype=torch.bool)
    return ids.to(device), mask.to(device)
