"""Measures the figures of docs/figures.md: `make bench` writes build/bench.json.

Never part of the suite: a figure depends on the machine, so ratios are taken within one run.
"""
