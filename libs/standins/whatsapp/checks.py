"""What Graph checks of a message before it takes it. Source: Cloud API reference, "Messages"."""

from collections.abc import Mapping
from typing import Any

from libs.standins.http_api import JsonObject
from libs.standins.whatsapp.errors import refused

MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
TYPES = MEDIA | {"text", "location", "contacts", "reaction", "interactive", "template"}
MAX_TEXT = 4_096
MAX_CAPTION = 1_024
MAX_CALLBACK_DATA = 512
_NO_CAPTION = frozenset({"audio", "sticker"})

#: Media type to the most bytes and the MIME types that are taken.
MEDIA_LIMITS: Mapping[str, tuple[int, frozenset[str]]] = {
    "image": (5_000_000, frozenset({"image/jpeg", "image/png"})),
    "audio": (
        16_000_000,
        frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    ),
    "video": (16_000_000, frozenset({"video/mp4", "video/3gp", "video/3gpp"})),
    "sticker": (500_000, frozenset({"image/webp"})),
}
MAX_DOCUMENT = 100_000_000


def max_bytes_of(mime_type: str) -> int:
    """Return how large a file of this type may be; anything unknown counts as a document."""
    kind = mime_type.partition(";")[0].strip().lower()
    return next((most for most, kinds in MEDIA_LIMITS.values() if kind in kinds), MAX_DOCUMENT)


def check_message(body: Mapping[str, Any]) -> tuple[str, JsonObject]:
    """Return type and content of a message. RefusedError."""
    if body.get("messaging_product") != "whatsapp":
        raise refused(100, "The parameter messaging_product is required.")
    if not _text(body, "to") and not _text(body, "recipient"):
        raise refused(100, "The parameter to is required.")
    if body.get("recipient_type", "individual") not in {"individual", "group"}:
        raise refused(100, "Param recipient_type must be one of {INDIVIDUAL, GROUP}")
    kind = body.get("type", "text")
    if kind not in TYPES:
        raise refused(100, f"Param type must be one of {sorted(TYPES)}")
    if others := (TYPES - {kind}) & body.keys():
        raise refused(131009, f"Unexpected {', '.join(sorted(others))} in a message of type {kind}")
    data = body.get("biz_opaque_callback_data")
    if data is not None and (not isinstance(data, str) or len(data) > MAX_CALLBACK_DATA):
        raise refused(131009, f"biz_opaque_callback_data must be at most {MAX_CALLBACK_DATA} characters")
    context = body.get("context")
    if context is not None and (not isinstance(context, dict) or not _text(context, "message_id")):
        raise refused(131009, "context needs a message_id")
    content = body.get(kind)
    if kind == "contacts":
        _check_contacts(content)
        return kind, {"contacts": content}
    if not isinstance(content, dict):
        raise refused(131008, f"The parameter {kind} is required.")
    _CHECKS.get(kind, _check_media)(kind, content)
    return kind, content


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _within(value: Any, most: int, what: str, *, least: int = 1) -> None:
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise refused(131009, f"{what} must be {least}-{most} characters long")


def _check_text(kind: str, content: JsonObject) -> None:  # noqa: ARG001 - one signature for all
    _within(content.get("body"), MAX_TEXT, "Param text['body']")


def _check_media(kind: str, content: JsonObject) -> None:
    if bool(_text(content, "id")) == bool(_text(content, "link")):
        raise refused(131009, f"{kind} needs either id or link")
    link = _text(content, "link")
    if link and not link.startswith(("https://", "http://")):
        raise refused(131009, "link is not a URL")
    caption = content.get("caption")
    if caption is not None:
        if kind in _NO_CAPTION:
            raise refused(131009, f"{kind} takes no caption")
        _within(caption, MAX_CAPTION, "caption", least=0)
    if "filename" in content and kind != "document":
        raise refused(131009, "filename is for documents only")


def _check_location(kind: str, content: JsonObject) -> None:  # noqa: ARG001 - one signature for all
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            inside = abs(float(content[name])) <= most
        except (KeyError, TypeError, ValueError):
            inside = False
        if not inside:
            raise refused(131009, f"{name} is not one")


def _check_contacts(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise refused(131008, "The parameter contacts is required.")
    for contact in content:
        name = contact.get("name") if isinstance(contact, dict) else None
        if not isinstance(name, dict) or not _text(name, "formatted_name"):
            raise refused(131009, "a contact needs name.formatted_name")


def _check_reaction(kind: str, content: JsonObject) -> None:  # noqa: ARG001 - one signature for all
    if not _text(content, "message_id") or not isinstance(content.get("emoji"), str):
        raise refused(131009, "a reaction needs message_id and emoji")


def _check_template(kind: str, content: JsonObject) -> None:  # noqa: ARG001 - one signature for all
    language = content.get("language")
    if not _text(content, "name") or not isinstance(language, dict) or not _text(language, "code"):
        raise refused(131008, "a template needs name and language.code")
    components = content.get("components", [])
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise refused(131009, "components must be objects")


def _check_interactive(kind: str, content: JsonObject) -> None:  # noqa: ARG001 - one signature for all
    body, action = content.get("body"), content.get("action")
    if not isinstance(body, dict) or not isinstance(action, dict):
        raise refused(131008, "interactive needs body and action")
    _within(body.get("text"), MAX_CAPTION, "body.text")
    for name in ("header", "footer"):
        part = content.get(name)
        if isinstance(part, dict) and "text" in part:
            _within(part["text"], 60, f"{name}.text")
    if content.get("type") == "button":
        _check_buttons(action.get("buttons"))
    elif content.get("type") == "list":
        _within(action.get("button"), 20, "action.button")
        _check_sections(action.get("sections"))
    else:
        raise refused(131009, "interactive.type must be button or list")


def _check_buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise refused(131009, "1-3 buttons are allowed")
    replies = [button.get("reply") if isinstance(button, dict) else None for button in buttons]
    for reply in replies:
        if not isinstance(reply, dict):
            raise refused(131009, "a button needs reply")
        _within(reply.get("id"), 256, "button id")
        _within(reply.get("title"), 20, "button title")


def _check_sections(sections: Any) -> None:
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise refused(131009, "1-10 sections are allowed")
    rows = [row for section in sections if isinstance(section, dict) for row in section.get("rows", [])]
    if not 1 <= len(rows) <= 10:
        raise refused(131009, "1-10 rows are allowed in total")
    for row in rows:
        _within(row.get("id"), 200, "row id")
        _within(row.get("title"), 24, "row title")
        _within(row.get("description", ""), 72, "row description", least=0)


_CHECKS = {
    "text": _check_text,
    "location": _check_location,
    "reaction": _check_reaction,
    "template": _check_template,
    "interactive": _check_interactive,
}
