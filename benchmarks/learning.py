"""Ways of training compared at equal wall time: GRPO, more demonstrations, rejection sampling, distillation; and what
is left of success when the user is mute or results are blank.

    python benchmarks/learning.py --init runs/sft --arms grpo sft rejection --seeds 0 1 2 --minutes 6
    python benchmarks/learning.py --report            the table, and its picture, of all that has been run
    python benchmarks/learning.py --report --write    appends them to benchmarks/RESULTS.md

Every arm begins with the weights of `--init`, is trained for `--minutes` (evaluating and saving do not count, nor does
what is made before the first step), and is measured before, after and `--points` times in between, greedily:

    seeds           tasks of the training split with seeds that training never used
    test            the test split: other worlds, names and words
    branches        branches of each workflow that training never saw (`--hold-out`), in the training split's words
    test branches   the same of the test split

The arms of a seed have the same tasks to be measured on, and arms that play the same tasks to be trained on; another
seed has others. So the differences of a seed's arms are paired, and those of several seeds are independent but for
the first weights (`--init runs/sft-{seed}/best` gives each seed its own).

    grpo, grpo-turn             baselines/grpo.py with credit by episode, and by turn
    sft                         more of baselines/sft.py on the demonstrations that the first weights were made with
    rejection                   play tasks, train on what succeeded as on demonstrations, again and again
    kdrl, distill               GRPO with a --teacher, and the teacher alone
    distill-k2                  the teacher alone, its divergence estimated by the sampled tokens
    zero                        control: nothing is paid
    grpo-muted, grpo-blanked    controls: trained with a user that says nothing, and with all results of tools blanked

`EXPECTED` was written before the first run. A claim is *reached* where the 95 % interval lies on its good side of the
bound, *missed* where it lies on the other side, else *inconclusive*. Intervals are Student's over seeds; the shares of
controls, which are near 0, have Wilson's over all their episodes. A control says something only where an arm solves
at least a fifth of the same tasks as they are.

A line is added to `--out`/results.jsonl when an arm of a seed has ended, and what stands there is not run again: the
same command goes on after Ctrl-C, and commands with other --arms or --seeds add to it. Run it on quiet cores.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _learning_report import Claim, pictured, report
from kernel import RESULTS, machine

from agentgym.errors import UsageError
from agentgym.training.options import program

EXPECTED = (
    Claim(
        "GRPO beats more demonstrations", "grpo", "sft", "branches", least=10, expected=(5, 25),
        why="the demonstrations are learned to the end: more passes over 2,000 conversations lower their loss and not "
        "that of new branches. Reward pays for what imitation does not weigh: the few tokens (an id, a rule's number, "
        "act or refuse) by which an episode fails.",
    ),
    Claim(
        "GRPO beats rejection sampling", "grpo", "rejection", "branches", least=10, expected=(0, 15),
        why="both learn from the same kind of episodes. Successes alone say what to do and never what not to do, and "
        "are mostly of tasks that were solved anyway. In a few minutes the difference may be smaller than the aim.",
    ),
    Claim(
        "GRPO gains from a start of 20 to 60 %", "grpo", "start", "seeds", least=25, expected=(15, 40), start=(20, 60),
        minutes=20,
        why="a policy that succeeds now and then has groups that differ in nearly every task, so nearly every episode "
        "teaches something.",
    ),
    Claim(
        "credit by turn is no worse than by episode", "grpo-turn", "grpo", "seeds", least=0, expected=(-5, 10),
        why="rewards of turns are differences of potentials, so credit by turn has less variance; but the mean at a "
        "turn is over episodes in different states, which biases it.",
    ),
    Claim(
        "KDRL beats GRPO from a start without success", "kdrl", "grpo", "seeds", least=5, expected=(5, 40),
        start=(0, 5),
        why="where no episode of a group is paid more than another, GRPO has nothing to learn from, and a teacher has.",
    ),
    Claim(
        "KDRL is no worse than its teacher alone", "kdrl", "distill", "seeds", least=0, expected=(-5, 15),
        start=(0, 5),
        why="once the student succeeds now and then, reward goes on where the teacher ends; in a short run that may "
        "not be reached.",
    ),
    Claim(
        "without pay nothing is gained", "zero", "start", "seeds", most=5, expected=(0, 0),
        why="groups of equal returns are left out, so no weight changes.",
    ),
    Claim(
        "the user muted at test", "grpo", "", "muted", most=5, expected=(0, 3),
        why="every task hides a fact on which its outcome rests (the certificate's gate `gap`); what remains are "
        "refusals guessed from the opening.",
    ),
    Claim(
        "results blanked at test", "grpo", "", "blanked", most=5, expected=(0, 5),
        why="ids come from results alone, and a refusal needs what was looked up; a first call may still be made "
        "with what the user said, and one of its rules be guessed.",
    ),
    Claim("the user muted in training, too", "grpo-muted", "", "muted", most=5, expected=(0, 3), why="as at test."),
    Claim(
        "results blanked in training, too", "grpo-blanked", "", "blanked", most=5, expected=(0, 8),
        why="as at test; but training may find the rule that is right most often after a first call.",
    ),
    Claim(
        "the environment's share of a step", "grpo", "", "environment", most=3, expected=(1, 4),
        why="a turn of the environment takes 0.1 ms and a model of a million parameters some ten for each turn on "
        "two cores; tasks that are made anew take 2 ms.",
    ),
)  # fmt: skip
"""What is claimed, what effect is expected, in points of a hundred, and why."""
LENIENT = (
    EXPECTED[0]._replace(
        expected=(10, 30),
        why="more of the same demonstrations grant as often as before. Reward says which of the two answers that the "
        "model knows is right, on branches that it never saw as well.",
    ),
    EXPECTED[1]._replace(
        expected=(-5, 15),
        why="a forbidden request that is refused now and then is among the successes, so these alone mend the fault; "
        "GRPO also hears of the episodes that fail, and spends nothing on groups that are solved.",
    ),
    EXPECTED[2]._replace(expected=(20, 35), why="as above; one trial run, of 17 steps, had gained 30."),
    EXPECTED[3],
    EXPECTED[4]._replace(
        name="KDRL beats GRPO where nothing is ever refused (--lenient 1)",
        start=(0, 50),
        expected=(15, 45),
        why="no episode of a group refuses, so none is paid more than another where refusing is right; a teacher that "
        "was shown refusals says at which word to turn.",
    ),
    EXPECTED[5]._replace(start=(0, 50)),
    *EXPECTED[6:],
)
"""The same from weights that were made with `--lenient` demonstrations, written before the first run of these but for
one trial."""


@dataclass
class Settings:
    """What is compared, and how."""

    init: str = "runs/sft"  # folder of the weights that every arm begins with; {seed} in it is the seed
    teacher: str = ""  # folder of the teacher of kdrl and distill, with the same tokenizer
    arms: tuple[str, ...] = ("grpo", "sft", "rejection")  # what to train
    seeds: tuple[str, ...] = ("0", "1", "2", "3", "4")  # of tasks, sampling and order
    minutes: float = 4.0  # of training for each arm and seed
    points: int = 0  # evaluations between the first and the last
    tasks: int = 60  # tasks of each set to be measured on
    controls: int = 20  # tasks for each control; 0: none
    pack: tuple[str, ...] = ("clinic",)  # packs' names or folders
    workflows: tuple[str, ...] = ()  # of these alone, as --init was trained; all when none is named
    hold_out: float = 0.15  # share of each workflow's branches that training never sees, as --init was trained
    demonstrations: int = 2000  # episodes of the oracle that sft trains on, as --init was trained
    thoughts: bool = True  # whether the oracle thinks aloud in them, as --init was trained
    lenient: float = 0.0  # share of what a rule forbids that they grant all the same, as --init was trained
    rendering: str = "bare"  # policy and tools in the prompt: full, compact, bare
    groups: int = 16  # tasks a step, of all arms that play
    group: int = 8  # episodes a task
    rate: float = 1e-4  # learning rate of the arms of grpo.py
    updates: int = 2  # updates of Adam in a step of theirs, each on a part of the groups
    batch: int = 2  # conversations per update of sft and rejection
    sft_rate: float = 5e-4  # highest learning rate of sft; it falls as a cosine to a fiftieth
    rejection_rate: float = 3e-4  # learning rate of rejection
    keep: int = 4  # successes of a task that rejection trains on, at most
    passes: int = 2  # of rejection over what a round kept
    beta: float = 5e-3  # weight of the teacher at first
    limit: int = 320  # most tokens a turn
    context: int = 3072  # most tokens a conversation
    dtype: str = "float32"  # of what plays, and of grpo.py's computation: float32, bfloat16
    sft_dtype: str = "bfloat16"  # of the computation of sft and rejection
    device: str = "auto"  # auto, cpu, cuda, cuda:1, ...
    threads: int = 0  # of torch on a processor; 0 for its own choice
    out: str = "runs/learning"  # folder for what is written
    report: bool = False  # train nothing: print the table of what has been run, and draw its picture
    write: bool = False  # with --report: append the table to RESULTS.md; its picture goes to docs/images


IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
FREE = ("arms", "seeds", "threads", "out", "report", "write", "teacher")
"""Settings in which the rows of one file may differ."""


def compare(settings: Settings) -> None:
    """Train what has not been trained, or report."""
    path = Path(settings.out) / "results.jsonl"
    if settings.report:
        rows = rows_of(path)
        if not rows:
            raise UsageError(f"nothing to report in {path}: run some arms first")
        claims = LENIENT if rows[0]["settings"].get("lenient") else EXPECTED
        text = "\n".join([machine(), report(rows, claims, common_of(Settings()))])
        print(text)
        picture = IMAGES / f"learning-{path.parent.name}.png" if settings.write else path.with_name("curves.png")
        drawn = pictured(rows, picture)
        if settings.write:
            text += f"\n\n![success over minutes](../docs/images/{picture.name})" if drawn else ""
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(f"{text}\n\n")
        return
    wanted = checked(settings)
    import torch
    from _learning_arms import START, TAUGHT, started, trained

    if settings.threads:
        torch.set_num_threads(settings.threads)
    path.parent.mkdir(parents=True, exist_ok=True)
    common = common_of(settings)
    for seed in wanted:
        for arm in (START, *settings.arms):
            rows = rows_of(path)  # anew each time: others may add to the file
            fits(rows, common, path)
            if any((row["arm"], row["seed"]) == (arm, seed) for row in rows):
                continue
            row = started(settings, seed) if arm == START else trained(arm, settings, seed)
            row |= {"settings": common, **({"teacher": settings.teacher} if arm in TAUGHT else {})}
            add(path, row)
            print(line_of(row))


def checked(settings: Settings) -> list[int]:
    """The seeds, as numbers. Raises UsageError where something cannot be run."""
    from _learning_arms import ARMS, TAUGHT

    for name in settings.arms:
        if name not in ARMS:
            raise UsageError(f"--arms are among {', '.join(ARMS)}; found {name}")
        if name in TAUGHT and not settings.teacher:
            raise UsageError(f"{name} needs a --teacher: the folder of a model with the same tokenizer")
    if not all(seed.isdecimal() and int(seed) < 800 for seed in settings.seeds):
        raise UsageError(f"--seeds are numbers from 0 to 799; found {' '.join(settings.seeds)}")
    for name, least in (("minutes", 1e-9), ("points", 0), ("tasks", 1), ("controls", 0), ("keep", 1), ("passes", 1)):
        if getattr(settings, name) < least:
            raise UsageError(f"--{name} must be {'positive' if least < 1 else f'at least {least}'}")
    return [int(seed) for seed in settings.seeds]


def common_of(settings: Settings) -> dict[str, Any]:
    """What the rows of one file have in common, as JSON gives it back."""
    return json.loads(json.dumps({name: value for name, value in asdict(settings).items() if name not in FREE}))


def fits(rows: Sequence[dict[str, Any]], common: dict[str, Any], path: Path) -> None:
    """Raise UsageError where earlier rows are of other settings."""
    for row in rows:
        for name, value in common.items():
            if row["settings"].get(name) != value:
                raise UsageError(
                    f"{path} has rows of --{name.replace('_', '-')} {row['settings'].get(name)}, not {value}: "
                    "give the same again, or another --out"
                )


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The rows that were written whole."""
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    return [json.loads(line) for line in lines[:-1] if line.endswith(b"}")]


def add(path: Path, row: dict[str, Any]) -> None:
    """Add a row; what a kill left of an earlier one stays a line of its own."""
    torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(row) + "\n")


def line_of(row: dict[str, Any]) -> str:
    """`grpo, seed 0: seeds 42.0, test 20.0, branches 31.0 % after 6.0 minutes, 43 steps`."""
    shares = {name: found["success"] for name, found in row["measured"].items()}
    found = ", ".join(f"{name} {100 * share['value']:.1f}" for name, share in shares.items() if share)
    after = f" after {row['seconds'] / 60:.1f} minutes, {row['steps']} steps" if "seconds" in row else ""
    return f"{row['arm']}, seed {row['seed']}: {found} %{after}"


def main() -> int:
    return program("learning", Settings, __doc__ or "", compare, "the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
