"""Automatic assignment: one command to the account's partition, where nobody decides beside it."""

from libs.contracts.base import Command


class AssignWaiting(Command, type="assign_waiting.v1"):
    """Give what waits to those who are present and have room, the oldest first."""
