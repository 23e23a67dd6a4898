"""The error tree. Every error says what, where, what was expected and what to do.

    AgentGymError
    ├── PackError           content does not fit: file, line, what was found, what was expected
    │   └── HostileSQLError  SQL that a pack may not run (ATTACH, PRAGMA, random(), 'now', ...)
    ├── NotFoundError       a name that does not exist, with the names that do
    ├── TaskError           a task that cannot be made or played
    ├── BudgetError         bounded work ran out (operations, rows, bytes)
    ├── UsageError          the interface used out of order (step before reset, ...)
    ├── ReplayError         a trace that does not reproduce, with the first event that differs
    ├── UnansweredError     a tool that is played has no answer: nothing recorded, no model, or one that does not fit
    └── ServerError         the server of a language model failed: nobody who plays can help it
        ├── ServerBusyError         it was overloaded or broken (429, 5xx), whenever it was asked
        ├── ServerTimeoutError      it did not answer in time
        ├── ServerUnreachableError  no connection, or one that was cut
        ├── ServerAnswerError       what it answered is no chat completion
        └── ServerRefusedError      it refuses the request (other 4xx): asking again does not help
            └── ContextFullError        since the conversation has outgrown the model's context

What a *policy* does wrong is never an exception: it is a tool result with an error code.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "NO_ANSWER",
    "SERVER_FAULT",
    "AgentGymError",
    "BudgetError",
    "ContextFullError",
    "HostileSQLError",
    "NotFoundError",
    "PackError",
    "ReplayError",
    "ServerAnswerError",
    "ServerBusyError",
    "ServerError",
    "ServerRefusedError",
    "ServerTimeoutError",
    "ServerUnreachableError",
    "TaskError",
    "UnansweredError",
    "UsageError",
    "did_you_mean",
    "unanswered",
]


SERVER_FAULT = "server: "
"""How the message of every `ServerError` begins, and so the reason of an episode that one of them made invalid."""

NO_ANSWER = "no answer: "
"""How the message of every `UnansweredError` begins."""


def unanswered(reason: str) -> bool:
    """Whether an episode is invalid because a tool that is played had no answer: none recorded, or a model's server
    failed. Another try, with more recordings or another server, may go better."""
    return reason.startswith("tool ") and reason.partition(": ")[2].startswith((NO_ANSWER, SERVER_FAULT))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean `x`?` for the nearest known name, or an empty string when none is near."""
    near = get_close_matches(name[:64], list(known), n=1, cutoff=0.6)
    return f" Did you mean `{near[0]}`?" if near else ""


class AgentGymError(Exception):
    """Base of everything that agentgym raises on purpose."""


class PackError(AgentGymError):
    """Content that does not fit its format; carries `file` and `line` (from 1; 0 when unknown)."""

    def __init__(self, message: str, *, file: str = "", line: int = 0) -> None:
        self.file, self.line, self.message = file, line, message
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message)


class HostileSQLError(PackError):
    """SQL that content may not run."""


class NotFoundError(AgentGymError, KeyError):
    """A name that does not exist. The message lists what does, with the nearest first."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        shown = ", ".join(self.known[:40]) + (", ..." if len(self.known) > 40 else "")
        self.message = f"no {kind} `{name}`.{did_you_mean(name, self.known)} There are: {shown or 'none'}."
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class TaskError(AgentGymError):
    """A task that cannot be made or played: the message says which requirement failed."""


class BudgetError(AgentGymError):
    """Bounded work ran out: too many SQLite operations, rows or bytes in one statement."""


class UsageError(AgentGymError):
    """The interface was used out of order."""


class ReplayError(AgentGymError):
    """A trace that does not reproduce; `index` is the first event that differs."""

    def __init__(self, message: str, index: int) -> None:
        self.index = index
        super().__init__(message)


class UnansweredError(AgentGymError):
    """A tool that is played has no answer: nothing is recorded and no model is there, or what it says does not fit."""

    def __init__(self, message: str) -> None:
        super().__init__(message if message.startswith(NO_ANSWER) else f"{NO_ANSWER}{message}")


class ServerError(AgentGymError):
    """The server of a language model failed. `status` is the HTTP status, 0 where there was none; `after` the seconds
    that it asks to wait, 0 where it does not say."""

    def __init__(self, message: str, *, status: int = 0, after: float = 0.0) -> None:
        self.status, self.after = status, after
        super().__init__(message if message.startswith(SERVER_FAULT) else f"{SERVER_FAULT}{message}")


class ServerBusyError(ServerError):
    """The server was overloaded or broken: 429, 5xx."""


class ServerTimeoutError(ServerError):
    """The server did not answer in time."""


class ServerUnreachableError(ServerError):
    """There was no connection, or it was cut."""


class ServerAnswerError(ServerError):
    """What the server answered is no chat completion: no JSON, nothing, an unknown role."""


class ServerRefusedError(ServerError):
    """The server refuses the request as it is: 400, 401, 403, 404 and the like."""


class ContextFullError(ServerRefusedError):
    """The conversation has outgrown the model's context. Whoever plays the assistant has used it up: its episode is cut
    short, not excused."""
