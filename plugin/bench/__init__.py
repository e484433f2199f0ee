"""Benchmarks, each beside the peer it is compared with, in one run.

Machines are noisy: a benchmark repeats its contestants in turn and quotes medians and the
ratio of medians.  Nothing here is a test.
"""
