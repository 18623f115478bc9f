"""One stack with two replicas of every service, for all tests from outside."""

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.local.demo.load import load_demo
from deploy.local.stack import SERVICES, LocalStack
from libs.standins.client import StandinClient
from tests.conftest import Broker, databases, vhost
from tests.e2e.channel_doors import Spans, collecting
from tests.e2e.parley import Parley
from tests.e2e.webhook_receiver import SECRET, WebhookReceiver, receiving
from tests.unit.gateway.identity_provider import AUDIENCE, ISSUER, IdentityProvider, identity_provider

#: The tests log in far more often than people do.
LIMITS = {"GATEWAY_LOGINS_PER_EMAIL": "10000", "GATEWAY_LOGINS_PER_ADDRESS": "10000"}


@pytest.fixture(scope="session")
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """Takes the internal webhooks of the stack."""
    async with receiving() as made:
        yield made


@pytest.fixture(scope="session")
async def provider() -> AsyncIterator[IdentityProvider]:
    """An identity provider whose tokens count beside the stack's own."""
    async with identity_provider() as made:
        yield made


@pytest.fixture(scope="session")
async def spans() -> AsyncIterator[Spans]:
    """Takes what the stack exports of traces: of those alone that a caller asks for."""
    async with collecting() as made:
        yield made


def _trusting(provider: IdentityProvider) -> dict[str, str]:
    """Settings with every claim under a name of the provider's own."""
    return {
        "GATEWAY_OIDC_ISSUER": ISSUER,
        "GATEWAY_OIDC_AUDIENCE": AUDIENCE,
        "GATEWAY_OIDC_JWKS_URL": provider.url,
        "GATEWAY_OIDC_KEYS_SECONDS": "1",
        "GATEWAY_OIDC_ACCOUNT_CLAIM": "tenant",
        "GATEWAY_OIDC_PERSON_CLAIM": "employee",
        "GATEWAY_OIDC_EMAIL_CLAIM": "mail",
        "GATEWAY_OIDC_NAME_CLAIM": "display",
        "GATEWAY_OIDC_ROLE_CLAIM": "groups",
        "GATEWAY_OIDC_DEPARTMENTS_CLAIM": "teams",
        "GATEWAY_OIDC_ROLES": json.dumps({"support": "agent", "leads": "admin", "staff": "user"}),
    }


@pytest.fixture(scope="session")
async def parley(
    broker: Broker, mongodb_url: str, receiver: WebhookReceiver, provider: IdentityProvider, spans: Spans
) -> AsyncIterator[Parley]:
    """Two replicas of everything, on the session's broker and database."""
    async with vhost(broker) as broker_url, databases(mongodb_url) as prefix:
        with tempfile.TemporaryDirectory(prefix="parley-e2e-") as folder:
            stack = LocalStack(
                Path(folder),
                broker_url=broker_url,
                database_url=mongodb_url,
                replicas=dict.fromkeys(SERVICES, 2),
                extra_env={
                    "PARLEY_DATABASE_PREFIX": prefix,
                    "PARLEY_LOG_LEVEL": "INFO",
                    "NOTIFY_INTERNAL_WEBHOOKS": receiver.address,
                    "NOTIFY_INTERNAL_WEBHOOK_SECRET": SECRET,
                    **LIMITS,
                    **_trusting(provider),
                    "OTEL_EXPORTER_OTLP_ENDPOINT": spans.url,
                    "OTEL_BSP_SCHEDULE_DELAY": "1000",
                },
            )
            async with (
                stack,
                StandinClient(stack.standins_url) as standin,
                httpx.AsyncClient(timeout=30, trust_env=False) as http,
            ):
                await load_demo(stack, rate_per_second=1000, speed_up=20)
                yield Parley(stack, standin, http)
