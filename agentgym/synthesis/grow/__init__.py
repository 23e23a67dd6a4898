"""Growth of a policy: a further rule about a tool, the sentence that says it, and the situations on either side of it.

AgenticQwen grows linear workflows into behaviour trees by asking a model for branches. Here an operator makes a rule of
columns that tools show, with one predicate from which everything else follows:

    state     a column holds one of its values      You may ... only if the invoice's kind is laboratory.
    limit     a number is on one side of a value    ... only if the loan's extensions so far is at most 3.
    window    a day is on one side of a distance    ... only if the referral's valid until lies 5 days ahead or later.
    tier      the side depends on a state           ... is at most 50.00, or at most 200.00 where the member's level is
                                                    gold.
    quota     rows in a state are counted           ... only if the member has at most 2 loans whose status is open.
    conflict  a column that another tool writes     ... only if the booking's status is open; cancelling it comes first.
    near      a moment from which on a tool works   ... only if the ticket's opening time lies at most 60 minutes after
                                                    the beginning of the conversation.

Each comes with the writes that make a row allowed, or forbidden by this rule alone (branch inversion). Whether a rule
goes together with the tool's guards, with other rules and with the pack's invariants is for the certificate to say.
"""

from agentgym.synthesis.grow.cells import Test, growth_of
from agentgym.synthesis.grow.conflict import paired
from agentgym.synthesis.grow.draw import growths
from agentgym.synthesis.grow.growth import Growth, spread
from agentgym.synthesis.grow.words import deed, noun, plural, singular

__all__ = ["Growth", "Test", "deed", "growth_of", "growths", "noun", "paired", "plural", "singular", "spread"]
