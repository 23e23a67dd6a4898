"""The proof of tasks."""

from agentgym.certify.certificate import FLOOR, GATES, Certificate, certify, missing_names
from agentgym.certify.report import Report, certify_pack, certify_tasks

__all__ = ["FLOOR", "GATES", "Certificate", "Report", "certify", "certify_pack", "certify_tasks", "missing_names"]
