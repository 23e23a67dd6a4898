"""The flywheels: from what a policy did on one round of tasks to the next round (AgenticQwen).

Where it fails, tasks of the same branch come with their twins, on other rows; where its answer was wrong, the question
comes again, changed in little. Where it guesses, the situation comes with a user who claims what would make the other
answer right: a trap. What it masters grows: a policy with one more decision than the deepest that was mastered, and
workflows that decide by it. A share of the earlier tasks is played again. No new task enters a round that the
certificate does not prove, and each names the episode that caused it.
"""

from agentgym.synthesis.flywheel.observed import Seen, observe
from agentgym.synthesis.flywheel.round import OPERATORS, Operator, Round, next_round

__all__ = ["OPERATORS", "Operator", "Round", "Seen", "next_round", "observe"]
