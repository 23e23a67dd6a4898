"""The only reader of content: a folder in, a `Pack` out, or an error with file and line."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import apsw
import msgspec

from agentgym import places
from agentgym.errors import PackError, did_you_mean
from agentgym.pack import yaml
from agentgym.pack.checks import check_missing, check_names, check_tool, check_workflow
from agentgym.pack.content import Content, Split
from agentgym.pack.formats import (
    PackFile,
    PopulationFile,
    RubricFile,
    RulesFile,
    ToolsFile,
    VocabularyFile,
    WordingFile,
)  # fmt: skip
from agentgym.pack.pack import Pack
from agentgym.pack.played import RECORDINGS, read_bytes, read_shipped, with_result
from agentgym.pack.rubric import read_rubric
from agentgym.pack.stamp import SUFFIXES, Stamp, stamp_of
from agentgym.pack.typing import column_types
from agentgym.seeding import stream
from agentgym.tool import Part, Played, RuleSpec, Tool, ToolSpec
from agentgym.user.wording import wording_from
from agentgym.workflow import Domain, Seq, Workflow, WorkflowSpec, parse
from agentgym.world import Schema, blank
from agentgym.world.functions import minutes_of
from agentgym.world.population import check_population
from agentgym.world.sql import check, origins, parameters

__all__ = ["forget", "load"]

_loaded: dict[tuple[str, str], Pack] = {}
_read: dict[str, tuple[Stamp, str]] = {}
"""Folder -> the files as they were when they were last read, and the digest they had."""


def load(name: str | Path) -> Pack:
    """The pack of that name or folder. Loaded once; loaded again when its files have changed.

    Raises:
        NotFoundError: there is none of that name.
        PackError: its content does not fit; the message has file and line.
    """
    folder = places.find(name).resolve()
    stamp, digest = _read.get(str(folder), (None, ""))
    if stamp is not None and stamp.holds() and (found := _loaded.get((str(folder), digest))) is not None:
        return found
    now = time.time_ns()  # before anything is read: what changes while it is read is no older than that
    stamp = stamp_of(folder, _Reader(folder).outside)
    reader = _Reader(folder)
    key = (str(folder), reader.digest)
    if key not in _loaded:
        _loaded[key] = reader.pack()
    if stamp.settled(now) and stamp.holds():  # nothing came, went or was swapped between
        _read[str(folder)] = (stamp, reader.digest)
    return _loaded[key]


def forget(pack: Pack) -> None:
    """Close a pack that is not needed any more, and do not keep it for those who load its folder again."""
    pack.close()
    folder = str(pack.content.folder)
    _read.pop(folder, None)
    _loaded.pop((folder, pack.digest), None)


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder, self.shipped = folder, places.shipped(folder)
        self.file, self.lines = yaml.read_as(self._path("pack.yaml"), self._name("pack.yaml"), PackFile)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.file.name):
            raise PackError(
                f"a pack's name is lower case words joined by _, found {self.file.name!r}",
                file=self._name("pack.yaml"),
                line=self.lines.of("$.name"),
            )
        self.tool_files, self.rubric_file = self._registry("tools"), self._registry("rubric")[0]
        self._common = places.root() / "envs" / "common" / "wording.yaml"
        self.recordings = read_bytes(self._path(RECORDINGS), self._name(RECORDINGS))
        self.digest = self._digest()

    @property
    def outside(self) -> tuple[Path, ...]:
        """The files that are read beside the pack's YAML and SQL, those that are not there yet included."""
        return (*self._shared_tools(), self.rubric_file, self._common, self.folder / RECORDINGS)

    # --- files ---

    def _path(self, name: str) -> Path:
        return places.inside(self.folder, name)

    def _name(self, name: str) -> str:
        return f"{self.folder.name}/{name}"

    def _registry(self, kind: str) -> list[Path]:
        """The files that hold the pack's tools or rubric, its own first: its names win over the registry's."""
        own = [path] if (path := self._path(f"{kind}.yaml")).is_file() else []
        if kind == "rubric" and own:
            return own
        root = places.root()
        if kind == "rubric":
            if not re.fullmatch(r"[a-z][a-z0-9_]*", self.file.rubric):
                raise self._wrong(f"not a rubric's name: {self.file.rubric!r}", "$.rubric")
            found = root / "rubrics" / f"{self.file.rubric}.yaml"
            if not found.is_file():
                known = sorted(path.stem for path in (root / "rubrics").glob("*.yaml"))
                near = did_you_mean(self.file.rubric, known)
                raise self._wrong(f"no rubric {self.file.rubric}.{near} There are: {', '.join(known)}", "$.rubric")
            return [found]
        return own + [path for path in self._shared_tools() if path.is_file()]

    def _shared_tools(self) -> list[Path]:
        names = [self.file.name, "common"] if self.shipped else ["common"]
        return [places.root() / "tools_registry" / f"{name}.yaml" for name in names]

    def _digest(self) -> str:
        out = hashlib.sha256()
        files = sorted(p for p in self.folder.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        for path in files:
            name = str(path.relative_to(self.folder))
            out.update(f"{name}\0{yaml.text(self._path(name), self._name(name))}\0".encode())
        for path in (*self.tool_files, self.rubric_file, self._common):
            out.update(f"/{path.name}\0{yaml.text(path, path.name)}\0".encode())
        if self.recordings:
            out.update(f"/{RECORDINGS}\0".encode() + self.recordings)
        return out.hexdigest()

    # --- parts ---

    def pack(self) -> Pack:
        if not self.file.clock:
            raise self._wrong("clock: expected at least one moment, found none", "$.clock")
        for moment in self.file.clock:
            self._moment(moment)
        for limit, value in self.file.limits.items():
            if value < 1:
                raise self._wrong(f"limit {limit} is at least 1, found {value}", f"$.limits.{limit}")
        script = yaml.text(self._path("world.sql"), self._name("world.sql"))
        db, schema = blank(script, self._name("world.sql"), self.file.clock[0])
        try:
            return self._assemble(db, schema, script)
        finally:
            db.close()

    def _wrong(self, message: str, path: str) -> PackError:
        return PackError(message, file=self._name("pack.yaml"), line=self.lines.of(path))

    def _moment(self, moment: str) -> None:
        try:
            minutes_of(moment)
            assert len(moment) == 16
        except (ValueError, AssertionError):
            raise PackError(
                f"clock: expected `YYYY-MM-DD HH:MM`, found {moment!r}",
                file=self._name("pack.yaml"),
                line=self.lines.of("$.clock"),
            ) from None

    def _assemble(self, db: apsw.Connection, schema: Schema, script: str) -> Pack:
        words = self._vocabulary()
        tables = self._population(db, schema, words["train"])
        self._columns_exist(schema)
        rules = self._rules()
        types = column_types(schema, tables, self.file.types)
        tools = self._tools(db, schema, rules)
        because = self._check_rules(db, rules, tools)
        wording = yaml.read_as(self._path("wording.yaml"), self._name("wording.yaml"), WordingFile)[0]
        domain = Domain(
            name=self.file.name, schema=schema, tools=tools, rules=rules, because=because, types=types,
            labels=wording.labels, ignored=frozenset(self.file.ignored_columns), invariants=self._invariants(db),
        )  # fmt: skip
        workflows = self._workflows(db, domain, wording)
        if self.file.missing_tool is not None:
            check_missing(self.file.missing_tool, domain, workflows, self._name("pack.yaml"), self.lines)
        common = yaml.read(self._common, "common/wording.yaml")
        plain = cast(Mapping[str, Any], msgspec.to_builtins(wording))
        rubric = self._rubric()
        splits: tuple[Split, Split] = ("train", "test")
        content = Content(
            folder=self.folder, file=self.file, script=script, tables=tables, words=words,
            wording={split: wording_from(common, plain, split) for split in splits},
            openings={split: _forms(wording, "openings", split) for split in splits},
            fact_forms={split: _forms(wording, "facts", split) for split in splits},
            assistant_forms={meaning: tuple(forms) for meaning, forms in common["assistant"].items()},
            rubric=rubric, digest=self.digest,
        )  # fmt: skip
        return Pack(content, domain, workflows, tools)

    def _rubric(self) -> RubricFile:
        own = self.rubric_file.parent == self.folder
        return read_rubric(self.rubric_file, self._name("rubric.yaml") if own else f"rubrics/{self.rubric_file.name}")

    def _vocabulary(self) -> dict[Split, dict[str, list[str]]]:
        name = self._name("vocabulary.yaml")
        file, lines = yaml.read_as(self._path("vocabulary.yaml"), name, VocabularyFile)
        out: dict[Split, dict[str, list[str]]] = {"train": dict(file.shared), "test": dict(file.shared)}
        for key, words in file.split.items():
            for word in dict.fromkeys(words):
                part: Split = "test" if stream("vocabulary", key, word).below(3) == 0 else "train"
                out[part].setdefault(key, []).append(word)
            if len(out["train"].get(key, ())) < 2 or len(out["test"].get(key, ())) < 2:
                raise PackError(
                    f"list {key} is too short to be split between train and test",
                    file=name,
                    line=lines.of(f"$.split.{key}"),
                )
        return out

    def _population(self, db: apsw.Connection, schema: Schema, words: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        name = self._name("population.yaml")
        file, lines = yaml.read_as(self._path("population.yaml"), name, PopulationFile)
        for i, entry in enumerate(file.tables):
            line = lines.of(f"$.tables[{i}]")
            for trouble in check_population(schema, [entry], words):
                raise PackError(trouble, file=name, line=line)
            for sql, place in _population_sql(entry):
                check(db, sql, place, file=name, line=line)
                unknown = parameters(sql) - _row_names(db, entry)
                if unknown:
                    raise PackError(f"no column or name {sorted(unknown)} for {sql!r}", file=name, line=line)
        return file.tables

    def _columns_exist(self, schema: Schema) -> None:
        ignored = [(column, f"$.ignored_columns[{i}]") for i, column in enumerate(self.file.ignored_columns)]
        for column, path in (*ignored, *((column, "$.types") for column in self.file.types)):
            if column not in schema.canonical:
                raise self._wrong(f"no column {column}.{did_you_mean(column, schema.canonical)}", path)

    def _invariants(self, db: apsw.Connection) -> tuple[tuple[str, str], ...]:
        for i, invariant in enumerate(self.file.invariants):
            check(db, invariant.sql, "read", file=self._name("pack.yaml"), line=self.lines.of(f"$.invariants[{i}]"))
            if parameters(invariant.sql):
                raise self._wrong(f"an invariant has no parameters: {invariant.sql}", f"$.invariants[{i}]")
        return tuple((invariant.say, invariant.sql) for invariant in self.file.invariants)

    def _rules(self) -> dict[str, RuleSpec]:
        file, lines = yaml.read_as(self._path("rules.yaml"), self._name("rules.yaml"), RulesFile)
        out: dict[str, RuleSpec] = {}
        for i, rule in enumerate(file.rules):
            if rule.id in out:
                line = lines.of(f"$.rules[{i}].id")
                raise PackError(f"a second rule {rule.id}", file=self._name("rules.yaml"), line=line)
            out[rule.id] = rule
        return out

    def _check_rules(
        self, db: apsw.Connection, rules: Mapping[str, RuleSpec], tools: Mapping[str, Tool]
    ) -> dict[str, tuple[tuple[str, str], ...]]:
        name = self._name("rules.yaml")
        _, lines = yaml.read_as(self._path("rules.yaml"), name, RulesFile)
        because: dict[str, tuple[tuple[str, str], ...]] = {}
        for i, rule in enumerate(rules.values()):
            line = lines.of(f"$.rules[{i}]")
            for tool in rule.governs:
                if tool not in tools:
                    raise PackError(
                        f"rule {rule.id} governs unknown tool {tool}.{did_you_mean(tool, tools)}", file=name, line=line
                    )
                known = set(tools[tool].spec.parameters)
                for sql in (rule.allowed, *filter(None, [rule.because])):
                    check(db, sql, "read", file=name, line=line)
                    unknown = parameters(sql) - known
                    if unknown:
                        raise PackError(
                            f"rule {rule.id}: {tool} has no parameter {sorted(unknown)}; it has {sorted(known)}",
                            file=name,
                            line=line,
                        )
            because[rule.id] = origins(db, rule.because) if rule.because else ()
            check_names(f"rule {rule.id}: `because`", [column for column, _ in because[rule.id]], name, line)
        return because

    def _tools(self, db: apsw.Connection, schema: Schema, rules: Mapping[str, RuleSpec]) -> dict[str, Tool]:
        found: dict[str, tuple[ToolSpec, str, int, bool]] = {}
        for path in self.tool_files:
            name = f"{path.parent.name}/{path.name}"
            trusted = self.shipped or path.parent == places.root() / "tools_registry"
            file, lines = yaml.read_as(path, name, ToolsFile)
            here: set[str] = set()
            for i, spec in enumerate(file.tools):
                if spec.name in here:
                    raise PackError(f"a second tool {spec.name}", file=name, line=lines.of(f"$.tools[{i}].name"))
                here.add(spec.name)
                found.setdefault(spec.name, (spec, name, lines.of(f"$.tools[{i}]"), trusted))
        out: dict[str, Tool] = {}
        for i, name in enumerate(self.file.tools):
            if name not in found:
                line = self.lines.of(f"$.tools[{i}]")
                raise PackError(f"no tool {name}.{did_you_mean(name, found)}", file=self._name("pack.yaml"), line=line)
            spec, file, line, trusted = found[name]
            columns = check_tool(db, schema, spec, trusted, file, line)
            governing = tuple((rule.id, rule) for rule in rules.values() if name in rule.governs)
            out[name] = Tool(with_result(spec) if spec.played else spec, schema, columns, governing)
        return self._cast(out, schema)

    def _cast(self, tools: dict[str, Tool], schema: Schema) -> dict[str, Tool]:
        """The tools, with the pack's recordings behind those that are played."""
        parts = {name: Part(self.file.name, tool.spec, schema) for name, tool in tools.items() if tool.spec.played}
        shipped = read_shipped(self.recordings, self._name(RECORDINGS), tools, parts) if parts else {}
        return {n: t.played_by(Played(parts[n], shipped)) if n in parts else t for n, t in tools.items()}

    def _workflows(self, db: apsw.Connection, domain: Domain, wording: WordingFile) -> dict[str, Workflow]:
        out: dict[str, Workflow] = {}
        for path in sorted(self._path("workflows").glob("*.yaml")):
            name = self._name(f"workflows/{path.name}")
            spec, lines = yaml.read_as(self._path(f"workflows/{path.name}"), name, WorkflowSpec)
            if spec.name in out:
                raise PackError(f"a second workflow {spec.name}", file=name, line=lines.of("$.name"))
            check(db, spec.bind, "read", file=name, line=lines.of("$.bind"))
            tree = _tree(spec, name, lines)
            workflow = Workflow(spec, tree, origins(db, spec.bind))
            check_workflow(db, workflow, domain, wording, name, lines)
            out[spec.name] = workflow
        if not out:
            raise PackError("expected at least one workflow in workflows/*.yaml", file=self._name("workflows"))
        return out


def _tree(spec: WorkflowSpec, file: str, lines: yaml.Lines) -> Seq:
    for i, raw in enumerate(spec.do):  # by itself first, for the line
        try:
            parse([raw], file)
        except PackError as trouble:
            raise PackError(trouble.message, file=file, line=lines.of(f"$.do[{i}]")) from None
    return parse(spec.do, file)


def _forms(wording: WordingFile, part: str, split: Split) -> dict[str, tuple[str, ...]]:
    held: dict[str, list[str]] = getattr(wording.held_out, part)
    open_: dict[str, list[str]] = getattr(wording, part)
    if split == "train":
        return {name: tuple(forms) for name, forms in open_.items()}
    return {name: tuple(held.get(name) or open_[name]) for name in open_}


def _row_names(db: apsw.Connection, entry: Mapping[str, Any]) -> set[str]:
    """What `$name` may be in the columns of an entry."""
    given = {name for name, _ in origins(db, str(entry["each"]))} if "each" in entry else set[str]()
    return given | set(entry.get("columns", {}))


def _population_sql(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "sql" in entry:
        yield str(entry["sql"]), "write"
    if "each" in entry:
        yield str(entry["each"]), "read"
    for spec in entry.get("columns", {}).values():
        if "sql" in spec:
            yield f"SELECT {spec['sql']}", "read"
        if "reference" in spec:
            table, _, column = str(spec["reference"]).partition(".")
            where = f" WHERE {spec['where']}" if "where" in spec else ""
            yield f'SELECT "{column}" FROM "{table}"{where}', "read"
