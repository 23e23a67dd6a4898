"""Asking a model about episodes: several votes a question, kept by content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import structs

from agentgym.errors import ServerError, UsageError
from agentgym.judge.answer import PROMPT, SYSTEM, WORDS, Word, read_vote
from agentgym.judge.log import document, event_log
from agentgym.judge.verdicts import Verdict, Verdicts, digest_of
from agentgym.rollout import side_by_side
from agentgym.rubric import Question
from agentgym.trace import Trace
from agentgym.trace.text import clean

__all__ = ["Answering", "Chat", "Judge"]


class Answering(Protocol):
    """A model's answer; `agentgym.llm.Answer` is one."""

    @property
    def text(self) -> str: ...


class Chat(Protocol):
    """Whatever answers OpenAI messages: `agentgym.llm.Client`, a function of a test. It raises ServerError."""

    def chat(self, messages: Sequence[Mapping[str, Any]]) -> Answering: ...


class Judge:
    """Asks a model about recorded episodes. What it says is beside the score: nothing here can change an episode.

    Args:
        chat: what answers, such as a `Client` of `agentgym.llm.judging(server)`.
        model: what the verdicts are kept under, beside what was judged.
        verdicts: those that are known, and where new ones go; by default none and nowhere.
        votes: times that each question is asked, odd; by default as the question says.
        temperature: the model's, for the verdicts to be kept under.

    Raises:
        UsageError: `votes` is not odd.
    """

    def __init__(
        self, chat: Chat, model: str, verdicts: Verdicts | None = None, votes: int | None = None,
        temperature: float | None = None,
    ) -> None:  # fmt: skip
        if votes is not None and (votes < 1 or votes % 2 == 0):
            raise UsageError(f"votes must be an odd number, found {votes}")
        self.chat, self.model, self.votes, self.temperature = chat, model, votes, temperature
        self.verdicts = verdicts if verdicts is not None else Verdicts()

    def judge(self, trace: Trace, questions: Iterable[Question]) -> dict[str, Verdict]:
        """Question's id -> verdict.

        Where the server fails, it cannot tell: the verdict has no votes, and the failure as its reason. The next call
        asks again.
        """
        log = event_log(entry.event for entry in trace.events)
        digest = digest_of(log)
        return {one.id: self._verdict(log, digest, one) for one in questions}

    def judge_all(
        self, traces: Iterable[Trace], questions: Callable[[Trace], Iterable[Question]], concurrency: int = 16,
        progress: Callable[[int], object] | None = None,
    ) -> list[dict[str, Verdict]]:  # fmt: skip
        """`judge` for each trace, `concurrency` of them under way at once; in the order of the traces.

        Args:
            questions: gives the questions about a trace.
            progress: called with the number of traces judged.
        """
        found: dict[int, dict[str, Verdict]] = {}

        def one(job: tuple[int, Trace]) -> None:
            found[job[0]] = self.judge(job[1], questions(job[1]))
            if progress is not None:
                progress(len(found))

        side_by_side(iter(enumerate(traces)), one, concurrency)
        return [found[number] for number in sorted(found)]

    def _verdict(self, log: list[dict[str, Any]], digest: str, question: Question) -> Verdict:
        asked = self.votes or question.votes
        blank = Verdict(
            question.id, question.question, self.model, None, asked=asked, temperature=self.temperature, log=digest,
            prompt=PROMPT,
        )  # fmt: skip
        known = self.verdicts.find(blank.key)
        if known is not None:
            verdict = structs.replace(known, id=question.id)  # it may be called otherwise by now
            self.verdicts.add(verdict)
            return verdict
        messages = [
            {"role": "system", "content": SYSTEM}, {"role": "user", "content": document(log, question.question)},
        ]  # fmt: skip
        try:
            votes = [read_vote(self.chat.chat(messages).text) for _ in range(asked)]
        except ServerError as trouble:
            verdict = structs.replace(blank, reason=clean(str(trouble)))
        else:
            verdict = _counted(blank, votes)
        self.verdicts.add(verdict)
        return verdict


def _counted(blank: Verdict, votes: Sequence[tuple[Word | None, str]]) -> Verdict:
    """More than half decide; an answer that does not fit the schema counts as unknown."""
    counts = Counter(word or "unknown" for word, _ in votes)
    won = next((word for word in WORDS if 2 * counts[word] > len(votes)), None)
    reasons = [reason for word, reason in votes if (word or "unknown") == won]
    return structs.replace(
        blank,
        holds={"yes": True, "no": False}.get(won or ""),
        votes={word: counts[word] for word in WORDS},
        reason=clean(reasons[0]) if won else "no answer has more than half of the votes",
    )
