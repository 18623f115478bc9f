"""Which connection reaches people on a channel of a chatbot."""

from dataclasses import replace
from typing import Any

import pytest

from libs.contracts.delivery import FindConnection as FindConnectionQuery
from libs.contracts.delivery import FoundConnection
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Channel
from services.delivery.domain.connection import Connection
from services.delivery.use_cases.find_connection import FindConnection
from tests.unit.delivery.build import connection
from tests.unit.delivery.fakes import InMemoryConnections

ONE = connection()


async def find(
    *known: Connection, account_id: str = ONE.account_id, channel: Channel = ONE.channel
) -> FoundConnection:
    query = FindConnectionQuery(chatbot_id=ONE.chatbot_id, channel=channel)
    return await FindConnection(InMemoryConnections(*known))(query, account_id=account_id)


async def test_the_newest_that_can_be_used_is_found() -> None:
    broken = replace(ONE, id="broken").broken("token_refused")
    assert (await find(ONE, broken)).connection_id == ONE.id


@pytest.mark.parametrize(
    "parts", [{"account_id": "other"}, {"channel": Channel.WIDGET}], ids=["account", "channel"]
)
async def test_no_other_accounts_or_channels_connection_is_found(parts: Any) -> None:
    with pytest.raises(DomainError) as refused:
        await find(ONE, **parts)
    assert refused.value.code == "channel_not_connected"


async def test_one_that_cannot_be_used_is_not_connected() -> None:
    with pytest.raises(DomainError) as refused:
        await find(ONE.broken("token_refused"))
    assert refused.value.code == "channel_not_connected"
