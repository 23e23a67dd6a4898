"""The questions that a teacher is asked, in order."""

from __future__ import annotations

from agentgym.synthesis.teacher import forms
from agentgym.synthesis.teacher.ask import Stage

__all__ = ["DOMAIN", "NOTES", "OPENINGS", "PARAPHRASES", "PERSONA", "RULES", "TOOLS", "WORKFLOWS"]

PERSONA = Stage(
    "persona",
    "Think up a desk that people call: where it is, who calls, and what about. Let `given.words` lead you somewhere; "
    "they need not all be used.",
    forms.Persona,
)
DOMAIN = Stage(
    "domain",
    "Design the tables that the desk of `given.persona` works on. Callers own things; things have states, days, "
    "amounts and titles by which a caller can say which one is meant. A table that belongs to the caller's should have "
    "a title, person or day column. Ids are made by the program. No table may lead back to itself.",
    forms.Domain,
)
TOOLS = Stage(
    "tools",
    "Give the desk of `given` its tools. One that finds callers by what they are known by and one that shows a caller "
    "are there, and so is one that hands a caller over to colleagues. List what belongs to a caller, so that its keys "
    "can be found; change what a caller could want changed. Each description has the thing's name in the singular, "
    "as the table has it.",
    forms.Tools,
)
RULES = Stage(
    "rules",
    "Choose the desk's policy: when may a tool of `given.tools` be used? The program writes the sentences. About each "
    "rule there must be rows on either side, so stay inside the ranges and values of `given.domain`. Callers say which "
    "row of a table is meant by a day or moment, where it has one, else by a title: if there is only one such column, "
    "no rule can be about it.",
    forms.Rules,
)
WORKFLOWS = Stage(
    "workflows",
    "What do callers want of the desk of `given`? Name the tools with which each wish ends; the program finds what "
    "has to be looked up first. Prefer tools that `given.rules` are about.",
    forms.Wishes,
)
_WORDS = (
    "Write in different voices: short, chatty, formal, in a hurry. `{name}` stands for a value that the program fills "
    "in; each opening has each of `given.places` exactly once, in braces, and no others; `given.meaning` says what "
    "they stand for. It must not say, hint at or make up anything in `given.not_to_be_said`, nor any number, day, "
    "name, id or state of a thing; it says what is wanted and nothing else. At most 200 characters each."
)
OPENINGS = Stage(
    "openings",
    "Write the first words of a caller who wants `given.wants`: `given.train` openings for training and `given.test` "
    f"for tests, no two alike. {_WORDS}",
    forms.Openings,
)
PARAPHRASES = Stage(
    "paraphrases",
    "Say the openings of `given.known` in other words, with the same meaning: `given.train` new ones for training and "
    f"`given.test` for tests, unlike each other and unlike those known. The caller wants `given.wants`. {_WORDS}",
    forms.Openings,
)
NOTES = Stage(
    "notes",
    "For the people who read this content, note of each of `given.workflows` what a good agent does there under "
    "`given.rules`, and what is hard about it. Nobody is scored by these notes.",
    forms.Notes,
)
