"""The audit trail in MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from libs.contracts.audit import AuditEntry
from libs.contracts.vocabulary import ActorKind
from libs.runtime.mongo import Store
from services.conversation.adapters import mongo_audit
from services.conversation.adapters.mongo_audit import MongoAudit
from services.conversation.use_cases.audit_ports import AuditFilter, AuditPlace

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def entry(number: int, actor: str = "ana", action: str = "post_reply", target: str = "c1") -> AuditEntry:
    return AuditEntry(
        id=f"e{number}",
        at=START + timedelta(seconds=number // 2),
        actor_kind=ActorKind.AGENT,
        actor_id=actor,
        action=action,
        targets={"conversation": target},
        result="done",
    )


@pytest.fixture
async def audit(mongodb_url: str, database_prefix: str) -> AsyncIterator[MongoAudit]:
    store = Store(mongodb_url, f"{database_prefix}_conversation")
    await store.ensure_indexes(mongo_audit.INDEXES)
    made = MongoAudit(store)
    entries = [
        entry(0),
        entry(1, actor="ben"),
        entry(2, action="close"),
        entry(3, target="c2"),
        entry(4).model_copy(update={"result": "refused", "code": "forbidden"}),
    ]
    for one in entries[:-1]:
        await store.transaction(lambda session, one=one: made.add("acme", one, session))  # type: ignore[misc]
    await made.add_refusal("acme", entries[-1])
    await made.add_refusal("acme", entries[-1])
    await made.add_refusal("other", entry(9))
    yield made
    store.close()


async def ids(
    audit: MongoAudit, after: AuditPlace | None = None, limit: int = 10, **wanted: object
) -> list[str]:
    found = await audit.entries("acme", AuditFilter(**wanted), after, limit)  # type: ignore[arg-type]
    return [one.id for one in found]


async def test_the_trail_is_read_by_every_filter_within_its_account(audit: MongoAudit) -> None:
    assert await ids(audit) == ["e4", "e3", "e2", "e1", "e0"]
    assert await ids(audit, actor_id="ben") == ["e1"]
    assert await ids(audit, action="close") == ["e2"]
    assert await ids(audit, target="c2") == ["e3"]
    assert await ids(audit, result="refused") == ["e4"]
    assert await ids(audit, since=START + timedelta(seconds=1)) == ["e4", "e3", "e2"]
    assert await ids(audit, until=START + timedelta(seconds=1)) == ["e1", "e0"]
    assert await ids(audit, AuditPlace(START + timedelta(seconds=1), "e3"), 2) == ["e2", "e1"]
    (refused,) = await audit.entries("acme", AuditFilter(result="refused"), None, 5)
    assert refused == entry(4).model_copy(update={"result": "refused", "code": "forbidden"})
