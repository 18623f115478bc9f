"""A template that a platform has approved goes out in place of the text."""

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.channel_templates import ChannelTemplate
from libs.contracts.conversation import RegisterChatbot
from libs.contracts.errors import DomainError
from libs.contracts.messages import WriteToContact
from libs.contracts.vocabulary import Channel
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.write_to_contact import WriteAsPerson
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import CHATBOT, agent

READY = ChannelTemplate(name="order_ready", language="pt_PT", parameters=("A-12",))


async def written(world: World, channel: Channel) -> None:
    await world.do(
        register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", mode="off")
    )
    await world.says("hello", channel=channel)
    command = WriteToContact(
        actor=agent("ana", "IT"),
        conversation_id=world.conversation().id,
        content="Your order A-12 is ready",
        template=READY,
    )
    await world.do(WriteAsPerson(world.new_id), command, 5)


async def test_it_is_kept_with_the_message_and_told(world: World) -> None:
    await written(world, Channel.WHATSAPP)
    told = world.store.records.events[-1].data
    assert told["message"]["template"] == READY.model_dump(mode="json")
    assert told["message"]["content"] == "Your order A-12 is ready"


async def test_a_channel_without_templates_takes_none(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        await written(world, Channel.TELEGRAM)
    assert refused.value.code == "invalid"
