"""What use cases about templates and drafts need from outside."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.drafts import ReplyDraft
from libs.contracts.templates import Template


class TemplateRecords(Protocol):
    """A part of the port Transaction."""

    async def template(self, template_id: str) -> Template | None:
        """A template."""

    async def template_of_shortcut(self, shortcut: str) -> Template | None:
        """The template that has this shortcut."""

    async def count_templates(self) -> int:
        """How many the account has."""

    async def put_template(self, template: Template) -> None:
        """Keep it, new or not."""

    async def delete_template(self, template_id: str) -> None:
        """Forget it."""

    async def put_draft(self, person_id: str, draft: ReplyDraft) -> None:
        """Keep somebody's draft in place of their last one in its conversation."""

    async def delete_draft(self, person_id: str, conversation_id: str) -> None:
        """Forget it, if there is one."""


class Templates(Protocol):
    """What can be read of templates and drafts; always of one account."""

    async def template(self, account_id: str, template_id: str) -> Template | None:
        """A template."""

    async def templates(
        self,
        account_id: str,
        *,
        departments: frozenset[str] | None,
        department: str | None,
        shortcut: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[Template]:
        """Templates behind the id `after`, in the order of their ids: those of the account and of
        `departments` (None: of all), of one `department` where given, with a `shortcut` that begins so.
        """

    async def draft(self, account_id: str, person_id: str, conversation_id: str) -> ReplyDraft | None:
        """Somebody's draft in a conversation."""
