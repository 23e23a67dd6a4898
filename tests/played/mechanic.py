"""A mechanic who plays `diagnose` of tests/packs/repair, in this process or behind the fake server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agentgym.tool import Question
from tests.llm.server import Body, Model, words

REPAIR = Path(__file__).resolve().parents[1] / "packs" / "repair"


def diagnosis(records: Mapping[str, Any]) -> dict[str, Any]:
    """The part that a symptom points to."""
    parts, symptom = records["parts"], records["machine"][0]["symptom"]
    return {"part_id": parts[len(symptom) % len(parts)]["part_id"], "percent": 70.0, "remark": None}


class Mechanic:
    """Answers as `answers` says, by default rightly; counts what it is asked."""

    name = "mechanic"

    def __init__(self, answers: Callable[[Question], object] | None = None) -> None:
        self.answers = answers or (lambda question: diagnosis(question.sees))
        self.asked: list[Question] = []

    def answer(self, question: Question) -> object:
        self.asked.append(question)
        return self.answers(question)


def served(wrong: Callable[[dict[str, Any], int], str] | None = None) -> Model:
    """The mechanic behind a server. `wrong` gives what it says instead, by the question and the number of tries."""

    def answer(body: Body) -> Body:
        messages = body["messages"]
        if messages[0]["role"] != "system":
            return words("OK")
        question = json.loads(messages[1]["content"])
        text = wrong(question, len(messages) // 2) if wrong else ""
        return words(text or f"<think>hm</think>```json\n{json.dumps(diagnosis(question['records']))}\n```")

    return answer
