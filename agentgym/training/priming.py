"""Teaching a model with random weights to copy, before and while it is taught anything else.

A pretrained model copies an id from a result into a call. A small one that begins with whole conversations takes ids
by heart instead, and calls tools with ids that it made up. What it lacks is attention that finds a value by what stands
beside it (Olsson et al. 2022, "In-context learning and induction heads"). `Recall` teaches that on lists of made-up
keys and values (the task of Arora et al. 2023, "Zoology"); `Redrawn` keeps it from taking anything by heart afterwards.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from operator import ge, gt, le, lt
from typing import Any

from agentgym.pack import Pack
from agentgym.pack.content import Split
from agentgym.seeding import stream as named
from agentgym.training.stream import Stream
from agentgym.training.thoughts import added, comparison
from agentgym.user import surface

__all__ = ["Days", "Recall", "Reckoning", "Redrawn", "Rows", "digit_tokens", "names", "small_forms", "words"]

GAP = 250
"""Most tokens of a conversation between a list and what is asked of it."""
ITEMS = 8
"""Of a list that is read or reckoned."""
_SIGNS = (("<=", le), (">=", ge), ("<", lt), (">", gt))
_MARKS = ('{"', ":", ",", '["', "=", "}")
_ID = re.compile(r"L\d{4,}|(?<=\d{3}-)\d{3}-\d{4}")
"""What `Redrawn` changes. All phone numbers begin alike: that is how they are found in words that are new."""
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w.-]+")
"""An e-mail address, in time that grows with the text and no faster."""
_WORD = re.compile("(?:\u0120|(?<![^\u010a]))[a-z]{2,}(?=[.,;:!?]*(?:[\u0120\u010a]|$))")
"""A whole word in small letters, as tokens are written: a blank is \u0120, the end of a line \u010a."""
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)


def words(packs: Iterable[Pack]) -> list[str]:
    """The capitalised words of the packs' vocabulary (names of people, firms, medicines), and all of `names`."""
    packs = list(packs)
    found = {word for pack in packs for split in pack.content.words for word in _capitalised(pack, split)}
    return sorted(found.union(names(packs)))


def names(packs: Iterable[Pack]) -> list[str]:
    """Words that occur in worlds of one split alone: nothing hangs on them, or the other split could not be solved.
    Those with a capital, and such entries as are one small word (a code word, a trade) and in no instruction."""
    kinds = (_capitalised, _small)
    return sorted({word for pack in packs for kind in kinds for word in kind(pack, "train") ^ kind(pack, "test")})


def _capitalised(pack: Pack, split: Split) -> set[str]:
    found = {word for entries in pack.content.words[split].values() for entry in entries for word in entry.split()}
    return {word for word in found if word.isalpha() and word[0].isupper()}


def _small(pack: Pack, split: Split) -> set[str]:
    instructions = set(re.findall("[a-z]+", f"{pack.policy} {pack.tools}"))
    found = {entry for entries in pack.content.words[split].values() for entry in entries}
    return {entry for entry in found if entry.isalpha() and entry.islower()} - instructions


def small_forms(names: Iterable[str], conversations: Iterable[Iterable[Mapping[str, str]]]) -> list[str]:
    """Names in small letters, where the assistant has to write some of them so: in an address. None of those that are
    words besides."""
    forms, plain, used = {name.lower() for name in names if not name.islower()}, set(names), False
    for conversation in conversations:
        for message in conversation:
            text = message["content"]
            parts = {part for address in _ADDRESS.findall(text) for part in re.findall("[a-z]+", address)}
            used = used or (message["role"] == "assistant" and not forms.isdisjoint(parts))
            plain |= forms.intersection(re.findall(r"\b[a-z]+\b", _ADDRESS.sub(" ", text)))
    return sorted(forms - plain) if used else []


def digit_tokens(tokenizer: Any) -> list[int]:
    """Ids of the tokens that are a single digit."""
    return [at for text, at in sorted(tokenizer.get_vocab().items()) if len(text) == 1 and text.isdecimal()]


class Recall:
    """Makes lists of made-up keys and values, in which every value is then asked for once, in another order.

    A value is several digits or several words: what comes after its first token is found by the tokens before it, and
    that is learned first. Values of one or two tokens are not learned in the same time (half of the loss was left after
    1,000 updates, where five tokens were recalled without error after 700).

    Args:
        tokenizer: digits have to be tokens of their own.
        words: further tokens that values are made of; those that are no tokens are left out.
        conversations: what stands between a list and its questions, once that is no longer easy.
    """

    def __init__(self, tokenizer: Any, words: Iterable[str], conversations: Sequence[Stream]) -> None:
        known: dict[str, int] = tokenizer.get_vocab()
        self._digits, self._conversations = digit_tokens(tokenizer), conversations
        self._words = [known[word] for word in words if word in known]
        self._any = sorted(known.values())
        self._marks = [tokenizer.encode(mark, add_special_tokens=False)[0] for mark in _MARKS]

    def __call__(self, draw: random.Random, stage: int) -> Stream:
        """A list and its questions. The loss is on the values.

        Args:
            stage: 0: six values of five tokens, written alike everywhere; 1: of any number and length, written in any
                way, and half of them known by numbers that differ in two digits only, as times of a day do; 2: with a
                part of a conversation before the questions, besides.
        """
        pool = self._words if self._words and draw.random() < 0.5 else self._digits
        count, length, key = 6, 5, 1
        marks = self._marks
        if stage:
            count, length, key = draw.randint(3, 8), draw.randint(2, 6), draw.randint(1, 2)
            marks = marks if draw.random() < 0.6 else draw.choices(self._any, k=len(marks))
        if stage and draw.random() < 0.5:
            keys = self._numbers(count, draw)
        else:
            keys = [[token, *draw.choices(self._any, k=key - 1)] for token in draw.sample(self._any, count)]
        values = [draw.choices(pool, k=length) for _ in keys]
        begin, between, end, ask, answer, after = ([mark] for mark in marks)
        backwards = draw.random() < 0.35  # as in a row of a result: the id comes before what it is known by
        stream = Stream()
        for one, other in zip(keys, values, strict=True):
            stream.given(begin + (other + between + one if backwards else one + between + other) + end)
        if stage > 1:
            stream.given(self._between(draw))
        for place in draw.sample(range(count), count):
            stream.given(ask + keys[place] + answer)
            stream.wrote(values[place])
            stream.given(after)
        return stream

    def _numbers(self, count: int, draw: random.Random) -> list[list[int]]:
        """Numbers that begin and end alike, with two digits of their own between."""
        begin, end = (draw.choices(self._digits, k=draw.randint(0, most)) for most in (6, 2))
        own = draw.sample([[one, other] for one in self._digits for other in self._digits], count)
        return [begin + digits + end for digits in own]

    def _between(self, draw: random.Random) -> list[int]:
        """A part of a conversation."""
        ids = draw.choice(self._conversations).ids
        size = draw.randint(0, min(GAP, len(ids)))
        at = draw.randint(0, len(ids) - size)
        return ids[at : at + size]


class Days:
    """Makes lists of days and moments as people say them, and in numbers.

    Args:
        tokenizer: digits have to be tokens of their own.
        packs: their clocks are the times that days lie about.
    """

    def __init__(self, tokenizer: Any, packs: Iterable[Pack]) -> None:
        self._encode = partial(tokenizer.encode, add_special_tokens=False)
        self._clocks = [datetime.fromisoformat(at) for pack in packs for at in pack.content.file.clock]

    def __call__(self, draw: random.Random) -> Stream:
        """A list. The loss is on the numbers."""
        now = draw.choice(self._clocks)
        forms = named("days", draw.getrandbits(32))
        stream = Stream()
        stream.given(self._encode(f"It is {now:%Y-%m-%d %H:%M}."))
        for _ in range(ITEMS):
            chance = draw.random()
            if chance < 0.4:
                kind, text = "datetime", f"{now + timedelta(minutes=draw.randint(-1440, 4320) // 5 * 5):%Y-%m-%d %H:%M}"
            else:  # or as when somebody was born
                far = draw.randint(-120, 60) if chance < 0.8 else -draw.randint(400, 32000)
                kind, text = "date", str(now.date() + timedelta(days=far))
            stream.given(self._encode(f" {surface(text, kind, forms)}."))
            stream.wrote(self._encode(f" {text}"))
            stream.given(self._encode(","))
        return stream


class Reckoning:
    """Makes lists of what thoughts reckon, step by step as they do: sums, and comparisons of numbers, days, moments.

    A model of a million parameters that could recall had 93 of 100 comparisons of days and 79 of numbers right after
    500 updates of 4 lists of them alone, and 46 of 100 sums after 400 of those. Of comparisons without the place where
    two first differ it had half right, by chance; of sums that were to be said at once 7 of 100 after 250 seconds.

    Args:
        tokenizer: digits have to be tokens of their own.
        packs: their clocks are the times that days lie about.
    """

    def __init__(self, tokenizer: Any, packs: Iterable[Pack]) -> None:
        self._encode = partial(tokenizer.encode, add_special_tokens=False)
        self._clocks = [datetime.fromisoformat(at) for pack in packs for at in pack.content.file.clock]

    def __call__(self, draw: random.Random) -> Stream:
        """A list, of sums or of comparisons. The loss is on each step and on what is true."""
        stream, reckon = Stream(), draw.choice((self._sum, self._compare))
        for _ in range(ITEMS):
            reckon(stream, draw)
            stream.given(self._encode(","))
        return stream

    def _sum(self, stream: Stream, draw: random.Random) -> None:
        total = self._amount(draw)
        stream.given(self._encode(f" amount {total}"))
        for _ in range(draw.randint(1, 2)):
            amount = self._amount(draw)
            steps = added(total, amount)
            stream.given(self._encode(f", amount {amount}"))
            stream.wrote(self._encode(f" ({', '.join(map(str, steps))})"))
            total = steps[-1]

    def _compare(self, stream: Stream, draw: random.Random) -> None:
        one, other = self._pair(draw)
        sign, holds = draw.choice(_SIGNS)
        given, reason = comparison(one, sign, other).rsplit(": ", 1)
        stream.given(self._encode(f" {given}"))
        stream.wrote(self._encode(f": {reason}, {'yes' if holds(one, other) else 'no'}"))

    def _pair(self, draw: random.Random) -> tuple[Any, Any]:
        """Two numbers, days or moments, often near each other, and now and then the same."""
        kind, off = draw.randrange(4), draw.choice((-1, 1)) * (draw.random() < 0.85)
        if kind < 2:
            one = self._amount(draw) if draw.random() < 0.8 else draw.randint(0, 20)
            near = max(0, one + off * int(10 ** draw.uniform(0, len(str(one)) - 0.3)))
            return one, near if draw.random() < 0.7 else self._amount(draw)
        now = draw.choice(self._clocks)
        if kind == 2:
            day = now + timedelta(days=draw.randint(-450, 400))
            then = day + off * timedelta(days=int(10 ** draw.uniform(0, 2.5)))
            return f"{day:%Y-%m-%d}", f"{then:%Y-%m-%d}"
        at = now + timedelta(minutes=draw.randint(-4320, 4320) // 5 * 5)
        then = at + off * timedelta(minutes=int(10 ** draw.uniform(0, 3.5)))
        return f"{at:%Y-%m-%d %H:%M}", f"{then:%Y-%m-%d %H:%M}"

    def _amount(self, draw: random.Random) -> int:
        """Of three to six digits, and of any unit: ones, fives, fifties, hundreds."""
        most, unit = 10 ** draw.uniform(2.5, 5.3), draw.choice((1, 5, 10, 25, 50, 50, 100))
        return max(1, draw.randint(int(most / 3), int(most)) // unit) * unit


class Rows:
    """Makes results of made-up rows, and goes through them up to the row that is meant as thoughts do: the id and the
    cell of each in turn, and what else is in the last.

    Models that had learned conversations alone now and then left rows out, gave two rows one id, or said the cell that
    they looked for in place of a row's own: about a third of the 69 tasks in 300 that one failed by.

    Args:
        tokenizer: digits have to be tokens of their own.
        words: further tokens that cells are made of.
        packs: their clocks are the times that days lie about.
    """

    def __init__(self, tokenizer: Any, words: Iterable[str], packs: Iterable[Pack]) -> None:
        self._encode = partial(tokenizer.encode, add_special_tokens=False)
        known: dict[str, int] = tokenizer.get_vocab()
        self._words = [word for word in words if word in known] or ["one", "two", "three"]
        self._keys = sorted(bare for text in known if re.fullmatch("[a-z]{3,}", bare := text.removeprefix("\u0120")))
        self._clocks = [datetime.fromisoformat(at) for pack in packs for at in pack.content.file.clock]

    def __call__(self, draw: random.Random) -> Stream:
        """Two lists, each with the row that is meant. The loss is on the way to that."""
        stream = Stream()
        for _ in range(2):
            letter, size, columns = chr(draw.randint(65, 90)), draw.randint(1, 6), draw.randint(2, 4)
            ids = [f"{letter}{draw.randrange(10**4, 10**6)}" for _ in range(size)]
            cells = list(zip(*(self._column(size, draw) for _ in range(columns)), strict=True))
            keys = draw.sample(self._keys, columns)
            table = [{"id": one, **dict(zip(keys, row, strict=True))} for one, row in zip(ids, cells, strict=True)]
            known = draw.choice(keys)
            sought = draw.choice(table)[known]
            meant = next(at for at, row in enumerate(table) if row[known] == sought)
            passed = [f"{row['id']} {row[known]}" for row in table[: meant + 1]]
            rest = [f"{key} {table[meant][key]}" for key in keys if key != known]
            stream.given(self._encode(f"{json.dumps(table, separators=(',', ':'))}\n{known} {sought}:"))
            stream.wrote(self._encode(f" {', '.join([*passed, *rest])}."))
            stream.given(self._encode("\n"))
        return stream

    def _column(self, size: int, draw: random.Random) -> list[int | str]:
        """Cells of one kind: two or three numbers, amounts, days, times of one day, names."""
        kind, clock = draw.randrange(5), draw.choice(self._clocks)
        if kind == 0:
            few = [draw.randint(0, 99) for _ in range(draw.randint(2, 3))]
            return [draw.choice(few) for _ in range(size)]
        if kind == 1:
            return [50 * draw.randint(20, 1200) for _ in range(size)]
        if kind == 2:
            return [str(clock.date() + timedelta(days=draw.randint(-120, 60))) for _ in range(size)]
        if kind == 3:
            day = clock.date() + timedelta(days=draw.randint(0, 10))
            minute = draw.randrange(0, 60, 10)
            return [f"{day} {hour:02d}:{minute:02d}" for hour in sorted(draw.sample(range(8, 18), size))]
        many = draw.randint(1, 2)
        return [" ".join(draw.choices(self._words, k=many)) for _ in range(size)]


class Redrawn:
    """Conversations with other ids, phone numbers and names in them, the same ones throughout a conversation.

    An id's digits change places (each 3, say, is an 8 in every id), and so do names. Amounts, dates and whatever else
    is compared or counted stay as they are, so that what is right to do stays right. In half of the conversations some
    words of the user, up to every other one, are exchanged for any others: a model that knows no language takes the
    wording by heart, and is lost where it is another. Words that a call passes on stay, and so do yes and no. A
    tokenizer in which no name is a token is that of a model that knows language, and there no word is exchanged.

    Args:
        tokenizer: digits have to be tokens of their own.
        names: the names that change, each among its like: small words, names that are tokens in small letters, too
            (these change with them), and other names. If one of its like is no token, none of them changes.
    """

    def __init__(self, tokenizer: Any, names: Sequence[str]) -> None:
        known: dict[str, int] = tokenizer.get_vocab()
        self._digits, self._decode = digit_tokens(tokenizer), tokenizer.decode
        whole = {name: known[name] for name in names if known.get(name) in tokenizer.encode(f"a {name}")}
        added = tokenizer.get_added_vocab()  # a name may be a token in small letters by chance
        small = {form: added[form] for name in whole if (form := name.lower()) not in names and form in added}
        self._small = {at: small[name.lower()] for name, at in whole.items() if name.lower() in small}
        alike: dict[str, list[str]] = {}
        for name in names:  # each changes among its like
            kind = "small" if name.islower() else "both" if whole.get(name) in self._small else "capital"
            alike.setdefault(kind, []).append(name)
        self._names = [[whole[name] for name in like] for like in alike.values() if whole.keys() >= set(like)]
        self._signs = {at: _sign(text) for text, at in known.items()}
        self._texts = {at: text for text, at in known.items()}
        fixed = {*(at for like in self._names for at in like), *self._small.values()}
        self._begins, self._goes_on = (
            sorted(at for text, at in known.items() if re.fullmatch(form, text) and at not in fixed)
            for form in ("\u0120[a-z]{2,}", "[a-z]{2,}")
        )
        self._plain = {*self._begins, *self._goes_on}
        self._user, self._tool, self._end = (
            tokenizer.encode(mark, add_special_tokens=False)
            for mark in ("<|im_start|>user\n", "<tool_response>", "<|im_end|>")
        )

    def __call__(self, stream: Stream, draw: random.Random) -> Stream:
        """The same conversation of other people."""
        other = {at: to for some in self._names for at, to in _changed(some, draw).items()}
        other |= {small: self._small[other[at]] for at, small in self._small.items()}
        ids = [other.get(at, at) for at in stream.ids]
        if self._names and draw.random() < 0.5:
            written = (self._decode(ids[first:end]) for first, end in stream.spans)
            self._reword(ids, _passed_on(written), draw)
        digits = _changed(self._digits, draw)
        for found in _ID.finditer("".join([self._signs[at] for at in ids])):
            for place in range(*found.span()):
                ids[place] = digits.get(ids[place], ids[place])
        return Stream(ids, stream.mask)

    def _reword(self, ids: list[int], kept: set[str], draw: random.Random) -> None:
        """Exchange some words in what the user says, in place, each for one of as many tokens."""
        share, size = draw.uniform(0.0, 0.5), len(self._user)
        for first in range(size, len(ids)):
            if ids[first - size : first] == self._user and ids[first] != self._tool[0]:
                texts = [self._texts[at] for at in ids[first : ids.index(self._end[0], first)]]
                starts = {place: first + at for at, place in enumerate(accumulate(map(len, texts), initial=0))}
                for word in _WORD.finditer("".join(texts)):
                    begin, end = starts.get(word.start()), starts.get(word.end())
                    if begin is None or end is None or word[0].lstrip("\u0120") in kept or draw.random() >= share:
                        continue
                    if self._plain.issuperset(ids[begin:end]):
                        for at in range(begin, end):
                            like = self._begins if self._texts[ids[at]][0] == "\u0120" else self._goes_on
                            ids[at] = draw.choice(like)


def _passed_on(written: Iterable[str]) -> set[str]:
    """The words in what an assistant's calls say, and yes and no."""
    found = {"yes", "no", "not"}
    for text in written:
        for call in _CALL.findall(text):
            with suppress(ValueError, AttributeError, KeyError, TypeError):
                for value in json.loads(call)["arguments"].values():
                    found.update(re.findall("[a-z]+", str(value).lower()))
    return found


def _changed(tokens: list[int], draw: random.Random) -> dict[int, int]:
    """Another place for each."""
    return dict(zip(tokens, draw.sample(tokens, len(tokens)), strict=True))


def _sign(text: str) -> str:
    """One character for a token: the digit, the hyphen, L for a letter by itself, a blank for all else."""
    bare = text.removeprefix("Ġ")
    if len(bare) == 1 and (bare.isdecimal() or bare == "-"):
        return bare
    return "L" if len(bare) == 1 and "A" <= bare <= "Z" else " "
