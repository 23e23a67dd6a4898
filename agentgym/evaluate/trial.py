"""What an evaluation keeps of a trace, and reading the traces of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from agentgym.errors import AgentGymError, TaskError, UsageError
from agentgym.judge import Declared, Verdict, Verdicts, verdicts_path
from agentgym.pack import Pack, load
from agentgym.rubric import Question
from agentgym.trace import Trace, iter_traces, task_of
from agentgym.types import ASSISTANT, Called, Said, Task

__all__ = ["TRACES", "PackVersion", "Played", "Trial", "read_played", "traces_path", "trial_of"]

TRACES = "traces.jsonl"


class PackVersion(Struct, frozen=True):
    """Which content was played."""

    release: str
    digest: str


class Trial(Struct, frozen=True):
    """One episode: the part of a trace that an evaluation needs."""

    task_id: str
    pack: str
    workflow: str
    branch: str
    split: str
    seed: int
    sample: int
    ending: str
    score: float | None
    success: bool
    valid: bool
    truncated: bool
    turns: int
    reason: str
    terms: dict[str, float]
    """Reward by dimension, summed over the episode."""
    last: str
    """Hash of the last event: equal in trials that went alike."""
    declined: bool
    """Whether the assistant refused in any message."""
    cited: tuple[str, ...]
    """Rules that it refused by, each named alone in a message."""
    broken: tuple[str, ...]
    """Rules that its calls broke."""
    wrote: bool
    """Whether any call of its changed a row."""
    refuse: tuple[str, ...] | None
    """Rules by which refusing was right; None where the task is not at hand."""
    allow: tuple[str, ...]
    """Rules that the task rests on and that allow."""
    writes: bool
    """Whether changing rows is part of what is right."""
    ungrounded: bool = False
    """Whether a write of its, or a call that ends the episode, took effect with an id that nobody said or showed."""
    collateral: bool = False
    """Whether rows were changed that no accepted outcome changes, no rule being broken and no write ungrounded."""
    judged: tuple[Verdict, ...] = ()
    """What judges said; nothing else here rests on it."""


class Played(Struct):
    """The trials of one run, and what they have in common."""

    policy: str
    trials: list[Trial]
    packs: dict[str, PackVersion]
    users: tuple[str, ...]
    scorers: tuple[str, ...]
    gammas: tuple[float, ...]
    versions: tuple[str, ...]
    """Of agentgym."""
    questions: tuple[Question, ...] = ()
    """What the packs' rubrics would ask a judge."""


def trial_of(trace: Trace, task: Task | None = None) -> Trial:
    """The trial of a trace.

    Args:
        task: the task, where the trace left it out; without any, refusals are not judged.
    """
    task = trace.task or task
    declined, cited, broken, wrote = False, dict[str, None](), dict[str, None](), False
    ungrounded = trace.closed == "ungrounded"
    for entry in trace.events:
        event = entry.event
        if isinstance(event, Said) and event.seat == ASSISTANT and not event.beside:
            refusals = [act for act in event.acts if act.kind == "refuse"]
            declined = declined or bool(refusals)
            rules = {rule for act in refusals for rule in act.rules}
            if len(rules) == 1:
                cited |= dict.fromkeys(rules)
        elif isinstance(event, Called) and event.seat == ASSISTANT:
            broken |= dict.fromkeys(event.broken)
            wrote = wrote or bool(event.changes)
            ungrounded = ungrounded or event.guessed
    refuse, allow, writes = _rules(task)
    terms: dict[str, float] = {}
    for step in trace.steps:
        for name, value in step.terms.items():
            terms[name] = terms.get(name, 0.0) + value
    return Trial(
        trace.task_id, trace.pack, trace.workflow, trace.branch, trace.split, trace.seed, trace.sample, trace.ending,
        trace.score, trace.success, trace.valid and trace.score is not None, trace.truncated, trace.turns, trace.reason,
        terms, trace.events[-1].hash if trace.events else "", declined, tuple(cited), tuple(broken), wrote, refuse,
        allow, writes, ungrounded, trace.closed == "collateral",
    )  # fmt: skip


def _rules(task: Task | None) -> tuple[tuple[str, ...] | None, tuple[str, ...], bool]:
    """The rules by which a task is rightly refused, those that it rests on and that allow, and whether it writes."""
    if task is None or not task.outcomes:
        return None, (), False
    criteria = task.outcomes[0].criteria  # accepted outcomes differ in what is picked, not in what is refused
    refuse = tuple(dict.fromkeys(c.rule for c in criteria if c.kind == "refused"))
    looked = dict.fromkeys(c.rule for c in criteria if c.kind == "looked" and c.rule)
    return refuse, tuple(rule for rule in looked if rule not in refuse), any(c.kind == "changed" for c in criteria)


def traces_path(path: str | Path) -> Path:
    """The file of traces of a run: in a folder that `agentgym eval` wrote, or the file itself.

    Raises:
        UsageError: there is none.
    """
    path = Path(path)
    found = path / TRACES if path.is_dir() else path
    if not found.is_file():
        what = f"{path} has no {TRACES}" if path.is_dir() else f"there is no file or folder {path}"
        raise UsageError(f"{what}: give a folder that `agentgym eval --out` wrote, or a file of traces")
    return found


def read_played(path: str | Path, progress: Callable[[int], object] | None = None) -> Played:
    """The trials of a folder or file of traces. Of an episode that was played again (`policy_broke`) the last counts.

    Args:
        progress: called with the number of traces read.

    Raises:
        UsageError: there is nothing to read, or the traces are of several policies or versions of a pack.
        TaskError: a line is no trace.
    """
    file = traces_path(path)
    trials: dict[tuple[str, int], Trial] = {}
    seen = _Seen(file)
    verdicts = Verdicts(verdicts_path(file))
    for number, (_, trace) in enumerate(iter_traces(file), 1):
        if not trace.ending:
            raise TaskError(f"{file}: the episode of task {trace.task_id} was left before its end; remove its line")
        trial = trial_of(trace, seen.note(trace))
        trials[trace.task_id, trace.sample] = structs.replace(trial, judged=verdicts.of(trace))
        if progress is not None:
            progress(number)
    if not trials:
        raise UsageError(f"{file} holds no traces yet")
    return seen.played(list(trials.values()))


class _Seen:
    """What the traces of a run have in common; refuses those that do not belong together."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.packs: dict[str, PackVersion] = {}
        self.loaded: dict[str, Pack | None] = {}
        self.made: dict[str, Task | None] = {}
        """Tasks that traces left out, by id."""
        self.policies: dict[str, None] = {}
        self.users: dict[str, None] = {}
        self.scorers: dict[str, None] = {}
        self.gammas: dict[float, None] = {}
        self.versions: dict[str, None] = {}
        self.declared = Declared()
        self.questions: dict[Question, None] = {}

    def note(self, trace: Trace) -> Task | None:
        """Take note of a trace; its task."""
        version = PackVersion(trace.release, trace.pack_digest)
        known = self.packs.setdefault(trace.pack, version)
        if known.digest != version.digest:
            raise UsageError(
                f"{self.file} has traces of {trace.pack} {known.digest[:12]} and {version.digest[:12]}: "
                "evaluate one version at a time"
            )
        self.policies[trace.seats.get(ASSISTANT, "unnamed")] = None
        if len(self.policies) > 1:
            raise UsageError(f"{self.file} has traces of {' and '.join(self.policies)}: evaluate one policy at a time")
        self.users[next((who for seat, who in trace.seats.items() if seat != ASSISTANT), trace.user)] = None
        self.scorers[trace.scorer] = self.versions[trace.agentgym] = None
        self.gammas[trace.gamma] = None
        self.questions |= dict.fromkeys(self.declared.of(trace))
        if trace.task is None and trace.task_id not in self.made:
            self.made[trace.task_id] = self._made_again(trace)
        return trace.task or self.made[trace.task_id]

    def _made_again(self, trace: Trace) -> Task | None:
        """The task, made of its seed; None where its pack is not at hand."""
        if trace.pack not in self.loaded:
            try:
                self.loaded[trace.pack] = load(trace.pack)
            except AgentGymError:
                self.loaded[trace.pack] = None
        pack = self.loaded[trace.pack]
        try:
            return task_of(trace, pack) if pack is not None else None
        except AgentGymError:
            return None

    def played(self, trials: list[Trial]) -> Played:
        """The run."""
        return Played(
            next(iter(self.policies)), trials, dict(sorted(self.packs.items())), tuple(sorted(self.users)),
            tuple(sorted(self.scorers)), tuple(sorted(self.gammas)), tuple(sorted(self.versions)),
            tuple(self.questions),
        )  # fmt: skip
