"""What platforms' ids lead to: one suite, against the fake and against MongoDB."""

from typing import Any

from libs.contracts.conversation import MessageView
from libs.contracts.vocabulary import Channel, DeliveryState, ReceiptKind
from services.conversation.domain.receipts import after_receipt
from services.conversation.use_cases.ports import Transaction
from tests.integration.conversation.repository import MongoRepository
from tests.unit.conversation.fakes import InMemoryStore, counting_ids
from tests.unit.conversation.making import ACCOUNT, CONNECTION, agent, conversation, draft, moment

Repository = InMemoryStore | MongoRepository
MAIL: dict[str, Any] = {"channel": Channel.EMAIL, "session_id": "email:j1@x.test", "target": "jo@x.test"}


async def with_messages(repository: Repository) -> tuple[str, MessageView]:
    """A conversation of mails with one each way; its id, and the message of ours."""
    one = conversation(**MAIL)
    received = one.receive(
        draft("in", external_id="guid-1", other_ids=("j2@x.test",)), agent(), wants_answer=False
    )
    out = one.send_out(draft("out"), agent())
    one.move("email:moved@x.test", "jo@y.test")

    async def work(tx: Transaction) -> None:
        for message in (received, out):
            await tx.add_message(message)
        await tx.advance_delivery(
            one.id, "out", DeliveryState.SENT, external_ids=["guid-out", "out@desk.test"]
        )
        await tx.save(one)

    await repository.transaction(ACCOUNT, work)
    return one.id, out.view.model_copy(update={"delivery": DeliveryState.SENT})


async def test_a_message_of_ours_is_found_by_its_ids_on_its_connection(repository: Repository) -> None:
    _, out = await with_messages(repository)

    async def find(*wanted: Any, account: str = ACCOUNT) -> str | None:
        found = await repository.transaction(account, lambda tx: tx.sent_message(*wanted))
        return found.id if found else None

    assert await find(CONNECTION, "guid-out", None) == out.id
    assert await find(CONNECTION, "nothing", "out") == out.id
    assert await find(CONNECTION, "out@desk.test", "nobody") == out.id
    assert await find(CONNECTION, "guid-1", "in") is None
    assert await find("other", "guid-out", "out") is None
    assert await find(CONNECTION, "guid-out", "out", account="other") is None


async def test_a_receipt_is_kept_with_the_message(repository: Repository) -> None:
    conversation_id, out = await with_messages(repository)
    after = after_receipt(out, ReceiptKind.READ, moment(5), error=None, lasting=True)

    async def work(tx: Transaction) -> MessageView | None:
        await tx.keep_receipt(out, after, ReceiptKind.READ, "guid-later")
        return await tx.outbound_message(conversation_id, out.id)

    kept = await repository.transaction(ACCOUNT, work)
    assert kept is not None
    assert (kept.delivery, kept.receipts) == (DeliveryState.READ, after.receipts)
    found = await repository.transaction(ACCOUNT, lambda tx: tx.sent_message(CONNECTION, "guid-later", None))
    assert found is not None
    for wrong in (("other", "out"), (conversation_id, "in")):
        args = wrong
        missing = await repository.transaction(ACCOUNT, lambda tx, args=args: tx.outbound_message(*args))
        assert missing is None


async def test_a_thread_is_found_by_its_names_and_by_its_messages(repository: Repository) -> None:
    home, _ = await with_messages(repository)

    async def find(*references: str, connection: str = CONNECTION, account: str = ACCOUNT) -> str | None:
        return await repository.transaction(account, lambda tx: tx.home_of(connection, references))

    for known in ("email:j1@x.test", "email:moved@x.test", "j2@x.test", "out@desk.test"):
        assert await find("unknown@x.test", known) == home
    assert await find("unknown@x.test") is None
    assert await find("j2@x.test", connection="other") is None
    assert await find("j2@x.test", account="other") is None


async def test_a_person_is_found_by_whichever_of_their_names_is_known(repository: Repository) -> None:
    new_id = counting_ids()
    await repository.transaction(ACCOUNT, lambda tx: tx.contact(CONNECTION, "GB.1", "Zed", new_id))

    async def find(*aliases: str, connection: str = CONNECTION) -> str | None:
        return await repository.transaction(ACCOUNT, lambda tx: tx.known_alias(connection, aliases))

    assert await find("44", "GB.1") == "GB.1"
    assert await find("44") is None
    assert await find("GB.1", connection="other") is None


async def test_what_is_on_its_way_out_is_known_by_its_connection(repository: Repository) -> None:
    one = conversation(**MAIL)
    out = one.send_out(draft("out"), agent())

    async def add(tx: Transaction) -> None:
        await tx.add_message(out)
        await tx.save(one)

    async def is_sending(connection_id: str = CONNECTION, account: str = ACCOUNT) -> bool:
        return await repository.transaction(account, lambda tx: tx.is_sending(connection_id))

    assert not await is_sending()
    await repository.transaction(ACCOUNT, add)
    assert await is_sending()
    assert not await is_sending("other")
    assert not await is_sending(account="other")
    await repository.transaction(ACCOUNT, lambda tx: tx.advance_delivery(one.id, "out", DeliveryState.SENT))
    assert not await is_sending()
