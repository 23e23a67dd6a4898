"""A task whose tool is not there: which tools can be taken away, and what is right then."""

from __future__ import annotations

from agentgym.errors import TaskError, UsageError
from agentgym.pack.pack import Pack
from agentgym.types import Task
from agentgym.workflow import CallTool, Instead, Rejected, remake, removable
from agentgym.world import Pool

__all__ = ["instead_of", "removable_tools", "with_tools", "without_tool"]


def instead_of(pack: Pack, tool: str) -> Instead:
    """What is right where that tool is not there. Raises UsageError where the pack does not say."""
    missing = pack.content.file.missing_tool
    if missing is None:
        raise UsageError(
            f"pack {pack.name} does not say what is right when a tool is missing; say so by `missing_tool` in its "
            "pack.yaml (docs/pack-format.md), or choose a view without `missing_function`"
        )
    return Instead(tool, CallTool(missing.call, dict(missing.arguments)))


def removable_tools(pack: Pack, name: str) -> tuple[str, ...]:
    """The tools that can be taken away from the tasks of a workflow, in the order of its tree; none where it is gone.

    Raises UsageError where the pack does not say what is right then.
    """
    call = instead_of(pack, "").call
    workflow = pack.workflows.get(name)
    if workflow is None:
        return ()
    return removable(workflow.tree, pack.domain.tools, workflow.spec.facts, call)


def without_tool(pack: Pack, task: Task, tool: str, pool: Pool | None = None) -> Task:
    """The task as it is when a tool is not there: another oracle and other outcomes where the tree comes to it.

    Raises:
        UsageError: the pack does not say what is right then.
        TaskError: the workflow is gone, or its tree does not fit the task.
    """
    return _remade(pack, task, instead_of(pack, tool), pool)


def with_tools(pack: Pack, task: Task, pool: Pool | None = None) -> Task:
    """The task as it is when all tools are there. Raises TaskError as `without_tool` does."""
    return _remade(pack, task, None, pool)


def _remade(pack: Pack, task: Task, instead: Instead | None, pool: Pool | None) -> Task:
    workflow = pack.workflows.get(task.workflow)
    if workflow is None:
        raise TaskError(f"task {task.id}: its workflow {task.workflow} is gone; no tool of it can be taken away")
    image = pack.image(task.split, task.world_seed)
    try:
        made, runs = remake(workflow, pack.domain, image, task, instead, pool)
    except Rejected as reason:
        raise TaskError(f"task {task.id}: without {instead.missing if instead else 'nothing'}: {reason}") from None
    if instead is not None and not runs[0].lacked:  # it is not needed: nothing is otherwise
        return task
    return pack.scripted(made, runs[0])
