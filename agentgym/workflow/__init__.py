"""Workflows: executable behaviour trees. Running one is the oracle; compiling a run makes a task."""

from agentgym.workflow.cells import because_values
from agentgym.workflow.domain import Domain
from agentgym.workflow.make import Rejected, Words, facts_of, make, remake, situation_names
from agentgym.workflow.node import CallTool, Decide, Let, Pick, Seq, parse, walk
from agentgym.workflow.removable import removable
from agentgym.workflow.run import run
from agentgym.workflow.script import Phrases, script, turns
from agentgym.workflow.spec import WorkflowSpec
from agentgym.workflow.step import Instead, Note, Run, Step, TreeError, parts
from agentgym.workflow.workflow import Workflow

__all__ = [
    "CallTool",
    "Decide",
    "Domain",
    "Instead",
    "Let",
    "Note",
    "Phrases",
    "Pick",
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
    "parts",
    "remake",
    "removable",
    "run",
    "script",
    "situation_names",
    "turns",
    "walk",
]
