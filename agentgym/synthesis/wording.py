"""What the users of sampled workflows say first, of a request and of those that follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

__all__ = ["FURTHER", "openings"]

OPENINGS = {
    "train": ("Could you {asks}?", "I'd like you to {asks}, please.", "Could you help me? I need you to {asks}.",
              "It's about this: please {asks}.", "Please {asks}.", "I'm calling to ask you to {asks}."),
    "test": ("Would you be so kind as to {asks}?", "What I am after is that you {asks}.",
             "My wish today is simple: {asks}."),
}  # fmt: skip

FURTHER = {
    "train": ("Also, could you {asks}?", "One more thing: please {asks}.", "While I have you, I need you to {asks}.",
              "Next, please {asks}.", "And could you {asks}, too?", "There is more: I'd like you to {asks}."),
    "test": ("Now that this is behind us, would you {asks}?", "Besides, I should be glad if you could {asks}.",
             "Which leaves something else: {asks}, please."),
}  # fmt: skip
"""For what is wanted when the first is settled."""


def openings(
    asks: str, first: Sequence[str], meant: Sequence[str], label: Callable[[str], str],
    forms: Mapping[str, Sequence[str]] = OPENINGS,
) -> dict[str, list[str]]:  # fmt: skip
    """What is said first, by split: what is asked for, the facts `first`, what they are called, and which
    one is `meant`."""
    told = [(label(fact), f"{{{fact}}}") for fact in first]
    about = {
        "train": "".join(f" {'The' if at else 'It is about the'} {label}{' is' if at else ''} {fact}."
                         for at, (label, fact) in enumerate(told)),
        "test": f" What I can say: {'; '.join(f'the {label}, {fact}' for label, fact in told)}." if told else "",
    }  # fmt: skip
    for which in meant:
        about = {
            "train": f" I mean {which}.{about['train']}",
            "test": f"{about['test']} What I have in mind is {which}.",
        }
    return {split: [form.format(asks=asks) + about[split] for form in texts] for split, texts in forms.items()}
