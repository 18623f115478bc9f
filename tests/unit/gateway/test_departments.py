"""The routes of the account and its departments, over fakes."""

import pytest

from libs.contracts.conversation import Person
from libs.contracts.directory import (
    CreateDepartment,
    DeleteDepartment,
    Department,
    GetAccount,
    UpdateAccount,
    UpdateDepartment,
)
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA, REQUESTER

ADA = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
IT = Department(id="IT", name="IT", default_chatbot_id="bot-1")
SHOWN = IT.model_dump(mode="json")
SHOWN_ACCOUNT = {
    "id": ACCOUNT,
    "name": "Acme",
    "auto_assign": False,
    "agent_limit": None,
    "labels_by_admins": False,
    "departments": [SHOWN],
}


async def test_the_team_reads_the_account_and_its_departments(site: Site) -> None:
    site.queries.result = SHOWN_ACCOUNT
    for path, answer in {
        "account": SHOWN_ACCOUNT,
        "departments": {"items": [SHOWN]},
        "departments/IT": SHOWN,
    }.items():
        found = await site.client.get(f"/api/v1/{path}", headers=site.bearer())
        assert (found.status_code, found.json()) == (200, answer)
    assert site.queries.asked == [(ACCOUNT, GetAccount(person=ANA))] * 3
    gone = await site.client.get("/api/v1/departments/it", headers=site.bearer())
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_an_administrator_creates_changes_and_removes_departments(site: Site) -> None:
    site.commands.result = SHOWN
    headers = site.bearer(ADA)
    body = {"id": "IT", "default_chatbot_id": "bot-1"}
    made = await site.client.post("/api/v1/departments", json=body, headers=headers)
    assert (made.status_code, made.json()) == (201, SHOWN)
    change = {"agent_limit": 4, "default_chatbot_id": None}
    changed = await site.client.patch("/api/v1/departments/IT", json=change, headers=headers)
    removed = await site.client.delete("/api/v1/departments/IT", headers=headers)
    assert (changed.status_code, removed.status_code, removed.json()) == (200, 200, SHOWN)
    create, update, delete = (command for _, command in site.commands.carried_out)
    assert isinstance(create, CreateDepartment)
    assert create.department == IT
    assert isinstance(update, UpdateDepartment)
    assert (update.department_id, update.agent_limit, update.cleared) == ("IT", 4, ("default_chatbot_id",))
    assert isinstance(delete, DeleteDepartment)
    assert delete.department_id == "IT"


async def test_an_administrator_changes_the_account(site: Site) -> None:
    site.commands.result = SHOWN_ACCOUNT
    answer = await site.client.patch("/api/v1/account", json={"auto_assign": True}, headers=site.bearer(ADA))
    assert (answer.status_code, answer.json()) == (200, SHOWN_ACCOUNT)
    ((_, command),) = site.commands.carried_out
    assert isinstance(command, UpdateAccount)
    assert (command.auto_assign, command.name, command.cleared) == (True, None, ())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": ""},
        {"id": " IT"},
        {"id": "x" * 65},
        {"id": "IT", "agent_limit": 0},
        {"id": "IT", "agent_limit": "3"},
        {"id": "IT", "auto_assign": 1},
        {"id": "IT", "name": "  "},
        {"id": "IT", "people": []},
    ],
)
async def test_what_does_not_fit_is_refused(site: Site, body: dict[str, object]) -> None:
    answer = await site.client.post("/api/v1/departments", json=body, headers=site.bearer(ADA))
    assert (answer.status_code, site.commands.carried_out) == (422, [])


async def test_agents_do_not_administer_and_requesters_do_not_look(site: Site) -> None:
    for method, path in (
        ("PATCH", "account"),
        ("POST", "departments"),
        ("PATCH", "departments/IT"),
        ("DELETE", "departments/IT"),
    ):
        answer = await site.client.request(method, f"/api/v1/{path}", json={"id": "X"}, headers=site.bearer())
        assert answer.status_code == 403
    answer = await site.client.get("/api/v1/departments", headers=site.bearer(REQUESTER))
    assert (answer.status_code, site.commands.carried_out, site.queries.asked) == (403, [], [])
