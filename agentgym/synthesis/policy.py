"""The policy that workflows are sampled under: rules, and for each the situations on either side of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from agentgym.pack import Pack
from agentgym.synthesis.arrange import Arranged, arrangements
from agentgym.synthesis.grow import Growth
from agentgym.tool import RuleSpec
from agentgym.world import blank
from agentgym.world.sql import touched

__all__ = ["Policy"]


class Policy(Struct, frozen=True):
    """Rules in order, those of a pack to begin with."""

    rules: tuple[RuleSpec, ...]
    situations: Mapping[str, tuple[Arranged, ...]]
    """Rule -> writes by which it comes to allow and to forbid."""
    columns: Mapping[str, tuple[str, ...]]
    """Rule -> the columns that it rests on."""
    growths: Mapping[str, Growth] = {}
    """Rule -> what it was grown by, for those that are no pack's own."""
    changed: Mapping[str, frozenset[str]] = {}
    """Rule of the pack -> those of its rules that rest on a column which the situations of this one write."""
    met: frozenset[tuple[str, str]] = frozenset()
    """(tool, rule) where nothing is decided by the rule: only rows of which it allows the call take part."""
    reads: Mapping[str, frozenset[str]] = {}
    """Rule of the pack -> the columns that it looks at."""

    @classmethod
    def of(cls, pack: Pack) -> Policy:
        """A pack's own."""
        canonical = pack.domain.schema.canonical
        columns = {
            rule: tuple(canonical.get(origin, origin) for _, origin in found if origin)
            for rule, found in pack.domain.because.items()
        }
        situations = arrangements(pack)
        reads, changed = _touched(pack, situations)
        return cls(tuple(pack.rules.values()), situations, columns, changed=changed, reads=reads)

    def grown(self, growth: Growth) -> Policy:
        """With one more rule, the last."""
        rule = growth.rule
        return replace(
            self, rules=(*self.rules, rule), situations={**self.situations, rule.id: (growth.arranged,)},
            columns={**self.columns, rule.id: growth.columns}, growths={**self.growths, rule.id: growth},
        )  # fmt: skip

    def meeting(self, tool: str, rule: str) -> Policy:
        """With one more rule that nothing is decided by before a call of a tool."""
        return replace(self, met=self.met | {(tool, rule)})

    def without(self, ids: Collection[str]) -> Policy:
        """Less some rules."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule.id not in ids))

    def conflicts(self) -> list[tuple[str, str]]:
        """Tools that one user may want in this order, of which the first rules out the second."""
        kept = [self.growths[rule.id] for rule in self.rules if rule.id in self.growths]
        return [(growth.first, growth.rule.tool) for growth in kept if growth.first]

    def about(self, tool: str) -> tuple[RuleSpec, ...]:
        """The rules by which it is decided whether a tool is called. Rules of conduct, which ask the dialogue alone,
        are about how and never whether."""
        return tuple(rule for rule in self.governing(tool) if (tool, rule.id) not in self.met)

    def governing(self, tool: str) -> tuple[RuleSpec, ...]:
        """These, and the rules about it that rows have to meet beforehand."""
        return tuple(rule for rule in self.rules if tool in rule.governs and rule.because)


def _touched(
    pack: Pack, situations: Mapping[str, tuple[Arranged, ...]]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    db, _ = blank(pack.content.script, "world.sql", pack.content.file.clock[0])
    try:
        rests = {rule.id: touched(db, rule.allowed)[0] for rule in pack.rules.values()}
        changed: dict[str, frozenset[str]] = {}
        for rule, found in situations.items():
            writes = {sql for arranged in found for sql in (*arranged.allowed, *arranged.denied)}
            sets = {column for sql in writes for column in touched(db, sql)[1]}
            changed[rule] = frozenset(other for other, looks in rests.items() if other != rule and looks & sets)
        return {
            rule: frozenset(f"{table}.{name}" for table, name in looks if name) for rule, looks in rests.items()
        }, changed
    finally:
        db.close()
