"""Makes a running local stack the demo's: its bot known to the stand-in, its account loaded."""

from deploy.local.demo import account
from deploy.local.demo.seed import Seeder, TelegramBot
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient

#: The demo's bot. Both live on this machine's stand-in alone.
BOT_ID = 990001
BOT_TOKEN = f"{BOT_ID}:kettle-demo-token-of-the-stand-in-only"
BOT_SECRET = "kettle-demo-webhook-secret"  # noqa: S105 - the stand-in's, in the README for trying by hand


async def load_demo(
    stack: LocalStack, *, rate_per_second: float | None = None, speed_up: float | None = None
) -> int:
    """Register the bot at the stand-in and load the account; the number of documents.

    `rate_per_second` lifts the connection's own limit, `speed_up` divides the pauses of redelivery.
    """
    async with StandinClient(stack.standins_url) as standin:
        await standin.register_telegram_bot(
            BOT_TOKEN, username="kettle_helper_bot", first_name="Kettle helper", speed_up=speed_up
        )
    webhook = f"{stack.gateway_url}/webhooks/telegram/{account.TELEGRAM_CONNECTION}"
    seeder = Seeder(stack.rabbitmq_url, stack.secrets.key_bytes)
    try:
        return await seeder.load(
            TelegramBot(token=BOT_TOKEN, secret=BOT_SECRET, api=stack.standins_url, webhook=webhook),
            rate_per_second=rate_per_second,
        )
    finally:
        await seeder.close()
