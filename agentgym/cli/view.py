"""`agentgym view`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from agentgym.cli.played import RECORDED_HELP, read_recordings
from agentgym.cli.shell import console, print_json, progress, remark
from agentgym.errors import NotFoundError, TaskError, UsageError
from agentgym.judge import SUFFIX, Verdict, Verdicts, verdicts_path
from agentgym.tasks import brought, packs_of, read_tasks
from agentgym.trace import Trace, iter_traces
from agentgym.viewer import Gatherer, Page, server

__all__ = ["view"]

_SHOWN = 5


def view(
    targets: Annotated[
        list[Path], typer.Argument(metavar="FILE|DIR...", help="Traces, or folders with files of traces (*.jsonl).")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the page here (.html).")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the page on this machine until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="With --serve: the port; 0 for any that is free.")] = 8000,
    again: Annotated[
        bool, typer.Option("--replay/--no-replay", help="Replay each trace for what it does not hold (some ms each).")
    ] = True,
    pack: Annotated[
        list[str] | None,
        typer.Option(help="A pack's name or folder; may be given again. Default: by the name in the trace."),
    ] = None,
    tasks: Annotated[Path | None, typer.Option(help="The tasks, where the traces left them out.")] = None,
    recordings: Annotated[Path | None, typer.Option(help=f"{RECORDED_HELP} Goes with --pack.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make one HTML page of traces: a list to filter and search, each episode with its rewards, and comparisons.

    The page needs no network and no server. Ctrl-C makes the page of what was gathered so far.

    \b
    Examples:
      agentgym view greedy.jsonl --out greedy.html
      agentgym view runs/ --out runs.html
      agentgym view runs/ --serve --port 8000
      agentgym view huge.jsonl --no-replay --out huge.html --json
    """
    if out is None and not serve:
        raise UsageError("say where the page goes: --out FILE.html, or --serve to look at it at once")
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out is a page: give it the ending .html, found {out}")
    if recordings is not None and not pack:
        raise UsageError("--recordings goes with --pack: say which packs they are of")
    known = {task.id: task for task in read_tasks(tasks)[0]} if tasks is not None else {}
    files = _files(targets)
    source = _Source(files)
    answers = read_recordings(recordings)
    packs = [found.played(answers) for found in packs_of(pack)] if pack else []
    packs += brought(tasks, known.values()).values() if tasks is not None else ()
    called = {found.name: given for found, given in zip(packs, pack or (), strict=True)}
    gatherer = Gatherer(packs, known, again=again, called=called, tasks_file=str(tasks or ""))
    page = Page(", ".join(str(target) for target in targets))
    started = perf_counter()
    whole = _gather(source, gatherer, page, as_json)
    if not page.count:
        raise TaskError(f"no trace in {page.title}" + (f": {source.troubles[0]}" if source.troubles else ""))
    html = "".join(page.html(gatherer.packs)).encode() if serve else b""
    size = page.write(out, gatherer.packs) if out is not None else len(html)
    _tell("lines are no traces", source.troubles)
    _tell("traces do not replay", gatherer.differ)
    found: dict[str, Any] = {
        "episodes": page.count, "files": len(files), "replayed": gatherer.replayed, "differ": gatherer.differ,
        "broken_lines": source.troubles, "whole": whole, "bytes": size, "seconds": round(perf_counter() - started, 3),
        "out": None if out is None else str(out),
    }  # fmt: skip
    if as_json:
        print_json(found)
    elif out is not None:
        counts = f"{page.count} episodes of {len(files)} file{'s' * (len(files) > 1)}, {gatherer.replayed} replayed"
        console().print(f"{out}: {counts}, {size / 1e6:.1f} MB", markup=False, soft_wrap=True)
    if not whole:
        remark(f"stopped: the page has the first {page.count} episodes; the same command makes it whole")
        raise typer.Exit(130)
    if serve:
        _serve(html, port)


def _files(targets: list[Path]) -> list[Path]:
    """The files of traces, in order. Raises UsageError, NotFoundError."""
    files: list[Path] = []
    for target in targets:
        if target.is_dir():
            found = sorted(
                path for path in target.rglob("*.jsonl") if path.is_file() and not path.name.endswith(SUFFIX)
            )
            if not found:
                raise UsageError(f"{target} has no file that ends in .jsonl; `agentgym run --out` writes them")
            files += found
        elif target.exists():
            files.append(target)
        else:
            known = (path.name for path in target.absolute().parent.glob("*.jsonl"))
            raise NotFoundError(f"file in {target.parent}:", target.name, known)
    return list(dict.fromkeys(files))


class _Source:
    """The traces of several files; lines that are none are remembered."""

    def __init__(self, files: list[Path]) -> None:
        self.files = files
        self.troubles: list[str] = []
        self.total = sum(map(_lines, files))
        self.read = 0

    def __iter__(self) -> Iterator[tuple[Trace, str, int, tuple[Verdict, ...]]]:
        for file in self.files:
            verdicts = Verdicts(verdicts_path(file))

            def broken(number: int, trouble: TaskError, file: Path = file) -> None:
                self.read += 1
                self.troubles.append(f"{file}:{number}: {trouble}")

            for number, trace in iter_traces(file, broken):
                self.read += 1
                yield trace, file.as_posix(), number, verdicts.of(trace)


def _lines(file: Path) -> int:
    try:
        with file.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError:
        return 0


def _gather(source: _Source, gatherer: Gatherer, page: Page, quiet: bool) -> bool:
    """Put every trace on the page; whether it came to the end. Ctrl-C waits for the episode at hand."""
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl-C does not wait

    before = signal.signal(signal.SIGINT, stop)
    try:
        with progress("view", source.total, quiet) as show:
            for trace, file, line, verdicts in source:
                page.add(gatherer.episode(trace, file, line, verdicts))
                show(source.read)
                if stopped:
                    return False
    finally:
        signal.signal(signal.SIGINT, before)
        gatherer.close()
    return True


def _tell(what: str, sentences: list[str]) -> None:
    for sentence in sentences[:_SHOWN]:
        remark(sentence)
    if len(sentences) > _SHOWN:
        remark(f"... {len(sentences)} {what}")


def _serve(html: bytes, port: int) -> None:
    with server(html, port) as found:
        remark(f"http://127.0.0.1:{found.server_port}/ (Ctrl-C ends it)")
        try:
            found.serve_forever()
        except KeyboardInterrupt:
            remark("stopped")
