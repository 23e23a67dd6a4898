"""Everything that there is to know about one episode, from its trace and, where its pack is found, from a replay."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from agentgym.episode import Episode
from agentgym.errors import AgentGymError, ReplayError
from agentgym.judge import Verdict
from agentgym.pack import Pack, load
from agentgym.rubric import DIMENSIONS
from agentgym.trace import Trace, replay, task_of
from agentgym.trace.text import clean
from agentgym.types import ASSISTANT, USER, Call, Called, Criterion, Event, Outcome, Said, Task
from agentgym.viewer.judged import judged_of, labels_of
from agentgym.viewer.plain import cell, event_of, net_of, searched, thoughts_of, written
from agentgym.viewer.tree import Won, marks_of, tree_of
from agentgym.world import Pool

__all__ = ["Found", "Gatherer"]

Data = dict[str, Any]
_NO_REPLAY = "it was not asked for (--no-replay)"


class Found(Struct, frozen=True):
    """One episode, ready for a page."""

    row: Data
    """What the list shows and filters by."""
    detail: Data
    """What the episode's own view shows."""
    text: str
    """What a search looks through."""


class _Moment(Struct, frozen=True):
    """The rubric after a step."""

    turn: int
    value: float
    outcome: float
    process: float
    closed: str
    holds: tuple[tuple[bool, ...], ...]


class _Watched:
    """What a replay shows and a trace does not hold."""

    def __init__(self) -> None:
        self.moments: list[_Moment] = []
        self.best, self.clock = 0, ""

    def __call__(self, episode: Episode) -> None:
        tracker, reading = episode.tracker, episode.reading
        self.best, self.clock = tracker.best, self.clock or episode.world.image.clock
        holds = tuple(map(tuple, tracker.holds))
        self.moments.append(
            _Moment(episode.turns, reading.value, reading.outcome, reading.process, reading.closed, holds)
        )


class Gatherer:
    """Gathers episodes. Packs are looked up once by name; what a replay would give and does not is told as missing.

    Args:
        packs: packs that come before those that are found by name.
        tasks: tasks by id, for traces that left theirs out.
        again: whether to replay; without it V, criteria by turn and the path through the tree are missing.
        called: pack name -> what a command line has to call it, for packs that are not found by name.
        tasks_file: the file that `tasks` came from, for the commands that are shown.
    """

    def __init__(
        self, packs: Iterable[Pack] = (), tasks: Mapping[str, Task] | None = None, *, again: bool = True,
        called: Mapping[str, str] | None = None, tasks_file: str = "",
    ) -> None:  # fmt: skip
        self._called, self._tasks_file = called or {}, tasks_file
        self._packs: dict[str, Pack | str] = {pack.name: pack for pack in packs}
        self._tasks, self._again, self._pool = tasks or {}, again, Pool()
        self._keys: dict[str, int] = {}
        self.packs: dict[str, Data] = {}
        """By digest: what the episodes of a pack share (rules, the policy text, trees)."""
        self.replayed = 0
        """How many episodes came out as recorded."""
        self.differ: list[str] = []
        """One sentence for each that did not: `file:line: why`."""

    def close(self) -> None:
        """Give the warm connections back."""
        self._pool.close()

    def episode(self, trace: Trace, file: str = "", line: int = 0, verdicts: Sequence[Verdict] = ()) -> Found:
        """One episode. Nothing in a trace raises: what does not fit is told as missing, with the reason.

        Args:
            verdicts: what judges said of it.
        """
        missing: dict[str, str] = {}
        pack = self._pack(trace, missing)
        task = self._task(trace, pack, missing)
        watched = self._watch(trace, pack, task, missing, f"{file}:{line}")
        events = [entry.event for entry in trace.events]
        outcome = None if task is None else task.outcomes[watched.best if watched else 0] if task.outcomes else None
        criteria = _criteria(outcome, watched)
        detail: Data = {
            "events": [event_of(event) for event in events],
            "steps": _steps(trace, events, watched),
            "end": _end(trace, watched),
            "changes": net_of(events),
            "criteria": criteria,
            "judge": judged_of(verdicts, pack.rubric.judge if pack else ()),
            "outcomes": [watched.best + 1 if watched else 1, len(task.outcomes)] if task else None,
            "user": _user(task, events),
            "oracle": _oracle(task),
            "tree": self._tree(pack, task, events, outcome, criteria, missing),
            "about": _about(trace, task, watched),
            "commands": self._commands(trace, task, pack, file, line),
            "missing": missing,
        }
        row = {**_row(trace, task, events, file, line), "judged": labels_of(verdicts), "key": self._key(trace)}
        more = [trace.task_id, trace.reason, *(thought for step in trace.steps for thought in thoughts_of(step))]
        return Found(clean(row), clean(detail), clean(searched(events, more)))

    def _pack(self, trace: Trace, missing: dict[str, str]) -> Pack | None:
        if trace.pack not in self._packs:
            try:
                self._packs[trace.pack] = load(trace.pack) if _is_name(trace.pack) else f"no pack `{trace.pack[:80]}`"
            except AgentGymError as trouble:
                self._packs[trace.pack] = str(trouble)
        found = self._packs[trace.pack]
        reason = found if isinstance(found, str) else ""
        if isinstance(found, Pack) and found.digest != trace.pack_digest:
            reason = f"it was played with {trace.pack} {trace.pack_digest[:12]}; the one found is {found.digest[:12]}"
        if reason or isinstance(found, str):
            missing["pack"] = reason
            return None
        return found

    def _task(self, trace: Trace, pack: Pack | None, missing: dict[str, str]) -> Task | None:
        if trace.task is not None:
            return trace.task
        task = self._tasks.get(trace.task_id)
        if pack is None:
            if task is None:
                missing["task"] = "the trace left it out, and its pack was not found: " + missing["pack"]
            return task
        try:
            return task_of(trace, pack, task)
        except AgentGymError as trouble:
            missing["task"] = str(trouble)
            return None

    def _watch(
        self, trace: Trace, pack: Pack | None, task: Task | None, missing: dict[str, str], where: str
    ) -> _Watched | None:
        if pack is None or task is None:
            missing["replay"] = missing.get("pack") or missing["task"]
            return None
        if not self._again:
            missing["replay"] = _NO_REPLAY
            return None
        watched = _Watched()
        try:
            replay(trace, pack, task, self._pool, watched)
        except ReplayError as trouble:
            missing["replay"] = f"it does not come out as recorded: {trouble}"
        except Exception as trouble:  # a trace may come from anywhere, and is to be seen all the same
            missing["replay"] = f"it broke: {type(trouble).__name__}: {trouble}"
        else:
            self.replayed += 1
            return watched
        self.differ.append(f"{where}: {missing['replay']}")
        return None

    def _tree(
        self, pack: Pack | None, task: Task | None, events: Sequence[Event], outcome: Outcome | None,
        criteria: Sequence[Data], missing: dict[str, str],
    ) -> Data | None:  # fmt: skip
        if pack is None or task is None or outcome is None:
            missing["tree"] = missing.get("pack") or missing.get("task") or "the task has no outcome"
            return None
        if task.workflow not in pack.workflows:
            missing["tree"] = f"{pack.name} has no workflow `{task.workflow}`: the task was made in another way"
            return None
        shared = self._shared(pack)
        workflow = pack.workflows[task.workflow]
        if workflow.name not in shared["workflows"]:
            shared["workflows"][workflow.name] = {
                "title": workflow.spec.title, "wants": workflow.spec.wants, "tree": tree_of(workflow.tree)
            }  # fmt: skip
        if "replay" in missing:
            missing["tree"] = missing["replay"]
            return {"workflow": workflow.name}
        won = [
            Won(one.kind, one.rule, one.tool, data["moves"][-1][0] if data["holds"] else None)
            for one, data in zip(outcome.criteria, criteria, strict=True)
        ]
        return {"workflow": workflow.name, **marks_of(pack, task, events, won)}

    def _shared(self, pack: Pack) -> Data:
        if pack.digest not in self.packs:
            rules = [{"id": rule.id, "say": rule.say} for rule in pack.rules.values()]
            data = {"name": pack.name, "title": pack.title, "release": pack.release, "policy": pack.policy}
            self.packs[pack.digest] = {**data, "rules": rules, "workflows": {}}
        return self.packs[pack.digest]

    def _commands(self, trace: Trace, task: Task | None, pack: Pack | None, file: str, line: int) -> list[list[str]]:
        """(what it does, command) pairs."""
        out: list[list[str]] = []
        name = self._called.get(trace.pack, trace.pack)
        if file:
            given = ["--pack", name] if trace.pack in self._called else []
            given += ["--tasks", self._tasks_file] if trace.task is None and trace.task_id in self._tasks else []
            out.append(["replay this episode", shlex.join(["agentgym", "replay", file, "--line", str(line), *given])])
        if pack is not None and task is not None and (task.workflow, task.branch) in pack.branches(task.split):
            given = ["--workflow", task.workflow, "--branch", task.branch, "--seed", str(task.seed)]
            show = ["agentgym", "show", name, *given, "--split", task.split]
            out.append(["show a task of this seed and its oracle", shlex.join(show)])
        return out

    def _key(self, trace: Trace) -> str:
        """A short name that stays the same when the page is made again; equal episodes are numbered."""
        last = trace.events[-1].hash if trace.events else ""
        text = "\n".join([trace.task_id, str(trace.sample), trace.seats.get(ASSISTANT, ""), last])
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        count = self._keys[key] = self._keys.get(key, 0) + 1
        return key if count == 1 else f"{key}-{count}"


def _is_name(name: str) -> bool:
    """Whether it is a name and no path: a trace does not choose folders to read."""
    return name.isidentifier() or name.replace("-", "_").isidentifier()


def _row(trace: Trace, task: Task | None, events: Sequence[Event], file: str, line: int) -> Data:
    calls = [event for event in events if isinstance(event, Called) and event.seat == ASSISTANT]
    rules = {one.rule for outcome in (task.outcomes if task else ()) for one in outcome.criteria if one.rule}
    return {
        "task": trace.task_id, "pack": trace.pack, "workflow": trace.workflow, "branch": trace.branch,
        "policy": trace.seats.get(ASSISTANT, "unnamed"), "user": trace.seats.get(USER, ""), "split": trace.split,
        "seed": str(trace.seed), "sample": trace.sample, "score": trace.score, "success": trace.success,
        "valid": trace.valid, "truncated": trace.truncated, "ending": trace.ending or "unfinished",
        "turns": trace.turns, "calls": len(calls), "errors": sum(call.error is not None for call in calls),
        "faults": sum(call.fault is not None for call in calls), "rules": sorted(rules),
        "broken": sorted({rule for call in calls for rule in call.broken}), "file": file, "line": line,
    }  # fmt: skip


def _steps(trace: Trace, events: Sequence[Event], watched: _Watched | None) -> list[Data]:
    """The opening, then each action: `at` (its first event), `turn`, `terms`, thoughts; with a replay V and its parts
    after it, and why the gate is closed."""
    moments = watched.moments if watched else [None] * (len(trace.steps) + 1)
    out: list[Data] = [{"at": 0, "turn": 0, "seat": "", **_levels(moments[0])}]
    turn = 0
    for step, moment in zip(trace.steps, moments[1:], strict=True):
        turn += step.seat == ASSISTANT
        data: Data = {"at": step.at, "turn": turn, "seat": step.seat, **_levels(moment)}
        data["terms"] = {name: value for name, value in step.terms.items() if name in DIMENSIONS}
        thoughts = thoughts_of(step)
        if thoughts:
            data["thoughts"] = thoughts
        if thoughts or any(isinstance(e, Called) and not e.name for e in events[step.at : step.at + 1]):
            data["written"] = written(step)
        out.append(data)
    return out


def _levels(moment: _Moment | None) -> Data:
    if moment is None:
        return {}
    data: Data = {"value": moment.value, "outcome": moment.outcome, "process": moment.process}
    return {**data, "closed": moment.closed} if moment.closed else data


def _criteria(outcome: Outcome | None, watched: _Watched | None) -> list[Data]:
    """The criteria of an outcome: what each asks for, and with a replay whether it holds and the turns it changed."""
    out: list[Data] = []
    for at, one in enumerate(outcome.criteria if outcome else ()):
        data: Data = {"name": one.name, "kind": one.kind, "part": one.part, "weight": one.weight}
        data["asks"] = _asks(one, cast(Outcome, outcome))
        if watched is not None:
            moves: list[tuple[int, bool]] = []
            before = False
            for moment in watched.moments:
                now = moment.holds[watched.best][at]
                if now != before:
                    moves.append((moment.turn, now))
                before = now
            data |= {"holds": before, "moves": moves}
        out.append(data)
    return out


def _asks(one: Criterion, outcome: Outcome) -> list[list[Any]]:
    """(what, value) pairs of what a criterion asks for."""
    pairs: list[list[Any]] = [["rule", one.rule], ["tool", one.tool], ["facts", ", ".join(one.facts)], ["SQL", one.sql]]
    pairs += [[value.label or value.column, cell(value.value)] for value in (*one.values, *one.rests)]
    pairs += [[name, cell(value)] for name, value in one.arguments.items()]
    if one.kind == "answer":
        pairs.append(["answer", cell(one.answer)])
    if one.change is not None and 0 <= one.change < len(outcome.changes):
        row = outcome.changes[one.change]
        pairs += [["row", f"{row.kind} {row.table} {' '.join(map(str, row.key))}".strip()]]
        pairs += [[name, cell(value)] for name, value in row.values.items()]
    return [pair for pair in pairs if pair[1] != ""]


def _end(trace: Trace, watched: _Watched | None) -> Data:
    data: Data = {
        "ending": trace.ending or "unfinished", "reason": trace.reason, "score": trace.score, "success": trace.success,
        "valid": trace.valid, "truncated": trace.truncated, "turns": trace.turns, "reward": trace.reward,
    }  # fmt: skip
    if watched is not None:
        shut = next((moment for moment in watched.moments if moment.closed), None)
        data["closed"] = [shut.closed, shut.turn] if shut else None
    return data


def _user(task: Task | None, events: Sequence[Event]) -> Data | None:
    """The user's ledger, each fact with the turn at which it was first said (0: in the opening; None: never)."""
    if task is None:
        return None
    ledger = task.ledger
    said: dict[str, int] = {}
    for event in events:
        if isinstance(event, Said) and event.seat == USER:
            for fact in event.facts:
                said.setdefault(fact, event.turn)
    facts = [
        {"name": f.name, "value": cell(f.value), "type": f.type, "release": f.release, "turn": said.get(f.name)}
        for f in ledger.facts
    ]
    wants = ", then to ".join([ledger.wants, *(request.wants for request in ledger.further)])
    return {
        "wants": wants, "persona": ledger.persona, "strategy": list(ledger.strategy), "claim": ledger.claim,
        "facts": facts, "readbacks": [[cell(value.value) for value in values] for values in ledger.all_readbacks],
        "tools": [hand.tool for hand in ledger.hands],
    }  # fmt: skip


def _oracle(task: Task | None) -> list[Data]:
    """The oracle's actions: words, or calls."""
    out: list[Data] = []
    for action in task.oracle if task else ():
        calls = [
            {"name": call.name, "arguments": [[name, cell(value)] for name, value in call.arguments.items()]}
            for call in action.calls
            if isinstance(call, Call)
        ]
        out.append({"words": action.words, "calls": calls})
    return out


def _about(trace: Trace, task: Task | None, watched: _Watched | None) -> list[list[Any]]:
    """(label, value) pairs: seeds, ids, digests, settings."""
    pairs: list[list[Any]] = [
        ["task", trace.task_id], ["pack", f"{trace.pack} {trace.release}"], ["pack digest", trace.pack_digest],
        ["split", trace.split], ["seed", str(trace.seed)], ["sample", trace.sample], ["scorer", trace.scorer],
        ["gamma", trace.gamma], ["final world", trace.world], ["agentgym", trace.agentgym],
        ["last event", trace.events[-1].hash if trace.events else ""],
    ]  # fmt: skip
    pairs += [[seat, f"{player} ({trace.user})" if seat == USER else player] for seat, player in trace.seats.items()]
    if task is not None:
        origin = task.provenance
        pairs += [
            ["world seed", str(task.world_seed)], ["twin", task.twin], ["trap", "yes" if task.trap else ""],
            ["difficulty", task.difficulty], ["oracle's world", task.digest], ["made by", origin.operator],
            ["parent", origin.parent], ["declared faults", "; ".join(map(_fault, task.faults))],
            ["limits", ", ".join(f"{n} {getattr(task.limits, n)}" for n in task.limits.__struct_fields__)],
            ["tools shown", ", ".join(task.tools)], ["view", task.tool_view.asked if task.tool_view else ""],
        ]  # fmt: skip
    if watched is not None:
        pairs.append(["the world's time", watched.clock])
    return [pair for pair in pairs if pair[1] not in ("", None)]


def _fault(fault: Any) -> str:
    return f"call {fault.nth} of {fault.tool}: {fault.kind}" + (f" ({fault.times} times)" if fault.times > 1 else "")
