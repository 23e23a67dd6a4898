"""One thread of torch in each process: two workers with two threads each wait for one another, many times as long."""

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the programs that are started

with contextlib.suppress(ImportError):
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def benchmark_module() -> Iterator[Callable[[str], Any]]:
    """Imports a program of `benchmarks/` as a module; what came with it is forgotten afterwards."""
    before, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield importlib.import_module
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).parent in (ROOT / "benchmarks", ROOT / "baselines"):
                del sys.modules[name]
