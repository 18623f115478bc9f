"""What a stand-in says to whoever steers it (what the platforms say to their callers is theirs).

StandinError
├── FaultError          a fault rule that cannot be understood
└── UnknownError        a bot, chat, message or update that is not there
"""


class StandinError(Exception):
    """A request to the stand-in that it cannot follow; ``status`` is its answer on the control API."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class FaultError(StandinError):
    """A fault rule that cannot be understood; the text says which part."""


class UnknownError(StandinError):
    """Something that is not there."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404)
