"""What came of messages, at /metrics. Labels are closed sets."""

from prometheus_client import Counter

OUTCOMES = Counter(
    "parley_delivery_outcomes", "Outbound messages by channel and what came of them", ["channel", "outcome"]
)


class PrometheusTally:
    """The port Tally."""

    def count(self, channel: str, outcome: str) -> None:
        """Add one."""
        OUTCOMES.labels(channel, outcome).inc()
