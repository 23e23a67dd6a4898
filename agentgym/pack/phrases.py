"""The oracle's words, from the forms in `envs/common/wording.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentgym.seeding import Stream
from agentgym.types import Value
from agentgym.user.wording import pairs

__all__ = ["FormPhrases"]


class FormPhrases:
    """Draws a form for each thing the oracle says."""

    def __init__(self, forms: Mapping[str, Sequence[str]], source: Stream) -> None:
        self.forms, self.source = forms, source

    def _form(self, meaning: str) -> str:
        return self.source.choice(self.forms[meaning])

    def ask(self, labels: Sequence[str]) -> str:
        return self._form("ask").replace("{labels}", listed(labels))

    def confirm(self, values: Sequence[Value]) -> str:
        return self._form("confirm").replace("{pairs}", pairs(values))

    def tell(self, values: Sequence[Value]) -> str:
        return self._form("tell").replace("{pairs}", pairs(values))

    def inform(self, values: Sequence[Value]) -> str:
        return self._form("inform").replace("{pairs}", pairs(values))

    def refuse(self, number: str, values: Sequence[Value]) -> str:
        return self._form("refuse").replace("{rule}", number).replace("{pairs}", pairs(values))

    def request(self, phrase: str) -> str:
        return self._form("request").replace("{phrase}", phrase)


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
