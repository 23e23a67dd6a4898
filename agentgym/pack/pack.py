"""A pack, loaded: worlds by seed, tasks by seed, the policy text, the tools."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec
from msgspec import UNSET

from agentgym.errors import NotFoundError, TaskError, UnansweredError
from agentgym.pack.content import Content, Split
from agentgym.pack.phrases import FormPhrases
from agentgym.pack.shown import Shown, check_names
from agentgym.pack.words import words_of
from agentgym.seeding import stream
from agentgym.tool import Naming, Played, PlaysTools, Recordings, RuleSpec, Tool
from agentgym.types import Ledger, Lexicon, Limits, Scalar, Task, ToolView
from agentgym.user.speech import PERSONAS
from agentgym.workflow import Domain, Rejected, Run, Workflow, make, script
from agentgym.world import Image, Pool, build
from agentgym.world.sql import Place
from agentgym.world.sql import check as check_sql

__all__ = ["PERSONAS", "WORLDS", "Pack", "task_id"]

WORLDS = 64
"""World seeds per split: the world of a task is its seed modulo this."""
_IMAGES = 160
_TRIES = 25
REQUESTS = 16
"""Further requests of a task, at most."""
_RIVALS = 200
_SHOWN = 256


class Pack:
    """One domain. Everything it gives is a function of (pack, seed, split)."""

    def __init__(
        self, content: Content, domain: Domain, workflows: Mapping[str, Workflow], hands: Mapping[str, Tool]
    ) -> None:
        self.content, self.domain, self.workflows, self._hand_tools = content, domain, workflows, hands
        self.name, self.release, self.digest = content.file.name, content.file.release, content.digest
        self.title, self.rubric = content.file.title, content.rubric
        self.recordings: Recordings | None = None
        self.tool_model: PlaysTools | None = None
        """Who answers for played tools beside the pack's own recordings, see `played`."""
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()
        self.rejected: dict[str, int] = {}
        """Reason -> bind rows rejected so far while making tasks."""
        self._shown: dict[tuple[str, ...] | str, tuple[Task | None, Shown]] = {}
        self._namings: dict[bytes, Naming] = {}
        self.tried = 0
        self._checked = {
            sql
            for workflow in workflows.values()
            for statements in workflow.spec.arrange.values()
            for sql in statements
        }

    def __repr__(self) -> str:
        return f"Pack({self.name} {self.release}, {len(self.workflows)} workflows, digest {self.digest[:12]})"

    def played(self, recordings: Recordings | None = None, model: PlaysTools | None = None) -> Pack:
        """This pack with an answer for its tools that are played: `recordings`, and `model` for what is not recorded.

        Tasks and episodes of what is given are then functions of (pack, seed, split, recordings). A pack without such
        tools is given as it is. Worlds are shared.
        """
        tools = {
            name: tool.played_by(Played(tool.played.part, tool.played.shipped, recordings, model))
            for name, tool in self.domain.tools.items()
            if tool.played is not None
        }
        if not tools:
            return self
        whole = {**self.domain.tools, **tools}
        twin = Pack(self.content, msgspec.structs.replace(self.domain, tools=whole), self.workflows, whole)
        twin._images, twin.recordings, twin.tool_model = self._images, recordings, model
        return twin

    # --- what the assistant reads ---

    @cached_property
    def tools(self) -> dict[str, Tool]:
        """The assistant's tools by name, in the pack's order."""
        return {name: tool for name, tool in self.domain.tools.items() if tool.spec.seat == "assistant"}

    @cached_property
    def user_tools(self) -> dict[str, Tool]:
        """The tools in the user's own hands."""
        return {name: tool for name, tool in self.domain.tools.items() if tool.spec.seat == "user"}

    @cached_property
    def policy(self) -> str:
        """What the desk is, its rules, numbered R1, R2, ..., and what to do when a tool is missing, where the pack says
        so. The time is told by `system_text`."""
        rules = "\n".join(f"R{i}. {rule.say}" for i, rule in enumerate(self.domain.rules.values(), 1))
        missing = self.content.file.missing_tool
        last = f"\n\n{missing.say.strip()}" if missing else ""
        return f"{self.content.file.description.strip()}\n\nRules:\n{rules}{last}"

    def system_text(self, clock: str) -> str:
        """The system message of an episode that starts at that moment."""
        return (
            f"{self.policy}\n\nIt is {clock}. Talk to the customer in plain words; one message either calls tools or "
            "is said to the customer. When you decline a request, name the one rule that forbids it by its number and "
            "the facts it rests on. Before a write that cannot be undone, read the details back and wait for a yes."
        )

    def shown(self, task: Task) -> Shown:
        """The tools of a task as its assistant sees them.

        Raises:
            NotFoundError, TaskError: its view names what is not there, or cannot be shown.
        """
        view = task.tool_view
        key = task.tools if view is UNSET else task.id
        found = self._shown.get(key)
        if found is not None and (view is UNSET or found[0] is task):
            return found[1]
        tools = {name: self.tools[name] for name in task.tools if name in self.tools} or self.tools
        if view is UNSET:
            shown = Shown(tools)
        else:
            shown = Shown(tools, view, self._naming(view), frozenset(self.domain.tools))
        if len(self._shown) >= _SHOWN:
            self._shown.pop(next(iter(self._shown)))
        self._shown[key] = (None if view is UNSET else task, shown)
        return shown

    def _naming(self, view: ToolView) -> Naming:
        """The names of a view, checked; tools under the same names are made once."""
        key = msgspec.json.encode((view.tools, view.words), order="deterministic")
        found = self._namings.get(key)
        check_names(self.tools, view, frozenset(self.user_tools))
        if found is None:
            if len(self._namings) >= _SHOWN:
                self._namings.pop(next(iter(self._namings)))
            found = self._namings[key] = Naming(view.tools, view.words)
        return found

    # --- worlds ---

    def image(self, split: Split, world_seed: int) -> Image:
        """The populated world of that seed, built once and cached."""
        key = (split, world_seed)
        found = self._images.get(key)
        if found is not None:
            self._images.move_to_end(key)
            return found
        names = (self.name, self.release, split, world_seed)
        clock = stream(*names, "clock").choice(self.content.file.clock)
        found = build(self.content.script, self.content.tables, self.content.words[split], clock, *names)
        self._images[key] = found
        if len(self._images) > _IMAGES:
            self._images.popitem(last=False)[1].close()
        return found

    def lexicon(self, image: Image) -> Lexicon:
        """What words may refer to in that world."""
        if "lexicon" not in image.cache:
            image.cache["lexicon"] = Lexicon(
                facts=self._fact_names,
                rules=tuple(self.domain.rules),
                hands={name: tuple(tool.spec.requested_by) for name, tool in self.user_tools.items()},
                rivals=self._rivals(image),
                deeds={
                    name: tool.spec.description for name, tool in self.tools.items() if tool.writes and not tool.ends
                },
            )
        return image.cache["lexicon"]

    @cached_property
    def _fact_names(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, dict[str, None]] = {}
        for workflow in self.workflows.values():
            for name, fact in workflow.spec.facts.items():
                found = names.setdefault(name, {})
                for word in (self.domain.label(name), name.replace("_", " "), *fact.aliases):
                    found[word.lower()] = None
        return {name: tuple(words) for name, words in names.items()}

    def _rivals(self, image: Image) -> dict[str, tuple[str, ...]]:
        out: dict[str, tuple[str, ...]] = {}
        for column, kind in self.domain.types.items():
            if kind not in ("name", "enum", "text") or self.domain.schema.canonical.get(column) != column:
                continue
            table, _, name = column.partition(".")
            query = f'SELECT DISTINCT "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL ORDER BY 1 LIMIT {_RIVALS + 1}'
            values = [value for (value,) in image.query(query) if isinstance(value, str)]
            if 0 < len(values) <= _RIVALS and max(map(len, values)) <= 60:
                out[column] = tuple(values)
        return out

    # --- tasks ---

    def branches(self, split: Split) -> tuple[tuple[str, str], ...]:
        """All (workflow, branch) pairs of a split; tasks have each equally often."""
        return tuple(
            (workflow.name, branch)
            for workflow in self.workflows.values()
            if workflow.spec.split in ("both", split)
            for branch in workflow.branches
        )

    def rows(self, image: Image, workflow: Workflow) -> list[dict[str, Scalar]]:
        """The bind rows of a workflow in that world."""
        key = f"rows {workflow.name}"
        if key not in image.cache:
            names = [name for name, _ in workflow.bind]
            image.cache[key] = [dict(zip(names, row, strict=True)) for row in image.query(workflow.spec.bind)]
        return image.cache[key]

    def task(
        self,
        seed: int,
        split: Split = "train",
        workflow: str | None = None,
        branch: str | None = None,
        pool: Pool | None = None,
    ) -> Task:
        """The task of that seed.

        Raises:
            NotFoundError: no such workflow or branch.
            TaskError: no bind row of the world gives the branch, or a tool that is played has no answer.
        """
        if split not in ("train", "test"):
            raise NotFoundError("split", str(split), ("train", "test"))
        names = (self.name, self.release, split, seed)
        chosen, branch = self._choose(seed, split, workflow, branch)
        world_seed = seed % WORLDS
        image = self.image(split, world_seed)
        rows = self.rows(image, chosen)
        start = stream(*names, "bind", chosen.name).below(len(rows)) if rows else 0
        reasons: list[str] = []
        for offset in range(min(_TRIES, len(rows))):
            row = rows[(start + offset) % len(rows)]
            self.tried += 1
            try:
                return self.compile(chosen, branch, row, seed, split, pool)
            except Rejected as reason:
                reasons.append(str(reason))
                text = f"{chosen.name}/{branch}: {reason}"
                self.rejected[text] = self.rejected.get(text, 0) + 1
            except UnansweredError as trouble:
                where = f"{chosen.name}/{branch}, seed {seed} of {split}"
                raise TaskError(f"{self.name}: no task for {where}: {trouble}") from None
        why = reasons[0] if reasons else "the bind query gives no rows"
        raise TaskError(f"{self.name}: no task for {chosen.name}/{branch}, seed {seed} of {split}: {why}")

    def _choose(self, seed: int, split: Split, workflow: str | None, branch: str | None) -> tuple[Workflow, str]:
        """Every run of as many seeds as there are branches has each branch once, in an order of its own."""
        if workflow is not None and workflow not in self.workflows:
            raise NotFoundError(f"workflow of {self.name}", workflow, self.workflows)
        pairs = [p for p in self.branches(split) if workflow in (None, p[0]) and branch in (None, p[1])]
        if not pairs:
            known = {b for w, b in self.branches(split) if workflow in (None, w)}
            raise NotFoundError(f"branch of {workflow or self.name}", str(branch), known)
        block, place = divmod(seed, len(pairs))
        name, found = stream(self.name, self.release, split, block, "branch").shuffled(pairs)[place]
        return self.workflows[name], found

    def compile(
        self,
        workflow: Workflow,
        branch: str,
        row: Mapping[str, Scalar],
        seed: int,
        split: Split,
        pool: Pool | None = None,
    ) -> Task:
        """The task of one workflow, branch and bind row. Raises Rejected when the row does not give the branch."""
        image = self.image(split, seed % WORLDS)
        words = words_of(self.content, self.domain, self.user_tools, workflow, branch, row, seed, split)
        draft = Task(
            pack=self.name, pack_digest=self.digest, world_seed=seed % WORLDS, split=split, seed=seed,
            workflow=workflow.name, branch=branch, situation=(), ledger=_NO_LEDGER, outcomes=(), bind=dict(row),
            limits=Limits(**self.content.file.limits), scorer=self.rubric.scorer,
        )  # fmt: skip
        task, runs = make(workflow, self.domain, image, row, draft, words, pool)
        return self.scripted(task, runs[0])

    def scripted(self, task: Task, found: Run) -> Task:
        """The task with a run of its tree as its oracle, in words of its own."""
        names = (self.name, task.split, task.seed, task.workflow, "oracle")
        phrases = FormPhrases(self.content.assistant_forms, stream(*names))
        oracle = script(found.steps, self.domain, task.ledger, phrases)
        task = msgspec.structs.replace(task, oracle=oracle)
        return msgspec.structs.replace(task, id=task_id(task))

    def twin(self, task: Task) -> Task | None:
        """The twin of a task: same facts, same opening words, the sibling branch. None where there is none."""
        if not task.twin or task.workflow not in self.workflows:
            return None
        return self.compile(self.workflows[task.workflow], task.twin, task.bind, task.seed, task.split)

    def check(self, task: Task) -> None:
        """Refuse a task that was made for other content. Raises TaskError."""
        if task.pack != self.name:
            raise TaskError(f"task {task.id} is of pack {task.pack}, not {self.name}")
        if task.pack_digest != self.digest:
            raise TaskError(
                f"task {task.id} was made with {task.pack} {task.pack_digest[:12]}; "
                f"this is {self.digest[:12]}: make it again"
            )
        if not task.outcomes or not any(outcome.criteria for outcome in task.outcomes):
            raise TaskError(f"task {task.id} has no outcome with criteria: nothing to reach")
        for name in task.tools:
            if name not in self.tools:
                raise NotFoundError(f"tool of {self.name}", name, self.tools)
        self.shown(task)
        if len(task.ledger.further) > REQUESTS:
            raise TaskError(f"task {task.id} has {len(task.ledger.further)} further requests; {REQUESTS} are allowed")
        if min(task.limits.turns, task.limits.errors, task.limits.tokens, task.limits.calls) < 1:
            raise TaskError(f"task {task.id}: limits are at least 1, found {task.limits}")
        for place, statement in _statements(task):
            if statement not in self._checked:
                check_sql(self.image(task.split, task.world_seed % WORLDS).db, statement, place, file=f"task {task.id}")
                self._checked.add(statement)

    @property
    def rules(self) -> Mapping[str, RuleSpec]:
        """The policy by rule id, in order."""
        return self.domain.rules

    def close(self) -> None:
        """Close all cached worlds."""
        for image in self._images.values():
            image.close()
        self._images.clear()


_NO_LEDGER = Ledger("", "")


def _statements(task: Task) -> Iterator[tuple[Place, str]]:
    for write in task.situation:
        yield "write", write.sql
    for outcome in task.outcomes:
        for criterion in outcome.criteria:
            if criterion.sql:
                yield "read", criterion.sql


def task_id(task: Task) -> str:
    """The content address of a task: 16 hexadecimal digits of the SHA-256 of its canonical JSON, less the id."""
    plain = msgspec.structs.replace(task, id="")
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()[:16]
