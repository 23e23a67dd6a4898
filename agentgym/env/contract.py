"""What a learned or played user earns: whether it kept to its part.

Five terms, each in [-0.2, 0.2]: answered what was asked, said nothing undue, contradicted nothing, confirmed only what
is right, left when it should. A term is 0.2 · (kept − broken) / (kept + broken); together they lie in [-1, 1].
"""

from __future__ import annotations

from agentgym.episode import Episode
from agentgym.types import ASSISTANT, USER, Ended, Fact, Said, Value
from agentgym.user.values import mentions, rival_in

__all__ = ["TERMS", "Contract"]

TERMS = ("answered", "not_undue", "consistent", "confirmed", "left")


class Contract:
    """Follows the user's words in one episode."""

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self._at = 0
        self._kept: dict[str, int] = dict.fromkeys(TERMS, 0)
        self._broken: dict[str, int] = dict.fromkeys(TERMS, 0)
        self._settled = 0

    def level(self) -> dict[str, float]:
        """The level of each term."""
        out: dict[str, float] = {}
        for term in TERMS:
            kept, broken = self._kept[term], self._broken[term]
            out[term] = 0.2 * ((kept - broken) / (kept + broken)) if kept + broken else 0.0
        return out

    def fork(self, episode: Episode) -> Contract:
        """An independent copy that follows a fork of the episode."""
        twin = Contract(episode)
        twin._at, twin._settled = self._at, self._settled
        twin._kept, twin._broken = dict(self._kept), dict(self._broken)
        return twin

    def judge(self) -> None:
        """Judge the user's words since the last time."""
        events, start = self.episode.events, self._at
        self._at = len(events)
        for i in range(max(start, 1), len(events)):
            event = events[i]
            if isinstance(event, Said) and event.seat == USER:
                heard = next((e for e in reversed(events[:i]) if isinstance(e, Said) and e.seat == ASSISTANT), None)
                if heard is not None:
                    left = any(isinstance(e, Ended) and e.ending == "user_left" for e in events[i:])
                    self._turn(heard, event, left)

    def _turn(self, heard: Said, reply: Said, left: bool) -> None:
        facts = {fact.name: fact for fact in self.episode.task.ledger.facts}
        asked = {name for act in heard.acts if act.kind == "ask" for name in act.facts if name in facts}
        self._settled += any(act.kind in ("report", "refuse") for act in heard.acts)
        early = self._early()
        due = {name for name in asked if facts[name].release != "change" and name not in early}
        if due:
            self._mark("answered", all(mentions(reply.text, facts[n].value, facts[n].type) for n in due))
        said = {name for name in reply.facts if name in facts}
        revised = any(act.kind == "propose" for act in heard.acts)
        changed = any(facts[name].release == "change" and not revised for name in said - asked)
        others = {fact.value for name, fact in facts.items() if name not in early}
        self._mark("not_undue", not (changed or any(facts[name].value not in others for name in said & early)))
        if said:
            self._mark("consistent", not any(self._contradicts(reply.text, facts[name]) for name in said))
        if any(act.kind == "propose" for act in heard.acts):
            self._mark("confirmed", reply.affirms == self._right(heard.text))
        done = self._settled >= self.episode.task.ledger.goals and not asked
        closes = any(act.kind == "close" for act in heard.acts)
        if left or (done and closes):
            self._mark("left", left == done)

    def _early(self) -> set[str]:
        """Facts of requests that are not to be made yet: as many things as were wanted before are not settled."""
        ledger = self.episode.task.ledger
        first = ledger.goals - len(ledger.further)
        made = {name for r in ledger.further[: max(0, self._settled - first + 1)] for name in (*r.says, *r.asked)}
        return {fact.name for fact in ledger.facts if fact.release == "next" and fact.name not in made}

    def _contradicts(self, text: str, fact: Fact) -> bool:
        value = Value(fact.value, fact.type, "", fact.column)
        others = self.episode.lexicon.rivals.get(fact.column, ())
        return not mentions(text, fact.value, fact.type) and rival_in(text, value, others)

    def _right(self, text: str) -> bool:
        readbacks = self.episode.task.ledger.all_readbacks
        return any(all(mentions(text, v.value, v.type) for v in values) for values in readbacks)

    def _mark(self, term: str, kept: bool) -> None:
        (self._kept if kept else self._broken)[term] += 1
