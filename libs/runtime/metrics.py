"""What /metrics shows. Labels are message types, queues and outcomes: closed sets, never ids."""

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

CONSUMED = Counter("parley_messages_consumed", "Messages handled, by type and outcome", ["type", "outcome"])
HANDLING = Histogram(
    "parley_message_handling_seconds", "Time to handle a message", ["type"], buckets=_BUCKETS
)
IN_PLACE_RETRIES = Counter("parley_in_place_retries", "Attempts repeated while holding the line", ["type"])
PUBLISHED = Counter("parley_messages_published", "Messages confirmed by the broker", ["exchange"])
PUBLISH_FAILED = Counter("parley_publish_failures", "Messages the broker did not confirm", ["exchange"])
OUTBOX_PUBLISHED = Counter("parley_outbox_published", "Outbox rows published")
OUTBOX_LEADER = Gauge("parley_outbox_leader", "1 while this process relays the outbox")
CALLS = Histogram(
    "parley_call_seconds", "Queries and commands over the broker", ["type", "outcome"], buckets=_BUCKETS
)
DEDUPLICATED = Counter("parley_messages_deduplicated", "Messages that had been handled before", ["type"])
PARTS = Gauge("parley_part", "1 for what a part of the process is just now", ["part", "choice"])
