"""Files in messages: written by people, and read by those who may read the conversation."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Attachment, RegisterChatbot
from libs.contracts.errors import DomainError
from libs.contracts.files import GetFile
from libs.contracts.frames import frames_of
from libs.contracts.media import RecordFiles
from libs.contracts.messages import WriteToContact
from libs.contracts.vocabulary import MessageKind
from services.conversation.use_cases.get_file import GetFileOfConversation
from services.conversation.use_cases.record_files import record_files
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.write_to_contact import WriteAsPerson
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, CHATBOT, CONNECTION, SESSION, agent, call, person

PICTURE = Attachment(
    kind=MessageKind.IMAGE, reference="f1", file_id="f1", filename="k.png", content_type="image/png", size=3
)
AT_PLATFORM = Attachment(kind=MessageKind.VOICE, reference="AwAC-1")


@pytest.fixture
async def asked(world: World) -> World:
    await world.do(
        register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", mode="off")
    )
    await world.says("look", attachments=(PICTURE, AT_PLATFORM), kind=MessageKind.IMAGE)
    return world


async def writes(world: World, content: str, **parts: Any) -> Any:
    command = WriteToContact(
        actor=agent("ana", "IT"), conversation_id=world.conversation().id, content=content, **parts
    )
    return await world.do(WriteAsPerson(world.new_id), command, 5)


async def reads(world: World, **query: Any) -> Attachment:
    store = world.store.conversations
    return await GetFileOfConversation(store, store)(
        GetFile(**{"file_id": "f1"} | query), call(account_id=query.pop("account_id", ACCOUNT))
    )


async def refused(world: World, **query: Any) -> str:
    with pytest.raises(DomainError) as error:
        await reads(world, **query)
    return error.value.code


async def test_who_sees_the_conversation_reads_its_files(asked: World) -> None:
    one = asked.conversation().id
    assert await reads(asked, person=person("ana", "IT"), conversation_id=one) == PICTURE
    assert await reads(asked, connection_id=CONNECTION, session_id=SESSION) == PICTURE
    asked.change(requester_id="uma")
    assert await reads(asked, person=person("uma", role="user"), conversation_id=one) == PICTURE


async def test_nobody_else_does_and_no_file_of_elsewhere_is_read(asked: World) -> None:
    one = asked.conversation().id
    asked.change(department="IT")
    ana = person("ana", "IT")
    assert await refused(asked, person=person("eve", "HR"), conversation_id=one) == "not_found"
    assert await refused(asked, person=person("sam", role="user"), conversation_id=one) == "not_found"
    assert await refused(asked, person=ana, conversation_id="ghost-0001") == "not_found"
    assert await refused(asked, person=ana, conversation_id="ghost") == "not_found"
    assert await refused(asked, person=ana, conversation_id=one, file_id="f2") == "not_found"
    assert await refused(asked, connection_id="other", session_id=SESSION) == "not_found"


async def test_a_file_of_one_conversation_is_not_read_through_another(asked: World) -> None:
    """CVE-2026-48616."""
    await asked.says("hi", session_id="tg:78", target="78")
    ids = {one.session_id: one.id for one in asked.store.records.conversations.values()}
    ana = person("ana", "IT")
    assert await refused(asked, person=ana, conversation_id=ids["tg:78"]) == "not_found"
    assert await refused(asked, connection_id=CONNECTION, session_id="tg:78") == "not_found"


async def test_a_question_that_names_nobody_is_no_question(asked: World) -> None:
    assert await refused(asked, person=person("ana", "IT")) == "invalid"
    assert await refused(asked, connection_id=CONNECTION) == "invalid"
    assert await refused(asked) == "invalid"


async def test_a_file_needs_no_words_and_words_need_no_file(asked: World) -> None:
    message = await writes(asked, "", attachments=(PICTURE,))
    assert (message.kind, message.attachments) == (MessageKind.IMAGE, (PICTURE,))
    with pytest.raises(DomainError, match="content"):
        await writes(asked, " ")


async def test_subject_and_html_go_with_the_message_and_not_with_its_preview(asked: World) -> None:
    message = await writes(asked, "Hi", subject="Your kettle", body_html="<p>Hi</p>")
    assert (message.subject, message.body_html) == ("Your kettle", "<p>Hi</p>")
    preview = asked.conversation().last_message
    assert preview is not None
    assert (preview.content, preview.subject, preview.body_html) == ("Hi", "Your kettle", None)


async def test_frames_show_files_without_the_platforms_handle(asked: World) -> None:
    events = [(one.message(), one.sequence or 0) for one in asked.store.records.events]
    (frame,) = [
        frame
        for event, number in events
        for frame in frames_of(event, number)
        if frame.type == "contact_message"
    ]
    assert frame.fields["attachments"] == [
        {
            "file_id": "f1",
            "kind": "image",
            "filename": "k.png",
            "content_type": "image/png",
            "size": 3,
        },
        {"file_id": None, "kind": "voice", "filename": None, "content_type": None, "size": None},
    ]


async def files_come(world: World, *files: Attachment, **parts: Any) -> None:
    message_id = world.conversation().last_message.id  # type: ignore[union-attr]
    command = RecordFiles(
        **{
            "actor": SYSTEM,
            "conversation_id": world.conversation().id,
            "message_id": message_id,
            "files": files,
        }
        | parts
    )
    await world.do(record_files, command, 9)


async def test_files_that_came_from_the_platform_are_read_and_told_once(asked: World) -> None:
    voice = AT_PLATFORM.model_copy(update={"file_id": "f9", "content_type": "audio/ogg", "size": 7})
    before = asked.event_types()
    for _ in range(2):
        await files_come(asked, voice)
    assert asked.event_types()[len(before) :] == ["files_stored"]
    ana, one = person("ana", "IT"), asked.conversation()
    assert await reads(asked, person=ana, conversation_id=one.id, file_id="f9") == voice
    assert one.last_message is not None
    assert one.last_message.attachments == (PICTURE, voice)
    event = asked.store.records.events[-1]
    (frame,) = frames_of(event.message(), event.sequence or 0)
    assert (frame.type, frame.fields["attachments"][1]["file_id"]) == ("message_files", "f9")


async def test_files_of_no_message_and_of_another_platform_change_nothing(asked: World) -> None:
    before = asked.event_types()
    await files_come(asked, AT_PLATFORM.model_copy(update={"file_id": "f9"}), message_id="ghost")
    await files_come(asked, PICTURE.model_copy(update={"file_id": "other"}))
    assert asked.event_types() == before
    with pytest.raises(DomainError) as refused:
        await files_come(asked, PICTURE, actor=agent("ana", "IT"))
    assert refused.value.code == "forbidden"


async def test_files_of_an_earlier_message_leave_the_preview_alone(asked: World) -> None:
    first = asked.conversation().last_message
    assert first is not None
    await asked.says("and?", 4)
    await files_come(asked, AT_PLATFORM.model_copy(update={"file_id": "f9"}), message_id=first.id)
    last = asked.conversation().last_message
    assert last is not None
    assert last.attachments == ()
