"""The route that starts a conversation, over fakes."""

from typing import Any

import pytest

from libs.contracts.errors import DomainError
from libs.contracts.starting import StartConversation
from libs.contracts.vocabulary import Channel
from services.gateway.domain.threads import ThreadAddress, thread_of
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import REQUESTER, conversation, message, view

REF = conversation()
BODY = {"chatbot_id": "bot-1", "channel": "telegram", "to": "77", "content": "Your kettle is ready"}


@pytest.fixture
def answering(site: Site) -> Site:
    site.commands.result = {
        "conversation": view(REF).model_dump(mode="json"),
        "message": message(REF, 5).model_dump(mode="json"),
    }
    return site


async def post(site: Site, person: Any = None, key: str | None = None, **changes: Any) -> Any:
    headers = site.bearer(person) if person else site.bearer()
    if key:
        headers["Idempotency-Key"] = key
    body = {name: value for name, value in (BODY | changes).items() if value is not ...}
    return await site.client.post("/api/v1/conversations", json=body, headers=headers)


async def test_the_command_names_the_thread_that_the_channel_would_name(answering: Site) -> None:
    answer = await post(answering, name="Mira", subject="Repair")
    assert answer.status_code == 201
    assert answer.json()["conversation"]["id"] == REF.id
    ((_, command),) = answering.commands.carried_out
    assert isinstance(command, StartConversation)
    assert (command.connection_id, command.session_id, command.target, command.alias, command.subject) == (
        "conn-tg",
        "tg:77",
        "77",
        "77",
        "Repair",
    )


async def test_the_same_key_starts_it_once(answering: Site) -> None:
    first, second = await post(answering, key="k"), await post(answering, key="k")
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    assert len(answering.commands.carried_out) == 1


async def test_a_chatbot_without_the_channel_is_not_connected(answering: Site) -> None:
    answer = await post(answering, chatbot_id="bot-2")
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_not_connected")


@pytest.mark.parametrize(
    "changes", [{"content": " "}, {"content": ...}, {"to": ""}, {"to": "Mira"}, {"channel": "pigeon"}]
)
async def test_what_does_not_fit_is_refused(answering: Site, changes: dict[str, Any]) -> None:
    answer = await post(answering, **changes)
    assert (answer.status_code, answering.commands.carried_out) == (422, [])


async def test_requesters_start_none(answering: Site) -> None:
    assert (await post(answering, REQUESTER)).status_code == 403


def test_addresses_with_and_without_their_prefix_are_one_thread() -> None:
    telegram = ThreadAddress("tg:-77", "-77", "-77")
    assert thread_of(Channel.TELEGRAM, "tg:-77") == thread_of(Channel.TELEGRAM, "-77") == telegram
    widget = ThreadAddress("web:v1", "web:v1", "v1")
    assert thread_of(Channel.WIDGET, "web:v1") == thread_of(Channel.WIDGET, "v1") == widget


@pytest.mark.parametrize(
    ("channel", "to", "thread"),
    [
        (
            Channel.WHATSAPP,
            "+351 910-000 001",
            ThreadAddress("wa:351910000001", "351910000001", "351910000001"),
        ),
        (
            Channel.WHATSAPP,
            "wa:351910000001",
            ThreadAddress("wa:351910000001", "351910000001", "351910000001"),
        ),
        (Channel.WHATSAPP, "PT.90017", ThreadAddress("wa:PT.90017", "PT.90017", "PT.90017")),
        (
            Channel.EMAIL,
            "Jo@Sample.test",
            ThreadAddress("email:jo@sample.test", "jo@sample.test", "jo@sample.test"),
        ),
        (Channel.CHATWOOT, "cw:3:77", ThreadAddress("cw:3:77", "3/77", "3/77")),
        (Channel.CHATWOOT, "3/77", ThreadAddress("cw:3:77", "3/77", "3/77")),
        (
            Channel.CHATWOOT,
            "Jo@sample.test",
            ThreadAddress("cw:jo@sample.test", "jo@sample.test", "jo@sample.test"),
        ),
        (
            Channel.CHATWOOT,
            "+351910000001",
            ThreadAddress("cw:+351910000001", "+351910000001", "+351910000001"),
        ),
    ],
)
def test_each_channel_has_its_addresses(channel: Channel, to: str, thread: ThreadAddress) -> None:
    assert thread_of(channel, to) == thread


@pytest.mark.parametrize(
    ("channel", "to"),
    [
        (Channel.TELEGRAM, "@mira"),
        (Channel.WIDGET, "a b"),
        (Channel.WHATSAPP, "Ines"),
        (Channel.WHATSAPP, "0351"),
        (Channel.EMAIL, "jo"),
        (Channel.EMAIL, "a@b.test, c@d.test"),
        (Channel.CHATWOOT, "jo"),
    ],
)
def test_what_is_no_address_is_invalid(channel: Channel, to: str) -> None:
    with pytest.raises(DomainError):
        thread_of(channel, to)
