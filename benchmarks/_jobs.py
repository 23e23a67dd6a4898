"""Jobs in processes, whose rows are kept: a program that was stopped goes on with those that are missing. And the
table of arms that are compared over seeds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from _learning_report import interval

from agentgym.cli.shell import progress

Row = dict[str, Any]


def carried_out(
    what: str, calls: Sequence[Callable[[], Any]], workers: int, took: Callable[[Any], Any], done: int = 0
) -> None:
    """Call each in one of so many processes, and `took` with what it gives, in the order in which they end. After
    Ctrl-C the program ends with the status 130.

    Args:
        what: the noun for them.
        done: how many more there are, which are done already.
    """
    total = done + len(calls)
    with ProcessPoolExecutor(workers) as executor, progress(what, total, False) as show:
        show(done)
        try:
            for future in as_completed([executor.submit(call) for call in calls]):
                took(future.result())
                done += 1
                show(done)
        except BaseException as trouble:
            stopped = isinstance(trouble, KeyboardInterrupt)
            if stopped:
                print(f"stopped with {done} of {total} {what}; the same command goes on", file=sys.stderr)
            executor.shutdown(cancel_futures=True)  # and waits: leaving the block at once would undo the cancelling
            if stopped:
                raise SystemExit(130) from None
            raise


def finished(what: str, jobs: Sequence[Any], run: Callable[[Any], Row], path: Path, workers: int) -> list[Row]:
    """The rows of all jobs, in their order. Those that `path` lacks are run, and added to it as they end.

    Args:
        jobs: named tuples of one type, at least one. A row has all fields of its job.
    """
    fields = jobs[0]._fields

    def key(row: Mapping[str, Any]) -> str:
        return json.dumps({name: row[name] for name in fields})

    keys = [key(job._asdict()) for job in jobs]
    known = {key(row): row for row in _rows(path) if set(fields) <= row.keys()}
    known = {name: known[name] for name in keys if name in known}
    torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" if torn else "")

        def took(row: Row) -> None:
            known[key(row)] = row
            file.write(json.dumps(row) + "\n")
            file.flush()

        calls = [partial(run, job) for name, job in zip(keys, jobs, strict=True) if name not in known]
        carried_out(what, calls, workers, took, len(known))
    return [known[name] for name in keys]


def _rows(path: Path) -> list[Row]:
    """The rows that were written whole."""
    rows: list[Row] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with suppress(json.JSONDecodeError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]


def success_table(places: Sequence[str], lines: Iterable[tuple[str, Sequence[Mapping[int, float]]]]) -> str:
    """As Markdown: in each line a name and, for each place, seed -> points, with Student's interval over seeds."""
    out = [f"| success, % | {' | '.join(places)} |", f"|---|{'---|' * len(places)}"]
    for name, columns in lines:
        cells = [str(interval(list(column.values())) or "") for column in columns]
        out.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(out)
