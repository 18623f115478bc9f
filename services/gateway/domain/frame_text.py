"""A frame as it goes over the wire, encoded once for everybody who hears it under the same topic."""

import json
from typing import Any

from libs.contracts.frames import Frame, shown_to


class FrameText:
    """One frame with its JSON by topic."""

    __slots__ = ("_texts", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._texts: dict[str, str] = {}

    def under(self, topic: str, receiver: str | None = None) -> str:
        """The JSON text, with the topic as the receiver named it, and what is meant for them alone."""
        own = shown_to(self.frame, receiver) if receiver is not None else {}
        if own:
            return _text(self.frame.payload_under(topic) | own)
        text = self._texts.get(topic)
        if text is None:
            text = self._texts[topic] = _text(self.frame.payload_under(topic))
        return text


def _text(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
