"""Every ordinary mistake of an author: an error with file, line and words that help."""

# ruff: noqa: E501  a table reads best with one case a line

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentgym.errors import NotFoundError, PackError
from agentgym.pack import load

Copy = Callable[[Mapping[str, Any]], Path]

# what -> (file, old, new, words of the message); the line is where the new text stands, or its block begins
MISTAKES: dict[str, tuple[str, str, str, list[str]]] = {
    # pack.yaml
    "an unknown key": ("pack.yaml", "limits: {", "limit: {", ["no field `limit`", "Did you mean `limits`"]),
    "a missing key": ("pack.yaml", "title: A lending library for the tests\n", "", ["title"]),
    "a wrong type": ("pack.yaml", 'release: "1"', "release: 1", ["Expected `str`"]),
    "another version": ("pack.yaml", "version: 1", "version: 2", ["2"]),
    "an unknown tool": ("pack.yaml", "[find_member,", "[find_membr,", ["no tool find_membr", "Did you mean `find_member`"]),
    "an unknown rubric": ("pack.yaml", "limits:", "rubric: defualt\nlimits:", ["no rubric defualt", "Did you mean `default`"]),
    "an unknown limit": ("pack.yaml", "turns: 30", "turn: 30", ["turn"]),
    "a limit of nothing": ("pack.yaml", "turns: 30", "turns: 0", ["at least 1"]),
    "no clock": ("pack.yaml", 'clock: ["2026-05-04 09:30", "2026-05-05 14:10"]', "clock: []", ["at least one moment"]),
    "a clock that is no moment": ("pack.yaml", "2026-05-04 09:30", "2026-05-04T09:30", ["YYYY-MM-DD HH:MM"]),
    "an unknown ignored column": ("pack.yaml", "loans.note", "loans.notes", ["no column loans.notes", "Did you mean `loans.note`"]),
    "an unknown typed column": ("pack.yaml", "items.title: name", "items.titel: name", ["items.titel", "Did you mean `items.title`"]),
    "an unknown semantic type": ("pack.yaml", "items.title: name", "items.title: nam", ["nam"]),
    "an invariant on nothing": ("pack.yaml", "FROM members WHERE present", "FROM member WHERE present", ["no such table", "member"]),
    # world.sql
    "a table that is not STRICT": ("world.sql", "loan_lines (loan_id)", "loan_lines (loan)", ["no such column"]),
    "a misspelt type": ("world.sql", "weight REAL", "weight REEL", ["REEL"]),
    "a reference to nothing": ("world.sql", "REFERENCES members", "REFERENCES member", ["unknown table member"]),
    # vocabulary.yaml, population.yaml
    "too short a list": ("vocabulary.yaml", "  colours:", "  few: [one]\n  colours:", ["few", "too short"]),
    "an unknown table": ("population.yaml", "table: members", "table: member", ["unknown table member", "Did you mean `members`"]),
    "an unknown column": ("population.yaml", "level: {choice", "levle: {choice", ["levle", "Did you mean `level`"]),
    "a column forgotten": ("population.yaml", "      desk: {value: null}\n", "", ["desk"]),
    "an unknown draw": ("population.yaml", "present: {value: 0}", "present: {valeu: 0}", ["expected one of", "value"]),
    "no draw": ("population.yaml", "present: {value: 0}", "present: 0", ["expected one of"]),
    "an unknown list": ("population.yaml", "{colours} {things}", "{colors} {things}", ["no vocabulary list colors"]),
    "weights of nothing": ("population.yaml", "{regular: 4, blocked: 1}", "{regular: 0}", ["choice", "not well formed"]),
    "rows in words": ("population.yaml", "rows: 16", "rows: sixteen", ["rows", "sixteen"]),
    "neither rows nor each": ("population.yaml", "    rows: 16\n", "", ["rows: N"]),
    "a misspelt field": ("population.yaml", "keep: 0.7", "kept: 0.7", ["kept"]),
    "a share above 1": ("population.yaml", "keep: 0.7", "keep: 70", ["keep", "between 0 and 1"]),
    "an unknown name in SQL": ("population.yaml", "$n * 0.25", "$m * 0.25", ["m", "$m"]),
    "a misspelt function": ("population.yaml", "substr(shelf, -2)", "substring_of(shelf, -2)", ["no such function"]),
    # tools.yaml
    "an unknown key of a tool": ("tools.yaml", "effect: irreversible", "efect: irreversible", ["no field `efect`", "Did you mean `effect`"]),
    "an unknown effect": ("tools.yaml", "effect: irreversible", "effect: final", ["final"]),
    "an unknown key of a parameter": ("tools.yaml", "refers_to: members.code", "refer_to: members.code", ["Did you mean `refers_to`"]),
    "a parameter of unknown type": ("tools.yaml", "{type: array,", "{type: list,", ["list"]),
    "a reference to an unknown column": ("tools.yaml", "refers_to: members.code", "refers_to: members.cod", ["members.cod", "Did you mean `members.code`"]),
    "an unknown parameter in SQL": ("tools.yaml", "WHERE code = :code", "WHERE code = :cod", ["unknown parameters", "cod"]),
    "a parameter with another sign": ("tools.yaml", "WHERE code = :code", "WHERE code = @cod", ["unknown parameters", "cod"]),
    "a parameter by number": ("tools.yaml", "WHERE code = :code", "WHERE code = ?", ["name"]),
    "an unknown column in SQL": ("tools.yaml", "SELECT member_id, name, level FROM", "SELECT member_id, nam, level FROM", ["no such column", "nam"]),
    "an unknown table in SQL": ("tools.yaml", "level FROM members WHERE code", "level FROM member WHERE code", ["no such table"]),
    "a write that is called a read": ("tools.yaml", "effect: irreversible", "effect: read", ["effect is write"]),
    "a syntax error": ("tools.yaml", "DELETE FROM loans WHERE", "DELETE loans WHERE", ["syntax error"]),
    "an unknown code": ("tools.yaml", "code: invalid", "code: wrong", ["wrong"]),
    "a sentence about nothing": ("tools.yaml", '"no loan {loan_id}"', '"no loan {loan}"', ["loan", "Did you mean `loan_id`"]),
    "a sentence about what is not shown": ("tools.yaml", '"no loan {loan_id}"', '"no loan {itme}", shows: SELECT loan_id AS item FROM loans', ["itme", "Did you mean `item`"]),
    "a sentence that shows by writing": ("tools.yaml", '"no loan {loan_id}"', '"no loan {loan_id}", shows: DELETE FROM loans', ["SELECT"]),
    "a type for no column": ("tools.yaml", "columns: {copies: number}", "columns: {copy: number}", ["copy"]),
    "an unknown type for a column": ("tools.yaml", "columns: {copies: number}", "columns: {copies: nummer}", ["Did you mean `number`"]),
    "a report of nothing": ("tools.yaml", "It says {code}.", "It says {cod}.", ["cod", "Did you mean `code`"]),
    "a tool twice": ("tools.yaml", "name: list_items", "name: find_member", ["second tool find_member"]),
    "a result without a name": ("tools.yaml", "returns: SELECT member_id, name, level", "returns: SELECT member_id, upper(name), level", ["find_member", "returns", "without a name", "AS name"]),
    "a result with an empty name": ("tools.yaml", "returns: SELECT member_id, name, level", 'returns: SELECT member_id, name AS "", level', ["returns", "without a name"]),
    "a reason without a name": ("rules.yaml", "because: SELECT due_on FROM loans", "because: SELECT date(due_on) FROM loans", ["because", "without a name", "AS name"]),
    "a tool without body": ("tools.yaml", "    returns: SELECT code FROM members WHERE present = 1\n", "", ["look_at_card", "expected"]),
    # rules.yaml
    "a rule for an unknown tool": ("rules.yaml", "tool: close_loan", "tool: close_lone", ["close_lone", "Did you mean `close_loan`"]),
    "a rule for no tool": ("rules.yaml", "    tool: close_loan\n", "", ["overdue"]),
    "an unknown argument in a rule": ("rules.yaml", "FROM loans WHERE loan_id = :loan_id", "FROM loans WHERE loan_id = :loan", ["no parameter", "loan"]),
    "a rule twice": ("rules.yaml", "id: overdue", "id: blocked", ["second rule blocked"]),
    "an unknown function in a rule": ("rules.yaml", "SELECT confirmed()", "SELECT conformed()", ["no such function", "conformed"]),
    # workflows
    "an unknown key of a workflow": ("workflows/weigh.yaml", "wants:", "want:", ["no field `want`", "Did you mean `wants`"]),
    "an unknown release": ("workflows/give_back.yaml", "release: opening", "release: open", ["open"]),
    "a fact of an unknown column": ("workflows/give_back.yaml", "value: $title", "value: $titel", ["titel", "bind"]),
    "an unknown node": ("workflows/weigh.yaml", "- let:", "- set:", ["expected one node", "let"]),
    "an unknown field of a node": ("workflows/give_back.yaml", "    as: member\n", "    is: member\n", ["no field", "is"]),
    "an unknown fact": ("workflows/weigh.yaml", "ask: [$code]", "ask: [$cod]", ["no fact cod", "Did you mean `code`"]),
    "a fact without $": ("workflows/weigh.yaml", "ask: [$code]", "ask: [code]", ["$name", "code"]),
    "an ask for what is said already": ("workflows/give_back.yaml", "ask: [$code]", "ask: [$title]", ["released opening", "asked"]),
    "a call of an unknown tool": ("workflows/weigh.yaml", "call: list_loans", "call: list_lones", ["no tool list_lones", "Did you mean `list_loans`"]),
    "a call of the user's tool": ("workflows/weigh.yaml", "call: list_loans", "call: look_at_card", ["look_at_card", "assistant"]),
    "an unknown argument": ("workflows/weigh.yaml", "with: {code: $code}", "with: {cod: $code}", ["no parameter cod"]),
    "an unknown name": ("workflows/weigh.yaml", "{member_id: $member.member_id}", "{member_id: $mebmer.member_id}", ["$mebmer", "Did you mean `member`"]),
    "an unknown column of a name": ("workflows/weigh.yaml", "{member_id: $member.member_id}", "{member_id: $member.memberid}", ["memberid", "Did you mean `member_id`"]),
    "an unknown name in a tree's SQL": ("workflows/weigh.yaml", "WHEN $total >", "WHEN $totl >", ["$totl", "Did you mean `total`"]),
    "an unknown rule": ("workflows/borrow.yaml", "decide: blocked", "decide: blokked", ["no rule blokked", "Did you mean `blocked`"]),
    "a refusal by an unknown rule": ("workflows/borrow.yaml", "refuse: blocked", "refuse: block", ["no rule block"]),
    "an arrangement of an unknown branch": ("workflows/weigh.yaml", "  light: [", "  lite: [", ["lite"]),
    "an arrangement of an unknown name": ("workflows/weigh.yaml", "WHERE item_id = $item_id", "WHERE item_id = $item", ["item", "bind"]),
    "twins that do not exist": ("workflows/weigh.yaml", "[[light, heavy]]", "[[light, heavvy]]", ["heavvy", "Did you mean `heavy`"]),
    "an unknown column in bind": ("workflows/weigh.yaml", "m.code, n.item_id", "m.cod, n.item_id", ["no such column"]),
    "a parameter in bind": ("workflows/weigh.yaml", "ORDER BY l.loan_id", "AND l.loan_id <> :x ORDER BY l.loan_id", ["bind", "x"]),
    "a fault of an unknown tool": ("workflows/weigh.yaml", "twins:", "faults: {light: [{tool: list_lones, kind: stale}]}\ntwins:", ["Did you mean `list_loans`"]),
    "a stale write": ("workflows/borrow.yaml", "twins:", "faults: {allowed: [{tool: open_loan, kind: stale}]}\ntwins:", ["open_loan", "tools that read"]),
    "a fault of an unknown kind": ("workflows/weigh.yaml", "twins:", "faults: {light: [{tool: list_loans, kind: slow}]}\ntwins:", ["slow"]),
    "an unknown limit of a workflow": ("workflows/weigh.yaml", "title:", "limits: {turn: 3}\ntitle:", ["Did you mean `turns`"]),
    "a workflow twice": ("workflows/weigh.yaml", "name: weigh", "name: borrow", ["borrow"]),
    # wording.yaml
    "too few openings": ("wording.yaml", '    - "What do my loans weigh altogether?"\n', "", ["4 openings for weigh", "at least 5"]),
    "an opening without its fact": ("wording.yaml", "I came for {title}.", "I came for something.", ["opening", "title"]),
    "an opening with another fact": ("wording.yaml", "I came for {title}.", "I came for {titel}.", ["titel"]),
    "a form without value": ("wording.yaml", "Code {value}.", "The code.", ["code", "{value}"]),
}  # fmt: skip
ELSEWHERE = {
    "too few openings": "workflows/weigh.yaml", "an opening without its fact": "workflows/borrow.yaml",
    "an opening with another fact": "workflows/borrow.yaml", "a form without value": "workflows/give_back.yaml",
    "an unknown tool": "pack.yaml",
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_words(pack_copy: Copy, what: str) -> None:
    file, old, new, words = MISTAKES[what]
    folder = pack_copy({file: (old, new)})
    with pytest.raises(PackError) as caught:
        load(folder)
    error = caught.value
    where = ELSEWHERE.get(what, file)
    assert error.file == f"mini/{where}", f"{error}"
    lines = (folder / where).read_text().split("\n")
    assert 1 <= error.line <= len(lines), f"{error}"
    if where == file and new:
        text = (folder / file).read_text()
        stands = text.count("\n", 0, text.rindex(new) if "twice" in what else text.index(new)) + 1
        block = lines[error.line - 1 : stands + new.count("\n")]
        assert error.line <= stands + new.count("\n"), f"line {error.line} is after line {stands}: {error}"
        assert len(block) <= 40, f"line {error.line} is far above line {stands}: {error}"
    for word in words:
        assert word in str(error), f"{word!r} is not in: {error}"
    assert str(error).startswith(f"mini/{where}:{error.line}: ")


RUBRICS = {
    "an unknown scorer": ("scorer: potental", ["Did you mean `potential`"]),
    "a beta above 1": ("beta: 1.3", ["beta", "between 0 and 1"]),
    "a kind that does not exist": ("weights: {confirm: 2}", ["confirm", "Did you mean `confirmed`"]),
    "a negative weight": ("weights: {confirmed: -1}", ["negative"]),
    "an unknown key": ("gamma: 0.9", ["no field `gamma`"]),
}


@pytest.mark.parametrize("what", RUBRICS)
def test_a_rubric_of_its_own_is_checked(pack_copy: Copy, what: str) -> None:
    line, words = RUBRICS[what]
    folder = pack_copy({"rubric.yaml": f"version: 1\n# its own\n{line}\n"})
    with pytest.raises(PackError) as caught:
        load(folder)
    assert (caught.value.file, caught.value.line) == ("mini/rubric.yaml", 3)
    for word in words:
        assert word in str(caught.value)


def test_a_rubric_of_its_own_counts(pack_copy: Copy) -> None:
    folder = pack_copy({"rubric.yaml": "version: 1\nbeta: 0.5\nprogress: 0\nweights: {confirmed: 2}\n"})
    pack = load(folder)
    assert (pack.rubric.beta, pack.rubric.progress, pack.rubric.weights) == (0.5, 0, {"confirmed": 2})


@pytest.mark.parametrize("file", ["rules.yaml", "world.sql", "population.yaml", "vocabulary.yaml", "wording.yaml"])
def test_a_missing_file_is_named(pack_copy: Copy, file: str) -> None:
    with pytest.raises(PackError, match="missing") as caught:
        load(pack_copy({file: None}))
    assert caught.value.file == f"mini/{file}"


def test_a_pack_without_tools_of_its_own_has_the_common_ones_alone(pack_copy: Copy) -> None:
    with pytest.raises(PackError, match="no tool find_member") as caught:
        load(pack_copy({"tools.yaml": None}))
    assert caught.value.file == "mini/pack.yaml"


def test_a_pack_without_workflows_is_refused(pack_copy: Copy) -> None:
    names = ("borrow", "give_back", "weigh")
    with pytest.raises(PackError, match="at least one workflow"):
        load(pack_copy({f"workflows/{name}.yaml": None for name in names}))


def test_a_name_that_does_not_exist_lists_those_that_do() -> None:
    with pytest.raises(NotFoundError) as caught:
        load("clinik")
    assert "Did you mean `clinic`?" in str(caught.value)
    with pytest.raises(NotFoundError):
        load("./no/such/folder")


def test_a_changed_pack_is_loaded_anew_and_an_equal_one_is_not(pack_copy: Copy) -> None:
    folder = pack_copy({})
    pack = load(folder)
    assert load(folder) is pack
    text = (folder / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(text.replace("borrows nothing", "cannot borrow"))
    changed = load(folder)
    assert changed is not pack
    assert changed.digest != pack.digest


def test_an_unknown_workflow_or_branch_is_not_found(mini: Any) -> None:
    with pytest.raises(NotFoundError, match="Did you mean `borrow`"):
        mini.task(0, workflow="borow")
    with pytest.raises(NotFoundError, match="Did you mean `denied`"):
        mini.task(0, workflow="borrow", branch="deniedd")
