"""Somebody of the team is there, or is not any more."""

from datetime import timedelta

from libs.contracts.presence import Presence, PresenceChanged, PresenceView, ReportPresence
from services.conversation.domain.policy import require_team
from services.conversation.domain.presence import PresenceLease, presence_of, presence_view
from services.conversation.use_cases.assign_waiting import assign_soon
from services.conversation.use_cases.people import load_person
from services.conversation.use_cases.ports import Call, Transaction


async def report_presence(command: ReportPresence, call: Call, tx: Transaction) -> PresenceView:
    """Keep the lease; tell the team when it makes a difference. Who comes is given what waits.

    Raises DomainError `forbidden` for a requester, `not_found` for somebody who is gone.
    """
    require_team(command.actor)
    person = await load_person(command.actor.id, tx)
    before = await tx.presence_leases(person.id)
    lease = PresenceLease(
        person.id, command.lease_id, command.state, call.now + timedelta(seconds=command.seconds)
    )
    others = [one for one in before if one.lease_id != lease.lease_id]
    if lease.state is Presence.OFFLINE:
        await tx.delete_presence_leases([one for one in before if one.lease_id == lease.lease_id])
    else:
        await tx.put_presence_lease(lease)
    was, state = presence_of(before, call.now), presence_of([*others, lease], call.now)
    view = presence_view(person, state)
    if state is not was:
        tx.publish(
            PresenceChanged(
                actor=command.actor, occurred_at=call.now, account_id=call.account_id, presence=view
            )
        )
        if state is Presence.ONLINE:
            await assign_soon(tx)
    return view
