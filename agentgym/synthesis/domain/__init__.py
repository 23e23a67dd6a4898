"""Whole new domains: a world, tools and people's words, from structural motifs, without a language model."""

from agentgym.synthesis.domain.make import HELD_OUT, Domain, domain, structure

__all__ = ["HELD_OUT", "Domain", "domain", "structure"]
