"""Packs from OpenAPI documents: what can be read off is, what cannot is listed, and nothing in one does anything."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agentgym.certify import certify_pack
from agentgym.errors import UsageError
from agentgym.pack import Pack, forget, load
from agentgym.policies import policy
from agentgym.rollout import play
from agentgym.synthesis.resources import document, things
from agentgym.synthesis.resources.document import read_document
from agentgym.synthesis.resources.read_openapi import read_openapi
from agentgym.synthesis.resources.resource import from_file, pack_from
from agentgym.synthesis.resources.skeleton import NOTES, Skeleton
from agentgym.synthesis.resources.tables import TABLES, plain

DOCUMENTS = Path(__file__).parent.parent / "data" / "documents"
LIBRARY, GARAGE = DOCUMENTS / "library.yaml", DOCUMENTS / "garage.json"


def tools_of(found: Skeleton) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool for tool in found.draft.files["tools"]["tools"]}


def written(tmp_path: Path, content: Any, name: str = "api.json") -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def api(schemas: dict[str, Any], paths: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"openapi": "3.0.3", "paths": paths or {}, "components": {"schemas": schemas}}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"id": {"type": "integer"}, **properties}}


def person(**more: Any) -> dict[str, Any]:
    return thing(name={"type": "string"}, phone={"type": "string"}, **more)


def test_tables_of_a_document(tmp_path: Path) -> None:
    found = from_file(LIBRARY, "library")
    pack = found.draft.write(tmp_path / "library")
    kinds, tables = pack.domain.types, pack.domain.schema.tables
    assert set(tables) == {"books", "members", "loans", "reservations", "handovers"}
    for column, kind in {
        "members.full_name": "name", "members.email": "email", "members.phone": "phone", "members.tier": "enum",
        "members.joined_on": "date", "books.title": "name", "books.pages": "number", "loans.due_on": "date",
        "loans.fine": "money", "reservations.created_at": "datetime",
    }.items():  # fmt: skip
        assert kinds[column] == kind, column
    assert tables["loans"].references["book_id"] == ("books", "book_id"), "a reference within allOf"
    assert tables["loans"].references["member_id"] == ("members", "member_id"), "read off /members/{id}/loans"
    assert tables["reservations"].references["book_id"] == ("books", "book_id"), "isbn is a book's key"
    assert pack.image("train", 0).query("SELECT min(pages) >= 20 AND max(pages) <= 900 FROM books") == [(1,)]
    names = {s: {n for (n,) in pack.image(s, 1).query("SELECT full_name FROM members")} for s in ("train", "test")}
    assert names["train"]
    assert not names["train"] & names["test"]
    notes = "\n".join(found.notes)
    for said in ("Member.passwordHash: left out, since it looks like a secret", "Address: left out, since it has no id",
                 "Member.card: left out, since it refers to another document, and nothing is fetched",
                 "Loan.parent: left out", "Book.weight: left out, since it has fractions",
                 "Member.phone: always has a value here", "audit_loan: left out, since what it does",
                 "GET /health (health): left out"):  # fmt: skip
        assert said in notes


def test_tools_of_a_document(tmp_path: Path) -> None:
    found = from_file(LIBRARY, "library")
    tools = tools_of(found)
    assert tools["return_loan"]["sql"] == ["UPDATE loans SET status = 'returned' WHERE loan_id = :loan_id"]
    assert tools["renew_loan"]["sql"] == ["UPDATE loans SET due_on = :day WHERE loan_id = :loan_id"]
    assert list(tools["update_member"]["parameters"]) == ["member_id", "value"], "joinedOn is read-only"
    assert {"update_reservation_pickup", "update_reservation_wanted_on", "cancel_reservation"} <= tools.keys()
    assert "update_reservation_status" not in tools, "read-only"
    assert list(tools["create_reservation"]["parameters"]) == ["member_id", "book_id", "pickup"]
    assert tools["list_loans_of_member"]["description"] == "List the loans of a member."
    assert tools["return_loan"]["description"] == "Return a loan.", "said to be called, not to be told"
    assert tools["find_books"]["parameters"]["title"]["refers_to"] == "books.title"
    made_up = next(note for note in found.notes if note.startswith("made up"))
    assert "get_reservation" in made_up
    assert "get_loan" not in made_up


def test_what_a_description_says_beyond_names_stays_outside(tmp_path: Path) -> None:
    found = from_file(LIBRARY, "library")
    assert tools_of(found)["delete_loan"]["description"] == "Delete a loan for good."
    pack = found.draft.write(tmp_path / "library")
    everything = "".join(path.read_text() for path in pack.content.folder.rglob("*") if path.is_file())
    assert "evil" not in everything
    assert "instructions" not in everything


def test_swagger_2(tmp_path: Path) -> None:
    found = from_file(GARAGE, "garage")
    tools = tools_of(found)
    pack = found.draft.write(tmp_path / "garage")
    tables = pack.domain.schema.tables
    assert set(tables) == {"customers", "vehicles", "repair_jobs", "tyre_sets", "handovers"}
    assert tables["vehicles"].references == {"customer_id": ("customers", "customer_id")}, "a list within a customer"
    assert "drop_off_day" in tables["repair_jobs"].columns, "of the schema that it is made from"
    assert "find_customer" in tools
    assert tools["jobs_approve"]["sql"][0].startswith("UPDATE repair_jobs SET quote = 'approved'")
    assert tools["jobs_approve"]["description"] == "Approve a repair job."
    assert tools["update_repair_job_status"]["parameters"]["value"]["enum"] == ["planned", "in progress", "done"]
    assert "tyres_patch" in tools
    assert "customers_controller_remove: left out, since others belong to a customer" in found.notes


@pytest.mark.slow
@pytest.mark.parametrize("path", [LIBRARY, GARAGE], ids=["library", "garage"])
def test_a_pack_of_it_is_proved(path: Path, tmp_path: Path) -> None:
    made, notes = pack_from(path, tmp_path / path.stem)
    pack = load(tmp_path / path.stem)
    assert 5 <= len(made.admitted) <= 8, "those that differ, of the eight asked for"
    assert made.grown
    for split in ("train", "test"):
        report = certify_pack(pack, range(50, 62), split)
        assert report.ok, report.failures
    assert [play(pack, pack.task(seed), policy("oracle")).score for seed in range(8)] == [1] * 8
    text = (tmp_path / path.stem / NOTES).read_text()
    assert all(note in text for note in notes)


def test_the_same_bytes(tmp_path: Path) -> None:
    one, two = from_file(LIBRARY, "library"), from_file(LIBRARY, "library")
    assert one == two
    assert one.draft.write(tmp_path / "a" / "library").digest == two.draft.write(tmp_path / "b" / "library").digest


def test_what_is_sent_and_shown_are_forms_of_a_thing(tmp_path: Path) -> None:
    fields = {"name": {"type": "string"}, "cpf_number": {"type": "string"}}
    schemas = {
        "EmployeeResponseDto": thing(**fields, kind={"type": "string", "enum": ["doctor", "nurse"]}),
        "CreateEmployeeDto": {"type": "object", "properties": {"id": {}, "password": {"type": "string"}}},
        "Shift": thing(employeeId={"type": "integer"}, on={"type": "string", "format": "date"}),
        "ShiftResponse": {"type": "object", "properties": {"id": {}, "shift": {"$ref": "#/components/schemas/Shift"}}},
        "ShiftsResponse": {"properties": {"shifts": {"items": {"$ref": "#/components/schemas/Shift"}}, "id": {}}},
        "OrderItem": thing(employee={"$ref": "#/components/schemas/EmployeeResponseDto"}, x={"type": "boolean"}),
        "LeaveRequest": thing(employee_id={"type": "integer"}, state={"type": "string", "enum": ["open", "approved"]}),
    }
    found = from_file(written(tmp_path, api(schemas)), "staff")
    tables = found.draft.write(tmp_path / "staff").domain.schema.tables
    assert set(tables) == {"employees", "shifts", "order_items", "leave_requests", "handovers"}
    assert list(tables["employees"].columns) == ["employee_id", "name", "cpf_number", "kind"]
    assert set(tables["shifts"].references) == {"employee_id"}


def test_keys_flags_and_tools_of_one_name(tmp_path: Path) -> None:
    link = {"$ref": "#/components/schemas/Genre"}
    schemas = {
        "User": thing(email={"type": "string"}, name={"type": "string"}),
        "Genre": {"type": "object", "properties": {"name": {"type": "string"}, "adult": {"type": "boolean"}}},
        "Film": thing(genre=link, name={"type": "string"}, user_id={"type": "integer"}, archived={"type": "boolean"},
                      sort={"type": "string", "enum": ["a", "b"]}),
    }  # fmt: skip
    paths = {
        "/genres/{name}": {"get": {"responses": {"200": {"content": {"a/json": {"schema": link}}}}}},
        "/films/{id}/archive": {"post": {"operationId": "find_user"}},
        "/films/{id}": {"delete": {"operationId": "find_user"}, "get": {"operationId": "wait"}},
    }
    found = from_file(written(tmp_path, api(schemas, paths)), "films")
    pack = found.draft.write(tmp_path / "films")
    assert set(pack.domain.schema.tables["films"].references) == {"genre_id", "user_id"}, "a name is nobody's key"
    tools = tools_of(found)
    assert tools["find_user_film"]["sql"] == ["UPDATE films SET archived = 'yes' WHERE film_id = :film_id"]
    assert tools["find_user_film_2"]["sql"] == ["DELETE FROM films WHERE film_id = :film_id"]
    assert "get_film" in tools
    assert "wait: called get_film, since there is another tool of that name" in found.notes


# --- who calls ---


def test_who_could_call_is_said(tmp_path: Path) -> None:
    shelf = {"Book": thing(title={"type": "string"}), "Copy": thing(book={"$ref": "#/components/schemas/Book"},
             state={"type": "string", "enum": ["in", "out"]})}  # fmt: skip
    path = written(tmp_path, api(shelf))
    with pytest.raises(UsageError, match="--caller TABLE what is missing is made up; there are: Book, Copy"):
        from_file(path, "shelf")
    with pytest.raises(UsageError, match="no table Reader that could be read; there are: Book, Copy"):
        from_file(path, "shelf", "Reader")
    found = from_file(path, "shelf", "book")
    pack = found.draft.write(tmp_path / "shelf")
    assert list(pack.domain.tools["find_book"].spec.parameters) == ["code"]
    assert "Book.code is made up: there has to be something by which a caller is known" in found.notes


def test_what_belongs_to_nobody_becomes_the_callers(tmp_path: Path) -> None:
    parts = {"User": thing(email={"type": "string", "format": "email"}, name={"type": "string"}),
             "Ticket": thing(state={"type": "string", "enum": ["open", "closed"]})}  # fmt: skip
    paths = {"/tickets/{id}/close": {"post": {"operationId": "closeTicket"}}}
    found = from_file(written(tmp_path, api(parts, paths)), "desk", "User")
    assert "Ticket: each belongs to one user, which is made up: nothing refers to that" in found.notes
    tools = tools_of(found)
    assert {"list_tickets_of_user", "close_ticket"} <= tools.keys()
    with pytest.raises(UsageError, match="User cannot call: there is nothing else"):
        from_file(written(tmp_path, api({"User": parts["User"]})), "desk", "User")


# --- what is odd, and what is hostile ---


def test_odd_names_are_no_trouble(tmp_path: Path) -> None:
    schemas = {
        "Person": person(),
        "Order": thing(personId={"type": "integer"}, select={"type": "integer"},
                       **{'a"; DROP TABLE people; --': {"type": "integer"}, "\x1b[2Jx\n": {"type": "integer"},
                          "état": {"type": "boolean"}, "ORDER": {"type": "boolean"}, "order": {"type": "boolean"},
                          "person_id": {"type": "integer"}, "order_id": {"type": "integer"}}),
        "orders": thing(who={"$ref": "#/components/schemas/Person"}, x={"type": "integer"}),
        "handover": thing(person={"$ref": "#/components/schemas/Person"}),
        "Ωmega": thing(person={"$ref": "#/components/schemas/Person"}),
    }  # fmt: skip
    found = from_file(written(tmp_path, api(schemas)), "odd")
    pack = found.draft.write(tmp_path / "odd")
    tables = pack.domain.schema.tables
    assert {"people" if "people" in tables else "persons", "orders"} <= set(tables)
    assert "select_" in tables["orders"].columns
    assert all(note.isprintable() for note in found.notes)
    assert certify_pack(pack, range(3)).ok


def test_references_that_lead_nowhere(tmp_path: Path) -> None:
    wide = {
        f"P{i}": {"allOf": [{"$ref": f"#/components/schemas/P{(i + k) % 40}"} for k in range(12)]} for i in range(40)
    }
    schemas = {
        "Person": person(me={"$ref": "#/components/schemas/Person"}, on={"$ref": "#/nowhere"},
                        bad={"$ref": 7}, file={"$ref": "file:///etc/passwd"},
                        loop={"$ref": "#/components/schemas/Loop"}),
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Ticket": thing(person={"$ref": "#/components/schemas/Person"}, open={"type": "boolean"}),
    }  # fmt: skip
    found = from_file(written(tmp_path, api(schemas)), "loops")
    notes = "\n".join(found.notes)
    for said in ("Loop: left out, since its references lead on and on", "Person.on: left out, since what it refers to",
                 "Person.file: left out, since it refers to another document", "Person.loop: left out"):  # fmt: skip
        assert said in notes
    began = time.monotonic()
    with pytest.raises(UsageError, match="lead to more than"):
        from_file(written(tmp_path, api({**schemas, **wide})), "loops")
    assert time.monotonic() - began < 5


def test_of_much_the_most_spoken_of_is_read(tmp_path: Path) -> None:
    schemas = {f"A{i:03}": thing(flag={"type": "boolean"}) for i in range(200)}
    schemas |= {"Zebra": person(), "Zone": thing(zebra={"$ref": "#/components/schemas/Zebra"}, x={"type": "boolean"})}
    schemas["Zebra"]["properties"] |= {f"p{i}": {"type": "integer"} for i in range(500)}
    paths = {"/zones/{id}": {"patch": {"requestBody": {"content": {"a/json": {"schema": {"properties": {"x": {}}}}}}}}}
    found = from_file(written(tmp_path, api(schemas, paths)), "many")
    pack = found.draft.write(tmp_path / "many")
    assert len(pack.domain.schema.tables) == 25
    assert {"zebras", "zones"} <= set(pack.domain.schema.tables)
    assert "update_zone" in pack.tools
    assert any(note.startswith("only 24 of 202 kinds") for note in found.notes)
    assert any(note.startswith("Zebra: only 31 of 503") for note in found.notes)
    noisy = api(
        {"P": person(), "T": thing(p={"$ref": "#/components/schemas/P"})},
        {f"/n{i}": {"get": {"summary": "?"}} for i in range(900)},
    )
    notes = from_file(written(tmp_path, noisy), "noisy").notes
    assert len(notes) == 301
    assert notes[-1].endswith("more")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither an SQLite file, nor an OpenAPI document"),
        (b"\x89PNG\r\n\x1a\n", "is no UTF-8 text"),
        ("openapi: 3.0.0\n".encode("utf-16"), "is no UTF-8 text"),
        ("openapi: 3.0.0\n".encode("utf-16-le"), "NUL characters"),
        ('{"openapi": "3.0.0", "info": "caf\u00e9"}'.encode("latin-1"), r"is no UTF-8 text \(byte"),
        (b'{"openapi": "3.0.0"', "cannot be read, "),
        (b'{"openapi": "3.0.0", "openapi": "3.0.1"}', "'openapi' stands twice"),
        (b"openapi: 3.0.0\nopenapi: 3.0.1\n", "'openapi' stands twice"),
        (b'{"openapi": "3.0.0", "x": ' + b"9" * 5000 + b"}", "neither an SQLite file"),
        (b'{"openapi": "3.0.0", "x": NaN}', "NaN is no number of JSON"),
        (b'{"openapi": "3.0.0", "x": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"openapi": "3.0.0", "paths": {}}', "nothing in it could be a table"),
        (b"openapi: 3.0.0\nx: " + b"[" * 200_000, "nested too deeply"),
        (b"openapi: 3.0.0\na: &a [x]\nb: *a\n", "line 3: aliases"),
        (b"openapi: !!python/object/apply:os.system ['true']\n", "line 1: tags"),
        (b"openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "line 2: a second document"),
        (b"openapi: 3.0.0\n? [a, b]\n: c\n", "names of properties are plain words"),
        (b"openapi: 3.0.0\n\tx: y\n", "line 2"),
        (b"openapi: 4.0.0\ncomponents: {}\n", "and it says 4.0.0"),
        (b"swagger: '1.2'\n", "and it says 1.2"),
        (b"swagger: 2.0\n", "nothing in it could be a table"),
        (b"just: some\nother: file\n", "nor what an MCP server answers to tools/list"),
        (b"[1, 2]", "nor what an MCP server answers to tools/list"),
        (b"null", "nor what an MCP server answers to tools/list"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        from_file(path, "x")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_what_is_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with pytest.raises(UsageError, match="larger than 8 MB"):
        from_file(path, "x")
    with pytest.raises(UsageError, match="no regular file"):
        read_document(tmp_path)


def test_yaml_means_what_json_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\ufeffa: [1, -2.5, 1e3, true, ~, 'no', no, 0x1F, 2026-03-09, \"x\\ty\"]\n200: {b: }\nc: |\n  two\n  lines\n"
    wanted = {"a": [1, -2.5, 1000.0, True, None, "no", "no", "0x1F", "2026-03-09", "x\ty"], "200": {"b": None},
              "c": "two\nlines\n"}  # fmt: skip
    path = written(tmp_path, text, "x.yaml")
    assert read_document(path) == wanted
    monkeypatch.delattr(document.yaml, "CSafeLoader", raising=False)
    assert read_document(path) == wanted, "without the C library"
    assert read_document(written(tmp_path, wanted)) == wanted


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6),
              st.sampled_from(["string", "integer", "object", "array", "date", "#/components/schemas/A"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from("type $ref allOf anyOf enum properties items format minimum".split()), inner
        ),
    ),
    max_leaves=6,
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(
        ["id", "A", "b", "a_id", "order", "status", "phone", "name", "value", "day", "B_id", "select", "$ref"]
    ),
    st.text(max_size=8),
)
PROPERTY = st.one_of(
    st.sampled_from([
        {"type": "string"}, {"type": "boolean"}, {"type": "integer"}, {"type": "string", "format": "date"},
        {"type": "string", "enum": ["open", "closed"]}, {"$ref": "#/components/schemas/A"},
        {"type": "array", "items": {"$ref": "#/components/schemas/B"}},
    ]),
    VALUES,
)  # fmt: skip
SCHEMAS = st.dictionaries(
    st.one_of(st.sampled_from(["A", "B", "a", "Order", "ACreate"]), st.text(max_size=5)),
    st.one_of(
        st.dictionaries(NAMES, PROPERTY, max_size=6).map(lambda properties: thing(**properties)),  # type: ignore[arg-type]
        VALUES,
    ),
    max_size=4,
)
PATHS = st.dictionaries(
    st.sampled_from(["/a", "/a/{id}", "/a/{id}/b", "/a/{id}/close", "/order/{x}", "b", "/{}", "/a/{id}:cancel"]),
    st.one_of(
        VALUES,
        st.dictionaries(
            st.sampled_from(["get", "put", "post", "delete"]),
            st.fixed_dictionaries(
                {},
                optional={"operationId": NAMES, "requestBody": VALUES, "summary": st.text(), "parameters": VALUES,
                          "responses": VALUES},
            ),
        ),
    ),
    max_size=3,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCHEMAS, PATHS, st.sampled_from(["", "A", "b"]))
def test_any_document_gives_a_pack_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, schemas: Any, paths: Any, caller: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = written(folder, api({"Person": person(), **schemas}, paths))
    found, refused = None, ""
    try:
        found = from_file(path, "any", caller)
    except UsageError as trouble:
        refused = str(trouble)
    assert "\n" not in refused
    if found is None:
        return
    pack: Pack = found.draft.write(folder / "any")
    assert pack.image("train", 0).query("SELECT count(*) FROM handovers") == [(0,)]
    assert all(note.isprintable() for note in found.notes)
    forget(pack)


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    from agentgym.cli import app

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(app, ["synth", "from", *(str(argument) for argument in arguments)])

    found = run(GARAGE, "--out", tmp_path / "made")
    assert found.exit_code == 0, found.output
    assert re.search("tools and [5-8] workflows", found.output)
    assert "RepairJob" in (tmp_path / "made" / NOTES).read_text()
    assert isinstance(run("--out", tmp_path / "other").exception, UsageError)
    assert isinstance(run(GARAGE, "--mcp", "x", "--out", tmp_path / "other").exception, UsageError)


def test_names_that_no_file_can_hold_reach_notes_as_they_can_be_printed(tmp_path: Path) -> None:
    document = api(
        {"Mem\ud800ber": person(), "Loan": thing(
            memBerId={"$ref": "#/components/schemas/Mem\ud800ber"}, other={"$ref": "#/components/schemas/Mem\ud800ber"},
            status={"enum": ["open", "done"]},
        )}
    )  # fmt: skip
    found = from_file(written(tmp_path, document), "x")
    assert "Loan.other: left out, a second reference to Mem?ber" in found.notes
    assert all(note.isprintable() for note in found.notes)


def test_of_a_document_that_speaks_of_very_much_each_thing_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def words(at: int) -> str:
        return "".join(chr(97 + int(digit)) for digit in f"{at:06}")

    schemas = {words(i): {"type": "object", "properties": {words(j): {"type": "integer"} for j in range(i, i + 30)}}
               for i in range(1000)}  # fmt: skip
    paths = {f"/{name}/{{{name}}}": {"get": {"responses": {"200": {"content": {"application/json": {
             "schema": {"$ref": f"#/components/schemas/{name}"}}}}}}} for name in schemas}  # fmt: skip
    paths |= {
        f"/things{i}/{{{words(2000 + i)}}}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {
         "type": "object", "properties": {words(2000 + i): {"type": "string"}}}}}}}}} for i in range(900)
    }  # fmt: skip
    calls: list[str] = []

    def counted(name: str, letter: str) -> str:
        calls.append(name)
        return plain(name, letter)

    monkeypatch.setattr(things, "plain", counted)
    assert len(read_openapi(api(schemas, paths), [])) == TABLES
    assert len(calls) < 200_000, "not each with each other"


def test_looks_that_a_pack_does_without_are_noted(tmp_path: Path) -> None:
    def shows(name: str, many: bool, called: str) -> dict[str, Any]:
        ref = {"$ref": f"#/components/schemas/{name}"}
        schema = {"type": "array", "items": ref} if many else ref
        content = {"application/json": {"schema": schema}}
        return {"get": {"operationId": called, "responses": {"200": {"content": content}}}}

    paths = {
        "/members": shows("Member", True, "searchMembers"), "/members/{id}": shows("Member", False, "readMember"),
        "/loans": shows("Loan", True, "allLoans"), "/loans/{id}": shows("Loan", False, "readLoan"),
    }  # fmt: skip
    loan = thing(memberId={"type": "integer"}, status={"enum": ["open", "done"]})
    found = from_file(written(tmp_path, api({"Member": person(), "Loan": loan}, paths)), "x")
    notes = "\n".join(found.notes)
    for said in (
        "read_member: left out, since who calls is found by find_member and shown by get_member",
        "search_members: left out, since who calls", "all_loans: left out, since rows are listed",
    ):  # fmt: skip
        assert said in notes
    assert "read_loan: left out" not in notes
    assert "read_loan" in tools_of(found)
