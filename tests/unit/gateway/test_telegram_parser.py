import json
from typing import Any

import pytest

from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.json_fields import UnreadableError
from services.gateway.domain.telegram import Telegram
from services.gateway.domain.telegram_address import Bot
from services.gateway.domain.telegram_updates import Inbound, read_moved, read_update
from services.gateway.domain.webhooks import Post
from tests.unit.gateway.samples import TELEGRAM, WHEN, group, update

BOT = Bot(username="shop_helper_bot", id=990001)


def only(raw: Any, bot: Bot = BOT) -> Inbound:
    found = read_update(raw, bot)
    assert len(found) == 1
    return found[0]


def test_a_private_text_is_a_text_that_expects_an_answer():
    inbound = only(update())
    assert (inbound.kind, inbound.content) == (MessageKind.TEXT, "Is the kettle back?")
    assert (inbound.session_id, inbound.target) == ("tg:550011", "550011")
    assert (inbound.delivery_id, inbound.external_id) == ("718200101", "41")
    assert (inbound.author.alias, inbound.author.name) == ("550011", "Mira")
    assert inbound.expects_answer


FILE = {"file_id": "F1", "file_unique_id": "u", "file_size": 10, "file_name": "a.pdf", "mime_type": "x/y"}


@pytest.mark.parametrize(
    ("fields", "kind", "content", "reference"),
    [
        (
            {"photo": [{"file_id": "S"}, {"file_id": "L"}], "caption": "broken lid"},
            MessageKind.IMAGE,
            "broken lid",
            "L",
        ),
        ({"document": FILE}, MessageKind.DOCUMENT, "", "F1"),
        ({"animation": FILE, "document": {"file_id": "other"}}, MessageKind.VIDEO, "", "F1"),
        ({"video": FILE, "caption": "look"}, MessageKind.VIDEO, "look", "F1"),
        ({"video_note": FILE}, MessageKind.VIDEO, "", "F1"),
        ({"voice": FILE}, MessageKind.VOICE, "", "F1"),
        ({"audio": FILE}, MessageKind.AUDIO, "", "F1"),
        ({"sticker": FILE | {"emoji": "👍"}}, MessageKind.STICKER, "👍", "F1"),
        (
            {"location": {"latitude": 48.137, "longitude": 11.575}},
            MessageKind.LOCATION,
            "48.137,11.575",
            None,
        ),
        (
            {
                "venue": {
                    "title": "Shop",
                    "address": "Main St 1",
                    "location": {"latitude": 1, "longitude": 2},
                },
                "location": {"latitude": 1, "longitude": 2},
            },
            MessageKind.LOCATION,
            "Shop\nMain St 1\n1,2",
            None,
        ),
        (
            {"contact": {"phone_number": "49155", "first_name": "Mira", "last_name": "B"}},
            MessageKind.CONTACT,
            "Mira B 49155",
            None,
        ),
        ({"poll": {"id": "1"}}, MessageKind.UNSUPPORTED, "[poll]", None),
        ({"rich_message": {}}, MessageKind.UNSUPPORTED, "[rich_message]", None),
        ({"paid_media": {}, "caption": "see"}, MessageKind.UNSUPPORTED, "see", None),
        ({"something_new": {}}, MessageKind.UNSUPPORTED, "[unsupported]", None),
        ({}, MessageKind.UNSUPPORTED, "[unsupported]", None),
    ],
)
def test_each_content_has_its_neutral_kind(
    fields: dict[str, Any], kind: MessageKind, content: str, reference: str | None
):
    inbound = only(update(text=None, **fields))
    assert (inbound.kind, inbound.content) == (kind, content)
    assert [attachment.reference for attachment in inbound.attachments] == ([reference] if reference else [])


def test_a_files_details_are_kept_and_absurd_ones_left_out():
    kept = only(update(text=None, document=FILE)).attachments[0]
    assert (kept.filename, kept.content_type, kept.size) == ("a.pdf", "x/y", 10)
    absurd = {"file_id": "F1", "file_size": -1, "file_name": 7, "mime_type": []}
    left = only(update(text=None, document=absurd)).attachments[0]
    assert (left.filename, left.content_type, left.size) == (None, None, None)


@pytest.mark.parametrize(
    "field", ["new_chat_members", "pinned_message", "migrate_to_chat_id", "forum_topic_created"]
)
def test_service_messages_are_acknowledged_and_nothing_else(field: str):
    assert read_update(update(text=None, **{field: 1}), BOT) == []


@pytest.mark.parametrize(
    "key",
    [
        "my_chat_member",
        "chat_member",
        "channel_post",
        "business_message",
        "inline_query",
        "poll",
    ],
)
def test_other_updates_are_acknowledged_and_nothing_else(key: str):
    assert read_update({"update_id": 7, key: {}}, BOT) == []


def test_a_kind_that_is_newer_than_us_is_unreadable_and_so_kept():
    with pytest.raises(UnreadableError):
        read_update({"update_id": 7, "not_yet_invented": {}}, BOT)


def test_an_update_without_anything_is_acknowledged():
    assert read_update({"update_id": 7}, BOT) == []


def test_an_edit_names_the_message_it_changes():
    raw = update(edit_date=1786000030, text="green kettle")
    inbound = only({"update_id": 9, "edited_message": raw["message"]})
    assert (inbound.kind, inbound.content, inbound.reply_to) == (MessageKind.EDIT, "green kettle", "41")
    assert (inbound.external_id, inbound.expects_answer) == ("edit:9", False)


def test_a_moved_live_location_is_an_edit():
    raw = update(text=None, location={"latitude": 1.5, "longitude": 2.5})
    assert only({"update_id": 9, "edited_message": raw["message"]}).kind is MessageKind.EDIT


def test_an_edited_service_message_is_nothing():
    raw = update(text=None, pinned_message={})
    assert read_update({"update_id": 9, "edited_message": raw["message"]}, BOT) == []


def callback(**fields: Any) -> dict[str, Any]:
    base = {
        "id": "4382001",
        "from": {"id": 550011, "is_bot": False, "first_name": "Mira"},
        "data": "order:yes",
        "message": {
            "message_id": 48,
            "from": {"id": 990001, "is_bot": True, "first_name": "Shop"},
            "chat": {"id": 550011, "type": "private"},
            "date": 0,
        },
    }
    return {"update_id": 10, "callback_query": base | fields}


def test_a_button_is_pressed_by_who_pressed_it_not_by_who_sent_it():
    inbound = only(callback())
    assert (inbound.kind, inbound.content, inbound.reply_to) == (MessageKind.BUTTON, "order:yes", "48")
    assert (inbound.author.alias, inbound.external_id) == ("550011", "callback:4382001")
    assert inbound.expects_answer


def test_a_games_button_says_which_game():
    assert only(callback(data=None, game_short_name="tetris")).content == "tetris"


def test_a_button_under_an_inline_message_has_no_chat_and_is_nothing():
    assert read_update(callback(message=None, inline_message_id="x"), BOT) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "content"),
    [
        ([], [{"type": "emoji", "emoji": "🔥"}], MessageKind.REACTION, "🔥"),
        ([{"type": "emoji", "emoji": "🔥"}], [], MessageKind.REACTION_REMOVED, "🔥"),
        (
            [],
            [{"type": "custom_emoji", "custom_emoji_id": "55"}, {"type": "paid"}],
            MessageKind.REACTION,
            "55 paid",
        ),
        ("absurd", [7], MessageKind.REACTION_REMOVED, ""),
    ],
)
def test_reactions(old: Any, new: Any, kind: MessageKind, content: str):
    reaction = {
        "chat": {"id": -100, "type": "supergroup", "title": "Room"},
        "message_id": 9,
        "user": {"id": 550012, "first_name": "Ola"},
        "date": 1,
        "old_reaction": old,
        "new_reaction": new,
    }
    inbound = only({"update_id": 11, "message_reaction": reaction})
    assert (inbound.kind, inbound.content, inbound.reply_to) == (kind, content, "9")
    assert (inbound.author.alias, inbound.expects_answer) == ("550012", False)


def test_an_anonymous_reaction_is_the_chats():
    reaction = {
        "chat": {"id": -100, "type": "supergroup"},
        "message_id": 9,
        "actor_chat": {"id": -200, "title": "Channel"},
        "new_reaction": [],
        "old_reaction": [],
    }
    author = only({"update_id": 11, "message_reaction": reaction}).author
    assert (author.alias, author.name) == ("-200", "Channel")


def test_each_deleted_message_is_told():
    deletion = {
        "business_connection_id": "b",
        "chat": {"id": 550013, "first_name": "Lee"},
        "message_ids": [3, 4],
    }
    found = read_update({"update_id": 12, "deleted_business_messages": deletion}, BOT)
    assert [(one.kind, one.reply_to, one.delivery_id) for one in found] == [
        (MessageKind.DELETE, "3", "12:3"),
        (MessageKind.DELETE, "4", "12:4"),
    ]


def test_a_forum_topic_is_a_thread_of_its_own():
    inbound = only(group())
    assert (inbound.session_id, inbound.target) == ("tg:-1002200330044/5", "-1002200330044/5")


def test_a_thread_id_without_a_topic_is_none():
    inbound = only(update(message_thread_id=5))
    assert inbound.session_id == "tg:550011"


def command(text: str, length: int | None = None) -> dict[str, Any]:
    size = len(text.split(maxsplit=1)[0]) if length is None else length
    return {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": size}]}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (group(**command("/status 17")), True),
        (group(**command("/status@shop_helper_bot 17")), True),
        (group(**command("/status@Shop_Helper_Bot 17")), True),
        (group(**command("/status@other_bot 17")), False),
        (update(**command("/status@other_bot 17")), True),
    ],
)
def test_commands_are_commands_and_in_groups_only_ours_are_answered(raw: dict[str, Any], expected: bool):
    inbound = only(raw)
    assert inbound.kind is MessageKind.COMMAND
    assert inbound.expects_answer is expected


def test_a_named_command_is_not_answered_while_the_bots_name_is_unknown():
    assert not only(group(**command("/status@shop_helper_bot")), Bot()).expects_answer


@pytest.mark.parametrize(
    "entities",
    [
        None,
        "x",
        [{"type": "bot_command", "offset": 1, "length": 3}],
        [7],
        [{"type": "bot_command", "offset": 0, "length": 99}],
    ],
)
def test_a_slash_without_its_entity_is_text(entities: Any):
    assert only(update(text="/start", entities=entities)).kind is MessageKind.TEXT


def replied(**author: Any) -> dict[str, Any]:
    return {"reply_to_message": {"message_id": 8, "from": author}}


@pytest.mark.parametrize(
    ("raw", "bot", "expected"),
    [
        (group(), BOT, False),
        (group(**replied(id=990001, is_bot=True)), BOT, True),
        (group(**replied(id=5, is_bot=True)), BOT, False),
        (group(**replied(id=5, is_bot=False)), BOT, False),
        (group(**replied(id=5, is_bot=True, username="shop_helper_bot")), Bot("shop_helper_bot"), True),
        (group(**replied(id=5, is_bot=True, username="other")), Bot("shop_helper_bot"), False),
        (group(**replied(id=5, is_bot=True)), Bot(), True),
        (
            group(text="🙂 @shop_helper_bot hi", entities=[{"type": "mention", "offset": 3, "length": 16}]),
            BOT,
            True,
        ),
        (group(text="@other_bot hi", entities=[{"type": "mention", "offset": 0, "length": 10}]), BOT, False),
        (group(text="@x", entities=[{"type": "mention", "offset": -1, "length": 2}, "absurd"]), BOT, False),
        (group(text="you", entities=[{"type": "text_mention", "user": {"id": 990001}}]), BOT, True),
        (group(text="you", entities=[{"type": "bold", "offset": 0, "length": 1}]), BOT, False),
        (
            group(
                text=None,
                photo=[{"file_id": "F"}],
                caption="@shop_helper_bot",
                caption_entities=[{"type": "mention", "offset": 0, "length": 16}],
            ),
            BOT,
            True,
        ),
    ],
)
def test_in_groups_the_bot_answers_only_what_is_addressed_to_it(
    raw: dict[str, Any], bot: Bot, expected: bool
):
    assert only(raw, bot).expects_answer is expected


def test_another_bot_is_never_answered():
    assert not only(update(**{"from": {"id": 3, "is_bot": True, "first_name": "B"}})).expects_answer


def test_an_automatic_forward_is_never_answered():
    assert not only(update(is_automatic_forward=True)).expects_answer


def test_a_chat_that_speaks_is_itself_and_not_its_placeholder():
    raw = group(
        **{"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}},
        sender_chat={"id": -1002200330044, "title": "Help room"},
        **command("/help"),
    )
    inbound = only(raw)
    assert (inbound.author.alias, inbound.author.name) == ("-1002200330044", "Help room")
    assert inbound.expects_answer


def test_a_message_without_an_author_is_the_chats():
    author = only(update(**{"from": None})).author
    assert (author.alias, author.name) == ("550011", "Mira")


def test_a_person_without_a_name_is_known_by_the_username():
    assert only(update(**{"from": {"id": 1, "first_name": "", "username": "mira"}})).author.name == "mira"


def test_ephemeral_messages_are_told_apart():
    assert only(update(message_id=0, ephemeral_message_id=4)).external_id == "ephemeral:718200101"


@pytest.mark.parametrize(
    ("original", "reply_to"),
    [
        ({"message_id": 40}, "40"),
        ({"message_id": 5, "forum_topic_created": {}}, None),
        ({"message_id": 0}, None),
    ],
)
def test_replies_name_their_message(original: dict[str, Any], reply_to: str | None):
    assert only(update(reply_to_message=original)).reply_to == reply_to


def test_nul_and_lone_surrogates_are_taken_out_and_nothing_else():
    assert only(update(text="a\0b\ud800c  ")).content == "ab\ufffdc  "


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 0},
        {"update_id": 2**63},
        {"update_id": 7, "message": []},
        {"update_id": 7, "message": {}},
        {"update_id": 7, "callback_query": {"message": {"chat": {"id": 1}}}},
        update(chat=None),
        update(chat={"id": "x"}),
        update(message_id=None),
        update(text=5),
        update(text="x" * 65_537),
        update(text=None, photo=[]),
        update(text=None, photo="x"),
        update(text=None, document={}),
        update(text=None, document={"file_id": "\0"}),
        update(text=None, sticker=[]),
        update(text=None, location={"latitude": 91, "longitude": 0}),
        update(text=None, location={"latitude": True, "longitude": 0}),
        update(text=None, location={"latitude": float("nan"), "longitude": 0}),
        update(text=None, contact={"phone_number": 5}),
        {"update_id": 7, "message_reaction": {"chat": {"id": 1}, "message_id": 1}},
        {"update_id": 7, "deleted_business_messages": {"chat": {"id": 1}, "message_ids": ["x"]}},
        {"update_id": 7, "deleted_business_messages": {"chat": {"id": 1}, "message_ids": list(range(101))}},
    ],
)
def test_what_is_no_update_is_refused_with_the_one_error(raw: Any):
    with pytest.raises(UnreadableError):
        read_update(raw, BOT)


@pytest.mark.parametrize(
    ("message", "moved"),
    [
        ({"chat": {"id": -40055}, "migrate_to_chat_id": -1002200330077}, ("tg:-40055", "tg:-1002200330077")),
        (
            {"chat": {"id": -1002200330077}, "migrate_from_chat_id": -40055},
            ("tg:-40055", "tg:-1002200330077"),
        ),
        ({"chat": {"id": 1}}, None),
        ({"chat": {"id": 1}, "migrate_to_chat_id": 1}, None),
        ({"migrate_to_chat_id": 1}, None),
        (7, None),
    ],
)
def test_a_group_that_became_a_supergroup_has_moved(message: Any, moved: tuple[str, str] | None):
    found = read_moved({"update_id": 1, "message": message})
    assert [(one.session_id, one.to_session_id) for one in found] == ([moved] if moved else [])


def test_one_post_of_telegram_is_read_as_a_whole():
    raw = update(migrate_to_chat_id=-1002200330077, text=None, chat={"id": -40055, "type": "group"})
    reading = Telegram().read(Post(WHEN, body=json.dumps(raw).encode()), TELEGRAM)
    assert (reading.messages, len(reading.moved)) == ((), 1)
    assert Telegram().challenge({}, TELEGRAM) is None


def test_a_forward_says_so_and_a_message_has_its_time():
    found = only(update(forward_origin={"type": "hidden_user"}))
    assert found.forwarded
    assert found.sent_at is not None
    assert found.sent_at.timestamp() == 1786000001


@pytest.mark.parametrize(
    ("contact", "phone"),
    [
        ({"phone_number": "4915550001122", "first_name": "Mira", "user_id": 550011}, "+4915550001122"),
        ({"phone_number": "+49 1555 0001122", "first_name": "Mira", "user_id": 550011}, "+4915550001122"),
        ({"phone_number": "4915550001122", "first_name": "Ola", "user_id": 550012}, None),
        ({"phone_number": "4915550001122", "first_name": "Ola"}, None),
        ({"phone_number": "x", "first_name": "Mira", "user_id": 550011}, None),
    ],
)
def test_who_shares_the_contact_that_they_are_tells_their_number(contact: dict[str, Any], phone: str | None):
    body = {
        "update_id": 5,
        "message": {
            "message_id": 46,
            "from": {"id": 550011, "is_bot": False, "first_name": "Mira"},
            "chat": {"id": 550011, "type": "private", "first_name": "Mira"},
            "date": 1786000070,
            "contact": contact,
        },
    }
    (found,) = read_update(body, Bot())
    assert found.author.phone == phone
