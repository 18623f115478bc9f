"""What Chatwoot's refusals mean. Source: chatwoot's controllers, mid-2025 to 4.16."""

from services.delivery.adapters.http_caller import LOST_BEHIND_PROXY, HttpAnswer
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Unclear

CONVERSATION_MISSING = "conversation_missing"
#: Seconds to wait after "Too many messages": its bound is 200 a conversation and minute.
_TOO_MANY_PAUSE = 30.0
_REFUSED = {402: "plan_limit", 403: "forbidden", 413: "too_large", 422: "invalid_message"}


def meaning(answer: HttpAnswer) -> Outcome:
    """What an answer that is no success comes to."""
    if answer.status in LOST_BEHIND_PROXY:
        return Unclear("a proxy got no answer from Chatwoot")
    if answer.status == 429:
        return Retry("rate_limited", answer.retry_after, rate_limited=True)
    if answer.status >= 500 or answer.status == 408:
        return Retry("platform_error", answer.retry_after)
    words = words_of(answer)
    if answer.status == 422 and "too many messages" in words.lower():
        return Retry("too_many_messages", answer.retry_after or _TOO_MANY_PAUSE, this_alone=True)
    return Unclear("the answer is not one of Chatwoot's") if answer.succeeded else _refusal(answer, words)


def _refusal(answer: HttpAnswer, words: str) -> Refused:
    if answer.status == 401:
        return Refused("unauthorized", words, disconnects=True)
    if answer.body is None:
        # A page in place of JSON, or a redirect: the address is not that of the API.
        return Refused("misconfigured", f"HTTP {answer.status}, not from Chatwoot's API", disconnects=True)
    code = CONVERSATION_MISSING if answer.status == 404 else _REFUSED.get(answer.status, "refused")
    return Refused(code, words)


def words_of(answer: HttpAnswer) -> str:
    """Its own words, in any of the forms they have."""
    body = answer.body or {}
    errors = body.get("errors")
    said = (
        body.get("error") or body.get("message") or (errors[0] if isinstance(errors, list) and errors else "")
    )
    return said if isinstance(said, str) and said else f"HTTP {answer.status}"
