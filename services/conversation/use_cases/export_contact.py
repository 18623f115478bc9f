"""Everything that is known of a contact, page by page."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.exporting import ExportContact, ExportKind, ExportPage, ExportRecord
from services.conversation.domain.policy import actor_of, require_admin
from services.conversation.use_cases.contact_ports import Contacts
from services.conversation.use_cases.export_ports import Exports
from services.conversation.use_cases.ports import Call
from services.conversation.use_cases.read_contacts import no_contact
from services.conversation.use_cases.views import view_of

#: Records of one page.
MOST_RECORDS = 200
#: Bytes of JSON past which a page takes no further record; a single one may be longer.
MOST_BYTES = 200_000
_KINDS = tuple(kind for kind in ExportKind if kind is not ExportKind.CONVERSATION)


@dataclass(frozen=True)
class Place:
    """Behind which record a page goes on: of which conversation, of which kind there. Without a kind: behind
    the whole conversation.
    """

    conversation_id: str
    kind: ExportKind | None
    after: str | None

    def cursor(self) -> str:
        """As text."""
        return urlsafe_b64encode(json.dumps([self.conversation_id, self.kind, self.after]).encode()).decode()


class _Page:
    """Records that fit."""

    def __init__(self) -> None:
        self.records: list[ExportRecord] = []
        self.bytes = 0

    @property
    def room(self) -> int:
        return MOST_RECORDS - len(self.records) if self.bytes < MOST_BYTES else 0

    def add(self, record: ExportRecord) -> None:
        self.records.append(record)
        self.bytes += len(record.model_dump_json())


@dataclass(frozen=True)
class ExportContactForAdmin:
    """Takes ExportContact."""

    contacts: Contacts
    exports: Exports

    async def __call__(self, query: ExportContact, call: Call) -> ExportPage:
        """A page. What changes while somebody pages is shown as it is then. Raises DomainError `forbidden`,
        `not_found`, and `invalid` for what is no cursor.
        """
        actor = actor_of(query.person, call.account_id)
        require_admin(actor)
        contact = await self.contacts.contact(call.account_id, query.contact_id)
        if contact is not None and contact.merged_into is not None:
            contact = await self.contacts.contact(call.account_id, contact.merged_into)
        if contact is None:
            raise no_contact()
        others = await self.contacts.merged_aliases(call.account_id, [contact.id])
        place = place_of(query.cursor) if query.cursor else None
        page = _Page()
        while page.room:
            if place is None or place.kind is None:
                after = place.conversation_id if place else None
                conversation = await self.exports.next_conversation(call.account_id, contact.id, after)
                if conversation is None:
                    place = None
                    break
                shown = view_of(conversation, actor).model_dump(mode="json")
                page.add(
                    ExportRecord(kind=ExportKind.CONVERSATION, conversation_id=conversation.id, data=shown)
                )
                place = Place(conversation.id, _KINDS[0], None)
            else:
                place = await self._fill(page, place, call)
        return ExportPage(
            contact=contact.detail(others.get(contact.id, ())),
            records=tuple(page.records),
            exported_at=call.now,
            next_cursor=place.cursor() if place else None,
        )

    async def _fill(self, page: _Page, place: Place, call: Call) -> Place:
        """Add what has room of one kind; where the next record is."""
        assert place.kind is not None  # noqa: S101 - for the type checker; the caller has looked
        limit = page.room
        found = await self.exports.exported(
            call.account_id, place.conversation_id, place.kind, place.after, limit
        )
        after = place.after
        for one in found:
            if not page.room:
                return Place(place.conversation_id, place.kind, after)
            page.add(ExportRecord(kind=place.kind, conversation_id=place.conversation_id, data=one.data))
            after = one.place
        if len(found) == limit:
            return Place(place.conversation_id, place.kind, after)
        following = _KINDS[_KINDS.index(place.kind) + 1 :]
        return Place(place.conversation_id, following[0] if following else None, None)


def place_of(cursor: str) -> Place:
    """The place that a cursor stands for. Raises DomainError `invalid`."""
    try:
        conversation_id, kind, after = json.loads(urlsafe_b64decode(cursor.encode()))
        known = ExportKind(kind) if kind is not None else None
        fits = isinstance(conversation_id, str) and isinstance(after, str | None)
        f"{conversation_id}{after}".encode()  # half a surrogate pair is no text
        if known is ExportKind.CONVERSATION or not fits:
            raise ValueError(cursor)
    except (ValueError, TypeError) as error:
        raise DomainError(ErrorCode.INVALID, "this is not a cursor of this export") from error
    return Place(conversation_id, known, after)
