"""Log-probabilities in pieces, against float64 and all at once; and what the estimators of KDRL really descend."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from agentgym.training.logprobs import chosen_logprobs, reverse_kl  # noqa: E402


def problem(dtype: object, n: int = 50, d: int = 16, vocabulary: int = 97) -> tuple:
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(n, d, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    weight = torch.randn(vocabulary, d, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    return hidden, weight, torch.randint(0, vocabulary, (n,), generator=generator)


@pytest.mark.parametrize("chunk", [0, 1, 7, 50, 64])
def test_pieces_give_what_the_whole_gives_forwards_and_backwards(chunk: int) -> None:
    hidden, weight, chosen = problem(torch.float32)
    exact_hidden, exact_weight, _ = problem(torch.float64)
    logs = (exact_hidden @ exact_weight.T).log_softmax(-1)
    expected = logs.gather(-1, chosen[:, None])[:, 0]
    found, entropy = chosen_logprobs(hidden, weight, chosen, chunk)
    slope = torch.linspace(-1, 1, len(chosen), dtype=torch.float64)
    (expected * slope).sum().backward()
    (found * slope.float()).sum().backward()
    assert torch.allclose(found.double(), expected, atol=1e-5)
    assert torch.allclose(entropy.double(), -(logs.exp() * logs).sum(-1), atol=1e-5)
    assert torch.allclose(hidden.grad.double(), exact_hidden.grad, atol=1e-5)
    assert torch.allclose(weight.grad.double(), exact_weight.grad, atol=1e-5)


def test_entropy_has_no_gradient() -> None:
    hidden, weight, chosen = problem(torch.float32)
    _, entropy = chosen_logprobs(hidden, weight, chosen)
    assert not entropy.requires_grad


@pytest.mark.parametrize("chunk", [0, 1, 7])
def test_the_exact_divergence_and_its_gradient_are_those_of_all_logits(chunk: int) -> None:
    hidden, weight, _ = problem(torch.float32)
    exact_hidden, exact_weight, _ = problem(torch.float64)
    generator = torch.Generator().manual_seed(5)
    other = torch.randn(len(hidden), 3, generator=generator, dtype=torch.float64)
    other_weight = torch.randn(len(weight), 3, generator=generator, dtype=torch.float64)
    log, log_other = ((h @ w.T).log_softmax(-1) for h, w in ((exact_hidden, exact_weight), (other, other_weight)))
    expected = (log.exp() * (log - log_other)).sum(-1)
    found = reverse_kl(hidden, weight, other.float(), other_weight.float(), chunk)
    slope = torch.linspace(-1, 1, len(expected), dtype=torch.float64)
    (expected * slope).sum().backward()
    (found * slope.float()).sum().backward()
    assert torch.allclose(found.double(), expected, atol=1e-5)
    assert found.min() >= 0
    assert torch.allclose(hidden.grad.double(), exact_hidden.grad, atol=1e-5)
    assert torch.allclose(weight.grad.double(), exact_weight.grad, atol=1e-5)
    assert torch.allclose(reverse_kl(hidden, weight, hidden.detach(), weight.detach()), torch.zeros(len(hidden)))
    (alone,) = torch.autograd.grad(
        (reverse_kl(hidden, weight.detach(), other.float(), other_weight.float(), chunk) * slope.float()).sum(), hidden
    )
    assert torch.equal(alone, hidden.grad), "as with LoRA, where the output layer is not trained"


def enumerated(loss: str) -> tuple:
    """The gradient of the expected loss over all tokens drawn from the student, and those of both KL divergences."""
    generator = torch.Generator().manual_seed(2)
    student = torch.randn(12, generator=generator, dtype=torch.float64).requires_grad_()
    teacher = torch.randn(12, generator=generator, dtype=torch.float64).log_softmax(-1)
    logs = student.log_softmax(-1)
    ratio = teacher - logs  # R = log π_T − log π
    value = {"k2": 0.5 * ratio**2, "k3": ratio.exp() - ratio - 1}[loss]
    (found,) = torch.autograd.grad(
        (logs.detach().exp() * value).sum(), student
    )  # samples are fixed: weights have no slope
    logs = student.log_softmax(-1)
    (reverse,) = torch.autograd.grad((logs.exp() * (logs - teacher)).sum(), student)
    logs = student.log_softmax(-1)
    (forward,) = torch.autograd.grad((teacher.exp() * (teacher - logs)).sum(), student)
    return found, reverse, forward


def test_k2_descends_the_reverse_divergence() -> None:
    found, reverse, _ = enumerated("k2")
    assert (found - reverse).abs().max() < 1e-6


def test_k3_as_a_loss_descends_the_forward_divergence() -> None:
    found, reverse, forward = enumerated("k3")
    assert (found - forward).abs().max() < 1e-6
    assert (found - reverse).abs().max() > 1e-2


class Largest(TorchDispatchMode):
    """The most numbers that any operation gave."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for one in out if isinstance(out, (tuple, list)) else [out]:
            if isinstance(one, torch.Tensor):
                self.numbers = max(self.numbers, one.numel())
        return out


def test_all_logits_are_never_there() -> None:
    """Neither forwards nor backwards: at most those of a piece."""
    hidden, weight, chosen = problem(torch.float32, n=512, d=8, vocabulary=1000)
    with Largest() as largest:
        found, _ = chosen_logprobs(hidden, weight, chosen, 16)
        found.sum().backward()
    assert largest.numbers == 16 * 1000


def test_autocast_computes_in_bfloat16_and_sums_in_float32() -> None:
    hidden, weight, chosen = problem(torch.float32)
    exact_hidden, exact_weight, _ = problem(torch.float64)
    expected = (exact_hidden @ exact_weight.T).log_softmax(-1).gather(-1, chosen[:, None])[:, 0]
    expected.sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        found, entropy = chosen_logprobs(hidden, weight, chosen, 7)
    found.sum().backward()
    assert found.dtype == entropy.dtype == hidden.grad.dtype == weight.grad.dtype == torch.float32
    assert (found.double() - expected).abs().max() < 0.1
    for one, exact in ((hidden.grad, exact_hidden.grad), (weight.grad, exact_weight.grad)):
        assert (one.double() - exact).norm() < 0.02 * exact.norm()
