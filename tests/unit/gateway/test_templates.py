"""The routes of templates and drafts, over fakes."""

from typing import Any

import pytest

from libs.contracts.drafts import DeleteDraft, GetDraft, ReplyDraft, SaveDraft
from libs.contracts.templates import (
    CreateTemplate,
    DeleteTemplate,
    GetTemplate,
    ListTemplates,
    RenderTemplate,
    Template,
    TemplateFields,
    UpdateTemplate,
)
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER, WHEN, conversation

CONVERSATION = conversation()
BODY: dict[str, Any] = {"name": "Greeting", "content": "Hello {{contact.name}}", "shortcut": "hi"}
TEMPLATE = Template(**BODY, id="t1", created_by="agent-ana", created_at=WHEN, updated_at=WHEN).model_dump(
    mode="json"
)
DRAFT = ReplyDraft(conversation_id=CONVERSATION.id, content="Dear", updated_at=WHEN).model_dump(mode="json")
ADDRESS = "/api/v1/templates"
DRAFT_ADDRESS = f"/api/v1/conversations/{CONVERSATION.id}/draft"


async def test_templates_are_written(site: Site) -> None:
    site.commands.result = TEMPLATE
    for method, path, body, status in [
        ("POST", ADDRESS, BODY, 201),
        ("PUT", f"{ADDRESS}/t1", BODY, 200),
        ("DELETE", f"{ADDRESS}/t1", None, 200),
    ]:
        answer = await site.client.request(method, path, json=body, headers=site.bearer())
        assert (answer.status_code, answer.json()) == (status, TEMPLATE)
    (_, created), (_, updated), (_, deleted) = site.commands.carried_out
    assert isinstance(created, CreateTemplate)
    assert isinstance(updated, UpdateTemplate)
    assert isinstance(deleted, DeleteTemplate)
    assert created.template == updated.template == TemplateFields(**BODY)
    assert updated.template_id == deleted.template_id == "t1"


async def test_templates_are_read(site: Site) -> None:
    site.queries.result = {"items": [TEMPLATE], "next_after": None}
    answer = await site.client.get(f"{ADDRESS}?shortcut=h&limit=5", headers=site.bearer())
    assert answer.json()["items"] == [TEMPLATE]
    site.queries.result = TEMPLATE
    assert (await site.client.get(f"{ADDRESS}/t1", headers=site.bearer())).json() == TEMPLATE
    site.queries.result = {"template_id": "t1", "conversation_id": "c", "content": "Hello", "missing": []}
    shown = await site.client.get(f"{ADDRESS}/t1/preview?conversation_id=c", headers=site.bearer())
    assert shown.json() == site.queries.result
    assert site.queries.asked == [
        (ACCOUNT, ListTemplates(person=ANA, shortcut="h", limit=5)),
        (ACCOUNT, GetTemplate(person=ANA, template_id="t1")),
        (ACCOUNT, RenderTemplate(person=ANA, template_id="t1", conversation_id="c")),
    ]


async def test_a_draft_is_kept_read_and_forgotten(site: Site) -> None:
    site.commands.result = DRAFT
    answer = await site.client.put(DRAFT_ADDRESS, json={"body": "Dear"}, headers=site.bearer())
    assert (answer.status_code, answer.json()) == (200, DRAFT)
    site.queries.result = DRAFT
    assert (await site.client.get(DRAFT_ADDRESS, headers=site.bearer())).json() == DRAFT
    site.commands.result = {"conversation_id": CONVERSATION.id}
    assert (await site.client.delete(DRAFT_ADDRESS, headers=site.bearer())).status_code == 200
    (_, saved), (_, deleted) = site.commands.carried_out
    assert isinstance(saved, SaveDraft)
    assert isinstance(deleted, DeleteDraft)
    assert saved.content == "Dear"
    assert site.queries.asked == [(ACCOUNT, GetDraft(person=ANA, conversation_id=CONVERSATION.id))]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"content": " "},
        {"content": "x" * 10_001},
        {"shortcut": "Hi"},
        {"shortcut": ""},
        {"owner": "me"},
    ],
)
async def test_what_is_no_template_is_refused(site: Site, change: dict[str, Any]) -> None:
    answer = await site.client.post(ADDRESS, json=BODY | change, headers=site.bearer())
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_requesters_have_neither(site: Site) -> None:
    for path in (ADDRESS, DRAFT_ADDRESS):
        assert (await site.client.get(path, headers=site.bearer(REQUESTER))).status_code == 403
