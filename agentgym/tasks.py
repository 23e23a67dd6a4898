"""Where an environment's tasks come from: packs by seed, a JSONL file, a list, or any sampler."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from agentgym.errors import NotFoundError, TaskError, UsageError
from agentgym.jsonl import read_lines, write_lines
from agentgym.pack import Pack, available, load, task_id
from agentgym.places import inside, is_name
from agentgym.seeding import stream
from agentgym.types import Task
from agentgym.views import checked_view, view_tools, with_view

__all__ = ["OPTIONS", "PACKS", "Sampler", "Tasks", "brought", "pack_beside", "packs_of", "read_tasks", "write_tasks"]

Split = Literal["train", "test"]
Sampler = Callable[[int], Task]
"""From a seed to a task."""
PACKS = "packs"
"""A file of tasks may come with packs of its own, in the folder `FILE.packs`."""
OPTIONS = ("task", "pack", "workflow", "branch", "view")
_SAYS_NOTHING = "options"
"""An option that PettingZoo's tests pass to every environment."""
_VIEWED = 1024
_decoder = msgspec.json.Decoder(Task)


def packs_of(pack: str | Path | Pack | Sequence[str | Path | Pack] | None) -> list[Pack]:
    """One pack by name or path, several, or all that can be found by name. What is a `Pack` is taken as it is."""
    if pack is None:
        return [load(name) for name in sorted(available())]
    given = [pack] if isinstance(pack, str | Path | Pack) else pack
    return [one if isinstance(one, Pack) else load(one) for one in given]


def pack_beside(name: str, path: str | Path) -> Pack:
    """The pack of a file's tasks: one that came with the file, or else one that is found by name. What a file says is
    untrusted, so that a name is nothing but a name, and what came along lies in its folder.

    Raises:
        PackError, NotFoundError: there is none of this name, or it does not fit.
    """
    if not is_name(name):
        raise NotFoundError("pack", name[:80], available())
    folder = Path(f"{path}.{PACKS}")
    return load(inside(folder, name) if (folder / name / "pack.yaml").is_file() else name)


def brought(path: str | Path, tasks: Iterable[Task], known: Collection[str] = ()) -> dict[str, Pack]:
    """The packs of tasks that came with their file, by name, less those that are known."""
    names = sorted({task.pack for task in tasks} - set(known))
    folder = Path(f"{path}.{PACKS}")
    return {name: pack_beside(name, path) for name in names if is_name(name) and (folder / name).is_dir()}


def read_tasks(path: str | Path) -> tuple[list[Task], list[str]]:
    """The tasks of a JSONL file, and one sentence for each line that is not one: `file:line: what is wrong`.

    Raises:
        TaskError: the file cannot be read, or holds no task at all.
    """
    tasks: list[Task] = []
    troubles: list[str] = []
    for number, line in read_lines(path, "tasks"):
        try:
            task = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeError) as trouble:
            troubles.append(f"{path}:{number}: not a task: {trouble}")
            continue
        if task.id != task_id(task):
            troubles.append(f"{path}:{number}: id {task.id} does not fit the content ({task_id(task)})")
            continue
        tasks.append(task)
    if not tasks:
        raise TaskError(f"{path} holds no usable task. " + " ".join(troubles[:3]))
    return tasks, troubles


def write_tasks(path: str | Path, tasks: Iterable[Task]) -> int:
    """Write tasks as JSONL; how many."""
    return write_lines(path, tasks)


class Tasks:
    """Gives the task of a seed, under options.

    Args:
        packs: the packs that tasks may be of; seeds draw from them uniformly.
        source: None (the packs' own workflows), a JSONL path, a list of tasks, or a sampler.
        view: how the tools are shown where the options do not say, see `agentgym.views`; empty for as they are.
    """

    def __init__(
        self, packs: Sequence[Pack], split: Split, source: str | Path | Sequence[Task] | Sampler | None = None,
        view: str = "",
    ) -> None:  # fmt: skip
        if split not in ("train", "test"):
            raise NotFoundError("split", str(split), ("train", "test"))
        self.packs = {pack.name: pack for pack in packs}
        if not self.packs:
            raise UsageError("no packs found; give `pack=` a name or a folder")
        self.split: Split = split
        self.troubles: list[str] = []
        self._sampler: Sampler | None = None
        self._list: list[Task] | None = None
        if isinstance(source, str | Path):
            self._list, self.troubles = read_tasks(source)
            self.packs |= brought(source, self._list, self.packs)
            if self.troubles:
                shown = " ".join(self.troubles[:3])
                warnings.warn(f"{len(self.troubles)} lines were left out. {shown}", UserWarning, stacklevel=6)
        elif callable(source):
            self._sampler = source
        elif source is not None:
            self._list = list(source)
            if not self._list:
                raise UsageError("`tasks=` is an empty list")
        self._seen: dict[tuple[Any, ...], Task] = {}
        self.view = checked_view(view)
        self._viewed: dict[tuple[str, str], tuple[Task, Task]] = {}

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The OpenAI tool dicts of all packs, as their assistants are shown them, less distractors."""
        return [tool for pack in self.packs.values() for tool in view_tools(pack, self.view)]

    def get(self, seed: int, options: Mapping[str, Any] | None = None) -> tuple[Pack, Task]:
        """The task of a seed.

        Args:
            options: `task`, `pack`, `workflow`, `branch`, `view`. Another called `options`, which PettingZoo's tests
                pass, says nothing.

        Raises:
            NotFoundError: any other option, or a pack, workflow, branch or view that does not exist.
            TaskError: a task that does not fit its pack.
            UsageError: options that do not go together, or a view for a task that has one.
        """
        options = {name: value for name, value in (options or {}).items() if name != _SAYS_NOTHING}
        for name in options:
            if name not in OPTIONS:
                raise NotFoundError("reset option", str(name), OPTIONS)
            if name != "task" and not isinstance(options[name], str | None):
                raise UsageError(f"option `{name}` is a name, found {options[name]!r:.60}")
        view = options.get("view")
        return self._shown(*self._plain(seed, options), self.view if view is None else checked_view(view))

    def _shown(self, pack: Pack, task: Task, view: str) -> tuple[Pack, Task]:
        """The task under a view; groups get the same one again."""
        if not view:
            return pack, task
        key = (task.id, view)
        found = self._viewed.get(key)
        if found is None or found[0] is not task:
            if len(self._viewed) >= _VIEWED:
                self._viewed.pop(next(iter(self._viewed)))
            found = self._viewed[key] = task, with_view(pack, task, view)
        return pack, found[1]

    def _plain(self, seed: int, options: Mapping[str, Any]) -> tuple[Pack, Task]:
        if options.get("task") is not None:
            return self._given(options["task"])
        if self._sampler is not None or self._list is not None:
            if any(options.get(name) is not None for name in ("pack", "workflow", "branch")):
                raise UsageError(
                    "with `tasks=`, choose a task by options={'task': ...}, not by pack, workflow or branch"
                )
            task = (
                self._sampler(seed)
                if self._sampler
                else cast(list[Task], self._list)[seed % len(cast(list[Task], self._list))]
            )
            return self._fitting(task)
        return self._made(seed, options)

    def _made(self, seed: int, options: Mapping[str, Any]) -> tuple[Pack, Task]:
        name, workflow, branch = options.get("pack"), options.get("workflow"), options.get("branch")
        if name is not None and name not in self.packs:
            raise NotFoundError("pack in this environment", str(name), self.packs)
        key = (seed, name, workflow, branch)
        names = sorted(self.packs)
        pack = self.packs[name or (names[0] if len(names) == 1 else stream("mix", self.split, seed).choice(names))]
        task = self._seen.get(key)
        if task is None:
            task = pack.task(seed, self.split, workflow, branch)
            if len(self._seen) >= 4096:
                self._seen.pop(next(iter(self._seen)))
            self._seen[key] = task
        return pack, task

    def _given(self, given: Any) -> tuple[Pack, Task]:
        if isinstance(given, str) and self._list is not None:
            for task in self._list:
                if task.id == given:
                    return self._fitting(task)
            raise NotFoundError("task id in the file", given, (task.id for task in self._list))
        if isinstance(given, Mapping):
            try:
                given = msgspec.convert(given, Task)
            except msgspec.ValidationError as trouble:
                raise TaskError(f"options['task'] is not a task: {trouble}") from None
            if given.id != task_id(given):
                raise TaskError(f"options['task']: id {given.id} does not fit the content ({task_id(given)})")
        if not isinstance(given, Task):
            raise TaskError(f"options['task'] is a Task or its JSON dict, found {type(given).__name__}")
        return self._fitting(given)

    def _fitting(self, task: Task) -> tuple[Pack, Task]:
        if not isinstance(cast(object, task), Task):
            raise TaskError(f"expected a Task, found {type(task).__name__}")
        pack = self.packs.get(task.pack)
        if pack is None:
            raise NotFoundError("pack in this environment", task.pack, self.packs)
        pack.check(task)
        return pack, task
