"""What Graph's refusals mean, by their code. Source: WhatsApp Cloud API, "Error codes" (2026)."""

from collections.abc import Mapping
from typing import Any

from services.delivery.adapters.http_caller import LOST_BEHIND_PROXY, HttpAnswer
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Unclear

WINDOW_CLOSED = "window_closed"

#: About the connection: its token, its permissions, its number, its account.
_CONNECTION = {
    0: "unauthorized",
    3: "permission_missing",
    10: "permission_missing",
    33: "number_gone",
    190: "unauthorized",
    368: "account_blocked",
    131005: "permission_missing",
    131031: "account_locked",
    131037: "display_name_missing",
    131042: "payment_problem",
    131045: "certificate_problem",
    131064: "messaging_limit",
}
#: Seconds to wait where everybody on the number has to.
_LIMITED = {4: 60.0, 80007: 60.0, 130429: 5.0, 131057: 60.0}
#: About this message, this recipient or this template.
_REFUSED = {
    100: "invalid_parameter",
    130472: "not_wanted_by_recipient",
    130497: "country_restricted",
    131008: "invalid_parameter",
    131009: "invalid_parameter",
    131020: "group_unreachable",
    131021: "recipient_is_sender",
    131026: "recipient_unreachable",
    131030: "recipient_not_allowed",
    131041: "group_unreachable",
    131047: WINDOW_CLOSED,
    131048: "spam_rate_limited",
    131049: "not_wanted_by_recipient",
    131050: "recipient_opted_out",
    131051: "unsupported_kind",
    131062: "number_needed",
    132000: "template_parameters",
    132001: "template_missing",
    132005: "template_too_long",
    132007: "template_policy",
    132012: "template_parameters",
    132015: "template_paused",
    132016: "template_disabled",
}
#: Passing troubles of the platform, and those that may be gone the next time.
_AGAIN = frozenset({1, 2, 131000, 131016, 131052, 131053, 135000})
#: Seconds between two messages to one person, when Meta says it was too quick.
_PAIR_PAUSE = 6.0
_PAIR_LIMIT = 131056
_PERMISSIONS = range(200, 300)
_REGISTRATION = range(133000, 134000)


def meaning(answer: HttpAnswer) -> Outcome:
    """What an answer that is no success comes to."""
    if answer.status in LOST_BEHIND_PROXY:
        return Unclear("a proxy got no answer from WhatsApp")
    error = answer.body.get("error") if answer.body else None
    if isinstance(error, dict):
        return _by_code(error, answer)
    if answer.status == 429:
        return Retry("rate_limited", answer.retry_after, rate_limited=True)
    if answer.status >= 500:
        return Retry("platform_error", answer.retry_after)
    if answer.succeeded:
        return Unclear("the answer is not one of WhatsApp's")
    return Refused("unexpected_answer", f"HTTP {answer.status}, not from WhatsApp")


def _by_code(error: Mapping[str, Any], answer: HttpAnswer) -> Outcome:
    code = error.get("code")
    code = code if isinstance(code, int) else -1
    detail = f"({code}) {_words(error)}"
    hint = answer.retry_after
    if code in _CONNECTION or code in _PERMISSIONS or code in _REGISTRATION:
        return Refused(_CONNECTION.get(code, _range_of(code)), detail, disconnects=True)
    if code == _PAIR_LIMIT:
        return Retry("pair_rate_limited", max(hint or 0.0, _PAIR_PAUSE), this_alone=True)
    if code in _LIMITED or answer.status == 429:
        return Retry("rate_limited", max(hint or 0.0, _LIMITED.get(code, 1.0)), rate_limited=True)
    if code not in _REFUSED and (code in _AGAIN or answer.status >= 500 or error.get("is_transient") is True):
        return Retry("platform_error", hint)
    return Refused(_REFUSED.get(code, "refused"), detail)


def _range_of(code: int) -> str:
    return "registration_problem" if code in _REGISTRATION else "permission_missing"


def _words(error: Mapping[str, Any]) -> str:
    """Its own words; `error_data` may be a text or an object."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    words = details if isinstance(details, str) and details else error.get("message")
    return words if isinstance(words, str) else ""
