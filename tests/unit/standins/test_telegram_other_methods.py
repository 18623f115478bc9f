"""Media, albums, files, places, contacts, typing, buttons and the webhook's own methods."""

import httpx
import pytest

from libs.standins.telegram import TelegramBot
from libs.standins.telegram.methods_media import MAX_PHOTO_BYTES
from tests.unit.standins.conftest import ANN, Api, Receiver


@pytest.mark.parametrize("kind", ["photo", "document", "audio", "voice", "video", "sticker"])
async def test_an_uploaded_file_can_be_sent_again_by_its_id_and_downloaded(
    http: httpx.AsyncClient, api: Api, bot: TelegramBot, kind: str
) -> None:
    content = b"\x00\r\n--not the boundary\r\n\r\n\xff" * 9
    answer = await http.post(
        f"/bot{api.token}/send{kind}",
        data={"chat_id": str(ANN)},
        files={kind: ("a file.bin", content, "application/x-thing")},
    )

    media = answer.json()["result"][kind]
    file_id = (media[-1] if kind == "photo" else media)["file_id"]
    again = await api.ok(f"send{kind}", chat_id=ANN, **{kind: file_id})
    assert again[kind] if kind == "photo" else again[kind]["file_id"] == file_id
    found = await api.ok("getFile", file_id=file_id)
    assert found["file_size"] == len(content)
    download = await http.get(f"/file/bot{api.token}/{found['file_path']}")
    assert (download.status_code, download.content) == (200, content)
    request = bot.messages.after()[0].as_json()["request"]
    assert request[kind] == {
        "file_name": "a file.bin",
        "mime_type": "application/x-thing",
        "size": len(content),
    }


async def test_an_address_is_taken_for_a_file_without_fetching_it(api: Api) -> None:
    message = await api.ok("sendDocument", chat_id=ANN, document="https://x.y/price%20list.pdf?v=2")

    assert message["document"]["file_name"] == "price%20list.pdf"


@pytest.mark.parametrize(
    ("method", "body", "description"),
    [
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "AgAC-unknown"}, "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": "https://x.y/a.jpg", "caption": "x" * 1025}, "message caption is too long"),
        ("sendLocation", {"latitude": 48.1}, "longitude is empty"),
        ("sendLocation", {"latitude": "north", "longitude": 1}, "can't parse latitude"),
        ("sendLocation", {"latitude": 91, "longitude": 1}, "invalid location specified"),
        ("sendContact", {"phone_number": "123"}, "first name must be non-empty"),
        ("sendChatAction", {"action": "yawning"}, "wrong parameter action in request"),
        ("sendMediaGroup", {"media": "nothing"}, "can't parse media JSON object"),
        ("sendMediaGroup", {"media": [1, 2]}, "expected an Array of InputMedia"),
    ],
)
async def test_what_telegram_would_refuse_is_refused(
    api: Api, method: str, body: dict[str, object], description: str
) -> None:
    assert await api.refused(method, chat_id=ANN, **body) == (400, f"Bad Request: {description}")


async def test_a_caption_has_its_markup_parsed(api: Api) -> None:
    message = await api.ok(
        "sendPhoto", chat_id=ANN, photo="https://x.y/a.jpg", caption="<b>lid</b>", parse_mode="HTML"
    )

    assert message["caption"] == "lid"
    assert message["caption_entities"] == [{"offset": 0, "length": 3, "type": "bold"}]


async def test_a_photo_may_have_ten_megabytes(http: httpx.AsyncClient, api: Api) -> None:
    answer = await http.post(
        f"/bot{api.token}/sendPhoto",
        data={"chat_id": str(ANN)},
        files={"photo": ("a.jpg", b"x" * (MAX_PHOTO_BYTES + 1))},
    )

    assert answer.status_code == 413
    assert answer.json() == {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}


def album(size: int, kind: str = "photo") -> list[dict[str, str]]:
    return [{"type": kind, "media": f"https://x.y/{number}.jpg"} for number in range(size)]


@pytest.mark.parametrize("size", [0, 1, 11])
async def test_an_album_has_two_to_ten_parts(api: Api, size: int) -> None:
    refused = await api.refused("sendMediaGroup", chat_id=ANN, media=album(size))

    assert refused == (400, "Bad Request: album must contain 2-10 items")


async def test_an_album_is_an_array_of_messages_of_one_group(
    http: httpx.AsyncClient, api: Api, bot: TelegramBot
) -> None:
    assert len(await api.ok("sendMediaGroup", chat_id=ANN, media=album(10))) == 10
    answer = await http.post(
        f"/bot{api.token}/sendMediaGroup",
        data={
            "chat_id": str(ANN),
            "media": '[{"type":"photo","media":"attach://one","caption":"both"},{"type":"video","media":"attach://two"}]',
        },
        files={"one": b"1", "two": b"2"},
    )

    messages = answer.json()["result"]
    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["both", None]
    assert len(bot.messages.after()) == 12


@pytest.mark.parametrize(
    ("media", "description"),
    [
        (album(1) + album(1, "document"), "document can't be mixed with other media types"),
        (album(2, "sticker"), "can't parse InputMedia: type sticker can't be used in an album"),
        ([*album(1), {"type": "photo", "media": "unknown"}], "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_an_album_is_refused_as_a_whole(
    api: Api, bot: TelegramBot, media: list[dict[str, str]], description: str
) -> None:
    assert await api.refused("sendMediaGroup", chat_id=ANN, media=media) == (
        400,
        f"Bad Request: {description}",
    )
    assert bot.messages.after() == []


async def test_a_file_of_more_than_twenty_megabytes_cannot_be_downloaded(api: Api, bot: TelegramBot) -> None:
    bot.people.write(ANN, content={"document": {"file_name": "film.mkv", "file_size": 20 * 1_048_576 + 1}})
    [update] = bot.sender.journal.after()
    document = bot.state.message(ANN, update.message_id or 0)["document"]

    refused = await api.refused("getFile", file_id=document["file_id"])

    assert refused == (400, "Bad Request: file is too big")
    assert await api.refused("getFile", file_id="nothing") == (400, "Bad Request: invalid file_id")


async def test_an_unknown_path_below_files_is_404(http: httpx.AsyncClient, api: Api) -> None:
    answer = await http.get(f"/file/bot{api.token}/documents/none.pdf")

    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_places_contacts_and_typing_are_accepted(api: Api, bot: TelegramBot) -> None:
    place = await api.ok("sendLocation", chat_id=ANN, latitude="48.137", longitude=11.575)
    contact = await api.ok("sendContact", chat_id=ANN, phone_number="4915550001122", first_name="Ann")

    assert place["location"] == {"latitude": 48.137, "longitude": 11.575}
    assert contact["contact"]["phone_number"] == "4915550001122"
    assert await api.ok("sendChatAction", chat_id=ANN, action="typing") is True
    assert len(bot.messages.after()) == 2
    assert [attempt.method for attempt in bot.attempts.after()] == [
        "sendLocation",
        "sendContact",
        "sendChatAction",
    ]


async def test_a_pressed_button_can_be_answered_until_it_is_too_old(api: Api, hooked: TelegramBot) -> None:
    message_id = (await api.ok("sendMessage", chat_id=ANN, text="Order it?"))["message_id"]
    hooked.sender.speed_up = 1.0
    hooked.people.press(ANN, message_id, "order:yes")
    [query_id] = hooked.state.callbacks

    assert await api.ok("answerCallbackQuery", callback_query_id=query_id, text="ok") is True
    long = await api.refused("answerCallbackQuery", callback_query_id=query_id, text="x" * 201)
    assert long == (400, "Bad Request: MESSAGE_TOO_LONG")
    hooked.state.callbacks[query_id] -= 151
    code, description = await api.refused("answerCallbackQuery", callback_query_id=query_id)
    assert (code, "query is too old" in description) == (400, True)


async def test_the_webhook_is_set_shown_and_deleted(api: Api, bot: TelegramBot, receiver: Receiver) -> None:
    webhook = {"url": receiver.url, "secret_token": "abc_DEF-1", "max_connections": 500}

    first = await api("setWebhook", **webhook, allowed_updates=["message"])
    assert first.json() == {"ok": True, "result": True, "description": "Webhook was set"}
    again = await api("setWebhook", **webhook)  # allowed_updates not given: the previous ones stay
    assert again.json()["description"] == "Webhook is already set"
    assert await api.ok("getWebhookInfo") == {
        "url": receiver.url,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 100,
        "allowed_updates": ["message"],
    }
    assert (await api("deleteWebhook")).json()["description"] == "Webhook was deleted"
    assert (await api("setWebhook", url="")).json()["description"] == "Webhook is already deleted"
    assert (await api.ok("getWebhookInfo"))["url"] == ""


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"url": "ftp://x.y"}, "bad webhook: an http or https URL with a host is expected"),
        ({"url": "http://x.y/a b"}, "bad webhook: the URL contains characters that must be escaped"),
        ({"url": "http://x.y", "secret_token": "no spaces"}, "secret token contains unallowed characters"),
        ({"url": "http://x.y", "secret_token": "x" * 257}, "secret token is too long"),
        (
            {"url": "http://x.y", "allowed_updates": "[1]"},
            "can't parse allowed updates: Array of String expected",
        ),
    ],
)
async def test_a_webhook_that_cannot_be_is_refused(
    api: Api, bot: TelegramBot, body: dict[str, object], description: str
) -> None:
    assert await api.refused("setWebhook", **body) == (400, f"Bad Request: {description}")
    assert bot.sender.webhook is None


async def test_updates_wait_for_a_webhook_or_are_dropped_on_request(
    api: Api, bot: TelegramBot, receiver: Receiver
) -> None:
    dropped = bot.people.write(ANN, "nobody is there")
    assert (await api.ok("getWebhookInfo"))["pending_update_count"] == 1
    await api.ok("setWebhook", url=receiver.url, drop_pending_updates=True)
    assert await dropped.wait(5)
    await api.ok("deleteWebhook")
    waiting = bot.people.write(ANN, "and now?")

    await api.ok("setWebhook", url=receiver.url)

    assert await waiting.wait(5)
    assert (dropped.state, waiting.state) == ("dropped", "acked")
    assert receiver.update_ids() == [waiting.update_id]
