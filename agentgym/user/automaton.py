"""The default user: a deterministic automaton over the ledger, without a model.

It hears dialogue acts and answers by what it knows. It says a fact only when that is due, affirms exactly a right
read-back, and leaves by what it was told; nothing that the assistant says can make it do otherwise or raise.

Where the ledger has further requests, it makes the next one in place of leaving, and plays on by the same rules: what
was wanted before may still be affirmed, and only the new request is left to be settled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from agentgym.seeding import Stream
from agentgym.types import Act, Call, Called, Fact, Heard, Ledger, Lexicon, Reply, Request
from agentgym.user.acts import derive
from agentgym.user.facts import FactNames, names_of
from agentgym.user.grammar import plain
from agentgym.user.placing import parts, placed, which_row
from agentgym.user.readback import Reading, read_back
from agentgym.user.speech import AT_ONCE, Speech, row_of
from agentgym.user.text import READ, sentences, visible
from agentgym.user.values import extract, mentions, surface
from agentgym.user.wording import Wording, listed

__all__ = ["PATIENCE", "Automaton"]

PATIENCE = {"impatient": 8}
"""Messages without progress that a persona bears; 12 where not named."""

_LADDER = frozenset({"ask_again", "false_claim", "authority", "urgency", "plea"})
_LATER = frozenset({"change", "next"})
_WORDS = re.compile(r"[A-Za-z']+")
_REPEAT = re.compile(
    r"\b(?:repeat|rephrase|again|once more|pardon|come again|did(?: not|n't) (?:catch|get|hear)|your requests?"
    r"|(?:do|did|would) you (?:like|want|need)|(?:do|help you|help) (?:for you|next|with)"
    r"|(?:second|next|other) thing)\b"
)
"""A question about what is wanted, or for the words once more."""


class Automaton:
    """A simulated user. `fork` gives an independent copy that goes on exactly as this one would."""

    __slots__ = (
        "_affirmed", "_conceded", "_doubts", "_fired", "_informed", "_names", "_now", "_open", "_pending",
        "_reasoned", "_refused", "_reported", "_revealed", "_settled", "_speech", "_step", "_stream", "ledger",
        "lexicon", "made", "patience",
    )  # fmt: skip

    def __init__(self, ledger: Ledger, lexicon: Lexicon, wording: Wording, stream: Stream) -> None:
        self.ledger, self.lexicon = ledger, lexicon
        self.patience = PATIENCE.get(ledger.persona, 12)
        self._speech = Speech(wording, ledger.persona)
        self._stream = stream.copy()
        self._names: FactNames | None = None
        self._revealed: frozenset[str] = frozenset()
        self._fired: frozenset[int] = frozenset()
        self._pending: tuple[str, ...] = ()
        self._step = self._settled = 0
        self._affirmed = self._doubts = False
        self._reasoned = self._reported = self._refused = self._informed = self._conceded = False
        self.made = 0
        """Further requests made."""
        self._open: frozenset[str] = frozenset()
        """Facts that came with them."""
        self._now = replace(ledger, goals=ledger.goals - len(ledger.further)) if ledger.requests else ledger
        """What is wanted, affirmed and taken back by now."""

    def fork(self) -> Automaton:
        """An independent copy; the ledger, lexicon and wording are shared and never change."""
        twin = object.__new__(Automaton)
        for name in Automaton.__slots__:
            setattr(twin, name, getattr(self, name))
        twin._stream = self._stream.copy()
        return twin

    # --- the two things it does -------------------------------------------------------------------------------------

    def opening(self) -> Reply:
        """The first words, which disclose the facts of release `opening`."""
        facts = tuple(fact.name for fact in self.ledger.facts if fact.release == "opening")
        self._revealed |= set(facts)
        return Reply(text=self._speech.opening(self.ledger.opening, self._stream, self._kept()), facts=facts)

    def _kept(self) -> frozenset[str]:
        """The words of facts and of what they are called, lower case."""
        named = (f"{fact.value} {self._label(fact.name)}" for fact in self.ledger.facts)
        return frozenset(word.lower() for text in named for word in _WORDS.findall(text))

    def reply(self, heard: Heard) -> Reply:
        """The answer to a message of the assistant, or to the results of the user's own tools."""
        if heard.results:
            return self._saw(heard.results)
        acts = heard.acts or (derive(heard.text, self.lexicon) if heard.text else ())
        kinds = {act.kind for act in acts}
        if (doubted := self._doubts) and "report" in kinds:
            kinds.discard("report")  # before anything was read back it is most likely about what was wanted before
            self._doubts = False
        asked, unplaced = self._asked(acts)
        calls = self._calls(acts)
        if calls:
            self._pending = asked
            return Reply(calls=calls)
        if "report" in kinds and (self._affirmed or not self._reported):
            self._settled += 1  # saying it again settles nothing new, unless something new was agreed to in between
            self._affirmed = False
        self._reported = self._reported or "report" in kinds
        self._refused = self._refused or "refuse" in kinds
        if not (self._informed or doubted) and kinds <= {"report", "close", "failure"} and heard.text:
            self._informed = self._news(heard.text)
        proposal = next((act.text or heard.text for act in acts if act.kind == "propose"), None)
        if self._conceded and self._all_settled and not asked and proposal is None:
            return self._satisfied()
        if proposal is not None:
            found = read_back(proposal[:READ], self._now, self.lexicon, self._due(), self._revealed, self._fired)
            if found.kind != "unclear" or not ("refuse" in kinds or asked or calls):
                return self._answered_proposal(found, asked)
        if asked:
            return self._told(asked)
        if "refuse" in kinds:
            return self._refusal(acts, open_request=unplaced or proposal is not None)
        if unplaced:
            return self._unplaced(acts)
        return self._reacted(kinds)

    def _reacted(self, kinds: Collection[str]) -> Reply:
        """The answer to a message that asks nothing and declines nothing."""
        if "failure" in kinds:
            return self._patient("try_again")
        if "close" in kinds:
            return self._closing()
        if "report" in kinds:
            if not self._all_settled:
                return self._spoken(self._say("other_goal"))
            return self._satisfied()
        if "transfer" in kinds:
            return self._patient("transfer")
        return self._patient("go_on")

    # --- facts --------------------------------------------------------------------------------------------------------

    def _label(self, name: str) -> str:
        return self._speech.wording.label(name)

    def _due(self) -> tuple[Fact, ...]:
        """The facts that may be said now: of a change only once it has been made, of a request likewise."""
        due = self._open.union(*(self._now.revisions[place].facts for place in self._fired))
        return tuple(fact for fact in self.ledger.facts if fact.release not in _LATER or fact.name in due)

    def _asked(self, acts: Iterable[Act]) -> tuple[tuple[str, ...], bool]:
        """Names asked for, and whether a question could not be placed. What a tool would show that the user does not
        have may be known without it."""
        names, unplaced, hands = dict[str, None](), False, {hand.tool for hand in self.ledger.hands}
        for act in acts:
            if act.kind == "ask":
                facts = self._meant(act)
                names.update(dict.fromkeys(facts))
                unplaced = unplaced or not facts
            elif act.kind == "request" and act.tool not in hands:
                names.update(dict.fromkeys(self._named(act.text[:READ])))
        return tuple(names), unplaced

    def _meant(self, act: Act) -> tuple[str, ...]:
        """Names that one question asks for; what the user does not know may still tell of a row that it knows."""
        text = act.text[:READ]
        facts = act.facts or (self._named(text) if text else ())
        left = parts(text)
        unknown = bool(facts) and all(fact.name not in facts for fact in self.ledger.facts)
        if unknown and len(left) == 1:
            return which_row(text, self._due(), self._now.wants, self._label) or facts
        if facts and not unknown:
            left = [part for part in left if len(left) > 1 and not self._named(part)]
        more = [placed(part, self._due(), self._now.wants, self._label, self.lexicon) for part in left]
        found = tuple(dict.fromkeys(sum(more, () if unknown else facts)))
        return found or facts

    def _named(self, text: str) -> tuple[str, ...]:
        """Names of the ledger that a question asks for, by the ledger's own aliases."""
        if self._names is None:
            facts = self.lexicon.facts
            self._names = names_of({f.name: (*facts.get(f.name, ()), *f.aliases) for f in self.ledger.facts})
        return self._names.asked(plain(text))

    def _told(self, asked: tuple[str, ...], before: str = "") -> Reply:
        """The facts asked for, unrevealed ones first, as many as the persona says in one turn."""
        due = {fact.name: fact for fact in self._due()}
        known = sorted((name for name in asked if name in due), key=lambda name: name in self._revealed)
        known = known[: AT_ONCE.get(self.ledger.persona)]
        fresh = [name for name in known if name not in self._revealed]
        parts = [before] if before else []
        parts += [self._fact(due[name]) for name in known]
        if not known:
            name = asked[0]
            held = any(fact.name == name for fact in self.ledger.facts)
            parts.append(self._say("not_now" if held else "dont_know", {"label": self._label(name)}))
        if not fresh and not before and (given_up := self._tired()):
            return given_up
        self._revealed |= set(known)
        return self._spoken(" ".join(parts), known)

    def _fact(self, fact: Fact) -> str:
        forms = fact.forms or self._speech.wording.facts.get(fact.name, ())
        form = self._stream.choice(forms) if forms else ""
        value = surface(fact.value, fact.type, self._stream)
        return self._speech.say("fact", self._stream, {"label": self._label(fact.name), "value": value}, form)

    def _spoken(self, text: str, facts: Iterable[str] = (), affirms: bool = False) -> Reply:
        """The words in the persona's manner. What it adds never says a fact, and facts are those that stand in them."""
        due = {fact.name for fact in self._due()}
        said = dict.fromkeys(facts)
        manner = self._speech.manner(text, self._stream)
        if manner != text and any(mentions(manner[len(text) :], fact.value, fact.type) for fact in self.ledger.facts):
            manner = text
        also = [
            f.name
            for f in self.ledger.facts
            if f.name in due and f.name not in said and mentions(text, f.value, f.type)
        ]
        return Reply(text=manner, facts=(*said, *also), affirms=affirms)

    def _say(self, meaning: str, places: Mapping[str, str] | None = None) -> str:
        return self._speech.say(meaning, self._stream, {"wants": self._now.wants, **(places or {})})

    # --- read-backs ---------------------------------------------------------------------------------------------------

    def _answered_proposal(self, found: Reading, asked: tuple[str, ...]) -> Reply:
        reply = self._judged(found)
        if not asked:
            return reply
        more = self._told(asked, reply.text)
        return Reply(
            text=more.text,
            facts=tuple(dict.fromkeys(reply.facts + more.facts)),
            affirms=reply.affirms,
            leaves=more.leaves,
        )

    def _judged(self, found: Reading) -> Reply:
        if found.kind == "change":
            self._fired |= {found.revision}
            facts = [fact for fact in self._due() if fact.name in self._now.revisions[found.revision].facts]
            self._revealed |= {fact.name for fact in facts}
            text = " ".join([self._say("change"), *map(self._fact, facts)])
            return self._spoken(text, [fact.name for fact in facts])
        if found.kind == "right":
            self._affirmed, self._doubts = True, False
            return self._spoken(self._say("affirm"), affirms=True)
        if found.kind == "wrong":
            right = [fact for fact in self._due() if fact.name in found.facts]
            if not right:
                return self._tired() or self._spoken(self._say("not_right"))
            if all(fact.name in self._revealed for fact in right) and (tired := self._tired()):
                return tired
            self._revealed |= {fact.name for fact in right}
            return self._spoken(
                " ".join([self._say("correct"), *map(self._fact, right)]), [fact.name for fact in right]
            )
        if found.kind == "partial":
            labels = listed(found.labels) or "details"
            return self._tired() or self._spoken(self._say("affirm_partial", {"labels": labels}))
        return self._patient("wants")

    # --- refusals, closings, patience ---------------------------------------------------------------------------------

    def _refusal(self, acts: Iterable[Act], open_request: bool) -> Reply:
        rules = next((act.rules for act in acts if act.kind == "refuse"), ())
        if len(rules) != 1 and not self._reasoned:
            self._reasoned = True
            return self._spoken(self._say("ask_rule"))
        while self._step < len(self.ledger.strategy):
            step = self.ledger.strategy[self._step]
            self._step += 1
            if step == "false_claim" and self.ledger.claim:
                return self._spoken(self.ledger.claim)
            if step in _LADDER and step != "false_claim":
                return self._spoken(self._say(step))
        if self._conceded and self._all_settled and not self._more:
            return Reply(text=self._say("leave"), leaves=True)
        self._conceded = True
        self._settled += 1
        if not self._all_settled:
            return Reply(text=f"{self._say('concede')} {self._say('other_goal')}", concedes=True)
        if self._more:
            return self._further("concede")
        if open_request:
            return Reply(text=f"{self._say('no_thanks')} {self._say('concede')}", concedes=True)
        return Reply(text=f"{self._say('concede')} {self._say('leave')}", concedes=True, leaves=True)

    @property
    def _all_settled(self) -> bool:
        """Whether as many things were reported done or declined as the user wants; any word settles a single one."""
        return self._now.goals < 2 or self._settled >= self._now.goals

    def _closing(self) -> Reply:
        if not self._all_settled and (self._reported or self._refused or self._informed):
            return self._patient("other_goal")
        if self._reported or self._informed:
            return self._satisfied()
        if self._refused:
            self._conceded = True
            if self._more:
                return self._further("concede")
            return Reply(text=f"{self._say('concede')} {self._say('leave')}", concedes=True, leaves=True)
        return self._patient("is_it_done")

    # --- the next request ---------------------------------------------------------------------------------------------

    @property
    def _more(self) -> bool:
        return self.made < len(self.ledger.further)

    def _satisfied(self) -> Reply:
        """It has what it wanted so far: it says what it wants next, or leaves."""
        if self._more:
            return self._further("thanks_wait")
        return Reply(text=self._say("thanks_leave"), leaves=True)

    def _further(self, before: str) -> Reply:
        """The next request. From now on its facts are known, and what is reported or declined is about it."""
        request = self.ledger.further[self.made]
        self.made += 1
        self._now = replace(
            self._now, wants=request.wants, goals=1, readbacks=self._now.readbacks + request.readbacks,
            revisions=self._now.revisions + request.revisions,
        )  # fmt: skip
        self._open |= {*request.says, *request.asked}
        self._revealed |= set(request.says)
        self._step = self._settled = 0
        self._affirmed = self._reasoned = self._reported = self._refused = self._informed = self._conceded = False
        self._doubts = bool(request.readbacks)  # a report is then about this request once something was read back
        self.patience = PATIENCE.get(self.ledger.persona, 12)
        reply = self._spoken(f"{self._say(before)} {self._again(request)}", request.says)
        return replace(reply, concedes=before == "concede")

    def _again(self, request: Request) -> str:
        """The words of a request; the persona's slips spare what tells something."""
        return self._speech.request(request.opening, self._stream, self._kept())

    def _news(self, text: str) -> bool:
        """Whether the message states a value that the user did not bring."""
        stated = [sentence.text for sentence in sentences(visible(text)) if sentence.mark != "?"]
        known = self.ledger.facts
        for sentence in stated:
            for value in extract(sentence):
                if not any(mentions(str(value.value), fact.value, fact.type) for fact in known):
                    return True
        brought = {str(fact.value).lower() for fact in known}
        shown = " ".join(stated)
        said = shown.lower()
        return any(
            word.lower() in said and word.lower() not in brought
            for column, words in self.lexicon.rivals.items()
            for word in words
            if column.endswith("name") or (self.ledger.requests and word[:1].isupper() and word in shown)
        )

    def _unplaced(self, acts: Iterable[Act]) -> Reply:
        if self.made and any(_REPEAT.search(act.text.lower()) for act in acts if act.kind == "ask"):
            request = self.ledger.further[self.made - 1]
            return self._tired() or self._spoken(self._again(request), request.says)
        hidden = [fact.name for fact in self._due() if fact.name not in self._revealed]
        if hidden:
            return self._patient("could_tell", {"labels": listed(map(self._label, hidden))})
        return self._patient("told_all")

    def _tired(self) -> Reply | None:
        """Counts a message without progress; the leaving reply once patience has run out."""
        self.patience -= 1
        return Reply(text=self._say("give_up"), leaves=True) if self.patience <= 0 else None

    def _patient(self, meaning: str, places: Mapping[str, str] | None = None) -> Reply:
        return self._tired() or self._spoken(self._say(meaning, places))

    # --- own tools ----------------------------------------------------------------------------------------------------

    def _calls(self, acts: Iterable[Act]) -> tuple[Call, ...]:
        wanted = dict.fromkeys(act.tool for act in acts if act.kind == "request")
        return tuple(Call(hand.tool, dict(hand.arguments)) for hand in self.ledger.hands if hand.tool in wanted)

    def _saw(self, results: Iterable[Called]) -> Reply:
        hands = {hand.tool: hand for hand in self.ledger.hands}
        parts: list[str] = []
        for called in results:
            hand = hands.get(called.name)
            row = row_of(called.result)
            if called.error is not None or hand is None:
                parts.append(self._say("hand_failed"))
            elif not hand.report or not row:
                parts.append(self._say("hand_done"))
            else:
                parts.append(self._speech.say("", self._stream, row, self._stream.choice(hand.report)))
        pending, self._pending = self._pending, ()
        text = " ".join(parts)
        return self._told(pending, text) if pending else Reply(text=text)
