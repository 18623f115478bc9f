"""What use cases about an account's labels need from outside."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.labels import Label


class LabelRecords(Protocol):
    """A part of the port Transaction."""

    async def known_labels(self, names: Sequence[str]) -> set[str]:
        """Those of these that the account has."""

    async def label(self, name: str) -> Label | None:
        """A label of the account."""

    async def count_labels(self) -> int:
        """How many the account has."""

    async def add_label(self, label: Label) -> None:
        """Keep a label, unless there is one of this name: then that one stays."""

    async def put_label(self, label: Label) -> None:
        """Keep a label in place of the one of its name."""

    async def delete_label(self, name: str) -> None:
        """Forget a label, if it is there."""

    async def labelled(self, name: str, after: str | None, limit: int) -> Sequence[str]:
        """Ids of conversations with a label, behind the id `after`, in the order of their ids."""


class Labels(Protocol):
    """What can be read of labels."""

    async def labels(self, account_id: str, limit: int) -> Sequence[Label]:
        """Those of the account, in alphabetical order."""
