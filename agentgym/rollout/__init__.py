"""Many episodes against a policy: streamed to a file as they end, resumable at any moment, summed up with intervals."""

from agentgym.rollout.batch import FULL, LATER, BatchPolicy, Conversation, Played, rollout
from agentgym.rollout.crew import side_by_side
from agentgym.rollout.file import Settings, TraceFile, settings_path
from agentgym.rollout.play import play, run
from agentgym.rollout.summary import Estimate, Result, Summary, Table, summary, wilson

__all__ = [
    "FULL",
    "LATER",
    "BatchPolicy",
    "Conversation",
    "Estimate",
    "Played",
    "Result",
    "Settings",
    "Summary",
    "Table",
    "TraceFile",
    "play",
    "rollout",
    "run",
    "settings_path",
    "side_by_side",
    "summary",
    "wilson",
]
