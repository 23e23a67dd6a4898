"""What stands behind `--policy openai:MODEL` and `--user openai:MODEL`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from agentgym.cli.shell import remark
from agentgym.errors import NotFoundError, UsageError
from agentgym.policies import POLICIES, Policy, policy
from agentgym.rollout import Result
from agentgym.types import ASSISTANT, USER, User

if TYPE_CHECKING:
    from agentgym.llm import Client, Server

__all__ = ["PREFIX", "Asked", "Players", "explain_invalid", "model_of", "players"]

PREFIX = "openai:"
"""How the name of a model begins where a built-in policy could stand."""
_REASONS = 3


class Asked(Struct, frozen=True):
    """The options of the command line that concern models."""

    policy: str
    user: str
    base_url: str
    user_base_url: str
    tool_style: str
    concurrency: int
    temperature: float | None
    max_tokens: int | None
    timeout: float
    retries: int
    price_in: float
    price_out: float


class Players(Struct):
    """Who plays, and what decides how. `clients` has the model of each seat that has one."""

    policy: Policy
    user: Callable[[], User] | None
    options: dict[str, Any]
    clients: dict[str, Client]

    def spent(self) -> list[dict[str, Any]]:
        """What each seat's model took in this run, as JSON data."""
        rows: list[dict[str, Any]] = []
        for seat, client in self.clients.items():
            usage = {name: getattr(client.usage, name) for name in client.usage.__struct_fields__}
            rows.append({"seat": seat, "model": client.server.model, **usage, "cost": client.usage.cost(client.server)})
        return rows


@contextmanager
def players(asked: Asked) -> Generator[Players]:
    """The players of a run; their clients are checked before, and closed after.

    Raises:
        NotFoundError, UsageError: there is no such policy or user, or a server that does not take its model.
    """
    wanted = {ASSISTANT: (asked.policy, asked.base_url), USER: (asked.user, asked.user_base_url or asked.base_url)}
    models = {seat: named for seat, named in wanted.items() if named[0].startswith(PREFIX)}
    if USER not in models and asked.user != "automaton":
        raise NotFoundError("user", asked.user, ["automaton", f"{PREFIX}MODEL"])
    if asked.tool_style not in (styles := ("native", "text")):
        raise NotFoundError("tool style", asked.tool_style, styles)
    builtin = None if ASSISTANT in models else _builtin(asked.policy)
    if builtin is not None and not models:
        yield Players(builtin, None, {}, {})
        return

    from agentgym.llm import Client, LLMAssistant, LLMUser

    options: dict[str, Any] = {"temperature": asked.temperature, "max_tokens": asked.max_tokens}
    with ExitStack() as open_clients:
        clients: dict[str, Client] = {}
        for seat, (name, url) in models.items():
            clients[seat] = open_clients.enter_context(Client(_server(asked, name, url)))
            clients[seat].check()
        player = builtin or LLMAssistant(clients[ASSISTANT], asked.tool_style)
        if builtin is None:
            options["tool_style"] = asked.tool_style
        speaker = clients.get(USER)
        yield Players(player, (lambda: LLMUser(speaker)) if speaker else None, options, clients)


def _builtin(name: str) -> Policy:
    if name not in POLICIES:
        raise NotFoundError("policy", name, [*POLICIES, f"{PREFIX}MODEL"])
    return policy(name)


def _server(asked: Asked, name: str, url: str) -> Server:
    from agentgym.llm import Server

    return Server(
        model_of(name), url, temperature=asked.temperature, max_tokens=asked.max_tokens, timeout=asked.timeout,
        retries=asked.retries, concurrency=asked.concurrency, price_in=asked.price_in, price_out=asked.price_out,
    )  # fmt: skip


def model_of(name: str) -> str:
    """The name by which a server knows `openai:MODEL`. Raises UsageError where there is none."""
    model = name.removeprefix(PREFIX)
    if not model:
        raise UsageError(f"which model? Write {PREFIX}MODEL, with the name that the server knows it by")
    return model


def explain_invalid(results: list[Result]) -> None:
    """Say why episodes are invalid: the commonest reasons."""
    reasons = Counter(result.reason for result in results if not result.valid)
    for reason, count in reasons.most_common(_REASONS):
        remark(f"invalid: {count} x {reason[:200]}")
    if len(reasons) > _REASONS:
        remark(f"invalid: {sum(reasons.values())} in all; the traces have every reason")
