"""What the tests of the user share: the lexicon of the corpus, the common wording, a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from agentgym.types import Fact, Hand, Ledger, Lexicon, Revision, Value

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return msgspec.json.decode((ROOT / "tests/data/acts/lexicon.json").read_bytes(), type=Lexicon)


@pytest.fixture(scope="session")
def common() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "envs/common/wording.yaml").read_text())


DOCTOR = Value("Dr. Mona Adler", "name", "doctor", "doctors.name")
START = Value("2026-03-12 09:30", "datetime", "start", "appointments.starts_at")


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    """A user who wants to cancel, has a change of mind, a tool and a ladder."""
    return Ledger(
        wants="cancel my appointment",
        opening="I need to cancel my appointment with Dr. Mona Adler.",
        facts=(
            Fact("doctor", "Dr. Mona Adler", "name", "doctors.name", "opening"),
            Fact("phone", "555-123-4567", "phone", "patients.phone", aliases=("phone number",)),
            Fact("date_of_birth", "1980-05-17", "date", "patients.birth"),
            Fact("invoice", "I2041", "id", "invoices.invoice_id"),
            Fact("email", "kim@example.org", "email", "patients.email", "change"),
        ),
        readbacks=((DOCTOR, START),),
        revisions=(Revision((Value("A4821", "id", "appointment id"),), ("email",)),),
        hands=(Hand("read_card", ("read the code on your card",), {}, ("It says {code}.",), {"code": "cards.code"}),),
        strategy=("ask_again", "false_claim", "authority", "urgency", "plea"),
        claim="It is only the day after tomorrow.",
    )
