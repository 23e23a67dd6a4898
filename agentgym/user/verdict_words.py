"""Words of which one stands in every sentence that refuses, reports or fails."""

from __future__ import annotations

from agentgym.user.grammar import DONE

__all__ = ["VERDICT_WORDS"]

VERDICT_WORDS = frozenset(DONE.replace("cancell?ed", "cancelled|canceled").split("|")) | frozenset(
    (
        "struggling gave gives refuses says hard rejected kicked goodnight neither not unable never no done complete"
        " completed set finished sorted through went gone managed succeeded "
        "success successful able care now hereby way decline declining declined refuse refusing refused reject "
        "rejecting rejected deny denies denied denying turn turning turned impossible ineligible forbid forbids "
        "forbidden prohibit prohibits prohibited prevent prevents prevented bar bars barred block blocks stop "
        "stops preclude precludes exclude excludes rule rules against violate violates violating violation breach "
        "breaches break breaks breaking too beyond outside hands error errors fail fails failed failing failure "
        "timeout timeouts timed time wrong down offline unavailable glitch glitches outage crash crashed crashes"
        " technical "
        "trouble difficulty difficulties nothing issue issues problem problems limit limited responding contrary "
        "conflict conflicts contravene contravenes disallow disallows disallowed stand stands off taken got took "
        "effect yours again cards decision empty blank zero null broke froze hung locked busy slow died lost "
        "dropped unsuccessful stuck unstable misbehaving acting playing keeps luck out 500 404 503 403 502 400 "
        "429 answer snag hiccup fault faults exception unresponsive frozen overloaded broken unreachable did "
        "dusted file joy none nobody stays stay remains remain leave exceeds above over past fallen fell connection "
        "started opened given calendar diary book in paid cancel move send found i we good live inaccessible bug"
        " stalled"
    ).split()
)
"""Words of which one stands in every sentence that refuses, reports or fails."""
