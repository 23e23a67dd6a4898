# pyright: basic
"""Log-probabilities of chosen tokens, without the logits of all tokens in memory at once.

For n tokens and a vocabulary of V, logits in float32 take 4 n V bytes: 2.4 GB for 4,096 tokens of a vocabulary of
150,000, and as much again for their gradient. Here they are computed for some tokens at a time, forwards and, anew,
backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["chosen_logprobs", "reverse_kl", "token_logprobs", "written"]

_CHUNK = 2**24
"""Most logits at once: 64 MB in float32."""


def _backwards(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, slope_of: Callable[[slice], Any]) -> Any:
    """Gradients of the hidden states and of the weight, where wanted, from those of some tokens' logits at a time."""
    to_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
    to_weight = torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
    for first in range(0, len(hidden), ctx.chunk):
        part = slice(first, first + ctx.chunk)
        slope = slope_of(part).to(weight.dtype)
        if to_hidden is not None:
            to_hidden[part] = slope @ weight
        if to_weight is not None and slope.dtype == to_weight.dtype:
            to_weight.addmm_(slope.T, hidden[part])
        elif to_weight is not None:
            to_weight += slope.T @ hidden[part]
    return to_hidden, None if to_weight is None else to_weight.to(weight.dtype)


class _Chosen(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, chosen: torch.Tensor, chunk: int) -> Any:
        logprobs, entropies, norms = [], [], []
        for h, c in zip(hidden.split(chunk), chosen.split(chunk), strict=True):
            logits = (h @ weight.T).float()
            norm = logits.logsumexp(-1)
            logprobs.append(logits.gather(-1, c[:, None])[:, 0] - norm)
            entropies.append(norm - (logits.softmax(-1) * logits).sum(-1))
            norms.append(norm)
        ctx.save_for_backward(hidden, weight, chosen, torch.cat(norms))
        ctx.chunk = chunk
        entropy = torch.cat(entropies)
        ctx.mark_non_differentiable(entropy)
        return torch.cat(logprobs), entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        hidden, weight, chosen, norms = ctx.saved_tensors

        def slope(part: slice) -> torch.Tensor:
            out = -((hidden[part] @ weight.T).float() - norms[part, None]).exp()
            out.scatter_add_(-1, chosen[part, None], torch.ones_like(out[:, :1]))
            return out * gradients[0][part, None]

        return *_backwards(ctx, hidden, weight, slope), None, None


def chosen_logprobs(
    hidden: torch.Tensor, weight: torch.Tensor, chosen: torch.Tensor, chunk: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """log softmax(hidden · weightᵀ)[chosen], and the entropies (nats, without gradient), both of shape (n,), float32.

    Args:
        hidden: (n, d), the model's last hidden states.
        weight: (V, d), of its output layer.
        chosen: (n,), token ids.
        chunk: tokens at a time; 0 for as many as make 64 MB of logits.
    """
    return _Chosen.apply(*_cast(hidden, weight), chosen, chunk or max(1, _CHUNK // len(weight)))


class _Divergence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Any, weight: Any, other: Any, other_weight: Any, chunk: int) -> Any:
        ctx.save_for_backward(hidden, weight, other, other_weight)
        ctx.chunk = chunk
        parts = zip(hidden.split(chunk), other.split(chunk), strict=True)
        return torch.cat([_divergence(h @ weight.T, o @ other_weight.T)[0] for h, o in parts])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        hidden, weight, other, other_weight = ctx.saved_tensors

        def slope(part: slice) -> torch.Tensor:
            value, probs, ratio = _divergence(hidden[part] @ weight.T, other[part] @ other_weight.T)
            return probs * (ratio - value[:, None]) * gradients[0][part, None]

        return *_backwards(ctx, hidden, weight, slope), None, None, None


def _divergence(logits: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Σ p (log p - log q) over the last axis, p, and log p - log q."""
    log, log_other = logits.float().log_softmax(-1), other.float().log_softmax(-1)
    probs, ratio = log.exp(), log - log_other
    return (probs * ratio).sum(-1), probs, ratio


def reverse_kl(
    hidden: torch.Tensor, weight: torch.Tensor, other: torch.Tensor, other_weight: torch.Tensor, chunk: int = 0
) -> torch.Tensor:
    """KL(p || q) in nats, of shape (n,), float32: p of `hidden` and `weight`, q of the others, which get no gradient.

    Over the whole vocabulary; estimates by one sampled token (k1 to k3) have more variance.

    Args:
        hidden, weight, chunk: as for `chosen_logprobs`.
        other: (n, e), the last hidden states of the other model at the same places.
        other_weight: (V, e), of its output layer.
    """
    chunk = chunk or max(1, _CHUNK // len(weight))
    return _Divergence.apply(*_cast(hidden, weight), *_cast(other, other_weight), chunk)


def _cast(hidden: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As autocast computes, where it is on."""
    if torch.is_autocast_enabled(hidden.device.type):
        kind = torch.get_autocast_dtype(hidden.device.type)
        return hidden.to(kind), weight.to(kind)
    return hidden, weight


def written(model: Any, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Last hidden states before the masked tokens of right-padded rows, the output layer's weight, and the tokens, in
    the order of `mask.nonzero()`: what `chosen_logprobs` takes.

    Causal attention never looks to the right, so that padding there needs no mask.

    Args:
        model: a causal LM of the transformers library, LoRA around it or not.
        ids: (rows, length), token ids.
        mask: (rows, length), True where a token's log-probability is wanted; the first column is never.
    """
    core = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = core.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
    wanted = mask[:, 1:]
    return *_cast(hidden[:, :-1][wanted], core.get_output_embeddings().weight), ids[:, 1:][wanted]


def token_logprobs(model: Any, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities and entropies of the masked tokens of right-padded rows, see `written`."""
    return chosen_logprobs(*written(model, ids, mask))
