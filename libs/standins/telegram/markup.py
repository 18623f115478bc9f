"""From ``parse_mode`` or ``entities`` to plain text with entities, checked and counted as Telegram does."""

from collections.abc import Callable, Mapping
from typing import Any

from libs.standins.telegram.entities import Entity, MarkupError, utf16_length
from libs.standins.telegram.errors import bad_request
from libs.standins.telegram.markup_html import parse_html
from libs.standins.telegram.markup_markdown import parse_markdown, parse_markdown_v2
from libs.standins.telegram.params import json_of, text_of

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100

_MODES: dict[str, Callable[[str], tuple[str, list[Entity]]]] = {
    "html": parse_html,
    "markdownv2": parse_markdown_v2,
    "markdown": parse_markdown,
}


def formatted(params: Mapping[str, Any], field: str, entities_field: str) -> tuple[str, list[Entity]]:
    """Return the plain text of ``field``, trimmed, and its entities. Raises ApiError for broken markup.

    The length is not checked here: texts and captions differ in it.
    """
    raw = text_of(params, field)
    mode = text_of(params, "parse_mode")
    if mode:
        parse = _MODES.get(mode.lower())
        if parse is None:
            raise bad_request("unsupported parse_mode")
        try:
            text, entities = parse(raw)
        except MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from error
    else:
        text, entities = raw, _given_entities(params, entities_field, raw)
    stripped = text.strip()
    if len(stripped) == len(text):
        return text, entities
    return stripped, _trimmed(text, stripped, entities)


def check_text(text: str) -> None:
    """Refuse an empty or over-long message text (UTF-16 code units, after markup parsing)."""
    if not text:
        raise bad_request("message text is empty")
    if len(text) * 2 > MAX_TEXT and utf16_length(text) > MAX_TEXT:
        raise bad_request("message is too long")


def check_caption(caption: str) -> None:
    """Refuse an over-long caption."""
    if utf16_length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")


def _given_entities(params: Mapping[str, Any], field: str, text: str) -> list[Entity]:
    entities = json_of(params, field, "entities")
    if entities is None:
        return []
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise bad_request("can't parse message entities: Array of objects expected")
    length = utf16_length(text)
    for entity in entities[:MAX_ENTITIES]:
        offset, size, kind = entity.get("offset"), entity.get("length"), entity.get("type")
        if not (isinstance(offset, int) and isinstance(size, int) and isinstance(kind, str)):
            raise bad_request("can't parse MessageEntity: type, offset and length are required")
        if offset < 0 or size < 0 or offset + size > length:
            raise bad_request(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset"
                f" {offset + size}"
            )
    return entities[:MAX_ENTITIES]


def _trimmed(text: str, stripped: str, entities: list[Entity]) -> list[Entity]:
    skipped = utf16_length(text[: len(text) - len(text.lstrip())])
    length = utf16_length(stripped)
    kept = []
    for entity in entities:
        begin = max(0, entity["offset"] - skipped)
        end = min(length, entity["offset"] + entity["length"] - skipped)
        if end > begin:
            kept.append({**entity, "offset": begin, "length": end - begin})
    return kept
