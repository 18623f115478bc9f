"""The headers of a mail: by which messages it is known, and whether a machine wrote it."""

import re
from collections.abc import Iterable, Mapping

from services.gateway.domain.json_fields import JsonObject, clean, fitting, optional_list

#: Headers of a mail that are looked at, characters of one, and messages that one names.
_MOST_HEADERS = 500
_MOST_HEADER = 16_384
_MOST_REFERENCES = 60
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")

_MACHINES = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
#: Their presence alone says that a machine wrote, or that a list passed it on.
_PRESENT = (
    "list-id",
    "list-unsubscribe",
    "x-autoreply",
    "x-autorespond",
    "x-auto-response",
    "x-failed-recipients",
    "x-loop",
    "feedback-id",
)


def headers_of(mail: JsonObject) -> Mapping[str, str]:
    """The first value of each header, by its lower-cased name."""
    found: dict[str, str] = {}
    for item in optional_list(mail, "Headers")[:_MOST_HEADERS]:
        if type(item) is dict and type(item.get("Name")) is str and type(item.get("Value")) is str:
            found.setdefault(item["Name"].strip().lower(), clean(item["Value"][:_MOST_HEADER]).strip())
    return found


def message_ids(value: str | None) -> tuple[str, ...]:
    """The Message-IDs in a header, without their brackets, in order. A header that has none in brackets is
    read as words: some programs leave them out.
    """
    if not value:
        return ()
    found: Iterable[str] = _MESSAGE_ID.findall(value)
    words = [fitting(word) for word in found] or [fitting(word) for word in value.split() if "@" in word]
    kept = dict.fromkeys(words)
    # The root names the thread; of the others the newest are the likeliest to be known.
    ids = tuple(kept)
    return ids if len(ids) <= _MOST_REFERENCES else (ids[0], *ids[1 - _MOST_REFERENCES :])


def is_automatic(headers: Mapping[str, str], sender: str, recipients: Iterable[str]) -> bool:
    """Whether nothing may answer this mail: an auto-reply, a bounce, a list, a machine, or ourselves (RFC
    3834; the signs that mail systems really give).
    """
    local = sender.partition("@")[0].partition("+")[0]
    suppress = headers.get("x-auto-response-suppress", "none").lower()
    return (
        headers.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no"
        or headers.get("precedence", "").strip().lower() in _BULK
        or suppress not in {"", "none"}
        or any(name in headers for name in _PRESENT)
        or headers.get("return-path", "<>" if "return-path" in headers else "-") in {"<>", ""}
        or headers.get("content-type", "").lower().startswith("multipart/report")
        or local in _MACHINES
        or sender in recipients
    )
