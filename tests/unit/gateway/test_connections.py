"""Connections over REST, on the application in memory."""

from typing import Any

import pytest

from libs.contracts.chatbots import ChatbotView
from libs.contracts.connections import ChangeConnection, CheckConnection, ConnectionView, DisconnectChannel
from libs.contracts.delivery import ConnectChannel
from libs.contracts.errors import DomainError, ErrorCode, TransientError
from libs.contracts.vocabulary import Channel
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA
from tests.unit.gateway.test_http import check_error

DORA = ANA.model_copy(update={"id": "dora", "role": "admin"})
PATH = "/api/v1/connections"
TOKEN = "990001:secret-token"
VIEW = ConnectionView(
    id="conn-9", chatbot_id="bot-1", channel=Channel.TELEGRAM, status="connected", credentials=("token",)
)
BODY = {"chatbot_id": "bot-1", "channel": "telegram", "name": "Shop", "credentials": {"token": TOKEN}}


@pytest.fixture
def desk(site: Site) -> Site:
    site.queries.result = ChatbotView(id="bot-1", name="Bot").model_dump()
    site.office.result = VIEW.model_dump()
    return site


async def ask(site: Site, method: str, path: str, body: Any = None, **headers: str) -> Any:
    return await site.client.request(method, path, json=body, headers=site.bearer(DORA, **headers))


async def test_a_channel_is_connected_and_its_credentials_are_never_shown(desk: Site):
    answer = await ask(desk, "POST", PATH, BODY)
    assert answer.status_code == 201, answer.text
    assert answer.json() == VIEW.model_dump(mode="json") | {"generated_credentials": {}}
    account_id, command_id, command = desk.office.carried_out[0]
    assert isinstance(command, ConnectChannel)
    assert (account_id, command.connection_id) == (ACCOUNT, command_id)
    assert command.sealed_credentials == f"{command_id}|['token']"
    assert TOKEN not in repr(command) + answer.text


async def test_what_was_generated_is_shown_to_who_connects_or_rotates_and_to_nobody_else(desk: Site):
    path = f"{PATH}/conn-9"
    rotation = {"credentials": {"token": "new"}}
    desk.office.result = VIEW.model_dump() | {"sealed_generated": "conn-9|w-made"}
    answer = await ask(desk, "POST", f"{path}/rotate", rotation, **{"Idempotency-Key": "k"})
    assert answer.json()["generated_credentials"] == {"webhook_secret": "w-made"}
    assert "sealed_generated" not in answer.json()
    # Who did not get the answer asks again with the same key.
    again = await ask(desk, "POST", f"{path}/rotate", rotation, **{"Idempotency-Key": "k"})
    assert (again.json(), len(desk.office.carried_out)) == (answer.json(), 1)
    for method, body in (("GET", None), ("PATCH", {"name": "Other"}), ("DELETE", None)):
        other = await ask(desk, method, path, body)
        assert other.status_code == 200, other.text
        assert "w-made" not in other.text


async def test_a_widget_needs_no_credentials(desk: Site):
    body = {"chatbot_id": "bot-1", "channel": "widget", "settings": {"a_b": 1, "c": True}}
    assert (await ask(desk, "POST", PATH, body)).status_code == 201
    command = desk.office.carried_out[0][2]
    assert isinstance(command, ConnectChannel)
    assert (command.sealed_credentials, command.settings) == (None, {"a_b": 1, "c": True})


async def test_the_same_key_connects_once(desk: Site):
    for _ in range(2):
        assert (await ask(desk, "POST", PATH, BODY, **{"Idempotency-Key": "k"})).status_code == 201
    assert len(desk.office.carried_out) == 1


async def test_a_chatbot_of_somebody_else_gets_no_channel(desk: Site):
    desk.queries.error = DomainError(ErrorCode.NOT_FOUND, "there is no such chatbot")
    check_error(await ask(desk, "POST", PATH, BODY), 422, "invalid")
    desk.queries.error = TransientError(ErrorCode.UNAVAILABLE, "away")
    assert (await ask(desk, "POST", PATH, BODY)).status_code == 503
    desk.queries.error = DomainError(ErrorCode.FORBIDDEN, "no")
    assert (await ask(desk, "POST", PATH, BODY)).status_code == 403
    assert not desk.office.carried_out


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "pigeon"},
        {"credentials": {}},
        {"credentials": {"token": 5}},
        {"credentials": {"token": ""}},
        {"credentials": {"$ne": "x"}},
        {"credentials": {f"c{number}": "ä" * 2_000 for number in range(3)}},
        {"credentials": {f"c{number}": "x" for number in range(9)}},
        {"settings": {"a": {"$gt": 1}}},
        {"settings": {"a.b": 1}},
        {"settings": {f"s{number}": 1 for number in range(33)}},
        {"status": "connected"},
    ],
)
async def test_a_body_that_does_not_fit_is_refused(desk: Site, change: dict[str, Any]):
    answer = await ask(desk, "POST", PATH, BODY | change)
    check_error(answer, 422, "invalid")
    assert TOKEN not in answer.text
    assert not desk.office.carried_out


async def test_credentials_are_rotated_and_a_refusal_is_told(desk: Site):
    answer = await ask(desk, "POST", f"{PATH}/conn-9/rotate", {"credentials": {"token": "new"}})
    assert answer.status_code == 200
    command = desk.office.carried_out[0][2]
    assert isinstance(command, ChangeConnection)
    assert (command.connection_id, command.sealed_credentials) == ("conn-9", "conn-9|['token']")
    desk.office.error = DomainError(ErrorCode.CHANNEL_REFUSED, "the platform refused: unauthorized")
    refused = await ask(desk, "POST", f"{PATH}/conn-9/rotate", {"credentials": {"token": "bad"}})
    check_error(refused, 502, "channel_refused")


async def test_a_connection_is_changed_tested_and_ended(desk: Site):
    assert (await ask(desk, "PATCH", f"{PATH}/conn-9", {"name": "Other"})).status_code == 200
    assert (await ask(desk, "DELETE", f"{PATH}/conn-9")).status_code == 200
    desk.office.result = {"works": False, "reason": "unauthorized", "connection": VIEW.model_dump()}
    tested = await ask(desk, "POST", f"{PATH}/conn-9/test")
    assert (tested.status_code, tested.json()["works"], tested.json()["reason"]) == (
        200,
        False,
        "unauthorized",
    )
    kinds = [type(command) for _, _, command in desk.office.carried_out]
    assert kinds == [ChangeConnection, DisconnectChannel, CheckConnection]


async def test_connections_are_listed_within_the_account(desk: Site):
    desk.office.result = {"items": [VIEW.model_dump()], "next_cursor": "conn-9"}
    answer = await ask(desk, "GET", f"{PATH}?chatbot_id=bot-1&page_size=1")
    assert answer.json()["items"][0]["id"] == "conn-9"
    desk.office.result = VIEW.model_dump()
    assert (await ask(desk, "GET", f"{PATH}/conn-9")).json()["id"] == "conn-9"
    assert [account_id for account_id, _ in desk.office.asked] == [ACCOUNT, ACCOUNT]


async def test_connections_are_for_administrators(desk: Site):
    for method, path, body in (
        ("GET", PATH, None),
        ("POST", PATH, BODY),
        ("GET", f"{PATH}/conn-9", None),
        ("PATCH", f"{PATH}/conn-9", {}),
        ("POST", f"{PATH}/conn-9/rotate", {"credentials": {"token": "x"}}),
        ("POST", f"{PATH}/conn-9/test", None),
        ("DELETE", f"{PATH}/conn-9", None),
    ):
        refused = await desk.client.request(method, path, json=body, headers=desk.bearer())
        check_error(refused, 403, "forbidden")
    assert not desk.office.carried_out
