"""What the users of sampled workflows call what they know: names of facts, and labels that say whose value it is."""

from __future__ import annotations

import re
from collections import Counter
from itertools import dropwhile

from agentgym.pack import Pack
from agentgym.synthesis.grow import noun, singular

__all__ = ["Names", "fact_names"]

_SECRET = re.compile(r"(^|_)(code_?word|password|passphrase|passcode|secret|token|pin|cvv)(_|$)")
"""Names of what only its owner is to know."""
_TOLD = re.compile(r"told\('(\w+)'\)")
_NOUN = re.compile(r"(The|Its|An?|How many) ([a-z][a-z' -]*?)(?:,? in cents|, YYYY-MM-DD)?\.?")
"""A description that reads as a noun, less what only says how the value is written."""
_HAPPENED = re.compile(r"(What (?:happened|went wrong|is [a-z]+))(?: (?:to|with|about|for) (?:it|them|this))?\.?")
"""A description that reads as a question."""
_PARTICLES = frozenset(["into", "out", "off", "up", "back", "to", "in", "on", "from", "for", "of", "down", "over"])
"""What may stand between the verb of a tool's name and what it is about."""
_WORDS = 4
"""Words of such a noun, at most."""


class Names:
    """The facts of a pack's users by name, and what these are called in words.

    A column goes by its own name where that says enough; where several tables have one of that name, or a list shows
    it of other rows than its own, the noun of its table comes first: `kit_title`, "kit's title". Rows of a table by
    which callers say who they are have no noun: it is their own name that they say. Arguments that stand in no row are
    called by what their tool is about, unless the pack has words for them.
    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self.given = fact_names(pack)
        """Column -> the fact that holds it in the pack's own workflows."""
        self._told = {name for rule in pack.rules.values() for name in _TOLD.findall(rule.allowed)}
        domain = pack.domain
        said = [
            (table, name)
            for table, found in domain.schema.tables.items()
            for name in found.columns
            if domain.types.get(f"{table}.{name}", "id") != "id"
        ]
        self._tables = Counter(name for _, name in said)
        self._callers = {table for table, name in said if name in self._told}
        self.labels: dict[str, str] = {}
        """Fact -> its words, where these are not the pack's."""
        self._arguments: dict[tuple[str, str], str] = {}
        self._aliases: dict[str, list[str]] = {}
        for table, name in said:
            self._add(self._owned(table, name), self._whose(table, name), name, noun(pack, table))
        self._name_arguments()

    def label(self, fact: str) -> str:
        """What a fact is called in words."""
        return self.labels.get(fact) or self._pack.domain.label(fact)

    def aliases(self, fact: str) -> list[str]:
        """What else it is called; empty for one that goes by the pack's own words."""
        return self._aliases.get(fact, [])

    def column(self, column: str, listed: str = "") -> str:
        """The fact of a column.

        Args:
            listed: the table whose rows a result lists that shows it; empty where there is none.
        """
        table, _, bare = column.partition(".")
        name = self.given.get(column, bare)
        if name != bare or name in self._told or table in self._callers:
            return name
        if listed not in ("", table):  # by it they know a row of another table
            fact, which = self._owned(table, bare), f"which {noun(self._pack, listed)}"
            known = self._aliases.setdefault(fact, [])
            known += [which] if which not in known else []
            return fact
        return self._owned(table, bare) if self._tables[bare] > 1 else name

    def secret(self, fact: str) -> bool:
        """Whether somebody says a fact to show who they are: it is not said back to them."""
        return fact in self._told or _SECRET.search(fact) is not None

    def argument(self, tool: str, name: str) -> str:
        """The fact that is said for an argument which stands in no row."""
        return self._arguments.get((tool, name), name)

    def _owned(self, table: str, name: str) -> str:
        one = singular(table)
        return name if name.startswith(f"{one}_") else f"{one}_{name}"

    def _whose(self, table: str, name: str) -> str:
        owner, label = noun(self._pack, table), self._pack.domain.label(name)
        return label if f" {owner} " in f" {label} " else f"{owner}'s {label}"

    def _add(self, fact: str, label: str, name: str, owner: str) -> None:
        """Words for a fact that the pack has none for; a question may leave the owner out, or name it last."""
        if fact == name or fact in self._pack.domain.labels or fact in self.labels:
            return
        bare = self._pack.domain.label(name)
        self.labels[fact], self._aliases[fact] = label, [bare, f"{bare} of {owner}"]

    def _ask(self, fact: str, label: str, about: str, description: str) -> None:
        """What else a question may call an argument: "new daily limit" for the new limit of `set_daily_limit`, and what
        it describes itself by, "what happened"."""
        known = self._aliases.setdefault(fact, [])
        mod, _, head = label.rpartition(" ")
        longer = f"{mod} {about}" if mod and about.endswith(f" {head}") else ""
        found = _HAPPENED.fullmatch(description.strip())
        known += [
            words for words in (longer, found[1].lower() if found else "") if words and words not in (label, *known)
        ]

    def _name_arguments(self) -> None:
        free = [
            (tool, name, parameter)
            for tool, found in self._pack.domain.tools.items()
            if found.spec.effect != "read" and found.spec.seat != "user"
            for name, parameter in found.spec.parameters.items()
            if not parameter.refers_to and not parameter.free
        ]
        takers = Counter(name for _, name, _ in free)
        nouns = {(tool, name): _noun(parameter.description) for tool, name, parameter in free}
        times = Counter(nouns.values())
        for tool, name, parameter in free:
            about = " ".join(dropwhile(_PARTICLES.__contains__, tool.split("_")[1:]))  # pay_into_wallet: wallet
            words, said = name.replace("_", " "), nouns[tool, name]
            own = self._pack.domain.labels.get(name, "")
            if takers[name] == 1 and (own not in ("", words) or parameter.enum):
                continue
            if not about or about in words:
                about = tool.replace("_", " ") if takers[name] > 1 else ""
            if said in ("", words):
                label = f"{about} {words}".strip()
            else:
                label = f"{said} of the {about}" if times[said] > 1 and about else said
            fact = f"{about} {words}".strip().replace(" ", "_")
            if fact in self.labels:
                fact = f"{tool}_{name}"
            self._arguments[tool, name] = fact
            self._add(fact, label, name, about or words)
            self._ask(fact, label, about, parameter.description)
        for tool, name, _ in free:  # of who thinks better of it
            fact = self.argument(tool, name)
            if f"other_{fact}" not in self._pack.domain.labels:
                label = self.label(fact)
                changed = f"changed {label[4:]}" if label.startswith("new ") else f"new {label}"
                self.labels.setdefault(f"other_{fact}", changed)


def _noun(description: str) -> str:
    """The noun that a description of an argument is; empty for others."""
    found = _NOUN.fullmatch(description.strip())
    if found is None or len(found[2].split()) > _WORDS or {"or", "that", "which"} & {*found[2].split()}:
        return ""
    return f"number of {found[2]}" if found[1] == "How many" else found[2]


def fact_names(pack: Pack) -> dict[str, str]:
    """Column -> what the pack's workflows call the fact that holds it."""
    out: dict[str, str] = {}
    for workflow in pack.workflows.values():
        origins = dict(workflow.bind)
        for name, spec in workflow.spec.facts.items():
            if isinstance(spec.value, str) and spec.value.startswith("$"):
                origin = pack.domain.schema.canonical.get(origins.get(spec.value[1:], ""), "")
                if origin:
                    out.setdefault(origin, name)
    return out
