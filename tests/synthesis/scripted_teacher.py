"""A teacher whose answers are written here: good ones for a small domain, and whatever a test puts before them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from tests.llm.server import Body, words

Answer = dict[str, Any]
Amiss = Mapping[str, list[Any]]
"""Stage -> what is answered first: text and messages as they are, other data as JSON, a function of the good answer."""

BOATS = (
    "Albatross", "Bittern", "Curlew", "Dunlin", "Egret", "Fulmar", "Gannet", "Heron", "Ibis", "Jackdaw", "Kestrel",
    "Lapwing", "Merlin", "Nuthatch", "Osprey", "Petrel", "Quail", "Redshank",
)  # fmt: skip


def column(name: str, kind: str, values: Any = (), low: int = 0, high: int = 0) -> Answer:
    return {"name": name, "kind": kind, "values": list(values), "low": low, "high": high}


def act(name: str, description: str, does: str, **more: Any) -> Answer:
    blank = {"table": "moorings", "column": "", "value": "", "amount": 0, "only_column": "", "only_value": ""}
    return {"name": name, "description": description, "does": does, **blank, **more}


def look(name: str, description: str, table: str, shows: str, of: str = "", by: str = "") -> Answer:
    return {"name": name, "description": description, "table": table, "shows": shows, "of": of, "by": by}


def rule(tool: str, place: str, test: str, value: str = "", number: int = 0) -> Answer:
    return {"tool": tool, "column": place, "test": test, "value": value, "number": number}


GOOD: dict[str, Answer] = {
    "persona": {
        "place": "a small marina", "caller": "skipper",
        "about": "Skippers call about the moorings that they rent and about the dues on them.",
    },
    "domain": {
        "tables": [
            {"name": "skippers", "belongs_to": [], "columns": [
                column("name", "person"), column("phone", "phone"), column("standing", "state", ["new", "proven"]),
            ]},
            {"name": "moorings", "belongs_to": ["skippers"], "columns": [
                column("boat", "title", BOATS), column("paid_until", "day", low=-20, high=60),
                column("state", "state", ["rented", "given up"]), column("length", "number", low=4, high=18),
            ]},
        ],
        "caller": "skippers", "known_by": ["phone"],
    },
    "tools": {
        "looks": [look("list_moorings", "The moorings of a skipper.", "moorings", "list", of="skippers")],
        "acts": [
            act("give_up_mooring", "Give up a rented mooring.", "set", column="state", value="given up",
                only_column="state", only_value="rented"),
            act("prolong_mooring", "Prolong a mooring by a month.", "move", column="paid_until", amount=30),
        ],
    },
    "rules": {"rules": [rule("give_up_mooring", "moorings.length", "at_most", number=10),
                        rule("prolong_mooring", "skippers.standing", "is", "proven")]},
    "workflows": {"wishes": [{"tools": ["give_up_mooring"]}, {"tools": ["prolong_mooring"]}]},
}  # fmt: skip

FORMS = {
    "train": [
        "I would like to {wants}. {about}",
        "Hello there, could you {wants} for me? {about}",
        "{about} Please {wants}.",
        "We have talked it over at home, and the wish is this: {wants}. {about}",
        "{about} How do I {wants}, please?",
        "Is somebody there who could {wants}? {about}",
        "I was told that this is the right number to {wants}. {about}",
        "It may sound sudden, but {wants} is what I am calling for. {about}",
    ],
    "test": [
        "Good to reach somebody at last: {wants}, if that can be done. {about}",
        "{about} My hope is that you {wants}.",
        "{about} I leave it to you when, but do {wants}.",
        "Kindly {wants} as soon as you get round to it. {about}",
    ],
}


def openings(given: Answer) -> Answer:
    places = " and then ".join("{" + place + "}" for place in given["places"])
    about = f"The matter at hand: {places}." if places else ""
    wants = given["wants"].removeprefix("have somebody ").removeprefix("know ")
    return {
        split: [form.replace("{wants}", wants).replace("{about}", about).strip() for form in forms[: given[split]]]
        for split, forms in FORMS.items()
    }


def good(stage: str, given: Answer) -> Answer:
    """The good answer to a question."""
    if stage in ("openings", "paraphrases"):
        return openings(given)
    if stage == "notes":
        note = "Look the mooring up first, and read the change back before it is made."
        return {"notes": [{"workflow": one["workflow"], "note": note} for one in given["workflows"]]}
    return deepcopy(GOOD[stage])


def stage_of(body: Body) -> str:
    return body["response_format"]["json_schema"]["name"]


def document_of(body: Body) -> Answer:
    return json.loads(body["messages"][1]["content"])


def scripted(amiss: Amiss | None = None) -> Callable[[Body], Body]:
    """The model behind a fake server: a stage's first answers are those that a test gives, then come good ones."""
    left = {stage: list(answers) for stage, answers in (amiss or {}).items()}

    def model(body: Body) -> Body:
        stage = stage_of(body)
        answer: Any = good(stage, document_of(body)["given"])
        if left.get(stage):
            first = left[stage].pop(0)
            answer = first(answer) if callable(first) else first
        if isinstance(answer, dict) and "role" in answer:
            return answer
        return words(answer if isinstance(answer, str) else json.dumps(answer))

    return model
