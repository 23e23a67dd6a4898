"""Scores `derive` on labelled utterances: micro precision and recall over acts, and what is wrongly accepted.

A line of a corpus is `{"text": ..., "acts": [{"kind": ..., "facts"?, "rules"?, "tool"?}, ...], "tags"?: [...]}`.
Run it: `python -m tests.user.scoring CORPUS.jsonl LEXICON.json [--breakdown] [--misses]`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from agentgym.types import Lexicon
from agentgym.user.acts import derive

Item = tuple[str, str]


class Line(msgspec.Struct):
    """One labelled utterance."""

    text: str
    acts: list[dict[str, Any]] = []
    tags: list[str] = []


class Score(msgspec.Struct):
    """Counts over a corpus. `accepted` of `negated` lines had a report or refusal wrongly read from them."""

    right: int = 0
    extra: int = 0
    missed: int = 0
    negated: int = 0
    accepted: int = 0
    misses: list[tuple[str, list[Item], list[Item]]] = []

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.extra)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f} ({self.extra} extra), recall {self.recall:.4f} ({self.missed} missed), "
            f"{self.accepted} of {self.negated} negated or hedged lines accepted"
        )


def items(acts: Iterable[dict[str, Any]], lexicon: Lexicon) -> set[Item]:
    """Acts as items: one for each fact asked for, each tool requested, and one for the rules of a refusal together."""
    out: set[Item] = set()
    for act in acts:
        kind = str(act["kind"])
        if kind == "ask":
            asked: list[str] = list(act.get("facts") or [""])
            out |= {(kind, fact) for fact in asked}
        elif kind == "request":
            out.add((kind, str(act.get("tool", ""))))
        elif kind == "refuse":
            cited: list[str] = list(act.get("rules") or [])
            out.add((kind, ",".join(sorted(_rule(rule, lexicon) for rule in cited))))
        else:
            out.add((kind, ""))
    if any(kind == "ask" and fact for kind, fact in out):
        out.discard(("ask", ""))
    return out


def _rule(rule: str, lexicon: Lexicon) -> str:
    return f"R{lexicon.rules.index(rule) + 1}" if rule in lexicon.rules else rule


def lines(path: Path) -> list[Line]:
    """The labelled utterances of a JSONL file."""
    return [msgspec.json.decode(line, type=Line) for line in path.read_bytes().splitlines() if line.strip()]


def examples(path: Path) -> list[Line]:
    """The labelled utterances of the table in this folder: `kind[:name,name]; ... | utterance`."""
    out: list[Line] = []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        labels, _, text = line.partition(" | ")
        acts: list[dict[str, Any]] = []
        for label in labels.split(";"):
            kind, _, names = label.strip().partition(":")
            if kind and kind != "-":
                listed = [name for name in names.split(",") if name]
                acts.append({"kind": kind, "facts": listed, "rules": listed, "tool": "".join(listed)})
        tags = ["negated"] if "{neg}" in text else []
        out.append(Line(text.replace(" {neg}", "").replace("\\n", "\n"), acts, tags))
    return out


def score(corpus: Iterable[Line], lexicon: Lexicon) -> Score:
    """Scores `derive` on the corpus."""
    total = Score()
    for line in corpus:
        wanted = items(line.acts, lexicon)
        found = items(({**msgspec.structs.asdict(act)} for act in derive(line.text, lexicon)), lexicon)
        total.right += len(wanted & found)
        total.extra += len(found - wanted)
        total.missed += len(wanted - found)
        if {"negated", "hedged"} & set(line.tags):
            total.negated += 1
            verdicts = {"report", "refuse"}
            total.accepted += bool({kind for kind, _ in found} & verdicts - {kind for kind, _ in wanted})
        if wanted != found:
            total.misses.append((line.text, sorted(wanted - found), sorted(found - wanted)))
    return total


def breakdown(corpus: Iterable[Line], lexicon: Lexicon) -> list[str]:
    """Where the errors lie, in counts only, so that a corpus kept apart can be scored without being read."""
    kinds: Counter[tuple[str, str]] = Counter()
    swaps: Counter[tuple[str, str]] = Counter()
    tags: Counter[tuple[str, str]] = Counter()
    for line in corpus:
        wanted = items(line.acts, lexicon)
        found = items((msgspec.structs.asdict(act) for act in derive(line.text, lexicon)), lexicon)
        for name, group in (("right", wanted & found), ("extra", found - wanted), ("missed", wanted - found)):
            kinds.update((kind, name) for kind, _ in group)
        if wanted != found:
            missed = "+".join(sorted(kind + ("" if name else "()") for kind, name in wanted - found)) or "-"
            extra = "+".join(sorted(kind + ("" if name else "()") for kind, name in found - wanted)) or "-"
            swaps[missed, extra] += 1
        for tag in line.tags or ["(none)"]:
            tags[tag, "wrong" if wanted != found else "right"] += 1
    out = [
        f"  {kind:9} " + ", ".join(f"{kinds[kind, n]} {n}" for n in ("right", "extra", "missed"))
        for kind in sorted({k for k, _ in kinds})
    ]
    out += [f"  missed {missed}, read {extra}: {count}" for (missed, extra), count in swaps.most_common(40)]
    return out + [
        f"  tag {tag}: {tags[tag, 'wrong']} of {tags[tag, 'wrong'] + tags[tag, 'right']} lines wrong"
        for tag in sorted({t for t, _ in tags})
    ]


def main() -> None:
    corpus, names = Path(sys.argv[1]), Path(sys.argv[2])
    lexicon = msgspec.json.decode(names.read_bytes(), type=Lexicon)
    read = lines(corpus) if corpus.suffix == ".jsonl" else examples(corpus)
    total = score(read, lexicon)
    out = [str(total)]
    if "--breakdown" in sys.argv:
        out += breakdown(read, lexicon)
    if "--misses" in sys.argv:
        out += [f"  {text!r}  missed {missed}  extra {extra}" for text, missed, extra in total.misses]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
