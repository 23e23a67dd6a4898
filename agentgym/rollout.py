"""Many episodes against a policy: streamed to a file as they end, resumable at any point, summed up with intervals.

The file is JSONL, one trace a line, and each line is flushed whole. Its settings stand beside it in `FILE.meta.json`. Killed
at any moment, the same call goes on where it stopped: a torn last line is dropped, and episodes in the file are not played again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from agentgym import __version__
from agentgym.episode import Episode, View
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack
from agentgym.policies import Policy
from agentgym.statistics import Summary, summary
from agentgym.trace import Recorder, Trace, dumps
from agentgym.types import Task, User
from agentgym.world import Pool

__all__ = ["Result", "Summary", "play", "run"]
