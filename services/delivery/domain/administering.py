"""Who administers connections, and how one is shown."""

from collections.abc import Mapping

from libs.contracts.base import Actor
from libs.contracts.connections import ConnectionView
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import ActorKind, Channel, Role
from services.delivery.domain.connection import Connection

#: Channels whose platforms post to us.
_POSTING = frozenset({"telegram", "whatsapp", "email", "chatwoot"})
#: Set by us, where the installation's own address is known; never kept.
WEBHOOK_URL = "webhook_url"
#: Credentials that we may generate, and that a person has to enter at the platform.
_ENTERED_THERE = ("verify_token", "webhook_secret")


def require_admin(actor: Actor) -> None:
    """Raise DomainError `forbidden` unless the actor runs the account. What an API key may do, its scopes
    have said at the edge.
    """
    if actor.kind in {ActorKind.SYSTEM, ActorKind.API_KEY} or actor.role is Role.ADMIN:
        return
    raise DomainError(ErrorCode.FORBIDDEN, "this is for administrators")


def webhook_url(connection: Connection, public_url: str) -> str | None:
    """Where the platform has to post: as the connection's settings say, or at the installation's address."""
    given = connection.settings.get(WEBHOOK_URL)
    if isinstance(given, str) and given:
        return given
    if connection.channel not in _POSTING or not public_url:
        return None
    return f"{public_url.rstrip('/')}/webhooks/{connection.channel}/{connection.id}"


def with_webhook(connection: Connection, public_url: str) -> Connection:
    """The connection as its platform is to be told about it."""
    address = webhook_url(connection, public_url)
    return connection if address is None else connection.having({WEBHOOK_URL: address})


def view_of(connection: Connection, public_url: str) -> ConnectionView:
    """The connection without its secrets."""
    return ConnectionView(
        id=connection.id,
        chatbot_id=connection.chatbot_id,
        channel=Channel(connection.channel),
        name=connection.name,
        settings={key: value for key, value in connection.settings.items() if key != WEBHOOK_URL},
        credentials=tuple(sorted(connection.credentials)),
        status=connection.status.value,
        reason=connection.reason,
        webhook_url=webhook_url(connection, public_url),
    )


def generated_names(
    complete: Mapping[str, str], given: Mapping[str, str], known: Mapping[str, str]
) -> tuple[str, ...]:
    """Which of the complete credentials neither came with the command nor were there before. A given one may
    have another name by now, as WhatsApp's `app_secret` has.
    """
    old = {*given.values(), *known.values()}
    return tuple(name for name in _ENTERED_THERE if name in complete and complete[name] not in old)


def generated_credentials(connection: Connection, command_id: str) -> dict[str, str]:
    """What this command had generated, which its answer alone may show. None once another command has changed
    the connection.
    """
    if connection.version != command_id:
        return {}
    return {
        name: connection.credentials[name] for name in connection.generated if name in connection.credentials
    }


def no_connection() -> DomainError:
    """For one that is not there, or another account's."""
    return DomainError(ErrorCode.NOT_FOUND, "there is no such connection")
