"""What the kernel costs, in units of the bare loop: one table from one interleaved run.

    python benchmarks/kernel.py            about two minutes; --quick for a few seconds, --json for programs
    python benchmarks/kernel.py --write    appends the table to benchmarks/RESULTS.md

The *recorded mix* is every tool call that the oracle makes in the clinic's tasks of train seeds 0, 1, 2, ..., as the
text that a model would write, each in its situation: after the same writes, with the same things said and confirmed.
Calls that meet a declared fault are played but not timed. About six of seven calls read, the others write.

The *bare loop* does to each call what nobody can leave out, on a warm connection and without any structure around it:
decode the JSON, validate the arguments with the tool's compiled schema, run the SQL of rules, requirements, body and
result (writes inside a savepoint that is kept), and encode the result as JSON. It is the limit, and the unit.

Rounds go through all rows, each round beginning with another. Every single call is timed in every round; its time is
the median over the rounds, and a row's number is the mean of those, so that what else runs on the machine counts
little; "min-max" are the same with the best and the worst round of each. Cold seeds and certificates, which take
milliseconds, are timed by the processor's clock. As in `timeit`, the garbage collector rests while something is timed.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import platform
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median
from time import perf_counter, perf_counter_ns, thread_time_ns
from typing import Any, NamedTuple

import apsw
import gymnasium
import msgspec

import agentgym
from agentgym.certify import certify
from agentgym.env import AgentToolAEC, AgentToolEnv
from agentgym.episode import Episode
from agentgym.pack.pack import WORLDS
from agentgym.tool import Tool
from agentgym.trace import Recorder, dumps
from agentgym.types import ASSISTANT, USER, Called, Said, Task
from agentgym.user import acts
from agentgym.workflow import situation_names
from agentgym.world import Pool, World

PACK = "clinic"
LIVE_BYTES = 200_000_000
RESULTS = Path(__file__).parent / "RESULTS.md"
Pass = list[int]
"""Nanoseconds of each thing that was timed."""


# --- the recorded mix -----------------------------------------------------------------------------------------------


class Turn(NamedTuple):
    """One action of the oracle. `timed`: a call that met no fault. `confirmed` and `told`: what SQL saw before it."""

    text: str
    call: bool
    timed: bool
    confirmed: bool
    told: frozenset[str]


class Case(NamedTuple):
    """One task, the oracle's turns on it, and what its user said."""

    task: Task
    turns: tuple[Turn, ...]
    replies: tuple[str, ...]

    @property
    def first_call(self) -> str:
        return next(turn.text for turn in self.turns if turn.timed)


def record_case(pack: Any, seed: int) -> Case | None:
    """Play the oracle once and keep what it does; None if it fails, which is for the certificate to explain."""
    task = pack.task(seed)
    turns: list[Turn] = []
    with Episode(pack, task) as episode:
        for action in task.oracle:
            holder = episode.world.holder
            seen = holder.confirmed, frozenset(holder.told)
            texts = [
                f"<tool_call>{msgspec.json.encode({'name': c.name, 'arguments': c.arguments}).decode()}</tool_call>"
                for c in action.calls
            ]
            events = episode.apply("".join(texts) or action.words)
            called = [event for event in events if isinstance(event, Called)]
            clean = bool(texts) and all(event.error is None and event.fault is None for event in called)
            turns.append(Turn("".join(texts) or action.words, bool(texts), clean, *seen))
        if not episode.success:
            return None
        replies = [event.text for event in episode.events if isinstance(event, Said) and event.seat == USER]
    return Case(task, tuple(turns), tuple(replies[1:]))


class _Call(msgspec.Struct):
    name: str
    arguments: dict[str, Any]


class Bare:
    """A tool without the kernel around it: its validator and its statements."""

    def __init__(self, tool: Tool) -> None:
        spec = tool.spec
        self.valid = tool.arguments._valid
        self.bind = tool.bind
        self.rules, self.guards = [rule.allowed for _, rule in tool.rules], [guard.sql for guard in spec.require]
        self.body, self.returns, self.names = spec.sql, spec.returns, tool.names
        self.single = spec.shape == "one"
        self.python = tool._body


_decode = msgspec.json.Decoder(_Call).decode
_encode = msgspec.json.encode


def bare_call(tools: Mapping[str, Bare], world: World, text: str) -> bytes:
    """The bare loop: one call from text to text."""
    call = _decode(text)
    tool = tools[call.name]
    if not tool.valid(call.arguments):
        raise AssertionError(text)
    values = tool.bind(call.arguments)
    execute = world.cursor.execute
    if tool.python is not None:
        return _encode(tool.python(world, values))
    if tool.body:
        execute("SAVEPOINT call")
    for sql in tool.rules:
        row = execute(sql, values).fetchone()
        if row is not None and row[0] == 0:
            raise AssertionError(sql)
    for sql in tool.guards:
        row = execute(sql, values).fetchone()
        if row is None or not row[0]:
            raise AssertionError(sql)
    for sql in tool.body:
        execute(sql, values)
    result: Any = {"ok": True}
    if tool.returns is not None:
        names = tool.names
        rows = execute(tool.returns, values).fetchall()
        found = [dict(zip(names, row, strict=True)) for row in rows]
        result = found[0] if tool.single else found
    if tool.body:
        execute("RELEASE call")
    return _encode(result)


# --- rows -----------------------------------------------------------------------------------------------------------


class Rows:
    """The things that are timed. Every method is one pass over the cases."""

    def __init__(self, seeds: int) -> None:
        self.pack = agentgym.load(PACK)
        self.cases = [case for seed in range(seeds) if (case := record_case(self.pack, seed))]
        self.tools = {name: Bare(tool) for name, tool in self.pack.tools.items()}
        self.pool = Pool(128)  # of each of the 64 worlds, one for an episode and one for its fork
        self.env = AgentToolEnv(PACK)
        self.made: Any = gymnasium.make("AgentTool-v0", pack=PACK)
        self.aec = AgentToolAEC(PACK)
        self.fresh_seed, self.fresh_world = 100_000, 0

    def close(self) -> None:
        self.pool.close()
        self.env.close()
        self.made.close()
        self.aec.close()

    def _episode(self, case: Case) -> Episode:
        return Episode(self.pack, case.task, pool=self.pool)

    def bare(self) -> Pass:
        took: Pass = []
        for case in self.cases:
            task = case.task
            image = self.pack.image(task.split, task.world_seed)
            world = World(image, task.situation, situation_names(task), self.pool)
            for turn in case.turns:
                if turn.timed:
                    world.holder.confirmed, world.holder.told = turn.confirmed, turn.told
                    text = turn.text[len("<tool_call>") : -len("</tool_call>")]
                    took.append(clocked(lambda w=world, t=text: bare_call(self.tools, w, t)))
            world.close()
        return took

    def _played(self, step: Callable[[str], object], case: Case, calls: bool) -> Pass:
        took = [(turn, clocked(lambda t=turn.text: step(t))) for turn in case.turns]
        return [spent for turn, spent in took if (turn.timed if calls else not turn.call)]

    def _episodes(self, calls: bool) -> Pass:
        took: Pass = []
        for case in self.cases:
            with self._episode(case) as episode:
                took += self._played(episode.apply, case, calls)
        return took

    def apply(self) -> Pass:
        return self._episodes(calls=True)

    def words(self) -> Pass:
        return self._episodes(calls=False)

    def new_words(self, kept: Sequence[str] = ("_mended", "_pattern")) -> Pass:
        """As `words`, with every memory of sentences emptied; of words and of the task's values it is kept."""
        took: Pass = []
        for case in self.cases:
            with self._episode(case) as episode:
                forget_words(kept)
                acts.derive("Hello.", episode.lexicon)  # what is made once for a lexicon
                took += self._played(episode.apply, case, calls=False)
        return took

    def new_values(self) -> Pass:
        """As `new_words`, and the task's values were never heard of either."""
        return self.new_words(kept=("_mended",))

    def gym(self, env: Any = None) -> Pass:
        env = env or self.env
        took: Pass = []
        for case in self.cases:
            env.reset(seed=case.task.seed)
            took += self._played(env.step, case, calls=True)
        assert env.unwrapped.episode.success
        return took

    def gym_made(self) -> Pass:
        return self.gym(self.made)

    def aec_step(self) -> Pass:
        """Calls of the assistant; its words are answered from the record, untimed."""
        aec, took = self.aec, Pass()
        for case in self.cases:
            if case.task.ledger.hands:
                continue  # a played user has no tools of its own
            aec.reset(seed=case.task.seed)
            replies = iter(case.replies)
            for turn in case.turns:
                if aec.terminations[ASSISTANT] or aec.truncations[ASSISTANT]:
                    break
                spent = clocked(lambda t=turn.text: aec.step(t))
                if turn.timed:
                    took.append(spent)
                if aec.agent_selection == USER and not aec.terminations[ASSISTANT]:
                    aec.step(next(replies))
        return took

    def reset(self) -> Pass:
        return self._resets(self.pool)

    def reset_without_pool(self) -> Pass:
        return self._resets(None)

    def _resets(self, pool: Pool | None) -> Pass:
        def reset(case: Case) -> None:
            episode = Episode(self.pack, case.task, pool=pool)
            episode.apply(case.first_call)
            episode.close()

        return [clocked(lambda c=case: reset(c)) for case in self.cases]

    def gym_reset(self) -> Pass:
        def reset(case: Case) -> None:
            self.env.reset(seed=case.task.seed)
            self.env.step(case.first_call)

        return [clocked(lambda c=case: reset(c)) for case in self.cases]

    def _halfway(self) -> Iterator[Episode]:
        for case in self.cases:
            with self._episode(case) as episode:
                for turn in case.turns[: -(-len(case.turns) // 2)]:
                    episode.apply(turn.text)
                if not episode.ending:
                    yield episode

    def fork(self) -> Pass:
        """Fork an episode halfway, bring its world up and give it back."""

        def fork(episode: Episode) -> None:
            twin = episode.fork()
            twin.world.refill()
            twin.close()

        return [clocked(lambda e=episode: fork(e)) for episode in self._halfway()]

    def _ended(self) -> Iterator[tuple[Episode, Recorder]]:
        for case in self.cases:
            with self._episode(case) as episode:
                recorder = Recorder(episode, digest=False)
                for turn in case.turns:
                    recorder.apply(turn.text)
                yield episode, recorder

    def score(self) -> Pass:
        """All criteria and changes of a finished episode judged anew (each step has kept them up to date)."""

        def judge(episode: Episode) -> None:
            episode.tracker.rows_changed(episode.world)
            episode.tracker.update()
            _ = episode.score

        return [clocked(lambda e=episode: judge(e)) for episode, _ in self._ended()]

    def trace(self) -> Pass:
        """The trace of a finished episode as a line of JSON, without the digest of the world."""
        return [clocked(lambda r=recorder: dumps(r.trace())) for _, recorder in self._ended()]

    def digest(self) -> Pass:
        return [clocked(episode.world.digest) for episode, _ in self._ended()]

    def cold_seed(self) -> Pass:
        """The task of a seed never asked for, in a world that was there."""
        took: Pass = []
        worlds = {case.task.world_seed for case in self.cases}
        while len(took) < max(4, len(self.cases) // 4):
            self.fresh_seed += 1
            if self.fresh_seed % WORLDS in worlds:
                took.append(clocked(lambda: self.pack.task(self.fresh_seed), thread_time_ns))
        return took

    def cold_world(self) -> Pass:
        """The task of a seed never asked for, in a world never built, of which each split has only so many."""
        took: Pass = []
        for _ in range(3):
            assert self.fresh_world < WORLDS, "no world is left that was never built: fewer rounds, please"
            took.append(clocked(lambda: self.pack.task(self.fresh_world, "test"), thread_time_ns))
            self.fresh_world += 1
        return took

    def certificate(self) -> Pass:
        cases = self.cases[:: max(1, len(self.cases) // 6)]
        return [clocked(lambda c=case: certify(self.pack, c.task, pool=self.pool), thread_time_ns) for case in cases]

    # --- views that may not be there ---

    def vector(self, size: int = 8) -> Pass:
        """Calls only, `size` environments at a time, as long as all of them have calls; per environment."""
        envs: Any = gymnasium.make_vec("AgentTool-v0", size, "vector_entry_point", pack=PACK)
        took: Pass = []
        for at in range(0, len(self.cases) - size + 1, size):
            batch = self.cases[at : at + size]
            texts = [[turn.text for turn in case.turns if turn.call] for case in batch]
            envs.reset(seed=[case.task.seed for case in batch])
            for actions in zip(*(column[:-1] or column for column in texts), strict=False):
                took.append(clocked(lambda a=actions: envs.step(list(a))) // size)
        envs.close()
        return took

    def numeric(self) -> Pass:
        """Legal actions of the numeric view, one after the other: calls, questions and the rest as they come."""
        env: Any = gymnasium.make("AgentToolDiscrete-v0", pack=PACK).unwrapped
        took: Pass = []
        for case in self.cases:
            env.reset(seed=case.task.seed)
            for number in range(len(case.turns)):
                legal = env.action_masks().nonzero()[0]
                action, ended = int(legal[number % len(legal)]), []
                took.append(clocked(lambda a=action, e=ended: e.extend(env.step(a)[2:4])))
                if any(ended):
                    break
        env.close()
        return took


def clocked(do: Callable[[], object], clock: Callable[[], int] = perf_counter_ns) -> int:
    """Nanoseconds that something takes."""
    start = clock()
    do()
    return clock() - start


def forget_words(kept: Sequence[str]) -> None:
    """Empty the memories of the user's side, but for the functions named."""
    for name, module in list(sys.modules.items()):
        if name.startswith("agentgym.user"):
            for found in vars(module).values():
                if hasattr(found, "cache_clear") and found.__name__ not in kept:
                    found.cache_clear()
    acts._ready.clear()
    acts._shared.clear()


class Row(NamedTuple):
    """One line of the table. `bound`: in units of the bare loop, or in µs where `absolute`."""

    method: str
    name: str
    bound: float | None = None
    absolute: bool = False


ROWS = (
    Row("bare", "bare loop, a call"),
    Row("apply", "Episode.apply, a call", 4),
    Row("aec_step", "AEC step, a call"),
    Row("gym", "Gymnasium step, a call", 6),
    Row("gym_made", "the same through gym.make's wrappers", 6),
    Row("vector", "vector step, a call of one of 8"),
    Row("numeric", "numeric step, the first legal actions"),
    Row("words", "user turn, sentences heard before", 6),
    Row("new_words", "user turn, new sentences", 6),
    Row("new_values", "user turn, new sentences and values", 6),
    Row("reset", "reset of a compiled task, first call, close", 25),
    Row("gym_reset", "the same through Gymnasium", 25),
    Row("reset_without_pool", "the same without a pool"),
    Row("fork", "fork halfway, and close", 12),
    Row("score", "final score, all judged anew"),
    Row("trace", "trace of an episode as JSON"),
    Row("digest", "digest of a world"),
    Row("cold_seed", "cold seed: a task compiled", 10_000, absolute=True),
    Row("cold_world", "cold seed in a cold world", 10_000, absolute=True),
    Row("certificate", "certificate of a task"),
)
OPTIONAL = {
    "vector": ("agentgym.vector", "AgentToolVectorEnv"),
    "numeric": ("agentgym.numeric", "AgentToolDiscreteEnv"),
}


def there(row: Row) -> bool:
    """Whether what a row measures is part of this installation."""
    module, name = OPTIONAL.get(row.method, ("agentgym", "load"))
    return find_spec(module) is not None and hasattr(import_module(module), name)


def measure(rounds: int, seeds: int) -> list[dict[str, Any]]:
    """The table: microseconds by row and round, interleaved."""
    rows, found = Rows(seeds), deque(filter(there, ROWS))
    kept = list(found)
    times: dict[str, list[Pass]] = {row.method: [] for row in kept}
    for number in range(-1, rounds):  # the first to warm up
        for row in list(found):
            if number < 0 and row.method == "cold_world":
                continue
            gc.collect()
            gc.disable()
            try:
                took = getattr(rows, row.method)()
            finally:
                gc.enable()
            if number >= 0:
                times[row.method].append(took)
        found.rotate(-1)
    rows.close()
    return [_line(row, times[row.method], times["bare"]) for row in kept]


def _over_rounds(passes: Sequence[Pass], choose: Callable[[Pass], float]) -> float:
    """Microseconds of a row: of each thing the median (or best, or worst) of the rounds, and of those the mean."""
    return mean(choose(list(column)) for column in zip(*passes, strict=True)) / 1000


def _line(row: Row, passes: Sequence[Pass], bare: Sequence[Pass]) -> dict[str, Any]:
    micros = _over_rounds(passes, median)
    ratio = micros / _over_rounds(bare, median)
    return {
        "name": row.name, "micros": micros, "low": _over_rounds(passes, min), "high": _over_rounds(passes, max),
        "ratio": ratio, "bound": row.bound, "unit": "µs" if row.absolute else "bare",
        "ok": None if row.bound is None else (micros if row.absolute else ratio) <= row.bound,
    }  # fmt: skip


# --- memory and throughput, each in processes of their own ------------------------------------------------------------


def _live(pack: Any, tasks: Sequence[Task], pool: Pool, count: int) -> list[Episode]:
    """Episodes that have made their first call."""
    out: list[Episode] = []
    for i in range(count):
        task = tasks[i % len(tasks)]
        episode = Episode(pack, task, pool=pool)
        episode.apply(next(action for action in task.oracle if action.calls))
        out.append(episode)
    return out


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(count: int, traced: bool) -> dict[str, int]:
    """Bytes of `count` live episodes; with `traced`, Python's own by tracemalloc."""
    pack = agentgym.load(PACK)
    tasks = [pack.task(seed) for seed in range(min(count, 128))]
    pool = Pool()
    for episode in _live(pack, tasks, pool, len(tasks)):
        episode.close()
    pool.close()
    gc.collect()
    if traced:
        tracemalloc.start()
    sqlite, resident = apsw.memory_used(), _resident()
    python = tracemalloc.get_traced_memory()[0] if traced else 0
    live = _live(pack, tasks, pool, count)
    out = {
        "sqlite": apsw.memory_used() - sqlite, "resident": _resident() - resident,
        "python": tracemalloc.get_traced_memory()[0] - python if traced else 0, "images": sqlite,
    }  # fmt: skip
    for episode in live:
        episode.close()
    out["idle"] = apsw.memory_used() - sqlite
    pool.close()
    out["left"] = apsw.memory_used() - sqlite
    return out


_start: Any = None
"""In a worker: the barrier at which all of them begin."""


def _meet(barrier: Any) -> None:
    global _start  # noqa: PLW0603
    _start = barrier


def steps(seconds: float, seed: int) -> float:
    """Play the oracle through Gymnasium for some seconds; steps per second."""
    env = AgentToolEnv(PACK)
    tasks = [env.tasks.get(seed + i)[1] for i in range(64)]
    for task in tasks:
        env.reset(options={"task": task})
    _start.wait(timeout=120)
    start, count = perf_counter(), 0
    while perf_counter() - start < seconds:
        for task in tasks:
            env.reset(options={"task": task})
            for action in task.oracle:
                count += 1
                if env.act(action)[2]:
                    break
    env.close()
    return count / (perf_counter() - start)


def throughput(seconds: float, rounds: int) -> dict[str, list[float]]:
    """Steps per second of one process and of two, in turns."""
    context = multiprocessing.get_context("spawn")
    out: dict[str, list[float]] = {"1": [], "2": []}
    for _ in range(rounds):
        for count in (1, 2):
            with ProcessPoolExecutor(count, context, _meet, (context.Barrier(count),)) as workers:
                found = [workers.submit(steps, seconds, 1000 * n) for n in range(count)]
                out[str(count)].append(sum(future.result() for future in found))
    return out


def _alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as worker:
        return worker.submit(function, *arguments).result()


# --- the report -----------------------------------------------------------------------------------------------------


def machine() -> str:
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, SQLite {apsw.sqlite_lib_version()} "
        f"(apsw {apsw.apsw_version()})"
    )


def report(found: Mapping[str, Any]) -> str:
    mix = found["mix"]
    head = (
        f"`{found['command']}`: {found['rounds']} rounds over {mix['tasks']} tasks with {mix['calls']} calls, "
        f"{mix['writes']} of them writes, and {mix['words']} messages"
    )
    table = [
        f"| {'row':<44} | {'µs':>8} | {'min-max':>15} | {'/ bare':>7} | {'bound':>10} |      |",
        f"|{'-' * 46}|{'-' * 9}:|{'-' * 16}:|{'-' * 8}:|{'-' * 11}:|------|",
        *map(_table_line, found["rows"]),
    ]
    return "\n".join(
        [found["machine"], head, "", *table, "", _memory_line(found["memory"]), _steps_line(found["steps"])]
    )


def _table_line(row: Mapping[str, Any]) -> str:
    bound = "" if row["bound"] is None else f"{row['bound']:g} {row['unit']}"
    spread = f"{row['low']:.1f}-{row['high']:.1f}"
    cells = f"| {row['name']:<44} | {row['micros']:>8.1f} | {spread:>15} | {row['ratio']:>7.2f} | {bound:>10} "
    return f"{cells}| {'' if row['ok'] is None else _verdict(row['ok']):<4} |"


def _verdict(ok: bool) -> str:
    return "ok" if ok else "over"


def _memory_line(live: Mapping[str, int]) -> str:
    count = live["count"]
    sqlite, python, resident = (live[name] / count / 1000 for name in ("sqlite", "python", "resident"))
    return (
        f"- {count:,} live episodes, one call made: {live['total'] / 1e6:.1f} MB, bound {LIVE_BYTES / 1e6:.0f} MB for "
        f"1,000: {_verdict(live['total'] <= LIVE_BYTES)}. Per episode {sqlite:.0f} KB in SQLite and {python:.0f} KB in "
        f"Python ({resident:.0f} KB resident). When all are closed the pool keeps {live['idle'] / 1e6:.1f} MB; when it "
        f"is closed, {live['left']} bytes: {_verdict(live['left'] <= 0)}. The pack keeps {live['images'] / 1e6:.1f} MB "
        "of worlds."
    )


def _steps_line(steps: Mapping[str, Sequence[float]]) -> str:
    one, two = median(steps["1"]), median(steps["2"])
    return (
        f"- oracle through Gymnasium: {one:,.0f} steps a second in one process, {two:,.0f} in two ({two / one:.2f} x)."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What the kernel costs, in units of the bare loop.")
    parser.add_argument("--rounds", type=int, default=15, help="rounds over all rows (at most 20)")
    parser.add_argument("--seeds", type=int, default=120, help="tasks in the recorded mix")
    parser.add_argument("--quick", action="store_true", help="a few seconds: shows that it runs, not what things cost")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help=f"append the table to {RESULTS.name}")
    options = parser.parse_args(arguments)
    rounds, seeds = (2, 8) if options.quick else (min(options.rounds, 20), options.seeds)
    live = 20 if options.quick else 1000
    pack = agentgym.load(PACK)
    actions = [action for seed in range(seeds) for action in pack.task(seed).oracle]
    calls = [call for action in actions for call in action.calls]
    space = _alone(memory, live, False)
    space["python"] = _alone(memory, live, True)["python"]
    found: dict[str, Any] = {
        "command": " ".join(["python benchmarks/kernel.py", *(sys.argv[1:] if arguments is None else arguments)]),
        "machine": machine(),
        "rounds": rounds,
        "mix": {
            "tasks": seeds, "calls": len(calls), "words": sum(not action.calls for action in actions),
            "writes": sum(pack.tools[call.name].writes for call in calls),
        },
        "memory": {
            **space, "count": live, "total": space["sqlite"] + space["python"],
        },
        "rows": measure(rounds, seeds),
        "steps": throughput(0.3, 1) if options.quick else throughput(2.0, 3),
    }  # fmt: skip
    print(json.dumps(found, indent=1, ensure_ascii=False) if options.json else report(found))
    if options.write:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(f"{report(found)}\n\n")


if __name__ == "__main__":
    main()
