"""Leases that nobody renewed: their gateway is gone, or cut off."""

from libs.contracts.presence import ExpirePresence, PresenceChanged
from services.conversation.domain.policy import require_admin
from services.conversation.domain.presence import presence_of, presence_view
from services.conversation.use_cases.ports import Call, Transaction

#: Leases that one command takes; the next look finds the rest.
MOST_EXPIRED = 500


async def expire_presence(command: ExpirePresence, call: Call, tx: Transaction) -> None:
    """Forget them, and tell the team who is not there any more. Raises DomainError `forbidden`."""
    require_admin(command.actor)
    expired = await tx.expired_presence(call.now, MOST_EXPIRED)
    for person_id in sorted({lease.person_id for lease in expired}):
        leases = await tx.presence_leases(person_id)
        await tx.delete_presence_leases([one for one in leases if one.until <= call.now])
        state = presence_of(leases, call.now)
        person = await tx.person(person_id)
        if person is not None and state is not presence_of(leases):
            tx.publish(
                PresenceChanged(
                    actor=command.actor,
                    occurred_at=call.now,
                    account_id=call.account_id,
                    presence=presence_view(person, state),
                )
            )
