"""Workflows: executable behaviour trees. Running one is the oracle; compiling a run makes a task."""

from agentgym.workflow.domain import Domain
from agentgym.workflow.make import Rejected, Words, facts_of, make, situation_names
from agentgym.workflow.node import Decide, Seq, parse, walk
from agentgym.workflow.run import Run, Step, TreeError, because_values, run
from agentgym.workflow.script import Phrases, script
from agentgym.workflow.spec import WorkflowSpec
from agentgym.workflow.workflow import Workflow

__all__ = [
    "Decide",
    "Domain",
    "Phrases",
    "Rejected",
    "Run",
    "Seq",
    "Step",
    "TreeError",
    "Words",
    "Workflow",
    "WorkflowSpec",
    "because_values",
    "facts_of",
    "make",
    "parse",
    "run",
    "script",
    "situation_names",
    "walk",
]
