"""`agentgym list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from agentgym.cli.shell import complain, console, print_json, remark
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import available, load, schemas

__all__ = ["list_packs"]


def list_packs(
    write: Annotated[
        Path | None, typer.Option("--schemas", help="Write the JSON Schemas of a pack's files here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the packs that can be found by name.

    \b
    Examples:
      agentgym list
      agentgym list --json
      agentgym list --schemas ./schemas
    """
    if write is not None:
        _write_schemas(write)
    rows = [_row(name, folder) for name, folder in sorted(available().items())]
    if as_json:
        print_json(rows)
    else:
        _print(rows)
    if any("error" in row for row in rows):
        raise typer.Exit(1)


def _row(name: str, folder: Path) -> dict[str, Any]:
    try:
        pack = load(folder)
    except AgentGymError as trouble:
        return {"name": name, "folder": str(folder), "error": str(trouble)}
    return {
        "name": pack.name,
        "release": pack.release,
        "title": pack.title,
        "workflows": len(pack.workflows),
        "branches": {"train": len(pack.branches("train")), "test": len(pack.branches("test"))},
        "tools": len(pack.tools),
        "user_tools": len(pack.user_tools),
        "rules": len(pack.rules),
        "digest": pack.digest,
        "folder": str(folder),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table("pack", "release", "title", box=None, pad_edge=False)
    for name in ("workflows", "branches", "tools", "rules"):
        table.add_column(name, justify="right")
    table.add_column("digest")
    for row in rows:
        if "error" in row:
            complain(f"pack {row['name']}: {row['error']}")
            continue
        texts = [
            row["name"],
            row["release"],
            row["title"],
            row["workflows"],
            row["branches"]["train"],
            row["tools"],
            row["rules"],
        ]
        table.add_row(*(escape(str(text)) for text in texts), row["digest"][:12])
    console().print(table)


def _write_schemas(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas().items():
            text = msgspec.json.format(msgspec.json.encode(schema), indent=2)
            (folder / f"{name}.schema.json").write_bytes(text + b"\n")
    except OSError as trouble:
        raise UsageError(f"cannot write {folder}: {trouble.strerror}") from None
    remark(f"wrote {len(schemas())} schemas to {folder}")
