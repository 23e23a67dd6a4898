# pyright: basic
"""Sampling with a model of the transformers library, in process.

`generate` of that library computes a conversation's earlier turns anew in every turn, which on a processor is most of
the work. This keeps the keys and values of each conversation between its turns: what is new is appended, and the
model's own forward pass does the rest. Rows are padded on the left, and padding is masked. Each row samples with a
generator of its own, so that what it samples does not hang on the rows beside it (but for rounding).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from agentgym.training.engine import Request, Sample

__all__ = ["HFEngine"]

_SPARE = 0.5
"""When no more than this share of the rows are still being written, the others are put aside, or handed over."""


class HFEngine:
    """Samples from a model of the transformers library.

    Args:
        model: a causal LM; it may be the learner itself, then `update` has only the kept keys and values forgotten.
        pad: id that fills up rows.
        batch: rows computed at once.
        dtype: of the computation on a device with autocast; None for the model's own.
        parts: turns come back unfinished when half of those beside them have ended, where keys and values are kept.
    """

    def __init__(
        self, model: Any, *, pad: int = 0, batch: int = 256, dtype: torch.dtype | None = None, parts: bool = False
    ) -> None:
        self.model, self.pad, self.batch, self.dtype = model, pad, batch, dtype
        self.device = next(model.parameters()).device
        kinds = getattr(model.config, "layer_types", None) or ["full_attention"]
        self._keeps = all(kind == "full_attention" for kind in kinds)
        self.parts = parts and self._keeps
        self._parts: dict[Hashable, _Row] = {}

    def update(self, model: Any) -> None:
        """Take over weights from a model of the same shape, unless it is this one; forget what was computed."""
        self.forget()
        if model is not self.model:
            self.model.load_state_dict(model.state_dict())

    def forget(self) -> None:
        """Forget the keys and values of all conversations."""
        self._parts.clear()

    @torch.inference_mode()
    def generate(self, requests: Sequence[Request], *, limit: int, temperature: float, end: int) -> list[Sample]:
        """A turn for each request, see `agentgym.training.engine.Engine`."""
        wanted = {request.key: request.ids for request in requests}
        for key, row in list(self._parts.items()):
            if key not in wanted or list(wanted[key][: len(row.ids)]) != row.ids or len(wanted[key]) <= len(row.ids):
                del self._parts[key]
        was = self.model.training
        self.model.eval()
        samples: list[Sample] = [Sample([], [], False)] * len(requests)
        order = sorted(range(len(requests)), key=lambda at: -self._fresh(requests[at]))
        try:
            with torch.autocast(self.device.type, self.dtype or torch.bfloat16, enabled=self.dtype is not None):
                for first in range(0, len(order), self.batch):
                    rows = order[first : first + self.batch]
                    found = self._turn([requests[at] for at in rows], limit, temperature, end)
                    for at, sample in zip(rows, found, strict=True):
                        samples[at] = sample
        finally:
            self.model.train(was)
        return samples

    def _fresh(self, request: Request) -> int:
        """How many tokens of a row are still to be computed."""
        found = self._parts.get(request.key)
        return len(request.ids) - (len(found.ids) if found else 0)

    def _turn(self, requests: list[Request], limit: int, temperature: float, end: int) -> list[Sample]:
        part, logits = self._read(requests, limit)
        uniform = torch.stack([_uniform(request, limit) for request in requests]).to(self.device)
        tokens = [list[int]() for _ in requests]
        logprobs = [list[float]() for _ in requests]

        def goes_on(row: int) -> bool:
            return tokens[row][-1] != end and requests[row].written + len(tokens[row]) < limit

        rows = going = list(range(len(requests)))
        for step in range(limit):
            chosen, logprob = _choose(logits.float(), temperature, uniform[:, step])
            ids, values = chosen.tolist(), logprob.tolist()
            for at in going:
                tokens[rows[at]].append(ids[at])
                logprobs[rows[at]].append(values[at])
            going = [at for at in going if goes_on(rows[at])]
            few = len(going) <= _SPARE * len(rows)
            if not going or (few and self.parts):
                break
            if few:
                self._keep(part, rows, requests, tokens)
                part = _joined([_Row(part, at, []) for at in going], limit - step, self.device)
                rows, pick = [rows[at] for at in going], torch.tensor(going, device=self.device)
                chosen, uniform, going = chosen[pick], uniform[pick], list(range(len(rows)))
            real = torch.zeros((len(rows), 1), dtype=torch.bool, device=self.device)
            real[going] = True
            logits = self._forward(part, chosen[:, None], real)
        self._keep(part, rows, requests, tokens)
        return [Sample(ids, values, ids[-1] == end, goes_on(row))
                for row, (ids, values) in enumerate(zip(tokens, logprobs, strict=True))]  # fmt: skip

    def _read(self, requests: list[Request], limit: int) -> tuple[_Part, torch.Tensor]:
        """Compute what is new in each request, those with the most first; their part with room for `limit` tokens more,
        and the logits after each. Rows with about as many new tokens go together, so that little is padding."""
        fresh = [self._fresh(request) for request in requests]
        parts, logits, first = list[_Part](), list[torch.Tensor](), 0
        while first < len(requests):
            rows = [at for at in range(first, len(requests)) if 2 * fresh[at] >= fresh[first]]
            ids = torch.full((len(rows), fresh[first]), self.pad)
            real = torch.zeros(ids.shape, dtype=torch.bool)
            for row, at in enumerate(rows):
                ids[row, -fresh[at] :] = torch.tensor(requests[at].ids[-fresh[at] :])
                real[row, -fresh[at] :] = True
            kept = [self._parts.pop(requests[at].key, None) for at in rows]  # old ones need no room beside new ones
            parts.append(_joined(kept, fresh[first] + (limit if len(rows) == len(requests) else 0), self.device))
            logits.append(self._forward(parts[-1], ids.to(self.device), real.to(self.device)))
            first += len(rows)
        if len(parts) == 1:
            return parts[0], logits[0]
        every: list[_Row | None] = [_Row(part, at, []) for part in parts for at in range(len(part.real))]
        return _joined(every, limit, self.device), torch.cat(logits)

    def _forward(self, part: _Part, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Logits after the last token of each row."""
        part.real = torch.cat([part.real, real], 1)
        places = (part.real.long().cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        out = self.model(
            input_ids=ids, attention_mask=part.real.long(), position_ids=places, past_key_values=part.cache,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        return out.logits[:, -1]

    def _keep(self, part: _Part, rows: list[int], requests: list[Request], tokens: list[list[int]]) -> None:
        """Keep what was computed. The last token of a turn was sampled and not yet read."""
        if self._keeps:
            for at, row in enumerate(rows):
                self._parts[requests[row].key] = _Row(part, at, [*requests[row].ids, *tokens[row][:-1]])


class _Layer(DynamicLayer):
    """Keys and values in room that is taken at once, in place of a copy for each token."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room, self.used = room, 0

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            shape = (*key_states.shape[:2], self.room)
            # a norm hands over keys in float32, and attention takes them as it takes the values
            self._keys = key_states.new_empty((*shape, key_states.shape[3]), dtype=value_states.dtype)
            self._values = value_states.new_empty((*shape, value_states.shape[3]))
        end = self.used + key_states.shape[2]
        self._keys[:, :, self.used : end] = key_states
        self._values[:, :, self.used : end] = value_states
        self.used = end
        self.keys, self.values = self._keys[:, :, :end], self._values[:, :, :end]
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return self.used


class _Cache(DynamicCache):
    """One such layer for each of the model's, made when it is first written to."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def layer(self, number: int) -> _Layer:
        while len(self.layers) <= number:
            self.layers.append(_Layer(self.room))
        layer = self.layers[number]
        assert isinstance(layer, _Layer)
        return layer

    def update(self, key_states: Any, value_states: Any, layer_idx: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        return self.layer(layer_idx).update(key_states, value_states)


class _Part:
    """Rows that were computed together: their keys and values, and which of their places hold a token."""

    def __init__(self, cache: _Cache, real: torch.Tensor) -> None:
        self.cache, self.real = cache, real


class _Row(NamedTuple):
    """A row of a part, and the tokens that it holds."""

    part: _Part
    at: int
    ids: list[int]


def _joined(rows: list[_Row | None], room: int, device: torch.device) -> _Part:
    """Rows of several parts side by side, padding between their tokens taken out; None begins a new row."""
    parts = list({id(row.part): row.part for row in rows if row}.values())
    counts = {id(part): part.real.sum(1).tolist() for part in parts}
    length = max((counts[id(row.part)][row.at] for row in rows if row), default=0)
    cache = _Cache(length + room)
    real = torch.zeros((len(rows), length), dtype=torch.bool, device=device)
    if not length:
        return _Part(cache, real)
    for part in parts:
        into = [at for at, row in enumerate(rows) if row and row.part is part]
        out = torch.tensor([row.at for row in rows if row and row.part is part], device=device)
        # the places of a row's tokens in the old part, moved to the right end of the new one
        order = part.real[out].to(torch.int8).argsort(dim=1, stable=True)[:, -length:]
        width = order.shape[1]
        into_rows = torch.tensor(into, device=device)
        real[into_rows, length - width :] = part.real[out].gather(1, order)
        for number, layer in enumerate(part.cache.layers):
            for name in ("keys", "values"):
                old = getattr(layer, name)[out[:, None], :, order].transpose(1, 2)
                _room(cache, number, name, len(rows), old)[into_rows, :, length - width : length] = old
    for layer in map(cache.layer, range(len(cache.layers))):
        layer.used = length
        layer.keys, layer.values = layer._keys[:, :, :length], layer._values[:, :, :length]
    return _Part(cache, real)


def _room(cache: _Cache, number: int, name: str, rows: int, like: torch.Tensor) -> torch.Tensor:
    """The whole room of a layer's keys or values, made when it is not there."""
    layer = cache.layer(number)
    if getattr(layer, f"_{name}", None) is None:
        layer.lazy_initialization(like, like)
        setattr(layer, f"_{name}", like.new_zeros((rows, like.shape[1], cache.room, like.shape[3])))
    return getattr(layer, f"_{name}")


def _uniform(request: Request, limit: int) -> torch.Tensor:
    """Numbers for a turn's tokens, those that are still to be written first."""
    drawn = torch.rand(limit, generator=torch.Generator().manual_seed(request.seed), dtype=torch.float64)
    return drawn.roll(-request.written)


def _choose(logits: torch.Tensor, temperature: float, uniform: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A token of each row by the inverse of its distribution function, and its log-probability at temperature 1."""
    logs = logits.log_softmax(-1)
    if temperature == 0:
        chosen = logits.argmax(-1)
    else:
        spread = logs if temperature == 1 else (logits / temperature).log_softmax(-1)
        total = spread.double().exp().cumsum(-1)
        chosen = (total < uniform[:, None] * total[:, -1:]).sum(-1).clamp(max=logits.shape[-1] - 1)
    return chosen, logs.gather(-1, chosen[:, None])[:, 0]
