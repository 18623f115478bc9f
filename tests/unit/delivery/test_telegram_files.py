"""Files over Telegram, against the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from libs.contracts.vocabulary import MessageKind
from libs.runtime.http_client import http_client
from libs.standins.telegram import TelegramBot, TelegramStandin
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.domain.outcomes import NotTried, Refused, Sent, Unclear
from tests.unit.delivery.build import TOKEN, connection
from tests.unit.delivery.channel_stage import HeldBlobs, Sending, files_of, picture

CHAT = 550011


@pytest.fixture(scope="module")
async def standin() -> AsyncIterator[TelegramStandin]:
    async with TelegramStandin.running() as running:
        yield running


@pytest.fixture
async def bot(standin: TelegramStandin) -> AsyncIterator[TelegramBot]:
    made = standin.add_bot(TOKEN)
    made.state.add_chat({"id": CHAT})
    yield made
    await standin.reset()


@pytest.fixture
def blobs() -> HeldBlobs:
    return HeldBlobs({("acc-1", "f1"): b"png-bytes"})


@pytest.fixture
async def send(standin: TelegramStandin, bot: TelegramBot, blobs: HeldBlobs) -> AsyncIterator[Sending]:
    async with http_client(timeout=0.5) as client:
        api = TelegramApi(HttpCaller(client, limit=0.5))
        channel = TelegramChannel(api, files_of(blobs), default_base=standin.base_url)
        yield Sending(channel, connection(), str(CHAT))


def methods(bot: TelegramBot) -> list[str]:
    return [attempt.method for attempt in bot.attempts.after(0)]


async def test_a_picture_goes_with_its_caption_and_what_it_answers(send: Sending, bot: TelegramBot) -> None:
    bot.people.write(CHAT, "Which lid?", sender={"id": CHAT, "first_name": "Ann"})
    [question] = bot.state.chats[CHAT].messages
    outcome = await send("this one", attachments=(picture(),), reply_to_external=str(question))
    [sent] = await bot.wait_for_messages(CHAT)
    assert outcome == Sent((str(sent.message_id),))
    assert (sent.method, sent.text) == ("sendPhoto", "this one")
    assert sent.message["reply_to_message"]["message_id"] == question
    assert sent.request["photo"].content == b"png-bytes"


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"kind": MessageKind.VIDEO, "content_type": "video/mp4"}, "sendVideo"),
        ({"kind": MessageKind.AUDIO, "content_type": "audio/mpeg"}, "sendAudio"),
        ({"kind": MessageKind.VOICE, "content_type": "audio/ogg"}, "sendVoice"),
        ({"kind": MessageKind.STICKER, "content_type": "image/webp"}, "sendSticker"),
        ({"kind": MessageKind.DOCUMENT, "content_type": "application/pdf"}, "sendDocument"),
        ({"content_type": "image/tiff"}, "sendDocument"),
        ({"size": 10_000_001}, "sendDocument"),
    ],
)
async def test_each_kind_has_its_method(
    send: Sending, bot: TelegramBot, changes: dict[str, Any], method: str
) -> None:
    assert isinstance(await send("", attachments=(picture(**changes),)), Sent)
    assert methods(bot) == [method]


async def test_several_files_follow_their_text(send: Sending, bot: TelegramBot) -> None:
    outcome = await send("two", attachments=(picture(), picture()))
    assert isinstance(outcome, Sent)
    assert len(outcome.provider_ids) == 3
    assert methods(bot) == ["sendMessage", "sendPhoto", "sendPhoto"]


async def test_a_file_that_lies_elsewhere_goes_by_its_address(send: Sending, bot: TelegramBot) -> None:
    link = picture(file_id=None, reference="https://files.test/lid.png")
    assert isinstance(await send("", attachments=(link,)), Sent)
    assert bot.attempts.after(0)[0].request["photo"] == "https://files.test/lid.png"


async def test_files_that_cannot_go(send: Sending, bot: TelegramBot, blobs: HeldBlobs) -> None:
    gone = await send("", attachments=(picture(file_id="gone"),))
    assert isinstance(gone, Refused)
    assert gone.code == "file_missing"
    blobs.away = True
    assert await send("", attachments=(picture(),)) == NotTried("unavailable", 2)
    assert methods(bot) == []


async def test_an_upload_whose_answer_is_lost_is_unclear(send: Sending, bot: TelegramBot) -> None:
    bot.add_fault("reset", accepted=True)
    assert isinstance(await send("", attachments=(picture(),)), Unclear)


async def test_the_last_part_of_an_answer_has_a_button_that_asks_for_a_person(
    send: Sending, bot: TelegramBot
) -> None:
    long = "\n\n".join(letter * 3_000 for letter in "ab")
    await send(long, person_option="Talk to a person")
    first, last = await bot.wait_for_messages(CHAT)
    button = {"text": "Talk to a person", "callback_data": "Talk to a person"}
    assert "reply_markup" not in first.message
    assert last.message["reply_markup"] == {"inline_keyboard": [[button]]}
