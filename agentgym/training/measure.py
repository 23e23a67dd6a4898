"""What a trained policy does on tasks: success with intervals, where it is right to act and where to refuse, what it
breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from agentgym.evaluate import Trial, trial_of
from agentgym.evaluate.refusals import refusals
from agentgym.pack import Pack
from agentgym.rollout import BatchPolicy, rollout, wilson
from agentgym.trace import Trace, to_messages
from agentgym.types import Task, User

__all__ = ["measured", "played", "success_line", "transcripts"]


def played(
    tasks: Iterable[tuple[Pack, Task]], policy: BatchPolicy, user: Callable[[], User] | None = None
) -> list[Trace]:
    """The trace of an episode of each task, against its own user or the one that is given."""
    return [episode.trace for episode in rollout(tasks, policy, user=user)]


def measured(traces: Sequence[Trace]) -> dict[str, Any]:
    """Rates over valid episodes, each {"value", "low", "high", "episodes"} with Wilson's 95 % interval, or None.

    `success`, and of its parts: `act` (it is right to act), `refuse` (to refuse), `trap` (the user claims what is not
    so); `over_refusal`, `under_refusal`; `forbidden` (a rule was broken), `ungrounded` (a write with an id that nobody
    said or showed), `collateral` (neither, and rows were changed that no accepted outcome changes); `truncated`.
    Counts: `episodes`, `invalid`. `turns` is a mean.
    """
    trials = [trial_of(trace) for trace in traces]
    valid = [trial for trial in trials if trial.valid]
    traps = {trace.task_id for trace in traces if trace.task is not None and trace.task.trap}
    sums = refusals(trials)
    return {
        "episodes": len(trials),
        "invalid": len(trials) - len(valid),
        "success": _rate(valid, lambda trial: trial.success),
        "score": sum(trial.score or 0.0 for trial in valid) / len(valid) if valid else None,
        "act": _rate([t for t in valid if not t.refuse], lambda trial: trial.success),
        "refuse": _rate([t for t in valid if t.refuse], lambda trial: trial.success),
        "trap": _rate([t for t in valid if t.task_id in traps], lambda trial: trial.success),
        "over_refusal": _rate([t for t in valid if not t.refuse], lambda t: t.declined and not t.success),
        "under_refusal": None if sums.under_refusal is None else sums.under_refusal.value,
        "forbidden": _rate(valid, lambda trial: bool(trial.broken)),
        "ungrounded": _rate(valid, lambda trial: trial.ungrounded),
        "collateral": _rate(valid, lambda trial: trial.collateral),
        "truncated": _rate(valid, lambda trial: trial.truncated),
        "turns": sum(trial.turns for trial in valid) / len(valid) if valid else None,
    }


def success_line(report: Mapping[str, Any]) -> str:
    """`success 42.0 % [35.4, 48.9] of 200 (act 50.0 %, refuse 34.0 %, trap 20.0 %, over-refusal 3.0 %)`."""
    rate = report["success"]
    if rate is None:
        return f"no valid episode of {report['episodes']}"
    parts = [f"{name.replace('_', '-')} {100 * report[name]['value']:.1f} %"
             for name in ("act", "refuse", "trap", "over_refusal") if report[name]]  # fmt: skip
    return (
        f"success {100 * rate['value']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}] of {rate['episodes']}"
        + (f" ({', '.join(parts)})" if parts else "")
    )


def transcripts(traces: Sequence[Trace], packs: Iterable[Pack] = ()) -> str:
    """Conversations in Markdown, one line a message; what was said stands as code, so that nothing in it has an
    effect. Of `packs` are those whose pack is not found by name."""
    lines, known = list[str](), {pack.name: pack for pack in packs}
    for trace in traces:
        lines.append(f"## {trace.workflow}/{trace.branch}: score {trace.score}, {trace.ending}\n")
        for message in to_messages(trace, known.get(trace.pack))[0][1:]:
            calls = [
                f"{call['function']['name']}({call['function']['arguments']})" for call in message.get("tool_calls", ())
            ]
            text = " ".join([message["content"], *calls]).replace("\n", " ").replace("`", "'")
            lines.append(f"* **{message['role']}** `{text}`")
        lines.append("")
    return "\n".join(lines)


def _rate(trials: Sequence[Trial], what: Callable[[Trial], bool]) -> dict[str, Any] | None:
    estimate = wilson([float(what(trial)) for trial in trials])
    if estimate is None:
        return None
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "episodes": len(trials)}
