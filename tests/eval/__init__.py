"""Answers worth sending, measured: `make eval`."""
