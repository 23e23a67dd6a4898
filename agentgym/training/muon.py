# pyright: basic
"""Muon for the matrices of a model's layers, and AdamW for everything else, as one optimizer.

Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") makes the momentum of a matrix
orthogonal before it steps, so that directions which gradients rarely take are learned as fast as the others. For a
small model of random weights that is most of what there is to learn: how to find a value by what stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["Muon", "orthogonal"]

_MOMENTUM = 0.95
_COEFFICIENTS = 3.4445, -4.7750, 2.0315
_ROUNDS = 5


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Nearly U Vᵀ for matrices U S Vᵀ of shape (n, rows, columns): singular values come to lie about 1 (but for those
    next to 0), most between 0.7 and 1.2, by five rounds of a Newton-Schulz iteration of degree five."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    first, third, fifth = _COEFFICIENTS
    for _ in range(_ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=third, alpha=fifth), x, beta=first)
    return x.mT if tall else x


class Muon:
    """What training asks of an optimizer: `param_groups`, whose `lr` may be set, `step`, `zero_grad`, and its state.

    torch has a Muon of its own, for matrices alone. It computes in bfloat16, which processors without it have to
    imitate: eighteen times the time of a step.

    Args:
        model: a causal LM. Muon is for its matrices but the embeddings and the output layer.
        rate: learning rate, as for AdamW: a matrix of r rows and c columns moves by rate · scale · 0.2 √max(r, c) times
            an orthogonal one (Liu et al. 2025, "Muon is scalable for LLM training", where the scale is 1).
        decay: weight decay.
        scale: how much larger the updates of matrices are.
    """

    def __init__(self, model: Any, rate: float, decay: float, scale: float = 4.0) -> None:
        layers = (model.get_input_embeddings(), model.get_output_embeddings())
        apart = {id(layer.weight) for layer in layers if layer is not None}
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        matrices = [weight for weight in trained if weight.ndim == 2 and id(weight) not in apart]
        chosen = set(map(id, matrices))
        rest = [weight for weight in trained if id(weight) not in chosen]
        self._rest = torch.optim.AdamW(rest, lr=rate, weight_decay=decay, betas=(0.9, 0.95))
        self._group: dict[str, Any] = {"params": matrices, "lr": rate, "weight_decay": decay}
        self._scale = scale
        self._alike: dict[tuple[int, ...], list[Any]] = {}
        for weight in matrices:
            self._alike.setdefault(tuple(weight.shape), []).append(weight)
        self._momenta = [torch.zeros_like(torch.stack(weights)).detach() for weights in self._alike.values()]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [self._group, *self._rest.param_groups]

    @torch.no_grad()
    def step(self) -> None:
        rate, decay = self._group["lr"], self._group["weight_decay"]
        for (shape, weights), momentum in zip(self._alike.items(), self._momenta, strict=True):
            slopes = torch.stack([weight.grad for weight in weights])
            momentum.lerp_(slopes, 1 - _MOMENTUM)
            updates = orthogonal(slopes.lerp_(momentum, _MOMENTUM))
            for weight, update in zip(weights, updates, strict=True):
                weight.mul_(1 - rate * decay).add_(update, alpha=-0.2 * self._scale * max(shape) ** 0.5 * rate)
        self._rest.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        for weight in self._group["params"]:
            weight.grad = None if set_to_none else torch.zeros_like(weight)
        self._rest.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        return {"momenta": self._momenta, "rest": self._rest.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises ValueError for the state of another optimizer or model."""
        momenta = state.get("momenta", ())
        if [value.shape for value in momenta] != [value.shape for value in self._momenta]:
            raise ValueError("the state of another optimizer or model")
        for own, value in zip(self._momenta, momenta, strict=True):
            own.copy_(value)
        self._rest.load_state_dict(state["rest"])
