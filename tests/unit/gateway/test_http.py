import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from libs.contracts.conversation import StatusChanged
from libs.contracts.errors import DomainError, ErrorCode, PermanentError, TransientError
from libs.contracts.reading import ConversationThread
from libs.contracts.vocabulary import Channel
from services.gateway.domain import policy
from services.gateway.entrypoints.http_edge import HttpEdge
from services.gateway.entrypoints.http_errors import STATUS
from tests.unit.gateway.channel_samples import APP_SECRET, WHATSAPP, escaped, signed, value, whatsapp, wrote
from tests.unit.gateway.conftest import Site, make_site, settings
from tests.unit.gateway.samples import (
    ACCOUNT,
    ANA,
    BEN,
    REQUESTER,
    SECRET,
    conversation,
    message,
    update,
    view,
)

REF = conversation()
REPLIES = f"/app/chatbots/bot-1/conversations/{REF.id}/replies"
STATUS_PATH = f"/app/chatbots/bot-1/conversations/{REF.id}/status"
WEBHOOK = "/webhooks/telegram/conn-tg"
SIGNED = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def check_error(answer: Any, status: int, code: str, detail: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert set(body) == {"detail", "code", "conversation_id", "timestamp", "trace_id"}
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() is not None
    assert body["timestamp"].endswith("Z")
    assert len(body["trace_id"]) == 32
    if detail is not None:
        assert body["detail"] == detail
    return body


# --- log-in ---------------------------------------------------------------------------------------------


async def test_log_in_refresh_and_use(site: Site):
    site.book.thread_answer = ConversationThread(conversation=view(REF), messages=(), timeline=())
    answer = await site.client.post("/auth/login", json={"email": ANA.email, "password": "right"})
    assert answer.status_code == 200
    first = answer.json()
    assert first["token_type"] == "bearer"
    assert first["profile"]["departments"] == ["IT"]
    answer = await site.client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    token = answer.json()["access_token"]
    thread = await site.client.get(
        f"/api/v1/conversations/{REF.id}", headers={"Authorization": f"Bearer {token}"}
    )
    assert thread.json()["conversation"]["id"] == REF.id


@pytest.mark.parametrize(
    "body",
    [
        {"email": {"$gt": ""}, "password": "x"},
        {"email": "a@b", "password": {"$ne": None}},
        {"email": ["a@b"], "password": "x"},
        {"email": "a@b", "password": 5},
        {"email": "a@b"},
        {"email": "a@b", "password": "x", "role": "admin"},
        {"email": "a@b", "password": "x" * 1025},
        [],
        "x",
        None,
    ],
)
async def test_log_in_takes_two_strings_and_nothing_else(site: Site, body: Any):
    check_error(await site.client.post("/auth/login", json=body), 422, "invalid")
    assert site.passwords.checked == []


async def test_a_refused_body_is_not_quoted(site: Site):
    answer = await site.client.post(
        "/auth/login", json={"email": "canary-address", "password": 5, "canary-field": "canary-value"}
    )
    check_error(answer, 422, "invalid")
    assert "canary" not in answer.text


async def test_a_wrong_password_is_401(site: Site):
    answer = await site.client.post("/auth/login", json={"email": ANA.email, "password": "wrong"})
    check_error(answer, 401, "unauthenticated", "Email address or password is wrong.")


async def test_too_many_log_ins_are_429_with_retry_after():
    site = make_site(logins_per_email=1)
    body = {"email": ANA.email, "password": "wrong"}
    await site.client.post("/auth/login", json=body)
    answer = await site.client.post("/auth/login", json=body)
    check_error(answer, 429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1


async def test_a_body_of_another_type_is_415(site: Site):
    answer = await site.client.post("/auth/login", content=b"email=a", headers={"content-type": "text/plain"})
    check_error(answer, 415, "unsupported_media_type")


async def test_a_body_that_is_no_json_is_422(site: Site):
    answer = await site.client.post("/auth/login", content=b"{", headers={"content-type": "application/json"})
    check_error(answer, 422, "invalid", "body: not JSON")


# --- the console ----------------------------------------------------------------------------------------


async def test_a_reply_is_201_with_the_message_and_carries_the_agent(site: Site):
    site.commands.result = message(REF, 7).model_dump(mode="json")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=site.bearer())
    assert answer.status_code == 201
    assert answer.json()["id"] == "message-7"
    ((_, command),) = site.commands.carried_out
    assert command.model_dump()["content"] == "Hi!"
    assert (command.actor.id, command.actor.name) == (ANA.id, "Ana Reis")


async def test_an_agent_without_a_name_is_known_by_the_address(site: Site):
    site.commands.result = message(REF, 7).model_dump(mode="json")
    nameless = ANA.model_copy(update={"name": " "})
    await site.client.post(REPLIES, json={"content": "Hi!"}, headers=site.bearer(nameless))
    assert site.commands.carried_out[0][1].actor.name == ANA.email


async def test_a_reply_to_what_is_not_handed_off_is_409_to_the_letter(site: Site):
    site.commands.error = DomainError(ErrorCode.NOT_HANDED_OFF, "whatever")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=site.bearer())
    body = check_error(answer, 409, "not_handed_off", "Can only reply to handed-off conversations.")
    assert body["conversation_id"] == REF.id


@pytest.mark.parametrize(
    "body", [{"content": "  \n"}, {"content": ""}, {"content": "\0"}, {}, {"content": 5}]
)
async def test_a_blank_reply_is_422_and_nothing_is_sent(site: Site, body: Any):
    check_error(await site.client.post(REPLIES, json=body, headers=site.bearer()), 422, "invalid")
    assert site.commands.carried_out == []


async def test_a_reply_that_was_not_accepted_is_503_with_retry_after(site: Site):
    site.commands.error = TransientError(ErrorCode.UNAVAILABLE, "away")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=site.bearer())
    check_error(answer, 503, "unavailable")
    assert 1 <= int(answer.headers["Retry-After"]) <= 5


async def test_a_reply_without_an_answer_in_time_is_504_and_its_key_fetches_it(site: Site):
    headers = site.bearer(**{"Idempotency-Key": "key-1"})
    site.commands.error = TransientError(ErrorCode.OUTCOME_UNKNOWN, "not yet")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    check_error(answer, 504, "outcome_unknown")
    site.commands.error = None
    site.commands.result = message(REF, 7).model_dump(mode="json")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    assert answer.status_code == 201


async def test_the_same_key_gives_the_same_reply(site: Site):
    headers = site.bearer(**{"Idempotency-Key": "key-1"})
    site.commands.result = message(REF, 7).model_dump(mode="json")
    first = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    site.commands.result = message(REF, 8).model_dump(mode="json")
    second = await site.client.post(
        REPLIES, content=b'{ "content":"Hi!" }', headers=headers | {"content-type": "application/json"}
    )
    assert first.json() == second.json()
    assert len(site.commands.carried_out) == 1


async def test_a_key_is_one_persons_on_one_path(site: Site):
    site.commands.result = message(REF, 7).model_dump(mode="json")
    for person in (ANA, BEN):
        headers = site.bearer(person, **{"Idempotency-Key": "key-1"})
        await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    headers = site.bearer(**{"Idempotency-Key": "key-1"})
    await site.client.post(REPLIES.replace("bot-1", "bot-2"), json={"content": "Hi!"}, headers=headers)
    assert len({command_id for command_id, _ in site.commands.carried_out}) == 3


async def test_a_key_with_another_body_is_refused(site: Site):
    headers = site.bearer(**{"Idempotency-Key": "key-1"})
    site.commands.result = message(REF, 7).model_dump(mode="json")
    await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers)
    answer = await site.client.post(REPLIES, json={"content": "Bye!"}, headers=headers)
    check_error(answer, 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "with space", "x" * 256])
async def test_an_absurd_key_is_refused(site: Site, key: str):
    headers = site.bearer(**{"Idempotency-Key": key})
    check_error(await site.client.post(REPLIES, json={"content": "Hi!"}, headers=headers), 422, "invalid")


async def test_a_status_change_is_200_with_message_and_conversation(site: Site):
    changed = StatusChanged(message="Conversation closed.", conversation=view(REF))
    site.commands.result = changed.model_dump(mode="json")
    answer = await site.client.put(STATUS_PATH, json={"status": "closed"}, headers=site.bearer())
    assert answer.status_code == 200
    assert answer.json()["message"] == "Conversation closed."
    assert answer.json()["conversation"]["id"] == REF.id


FAILED = "Failed to update conversation status."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DomainError(ErrorCode.INVALID_STATUS, "x"), 422, "invalid_status"),
        (DomainError(ErrorCode.INVALID_TRANSITION, "x"), 409, "invalid_transition"),
        (DomainError(ErrorCode.NOT_FOUND, "x"), 404, "not_found"),
        (TransientError(ErrorCode.UNAVAILABLE, "x"), 503, "unavailable"),
        (TransientError(ErrorCode.OUTCOME_UNKNOWN, "x"), 504, "outcome_unknown"),
        (PermanentError(ErrorCode.INTERNAL, "x"), 500, "internal"),
        (RuntimeError("x"), 500, "internal"),
    ],
)
async def test_every_failed_status_change_says_so_with_its_code(
    site: Site, error: Exception, status: int, code: str
):
    site.commands.error = error
    answer = await site.client.put(STATUS_PATH, json={"status": "closed"}, headers=site.bearer())
    check_error(answer, status, code, FAILED)


@pytest.mark.parametrize("body", [{}, {"status": 5}, {"status": None}, {"status": "closed", "more": 1}])
async def test_a_status_that_is_none_is_an_invalid_status(site: Site, body: Any):
    answer = await site.client.put(STATUS_PATH, json=body, headers=site.bearer())
    check_error(answer, 422, "invalid_status", FAILED)


async def test_a_status_change_without_a_token_says_so_too(site: Site):
    check_error(await site.client.put(STATUS_PATH, json={"status": "closed"}), 401, "unauthenticated", FAILED)


# --- lists ----------------------------------------------------------------------------------------------


async def test_a_list_is_asked_for_in_the_callers_name(site: Site):
    query = {"status": "handed_off", "lead_id": "c1", "page_size": "5", "sort_order": "asc"}
    answer = await site.client.get("/api/v1/conversations", params=query, headers=site.bearer())
    assert answer.status_code == 200
    assert answer.json()["items"] == []
    (asked,) = site.book.asked
    assert (asked.person, asked.status, asked.lead_id) == (ANA, "handed_off", "c1")
    assert (asked.page_size, asked.sort_order) == (5, "asc")


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "page=0",
        "page_size=101",
        "channel=pigeon",
        "sort_order=up",
        "mood=x",
        "cursor=",
        "page=x",
    ],
)
async def test_a_query_that_does_not_fit_is_400(site: Site, query: str):
    answer = await site.client.get(f"/api/v1/conversations?{query}", headers=site.bearer())
    check_error(answer, 400, "invalid")
    assert site.book.asked == []


async def test_a_thread_that_may_not_be_seen_is_404(site: Site):
    answer = await site.client.get(f"/api/v1/conversations/{REF.id}", headers=site.bearer())
    assert check_error(answer, 404, "not_found")["conversation_id"] == REF.id


# --- widget ---------------------------------------------------------------------------------------------


async def test_a_widget_session_is_opened_and_taken_up(site: Site):
    first = await site.client.post(
        "/api/v1/widget/sessions", json={"connection_id": "conn-web", "name": "Mira"}
    )
    assert first.status_code == 201
    body = {"connection_id": "conn-web", "token": first.json()["token"]}
    again = await site.client.post("/api/v1/widget/sessions", json=body)
    assert again.json()["session_id"] == first.json()["session_id"]


async def test_a_widget_session_with_the_same_key_is_the_same(site: Site):
    headers = {"Idempotency-Key": "0190f1c2-7a00-7c3b"}
    body = {"connection_id": "conn-web"}
    first = await site.client.post("/api/v1/widget/sessions", json=body, headers=headers)
    again = await site.client.post("/api/v1/widget/sessions", json=body, headers=headers)
    assert first.json() == again.json()
    short = await site.client.post("/api/v1/widget/sessions", json=body, headers={"Idempotency-Key": "1"})
    check_error(short, 422, "invalid")


async def test_widget_sessions_from_one_address_are_limited():
    site = make_site(widget_sessions_per_address=1)
    body = {"connection_id": "conn-web"}
    await site.client.post("/api/v1/widget/sessions", json=body)
    check_error(await site.client.post("/api/v1/widget/sessions", json=body), 429, "rate_limited")


# --- webhooks -------------------------------------------------------------------------------------------


async def test_a_webhook_is_answered_with_an_empty_object(site: Site):
    answer = await site.client.post(WEBHOOK, content=json.dumps(update()), headers=SIGNED)
    assert (answer.status_code, answer.json()) == (200, {})
    assert len(site.inbound.recorded) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (WEBHOOK, {}),
        (WEBHOOK, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}),
        ("/webhooks/telegram/unknown", SIGNED),
        ("/webhooks/telegram/conn-web", SIGNED),
        (f"/webhooks/telegram/{'x' * 5000}", SIGNED),
    ],
)
async def test_forged_webhooks_are_refused_alike(site: Site, path: str, headers: dict[str, str]):
    answer = await site.client.post(path, content=json.dumps(update()), headers=headers)
    check_error(answer, 401, "unauthenticated", "The webhook's secret is missing or wrong.")
    assert site.inbound.recorded == []


async def test_a_signed_post_of_another_channel_is_taken_like_it(site: Site):
    site.connections.rows[WHATSAPP.connection_id] = WHATSAPP
    body = escaped(whatsapp(value(messages=[wrote("text", text={"body": "Olá"})])))
    path = f"/webhooks/whatsapp/{WHATSAPP.connection_id}"
    forged = await site.client.post(path, content=body, headers={"X-Hub-Signature-256": "sha256=0"})
    check_error(forged, 401, "unauthenticated")
    headers = {"X-Hub-Signature-256": signed(APP_SECRET, body)}
    answer = await site.client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {})
    ((_, _, command),) = site.inbound.recorded
    assert (command.channel, command.session_id) == (Channel.WHATSAPP, "wa:351910000001")
    check_error(await site.client.post("/webhooks/pigeon/conn-tg", content=b"{}"), 404, "not_found")


async def test_a_handshake_is_answered_with_its_challenge_and_refused_with_nothing(site: Site):
    site.connections.rows[WHATSAPP.connection_id] = WHATSAPP
    path = f"/webhooks/whatsapp/{WHATSAPP.connection_id}"
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158", "hub.verify_token": "verify-me"}
    answer = await site.client.get(path, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in (path, "/webhooks/whatsapp/unknown", WEBHOOK):
        refused = await site.client.get(wrong, params=asked | {"hub.verify_token": "x"})
        assert (refused.status_code, refused.content) == (403, b"")
    check_error(await site.client.get("/webhooks/pigeon/conn-tg", params=asked), 404, "not_found")


async def test_a_webhook_that_is_no_json_is_400(site: Site):
    check_error(await site.client.post(WEBHOOK, content=b"x", headers=SIGNED), 400, "unreadable")


async def test_a_webhook_that_nobody_understands_is_parked_and_200(site: Site):
    answer = await site.client.post(WEBHOOK, content=b'{"odd":1}', headers=SIGNED)
    assert (answer.status_code, answer.json()) == (200, {})
    assert len(site.inbound.parked) == 1


async def test_a_webhook_while_the_broker_is_away_is_503_with_retry_after(site: Site):
    site.inbound.away = True
    answer = await site.client.post(WEBHOOK, content=json.dumps(update()), headers=SIGNED)
    check_error(answer, 503, "unavailable")
    assert 1 <= int(answer.headers["Retry-After"]) <= 5


async def test_a_webhook_while_nobody_knows_the_connection_is_503(site: Site):
    site.connections.away = True
    answer = await site.client.post(WEBHOOK, content=json.dumps(update()), headers=SIGNED)
    check_error(answer, 503, "unavailable")


async def test_a_webhook_that_is_too_large_is_413(site: Site):
    answer = await site.client.post(WEBHOOK, content=b" " * 1_048_577, headers=SIGNED)
    check_error(answer, 413, "too_large")
    assert answer.headers["connection"] == "close"

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    check_error(await site.client.post(WEBHOOK, content=endless(), headers=SIGNED), 413, "too_large")


async def test_a_body_that_does_not_come_is_408():
    site = make_site(body_seconds=0.05)
    never = asyncio.Event()

    async def slow() -> Any:
        yield b"{"
        await never.wait()

    answer = await site.client.post(WEBHOOK, content=slow(), headers=SIGNED)
    check_error(answer, 408, "request_timeout")
    answer = await site.client.post(
        "/auth/login", content=slow(), headers={"content-type": "application/json"}
    )
    check_error(answer, 408, "request_timeout")


# --- what holds everywhere ------------------------------------------------------------------------------


async def test_unknown_paths_and_methods_have_the_same_format(site: Site):
    check_error(await site.client.get("/nothing"), 404, "not_found")
    check_error(await site.client.get("/auth/login"), 405, "method_not_allowed")
    answer = await site.client.delete(WEBHOOK)
    check_error(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"
    assert (await site.client.get("/auth/login/")).status_code == 404


async def test_a_mistake_of_ours_is_500_without_its_text(site: Site, logged: list[Any]):
    site.commands.error = RuntimeError("canary-text")
    answer = await site.client.post(REPLIES, json={"content": "Hi!"}, headers=site.bearer())
    check_error(answer, 500, "internal", "Something went wrong.")
    assert [(line["event"], line["operation"]) for line in logged] == [("unexpected", "replyToConversation")]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic x", "Bearer x.y.z", "Bearer " + "x" * 9000]
)
async def test_without_a_good_token_it_is_401(site: Site, authorization: str):
    answer = await site.client.get("/api/v1/conversations", headers={"Authorization": authorization})
    check_error(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_ended_token_is_401(site: Site):
    headers = {"Authorization": f"Bearer {site.token(minutes=-1)}"}
    check_error(await site.client.get("/api/v1/conversations", headers=headers), 401, "unauthenticated")


async def test_a_visitors_token_opens_nothing_of_the_console(site: Site):
    headers = {"Authorization": f"Bearer {site.visitor_token()}"}
    check_error(await site.client.get("/api/v1/conversations", headers=headers), 401, "unauthenticated")


async def test_every_answer_has_the_security_headers(site: Site):
    for answer in (await site.client.get("/livez"), await site.client.get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_other_origins_are_let_in_only_where_configured(site: Site):
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert (await site.client.options("/auth/login", headers=headers)).status_code == 405
    configured = make_site(cors_origins=("https://shop.example",))
    answer = await configured.client.options("/auth/login", headers=headers)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def route_names(site: Site) -> set[str]:
    routes = site.gateway.api.router.routes
    return {getattr(route, "operation_id", None) or getattr(route, "name", "") for route in routes}


def test_every_route_has_a_rule_and_every_rule_a_route():
    assert route_names(make_site()) == set(policy.RULES)


OPERATIONS = [
    ("POST", REPLIES, {"content": "Hi!"}),
    ("PUT", STATUS_PATH, {"status": "closed"}),
    ("GET", "/api/v1/conversations", None),
    ("GET", f"/api/v1/conversations/{REF.id}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
@pytest.mark.parametrize("role", ["user", "visitor", "owner", ""])
async def test_roles_that_a_route_is_not_for_are_403(
    site: Site, method: str, path: str, body: Any, role: str
):
    headers = site.bearer(REQUESTER.model_copy(update={"role": role}))
    answer = await site.client.request(method, path, json=body, headers=headers)
    check_error(answer, 403, "forbidden")


def test_a_route_without_a_rule_is_for_nobody():
    assert not policy.is_open("newRoute")
    assert not any(policy.may_call("newRoute", role) for role in ("agent", "admin", "user"))


def test_every_code_has_a_status():
    assert set(STATUS) == set(ErrorCode)


async def test_the_document_has_operation_ids_examples_and_errors(site: Site):
    document = (await site.client.get("/openapi.json")).json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert set(names) <= set(policy.RULES)
    for operation in operations:
        assert "503" in operation["responses"]
        assert ("security" in operation) == policy.brings_token(operation["operationId"])
    for name in ("LogInBody", "ReplyBody", "StatusBody", "WidgetSessionBody", "ErrorBody"):
        assert document["components"]["schemas"][name]["examples"]
    # Two models of one name are told apart by their modules, which generators of clients trip over.
    assert [name for name in document["components"]["schemas"] if "__" in name] == []
    assert (await site.client.get("/openapi.json")).json() == document


def test_a_short_secret_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="at least 32 bytes") as refused:
        settings(jwt_secret="too-short-canary")
    assert "canary" not in str(refused.value)


async def test_a_socket_passes_the_edge_untouched():
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await HttpEdge(app, body_bytes=1, body_seconds=1)({"type": "websocket"}, None, None)  # type: ignore[arg-type]
    assert seen == ["websocket"]
    assert ACCOUNT


async def test_a_mistake_of_ours_in_a_webhook_is_500_too(
    site: Site, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
):
    monkeypatch.setattr(site.connections, "find", None)
    answer = await site.client.post(WEBHOOK, content=json.dumps(update()), headers=SIGNED)
    check_error(answer, 500, "internal", "Something went wrong.")
    assert [line["event"] for line in logged] == ["unexpected"]


async def test_a_body_that_grows_past_its_bound_is_413():
    site = make_site(body_bytes=1024)

    async def growing() -> Any:
        for _ in range(3):
            yield b'{"a":' + b" " * 700

    headers = {"content-type": "application/json"}
    check_error(await site.client.post("/auth/login", content=growing(), headers=headers), 413, "too_large")
    answer = await site.client.post("/auth/login", content=b" " * 2000, headers=headers)
    check_error(answer, 413, "too_large")


async def test_a_path_that_cannot_be_is_404(site: Site):
    answer = await site.client.get(f"/api/v1/conversations/{'x' * 257}", headers=site.bearer())
    check_error(answer, 404, "not_found")
