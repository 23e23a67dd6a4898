"""A teacher: a language model that thinks up domains and words, behind the same gates as the synthesis without one."""

from agentgym.synthesis.teacher.ask import Budget, Teacher, Unfinished
from agentgym.synthesis.teacher.paraphrase import Paraphrased, paraphrase
from agentgym.synthesis.teacher.report import ANSWERS, REPORT, Report
from agentgym.synthesis.teacher.run import Taught, teach

__all__ = [
    "ANSWERS", "REPORT", "Budget", "Paraphrased", "Report", "Taught", "Teacher", "Unfinished", "paraphrase", "teach",
]  # fmt: skip
