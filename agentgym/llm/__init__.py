"""Language models in the seats, through any OpenAI-compatible server; needs the extra `llm`."""

from agentgym.llm.answer import Answer, read_answer
from agentgym.llm.assistant import LLMAssistant
from agentgym.llm.checks import FAULTS, faults_of
from agentgym.llm.client import KEY, Chat, Client, Server, Usage
from agentgym.llm.fidelity import Fidelity, fidelity
from agentgym.llm.history import STYLES
from agentgym.llm.judging import judging
from agentgym.llm.tools import ToolModel
from agentgym.llm.user import Draft, LLMUser, Turn, recorded_user

__all__ = [
    "FAULTS",
    "KEY",
    "STYLES",
    "Answer",
    "Chat",
    "Client",
    "Draft",
    "Fidelity",
    "LLMAssistant",
    "LLMUser",
    "Server",
    "ToolModel",
    "Turn",
    "Usage",
    "faults_of",
    "fidelity",
    "judging",
    "read_answer",
    "recorded_user",
]
