"""Read marks: what the fake promises, MongoDB keeps."""

from typing import Any

from libs.contracts.vocabulary import DeliveryState, MessageKind
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.test_repositories import ANA, Repository, send_and_save
from tests.unit.conversation.making import ACCOUNT, CONTACT, conversation, draft


async def test_what_is_unread_is_counted_and_found(repository: Repository) -> None:
    one = conversation()
    sent = [one.receive(draft(f"in{number}"), CONTACT, wants_answer=False) for number in range(3)]
    reaction = draft("side", kind=MessageKind.REACTION)
    sent.append(one.receive(reaction, CONTACT, wants_answer=False))
    sent += [one.send_out(draft(f"out{number}"), ANA) for number in range(3)]
    await send_and_save(repository, one, *sent)
    views = {message.view.id: message.view for message in sent}

    async def look(tx: Transaction) -> Any:
        await tx.advance_delivery(one.id, "out0", DeliveryState.READ)
        counts = [
            await tx.inbound_after(one.id, views[name].sequence, limit)
            for name, limit in (("in0", 9), ("in0", 1), ("in2", 9), ("in0", 0))
        ]
        ids = [
            await tx.sent_unread(one.id, views[name].sequence, limit)
            for name, limit in (("out2", 9), ("out2", 1), ("out1", 9), ("in0", 9))
        ]
        return counts, [list(found) for found in ids]

    assert await repository.transaction(ACCOUNT, look) == (
        [2, 1, 0, 0],
        [["out1", "out2"], ["out2"], ["out1"], []],
    )
