"""Judges: what a model says to questions about recorded episodes, in columns of its own and in no score."""

from agentgym.judge.answer import SCHEMA, read_vote
from agentgym.judge.column import Column, by_column, columns
from agentgym.judge.judge import Chat, Judge
from agentgym.judge.log import document, event_log
from agentgym.judge.questions import Declared, read_questions
from agentgym.judge.verdicts import SUFFIX, Verdict, Verdicts, verdicts_path

__all__ = [
    "SCHEMA",
    "SUFFIX",
    "Chat",
    "Column",
    "Declared",
    "Judge",
    "Verdict",
    "Verdicts",
    "by_column",
    "columns",
    "document",
    "event_log",
    "read_questions",
    "read_vote",
    "verdicts_path",
]
