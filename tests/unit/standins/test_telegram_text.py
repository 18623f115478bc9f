"""sendMessage, editMessageText, deleteMessage: what the Bot API accepts and what it refuses."""

from collections.abc import Callable

import httpx
import pytest

from libs.standins.telegram import TelegramBot
from tests.unit.standins.conftest import ANN, OLA, Api


async def test_a_message_is_accepted_and_recorded(api: Api, bot: TelegramBot) -> None:
    message = await api.ok("sendMessage", chat_id=ANN, text="Yes, 12 left.")

    assert message["text"] == "Yes, 12 left."
    assert message["chat"] == {"id": ANN, "first_name": "Ann", "type": "private"}
    assert message["from"]["is_bot"] is True
    [sent] = bot.messages.after()
    assert (sent.chat_id, sent.message_id, sent.text) == (ANN, message["message_id"], "Yes, 12 left.")
    assert sent.request == {"chat_id": ANN, "text": "Yes, 12 left."}


async def test_messages_are_kept_in_order_with_rising_ids_and_times(api: Api, bot: TelegramBot) -> None:
    for number in range(5):
        await api.ok("sendMessage", chat_id=ANN, text=f"part {number}")

    sent = bot.messages.after(key=str(ANN))
    assert [message.text for message in sent] == [f"part {number}" for number in range(5)]
    assert [message.seq for message in sent] == [1, 2, 3, 4, 5]
    assert len({message.message_id for message in sent}) == 5
    assert sent == sorted(sent, key=lambda message: (message.monotonic, message.wall, message.message_id))


async def test_the_error_body_has_telegrams_shape(api: Api) -> None:
    answer = await api("sendMessage", chat_id=OLA, text="hello")

    assert answer.status_code == 400
    assert answer.json() == {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"text": "hi"}, "chat_id is empty"),
        ({"chat_id": "@nobody_here", "text": "hi"}, "chat not found"),
        ({"chat_id": ANN}, "message text is empty"),
        ({"chat_id": ANN, "text": "  \n "}, "message text is empty"),
        ({"chat_id": ANN, "text": "x" * 4097}, "message is too long"),
        ({"chat_id": ANN, "text": "\N{TEACUP WITHOUT HANDLE}" * 2049}, "message is too long"),
        (
            {"chat_id": ANN, "text": True, "entities": 5},
            "can't parse message entities: Array of objects expected",
        ),
        (
            {"chat_id": ANN, "text": "hi", "entities": [{}]},
            "can't parse MessageEntity: type, offset and length are required",
        ),
        ({"chat_id": ANN, "text": "hi", "reply_markup": "[]"}, "object expected as reply markup"),
        ({"chat_id": ANN, "text": "hi", "reply_parameters": "{"}, "can't parse reply parameters JSON object"),
        ({"chat_id": ANN, "text": ["hi"]}, 'field "text" must be of type String'),
        ({"chat_id": ANN, "text": "hi", "message_thread_id": 5}, "message thread not found"),
        ({"chat_id": ANN, "text": "hi", "parse_mode": "BBCode"}, "unsupported parse_mode"),
    ],
)
async def test_a_message_that_telegram_would_refuse_is_refused(
    api: Api, bot: TelegramBot, body: dict[str, object], description: str
) -> None:
    assert await api.refused("sendMessage", **body) == (400, f"Bad Request: {description}")
    assert bot.messages.after() == []
    [attempt] = bot.attempts.after()
    assert (attempt.outcome, attempt.status, attempt.request) == ("refused", 400, body)


@pytest.mark.parametrize(
    "text", ["x" * 4096, "\N{TEACUP WITHOUT HANDLE}" * 2048, "<b>" + "x" * 4096 + "</b>"]
)
async def test_the_longest_text_passes_counted_after_markup(api: Api, text: str) -> None:
    await api.ok("sendMessage", chat_id=ANN, text=text, parse_mode="HTML")


async def test_surrounding_white_space_is_trimmed_and_entities_follow(api: Api) -> None:
    message = await api.ok("sendMessage", chat_id=ANN, text="  \n*hello* \n", parse_mode="MarkdownV2")

    assert message["text"] == "hello"
    assert message["entities"] == [{"offset": 0, "length": 5, "type": "bold"}]


async def test_given_entities_must_lie_within_the_text(api: Api) -> None:
    entity = {"type": "bold", "offset": 3, "length": 3}

    assert (await api.ok("sendMessage", chat_id=ANN, text="abcdef", entities=[entity]))["entities"] == [
        entity
    ]
    code, description = await api.refused("sendMessage", chat_id=ANN, text="abc", entities=[entity])
    assert (code, "ends after the end of the text" in description) == (400, True)


@pytest.mark.parametrize("reply", [{"reply_to_message_id": 1}, {"reply_parameters": {"message_id": 1}}])
async def test_a_reply_to_nothing_is_refused_unless_that_is_allowed(
    api: Api, reply: dict[str, object]
) -> None:
    refused = await api.refused("sendMessage", chat_id=ANN, text="hi", **reply)
    assert refused == (400, "Bad Request: message to be replied not found")

    lenient = {"reply_parameters": {"message_id": 1, "allow_sending_without_reply": True}}
    assert "reply_to_message" not in await api.ok("sendMessage", chat_id=ANN, text="hi", **lenient)


async def test_a_group_may_be_named_by_its_username(api: Api, bot: TelegramBot) -> None:
    bot.state.add_chat({"id": -1_005, "type": "supergroup", "username": "Help_Room"})

    assert (await api.ok("sendMessage", chat_id="@help_room", text="hi"))["chat"]["id"] == -1_005


async def test_a_reply_to_what_the_person_wrote_shows_it(api: Api, bot: TelegramBot) -> None:
    asked = bot.people.write(ANN, "Is the kettle in stock?")

    message = await api.ok(
        "sendMessage", chat_id=ANN, text="Yes.", reply_parameters={"message_id": asked.message_id}
    )

    assert message["reply_to_message"]["text"] == "Is the kettle in stock?"


async def test_a_forum_topic_is_known_once_somebody_wrote_in_it(api: Api, bot: TelegramBot) -> None:
    forum = -1_002_200_330_044
    bot.people.write(forum, "help", sender={"id": OLA, "first_name": "Ola"}, thread_id=5)

    message = await api.ok("sendMessage", chat_id=forum, text="hello", message_thread_id=5)

    assert (message["message_thread_id"], message["is_topic_message"]) == (5, True)
    assert bot.messages.after()[0].thread_id == 5


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "Yes", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "Yes", "callback_data": "\N{TEACUP WITHOUT HANDLE}" * 17}, "BUTTON_DATA_INVALID"),
        ({"text": "Yes", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"callback_data": "yes"}, "can't parse inline keyboard button: can't find field \"text\""),
        (
            {"text": "Yes"},
            "can't parse inline keyboard button: text buttons are unallowed in the inline keyboard",
        ),
    ],
)
async def test_a_button_that_cannot_be_is_refused(api: Api, button: dict[str, str], description: str) -> None:
    keyboard = {"inline_keyboard": [[button]]}

    refused = await api.refused("sendMessage", chat_id=ANN, text="?", reply_markup=keyboard)

    assert refused == (400, f"Bad Request: {description}")


async def test_a_keyboard_is_shown_under_the_message_also_when_given_as_text(api: Api) -> None:
    shown = {"inline_keyboard": [[{"text": "Yes", "callback_data": "x" * 64}]]}

    for given in (shown, '{"inline_keyboard": [[{"text": "Yes", "callback_data": "' + "x" * 64 + '"}]]}'):
        assert (await api.ok("sendMessage", chat_id=ANN, text="?", reply_markup=given))[
            "reply_markup"
        ] == shown


@pytest.mark.parametrize(
    "request_of",
    [
        lambda path: httpx.Request("GET", f"{path}?chat_id={ANN}&text=caf%C3%A9"),
        lambda path: httpx.Request("POST", path, data={"chat_id": str(ANN), "text": "café"}),
        lambda path: httpx.Request("POST", path, json={"chat_id": str(ANN), "text": "café"}),
        lambda path: httpx.Request(
            "POST", path, data={"chat_id": str(ANN), "text": "café"}, files={"unused": b"1"}
        ),
    ],
    ids=["query", "form", "json", "multipart"],
)
async def test_parameters_come_in_any_form(
    http: httpx.AsyncClient, api: Api, request_of: Callable[[str], httpx.Request]
) -> None:
    request = request_of(f"{http.base_url}/bot{api.token}/sendmessage")

    answer = await http.send(request)

    assert answer.json()["result"]["text"] == "café"


@pytest.mark.parametrize("body", [b"{", b"[1]"])
async def test_a_body_that_is_no_json_object_is_refused(
    http: httpx.AsyncClient, api: Api, body: bytes
) -> None:
    answer = await http.post(
        f"/bot{api.token}/sendMessage", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Bad Request: ")


async def test_half_a_character_is_refused(http: httpx.AsyncClient, api: Api) -> None:
    body = b'{"chat_id": %d, "text": "half \\ud83d"}' % ANN
    answer = await http.post(
        f"/bot{api.token}/sendMessage", content=body, headers={"content-type": "application/json"}
    )

    assert answer.json()["description"] == "Bad Request: strings must be encoded in UTF-8"


async def test_a_body_larger_than_any_upload_is_413(
    api: Api, bot: TelegramBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.standins.telegram.bot_api.MAX_REQUEST_BYTES", 100)

    assert await api.refused("sendMessage", chat_id=ANN, text="x" * 200) == (413, "Request Entity Too Large")
    assert bot.attempts.after() == []


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot123:short/getMe", 404, "Not Found"),
        ("/bot", 404, "Not Found"),
        ("/bot1234567:there_is_no_bot_of_this_token/getMe", 401, "Unauthorized"),
        ("/file/bot1234567:there_is_no_bot_of_this_token/a.pdf", 401, "Unauthorized"),
    ],
)
async def test_a_malformed_token_is_404_and_an_unknown_one_401(
    http: httpx.AsyncClient, path: str, status: int, description: str
) -> None:
    answer = await http.get(path)

    assert answer.json() == {"ok": False, "error_code": status, "description": description}
    assert answer.status_code == status


async def test_an_unknown_method_is_404_and_names_are_not_case_sensitive(api: Api) -> None:
    assert await api.refused("sendTelepathy", chat_id=ANN) == (404, "Not Found: method not found")
    assert (await api.ok("GETME"))["username"] == "shop_helper_bot"
    assert (await api.ok("test/getMe"))["is_bot"] is True


async def test_an_edit_changes_the_bots_own_text(api: Api, bot: TelegramBot) -> None:
    message = await api.ok("sendMessage", chat_id=ANN, text="one")
    edit = {"chat_id": ANN, "message_id": message["message_id"]}

    edited = await api.ok("editMessageText", **edit, text="two")

    assert (edited["text"], edited["message_id"]) == ("two", message["message_id"])
    assert "edit_date" in edited
    assert [sent.method for sent in bot.messages.after()] == ["sendMessage", "editMessageText"]
    code, description = await api.refused("editMessageText", **edit, text="two")
    assert (code, "message is not modified" in description) == (400, True)


async def test_an_edit_needs_a_text_message_of_the_bot(api: Api, bot: TelegramBot) -> None:
    theirs = bot.people.write(ANN, "mine").message_id
    place = (await api.ok("sendLocation", chat_id=ANN, latitude=1, longitude=2))["message_id"]

    async def edit(message_id: int | None) -> str:
        return (await api.refused("editMessageText", chat_id=ANN, message_id=message_id, text="x"))[1]

    assert await edit(1) == "Bad Request: message to edit not found"
    assert await edit(theirs) == "Bad Request: message can't be edited"
    assert await edit(place) == "Bad Request: there is no text in the message to edit"


async def test_a_deleted_message_is_gone(api: Api) -> None:
    message_id = (await api.ok("sendMessage", chat_id=ANN, text="oops"))["message_id"]

    assert await api.ok("deleteMessage", chat_id=ANN, message_id=message_id) is True
    refused = await api.refused("deleteMessage", chat_id=ANN, message_id=message_id)
    assert refused == (400, "Bad Request: message to delete not found")


async def test_others_messages_in_a_group_cannot_be_deleted(api: Api, bot: TelegramBot) -> None:
    written = bot.people.write(-40_055, "hello all", sender={"id": OLA, "first_name": "Ola"})

    refused = await api.refused("deleteMessage", chat_id=-40_055, message_id=written.message_id)

    assert refused == (400, "Bad Request: message can't be deleted")
