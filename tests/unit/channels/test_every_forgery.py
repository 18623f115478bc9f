"""A genuine post of each stand-in is accepted, and everything that is nearly one is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.vocabulary import Channel
from libs.runtime.clock import now
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.webhooks import Post
from tests.unit.channels.platforms import World
from tests.unit.delivery.build import TOKEN
from tests.unit.gateway.channel_samples import connection

SECRET = "Hush-Hush"
HEADERS = {
    Channel.TELEGRAM: "x-telegram-bot-api-secret-token",
    Channel.WHATSAPP: "x-hub-signature-256",
    Channel.EMAIL: "authorization",
    Channel.CHATWOOT: "x-chatwoot-signature",
}


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with World.running() as running:
        yield running


@pytest.fixture(params=list(CHANNELS), ids=str)
async def genuine(world: World, request: pytest.FixtureRequest) -> tuple[Channel, Post]:
    """What a stand-in posts when somebody writes."""
    channel, hook = request.param, world.hooks.new()
    match channel:
        case Channel.TELEGRAM:
            bot = world.telegram.add_bot(TOKEN, webhook_url=hook.url, secret=SECRET)
            bot.people.write(550011, "Hello?")
        case Channel.WHATSAPP:
            settings = {"phone_number_id": "70001", "token": "t", "app_secret": SECRET}
            number = world.whatsapp.register({**settings, "webhook_url": hook.url})
            number.people.write({"from": "351910000001", "text": "Olá?"})
        case Channel.EMAIL:
            address = hook.url.replace("://", f"://parley:{SECRET}@")
            server = world.postmark.register({"server_id": 77, "token": "t", "inbound_url": address})
            mail = {"from": "jo@sample.test", "to": "help@desk.test", "subject": "Kettle", "text": "Hello?"}
            server.people.write(mail)
        case _:
            settings = {"token": "t", "secret": SECRET, "webhook_url": hook.url}
            account = world.chatwoot.register({"account_id": 3, **settings})
            account.people.write({"text": "Hello?", "email": "jo@sample.test"})
    [post] = (await hook.wait_for(1))[:1]
    return channel, Post(now(), post.headers, body=post.body)


def refusal(channel: Channel, post: Post, secret: str | None = SECRET) -> str | None:
    return CHANNELS[channel].refusal(post, connection(channel, secret))


def with_header(channel: Channel, post: Post, value: str | None) -> Post:
    headers: dict[str, Any] = {**post.headers, HEADERS[channel]: value}
    return replace(post, headers={name: one for name, one in headers.items() if one is not None})


async def test_what_a_platform_posts_is_accepted(genuine: tuple[Channel, Post]) -> None:
    assert refusal(*genuine) is None


async def test_missing_truncated_and_in_the_wrong_case(genuine: tuple[Channel, Post]) -> None:
    channel, post = genuine
    value = post.headers[HEADERS[channel]]
    nearly = [None, "", value.swapcase(), value.upper(), value.lower(), value + "0", " ", value * 2]
    nearly += [value[:end] for end in range(len(value))] + [value[start:] for start in range(1, len(value))]
    # The prefix of a signature and the word "Basic" are no part of the secret.
    forged = [one for one in nearly if one != value]
    taken = [one for one in forged if refusal(channel, with_header(channel, post, one)) is None]
    assert taken == []


async def test_another_secret_and_none_at_all(genuine: tuple[Channel, Post]) -> None:
    channel, post = genuine
    for secret in ("hush-hush", SECRET[:-1], SECRET + "!", "x", "", None):
        assert refusal(channel, post, secret) is not None


async def test_another_body_where_it_is_covered(genuine: tuple[Channel, Post]) -> None:
    channel, post = genuine
    covered = CHANNELS[channel].covers_body
    for body in (b"", b"{}", post.body + b" ", post.body[:-1], post.body.replace(b"Hello", b"hello"), b"\0"):
        if body != post.body:
            assert (refusal(channel, replace(post, body=body)) is not None) == covered


async def test_replayed_later_where_the_time_is_signed(genuine: tuple[Channel, Post]) -> None:
    """The other platforms sign no time: a replay is stopped by the platform's id, where it is stored."""
    channel, post = genuine
    later = replace(post, received_at=post.received_at + timedelta(minutes=6))
    assert (refusal(channel, later) is not None) == (channel is Channel.CHATWOOT)
    if channel is Channel.CHATWOOT:
        moved = {**post.headers, "x-chatwoot-timestamp": str(int(later.received_at.timestamp()))}
        assert refusal(channel, replace(later, headers=moved)) is not None
