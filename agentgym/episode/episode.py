"""The episode: whose turn it is, what an action does, what it earns, when it ends.

Synchronous, without input or output, forkable, and a function of (task, actions) alone.
"""

from __future__ import annotations

from typing import Any

import apsw
from msgspec import structs

from agentgym.episode import parts
from agentgym.episode.parse import parse, words_of
from agentgym.episode.parts import limit_reached, size_of
from agentgym.errors import AgentGymError, UsageError
from agentgym.pack import Pack
from agentgym.rubric import DIMENSIONS, ZERO, Reading, Scorer, Terms, scorer
from agentgym.tool import FaultLayer, Result, Tool, error
from agentgym.types import (
    ASSISTANT,
    USER,
    Act,
    Action,
    Call,
    Called,
    Ended,
    Event,
    Heard,
    Malformed,
    Reply,
    Said,
    Task,
    User,
)  # fmt: skip
from agentgym.user.acts import derive
from agentgym.user.automaton import Automaton
from agentgym.user.interpret import interpret
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

__all__ = ["TRUNCATED", "Episode"]

TRUNCATED = frozenset({"turn_limit", "token_limit"})
"""Endings that cut an episode short; every other ending terminates it."""
_HAND_ROUNDS = 4


class Episode:
    """One task being played.

    Args:
        pack: the content the task was made of.
        task: what to play.
        scorer_name: how it is paid; by default the task's own scorer.
        gamma: discount of the step potential, in (0, 1].
        user: who sits on the other side: None for the automaton, a `User`, or "seat" for `apply(..., seat="user_0")`.
        pool: warm connections to take the world from.

    After `apply`: `events` so far, `terms` and `reward` of the assistant's last step, `ending` ("" until the end),
    `score` (None before the end, and for ever when `valid` is False).
    """

    def __init__(
        self, pack: Pack, task: Task, *, scorer_name: str | None = None, gamma: float = 1.0,
        user: User | str | None = None, pool: Pool | None = None,
    ) -> None:  # fmt: skip
        if not 0.0 < gamma <= 1.0:
            raise UsageError(f"gamma must lie in (0, 1], found {gamma}")
        if not (user is None or user == "seat" or hasattr(user, "reply")):
            raise UsageError(f'`user` is None, "seat" or something with a reply(heard), found {user!r:.60}')
        self.pack, self.task, self.gamma, self.pool = pack, task, gamma, pool
        image = pack.image(task.split, task.world_seed)
        self.lexicon = pack.lexicon(image)
        self.world = World(image, task.situation, situation_names(task), pool)
        self.scorer: Scorer = scorer(scorer_name or task.scorer)
        self.rubric, self.shown = parts.rubric_of(pack, task), pack.shown(task)
        self.tracker = self.rubric.start()
        self.world.holder.told = self.tracker.asked
        self.tools, self._named = self.shown.tools, self.shown.named
        self.faults = FaultLayer(task.faults)
        self.user: User | None = parts.user_of(user, pack, task, self.lexicon)
        self.tracker.request = parts.requests_at_first(self.user, task)
        self.events: list[Event] = []
        self.turns = self.errors = self.tokens = 0
        self.ending, self.reason, self.valid = "", "", True
        self.to_act = ASSISTANT
        self._closed = False
        self._readback = ""
        self._revised = not task.ledger.all_revisions
        if any("state" in outcome.by_kind for outcome in self.rubric.outcomes):
            self.tracker.rows_changed(self.world)  # a SELECT may be true already
        self.tracker.update()
        self._level: Terms = self.scorer.level(self.tracker.reading, "", self.rubric.weights)
        self._first = self._level
        self.terms: Terms = ZERO
        self._paid = 0.0
        self._open()

    def _open(self) -> None:
        ledger = self.task.ledger
        facts = tuple(fact.name for fact in ledger.facts if fact.release == "opening")
        text = self.user.opening().text if isinstance(self.user, Automaton) else ledger.opening
        self.events.append(Said(USER, text, facts=facts))

    # --- what one reads off ---

    @property
    def reading(self) -> Reading:
        """The rubric's present reading."""
        return self.tracker.reading

    @property
    def reward(self) -> float:
        """What the assistant's last step earned: the sum of `terms`."""
        return sum(self.terms)

    @property
    def reward_terms(self) -> dict[str, float]:
        """The last step's reward by dimension."""
        return dict(zip(DIMENSIONS, self.terms, strict=True))

    @property
    def level_terms(self) -> dict[str, float]:
        """All that has been earned so far by dimension, undiscounted; at the end it sums to the score."""
        if self.scorer.folds:
            return {name: self._paid if name == "task" else 0.0 for name in DIMENSIONS}
        return {n: a - b for n, a, b in zip(DIMENSIONS, self._level, self._first, strict=True)}

    @property
    def score(self) -> float | None:
        """The episode's score once it has ended and is valid, else None."""
        if not self.ending or not self.valid:
            return None
        return self._paid if self.scorer.folds else sum(self._level) - sum(self._first)

    @property
    def success(self) -> bool:
        """Whether every outcome criterion holds with the gate open, at the end of a valid episode."""
        return bool(self.ending) and self.valid and self.reading.reached

    @property
    def terminated(self) -> bool:
        return bool(self.ending) and not self.truncated

    @property
    def truncated(self) -> bool:
        return self.ending in TRUNCATED

    # --- acting ---

    def apply(self, action: object, seat: str = ASSISTANT) -> list[Event]:
        """Do what a seat does; what came of it, in order.

        With a simulated user, words of the assistant are answered in the same call.

        Raises:
            UsageError: the episode has ended, or it is not that seat's turn.
        """
        if self.ending or self._closed:
            state = f"has ended ({self.ending})" if self.ending else "is closed"
            raise UsageError(f"this episode {state}; start another")
        if seat != self.to_act:
            raise UsageError(f"it is the turn of {self.to_act}, not of {seat}")
        start = len(self.events)
        self.world.wake()
        if seat == ASSISTANT:
            self._assistant(parse(action, self.task.limits.calls), action)
        else:
            self._play_user(words_of(action))
        self.world.rest()
        return self.events[start:]

    def truncate(self) -> list[Event]:
        """End at the token limit, since whoever plays has no room for another turn; raises as `apply` does."""
        if self.ending or self._closed:
            raise UsageError("this episode is over; start another")
        self._end("token_limit")
        self._pay()
        return self.events[-1:]

    def _assistant(self, action: Action, raw: object) -> None:
        self.turns += 1
        self.tokens += size_of(action, raw) // 4
        if action.calls:
            if action.words:
                self.events.append(Said(ASSISTANT, action.words, beside=True, turn=self.turns))
            for call in action.calls:
                self._call(call)
                if self.ending:
                    break
        else:
            self._say(action.words)
            if self.to_act == USER and not self.ending:
                self.terms = ZERO  # settled once, when the words have been answered
                return
        self._pay()

    def _end(self, ending: str, reason: str = "") -> None:
        self.ending, self.reason = ending, reason
        if reason:
            self.valid = False
        self.events.append(Ended(ending, reason))

    def _pay(self) -> None:
        if not self.ending and (reached := limit_reached(self.task.limits, self.errors, self.turns, self.tokens)):
            self._end(reached)
        reading = self.tracker.reading
        level = self.scorer.level(reading, self.ending, self.rubric.weights)
        before, self._level = self._level, level
        if not self.valid or (level == before and self.gamma == 1.0):
            self.terms = ZERO
            return
        self.terms = self.scorer.pay(before, level, self.gamma)
        if self.scorer.folds:
            self._paid += sum(self.scorer.pay(before, level, 1.0))

    # --- calls ---

    def _call(self, call: Call | Malformed) -> None:
        if isinstance(call, Malformed):
            self._failed("", {"text": call.text}, error("malformed_call", call.message))
            return
        tool = self._named.get(call.name)
        if tool is None:
            self._failed(call.name, call.arguments, self.shown.absent(call.name))
            return
        broke = ""
        try:
            event, result = self._perform(tool, call.arguments)
        except (AgentGymError, apsw.Error, ValueError, TypeError) as trouble:
            broke = f"tool {tool.name}: {trouble}"
            result = error("internal", "the tool broke; this is not your mistake")
            event = self._event(tool, call.arguments, result, grounded=False)
        if tool.altered:
            event = structs.replace(event, written=call)
        self.events.append(event)
        if broke:
            self._end("tool_broke", broke)
            return
        if event.error is not None and event.fault is None:
            self.errors += 1
        self.tracker.called(event, tool, result.rows, self.world)
        if event.changes:
            self.world.holder.confirmed = False
        if tool.ends and event.error is None:
            self._end(tool.ends)

    def _failed(self, name: str, arguments: dict[str, Any], result: Result) -> None:
        """A call of no tool that is there: it counts, as a call and as an error."""
        self.errors += 1
        self.events.append(Called(ASSISTANT, name, arguments, result.value, error=result.error, turn=self.turns))
        self.tracker.malformed += 1
        self.tracker.called_count += 1
        self.tracker.update()

    def _perform(self, tool: Tool, arguments: dict[str, Any]) -> tuple[Called, Result]:
        problem = tool.arguments.problem(arguments)
        if problem:
            result = error("invalid_arguments", problem)
            return self._event(tool, arguments, result), result
        if tool.altered:
            arguments = tool.own(arguments)
        world, values = self.world, tool.bind(arguments)
        broken: tuple[str, ...] = ()
        for rule, spec in tool.rules:
            if world.holds(spec.allowed, values) is False:
                broken += (rule,)
        if self.faults:
            struck = self.faults.strike(tool.name, world.holder.minutes)
            if struck is not None:
                return self._struck(tool, arguments, struck, broken)
        grounded = self.tracker.grounded(tool, arguments)
        result = tool.execute(world, values)
        if result.error is not None:
            broken = ()
        return self._event(tool, arguments, result, None, broken, grounded), result

    def _event(
        self, tool: Tool, arguments: dict[str, Any], result: Result, fault: str | None = None,
        broken: tuple[str, ...] = (), grounded: bool = True,
    ) -> Called:  # fmt: skip
        return Called(
            ASSISTANT, tool.name, arguments, result.value, tool.spec.effect, result.error, fault, broken,
            result.changes, grounded, self.turns,
        )  # fmt: skip

    def _struck(
        self, tool: Tool, arguments: dict[str, Any], fault: Any, broken: tuple[str, ...]
    ) -> tuple[Called, Result]:
        result = parts.struck(fault, tool, self.world, arguments)
        return self._event(tool, arguments, result, fault.kind, () if result.error else broken), result

    # --- words ---

    def _say(self, text: str) -> None:
        acts = derive(text, self.lexicon)
        event = Said(ASSISTANT, text, acts, turn=self.turns)
        self.events.append(event)
        self.tracker.said(event)
        self._readback = text if any(act.kind == "propose" for act in acts) else ""
        if self.user is None:
            self.to_act = USER
            return
        try:
            self._answer(self.user, text, acts)
        except Exception as trouble:
            if isinstance(self.user, Automaton):
                raise
            kind = "" if isinstance(trouble, AgentGymError) else f"{type(trouble).__name__}: "
            self._end("user_broke", f"user: {kind}{trouble}")

    def _answer(self, user: User, text: str, acts: tuple[Act, ...]) -> None:
        reply = parts.checked_reply(user.reply(Heard(text, acts)))
        for _ in range(_HAND_ROUNDS):
            if not reply.calls:
                break
            reply = parts.checked_reply(user.reply(Heard(results=tuple(self._hand(call) for call in reply.calls))))
        self._hear(reply if isinstance(user, Automaton) else parts.believed(reply, self.task, bool(self._readback)))

    def _hand(self, call: Call) -> Called:
        """A call of the user's own tools."""
        tool = self.pack.user_tools.get(call.name)
        result = tool.run(self.world, call.arguments) if tool else error("unknown_tool", f"no tool `{call.name}`")
        effect = tool.spec.effect if tool else "read"
        event = Called(USER, call.name, call.arguments, result.value, effect, result.error, turn=self.turns)
        if result.changes:
            event = structs.replace(event, changes=result.changes)
        self.events.append(event)
        if tool is not None:
            self.tracker.known_by_hand(event, tool, result.rows, self.world)
        return event

    def _hear(self, reply: Reply) -> None:
        affirms = reply.affirms and bool(self._readback)
        event = Said(USER, reply.text, facts=reply.facts, affirms=affirms, concedes=reply.concedes, turn=self.turns)
        self.events.append(event)
        undue = self._undue(reply)
        self.tracker.requested(getattr(self.user, "made", 0))
        self.tracker.heard(event, self._readback)
        if affirms:
            self.world.holder.confirmed = True
        if undue:
            self._end("user_broke", f"user said {undue} before it was due")
        elif reply.leaves and not isinstance(self.user, Automaton) and parts.too_early(self.events, self.turns):
            self._end("user_broke", parts.LEFT_EARLY)
        elif reply.leaves:
            self._end("user_left")

    def _undue(self, reply: Reply) -> str:
        """The first fact that was said before it was due: a change of mind needs its read-back."""
        if self._revised:
            return ""
        changing = [fact for fact in self.rubric.facts.values() if fact.release == "change"]
        if not self._readback:
            trusted = isinstance(self.user, Automaton)
            return next((fact.name for fact in changing if parts.says(reply, fact, declares=trusted)), "")
        self._revised = any(fact.name in reply.facts for fact in changing)  # from now on it is due
        return ""

    def _play_user(self, text: str) -> None:
        reply = interpret(text, self.task.ledger, bool(self._readback))
        self.to_act = ASSISTANT
        self._hear(reply)
        self._pay()

    # --- fork ---

    def fork(self) -> Episode:
        """An independent episode in the same state: world, clock, user, faults and rubric together.

        Raises:
            UsageError: the user cannot be forked.
        """
        twin = Episode.__new__(Episode)
        twin.__dict__.update(self.__dict__)
        twin.world = self.world.fork()
        twin.tracker = self.tracker.fork()
        twin.world.holder.told = twin.tracker.asked
        twin.faults = self.faults.fork()
        twin.events = list(self.events)
        if self.user is not None:
            fork = getattr(self.user, "fork", None)
            if fork is None:
                twin.world.close()
                raise UsageError(f"the user {type(self.user).__name__} has no fork(); only forkable ones are forked")
            twin.user = fork()
        return twin

    def close(self) -> None:
        """Give the world back. A closed episode can be read, not played."""
        if not self._closed:
            self._closed = True
            self.world.close()

    def __enter__(self) -> Episode:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
