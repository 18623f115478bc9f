"""What the gateway tells the audit trail, and how it is read."""

from typing import Any

from libs.contracts import topology
from libs.contracts.audit import AuditPage, ListAudit, RecordAction
from libs.contracts.conversation import Person
from libs.contracts.errors import TransientError
from libs.runtime.clock import now
from services.gateway.adapters.broker_audit import BrokerAudit
from services.gateway.domain.callers import PersonCaller
from tests.unit.gateway.conftest import Site
from tests.unit.gateway.samples import ACCOUNT, ANA
from tests.unit.gateway.test_http import check_error

BOSS = Person(id="admin-ada", account_id=ACCOUNT, email="ada@example.org", name="Ada", role="admin")
PATH = "/api/v1/audit"


async def test_an_admin_reads_the_trail_by_filters(site: Site) -> None:
    site.queries.result = AuditPage(items=()).model_dump(mode="json")
    asked = "actor_id=agent-ana&action=log_in&result=refused&target=c1&since=2026-11-20T00:00:00Z"
    answer = await site.client.get(f"{PATH}?{asked}", headers=site.bearer(BOSS))
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})
    ((account_id, query),) = site.queries.asked
    assert account_id == ACCOUNT
    assert isinstance(query, ListAudit)
    assert (query.actor_id, query.action, query.result, query.target) == (
        "agent-ana",
        "log_in",
        "refused",
        "c1",
    )
    assert query.since is not None
    for wrong in ("result=maybe", "since=yesterday", "since=2026-11-20T00:00:00", "page_size=0", "who=x"):
        check_error(await site.client.get(f"{PATH}?{wrong}", headers=site.bearer(BOSS)), 400, "invalid")


async def test_refusals_by_role_are_told_but_do_not_fill_the_trail(site: Site) -> None:
    check_error(await site.client.get(PATH, headers=site.bearer(ANA)), 403, "forbidden")
    assert site.audit.told == [(ANA.id, "listAudit", "forbidden")]
    for _ in range(80):
        await site.client.get(PATH, headers=site.bearer(ANA))
    assert 60 <= len(site.audit.told) < 80


async def test_keys_log_outs_and_passwords_are_told(site: Site) -> None:
    body = {"name": "x", "scopes": ["stats"]}
    made = await site.client.post("/api/v1/api-keys", json=body, headers=site.bearer(BOSS))
    key_id = made.json()["id"]
    await site.client.delete(f"/api/v1/api-keys/{key_id}", headers=site.bearer(BOSS))
    await site.client.post("/auth/logout", headers=site.bearer(ANA))
    await site.client.post("/auth/logout", json={"everywhere": True}, headers=site.bearer(ANA))
    assert site.audit.told == [
        (BOSS.id, "create_api_key", None),
        (BOSS.id, "revoke_api_key", None),
        (ANA.id, "log_out", None),
        (ANA.id, "log_out_everywhere", None),
    ]
    assert site.audit.targets[:2] == [{"api_key": key_id}] * 2


class Publisher:
    """Keeps what is published, or is away."""

    def __init__(self) -> None:
        self.published: list[tuple[Any, str, str]] = []
        self.away = False

    async def publish(self, envelope: Any, *, exchange: str, routing_key: str) -> None:
        if self.away:
            raise TransientError("unavailable", "away")
        self.published.append((envelope, exchange, routing_key))


async def test_an_entry_goes_to_the_partition_of_the_account(logged: list[Any]) -> None:
    publisher = Publisher()
    audit = BrokerAudit(publisher)  # type: ignore[arg-type] # as much of it as is used
    caller = PersonCaller(ANA, now())
    await audit(caller, "log_in", targets={"session": "s1"})
    await audit(caller, "listAudit", refused="forbidden")
    await audit.drain()
    (done, exchange, key), (refused, _, _) = publisher.published
    assert exchange == topology.CONVERSATION_COMMANDS
    assert key == f"{topology.account_command_partition(ACCOUNT)}.record_action.v1"
    assert done.accountid == ACCOUNT
    command, second = done.message(), refused.message()
    assert isinstance(command, RecordAction)
    assert (command.actor.id, command.action, command.targets, command.result) == (
        ANA.id,
        "log_in",
        {"session": "s1"},
        "done",
    )
    assert isinstance(second, RecordAction)
    assert (second.result, second.code) == ("refused", "forbidden")
    publisher.away = True
    await audit(caller, "log_out")
    assert [line["event"] for line in logged] == ["audit entry not told"]
