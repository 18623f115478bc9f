"""What can keep the local stack from running. Each message says what to do.

LocalStackError
├── PortTakenError        a port is in use or not a port
├── MissingProgramError   a server's program, or a library it needs, is not installed
├── ChildDiedError        a process ended although nobody asked it to
├── NotReadyError         a process runs but did not become ready in time
└── BrokerControlError    the broker refused or did not answer an administrative expression
"""


class LocalStackError(RuntimeError):
    """Base of the errors whose message is meant for whoever started the stack."""


class PortTakenError(LocalStackError):
    """A port is in use, or what was given as one is none."""


class MissingProgramError(LocalStackError):
    """A server's program, or a library it needs, is not installed."""


class ChildDiedError(LocalStackError):
    """A process ended although nobody asked it to."""


class NotReadyError(LocalStackError):
    """A process runs but did not become ready in time."""


class BrokerControlError(LocalStackError):
    """The broker refused or did not answer an administrative expression."""
