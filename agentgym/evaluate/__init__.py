"""Evaluation: several trials of many tasks, estimates with tried intervals, breakdowns, paired comparisons."""

from agentgym.evaluate.compare import Comparison, compare
from agentgym.evaluate.estimators import Detectable, PassK, pass_at, pass_power
from agentgym.evaluate.intervals import Estimate, bounded_mean, difference, sign_flip
from agentgym.evaluate.play import Plan, evaluate, plan_of, report_again
from agentgym.evaluate.report import Report, report
from agentgym.evaluate.trial import Played, Trial, read_played, traces_path, trial_of

__all__ = [
    "Comparison",
    "Detectable",
    "Estimate",
    "PassK",
    "Plan",
    "Played",
    "Report",
    "Trial",
    "bounded_mean",
    "compare",
    "difference",
    "evaluate",
    "pass_at",
    "pass_power",
    "plan_of",
    "read_played",
    "report",
    "report_again",
    "sign_flip",
    "traces_path",
    "trial_of",
]
