"""Synthesis: new tasks, workflows and domains, admitted only by proof."""

from agentgym.synthesis.graph import USER, Edge, Port, State, ToolGraph, ToolNode, tool_graph

__all__ = ["USER", "Edge", "Port", "State", "ToolGraph", "ToolNode", "tool_graph"]
