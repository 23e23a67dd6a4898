"""Rubrics: criteria with an explicit state, and scorers over them."""

from agentgym.rubric.question import Question
from agentgym.rubric.reading import Reading, Weights
from agentgym.rubric.rubric import Rubric, Tracker
from agentgym.rubric.scorer import DIMENSIONS, PROPER, SCORERS, ZERO, Scorer, Terms, scorer

__all__ = [
    "DIMENSIONS",
    "PROPER",
    "SCORERS",
    "ZERO",
    "Question",
    "Reading",
    "Rubric",
    "Scorer",
    "Terms",
    "Tracker",
    "Weights",
    "scorer",
]
