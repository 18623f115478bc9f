"""Give what waits to those who are there."""

from libs.contracts.assignment import AssignWaiting
from libs.contracts.base import SYSTEM
from services.conversation.domain.assigning import choose, places_of, with_one_more, with_room
from services.conversation.use_cases.departments import load_account
from services.conversation.use_cases.ports import Call, Transaction

#: Conversations that one command gives out: a transaction stays short, and a later command goes on.
MOST = 10


async def assign_waiting(command: AssignWaiting, call: Call, tx: Transaction) -> None:
    """Decides for the whole account, in the one place where that is done: its partition handles one of these
    after the other. Raises TransientError when somebody else changed what it decided on; done again, it
    decides anew.
    """
    account = await load_account(tx)
    places = places_of(account)
    if not places:
        return
    workers = await tx.workers(call.now)
    for _ in range(MOST):
        open_places = {place.department: place for place in with_room(places, workers)}
        if not open_places:
            return
        conversation = await tx.oldest_waiting(tuple(open_places))
        if conversation is None:
            return
        place = open_places[conversation.department]
        chosen = choose(place, workers)
        assert chosen is not None  # noqa: S101 - the place is open because of them
        conversation.assign(chosen.person, command.actor, call.now)
        await tx.save_assigned(conversation, place.limit)
        workers = with_one_more(workers, chosen)
    tx.tell_account(AssignWaiting(actor=SYSTEM))


async def assign_soon(tx: Transaction) -> None:
    """Have what waits looked at, where the account assigns anything by itself."""
    account = await tx.account()
    if account is not None and places_of(account):
        tx.tell_account(AssignWaiting(actor=SYSTEM))
