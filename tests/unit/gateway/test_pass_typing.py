"""Typing that a platform tells of reaches those who see the conversation, or nobody."""

from typing import Any

import pytest

from libs.contracts.conversation import FindConversation
from libs.contracts.errors import DomainError, ErrorCode
from libs.runtime.ids import derived_id
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.inbound import TypingThere
from services.gateway.domain.webhooks import Post
from services.gateway.use_cases.pass_typing import PassTypingOn
from services.gateway.use_cases.receive_webhook import ReceiveWebhook
from tests.unit.gateway.channel_samples import CHATWOOT, escaped, talk
from tests.unit.gateway.fakes import (
    Clock,
    KnownConnections,
    PassedFrames,
    RecordingInbound,
    ScriptedQueries,
    away,
)
from tests.unit.gateway.samples import ACCOUNT, WHEN, conversation


def known(**parts: Any) -> dict[str, Any]:
    ref = conversation("cw:3:77", connection_id=CHATWOOT.connection_id).model_copy(update=parts)
    return {"conversation": ref.model_dump(), "sequence": 4}


@pytest.mark.parametrize(("by_contact", "name"), [(True, "Mira"), (False, "Ana Reis")])
async def test_the_thread_and_the_team_hear_of_it(by_contact: bool, name: str):
    queries, passing = ScriptedQueries(), PassedFrames()
    queries.result = known()
    tell = PassTypingOn(queries, passing, Clock().now)
    await tell(CHATWOOT, TypingThere("cw:3:77", True, by_contact, "Ana Reis"))
    assert queries.asked == [
        (ACCOUNT, FindConversation(connection_id=CHATWOOT.connection_id, session_id="cw:3:77"))
    ]
    thread, team = passing.frames
    assert (thread.type, team.type) == ("typing", "conversation:typing")
    assert team.fields["sender"]["name"] == name
    assert thread.fields["typing"] is True


@pytest.mark.parametrize("result", [{}, known(account_id="other")])
async def test_without_a_conversation_of_the_account_nobody_hears_of_it(result: dict[str, Any]):
    queries, passing = ScriptedQueries(), PassedFrames()
    queries.result = result
    await PassTypingOn(queries, passing, Clock().now)(CHATWOOT, TypingThere("cw:3:77", True, True))
    assert not passing.frames


@pytest.mark.parametrize("error", [away(), DomainError(ErrorCode.INVALID, "no")])
async def test_what_cannot_be_passed_on_at_once_is_let_go(error: Exception):
    queries, passing = ScriptedQueries(), PassedFrames()
    queries.error = error
    await PassTypingOn(queries, passing, Clock().now)(CHATWOOT, TypingThere("cw:3:77", True, True))
    assert not passing.frames


async def test_a_post_about_typing_is_passed_on_and_published_nowhere():
    inbound, heard = RecordingInbound(), []

    async def hear(_: Any, typing: TypingThere) -> None:
        heard.append(typing)

    receive = ReceiveWebhook(
        CHANNELS,
        KnownConnections(CHATWOOT),
        inbound,
        now=Clock().now,
        derive_id=derived_id,
        pass_typing=hear,
    )
    body = {"event": "conversation_typing_on", "user": {"id": 501}, "conversation": talk()}
    await receive.take(CHATWOOT, Post(WHEN, body=escaped(body)))
    assert [one.session_id for one in heard] == ["cw:3:77"]
    unheard = ReceiveWebhook(
        CHANNELS, KnownConnections(CHATWOOT), inbound, now=Clock().now, derive_id=derived_id
    )
    await unheard.take(CHATWOOT, Post(WHEN, body=escaped(body)))
    assert [inbound.threads, inbound.recorded, inbound.parked] == [[], [], []]
