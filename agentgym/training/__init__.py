"""What trainers of language models share: token streams, engines that sample, data, measures. Needs the extra `train`.

Importing this package imports nothing of it; `stream`, `engine`, `policy`, `data`, `measure` and `regimes` work
without torch.
"""
