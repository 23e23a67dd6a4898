"""Whole new domains: a world, tools and people's words, from structural motifs, without a language model."""

from agentgym.synthesis.domain.make import domain, structure

__all__ = ["domain", "structure"]
