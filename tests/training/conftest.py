"""One thread of torch in each process: two workers with two threads each wait for one another, many times as long."""

import contextlib
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the programs that are started

with contextlib.suppress(ImportError):
    import torch

    torch.set_num_threads(1)
