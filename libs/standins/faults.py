"""Faults on demand: what goes wrong, and on which calls.

A :class:`FaultRule` names the calls it watches (operation, recipient) and on which of those it fires (their
numbers, every n-th, a probability, at most so many times). What a kind of fault answers is the platform's
business; the kinds that belong to the connection and not to the platform are :data:`TRANSPORT_KINDS`.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.standins.errors import FaultError

MAX_RULES = 1_000

TRANSPORT_KINDS: dict[str, frozenset[str]] = {
    "latency": frozenset({"seconds", "jitter"}),
    "hang": frozenset({"seconds", "accepted"}),
    "slow_body": frozenset({"seconds"}),
    "reset": frozenset({"accepted"}),
}
"""Kinds every platform has, with the options each takes. ``accepted`` true: the call takes effect first."""

_MATCHERS = frozenset({"kind", "methods", "recipients", "calls", "every", "probability", "seed", "times"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: its kind and the options given for it (seconds are real seconds)."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether the call takes effect although its caller never learns so."""
        return bool(self.options.get("accepted", False))

    def seconds(self, default: float) -> float:
        """How long it lasts."""
        return float(self.options.get("seconds", default))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to one call: wait so long, then go wrong in this way (or not at all)."""

    latency_s: float = 0.0
    fault: Fault | None = None


UNHARMED = Verdict()


@dataclass(slots=True)
class FaultRule:
    """When a fault fires. Without any condition it fires on every call.

    ``methods`` and ``recipients`` choose the calls that are counted; ``calls`` (1 = the first of those),
    ``every`` and ``probability`` choose among the counted ones; ``times`` bounds how often it fires.
    """

    fault: Fault
    methods: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()
    calls: frozenset[int] = frozenset()
    every: int | None = None
    probability: float | None = None
    seed: int | None = None
    times: int | None = None
    rule_id: int = 0
    seen: int = 0
    fired: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Repeatable by its seed: a failed test must be able to run again exactly so.
        self._random = random.Random(self.seed)  # noqa: S311 - chance for tests, not for secrets

    def counts(self, method: str, recipient: str | None) -> bool:
        """Count this call if the rule watches it, and say whether its turn has come."""
        if self.methods and method.lower() not in self.methods:
            return False
        if self.recipients and recipient not in self.recipients:
            return False
        self.seen += 1
        # Drawn on every counted call, so that the sequence does not depend on other conditions.
        drawn = self.probability is None or self._random.random() < self.probability
        if self.times is not None and self.fired >= self.times:
            return False
        if self.calls and self.seen not in self.calls:
            return False
        if self.every is not None and self.seen % self.every:
            return False
        return drawn

    def latency(self) -> float:
        """Seconds that a ``latency`` rule adds this time."""
        jitter = float(self.fault.options.get("jitter", 0.0))
        return self.fault.seconds(1.0) + (self._random.uniform(0.0, jitter) if jitter else 0.0)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as the control API shows it, with how often it was seen and fired."""
        shown: dict[str, Any] = {"id": self.rule_id, "kind": self.fault.kind, **self.fault.options}
        for name in ("methods", "recipients", "calls"):
            if chosen := getattr(self, name):
                shown[name] = sorted(chosen)
        for name in ("every", "probability", "seed", "times"):
            if (value := getattr(self, name)) is not None:
                shown[name] = value
        return {**shown, "seen": self.seen, "fired": self.fired}


class FaultBook:
    """The rules in force, oldest first: the first whose turn has come decides; latencies add up."""

    def __init__(self) -> None:
        self._rules: dict[int, FaultRule] = {}
        self._last_id = 0

    @property
    def rules(self) -> list[FaultRule]:
        """The rules in force, oldest first."""
        return list(self._rules.values())

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force. FaultError when there are already :data:`MAX_RULES`."""
        if len(self._rules) >= MAX_RULES:
            raise FaultError(f"there are already {MAX_RULES} fault rules; clear some")
        self._last_id += 1
        rule.rule_id = self._last_id
        self._rules[rule.rule_id] = rule
        return rule

    def remove(self, rule_id: int) -> bool:
        """Take one rule out of force; false when it is not there."""
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Take every rule out of force."""
        self._rules.clear()

    def pick(self, method: str, recipient: str | None) -> Verdict:
        """Decide what happens to this call. Every rule that watches it counts it, whichever wins."""
        if not self._rules:
            return UNHARMED
        latency = 0.0
        fault: Fault | None = None
        for rule in self._rules.values():
            if not rule.counts(method, recipient):
                continue
            if rule.fault.kind == "latency":
                rule.fired += 1
                latency += rule.latency()
            elif fault is None:
                rule.fired += 1
                fault = rule.fault
        return Verdict(latency, fault)


def parse_fault(body: Mapping[str, Any], kinds: Mapping[str, frozenset[str]]) -> Fault:
    """Read ``{"kind": …, option: …}``; ``kinds`` says which options each kind takes. Raises FaultError."""
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise FaultError(f"kind must be one of {', '.join(sorted(kinds))}")
    options = {name: value for name, value in body.items() if name not in _MATCHERS}
    if unknown := set(options) - kinds[kind]:
        raise FaultError(f"{kind} takes no {', '.join(sorted(unknown))}; options: {sorted(kinds[kind])}")
    for name in ("seconds", "jitter", "retry_after"):
        if name in options and (not _is_number(options[name]) or options[name] < 0):
            raise FaultError(f"{name} must be a number of seconds, not negative")
    if "accepted" in options and not isinstance(options["accepted"], bool):
        raise FaultError("accepted must be true or false")
    return Fault(kind, options)


def parse_rule(body: Mapping[str, Any], kinds: Mapping[str, frozenset[str]]) -> FaultRule:
    """Read a rule from JSON. Raises FaultError."""
    probability = body.get("probability")
    if probability is not None and (not _is_number(probability) or not 0 <= probability <= 1):
        raise FaultError("probability must be between 0 and 1")
    return FaultRule(
        fault=parse_fault(body, kinds),
        methods=frozenset(method.lower() for method in _texts(body, "methods")),
        recipients=frozenset(_texts(body, "recipients")),
        calls=frozenset(_positive(number, "calls") for number in _items(body, "calls")),
        every=_optional_positive(body, "every"),
        probability=None if probability is None else float(probability),
        seed=_optional_positive(body, "seed"),
        times=_optional_positive(body, "times"),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _items(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    values = _items(body, name)
    if not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        raise FaultError(f"{name} must be text or numbers, one or a list of them")
    return [str(value) for value in values]


def _positive(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FaultError(f"{name} must be whole numbers from 1 on")
    return value


def _optional_positive(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    return None if value is None else _positive(value, name)
