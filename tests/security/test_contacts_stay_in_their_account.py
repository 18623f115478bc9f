"""CVE-2026-115725: a foreign `source_id` crossed accounts. Here neither an alias nor an id of another account
leads to one of its contacts.
"""

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.contacts import MergeContacts, UpdateContact
from libs.contracts.conversation import RegisterAccount, RegisterChatbot
from libs.contracts.erasure import EraseContact
from libs.contracts.errors import DomainError
from services.conversation.use_cases.erase_contact import BeginErasure
from services.conversation.use_cases.merge_contacts import merge_contacts
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.update_contact import update_contact
from tests.unit.conversation.conftest import World, world
from tests.unit.conversation.making import ACCOUNT, ADMIN, CHATBOT, inbound

__all__ = ["world"]
OTHER = "globex"


async def contact_of(world: World, account_id: str) -> str:
    """The contact whom the same Telegram user is in an account."""
    await world.do(world.record, inbound(1), account_id=account_id)
    return next(one.id for key, one in world.store.records.contacts.items() if key[0] == account_id)


@pytest.fixture
async def both(world: World) -> tuple[World, str, str]:
    await world.do(register_account, RegisterAccount(actor=SYSTEM, account_id=OTHER, name="G"), 0, OTHER)
    bot = RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot")
    await world.do(register_chatbot, bot, 0, OTHER)
    return world, await contact_of(world, ACCOUNT), await contact_of(world, OTHER)


async def test_one_alias_is_a_contact_of_its_own_in_each_account(both: tuple[World, str, str]) -> None:
    _, own, foreign = both
    assert own != foreign


async def test_a_foreign_contact_can_be_neither_merged_nor_changed_nor_erased(
    both: tuple[World, str, str],
) -> None:
    world, own, foreign = both
    before = dict(world.store.records.contacts)
    for use_case, command in (
        (merge_contacts, MergeContacts(actor=ADMIN, contact_id=foreign, into=own)),
        (merge_contacts, MergeContacts(actor=ADMIN, contact_id=own, into=foreign)),
        (update_contact, UpdateContact(actor=ADMIN, contact_id=foreign, name="Mine")),
        (BeginErasure(world.new_id), EraseContact(actor=ADMIN, contact_id=foreign)),
    ):
        with pytest.raises(DomainError) as refused:
            await world.do(use_case, command)
        assert refused.value.code == "not_found"
    assert world.store.records.contacts == before
