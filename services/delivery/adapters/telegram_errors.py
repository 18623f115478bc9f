"""What Telegram's refusals mean. Code and `parameters` first; descriptions only where nothing else tells them
apart, as their words may change. Source: Bot API, "Making requests" and "ResponseParameters".
"""

from services.delivery.adapters.http_caller import LOST_BEHIND_PROXY
from services.delivery.adapters.telegram_api import Answer
from services.delivery.domain.outcomes import Outcome, Refused, Retry, Sent, Unclear

#: Parts of descriptions of 400, in lower case, and the code each stands for.
_BAD_REQUESTS = (
    ("message thread not found", "thread_unreachable"),
    ("have no rights", "thread_unreachable"),
    ("not enough rights", "thread_unreachable"),
    ("chat not found", "chat_not_found"),
    ("peer_id_invalid", "chat_not_found"),
    ("user not found", "chat_not_found"),
    ("message is too long", "message_too_long"),
    ("text is empty", "empty_message"),
    ("text must be non-empty", "empty_message"),
    ("can't parse entities", "unreadable_markup"),
    ("message to be replied not found", "reply_target_gone"),
)

#: Codes that are about the whole connection: its token, its address, or a second program using the token.
_CONNECTION = {401: "unauthorized", 404: "not_found", 409: "conflict", 421: "misdirected"}


def meaning(answer: Answer) -> Outcome:
    """What an answer that is no success comes to."""
    if answer.status == 429:
        hint = answer.parameters.get("retry_after")
        return Retry(
            "rate_limited",
            float(hint) if isinstance(hint, int | float) else answer.retry_after,
            rate_limited=True,
        )
    if answer.status in LOST_BEHIND_PROXY:
        return Unclear("a proxy got no answer from Telegram")
    if answer.status >= 500 or answer.status == 408:
        # An explicit "I failed": tried again, although it may rarely have taken effect all the same.
        return Retry("platform_error", answer.retry_after)
    if answer.body is None or answer.status < 400:
        return _strange(answer)
    return _refusal(answer)


def _strange(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Unclear("the answer is not one of Telegram's")
    return Refused("unexpected_answer", f"HTTP {answer.status}, not from Telegram")


def _refusal(answer: Answer) -> Outcome:
    description = answer.description
    if answer.status in _CONNECTION:
        return Refused(_CONNECTION[answer.status], description, disconnects=True)
    if answer.status == 403:
        return Refused("recipient_unreachable", description)
    if answer.status == 413:
        return Refused("too_large", description)
    lowered = description.lower()
    if "message is not modified" in lowered:
        return Sent(())
    code = next((code for words, code in _BAD_REQUESTS if words in lowered), "refused")
    return Refused(code, description)


def moved_to(answer: Answer) -> str | None:
    """The chat's new id, when the group became a supergroup."""
    new = answer.parameters.get("migrate_to_chat_id")
    return str(new) if isinstance(new, int) and not isinstance(new, bool) else None
