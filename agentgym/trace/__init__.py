"""Traces: one JSON line per episode, that replays to the same events and exports to what trainers read."""

from agentgym.trace.codec import dumps, loads
from agentgym.trace.export import grpo_groups, preference_pairs, sft_rows, to_messages, write_jsonl
from agentgym.trace.files import iter_traces, read_traces
from agentgym.trace.record import Entry, Recorder, Step, Trace, record
from agentgym.trace.replay import replay, task_of

__all__ = [
    "Entry",
    "Recorder",
    "Step",
    "Trace",
    "dumps",
    "grpo_groups",
    "iter_traces",
    "loads",
    "preference_pairs",
    "read_traces",
    "record",
    "replay",
    "sft_rows",
    "task_of",
    "to_messages",
    "write_jsonl",
]
