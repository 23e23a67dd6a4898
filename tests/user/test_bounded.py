"""Messages that are one thing over and over are read in bounded time. One that is not would never end."""

from __future__ import annotations

import pytest

from agentgym.episode import Episode
from agentgym.pack import Pack
from agentgym.user.acts import derive


@pytest.mark.parametrize("before", ["", "R3: last valid ", "Rule R3: not ", "So that is no "])
@pytest.mark.parametrize(
    "again", ["6", "66 ", "r3 : ", ": ", "-", "0-", "so - ", "no, ", "that is ", "rule r3 ", "is it ", "a ", "1,"]
)
def test_repetition_does_not_multiply(clinic: Pack, before: str, again: str) -> None:
    with Episode(clinic, clinic.task(0)) as episode:
        lexicon = episode.lexicon
    text = before + again * (1_500 // len(again))
    assert derive(f"{text} x", lexicon) == derive(f"{text} x", lexicon)


def test_what_a_model_of_random_digits_said_is_read(clinic: Pack) -> None:
    """A reference of one long number used to be split in every way that there is."""
    with Episode(clinic, clinic.task(0)) as episode:
        text = f"So that is{'6' * 24}316 580, amount50, {'6' * 40} 40. It is 2026-03-10 13:30. R3: last valid"
        assert isinstance(derive(text, episode.lexicon), tuple)
