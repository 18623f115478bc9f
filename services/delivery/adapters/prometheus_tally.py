"""What came of messages, at /metrics. Labels are closed sets."""

from prometheus_client import Counter

OUTCOMES = Counter(
    "parley_delivery_outcomes", "Outbound messages by channel and what came of them", ["channel", "outcome"]
)
FLOWS = Counter("parley_chatwoot_messages", "Messages to Chatwoot by flow", ["flow"])


class PrometheusTally:
    """The port Tally."""

    def count(self, channel: str, outcome: str) -> None:
        """Add one."""
        OUTCOMES.labels(channel, outcome).inc()

    def flow(self, name: str) -> None:
        """Add one to a flow of Chatwoot's: `chatwoot.message.webhook_flow` or `….agent_initiated`."""
        FLOWS.labels(name).inc()
