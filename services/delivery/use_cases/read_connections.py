"""Connections, for administrators."""

from libs.contracts.connections import ConnectionPage, ConnectionView, ListConnections
from libs.contracts.connections import ReadConnection as ReadConnectionQuery
from services.delivery.domain.administering import no_connection, view_of
from services.delivery.use_cases.connection_ports import Office


class ReadConnections:
    """Answers `list_connections.v1` and `read_connection.v1`, within the caller's account. That they
    administer it, the edge has decided.
    """

    def __init__(self, office: Office) -> None:
        self._office = office

    async def page(self, query: ListConnections, *, account_id: str) -> ConnectionPage:
        """A page, by the connections' ids."""
        found = await self._office.lists.of_account(
            account_id, chatbot_id=query.chatbot_id, after=query.cursor or "", limit=query.page_size + 1
        )
        shown = found[: query.page_size]
        return ConnectionPage(
            items=tuple(view_of(one, self._office.public_url) for one in shown),
            next_cursor=shown[-1].id if len(found) > len(shown) else None,
        )

    async def one(self, query: ReadConnectionQuery, *, account_id: str) -> ConnectionView:
        """The connection. Raises DomainError `not_found`."""
        found = await self._office.connections.look_up(query.connection_id)
        if found is None or found.account_id != account_id:
            raise no_connection()
        return view_of(found, self._office.public_url)
