"""Whether a user's words keep to its ledger, measured against what the ledger's own user would answer.

The same readers judge the words that judge every user's: `interpret` for facts, yes and goodbye, `rival_in` for values
that are not so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agentgym.types import Fact, Heard, Ledger, Lexicon, Reply, Value
from agentgym.user import extract, interpret, mentions, rival_in

__all__ = ["FAULTS", "faults_of"]

FAULTS = ("leak", "contradiction", "early_goodbye", "unanswered", "out_of_role", "empty", "lingering", "refused")
"""What may be wrong with a reply:

leak            a fact that was not asked for, or a change of mind before its time
contradiction   another value than that of a fact, or a yes that the ledger does not give
early_goodbye   leaving before the request was settled
unanswered      a fact that was asked for, or a yes to a right read-back, left out
out_of_role     a tool call, a stage direction or an essay
empty           nothing said
lingering       staying on, the second time that it was time to leave
refused         no reply: the server does not take what it was sent (too long, against its rules)
"""
_LATER = ("change", "next")
MOST = 1500
"""Characters of one reply."""


def faults_of(
    text: str,
    heard: Heard,
    reference: Reply,
    ledger: Ledger,
    lexicon: Lexicon,
    said: Collection[str],
    spoken: str,
    overdue: bool = False,
) -> tuple[str, ...]:
    """The faults of a reply, in the order of `FAULTS`; none when it may be said.

    Args:
        text: what the model would say.
        heard: what it answers.
        reference: what the ledger's own user would answer.
        said: names of the facts that the user has said.
        spoken: what else was said so far, newest first; values in it, as in `heard`, may be said again.
        overdue: whether the user should have left in its last turn already.
    """
    if not text.strip():
        return ("empty",)
    proposed = any(act.kind == "propose" for act in heard.acts)
    reply = interpret(text, ledger, proposed)
    due = _due(heard, reference, ledger, said)
    spoken = f"{heard.text}\n{spoken}"
    found = {
        "leak": _leaks(reply, ledger, due, heard.text),
        "contradiction": (reply.affirms and not reference.affirms) or _contradicts(text, ledger, lexicon, spoken),
        "early_goodbye": reply.leaves and not reference.leaves,
        "unanswered": (reference.affirms and not reply.affirms) or _missing(reply, reference, ledger),
        "out_of_role": len(text) > MOST or "<tool_call>" in text or "<agent>" in text or "</agent>" in text,
        "lingering": overdue and reference.leaves and not reply.leaves,
    }
    return tuple(name for name in FAULTS if found.get(name))


def _due(heard: Heard, reference: Reply, ledger: Ledger, said: Collection[str]) -> list[Fact]:
    """The facts that may be said now."""
    asked = {name for act in heard.acts if act.kind == "ask" for name in act.facts}
    free = {*said, *reference.facts}
    return [fact for fact in ledger.facts if fact.name in free or (fact.name in asked and fact.release not in _LATER)]


def _leaks(reply: Reply, ledger: Ledger, due: Iterable[Fact], heard: str) -> bool:
    allowed = list(due)
    names, values = {fact.name for fact in allowed}, {str(fact.value) for fact in allowed}
    return any(
        fact.name in reply.facts
        and fact.name not in names
        and str(fact.value) not in values
        and (fact.release in _LATER or not mentions(heard, fact.value, fact.type))
        for fact in ledger.facts
    )


def _missing(reply: Reply, reference: Reply, ledger: Ledger) -> bool:
    values = {str(fact.value) for fact in ledger.facts if fact.name in reply.facts}
    wanted = [fact for fact in ledger.facts if fact.name in reference.facts]
    return any(str(fact.value) not in values for fact in wanted)


def _contradicts(text: str, ledger: Ledger, lexicon: Lexicon, heard: str) -> bool:
    known = [Value(fact.value, fact.type, "", fact.column) for fact in ledger.facts]
    beside = [*known, *(Value(span.value, span.type) for span in extract(heard))]
    beside += [Value(str(v.value)[:10], "date") for v in beside if v.type == "datetime" and len(str(v.value)) > 10]
    for value in known:
        rivals = [name for name in lexicon.rivals.get(value.column, ()) if not mentions(heard, name, value.type)]
        if rival_in(text, value, rivals, beside):
            return True
    return False
