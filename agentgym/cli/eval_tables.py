"""How `agentgym eval` prints a report and a comparison."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.table import Table
from rich.text import Text

from agentgym.cli.judging import print_columns
from agentgym.cli.shell import console
from agentgym.evaluate import Comparison, Estimate, Report
from agentgym.evaluate.compare import Difference
from agentgym.evaluate.refusals import RuleTable

__all__ = ["print_comparison", "print_report"]


def print_report(found: Report, path: Path | None) -> None:
    """A report on the terminal; branches are in the JSON alone."""
    counts = found.counts
    packs = ", ".join(f"{name} {pack.release} ({pack.digest[:12]})" for name, pack in found.packs.items())
    seeds = f"{found.seeds[0]} to {found.seeds[1]}"
    each = (
        f"{found.trials} trials each" if counts.tasks_complete == counts.tasks else f"up to {found.trials} trials each"
    )
    _lines(
        f"{found.policy} on {packs}, {', '.join(found.splits)} split, seeds {seeds}, agentgym {found.agentgym}",
        f"{counts.tasks} tasks, {each}: {counts.episodes} episodes, {counts.valid} valid, {counts.invalid} invalid (in "
        f"no estimate), {counts.truncated} truncated (in every estimate, {counts.truncated_successes} as successes)",
        "",
    )
    overall = _table("", "value", "95 %", "tasks")
    _row(overall, "success", *_estimate(found.success))
    for row in found.by_k[1:]:
        _row(overall, f"pass^{row.k}", *_estimate(row.all_of_k))
    for row in found.by_k[1:]:
        _row(overall, f"pass@{row.k}", *_estimate(row.any_of_k))
    _row(overall, "score", *_estimate(found.score))
    for dimension in found.dimensions:
        if dimension.reward is not None and (dimension.reward.value or dimension.reward.low):
            _row(overall, f"  {dimension.name}", *_estimate(dimension.reward))
    for name in ("over_refusal", "under_refusal", "wrong_rule"):
        rate: Estimate | None = getattr(found.refusals, name)
        if rate is not None:
            _row(overall, name.replace("_", " "), *_estimate(rate))
    console().print(overall, "")
    _print_groups(found)
    _print_refusals(found)
    if found.judge:
        print_columns([row.column for row in found.judge], [row.share for row in found.judge])
        console().print("")
    endings = ", ".join(f"{ending} {count}" for ending, count in counts.endings.items())
    lines = [f"endings     {endings}"]
    if counts.mean_turns is not None:
        lines.append(f"mean turns  {counts.mean_turns:.2f}")
    if found.detectable is not None:
        lines.append(
            f"detectable  {found.detectable.paired:.3f} success between two runs like this on the same tasks "
            f"(correlation {found.detectable.correlation}), {found.detectable.unpaired:.3f} on others"
        )
    lines += [f"intervals   {found.methods['interval']}"]
    lines += [f"remark      {text}" for text in found.remarks]
    if path is not None:
        lines.append(f"kept in     {path}")
    _lines(*lines)


def _print_groups(found: Report) -> None:
    several = len(found.by_pack) > 1
    counts = [name for name in ("invalid", "truncated") if any(getattr(group, name) for group in found.by_workflow)]
    last = [f"pass^{found.trials}"] if found.trials > 1 else []
    table = _table("workflow", "tasks", *counts, "score", "success", "95 %", *last)
    for group in (*(found.by_pack if several else ()), *found.by_workflow):
        name = " ".join(part for part in (group.pack if several else "", group.workflow) if part)
        value, interval, _ = _estimate(group.success)
        numbers = [str(getattr(group, name)) for name in ("tasks", *counts)]
        _row(table, name, *numbers, _value(group.score), value, interval, *([_value(group.all_of_k)] if last else []))
    console().print(table, "")


def _print_refusals(found: Report) -> None:
    refusing, acting = found.refusals.refusing, found.refusals.acting
    lines: list[str] = []
    if refusing.episodes:
        lines.append(
            f"right to refuse, {refusing.episodes} episodes of {refusing.tasks} tasks: right rule {refusing.right}, "
            f"wrong rule {refusing.wrong_rule}, no one rule {refusing.unnamed}, under-refused "
            f"{refusing.forbidden + refusing.acted} ({refusing.forbidden} broke the rule), neither {refusing.neither}"
        )
    if acting.episodes:
        lines.append(
            f"right to act, {acting.episodes} episodes of {acting.tasks} tasks: succeeded {acting.right}, over-refused "
            f"{acting.over_refused}, failed otherwise {acting.other}"
        )
    if found.refusals.unjudged:
        lines.append(f"{found.refusals.unjudged} valid episodes are not judged here: their tasks are not at hand")
    if lines:
        _lines(*lines, "")
    rules = [rule for rule in found.by_rule if rule.denied.episodes or rule.allowed.episodes or rule.broken]
    if rules:
        heads = ("denied", "success", "right", "wrong", "none", "under", "allowed", "success", "over", "broken")
        table = _table("rule", *heads)
        for rule in rules:
            _row(table, *_rule(rule, len(found.packs) > 1))
        console().print(table, "")


def _rule(row: RuleTable, several: bool) -> Iterable[str]:
    denied, allowed = row.denied, row.allowed
    yield f"{row.pack} {row.rule}" if several else row.rule
    yield from (str(denied.episodes), _short(denied.success), str(denied.right), str(denied.wrong_rule))
    yield from (str(denied.unnamed), str(denied.forbidden + denied.acted))
    yield from (str(allowed.episodes), _short(allowed.success), str(allowed.over_refused), str(row.broken))


def print_comparison(found: Comparison) -> None:
    """A comparison on the terminal."""
    for letter, side in (("A", found.a), ("B", found.b)):
        packs = ", ".join(f"{name} {pack.release} ({pack.digest[:12]})" for name, pack in side.packs.items())
        _lines(
            f"{letter}  {side.name}: {side.policy} on {packs}; {side.tasks} tasks ({side.tasks_alone} in this run "
            f"only), {side.episodes} episodes, {side.invalid} invalid, {side.truncated} truncated"
        )
    _lines(f"{found.tasks} tasks compared: B won {found.won}, lost {found.lost}, tied {found.tied}", "")
    table = _table("", "A", "B", "B - A", "95 %", "p", "tasks")
    rows = [("success", found.success)]
    rows += [(f"pass^{row.k}", row.all_of_k) for row in found.by_k[1:] if row.all_of_k is not None]
    for name, row in (*rows, ("score", found.score)):
        _row(table, name, *_difference(row))
    console().print(table, "")
    table = _table("workflow", "won", "lost", "tied", "A", "B", "B - A", "95 %")
    several = len({group.pack for group in found.by_workflow}) > 1
    for group in found.by_workflow:
        name = f"{group.pack} {group.workflow}" if several else group.workflow
        _row(table, name, *map(str, (group.won, group.lost, group.tied)), *_difference(group.success)[:4])
    console().print(table, "")
    lines = [f"test        {found.success.method} on success by task, two-sided"]
    if found.detectable is not None:
        lines.append(f"detectable  {found.detectable:.3f} success with these tasks (5 %, power 0.8)")
    lines += [f"intervals   {found.methods['interval']}"]
    _lines(*lines, *(f"remark      {text}" for text in found.remarks))


def _difference(row: Difference) -> tuple[str, str, str, str, str, str]:
    found = row.difference
    p_value = "" if row.p_value is None else f"{row.p_value:.4f}" if row.p_value >= 0.0001 else "< 0.0001"
    return f"{row.a:.3f}", f"{row.b:.3f}", f"{found.value:+.3f}", _interval(found, "+"), p_value, str(found.tasks)


def _estimate(found: Estimate | None) -> tuple[str, str, str]:
    return ("-", "-", "0") if found is None else (_value(found), _interval(found), str(found.tasks))


def _value(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.3f}"


def _interval(found: Estimate, sign: str = "") -> str:
    if found.low is None or found.high is None:
        return "-"
    return f"{found.low:{sign}.3f} to {found.high:{sign}.3f}"


def _short(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.2f}"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left", no_wrap=True)
    return table


def _row(table: Table, *texts: str) -> None:
    table.add_row(*map(Text, texts))


def _lines(*lines: str) -> None:
    console().print(Text("\n".join(lines)))
