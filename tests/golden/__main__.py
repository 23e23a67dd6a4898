"""`python -m tests.golden` renews the digests; `--seeds 5,3,1 --splits test` prints those of other episodes instead."""

from __future__ import annotations

import argparse
import json
import sys

from tests.golden import FILE, SPLITS, digests, write

parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
parser.add_argument("--seeds", help="comma-separated; prints JSON")
parser.add_argument("--splits", default=",".join(SPLITS))
given = parser.parse_args()
if given.seeds:
    sys.stdout.write(json.dumps(digests(map(int, given.seeds.split(",")), given.splits.split(","))))
else:
    write()
    sys.stdout.write(f"wrote {FILE}\n")
