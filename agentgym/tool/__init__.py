"""Tools: one call on one world becomes a result or a typed error."""

from agentgym.tool.fault import RATE_LIMIT_MINUTES, FaultLayer, answer
from agentgym.tool.played import Part, Played, PlaysTools, Question
from agentgym.tool.recordings import Recording, Recordings, parse_recording
from agentgym.tool.shown import Naming, ShownTool
from agentgym.tool.spec import Guard, Otherwise, Parameter, RuleSpec, ToolSpec
from agentgym.tool.tool import Result, Tool, error

__all__ = [
    "RATE_LIMIT_MINUTES",
    "FaultLayer",
    "Guard",
    "Naming",
    "Otherwise",
    "Parameter",
    "Part",
    "Played",
    "PlaysTools",
    "Question",
    "Recording",
    "Recordings",
    "Result",
    "RuleSpec",
    "ShownTool",
    "Tool",
    "ToolSpec",
    "answer",
    "error",
    "parse_recording",
]
