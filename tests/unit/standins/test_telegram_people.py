"""What people do becomes updates of Telegram's shape."""

from typing import Any

import pytest

from libs.standins.errors import StandinError, UnknownError
from libs.standins.telegram import TelegramBot
from libs.standins.telegram.delivery import Delivery
from tests.unit.standins.conftest import ANN, OLA, Receiver

OLA_USER = {"id": OLA, "first_name": "Ola"}
FORUM = -1_002_200_330_044


async def posted(delivery: Delivery, receiver: Receiver) -> dict[str, Any]:
    assert await delivery.wait(5)
    update = receiver.posts[-1].update
    assert update.pop("update_id") == delivery.update_id
    return update


async def test_a_private_message(hooked: TelegramBot, receiver: Receiver) -> None:
    person = {"id": OLA, "first_name": "Ola", "language_code": "de"}

    update = await posted(hooked.people.write(OLA, "hello", sender=person), receiver)

    message = update["message"]
    assert message["from"] == {"id": OLA, "is_bot": False, "first_name": "Ola", "language_code": "de"}
    assert message["chat"] == {"id": OLA, "type": "private", "first_name": "Ola"}
    assert message["text"] == "hello"
    assert {"message_id", "date"} <= message.keys()
    assert "entities" not in message


async def test_a_command_in_a_forum_topic(hooked: TelegramBot, receiver: Receiver) -> None:
    update = await posted(
        hooked.people.write(
            FORUM,
            "/status@shop_helper_bot 17",
            sender=OLA_USER,
            chat={"title": "Help room", "is_forum": True},
            thread_id=5,
        ),
        receiver,
    )

    message = update["message"]
    assert message["chat"] == {"id": FORUM, "type": "supergroup", "title": "Help room", "is_forum": True}
    assert (message["message_thread_id"], message["is_topic_message"]) == (5, True)
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 23}]


@pytest.mark.parametrize(
    "kind", ["document", "audio", "voice", "video", "video_note", "animation", "sticker"]
)
async def test_a_file_can_be_fetched_by_the_bot(hooked: TelegramBot, receiver: Receiver, kind: str) -> None:
    content = {kind: {"file_name": "receipt.pdf", "content_base64": "JVBERg=="}, "caption": "here"}

    message = (await posted(hooked.people.write(ANN, content=content), receiver))["message"]

    stored = hooked.state.files.get(message[kind]["file_id"])
    assert stored is not None
    assert (stored.content, message[kind]["file_size"]) == (b"%PDF", 4)
    assert message["caption"] == "here"
    assert ("document" in message) == (kind in {"document", "animation"})


async def test_a_photo_has_sizes_in_ascending_order(hooked: TelegramBot, receiver: Receiver) -> None:
    message = (await posted(hooked.people.write(ANN, content={"photo": {}}), receiver))["message"]

    widths = [size["width"] for size in message["photo"]]
    assert widths == sorted(widths)
    assert len(widths) == 2
    assert all(hooked.state.files.get(size["file_id"]) for size in message["photo"])


async def test_other_content_goes_as_it_is(hooked: TelegramBot, receiver: Receiver) -> None:
    place = {"latitude": 48.1, "longitude": 11.5}
    content = {"venue": {"location": place, "title": "Shop"}, "via_bot": {"id": 1}, "media_group_id": "9"}

    message = (await posted(hooked.people.write(ANN, content=content), receiver))["message"]

    assert message["location"] == place
    assert (message["venue"]["title"], message["via_bot"], message["media_group_id"]) == (
        "Shop",
        {"id": 1},
        "9",
    )


async def test_a_reply_shows_what_it_answers_one_level_deep(hooked: TelegramBot, receiver: Receiver) -> None:
    first = hooked.people.write(ANN, "one")
    second = hooked.people.write(ANN, "two", reply_to=first.message_id)

    message = (await posted(hooked.people.write(ANN, "three", reply_to=second.message_id), receiver))[
        "message"
    ]

    assert message["reply_to_message"]["text"] == "two"
    assert "reply_to_message" not in message["reply_to_message"]


async def test_an_edit_is_the_whole_new_version(hooked: TelegramBot, receiver: Receiver) -> None:
    written = hooked.people.write(ANN, "/blue kettle")

    update = await posted(
        hooked.people.edit(ANN, written.message_id or 0, {"text": "green kettle"}), receiver
    )

    edited = update["edited_message"]
    assert (edited["message_id"], edited["text"]) == (written.message_id, "green kettle")
    assert edited["edit_date"] >= edited["date"]
    assert "entities" not in edited


async def test_a_pressed_button_carries_its_message_or_what_is_left_of_it(
    hooked: TelegramBot, receiver: Receiver
) -> None:
    written = hooked.people.write(ANN, "hi")

    query = (await posted(hooked.people.press(ANN, written.message_id or 0, "yes"), receiver))[
        "callback_query"
    ]
    assert (query["data"], query["message"]["text"], query["from"]["id"]) == ("yes", "hi", ANN)
    assert isinstance(query["id"], str)
    gone = (await posted(hooked.people.press(ANN, 1, "yes"), receiver))["callback_query"]
    assert gone["message"] == {"chat": query["message"]["chat"], "message_id": 1, "date": 0}


async def test_blocking_the_bot(hooked: TelegramBot, receiver: Receiver) -> None:
    change = (await posted(hooked.people.set_membership(ANN, "kicked"), receiver))["my_chat_member"]

    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == ("member", "kicked")
    assert change["new_chat_member"]["user"]["id"] == hooked.id


async def test_a_migration_is_told_in_both_chats(hooked: TelegramBot, receiver: Receiver) -> None:
    hooked.people.write(-40_055, "hello all", sender=OLA_USER, chat={"title": "Old room"})

    for delivery in hooked.people.migrate(-40_055, FORUM, sender=OLA_USER):
        assert await delivery.wait(5)

    messages = {post.update["message"]["chat"]["id"]: post.update["message"] for post in receiver.posts}
    assert messages[-40_055]["migrate_to_chat_id"] == FORUM
    assert messages[FORUM]["migrate_from_chat_id"] == -40_055
    assert messages[FORUM]["chat"]["title"] == "Old room"


@pytest.mark.parametrize(
    "update",
    [
        {"something_new": {"chat": {"id": OLA, "type": "private"}, "x": 1}},
        {
            "deleted_business_messages": {
                "business_connection_id": "b",
                "chat": {"id": OLA},
                "message_ids": [3],
            }
        },
        {"message": "not an object"},
        {"poll": {"id": "1"}},
        {"callback_query": {"id": 5, "message": "not an object"}},
        {},
    ],
)
async def test_any_update_can_be_sent(
    hooked: TelegramBot, receiver: Receiver, update: dict[str, Any]
) -> None:
    assert await posted(hooked.people.send_update({"update_id": 5, **update}), receiver) == update


async def test_what_cannot_be_is_refused(bot: TelegramBot) -> None:
    people = bot.people
    with pytest.raises(StandinError, match="who writes in a group"):
        people.write(FORUM, "hi")
    with pytest.raises(StandinError, match=r"from\.id"):
        people.write(ANN, "hi", sender={"id": "one"})
    with pytest.raises(StandinError, match="not base64"):
        people.write(ANN, content={"document": {"content_base64": "%"}})
    with pytest.raises(StandinError, match="1-64 bytes"):
        people.press(ANN, 1, "x" * 65)
    with pytest.raises(UnknownError, match="has no message"):
        people.edit(ANN, 1, {"text": "x"})
    with pytest.raises(UnknownError, match="not known"):
        people.press(OLA, 1, "x")
    with pytest.raises(StandinError, match="only a group"):
        people.migrate(ANN, FORUM, sender=OLA_USER)
