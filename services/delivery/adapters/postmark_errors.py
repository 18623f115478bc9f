"""What Postmark's refusals mean: `ErrorCode` first, as the HTTP status is 422 for nearly all of them."""

from services.delivery.adapters.http_caller import LOST_BEHIND_PROXY, HttpAnswer
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Unclear

#: About the connection: its token, its sender, its account.
_CONNECTION = {
    10: "unauthorized",
    400: "sender_not_verified",
    401: "sender_not_verified",
    405: "out_of_credits",
    412: "account_pending",
    413: "account_may_not_send",
    1235: "stream_missing",
}
_REFUSED = {
    300: "invalid_mail",
    402: "invalid_mail",
    403: "invalid_mail",
    406: "recipient_inactive",
    409: "invalid_mail",
    411: "attachment_forbidden",
}
_BY_STATUS = {401: "unauthorized", 413: "too_large"}
_ADDRESSES = ("'to'", "'cc'", "'bcc'", "recipients specified")


def meaning(answer: HttpAnswer) -> Outcome:
    """What an answer that is no success comes to."""
    if answer.status in LOST_BEHIND_PROXY:
        return Unclear("a proxy got no answer from Postmark")
    code = answer.body.get("ErrorCode") if answer.body else None
    if isinstance(code, int) and (code in _CONNECTION or code in _REFUSED):
        return _refusal(code, answer)
    if 429 in {code, answer.status}:
        return Retry("rate_limited", answer.retry_after, rate_limited=True)
    if code == 100 or answer.status >= 500 or answer.status == 408:
        return Retry("platform_error", answer.retry_after)
    if answer.succeeded:
        return Unclear("the answer is not one of Postmark's")
    named = _BY_STATUS.get(answer.status, "refused" if answer.body else "unexpected_answer")
    return Refused(named, _words(answer), disconnects=answer.status == 401)


def _refusal(code: int, answer: HttpAnswer) -> Refused:
    words = _words(answer)
    if code in _CONNECTION:
        return Refused(_CONNECTION[code], words, disconnects=True)
    if code == 300 and answer.status == 413:
        return Refused("too_large", words)
    if code == 300 and any(name in words.lower() for name in _ADDRESSES):
        return Refused("address_invalid", "Postmark does not take the address")
    if code == 406:
        return Refused("recipient_inactive", "an earlier bounce, a complaint or a suppression")
    return Refused(_REFUSED[code], words)


def _words(answer: HttpAnswer) -> str:
    message = answer.body.get("Message") if answer.body else None
    return message if isinstance(message, str) else f"HTTP {answer.status}"
