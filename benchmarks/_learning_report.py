"""What the rows of `learning.py` say: tables, differences with intervals, verdicts, a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

from agentgym.evaluate.intervals import student
from agentgym.rollout import wilson

START = "start"
SETS = ("seeds", "test", "branches", "test branches")
CONTROLS = ("open", "muted", "blanked")
SOLVED = 20.0
"""Percent of the tasks that hide facts which some arm must solve as they are: else hiding them shows nothing."""
_FEW = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764}
"""The 97.5 % points of Student's t where the approximation `student` does not reach, or is rough."""

Row = Mapping[str, Any]
Rows = Mapping[tuple[str, int], Row]


class Claim(NamedTuple):
    """What is claimed of an arm, alone or against another, in points of a hundred.

    `where` is one of the sets, of the controls, or `environment`. `expected` is the range in which the effect was
    expected, and `why`, before the first run. The claim is of runs whose first weights succeed, on that set, in
    `start` percent of the tasks, and that take at most `minutes`.
    """

    name: str
    of: str
    minus: str
    where: str
    least: float | None = None
    most: float | None = None
    expected: tuple[float, float] = (0.0, 0.0)
    start: tuple[float, float] = (0.0, 100.0)
    minutes: float = float("inf")
    why: str = ""


class Interval(NamedTuple):
    """A mean and its 95 % interval, without bounds where one seed alone was run."""

    mean: float
    low: float | None
    high: float | None
    seeds: int

    def __str__(self) -> str:
        mean, *bounds = (f"{round(x, 1) + 0.0:.1f}" for x in self[:3] if x is not None)
        return f"{mean} [{', '.join(bounds)}]" if bounds else mean


def interval(values: Sequence[float]) -> Interval | None:
    """Student's interval over seeds; None of no value."""
    n = len(values)
    if n < 2:
        return Interval(values[0], None, None, n) if n else None
    half = (_FEW.get(n - 1) or student(n - 1)) * stdev(values) / sqrt(n)
    middle = mean(values)
    return Interval(middle, middle - half, middle + half, n)


def less(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[int, float]:
    """Seed -> the difference, for the seeds that both have."""
    return {seed: ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())}


def pooled(reports: Sequence[Mapping[str, Any]]) -> Interval | None:
    """The share of successes over all episodes of some reports, in points, with Wilson's interval."""
    found = [report["success"] for report in reports if report["success"]]
    count, wins = 0, 0
    for rate in found:
        count, wins = count + rate["episodes"], wins + round(rate["value"] * rate["episodes"])
    estimate = wilson([1.0] * wins + [0.0] * (count - wins))
    return Interval(100 * estimate.value, 100 * estimate.low, 100 * estimate.high, len(found)) if estimate else None


def verdict(found: Interval | None, least: float | None = None, most: float | None = None) -> str:
    """`reached` where the whole interval is at least `least`, or at most `most`; `missed` where it is all beyond;
    else `inconclusive`."""
    if found is None or found.low is None or found.high is None:
        return "inconclusive"
    if least is not None:
        return "reached" if found.low >= least else "missed" if found.high < least else "inconclusive"
    assert most is not None
    return "reached" if found.high <= most else "missed" if found.low > most else "inconclusive"


def level(row: Row, where: str) -> float | None:
    """A row's number, in points: the share of successes on a set or a control, or the environment's share."""
    if where == "environment":
        return None if row.get("environment_share") is None else 100 * row["environment_share"]
    found = {**row["measured"], **row["controls"]}.get(where)
    return 100 * found["success"]["value"] if found and found["success"] else None


def levels(rows: Rows, arm: str, where: str) -> dict[int, float]:
    """An arm's number by seed."""
    found = {seed: level(row, where) for (name, seed), row in rows.items() if name == arm}
    return {seed: value for seed, value in found.items() if value is not None}


def paired(rows: Rows, arm: str, other: str, where: str) -> Interval | None:
    """The difference of two arms over the seeds that both have."""
    return interval(list(less(levels(rows, arm, where), levels(rows, other, where)).values()))


def effect(rows: Rows, claim: Claim) -> Interval | None:
    """What a claim is about, as it was measured; None where it was not run."""
    if claim.minus:
        return paired(rows, claim.of, claim.minus, claim.where)
    if claim.where in CONTROLS:
        own = [row["controls"] for (name, _), row in rows.items() if name == claim.of]
        return pooled([controls[claim.where] for controls in own if controls])
    return interval(list(levels(rows, claim.of, claim.where).values()))


def unfit(rows: Rows, claim: Claim) -> str:
    """Why these runs cannot speak about a claim; empty where they can."""
    minutes = max(row["settings"]["minutes"] for row in rows.values())
    if minutes > claim.minutes:
        return f"not tested: {minutes:g} minutes are more than {claim.minutes:g}"
    low, high = claim.start
    first = levels(rows, START, claim.where)
    if (low, high) != (0.0, 100.0) and not (first and low <= mean(first.values()) <= high):
        at = f"at {mean(first.values()):.1f}" if first else "not measured"
        return f"not tested: the start is {at}, not in {low:g} to {high:g}"
    if claim.where in CONTROLS:
        arms = {arm for arm, _ in rows}
        best = max((mean(solved.values()) for arm in arms if (solved := levels(rows, arm, "open"))), default=0.0)
        if best < SOLVED:
            return f"not tested: no arm solves more than {best:.1f} as they are"
    return ""


# --- as Markdown ---


def report(given: Sequence[Row], claims: Sequence[Claim], usual: Mapping[str, Any]) -> str:
    """The section of RESULTS.md, without the line of the machine.

    Args:
        given: the rows of `results.jsonl`.
        claims: what to judge.
        usual: settings that need not be said.
    """
    rows = {(row["arm"], row["seed"]): row for row in given}
    arms = list(dict.fromkeys(arm for arm, _ in rows if arm != START))
    sets = [name for name in SETS if any(name in row["measured"] for row in rows.values())]
    says = (
        f"`{_command(rows, arms, usual)}`: success in %, mean over runs (one a seed) and 95 % interval; expectations "
        "are those at the head of the program"
    )
    lines = [says, "", *_table(["after", "runs", *sets], [_level_line(rows, arm, sets) for arm in (START, *arms)])]
    if "grpo" in arms and len(arms) > 1:
        body = [[f"less {arm}", *(_shown(paired(rows, "grpo", arm, name)) for name in sets)]
                for arm in (START, *arms) if arm != "grpo"]  # fmt: skip
        lines += ["", *_table(["grpo", *sets], body)]
    body = [_control_line(rows, arm) for arm in (START, *arms) if any(_controls(rows, arm))]
    if body:
        lines += ["", *_table(["tasks that hide facts", "as they are", "user muted", "results blanked"], body)]
    lines += ["", *_table(["claim", "runs", "effect", "bound", "expected", ""], _claim_lines(rows, claims))]
    return "\n".join([*lines, "", *(_effort_line(rows, arm) for arm in arms)])


def _command(rows: Rows, arms: Sequence[str], usual: Mapping[str, Any]) -> str:
    """One command that gives the same rows. Folders of this machine are named by their last two parts."""
    words = ["python benchmarks/learning.py --arms", *arms, "--seeds", *map(str, sorted({seed for _, seed in rows}))]
    settings = next(iter(rows.values()))["settings"]
    teachers = [row["teacher"] for row in rows.values() if "teacher" in row]
    for name, value in {**settings, **({"teacher": teachers[0]} if teachers else {})}.items():
        if value == usual.get(name) and name != "minutes":
            continue
        parts = ["/".join(Path(part).parts[-2:]) if Path(part).is_absolute() else part
                 for part in map(str, value if isinstance(value, list) else [value])]  # fmt: skip
        words += [f"--{name.replace('_', '-')}", *parts]
    return " ".join(words)


def _level_line(rows: Rows, arm: str, sets: Sequence[str]) -> list[str]:
    count = sum(name == arm for name, _ in rows)
    return [arm, str(count), *(_shown(interval(list(levels(rows, arm, name).values()))) for name in sets)]


def _controls(rows: Rows, arm: str) -> list[Mapping[str, Any]]:
    return [row["controls"] for (name, _), row in rows.items() if name == arm and row["controls"]]


def _control_line(rows: Rows, arm: str) -> list[str]:
    own = _controls(rows, arm)
    return [arm, *(_shown(pooled([controls[name] for controls in own])) for name in CONTROLS)]


def _claim_lines(rows: Rows, claims: Sequence[Claim]) -> list[list[str]]:
    lines: list[list[str]] = []
    for claim in claims:
        found = effect(rows, claim)
        if found is None:
            continue
        where = "" if claim.where in ("environment", *CONTROLS) else f", {claim.where}"
        bound = f"≥ {claim.least:g}" if claim.least is not None else f"≤ {claim.most:g}"
        says = unfit(rows, claim) or verdict(found, claim.least, claim.most)
        low, high = claim.expected
        lines.append([claim.name + where, str(found.seeds), str(found), bound, f"{low:g} to {high:g}", says])
    return lines


def _effort_line(rows: Rows, arm: str) -> str:
    own = [row for (name, _), row in rows.items() if name == arm]

    def middle(name: str) -> float:
        return mean(row[name] for row in own)

    shares = [100 * row["environment_share"] for row in own if row["environment_share"] is not None]
    played = f", {middle('episodes'):,.0f} episodes, environment {mean(shares):.1f} % of the time" if shares else ""
    return (
        f"- {arm}: {middle('seconds') / 60:.1f} minutes ({middle('cpu_seconds') / middle('seconds'):.2f} cores busy), "
        f"{middle('steps'):,.0f} steps{played}."
    )


def _shown(found: Interval | None) -> str:
    return "" if found is None else str(found)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in (head, *body)) for at in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = (cell.ljust(width) if not at else cell.rjust(width)
                        for at, (cell, width) in enumerate(zip(cells, widths, strict=True)))  # fmt: skip
        return f"| {' | '.join([first, *rest])} |"

    rule = [f"{'-' * (width + 2)}" if not at else f"{'-' * (width + 1)}:" for at, width in enumerate(widths)]
    return [line(head), f"|{'|'.join(rule)}|", *map(line, body)]


# --- as a picture ---


def curve(rows: Rows, arm: str, where: str, x: str) -> list[tuple[float, Interval]]:
    """An arm's success on a set over training: (mean of `x`, success in points) at each evaluation."""
    at: dict[int, list[tuple[float, float]]] = {}
    for (name, seed), row in rows.items():
        if name != arm:
            continue
        first = level(rows[START, seed], where) if (START, seed) in rows else None
        points = [{"mark": 0, x: 0.0, "success": {where: None if first is None else first / 100}}, *row["curve"]]
        for point in points:
            value = point["success"].get(where)
            if value is not None:
                at.setdefault(point["mark"], []).append((point[x], 100 * value))
    found = [(mean(p[0] for p in points), interval([p[1] for p in points])) for _, points in sorted(at.items())]
    return [(place, estimate) for place, estimate in found if estimate is not None]


def pictured(given: Sequence[Row], path: Path) -> bool:
    """Draw success over minutes on each set, and over episodes played, with 95 % bands; False without matplotlib."""
    if not find_spec("matplotlib"):
        return False
    from matplotlib.figure import Figure

    rows = {(row["arm"], row["seed"]): row for row in given}
    arms = list(dict.fromkeys(arm for arm, _ in rows if arm != START))
    sets = [name for name in SETS if any(name in row["measured"] for row in rows.values())]
    panels = [(name, "seconds", 60.0, "minutes") for name in sets] + [(sets[0], "episodes", 1.0, "episodes played")]
    figure = Figure(figsize=(3.6 * len(panels), 3.2), layout="constrained")
    for axes, (where, x, unit, label) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for number, arm in enumerate(arms):
            points = curve(rows, arm, where, x)
            places = [place / unit for place, _ in points]
            if not any(places):
                continue
            axes.plot(places, [p.mean for _, p in points], label=arm, color=f"C{number}", marker=".")
            bands = [(p.mean, p.mean) if p.low is None or p.high is None else (p.low, p.high) for _, p in points]
            lows, highs = [max(0.0, low) for low, _ in bands], [min(100.0, high) for _, high in bands]
            axes.fill_between(places, lows, highs, color=f"C{number}", alpha=0.15, linewidth=0)
        axes.set_title(f"success on {where}, %")
        axes.set_xlabel(label)
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
    figure.axes[0].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return True
