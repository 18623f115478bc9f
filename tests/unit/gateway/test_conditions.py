"""ETag, If-None-Match and If-Match."""

import pytest

from libs.contracts.reading import ConversationThread
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import REQUESTER, conversation, message, view

REF = conversation()
THREAD = f"/api/v1/conversations/{REF.id}"
STATUS_PATH = f"/app/chatbots/bot-1/conversations/{REF.id}/status"
REPLIES = f"/app/chatbots/bot-1/conversations/{REF.id}/replies"


@pytest.fixture
def known(site: Site) -> Site:
    site.book.thread_answer = ConversationThread(conversation=view(REF), messages=(), timeline=())
    changed = {"message": "Conversation closed.", "conversation": view(REF).model_dump(mode="json")}
    site.commands.result = changed
    return site


async def test_a_thread_has_a_strong_tag_and_a_date(known: Site):
    answer = await known.client.get(THREAD, headers=known.bearer())
    assert answer.headers["ETag"].startswith('"3.')
    assert answer.headers["Last-Modified"] == "Fri, 20 Nov 2026 12:00:00 GMT"
    assert answer.headers["Vary"] == "Authorization"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_who_has_the_thread_gets_304_without_it(known: Site, form: str):
    tag = (await known.client.get(THREAD, headers=known.bearer())).headers["ETag"]
    headers = {**known.bearer(), "If-None-Match": form.format(tag)}
    answer = await known.client.get(THREAD, headers=headers)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


async def test_another_tag_or_another_content_is_sent_whole(known: Site):
    tag = (await known.client.get(THREAD, headers=known.bearer())).headers["ETag"]
    assert known.book.thread_answer is not None
    shown = known.book.thread_answer.model_copy(update={"messages": (message(REF, 4),)})
    known.book.thread_answer = shown
    answer = await known.client.get(THREAD, headers={**known.bearer(), "If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


@pytest.mark.parametrize(
    ("given", "version"),
    [(None, None), ("*", None), ('"3.ab12"', 3), (' "3" ', 3), ('W/"3.ab12"', -1), ('"theirs"', -1)],
)
async def test_a_change_goes_with_the_version_that_was_seen(known: Site, given: str | None, version: int):
    headers = known.bearer() if given is None else {**known.bearer(), "If-Match": given}
    answer = await known.client.put(STATUS_PATH, json={"status": "closed"}, headers=headers)
    assert answer.status_code == 200
    assert known.commands.if_versions == [version]


@pytest.mark.parametrize("given", ["3", "", '"3", "4"', '"3'])
async def test_what_is_no_entity_tag_is_400_and_nothing_is_done(known: Site, given: str):
    headers = {**known.bearer(), "If-Match": given}
    answer = await known.client.post(REPLIES, json={"content": "Hi"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert known.commands.carried_out == []


async def test_the_document_offers_if_match_on_every_change_of_a_conversation(site: Site):
    paths = (await site.client.get("/openapi.json")).json()["paths"]
    changes = [
        operation
        for address, path in paths.items()
        for method, operation in path.items()
        if "{conversation_id}" in address
        and method != "get"
        # A file is nothing of the conversation until a message names it.
        and operation["operationId"] != "uploadAttachment"
    ]
    assert changes
    for operation in changes:
        assert "If-Match" in {one["name"] for one in operation["parameters"]}, operation["operationId"]
        assert "400" in operation["responses"]


async def test_requesters_have_no_way_round(known: Site):
    headers = {**known.bearer(REQUESTER), "If-Match": '"3"'}
    answer = await known.client.put(STATUS_PATH, json={"status": "closed"}, headers=headers)
    assert answer.status_code == 403
